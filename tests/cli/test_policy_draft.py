"""Names are put into a template, and everything else stays as written."""

from __future__ import annotations

import pytest

from recovery import templates
from recovery.cli.plan_file import read_plan
from recovery.cli.policy_draft import Draft, threshold
from recovery.plan import PolicyPlan
from tests.world import person


def named(template: str, owner: str = "Max", names: tuple[str, ...] = ()) -> Draft:
    """A template with everybody in place; guardians by these names, as far as there are some."""
    draft = Draft.of(templates.text(template), owner)
    for place in draft.places("owners"):
        draft = draft.filled(place.name, place.name, person(place.name).address)
    for number, place in enumerate(draft.places("guardians")):
        name = names[number] if number < len(names) else f"G {number}"
        draft = draft.filled(place.name, name, person(name).address)
    return draft


def plan(draft: Draft) -> PolicyPlan:
    return read_plan(draft.text, "policy.yaml", bytes(32))


def members(draft: Draft, label: str) -> tuple[list[str], int]:
    path = next(path for path in plan(draft).paths if path.label == label)
    return [name for name, _ in path.guardians], path.threshold


@pytest.mark.parametrize("template", templates.NAMES)
def test_every_template_can_be_filled(template: str) -> None:
    draft = named(template)
    assert draft.places("owners") == draft.places("guardians") == []
    before, after = templates.text(template).split("\n"), draft.text.split("\n")
    assert len(before) == len(after)
    assert [line for line in before if line.lstrip().startswith("#")] == [
        line for line in after if line.lstrip().startswith("#")
    ]
    assert plan(draft).owner == "Max"


def test_names_may_be_what_people_are_called() -> None:
    names = ("O'Brien, Ana", 'Ben "B"', "yes", "Ольга: # 1")
    draft = named("family", '"Max": {', names)
    assert [guardian.name for guardian in plan(draft).guardians if guardian.name in names] == list(names)
    assert members(draft, "friends")[0] == list(names[:3])


def test_a_guardian_may_be_called_like_somebody_in_the_template() -> None:
    assert members(named("family", names=("Dora", "Carl", "Ana")), "friends")[0] == ["Dora", "Carl", "Ana"]


def test_who_is_dropped_leaves_every_path_and_takes_an_empty_one_along() -> None:
    draft = Draft.of(templates.text("family"), "Max")
    for number in (1, 2, 3):
        draft = draft.filled(f"guardian {number}", f"G{number}", person(f"G{number}").address)
    for place in draft.places("owners"):
        draft = draft.filled(place.name, place.name, person(place.name).address)
    draft = draft.dropped("guardian 4")
    assert [path.label for path in plan(draft).paths if path.label == "heir"] == []
    assert "silent for a year" not in draft.text
    assert members(draft.dropped("G3"), "theft") == (["G1", "G2"], 2)


def test_who_joins_stands_wherever_another_stands() -> None:
    draft = named("family")
    for number, (friends, theft) in enumerate([(3, 3), (3, 4), (4, 5), (4, 6)], 4):
        name = f"more {number}"
        draft = Draft.read(draft.joined("G 2", name, person(name).address).text, templates.text("family"))
        assert (members(draft, "friends")[1], members(draft, "theft")[1]) == (friends, theft)
        assert len(members(draft, "friends")[0]) == number
        assert members(draft, "freeze")[1] == 1 and members(draft, "heir")[0] == ["G 3"]
    device = next(path for path in plan(draft).paths if path.label == "lost-phone")
    assert dict(device.guardians)["more 4"] == 1 and (dict(device.guardians)["Laptop"], device.threshold) == (7, 8)
    friends = [votes for name, votes in device.guardians if name != "Laptop"]
    assert sum(friends) < device.threshold <= 7 + min(friends), "one friend is enough with the key, never without it"


@pytest.mark.parametrize(
    ("votes", "before", "after", "expected"),
    [(2, 3, 3, 2), (2, 3, 5, 3), (2, 3, 2, 2), (3, 3, 3, 3), (3, 3, 2, 2), (3, 3, 4, 3), (3, 3, 5, 4), (1, 3, 7, 1)]
    + [(2, 5, 7, 2), (3, 5, 7, 4), (2, 2, 1, 1), (1, 1, 2, 1), (2, 4, 1, 1)],
)
def test_a_threshold_goes_on_meaning_the_same(votes: int, before: int, after: int, expected: int) -> None:
    assert threshold(votes, before, after) == expected
