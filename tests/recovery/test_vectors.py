"""The vectors in docs/vectors: our code makes them, and an implementation that has nothing in common with it agrees.

That implementation is `specified`. Only keys and signatures are left to eth-keys.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
import rlp
import shamir_mnemonic
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_keys.datatypes import Signature

from recovery import frames
from recovery.building import Building
from recovery.contracts import Deployment
from recovery.errors import InvalidFile
from recovery.messages import Call
from recovery.quorum import Member, Owners, derive_salt
from recovery.request import Approvals, Request, SignedApproval, is_signed_by_key
from recovery.signer import Signer
from recovery.six_words import six_words
from recovery.structure import opening_from_json, owners_from_json, path_from_json, policy_from_json, proof_from_json
from tests.recovery.readers import READERS, written_again
from tests.recovery.specified import (
    calldata,
    capitals,
    checksum,
    commitment,
    encode,
    in_order,
    keccak256,
    packed,
    path_hash,
    path_tuple,
    policy_hash,
    raw,
    salt,
    struct_hash,
    word,
)
from tools import vectors

FOLDER = Path(vectors.FOLDER)
VECTORS: dict[str, Any] = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
FILES: dict[str, str] = VECTORS["files"]["files"]


def test_the_other_implementation_knows_what_is_known() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"a" * 136).hex() == "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e"
    assert capitals("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed") == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    # The ABI specification's own examples.
    assert calldata("baz(uint32,bool)", 69, True) == "0xcdcd77c0" + (word(69) + word(1)).hex()
    assert calldata("sam(bytes,bool,uint256[])", "0x64617665", True, [1, 2, 3]).startswith(
        "0xa5643bf2" + "0" * 62 + "60"
    )


# ---------------------------------------------------------------------------------- ours, and the other


def test_the_vectors_are_what_our_code_makes() -> None:
    made = vectors.build()
    assert {f"{name}.json" for name in VECTORS} == set(made)
    for name, text in made.items():
        assert (FOLDER / name).read_text("utf-8") == text, f"{name}: run python -m tools.vectors"


def test_stale_vectors_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "FOLDER", tmp_path)
    assert vectors.main(["--check"]) == 1
    assert vectors.main([]) == 0 and vectors.main(["--check"]) == 0
    (tmp_path / "owners.json").write_text("{}")
    assert vectors.main(["--check"]) == 1


def test_every_vector_says_what_it_is() -> None:
    assert all(vector["description"].endswith(".") for vector in VECTORS.values())


def test_salts_and_commitments() -> None:
    vector = VECTORS["guardians"]
    secret = raw(vector["secret"])
    for each in vector["salts"]:
        expected = raw(each["salt"])
        assert derive_salt(secret, each["number"]) == expected
        assert salt(secret, vector["info"].encode() + each["number"].to_bytes(4, "big")) == expected
    for each in vector["members"]:
        assert opening_from_json(each).commitment == commitment(each) == raw(each["commitment"])
        assert keccak256(raw(each["signer"])) == raw(each["signerHash"])


def test_paths_policies_and_proofs() -> None:
    vector = VECTORS["policy"]
    for each in vector["paths"]:
        assert path_from_json(each["path"]).hash == path_hash(each["path"]) == raw(each["hash"])
    for each in vector["policies"]:
        hashes = [path_hash(path) for path in each["paths"]]
        assert policy_from_json(each).hash == policy_hash(each["changeDelay"], hashes) == raw(each["hash"])
        assert each["kept"] == each["hash"][:50]
    for each in vector["proofs"]:
        others = [raw(other) for other in each["others"]]
        hashes = [*others[: each["index"]], path_hash(each["path"]), *others[each["index"] :]]
        expected = raw(each["policyHash"])
        assert proof_from_json(each).policy_hash(each["changeDelay"]) == expected
        assert policy_hash(each["changeDelay"], hashes) == expected


def test_owners_and_their_proofs() -> None:
    vector = VECTORS["owners"]
    for each in vector["owners"]:
        assert owners_from_json(each).encoded == packed(each) == raw(each["encoded"])
        assert owners_from_json(each).hash == keccak256(packed(each)) == raw(each["hash"])
    for each in vector["proofs"]:
        signatures = {Signer.parse(who): raw(signature) for who, signature in each["signatures"].items()}
        bits, tail = 0, b""
        for position, who in enumerate(in_order(each["signers"])):
            if who in each["signatures"]:
                bits |= 1 << position
                tail += len(raw(each["signatures"][who])).to_bytes(2, "big") + raw(each["signatures"][who])
        expected = raw(each["proof"])
        assert owners_from_json(each).proof(signatures) == expected
        assert packed(each) + bits.to_bytes(4, "big") + tail == expected


MESSAGES = {each["typedData"]["primaryType"]: each for each in VECTORS["messages"]["messages"]}


def test_there_is_a_vector_for_every_message() -> None:
    assert set(MESSAGES) == set(vectors.messages.TYPES) - {"Call"}


@pytest.mark.parametrize(
    "vector",
    VECTORS["messages"]["messages"],
    ids=lambda vector: f"{vector['typedData']['primaryType']}-{vector['name']}",
)
def test_digests_and_signatures(vector: dict[str, Any]) -> None:
    document = vector["typedData"]
    kind = document["primaryType"]
    separator = struct_hash(document["types"], "EIP712Domain", document["domain"])
    content = struct_hash(document["types"], kind, document["message"])
    digest = keccak256(b"\x19\x01" + separator + content)
    assert (separator, content) == (raw(vector["domainSeparator"]), raw(vector["structHash"]))
    assert digest == raw(vector["digest"])

    signable = encode_typed_data(full_message=document)
    assert (signable.header, signable.body) == (separator, content)
    key = keccak256((VECTORS["messages"]["prefix"] + vector["name"]).encode())
    signature = raw(vector["signature"])
    assert bytes(Account.from_key(key).sign_message(signable).signature) == signature
    signed = Signature(signature[:64] + bytes([signature[64] - 27]))
    assert signed.recover_public_key_from_msg_hash(digest).to_checksum_address() == vector["signer"]


def test_what_guardians_sign_is_what_their_requests_say() -> None:
    kinds = ["Recover", "Cancel", "VetoRequest", "VetoChange", "Freeze", "Thaw"]
    asked = [Request.loads(text) for name, text in FILES.items() if name.startswith("request-")]
    assert [request.message.kind for request in asked] == kinds
    for request in asked:
        vector = MESSAGES[request.message.kind]
        assert request.message.json == vector["typedData"]
        assert request.digest == raw(vector["digest"])
        message = vector["typedData"]["message"]
        assert raw(message["pathHash"]) == path_hash(
            json.loads(FILES[f"request-{request.action.kind}"])["proof"]["path"]
        )
    owners = json.loads(FILES["request-recover"])["owners"]
    assert MESSAGES["Recover"]["typedData"]["message"]["owners"] == [
        text.lower() for text in in_order(owners["signers"])
    ]


def test_what_guardians_sign_of_themselves_is_what_their_cards_and_receipts_say() -> None:
    signed = {each["digest"]: each for each in VECTORS["messages"]["messages"]}
    papers = {name: json.loads(text) for name, text in FILES.items() if name.startswith(("card-", "receipt-"))}
    assert set(papers) == {"card-1", "card-2", "card-3", "receipt-holds", "receipt-resigns"}
    for name, body in papers.items():
        ours = READERS[body["type"]](FILES[name]).message
        if name == "card-3":  # of a verifier with a key, whose yes stands on a chain
            assert body["signature"] == "0x" and len(raw(body["signer"])) == 84
            continue
        vector = signed["0x" + ours.digest.hex()]
        assert ours.json == vector["typedData"]
        assert (body["signature"], body["signer"]) == (vector["signature"], vector["signer"])
        message = vector["typedData"]["message"]
        assert vector["typedData"]["domain"] == {"name": "GuardianPapers", "version": "1"}
        if body["type"] == "recovery-card":
            assert message == {
                **{field: body[field] for field in ("name", "contact", "ageKey", "time")},
                "signer": body["signer"].lower(),
            }
        else:
            assert message == {
                **{field: body[field] for field in ("account", "module", "commitments", "time")},
                "statement": {
                    "holds": "I hold this kit, I can read it, and I will help.",
                    "resigns": "I resign. Do not count on me as a guardian any more.",
                }[body["statement"]],
            }


def test_receipts_are_for_what_their_kits_open() -> None:
    for kit, receipt in (("kit-1", "receipt-holds"), ("kit-2", "receipt-resigns")):
        openings = [opening for opening in json.loads(FILES[kit])["openings"] if opening]
        said = json.loads(FILES[receipt])
        assert said["commitments"] == sorted({"0x" + commitment(opening).hex() for opening in openings})
        assert {opening["signer"] for opening in openings} == {said["signer"]}


def test_the_folder_says_what_the_kits_say() -> None:
    note, kit = json.loads(FILES["account"]), json.loads(FILES["kit-1"])
    assert all(note[field] == kit[field] for field in ("owner", "account", "module", "chains"))
    assert note["questions"] == [{"name": kit["name"], "question": kit["question"]}]
    assert note["contacts"] == [each["name"] for each in kit["ring"]]


def test_six_words() -> None:
    vector = VECTORS["words"]
    listed = (FOLDER.parents[1] / "recovery" / "six_words.txt").read_text("ascii").splitlines()
    assert len(listed) == 2**10
    for each in vector["words"]:
        if each["request"]:
            assert json.loads(FILES[each["request"]])["digest"] == each["digest"]
        cost = {name: vector[name] for name in ("n", "r", "p")}
        key = hashlib.scrypt(raw(each["digest"]), salt=vector["salt"].encode(), maxmem=2**26, dklen=8, **cost)
        bits = f"{int.from_bytes(key, 'big'):064b}"
        assert [listed[int(bits[10 * n : 10 * n + 10], 2)] for n in range(6)] == each["words"]
        assert list(six_words(raw(each["digest"]))) == each["words"]


# ------------------------------------------------------------------------------------------- calldata

BUILD = Building(Deployment(VECTORS["addresses"]["module"], VECTORS["addresses"]["factory"], *["0x" + "11" * 20] * 2))
SUBMITTED = {each["request"]: each for each in VECTORS["calldata"]["submit"]}


@pytest.mark.parametrize("name", SUBMITTED)
def test_calldata_follows_from_a_request_and_its_approvals(name: str) -> None:
    vector = SUBMITTED[name]
    texts = [FILES[each] for each in vector["approvals"]]
    approvals = Approvals.of(Request.loads(FILES[name]), [SignedApproval.loads(text) for text in reversed(texts)])
    assert "0x" + BUILD.submit(approvals).data.hex() == vector["data"]
    assert BUILD.submit(approvals).to == vector["to"] == VECTORS["addresses"]["module"]

    body, collected = json.loads(FILES[name]), [json.loads(text) for text in texts]
    proof = [body["proof"]["index"], path_tuple(body["proof"]["path"]), body["proof"]["others"]]
    listed = sorted(collected, key=lambda each: keccak256(raw(each["opening"]["signer"])))
    openings = [
        [
            each["member"],
            each["opening"]["weight"],
            each["opening"]["salt"],
            each["opening"]["signer"],
            each["signature"],
        ]
        for each in listed
    ]
    middle: list[Any] = []
    if body["action"] == "recover":
        middle = [in_order(body["owners"]["signers"]), body["owners"]["threshold"]]
    elif body["action"] == "veto-request":
        middle = [body["path"]]
    assert calldata(vector["function"], body["account"], proof, *middle, body["deadline"], openings) == vector["data"]


def test_calldata_of_finalize() -> None:
    vector, request = VECTORS["calldata"]["finalize"], Request.loads(FILES["request-recover"])
    made = BUILD.finalize(request.account, request.proof.index, request.proof.path, request.owners)
    assert "0x" + made.data.hex() == vector["data"]
    body = json.loads(FILES[vector["request"]])
    where = (body["account"], body["proof"]["index"], path_tuple(body["proof"]["path"]))
    owners = (in_order(body["owners"]["signers"]), body["owners"]["threshold"])
    assert calldata(vector["function"], *where, *owners) == vector["data"]


def test_calldata_of_execute() -> None:
    vector = VECTORS["calldata"]["execute"]
    calls = [Call(each["to"], int(each["value"]), raw(each["data"])) for each in vector["calls"]]
    made = BUILD.execute(vector["to"], calls, vector["deadline"], raw(vector["proof"]), "")
    assert "0x" + made.data.hex() == vector["data"]
    data = vector["deadline"].to_bytes(6, "big") + raw(vector["proof"])
    listed = [[each["to"], each["value"], each["data"]] for each in vector["calls"]]
    payload = encode("((address,uint256,bytes)[],bytes)", [listed, "0x" + data.hex()])
    assert calldata(vector["function"], vector["mode"], "0x" + payload.hex()) == vector["data"]
    batch = MESSAGES["Batch"]["typedData"]["message"]
    assert batch["calls"] == [
        {**each, "value": int(each["value"]) if len(each["value"]) < 16 else each["value"]} for each in vector["calls"]
    ]
    assert batch["ownersHash"] == VECTORS["owners"]["owners"][1]["hash"][:50]


def test_calldata_of_create_wallet() -> None:
    vector = VECTORS["calldata"]["createWallet"]
    made = BUILD.create_wallet(owners_from_json(vector), policy_from_json(vector))
    assert ("0x" + made.data.hex(), made.to) == (vector["data"], VECTORS["addresses"]["factory"])
    paths = [path_tuple(path) for path in vector["paths"]]
    owners = (in_order(vector["signers"]), vector["threshold"])
    assert calldata(vector["function"], *owners, vector["changeDelay"], paths) == vector["data"]
    plan = json.loads(FILES["policy"])
    assert (in_order([each["signer"] for each in plan["owners"]]), plan["ownersThreshold"]) == owners


def test_addresses_of_wallets() -> None:
    vector = VECTORS["addresses"]
    owners, policy = VECTORS["owners"]["owners"], VECTORS["policy"]["policies"][0]
    at = Deployment(vector["module"], vector["factory"], vector["wallet"], vector["wallet"])
    code = (
        raw("3d602d80600a3d3981f3363d3d373d3d3d363d73") + raw(vector["wallet"]) + raw("5af43d82803e903d91602b57fd5bf3")
    )
    for each, listed in zip(vector["wallets"], (owners[1], owners[0]), strict=True):
        assert (each["ownersHash"], each["policyHash"]) == (listed["hash"], policy["hash"])
        assert at.wallet_address(owners_from_json(listed), policy_from_json(policy)) == each["address"]
        seed = keccak256(raw(each["ownersHash"]) + raw(each["policyHash"]) + word(int(vector["module"], 16)))
        digest = keccak256(b"\xff" + raw(vector["factory"]) + seed + keccak256(code))
        assert capitals("0x" + digest[12:].hex()) == each["address"]


# --------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_and_written_as_it_was_and_its_checksum_is_as_described(name: str) -> None:
    body = json.loads(FILES[name])
    assert written_again(body["type"], FILES[name]) == FILES[name]
    assert checksum(body) == body["checksum"]
    assert body["version"] == 1


def test_the_canonical_text_is_as_described() -> None:
    vector = VECTORS["files"]["checksum"]
    assert hashlib.sha256(vector["canonical"].encode()).hexdigest()[:16] == vector["checksum"]
    body = json.loads(FILES[vector["file"]])
    assert vector["checksum"] == body.pop("checksum")
    assert json.loads(vector["canonical"]) == body
    assert not re.search(r'[:,] |\\u|": ', vector["canonical"]) and "🦊" in vector["canonical"]


def test_kits_and_approvals_open_what_the_policy_commits_to() -> None:
    plan = json.loads(FILES["policy"])
    salts = {
        each["name"]: salt(raw(plan["secret"]), b"ape-recovery member salt v1" + each["number"].to_bytes(4, "big"))
        for each in plan["guardians"]
    }
    signers = {each["name"]: each["signer"] for each in plan["guardians"]}
    for number, guardian in enumerate(plan["guardians"], 1):
        kit = json.loads(FILES[f"kit-{number}"])
        assert policy_hash(plan["changeDelay"], [path_hash(path) for path in kit["policy"]["paths"]]) == raw(
            plan["policyHash"]
        )
        assert [raw(each) for each in kit["pathHashes"]] == [path_hash(path) for path in kit["policy"]["paths"]]
        for path, structure, opening in zip(plan["paths"], kit["policy"]["paths"], kit["openings"], strict=True):
            names = [each["name"] for each in path["guardians"]]
            assert (opening is not None) == (guardian["name"] in names)
            for each, member in zip(path["guardians"], structure["members"], strict=True):
                own = {"salt": salts[each["name"]].hex(), "weight": each["weight"], "signer": signers[each["name"]]}
                assert commitment(own) == raw(member)
                if opening is not None and each["name"] == guardian["name"]:
                    assert commitment(opening) == raw(member)
    for name, text in FILES.items():
        if name.startswith("approval-") and name != "approval-on-chain":
            request, signed = (
                Request.loads(FILES[name.rpartition("-")[0].replace("approval", "request")]),
                SignedApproval.loads(text),
            )
            assert is_signed_by_key(request, signed)
            assert commitment(json.loads(text)["opening"]) == request.proof.path.members[signed.approval.index]


def test_shares_give_the_secret_that_everybody_knows_and_no_other() -> None:
    """With SLIP-39's reference implementation, and BIP-39 and BIP-32 of eth-account."""
    shares = [json.loads(FILES[f"share-{number}"]) for number in (1, 2, 3)]
    note, given_up = json.loads(FILES["share-set"]), json.loads(FILES["share-set-given-up"])
    for two in ((0, 1), (2, 0), (1, 2)):
        secret = shamir_mnemonic.combine_mnemonics([shares[each]["mnemonic"] for each in two])
        assert secret == bytes(16)
    Account.enable_unaudited_hdwallet_features()
    known = "abandon " * 11 + "about"
    assert Account.from_mnemonic(known).address == note["address"]
    check = note["check"]
    text = b"ape-recovery check value of a secret, version 1\0" + secret
    value = hashlib.scrypt(text, salt=raw(check["salt"]), n=2**15, r=8, p=1, dklen=4, maxmem=2**26)
    assert value == raw(check["value"])
    for share, holder in zip(shares, note["holders"], strict=True):
        fields = ("set", "identifier", "kind", "label", "address", "groups", "groupThreshold", "passphrase", "made")
        assert all(share[name] == note[name] == given_up[name] for name in (*fields, "check"))
        assert all(share[name] == holder[name] for name in ("group", "member", "guardian"))
        assert share["holder"] == holder["name"] and holder["destroyed"] is None
        key = hashlib.sha256(b"ape-recovery proof of a share, version 1\0" + share["mnemonic"].encode()).digest()
        assert Account.from_key(key).address == holder["proof"]
    challenge, answer = json.loads(FILES["share-challenge"]), json.loads(FILES["share-answer"])
    assert all(answer[name] == challenge[name] for name in ("set", "nonce", "time"))
    said = (
        f"ape-recovery: I have share {answer['group']}.{answer['member']} of set {note['set'][2:]}, "
        "and I can read it.\n"
        f"Challenge {challenge['nonce'][2:]}, asked at {challenge['time']}"
    )
    signer = Account.recover_message(encode_defunct(text=said), signature=answer["signature"])
    assert signer == note["holders"][0]["proof"]


@pytest.mark.parametrize("name", ["transaction", "legacy", "carrying"])
def test_a_signed_transaction_says_what_the_unsigned_one_does(name: str) -> None:
    asked = json.loads(FILES[f"unsigned-{name}"])["transaction"]
    data = raw(json.loads(FILES[f"signed-{name}"])["transaction"])
    assert Account.recover_transaction(data) == asked["from"]
    fields = rlp.decode(data if name == "legacy" else data[1:])
    call = [raw(asked["to"]), number(asked["value"]), raw(asked["data"])]
    if name == "legacy":
        assert fields[:6] == [number(asked["nonce"]), number(asked["gasPrice"]), number(asked["gas"]), *call]
        return
    fees = [number(asked[each]) for each in ("maxPriorityFeePerGas", "maxFeePerGas")]
    head = [number(asked["chainId"]), number(asked["nonce"]), *fees, number(asked["gas"]), *call, []]
    assert fields[:9] == head and data[0] == (4 if name == "carrying" else 2)
    if name == "carrying":
        (each,) = asked["authorizations"]
        assert each == json.loads(FILES["signed-authorization"])["authorization"]
        parity, *point = (number(each[name]) for name in ("yParity", "r", "s"))
        said = [number(each["chainId"]), raw(each["address"]), number(each["nonce"])]
        assert fields[9] == [[*said, parity, *point]]
        digest = keccak256(b"\x05" + rlp.encode(said))
        made = Signature(raw(each["r"]) + raw(each["s"]) + bytes([each["yParity"]]))
        unsigned = json.loads(FILES["unsigned-authorization"])["authorization"]
        assert made.recover_public_key_from_msg_hash(digest).to_checksum_address() == unsigned["authority"]
        assert all(unsigned[name] == each[name] for name in ("chainId", "address", "nonce"))


def test_a_message_signed_offline_is_that_of_the_card() -> None:
    document, signed = json.loads(FILES["unsigned-message"]), json.loads(FILES["signed-message"])
    known = {each["digest"]: each for each in VECTORS["messages"]["messages"]}[signed["digest"]]
    assert document["typedData"] == known["typedData"] and document["signer"] == signed["signer"] == known["signer"]
    assert signed["signature"] == known["signature"] == json.loads(FILES["card-1"])["signature"]


def test_what_a_bundle_is_made_of_names_what_it_holds() -> None:
    bundle, proof, history = (json.loads(FILES[name]) for name in ("bundle", "state-proof", "history"))
    hashes = {each["name"]: each["sha256"] for each in bundle["files"]}
    chain = proof["chainId"]
    for name, text in ((f"proofs/{chain}.json", FILES["state-proof"]), (f"history/{chain}.json", FILES["history"])):
        assert hashes[name] == hashlib.sha256(text.encode()).hexdigest()
    header = rlp.decode(raw(proof["header"]))
    assert keccak256(raw(proof["header"])) == raw(proof["blockHash"])
    assert (header[8], header[11]) == (number(proof["blockNumber"]), number(proof["blockTime"]))
    assert raw(bundle["policyHash"]) == policy_hash(
        bundle["policy"]["changeDelay"], [path_hash(path) for path in bundle["policy"]["paths"]]
    )
    told = history["events"][0]["values"]["paths"]
    rights = ("rotate", "freeze", "veto")
    assert [[rights[path[0]], *path[1:]] for path in told] == [
        [path[name] for name in ("right", "ownerCancels", "vetoable", "inactivity", "delay", "window", "threshold")]
        + [path["extra"], path["members"]]
        for path in bundle["policy"]["paths"]
    ]


def number(value: Any) -> bytes:
    """A number, or its decimal or hexadecimal digits, as RLP has it."""
    value = int(value, 0) if isinstance(value, str) else value
    return bytes(value.to_bytes(32, "big").lstrip(b"\0"))


@pytest.mark.parametrize("vector", VECTORS["frames"]["files"], ids=lambda vector: vector["file"])
def test_frames_hold_the_file_that_they_name(vector: dict[str, Any]) -> None:
    dictionary = VECTORS["frames"]["dictionary"].encode()
    assert frames.decode(vector["frames"]) == FILES[vector["file"]]
    bodies = []
    for number, frame in enumerate(vector["frames"], 1):
        version, name, place, body, check = frame.split(":")
        assert (version, place) == ("RECOVERY1", f"{number}/{len(vector['frames'])}")
        assert base64.b32encode(hashlib.sha256(frame[: -len(check) - 1].encode()).digest()).decode()[:6] == check
        bodies.append(body)
    whole = "".join(bodies)
    payload = base64.b32decode(whole + "=" * (-len(whole) % 8))
    assert base64.b32encode(hashlib.sha256(payload).digest()).decode()[:10] == name
    line = zlib.decompressobj(zdict=dictionary).decompress(payload).decode()
    assert "\n" not in line
    assert json.dumps(json.loads(line), indent=2, ensure_ascii=False) + "\n" == FILES[vector["file"]]


def test_a_frame_is_read_out_of_a_mail() -> None:
    mail = VECTORS["frames"]["mail"]
    assert frames.decode([mail["text"]]) == FILES[mail["file"]]


def test_frames_that_another_zlib_has_packed_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "FOLDER", tmp_path)
    loose = json.loads(json.dumps(VECTORS["frames"]))
    text = FILES["approval-recover-1"]
    payload = zlib.compressobj(1, zdict=frames.WORDS.encode())
    packed_ = payload.compress(json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False).encode())
    packed_ += payload.flush()
    encoded = base64.b32encode(packed_).decode().rstrip("=")
    name = base64.b32encode(hashlib.sha256(packed_).digest()).decode()[:10]
    loose["files"][0]["frames"] = [frames.Frame(name, 1, 1, encoded).text]
    assert loose["files"] != VECTORS["frames"]["files"]
    (tmp_path / "frames.json").write_text(json.dumps(loose))
    assert vectors.framed()["files"] == loose["files"]
    loose["files"][1]["frames"].pop()
    (tmp_path / "frames.json").write_text(json.dumps(loose))
    made = vectors.framed()["files"]
    assert [frames.decode(each["frames"]) for each in made] == [FILES[each["file"]] for each in loose["files"]]


REFUSED = VECTORS["files"]["refused"]


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=lambda number: REFUSED[number]["why"])
def test_what_should_be_refused_is(number: int) -> None:
    vector = REFUSED[number]
    with pytest.raises(InvalidFile):
        READERS[vector["type"]](vector["text"])
    if number >= 5:  # so that it is refused for what the vector says, and not for its checksum
        body = json.loads(vector["text"])
        assert checksum(body) == body["checksum"]


def test_members_of_any_weight_are_committed_to_as_the_vectors_say() -> None:
    heaviest = VECTORS["guardians"]["members"][-1]
    assert heaviest["weight"] == 2**32 - 1
    assert Member(Signer.parse(heaviest["signer"]), 2**32 - 1, bytes(32)).commitment == commitment(heaviest)
    assert Owners.of([Signer.parse(heaviest["signer"])]).encoded[:2] == b"\1\1"
