"""Stopping a request: the owner, the path's own quorum, a veto path.

Rules: 2, 9
Cases: 12, 13, 27, 28, 31, 52
"""

from __future__ import annotations

from typing import Any

import pytest

from recovery.policy import DAY, HOUR
from tests.world import FOREVER, freeze, rotate, veto

from .checks import as_account, at, logged, mock_wallet, refused
from .conftest import Bench, Wallet

BY = {0: ["ana", "ben"], 1: ["carl", "dora"], 2: ["emil", "fay"]}
VETO, FREEZE = 3, 4


@pytest.fixture
def wallet(bench: Bench) -> Wallet:
    """0 can be cancelled by the owner, 1 can be vetoed, 2 neither; 3 vetoes, 4 freezes."""
    return bench.wallet(
        rotate("ana", "ben"),
        rotate("carl", "dora", owner_cancels=False, vetoable=True),
        rotate("emil", "fay", owner_cancels=False),
        veto("vera"),
        freeze("fred"),
    )


def cancel_by_quorum(bench: Bench, wallet: Wallet, path: int, nonce: int = 1, deadline: int = FOREVER) -> Any:
    message = bench.acting(wallet, path).cancel(nonce, deadline)
    return bench.by_quorum("cancelByQuorum", wallet, message, BY[path], path)


def veto_request(
    bench: Bench, wallet: Wallet, path: int, nonce: int = 1, deadline: int = FOREVER, by: int = VETO
) -> Any:
    message = bench.acting(wallet, by).veto_request(path, nonce, deadline)
    names = {VETO: ["vera"], FREEZE: ["fred"], **BY}[by]
    return bench.by_quorum("vetoRequest", wallet, message, names, by, path)


def owner_cancel(bench: Bench, path: int, nonce: int = 1) -> Any:
    """For use inside `refused(..., caller=wallet)`."""
    return bench.module.cancel(1, path, nonce, sender=bench.relayer)


# ------------------------------------------------------------------------------------------- the owner


@pytest.mark.parametrize("after", [0, 3 * DAY, 33 * DAY - 1], ids=["pending", "ready", "last-second"])
def test_the_owner_cancels_while_the_request_is_open(bench: Bench, after: int) -> None:
    wallet = mock_wallet(bench, rotate("ana", "ben"))
    started = bench.start(wallet).timestamp
    if after:
        at(started + after)
    receipt = as_account(bench, wallet.contract, "cancel", 1, 0, 1)
    contents = {"account": wallet.address, "path": 0, "nonce": 1, "by": wallet.address}
    assert logged(bench, receipt) == [("RecoveryCancelled", contents)]
    assert bench.module.requestOf(wallet.address, 0) == (0, 1, 0, 0)
    assert bench.module.slotsOf(wallet.address, 1)[2] == 1


def test_a_wallets_owner_cancels_by_a_batch(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    bench.act(wallet, "cancel", 1, 0, 1)
    assert bench.state(wallet) == "idle"


@pytest.mark.parametrize("path", [1, 2])
def test_the_owner_cannot_cancel_where_the_path_says_so(bench: Bench, wallet: Wallet, path: int) -> None:
    bench.start(wallet, BY[path], path=path)
    with refused(bench.module.RecoveryNotCancellable, path, caller=wallet):
        owner_cancel(bench, path)


@pytest.mark.parametrize("nonce", [0, 2, 2**15 + 1, 2**256 - 1])
def test_the_owner_cancels_only_the_request_he_names(bench: Bench, wallet: Wallet, nonce: int) -> None:
    bench.start(wallet)
    with refused(bench.module.RecoveryNotStarted, 0, caller=wallet):
        owner_cancel(bench, 0, nonce)


@pytest.mark.parametrize("epoch", [0, 2, 2**32 + 1, 2**256 - 1])
def test_the_owner_cancels_no_request_of_another_epoch(bench: Bench, wallet: Wallet, epoch: int) -> None:
    bench.start(wallet)
    with refused(bench.module.RecoveryNotStarted, 0, caller=wallet):
        bench.module.cancel(epoch, 0, 1, sender=bench.relayer)


def test_a_stranger_cancels_nothing(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    for stranger in (bench.relayer, bench.factory, mock_wallet(bench, rotate("ana", "ben"))):
        with refused(bench.module.RecoveryNotStarted, 0, caller=stranger):
            owner_cancel(bench, 0)


def test_the_owner_cannot_cancel_what_is_not_there_or_over(bench: Bench, wallet: Wallet) -> None:
    with refused(bench.module.RecoveryNotStarted, 0, caller=wallet):
        owner_cancel(bench, 0, 0)
    expires = bench.start(wallet).timestamp + 33 * DAY
    bench.travel_to(expires)
    with refused(bench.module.RecoveryExpired, expires, caller=wallet):
        owner_cancel(bench, 0)


def test_cancelling_one_path_leaves_the_others(bench: Bench, wallet: Wallet) -> None:
    for path in (0, 1, 2):
        bench.start(wallet, BY[path], path=path)
    bench.act(wallet, "cancel", 1, 0, 1)
    assert [bench.state(wallet, path) for path in (0, 1, 2)] == ["idle", "pending", "pending"]


# ------------------------------------------------------------------------------------- the own quorum


@pytest.mark.parametrize("path", [0, 1, 2])
@pytest.mark.parametrize("late", [False, True])
def test_a_quorum_cancels_its_own_request_whatever_the_path_says(
    bench: Bench, wallet: Wallet, path: int, late: bool
) -> None:
    started = bench.start(wallet, BY[path], path=path).timestamp
    if late:
        at(started + 33 * DAY - 1)
    receipt = cancel_by_quorum(bench, wallet, path)
    contents = {"account": wallet.address, "path": path, "nonce": 1, "by": bench.relayer.address}
    assert logged(bench, receipt) == [("RecoveryCancelled", contents)]
    assert bench.state(wallet, path) == "idle"
    assert bench.module.policyOf(wallet.address).blockers == 0
    bench.start(wallet, BY[path], path=path)


def test_a_quorum_cancels_nothing_that_is_not_there_or_over(bench: Bench, wallet: Wallet) -> None:
    with refused(bench.module.RecoveryNotStarted, 0):
        cancel_by_quorum(bench, wallet, 0, 0)
    expires = bench.start(wallet).timestamp + 33 * DAY
    bench.travel_to(expires)
    with refused(bench.module.RecoveryExpired, expires):
        cancel_by_quorum(bench, wallet, 0)


def test_a_quorums_cancellation_has_a_deadline(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    deadline = bench.now + HOUR
    bench.travel_to(deadline + 1)
    with refused(bench.module.DeadlinePassed, deadline):
        cancel_by_quorum(bench, wallet, 0, deadline=deadline)


def test_a_cancellation_is_good_for_one_request_only(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    cancel_by_quorum(bench, wallet, 0)
    bench.start(wallet)
    with refused(bench.module.ApprovalInvalid, 0):
        cancel_by_quorum(bench, wallet, 0, nonce=1)
    cancel_by_quorum(bench, wallet, 0, nonce=2)


def test_a_cancellation_needs_the_whole_threshold(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    message = bench.acting(wallet).cancel(1, FOREVER)
    with refused(bench.module.ApprovalsInsufficient, 1, 2):
        bench.by_quorum("cancelByQuorum", wallet, message, ["ana"], 0)


@pytest.mark.parametrize(("path", "right"), [(VETO, 2), (FREEZE, 1)])
def test_only_rotate_paths_have_requests_of_their_own(bench: Bench, wallet: Wallet, path: int, right: int) -> None:
    message = bench.acting(wallet, path).cancel(1, FOREVER)
    with refused(bench.module.PathRightMismatch, right, 0):
        bench.by_quorum("cancelByQuorum", wallet, message, [], path)


def test_one_quorum_does_not_cancel_anothers_request(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet, BY[1], path=1)
    with refused(bench.module.RecoveryNotStarted, 0):
        cancel_by_quorum(bench, wallet, 0)


# ----------------------------------------------------------------------------------------------- veto


@pytest.mark.parametrize("after", [0, 3 * DAY, 33 * DAY - 1], ids=["pending", "ready", "last-second"])
def test_a_veto_path_stops_a_vetoable_request_at_once(bench: Bench, wallet: Wallet, after: int) -> None:
    started = bench.start(wallet, BY[1], path=1).timestamp
    if after:
        at(started + after)
    receipt = veto_request(bench, wallet, 1)
    contents = {"account": wallet.address, "path": 1, "nonce": 1, "vetoPath": VETO}
    assert logged(bench, receipt) == [("RecoveryVetoed", contents)]
    assert bench.module.requestOf(wallet.address, 1) == (0, 1, 0, 0)
    assert bench.module.policyOf(wallet.address).blockers == 0


def test_requests_can_be_vetoed_again_and_again(bench: Bench, wallet: Wallet) -> None:
    for nonce in (1, 2, 3):
        bench.start(wallet, BY[1], path=1)
        veto_request(bench, wallet, 1, nonce)


@pytest.mark.parametrize("path", [0, 2])
def test_other_requests_cannot_be_vetoed(bench: Bench, wallet: Wallet, path: int) -> None:
    bench.start(wallet, BY[path], path=path)
    with refused(bench.module.RecoveryNotVetoable, path):
        veto_request(bench, wallet, path)


def test_a_veto_names_one_request_of_one_path(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet, BY[1], path=1)
    message = bench.acting(wallet, VETO).veto_request(1, 1, FOREVER)
    veto_request(bench, wallet, 1)
    bench.start(wallet, BY[1], path=1)
    with refused(bench.module.ApprovalInvalid, 0):
        bench.by_quorum("vetoRequest", wallet, message, ["vera"], VETO, 1)


def test_a_veto_for_one_path_does_not_hit_another(bench: Bench) -> None:
    wallet = bench.wallet(rotate("ana", "ben", vetoable=True), rotate("carl", "dora", vetoable=True), veto("vera"))
    bench.start(wallet)
    bench.start(wallet, BY[1], path=1)
    message = bench.acting(wallet, 2).veto_request(0, 1, FOREVER)
    with refused(bench.module.ApprovalInvalid, 0):
        bench.by_quorum("vetoRequest", wallet, message, ["vera"], 2, 1)


def test_a_veto_hits_nothing_that_is_not_there_or_over(bench: Bench, wallet: Wallet) -> None:
    with refused(bench.module.RecoveryNotStarted, 1):
        veto_request(bench, wallet, 1, 0)
    expires = bench.start(wallet, BY[1], path=1).timestamp + 33 * DAY
    bench.travel_to(expires)
    with refused(bench.module.RecoveryExpired, expires):
        veto_request(bench, wallet, 1)


def test_a_veto_of_a_request_has_a_deadline(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet, BY[1], path=1)
    deadline = bench.now + HOUR
    bench.travel_to(deadline + 1)
    with refused(bench.module.DeadlinePassed, deadline):
        veto_request(bench, wallet, 1, deadline=deadline)


@pytest.mark.parametrize(("path", "right"), [(0, 0), (FREEZE, 1)], ids=["rotate", "freeze"])
def test_only_veto_paths_veto(bench: Bench, wallet: Wallet, path: int, right: int) -> None:
    bench.start(wallet, BY[1], path=1)
    with refused(bench.module.PathRightMismatch, right, 2):
        veto_request(bench, wallet, 1, by=path)


def test_a_veto_of_a_request_needs_the_whole_threshold(bench: Bench) -> None:
    wallet = bench.wallet(rotate("ana", "ben", vetoable=True), veto("vera", "vito", threshold=2))
    bench.start(wallet)
    message = bench.acting(wallet, 1).veto_request(0, 1, FOREVER)
    with refused(bench.module.ApprovalsInsufficient, 1, 2):
        bench.by_quorum("vetoRequest", wallet, message, ["vera"], 1, 0)


def test_the_path_number_of_a_request_is_checked_to_fit(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    with pytest.raises(AssertionError, match="0x6dfcc650"), refused(caller=wallet):
        owner_cancel(bench, 2**64)
