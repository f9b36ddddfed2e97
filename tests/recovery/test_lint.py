"""Each finding: a policy that has it, and one that differs as little as can be and has it not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recovery.lint
from recovery.errors import InvalidInput
from recovery.lint import Finding, Severity, compare, lint, margin, sentence
from recovery.lint.votes import disjoint, fewest
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, HOUR, Right
from recovery.quorum import Owners
from tests.world import SECRET, owners_of, signer

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
KEYS = ("Phone", "Laptop")
PATHS: dict[str, dict[str, Any]] = {
    "friends": {"who": "Ana Ben Carl", "threshold": 2, "delay": 3 * DAY, "window": 30 * DAY, "owner_cancels": True},
    "theft": {"who": "Ana Ben Carl Fay", "threshold": 3, "delay": 7 * DAY, "window": 30 * DAY},
    "freeze": {"right": Right.FREEZE, "who": "Ana Ben Carl", "threshold": 1, "window": 10 * DAY},
    "watch": {"right": Right.VETO, "who": "Ana Ben", "threshold": 2},
    "heir": {
        **{"who": "Dora Eve", "threshold": 2, "delay": 30 * DAY, "window": 7 * DAY, "owner_cancels": True},
        "inactivity": 180 * DAY,
    },
}


def weights(who: str) -> tuple[tuple[str, int], ...]:
    """Ana with one vote and Ben with two, of "Ana Ben:2"."""
    pairs = [each.partition(":") for each in who.split()]
    return tuple((name, int(weight or 1)) for name, _, weight in pairs)


def plan_of(
    *without: str,
    owners: int = 2,
    change_delay: int = 10 * DAY,
    persons: dict[str, str] | None = None,
    **changes: dict[str, Any],
) -> PolicyPlan:
    """A policy with few findings, changed.

    Args:
        without: Labels of paths to leave out.
        owners: How many of the two keys sign; 0 for an account whose owners the policy does not name.
        change_delay: Seconds.
        persons: Who a guardian is, where the name does not say it.
        changes: Fields of paths, by label; a new label is a new path.
    """
    labels = [label for label in dict.fromkeys([*PATHS, *changes]) if label not in without]
    fields = {label: {"right": Right.ROTATE, **PATHS.get(label, {}), **changes.get(label, {})} for label in labels}
    paths = tuple(PathPlan(label, guardians=weights(f.pop("who")), **f) for label, f in fields.items())
    names = dict.fromkeys(name for path in paths for name, _ in path.guardians)
    guardians = tuple(
        Guardian(name, signer(name), number, (persons or {}).get(name, "")) for number, name in enumerate(names, 1)
    )
    keys = tuple((name, signer(name)) for name in KEYS) if owners else ()
    return PolicyPlan(SECRET, change_delay, guardians, paths, owner="Max", owners=keys, owners_threshold=owners)


@dataclass
class Case:
    """What is found in one policy, and not in another."""

    code: str
    severity: Severity
    path: str
    says: str
    bad: dict[str, Any] = field(default_factory=dict)
    good: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()  # in the bad one

    def __str__(self) -> str:
        return f"{self.code}-{self.severity.name}"


SURE = {"owner_cancels": False}
ONE = {"threshold": 1}
VETO = {"vetoable": True}
CASES = [
    Case("single-key", WARNING, "", "any one of 2 keys (Phone or Laptop)", {"owners": 1}),
    # One person alone.
    Case("alone", WARNING, "friends", "only you can stop it, within 3 days", {"friends": ONE}),
    Case("alone", WARNING, "friends", "only you or a veto can stop it", {"friends": {**ONE, **VETO, "who": "Carl"}}),
    Case("alone", WARNING, "friends", "only a veto can stop it", {"friends": {**ONE, **VETO, **SURE, "who": "Carl"}}),
    Case(
        *("alone", ERROR, "friends", "Ana alone can take over the account on path 'friends' after 3 days, and nobody"),
        {"friends": {**ONE, **SURE}},
        {"friends": SURE},
    ),
    # Ana is needed for the veto.
    Case("alone", ERROR, "friends", "Ana alone", {"friends": {**ONE, **SURE, **VETO, "who": "Ana"}}),
    Case("alone", ERROR, "friends", "Carl alone", {"friends": {**SURE, "who": "Ana Ben Carl:2"}}, {"friends": SURE}),
    Case("alone", ERROR, "friends", "Phone alone", {"friends": {**SURE, **ONE, "who": "Phone"}}, {"friends": SURE}),
    Case("alone", NOTE, "heir", "Once you have been silent for 180 days, Dora alone", {"heir": ONE}),
    # Times.
    Case(
        *("delay-too-short", WARNING, "theft", "waits 1 day 23 hours"),
        {"theft": {"delay": 47 * HOUR}},
        {"theft": {"delay": 2 * DAY}},
    ),
    Case("delay-too-short", WARNING, "theft", "waits 1 day:", {"theft": {"delay": DAY}}),
    Case("delay-too-short", ERROR, "theft", "nobody else can stop it", {"theft": {"delay": DAY - 1}}),
    Case("delay-too-short", WARNING, "theft", "waits 23 hours", {"theft": {**VETO, "delay": 23 * HOUR}}),
    Case("delay-too-short", WARNING, "friends", "waits 23 hours", {"friends": {"delay": 23 * HOUR}}),
    Case("delay-too-short", WARNING, "heir", "waits 1 hour", {"heir": {**SURE, "delay": HOUR}}),
    Case(
        *("change-too-fast", WARNING, "", "less than the 7 days of path 'theft'"),
        {"change_delay": 6 * DAY},
        {"change_delay": 7 * DAY},
    ),
    Case("change-too-fast", ERROR, "", "after 2 days, which is less than the 3 days", {"change_delay": 2 * DAY}),
    Case(
        *("change-too-fast", ERROR, "", "after 2 days"),
        {"change_delay": 2 * DAY, "theft": {"delay": 2 * DAY}},
        {"change_delay": 3 * DAY, "theft": {"delay": 2 * DAY}},
    ),
    Case(
        *("freeze-too-short", WARNING, "freeze", "lasts 9 days. Collecting approvals (3 days)"),
        {"freeze": {"window": 9 * DAY}},
    ),
    Case(
        *("freeze-too-short", WARNING, "freeze", "take 31 days"),
        {"freeze": {"window": 30 * DAY}, "theft": {"delay": 28 * DAY}},
        {"freeze": {"window": 30 * DAY}, "theft": {"delay": 27 * DAY}},
    ),
    Case("no-freeze-path", NOTE, "", "a thief goes on spending", without=("freeze",)),
    Case("silence-too-short", WARNING, "heir", "after 179 days", {"heir": {"inactivity": 180 * DAY - 1}}),
    Case("silence-too-short", WARNING, "heir", "after 60 days", {"heir": {"inactivity": 60 * DAY}}),
    Case("silence-too-short", ERROR, "heir", "after 59 days", {"heir": {"inactivity": 60 * DAY - 1}}),
    Case("window-too-short", WARNING, "heir", "expires 6 days 23 hours after", {"heir": {"window": 7 * DAY - HOUR}}),
    # Theft.
    Case("no-theft-path", WARNING, "", "whatever you can cancel", {"theft": {"owner_cancels": True}}),
    Case("no-theft-path", WARNING, "", "or gives a sign of life", {"theft": {"inactivity": 365 * DAY}}),
    Case("path-unstoppable", WARNING, "theft", "with 3 of its 4 votes (Ana, Ben, Carl and Fay)", {}, {"theft": VETO}),
    Case("veto-blocks-theft-path", WARNING, "watch", "Ana and Ben, with 2 votes, can block 'theft'", {"theft": VETO}),
    Case(
        *("veto-blocks-theft-path", WARNING, "watch", "Ana or Ben alone can block 'theft'"),
        {"theft": VETO, "watch": ONE},
        {"watch": ONE},
    ),
    Case(
        *("veto-blocks-theft-path", WARNING, "watch", "every one of 'theft' and 'sworn'"),
        {"theft": VETO, "sworn": {**PATHS["theft"], **VETO}},
        {"theft": VETO, "sworn": PATHS["theft"]},
    ),
    Case("veto-missing", WARNING, "theft", "no path that vetoes", {"theft": VETO}, {"theft": VETO}, ("watch",)),
    Case(
        *("thief-outruns-theft-path", ERROR, "friends", "alone, and is ready after 3 days: that ends the freeze"),
        {"friends": {"who": "Phone Laptop Carl"}},
        {"friends": {"who": "Phone Ben Carl"}},
    ),
    Case(
        *("thief-outruns-theft-path", WARNING, "friends", "only a veto stops it"),
        {"friends": {**VETO, "who": "Phone Laptop Carl"}},
    ),
    Case(
        *("thief-outruns-theft-path", ERROR, "friends", "after 9 days 23 hours"),
        {"friends": {"delay": 10 * DAY - HOUR, "who": "Phone Laptop Carl"}},
        {"friends": {"delay": 10 * DAY, "who": "Phone Laptop Carl"}},
    ),
    Case(
        *("thief-outruns-theft-path", ERROR, "friends", "reaches the threshold"),
        {"friends": {"who": "Phone:2 Laptop Carl"}, "owners": 1},
        {"friends": {"who": "Phone Laptop Carl"}, "owners": 1},
    ),
    # People.
    Case(
        *(
            "same-person",
            ERROR,
            "friends",
            "Ana and Ben on path 'friends' are all Ana, who has 2 votes that way, and so",
        ),
        {"persons": {"Ben": "Ana"}},
    ),
    Case("same-person", WARNING, "theft", "2 votes that way.", {"persons": {"Ben": "Ana"}}),
    Case("same-person", WARNING, "freeze", "2 votes that way.", {"persons": {"Ben": "Ana"}}),
    Case("same-person", ERROR, "heir", "alone", {"persons": {"Eve": "Dora"}}, {"persons": {"Eve": "Ana"}}),
    Case("owner-is-guardian", WARNING, "friends", "Phone is your own", {"friends": {"who": "Phone Ben Carl"}}),
    Case("owner-is-guardian", WARNING, "friends", "Ben is your own", {"persons": {"Ben": "Max"}}),
    Case("owner-is-guardian", WARNING, "watch", "stop recoveries", {"watch": {"who": "Ana Phone"}}),
    Case(
        *("disjoint-quorums", WARNING, "theft", "Ana and Ben could act against Carl and Fay"),
        {"theft": {"threshold": 2}},
    ),
    Case(
        *("disjoint-quorums", WARNING, "friends", "Ana could act against Ben and Carl"),
        {"friends": {"who": "Ana:2 Ben Carl"}},
        {"friends": {"who": "Ana:2 Ben"}},
    ),
    Case(
        *("rival-quorums", NOTE, "friends", "Ana and Ben on path 'friends' and Carl, Dora and Fay on path 'theft'"),
        {"theft": {"who": "Carl Dora Fay"}},
        {"theft": {"who": "Ben Carl Dora"}},
    ),
    Case(
        *("rival-quorums", NOTE, "heir", "Dora and Eve on path 'heir' and Ana on path 'late'"),
        {"late": {**PATHS["heir"], "who": "Ana", "threshold": 1}},
        {"late": {**PATHS["heir"], "who": "Dora", "threshold": 1}},
    ),
    # Losses.
    Case(
        *("one-loss-from-lockout", WARNING, "", "any one of Ana and Ben cannot help, only the paths that wait"),
        {"friends": {"who": "Ana Ben"}, "theft": {"who": "Ana Ben Fay"}},
        {"theft": {"who": "Ana Ben Fay"}},
    ),
    Case(
        *("one-loss-from-lockout", WARNING, "", "Ana cannot help, nobody could get you back"),
        {"friends": {"who": "Ana:3 Ben Carl", "threshold": 4}, "theft": {"who": "Ana:2 Ben Carl Fay", "threshold": 4}},
        {"friends": {"who": "Ana:3 Ben Carl", "threshold": 4}, "theft": {"who": "Ana Ben Carl Fay"}},
        without=("heir",),
    ),
    Case(
        *("theft-needs-everybody", NOTE, "theft", "you need Ana, Ben and Carl: nobody may be missing"),
        {"theft": {"who": "Ana Ben Carl"}},
    ),
    Case(
        *("needs-own-key", WARNING, "", "Without the keys that own the account (Phone)"),
        {"friends": {"who": "Ana Phone"}, "theft": {"who": "Ana Fay Phone"}},
        {"friends": {"who": "Ana Fay"}, "theft": {"who": "Ana Fay Phone"}},
    ),
    Case(
        *("needs-own-key", ERROR, "", "if you lose them, nobody could get you back"),
        {"friends": {"who": "Ana Phone"}, "theft": {"who": "Ana Fay Phone"}},
        {"friends": {"who": "Ana Fay"}, "theft": {"who": "Ana Fay Phone"}},
        without=("heir",),
    ),
    Case(
        *("only-after-silence", NOTE, "", "No path works before you have been silent"),
        {"friends": {"inactivity": 365 * DAY}},
        {"friends": {"inactivity": 365 * DAY}, "theft": {}},
        without=("theft",),
    ),
    Case(
        *("only-after-silence", ERROR, "", "every path needs one of them"),
        {"heir": {"who": "Phone Eve"}},
        without=("friends", "theft"),
    ),
]


def found(findings: Iterable[Finding], case: Case) -> list[Finding]:
    return [f for f in findings if (f.code, f.severity, f.path) == (case.code, case.severity, case.path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_wrong_is_found_and_nothing_where_it_is_not(case: Case) -> None:
    findings = lint(plan_of(*case.without, **case.bad))
    here = found(findings, case)
    assert any(case.says in finding.text for finding in here), findings
    assert all(finding.fix.endswith((".", "family")) for finding in findings)
    assert not found(lint(plan_of(**case.good)), case)


def test_every_code_is_tried_here() -> None:
    sources = "".join(path.read_text() for path in Path(recovery.lint.__file__).parent.glob("*.py"))
    codes = set(re.findall(r'Finding\(\s*"([a-z-]+)"', sources))
    others = {"shared-safe", "guardian-missing", "guardian-address-differs", "path-differs"}
    assert codes == {case.code for case in CASES} | others and len(codes) > len(others)


def test_the_policy_of_these_tests_has_what_every_policy_against_theft_has() -> None:
    assert [f.code for f in lint(plan_of())] == ["path-unstoppable"]


def test_the_worst_comes_first() -> None:
    findings = lint(plan_of(change_delay=DAY, heir={"threshold": 1}, friends={"threshold": 1}))
    assert [f.severity for f in findings] == sorted(f.severity for f in findings)
    assert {f.severity for f in findings} == {ERROR, WARNING, NOTE}


def test_a_key_that_may_spend_alone_is_no_new_danger_on_a_path() -> None:
    plan = plan_of(owners=1, friends={"who": "Phone Ben Carl", "threshold": 1})
    assert [f.text.split(" alone")[0] for f in lint(plan) if f.code == "alone"] == ["Ben", "Carl"]
    both = replace(plan, owners_threshold=2)
    assert [f.text.split(" alone")[0] for f in lint(both) if f.code == "alone"] == ["Phone", "Ben", "Carl"]


def test_owners_may_be_others_than_those_in_the_policy() -> None:
    plan = plan_of(owners=0)
    assert not {"single-key", "owner-is-guardian"} & {f.code for f in lint(plan)}
    codes = {f.code for f in lint(plan, owners_of("Ana"))}
    assert {"single-key", "owner-is-guardian"} <= codes
    named = plan_of(owners=1)
    assert "single-key" not in {f.code for f in lint(named, owners_of("stranger", "other", threshold=2))}


# ----------------------------------------------------------------------------------------------- Safes


def safes(**owners: tuple[str, ...]) -> dict[Any, Any]:
    return {signer(name): [signer(owner) for owner in behind] for name, behind in owners.items()}


def codes_on(plan: PolicyPlan, path: str, behind: dict[Any, Any]) -> dict[str, Finding]:
    return {f.code: f for f in lint(plan, safes=behind) if f.path == path}


def test_a_safe_of_one_key_is_whoever_has_the_key() -> None:
    plan = plan_of()
    twice = codes_on(plan, "friends", safes(Carl=("Ana",)))["same-person"]
    assert twice.severity is ERROR and "Ana and Carl on path 'friends' are all Ana" in twice.text
    assert "same-person" not in codes_on(plan, "friends", safes(Carl=("Dora",)))
    both = codes_on(plan, "friends", safes(Carl=("stranger",), Ben=("stranger",)))["same-person"]
    assert str(signer("stranger")) in both.text
    assert "same-person" not in codes_on(plan, "friends", safes(Carl=("stranger",), Ben=("other",)))


def test_who_owns_a_safe_among_others_and_is_a_guardian_too_is_named() -> None:
    plan = plan_of()
    shared = codes_on(plan, "friends", safes(Carl=("Ana", "stranger")))["shared-safe"]
    assert shared.severity is WARNING and "Ana is one of the owners of the Safe Carl and is a guardian" in shared.text
    assert "shared-safe" not in codes_on(plan, "friends", safes(Carl=("Fay", "stranger")))
    two = codes_on(plan, "friends", safes(Carl=("stranger", "one"), Ben=("stranger", "two")))["shared-safe"]
    assert "the Safes Carl and Ben" in two.text or "the Safes Ben and Carl" in two.text


def test_an_owner_behind_a_safe_is_named() -> None:
    shared = codes_on(plan_of(), "friends", safes(Carl=("Phone", "stranger")))["shared-safe"]
    assert "Phone is one of the owners of the Safe Carl and owns the account" in shared.text
    assert "shared-safe" in codes_on(plan_of(), "friends", safes(Carl=("Phone",)))
    twice = codes_on(plan_of(), "friends", safes(Carl=("Phone",), Ben=("Phone",)))["same-person"]
    assert "Ben and Carl on path 'friends' are all Phone" in twice.text


# --------------------------------------------------------------------------------------------- compare


def test_the_same_policy_twice_differs_in_nothing() -> None:
    assert compare({"one": plan_of(), "two": replace(plan_of(), secret=bytes(32))}) == []


def test_who_is_missing_where_is_said() -> None:
    other = plan_of(theft={"who": "Ana Ben Carl", "threshold": 3})
    found = compare({"main": plan_of(), "second": plan_of(), "third": other})
    assert [(f.code, f.severity) for f in found] == [("guardian-missing", WARNING), ("path-differs", NOTE)]
    assert found[0].text == "Fay is a guardian in main and second, but not in third."
    assert "guardians: Ana, Ben, Carl and Fay in main and second, Ana, Ben and Carl in third" in found[1].text


def test_people_are_compared_and_not_what_they_are_called() -> None:
    named = plan_of(persons={"Fay": "Faye Smith"})
    assert [f.code for f in compare({"a": plan_of(), "b": named})] == ["guardian-missing"] * 2 + ["path-differs"]
    renamed = replace(
        named,
        guardians=tuple(replace(g, name="F") if g.name == "Fay" else g for g in named.guardians),
        paths=tuple(
            replace(p, guardians=tuple(("F" if n == "Fay" else n, w) for n, w in p.guardians)) for p in named.paths
        ),
    )
    assert compare({"a": named, "b": renamed}) == []


def test_another_address_of_the_same_person_is_said() -> None:
    plan = plan_of()
    moved = tuple(replace(g, signer=signer("moved")) if g.name == "Ana" else g for g in plan.guardians)
    (only,) = compare({"a": plan, "b": replace(plan, guardians=moved)})
    assert only.code == "guardian-address-differs" and only.severity is WARNING
    assert f"{signer('Ana')} in a; {signer('moved')} in b" in only.text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"delay": 4 * DAY}, "delay: 3 days in a, 4 days in b"),
        ({"window": 7 * DAY}, "window: 30 days in a, 7 days in b"),
        ({"threshold": 3}, "threshold: 2 in a, 3 in b"),
        ({"owner_cancels": False}, "owner_cancels: yes in a, no in b"),
        ({"vetoable": True}, "vetoable: no in a, yes in b"),
        ({"inactivity": 365 * DAY}, "inactivity: none in a, 365 days in b"),
        ({"who": "Ana:2 Ben Carl"}, "guardians: Ana, Ben and Carl in a, Ana (2), Ben (1) and Carl (1) in b"),
        ({"who": "Carl Ben Ana"}, ""),
    ],
)
def test_paths_are_compared_by_what_they_say(change: dict[str, Any], says: str) -> None:
    found = compare({"a": plan_of(), "b": plan_of(friends=change)})
    assert [f.text for f in found] == ([f"Path 'friends' is not the same everywhere: {says}."] if says else [])


def test_a_path_that_is_missing_is_said() -> None:
    found = compare({"a": plan_of(), "b": plan_of("watch")})
    assert [f.text for f in found] == ["Path 'watch' is not the same everywhere: it is missing in b."]


# ------------------------------------------------------------------------------------ margin, sentence


FRIENDS_ONLY = ("theft", "watch", "heir")


@pytest.mark.parametrize(
    ("who", "threshold", "says", "may"),
    [
        (
            "Ana Ben Carl",
            2,
            "Any 2 of Ana, Ben and Carl get you back after 3 days; you can lose any one of them and",
            1,
        ),
        ("Ana Ben Carl", 1, "Any one of Ana, Ben and Carl gets you back after 3 days; you can lose any two of them", 2),
        ("Ana Ben", 2, "Ana and Ben together get you back after 3 days; if you lose any one of them, nobody can.", 0),
        ("Ana", 1, "Ana gets you back after 3 days; if you lose Ana, nobody can.", 0),
        ("Ana:2 Ben:2 Carl:2", 3, "Any 2 of Ana, Ben and Carl get you back after 3 days; you can lose any one of", 1),
        (
            *("Ana:2 Ben Carl", 3),
            "Ana (2 votes), Ben (1 vote) and Carl (1 vote), with 3 votes together, get you back after 3 days; "
            "if you lose Ana, nobody can.",
            0,
        ),
        (
            *("Ana:2 Ben Carl Dora", 3),
            "Ana (2 votes), Ben (1 vote), Carl (1 vote) and Dora (1 vote), with 3 votes together, get you back after 3 "
            "days; you can lose any one of them and still recover.",
            1,
        ),
        ("Ana:2 Phone:5 Ben", 2, "Ana (2 votes) and Ben (1 vote), with 2 votes together, get you back", 0),
        ("Phone Laptop Ana", 2, "Nobody gets you back once your keys are lost.", -1),
        ("ana any", 1, "Any one of ana and any gets you back", 1),
        ("ana", 1, "ana gets you back", 0),
    ],
)
def test_what_a_policy_is_worth_is_one_sentence(who: str, threshold: int, says: str, may: int) -> None:
    plan = plan_of(*FRIENDS_ONLY, "freeze", friends={"who": who, "threshold": threshold})
    assert sentence(plan).startswith(says)
    assert margin(plan) == may


@pytest.mark.parametrize(("people", "says"), [(13, "any twelve of them"), (14, "any 13 of them")])
def test_great_numbers_are_not_spelled_out(people: int, says: str) -> None:
    who = " ".join(f"p{number}" for number in range(people))
    assert says in sentence(plan_of(*FRIENDS_ONLY, friends={"who": who, "threshold": 1}))


def test_the_sentence_speaks_of_people() -> None:
    plan = plan_of(*FRIENDS_ONLY, persons={"Ben": "Ana"})
    assert sentence(plan) == (
        "Ana (2 votes) and Carl (1 vote), with 2 votes together, get you back after 3 days; if you lose Ana, "
        "nobody can."
    )


def test_the_sentence_speaks_of_the_whole_policy() -> None:
    assert sentence(plan_of(friends={"who": "Ana Ben"})) == (
        "Ana and Ben together get you back after 3 days; you can lose any one of Ana, Ben, Carl and Fay and still "
        "recover, more slowly."
    )
    needed = plan_of(friends={"who": "Ana Ben"}, theft={"who": "Ana Ben Fay"})
    assert sentence(needed).endswith("if you lose Ana or Ben, nobody can before you have been silent for 180 days.")
    late = plan_of("friends", "theft")
    assert sentence(late) == (
        "Nobody gets you back before you have been silent for 180 days; then Dora and Eve together get the account "
        "after 30 days."
    )
    assert margin(late) == -1


def test_owners_from_elsewhere_count_as_lost() -> None:
    plan = plan_of(*FRIENDS_ONLY, owners=0)
    assert margin(plan) == 1
    owners = owners_of("Ana")
    assert margin(plan, owners=owners) == 0
    assert sentence(plan, owners).startswith("Ben and Carl together")


def test_who_is_lost_already_is_left_out() -> None:
    plan = plan_of(*FRIENDS_ONLY)
    assert [margin(plan, without) for without in ([], ["Ana"], ["Ana", "Ben"])] == [1, 0, -1]
    with pytest.raises(InvalidInput, match="no guardian 'Bert'. Known are: Ana, Ben"):
        margin(plan, ["Bert"])


# ------------------------------------------------------------------------------------------ properties

PEOPLE = "abcdef"
groups = st.dictionaries(st.sampled_from(PEOPLE), st.integers(1, 4), min_size=1).flatmap(
    lambda votes: st.tuples(st.just(votes), st.integers(1, sum(votes.values())))
)


def subsets(people: Iterable[str]) -> Iterable[tuple[str, ...]]:
    everybody = sorted(people)
    return chain.from_iterable(combinations(everybody, size) for size in range(len(everybody) + 1))


def reaches(group: tuple[dict[str, int], int], people: Iterable[str]) -> bool:
    return sum(group[0].get(person, 0) for person in set(people)) >= group[1]


@given(st.lists(groups, max_size=4))
@settings(max_examples=300, deadline=None)
def test_the_fewest_people_are_those_that_trying_all_finds(some: list[tuple[dict[str, int], int]]) -> None:
    expected = next(
        len(lost) for lost in subsets(PEOPLE) if not any(reaches(group, set(PEOPLE) - set(lost)) for group in some)
    )
    assert fewest(some) == expected


@given(groups, groups)
@settings(max_examples=300, deadline=None)
def test_two_quorums_without_anybody_in_common_are_found_if_there_are_any(
    one: tuple[dict[str, int], int], other: tuple[dict[str, int], int]
) -> None:
    exists = any(reaches(one, left) and reaches(other, set(PEOPLE) - set(left)) for left in subsets(PEOPLE))
    result = disjoint(one, other)
    assert (result is not None) == exists
    if result:
        left, right = result
        assert reaches(one, left) and reaches(other, right) and not set(left) & set(right)
        assert not any(reaches(one, set(left) - {person}) for person in left)


@pytest.mark.parametrize("distinct", [False, True])
def test_the_greatest_policies_take_no_time(distinct: bool) -> None:
    everybody = [f"p{number}" for number in range(64)]
    some = [
        ({everybody[(7 * path + 3 * i) % 64]: (i * 37 + path * 11) % 91 + 1 if distinct else 1 for i in range(32)}, 16)
        for path in range(32)
    ]
    assert 0 < fewest(some) <= 64
    assert disjoint(some[0], some[1])


@st.composite
def plans(draw: st.DrawFn) -> PolicyPlan:
    """Any policy that the model accepts, of up to six people and five paths."""
    names = draw(st.lists(st.sampled_from(["A", "B", "C", "D", "E", "F"]), min_size=1, max_size=6, unique=True))
    paths = []
    for number in range(draw(st.integers(1, 5))):
        right = Right.ROTATE if not number else draw(st.sampled_from(Right))
        members = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        who = tuple((name, draw(st.integers(1, 3))) for name in members)
        threshold = draw(st.integers(1, sum(weight for _, weight in who)))
        rotate, flag = right is Right.ROTATE, st.booleans()
        hours = {Right.ROTATE: 365 * 24, Right.FREEZE: 30 * 24}.get(right)
        paths.append(
            PathPlan(
                *(str(number), right, who, threshold, rotate and draw(flag), rotate and draw(flag)),
                draw(st.sampled_from([0, 7 * DAY, 100 * DAY, 400 * DAY])) if rotate else 0,
                draw(st.integers(HOUR, 365 * DAY)) if rotate else 0,
                draw(st.integers(1, hours)) * HOUR if hours else 0,
            )
        )
    persons = {name: draw(st.sampled_from(["", "A", "Max"])) for name in names}
    guardians = tuple(Guardian(name, signer(name), number, persons[name]) for number, name in enumerate(names, 1))
    keys = tuple((f"key {name}", signer(name)) for name in draw(st.lists(st.sampled_from("ABXY"), unique=True)))
    needed = draw(st.integers(1, len(keys))) if keys else 0
    days = draw(st.integers(1, 90))
    return PolicyPlan(SECRET, days * DAY, guardians, tuple(paths), owner="Max", owners=keys, owners_threshold=needed)


@given(plans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_whatever_the_model_accepts_can_be_judged(plan: PolicyPlan, with_safes: bool) -> None:
    behind = safes(A=("B",), C=("A", "X"), D=("stranger",)) if with_safes else None
    owners: Owners | None = owners_of("A", "B") if with_safes else None
    findings = lint(plan, owners, behind)
    assert len(set(findings)) == len(findings)
    assert all(f.text.endswith(".") and f.fix and f.path in ("", *(p.label for p in plan.paths)) for f in findings)
    assert sentence(plan, owners).endswith(".")
    spare = margin(plan, owners=owners)
    assert -1 <= spare < len({guardian.whose for guardian in plan.guardians})
    assert compare({"a": plan, "b": plan}) == []
