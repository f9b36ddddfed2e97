"""`recovery kit`: what guardians keep is made, shown, put on paper, and made again when all else is lost."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from recovery.card import Card
from recovery.folder import Folder
from recovery.kit import Kit
from recovery.plan import PolicyPlan
from recovery.rebuild import LEFT_OUT
from recovery.succession import renewed, replaced
from tests.cli.conftest import Console, Setting, commands
from tests.cli.guardian_world import FOLDER, PAST, address, card, folder_of, opened, put
from tests.live import Live
from tests.recovery.samples import forged


@pytest.fixture
def mine(live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> Setting:
    """The owner's folder with everybody's kit, and no network unless it is given."""
    monkeypatch.delenv("RECOVERY_NETWORK")
    folder_of(console, setting.plan, setting.wallet)
    return setting


def kit(console: Console, name: str) -> Kit:
    return Kit.loads(opened(console).kit_file(name).read_text())


def stale(console: Console) -> list[str]:
    return sorted(path.name for path in (console.home / "mine" / "kits" / "stale").glob("*"))


# ------------------------------------------------------------------------------------------------ make


def test_kits_that_are_missing_are_made_as_files_and_on_paper(console: Console, mine: Setting) -> None:
    for name in ("Ana", "Ben"):
        opened(console).kit_file(name).unlink()
    kept = opened(console).kit_file("Carl").read_bytes()
    said = console.run("kit", "make", *FOLDER)
    for guardian in mine.plan.guardians:
        file = opened(console).kit_file(guardian.name)
        assert Kit.loads(file.read_text()) == opened(console).kit(mine.plan, guardian.name)
        for path in (file, file.with_suffix(".pdf")):
            assert path.stat().st_mode & 0o077 == 0
        assert file.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert opened(console).kit_file("Carl").read_bytes() == kept and not stale(console)
    assert "recovery guardian receive RECEIPT... --folder mine" in commands(said)
    before = console.files()
    assert "Every kit is there and good" in console.run("kit", "make", *FOLDER).words
    assert console.files() == before


def test_a_sheet_that_is_older_than_its_kit_is_drawn_again(console: Console, mine: Setting) -> None:
    sheet = opened(console).kit_file("Ana").with_suffix(".pdf")
    sheet.write_bytes(b"%PDF of another day")
    os.utime(sheet, (PAST, PAST))
    console.run("kit", "make", "Ana", *FOLDER)
    assert len(sheet.read_bytes()) > 1000
    assert "Every kit is there and good" in console.run("kit", "make", "Ana", *FOLDER).words


def test_only_who_needs_another_kit_gets_one(console: Console, mine: Setting) -> None:
    opened(console).add_plan(renewed(mine.plan, ["Ben"]))
    kept = {name: opened(console).kit_file(name).read_bytes() for name in ("Ana", "Carl", "Dora")}
    said = console.run("kit", "make", *FOLDER, "--no-pdf")
    assert kit(console, "Ben") == opened(console).kit(opened(console).newest, "Ben")
    assert {name: opened(console).kit_file(name).read_bytes() for name in kept} == kept
    (moved,) = stale(console)
    assert moved.startswith("kit-ben-20") and moved in said.words
    opened(console).kit_file("Ben").write_text(
        mine.plan.kit("Ben", 31337, kit(console, "Ana").module, mine.wallet).dumps()
    )
    console.run("kit", "make", *FOLDER, "--no-pdf")
    assert len(stale(console)) == 2  # the same day: neither takes the other's name


def test_who_is_named_gets_what_has_changed_in_words_too(console: Console, mine: Setting) -> None:
    opened(console).noting(replace(opened(console).note, questions=(("Ana", "Where?"),)))
    assert "Every kit is there" in console.run("kit", "make", *FOLDER, "--no-pdf").words
    assert "Every kit is there" in console.run("kit", "make", "Ben", *FOLDER, "--no-pdf").words
    console.run("kit", "make", "Ana", *FOLDER, "--no-pdf")
    assert kit(console, "Ana").notes.question == "Where?" and len(stale(console)) == 1


def test_a_kit_of_another_account_is_replaced(console: Console, mine: Setting) -> None:
    file = opened(console).kit_file("Ana")
    file.write_text(mine.plan.kit("Ana", 31337, kit(console, "Ana").module, address("ben")).dumps())
    console.run("kit", "make", *FOLDER, "--no-pdf")
    assert kit(console, "Ana").account == mine.wallet
    assert len(stale(console)) == 1


def test_what_cannot_be_made_is_refused(console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    console.refuses("kit", "make", "Eve", *FOLDER, because="There is no guardian 'Eve'", code=2)
    console.refuses("kit", "make", because="Which folder?", code=2)
    opened(console).add_plan(renewed(mine.plan, ["Ana"]))
    from recovery.errors import MissingExtra

    def nothing(*_: object, **__: object) -> bytes:
        raise MissingExtra("Sheets of paper need reportlab", "pdf")

    monkeypatch.setattr("recovery.sheets.kit_pdf", nothing, raising=False)
    console.refuses("kit", "make", *FOLDER, because="Sheets of paper need reportlab")
    file = opened(console).kit_file("Ben")
    file.write_text(file.read_text().replace("Ben", "Bob"))
    console.refuses("kit", "make", *FOLDER, "--no-pdf", because="has been altered", code=2)


def test_without_an_account_there_are_no_kits(console: Console, policy: PolicyPlan) -> None:
    folder_of(console, policy, None)
    console.refuses("kit", "make", *FOLDER, because="there are no kits. Go on with: recovery setup", code=2)


# --------------------------------------------------------------------------------------- show and pdf


def test_a_kit_is_shown_as_by_policy_show(console: Console, mine: Setting) -> None:
    for more in ((), ("--json",)):
        shown = console.run("kit", "show", "kits/kit-ana.json", *more).out
        assert shown == console.run("policy", "show", "kits/kit-ana.json", *more).out and mine.wallet in shown
    console.refuses("kit", "show", "policy.json", because="a guardian's kit is needed here", code=2)


def test_a_kit_is_put_on_paper(console: Console, mine: Setting) -> None:
    console.run("kit", "pdf", "kits/kit-ana.json")
    console.run("kit", "pdf", "kits/kit-ana.json", "-o", "x.pdf", "--paper", "letter")
    a4, letter = ((console.home / name).read_bytes() for name in ("kits/kit-ana.pdf", "x.pdf"))
    assert a4.startswith(b"%PDF") and letter.startswith(b"%PDF") and a4 != letter
    console.refuses("kit", "pdf", "kits/kit-ana.json", because="kits/kit-ana.pdf exists already", code=2)
    console.refuses("kit", "pdf", "policy.json", because="a guardian's kit is needed here", code=2)


# --------------------------------------------------------------------------------------------- rebuild


def cards(console: Console, *names: str) -> list[str]:
    given: list[str] = []
    for name in names:
        given += ["--card", put(console, f"cards/{name.lower()}.json", card(name))]
    return given


def lost(live: Live, mine: Setting, *more: str) -> tuple[str, ...]:
    network = ("--network", live.url, "--kits", "again/kits", "-o", "again/policy.json")
    return ("kit", "rebuild", "--account", mine.wallet, *network, *more)


def test_policy_file_and_kits_come_back_from_secret_chain_and_cards(
    live: Live, console: Console, mine: Setting
) -> None:
    base = lost(live, mine, *cards(console, "Dora", "Ana", "Carl", "Ben"))
    said = console.run(*base, passwords=[mine.plan.secret.hex()])
    plan = PolicyPlan.loads((console.home / "again" / "policy.json").read_text())
    assert plan.policy == mine.plan.policy and plan.secret == mine.plan.secret
    assert plan.guardians == mine.plan.guardians
    assert plan.next_number == mine.plan.next_number + LEFT_OUT
    assert [path.label for path in plan.paths] == ["0", "1", "2", "3"]
    for name in ("ana", "carl"):
        again = Kit.loads((console.home / "again" / "kits" / f"kit-{name}.json").read_text())
        was = Kit.loads((console.home / "kits" / f"kit-{name}.json").read_text())
        assert replace(again, labels=was.labels) == was
    assert "recovery policy show again/policy.json" in commands(said)
    console.run("policy", "show", "again/policy.json")


def test_with_some_cards_the_kits_of_those_come_back(live: Live, console: Console, mine: Setting) -> None:
    base = lost(live, mine, *cards(console, "Ana", "Dora"), "--card", put(console, "eve.json", card("Eve")))
    typed = "0x" + " ".join(mine.plan.secret.hex().upper()[i : i + 8] for i in range(0, 64, 8))
    said = console.run(*base, passwords=[typed])
    assert "Still unknown: 2 guardians of path 0, 2 guardians of path 1 and 2 guardians of path 2." in said.words
    assert "Eve could not be found in the policy." in said.words
    assert sorted(path.name for path in (console.home / "again").rglob("*.json")) == ["kit-ana.json", "kit-dora.json"]


def test_a_wrong_secret_or_account_finds_nothing(live: Live, console: Console, mine: Setting) -> None:
    base = lost(live, mine, *cards(console, "Ana"))
    wrong = bytes(reversed(mine.plan.secret)).hex()
    console.refuses(*base, because="None of these cards is of a guardian whom this secret hides", passwords=[wrong])
    for typed in (wrong[:-1], wrong + "0", wrong[:-1] + "g", ""):
        console.refuses(*base, because="The policy secret has 64 hexadecimal digits", code=2, passwords=[typed])
    console.refuses(*base, because="There is no terminal on which to ask for the line with the policy secret")
    other = tuple(address("ben") if each == mine.wallet else each for each in base)
    console.refuses(*other, because="has no recovery policy", passwords=[wrong])
    assert wrong not in "".join(console.said)


def test_what_is_there_is_not_overwritten(live: Live, console: Console, mine: Setting) -> None:
    base = lost(live, mine, *cards(console, "Ana"))
    secret = [mine.plan.secret.hex()]
    other = mine.plan.kit("Ana", 5, kit(console, "Ana").module, mine.wallet)
    put(console, "again/kits/kit-ana.json", other)
    console.refuses(
        *base, because="kit-ana.json is another kit. Choose another folder with --kits", code=2, passwords=secret
    )
    put(console, "again/policy.json", mine.plan)  # type: ignore[arg-type]
    console.refuses(*base, because="policy.json exists already", code=2, passwords=secret)


def test_a_forged_card_finds_nobody_else(live: Live, console: Console, mine: Setting) -> None:
    """A card is only a name and a signer here: who it claims to be without being it fits no commitment."""
    made = card("Ana")
    put(console, "ana.json", Card.loads(forged(made.dumps(), signer=address("new"))))
    base = lost(live, mine, "--card", "ana.json")
    console.refuses(*base, because="None of these cards", passwords=[mine.plan.secret.hex()])


def test_a_rebuilt_policy_goes_into_a_folder_and_on(live: Live, console: Console, mine: Setting) -> None:
    """Whoever comes after a rebuild gets a number that no former guardian had."""
    changed = replaced(mine.plan, "Dora", card("Dora", "relayer"))
    console.run(*lost(live, mine, *cards(console, "Dora", "Ana", "Carl", "Ben")), passwords=[mine.plan.secret.hex()])
    again = PolicyPlan.loads((console.home / "again" / "policy.json").read_text())
    after = replaced(again, "Dora", card("Dora", "relayer"))
    assert after.guardian("Dora").number > changed.guardian("Dora").number
    assert isinstance(opened(console), Folder) and json.loads(after.dumps())["nextNumber"] > LEFT_OUT
