"""The owner's policy file, and the structure that the chain commits to."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.errors import InvalidFile, InvalidInput
from recovery.kit import Kit
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, HOUR, Path, Policy, Right
from recovery.quorum import Member, Owners, derive_salt
from tests.recovery.samples import OWNED, PLAN, forged, kit
from tests.world import SECRET, signer


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, written down once more."""
    key = hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()
    result, block, counter = b"", b"", 1
    while len(result) < length:
        block = hmac.new(key, block + info + bytes([counter]), hashlib.sha256).digest()
        result, counter = result + block, counter + 1
    return result[:length]


def test_a_policy_that_is_not_made_yet_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidFile, match="Make one of it first: recovery policy new policy.yaml"):
        PolicyPlan.loads("change_delay: 7 days\n", "policy.yaml")


def test_our_second_hkdf_is_that_of_rfc_5869() -> None:
    # Test case 1 and test case 3 of appendix A.
    assert hkdf(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42).hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    assert hkdf(b"\x0b" * 22, b"", b"", 42).hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


@given(secret=st.binary(min_size=32, max_size=32), number=st.integers(0, 2**32 - 1))
def test_salts_are_hkdf_of_the_secret_and_the_members_number(secret: bytes, number: int) -> None:
    info = b"ape-recovery member salt v1" + number.to_bytes(4, "big")
    assert derive_salt(secret, number) == hkdf(secret, b"", info, 32)


def test_a_salt_never_changes_between_releases() -> None:
    """A change would make every backup worthless: kits are rebuilt from the secret."""
    secret = bytes(range(32))
    assert derive_salt(secret, 0).hex() == "bfb2a6e109c0952e5649c5d6cfdd39caf01367203fbab7c3e343a9b6426994c3"
    assert derive_salt(secret, 1).hex() == "a267784b9c6ffdb87429f62541d8f4730c348945561d973ea7a51bcd212ca324"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_secret_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidInput, match="32 bytes"):
        derive_salt(bytes(length), 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "0x" + "22" * 32},
        {"secret": "0x22"},
        {"changeDelay": 6 * DAY},
        {"guardians__0__signer": "0x" + "22" * 20},
        {"guardians__0__number": 9},
        {"guardians__0__number": 2},
        {"guardians__0__name": "ben"},
        {"paths__0__threshold": 3},
        {"paths__0__threshold": 5},
        {"paths__0__delay": HOUR},
        {"paths__0__delay": 1},
        {"paths__0__right": "veto"},
        {"paths__0__right": "spend"},
        {"paths__0__ownerCancels": False},
        {"paths__0__guardians__0__weight": 3},
        {"paths__0__guardians__0__name": "nobody"},
        {"paths__1__label": "friends"},
        {"policyHash": "0x" + "22" * 32},
        {"policyHash": ...},
    ],
    ids=str,
)
def test_a_forged_policy_file_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidFile):
        PolicyPlan.loads(forged(PLAN.dumps(), **changes))


@settings(max_examples=40, deadline=None)
@given(
    secret=st.binary(min_size=32, max_size=32),
    weights=st.lists(st.integers(1, 2**32 - 1), min_size=1, max_size=6),
    data=st.data(),
)
def test_any_policy_and_its_kits_survive_a_round_trip(secret: bytes, weights: list[int], data: st.DataObject) -> None:
    guardians = tuple(Guardian(f"g{i}", signer(f"g{i}"), i) for i in range(len(weights)))
    path = PathPlan(
        "only",
        Right.ROTATE,
        tuple((g.name, w) for g, w in zip(guardians, weights, strict=True)),
        data.draw(st.integers(1, min(sum(weights), 2**32 - 1))),
        owner_cancels=data.draw(st.booleans()),
        vetoable=data.draw(st.booleans()),
        inactivity=data.draw(st.sampled_from([0, 7 * DAY, 2**32 - 1])),
        delay=data.draw(st.integers(HOUR, 365 * DAY)),
        window=data.draw(st.integers(1, 365 * 24)) * HOUR,
    )
    plan = PolicyPlan(secret, data.draw(st.integers(1, 90)) * DAY, guardians, (path,))
    assert PolicyPlan.loads(plan.dumps()) == plan
    for guardian in guardians:
        made = plan.kit(guardian.name, 1, kit().module, kit().account)
        assert Kit.loads(made.dumps()) == made
        assert made.policy.hash == plan.policy.hash


@pytest.mark.parametrize(
    ("guardians", "path", "reason"),
    [
        ([("a", "x", 1), ("a", "y", 2)], (("a", 1),), "Guardian a stands twice"),
        ([("a", "x", 1), ("b", "x", 2)], (("a", 1),), "Signer 0x.* stands twice"),
        ([("a", "x", 1), ("b", "y", 1)], (("a", 1),), "Number 1 stands twice"),
        ([("a", "x", 1)], (("a", 1), ("a", 1)), "guardian a stands twice"),
        ([("a", "x", 1)], (("b", 2),), "There is no guardian 'b'"),
        ([("a", "x", 1)], (("a", 1),), "asks for 2, but its guardians have 1"),
        ([("a", "x", 1)], (("a", 2**32),), "weight"),
    ],
)
def test_a_policy_that_could_never_work_is_refused(
    guardians: list[tuple[str, str, int]], path: tuple[tuple[str, int], ...], reason: str
) -> None:
    made = tuple(Guardian(name, signer(who), number) for name, who, number in guardians)
    plan = PathPlan("only", Right.ROTATE, path, 2, delay=DAY, window=DAY)
    with pytest.raises(InvalidInput, match=reason):
        PolicyPlan(SECRET, 7 * DAY, made, (plan,))


def a_path(**changes: Any) -> Path:
    values: dict[str, Any] = {
        "right": Right.ROTATE,
        "owner_cancels": False,
        "vetoable": False,
        "inactivity": 0,
        "delay": DAY,
        "window": DAY,
        "threshold": 1,
        "members": (b"\x01" * 32,),
    }
    return Path(**{**values, **changes})


FREEZE = {"right": Right.FREEZE, "delay": 0}
VETO = {"right": Right.VETO, "delay": 0, "window": 0}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"members": ()}, "1 to 32 guardians"),
        ({"members": (b"\x01" * 32,) * 33}, "1 to 32 guardians"),
        ({"members": (bytes(32),)}, "commitment"),
        ({"members": (b"\x01" * 31,)}, "commitment"),
        ({"extra": b""}, "extra"),
        ({"threshold": 0}, "anybody could act"),
        ({"threshold": 2**32}, "threshold"),
        ({"delay": HOUR - 1}, "1 hour to 365 days"),
        ({"delay": 365 * DAY + 1}, "1 hour to 365 days"),
        ({"window": 0}, "whole hours"),
        ({"window": HOUR + 1}, "whole hours"),
        ({"window": 366 * DAY}, "whole hours"),
        ({"inactivity": 1}, "at least 7 days"),
        ({"inactivity": 2**32}, "at least 7 days"),
        ({**FREEZE, "delay": 1}, "freeze path acts at once"),
        ({**FREEZE, "inactivity": 7 * DAY}, "freeze path needs no inactivity"),
        ({**FREEZE, "owner_cancels": True}, "cannot be cancelled"),
        ({**FREEZE, "vetoable": True}, "cannot be cancelled"),
        ({**FREEZE, "window": HOUR - 1}, "1 hour to 30 days"),
        ({**FREEZE, "window": 30 * DAY + 1}, "1 hour to 30 days"),
        ({**VETO, "window": HOUR}, "no window"),
        ({**VETO, "delay": HOUR}, "acts at once"),
    ],
    ids=str,
)
def test_a_path_that_the_contracts_refuse_is_refused_in_words(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        a_path(**changes)


def test_a_policy_that_the_contracts_refuse_is_refused_in_words() -> None:
    for delay in (0, DAY - 1, DAY + 1, 91 * DAY):
        with pytest.raises(InvalidInput, match="1 to 90 whole days"):
            Policy(delay, (a_path(),))
    with pytest.raises(InvalidInput, match="1 to 32 paths"):
        Policy(DAY, ())
    with pytest.raises(InvalidInput, match="1 to 32 paths"):
        Policy(DAY, (a_path(),) * 33)
    with pytest.raises(InvalidInput, match="recover nothing"):
        Policy(DAY, (a_path(**VETO),))
    with pytest.raises(InvalidInput, match="no path 1"):
        Policy(DAY, (a_path(),)).proof(1)


def test_a_proof_leads_to_the_policys_hash_at_every_place() -> None:
    for index in range(len(PLAN.policy.paths)):
        assert PLAN.policy.proof(index).policy_hash(7 * DAY) == PLAN.policy.hash
        assert PLAN.policy.proof(index).policy_hash(8 * DAY) != PLAN.policy.hash


@pytest.mark.parametrize(("weight", "salt"), [(0, 32), (2**32, 32), (1, 31), (1, 33)])
def test_a_member_that_could_not_be_committed_to_is_refused(weight: int, salt: int) -> None:
    with pytest.raises(InvalidInput):
        Member(signer("ana"), weight, bytes(salt))


# --------------------------------------------------------------------------------------- change of policy


def successor(*guardians: tuple[str, str], earlier: PolicyPlan = PLAN) -> PolicyPlan:
    """A policy of these names and signers, as YAML would make it, in place of an earlier one."""
    numbered = tuple(Guardian(name, signer(who), number) for number, (name, who) in enumerate(guardians, 1))
    path = PathPlan("only", Right.ROTATE, tuple((name, 1) for name, _ in guardians), 1, delay=DAY, window=DAY)
    return PolicyPlan(bytes(32), 7 * DAY, numbered, (path,)).replacing(earlier)


def numbers(plan: PolicyPlan) -> dict[str, int]:
    return {guardian.name: guardian.number for guardian in plan.guardians}


def test_who_keeps_name_and_signer_keeps_number_salt_and_opening() -> None:
    plan = successor(("dora", "dora"), ("ben", "ben"), ("eve", "eve"))
    assert plan.secret == PLAN.secret
    assert numbers(plan) == {"dora": 4, "ben": 2, "eve": 5} and plan.next_number == 6
    for name in ("ben", "dora"):
        assert plan.member(name, 1) == PLAN.member(name, 1)


@pytest.mark.parametrize(
    "guardians",
    [
        (("ana", "a new key"), ("ben", "ben")),  # another key
        (("Ana M.", "ana"), ("ben", "ben")),  # another name
        (("ana", "ben"), ("ben", "ana")),  # swapped
    ],
    ids=str,
)
def test_who_is_not_the_same_gets_a_number_that_nobody_ever_had(guardians: tuple[tuple[str, str], ...]) -> None:
    plan = successor(*guardians)
    same = {(guardian.name, guardian.signer) for guardian in PLAN.guardians}
    for guardian in plan.guardians:
        assert (guardian.number >= PLAN.next_number) == ((guardian.name, guardian.signer) not in same)
        known = {PLAN.member(name, 1).salt for name in numbers(PLAN)}
        assert (plan.member(guardian.name, 1).salt in known) == ((guardian.name, guardian.signer) in same)


def test_a_number_is_not_used_again_when_its_guardian_has_left_and_comes_back() -> None:
    without = successor(("ana", "ana"))
    assert without.next_number == 5, "ben, carl and dora were 2, 3 and 4"
    back = successor(("ana", "ana"), ("ben", "ben"), earlier=PolicyPlan.loads(without.dumps()))
    assert numbers(back) == {"ana": 1, "ben": 5} and back.next_number == 6
    again = successor(("ben", "ben"), ("carl", "carl"), earlier=back)
    assert numbers(again) == {"ben": 5, "carl": 6}


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_whatever_is_changed_one_salt_is_never_of_two_signers(data: st.DataObject) -> None:
    names = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True)
    seen: dict[int, tuple[str, bytes]] = {}
    plan: PolicyPlan | None = None
    for _ in range(data.draw(st.integers(1, 5))):
        chosen = data.draw(names)
        keys = data.draw(st.permutations("uvwxyz"))
        guardians = tuple(zip(chosen, keys, strict=False))
        plan = successor(*guardians, earlier=plan or PLAN)
        for guardian in plan.guardians:
            who = (guardian.name, guardian.signer.data)
            assert seen.setdefault(guardian.number, who) == who
        assert PolicyPlan.loads(plan.dumps()) == plan


def test_the_next_number_stays_above_all_that_were_used() -> None:
    assert PLAN.next_number == 5
    assert dataclasses.replace(PLAN, next_number=3).next_number == 5, "it cannot be too low"
    assert dataclasses.replace(PLAN, next_number=9).next_number == 9
    for wrong in (4, 0, -1, "5", True, 2**32 + 1):
        with pytest.raises(InvalidFile):
            PolicyPlan.loads(forged(PLAN.dumps(), nextNumber=wrong))
    with pytest.raises(InvalidFile, match="'nextNumber' is missing"):
        PolicyPlan.loads(forged(PLAN.dumps(), nextNumber=...))
    last = dataclasses.replace(PLAN, next_number=2**32)
    with pytest.raises(InvalidInput, match="number is at most 4294967295"):
        successor(("eve", "eve"), earlier=last)


# ------------------------------------------------------------------------------- persons and first owners


def test_several_guardians_may_be_one_person() -> None:
    assert [guardian.whose for guardian in OWNED.guardians] == ["Ana Martins", "ben", "carl", "dora"]
    assert OWNED.policy.hash == PLAN.policy.hash, "the chain knows nothing of it"
    assert PolicyPlan.loads(OWNED.dumps()) == OWNED
    before = dataclasses.replace(PLAN, next_number=9)
    assert OWNED.replacing(before).guardians == OWNED.guardians, "who is called a person now is no other guardian"


def test_a_policy_may_say_whose_keys_own_the_account_at_first() -> None:
    assert OWNED.first_owners == Owners.of([signer("owner one"), signer("owner two")], 2)
    assert PLAN.first_owners is None
    assert OWNED.replacing(PLAN).first_owners == OWNED.first_owners
    assert PLAN.replacing(OWNED).owners == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"owners_threshold": 0}, "0 of 2 owners cannot sign"),
        ({"owners_threshold": 3}, "3 of 2 owners cannot sign"),
        ({"owners": ()}, "stands without any owners. Name them, or leave out both"),
        ({"owners": (("a", signer("x")), ("a", signer("y")))}, "Owner a stands twice"),
        ({"owners": (("a", signer("x")), ("b", signer("x")))}, "An owner stands in the list twice"),
        ({"owners": tuple((str(n), signer(str(n))) for n in range(33))}, "1 to 32 owners"),
    ],
)
def test_owners_who_could_never_sign_are_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        dataclasses.replace(OWNED, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"owners__0__signer": str(signer("owner two"))},
        {"owners__0__name": "ledger"},
        {"owners__0__name": "a\nb"},
        {"owners": []},
        {"owners": ...},
        {"ownersThreshold": 3},
        {"ownersThreshold": True},
        {"owner": "a\nb"},
        {"guardians__0__person": "a\nb"},
        {"guardians__0__person": ...},
    ],
    ids=str,
)
def test_a_forged_policy_file_with_owners_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidFile):
        PolicyPlan.loads(forged(OWNED.dumps(), **changes))
