"""Who owns a wallet: how owners replace themselves, what no owners may be, and who else may not touch them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_utils import keccak, to_bytes
from web3.logs import DISCARD

from recovery.messages import Call
from recovery.policy import DAY, HOUR
from recovery.quorum import Owners
from tests.contracts.wallet_world import ETHER, Scene
from tests.world import FOREVER, freeze, owners_of, person, rotate, signer

pytest_plugins = ["tests.contracts.wallet_fixtures"]

BOB = person("bob").address


def rotation(purse, owners: list[bytes], threshold: int = 1) -> Call:
    return purse.call("rotateOwners", owners, threshold)


# ---------------------------------------------------------------------------------------- rotateOwners


def test_owners_replace_themselves_by_a_batch_of_the_wallet_to_itself(scene):
    """Cases: 33, rule 4"""
    purse = scene.purse()
    new = owners_of("owner", "second", threshold=2)
    outcome = scene.relay(purse, rotation(purse, new.to_abi(), 2))
    assert outcome.ok
    events = purse.contract.events.OwnersChanged().process_receipt(outcome.receipt)
    assert [(event.args.owners, event.args.threshold) for event in events] == [(new.to_abi(), 2)]
    assert purse.read("ownersHash") == new.hash[:24]
    assert scene.refused(scene.relay(purse), "WalletUnauthorized", scene.relayer)
    assert scene.relay(purse.owned_by("owner", "second", threshold=2)).ok


def test_only_the_wallet_itself_rotates_its_owners(scene):
    """Cases: 16"""
    purse = scene.purse()
    function = purse.contract.functions.rotateOwners(owners_of("eve").to_abi(), 1)
    entry_point = "0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108"
    module, factory = scene.deployment.module, scene.deployment.factory
    for sender in (
        scene.stranger,
        person("owner").address,
        entry_point,
        module,
        factory,
        scene.deployment.wallet,
    ):
        assert scene.refused(scene.invoke(function, sender=sender), "WalletUnauthorized", sender)


def test_owners_that_could_not_act_are_refused(scene):
    """Cases: 5, 10, 22, 30, 51, 68, rule 4"""
    purse = scene.purse()
    verifier = to_bytes(hexstr=scene.deploy("MockVerifier").address)
    wallet, one, two = to_bytes(hexstr=purse.address), signer("one").data, signer("two").data
    one, two = sorted((one, two), key=keccak)
    many = sorted((signer(f"owner {i}").data for i in range(33)), key=keccak)
    longest = verifier + bytes(1024 - 20)

    def refused(owners: list[bytes], threshold: int, error: str, *args: int) -> None:
        function = purse.contract.functions.rotateOwners(owners, threshold)
        outcome = scene.ask(function, **{"from": purse.address, "gas": 30_000_000})
        assert scene.refused(outcome, error, *args), (owners, threshold)

    refused([], 0, "OwnersCountInvalid", 0)
    refused([], 1, "OwnersCountInvalid", 0)
    refused(many, 1, "OwnersCountInvalid", 33)
    for threshold in (0, 3, 257, 2**256 - 1):
        refused([one, two], threshold, "OwnersThresholdInvalid", threshold, 2)
    refused([two, one], 1, "OwnersUnsorted", 1)
    refused([one, one], 1, "OwnersUnsorted", 1)
    refused([one, two, two], 2, "OwnersUnsorted", 2)
    for bad in (
        b"",
        b"\1",
        one[:19],
        bytes(20),
        bytes(20) + b"key",  # nobody's verifier
        wallet,
        wallet + b"key",  # the wallet as verifier
        (4).to_bytes(20, "big") + b"key",  # a precompile echoes what it is asked
        signer("nobody").data + b"key",  # no code
        longest + b"\0",
    ):
        position = 0 if keccak(bad) < keccak(one) else 1
        refused(sorted([bad, one], key=keccak), 1, "OwnerInvalid", position)
    for good in ([verifier + b"key"], many[:32], [verifier + b"1"], [verifier], [longest]):
        function = purse.contract.functions.rotateOwners(good, len(good))
        assert scene.ask(function, **{"from": purse.address, "gas": 30_000_000}).ok


def test_a_refused_rotation_undoes_the_whole_batch(scene):
    purse = scene.purse()
    assert scene.refused(scene.relay(purse, Call(BOB, 1), rotation(purse, [b""])), "OwnerInvalid", 0)
    assert purse.balance == ETHER
    assert purse.read("ownersHash") == purse.owners.hash[:24]


def test_owners_can_be_replaced_by_some_of_themselves(scene):
    """Cases: 33"""
    purse = scene.purse(owners=["one", "two", "three"], threshold=2)
    for names in (["one", "two"], ["one"], ["one"], ["one", "four"]):
        owners = owners_of(*names, threshold=len(names))
        assert scene.relay(purse, rotation(purse, owners.to_abi(), len(names))).ok
        purse = purse.owned_by(*names, threshold=len(names))
        assert purse.read("ownersHash") == owners.hash[:24]


def test_a_frozen_wallet_does_not_rotate_its_owners(scene):
    """Cases: 28, 67, rule 7"""
    purse = scene.purse()
    until = scene.freeze(purse)
    function = purse.contract.functions.rotateOwners(owners_of("thief").to_abi(), 1)
    assert scene.refused(scene.invoke(function, sender=purse.address), "WalletFrozen", until)
    assert scene.refused(scene.relay(purse, rotation(purse, owners_of("thief").to_abi())), "WalletFrozen", until)
    assert scene.refused(scene.invoke(function, sender=purse.address, at=until - 1), "WalletFrozen", until)
    assert scene.invoke(function, sender=purse.address, at=until).ok


def test_a_thief_who_rotates_his_own_keys_does_not_stop_the_theft_path(scene):
    """Cases: 19, 21, 28, 52, rule 4"""
    ways = (rotate("ana", "ben", "carl", owner_cancels=False), rotate("dora", threshold=1))
    purse = scene.purse(*ways)
    heir = owners_of("heir")
    collected = scene.bench.recover_message(purse, heir, 1)  # approvals that dora is still collecting
    assert scene.start(purse, heir).ok
    before = (
        scene.module.functions.policyOf(purse.address).call(),
        scene.bench.state(purse),
        scene.bench.nonce(purse),
    )

    assert scene.relay(purse, rotation(purse, owners_of("thief").to_abi())).ok
    thiefs = purse.owned_by("thief")
    after = (
        scene.module.functions.policyOf(purse.address).call(),
        scene.bench.state(purse),
        scene.bench.nonce(purse),
    )
    assert before == after
    cancel = scene.module_call("cancel", 1, 0, 1)
    assert scene.refused(scene.relay(thiefs, cancel), "RecoveryNotCancellable", 0)
    start = scene.module.functions.start(
        purse.address,
        purse.policy.proof(1).to_abi(),
        heir.to_abi(),
        1,
        FOREVER,
        ways[1].approvals(["dora"], collected),
    )
    assert scene.invoke(start).ok
    scene.travel_to(scene.now + 3 * DAY)
    assert scene.finalize(purse, heir).ok
    assert scene.refused(scene.relay(thiefs), "WalletUnauthorized", scene.relayer)
    assert scene.relay(purse.owned_by("heir")).ok


def test_rotating_owners_is_activity_even_when_no_batch_did_it(scene):
    """Cases: 40, 41, rule 4"""
    purse = scene.purse()
    end = scene.to_morning()
    function = purse.contract.functions.rotateOwners(owners_of("next").to_abi(), 1)
    assert scene.invoke(function, sender=purse.address).ok
    assert purse.read("lastActive") == end


def test_rotating_owners_voids_what_owners_who_left_have_signed_ahead(scene):
    """Cases: 57"""
    purse = scene.purse()
    ahead = scene.signed(purse, Call(BOB, 1), nonce=1)
    assert scene.relay(purse, rotation(purse, owners_of("next").to_abi())).ok
    assert purse.read("batchNonce") == 1
    assert scene.refused(scene.invoke(ahead), "WalletUnauthorized", scene.relayer)


def test_rotating_owners_voids_what_owners_who_stayed_have_signed_ahead(scene):
    """Cases: 57: a relayer takes the old signatures and puts the new owners around them."""
    purse = scene.purse(owners=["one", "two"], threshold=2)
    deadline = scene.now + HOUR
    message = scene.message(purse, [Call(BOB, 1)], deadline)
    assert scene.invoke(rotation_by_itself(purse, "one", "two", "three"), sender=purse.address).ok
    new = purse.owned_by("one", "two", "three", threshold=2)
    ahead = scene.execution(new, [Call(BOB, 1)], deadline, scene.proof(new, message, ["one", "two"]))
    assert scene.refused(scene.invoke(ahead), "WalletUnauthorized", scene.relayer)


def rotation_by_itself(purse, *names: str):
    return purse.contract.functions.rotateOwners(owners_of(*names).to_abi(), 2)


# --------------------------------------------------------------------------------- the module's calls


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("recoverOwners", (owners_of("eve").to_abi(), 1)),
        ("setFrozenUntil", (FOREVER - 1,)),
        ("setFrozenUntil", (0,)),
        ("recordActivity", ()),
    ],
)
def test_only_the_module_recovers_freezes_and_records(scene, method, args):
    """Cases: 16, 37"""
    purse = scene.purse()
    function = purse.contract.functions[method](*args)
    entry_point, factory = "0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108", scene.deployment.factory
    for sender in (scene.stranger, person("owner").address, purse.address, entry_point, factory):
        assert scene.refused(scene.invoke(function, sender=sender), "WalletUnauthorized", sender)
    # Not by a batch of the wallet either.
    outcome = scene.relay(purse, purse.call(method, *args))
    assert scene.refused(outcome, "WalletUnauthorized", purse.address)
    assert scene.invoke(function, sender=scene.deployment.module).ok


def test_a_recovery_thaws_and_begins_the_new_owners_time(scene):
    """Cases: 55, rule 7"""
    purse = scene.purse(rotate("ana", "ben", "carl"), freeze("fay", window=20 * DAY))
    until = scene.freeze(purse)
    scene.to_morning()
    new = scene.recover(purse, "heir")
    assert scene.now < until
    assert purse.read("frozenUntil") == 0
    assert purse.read("lastActive") == (scene.now // DAY + 1) * DAY
    assert purse.read("ownersHash") == owners_of("heir").hash[:24]
    assert scene.relay(new, Call(BOB, 1)).ok


def test_a_recovery_says_that_it_thaws(scene):
    for freezes in (True, False):
        purse = scene.purse(rotate("ana", "ben", "carl"), freeze("fay"), owners=[f"owner {freezes}"])
        if freezes:
            scene.freeze(purse)
        recover = purse.contract.functions.recoverOwners(owners_of("heir").to_abi(), 1)
        outcome = scene.invoke(recover, sender=scene.deployment.module)
        events = purse.contract.events.FrozenUntilChanged().process_receipt(outcome.receipt, errors=DISCARD)
        assert [event.args.until for event in events] == ([0] if freezes else [])


def test_freezing_says_until_when_and_refuses_a_time_that_does_not_fit(scene):
    purse = scene.purse()
    module = scene.deployment.module
    outcome = scene.invoke(purse.contract.functions.setFrozenUntil(2**32 - 1), sender=module)
    events = purse.contract.events.FrozenUntilChanged().process_receipt(outcome.receipt)
    assert [event.args.until for event in events] == [2**32 - 1]
    assert not scene.invoke(purse.contract.functions.setFrozenUntil(2**32), sender=module).ok
    assert purse.read("frozenUntil") == 2**32 - 1
    # Nothing else has moved.
    assert purse.read("ownersHash") == purse.owners.hash[:24]
    assert purse.read("lastActive") == (scene.now // DAY + 1) * DAY


# -------------------------------------------------------------------------------------- initialization


def initialization(scene: Scene, address: str, owners: Owners, purse):
    """The call that would make a wallet at `address` belong to `owners`, under another wallet's policy."""
    wallet = scene.contract("RecoveryWallet", address)
    return wallet.functions.initialize(
        owners.to_abi(), owners.threshold, purse.policy.change_delay, purse.policy.to_abi()
    )


def test_a_wallet_is_initialized_once_whoever_asks(scene):
    """Cases: 16, 20"""
    purse = scene.purse()
    function = initialization(scene, purse.address, owners_of("eve"), purse)
    for sender in (scene.stranger, person("owner").address, scene.deployment.module):
        assert scene.refused(scene.invoke(function, sender=sender), "WalletUnauthorized", sender)
    for sender in (scene.deployment.factory, purse.address):
        assert scene.refused(scene.invoke(function, sender=sender), "WalletAlreadyInitialized")
    remove = scene.module_call("scheduleRemoval")
    assert scene.relay(purse, remove).ok
    scene.travel_to(scene.now + 7 * DAY)
    assert scene.invoke(scene.module.functions.applyChange(purse.address)).ok
    # Without a policy it is still initialized.
    assert scene.refused(scene.invoke(function, sender=purse.address), "WalletAlreadyInitialized")


def test_nobody_initializes_the_implementation(scene):
    """Cases: 16"""
    purse = scene.purse()
    implementation = scene.contract("RecoveryWallet", scene.deployment.wallet)
    function = initialization(scene, scene.deployment.wallet, owners_of("eve"), purse)
    for sender in (scene.stranger, scene.relayer, scene.deployment.module):
        assert scene.refused(scene.invoke(function, sender=sender), "WalletUnauthorized", sender)
    assert implementation.functions.ownersHash().call() == bytes(24)
    itself = replace(purse, contract=implementation, owners=owners_of("eve"), names=("eve",))
    assert scene.refused(scene.relay(itself), "WalletUnauthorized", scene.relayer)
    assert implementation.functions.module().call() == scene.deployment.module
    assert implementation.functions.factory().call() == scene.deployment.factory


def test_a_clone_that_nobody_initialized_cannot_be_taken(scene):
    """Cases: 16"""
    purse = scene.purse()
    code = "3d602d80600a3d3981f3363d3d373d3d3d363d73" + scene.deployment.wallet[2:] + "5af43d82803e903d91602b57fd5bf3"
    clone = scene.send(None, "0x" + code).receipt["contractAddress"]
    function = initialization(scene, clone, owners_of("eve"), purse)
    assert scene.refused(scene.invoke(function, sender=scene.stranger), "WalletUnauthorized", scene.stranger)
    eve = owners_of("eve")
    signed = scene.contract("RecoveryWallet", clone).functions.initializeWithSignature(
        eve.to_abi(), 1, purse.policy.change_delay, purse.policy.to_abi(), FOREVER, bytes(64) + b"\x1b"
    )
    assert scene.refused(scene.invoke(signed), "WalletUnauthorized", scene.relayer)
    taken = scene.contract("RecoveryWallet", clone)
    mine = replace(purse, contract=taken, owners=eve, names=("eve",))
    assert scene.refused(scene.relay(mine), "WalletUnauthorized", scene.relayer)
    assert scene.refused(scene.plain(mine, sender=scene.stranger), "WalletUnauthorized", scene.stranger)
    assert taken.functions.ownersHash().call() == bytes(24)
