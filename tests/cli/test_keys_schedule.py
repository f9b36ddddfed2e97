"""`recovery keys schedule`: what is due, from the owner's folder alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from icalendar import Calendar

from recovery.cli.due import schedule_in
from recovery.cli.keys_schedule import note_rotation
from recovery.folder import AccountNote, Folder
from recovery.keys.schedule import What
from tests.cli.conftest import Console
from tests.cli.guardian_world import FOLDER
from tests.recovery.samples import ACCOUNT, NOTE, OWNED, forged
from tests.world import signer

#: Thu 1 Jan 2026 00:00 UTC.
NEW_YEAR = 1_767_225_600
DAY = 86_400
YEAR = 365 * DAY
SCHEDULE = ("keys", "schedule", *FOLDER)
PHONE, FRESH = str(signer("owner one")), str(signer("fresh"))
KEY = "0x" + "5a" * 32


@pytest.fixture
def mine(console: Console, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The owner's folder, at midday of the first of January 2026."""
    monkeypatch.setattr("recovery.cli.keys_schedule.time.time", lambda: float(NEW_YEAR + DAY // 2))
    folder = Folder.create(console.home / "mine", NOTE)
    folder.add_plan(OWNED)
    return folder.path


def listed(console: Console, *arguments: str) -> dict[str, dict[str, object]]:
    found = json.loads(console.run(*SCHEDULE, *arguments, "--json").out)["schedule"]
    return {each["name"] or each["what"]: each for each in found}


def test_nothing_is_on_a_schedule_that_the_owner_has_not_put_there(console: Console, mine: Path) -> None:
    said = console.run(*SCHEDULE)
    assert "There is no date on your schedule." in said.words
    assert "recovery keys schedule --suggested --folder mine" in said.out
    assert listed(console) == {} and not (mine / "schedule.json").exists()


def test_what_is_suggested_is_put_there_at_a_word_and_once(console: Console, mine: Path) -> None:
    said = console.run(*SCHEDULE, "--suggested")
    assert "If one was replaced: --key ADDR --done --by ADDR" in said.words
    assert "every 2 years: replacing the key phone" in said.words and "every 26 weeks: practising" in said.words
    assert {name: each["every"] for name, each in listed(console).items()} == {
        "phone": 2 * YEAR,
        "ledger": 2 * YEAR,
        "drill": 182 * DAY,
    }
    assert schedule_in(mine).of(What.SHARES) is not None
    assert (mine / "schedule.json").stat().st_mode & 0o777 == 0o600
    before = console.files()
    assert "All of that is on your schedule already." in console.run(*SCHEDULE, "--suggested").words
    assert console.files() == before
    # The policy file's keys may have been replaced by those on the schedule.
    console.run(*SCHEDULE, "--key", "phone", "--remove")
    console.run(*SCHEDULE, "--suggested")
    assert "phone" not in listed(console)


def test_where_no_key_is_known_the_owner_is_told_how_to_add_them(console: Console, mine: Path) -> None:
    for path in (mine / "policies").iterdir():
        path.unlink()
    said = console.run(*SCHEDULE, "--suggested")
    assert 'names no key of yours. Add each: --key ADDR --every "2 years"' in said.words
    assert list(listed(console)) == ["drill"]


def test_the_soonest_comes_first_with_the_command_that_does_it(console: Console, mine: Path) -> None:
    console.run(*SCHEDULE, "--drill", "--every", "26 weeks")
    console.run(*SCHEDULE, "--key", "phone", "--every", "2 years", "--on", "2023-12-31")
    console.run(*SCHEDULE, "--key", FRESH, "--every", "2 years", "--on", "2023-12-01")
    said = console.run(*SCHEDULE, "--reminder", "test the Ledger", "--every", "10 days", "--on", "2025-12-25")
    assert "On your schedule every 10 days: test the Ledger." in said.words
    places = [
        said.out.index(text)
        for text in (
            f"▶ overdue since 30 Nov 2025: Replace the key {FRESH[:6]}",
            "▶ due since 30 Dec 2025: Replace the key phone",
            "4 Jan 2026: test the Ledger",
            "2 Jul 2026: Practise a recovery",
        )
    ]
    assert places == sorted(places)
    assert "every 2 years; in use since 31 Dec 2023" in said.words and "every 26 weeks; not done yet" in said.words
    for command in (
        f"recovery keys rotate {ACCOUNT} --folder mine --new-owner ADDR --new-signer KEY --signer KEY --account KEY "
        "--network URL",
        "recovery keys schedule --reminder 'test the Ledger' --done --folder mine",
        "recovery keys schedule --drill --done --folder mine",
    ):
        assert f"      {command}\n" in said.out


def test_what_was_done_begins_anew(console: Console, mine: Path) -> None:
    noon = NEW_YEAR + DAY // 2
    assert listed(console, "--drill", "--every", "10 days")["drill"]["dueAt"] == noon + 10 * DAY
    done = listed(console, "--drill", "--done", "--on", "2025-12-01")["drill"]
    assert (done["last"], done["dueAt"], done["state"]) == (NEW_YEAR - 31 * DAY, NEW_YEAR - 21 * DAY, "due")
    done = listed(console, "--drill", "--done")["drill"]
    assert (done["last"], done["dueAt"], done["state"]) == (noon, noon + 10 * DAY, "later")
    assert listed(console, "--drill", "--every", "20 days")["drill"]["dueAt"] == noon + 20 * DAY
    assert listed(console, "--drill", "--done", "--on", "2026-01-01")["drill"]["last"] == NEW_YEAR


def test_what_is_removed_is_gone(console: Console, mine: Path) -> None:
    console.run(*SCHEDULE, "--suggested")
    assert "Taken off your schedule: practising" in console.run(*SCHEDULE, "--drill", "--remove").words
    assert "It is still due every year." in console.run(*SCHEDULE, "--shares", "--remove").words
    assert list(listed(console)) == ["ledger", "phone"]


def test_a_key_that_took_anothers_place_is_in_its_place(console: Console, mine: Path) -> None:
    console.run(*SCHEDULE, "--key", "phone", "--every", "3 years")
    said = console.run(*SCHEDULE, "--key", "phone", "--done", "--by", FRESH, "--on", "2025-06-01")
    assert f"{FRESH[:6]}…{FRESH[-4:]} has taken the place of phone" in said.words
    (found,) = listed(console).values()
    assert (found["signer"], found["every"], found["last"]) == (FRESH, 3 * YEAR, NEW_YEAR - 214 * DAY)


def test_keys_rotate_notes_the_keys_on_the_schedule_once(
    console: Console, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, old, new = Folder.open(mine), [signer("owner one")], [signer("fresh")]
    note_rotation(folder, old, new, NEW_YEAR)
    assert not (mine / "schedule.json").exists() and capsys.readouterr().out == ""
    console.run(*SCHEDULE, "--key", PHONE, "--every", "1 year")
    note_rotation(folder, old, new, NEW_YEAR)
    assert "Your schedule has the new keys." in capsys.readouterr().out
    after = console.files()
    note_rotation(folder, old, new, NEW_YEAR + DAY)
    assert console.files() == after and capsys.readouterr().out == ""
    assert [(each["signer"], each["dueAt"]) for each in listed(console).values()] == [(FRESH, NEW_YEAR + YEAR)]
    # The keys are replaced by then: what is wrong with the schedule must not look as if they were not.
    (mine / "schedule.json").write_text("{}")
    note_rotation(folder, old, new, NEW_YEAR)
    assert "Your schedule does not have the new keys" in capsys.readouterr().err


def test_dates_go_into_a_calendar_and_keep_their_uids(console: Console, mine: Path) -> None:
    console.run(*SCHEDULE, "--key", PHONE, "--every", "2 years")
    console.run(*SCHEDULE, "--drill", "--every", "2 days", "--on", "2025-12-01")
    said = console.run(*SCHEDULE, "--ics", "one.ics")
    assert "1 date written to one.ics. What is due already (1) is not among them." in said.words
    console.run(*SCHEDULE, "--key", PHONE, "--done", "--by", FRESH)
    console.run(*SCHEDULE, "--drill", "--done")
    console.run(*SCHEDULE, "--ics", "two.ics")
    first, second = (
        {
            str(event["UID"]): str(event["SUMMARY"])
            for event in Calendar.from_ical((console.home / name).read_bytes()).walk("VEVENT")
        }
        for name in ("one.ics", "two.ics")
    )
    # The new key's event takes the place of the old one's.
    assert set(first) < set(second) and len(second) == 2
    assert f"Practise a recovery, account {ACCOUNT[:6]}…{ACCOUNT[-4:]}" in second.values()
    assert [text for uid, text in second.items() if uid in first][0].startswith(f"Replace the key {FRESH[:6]}")
    # That is seen before anything is changed.
    console.refuses(*SCHEDULE, "--drill", "--every", "3 days", "--ics", "one.ics", because="exists already", code=2)


def test_where_no_date_is_to_come_no_calendar_is_written(console: Console, mine: Path) -> None:
    console.refuses(*SCHEDULE, "--ics", "dates.ics", because="There is no date to come")


@pytest.mark.parametrize(
    ("typed", "because"),
    [
        (("--drill",), "What about it?"),
        (("--done",), "Of what"),
        (("--every", "1 day"), "Of what"),
        (("--on", "2025-01-01"), "Of what"),
        (("--by", FRESH), "Of what"),
        (("--drill", "--key", PHONE, "--every", "1 day"), "One thing at a time"),
        (("--drill", "--on", "2025-01-01"), "What about it?"),
        (("--drill", "--remove", "--done"), "goes with no other change"),
        (("--drill", "--remove", "--every", "1 day"), "goes with no other change"),
        (("--shares", "--done"), "there is nothing to note"),
        (("--shares", "--every", "1 year", "--on", "2025-01-01"), "there is nothing to note"),
        (("--key", PHONE, "--done"), "Which? --by ADDR"),
        (("--key", "phone", "--done", "--by", PHONE), "names the same key"),
        (("--drill", "--done", "--by", FRESH), "--by goes with --key and --done"),
        (("--key", PHONE, "--every", "1 year", "--by", FRESH), "--by goes with --key and --done"),
        (("--key", FRESH, "--done", "--by", PHONE), "That is not on your schedule"),
        (("--drill", "--done"), "That is not on your schedule"),
        (("--reminder", "test", "--remove"), "That is not on your schedule"),
        (("--drill", "--every", "36 hours"), "whole days, from one day to 10 years"),
        (("--drill", "--every", "0 days"), "whole days"),
        (("--drill", "--every", "11 years"), "10 years"),
        (("--drill", "--every", "soon"), "is not a length of time"),
        (("--drill", "--every", "1 day", "--on", "2026-01-02"), "2026-01-02 is to come"),
        (("--drill", "--every", "1 day", "--on", "1969-12-31"), "is too early"),
        (("--drill", "--every", "1 day", "--on", "31.12.2025"), "does not match"),
        (("--reminder", " ", "--every", "1 day"), "one line of 1 to 100 characters"),
        (("--reminder", KEY, "--every", "1 day"), "looks like a private key"),
        (("--key", KEY, "--every", "1 day"), "looks like a private key"),
        (("--key", PHONE, "--done", "--by", KEY), "looks like a private key"),
        (("--key", "somebody", "--every", "1 day"), "is not an address"),
        (("--suggested", "--drill"), "--suggested goes alone"),
        (("--suggested", "--every", "1 day"), "--suggested goes alone"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    console: Console, mine: Path, typed: tuple[str, ...], because: str
) -> None:
    console.refuses(*SCHEDULE, *typed, because=because, code=2)
    assert KEY[2:] not in "".join(console.said)


def test_a_damaged_schedule_is_not_written_over(console: Console, mine: Path) -> None:
    console.run(*SCHEDULE, "--suggested")
    path = mine / "schedule.json"
    path.write_text(path.read_text().replace("drill", "thrill"))
    because = "its checksum is wrong. Take it from a copy of your folder, or move it away and make another"
    console.refuses(*SCHEDULE, "--drill", "--done", because=because, code=2)
    path.write_text(forged(path.read_text(), entries={}))
    console.refuses(*SCHEDULE, because="cannot be right", code=2)


def test_it_takes_no_folder_but_an_owners(console: Console) -> None:
    console.refuses("keys", "schedule", because="Which folder?", code=2)
    console.refuses("keys", "schedule", "--folder", "kits", because="is not an owner's folder", code=2)


def test_a_folder_without_an_account_has_a_schedule_too(console: Console) -> None:
    Folder.create(console.home / "mine", AccountNote("Olga"))
    said = console.run(*SCHEDULE, "--key", PHONE, "--every", "1 year")
    assert "recovery keys rotate ADDR --new-owner" in said.out
    console.run(*SCHEDULE, "--ics", "dates.ics")
    assert ", account" not in (console.home / "dates.ics").read_text()


def test_what_a_killed_process_leaves_of_the_schedule_is_removed(console: Console, mine: Path) -> None:
    left = mine / ".schedule.json.abcdefgh"
    left.touch(0o600)
    os.utime(left, (NEW_YEAR - DAY, NEW_YEAR - DAY))
    console.run(*SCHEDULE)
    assert not left.exists()
