"""`recovery backup sheet`: shares and seed phrases on paper, and templates for steel."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidInput
from .backup_sealing import IDENTITY, identities
from .backup_sheet_scan import scan
from .backup_taking import from_file
from .keys_seed import LISTED, listed, places_of, typed_words
from .kit_files import paper_option
from .options import FILE, unlocking, yes_option
from .session import command_line, confirm, quote, refuse_secret, require_free, say, table, warn

if TYPE_CHECKING:
    from ..backup.share import Share
    from .keys import Keyring

#: Of a template: a seed phrase of twelve words to a share of 32 bytes.
_FEWEST, _MOST = 12, 33


@click.group(short_help="Put shares and seed phrases on paper, and read them back")
def sheet() -> None:
    """Put shares and seed phrases on paper, and read them back from it.

    A sheet has the words, QR codes, a grid of letters to copy to steel, and what to do
    in fire, water, theft, and for heirs. It is made into a picture and read back before
    you are told that it is done.
    """


@click.command(short_help="Put shares on paper")
@click.argument("sources", type=FILE, nargs=-1, required=True, metavar="SHARE...")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PDF|DIR", help="Where to write it, or them.")
@IDENTITY
@paper_option
def make(sources: tuple[Path, ...], output: Path | None, identity_files: tuple[Path, ...], paper: str) -> None:
    """Put shares on paper, each as a PDF of its own, beside its file.

    SHARE is a share's file, a picture or text that holds one, or a sealed share (with
    --identity). Only the first page is secret; the others may lie elsewhere.
    """
    from ..sheets import share_pdf

    opened = identities(identity_files) if identity_files else []
    shares = [_share(source, opened) for source in sources]
    targets = _targets(sources, shares, output)
    drawn = [share_pdf(share, paper=paper) for share in shares]
    for target, pdf in zip(targets, drawn, strict=True):
        files.write_bytes(target, pdf, secret=True)
    table([(share.holder, str(target)) for share, target in zip(shares, targets, strict=True)])
    click.echo()
    say("Written, and read back: codes, words and letters are right.", bold=True, colour="green")
    how_to_print(targets, scanned=True)


@click.command(short_help="Put a seed phrase on paper")
@click.option("-o", "--output", type=FILE, default=Path("seed.pdf"), show_default=True, metavar="PDF")
@click.option("--label", default="", metavar="TEXT", help="What you call it. It stands on the sheet.")
@click.option(
    "--accounts",
    type=click.IntRange(1, LISTED),
    default=1,
    show_default=True,
    metavar="N",
    help="How many accounts to print.",
)
@click.option("--path", "path", metavar="PATH", help="Where they are (BIP-32).  [default: m/44'/60'/0'/0/i]")
@click.option("--passphrase", is_flag=True, help="A passphrase belongs to the words. Print that, and no account.")
@paper_option
@unlocking
@yes_option
def seed(
    output: Path, label: str, accounts: int, path: str | None, passphrase: bool, paper: str, keys: Keyring, yes: bool
) -> None:
    """Put a seed phrase on paper, which you are asked for.

    With a passphrase no account is printed: whoever finds the sheet could try
    passphrases until one fits it.
    """
    from ..keys.seed import Seed
    from ..sheets import seed_pdf

    refuse_secret(label, "nothing secret: the words are asked for")
    places = places_of(path, accounts)
    require_free(output)
    words = typed_words(keys.password_fd)
    paths: list[tuple[int, ...]] = []
    if passphrase:
        warn("Nobody can tell from the words alone whether they are yours. Compare an account before you rely on them.")
    else:
        with Seed.of(words) as derived:
            paths = listed(derived, places, accounts)
        confirm("Are these the accounts that you expect?", yes)
    pdf = seed_pdf(words, label=label, passphrase=passphrase, paths=paths, made=int(time.time()), paper=paper)
    files.write_bytes(output, pdf, secret=True)
    say(f"Written to {output}, and read back: code, words and letters are right.", bold=True, colour="green")
    how_to_print([output])
    say("See that the paper gives your keys, too, by typing its words:")
    command_line("recovery keys restore -o TRIAL" + (" --passphrase" if passphrase else ""))


@click.command(short_help="Make a template to write on, or to punch into steel")
@click.option(
    "--words",
    "count",
    type=click.IntRange(_FEWEST, _MOST),
    default=20,
    show_default=True,
    metavar="N",
    help="How many words there will be.",
)
@click.option("-o", "--output", type=FILE, metavar="PDF", help="Where to write it.  [default: blank-N.pdf]")
@paper_option
def blank(count: int, output: Path | None, paper: str) -> None:
    """Make a template with nothing on it, to write on by hand, or to lay beside a plate of steel.

    A share has 20 words (of 16 bytes) or 33 (of 32 bytes), a seed phrase 12 to 24.
    """
    from ..sheets import blank_pdf

    output = output or Path(f"blank-{count}.pdf")
    require_free(output)
    files.write_bytes(output, blank_pdf(words=count, paper=paper))
    say(f"Written to {output}. Nothing on it is secret, until you write on it.", bold=True, colour="green")


for _command in (make, seed, blank, scan):
    sheet.add_command(_command)


# ------------------------------------------------------------------------------------------------ details


def how_to_print(targets: Sequence[Path], scanned: bool = False, beside: Sequence[Path] = ()) -> None:
    """What is to be done with sheets that have a secret on them.

    Args:
        targets: The sheets.
        scanned: Whether the paper may be tried with a picture of it. Of a whole secret there should never be one.
        beside: Other files with the same secrets, which are to be deleted as well.
    """
    sheets = "sheet" if len(targets) == 1 else "sheets"
    them = "file" if len(targets) + len(beside) == 1 else "files"
    say(
        f"Next: print the {sheets}, on a printer at a cable, without a network and without a memory that keeps pages: "
        f"not in an office or a shop. See that the paper can be read{':' if scanned else '.'}"
    )
    if scanned:
        command_line("recovery backup sheet scan PICTURE")
        them += ", the picture and what was read from it"
    say(f"Then delete the {them}, also from the trash and the printer's queue:")
    command_line(f"rm {' '.join(quote(target) for target in (*targets, *beside))}")


def _share(source: Path, opened: list[str]) -> Share:
    """The share in a file.

    Raises:
        RecoveryError: There is none, it does not open, or it is words alone.
    """
    from ..backup.share import Share

    found = from_file(source, opened)
    if isinstance(found, Share):
        return found
    name = files.source_name(source)
    raise InvalidInput(
        f"{name} does not say what the words are of: a sheet needs the share's file. For words alone take a template, "
        "and write on it by hand: recovery backup sheet blank"
        if not hasattr(found, "holders")
        else f"{name} is the owner's note of a set, which holds no share. Give the share's file."
    )


def _targets(sources: Sequence[Path], shares: Sequence[Share], output: Path | None) -> list[Path]:
    """Where the sheets go; nothing is there yet.

    Raises:
        InvalidInput: Something is, or two shares are the same.
    """
    if output is not None and (len(shares) > 1 or output.is_dir()):
        if output.exists() and not output.is_dir():
            raise InvalidInput(f"{output} is a file, and there are {len(shares)} sheets. Name a folder with -o.")
        targets = [output / f"{share.name}.pdf" for share in shares]
    elif output is not None:
        targets = [output]
    else:
        folders = [Path() if str(source) == "-" else source.parent for source in sources]
        targets = [folder / f"{share.name}.pdf" for folder, share in zip(folders, shares, strict=True)]
    for number, target in enumerate(targets):
        if target in targets[:number]:
            raise InvalidInput(f"Two of the files are the same share: {shares[number].name}. Name each share once.")
        require_free(target)
    return targets
