from __future__ import annotations

import json
import stat

import pytest

from recovery import templates
from recovery.cli.plan_file import read_plan
from recovery.errors import InvalidInput
from recovery.plan import PolicyPlan
from tests.cli.conftest import POLICY, Console, Setting
from tests.world import owners_of, person, signer

ADDRESSES = {name: person(name).address for name in ("ana", "ben", "carl", "dora")}


def text(old: str = "", new: str = "") -> str:
    good = POLICY.format(**ADDRESSES)
    assert old in good
    return good.replace(old, new, 1)


@pytest.mark.parametrize("name", templates.NAMES)
def test_a_template_is_printed_and_says_what_is_still_missing(console: Console, name: str) -> None:
    template = console.run("policy", "new", "--template", name).out
    assert template == templates.text(name)
    (console.home / "mine.yaml").write_text(template)
    console.refuses("policy", "new", "mine.yaml", because="the address is still missing", code=2)


def test_only_one_of_the_templates_is_printed(console: Console) -> None:
    console.refuses("policy", "new", "--template", "pirates", because="'family', 'solo'", code=2)
    console.refuses("policy", "new", "policy.yaml", "--template", "solo", because="not both", code=2)


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


def test_what_there_is_to_think_about_is_said(console: Console) -> None:
    said = console.run("policy", "new", "policy.yaml").words
    assert (
        "Any 2 of Ana, Ben and Carl get you back after 3 days; you can lose any one of them and still recover." in said
    )
    assert "Warning (freeze-too-short): The freeze of path 'freeze' lasts 7 days." in said
    assert "Fix: Let it last 10 days or more." in said and "Note (alone): Once you have been silent" in said


def test_what_would_lock_an_owner_out_is_not_written_unless_it_is_wanted(console: Console) -> None:
    content = text("[Ana, Ben, Carl]\n    threshold: 2", "[Ana, Ben, Carl]\n    threshold: 1")
    (console.home / "alone.yaml").write_text(content.replace("owner_cancels: yes", "owner_cancels: no", 1))
    new = ("policy", "new", "alone.yaml", "-o", "alone.json")
    console.refuses(*new, because="Error: 3 errors in the policy: alone. Nothing was written.")
    console.refuses(*new, because="Error (alone): Ana alone can take over the account on path 'friends' after 3 days")
    said = console.run(*new, "--despite-errors").words
    assert "Error (alone): Ana alone" in said and "Written to alone.json" in said
    assert PolicyPlan.loads((console.home / "alone.json").read_text()).paths[0].threshold == 1


def test_a_warning_does_not_keep_a_policy_from_being_written(console: Console) -> None:
    (console.home / "thief.yaml").write_text(text("owner_cancels: no", "owner_cancels: yes"))
    said = console.run("policy", "new", "thief.yaml", "-o", "thief.json").words
    assert "Warning (no-theft-path)" in said and (console.home / "thief.json").exists()


# ------------------------------------------------------------------------------------- owners, persons

OWNERS = """\
owner: Max Martins
owners:
  keys:
    Phone: {phone}
    Laptop: {laptop}
  threshold: 2
"""
ADDRESSES |= {name: person(name).address for name in ("phone", "laptop")}


def owned(old: str = "", new: str = "") -> str:
    good = (OWNERS + POLICY).format(**ADDRESSES).replace("[Ana, Ben, Carl]", "[Ana, Ben, Phone]", 1)
    assert old in good
    return good.replace(old, new, 1)


def test_owners_stand_in_the_policy_and_their_keys_may_be_guardians() -> None:
    plan = read_plan(owned(), "p.yaml")
    assert plan.owner == "Max Martins"
    assert plan.first_owners == owners_of("phone", "laptop", threshold=2)
    assert [name for name, _ in plan.owners] == ["Phone", "Laptop"]
    assert [(g.name, g.number) for g in plan.guardians] == [
        *(("Ana", 1), ("Ben", 2), ("Carl", 3), ("Dora", 4)),
        ("Phone", 5),
    ]
    assert plan.guardian("Phone").signer == signer("phone")
    assert PolicyPlan.loads(plan.dumps()) == plan


def test_a_policy_need_not_say_who_owns_the_account() -> None:
    plan = read_plan(text(), "p.yaml")
    assert (plan.owner, plan.owners, plan.first_owners) == ("", (), None)


def test_an_owners_key_that_stays_a_guardian_keeps_its_place() -> None:
    earlier = read_plan(owned(), "p.yaml")
    later = read_plan(owned("  Carl: ", "  Karl: ").replace("Carl", "Karl"), "p.yaml", earlier=earlier)
    assert later.guardian("Phone") == earlier.guardian("Phone")
    assert later.guardian("Karl").number == 6 and later.secret == earlier.secret


def test_a_guardian_may_say_whose_it_is() -> None:
    address = ADDRESSES["ben"]
    plan = read_plan(text(f"Ben: {address}", f"Ben: {{signer: {address}, person: Ana}}"), "p.yaml")
    assert (plan.guardian("Ben").signer, plan.guardian("Ben").whose) == (signer("ben"), "Ana")
    alone = read_plan(text(f"Ben: {address}", f"Ben: {{signer: {address}}}"), "p.yaml")
    assert alone.guardian("Ben").whose == "Ben"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("owner: Max Martins", "owner: [Max]", 1, "a single value"),
        ("owner: Max Martins", 'owner: ""', 1, "a name is one line"),
        ("  keys:", "  quays:", 3, "'owners' has no 'quays'"),
        ("  threshold: 2\n", "", 3, "'owners' needs 'threshold'"),
        ("  threshold: 2", "  threshold: 3", 6, "3 of 2 owners cannot sign"),
        ("  threshold: 2", "  threshold: 0", 6, "0 of 2 owners cannot sign"),
        ("  threshold: 2", "  threshold: both", 6, "a whole number"),
        (ADDRESSES["phone"], '"0x"', 4, "still missing"),
        (ADDRESSES["phone"], "max.eth", 4, "is not an address"),
        (ADDRESSES["laptop"], ADDRESSES["phone"], 5, "Laptop and Phone have the same address"),
        ("    Laptop:", "    Phone:", 5, "'Phone' stands twice"),
        ("    Laptop:", '    "Phone ":', 5, "'Phone' stands twice"),
        ("  Ana: ", "  Phone: ", 9, "Phone stands under 'owners' already"),
        (ADDRESSES["ana"], ADDRESSES["phone"], 9, "Ana and Phone have the same address"),
        ("Phone]", "Tablet]", 16, "nor a key under 'owners'. There: Ana, Ben, Carl, Dora, Phone, Laptop."),
        (ADDRESSES["ben"], "{person: Ana}", 10, "guardian Ben needs 'signer'"),
        (ADDRESSES["ben"], "{signer: " + ADDRESSES["ben"] + ", card: ben.json}", 10, "guardian Ben has no 'card'"),
        (ADDRESSES["ben"], "{signer: " + ADDRESSES["ben"] + ', person: ""}', 10, "a name is one line"),
        (ADDRESSES["ben"], "{signer: " + ADDRESSES["ana"] + "}", 10, "Ben and Ana have the same address"),
        (ADDRESSES["ben"], "[" + ADDRESSES["ben"] + "]", 10, "a single value"),
    ],
)
def test_every_mistake_about_owners_and_persons_is_named_with_its_line(
    old: str, new: str, line: int, reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_plan(owned(old, new), "p.yaml")
    assert caught.value.message.startswith(f"p.yaml, line {line}: "), caught.value.message
    assert reason in caught.value.message


def test_a_name_has_60_characters_at_most() -> None:
    assert read_plan(owned("Max Martins", "M" * 60), "p.yaml").owner == "M" * 60
    with pytest.raises(InvalidInput, match="line 1: a name is one line of 1 to 60 characters"):
        read_plan(owned("Max Martins", "M" * 61), "p.yaml")


def test_no_keys_are_no_owners() -> None:
    empty = owned().replace(f"keys:\n    Phone: {ADDRESSES['phone']}\n    Laptop: {ADDRESSES['laptop']}", "keys: {}")
    with pytest.raises(InvalidInput, match="line 3: An account has 1 to 32 owners, not 0"):
        read_plan(empty, "p.yaml")


def test_owners_and_persons_are_shown(console: Console) -> None:
    address = ADDRESSES["ben"]
    (console.home / "owned.yaml").write_text(owned(f"Ben: {address}", f"Ben: {{signer: {address}, person: Benjamin}}"))
    said = console.run("policy", "new", "owned.yaml", "-o", "owned.json").words
    assert "recovery wallet create --policy owned.json --account KEY" in said  # the policy knows the owners
    shown = console.run("policy", "show", "owned.json").words
    assert "Owner Max Martins" in shown and f"Phone {ADDRESSES['phone']}" in shown
    assert "2 of these 2 keys have to sign at first" in shown and f"Ben {address} (Benjamin)" in shown
    data = json.loads(console.run("policy", "show", "owned.json", "--json").out)
    assert (data["owner"], data["ownersThreshold"]) == ("Max Martins", 2)
    assert data["owners"][1] == {"name": "Laptop", "signer": ADDRESSES["laptop"]}
    assert data["guardians"][1] == {"name": "Ben", "signer": address, "person": "Benjamin"}


# -------------------------------------------------------------------------------------------- showing


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
