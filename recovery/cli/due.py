"""What is due in an owner's folder: read from its files, and in words, for whoever shows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files
from ..errors import InvalidFile
from .session import quote

if TYPE_CHECKING:
    from ..backup.share import SetNote
    from ..calendar_file import CalendarEvent
    from ..folder import Folder
    from ..keys.schedule import Due, Schedule, SharesShown

#: So many things that are due are said one by one; of more it is said how many there are.
_FEW = 3
#: What commands begin with that ask no chain.
LOCAL = ("recovery backup ", "recovery keys schedule ")
#: A calendar reminds of a date so long before it, in seconds.
_ALARM = 86_400


# -------------------------------------------------------------------------------------------------- files


def schedule_in(folder: Path) -> Schedule:
    """The schedule of the owner's folder at that place; an empty one if nothing was ever put on it.

    Raises:
        InvalidFile: It is damaged.
    """
    from ..keys.schedule import FILE, Schedule

    path = folder / FILE
    if not path.exists():
        return Schedule()
    try:
        return Schedule.loads(files.read(path), str(path))
    except InvalidFile as error:
        found = error.message.removesuffix(" Ask for it again.")
        raise InvalidFile(
            f"{found} Take it from a copy of your folder, or move it away and make another: recovery keys schedule"
        ) from error


def keep(folder: Path, schedule: Schedule) -> Path:
    """Writes the schedule of an owner's folder, in the place of the one before."""
    from ..keys.schedule import FILE

    return files.write(folder / FILE, schedule.dumps(), secret=True, replace=True)


def agenda_of(folder: Path, now: int) -> tuple[Due, ...]:
    """What is due when, soonest first: by the schedule, and by what the holders of shares have answered.

    Raises:
        InvalidFile: A file that says it is damaged.
    """
    from ..keys.schedule import agenda
    from .backup_notes import notes_in
    from .rotated import waits_for

    notes = [note for _, note in notes_in(folder)]
    sets = [_shown(folder, note) for note in notes if note.retired is None and waits_for(note, notes) is None]
    return agenda(schedule_in(folder), sets, now)


def _shown(folder: Path, note: SetNote) -> SharesShown:
    from ..keys.schedule import SharesShown
    from .backup_notes import answer_of

    shown = []
    for holder in note.holders:
        answer = answer_of(folder, note, holder.group, holder.member)
        shown.append((holder.name, answer.challenge.time if answer else None))
    return SharesShown(note.about.id, note.about.short, note.about.made, tuple(shown))


# -------------------------------------------------------------------------------------------------- words


def how(due: Due, folder: Folder) -> list[str]:
    """The command that does it, and for what leaves no trace the one that notes that it was done."""
    from ..keys.schedule import What

    place = f"--folder {quote(folder.path)}"
    if due.what is What.KEY:
        account = f"{folder.note.account} {place}" if folder.note.account else "ADDR"
        return [f"recovery keys rotate {account} --new-owner ADDR --new-signer KEY --signer KEY --account KEY"]
    if due.what is What.SHARES:
        return [f"recovery backup check --set {due.name} {place}"]
    if due.what is What.DRILL:  # the conversation ends with a rehearsal
        return [f"recovery setup {quote(folder.path)}", f"recovery keys schedule --drill --done {place}"]
    return [f"recovery keys schedule --reminder {quote(due.name)} --done {place}"]


def sentence(due: Due) -> str:
    """What is due, and since when; of shares also whose."""
    from ..keys.schedule import What, day

    if due.what is not What.SHARES:
        return f"{due.title}: due since {day(due.at)}."
    return f"{waiting(due)} Ask them:"


def waiting(due: Due) -> str:
    """Which holders of a set have not shown their shares."""
    from ..explain import listing
    from ..keys.schedule import age

    said = []
    if due.never:
        said.append(f"{listing(due.never)} {'has' if len(due.never) == 1 else 'have'} never shown their shares")
    if due.old:
        verb = f"{'has' if len(due.old) == 1 else 'have'} not shown theirs for {age(due.every)}"
        said.append(f"{listing(due.old)} {verb}")
    return f"Set {due.name}: {', and '.join(said)}."


def todo(dates: Sequence[Due], folder: Folder) -> list[tuple[str, list[str], bool]]:
    """What the owner should do now, as `status` says it: few things one by one, many in a line."""
    from ..keys.schedule import State, What

    now = [due for due in dates if due.state is not State.LATER]
    if len(now) > _FEW:
        command = f"recovery keys schedule --folder {quote(folder.path)}"
        return [(f"{len(now)} things on your schedule are due:", [command], False)]
    found = []
    for due in now:
        text = sentence(due)
        if due.what is What.DRILL:
            text += " The first command ends with a rehearsal, the second notes that it was done:"
        elif due.what is What.REMINDER:
            text += " Once it is done:"
        found.append((text, how(due, folder), False))
    return found


def coming(dates: Sequence[Due]) -> list[str]:
    """What is next on the schedule, in a line, if nothing is due yet."""
    from ..keys.schedule import State, day

    if not dates or dates[0].state is not State.LATER:
        return []
    return [f"Next on your schedule, on {day(dates[0].at)}: {dates[0].title}."]


def events(dates: Sequence[Due], folder: Folder) -> list[CalendarEvent]:
    """The dates that are still to come, for a calendar."""
    from ..calendar_file import CalendarEvent, schedule_uid
    from ..keys.schedule import State

    account = folder.note.account
    whose = f", account {account[:6]}…{account[-4:]}" if account else ""
    return [
        CalendarEvent(
            schedule_uid(due.id), due.at, f"{due.title}{whose}", "What to do: recovery keys schedule", alarm=_ALARM
        )
        for due in dates
        if due.state is State.LATER
    ]
