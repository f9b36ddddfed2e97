"""Guardians that are no plain keys: contracts, verifiers, approvals on the chain, and the account itself.

Rules: 5, 10
Cases: 3, 8, 34, 51
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import to_bytes

from recovery.policy import DAY, Policy
from tests.world import FOREVER, person, rotate, sign, sign_digest

from .approving import HEIR, answer, solo, submit, yes
from .checks import MAGIC_1271, MAGIC_7913, address_signer, as_account, by_id, logged, refused, responder
from .conftest import Bench, Wallet

# --------------------------------------------------------------------------------- contracts (ERC-1271)

PADDED_1271, PADDED_7913 = MAGIC_1271.ljust(32, b"\0"), MAGIC_7913.ljust(32, b"\0")


@pytest.mark.parametrize("length", [32, 33, 64, 4096])
@pytest.mark.parametrize("signature", [b"", b"anything"], ids=["empty", "some"])
def test_a_contract_that_says_yes_counts(bench: Bench, length: int, signature: bytes) -> None:
    guardian = address_signer(responder(bench, PADDED_1271, length))
    wallet, _ = solo(bench, guardian)
    submit(bench, wallet, answer(wallet, guardian, signature))


BAD_ANSWERS = {
    "nothing": lambda yes: (b"", 0, False),
    "selector-only": lambda yes: (yes[:4], 4, False),
    "31-bytes": lambda yes: (yes, 31, False),
    "dirty": lambda yes: (yes[:4] + bytes(27) + b"\1", 32, False),
    "right-aligned": lambda yes: (yes[:4].rjust(32, b"\0"), 32, False),
    "true": lambda yes: (b"\1".rjust(32, b"\0"), 32, False),
    "no": lambda yes: (b"\xff\xff\xff\xff".ljust(32, b"\0"), 32, False),
    "zeros": lambda yes: (bytes(32), 32, False),
    "revert": lambda yes: (b"", 0, True),
    "revert-with-yes": lambda yes: (yes, 32, True),
    "offset-first": lambda yes: (b"\x20".rjust(32, b"\0") + yes, 64, False),
}


@pytest.mark.parametrize("how", list(BAD_ANSWERS))
@pytest.mark.parametrize("kind", ["contract", "verifier"])
def test_any_other_answer_is_a_no_with_a_position(bench: Bench, how: str, kind: str) -> None:
    good = PADDED_1271 if kind == "contract" else PADDED_7913
    guardian = address_signer(responder(bench, *BAD_ANSWERS[how](good))) + (b"key" if kind == "verifier" else b"")
    wallet = bench.wallet(rotate(guardian, "ana", "ben"))
    message = bench.recover_message(wallet)
    approvals = by_id([*yes(wallet, message, "ana", "ben"), *answer(wallet, guardian, b"signature")])
    with refused(bench.module.ApprovalInvalid, [a[3] for a in approvals].index(guardian)):
        submit(bench, wallet, approvals)
    # Whoever submits drops it, and the others are enough.
    submit(bench, wallet, yes(wallet, message, "ana", "ben"))


@pytest.mark.parametrize("kind", ["contract", "verifier"])
def test_the_yes_of_a_contract_is_not_the_yes_of_a_verifier(bench: Bench, kind: str) -> None:
    swapped = PADDED_7913 if kind == "contract" else PADDED_1271
    guardian = address_signer(responder(bench, swapped)) + (b"key" if kind == "verifier" else b"")
    wallet, _ = solo(bench, guardian)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, guardian, b"signature"))


@pytest.mark.parametrize("kind", ["contract", "verifier"])
def test_a_huge_answer_is_not_copied(bench: Bench, kind: str) -> None:
    padded = PADDED_1271 if kind == "contract" else PADDED_7913
    guardian = address_signer(responder(bench, padded, 1_000_000)) + (b"key" if kind == "verifier" else b"")
    wallet, _ = solo(bench, guardian)
    # Making a megabyte costs the guardian 2.0 million gas; a copy would cost as much again.
    assert submit(bench, wallet, answer(wallet, guardian, b"signature")).gas_used < 2_600_000


def test_an_empty_signature_that_a_contract_accepts_on_purpose_counts_when_relayed(bench: Bench) -> None:
    safeguard = bench.project.MockSafeguard.deploy(sender=bench.relayer)
    guardian = address_signer(safeguard)
    wallet, message = solo(bench, guardian)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, guardian, b""))
    safeguard.agree(message.digest, sender=bench.relayer)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, guardian, b"\1"))
    submit(bench, wallet, answer(wallet, guardian, b""))


@pytest.mark.parametrize("address", [1, 2, 3, 4, 5, 9, 0x100, 0xEEEE])
@pytest.mark.parametrize("key", [b"", b"k", bytes(64)], ids=["address", "verifier", "long-key"])
def test_precompiles_and_addresses_without_code_never_approve(bench: Bench, address: int, key: bytes) -> None:
    guardian = address.to_bytes(20, "big") + key
    wallet, _ = solo(bench, guardian)
    for signature in (b"", bytes(64)):
        with refused(bench.module.ApprovalInvalid, 0):
            submit(bench, wallet, answer(wallet, guardian, signature))


# -------------------------------------------------------------------------------- verifiers (ERC-7913)


def test_a_key_behind_a_verifier_counts(bench: Bench) -> None:
    verifier = address_signer(bench.project.MockVerifier.deploy(sender=bench.relayer))
    people = {name: verifier + to_bytes(hexstr=person(name).address) for name in ("ana", "ben")}
    wallet = bench.wallet(rotate(*people.values(), "carl", threshold=3))
    message = bench.recover_message(wallet)
    raw = [wallet.ways[0].approval(data, message, sign(name, message)).to_abi() for name, data in people.items()]
    approvals = by_id([*raw, *yes(wallet, message, "carl")])
    swapped = by_id([(*a[:4], sign("eve", message)) if a[3] == people["ana"] else a for a in approvals])
    with refused(bench.module.ApprovalInvalid, [a[3] for a in approvals].index(people["ana"])):
        submit(bench, wallet, swapped)
    submit(bench, wallet, approvals)


def test_a_verifier_sees_the_digest_that_the_others_sign(bench: Bench) -> None:
    verifier = address_signer(bench.project.MockVerifier.deploy(sender=bench.relayer))
    guardian = verifier + to_bytes(hexstr=person("ana").address)
    wallet, _ = solo(bench, guardian)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, guardian, sign_digest("ana", b"\1" * 32)))


# ------------------------------------------------------------------------------ approvals on the chain


def forward(bench: Bench, contract: Any, method: str, *args: Any) -> Any:
    """Has a forwarding contract call the module."""
    data = getattr(bench.module, method).encode_input(*args)
    return contract(data=data, sender=bench.relayer)


def test_a_contract_that_cannot_sign_approves_on_the_chain_and_may_take_it_back(bench: Bench) -> None:
    contract = bench.project.MockForwardingAccount.deploy(bench.module, sender=bench.relayer)
    guardian = address_signer(contract)
    wallet, message = solo(bench, guardian)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, guardian, b""))

    receipt = forward(bench, contract, "approveDigest", message.digest)
    contents = {"signer": contract.address, "digest": message.digest}
    assert logged(bench, receipt) == [("DigestApproved", contents)]
    assert bench.module.isApproved(contract, message.digest)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, guardian, b"not empty"))

    receipt = forward(bench, contract, "revokeDigest", message.digest)
    assert logged(bench, receipt) == [("DigestRevoked", contents)]
    assert not bench.module.isApproved(contract, message.digest)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, guardian, b""))

    forward(bench, contract, "approveDigest", message.digest)
    submit(bench, wallet, answer(wallet, guardian, b""))


def test_a_key_can_approve_on_the_chain_too(bench: Bench) -> None:
    eoa = bench.accounts[5]
    wallet, message = solo(bench, address_signer(eoa))
    bench.module.approveDigest(message.digest, sender=eoa)
    submit(bench, wallet, answer(wallet, address_signer(eoa), b""))


def test_an_approval_on_the_chain_counts_for_its_sender_and_its_digest_only(bench: Bench) -> None:
    eoa = bench.accounts[5]
    wallet, message = solo(bench, address_signer(eoa))
    bench.module.approveDigest(message.digest, sender=bench.accounts[6])
    bench.module.approveDigest(bench.acting(wallet).recover(1, HEIR, FOREVER).digest, sender=eoa)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, address_signer(eoa), b""))


def test_a_verifiers_own_approval_is_not_that_of_its_keys(bench: Bench) -> None:
    verifier = bench.project.MockForwardingAccount.deploy(bench.module, sender=bench.relayer)
    guardian = address_signer(verifier) + b"key"
    wallet, message = solo(bench, guardian)
    forward(bench, verifier, "approveDigest", message.digest)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, guardian, b""))


# -------------------------------------------------------------------------------- the account itself


@pytest.mark.parametrize("key", [b"", b"key"], ids=["signer", "verifier"])
@pytest.mark.parametrize("signature", [b"", b"yes"], ids=["on-chain", "signature"])
def test_the_account_is_never_its_own_guardian(bench: Bench, key: bytes, signature: bytes) -> None:
    # The mock says yes to everything; and it approves on the chain.
    account = bench.project.MockAccount.deploy(bench.module, sender=bench.relayer)
    guardian = address_signer(account) + key
    way = rotate(guardian, threshold=1)
    policy = Policy(7 * DAY, (way.path,))
    as_account(bench, account, "configure", policy.change_delay, policy.to_abi())
    wallet = Wallet(account, HEIR, (), (way,), policy)
    as_account(bench, account, "approveDigest", bench.recover_message(wallet).digest)
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, answer(wallet, guardian, signature))


def test_another_account_may_be_a_guardian(bench: Bench) -> None:
    account = bench.project.MockAccount.deploy(bench.module, sender=bench.relayer)
    wallet, _ = solo(bench, address_signer(account))
    submit(bench, wallet, answer(wallet, address_signer(account), b"yes"))
