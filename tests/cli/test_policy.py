from __future__ import annotations

import json
import re
import stat

import pytest

from recovery.cli.plan_file import EXAMPLE, read_plan
from recovery.errors import InvalidInput
from recovery.plan import PolicyPlan
from recovery.policy import DAY, Right
from tests.cli.conftest import POLICY, Console, Setting
from tests.world import person

ADDRESSES = {name: person(name).address for name in ("ana", "ben", "carl", "dora")}


def text(old: str = "", new: str = "") -> str:
    good = POLICY.format(**ADDRESSES)
    assert old in good
    return good.replace(old, new, 1)


def filled_example() -> str:
    result = EXAMPLE
    for name, address in ADDRESSES.items():
        result, count = re.subn(rf'({name.title()}: +)"0x"', rf"\g<1>{address}", result)
        assert count == 1
    return result


def test_the_example_works_once_addresses_are_in() -> None:
    plan = read_plan(filled_example(), "policy.yaml")
    assert [path.label for path in plan.paths] == ["friends", "theft", "freeze", "heir"]
    friends, theft, freeze, heir = plan.policy.paths
    assert (friends.threshold, friends.delay, friends.owner_cancels) == (2, 3 * DAY, True)
    assert (theft.delay, theft.owner_cancels) == (7 * DAY, False)
    assert (freeze.right, freeze.threshold) == (Right.FREEZE, 1)
    assert (heir.inactivity, len(heir.members)) == (365 * DAY, 1)


def test_the_example_says_what_is_still_missing(console: Console) -> None:
    example = console.run("policy", "new", "--example").out
    assert example == EXAMPLE
    (console.home / "example.yaml").write_text(example)
    console.refuses("policy", "new", "example.yaml", because="line 17: the address is still missing", code=2)


def test_a_policy_is_written_for_its_owner_alone(console: Console) -> None:
    said = console.run("policy", "new", "policy.yaml", "-o", "mine.json").words
    path = console.home / "mine.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    plan = PolicyPlan.loads(path.read_text())
    assert plan.paths[1].guardians == (("Ana", 1), ("Ben", 1), ("Carl", 2))
    assert "Any 2 of Ana, Ben and Carl replace the owners after 3 days; the owner can cancel." in said
    assert "Ana (1 vote), Ben (1 vote) and Carl (2 votes), with 3 votes together, replace" in said
    assert "Any one of Ana, Ben and Carl freezes the account at once, for 7 days." in said
    assert "Once the owner has been silent for 365 days, Dora replaces the owners after 30 days" in said
    assert all(len(line) <= 80 or "recovery wallet create" in line for line in console.said[-2].split("\n"))


def test_two_policies_of_the_same_text_have_nothing_in_common(console: Console) -> None:
    console.run("policy", "new", "policy.yaml", "-o", "one.json")
    console.run("policy", "new", "policy.yaml", "-o", "two.json")
    one, two = (PolicyPlan.loads((console.home / f"{n}.json").read_text()) for n in ("one", "two"))
    assert one.secret != two.secret
    assert not set(one.policy.paths[0].members) & set(two.policy.paths[0].members)


def test_nothing_is_overwritten(console: Console) -> None:
    console.run("policy", "new", "policy.yaml")
    console.refuses("policy", "new", "policy.yaml", because="policy.json exists already", code=2)


def test_a_policy_needs_a_file(console: Console) -> None:
    console.refuses("policy", "new", because="Name the YAML file", code=2)
    console.refuses("policy", "new", "nothing.yaml", because="cannot be read: No such file", code=2)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("change_delay:", "delay:", 1, "the policy has no 'delay'"),
        ("change_delay: 7 days\n", "", 1, "the policy needs 'change_delay'"),
        ("7 days", "7", 1, "is not a length of time"),
        ("7 days", "7 moons", 1, "is not a length of time"),
        ("7 days", "100 days", 1, "1 to 90 whole days"),
        ("7 days", "[7]", 1, "is not a length of time"),
        (ADDRESSES["ana"], "ana.eth", 3, "is not an address"),
        (ADDRESSES["ana"], '"0x"', 3, "still missing"),
        (ADDRESSES["ana"], ADDRESSES["ana"][:-1], 3, "is not an address"),
        (ADDRESSES["ana"], ADDRESSES["ana"].swapcase().replace("0X", "0x"), 3, "wrong checksum"),
        (ADDRESSES["ana"], "0x" + "0" * 40, 3, "zero address"),
        (ADDRESSES["ben"], ADDRESSES["ana"], 4, "Ben and Ana have the same address"),
        ("  Ben:", "  Ana:", 4, "'Ana' stands twice"),
        ("right: rotate", "right: spend", 9, "one of rotate, freeze, veto"),
        ("    right: rotate\n", "", 8, "'right' is missing"),
        ("    right: rotate\n", "    right: rotate\n    colour: red\n", 10, "has no 'colour'"),
        ("[Ana, Ben, Carl]", "[Ana, Bert]", 10, "'Bert' is not under 'guardians'"),
        ("[Ana, Ben, Carl]", "[Ana, Ana]", 10, "Ana stands twice"),
        ("[Ana, Ben, Carl]", "[]", 10, "at least one"),
        ("[Ana, Ben, Carl]", "Ana", 10, "should be a list"),
        ("threshold: 2", "threshold: 4", 8, "more than the 3 that its guardians have"),
        ("threshold: 2", "threshold: 0", 8, "anybody could act"),
        ("threshold: 2", "threshold: two", 11, "a whole number"),
        ("threshold: 2", "threshold: -1", 11, "a whole number"),
        ("delay: 3 days", "delay: 10 minutes", 8, "1 hour to 365 days"),
        ("window: 30 days", "window: 90 minutes", 8, "whole hours"),
        ("owner_cancels: yes", "owner_cancels: maybe", 14, "yes or no"),
        ("    owner_cancels: yes\n", "", 8, "needs 'owner_cancels'"),
        ("{Ana: 1,", "{Ana: 0,", 15, "at least 1"),
        ("    window: 7 days", "    window: 7 days\n    delay: 1 day", 27, "has no 'delay'"),
        ("inactivity: 1 year", "inactivity: 6 days", 27, "at least 7 days"),
        ("name: theft", "name: friends", 1, "Path friends stands twice"),
        ("  Dora:", "  Eve: 0x" + "12" * 20 + "\n  Dora:", 6, "Eve stands in no path"),
        ("[Ana, Ben, Carl]", "[Ana, Ben, Carl", 11, "this is not YAML"),
        ("change_delay", "\tchange_delay", 1, "this is not YAML"),
    ],
)
def test_every_mistake_is_named_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_plan(text(old, new), "p.yaml")
    assert caught.value.message.startswith(f"p.yaml, line {line}: ")
    assert reason in caught.value.message


@pytest.mark.parametrize("content", ["", "# nothing", "a", "[]", "- a", "1", "a: &a [*a]", "{[]: 1}", "? [a]\n: b"])
def test_other_yaml_is_refused(content: str) -> None:
    with pytest.raises(InvalidInput, match=r"p\.yaml"):
        read_plan(content, "p.yaml")


def test_yaml_never_makes_objects() -> None:
    with pytest.raises(InvalidInput):
        read_plan("change_delay: !!python/object/apply:os.getcwd []", "p.yaml")


def test_nobody_is_told_to_trust_one_guardian_blindly(console: Console) -> None:
    content = text("[Ana, Ben, Carl]\n    threshold: 2", "[Ana, Ben, Carl]\n    threshold: 1")
    (console.home / "alone.yaml").write_text(content.replace("owner_cancels: yes", "owner_cancels: no", 1))
    said = console.run("policy", "new", "alone.yaml", "-o", "alone.json").words
    assert "On path 'friends' Ana alone can take the account over, and you cannot cancel it." in said
    (console.home / "thief.yaml").write_text(text("owner_cancels: no", "owner_cancels: yes"))
    assert "so can a thief with your key" in console.run("policy", "new", "thief.yaml", "-o", "thief.json").words


def test_a_policy_file_and_a_kit_are_shown_in_words_and_as_json(console: Console, setting: Setting) -> None:
    shown = console.run("policy", "show", "policy.json").words
    assert person("dora").address in shown and "Any 2 of Ana, Ben and Carl" in shown
    data = json.loads(console.run("policy", "show", "policy.json", "--json").out)
    assert data["policyHash"] == "0x" + setting.plan.policy.hash.hex()
    assert data["paths"][1]["guardians"][2] == {"name": "Carl", "weight": 2}
    kit = console.run("policy", "show", "kits/kit-carl.json").words
    assert setting.wallet in kit and "Carl is one of them, with 2 votes." in kit
    assert person("ana").address not in kit
    data = json.loads(console.run("policy", "show", "kits/kit-carl.json", "--json").out)
    assert data["account"] == setting.wallet
    assert [path["weight"] for path in data["paths"]] == [1, 2, 1, 0]


def test_an_altered_file_is_not_shown(console: Console, policy: PolicyPlan) -> None:
    path = console.home / "policy.json"
    path.write_text(path.read_text().replace('"threshold": 2', '"threshold": 1'))
    console.refuses("policy", "show", "policy.json", because="altered or cut off", code=2)
    path.write_text("{}")
    console.refuses("policy", "show", "policy.json", because="is not an owner's policy file", code=2)
