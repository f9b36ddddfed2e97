"""What each guardian keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from eth_utils import to_checksum_address

from . import files
from .errors import InvalidFile, InvalidInput
from .files import from_hex, integer, text_of, to_hex
from .policy import MAX_MEMBERS, Path, Policy
from .quorum import Member
from .structure import opening_from_json, opening_to_json, policy_from_json, policy_to_json

KIT_KIND = "recovery-kit"
#: As many as a path can have guardians; and a kit has to fit on paper.
MAX_RING = MAX_MEMBERS


@dataclass(frozen=True, slots=True)
class Notes:
    """What a guardian should know that no chain says. Nobody vouches for it but whoever handed out the kit.

    Attributes:
        owner: The owner's name, or nothing.
        ring: Whom else to ring when the owner needs help: names, and how each is reached.
        question: A question whose answer only owner and guardian know, or nothing. The answer stands nowhere.

    Raises:
        InvalidInput: More are to be rung than a kit may name.
    """

    owner: str = ""
    ring: tuple[tuple[str, str], ...] = ()
    question: str = ""

    def __post_init__(self) -> None:
        if len(self.ring) > MAX_RING:
            raise InvalidInput(f"a kit names at most {MAX_RING} people to be rung, not {len(self.ring)}. Name fewer.")


@dataclass(frozen=True, slots=True)
class Kit:
    """What one guardian keeps: enough to ask for a recovery and to approve one.

    Attributes:
        name: What the owner calls the guardian.
        chains: Chain ids on which the account has this policy, sorted.
        module: The module's address.
        account: The account.
        policy: The policy's structure.
        labels: What the owner calls the paths.
        openings: The guardian's own opening in each path, None where they are not in it.
        notes: What they should know besides.
    """

    name: str
    chains: tuple[int, ...]
    module: str
    account: str
    policy: Policy
    labels: tuple[str, ...]
    openings: tuple[Member | None, ...]
    notes: Notes = Notes()

    def __post_init__(self) -> None:
        if not len(self.labels) == len(self.openings) == len(self.policy.paths):
            raise InvalidInput("labels and openings must be as many as paths.")
        if not self.chains or list(self.chains) != sorted(set(self.chains)):
            raise InvalidInput("chains must be at least one, sorted, and none of them twice.")
        require_distinct("Path", self.labels)
        for path, opening in zip(self.policy.paths, self.openings, strict=True):
            if opening is not None and opening.commitment not in path.members:
                raise InvalidInput("an opening does not fit its path.")

    @property
    def commitments(self) -> tuple[bytes, ...]:
        """Which commitments this kit opens, 32 bytes each, sorted and each once."""
        return tuple(sorted({opening.commitment for opening in self.openings if opening}))

    def opening_in(self, path: Path) -> Member | None:
        """The guardian's opening in a path, be it of this policy or of a later one, or None.

        Replacing one guardian leaves the openings of the others good, so that an older kit still fits.
        """
        openings = {opening.commitment: opening for opening in self.openings if opening}
        return next((openings[member] for member in path.members if member in openings), None)

    def updated(self, policy: Policy) -> Kit:
        """The same guardian's kit for a later policy of the account, as far as their openings still fit.

        Args:
            policy: The structure that is in force. Paths keep their names wherever they stand now, if they still have
                something in common with what they were; others are called by their number.

        Raises:
            InvalidInput: None of the openings fits: the guardian was replaced, or got a new kit.
        """
        openings = tuple(self.opening_in(path) for path in policy.paths)
        if not any(openings):
            raise InvalidInput(
                "This kit opens nothing in the policy that the account has now: the owner has replaced you as a "
                "guardian, or has made you a new kit. Ask the owner."
            )
        return replace(self, policy=policy, labels=self._labels_of(policy), openings=openings)

    def _labels_of(self, policy: Policy) -> tuple[str, ...]:
        """What paths of a later policy are called. A wrong name would mislead, so the most alike come first."""
        pairs = [
            (at, index, _likeness(old, new))
            for at, old in enumerate(self.policy.paths)
            for index, new in enumerate(policy.paths)
            if old.right is new.right
        ]
        labels: dict[int, str] = {}
        left = set(range(len(self.labels)))
        for at, index, likeness in sorted(pairs, key=lambda pair: (pair[2], pair[0] == pair[1]), reverse=True):
            if any(likeness) and at in left and index not in labels:
                left.remove(at)
                labels[index] = self.labels[at]
        for index in range(len(policy.paths)):
            name = str(index)
            while index not in labels and name in labels.values():  # somebody has called another path "1"
                name = f"path {name}"
            labels.setdefault(index, name)
        return tuple(labels[index] for index in range(len(policy.paths)))

    def dumps(self) -> str:
        """As a file. The paths' hashes follow from the policy: they stand in it for whoever has no other tool."""
        return files.dumps(
            KIT_KIND,
            {
                "name": self.name,
                "owner": self.notes.owner,
                "chains": list(self.chains),
                "module": self.module,
                "account": self.account,
                "labels": list(self.labels),
                "policy": policy_to_json(self.policy),
                "pathHashes": [to_hex(path.hash) for path in self.policy.paths],
                "openings": [opening_to_json(o) if o else None for o in self.openings],
                "ring": [{"name": name, "contact": contact} for name, contact in self.notes.ring],
                "question": self.notes.question,
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The kit") -> Kit:
        """From a file. The paths' hashes are derived again and must be those in the file.

        Raises:
            InvalidFile: Altered, or not a kit.
        """
        content = files.loads(text, KIT_KIND, source)

        def build(content: dict[str, Any]) -> Kit:
            return cls(
                text_of(content["name"]),
                tuple(integer(chain) for chain in content["chains"]),
                str(to_checksum_address(from_hex(content["module"], 20))),
                str(to_checksum_address(from_hex(content["account"], 20))),
                policy_from_json(content["policy"]),
                tuple(text_of(label) for label in content["labels"]),
                tuple(opening_from_json(o) if o is not None else None for o in content["openings"]),
                Notes(
                    text_of(content["owner"]),
                    tuple((text_of(each["name"]), text_of(each["contact"])) for each in content["ring"]),
                    text_of(content["question"]),
                ),
            )

        kit = files.parse(source, KIT_KIND, content, build)
        if content.get("pathHashes") != [to_hex(path.hash) for path in kit.policy.paths]:
            raise InvalidFile(f"{source} contradicts itself: the hashes of its paths are not those of its content.")
        return kit


def _likeness(old: Path, new: Path) -> tuple[bool, bool, int]:
    """How much two paths have in common: all guardians, all terms, and how many guardians."""
    terms = replace(old, members=new.members) == new
    return (old.members == new.members, terms, len({*old.members} & {*new.members}))


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


def require_distinct(what: str, values: Iterable[str]) -> None:
    """Refuses a name that stands twice.

    Raises:
        InvalidInput: One does.
    """
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise InvalidInput(f"{what} {value} stands twice.")
        seen.add(value)
