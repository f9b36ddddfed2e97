"""How far a request has come: who has approved it, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidInput, RecoveryError
from ..explain import listing
from .words import ASKS, action_rows, plural

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..quorum import Member
    from ..request import Approvals, Request
    from ..state import AccountState
    from .sources import Source


@dataclass(frozen=True)
class Asked:
    """A request, with the approvals that were given with it.

    Attributes:
        file: Where the request stands.
        approvals: The request and its approvals, checked as far as that goes without a chain.
        files: Where each approval stands, by the signer's id.
    """

    file: Path
    approvals: Approvals
    files: dict[bytes, Path]

    @property
    def request(self) -> Request:
        """The request."""
        return self.approvals.request


@dataclass(frozen=True)
class Vote:
    """One guardian's approval that counts.

    Attributes:
        who: The guardian, for people.
        member: Their opening.
        on_chain: Whether it stands on the chain, instead of in a signature.
        in_file: Whether there is a file of it, which whoever submits the request needs.
    """

    who: str
    member: Member
    on_chain: bool
    in_file: bool


@dataclass(frozen=True)
class Progress:
    """How far a request has come.

    Attributes:
        request: The request.
        votes: What counts.
        bad: What does not count, and why.
        started: Whether it is this very recovery that is under way.
        over: Why approvals of it cannot count (any more), or nothing.
    """

    request: Request
    votes: tuple[Vote, ...]
    bad: tuple[str, ...]
    started: bool
    over: str

    @property
    def weight(self) -> int:
        """Votes together."""
        return sum(vote.member.weight for vote in self.votes)

    @property
    def missing(self) -> int:
        """Votes that are missing; 0 if it is complete."""
        return max(0, self.request.proof.path.threshold - self.weight)

    def rows(self, source: Source | None) -> list[tuple[str, str]]:
        """For people."""
        request = self.request
        rows = [
            ("Request", f"to {ASKS[request.action.kind]}, by path {request.label!r}"),
            *action_rows(request, source),
        ]
        if self.started:
            return [*rows, ("", "It has been started: this is the recovery that is under way.")]
        if self.over:
            return [*rows, ("", self.over)]
        by = f", by {listing([vote.who for vote in self.votes])}" if self.votes else ""
        rows.append(("Approvals", f"{self.weight} of {plural(request.proof.path.threshold, 'vote')}{by}"))
        rows += [("", text) for text in self.bad]
        without = [vote.who for vote in self.votes if not vote.in_file]
        if self.missing:
            rows.append(("", f"{plural(self.missing, 'vote')} missing"))
        elif without:
            rows.append(("", f"complete: with an approval file of {listing(without)}, too, anybody can submit it"))
        else:
            rows.append(("", "complete: anybody can submit it"))
        return rows

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        request = self.request
        return {
            "action": request.action.kind,
            "path": request.proof.index,
            "digest": "0x" + request.digest.hex(),
            "deadline": request.deadline,
            "started": self.started,
            "problem": self.over or None,
            "threshold": request.proof.path.threshold,
            "votes": self.weight,
            "missing": self.missing,
            "approvals": [
                {"signer": str(vote.member.signer), "votes": vote.member.weight, "onChain": vote.on_chain}
                for vote in self.votes
            ],
            "invalid": list(self.bad),
        }


def read(file: Path | None, approval_files: tuple[Path, ...], address: str) -> Asked | None:
    """Reads a request of an account, and approvals of it.

    Raises:
        InvalidInput: It is of another account, or an approval does not belong to it.
    """
    from .. import files
    from ..request import Request
    from .submit import collect

    if file is None:
        return None
    request = Request.loads(files.read(file), str(file))
    if request.account != address:
        raise InvalidInput(f"{file} is for {request.account}, not for {address}.")
    return Asked(file, *collect(request, approval_files))


def progress(client: RecoveryClient, asked: Asked, state: AccountState, source: Source | None) -> Progress:
    """Compares a request and its approvals with the chain."""
    request, over = asked.request, ""
    started = is_under_way(client, request, state)
    try:
        client.check_request(request)
    except RecoveryError as error:
        over = error.message
    votes, bad = [], []
    for vote, problem in _votes(client, asked, source) if not over else ():
        if problem:
            bad.append(problem)
        else:
            votes.append(vote)
    return Progress(request, tuple(votes), tuple(bad), started, over)


def is_under_way(client: RecoveryClient, request: Request, state: AccountState) -> bool:
    """Whether a recovery that is under way is the one that a request asks for: its owners too, not only its number.

    Several requests may be collected for with the same number, and the first takes it. Whom that one is for is in the
    hash that the module keeps; nobody has to search events for it.
    """
    from eth_utils import keccak

    from .. import abi
    from ..actions import Recover
    from ..rpc import run

    index, action = request.proof.index, request.action
    if not isinstance(action, Recover) or state.epoch != request.epoch or not state.paths[index].is_open:
        return False
    owners = keccak(b"".join(keccak(owner) for owner in action.owners.to_abi()))
    expected = keccak(request.proof.path.hash + owners + action.owners.threshold.to_bytes(32, "big"))
    slots = abi.function("WalletRecoveryModule", "slotsOf")
    words = run(client.web3, slots.call(client.deployment.module, request.account, index + 1))
    return len(words) == index + 3 and (words[-1] >> 64).to_bytes(24, "big") == expected[:24]


def _votes(client: RecoveryClient, asked: Asked, source: Source | None) -> Iterator[tuple[Vote, str]]:
    """Each approval in the files and, of guardians who are known, on the chain; or why it does not count."""
    from .submit import check_signature

    request, good = asked.request, set()
    for signed in asked.approvals.collected:
        approval, problem = signed.approval, ""
        try:
            check_signature(client, request, signed, asked.files[approval.member.signer.id])
        except RecoveryError as error:
            problem = error.message
        else:
            good.add(approval.member.signer)
        yield Vote(signed.who, approval.member, not approval.signature, True), problem
    for name, member in _known(request, source):
        signer = member.signer
        if signer.is_address and signer not in good and client.is_approved(signer, request.digest):
            yield Vote(f"{name} (on the chain)", member, True, False), ""


def _known(request: Request, source: Source | None) -> list[tuple[str, Member]]:
    """Guardians of the request's path whose openings a file holds."""
    index = request.proof.index
    if source is None or index >= len(source.policy.paths):
        return []
    if source.kit:
        opening = source.kit.openings[index]
        return [(source.kit.name, opening)] if opening else []
    if source.plan:
        return [(name, source.plan.member(name, weight)) for name, weight in source.plan.paths[index].guardians]
    return []
