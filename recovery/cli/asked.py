"""What a guardian is asked for, compared with their kit and shown in words, before anything is signed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .session import say, table, warn
from .sources import Source

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..quorum import Member
    from ..request import Request


def require_fitting(request: Request, source: Source, module: str | None = None) -> None:
    """Refuses a request that is not for the account, chain, module and policy of the guardian's kit.

    Args:
        request: The request.
        source: Kit or policy file.
        module: The module that a policy file is for; a kit says it itself.

    Raises:
        Refused: It is for another one.
    """
    from ..chains import chain_name, chain_names

    kit = source.kit
    warning = "Do not approve it, and ask the owner what this is."
    if kit and request.account != kit.account:
        raise Refused(f"This request is for {request.account}; your kit is for {kit.account}. {warning}")
    if kit and request.chain_id not in kit.chains:
        raise Refused(
            f"This request is for {chain_name(request.chain_id)}; your kit is for {chain_names(kit.chains)}. {warning}"
        )
    expected = kit.module if kit else module
    if expected is not None and request.module != expected:
        raise Refused(f"This request is for the module {request.module}; yours is {expected}. {warning}")
    index, policy = request.proof.index, source.policy
    if index >= len(policy.paths) or policy.proof(index) != request.proof:
        raise Refused(
            "This request is for another policy than that of your file. Has the owner changed it since? "
            "Then you need a new kit; otherwise do not approve it."
        )


def opening(request: Request, source: Source, name: str | None) -> tuple[Member, str]:
    """The guardian's own opening in the request's path, and their name.

    Raises:
        InvalidInput: They are not in it, or it is not clear who they are.
    """
    index = request.proof.index
    if source.kit:
        if name is not None:
            raise InvalidInput("--as goes with --policy; your kit says who you are.")
        member = source.kit.openings[index]
        if member is None:
            raise InvalidInput(f"{source.kit.name} is not a guardian of path {source.labels[index]!r}.")
        return member, source.kit.name
    assert source.plan is not None  # noqa: S101 - from a file, so it is one or the other
    weights = dict(source.plan.paths[index].guardians)
    if name is None or name not in weights:
        raise InvalidInput(
            f"Which guardian are you? Give --as with one of those of path {source.labels[index]!r}: "
            f"{', '.join(weights)}."
        )
    return source.plan.member(name, weights[name]), name


_HEADLINES = {
    "recover": "You are asked to help somebody back into an account.",
    "cancel": "You are asked to stop a recovery that you and others have started.",
    "veto-request": "You are asked to stop a recovery that others have started.",
    "veto-change": "You are asked to stop a change of who can recover an account.",
    "freeze": "You are asked to freeze an account: nothing can be spent from it for a while.",
    "thaw": "You are asked to end the freeze of an account.",
}


def show_request(
    request: Request, source: Source, member: Member, client: RecoveryClient | None, revoke: bool = False
) -> None:
    """Says in words what is about to be signed, and how it differs from what the chain has.

    Args:
        request: The request.
        source: Kit or policy file.
        member: Who acts.
        client: Of the chain, if it was asked.
        revoke: Whether an approval is taken back, which asks less of whoever does it.
    """
    from ..chains import chain_name
    from ..explain import duration, when
    from .words import ASKS, action_rows, plural, sentence

    index, path = request.proof.index, request.proof.path
    # The label in the request is not signed: anybody could have written anything there.
    label = source.labels[index]
    now = client.time() if client else None
    kind, waits = request.action.kind, request.action.kind == "recover"
    say(f"You take back your approval of a request to {ASKS[kind]}." if revoke else _HEADLINES[kind], bold=True)
    click.echo()
    votes = f", with {plural(member.weight, 'vote')}" if member.weight > 1 else ""
    where = "the one in your kit" if source.kit else "compare it: your policy file does not say it"
    rows = [
        ("Account", f"{request.account}"),
        ("", f"on {chain_name(request.chain_id)}; {where}"),
        *(_owners_now(request, client) if client else []),
        *action_rows(request, source),
        ("Path", f"{label}: {sentence(path, source.guardians(index))}"),
        ("Then", f"{duration(path.delay)} pass before anything changes." if waits else "It acts at once."),
        ("You act" if revoke else "You sign", f"as {member.signer}{votes}"),
        ("Good until", when(request.deadline, now)),
    ]
    if revoke:
        table(rows)
        click.echo()
        return
    if client:
        rows.append(("Checked", "against your file and the chain: approvals of it count."))
    else:
        rows.append(("Checked", "against your file only, NOT against the chain (no --network)."))
    table(rows)
    click.echo()
    if waits and member.signer in request.owners.signers:
        warn("The new owner is your own key: the account would be yours.")
    if client is None and request.deadline < time.time():
        warn("By this computer's clock the request's deadline has passed.")
    if waits:
        say(
            "Call the owner, on a number that you already had, and have the new owner's address read to you. "
            "Do not act on a message alone, however urgent it sounds."
        )
    else:
        say("Call the owner, on a number that you already had, and ask whether this is what they want.")
    click.echo()


def _owners_now(request: Request, client: RecoveryClient) -> list[tuple[str, str]]:
    """The present owners, as far as the new ones tell: the chain keeps only a hash of them."""
    if request.action.kind != "recover" or not client.is_wallet(request.account):
        return []
    if client.owners_hash(request.account) == request.owners.hash[:24]:
        return [("Changes", "nothing: the new owners are those that the account has already")]
    return [("Changes", "who owns the account; the present owners lose it")]
