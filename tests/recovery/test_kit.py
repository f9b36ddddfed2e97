"""What a guardian keeps: what is in it, what is not, and what it is worth when the policy has changed."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.errors import InvalidFile, InvalidInput
from recovery.files import to_hex
from recovery.kit import Kit, Notes, find_path
from recovery.plan import Guardian, PathPlan
from recovery.policy import DAY, Policy, Right
from recovery.quorum import Member
from tests.recovery.samples import ACCOUNT, MODULE, NOTES, OWNED, PLAN, forged, kit
from tests.world import SECRET, person, signer


def test_a_kit_says_nothing_of_other_guardians() -> None:
    text = kit("ana").dumps().lower()
    for name in ("ben", "carl", "dora"):
        assert person(name).address.lower() not in text
        assert PLAN.member(name, 1).salt.hex() not in text
        assert name not in text
    assert SECRET.hex() not in text
    assert PLAN.member("ana", 1).salt.hex() in text


def test_a_kit_opens_its_own_members_and_no_more() -> None:
    mine = kit("ana")
    assert [opening is not None for opening in mine.openings] == [True, True, False, False]
    for path, opening in zip(mine.policy.paths, mine.openings, strict=True):
        if opening:
            assert opening.commitment in path.members
    assert kit("carl").openings[0] == PLAN.member("carl", 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"openings__0__weight": 2},
        {"openings__0__salt": "0x" + "22" * 32},
        {"openings__0__signer": "0x" + "22" * 20},
        {"openings__2": {"salt": "0x" + "22" * 32, "weight": 1, "signer": "0x" + "22" * 20}},
        {"openings": []},
        {"labels": ["a", "a", "b", "c"]},
        {"labels": ["a"]},
        {"labels__0": "a\x1b[2J"},
        {"policy__changeDelay": 1},
        {"policy__paths__0__members__0": "0x" + "22" * 32},
        {"chains": ["5"]},
        {"chains": [5, 1]},
        {"chains": [5, 5]},
        {"chains": []},
        {"policy__paths__0__delay": 4 * DAY},
        {"policy__paths__3__vetoable": False},
        {"pathHashes__3": "0x" + "22" * 32},
        {"pathHashes": []},
        {"pathHashes": ...},
        {"account": "nobody"},
        {"name": 5},
    ],
    ids=str,
)
def test_a_forged_kit_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidFile):
        Kit.loads(forged(kit().dumps(), **changes))


def test_a_path_is_found_by_name_or_number() -> None:
    assert find_path(("a", "b"), "b") == find_path(("a", "b"), "1") == 1
    assert find_path(("1", "0"), "0") == 1  # a name goes before a number
    for unknown in ("c", "2", "-1", "", "²"):
        with pytest.raises(InvalidInput, match="Known are: a, b"):
            find_path(("a", "b"), unknown)


# ------------------------------------------------------------------------------------- chains and notes


def test_the_chains_of_a_kit_are_sorted_and_each_there_once() -> None:
    assert PLAN.kit("ana", (10, 1, 10), MODULE, ACCOUNT).chains == (1, 10)
    assert PLAN.kit("ana", 10, MODULE, ACCOUNT).chains == (10,)
    for wrong in ((), (2, 1), (1, 1)):
        with pytest.raises(InvalidInput, match="at least one, sorted, and none of them twice"):
            dataclasses.replace(kit(), chains=wrong)
    with pytest.raises(InvalidInput, match="at least one"):
        PLAN.kit("ana", (), MODULE, ACCOUNT)


def test_the_paths_hashes_stand_in_the_file_and_are_those_of_the_chain() -> None:
    assert json.loads(kit().dumps())["pathHashes"] == [to_hex(path.hash) for path in PLAN.policy.paths]
    with pytest.raises(InvalidFile, match="my kit contradicts itself: the hashes of its paths"):
        Kit.loads(forged(kit().dumps(), policy__paths__0__delay=4 * DAY), "my kit")


def test_a_kit_says_who_its_owner_is_and_what_else_it_is_given() -> None:
    assert OWNED.kit("ana", 5, MODULE, ACCOUNT).notes == Notes("Olga")
    assert kit().notes == Notes()
    mine = kit("ana", NOTES)
    assert mine.notes == NOTES and Kit.loads(mine.dumps()) == mine
    assert kit("ana", Notes("Another")).notes.owner == "Another"


def test_a_kit_says_nothing_of_the_owners_keys() -> None:
    text = OWNED.kit("ana", 5, MODULE, ACCOUNT).dumps().lower()
    for _, key in OWNED.owners:
        assert key.data.hex() not in text
    assert "phone" not in text and "ana martins" not in text


def test_a_kits_commitments_are_what_it_opens_sorted_and_each_once() -> None:
    assert kit("ana").commitments == (PLAN.member("ana", 1).commitment,), "the same in two paths"
    weights = range(1, 7)
    many = tuple(dataclasses.replace(VETO, label=str(weight), guardians=(("ana", weight),)) for weight in weights)
    assert kit_of(FRIENDS, *many).commitments == tuple(sorted(PLAN.member("ana", n).commitment for n in weights))
    assert dataclasses.replace(kit(), openings=(None,) * 4).commitments == ()


# ------------------------------------------------------------------------------- when the policy has changed


def changed(*paths: PathPlan, **people: str) -> Policy:
    """A later policy, of these paths, with new keys for some guardians."""
    guardians = tuple(Guardian(g.name, signer(people.get(g.name, g.name)), g.number) for g in PLAN.guardians)
    return dataclasses.replace(PLAN, guardians=guardians, paths=paths or PLAN.paths).replacing(PLAN).policy


FRIENDS, FREEZE, VETO, HEIR = PLAN.paths
LATER = dataclasses.replace(FRIENDS, delay=5 * DAY)
THEFT = PathPlan("theft", Right.ROTATE, FRIENDS.guardians, 3, delay=7 * DAY, window=30 * DAY)
OTHER = PathPlan("?", Right.ROTATE, (("dora", 2),), 2, delay=90 * DAY, window=DAY)
#: The terms of friends with other guardians, but for the last.
KIN = dataclasses.replace(FRIENDS, label="kin", guardians=(("dora", 1), ("ana", 1), ("carl", 1)))
SMALLER = dataclasses.replace(KIN, guardians=KIN.guardians[:2])


def kit_of(*paths: PathPlan) -> Kit:
    """Ana's kit of a policy of these paths."""
    return dataclasses.replace(PLAN, paths=paths).kit("ana", 5, MODULE, ACCOUNT)


#: Of two paths that have the same guardians.
TWINS = kit_of(FRIENDS, THEFT)


def test_an_opening_is_found_in_every_path_that_it_fits() -> None:
    mine, later = kit("ana"), changed(LATER, FREEZE, VETO, ben="a new key")
    assert [mine.opening_in(path) for path in later.paths] == [mine.openings[0], mine.openings[1], None]
    assert all(mine.opening_in(path) is None for path in changed(ana="a new key").paths)
    heavier = dataclasses.replace(FRIENDS, guardians=(("ana", 2), ("ben", 1)))
    assert mine.opening_in(changed(heavier, HEIR).paths[0]) is None


def test_a_kit_is_as_good_as_new_when_somebody_else_was_replaced() -> None:
    later = changed(ben="a new key")
    mine = kit("ana", NOTES).updated(later)
    assert mine == dataclasses.replace(kit("ana", NOTES), policy=later)
    assert Kit.loads(mine.dumps()) == mine


def test_who_was_replaced_or_has_another_weight_is_told_to_ask_the_owner() -> None:
    heavier = dataclasses.replace(FRIENDS, guardians=(("ana", 2), ("ben", 1)))
    for later in (changed(ana="a new key"), changed(VETO, HEIR), changed(heavier, HEIR)):
        with pytest.raises(InvalidInput, match="opens nothing in the policy .* Ask the owner"):
            kit("ana").updated(later)


def test_who_stays_in_one_path_only_keeps_that() -> None:
    mine = kit("ana").updated(changed(dataclasses.replace(FRIENDS, guardians=(("ben", 1), ("carl", 2))), FREEZE))
    assert [opening is not None for opening in mine.openings] == [False, True]


def test_a_kit_for_the_same_policy_is_the_same() -> None:
    assert kit().updated(PLAN.policy) == kit()


@pytest.mark.parametrize(
    ("mine", "later", "labels"),
    [
        (kit(), changed(LATER, FREEZE, VETO, HEIR), ("friends", "freeze", "veto", "heir")),  # another delay
        (kit(), changed(ben="new", carl="newer", dora="x"), ("friends", "freeze", "veto", "heir")),  # others
        (kit(), changed(FREEZE, HEIR, LATER), ("freeze", "heir", "friends")),  # another order, one gone
        (kit(), changed(HEIR, VETO, FREEZE, FRIENDS), ("heir", "veto", "freeze", "friends")),
        (kit(), changed(FRIENDS, THEFT, FREEZE, VETO, HEIR), ("friends", "1", "freeze", "veto", "heir")),  # a new one
        (TWINS, changed(THEFT), ("theft",)),  # the first is gone
        (TWINS, changed(THEFT, FRIENDS), ("theft", "friends")),
        (TWINS, changed(THEFT, carl="a new key"), ("theft",)),  # by its terms, for all its guardians have changed
        (TWINS, changed(THEFT, LATER), ("theft", "friends")),
        (TWINS, changed(LATER, dataclasses.replace(THEFT, delay=9 * DAY)), ("friends", "theft")),
        (TWINS, changed(OTHER, dataclasses.replace(THEFT, delay=9 * DAY)), ("0", "theft")),  # by its place
        (kit_of(FRIENDS, KIN), changed(SMALLER, FRIENDS, ben="a new key"), ("kin", "friends")),  # by its guardians
        (
            kit_of(FRIENDS, dataclasses.replace(KIN, delay=5 * DAY)),
            changed(LATER, dataclasses.replace(KIN, delay=9 * DAY)),
            ("friends", "kin"),  # friends have the terms now that kin had
        ),
        (TWINS, changed(FRIENDS, FREEZE), ("friends", "1")),  # what had another right is another path
    ],
)
def test_a_path_keeps_its_name_wherever_it_stands_and_no_other_path_gets_it(
    mine: Kit, later: Policy, labels: tuple[str, ...]
) -> None:
    assert mine.updated(later).labels == labels


def test_a_path_that_has_nothing_in_common_with_another_does_not_get_its_name() -> None:
    assert kit().updated(changed(OTHER, FREEZE)).labels == ("0", "freeze")


def test_a_number_that_is_somebody_elses_name_is_not_given_again() -> None:
    mine = dataclasses.replace(kit(), labels=("1", "path 1", "b", "c"))
    assert mine.updated(changed(FRIENDS, VETO)).labels == ("1", "b")
    assert mine.updated(changed(FRIENDS, THEFT, FREEZE)).labels == ("1", "path path 1", "path 1")


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(range(4)), keep=st.integers(1, 4), names=st.permutations(["0", "1", "2", "3"]))
def test_whatever_is_left_of_a_policy_keeps_its_names_in_whatever_order(
    order: list[int], keep: int, names: list[str]
) -> None:
    left = [PLAN.policy.paths[n] for n in order[:keep]]
    if not any(path.right is Right.ROTATE for path in left):
        return
    mine = dataclasses.replace(kit("dora"), labels=tuple(names))
    if not any(mine.opening_in(path) for path in left):
        return
    later = mine.updated(Policy(PLAN.change_delay, tuple(left)))
    assert later.labels == tuple(names[n] for n in order[:keep])
    assert later.openings == tuple(kit("dora").openings[n] for n in order[:keep])


def test_an_opening_that_does_not_fit_its_path_is_refused() -> None:
    stranger = Member(signer("ana"), 1, bytes(32))
    with pytest.raises(InvalidInput, match="an opening does not fit its path"):
        dataclasses.replace(kit(), openings=(stranger, None, None, None))
