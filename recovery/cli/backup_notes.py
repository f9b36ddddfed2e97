"""The owner's notes of sets of shares, in `shares` of the owner's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import files
from ..errors import InvalidFile, InvalidInput

if TYPE_CHECKING:
    from ..backup.proving import Answer, Challenge
    from ..backup.share import SetNote

#: Where an owner's folder keeps them.
PART = "shares"


def notes_in(folder: Path, damaged: list[InvalidFile] | None = None) -> list[tuple[Path, SetNote]]:
    """All notes with their files, oldest first.

    Args:
        folder: The owner's folder.
        damaged: Where the errors go of those that cannot be read; without it they are raised.

    Raises:
        InvalidFile: One is damaged.
    """
    from ..backup.share import SetNote

    found = []
    for path in sorted((folder / PART).glob("set-*.json")):
        try:
            found.append((path, SetNote.loads(files.read(path), str(path))))
        except InvalidFile as error:
            told = error.message.removesuffix(" Ask for it again.")
            error = InvalidFile(f"{told} Take it from a copy of your folder, or move it away: no share depends on it.")
            if damaged is None:
                raise error from None
            damaged.append(error)
    return sorted(found, key=lambda each: (each[1].about.made, each[0]))


def file_of(folder: Path, note: SetNote) -> Path:
    """Where a note is, or is to be."""
    return folder / PART / note.name


def chosen(folder: Path, id_: str | None) -> tuple[Path, SetNote]:
    """The set of that id, or the only one that is in use: neither given up nor waiting for its key to rule.

    Raises:
        InvalidInput: There is none, or there are several.
    """
    from .rotated import waits_for

    notes = notes_in(folder)
    if id_ is None:
        known = [note for _, note in notes]
        notes = [each for each in notes if each[1].retired is None and waits_for(each[1], known) is None]
    else:
        notes = [each for each in notes if each[1].about.short == id_.lower()]
    if len(notes) == 1:
        return notes[0]
    if not notes:
        raise InvalidInput(
            f"There is no set {id_[:20]!r} in {folder / PART}. All of them: recovery backup list"
            if id_
            else f"There are no shares in {folder / PART} that are in use. Make some: recovery backup split"
        )
    names = ", ".join(note.about.short for _, note in notes)
    raise InvalidInput(f"There are several sets: {names}. Say which one with --set.")


def challenge_file(folder: Path, note: SetNote) -> Path:
    """Where the challenge is that was asked last of a set's holders."""
    return folder / PART / f"challenge-{note.about.short}.json"


def asked(folder: Path, note: SetNote) -> Challenge | None:
    """The challenge that was asked last, or None.

    Raises:
        InvalidFile: It is damaged.
    """
    from ..backup.proving import Challenge

    path = challenge_file(folder, note)
    return Challenge.loads(files.read(path), str(path)) if path.exists() else None


def answer_file(folder: Path, note: SetNote, group: int, member: int) -> Path:
    """Where the last answer of a holder is, or is to be."""
    return folder / PART / f"answer-{note.about.short}-{group}-{member}.json"


def answer_of(folder: Path, note: SetNote, group: int, member: int) -> Answer | None:
    """The last answer of a holder that is good, or None.

    Raises:
        InvalidFile: It is damaged.
    """
    from ..backup.proving import Answer

    path = answer_file(folder, note, group, member)
    if not path.exists():
        return None
    answer = Answer.loads(files.read(path), str(path))
    proofs = {(holder.group, holder.member): holder.proof for holder in note.holders}
    same = (answer.challenge.set, answer.group, answer.member) == (note.about.id, group, member)
    return answer if same and answer.is_of(proofs[group, member]) else None
