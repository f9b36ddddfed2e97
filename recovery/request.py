"""What guardians pass to each other: a request, and each guardian's approval of it.

No I/O and no chain: `Approvals.missing` answers "how many more?" from the files alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from eth_account import Account
from eth_utils import to_checksum_address

from . import files
from .errors import InvalidFile, InvalidInput
from .files import from_hex, integer, text_of, to_hex
from .messages import Acting, Message
from .policy import PathProof
from .quorum import Approval, Member, Owners, sort_approvals
from .signer import Signer
from .structure import (
    opening_from_json,
    opening_to_json,
    owners_from_json,
    owners_to_json,
    proof_from_json,
    proof_to_json,
)

KIND = "recovery-request"
APPROVAL_KIND = "recovery-approval"


@dataclass(frozen=True, slots=True)
class Request:
    """A recovery that guardians are asked to start.

    Attributes:
        chain_id: Chain id.
        module: The module's address.
        account: The account to be recovered.
        epoch: The account's epoch when the request was made.
        nonce: The path's nonce when the request was made.
        proof: The path, with what shows that it is in force.
        label: What the owner calls the path.
        owners: The new owners.
        deadline: Until when approvals are good, in seconds since 1970.
    """

    chain_id: int
    module: str
    account: str
    epoch: int
    nonce: int
    proof: PathProof
    label: str
    owners: Owners
    deadline: int

    @property
    def message(self) -> Message:
        """What is signed."""
        acting = Acting(self.chain_id, self.module, self.account, self.epoch, self.proof)
        return acting.recover(self.nonce, self.owners, self.deadline)

    @property
    def digest(self) -> bytes:
        """The hash of what is signed, 32 bytes: also the request's name."""
        return self.message.digest

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            KIND,
            {
                "action": "recover",
                "chainId": self.chain_id,
                "module": self.module,
                "account": self.account,
                "epoch": self.epoch,
                "nonce": self.nonce,
                "label": self.label,
                "owners": owners_to_json(self.owners),
                "deadline": self.deadline,
                "proof": proof_to_json(self.proof),
                "digest": to_hex(self.digest),
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The request") -> Request:
        """From a file. The digest is derived again and must be the one in the file.

        Raises:
            InvalidFile: Altered, or not a request.
        """
        content = files.loads(text, KIND, source)
        request = files.parse(source, KIND, content, cls._build)
        if files.parse(source, KIND, content, lambda c: from_hex(c["digest"], 32)) != request.digest:
            raise InvalidFile(f"{source} contradicts itself: its digest is not that of its content.")
        return request

    @classmethod
    def _build(cls, content: dict[str, Any]) -> Request:
        if content["action"] != "recover":
            raise InvalidInput("it asks for something that this version does not know.")
        return cls(
            integer(content["chainId"]),
            str(to_checksum_address(from_hex(content["module"], 20))),
            str(to_checksum_address(from_hex(content["account"], 20))),
            integer(content["epoch"]),
            integer(content["nonce"]),
            proof_from_json(content["proof"]),
            text_of(content["label"]),
            owners_from_json(content["owners"]),
            integer(content["deadline"]),
        )


@dataclass(frozen=True, slots=True)
class SignedApproval:
    """One guardian's approval of one request, as a file.

    Attributes:
        digest: The request's, 32 bytes.
        approval: Opening and signature; the signature is empty if the digest was approved on-chain.
    """

    digest: bytes
    approval: Approval

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            APPROVAL_KIND,
            {
                "digest": to_hex(self.digest),
                "member": self.approval.index,
                "opening": opening_to_json(self.approval.member),
                "signature": to_hex(self.approval.signature),
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The approval") -> SignedApproval:
        """From a file.

        Raises:
            InvalidFile: Altered, or not an approval.
        """
        content = files.loads(text, APPROVAL_KIND, source)

        def build(content: dict[str, Any]) -> SignedApproval:
            opening = opening_from_json(content["opening"])
            approval = Approval(integer(content["member"]), opening, from_hex(content["signature"]))
            return cls(from_hex(content["digest"], 32), approval)

        return files.parse(source, APPROVAL_KIND, content, build)


def approve(request: Request, member: Member, signature: bytes) -> SignedApproval:
    """Puts a guardian's signature into an approval, after checking that it fits.

    Args:
        request: What is approved.
        member: The guardian's opening.
        signature: Over the request's message; empty for an approval on-chain.

    Raises:
        InvalidInput: The guardian is not in the request's path, or the signature is not theirs.
    """
    approval = Approval(member_index(request.proof, member), member, signature)
    signed = SignedApproval(request.digest, approval)
    check(request, signed)
    return signed


def member_index(proof: PathProof, member: Member) -> int:
    """Which commitment of the path this guardian opens.

    Raises:
        InvalidInput: None of them.
    """
    try:
        return proof.path.members.index(member.commitment)
    except ValueError:
        raise InvalidInput(
            f"{member.signer} is not among the guardians of this path. "
            "The policy may have changed since: ask the owner for a new kit."
        ) from None


def check(request: Request, signed: SignedApproval, source: str = "The approval") -> None:
    """Checks all that can be checked without a chain.

    A signature that is not an EOA's can only be checked on-chain: a contract (ERC-1271) or a verifier (ERC-7913) may
    accept it.

    Raises:
        InvalidInput: Of another request, of nobody in the path, or with a signature that cannot be right.
    """
    approval = signed.approval
    if signed.digest != request.digest:
        raise InvalidInput(
            f"{source} is for another request, or an older version of this one. Ask for an approval of this one."
        )
    members = request.proof.path.members
    if not approval.index < len(members) or members[approval.index] != approval.member.commitment:
        raise InvalidInput(f"{source} is of {approval.member.signer}, who is not a guardian of this path.")


def is_signed_by_key(request: Request, signed: SignedApproval) -> bool:
    """Whether the signature is the signer's own ECDSA signature: then no contract has to be asked."""
    signer, signature = signed.approval.member.signer, signed.approval.signature
    if not signer.is_address or len(signature) != 65:
        return False
    try:
        recovered = Account.recover_message(request.message.signable, signature=signature)
    except Exception:  # whatever eth-keys dislikes about it, it is no signature of this key
        return False
    return Signer.parse(recovered) == signer


@dataclass(frozen=True, slots=True)
class Approvals:
    """A request and what has been collected for it.

    Attributes:
        request: The request.
        collected: Sorted as the contracts demand, each checked.
    """

    request: Request
    collected: tuple[SignedApproval, ...] = ()

    def add(self, signed: SignedApproval, source: str = "The approval") -> Approvals:
        """The same with one approval more.

        Raises:
            InvalidInput: It does not belong here, or the guardian has approved already.
        """
        check(self.request, signed, source)
        sort_approvals(s.approval for s in (*self.collected, signed))
        collected = sorted((*self.collected, signed), key=lambda s: s.approval.member.signer)
        return replace(self, collected=tuple(collected))

    @classmethod
    def of(cls, request: Request, approvals: Iterable[SignedApproval]) -> Approvals:
        """All at once, in any order."""
        result = cls(request)
        for signed in approvals:
            result = result.add(signed)
        return result

    @property
    def weight(self) -> int:
        """Sum of the weights collected."""
        return sum(signed.approval.member.weight for signed in self.collected)

    @property
    def missing(self) -> int:
        """Weight that is still missing; 0 if the quorum is complete."""
        return max(0, self.request.proof.path.threshold - self.weight)

    def to_abi(self) -> list[Any]:
        """As `Approval[] approvals`."""
        return [signed.approval.to_abi() for signed in self.collected]
