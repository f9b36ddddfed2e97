from __future__ import annotations

from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.errors import InvalidFile, InvalidInput
from recovery.quorum import Owners
from recovery.request import Approvals, Request, SignedApproval, approve, is_signed_by_key, member_index
from recovery.signer import Signer
from tests.recovery.samples import ACCOUNT, PLAN, approval, forged, request
from tests.world import member, owners_of, sign

OTHER = "0x00000000000000000000000000000000000000cc"


@pytest.mark.parametrize(
    "changes",
    [
        {"chainId": 1},
        {"module": OTHER},
        {"account": OTHER},
        {"epoch": 2},
        {"nonce": 1},
        {"owners__signers__0": OTHER},
        {"owners__threshold": 1},
        {"deadline": 2_000_000_001},
        {"digest": "0x" + "00" * 32},
        {"proof__index": 1},
        {"proof__path__delay": 7200},
        {"proof__path__threshold": 1},
        {"proof__path__ownerCancels": False},
        {"proof__path__members__0": "0x" + "11" * 32},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_forged_field_contradicts_the_digest(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidFile, match="contradicts itself"):
        Request.loads(forged(request().dumps(), **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "freeze"},
        {"label": "a\nb"},
        {"account": "0x00"},
        {"owners__signers": []},
        {"owners__threshold": 3},
        {"proof__path__right": "spend"},
        {"proof__path__right": []},
        {"proof__path__threshold": 0},
        {"proof__others__0": "0x00"},
        {"epoch": -1},
        {"epoch": True},
        {"deadline": "soon"},
    ],
    ids=str,
)
def test_a_forged_value_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidFile, match="cannot be right"):
        Request.loads(forged(request().dumps(), **changes))


def test_every_field_that_is_shown_is_signed() -> None:
    digests = {request().digest}
    for changes in (
        {"chain_id": 1},
        {"module": OTHER},
        {"account": OTHER},
        {"epoch": 2},
        {"nonce": 1},
        {"owners": owners_of("new one", "new two", threshold=1)},
        {"owners": owners_of("new one", "thief", threshold=2)},
        {"deadline": 2_000_000_001},
        {"proof": PLAN.policy.proof(3)},
    ):
        digests.add(request(**changes).digest)
    assert len(digests) == 10
    assert request(label="something else").digest == request().digest  # a label is never believed


def test_the_digest_is_that_of_eip_712() -> None:
    asked = request()
    encoded = encode_typed_data(full_message=asked.message.typed_data)
    assert asked.digest == keccak(b"\x19\x01" + encoded.header + encoded.body)


@settings(max_examples=50, deadline=None)
@given(
    names=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True),
    data=st.data(),
    numbers=st.tuples(*[st.integers(0, 2**32 - 1)] * 4),
    label=st.text(max_size=50).filter(str.isprintable),
)
def test_any_request_and_approval_survive_a_round_trip(
    names: list[str], data: st.DataObject, numbers: tuple[int, int, int, int], label: str
) -> None:
    threshold = data.draw(st.integers(1, len(names)))
    chain_id, epoch, nonce, deadline = numbers
    asked = request(
        chain_id=chain_id,
        epoch=epoch,
        nonce=nonce,
        deadline=deadline,
        label=label,
        owners=owners_of(*names, threshold=threshold),
    )
    assert Request.loads(asked.dumps()) == asked
    signed = approve(asked, PLAN.member("ana", 1), data.draw(st.binary(max_size=100)))
    assert SignedApproval.loads(signed.dumps()) == signed


def test_owners_are_read_in_any_order() -> None:
    asked = request()
    signers = [str(signer) for signer in reversed(asked.owners.signers)]
    assert Request.loads(forged(asked.dumps(), owners__signers=signers)).owners == asked.owners


def test_an_approval_is_complete_when_the_weights_suffice() -> None:
    approvals = Approvals(request())
    assert (approvals.weight, approvals.missing) == (0, 2)
    approvals = approvals.add(approval("ana"))
    assert (approvals.weight, approvals.missing) == (1, 1)
    assert Approvals(request()).add(approval("carl", 2)).missing == 0
    approvals = approvals.add(approval("ben")).add(approval("carl", 2))
    assert (approvals.weight, approvals.missing) == (4, 0)
    order = [entry[3] for entry in approvals.to_abi()]
    assert order == sorted(order, key=keccak)


def test_one_guardian_counts_once() -> None:
    approvals = Approvals(request()).add(approval("ana"))
    with pytest.raises(InvalidInput, match="has approved twice; one guardian counts once"):
        approvals.add(approval("ana"))
    with pytest.raises(InvalidInput, match="approved twice"):
        Approvals.of(request(), [approval("ana"), approval("ana")])


def test_an_approval_of_another_request_is_refused() -> None:
    with pytest.raises(InvalidInput, match="for another request"):
        Approvals(request(nonce=1)).add(approval("ana"))


@pytest.mark.parametrize(
    "changes",
    [
        {"member": 1},
        {"member": 9},
        {"opening__weight": 2},
        {"opening__salt": "0x" + "11" * 32},
        {"opening__signer": OTHER},
    ],
    ids=str,
)
def test_a_forged_opening_is_of_nobody_in_the_path(changes: dict[str, Any]) -> None:
    signed = SignedApproval.loads(forged(approval().dumps(), **changes))
    with pytest.raises(InvalidInput, match="not a guardian of this path"):
        Approvals(request()).add(signed)


def test_a_stranger_cannot_approve() -> None:
    stranger = member("mallory")
    with pytest.raises(InvalidInput, match="ask the owner for a new kit"):
        approve(request(), stranger, sign("mallory", request().message))
    with pytest.raises(InvalidInput):
        member_index(request().proof, PLAN.member("ana", 7))


def test_only_the_guardians_own_signature_is_recognised() -> None:
    asked = request()
    assert is_signed_by_key(asked, approval("ana"))
    ana = PLAN.member("ana", 1)
    good = sign("ana", asked.message)
    for bad in (
        b"",
        b"\x00" * 65,
        b"\xff" * 65,
        good[:-1],
        good + b"\x00",
        sign("ben", asked.message),
        sign("ana", request(nonce=1).message),
        good[:64] + bytes([good[64] ^ 1]),
    ):
        assert not is_signed_by_key(asked, approve(asked, ana, bad))
    for position in range(0, 65, 7):
        altered = bytearray(good)
        altered[position] ^= 1
        assert not is_signed_by_key(asked, approve(asked, ana, bytes(altered)))


def test_owners_that_cannot_sign_are_refused() -> None:
    one, two = owners_of("a", "b").signers
    for signers, threshold in (((), 1), ((one,), 0), ((one,), 2), ((two, one), 1), ((one, one), 1)):
        with pytest.raises(InvalidInput):
            Owners(signers, threshold)
    with pytest.raises(InvalidInput, match="1 to 32"):
        Owners.of([Signer(bytes([1]) * 20 + bytes([n])) for n in range(33)])


def test_an_owners_proof_needs_enough_signatures_of_owners() -> None:
    owners = owners_of("a", "b", threshold=2)
    one, two = owners.signers
    with pytest.raises(InvalidInput, match="1 of 2 owners have signed"):
        owners.proof({one: b"1"})
    with pytest.raises(InvalidInput, match="is not an owner"):
        owners.proof({one: b"1", owners_of("c").signers[0]: b"2"})
    with pytest.raises(InvalidInput, match="65,535"):
        owners.proof({one: b"1", two: bytes(65_536)})
    proof = owners.proof({two: b"two", one: b"one"})
    assert proof == owners.encoded + (3).to_bytes(4, "big") + b"\x00\x03one\x00\x03two"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not an address"),
        ("0x", "not an address"),
        ("0x1234", "at least 20 bytes"),
        ("ana.eth", "not an address"),
        ("0x" + "0" * 40, "zero address"),
        ("0x" + "0" * 39, "not an address"),
        ("0xAb" + "0" * 37 + "1", "wrong checksum"),
        ("0x" + "11" * 70_000, "at least|longer|65"),
    ],
)
def test_what_is_no_signer_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        Signer.parse(text)


def test_signers_are_read_in_any_case_that_is_right() -> None:
    address = owners_of("a").signers[0].address
    for text in (address, address.lower(), "0x" + address[2:].upper(), f" {address[2:]} "):
        assert Signer.parse(text).address == address
    longer = Signer.parse(ACCOUNT + "0102")
    assert not longer.is_address
    assert str(longer) == ACCOUNT + "0102"
