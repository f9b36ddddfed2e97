"""Owners of every kind: contracts (ERC-1271), verifiers with a key (ERC-7913), delegated EOAs (EIP-7702)."""

from __future__ import annotations

import pytest
from eth_utils import to_bytes

from recovery.messages import Call
from recovery.policy import HOUR
from tests.contracts.wallet_world import Scene, encoded
from tests.world import owners_of, person, sign, signer

pytest_plugins = ["tests.contracts.wallet_fixtures"]


@pytest.fixture
def target(scene: Scene):
    return scene.deploy("MockTarget")


def note(target, number: int) -> Call:
    return Call(target.address, 0, encoded(target.functions.note(number)))


def test_a_contract_owner_signs_by_erc_1271(scene, target):
    """Cases: 8"""
    safeguard = scene.deploy("MockSafeguard")
    purse = scene.purse(owners=[to_bytes(hexstr=safeguard.address), "owner"], threshold=2)
    deadline = scene.now + HOUR
    message = scene.message(purse, [note(target, 1)], deadline)
    signatures = {signer("owner"): sign("owner", message), signer(safeguard.address): b""}
    function = scene.execution(purse, [note(target, 1)], deadline, purse.owners.proof(signatures))
    assert scene.refused(scene.invoke(function), "WalletUnauthorized", scene.relayer)
    assert scene.invoke(safeguard.functions.agree(message.digest)).ok
    assert scene.invoke(function).ok


@pytest.mark.parametrize(
    ("answer", "length", "fails"),
    [
        ("1626ba7e", 4, False),  # too short
        ("1626ba7e", 31, False),
        ("1626ba7e", 32, True),  # reverts with the right word
        ("ffffffff", 32, False),
        ("1626ba7e" + "00" * 27 + "01", 32, False),  # dirty
        ("", 0, False),
        ("", 0, True),
        ("00" * 32 + "1626ba7e", 64, False),
        ("", 100_000, True),  # return-data bomb
    ],
)
def test_an_owner_that_answers_badly_has_not_signed(scene, target, answer, length, fails):
    """Cases: 8, 34"""
    for magic, key in (("1626ba7e", b""), ("024ad318", b"key")):  # by ERC-1271, and as a verifier by ERC-7913
        data = bytes.fromhex(answer.replace("1626ba7e", magic))
        responder = scene.deploy("MockResponder", data, length, fails)
        purse = scene.purse(owners=[to_bytes(hexstr=responder.address) + key])
        proof = purse.owners.proof({purse.owners.signers[0]: b"anything"})
        outcome = scene.invoke(scene.execution(purse, [note(target, 1)], scene.now + HOUR, proof))
        assert scene.refused(outcome, "WalletUnauthorized", scene.relayer)


@pytest.mark.parametrize(("answer", "key"), [("1626ba7e", b""), ("024ad318", b"key")])
def test_an_owner_that_answers_well_has_signed_even_if_it_says_more(scene, target, answer, key):
    """Cases: 8, 34: the answers above would pass but for what is wrong with them."""
    responder = scene.deploy("MockResponder", bytes.fromhex(answer), 100, False)
    purse = scene.purse(owners=[to_bytes(hexstr=responder.address) + key])
    proof = purse.owners.proof({purse.owners.signers[0]: b"anything"})
    assert scene.invoke(scene.execution(purse, [note(target, 1)], scene.now + HOUR, proof)).ok


def test_a_verifier_and_a_key_sign_by_erc_7913(scene, target):
    """Cases: 51"""
    verifier = scene.deploy("MockVerifier")
    key = to_bytes(hexstr=verifier.address) + to_bytes(hexstr=person("phone").address)
    purse = scene.purse(owners=[key, "owner"], threshold=2)
    deadline = scene.now + HOUR
    message = scene.message(purse, [note(target, 1)], deadline)

    def function(name: str):
        signatures = {signer("owner"): sign("owner", message), signer(key): sign(name, message)}
        return scene.execution(purse, [note(target, 1)], deadline, purse.owners.proof(signatures))

    assert scene.refused(scene.invoke(function("eve")), "WalletUnauthorized", scene.relayer)
    scene.rpc("anvil_setCode", verifier.address, "0x")  # its verifier is gone: nothing is accepted
    assert scene.refused(scene.invoke(function("phone")), "WalletUnauthorized", scene.relayer)
    scene.rpc("anvil_setCode", verifier.address, "0x" + scene.code("MockVerifier").hex())
    assert scene.invoke(function("phone")).ok


def test_an_owner_delegated_by_eip_7702_still_signs_with_its_key(scene, target):
    """Cases: 50"""
    purse = scene.purse()
    assert scene.delegate("owner", target.address).ok
    assert len(scene.web3.eth.get_code(person("owner").address)) == 23
    assert scene.relay(purse, note(target, 1)).ok


def test_thirty_two_owners_fit_into_a_batch(scene, target):
    """Cases: 32"""
    names = [f"owner {i}" for i in range(32)]
    purse = scene.purse(owners=names, threshold=32)
    outcome = scene.relay(purse, note(target, 1))
    assert outcome.ok
    assert outcome.receipt["gasUsed"] < 1_000_000
    assert owners_of(*names, threshold=32).hash[:24] == purse.read("ownersHash")
    assert target.functions.count().call() == 1


def test_a_precompile_signs_for_nobody_even_if_it_were_an_owner(scene, target):
    """Cases: 51: the one that echoes its input would answer with the word that means yes."""
    purse = scene.purse()
    for number in (1, 2, 4, 9):
        key = number.to_bytes(20, "big") + b"key"
        recover = purse.contract.functions.recoverOwners([key], 1)
        assert scene.invoke(recover, sender=scene.deployment.module).ok  # the module would have refused it before
        owners = owners_of(key)
        assert purse.read("ownersHash") == owners.hash[:24]
        proof = owners.proof({owners.signers[0]: b"anything"})
        outcome = scene.invoke(scene.execution(purse, [note(target, 1)], scene.now + HOUR, proof))
        assert scene.refused(outcome, "WalletUnauthorized", scene.relayer)
