"""What a guardian is asked for, compared with their kit and shown in words, before anything is signed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .session import say, table, warn
from .sources import Source

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..kit import Kit
    from ..quorum import Member
    from ..request import Approvals, Request


def require_fitting(request: Request, kit: Kit, connected: bool) -> None:
    """Refuses a request that is not for the account, chain and module of the guardian's kit.

    Args:
        request: The request.
        kit: The guardian's.
        connected: Whether the chain will be asked, which says whether a policy that the kit does not know is in force.

    Raises:
        Refused: It is for another one.
    """
    from ..chains import chain_name, chain_names

    warning = "Do not approve it, and ask the owner what this is."
    if request.account != kit.account:
        raise Refused(f"This request is for {request.account}; your kit is for {kit.account}. {warning}")
    if request.chain_id not in kit.chains:
        raise Refused(
            f"This request is for {chain_name(request.chain_id)}; your kit is for {chain_names(kit.chains)}. {warning}"
        )
    if request.module != kit.module:
        raise Refused(f"This request is for the module {request.module}; yours is {kit.module}. {warning}")
    if not _is_of_kit(request, kit) and not connected:
        raise Refused(
            "This request is for another policy than that of your kit. The owner may have changed it since, by "
            "replacing another guardian: give --network, so that the chain is asked whether it is in force."
        )


def opening(request: Request, kit: Kit) -> Member:
    """The guardian's own opening in the request's path.

    Raises:
        InvalidInput: They are not in it.
    """
    member = kit.opening_in(request.proof.path)
    if member is not None:
        return member
    if _is_of_kit(request, kit):
        raise InvalidInput(f"{kit.name} is not a guardian of path {kit.labels[request.proof.index]!r}.")
    raise InvalidInput(
        f"{kit.name} is not among the guardians of this request's path, as far as this kit says. If the owner has "
        "changed the policy since, ask for a new kit; otherwise do not approve it."
    )


def collected(request: Request, others: Sequence[Path], client: RecoveryClient | None) -> Approvals:
    """What other guardians have signed, as far as it was passed on: nobody is counted on the word of a file.

    Raises:
        InvalidInput: One is for another request, or of somebody else, or stands twice.
        Refused: One is not signed, or not as far as can be seen without a chain.
    """
    from .. import files
    from ..request import Approvals, SignedApproval
    from .signing import is_signed

    result = Approvals(request)
    for path in others:
        signed = SignedApproval.loads(files.read(path), str(path))
        result = result.add(signed, str(path))
        signer, signature = signed.approval.member.signer, signed.approval.signature
        wrong = f"{path} is not signed by {signer}"
        if not is_signed(request.message, signer, signature, client, wrong):
            raise Refused(f"{wrong}: somebody wants you to believe that others have approved. Ask the owner about it.")
    return result


def require_near(request: Request, client: RecoveryClient | None) -> None:
    """Refuses approvals that would be good for longer than anybody remembers what they were for.

    A node that lies about the time, or an edited request, could otherwise make them good for decades.

    Raises:
        Refused: The deadline is too far away.
    """
    from ..actions import Freeze
    from ..chains import is_local
    from ..explain import when
    from ..policy import DAY
    from .request import LONGEST, LONGEST_FREEZE

    now = int(time.time())
    if client is not None:
        # On a chain of one's own time is moved; anywhere else it is what this computer's clock says, too.
        now = client.time() if is_local(request.chain_id) else min(now, client.time())
    days = LONGEST_FREEZE if isinstance(request.action, Freeze) else LONGEST
    if request.deadline > now + (days + 1) * DAY:
        raise Refused(
            f"This request would make your approval good until {when(request.deadline)}: {days} days are the most. "
            "Do not sign it, and ask for a new one."
        )


def _is_of_kit(request: Request, kit: Kit) -> bool:
    """Whether the request's path is one of the very policy in the kit."""
    index = request.proof.index
    return index < len(kit.policy.paths) and kit.policy.proof(index) == request.proof


_HEADLINES = {
    "recover": "You are asked to help somebody back into an account.",
    "cancel": "You are asked to stop a recovery that you and others have started.",
    "veto-request": "You are asked to stop a recovery that others have started.",
    "veto-change": "You are asked to stop a change of who can recover an account.",
    "freeze": "You are asked to freeze an account: nothing can be spent from it for a while.",
    "thaw": "You are asked to end the freeze of an account.",
}


def show_request(
    request: Request,
    kit: Kit,
    member: Member,
    client: RecoveryClient | None,
    approved: Approvals,
    revoke: bool = False,
) -> None:
    """Says in words what is about to be signed, how it differs from what the chain has, and who else has signed.

    Args:
        request: The request.
        kit: The guardian's.
        member: Who acts.
        client: Of the chain, if it was asked.
        approved: What others have signed, as far as it was passed on.
        revoke: Whether an approval is taken back, which asks less of whoever does it.
    """
    from ..chains import chain_name
    from ..explain import duration, when
    from .words import ASKS, action_rows, plural, sentence

    index, path = request.proof.index, request.proof.path
    known = _is_of_kit(request, kit)
    # The label in the request is not signed: anybody could have written anything there.
    label = kit.labels[index] if known else str(index)
    now = client.time() if client else None
    kind, waits = request.action.kind, request.action.kind == "recover"
    say(f"You take back your approval of a request to {ASKS[kind]}." if revoke else _HEADLINES[kind], bold=True)
    click.echo()
    votes = f", with {plural(member.weight, 'vote')}" if member.weight > 1 else ""
    whose = f"the account of {kit.notes.owner}, as your kit says" if kit.notes.owner else "the one in your kit"
    rows = [
        ("Account", f"{request.account}"),
        ("", f"on {chain_name(request.chain_id)}; {whose}"),
        *(_owners_now(request, client) if client else []),
        *action_rows(request, Source(kit.policy, kit.labels, kit=kit) if known else None),
        ("Path", f"{label}: {sentence(path)}"),
        *(_since(request, client) if client else []),
        ("Then", f"{duration(path.delay)} pass before anything changes." if waits else "It acts at once."),
        ("You act" if revoke else "You sign", f"as {member.signer}{votes}"),
        ("Good until", when(request.deadline, now)),
    ]
    if revoke:
        table(rows)
        click.echo()
        return
    rows += _approved(approved, member)
    if client:
        policy = "" if known else " The policy in force is not the one of your kit, but you are in it, too."
        rows.append(("Checked", f"against your kit and the chain: approvals of it count.{policy}"))
    else:
        rows.append(("Checked", "against your kit only, NOT against the chain (no --network)."))
    rows.append(("If tricked", _undoing(request)))
    table(rows)
    click.echo()
    if waits and member.signer in request.owners.signers:
        warn("The new owner is your own key: the account would be yours.")
    if client is None and request.deadline < time.time():
        warn("By this computer's clock the request's deadline has passed.")
    reading = "have the new owner's address and the six words read" if waits else "have the six words read"
    question = f" Ask what only the two of you know: {kit.notes.question}" if kit.notes.question else ""
    say(
        f"Call {kit.notes.owner or 'the owner'}, on a number that you already had, and {reading} to you.{question} "
        "Do not act on a message alone, however urgent it sounds. If you wrote this request yourself, it is you who "
        "reads the words out: recovery words REQUEST"
    )
    click.echo()


def _approved(approved: Approvals, member: Member) -> list[tuple[str, str]]:
    """Who else has signed, and what is missing then."""
    from .words import plural

    threshold = approved.request.proof.path.threshold
    others = [s for s in approved.collected if s.approval.member.signer != member.signer]
    weight = member.weight + sum(s.approval.member.weight for s in others)
    named = [f"{s.approval.member.signer}" + (f", who calls themselves {s.name}" if s.name else "") for s in others]
    rows = [("Approved by" if not number else "", text) for number, text in enumerate(named)]
    left = max(0, threshold - weight)
    counted = f"with yours {min(weight, threshold)} of {plural(threshold, 'vote')}"
    rows.append(("Votes", f"{counted}; " + (f"{left} more needed" if left else "that is enough")))
    return rows


def _since(request: Request, client: RecoveryClient) -> list[tuple[str, str]]:
    """Since when things are as they are: the owner's silence, and what is to be stopped."""
    from ..actions import Cancel, VetoRequest
    from ..explain import duration, when

    state = client.state(request.account)
    rows = []
    if request.action.kind == "recover":
        seen = state.last_active
        if not seen:
            rows.append(("Owner", "was never seen active on the chain"))
        elif seen > state.time:
            rows.append(("Owner", "ACTIVE TODAY. If every key is said to be lost, who was that? Maybe a thief."))
        else:
            rows.append(("Owner", f"silent for {duration(state.time - seen)}, since {when(seen)}"))
    elif isinstance(request.action, Cancel | VetoRequest):
        index = request.proof.index if isinstance(request.action, Cancel) else request.action.path
        status = state.paths[index]
        delay = request.proof.path.delay if isinstance(request.action, Cancel) else None
        begun = f"under way since {when(status.ready_at - delay)}, " if delay is not None else ""
        rows.append(("That one", f"{begun}ready {when(status.ready_at, state.time)}"))
    return rows


def _undoing(request: Request) -> str:
    """How far it can still be stopped, should somebody have tricked the guardians."""
    path, kind = request.proof.path, request.action.kind
    if kind == "recover":
        who = ["the same guardians"]
        who += ["the owner"] if path.owner_cancels else []
        who += ["a veto path"] if path.vetoable else []
        return f"until it is finalized {' or '.join(who)} can stop it: recovery tricked REQUEST --kit KIT"
    if kind == "freeze":
        return "the same guardians can end it: recovery tricked REQUEST --kit KIT"
    return "what was stopped can be asked for again"


def _owners_now(request: Request, client: RecoveryClient) -> list[tuple[str, str]]:
    """The present owners, as far as the new ones tell: the chain keeps only a hash of them."""
    if request.action.kind != "recover" or not client.is_wallet(request.account):
        return []
    if client.owners_hash(request.account) == request.owners.hash[:24]:
        return [("Changes", "nothing: the new owners are those that the account has already")]
    return [("Changes", "who owns the account; the present owners lose it")]
