"""A key in a hardware module wherever a key is named, tried with SoftHSM2."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from recovery import hsm
from recovery.card import Card
from tests.cli.conftest import NEW, PAYER, Console, Setting, asked, kit_of
from tests.live import ETHER, Live
from tests.recovery.test_hsm import PIN, needs_softhsm, token, uri
from tests.world import owners_of

__all__ = ["token"]


@needs_softhsm
def test_an_owner_in_a_module_signs_and_pays(live: Live, console: Console, setting: Setting, token: str) -> None:
    address = hsm.make(uri(token, "paying"), PIN)
    live.fund(address, ETHER)
    key = token.format("paying")
    rotate = ("wallet", "rotate", setting.wallet, "--new-owner", address, "--signer", "owner", *PAYER)
    console.run(*rotate, passwords=2)
    send = ("wallet", "send", setting.wallet, "--to", NEW, "--value", "0.1 ether")
    before = live.client.balance(NEW)
    console.run(*send, "--signer", key, "--account", key, "-y", passwords=[PIN])
    assert live.client.balance(NEW) - before == ETHER // 10
    assert live.client.owners_hash(setting.wallet) != owners_of("owner").hash[:24]


@needs_softhsm
def test_a_wrong_pin_is_asked_for_once_and_never_shown(
    live: Live, console: Console, setting: Setting, token: str
) -> None:
    hsm.make(uri(token, "once"), PIN)
    asked(console, "r.json", "--path", "friends", "--new-owner", NEW)
    approve = ("approve", "r.json", *kit_of("ana"), "--signer", token.format("once"), "-y")
    console.refuses(*approve, because="The PIN of token 'vault' is wrong", passwords=["999999", PIN])
    console.refuses(*approve, because="the guardian's key is", passwords=[PIN], code=2)
    assert "999999" not in "\n".join(console.said) and PIN not in "\n".join(console.said)


def test_a_pin_in_the_uri_is_refused_and_not_repeated(live: Live, console: Console, setting: Setting) -> None:
    named = "pkcs11:token=vault;object=owner?pin-value=999999&module-path=/x"
    send = ("wallet", "send", setting.wallet, "--to", NEW, "--value", "1", "--signer", named, *PAYER)
    console.refuses(*send, because="A PIN does not belong into a URI", code=2)
    assert "999999" not in "\n".join(console.said)


@pytest.fixture
def guardian(live: Live, console: Console, setting: Setting, token: str) -> str:
    return hsm.make(uri(token, "guardian"), PIN)


@needs_softhsm
def test_a_guardian_in_a_module_makes_a_card(console: Console, guardian: str, token: str) -> None:
    console.run("guardian", "card", "Vault", "--signer", token.format("guardian"), "-y", passwords=[PIN])
    assert guardian in (console.home / "card-vault.json").read_text()
    assert Card.loads((console.home / "card-vault.json").read_text()).is_signed_by_key


# ---------------------------------------------------------------------------------- recovery keys hsm

HSM = ("keys", "hsm")


@pytest.fixture
def ape_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ape without itself: it has one account."""
    monkeypatch.setattr("recovery.cli.ape_keys.find_in_ape", lambda name: object() if name == "ledger" else None)


@needs_softhsm
def test_a_key_is_made_listed_named_and_signs_under_its_name(console: Console, token: str, ape_names: None) -> None:
    made = console.run(*HSM, "make", token.format("made%20here"), passwords=[PIN])
    whole = f"pkcs11:token=vault;object=made%20here?module-path={quote(token.partition('module-path=')[2])}"
    address = made.out.split()[1]
    assert "It cannot be taken out, so nobody has a backup" in made.words and f"register NAME '{whole}'" in made.words
    listed = json.loads(console.run(*HSM, "list", "pkcs11:" + token[token.index("?") :], "--json").out)
    assert {"uri": whole, "address": address} in listed
    assert f"{address} Key {whole}" in console.run(*HSM, "list", token.format("")).words
    named = console.run(*HSM, "register", "owner-hsm", whole, passwords=[PIN])
    assert f"Address {address}" in named.words and named.out.rstrip().endswith("owner-hsm")
    file = console.home / ".ape" / "recovery" / "owner-hsm.json"
    assert json.loads(file.read_text()) == {"address": address, "uri": whole}
    said = {"name": "owner-hsm", "address": address, "kind": "key in a hardware module", "uri": whole}
    assert json.loads(console.run("keys", "show", "owner-hsm", "--json").out) == said
    assert [each for each in json.loads(console.run("keys", "list", "--json").out) if "uri" in each] == [said]
    assert "known once the token is open" in console.run("keys", "show", whole).words
    console.run("guardian", "card", "Vault", "--signer", "owner-hsm", "-y", passwords=[PIN])
    assert Card.loads((console.home / "card-vault.json").read_text()).signer.address == address

    file.write_text(json.dumps({"address": NEW, "uri": whole}))
    card = ("guardian", "card", "Other", "--signer", "owner-hsm", "-y")
    console.refuses(*card, because=f"registered as {NEW}", passwords=[PIN])
    for damaged in ("{}", "[]", "x", json.dumps({"address": address, "uri": "pkcs11:token=vault"})):
        file.write_text(damaged)
        assert "does not say which key" in console.run("keys", "list").words
        console.refuses(*card, because="recovery keys hsm register owner-hsm URI", passwords=[PIN], code=2)


@needs_softhsm
def test_a_key_is_made_and_named_at_once_or_not_at_all(console: Console, token: str, ape_names: None) -> None:
    key = token.format("at-once")
    make = (*HSM, "make", key, "--as")
    for name, because in [
        ("ledger", "Ape has an account 'ledger' already"),
        ("owner", "There is a key 'owner' already"),
        *(
            (bad, "cannot be what a key is called")
            for bad in ("", "a/b", "..", "-x", "paper", "pkcs11:x", "TEST::0", "a" * 61)
        ),
        ("0x" + "11" * 32, "looks like a private key"),
    ]:
        console.refuses(*make, name, because=because, passwords=[PIN], code=2)
    console.refuses(*make, "once", because="The PIN of token 'vault' is wrong", passwords=["999999"])
    assert "at-once" not in [each.uri.label for each in hsm.keys_in(key)]
    done = console.run(*make, "once", passwords=[PIN])
    assert "Registered as once" in done.words and "register NAME" not in done.words
    console.refuses(*make, "again", because="There is a key 'at-once' in token 'vault' already", passwords=[PIN])
    console.refuses(*HSM, "register", "once", key, because="There is a key 'once' already", passwords=[PIN], code=2)
    nobody = token.format("nobody")
    console.refuses(*HSM, "register", "other", nobody, because="There is no key 'nobody'", passwords=[PIN])
    assert PIN not in "\n".join(console.said) and "999999" not in "\n".join(console.said)


def test_a_pin_is_never_taken_from_a_uri(console: Console, ape_names: None) -> None:
    uri = "pkcs11:token=vault;object=x?pin-value=999999&module-path=/x"
    for command in (("make", uri), ("register", "name", uri), ("list", uri)):
        console.refuses(*HSM, *command, because="A PIN does not belong into a URI", code=2)
    console.refuses(*HSM, "make", uri.replace("pin-value=999999&", ""), because="no terminal on which to ask")
    assert "999999" not in "\n".join(console.said)
