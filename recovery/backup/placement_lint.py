"""What is wrong with a placement, or might be: one cause that takes too much, or gives a thief enough."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from ..explain import listing
from ..lint.case import Finding, Severity
from ..lint.votes import Group, quick_paths, votes_of
from ..plan import PolicyPlan
from ..policy import Right
from .chances import Term
from .guardian_odds import votes_left
from .holders import SORTS, Holder
from .placement import Placement

#: From one check to the next it should take no longer.
MAX_UNCHECKED = 2.0
_Enough = Callable[[Collection[str]], bool]
_CODES = {"place": "same-building", "person": "same-person", "vendor": "same-vendor", "region": "same-disaster"}
_LOST = {
    "place": "if {name} burns",
    "person": "if {name} dies or can no longer act",
    "vendor": "if {name} closes or fails",
    "region": "if a disaster strikes {name}",
}
_STOLEN = {
    "place": "A burglar at {name}",
    "person": "{name} alone, or whoever deceives or forces them,",
    "vendor": "Whoever breaks into {name}",
}


def placement_findings(placement: Placement, term: Term, guardians: Collection[str] = ()) -> list[Finding]:
    """All findings of a placement, the worst first.

    Args:
        placement: Who holds what where.
        term: How long is looked at, and what is done meanwhile.
        guardians: People who are guardians of the same owner, as `Holder.person` or `Holder.name` names them.
    """
    found = [
        *_at_home(placement),
        *_few(placement),
        *_common(
            placement.everybody, placement.enough, placement.owner, placement.home if _all_home(placement) else ""
        ),
        *_passphrase(placement),
        *_guardians(placement, guardians),
        *_unchecked(term),
    ]
    return sorted(found, key=lambda finding: finding.severity)


def guardian_findings(plan: PolicyPlan, people: Sequence[Holder], term: Term) -> list[Finding]:
    """What one place, vendor or region would do to a policy's guardians, the worst first.

    Args:
        plan: The policy.
        people: Everybody in it, as `guardian_odds.people_of` gives them.
        term: How long is looked at, and what is done meanwhile.
    """
    quick, rotating = quick_paths(plan), [path for path in plan.paths if path.right is Right.ROTATE]
    found = [
        # The owner's own keys are gone when the account has to be recovered, and may be stolen like everybody else's.
        *_common(people, _reaches([(votes_left(plan, path), path.threshold) for path in quick]), thefts=False),
        *_common(people, _reaches([(votes_of(plan, path), path.threshold) for path in rotating]), losses=False),
        *_unchecked(term),
    ]
    return sorted(found, key=lambda finding: finding.severity)


def _reaches(groups: Sequence[Group]) -> _Enough:
    return lambda names: any(
        sum(number for person, number in votes.items() if person in names) >= threshold for votes, threshold in groups
    )


def _all_home(placement: Placement) -> bool:
    return bool(placement.home) and all(holder.place == placement.home for holder in placement.holders)


def _at_home(placement: Placement) -> Iterator[Finding]:
    if _all_home(placement):
        yield Finding(
            "all-at-home",
            Severity.ERROR,
            "",
            f"Every share is at {placement.home}, where you live: one fire takes all of them, and your devices with "
            "them; one burglar finds all of them.",
            "Give at least one share fewer than are needed to people elsewhere, and as many as are needed in all.",
        )


def _few(placement: Placement) -> Iterator[Finding]:
    names = [holder.name for holder in placement.everybody]
    alone = [name for name in names if placement.enough([name])]
    if all(group.threshold == 1 for group in placement.groups) and placement.group_threshold == 1:
        first, shares = placement.groups[0], sum(holder.shares for holder in placement.holders)
        yield Finding(
            "threshold-one",
            Severity.WARNING if placement.passphrase else Severity.ERROR,
            "",
            "One share is enough: whoever finds any of them has everything"
            + (", but for the passphrase." if placement.passphrase else "."),
            f"Ask for two or more{'' if first.name else f' of the {shares}'}."
            if shares > 1
            else "Make several shares, two or more of which are needed.",
        )
    elif alone:
        yield Finding(
            "one-is-enough",
            Severity.ERROR,
            "",
            f"{listing(alone)} {'each has' if len(alone) > 1 else 'has'} all that is needed: nobody else is asked.",
            "Give nobody as many shares as are needed.",
        )
    needed = [name for name in names if not placement.enough([other for other in names if other != name])]
    if needed:
        yield Finding(
            "nothing-to-spare",
            Severity.WARNING,
            "",
            f"Without {listing(needed, 'or')} nobody can put the secret together: one loss is enough.",
            "Make more shares than are needed, and keep a passphrase in two places.",
        )


def _common(
    holders: Sequence[Holder],
    enough: _Enough,
    owner: str = "",
    skip: str = "",
    *,
    losses: bool = True,
    thefts: bool = True,
) -> Iterator[Finding]:
    """Of what several have in common: what takes too much, or is enough.

    Args:
        holders: Who holds something.
        enough: Whether so many of them are.
        owner: The person whose backup it is.
        skip: A place that was spoken of already.
        losses: Whether to look for what takes too much.
        thefts: Whether to look for what is enough for a thief.
    """
    names = [holder.name for holder in holders]
    for sort in SORTS:
        shared: dict[str, list[str]] = {}
        for holder in holders:
            if holder.shared(sort):
                shared.setdefault(holder.shared(sort), []).append(holder.name)
        for name, there in shared.items():
            if len(there) < 2 or (sort == "place" and name == skip):
                continue
            rest = [other for other in names if other not in there]
            # What one of them alone does is said elsewhere.
            single = any(not enough([other for other in names if other != one]) for one in there)
            if losses and enough(names) and not enough(rest) and not single:
                depend = _DEPEND[sort].format(name=name, all="both" if len(there) == 2 else "all")
                left = f"{listing(rest)} {'are' if len(rest) > 1 else 'is'} not enough" if rest else "nothing is left"
                yield Finding(
                    _CODES[sort],
                    Severity.WARNING,
                    "",
                    f"{listing(there)} {depend}: {_LOST[sort].format(name=name)}, {left}.",
                    f"Move one of them {_ELSEWHERE[sort]}.",
                )
            if thefts and sort in _STOLEN and enough(there) and not any(enough([one]) for one in there):
                mine = sort == "person" and name == owner
                yield Finding(
                    f"{_CODES[sort]}-theft",
                    Severity.NOTE if mine else Severity.WARNING,
                    "",
                    f"{_STOLEN[sort].format(name=name)} gets {listing(there)}: that is enough"
                    + (", from you alone." if mine else "."),
                    f"Move one of them {_ELSEWHERE[sort]}, or ask for more.",
                )


_DEPEND = {
    "place": "are {all} at {name}",
    "person": "are {all} in the hands of {name}",
    "vendor": "{all} depend on {name}",
    "region": "are {all} in {name}",
}
_ELSEWHERE = {
    "place": "into another building",
    "person": "to another person",
    "vendor": "to another vendor",
    "region": "to another region",
}


def _passphrase(placement: Placement) -> Iterator[Finding]:
    for copy in placement.passphrase:
        near = [
            holder.name
            for holder in placement.holders
            if (copy.place and copy.place == holder.place)
            or (copy.person and copy.person == holder.person != placement.owner)
        ]
        if near:
            yield Finding(
                "passphrase-with-share",
                Severity.WARNING,
                "",
                f"The passphrase ({copy.name}) is kept with {listing(near)}: whoever finds the one finds the "
                "other, and it protects nothing.",
                "Keep the passphrase where no share is, with somebody who has none.",
            )


def _guardians(placement: Placement, guardians: Collection[str]) -> Iterator[Finding]:
    both = [holder for holder in placement.holders if {holder.person or holder.name, holder.name} & set(guardians)]
    if not both:
        return
    names = [holder.name for holder in both]
    many = len(both) > 1
    enough = placement.enough(names)
    yield Finding(
        "holder-is-guardian",
        Severity.WARNING,
        "",
        f"{listing(names)} {'hold shares and are guardians' if many else 'holds a share and is a guardian'} as well: "
        "who is lost, is lost to both ways back, and who is won over helps with both."
        + (" Together they have enough to put the secret together." if enough and many else ""),
        "Tell them that they are both, or let different people hold shares and vote.",
    )


def _unchecked(term: Term) -> Iterator[Finding]:
    every = min((years for years in (term.checked, term.renewed) if years), default=0)
    if 0 < every <= MAX_UNCHECKED or term.years <= MAX_UNCHECKED:
        return
    yield Finding(
        "unchecked-for-long",
        Severity.WARNING,
        "",
        f"Nobody looks for {every or term.years:g} years whether everything is still there: losses add up unnoticed.",
        "Ask all holders once a year, and replace what is lost.",
    )
