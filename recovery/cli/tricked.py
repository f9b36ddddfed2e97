"""`recovery tricked`: a guardian fears to have approved what a thief has asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, RecoveryError, Refused
from .options import FILE, Where, profile, reading, yes_option
from .session import command_line, load_kit, quote, say, table, unaudited, warn
from .stopping import Case, ask_others, asks, good_until, kept, sign

if TYPE_CHECKING:
    from ..request import Request
    from .sources import Source


@click.command(short_help="As a guardian: stop what you have approved")
@click.argument("request_file", type=FILE, metavar="REQUEST")
@click.option("--kit", "kit_file", type=FILE, metavar="FILE", help="Your kit for the account.")
@click.option("--signer", metavar="KEY", help="Your key: to sign at once what stops it.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=".",
    help="Where requests that stop it are written.  [default: here]",
)
@click.option(
    "--password-fd", type=click.IntRange(min=0), metavar="N", help="Read the password from this file descriptor."
)
@yes_option
@click.option("--mainnet-unaudited", is_flag=True, help="Act on Ethereum mainnet although nobody has audited this.")
@reading
def tricked(
    request_file: Path,
    kit_file: Path | None,
    signer: str | None,
    output: Path,
    password_fd: int | None,
    yes: bool,
    mainnet_unaudited: bool,
    where: Where,
) -> None:
    """You have approved REQUEST, and fear that somebody has tricked you.

    You hear where it stands, what can still be done, and by whom; what stops it is
    written down for you and the other guardians. Nothing is sent.
    """
    from .. import files, foresee
    from ..request import Request
    from .asked import require_fitting
    from .keys import Keyring

    request = Request.loads(files.read(request_file), str(request_file))
    kit_file = kit_file or profile().kit
    if kit_file is None:
        raise InvalidInput("Give --kit with your kit for this account.")
    kit = load_kit(kit_file)
    require_fitting(request, kit, connected=where.network is not None)
    if not where.network:
        _offline(request, request_file)
        return
    client = where.connect()
    foresee.here(request, client.chain_id, client.deployment.module)
    case = Case(request, request_file, kit, kit_file, client, client.state(request.account))
    made = _advise(case, output)
    if signer and made:
        unaudited(client.chain_id, mainnet_unaudited)
        sign(case, made, signer, Keyring(password_fd), yes)
    ask_others(case, made)


def _offline(request: Request, file: Path) -> None:
    from ..explain import when

    say(f"Ring the owner, and say what you have signed: it asks to {asks(request)}.", bold=True)
    click.echo()
    say(
        f"A signature that you have given away cannot be taken back. It is good until "
        f"{when(request.deadline, int(time.time()))}, for this request and nothing else. Whether it was used already "
        "only the chain knows. Give --network, to hear that, and to have written what stops it:"
    )
    command_line(f"recovery tricked {quote(file)} --kit KIT --network URL")


# ------------------------------------------------------------------------------------------------ advice


def _advise(case: Case, output: Path) -> list[tuple[Path, Request]]:
    """Says where it stands and what can be done now; what stops it, written down."""
    from ..actions import Freeze, Recover
    from .collecting import is_under_way

    request, state, action = case.request, case.state, case.request.action
    if isinstance(action, Recover):
        if is_under_way(case.client, request, state):
            return _started(case, output)
        if state.epoch == request.epoch and state.paths[request.proof.index].nonce == action.nonce:
            return _not_used(case)
        return _recovered(case)
    if isinstance(action, Freeze):
        used = (request.epoch, request.proof.index, action.nonce + 1)
        if state.frozen and state.freeze_id == used:
            return _frozen(case, output)
        if state.epoch == request.epoch and state.paths[request.proof.index].nonce == action.nonce:
            return _not_used(case)
        _headline("It is over: the freeze that you have approved was used and has ended, or can never be used.")
        return []
    return _stops(case)


def _headline(text: str, colour: str = "green") -> None:
    say(text, bold=True, colour=colour)
    click.echo()


def _ring(case: Case, then: str = "Then the other guardians, so that nobody else signs.") -> None:
    """The owner and the others are rung before anything else: they know more."""
    owner = case.kit.notes.owner or "the owner"
    say(f"1. Ring {owner}, on a number that you already had, and ask. {then}")
    if case.kit.notes.ring:
        table(list(case.kit.notes.ring))
    click.echo()


def _not_used(case: Case) -> list[tuple[Path, Request]]:
    from ..explain import when

    request, state = case.request, case.state
    if request.deadline < state.time:
        _headline(
            f"Nothing has happened, and nothing can: what you have approved was good until {when(request.deadline)}."
        )
        return []
    _headline(
        "It has NOT been used yet. It can be, by anybody who has enough approvals, until "
        f"{when(request.deadline, state.time)}.",
        "yellow",
    )
    _ring(case)
    member = case.kit.opening_in(request.proof.path)
    if member and case.client.is_approved(member.signer, request.digest):
        say("2. You have approved it on the chain. Take that back, at once:")
        command_line(
            f"recovery approve {quote(case.file)} --kit {quote(case.kit_file)} --revoke --account KEY --network URL"
        )
        click.echo()
        say("If you have also signed it, that signature stays good:")
    else:
        say("2. A signature that you have given away cannot be taken back:")
    say(
        f"it is good until {when(request.deadline)}, for this request and for nothing else. It is void sooner if the "
        "account is recovered, its policy changes, or this path is used for something else."
    )
    click.echo()
    if request.action.kind in ("recover", "freeze"):
        again = "it has started" if request.action.kind == "recover" else "it has frozen the account"
        say(f"3. Look again, often. Once {again}, this command writes down what ends it:")
        command_line(f"recovery tricked {quote(case.file)} --kit {quote(case.kit_file)} --network URL")
    else:
        say(f"3. Look again, often. {_ONCE_MORE[request.action.kind]}")
        command_line(f"recovery status {request.account} --kit {quote(case.kit_file)} --network URL")
    return []


def _started(case: Case, output: Path) -> list[tuple[Path, Request]]:
    from ..explain import duration, when
    from ..state import RequestState

    request, state = case.request, case.state
    index, path = request.proof.index, request.proof.path
    status = state.paths[index]
    if status.state is RequestState.PENDING:
        left = duration(status.ready_at - state.time)
        _headline(f"It HAS STARTED, and can still be stopped, for {left}. After that anybody can finish it.", "yellow")
    else:
        _headline("It is READY: anybody can finish it NOW. Be quick; it may still be stopped.", "red")
    table(
        [
            ("Account", request.account),
            ("Ready", when(status.ready_at, state.time)),
            ("Expires", when(status.expires_at, state.time)),
        ]
    )
    click.echo()
    _ring(case)
    number = 1
    if status.owner_cancels:
        number += 1
        say(f"{number}. Quickest: the owner, with the old key, cancels it alone:")
        command_line(
            f"recovery cancel {request.account} --path {index} --signer KEY --account KEY --network URL",
        )
        click.echo()
    if path.inactivity:
        number += 1
        say(f"{number}. It needs an owner who is silent. A sign of life of the owner, with the old key, ends it:")
        command_line(f"recovery heartbeat {request.account} --signer KEY --account KEY --network URL")
        click.echo()
    made = list(_drafts(case, output))
    for file, stopping in made:
        number += 1
        whose = (
            "The guardians who can veto" if stopping.action.kind == "veto-request" else "The same guardians together"
        )
        say(f"{number}. {whose} stop it, at once, with what is written to {file} (below).")
    if made:
        click.echo()
    if not status.owner_cancels and not status.vetoable:
        say("The owner cannot cancel it, and no veto can stop it: it takes the guardians of this path.")
        click.echo()
    say("Freezing does not help against it: when it is finished, a freeze ends.")
    click.echo()
    return made


def _drafts(case: Case, output: Path) -> Iterator[tuple[Path, Request]]:
    """Requests that stop a recovery: a veto, if this guardian can, and the cancel by the same path."""
    from ..policy import Right

    client, request, source = case.client, case.request, _source(case)
    status = case.state.paths[request.proof.index]
    until = good_until(client)
    if status.vetoable and source and source.kit:
        for index, path in enumerate(source.policy.paths):
            if path.right is Right.VETO and source.kit.openings[index]:
                proof, label, stopped = source.policy.proof(index), source.labels[index], request.proof.index
                made = client.request_veto(request.account, proof, label, stopped, until)
                yield kept(case, made, output, "veto")
                break
    made = client.request_cancel(request.account, request.proof, _label(case, source), until)
    yield kept(case, made, output, "cancel")


def _source(case: Case) -> Source | None:
    """The policy in force, from the kit, or None if that does not lead to it."""
    from .sources import Source, in_force

    try:
        kit = case.kit
        return in_force(case.client, case.request.account, Source(kit.policy, kit.labels, kit=kit))
    except RecoveryError as error:
        warn(error.message)
        return None


def _label(case: Case, source: Source | None) -> str:
    """What the guardian's kit calls the path: what the request calls it was written by whoever tricks."""
    index = case.request.proof.index
    return source.labels[index] if source and index < len(source.labels) else str(index)


def _recovered(case: Case) -> list[tuple[Path, Request]]:
    """The request cannot be used (any more): it was finished, stopped, or something else came first."""
    from ..policy import Right

    request, state, client = case.request, case.state, case.client
    account = request.account
    if state.epoch == request.epoch:
        _headline("It is over: it was stopped or has expired, or another one came first. Your approval is used up.")
        if state.paths[request.proof.index].is_open:
            say("But ANOTHER recovery is under way on the same path. If nobody knows of it, stop that one. See:")
            command_line(f"recovery status {account} --kit {quote(case.kit_file)} --network URL")
        return []
    if not (client.is_wallet(account) and client.owners_hash(account) == request.owners.hash[:24]):
        _headline(
            "It is over: the policy has changed or the account was recovered since, so that your approval is void. The "
            "owners whom you have approved do not own the account (any more)."
        )
        return []
    _headline("It IS DONE: the account belongs to the new owners whom you have approved.", "red")
    say(
        "No guardian can undo that. If they are a thief's, the thief can spend what is in the account now, and change "
        "who its guardians are, after a waiting time. What guardians can still do, together:"
    )
    click.echo()
    _ring(case, "Then the other guardians.")
    paths = case.kit.policy.paths if case.kit.policy.hash[:24] == state.policy_hash else ()
    number = 1
    for index, path in enumerate(paths):
        if path.right is Right.FREEZE:
            number += 1
            say(f"{number}. If it is a thief, freeze it, before anything else:")
            label = quote(case.kit.labels[index])
            command_line(f"recovery request --action freeze --path {label} --kit KIT --network URL")
            break
    firm = [i for i, p in enumerate(paths) if p.right is Right.ROTATE and not p.inactivity]
    best = min(firm, key=lambda i: (paths[i].owner_cancels, paths[i].delay), default=None)
    if best is None:
        say("Ask the owner: your kit is not of the policy that is in force, or no path helps.")
        return []
    hard = (
        "on the path that the thief cannot cancel" if not paths[best].owner_cancels else "though the thief can cancel"
    )
    say(f"{number + 1}. Give it back to the real owner, {hard}:")
    command_line(f"recovery request --path {quote(case.kit.labels[best])} --kit KIT --new-owner ADDR --network URL")
    click.echo()
    say("What has been spent by then is lost.")
    return []


def _frozen(case: Case, output: Path) -> list[tuple[Path, Request]]:
    from ..explain import when

    request, state, client = case.request, case.state, case.client
    _headline(
        f"The account IS FROZEN until {when(state.frozen_until, state.time)}; then it ends by itself. "
        "Nothing is lost by it.",
        "yellow",
    )
    _ring(case)
    if state.epoch != request.epoch:
        say("Nobody can end it sooner: the policy has changed since.")
        return []
    say("2. If the owner does not want it, the same guardians together end it sooner, with what is written below.")
    say(f"It can be frozen again from {when(state.cool_until)}, and not before, also if it is ended sooner.", 3)
    click.echo()
    made = client.request_thaw(request.account, request.proof, _label(case, _source(case)), good_until(client))
    return [kept(case, made, output, "thaw")]


#: What can be done about something that was stopped although it was meant.
_ONCE_MORE = {
    "cancel": "If a recovery is stopped that was meant, it can be asked for again: recovery request",
    "veto-request": "If a recovery is stopped that was meant, it can be asked for again: recovery request",
    "veto-change": "If a change is stopped that was meant, the owner can ask for it again: recovery policy change",
    "thaw": "If a freeze is ended that was meant, the account can be frozen again only after a while.",
}


def _stops(case: Case) -> list[tuple[Path, Request]]:
    """What stops something cannot be undone, but what it has stopped can be asked for again."""
    request = case.request
    try:
        case.client.check_request(request)
    except Refused as over:
        _headline("There is nothing to undo: what you have approved was used already, or can never be used.")
        say(over.message)
        click.echo()
        say(_ONCE_MORE[request.action.kind])
        click.echo()
        _ring(case, "Then the other guardians.")
        return []
    return _not_used(case)
