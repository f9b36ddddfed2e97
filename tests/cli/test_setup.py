"""A conversation at whose end an account is protected; broken off anywhere, it is taken up again."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from eth_account import Account

from recovery.card import Card, Receipt, Statement
from recovery.cli import cli, setup_policy, six
from recovery.cli.plan_file import read_plan
from recovery.errors import Refused
from recovery.folder import Folder
from recovery.kit import Kit
from recovery.sheets import read_back
from tests.cli.conftest import Console, Setting
from tests.live import PASSWORD, Live
from tests.world import person, signer

FRIENDS = ("ana", "ben", "carl", "dora")


@pytest.fixture
def cards(console: Console) -> None:
    """Cards of four guardians, as they have sent them."""
    for name in FRIENDS:
        card = Card(name.capitalize(), signer(name), f"+1 555 {name}", "", int(time.time()))
        signed = card.signed(bytes(person(name).sign_message(card.message.signable).signature))
        (console.home / f"card-{name}.json").write_text(signed.dumps())


def receipt_of(console: Console, folder: Path, name: str) -> str:
    kit = Kit.loads((folder / "kits" / f"kit-{name}.json").read_text())
    receipt = Receipt.of(Statement.HOLDS, kit, int(time.time()))
    signed = receipt.signed(bytes(person(name).sign_message(receipt.message.signable).signature))
    (console.home / f"receipt-{name}.json").write_text(signed.dumps())
    return f"receipt-{name}.json"


def answers(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


OWNER = ("Max", "solo", "have", "owner")
GUARDIANS = ("card-ana.json", "Which lake?", "y", "card-ben.json", "", "n", "card-carl.json", "", "y", "")


def test_from_nothing_to_protected(live: Live, console: Console, cards: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(six, "ask_for", lambda words, places: None)
    first = answers(*OWNER, *GUARDIANS, "y", "payer", "y", "", "y")
    said = console.run("setup", answer=first, passwords=1).words
    assert "Created." in said and "What it would be" not in said
    folder = Folder.open(console.home / "my-recovery")
    assert live.client.is_wallet(str(folder.note.account))
    assert "Any 2 of Ana, Ben and Carl get you back after 3 days" in said
    assert "Protected: not yet" in said and "That took" in said
    assert "recovery keys schedule --suggested --folder my-recovery" in said
    ana = folder.kit(folder.newest, "Ana")
    assert ana.notes.question == "Which lake?" and ana.notes.ring == (("Carl", "+1 555 carl"),)
    assert (folder.path / "kits" / "kit-ana.pdf").read_bytes().startswith(b"%PDF")
    receipts = [receipt_of(console, folder.path, name) for name in ("ana", "ben", "carl")]
    again = console.run("setup", answer=answers(*receipts, "n")).words
    assert "Protected: yes" in again and "Created." not in again and "What do your friends" not in again


def test_an_envelope_and_one_more_beside_somebody(console: Console, cards: None) -> None:
    guardians = ("card-ana.json", "", "y", "paper", "", "Notary Huber", "none")
    more = ("Nobody", "Ana", "card-ben.json", "", "n", "Ana", "paper", "the vault", "Ben", "")
    said = console.run("setup", answer=answers(*OWNER, *guardians, *more, "n"), code=1)
    assert "There is no 'Nobody' yet" in said.words and "it is read again" in said.words
    file = console.home / "my-recovery" / "policy.yaml"
    plan = read_plan(file.read_text(), "policy.yaml")
    people = [(guardian.name, guardian.person) for guardian in plan.guardians if guardian.name != "Phone"]
    assert sorted(people) == [("Ana", ""), ("Ben", ""), ("the envelope", "Notary Huber"), ("the vault", "Ben")]
    assert {path.label: path.threshold for path in plan.paths} == {"friends": 3, "theft": 3, "freeze": 1}
    assert (console.home / "my-recovery" / "paper" / "the-envelope.pdf").exists()


def test_typing_the_words_of_an_envelope_is_its_receipt(live: Live, console: Console, cards: None) -> None:
    guardians = ("card-ana.json", "", "y", "card-ben.json", "", "y", "paper", "", "Notary Huber", "")
    console.run("setup", answer=answers(*OWNER, *guardians, "y", "payer", "y", "", "n"), passwords=1)
    sheet = console.home / "my-recovery" / "paper" / "the-envelope.pdf"
    (phrase,) = [text for text in read_back(sheet.read_bytes()) if len(text.split()) == 12]
    check = ("guardian", "paper", "the envelope", "--folder", "my-recovery", "--check")
    console.refuses(*check, because="checksum is wrong", code=2, passwords=[" ".join(reversed(phrase.split()))])
    assert "Its receipt is filed, too" in console.run(*check, passwords=[phrase]).words
    assert "the envelope sealed; last checked today" in console.run("status", "--folder", "my-recovery").words
    assert not any(phrase in said for said in console.said)


def test_the_same_key_twice_and_what_is_no_key_are_asked_for_again(console: Console, cards: None) -> None:
    keys = ("have", "nobody", "owner")
    guardians = ("missing.json", "policy.yaml", "card-ana.json", "", "y", "card-ana.json", "none", "none", "")
    said = console.run("setup", answer=answers("", "Max", "9", "solo", *keys, *guardians), code=1).words
    for complaint in ("Type a number from 1 to 4", "There is no keystore file 'nobody'", "missing.json cannot be read"):
        assert complaint in said
    assert "There is a 'Ana' in your policy already" in said


def test_an_account_that_is_there_is_taken_over(live: Live, console: Console, cards: None, setting: Setting) -> None:
    """After everything was lost, and guardians have put a new key in place: no second account, a new policy."""
    adopt = ("setup", "again", "--adopt", setting.wallet, "--signer", "owner", "--account", "payer")
    said = console.run(*adopt, answer=answers(*OWNER, *GUARDIANS, "y", "y"), passwords=2, code=1).words
    assert "The change is scheduled" in said and "not in force yet: go on with this on" in said
    folder = Folder.open(console.home / "again")
    assert folder.note.account == setting.wallet and not folder.note.chains and not folder.kits()
    wanted = folder.newest.policy.hash[:24]
    assert live.client.state(setting.wallet).change_policy_hash == wanted
    assert "Schedule this?" not in console.run(*adopt, code=1).words, "it is pending already"
    live.travel(7 * 86_400)
    console.run("policy", "apply", setting.wallet, "--account", "payer", "-y", passwords=1)
    said = console.run(*adopt, answer=answers("", "n")).words
    assert "The policy is in force" in said and "Protected: not yet" in said
    folder = Folder.open(console.home / "again")
    assert folder.note.chains == (31337,) and {kit.account for kit in folder.kits()} == {setting.wallet}


def test_a_folder_is_of_one_account_and_one_whose_owners_are_others_is_not_taken_over(
    live: Live, console: Console, cards: None, setting: Setting
) -> None:
    others = ("Max", "solo", "have", "new")
    adopt = ("setup", "again", "--adopt", setting.wallet, "--account", "payer")
    said = console.run(*adopt, answer=answers(*others, *GUARDIANS, "y"), code=1).words
    assert "are not the keys that you have named" in said
    elsewhere = ("setup", "again", "--adopt", person("new").address)
    assert "is begun for" in console.run(*elsewhere, code=2).words
    nobody = ("setup", "other", "--adopt", person("new").address, "--account", "payer")
    said = console.run(*nobody, answer=answers(*OWNER, *GUARDIANS, "y"), code=1).words
    assert "is not a recovery wallet of this release" in said


def test_somebody_has_to_be_a_guardian(console: Console, cards: None) -> None:
    said = console.run("setup", answer=answers(*OWNER, "none", "NONE", "none", "card-ana.json", "", "y", ""), code=1)
    assert "Without any guardian nobody could get you back" in said.words
    assert [card.name for card in Folder.open(console.home / "my-recovery").cards()] == ["Ana"]


@pytest.mark.parametrize("name", ["Phone", "guardian 2"])
def test_a_card_by_the_name_of_something_else_in_the_policy_is_refused(
    console: Console, cards: None, name: str
) -> None:
    card = Card(name, signer("ben"), "", "", int(time.time()))
    signed = card.signed(bytes(person("ben").sign_message(card.message.signable).signature))
    (console.home / "card-odd.json").write_text(signed.dumps())
    guardians = ("card-odd.json", "card-ana.json", "", "y", "card-ben.json", "", "y", "none", "")
    said = console.run("setup", answer=answers(*OWNER, *guardians, "n"), code=1).words
    assert f"There is a {name!r} in your policy already" in said
    plan = read_plan((console.home / "my-recovery" / "policy.yaml").read_text(), "policy.yaml")
    assert [guardian.name for guardian in plan.guardians] == ["Ana", "Ben"]


def test_a_key_and_an_envelope_that_were_made_before_the_lid_closed_are_gone_on_with(
    console: Console, cards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise click.Abort

    own = ("Max", "solo", "new", "short", "short", PASSWORD, PASSWORD)
    with monkeypatch.context() as patched:
        patched.setattr(setup_policy, "_write", broken)
        said = console.run("setup", answer=answers(*own), code=1, error=False).words
    assert "take 8 characters or more" in said
    key = console.home / "my-recovery" / "keys" / "phone.json"
    address = Account.from_key(Account.decrypt(json.loads(key.read_text()), PASSWORD)).address
    with monkeypatch.context() as patched:
        patched.setattr(setup_policy, "name_guardians", broken)
        console.run("setup", answer=answers("new", "y"), code=1, error=False)
    assert address in (console.home / "my-recovery" / "policy.yaml").read_text()
    with monkeypatch.context() as patched:
        patched.setattr(setup_policy, "_write", broken)
        console.run("setup", answer=answers("paper", "", "Notary"), code=1, error=False)
    (sheet,) = (console.home / "my-recovery" / "paper").glob("*.pdf")
    before = sheet.read_bytes()
    more = ("card-ana.json", "", "y", "none", "", "n")
    console.run("setup", answer=answers("paper", "y", "Notary", *more), code=1)
    assert sheet.read_bytes() == before
    plan = read_plan((console.home / "my-recovery" / "policy.yaml").read_text(), "policy.yaml")
    people = {guardian.name: guardian.person for guardian in plan.guardians}
    assert people == {"the envelope": "Notary", "Ana": ""}


def test_a_rehearsal_that_goes_wrong_is_only_a_rehearsal(
    live: Live, console: Console, cards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misheard(words: object, places: object) -> None:
        raise Refused("That is not what this request says.")

    monkeypatch.setattr(six, "ask_for", misheard)
    said = console.run("setup", answer=answers(*OWNER, *GUARDIANS, "y", "payer", "y", "", "y"), passwords=1).words
    assert "It was only that: nothing is wrong with your account" in said and "From now on" in said
    assert "was mined. What went wrong" not in said


def test_an_address_without_capitals_is_compared(console: Console, cards: None) -> None:
    lower, guardians = person("owner").address.lower(), ("card-ana.json", "", "y", "none", "none", "", "n")
    given = ("Max", "solo", "address", lower, "n", lower, "y", *guardians)
    said = console.run("setup", answer=answers(*given), code=1)
    assert "letter by letter" in said.err and "a slip would be noticed" in said.words
    assert person("owner").address in (console.home / "my-recovery" / "policy.yaml").read_text()


class Terminal:
    """Somebody who answers some questions, and then closes the lid."""

    def __init__(self, script: dict[str, str], stop_after: int) -> None:
        self.script, self.left, self.asked = script, stop_after, []

    def prompt(self, question: str, **_: Any) -> str:
        if not self.left:
            raise click.Abort
        self.left -= 1
        self.asked.append(question)
        return next(answer for start, answer in self.script.items() if question.strip().startswith(start))

    def confirm(self, question: str, **_: Any) -> bool:
        return self.prompt(question) == "y"


def test_broken_off_again_and_again_it_goes_on_where_it_was(
    live: Live, console: Console, cards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run answers three questions, which is one guardian, and is broken off at the fourth."""
    script = {
        "What do your friends call you?": "Max",
        "Which one?": "family",
        "The key": "address",
        "Its address": person("owner").address,
        "Guardian 1": "card-ana.json",
        "Guardian 2": "card-ben.json",
        "Guardian 3": "card-carl.json",
        "Guardian 4": "none",
        "One more": "",
        "A question that only": "",
        "May the other guardians": "y",
        "Is this what you want?": "y",
    }
    asked: list[str] = []
    for run in range(20):
        terminal = Terminal(script, stop_after=3)
        script["Its address"] = person(f"key {run // 2}").address
        monkeypatch.setattr("click.prompt", terminal.prompt)
        monkeypatch.setattr("click.confirm", terminal.confirm)
        result = CliRunner(mix_stderr=False).invoke(cli, ["setup", "--dry-run"])
        assert result.exit_code == 1 and "Traceback" not in result.stderr
        assert "recovery setup my-recovery" in result.stdout
        asked += terminal.asked
        if "The account does not exist yet" in result.stderr:
            break
    folder = Folder.open(console.home / "my-recovery")
    assert {guardian.name for guardian in folder.newest.guardians} == {"Phone", "Laptop", "Ana", "Ben", "Carl"}
    assert [path.label for path in folder.newest.paths if path.label == "heir"] == []
    for once in ("What do your friends", "Which one?", "Is this what you want?"):
        assert sum(question.strip().startswith(once) for question in asked) == 1, asked
