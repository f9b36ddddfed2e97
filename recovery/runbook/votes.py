"""Who has to act together, for people who know nothing of votes: with the names that may stand there, or without."""

from __future__ import annotations

from ..explain import duration, listing
from ..plan import PathPlan
from ..policy import Right
from ..sheets.text import Text, bold
from .known import Known

_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}


def who(known: Known, path: PathPlan, names: bool) -> str:
    """Who is enough for a path.

    Args:
        known: The account.
        path: One of its paths.
        names: Whether guardians whom the owner lets others know may be named.
    """
    told = set(known.told) if names else set()
    named = [(name, votes) for name, votes in path.guardians if name in told]
    others = sorted((votes for name, votes in path.guardians if name not in told), reverse=True)
    kinds = {votes for _, votes in path.guardians}
    if len(kinds) > 1:
        return _weighted(named, others, path.threshold)
    (each,) = kinds
    return _alike([name for name, _ in named], len(others), -(-path.threshold // each))


def _alike(named: list[str], others: int, least: int) -> str:
    """Where everybody has as many votes as everybody else: what counts is how many they are."""
    count = len(named) + others
    if named:
        group = listing([*named, *([f"{_number(others)} other{'s' if others > 1 else ''}"] if others else [])])
    else:
        group = f"{count} guardians" if count > 1 else "one guardian"
    if count == 1:
        return f"{group} alone"
    if least == count:
        return f"{group} together" if named else f"all {group} together"
    return f"any {_number(least) if least == 1 else least} of {group}"


def _weighted(named: list[tuple[str, int]], others: list[int], least: int) -> str:
    """Where one has more votes than another: each with theirs, so that everybody sees who is enough."""
    from ..cli.words import plural

    groups = [(others.count(votes), votes) for votes in dict.fromkeys(others)]
    if not named:
        said = [f"{_number(count)} {'have' if count > 1 else 'has'} {votes}" for count, votes in groups]
        count, votes = groups[0]
        said[0] = f"{_number(count)} {'guardians have' if count > 1 else 'guardian has'} {votes}"
        return f"{least} of {plural(sum(others), 'vote')}; {', '.join(said)}"
    said = [f"{name} ({votes})" for name, votes in named]
    said += [f"one other ({votes})" if n == 1 else f"{_number(n)} others ({votes} each)" for n, votes in groups]
    name, votes = named[0]
    said[0] = f"{name} ({plural(votes, 'vote')})"
    return f"{', '.join(said)}: {least} votes are needed"


def _number(number: int) -> str:
    return _NUMBERS.get(number, str(number))


def what(known: Known, path: PathPlan, names: bool) -> Text:
    """What a path is for, who is enough for it, and who can stop it."""
    from ..cli.words import stopping

    enough = f" It takes {who(known, path, names)}."
    if path.right is Right.FREEZE:
        return [bold(path.label), f", to freeze the account at once, for {duration(path.window)}.", enough]
    if path.right is Right.VETO:
        return [bold(path.label), ", to stop at once a recovery that can be vetoed, or a change of policy.", enough]
    opens = f" once the owner has been silent for {duration(path.inactivity)}" if path.inactivity else ""
    stops = stopping(path)
    return [
        bold(path.label),
        f", to replace the owners{opens}; it waits {duration(path.delay)} from its start.",
        enough,
        f" {stops[0].upper()}{stops[1:]}.",
    ]
