"""What counts as the owner's activity, and what doesn't."""

from __future__ import annotations

import pytest

from recovery.messages import Call
from recovery.policy import DAY, HOUR
from tests.contracts.erc7739 import MAGIC, answer, personal
from tests.contracts.wallet_world import Purse, Scene
from tests.world import FOREVER, freeze, owners_of, person, policy_of, rotate

pytest_plugins = ["tests.contracts.wallet_fixtures"]

BOB = person("bob").address
ENTRY_POINT = "0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108"


def relayed(scene: Scene, purse: Purse, at: int):
    return scene.relay(purse, Call(BOB, 1), at=at, deadline=at + HOUR)


def by_entry_point(scene: Scene, purse: Purse, at: int):
    return scene.plain(purse, Call(BOB, 1), sender=ENTRY_POINT, at=at)


def by_itself(scene: Scene, purse: Purse, at: int):
    return scene.plain(purse, Call(BOB, 1), at=at)


def by_heartbeat(scene: Scene, purse: Purse, at: int):
    return scene.invoke(scene.module.functions.heartbeat(), sender=purse.address, at=at)


def by_rotation(scene: Scene, purse: Purse, at: int):
    function = purse.contract.functions.rotateOwners(purse.owners.to_abi(), purse.owners.threshold)
    return scene.invoke(function, sender=purse.address, at=at)


USES = [relayed, by_entry_point, by_itself, by_heartbeat, by_rotation]


@pytest.mark.parametrize("use", USES)
def test_each_use_counts_until_the_end_of_its_day(scene, use):
    """Cases: 40, 41"""
    purse = scene.purse()
    end = scene.to_morning()
    assert purse.read("lastActive") == end - DAY
    assert use(scene, purse, end - DAY + 1).ok
    assert purse.read("lastActive") == end
    assert use(scene, purse, end - 1).ok  # the last second of that day
    assert purse.read("lastActive") == end
    assert use(scene, purse, end).ok  # the first of the next
    assert purse.read("lastActive") == end + DAY
    assert scene.module.functions.lastActiveOf(purse.address).call() == end + DAY


def writes(scene: Scene, outcome) -> int:
    """How often a transaction wrote the word that holds the owners' hash, activity and freeze."""
    trace = scene.rpc("debug_traceTransaction", outcome.receipt["transactionHash"].to_0x_hex(), {"disableMemory": True})
    slot = 0xC7128342B3D693B58E26C139CA2A8419D82B75C5BDBD184A623A0525FC0AD100
    keys = [step["stack"][-1] for step in trace["structLogs"] if step["op"] == "SSTORE"]
    return sum(int(key, 16) == slot for key in keys)


def test_activity_is_written_once_a_day(scene):
    """Cases: 40"""
    purse = scene.purse()
    end = scene.to_morning()
    counts = [writes(scene, relayed(scene, purse, time)) for time in (end - 99, end - 9, end, end + 9)]
    assert counts == [1, 0, 1, 0]


def test_a_new_wallet_and_new_owners_begin_with_activity(scene):
    """Cases: 55"""
    scene.to_morning()
    purse = scene.purse()
    assert purse.read("lastActive") == (scene.now // DAY + 1) * DAY
    scene.recover(purse, "heir")
    assert purse.read("lastActive") == (scene.now // DAY + 1) * DAY


def test_a_defence_while_frozen_counts(scene):
    """Cases: 41, rule 7"""
    purse = scene.purse()
    scene.freeze(purse)
    end = scene.to_morning()
    assert scene.relay(purse, scene.module_call("heartbeat")).ok
    assert purse.read("lastActive") == end


def test_a_failed_batch_leaves_no_trace(scene):
    """Cases: 41"""
    purse = scene.purse()
    end = scene.to_morning()
    assert not scene.relay(purse, Call(scene.deployment.module, 1)).ok
    assert not scene.relay(purse, nonce=5).ok
    assert not scene.plain(purse, Call(BOB, 10**20)).ok
    assert purse.read("lastActive") == end - DAY


def test_signatures_receipts_and_reading_leave_no_trace(scene):
    """Cases: 41"""
    purse = scene.purse()
    end = scene.to_morning()
    asked = personal(purse.address, scene.chain_id)
    signature = asked.signature(purse)
    assert answer(purse, asked.hash, signature) == MAGIC
    assert scene.invoke(purse.contract.functions.isValidSignature(asked.hash, signature)).ok
    assert scene.send(purse.address, value=1).ok
    single, multi = scene.deploy("MockERC721"), scene.deploy("MockERC1155")
    assert scene.invoke(single.functions.mint(purse.address, 1)).ok
    assert scene.invoke(multi.functions.mint(purse.address, [1, 2], [1, 1])).ok
    assert purse.read("lastActive") == end - DAY


def test_guardians_relayers_and_keepers_do_not_keep_an_owner_alive(scene):
    """Cases: 39, rule 6"""
    policy = policy_of(rotate("ana", "ben", "carl"), freeze("fay", window=HOUR))
    purse = scene.purse(rotate("ana", "ben", "carl"), freeze("fay", window=HOUR))
    assert policy == purse.policy
    end = scene.to_morning()
    bench, functions = scene.bench, scene.module.functions
    assert scene.start(purse, owners_of("heir")).ok
    message = bench.acting(purse, 0).cancel(1, FOREVER)
    bench.by_quorum("cancelByQuorum", purse, message, ["ana", "ben"], 0)
    scene.freeze(purse)
    bench.thaw(purse, ["fay"], 1)
    assert scene.start(purse, owners_of("heir")).ok
    assert scene.invoke(functions.publish(purse.address, policy.change_delay, policy.to_abi())).ok
    assert scene.invoke(functions.approveDigest(bytes(32)), sender=person("owner").address).ok
    assert scene.create(purse.owners, policy).ok
    scene.travel_to(scene.now + 3 * DAY + 40 * DAY)
    assert scene.invoke(functions.clearExpired(purse.address, 0)).ok
    assert purse.read("lastActive") == end - DAY


def test_a_heartbeat_counts_for_whoever_sends_it_and_nobody_else(scene):
    """Cases: 39"""
    purse = scene.purse()
    end = scene.to_morning()
    other = scene.purse(owners=["other"])
    for sender in (scene.stranger, person("owner").address):
        assert not scene.invoke(scene.module.functions.heartbeat(), sender=sender).ok
    assert scene.relay(other, scene.module_call("heartbeat")).ok
    assert purse.read("lastActive") == end - DAY


def test_an_owner_active_yesterday_is_not_inactive_for_seven_days(scene):
    """Cases: 40, 42, 56"""
    purse = scene.purse(rotate("ana", inactivity=7 * DAY, threshold=1, delay=HOUR))
    heir = owners_of("heir")
    end = scene.to_morning()
    assert relayed(scene, purse, end - DAY + 5).ok  # early in the day: counts to its end
    early = scene.start(purse, heir, ["ana"], at=end + 7 * DAY - 1)
    assert scene.refused(early, "RecoveryNotInactive", end, 7 * DAY)
    assert scene.start(purse, heir, ["ana"], at=end + 7 * DAY).ok
    # The owner comes back during the delay: nothing is finalized any more.
    assert scene.relay(purse).ok
    scene.travel_to(scene.now + HOUR)
    assert scene.refused(scene.finalize(purse, heir), "RecoveryNotInactive")


def test_time_beyond_the_clock_is_refused_instead_of_wrapping(scene):
    """Cases: 36"""
    purse = scene.purse()
    before = purse.read("lastActive")
    scene.travel_to(2**32 - 100)  # the day ends after what 32 bits hold
    assert not scene.relay(purse).ok
    assert purse.read("lastActive") == before
