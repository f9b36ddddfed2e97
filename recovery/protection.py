"""Who is protected, and how well: what guardians have said of their kits, weighed against the policy. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .card import CLOCK_ERROR, Receipt, Statement
from .kit import Kit
from .plan import PolicyPlan
from .policy import DAY, Right

#: After this time a guardian is asked again whether they are still there, in seconds.
CHECK_EVERY = 365 * DAY
#: After this time what they have said does not count any more: half a year to answer.
CHECK_LAPSES = CHECK_EVERY + 183 * DAY
#: The same for a sheet of paper in a sealed envelope: whoever checks it has to open it, so that is not done every year.
CHECK_EVERY_PAPER = 5 * CHECK_EVERY
CHECK_LAPSES_PAPER = CHECK_EVERY_PAPER + 183 * DAY


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one guardian can be counted on.

    Attributes:
        name: What the owner calls them.
        paths: Labels of the paths they stand in.
        checked: When they last said that they hold their present kit, in seconds since 1970; None if never.
        resigned: Whether they have resigned since.
        is_owner: Whether it is a key of the owner's, which needs no receipt.
        stale: Whether the kit they were given last opens something else than they need.
        now: The time at which this was looked at, in seconds since 1970.
        sealed: Whether it is a sheet of paper in an envelope, which is to stay sealed.
    """

    name: str
    paths: tuple[str, ...]
    checked: int | None
    resigned: bool
    is_owner: bool
    stale: bool
    now: int
    sealed: bool = False

    @property
    def counts(self) -> bool:
        """Whether the owner can count on them."""
        if self.resigned:
            return False
        lapses = CHECK_LAPSES_PAPER if self.sealed else CHECK_LAPSES
        return self.is_owner or (self.checked is not None and self.now - self.checked < lapses)

    @property
    def due(self) -> bool:
        """Whether they should be asked (again) whether they are still there."""
        if self.is_owner:
            return False
        every = CHECK_EVERY_PAPER if self.sealed else CHECK_EVERY
        return self.resigned or self.checked is None or self.now - self.checked >= every


@dataclass(frozen=True, slots=True)
class Cover:
    """How far one path that replaces owners is covered by guardians who have said that they hold their kits.

    Attributes:
        label: What the owner calls it.
        weight: Votes of those who count.
        threshold: Votes that it takes.
        spare: How many of the people who count can be lost, whoever they are, and it can still be used; negative if
            it cannot be used now. Who holds several keys is lost with all of them.
    """

    label: str
    weight: int
    threshold: int
    spare: int

    @property
    def reached(self) -> bool:
        """Whether it could be used today."""
        return self.weight >= self.threshold


@dataclass(frozen=True, slots=True)
class Protection:
    """How well an account is protected.

    Attributes:
        guardians: Everybody in the policy.
        paths: Every path that replaces owners.
    """

    guardians: tuple[Standing, ...]
    paths: tuple[Cover, ...]

    @property
    def protected(self) -> bool:
        """Whether guardians who have said that they hold their kits could use every path that replaces owners."""
        return all(path.reached for path in self.paths)

    @property
    def missing(self) -> tuple[str, ...]:
        """Guardians who have not said so, or not for too long, or who have resigned."""
        return tuple(guardian.name for guardian in self.guardians if not guardian.counts)


def protection(
    plan: PolicyPlan,
    receipts: Iterable[Receipt],
    kits: Iterable[Kit],
    account: str,
    now: int,
    sealed: Collection[str] = (),
) -> Protection:
    """Weighs what guardians have said.

    Args:
        plan: The policy in force.
        receipts: What they have said, each with a signature that was checked.
        kits: The kits as they were handed out last.
        account: Whose guardians they are.
        now: In seconds since 1970.
        sealed: Guardians that are a sheet of paper in an envelope.
    """
    given, handed = list(receipts), {kit.name: kit for kit in kits if kit.account == account}
    owner_keys = {signer for _, signer in plan.owners}
    standings = []
    for guardian in plan.guardians:
        places = [
            (path.label, weight) for path in plan.paths for name, weight in path.guardians if name == guardian.name
        ]
        needed = {plan.member(guardian.name, weight).commitment for _, weight in places}
        said = sorted(
            (r for r in given if r.signer == guardian.signer and r.account == account and r.time <= now + CLOCK_ERROR),
            key=lambda receipt: receipt.time,
        )
        holds = [r.time for r in said if r.statement is Statement.HOLDS and needed <= set(r.commitments)]
        resigns = [r.time for r in said if r.statement is Statement.RESIGNS and needed & set(r.commitments)]
        checked = min(max(holds), now) if holds else None
        standings.append(
            Standing(
                guardian.name,
                tuple(label for label, _ in places),
                checked,
                bool(resigns) and max(resigns) >= max(holds, default=0),
                guardian.signer in owner_keys,
                guardian.name in handed and not needed <= set(handed[guardian.name].commitments),
                now,
                guardian.name in sealed,
            )
        )
    counting = {standing.name for standing in standings if standing.counts}
    covers = []
    for path in plan.paths:
        if path.right is Right.ROTATE:
            weights: Counter[str] = Counter()
            for name, weight in path.guardians:
                if name in counting:
                    weights[plan.guardian(name).whose] += weight
            left = spare(weights.values(), path.threshold)
            covers.append(Cover(path.label, weights.total(), path.threshold, left))
    return Protection(tuple(standings), tuple(covers))


def spare(weights: Collection[int], threshold: int) -> int:
    """How many of these votes can be lost, whichever they are, and the threshold is still reached; -1 if it is not."""
    left, lost = sum(weights), -1
    for weight in sorted(weights, reverse=True):
        if left < threshold:
            return lost
        lost, left = lost + 1, left - weight
    return lost + (left >= threshold)
