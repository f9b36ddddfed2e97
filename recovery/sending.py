"""Transactions: simulated before they are signed, and followed until their receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from eth_account.signers.base import BaseAccount
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.types import TxParams, TxReceipt

from .errors import ChainError, Refused
from .rpc import ask, ask_number


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction to be signed by whoever pays for it; nobody needs a right to send it.

    Attributes:
        to: The contract called.
        data: Calldata.
        summary: What it does, for people.
        value: Wei.
    """

    to: str
    data: bytes
    summary: str
    value: int = 0

    def params(self, **more: Any) -> TxParams:
        """As web3.py takes it."""
        return cast(TxParams, {"to": self.to, "data": self.data, "value": self.value, **more})


def simulate(web3: Web3, transaction: Transaction, sender: str) -> int:
    """Runs a transaction without sending it.

    Returns:
        The gas that it needs.

    Raises:
        Refused: It would fail, with the reason in words.
        ChainError: The node does not answer.
    """
    params = transaction.params(**{"from": Web3.to_checksum_address(sender)})
    ask(lambda: web3.eth.call(params))
    return ask_number(lambda: web3.eth.estimate_gas(params), 2**64)


def send(
    web3: Web3,
    chain_id: int,
    transaction: Transaction,
    account: BaseAccount,
    timeout: float = 180,
    sending: Callable[[str], None] | None = None,
) -> TxReceipt:
    """Simulates, signs, sends, and waits for the receipt.

    Args:
        web3: Connected to a node.
        chain_id: The chain's, which the signature binds.
        transaction: What to send.
        account: Who pays: an account of eth-account.
        timeout: Seconds to wait for the receipt.
        sending: Told the transaction's hash before it is sent: from then on it may be mined, whatever
            becomes of this program.

    Raises:
        Refused: It would fail or has failed, or the payer cannot afford it.
        ChainError: The node does not answer, or the receipt does not come in time.
    """
    gas = simulate(web3, transaction, account.address)
    gas += gas // 5  # what others do in between may cost a little more
    eth = web3.eth
    latest = ask(lambda: eth.get_block("latest"))
    base_fee = ask_number(lambda: latest.get("baseFeePerGas", 0))
    tip = ask_number(lambda: eth.max_priority_fee)
    fee = 2 * base_fee + tip
    balance = ask_number(lambda: eth.get_balance(account.address))
    if balance < gas * fee + transaction.value:
        raise Refused(
            f"{account.address} has {Web3.from_wei(balance, 'ether')} ether, but up to "
            f"{Web3.from_wei(gas * fee + transaction.value, 'ether')} may be needed. Send it some and try again."
        )
    params = transaction.params(
        chainId=chain_id,
        nonce=ask_number(lambda: eth.get_transaction_count(account.address, "pending"), 2**64),
        gas=gas,
        maxFeePerGas=fee,
        maxPriorityFeePerGas=tip,
    )
    signed = account.sign_transaction(cast(Any, params))
    identifier = Web3.to_hex(signed.hash)
    if sending is not None:
        sending(identifier)
    try:
        ask(lambda: eth.send_raw_transaction(signed.raw_transaction))
    except ChainError:
        # An answer may get lost, and what is sent again is refused as known: only the transaction itself tells.
        if not _is_known(web3, identifier):
            raise
    try:
        receipt = eth.wait_for_transaction_receipt(signed.hash, timeout=timeout)
    except (Web3Exception, OSError, ValueError, TypeError) as error:
        raise ChainError(
            f"Transaction {identifier} was sent, but no receipt has come in {timeout:.0f} seconds. "
            "Look it up before sending anything again."
        ) from error
    if receipt["status"] != 1:
        simulate(web3, transaction, account.address)  # says why, if it still fails
        raise Refused(f"Transaction {identifier} failed. Nothing but its fee was spent.")
    return receipt


def _is_known(web3: Web3, identifier: str) -> bool:
    try:
        return bool(web3.eth.get_transaction(cast(Any, identifier)))
    except (Web3Exception, OSError, ValueError, TypeError):
        return False
