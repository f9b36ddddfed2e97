"""`recovery status --folder`: what is due, after what is urgent and as calm as it is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from recovery.backup.share import SetNote
from recovery.folder import Folder
from recovery.plan import PolicyPlan
from tests.cli.conftest import NEW, OWNER, PAYER, Console, Setting, recovering
from tests.cli.guardian_world import FOLDER, folder_of, now, receipt
from tests.cli.test_backup_check import noted, shares, split
from tests.live import Live
from tests.proxy import SECRET, node
from tests.world import person

DAY = 86_400
SCHEDULE = ("keys", "schedule", *FOLDER)
PHONE = person("owner").address


@pytest.fixture
def mine(live: Live, console: Console, setting: Setting) -> Folder:
    """The owner's folder; all guardians have answered."""
    folder = folder_of(console, setting.plan, setting.wallet)
    for guardian in setting.plan.guardians:
        folder.add_receipt(receipt(folder.kit(setting.plan, guardian.name), time=now()))
    return folder


def data(console: Console) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(console.run("status", *FOLDER, "--json").out)
    return found


def put(console: Console, *what: str, ago: int, every: str = "10 days") -> None:
    on = time.strftime("%Y-%m-%d", time.gmtime(now() - ago * DAY))
    console.run(*SCHEDULE, *what, "--every", every, "--on", on)


def test_without_a_schedule_nothing_is_said_of_it(console: Console, mine: Folder) -> None:
    said = console.run("status", *FOLDER)
    assert "▶ Nothing to do." in said.out and "schedule" not in said.out
    assert data(console)["schedule"] == []


def test_what_is_not_due_yet_is_one_line(console: Console, mine: Folder) -> None:
    put(console, "--drill", ago=3)
    put(console, "--key", PHONE, ago=1)
    said = console.run("status", *FOLDER)
    assert "▶ Nothing to do." in said.out and said.out.count("Practise a recovery") == 1
    assert "Next on your schedule, on " in said.out and "Replace the key" not in said.out
    assert [each["state"] for each in data(console)["schedule"]] == ["later", "later"]


def test_what_is_due_is_said_with_its_command(console: Console, mine: Folder, setting: Setting) -> None:
    put(console, "--key", PHONE, ago=20)
    put(console, "--drill", ago=60)
    put(console, "--reminder", "test the Ledger", ago=1)
    said = console.run("status", *FOLDER)
    assert "▶ No recovery is under way." in said.out and "Next on your schedule" not in said.out
    assert "▶ Practise a recovery: due since" in said.out and "The first command ends with a rehearsal" in said.words
    assert "      recovery keys schedule --drill --done --folder mine\n" in said.out
    assert f"      recovery keys rotate {setting.wallet} --folder mine --new-owner ADDR" in said.out
    assert "test the Ledger" not in said.out
    found = data(console)
    assert [(each["what"], each["state"]) for each in found["schedule"]] == [
        ("drill", "overdue"),
        ("key", "due"),
        ("reminder", "later"),
    ]
    assert [todo["urgent"] for todo in found["todo"]] == [False] * 3


def test_a_key_that_keys_rotate_has_replaced_is_due_no_more(console: Console, mine: Folder, setting: Setting) -> None:
    put(console, "--key", PHONE, ago=20)
    new = ("--new-owner", NEW, "--new-signer", "new", "--backed-up")
    done = console.run("keys", "rotate", setting.wallet, *new, *FOLDER, *OWNER, *PAYER, passwords=3)
    assert "Your schedule has the new keys." in done.words
    (found,) = data(console)["schedule"]
    assert (found["signer"], found["state"]) == (NEW, "later")


def test_of_many_things_that_are_due_it_is_said_how_many(console: Console, mine: Folder) -> None:
    for text in ("one", "two", "three"):
        put(console, "--reminder", text, ago=20)
    assert console.run("status", *FOLDER).out.count("▶") == 4
    put(console, "--drill", ago=20)
    said = console.run("status", *FOLDER)
    assert "▶ 4 things on your schedule are due:" in said.out and said.out.count("▶") == 2
    assert "      recovery keys schedule --folder mine\n" in said.out


def test_what_is_urgent_comes_first(live: Live, console: Console, mine: Folder, setting: Setting) -> None:
    put(console, "--drill", ago=60)
    recovering(console, "friends")
    said = console.run("status", *FOLDER)
    assert said.out.index("Recovery under way") < said.out.index("Practise a recovery")
    with node(live.url) as elsewhere:
        said = console.run("status", *FOLDER, "--network", elsewhere.url)
    assert "--account KEY --network URL\n" in said.out  # of the chain's commands
    assert "--drill --done --folder mine\n" in said.out  # this one asks no chain


# ------------------------------------------------------------------------------------------------ shares


@pytest.fixture
def note(console: Console, mine: Folder, monkeypatch: pytest.MonkeyPatch) -> SetNote:
    """A set of three shares; Yara was asked for hers a second later, and has shown it."""
    split(console, "out")
    asked = float(noted(console).about.made + 1)
    with monkeypatch.context() as patched:
        patched.setattr("recovery.cli.backup_check.time.time", lambda: asked)
        console.run("backup", "check", *FOLDER, "-o", "ask.json")
    console.run("backup", "answer", "ask.json", shares(console)[1], "-o", "a.json")
    console.run("backup", "receive", "a.json", *FOLDER)
    return noted(console)


def later(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    monkeypatch.setattr("recovery.cli.status.time.time", lambda: float(at))


def test_holders_are_asked_again_a_year_after_they_have_shown_their_shares(
    console: Console, note: SetNote, monkeypatch: pytest.MonkeyPatch
) -> None:
    year, asked = note.about.made + 365 * DAY, f"recovery backup check --set {note.about.short} --folder mine"
    later(monkeypatch, year - 1)
    said = console.run("status", *FOLDER)
    assert f"Have the holders of set {note.about.short} show their shares." in said.words and asked not in said.out
    later(monkeypatch, year)
    said = console.run("status", *FOLDER)
    assert f"Set {note.about.short}: Xaver and Zoe have never shown their shares. Ask them:" in said.words
    assert f"      {asked}\n" in said.out
    later(monkeypatch, year + DAY)
    said = console.run("status", *FOLDER)
    assert "have never shown their shares, and Yara has not shown theirs for a year." in said.words
    (found,) = data(console)["schedule"]
    assert (found["never"], found["old"], found["name"]) == (["Xaver", "Zoe"], ["Yara"], note.about.short)


def test_how_often_holders_are_asked_is_the_owners_choice(
    console: Console, note: SetNote, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.run(*SCHEDULE, "--shares", "--every", "2 weeks")
    later(monkeypatch, note.about.made + 14 * DAY - 1)
    assert "never shown their shares" not in console.run("status", *FOLDER).words
    later(monkeypatch, note.about.made + 14 * DAY)
    assert "Xaver and Zoe have never shown their shares" in console.run("status", *FOLDER).words
    (listed,) = json.loads(console.run("backup", "list", *FOLDER, "--json").out)
    assert [holder["due"] for holder in listed["holders"]] == [True, False, True]
    assert "Xaver and Zoe have never shown" in console.run(*SCHEDULE).words


def test_of_a_set_that_was_given_up_nobody_is_asked(
    console: Console, note: SetNote, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = (console.home / "mine/shares").glob("set-*.json")
    path.write_text(note.retire(note.about.made + 1).dumps())
    later(monkeypatch, note.about.made + 366 * DAY)
    assert data(console)["schedule"] == []


# -------------------------------------------------------------------------------------------- all the same


def test_a_schedule_that_is_damaged_hides_nothing_else(console: Console, mine: Folder) -> None:
    (mine.path / "schedule.json").write_text("{}")
    recovering(console, "friends")
    done = console.run("status", *FOLDER)
    assert "What is due is not known. mine/schedule.json is not an owner's schedule." in " ".join(done.err.split())
    assert "Recovery under way" in done.out and "schedule" not in data(console)


def test_dates_of_the_schedule_go_into_the_calendar_too(console: Console, mine: Folder) -> None:
    put(console, "--drill", ago=3)
    put(console, "--reminder", "test the Ledger", ago=60)
    console.run("status", *FOLDER, "--ics", "with.ics")
    console.run("status", mine.note.account or "", "--policy", "policy.json", "--ics", "without.ics")
    texts = [(console.home / name).read_text() for name in ("with.ics", "without.ics")]
    counts = [text.count("BEGIN:VEVENT") for text in texts]
    assert counts[0] == counts[1] + 1 and "SUMMARY:Practise a recovery" in texts[0] and "Ledger" not in texts[0]


def test_of_several_chains_the_first_that_answers_says_what_is_due(
    live: Live, console: Console, mine: Folder, policy: PolicyPlan
) -> None:
    put(console, "--drill", ago=60)
    gone = f"http://127.0.0.1:9/v3/{SECRET}"
    both = ("--network", gone, "--also", live.url, "--also", live.url)
    found = json.loads(console.run("status", *FOLDER, *both, "--json").out)
    assert ["schedule" in each for each in found] == [False, True, False]
    assert console.run("status", *FOLDER, *both).out.count("Practise a recovery") == 1
