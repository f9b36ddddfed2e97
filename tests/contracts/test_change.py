"""Changes of policy: scheduled, dropped, vetoed, applied; and what happens to what was pending.

Rules: 2, 8, 9
Cases: 17, 18, 19, 20, 28, 52, 59, 60
"""

from __future__ import annotations

from typing import Any

import pytest

from recovery.policy import CHANGE_WINDOW, DAY, HOUR, Policy
from tests.world import FOREVER, freeze, owners_of, policy_of, rotate, veto

from .checks import as_account, at, fields, logged, mock_account, refused, under
from .conftest import Bench, Wallet

REMOVAL = bytes(24)
NEXT_WAYS = (rotate("dora", "emil"), veto("fay"))
NEXT = policy_of(*NEXT_WAYS, change_delay=14 * DAY)
OTHER = policy_of(rotate("gus", threshold=1))


@pytest.fixture
def wallet(bench: Bench) -> Wallet:
    """Changes wait 7 days; 0 and 1 recover (the owner can stop only 0), 2 and 3 veto, 4 recovers after silence."""
    return bench.wallet(
        rotate("ana", "ben"),
        rotate("carl", "dora", owner_cancels=False, vetoable=True),
        veto("vera"),
        veto("vito"),
        rotate("hans", threshold=1, inactivity=30 * DAY, owner_cancels=False),
    )


def schedule(bench: Bench, wallet: Wallet, policy: Policy = NEXT) -> int:
    """Schedules a change and says when it can be applied."""
    bench.act(wallet, "scheduleChange", policy.change_delay, policy.to_abi())
    return int(bench.module.changeOf(wallet.address)[1])


def apply(bench: Bench, wallet: Wallet) -> Any:
    return bench.module.applyChange(wallet.address, sender=bench.relayer)


def veto_change(bench: Bench, wallet: Wallet, by: str = "vera", path: int = 2) -> Any:
    change = bench.module.changeOf(wallet.address)
    message = bench.acting(wallet, path).veto_change(bytes(change[0]), change[1], FOREVER)
    return bench.by_quorum("vetoChange", wallet, message, [by], path)


# ------------------------------------------------------------------------------------------- schedule


def test_a_change_waits_for_the_present_change_delay(bench: Bench, wallet: Wallet) -> None:
    receipt = bench.act(wallet, "scheduleChange", NEXT.change_delay, NEXT.to_abi())
    eta = receipt.timestamp + 7 * DAY
    assert bench.module.changeOf(wallet.address) == (NEXT.hash[:24], eta)
    contents = {"epoch": 1, "eta": eta, "changeDelay": 14 * DAY, "paths": fields(NEXT.to_abi())}
    assert logged(bench, receipt) == [("PolicyChangeScheduled", {"account": wallet.address, **contents})]
    assert bench.module.policyOf(wallet.address) == (wallet.policy.hash[:24], 1, 7 * DAY, 0)


def test_a_removal_waits_as_long(bench: Bench, wallet: Wallet) -> None:
    receipt = bench.act(wallet, "scheduleRemoval")
    eta = receipt.timestamp + 7 * DAY
    assert bench.module.changeOf(wallet.address) == (REMOVAL, eta)
    contents = {"epoch": 1, "eta": eta, "changeDelay": 0, "paths": []}
    assert logged(bench, receipt) == [("PolicyChangeScheduled", {"account": wallet.address, **contents})]


def test_a_change_takes_one_word(bench: Bench, wallet: Wallet) -> None:
    eta = schedule(bench, wallet)
    word = NEXT.hash[:24] + eta.to_bytes(4, "big") + bytes([0, 0, 0, 14])
    assert bench.module.slotsOf(wallet.address, 0)[1] == int.from_bytes(word, "big")


def test_another_change_replaces_the_first_and_starts_its_time_anew(bench: Bench, wallet: Wallet) -> None:
    first = schedule(bench, wallet, OTHER)
    bench.travel_to(first - 1)
    second = schedule(bench, wallet)
    assert second == bench.now + 7 * DAY
    with refused(bench.module.ChangeNotReady, second, second + CHANGE_WINDOW):
        apply(bench, wallet)
    at(second)
    apply(bench, wallet)
    assert bench.module.policyOf(wallet.address)[0] == NEXT.hash[:24]


def test_a_removal_replaces_a_change_and_a_change_a_removal(bench: Bench, wallet: Wallet) -> None:
    schedule(bench, wallet)
    bench.act(wallet, "scheduleRemoval")
    assert bench.module.changeOf(wallet.address)[0] == REMOVAL
    schedule(bench, wallet)
    assert bench.module.changeOf(wallet.address)[0] == NEXT.hash[:24]


@pytest.mark.parametrize("method", ["scheduleChange", "scheduleRemoval"])
def test_without_a_policy_there_is_nothing_to_change(bench: Bench, method: str) -> None:
    account = bench.project.MockAccount.deploy(bench.module, sender=bench.relayer)
    with refused(bench.module.PolicyMissing, account):
        as_account(bench, account, method, *([] if method == "scheduleRemoval" else [DAY, NEXT.to_abi()]))


def test_a_change_whose_time_would_not_fit_is_refused(bench: Bench) -> None:
    account = mock_account(bench, policy_of(rotate("ana", threshold=1), change_delay=90 * DAY))
    bench.travel_to(2**32 - 90 * DAY)
    with pytest.raises(AssertionError, match="0x6dfcc650"), refused():  # SafeCastOverflowedUintDowncast
        as_account(bench, account, "scheduleRemoval")
    assert bench.module.changeOf(account) == (REMOVAL, 0)


def test_scheduling_and_dropping_void_no_approvals_being_collected(bench: Bench, wallet: Wallet) -> None:
    message = bench.recover_message(wallet)
    schedule(bench, wallet)
    bench.act(wallet, "dropChange", *bench.module.changeOf(wallet.address))
    assert bench.recover_message(wallet) == message


# ----------------------------------------------------------------------------------------------- drop


def test_the_account_drops_the_change_that_it_names(bench: Bench, wallet: Wallet) -> None:
    eta = schedule(bench, wallet)
    receipt = bench.act(wallet, "dropChange", NEXT.hash[:24], eta)
    contents = {"account": wallet.address, "epoch": 1, "policyHash": NEXT.hash[:24], "eta": eta}
    assert logged(bench, receipt) == [("PolicyChangeDropped", contents)]
    assert bench.module.changeOf(wallet.address) == (REMOVAL, 0)
    bench.travel_to(eta)
    with refused(bench.module.ChangeNotPending, wallet.address):
        apply(bench, wallet)


def test_a_removal_is_dropped_by_the_name_of_zero(bench: Bench, wallet: Wallet) -> None:
    bench.act(wallet, "scheduleRemoval")
    bench.act(wallet, "dropChange", REMOVAL, bench.module.changeOf(wallet.address)[1])
    assert bench.module.changeOf(wallet.address) == (REMOVAL, 0)


@pytest.mark.parametrize(("policy_hash", "later"), [(OTHER.hash[:24], 0), (REMOVAL, 0), (NEXT.hash[:24], 1)])
def test_no_other_change_than_the_one_named_is_dropped(
    bench: Bench, wallet: Wallet, policy_hash: bytes, later: int
) -> None:
    eta = schedule(bench, wallet)
    with refused(bench.module.ChangeNotPending, wallet.address, caller=wallet):
        bench.module.dropChange(policy_hash, eta + later, sender=bench.relayer)


def test_nothing_pending_is_no_removal_that_could_be_dropped(bench: Bench, wallet: Wallet) -> None:
    with refused(bench.module.ChangeNotPending, wallet.address, caller=wallet):
        bench.module.dropChange(REMOVAL, 0, sender=bench.relayer)


def test_nobody_else_drops_the_change(bench: Bench, wallet: Wallet) -> None:
    eta = schedule(bench, wallet)
    with refused(bench.module.ChangeNotPending, bench.relayer):
        bench.module.dropChange(NEXT.hash[:24], eta, sender=bench.relayer)


# ----------------------------------------------------------------------------------------------- veto


def test_a_veto_path_stops_a_change_at_once(bench: Bench, wallet: Wallet) -> None:
    eta = schedule(bench, wallet)
    receipt = veto_change(bench, wallet)
    contents = {"account": wallet.address, "vetoPath": 2, "epoch": 1, "policyHash": NEXT.hash[:24], "eta": eta}
    assert logged(bench, receipt) == [("PolicyChangeVetoed", contents)]
    assert bench.module.changeOf(wallet.address) == (REMOVAL, 0)
    assert bench.nonce(wallet, 2) == 1


def test_a_change_whose_time_is_over_uses_up_no_veto(bench: Bench, wallet: Wallet) -> None:
    eta = schedule(bench, wallet)
    message = bench.acting(wallet, 2).veto_change(NEXT.hash[:24], eta, FOREVER)
    bench.travel_to(eta + 30 * DAY)
    with refused(bench.module.ChangeNotPending, wallet.address):
        bench.by_quorum("vetoChange", wallet, message, ["vera"], 2)
    bench.travel_to(eta + 30 * DAY + 1)
    schedule(bench, wallet)
    veto_change(bench, wallet)
    assert bench.nonce(wallet, 2) == 1


def test_a_veto_path_stops_a_removal_too(bench: Bench, wallet: Wallet) -> None:
    bench.act(wallet, "scheduleRemoval")
    veto_change(bench, wallet)
    assert bench.module.changeOf(wallet.address) == (REMOVAL, 0)


def test_a_veto_path_stops_one_change_an_epoch_and_each_path_has_its_own(bench: Bench, wallet: Wallet) -> None:
    schedule(bench, wallet)
    veto_change(bench, wallet)
    schedule(bench, wallet)
    with refused(bench.module.ChangeVetoUsed, 2):
        veto_change(bench, wallet)
    veto_change(bench, wallet, "vito", 3)
    eta = schedule(bench, wallet)
    for by, path in (("vera", 2), ("vito", 3)):
        with refused(bench.module.ChangeVetoUsed, path):
            veto_change(bench, wallet, by, path)
    at(eta)
    apply(bench, wallet)


def test_a_new_epoch_gives_the_veto_back(bench: Bench, wallet: Wallet) -> None:
    schedule(bench, wallet)
    veto_change(bench, wallet)
    bench.start(wallet)
    bench.travel(3 * DAY)
    bench.finalize(wallet)
    wallet.owners, wallet.names = owners_of("heir"), ("heir",)
    schedule(bench, wallet)
    veto_change(bench, wallet)
    assert bench.module.changeOf(wallet.address) == (REMOVAL, 0)


def test_a_veto_is_not_given_in_advance(bench: Bench, wallet: Wallet) -> None:
    with refused(bench.module.ChangeNotPending, wallet.address):
        veto_change(bench, wallet)


@pytest.mark.parametrize("change", ["another", "later"])
def test_a_veto_stops_only_the_change_it_names(bench: Bench, wallet: Wallet, change: str) -> None:
    eta = schedule(bench, wallet)
    message = bench.acting(wallet, 2).veto_change(NEXT.hash[:24], eta, FOREVER)
    bench.travel(1)
    schedule(bench, wallet, OTHER if change == "another" else NEXT)
    with refused(bench.module.ApprovalInvalid, 0):
        bench.by_quorum("vetoChange", wallet, message, ["vera"], 2)


def test_a_veto_has_a_deadline(bench: Bench, wallet: Wallet) -> None:
    eta = schedule(bench, wallet)
    deadline = bench.now + HOUR
    message = bench.acting(wallet, 2).veto_change(NEXT.hash[:24], eta, deadline)
    bench.travel_to(deadline + 1)
    with refused(bench.module.DeadlinePassed, deadline):
        bench.by_quorum("vetoChange", wallet, message, ["vera"], 2)


@pytest.mark.parametrize(("path", "by", "right"), [(0, ["ana", "ben"], 0), (1, ["carl", "dora"], 0)])
def test_only_a_veto_path_vetoes(bench: Bench, wallet: Wallet, path: int, by: list[str], right: int) -> None:
    eta = schedule(bench, wallet)
    message = bench.acting(wallet, path).veto_change(NEXT.hash[:24], eta, FOREVER)
    with refused(bench.module.PathRightMismatch, right, 2):
        bench.by_quorum("vetoChange", wallet, message, by, path)


def test_vetoing_a_request_leaves_the_veto_of_a_change(bench: Bench, wallet: Wallet) -> None:
    bench.start(wallet, ["carl", "dora"], path=1)
    message = bench.acting(wallet, 2).veto_request(1, 1, FOREVER)
    bench.by_quorum("vetoRequest", wallet, message, ["vera"], 2, 1)
    assert bench.nonce(wallet, 2) == 0
    schedule(bench, wallet)
    veto_change(bench, wallet)


def test_a_veto_needs_the_whole_quorum(bench: Bench) -> None:
    wallet = bench.wallet(rotate("ana", threshold=1), veto("vera", "vito", threshold=2))
    schedule(bench, wallet)
    with refused(bench.module.ApprovalsInsufficient, 1, 2):
        veto_change(bench, wallet, "vera", 1)


# ---------------------------------------------------------------------------------------------- apply


@pytest.mark.parametrize("after", [-1, CHANGE_WINDOW, CHANGE_WINDOW + 1])
def test_a_change_is_not_applied_outside_its_window(bench: Bench, wallet: Wallet, after: int) -> None:
    eta = schedule(bench, wallet)
    bench.travel_to(eta + after)
    with refused(bench.module.ChangeNotReady, eta, eta + CHANGE_WINDOW):
        apply(bench, wallet)


@pytest.mark.parametrize("after", [0, CHANGE_WINDOW - 1])
def test_anybody_applies_a_change_within_its_window(bench: Bench, wallet: Wallet, after: int) -> None:
    at(schedule(bench, wallet) + after)
    receipt = apply(bench, wallet)
    contents = {"account": wallet.address, "epoch": 2, "policyHash": NEXT.hash[:24]}
    assert logged(bench, receipt) == [("PolicyChanged", contents)]
    assert bench.module.policyOf(wallet.address) == (NEXT.hash[:24], 2, 14 * DAY, 0)
    assert bench.module.changeOf(wallet.address) == (REMOVAL, 0)
    with refused(bench.module.ChangeNotPending, wallet.address):
        apply(bench, wallet)


def test_an_expired_change_can_be_scheduled_again(bench: Bench, wallet: Wallet) -> None:
    eta = schedule(bench, wallet)
    bench.travel_to(eta + CHANGE_WINDOW)
    at(schedule(bench, wallet))
    apply(bench, wallet)


def test_nothing_pending_is_not_applied(bench: Bench, wallet: Wallet) -> None:
    with refused(bench.module.ChangeNotPending, wallet.address):
        apply(bench, wallet)


def test_the_next_change_waits_for_the_new_delay(bench: Bench, wallet: Wallet) -> None:
    at(schedule(bench, wallet))
    apply(bench, wallet)
    assert schedule(bench, wallet, OTHER) == bench.now + 14 * DAY


def test_a_request_that_the_owner_cannot_cancel_blocks_changes(bench: Bench, wallet: Wallet) -> None:
    eta = schedule(bench, wallet)
    bench.start(wallet, ["carl", "dora"], path=1)
    assert bench.module.policyOf(wallet.address).blockers == 1
    bench.travel_to(eta)
    with refused(bench.module.ChangeBlocked, 1):
        apply(bench, wallet)


def test_blockers_are_counted_and_each_is_taken_off_when_its_request_closes(bench: Bench) -> None:
    ways = [rotate(f"g{i}", threshold=1, owner_cancels=False) for i in range(3)]
    wallet = bench.wallet(*ways)
    eta = schedule(bench, wallet)
    for i in range(3):
        bench.start(wallet, [f"g{i}"], path=i)
    bench.travel_to(eta)
    for i in range(3):
        with refused(bench.module.ChangeBlocked, 3 - i):
            apply(bench, wallet)
        message = bench.acting(wallet, i).cancel(1, FOREVER)
        bench.by_quorum("cancelByQuorum", wallet, message, [f"g{i}"], i)
    apply(bench, wallet)


@pytest.mark.parametrize(("path", "by"), [(0, ["ana", "ben"]), (4, ["hans"])], ids=["cancellable", "inactivity"])
def test_other_requests_block_nothing_and_die_with_the_change(
    bench: Bench, wallet: Wallet, path: int, by: list[str]
) -> None:
    bench.travel(31 * DAY)
    if path == 4:
        bench.start(wallet, by, path=path)
    eta = schedule(bench, wallet)
    if path == 0:
        bench.start(wallet, by, path=path)
    assert bench.module.policyOf(wallet.address).blockers == 0
    at(eta)
    apply(bench, wallet)
    with refused(bench.module.RecoveryNotStarted, path):
        bench.finalize(wallet, path=path)


def test_a_change_voids_all_approvals_collected_before_it(bench: Bench, wallet: Wallet) -> None:
    # The same path in the new policy, so that only the epoch differs.
    changed = policy_of(*wallet.ways, change_delay=8 * DAY)
    old = bench.recover_message(wallet)
    at(schedule(bench, wallet, changed))
    apply(bench, wallet)
    after = under(wallet, changed, *wallet.ways)
    with refused(bench.module.ApprovalInvalid, 0):
        bench.module.start(
            wallet.address, changed.proof(0).to_abi(), owners_of("heir").to_abi(), 1, FOREVER,
            wallet.ways[0].approvals(["ana", "ben"], old), sender=bench.relayer,
        )  # fmt: skip
    bench.start(after)


def test_removed_guardians_have_no_voice_any_more(bench: Bench, wallet: Wallet) -> None:
    at(schedule(bench, wallet))
    apply(bench, wallet)
    with refused(bench.module.PolicyMismatch, wallet.address):
        bench.start(wallet)
    bench.start(under(wallet, NEXT, *NEXT_WAYS), ["dora", "emil"])


# -------------------------------------------------------------------------------------------- removal


def test_after_a_removal_nothing_is_left_and_configuring_again_goes_on_with_the_epochs(
    bench: Bench, wallet: Wallet
) -> None:
    bench.start(wallet)
    bench.act(wallet, "scheduleRemoval")
    with refused(bench.module.PolicyAlreadyConfigured, wallet.address, caller=wallet):
        bench.module.configure(7 * DAY, wallet.policy.to_abi(), sender=bench.relayer)
    at(bench.module.changeOf(wallet.address)[1])
    receipt = apply(bench, wallet)
    contents = {"account": wallet.address, "epoch": 2, "policyHash": REMOVAL}
    assert logged(bench, receipt) == [("PolicyChanged", contents)]
    assert bench.module.policyOf(wallet.address) == (REMOVAL, 2, 0, 0)
    assert bench.state(wallet) == "idle"
    with refused(bench.module.PolicyMissing, wallet.address):
        bench.start(wallet)
    with refused(bench.module.PolicyMissing, wallet.address, caller=wallet):
        bench.module.scheduleRemoval(sender=bench.relayer)

    bench.act(wallet, "configure", 7 * DAY, wallet.policy.to_abi())
    assert bench.module.policyOf(wallet.address) == (wallet.policy.hash[:24], 3, 7 * DAY, 0)
    assert bench.nonce(wallet) == 0
    bench.start(wallet)


def test_a_freeze_path_vetoes_no_change(bench: Bench) -> None:
    wallet = bench.wallet(rotate("ana", threshold=1), freeze("fred"))
    eta = schedule(bench, wallet)
    message = bench.acting(wallet, 1).veto_change(NEXT.hash[:24], eta, FOREVER)
    with refused(bench.module.PathRightMismatch, 1, 2):
        bench.by_quorum("vetoChange", wallet, message, ["fred"], 1)
