"""`recovery start`, `veto`, `freeze`, `thaw`: puts approvals together and does what their request asks for."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .options import FILE, Paying, knowing, sending
from .session import command_line, quote, say, table, warn
from .sources import Source

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..request import Approvals, Request, SignedApproval
    from ..sending import Sent
    from ..state import AccountState

#: Which verb submits what.
VERBS = {
    "recover": "start",
    "cancel": "cancel",
    "veto-request": "veto",
    "veto-change": "veto",
    "freeze": "freeze",
    "thaw": "thaw",
}
_REQUEST = click.argument("request_file", type=FILE, metavar="REQUEST")
_APPROVALS = click.argument("approval_files", type=FILE, nargs=-1, metavar="APPROVAL...")


@click.command(short_help="Start the recovery, once enough guardians have signed")
@_REQUEST
@_APPROVALS
@knowing
@sending
def start(request_file: Path, approval_files: tuple[Path, ...], source: Source | None, pay: Paying) -> None:
    """Start the recovery that REQUEST asks for, with enough approvals.

    Anybody may do so and pay for it. Nothing changes yet: the waiting time begins.
    """
    submit(request_file, approval_files, source, pay, ("recover",))


@click.command(short_help="Stop a recovery or a change of policy, with a veto path")
@_REQUEST
@_APPROVALS
@click.option("--then-apply", is_flag=True, help="Also apply the change of policy that was held up, in the same step.")
@knowing
@sending
def veto(
    request_file: Path, approval_files: tuple[Path, ...], then_apply: bool, source: Source | None, pay: Paying
) -> None:
    """Stop what REQUEST (`recovery request --action veto`) says, with enough approvals.

    Anybody may do so and pay for it. It acts at once.
    """
    submit(request_file, approval_files, source, pay, ("veto-request", "veto-change"), then_apply)


@click.command(short_help="Stop all spending at once, for a while")
@_REQUEST
@_APPROVALS
@knowing
@sending
def freeze(request_file: Path, approval_files: tuple[Path, ...], source: Source | None, pay: Paying) -> None:
    """Freeze the account that REQUEST (`recovery request --action freeze`) names.

    Anybody may do so and pay for it. It acts at once, and ends by itself.
    """
    submit(request_file, approval_files, source, pay, ("freeze",))


@click.command(short_help="End a freeze, by the guardians who began it")
@_REQUEST
@_APPROVALS
@knowing
@sending
def thaw(request_file: Path, approval_files: tuple[Path, ...], source: Source | None, pay: Paying) -> None:
    """End the freeze that REQUEST (`recovery request --action thaw`) is about.

    Anybody may do so and pay for it. It acts at once.
    """
    submit(request_file, approval_files, source, pay, ("thaw",))


def submit(
    request_file: Path,
    approval_files: tuple[Path, ...],
    source: Source | None,
    pay: Paying,
    kinds: tuple[str, ...],
    then_apply: bool = False,
) -> None:
    """Checks request and approvals against each other and the chain, and submits them.

    Args:
        request_file: The request.
        approval_files: Its approvals, in any order.
        source: What is known of the policy, to name who is missing.
        pay: The options.
        kinds: What the request may ask for.
        then_apply: Apply the pending change of policy in the same transaction.

    Raises:
        RecoveryError: It is for something else, approvals are missing or do not fit, or the chain refuses it.
    """
    from .. import files, foresee
    from ..chains import chain_name
    from ..request import Request
    from .paying import refused_by, send

    payer = pay.payer()
    request = Request.loads(files.read(request_file), str(request_file))
    if request.action.kind not in kinds:
        raise _of_another_kind(request, request_file, kinds)
    if then_apply and request.action.kind == "veto-change":
        raise InvalidInput("--then-apply goes with the veto of a recovery: this one would veto the change itself.")
    if source and source.policy.hash != request.proof.policy_hash(source.policy.change_delay):
        warn("Your kit or policy file is not of the policy that this request is for, so it is left aside.")
        source = None
    approvals, given = collect(request, approval_files)
    client = pay.connect()
    if not approvals.missing and (sent := _sent_before(pay, client, approvals)):
        _done(client, request, request_file, sent, None)
        return
    state = client.check_request(request)  # before anybody is asked for more approvals of what is over
    require_enough(approvals, source)
    foresee.submittable(request, state)
    for signed in approvals.collected:
        check_signature(client, request, signed, given[signed.approval.member.signer.id])
    chosen = sparing(approvals)
    names = [signed.who for signed in chosen.collected]
    table(
        [
            ("Account", request.account),
            ("Chain", chain_name(client.chain_id)),
            *_rows(request, source),
            ("Approved by", names[0]),
            *[("", name) for name in names[1:]],
        ]
    )
    click.echo()
    spared = len(approvals.collected) - len(chosen.collected)
    if spared:
        one = spared == 1
        count, whose = ("One approval is", "that guardian stays") if one else (f"{spared} approvals are", "they stay")
        say(f"{count} not needed and not sent: {whose} unknown.")
        click.echo()
    transaction = client.submit(chosen)
    if then_apply:
        foresee.applicable(_unblocked(state, request))
        transaction = client.in_turn(transaction, client.apply_change(request.account))
    try:
        sent = send(pay, client, transaction, payer, _QUESTIONS[request.action.kind])
    except Refused as error:
        raise refused_by(error, names) from error
    if sent is not None:
        _done(client, request, request_file, sent, state.change_policy_hash if then_apply else None)


def _sent_before(pay: Paying, client: RecoveryClient, approvals: Approvals) -> Sent | None:
    """What an earlier run of this very command has sent, if it was mined since."""
    from ..sending import purpose_of
    from .paying import taken_up

    alone = client.submit(sparing(approvals))
    both = client.in_turn(alone, client.apply_change(approvals.request.account))
    purposes = {purpose_of(client.chain_id, transaction) for transaction in (alone, both)}
    return taken_up(pay, client, lambda intent: intent.purpose in purposes)


def _of_another_kind(request: Request, file: Path, kinds: tuple[str, ...]) -> InvalidInput:
    """Says what a request asks for; whoever wants to stop a recovery must not be led to start it."""
    from .words import ASKS

    kind = request.action.kind
    asks, verb = f"{file} asks the guardians to {ASKS[kind]}", VERBS[kind]
    if kind != "recover":
        return InvalidInput(f"{asks}. For that: recovery {verb} {quote(file)} APPROVAL...")
    if kinds == ("cancel",):
        return InvalidInput(
            f"{asks}; to stop that, its guardians sign another request: recovery request --action cancel. "
            f"As the owner: recovery cancel {request.account} --path {request.proof.index}"
        )
    return InvalidInput(f"{asks}, which `recovery {verb}` does. Make a request of your own: recovery request --action")


_QUESTIONS = {
    "recover": "Start the recovery?",
    "cancel": "Cancel the recovery?",
    "veto-request": "Veto the recovery?",
    "veto-change": "Veto the change of policy?",
    "freeze": "Freeze the account?",
    "thaw": "End the freeze?",
}


def collect(request: Request, approval_files: tuple[Path, ...]) -> tuple[Approvals, dict[bytes, Path]]:
    """Reads approvals of a request.

    Returns:
        The approvals, and the file of each by the signer's id.

    Raises:
        InvalidInput: One does not belong here, or stands twice.
    """
    from .. import files
    from ..request import Approvals, SignedApproval, check

    approvals = Approvals(request)
    given: dict[bytes, Path] = {}
    for file in approval_files:
        signed = SignedApproval.loads(files.read(file), str(file))
        check(request, signed, str(file))  # before who is twice among them: one may be of another request
        identifier = signed.approval.member.signer.id
        if identifier in given:
            raise InvalidInput(
                f"{file} and {given[identifier]} are of the same guardian, who counts once. Leave one out."
            )
        approvals = approvals.add(signed, str(file))
        given[identifier] = file
    return approvals, given


def require_enough(approvals: Approvals, source: Source | None) -> None:
    """Says who is missing.

    Raises:
        Refused: Somebody is.
    """
    from ..explain import listing, refusal
    from .words import plural

    if not approvals.missing:
        return
    path = approvals.request.proof.path
    have = [signed.approval.member.signer for signed in approvals.collected]
    given = f"{plural(approvals.weight, 'vote')} of {path.threshold} given"
    if have:
        given += f", by {listing([signed.who for signed in approvals.collected])}"
    if source is not None and source.plan is not None:
        plan = source.plan
        names = [name for name, _ in plan.paths[approvals.request.proof.index].guardians]
        missing = [name for name in names if plan.guardian(name).signer not in have]
        ask = f"Ask {listing(missing, 'or')}."
    else:
        rest = len(path.members) - len(have)
        ask = "Ask the other guardian." if rest == 1 else f"Ask any of the other {rest} guardians."
    if not have:
        ask = ask.replace("any of the other", "any of the").replace("the other guardian", "the guardian")
    raise refusal(
        "ApprovalsInsufficient",
        *(approvals.weight, path.threshold),
        message=f"Not enough approvals: {given}; {plural(approvals.missing, 'vote')} missing. {ask} Nothing was sent.",
    )


def sparing(approvals: Approvals) -> Approvals:
    """No more approvals than are needed: whoever is not shown stays hidden, and gas is saved."""
    from ..request import Approvals

    threshold = approvals.request.proof.path.threshold
    chosen: list[SignedApproval] = []
    weight = 0
    # Whoever has approved on the chain is known already.
    for signed in sorted(approvals.collected, key=lambda s: (-s.approval.member.weight, s.approval.signature != b"")):
        if weight >= threshold:
            break
        chosen.append(signed)
        weight += signed.approval.member.weight
    return Approvals.of(approvals.request, chosen)


def check_signature(client: RecoveryClient, request: Request, signed: SignedApproval, file: Path) -> None:
    """Names who has not signed, before the contract would only say a number.

    Raises:
        Refused: The signature does not fit, or the chain shows no approval.
    """
    from ..explain import refusal

    if client.has_approved(request, signed):
        return
    why = (
        f"{file} does not hold a signature of {signed.who} over this request. Ask for it again."
        if signed.approval.signature
        else f"{file} says that {signed.who} has approved on the chain, but the chain does not. "
        "Wait for the transaction, or ask for another approval."
    )
    raise refusal("ApprovalInvalid", signed.approval.index, message=why)


def _rows(request: Request, source: Source | None) -> list[tuple[str, str]]:
    """What the request asks for, and what follows."""
    from ..explain import duration
    from .words import action_rows, stopping

    path = request.proof.path
    rows = action_rows(request, source)
    if request.action.kind == "recover":
        rows.append(("Then", f"{duration(path.delay)} pass; {stopping(path)}."))
    return rows


def _unblocked(state: AccountState, request: Request) -> AccountState:
    """The account's state once the request is submitted, as far as it holds up a change of policy."""
    from ..actions import VetoRequest

    stopped = request.action.path if isinstance(request.action, VetoRequest) else request.proof.index
    return dataclasses.replace(state, blockers=state.blockers - state.paths[stopped].blocks)


def _done(client: RecoveryClient, request: Request, request_file: Path, sent: Sent, applied: bytes | None) -> None:
    """Looks at the chain again, says what is true now, and what comes next.

    Args:
        client: Of the chain.
        request: What was submitted.
        request_file: Where it stands.
        sent: The transaction.
        applied: The hash of the policy that was put in force with it, or None.

    Raises:
        Refused: The chain does not show it.
    """
    from ..actions import Freeze, Recover, Thaw, VetoChange, VetoRequest
    from ..explain import when
    from ..state import RequestState

    account, index, action = request.account, request.proof.index, request.action
    state = client.state(account)
    look = f"See: recovery status {account}"
    if applied is not None and state.policy_hash != applied:
        raise Refused(f"The transaction was mined, but the policy is another one. {look}")
    if isinstance(action, Recover):
        status = state.paths[index]
        if not status.ready_at:
            raise Refused(f"The transaction was mined, but no recovery is under way. {look}")
        say(f"Started, in block {sent.block}. The owners are still the old ones.", bold=True, colour="green")
        click.echo()
        table([("Ready", when(status.ready_at, state.time)), ("Expires", when(status.expires_at, state.time))])
        click.echo()
        say("Next: when it is ready, anybody can finalize it:")
        command_line(f"recovery finalize {account} --request {quote(request_file)} --account KEY --network URL")
        say("Until then:")
    elif isinstance(action, Freeze):
        if not state.frozen:
            raise Refused(f"The transaction was mined, but the account is not frozen. {look}")
        say(f"Frozen until {when(state.frozen_until, state.time)}. Nothing can be spent.", bold=True, colour="green")
        say("Next: if the owner's key was stolen, recover the account in this time:")
        command_line("recovery request --kit KIT --path NAME --new-owner ADDR --network URL")
        say("If it was a false alarm, the guardians of the same path can end it sooner:")
        command_line(f"recovery request --action thaw --path {index} --kit KIT --network URL")
        say("And look at it:")
    else:
        if isinstance(action, Thaw):
            text, failed = "Thawed. The account can be used again.", state.frozen
        elif isinstance(action, VetoChange):
            text = "Vetoed. The policy stays as it is; this veto path can do so once in this epoch."
            failed = (state.change_policy_hash, state.change_eta) == (action.policy_hash, action.eta)
        else:
            text = f"{'Vetoed' if isinstance(action, VetoRequest) else 'Cancelled'}. The owners stay as they are."
            stopped = action.path if isinstance(action, VetoRequest) else index
            failed = state.epoch == request.epoch and state.paths[stopped].state is not RequestState.IDLE
        if failed:
            raise Refused(f"The transaction was mined, but nothing has changed. {look}")
        say(text, bold=True, colour="green")
        if applied is not None:
            say("The change of policy has taken effect.", bold=True, colour="green")
        say("Next:")
    command_line(f"recovery status {account} --network URL")
