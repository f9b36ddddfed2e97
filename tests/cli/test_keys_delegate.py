"""Authorizations (EIP-7702): prepared where the chain is, signed where no network is, and carried by a transaction."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from recovery import files, hsm
from recovery.building import Transaction
from recovery.cli.ape_keys import ApeKey
from recovery.contracts import DELEGATION, canonical_deployment
from recovery.keys import cold
from recovery.keys.authorization import NOBODY
from tests.cli.conftest import Console
from tests.cli.test_keys_cold import offline
from tests.live import ETHER, Live
from tests.recovery.test_hsm import PIN, needs_softhsm, token, uri
from tests.world import person

__all__ = ["token"]

ANA, PAYER_ADDRESS = person("ana").address, person("payer").address
WALLET = canonical_deployment().wallet
CODE = DELEGATION + bytes.fromhex(WALLET[2:])
SIGN = ("keys", "sign")
TO_SIGN, SIGNED = "delegate-to-sign.json", "delegate-signed.json"


@pytest.fixture
def ana(live: Live) -> str:
    """A plain key that has sent something before."""
    live.ask("anvil_setNonce", ANA, "0x5")
    live.fund(ANA, ETHER)
    return ANA


def prepare(console: Console, *more: str, code: str = "wallet") -> str:
    """What the chain's computer says of it."""
    (console.home / TO_SIGN).unlink(missing_ok=True)
    return console.run("keys", "prepare", "--delegate", code, "--from", ANA, *more).words


def sign(console: Console, key: str = "ana", passwords: int | list[str] = 1) -> Any:
    (console.home / SIGNED).unlink(missing_ok=True)
    return offline(console, *SIGN, TO_SIGN, "--signer", key, "-y", passwords=passwords)


def carry(console: Console, payer: str = "payer") -> str:
    """Has it carried by a transaction of somebody; what is said in the end."""
    for name in ("delegate-transaction-to-sign.json", "delegate-transaction-signed.json"):
        (console.home / name).unlink(missing_ok=True)
    console.run("keys", "prepare", SIGNED, "--from", person(payer).address)
    offline(console, *SIGN, "delegate-transaction-to-sign.json", "--signer", payer, "-y")
    sending = ("delegate-transaction-signed.json", "--for", "delegate-transaction-to-sign.json", "-y")
    return console.run("keys", "send", *sending).words


# ------------------------------------------------------------------------------------------- the circle


def test_out_as_qr_codes_signed_without_network_and_carried_by_somebody_elses_transaction(
    live: Live, console: Console, ana: str
) -> None:
    assert "good for its nonce 5 alone" in prepare(console)
    console.run("qr", TO_SIGN, "--png", "out")
    pictures = sorted(path.name for path in console.home.glob("out*.png"))
    offline(console, "scan", *pictures, "-o", "there.json", passwords=0)
    done = offline(console, *SIGN, "there.json", "--signer", "ana", "-y", "-o", SIGNED)
    assert f"Account {ANA}, nonce 5 Uses code {WALLET}, the RecoveryWallet of ape-recovery" in done.words
    assert "that code rules the whole account" in done.words and "whole accounts are stolen" not in done.words
    signed = cold.load_signed((console.home / SIGNED).read_text())
    assert isinstance(signed, cold.SignedAuthorization) and signed.authority == ANA
    assert f"0x{signed.raw.hex()}" in done.words and f"keys prepare {SIGNED} --from ADDR" in done.words

    because = f"which a transaction has to carry. Make that first: recovery keys prepare {SIGNED}"
    console.refuses("keys", "send", SIGNED, because=because, code=2)
    console.refuses("keys", "prepare", SIGNED, because="Who pays for the transaction that carries it?", code=2)
    done = console.run("keys", "prepare", SIGNED, "--from", PAYER_ADDRESS)
    assert f"Account {ANA} Uses code {WALLET}" in done.words and "Besides nothing" in done.words
    done = offline(console, *SIGN, "delegate-transaction-to-sign.json", "--signer", "payer", "-y")
    assert f"Account {ANA} Uses code {WALLET}" in done.words and "rules the whole account" in done.words
    send = ("keys", "send", "delegate-transaction-signed.json", "-y")
    console.refuses(*send, "--for", TO_SIGN, because="is a message or an authorization to be signed", code=2)
    done = console.run(*send, "--for", "delegate-transaction-to-sign.json")
    assert f"{ANA} uses the code of {WALLET} now" in done.words and live.client.code(ANA) == CODE

    # And back again, sent by the account itself: its transaction takes a number first.
    assert "nonce 7" in prepare(console, "--own-transaction", code="none")
    done = sign(console)
    assert "none any more: it is a plain key again" in done.words and "guardians can no longer" in done.words
    assert f"{ANA} is a plain key again" in carry(console, "ana") and live.client.code(ANA) == b""


@needs_softhsm
def test_a_key_in_a_module_signs_one(live: Live, console: Console, token: str) -> None:
    address = hsm.make(uri(token, "delegating"), PIN)
    console.run("keys", "prepare", "--delegate", WALLET, "--from", address)
    sign(console, token.format("delegating"), passwords=[PIN])
    carry(console)
    assert live.client.code(address) == CODE


# ------------------------------------------------------------------------------------- what is not prepared


def test_what_would_have_no_effect_is_not_prepared_or_sent(live: Live, console: Console, ana: str) -> None:
    prepare(console, "--own-transaction")
    sign(console)
    to_carry = ("keys", "prepare", SIGNED, "--from")
    hint = "passed over without a word. It was prepared to be sent by the account itself. Nothing was sent"
    console.refuses(*to_carry, PAYER_ADDRESS, because=f"has number 6 of {ANA}, and 5 is needed: it would be {hint}")
    prepare(console)
    sign(console)
    console.refuses(*to_carry, ANA, because="It was prepared to be sent by somebody else.")
    console.run(*to_carry, PAYER_ADDRESS)
    offline(console, *SIGN, "delegate-transaction-to-sign.json", "--signer", "payer", "-y")
    live.ask("anvil_setNonce", ANA, "0x6")
    because = f"has number 5 of {ANA}, and 6 is needed: it would be passed over without a word. Nothing was sent"
    console.refuses("keys", "send", "delegate-transaction-signed.json", "-y", because=because)
    assert live.client.code(ANA) == b""


def test_what_had_no_effect_in_the_end_is_said(
    live: Live, console: Console, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(console)
    sign(console)
    live.ask("anvil_setNonce", ANA, "0x6")
    monkeypatch.setattr("recovery.cli.keys_delegate.require_effect", lambda *_: None)
    with pytest.raises(AssertionError, match="does not use the code that it should"):
        carry(console)


def test_what_makes_no_sense_is_not_prepared(live: Live, console: Console, ana: str) -> None:
    start = ("keys", "prepare", "--delegate")
    because = "There is no contract at"
    for code in (PAYER_ADDRESS, NOBODY.replace("00", "11", 1)):
        console.refuses(*start, code, "--from", ANA, because=because)
    console.refuses(*start, "none", "--from", ANA, because="uses no code, so there is nothing to take back")
    console.refuses(*start, "wallet", "--from", WALLET, because="is a contract, and no plain key signs for it")
    console.refuses(*start, "wallet", because="Whose account is it? Give --from", code=2)
    console.refuses(*start, "0x12", "--from", ANA, because="A signer has at least 20 bytes", code=2)
    console.refuses(*start, "wallet", "x.json", "--from", ANA, because="Name a FILE, or give --delegate", code=2)
    console.refuses("keys", "prepare", because="Name a FILE, or give --delegate", code=2)
    console.refuses("keys", "prepare", "x.json", "--own-transaction", because="alone or with --own", code=2)
    live.ask("evm_setAutomine", False)
    try:
        live.ask("anvil_impersonateAccount", ANA)
        live.ask("eth_sendTransaction", {"from": ANA, "to": ANA, "value": "0x1"})
        console.refuses(*start, "wallet", "--from", ANA, because="is sending something, which changes the number")
    finally:
        live.ask("evm_setAutomine", True)
        live.ask("anvil_dropAllTransactions")
        live.ask("anvil_stopImpersonatingAccount", ANA)
    live.ask("anvil_setCode", ANA, "0x" + CODE.hex())
    console.refuses(*start, ANA, "--from", PAYER_ADDRESS, because=because)


# --------------------------------------------------------------------------------------- what is not signed


def written(console: Console, **fields: Any) -> str:
    """An authorization that anybody could have written."""
    usual = {"chainId": 31337, "address": WALLET, "nonce": 5, "authority": ANA}
    (console.home / TO_SIGN).write_text(files.dumps(cold.UNSIGNED, {"authorization": {**usual, **fields}}))
    return TO_SIGN


def test_other_code_is_warned_of_and_mainnets_ask(console: Console) -> None:
    mine = (*SIGN, written(console, chainId=1, address=PAYER_ADDRESS, authority=None), "--signer", "ana", "-y")
    console.refuses(*mine, because="have not been audited", passwords=1)
    done = offline(console, *mine, "--mainnet-unaudited")
    assert "this is how whole accounts are stolen" in done.words and "Account of whoever signs, nonce 5" in done.words
    assert f"Uses code {PAYER_ADDRESS}" in done.words and "RecoveryWallet of ape-recovery" not in done.words


def test_what_nobody_should_sign_is_refused(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = (*SIGN, TO_SIGN, "--signer", "ana", "-y")
    for fields, because in (
        ({"chainId": 0}, "is good on every chain"),
        ({"nonce": 2**64 - 1}, "the nonce cannot be right"),
        ({"address": "0x12"}, "should have 20 bytes"),
        ({"address": None}, "should be hexadecimal"),
        ({"authority": person("ben").address}, f"That is the key of {ANA}; {person('ben').address} is to sign"),
    ):
        written(console, **fields)
        console.refuses(*mine, because=because, code=2)  # before a password is asked for
    written(console)
    console.refuses(*mine, "--gas", "30000", because="are for transactions", code=2, passwords=1)
    console.refuses(*mine[:-1], because="You said no", passwords=1)
    ape = ApeKey("ledger", person("ana"))
    with monkeypatch.context() as patch:
        patch.setattr("recovery.cli.keys.find", lambda name: ape)
        console.refuses(*mine, because="ledger is an account of Ape, and cannot be asked here", code=2)
        carried = Account.sign_authorization({"chainId": 31337, "address": WALLET, "nonce": 5}, person("ben").key)
        signature = (carried.y_parity, carried.r, carried.s)
        each = cold.SignedAuthorization.of(31337, WALLET, 5, signature)
        transaction = Transaction(NOBODY, b"", "carry it")
        fees = (("maxFeePerGas", 10**9), ("maxPriorityFeePerGas", 1))
        sendable = cold.Sendable(31337, ANA, 0, 60_000, fees, transaction, (each,))
        (console.home / "carry.json").write_text(cold.dump_unsigned(sendable))
        carry = (*SIGN, "carry.json", "--signer", "ana", "-y")
        console.refuses(*carry, because="ledger is an account of Ape, and cannot be asked here", code=2)
    path = console.home / ".ape" / "accounts" / "ana.json"
    path.write_text(path.read_text().replace('"address"', '"was"'))
    written(console, authority=person("ben").address)
    console.refuses(*mine, because=f"{person('ben').address} is to sign", code=2, passwords=1)


def test_a_key_that_signs_another_authorization_is_not_believed(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(console)
    other = Account.sign_authorization({"chainId": 31337, "address": PAYER_ADDRESS, "nonce": 5}, person("ana").key)
    monkeypatch.setattr(LocalAccount, "sign_authorization", lambda self, given: other, raising=False)
    because = "The signature that was just made is not right. Nothing was written"
    console.refuses(*SIGN, TO_SIGN, "--signer", "ana", "-y", because=because, passwords=1)
