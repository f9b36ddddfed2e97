"""Many accounts are read at once, and one that cannot be read does not hide the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_abi import encode

from recovery import abi, lens
from recovery.contracts import canonical_deployment
from recovery.errors import ChainError, RecoveryError
from recovery.rpc import UNREACHABLE
from tests.recovery.rpc_world import blocking, error, raising, result

ACCOUNTS = ["0x" + f"{number:040x}" for number in range(1, 17)]


def reading(answer: Callable[[str, Any], Any]) -> tuple[list[str], Any]:
    """Which methods are asked while the lens reads many accounts, and what comes of it."""
    asked: list[str] = []
    block = {"number": "0x5", "timestamp": "0x7"}

    def node(method: str, params: Any) -> Any:
        asked.append(method)
        given = {"eth_getBlockByNumber": result(block), "eth_getCode": result("0x6001"), "eth_chainId": result("0x1")}
        return given[method] if method in given else answer(method, params)

    try:
        return asked, blocking(node, lambda: lens.states(canonical_deployment(), ACCOUNTS, 1))
    except RecoveryError as raised:
        return asked, raised


def test_a_node_that_is_gone_is_not_asked_about_each_account() -> None:
    asked, raised = reading(raising(ConnectionRefusedError()))
    assert raised.code == UNREACHABLE
    assert asked.count("eth_call") == 1


def test_one_account_that_cannot_be_read_does_not_hide_the_others() -> None:
    read, slots = (abi.function(*names) for names in (("RecoveryLens", "read"), ("WalletRecoveryModule", "slotsOf")))
    bad = ACCOUNTS[5]

    def answer(_: str, params: Any) -> Any:
        calldata = bytes.fromhex(params[0]["data"][2:])
        if calldata[:4] == slots.selector:
            assert slots.arguments(calldata)["account"] == bad
            return result("0x" + encode(["uint256[]"], [[9 << 64, 0, 0]]).hex())
        packed = list(read.arguments(calldata).values())[1]
        if bytes.fromhex(bad[2:]) in packed:
            return error(message="out of gas")
        words = [1, 8 << 64, 0, 0, 0, 0] * (len(packed) // 20)
        return result("0x" + encode(["uint256[]"], [words]).hex())

    asked, states = reading(answer)
    assert [state.account.lower() for state in states] == ACCOUNTS
    assert [state.readable for state in states] == [account != bad for account in ACCOUNTS]
    assert all(state.configured for state in states)
    assert asked.count("eth_call") <= 12


@pytest.mark.parametrize("words", [[], [0] * 95, [0] * 97])
def test_a_lens_that_answers_too_few_or_too_many_words_is_refused(words: list[int]) -> None:
    _, raised = reading(lambda *_: result("0x" + encode(["uint256[]"], [words]).hex()))
    assert isinstance(raised, ChainError)
    assert f"answers {len(words)} words instead of 96" in raised.message
