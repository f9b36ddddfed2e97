"""`recovery keys compromised`: with the key in one's own hands it is a race, without it the guardians help."""

from __future__ import annotations

import pytest

from tests.cli.conftest import NEW, OWNER, PAYER, Console, Setting, agreed
from tests.live import Live
from tests.world import owners_of, person

FRESH = ("--new-owner", NEW, "--new-signer", "new")


def test_who_still_has_the_key_takes_the_wallet_away_from_the_thief(
    live: Live, console: Console, defence: Setting
) -> None:
    done = console.run("keys", "compromised", defence.wallet, *FRESH, *OWNER, *PAYER, passwords=3)
    assert live.client.owners(defence.wallet) == owners_of("new")
    assert "the wallet refuses the old keys" in done.words and "The account is NOT frozen" not in done.words
    assert f"recovery status {defence.wallet} --network URL" in done.out
    assert "What else that key opens" in done.words and "all of its accounts" in done.words


def test_without_the_key_the_guardians_are_asked(live: Live, console: Console, defence: Setting) -> None:
    done = console.run(
        *("keys", "compromised", defence.wallet, "--policy", "policy.json", "--new-owner", NEW, "-o", "help"),
        *PAYER,
        code=1,
    )
    assert "The account is NOT frozen" in done.words and "What else that key opens" in done.words
    assert {"freeze.json", "recover.json"} <= {path.name for path in (console.home / "help").iterdir()}
    assert live.client.owners(defence.wallet) == owners_of("owner")


@pytest.mark.parametrize("why", ["frozen", "lost", "unproven"])
def test_where_the_owners_cannot_be_replaced_the_rest_is_done(
    live: Live, console: Console, defence: Setting, why: str
) -> None:
    signer, fresh = OWNER, FRESH
    if why == "frozen":
        agreed(console, "freeze", "f.json", "ana ben", "--action", "freeze", "--path", "freeze")
    if why == "lost":  # the thief was first
        rotate = ("wallet", "rotate", defence.wallet, "--new-owner", person("dora").address)
        console.run(*rotate, *OWNER, *PAYER, passwords=2)
    if why == "unproven":
        fresh = ("--new-owner", NEW)
    done = console.run(
        *("keys", "compromised", defence.wallet, "--policy", "policy.json", *fresh, *signer, "-o", "help"),
        *PAYER,
        passwords=3,
        code=0 if why == "frozen" else 1,
    )
    assert "The owners could not be replaced: " in done.words and "Now the rest." in done.words
    assert (console.home / "help" / "recover.json").exists() and "What else that key opens" in done.words


def test_what_is_typed_wrong_is_told(live: Live, console: Console, defence: Setting) -> None:
    refused = console.run("keys", "compromised", defence.wallet, "--nonsense", code=2)
    assert "No such option" in refused.words
    refused = console.run("keys", "compromised", code=2)
    assert "Error: " in refused.err
