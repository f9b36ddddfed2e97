"""Puts the shipped contracts where they stand on every chain, through the deterministic deployer (EIP-1014).

Nobody owns what is deployed, so anybody may deploy it, and whoever comes second finds it there. A run that broke off
is resumed by running again: the chain says what is missing, and nothing else is believed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from eth_account import Account
from eth_account.signers.base import BaseAccount
from eth_typing import ChecksumAddress
from eth_utils import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.types import TxParams

from . import contracts
from .building import Transaction
from .client import RecoveryClient
from .errors import ChainError, RecoveryError, Refused
from .files import to_hex
from .rpc import ask

#: In the order of deployment. The factory creates the code of the wallets itself.
NAMES = ("WalletRecoveryModule", "RecoveryWalletFactory", "RecoveryLens")
#: A chain of one's own, where the deployer may be put in place without asking.
DEVELOPMENT_CHAINS = (1337, 31337, 131277322940537)

#: Sends a transaction, waits until it is in a block, and raises a `RecoveryError` if it failed.
Send = Callable[[Transaction], None]


@dataclass(frozen=True, slots=True)
class Placed:
    """One contract on one chain.

    Attributes:
        name: The contract's name.
        address: Where it stands.
        sent: Whether this run has sent the transaction.
    """

    name: str
    address: str
    sent: bool


class DeployerMissing(RecoveryError):
    """The chain lacks the deterministic deployer."""

    code = "deployer-missing"


class DeploymentMismatch(RecoveryError):
    """Something else stands where a contract should."""

    code = "deployment-mismatch"


def deployer_sender() -> ChecksumAddress:
    """Who sends the deterministic deployer's transaction; recovered from it, as money will be sent there."""
    return Web3.to_checksum_address(Account.recover_transaction(contracts.DEPLOYER_TRANSACTION))


def addresses() -> dict[str, str]:
    """Where each contract stands, by name."""
    at = contracts.canonical_deployment()
    return {
        "WalletRecoveryModule": at.module,
        "RecoveryWalletFactory": at.factory,
        "RecoveryWallet": at.wallet,
        "RecoveryLens": at.lens,
    }


def transaction(name: str) -> Transaction:
    """What deploys a contract: salt and init code, sent to the deployer."""
    data = contracts.SALT + contracts.init_code(name)
    return Transaction(contracts.DEPLOYER, data, f"deploy {name} at {addresses()[name]}")


def sender(client: RecoveryClient, payer: BaseAccount) -> Send:
    """Sends with a key of eth-account."""

    def send(transaction: Transaction) -> None:
        client.send(transaction, payer)

    return send


def unlocked(web3: Web3, account: str) -> Send:
    """Sends with a key that the node itself holds, as Anvil does."""

    def send(transaction: Transaction) -> None:
        params = cast(TxParams, transaction.params(**{"from": Web3.to_checksum_address(account)}))
        receipt = ask(lambda: web3.eth.wait_for_transaction_receipt(web3.eth.send_transaction(params), timeout=180))
        if receipt["status"] != 1:
            raise Refused(f"The transaction to {transaction.summary} failed.")

    return send


def place_deployer(web3: Web3, send: Send, *, allowed: bool) -> bool:
    """Sees to it that the deterministic deployer is there.

    Args:
        web3: Connected to the chain.
        send: Pays for the funds of the deployer's sender.
        allowed: Whether it may be put in place; so on a chain of one's own.

    Returns:
        Whether it had to be put in place.

    Raises:
        DeployerMissing: It is not there, and `allowed` is false.
        ChainError: The chain does not take its transaction.
    """
    if _code(web3, contracts.DEPLOYER):
        return False
    if not allowed:
        raise DeployerMissing(
            f"This chain has no deterministic deployer at {contracts.DEPLOYER}. Anybody can put it there, once and "
            f"for all: send {Web3.from_wei(contracts.DEPLOYER_FUNDS, 'ether')} of the chain's coin to "
            f"{deployer_sender()}, then publish the transaction that is signed for every chain: "
            f"cast publish {contracts.DEPLOYER_TRANSACTION}. Then deploy again. (A chain that takes no transactions "
            "without a chain id needs its operator's help.)"
        )
    missing = contracts.DEPLOYER_FUNDS - ask(lambda: web3.eth.get_balance(deployer_sender()))
    if missing > 0:
        send(Transaction(deployer_sender(), b"", "fund the deterministic deployer", missing))
    try:
        sent = ask(lambda: web3.eth.send_raw_transaction(HexBytes(contracts.DEPLOYER_TRANSACTION)))
        ask(lambda: web3.eth.wait_for_transaction_receipt(sent, timeout=180))
    except ChainError as error:
        raise ChainError(
            f"The chain does not take the deterministic deployer's transaction. {error.message}"
        ) from error
    if not _code(web3, contracts.DEPLOYER):
        raise ChainError("The deterministic deployer's transaction was sent, but there is no deployer.")
    return True


def deploy(web3: Web3, send: Send) -> list[Placed]:
    """Deploys what is missing, and compares what stands there with the shipped code.

    The deterministic deployer must be there.

    Returns:
        The three contracts, in the order of deployment.

    Raises:
        DeploymentMismatch: Something else stands where a contract should.
        RecoveryError: What `send` raises.
    """
    result = []
    for name in NAMES:
        address = addresses()[name]
        sent = False
        if not _code(web3, address):
            try:
                send(transaction(name))
                sent = True
            except RecoveryError:
                # Somebody else, or our own run that broke off, may have come first.
                if not _code(web3, address):
                    raise
            if not _code(web3, address):
                raise DeploymentMismatch(f"{name} was deployed, but nothing stands at {address}. Check the network.")
        result.append(Placed(name, address, sent))
    verify(web3)
    return result


def verify(web3: Web3) -> None:
    """Compares the code of all four contracts with the shipped artifacts.

    Raises:
        DeploymentMismatch: Something else stands there, or nothing.
    """
    for name, address in addresses().items():
        if not contracts.load(name).matches(_code(web3, address)):
            raise DeploymentMismatch(f"What stands at {address} is not {name} as it is shipped. Do not use it.")


def record(web3: Web3, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What is written down about a deployment: the same whenever and by whomever it is asked.

    Args:
        web3: Connected to the chain.
        known: An earlier record; its transactions are looked up before the chain is searched for them.

    Returns:
        `chainId`, the first `block`, `addresses`, `transactions` (None where the node's history does not reach back)
        and `artifacts`, the hashes of what was deployed.
    """
    hints = (known or {}).get("transactions")
    hints = hints if isinstance(hints, Mapping) else {}
    transactions: dict[str, str | None] = {}
    blocks = []
    for name in NAMES:
        found = ask(lambda name=name: _look_up(web3, name, hints.get(name)) or _search(web3, name))  # type: ignore[misc]
        transactions[name] = found[0] if found else None
        if found:
            blocks.append(found[1])
    return {
        "chainId": ask(lambda: web3.eth.chain_id),
        "block": min(blocks) if len(blocks) == len(NAMES) else None,
        "addresses": addresses(),
        "transactions": transactions,
        "artifacts": {
            name: {
                "bytecode": to_hex(keccak(contracts.load(name).bytecode)),
                "runtime": to_hex(keccak(contracts.load(name).runtime)),
            }
            for name in contracts.CONTRACTS
        },
    }


def dump_record(data: Mapping[str, Any]) -> str:
    """A record as a file."""
    return json.dumps(data, indent=2) + "\n"


def load_record(text: str) -> dict[str, Any] | None:
    """A record from a file; None if it is damaged: it is only a hint."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _look_up(web3: Web3, name: str, hint: object) -> tuple[str, int] | None:
    """A transaction that a record names, if the chain has it and it is the one."""
    if not isinstance(hint, str):
        return None
    try:
        return _deployed_by(web3, name, web3.eth.get_transaction(HexBytes(hint)))
    except (Web3Exception, ValueError, TypeError):
        return None


def _search(web3: Web3, name: str) -> tuple[str, int] | None:
    """The transaction that deployed a contract: in the first block that has its code."""
    address = addresses()[name]
    low, high = 0, int(web3.eth.block_number)
    try:
        while low < high:
            middle = (low + high) // 2
            if web3.eth.get_code(Web3.to_checksum_address(address), middle):
                high = middle
            else:
                low = middle + 1
        candidates = web3.eth.get_block(low, full_transactions=True)["transactions"]
        results = (_deployed_by(web3, name, candidate) for candidate in candidates)
        return next((result for result in results if result is not None), None)
    except (Web3Exception, ValueError):
        return None  # the node keeps no state that old


def _deployed_by(web3: Web3, name: str, found: Any) -> tuple[str, int] | None:
    """Hash and block of a transaction, if it has deployed this contract."""
    wanted = transaction(name)
    data = found["input"] if "input" in found else found["data"]  # eth-tester calls it so
    if found["to"] != wanted.to or bytes(HexBytes(data)) != wanted.data:
        return None
    receipt = web3.eth.get_transaction_receipt(found["hash"])
    return (Web3.to_hex(found["hash"]), int(receipt["blockNumber"])) if receipt["status"] == 1 else None


def _code(web3: Web3, address: str) -> bytes:
    where = Web3.to_checksum_address(address)
    return bytes(ask(lambda: web3.eth.get_code(where)))
