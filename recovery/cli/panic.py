"""`recovery panic`: the key is stolen. Freeze first; then everything that gets the account back, ready to be sent."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ChainError, InvalidInput, RecoveryError, Refused
from .alarm import alarmed
from .options import Paying, profile, sending
from .session import command_line, parse_owners, quote, say, table, warn
from .sources import Source, from_chain, in_force, require_account

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..quorum import Owners
    from ..state import AccountState
    from .drafts import Scene
    from .freeze_card import Ahead


@click.command(short_help="Your key is stolen: freeze at once, and prepare the way back")
@alarmed
@sending
def panic(
    address: str | None,
    folder_path: Path | None,
    source: Source | None,
    freeze_file: Path | None,
    approval_files: tuple[Path, ...],
    new_owners: tuple[str, ...],
    threshold: int | None,
    output: Path | None,
    pay: Paying,
) -> None:
    """Your key is stolen, or you fear it: freeze the account, and prepare the way back.

    With a freeze that guardians have signed ahead (`recovery freeze-card --folder`, or
    --freeze and --approval) it is sent at once. Then a request for new owners is
    written, on the path that a thief cannot cancel, with a message for each guardian,
    and what could not be saved is said. Run it again as often as you like.

    Exit code 0: the account is frozen. 1: it is not.
    """
    from . import drafts
    from .unsaved import tell

    account, folder, source = about(address, folder_path, source)
    again = _again(account, folder, source, pay)
    client, why = _connected(pay)
    state: AccountState | None = None
    before = False
    if client:
        state = client.state(account)
        _require_policy(client, state, folder)
        before = state.frozen
        why = "" if before else _frozen_by(pay, client, state, folder, freeze_file, approval_files)
        if pay.dry_run and not why and not before:
            return
        state = client.state(account)
        if not state.frozen and not why:
            why = f"The freeze was mined, but this node does not show it. See: recovery status {account} --network URL"
    _headline(account, client, state, before, why)
    if client is None:
        _by_others(_ahead(folder, freeze_file, approval_files, account, None)[0])
    known = known_policy(client, state, folder, source)
    scene = drafts.Scene(account, known, folder, client, state)
    place = place_of(output, folder, state.time if state else int(time.time()))
    owners = _owners(scene, place, new_owners, threshold)
    made = drafts.draft(scene, owners, place)
    tell(scene, made, drafts.keep(scene, made, place, pay.dry_run), again)
    if pay.dry_run:
        say("Nothing was written or sent (--dry-run).", bold=True)
    if not scene.frozen:
        raise Refused(f"The account is NOT frozen. {why}")


def _again(account: str, folder: Folder | None, source: Source | None, pay: Paying) -> str:
    """The same command for another run, without what is different there."""
    where = f"--folder {quote(folder.path)}" if folder else f"{account} {'--kit KIT' if source and source.kit else ''}"
    if not folder and not (source and source.kit):
        where += "--policy FILE"
    return f"recovery panic {where} --account {quote(pay.account or 'KEY')}"


def about(
    address: str | None, folder_path: Path | None, source: Source | None
) -> tuple[str, Folder | None, Source | None]:
    """Which account it is about, and which of folder, kit and policy file are of it.

    What was typed comes before what stands in the profile: its kit may be for a friend's account.

    Raises:
        InvalidInput: Nothing says the account, or two things that were typed say different ones.
    """
    from ..folder import Folder

    kit = source.kit.account if source and source.kit else None
    usual = profile().folder
    folder = Folder.open(folder_path) if folder_path else Folder.open(usual) if usual else None
    mine = folder.note.account if folder else None
    typed = {each for each in (address, mine if folder_path else None, kit if _typed("kit_file") else None) if each}
    if len(typed) > 1:
        raise InvalidInput(f"These are of different accounts: {', '.join(sorted(typed))}. Leave all but one out.")
    account = typed.pop() if typed else mine or kit
    if account is None:
        raise InvalidInput("Which account? Give --folder with your folder, or its address.")
    return account, folder if mine == account else None, source if kit in (None, account) else None


def _typed(option: str) -> bool:
    """Whether an option was given on the command line."""
    from click.core import ParameterSource

    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def _connected(pay: Paying) -> tuple[RecoveryClient | None, str]:
    """The chain, or why there is none: then everything else is still to be done."""
    try:
        client = pay.connect()
        _ = client.chain_id
        return client, ""
    except (ChainError, InvalidInput) as error:
        return None, error.message


def _require_policy(client: RecoveryClient, state: AccountState, folder: Folder | None) -> None:
    from .. import foresee
    from ..chains import chain_names

    try:
        foresee.has_policy(state, client.chain_id)
    except Refused as error:
        error.message = f"NOT FROZEN. {error.message}"
        if folder and folder.note.chains:
            error.message += f" It is protected on {chain_names(folder.note.chains)}."
        raise


# ----------------------------------------------------------------------------------------------- freezing


def _frozen_by(
    pay: Paying,
    client: RecoveryClient,
    state: AccountState,
    folder: Folder | None,
    freeze_file: Path | None,
    approval_files: tuple[Path, ...],
) -> str:
    """Freezes with what was signed ahead.

    Returns:
        Why it is not frozen, or nothing if the freeze was sent (or, with --dry-run, could be).
    """
    from .. import foresee
    from .paying import send

    try:
        foresee.freezable(state)
    except Refused as error:
        return error.message
    found, problems = _ahead(folder, freeze_file, approval_files, state.account, client.chain_id)
    good = []
    for each in found:
        try:
            good.append(each.good(client))
        except RecoveryError as error:
            problems.append(f"{each.file}: {error.message}")
    if not found and not problems:
        return "No freeze was signed ahead."
    if not good:
        said = "".join(f" {problem}" for problem in dict.fromkeys(problems))
        return f"No freeze that was signed ahead is good now.{said}"
    best = max(good, key=lambda each: (each.request.proof.path.window, each.request.deadline))
    try:
        payer = pay.payer()
        sent = send(pay, client, client.submit(best), payer, "Freeze the account now?")
    except RecoveryError as error:
        return error.message
    return "" if sent or pay.dry_run else f"The freeze stands in {pay.unsigned} and was not sent."


def _ahead(
    folder: Folder | None,
    freeze_file: Path | None,
    approval_files: tuple[Path, ...],
    account: str,
    chain_id: int | None,
) -> tuple[list[Ahead], list[str]]:
    """What was signed ahead for this account on this chain (None for any), and what is wrong with the rest."""
    from .. import files
    from ..request import Request
    from .freeze_card import Ahead, filed_ahead
    from .submit import collect

    found, problems = filed_ahead(folder) if folder else ([], [])
    if freeze_file:
        try:
            request = Request.loads(files.read(freeze_file), str(freeze_file))
            found.append(Ahead(freeze_file, *collect(request, approval_files)))
        except InvalidInput as error:
            problems.append(error.message)
    elif approval_files:
        problems.append("--approval goes with --freeze: the request that it approves.")
    for each in list(found):
        request = each.request
        if request.action.kind != "freeze" or request.account != account:
            problems.append(f"{each.file} is no freeze of {account}.")
            found.remove(each)
        elif chain_id not in (None, request.chain_id):
            found.remove(each)  # for another chain, where it is good
    return found, problems


def _headline(account: str, client: RecoveryClient | None, state: AccountState | None, before: bool, why: str) -> None:
    """The first thing that somebody in panic has to know."""
    from ..chains import chain_name
    from ..contracts import DELEGATION
    from ..explain import when

    if state and state.frozen:
        already = " already" if before else ""
        text = f"FROZEN{already} until {when(state.frozen_until, state.time)}"
        if client and client.code(account).startswith(DELEGATION):
            text += (
                ", but ONLY AS A WALLET: this account is a plain key that uses the wallet's code (EIP-7702). Whoever "
                "has that key can spend everything all the same. Move what is left with it, to a fresh key, NOW."
            )
            say(text, bold=True, colour="red")
        else:
            say(f"{text}: nothing can be spent from the account.", bold=True, colour="green")
    else:
        say(f"NOT FROZEN. {why}", bold=True, colour="red")
    click.echo()
    table([("Account", account), ("Chain", chain_name(client.chain_id) if client else "cannot be reached from here")])
    click.echo()


def _by_others(found: list[Ahead]) -> None:
    """What can be sent from elsewhere, where the chain cannot be reached from here."""
    from ..chains import chain_name
    from ..explain import when
    from .submit import sparing

    now = int(time.time())
    good = [each for each in found if not each.approvals.missing and each.request.deadline > now]
    if not good:
        return
    say("A freeze was signed ahead. Whoever has a node, a phone with a wallet or the printed card can send it at once:")
    for each in good:
        request = each.request
        needed = [each.given[signed.approval.member.signer.id] for signed in sparing(each.approvals).collected]
        say(f"On {chain_name(request.chain_id)}, good until {when(request.deadline)}:", 2)
        names = " ".join(quote(file) for file in (each.file, *needed))
        command_line(f"recovery freeze {names} --account KEY --network URL")
    click.echo()


# --------------------------------------------------------------------------------------- what is known


def known_policy(
    client: RecoveryClient | None, state: AccountState | None, folder: Folder | None, source: Source | None
) -> Source | None:
    """The policy in force, from the best that knows it: names if possible, else the chain's events."""
    try:
        plan = (folder.plan_of(state.policy_hash) if state else folder.newest) if folder else None
        if plan:
            return Source(plan.policy, tuple(path.label for path in plan.paths), plan=plan)
        if client is None or state is None:
            return source
        if source and source.kit:
            require_account(source, state.account, client.chain_id)
            source = in_force(client, state.account, source)
        if source and source.policy.hash[:24] == state.policy_hash:
            return source
    except RecoveryError as error:
        warn(error.message)
    if client is None or state is None:
        return source
    if folder or source:
        warn(
            "The policy on the chain is none that your files know. If you have not changed it, the thief has: what "
            "follows is of the policy that is in force, whose guardians may be the thief's."
        )
    return from_chain(client, state.account)


def _owners(scene: Scene, place: Path, texts: tuple[str, ...], threshold: int | None) -> Owners | None:
    """The new owners, None if they are not known yet: nothing about them holds up the rest."""
    try:
        if texts:
            return _valid(scene, parse_owners(texts, threshold, "--new-owner"))
        return _confirmed(scene, place) or _asked(scene)
    except RecoveryError as error:
        warn(f"{error.message} The new owner is left out for now.")
        return None


def _valid(scene: Scene, owners: Owners) -> Owners:
    from .. import foresee

    foresee.ownable(owners, scene.account)
    client = scene.client
    if client and client.is_wallet(scene.account) and client.owners_hash(scene.account) == owners.hash[:24]:
        raise InvalidInput("These are the owners that the account has now: the thief has that key. Make a fresh one.")
    return owners


def _confirmed(scene: Scene, place: Path) -> Owners | None:
    """The new owners in an earlier run's file, once the owner has said so: a thief can have put it there."""
    from .drafts import earlier_owners
    from .words import owners_rows

    found = earlier_owners(scene, place)
    if found is None:
        return None
    file, owners = found
    if not sys.stdin.isatty():
        warn(
            f"{file} asks for a new owner. It is left aside: a thief can have put it there. If it is yours from an "
            "earlier run, say so with the address of your new key: --new-owner ADDR"
        )
        return None
    say(f"{file} asks for this new owner. If you did not make it in an earlier run, a thief did:")
    table(owners_rows(owners, "New owner"))
    if not click.confirm("Is this your new key?", default=False, err=True):
        return None
    return _valid(scene, owners)


def _asked(scene: Scene) -> Owners | None:
    """Asks for the new owner, where there is somebody to ask."""
    if not sys.stdin.isatty():
        return None
    say(
        "Who is to own the account? Make a fresh key on a device that the thief cannot have been in: a new hardware "
        "wallet, a new phone, a computer set up anew. Do not make it from the old words. Then type its address, never "
        "its words. If you have none yet, press Enter: the rest is done without."
    )
    while text := click.prompt("Address of the new key", default="", show_default=False, err=True).strip():
        try:
            return _valid(scene, parse_owners((text,), None, "--new-owner"))
        except RecoveryError as error:
            say(error.message)
    return None


def place_of(output: Path | None, folder: Folder | None, now: int, name: str = "panic") -> Path:
    """Where requests and messages go.

    Args:
        output: Where the owner wants them, or None.
        folder: The owner's folder, if there is one.
        now: In seconds since 1970.
        name: What the place is called before its date.
    """
    if output:
        return output if output.name else output.resolve()
    return (folder.path if folder else Path()) / time.strftime(f"{name}-%Y-%m-%d", time.gmtime(now))
