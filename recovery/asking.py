"""Requests: made at an account's present state, and compared with it before anybody signs or submits."""

from __future__ import annotations

from . import foresee
from .actions import Action, Cancel, Freeze, Recover, Thaw, VetoChange, VetoRequest
from .explain import refusal
from .policy import PathProof
from .quorum import Owners
from .reading import Reading
from .request import Approvals, Request, SignedApproval, is_signed_by_key
from .rpc import Steps
from .state import AccountState


class Asking(Reading):
    """Steps that make and check requests. What they return and raise is described here for both clients."""

    def request(self, account: str, proof: PathProof, label: str, owners: Owners, deadline: int) -> Steps[Request]:
        """A request for new owners at the account's present epoch and nonce.

        Args:
            account: Whom to recover.
            proof: The path; it must be in force.
            label: What the owner calls the path.
            owners: The new owners.
            deadline: Until when approvals are good, in seconds since 1970.

        Raises:
            Refused: The path is not in force, a request is already open on it, or an owner could never sign.
        """
        state = yield from self._asked(account, proof, deadline)
        foresee.startable(state, proof.index, label)
        foresee.ownable(owners, state.account)
        yield from self.check_owners(owners)
        return (yield from self._made(state, proof, label, Recover(owners, state.paths[proof.index].nonce), deadline))

    def request_cancel(self, account: str, proof: PathProof, label: str, deadline: int) -> Steps[Request]:
        """A request to stop the path's own open request.

        Raises:
            Refused: The path is not in force, or nothing is open on it.
        """
        state = yield from self._asked(account, proof, deadline)
        nonce = foresee.under_way(state, proof.index, label).nonce
        return (yield from self._made(state, proof, label, Cancel(nonce), deadline))

    def request_veto(
        self, account: str, proof: PathProof, label: str, path: int | None, deadline: int
    ) -> Steps[Request]:
        """A request to stop another path's open request, or the pending change of policy.

        Args:
            account: The account.
            proof: The veto path; it must be in force.
            label: What the owner calls it.
            path: Whose request, or None for the change of policy.
            deadline: Until when approvals are good, in seconds since 1970.

        Raises:
            Refused: The path is not in force, or there is nothing that it could stop.
        """
        last = proof.index if path is None else max(proof.index, path)
        state = yield from self._asked(account, proof, deadline, last + 1)
        action: Action
        if path is None:
            foresee.change_pending(state)
            foresee.unused_veto(state, proof.index)
            action = VetoChange(state.change_policy_hash, state.change_eta)
        else:
            action = VetoRequest(path, foresee.vetoable(state, path, str(path)).nonce)
        return (yield from self._made(state, proof, label, action, deadline))

    def request_freeze(self, account: str, proof: PathProof, label: str, deadline: int) -> Steps[Request]:
        """A request to freeze the account.

        Raises:
            Refused: The path is not in force, or the account may not be frozen yet.
        """
        state = yield from self._asked(account, proof, deadline)
        foresee.freezable(state)
        return (yield from self._made(state, proof, label, Freeze(state.paths[proof.index].nonce), deadline))

    def request_thaw(self, account: str, proof: PathProof, label: str, deadline: int) -> Steps[Request]:
        """A request to end the freeze that this path has begun.

        Raises:
            Refused: The path is not in force, or has not frozen the account.
        """
        state = yield from self._asked(account, proof, deadline)
        nonce = foresee.thawable(state, proof.index, label)
        return (yield from self._made(state, proof, label, Thaw(nonce), deadline))

    def check_request(self, request: Request) -> Steps[AccountState]:
        """Compares a request with the chain: whether approvals of it can still count.

        Raises:
            Refused: Another chain or module, an older policy or epoch, used up, or out of date.
        """
        chain_id = yield from self.chain_id()
        foresee.here(request, chain_id, self.deployment.module)
        state = yield from self.state(request.account, foresee.needed_paths(request))
        foresee.matching(request, state)
        return state

    def has_approved(self, request: Request, signed: SignedApproval) -> Steps[bool]:
        """Whether an approval is its guardian's: signed by key, by contract or verifier, or given on-chain."""
        signer, signature = signed.approval.member.signer, signed.approval.signature
        if not signature:
            return (yield from self.is_approved(signer, request.digest))
        if is_signed_by_key(request, signed):
            return True
        return (yield from self.is_valid_signature(signer, request.digest, signature))

    def check_approvals(self, approvals: Approvals) -> Steps[None]:
        """Whether each approval is its guardian's; see `has_approved`.

        Raises:
            Refused: `ApprovalInvalid`, with the position of the first that is not, and its guardian in words.
        """
        for position, signed in enumerate(approvals.collected):
            if not (yield from self.has_approved(approvals.request, signed)):
                raise refusal(
                    "ApprovalInvalid",
                    position,
                    message=f"{signed.who} has not signed this, or for an older policy or request, or has not approved "
                    "it on the chain yet. Ask again.",
                )

    def check_owners(self, owners: Owners) -> Steps[None]:
        """Whether each owner could ever sign, as far as the chain knows.

        Raises:
            Refused: `OwnerInvalid`: an owner's verifier has no code on this chain.
        """
        for position, owner in enumerate(owners.signers):
            if not owner.is_address and not (yield from self.code(owner.address)):
                raise refusal("OwnerInvalid", position)

    # ---------------------------------------------------------------------------------------- private

    def _asked(self, account: str, proof: PathProof, deadline: int, paths: int | None = None) -> Steps[AccountState]:
        """The account's state, if the path may be used for something."""
        state = yield from self.state(account, proof.index + 1 if paths is None else paths)
        foresee.has_policy(state, (yield from self.chain_id()))
        foresee.in_force(state, proof)
        foresee.timely(deadline, state.time)
        return state

    def _made(self, state: AccountState, proof: PathProof, label: str, action: Action, deadline: int) -> Steps[Request]:
        chain_id = yield from self.chain_id()
        return Request(chain_id, self.deployment.module, state.account, state.epoch, proof, label, action, deadline)
