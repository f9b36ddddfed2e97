"""`recovery scan`: from photos, screenshots and messages back to a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidFile, InvalidInput
from .options import FILE
from .qr import checked_kind
from .session import command_line, quote, require_free, say, warn

if TYPE_CHECKING:
    from ..frames import Collection


@click.command(short_help="Read a file from pictures or text")
@click.argument("sources", type=FILE, nargs=-1, required=True, metavar="PICTURE_OR_TEXT...")
@click.option("-o", "--output", type=FILE, help="Where to write the file.  [default: named after what it is]")
def scan(sources: tuple[Path, ...], output: Path | None) -> None:
    """Read a file from pictures or text.

    Give photos, scans or screenshots of QR codes (PNG, JPEG, WebP, GIF, BMP, TIFF),
    text files with what a message said, or - for standard input; in any order.
    """
    from .. import files, frames

    if output is not None:
        require_free(output)
    collection = frames.Collection()
    for source in sources:
        _collect(collection, source, alone=len(sources) == 1)
    if not collection.complete:
        raise InvalidInput(f"{_found(collection)}{collection.shortage} Nothing was written.")
    text = collection.text()
    kind = checked_kind(text, "What the frames hold")
    if output is None:
        output = Path(_usual_name(kind, collection.file))
        require_free(output)
    files.write(output, text, secret=True)
    count = collection.total
    say(
        f"{files.NAMES[kind][0].upper()}{files.NAMES[kind][1:]}, from "
        + ("one frame" if count == 1 else f"frames 1-{count}")
        + f", written to {output}.",
        bold=True,
        colour="green",
    )
    _next_step(kind, output)


def _collect(collection: Collection, source: Path, alone: bool) -> None:
    """Takes the frames of one picture or text. One of several that is of no use is only warned of: the others may do.

    Raises:
        InvalidInput: It needs no scanning, holds frames that do not belong here, or is the only one and of no use.
    """
    from .. import files

    name = files.source_name(source)
    if str(source) == "-" and sys.stdin.isatty():
        click.echo("Paste the text, then press Enter and Ctrl-D.", err=True)
    texts: str | list[str] = []
    try:
        texts = files.read_texts(source)
    except InvalidFile as error:
        if alone:
            raise
        warn(error.message)
        return
    if isinstance(texts, str):
        if files.kind_of(texts) in files.NAMES:
            raise InvalidInput(f"{name} is {files.NAMES[files.kind_of(texts)]} already: use it as it is.")
        texts = [texts]
    try:
        count = sum([collection.add(text) for text in texts])
    except InvalidFile as error:
        raise InvalidFile(f"{name}: {error.message} Nothing was written.") from error
    if not count and not alone:
        warn(f"{name} holds no frame of ape-recovery that can be used.")


def _found(collection: Collection) -> str:
    from ..frames import ranges

    if not collection.total:
        return ""
    here = set(range(1, collection.total + 1)) - set(collection.missing)
    return f"Only frame{'' if len(here) == 1 else 's'} {ranges(here)} of {collection.total} came in. "


def _usual_name(kind: str, file: str) -> str:
    noun = kind.removeprefix("recovery-")
    # A request gets several approvals, and they should not stand in each other's way.
    return f"approval-{file[:6].lower()}.json" if noun == "approval" else f"{noun}.json"


def _next_step(kind: str, output: Path) -> None:
    path = quote(output)
    if kind == "recovery-request":
        say("Next: look at it and, if it is right and you have spoken with the owner, approve it with:")
        command_line(f"recovery approve {path} --kit KIT --signer KEY --network URL")
    elif kind == "recovery-approval":
        say("Next: keep it beside the request. With enough approvals anybody can use them; for a recovery, with:")
        command_line(f"recovery start REQUEST {path} ... --account KEY --network URL")
    elif kind == "recovery-unsigned":
        say("Next, where the key is:")
        command_line(f"recovery keys sign {path} --signer KEY")
    elif kind == "recovery-signed":
        say("Next, where there is a network:")
        command_line(f"recovery keys send {path} --network URL")
    elif kind in ("recovery-card", "recovery-receipt"):
        say("Next: have it checked and filed in your folder:")
        command_line(f"recovery guardian receive {path} --folder DIR")
    elif kind == "recovery-kit":
        say("Next: see what it says, show its owner that you have it and that your key works, and keep it for years:")
        command_line(f"recovery policy show {path}", f"recovery guardian check {path} --signer KEY --network URL")
    elif kind == "recovery-policy":
        warn("It holds the secret that all kits are made of. Keep it to yourself, and delete the pictures.")
        say("Next: see what it says with:")
        command_line(f"recovery policy show {path}")
