"""Policies: the structure that the chain commits to, validated and hashed as Policy.sol does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from .errors import InvalidInput

HOUR = 3600
DAY = 24 * HOUR

MAX_PATHS = 32
MAX_MEMBERS = 32
MAX_CHANGE_DELAY = 90 * DAY
CHANGE_WINDOW = 30 * DAY

PATH_ABI = "(uint8,bool,bool,uint32,uint32,uint32,uint32,bytes32,bytes32[])"


class Right(IntEnum):
    """What a path may do once its quorum acts."""

    ROTATE = 0
    FREEZE = 1
    VETO = 2


@dataclass(frozen=True, slots=True)
class Path:
    """One way in, as the chain sees it: numbers and commitments, no names.

    Attributes:
        right: What it may do.
        owner_cancels: Whether the account itself may cancel a request (rotate only).
        vetoable: Whether a veto path may cancel a request (rotate only).
        inactivity: Seconds of silence that it needs, 0 for none (rotate only).
        delay: Seconds between start and ready (rotate only).
        window: Seconds that a ready request stays ready, or that a freeze lasts.
        threshold: Sum of weights that a quorum must reach.
        members: Commitments, 32 bytes each.
        extra: 32 bytes that the kind of account defines.

    Raises:
        InvalidInput: What Policy.sol would refuse, in words.
    """

    right: Right
    owner_cancels: bool
    vetoable: bool
    inactivity: int
    delay: int
    window: int
    threshold: int
    members: tuple[bytes, ...]
    extra: bytes = bytes(32)

    def __post_init__(self) -> None:
        if not 1 <= len(self.members) <= MAX_MEMBERS:
            raise InvalidInput(f"A path has 1 to {MAX_MEMBERS} guardians, not {len(self.members)}.")
        if any(len(m) != 32 or m == bytes(32) for m in self.members):
            raise InvalidInput("A guardian's commitment is 32 bytes and not zero.")
        if len(self.extra) != 32:
            raise InvalidInput("A path's extra word has 32 bytes.")
        if not 1 <= self.threshold < 2**32:
            raise InvalidInput("A path's threshold is at least 1: with 0 anybody could act.")
        if self.right is Right.ROTATE:
            _require(HOUR <= self.delay <= 365 * DAY, "A delay is 1 hour to 365 days.")
            _require(
                HOUR <= self.window <= 365 * DAY and self.window % HOUR == 0,
                "A window is 1 hour to 365 days, in whole hours.",
            )
            _require(
                self.inactivity == 0 or 7 * DAY <= self.inactivity < 2**32,
                "Inactivity is 0 (none needed) or at least 7 days.",
            )
            return
        name = self.right.name.lower()
        _require(self.delay == 0, f"A {name} path acts at once: its delay is 0.")
        _require(self.inactivity == 0, f"A {name} path needs no inactivity: it is 0.")
        _require(
            not self.owner_cancels and not self.vetoable,
            f"What a {name} path does cannot be cancelled or vetoed: leave both out.",
        )
        if self.right is Right.VETO:
            _require(self.window == 0, "A veto path has no window: it is 0.")
        else:
            _require(HOUR <= self.window <= 30 * DAY, "A freeze lasts 1 hour to 30 days.")

    @property
    def blocks_changes(self) -> bool:
        """Whether its requests hold up changes of policy: the owner cannot cancel them, and no silence is needed."""
        return self.right is Right.ROTATE and not self.owner_cancels and self.inactivity == 0

    @property
    def hash(self) -> bytes:
        """keccak256 of the ABI encoding of its fields, 32 bytes (abi.encode(path) without the leading offset)."""
        return bytes(keccak(encode([PATH_ABI], [self.to_abi()])[32:]))

    def to_abi(self) -> tuple[Any, ...]:
        """As the contracts' struct Path."""
        return (
            int(self.right),
            self.owner_cancels,
            self.vetoable,
            self.inactivity,
            self.delay,
            self.window,
            self.threshold,
            self.extra,
            list(self.members),
        )

    @classmethod
    def from_abi(cls, value: Any) -> Path:
        """From an event's or call's decoded struct (a tuple, or a mapping with the contracts' names)."""
        if isinstance(value, Mapping):
            names = [
                "right",
                "ownerCancels",
                "vetoable",
                "inactivity",
                "delay",
                "window",
                "threshold",
                "extra",
                "members",
            ]
            value = tuple(value[name] for name in names)
        right, owner_cancels, vetoable, inactivity, delay, window, threshold, extra, members = value
        return cls(
            Right(right),
            owner_cancels,
            vetoable,
            inactivity,
            delay,
            window,
            threshold,
            tuple(bytes(m) for m in members),
            bytes(extra),
        )


@dataclass(frozen=True, slots=True)
class PathProof:
    """A path with what shows that it belongs to a policy.

    Attributes:
        index: Position of the path in the policy.
        path: The path.
        others: Hashes of the policy's other paths, in order.
    """

    index: int
    path: Path
    others: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.index <= len(self.others):
            raise InvalidInput(f"The policy has no path {self.index}.")

    def policy_hash(self, change_delay: int) -> bytes:
        """The hash of the policy that it proves membership of, 32 bytes.

        Args:
            change_delay: The policy's, in seconds.
        """
        hashes = (*self.others[: self.index], self.path.hash, *self.others[self.index :])
        return _hash(change_delay, hashes)

    def to_abi(self) -> tuple[Any, ...]:
        """As the contracts' struct PathProof."""
        return (self.index, self.path.to_abi(), list(self.others))


@dataclass(frozen=True, slots=True)
class Policy:
    """The structure of a policy.

    Attributes:
        change_delay: Seconds that a change of policy waits: 1 to 90 whole days.
        paths: 1 to 32, at least one of them with the right to rotate.

    Raises:
        InvalidInput: What Policy.sol would refuse, in words.
    """

    change_delay: int
    paths: tuple[Path, ...]

    def __post_init__(self) -> None:
        _require(
            DAY <= self.change_delay <= MAX_CHANGE_DELAY and self.change_delay % DAY == 0,
            "A change of policy waits 1 to 90 whole days.",
        )
        _require(1 <= len(self.paths) <= MAX_PATHS, f"A policy has 1 to {MAX_PATHS} paths, not {len(self.paths)}.")
        _require(
            any(path.right is Right.ROTATE for path in self.paths),
            "No path of the policy may replace the owners, so it could recover nothing.",
        )

    @property
    def hash(self) -> bytes:
        """keccak256(changeDelay ‖ hash of each path), 32 bytes, of which the module keeps the first 24."""
        return _hash(self.change_delay, tuple(path.hash for path in self.paths))

    def proof(self, index: int) -> PathProof:
        """What shows that path `index` is in the policy."""
        if not 0 <= index < len(self.paths):
            raise InvalidInput(f"The policy has paths 0 to {len(self.paths) - 1}, no path {index}.")
        hashes = tuple(path.hash for path in self.paths)
        return PathProof(index, self.paths[index], hashes[:index] + hashes[index + 1 :])

    def to_abi(self) -> list[tuple[Any, ...]]:
        """The paths, as `Path[] paths`."""
        return [path.to_abi() for path in self.paths]


def _hash(change_delay: int, path_hashes: tuple[bytes, ...]) -> bytes:
    return bytes(keccak(change_delay.to_bytes(32, "big") + b"".join(path_hashes)))


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InvalidInput(message)
