"""Reads many accounts in few calls, through the lens and its packed words. Plain integers do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eth_utils import to_bytes

from . import abi
from .contracts import Deployment
from .errors import ChainError, InvalidInput, Refused
from .policy import DAY, HOUR, MAX_PATHS
from .rpc import UNREACHABLE, Ask, Steps, block, data, field, quantity
from .signer import address_of
from .state import AccountState, PathStatus, RequestState

#: Words before the requests of an account; see IRecoveryLens.read.
HEAD = 5
#: How many words to ask for in one call. Reading one from storage costs some 2,100 gas, and nodes stop a call at
#: 50 million or less.
WORDS = 8_000


def states(at: Deployment, accounts: Sequence[str], paths: int = MAX_PATHS) -> Steps[list[AccountState]]:
    """Where accounts stand, all at the same block.

    Args:
        at: Where the contracts stand.
        accounts: Addresses.
        paths: How many paths to read; more than a policy has are idle.

    Returns:
        In the order of `accounts`.

    Raises:
        ChainError: The node does not answer, or the lens is not there.
    """
    require_paths(paths)
    width = HEAD + paths
    size = max(1, WORDS // width)
    result: list[AccountState] = []
    latest = yield from block()
    where, time = hex(quantity(field(latest, "number"), 2**64)), quantity(field(latest, "timestamp"), 2**64)
    if not data((yield Ask("eth_getCode", (at.lens, where)))):
        raise ChainError("There is no lens on this chain. Check the network, or: ape run deploy")
    for start in range(0, len(accounts), size):
        part = [address_of(account) for account in accounts[start : start + size]]
        words = yield from _words(at, part, paths, where)
        if len(words) != len(part) * width:
            raise ChainError(f"The lens answers {len(words)} words instead of {len(part) * width}.")
        result += unpack(part, words, paths, time)
    return result


def require_paths(paths: int) -> None:
    """Raises `InvalidInput` for more paths than a policy can have."""
    if not 0 <= paths <= MAX_PATHS:
        raise InvalidInput(f"A policy has at most {MAX_PATHS} paths.")


def _words(at: Deployment, accounts: Sequence[str], paths: int, where: str) -> Steps[Sequence[int]]:
    """What the lens answers. An account that burns all gas when it is asked must not hide the others."""
    packed = b"".join(to_bytes(hexstr=account) for account in accounts)
    read = abi.function("RecoveryLens", "read")
    try:
        return read.returned((yield read.ask(at.lens, at.module, packed, paths, block=where)))[0]  # type: ignore[no-any-return]
    except (ChainError, Refused) as error:
        if error.code == UNREACHABLE:
            raise
        half = len(accounts) // 2
        if half:
            first = yield from _words(at, accounts[:half], paths, where)
            return [*first, *(yield from _words(at, accounts[half:], paths, where))]
    # This one is to blame, or the node answers nobody: the module knows all but what only the account can say.
    slots = abi.function("WalletRecoveryModule", "slotsOf")
    policy, change, *requests = slots.returned((yield slots.ask(at.module, accounts[0], paths, block=where)))[0]
    return [0, policy, change, 0, 0, *requests]


def unpack(accounts: Sequence[str], words: Sequence[int], paths: int, time: int) -> Iterator[AccountState]:
    """The words of `IRecoveryLens.read` as data.

    Args:
        accounts: In the order in which they were read.
        words: 5 + `paths` for each.
        paths: How many requests of each.
        time: Of the block that was read, in seconds since 1970.
    """
    width = HEAD + paths
    for position, account in enumerate(accounts):
        readable, policy, change, last_active, freeze, *requests = words[position * width : (position + 1) * width]
        yield AccountState(
            account=account,
            time=time,
            readable=bool(readable),
            policy_hash=_hash(policy),
            epoch=policy >> 32 & 0xFFFFFFFF,
            change_delay=(policy >> 8 & 0xFF) * DAY,
            blockers=policy & 0xFF,
            change_policy_hash=_hash(change),
            change_eta=change >> 32 & 0xFFFFFFFF,
            last_active=last_active,
            frozen_until=freeze >> 32,
            cool_until=freeze & 0xFFFFFFFF,
            paths=tuple(_status(word, time) for word in requests),
        )


def _status(word: int, time: int) -> PathStatus:
    """Hash 192 | readyAt 32 | window in hours 14 | flags 3 | nonce 15; see RequestSlot.sol."""
    nonce = word & 0x7FFF
    if word >> 64 == 0:
        return PathStatus(RequestState.IDLE, nonce, 0, 0)
    ready_at = word >> 32 & 0xFFFFFFFF
    expires_at = ready_at + (word >> 18 & 0x3FFF) * HOUR
    if time < ready_at:
        state = RequestState.PENDING
    else:
        state = RequestState.READY if time < expires_at else RequestState.EXPIRED
    owner_cancels, vetoable, blocks = (bool(word >> bit & 1) for bit in (17, 16, 15))
    return PathStatus(state, nonce, ready_at, expires_at, owner_cancels, vetoable, blocks)


def _hash(word: int) -> bytes:
    return (word >> 64).to_bytes(24, "big")
