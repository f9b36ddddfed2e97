"""A policy as its checks look at it: with who is behind each guardian."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ..plan import PathPlan, PolicyPlan
from ..policy import Right
from ..quorum import Owners
from ..signer import Signer
from .votes import quick_paths, votes_of


class Severity(IntEnum):
    """How bad it is, the worst first."""

    ERROR = 0
    WARNING = 1
    NOTE = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a policy that its owner should know.

    Attributes:
        code: Stable name, for programs.
        severity: How bad it is.
        path: Label of the path that it is about, or nothing.
        text: What can happen.
        fix: What to do about it.
    """

    code: str
    severity: Severity
    path: str
    text: str
    fix: str


@dataclass(frozen=True, slots=True)
class Case:
    """A policy with what is known of the people in it.

    Attributes:
        plan: The policy.
        owners: Who owns the account, if that is known.
        safes: Owners of those guardians that are Safes.
        persons: Who each guardian is, by the guardian's name.
    """

    plan: PolicyPlan
    owners: Owners | None
    safes: Mapping[Signer, Sequence[Signer]]
    persons: Mapping[str, str]

    def votes(self, path: PathPlan) -> dict[str, int]:
        """Votes in a path by person."""
        return votes_of(self.plan, path, self.persons)

    @property
    def rotating(self) -> list[PathPlan]:
        """Paths that replace owners."""
        return [path for path in self.plan.paths if path.right is Right.ROTATE]

    @property
    def theft(self) -> list[PathPlan]:
        """Paths that a thief with the owner's keys cannot cancel, nor stop by a sign of life."""
        return [path for path in quick_paths(self.plan) if not path.owner_cancels]

    @property
    def vetoing(self) -> list[PathPlan]:
        """Paths that veto."""
        return [path for path in self.plan.paths if path.right is Right.VETO]

    def vetoed(self, path: PathPlan, without: str = "") -> bool:
        """Whether somebody could veto a request of this path, even without one person."""
        return path.vetoable and any(
            sum(number for person, number in self.votes(veto).items() if person != without) >= veto.threshold
            for veto in self.vetoing
        )

    @property
    def keys(self) -> list[str]:
        """People who stand in the policy with a key that owns the account."""
        owning = set(self.owners.signers) if self.owners else set()
        return [self.persons[guardian.name] for guardian in self.plan.guardians if guardian.signer in owning]


def persons_of(plan: PolicyPlan, safes: Mapping[Signer, Sequence[Signer]]) -> dict[str, str]:
    """Who each guardian is: a Safe that one key owns is whoever has that key."""
    known = {guardian.signer: guardian.whose for guardian in plan.guardians}
    known.update({signer: name for name, signer in plan.owners if signer not in known})
    result = {}
    for guardian in plan.guardians:
        behind = safes.get(guardian.signer, ())
        result[guardian.name] = known.get(behind[0], str(behind[0])) if len(behind) == 1 else guardian.whose
    return result
