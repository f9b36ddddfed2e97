"""`recovery backup check`, `answer` and `receive`: whether holders still have readable shares, without seeing any."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidInput, RecoveryError, Refused
from .backup_notes import PART, answer_file, answer_of, asked, challenge_file, chosen, notes_in
from .backup_sealing import IDENTITY, identities
from .options import FILE, foldered, unlocking
from .session import command_line, quote, require_free, say, warn

if TYPE_CHECKING:
    from ..backup.proving import Answer, Challenge
    from ..backup.share import SetNote
    from ..backup.shares import Words
    from ..folder import Folder
    from .keys import Keyring


@click.command(short_help="Ask holders to show that they still have their share")
@click.option("--set", "set_id", metavar="ID", help="Which set.  [default: the only one in use]")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to write it.  [default: challenge-SET.json]")
@foldered
def check(set_id: str | None, output: Path | None, folder: Folder) -> None:
    """Make a challenge for the holders of a set. It is not secret: send it as you like.

    Their answers show that each had a readable share when you asked, and say nothing
    of it. A challenge is good until you make the next one.
    """
    from ..backup.proving import Challenge

    _, note = chosen(folder.path, set_id)
    output = output or Path(f"challenge-{note.about.short}.json")
    require_free(output)
    made = Challenge.new(note.about.id, int(time.time()))
    files.write(output, made.dumps())
    files.write(challenge_file(folder.path, note), made.dumps(), secret=True, replace=True)
    say(f"Written to {output}.", bold=True, colour="green")
    say("Next: send it to every holder, who answers it with their share:")
    command_line(f"recovery backup answer {quote(output.name)} SHARE")
    say("File what comes back:")
    command_line(f"recovery backup receive ANSWER... --folder {quote(folder.path)}")


@click.command(short_help="Show that you still have your share")
@click.argument("challenge", type=FILE)
@click.argument("source", type=FILE, metavar="[SHARE]", required=False)
@click.option("--typed", is_flag=True, help="Type the words from paper instead.")
@IDENTITY
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to write it.  [default: answer-SET-SHARE.json]")
@unlocking
def answer(
    challenge: Path,
    source: Path | None,
    typed: bool,
    identity_files: tuple[Path, ...],
    output: Path | None,
    keys: Keyring,
) -> None:
    """Answer the owner's challenge. The answer is not secret, and says nothing of your share.

    Nobody needs the share itself for this: whoever asks you to send it is not checking
    it.
    """
    from ..backup.proving import Answer, Challenge

    if (source is None) != typed:
        raise InvalidInput("Which share? Name its file, or type its words with --typed.")
    if output is not None:
        require_free(output)
    question = Challenge.loads(files.read(challenge), files.source_name(challenge))
    words = _words(question, source, identity_files, keys)
    output = output or Path(f"answer-{question.set.hex()[:8]}-{words.group}-{words.member}.json")
    require_free(output)
    files.write(output, Answer.of(question, words).dumps())
    say(f"Written to {output}.", bold=True, colour="green")
    say("Next: send it to the owner. Your share stays where it is.")


def _words(question: Challenge, source: Path | None, identity_files: tuple[Path, ...], ring: Keyring) -> Words:
    """The words of the share that is asked for.

    Raises:
        RecoveryError: It is of another set, or no share.
    """
    from ..backup.share import SetNote, Share
    from ..backup.shares import Words
    from .backup_taking import from_file
    from .keys import read_secret

    if source is None:
        return Words.parse(
            read_secret(
                ring.password_fd,
                "line with the words of the share",
                "Type the words of your share; they are not shown. Four letters of each will do.",
                "Words",
            )
        )
    found = from_file(source, identities(identity_files) if identity_files else [])
    if isinstance(found, SetNote):
        raise InvalidInput(f"{files.source_name(source)} is the owner's note of a set, which holds no share.")
    if isinstance(found, Share):
        if found.about.id != question.set:
            raise Refused(
                f"The challenge is for set {question.set.hex()[:8]}, and this share is of set {found.about.short}. If "
                "the set was replaced, ask the owner whether your share should be destroyed."
            )
        return found.words
    return found


@click.command(short_help="File what holders have answered")
@click.argument("sources", type=FILE, nargs=-1, required=True, metavar="ANSWER...")
@foldered
def receive(sources: tuple[Path, ...], folder: Folder) -> None:
    """Check answers against your last challenge, and file them in your folder."""
    refused = 0
    for source in sources:
        try:
            _file(folder.path, source)
        except RecoveryError as error:
            if len(sources) == 1:
                raise
            refused += 1
            warn(f"{files.source_name(source)} was not filed: {error.message}")
    say("All of them, and who has not answered:")
    command_line(f"recovery backup list --folder {quote(folder.path)}")
    if refused:
        raise Refused(f"{refused} of {len(sources)} answers were not filed; the others were.")


def _file(folder: Path, source: Path) -> None:
    """Files one answer.

    Raises:
        RecoveryError: It answers something else, or its holder has not shown that share.
    """
    from ..backup.proving import Answer

    name = files.source_name(source)
    answer = Answer.loads(files.read(source), name)
    note = _note(folder, answer, name)
    question = asked(folder, note)
    if question != answer.challenge:
        raise Refused(
            f"{name} does not answer your last challenge, so that it may be an old one. Send the holder the newest, or "
            "make one: recovery backup check"
        )
    holder = next((each for each in note.holders if (each.group, each.member) == (answer.group, answer.member)), None)
    if holder is None or not answer.is_of(holder.proof):
        raise Refused(
            f"{name} is not signed by a share {answer.group}.{answer.member} of set {note.about.short}: whoever "
            "answered has another one, or a damaged one. Ask them to look at it."
        )
    files.write(answer_file(folder, note, answer.group, answer.member), answer.dumps(), secret=True, replace=True)
    say(f"{holder.name} has share {holder.group}.{holder.member} of set {note.about.short}. That is filed.", bold=True)


def _note(folder: Path, answer: Answer, name: str) -> SetNote:
    for _, note in notes_in(folder):
        if note.about.id == answer.challenge.set:
            return note
    raise Refused(f"{name} is of set {answer.challenge.set.hex()[:8]}, of which {folder / PART} knows nothing.")


def standing(folder: Path, note: SetNote, now: int) -> dict[tuple[int, int], tuple[int | None, bool]]:
    """For each share when it was asked for and shown last, or None, and whether it should be asked for again.

    That is a year later, or what the owner's schedule says.

    Raises:
        InvalidFile: A file of the folder that says it is damaged.
    """
    from ..keys.schedule import is_due
    from .due import schedule_in

    every = schedule_in(folder).shares_every
    found: dict[tuple[int, int], tuple[int | None, bool]] = {}
    for holder in note.holders:
        answer = answer_of(folder, note, holder.group, holder.member)
        shown = answer.challenge.time if answer else None
        found[holder.group, holder.member] = shown, is_due(note.about.made if shown is None else shown, every, now)
    return found
