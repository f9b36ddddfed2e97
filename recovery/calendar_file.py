"""Calendar files (RFC 5545): the dates of a recovery, where people keep their other dates.

Somebody who imports a newer file of the same account has its events moved, not doubled: each keeps its UID, and the
newer one has the higher SEQUENCE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from .errors import InvalidInput, MissingExtra

PRODUCT = "-//ape-recovery//ape-recovery//EN"
#: The year 2020, in seconds since 1970: from here the minutes of SEQUENCE count, which has 31 bits.
SEQUENCE_BEGIN = 1_577_836_800
LAST_TIME = 253_402_300_799
MAX_ALARM = 366 * 86_400


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One date.

    Attributes:
        uid: Stays the same however often it is exported; see `event_uid`.
        time: When, in seconds since 1970.
        title: One line.
        description: As many lines as it needs.
        alarm: How many seconds before it the calendar reminds of it, or None for not at all.

    Raises:
        InvalidInput: A time that no calendar has, or a text that none can hold.
    """

    uid: str
    time: int
    title: str
    description: str = ""
    alarm: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.time <= LAST_TIME:
            raise InvalidInput("A calendar holds times from 1970 to the year 9999. Leave out what never happens.")
        if not self.title.strip() or not self.title.isprintable():
            raise InvalidInput("The title of an event is one line of text.")
        if not all(line.isprintable() for line in self.description.split("\n")):
            raise InvalidInput("The description of an event is lines of text, without control characters.")
        if not self.uid or not self.uid.isascii() or not self.uid.isprintable() or " " in self.uid:
            raise InvalidInput("The UID of an event is printable ASCII without spaces.")
        if self.alarm is not None and not 0 <= self.alarm <= MAX_ALARM:
            raise InvalidInput("An alarm comes at most a year before its event, and not after it.")


def event_uid(
    kind: str, account: str, chain_id: int, *, epoch: int = 0, path: int | None = None, nonce: int | None = None
) -> str:
    """What makes an event the same one in every file.

    Args:
        kind: What happens, such as "ready" or "expires".
        account: Whose recovery it is.
        chain_id: On which chain.
        epoch: Of the account: a path's nonce begins again with each.
        path: The number of the path, if it is about one.
        nonce: Of the path's request, if it is about one.
    """
    parts = [kind, str(chain_id), account.lower(), f"e{epoch}"]
    parts += [] if path is None else [f"p{path}"]
    parts += [] if nonce is None else [f"n{nonce}"]
    return "-".join(parts) + "@ape-recovery"


def schedule_uid(id_: bytes) -> str:
    """The same for something on an owner's schedule, which has an id of its own and is on no chain."""
    return f"schedule-{id_.hex()}@ape-recovery"


def calendar(events: Sequence[CalendarEvent], now: int) -> bytes:
    """A calendar file. The same events at the same time give the same bytes.

    Args:
        events: In any order.
        now: When the file is made, in seconds since 1970.

    Raises:
        InvalidInput: There is no event, or two have the same UID.
        MissingExtra: The package icalendar is not installed.
    """
    try:
        import icalendar
    except ModuleNotFoundError as error:
        raise MissingExtra("Calendar files need the package icalendar", "cli") from error
    if not events:
        raise InvalidInput("There is no date to put into a calendar. Nothing was written.")
    if len({event.uid for event in events}) != len(events):
        raise InvalidInput("Two events have the same UID: a calendar would keep only one of them.")
    made = icalendar.Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    for event in sorted(events, key=lambda event: (event.time, event.uid)):
        made.add_component(_component(event, now))
    return bytes(made.to_ical())


def _component(event: CalendarEvent, now: int) -> Any:
    import icalendar

    component = icalendar.Event()
    component.add("uid", event.uid)
    component.add("dtstamp", _utc(now))
    component.add("sequence", max(0, now - SEQUENCE_BEGIN) // 60)
    component.add("dtstart", _utc(event.time))
    component.add("summary", event.title)
    if event.description:
        component.add("description", event.description)
    component.add("transp", "TRANSPARENT")  # it is a date, not an appointment: nobody is busy
    if event.alarm is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", -timedelta(seconds=event.alarm))
        alarm.add("description", event.title)
        component.add_component(alarm)
    return component


def _utc(time: int) -> datetime:
    return datetime.fromtimestamp(time, timezone.utc)
