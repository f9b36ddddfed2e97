"""Freezing and thawing: at once, for a while, not again before a pause as long.

Rules: 2, 7, 9
Cases: 27, 28, 29, 53
"""

from __future__ import annotations

from typing import Any

import pytest

from recovery.policy import DAY, HOUR, Policy
from tests.world import FOREVER, freeze, owners_of, policy_of, rotate, veto

from .checks import at, logged, mock_wallet, refused, under
from .conftest import Bench, Wallet


@pytest.fixture
def wallet(bench: Bench) -> Wallet:
    """0 recovers; 1 freezes for 5 days, 2 for an hour, 3 for 30 days; 4 vetoes."""
    return bench.wallet(
        rotate("ana", "ben", owner_cancels=False),
        freeze("fred"),
        freeze("gina", window=HOUR),
        freeze("hugo", window=30 * DAY),
        veto("vera"),
    )


def freeze_message(bench: Bench, wallet: Wallet, path: int, nonce: int = 0, deadline: int = FOREVER) -> Any:
    return bench.acting(wallet, path).freeze(nonce, deadline)


def freeze_with(bench: Bench, wallet: Wallet, message: Any, by: str, path: int) -> Any:
    return bench.by_quorum("freeze", wallet, message, [by], path)


# --------------------------------------------------------------------------------------------- freeze


@pytest.mark.parametrize(("path", "by", "window"), [(1, "fred", 5 * DAY), (2, "gina", HOUR), (3, "hugo", 30 * DAY)])
def test_a_freeze_acts_at_once_for_the_window_of_its_path(
    bench: Bench, wallet: Wallet, path: int, by: str, window: int
) -> None:
    receipt = bench.freeze(wallet, [by], path)
    until, cool = receipt.timestamp + window, receipt.timestamp + 2 * window
    contents = {"account": wallet.address, "path": path, "epoch": 1, "nonce": 1, "until": until, "coolUntil": cool}
    assert logged(bench, receipt) == [("AccountFrozen", contents)]
    assert bench.module.freezeOf(wallet.address) == (until, cool, 1, path, 1)
    assert wallet.contract.frozenUntil() == until
    assert bench.nonce(wallet, path) == 1


def test_a_window_of_a_freeze_need_not_be_whole_hours(bench: Bench) -> None:
    wallet = bench.wallet(rotate("ana", threshold=1), freeze("fred", window=HOUR + 1))
    assert bench.freeze(wallet, ["fred"], 1).timestamp + HOUR + 1 == wallet.contract.frozenUntil()


@pytest.mark.parametrize("after", [1, 5 * DAY - 1, 5 * DAY, 10 * DAY - 1])
@pytest.mark.parametrize(("path", "by"), [(1, "fred"), (2, "gina")], ids=["same-path", "another-path"])
def test_nobody_freezes_again_before_the_pause_is_over(
    bench: Bench, wallet: Wallet, after: int, path: int, by: str
) -> None:
    frozen = bench.freeze(wallet, ["fred"], 1).timestamp
    bench.travel_to(frozen + after)
    with refused(bench.module.FreezeCoolingDown, frozen + 10 * DAY):
        bench.freeze(wallet, [by], path)


@pytest.mark.parametrize(("path", "by"), [(1, "fred"), (2, "gina")], ids=["same-path", "another-path"])
def test_the_account_can_be_frozen_again_when_the_pause_is_over(
    bench: Bench, wallet: Wallet, path: int, by: str
) -> None:
    at(bench.freeze(wallet, ["fred"], 1).timestamp + 10 * DAY)
    bench.freeze(wallet, [by], path)


def test_two_freeze_paths_that_take_turns_leave_half_of_the_time(bench: Bench, wallet: Wallet) -> None:
    frozen = 0
    begin = bench.now
    for i in range(6):
        path, by, window = ((1, "fred", 5 * DAY), (2, "gina", HOUR))[i % 2]
        bench.freeze(wallet, [by], path)
        frozen += window
        bench.travel_to(bench.module.freezeOf(wallet.address).coolUntil)
    assert frozen * 2 <= bench.now - begin


def test_approvals_freeze_once_and_not_again_after_the_pause(bench: Bench, wallet: Wallet) -> None:
    message = freeze_message(bench, wallet, 1)
    frozen = freeze_with(bench, wallet, message, "fred", 1).timestamp
    bench.travel_to(frozen + 10 * DAY)
    with refused(bench.module.ApprovalInvalid, 0):
        freeze_with(bench, wallet, message, "fred", 1)
    freeze_with(bench, wallet, freeze_message(bench, wallet, 1, nonce=1), "fred", 1)


def test_a_freeze_of_one_path_leaves_the_approvals_of_another(bench: Bench, wallet: Wallet) -> None:
    message = freeze_message(bench, wallet, 2)
    frozen = bench.freeze(wallet, ["fred"], 1).timestamp
    at(frozen + 10 * DAY)
    freeze_with(bench, wallet, message, "gina", 2)


def test_a_freeze_has_a_deadline(bench: Bench, wallet: Wallet) -> None:
    deadline = bench.now + HOUR
    message = freeze_message(bench, wallet, 1, deadline=deadline)
    bench.travel_to(deadline + 1)
    with refused(bench.module.DeadlinePassed, deadline):
        freeze_with(bench, wallet, message, "fred", 1)


@pytest.mark.parametrize(("path", "by", "right"), [(0, "ana", 0), (4, "vera", 2)], ids=["rotate", "veto"])
@pytest.mark.parametrize("method", ["freeze", "thaw"])
def test_only_freeze_paths_freeze_and_thaw(
    bench: Bench, wallet: Wallet, path: int, by: str, right: int, method: str
) -> None:
    message = freeze_message(bench, wallet, path)
    with refused(bench.module.PathRightMismatch, right, 1):
        bench.by_quorum(method, wallet, message, [by], path)


@pytest.mark.parametrize("method", ["freeze", "thaw"])
def test_freezing_and_thawing_need_the_whole_threshold(bench: Bench, method: str) -> None:
    wallet = bench.wallet(rotate("ana", threshold=1), freeze("fred", "gina", threshold=2))
    if method == "thaw":
        bench.freeze(wallet, ["fred", "gina"], 1)
    with refused(bench.module.ApprovalsInsufficient, 1, 2):
        getattr(bench, method)(wallet, ["fred"], 1)


def test_a_freeze_stops_no_request_and_no_change(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    bench.act(wallet, "scheduleRemoval")
    before = bench.module.slotsOf(wallet.address, 1)
    bench.freeze(wallet, ["fred"], 1)
    assert bench.module.slotsOf(wallet.address, 1) == before


def test_a_veto_stops_no_freeze(bench: Bench, wallet: Wallet) -> None:
    bench.freeze(wallet, ["fred"], 1)
    for request in (1, 2):
        message = bench.acting(wallet, 4).veto_request(request, 1, FOREVER)
        with refused(bench.module.RecoveryNotStarted, request):
            bench.by_quorum("vetoRequest", wallet, message, ["vera"], 4, request)


def test_freezing_does_not_keep_its_path_in_the_policy(bench: Bench, wallet: Wallet) -> None:
    without = policy_of(rotate("ana", "ben"))
    bench.freeze(wallet, ["fred"], 1)
    bench.act(wallet, "scheduleChange", without.change_delay, without.to_abi())
    at(bench.module.changeOf(wallet.address).eta)
    bench.module.applyChange(wallet.address, sender=bench.relayer)
    bench.travel(30 * DAY)
    with refused(bench.module.PolicyMismatch, wallet.address):
        bench.freeze(wallet, ["fred"], 1)


# ----------------------------------------------------------------------------------------------- thaw


@pytest.mark.parametrize("after", [0, 5 * DAY - 1], ids=["at-once", "last-second"])
def test_the_path_that_froze_thaws(bench: Bench, wallet: Wallet, after: int) -> None:
    frozen = bench.freeze(wallet, ["fred"], 1).timestamp
    if after:
        at(frozen + after)
    receipt = bench.thaw(wallet, ["fred"], 1)
    contents = {"account": wallet.address, "path": 1, "epoch": 1, "nonce": 1}
    assert logged(bench, receipt) == [("AccountThawed", contents)]
    # The pause stays, or thawing and freezing would extend a freeze.
    assert bench.module.freezeOf(wallet.address) == (0, frozen + 10 * DAY, 1, 1, 1)
    with refused(bench.module.FreezeCoolingDown, frozen + 10 * DAY):
        bench.freeze(wallet, ["fred"], 1)
    with refused(bench.module.FreezeNotFound, wallet.address):
        bench.thaw(wallet, ["fred"], 1)


def test_another_freeze_path_does_not_thaw(bench: Bench, wallet: Wallet) -> None:
    bench.freeze(wallet, ["fred"], 1)
    with refused(bench.module.FreezeNotFound, wallet.address):
        bench.thaw(wallet, ["gina"], 2)


def test_what_is_not_frozen_is_not_thawed(bench: Bench, wallet: Wallet) -> None:
    message = bench.acting(wallet, 1).thaw(0, FOREVER)
    with refused(bench.module.FreezeNotFound, wallet.address):
        bench.by_quorum("thaw", wallet, message, ["fred"], 1)


def test_a_freeze_that_has_ended_by_itself_is_not_thawed(bench: Bench, wallet: Wallet) -> None:
    frozen = bench.freeze(wallet, ["fred"], 1).timestamp
    bench.travel_to(frozen + 5 * DAY)
    with refused(bench.module.FreezeNotFound, wallet.address):
        bench.thaw(wallet, ["fred"], 1)


def test_a_thaw_is_good_for_one_freeze_only(bench: Bench, wallet: Wallet) -> None:
    message = bench.acting(wallet, 1).thaw(1, FOREVER)
    frozen = bench.freeze(wallet, ["fred"], 1).timestamp
    bench.by_quorum("thaw", wallet, message, ["fred"], 1)
    at(frozen + 10 * DAY)
    bench.freeze(wallet, ["fred"], 1)
    with refused(bench.module.ApprovalInvalid, 0):
        bench.by_quorum("thaw", wallet, message, ["fred"], 1)


def test_a_thaw_has_a_deadline(bench: Bench, wallet: Wallet) -> None:
    bench.freeze(wallet, ["fred"], 1)
    deadline = bench.now + HOUR
    message = bench.acting(wallet, 1).thaw(1, deadline)
    bench.travel_to(deadline + 1)
    with refused(bench.module.DeadlinePassed, deadline):
        bench.by_quorum("thaw", wallet, message, ["fred"], 1)


def test_a_freeze_outlives_a_change_of_policy_and_nobody_thaws_it_then(bench: Bench) -> None:
    ways = (rotate("ana", threshold=1), freeze("fred", window=30 * DAY))
    wallet = bench.wallet(*ways)
    bench.act(wallet, "scheduleChange", 8 * DAY, wallet.policy.to_abi())
    until, cool, *_ = bench.freeze(wallet, ["fred"], 1) and bench.module.freezeOf(wallet.address)
    at(bench.module.changeOf(wallet.address).eta)
    bench.module.applyChange(wallet.address, sender=bench.relayer)
    changed = under(wallet, Policy(8 * DAY, wallet.policy.paths), *ways)
    assert bench.module.freezeOf(wallet.address) == (until, cool, 1, 1, 1)
    with refused(bench.module.FreezeNotFound, wallet.address):
        bench.thaw(changed, ["fred"], 1)
    with refused(bench.module.FreezeCoolingDown, cool):
        bench.freeze(changed, ["fred"], 1)
    at(cool)
    bench.freeze(changed, ["fred"], 1)


def test_finalizing_thaws_and_leaves_the_pause(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet)
    frozen = bench.freeze(wallet, ["hugo"], 3).timestamp
    bench.travel(3 * DAY)
    bench.finalize(wallet)
    assert wallet.contract.frozenUntil() == 0
    assert bench.module.freezeOf(wallet.address).coolUntil == frozen + 60 * DAY
    with refused(bench.module.FreezeCoolingDown, frozen + 60 * DAY):
        bench.freeze(wallet, ["fred"], 1)
    with refused(bench.module.FreezeNotFound, wallet.address):
        bench.thaw(wallet, ["hugo"], 3)
    bench.act(wallet, "heartbeat", by=["heir"], owners=owners_of("heir"))


# ------------------------------------------------------------------------------ accounts that disobey


@pytest.mark.parametrize("method", ["freeze", "thaw"])
def test_an_account_that_ignores_the_module_makes_it_fail(bench: Bench, method: str) -> None:
    wallet = mock_wallet(bench, rotate("ana", threshold=1), freeze("fred"))
    if method == "thaw":
        bench.freeze(wallet, ["fred"], 1)
    wallet.contract.setObeys(False, sender=bench.relayer)
    with refused(bench.module.FreezeFailed, wallet.address):
        getattr(bench, method)(wallet, ["fred"], 1)


def test_a_freeze_whose_times_would_not_fit_is_refused(bench: Bench, wallet: Wallet) -> None:
    bench.travel_to(2**32 - 8 * DAY)
    with pytest.raises(AssertionError, match="0x6dfcc650"), refused():  # SafeCastOverflowedUintDowncast
        bench.freeze(wallet, ["fred"], 1)
