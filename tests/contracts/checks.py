"""What tests of the module say in few words: that something is refused, what was logged, at which second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import ape
from eth_abi import decode, encode
from eth_utils import keccak, to_bytes
from web3.exceptions import ContractLogicError

from recovery.policy import DAY, Policy

from .conftest import Bench, Wallet

ZERO = bytes(32)
MAGIC_1271 = bytes.fromhex("1626ba7e")
MAGIC_7913 = bytes.fromhex("024ad318")


class _Refused(Exception):
    """Carries what a call reverted with."""


@contextmanager
def refused(error: Any = None, *inputs: Any, caller: Any = None) -> Iterator[None]:
    """The transaction or call inside reverts with this error of the module, with exactly these inputs if any are given.

    It is executed by eth_call, at the time of the latest block, and leaves no trace: quicker than a transaction, and
    the next line of the test finds everything as it was. Without `error` the revert must have no data. With `caller`
    the call comes from that address, whatever key stands in the body.
    """
    provider = ape.chain.provider
    default = ape.accounts.test_accounts[0].address

    def call(txn: Any) -> None:
        try:
            sender = getattr(caller, "address", caller) or txn.sender or default
            provider.web3.eth.call({"from": sender, "to": txn.receiver, "data": txn.data})
        except ContractLogicError as reason:
            raise _Refused(to_bytes(hexstr=str(reason.data or "0x"))) from reason

    def send_transaction(txn: Any, *_: Any, **__: Any) -> None:
        call(txn)
        raise AssertionError("was not refused")

    def send_call(txn: Any, *_: Any, **options: Any) -> Any:
        call(txn)
        return type(provider).send_call(provider, txn, **options)

    patched = {"send_transaction": send_transaction, "send_call": send_call}
    for name, function in patched.items():
        object.__setattr__(provider, name, function)
    try:
        yield
    except _Refused as reason:
        data = reason.args[0]
    else:
        raise AssertionError("was not refused")
    finally:
        for name in patched:
            object.__delattr__(provider, name)
    if error is None:
        assert data == b"", f"refused with 0x{data.hex()}"
        return
    types = [str(item.canonical_type) for item in error.abi.inputs]
    selector = keccak(text=error.abi.selector)[:4]
    assert data[:4] == selector, f"refused with 0x{data.hex()} instead of {error.abi.selector}"
    if inputs:
        given = decode(types, data[4:])
        assert [_plain(value) for value in given] == [_plain(value) for value in inputs]


def _plain(value: Any) -> Any:
    value = getattr(value, "address", value)
    return value.lower() if isinstance(value, str) else value


def at(time: int) -> None:
    """The next transaction's block has exactly this time."""
    ape.chain.pending_timestamp = time


def logged(bench: Bench, receipt: Any) -> list[tuple[str, dict[str, Any]]]:
    """Names and contents of the events that the module has emitted."""
    return [
        (event.event_name, {name: _field(value) for name, value in event.event_arguments.items()})
        for event in receipt.events
        if event.contract_address == bench.module.address
    ]


def _field(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, (list, tuple)):
        return [_field(item) for item in value]
    if hasattr(value, "items") and callable(value.items):
        return [_field(item) for _, item in value.items()]
    return value


def fields(value: Any) -> Any:
    """An ABI value as `logged` shows it."""
    return _field(value)


def under(wallet: Wallet, policy: Policy, *ways: Any) -> Wallet:
    """The same wallet once this policy is in force."""
    return replace(wallet, policy=policy, ways=ways)


def opening(data: bytes, weight: int = 1, salt: bytes = ZERO) -> tuple[bytes, int, bytes]:
    """Commitment, weight and salt of any bytes, also of those that are no signer."""
    return bytes(keccak(encode(["bytes32", "uint32", "bytes32"], [salt, weight, keccak(data)]))), weight, salt


def by_id(approvals: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Raw approvals in the order that the module wants."""
    return sorted(approvals, key=lambda approval: bytes(keccak(approval[3])))


def address_signer(contract: Any) -> bytes:
    """A contract as an ERC-1271 guardian."""
    return to_bytes(hexstr=contract.address)


def responder(bench: Bench, answer: bytes, length: int | None = None, fails: bool = False) -> Any:
    """A contract that answers everything alike."""
    return bench.project.MockResponder.deploy(
        answer, len(answer) if length is None else length, fails, sender=bench.relayer
    )


def mock_account(bench: Bench, policy: Policy, last_active: int = 0) -> Any:
    """An account that does as the test says, under this policy."""
    account = bench.project.MockAccount.deploy(bench.module, sender=bench.relayer)
    if last_active:
        account.setLastActive(last_active, sender=bench.relayer)
    as_account(bench, account, "configure", policy.change_delay, policy.to_abi())
    return account


def as_account(bench: Bench, account: Any, method: str, *args: Any) -> Any:
    """Has a mock account call the module."""
    return account.forward(getattr(bench.module, method).encode_input(*args), sender=bench.relayer)


def mock_wallet(bench: Bench, *ways: Any, last_active: int = 0) -> Wallet:
    """A mock account in the clothes of a wallet, so that the bench can act on it."""
    policy = Policy(7 * DAY, tuple(way.path for way in ways))
    account = mock_account(bench, policy, last_active)
    return Wallet(account, None, (), ways, policy)  # type: ignore[arg-type]


def delegate(bench: Bench, eoa: str, code: Any) -> None:
    """Gives an EOA the code of a contract (EIP-7702)."""
    designator = "0xef0100" + code.address.removeprefix("0x")
    bench.chain.provider.make_request("anvil_setCode", [eoa, designator])
