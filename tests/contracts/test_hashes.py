"""Python and the contracts compute the same hashes, messages and addresses, whatever goes in."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import to_checksum_address
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery import messages
from recovery.messages import Acting, Call
from recovery.policy import DAY, HOUR, Path, Policy, Right
from recovery.quorum import Approval, Member, Owners, sort_approvals
from recovery.signer import Signer
from tests.contracts.wallet_world import Purse, Scene
from tests.world import FOREVER, freeze, owners_of, person, rotate, signer, veto

pytest_plugins = ["tests.contracts.wallet_fixtures"]

few = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

words = st.integers(0, 2**256 - 1)
addresses = st.binary(min_size=20, max_size=20).filter(any).map(to_checksum_address)
commitments = st.binary(min_size=32, max_size=32).filter(any)
signers = st.one_of(
    st.binary(min_size=20, max_size=20), st.binary(min_size=21, max_size=150), st.just(b"\1" * 1024)
).filter(lambda data: any(data[:20]))
calls = st.lists(st.builds(Call, addresses, words, st.binary(max_size=100)), max_size=4)


@st.composite
def owner_sets(draw: Any) -> Owners:
    data = draw(st.lists(signers, min_size=1, max_size=5, unique=True))
    return Owners.of([Signer(each) for each in data], draw(st.integers(1, len(data))))


@st.composite
def paths(draw: Any, right: Right | None = None) -> Path:
    right = draw(st.sampled_from(Right)) if right is None else right
    members = tuple(draw(st.lists(commitments, min_size=1, max_size=4)))
    threshold = draw(st.integers(1, 2**32 - 1))
    if right is Right.VETO:
        return Path(right, False, False, 0, 0, 0, threshold, members)
    if right is Right.FREEZE:
        return Path(right, False, False, 0, 0, draw(st.integers(HOUR, 30 * DAY)), threshold, members)
    return Path(
        right,
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.one_of(st.just(0), st.integers(7 * DAY, 2**32 - 1))),
        draw(st.integers(HOUR, 365 * DAY)),
        draw(st.integers(1, 8760)) * HOUR,
        threshold,
        members,
    )


@st.composite
def policies(draw: Any) -> Policy:
    some = draw(st.lists(paths(), max_size=4))
    some.insert(draw(st.integers(0, len(some))), draw(paths(Right.ROTATE)))
    return Policy(draw(st.integers(1, 90)) * DAY, tuple(some))


WAYS = (
    rotate("ana", "ben", threshold=1),
    freeze("fay"),
    veto("vic"),
    rotate("dora", threshold=1, vetoable=True),
)


@pytest.fixture(scope="module")
def world(scene_module: Scene) -> tuple[Scene, Purse]:
    """A wallet with open requests, a pending change, and a freeze: every message can be asked for."""
    scene = scene_module
    purse = scene.purse(*WAYS)
    assert scene.relay(purse, scene.module_call("scheduleRemoval")).ok
    assert scene.relay(purse, scene.module_call("heartbeat")).ok
    assert scene.start(purse, owners_of("heir"), ["dora"], 3).ok
    assert scene.start(purse, owners_of("heir"), ["ana"], 0).ok
    return scene, purse


@few
@given(owners=owner_sets(), policy=policies())
def test_hashes_of_owners_and_policy_and_the_address_they_lead_to(world, owners, policy):
    """Rule 11"""
    scene, _ = world
    args = (owners.to_abi(), owners.threshold, policy.change_delay, policy.to_abi())
    assert scene.factory.functions.walletAddress(*args).call() == scene.deployment.wallet_address(owners, policy)
    assert scene.module.functions.hashPolicy(policy.change_delay, policy.to_abi()).call() == policy.hash


@few
@given(policy=policies())
def test_every_path_proves_that_it_belongs_to_its_policy(world, policy):
    for index in range(len(policy.paths)):
        assert policy.proof(index).policy_hash(policy.change_delay) == policy.hash
        assert Path.from_abi(policy.to_abi()[index]) == policy.paths[index]


@few
@given(owners=owner_sets(), deadline=words)
def test_the_message_to_recover(world, owners, deadline):
    scene, purse = world
    for path in (0, 3):
        message = scene.bench.recover_message(purse, owners, path, deadline)
        function = scene.module.functions.recoverDigest(
            purse.address, purse.policy.proof(path).to_abi(), owners.to_abi(), owners.threshold, deadline
        )
        assert function.call() == message.digest


@few
@given(deadline=words)
def test_the_messages_that_stop_something(world, deadline):
    """Rule 1"""
    scene, purse = world
    functions, bench = scene.module.functions, scene.bench
    policy_hash, eta = functions.changeOf(purse.address).call()
    proofs = [purse.policy.proof(path).to_abi() for path in range(4)]
    expected = {
        bench.acting(purse, 0).cancel(1, deadline).digest: functions.cancelDigest(purse.address, proofs[0], deadline),
        bench.acting(purse, 2).veto_request(3, 1, deadline).digest: functions.vetoRequestDigest(
            purse.address, proofs[2], 3, deadline
        ),
        bench.acting(purse, 2).veto_change(policy_hash, eta, deadline).digest: functions.vetoChangeDigest(
            purse.address, proofs[2], deadline
        ),
        bench.acting(purse, 1).freeze(0, deadline).digest: functions.freezeDigest(purse.address, proofs[1], deadline),
    }
    assert len(expected) == 4
    for digest, function in expected.items():
        assert function.call() == digest


def test_the_message_to_thaw(scene):
    purse = scene.purse(*WAYS)
    scene.freeze(purse)
    for deadline in (0, 1, 2**48, 2**256 - 1):
        message = scene.bench.acting(purse, 1).thaw(1, deadline)
        function = scene.module.functions.thawDigest(purse.address, purse.policy.proof(1).to_abi(), deadline)
        assert function.call() == message.digest


@few
@given(batch=calls, deadline=words)
def test_the_message_of_a_batch(world, batch, deadline):
    scene, purse = world
    message = messages.batch(scene.chain_id, purse.address, batch, purse.owners, purse.read("batchNonce"), deadline)
    assert purse.read("batchNonce") == 2
    assert purse.read("batchDigest", [call.to_abi() for call in batch], deadline) == message.digest


@few
@given(owners=owner_sets(), policy=policies(), deadline=words)
def test_the_message_of_an_eoa_that_becomes_a_wallet(world, owners, policy, deadline):
    scene, purse = world
    message = messages.initialize(scene.chain_id, purse.address, scene.deployment.module, owners, policy.hash, deadline)
    args = (owners.to_abi(), owners.threshold, policy.change_delay, policy.to_abi(), deadline)
    assert purse.read("initializeDigest", *args) == message.digest


@few
@given(salt=st.binary(min_size=32, max_size=32), weight=st.integers(1, 2**32 - 1), index=st.integers(0, 3))
def test_a_commitment_opens_with_its_salt_weight_and_signer(world, salt, weight, index):
    scene, _ = world
    member = Member(signer("ana"), weight, salt)
    others = [Member(signer(name), 1, bytes(32)).commitment for name in ("ben", "carl", "dora")]
    others.insert(index, member.commitment)
    path = Path(Right.ROTATE, True, False, 0, HOUR, HOUR, weight, tuple(others))
    policy, heir = Policy(DAY, (path,)), owners_of("heir")
    account = scene.deploy("MockForwardingAccount", scene.deployment.module).address
    configure = scene.module.functions.configure(policy.change_delay, policy.to_abi())
    assert scene.send(account, configure._encode_transaction_data()).ok
    acting = Acting(scene.chain_id, scene.deployment.module, account, 1, policy.proof(0))
    message = acting.recover(0, heir, FOREVER)
    signature = bytes(person("ana").sign_message(message.signable).signature)

    def start(member: Member, position: int = index):
        approvals = [each.to_abi() for each in sort_approvals([Approval(position, member, signature)])]
        return scene.ask(
            scene.module.functions.start(account, policy.proof(0).to_abi(), heir.to_abi(), 1, FOREVER, approvals)
        )

    assert start(member).ok
    wrong = bytes([salt[0] ^ 1]) + salt[1:]
    assert scene.refused(start(Member(signer("ana"), weight, wrong)), "ApprovalNotFromMember", 0)
    assert scene.refused(start(Member(signer("ana"), weight ^ 2 or 1, salt)), "ApprovalNotFromMember", 0)
    assert scene.refused(start(member, (index + 1) % 4), "ApprovalNotFromMember", 0)
