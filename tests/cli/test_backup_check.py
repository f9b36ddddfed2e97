"""`recovery backup check`: holders show that they still have a readable share, and nobody sees one."""

from __future__ import annotations

import json
from pathlib import Path

import pyrage
import pytest

from recovery.backup.proving import Answer
from recovery.backup.share import SetNote, Share
from recovery.plan import PolicyPlan
from tests.cli.conftest import Console
from tests.cli.guardian_world import FOLDER, folder_of
from tests.recovery.samples import forged
from tests.world import person

KEY = "0x" + bytes(person("owner").key).hex()
HOLDERS = ("--holder", "Xaver", "--holder", "Yara", "--holder", "Zoe")


@pytest.fixture
def note(console: Console, policy: PolicyPlan) -> SetNote:
    """A set of three shares, in `out`, with a challenge in `ask.json`."""
    folder_of(console, policy, None)
    split(console, "out")
    console.run("backup", "check", *FOLDER, "-o", "ask.json")
    return noted(console)


def split(console: Console, out: str, *more: str) -> None:
    arguments = ("backup", "split", "--raw-key", "--group", "2 of 3", *HOLDERS, *FOLDER, "-o", out, *more)
    console.run(*arguments, passwords=[KEY])


def noted(console: Console) -> SetNote:
    (path,) = (console.home / "mine/shares").glob("set-*.json")
    return SetNote.loads(path.read_text())


def shares(console: Console, out: str = "out") -> list[str]:
    return sorted(str(path.relative_to(console.home)) for path in (console.home / out).glob("share-*"))


def listed(console: Console) -> list[dict[str, object]]:
    (found,) = json.loads(console.run("backup", "list", *FOLDER, "--json").out)
    return list(found["holders"])


def test_a_holder_answers_and_the_owner_files_it(console: Console, note: SetNote) -> None:
    before = console.files()
    console.run("backup", "answer", "ask.json", shares(console)[1], "-o", "a.json")
    assert {name for name in console.files() if name not in before} == {"a.json"}
    said = console.run("backup", "receive", "a.json", *FOLDER)
    assert f"Yara has share 1.2 of set {note.about.short}. That is filed." in said.words
    asked = Answer.loads((console.home / "a.json").read_text()).challenge.time
    assert [holder["shown"] for holder in listed(console)] == [None, asked, None]
    text = console.run("backup", "list", *FOLDER).words
    assert text.count("never shown") == 2 and "shown" in text
    console.run("backup", "receive", "a.json", *FOLDER)


def test_words_from_paper_and_sealed_shares_answer_too(console: Console, note: SetNote) -> None:
    words = Share.loads((console.home / shares(console)[0]).read_text()).words.text
    short = " ".join(word[:4] for word in words.split())
    console.run("backup", "answer", "ask.json", "--typed", "-o", "a.json", passwords=[short])
    identity = pyrage.x25519.Identity.generate()
    (console.home / "zoe.key").write_text(f"{identity}\n")
    console.run("backup", "seal", shares(console)[2], "--to", str(identity.to_public()), "-o", "zoe.age")
    console.run("backup", "answer", "ask.json", "zoe.age", "--identity", "zoe.key", "-o", "b.json")
    console.run("backup", "receive", "a.json", "b.json", *FOLDER)
    assert [holder["shown"] is not None for holder in listed(console)] == [True, False, True]
    assert words not in " ".join(console.said)


def test_an_answer_to_an_older_challenge_is_refused(console: Console, note: SetNote) -> None:
    console.run("backup", "answer", "ask.json", shares(console)[0], "-o", "a.json")
    console.run("backup", "check", *FOLDER, "-o", "again.json")
    console.refuses("backup", "receive", "a.json", *FOLDER, because="does not answer your last challenge")


def test_an_answer_with_another_share_is_refused_and_the_others_are_filed(console: Console, note: SetNote) -> None:
    console.run("backup", "answer", "ask.json", shares(console)[0], "-o", "a.json")
    console.run("backup", "answer", "ask.json", shares(console)[1], "-o", "b.json")
    (console.home / "bad.json").write_text(forged((console.home / "a.json").read_text(), member=3))
    because = f"is not signed by a share 1.3 of set {note.about.short}"
    console.refuses("backup", "receive", "bad.json", *FOLDER, because=because)
    (console.home / "far.json").write_text(forged((console.home / "a.json").read_text(), member=4))
    console.refuses("backup", "receive", "far.json", *FOLDER, because="is not signed by a share 1.4")
    said = console.run("backup", "receive", "bad.json", "b.json", *FOLDER, code=1)
    assert "Yara has share 1.2" in said.words and "1 of 2 answers were not filed" in said.words
    assert [holder["shown"] is not None for holder in listed(console)] == [False, True, False]


def test_an_answer_in_the_folder_that_is_not_good_counts_for_nothing(console: Console, note: SetNote) -> None:
    console.run("backup", "answer", "ask.json", shares(console)[0], "-o", "a.json")
    console.run("backup", "receive", "a.json", *FOLDER)
    (path,) = (console.home / "mine/shares").glob("answer-*.json")
    path.write_text(forged(path.read_text(), time=2_000_000_000))
    assert [holder["shown"] for holder in listed(console)] == [None, None, None]


def test_who_was_silent_for_a_year_is_to_be_asked(
    console: Console, note: SetNote, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [holder["due"] for holder in listed(console)] == [False] * 3
    year = note.about.made + 365 * 86_400
    monkeypatch.setattr("recovery.cli.backup.time.time", lambda: float(year - 1))
    assert [holder["due"] for holder in listed(console)] == [False] * 3
    monkeypatch.setattr("recovery.cli.backup.time.time", lambda: float(year))
    assert [holder["due"] for holder in listed(console)] == [True] * 3
    assert "ask for it (recovery backup check)" in console.run("backup", "list", *FOLDER).words


def test_slips_are_said(console: Console, note: SetNote) -> None:
    one = shares(console)[0]
    split(console, "other", "--second-set")
    answer = ("backup", "answer", "ask.json")
    because = "this share is of set"
    console.refuses(*answer, shares(console, "other")[0], because=because)
    console.refuses(*answer, because="Which share?", code=2)
    console.refuses(*answer, one, "--typed", because="Which share?", code=2)
    console.refuses(*answer, "policy.yaml", because="is no share", code=2)
    console.refuses("backup", "answer", one, one, because="is a share of a secret", code=2)
    path = next(Path(console.home / "mine/shares").glob("set-*.json"))
    console.refuses(*answer, str(path), because="holds no share", code=2)
    console.refuses("backup", "check", *FOLDER, because="There are several sets", code=2)
    console.refuses("backup", "check", "--set", "zz", *FOLDER, because="There is no set 'zz'", code=2)
    console.run("backup", "check", "--set", note.about.short, *FOLDER)
    console.refuses("backup", "check", "--set", note.about.short, *FOLDER, because="exists already", code=2)
    console.refuses("backup", "receive", "ask.json", *FOLDER, because="is a challenge to show a share", code=2)
    console.run("backup", "answer", "ask.json", one, "-o", "a.json")
    for each in (console.home / "mine/shares").glob("*"):
        each.unlink()
    console.refuses("backup", "receive", "a.json", *FOLDER, because="knows nothing")
    console.refuses("backup", "check", *FOLDER, because="that are in use", code=2)
