"""What the chain would refuse of a change of the policy, or of a freeze, is foreseen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from recovery import abi, foresee
from recovery.actions import Freeze, Thaw, VetoChange
from recovery.errors import Refused
from recovery.messages import Call
from recovery.policy import CHANGE_WINDOW, DAY
from tests.live import Live
from tests.recovery.foresee_world import (
    BLOCK,
    FRIENDS,
    FROST,
    ICE,
    NEW,
    NOBODY,
    OTHER,
    POLICY,
    THEFT,
    VETO,
    Scene,
    with_wallet,
)


@pytest.fixture
def scene(live: Live) -> Scene:
    return with_wallet(live)


# ------------------------------------------------------------------------------------- change of policy


def test_a_veto_needs_a_change_that_could_still_be_applied(scene: Scene) -> None:
    def check() -> None:
        foresee.change_pending(scene.state)

    # Nothing is pending, so what the guardians sign can only be made up.
    scene.refused(check, scene.submit(scene.request(VETO, VetoChange(bytes(24), 7))), "ChangeNotPending")
    scene.schedules()
    stop = scene.veto_change()
    scene.passes(check, stop)
    scene.at(scene.state.change_eta + CHANGE_WINDOW - 60)
    scene.passes(check, stop)
    scene.at(scene.state.change_eta + CHANGE_WINDOW)
    assert "is void now" in scene.refused(check, stop, "ChangeNotPending")


def test_a_drop_needs_a_change(scene: Scene) -> None:
    drop = scene.by_wallet(scene.live.client.drop_change_call(bytes(24), 7))
    scene.refused(lambda: foresee.change_pending(scene.state), drop, "ChangeNotPending", scene.wallet)
    scene.schedules()
    state = scene.state
    drop = scene.by_wallet(scene.live.client.drop_change_call(state.change_policy_hash, state.change_eta))
    scene.passes(lambda: foresee.change_pending(scene.state), drop, scene.wallet)


def test_a_veto_path_stops_one_change_in_an_epoch(scene: Scene) -> None:
    scene.schedules()
    scene.passes(lambda: foresee.unused_veto(scene.state, VETO), scene.veto_change())
    scene.send(scene.veto_change())
    scene.schedules()
    scene.refused(lambda: foresee.unused_veto(scene.state, VETO), scene.veto_change(), "ChangeVetoUsed")
    state = scene.state
    request = scene.request(VETO, VetoChange(state.change_policy_hash, state.change_eta))
    scene.refused(lambda: foresee.matching(request, scene.state), scene.submit(request), "ChangeVetoUsed")
    scene.passes(lambda: foresee.unused_veto(scene.state, BLOCK), scene.veto_change(BLOCK))


def test_a_veto_of_a_request_leaves_the_veto_of_a_change(scene: Scene) -> None:
    scene.starts(THEFT)
    scene.send(scene.veto(THEFT))
    scene.schedules()
    scene.passes(lambda: foresee.unused_veto(scene.state, VETO), scene.veto_change())


def test_a_change_is_applied_when_its_time_has_come_and_not_else(scene: Scene) -> None:
    def check() -> None:
        foresee.applicable(scene.state)

    apply = scene.live.client.apply_change(scene.wallet)
    scene.refused(check, apply, "ChangeNotPending")
    scene.schedules()
    eta = scene.state.change_eta
    assert "Not yet" in scene.refused(check, apply, "ChangeNotReady")
    scene.at(eta - 60)
    scene.refused(check, apply, "ChangeNotReady")
    scene.at(eta)
    scene.passes(check, apply)
    scene.at(eta + CHANGE_WINDOW - 60)
    scene.passes(check, apply)
    scene.at(eta + CHANGE_WINDOW)
    assert "Too late" in scene.refused(check, apply, "ChangeNotReady")


def test_a_change_waits_for_a_recovery_that_the_owner_cannot_cancel(scene: Scene) -> None:
    def check() -> None:
        foresee.applicable(scene.state)

    apply = scene.live.client.apply_change(scene.wallet)
    scene.schedules()
    scene.starts(FRIENDS)
    scene.starts(THEFT)
    scene.at(scene.state.change_eta)
    scene.refused(check, apply, "ChangeBlocked")
    scene.send(scene.cancel(THEFT))
    scene.passes(check, apply)


# ----------------------------------------------------------------------------------------------- freezing


def test_a_freeze_waits_until_the_last_one_has_cooled_down(scene: Scene) -> None:
    def check() -> None:
        foresee.freezable(scene.state)

    scene.passes(check, scene.freeze(ICE))
    scene.send(scene.freeze(ICE))
    again, other = scene.freeze(ICE), scene.freeze(FROST)
    request = scene.request(ICE, Freeze(scene.status(ICE).nonce))
    assert "A freeze cannot be extended" in scene.refused(check, again, "FreezeCoolingDown")
    state = scene.state
    scene.at(state.frozen_until)
    assert "was frozen lately" in scene.refused(check, other, "FreezeCoolingDown")
    scene.at(state.cool_until - 60)
    scene.refused(check, again, "FreezeCoolingDown")
    scene.refused(lambda: foresee.submittable(request, scene.state), again, "FreezeCoolingDown")
    scene.at(state.cool_until)
    scene.passes(check, again)
    scene.passes(check, other)
    scene.passes(lambda: foresee.submittable(request, scene.state), again)


def test_a_freeze_that_was_thawed_cools_down_all_the_same(scene: Scene) -> None:
    scene.send(scene.freeze(ICE))
    scene.send(scene.thaw(ICE))
    scene.refused(lambda: foresee.freezable(scene.state), scene.freeze(ICE), "FreezeCoolingDown")


def test_a_freeze_is_ended_by_the_path_that_began_it_alone(scene: Scene) -> None:
    def check(path: int) -> Callable[[], int]:
        return lambda: foresee.thawable(scene.state, path, "this")

    assert "is not frozen" in scene.refused(check(ICE), scene.thaw(ICE), "FreezeNotFound")
    scene.send(scene.freeze(ICE))
    assert scene.passes(check(ICE), scene.thaw(ICE)) == scene.status(ICE).nonce
    message = scene.refused(check(FROST), scene.thaw(FROST), "FreezeNotFound")
    assert f"path {ICE} has frozen the account, not 'this'" in message
    thaw = scene.thaw(ICE)
    scene.at(scene.state.frozen_until - 60)
    scene.passes(check(ICE), thaw)
    scene.at(scene.state.frozen_until)
    scene.refused(check(ICE), thaw, "FreezeNotFound")


def test_a_freeze_of_an_older_policy_ends_by_itself(scene: Scene) -> None:
    changed = dataclasses.replace(POLICY, change_delay=9 * DAY)
    scene.schedules(changed)
    eta = scene.state.change_eta
    scene.at(eta - DAY)
    scene.send(scene.freeze(ICE))
    scene.at(eta)
    scene.send(scene.live.client.apply_change(scene.wallet))
    scene.policy = changed
    message = scene.refused(lambda: foresee.thawable(scene.state, ICE, "this"), scene.thaw(ICE), "FreezeNotFound")
    assert "under an older policy" in message


def test_a_freeze_that_another_has_taken_the_place_of(scene: Scene) -> None:
    scene.send(scene.freeze(ICE))
    request = scene.request(ICE, Thaw((scene.state.freeze_id or (0, 0, 0))[2]))
    scene.at(scene.state.cool_until)
    scene.send(scene.freeze(ICE))
    with pytest.raises(Refused) as used:
        foresee.matching(request, scene.state)
    assert used.value.code == "request-used"
    with pytest.raises(Refused) as by_chain:
        scene.live.client.simulate(scene.submit(request), NOBODY)
    assert by_chain.value.code == "ApprovalInvalid"


def test_a_frozen_wallet_does_only_what_defends_it(scene: Scene) -> None:
    client, module = scene.live.client, scene.live.client.deployment.module
    scene.schedules()
    scene.starts(FRIENDS)
    state = scene.state
    allowed = (
        client.heartbeat_call(),
        client.schedule_change_call(OTHER),
        client.schedule_removal_call(),
        client.drop_change_call(state.change_policy_hash, state.change_eta),
        client.cancel_call(state.epoch, FRIENDS, state.paths[FRIENDS].nonce),
    )
    forbidden = (
        Call(NOBODY, 1),
        Call(NOBODY, 0, client.heartbeat_call().data),
        Call(module, 0, client.approve_digest(bytes(32)).data),
        client.rotate_owners_call(NEW),
    )
    for call in (*allowed, *forbidden):
        scene.passes(lambda call=call: foresee.usable(scene.state, [call], module), scene.batch(call))
    scene.send(scene.freeze(ICE))
    for call in allowed:
        scene.passes(lambda call=call: foresee.usable(scene.state, [call], module), scene.batch(call))
    for call in (*forbidden, Call(module, 1, client.heartbeat_call().data)):
        for calls in ([call], [client.heartbeat_call(), call]):
            scene.refused(
                lambda calls=calls: foresee.usable(scene.state, calls, module), scene.batch(*calls), "WalletFrozen"
            )


def test_what_a_frozen_wallet_may_call_is_there_to_be_called() -> None:
    for name in foresee.WHILE_FROZEN:
        abi.function("WalletRecoveryModule", name)
