"""How many shares may be lost, and how many holders together have the secret: counted, not estimated."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

#: With more holders than this every one of their shares is counted as if somebody else had it.
MOST_HOLDERS = 14


def least_together(groups: Sequence[tuple[int, int]], group_threshold: int, holders: Sequence[tuple[str, int]]) -> int:
    """The smallest number of holders who have the secret, if they put together what they hold.

    Args:
        groups: For each group, how many of its shares are needed, and how many there are.
        group_threshold: Groups that are needed.
        holders: For each share, who holds it, and the number of its group, from 1.
    """
    names = sorted({name for name, _ in holders})
    if len(names) > MOST_HOLDERS:
        return sum(sorted(threshold for threshold, _ in groups)[:group_threshold])
    for size in range(1, len(names) + 1):
        if any(_enough(groups, group_threshold, holders, some) for some in itertools.combinations(names, size)):
            return size
    return len(names) + 1


def may_be_lost(groups: Sequence[tuple[int, int]], group_threshold: int, holders: Sequence[tuple[str, int]]) -> int:
    """How many holders may be lost with all that they hold, whoever they are, before the secret is.

    Args:
        groups: As for `least_together`.
        group_threshold: As for `least_together`.
        holders: As for `least_together`.
    """
    names = sorted({name for name, _ in holders})
    if len(names) > MOST_HOLDERS:
        to_break = sorted(count - threshold + 1 for threshold, count in groups)
        return sum(to_break[: len(groups) - group_threshold + 1]) - 1
    for lost in range(1, len(names) + 1):
        for gone in itertools.combinations(names, lost):
            if not _enough(groups, group_threshold, holders, set(names) - set(gone)):
                return lost - 1
    return 0


def needed(
    groups: Sequence[tuple[int, int]], group_threshold: int, holders: Sequence[tuple[str, int]]
) -> tuple[str, ...]:
    """The holders without whom the others have too few, each by themselves, in order.

    Args:
        groups: As for `least_together`.
        group_threshold: As for `least_together`.
        holders: As for `least_together`.
    """
    names = dict.fromkeys(name for name, _ in holders)
    return tuple(name for name in names if not _enough(groups, group_threshold, holders, names.keys() - {name}))


def _enough(
    groups: Sequence[tuple[int, int]], group_threshold: int, holders: Sequence[tuple[str, int]], names: Iterable[str]
) -> bool:
    some = set(names)
    held = Counter(group for name, group in holders if name in some)
    return sum(held[number] >= threshold for number, (threshold, _) in enumerate(groups, 1)) >= group_threshold
