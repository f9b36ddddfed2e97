"""What others know of an account's guardians: the openings in transactions that guardians' approvals were sent with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import abi
from .errors import ChainError, InvalidInput
from .history import Entry
from .policy import Path
from .quorum import Member
from .rpc import Ask, Steps, data, field
from .signer import Signer

#: What guardians act through; each takes the account, the acting path with its proof, and approvals.
_ACTING = ("start", "cancelByQuorum", "vetoRequest", "vetoChange", "freeze", "thaw")
#: Events that only a quorum of guardians brings about.
_ACTED = ("RecoveryStarted", "RecoveryVetoed", "PolicyChangeVetoed", "AccountFrozen", "AccountThawed")


@dataclass(frozen=True, slots=True)
class Revealed:
    """What stands in an account's transactions.

    Attributes:
        members: The openings.
        unread: Transactions in which none was found though guardians have acted, 32 bytes each.
    """

    members: tuple[Member, ...]
    unread: tuple[bytes, ...]


def transactions(entries: list[Entry], account: str) -> list[bytes]:
    """Transactions in which guardians of an account have acted, by the account's events in the module."""
    found: dict[bytes, None] = {}
    for entry in entries:
        # Whoever cancels as the account itself reveals nobody.
        by_quorum = entry.name == "RecoveryCancelled" and str(entry.values["by"]).lower() != account.lower()
        if entry.name in _ACTED or by_quorum:
            found[entry.transaction] = None
    return list(found)


def read(account: str, hashes: list[bytes]) -> Steps[Revealed]:
    """Reads the openings out of transactions.

    Args:
        account: Whose guardians.
        hashes: From `transactions`.
    """
    members: dict[Member, None] = {}
    unread = []
    for hash_ in hashes:
        try:
            found = yield Ask("eth_getTransactionByHash", ("0x" + hash_.hex(),))
            calldata = data(field(found, "input"))
        except ChainError:
            calldata = b""  # a node that does not keep it
        openings = list(openings_in(calldata, account))
        members.update(dict.fromkeys(openings))
        if not openings:
            unread.append(hash_)
    return Revealed(tuple(members), tuple(unread))


def openings_in(calldata: bytes, account: str) -> Iterator[Member]:
    """Openings in the calldata of a transaction, be they sent to the module, through its multicall, or by a contract.

    Whatever carries a call carries its bytes in one piece, so it is looked for anywhere. That it is none by chance is
    seen by the openings: each must fit the path that came with it.
    """
    for name in _ACTING:
        selector = abi.function("WalletRecoveryModule", name).selector
        place = calldata.find(selector)
        while place >= 0:
            call = abi.decoded(calldata[place:])
            if call is not None and call[0] == name and str(call[1]["account"]).lower() == account.lower():
                yield from _openings(call[1])
            place = calldata.find(selector, place + 1)


def _openings(arguments: dict[str, Any]) -> Iterator[Member]:
    try:
        members = Path.from_abi(arguments["proof"][1]).members
    except (InvalidInput, ValueError):
        return  # bytes that only looked like a call
    for _, weight, salt, signer, _ in arguments["approvals"]:
        try:
            member = Member(Signer(bytes(signer)), weight, bytes(salt))
        except InvalidInput:
            continue
        if member.commitment in members:
            yield member
