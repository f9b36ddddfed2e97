"""An Anvil of one's own with the contracts on it, and fixed keys: every number is the same on every machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak
from web3 import HTTPProvider, Web3
from web3.contract import Contract

from recovery import contracts
from recovery import deploy as deploying

#: The chain begins here, so that no timestamp changes the cost of calldata: 2026-01-01 00:00 UTC.
GENESIS = 1_767_225_600
HARDFORK = "osaka"


def key(name: str) -> LocalAccount:
    """A fixed key, worth nothing."""
    account: LocalAccount = Account.from_key(keccak(text=f"ape-recovery benchmark {name}"))
    return account


@contextmanager
def anvil() -> Iterator[Web3]:
    """A fresh chain, gone at the end.

    Raises:
        RuntimeError: Anvil is not installed, or doesn't start.
    """
    program = Path(sys.executable).with_name("anvil")
    command = str(program) if program.exists() else shutil.which("anvil")
    if command is None:
        raise RuntimeError("Anvil is not installed. Run: make setup")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [command, "--port", str(port), "--silent", "--hardfork", HARDFORK, "--timestamp", str(GENESIS)],
        stdin=subprocess.DEVNULL,
    )
    try:
        web3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
        for _ in range(200):
            if web3.is_connected():
                break
            time.sleep(0.05)
        else:
            raise RuntimeError("Anvil did not start.")
        web3.eth.default_account = web3.eth.accounts[0]
        yield web3
    finally:
        process.terminate()
        process.wait()


def deploy(web3: Web3) -> contracts.Deployment:
    """Puts the shipped contracts where they stand on every chain."""
    deploying.deploy(web3, deploying.unlocked(web3, str(web3.eth.default_account)))
    return contracts.canonical_deployment()


def contract(web3: Web3, address: str, name: str) -> Contract:
    """One of the shipped contracts."""
    return web3.eth.contract(address=Web3.to_checksum_address(address), abi=contracts.load(name).abi)


def send(web3: Web3, transaction: dict[str, Any]) -> Any:
    """Sends from the first account and returns the receipt.

    Raises:
        RuntimeError: The transaction failed.
    """
    transaction = {"from": web3.eth.default_account, "gas": 10_000_000, **transaction}
    receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_transaction(transaction))  # type: ignore[arg-type]
    if receipt["status"] != 1:
        raise RuntimeError(f"Transaction {receipt['transactionHash'].hex()} failed.")
    return receipt


def travel(web3: Web3, seconds: int) -> None:
    """Moves the chain's time."""
    web3.provider.make_request("evm_increaseTime", [seconds])  # type: ignore[arg-type]
    web3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
