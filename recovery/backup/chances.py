"""Exact chances that enough votes are left, or are in the wrong hands, when single and common causes strike.

Votes are counted by dynamic programming, common causes by going through all their combinations: nothing is drawn at
random and nothing is approximated. Every chance is carried together with its opposite, and each is a sum of products
of numbers that are not negative, so that no digits cancel: the results are exact up to floating point, a relative
error below 1e-12 at the sizes allowed here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InvalidInput

#: So many common causes, each with two or more holders, are looked at in all their combinations: 2**12 at most.
MAX_CAUSES = 12
#: So many different sums of votes are kept in mind.
MAX_STATES = 50_000
#: The longest time that is looked at.
MAX_YEARS = 1000


@dataclass(frozen=True, slots=True)
class Risk:
    """A chance and its opposite; their sum is 1.

    Attributes:
        happens: That it happens, 0 to 1.
        spared: That it does not, 0 to 1.
    """

    happens: float
    spared: float

    @classmethod
    def over(cls, yearly: float, years: float) -> Risk:
        """A yearly chance, the same each year and independent of the years before, over a length of time.

        Args:
            yearly: 0 to 1.
            years: Any length, not negative.
        """
        if not years or not yearly:
            return NEVER
        if yearly >= 1:
            return Risk(1.0, 0.0)
        rate = math.log1p(-yearly) * years
        return cls(-math.expm1(rate), math.exp(rate))

    def either(self, other: Risk) -> Risk:
        """That at least one of two independent things happens."""
        return Risk(self.happens + self.spared * other.happens, self.spared * other.spared)

    @property
    def opposite(self) -> Risk:
        """That it does not happen."""
        return Risk(self.spared, self.happens)


NEVER = Risk(0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Term:
    """How long is looked at, and what is done meanwhile.

    Attributes:
        years: How long.
        checked: Years from one check of all holders to the next, when what is lost is noticed and replaced. 0: never.
        renewed: Years after which a fresh set replaces the old one, whose stolen parts are worthless then. 0: never.

    Raises:
        InvalidInput: A length of time that cannot be.
    """

    years: float
    checked: float = 0
    renewed: float = 0

    def __post_init__(self) -> None:
        if not 0 < self.years <= MAX_YEARS:
            raise InvalidInput(f"The time to look at is more than 0 and at most {MAX_YEARS} years.")
        if any(every and every < 1 / 365 for every in (self.checked, self.renewed)):
            raise InvalidInput("From one check, or one fresh set, to the next it takes a day at least.")

    @property
    def unnoticed(self) -> float:
        """Years for which a loss adds to others before it is made good."""
        return min(every for every in (self.checked, self.renewed, self.years) if every)

    @property
    def usable(self) -> float:
        """Years for which what was stolen stays of use."""
        return min(every for every in (self.renewed, self.years) if every)


def repeated(once: Callable[[float], Sequence[Risk]], years: float, every: float) -> list[Risk]:
    """Chances over a time in which everything begins afresh again and again.

    Args:
        once: Chances within so many years of a fresh beginning.
        years: The whole time.
        every: Years from one fresh beginning to the next, at most `years`.
    """
    times, rest = divmod(years, every)
    if every - rest < every * 1e-9:  # 10 years are ten times a tenth of 10 years, whatever division says
        times, rest = times + 1, 0.0
    found = [_times(risk, int(times)) for risk in once(every)]
    if rest > every * 1e-9:
        found = [risk.either(last) for risk, last in zip(found, once(rest), strict=True)]
    return found


def _times(risk: Risk, times: int) -> Risk:
    """That something with this chance happens at least once in so many independent times."""
    if times == 1:
        return risk
    # Of the two, the smaller is the more precise.
    if risk.spared == 0:
        return Risk(1.0, 0.0)
    rate = (math.log1p(-risk.happens) if risk.happens < 0.5 else math.log(risk.spared)) * times
    return Risk(-math.expm1(rate), math.exp(rate))


def situations(own: Sequence[Risk], causes: Iterable[tuple[int, Risk]]) -> tuple[list[Risk], dict[int, float]]:
    """Divides what can happen into situations, within each of which everybody is independent of the others.

    Args:
        own: What happens to each by itself.
        causes: What happens to several together: who, as a set of bits, and the chance.

    Returns:
        What happens to each by itself, with every cause that concerns nobody else; and of each set that common causes
        can strike, the chance that it is just that set.

    Raises:
        InvalidInput: More than `MAX_CAUSES` common causes.
    """
    alone = list(own)
    common: dict[int, Risk] = {}
    for members, risk in causes:
        if not members or not risk.happens:
            continue
        if members & (members - 1) == 0:
            number = members.bit_length() - 1
            alone[number] = alone[number].either(risk)
        else:
            common[members] = common.get(members, NEVER).either(risk)
    if len(common) > MAX_CAUSES:
        raise InvalidInput(
            f"{len(common)} causes each strike several holders at once. All their combinations are computed, "
            f"which is possible for {MAX_CAUSES}: leave out, or set to 0%, those that hardly matter."
        )
    found = {0: 1.0}
    for members, risk in common.items():
        after: dict[int, float] = {}
        for struck, chance in found.items():
            after[struck] = after.get(struck, 0.0) + chance * risk.spared
            after[struck | members] = after.get(struck | members, 0.0) + chance * risk.happens
        found = after
    return alone, {struck: chance for struck, chance in found.items() if chance}


def tails(votes: Sequence[tuple[int, Risk]], most: int) -> list[Risk]:
    """For each threshold from 0 to `most`: that those whose event happens have so many votes together.

    Args:
        votes: Votes, and the chance that they are there.
        most: The highest threshold; more votes count as so many.
    """
    sums = [1.0] + [0.0] * most
    for number, risk in votes:
        after = [0.0] * (most + 1)
        for total, chance in enumerate(sums):
            if chance:
                after[total] += chance * risk.spared
                after[min(total + number, most)] += chance * risk.happens
        sums = after
    found = []
    below = 0.0
    for threshold in range(most + 1):
        above = math.fsum(sums[threshold:])  # summed anew: no digits cancel
        found.append(Risk(above, below))
        below += sums[threshold]
    return found


def reached(votes: Sequence[tuple[tuple[int, ...], Risk]], thresholds: Sequence[int]) -> Risk:
    """That those whose event happens reach at least one of several thresholds, with votes towards each.

    Args:
        votes: Votes of each towards every threshold, and the chance that they are there.
        thresholds: What has to be reached.

    Raises:
        InvalidInput: So many different votes that their sums cannot all be kept in mind.
    """
    open_: Mapping[tuple[int, ...], float] = {(0,) * len(thresholds): 1.0}
    done: list[float] = []
    for row, risk in votes:
        after: dict[tuple[int, ...], float] = {}
        for state, chance in open_.items():
            after[state] = after.get(state, 0.0) + chance * risk.spared
            more = tuple(total + number for total, number in zip(state, row, strict=True))
            if any(total >= threshold for total, threshold in zip(more, thresholds, strict=True)):
                done.append(chance * risk.happens)
            else:
                after[more] = after.get(more, 0.0) + chance * risk.happens
        if len(after) > MAX_STATES:
            raise InvalidInput(
                f"There are more than {MAX_STATES} different sums of votes, too many to be computed exactly. "
                "With fewer different numbers of votes it is possible."
            )
        open_ = after
    return Risk(math.fsum(done), math.fsum(open_.values()))
