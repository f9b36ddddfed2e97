"""What the contracts would refuse, said before anything is signed or paid for, with what to do instead.

Pure: everything follows from an account's state. The codes of the errors are the names of the contracts' own.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import abi
from .actions import Action, Cancel, Freeze, Recover, VetoChange, VetoRequest
from .errors import InvalidInput, Refused
from .explain import duration, refusal, when
from .messages import Call
from .policy import Path, PathProof
from .quorum import Owners
from .request import Request
from .state import AccountState, PathStatus, RequestState

#: What of the module a frozen wallet may still call.
WHILE_FROZEN = ("scheduleChange", "scheduleRemoval", "dropChange", "cancel", "heartbeat")


def has_policy(state: AccountState, chain_id: int) -> None:
    """Raises `PolicyMissing` unless the account has a policy."""
    if not state.configured:
        raise refusal(
            "PolicyMissing",
            state.account,
            message=f"{state.account} has no recovery policy on chain {chain_id}. Check the address and the network.",
        )


def in_force(state: AccountState, proof: PathProof) -> None:
    """Raises `PolicyMismatch` unless the path belongs to the present policy."""
    if proof.policy_hash(state.change_delay)[:24] != state.policy_hash:
        raise refusal(
            "PolicyMismatch",
            state.account,
            message=f"The policy of {state.account} has changed since this kit or policy file was made. Get a new one.",
        )


def startable(state: AccountState, index: int, label: str) -> None:
    """Raises `RecoveryAlreadyStarted` while a request of the path can still be finalized."""
    status = state.paths[index]
    if status.is_open:
        raise refusal(
            "RecoveryAlreadyStarted",
            index,
            status.expires_at,
            message=f"A recovery on path {_named(label)} is under way until {when(status.expires_at, state.time)}; "
            f"there is one at a time. See: recovery status {state.account}",
        )


def silent(state: AccountState, path: Path, since: int | None = None) -> None:
    """Raises `RecoveryNotInactive` unless the owner has been silent for as long as the path asks.

    Args:
        state: The account's.
        path: The path.
        since: Up to when, in seconds since 1970; by default now.
    """
    opens = state.inactive_at(path.inactivity)
    if not path.inactivity or 0 < opens <= (state.time if since is None else since):
        return
    if not opens:
        raise refusal("RecoveryNotInactive", 0, path.inactivity)
    if since is not None:
        message = (
            "The owner has been active since this recovery began, so it cannot be finalized any more. "
            f"Anybody can clear it away: recovery clear {state.account}"
        )
    else:
        message = f"The owner has been active: this path opens on {when(opens, state.time)}, if the owner stays silent."
    raise refusal("RecoveryNotInactive", state.last_active, path.inactivity, message=message)


def under_way(state: AccountState, index: int, label: str) -> PathStatus:
    """The path's request, if it can still be stopped.

    Raises:
        Refused: `RecoveryNotStarted`, `RecoveryExpired`.
    """
    status = state.paths[index]
    if status.state is RequestState.IDLE:
        raise refusal(
            "RecoveryNotStarted",
            index,
            message=f"No recovery is under way on path {_named(label)}: there is nothing to stop. "
            f"See: recovery status {state.account}",
        )
    if status.state is RequestState.EXPIRED:
        raise refusal(
            "RecoveryExpired",
            status.expires_at,
            message=f"The recovery on path {_named(label)} expired on {when(status.expires_at, state.time)} and can do "
            "nothing any more: there is nothing to stop.",
        )
    return status


def cancellable(state: AccountState, index: int, label: str) -> PathStatus:
    """The path's request, if the account itself may cancel it.

    Raises:
        Refused: As `under_way`, and `RecoveryNotCancellable`.
    """
    status = under_way(state, index, label)
    if not status.owner_cancels:
        message = f"The owner cannot cancel a recovery on path {_named(label)}; that is how it stands against a thief. "
        message += "Its guardians can. Call them: recovery request --action cancel"
        if status.vetoable:
            message += f". So can a veto path: recovery request --action veto --stop {index}"
        raise refusal("RecoveryNotCancellable", index, message=message)
    return status


def vetoable(state: AccountState, index: int, label: str) -> PathStatus:
    """The path's request, if a veto path may stop it.

    Raises:
        Refused: As `under_way`, and `RecoveryNotVetoable`.
    """
    status = under_way(state, index, label)
    if not status.vetoable:
        others = "its own guardians" + (" or the owner" if status.owner_cancels else "")
        raise refusal(
            "RecoveryNotVetoable",
            index,
            message=f"A recovery on path {_named(label)} cannot be vetoed. It can be stopped by {others}: "
            "recovery request --action cancel",
        )
    return status


def change_pending(state: AccountState) -> None:
    """Raises `ChangeNotPending` unless a change of policy is pending and could still be applied."""
    if not state.change_eta:
        raise refusal(
            "ChangeNotPending",
            state.account,
            message=f"No change of policy is pending. See: recovery status {state.account}",
        )
    if state.time >= state.change_expires_at:
        raise refusal(
            "ChangeNotPending",
            state.account,
            message=f"The change could be applied until {when(state.change_expires_at, state.time)} and is void now. "
            "Schedule it again: recovery policy change",
        )


def applicable(state: AccountState) -> None:
    """Raises `ChangeNotPending`, `ChangeNotReady` or `ChangeBlocked` unless the change can be applied now."""
    if not state.change_eta:
        change_pending(state)
    if state.time >= state.change_expires_at:
        raise refusal(
            "ChangeNotReady",
            state.change_eta,
            state.change_expires_at,
            message=f"Too late: the change could be applied until {when(state.change_expires_at, state.time)} and is "
            "void now. Schedule it again: recovery policy change",
        )
    if state.time < state.change_eta:
        raise refusal(
            "ChangeNotReady",
            state.change_eta,
            state.change_expires_at,
            message=f"Not yet. The change can be applied from {when(state.change_eta, state.time)} "
            f"to {when(state.change_expires_at)}. Nothing was sent.",
        )
    if state.blockers:
        raise refusal("ChangeBlocked", state.blockers)


def freezable(state: AccountState) -> None:
    """Raises `FreezeCoolingDown` as long as the account may not be frozen again."""
    if state.frozen:
        message = (
            f"The account is frozen already, until {when(state.frozen_until, state.time)}. A freeze cannot be extended"
        )
    elif state.time < state.cool_until:
        message = "The account was frozen lately"
    else:
        return
    message += f"; it can be frozen again from {when(state.cool_until, state.time)}."
    raise refusal("FreezeCoolingDown", state.cool_until, message=message)


def thawable(state: AccountState, index: int, label: str) -> int:
    """The nonce of the freeze, if this path may end it.

    Raises:
        Refused: `FreezeNotFound`.
    """
    if not state.frozen:
        raise refusal("FreezeNotFound", state.account, message="The account is not frozen: there is nothing to end.")
    epoch, path, nonce = state.freeze_id or (0, 0, 0)
    if (epoch, path) != (state.epoch, index):
        why = (
            f"path {path} has frozen the account, not {_named(label)}"
            if epoch == state.epoch
            else "the account was frozen under an older policy"
        )
        raise refusal(
            "FreezeNotFound",
            state.account,
            message=f"This path cannot end the freeze: {why}. It ends by itself on "
            f"{when(state.frozen_until, state.time)}.",
        )
    return nonce


def usable(state: AccountState, calls: Sequence[Call], module: str) -> None:
    """Raises `WalletFrozen` if the wallet is frozen and would make a call that it then refuses."""
    if not state.frozen:
        return
    for call in calls:
        found = abi.decoded(call.data)
        if call.to != module or call.value or found is None or found[0] not in WHILE_FROZEN:
            raise refusal("WalletFrozen", state.frozen_until)


def finalizable(state: AccountState, index: int, path: Path | None = None) -> None:
    """Refuses too early, too late, and an owner who has shown life.

    Args:
        state: The account's.
        index: Which path.
        path: Its structure, without which nothing can be said of inactivity.

    Raises:
        Refused: `RecoveryNotStarted`, `RecoveryNotReady`, `RecoveryExpired`, `RecoveryNotInactive`.
    """
    status = state.paths[index]
    if status.state is RequestState.IDLE:
        raise refusal(
            "RecoveryNotStarted",
            index,
            message=f"No recovery is under way on this path. See: recovery status {state.account}",
        )
    if status.state is RequestState.PENDING:
        message = (
            f"Not yet. This recovery can be finalized from {when(status.ready_at, state.time)} "
            f"to {when(status.expires_at)}. Nothing was sent. `recovery status {state.account} --ics recovery.ics` "
            "puts both dates into your calendar."
        )
        if path is not None:
            try:
                silent(state, path, status.ready_at - path.delay)
            except Refused as active:
                message = active.message  # waiting would not help
        raise refusal("RecoveryNotReady", status.ready_at, status.expires_at, message=message)
    if status.state is RequestState.EXPIRED:
        raise refusal(
            "RecoveryExpired",
            status.expires_at,
            message=f"Too late: this recovery expired on {when(status.expires_at, state.time)}. Nothing was sent. "
            "The guardians can start another one: recovery request",
        )
    if path is not None:
        silent(state, path, status.ready_at - path.delay)


def clearable(state: AccountState, index: int, label: str, path: Path | None) -> bool:
    """Whether it takes path and owners to clear the path's request away, because the owner has shown life.

    Raises:
        Refused: `RecoveryNotStarted`, `RecoveryStillOpen`.
    """
    status = state.paths[index]
    if status.state is RequestState.IDLE:
        raise refusal(
            "RecoveryNotStarted",
            index,
            message=f"No recovery is under way on path {_named(label)}: there is nothing to clear away.",
        )
    if status.state is RequestState.EXPIRED:
        return False
    if path is not None and path.inactivity:
        opens = state.inactive_at(path.inactivity)
        if not 0 < opens <= status.ready_at - path.delay:
            return True
    raise refusal(
        "RecoveryStillOpen",
        status.expires_at,
        message=f"The recovery on path {_named(label)} can still be finalized until "
        f"{when(status.expires_at, state.time)}: only who may stop it can. See: recovery status {state.account}",
    )


def ownable(owners: Owners, account: str) -> None:
    """Raises `OwnerInvalid` if the account would own itself."""
    for position, owner in enumerate(owners.signers):
        if owner.address == account:
            raise refusal(
                "OwnerInvalid", position, message="The account cannot own itself. Name the address of the new key."
            )


def timely(deadline: int, time: int) -> None:
    """Raises `InvalidInput` for a deadline in the past."""
    if deadline <= time:
        raise InvalidInput("The deadline lies in the past.")


def here(request: Request, chain_id: int, module: str) -> None:
    """Whether a request is for this chain and this module.

    Raises:
        Refused: "request-elsewhere".
    """
    if request.chain_id != chain_id:
        raise _refused(
            "request-elsewhere",
            f"The request is for chain {request.chain_id}, but this is chain {chain_id}. Choose the other network.",
        )
    if request.module != module:
        raise _refused("request-elsewhere", f"The request is for another module ({request.module}). Do not approve it.")


def matching(request: Request, state: AccountState) -> None:
    """Whether approvals of a request can still count: it is for the present policy, not used up, and in time.

    Raises:
        Refused: `PolicyMissing`, `PolicyMismatch`, `DeadlinePassed`, "request-used", or that there is nothing to do.
    """
    has_policy(state, request.chain_id)
    if state.epoch != request.epoch or state.policy_hash != request.proof.policy_hash(state.change_delay)[:24]:
        raise refusal(
            "PolicyMismatch",
            state.account,
            message="The account has been recovered, or its policy has changed, since the request was made. "
            "Make a new request; approvals of this one are void.",
        )
    _same(request.action, request.proof.index, request.label, state)
    if request.deadline < state.time:
        raise refusal(
            "DeadlinePassed",
            request.deadline,
            message=f"The request's deadline has passed, on {when(request.deadline, state.time)}. "
            "Make a new request and ask the guardians again.",
        )


def submittable(request: Request, state: AccountState) -> None:
    """What else the contracts refuse once the approvals are complete, and what time may cure.

    Raises:
        Refused: `RecoveryNotInactive`, `FreezeCoolingDown`.
    """
    if isinstance(request.action, Recover):
        silent(state, request.proof.path)
    elif isinstance(request.action, Freeze):
        freezable(state)


def _same(action: Action, index: int, label: str, state: AccountState) -> None:
    """Whether what is asked for is still there to be done, and was not done meanwhile."""
    see = f"See: recovery status {state.account}"
    if isinstance(action, Recover | Freeze):
        if state.paths[index].nonce != action.nonce:
            done = "started" if isinstance(action, Recover) else "used"
            raise _refused(
                "request-used", f"This request, or another one on the same path, has been {done} already. {see}"
            )
        if isinstance(action, Recover):
            startable(state, index, label)
    elif isinstance(action, Cancel):
        if under_way(state, index, label).nonce != action.nonce:
            raise _refused("request-used", f"The recovery that this would cancel is over; another one is open. {see}")
    elif isinstance(action, VetoRequest):
        if action.path >= len(state.paths):
            raise InvalidInput("The request is about a path that the policy does not have.")
        if vetoable(state, action.path, str(action.path)).nonce != action.nonce:
            raise _refused("request-used", f"The recovery that this would veto is over; another one is open. {see}")
    elif isinstance(action, VetoChange):
        change_pending(state)
        if (state.change_policy_hash, state.change_eta) != (action.policy_hash, action.eta):
            raise _refused("request-used", f"The change that this would veto is another one by now. {see}")
        unused_veto(state, index)
    elif thawable(state, index, label) != action.nonce:
        raise _refused("request-used", f"The freeze that this would end is over; the account was frozen again. {see}")


def unused_veto(state: AccountState, index: int) -> None:
    """Raises `ChangeVetoUsed` if the veto path has stopped a change in this epoch."""
    if state.paths[index].nonce:
        raise refusal("ChangeVetoUsed", index)


def needed_paths(request: Request) -> int:
    """How many paths of an account have to be read to judge a request."""
    last = request.proof.index
    return 1 + (max(last, request.action.path) if isinstance(request.action, VetoRequest) else last)


def left(state: AccountState, index: int) -> str:
    """How long until the path's request is ready: "1 day 4 hours"."""
    return duration(state.paths[index].ready_at - state.time)


def _named(label: str) -> str:
    """A path's name in quotation marks, or its number."""
    return label if label.isdecimal() else repr(label)


def _refused(code: str, message: str) -> Refused:
    error = Refused(message)
    error.code = code
    return error
