"""How well somebody is protected: what guardians have said of their kits, and when."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.card import CLOCK_ERROR, Receipt, Statement
from recovery.kit import Kit
from recovery.plan import Guardian, PolicyPlan
from recovery.policy import DAY
from recovery.protection import (
    CHECK_EVERY,
    CHECK_EVERY_PAPER,
    CHECK_LAPSES,
    CHECK_LAPSES_PAPER,
    Protection,
    Standing,
    protection,
    spare,
)
from tests.recovery.samples import ACCOUNT, MODULE, NOW, PLAN, kit, receipt
from tests.world import signer

ALL = ("ana", "ben", "carl", "dora")


def said(*names: str, time: int = NOW, plan: PolicyPlan = PLAN, account: str = ACCOUNT) -> list[Receipt]:
    """Receipts of these guardians for their kits."""
    return [receipt(name, time, of=plan.kit(name, 5, MODULE, account)) for name in names]


def found(
    receipts: Iterable[Receipt] = (), kits: Iterable[Kit] = (), plan: PolicyPlan = PLAN, now: int = NOW
) -> Protection:
    return protection(plan, receipts, kits, ACCOUNT, now)


def standing(who: str, receipts: Iterable[Receipt], kits: Iterable[Kit] = (), now: int = NOW) -> Standing:
    return next(each for each in found(receipts, kits, now=now).guardians if each.name == who)


def covers(protected: Protection) -> dict[str, tuple[int, int, int]]:
    return {path.label: (path.weight, path.threshold, path.spare) for path in protected.paths}


# ------------------------------------------------------------------------------------------ thresholds


def test_nobody_is_protected_by_guardians_who_have_said_nothing() -> None:
    nothing = found()
    assert not nothing.protected and nothing.missing == ALL
    assert covers(nothing) == {"friends": (0, 2, -1), "heir": (0, 1, -1)}
    assert [each.paths for each in nothing.guardians] == [
        *(("friends", "freeze"), ("friends", "freeze"), ("friends",), ("veto", "heir"))
    ]
    assert all(each.due and not each.counts and not each.resigned for each in nothing.guardians)


def test_paths_are_covered_by_votes_and_not_by_heads() -> None:
    assert covers(found(said("ana")))["friends"] == (1, 2, -1)
    assert covers(found(said("carl")))["friends"] == (2, 2, 0)
    assert covers(found(said("ana", "ben")))["friends"] == (2, 2, 0)
    assert covers(found(said("ana", "carl")))["friends"] == (3, 2, 0), "whoever is lost may be Carl"
    assert covers(found(said("ana", "ben", "carl")))["friends"] == (4, 2, 1)


def test_every_path_that_replaces_owners_has_to_be_covered_and_no_other() -> None:
    assert not found(said("ana", "ben", "carl")).protected, "nobody covers heir"
    assert not found(said("dora")).protected, "nobody covers friends"
    enough = found(said("carl", "dora"))
    assert enough.protected and enough.missing == ("ana", "ben"), "freeze is no way back in"
    assert [path.label for path in enough.paths] == ["friends", "heir"]
    assert [path.reached for path in found(said("ana", "dora")).paths] == [False, True]


def test_who_holds_several_keys_is_lost_with_all_of_them() -> None:
    people = tuple(dataclasses.replace(g, person="Ana" if g.name in ("ana", "ben") else "") for g in PLAN.guardians)
    plan = dataclasses.replace(PLAN, guardians=people)
    assert covers(found(said("ana", "ben"), plan=plan))["friends"] == (2, 2, 0)
    three = dataclasses.replace(
        plan, paths=(dataclasses.replace(PLAN.paths[0], guardians=(("ana", 1), ("ben", 1), ("carl", 1))),)
    )
    receipts = said("ana", "ben", "carl", plan=three)
    assert covers(found(receipts, plan=three))["friends"] == (3, 2, 0)
    apart = dataclasses.replace(three, guardians=PLAN.guardians)
    assert covers(found(receipts, plan=apart))["friends"] == (3, 2, 1)


def lost(weights: list[int], threshold: int) -> int:
    """By trying: the largest number of votes of which any may be lost."""
    most = -1
    for number in range(len(weights) + 1):
        if any(sum(weights) - sum(gone) < threshold for gone in combinations(weights, number)):
            break
        most = number
    return most


@settings(max_examples=300, deadline=None)
@given(weights=st.lists(st.integers(1, 9), max_size=7), threshold=st.integers(1, 30))
def test_what_can_be_spared_is_what_trying_finds(weights: list[int], threshold: int) -> None:
    assert spare(weights, threshold) == lost(weights, threshold)


@pytest.mark.parametrize(
    ("weights", "threshold", "expected"),
    [([], 1, -1), ([1], 1, 0), ([1], 2, -1), ([1, 1, 1], 2, 1), ([1] * 5, 3, 2), ([4, 1, 1], 2, 1), ([2, 1, 1], 3, 0)],
)
def test_what_can_be_spared(weights: list[int], threshold: int, expected: int) -> None:
    assert spare(weights, threshold) == lost(weights, threshold) == expected


# ------------------------------------------------------------------------------------- what was said


def test_a_guardian_counts_until_eighteen_months_after_the_last_receipt_and_is_asked_after_twelve() -> None:
    assert (CHECK_EVERY, CHECK_LAPSES) == (365 * DAY, 548 * DAY)
    for age, counts, due in (
        *((0, True, False), (CHECK_EVERY - 1, True, False), (CHECK_EVERY, True, True)),
        *((CHECK_LAPSES - 1, True, True), (CHECK_LAPSES, False, True), (10 * CHECK_LAPSES, False, True)),
    ):
        ana = standing("ana", said("ana"), now=NOW + age)
        assert (ana.counts, ana.due, ana.checked) == (counts, due, NOW), age


def test_an_envelope_stays_sealed_for_five_years() -> None:
    assert (CHECK_EVERY_PAPER, CHECK_LAPSES_PAPER) == (5 * 365 * DAY, (5 * 365 + 183) * DAY)
    for age, counts, due in (
        *((0, True, False), (CHECK_LAPSES, True, False), (CHECK_EVERY_PAPER - 1, True, False)),
        *((CHECK_EVERY_PAPER, True, True), (CHECK_LAPSES_PAPER - 1, True, True), (CHECK_LAPSES_PAPER, False, True)),
    ):
        seen = protection(PLAN, said("ana", "ben"), (), ACCOUNT, NOW + age, ("ana",))
        ana, ben = seen.guardians[:2]
        assert (ana.sealed, ana.counts, ana.due) == (True, counts, due), age
        assert (ben.sealed, ben.counts, ben.due) == (False, age < CHECK_LAPSES, age >= CHECK_EVERY), age


def test_an_envelope_that_was_never_looked_at_does_not_count() -> None:
    ana = protection(PLAN, (), (), ACCOUNT, NOW, ("ana",)).guardians[0]
    assert ana.sealed and ana.due and not ana.counts


def test_the_last_receipt_decides_in_whatever_order_they_are_read() -> None:
    receipts = [
        *said("ana", time=NOW - 2 * CHECK_LAPSES),
        *said("ana", time=NOW - DAY),
        *said("ana", time=NOW - 9 * DAY),
    ]
    for order in (receipts, receipts[::-1], receipts[1:] + receipts[:1]):
        assert standing("ana", order).checked == NOW - DAY


def test_an_old_receipt_again_makes_nobody_younger() -> None:
    old = said("ana", time=NOW - CHECK_LAPSES)
    assert standing("ana", old * 3).checked == NOW - CHECK_LAPSES
    assert not standing("ana", old * 3).counts


def test_a_clock_may_be_a_day_ahead_and_no_more() -> None:
    for ahead, expected in ((1, NOW), (CLOCK_ERROR, NOW), (CLOCK_ERROR + 1, None), (CHECK_EVERY, None)):
        ana = standing("ana", said("ana", time=NOW + ahead))
        assert ana.checked == expected and ana.counts == (expected is not None)
    resigned = [receipt("ana", NOW + CLOCK_ERROR + 1, Statement.RESIGNS)]
    assert standing("ana", [*said("ana"), *resigned]).counts
    late = [*said("ana", time=NOW - 5), *said("ana", time=NOW + CHECK_EVERY)]
    assert standing("ana", late).checked == NOW - 5, "what is not believed does not push out what is"


def test_who_has_resigned_does_not_count_and_is_to_be_replaced() -> None:
    resigns = receipt("ana", NOW - DAY, Statement.RESIGNS)
    before = found([*said("ana", time=NOW - 2 * DAY), resigns])
    ana = before.guardians[0]
    assert ana.resigned and not ana.counts and ana.due and "ana" in before.missing
    assert ana.checked == NOW - 2 * DAY
    assert standing("ana", [resigns]).resigned, "without ever having said anything else"


def test_who_has_resumed_counts_again_and_the_same_second_does_not_do() -> None:
    resigns = receipt("ana", NOW - DAY, Statement.RESIGNS)
    for time, counts in ((NOW - DAY - 1, False), (NOW - DAY, False), (NOW - DAY + 1, True)):
        for order in ([resigns, *said("ana", time=time)], [*said("ana", time=time), resigns]):
            ana = standing("ana", order)
            assert (ana.counts, ana.resigned) == (counts, not counts)


def test_a_resignation_does_not_lapse() -> None:
    assert standing("ana", [receipt("ana", NOW, Statement.RESIGNS)], now=NOW + 10 * CHECK_LAPSES).resigned


def test_a_resignation_from_an_earlier_kit_that_still_opens_something_counts() -> None:
    """Ana has got a second vote in one path since: her opening in the other is as it was."""
    first = dataclasses.replace(PLAN.paths[0], guardians=(("ana", 2), ("ben", 1), ("carl", 2)))
    plan = dataclasses.replace(PLAN, paths=(first, *PLAN.paths[1:]))
    receipts = [receipt("ana", NOW - 1), receipt("ana", NOW, Statement.RESIGNS)]
    ana = found(receipts, plan=plan).guardians[0]
    assert ana.resigned and ana.checked is None, "and the receipt for it is not one for the new kit"


def test_a_receipt_for_a_part_of_what_a_guardian_needs_is_none() -> None:
    first = dataclasses.replace(PLAN.paths[0], guardians=(("ana", 2), ("ben", 1), ("carl", 2)))
    plan = dataclasses.replace(PLAN, paths=(first, *PLAN.paths[1:]))
    both = plan.kit("ana", 5, MODULE, ACCOUNT)
    assert len(both.commitments) == 2
    assert found([receipt("ana")], plan=plan).guardians[0].checked is None
    assert found([receipt("ana", of=both)], plan=plan).guardians[0].checked == NOW
    halves = [dataclasses.replace(receipt("ana"), commitments=(each,)) for each in both.commitments]
    assert found(halves, plan=plan).guardians[0].checked is None, "two halves are of two kits"
    assert found([receipt("ana", of=both)]).guardians[0].checked == NOW, "more than is needed is enough"


def test_receipts_of_another_account_are_for_nobody() -> None:
    other = said(*ALL, account=MODULE)
    assert all(each.is_signed_by_key for each in other)
    assert found(other).missing == ALL
    resigned = [receipt("ana", NOW + 1, Statement.RESIGNS, PLAN.kit("ana", 5, MODULE, MODULE))]
    assert standing("ana", [*said("ana"), *resigned]).counts


def test_a_receipt_counts_for_its_own_signer_and_nobody_else() -> None:
    """Commitments are public: whoever signs for those of another has said nothing of them."""
    stolen = dataclasses.replace(receipt("ben"), commitments=receipt("ana").commitments, name="ana")
    assert found([stolen]).missing == ALL
    renamed = dataclasses.replace(receipt("ana"), name="ben")
    assert found([renamed]).missing == ("ben", "carl", "dora"), "the name is not signed and not looked at"


def successor(**people: str) -> PolicyPlan:
    guardians = tuple(Guardian(g.name, signer(people.get(g.name, g.name)), g.number) for g in PLAN.guardians)
    return dataclasses.replace(PLAN, guardians=guardians).replacing(PLAN)


def test_replacing_one_guardian_leaves_the_receipts_of_the_others_good() -> None:
    plan = successor(ben="a new key")
    after = found(said(*ALL), plan=plan)
    assert after.missing == ("ben",) and after.protected
    assert [each.checked for each in after.guardians] == [NOW, None, NOW, NOW]


# ---------------------------------------------------------------------------------- owners' keys, kits


def test_a_key_of_the_owners_needs_no_receipt_and_is_not_asked() -> None:
    plan = dataclasses.replace(PLAN, owners=(("phone", signer("ana")),), owners_threshold=1)
    ana, ben = found(plan=plan).guardians[:2]
    assert ana.is_owner and ana.counts and not ana.due and ana.checked is None
    assert not ben.is_owner and not ben.counts and ben.due
    assert covers(found(plan=plan))["friends"] == (1, 2, -1)
    assert found(plan=plan, now=NOW + 10 * CHECK_LAPSES).guardians[0].counts
    resigned = found([receipt("ana", NOW, Statement.RESIGNS)], plan=plan).guardians[0]
    assert resigned.resigned and not resigned.counts, "but it can resign"


def test_a_kit_that_opens_something_else_than_is_needed_is_stale() -> None:
    plan = successor(ben="a new key")
    kits = [kit(name) for name in ALL]
    assert [each.stale for each in found(kits=kits, plan=plan).guardians] == [False, True, False, False]
    assert [each.stale for each in found(kits=kits).guardians] == [False] * 4
    assert not any(each.stale for each in found(plan=plan).guardians), "who was given none has no stale one"
    elsewhere = [dataclasses.replace(each, account=MODULE) for each in kits]
    assert not any(each.stale for each in found(kits=elsewhere, plan=plan).guardians)


def test_a_stale_kit_is_no_reason_to_believe_a_receipt_for_it() -> None:
    plan = successor(ben="a new key")
    ben = found(said("ben"), [kit("ben")], plan).guardians[1]
    assert ben.stale and ben.due and ben.checked is None and not ben.counts
