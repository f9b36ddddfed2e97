"""`recovery backup odds`: a placement and a policy's guardians, in words, for programs and as pictures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recovery.cli.odds_report import chance
from recovery.cli.placement_file import parse_chance, parse_years, read_placement
from recovery.errors import InvalidInput
from recovery.plan import PolicyPlan
from tests.cli.conftest import Console

ODDS = ("backup", "odds")
PLAIN = """\
years: 1
checked: 1 year
threshold: 2
shares:
  Steel: {lost: 10%, stolen: 2%}
  Sheet: {lost: 0.1, stolen: "1 in 50"}
  Box: {lost: 10 %, stolen: 0.02}
"""


def placement(console: Console, *changes: tuple[str, str], text: str = PLAIN) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (console.home / "placement.yaml").write_text(text)
    return "placement.yaml"


def data(console: Console, *arguments: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(console.run(*ODDS, *arguments, "--json", code=code).out)
    return found


def test_what_a_backup_is_worth_is_said_first_and_then_for_every_threshold(console: Console) -> None:
    said = console.run(*ODDS, placement(console))
    assert said.words.startswith(
        "Within 1 year (losses made good every year, never a fresh set): the backup is lost for good with a chance of "
        "2.8%, and stolen with a chance of 1 in 840."
    )
    assert [line.split() for line in said.out.split("\n") if " of 3 " in line] == [
        ["1", "of", "3", "1", "in", "1,000", "5.9%"],
        [">", "2", "of", "3", "2.8%", "1", "in", "840"],
        ["3", "of", "3", "27%", "1", "in", "120,000"],
    ]
    assert all(len(line) <= 80 for line in said.out.split("\n"))


def test_programs_get_all_digits_and_everything_that_went_in(console: Console) -> None:
    found = data(console, placement(console))
    backup = found["backup"]
    assert (found["years"], found["checkedEvery"], found["renewedEvery"]) == (1, 1, None)
    assert backup["loss"] == pytest.approx(3 * 0.1**2 * 0.9 + 0.1**3, rel=1e-12)
    assert backup["theft"] == pytest.approx(3 * 0.02**2 * 0.98 + 0.02**3, rel=1e-12)
    assert [(row["threshold"], row["total"], row["chosen"]) for row in backup["thresholds"]] == [
        (1, 3, False),
        (2, 3, True),
        (3, 3, False),
    ]
    assert backup["thresholds"][1]["loss"] == backup["loss"]
    assert [holder["name"] for holder in backup["holders"]] == ["Steel", "Sheet", "Box"]
    assert "guardians" not in found


def test_assumptions_are_called_assumptions(console: Console) -> None:
    said = console.run(
        *ODDS,
        placement(
            console, ("Steel: {", "Steel: {kind: steel, place: Home, "), ("lost: 10%, stolen: 2%", "region: Faro")
        ),
    )
    assert "lost 1%, stolen 0.5% (as usual for steel)" in said.words
    assert "Home (place) lost 0.3%, stolen 1% (as usual for a place)" in said.words
    assert "Where you give no chances these are assumptions, measured by nobody" in said.words
    assert "Sheet lost 10%, stolen 2% Box" in said.words  # given, and so not as usual


def test_the_example_is_read_and_has_no_errors(console: Console) -> None:
    text = console.run(*ODDS, "--example").out
    (console.home / "example.yaml").write_text(text)
    found = data(console, "example.yaml")
    assert {finding["severity"] for finding in found["backup"]["findings"]} <= {"warning", "note"}
    assert [copy["name"] for copy in found["backup"]["passphrase"]] == ["By heart", "Ben's envelope"]
    # What it says about groups is right as well.
    grouped = text.replace("threshold: 2", "groups: {family: 2, friends: 1}\ngroup_threshold: 1", 1)
    grouped = grouped.replace("    kind: steel", "    kind: steel\n    group: family")
    grouped = grouped.replace("    lost: 2%", "    lost: 2%\n    group: family")
    grouped = grouped.replace("    kind: bank", "    kind: bank\n    group: friends")
    (console.home / "grouped.yaml").write_text(grouped)
    rows = data(console, "grouped.yaml", code=0)["backup"]["thresholds"]
    assert [row["of"] for row in rows] == ["groups", "groups", "family", "family", "friends"]
    said = console.run(*ODDS, "grouped.yaml").words
    assert "Number of groups: Needed" in said and "Group family: Needed" in said


def test_options_come_before_what_the_file_says(console: Console) -> None:
    file = placement(console)
    ten = data(console, file, "--years", "10", "--renewed", "2 years", "--checked", "never")
    assert (ten["years"], ten["checkedEvery"], ten["renewedEvery"]) == (10, None, 2)
    assert ten["backup"]["loss"] > data(console, file)["backup"]["loss"]
    assert data(console, file, "--years", "0.5")["backup"]["loss"] < 0.028


def test_a_file_with_no_time_at_all_is_refused(console: Console) -> None:
    console.refuses(*ODDS, placement(console, ("years: 1\n", "years: 0\n")), because="more than 0 and at", code=2)
    assert data(console, placement(console, ("checked: 1 year", "checked: never")))["checkedEvery"] is None


def test_the_default_is_ten_years(console: Console) -> None:
    assert data(console, placement(console, ("years: 1\n", "")))["years"] == 10


def test_an_error_is_a_failure_and_a_warning_is_not(console: Console) -> None:
    one = placement(console, ("threshold: 2", "threshold: 1"))
    console.refuses(*ODDS, one, because="Error (threshold-one): One share is enough")
    console.refuses(*ODDS, one, because="Error: 1 error in the placement: threshold-one. See above.")
    assert data(console, one, code=1)["backup"]["findings"][0]["code"] == "threshold-one"
    three = data(console, placement(console, ("threshold: 2", "threshold: 3")))
    assert [finding["severity"] for finding in three["backup"]["findings"]] == ["warning"]


# ------------------------------------------------------------------------------------------------ pictures


@pytest.mark.parametrize(("name", "start"), [("odds.svg", b"<?xml"), ("odds.PNG", b"\x89PNG")])
def test_a_picture_is_drawn(console: Console, name: str, start: bytes) -> None:
    said = console.run(*ODDS, placement(console), "--plot", name)
    assert f"Drawn in {name}." in said.words
    assert (console.home / name).read_bytes().startswith(start)


def test_a_picture_goes_with_json(console: Console) -> None:
    assert data(console, placement(console), "--plot", "odds.svg")["backup"]
    assert (console.home / "odds.svg").exists()


def test_other_pictures_are_refused_and_nothing_is_overwritten(console: Console) -> None:
    file = placement(console)
    console.refuses(*ODDS, file, "--plot", "odds.pdf", because="let the name end with .svg or .png", code=2)
    (console.home / "odds.svg").write_text("mine")
    console.refuses(*ODDS, file, "--plot", "odds.svg", because="odds.svg exists already", code=2)


# ----------------------------------------------------------------------------------------------- guardians


def test_guardians_of_a_policy(console: Console, policy: PolicyPlan) -> None:
    chances = [f"--lost={name}=10%" for name in ("Ana", "Ben", "Carl", "Dora")]
    chances += [f"--stolen={name}=0.02" for name in ("Ana", "Ben", "Carl", "Dora")]
    found = data(console, "--policy", "policy.json", "--years", "1", *chances)
    guardians = found["guardians"]
    assert "backup" not in found
    # Any two of Ana, Ben and Carl: whoever reaches the path `theft`, reaches `friends` as well.
    assert guardians["loss"] == pytest.approx(0.028, rel=1e-9)
    assert guardians["lossAfterSilence"] == pytest.approx(0.028 * 0.1, rel=1e-9)
    assert guardians["theft"] == pytest.approx(0.001184, rel=1e-9)
    assert {row["of"] for row in guardians["thresholds"]} == {"friends", "theft", "heir"}
    said = console.run(*ODDS, "--policy", "policy.yaml", "--years", "1", *chances).words
    assert "guardians can no longer recover the account with a chance of 2.8%, and can be taken over with a" in said
    assert "With the paths that wait for your silence: 1 in 360, and" in said
    assert "Path friends alone: Needed All lost Taken over" in said


def test_shares_and_votes_together(console: Console, policy: PolicyPlan) -> None:
    file = placement(
        console,
        ("Sheet: {", "Sheet: {person: Ana, "),
        text=PLAIN + "guardians:\n  Ana: {lost: 50%, vendor: Acme}\n  Ben: {vendor: Acme}\n"
        "causes:\n  vendors:\n    Acme: {lost: 1%, stolen: 3%}\n",
    )
    found = data(console, file, "--policy", "policy.json", "--plot", "both.svg")
    assert "holder-is-guardian" in [finding["code"] for finding in found["backup"]["findings"]]
    people = {person["name"]: person for person in found["guardians"]["people"]}
    assert people["Ana"]["lost"] == 0.5 and people["Ben"]["vendor"] == "Acme" and people["Dora"]["vendor"] == ""
    assert found["guardians"]["causes"] == [{"sort": "vendor", "name": "Acme", "lost": 0.01, "stolen": 0.03}]
    assert "same-vendor" in [finding["code"] for finding in found["guardians"]["findings"]]
    assert found["guardians"]["theft"] > data(console, "--policy", "policy.json")["guardians"]["theft"]
    # The options come last.
    assert data(console, file, "--policy", "policy.json", "--lost", "Ana=1%")["guardians"]["people"][0]["lost"] == 0.01


def test_a_file_may_name_guardians_alone(console: Console, policy: PolicyPlan) -> None:
    only = placement(console, text="years: 3\nguardians: [Ana, Ben]\n")
    assert data(console, only, "--policy", "policy.json")["years"] == 3
    console.refuses(*ODDS, only, because="has guardians and no shares. Give their policy", code=2)
    strange = placement(console, text="guardians: {Zoe: {lost: 1%}}\n")
    console.refuses(*ODDS, strange, "--policy", "policy.json", because="'Zoe' is no guardian in the policy", code=2)


@pytest.mark.parametrize(
    ("options", "because"),
    [
        (["--lost", "Zoe=1%"], "--lost: 'Zoe' is no guardian in the policy. There: Ana, Ben, Carl, Dora."),
        (["--lost", "Ana"], "write a guardian's name and a chance, as Ana=3%"),
        (["--stolen", "Ana=3"], "--stolen Ana: 3 is more than certain. If you mean 3%, write the sign."),
        (["--stolen", "Ana=3%", "--stolen", "Ana=4%"], "--stolen: Ana is named twice"),
        (["--years", "0"], "more than 0 and at most 1000 years"),
        (["--years", "soon"], "--years: 'soon' is not a length of time"),
        (["--checked", "0"], "--checked: that is no time at all"),
        (["--renewed", "1 hour"], "it takes a day at least"),
    ],
)
def test_options_that_cannot_be_are_refused(
    console: Console, policy: PolicyPlan, options: list[str], because: str
) -> None:
    console.refuses(*ODDS, "--policy", "policy.json", *options, because=because, code=2)


def test_without_anything_to_look_at_it_says_what_to_give(console: Console) -> None:
    console.refuses(*ODDS, because="Name a placement, or --policy", code=2)
    console.refuses(*ODDS, placement(console), "--lost", "Ana=1%", because="give --policy", code=2)
    console.refuses(*ODDS, placement(console), "--example", because="Give --example alone", code=2)
    console.refuses(*ODDS, "nothing.yaml", because="nothing.yaml", code=2)


# ---------------------------------------------------------------------------------------------------- file


@pytest.mark.parametrize(
    ("old", "new", "line", "because"),
    [
        ("years: 1", "years: soon", 1, "is not a length of time"),
        ("checked: 1 year", "checked: 0", 2, "no time at all"),
        ("checked", "chekced", 2, "the placement has no 'chekced'. Possible are: owner, home"),
        ("threshold: 2", "threshold: 4", 3, "The placement needs 4 of 3 shares"),
        ("threshold: 2", "threshold: two", 3, "a whole number is needed here"),
        ("threshold: 2", "groups: {a: 1}", 3, "'group_threshold' is missing"),
        ("threshold: 2", "groups: {a: 1}\ngroup_threshold: 1", 6, "Steel is in no known group. Name one of: a."),
        ("threshold: 2", "threshold: 2\ngroup_threshold: 1", 4, "'group_threshold' belongs to 'groups'"),
        ("threshold: 2\n", "", 1, "is said by 'threshold', or by 'groups'"),
        ("Steel: {", "Steel: {colour: red, ", 5, "share 'Steel' has no 'colour'"),
        ("Steel: {", "Steel: {kind: gold, ", 5, "there is no kind 'gold'. One of: paper, steel"),
        ("Steel: {", "Steel: {kind: guardian, ", 5, "there is no kind 'guardian'"),
        ("Steel: {", "Steel: {shares: 17, ", 5, "Steel has 17 shares. SLIP-39 allows for 1 to 16"),
        ("Steel: {", "Steel: {group: a, ", 5, "Steel is in no known group. There are no 'groups'."),
        ("Steel: {", "Steel: {place: '', ", 5, "a name is one line of 1 to 60 characters"),
        ("lost: 10%", "lost: 200%", 5, "200% is more than certain"),
        ("lost: 10%", "lost: often", 5, "'often' is no chance"),
        ("lost: 10%", "lost: [1]", 5, "is no chance"),
        ("lost: 0.1", "lost: 2", 6, "2 is more than certain. If you mean 2%, write the sign."),
        ("1 in 50", "1 in 0", 6, "'1 in 0' is no chance"),
        ("Sheet", "Steel", 6, "'Steel' stands twice"),
        ("Steel: {lost: 10%, stolen: 2%}", "Steel: paper", 5, "share 'Steel' should be names with values"),
        ("years: 1", "causes: {places: {Home: {lost: 1%}}}", 1, "no holder has the place 'Home'. Nothing above has"),
        ("years: 1", "causes: {planets: {}}", 1, "'causes' has no 'planets'. Possible are: places, persons"),
        ("years: 1", "guardians: {Ana: {person: Eve}}", 1, "guardian Ana has no 'person'"),
        ("years: 1", "passphrase: {Steel: {}}", 3, "The holder 'Steel' stands twice"),
        ("years: 1", "passphrase: {}", 1, "there is no copy"),
        ("threshold: 2", "threshold: [", 5, "this is not YAML"),
    ],
)
def test_bad_input_is_said_with_its_line(old: str, new: str, line: int, because: str) -> None:
    assert old in PLAIN
    with pytest.raises(InvalidInput) as caught:
        read_placement(PLAIN.replace(old, new, 1), "p.yaml")
    assert caught.value.message.startswith(f"p.yaml, line {line}: ")
    assert because in caught.value.message


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "p.yaml is empty. Begin with: recovery backup odds --example > placement.yaml"),
        ("years: 2\n", "there are neither 'shares' nor 'guardians'"),
        ("guardians: [Ana]\nthreshold: 2\n", "line 2: 'threshold' belongs to 'shares', and there are none"),
        ("guardians: [Ana]\nshares: {}\nthreshold: 1\n", "line 2: there is no share"),
    ],
)
def test_files_with_too_little_in_them_are_refused(text: str, because: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_placement(text, "p.yaml")
    assert because in caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [("2%", 0.02), ("0.02", 0.02), ("1 in 50", 0.02), (" 0 ", 0), ("1", 1), ("100%", 1), ("0.5 %", 0.005)],
)
def test_chances_as_people_write_them(text: str, value: float) -> None:
    assert parse_chance(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "-1%", "1e-3", "nan", "2 in 1", "101%", "1 in", "%"])
def test_what_is_no_chance_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_chance(text)


@pytest.mark.parametrize(("text", "value"), [("10", 10), ("2.5", 2.5), ("1 year", 1), ("73 days", 0.2)])
def test_years_as_people_write_them(text: str, value: float) -> None:
    assert parse_years(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "none at all"),
        (1, "100%"),
        (0.995, "more than 99%"),
        (0.456, "46%"),
        (0.0123, "1.2%"),
        (0.04, "4%"),
        (0.00999, "1 in 100"),
        (0.000434, "1 in 2,300"),
        (3.3e-10, "1 in 3,000,000,000"),
        (1e-13, "less than 1 in a million millions"),
    ],
)
def test_chances_as_people_read_them(value: float, text: str) -> None:
    assert chance(value) == text
