"""What the owner keeps: the policy file with its secret, from which all openings and kits follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from . import files
from .errors import InvalidFile, InvalidInput
from .files import boolean, from_hex, integer, text_of, to_hex
from .kit import Kit, Notes, require_distinct
from .policy import Path, Policy, Right
from .quorum import Member, Owners, derive_salt
from .signer import Signer

POLICY_KIND = "recovery-policy"
#: Salts are derived from numbers of four bytes.
MAX_NUMBER = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Guardian:
    """Somebody the owner trusts.

    Attributes:
        name: What the owner calls them.
        signer: Who acts.
        number: Never used again for another signer of this account.
        person: Who that is, if several guardians are the same person or the name does not say it.
    """

    name: str
    signer: Signer
    number: int
    person: str = ""

    @property
    def whose(self) -> str:
        """The person behind it."""
        return self.person or self.name


@dataclass(frozen=True, slots=True)
class PathPlan:
    """A path as its owner wrote it: with names.

    Attributes:
        label: What the owner calls it.
        right: What it may do.
        guardians: Names with their weights.
        threshold: Sum of weights that a quorum must reach.
        owner_cancels: Whether the account may cancel (rotate only).
        vetoable: Whether a veto path may cancel (rotate only).
        inactivity: Seconds of silence (rotate only).
        delay: Seconds from start to ready (rotate only).
        window: Seconds that a ready request, or a freeze, lasts.
    """

    label: str
    right: Right
    guardians: tuple[tuple[str, int], ...]
    threshold: int
    owner_cancels: bool = False
    vetoable: bool = False
    inactivity: int = 0
    delay: int = 0
    window: int = 0


@dataclass(frozen=True, slots=True)
class PolicyPlan:
    """The owner's own policy file. Secret: it says who the guardians are.

    Attributes:
        secret: 32 random bytes, from which all salts follow.
        change_delay: Seconds that a change of policy waits.
        guardians: Everybody who stands in a path.
        paths: In the order of the policy.
        next_number: The first number that no guardian of this account ever had.
        owner: The owner's name, or nothing.
        owners: Keys that own the account at first, with what the owner calls them; empty if that is decided elsewhere.
        owners_threshold: How many of them have to sign; 0 without them.

    Raises:
        InvalidInput: A name twice or unknown, a signer twice, or a threshold that guardians or owners cannot reach.
    """

    secret: bytes
    change_delay: int
    guardians: tuple[Guardian, ...]
    paths: tuple[PathPlan, ...]
    next_number: int = 0
    owner: str = ""
    owners: tuple[tuple[str, Signer], ...] = ()
    owners_threshold: int = 0

    def __post_init__(self) -> None:
        least = max((guardian.number for guardian in self.guardians), default=0) + 1
        object.__setattr__(self, "next_number", max(self.next_number, least))
        if self.next_number > MAX_NUMBER + 1:
            raise InvalidInput(f"A guardian's number is at most {MAX_NUMBER}.")
        require_distinct("Guardian", (guardian.name for guardian in self.guardians))
        require_distinct("Signer", (str(guardian.signer) for guardian in self.guardians))
        require_distinct("Number", (str(guardian.number) for guardian in self.guardians))
        require_distinct("Path", (path.label for path in self.paths))
        require_distinct("Owner", (name for name, _ in self.owners))
        _ = self.first_owners  # validates them
        if self.owners_threshold and not self.owners:
            raise InvalidInput("A number of owners who sign stands without any owners. Name them, or leave out both.")
        for path in self.paths:
            require_distinct(f"In path {path.label!r} guardian", (name for name, _ in path.guardians))
            total = sum(weight for _, weight in path.guardians)
            # Weights are hidden on-chain, so nobody but the client can refuse this.
            if path.threshold > total:
                raise InvalidInput(
                    f"Path {path.label!r} asks for {path.threshold}, but its guardians have {total} together: "
                    "it could never be used."
                )
        _ = self.policy  # validates the structure

    def guardian(self, name: str) -> Guardian:
        """A guardian by name.

        Raises:
            InvalidInput: There is none of that name.
        """
        for guardian in self.guardians:
            if guardian.name == name:
                return guardian
        names = ", ".join(guardian.name for guardian in self.guardians)
        raise InvalidInput(f"There is no guardian {name!r}. Known are: {names}.")

    @property
    def first_owners(self) -> Owners | None:
        """Who owns the account at first, or None if that is decided elsewhere."""
        if not self.owners:
            return None
        return Owners.of((signer for _, signer in self.owners), self.owners_threshold)

    def member(self, name: str, weight: int) -> Member:
        """A guardian's opening."""
        guardian = self.guardian(name)
        return Member(guardian.signer, weight, derive_salt(self.secret, guardian.number))

    def replacing(self, earlier: PolicyPlan) -> PolicyPlan:
        """The same policy as a change of an earlier one of the same account.

        Who keeps name and signer keeps the number, and with it the salt and the opening.
        Everybody else gets a number that was never used, so that nothing known of a former guardian says anything.
        """
        kept = {(guardian.name, guardian.signer): guardian.number for guardian in earlier.guardians}
        number = earlier.next_number
        guardians = []
        for guardian in self.guardians:
            old = kept.get((guardian.name, guardian.signer))
            guardians.append(replace(guardian, number=number if old is None else old))
            number += old is None
        return replace(self, secret=earlier.secret, guardians=tuple(guardians), next_number=number)

    @property
    def policy(self) -> Policy:
        """The structure that the chain commits to."""
        return Policy(self.change_delay, tuple(self._path(path) for path in self.paths))

    def _path(self, path: PathPlan) -> Path:
        members = tuple(self.member(name, weight).commitment for name, weight in path.guardians)
        return Path(
            path.right,
            path.owner_cancels,
            path.vetoable,
            path.inactivity,
            path.delay,
            path.window,
            path.threshold,
            members,
        )

    def kit(self, name: str, chains: int | Iterable[int], module: str, account: str, notes: Notes | None = None) -> Kit:
        """What one guardian keeps.

        Args:
            name: The guardian.
            chains: Chain ids on which the account has this policy.
            module: The module's address.
            account: The account.
            notes: What the guardian should know besides; by default only the owner's name.
        """
        return Kit(
            name,
            (chains,) if isinstance(chains, int) else tuple(sorted(set(chains))),
            module,
            account,
            self.policy,
            tuple(path.label for path in self.paths),
            tuple(
                self.member(name, weight) if weight else None
                for weight in (dict(path.guardians).get(name, 0) for path in self.paths)
            ),
            notes or Notes(self.owner),
        )

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            POLICY_KIND,
            {
                "secret": to_hex(self.secret),
                "changeDelay": self.change_delay,
                "nextNumber": self.next_number,
                "guardians": [
                    {"name": g.name, "signer": str(g.signer), "number": g.number, "person": g.person}
                    for g in self.guardians
                ],
                "paths": [
                    {
                        "label": p.label,
                        "right": p.right.name.lower(),
                        "guardians": [{"name": name, "weight": weight} for name, weight in p.guardians],
                        "threshold": p.threshold,
                        "ownerCancels": p.owner_cancels,
                        "vetoable": p.vetoable,
                        "inactivity": p.inactivity,
                        "delay": p.delay,
                        "window": p.window,
                    }
                    for p in self.paths
                ],
                "owner": self.owner,
                "owners": [{"name": name, "signer": str(signer)} for name, signer in self.owners],
                "ownersThreshold": self.owners_threshold,
                "policyHash": to_hex(self.policy.hash),
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The policy file") -> PolicyPlan:
        """From a file. The policy's hash is derived again and must be the one in the file.

        Raises:
            InvalidFile: Altered, or not a policy file.
        """
        content = files.loads(text, POLICY_KIND, source)
        plan = files.parse(source, POLICY_KIND, content, cls._build)
        if content.get("policyHash") != to_hex(plan.policy.hash):
            raise InvalidFile(f"{source} contradicts itself: its hash is not that of its content.")
        return plan

    @classmethod
    def _build(cls, content: dict[str, Any]) -> PolicyPlan:
        guardians = tuple(
            Guardian(text_of(g["name"]), Signer.parse(g["signer"]), integer(g["number"]), text_of(g["person"]))
            for g in content["guardians"]
        )
        rights = {right.name.lower(): right for right in Right}
        paths = tuple(
            PathPlan(
                text_of(p["label"]),
                rights[p["right"]],
                tuple((text_of(g["name"]), integer(g["weight"])) for g in p["guardians"]),
                integer(p["threshold"]),
                boolean(p["ownerCancels"]),
                boolean(p["vetoable"]),
                integer(p["inactivity"]),
                integer(p["delay"]),
                integer(p["window"]),
            )
            for p in content["paths"]
        )
        next_number = integer(content["nextNumber"])
        if any(guardian.number >= next_number for guardian in guardians):
            raise InvalidInput("a guardian's number is not below 'nextNumber'.")
        return cls(
            from_hex(content["secret"], 32),
            integer(content["changeDelay"]),
            guardians,
            paths,
            next_number,
            text_of(content["owner"]),
            tuple((text_of(o["name"]), Signer.parse(o["signer"])) for o in content["owners"]),
            integer(content["ownersThreshold"]),
        )
