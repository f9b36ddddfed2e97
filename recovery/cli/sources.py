"""What a command knows of a policy: from a kit, a policy file, or the chain's events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ChainError, InvalidInput
from .session import load_kit, load_plan

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..kit import Kit
    from ..plan import PolicyPlan
    from ..policy import Path as PolicyPath
    from ..policy import Policy
    from ..request import Request
    from ..state import AccountState


@dataclass(frozen=True)
class Source:
    """A policy's structure with what else is known of it.

    Attributes:
        policy: The structure.
        labels: What the owner calls the paths; their numbers if that is not known.
        kit: If it comes from a kit.
        plan: If it comes from the owner's policy file.
    """

    policy: Policy
    labels: tuple[str, ...]
    kit: Kit | None = None
    plan: PolicyPlan | None = None

    def guardians(self, path: int) -> tuple[tuple[str, int], ...] | None:
        """Names and weights in a path, if known."""
        return self.plan.paths[path].guardians if self.plan else None


def from_files(kit_file: Path | None, policy_file: Path | None) -> Source | None:
    """What the file that was given says, or None if none was.

    Raises:
        InvalidInput: Both were given.
    """
    if kit_file and policy_file:
        raise InvalidInput("Give --kit or --policy, not both.")
    if kit_file:
        kit = load_kit(kit_file)
        return Source(kit.policy, kit.labels, kit=kit)
    if policy_file:
        plan = load_plan(policy_file)
        return Source(plan.policy, tuple(path.label for path in plan.paths), plan=plan)
    return None


def from_chain(client: RecoveryClient, account: str) -> Source | None:
    """What the events say, or None if this node does not keep them."""
    try:
        policy = client.policy(account)
    except ChainError:
        return None
    return Source(policy, tuple(str(number) for number in range(len(policy.paths))))


def in_force(client: RecoveryClient, account: str, source: Source) -> Source:
    """What a kit says, brought up to the policy that the account has now: replacing others leaves its openings good.

    Args:
        client: Of the chain.
        account: The account.
        source: From a kit or a policy file.

    Raises:
        RecoveryError: The policy has changed, and neither a kit nor the chain's events say what it is now.
    """
    kit = source.kit
    if kit is None:
        return source
    state = client.state(account, 0)
    if not state.configured or state.policy_hash == source.policy.hash[:24]:
        return source
    try:
        policy = client.policy(account)
    except ChainError as error:
        raise ChainError(
            f"The policy of {account} has changed since this kit was made, and this node does not keep the events that "
            "say how. Try another node, or ask the owner for a new kit."
        ) from error
    kit = kit.updated(policy)
    return Source(policy, kit.labels, kit=kit)


def path_index(state: AccountState, label: str, source: Source | None) -> int:
    """A path by its name, if a file knows names, or by its number.

    Raises:
        InvalidInput: There is none.
    """
    from ..kit import find_path

    if source is not None and source.policy.hash[:24] == state.policy_hash:
        return find_path(source.labels, label)
    if label.isdecimal() and int(label) < len(state.paths):
        return int(label)
    if source is not None:
        raise InvalidInput("Your file is of another policy than the account has now. Name the path by its number.")
    raise InvalidInput(
        f"Path {label!r} is a name that only kit and policy file know: give one of them (--kit, --policy), "
        "or the path's number from: recovery status"
    )


def known_structure(
    state: AccountState, index: int, request: Request | None, source: Source | None
) -> PolicyPath | None:
    """The structure of a path as far as a file of the present policy says it, or None."""
    if request:
        return request.proof.path
    if source is None or source.policy.hash[:24] != state.policy_hash or index >= len(source.policy.paths):
        return None
    return source.policy.paths[index]


def structure_of(
    client: RecoveryClient, state: AccountState, index: int, request: Request | None, source: Source | None
) -> PolicyPath:
    """The structure of a path, from a file of the present policy or from the chain's events.

    Raises:
        RecoveryError: There is no such path, or no event holds it.
    """
    known = known_structure(state, index, request, source)
    if known is not None:
        return known
    try:
        policy = client.policy(state.account)
    except ChainError as error:
        raise ChainError(f"{error.message} --request takes the request file.") from error
    if index >= len(policy.paths):
        raise InvalidInput(f"The policy has no path {index}.")
    return policy.paths[index]


def require_account(source: Source | None, account: str, chain_id: int | None = None) -> None:
    """Refuses the kit of another account or chain.

    Raises:
        InvalidInput: It is one.
    """
    from ..chains import chain_name, chain_names

    if source is None or source.kit is None:
        return
    if source.kit.account != account:
        raise InvalidInput(f"This is a kit for {source.kit.account}, not for {account}.")
    if chain_id is not None and chain_id not in source.kit.chains:
        chains = chain_names(source.kit.chains)
        raise InvalidInput(f"This kit is for {chains}, but the network is {chain_name(chain_id)}.")
