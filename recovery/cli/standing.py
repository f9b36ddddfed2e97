"""Who is protected: what the guardians of an owner's folder have answered, for `recovery status`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .session import quote
from .sources import Source

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..folder import Folder
    from .guardian_state import View


@dataclass(frozen=True)
class Standings:
    """How well an account is protected.

    Attributes:
        folder: The owner's.
        view: What its guardians have answered.
        now: When it was looked at, in seconds since 1970.
    """

    folder: Folder
    view: View
    now: int

    @property
    def source(self) -> Source:
        """What the policy in force says."""
        plan = self.view.plan
        return Source(plan.policy, tuple(path.label for path in plan.paths), plan=plan)

    @property
    def summary(self) -> list[str]:
        """Whether it is protected, and how many can be lost."""
        from ..lint import margin
        from .guardian_state import answered, covered

        gone = [guardian.whose for guardian in self.view.plan.guardians if guardian.name in self.missing]
        whole, left = margin(self.view.plan), margin(self.view.plan, gone)
        number = {1: "one", 2: "two", 3: "three"}
        lost = f"Any {number.get(whole, whole)} of its people can be lost" if whole > 0 else "Nobody can be lost"
        now = "" if left == whole else f"; of those who have answered, {number.get(left, max(left, 0) or 'nobody')}"
        return [covered(self.view.protection), answered(self.view.protection), f"{lost}{now}."]

    @property
    def missing(self) -> tuple[str, ...]:
        """Guardians who cannot be counted on now."""
        return self.view.protection.missing

    @property
    def rows(self) -> list[tuple[str, str]]:
        """One row for each guardian."""
        from .guardian_list import answer

        rows = []
        for guardian in self.view.protection.guardians:
            stale = "; the kit that was handed out is stale" if guardian.stale else ""
            rows.append((guardian.name, f"{answer(guardian, self.now)}{stale}"))
        return rows

    @property
    def todo(self) -> list[tuple[str, list[str], bool]]:
        """What the owner should do about it."""
        from ..explain import listing

        waiting = [guardian for guardian in self.view.protection.guardians if guardian.due and not guardian.resigned]
        due = [guardian.name for guardian in waiting if not guardian.sealed]
        found = []
        place = quote(self.folder.path)
        for guardian in waiting:
            if guardian.sealed:
                command = f"recovery guardian paper {quote(guardian.name)} --folder {place} --check"
                found.append((f"Look whether the words of {guardian.name} can be read:", [command], False))
        for guardian in self.view.protection.guardians:
            if guardian.resigned:
                command = f"recovery guardian replace {quote(guardian.name)} --by CARD --folder {place}"
                found.append((f"{guardian.name} has resigned. Put somebody in their place:", [command], False))
        if due:
            text = f"Ask {listing(due)} whether they still hold their kits, and file what they answer:"
            theirs, yours = "recovery guardian check KIT --signer KEY", "recovery guardian receive FILE..."
            found.append((text, [theirs, f"{yours} --folder {place}"], False))
        return found

    def as_data(self) -> dict[str, Any]:
        """The same for programs; `checked` in seconds since 1970."""
        return {
            "protected": self.view.protection.protected,
            "guardians": [
                {
                    "name": guardian.name,
                    "paths": list(guardian.paths),
                    "checked": guardian.checked,
                    "resigned": guardian.resigned,
                    "owner": guardian.is_owner,
                    "counts": guardian.counts,
                    "due": guardian.due,
                    "staleKit": guardian.stale,
                }
                for guardian in self.view.protection.guardians
            ],
            "cover": [
                {"path": path.label, "votes": path.weight, "threshold": path.threshold, "spare": path.spare}
                for path in self.view.protection.paths
            ],
        }


def standing(folder: Folder, client: RecoveryClient, account: str) -> Standings | None:
    """What the guardians have answered, or None where the account has no policy.

    Raises:
        Refused: The folder has no file of the policy that is in force.
    """
    from .guardian_state import Chain, view

    state = client.state(account, 0)
    if not state.configured:
        return None
    now = int(time.time())
    return Standings(folder, view(folder, Chain(client, state), now), now)
