from __future__ import annotations

from dataclasses import replace

import pytest

from recovery import rebuild as rebuilding
from recovery.card import Card
from recovery.errors import InvalidInput
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, Right
from recovery.rebuild import NUMBERS, rebuild
from recovery.succession import renewed, replaced, revealed, still_good
from tests.recovery.samples import ACCOUNT, MODULE, PLAN, kit
from tests.world import SECRET, signer


def card(name: str, who: str = "") -> Card:
    return Card(name, signer(who or name), "", "", 1)


def cards(*names: str) -> list[Card]:
    return [card(name) for name in names]


def numbered(plan: PolicyPlan, numbers: dict[str, int]) -> PolicyPlan:
    guardians = tuple(replace(guardian, number=numbers[guardian.name]) for guardian in plan.guardians)
    return replace(plan, guardians=guardians)


def test_everybody_is_found_whatever_their_number_and_votes() -> None:
    paths = (replace(PLAN.paths[0], guardians=(("ana", 1), ("ben", 32), ("carl", 500)), threshold=500), *PLAN.paths[1:])
    plan = numbered(replace(PLAN, paths=paths), {"ana": 0, "ben": 1, "carl": NUMBERS, "dora": 777})
    found = rebuild(SECRET, plan.policy, cards("dora", "carl", "ben", "ana"))
    assert not found.unknown and found.plan.policy == plan.policy
    assert set(found.guardians) == set(plan.guardians)
    for name in ("ana", "ben", "carl", "dora"):
        again = found.kit(found.plan.guardian(name), 5, MODULE, ACCOUNT)
        assert replace(again, labels=plan.kit(name, 5, MODULE, ACCOUNT).labels) == plan.kit(name, 5, MODULE, ACCOUNT)


def test_what_is_out_of_reach_is_not_found() -> None:
    plan = numbered(PLAN, {"ana": 1, "ben": 2, "carl": NUMBERS + 1, "dora": 4})
    assert rebuild(SECRET, plan.policy, cards("carl")).guardians == ()
    assert rebuild(SECRET, plan.policy, cards("carl"), NUMBERS + 1).guardians[0].number == NUMBERS + 1
    paths = (replace(PLAN.paths[0], guardians=(("ana", 1), ("ben", 1), ("carl", 33)), threshold=35), *PLAN.paths[1:])
    assert rebuild(SECRET, replace(PLAN, paths=paths).policy, cards("carl")).guardians == ()


def test_who_is_missing_is_said_and_no_policy_file_is_made() -> None:
    found = rebuild(SECRET, PLAN.policy, [*cards("ana"), card("stranger")])
    assert [guardian.name for guardian in found.guardians] == ["ana"]
    assert found.unknown == ((0, 2), (1, 1), (2, 1), (3, 1))
    with pytest.raises(InvalidInput, match="some were not found"):
        _ = found.plan


def test_another_secret_finds_nobody_and_cards_are_of_different_people() -> None:
    assert rebuild(bytes(32), PLAN.policy, cards("ana", "ben")).guardians == ()
    with pytest.raises(InvalidInput, match="stands twice"):
        rebuild(SECRET, PLAN.policy, [card("ana"), card("ana", "ben")])
    with pytest.raises(InvalidInput, match="stands twice"):
        rebuild(SECRET, PLAN.policy, [card("ana"), card("anna", "ana")])


def test_what_no_policy_file_can_say_is_said() -> None:
    odd = replace(PLAN.policy, paths=(replace(PLAN.policy.paths[0], extra=bytes([1]) * 32), *PLAN.policy.paths[1:]))
    found = rebuild(SECRET, odd, cards("ana", "ben", "carl", "dora"))
    with pytest.raises(InvalidInput, match="only kits can be made"):
        _ = found.plan


def test_the_search_takes_few_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """200,000 take about a second. Usual policies, small numbers and one vote each, take next to none."""
    names = [f"person {number}" for number in range(12)]
    guardians = tuple(Guardian(name, signer(name), 900 + number) for number, name in enumerate(names))
    votes = tuple((name, 20 + n) for n, name in enumerate(names))
    path = PathPlan("all", Right.ROTATE, votes, 30, delay=DAY, window=DAY)
    hard = PolicyPlan(SECRET, 7 * DAY, guardians, (path,))
    hashes = []

    def counted(*arguments: bytes) -> bytes:
        hashes.append(1)
        return really(*arguments)

    really = rebuilding._commitment
    monkeypatch.setattr(rebuilding, "_commitment", counted)
    assert len(rebuild(SECRET, hard.policy, cards(*names[:3], "no", "body")).guardians) == 3
    assert 0 < len(hashes) < 200_000
    hashes.clear()
    rebuild(SECRET, PLAN.policy, cards("ana", "ben", "dora"))
    assert 0 < len(hashes) < 200


# ---------------------------------------------------------------------------------------- succession


def test_who_is_replaced_gives_place_and_votes_and_nothing_else() -> None:
    after = replaced(PLAN, "carl", card("eve"))
    assert after.paths[0].guardians == (("ana", 1), ("ben", 1), ("eve", 2))
    assert after.guardian("eve") == Guardian("eve", signer("eve"), 5) and after.next_number == 6
    assert after.paths[1:] == PLAN.paths[1:] and after.secret == PLAN.secret
    for name in ("ana", "ben", "dora"):
        assert still_good(kit(name), after.kit(name, 5, MODULE, ACCOUNT))
    assert not still_good(kit("carl"), after.kit("eve", 5, MODULE, ACCOUNT))


def test_the_same_person_with_another_key_stays_who_they_are() -> None:
    guardians = tuple(replace(g, person="uncle") if g.name == "carl" else g for g in PLAN.guardians)
    plan = replace(PLAN, guardians=guardians)
    same, other = replaced(plan, "carl", card("carl", "eve")), replaced(plan, "carl", card("eve"))
    assert same.guardian("carl").person == "uncle" and other.guardian("eve").person == ""
    assert same.guardian("carl").number == 5


def test_numbers_are_never_used_again() -> None:
    plan = PLAN
    for name in ("eve", "fay", "gil"):
        leaving = plan.guardians[2].name
        plan = replaced(plan, leaving, card(name))
    assert plan.guardian("gil").number == 7 and plan.next_number == 8
    assert renewed(plan, ["gil"]).guardian("gil").number == 8
    back = replaced(plan, "gil", card("carl"))
    assert back.guardian("carl").number == 8


def test_renewed_guardians_are_hidden_again_and_the_others_stay() -> None:
    salts = {PLAN.member("ana", 1).salt, PLAN.member("dora", 1).salt, bytes(32)}
    assert revealed(PLAN, salts) == ["ana", "dora"]
    after = renewed(PLAN, revealed(PLAN, salts))
    assert revealed(after, salts) == []
    assert [guardian.number for guardian in after.guardians] == [5, 2, 3, 6] and after.next_number == 7
    assert [guardian.signer for guardian in after.guardians] == [guardian.signer for guardian in PLAN.guardians]
    assert after.paths == PLAN.paths
    with pytest.raises(InvalidInput, match="There is no guardian 'eve'"):
        renewed(PLAN, ["eve"])


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"chains": (5, 6)}, True),
        ({"chains": (6,)}, False),
        ({"module": ACCOUNT}, False),
        ({"account": MODULE}, False),
        ({"labels": ("a", "b", "c", "d")}, True),
    ],
)
def test_a_kit_is_good_as_long_as_it_does_the_same(changes: dict[str, object], good: bool) -> None:
    assert still_good(replace(kit(), **changes), kit()) is good  # type: ignore[arg-type]
