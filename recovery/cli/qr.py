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
PUBLIC = ("recovery-request",)
SECRET = ("recovery-policy",)


@click.command(short_help="Show a file as QR codes or as text")
@click.argument("file", type=FILE)
@click.option("--png", type=click.Path(path_type=Path), metavar="NAME", help="Write PNG files of that name instead.")
@click.option("--text", "as_text", is_flag=True, help="Print text instead, to be put into a message.")
@yes_option
def qr(file: Path, png: Path | None, as_text: bool, yes: bool) -> None:
    """Show a kit, a request or an approval as QR codes or as text.

    A file that is too large for one code becomes several, which are numbered.
    `recovery scan` makes the file again of what arrives.
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
        warn(
            f"{files.source_name(file)} is {files.NAMES[kind]}, with the secret that all kits are made of. Whoever "
            f"sees the {'text' if as_text else 'picture'} learns who the guardians are. It is as secret as the file: "
            "never show or send it to anybody."
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
        InvalidFile: None of ours, or altered.
    """
    from .. import files

    kind = files.kind_of(text)
    if kind not in files.NAMES:
        raise InvalidFile(f"{source} is no file of ape-recovery. It should be {_either(list(files.NAMES.values()))}.")
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
    written = " and ".join(str(target) for target in (targets if len(targets) < 3 else [targets[0], targets[-1]]))
    if len(targets) > 2:
        written = f"{targets[0]} to {targets[-1].name}"
    say(f"Written to {written}.", bold=True)
    say(f"Next: whoever gets {'it' if len(targets) == 1 else 'all of them'} makes the file again with:")
    command_line(f"recovery scan {'PICTURE' if len(targets) == 1 else 'PICTURE...'} -o FILE")


def _show(made: list[str], name: str) -> None:
    from .. import images

    waiting = sys.stdin.isatty() and sys.stdout.isatty()
    for number, frame in enumerate(made, 1):
        picture = images.draw_terminal(frame)
        needed = picture.count("\n") + 3
        if number == 1 and waiting and needed > (lines := shutil.get_terminal_size().lines):
            warn(
                f"The code needs {needed} lines and this window has {lines}. Make the window higher or its letters "
                "smaller, or write a picture with --png."
            )
        # The colours belong to the picture, so they stay when the output goes through a pipe.
        click.echo(picture, color=True)
        last = number == len(made)
        caption = f"{name}.json" + ("" if len(made) == 1 else f": {number} of {len(made)}")
        if last or not waiting:
            click.echo(caption)
        else:
            click.prompt(f"{caption}, press Enter for the next", default="", show_default=False, prompt_suffix=" ")
    say("Next: whoever takes a photo of it makes the file again with: recovery scan PHOTO... -o FILE")
