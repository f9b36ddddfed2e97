"""Social recovery for Ethereum accounts: guardians, timelocks and inactivity."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the same as _PLACES, for type checkers and editors
    from .building import Transaction as Transaction
    from .client import AsyncRecoveryClient as AsyncRecoveryClient
    from .client import RecoveryClient as RecoveryClient
    from .contracts import Deployment as Deployment
    from .contracts import canonical_deployment as canonical_deployment
    from .errors import (
        ChainError as ChainError,
    )
    from .errors import (
        InvalidFile as InvalidFile,
    )
    from .errors import (
        InvalidInput as InvalidInput,
    )
    from .errors import (
        RecoveryError as RecoveryError,
    )
    from .errors import (
        Refused as Refused,
    )
    from .intents import IntentStore as IntentStore
    from .kit import Kit as Kit
    from .plan import PolicyPlan as PolicyPlan
    from .policy import Path as Path
    from .policy import PathProof as PathProof
    from .policy import Policy as Policy
    from .policy import Right as Right
    from .quorum import Approval as Approval
    from .quorum import Member as Member
    from .quorum import Owners as Owners
    from .request import Approvals as Approvals
    from .request import Request as Request
    from .request import SignedApproval as SignedApproval
    from .sending import How as How
    from .sending import Progress as Progress
    from .sending import Sent as Sent
    from .signer import Signer as Signer
    from .state import AccountState as AccountState

_PLACES = {
    "RecoveryClient": "client",
    "AsyncRecoveryClient": "client",
    "Transaction": "building",
    "How": "sending",
    "Progress": "sending",
    "Sent": "sending",
    "IntentStore": "intents",
    "Deployment": "contracts",
    "canonical_deployment": "contracts",
    "RecoveryError": "errors",
    "InvalidInput": "errors",
    "InvalidFile": "errors",
    "Refused": "errors",
    "ChainError": "errors",
    "Kit": "kit",
    "PolicyPlan": "plan",
    "Path": "policy",
    "PathProof": "policy",
    "Policy": "policy",
    "Right": "policy",
    "Approval": "quorum",
    "Member": "quorum",
    "Owners": "quorum",
    "Approvals": "request",
    "Request": "request",
    "SignedApproval": "request",
    "Signer": "signer",
    "AccountState": "state",
}
__all__ = sorted(_PLACES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    # Imported when used: the command line must answer --help before web3 could be loaded.
    if name in _PLACES:
        return getattr(importlib.import_module(f".{_PLACES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
