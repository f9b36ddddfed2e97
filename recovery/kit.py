"""What the owner and each guardian keep: the policy file with its secret, and the kits made from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from eth_utils import to_checksum_address

from . import files
from .errors import InvalidFile, InvalidInput
from .files import boolean, from_hex, integer, text_of, to_hex
from .policy import Path, Policy, Right
from .quorum import Member, derive_salt
from .signer import Signer
from .structure import (
    opening_from_json,
    opening_to_json,
    policy_from_json,
    policy_to_json,
)

POLICY_KIND = "recovery-policy"
KIT_KIND = "recovery-kit"
#: Salts are derived from numbers of four bytes.
MAX_NUMBER = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Guardian:
    """Somebody the owner trusts.

    Attributes:
        name: What the owner calls them.
        signer: Who acts.
        number: Never used again for another signer of this account.
    """

    name: str
    signer: Signer
    number: int


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

    Raises:
        InvalidInput: A name twice or unknown, a signer twice, or a threshold that the guardians cannot reach.
    """

    secret: bytes
    change_delay: int
    guardians: tuple[Guardian, ...]
    paths: tuple[PathPlan, ...]
    next_number: int = 0

    def __post_init__(self) -> None:
        least = max((guardian.number for guardian in self.guardians), default=0) + 1
        object.__setattr__(self, "next_number", max(self.next_number, least))
        if self.next_number > MAX_NUMBER + 1:
            raise InvalidInput(f"A guardian's number is at most {MAX_NUMBER}.")
        _require_distinct("Guardian", (guardian.name for guardian in self.guardians))
        _require_distinct("Signer", (str(guardian.signer) for guardian in self.guardians))
        _require_distinct("Number", (str(guardian.number) for guardian in self.guardians))
        _require_distinct("Path", (path.label for path in self.paths))
        for path in self.paths:
            _require_distinct(f"In path {path.label!r} guardian", (name for name, _ in path.guardians))
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

    def kit(self, name: str, chain_id: int, module: str, account: str) -> Kit:
        """What one guardian keeps."""
        return Kit(
            name,
            chain_id,
            module,
            account,
            self.policy,
            tuple(path.label for path in self.paths),
            tuple(
                self.member(name, weight) if weight else None
                for weight in (dict(path.guardians).get(name, 0) for path in self.paths)
            ),
        )

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            POLICY_KIND,
            {
                "secret": to_hex(self.secret),
                "changeDelay": self.change_delay,
                "nextNumber": self.next_number,
                "guardians": [{"name": g.name, "signer": str(g.signer), "number": g.number} for g in self.guardians],
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
            Guardian(text_of(g["name"]), Signer.parse(g["signer"]), integer(g["number"])) for g in content["guardians"]
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
        return cls(from_hex(content["secret"], 32), integer(content["changeDelay"]), guardians, paths, next_number)


@dataclass(frozen=True, slots=True)
class Kit:
    """What one guardian keeps: enough to ask for a recovery and to approve one.

    Attributes:
        name: What the owner calls the guardian.
        chain_id: Chain id.
        module: The module's address.
        account: The account.
        policy: The policy's structure.
        labels: What the owner calls the paths.
        openings: The guardian's own opening in each path, None where they are not in it.
    """

    name: str
    chain_id: int
    module: str
    account: str
    policy: Policy
    labels: tuple[str, ...]
    openings: tuple[Member | None, ...]

    def __post_init__(self) -> None:
        if not len(self.labels) == len(self.openings) == len(self.policy.paths):
            raise InvalidInput("labels and openings must be as many as paths.")
        _require_distinct("Path", self.labels)
        for path, opening in zip(self.policy.paths, self.openings, strict=True):
            if opening is not None and opening.commitment not in path.members:
                raise InvalidInput("an opening does not fit its path.")

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            KIT_KIND,
            {
                "name": self.name,
                "chainId": self.chain_id,
                "module": self.module,
                "account": self.account,
                "labels": list(self.labels),
                "policy": policy_to_json(self.policy),
                "openings": [opening_to_json(o) if o else None for o in self.openings],
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The kit") -> Kit:
        """From a file.

        Raises:
            InvalidFile: Altered, or not a kit.
        """
        content = files.loads(text, KIT_KIND, source)

        def build(content: dict[str, Any]) -> Kit:
            return cls(
                text_of(content["name"]),
                integer(content["chainId"]),
                str(to_checksum_address(from_hex(content["module"], 20))),
                str(to_checksum_address(from_hex(content["account"], 20))),
                policy_from_json(content["policy"]),
                tuple(text_of(label) for label in content["labels"]),
                tuple(opening_from_json(o) if o is not None else None for o in content["openings"]),
            )

        return files.parse(source, KIT_KIND, content, build)


def find_path(labels: Iterable[str], wanted: str) -> int:
    """A path's position, by its label or its number.

    Raises:
        InvalidInput: There is none.
    """
    names = list(labels)
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(names):
        return int(wanted)
    raise InvalidInput(f"There is no path {wanted!r}. Known are: {', '.join(names)}.")


def _require_distinct(what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise InvalidInput(f"{what} {value} stands twice.")
        seen.add(value)
