"""Accounts of Ape: what they sign is what eth-account would sign, and what they decline is not sent."""

from __future__ import annotations

import inspect
from typing import Any

import click
import pytest
from ape import accounts
from ape.api.accounts import AccountAPI
from ape.exceptions import AccountsError, SignatureError
from ape.types.signatures import MessageSignature
from ape_accounts.accounts import ApeSigner, KeyfileAccount
from eth_account import Account

from recovery.building import Transaction
from recovery.cli.ape_keys import ApeKey, find_in_ape
from recovery.errors import Refused
from recovery.fees import Fees
from recovery.messages import Call, batch
from tests.cli.conftest import OWNER, PAYER, Console, Setting, asked
from tests.live import ETHER, Live, keystore
from tests.world import owners_of, person

SHOP = person("shop").address
TO = "0x" + "77" * 20
MODERN, LEGACY = Fees(10**9, 10**9, 3 * 10**9), Fees(0, 2 * 10**9, 2 * 10**9)
FIRST = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


class Device:
    """A hardware wallet or KMS, as Ape's plugins show them: a key that no file holds.

    Args:
        name: Whose key.
    """

    def __init__(self, name: str) -> None:
        self.alias = f"device-{name}"
        key = person(name).key.hex()
        self.inside = ApeSigner(private_key=key if key.startswith("0x") else "0x" + key)
        self.address = self.inside.address
        self.signed: list[Any] = []

    def sign_message(self, msg: Any, **_: Any) -> MessageSignature | None:
        self.signed.append(msg)
        return self.inside.sign_message(msg)

    def sign_transaction(self, txn: Any, **_: Any) -> Any:
        self.signed.append(txn)
        return self.inside.sign_transaction(txn)


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> dict[str, Device]:
    """Devices that are plugged in, by alias: Ape finds them among its accounts."""
    there = {device.alias: device for device in (Device("owner"), Device("payer"), Device("ben"))}
    monkeypatch.setattr(type(accounts), "__iter__", lambda _: iter(there.values()))
    monkeypatch.setattr(accounts, "_alias_to_account_cache", {})
    return there


def params(fees: Fees, chain: int = 31337, data: bytes = b"\x01\x02") -> dict[str, Any]:
    return Transaction(TO, data, "try", 5).params(chainId=chain, nonce=3, gas=hex(50_000), **fees.params())


# --------------------------------------------------------------------------------------------- what is signed


@pytest.mark.parametrize("fees", [MODERN, LEGACY], ids=["EIP-1559", "legacy"])
@pytest.mark.parametrize("chain", [1, 137, 31337, 11155111])
@pytest.mark.parametrize("data", [b"", b"\x00", bytes(range(200))], ids=len)
def test_a_transaction_is_signed_to_the_byte_as_eth_account_does(fees: Fees, chain: int, data: bytes) -> None:
    device = Device("payer")
    signed = ApeKey("it", device).sign_transaction(params(fees, chain, data))
    expected = person("payer").sign_transaction({**params(fees, chain, data), "gas": 50_000})
    assert (signed.hash, signed.raw_transaction) == (bytes(expected.hash), bytes(expected.raw_transaction))
    assert Account.recover_transaction(signed.raw_transaction) == device.address


def test_a_message_is_signed_to_the_byte_as_eth_account_does() -> None:
    message = batch(31337, TO, [Call(SHOP, 1)], owners_of("owner"), 7, 1_800_000_000).signable
    signed = ApeKey("it", Device("owner")).sign_message(message)
    assert signed.signature == bytes(person("owner").sign_message(message).signature)


def test_a_recovery_byte_that_counts_from_0_is_made_what_contracts_take() -> None:
    message = batch(31337, TO, [Call(SHOP, 1)], owners_of("owner"), 7, 1_800_000_000).signable
    device = Device("owner")
    good = device.inside.sign_message(message)
    assert good is not None
    device.sign_message = lambda msg, **_: MessageSignature(v=good.v - 27, r=good.r, s=good.s)  # type: ignore[method-assign]
    assert ApeKey("it", device).sign_message(message).signature == good.encode_rsv()


def test_what_the_fakes_can_do_is_what_apes_accounts_can_do() -> None:
    for name in ("sign_message", "sign_transaction"):
        for real in (AccountAPI, ApeSigner, KeyfileAccount):
            parameters = list(inspect.signature(getattr(real, name)).parameters.values())
            assert len([each for each in parameters if each.default is each.empty and each.kind < 2]) == 2


# ------------------------------------------------------------------------------------------------ what is not


def declining(how: Any) -> Device:
    device = Device("payer")

    def decline(*_: Any, **__: Any) -> Any:
        if isinstance(how, BaseException):
            raise how
        return how

    device.sign_message = device.sign_transaction = decline  # type: ignore[method-assign]
    return device


@pytest.mark.parametrize(
    ("how", "because"),
    [
        (None, "it did not {}. Nothing was sent."),
        (AccountsError("The user declined.\nAt 0x5515"), "it did not {}: The user declined. Nothing was sent."),
        (SignatureError("No"), "it did not {}: No. Nothing was sent."),
        (OSError("cannot open device with path /dev/hidraw1"), "it did not {} (OSError). Nothing was sent."),
        (RuntimeError("0x6985"), "Is the device connected, unlocked, and in its Ethereum app?"),
        (AttributeError("x"), "it did not {} (AttributeError)."),
    ],
    ids=str,
)
def test_what_is_declined_is_a_clear_refusal(how: Any, because: str) -> None:
    key = ApeKey("it", declining(how))
    message = batch(31337, TO, [Call(SHOP, 1)], owners_of("owner"), 7, 1_800_000_000).signable
    with pytest.raises(Refused) as refused:
        key.sign_message(message)
    assert because.format("sign") in refused.value.message and "0x5515" not in refused.value.message
    with pytest.raises(Refused) as refused:
        key.sign_transaction(params(MODERN))
    assert because.format("sign the transaction") in refused.value.message


def test_whoever_presses_ctrl_c_at_apes_own_question_has_not_been_refused() -> None:
    with pytest.raises(click.Abort):
        ApeKey("it", declining(click.Abort())).sign_transaction(params(MODERN))


@pytest.mark.parametrize("field", ["nonce", "value", "gas_limit", "receiver", "data", "chain_id", "max_fee"])
def test_an_account_that_signs_another_transaction_is_refused(field: str) -> None:
    """As a Safe's account does: what is mined then has another sender and another nonce."""
    device = Device("payer")
    others = {"receiver": SHOP, "data": b"\x09"}

    def sign_another(txn: Any, **_: Any) -> Any:
        setattr(txn, field, others.get(field, 77))
        return device.inside.sign_transaction(txn)

    device.sign_transaction = sign_another  # type: ignore[method-assign]
    with pytest.raises(Refused, match="it signed another transaction than it was asked to. Nothing was sent"):
        ApeKey("it", device).sign_transaction(params(MODERN))


def test_a_signature_of_another_key_is_refused() -> None:
    device = Device("payer")
    device.inside = Device("ana").inside
    with pytest.raises(Refused, match="it did not sign the transaction: Recovered signer"):
        ApeKey("it", device).sign_transaction(params(MODERN))


# ----------------------------------------------------------------------------------------- at the command line


def test_accounts_of_apes_test_chain_pay(live: Live, console: Console, setting: Setting) -> None:
    before = live.client.balance(FIRST)
    done = console.run("heartbeat", setting.wallet, *OWNER, "--account", "TEST::0", "-y", passwords=1)
    assert "TEST::0 pays to show that the owner is alive. If it is a device, look at it." in done.err
    assert live.client.balance(FIRST) < before


@pytest.mark.parametrize("name", ["TEST::10", "TEST::", "TEST::-1", "TEST::x", "TEST::999999999999999999999"])
def test_a_test_account_that_is_none_is_said(live: Live, console: Console, setting: Setting, name: str) -> None:
    because = f"There is no keystore file '{name}', and no Ape account of that name"
    console.refuses("heartbeat", setting.wallet, *OWNER, "--account", name, because=because, code=2)


def test_devices_sign_and_pay(live: Live, console: Console, setting: Setting, devices: dict[str, Device]) -> None:
    pay = ("wallet", "send", setting.wallet, "--to", SHOP, "--value", "0.25 ether", "-y")
    console.run(*pay, "--signer", "device-owner", "--account", "device-payer")
    assert live.client.balance(SHOP) == ETHER // 4
    assert [len(devices[name].signed) for name in ("device-owner", "device-payer")] == [1, 1]
    twice = ("--signer", "device-owner", "--signer", "device-owner", "--account", "device-payer")
    console.refuses(*pay, *twice, because="same key twice", code=2)
    console.refuses(*pay, "--signer", "device-ben", "--account", "device-payer", because="is not an owner")


def test_a_device_pays_on_a_chain_without_a_base_fee(
    live: Live, console: Console, setting: Setting, devices: dict[str, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.sending.Sending.fees", _legacy_fees)
    console.run("heartbeat", setting.wallet, *OWNER, "--account", "device-payer", "-y", passwords=1)
    (mined,) = live.web3.eth.get_block("latest", full_transactions=True)["transactions"]
    assert (mined["type"], mined["from"], mined["gasPrice"]) == (0, person("payer").address, 2 * 10**9)


def _legacy_fees(*_: Any) -> Any:
    return LEGACY
    yield


def test_a_device_approves_as_a_guardian(
    live: Live, console: Console, setting: Setting, devices: dict[str, Device]
) -> None:
    asked(console, "request.json", "--path", "friends", "--new-owner", SHOP)
    approve = ("approve", "request.json", "--kit", "kits/kit-ben.json", "-y")
    console.run(*approve, "--signer", "device-ben", "-o", "ben.json")
    console.run("approve", "request.json", "--kit", "kits/kit-ana.json", "--signer", "ana", "-y", passwords=1)
    console.run("start", "request.json", "ben.json", "approval-ana.json", *PAYER, passwords=1)


def test_a_device_that_declines_has_sent_nothing(
    live: Live, console: Console, setting: Setting, devices: dict[str, Device]
) -> None:
    devices["device-payer"].sign_transaction = lambda *_, **__: None  # type: ignore[method-assign]
    base = ("heartbeat", setting.wallet, *OWNER, "--account", "device-payer", "-y")
    before = live.web3.eth.get_transaction_count(person("payer").address)
    because = "device-payer did not sign the transaction. Nothing was sent."
    console.refuses(*base, because=because, passwords=1)
    assert live.web3.eth.get_transaction_count(person("payer").address) == before
    assert not list(console.home.rglob("intents/*.json"))


def test_a_plugin_that_breaks_while_it_is_looked_for_is_said(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> Any:
        raise OSError("no such device /dev/secret")

    monkeypatch.setattr(type(accounts), "__iter__", broken)
    monkeypatch.setattr(accounts, "_alias_to_account_cache", {})
    because = "Ape cannot look for 'ledger' (OSError). Nothing was sent. See: ape accounts list --all"
    console.refuses("heartbeat", setting.wallet, *OWNER, "--account", "ledger", because=because)


def test_keyfiles_of_ape_are_opened_without_ape(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore(console.home / "elsewhere" / "accounts", "relayer")
    monkeypatch.setenv("APE_DATA_FOLDER", str(console.home / "elsewhere"))
    monkeypatch.setattr("recovery.cli.keys.find_in_ape", None)
    owner = ("--signer", str(console.home / ".ape" / "accounts" / "owner.json"))
    console.run("heartbeat", setting.wallet, *owner, "--account", "relayer", "-y", passwords=2)


def test_without_ape_there_are_only_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert find_in_ape("TEST::0") is None
