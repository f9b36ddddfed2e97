"""`recovery backup destroyed`: shares of sets that were given up are ticked off, one holder after another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidInput, Refused
from .backup_notes import PART, notes_in
from .options import foldered
from .session import refuse_secret, say, warn

if TYPE_CHECKING:
    from ..backup.share import SetNote
    from ..folder import Folder


@click.command(short_help="Note that holders have destroyed their old shares")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--set", "set_id", metavar="ID", help="Which set.  [default: all that were given up]")
@foldered
def destroyed(names: tuple[str, ...], set_id: str | None, folder: Folder) -> None:
    """Note that holders say they have destroyed what they had of a set that was given up.

    NAME is a holder, as `recovery backup list` calls them. Nobody can see whether it
    is true, nor whether there were copies.

    A set in use that was made by mistake is given up if you name it with --set, and
    all of its holders, once every share of it is destroyed.
    """
    noted, now = notes_in(folder.path), int(time.time())
    chosen = [each for each in noted if set_id is None or each[1].about.short == set_id.lower()]
    in_use = [note for _, note in chosen if set_id is not None and note.retired is None]
    for note in in_use:
        _require_whole(note, names, [other for _, other in noted])
    chosen = [(path, note.retire(now) if note in in_use else note) for path, note in chosen]
    known = {files.stem(holder.name): holder.name for _, note in chosen for holder in note.dangerous}
    for name in names:
        refuse_secret(name, "the name of a holder")
        if files.stem(name) not in known:
            raise InvalidInput(
                f"{name[:60]!r} has no share of a set that was given up, or it is noted already. Nothing was noted. "
                "Who has which: recovery backup list"
            )
    found = [known[files.stem(name)] for name in names]
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
    for note in in_use:
        warn(
            f"Set {note.about.short} was in use, and what it is of has not changed: whoever has kept, copied or "
            "photographed enough of its shares has that secret still. If you are not sure of every one, replace the "
            "key: recovery backup heal --rotate"
        )


def _require_whole(note: SetNote, names: Sequence[str], notes: Sequence[SetNote]) -> None:
    """Refuses to give up a set in use in part, or the last one of a key.

    Raises:
        InvalidInput: Not all holders are named.
        Refused: No other set of the key is in use.
    """
    about = note.about
    named, holders = {files.stem(name) for name in names}, dict.fromkeys(holder.name for holder in note.holders)
    if not {files.stem(holder) for holder in holders} <= named:
        raise InvalidInput(
            f"Set {about.short} is in use: its shares are needed. Nothing was noted. If all of it is to go, have every "
            f"share destroyed, and then name all of its holders: {', '.join(holders)}."
        )
    others = (other for other in notes if other.about.id != about.id and other.retired is None)
    if about.address is not None and not any(other.about.address == about.address for other in others):
        raise Refused(
            f"Set {about.short} is the only one in use of the key of {about.address}. Nothing was noted. Put another "
            "one in its place, which gives this one up: recovery backup heal"
        )
