"""Calendar files, read back and looked at byte by byte."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from icalendar import Calendar

from recovery.calendar_file import CalendarEvent, calendar, event_uid
from recovery.errors import InvalidInput, MissingExtra

ACCOUNT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
NOW = 1_795_000_000
READY = CalendarEvent(
    event_uid("ready", ACCOUNT, 1, epoch=1, path=0, nonce=3),
    NOW + 3 * 86_400,
    "Recovery can be finalized; path friends, back\\slash",
    f"Account {ACCOUNT}\nAnybody can finalize it: José, Ana; Ben.\n" + "é" * 200,
    alarm=86_400,
)
EXPIRES = CalendarEvent(event_uid("expires", ACCOUNT, 1, epoch=1, path=0, nonce=3), NOW + 33 * 86_400, "It expires")


def unfolded(data: bytes) -> list[str]:
    return data.decode().replace("\r\n ", "").split("\r\n")


def test_what_goes_in_comes_out() -> None:
    made = Calendar.from_ical(calendar([READY, EXPIRES], NOW))
    assert str(made["PRODID"]) == "-//ape-recovery//ape-recovery//EN" and str(made["VERSION"]) == "2.0"
    ready, expires = made.walk("VEVENT")
    for found, event in ((ready, READY), (expires, EXPIRES)):
        assert str(found["SUMMARY"]) == event.title
        assert str(found["UID"]) == event.uid
        assert found.decoded("DTSTART") == datetime.fromtimestamp(event.time, timezone.utc)
        assert found.decoded("DTSTAMP") == datetime.fromtimestamp(NOW, timezone.utc)
    assert str(ready["DESCRIPTION"]) == READY.description
    assert "DESCRIPTION" not in expires


def test_times_are_in_utc_whatever_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "America/Caracas")
    time.tzset()
    try:
        lines = unfolded(calendar([replace(READY, time=1_795_259_103)], NOW))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "DTSTART:20261121T110503Z" in lines and "DTSTAMP:20261118T110640Z" in lines


def test_an_alarm_reminds_before_the_event() -> None:
    (event,) = Calendar.from_ical(calendar([READY], NOW)).walk("VEVENT")
    (alarm,) = event.walk("VALARM")
    assert str(alarm["ACTION"]) == "DISPLAY"
    assert alarm.decoded("TRIGGER") == timedelta(days=-1)
    assert str(alarm["DESCRIPTION"]) == READY.title
    assert "TRIGGER:-P1D" in unfolded(calendar([READY], NOW))


def test_an_alarm_may_come_with_the_event_itself() -> None:
    (alarm,) = Calendar.from_ical(calendar([replace(READY, alarm=0)], NOW)).walk("VALARM")
    assert alarm.decoded("TRIGGER") == timedelta(0)


def test_without_an_alarm_there_is_none() -> None:
    assert b"VALARM" not in calendar([EXPIRES], NOW)


def test_the_bytes_are_as_the_standard_wants_them() -> None:
    data = calendar([READY, EXPIRES], NOW)
    assert data.startswith(b"BEGIN:VCALENDAR\r\n") and data.endswith(b"END:VCALENDAR\r\n")
    lines = data.split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no letter is cut in two
    summary = next(line for line in unfolded(data) if line.startswith("SUMMARY"))
    assert summary == r"SUMMARY:Recovery can be finalized\; path friends\, back\\slash"
    description = next(line for line in unfolded(data) if line.startswith("DESCRIPTION:Account"))
    assert r"\nAnybody can finalize it: José\, Ana\; Ben.\n" in description


def test_what_the_standard_wants_of_an_event_is_there_once() -> None:
    text = unfolded(calendar([EXPIRES], NOW))
    for name in ("PRODID", "VERSION", "UID", "DTSTAMP", "DTSTART", "SEQUENCE", "SUMMARY"):
        assert sum(line.startswith(f"{name}:") for line in text) == 1
    assert "TRANSP:TRANSPARENT" in text


def test_the_same_events_at_the_same_time_are_the_same_bytes() -> None:
    assert calendar([READY, EXPIRES], NOW) == calendar([EXPIRES, READY], NOW)


def test_a_newer_file_replaces_the_events_of_an_older_one() -> None:
    moved = replace(READY, time=READY.time + 86_400)
    (older,) = Calendar.from_ical(calendar([READY], NOW)).walk("VEVENT")
    (newer,) = Calendar.from_ical(calendar([moved], NOW + 60)).walk("VEVENT")
    assert newer["UID"] == older["UID"]
    assert newer["SEQUENCE"] > older["SEQUENCE"]
    assert newer.decoded("DTSTAMP") > older.decoded("DTSTAMP")


@pytest.mark.parametrize(
    ("now", "sequence"), [(0, 0), (1_577_836_800, 0), (1_577_836_860, 1), (4_294_967_295, 45_285_508)]
)
def test_the_sequence_is_a_number_that_every_calendar_takes(now: int, sequence: int) -> None:
    (event,) = Calendar.from_ical(calendar([READY], now)).walk("VEVENT")
    assert event["SEQUENCE"] == sequence < 2**31


def test_an_event_is_the_same_for_the_same_account_chain_request_and_kind_only() -> None:
    asked = {"epoch": 1, "path": 0, "nonce": 3}
    same = event_uid("ready", ACCOUNT, 1, **asked)
    assert same == event_uid("ready", ACCOUNT.lower(), 1, **asked) == READY.uid
    others = [
        event_uid("expires", ACCOUNT, 1, **asked),
        event_uid("ready", ACCOUNT[:-1] + "9", 1, **asked),
        event_uid("ready", ACCOUNT, 10, **asked),
        event_uid("ready", ACCOUNT, 1, **asked | {"epoch": 2}),
        event_uid("ready", ACCOUNT, 1, **asked | {"path": 1}),
        event_uid("ready", ACCOUNT, 1, **asked | {"nonce": 4}),
        event_uid("ready", ACCOUNT, 1, epoch=1, path=0),
        event_uid("ready", ACCOUNT, 1, epoch=1, nonce=0),
        event_uid("ready", ACCOUNT, 1, epoch=1),
    ]
    assert len({same, *others}) == len(others) + 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"time": -1}, "1970"),
        ({"time": 253_402_300_800}, "9999"),
        ({"title": ""}, "title"),
        ({"title": " "}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "a\rBEGIN:VEVENT"}, "title"),
        ({"title": "bell\x07"}, "title"),
        ({"title": "turned \u202e round"}, "title"),
        ({"description": "fine\nnot\x00fine"}, "description"),
        ({"description": "a\r\nb"}, "description"),
        ({"uid": ""}, "UID"),
        ({"uid": "a b"}, "UID"),
        ({"uid": "a\nb"}, "UID"),
        ({"uid": "é"}, "UID"),
        ({"alarm": -1}, "not after it"),
        ({"alarm": 366 * 86_400 + 1}, "at most a year"),
    ],
)
def test_what_a_calendar_cannot_hold_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        replace(READY, **change)  # type: ignore[arg-type]


def test_the_last_time_a_calendar_has_is_fine() -> None:
    assert b"DTSTART:99991231T235959Z" in calendar([replace(READY, time=253_402_300_799)], NOW)


def test_an_empty_calendar_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no date"):
        calendar([], NOW)


def test_two_events_that_would_overwrite_each_other_are_refused() -> None:
    with pytest.raises(InvalidInput, match="same UID"):
        calendar([READY, replace(EXPIRES, uid=READY.uid)], NOW)


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(MissingExtra, match=r"ape-recovery\[cli\]"):
        calendar([READY], NOW)
