"""Requests with raw approvals: what one guardian says, and what the module makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recovery.messages import Message
from tests.world import FOREVER, owners_of, rotate

from .conftest import Bench, Wallet

HEIR = owners_of("heir")
Raw = tuple[int, int, bytes, bytes, bytes]


def submit(bench: Bench, wallet: Wallet, approvals: Sequence[Raw]) -> Any:
    """Starts a request with raw approvals, in this order."""
    proof = wallet.policy.proof(0).to_abi()
    return bench.module.start(wallet.address, proof, HEIR.to_abi(), 1, FOREVER, list(approvals), sender=bench.relayer)


def yes(wallet: Wallet, message: Message, *who: str) -> list[Raw]:
    return wallet.ways[0].approvals(who, message)


def solo(bench: Bench, who: bytes) -> tuple[Wallet, Message]:
    """A wallet that a single guardian can recover, and what that one must approve."""
    wallet = bench.wallet(rotate(who, threshold=1))
    return wallet, bench.recover_message(wallet)


def answer(wallet: Wallet, who: bytes, signature: bytes) -> list[Raw]:
    m = wallet.ways[0].members[0]
    return [(0, m.weight, m.salt, who, signature)]
