"""Paths that open when the owner has been silent: the clock, who moves it, and when silence is measured.

Rules: 6
Cases: 36, 39, 40, 41, 42, 43, 55, 56
"""

from __future__ import annotations

from typing import Any

import pytest

from recovery.messages import Call
from recovery.policy import DAY
from tests.world import FOREVER, freeze, owners_of, policy_of, rotate, veto

from .checks import as_account, at, logged, mock_wallet, refused
from .conftest import Bench, Wallet

MONTH = 30 * DAY
HEIR = owners_of("heir")


def end_of_day(time: int) -> int:
    return (time // DAY + 1) * DAY


def heirs(inactivity: int = MONTH, delay: int = 3 * DAY) -> Any:
    return rotate("hans", threshold=1, inactivity=inactivity, delay=delay)


@pytest.fixture
def wallet(bench: Bench) -> Wallet:
    """0 needs 30 days of silence, 1 needs none, 2 freezes, 3 vetoes."""
    return bench.wallet(heirs(), rotate("ana", "ben"), freeze("fred"), veto("vera"))


@pytest.fixture
def mock(bench: Bench) -> Wallet:
    """An account whose clock the test sets: 0 needs 30 days of silence."""
    return mock_wallet(bench, heirs(), last_active=bench.now)


def last_active(bench: Bench, wallet: Wallet) -> int:
    return int(bench.module.lastActiveOf(wallet.address))


def start(bench: Bench, wallet: Wallet) -> Any:
    return bench.start(wallet, ["hans"])


def set_clock(bench: Bench, mock: Wallet, time: int) -> None:
    mock.contract.setLastActive(time, sender=bench.relayer)


# ----------------------------------------------------------------------------------------------- start


def test_a_request_starts_in_the_second_in_which_the_silence_is_long_enough(bench: Bench, mock: Wallet) -> None:
    last = last_active(bench, mock)
    bench.travel_to(last + MONTH - 1)
    with refused(bench.module.RecoveryNotInactive, last, MONTH):
        start(bench, mock)
    at(last + MONTH)
    start(bench, mock)
    assert bench.state(mock) == "pending"


def test_an_unset_clock_is_not_silence_since_1970(bench: Bench) -> None:
    unset = mock_wallet(bench, heirs(7 * DAY))
    set_clock(bench, unset, 0)
    bench.travel(400 * DAY)
    with refused(bench.module.RecoveryNotInactive, 0, 7 * DAY):
        start(bench, unset)


def test_a_clock_that_is_unset_later_stops_the_request(bench: Bench, mock: Wallet) -> None:
    bench.travel(MONTH)
    start(bench, mock)
    bench.travel(3 * DAY)
    set_clock(bench, mock, 0)
    with refused(bench.module.RecoveryNotInactive, 0, MONTH):
        bench.finalize(mock)


def test_a_clock_ahead_of_time_is_activity(bench: Bench, mock: Wallet) -> None:
    ahead = bench.now + 10 * MONTH
    set_clock(bench, mock, ahead)
    bench.travel(2 * MONTH)
    with refused(bench.module.RecoveryNotInactive, ahead, MONTH):
        start(bench, mock)


def test_the_longest_silence_does_not_overflow(bench: Bench) -> None:
    mock = mock_wallet(bench, heirs(2**32 - 1))
    set_clock(bench, mock, 2**32 - 1)
    with refused(bench.module.RecoveryNotInactive, 2**32 - 1, 2**32 - 1):
        start(bench, mock)


def test_silence_is_counted_anew_after_every_activity(bench: Bench, wallet: Wallet) -> None:
    # No absolute date: for a year the owner shows up every 29 days.
    for _ in range(4):
        bench.travel(29 * DAY)
        bench.act(wallet, "heartbeat")
        with refused(bench.module.RecoveryNotInactive):
            start(bench, wallet)


# -------------------------------------------------------------------------------------- what is activity


def test_the_clock_starts_when_the_wallet_is_created(bench: Bench, wallet: Wallet) -> None:
    assert last_active(bench, wallet) == end_of_day(bench.now)


@pytest.mark.parametrize("second", [0, DAY // 2, DAY - 1], ids=["midnight", "noon", "last-second"])
def test_use_counts_until_the_end_of_its_day(bench: Bench, wallet: Wallet, second: int) -> None:
    day = end_of_day(bench.now) + 9 * DAY
    bench.travel_to(day + second - 2)
    at(day + second)
    bench.act(wallet, "heartbeat", deadline=day + second)
    assert last_active(bench, wallet) == day + DAY
    bench.travel_to(day + DAY + MONTH - 1)
    with refused(bench.module.RecoveryNotInactive, day + DAY, MONTH):
        start(bench, wallet)
    at(day + DAY + MONTH)
    start(bench, wallet)


def test_a_heartbeat_is_activity_and_logged(bench: Bench, mock: Wallet) -> None:
    bench.travel(20 * DAY)
    receipt = as_account(bench, mock.contract, "heartbeat")
    assert logged(bench, receipt) == [("Heartbeat", {"account": mock.address})]
    assert last_active(bench, mock) == receipt.timestamp


def test_any_batch_of_the_owner_is_activity(bench: Bench, wallet: Wallet) -> None:
    bench.travel(20 * DAY)
    bench.relay(wallet, Call(bench.relayer.address, 1))
    assert last_active(bench, wallet) == end_of_day(bench.now)


def test_a_batch_with_a_bad_signature_is_not(bench: Bench, wallet: Wallet) -> None:
    before = last_active(bench, wallet)
    bench.travel(20 * DAY)
    with refused(wallet.contract.WalletUnauthorized):
        bench.relay(wallet, Call(bench.relayer.address, 1), by=["hans"], owners=owners_of("hans"))
    assert last_active(bench, wallet) == before


def test_a_heartbeat_counts_while_frozen(bench: Bench, wallet: Wallet) -> None:
    bench.travel(MONTH)
    bench.freeze(wallet, ["fred"], 2)
    bench.act(wallet, "heartbeat")
    assert last_active(bench, wallet) == end_of_day(bench.now)


def test_nobody_else_sends_the_heartbeat(bench: Bench, wallet: Wallet) -> None:
    before = last_active(bench, wallet)
    bench.travel(20 * DAY)
    with refused():
        bench.module.heartbeat(sender=bench.relayer)
    with refused(wallet.contract.WalletUnauthorized, bench.relayer):
        wallet.contract.recordActivity(sender=bench.relayer)
    assert last_active(bench, wallet) == before


def test_what_guardians_and_keepers_do_is_not_activity(bench: Bench, wallet: Wallet) -> None:
    before = last_active(bench, wallet)
    bench.travel(MONTH + DAY)
    start(bench, wallet)
    message = bench.acting(wallet).cancel(1, FOREVER)
    bench.by_quorum("cancelByQuorum", wallet, message, ["hans"], 0)
    bench.start(wallet, path=1)
    bench.travel(34 * DAY)
    bench.module.clearExpired(wallet.address, 1, sender=bench.relayer)
    bench.freeze(wallet, ["fred"], 2)
    bench.thaw(wallet, ["fred"], 2)
    bench.module.publish(wallet.address, 7 * DAY, wallet.policy.to_abi(), sender=bench.relayer)
    bench.relayer.transfer(wallet.address, 1)
    assert last_active(bench, wallet) == before
    start(bench, wallet)


def test_a_change_taking_effect_is_not_activity(bench: Bench, wallet: Wallet) -> None:
    other = policy_of(heirs(8 * DAY))
    bench.act(wallet, "scheduleChange", other.change_delay, other.to_abi())
    before = last_active(bench, wallet)
    bench.travel(7 * DAY)
    bench.module.applyChange(wallet.address, sender=bench.relayer)
    assert last_active(bench, wallet) == before


# -------------------------------------------------------------------------------------------- finalize


def test_silence_before_and_since_lets_the_heir_in(bench: Bench, wallet: Wallet) -> None:
    bench.travel(MONTH + DAY)
    start(bench, wallet)
    bench.travel(3 * DAY)
    bench.finalize(wallet)
    assert wallet.contract.ownersHash() == HEIR.hash[:24]


def test_an_owner_who_returns_during_the_delay_stops_the_claim(bench: Bench, wallet: Wallet) -> None:
    bench.travel(MONTH + DAY)
    start(bench, wallet)
    bench.travel(DAY)
    bench.act(wallet, "heartbeat")
    bench.travel(2 * DAY)
    with refused(bench.module.RecoveryNotInactive, last_active(bench, wallet), MONTH):
        bench.finalize(wallet)


@pytest.mark.parametrize("day", [0, 1, 29])
def test_activity_on_day_1_of_a_long_delay_is_not_forgotten_on_day_30(bench: Bench, day: int) -> None:
    # Seven days of silence are enough to start; there are more than seven from day 1 to day 30.
    wallet = bench.wallet(heirs(7 * DAY, delay=MONTH))
    bench.travel(8 * DAY)
    started = start(bench, wallet).timestamp
    if day:
        bench.travel_to(started + day * DAY)
    bench.act(wallet, "heartbeat")
    bench.travel_to(started + MONTH)
    with refused(bench.module.RecoveryNotInactive):
        bench.finalize(wallet)
    bench.module.clearActive(wallet.address, 0, wallet.policy.paths[0].to_abi(), HEIR.to_abi(), 1, sender=bench.relayer)


def test_silence_at_the_start_is_measured_to_the_second_again_at_the_end(bench: Bench, mock: Wallet) -> None:
    bench.travel(2 * MONTH)
    started = start(bench, mock).timestamp
    bench.travel_to(started + 3 * DAY)
    set_clock(bench, mock, started - MONTH + 1)
    with refused(bench.module.RecoveryNotInactive, started - MONTH + 1, MONTH):
        bench.finalize(mock)
    structure = mock.policy.paths[0].to_abi()
    bench.module.clearActive.call(mock.address, 0, structure, HEIR.to_abi(), 1, sender=bench.relayer)
    set_clock(bench, mock, started - MONTH)
    with refused(bench.module.RecoveryStillOpen):
        bench.module.clearActive(mock.address, 0, structure, HEIR.to_abi(), 1, sender=bench.relayer)
    bench.finalize(mock)


def test_activity_does_not_stop_paths_that_need_no_silence(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet, path=1)
    bench.act(wallet, "heartbeat")
    bench.travel(3 * DAY)
    bench.act(wallet, "heartbeat")
    bench.finalize(wallet, path=1)


def test_the_old_owners_silence_is_not_held_against_the_new_ones(bench: Bench, wallet: Wallet) -> None:
    bench.travel(10 * MONTH)
    start(bench, wallet)
    bench.travel(3 * DAY)
    at(bench.now + DAY)
    finalized = bench.finalize(wallet).timestamp
    assert last_active(bench, wallet) == end_of_day(finalized)
    with refused(bench.module.RecoveryNotInactive, end_of_day(finalized), MONTH):
        start(bench, wallet)


def test_the_clock_is_read_from_the_account_and_nobody_else_is(bench: Bench, wallet: Wallet, mock: Wallet) -> None:
    set_clock(bench, mock, 12_345)
    assert bench.module.lastActiveOf(mock.address) == 12_345
    assert bench.module.lastActiveOf(wallet.address) == wallet.contract.lastActive()
