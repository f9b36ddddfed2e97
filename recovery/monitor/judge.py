"""What of an account needs somebody, and how soon. Pure: the same state and policy give the same findings.

========================================= ========= ==========================================================
finding                                   level     rule
========================================= ========= ==========================================================
request pending                           attention urgent if ready within 24 hours: the last day to stop it
request ready                             urgent   anybody can finalize it at any moment, or it ends unused
request expired                           attention clear it; it may still hold up a change of policy
change of policy pending                  attention urgent from 24 hours before it is possible until it is
                                                    applied or past: the last day to drop or veto it
change of policy held up                  attention open recoveries stop it from being applied
frozen                                    attention urgent if the freeze ends within 24 hours: a thief waits
inactivity path opens in less than 30 days attention; also when it is open already
no policy, or not readable                attention nothing can recover it, or nothing is known of it
due by the owner's schedule               attention urgent from 30 days later
schedule not readable                     attention what is due is not known
========================================= ========= ==========================================================

Within 24 hours means 24 hours or less; everything else is fine. Of what is as urgent, that of the chain comes first: it
does not wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from ..errors import InvalidFile
from ..explain import duration, when
from ..keys.schedule import Due, State, What, age, day
from ..kit import Kit
from ..plan import PolicyPlan
from ..policy import DAY, Policy, Right
from ..state import AccountState, RequestState

SOON = DAY
INACTIVITY_NOTICE = 30 * DAY


class Level(IntEnum):
    """How soon somebody is needed; the value is the exit code."""

    FINE = 0
    ATTENTION = 3
    URGENT = 4


@dataclass(frozen=True, slots=True)
class Structure:
    """A policy with what its owner calls the paths, as far as that is known.

    Attributes:
        policy: Numbers and commitments.
        labels: As many as paths, or none.
    """

    policy: Policy
    labels: tuple[str, ...] = ()

    def label(self, path: int) -> str:
        """What a path is called."""
        return f"“{self.labels[path]}”" if path < len(self.labels) else str(path)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one account.

    Attributes:
        level: How soon somebody is needed.
        kind: Stable name, for programs.
        message: One sentence, for people.
        at: What it will be too late after, or when it begins, in seconds since 1970; 0 if there is no such time.
        path: Which path, if one.
    """

    level: Level
    kind: str
    message: str
    at: int = 0
    path: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One account and what was found.

    Attributes:
        state: As read.
        structure: Its policy, if it is known.
        findings: The most urgent first.
        schedule: What is due when, soonest first, if the owner's folder is known.
    """

    state: AccountState
    structure: Structure | None
    findings: tuple[Finding, ...]
    schedule: tuple[Due, ...] | None = None

    @property
    def level(self) -> Level:
        """The highest of the findings."""
        return max((finding.level for finding in self.findings), default=Level.FINE)

    @property
    def order(self) -> tuple[int, bool, int, str]:
        """For sorting, the most urgent first."""
        return min((_order(finding) for finding in self.findings), default=(0, False, 0)) + (self.state.account,)


def judge(state: AccountState, structure: Structure | None = None) -> Verdict:
    """Applies the rules to one account.

    Args:
        state: As read.
        structure: The policy in force, without which nothing can be said of inactivity. Another one is ignored.
    """
    if structure is not None and structure.policy.hash[:24] != state.policy_hash:
        structure = None
    if not state.configured:
        what = "no recovery policy: nothing can recover it" if state.readable else "no wallet of ours is here"
        return Verdict(state, None, (Finding(Level.ATTENTION, "no-policy", f"{what}."),))
    findings = [*_requests(state, structure), *_change(state), *_freeze(state)]
    if structure is not None:
        findings += _inactivity(state, structure)
    if not state.readable:
        findings.append(Finding(Level.ATTENTION, "unreadable", "the account does not say when its owner was active."))
    return Verdict(state, structure, tuple(sorted(findings, key=_order)))


def with_schedule(verdict: Verdict, schedule: Iterable[Due]) -> Verdict:
    """The verdict, with what is due by the owner's schedule.

    Holders of shares are not named: what a monitor says may go to others than the owner.
    """
    dates = tuple(schedule)
    found = [_due(due) for due in dates if due.state is not State.LATER]
    return replace(verdict, findings=tuple(sorted((*verdict.findings, *found), key=_order)), schedule=dates)


def without_schedule(verdict: Verdict, reason: str) -> Verdict:
    """The verdict, with the finding that the owner's schedule cannot be read.

    Args:
        verdict: What was found otherwise.
        reason: Why it cannot, as a sentence.
    """
    found = Finding(Level.ATTENTION, "schedule-unreadable", f"what is due is not known. {reason}")
    return replace(verdict, findings=tuple(sorted((*verdict.findings, found), key=_order)))


def _due(due: Due) -> Finding:
    level = Level.URGENT if due.state is State.OVERDUE else Level.ATTENTION
    if due.what is What.SHARES:
        number = len(due.never) + len(due.old)
        who = "one holder has" if number == 1 else f"{number} holders have"
        text = f"of set {due.name} {who} not shown their shares for {age(due.every)} (since {day(due.at)})."
    else:
        text = f"{due.title[0].lower()}{due.title[1:]}: due since {day(due.at)}."
    return Finding(level, f"{due.what.value}-due", text, due.at)


def rank(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The most urgent first; of equals the one whose time comes first."""
    return sorted(verdicts, key=lambda verdict: verdict.order)


def worst(verdicts: Iterable[Verdict]) -> Level:
    """The highest level of all."""
    return max((verdict.level for verdict in verdicts), default=Level.FINE)


def _order(finding: Finding) -> tuple[int, bool, int]:
    return (-finding.level, finding.kind.endswith("-due"), finding.at or 2**63)


def _requests(state: AccountState, structure: Structure | None) -> Iterable[Finding]:
    for path, status in enumerate(state.paths):
        label = structure.label(path) if structure else str(path)
        if status.state is RequestState.PENDING:
            level = _soon(status.ready_at, state.time)
            text = f"recovery on path {label} is pending: ready on {when(status.ready_at, state.time)}."
            yield Finding(level, "request-pending", text, status.ready_at, path)
        elif status.state is RequestState.READY:
            text = f"recovery on path {label} is ready: anybody can finalize it until "
            yield Finding(
                Level.URGENT, "request-ready", f"{text}{when(status.expires_at, state.time)}.", status.expires_at, path
            )
        elif status.state is RequestState.EXPIRED:
            text = f"recovery on path {label} expired on {when(status.expires_at, state.time)}: clear it."
            yield Finding(Level.ATTENTION, "request-expired", text, status.expires_at, path)


def _change(state: AccountState) -> Iterable[Finding]:
    if not state.change_eta or state.time >= state.change_expires_at:
        return
    what = "removal of recovery" if state.change_policy_hash == bytes(24) else "a change of policy"
    if state.blockers:
        text = f"{what} is pending, but held up by a recovery under way (it can be applied until "
        text += f"{when(state.change_expires_at, state.time)})."
        yield Finding(Level.ATTENTION, "change-held-up", text, state.change_expires_at)
    elif state.time < state.change_eta:
        text = f"{what} is pending: anybody can apply it from {when(state.change_eta, state.time)}."
        yield Finding(_soon(state.change_eta, state.time), "change-pending", text, state.change_eta)
    else:
        text = f"{what} can be applied by anybody until {when(state.change_expires_at, state.time)}."
        yield Finding(Level.URGENT, "change-ready", text, state.change_eta)


def _freeze(state: AccountState) -> Iterable[Finding]:
    if state.frozen:
        text = f"frozen until {when(state.frozen_until, state.time)}."
        yield Finding(_soon(state.frozen_until, state.time), "frozen", text, state.frozen_until)


def _inactivity(state: AccountState, structure: Structure) -> Iterable[Finding]:
    for path, opens_at in openings(state, structure.policy):
        left = opens_at - state.time
        label = structure.label(path)
        if left <= 0:
            text = f"path {label} has been open for {duration(-left)}: the owner has been silent."
            yield Finding(Level.ATTENTION, "inactivity-open", text, opens_at, path)
        elif left < INACTIVITY_NOTICE:
            text = f"path {label} opens in {duration(left)} unless the owner shows life."
            yield Finding(Level.ATTENTION, "inactivity-soon", text, opens_at, path)


def openings(state: AccountState, policy: Policy) -> Sequence[tuple[int, int]]:
    """When each path that needs silence opens if the owner stays silent: (path, seconds since 1970)."""
    return [
        (index, state.inactive_at(path.inactivity))
        for index, path in enumerate(policy.paths)
        if path.right is Right.ROTATE and path.inactivity and state.last_active
    ]


def _soon(at: int, now: int) -> Level:
    return Level.URGENT if at - now <= SOON else Level.ATTENTION


def structures(plans: Iterable[PolicyPlan]) -> dict[bytes, Structure]:
    """The structures of policy files, by the 24 bytes of their hashes."""
    made = [Structure(plan.policy, tuple(path.label for path in plan.paths)) for plan in plans]
    return {structure.policy.hash[:24]: structure for structure in made}


def load_structure(text: str, source: str) -> tuple[bytes, Structure]:
    """The structure in a policy file or a kit, by the 24 bytes of its hash.

    Raises:
        InvalidFile: Neither of them.
    """
    try:
        ((hash_, structure),) = structures([PolicyPlan.loads(text, source)]).items()
    except InvalidFile:
        kit = Kit.loads(text, source)
        hash_, structure = kit.policy.hash[:24], Structure(kit.policy, kit.labels)
    return hash_, structure
