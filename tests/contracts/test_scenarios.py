"""Whole stories: a thief, an heir, guardians who are dismissed or corrupted, several requests at a time.

Rules: 2, 4, 7, 8, 9
Cases: 17, 18, 19, 20, 21, 27, 28, 29, 39, 43, 53, 59, 60, 65
"""

from __future__ import annotations

from typing import Any

import pytest

from recovery.messages import Call
from recovery.policy import DAY, HOUR, Policy
from recovery.quorum import Owners
from tests.world import FOREVER, freeze, owners_of, policy_of, rotate, veto

from .checks import at, refused, under
from .conftest import Bench, Wallet

NEW = owners_of("new owner")
THIEF = owners_of("thief")
LOST_KEY, THEFT, INHERITANCE, FREEZE, VETO = range(5)


@pytest.fixture
def wallet(bench: Bench) -> Wallet:
    """What a careful owner sets up: for a lost key, for theft, for the heir, and the brakes."""
    return bench.wallet(
        rotate("ana", "ben", "carl", vetoable=True),
        rotate("ana", "ben", "carl", "dora", threshold=3, owner_cancels=False),
        rotate("hans", threshold=1, inactivity=180 * DAY, delay=30 * DAY, vetoable=True),
        freeze("ana", "ben", threshold=1),
        veto("vera"),
    )


def steals(wallet: Wallet) -> None:
    """From now on the thief signs as the owner."""
    wallet.owners, wallet.names = THIEF, ("thief",)


def rotates_his_keys(bench: Bench, wallet: Wallet, owners: Owners = THIEF, by: str = "owner") -> None:
    """The owner's own rotation: a call of the wallet to itself."""
    data = wallet.contract.rotateOwners.encode_input(owners.to_abi(), owners.threshold)
    bench.relay(wallet, Call(wallet.address, 0, bytes(data)), by=[by])


def start_theft_path(bench: Bench, wallet: Wallet) -> Any:
    return bench.start(wallet, ["ana", "ben", "dora"], NEW, THEFT)


def schedule(bench: Bench, wallet: Wallet, policy: Policy) -> int:
    bench.act(wallet, "scheduleChange", policy.change_delay, policy.to_abi())
    return int(bench.module.changeOf(wallet.address).eta)


def veto_change(bench: Bench, wallet: Wallet, by: str, path: int) -> Any:
    change = bench.module.changeOf(wallet.address)
    message = bench.acting(wallet, path).veto_change(bytes(change[0]), change[1], FOREVER)
    return bench.by_quorum("vetoChange", wallet, message, [by], path)


def apply(bench: Bench, wallet: Wallet) -> Any:
    return bench.module.applyChange(wallet.address, sender=bench.relayer)


# ------------------------------------------------------------------------------------------- the thief


def test_a_thief_who_rotates_his_own_keys_does_not_stop_the_theft_path(bench: Bench, wallet: Wallet) -> None:
    collected = bench.recover_message(wallet, NEW, THEFT)
    rotates_his_keys(bench, wallet)
    steals(wallet)
    assert bench.recover_message(wallet, NEW, THEFT) == collected
    start_theft_path(bench, wallet)
    rotates_his_keys(bench, wallet, owners_of("thief", "accomplice"), by="thief")
    wallet.owners, wallet.names = owners_of("thief", "accomplice"), ("thief",)
    assert bench.module.policyOf(wallet.address)[1:] == (1, 7 * DAY, 1)
    with refused(bench.module.RecoveryNotCancellable, THEFT):
        bench.act(wallet, "cancel", 1, THEFT, 1)
    bench.travel(3 * DAY)
    bench.act(wallet, "heartbeat")
    bench.finalize(wallet, NEW, THEFT)
    assert wallet.contract.ownersHash() == NEW.hash[:24]
    with refused(wallet.contract.WalletUnauthorized):
        bench.act(wallet, "heartbeat")


def test_a_thief_who_schedules_another_policy_is_too_late(bench: Bench, wallet: Wallet) -> None:
    rotates_his_keys(bench, wallet)
    steals(wallet)
    eta = schedule(bench, wallet, policy_of(rotate("thief", threshold=1)))
    # The guardians notice on the last day: their request is pending when the change is due.
    bench.travel_to(eta - HOUR)
    start_theft_path(bench, wallet)
    bench.travel_to(eta)
    with refused(bench.module.ChangeBlocked, 1):
        apply(bench, wallet)
    bench.travel(3 * DAY)
    bench.finalize(wallet, NEW, THEFT)
    with refused(bench.module.ChangeNotPending, wallet.address):
        apply(bench, wallet)
    assert bench.module.policyOf(wallet.address) == (wallet.policy.hash[:24], 2, 7 * DAY, 0)


def test_a_thief_cancels_the_path_for_lost_keys_again_and_again_but_not_the_other(bench: Bench, wallet: Wallet) -> None:
    rotates_his_keys(bench, wallet)
    steals(wallet)
    for nonce in (1, 2):
        bench.start(wallet, owners=NEW)
        bench.act(wallet, "cancel", 1, LOST_KEY, nonce)
    start_theft_path(bench, wallet)
    bench.travel(3 * DAY)
    bench.finalize(wallet, NEW, THEFT)


def test_a_frozen_thief_can_only_do_what_the_owner_could_undo(bench: Bench, wallet: Wallet) -> None:
    rotates_his_keys(bench, wallet)
    steals(wallet)
    until = bench.freeze(wallet, ["ana"], FREEZE).timestamp + 5 * DAY
    for forbidden in (
        Call(bench.relayer.address, 1),
        Call(wallet.address, 0, bytes(wallet.contract.rotateOwners.encode_input(THIEF.to_abi(), 1))),
        bench.module_call("approveDigest", bytes(32)),
        bench.module_call("configure", 7 * DAY, wallet.policy.to_abi()),
    ):
        with refused(wallet.contract.WalletFrozen, until):
            bench.relay(wallet, forbidden)
    bench.act(wallet, "scheduleRemoval")
    start_theft_path(bench, wallet)
    bench.travel(3 * DAY)
    bench.finalize(wallet, NEW, THEFT)
    assert (wallet.contract.frozenUntil(), wallet.contract.ownersHash()) == (0, NEW.hash[:24])


def test_freeze_finalize_freeze(bench: Bench, wallet: Wallet) -> None:
    start_theft_path(bench, wallet)
    frozen = bench.freeze(wallet, ["ana"], FREEZE).timestamp
    bench.travel(3 * DAY)
    bench.finalize(wallet, NEW, THEFT)
    with refused(bench.module.FreezeCoolingDown, frozen + 10 * DAY):
        bench.freeze(wallet, ["ben"], FREEZE)
    at(frozen + 10 * DAY)
    bench.freeze(wallet, ["ben"], FREEZE)
    assert bench.module.freezeOf(wallet.address) == (frozen + 15 * DAY, frozen + 20 * DAY, 2, FREEZE, 1)
    bench.thaw(wallet, ["ana"], FREEZE)


def test_a_freezing_guardian_is_removed_while_he_freezes(bench: Bench, wallet: Wallet) -> None:
    without = policy_of(rotate("ben", "carl"))
    bench.freeze(wallet, ["ana"], FREEZE)
    at(schedule(bench, wallet, without))
    apply(bench, wallet)
    bench.travel(30 * DAY)
    with refused(bench.module.PolicyMismatch, wallet.address):
        bench.freeze(wallet, ["ana"], FREEZE)


# -------------------------------------------------------------------------------------------- the heir


def test_the_heir_gets_in_after_long_silence(bench: Bench, wallet: Wallet) -> None:
    bench.travel(181 * DAY)
    bench.start(wallet, ["hans"], path=INHERITANCE)
    bench.travel(30 * DAY)
    bench.finalize(wallet, path=INHERITANCE)
    # And begins with a clock, a policy and an epoch of his own.
    assert bench.module.policyOf(wallet.address)[:2] == (wallet.policy.hash[:24], 2)
    with refused(bench.module.RecoveryNotInactive):
        bench.start(wallet, ["hans"], path=INHERITANCE)


def test_an_owner_who_comes_back_from_a_long_journey_keeps_the_account(bench: Bench, wallet: Wallet) -> None:
    bench.travel(181 * DAY)
    bench.start(wallet, ["hans"], path=INHERITANCE)
    bench.travel(29 * DAY)
    bench.relay(wallet, Call(bench.relayer.address, 1))
    bench.travel(DAY)
    with refused(bench.module.RecoveryNotInactive):
        bench.finalize(wallet, path=INHERITANCE)
    bench.act(wallet, "cancel", 1, INHERITANCE, 1)
    bench.travel(100 * DAY)
    with refused(bench.module.RecoveryNotInactive):
        bench.start(wallet, ["hans"], path=INHERITANCE)


def test_an_owner_without_a_key_is_helped_by_guardians_while_the_heir_waits(bench: Bench, wallet: Wallet) -> None:
    bench.travel(181 * DAY)
    bench.start(wallet, ["hans"], path=INHERITANCE)
    bench.start(wallet, owners=NEW)
    bench.travel(3 * DAY)
    bench.finalize(wallet, NEW)
    bench.travel(30 * DAY)
    with refused(bench.module.RecoveryNotStarted, INHERITANCE):
        bench.finalize(wallet, path=INHERITANCE)


# ---------------------------------------------------------------------------------- several at a time


def test_of_two_requests_one_is_finalized_and_the_other_is_dead_and_blocks_nothing(bench: Bench) -> None:
    wallet = bench.wallet(
        rotate("ana", "ben", owner_cancels=False), rotate("carl", "dora", owner_cancels=False, delay=4 * DAY)
    )
    bench.start(wallet, owners=NEW)
    bench.start(wallet, ["carl", "dora"], THIEF, 1)
    assert bench.module.policyOf(wallet.address).blockers == 2
    bench.travel(4 * DAY)
    bench.finalize(wallet, NEW)
    assert bench.module.policyOf(wallet.address).blockers == 0
    for late in (bench.finalize, lambda w, o, p: bench.module.clearExpired(w.address, p, sender=bench.relayer)):
        with refused(bench.module.RecoveryNotStarted, 1):
            late(wallet, THIEF, 1)
    # The new epoch counts from zero: one in, one out, and changes are possible again.
    wallet.owners, wallet.names = NEW, ("new owner",)
    eta = schedule(bench, wallet, policy_of(rotate("eve", threshold=1)))
    bench.start(wallet, owners=THIEF)
    bench.travel_to(eta)
    with refused(bench.module.ChangeBlocked, 1):
        apply(bench, wallet)
    bench.by_quorum("cancelByQuorum", wallet, bench.acting(wallet).cancel(1, FOREVER), ["ana", "ben"], 0)
    apply(bench, wallet)


def test_a_change_that_takes_effect_ends_the_requests_of_the_old_policy(bench: Bench, wallet: Wallet) -> None:
    shorter = policy_of(rotate("ana", "ben", "carl", delay=HOUR, vetoable=True), *wallet.ways[1:])
    bench.travel(181 * DAY)
    eta = schedule(bench, wallet, shorter)
    bench.travel_to(eta - DAY)
    bench.start(wallet, owners=NEW)
    at(eta)
    apply(bench, wallet)
    # Neither revived, nor shortened: gone.
    for structure in (wallet.policy.paths[0], shorter.paths[0]):
        with refused(bench.module.RecoveryNotStarted, 0):
            bench.module.finalize(wallet.address, 0, structure.to_abi(), NEW.to_abi(), 1, sender=bench.relayer)
    after = under(wallet, shorter, rotate("ana", "ben", "carl", delay=HOUR, vetoable=True), *wallet.ways[1:])
    started = bench.start(after, owners=NEW).timestamp
    at(started + HOUR)
    bench.finalize(after, NEW)


def test_dismissed_guardians_do_not_finish_what_they_began(bench: Bench) -> None:
    wallet = bench.wallet(rotate("ana", "ben", delay=30 * DAY))
    bench.start(wallet, owners=THIEF)
    at(schedule(bench, wallet, policy_of(rotate("carl", "dora"))))
    apply(bench, wallet)
    bench.travel(30 * DAY)
    with refused(bench.module.RecoveryNotStarted, 0):
        bench.finalize(wallet, THIEF)


def test_an_owner_who_becomes_a_guardian_and_a_guardian_who_becomes_an_owner(bench: Bench) -> None:
    wallet = bench.wallet(rotate("ana", "ben"))
    swapped = (rotate("owner", "ben"),)
    bench.start(wallet, owners=owners_of("ana"))
    bench.act(wallet, "scheduleChange", 7 * DAY, policy_of(*swapped).to_abi())
    bench.travel(3 * DAY)
    bench.finalize(wallet, owners_of("ana"))
    wallet.owners, wallet.names = owners_of("ana"), ("ana",)
    with refused(bench.module.ChangeNotPending, wallet.address):
        apply(bench, wallet)
    at(schedule(bench, wallet, policy_of(*swapped)))
    apply(bench, wallet)
    bench.start(under(wallet, policy_of(*swapped), *swapped), ["owner", "ben"])


# --------------------------------------------------------------------------------- corrupted guardians


def test_a_corrupted_veto_quorum_stops_its_removal_once(bench: Bench, wallet: Wallet) -> None:
    without = policy_of(*wallet.ways[:VETO])
    schedule(bench, wallet, without)
    bench.travel(6 * DAY)
    veto_change(bench, wallet, "vera", VETO)
    eta = schedule(bench, wallet, without)
    with refused(bench.module.ChangeVetoUsed, VETO):
        veto_change(bench, wallet, "vera", VETO)
    at(eta)
    apply(bench, wallet)
    schedule(bench, wallet, policy_of(rotate("eve", threshold=1)))
    with refused(bench.module.PolicyMismatch, wallet.address):
        veto_change(bench, wallet, "vera", VETO)


def test_a_corrupted_veto_quorum_does_not_save_itself_by_vetoing_requests_too(bench: Bench, wallet: Wallet) -> None:
    without = policy_of(*wallet.ways[:VETO])
    eta = schedule(bench, wallet, without)
    for nonce in (1, 2, 3):
        bench.start(wallet, owners=NEW)
        message = bench.acting(wallet, VETO).veto_request(LOST_KEY, nonce, FOREVER)
        bench.by_quorum("vetoRequest", wallet, message, ["vera"], VETO, LOST_KEY)
    at(eta)
    apply(bench, wallet)
    after = under(wallet, without, *wallet.ways[:VETO])
    started = bench.start(after, owners=NEW).timestamp
    at(started + 3 * DAY)
    bench.finalize(after, NEW)


def test_guardians_who_let_their_request_expire_hold_up_changes_no_longer(bench: Bench, wallet: Wallet) -> None:
    start_theft_path(bench, wallet)
    bench.travel(33 * DAY - HOUR)
    eta = schedule(bench, wallet, policy_of(rotate("eve", threshold=1)))
    bench.travel_to(eta)
    with refused(bench.module.ChangeBlocked, 1):
        apply(bench, wallet)
    clear = bench.module.clearExpired.encode_input(wallet.address, THEFT)
    change = bench.module.applyChange.encode_input(wallet.address)
    bench.module.multicall([clear, change], sender=bench.relayer)
    assert bench.module.policyOf(wallet.address).epoch == 2


# -------------------------------------------------------------------------------------------- removal


def test_a_policy_after_a_removal_inherits_nothing(bench: Bench, wallet: Wallet) -> None:
    stale = bench.recover_message(wallet, NEW)
    start_theft_path(bench, wallet)
    bench.by_quorum(
        "cancelByQuorum", wallet, bench.acting(wallet, THEFT).cancel(1, FOREVER), ["ana", "ben", "dora"], THEFT
    )
    bench.act(wallet, "scheduleRemoval")
    veto_change(bench, wallet, "vera", VETO)
    bench.act(wallet, "scheduleRemoval")
    at(bench.module.changeOf(wallet.address).eta)
    apply(bench, wallet)
    bench.act(wallet, "configure", 7 * DAY, wallet.policy.to_abi())

    assert bench.module.policyOf(wallet.address) == (wallet.policy.hash[:24], 3, 7 * DAY, 0)
    assert bench.module.slotsOf(wallet.address, 5)[1:] == [0] * 6
    with refused(bench.module.ApprovalInvalid, 0):
        bench.module.start(
            wallet.address,
            wallet.policy.proof(0).to_abi(),
            NEW.to_abi(),
            1,
            FOREVER,
            wallet.ways[0].approvals(["ana", "ben"], stale),
            sender=bench.relayer,
        )
    # It is no first policy either: what replaces it waits.
    with refused(bench.module.PolicyAlreadyConfigured, wallet.address):
        bench.act(wallet, "configure", DAY, wallet.policy.to_abi())
    schedule(bench, wallet, policy_of(rotate("eve", threshold=1)))
    with refused(bench.module.ChangeNotReady):
        apply(bench, wallet)


def test_a_removal_cannot_be_hurried_by_removing_and_configuring(bench: Bench, wallet: Wallet) -> None:
    eve = policy_of(rotate("eve", threshold=1))
    bench.act(wallet, "scheduleRemoval")
    for _ in range(2):
        with refused(bench.module.PolicyAlreadyConfigured, wallet.address):
            bench.act(wallet, "configure", 7 * DAY, eve.to_abi())
        bench.travel(3 * DAY)
    bench.travel(DAY)
    # In one batch, once the change delay has passed: allowed, for the wait was for this.
    bench.relay(
        wallet, bench.module_call("applyChange", wallet.address), bench.module_call("configure", 7 * DAY, eve.to_abi())
    )
    assert bench.module.policyOf(wallet.address)[:2] == (eve.hash[:24], 3)
