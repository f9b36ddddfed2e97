"""What a wallet signs for apps: ERC-1271 through ERC-7739, so that a signature is good for one wallet only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recovery.quorum import Owners
from tests.contracts.erc7739 import INVALID, MAGIC, PERMIT, answer, permit, personal
from tests.world import owners_of, person, rotate, sign_digest, signer

pytest_plugins = ["tests.contracts.wallet_fixtures"]

DETECTION = bytes.fromhex("7739" * 16)


@pytest.fixture(params=[permit, personal])
def ask(request, scene):
    """Asks for a signature of a wallet: typed data, or a personal message."""
    return lambda purse, **more: request.param(purse.address, scene.chain_id, **more)


def test_owners_sign_typed_data_and_personal_messages(scene, ask):
    purse = scene.purse()
    asked = ask(purse)
    assert answer(purse, asked.hash, asked.signature(purse)) == MAGIC


def test_every_quorum_signs_and_no_smaller_set(scene, ask):
    """Cases: 1"""
    purse = scene.purse(owners=["one", "two", "three"], threshold=2)
    asked = ask(purse)
    for by in (["one", "two"], ["one", "three"], ["two", "three"], ["one", "two", "three"]):
        assert answer(purse, asked.hash, asked.signature(purse, *by)) == MAGIC
    alone = Owners(purse.owners.signers, 1).proof({signer("one"): sign_digest("one", asked.nested)})
    proof = purse.owners.encoded + alone[len(purse.owners.encoded) :]
    assert answer(purse, asked.hash, proof + asked.suffix) == INVALID


def test_a_signature_is_good_for_one_wallet_even_if_another_has_the_same_owners(scene, ask):
    """Cases: 9"""
    purse = scene.purse()
    other = scene.purse(rotate("someone", "else"))
    assert purse.owners == other.owners
    asked = ask(purse)
    signature = asked.signature(purse)
    assert answer(purse, asked.hash, signature) == MAGIC
    assert answer(other, asked.hash, signature) == INVALID
    # Nor is the same nested message, signed for the other.
    assert answer(other, asked.hash, ask(other).signature(other)) == MAGIC


def test_a_signature_is_good_for_one_chain(scene):
    """Cases: 11"""
    purse = scene.purse()
    for make in (permit, personal):
        asked = make(purse.address, 1)
        assert answer(purse, asked.hash, asked.signature(purse)) == INVALID


def test_a_signature_over_the_bare_hash_is_worth_nothing(scene, ask):
    """Cases: 9, 13"""
    purse = scene.purse()
    asked = ask(purse)
    proof = purse.owners.proof({signer("owner"): sign_digest("owner", asked.hash)})
    for signature in (proof, proof + asked.suffix):
        assert answer(purse, asked.hash, signature) == INVALID


def test_a_signature_is_good_for_what_was_signed_only(scene):
    purse = scene.purse()
    one, two = permit(purse.address, scene.chain_id), permit(purse.address, scene.chain_id, value=2)
    assert answer(purse, two.hash, one.signature(purse)) == INVALID
    assert answer(purse, two.hash, replace(two, nested=one.nested).signature(purse)) == INVALID
    hello, bye = personal(purse.address, scene.chain_id), personal(purse.address, scene.chain_id, text="bye")
    assert answer(purse, bye.hash, hello.signature(purse)) == INVALID
    # Typed data signed for one type of contents are not another's.
    for description in ("Permit(address spender,uint256 amount)", "", "permit(address spender)", PERMIT[:-1]):
        asked = permit(purse.address, scene.chain_id, description=description)
        assert answer(purse, asked.hash, asked.signature(purse)) == INVALID


def test_wrong_owners_sign_nothing(scene, ask):
    """Cases: 1, 5"""
    purse = scene.purse()
    asked = ask(purse)
    eve = replace(purse, owners=owners_of("eve"), names=("eve",))
    forged = purse.owners.proof({signer("owner"): sign_digest("eve", asked.nested)})
    good = asked.signature(purse)
    bad = [
        asked.signature(eve),
        forged + asked.suffix,
        asked.suffix,
        b"",
        good[1:],
        good[:-1],
        good + b"\0",
        sign_digest("owner", asked.nested),
    ]
    for signature in bad:
        assert answer(purse, asked.hash, signature) == INVALID


def test_owners_who_were_replaced_sign_nothing(scene, ask):
    """Cases: 17"""
    purse = scene.purse()
    asked = ask(purse)
    old = asked.signature(purse)
    new = scene.recover(purse, "heir")
    assert answer(new, asked.hash, old) == INVALID
    assert answer(new, asked.hash, asked.signature(new)) == MAGIC


def test_a_wallet_says_that_it_speaks_erc_7739(scene):
    purse = scene.purse()
    assert answer(purse, DETECTION, b"") == bytes.fromhex("77390001")
    assert answer(purse, DETECTION[:-1] + b"\0", b"") == INVALID
    assert answer(purse, DETECTION, b"\0") == INVALID


def test_without_owners_nothing_is_signed(scene):
    """Cases: 16, 36"""
    purse = scene.purse()
    empty = replace(purse, contract=scene.contract("RecoveryWallet", scene.deployment.wallet))
    for make in (permit, personal):
        asked = make(empty.address, scene.chain_id)
        eve = replace(empty, owners=owners_of("eve"), names=("eve",))
        for signature in (
            b"",
            bytes(2),
            bytes(6) + asked.suffix,
            asked.signature(eve),
            asked.signature(empty),
        ):
            assert answer(empty, asked.hash, signature) == INVALID


def test_a_batch_and_a_signature_are_not_each_others(scene):
    """Cases: 13, 64"""
    purse = scene.purse()
    deadline = scene.now + 60
    message = scene.message(purse, [], deadline)
    proof = scene.proof(purse, message)
    assert answer(purse, message.digest, proof) == INVALID
    asked = personal(purse.address, scene.chain_id)
    function = scene.execution(purse, [], deadline, asked.signature(purse))
    assert scene.refused(scene.invoke(function), "WalletUnauthorized", scene.relayer)


def test_a_wallet_that_owns_another_signs_for_it(scene):
    """Cases: 8: an owner that is a RecoveryWallet answers by ERC-1271, nested once more."""
    parent = scene.purse()
    child = scene.purse(owners=[bytes.fromhex(parent.address[2:])])
    deadline = scene.now + 60
    message = scene.message(child, [], deadline)
    typed = message.typed_data
    # The parent's owner signs TypedDataSign(Batch contents, ...) under the child's domain.
    domain = typed["types"]["EIP712Domain"]
    nested = {
        "types": {
            "EIP712Domain": domain,
            "TypedDataSign": [
                {"name": "contents", "type": "Batch"},
                *domain,
                {"name": "salt", "type": "bytes32"},
            ],
            "Batch": typed["types"]["Batch"],
            "Call": typed["types"]["Call"],
        },
        "primaryType": "TypedDataSign",
        "domain": typed["domain"],
        "message": {
            "contents": typed["message"],
            "name": "RecoveryWallet",
            "version": "1",
            "chainId": scene.chain_id,
            "verifyingContract": parent.address,
            "salt": bytes(32),
        },
    }
    signature = person("owner").sign_typed_data(full_message=nested).signature
    description = (
        b"Batch(Call[] calls,bytes24 ownersHash,uint256 nonce,uint256 deadline)"
        b"Call(address to,uint256 value,bytes data)"
    )
    suffix = message.signable.header + message.signable.body + description + len(description).to_bytes(2, "big")
    inner = parent.owners.proof({signer("owner"): bytes(signature)}) + suffix
    proof = child.owners.proof({child.owners.signers[0]: inner})
    assert scene.invoke(scene.execution(child, [], deadline, proof)).ok
