"""The guardians' kits in an owner's folder: which are to be made, as files and on paper, and where old ones go."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidInput

if TYPE_CHECKING:
    from ..folder import Folder
    from ..kit import Kit
    from ..plan import PolicyPlan

#: Where kits go that were handed out and are not good any more, within the folder.
STALE = "stale"

paper_option = click.option(
    "--paper", type=click.Choice(("a4", "letter")), default="a4", show_default=True, help="Size of the paper."
)


@dataclass(frozen=True)
class Made:
    """A kit that was written.

    Attributes:
        name: Whose it is.
        files: What was written.
        stale: What was moved away for it.
    """

    name: str
    files: tuple[Path, ...]
    stale: tuple[Path, ...]


def outdated(folder: Folder, plan: PolicyPlan, names: Collection[str] = ()) -> dict[str, Kit]:
    """Kits that have to be written, by guardian.

    Replacing one guardian leaves the kits of the others good, though they tell of an older policy: nobody else is to
    be troubled with a new one.

    Args:
        folder: The owner's folder.
        plan: The policy that kits are for.
        names: Guardians whose kits are to be up to date in every word; everybody if empty, as far as they have none
            or a useless one.

    Raises:
        InvalidInput: There is no such guardian, or the account does not exist yet.
    """
    from ..kit import Kit
    from ..succession import still_good

    for name in names:
        plan.guardian(name)
    found = {}
    for guardian in plan.guardians:
        if names and guardian.name not in names:
            continue
        path = folder.kit_file(guardian.name)
        wanted = folder.kit(plan, guardian.name)
        there = Kit.loads(files.read(path), str(path)) if path.exists() else None
        if there is None or (there != wanted if names else not still_good(there, wanted)):
            found[guardian.name] = wanted
    return found


def write_kits(folder: Folder, kits: dict[str, Kit], pdf: bool, paper: str, today: str) -> list[Made]:
    """Writes kits, after what they replace was moved away.

    Args:
        folder: The owner's folder.
        kits: By guardian.
        pdf: Whether also on paper.
        paper: a4 or letter.
        today: The date, for the names of what is moved away.
    """
    # Drawn first: if that fails, nothing has been touched yet.
    sheets = {name: draw(kit, paper) for name, kit in kits.items()} if pdf else {}
    made = []
    for name, kit in kits.items():
        path = folder.kit_file(name)
        stale = set_aside(folder, path, today)
        written = [files.write(path, kit.dumps(), secret=True)]
        if name in sheets:
            written.append(files.write_bytes(path.with_suffix(".pdf"), sheets[name], secret=True))
        made.append(Made(name, tuple(written), tuple(stale)))
    return made


def write_missing_sheets(folder: Folder, names: Iterable[str], paper: str) -> list[Made]:
    """Puts kits on paper whose sheet is not there or is older than the file; each tells of what its file tells of."""
    from ..kit import Kit

    made = []
    for name in names:
        path = folder.kit_file(name)
        sheet = path.with_suffix(".pdf")
        if path.exists() and (not sheet.exists() or sheet.stat().st_mtime_ns < path.stat().st_mtime_ns):
            text = files.read(path)
            data = draw(Kit.loads(text, str(path)), paper, text)
            made.append(Made(name, (files.write_bytes(sheet, data, secret=True, replace=True),), ()))
    return made


def draw(kit: Kit, paper: str, text: str | None = None) -> bytes:
    """A kit on paper, as a PDF.

    Args:
        kit: The kit.
        paper: a4 or letter.
        text: Its file, if there is one.
    """
    from ..sheets import kit_pdf

    return kit_pdf(kit, paper=paper, text=text)


def set_aside(folder: Folder, path: Path, today: str) -> list[Path]:
    """Moves a kit that was replaced, as file and on paper, to where stale ones are.

    Args:
        folder: The owner's folder.
        path: The kit's file.
        today: The date, which becomes part of the name.

    Returns:
        Where they are now.

    Raises:
        InvalidInput: They cannot be moved.
    """
    moved = []
    for old in (path, path.with_suffix(".pdf")):
        if not old.exists():
            continue
        place = folder.path / "kits" / STALE
        number, target = 1, place / f"{old.stem}-{today}{old.suffix}"
        while target.exists():
            number += 1
            target = place / f"{old.stem}-{today}-{number}{old.suffix}"
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.rename(old, target)
        except OSError as error:
            raise InvalidInput(f"{old} cannot be moved to {target}: {error.strerror}.") from error
        moved.append(target)
    return moved


def date(time: int) -> str:
    """A day in UTC, as a part of a file's name.

    Args:
        time: Seconds since 1970.
    """
    from datetime import datetime, timezone

    return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%d")
