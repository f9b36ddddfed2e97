"""Who holds which share where, and what the whole is worth: the chances of loss and of theft, for every threshold.

Loss means that those who are left cannot put the secret together. Theft means that a thief can: all that was stolen,
by whomever and whenever within the time in which it is of use, is taken to be in one hand. The two are computed apart.

What is independent: each holder from the others, each cause from the others, each year from the years before. What
happens to several at once is told by causes (see `holders`), and is computed exactly (see `chances`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..errors import InvalidInput
from .chances import NEVER, Risk, Term, repeated, situations, tails
from .holders import MAX_SHARES, Cause, Holder, risks_of

__all__ = ["Cause", "Group", "Holder", "Odds", "Placement", "Row", "Term"]

MAX_GROUPS = 16
MAX_HOLDERS = 64
_CERTAIN = NEVER.opposite


@dataclass(frozen=True, slots=True)
class Group:
    """A SLIP-39 group.

    Attributes:
        name: What the owner calls it; nothing if it is the only one.
        threshold: How many of its shares are needed.
    """

    name: str
    threshold: int


@dataclass(frozen=True, slots=True)
class Row:
    """What a threshold would be worth, with everything else as it is.

    Attributes:
        series: What the threshold is of: the name of a group or a path, or "groups" for the number of groups.
        threshold: How many are needed.
        of: How many there are.
        loss: Chance that they cannot be had any more.
        theft: Chance that somebody else has them.
        chosen: Whether it is the one that was chosen.
    """

    series: str
    threshold: int
    of: int
    loss: float
    theft: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Odds:
    """What a placement is worth over a time.

    Attributes:
        loss: Chance that nobody can put the secret together any more.
        theft: Chance that a thief can.
        rows: The same for every other threshold.
    """

    loss: float
    theft: float
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Who holds what where.

    Attributes:
        holders: Who holds shares.
        groups: The groups with their thresholds; one without a name where there are no groups.
        group_threshold: How many groups are needed.
        passphrase: Where copies of the passphrase are, each of which is enough; empty if there is none.
        causes: What strikes several at once.
        owner: Whose backup it is, as `Holder.person` names them, or nothing.
        home: Where they live, as `Holder.place` names it, or nothing.

    Raises:
        InvalidInput: A name twice, an unknown group, or a threshold that cannot be reached.
    """

    holders: tuple[Holder, ...]
    groups: tuple[Group, ...]
    group_threshold: int = 1
    passphrase: tuple[Holder, ...] = ()
    causes: tuple[Cause, ...] = ()
    owner: str = ""
    home: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.holders) + len(self.passphrase) <= MAX_HOLDERS:
            raise InvalidInput(f"A placement has 1 to {MAX_HOLDERS} holders.")
        for what, names in (
            ("holder", [holder.name for holder in self.everybody]),
            ("group", [group.name for group in self.groups]),
            ("cause", [f"{cause.sort} {cause.name}" for cause in self.causes]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise InvalidInput(f"The {what} {twice!r} stands twice. Give each a name of its own.")
        if not 1 <= len(self.groups) <= MAX_GROUPS:
            raise InvalidInput(f"SLIP-39 allows for 1 to {MAX_GROUPS} groups, not {len(self.groups)}.")
        known = [group.name for group in self.groups]
        for holder in self.holders:
            if holder.group not in known:
                raise InvalidInput(
                    f"{holder.name} is in no known group. Name one of: {', '.join(known)}."
                    if known != [""]
                    else f"{holder.name} is in a group, and there are none. Add them under 'groups', or leave it out."
                )
        for group in self.groups:
            called = f"Group {group.name!r}" if group.name else "The placement"
            total = self.total(group)
            if not 1 <= group.threshold <= total:
                raise InvalidInput(
                    f"{called} needs {group.threshold} of {total} shares: a threshold is at least 1, and at most as "
                    "many as there are shares."
                )
            if total > MAX_SHARES:
                raise InvalidInput(f"{called} has {total} shares. SLIP-39 allows for {MAX_SHARES} in a group.")
        if not 1 <= self.group_threshold <= len(self.groups):
            raise InvalidInput(
                f"{self.group_threshold} of {len(self.groups)} groups are needed: that number is at least 1, and at "
                "most as many as there are groups."
            )

    @property
    def everybody(self) -> tuple[Holder, ...]:
        """Those with shares, and then those with the passphrase."""
        return (*self.holders, *self.passphrase)

    def members(self, group: Group) -> list[Holder]:
        """Who holds shares of a group."""
        return [holder for holder in self.holders if holder.group == group.name]

    def total(self, group: Group) -> int:
        """How many shares a group has."""
        return sum(holder.shares for holder in self.members(group))

    def enough(self, names: Collection[str]) -> bool:
        """Whether these holders together can put the secret together."""
        if self.passphrase and not any(copy.name in names for copy in self.passphrase):
            return False
        complete = [
            sum(holder.shares for holder in self.members(group) if holder.name in names) >= group.threshold
            for group in self.groups
        ]
        return sum(complete) >= self.group_threshold

    def odds(self, term: Term) -> Odds:
        """The chances of loss and theft over a time, for this and for every other threshold.

        Raises:
            InvalidInput: More common causes than can be gone through (`chances.MAX_CAUSES`).
        """
        loss = repeated(lambda years: self._once(years, False), term.years, term.unnoticed)
        theft = repeated(lambda years: self._once(years, True), term.years, term.usable)
        rows = [
            Row(series, threshold, of, lost.happens, stolen.happens, chosen)
            for (series, threshold, of, chosen), lost, stolen in zip(self._series(), loss[1:], theft[1:], strict=True)
        ]
        return Odds(loss[0].happens, theft[0].happens, tuple(rows))

    def _series(self) -> list[tuple[str, int, int, bool]]:
        """Every threshold there could be: of what, how many of how many, and whether it is the chosen one."""
        found = []
        if len(self.groups) > 1:
            number = len(self.groups)
            found += [("groups", count, number, count == self.group_threshold) for count in range(1, number + 1)]
        for group in self.groups:
            total = self.total(group)
            found += [(group.name, count, total, count == group.threshold) for count in range(1, total + 1)]
        return found

    def _once(self, years: float, theft: bool) -> list[Risk]:
        """Loss or theft within so many years, without any repair: as chosen, and for each of `_series`."""
        own, struck = situations(*risks_of(self.everybody, self.causes, years, theft))
        sums: list[list[float]] = []
        for situation, chance in struck.items():
            there = [
                (_CERTAIN if theft else NEVER) if situation >> number & 1 else (risk if theft else risk.opposite)
                for number, risk in enumerate(own)
            ]
            ways = self._enough(there)
            sums = sums or [[0.0, 0.0] for _ in ways]
            for total, way in zip(sums, ways, strict=True):
                total[0] += chance * way.happens
                total[1] += chance * way.spared
        found = [Risk(*total) for total in sums]
        return found if theft else [risk.opposite for risk in found]

    def _enough(self, there: list[Risk]) -> list[Risk]:
        """That enough is there, from the chance that each holder's part is: as chosen, and for each of `_series`."""
        has = {holder.name: risk for holder, risk in zip(self.everybody, there, strict=True)}
        reached = [
            tails([(holder.shares, has[holder.name]) for holder in self.members(group)], self.total(group))
            for group in self.groups
        ]
        complete = [(1, chances[group.threshold]) for group, chances in zip(self.groups, reached, strict=True)]
        number, need = len(self.groups), self.group_threshold
        by_number = tails(complete, number)
        found = [by_number[need]]
        if number > 1:
            found += by_number[1:]
        for group, chances in enumerate(reached):
            others = tails(complete[:group] + complete[group + 1 :], number)
            for own in chances[1:]:
                with_it, without = others[need - 1], others[need]
                found.append(
                    Risk(
                        own.happens * with_it.happens + own.spared * without.happens,
                        own.happens * with_it.spared + own.spared * without.spared,
                    )
                )
        if not self.passphrase:
            return found
        copy = tails([(1, has[holder.name]) for holder in self.passphrase], 1)[1]
        return [Risk(risk.happens * copy.happens, risk.spared + risk.happens * copy.spared) for risk in found]
