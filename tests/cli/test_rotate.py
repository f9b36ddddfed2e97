"""Owners who replace themselves, with one key or two."""

from __future__ import annotations

import pytest

from recovery.plan import PolicyPlan
from recovery.policy import DAY
from tests.cli.conftest import (
    NEW,
    OWNER,
    PAYER,
    Console,
    Setting,
    agreed,
    asked,
    established,
    kit_of,
    recovering,
    signed,
)
from tests.live import Live
from tests.world import owners_of, person

TWO = ("--new-owner", NEW, "--new-owner", person("ana").address, "--threshold", "2")
FREEZE = ("--action", "freeze", "--path", "freeze")


@pytest.fixture
def couple(live: Live, console: Console, policy: PolicyPlan) -> Setting:
    """A wallet of two owners, both of whom have to sign."""
    return established(live, console, policy, "owner", "payer", threshold=2)


def test_an_owner_takes_a_new_key_at_once(live: Live, console: Console, defence: Setting) -> None:
    rotate = ("wallet", "rotate", defence.wallet, "--new-owner", NEW)
    said = console.run(*rotate, *OWNER, *PAYER, passwords=2).words
    assert "The present owners lose the wallet at once" in said
    assert "the old keys are worth nothing any more. Owner " + NEW in said
    assert live.client.owners(defence.wallet) == owners_of("new")
    console.refuses(*rotate, *OWNER, *PAYER, because="The wallet has these owners already")
    back = ("wallet", "rotate", defence.wallet, "--new-owner", person("owner").address)
    console.refuses(*back, *OWNER, *PAYER, because=f"is not an owner of this wallet (any more). Now: {NEW}")
    console.run("heartbeat", defence.wallet, "--signer", "new", *PAYER, passwords=2)


def test_two_owners_sign_together(live: Live, console: Console, couple: Setting) -> None:
    rotate = ("wallet", "rotate", couple.wallet, *TWO)
    missing = person("payer").address
    console.refuses(*rotate, *OWNER, *PAYER, because=f"1 of 2 owners sign. Name more of them with --signer: {missing}")
    both = (*OWNER, "--signer", "payer")
    console.refuses(*rotate, *both, "--signer", "ben", *PAYER, because="is not an owner of this wallet")
    console.refuses(*rotate, *both, "--signer", "payer", *PAYER, because="names the same key twice", code=2)
    assert "2 of 2 have to sign" in console.run(*rotate, *both, *PAYER, passwords=2).words
    assert live.client.owners(couple.wallet) == owners_of("new", "ana", threshold=2)


def test_owners_that_could_not_use_the_wallet_are_refused(live: Live, console: Console, defence: Setting) -> None:
    base = ("wallet", "rotate", defence.wallet)
    both = (*OWNER, *PAYER)
    console.refuses(*base, *both, because="Missing option '--new-owner'", code=2)
    console.refuses(*base, "--new-owner", defence.wallet, *both, because="cannot own itself")
    console.refuses(*base, "--new-owner", NEW, "--threshold", "2", *both, because="the threshold is 1 to 1", code=2)
    console.refuses(*base, *TWO[:4], *both, because="Say how many of them have to sign", code=2)
    console.refuses(*base, "--new-owner", NEW, *TWO[:2], "--threshold", "1", *both, because="same owner twice", code=2)
    console.refuses(*base, "--new-owner", "0x" + "00" * 20, *both, because="zero address", code=2)
    verifier = NEW + "00" * 64
    console.refuses(*base, "--new-owner", verifier, *both, because="could never sign for the account")
    console.refuses(*base, "--new-owner", NEW, *PAYER, because="Which owner signs?", code=2)
    console.refuses(*base, "--new-owner", NEW, *OWNER, because="Who pays the fee?", code=2)
    console.refuses("wallet", "rotate", NEW, "--new-owner", NEW, *both, because="is not a recovery wallet")


def test_a_rotation_does_not_stop_a_recovery_or_void_its_approvals(
    live: Live, console: Console, defence: Setting
) -> None:
    asked(console, "f.json", *FREEZE)
    files = signed(console, "f.json", "ana", "ben")
    recovering(console, "theft", heir=person("dora").address)
    said = console.run("wallet", "rotate", defence.wallet, "--new-owner", NEW, *OWNER, *PAYER, passwords=2).words
    assert "this does not stop it. If you did not ask for it, cancel it" in said
    assert f"See: recovery status {defence.wallet}" in said
    console.run("freeze", "f.json", *files, *PAYER, passwords=1)
    live.travel(7 * DAY)
    console.run("finalize", defence.wallet, "--request", "theft.json", *PAYER, passwords=1)
    assert live.client.owners(defence.wallet) == owners_of("dora")


def test_nobody_rotates_a_frozen_wallet(live: Live, console: Console, defence: Setting) -> None:
    agreed(console, "freeze", "f.json", "ana ben", *FREEZE)
    rotate = ("wallet", "rotate", defence.wallet, "--new-owner", NEW, *OWNER)
    console.refuses(*rotate, *PAYER, because="The wallet is frozen until")
    console.refuses(*rotate, "--dry-run", because="The wallet is frozen until")


def test_a_rotation_is_looked_at_first(live: Live, console: Console, defence: Setting) -> None:
    before = console.files()
    said = console.run("wallet", "rotate", defence.wallet, *TWO, "--dry-run").words
    assert "rotateOwners" in said and "the wallet itself" in said and "Nothing was signed or sent" in said
    assert console.files() == before and live.client.owners(defence.wallet) == owners_of("owner")


def test_a_new_owner_of_a_recovery_is_checked_as_in_a_rotation(live: Live, console: Console, defence: Setting) -> None:
    ask = ("request", *kit_of("ana"), "--path", "friends")
    console.refuses(*ask, *TWO[:4], because="Say how many of them have to sign", code=2)
    console.refuses(*ask, "--new-owner", NEW, "--threshold", "2", because="the threshold is 1 to 1", code=2)
    console.refuses(*ask, "--new-owner", NEW + "00" * 64, because="could never sign for the account")
    console.refuses(*ask, "--threshold", "2", because="Who shall own the account?", code=2)
    said = console.run(*ask, "--new-owner", person("owner").address).words
    assert "These are the owners that the account has already" in said
    said = console.run("approve", "request.json", *kit_of("ben"), "--signer", "ben", "-y", passwords=1).words
    assert "nothing: the new owners are those that the account has already" in said
