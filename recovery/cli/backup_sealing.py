"""`recovery backup seal` and `open`: one share, for its holder alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidFile, InvalidInput
from .options import FILE
from .session import require_free, say, table

if TYPE_CHECKING:
    from ..backup.share import Share

#: More than any sealed share, and less than what would fill memory.
_MAX_BYTES = 4 * 1024 * 1024

IDENTITY = click.option(
    "--identity",
    "identity_files",
    type=FILE,
    multiple=True,
    metavar="KEYFILE",
    help="Your age identity, a file that age-keygen has made; repeat for more.",
)


@click.command(short_help="Seal a share to its holder's age key")
@click.argument("file", type=FILE, metavar="SHARE")
@click.option("--to", "recipients", multiple=True, metavar="AGE", help="An age recipient (age1...); repeat for more.")
@click.option("--card", "cards", type=FILE, multiple=True, metavar="FILE", help="Or a card that names one.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to write it.  [default: SHARE with .age]")
def seal(file: Path, recipients: tuple[str, ...], cards: tuple[Path, ...], output: Path | None) -> None:
    """Encrypt a share file, so that only its holder reads it: here, or with `age -d`.

    SHARE stays as it is. Delete it when the holder has tried theirs.
    """
    from ..backup import sealed
    from ..backup.share import Share

    text = files.read(file)
    share = Share.loads(text, files.source_name(file))
    keys = [*recipients, *(_on_card(card) for card in cards)]
    if not keys:
        raise InvalidInput("For whom? Give --to with an age recipient, or --card with the holder's card.")
    output = output or Path(f"{share.name}.json.age" if str(file) == "-" else f"{file}.age")
    require_free(output)
    files.write_bytes(output, sealed.seal(text, keys), secret=True)
    say(f"Sealed in {output}.", bold=True, colour="green")
    say(f"Next: give it to {share.holder}, have them open it, and then delete {files.source_name(file)}.")


def _on_card(path: Path) -> str:
    from ..card import Card

    card = Card.loads(files.read(path), files.source_name(path))
    if not card.age_key:
        raise InvalidInput(
            f"The card of {card.name} names no age key. Ask for a new one: recovery guardian card --age-key RECIPIENT"
        )
    return card.age_key


@click.command("open", short_help="Open a sealed share that is yours")
@click.argument("file", type=FILE, metavar="SEALED")
@IDENTITY
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Also write the share, unsealed, to this file.")
def open_sealed(file: Path, identity_files: tuple[Path, ...], output: Path | None) -> None:
    """See that a sealed share opens and is sound. Its words are not shown.

    `age -d -i KEYFILE SEALED` does the same without this program.
    """
    from ..backup import sealed
    from ..backup.share import Share

    if output is not None:
        require_free(output)
    data = read_bytes(file)
    if not identity_files:
        raise InvalidInput("Which identity opens it? Give --identity with the file that age-keygen has made.")
    text = sealed.unseal(data, identities(identity_files), files.source_name(file))
    share = Share.loads(text, files.source_name(file))
    describe(share)
    click.echo()
    say("It opens, and it is sound.", bold=True, colour="green")
    if output is not None:
        files.write(output, text, secret=True)
        say(f"Unsealed in {output}: whoever reads that file has the share. Delete it when you are done.")


def describe(share: Share) -> None:
    """Says what a share is, and none of its words."""
    from ..explain import when

    about = share.about
    table(
        [
            ("Share", f"{share.words.group}.{share.words.member} of set {about.short}, for {share.holder}"),
            ("Of", about.kind.words + (f" ({about.label})" if about.label else "")),
            *([("Account", about.address)] if about.address else []),
            ("Needed", about.rule + (", and a passphrase" if about.passphrase else "")),
            ("Made", when(about.made)),
        ]
    )
    if share.guardian:
        say(
            "You are a guardian of the same owner as well. Keep this share apart from your kit, so that not both are "
            "lost or stolen at once."
        )


def identities(paths: tuple[Path, ...]) -> list[str]:
    """The identities in these files.

    Raises:
        InvalidInput: One holds none.
    """
    from ..backup.sealed import identities_of

    found: list[str] = []
    for path in paths:
        try:
            text = read_bytes(path).decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidInput(f"{files.source_name(path)} holds no identity of age: it is no text.") from None
        found += identities_of(text, files.source_name(path))
    return found


def read_bytes(path: Path) -> bytes:
    """A file as it is.

    Raises:
        InvalidFile: It cannot be read, or is far too large.
    """
    source = files.source_name(path)
    try:
        if str(path) == "-":
            data = click.get_binary_stream("stdin").read(_MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InvalidFile(f"{source} cannot be read: {error.strerror or error}.") from error
    if len(data) > _MAX_BYTES:
        raise InvalidFile(f"{source} is far too large to be a share.")
    return data
