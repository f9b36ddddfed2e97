"""Who holds something where, what can happen to it there, and what is assumed where nobody says better.

None of the numbers here is measured, or taken from anywhere: they are rough guesses, for a comparison of plans with
each other, to be replaced in the placement file by whoever knows better.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import InvalidInput
from .chances import Risk

#: What several holders may have in common, and with it a cause of loss or theft.
SORTS = ("place", "person", "vendor", "region")
MAX_SHARES = 16


@dataclass(frozen=True, slots=True)
class Usual:
    """What is assumed where nobody says better.

    Attributes:
        lost: Chance within a year that it is lost.
        stolen: Chance within a year that it is stolen.
        why: What the numbers stand for.
    """

    lost: float
    stolen: float
    why: str


#: By kind of holder: what can happen to one thing alone. Fire, burglary, death and disasters are causes of their own.
HOLDERS = {
    "paper": Usual(0.02, 0.005, "paper kept at home: thrown away, mislaid or made wet; seen by a visitor"),
    "steel": Usual(0.01, 0.005, "a steel plate at home: as paper, but water does nothing to it"),
    "bank": Usual(0.003, 0.001, "a safe-deposit box: drilled, moved or closed unheard of"),
    "notary": Usual(0.005, 0.002, "with a notary or lawyer: filed where nobody finds it"),
    "friend": Usual(0.03, 0.005, "with a friend or relative: forgotten, lost in a move; seen at theirs"),
    "device": Usual(0.05, 0.01, "a phone, computer or memory stick: dropped, worn out, replaced"),
    "cloud": Usual(0.02, 0.01, "an online account of yours: locked out; the password phished"),
    "memory": Usual(0.05, 0.002, "known by heart only: forgotten; told to somebody"),
    "guardian": Usual(0.03, 0.005, "a guardian's key: phone lost without a copy; taken over"),
    "other": Usual(0.03, 0.01, "nothing is known of it"),
}

#: By sort of cause: what takes everything there at once.
CAUSES = {
    "place": Usual(0.003, 0.01, "the building burns or is flooded; a burglar finds all of it"),
    "person": Usual(0.005, 0.002, "they die or can no longer act, and nobody finds it; they are deceived or forced"),
    "vendor": Usual(0.01, 0.005, "the vendor closes or fails; the vendor is breached, or its product"),
    "region": Usual(0.001, 0.0, "an earthquake, flood or war takes the whole region"),
}


@dataclass(frozen=True, slots=True)
class Holder:
    """One place where a share, a passphrase or a guardian's key is kept.

    Attributes:
        name: What the owner calls it.
        lost: Chance within a year that it alone can no longer be used by its owner, for whatever reason.
        stolen: Chance within a year that somebody else can use it.
        person: Whose hands it is in, or nothing.
        place: The building that it is in, or nothing.
        vendor: On whom it depends to be there and to be safe, or nothing.
        region: What one disaster reaches, or nothing.
        shares: How many shares it has.
        group: The SLIP-39 group of its shares; nothing if there is only one.
        kind: One of `HOLDERS`, or nothing.

    Raises:
        InvalidInput: A chance that is none, or a number of shares that SLIP-39 does not know.
    """

    name: str
    lost: float
    stolen: float
    person: str = ""
    place: str = ""
    vendor: str = ""
    region: str = ""
    shares: int = 1
    group: str = ""
    kind: str = ""

    def __post_init__(self) -> None:
        _require_chances(self.name, self.lost, self.stolen)
        if not 1 <= self.shares <= MAX_SHARES:
            raise InvalidInput(
                f"{self.name} has {self.shares} shares. SLIP-39 allows for 1 to {MAX_SHARES} in a group."
            )

    def shared(self, sort: str) -> str:
        """What it may have in common with others: its place, person, vendor or region."""
        return {"place": self.place, "person": self.person, "vendor": self.vendor, "region": self.region}[sort]


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that happens to everything at one place, of one person, vendor or region together.

    Attributes:
        sort: One of `SORTS`.
        name: Of the place, person, vendor or region.
        lost: Chance within a year that all of it is lost.
        stolen: Chance within a year that all of it is stolen.

    Raises:
        InvalidInput: A chance that is none, or an unknown sort.
    """

    sort: str
    name: str
    lost: float
    stolen: float

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise InvalidInput(f"A common cause is a {', '.join(SORTS[:-1])} or {SORTS[-1]}, not {self.sort!r}.")
        _require_chances(self.name, self.lost, self.stolen)


def usual_causes(holders: Iterable[Holder], given: Sequence[Cause] = ()) -> tuple[Cause, ...]:
    """A cause for each place, person, vendor and region that is named: the one given, or else the usual one.

    Args:
        holders: Who names them.
        given: What is known better.
    """
    known = {(cause.sort, cause.name): cause for cause in given}
    for holder in holders:
        for sort in SORTS:
            name = holder.shared(sort)
            if name and (sort, name) not in known:
                known[sort, name] = Cause(sort, name, CAUSES[sort].lost, CAUSES[sort].stolen)
    return tuple(known.values())


def struck(holders: Sequence[Holder], cause: Cause) -> int:
    """Whom a cause concerns, as a set of bits."""
    return sum(1 << number for number, holder in enumerate(holders) if holder.shared(cause.sort) == cause.name)


def risks_of(
    holders: Sequence[Holder], causes: Sequence[Cause], years: float, theft: bool
) -> tuple[list[Risk], list[tuple[int, Risk]]]:
    """What happens to each by itself within so many years, and to several together.

    Args:
        holders: Who holds something.
        causes: What strikes several at once.
        years: Within what time.
        theft: Whether it is about theft, and not about loss.
    """
    own = [Risk.over(holder.stolen if theft else holder.lost, years) for holder in holders]
    common = [(struck(holders, cause), Risk.over(cause.stolen if theft else cause.lost, years)) for cause in causes]
    return own, common


def _require_chances(name: str, *chances: float) -> None:
    for chance in chances:
        if not 0 <= chance <= 1:  # refuses what is not a number, too
            raise InvalidInput(f"{name}: a chance is between 0% and 100% a year.")
