"""`recovery backup heal`: a fresh set in the place of one that is given up."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from recovery.backup.share import SetNote, Share
from recovery.cli import backup_heal, backup_making
from recovery.plan import PolicyPlan
from tests.cli.conftest import Console
from tests.cli.guardian_world import FOLDER, folder_of
from tests.world import person

KEY = "0x" + bytes(person("owner").key).hex()
PHRASE = "sesame street"
HEALED = ("--group", "2 of 2", "--holder", "Yara", "--holder", "Zoe", *FOLDER)


def holding(*names: str) -> tuple[str, ...]:
    return tuple(part for name in names for part in ("--holder", name))


@pytest.fixture(autouse=True)
def mine(console: Console, policy: PolicyPlan) -> None:
    folder_of(console, policy, None)


def split(console: Console, *more: str, secret: tuple[str, ...] = ()) -> None:
    arguments = ("--raw-key", "--group", "2 of 3", *holding("Xaver", "Yara", "Zoe"), "--label", "main", *FOLDER)
    console.run("backup", "split", *arguments, "-o", "old", *more, passwords=[KEY, *secret])


def notes(console: Console) -> dict[str, SetNote]:
    found = [SetNote.loads(path.read_text()) for path in (console.home / "mine/shares").glob("set-*.json")]
    return {note.about.short: note for note in found}


def shares(console: Console, where: str) -> list[str]:
    return sorted(str(path.relative_to(console.home)) for path in (console.home / where).glob("share-*"))


def test_two_who_are_left_make_three_again_and_the_old_set_is_given_up(console: Console) -> None:
    split(console)
    old = shares(console, "old")
    (before,) = notes(console).values()
    arguments = ("--group", "3 of 5", *holding("Xaver", "Yara", "Wim", "Vera", "Udo"), *FOLDER, "-o", "new")
    said = console.run("backup", "heal", *old[:2], *arguments)
    assert (
        "still give the same key, wherever they are" in said.words and "that key still opens the account" in said.words
    )
    for holder in ("Xaver", "Yara", "Zoe"):
        assert f"{holder} share 1." in said.words
    after = notes(console)
    assert after[before.about.short].retired is not None
    (fresh,) = [note for note in after.values() if note.retired is None]
    assert (fresh.about.label, fresh.about.address, fresh.about.rule) == ("main", person("owner").address, "3 of 5")
    new = shares(console, "new")
    console.run("backup", "combine", *new[1:4], "--as", "hex", "-o", "back.txt")
    assert (console.home / "back.txt").read_text().strip() == KEY[2:]
    console.refuses("backup", "combine", new[0], old[0], because="is of another set", code=2)
    for name in [*old, *new]:
        assert Share.loads((console.home / name).read_text()).words.text not in "\n".join(console.said)
    assert KEY[2:] not in "\n".join(console.said)


def test_a_passphrase_is_asked_for_and_a_new_one_set(console: Console) -> None:
    split(console, "--passphrase", secret=(PHRASE,))
    old = shares(console, "old")
    arguments = ("backup", "heal", *old[1:], "--group", "2 of 2", *holding("Yara", "Zoe"), *FOLDER, "-o", "new")
    console.refuses(*arguments, "--passphrase", because="The passphrase is wrong", passwords=["wrong", "another one"])
    console.run(*arguments, "--passphrase", passwords=[PHRASE, "another one"])
    options = ("--as", "hex", "-o", "back.txt")
    console.refuses("backup", "combine", *shares(console, "new"), because="is wrong", passwords=[PHRASE])
    console.run("backup", "combine", *shares(console, "new"), *options, passwords=["another one"])
    assert (console.home / "back.txt").read_text().strip() == KEY[2:]


def test_words_on_paper_heal_as_well(console: Console) -> None:
    split(console)
    typed = [Share.loads((console.home / name).read_text()).words.text for name in shares(console, "old")[:2]]
    arguments = ("--typed", "--group", "2 of 3", *holding("A", "B", "C"), *FOLDER, "-o", "new")
    console.run("backup", "heal", *arguments, passwords=typed)
    assert len(notes(console)) == 2


def test_what_cannot_be_healed_is_refused_and_nothing_given_up(console: Console) -> None:
    split(console)
    old = shares(console, "old")
    options = ("--group", "2 of 3", *holding("A", "B", "C"), *FOLDER, "-o", "new")
    console.refuses("backup", "heal", old[0], *options, because="1 more share is needed")
    console.refuses("backup", "heal", *options, because="Which shares?", code=2)
    console.refuses("backup", "heal", *old, *options[:-2], "-o", "old", because="old exists already", code=2)
    guardians = ("--group", "2 of 2", *holding("Ana", "B"), *FOLDER)
    console.refuses("backup", "heal", *old, *guardians, because="both a share and a guardian's vote")
    for path in (console.home / "mine/shares").glob("set-*"):
        path.unlink()
    console.refuses("backup", "heal", *old, *options, because="knows nothing. Nothing was written")
    typed = [Share.loads((console.home / name).read_text()).words.text for name in old[:2]]
    because = "says what these words are of"
    console.refuses("backup", "heal", "--typed", *options, because=because, code=2, passwords=typed)


def test_a_damaged_note_keeps_nobody_from_the_secret(console: Console) -> None:
    split(console)
    (console.home / "mine/shares/set-00000000.json").write_text("{}")
    console.refuses("backup", "list", *FOLDER, because="move it away: no share depends on it", code=2)
    said = console.run("backup", "combine", *shares(console, "old")[1:], *FOLDER, "--as", "hex", "-o", "secret.txt")
    assert "set-00000000.json" in said.words and "It is left out." in said.words
    assert (console.home / "secret.txt").read_text().strip() == KEY[2:]


def test_the_command_that_replaces_the_key_takes_shares_from_where_they_came() -> None:
    given = {"groups": ["2 of 2"], "group_threshold": None, "names": ["Yara", "Zoe"], "sheets": None}
    given |= {"passphrase": False, "guardians_too": False}
    taken = backup_heal._taken((Path("a b.age"),), True, (Path("key.txt"),))
    line = backup_heal._with_rotate(taken, SimpleNamespace(path=Path("mine")), given)  # type: ignore[arg-type]
    assert line.startswith("recovery backup heal 'a b.age' --identity key.txt --typed --rotate --group '2 of 2' ")


def test_words_in_the_place_of_a_file_are_not_shown(console: Console) -> None:
    split(console)
    words = Share.loads((console.home / shares(console, "old")[0]).read_text()).words.text
    for command in (("combine",), ("heal", *HEALED), ("sheet", "make")):
        for secret in (words, KEY):
            done = console.run("backup", *command, secret, code=2)
            assert "the shell keeps what you type" in done.words
            assert words.split()[9] not in done.words and KEY[2:] not in done.words


def test_what_a_killed_process_leaves_of_shares_is_not_hidden(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    write = backup_making._write_share

    def written(place: Path, share: Share, age_key: str) -> str:
        seen.append(place.name)
        return write(place, share, age_key)

    monkeypatch.setattr(backup_making, "_write_share", written)
    split(console)
    assert len(seen) == 3 and all(name.startswith("unfinished-old-") for name in seen)
    assert not list(console.home.glob("unfinished-*")) and not list(console.home.glob(".old*"))
