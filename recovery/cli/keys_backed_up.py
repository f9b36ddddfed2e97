"""Whether new keys would survive this computer: seen in the owner's folder where it shows, or else asked."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .session import say

if TYPE_CHECKING:
    from ..backup.share import SetNote
    from ..folder import Folder
    from .keys import Key
    from .options import Paying

_HINT = (
    "Make one first, and try it: recovery keys restore --expect ADDR, or recovery backup split and check. Nothing was "
    "sent. If there is one, give --backed-up."
)


def require_backup(addresses: Sequence[str], new_keys: Sequence[Key], folder: Folder | None, pay: Paying) -> None:
    """Sees to it that new keys have a backup; what cannot be seen is asked, and -y is no answer to that.

    Args:
        addresses: Of the new keys.
        new_keys: Those that are here: the very file that is used is no backup of itself.
        folder: The owner's folder, if there is one.
        pay: The options.

    Raises:
        RecoveryError: There is none, or nobody says so.
    """
    missing = [
        address
        for address in addresses
        if folder is None or not (_in_shares(folder, address) or _in_keystore(folder, address, new_keys, pay))
    ]
    if addresses and not missing:
        return
    if not sys.stdin.isatty():
        raise Refused(f"Nobody says that the new keys have a backup. {_HINT}")
    if not click.confirm("Is there a backup of the new keys, and have you restored them from it once?", err=True):
        raise Refused(f"The new keys have no backup. {_HINT}")


def _in_shares(folder: Folder, address: str) -> bool:
    """Whether a set in use is of that key, and so many holders have shown their shares that they bring it back."""
    from .backup_check import standing
    from .backup_notes import notes_in

    for _, note in notes_in(folder.path):
        if note.about.address != address or note.retired is not None:
            continue
        shown = {
            place for place, (last, due) in standing(folder.path, note, int(time.time())).items() if last and not due
        }
        if _enough(note, shown):
            say(
                f"{address} has a backup: enough holders of set {note.about.short} have shown their shares.",
                colour="green",
            )
            return True
        say(
            f"{address} has shares, of set {note.about.short}, but not enough of them were shown to be readable: "
            f"{len(shown)} of {len(note.holders)}. Ask the holders: recovery backup check --set {note.about.short}"
        )
    return False


def _enough(note: SetNote, shown: set[tuple[int, int]]) -> bool:
    groups = sum(
        sum(group == number for group, _ in shown) >= least for number, (least, _) in enumerate(note.about.groups, 1)
    )
    return groups >= note.about.group_threshold


def _in_keystore(folder: Folder, address: str, new_keys: Sequence[Key], pay: Paying) -> bool:
    """Whether a keystore in the folder holds that key, which is tried by opening it."""
    from .keys import Keystore, find, same

    for path in sorted((folder.path / "keys").glob("*.json")):
        try:
            found = find(str(path))
        except InvalidInput:
            continue  # something else, or damaged
        if not isinstance(found, Keystore) or found.address != address or any(same(found, key) for key in new_keys):
            continue
        pay.keys.open(found, "is tried, as a backup of the new key")
        say(f"{address} has a backup: {path} opens, and holds it.", colour="green")
        return True
    return False
