"""The test vectors in docs/vectors, for whoever writes another implementation of the formats in docs/files.md.

    python -m tools.vectors            writes them
    python -m tools.vectors --check    compares; 1 if one is missing or stale

Every key is keccak256 of a text that stands in the vectors, so all of them are worthless. Nothing depends on the
contracts' bytecode: addresses are made up, as keys are. `tests/recovery/test_vectors.py` computes all of it once more
without this package.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eth_utils import keccak

from recovery import abi, files, frames, messages
from recovery.building import MODE_BATCH_OPDATA, Transaction
from recovery.errors import RecoveryError
from recovery.files import to_hex
from recovery.policy import DAY, HOUR, Policy, Right
from recovery.policy import Path as PolicyPath
from recovery.quorum import Member, Owners, derive_salt
from recovery.request import Approvals, approve
from recovery.six_words import six_words
from recovery.structure import opening_to_json, owners_to_json, path_to_json, policy_to_json, proof_to_json

from .vector_papers import papers
from .vector_refusals import refused
from .vector_samples import (
    ACCOUNT,
    BATCH,
    BUILD,
    CALLS,
    CHAIN_ID,
    DEADLINE,
    DEPLOYMENT,
    KEYS,
    NEW,
    NOTE,
    OLD,
    PLAN,
    PREFIX,
    SECRET,
    cards,
    kits,
    person,
    receipts,
    requests,
    sign,
    signer,
)

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "vectors"


def guardians() -> dict[str, Any]:
    """Salts and commitments."""
    openings = [
        *(PLAN.member(name, weight) for name, weight in PLAN.paths[0].guardians),
        Member(signer("ana"), 2**32 - 1, bytes(32)),
    ]
    return {
        "description": "Salts follow from the policy secret and a guardian's number; a commitment from an opening.",
        "secret": to_hex(SECRET),
        "info": "ape-recovery member salt v1",
        "salts": [{"number": n, "salt": to_hex(derive_salt(SECRET, n))} for n in (0, 1, 2, 256, 2**32 - 1)],
        "members": [
            {**opening_to_json(each), "signerHash": to_hex(each.signer.id), "commitment": to_hex(each.commitment)}
            for each in openings
        ],
    }


def policy() -> dict[str, Any]:
    """Paths and policies."""
    least = Policy(DAY, (PolicyPath(Right.ROTATE, False, False, 0, HOUR, HOUR, 1, (keccak(b""),), b"\xff" * 32),))
    return {
        "description": "Hashes of paths and of the policies that they make up; the module keeps the first 24 bytes.",
        "paths": [
            {"path": path_to_json(path), "hash": to_hex(path.hash)} for path in (*PLAN.policy.paths, *least.paths)
        ],
        "policies": [
            {**policy_to_json(each), "hash": to_hex(each.hash), "kept": to_hex(each.hash[:24])}
            for each in (PLAN.policy, least)
        ],
        "proofs": [
            {**proof_to_json(PLAN.policy.proof(n)), "changeDelay": 7 * DAY, "policyHash": to_hex(PLAN.policy.hash)}
            for n in (0, 3)
        ],
    }


def owners() -> dict[str, Any]:
    """Owners and what proves that they have signed."""
    short, long = (Owners.of([signer("owner one")]), OLD)
    signatures = {each: sign(name, BATCH) for name in ("owner one", "owner two") for each in [signer(name)]}
    passkey = {signer("owner passkey"): bytes(range(200)), signer("owner two"): signatures[signer("owner two")]}
    proofs = (
        (short, {signer("owner one"): signatures[signer("owner one")]}),
        (long, signatures),
        (long, passkey),
        (long, {**signatures, **passkey}),
    )
    return {
        "description": "Owners are sorted by keccak256 of their bytes. A wallet keeps the first 24 bytes of the hash. "
        "A proof is packed from the signatures, which are not checked here.",
        "owners": [
            {**owners_to_json(each), "encoded": to_hex(each.encoded), "hash": to_hex(each.hash)}
            for each in (short, long, NEW)
        ],
        "proofs": [
            {
                **owners_to_json(each),
                "signatures": {str(who): to_hex(signature) for who, signature in sorted(signed.items())},
                "proof": to_hex(each.proof(signed)),
            }
            for each, signed in proofs
        ],
    }


def signed_messages() -> dict[str, Any]:
    """What is signed."""
    asked = [(request.message, KEYS[approvals[0].name]) for request, approvals in requests().values()]
    said = [
        *((card.message, KEYS[card.name]) for card in cards() if card.signature),
        *((receipt.message, KEYS[receipt.name]) for receipt in receipts().values()),
    ]
    others = [
        BATCH,
        messages.operation(CHAIN_ID, ACCOUNT, keccak(text=PREFIX + "operation"), OLD),
        messages.initialize(CHAIN_ID, person("owner one").address, DEPLOYMENT.module, NEW, PLAN.policy.hash, DEADLINE),
    ]
    return {
        "description": "EIP-712. A signature is that of the key keccak256(PREFIX + name), by RFC 6979.",
        "prefix": PREFIX,
        "messages": [
            {
                "typedData": message.json,
                "domainSeparator": to_hex(message.signable.header),
                "structHash": to_hex(message.signable.body),
                "digest": to_hex(message.digest),
                "name": name,
                "signer": person(name).address,
                "signature": to_hex(sign(name, message)),
            }
            for message, name in (*asked, *said, *((message, "owner one") for message in others))
        ],
    }


def calldata() -> dict[str, Any]:
    """Transactions. Requests and approvals are those in files.json."""
    made = requests()
    rows = [
        {
            "request": f"request-{kind}",
            "approvals": [f"approval-{kind}-{number}" for number in range(1, len(approvals) + 1)],
            **_transaction(BUILD.submit(Approvals.of(request, approvals))),
        }
        for kind, (request, approvals) in made.items()
    ]
    path = PLAN.policy.paths[0]
    finalize = _transaction(BUILD.finalize(ACCOUNT, 0, path, NEW))
    proof = OLD.proof({signer(name): sign(name, BATCH) for name in ("owner one", "owner two")})
    execute = {
        "calls": [{"to": call.to, "value": str(call.value), "data": to_hex(call.data)} for call in CALLS],
        "deadline": DEADLINE,
        "proof": to_hex(proof),
        "mode": to_hex(MODE_BATCH_OPDATA),
        **_transaction(BUILD.execute(ACCOUNT, CALLS, DEADLINE, proof, "")),
    }
    create = {
        **owners_to_json(OLD),
        **policy_to_json(PLAN.policy),
        **_transaction(BUILD.create_wallet(OLD, PLAN.policy)),
    }
    return {
        "description": "Calldata. Requests and approvals are the files of these names in files.json; approvals are "
        "sent sorted by keccak256 of the signer.",
        "submit": rows,
        "finalize": {"request": "request-recover", **finalize},
        "execute": execute,
        "createWallet": create,
    }


def _transaction(transaction: Transaction) -> dict[str, Any]:
    found = abi.decoded(transaction.data)
    assert found is not None  # noqa: S101 - it is one of ours
    contract = {DEPLOYMENT.module: "WalletRecoveryModule", DEPLOYMENT.factory: "RecoveryWalletFactory"}
    function = abi.function(contract.get(transaction.to, "RecoveryWallet"), found[0])
    signature = f"{function.name}({','.join(kind for _, kind in function.inputs)})"
    return {"to": transaction.to, "function": signature, "data": to_hex(transaction.data)}


def addresses() -> dict[str, Any]:
    """Where wallets stand."""
    single = Owners.of([signer("owner one")])
    return {
        "description": "CREATE2 (EIP-1014) of an ERC-1167 clone, with keccak256(abi.encode(owners' hash, policy hash, "
        "module)) as its salt. The contracts' addresses are made up.",
        **{name: getattr(DEPLOYMENT, name) for name in ("module", "factory", "wallet")},
        "wallets": [
            {
                "ownersHash": to_hex(each.hash),
                "policyHash": to_hex(PLAN.policy.hash),
                "address": DEPLOYMENT.wallet_address(each, PLAN.policy),
            }
            for each in (OLD, single)
        ],
    }


def whole_files() -> dict[str, Any]:
    """Files as they are passed on, the canonical text of one for its checksum, and files to be refused."""
    found = {"policy": PLAN.dumps()}
    found |= {f"kit-{n}": each.dumps() for n, each in enumerate(kits().values(), 1)}
    found |= {f"card-{n}": each.dumps() for n, each in enumerate(cards(), 1)}
    found |= {f"receipt-{name}": each.dumps() for name, each in receipts().items()}
    found["account"] = NOTE.dumps()
    for kind, (request, approvals) in requests().items():
        found[f"request-{kind}"] = request.dumps()
        found |= {f"approval-{kind}-{n}": each.dumps() for n, each in enumerate(approvals, 1)}
    found |= papers()
    on_chain = approve(requests()["freeze"][0], PLAN.member("Ana", 1), b"")
    found["approval-on-chain"] = on_chain.dumps()
    body = json.loads(found["approval-recover-2"])
    checksum = body.pop("checksum")
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {
        "description": "Whole files; what is signed or committed to in them is in the other vectors. The shares are of "
        'the seed phrase of all examples ("abandon" eleven times and "about"): never keep them, and never put '
        "anything where they lead. What the state proof says of a block and of code is made up. Readers refuse those "
        "under `refused`; but for the first five, the checksums of those are right.",
        "files": found,
        "checksum": {"file": "approval-recover-2", "canonical": canonical, "checksum": checksum},
        "refused": [{"why": why, "type": kind, "text": text} for why, kind, text in refused(found)],
    }


def words() -> dict[str, Any]:
    """What is compared over the telephone."""
    digests = {f"request-{kind}": request.digest for kind, (request, _) in requests().items()}
    return {
        "description": "Six words of a digest: 8 bytes of scrypt, of which the top 60 bits are six indices of 10 bits "
        "into recovery/six_words.txt, from 0. Requests are the files of these names in files.json.",
        "password": "the digest",
        "salt": "ape-recovery six words v1",
        "n": 2**15,
        "r": 8,
        "p": 1,
        "words": [
            {"request": name, "digest": to_hex(digest), "words": list(six_words(digest))}
            for name, digest in (*digests.items(), (None, bytes(32)))
        ],
    }


def framed() -> dict[str, Any]:
    """Files in frames. Another zlib may pack them otherwise: what stands there and still says the same is kept."""
    texts = whole_files()["files"]
    wanted = (("approval-recover-1", None), ("request-recover", 400), ("kit-3", 300))
    made = [{"file": name, "frames": frames.encode(texts[name], capacity)} for name, capacity in wanted]
    path = FOLDER / "frames.json"
    with contextlib.suppress(OSError, ValueError, KeyError, RecoveryError):
        kept = json.loads(path.read_text("utf-8"))["files"]
        if [(each["file"], frames.decode(each["frames"])) for each in kept] == [(n, texts[n]) for n, _ in wanted]:
            made = kept
    mail = "Ana wrote:\n" + "\n".join(f"> {line}" for line in frames.fold(made[0]["frames"][0].lower()).splitlines())
    return {
        "description": "Files of files.json in frames, and one as it comes out of a mail program. Compressed text may "
        "differ from writer to writer, so only reading has to agree.",
        "dictionary": frames.WORDS,
        "files": made,
        "mail": {"file": made[0]["file"], "text": mail},
    }


VECTORS = {
    "guardians": guardians,
    "policy": policy,
    "owners": owners,
    "messages": signed_messages,
    "calldata": calldata,
    "addresses": addresses,
    "files": whole_files,
    "words": words,
    "frames": framed,
}


def build() -> dict[str, str]:
    """All vectors: file names with their texts."""
    return {f"{name}.json": json.dumps(make(), indent=2, ensure_ascii=False) + "\n" for name, make in VECTORS.items()}


def main(arguments: Sequence[str]) -> int:
    """Writes or compares.

    Returns:
        An exit code: 1 if vectors are missing or stale.
    """
    parser = argparse.ArgumentParser(description="Write the test vectors in docs/vectors.")
    parser.add_argument("--check", action="store_true", help="compare instead")
    check = parser.parse_args(arguments).check
    stale = []
    for name, text in build().items():
        path = FOLDER / name
        if check and not (path.exists() and path.read_text("utf-8") == text):
            stale.append(name)
        if not check:
            files.write(path, text, replace=True)
    if stale:
        print(f"Error: {', '.join(stale)}: not what the code makes. Run: python -m tools.vectors", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
