"""Social recovery for Ethereum accounts: guardians, timelocks and inactivity."""

from __future__ import annotations

import importlib
from typing import Any

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
    "Path": "policy",
    "PathProof": "policy",
    "Policy": "policy",
    "Right": "policy",
    "Approval": "quorum",
    "Member": "quorum",
    "Owners": "quorum",
    "Approvals": "request",
    "Request": "request",
    "Signer": "signer",
    "AccountState": "state",
}
__all__ = sorted(_PLACES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    # Imported when used: the command line must answer --help before web3 could be loaded.
    if name in _PLACES:
        return getattr(importlib.import_module(f".{_PLACES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
