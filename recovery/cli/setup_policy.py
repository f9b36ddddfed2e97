"""The first half of `recovery setup`: who the owner is, their keys, the guardians, and the policy."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files, templates
from ..errors import InvalidInput, Refused
from .policy_draft import Draft, Place
from .session import command_line, say, table
from .talk import ask, choose, heading, yes

if TYPE_CHECKING:
    from ..card import Card
    from ..folder import Folder
    from ..plan import PolicyPlan
    from .options import Paying

_WAYS = {"new": "make a new key here", "have": "a key that I have on this computer", "address": "only an address"}
PASSWORD_LENGTH = 8
_MADE_OF = re.compile(r"# Made of the template (\w+) by `recovery setup`")


def begin(place: Path, template: str | None, adopt: str | None) -> Folder:
    """The owner's folder, with the draft of a policy in it.

    Args:
        place: Where.
        template: What to begin with, or None to ask.
        adopt: The account that it is for, if there is one already.

    Raises:
        InvalidInput: The folder is another account's.
    """
    from ..folder import AccountNote, Folder
    from .setup import TEMPLATES

    if (place / "account.json").exists():
        folder = Folder.open(place)
        say(f"Going on with {place}, for {folder.note.owner}.", bold=True)
        if adopt is not None and adopt != folder.note.account:
            raise InvalidInput(f"{place} is begun for {folder.note.account or 'a new account'}. Take another folder.")
    else:
        say(
            "This makes an account that people you trust can get back for you when your keys are lost or stolen. It "
            "takes some twenty minutes, and you need those people: each has to send you a small file. You can stop at "
            "any question (Ctrl-C) and go on later."
        )
        heading("You")
        name = ask("What do your friends call you?", _name)
        folder = Folder.create(place, AccountNote(name, adopt))
        say(f"Everything goes into {place}, which nobody but you can read on this computer.")
    if not _draft_file(folder).exists() and not folder.policy_files():
        chosen = template
        if chosen is None:
            heading("What it is for")
            chosen = choose("Which one?", TEMPLATES)
        text = f"# Made of the template {chosen} by `recovery setup`. Where a comment gives other numbers than the\n"
        text += "# policy below it, the policy counts.\n#\n" + templates.text(chosen)
        files.write(_draft_file(folder), Draft.of(text, folder.note.owner).text, secret=True)
    return folder


def name_owners(folder: Folder) -> None:
    """Makes or connects each key that is to own the account."""
    if folder.policy_files():
        return
    draft = _draft(folder)
    places = draft.places("owners")
    if places:
        heading("Your keys")
        many = "These keys own the account together. " if len(places) > 1 else ""
        say(
            f"{many}Each is made here, protected by a password, or is one that you have: a keystore file, the alias of "
            "an Ape account (hardware wallets too), or only an address."
        )
    for place in places:
        click.echo()
        way = choose(f"The key {place.name!r}?", _WAYS)
        if way == "new":
            address = _new_key(folder, place)
        elif way == "have":
            address = ask("Keystore file or alias", _unused(draft, _key_address), instead="the name of a file")
        else:
            address = ask("Its address (0x...)", _unused(draft, _address), instead="an address")
        draft = draft.filled(place.name, place.name, address)
        _write(folder, draft)


def name_guardians(folder: Folder, pay: Paying, paper: str) -> None:
    """Takes guardians' cards, one after the other."""
    from ..explain import listing

    if folder.policy_files():
        return
    draft = _draft(folder)
    places = draft.places("guardians")
    if places:
        heading("Your guardians")
        say(
            "Guardians can only act together, and only replace your keys, freeze or veto: they can never spend. Each "
            "sends you a card: a small file, or a picture of its QR code. They make it with their own key:"
        )
        command_line("recovery guardian card NAME --signer KEY")
        say(
            'For each, give the file. Type "paper" for an envelope with a key on a sheet of paper, "none" to do '
            "without, or stop here (Ctrl-C) until you have the cards."
        )
    named = bool(_in_draft(folder, draft))
    for place in places:
        click.echo()
        found = _guardian(folder, _shown(place), pay, paper, alone=not named and place is places[-1])
        if found is None:
            draft = draft.dropped(place.name)
        else:
            card, person = found
            draft = draft.filled(place.name, card.name, str(card.signer), person)
            named = True
        _write(folder, draft)
    names = _in_draft(folder, draft)
    while names and (
        beside := ask(f"\nOne more? Beside whom ({listing(names, 'or')}; Enter for nobody)", _one_of(names), "")
    ):
        found = _guardian(folder, "One more", pay, paper)
        if found is not None:
            draft = draft.joined(beside, found[0].name, str(found[0].signer), found[1])
            names.append(found[0].name)
            _write(folder, draft)


def decide(folder: Folder) -> PolicyPlan:
    """Makes the policy file, once the owner agrees with what the draft says."""
    from ..lint import Severity, lint, sentence
    from .lint import refusal, show_findings
    from .plan_file import read_plan
    from .words import plan_lines

    if folder.policy_files():
        return folder.newest
    file = _draft_file(folder)
    plan = read_plan(files.read(file), str(file))
    heading("Your policy")
    table([*plan_lines(plan)])
    click.echo()
    say(sentence(plan), bold=True)
    click.echo()
    findings = lint(plan)
    show_findings(findings)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise refusal(errors, f"Change {file}, and go on.")
    click.echo()
    if not yes("Is this what you want?"):
        raise Refused(f"Change {file} in an editor as you like, and go on: it is read again.")
    written = folder.add_plan(plan)
    say(f"Written to {written}. It holds the secret that hides your guardians.")
    return plan


def _in_draft(folder: Folder, draft: Draft) -> list[str]:
    """Names of the guardians that are in the draft with their keys."""
    return [card.name for card in folder.cards() if str(card.signer).lower() in draft.text.lower()]


def _guardian(folder: Folder, shown: str, pay: Paying, paper: str, alone: bool = False) -> tuple[Card, str] | None:
    """One guardian: their card, which is filed, and who that is if the card does not say it; None for nobody.

    Args:
        folder: The owner's.
        shown: What is asked.
        pay: Says how the chain is reached, if a card has to be checked there.
        paper: Size of the paper.
        alone: Whether there would be no guardian at all without this one.
    """
    from .guardian_filing import file_card
    from .guardian_paper import paper as paper_command
    from .guardian_state import read_card

    def check(answer: str) -> tuple[str, Card | None]:
        if answer.lower() == "none" and alone:
            raise InvalidInput("Without any guardian nobody could get you back. Give a card, or paper; or stop here.")
        if answer.lower() in ("none", "paper"):
            return answer.lower(), None
        client = pay.connect() if pay.network else None
        card = read_card(Path(answer).expanduser(), client, int(time.time()))
        _require_own_name(folder, card.name)
        if str(card.signer).lower() in _draft(folder).text.lower():
            raise InvalidInput(f"The key of {card.name} stands in your policy already. Each place needs its own.")
        return answer, card

    answer, card = ask(shown, check, instead="the name of a file")
    if answer == "none":
        return None
    if card is not None:
        file_card(folder, card, answer)
        _remember(folder, card)
        return card, ""
    earlier = [each for each in folder.cards() if each.name not in _in_draft(folder, _draft(folder))]
    for each in earlier:
        if (folder.path / "paper" / f"{files.stem(each.name)}.pdf").exists() and yes(
            f"There is a sheet of {each.name!r} from before. Go on with that one?", default=True
        ):
            return each, ask("Who keeps it?", _name)

    def free(text: str) -> str:
        _require_own_name(folder, _name(text))
        return text

    name = ask("What do you call the envelope?", free, "the envelope")
    holder = ask("Who keeps it?", _name)
    before = {each.signer for each in folder.cards()}
    context = click.get_current_context()
    context.invoke(paper_command, name=name, folder_path=folder.path, holder=holder, paper=paper)
    return next(each for each in folder.cards() if each.signer not in before), holder


def _require_own_name(folder: Folder, name: str) -> None:
    """Refuses a name that somebody else, or a key of the owner's, has in the draft.

    Raises:
        InvalidInput: One has.
    """
    if name in _draft(folder).names:
        raise InvalidInput(f"There is a {name!r} in your policy already. Ask for a card with a name of its own.")


def _remember(folder: Folder, card: Card) -> None:
    """What the guardian, and the others, are told besides."""
    from dataclasses import replace

    note = type(folder).open(folder.path).note
    question = ask(f"A question that only you and {card.name} can answer (Enter for none)", files.text_of, "")
    if question:
        kept = tuple(each for each in note.questions if each[0] != card.name)
        note = replace(note, questions=(*kept, (card.name, question)))
    if card.contact and yes(f"May the other guardians know how to reach {card.name} ({card.contact})?", default=True):
        note = replace(note, contacts=tuple(dict.fromkeys((*note.contacts, card.name))))
    folder.noting(note)


def _shown(place: Place) -> str:
    name = f"{place.name[:1].upper()}{place.name[1:]}"
    return f"{name} ({place.role})" if place.role else name


def _one_of(names: list[str]) -> Callable[[str], str]:
    from ..explain import listing

    def check(answer: str) -> str:
        if answer and answer not in names:
            raise InvalidInput(f"There is no {answer!r} yet. There are {listing(names)}.")
        return answer

    return check


def _new_key(folder: Folder, place: Place) -> str:
    """Makes a key, and writes it as a keystore (version 3), which Ape and others read."""
    import json

    from eth_account import Account

    from ..keystore import encrypt

    file = folder.path / "keys" / f"{files.stem(place.name)}.json"
    if file.exists():
        address = _key_address(str(file))
        if address.lower() not in _draft(folder).text.lower() and yes(
            f"There is a key from before in {file}: {address}. Go on with that one?", default=True
        ):
            return address
        raise InvalidInput(f"{file} is there already. Move it away if you do not want it, and go on.")
    file.parent.mkdir(mode=0o700, exist_ok=True)
    password = ""
    while len(password) < PASSWORD_LENGTH:
        if password:
            say(f"Whoever finds the file tries short passwords first: take {PASSWORD_LENGTH} characters or more.")
        password = click.prompt("A password for it", hide_input=True, confirmation_prompt=True, err=True)
    key = Account.create()
    files.write(file, json.dumps(encrypt(key.key, password)) + "\n", secret=True)
    say(f"{key.address}, in {file}. Copy it to where you use it, and remember the password: nobody can tell you it.")
    return str(key.address)


def _unused(draft: Draft, address_of: Callable[[str], str]) -> Callable[[str], str]:
    """Refuses the same key in two places: a thief would need one only."""

    def check(text: str) -> str:
        address = address_of(text)
        if address.lower() in draft.text.lower():
            raise InvalidInput(f"{address} stands in your policy already. Each place needs a key of its own.")
        return address

    return check


def _key_address(text: str) -> str:
    from . import keys

    key = keys.find(text)
    if key.address is None:
        raise InvalidInput(f"{text} does not say its address. Give the address instead.")
    return key.address


def _address(text: str) -> str:
    from ..signer import address_of

    address = address_of(text)
    if address != text and not yes(f"{address}: is that, letter by letter, what your wallet shows?"):
        raise InvalidInput("Then copy it again from the wallet: with capital letters in it, a slip would be noticed.")
    return address


def _name(text: str) -> str:
    if not text or len(text) > 60 or not text.isprintable():
        raise InvalidInput("A name is one line of 1 to 60 characters.")
    return text


def _draft_file(folder: Folder) -> Path:
    return folder.path / "policy.yaml"


def _draft(folder: Folder) -> Draft:
    file = _draft_file(folder)
    text = files.read(file)
    made_of = _MADE_OF.match(text)
    if not made_of:
        raise InvalidInput(f"{file} is not of this command's making. Make a policy of it: recovery policy new {file}")
    return Draft.read(text, templates.text(made_of[1]))


def _write(folder: Folder, draft: Draft) -> None:
    files.write(_draft_file(folder), draft.text, secret=True, replace=True)
