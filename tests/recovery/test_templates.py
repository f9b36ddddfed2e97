"""Policies to begin with: they work once the addresses are in, and say themselves what lint warns of."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import pytest

from recovery import templates
from recovery.cli.plan_file import read_plan
from recovery.errors import InvalidInput
from recovery.lint import Severity, lint, margin, sentence
from recovery.plan import PolicyPlan
from recovery.policy import DAY, Right
from tests.world import person


def filled(name: str) -> str:
    """A template with an address wherever one is missing."""
    numbers = count()
    return re.sub('"0x"', lambda _: f'"{person(f"template {next(numbers)}").address}"', templates.text(name))


def plan_of(name: str) -> PolicyPlan:
    return read_plan(filled(name), f"{name}.yaml")


def test_every_template_is_there_and_no_other() -> None:
    folder = Path(templates.__file__).parent
    assert {path.stem for path in folder.glob("*.yaml")} == set(templates.NAMES)


@pytest.mark.parametrize("name", templates.NAMES)
def test_a_template_says_what_is_still_missing(name: str) -> None:
    lines = templates.text(name).split("\n")
    first = next(number for number, line in enumerate(lines, 1) if '"0x"' in line and not line.startswith("#"))
    with pytest.raises(InvalidInput, match=f"line {first}: the address is still missing"):
        read_plan(templates.text(name), "policy.yaml")


@pytest.mark.parametrize("name", templates.NAMES)
def test_a_template_has_no_errors_and_explains_its_warnings(name: str) -> None:
    findings = lint(plan_of(name))
    assert not [f for f in findings if f.severity is Severity.ERROR]
    explained = re.findall(r"\(lint will warn: ([a-z-]+)\)", templates.text(name))
    assert set(explained) == {f.code for f in findings if f.severity is Severity.WARNING}


@pytest.mark.parametrize("name", templates.NAMES)
def test_a_template_can_be_read_on_any_screen(name: str) -> None:
    text = templates.text(name)
    assert all(len(line) <= 80 and line == line.rstrip() for line in text.split("\n"))
    assert "recovery policy new policy.yaml" in text


@pytest.mark.parametrize("name", templates.NAMES)
def test_a_template_stands_up_to_loss_and_theft(name: str) -> None:
    """Whatever else it has: one person may be lost, a thief cannot cancel everything, and spending can be stopped."""
    plan = plan_of(name)
    assert plan.owner and plan.first_owners
    assert margin(plan) >= 1
    sure = [path for path in plan.paths if path.right is Right.ROTATE and not path.owner_cancels]
    fastest = min(path.delay for path in sure)
    assert any(not path.vetoable for path in sure)
    assert plan.change_delay >= fastest + 3 * DAY
    assert any(path.right is Right.FREEZE and path.window >= fastest + 3 * DAY for path in plan.paths)


def test_the_family_replaces_either_key_with_the_other_and_a_friend() -> None:
    plan = plan_of("family")
    assert (plan.owner, plan.owners_threshold, [name for name, _ in plan.owners]) == ("Max", 2, ["Phone", "Laptop"])
    phone, laptop, friends, theft, freeze, watch, heir = plan.paths
    for path, key in ((phone, "Laptop"), (laptop, "Phone")):
        votes = dict(path.guardians)
        assert votes.pop(key) + min(votes.values()) >= path.threshold > max(sum(votes.values()), 3)
        assert not {"Phone", "Laptop"} & set(votes)
    assert [path.right for path in (friends, theft, heir)] == [Right.ROTATE] * 3
    assert (freeze.right, freeze.threshold, watch.right) == (Right.FREEZE, 1, Right.VETO)
    assert heir.inactivity == 365 * DAY
    assert sentence(plan) == (
        "Any 2 of Ana, Ben and Carl get you back after 3 days; you can lose any one of them and still recover."
    )


def test_heirs_never_get_in_before_a_year_and_friends_can_stop_them() -> None:
    plan = plan_of("inheritance")
    heirs = [path for path in plan.paths if {"Dora", "Emil"} & {name for name, _ in path.guardians}]
    assert [path.label for path in heirs] == ["heirs", "children"]
    assert all(path.inactivity >= 365 * DAY and path.vetoable for path in heirs)


def test_no_officer_is_needed_to_take_the_keys_from_officers() -> None:
    plan = plan_of("organisation")
    keys = {name for name, _ in plan.owners}
    assert not keys & {guardian.name for guardian in plan.guardians}
    assert margin(plan) == 2
