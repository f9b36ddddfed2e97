"""What a contract refuses is told from what the node refuses, however it is wrapped."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak
from web3.exceptions import ContractLogicError, Web3RPCError

from recovery import rpc
from recovery.errors import ChainError, Refused
from tests.recovery.rpc_world import BOTH, KEY, SECRET, error, raising

REVERT = keccak(text="RecoveryNotStarted(uint256)")[:4] + encode(["uint256"], [7])
TEXT = keccak(text="Error(string)")[:4] + encode(["string"], ["not today"])
PANIC = keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [0x11])
HEX = "0x" + REVERT.hex()

REVERTED: list[dict[str, Any]] = [
    {"code": 3, "message": "execution reverted", "data": HEX},
    {"code": 3, "message": "no word of it", "data": HEX},
    {"code": -32000, "message": "execution reverted", "data": HEX},
    {"code": -32000, "message": "VM Exception while processing transaction: revert", "data": {"data": HEX}},
    {"code": -32603, "message": "Error: reverted", "data": {"message": "reverted", "result": HEX}},
    {"code": -32015, "message": "VM execution error.", "data": "Reverted " + HEX},
    {"code": -32015, "message": "VM execution error.", "data": HEX},
]


@BOTH
@pytest.mark.parametrize("fields", REVERTED, ids=lambda fields: f"{fields['code']} {type(fields['data']).__name__}")
def test_what_a_contract_refuses_is_in_words_however_a_node_wraps_it(ask: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        ask(lambda *_: error(**fields))
    assert (refused.value.code, refused.value.arguments) == ("RecoveryNotStarted", (7,))


@BOTH
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"code": 3, "message": "execution reverted"}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": None}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": "0x"}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": "0xzz"}, "The contract refused it."),
        ({"code": 3, "message": "no word of it", "data": "0x"}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": {}}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": ["0x"]}, "The contract refused it."),
        ({"code": -32000, "message": "execution reverted: not today"}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": "0x" + TEXT.hex()}, "refused it: not today."),
        ({"code": 3, "message": "execution reverted", "data": "0x" + PANIC.hex()}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": HEX[:40]}, "refused it: RecoveryNotStarted."),
    ],
)
def test_a_refusal_without_a_reason_of_ours_is_still_a_refusal(ask: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused) as refused:
        ask(lambda *_: error(**fields))
    assert refused.value.message.endswith(message)


@BOTH
@pytest.mark.parametrize(
    "fields",
    [
        {"code": -32000, "message": "header not found"},
        {"code": -32005, "message": "limit exceeded", "data": {"from": "0x1", "to": "0x2", "limit": 3}},
        {"code": -32602, "message": "range too large", "data": "try 0x12-0x34"},
        {"code": -32602, "message": "range too large", "data": "0x12"},
        {"code": -32000, "message": "already known", "data": "0x" + "12" * 32},
        {"code": -32000, "message": "nonce too low", "data": 5},
    ],
    ids=lambda fields: fields["message"],
)
def test_what_the_node_refuses_is_not_taken_for_a_contract(ask: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ChainError, match=f"refuses: {fields['message']}"):
        ask(lambda *_: error(**fields))


def test_a_library_that_has_understood_the_revert_itself_is_understood() -> None:
    for what in (HEX, {"data": HEX}):
        with pytest.raises(Refused) as refused:
            rpc.ask(raising(ContractLogicError("execution reverted", data=what)))
        assert refused.value.code == "RecoveryNotStarted"


@BOTH
@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("no", "no."),
        ("no.", "no."),
        ("two\nlines\x1b[31m\u202e", "two lines [31m."),
        ("", "it does not say why."),
        ("  \n", "it does not say why."),
        ("x" * 5000, "x" * 200 + "."),
        (f"see {SECRET} for more", "see (address) for more."),
        (f"wss://node.example/{KEY}", "(address)."),
    ],
)
def test_a_nodes_own_words_are_one_harmless_line_without_addresses(ask: Any, message: Any, shown: str) -> None:
    with pytest.raises(ChainError) as caught:
        ask(lambda *_: error(code=-32000, message=message))
    assert caught.value.message == f"The node refuses: {shown}"


@pytest.mark.parametrize("response", [None, {}, {"error": None}, {"error": "no"}, {"error": ["no"]}, {"error": {}}])
def test_an_error_of_any_shape_is_one_clear_error(response: Any) -> None:
    with pytest.raises(ChainError, match=r"^The node refuses: .*\.$"):
        rpc.ask(raising(Web3RPCError(SECRET, rpc_response=response)))
