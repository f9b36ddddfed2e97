"""A signature made by another program counts if it has the one form that the contracts take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from recovery.messages import HALF_ORDER
from recovery.request import is_signed_by_key
from tests.cli.approve_world import FREEZE, loaded
from tests.cli.conftest import NEW, PAYER, Console, Setting, agreed, asked, commands, copied, kit_of, recovering, signed
from tests.live import PASSWORD, Live
from tests.recovery.samples import forged
from tests.world import person

CAST = Path(sys.executable).with_name("cast")
ORDER = 2 * HALF_ORDER + 1


def cast_sign(file: Path, *options: str) -> str:
    """What Foundry's `cast wallet sign` says to typed data."""
    command = [str(CAST), "wallet", "sign", "--data", "--from-file", str(file), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=file.parent).stdout.strip()


@pytest.mark.skipif(not CAST.exists(), reason="needs Foundry's cast beside python: make setup")
@pytest.mark.parametrize("action", ["recover", "cancel", "veto", "change", "freeze", "thaw"])
def test_a_signature_by_cast_counts_for_every_action(
    live: Live, console: Console, defence: Setting, action: str
) -> None:
    name = "carl"
    if action in ("cancel", "veto"):
        recovering(console, "theft")
    if action == "change":
        console.run("policy", "change", defence.wallet, "--remove", "--signer", "owner", *PAYER, passwords=2)
    if action == "thaw":
        agreed(console, "freeze", "freeze.json", "ana ben", *FREEZE)
    options = {
        "recover": ("--path", "friends", "--new-owner", NEW, "--new-owner", person("ana").address, "--threshold", "2"),
        "cancel": ("--action", "cancel", "--path", "theft"),
        "veto": ("--action", "veto", "--stop", "theft"),
        "change": ("--action", "veto", "--change"),
        "freeze": FREEZE,
        "thaw": ("--action", "thaw", "--path", "freeze"),
    }[action]
    request = asked(console, "r.json", *options)
    base = ("approve", "r.json", *kit_of(name))
    said = console.run(*base, "--typed-data", "typed.json")
    assert person(name).address in said.words and "Nothing was signed" in said.words
    sign = next(line for line in said.out.split("\n") if "cast wallet sign" in line).split()[1:]
    assert sign == ["wallet", "sign", "--data", "--from-file", "typed.json"]
    keystore = console.home / ".ape" / "accounts" / f"{name}.json"
    signature = cast_sign(console.home / "typed.json", "--keystore", str(keystore), "--password", PASSWORD)
    back = commands(said)[0].replace("0x...", signature)
    assert not (console.home / "r-carl.json").exists()
    copied(console, back, kit=f"kits/kit-{name}.json")
    assert is_signed_by_key(request, loaded(console, "r-carl.json"))
    other = "dora" if action in ("veto", "change") else "ana"
    verb = {"recover": "start", "change": "veto"}.get(action, action)
    console.run(verb, "r.json", *signed(console, "r.json", other), "r-carl.json", *PAYER, passwords=1)


def test_typed_data_is_written_once_and_alone(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "f.json", *FREEZE)
    base = ("approve", "f.json", *kit_of("ana"), "--typed-data", "typed.json")
    said = console.run(*base)
    assert commands(said) == ["recovery approve f.json --kit KIT --signature 0x..."]
    console.refuses(*base, because="typed.json exists already. Name another file with --typed-data", code=2)


def test_a_signature_is_taken_in_the_forms_that_devices_give(live: Live, console: Console, defence: Setting) -> None:
    request = asked(console, "f.json", *FREEZE)
    signature = bytes(person("ana").sign_message(request.message.signable).signature)
    from_zero = "0x" + (signature[:64] + bytes([signature[64] - 27])).hex()
    (console.home / "ana.sig").write_text(f"{from_zero}\n")
    base = ("approve", "f.json", *kit_of("ana"), "--signature")
    console.run(*base, from_zero, "-o", "a.json")
    console.run(*base, "ana.sig", "-o", "b.json")
    assert loaded(console, "a.json").approval.signature == loaded(console, "b.json").approval.signature == signature
    console.run("freeze", "f.json", "a.json", *signed(console, "f.json", "ben"), *PAYER, passwords=1)
    assert live.client.state(defence.wallet).frozen


def test_a_signature_of_anybody_or_anything_else_is_refused(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(console, "f.json", *FREEZE)
    other = asked(console, "g.json", *FREEZE, "--deadline", "1 day")
    right = bytes(person("ana").sign_message(request.message.signable).signature)
    s = int.from_bytes(right[32:64], "big")
    twin = right[:32] + (ORDER - s).to_bytes(32, "big") + bytes([right[64] ^ 7])  # the other s: 27 <-> 28
    wrong = [
        bytes(person("ben").sign_message(request.message.signable).signature),
        bytes(person("ana").sign_message(other.message.signable).signature),
        twin,
        right[:-1],
        right + b"\0",
    ]
    base = ("approve", "f.json", *kit_of("ana"), "--signature")
    for each in wrong:
        console.refuses(*base, "0x" + each.hex(), because="is not a signature of")
    for text in ("0x", "0x1", "0xzz", "0x" + "é" * 4):
        console.refuses(*base, text, because="should be hexadecimal, beginning with 0x", code=2)
    (console.home / "empty").write_text("")
    console.refuses(*base, "empty", because="should be hexadecimal", code=2)
    for text in ("missing.sig", right.hex(), right.hex() * 9):
        console.refuses(*base, text, because="cannot be read", code=2)
    monkeypatch.delenv("RECOVERY_NETWORK")
    console.refuses(*base, "0x" + wrong[0].hex(), because="is a contract or a key behind a verifier, give --network")


def test_the_contracts_take_no_other_form_than_is_foreseen(live: Live, console: Console, defence: Setting) -> None:
    """An approval whose v counts from 0, or with the other s: eth-account would take it, the contracts would not."""
    request = asked(console, "f.json", *FREEZE)
    files = signed(console, "f.json", "ana", "ben")
    text = (console.home / files[0]).read_text()
    right = loaded(console, files[0]).approval.signature
    s = int.from_bytes(right[32:64], "big")
    for wrong in (
        right[:64] + bytes([right[64] - 27]),
        right[:32] + (ORDER - s).to_bytes(32, "big") + bytes([right[64] ^ 7]),
    ):
        (console.home / "wrong.json").write_text(forged(text, signature="0x" + wrong.hex()))
        refused = ("freeze", "f.json", "wrong.json", files[1], *PAYER)
        console.refuses(*refused, because="wrong.json does not hold a signature of Ana")
        assert not is_signed_by_key(request, loaded(console, "wrong.json"))


def test_a_signature_comes_back_from_a_computer_without_a_network(
    live: Live, console: Console, defence: Setting
) -> None:
    request = asked(console, "f.json", *FREEZE)
    other = asked(console, "g.json", *FREEZE, "--deadline", "1 day")
    for name, each in (("f", request), ("g", other)):
        console.run("approve", f"{name}.json", *kit_of("ana"), "--typed-data", f"{name}.typed")
        console.run("keys", "sign", f"{name}.typed", "--signer", "ana", "-y", "-o", f"{name}.signed", passwords=1)
        assert each.digest.hex() in (console.home / f"{name}.signed").read_text()
    approve = ("approve", "f.json", *kit_of("ana"), "--signature")
    console.refuses(*approve, "g.signed", because="was signed over something else", code=2)
    console.run(*approve, "f.signed", "-o", "back.json")
    assert is_signed_by_key(request, loaded(console, "back.json"))
