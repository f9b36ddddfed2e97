"""`recovery qr`: a file as QR codes or as text, for where files cannot go."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ..errors import InvalidFile, InvalidInput
from .options import FILE, yes_option
from .session import command_line, confirm, require_free, say, warn

#: Files that anybody may see; a picture of any other one is for its owner alone.
PUBLIC = (
    *("recovery-request", "recovery-card", "recovery-unsigned", "recovery-signed"),
    *("recovery-state-proof", "recovery-history", "recovery-share-challenge", "recovery-share-answer"),
)
SECRET = {
    "recovery-policy": "with the secret that all kits are made of. Whoever sees the {} learns who the guardians are",
    "recovery-share": "which is secret. Whoever sees the {} has it",
}
#: Files that never leave the computer they were made on.
LOCAL = ("recovery-intent", "recovery-bundle")


@click.command(short_help="Show a file as QR codes or as text")
@click.argument("file", type=FILE)
@click.option("--png", type=click.Path(path_type=Path), metavar="NAME", help="Write PNG files of that name instead.")
@click.option("--text", "as_text", is_flag=True, help="Print text instead, to be put into a message.")
@yes_option
def qr(file: Path, png: Path | None, as_text: bool, yes: bool) -> None:
    """Show a kit, a request or an approval as QR codes or as text.

    A file that is too large for one code becomes several, which are numbered.
    `recovery scan` reads them.
    """
    from .. import files, frames, images

    if png is not None and as_text:
        raise InvalidInput("Give --png or --text, not both.")
    text = files.read(file)
    kind = checked_kind(text, files.source_name(file))
    name = "file" if str(file) == "-" else file.stem
    capacity = None if as_text else images.TERMINAL_CAPACITY if png is None else images.PNG_CAPACITY
    made = frames.encode(text, capacity)
    targets = _targets(png, name, len(made)) if png is not None else []
    for target in targets:
        require_free(target)
    if kind in SECRET:
        secret = SECRET[kind].format("text" if as_text else "picture")
        whose = "" if kind == "recovery-policy" else " but whose it is"
        warn(
            f"{files.source_name(file)} is {files.NAMES[kind]}, {secret}. It is as secret as the file: never show or "
            f"send it to anybody{whose}."
        )
        confirm("Go on?", yes)
    if as_text:
        click.echo(frames.fold(made[0]))
    elif targets:
        _write(made, targets, name, private=kind not in PUBLIC)
    else:
        _show(made, name)


def checked_kind(text: str, source: str) -> str:
    """What a file is, after its checksum has been checked.

    Raises:
        InvalidFile: None that people pass to each other, or altered.
    """
    from .. import files

    names = [name for kind, name in files.NAMES.items() if kind not in LOCAL]
    kind = files.kind_of(text)
    if kind not in files.NAMES:
        raise InvalidFile(f"{source} is no file of ape-recovery. It should be {_either(names)}.")
    if kind in LOCAL:
        raise InvalidFile(
            f"{source} is {files.NAMES[kind]}, which is of use on this computer only. Pass on {_either(names)}."
        )
    files.loads(text, kind, source)
    return kind


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _targets(png: Path, name: str, count: int) -> list[Path]:
    if png.is_dir():
        png /= name
    stem = png.name[:-4] if png.name.lower().endswith(".png") else png.name
    if count == 1:
        return [png.with_name(f"{stem}.png")]
    return [png.with_name(f"{stem}-{number}of{count}.png") for number in range(1, count + 1)]


def _write(made: list[str], targets: list[Path], name: str, private: bool) -> None:
    from .. import files, images

    for number, (frame, target) in enumerate(zip(made, targets, strict=True), 1):
        caption = f"{name}.json" + (f" {number}/{len(made)}" if len(made) > 1 else "")
        files.write_bytes(target, images.draw_png(frame, caption), secret=private)
    names = [str(target) for target in targets]
    written = " and ".join(names) if len(names) < 3 else f"{names[0]} to {targets[-1].name}"
    say(f"Written to {written}.", bold=True)
    if private:
        say("That is private: show it only to whom it is for.")
    say(f"Next: whoever gets {'it' if len(targets) == 1 else 'all of them'} makes the file again with:")
    command_line(f"recovery scan {'PICTURE' if len(targets) == 1 else 'PICTURE...'} -o FILE")


def _show(made: list[str], name: str) -> None:
    from .. import images

    pictures = [images.draw_terminal(frame) for frame in made]
    waiting = sys.stdin.isatty() and sys.stdout.isatty()
    if waiting:
        _check_window(pictures[0])
    for number, picture in enumerate(pictures, 1):
        # The colours belong to the picture, so they stay when the output goes through a pipe.
        click.echo(picture, color=True)
        caption = f"{name}.json" + ("" if len(made) == 1 else f": {number} of {len(made)}")
        if number == len(made) or not waiting:
            click.echo(caption)
        else:
            click.prompt(f"{caption}, press Enter for the next", default="", show_default=False, prompt_suffix=" ")
    say("Next: whoever takes a photo of it makes the file again with:")
    command_line("recovery scan PHOTO... -o FILE")


def _check_window(picture: str) -> None:
    """Warns of a window in which the code cannot be seen whole."""
    lines = click.unstyle(picture).split("\n")
    columns, rows = shutil.get_terminal_size()
    if len(lines[0]) > columns or len(lines) >= rows:
        warn(
            f"The code needs {len(lines[0])} columns and {len(lines) + 1} lines; this window has {columns} and {rows}. "
            "Make it larger or its letters smaller, or write a picture with --png."
        )
