"""Wallets as guardians, of each other even: through ERC-1271, through approvals on the chain, and frozen.

Rules: 5, 7
Cases: 9, 67
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak, to_bytes

from recovery.messages import Message, batch
from recovery.policy import DAY
from tests.world import FOREVER, Way, freeze, owners_of, policy_of, rotate, sign, sign_digest, signer

from .checks import at, by_id, refused, under
from .conftest import Bench, Wallet

NEW = owners_of("new owner")


def nested(wallet: Wallet, message: Message, by: str, chain_id: int) -> bytes:
    """A wallet's answer as a guardian: its owners sign through ERC-7739, so that it is good for this wallet only."""
    personal = keccak(keccak(text="PersonalSign(bytes prefixed)") + message.digest)
    domain = batch(chain_id, wallet.address, [], wallet.owners, 0, 0).signable.header
    digest = keccak(b"\x19\x01" + domain + personal)
    return wallet.owners.proof({signer(by): sign_digest(by, digest)})


@pytest.fixture
def couple(bench: Bench) -> tuple[Wallet, Wallet]:
    """A is guarded by B and Carl, and B, as soon as it is configured so, by A and Carl."""
    b = bench.wallet(rotate("carl", threshold=1), freeze("fred"), owners=["bob"])
    a = bench.wallet(rotate(to_bytes(hexstr=b.address), "carl"), freeze("fred"), owners=["alice"])
    ways = (rotate(to_bytes(hexstr=a.address), "carl"), freeze("fred"))
    policy = policy_of(*ways)
    bench.act(b, "scheduleChange", policy.change_delay, policy.to_abi())
    at(bench.module.changeOf(b.address).eta)
    bench.module.applyChange(b.address, sender=bench.relayer)
    return a, under(b, policy, *ways)


def start_with_wallet(bench: Bench, lost: Wallet, guardian: Wallet, by: str | None) -> Any:
    """Carl and a wallet start the recovery of another: with its owner's signature, or as approved on the chain."""
    message = bench.recover_message(lost, NEW)
    data = to_bytes(hexstr=guardian.address)
    way: Way = lost.ways[0]
    signature = b"" if by is None else nested(guardian, message, by, bench.chain.chain_id)
    approvals = [way.approval(data, message, signature), way.approval("carl", message, sign("carl", message))]
    return bench.module.start(
        lost.address,
        lost.policy.proof(0).to_abi(),
        NEW.to_abi(),
        1,
        FOREVER,
        by_id([approval.to_abi() for approval in approvals]),
        sender=bench.relayer,
    )


def position(guardian: Wallet) -> int:
    """Where a wallet stands among the approvals, of which Carl's is the other."""
    return int(signer("carl") < signer(guardian.address))


@pytest.mark.parametrize("first", [0, 1], ids=["a", "b"])
def test_accounts_that_guard_each_other_recover_each_other(
    bench: Bench, couple: tuple[Wallet, Wallet], first: int
) -> None:
    lost, guardian = couple[first], couple[1 - first]
    start_with_wallet(bench, lost, guardian, guardian.names[0])
    bench.travel(3 * DAY)
    bench.finalize(lost, NEW)
    # Recovered, it helps in turn: its new owner speaks for it, and the old one no longer does.
    with refused(bench.module.ApprovalInvalid, position(lost)):
        start_with_wallet(bench, guardian, lost, lost.names[0])
    lost.owners = NEW
    start_with_wallet(bench, guardian, lost, "new owner")


def test_a_wallet_can_approve_on_the_chain(bench: Bench, couple: tuple[Wallet, Wallet]) -> None:
    a, b = couple
    bench.act(b, "approveDigest", bench.recover_message(a, NEW).digest)
    start_with_wallet(bench, a, b, None)


def test_a_frozen_wallet_does_not_vote_as_a_guardian(bench: Bench, couple: tuple[Wallet, Wallet]) -> None:
    a, b = couple
    until = bench.freeze(b, ["fred"], 1).timestamp + 5 * DAY
    with refused(bench.module.ApprovalInvalid, position(b)):
        start_with_wallet(bench, a, b, "bob")
    with refused(b.contract.WalletFrozen, until):
        bench.act(b, "approveDigest", bench.recover_message(a, NEW).digest)
    bench.travel_to(until)
    start_with_wallet(bench, a, b, "bob")


def test_a_bare_signature_of_its_owner_is_not_the_wallets(bench: Bench, couple: tuple[Wallet, Wallet]) -> None:
    a, b = couple
    message = bench.recover_message(a, NEW)
    way = a.ways[0]
    bare = b.owners.proof({signer("bob"): sign("bob", message)})
    approvals = [
        way.approval(to_bytes(hexstr=b.address), message, bare).to_abi(),
        way.approval("carl", message).to_abi(),
    ]
    with refused(bench.module.ApprovalInvalid, position(b)):
        bench.module.start(
            a.address, a.policy.proof(0).to_abi(), NEW.to_abi(), 1, FOREVER, by_id(approvals), sender=bench.relayer
        )
