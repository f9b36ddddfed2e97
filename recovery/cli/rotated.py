"""What new owners change in the owner's folder and for the guardians, once the chain has them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files
from .backup_notes import notes_in
from .session import command_line, quote, say, table, warn

if TYPE_CHECKING:
    from ..backup.share import SetNote
    from ..folder import Folder
    from ..quorum import Owners

#: Why a fresh set is given up whose key never came.
NEVER_RULED = "it was made by a run that was broken off, and its key has never owned the account."


def elsewhere(folder: Folder, note: SetNote) -> list[int]:
    """Chains on which the account is protected, and on which nobody has seen yet that a set's key was replaced."""
    return [chain for chain in folder.note.chains if chain not in note.replaced_on]


def followed(note: SetNote, notes: Iterable[SetNote]) -> list[SetNote]:
    """The sets in force of the key that this one's was drawn to follow, as long as that has not been seen to rule.

    Of several sets of one key nobody notes which one was put together: it is the key that is followed. A set may have
    been healed since, with the same key: then its place has a set that knows nothing of what was to follow.
    """
    known = list(notes)
    before = [other for other in known if note.about.address in other.successors]
    if not before or any(other.replaced_on for other in before):
        return []
    same = [other for other in known if other.about.address == before[-1].about.address and other.retired is None]
    return same or before[-1:]


def waits_for(note: SetNote, notes: Iterable[SetNote]) -> SetNote | None:
    """The last one of the sets that this one is to follow, or None if it does not wait."""
    return next(reversed(followed(note, notes)), None)


def abandon(folder: Folder, replaced: Collection[str], ruling: Collection[str], chain: int) -> list[SetNote]:
    """Gives up the sets of broken-off runs whose keys have not taken the place of an old one, and never will.

    Args:
        folder: The owner's folder.
        replaced: Addresses of keys that own the account no more.
        ruling: Addresses of those that own it now.
        chain: The chain on which that was seen.
    """
    notes = notes_in(folder.path)
    same = [note for _, note in notes if note.about.address in replaced]
    if any(set(note.replaced_on) - {chain} for note in same):
        return []  # which key follows was settled before, on another chain
    promised = {account for note in same for account in note.successors} - set(ruling)
    found = []
    for path, note in notes:
        if note.retired is None and note.about.address in promised:
            found.append(note.retire(int(time.time())))
            files.write(path, found[-1].dumps(), secret=True, replace=True)
    return found


def give_up_sets(folder: Folder, replaced: Iterable[str], chain: int) -> tuple[list[SetNote], list[SetNote]]:
    """Notes in the sets of keys that own the account no more that it is so, and gives up those that are worth nothing.

    A set is given up once its key was replaced on every chain on which the folder has the account.

    Args:
        folder: The owner's folder.
        replaced: Addresses of the keys.
        chain: The chain on which that was seen.

    Returns:
        The sets that are given up, also before, and not all destroyed; and those whose keys still rule elsewhere.
    """
    gone, given_up, kept = set(replaced), [], []
    for path, note in notes_in(folder.path):
        if note.about.address not in gone:
            continue
        note = note.replaced(chain)
        if elsewhere(folder, note):
            kept.append(note)
        else:
            note = note if note.retired is not None else note.retire(int(time.time()))
            given_up.append(note)
        files.write(path, note.dumps(), secret=True, replace=True)
    return [note for note in given_up if note.dangerous], kept


def not_yet(notes: Sequence[SetNote]) -> None:
    """Says what has to be moved before shares of keys that own the wallet no more are destroyed."""
    from ..backup.forms import Kind
    from ..explain import listing

    if not notes:
        return
    where = listing(list(dict.fromkeys(str(note.about.address) for note in notes)))
    more = any(note.about.kind is Kind.SEED for note in notes)
    warn(
        f"Destroy no share yet if its key opens anything else: coins and tokens at its own address ({where}), other "
        f"wallets{', every other account of the same words' if more else ''}. Move all that first: it is lost with "
        "the shares."
    )


def to_destroy(notes: Sequence[SetNote], folder: Folder, why: str) -> None:
    """Lists the shares of sets that were given up, and how it is noted that one is destroyed."""
    for note in notes:
        say(f"Set {note.about.short} is given up: {why}", bold=True)
        if not note.dangerous:
            continue
        say("To be destroyed, on paper, on steel and as files, also in copies; ask each to tell you when it is:")
        table(
            [
                (holder.name, f"share {holder.group}.{holder.member} of set {note.about.short}")
                for holder in note.dangerous
            ]
        )
    if any(note.dangerous for note in notes):
        say("Note who has told you so; what is left stands in recovery backup list:")
        command_line(f"recovery backup destroyed NAME --folder {quote(folder.path)}")


def still_ruling(notes: Sequence[SetNote], folder: Folder) -> None:
    """Says on which chains old keys still own the account, so that nobody destroys the old shares too early."""
    from ..chains import chain_names

    for note in notes:
        warn(
            f"On {chain_names(elsewhere(folder, note))} the account has not been seen with its new owners. There set "
            f"{note.about.short} still opens it: keep it, and beware of it, until that is done as well."
        )


def tell_elsewhere(folder: Folder, chain: int) -> None:
    """Says that keys were replaced on one chain, and on which others that is still to be done."""
    from ..chains import chain_names

    if others := [each for each in folder.note.chains if each != chain]:
        warn(
            f"Owners are replaced on one chain at a time. On {chain_names(others)} the old keys still own the account, "
            "unless you have replaced them there: do the same with that --network."
        )


def tell_guardians(folder: Folder, before: Owners, new: Owners) -> None:
    """Says what the guardians have to do now, which mostly is nothing: nothing that they hold names an owner.

    Args:
        folder: The owner's folder.
        before: The owners before.
        new: The owners now.
    """
    if not folder.policy_files():
        return
    plan, gone = folder.newest, set(before.signers) - set(new.signers)
    named = [guardian.name for guardian in plan.guardians if guardian.signer in gone]
    for name in named:
        warn(
            f"An old key is also a guardian of yours, {name!r}: that does not change with the owners. Put another in "
            "its place:"
        )
        command_line(f"recovery guardian replace {quote(name)} --by CARD --folder {quote(folder.path)}")
    for name in (guardian.name for guardian in plan.guardians if guardian.signer in new.signers):
        warn(
            f"A new key is also a guardian of yours, {name!r}: whoever steals it has an owner and a guardian at once. "
            "Put another guardian in its place, or rotate to a key of its own."
        )
    if not named:
        say(
            "No guardian has to do anything: kits, cards and sheets name the account and its policy, not its owners. "
            "They stay good."
        )
    if {signer for _, signer in plan.owners} & gone:
        say(
            "Your policy file goes on naming the first owners, as the account's address follows from them. Where the "
            "account does not exist yet, on other chains, they would rule: do not have it made there without replacing "
            "them at once."
        )


def note_schedule(folder: Folder, old: Owners, new: Owners) -> None:
    """Notes on the owner's schedule, if there is one, that keys were replaced."""
    from .keys_schedule import note_rotation

    note_rotation(folder, old.signers, new.signers, int(time.time()))


def written(place: Path, contents: dict[str, str]) -> Path:
    """Writes messages into a new folder, and returns it: beside what is there, if there is something."""
    number, target = 1, place
    while target.exists() or target.is_symlink():
        number += 1
        target = place.with_name(f"{place.name}-{number}")
    for name, text in contents.items():
        files.write(target / name, text, secret=True)
    return target
