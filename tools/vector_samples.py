"""Whom and what the test vectors are about: people with worthless keys, their policy, and what they have signed."""

from __future__ import annotations

from functools import cache

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_checksum_address

from recovery import messages
from recovery.actions import Action, Cancel, Freeze, Recover, Thaw, VetoChange, VetoRequest
from recovery.building import Building
from recovery.card import Card, Receipt, Statement
from recovery.contracts import Deployment
from recovery.folder import AccountNote
from recovery.kit import Kit, Notes
from recovery.messages import Call, Message
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, Right
from recovery.quorum import Owners
from recovery.request import Request, SignedApproval, approve
from recovery.signer import Signer

PREFIX = "ape-recovery vector: "
CHAIN_ID = 11155111
CHAINS = (1, CHAIN_ID)
DEADLINE = 1_800_000_000
SAID = 1_780_000_000
ETA = 1_790_000_000


@cache
def person(name: str) -> LocalAccount:
    """Somebody with a key. The same name is always the same person."""
    account: LocalAccount = Account.from_key(keccak(text=PREFIX + name))
    return account


def place(name: str) -> str:
    """The made-up address of a contract."""
    return str(to_checksum_address(keccak(text=PREFIX + name)[12:]))


def signer(name: str) -> Signer:
    """A person's signer; with "passkey" in the name a verifier's address and 64 bytes of a key."""
    if "passkey" in name:
        return Signer(bytes.fromhex(place("verifier")[2:]) + keccak(text=name) + keccak(text=name + " y"))
    return Signer.parse(person(name).address)


DEPLOYMENT = Deployment(place("module"), place("factory"), place("wallet code"), place("lens"))
BUILD = Building(DEPLOYMENT)
SECRET = keccak(text=PREFIX + "policy secret")
PLAN = PolicyPlan(
    SECRET,
    7 * DAY,
    tuple(
        Guardian(name, signer(key), number, "Zoë" if key == "ben" else "")
        for number, (name, key) in enumerate(
            (("Ana", "ana"), ("Zoë 🦊", "ben"), ('Carl "C" \\ Sr.', "carl passkey"), ("Dora", "dora")), 1
        )
    ),
    (
        PathPlan(
            *("friends", Right.ROTATE, (("Ana", 1), ("Zoë 🦊", 1), ('Carl "C" \\ Sr.', 2)), 2),
            owner_cancels=True,
            delay=3 * DAY,
            window=30 * DAY,
        ),
        PathPlan("freeze", Right.FREEZE, (("Ana", 1),), 1, window=7 * DAY),
        PathPlan("veto", Right.VETO, (("Dora", 1),), 1),
        PathPlan(
            *("heir", Right.ROTATE, (("Dora", 1),), 1),
            vetoable=True,
            inactivity=365 * DAY,
            delay=30 * DAY,
            window=90 * DAY,
        ),
    ),
    owner="Olga",
    owners=tuple((name, signer(name)) for name in ("owner one", "owner two", "owner passkey")),
    owners_threshold=2,
)
#: A recipient from the documentation of age.
AGE_KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
#: The same key with 1 in the 4 bits that mean nothing, which have to be 0; its checksum fits.
PADDED_AGE_KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9apxwfd6n"
KEYS = {"Ana": "ana", "Zoë 🦊": "ben", "Dora": "dora"}
OLD = Owners.of([signer("owner one"), signer("owner two"), signer("owner passkey")], 2)
NEW = Owners.of([signer("new one"), signer("new passkey")], 1)
ACCOUNT = DEPLOYMENT.wallet_address(OLD, PLAN.policy)
#: Each action with the path that acts and who approves.
ACTIONS: tuple[tuple[Action, int, tuple[str, ...]], ...] = (
    (Recover(NEW, 3), 0, ("Ana", "Zoë 🦊")),
    (Cancel(4), 0, ("Ana", "Zoë 🦊")),
    (VetoRequest(3, 1), 2, ("Dora",)),
    (VetoChange(keccak(text=PREFIX + "next policy")[:24], ETA), 2, ("Dora",)),
    (Freeze(0), 1, ("Ana",)),
    (Thaw(1), 1, ("Ana",)),
)
CALLS = (
    Call(place("shop"), 2 * 10**18, b""),
    BUILD.heartbeat_call(),
    Call("0x" + "00" * 20, 0, bytes.fromhex("12345678")),
)
BATCH = messages.batch(CHAIN_ID, ACCOUNT, CALLS, OLD, 5, DEADLINE)


def requests() -> dict[str, tuple[Request, list[SignedApproval]]]:
    """A request for each action, with its approvals."""
    result = {}
    for action, path, names in ACTIONS:
        where = (CHAIN_ID, DEPLOYMENT.module, ACCOUNT, 2, PLAN.policy.proof(path))
        request = Request(*where, PLAN.paths[path].label, action, DEADLINE)
        weights = dict(PLAN.paths[path].guardians)
        approvals = [
            approve(request, PLAN.member(name, weights[name]), sign(KEYS[name], request.message), name)
            for name in names
        ]
        result[action.kind] = (request, approvals)
    return result


def sign(name: str, message: Message) -> bytes:
    """A person's signature (RFC 6979, so it is always the same)."""
    return bytes(person(name).sign_message(message.signable).signature)


NOTE = AccountNote(
    *("Olga", ACCOUNT, DEPLOYMENT.module, CHAINS, ("Zoë 🦊", "Dora")),
    questions=(("Ana", "Where did we meet?"),),
)


def kits() -> dict[str, Kit]:
    """A kit for each guardian; Ana is told how to reach two others, and has a question to ask."""
    told = Notes("Olga", (("Zoë 🦊", "+351 555 0100"), ("Dora", "dora@example.org")), "Where did we meet?")
    return {
        each.name: PLAN.kit(each.name, CHAINS, DEPLOYMENT.module, ACCOUNT, told if each.name == "Ana" else None)
        for each in PLAN.guardians
    }


def cards() -> list[Card]:
    """A card with everything, one with the least, and one of a signer that has approved the digest on-chain."""
    full = Card("Ana", signer("ana"), "ana@example.org", AGE_KEY, SAID)
    least = Card("Zoë 🦊", signer("ben"), "", "", SAID)
    passkey = Card('Carl "C" \\ Sr.', signer("carl passkey"), "+351 555 0101", "", SAID)
    return [full.signed(sign("ana", full.message)), least.signed(sign("ben", least.message)), passkey]


def receipts() -> dict[str, Receipt]:
    """One for each statement."""
    holds = Receipt.of(Statement.HOLDS, kits()["Ana"], SAID)
    resigns = Receipt.of(Statement.RESIGNS, kits()["Zoë 🦊"], SAID + DAY)
    return {"holds": holds.signed(sign("ana", holds.message)), "resigns": resigns.signed(sign("ben", resigns.message))}
