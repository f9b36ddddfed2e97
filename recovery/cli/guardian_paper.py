"""`recovery guardian paper`: a guardian that is a sheet of paper in a sealed envelope."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidInput, Refused
from .kit_files import paper_option
from .options import FILE, FOLDER, profile, unlocking
from .session import command_line, quote, refuse_secret, require_free, say, table

if TYPE_CHECKING:
    from ..card import Card
    from ..folder import Folder
    from .keys import Keyring

#: Where an owner's folder keeps sheets until they are printed.
PART = "paper"


@click.command(short_help="Make a guardian that is a sheet of paper in an envelope")
@click.argument("name")
@FOLDER
@click.option("-o", "--output", type=FILE, metavar="PDF", help="Where to write it.  [default: in the folder]")
@click.option("--contact", default="", metavar="TEXT", help="How whoever keeps the envelope is reached.")
@click.option("--holder", default="", metavar="WHO", help="Who keeps the envelope, for its letter.")
@click.option("--opens", default="", metavar="WHEN", help="When it may be opened, for its letter.")
@paper_option
@click.option("--check", "checking", is_flag=True, help="Type the words from the sheet, to see that it is right.")
@unlocking
def paper(
    name: str,
    folder_path: Path | None,
    output: Path | None,
    contact: str,
    holder: str,
    opens: str,
    paper: str,
    checking: bool,
    keys: Keyring,
) -> None:
    """Make a key that is nowhere but on a sheet of paper, and its card.

    No network is needed: do it on a computer without one, if you can. Whoever holds
    the envelope is the guardian. They sign with --signer paper, and type the words.
    """
    from ..card import Card
    from ..files import text_of
    from ..paper import key_of, new_words
    from ..sheets import paper_guardian_pdf
    from ..signer import Signer

    for text in (name, contact, holder, opens):
        refuse_secret(text, "nothing secret: the words are made here, and stand on the sheet alone")
    folder = _folder(folder_path, output)
    sheet = output or _in_folder(folder, name)
    card_file = None if folder else sheet.with_name(f"card-{files.stem(name)}.json")
    if checking:
        _check(_card_of(folder, card_file, name), keys, folder)
        return
    require_free(sheet)
    if card_file:
        require_free(card_file)
    words = new_words()
    key = key_of(words)
    card = Card(text_of(name), Signer.parse(key.address), text_of(contact), "", int(time.time()))
    card = card.signed(bytes(key.sign_message(card.message.signable).signature))
    if folder:
        _require_new(folder, card)
    note = folder.note if folder else None
    drawn = paper_guardian_pdf(
        name,
        note.owner if note else "",
        words,
        key.address,
        account=note.account or "" if note else "",
        chains=note.chains if note else (),
        holder=holder,
        opens=opens,
        paper=paper,
    )
    if folder and output is None:
        sheet.parent.mkdir(mode=0o700, exist_ok=True)
    files.write_bytes(sheet, drawn, secret=True)
    if folder:
        filed = folder.add_card(card)
        folder.holding(card.name, holder)
    else:
        filed = files.write(card_file or sheet, card.dumps(), secret=True)
    _said(card, sheet, filed, folder_path, output, holder)


def _folder(path: Path | None, output: Path | None) -> Folder | None:
    """The owner's folder, if one was named.

    Raises:
        InvalidInput: Neither folder nor file was.
    """
    from ..folder import Folder

    path = path or (None if output else profile().folder)
    if path is None and output is None:
        raise InvalidInput("Where to? Give --folder with the owner's folder, or -o with the name of a PDF.")
    return Folder.open(path) if path else None


def _in_folder(folder: Folder | None, name: str) -> Path:
    assert folder is not None  # noqa: S101 - without a folder a file was named
    return folder.path / PART / f"{files.stem(name)}.pdf"


def _require_new(folder: Folder, card: Card) -> None:
    """Refuses a name that is taken, before a key is on any sheet.

    Raises:
        InvalidInput: It is.
    """
    if any(files.stem(other.name) == files.stem(card.name) for other in folder.cards()):
        raise InvalidInput(f"There is a card of {card.name} already. Give this guardian another name.")


def _card_of(folder: Folder | None, file: Path | None, name: str) -> Card:
    """The card that was made with the sheet.

    Raises:
        InvalidInput: There is none.
    """
    from ..card import Card

    if file is not None:
        return Card.loads(files.read(file), str(file))
    found = [card for card in folder.cards() if card.name == name] if folder else []
    if not found:
        raise InvalidInput(f"There is no card of {name} to compare with. Name the guardian as when the sheet was made.")
    return found[0]


def _check(card: Card, ring: Keyring, folder: Folder | None) -> None:
    """Compares what is typed with the card; where there is a kit to confirm, that is done with it, too."""
    from .keys import PaperKey

    key = ring.open(PaperKey(), f"should be that of {card.name}")
    address = key.address
    if address != str(card.signer):
        raise Refused(
            f"These are twelve good words, but of another key: {address}. That of {card.name} is {card.signer}. Look "
            "whether it is the right sheet."
        )
    say(f"The sheet is right: its words are the key of {card.name}, {card.signer}.", bold=True, colour="green")
    if folder is not None and _has_kit(folder, card.name):
        from ..card import Receipt, Statement

        receipt = Receipt.of(Statement.HOLDS, folder.kit(folder.newest, card.name), int(time.time()))
        folder.add_receipt(receipt.signed(bytes(key.sign_message(receipt.message.signable).signature)))
        say("Its receipt is filed, too: put the kit into the envelope.")
    say("Now delete the PDF, also from the trash and the printer's queue. Seal the envelope when its kit is in it.")


def _has_kit(folder: Folder, name: str) -> bool:
    """Whether the account exists, and this guardian stands in its policy."""
    if not folder.note.chains or not folder.policy_files():
        return False
    return any(guardian.name == name for guardian in folder.newest.guardians)


def _said(card: Card, sheet: Path, filed: Path, folder: Path | None, output: Path | None, holder: str) -> None:
    where = f" --folder {quote(folder)}" if folder else ""
    where += f" -o {quote(output)}" if output else ""
    table([("Guardian", card.name), ("Key", str(card.signer)), ("Sheet", str(sheet)), ("Card", str(filed))])
    click.echo()
    say("Written. The words of the key are in the PDF and nowhere else.", bold=True, colour="green")
    say("Next: print it, on a printer that is yours, and see that the sheet can be read, by typing its words:")
    command_line(f"recovery guardian paper {quote(card.name)}{where} --check")
    say("Then delete the file: whoever finds it is this guardian.")
    command_line(f"rm {quote(sheet)}")
    if folder is not None and holder:
        return  # `recovery setup` and `guardian replace` take it from there
    say(
        "Whoever holds the envelope is the guardian. In your policy.yaml, say who that is, so that somebody who holds "
        "two keys is not counted twice:"
    )
    who = f"person: {holder}" if holder else "person: WHO HOLDS IT"
    command_line(f'{card.name}: {{signer: "{card.signer}", {who}}}')
