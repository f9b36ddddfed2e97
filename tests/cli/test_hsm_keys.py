"""A key in a hardware module wherever a key is named, tried with SoftHSM2."""

from __future__ import annotations

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
