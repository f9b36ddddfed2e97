"""How much a policy can bear: votes by person, who may be lost, and which groups could act against each other.

People count, not keys: somebody with two keys is lost, or won over, once. Keys that own the account are taken for lost,
because that is when it has to be recovered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from ..errors import InvalidInput
from ..explain import duration, listing
from ..plan import PathPlan, PolicyPlan
from ..policy import Right
from ..quorum import Owners

Votes = Mapping[str, int]
#: Votes by person, and the sum that a quorum must reach.
Group = tuple[Votes, int]

#: After so many steps the search for the fewest people ends, on the safe side. No policy that people write comes near.
MAX_STEPS = 5_000
#: So many ways to divide people into two groups are kept in mind.
MAX_DIVISIONS = 256
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def votes_of(plan: PolicyPlan, path: PathPlan, persons: Mapping[str, str] | None = None) -> dict[str, int]:
    """Votes in a path by person, in the order of the path.

    Args:
        plan: The policy.
        path: One of its paths.
        persons: Who a guardian is, by the guardian's name, where something else than the policy says it.
    """
    result: dict[str, int] = {}
    for name, weight in path.guardians:
        person = (persons or {}).get(name) or plan.guardian(name).whose
        result[person] = result.get(person, 0) + weight
    return result


def quick_paths(plan: PolicyPlan) -> list[PathPlan]:
    """Those that replace owners without waiting for silence."""
    return [path for path in plan.paths if path.right is Right.ROTATE and not path.inactivity]


def margin(plan: PolicyPlan, without: Iterable[str] = (), owners: Owners | None = None) -> int:
    """How many people can be lost, whoever they are, such that some path without silence still works.

    Exact, except for policies with a great many different votes, for which it may be less than the truth, never more.

    Args:
        plan: The policy.
        without: People who are lost already, as `Guardian.whose` names them.
        owners: Who owns the account, if not those whom the policy names. Their keys count as lost.

    Returns:
        0 if nobody may be lost; -1 if no such path works even with everybody who is left.

    Raises:
        InvalidInput: `without` names somebody who is no guardian.
    """
    gone = set(without)
    people = {guardian.whose for guardian in plan.guardians}
    if gone - people:
        raise InvalidInput(f"There is no guardian {min(gone - people)!r}. Known are: {', '.join(sorted(people))}.")
    return fewest(remaining(plan, quick_paths(plan), owners, gone)) - 1


def remaining(
    plan: PolicyPlan,
    paths: Sequence[PathPlan],
    owners: Owners | None = None,
    without: Iterable[str] = (),
    persons: Mapping[str, str] | None = None,
) -> list[Group]:
    """The paths that still work without the owner's keys, and without some people."""
    owners = owners or plan.first_owners
    keys = set(owners.signers) if owners else set()
    gone = set(without)
    groups: list[Group] = []
    for path in paths:
        left = [(name, weight) for name, weight in path.guardians if plan.guardian(name).signer not in keys]
        votes: dict[str, int] = {}
        for name, weight in left:
            person = (persons or {}).get(name) or plan.guardian(name).whose
            if person not in gone:
                votes[person] = votes.get(person, 0) + weight
        if sum(votes.values()) >= path.threshold:
            groups.append((votes, path.threshold))
    return groups


def indispensable(groups: Sequence[Group]) -> list[str]:
    """People without any one of whom no group reaches its threshold."""
    if not groups:
        return []
    people = dict.fromkeys(person for votes, _ in groups for person in votes)
    return [
        person
        for person in people
        if all(sum(votes.values()) - votes.get(person, 0) < threshold for votes, threshold in groups)
    ]


def fewest(groups: Sequence[Group]) -> int:
    """The fewest people without whom no group reaches its threshold; 0 if none does anyhow.

    A search by depth: whoever was not taken out first stays for good, and with them whoever has no more votes in any
    group. It is exact, or, after `MAX_STEPS`, a number below which there is certainly none.
    """
    working = [(votes, threshold) for votes, threshold in groups if sum(votes.values()) >= threshold]
    # So many votes have to go from each group.
    needs = [sum(votes.values()) - threshold + 1 for votes, threshold in working]
    people = dict.fromkeys(person for votes, _ in working for person in votes)
    rows = [tuple(votes.get(person, 0) for votes, _ in working) for person in people]
    steps = 0

    def breaks(needs: list[int], rows: list[tuple[int, ...]], most: int) -> bool:
        nonlocal steps
        steps += 1
        if steps > MAX_STEPS:
            return True
        open_ = [i for i, need in enumerate(needs) if need > 0]
        if not open_:
            return True
        if _at_least(needs, rows) > most:
            return False
        target = max(open_, key=lambda i: _count([row[i] for row in rows], needs[i]))
        candidates = sorted((row for row in rows if row[target]), key=lambda row: (row[target], row), reverse=True)
        for row in candidates:
            if row not in rows:
                continue  # somebody like them stays, and they are no better
            rest = list(rows)
            rest.remove(row)
            if breaks([need - votes for need, votes in zip(needs, row, strict=True)], rest, most - 1):
                return True
            rows = [other for other in rows if any(other[i] > row[i] for i in open_)]
        return False

    most = _at_least(needs, rows)
    while not breaks(needs, rows, most):
        most += 1
    return most


def _at_least(needs: list[int], rows: list[tuple[int, ...]]) -> int:
    """A number of rows that is certainly needed: for the hardest group alone, and for all of them on average."""
    open_ = [i for i, need in enumerate(needs) if need > 0]
    if not open_:
        return 0
    alone = max(_count([row[i] for row in rows], needs[i]) for i in open_)
    shares = [sum(min(row[i], needs[i]) / needs[i] for i in open_) for row in rows]
    return max(alone, _count(shares, len(open_) - 1e-6))


def _count(values: Sequence[float], need: float) -> int:
    """How many of the greatest values reach the need; one more than there are if all together do not."""
    for count, total in enumerate(accumulate(sorted(values, reverse=True)), start=1):
        if total >= need:
            return count
    return len(values) + 1


def disjoint(one: Group, other: Group) -> tuple[list[str], list[str]] | None:
    """Two quorums, one of each group, that have nobody in common; or None.

    In groups with a great many different votes it may overlook some.
    """
    (votes, need), (other_votes, other_need) = one, other
    people = dict.fromkeys([*votes, *other_votes])
    heaviest = sorted(people, key=lambda person: -max(votes.get(person, 0), other_votes.get(person, 0)))
    divisions: dict[tuple[int, int], tuple[list[str], list[str]]] = {(0, 0): ([], [])}
    for person in heaviest:
        found: dict[tuple[int, int], tuple[list[str], list[str]]] = {}
        for (left, right), (lefts, rights) in divisions.items():
            found.setdefault((min(left + votes.get(person, 0), need), right), ([*lefts, person], rights))
            found.setdefault((left, min(right + other_votes.get(person, 0), other_need)), (lefts, [*rights, person]))
        divisions, best = {}, -1
        for left, right in sorted(found, reverse=True):
            if right > best:  # otherwise another division is as good on both sides
                divisions[left, right], best = found[left, right], right
            if len(divisions) == MAX_DIVISIONS:
                break
    if (need, other_need) not in divisions:
        return None
    lefts, rights = divisions[need, other_need]
    return _smallest(lefts, votes, need), _smallest(rights, other_votes, other_need)


def _smallest(people: list[str], votes: Votes, need: int) -> list[str]:
    """The same quorum without those whom it does not need."""
    kept = list(people)
    for person in sorted(people, key=lambda person: votes.get(person, 0)):
        if sum(votes.get(other, 0) for other in kept if other != person) >= need:
            kept.remove(person)
    return [person for person in votes if person in kept]


# ------------------------------------------------------------------------------------------------- words


def sentence(plan: PolicyPlan, owners: Owners | None = None) -> str:
    """What a policy is worth once the owner's keys are lost, in one sentence to the owner.

    Args:
        plan: The policy.
        owners: Who owns the account, if not those whom the policy names.
    """
    silent = [path for path in plan.paths if path.right is Right.ROTATE and path.inactivity]
    waiting = min((path for path in silent if remaining(plan, [path], owners)), key=_silence, default=None)
    working = [path for path in quick_paths(plan) if remaining(plan, [path], owners)]
    if not working:
        if waiting is None:
            return "Nobody gets you back once your keys are lost."
        who, many = _who(*remaining(plan, [waiting], owners)[0])
        does = "get" if many else "gets"
        return (
            f"Nobody gets you back before you have been silent for {duration(waiting.inactivity)}; "
            f"then {who} {does} the account after {duration(waiting.delay)}."
        )
    fastest = min(working, key=lambda path: path.delay)
    group = remaining(plan, [fastest], owners)[0]
    who, many = _who(*group)
    subject = who.replace("any ", "Any ", 1) if who.startswith("any ") else who
    start = f"{subject} get{'' if many else 's'} you back after {duration(fastest.delay)}; "
    groups = remaining(plan, working, owners)
    people = list(dict.fromkeys(person for votes, _ in groups for person in votes))
    them = "them" if len(people) == len(group[0]) else listing(people)
    may = fewest(groups) - 1
    if may:
        number = _NUMBERS[may] if may < len(_NUMBERS) else str(may)
        slower = ", more slowly" if fewest([group]) - 1 < may else ""
        return f"{start}you can lose any {number} of {them} and still recover{slower}."
    needed = indispensable(groups)
    lost = f"any one of {them}" if len(needed) == len(people) > 1 else listing(needed, "or")
    until = f" before you have been silent for {duration(waiting.inactivity)}" if waiting else ""
    return f"{start}if you lose {lost}, nobody can{until}."


def _who(votes: Votes, threshold: int) -> tuple[str, bool]:
    """Who has to act, and whether that is more than one person."""
    names, weights = list(votes), set(votes.values())
    if len(names) == 1:
        return names[0], False
    if len(weights) == 1:
        number = -(-threshold // weights.pop())
        if number == len(names):
            return f"{listing(names)} together", True
        return (f"any {number} of {listing(names)}", True) if number > 1 else (f"any one of {listing(names)}", False)
    each = [f"{name} ({votes[name]} vote{'' if votes[name] == 1 else 's'})" for name in names]
    return f"{listing(each)}, with {threshold} votes together,", True


def _silence(path: PathPlan) -> tuple[int, int]:
    return path.inactivity, path.delay
