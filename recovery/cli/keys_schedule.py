"""`recovery keys schedule`: what is to be done again, how often, and when it is due."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import files
from ..errors import InvalidInput, RecoveryError, Refused
from .due import LOCAL, agenda_of, events, how, keep, schedule_in, waiting
from .options import DURATION, FILE, foldered, json_option
from .session import command_line, quote, refuse_secret, require_free, say, warn

if TYPE_CHECKING:
    from ..folder import Folder
    from ..keys.schedule import Due, Entry, Schedule, What
    from ..signer import Signer


@click.command(short_help="What is due: replacing keys, asking for shares, practising")
@click.option("--key", metavar="ADDR", help="An owner's key, which is to be replaced; or what it is called.")
@click.option("--shares", is_flag=True, help="Asking holders to show their shares: how often.")
@click.option("--drill", is_flag=True, help="Practising a recovery.")
@click.option("--reminder", metavar="TEXT", help='Anything else, such as "test the Ledger".')
@click.option("--every", type=DURATION, metavar="TIME", help='How often, such as "2 years": puts it on the schedule.')
@click.option("--done", is_flag=True, help="It was done: the time begins anew.")
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="When it was done, if not now; of a key, since when it is used.",
)
@click.option("--by", metavar="ADDR", help="With --key and --done: the key that took its place.")
@click.option("--remove", is_flag=True, help="Take it off the schedule.")
@click.option("--suggested", is_flag=True, help="Put on the schedule what most owners should have there.")
@click.option("--ics", type=FILE, metavar="FILE", help="Write the dates that are to come into a calendar file.")
@foldered
@json_option
def schedule(suggested: bool, ics: Path | None, folder: Folder, as_json: bool, **given: Any) -> None:
    """Show what is due, soonest first, with the command that does it.

    To change it, name one thing (--key, --shares, --drill, --reminder) and say what
    about it (--every, --done, --remove). --suggested adds what is not there yet: each
    owner's key every 2 years, shares every year, practising every 26 weeks. `recovery
    status` and `ape run monitor` tell of what is due if they are given --folder.
    """
    if ics:
        require_free(ics, "--ics")
    now = int(time.time())
    present = schedule_in(folder.path)
    typed = any(value is not None and value is not False for value in given.values())
    changed, said = present, list[str]()
    if suggested:
        if typed:
            raise InvalidInput("--suggested goes alone. Change afterwards what you would have otherwise.")
        changed, said = _suggested(present, folder, now)
    elif typed:
        changed, said = _change(present, _Wish.of(given, present, folder, now), now)
    if changed != present:
        keep(folder.path, changed)
    dates = agenda_of(folder.path, now)
    if as_json:
        content = {"account": folder.note.account, "time": now, "schedule": [due.as_data() for due in dates]}
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        for line in said:
            say(line, bold=True, colour="green")
        _show(dates, changed, folder)
    if ics:
        _write_calendar(ics, dates, folder, as_json)


def note_rotation(folder: Folder, old: Collection[Signer], new: Collection[Signer], now: int) -> None:
    """Notes on the owner's schedule, if keys that went are on it, that others came; again it changes nothing.

    The keys are replaced by then, so whatever is wrong with the schedule is only a warning.

    Args:
        folder: The owner's.
        old: The owners before.
        new: The owners now.
        now: In seconds since 1970.
    """
    try:
        present = schedule_in(folder.path)
        changed = present.rotated(old, new, now)
        if changed != present:
            keep(folder.path, changed)
            say("Your schedule has the new keys. What is due: recovery keys schedule")
    except RecoveryError as error:
        warn(f"Your schedule does not have the new keys: {error.message}")


# ------------------------------------------------------------------------------------------------- change


@dataclass(frozen=True)
class _Wish:
    """What is to be changed.

    Attributes:
        what: What it is about.
        name: What the reminder says, or what the key is called.
        signer: The key, if it is about one.
        every: How often from now on, in seconds, or None for as before.
        done: Whether it was done.
        on: When it was done last, in seconds since 1970, or None for now.
        by: The key that took the key's place.
        remove: Whether it is to be taken off.
    """

    what: What
    name: str
    signer: Signer | None
    every: int | None
    done: bool
    on: int | None
    by: Signer | None
    remove: bool

    @classmethod
    def of(cls, given: dict[str, Any], present: Schedule, folder: Folder, now: int) -> _Wish:
        """From what was typed.

        Raises:
            InvalidInput: It does not go together.
        """
        from ..keys.schedule import What

        key, text, every, done = given["key"], given["reminder"], given["every"], given["done"]
        on, by, remove = given["on"], given["by"], given["remove"]
        named = [
            what
            for what, is_meant in (
                (What.KEY, key is not None),
                (What.SHARES, given["shares"]),
                (What.DRILL, given["drill"]),
                (What.REMINDER, text is not None),
            )
            if is_meant
        ]
        if len(named) != 1:
            problem = "One thing at a time" if named else "Of what"
            raise InvalidInput(f"{problem}: --key ADDR, --shares, --drill or --reminder TEXT. Nothing was changed.")
        (what,) = named
        if every is None and not done and not remove:
            raise InvalidInput("What about it? Say --every TIME, --done or --remove. Nothing was changed.")
        if remove and (every is not None or done or on or by):
            raise InvalidInput("--remove goes with no other change. Nothing was changed.")
        if what is What.SHARES and (done or on):
            raise InvalidInput(
                "When shares were shown is said by their holders' answers, so there is nothing to note. Ask them: "
                "recovery backup check"
            )
        if by is not None and not (done and what is What.KEY):
            raise InvalidInput("--by goes with --key and --done: it names the key that took the key's place.")
        if what is What.KEY and done and by is None:
            raise InvalidInput(
                "A key that was replaced is another one now. Which? --by ADDR. (To say since when a key is in use: "
                "--every and --on.)"
            )
        if text is not None:
            refuse_secret(text, "what you want to be reminded of")
            text = files.text_of(" ".join(text.split()))
        owners = {} if what is not What.KEY else _owners(present, folder)
        signer = None if key is None else _signer(key, owners)
        called = {known: name for name, known in owners.items()}.get(signer, "") if signer else ""
        successor = None if by is None else _signer(by, owners)
        if successor is not None and successor == signer:
            raise InvalidInput("--by names the same key. Nothing was changed.")
        name = called if what is What.KEY else text or ""
        return cls(what, name, signer, every, done, _day(on, now), successor, remove)


def _change(present: Schedule, wish: _Wish, now: int) -> tuple[Schedule, list[str]]:
    """The schedule with that change, and what was done.

    Raises:
        InvalidInput: There is no such entry.
    """
    from ..keys.schedule import Entry, What, called, interval

    entry = present.of(wish.what, wish.name, wish.signer)
    if entry is None:
        if wish.every is None:
            raise InvalidInput(
                "That is not on your schedule; nothing was changed. Put it there with --every TIME, or see what there "
                "is: recovery keys schedule"
            )
        entry = Entry(secrets.token_bytes(8), wish.what, wish.every, now, None, wish.name, wish.signer)
    if wish.remove:
        still = " It is still due every year." if wish.what is What.SHARES else ""
        return present.without(entry), [f"Taken off your schedule: {_title(entry)}.{still}"]
    if wish.every is not None:
        entry = replace(entry, every=wish.every)
    if wish.by is not None and wish.signer is not None:
        at = now if wish.on is None else wish.on
        changed = present.having(entry).rotated((wish.signer,), (wish.by,), at)
        return changed, [f"Noted: {called('', wish.by)} has taken the place of {called(wish.name, wish.signer)}."]
    if wish.done or wish.on is not None:
        entry = replace(entry, last=now if wish.on is None else wish.on)
    return present.having(entry), [f"On your schedule every {interval(entry.every)}: {_title(entry)}."]


def _suggested(present: Schedule, folder: Folder, now: int) -> tuple[Schedule, list[str]]:
    """The schedule with what most owners should have on it, and what was added.

    Keys are those of the policy file, but only as long as no key is on the schedule: they may have been replaced.
    """
    from ..keys.schedule import SUGGESTED, Entry, What, interval

    owners = folder.newest.owners if folder.policy_files() else ()
    has_keys = any(entry.what is What.KEY for entry in present.entries)
    wanted = [(What.KEY, name, signer) for name, signer in owners if not has_keys]
    changed, said = present, []
    for what, name, signer in (*wanted, (What.SHARES, "", None), (What.DRILL, "", None)):
        if changed.of(what, name, signer) is None:
            entry = Entry(secrets.token_bytes(8), what, SUGGESTED[what], now, None, name, signer)
            changed = changed.having(entry)
            said.append(f"On your schedule every {interval(entry.every)}: {_title(entry)}.")
    if wanted:
        said.append("The keys are those of your policy file. If one was replaced: --key ADDR --done --by ADDR")
    elif not has_keys:
        said.append('Your policy file names no key of yours. Add each: --key ADDR --every "2 years"')
    return changed, said or ["All of that is on your schedule already."]


def _owners(present: Schedule, folder: Folder) -> dict[str, Signer]:
    """The owner's keys by what they are called, as far as that is known."""
    named = dict(folder.newest.owners) if folder.policy_files() else {}
    return named | {entry.name: entry.signer for entry in present.entries if entry.signer and entry.name}


def _signer(text: str, owners: dict[str, Signer]) -> Signer:
    """A key: as an address, by what its owner calls it, or by its name in the address book.

    Raises:
        InvalidInput: None of them, or something that should not be typed.
    """
    from ..signer import Signer
    from .options import settings

    refuse_secret(text, "the address of a key")
    return owners[text] if text in owners else Signer.parse(settings().address(text) or text)


def _day(on: datetime | None, now: int) -> int | None:
    """The beginning of a day in UTC, in seconds since 1970.

    Raises:
        InvalidInput: It is to come, or too long ago for a calendar.
    """
    if on is None:
        return None
    found = int(on.replace(tzinfo=timezone.utc).timestamp())
    if not 0 <= found <= now:
        raise InvalidInput(f"--on says when it was done; {on:%Y-%m-%d} is {'to come' if found > now else 'too early'}.")
    return found


def _title(entry: Entry) -> str:
    from ..keys.schedule import What, called

    if entry.what is What.KEY:
        return f"replacing the key {called(entry.name, entry.signer)}"
    words = {What.SHARES: "asking holders to show their shares", What.DRILL: "practising a recovery"}
    return words.get(entry.what, entry.name)


# --------------------------------------------------------------------------------------------------- show


def _show(dates: Sequence[Due], present: Schedule, folder: Folder) -> None:
    from ..keys.schedule import State, What, day, interval

    place = quote(folder.path)
    if not dates:
        say("There is no date on your schedule.")
    for due in dates:
        click.echo()
        is_due = due.state is not State.LATER
        colour = {State.DUE: "yellow", State.OVERDUE: "red"}.get(due.state)
        since = f"▶ {due.state.value} since " if is_due else "  "
        say(f"{since}{day(due.at)}: {due.title}", 2, bold=is_due, colour=colour)
        last = "not done yet" if due.last is None else f"last done {day(due.last)}"
        if due.what is What.KEY:
            last = "in use for how long is not known" if due.last is None else f"in use since {day(due.last)}"
        elif due.what is What.SHARES:
            last = "not all were shown yet" if due.last is None else f"all shown since {day(due.last)}"
        say(f"every {interval(due.every)}; {last}", 4)
        if due.never or due.old:
            say(waiting(due), 4)
        for command in how(due, folder):
            command_line(f"  {command}" + ("" if command.startswith(LOCAL) else " --network URL"))
    if not present.entries:
        click.echo()
        say(
            "You have put nothing on it yet. Most owners should replace their keys every 2 years, ask for shares every "
            "year, and practise a recovery every 26 weeks. To have it so:"
        )
        command_line(f"recovery keys schedule --suggested --folder {place}")


def _write_calendar(path: Path, dates: Sequence[Due], folder: Folder, quiet: bool) -> None:
    from ..calendar_file import calendar

    found = events(dates, folder)
    if not found:
        raise Refused("There is no date to come, so no calendar file was written.")
    files.write(path, calendar(found, int(time.time())).decode())
    if not quiet:
        click.echo()
        left = len(dates) - len(found)
        more = f" What is due already ({left}) is not among them." if left else ""
        say(f"{len(found)} date{'s' if len(found) > 1 else ''} written to {quote(path)}.{more}")
