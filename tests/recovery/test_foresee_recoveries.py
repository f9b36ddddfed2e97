"""What the chain would refuse of a recovery is foreseen, from its start to its end."""

from __future__ import annotations

from typing import Any

import pytest

from recovery import foresee
from recovery.actions import Action, Cancel, Recover, VetoRequest
from recovery.errors import InvalidInput, Refused
from recovery.policy import DAY
from recovery.state import RequestState
from tests.live import Live
from tests.recovery.foresee_world import (
    FRIENDS,
    HEIR,
    MONTH,
    NEW,
    NOBODY,
    OTHER,
    POLICY,
    THEFT,
    VETO,
    Scene,
    with_wallet,
)
from tests.world import owners_of


@pytest.fixture
def scene(live: Live) -> Scene:
    return with_wallet(live)


# ------------------------------------------------------------------------------------------- the policy


def test_an_account_without_a_policy(scene: Scene) -> None:
    client = scene.live.client
    request = scene.request(FRIENDS, Recover(NEW, 0), account=NOBODY)
    state = client.state(NOBODY, 1)
    scene.refused(lambda: foresee.has_policy(state, 31337), scene.submit(request), "PolicyMissing")
    scene.refused(lambda: foresee.matching(request, state), scene.submit(request), "PolicyMissing")
    scene.passes(lambda: foresee.has_policy(scene.state, 31337), scene.recover(FRIENDS))


def test_a_path_of_another_policy(scene: Scene) -> None:
    request = scene.request(0, Recover(NEW, 0), proof=OTHER.proof(0))
    state = scene.state
    scene.refused(lambda: foresee.in_force(state, OTHER.proof(0)), scene.submit(request), "PolicyMismatch")
    scene.refused(lambda: foresee.matching(request, state), scene.submit(request), "PolicyMismatch")
    scene.passes(lambda: foresee.in_force(state, POLICY.proof(FRIENDS)), scene.recover(FRIENDS))


def test_a_request_of_before_the_policy_changed(scene: Scene) -> None:
    request = scene.request(FRIENDS, Recover(NEW, 0))
    scene.schedules()
    scene.at(scene.state.change_eta)
    scene.send(scene.live.client.apply_change(scene.wallet))
    message = scene.refused(lambda: foresee.matching(request, scene.state), scene.submit(request), "PolicyMismatch")
    assert "approvals of this one are void" in message


def test_a_request_of_before_the_account_was_recovered_is_void(scene: Scene) -> None:
    request = scene.request(THEFT, Recover(NEW, 0))
    scene.starts(FRIENDS)
    scene.at(scene.status(FRIENDS).ready_at)
    scene.send(scene.finalize(FRIENDS))
    with pytest.raises(Refused, match="approvals of this one are void") as foreseen:
        foresee.matching(request, scene.state)
    assert foreseen.value.code == "PolicyMismatch"
    # The policy is still the same: the chain sees only that the signatures are for something else.
    with pytest.raises(Refused) as by_chain:
        scene.live.client.simulate(scene.submit(request), NOBODY)
    assert by_chain.value.code in ("ApprovalInvalid", "PolicyMismatch")


# --------------------------------------------------------------------------------------------- starting


def test_a_start_while_another_is_under_way(scene: Scene) -> None:
    def check() -> None:
        foresee.startable(scene.state, FRIENDS, "friends")

    scene.passes(check, scene.recover(FRIENDS))
    scene.starts(FRIENDS)
    again = scene.recover(FRIENDS)
    message = scene.refused(check, again, "RecoveryAlreadyStarted")
    assert "there is one at a time" in message
    for time in (scene.status(FRIENDS).ready_at, scene.status(FRIENDS).expires_at - 60):
        scene.at(time)
        scene.refused(check, again, "RecoveryAlreadyStarted")
    scene.at(scene.status(FRIENDS).expires_at)
    scene.passes(check, scene.recover(FRIENDS))


def test_a_request_that_was_used(scene: Scene) -> None:
    request = scene.request(FRIENDS, Recover(NEW, 0))
    scene.passes(lambda: foresee.matching(request, scene.state), scene.submit(request))
    scene.send(scene.submit(request))
    with pytest.raises(Refused) as used:
        foresee.matching(request, scene.state)
    assert used.value.code == "request-used"
    with pytest.raises(Refused):
        scene.live.client.simulate(scene.submit(request), NOBODY)


def test_a_start_before_the_owner_has_been_silent_for_long_enough(scene: Scene) -> None:
    path = POLICY.paths[HEIR]

    def check() -> None:
        foresee.silent(scene.state, path)

    opens = scene.state.inactive_at(MONTH)
    start = scene.recover(HEIR)
    message = scene.refused(check, start, "RecoveryNotInactive")
    assert "if the owner stays silent" in message
    scene.at(opens - 60)
    scene.refused(check, start, "RecoveryNotInactive")
    request = scene.request(HEIR, Recover(NEW, 0))
    scene.refused(lambda: foresee.submittable(request, scene.state), start, "RecoveryNotInactive")
    scene.at(opens)
    scene.passes(check, start)
    scene.passes(lambda: foresee.submittable(request, scene.state), start)
    scene.shows_life()
    scene.refused(check, start, "RecoveryNotInactive")


def test_a_path_without_inactivity_never_waits_for_silence(scene: Scene) -> None:
    scene.shows_life()
    scene.passes(lambda: foresee.silent(scene.state, POLICY.paths[FRIENDS]), scene.recover(FRIENDS))


def test_approvals_whose_deadline_has_passed(scene: Scene) -> None:
    deadline = scene.state.time + DAY
    request = scene.request(FRIENDS, Recover(NEW, 0), deadline)
    scene.at(deadline - 60)  # a node asks a little later than its latest block
    scene.passes(lambda: foresee.matching(request, scene.state), scene.submit(request))
    scene.at(deadline + 1)
    scene.refused(lambda: foresee.matching(request, scene.state), scene.submit(request), "DeadlinePassed")
    foresee.timely(deadline + 2, scene.state.time)
    with pytest.raises(InvalidInput, match="lies in the past"):
        foresee.timely(deadline + 1, scene.state.time)


def test_an_account_that_would_own_itself(scene: Scene) -> None:
    for owners in (owners_of(scene.wallet), owners_of("new", scene.wallet), owners_of("ana", "ben", scene.wallet)):
        scene.refused(
            lambda owners=owners: foresee.ownable(owners, scene.wallet), scene.recover(FRIENDS, owners), "OwnerInvalid"
        )
    scene.passes(lambda: foresee.ownable(NEW, scene.wallet), scene.recover(FRIENDS))


def test_an_owner_whose_verifier_has_no_code(scene: Scene) -> None:
    owners = owners_of("new", b"\x12" * 52)
    scene.refused(lambda: scene.live.client.check_owners(owners), scene.recover(FRIENDS, owners), "OwnerInvalid")
    scene.passes(lambda: scene.live.client.check_owners(NEW), scene.recover(FRIENDS))


def test_a_request_for_elsewhere(scene: Scene) -> None:
    request, module = scene.request(FRIENDS, Recover(NEW, 0)), scene.live.client.deployment.module
    foresee.here(request, 31337, module)
    for chain_id, where in ((1, module), (31337, NOBODY)):
        with pytest.raises(Refused) as refused:
            foresee.here(request, chain_id, where)
        assert refused.value.code == "request-elsewhere"
    # Signed for another chain or module, it counts nowhere else.
    for changes in ({"chain_id": 1}, {"module": NOBODY}):
        with pytest.raises(Refused) as by_chain:
            scene.live.client.simulate(scene.submit(scene.request(FRIENDS, Recover(NEW, 0), **changes)), NOBODY)
        assert by_chain.value.code == "ApprovalInvalid"


# ------------------------------------------------------------------------------------ cancelling, vetoing


@pytest.mark.parametrize(
    ("check", "make", "path", "by_wallet"),
    [
        (foresee.under_way, Scene.cancel, FRIENDS, False),
        (foresee.cancellable, Scene.owner_cancels, FRIENDS, True),
        (foresee.vetoable, Scene.veto, THEFT, False),
    ],
    ids=["by its guardians", "by the owner", "by a veto"],
)
def test_a_recovery_is_stopped_while_it_is_under_way_and_not_else(
    scene: Scene, check: Any, make: Any, path: int, by_wallet: bool
) -> None:
    sender = scene.wallet if by_wallet else ""

    def foreseen() -> Any:
        return check(scene.state, path, "this")

    message = scene.refused(foreseen, make(scene, path), "RecoveryNotStarted", sender)
    assert "No recovery is under way on path 'this'" in message
    scene.starts(path)
    stop = make(scene, path)
    assert scene.passes(foreseen, stop, sender).state is RequestState.PENDING
    scene.at(scene.status(path).ready_at)
    assert scene.passes(foreseen, stop, sender).state is RequestState.READY
    scene.at(scene.status(path).expires_at - 60)
    scene.passes(foreseen, stop, sender)
    scene.at(scene.status(path).expires_at)
    message = scene.refused(foreseen, stop, "RecoveryExpired", sender)
    assert "there is nothing to stop" in message


def test_what_the_owner_may_not_cancel(scene: Scene) -> None:
    scene.starts(THEFT)
    message = scene.refused(
        lambda: foresee.cancellable(scene.state, THEFT, "theft"),
        scene.owner_cancels(THEFT),
        "RecoveryNotCancellable",
        scene.wallet,
    )
    assert "So can a veto path: recovery request --action veto --stop" in message
    scene.passes(lambda: foresee.under_way(scene.state, THEFT, "theft"), scene.cancel(THEFT))


def test_what_may_not_be_vetoed(scene: Scene) -> None:
    scene.starts(FRIENDS)
    message = scene.refused(
        lambda: foresee.vetoable(scene.state, FRIENDS, "friends"), scene.veto(FRIENDS), "RecoveryNotVetoable"
    )
    assert "by its own guardians or the owner" in message


@pytest.mark.parametrize("make", [Scene.cancel, Scene.veto])
def test_a_request_to_stop_what_another_has_taken_the_place_of(scene: Scene, make: Any) -> None:
    scene.starts(THEFT)
    nonce = scene.status(THEFT).nonce
    old: Action = Cancel(nonce) if make is Scene.cancel else VetoRequest(THEFT, nonce)
    request = scene.request(THEFT if make is Scene.cancel else VETO, old)
    scene.send(make(scene, THEFT))
    scene.starts(THEFT)
    with pytest.raises(Refused) as used:
        foresee.matching(request, scene.state)
    assert used.value.code == "request-used"
    with pytest.raises(Refused) as by_chain:
        scene.live.client.simulate(scene.submit(request), NOBODY)
    assert by_chain.value.code == "ApprovalInvalid"


def test_a_veto_of_a_path_that_is_not_there(scene: Scene) -> None:
    request = scene.request(VETO, VetoRequest(31, 1))
    with pytest.raises(InvalidInput, match="a path that the policy does not have"):
        foresee.matching(request, scene.live.client.state(scene.wallet, VETO + 1))
    assert foresee.needed_paths(request) == 32
    assert foresee.needed_paths(scene.request(VETO, VetoRequest(0, 1))) == VETO + 1


# ----------------------------------------------------------------------------------- finalizing, clearing


def test_a_recovery_is_finalized_in_its_window_and_not_else(scene: Scene) -> None:
    def check() -> None:
        foresee.finalizable(scene.state, FRIENDS)
        foresee.finalizable(scene.state, FRIENDS, POLICY.paths[FRIENDS])

    finalize = scene.finalize(FRIENDS)
    scene.refused(check, finalize, "RecoveryNotStarted")
    scene.starts(FRIENDS)
    status = scene.status(FRIENDS)
    assert "Not yet" in scene.refused(check, finalize, "RecoveryNotReady")
    scene.at(status.ready_at - 60)
    scene.refused(check, finalize, "RecoveryNotReady")
    scene.at(status.ready_at)
    scene.passes(check, finalize)
    scene.at(status.expires_at - 60)
    scene.passes(check, finalize)
    scene.at(status.expires_at)
    assert "Too late" in scene.refused(check, finalize, "RecoveryExpired")


def test_an_owner_who_shows_life_stops_a_recovery_that_needs_silence(scene: Scene) -> None:
    def check() -> None:
        foresee.finalizable(scene.state, HEIR, POLICY.paths[HEIR])

    scene.at(scene.state.inactive_at(MONTH))
    scene.starts(HEIR)
    finalize, status = scene.finalize(HEIR), scene.status(HEIR)
    assert "Not yet" in scene.refused(check, finalize, "RecoveryNotReady")
    scene.shows_life()
    message = scene.refused(check, finalize, "RecoveryNotReady")
    assert "cannot be finalized any more" in message  # waiting would not help
    assert "recovery clear" in message
    scene.at(status.ready_at)
    assert "recovery clear" in scene.refused(check, finalize, "RecoveryNotInactive")
    foresee.finalizable(scene.state, HEIR)  # nothing can be said without the structure
    scene.at(status.expires_at)
    scene.refused(check, finalize, "RecoveryExpired")


def test_an_owner_who_stays_silent_is_recovered(scene: Scene) -> None:
    scene.at(scene.state.inactive_at(MONTH))
    scene.starts(HEIR)
    scene.at(scene.status(HEIR).ready_at)
    scene.passes(lambda: foresee.finalizable(scene.state, HEIR, POLICY.paths[HEIR]), scene.finalize(HEIR))


def test_a_recovery_is_cleared_away_when_it_has_expired(scene: Scene) -> None:
    def check() -> bool:
        return foresee.clearable(scene.state, FRIENDS, "friends", POLICY.paths[FRIENDS])

    clear = scene.live.client.clear_expired(scene.wallet, FRIENDS)
    scene.refused(check, clear, "RecoveryNotStarted")
    scene.starts(FRIENDS)
    scene.refused(check, clear, "RecoveryStillOpen")
    scene.shows_life()
    scene.refused(check, clear, "RecoveryStillOpen")
    scene.at(scene.status(FRIENDS).expires_at - 60)
    scene.refused(check, clear, "RecoveryStillOpen")
    scene.at(scene.status(FRIENDS).expires_at)
    assert scene.passes(check, clear) is False


def test_a_recovery_is_cleared_away_when_the_owner_has_shown_life(scene: Scene) -> None:
    def check() -> bool:
        return foresee.clearable(scene.state, HEIR, "heir", POLICY.paths[HEIR])

    clear = scene.live.client.clear_active(scene.wallet, HEIR, POLICY.paths[HEIR], NEW)
    scene.refused(check, clear, "RecoveryNotStarted")
    scene.at(scene.state.inactive_at(MONTH))
    scene.starts(HEIR)
    scene.refused(check, clear, "RecoveryStillOpen")
    scene.at(scene.status(HEIR).ready_at)
    scene.refused(check, clear, "RecoveryStillOpen")
    scene.shows_life()
    assert scene.passes(check, clear) is True
    scene.at(scene.state.inactive_at(MONTH))  # being silent again does not bring it back
    assert scene.passes(check, clear) is True
    scene.refused(
        lambda: foresee.finalizable(scene.state, HEIR, POLICY.paths[HEIR]), scene.finalize(HEIR), "RecoveryNotInactive"
    )
    scene.refused(
        lambda: foresee.clearable(scene.state, HEIR, "heir", None),
        scene.live.client.clear_expired(scene.wallet, HEIR),
        "RecoveryStillOpen",
    )


def test_how_long_is_left_is_in_words(scene: Scene) -> None:
    scene.starts(FRIENDS)
    scene.at(scene.status(FRIENDS).ready_at - 28 * 3600)
    assert foresee.left(scene.state, FRIENDS) == "1 day 4 hours"
