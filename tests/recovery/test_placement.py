"""What a placement and a policy's guardians are worth: closed forms, brute force over all that can happen, findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import comb

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recovery.backup.chances import MAX_CAUSES, Risk, Term, repeated
from recovery.backup.guardian_odds import guardian_odds, people_of
from recovery.backup.holders import CAUSES, HOLDERS, SORTS, Cause, Holder, usual_causes
from recovery.backup.placement import Group, Placement, Row
from recovery.backup.placement_lint import guardian_findings, placement_findings
from recovery.errors import InvalidInput
from recovery.lint import Finding, Severity
from recovery.lint.votes import votes_of
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, Right
from tests.world import SECRET, signer

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
ONE = Term(1)
YEARLY = Term(10, checked=1, renewed=1)
NAMES = ("Ana", "Ben", "Carl", "Dora", "Eve")


def simple(threshold: int, number: int, lost: float = 0.1, stolen: float = 0.02, **more: object) -> Placement:
    holders = tuple(Holder(f"h{each}", lost, stolen) for each in range(number))
    return Placement(holders, (Group("", threshold),), **more)  # type: ignore[arg-type]


def brute(
    holders: Sequence[Holder], causes: Sequence[Cause], enough: Callable[[Collection[str]], bool], theft: bool
) -> float:
    """The chance over every combination of everything that can happen in a year, in whole fractions."""
    events = [({h.name}, Fraction(h.stolen if theft else h.lost)) for h in holders]
    events += [
        ({h.name for h in holders if h.shared(c.sort) == c.name}, Fraction(c.stolen if theft else c.lost))
        for c in causes
    ]
    total = Fraction(0)
    for happened in product((False, True), repeat=len(events)):
        chance, struck = Fraction(1), set()
        for (whom, yearly), happens in zip(events, happened, strict=True):
            chance *= yearly if happens else 1 - yearly
            struck |= whom if happens else set()
        bad = enough(struck) if theft else not enough({h.name for h in holders} - struck)
        total += chance if bad else 0
    return float(total)


# ------------------------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize("threshold", range(1, 6))
def test_holders_alike_follow_the_binomial_distribution(threshold: int) -> None:
    odds = simple(threshold, 5, 0.1, 0.02).odds(ONE)
    left = sum(comb(5, k) * 0.9**k * 0.1 ** (5 - k) for k in range(threshold))
    taken = sum(comb(5, k) * 0.02**k * 0.98 ** (5 - k) for k in range(threshold, 6))
    assert odds.loss == pytest.approx(left, rel=1e-12)
    assert odds.theft == pytest.approx(taken, rel=1e-12)


def test_the_smallest_chances_keep_their_digits() -> None:
    odds = simple(1, 16, 1e-9, 1e-9).odds(ONE)
    assert odds.loss == pytest.approx(1e-144, rel=1e-12)
    assert simple(16, 16, 1e-9, 1e-9).odds(ONE).theft == pytest.approx(1e-144, rel=1e-12)


def test_years_compound() -> None:
    odds = simple(1, 1, 0.1, 0.02).odds(Term(2.5))
    assert odds.loss == pytest.approx(1 - 0.9**2.5, rel=1e-12)
    assert odds.theft == pytest.approx(1 - 0.98**2.5, rel=1e-12)


def test_checks_make_losses_good_and_fresh_sets_make_thefts_worthless() -> None:
    both = simple(2, 3)
    year, never = both.odds(ONE), both.odds(Term(10))
    checked, renewed = both.odds(Term(10, checked=1)), both.odds(Term(10, renewed=1))
    assert checked.loss == pytest.approx(1 - (1 - year.loss) ** 10, rel=1e-12)
    assert checked.theft == never.theft  # nobody sees that a share was copied
    assert (renewed.loss, renewed.theft) == (checked.loss, pytest.approx(1 - (1 - year.theft) ** 10, rel=1e-12))
    assert checked.loss < never.loss and renewed.theft < never.theft


def test_what_is_left_of_the_time_after_the_last_check_counts_for_itself() -> None:
    both = simple(2, 3)
    whole, half = both.odds(ONE).loss, both.odds(Term(0.5)).loss
    found = both.odds(Term(2.5, checked=1)).loss
    assert found == pytest.approx(1 - (1 - whole) ** 2 * (1 - half), rel=1e-12)


def test_ten_times_a_tenth_is_the_whole() -> None:
    seen: list[float] = []

    def once(years: float) -> list[Risk]:
        seen.append(years)
        return [Risk.over(0.5, years)]

    (risk,) = repeated(once, 1.0, 0.1)
    assert seen == [0.1]
    assert risk.happens == pytest.approx(0.5, rel=1e-12)


def test_checks_rarer_than_the_time_looked_at_change_nothing() -> None:
    assert simple(2, 3).odds(Term(5, checked=20, renewed=30)) == simple(2, 3).odds(Term(5))


def test_what_is_certain_happens() -> None:
    odds = simple(2, 3, 1.0, 1.0).odds(YEARLY)
    assert (odds.loss, odds.theft) == (1.0, 1.0)
    odds = simple(2, 3, 0.0, 0.0).odds(YEARLY)
    assert (odds.loss, odds.theft) == (0.0, 0.0)


# ------------------------------------------------------------------------------------------- common causes


def test_what_happens_to_a_building_happens_to_all_that_is_in_it() -> None:
    holders = tuple(Holder(name, 0, 0, place=place) for name, place in (("a", "Home"), ("b", "Home"), ("c", "Bank")))
    cause = Cause("place", "Home", 0.01, 0.03)
    odds = Placement(holders, (Group("", 2),), causes=(cause,)).odds(ONE)
    assert (odds.loss, odds.theft) == (pytest.approx(0.01), pytest.approx(0.03))
    apart = Placement((holders[0], replace(holders[1], place="Shed"), holders[2]), (Group("", 2),), causes=(cause,))
    assert (apart.odds(ONE).loss, apart.odds(ONE).theft) == (0, 0)


def test_causes_in_common_are_worse_than_the_same_chances_apart() -> None:
    alike = [Holder(name, 0.02, 0.02, place="Home") for name in "abc"]
    together = Placement(tuple(alike), (Group("", 2),), causes=(Cause("place", "Home", 0.05, 0.05),)).odds(ONE)
    own = 1 - 0.98 * 0.95
    apart = Placement(tuple(replace(h, lost=own, stolen=own) for h in alike), (Group("", 2),)).odds(ONE)
    assert together.loss > apart.loss and together.theft > apart.theft


def test_a_cause_with_one_holder_needs_no_combinations() -> None:
    holders = tuple(Holder(f"h{n}", 0.01, 0.01, place=f"p{n}") for n in range(16))
    causes = usual_causes(holders)
    assert len(causes) > MAX_CAUSES
    assert 0 < Placement(holders, (Group("", 8),), causes=causes).odds(ONE).loss < 1e-6


def test_more_common_causes_than_can_be_gone_through_are_refused() -> None:
    # Each pair of neighbours has a place, a vendor or a region in common.
    holders = tuple(Holder(f"h{n}", 0.01, 0.01, place=f"p{n // 2}", vendor=f"v{(n + 1) // 2}") for n in range(16))
    placement = Placement(holders, (Group("", 8),), causes=usual_causes(holders))
    with pytest.raises(InvalidInput, match=r"1\d causes each strike several holders at once.*possible for 12"):
        placement.odds(ONE)
    few = replace(placement, causes=tuple(c for c in placement.causes if c.sort == "place"))
    assert few.odds(ONE).loss > 0


CHANCES = st.sampled_from((0.0, 0.001, 0.02, 0.25, 0.9, 1.0))
WHERE = st.sampled_from(("", "x", "y"))


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    number = draw(st.integers(1, 4))
    groups = draw(st.sampled_from((("",), ("g", "h"))))
    holders = tuple(
        Holder(
            f"h{n}",
            draw(CHANCES),
            draw(CHANCES),
            place=draw(WHERE),
            vendor=draw(WHERE),
            shares=draw(st.integers(1, 2)),
            group=draw(st.sampled_from(groups)),
        )
        for n in range(number)
    )
    copies = tuple(
        Holder(f"c{n}", draw(CHANCES), draw(CHANCES), place=draw(WHERE)) for n in range(draw(st.integers(0, 2)))
    )
    totals = {group: sum(h.shares for h in holders if h.group == group) for group in groups}
    assume(all(totals.values()))
    needed = tuple(Group(group, draw(st.integers(1, total))) for group, total in totals.items())
    causes = tuple(
        Cause(sort, name, draw(CHANCES), draw(CHANCES))
        for sort, name in (("place", "x"), ("place", "y"), ("vendor", "x"))
        if any(h.shared(sort) == name for h in (*holders, *copies))
    )
    return Placement(holders, needed, draw(st.integers(1, len(groups))), copies, causes)


def changed(placement: Placement, row: Row) -> Placement:
    """The same with the threshold of a row."""
    if row.series == "groups":
        return replace(placement, group_threshold=row.threshold)
    groups = tuple(Group(g.name, row.threshold) if g.name == row.series else g for g in placement.groups)
    return replace(placement, groups=groups)


@settings(max_examples=60, deadline=None)
@given(placements())
def test_chances_are_those_of_everything_that_can_happen_added_up(placement: Placement) -> None:
    odds = placement.odds(ONE)
    for theft, found in ((False, odds.loss), (True, odds.theft)):
        expected = brute(placement.everybody, placement.causes, placement.enough, theft)
        assert found == pytest.approx(expected, rel=1e-11, abs=1e-300)
    for row in odds.rows:
        other = changed(placement, row).odds(ONE)
        assert (row.loss, row.theft) == (pytest.approx(other.loss, rel=1e-11), pytest.approx(other.theft, rel=1e-11))
        if row.chosen:
            assert row.loss == pytest.approx(odds.loss, rel=1e-11)


@settings(max_examples=60, deadline=None)
@given(placements(), st.sampled_from((ONE, Term(7.5), Term(7.5, 1, 3))))
def test_a_higher_threshold_is_lost_more_easily_and_stolen_less_easily(placement: Placement, term: Term) -> None:
    rows = placement.odds(term).rows
    for low, high in zip(rows, rows[1:], strict=False):
        if low.series == high.series:
            assert low.loss <= high.loss * (1 + 1e-11) and low.theft * (1 + 1e-11) >= high.theft
    for series in {row.series for row in rows}:
        assert sum(row.chosen for row in rows if row.series == series) == 1


# ---------------------------------------------------------------------------------------------- placements


@pytest.mark.parametrize(
    ("build", "because"),
    [
        (lambda: simple(4, 3), "needs 4 of 3 shares"),
        (lambda: simple(0, 3), "needs 0 of 3 shares"),
        (lambda: simple(2, 17), "SLIP-39 allows for 16 in a group"),
        (lambda: Placement((), (Group("", 1),)), "1 to 64 holders"),
        (lambda: simple(1, 2, group_threshold=2), "2 of 1 groups are needed"),
        (lambda: Placement((Holder("a", 0, 0), Holder("a", 0, 0)), (Group("", 1),)), "'a' stands twice"),
        (lambda: Placement((Holder("a", 0, 0, group="x"),), (Group("", 1),)), "there are none"),
        (lambda: Placement((Holder("a", 0, 0),), (Group("x", 1), Group("y", 1))), "Name one of: x, y"),
        (lambda: Placement((Holder("a", 0, 0, group="x"),), (Group("x", 1), Group("y", 1))), "needs 1 of 0"),
        (lambda: Holder("a", 1.1, 0), "between 0% and 100%"),
        (lambda: Holder("a", 0, float("nan")), "between 0% and 100%"),
        (lambda: Holder("a", 0, 0, shares=0), "has 0 shares"),
        (lambda: Cause("planet", "Mars", 0, 0), "not 'planet'"),
        (lambda: Cause("place", "Home", -0.1, 0), "between 0% and 100%"),
        (lambda: Term(0), "more than 0"),
        (lambda: Term(float("inf")), "at most 1000 years"),
        (lambda: Term(1, checked=1e-9), "a day at least"),
    ],
)
def test_what_cannot_be_is_refused(build: Callable[[], object], because: str) -> None:
    with pytest.raises(InvalidInput, match=because):
        build()


def test_every_assumption_is_a_chance_and_says_what_it_stands_for() -> None:
    assert set(CAUSES) == set(SORTS)
    for usual in (*HOLDERS.values(), *CAUSES.values()):
        assert 0 <= usual.stolen < 0.1 and 0 < usual.lost < 0.1 and usual.why


def test_what_is_known_of_a_cause_comes_before_what_is_usual() -> None:
    holders = (Holder("a", 0, 0, place="Home", person="Max"), Holder("b", 0, 0, place="Home"))
    known = Cause("place", "Home", 0.5, 0.4)
    usual = CAUSES["person"]
    assert usual_causes(holders, (known,)) == (known, Cause("person", "Max", usual.lost, usual.stolen))


# ---------------------------------------------------------------------------------------------- guardians


def policy(*paths: PathPlan, guardians: Sequence[Guardian] = (), owners: Sequence[str] = ()) -> PolicyPlan:
    names = dict.fromkeys(name for path in paths for name, _ in path.guardians)
    known = {guardian.name for guardian in guardians}
    rest = [name for name in names if name not in known]
    everybody = (*guardians, *(Guardian(name, signer(name), 100 + n) for n, name in enumerate(rest)))
    return PolicyPlan(
        SECRET,
        7 * DAY,
        everybody,
        paths,
        owners=tuple((name, signer(name)) for name in owners),
        owners_threshold=len(owners),
    )


def rotate(label: str, who: str, threshold: int, inactivity: int = 0) -> PathPlan:
    votes = tuple((name, int(weight or 1)) for name, _, weight in (each.partition(":") for each in who.split()))
    return PathPlan(label, Right.ROTATE, votes, threshold, inactivity=inactivity, delay=3 * DAY, window=30 * DAY)


def people(plan: PolicyPlan, lost: float = 0.1, stolen: float = 0.02, **more: str) -> tuple[Holder, ...]:
    names = dict.fromkeys(guardian.whose for guardian in plan.guardians)
    return people_of(plan, [Holder(name, lost, stolen, **more) for name in names])


def test_guardians_alike_follow_the_binomial_distribution() -> None:
    plan = policy(rotate("friends", "Ana Ben Carl Dora Eve", 3))
    odds = guardian_odds(plan, people(plan), ONE)
    same = simple(3, 5).odds(ONE)
    assert odds.loss == odds.loss_after_silence == pytest.approx(same.loss, rel=1e-12)
    assert odds.theft == odds.theft_after_silence == pytest.approx(same.theft, rel=1e-12)
    assert [row.loss for row in odds.rows] == pytest.approx([row.loss for row in same.rows], rel=1e-12)
    assert [row.chosen for row in odds.rows] == [False, False, True, False, False]


def test_two_paths_with_people_in_common_are_not_two_independent_ways() -> None:
    plan = policy(rotate("one", "Ana Ben", 2), rotate("other", "Ana Carl", 2))
    odds = guardian_odds(plan, people(plan), ONE)
    # Ana, and either of the others.
    assert odds.loss == pytest.approx(1 - 0.9 * (1 - 0.1**2), rel=1e-12)
    assert odds.theft == pytest.approx(0.02 * (1 - 0.98**2), rel=1e-12)


def test_somebody_with_two_keys_is_lost_once() -> None:
    two = (Guardian("Ana", signer("Ana"), 1, "Ana M."), Guardian("Ana at work", signer("work"), 2, "Ana M."))
    plan = policy(rotate("friends", "Ana:1 Ben:1", 1), guardians=())
    both = policy(
        PathPlan("p", Right.ROTATE, (("Ana", 1), ("Ana at work", 1)), 2, delay=3 * DAY, window=30 * DAY), guardians=two
    )
    assert guardian_odds(both, people(both), ONE).loss == pytest.approx(0.1)
    assert guardian_odds(both, people(both), ONE).theft == pytest.approx(0.02)
    assert guardian_odds(plan, people(plan), ONE).loss == pytest.approx(0.01)


def test_the_owners_keys_are_gone_already_but_can_be_stolen() -> None:
    plan = policy(rotate("lost-phone", "Laptop:1 Ana:1 Ben:1", 2), owners=("Phone", "Laptop"))
    odds = guardian_odds(plan, people(plan), ONE)
    assert odds.loss == pytest.approx(1 - 0.9**2, rel=1e-12)
    assert odds.theft == pytest.approx(simple(2, 3).odds(ONE).theft, rel=1e-12)


def test_paths_that_wait_for_silence_are_counted_apart() -> None:
    plan = policy(rotate("friends", "Ana Ben", 2), rotate("heir", "Dora", 1, inactivity=365 * DAY))
    odds = guardian_odds(plan, people(plan), ONE)
    assert odds.loss == pytest.approx(1 - 0.81) and odds.loss_after_silence == pytest.approx((1 - 0.81) * 0.1)
    assert odds.theft == pytest.approx(0.0004) and odds.theft_after_silence == pytest.approx(1 - 0.9996 * 0.98)


def test_without_a_path_that_needs_no_silence_everything_is_lost_till_then() -> None:
    plan = policy(rotate("heir", "Dora", 1, inactivity=365 * DAY))
    odds = guardian_odds(plan, people(plan), ONE)
    assert (odds.loss, odds.theft) == (1, 0)
    assert odds.loss_after_silence == pytest.approx(0.1)


@st.composite
def policies(draw: st.DrawFn) -> PolicyPlan:
    paths = []
    for number in range(draw(st.integers(1, 3))):
        who = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
        votes = tuple((name, draw(st.integers(1, 3))) for name in who)
        threshold = draw(st.integers(1, sum(weight for _, weight in votes)))
        silence = draw(st.sampled_from((0, 0, 365 * DAY)))
        paths.append(
            PathPlan(f"p{number}", Right.ROTATE, votes, threshold, inactivity=silence, delay=DAY, window=7 * DAY)
        )
    return policy(*paths)


@settings(max_examples=60, deadline=None)
@given(policies(), st.data())
def test_guardians_chances_are_those_of_everything_that_can_happen_added_up(
    plan: PolicyPlan, data: st.DataObject
) -> None:
    known = [
        Holder(g.name, data.draw(CHANCES), data.draw(CHANCES), vendor=data.draw(WHERE), region=data.draw(WHERE))
        for g in plan.guardians
    ]
    who = people_of(plan, known)
    causes = tuple(
        Cause(sort, name, data.draw(CHANCES), data.draw(CHANCES)) for sort, name in (("vendor", "x"), ("region", "y"))
    )
    odds = guardian_odds(plan, who, ONE, causes)

    def usable(silence: bool) -> Callable[[Collection[str]], bool]:
        paths = [path for path in plan.paths if silence or not path.inactivity]
        return lambda names: any(
            sum(n for name, n in votes_of(plan, path).items() if name in names) >= path.threshold for path in paths
        )

    expected = [brute(who, causes, usable(silence), theft) for theft in (False, True) for silence in (False, True)]
    found = [odds.loss, odds.loss_after_silence, odds.theft, odds.theft_after_silence]
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-300)
    for path in plan.paths:
        alone = guardian_odds(policy(replace(path, inactivity=0)), _only(who, path), ONE, causes)
        (row,) = [row for row in odds.rows if row.series == path.label and row.chosen]
        assert (row.loss, row.theft) == (pytest.approx(alone.loss, rel=1e-11), pytest.approx(alone.theft, rel=1e-11))


def _only(who: Sequence[Holder], path: PathPlan) -> tuple[Holder, ...]:
    named = {holder.name: holder for holder in who}
    return tuple(named[name] for name, _ in path.guardians)


def test_twenty_four_guardians_in_three_paths_are_still_computed_exactly() -> None:
    names = [f"g{n}" for n in range(24)]
    plan = policy(
        rotate("all", " ".join(names), 12),
        rotate("first", " ".join(f"{name}:{1 + n % 3}" for n, name in enumerate(names[:16])), 9),
        rotate("last", " ".join(names[8:]), 6),
    )
    odds = guardian_odds(plan, people(plan, 0.1, 0.02), YEARLY)
    assert 0 < odds.loss < min(row.loss for row in odds.rows if row.chosen)
    assert 0 < odds.theft <= sum(row.theft for row in odds.rows if row.chosen)


def test_more_sums_of_votes_than_can_be_kept_in_mind_are_refused() -> None:
    who = " ".join(f"g{n}:{2**n + n}" for n in range(24))
    plan = policy(rotate("odd", who, 2**24))
    with pytest.raises(InvalidInput, match="too many to be computed exactly"):
        guardian_odds(plan, people(plan), ONE)


def test_guardians_of_whom_nothing_is_known_are_as_usual_and_strangers_are_refused() -> None:
    two = (Guardian("Ana", signer("Ana"), 1, "Ana M."), Guardian("Ana at work", signer("work"), 2, "Ana M."))
    plan = policy(rotate("friends", "Ana Ben", 2), rotate("more", "Ana Carl", 2), guardians=two[:1])
    usual = HOLDERS["guardian"]
    assert [(p.name, p.lost) for p in people_of(plan, [Holder("Ana", 0.5, 0)])] == [
        ("Ana M.", 0.5),
        ("Ben", usual.lost),
        ("Carl", usual.lost),
    ]
    with pytest.raises(InvalidInput, match="'Zoe' is no guardian in the policy. There: Ana M., Ben, Carl, Ana"):
        people_of(plan, [Holder("Zoe", 0.5, 0)])
    with pytest.raises(InvalidInput, match="Ana M. stands twice, the second time as 'Ana'"):
        people_of(plan, [Holder("Ana M.", 0.5, 0), Holder("Ana", 0.5, 0)])


# ----------------------------------------------------------------------------------------------- findings

SAFE = Placement(
    (
        Holder("Steel", 0.01, 0.01, "Max", "Home", "", "Lisbon"),
        Holder("Sheet", 0.01, 0.01, "Ana", "Ana's", "", "Porto"),
        Holder("Box", 0.01, 0.01, "", "Bank", "Banco", "Faro"),
    ),
    (Group("", 2),),
    passphrase=(Holder("Head", 0.05, 0, "Max"), Holder("Note", 0.01, 0, "Ben", "Ben's", "", "Faro")),
    owner="Max",
    home="Home",
)


def judged(placement: Placement, term: Term = YEARLY, guardians: Collection[str] = ()) -> dict[str, Finding]:
    return {finding.code: finding for finding in placement_findings(placement, term, guardians)}


def with_holder(number: int, **changes: object) -> Placement:
    holders = list(SAFE.holders)
    holders[number] = replace(holders[number], **changes)  # type: ignore[arg-type]
    return replace(SAFE, holders=tuple(holders))


def test_a_good_placement_has_no_findings() -> None:
    assert judged(SAFE) == {}


@pytest.mark.parametrize(
    ("number", "changes", "code", "says"),
    [
        (1, {"place": "Bank"}, "same-building", "Sheet and Box are both at Bank: if Bank burns, Steel, Head and Note"),
        (2, {"person": "Ana"}, "same-person", "Sheet and Box are both in the hands of Ana: if Ana dies"),
        (1, {"vendor": "Banco"}, "same-vendor", "Sheet and Box both depend on Banco: if Banco closes or fails"),
        (1, {"region": "Faro"}, "same-disaster", "Sheet, Box and Note are all in Faro: if a disaster strikes Faro"),
    ],
)
def test_one_cause_that_takes_too_much(number: int, changes: dict[str, str], code: str, says: str) -> None:
    found = judged(with_holder(number, **changes))
    assert found[code].severity is WARNING and found[code].text.startswith(says)
    more = Placement(
        (*with_holder(number, **changes).holders, Holder("X", 0, 0), Holder("Y", 0, 0)),
        SAFE.groups,
        passphrase=SAFE.passphrase,
    )
    assert code not in judged(more)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"place": "Bank"}, "same-building-theft"),
        ({"person": "Eve"}, "same-person-theft"),
        ({"vendor": "Banco"}, "same-vendor-theft"),
    ],
)
def test_one_cause_that_is_enough_for_a_thief(changes: dict[str, str], code: str) -> None:
    bare = replace(SAFE, passphrase=())
    holders = tuple(replace(holder, **changes) if holder.name != "Steel" else holder for holder in bare.holders)
    both = replace(bare, holders=holders)
    assert judged(both)[code].severity is WARNING
    assert code not in judged(replace(both, passphrase=SAFE.passphrase))  # elsewhere: the thief has no passphrase
    assert code not in judged(replace(both, groups=(Group("", 3),)))


def test_what_one_holder_does_alone_is_not_said_of_the_building_again() -> None:
    home = with_holder(1, place="Home")
    all_needed = judged(replace(home, groups=(Group("", 3),)))
    assert "nothing-to-spare" in all_needed and "same-building" not in all_needed
    rich = replace(home, passphrase=(), holders=(replace(home.holders[0], shares=2), *home.holders[1:]))
    found = judged(rich)
    assert "one-is-enough" in found and "same-building-theft" not in found


def test_no_disaster_steals() -> None:
    bare = replace(SAFE, passphrase=(), holders=tuple(replace(h, region="Faro") for h in SAFE.holders))
    assert [code for code in judged(bare) if "disaster" in code] == ["same-disaster"]


def test_what_the_owner_has_together_is_only_worth_a_note() -> None:
    mine = replace(with_holder(1, person="Max"), passphrase=())
    assert judged(mine)["same-person-theft"].severity is NOTE


def test_all_at_home_is_an_error_and_is_said_once() -> None:
    home = replace(SAFE, holders=tuple(replace(holder, place="Home") for holder in SAFE.holders))
    found = judged(home)
    assert found["all-at-home"].severity is ERROR and "same-building" not in found
    assert "all-at-home" not in judged(replace(home, home=""))
    assert "same-building" in judged(replace(home, home=""))


def test_a_threshold_of_one_is_an_error_and_behind_a_passphrase_a_warning() -> None:
    one = replace(SAFE, groups=(Group("", 1),))
    assert judged(one)["threshold-one"].severity is WARNING
    assert judged(replace(one, passphrase=()))["threshold-one"].severity is ERROR
    assert "threshold-one" not in judged(SAFE)


def test_a_holder_with_all_that_is_needed_is_an_error() -> None:
    found = judged(replace(with_holder(1, shares=2), passphrase=()))
    assert found["one-is-enough"].severity is ERROR and found["one-is-enough"].text.startswith("Sheet has all")


def test_whoever_cannot_be_spared_is_named() -> None:
    all_needed = judged(replace(SAFE, groups=(Group("", 3),)))
    assert all_needed["nothing-to-spare"].text.startswith("Without Steel, Sheet or Box nobody can")
    one_copy = judged(replace(SAFE, passphrase=SAFE.passphrase[:1]))
    assert one_copy["nothing-to-spare"].text.startswith("Without Head nobody can")


def test_a_passphrase_beside_a_share_protects_nothing() -> None:
    beside = replace(SAFE, passphrase=(SAFE.passphrase[0], replace(SAFE.passphrase[1], place="Bank")))
    assert "The passphrase (Note) is kept with Box" in judged(beside)["passphrase-with-share"].text
    same = replace(SAFE, passphrase=(SAFE.passphrase[0], replace(SAFE.passphrase[1], person="Ana")))
    assert "is kept with Sheet" in judged(same)["passphrase-with-share"].text


def test_nobody_has_a_share_and_a_vote_without_being_told() -> None:
    found = judged(SAFE, guardians={"Ana", "Zoe"})["holder-is-guardian"]
    assert found.severity is WARNING and found.text.startswith("Sheet holds a share and is a guardian as well")
    assert "holder-is-guardian" not in judged(SAFE, guardians={"Zoe"})
    bare = replace(SAFE, passphrase=())
    assert "Together they have enough" in judged(bare, guardians={"Ana", "Max"})["holder-is-guardian"].text


@pytest.mark.parametrize("term", [Term(10), Term(10, checked=3), Term(10, renewed=5)])
def test_long_without_a_look_is_said(term: Term) -> None:
    assert judged(SAFE, term)["unchecked-for-long"].severity is WARNING


@pytest.mark.parametrize("term", [Term(10, checked=2), Term(10, 0, 1), Term(1)])
def test_a_look_every_two_years_is_enough(term: Term) -> None:
    assert "unchecked-for-long" not in judged(SAFE, term)


def test_the_worst_comes_first() -> None:
    bad = replace(
        SAFE, groups=(Group("", 1),), passphrase=(), holders=tuple(replace(h, place="Home") for h in SAFE.holders)
    )
    severities = [finding.severity for finding in placement_findings(bad, Term(10), {"Ana"})]
    assert severities == sorted(severities) and severities[0] is ERROR


def test_guardians_with_one_vendor_can_fall_together() -> None:
    plan = policy(rotate("friends", "Ana Ben Carl", 2))
    same = people_of(plan, [Holder("Ana", 0, 0, vendor="Acme"), Holder("Ben", 0, 0, vendor="Acme")])
    found = {finding.code: finding for finding in guardian_findings(plan, same, YEARLY)}
    assert set(found) == {"same-vendor", "same-vendor-theft"}
    assert found["same-vendor-theft"].text == "Whoever breaks into Acme gets Ana and Ben: that is enough."
    assert guardian_findings(plan, people(plan), YEARLY) == []
    spare = policy(rotate("friends", "Ana Ben Carl Dora Eve", 3))
    same = people_of(spare, [Holder("Ana", 0, 0, vendor="Acme"), Holder("Ben", 0, 0, vendor="Acme")])
    assert guardian_findings(spare, same, YEARLY) == []


def test_an_owners_key_in_a_path_is_no_help_against_one_place_that_burns() -> None:
    plan = policy(rotate("p", "Phone Ana Ben Carl", 2), owners=("Phone",))
    burns = people_of(plan, [Holder("Ana", 0, 0, place="Home"), Holder("Ben", 0, 0, place="Home")])
    assert "same-building" in {finding.code for finding in guardian_findings(plan, burns, YEARLY)}
    free = policy(rotate("p", "Phone Ana Ben Carl", 2))
    assert "same-building" not in {finding.code for finding in guardian_findings(free, burns, YEARLY)}
