"""More files for the test vectors: shares, what is signed offline, and what a bundle is made of.

The shares are of the seed phrase that everybody uses for examples (twelve words, eleven of them "abandon"). Anybody can
take what it holds: never put anything there, and never keep these shares.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import rlp  # type: ignore[import-untyped, unused-ignore]
from eth_utils import keccak

from recovery.backup.bundle import Chain, File, Manifest, sums
from recovery.backup.check_value import Check
from recovery.backup.events import Event, EventHistory
from recovery.backup.forms import Kind
from recovery.backup.proving import Answer, Challenge, proof_address
from recovery.backup.share import About, Holder, SetNote, Share
from recovery.backup.shares import Words
from recovery.keys import authorization, cold
from recovery.keys.schedule import Entry, Schedule, What
from recovery.policy import DAY
from recovery.snapshot import StateProof
from recovery.structure import path_to_json

from .vector_samples import (
    ACCOUNT,
    AGE_KEY,
    BUILD,
    CHAIN_ID,
    CHAINS,
    DEPLOYMENT,
    OLD,
    PLAN,
    PREFIX,
    SAID,
    cards,
    person,
    signer,
)

#: The chance behind "abandon" eleven times and "about", and the first account of these words.
ENTROPY = bytes(16)
FIRST_ACCOUNT = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
#: 2 of 3 (SLIP-39, without passphrase), made once: whoever splits draws at random.
WORDS = (
    "being grant academic acid busy music fitness remove craft closet obtain adequate smear gross traveler security "
    "view genuine critical element",
    "being grant academic agency bishop axis glad adapt inherit profile beaver divorce costume average paid excuse "
    "ounce morning recover ting",
    "being grant academic always argue level dream steady extra cricket tolerate spelling loyalty racism herald "
    "improve phantom exchange sugar extra",
)
#: The first 4 bytes of scrypt with that salt; a test computes them again.
CHECK = Check(keccak(text=PREFIX + "check salt")[:16], bytes.fromhex("45ea5a9d"))
HOLDERS = ("Ana", "Zoë 🦊", "Dora")
_PRICE = (("maxFeePerGas", 30 * 10**9), ("maxPriorityFeePerGas", 10**9))


@cache
def papers() -> dict[str, str]:
    """All of these files by name."""
    return {"schedule": _schedule(), **_shares(), **_offline(), **_bundled()}


def _schedule() -> str:
    ids = [keccak(text=f"{PREFIX}entry {number}")[:8] for number in range(4)]
    return Schedule(
        (
            Entry(ids[0], What.KEY, 730 * DAY, SAID, SAID + DAY, "phone", signer("owner one")),
            Entry(ids[1], What.SHARES, 365 * DAY, SAID),
            Entry(ids[2], What.DRILL, 182 * DAY, SAID),
            Entry(ids[3], What.REMINDER, DAY, SAID, name="Look for the plate 🦊"),
        )
    ).dumps()


def _shares() -> dict[str, str]:
    words = [Words.parse(text) for text in WORDS]
    id_ = keccak(text=PREFIX + "set")[:8]
    groups = ((2, 3),)
    about = About(
        *(id_, words[0].identifier, Kind.SEED, "an example, never to be used", FIRST_ACCOUNT, groups, 1, False, CHECK),
        SAID,
    )
    holders = tuple(
        Holder(name, each.group, each.member, AGE_KEY if name == "Ana" else "", name != "Dora", proof_address(each))
        for name, each in zip(HOLDERS, words, strict=True)
    )
    note = SetNote(about, holders)
    given_up = (
        note.promised(person("owner one").address).replaced(CHAIN_ID).retire(SAID + 1).destroying(["Dora"], SAID + 2)
    )
    challenge = Challenge(id_, keccak(text=PREFIX + "challenge")[:16], SAID)
    return {
        **{
            f"share-{number}": Share(about, holder.name, holder.guardian, each).dumps()
            for number, (holder, each) in enumerate(zip(holders, words, strict=True), 1)
        },
        "share-set": note.dumps(),
        "share-set-given-up": given_up.dumps(),
        "share-challenge": challenge.dumps(),
        "share-answer": Answer.of(challenge, words[0]).dumps(),
    }


def _offline() -> dict[str, str]:
    """Of each kind of what is signed offline one, and what came back."""
    payer, owner = person("payer"), person("owner one")
    finalize = BUILD.apply_change(ACCOUNT)
    send = cold.Sendable(CHAIN_ID, payer.address, 7, 200_000, _PRICE, finalize)
    legacy = cold.Sendable(CHAIN_ID, payer.address, 8, 200_000, (("gasPrice", 2 * 10**9),), finalize)
    delegate = authorization.Authorization(CHAIN_ID, DEPLOYMENT.wallet, 3, owner.address)
    signed = authorization.sign(delegate, owner)
    carry = cold.Sendable(CHAIN_ID, payer.address, 9, 60_000, _PRICE, BUILD.apply_change(ACCOUNT), (signed,))
    card = cards()[0]
    typed = cold.Typed(person("ana").address, card.message.json)
    signature = cold.Signature(typed.digest, person("ana").address, card.signature)
    texts = {
        "unsigned-authorization": cold.dump_unsigned(delegate),
        "signed-authorization": cold.dump_signed(signed),
        "unsigned-message": cold.dump_unsigned(typed),
        "signed-message": cold.dump_signed(signature),
    }
    for name, each in (("transaction", send), ("legacy", legacy), ("carrying", carry)):
        raw = bytes(payer.sign_transaction(each.params()).raw_transaction)
        texts[f"unsigned-{name}"] = cold.dump_unsigned(each)
        texts[f"signed-{name}"] = cold.dump_signed(cold.SignedTransaction.of(raw, each.transaction.summary))
    return texts


def _bundled() -> dict[str, str]:
    """Their form: what the state proof says of a block and of code is made up, so that it proves nothing."""
    none = bytes(32)
    header = [none, none, bytes(20), none, none, none, bytes(256), 0, 123, 0, 0, SAID, b"", none, bytes(8), 7]
    block = bytes(rlp.encode(header))
    where = (ACCOUNT, DEPLOYMENT.module, DEPLOYMENT.wallet)
    proof = StateProof(CHAIN_ID, *where, keccak(block), block, b"\x60\x00", b"\x60\x01", (b"\xc0", b"\xc1\x80"))
    paths = [_in_order(path_to_json(path)) for path in PLAN.policy.paths]
    first = {"epoch": 1, "changeDelay": PLAN.policy.change_delay, "paths": paths}
    started = {
        **{"path": 0, "nonce": 1, "owners": [str(each).lower() for each in OLD.signers], "threshold": OLD.threshold},
        **{"readyAt": SAID, "expiresAt": SAID + 86_400},
    }
    transaction = keccak(text=PREFIX + "transaction")
    events = (
        Event(100, transaction, "PolicyConfigured", first),
        Event(110, transaction, "RecoveryStarted", started),
        Event(111, transaction, "RecoveryCancelled", {"path": 0, "nonce": 1, "by": person("owner one").address}),
    )
    history = EventHistory(CHAIN_ID, DEPLOYMENT.module, ACCOUNT, 123, events)
    texts = {"state-proof": proof.dumps(), "history": history.dumps()}
    inside = {
        "README.txt": b"An example.\n",
        f"proofs/{CHAIN_ID}.json": texts["state-proof"].encode(),
        f"history/{CHAIN_ID}.json": texts["history"].encode(),
    }
    inside["SHA256SUMS"] = sums(inside)
    listed = tuple(File(name, hashlib.sha256(inside[name]).digest(), len(inside[name])) for name in sorted(inside))
    chains = (Chain(CHAIN_ID, PLAN.policy, OLD),)
    manifest = Manifest("1.0", ACCOUNT, DEPLOYMENT, False, CHAINS, PLAN.policy, chains, listed)
    return {**texts, "bundle": manifest.dumps()}


def _in_order(path: dict[str, Any]) -> list[Any]:
    """A path as the ABI orders it."""
    names = ("ownerCancels", "vetoable", "inactivity", "delay", "window", "threshold", "extra", "members")
    return [("rotate", "freeze", "veto").index(path["right"]), *(path[name] for name in names)]
