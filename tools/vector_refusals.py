"""Files that every reader has to refuse, made of those in the test vectors."""

from __future__ import annotations

import json
from typing import Any

from recovery import files
from recovery.hsm import ORDER
from recovery.policy import DAY

from .vector_samples import CHAINS, DEADLINE, PADDED_AGE_KEY, SAID, signer


def refused(found: dict[str, str]) -> list[tuple[str, str, str]]:
    """Why, of which type, and the file.

    Args:
        found: The files that are right, by name.
    """
    request, approval, kit, policy = (
        found[name] for name in ("request-recover", "approval-recover-1", "kit-1", "policy")
    )
    card, receipt, account = found["card-1"], found["receipt-holds"], found["account"]
    hashes, commitments, age = (
        json.loads(text)[name] for text, name in ((kit, "pathHashes"), (receipt, "commitments"), (card, "ageKey"))
    )
    opening = json.loads(approval)["opening"]
    twice = {"signers": [str(signer("new one"))] * 2, "threshold": 1}
    wrong: dict[str, list[tuple[str, str]]] = {
        "recovery-request": [
            ("altered: the checksum is wrong", request.replace('"epoch": 2', '"epoch": 3')),
            ("cut off", request[: len(request) // 2]),
            ("a field stands twice", request.replace('"epoch": 2,', '"epoch": 2,\n  "epoch": 2,')),
            ("another version", request.replace('"version": 1', '"version": 2')),
            ("nested more than 32 deep", f'{{"type": "recovery-request", "x": {"[" * 40}{"]" * 40}}}'),
            ("another type than the one that is needed", approval),
            ("the digest is not that of the content", _with(request, deadline=DEADLINE + 1)),
            ("the action takes a path with another right", _with(request, action="freeze")),
            ("an owner stands twice", _with(request, owners=twice)),
            ("the label has a line feed", _with(request, label="friends\n")),
            ("the epoch is a text", _with(request, epoch="2")),
            ("the epoch is negative", _with(request, epoch=-1)),
            ("the epoch has a decimal point", _with(request, epoch=2.0)),
            ("the account has 19 bytes", _with(request, account="0x" + "11" * 19)),
            ("the deadline is missing", _with(request, deadline=None)),
        ],
        "recovery-approval": [
            (
                "the signer's address has a wrong checksum (ERC-55)",
                _with(approval, opening={**opening, "signer": _swapped(opening["signer"])}),
            ),
            ("the salt has 31 bytes", _with(approval, opening={**opening, "salt": "0x" + "11" * 31})),
            ("the weight is 0", _with(approval, opening={**opening, "weight": 0})),
        ],
        "recovery-kit": [
            ("the opening does not fit its path", _with(kit, openings=[{**opening, "weight": 2}, None, None, None])),
            ("there are fewer labels than paths", _with(kit, labels=["friends"])),
            ("a path's hash is not that of the content", _with(kit, pathHashes=[hashes[1], *hashes[1:]])),
            ("the chains are not sorted", _with(kit, chains=[*CHAINS][::-1])),
            ("a chain stands twice", _with(kit, chains=[1, 1])),
            ("there is no chain", _with(kit, chains=[])),
        ],
        "recovery-card": [
            (
                "the age key has a slip in it",
                _with(card, ageKey=age[:20] + ("q" if age[20] != "q" else "p") + age[21:]),
            ),
            ("the age key has bits behind its end", _with(card, ageKey=PADDED_AGE_KEY)),
            ("the age key is in capitals", _with(card, ageKey=age.upper())),
            ("the name has 61 characters", _with(card, name="a" * 61)),
            ("the name ends with a blank", _with(card, name="Ana ")),
            ("the contact has a line feed", _with(card, contact="one\ntwo")),
            ("the time is negative", _with(card, time=-SAID)),
        ],
        "recovery-receipt": [
            ("it says something else", _with(receipt, statement="promises")),
            ("it is for nothing", _with(receipt, commitments=[])),
            ("a commitment stands twice", _with(receipt, commitments=[commitments[0]] * 2)),
            ("the commitments are not sorted", _with(receipt, commitments=["0x" + "ff" * 32, *commitments])),
        ],
        "recovery-account": [
            ("the chains are not sorted", _with(account, chains=[*CHAINS][::-1])),
            ("a contact stands twice", _with(account, contacts=["Dora", "Dora"])),
        ],
        "recovery-policy": [
            ("the policy's hash is not that of the content", _with(policy, changeDelay=8 * DAY)),
            ("a guardian's number is not below nextNumber", _with(policy, nextNumber=4)),
            ("more owners have to sign than there are", _with(policy, ownersThreshold=4)),
            ("there are no owners of whom some have to sign", _with(policy, owners=[])),
        ],
        **_of_papers(found),
    }
    return [(why, kind, text) for kind, each in wrong.items() for why, text in each]


def _of_papers(found: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """The same for shares, what is signed offline, and bundles."""
    share, note, answer = found["share-1"], found["share-set-given-up"], found["share-answer"]
    words = json.loads(share)["mnemonic"]
    transaction, delegate = (
        json.loads(found[name])[field]
        for name, field in (("unsigned-transaction", "transaction"), ("unsigned-authorization", "authorization"))
    )
    raw, signed = (
        json.loads(found[name])[field]
        for name, field in (("signed-transaction", "transaction"), ("signed-authorization", "authorization"))
    )
    larger = f"0x{ORDER - int(signed['s'], 16):064x}"
    history, proof, bundle = found["history"], found["state-proof"], found["bundle"]
    events, listed = json.loads(history)["events"], json.loads(bundle)["files"]
    schedule = found["schedule"]
    entries = json.loads(schedule)["entries"]
    return {
        "recovery-schedule": [
            (
                "two entries are about the same",
                _with(schedule, entries=[entries[1], {**entries[1], "id": "0x" + "11" * 8}]),
            ),
            (
                "two entries have the same id",
                _with(schedule, entries=[entries[1], {**entries[2], "id": entries[1]["id"]}]),
            ),
            ("an interval is no whole number of days", _with(schedule, entries=[{**entries[1], "every": DAY + 1}])),
            ("of shares it is said when they were shown", _with(schedule, entries=[{**entries[1], "last": SAID}])),
        ],
        "recovery-share": [
            ("two words have changed places", _with(share, mnemonic=" ".join(words.split()[::-1]))),
            ("its words are of another member", _with(share, member=2)),
            ("its words are of another set", _with(share, identifier=1)),
            ("its words are of another rule", _with(share, groups=[{"threshold": 3, "count": 3}])),
            ("a share with a passphrase names an account", _with(share, passphrase=True)),
        ],
        "recovery-share-set": [
            ("a holder is missing", _with(note, holders=json.loads(note)["holders"][:2])),
            ("one share is enough of several", _with(note, groups=[{"threshold": 1, "count": 3}])),
            ("the chains are not sorted", _with(note, replacedOn=[5, 1])),
        ],
        "recovery-share-challenge": [
            ("the nonce has 15 bytes", _with(found["share-challenge"], nonce="0x" + "11" * 15))
        ],
        "recovery-share-answer": [("the signature has 64 bytes", _with(answer, signature="0x" + "11" * 64))],
        "recovery-unsigned": [
            (
                "the tip is more than the whole",
                _with(found["unsigned-transaction"], transaction={**transaction, "maxPriorityFeePerGas": str(10**18)}),
            ),
            ("the chain is 0", _with(found["unsigned-authorization"], authorization={**delegate, "chainId": 0})),
            (
                "a value has no type",
                _with(
                    found["unsigned-message"],
                    typedData={**json.loads(found["unsigned-message"])["typedData"], "message": {"more": 1}},
                ),
            ),
        ],
        "recovery-signed": [
            ("a byte is missing", _with(found["signed-transaction"], transaction=raw[:-2])),
            (
                "of the two signatures that would do it has the larger s",
                _with(
                    found["signed-authorization"],
                    authorization={**signed, "s": larger, "yParity": 1 - signed["yParity"]},
                ),
            ),
        ],
        "recovery-state-proof": [
            ("the block's number is not that of the header", _with(proof, blockNumber=1)),
            ("the header is none", _with(proof, header="0xc0")),
        ],
        "recovery-history": [
            ("events are out of order", _with(history, events=events[::-1])),
            ("an event is after the last block", _with(history, until=110)),
            ("there is no such event", _with(history, events=[{**events[0], "event": "Stolen"}])),
            ("an event has a field too many", _with(history, events=[{**events[2], "event": "RecoveryCleared"}])),
        ],
        "recovery-bundle": [
            ("the policy's hash is not that of the content", _with(bundle, policyHash="0x" + "11" * 32)),
            ("files are not sorted", _with(bundle, files=listed[::-1])),
            ("no bundle has such a file", _with(bundle, files=[{**listed[0], "name": "keys/owner.json"}])),
            ("a name leads out of the bundle", _with(bundle, files=[{**listed[0], "name": "kits/../../x.json"}])),
        ],
    }


def _with(text: str, **changes: Any) -> str:
    """The file with other content and a checksum that fits it; None leaves a field out."""
    body = {**json.loads(text), **changes}
    kind = body.pop("type")
    content = {name: value for name, value in body.items() if name not in ("version", "checksum") and value is not None}
    return files.dumps(kind, content)


def _swapped(address: str) -> str:
    """With the case of one letter changed."""
    at = next(n for n, c in enumerate(address) if n > 1 and c.isalpha())
    return address[:at] + address[at].swapcase() + address[at + 1 :]
