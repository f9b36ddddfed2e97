"""An EOA that delegates to the wallet's code (EIP-7702) and becomes a wallet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_utils import keccak

from recovery import messages
from recovery.messages import Call
from recovery.policy import DAY, HOUR
from tests.contracts.erc7739 import INVALID, MAGIC, answer, personal
from tests.contracts.wallet_world import ETHER, Purse, Scene
from tests.world import FOREVER, freeze, owners_of, person, policy_of, rotate, sign

pytest_plugins = ["tests.contracts.wallet_fixtures"]

ROOT, BOB = person("root").address, person("bob").address
WAYS = (rotate("ana", "ben", "carl"), freeze("fay"))
POLICY = policy_of(*WAYS)
OWNERS = owners_of("phone")
SLOT = 0xC7128342B3D693B58E26C139CA2A8419D82B75C5BDBD184A623A0525FC0AD100


def delegated(scene: Scene, name: str = "root") -> Purse:
    """An EOA with one ether that delegates to the wallet's code, not yet initialized."""
    address = person(name).address
    assert scene.delegate(name, scene.deployment.wallet).ok
    assert scene.web3.eth.get_code(address).hex() == "ef0100" + scene.deployment.wallet[2:].lower()
    assert scene.send(address, value=ETHER).ok
    return Purse(scene.contract("RecoveryWallet", address), OWNERS, ("phone",), WAYS, POLICY)


def initialization(purse: Purse, owners=OWNERS, policy=POLICY):
    return purse.contract.functions.initialize(owners.to_abi(), owners.threshold, policy.change_delay, policy.to_abi())


@pytest.fixture
def bare(scene: Scene) -> Purse:
    return delegated(scene)


@pytest.fixture
def purse(scene: Scene, bare: Purse) -> Purse:
    assert scene.invoke(initialization(bare), sender=ROOT).ok
    return bare


def test_an_eoa_makes_itself_a_wallet_by_a_call_to_itself(scene, bare):
    """Cases: 16"""
    outcome = scene.invoke(initialization(bare), sender=ROOT)
    assert outcome.ok
    assert bare.read("ownersHash") == OWNERS.hash[:24]
    assert bare.read("lastActive") == (scene.now // DAY + 1) * DAY
    assert scene.module.functions.policyOf(ROOT).call() == [POLICY.hash[:24], 1, POLICY.change_delay, 0]
    assert scene.relay(bare, Call(BOB, 1)).ok
    assert scene.refused(scene.invoke(initialization(bare), sender=ROOT), "WalletAlreadyInitialized")


def test_a_policy_after_removal_begins_the_owners_time_anew(scene, purse):
    """Cases: 55, 60: the EOA configures by a plain transaction, which its wallet does not see."""
    module, start = scene.module.functions, scene.now
    assert scene.invoke(module.scheduleRemoval(), sender=ROOT).ok
    scene.travel_to(scene.now + POLICY.change_delay)
    assert scene.invoke(module.applyChange(ROOT)).ok
    scene.travel_to(scene.now + 200 * DAY)
    assert purse.read("lastActive") <= start + DAY
    assert scene.invoke(module.configure(POLICY.change_delay, POLICY.to_abi()), sender=ROOT).ok
    assert purse.read("lastActive") == (scene.now // DAY + 1) * DAY


def test_nobody_else_makes_an_eoa_his_wallet(scene, bare):
    """Cases: 15, 16"""
    eve = owners_of("eve")
    for sender in (scene.stranger, person("eve").address, scene.deployment.module, scene.deployment.wallet):
        outcome = scene.invoke(initialization(bare, eve), sender=sender)
        assert scene.refused(outcome, "WalletUnauthorized", sender)
    assert bare.read("ownersHash") == bytes(24)


def test_before_initialization_nothing_is_valid(scene, bare):
    """Cases: 16, 36, rule 7"""
    asked = personal(ROOT, scene.chain_id)
    for by in (bare, replace(bare, owners=owners_of("root"), names=("root",))):
        assert answer(by, asked.hash, asked.signature(by)) == INVALID
        assert scene.refused(scene.relay(by, Call(BOB, 1)), "WalletUnauthorized", scene.relayer)
    # Not the EOA's own plain signature either: its wallet knows owners only.
    assert answer(bare, asked.hash, bytes(person("root").sign_message(_defunct()).signature)) == INVALID
    outcome = scene.plain(bare, Call(BOB, 1), sender=scene.stranger)
    assert scene.refused(outcome, "WalletUnauthorized", scene.stranger)
    assert bare.balance == ETHER


def _defunct():
    from eth_account.messages import encode_defunct

    return encode_defunct(text="hello")


# -------------------------------------------------------------------------------------- by signature


def signature_call(scene, purse, message=None, by="root", signature=None, **changed):
    """initializeWithSignature with a message signed by the EOA; `changed` is what the relayer makes of it."""
    values = {"owners": OWNERS, "policy": POLICY, "deadline": scene.now + HOUR}
    message = message or messages.initialize(
        scene.chain_id, ROOT, scene.deployment.module, OWNERS, POLICY.hash, values["deadline"]
    )
    values["deadline"] = message.values["deadline"]
    values |= changed
    owners, policy = values["owners"], values["policy"]
    return purse.contract.functions.initializeWithSignature(
        owners.to_abi(),
        owners.threshold,
        policy.change_delay,
        policy.to_abi(),
        values["deadline"],
        sign(by, message) if signature is None else signature,
    )


def test_an_eoa_signs_and_anybody_pays(scene, bare):
    """Cases: 15"""
    deadline = scene.now + HOUR
    message = messages.initialize(scene.chain_id, ROOT, scene.deployment.module, OWNERS, POLICY.hash, deadline)
    on_chain = bare.read("initializeDigest", OWNERS.to_abi(), 1, POLICY.change_delay, POLICY.to_abi(), deadline)
    assert on_chain == message.digest
    assert scene.invoke(signature_call(scene, bare, message), sender=scene.stranger).ok
    assert bare.read("ownersHash") == OWNERS.hash[:24]
    assert scene.relay(bare, Call(BOB, 1)).ok


def test_who_runs_ahead_with_an_eoas_signature_can_change_nothing(scene, bare):
    """Cases: 11, 14, 15, 16"""
    deadline = scene.now + HOUR
    good = messages.initialize(scene.chain_id, ROOT, scene.deployment.module, OWNERS, POLICY.hash, deadline)
    two = owners_of("phone", "card", threshold=2)
    both = messages.initialize(scene.chain_id, ROOT, scene.deployment.module, two, POLICY.hash, deadline)
    changed = [
        {"owners": owners_of("eve")},
        {"policy": policy_of(rotate("eve", threshold=1), *WAYS[1:])},
        {"policy": policy_of(*WAYS, change_delay=DAY)},
        {"deadline": deadline + 1},
        {"message": both, "owners": replace(two, threshold=1)},
        {"by": "eve"},
        {"by": "phone"},
        {"signature": b""},
        {"signature": bytes(64) + b"\x1b"},
        {"signature": sign("root", good) + b"\0"},
        {"signature": _high_s(sign("root", good))},
    ]
    wrong = [
        messages.initialize(1, ROOT, scene.deployment.module, OWNERS, POLICY.hash, deadline),
        messages.initialize(scene.chain_id, BOB, scene.deployment.module, OWNERS, POLICY.hash, deadline),
        messages.initialize(scene.chain_id, ROOT, scene.deployment.factory, OWNERS, POLICY.hash, deadline),
    ]
    changed += [{"message": message} for message in wrong]
    for change in changed:
        outcome = scene.invoke(signature_call(scene, bare, **{"message": good, **change}))
        assert scene.refused(outcome, "WalletUnauthorized", scene.relayer), change
    assert scene.invoke(signature_call(scene, bare, good)).ok


def _high_s(signature: bytes) -> bytes:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def test_an_eoas_signature_is_good_for_that_eoa_only(scene, bare):
    """Cases: 11"""
    other = delegated(scene, "other root")
    function = signature_call(scene, other)
    assert scene.refused(scene.invoke(function), "WalletUnauthorized", scene.relayer)


def test_an_eoas_signature_is_good_until_its_deadline(scene, bare):
    now = scene.now
    message = messages.initialize(scene.chain_id, ROOT, scene.deployment.module, OWNERS, POLICY.hash, now + 10)
    function = signature_call(scene, bare, message)
    snapshot = scene.rpc("evm_snapshot")
    assert scene.refused(scene.invoke(function, at=now + 11), "WalletDeadlineInvalid", now + 10)
    scene.rpc("evm_revert", snapshot)
    assert scene.invoke(function, at=now + 10).ok


def test_an_eoas_signature_is_good_only_while_owners_are_unset(scene, purse):
    """Cases: 12, 16, 20"""
    assert scene.refused(scene.invoke(signature_call(scene, purse)), "WalletAlreadyInitialized")
    new = scene.recover(purse, "heir")
    assert scene.refused(scene.invoke(signature_call(scene, new)), "WalletAlreadyInitialized")
    # Not after it has delegated elsewhere and back either.
    assert scene.delegate("root", scene.deployment.lens).ok
    assert scene.delegate("root", scene.deployment.wallet).ok
    assert scene.refused(scene.invoke(signature_call(scene, new)), "WalletAlreadyInitialized")
    assert new.read("ownersHash") == owners_of("heir").hash[:24]


def test_bad_owners_and_policies_are_refused_as_for_any_wallet(scene, bare):
    """Cases: 22, 68"""
    itself = replace(bare, owners=owners_of(ROOT))
    assert scene.refused(scene.invoke(initialization(bare, itself.owners), sender=ROOT), "OwnerInvalid", 0)
    function = bare.contract.functions.initialize(OWNERS.to_abi(), 1, 0, POLICY.to_abi())
    assert scene.refused(scene.invoke(function, sender=ROOT), "PolicyChangeDelayInvalid", 0)
    assert bare.read("ownersHash") == bytes(24)


# ---------------------------------------------------------------------------------------------- life


def test_the_root_key_keeps_acting_by_calls_to_itself(scene, purse):
    """Cases: 41"""
    end = scene.to_morning()
    assert scene.plain(purse, Call(BOB, 1), sender=ROOT).ok
    assert purse.read("lastActive") == end
    rotation = purse.contract.functions.rotateOwners(owners_of("tablet").to_abi(), 1)
    assert scene.invoke(rotation, sender=ROOT).ok
    assert scene.relay(purse.owned_by("tablet"), Call(BOB, 1)).ok


def test_a_plain_transaction_is_no_activity_but_a_heartbeat_is(scene, purse):
    """Cases: 41"""
    end = scene.to_morning()
    assert scene.send(BOB, sender=ROOT, value=1).ok
    assert purse.read("lastActive") == end - DAY
    assert scene.invoke(scene.module.functions.heartbeat(), sender=ROOT).ok
    assert purse.read("lastActive") == end


def test_a_delegated_eoa_signs_through_its_owners(scene, purse):
    """Cases: 9"""
    asked = personal(ROOT, scene.chain_id)
    assert answer(purse, asked.hash, asked.signature(purse)) == MAGIC
    other = delegated(scene, "other root")
    assert scene.invoke(initialization(other), sender=other.address).ok
    assert answer(other, asked.hash, asked.signature(purse)) == INVALID
    assert scene.refused(scene.relay(purse, Call(BOB, 1), wallet=other.address), "WalletUnauthorized", scene.relayer)


def test_a_delegated_eoa_is_recovered(scene, purse):
    new = scene.recover(purse, "heir")
    assert scene.refused(scene.relay(purse, Call(BOB, 1)), "WalletUnauthorized", scene.relayer)
    assert scene.relay(new, Call(BOB, 1)).ok


def test_a_frozen_delegate_refuses_what_the_root_key_does_through_it(scene, purse):
    """Cases: 67, rule 7"""
    until = scene.freeze(purse)
    assert scene.refused(scene.plain(purse, Call(BOB, 1), sender=ROOT), "WalletFrozen", until)
    rotation = purse.contract.functions.rotateOwners(owners_of("thief").to_abi(), 1)
    assert scene.refused(scene.invoke(rotation, sender=ROOT), "WalletFrozen", until)
    assert scene.plain(purse, scene.module_call("heartbeat"), sender=ROOT).ok
    # The key itself stays sovereign: theft defence is not claimed for a delegated EOA.
    assert scene.send(BOB, sender=ROOT, value=1).ok


def test_without_its_delegation_an_eoa_cannot_be_recovered_and_the_request_stays(scene, purse):
    """Cases: 62, rules 4 and 10"""
    heir = owners_of("heir")
    assert scene.start(purse, heir).ok
    scene.travel_to(scene.now + 3 * DAY)
    silent = scene.deploy("MockResponder", b"", 0, False).address  # takes every call and does nothing
    zeros = scene.send(None, "0x6460206000f36000526005601bf3").receipt["contractAddress"]
    for where in ("0x" + "00" * 20, silent, zeros, scene.deployment.lens):
        assert scene.delegate("root", where).ok
        outcome = scene.finalize(purse, heir)
        assert not outcome.ok
        if where == zeros:
            assert scene.refused(outcome, "RotationFailed", ROOT)
        assert scene.bench.state(purse) == "ready"
        assert scene.module.functions.policyOf(ROOT).call()[1] == 1
    assert scene.delegate("root", scene.deployment.wallet).ok
    assert purse.read("ownersHash") == OWNERS.hash[:24]
    assert scene.finalize(purse, heir).ok
    assert purse.read("ownersHash") == heir.hash[:24]


def test_a_wallets_storage_has_a_namespace_of_its_own(scene, purse):
    """ERC-7201: what other code has stored in the account, and will store, is out of the way."""
    number = int.from_bytes(keccak(text="recovery.wallet"), "big") - 1
    assert int.from_bytes(keccak(number.to_bytes(32, "big")), "big") & ~0xFF == SLOT
    assert scene.relay(purse, Call(BOB, 1)).ok
    scene.freeze(purse)

    def slot(number: int) -> bytes:
        return bytes(scene.web3.eth.get_storage_at(ROOT, number))

    assert OWNERS.hash[:24] in slot(SLOT)
    assert int(purse.read("frozenUntil")).to_bytes(4, "big") in slot(SLOT)
    assert slot(SLOT + 1) == (1).to_bytes(32, "big")
    assert all(slot(number) == bytes(32) for number in (*range(50), SLOT + 2, SLOT + 3))
    # And nothing that stands elsewhere disturbs it.
    for number in range(4):
        scene.rpc("anvil_setStorageAt", ROOT, hex(number), "0x" + "ff" * 32)
    assert purse.read("ownersHash") == OWNERS.hash[:24]
    assert purse.read("batchNonce") == 1
    assert purse.read("eip712Domain")[1:5] == ["RecoveryWallet", "1", scene.chain_id, ROOT]
    assert scene.relay(purse, scene.module_call("heartbeat")).ok


def test_what_signed_for_the_module_is_bound_to_the_eoa(scene, purse):
    """Cases: 11: approvals for one delegated EOA are not another's."""
    other = delegated(scene, "other root")
    assert scene.invoke(initialization(other), sender=other.address).ok
    heir = owners_of("heir")
    message = scene.bench.recover_message(purse, heir)
    approvals = WAYS[0].approvals(["ana", "ben"], message)
    function = scene.module.functions.start(
        other.address, POLICY.proof(0).to_abi(), heir.to_abi(), 1, FOREVER, approvals
    )
    assert scene.refused(scene.invoke(function), "ApprovalInvalid", 0)
