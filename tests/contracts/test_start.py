"""Starting a request: every guard, what is stored and emitted, and how the path's nonce moves.

Rules: 1, 2, 3, 4
Cases: 1, 12, 22, 23, 24, 25, 27, 33, 36, 52, 68
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak, to_bytes

from recovery.policy import DAY, HOUR
from recovery.quorum import Owners
from tests.world import FOREVER, freeze, owners_of, policy_of, rotate, signer, veto

from .checks import address_signer, at, logged, mock_wallet, refused
from .conftest import Bench, Wallet

HEIR = owners_of("heir")


@pytest.fixture
def wallet(bench: Bench) -> Wallet:
    """0 and 1 recover with different delays, 2 freezes, 3 vetoes."""
    return bench.wallet(
        rotate("ana", "ben", "carl"),
        rotate("dora", "emil", delay=5 * DAY, window=48 * HOUR, owner_cancels=False, vetoable=True),
        freeze("fred"),
        veto("vera"),
    )


def start_with(bench: Bench, wallet: Wallet, owners: list[bytes], threshold: int = 1) -> Any:
    """Starts a request for owners that the Python model may refuse."""
    message = bench.recover_message(wallet)
    message.values["owners"], message.values["threshold"] = owners, threshold
    approvals = wallet.ways[0].approvals(["ana", "ben"], message)
    return bench.module.start(
        wallet.address, wallet.policy.proof(0).to_abi(), owners, threshold, FOREVER, approvals, sender=bench.relayer
    )


# -------------------------------------------------------------------------------------------- success


@pytest.mark.parametrize(
    ("path", "by", "delay", "window"),
    [(0, ["ana", "carl"], 3 * DAY, 30 * DAY), (1, ["dora", "emil"], 5 * DAY, 2 * DAY)],
)
def test_a_whole_quorum_starts_a_request_whose_times_are_fixed(
    bench: Bench, wallet: Wallet, path: int, by: list[str], delay: int, window: int
) -> None:
    receipt = bench.start(wallet, by, path=path)
    ready = receipt.timestamp + delay
    contents = {
        "account": wallet.address,
        "path": path,
        "nonce": 1,
        "owners": HEIR.to_abi(),
        "threshold": 1,
        "readyAt": ready,
        "expiresAt": ready + window,
    }
    assert logged(bench, receipt) == [("RecoveryStarted", contents)]
    assert bench.module.requestOf(wallet.address, path) == (1, 1, ready, ready + window)
    assert bench.state(wallet, 1 - path) == "idle"


@pytest.mark.parametrize("owner_cancels", [False, True])
@pytest.mark.parametrize("vetoable", [False, True])
@pytest.mark.parametrize("inactivity", [0, 7 * DAY])
def test_a_request_takes_one_word(bench: Bench, owner_cancels: bool, vetoable: bool, inactivity: int) -> None:
    way = rotate(
        "ana", threshold=1, owner_cancels=owner_cancels, vetoable=vetoable, inactivity=inactivity, window=8760 * HOUR
    )
    wallet = bench.wallet(way)
    bench.travel(8 * DAY)
    ready = bench.start(wallet, ["ana"]).timestamp + 3 * DAY
    blocks = not owner_cancels and inactivity == 0
    owners = keccak(b"".join(keccak(owner) for owner in HEIR.to_abi()))
    request = keccak(way.path.hash + owners + (1).to_bytes(32, "big"))[:24]
    flags = owner_cancels << 17 | vetoable << 16 | blocks << 15
    word = int.from_bytes(request, "big") << 64 | ready << 32 | 8760 << 18 | flags | 1
    assert bench.module.slotsOf(wallet.address, 1)[2] == word
    assert bench.module.policyOf(wallet.address).blockers == int(blocks)


def test_more_approvals_than_needed_are_fine(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet, ["ana", "ben", "carl"])


def test_requests_of_two_paths_stand_side_by_side(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    bench.start(wallet, ["dora", "emil"], owners_of("other"), path=1)
    assert [bench.state(wallet, path) for path in (0, 1)] == ["pending", "pending"]


def test_states_follow_from_time(bench: Bench, wallet: Wallet) -> None:
    assert bench.state(wallet) == "idle"
    ready = bench.start(wallet).timestamp + 3 * DAY
    for time, state in [
        (ready - 1, "pending"),
        (ready, "ready"),
        (ready + 30 * DAY - 1, "ready"),
        (ready + 30 * DAY, "expired"),
    ]:
        bench.travel_to(time)
        assert bench.state(wallet) == state


# ------------------------------------------------------------------------------------------- deadline


def test_approvals_are_good_until_the_second_of_their_deadline(bench: Bench, wallet: Wallet) -> None:
    deadline = bench.now + HOUR
    at(deadline)
    bench.start(wallet, deadline=deadline)


def test_approvals_are_void_after_their_deadline(bench: Bench, wallet: Wallet) -> None:
    deadline = bench.now + HOUR
    bench.travel_to(deadline + 1)
    with refused(bench.module.DeadlinePassed, deadline):
        bench.start(wallet, deadline=deadline)


# --------------------------------------------------------------------------------------------- policy


def test_a_path_must_be_in_the_policy_in_force(bench: Bench, wallet: Wallet) -> None:
    other = policy_of(rotate("mallory", threshold=1), *wallet.ways[1:])
    foreign = Wallet(wallet.contract, wallet.owners, wallet.names, (rotate("mallory", threshold=1),), other)
    with refused(bench.module.PolicyMismatch, wallet.address):
        bench.start(foreign, ["mallory"])


@pytest.mark.parametrize("change", ["index", "others", "order", "missing", "more"])
def test_a_proof_of_another_shape_is_refused(bench: Bench, wallet: Wallet, change: str) -> None:
    index, path, others = wallet.policy.proof(0).to_abi()
    index, others = {
        "index": (1, others),
        "others": (0, [bytes(32), *others[1:]]),
        "order": (0, others[::-1]),
        "missing": (0, others[:-1]),
        "more": (0, [*others, others[0]]),
    }[change]
    approvals = wallet.ways[0].approvals(["ana", "ben"], bench.recover_message(wallet))
    with refused(bench.module.PolicyMismatch, wallet.address):
        bench.module.start(
            wallet.address, (index, path, others), HEIR.to_abi(), 1, FOREVER, approvals, sender=bench.relayer
        )


@pytest.mark.parametrize("index", [4, 255])
def test_a_path_beyond_the_policy_is_refused(bench: Bench, wallet: Wallet, index: int) -> None:
    _, path, others = wallet.policy.proof(0).to_abi()
    with refused(bench.module.PolicyPathUnknown, index):
        bench.module.start(wallet.address, (index, path, others), HEIR.to_abi(), 1, FOREVER, [], sender=bench.relayer)


def test_an_account_without_a_policy_has_no_paths(bench: Bench, wallet: Wallet) -> None:
    account = bench.project.MockAccount.deploy(bench.module, sender=bench.relayer)
    with refused(bench.module.PolicyMissing, account):
        bench.module.start(
            account, wallet.policy.proof(0).to_abi(), HEIR.to_abi(), 1, FOREVER, [], sender=bench.relayer
        )


@pytest.mark.parametrize(("path", "by", "right"), [(2, "fred", 1), (3, "vera", 2)], ids=["freeze", "veto"])
def test_freeze_and_veto_paths_do_not_recover(bench: Bench, wallet: Wallet, path: int, by: str, right: int) -> None:
    with refused(bench.module.PathRightMismatch, right, 0):
        bench.start(wallet, [by], path=path)


# --------------------------------------------------------------------------------------------- quorum


@pytest.mark.parametrize("by", [[], ["ana"]], ids=["nobody", "one"])
def test_a_request_starts_with_the_whole_threshold_only(bench: Bench, wallet: Wallet, by: list[str]) -> None:
    with refused(bench.module.ApprovalsInsufficient, len(by), 2):
        bench.start(wallet, by)


# --------------------------------------------------------------------------------------------- owners


def test_32_owners_of_every_length_can_follow(bench: Bench, wallet: Wallet) -> None:
    verifier = bench.project.MockVerifier.deploy(sender=bench.relayer)
    keys = [address_signer(verifier) + bytes([i]) * (i + 1) for i in range(16)]
    people = [signer(f"owner {i}").data for i in range(16)]
    owners = Owners.of([signer(data) for data in keys + people], 32)
    bench.start(wallet, owners=owners)
    bench.travel(3 * DAY)
    bench.finalize(wallet, owners)
    assert wallet.contract.ownersHash() == owners.hash[:24]


@pytest.mark.parametrize("count", [0, 33])
def test_there_are_1_to_32_owners(bench: Bench, wallet: Wallet, count: int) -> None:
    owners = sorted((signer(f"owner {i}").data for i in range(count)), key=keccak)
    with refused(bench.module.OwnersCountInvalid, count):
        start_with(bench, wallet, owners)


@pytest.mark.parametrize("threshold", [0, 3, 2**256 - 1])
def test_the_owners_must_reach_their_threshold(bench: Bench, wallet: Wallet, threshold: int) -> None:
    with refused(bench.module.OwnersThresholdInvalid, threshold, 2):
        start_with(bench, wallet, owners_of("heir", "aunt").to_abi(), threshold)


def test_all_owners_may_have_to_sign(bench: Bench, wallet: Wallet) -> None:
    start_with(bench, wallet, owners_of("heir", "aunt").to_abi(), 2)


@pytest.mark.parametrize("change", ["swapped", "twice"])
def test_owners_are_strictly_sorted(bench: Bench, wallet: Wallet, change: str) -> None:
    first, second = owners_of("heir", "aunt").to_abi()
    with refused(bench.module.OwnersUnsorted, 1):
        start_with(bench, wallet, [second, first] if change == "swapped" else [first, first])


@pytest.mark.parametrize(
    "bad",
    [b"", b"\1" * 19, bytes(20), bytes(20) + b"key", b"\4".rjust(20, b"\0") + b"key", b"\xee" * 20 + b"key"],
    ids=["empty", "short", "zero", "zero-verifier", "precompile", "verifier-without-code"],
)
def test_an_owner_who_could_never_sign_is_refused(bench: Bench, wallet: Wallet, bad: bytes) -> None:
    owners = sorted([signer("heir").data, bad], key=keccak)
    with refused(bench.module.OwnerInvalid, owners.index(bad)):
        start_with(bench, wallet, owners)


@pytest.mark.parametrize("key", [b"", b"key"], ids=["address", "verifier"])
def test_the_account_cannot_own_itself(bench: Bench, wallet: Wallet, key: bytes) -> None:
    with refused(bench.module.OwnerInvalid, 0):
        start_with(bench, wallet, [to_bytes(hexstr=wallet.address) + key])


@pytest.mark.parametrize("length", [1024, 1025])
def test_an_owner_has_1024_bytes_at_most(bench: Bench, wallet: Wallet, length: int) -> None:
    owner = address_signer(bench.module).ljust(length, b"k")
    if length == 1024:
        start_with(bench, wallet, [owner])
        return
    with refused(bench.module.OwnerInvalid, 0):
        start_with(bench, wallet, [owner])


def test_guardians_and_present_owners_may_become_owners(bench: Bench, wallet: Wallet) -> None:
    owners = owners_of("ana", "owner", threshold=2)
    bench.start(wallet, owners=owners)
    bench.travel(3 * DAY)
    bench.finalize(wallet, owners)
    assert wallet.contract.ownersHash() == owners.hash[:24]


# ---------------------------------------------------------------------------------------- one request


@pytest.mark.parametrize("last_second", [False, True])
def test_a_path_has_one_open_request(bench: Bench, wallet: Wallet, last_second: bool) -> None:
    expires = bench.start(wallet).timestamp + 33 * DAY
    if last_second:
        bench.travel_to(expires - 1)
    with refused(bench.module.RecoveryAlreadyStarted, 0, expires):
        bench.start(wallet, ["ben", "carl"], owners_of("other"))


def test_an_expired_request_is_cleared_in_passing(bench: Bench, wallet: Wallet) -> None:
    expires = bench.start(wallet, ["dora", "emil"], path=1).timestamp + 7 * DAY
    at(expires)
    receipt = bench.start(wallet, ["dora", "emil"], owners_of("other"), path=1)
    cleared, started = logged(bench, receipt)
    assert cleared == ("RecoveryCleared", {"account": wallet.address, "path": 1, "nonce": 1})
    assert started[0] == "RecoveryStarted"
    assert started[1]["nonce"] == 2
    # Counted once: the old one was taken off.
    assert bench.module.policyOf(wallet.address).blockers == 1


# ---------------------------------------------------------------------------------------------- nonce


def test_approvals_start_one_request_only(bench: Bench, wallet: Wallet) -> None:
    message = bench.recover_message(wallet)
    approvals = wallet.ways[0].approvals(["ana", "ben"], message)
    args = (wallet.address, wallet.policy.proof(0).to_abi(), HEIR.to_abi(), 1, FOREVER, approvals)
    bench.module.start(*args, sender=bench.relayer)
    bench.act(wallet, "cancel", 1, 0, 1)
    with refused(bench.module.ApprovalInvalid, 0):
        bench.module.start(*args, sender=bench.relayer)


def test_starting_moves_the_nonce_and_closing_does_not(bench: Bench, wallet: Wallet) -> None:
    for nonce in (1, 2, 3):
        bench.start(wallet)
        assert bench.nonce(wallet) == nonce
        collected = bench.acting(wallet).recover(nonce, HEIR, FOREVER)
        bench.act(wallet, "cancel", 1, 0, nonce)
        assert bench.nonce(wallet) == nonce
        assert bench.recover_message(wallet) == collected


def test_a_refused_start_leaves_the_approvals_good(bench: Bench, wallet: Wallet) -> None:
    with refused(bench.module.ApprovalsInsufficient):
        bench.start(wallet, ["ana"])
    assert bench.nonce(wallet) == 0
    bench.start(wallet)


def test_paths_do_not_move_each_others_nonces(bench: Bench, wallet: Wallet) -> None:
    before = [bench.nonce(wallet, path) for path in (1, 2, 3)]
    bench.start(wallet)
    bench.act(wallet, "cancel", 1, 0, 1)
    assert [bench.nonce(wallet, path) for path in (1, 2, 3)] == before == [0, 0, 0]


def nonce_storage(bench: Bench, wallet: Wallet) -> str:
    """Where the module keeps the request of path 0, found by what stands there."""
    word = bench.module.slotsOf(wallet.address, 1)[2]
    key = int(wallet.address, 16) << 96 | 1 << 64
    for slot in range(16):
        place = keccak(key.to_bytes(32, "big") + slot.to_bytes(32, "big"))
        stored = bench.chain.provider.get_storage(bench.module.address, int.from_bytes(place, "big"))
        if int.from_bytes(stored, "big") == word:
            return "0x" + place.hex()
    raise AssertionError("not found")


def test_a_path_has_32767_nonces_an_epoch(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    place = nonce_storage(bench, wallet)
    for nonce in (32_766, 32_767):
        value = "0x" + nonce.to_bytes(32, "big").hex()
        bench.chain.provider.make_request("anvil_setStorageAt", [bench.module.address, place, value])
        assert bench.nonce(wallet) == nonce
        if nonce == 32_766:
            bench.start(wallet)
            assert bench.nonce(wallet) == 32_767
    with refused(bench.module.RecoveryNonceExhausted):
        bench.start(wallet)


def test_a_time_that_would_not_fit_is_refused(bench: Bench, wallet: Wallet) -> None:
    bench.travel_to(2**32 - 3 * DAY)
    with pytest.raises(AssertionError, match="0x6dfcc650"), refused():  # SafeCastOverflowedUintDowncast
        bench.start(wallet)


def test_a_mock_account_starts_like_a_wallet(bench: Bench) -> None:
    wallet = mock_wallet(bench, rotate("ana", threshold=1))
    bench.start(wallet, ["ana"])
    assert bench.state(wallet) == "pending"
