from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from eth_abi import encode
from eth_utils import keccak

from recovery import contracts, explain
from recovery.policy import CHANGE_WINDOW
from recovery.state import AccountState, PathStatus, RequestState

OURS = {
    name
    for path in (Path(__file__).parents[2] / "contracts").rglob("*.sol")
    if not {"mocks", ".cache"} & set(path.parts)  # Ape puts dependencies there
    for name in re.findall(r"^\s*error (\w+)\(", path.read_text(), re.MULTILINE)
}


def shipped() -> dict[str, list[str]]:
    """Every custom error in the ABIs, with the types of its arguments."""
    found = {}
    for name in contracts.CONTRACTS:
        for item in contracts.load(name).abi:
            if item["type"] == "error":
                found[item["name"]] = [argument["type"] for argument in item["inputs"]]
    return found


def revert(name: str, types: list[str], values: list[object]) -> bytes:
    return keccak(text=f"{name}({','.join(types)})")[:4] + encode(types, values)


def example(kind: str, number: int) -> object:
    if kind == "address":
        return "0x" + "11" * 20
    if kind.startswith("bytes"):
        return b"\x01" * int(kind[5:])
    return number


@pytest.mark.parametrize("name", sorted(set(shipped()) & OURS | (set(shipped()) & set(explain.SENTENCES))))
def test_every_error_of_ours_has_a_sentence(name: str) -> None:
    types = shipped()[name]
    assert name in explain.SENTENCES
    for number in (0, 1, 2):
        values = [example(kind, number) for kind in types]
        error = explain.explain(revert(name, types, values))
        assert error.code == name
        assert error.message.endswith(".")
        assert name not in error.message
        assert "0x" + "01" * 32 not in error.message


def test_no_sentence_is_of_an_error_that_is_gone() -> None:
    assert set(explain.SENTENCES) <= set(shipped())


def test_our_errors_are_those_that_are_shipped() -> None:
    """Libraries that are compiled in may bring more; none of ours may be missing."""
    assert set(shipped()) >= OURS


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x12\x34\x56\x78", b"\xff" * 100])
def test_an_unknown_refusal_says_at_least_that(data: bytes) -> None:
    assert explain.explain(data).message == "The contract refused it."
    assert explain.explain(data).code == "reverted"


def test_a_reason_in_words_is_passed_on_harmlessly() -> None:
    selector = bytes.fromhex("08c379a0")
    assert explain.explain(selector + encode(["string"], ["no way"])).message == "The contract refused it: no way."
    said = explain.explain(selector + encode(["string"], ["\x1b[31m" + "x" * 5000])).message
    assert "\x1b" not in said and len(said) < 300
    assert explain.explain(selector + b"\x00").message == "The contract refused it."


def test_cut_off_arguments_do_not_crash() -> None:
    data = revert("RecoveryNotReady", ["uint256", "uint256"], [1, 2])
    for length in range(4, len(data)):
        assert explain.explain(data[:length]).code == "RecoveryNotReady"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 seconds"),
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (3661, "1 hour 1 minute"),
        (86_400, "1 day"),
        (90_061, "1 day 1 hour"),
        (365 * 86_400, "365 days"),
    ],
)
def test_lengths_of_time_read_well(seconds: int, text: str) -> None:
    assert explain.duration(seconds) == text


def test_times_read_well() -> None:
    assert explain.when(0) == "Thu 01 Jan 1970 00:00 UTC"
    assert explain.when(100, 40) == "Thu 01 Jan 1970 00:01 UTC (in 1 minute)"
    assert explain.when(40, 100) == "Thu 01 Jan 1970 00:00 UTC (1 minute ago)"
    assert explain.when(2**256 - 1) == "never"


def a_state(**changes: object) -> AccountState:
    values: dict[str, object] = {
        "account": "0x" + "11" * 20,
        "time": 1000,
        "readable": True,
        "policy_hash": b"\x01" * 24,
        "epoch": 1,
        "change_delay": 86_400,
        "blockers": 0,
        "change_policy_hash": bytes(24),
        "change_eta": 0,
        "last_active": 0,
        "frozen_until": 0,
        "cool_until": 0,
        "paths": (PathStatus(RequestState.IDLE, 0, 0, 0),),
    }
    return AccountState(**{**values, **changes})  # type: ignore[arg-type]


def test_an_account_without_a_policy_is_not_protected() -> None:
    assert a_state().configured
    assert not a_state(policy_hash=bytes(24)).configured


def test_a_freeze_ends_by_itself() -> None:
    assert a_state(frozen_until=1001).frozen
    assert not a_state(frozen_until=1000).frozen


def test_a_clock_that_is_not_set_never_opens_a_path() -> None:
    assert a_state().inactive_at(100) == 0
    assert a_state(last_active=500).inactive_at(100) == 600


def test_a_change_lapses_a_while_after_it_could_be_applied() -> None:
    assert a_state().change_expires_at == 0
    assert a_state(change_eta=5).change_expires_at == 5 + CHANGE_WINDOW


def test_the_shipped_artifacts_are_json_with_what_is_needed() -> None:
    for name in contracts.CONTRACTS:
        artifact = contracts.load(name)
        assert artifact.name == name
        assert artifact.runtime and artifact.bytecode
        json.dumps(artifact.abi)
