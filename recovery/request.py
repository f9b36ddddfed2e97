"""What guardians pass to each other: a request for any action of a path, and each guardian's approval of it.

No I/O and no chain: `Approvals.missing` answers "how many more?" from the files alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from eth_utils import to_checksum_address

from . import files
from .actions import Action, Recover, action_from_json
from .errors import InvalidFile, InvalidInput
from .files import from_hex, integer, text_of, to_hex
from .messages import Acting, Message
from .policy import MAX_PATHS, PathProof
from .quorum import Approval, Member, Owners, sort_approvals
from .structure import (
    opening_from_json,
    opening_to_json,
    proof_from_json,
    proof_to_json,
)

KIND = "recovery-request"
APPROVAL_KIND = "recovery-approval"


@dataclass(frozen=True, slots=True)
class Request:
    """Something that a path's guardians are asked to do.

    Attributes:
        chain_id: Chain id.
        module: The module's address.
        account: The account concerned.
        epoch: The account's epoch when the request was made.
        proof: The acting path, with what shows that it is in force.
        label: What the owner calls the path. It is not signed.
        action: What is to be done.
        deadline: Until when approvals are good, in seconds since 1970.
    """

    chain_id: int
    module: str
    account: str
    epoch: int
    proof: PathProof
    label: str
    action: Action
    deadline: int

    def __post_init__(self) -> None:
        if len(self.proof.others) >= MAX_PATHS:
            raise InvalidInput(f"a policy has at most {MAX_PATHS} paths.")
        if self.proof.path.right is not self.action.right:
            raise InvalidInput(
                f"a {self.proof.path.right.name.lower()} path cannot {self.action.kind}; "
                f"it takes a {self.action.right.name.lower()} path."
            )

    @property
    def message(self) -> Message:
        """What is signed."""
        acting = Acting(self.chain_id, self.module, self.account, self.epoch, self.proof)
        return self.action.message(acting, self.deadline)

    @property
    def owners(self) -> Owners:
        """The new owners.

        Raises:
            InvalidInput: It does not ask for new owners.
        """
        if not isinstance(self.action, Recover):
            raise InvalidInput("This request does not ask for new owners.")
        return self.action.owners

    @property
    def digest(self) -> bytes:
        """The hash of what is signed, 32 bytes: also the request's name."""
        return self.message.digest

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            KIND,
            {
                "action": self.action.kind,
                "chainId": self.chain_id,
                "module": self.module,
                "account": self.account,
                "epoch": self.epoch,
                "label": self.label,
                **self.action.to_json(),
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
        digest = files.parse(source, KIND, content, lambda c: from_hex(c["digest"], 32))
        if digest != request.digest:
            raise InvalidFile(f"{source} contradicts itself: its digest is not that of its content.")
        return request

    @classmethod
    def _build(cls, content: dict[str, Any]) -> Request:
        return cls(
            integer(content["chainId"]),
            str(to_checksum_address(from_hex(content["module"], 20))),
            str(to_checksum_address(from_hex(content["account"], 20))),
            integer(content["epoch"]),
            proof_from_json(content["proof"]),
            text_of(content["label"]),
            action_from_json(content["action"], content),
            integer(content["deadline"]),
        )


@dataclass(frozen=True, slots=True)
class SignedApproval:
    """One guardian's approval of one request, as a file.

    Attributes:
        digest: The request's, 32 bytes.
        approval: Opening and signature; the signature is empty if the digest was approved on-chain.
        name: What the owner calls the guardian, or nothing. Nobody vouches for it.
        epoch: The request's, or None. Nobody vouches for it either: it only explains why an approval does not fit.
    """

    digest: bytes
    approval: Approval
    name: str = ""
    epoch: int | None = None

    @property
    def who(self) -> str:
        """The guardian, for people: "Ben (0x…)"."""
        signer = str(self.approval.member.signer)
        return f"{self.name} ({signer})" if self.name else signer

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            APPROVAL_KIND,
            {
                "name": self.name,
                "epoch": self.epoch,
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
            epoch = None if content["epoch"] is None else integer(content["epoch"])
            return cls(from_hex(content["digest"], 32), approval, text_of(content["name"]), epoch)

        return files.parse(source, APPROVAL_KIND, content, build)


def approve(request: Request, member: Member, signature: bytes, name: str = "") -> SignedApproval:
    """Puts a guardian's signature into an approval, after checking that it fits.

    Args:
        request: What is approved.
        member: The guardian's opening.
        signature: Over the request's message; empty for an approval on-chain.
        name: What the owner calls the guardian.

    Raises:
        InvalidInput: The guardian is not in the request's path, or the signature is not theirs.
    """
    approval = Approval(member_index(request.proof, member), member, signature)
    signed = SignedApproval(request.digest, approval, name, request.epoch)
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
        if signed.epoch is not None and signed.epoch < request.epoch:
            raise InvalidInput(
                f"{signed.who} has signed for an older policy, or before the account was last recovered ({source}). "
                "Ask again, with this request."
            )
        raise InvalidInput(
            f"{source} is for another request, or an older version of this one. Ask for an approval of this one."
        )
    members = request.proof.path.members
    if not approval.index < len(members) or members[approval.index] != approval.member.commitment:
        raise InvalidInput(f"{source} is of {approval.member.signer}, who is not a guardian of this path.")


def is_signed_by_key(request: Request, signed: SignedApproval) -> bool:
    """Whether the signature is the signer's own ECDSA signature: then no contract has to be asked."""
    return request.message.is_signed_by_key(signed.approval.member.signer, signed.approval.signature)


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
