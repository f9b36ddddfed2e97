"""`recovery guardian replace`, `renew`: as small a change as can be, so that hardly anybody gets a new kit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace as replacing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .guardian_state import Chain, joined, look, read_card
from .kit_files import STALE, Made, date, paper_option, set_aside, write_kits
from .options import FILE, Where, foldered, reading, yes_option
from .session import command_line, confirm, quote, refuse_secret, say, table, warn

if TYPE_CHECKING:
    from ..card import Card
    from ..folder import Folder
    from ..lint import Finding
    from ..plan import Guardian, PolicyPlan

_AGAIN = click.option(
    "--again", is_flag=True, help="Build on the newest policy file although it is not in force (yet)."
)
_DESPITE = click.option(
    "--despite-errors", is_flag=True, help="Write it even if there is an error that would lock you out."
)
_PDF = click.option("--pdf/--no-pdf", default=True, show_default=True, help="New kits also on paper.")


@click.command(short_help="Put somebody else in a guardian's place")
@click.argument("name")
@click.option("--by", "card_file", type=FILE, required=True, metavar="CARD", help="The card of who comes.")
@click.option(
    "--person",
    default="",
    metavar="WHO",
    help="Who that is, if the card's name does not say it.  [default: for an envelope, who keeps it]",
)
@_AGAIN
@_DESPITE
@_PDF
@paper_option
@foldered
@yes_option
@reading
def replace(
    name: str,
    card_file: Path,
    person: str,
    again: bool,
    despite_errors: bool,
    pdf: bool,
    paper: str,
    folder: Folder,
    yes: bool,
    where: Where,
) -> None:
    """Put whoever has signed CARD in the place of the guardian NAME.

    Everything else stays: paths, votes, and the kits of all others. It takes effect
    when the change of policy is in force. A card of the same name is the same person
    with another key. Who holds several keys counts once: so say with --person whose key
    it is. With --network it is seen whether an earlier change still waits.
    """
    from .. import succession
    from ..files import text_of

    refuse_secret(person, "the name of who holds the key")
    now = int(time.time())
    chain = look(folder, where)
    client = chain.client if chain else where.connect() if where.network else None
    card = read_card(card_file, client, now)
    newest = folder.newest
    person = text_of(person) or folder.holder(card)
    done = _done_before(folder, name, card, person)
    if not done:
        _require_in_force(folder, chain, newest, again)
    before, after = (done, newest) if done else (newest, succession.replaced(newest, name, card, person))
    leaving, coming = before.guardian(name), after.guardian(card.name)
    table(
        [
            ("Leaves", f"{name}, {leaving.signer}"),
            ("Comes", f"{card.name}, {card.signer}"),
            ("", card.contact or "no contact"),
            *([("Held by", _held_by(after, coming))] if coming.person else []),
            ("Paths", ", ".join(p.label for p in after.paths if card.name in dict(p.guardians))),
            ("Margin", _margins(before, after)),
        ]
    )
    click.echo()
    shown = _show_new_findings(before, after, name, card.name)
    if not done:
        _require_sound(after, despite_errors, shown)
    say(f"Ring {card.name}, on a number that you already had, and have the address read to you.")
    click.echo()
    if not done:
        confirm(f"Put {card.name} in the place of {name}?", yes)
    ring = name != card.name and name in folder.note.contacts
    file = folder.add_plan(after)
    stale = set_aside(folder, folder.kit_file(name), date(now)) if name != card.name else []
    folder = _file_card(folder, name, card, date(now))
    made = _new_kits(folder, after, [card.name], pdf, paper, date(now))
    stale += [path for each in made for path in each.stale]
    _said(file, made)
    others = [guardian.name for guardian in after.guardians if guardian.name != card.name]
    _stale_paper(folder, [name], stale, others if ring else [])
    _next(folder)


@click.command(short_help="Give guardians who were revealed new openings, after a recovery")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_AGAIN
@_DESPITE
@_PDF
@paper_option
@foldered
@yes_option
@reading
def renew(
    names: tuple[str, ...],
    again: bool,
    despite_errors: bool,
    pdf: bool,
    paper: str,
    folder: Folder,
    yes: bool,
    where: Where,
) -> None:
    """Hide guardians again who have acted: the chain has shown who they are.

    They stay guardians, with new openings and new kits. Without NAME, those are found
    whose approvals stand in the chain's transactions; that takes --network. Attempts
    that failed leave no event: name who took part in one.
    """
    from .. import succession

    now = int(time.time())
    chain = look(folder, where)
    newest = folder.newest
    _require_in_force(folder, chain, newest, again)
    found = list(dict.fromkeys(names)) or _revealed(folder, newest, chain)
    if not found:
        say("None of the guardians' present openings stands in the chain's transactions: there is nothing to renew.")
        return
    after = succession.renewed(newest, found)
    table([("New opening", f"{name}, {newest.guardian(name).signer}") for name in found])
    click.echo()
    _require_sound(after, despite_errors, ())
    say("They stay guardians. Everybody else keeps their kit.")
    confirm("Write a policy with new openings for them?", yes)
    file = folder.add_plan(after)
    made = _new_kits(folder, after, found, pdf, paper, date(now))
    _said(file, made)
    _stale_paper(folder, found, [path for each in made for path in each.stale], [])
    _next(folder)


def _done_before(folder: Folder, name: str, card: Card, person: str) -> PolicyPlan | None:
    """The policy before the newest, if the newest is already what is asked for: an earlier run was broken off."""
    from ..succession import replaced

    plans = folder.plans()
    if len(plans) < 2 or not any(guardian.name == name for guardian in plans[-2].guardians):
        return None
    try:
        return plans[-2] if replaced(plans[-2], name, card, person) == plans[-1] else None
    except InvalidInput:
        return None


def _require_in_force(folder: Folder, chain: Chain | None, newest: PolicyPlan, again: bool) -> None:
    """Refuses to change a policy that is itself a change which is not in force, unless told to.

    Raises:
        Refused: It is one.
    """
    from ..explain import when

    if folder.note.account is None or again:
        return
    if chain is None:
        if len(folder.policy_files()) > 1:
            warn(f"Whether {folder.policy_files()[-1].name} is in force was not looked at: that takes --network.")
        return
    state, file = chain.state, folder.policy_files()[-1]
    if newest.policy.hash[:24] == state.policy_hash:
        return
    if folder.plan_of(state.policy_hash) is None:
        raise Refused(
            f"The account has a policy on {chain.name} that is in no file of {folder.path / 'policies'}. Put that file "
            "there, or make it again from the policy secret and the cards: recovery kit rebuild"
        )
    pending = state.change_eta and newest.policy.hash[:24] == state.change_policy_hash
    why = (
        f"{file.name} is a change that can be in force from {when(state.change_eta, state.time)}. Another change now "
        "takes its place, and waits anew."
        if pending
        else f"{file.name} is not in force on {chain.name}, and no such change is pending."
    )
    raise Refused(f"{why} Nothing was written. To go on from what {file.name} says, give --again.")


def _require_sound(plan: PolicyPlan, despite_errors: bool, shown: Sequence[Finding]) -> None:
    """Refuses a policy with errors, unless told to go on.

    Args:
        plan: The policy.
        despite_errors: To go on.
        shown: What the owner has read already.

    Raises:
        Refused: It has some.
    """
    from ..lint import Severity, lint
    from .lint import refusal, show_findings

    errors = [finding for finding in lint(plan) if finding.severity is Severity.ERROR]
    if errors and not despite_errors:
        show_findings([each for each in errors if each not in shown])
        click.echo()
        raise refusal(errors, "Nothing was written. If you want it nevertheless, give --despite-errors.")


def _held_by(plan: PolicyPlan, coming: Guardian) -> str:
    """Who is behind a guardian, and which other keys are theirs."""
    from ..explain import listing

    others = [each.name for each in plan.guardians if each.whose == coming.whose and each != coming]
    also = f", who also votes as {listing(others)}: one person, who counts once" if others else ""
    return f"{coming.whose}{also}"


def _margins(before: PolicyPlan, after: PolicyPlan) -> str:
    from ..lint import margin

    old, new = margin(before), margin(after)
    people = f"{max(new, 0)} {'person' if new == 1 else 'people'} can be lost, whoever they are"
    return f"{people}; as before" if old == new else f"{people}; before it was {max(old, 0)}"


def _show_new_findings(before: PolicyPlan, after: PolicyPlan, leaving: str, coming: str) -> list[Finding]:
    """Shows what the change brings with it; what was so before, with another name in it, the owner knows."""
    from ..lint import lint
    from .lint import show_findings

    known = {(finding.code, finding.path, finding.text.replace(leaving, coming)) for finding in lint(before)}
    new = [each for each in lint(after) if (each.code, each.path, each.text) not in known]
    show_findings(new)
    return new


def _file_card(folder: Folder, leaving: str, card: Card, today: str) -> Folder:
    """Files the card of who comes, and has the folder tell guardians of them instead of who left."""
    from .. import files
    from ..card import Card

    place = folder.path / "cards" / f"{files.stem(card.name)}.json"
    if place.exists() and Card.loads(files.read(place), str(place)).signer != card.signer:
        aside = folder.path / "cards" / STALE / f"{place.stem}-{today}.json"
        files.write(aside, files.read(place), secret=True, replace=True)
        place.unlink()
        # Another key under the name of an envelope: whether that is one, too, nobody has said.
        folder = folder.noting(
            replacing(folder.note, holders=tuple(each for each in folder.note.holders if each[0] != card.name))
        )
    folder.add_card(card)
    note = folder.note
    if leaving == card.name:
        return folder
    contacts = tuple(card.name if name == leaving else name for name in note.contacts)
    questions = tuple((name, question) for name, question in note.questions if name != leaving)
    changed = replacing(note, contacts=contacts, questions=questions)
    return folder if changed == note else folder.noting(changed)


def _new_kits(folder: Folder, plan: PolicyPlan, names: list[str], pdf: bool, paper: str, today: str) -> list[Made]:
    from .kit_files import outdated

    if folder.note.account is None:
        return []
    return write_kits(folder, outdated(folder, plan, names), pdf, paper, today)


def _said(file: Path, made: list[Made]) -> None:
    say(f"Written: {file}, the policy as it is to be.", bold=True, colour="green")
    for each in made:
        listed = " and ".join(str(path) for path in each.files)
        say(f"The new kit of {each.name}: {listed}. Give it to {each.name} alone; everybody else keeps theirs.")


def _stale_paper(folder: Folder, names: list[str], stale: list[Path], tell: list[str]) -> None:
    """Says which paper is to be destroyed, and when."""
    if folder.note.account is None:
        return
    click.echo()
    say("Once the change is in force, and not before, this is stale and to be destroyed:")
    rows = [(name, "the old kit, wherever it is: as a file, as a picture, on paper") for name in names]
    rows += [("", str(path)) for path in stale]
    rows.append(("Freeze cards", "all that were signed ahead: they are for the policy of before. Print new ones."))
    table(rows)
    if tell:
        say(f"The kits of the others name {names[0]} among those to be rung. To have that right as well:")
        command_line(f"recovery kit make {joined(tell)} --folder {quote(folder.path)}")


def _next(folder: Folder) -> None:
    click.echo()
    account = folder.note.account
    if account is None:
        say("Next: the account does not exist yet; go on with:")
        command_line(f"recovery setup {quote(folder.path)}")
        return
    say("Next: have the policy changed, on each chain, and applied when its waiting time is over:")
    command_line(
        f"recovery policy change --folder {quote(folder.path)} --signer KEY --account KEY --network URL",
        f"recovery policy apply {account} --account KEY --network URL",
    )
    say("Then ask whoever got a new kit for a receipt:")
    command_line("recovery guardian check KIT --signer KEY")


def _revealed(folder: Folder, newest: PolicyPlan, chain: Chain | None) -> list[str]:
    """Guardians whose present openings stand in the chain's transactions.

    Raises:
        InvalidInput: There is no chain to ask.
        Refused: A transaction in which guardians have acted says nothing that can be read.
    """
    from ..revealed import read, transactions
    from ..rpc import run
    from ..succession import revealed

    if chain is None or folder.note.account is None:
        raise InvalidInput("Who was revealed? Name them, or give --network: then it is looked up on the chain.")
    account, search = folder.note.account, chain.client.history(folder.note.account)
    entries, shown, done = [], -1, search.done
    while not done:
        entries += chain.client.page(search)
        done, percent = search.done, int(search.looked_at * 100)
        if not done and percent != shown:
            shown = percent
            click.echo(f"Searched {percent} % of the blocks ...", err=True)
    seen = run(chain.client.web3, read(account, transactions(entries, account)))
    names = revealed(newest, {member.salt for member in seen.members})
    if seen.unread:
        hashes = ", ".join("0x" + hash_.hex() for hash_ in seen.unread)
        known = f" Found so far: {', '.join(names)}." if names else ""
        raise Refused(
            f"Guardians have acted in transactions that say nothing this program can read: {hashes}.{known} Name all "
            "whose approvals were in them: recovery guardian renew NAME..."
        )
    if len(folder.note.chains) > 1:
        warn(f"Only {chain.name} was looked at; the account is on other chains, too.")
    return names
