"""When guardians can start on a path that waits for silence, and when the new owners can be in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..chains import chain_name
from ..explain import duration, when
from ..plan import PathPlan
from ..sheets.text import Span, Text, bold
from ..state import AccountState, RequestState
from .known import Known, Stand
from .model import Part, Said, Section, Table
from .votes import who


@dataclass(frozen=True, slots=True)
class Earliest:
    """The two dates of a path that waits for silence, in seconds since 1970, if the owner stays silent.

    Attributes:
        start: When guardians can start; in the past if they can already.
        in_place: When the new owners can be in place, if they start then or, if that is past, now.
        under_way: Whether that is the date of a recovery that was started already.
        expired: Whether one was started and its time has passed.
    """

    start: int
    in_place: int
    under_way: bool = False
    expired: bool = False


def earliest(state: AccountState, index: int, path: PathPlan) -> Earliest | None:
    """The dates of a path, or None if it never opens: nothing is known of the owner's activity.

    A recovery under way counts only if the owner was silent when it started and is still: otherwise it can never be
    finished, and the dates are those of another one.

    Args:
        state: What the chain says.
        index: The path's number.
        path: The path; it has an inactivity.
    """
    start = state.inactive_at(path.inactivity)
    if not start:
        return None
    request = state.paths[index]
    if request.is_open and start <= request.ready_at - path.delay:
        return Earliest(start, request.ready_at, under_way=True)
    expired = request.state is RequestState.EXPIRED
    return Earliest(start, max(start, state.time) + path.delay, expired=expired)


def dates(known: Known, names: bool, inner: bool = False) -> Iterator[Part]:
    """The two dates of every path that waits for silence, on each chain that was asked; or how they follow.

    Args:
        known: The account.
        names: Whether guardians whom the owner lets others know may be named.
        inner: Whether they belong to a section.
    """
    for index, path in known.silent:
        enough = who(known, path, names)
        row: tuple[str, Text] = ("Who", enough[0].upper() + enough[1:])
        if not known.stands:
            yield Section(f"Path “{path.label}”", inner)
            yield Table((row, *_rules(path)))
        for stand in known.stands:
            yield Section(f"Path “{path.label}” on {chain_name(stand.chain_id)}", inner)
            yield Table((row, *_dates(stand, index, path)))
    missing = [chain_name(each) for each in known.chains if each not in {stand.chain_id for stand in known.stands}]
    if known.silent and known.stands and missing:
        yield Said(f"The account is also on {', '.join(missing)}, with a clock of its own there, which was not asked.")


def _rules(path: PathPlan) -> tuple[tuple[str, Text], ...]:
    return (
        ("They can start", f"{duration(path.inactivity)} after the last sign of life, at the earliest"),
        (
            "New owners in place",
            f"another {duration(path.delay)} later, at the earliest; then within {duration(path.window)}",
        ),
    )


def _dates(stand: Stand, index: int, path: PathPlan) -> tuple[tuple[str, Text], ...]:
    state = stand.state
    found = earliest(state, index, path)
    if found is None:
        return (("They can start", "never, as it stands: the chain knows of no sign of life to count from"),)
    last = f"the last sign of life counts to {when(state.last_active)}, and {duration(path.inactivity)} have to pass"
    start: Text = [bold(when(found.start)), f" at the earliest: {last}"]
    if found.start <= state.time:
        start = [bold("now"), f", since {when(found.start)}: {last}"]
    place: list[str | Span] = [
        bold(when(found.in_place)),
        f" at the earliest: it waits {duration(path.delay)} from the start",
    ]
    if found.under_way:
        place = [bold(when(found.in_place)), " at the earliest: a recovery was started already"]
    finish = f"; then within {duration(path.window)}, otherwise guardians start again"
    rows: list[tuple[str, Text]] = [("They can start", start), ("New owners in place", [*place, finish])]
    if found.expired:
        rows.append(("Before", "a recovery was started here, and its time has passed: guardians have to start again"))
    return tuple(rows)
