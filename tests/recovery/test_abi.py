from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi import encode
from eth_abi.tools import get_abi_strategy
from eth_utils import to_checksum_address
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web3 import Web3

from recovery import abi, contracts
from recovery.abi import Event, Function
from recovery.errors import ChainError
from recovery.rpc import Ask
from tests.recovery.samples import ACCOUNT, MODULE, PLAN
from tests.world import owners_of

quick = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
web3 = Web3()


def items(kind: str) -> Iterator[tuple[str, str]]:
    """Contract and name of everything of a kind that has a name of its own."""
    for contract in contracts.CONTRACTS:
        names = [item["name"] for item in contracts.load(contract).abi if item["type"] == kind]
        yield from ((contract, name) for name in sorted(set(names)) if names.count(name) == 1)


FUNCTIONS, EVENTS = sorted(items("function")), sorted(items("event"))


def checksummed(value: Any) -> Any:
    """As web3.py wants addresses."""
    if isinstance(value, tuple | list):
        return type(value)(checksummed(each) for each in value)
    return to_checksum_address(value) if isinstance(value, str) and len(value) == 42 else value


def plain(value: Any) -> Any:
    """Values that web3.py and eth-abi shape differently, shaped alike."""
    if isinstance(value, dict):
        return tuple(plain(each) for each in value.values())
    if isinstance(value, tuple | list):
        return tuple(plain(each) for each in value)
    return value.lower() if isinstance(value, str) else value


def of_web3(contract: str) -> Any:
    return web3.eth.contract(abi=contracts.load(contract).abi)


def test_all_functions_and_events_of_the_shipped_contracts_are_there() -> None:
    assert len(FUNCTIONS) > 60
    assert len(EVENTS) > 15
    assert {contract for contract, _ in FUNCTIONS} == set(contracts.CONTRACTS)


# ------------------------------------------------------------------------------------------- functions


@pytest.mark.parametrize(("contract", "name"), FUNCTIONS)
def test_calls_are_encoded_as_web3_does_and_decoded_to_the_same(contract: str, name: str) -> None:
    function, theirs = abi.function(contract, name), of_web3(contract)

    @quick
    @given(st.tuples(*(get_abi_strategy(kind) for _, kind in function.inputs)))
    def check(arguments: tuple[Any, ...]) -> None:
        arguments = checksummed(arguments)
        calldata = function.encode(*arguments)
        assert "0x" + calldata.hex() == theirs.encode_abi(name, list(arguments))
        found, values = theirs.decode_function_input(calldata)
        assert found.fn_name == name
        if len(values) == len(arguments):  # it gives arguments without a name all the same one
            assert plain(function.arguments(calldata)) == plain(values)
        assert plain(list(function.arguments(calldata).values())) == plain(arguments)
        decoded = abi.decoded(calldata)
        assert decoded is not None
        assert (decoded[0], plain(decoded[1])) == (name, plain(arguments))

    check()


@pytest.mark.parametrize(("contract", "name"), FUNCTIONS)
def test_answers_are_decoded_to_what_was_returned(contract: str, name: str) -> None:
    function = abi.function(contract, name)

    @quick
    @given(st.tuples(*(get_abi_strategy(kind) for kind in function.outputs)))
    def check(values: tuple[Any, ...]) -> None:
        answer = "0x" + encode(function.outputs, values).hex()
        assert plain(function.returned(answer)) == plain(values)
        steps = function.call(MODULE, *(_default(kind) for _, kind in function.inputs))
        next(steps)
        with pytest.raises(StopIteration) as done:
            steps.send(answer)
        assert plain(done.value.value) == plain(values[0] if len(values) == 1 else values)

    check()


def _default(kind: str) -> Any:
    """Some value of a type."""
    if kind.endswith("[]"):
        return []
    if kind.startswith("("):
        return tuple(_default(each) for each in _split(kind[1:-1]))
    if kind.startswith("bytes"):
        return bytes(int(kind.removeprefix("bytes") or 0))
    return {"address": MODULE, "bool": False, "string": ""}.get(kind, 0)


def _split(kinds: str) -> list[str]:
    parts, depth = [""], 0
    for letter in kinds:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def test_structs_of_the_model_are_encoded_as_web3_does() -> None:
    policy, proof, owners = PLAN.policy, PLAN.policy.proof(0), owners_of("a", "b", threshold=2)
    theirs = of_web3("WalletRecoveryModule")
    for name, arguments in (
        ("scheduleChange", (policy.change_delay, policy.to_abi())),
        ("recoverDigest", (to_checksum_address(ACCOUNT), proof.to_abi(), owners.to_abi(), owners.threshold, 7)),
    ):
        assert abi.function("WalletRecoveryModule", name).encode(*arguments).hex() == (
            theirs.encode_abi(name, list(arguments)).removeprefix("0x")
        )


def test_a_question_says_whom_it_asks_what_and_at_which_block() -> None:
    function = abi.function("WalletRecoveryModule", "policyOf")
    call = {"to": MODULE, "data": "0x" + function.encode(ACCOUNT).hex()}
    assert function.ask(MODULE, ACCOUNT) == Ask("eth_call", (call, "latest"))
    assert function.ask(MODULE, ACCOUNT, block="0x7") == Ask("eth_call", (call, "0x7"))


POLICY_OF = abi.function("WalletRecoveryModule", "policyOf")


@pytest.mark.parametrize(
    "answer",
    [
        *(None, 5, True, "", "zz", "0xzz", "0x0", [], {}),
        "0x",
        "0x" + "00" * 127,
        "0x" + "ff" * 128,  # more than 24 bytes in a bytes24
        b"",
    ],
)
def test_an_answer_that_a_function_cannot_give_makes_no_sense(answer: Any) -> None:
    with pytest.raises(ChainError, match="makes no sense"):
        POLICY_OF.returned(answer)


@pytest.mark.parametrize("contract", contracts.CONTRACTS)
@pytest.mark.parametrize("name", ["noSuchFunction", "", "constructor"])
def test_a_function_that_is_not_there_is_said(contract: str, name: str) -> None:
    with pytest.raises(KeyError, match=f"{contract}.{name}"):
        abi.function(contract, name)


# ------------------------------------------------------------------------------------------------ junk


def test_what_is_no_call_of_ours_is_not_decoded() -> None:
    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(st.binary(max_size=200))
    def check(junk: bytes) -> None:
        assert abi.decoded(junk) is None or junk[:4] in abi._selectors()

    check()
    assert abi.decoded(b"") is None
    assert abi.decoded(bytes.fromhex("a9059cbb") + bytes(64)) is None


@pytest.mark.parametrize(("contract", "name"), [pair for pair in FUNCTIONS if abi.function(*pair).inputs])
def test_junk_behind_a_known_selector_is_no_call(contract: str, name: str) -> None:
    function = abi.function(contract, name)
    assert abi.decoded(function.selector) is None
    assert abi.decoded(function.selector + bytes(31)) is None

    @settings(max_examples=30, deadline=None, derandomize=True)
    @given(st.binary(max_size=400) | st.lists(st.sampled_from(WORDS), max_size=12).map(b"".join))
    def check(junk: bytes) -> None:
        found = abi.decoded(function.selector + junk)
        assert found is None or found[0] == name  # and nothing is raised

    check()


WORDS = [(n % 2**256).to_bytes(32, "big") for n in (0, 1, 31, 32, 64, 96, 2**31, 2**63, 2**64, 2**255, -1)]


# ---------------------------------------------------------------------------------------------- events


def log(event: Event, values: dict[str, Any]) -> dict[str, Any]:
    """As a node hands it out."""
    topics = [event.topic, *(encode([kind], [values[name]]) for name, kind, indexed in event.fields if indexed)]
    others = [(kind, values[name]) for name, kind, indexed in event.fields if not indexed]
    return {
        "topics": ["0x" + topic.hex() for topic in topics],
        "data": "0x" + encode([kind for kind, _ in others], [value for _, value in others]).hex(),
    }


@pytest.mark.parametrize(("contract", "name"), EVENTS)
def test_events_are_decoded_as_web3_does(contract: str, name: str) -> None:
    event = abi.event(contract, name)
    place = {"blockHash": bytes(32), "transactionHash": bytes(32), "blockNumber": 1, "logIndex": 0}
    place |= {"transactionIndex": 0, "address": to_checksum_address(MODULE)}

    @quick
    @given(st.fixed_dictionaries({name: get_abi_strategy(kind) for name, kind, _ in event.fields}))
    def check(values: dict[str, Any]) -> None:
        found = event.decode(log(event, values))
        assert {key: plain(value) for key, value in found.items()} == {k: plain(v) for k, v in values.items()}
        raw = {key: _bytes(value) for key, value in log(event, values).items()}
        theirs = of_web3(contract).events[name]().process_log({**place, **raw})["args"]
        assert {key: plain(value) for key, value in found.items()} == {k: plain(v) for k, v in theirs.items()}

    check()
    assert abi.events(contract)[event.topic] == event


def _bytes(value: Any) -> Any:
    from hexbytes import HexBytes

    return [HexBytes(each) for each in value] if isinstance(value, list) else HexBytes(value)


STARTED = abi.event("WalletRecoveryModule", "RecoveryStarted")
GOOD = log(
    STARTED,
    {
        **{name: 7 for name, _, _ in STARTED.fields},
        "account": MODULE,
        "owners": [b"\x12" * 20],
    },
)


@pytest.mark.parametrize(
    "bad",
    [
        *(None, 5, "0x", []),
        {},
        {"topics": GOOD["topics"]},
        {"data": GOOD["data"]},
        {**GOOD, "topics": None},
        {**GOOD, "topics": "0x"},
        {**GOOD, "topics": []},
        {**GOOD, "topics": GOOD["topics"][:-1]},
        {**GOOD, "topics": [*GOOD["topics"], "0x" + "00" * 32]},
        {**GOOD, "topics": ["0x" + "12" * 32, *GOOD["topics"][1:]]},
        {**GOOD, "topics": [GOOD["topics"][0], "0x" + "ff" * 32, *GOOD["topics"][2:]]},
        {**GOOD, "topics": [GOOD["topics"][0], "0x12", *GOOD["topics"][2:]]},
        {**GOOD, "topics": [GOOD["topics"][0], None, *GOOD["topics"][2:]]},
        {**GOOD, "data": None},
        {**GOOD, "data": "0x"},
        {**GOOD, "data": GOOD["data"][:-2]},
        {**GOOD, "data": "0x" + "ff" * 256},
    ],
    ids=lambda bad: repr(bad)[:40],
)
def test_what_cannot_be_an_event_makes_no_sense(bad: Any) -> None:
    STARTED.decode(GOOD)
    with pytest.raises(ChainError, match="makes no sense"):
        STARTED.decode(bad)


def test_no_two_functions_of_the_shipped_contracts_share_a_selector() -> None:
    seen: dict[bytes, tuple[str, Any]] = {}
    for contract, name in FUNCTIONS:
        function: Function = abi.function(contract, name)
        kinds = [kind for _, kind in function.inputs]
        assert seen.setdefault(function.selector, (name, kinds)) == (name, kinds)


def test_what_is_cut_off_stays_nonsense_where_ape_is_loaded() -> None:
    """Ape has eth-abi pad it with zeros: an account would look as if it had never been active, or frozen."""
    program = """
import ape, eth_abi
from ape import accounts, networks
from recovery.abi import function
from recovery.errors import ChainError
from recovery.explain import explain
assert eth_abi.decode(["uint256"], b"") == (0,), "Ape does not do it any more: recovery/codec.py can go"
try:
    function("RecoveryWallet", "lastActive").returned("0x")
except ChainError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr
