"""What is due when: keys to be replaced, shares to be shown, a recovery to be practised, and reminders. No I/O.

An entry says how often something is to be done, and since when that counts; when it is due follows. How long ago the
holders of shares have shown theirs stands in their answers, so of shares an entry says only how often.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from typing import Any

from .. import files
from ..calendar_file import LAST_TIME
from ..errors import InvalidInput
from ..files import from_hex, integer, text_of, to_hex
from ..policy import DAY
from ..signer import Signer

SCHEDULE_KIND = "recovery-schedule"
#: What the file is called, in an owner's folder.
FILE = "schedule.json"
#: An interval is one day to ten years.
MAX_EVERY = 3650 * DAY
#: After this long something that is due is overdue, in seconds.
GRACE = 30 * DAY
YEAR = 365 * DAY


class What(Enum):
    """What is to be done, in the words of the file."""

    KEY = "key"
    SHARES = "shares"
    DRILL = "drill"
    REMINDER = "reminder"


#: How often things are to be done, unless the owner says otherwise; what shares need holds without a schedule, too.
SUGGESTED = {What.KEY: 2 * YEAR, What.SHARES: YEAR, What.DRILL: 182 * DAY}


class State(Enum):
    """How it stands."""

    LATER = "later"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Entry:
    """What an owner wants to be reminded of.

    Attributes:
        id: 8 bytes by which a calendar knows it. A key that takes another one's place has its entry's.
        what: What is to be done.
        every: How often, in seconds: whole days.
        since: From when it counts as long as it was not done, in seconds since 1970.
        last: When it was done last, in seconds since 1970, or None. A key is counted from when it came into use.
        name: What a reminder says, or what a key is called.
        signer: The key, if it is about one.

    Raises:
        InvalidInput: Values that do not go together, or that no calendar has.
    """

    id: bytes
    what: What
    every: int
    since: int
    last: int | None = None
    name: str = ""
    signer: Signer | None = None

    def __post_init__(self) -> None:
        if not DAY <= self.every <= MAX_EVERY or self.every % DAY:
            raise InvalidInput("An interval is whole days, from one day to 10 years.")
        if max(self.since, self.last or 0) > LAST_TIME - MAX_EVERY:
            raise InvalidInput("A time is too far ahead for a calendar.")
        if (self.signer is None) == (self.what is What.KEY):
            raise InvalidInput("An entry for a key names it, and no other does.")
        if self.what is What.REMINDER:
            if not 1 <= len(self.name) <= 100 or self.name != self.name.strip() or not self.name.isprintable():
                raise InvalidInput("A reminder is one line of 1 to 100 characters, without blanks around it.")
        elif self.name and self.what is not What.KEY:
            raise InvalidInput("Only keys and reminders have a name.")
        if self.what is What.SHARES and self.last is not None:
            raise InvalidInput("When shares were shown is said by their holders' answers.")

    @property
    def counted(self) -> int:
        """From when the interval counts, in seconds since 1970."""
        return self.since if self.last is None else self.last

    def is_same(self, other: Entry) -> bool:
        """Whether both are about the same thing, of which a schedule has one entry."""
        if self.what is What.REMINDER:
            return other.what is What.REMINDER and self.name == other.name
        return (self.what, self.signer) == (other.what, other.signer)

    def content(self) -> dict[str, Any]:
        """As fields of a file."""
        return {
            "id": to_hex(self.id),
            "what": self.what.value,
            "every": self.every,
            "since": self.since,
            "last": self.last,
            "name": self.name,
            "signer": None if self.signer is None else str(self.signer),
        }

    @classmethod
    def build(cls, content: dict[str, Any]) -> Entry:
        """From fields of a file."""
        last, signer = content["last"], content["signer"]
        return cls(
            from_hex(content["id"], 8),
            What(content["what"]),
            integer(content["every"]),
            integer(content["since"]),
            None if last is None else integer(last),
            text_of(content["name"]),
            None if signer is None else Signer.parse(signer),
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """All that an owner wants to be reminded of.

    Attributes:
        entries: In the order in which they came.

    Raises:
        InvalidInput: Two are about the same.
    """

    entries: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        for number, entry in enumerate(self.entries):
            if any(entry.is_same(other) or entry.id == other.id for other in self.entries[:number]):
                raise InvalidInput("Two entries are about the same.")

    @property
    def shares_every(self) -> int:
        """How often holders are asked for their shares, in seconds."""
        found = [entry.every for entry in self.entries if entry.what is What.SHARES]
        return found[0] if found else SUGGESTED[What.SHARES]

    def of(self, what: What, name: str = "", signer: Signer | None = None) -> Entry | None:
        """The entry about that, or None: of reminders by their name, of keys by the key."""
        for entry in self.entries:
            if entry.what is what and entry.signer == signer and (what is not What.REMINDER or entry.name == name):
                return entry
        return None

    def having(self, entry: Entry) -> Schedule:
        """With this entry, in the place of the one about the same if there is one."""
        if any(entry.is_same(other) for other in self.entries):
            return Schedule(tuple(entry if entry.is_same(other) else other for other in self.entries))
        return Schedule((*self.entries, entry))

    def without(self, entry: Entry) -> Schedule:
        """Without the entry about the same."""
        return Schedule(tuple(other for other in self.entries if not entry.is_same(other)))

    def rotated(self, old: Collection[Signer], new: Collection[Signer], now: int) -> Schedule:
        """After keys were replaced: those that came get the entries of those that went.

        Nothing changes where no key that went had an entry, so that the same can be noted again.

        Args:
            old: The keys before; others that are on the schedule stay on it.
            new: The keys now.
            now: When that was, in seconds since 1970.
        """
        gone = [entry for entry in self.entries if entry.signer in old and entry.signer not in new]
        known = {entry.signer for entry in self.entries}
        come = [signer for signer in new if signer not in old and signer not in known]
        if not gone:
            return self
        every = min(entry.every for entry in gone)
        fresh = [
            Entry(
                gone[number].id if number < len(gone) else hashlib.sha256(gone[0].id + signer.data).digest()[:8],
                *(What.KEY, every, now, now),
                signer=signer,
            )
            for number, signer in enumerate(come)
        ]
        return Schedule((*(entry for entry in self.entries if entry not in gone), *fresh))

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(SCHEDULE_KIND, {"entries": [entry.content() for entry in self.entries]})

    @classmethod
    def loads(cls, text: str, source: str = FILE) -> Schedule:
        """From a file.

        Raises:
            InvalidFile: Altered, or something else.
        """

        def build(content: dict[str, Any]) -> Schedule:
            entries = content["entries"]
            if not isinstance(entries, list):
                raise InvalidInput("the entries are a list.")
            return cls(tuple(Entry.build(each) for each in entries))

        return files.parse(source, SCHEDULE_KIND, files.loads(text, SCHEDULE_KIND, source), build)


@dataclass(frozen=True, slots=True)
class SharesShown:
    """How long ago the holders of a set of shares have shown theirs.

    Attributes:
        id: The set's, 8 bytes.
        called: What people call the set, such as "a1b2c3d4".
        made: When it was made, in seconds since 1970.
        shown: For each share its holder, and for when they have shown it last, or None.
    """

    id: bytes
    called: str
    made: int
    shown: tuple[tuple[str, int | None], ...]

    def counted(self, shown: int | None) -> int:
        """From when the interval counts for one of the shares."""
        return self.made if shown is None else shown


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is to be done, and when.

    Attributes:
        what: What kind.
        id: 8 bytes by which a calendar knows it.
        name: What a reminder says, what a key is called, or what a set of shares is called.
        signer: The key, if it is about one.
        every: How often, in seconds.
        last: When it was done last, by everybody, in seconds since 1970, or None.
        at: When it is due, in seconds since 1970.
        now: When this was looked at.
        never: Holders who are to be asked, and have not shown their share yet.
        old: Those who are to be asked again.
    """

    what: What
    id: bytes
    name: str
    signer: Signer | None
    every: int
    last: int | None
    at: int
    now: int
    never: tuple[str, ...] = ()
    old: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """Due from the second on which it is due; overdue from 30 days later."""
        if self.now < self.at:
            return State.LATER
        return State.DUE if self.now < self.at + GRACE else State.OVERDUE

    @property
    def title(self) -> str:
        """What is to be done."""
        if self.what is What.KEY:
            return f"Replace the key {called(self.name, self.signer)}"
        if self.what is What.SHARES:
            return f"Have the holders of set {self.name} show their shares"
        return "Practise a recovery" if self.what is What.DRILL else self.name

    def as_data(self) -> dict[str, Any]:
        """The same for programs; times in seconds since 1970, null for none."""
        return {
            "what": self.what.value,
            "name": self.name,
            "signer": None if self.signer is None else str(self.signer),
            "every": self.every,
            "last": self.last,
            "dueAt": self.at,
            "state": self.state.value,
            "never": list(self.never),
            "old": list(self.old),
        }


def agenda(schedule: Schedule, sets: Iterable[SharesShown], now: int) -> tuple[Due, ...]:
    """What is due when, soonest first.

    Args:
        schedule: What the owner wants to be reminded of.
        sets: The sets of shares that are in use.
        now: In seconds since 1970.
    """
    found = [
        Due(entry.what, entry.id, entry.name, entry.signer, entry.every, entry.last, entry.counted + entry.every, now)
        for entry in schedule.entries
        if entry.what is not What.SHARES
    ]
    every = schedule.shares_every
    for each in sets:
        waiting = [(name, shown) for name, shown in each.shown if is_due(each.counted(shown), every, now)]
        never = dict.fromkeys(name for name, shown in waiting if shown is None)
        old = dict.fromkeys(name for name, shown in waiting if shown is not None and name not in never)
        seen = [shown for _, shown in each.shown if shown is not None]
        last = min(seen) if len(seen) == len(each.shown) else None
        at = min(each.counted(shown) for _, shown in each.shown) + every
        found.append(Due(What.SHARES, each.id, each.called, None, every, last, at, now, tuple(never), tuple(old)))
    return tuple(sorted(found, key=lambda due: (due.at, due.title)))


def is_due(counted: int, every: int, now: int) -> bool:
    """Whether something that is done every so often is due, from that very second on."""
    return now >= counted + every


def called(name: str, signer: Signer | None) -> str:
    """How people are told of a key: "phone (0x3f51…9C21)"."""
    text = str(signer)
    short = f"{text[:6]}…{text[-4:]}"
    return f"{name} ({short})" if name else short


def interval(seconds: int) -> str:
    """An interval in whole days for people, as after "every": "2 years", "week", "10 days"."""
    sizes = ((YEAR, "year"), (7 * DAY, "week"), (DAY, "day"))
    size, unit = next((size, unit) for size, unit in sizes if seconds % size == 0)
    return unit if seconds == size else f"{seconds // size} {unit}s"


def age(seconds: int) -> str:
    """The same as after "for": "2 years", "a week", "10 days"."""
    text = interval(seconds)
    return text if text[0].isdigit() else f"a {text}"


def day(time: int) -> str:
    """A day in UTC, for people: "20 Nov 2026"."""
    return datetime.fromtimestamp(time, timezone.utc).strftime("%d %b %Y").removeprefix("0")
