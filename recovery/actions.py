"""What a path's quorum can do, apart from who asks for it and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .errors import InvalidInput
from .files import from_hex, integer, to_hex
from .messages import Acting, Message
from .policy import MAX_PATHS, Right
from .quorum import Owners
from .structure import owners_from_json, owners_to_json


@dataclass(frozen=True, slots=True)
class Recover:
    """Replace the owners.

    Attributes:
        owners: The new owners.
        nonce: The path's nonce before it is used.
    """

    kind: ClassVar[str] = "recover"
    right: ClassVar[Right] = Right.ROTATE

    owners: Owners
    nonce: int

    def message(self, acting: Acting, deadline: int) -> Message:
        """What is signed."""
        return acting.recover(self.nonce, self.owners, deadline)

    def to_json(self) -> dict[str, Any]:
        """Its fields, as a request file has them."""
        return {"owners": owners_to_json(self.owners), "nonce": self.nonce}


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the path's own request.

    Attributes:
        nonce: With epoch and path the request's id.
    """

    kind: ClassVar[str] = "cancel"
    right: ClassVar[Right] = Right.ROTATE

    nonce: int

    def message(self, acting: Acting, deadline: int) -> Message:
        """What is signed."""
        return acting.cancel(self.nonce, deadline)

    def to_json(self) -> dict[str, Any]:
        """Its fields, as a request file has them."""
        return {"nonce": self.nonce}


@dataclass(frozen=True, slots=True)
class VetoRequest:
    """Stop the request of another path.

    Attributes:
        path: Whose request.
        nonce: With epoch and path the request's id.
    """

    kind: ClassVar[str] = "veto-request"
    right: ClassVar[Right] = Right.VETO

    path: int
    nonce: int

    def __post_init__(self) -> None:
        if not 0 <= self.path < MAX_PATHS:
            raise InvalidInput(f"a policy has at most {MAX_PATHS} paths, so it has no path {self.path}.")

    def message(self, acting: Acting, deadline: int) -> Message:
        """What is signed."""
        return acting.veto_request(self.path, self.nonce, deadline)

    def to_json(self) -> dict[str, Any]:
        """Its fields, as a request file has them."""
        return {"path": self.path, "nonce": self.nonce}


@dataclass(frozen=True, slots=True)
class VetoChange:
    """Stop the pending change of policy.

    Attributes:
        policy_hash: What it would change to, 24 bytes; zeros for removal.
        eta: When it could be applied, in seconds since 1970.
    """

    kind: ClassVar[str] = "veto-change"
    right: ClassVar[Right] = Right.VETO

    policy_hash: bytes
    eta: int

    def message(self, acting: Acting, deadline: int) -> Message:
        """What is signed."""
        return acting.veto_change(self.policy_hash, self.eta, deadline)

    def to_json(self) -> dict[str, Any]:
        """Its fields, as a request file has them."""
        return {"policyHash": to_hex(self.policy_hash), "eta": self.eta}


@dataclass(frozen=True, slots=True)
class Freeze:
    """Stop all spending for the path's window.

    Attributes:
        nonce: The path's nonce before it is used.
    """

    kind: ClassVar[str] = "freeze"
    right: ClassVar[Right] = Right.FREEZE

    nonce: int

    def message(self, acting: Acting, deadline: int) -> Message:
        """What is signed."""
        return acting.freeze(self.nonce, deadline)

    def to_json(self) -> dict[str, Any]:
        """Its fields, as a request file has them."""
        return {"nonce": self.nonce}


@dataclass(frozen=True, slots=True)
class Thaw:
    """End the freeze that this path has begun.

    Attributes:
        nonce: With epoch and path the freeze's id.
    """

    kind: ClassVar[str] = "thaw"
    right: ClassVar[Right] = Right.FREEZE

    nonce: int

    def message(self, acting: Acting, deadline: int) -> Message:
        """What is signed."""
        return acting.thaw(self.nonce, deadline)

    def to_json(self) -> dict[str, Any]:
        """Its fields, as a request file has them."""
        return {"nonce": self.nonce}


Action = Recover | Cancel | VetoRequest | VetoChange | Freeze | Thaw


def action_from_json(kind: Any, data: Mapping[str, Any]) -> Action:
    """Reads an action's `to_json`.

    Args:
        kind: Its `kind`.
        data: Its fields; others are ignored.

    Raises:
        InvalidInput: Another kind, or a value that it cannot have.
        KeyError: A field is missing.
    """
    if kind == Recover.kind:
        return Recover(owners_from_json(data["owners"]), integer(data["nonce"]))
    if kind == VetoRequest.kind:
        return VetoRequest(integer(data["path"]), integer(data["nonce"]))
    if kind == VetoChange.kind:
        return VetoChange(from_hex(data["policyHash"], 24), integer(data["eta"]))
    for plain in (Cancel, Freeze, Thaw):
        if kind == plain.kind:
            return plain(integer(data["nonce"]))
    raise InvalidInput("it asks for something that this version does not know.")
