"""What a bundle takes from a chain, as steps."""

from __future__ import annotations

from collections.abc import Iterable

from .. import snapshot
from ..errors import ChainError
from ..history import Entry
from ..policy import Policy
from ..quorum import Owners
from ..reading import Reading
from ..rpc import UNREACHABLE, Steps
from .bundle import OnChain
from .events import EventHistory


def gather(reading: Reading, account: str, known: Iterable[Policy], which: str | int = "latest") -> Steps[OnChain]:
    """Where an account stands, with the proof, and what has happened to it until then.

    Args:
        reading: Of the chain that is asked.
        account: The account.
        known: Policies that it may have.
        which: A block's number, or "latest", "safe", "finalized".

    Raises:
        Refused: The account is no wallet of this release there.
        ChainError: The node does not answer, gives no proofs, or has forgotten too much.
    """
    chain_id, at = (yield from reading.chain_id()), reading.deployment
    proof = yield from snapshot.take(at, chain_id, account, which)
    proven = proof.verify()
    search = yield from reading.history(account, None, proven.header.number)
    entries: list[Entry] = []
    while not search.done:
        entries += yield from search.page()
    history = EventHistory.of(chain_id, at.module, account, proven.header.number, entries)
    if history.epoch != proven.state.epoch:
        raise ChainError(
            "The events that this node has do not lead to where the account stands: it keeps no older ones, or leaves "
            "some out. Use a node that keeps all events."
        )
    policy = None
    if proven.state.configured:
        policy = next((each for each in known if each.hash[:24] == proven.state.policy_hash), None)
        policy = policy or history.policy_of(proven.state.policy_hash)
        if policy is None:
            raise ChainError(
                "The structure of the policy in force is neither in a policy file nor in the events that this node "
                "has. Put the policy file into the folder, or use a node that keeps all events."
            )
    return OnChain(proof, history, policy, (yield from _owners(reading, account, proven.owners_hash)))


def _owners(reading: Reading, account: str, owners_hash: bytes) -> Steps[Owners | None]:
    """Who owned it then; None if no event tells, or somebody else owns it by now."""
    try:
        owners = yield from reading.owners(account)
    except ChainError as error:
        if error.code == UNREACHABLE:
            raise
        return None
    return owners if owners.hash[:24] == owners_hash else None
