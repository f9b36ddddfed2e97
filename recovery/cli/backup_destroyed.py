"""`recovery backup destroyed`: shares of sets that were given up are ticked off, one holder after another."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidInput
from .backup_notes import PART, notes_in
from .options import foldered
from .session import refuse_secret, say

if TYPE_CHECKING:
    from ..folder import Folder


@click.command(short_help="Note that holders have destroyed their old shares")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--set", "set_id", metavar="ID", help="Which set.  [default: all that were given up]")
@foldered
def destroyed(names: tuple[str, ...], set_id: str | None, folder: Folder) -> None:
    """Note that holders say they have destroyed what they had of a set that was given up.

    NAME is a holder, as `recovery backup list` calls them. Nobody can see whether it
    is true, nor whether there were copies.
    """
    noted = notes_in(folder.path)
    chosen = [each for each in noted if set_id is None or each[1].about.short == set_id.lower()]
    known = {files.stem(holder.name): holder.name for _, note in chosen for holder in note.dangerous}
    for name in names:
        refuse_secret(name, "the name of a holder")
        if files.stem(name) not in known:
            raise InvalidInput(
                f"{name[:60]!r} has no share of a set that was given up, or it is noted already. Nothing was noted. "
                "Who has which: recovery backup list"
            )
    found = [known[files.stem(name)] for name in names]
    now = int(time.time())
    for path, note in chosen:
        after = note.destroying(found, now) if note.dangerous else note
        if after != note:
            files.write(path, after.dumps(), secret=True, replace=True)
            left = ", ".join(f"{each.name} ({each.group}.{each.member})" for each in after.dangerous)
            say(
                f"Noted. Of set {note.about.short} are left: {left}."
                if left
                else f"Noted. Of set {note.about.short} nothing is left, as far as {folder.path / PART} knows."
            )
