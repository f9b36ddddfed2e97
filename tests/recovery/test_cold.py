"""What is carried to a computer without a network, and what comes back: the same, whoever reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_account import Account

from recovery import files
from recovery.building import Transaction
from recovery.errors import InvalidFile, InvalidInput
from recovery.hsm import ORDER
from recovery.keys import cold
from recovery.keys.authorization import NOBODY
from recovery.messages import guardian_card
from tests.world import person, signer

TO = person("shop").address
MODERN = (("maxFeePerGas", 3 * 10**9), ("maxPriorityFeePerGas", 10**9))
LEGACY = (("gasPrice", 2 * 10**9),)


def sendable(price: tuple[tuple[str, int], ...] = MODERN, chain: int = 31337, data: bytes = b"\1\2") -> cold.Sendable:
    return cold.Sendable(chain, person("ana").address, 7, 50_000, price, Transaction(TO, data, "try", 5))


@pytest.mark.parametrize("price", [MODERN, LEGACY], ids=["EIP-1559", "legacy"])
@pytest.mark.parametrize("chain", [1, 137, 11155111])
@pytest.mark.parametrize("data", [b"", b"\0", bytes(range(200))], ids=len)
def test_what_was_signed_says_what_was_to_be_signed(price: Any, chain: int, data: bytes) -> None:
    wanted = sendable(price, chain, data)
    raw = bytes(person("ana").sign_transaction(wanted.params()).raw_transaction)
    signed = cold.SignedTransaction.of(raw, "try")
    assert signed.meant == wanted and signed.meant.says_the_same(wanted)
    assert cold.load_signed(cold.dump_signed(signed)) == signed
    assert cold.load_unsigned(cold.dump_unsigned(wanted)) == wanted
    assert signed.hash == bytes(person("ana").sign_transaction(wanted.params()).hash)


def test_a_summary_is_no_part_of_what_is_signed() -> None:
    other = cold.Sendable(31337, person("ana").address, 7, 50_000, MODERN, Transaction(TO, b"\1\2", "else", 5))
    assert other.says_the_same(sendable()) and other != sendable()


@pytest.mark.parametrize(
    "more",
    [
        {"accessList": [{"address": TO, "storageKeys": []}], "type": 2},
        {"accessList": [], "type": 1},
        {"to": b"", "data": "0x6000"},
    ],
    ids=["access list", "EIP-2930", "creation"],
)
def test_other_kinds_of_transactions_are_refused(more: dict[str, Any]) -> None:
    params = sendable().params() | more
    if more.get("type") == 1:
        params = {k: v for k, v in params.items() if "Fee" not in k} | {"gasPrice": 1}
    raw = bytes(person("ana").sign_transaction(params).raw_transaction)
    with pytest.raises(InvalidInput, match="of a kind that is not made here|is no signed transaction"):
        cold.SignedTransaction.of(raw, "")


def test_every_single_byte_counts() -> None:
    raw = bytes(person("ana").sign_transaction(sendable().params()).raw_transaction)
    for position in range(len(raw)):
        try:
            found = cold.SignedTransaction.of(raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :], "")
        except InvalidInput:
            continue
        assert not found.meant.says_the_same(sendable()), position  # at least somebody else has signed it


@pytest.mark.parametrize("price", [(), MODERN[:1], MODERN[::-1], (*MODERN, *LEGACY)])
def test_a_transaction_has_one_price(price: Any) -> None:
    with pytest.raises(InvalidInput, match="a transaction has a price"):
        sendable(price)


def test_a_message_goes_over_and_its_signature_back() -> None:
    message = guardian_card("Ana", signer("ana"), "", "", 1_800_000_000)
    typed = cold.Typed(None, message.json)
    assert typed.digest == message.digest
    assert cold.load_unsigned(cold.dump_unsigned(typed)) == typed
    assert cold.load_plain(json.dumps(message.json)) == typed
    signature = bytes(person("ana").sign_message(typed.signable).signature)
    assert typed.signed_by(signature) == person("ana").address
    back = cold.Signature(typed.digest, person("ana").address, signature)
    assert cold.load_signed(cold.dump_signed(back)) == back


def test_only_one_form_of_a_signature_is_taken() -> None:
    """The contracts take no other: the same key could make several for one message."""
    typed = cold.Typed(None, guardian_card("Ana", signer("ana"), "", "", 1).json)
    signature = bytes(person("ana").sign_message(typed.signable).signature)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = order - int.from_bytes(signature[32:64], "big")
    other = signature[:32] + high.to_bytes(32, "big") + bytes([55 - signature[64]])
    assert Account.recover_message(typed.signable, signature=other) == person("ana").address
    for wrong in (other, signature[:64], signature[:64] + bytes([signature[64] - 27]), b"\0" * 65, b""):
        assert typed.signed_by(wrong) is None
    assert typed.signed_by(bytes(64) + b"\x1b") is None


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "it is damaged or no JSON"),
        ("[" * 100_000, "it is damaged or no JSON"),
        ('{"chainId": 1, "chainId": 2}', "it is damaged or no JSON"),
        ("[]", "is nothing that can be signed here"),
        ("5", "is nothing that can be signed here"),
        ('{"primaryType": "x"}', "has types, primaryType, domain and message"),
        ('{"chainId": "1", "to": "0x", "value": "0", "data": "0x"}', "a number should be whole"),
        ('{"chainId": 1, "to": null, "value": "0", "data": "0x"}', "should be hexadecimal"),
    ],
)
def test_what_is_nothing_to_be_signed_is_refused(text: str, because: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        cold.load_plain(text, "it.json")
    assert because in caught.value.message and caught.value.message.startswith("it.json")


def test_one_file_is_not_taken_for_the_other() -> None:
    raw = bytes(person("ana").sign_transaction(sendable().params()).raw_transaction)
    with pytest.raises(InvalidFile, match="is what was signed offline; what is to be signed offline is needed here"):
        cold.load_unsigned(cold.dump_signed(cold.SignedTransaction.of(raw, "try")))
    with pytest.raises(InvalidFile, match="is what is to be signed offline; what was signed offline is needed here"):
        cold.load_signed(cold.dump_unsigned(sendable()))


def test_a_long_summary_is_cut_and_one_that_moves_the_cursor_refused() -> None:
    content = {"chainId": 1, "to": TO, "value": "0", "data": "0x", "summary": "a" * 300}
    found = cold.load_plain(json.dumps(content))
    assert isinstance(found, tuple) and len(found[0].summary) == 200
    with pytest.raises(InvalidFile, match="cannot be right"):
        cold.load_plain(json.dumps({**content, "summary": "a\nb"}))


# ---------------------------------------------------------------------------------------- authorizations


def authorization(chain: int = 31337, code: str = TO, nonce: int = 7) -> cold.SignedAuthorization:
    made = person("ana").sign_authorization({"chainId": chain, "address": code, "nonce": nonce})
    return cold.SignedAuthorization.of(chain, code, nonce, (made.y_parity, made.r, made.s))


@pytest.mark.parametrize("chain", [1, 2**53 - 1])
@pytest.mark.parametrize("code", [TO, NOBODY])
@pytest.mark.parametrize("nonce", [0, 1, 127, 128, 2**64 - 2])
def test_an_authorization_is_the_same_for_everybody(chain: int, code: str, nonce: int) -> None:
    signed = authorization(chain, code, nonce)
    theirs = person("ana").sign_authorization({"chainId": chain, "address": code, "nonce": nonce})
    assert signed.meant.digest == bytes(theirs.authorization_hash) and signed.meant.revokes is (code == NOBODY)
    assert signed.meant == cold.Authorization(chain, code, nonce, person("ana").address)
    assert cold.load_signed(cold.dump_signed(signed)) == signed
    for authority in (person("ana").address, None):
        wanted = cold.Authorization(chain, code, nonce, authority)
        assert cold.load_unsigned(cold.dump_unsigned(wanted)) == wanted
    carrying = cold.Sendable(chain, person("ben").address, 3, 60_000, MODERN, Transaction(TO, b"", "x"), (signed,))
    assert cold.load_unsigned(cold.dump_unsigned(carrying)) == carrying
    raw = bytes(person("ben").sign_transaction(carrying.params()).raw_transaction)
    assert raw[0] == 4 and cold.SignedTransaction.of(raw, "x").meant == carrying
    assert signed.raw.hex() in raw.hex()
    without = cold.Sendable(chain, person("ben").address, 3, 60_000, MODERN, Transaction(TO, b"", "x"))
    assert not without.says_the_same(carrying)


@pytest.mark.parametrize(
    "change",
    [{"yParity": 2}, {"yParity": -1}, {"r": "0x" + "00" * 32}, {"s": "0x" + "ff" * 32}, {"s": "0x00"}, {"chainId": 0}],
)
def test_an_authorization_that_no_chain_would_take_is_refused(change: dict[str, Any]) -> None:
    content = authorization().to_json() | change
    with pytest.raises(InvalidFile, match="cannot be right"):
        cold.load_signed(files.dumps(cold.SIGNED, {"authorization": content}))


def test_of_two_signatures_that_mean_the_same_only_the_smaller_is_taken() -> None:
    made = authorization()
    with pytest.raises(InvalidInput, match="its signature is none"):
        cold.SignedAuthorization.of(31337, TO, 7, (1 - made.y_parity, made.r, ORDER - made.s))


def test_an_authorization_travels_in_a_transaction_of_its_kind_and_chain() -> None:
    carried = (authorization(chain=5),)
    for chain, price, because in ((31337, MODERN, "for another chain"), (5, LEGACY, "has maxFeePerGas and")):
        with pytest.raises(InvalidInput, match=because):
            cold.Sendable(chain, person("ben").address, 3, 60_000, price, Transaction(TO, b"", "x"), carried)
    import rlp

    raw = bytes(person("ben").sign_transaction(sendable().params()).raw_transaction)
    fields = rlp.decode(raw[1:])
    empty = b"\x04" + rlp.encode([*fields[:9], [], *fields[9:]])
    with pytest.raises(InvalidInput, match="of a kind that is not made here"):
        cold.SignedTransaction.of(empty, "")
