"""Where an account stands: what the lens reads, as pure data, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .policy import CHANGE_WINDOW


class RequestState(IntEnum):
    """Where the request of a path stands."""

    IDLE = 0
    PENDING = 1
    READY = 2
    EXPIRED = 3


@dataclass(frozen=True, slots=True)
class PathStatus:
    """The request of one path. Times are in seconds since 1970, 0 if idle.

    Attributes:
        state: Where it stands.
        nonce: With epoch and path its id.
        ready_at: Start of its window.
        expires_at: End of its window, exclusive.
        owner_cancels: Whether the account itself may cancel it.
        vetoable: Whether a veto path may stop it.
        blocks: Whether it holds up changes of policy.
    """

    state: RequestState
    nonce: int
    ready_at: int
    expires_at: int
    owner_cancels: bool = False
    vetoable: bool = False
    blocks: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it can still be finalized, now or later."""
        return self.state in (RequestState.PENDING, RequestState.READY)


@dataclass(frozen=True, slots=True)
class AccountState:
    """One account as the chain has it. Times are in seconds since 1970, 0 for none.

    Attributes:
        account: Its address.
        time: Of the block this was read at.
        readable: Whether the account could be asked for its clock.
        policy_hash: First 24 bytes, zeros without a policy.
        epoch: Moves with every policy that takes effect and every recovery.
        change_delay: Seconds that a change of policy waits.
        blockers: Open requests that hold up changes.
        change_policy_hash: What the pending change changes to, zeros for removal.
        change_eta: When it can be applied, 0 if none is pending.
        last_active: End of the UTC day in which the owner was last active.
        frozen_until: End of the freeze.
        cool_until: When it can be frozen again.
        freeze_id: Epoch, path and nonce of the last freeze; None if not asked for.
        paths: The requests of paths 0, 1, 2 ...
    """

    account: str
    time: int
    readable: bool
    policy_hash: bytes
    epoch: int
    change_delay: int
    blockers: int
    change_policy_hash: bytes
    change_eta: int
    last_active: int
    frozen_until: int
    cool_until: int
    paths: tuple[PathStatus, ...]
    freeze_id: tuple[int, int, int] | None = None

    @property
    def configured(self) -> bool:
        """Whether it has a policy."""
        return self.policy_hash != bytes(24)

    @property
    def frozen(self) -> bool:
        """Whether it is frozen now."""
        return self.time < self.frozen_until

    @property
    def change_expires_at(self) -> int:
        """End of the time in which the pending change can be applied, exclusive; 0 if none is pending."""
        return self.change_eta + CHANGE_WINDOW if self.change_eta else 0

    def inactive_at(self, inactivity: int) -> int:
        """When a path with this inactivity opens if the owner stays silent; 0 if never (the clock is not set)."""
        return self.last_active + inactivity if self.last_active else 0
