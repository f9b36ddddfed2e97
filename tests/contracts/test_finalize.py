"""Finalizing and clearing: when, by whom, with what, and what is left afterwards.

Rules: 2, 3, 4, 10
Cases: 12, 17, 22, 23, 24, 26, 36, 62, 65
"""

from __future__ import annotations

from typing import Any

import pytest

from recovery.policy import DAY, HOUR
from recovery.quorum import Owners
from tests.world import FOREVER, freeze, owners_of, rotate, veto

from .checks import at, logged, mock_wallet, refused
from .conftest import Bench, Wallet

HEIR = owners_of("heir")


@pytest.fixture
def wallet(bench: Bench) -> Wallet:
    """0 to 2 recover after 3 days, within 2 hours; 1 cannot be cancelled, 2 needs silence; 3 freezes, 4 vetoes."""
    return bench.wallet(
        rotate("ana", "ben", window=2 * HOUR),
        rotate("carl", "dora", window=2 * HOUR, owner_cancels=False, vetoable=True),
        rotate("hans", threshold=1, window=2 * HOUR, inactivity=30 * DAY),
        freeze("fred"),
        veto("vera"),
    )


# -------------------------------------------------------------------------------------------- success


@pytest.mark.parametrize("after", [0, 2 * HOUR - 1], ids=["first-second", "last-second"])
def test_anybody_finalizes_within_the_window(bench: Bench, wallet: Wallet, after: int) -> None:
    at(bench.start(wallet).timestamp + 3 * DAY + after)
    receipt = bench.finalize(wallet)
    contents = {"account": wallet.address, "path": 0, "epoch": 2}
    assert logged(bench, receipt) == [("RecoveryFinalized", contents)]
    assert wallet.contract.ownersHash() == HEIR.hash[:24]
    assert bench.module.policyOf(wallet.address) == (wallet.policy.hash[:24], 2, 7 * DAY, 0)
    with refused(bench.module.RecoveryNotStarted, 0):
        bench.finalize(wallet)


def test_the_account_says_who_owns_it_now(bench: Bench, wallet: Wallet) -> None:
    owners = owners_of("heir", "aunt", threshold=2)
    bench.start(wallet, owners=owners)
    bench.travel(3 * DAY)
    receipt = bench.finalize(wallet, owners)
    changed = [e.event_arguments for e in receipt.events if e.event_name == "OwnersChanged"]
    assert [(list(map(bytes, e["owners"])), e["threshold"]) for e in changed] == [(owners.to_abi(), 2)]


def test_the_new_owners_can_act_and_the_old_cannot(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    bench.travel(3 * DAY)
    bench.finalize(wallet)
    with refused(wallet.contract.WalletUnauthorized):
        bench.act(wallet, "heartbeat")
    bench.act(wallet, "heartbeat", by=["heir"], owners=HEIR)


def test_finalizing_starts_every_path_anew(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    bench.start(wallet, ["carl", "dora"], path=1)
    bench.act(wallet, "scheduleRemoval")
    bench.travel(3 * DAY)
    bench.finalize(wallet)
    assert [bench.state(wallet, path) for path in range(3)] == ["idle"] * 3
    assert [bench.nonce(wallet, path) for path in range(3)] == [0] * 3
    assert bench.module.changeOf(wallet.address) == (bytes(24), 0)
    assert bench.module.policyOf(wallet.address).blockers == 0
    with refused(bench.module.ChangeNotPending, wallet.address):
        bench.module.applyChange(wallet.address, sender=bench.relayer)


def test_finalizing_voids_all_approvals_collected_before_it(bench: Bench, wallet: Wallet) -> None:
    # Signed for nonce 0 of the old epoch, which is also the nonce that the new epoch begins with.
    stale = bench.recover_message(wallet, path=1)
    bench.start(wallet)
    bench.travel(3 * DAY)
    bench.finalize(wallet)
    with refused(bench.module.ApprovalInvalid, 0):
        bench.module.start(
            wallet.address,
            wallet.policy.proof(1).to_abi(),
            HEIR.to_abi(),
            1,
            FOREVER,
            wallet.ways[1].approvals(["carl", "dora"], stale),
            sender=bench.relayer,
        )
    bench.start(wallet, ["carl", "dora"], path=1)


def test_a_recovered_account_can_be_recovered_again(bench: Bench, wallet: Wallet) -> None:
    for epoch, name in ((2, "heir"), (3, "aunt")):
        owners = owners_of(name)
        bench.start(wallet, owners=owners)
        bench.travel(3 * DAY)
        bench.finalize(wallet, owners)
        assert bench.module.policyOf(wallet.address).epoch == epoch


# ---------------------------------------------------------------------------------------------- guards


@pytest.mark.parametrize("after", [2 * HOUR, 2 * HOUR + 1])
def test_nobody_finalizes_after_the_window(bench: Bench, wallet: Wallet, after: int) -> None:
    ready = bench.start(wallet).timestamp + 3 * DAY
    bench.travel_to(ready + after)
    with refused(bench.module.RecoveryExpired, ready + 2 * HOUR):
        bench.finalize(wallet)


@pytest.mark.parametrize("after", [-3 * DAY, -1])
def test_nobody_finalizes_before_the_window(bench: Bench, wallet: Wallet, after: int) -> None:
    ready = bench.start(wallet).timestamp + 3 * DAY
    if after != -3 * DAY:
        bench.travel_to(ready + after)
    with refused(bench.module.RecoveryNotReady, ready, ready + 2 * HOUR):
        bench.finalize(wallet)


def test_nothing_is_ready_where_nothing_was_started(bench: Bench, wallet: Wallet) -> None:
    for path in (0, 2, 77):
        with refused(bench.module.RecoveryNotStarted, path):
            bench.module.finalize(
                wallet.address, path, wallet.policy.paths[0].to_abi(), HEIR.to_abi(), 1, sender=bench.relayer
            )


@pytest.mark.parametrize("why", ["cancelled", "vetoed", "cleared"])
def test_what_was_stopped_is_not_finalized(bench: Bench, wallet: Wallet, why: str) -> None:
    bench.start(wallet, ["carl", "dora"], path=1)
    if why == "cancelled":
        message = bench.acting(wallet, 1).cancel(1, FOREVER)
        bench.by_quorum("cancelByQuorum", wallet, message, ["carl", "dora"], 1)
    elif why == "vetoed":
        message = bench.acting(wallet, 4).veto_request(1, 1, FOREVER)
        bench.by_quorum("vetoRequest", wallet, message, ["vera"], 4, 1)
    else:
        bench.travel(4 * DAY)
        bench.module.clearExpired(wallet.address, 1, sender=bench.relayer)
    bench.travel(3 * DAY)
    with refused(bench.module.RecoveryNotStarted, 1):
        bench.finalize(wallet, path=1)


@pytest.mark.parametrize("change", ["path", "owners", "threshold", "order", "fewer"])
@pytest.mark.parametrize("method", ["finalize", "clearActive"])
def test_only_what_was_started_is_finalized_or_cleared(bench: Bench, wallet: Wallet, change: str, method: str) -> None:
    owners = owners_of("heir", "aunt", threshold=1)
    bench.start(wallet, owners=owners)
    bench.travel(3 * DAY)
    structure, who, threshold = wallet.policy.paths[0].to_abi(), owners.to_abi(), 1
    if change == "path":
        structure = wallet.policy.paths[1].to_abi()
    elif change == "owners":
        who = owners_of("heir", "thief").to_abi()
    elif change == "threshold":
        threshold = 2
    elif change == "order":
        who = who[::-1]
    else:
        who = who[:1]
    with refused(bench.module.RecoveryMismatch, 0):
        getattr(bench.module, method)(wallet.address, 0, structure, who, threshold, sender=bench.relayer)


def test_a_request_is_finalized_under_its_own_number(bench: Bench) -> None:
    # Both paths are the same but for their position.
    wallet = bench.wallet(rotate("ana", "ben"), rotate("ana", "ben"))
    bench.start(wallet, path=1)
    bench.travel(3 * DAY)
    with refused(bench.module.RecoveryNotStarted, 0):
        bench.finalize(wallet, path=0)


# ----------------------------------------------------------------------------------------------- clear


@pytest.mark.parametrize("path", [0, 1])
def test_anybody_clears_an_expired_request(bench: Bench, wallet: Wallet, path: int) -> None:
    by = (["ana", "ben"], ["carl", "dora"])[path]
    expires = bench.start(wallet, by, path=path).timestamp + 3 * DAY + 2 * HOUR
    at(expires)
    receipt = bench.module.clearExpired(wallet.address, path, sender=bench.relayer)
    contents = {"account": wallet.address, "path": path, "nonce": 1}
    assert logged(bench, receipt) == [("RecoveryCleared", contents)]
    assert bench.module.slotsOf(wallet.address, 2)[2 + path] == 1
    assert bench.module.policyOf(wallet.address).blockers == 0
    with refused(bench.module.RecoveryNotStarted, path):
        bench.module.clearExpired(wallet.address, path, sender=bench.relayer)


@pytest.mark.parametrize("after", [0, 3 * DAY, 3 * DAY + 2 * HOUR - 1], ids=["pending", "ready", "last-second"])
def test_nobody_clears_what_can_be_finalized(bench: Bench, wallet: Wallet, after: int) -> None:
    started = bench.start(wallet).timestamp
    if after:
        bench.travel_to(started + after)
    with refused(bench.module.RecoveryStillOpen, started + 3 * DAY + 2 * HOUR):
        bench.module.clearExpired(wallet.address, 0, sender=bench.relayer)


def test_there_is_nothing_to_clear_where_nothing_was_started(bench: Bench, wallet: Wallet) -> None:
    with refused(bench.module.RecoveryNotStarted, 0):
        bench.module.clearExpired(wallet.address, 0, sender=bench.relayer)
    with refused(bench.module.RecoveryNotStarted, 0):
        clear_active(bench, wallet, 0)


def clear_active(bench: Bench, wallet: Wallet, path: int, owners: Owners = HEIR) -> Any:
    structure = wallet.policy.paths[path].to_abi()
    return bench.module.clearActive(
        wallet.address, path, structure, owners.to_abi(), owners.threshold, sender=bench.relayer
    )


def test_activity_clears_only_requests_of_inactivity_paths(bench: Bench, wallet: Wallet) -> None:
    expires = bench.start(wallet).timestamp + 3 * DAY + 2 * HOUR
    bench.act(wallet, "heartbeat")
    with refused(bench.module.RecoveryStillOpen, expires):
        clear_active(bench, wallet, 0)


def test_anybody_clears_the_request_of_an_inactivity_path_when_the_owner_is_back(bench: Bench, wallet: Wallet) -> None:
    bench.travel(32 * DAY)
    expires = bench.start(wallet, ["hans"], path=2).timestamp + 3 * DAY + 2 * HOUR
    with refused(bench.module.RecoveryStillOpen, expires):
        clear_active(bench, wallet, 2)
    bench.act(wallet, "heartbeat")
    receipt = clear_active(bench, wallet, 2)
    contents = {"account": wallet.address, "path": 2, "nonce": 1}
    assert logged(bench, receipt) == [("RecoveryCleared", contents)]
    assert bench.state(wallet, 2) == "idle"


def test_requests_that_fail_at_the_end_do_not_stand_in_the_way_of_others(bench: Bench) -> None:
    wallet = mock_wallet(bench, rotate("ana", "ben"), rotate("carl", "dora"))
    bench.start(wallet)
    bench.start(wallet, ["carl", "dora"], owners_of("aunt"), path=1)
    bench.travel(3 * DAY)
    wallet.contract.setObeys(False, sender=bench.relayer)
    with refused(bench.module.RotationFailed, wallet.address):
        bench.finalize(wallet)
    # The failure has left everything as it was, and the other path still gets in.
    assert [bench.state(wallet, path) for path in (0, 1)] == ["ready", "ready"]
    wallet.contract.setObeys(True, sender=bench.relayer)
    bench.finalize(wallet, owners_of("aunt"), path=1)
    assert bench.module.policyOf(wallet.address).epoch == 2
