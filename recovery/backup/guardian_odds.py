"""What a policy's guardians are worth: the chance that they are lost, and that somebody takes them over.

People count, not keys: somebody with two keys is lost, or won over, once. Several paths that have people in common are
looked at together, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import InvalidInput
from ..lint.votes import quick_paths, votes_of
from ..plan import PathPlan, PolicyPlan
from ..policy import Right
from ..quorum import Owners
from .chances import NEVER, Risk, Term, reached, repeated, situations, tails
from .holders import HOLDERS, Cause, Holder, risks_of
from .placement import Row

#: Up to so many votes there is a row for every threshold; with more, for the chosen one alone.
MAX_ROWS = 32
_CERTAIN = NEVER.opposite
#: Votes by person, and what they have to reach.
_Votes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GuardianOdds:
    """What guardians are worth over a time. The owner's own keys are taken for lost, but may be stolen.

    Attributes:
        loss: Chance that no path without silence can be used any more.
        loss_after_silence: Chance that no path at all that replaces owners can be used any more.
        theft: Chance that a thief reaches the threshold of a path that replaces owners without waiting for silence.
        theft_after_silence: The same for any path that replaces owners: some need an owner who is silent besides.
        rows: For each path that replaces owners by itself, and for every threshold that it could have.
    """

    loss: float
    loss_after_silence: float
    theft: float
    theft_after_silence: float
    rows: tuple[Row, ...]


def people_of(plan: PolicyPlan, known: Iterable[Holder] = ()) -> tuple[Holder, ...]:
    """Everybody who stands in the policy, with what is known of them or else the usual assumption.

    Args:
        plan: The policy.
        known: What is known, under the name of a guardian or of a person.

    Raises:
        InvalidInput: Somebody who is not in the policy, or one person twice.
    """
    persons = {guardian.whose: guardian.whose for guardian in plan.guardians}
    for guardian in plan.guardians:
        persons.setdefault(guardian.name, guardian.whose)
    found: dict[str, Holder] = {}
    for holder in known:
        person = persons.get(holder.name)
        if person is None:
            raise InvalidInput(f"{holder.name!r} is no guardian in the policy. There: {', '.join(persons)}.")
        if person in found:
            raise InvalidInput(
                f"{person} stands twice, the second time as {holder.name!r}. People are lost or won over once, "
                "whatever keys they have: leave one out."
            )
        found[person] = replace(holder, name=person)
    usual = HOLDERS["guardian"]
    return tuple(
        found.get(person) or Holder(person, usual.lost, usual.stolen, kind="guardian")
        for person in dict.fromkeys(guardian.whose for guardian in plan.guardians)
    )


def votes_left(plan: PolicyPlan, path: PathPlan, owners: Owners | None = None) -> dict[str, int]:
    """Votes by person that are there when the owner's keys are gone.

    Args:
        plan: The policy.
        path: One of its paths.
        owners: Who owns the account, if not those whom the policy names.
    """
    owners = owners or plan.first_owners
    keys = set(owners.signers) if owners else set()
    votes: dict[str, int] = {}
    for name, weight in path.guardians:
        guardian = plan.guardian(name)
        if guardian.signer not in keys:
            votes[guardian.whose] = votes.get(guardian.whose, 0) + weight
    return votes


def guardian_odds(
    plan: PolicyPlan,
    people: Sequence[Holder],
    term: Term,
    causes: Sequence[Cause] = (),
    owners: Owners | None = None,
) -> GuardianOdds:
    """The chances that guardians are lost, or taken over.

    Args:
        plan: The policy.
        people: Everybody in it, as `people_of` gives them.
        term: How long, and what is done meanwhile: lost guardians found by checks are replaced; with a fresh set of
            guardians' keys, those stolen before are of no use.
        causes: What strikes several at once.
        owners: Who owns the account, if not those whom the policy names.

    Raises:
        InvalidInput: So many common causes or different votes that they cannot all be gone through.
    """
    rotating = [path for path in plan.paths if path.right is Right.ROTATE]
    quick = quick_paths(plan)
    names = list(dict.fromkeys(guardian.whose for guardian in plan.guardians))

    def once(theft: bool, count: Callable[[PathPlan], _Votes]) -> Callable[[float], list[Risk]]:
        def within(years: float) -> list[Risk]:
            alone, struck = situations(*risks_of(people, causes, years, theft))
            sums: list[list[float]] = []
            for situation, chance in struck.items():
                there = {
                    name: (_CERTAIN if theft else NEVER)
                    if situation >> number & 1
                    else (alone[number] if theft else alone[number].opposite)
                    for number, name in enumerate(names)
                }
                ways = [_any(quick, count, there), _any(rotating, count, there)]
                for path in rotating:
                    ways += _each(path, count(path), there)
                sums = sums or [[0.0, 0.0] for _ in ways]
                for total, way in zip(sums, ways, strict=True):
                    total[0] += chance * way.happens
                    total[1] += chance * way.spared
            found = [Risk(*total) for total in sums]
            return found if theft else [risk.opposite for risk in found]

        return within

    loss = repeated(once(False, lambda path: votes_left(plan, path, owners)), term.years, term.unnoticed)
    theft = repeated(once(True, lambda path: votes_of(plan, path)), term.years, term.usable)
    series = [
        (path.label, threshold, sum(weight for _, weight in path.guardians), threshold == path.threshold)
        for path in rotating
        for threshold in _thresholds(path)
    ]
    rows = [
        Row(label, threshold, of, lost.happens, stolen.happens, chosen)
        for (label, threshold, of, chosen), lost, stolen in zip(series, loss[2:], theft[2:], strict=True)
    ]
    return GuardianOdds(loss[0].happens, loss[1].happens, theft[0].happens, theft[1].happens, tuple(rows))


def _any(paths: Sequence[PathPlan], count: Callable[[PathPlan], _Votes], there: Mapping[str, Risk]) -> Risk:
    """That those who are there reach the threshold of at least one path."""
    counted = [count(path) for path in paths]
    rows = {person: tuple(votes.get(person, 0) for votes in counted) for person in there}
    return reached(
        [(row, there[person]) for person, row in rows.items() if any(row)], [path.threshold for path in paths]
    )


def _each(path: PathPlan, votes: _Votes, there: Mapping[str, Risk]) -> list[Risk]:
    """That those who are there reach each threshold that the path could have."""
    wanted = _thresholds(path)
    if len(wanted) == 1:
        return [reached([((number,), there[person]) for person, number in votes.items()], wanted)]
    return tails([(number, there[person]) for person, number in votes.items()], wanted[-1])[1:]


def _thresholds(path: PathPlan) -> list[int]:
    total = sum(weight for _, weight in path.guardians)
    return list(range(1, total + 1)) if total <= MAX_ROWS else [path.threshold]
