"""Whom heirs need: who is enough for a path, said so that nobody counts wrong, and whom they ring first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recovery.plan import PathPlan
from recovery.runbook import Known, guardian_runbook, heir_runbook, heirs_letter, markdown
from recovery.runbook.letter import rings
from recovery.runbook.model import Section
from recovery.runbook.votes import who
from tests.recovery.runbook_world import CHILDREN, FREEZE, FRIENDS, HEIRS, THEFT, known, plan, stand

ALL = ("Dora", "Emil", "Notary")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return known(tmp_path_factory.mktemp("owner") / "mine", stand())


@pytest.mark.parametrize(
    ("path", "told", "expected"),
    [
        (HEIRS, ALL, "Notary (2 votes), Dora (1), Emil (1): 3 votes are needed"),
        (HEIRS, ("Notary", "Dora"), "Notary (2 votes), Dora (1), one other (1): 3 votes are needed"),
        (HEIRS, ("Notary",), "Notary (2 votes), two others (1 each): 3 votes are needed"),
        (HEIRS, ("Emil",), "Emil (1 vote), one other (2), one other (1): 3 votes are needed"),
        (HEIRS, (), "3 of 4 votes; one guardian has 2, two have 1"),
        (FRIENDS, (), "any 2 of 3 guardians"),
        (FRIENDS, ("Ana", "Carl"), "any 2 of Ana, Carl and one other"),
        (THEFT, (), "all 3 guardians together"),
        (CHILDREN, ("Dora", "Emil"), "Dora and Emil together"),
        (FREEZE, (), "any one of 3 guardians"),
        (FREEZE, ("Carl",), "any one of Carl and two others"),
        (replace(FRIENDS, guardians=(("Ana", 1),), threshold=1), (), "one guardian alone"),
        (replace(FRIENDS, guardians=(("Ana", 1),), threshold=1), ("Ana",), "Ana alone"),
        (replace(FRIENDS, guardians=(("Ana", 2), ("Carl", 2), ("Dora", 2)), threshold=3), (), "any 2 of 3 guardians"),
        (
            replace(HEIRS, guardians=(("Ana", 3), ("Carl", 3), ("Dora", 1)), threshold=4),
            (),
            "4 of 7 votes; two guardians have 3, one has 1",
        ),
    ],
)
def test_who_is_enough_for_a_path_is_said_with_votes_only_where_they_differ(
    everything: Known, path: PathPlan, told: tuple[str, ...], expected: str
) -> None:
    about = replace(everything, told=told)
    assert who(about, path, names=True) == expected
    assert who(about, path, names=False) == who(replace(about, told=()), path, names=True)


def test_who_is_enough_stands_with_every_path_in_what_heirs_get(everything: Known) -> None:
    about = replace(everything, told=ALL)
    named = "Notary (2 votes), Dora (1), Emil (1): 3 votes are needed"
    for document in (heir_runbook(about), heirs_letter(about)):
        assert named in markdown(document) and "Dora and Emil together" in markdown(document)
    for document in (heir_runbook(about, names=False), heirs_letter(about, names=False)):
        assert "3 of 4 votes; one guardian has 2" in markdown(document)
        assert "ll 2 guardians together" in markdown(document) and "votes together" not in markdown(document)


def test_heirs_ring_only_those_whom_they_need(everything: Known, tmp_path: Path) -> None:
    about = replace(everything, told=("Ana", "Dora", "Notary"))
    assert rings(about) == ["Dora, +49 30 901820", "Notary"], "Ana is on no path that heirs wait for"
    runbook = markdown(heir_runbook(about))
    assert "- **Dora, +49 30 901820**\n- **Notary**\n" in runbook and "+351" not in runbook
    assert "There are 3 in all" in runbook
    assert "To be rung first: **Dora, +49 30 901820; Notary**" in markdown(heirs_letter(about))
    quick = known(tmp_path / "mine", made=plan(FRIENDS, THEFT), contacts=("Ana",))
    assert rings(quick) == ["Ana, +351 912 345 678"], "without a path that waits they need those of the others"


def test_paths_that_heirs_need_come_before_what_guardians_can_do_besides(everything: Known) -> None:
    text = markdown(heir_runbook(everything))
    need, besides = text.index("those of one path of these"), text.index("What guardians can do besides")
    for label in ("heirs", "children"):
        assert need < text.index(f"- **{label}**") < besides
    for label in ("watch", "friends", "freeze"):
        assert besides < text.index(f"- **{label}**")


def test_dates_belong_to_their_section_and_numbers_stand_where_the_chain_is_asked(everything: Known) -> None:
    inner = {part.title: part.inner for part in heir_runbook(everything).parts if isinstance(part, Section)}
    assert inner["When, at the earliest"] is False and inner["Path “heirs” on Sepolia (chain 11155111)"] is True
    for document in (heir_runbook(everything), heirs_letter(everything)):
        text = markdown(document)
        assert "(number" not in text and "“heirs” is path 0, “children” is path 1" in text
    assert "\n### Path “heirs”" in markdown(heir_runbook(everything))


def test_who_asks_for_a_secret_is_a_thief_and_that_is_no_point_among_others(everything: Known) -> None:
    text = markdown(guardian_runbook(everything))
    assert "\n\n**Who asks for one of these is a thief,** whoever it seems to be" in text
