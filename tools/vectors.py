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
from functools import cache
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_checksum_address

from recovery import abi, files, frames, messages
from recovery.actions import Action, Cancel, Freeze, Recover, Thaw, VetoChange, VetoRequest
from recovery.building import MODE_BATCH_OPDATA, Building, Transaction
from recovery.contracts import Deployment
from recovery.errors import RecoveryError
from recovery.files import to_hex
from recovery.messages import Call, Message
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, HOUR, Policy, Right
from recovery.policy import Path as PolicyPath
from recovery.quorum import Member, Owners, derive_salt
from recovery.request import Approvals, Request, SignedApproval, approve
from recovery.signer import Signer
from recovery.structure import opening_to_json, owners_to_json, path_to_json, policy_to_json, proof_to_json

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "vectors"
PREFIX = "ape-recovery vector: "
CHAIN_ID = 11155111
DEADLINE = 1_800_000_000
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
        Guardian(name, signer(key), number)
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
)
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


# ------------------------------------------------------------------------------------------ vectors


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
            for message, name in (*asked, *((message, "owner one") for message in others))
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
    found |= {
        f"kit-{n}": PLAN.kit(each.name, CHAIN_ID, DEPLOYMENT.module, ACCOUNT).dumps()
        for n, each in enumerate(PLAN.guardians, 1)
    }
    for kind, (request, approvals) in requests().items():
        found[f"request-{kind}"] = request.dumps()
        found |= {f"approval-{kind}-{n}": each.dumps() for n, each in enumerate(approvals, 1)}
    on_chain = approve(requests()["freeze"][0], PLAN.member("Ana", 1), b"")
    found["approval-on-chain"] = on_chain.dumps()
    body = json.loads(found["approval-recover-2"])
    checksum = body.pop("checksum")
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {
        "description": "Whole files; what is signed or committed to in them is in the other vectors. Readers refuse "
        "those under `refused`; but for the first five, the checksums of those are right.",
        "files": found,
        "checksum": {"file": "approval-recover-2", "canonical": canonical, "checksum": checksum},
        "refused": [{"why": why, "type": kind, "text": text} for why, kind, text in _refused(found)],
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


def _refused(found: dict[str, str]) -> list[tuple[str, str, str]]:
    request, approval, kit, policy = (
        found[name] for name in ("request-recover", "approval-recover-1", "kit-1", "policy")
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
        ],
        "recovery-policy": [
            ("the policy's hash is not that of the content", _with(policy, changeDelay=8 * DAY)),
            ("a guardian's number is not below nextNumber", _with(policy, nextNumber=4)),
        ],
    }
    return [(why, kind, text) for kind, each in wrong.items() for why, text in each]


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


VECTORS = {
    "guardians": guardians,
    "policy": policy,
    "owners": owners,
    "messages": signed_messages,
    "calldata": calldata,
    "addresses": addresses,
    "files": whole_files,
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
