"""Addresses commit to what they are (rule 11)."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from eth_utils import keccak

from recovery.contracts import Deployment
from recovery.messages import Call
from recovery.policy import DAY, HOUR, Path, Policy, Right
from recovery.quorum import Owners
from recovery.signer import Signer
from tests.contracts.wallet_world import ZERO, Scene
from tests.world import freeze, owners_of, person, policy_of, rotate, signer, veto

pytest_plugins = ["tests.contracts.wallet_fixtures"]

POLICY = policy_of(rotate("ana", "ben"), freeze("fay"))


def address(scene: Scene, owners: Owners, policy: Policy, deployment: Deployment | None = None) -> str:
    factory = scene.contract("RecoveryWalletFactory", (deployment or scene.deployment).factory)
    function = factory.functions.walletAddress(owners.to_abi(), owners.threshold, policy.change_delay, policy.to_abi())
    return str(function.call())


def random_owners(dice: random.Random) -> Owners:
    count = dice.choice([1, 2, 3, 32])
    signers = [Signer(b"\1" + dice.randbytes(dice.choice([19, 19, 51, 83, 300]))) for _ in range(count)]
    return Owners.of(signers, dice.randint(1, count))


def random_policy(dice: random.Random) -> Policy:
    def path(right: Right) -> Path:
        members = tuple(b"\1" + dice.randbytes(31) for _ in range(dice.choice([1, 2, 32])))
        threshold = dice.choice([1, len(members), 2**32 - 1])
        if right is Right.VETO:
            return Path(right, False, False, 0, 0, 0, threshold, members)
        if right is Right.FREEZE:
            return Path(right, False, False, 0, 0, dice.randint(HOUR, 30 * DAY), threshold, members)
        flags = dice.random() < 0.5, dice.random() < 0.5
        times = (
            dice.choice([0, 7 * DAY, 2**32 - 1]),
            dice.randint(HOUR, 365 * DAY),
            HOUR * dice.randint(1, 8760),
        )
        return Path(right, *flags, *times, threshold, members)

    rights = [Right.ROTATE, *dice.choices(list(Right), k=dice.choice([0, 1, 3, 31]))]
    dice.shuffle(rights)
    return Policy(dice.randint(1, 90) * DAY, tuple(path(right) for right in rights))


@pytest.mark.parametrize("seed", range(12))
def test_python_knows_where_every_wallet_will_stand(scene, seed):
    """Rule 11"""
    dice = random.Random(seed)
    owners, policy = random_owners(dice), random_policy(dice)
    expected = scene.deployment.wallet_address(owners, policy)
    assert address(scene, owners, policy) == expected


def test_a_wallet_stands_where_both_said_and_has_what_it_was_asked_to_have(scene):
    """Cases: 63, rule 11"""
    owners = owners_of("one", "two", threshold=2)
    expected = scene.deployment.wallet_address(owners, POLICY)
    assert scene.web3.eth.get_code(expected) == b""
    outcome = scene.create(owners, POLICY)
    assert outcome.ok
    created = scene.factory.events.WalletCreated().process_log(outcome.receipt["logs"][0])
    assert created.args.wallet == expected == address(scene, owners, POLICY)
    wallet = scene.contract("RecoveryWallet", expected).functions
    assert wallet.ownersHash().call() == owners.hash[:24]
    assert wallet.module().call() == scene.deployment.module == scene.factory.functions.module().call()
    assert wallet.factory().call() == scene.deployment.factory
    assert scene.factory.functions.implementation().call() == scene.deployment.wallet
    assert scene.module.functions.policyOf(expected).call() == [POLICY.hash[:24], 1, POLICY.change_delay, 0]
    # Its structure is published: it can be recovered from the logs alone.
    (configured,) = [
        scene.module.events.PolicyConfigured().process_log(log)
        for log in outcome.receipt["logs"]
        if log["address"] == scene.deployment.module
    ]
    assert tuple(Path.from_abi(dict(path)) for path in configured.args.paths) == POLICY.paths


def test_creating_a_wallet_again_returns_it_and_changes_nothing(scene):
    """Cases: 15, 63, rule 11"""
    owners = owners_of("owner")
    function = scene.factory.functions.createWallet(owners.to_abi(), 1, POLICY.change_delay, POLICY.to_abi())
    expected = scene.deployment.wallet_address(owners, POLICY)
    assert function.call() == expected
    assert scene.create(owners, POLICY).ok
    for sender in (scene.stranger, scene.relayer):
        outcome = scene.invoke(function, sender=sender)
        assert outcome.ok
        assert outcome.receipt["logs"] == []
        assert function.call() == expected
    # Not after its owners and its policy have changed either.
    wallet = scene.contract("RecoveryWallet", expected)
    rotation = wallet.functions.rotateOwners(owners_of("next").to_abi(), 1)
    assert scene.invoke(rotation, sender=expected).ok
    assert scene.invoke(function).receipt["logs"] == []
    assert wallet.functions.ownersHash().call() == owners_of("next").hash[:24]


def test_whatever_differs_the_address_differs(scene):
    """Cases: 11, 63, rule 11"""
    owners = owners_of("one", "two")
    path, freezing = POLICY.paths
    rotations = [
        replace(path, owner_cancels=False),
        replace(path, vetoable=True),
        replace(path, inactivity=7 * DAY),
        replace(path, delay=path.delay + 1),
        replace(path, window=path.window + HOUR),
        replace(path, threshold=path.threshold + 1),
        replace(path, members=path.members[:1]),
        replace(path, members=path.members[::-1]),
    ]
    kinds: list[tuple[Owners, Policy]] = [
        (owners, POLICY),
        (owners_of("one", "two", threshold=2), POLICY),
        (owners_of("one"), POLICY),
        (owners_of("one", "three"), POLICY),
        (Owners.of([Signer(signer("one").data + b"\0"), signer("two")]), POLICY),
        (owners, replace(POLICY, change_delay=8 * DAY)),
        (owners, Policy(POLICY.change_delay, (freezing, path))),
        (owners, Policy(POLICY.change_delay, (path,))),
        (owners, Policy(POLICY.change_delay, (path, freezing, veto("vic").path))),
        *((owners, Policy(POLICY.change_delay, (each, freezing))) for each in rotations),
    ]
    addresses = [address(scene, *kind) for kind in kinds]
    assert len(set(addresses)) == len(kinds)
    assert addresses == [scene.deployment.wallet_address(*kind) for kind in kinds]


def test_another_module_means_another_address(scene):
    """Cases: 11, rule 11"""
    module = scene.deploy("WalletRecoveryModule")
    factory = scene.deploy("RecoveryWalletFactory", module.address)
    other = Deployment(
        module.address, factory.address, factory.functions.implementation().call(), scene.deployment.lens
    )
    owners = owners_of("owner")
    assert address(scene, owners, POLICY, other) == other.wallet_address(owners, POLICY)
    assert other.wallet_address(owners, POLICY) != scene.deployment.wallet_address(owners, POLICY)
    # The salt names the module itself, not only through the code that it deploys.
    pretended = replace(scene.deployment, module=module.address)
    assert pretended.wallet_address(owners, POLICY) != scene.deployment.wallet_address(owners, POLICY)


def test_owners_that_are_refused_leave_nothing_behind(scene):
    """Cases: 5, 16, 22, 68"""
    one, two = sorted((signer("one").data, signer("two").data), key=keccak)
    bad = {
        "OwnersCountInvalid": ([], 0),
        "OwnersThresholdInvalid": ([one], 2),
        "OwnersUnsorted": ([two, one], 1),
        "OwnerInvalid": ([bytes(20)], 1),
    }
    for error, (owners, threshold) in bad.items():
        args = (owners, threshold, POLICY.change_delay, POLICY.to_abi())
        outcome = scene.invoke(scene.factory.functions.createWallet(*args))
        assert scene.refused(outcome, error)
        # Nobody shall send anything to where no wallet can ever be.
        assert scene.refused(scene.ask(scene.factory.functions.walletAddress(*args)), error)
    many = (owners_of("one").to_abi(), 257, POLICY.change_delay, POLICY.to_abi())
    for method in ("createWallet", "walletAddress"):
        assert scene.refused(scene.ask(scene.factory.functions[method](*many)), "OwnersThresholdInvalid")


def test_a_policy_that_is_refused_leaves_nothing_behind(scene):
    """Cases: 5, 16"""
    good = POLICY.to_abi()[0]
    bad = [
        ("PolicyChangeDelayInvalid", 0, [good]),
        ("PolicyChangeDelayInvalid", 91 * DAY, [good]),
        ("PolicyPathCountInvalid", DAY, []),
        ("PolicyWithoutRotation", DAY, [veto("vic").path.to_abi()]),
        ("PathThresholdZero", DAY, [(*good[:6], 0, *good[7:])]),
        ("PathUnsupported", DAY, [(*good[:7], b"\1" * 32, good[8])]),
    ]
    owners = owners_of("owner")
    before = scene.web3.eth.get_transaction_count(scene.deployment.factory)
    for error, change_delay, paths in bad:
        function = scene.factory.functions.createWallet(owners.to_abi(), 1, change_delay, paths)
        assert scene.refused(scene.invoke(function), error)
    assert scene.web3.eth.get_transaction_count(scene.deployment.factory) == before


def test_a_threshold_or_length_that_would_be_cut_off_creates_nothing(scene):
    """Cases: 10, 63: owners' hash keeps 8 bits of the threshold and 16 of a length."""
    owners = owners_of("owner")
    args = (owners.to_abi(), 257, POLICY.change_delay, POLICY.to_abi())
    assert scene.refused(scene.invoke(scene.factory.functions.createWallet(*args)), "OwnersThresholdInvalid", 257, 1)
    long = signer("owner").data + bytes(0x10000)
    args = ([long], 1, POLICY.change_delay, POLICY.to_abi())
    outcome = scene.invoke(scene.factory.functions.createWallet(*args), gas=16_000_000)
    assert scene.refused(outcome, "OwnerInvalid", 0)


def test_a_wallet_can_have_money_before_it_exists(scene):
    """Cases: 63"""
    owners = owners_of("owner")
    expected = scene.deployment.wallet_address(owners, POLICY)
    assert scene.send(expected, value=7).ok
    assert scene.create(owners, POLICY).ok
    assert scene.web3.eth.get_balance(expected) == 7


def test_only_the_factory_gives_a_clone_its_first_owners(scene):
    """Cases: 16, 63: another factory's clones of the same code are nobody's."""
    impostor = scene.deploy("MockTarget")  # passes any call on
    clone = scene.send(
        None,
        "0x3d602d80600a3d3981f3363d3d373d3d3d363d73" + scene.deployment.wallet[2:] + "5af43d82803e903d91602b57fd5bf3",
    ).receipt["contractAddress"]
    wallet = scene.contract("RecoveryWallet", clone)
    function = wallet.functions.initialize(owners_of("eve").to_abi(), 1, POLICY.change_delay, POLICY.to_abi())
    for sender in (impostor.address, scene.stranger, person("eve").address, scene.deployment.wallet):
        assert scene.refused(scene.invoke(function, sender=sender), "WalletUnauthorized", sender)
    assert wallet.functions.ownersHash().call() == bytes(24)
    assert scene.invoke(function, sender=scene.deployment.factory).ok


def test_an_account_that_is_no_wallet_of_this_module_gets_no_policy(scene):
    """Cases: 16, 37"""
    forwarding = scene.deploy("MockForwardingAccount", scene.deployment.module)
    configure = scene.module.functions.configure(POLICY.change_delay, POLICY.to_abi())
    data = configure._encode_transaction_data()
    assert scene.send(forwarding.address, data).ok  # it says that this is its module
    other = scene.deploy("WalletRecoveryModule")
    stranger = scene.deploy("MockForwardingAccount", other.address)
    assert scene.refused(scene.invoke(configure, sender=stranger.address), "ModuleNotEnabled", stranger.address)
    assert scene.refused(scene.invoke(configure, sender=scene.stranger), "ModuleNotEnabled", scene.stranger)


def test_a_new_wallet_works_at_once(scene):
    purse = scene.purse()
    assert scene.relay(purse, Call(ZERO)).ok
