"""Bundles: whole, or refused with the reason, whoever has altered them and however well."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from recovery import contracts, files
from recovery.backup import archive, bundle
from recovery.backup.bundle import MANIFEST, README, SUMS, Manifest, OnChain
from recovery.backup.bundle_chain import gather
from recovery.backup.bundle_check import Checked, changes, check
from recovery.backup.events import HISTORY_KIND, EventHistory
from recovery.card import Receipt, Statement
from recovery.contracts import Deployment, canonical_deployment
from recovery.errors import ChainError, InvalidFile, InvalidInput
from recovery.folder import AccountNote, Folder
from recovery.keys.schedule import Entry, Schedule, What
from recovery.plan import PolicyPlan
from recovery.policy import DAY
from recovery.reading import Reading
from recovery.rpc import run
from recovery.snapshot import StateProof
from tests.live import Live
from tests.recovery.test_client import NOBODY, OWNERS, PLAN, started
from tests.recovery.test_shares import of_key
from tests.world import owners_of, person, sign

ROOT = Path(__file__).resolve().parents[2]
OWNED = dataclasses.replace(PLAN, owners=(("phone", OWNERS.signers[0]),), owners_threshold=1)


@pytest.fixture
def wallet(live: Live) -> str:
    live.client.send(live.client.create_wallet(OWNERS, PLAN.policy), person("payer"))
    return live.client.deployment.wallet_address(OWNERS, PLAN.policy)


@pytest.fixture
def folder(tmp_path: Path, wallet: str) -> Folder:
    note = AccountNote("Olga", wallet, canonical_deployment().module, (31337,))
    folder = Folder.create(tmp_path / "mine", note)
    folder.add_plan(OWNED)
    for guardian in OWNED.guardians:
        kit = folder.kit(OWNED, guardian.name)
        files.write(folder.kit_file(guardian.name), kit.dumps())
        receipt = Receipt.of(Statement.HOLDS, kit, 1_750_000_000)
        folder.add_receipt(receipt.signed(sign(guardian.name, receipt.message)))
    return folder


def found(live: Live, wallet: str) -> OnChain:
    return run(live.web3, gather(Reading(), wallet, [PLAN.policy]))


@pytest.fixture
def content(live: Live, folder: Folder, wallet: str) -> dict[str, bytes]:
    return bundle.make(folder, [found(live, wallet)], canonical_deployment())


def checked(content: dict[str, bytes]) -> Checked:
    return check(content, "b.zip")


def refused(content: dict[str, bytes], because: str) -> None:
    with pytest.raises(InvalidFile, match=because):
        checked(content)


def forged(content: dict[str, bytes], changes: dict[str, bytes | None], **fields: Any) -> dict[str, bytes]:
    """With other files, or other words in bundle.json, and all hashes right: what somebody makes who knows how."""
    altered = {name: data for name, data in (content | changes).items() if data is not None}
    manifest = json.loads(altered.pop(MANIFEST))
    if SUMS not in changes:
        altered[SUMS] = bundle.sums(altered)
    kept = {name: value for name, value in manifest.items() if name not in ("type", "version", "checksum")}
    kept["files"] = [
        {"name": name, "sha256": hashlib.sha256(altered[name]).hexdigest(), "size": len(altered[name]), "what": ""}
        for name in sorted(altered)
    ]
    return {**altered, MANIFEST: files.dumps(bundle.BUNDLE_KIND, kept | fields).encode()}


def rewritten(text: bytes, kind: str, **fields: Any) -> bytes:
    """A file with other fields and a right checksum."""
    body = {name: value for name, value in json.loads(text).items() if name not in ("type", "version", "checksum")}
    return files.dumps(kind, body | fields).encode()


# --------------------------------------------------------------------------------------------- whole


def test_a_bundle_that_was_made_is_right(content: dict[str, bytes], wallet: str) -> None:
    found = checked(content)
    assert found.unsure == ()
    assert found.manifest.account == wallet
    assert found.fingerprint == hashlib.sha256(content[MANIFEST]).hexdigest()
    state = found.proven[31337].state
    assert state.policy_hash == PLAN.policy.hash[:24] and state.epoch == 1
    assert found.proven[31337].owners_hash == OWNERS.hash[:24]
    assert any("follows from its first owners" in fact for fact in found.facts)


def test_a_bundle_of_an_account_in_the_middle_of_a_recovery(live: Live, folder: Folder, wallet: str) -> None:
    started(live.client, wallet)
    found_now = found(live, wallet)
    assert [event.name for event in found_now.history.events] == ["PolicyConfigured", "RecoveryStarted"]
    proven = checked(bundle.make(folder, [found_now], canonical_deployment())).proven[31337]
    assert proven.state.paths[0].is_open


def test_what_is_in_a_bundle_is_what_the_folder_has(content: dict[str, bytes], folder: Folder) -> None:
    for name, data in content.items():
        if name.split("/")[0] in ("policies", "kits", "receipts"):
            assert (folder.path / name).read_bytes() == data
    assert content["RECOVER.md"] == (ROOT / "RECOVER.md").read_bytes()
    for name in contracts.CONTRACTS:
        assert content[f"artifacts/{name}.json"] == (ROOT / f"recovery/artifacts/{name}.json").read_bytes()
    assert set(content) >= {README, SUMS, MANIFEST, "account.json", "proofs/31337.json", "history/31337.json"}


def test_who_holds_shares_and_what_is_due_is_in_a_bundle_but_no_share(live: Live, folder: Folder, wallet: str) -> None:
    one, note, _ = of_key()
    schedule = Schedule((Entry(b"drill id", What.DRILL, 182 * DAY, 1_750_000_000),))
    kept = {f"shares/{note.name}": note.dumps(), "schedule.json": schedule.dumps()}
    (folder.path / "shares").mkdir()
    for name, text in {**kept, f"shares/{one.name}.json": one.dumps()}.items():
        files.write(folder.path / name, text, secret=True)
    made = bundle.make(folder, [found(live, wallet)], canonical_deployment())
    assert {name: made[name].decode() for name in made if name.startswith(("shares", "sched"))} == kept
    words = one.words.text.encode()
    assert not any(words in data for data in made.values())
    # Nothing signs a note of a set, so that it is no fact.
    (unsure,) = (each for each in checked(made).unsure if f"set {note.about.short} (2 of 3)" in each)
    assert "can have altered it" in unsure and not any(note.about.short in each for each in checked(made).facts)
    public = bundle.make(folder, [found(live, wallet)], canonical_deployment(), secrets=False)
    assert not kept.keys() & public.keys()
    refused(forged(made, {f"shares/{note.name}": one.dumps().encode()}), "share")
    refused(forged(made, {"schedule.json": note.dumps().encode()}), "schedule")


def test_nothing_damaged_about_shares_is_kept_for_years(live: Live, folder: Folder, wallet: str) -> None:
    (folder.path / "shares").mkdir()
    files.write(folder.path / "shares" / "set-00000000.json", "{}", secret=True)
    with pytest.raises(InvalidFile, match="set-00000000"):
        bundle.make(folder, [found(live, wallet)], canonical_deployment())


def test_the_same_folder_and_answers_make_the_same_bytes(live: Live, folder: Folder, wallet: str) -> None:
    first, second = (bundle.make(folder, [found(live, wallet)], canonical_deployment()) for _ in range(2))
    assert archive.pack(first) == archive.pack(dict(reversed(list(second.items()))))


def test_the_sums_are_those_that_common_tools_compute(content: dict[str, bytes], tmp_path: Path) -> None:
    import subprocess

    archive.write(tmp_path / "b", content, secret=True)
    done = subprocess.run(["sha256sum", "--quiet", "-c", SUMS], cwd=tmp_path / "b", capture_output=True)
    assert done.returncode == 0
    assert len(content[SUMS].splitlines()) == len(content) - 2


def test_without_secrets_it_has_only_what_everybody_may_see(live: Live, folder: Folder, wallet: str) -> None:
    draft = dataclasses.replace(PLAN, change_delay=8 * DAY)
    folder.add_plan(draft)
    content = bundle.make(folder, [found(live, wallet)], canonical_deployment(), secrets=False)
    assert {name.split("/")[0] for name in content} == {
        *(README, SUMS, MANIFEST, "RECOVER.md", "proofs", "history", "artifacts")
    }
    found_in = checked(content)
    assert found_in.manifest.policy == PLAN.policy, "a draft is nobody's business"
    assert "nothing secret in it" in content[README].decode()


# ------------------------------------------------------------------------------ altered, or damaged


def test_one_byte_of_any_file_is_refused(content: dict[str, bytes]) -> None:
    for name, data in content.items():
        for place in (0, len(data) // 2, len(data) - 1):
            altered = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            refused(content | {name: altered}, "altered|damaged|is missing|cannot be right|no text")


def test_a_file_less_or_more_is_refused(content: dict[str, bytes]) -> None:
    for name in content:
        fewer = {other: data for other, data in content.items() if other != name}
        refused(fewer, f"no bundle: there is no {MANIFEST}" if name == MANIFEST else f"{name} is missing")
    refused(content | {"kits/kit-eve.json": b"{}"}, "kits/kit-eve.json does not belong to this bundle")


@pytest.mark.parametrize("name", [README, SUMS, "RECOVER.md", "account.json", "artifacts/RecoveryLens.json"])
def test_what_every_bundle_has_must_be_in_it(content: dict[str, bytes], name: str) -> None:
    refused(forged(content, {name: None}), f"{name} is missing: no bundle is made without it")


def test_the_sums_for_common_tools_have_to_agree(content: dict[str, bytes]) -> None:
    refused(forged(content, {SUMS: content[SUMS].replace(b"0", b"1")}), f"{SUMS} contradicts {MANIFEST}")


def test_a_file_that_no_bundle_has_is_refused(content: dict[str, bytes]) -> None:
    for name in (
        "run-me.sh",
        "kits/run.exe",
        "artifacts/Other.json",
        "proofs/01.json",
        "../x",
        "policies/policy-0.json",
    ):
        refused(forged(content, {name: b""}), "no bundle has a file|is no name of a file")


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"account": NOBODY}, "account.json is of another account"),
        ({"secrets": False}, "it says that nothing in it is secret, but account.json is"),
        ({"policyHash": "0x" + "11" * 32}, "the policy's hash is not that of its structure"),
        ({"chainIds": [31337, 31337]}, "none of them twice"),
        ({"chainIds": [1]}, "a chain where the account is not"),
        ({"chains": []}, "is of other chains than"),
        ({"deployment": {"module": NOBODY, "factory": NOBODY, "wallet": NOBODY, "lens": NOBODY}}, "another account"),
        ({"release": 5}, "cannot be right"),
        ({"files": 5}, "cannot be right"),
    ],
)
def test_what_a_bundle_says_of_itself_must_be_so(
    content: dict[str, bytes], fields: dict[str, Any], because: str
) -> None:
    refused(forged(content, {}) if not fields else _with(content, fields), because)


def _with(content: dict[str, bytes], fields: dict[str, Any]) -> dict[str, bytes]:
    return {**content, MANIFEST: rewritten(content[MANIFEST], bundle.BUNDLE_KIND, **fields)}


def chain_with(content: dict[str, bytes], **fields: Any) -> dict[str, bytes]:
    chain = json.loads(content[MANIFEST])["chains"][0]
    return _with(content, {"chains": [chain | fields]})


def test_policy_and_owners_have_to_be_those_that_are_proven(content: dict[str, bytes]) -> None:
    from recovery.structure import owners_to_json, policy_to_json

    other = dataclasses.replace(PLAN, change_delay=8 * DAY).policy
    refused(chain_with(content, policy=policy_to_json(other)), "is not the one that was in force")
    refused(chain_with(content, policy=None), "is not the one that was in force")
    refused(chain_with(content, owners=owners_to_json(owners_of("thief"))), "did not own the account")
    unsure = checked(chain_with(content, owners=None)).unsure
    assert unsure == ("Who owned the account on local test chain (chain 31337) is not in it, only the hash of it.",)


def test_one_byte_of_a_state_proof_is_refused_even_where_all_hashes_are_right(content: dict[str, bytes]) -> None:
    name = "proofs/31337.json"
    proof = StateProof.loads(content[name].decode())
    for at, node in enumerate(proof.nodes):
        altered = bytearray(node)
        altered[len(node) // 2] ^= 1
        nodes = (*proof.nodes[:at], bytes(altered), *proof.nodes[at + 1 :])
        text = dataclasses.replace(proof, nodes=nodes).dumps().encode()
        refused(
            forged(content, {name: text}), f"{name} proves nothing: a node is missing in a proof, or has been altered"
        )
    header = bytearray(proof.header)
    header[100] ^= 1
    text = dataclasses.replace(proof, header=bytes(header)).dumps().encode()
    refused(forged(content, {name: text}), "proves nothing: the block's header has been altered")


def test_a_state_proof_of_another_account_or_chain_is_refused(content: dict[str, bytes], live: Live) -> None:
    name = "proofs/31337.json"
    proof = StateProof.loads(content[name].decode())
    owners = owners_of("somebody")
    live.client.send(live.client.create_wallet(owners, PLAN.policy), person("payer"))
    theirs = found(live, live.client.deployment.wallet_address(owners, PLAN.policy)).proof
    refused(forged(content, {name: theirs.dumps().encode()}), f"{name} is of another account")
    text = dataclasses.replace(proof, chain_id=1).dumps().encode()
    refused(forged(content, {name: text}), f"{name} is of another chain")
    moved = forged(content, {name: None, "proofs/1.json": text})
    refused(moved, "proofs is of other chains")


def test_kits_and_receipts_of_another_account_are_refused(content: dict[str, bytes]) -> None:
    for name, kind in (("kits/kit-ana.json", "recovery-kit"), ("account.json", "recovery-account")):
        text = rewritten(content[name], kind, account=NOBODY)
        refused(forged(content, {name: text}), f"{name} is of another account")
    name = next(name for name in content if name.startswith("receipts/"))
    text = rewritten(content[name], "recovery-receipt", account=NOBODY)
    refused(forged(content, {name: text}), f"{name} is of another account")


def test_openings_have_to_fit(content: dict[str, bytes]) -> None:
    name = "kits/kit-ana.json"
    opening = json.loads(content[name])["openings"][0]
    text = rewritten(content[name], "recovery-kit", openings=[opening | {"weight": 2}, None])
    refused(forged(content, {name: text}), "an opening does not fit its path")
    text = rewritten(content[name], "recovery-kit", openings=[None, None])
    refused(forged(content, {name: text}), "opens what no guardian of its policy can open")


def test_a_policy_file_with_another_secret_is_refused(content: dict[str, bytes]) -> None:
    name = "policies/policy-1.json"
    text = rewritten(content[name], "recovery-policy", secret="0x" + "11" * 32)
    refused(forged(content, {name: text}), "its hash is not that of its content")
    other = dataclasses.replace(OWNED, secret=b"\x11" * 32).dumps().encode()
    refused(forged(content, {name: other}), "the newest policy file is not the one")
    refused(forged(content, {name: None}), "the newest policy file is not the one")


def test_a_receipt_that_nobody_signed_is_said(content: dict[str, bytes]) -> None:
    name = next(name for name in content if name.startswith("receipts/ana"))
    text = rewritten(content[name], "recovery-receipt", time=5)
    unsure = checked(forged(content, {name: text})).unsure
    assert len(unsure) == 1 and f"{name} is not signed by a key" in unsure[0]


def test_a_policy_in_force_that_is_in_no_policy_file_is_said(live: Live, folder: Folder, wallet: str) -> None:
    other = dataclasses.replace(PLAN, change_delay=8 * DAY)
    (folder.path / "policies" / "policy-1.json").unlink()
    folder.add_plan(other)
    found_now = run(live.web3, gather(Reading(), wallet, [other.policy]))
    assert found_now.policy == PLAN.policy, "out of the events"
    unsure = checked(bundle.make(folder, [found_now], canonical_deployment())).unsure
    assert any("No policy file in it is the one that was in force" in each for each in unsure)
    assert any("kits/kit-ana.json is for a policy that is not in this bundle" in each for each in unsure)


def test_a_history_has_to_end_where_the_proof_is(content: dict[str, bytes]) -> None:
    name = "history/31337.json"
    until = json.loads(content[name])["until"]
    for fields in ({"until": until + 1}, {"events": []}, {"chainId": 1}):
        refused(
            forged(content, {name: rewritten(content[name], HISTORY_KIND, **fields)}), "contradicts the state proof"
        )
    text = rewritten(content[name], HISTORY_KIND, account=NOBODY)
    refused(forged(content, {name: text}), f"{name} is of another account")


def test_other_contracts_are_refused_or_said(content: dict[str, bytes]) -> None:
    name = "artifacts/RecoveryLens.json"
    other = json.loads(content[name])
    other["bytecode"] += "00"
    text = json.dumps(other).encode()
    refused(forged(content, {name: text}), f"{name} is not the contract of release")
    unsure = checked(forged(content, {name: text}, release="9.9")).unsure
    assert any("made by release 9.9 and holds other contracts" in each for each in unsure)
    assert any("do not stand at the usual addresses" in each for each in unsure)
    name = "artifacts/WalletRecoveryModule.json"
    other = json.loads(content[name])
    other["deployedBytecode"] = other["deployedBytecode"][:-2] + "00"
    refused(forged(content, {name: json.dumps(other).encode()}, release="9.9"), "not that of this release")
    for text in (b"[]", b"{}", b"no", b'{"immutableReferences": {"1": [5]}}', b"\xff"):
        refused(forged(content, {name: text}), f"{name} is no")


# ---------------------------------------------------------------------------------------- the wheel


def wheel(path: Path, version: str = "", lens: bytes | None = None) -> Path:
    """Something like a wheel of this release."""
    version = version or bundle.release()
    file = path / f"ape_recovery-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive_file:
        said = f"Metadata-Version: 2.4\nName: ape-recovery\nVersion: {version}\n"
        archive_file.writestr(f"ape_recovery-{version}.dist-info/METADATA", said)
        for name in contracts.CONTRACTS:
            data = (ROOT / f"recovery/artifacts/{name}.json").read_bytes()
            data = lens if lens is not None and name == "RecoveryLens" else data
            archive_file.writestr(f"recovery/artifacts/{name}.json", data)
    return file


def test_the_wheel_of_this_release_is_kept(live: Live, folder: Folder, wallet: str, tmp_path: Path) -> None:
    file = wheel(tmp_path)
    content = bundle.make(folder, [found(live, wallet)], canonical_deployment(), wheel=file)
    assert content[f"wheel/{file.name}"] == file.read_bytes()
    assert any("The program in it is of the release" in fact for fact in checked(content).facts)
    assert "wheel/: the program" in content[README].decode()
    refused(forged(content, {f"wheel/{file.name}": wheel(tmp_path, lens=b"{}").read_bytes()}), "its RecoveryLens is")
    refused(forged(content, {f"wheel/{file.name}": b"PK"}), "is damaged, or of another release")


def test_another_wheel_is_refused(folder: Folder, tmp_path: Path) -> None:
    for file in (wheel(tmp_path, "9.9"), wheel(tmp_path, lens=b"{}"), tmp_path / "gone.whl", wheel(tmp_path, "9.9")):
        with pytest.raises(InvalidInput, match="is not the wheel of this release|cannot be read"):
            bundle.make(folder, [], canonical_deployment(), wheel=file)


# ------------------------------------------------------------------------------------------- making


def test_what_is_of_another_account_is_not_put_together(live: Live, folder: Folder, wallet: str) -> None:
    owners = owners_of("somebody")
    live.client.send(live.client.create_wallet(owners, PLAN.policy), person("payer"))
    theirs = found(live, live.client.deployment.wallet_address(owners, PLAN.policy))
    with pytest.raises(InvalidInput, match="A state proof is of another account"):
        bundle.make(folder, [theirs], canonical_deployment())
    with pytest.raises(InvalidInput, match="listens to the module"):
        bundle.make(folder, [], Deployment(NOBODY, NOBODY, NOBODY, NOBODY))
    with pytest.raises(InvalidInput, match="does not exist yet"):
        bundle.make(folder.noting(AccountNote("Olga")), [], canonical_deployment())
    note = AccountNote("Olga", wallet, canonical_deployment().module)
    with pytest.raises(InvalidInput, match="names no chain"):
        bundle.make(folder.noting(note), [], canonical_deployment())


def test_a_node_that_leaves_events_out_is_found_out(live: Live, wallet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from recovery.history import Search

    def page(self: Search) -> Any:
        self.cursor = 10**9
        return []
        yield

    monkeypatch.setattr(Search, "page", page)
    with pytest.raises(ChainError, match="do not lead to where the account stands"):
        found(live, wallet)


def test_files_with_odd_names_are_kept_under_proper_ones(live: Live, folder: Folder, wallet: str) -> None:
    kit = folder.path / "kits" / "kit-ana.json"
    kit.rename(folder.path / "kits" / "Kit of Ana (new).json")
    (folder.path / "kits" / "._kit-ana.json").write_bytes(b"\0")
    content = bundle.make(folder, [], canonical_deployment())
    assert "kits/kit-of-ana-new.json" in content
    assert checked(content).manifest.secrets


def test_the_guide_is_shipped_within_the_package() -> None:
    assert bundle.guide() == (ROOT / "RECOVER.md").read_bytes()


# --------------------------------------------------------------------------------- what has changed


def test_what_has_changed_is_said_and_whether_it_matters(content: dict[str, bytes]) -> None:
    then = checked(content).proven[31337]
    state, owners = then.state, then.owners_hash
    assert changes(then, state, owners) == ([], [])
    other = dataclasses.replace(state, policy_hash=b"\x01" * 24, epoch=2)
    assert changes(then, other, owners) == (["Another policy is in force now."], [])
    other = dataclasses.replace(state, policy_hash=bytes(24), epoch=2)
    assert changes(then, other, owners) == (["The policy was removed."], [])
    assert changes(then, state, bytes(24)) == (["The account has other owners now."], [])
    stale, others = changes(then, dataclasses.replace(state, epoch=2), owners)
    assert not stale and "the same as before" in others[0]
    stale, others = changes(then, dataclasses.replace(state, change_eta=2_000_000_000), owners)
    assert not stale and "A change of the policy is pending" in others[0]
    stale, others = changes(then, dataclasses.replace(state, frozen_until=state.time + 5), owners)
    assert not stale and "is frozen until" in others[0]
    stale, others = changes(then, dataclasses.replace(state, last_active=state.last_active + DAY), owners)
    assert not stale and "was active since" in others[0]


# --------------------------------------------------------------------------------------- the files


def test_the_files_say_the_same_when_they_are_read_again(content: dict[str, bytes]) -> None:
    manifest = Manifest.loads(content[MANIFEST].decode())
    assert manifest.dumps().encode() == content[MANIFEST]
    history = EventHistory.loads(content["history/31337.json"].decode())
    assert history.dumps().encode() == content["history/31337.json"]
    assert history.first_policy == PLAN.policy == history.policy_of(PLAN.policy.hash[:24])
    assert history.policy_of(bytes(24)) is None and history.epoch == 1


@pytest.mark.parametrize(
    "change",
    [
        {"event": "Nothing"},
        {"values": {}},
        {"values": {"epoch": 1, "changeDelay": 604800, "paths": [], "more": 1}},
        {"values": {"epoch": -1, "changeDelay": 604800, "paths": []}},
        {"values": {"epoch": 1, "changeDelay": 604800, "paths": [[1]]}},
        {"values": {"epoch": 1, "changeDelay": 604800, "paths": ["\x1b[31m"]}},
        {"values": {"epoch": 1.5, "changeDelay": 604800, "paths": []}},
        {"block": 10**9},
        {"transaction": "0x12"},
    ],
)
def test_events_that_no_module_emits_are_refused(content: dict[str, bytes], change: dict[str, Any]) -> None:
    text = content["history/31337.json"]
    event = json.loads(text)["events"][0]
    with pytest.raises(InvalidFile, match="cannot be right"):
        EventHistory.loads(rewritten(text, HISTORY_KIND, events=[event | change]).decode())


def test_no_events_are_a_list_and_nothing_else(content: dict[str, bytes]) -> None:
    text = content["history/31337.json"]
    for events in ({}, "", None):
        with pytest.raises(InvalidFile):
            EventHistory.loads(rewritten(text, HISTORY_KIND, events=events).decode())


def test_a_plan_in_a_bundle_still_makes_kits(content: dict[str, bytes], wallet: str) -> None:
    plan = PolicyPlan.loads(content["policies/policy-1.json"].decode())
    assert plan.kit("ana", 31337, canonical_deployment().module, wallet).commitments
