"""What is due when: to the very second, and whatever somebody has written into the file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recovery.calendar_file import LAST_TIME
from recovery.errors import InvalidFile, InvalidInput
from recovery.keys.schedule import (
    GRACE,
    MAX_EVERY,
    SUGGESTED,
    Due,
    Entry,
    Schedule,
    SharesShown,
    State,
    What,
    age,
    agenda,
    day,
    interval,
    is_due,
)
from recovery.policy import DAY
from tests.recovery.samples import forged
from tests.world import signer

NOW = 1_800_000_000
YEAR = 365 * DAY
PHONE, LEDGER, FRESH, SPARE = (signer(name) for name in ("phone", "ledger", "fresh", "spare"))
DRILL = Entry(b"drill id", What.DRILL, 182 * DAY, NOW)
KEY = Entry(b"phone id", What.KEY, 2 * YEAR, NOW, NOW - YEAR, "phone", PHONE)
LEDGERS = Entry(b"ledgerid", What.KEY, 3 * YEAR, NOW, None, "ledger", LEDGER)
SHARES = Entry(b"sharesid", What.SHARES, 100 * DAY, NOW)
REMINDER = Entry(b"remindid", What.REMINDER, 10 * DAY, NOW, None, "test the Ledger")
ALL = Schedule((DRILL, KEY, LEDGERS, SHARES, REMINDER))


def one(schedule: Schedule, now: int, *sets: SharesShown) -> Due:
    (found,) = agenda(schedule, sets, now)
    return found


# ------------------------------------------------------------------------------------------------- when


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (1, State.LATER),
        (0, State.DUE),
        (-1, State.DUE),
        (1 - GRACE, State.DUE),
        (-GRACE, State.OVERDUE),
        (-GRACE - 1, State.OVERDUE),
    ],
)
def test_something_is_due_to_the_second_and_overdue_30_days_later(left: int, state: State) -> None:
    assert GRACE == 30 * DAY
    for entry in (DRILL, replace(DRILL, since=NOW - YEAR, last=NOW)):
        at = NOW + DRILL.every
        found = one(Schedule((entry,)), at - left)
        assert (found.at, found.state) == (at, state)


def test_what_was_never_done_counts_from_when_it_was_put_on_the_schedule() -> None:
    assert one(Schedule((LEDGERS,)), NOW).at == NOW + 3 * YEAR
    assert one(Schedule((KEY,)), NOW).at == NOW + YEAR
    assert one(Schedule((replace(KEY, last=0),)), NOW).at == 2 * YEAR


def test_the_soonest_comes_first() -> None:
    assert [due.what for due in agenda(ALL, (), NOW)] == [What.REMINDER, What.DRILL, What.KEY, What.KEY]
    assert [due.name for due in agenda(ALL, (), NOW)] == ["test the Ledger", "", "phone", "ledger"]


# ------------------------------------------------------------------------------------------------ shares


def shown(*when: int | None) -> SharesShown:
    names = ("Xaver", "Yara", "Zoe", "Xaver")
    return SharesShown(b"a set id", "61207365", NOW, tuple(zip(names, when, strict=False)))


def test_shares_are_due_a_year_after_whoever_was_silent_longest() -> None:
    found = one(Schedule(), NOW, shown(None, NOW + 5))
    assert (found.at, found.every, found.last, found.state) == (NOW + YEAR, YEAR, None, State.LATER)
    found = one(Schedule(), NOW, shown(NOW + 7, NOW + 5))
    assert (found.at, found.last) == (NOW + 5 + YEAR, NOW + 5)
    assert one(Schedule((SHARES,)), NOW, shown(None)).at == NOW + 100 * DAY
    assert Schedule().shares_every == SUGGESTED[What.SHARES] == YEAR


def test_of_shares_it_is_known_whose_were_never_shown_and_whose_too_long_ago() -> None:
    found = one(Schedule(), NOW + YEAR - 1, shown(None, NOW))
    assert (found.never, found.old) == ((), ())
    found = one(Schedule(), NOW + YEAR, shown(None, NOW, NOW + 1))
    assert (found.never, found.old) == (("Xaver",), ("Yara",))
    found = one(Schedule(), NOW + 2 * YEAR, shown(None, NOW, NOW, NOW))
    assert (found.never, found.old) == (("Xaver",), ("Yara", "Zoe"))  # Xaver has two shares
    assert is_due(NOW, YEAR, NOW + YEAR) and not is_due(NOW, YEAR, NOW + YEAR - 1)


def test_without_shares_nothing_is_due_about_them() -> None:
    assert agenda(Schedule((SHARES,)), (), NOW + 10 * YEAR) == ()


# ---------------------------------------------------------------------------------------------- rotation


def test_a_key_that_comes_takes_the_entry_of_the_one_that_goes() -> None:
    found = ALL.rotated((PHONE, LEDGER), (LEDGER, FRESH), NOW + 9)
    assert found.of(What.KEY, signer=PHONE) is None
    assert found.of(What.KEY, signer=LEDGER) == LEDGERS
    come = found.of(What.KEY, signer=FRESH)
    assert come == Entry(KEY.id, What.KEY, KEY.every, NOW + 9, NOW + 9, "", FRESH)
    assert [entry for entry in found.entries if entry.what is not What.KEY] == [DRILL, SHARES, REMINDER]


def test_a_rotation_is_noted_once_however_often_it_is_said() -> None:
    once = ALL.rotated((PHONE, LEDGER), (LEDGER, FRESH), NOW)
    assert once.rotated((PHONE, LEDGER), (LEDGER, FRESH), NOW + 5) == once


def test_keys_that_are_on_no_schedule_are_not_put_on_it() -> None:
    for schedule in (Schedule(), Schedule((DRILL,)), Schedule((LEDGERS,))):
        assert schedule.rotated((PHONE,), (FRESH,), NOW) == schedule


def test_of_more_keys_than_before_each_has_an_entry_with_the_shortest_interval() -> None:
    found = ALL.rotated((PHONE, LEDGER), (FRESH, SPARE), NOW)
    assert {entry.signer: entry.id for entry in found.entries if entry.signer} == {FRESH: KEY.id, SPARE: LEDGERS.id}
    assert {entry.every for entry in found.entries if entry.signer} == {2 * YEAR}
    more = Schedule((KEY,)).rotated((PHONE,), (FRESH, SPARE), NOW)
    assert len({entry.id for entry in more.entries}) == 2
    fewer = ALL.rotated((PHONE, LEDGER), (FRESH,), NOW)
    assert [entry.signer for entry in fewer.entries if entry.signer] == [FRESH]


def test_a_key_that_had_an_entry_before_it_came_keeps_it() -> None:
    early = Entry(b"freshkey", What.KEY, YEAR, NOW - DAY, None, "new phone", FRESH)
    assert Schedule((KEY, early)).rotated((PHONE,), (FRESH,), NOW) == Schedule((early,))


# --------------------------------------------------------------------------------------------- the file


def test_a_schedule_is_read_as_it_was_written() -> None:
    assert Schedule.loads(ALL.dumps()) == ALL
    assert Schedule.loads(Schedule().dumps()) == Schedule()


def test_an_entry_takes_the_place_of_the_one_about_the_same() -> None:
    yearly = replace(KEY, every=YEAR)
    assert ALL.having(yearly).entries == (DRILL, yearly, LEDGERS, SHARES, REMINDER)
    other = replace(REMINDER, id=b"other id", name="look for dust")
    assert ALL.having(other).entries == (*ALL.entries, other)
    assert ALL.without(replace(DRILL, every=DAY)).entries == (KEY, LEDGERS, SHARES, REMINDER)
    assert ALL.of(What.REMINDER, "test the Ledger") == REMINDER and ALL.of(What.REMINDER, "look") is None
    assert ALL.of(What.KEY, "anything", LEDGER) == LEDGERS and ALL.of(What.DRILL) == DRILL


@pytest.mark.parametrize(
    ("entry", "change"),
    [
        (DRILL, {"every": 0}),
        (DRILL, {"every": DAY - 1}),
        (DRILL, {"every": DAY + 1}),
        (DRILL, {"every": MAX_EVERY + DAY}),
        (DRILL, {"since": LAST_TIME - MAX_EVERY + 1}),
        (DRILL, {"last": LAST_TIME - MAX_EVERY + 1}),
        (DRILL, {"signer": PHONE}),
        (DRILL, {"name": "drill"}),
        (KEY, {"signer": None}),
        (SHARES, {"last": NOW}),
        (SHARES, {"name": "all"}),
        (REMINDER, {"name": ""}),
        (REMINDER, {"name": " test"}),
        (REMINDER, {"name": "test\n"}),
        (REMINDER, {"name": "x" * 101}),
    ],
)
def test_an_entry_that_cannot_be_is_refused(entry: Entry, change: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        replace(entry, **change)  # type: ignore[arg-type]


def test_the_longest_and_the_shortest_interval_are_taken() -> None:
    for every in (DAY, MAX_EVERY):
        last = replace(DRILL, every=every, last=LAST_TIME - MAX_EVERY)
        assert one(Schedule((last,)), NOW).at <= LAST_TIME
    assert replace(REMINDER, name="x" * 100).name


def test_two_entries_about_the_same_are_refused() -> None:
    for twice in (
        (DRILL, replace(DRILL, id=b"other id")),
        (KEY, replace(KEY, id=b"other id", name="other")),
        (REMINDER, replace(REMINDER, id=b"other id")),
        (SHARES, replace(SHARES, id=b"other id")),
        (DRILL, replace(SHARES, id=DRILL.id)),
    ):
        with pytest.raises(InvalidInput, match="the same"):
            Schedule(twice)


GOOD = DRILL.content()


@pytest.mark.parametrize(
    "entries",
    [
        "none",
        None,
        {},
        [None],
        [{name: value for name, value in GOOD.items() if name != "last"}],
        [{**GOOD, "what": "dance"}],
        [{**GOOD, "what": []}],
        [{**GOOD, "every": "1 year"}],
        [{**GOOD, "every": 86400.0}],
        [{**GOOD, "since": -1}],
        [{**GOOD, "since": None}],
        [{**GOOD, "last": True}],
        [{**GOOD, "id": "0x00"}],
        [{**GOOD, "id": None}],
        [{**GOOD, "name": None}],
        [{**KEY.content(), "signer": 5}],
        [{**KEY.content(), "signer": "0x12"}],
        [{**KEY.content(), "name": "red\x1b[31m"}],
        [GOOD, GOOD],
    ],
)
def test_a_file_that_cannot_be_is_refused(entries: object) -> None:
    with pytest.raises(InvalidFile):
        Schedule.loads(forged(ALL.dumps(), entries=entries))


def test_an_altered_file_is_refused() -> None:
    with pytest.raises(InvalidFile, match="checksum"):
        Schedule.loads(ALL.dumps().replace("test the Ledger", "test the ledger"))


# ------------------------------------------------------------------------------------------------- words


def test_intervals_and_days_are_said_as_people_say_them() -> None:
    said = {YEAR: "year", 2 * YEAR: "2 years", 7 * DAY: "week", 182 * DAY: "26 weeks", DAY: "day", 10 * DAY: "10 days"}
    assert {every: interval(every) for every in said} == said
    assert [age(every) for every in (YEAR, 2 * YEAR)] == ["a year", "2 years"]
    assert day(NOW) == "15 Jan 2027" and day(0) == "1 Jan 1970"


def test_the_titles_say_what_is_to_be_done() -> None:
    titles = [due.title for due in agenda(ALL, (shown(None),), NOW)]
    short = f"{str(PHONE)[:6]}…{str(PHONE)[-4:]}"
    assert f"Replace the key phone ({short})" in titles
    assert "Practise a recovery" in titles and "test the Ledger" in titles
    assert "Have the holders of set 61207365 show their shares" in titles
    (nameless,) = agenda(Schedule((replace(KEY, name=""),)), (), NOW)
    assert nameless.title == f"Replace the key {short}"


def test_programs_get_all_of_it() -> None:
    found = one(Schedule((KEY,)), NOW).as_data()
    assert found == {
        "what": "key",
        "name": "phone",
        "signer": str(PHONE),
        "every": 2 * YEAR,
        "last": NOW - YEAR,
        "dueAt": NOW + YEAR,
        "state": "later",
        "never": [],
        "old": [],
    }
