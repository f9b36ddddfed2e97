"""Who must agree: guardians behind commitments, owners in the clear, and how each proves that they have signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from eth_abi import encode
from eth_utils import keccak

from .errors import InvalidInput
from .signer import Signer

MAX_OWNERS = 32
MAX_OWNER_LENGTH = 1024
MAX_WEIGHT = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Member:
    """One guardian of a path, as its owner knows it.

    On-chain only `commitment` is visible until the guardian acts.

    Attributes:
        signer: Who acts.
        weight: Votes, 1 to 2**32 - 1.
        salt: 32 bytes that hide the signer; derived from the policy secret, never reused.
    """

    signer: Signer
    weight: int
    salt: bytes

    def __post_init__(self) -> None:
        if not 1 <= self.weight <= MAX_WEIGHT:
            raise InvalidInput(f"A guardian's weight is 1 to {MAX_WEIGHT}, not {self.weight}.")
        if len(self.salt) != 32:
            raise InvalidInput(f"A salt has 32 bytes, not {len(self.salt)}.")

    @property
    def commitment(self) -> bytes:
        """keccak256(abi.encode(salt, weight, keccak256(signer))), 32 bytes; Quorum.sol computes the same."""
        return bytes(keccak(encode(["bytes32", "uint32", "bytes32"], [self.salt, self.weight, self.signer.id])))


def derive_salt(secret: bytes, number: int) -> bytes:
    """The salt of one member: HKDF-SHA256 (RFC 5869) from the account's policy secret.

    Args:
        secret: The policy secret, 32 random bytes, one for each account.
        number: The member's number, never used again for another signer.

    Returns:
        32 bytes.
    """
    if len(secret) != 32:
        raise InvalidInput(f"A policy secret has 32 bytes, not {len(secret)}.")
    context = b"ape-recovery member salt v1" + number.to_bytes(4, "big")
    return cast(bytes, HKDF(secret, 32, b"", SHA256, context=context))


@dataclass(frozen=True, slots=True)
class Approval:
    """A guardian's yes, ready for the contracts.

    Attributes:
        index: Which commitment of the path it opens.
        member: The opening.
        signature: Over the digest; empty if the signer has approved the digest on-chain.
    """

    index: int
    member: Member
    signature: bytes

    def to_abi(self) -> tuple[int, int, bytes, bytes, bytes]:
        """As the contracts' struct Approval."""
        return (self.index, self.member.weight, self.member.salt, self.member.signer.data, self.signature)


def sort_approvals(approvals: Iterable[Approval]) -> list[Approval]:
    """In the order the contracts demand: strictly by keccak256(signer).

    Raises:
        InvalidInput: A signer stands in it twice.
    """
    result = sorted(approvals, key=lambda approval: approval.member.signer)
    for one, other in zip(result, result[1:], strict=False):
        if one.member.signer == other.member.signer:
            raise InvalidInput(f"{one.member.signer} has approved twice; one guardian counts once.")
    return result


@dataclass(frozen=True, slots=True)
class Owners:
    """Who owns an account, in the order the contracts demand.

    Attributes:
        signers: 1 to 32, strictly sorted by keccak256.
        threshold: How many of them must sign.

    Raises:
        InvalidInput: None or too many, one of them twice, or a threshold they cannot reach.
    """

    signers: tuple[Signer, ...]
    threshold: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.signers) <= MAX_OWNERS:
            raise InvalidInput(f"An account has 1 to {MAX_OWNERS} owners, not {len(self.signers)}.")
        for signer in self.signers:
            if len(signer.data) > MAX_OWNER_LENGTH:
                raise InvalidInput(f"An owner has at most {MAX_OWNER_LENGTH} bytes; one has {len(signer.data)}.")
        if any(not a < b for a, b in zip(self.signers, self.signers[1:], strict=False)):
            raise InvalidInput("An owner stands in the list twice, or the list is not sorted.")
        if not 1 <= self.threshold <= len(self.signers):
            raise InvalidInput(
                f"{self.threshold} of {len(self.signers)} owners cannot sign: "
                f"the threshold is 1 to {len(self.signers)}."
            )

    @classmethod
    def of(cls, signers: Iterable[Signer], threshold: int = 1) -> Owners:
        """Sorts the signers."""
        return cls(tuple(sorted(signers)), threshold)

    @property
    def encoded(self) -> bytes:
        """Threshold u8 ‖ count u8 ‖ (length u16 ‖ owner)*: the head of every proof."""
        head = bytes([self.threshold, len(self.signers)])
        return head + b"".join(len(s.data).to_bytes(2, "big") + s.data for s in self.signers)

    @property
    def hash(self) -> bytes:
        """keccak256 of `encoded`, 32 bytes, of which a wallet keeps the first 24."""
        return bytes(keccak(self.encoded))

    def to_abi(self) -> list[bytes]:
        """As `bytes[] owners`."""
        return [signer.data for signer in self.signers]

    def proof(self, signatures: Mapping[Signer, bytes]) -> bytes:
        """What a wallet accepts as its owners' signature: `encoded` ‖ signing u32 ‖ (length u16 ‖ signature)*.

        Args:
            signatures: By owner, at least `threshold` of them.

        Raises:
            InvalidInput: A signature of somebody else, too few, or one that is longer than 65,535 bytes.
        """
        strangers = set(signatures) - set(self.signers)
        if strangers:
            raise InvalidInput(f"{min(strangers)} is not an owner.")
        if len(signatures) < self.threshold:
            raise InvalidInput(f"{len(signatures)} of {self.threshold} owners have signed.")
        signing = 0
        tail = b""
        for position, signer in enumerate(self.signers):
            if signer not in signatures:
                continue
            signature = signatures[signer]
            if len(signature) > 0xFFFF:
                raise InvalidInput(f"The signature of {signer} has {len(signature)} bytes; 65,535 are possible.")
            signing |= 1 << position
            tail += len(signature).to_bytes(2, "big") + signature
        return self.encoded + signing.to_bytes(4, "big") + tail
