"""`recovery bundle`: made of the owner's folder and of a chain, and checked years later."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from recovery.backup import archive
from recovery.backup import bundle as bundles
from recovery.folder import Folder
from tests.cli.conftest import NEW, Console, Setting, recovering
from tests.cli.guardian_world import FOLDER, card, folder_of, receipt
from tests.live import Live
from tests.world import person


@pytest.fixture
def folder(console: Console, setting: Setting) -> Folder:
    """Olga's folder, with all that guardians have sent."""
    folder = folder_of(console, setting.plan, setting.wallet)
    for name in ("Ana", "Ben"):
        folder.add_card(card(name))
        folder.add_receipt(receipt(folder.kit(setting.plan, name)))
    return folder


def made(console: Console, *options: str, out: str = "all.zip") -> str:
    """Makes one; its fingerprint."""
    console.run("bundle", "make", *FOLDER, "-o", out, *options)
    return bundles.fingerprint(archive.read(console.home / out))


def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECOVERY_NETWORK")


def test_a_bundle_is_made_and_checked_without_a_network(
    console: Console, folder: Folder, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = console.run("bundle", "make", *FOLDER, "-o", "all.zip")
    fingerprint = bundles.fingerprint(archive.read(console.home / "all.zip"))
    assert fingerprint in result.out
    assert "as secret as your folder" in result.words
    assert f"pip download ape-recovery=={bundles.release()} --no-deps" in result.words
    assert (console.home / "all.zip").stat().st_mode & 0o777 == 0o600

    offline(monkeypatch)
    result = console.run("bundle", "verify", "all.zip", "--fingerprint", fingerprint)
    for words in (
        "all.zip is whole, and right as far as it can be checked.",
        "The addresses of the contracts follow from their code.",
        "policies/policy-1.json is the policy that was in force on local test chain (chain 31337).",
        "4 kits, 2 cards and 2 receipts are of this account, and their openings fit.",
        "The account's address follows from its first owners and its first policy.",
        f"Owners {person('owner').address}",
        "takes --network",
    ):
        assert words in result.words, words
    assert "nobody can check here" not in result.words


def test_the_folder_comes_back_from_a_bundle(console: Console, folder: Folder) -> None:
    made(console, out="all.zip")
    result = console.run("bundle", "unpack", "all.zip", "-o", "back")
    assert "the folder that the bundle holds" in result.words and "is your folder as it was" not in result.words
    (digits,) = re.findall(r"compare it: ([0-9a-f]{64})", result.words)
    result = console.run("bundle", "unpack", "all.zip", "-o", "known", "--fingerprint", digits)
    assert "is your folder as it was" in result.words and "nobody has seen" not in result.words
    back = Folder.open(console.home / "back")
    assert back.note == folder.note
    assert [plan.policy for plan in back.plans()] == [plan.policy for plan in folder.plans()]
    assert {card.name for card in back.cards()} == {card.name for card in folder.cards()}
    assert {receipt.name for receipt in back.receipts()} == {receipt.name for receipt in folder.receipts()}
    assert not (back.path / "bundle.json").exists() and not (back.path / "artifacts").exists()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (back.path, *back.path.rglob("*")))
    console.refuses("bundle", "unpack", "all.zip", "-o", "back", because="exists already", code=2)
    console.refuses("bundle", "unpack", "all.zip", "-o", "back.zip", because="Name a folder", code=2)


def test_no_folder_comes_from_a_bundle_that_is_another_or_has_none(console: Console, folder: Folder) -> None:
    made(console, out="all.zip")
    because = "another bundle"
    console.refuses("bundle", "unpack", "all.zip", "-o", "back", "--fingerprint", "00" * 32, because=because)
    console.run("bundle", "make", *FOLDER, "--without-secrets", "-o", "public.zip")
    console.refuses("bundle", "unpack", "public.zip", "-o", "back", because="made --without-secrets")
    data = bytearray((console.home / "all.zip").read_bytes())
    data[len(data) // 2] ^= 1
    (console.home / "all.zip").write_bytes(data)
    console.refuses("bundle", "unpack", "all.zip", "-o", "back", because="all.zip", code=2)
    assert not (console.home / "back").exists()


def test_what_is_made_twice_is_the_same(console: Console, folder: Folder) -> None:
    made(console, out="one.zip")
    made(console, out="two.zip")
    assert (console.home / "one.zip").read_bytes() == (console.home / "two.zip").read_bytes()
    made(console, out="three")
    assert archive.read(console.home / "three") == archive.read(console.home / "one.zip")
    assert (console.home / "three").stat().st_mode & 0o777 == 0o700


def test_with_a_network_it_is_said_what_has_changed_since(
    live: Live, console: Console, folder: Folder, setting: Setting
) -> None:
    made(console)
    assert "Nothing has changed since." in console.run("bundle", "verify", "all.zip").words
    recovering(console, "theft", "ana ben carl")
    result = console.run("bundle", "verify", "all.zip")
    assert "A recovery is under way on path 1" in result.words
    live.travel(8 * 86_400)
    console.run(
        *("finalize", setting.wallet, "--path", "theft", "--kit", "kits/kit-ana.json", "--account", "payer", "-y"),
        passwords=1,
    )
    result = console.run("bundle", "verify", "all.zip", code=1)
    assert "The account has other owners now." in result.words
    assert "right, but out of date. Make a new one" in result.words
    assert "is whole, and right" in result.words

    now = json.loads(console.run("bundle", "verify", "all.zip", "--json", code=1).out.partition('\n{"error"')[0])["now"]
    assert now["stale"] == ["The account has other owners now."]
    made(console, out="new.zip")
    result = console.run("bundle", "verify", "new.zip", "--json")
    assert json.loads(result.out)["now"]["stale"] == []
    assert NEW in (archive.read(console.home / "new.zip")["bundle.json"]).decode()


def test_a_block_that_the_chain_has_dropped_is_said(live: Live, console: Console, folder: Folder) -> None:
    with live.undone():
        live.travel(77)
        made(console)
    live.travel(78)
    console.refuses("bundle", "verify", "all.zip", because="has another hash than the one in the bundle")
    assert "is whole" in console.run("bundle", "verify", "all.zip", "--offline").words


def test_the_program_reads_it_as_data(console: Console, folder: Folder, setting: Setting) -> None:
    fingerprint = made(console)
    data = json.loads(console.run("bundle", "verify", "all.zip", "--offline", "--json").out)
    assert data["fingerprint"] == fingerprint
    assert data["account"] == setting.wallet
    assert data["unsure"] == [] and data["now"] is None
    assert data["proven"][0]["policyHash"] == "0x" + setting.plan.policy.hash[:24].hex()
    assert data["proven"][0]["ownersHash"] == "0x" + setting.owners.hash[:24].hex()


def test_without_secrets_nobody_is_named(console: Console, folder: Folder, setting: Setting) -> None:
    result = console.run("bundle", "make", *FOLDER, "-o", "open.zip", "--without-secrets")
    assert "No guardian is named in it" in result.words
    content = archive.read(console.home / "open.zip")
    content.pop("RECOVER.md")  # its example has the same people
    inside = b"\n".join(content.values()).lower()
    assert setting.plan.secret.hex().encode() not in inside
    for guardian in setting.plan.guardians:
        signer = str(guardian.signer)[2:].lower().encode()
        assert signer not in inside
        assert f'"{guardian.name.lower()}"'.encode() not in inside
        assert not [name for name in content if guardian.name.lower() in name]
        member = setting.plan.member(guardian.name, 1)
        assert member.salt.hex().encode() not in inside
    assert not [name for name in content if name != "bundle.json" and bundles.role(name)[1]]
    result = console.run("bundle", "verify", "open.zip")
    assert "Secret no" in result.words
    assert "The account's address follows" in result.words, "from the first event"


def test_without_a_network_it_holds_no_proof_and_says_so(
    console: Console, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline(monkeypatch)
    said = console.run("bundle", "make", *FOLDER, "-o", "all.zip").words
    assert "Warning: What happened on local test chain (chain 31337), and where the account stands there" in said
    result = console.run("bundle", "verify", "all.zip")
    assert "nobody can check here" in result.words
    assert "It holds nothing of local test chain (chain 31337): no state proof, no history." in result.words
    assert "It holds no state proof" in archive.read(console.home / "all.zip")["README.txt"].decode()


def test_a_proof_of_another_chain_cannot_be_compared(
    console: Console, live: Live, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline(monkeypatch)
    made(console)
    console.refuses(
        *("bundle", "verify", "all.zip", "--network", live.url),
        because="The bundle holds nothing of local test chain (chain 31337)",
    )


def test_a_node_that_does_not_answer_takes_nothing_from_the_bundle(console: Console, folder: Folder) -> None:
    made(console)
    because = "all.zip is whole. Only whether it is up to date could not be asked: "
    console.refuses("bundle", "verify", "all.zip", "--network", "http://127.0.0.1:1", because=because)


def test_another_bundle_than_the_one_that_was_noted_is_refused(console: Console, folder: Folder) -> None:
    fingerprint = made(console)
    made(console, "--without-secrets", out="open.zip")
    shown = " ".join(fingerprint[i : i + 8] for i in range(0, 64, 8)).upper()
    assert "(the one you gave)" in console.run("bundle", "verify", "all.zip", "--fingerprint", shown).words
    console.refuses(
        *("bundle", "verify", "open.zip", "--fingerprint", fingerprint), because="is whole, but another bundle"
    )


def test_one_byte_of_a_bundle_is_refused(console: Console, folder: Folder) -> None:
    made(console)
    whole = (console.home / "all.zip").read_bytes()
    place = whole.index(b'"nodes"') + 40
    (console.home / "all.zip").write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    console.refuses("bundle", "verify", "all.zip", because="damaged", code=2)


@pytest.mark.parametrize("out", ["all.zip", "all"])
def test_what_is_there_is_not_overwritten(console: Console, folder: Folder, out: str) -> None:
    made(console, out=out)
    console.refuses("bundle", "make", *FOLDER, "-o", out, because="exists already", code=2)


def test_a_damaged_folder_is_not_kept_for_years(console: Console, folder: Folder) -> None:
    path = Path(console.home / "mine" / "kits" / "kit-ana.json")
    path.write_text(path.read_text().replace('"Ana"', '"Anna"'))
    console.refuses("bundle", "make", *FOLDER, "-o", "all.zip", because="altered or cut off", code=2)


def test_a_chain_is_named_once(console: Console, live: Live, folder: Folder) -> None:
    console.refuses(
        *("bundle", "make", *FOLDER, "-o", "all.zip", "--network", live.url, "--network", live.url),
        because="Two of the networks are the same chain",
        code=2,
    )


def test_an_account_that_does_not_exist_yet_has_no_bundle(console: Console, setting: Setting) -> None:
    folder_of(console, setting.plan, None)
    console.refuses("bundle", "make", *FOLDER, "-o", "all.zip", because="does not exist yet", code=2)


def test_a_wheel_has_to_be_of_this_release(console: Console, folder: Folder) -> None:
    (console.home / "other.whl").write_bytes(b"PK")
    console.refuses(
        "bundle", "make", *FOLDER, "-o", "all.zip", "--wheel", "other.whl", because="is not the wheel", code=2
    )


def test_what_is_no_bundle_is_said(console: Console) -> None:
    (console.home / "x.zip").write_bytes(b"no zip")
    console.refuses("bundle", "verify", "x.zip", because="damaged, or no ZIP file", code=2)
    (console.home / "empty").mkdir()
    console.refuses("bundle", "verify", "empty", because="there is no bundle.json at its top", code=2)
