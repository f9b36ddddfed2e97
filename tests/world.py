"""People, paths and policies for tests: fixed keys, short names, nothing of any chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from recovery.messages import Message
from recovery.policy import DAY, Path, Policy, Right
from recovery.quorum import Approval, Member, Owners, derive_salt, sort_approvals
from recovery.signer import Signer

SECRET = keccak(text="policy secret of the tests")
FOREVER = 2**32


@cache
def person(name: str) -> LocalAccount:
    """Somebody with a key. The same name is always the same person."""
    account: LocalAccount = Account.from_key(keccak(text=f"test person {name}"))
    return account


def signer(who: str | bytes) -> Signer:
    """A person's signer, or the signer of raw bytes or of an address."""
    if isinstance(who, bytes):
        return Signer(who)
    return Signer.parse(who if who.startswith("0x") else person(who).address)


def owners_of(*who: str | bytes, threshold: int = 1) -> Owners:
    """Owners by name."""
    return Owners.of([signer(name) for name in who], threshold)


@cache
def member(who: str | bytes, weight: int = 1) -> Member:
    """A guardian by name (or raw signer), with the salt that belongs to the name."""
    number = int.from_bytes(keccak(text=repr(who))[:4], "big")
    return Member(signer(who), weight, derive_salt(SECRET, number))


@dataclass(frozen=True)
class Way:
    """A path together with its guardians."""

    path: Path
    members: tuple[Member, ...]

    def approval(self, who: str | bytes, message: Message, signature: bytes | None = None) -> Approval:
        """The approval of one guardian; signs with the person's key unless given a signature."""
        index = next(i for i, m in enumerate(self.members) if m.signer == signer(who))
        if signature is None:
            assert isinstance(who, str)
            signature = sign(who, message)
        return Approval(index, self.members[index], signature)

    def approvals(self, who: Iterable[str], message: Message) -> list[tuple[Any, ...]]:
        """Sorted, as the contracts take them."""
        return abi(self.approval(name, message) for name in who)


def abi(approvals: Iterable[Approval]) -> list[tuple[Any, ...]]:
    """Sorted, as the contracts take them."""
    return [approval.to_abi() for approval in sort_approvals(approvals)]


def rotate(
    *who: str | bytes,
    threshold: int = 2,
    delay: int = 3 * DAY,
    window: int = 30 * DAY,
    inactivity: int = 0,
    owner_cancels: bool = True,
    vetoable: bool = False,
    weights: Sequence[int] | None = None,
) -> Way:
    """A rotate path of these guardians."""
    members = tuple(member(n, w) for n, w in zip(who, weights or [1] * len(who), strict=True))
    commitments = tuple(m.commitment for m in members)
    path = Path(Right.ROTATE, owner_cancels, vetoable, inactivity, delay, window, threshold, commitments)
    return Way(path, members)


def freeze(*who: str | bytes, threshold: int = 1, window: int = 5 * DAY) -> Way:
    """A freeze path of these guardians."""
    members = tuple(member(name) for name in who)
    commitments = tuple(m.commitment for m in members)
    return Way(Path(Right.FREEZE, False, False, 0, 0, window, threshold, commitments), members)


def veto(*who: str | bytes, threshold: int = 1) -> Way:
    """A veto path of these guardians."""
    members = tuple(member(name) for name in who)
    commitments = tuple(m.commitment for m in members)
    return Way(Path(Right.VETO, False, False, 0, 0, 0, threshold, commitments), members)


def policy_of(*ways: Way, change_delay: int = 7 * DAY) -> Policy:
    """The policy that has these paths."""
    return Policy(change_delay, tuple(way.path for way in ways))


def sign(who: str, message: Message) -> bytes:
    """A person's signature over a message."""
    return bytes(person(who).sign_message(message.signable).signature)


def sign_digest(who: str, digest: bytes) -> bytes:
    """A person's signature over a bare digest."""
    return bytes(Account.unsafe_sign_hash(digest, person(who).key).signature)
