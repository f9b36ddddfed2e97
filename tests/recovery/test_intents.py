from __future__ import annotations

import dataclasses
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_utils import keccak

from recovery.building import Transaction
from recovery.errors import InvalidFile, InvalidInput, Refused
from recovery.intents import Attempt, Intent, IntentStore, dump_unsigned
from tests.recovery.samples import forged
from tests.world import person

TO = "0x00000000000000000000000000000000000000AA"
PAYER = person("payer")


def signed(nonce: int, fee: int, tip: int = 1) -> Attempt:
    params = {
        "chainId": 5,
        "nonce": nonce,
        "gas": 21_000,
        "to": TO,
        "value": 1,
        "maxFeePerGas": fee,
        "maxPriorityFeePerGas": tip,
    }
    done = Account.sign_transaction(params, PAYER.key)
    return Attempt(bytes(done.hash), bytes(done.raw_transaction), fee, tip)


def intent(nonce: int = 7, **changes: Any) -> Intent:
    values: dict[str, Any] = {
        "chain_id": 5,
        "sender": PAYER.address,
        "nonce": nonce,
        "gas": 25_200,
        "transaction": Transaction(TO, b"\x01\x02", "pay 1 wei", 1),
        "purpose": keccak(text="purpose"),
        "created": 1_800_000_000,
        "attempts": (signed(nonce, 10), signed(nonce, 12)),
    }
    return Intent(**{**values, **changes})


@pytest.fixture
def store(tmp_path: Path) -> IntentStore:
    return IntentStore(tmp_path / "state" / "intents")


# -------------------------------------------------------------------------------------------- the file


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"attempts": (signed(7, 10),)},
        {"chain_id": 2**64 - 1, "gas": 2**64 - 1, "created": 2**63},
        {"transaction": Transaction(TO, b"", "create", 2**256 - 1)},
        {"transaction": Transaction(TO, bytes(range(256)) * 400, "big")},
        {"attempts": (dataclasses.replace(signed(7, 10), max_fee=2**256 - 1, tip=2**255),)},
        {"attempts": tuple(signed(7, fee) for fee in range(10, 60))},
    ],
    ids=["plain", "one attempt", "large numbers", "largest value", "much data", "largest fees", "many attempts"],
)
def test_an_intent_is_read_as_it_was_written(changes: dict[str, Any]) -> None:
    before = intent(**changes)
    assert Intent.loads(before.dumps()) == before


def test_the_latest_attempt_is_the_last() -> None:
    more = intent().with_attempt(signed(7, 14))
    assert [attempt.max_fee for attempt in more.attempts] == [10, 12, 14]
    assert more.latest == more.attempts[-1]


def test_large_numbers_stand_as_text_so_that_no_other_program_rounds_them() -> None:
    body = json.loads(intent(transaction=Transaction(TO, b"", "pay", 10**24)).dumps())
    assert body["value"] == "1000000000000000000000000"
    assert [attempt["maxFee"] for attempt in body["attempts"]] == ["10", "12"]


@pytest.mark.parametrize("summary", ["one\ntwo", "\x1b[31mred", "x" * 500, "tab\tand\u202eback", "", "Zoë pays"])
def test_whatever_is_said_of_a_transaction_its_intent_can_be_read_again(summary: str) -> None:
    found = Intent.loads(intent(transaction=Transaction(TO, b"", summary)).dumps()).transaction.summary
    assert len(found) <= 200
    assert found.isprintable()
    assert found == "".join(c if c.isprintable() else " " for c in summary[:200])


def test_any_altered_byte_is_refused() -> None:
    text = intent().dumps()
    for place in range(0, len(text), 7):
        if text[place].isspace():
            continue
        altered = text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]
        with pytest.raises(InvalidFile):
            Intent.loads(altered)


@pytest.mark.parametrize("end", [0, 1, 100, -2])
def test_a_file_that_was_cut_off_is_refused(end: int) -> None:
    with pytest.raises(InvalidFile):
        Intent.loads(intent().dumps()[:end])


FORGED: list[dict[str, Any]] = [
    {"attempts": []},
    {"attempts": "many"},
    {"attempts": [{}]},
    {"attempts": ...},
    {"attempts__0__hash": "0x" + "12" * 32},
    {"attempts__0__hash": "0x12"},
    {"attempts__1__raw": "0x1234"},
    {"attempts__0__raw": "1234"},
    {"attempts__0__maxFee": "-1"},
    {"attempts__0__tip": "many"},
    {"attempts__0__maxFee": str(2**256)},
    {"nonce": -1},
    {"nonce": "7"},
    {"nonce": True},
    {"gas": 1.5},
    {"value": "0x1"},
    {"value": str(2**256)},
    {"to": "0x1234"},
    {"sender": "nobody"},
    {"sender": ...},
    {"purpose": "0x12"},
    {"summary": "two\nlines"},
    {"created": None},
    {"chainId": "5"},
]


@pytest.mark.parametrize("changes", FORGED, ids=lambda changes: f"{changes}"[:50])
def test_a_forged_intent_is_refused_although_its_checksum_fits(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidFile):
        Intent.loads(forged(intent().dumps(), **changes))


def test_other_files_are_no_intents() -> None:
    from tests.recovery import samples

    for other in (samples.request().dumps(), samples.kit().dumps(), "", "{}", "[]", "null"):
        with pytest.raises(InvalidFile):
            Intent.loads(other)


def test_nothing_secret_is_in_it_but_what_was_signed_to_be_seen_by_all(store: IntentStore) -> None:
    store.add(intent())
    text = store.path(intent()).read_text().lower()
    assert bytes(PAYER.key).hex() not in text
    assert set(json.loads(text)) == {
        *("type", "version", "checksum", "chainid", "sender", "nonce", "gas", "to", "value", "data", "summary"),
        *("purpose", "created", "attempts"),
    }
    assert set(json.loads(text)["attempts"][0]) == {"hash", "raw", "maxfee", "tip"}


# ------------------------------------------------------------------------------------------- the folder


def test_file_and_folder_are_for_their_owner_alone(store: IntentStore) -> None:
    store.add(intent())
    path = store.path(intent())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    store.update(intent(attempts=(signed(7, 99),)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_of_one_sender_and_nonce_there_is_one_file(store: IntentStore) -> None:
    store.add(intent())
    other = intent(purpose=keccak(text="something else"))
    with pytest.raises(Refused, match=f"Another program is just sending a transaction of {PAYER.address}. Wait for it"):
        store.add(other)
    assert list(store.all()) == [intent()]
    store.update(other)
    assert list(store.all()) == [other]


def test_a_folder_that_cannot_be_written_is_not_taken_for_another_program(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="folder .* cannot be made"):
        IntentStore(tmp_path / "file").add(intent())


def test_intents_come_oldest_nonce_first_and_by_chain_and_sender(store: IntentStore) -> None:
    ana = person("ana").address
    for each in (intent(10), intent(9), intent(100), intent(9, chain_id=6), intent(9, sender=ana)):
        store.add(each)
    assert [each.nonce for each in store.of(5, PAYER.address)] == [9, 10, 100]
    assert [each.chain_id for each in store.of(6, PAYER.address)] == [6]
    assert [each.sender for each in store.of(5, ana)] == [ana]
    assert store.of(7, PAYER.address) == []
    assert len(list(store.all())) == 5


def test_what_is_removed_is_gone_and_may_be_removed_again(store: IntentStore) -> None:
    store.add(intent())
    for _ in range(2):
        store.remove(intent())
        assert list(store.all()) == []
    store.add(intent())


def test_without_a_folder_there_is_nothing_left_over(store: IntentStore, tmp_path: Path) -> None:
    assert list(store.all()) == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_program_was_just_writing_is_not_taken_for_an_intent(store: IntentStore) -> None:
    store.add(intent())
    folder = store.path(intent()).parent
    (folder / f".{store.path(intent(8)).name}.abc").write_text('{"half": ')
    assert list(store.all()) == [intent()]


def test_a_damaged_intent_is_named(store: IntentStore) -> None:
    store.add(intent())
    path = store.path(intent())
    path.write_text(path.read_text()[:-20])
    with pytest.raises(InvalidFile, match=re.escape(str(path))):
        store.of(5, PAYER.address)


def test_a_transaction_for_another_signer_is_json_with_what_belongs_to_it() -> None:
    text = dump_unsigned(Transaction(TO, b"\x01", "do it", 10**20), 5, nonce=3)
    assert json.loads(text) == {
        "chainId": 5,
        "to": TO,
        "value": "100000000000000000000",
        "data": "0x01",
        "summary": "do it",
        "nonce": 3,
    }
