"""One of each file, made of fixed keys."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from recovery import files
from recovery.actions import Recover
from recovery.card import Card, Receipt, Statement
from recovery.folder import AccountNote
from recovery.kit import Kit, Notes
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, Right
from recovery.request import Request, SignedApproval, approve
from tests.world import SECRET, owners_of, sign, signer

NEW = owners_of("new one", "new two", threshold=2)
MODULE = "0x00000000000000000000000000000000000000AA"
ACCOUNT = "0x00000000000000000000000000000000000000bb"

PLAN = PolicyPlan(
    SECRET,
    7 * DAY,
    tuple(Guardian(name, signer(name), number) for number, name in enumerate(("ana", "ben", "carl", "dora"), 1)),
    (
        PathPlan(
            *("friends", Right.ROTATE, (("ana", 1), ("ben", 1), ("carl", 2)), 2),
            owner_cancels=True,
            delay=3 * DAY,
            window=30 * DAY,
        ),
        PathPlan("freeze", Right.FREEZE, (("ana", 1), ("ben", 1)), 1, window=DAY),
        PathPlan("veto", Right.VETO, (("dora", 1),), 1),
        PathPlan(
            *("heir", Right.ROTATE, (("dora", 1),), 1),
            vetoable=True,
            inactivity=365 * DAY,
            delay=30 * DAY,
            window=90 * DAY,
        ),
    ),
)

#: The same with everything that an owner may add.
OWNED = dataclasses.replace(
    PLAN,
    guardians=(dataclasses.replace(PLAN.guardians[0], person="Ana Martins"), *PLAN.guardians[1:]),
    owner="Olga",
    owners=(("phone", signer("owner one")), ("ledger", signer("owner two"))),
    owners_threshold=2,
)
NOTES = Notes("Olga", (("ben", "+351 555 0100"), ("carl", "carl@example.org")), "Where did we meet?")
NOTE = AccountNote(
    *("Olga", ACCOUNT, MODULE, (1, 5), ("ben", "carl")), questions=(("ana", NOTES.question), ("dora", "Which dog?"))
)
#: A recipient from the documentation of age.
AGE_KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
NOW = 1_800_000_000


def kit(name: str = "ana", notes: Notes | None = None) -> Kit:
    return PLAN.kit(name, 5, MODULE, ACCOUNT, notes)


def card(name: str = "ana", key: str | None = None, **changes: Any) -> Card:
    """A card, signed by the person of its name or by another."""
    who = key or name
    values: dict[str, Any] = {"contact": f"{name}@example.org", "age_key": AGE_KEY, "time": NOW}
    made = Card(name, signer(who), **{**values, **changes})
    return made.signed(sign(who, made.message))


def receipt(
    name: str = "ana", time: int = NOW, statement: Statement = Statement.HOLDS, of: Kit | None = None
) -> Receipt:
    """A receipt for a kit, signed by the person of that name."""
    made = Receipt.of(statement, of or kit(name), time)
    return made.signed(sign(name, made.message))


def request(**changes: Any) -> Request:
    values: dict[str, Any] = {
        "chain_id": 5,
        "module": kit().module,
        "account": kit().account,
        "epoch": 1,
        "proof": PLAN.policy.proof(0),
        "label": "friends",
        "action": Recover(changes.pop("owners", NEW), changes.pop("nonce", 0)),
        "deadline": 2_000_000_000,
    }
    return Request(**{**values, **changes})


def approval(name: str = "ana", weight: int = 1) -> SignedApproval:
    asked = request()
    return approve(asked, PLAN.member(name, weight), sign(name, asked.message))


def forged(text: str, **changes: Any) -> str:
    """The file with other content and a checksum that fits it: what a forger would send."""
    body = json.loads(text)
    kind = body["type"]
    content = {name: value for name, value in body.items() if name not in ("type", "version", "checksum")}
    for name, value in changes.items():
        place = content
        *way, last = name.split("__")
        for step in way:
            place = place[int(step)] if step.isdigit() else place[step]  # type: ignore[call-overload]
        if value is ...:
            del place[last]
        else:
            place[int(last) if last.isdigit() else last] = value  # type: ignore[index]
    return files.dumps(kind, content)
