from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from recovery import abi, foresee
from recovery.actions import Action, Cancel, Freeze, Recover, Thaw, VetoChange, VetoRequest
from recovery.building import Transaction
from recovery.errors import InvalidInput, Refused
from recovery.messages import Call
from recovery.policy import CHANGE_WINDOW, DAY, Policy
from recovery.request import Approvals, Request, approve
from recovery.state import AccountState, RequestState
from tests.live import ETHER, Live
from tests.world import Way, freeze, owners_of, person, policy_of, rotate, sign, signer, veto

NOBODY = "0x" + "77" * 20
MONTH = 30 * DAY
OWNERS, NEW = owners_of("owner"), owners_of("new")
#: What the paths are called here is their place among these.
FRIENDS, THEFT, HEIR, ICE, VETO, FROST, BLOCK = range(7)
WAYS: tuple[tuple[Way, tuple[str, ...]], ...] = (
    (rotate("ana", "ben"), ("ana", "ben")),
    (rotate("ana", "ben", owner_cancels=False, vetoable=True), ("ana", "ben")),
    (rotate("carl", threshold=1, inactivity=MONTH, delay=DAY, window=2 * MONTH), ("carl",)),
    (freeze("ana"), ("ana",)),
    (veto("dora"), ("dora",)),
    (freeze("ben"), ("ben",)),
    (veto("carl"), ("carl",)),
)
POLICY = policy_of(*(way for way, _ in WAYS))
OTHER = policy_of(WAYS[0][0], change_delay=8 * DAY)


@dataclass
class Scene:
    """One wallet, and what may be done with it."""

    live: Live
    wallet: str
    policy: Policy = POLICY

    @property
    def state(self) -> AccountState:
        return self.live.client.state(self.wallet, len(WAYS))

    def status(self, path: int) -> Any:
        return self.state.paths[path]

    def at(self, time: int) -> None:
        """The chain's next block is of this time."""
        self.live.ask("evm_setNextBlockTimestamp", time)
        self.live.ask("evm_mine")
        assert self.state.time == time

    def request(self, path: int, action: Action, deadline: int = 2**32 - 1, **changes: Any) -> Request:
        state, client = self.state, self.live.client
        proof = self.policy.proof(path)
        made = Request(
            *(31337, client.deployment.module, self.wallet, state.epoch, proof, f"path {path}", action, deadline)
        )
        return dataclasses.replace(made, **changes)

    def submit(self, request: Request, ways: Any = WAYS) -> Transaction:
        """With the approvals of the whole quorum."""
        way, names = ways[request.proof.index]
        members = {member.signer: member for member in way.members}
        return self.live.client.submit(
            Approvals.of(
                request, [approve(request, members[signer(name)], sign(name, request.message)) for name in names]
            )
        )

    def recover(self, path: int, owners: Any = NEW) -> Transaction:
        return self.submit(self.request(path, Recover(owners, self.status(path).nonce)))

    def cancel(self, path: int) -> Transaction:
        return self.submit(self.request(path, Cancel(self.status(path).nonce)))

    def veto(self, path: int) -> Transaction:
        return self.submit(self.request(VETO, VetoRequest(path, self.status(path).nonce)))

    def veto_change(self, by: int = VETO) -> Transaction:
        state = self.state
        return self.submit(self.request(by, VetoChange(state.change_policy_hash, state.change_eta)))

    def freeze(self, path: int) -> Transaction:
        return self.submit(self.request(path, Freeze(self.status(path).nonce)))

    def thaw(self, path: int) -> Transaction:
        return self.submit(self.request(path, Thaw((self.state.freeze_id or (0, 0, 0))[2])))

    def finalize(self, path: int) -> Transaction:
        return self.live.client.finalize(self.wallet, path, POLICY.paths[path], NEW)

    def by_wallet(self, call: Call) -> Transaction:
        """What the wallet itself calls, for a simulation in its name."""
        return Transaction(call.to, call.data, "")

    def owner_cancels(self, path: int) -> Transaction:
        return self.by_wallet(self.live.client.cancel_call(self.state.epoch, path, self.status(path).nonce))

    def send(self, transaction: Transaction) -> None:
        self.live.client.send(transaction, person("relayer"))

    def batch(self, *calls: Call) -> Transaction:
        """A batch that the owner signs and anybody relays."""
        deadline = self.state.time + DAY // 2
        message = self.live.client.batch(self.wallet, OWNERS, calls, deadline)
        proof = OWNERS.proof({signer("owner"): sign("owner", message)})
        return self.live.client.execute(self.wallet, calls, deadline, proof, "")

    def starts(self, path: int) -> None:
        self.send(self.recover(path))
        assert self.status(path).is_open

    def schedules(self, policy: Policy = OTHER) -> None:
        self.send(self.batch(self.live.client.schedule_change_call(policy)))
        assert self.state.change_eta

    def shows_life(self) -> None:
        self.send(self.batch(self.live.client.heartbeat_call()))

    def refused(self, foreseen: Callable[[], Any], transaction: Transaction, code: str, sender: str = "") -> str:
        """Both the foresight and the chain refuse it with this code and the same arguments; what is said."""
        with pytest.raises(Refused) as before:
            foreseen()
        with pytest.raises(Refused) as by_chain:
            self.live.client.simulate(transaction, sender or person("relayer").address)
        assert before.value.code == by_chain.value.code == code
        assert plain(before.value.arguments) == plain(by_chain.value.arguments)
        return before.value.message

    def passes(self, foreseen: Callable[[], Any], transaction: Transaction, sender: str = "") -> Any:
        """Neither refuses it; what the foresight returns."""
        found = foreseen()
        assert self.live.client.simulate(transaction, sender or person("relayer").address) > 21_000
        return found


def plain(arguments: tuple[Any, ...]) -> list[Any]:
    return [each.lower() if isinstance(each, str) else each for each in arguments]


@pytest.fixture
def scene(live: Live) -> Scene:
    live.client.send(live.client.create_wallet(OWNERS, POLICY), person("payer"))
    wallet = live.client.deployment.wallet_address(OWNERS, POLICY)
    live.fund(wallet, ETHER)
    return Scene(live, wallet)


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
    for time in (scene.status(FRIENDS).ready_at, scene.status(FRIENDS).expires_at - 1):
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
    scene.at(opens - 1)
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
    scene.at(deadline)
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
    scene.at(scene.status(path).expires_at - 1)
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
    assert "Its guardians can, and so can a veto path" in message
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


# ------------------------------------------------------------------------------------- change of policy


def test_a_veto_needs_a_change_that_could_still_be_applied(scene: Scene) -> None:
    def check() -> None:
        foresee.change_pending(scene.state)

    # Nothing is pending, so what the guardians sign can only be made up.
    scene.refused(check, scene.submit(scene.request(VETO, VetoChange(bytes(24), 7))), "ChangeNotPending")
    scene.schedules()
    stop = scene.veto_change()
    scene.passes(check, stop)
    scene.at(scene.state.change_eta + CHANGE_WINDOW - 1)
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
    scene.at(eta - 1)
    scene.refused(check, apply, "ChangeNotReady")
    scene.at(eta)
    scene.passes(check, apply)
    scene.at(eta + CHANGE_WINDOW - 1)
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
    scene.at(state.cool_until - 1)
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
    scene.at(scene.state.frozen_until - 1)
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
    scene.at(status.ready_at - 1)
    scene.refused(check, finalize, "RecoveryNotReady")
    scene.at(status.ready_at)
    scene.passes(check, finalize)
    scene.at(status.expires_at - 1)
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
    scene.at(scene.status(FRIENDS).expires_at - 1)
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
