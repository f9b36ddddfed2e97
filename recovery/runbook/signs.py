"""What resets the clock of silence, and what does not: as WalletRecoveryModule and RecoveryWallet have it."""

from __future__ import annotations

from .known import Known
from .model import Step

_WALLET = (
    "any transaction out of the account that its owners have signed and that succeeds: payments, calls, whether "
    "relayed as a batch or sent as a user operation (ERC-4337), also one that was signed before",
    "what the owners do about recovery itself: a heartbeat, cancelling a recovery, scheduling or dropping a change of "
    "the policy, replacing their own keys",
    "a recovery that is finished, on any path: its new owners begin anew. So does a policy that is set where there "
    "was none",
)
_DELEGATED = (
    "a batch or a user operation that goes through the wallet's code, replacing its owners, and a heartbeat. Plain "
    "transactions of the same key, which any wallet sends, are NOT seen: whoever sends only those has to send "
    "heartbeats",
)
_NOT = (
    "receiving anything: ether, tokens, whoever sends them",
    "what guardians do: approve, start, cancel, veto, freeze, thaw, answer the yearly question",
    "what anybody may do: apply a change of policy whose time has come, clear away, publish",
    "signatures that stay off the chain: logging in, orders, permits",
    "transactions that fail, those of the owner's other accounts, and the same account on another chain: each chain "
    "has a clock of its own",
)


def resets(known: Known) -> tuple[Step, ...]:
    """What counts as a sign of life for this kind of account."""
    kinds = {stand.delegated for stand in known.stands}
    found = []
    if kinds != {True}:
        found += [*_WALLET]
    if kinds == {True}:
        found += [*_DELEGATED, _WALLET[-1]]
    elif not kinds or True in kinds:
        found.append(f"where the account is a plain key that uses the wallet's code (EIP-7702): {_DELEGATED[0]}")
    return tuple(Step(each) for each in found)


def no_resets() -> tuple[Step, ...]:
    """What does not."""
    return tuple(Step(each) for each in _NOT)
