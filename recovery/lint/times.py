"""What is wrong with how long things take, and with what stands against a thief."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..explain import duration
from ..policy import DAY, HOUR, Right
from .case import Case, Finding, Severity
from .votes import quick_paths

#: How long it takes to reach guardians and to have them sign.
COLLECTING = 72 * HOUR
MAX_FREEZE = 30 * DAY


def _delay(case: Case) -> Iterator[Finding]:
    for path in case.rotating:
        if path.delay >= 2 * DAY:
            continue
        stoppable = path.owner_cancels or path.inactivity or case.vetoed(path)
        error = path.delay < DAY and not stoppable
        yield Finding(
            "delay-too-short",
            Severity.ERROR if error else Severity.WARNING,
            path.label,
            f"Path {path.label!r} waits {duration(path.delay)}: that is over before "
            + (
                "people have noticed it and can act."
                if stoppable
                else "guardians have noticed that they were deceived, and nobody else can stop it."
            ),
            "Let it wait for 2 days at least; 3 days leave time for a weekend.",
        )


def _change_delay(case: Case) -> Iterator[Finding]:
    """Whether guardians can act before a thief has changed them away.

    A request that the owner cannot cancel holds up the change once it has started, so what is needed above all is the
    time to notice and to collect approvals: less than 72 hours is an error. But the request holds it up only while it
    is open. If it is vetoed, cancelled by its own guardians or left to expire, the change applies at once, unless the
    waiting time of the change is at least that of the path; hence the warning.
    """
    if not case.theft:
        return
    waits = case.plan.change_delay
    fastest = min(case.theft, key=lambda path: path.delay)
    if waits >= max(COLLECTING, fastest.delay):
        return
    reason = (
        f"A thief with your keys gets rid of your guardians after {duration(waits)}, which is less than the "
        f"{duration(COLLECTING)} that it takes to reach them and to have them sign."
        if waits < COLLECTING
        else f"A change of policy waits {duration(waits)}, less than the {duration(fastest.delay)} of path "
        f"{fastest.label!r}. "
        "An open recovery holds up a thief's change; but if that one fails, the change applies before another can be "
        "ready."
    )
    least = -(-max(COLLECTING, fastest.delay) // DAY)
    yield Finding(
        "change-too-fast",
        Severity.ERROR if waits < COLLECTING else Severity.WARNING,
        "",
        reason,
        f"Set change_delay to {least} days or more.",
    )


def _outrun(case: Case) -> Iterator[Finding]:
    """Whether the keys that a thief needs in order to spend are also enough for a path.

    A recovery that takes effect ends every other one that is open, and the freeze.
    """
    if case.owners is None or not case.theft:
        return
    fastest = min(case.theft, key=lambda path: path.delay)
    keys = case.keys
    for path in quick_paths(case.plan):
        votes = sorted((v for person, v in case.votes(path).items() if person in keys), reverse=True)
        if sum(votes[: case.owners.threshold]) < path.threshold or path.delay >= fastest.delay + COLLECTING:
            continue
        vetoed = case.vetoed(path)
        yield Finding(
            "thief-outruns-theft-path",
            Severity.WARNING if vetoed else Severity.ERROR,
            path.label,
            f"Who has stolen the keys that it takes to spend reaches the threshold of path {path.label!r} with them "
            f"alone, and is ready after {duration(path.delay)}: that ends the freeze, and the recovery on path "
            f"{fastest.label!r}, which waits {duration(fastest.delay)}"
            + ("; only a veto stops it." if vetoed else "."),
            "Have the path need a guardian besides: one path for the loss of each key, with the other keys in it.",
        )


def _freeze(case: Case) -> Iterator[Finding]:
    freezing = [path for path in case.plan.paths if path.right is Right.FREEZE]
    if not freezing:
        yield Finding(
            "no-freeze-path",
            Severity.NOTE,
            "",
            "No path freezes the account: while guardians collect their approvals and wait, a thief goes on spending.",
            "Add a path with `right: freeze` that any one guardian can use.",
        )
    if not case.theft:
        return
    fastest = min(case.theft, key=lambda path: path.delay)
    least = fastest.delay + COLLECTING
    for path in freezing:
        if path.window < least:
            yield Finding(
                "freeze-too-short",
                Severity.WARNING,
                path.label,
                f"The freeze of path {path.label!r} lasts {duration(path.window)}. Collecting approvals "
                f"({duration(COLLECTING)}) and the delay of path {fastest.label!r} ({duration(fastest.delay)}) take "
                f"{duration(least)}: the thief spends again before the new owners are in, and for as long as it has "
                "lasted no freeze is possible.",
                f"Let it last {-(-least // DAY)} days or more."
                if least <= MAX_FREEZE
                else f"A freeze lasts {duration(MAX_FREEZE)} at most: have path {fastest.label!r} wait less.",
            )


def _no_theft_path(case: Case) -> Iterator[Finding]:
    if case.theft:
        return
    silent = any(path.inactivity and not path.owner_cancels for path in case.rotating)
    yield Finding(
        "no-theft-path",
        Severity.WARNING,
        "",
        "Whoever has your keys can stop every recovery: a thief cancels "
        + ("it, or gives a sign of life." if silent else "whatever you can cancel."),
        "Add a path with `owner_cancels: no`, without inactivity, a high threshold and a long delay.",
    )


def _silence(case: Case) -> Iterator[Finding]:
    for path in case.rotating:
        if not 0 < path.inactivity < 180 * DAY:
            continue
        yield Finding(
            "silence-too-short",
            Severity.ERROR if path.inactivity < 60 * DAY else Severity.WARNING,
            path.label,
            f"Path {path.label!r} takes you for gone after {duration(path.inactivity)}: a long trip or an illness "
            "lasts longer.",
            "Let it wait for 180 days of silence at least; a year is usual.",
        )


def _window(case: Case) -> Iterator[Finding]:
    for path in case.rotating:
        if path.window < 7 * DAY:
            yield Finding(
                "window-too-short",
                Severity.WARNING,
                path.label,
                f"A recovery on path {path.label!r} expires {duration(path.window)} after it is ready: if everybody is "
                "on holiday, it has to begin anew.",
                "Set its window to 7 days at least; 30 days are usual.",
            )


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _change_delay,
    _outrun,
    _delay,
    _no_theft_path,
    _freeze,
    _silence,
    _window,
)
