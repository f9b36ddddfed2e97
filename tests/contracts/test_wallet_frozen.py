"""A frozen wallet does nothing but defend its owner (rule 7)."""

from __future__ import annotations

import pytest

from recovery.messages import Call
from recovery.policy import DAY, HOUR
from tests.contracts.conftest import MODE_BATCH
from tests.contracts.erc7739 import INVALID, MAGIC, answer, permit, personal
from tests.contracts.wallet_world import ETHER, ZERO, Purse, Scene, encoded, executions
from tests.world import freeze, owners_of, person, policy_of, rotate

pytest_plugins = ["tests.contracts.wallet_fixtures"]

BOB = person("bob").address


@pytest.fixture
def purse(scene: Scene) -> Purse:
    """A wallet with a request under way and a change of policy pending, about to be frozen."""
    purse = scene.purse()
    assert scene.start(purse, owners_of("heir")).ok
    assert scene.relay(purse, scene.module_call("scheduleRemoval")).ok
    return purse


def defences(scene: Scene, purse: Purse) -> dict[str, Call]:
    """Everything that a frozen wallet may do."""
    policy = policy_of(rotate("new"))
    change = scene.module.functions.changeOf(purse.address).call()
    return {
        "scheduleChange": scene.module_call("scheduleChange", policy.change_delay, policy.to_abi()),
        "scheduleRemoval": scene.module_call("scheduleRemoval"),
        "dropChange": scene.module_call("dropChange", *change),
        "cancel": scene.module_call("cancel", 1, 0, 1),
        "heartbeat": scene.module_call("heartbeat"),
    }


DEFENCES = ["scheduleChange", "scheduleRemoval", "dropChange", "cancel", "heartbeat"]


@pytest.mark.parametrize("name", DEFENCES)
def test_a_frozen_wallet_defends_its_owner(scene, purse, name):
    """Cases: 28, 31, rule 7"""
    scene.freeze(purse)
    outcome = scene.relay(purse, defences(scene, purse)[name])
    assert outcome.ok
    assert [log["address"] for log in outcome.receipt["logs"]] == [scene.deployment.module]


def test_a_frozen_wallet_defends_its_owner_in_one_batch(scene, purse):
    """Cases: 31"""
    scene.freeze(purse)
    calls = defences(scene, purse)
    assert scene.relay(purse, *(calls[name] for name in ("dropChange", "cancel", "heartbeat", "scheduleChange"))).ok
    assert scene.bench.state(purse) == "idle"


@pytest.mark.parametrize("name", DEFENCES)
def test_a_defence_with_value_or_to_another_target_is_refused(scene, purse, name):
    """Cases: 67, rule 7"""
    until = scene.freeze(purse)
    call = defences(scene, purse)[name]
    other = scene.deploy("MockResponder", b"", 0, False)  # takes any call
    changed = [
        Call(call.to, 1, call.data),
        Call(other.address, 0, call.data),
        Call(purse.address, 0, call.data),
        Call(ZERO, 0, call.data),
        Call(scene.deployment.factory, 0, call.data),
        Call(call.to, 0, bytes([call.data[0] ^ 1]) + call.data[1:]),
        Call(call.to, 0, call.data[:2]),
    ]
    for each in changed:
        assert scene.refused(scene.relay(purse, each), "WalletFrozen", until)


def test_everything_else_is_refused_while_frozen(scene, purse):
    """Cases: 28, 54, 67, rule 7"""
    until = scene.freeze(purse)
    heartbeat = scene.module_call("heartbeat")
    inner = encoded(purse.contract.functions.execute(MODE_BATCH, executions([heartbeat])))
    configure = scene.module_call("configure", purse.policy.change_delay, purse.policy.to_abi())
    forbidden = {
        "a transfer": Call(BOB, 1),
        "an empty call": Call(BOB),
        "an empty call of the module": Call(scene.deployment.module),
        "approving a digest": scene.module_call("approveDigest", bytes(32)),
        "revoking one": scene.module_call("revokeDigest", bytes(32)),
        "a multicall of defences": scene.module_call("multicall", [heartbeat.data]),
        "configuring": configure,
        "applying the change": scene.module_call("applyChange", purse.address),
        "clearing": scene.module_call("clearExpired", purse.address, 0),
        "its own rotation": purse.call("rotateOwners", owners_of("thief").to_abi(), 1),
        "a batch in the batch": Call(purse.address, 0, inner),
        "the same by target zero": Call(ZERO, 0, inner),
        "a call of itself": Call(purse.address),
    }
    for name, call in forbidden.items():
        assert scene.refused(scene.relay(purse, call), "WalletFrozen", until), name
        # Beside a call that is allowed, before or after.
        assert scene.refused(scene.relay(purse, heartbeat, call), "WalletFrozen", until), name
        assert scene.refused(scene.relay(purse, call, heartbeat), "WalletFrozen", until), name
        # By itself, as a UserOperation or a delegated EOA would.
        assert scene.refused(scene.plain(purse, call), "WalletFrozen", until), name
    assert purse.balance == ETHER
    assert purse.read("batchNonce") == 1  # the fixture's


def test_a_frozen_wallet_signs_nothing(scene, purse):
    """Cases: 54, 67, rule 7"""
    asked = [permit(purse.address, scene.chain_id), personal(purse.address, scene.chain_id)]
    signed = [(each.hash, each.signature(purse)) for each in asked]
    detection = (bytes.fromhex("7739" * 16), b"")
    assert [answer(purse, *each) for each in signed] == [MAGIC, MAGIC]
    until = scene.freeze(purse)
    for each in (*signed, detection):
        assert answer(purse, *each) == INVALID
    scene.travel_to(until - 1)
    assert [answer(purse, *each) for each in signed] == [INVALID, INVALID]
    scene.travel_to(until)
    assert [answer(purse, *each) for each in signed] == [MAGIC, MAGIC]


def test_a_frozen_wallet_is_no_guardian_and_no_owner_of_others(scene, purse):
    """Cases: 67"""
    frozen = purse
    ward = scene.purse(owners=[bytes.fromhex(frozen.address[2:])])
    asked = personal(frozen.address, scene.chain_id)
    # What it would say to any contract that asks is no, so nothing that needs its yes can pass.
    scene.freeze(frozen)
    proof = ward.owners.proof({ward.owners.signers[0]: asked.signature(frozen)})
    outcome = scene.invoke(scene.execution(ward, [], scene.now + HOUR, proof))
    assert scene.refused(outcome, "WalletUnauthorized", scene.relayer)
    until = frozen.read("frozenUntil")
    approve = scene.module_call("approveDigest", b"\1" * 32)
    assert scene.refused(scene.relay(frozen, approve), "WalletFrozen", until)
    assert not scene.module.functions.isApproved(frozen.address, b"\1" * 32).call()


def test_a_freeze_ends_to_the_second(scene, purse):
    """Cases: 29, 31"""
    until = scene.freeze(purse)
    assert until == scene.now + 5 * DAY
    deadline = until + 60
    scene.travel_to(until - 10)
    send = scene.signed(purse, Call(BOB, 1), deadline=deadline)
    assert scene.refused(scene.invoke(send, at=until - 1), "WalletFrozen", until)
    assert scene.invoke(send, at=until).ok


def test_a_thaw_lets_everything_happen_again(scene, purse):
    scene.freeze(purse)
    asked = permit(purse.address, scene.chain_id)
    scene.bench.thaw(purse, ["fay"], 1)
    assert purse.read("frozenUntil") == 0
    assert scene.relay(purse, Call(BOB, 1)).ok
    assert answer(purse, asked.hash, asked.signature(purse)) == MAGIC


def test_a_freeze_in_the_middle_of_a_batch_stops_what_follows(scene, purse):
    """Cases: 35"""
    target = scene.deploy("MockTarget")
    freezing = scene.freezing(purse)
    inside = Call(target.address, 0, encoded(target.functions.pass_(freezing.address, encoded(freezing))))
    until = scene.now + 100 + 5 * DAY
    outcome = scene.relay(purse, Call(BOB, 1), inside, Call(BOB, 2), at=scene.now + 100)
    assert scene.refused(outcome, "WalletFrozen", until)
    # Without anything after it, or with a defence, it stands.
    assert scene.relay(purse, Call(BOB, 1), inside, scene.module_call("heartbeat")).ok
    assert purse.read("frozenUntil") > scene.now
    assert purse.balance == ETHER - 1


def test_a_freeze_between_two_batches_of_one_bundle_stops_the_second(scene, purse):
    """Cases: 15: a thief's batches in one transaction; the guardians' freeze comes between."""
    target = scene.deploy("MockTarget")
    first, second = scene.signed(purse, Call(BOB, 1)), scene.signed(purse, Call(BOB, 2), nonce=2)
    for function in (first, scene.freezing(purse), second):
        assert scene.invoke(target.functions.pass_(function.address, encoded(function))).ok
    assert [target.functions.notes(i).call() for i in range(3)] == [1, 1, 0]
    assert purse.balance == ETHER - 1


def test_a_frozen_wallet_still_receives(scene, purse):
    scene.freeze(purse)
    assert scene.send(purse.address, value=5).ok
    single = scene.deploy("MockERC721")
    assert scene.invoke(single.functions.mint(purse.address, 1)).ok
    assert purse.balance == ETHER + 5


def test_a_defence_of_a_frozen_wallet_still_needs_its_owners(scene, purse):
    """Cases: 28"""
    scene.freeze(purse)
    heartbeat = scene.module_call("heartbeat")
    outcome = scene.plain(purse, heartbeat, sender=scene.stranger)
    assert scene.refused(outcome, "WalletUnauthorized", scene.stranger)
    forged = scene.proof(purse.owned_by("eve"), scene.message(purse, [heartbeat], scene.now + HOUR))
    outcome = scene.invoke(scene.execution(purse, [heartbeat], scene.now + HOUR, forged))
    assert scene.refused(outcome, "WalletUnauthorized", scene.relayer)


def test_a_short_freeze_path_freezes_for_its_own_time(scene):
    purse = scene.purse(rotate("ana"), freeze("fay", window=HOUR))
    assert scene.freeze(purse) == scene.now + HOUR
