"""What reads each kind of file, and what writes it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recovery.backup.bundle import Manifest
from recovery.backup.events import EventHistory
from recovery.backup.proving import Answer, Challenge
from recovery.backup.share import SetNote, Share
from recovery.card import Card, Receipt
from recovery.folder import AccountNote
from recovery.keys import cold
from recovery.keys.schedule import Schedule
from recovery.kit import Kit
from recovery.plan import PolicyPlan
from recovery.request import Request, SignedApproval
from recovery.snapshot import StateProof

READERS: dict[str, Callable[[str], Any]] = {
    "recovery-policy": PolicyPlan.loads,
    "recovery-kit": Kit.loads,
    "recovery-request": Request.loads,
    "recovery-approval": SignedApproval.loads,
    "recovery-card": Card.loads,
    "recovery-receipt": Receipt.loads,
    "recovery-account": AccountNote.loads,
    "recovery-schedule": Schedule.loads,
    "recovery-share": Share.loads,
    "recovery-share-set": SetNote.loads,
    "recovery-share-challenge": Challenge.loads,
    "recovery-share-answer": Answer.loads,
    "recovery-unsigned": cold.load_unsigned,
    "recovery-signed": cold.load_signed,
    "recovery-state-proof": StateProof.loads,
    "recovery-history": EventHistory.loads,
    "recovery-bundle": Manifest.loads,
}
_WRITERS = {"recovery-unsigned": cold.dump_unsigned, "recovery-signed": cold.dump_signed}


def written_again(kind: str, text: str) -> str:
    """The file as we write what we have read of it."""
    found = READERS[kind](text)
    return _WRITERS[kind](found) if kind in _WRITERS else str(found.dumps())
