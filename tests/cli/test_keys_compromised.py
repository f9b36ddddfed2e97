"""`recovery keys compromised`: with the key in one's own hands it is a race, without it the guardians help."""

from __future__ import annotations

import pytest

from recovery.cli import rotating
from recovery.errors import Refused
from tests.cli.conftest import NEW, OWNER, PAYER, Console, Setting, agreed
from tests.cli.guardian_world import FOLDER, card, folder_of
from tests.cli.test_backup_heal import holding, notes
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


def test_then_guardians_hear_of_it_and_the_shares_of_the_stolen_key_are_given_up(
    live: Live, console: Console, defence: Setting
) -> None:
    folder = folder_of(console, defence.plan, defence.wallet)
    folder.add_card(card("Ana", contact="ana@example.org"))
    options = ("--raw-key", "--group", "3 of 3", *holding("Ana", "Zoe", "Zoe"), "--guardians-too", *FOLDER)
    console.run("backup", "split", *options, "-o", "old", passwords=["0x" + bytes(person("owner").key).hex()])
    done = console.run("keys", "compromised", *FOLDER, *FRESH, *OWNER, *PAYER, passwords=3)
    (note,) = notes(console).values()
    assert note.retired is not None and f"Set {note.about.short} is given up" in done.words
    (place,) = (console.home / "mine").glob("replaced-*")
    letters = {path.name: " ".join(path.read_text().split()) for path in place.iterdir()}
    assert sorted(letters) == ["to-ana.txt", "to-ben.txt", "to-carl.txt", "to-dora.txt", "to-zoe.txt"]
    assert letters["to-ana.txt"].startswith("To: Ana, ana@example.org") and letters["to-ana.txt"].endswith("Olga")
    for name, text in letters.items():
        assert ("Your kit stays good" in text and "not asked you for by voice" in text) == (name != "to-zoe.txt")
        # What the old key still opens is lost with its shares.
        waits = "Keep it until I tell you, by voice, that I have moved whatever that key still opens. Then destroy it"
        assert (waits in text) == (name in ("to-ana.txt", "to-zoe.txt"))
        assert defence.wallet in text and "Nobody needs your key, its words, a password or money." in text
    assert f"share 1.2 of set {note.about.short} and share 1.3 of set {note.about.short}" in letters["to-zoe.txt"]
    assert "Tell your guardians, by voice" in done.words and str(place.relative_to(console.home)) in done.out


def test_an_own_key_among_the_guardians_gets_no_letter_and_nobody_is_named_who_is_not_known(
    live: Live, console: Console, defence: Setting
) -> None:
    with live.undone():
        console.run(
            "wallet", "rotate", defence.wallet, "--new-owner", person("ana").address, *OWNER, *PAYER, passwords=2
        )
        arguments = ("keys", "compromised", defence.wallet, *FRESH, "--signer", "ana", *PAYER)
        console.run(*arguments, "--policy", "policy.json", "-o", "help", passwords=3)
    assert sorted(path.name for path in (console.home / "help").iterdir()) == [
        "to-ben.txt",
        "to-carl.txt",
        "to-dora.txt",
    ]
    console.run("keys", "compromised", defence.wallet, *FRESH, *OWNER, *PAYER, "-o", "help", passwords=3)
    # Nothing that is there is written over.
    assert [path.name for path in (console.home / "help-2").iterdir()] == ["to-guardians.txt"]


def test_only_shown_it_writes_no_letters(live: Live, console: Console, defence: Setting) -> None:
    trial = ("--account", "payer", "--dry-run")
    done = console.run("keys", "compromised", defence.wallet, *FRESH, *OWNER, *trial, "-o", "help", passwords=1)
    assert "Simulated: it would succeed" in done.words and not (console.home / "help").exists()
    assert live.client.owners(defence.wallet) == owners_of("owner")


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


def test_what_goes_wrong_after_it_was_mined_is_not_called_not_replaced(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise Refused("The new keys own the wallet, but what they have just signed was refused.")

    monkeypatch.setattr(rotating, "show_taken", refused)
    known = ("--policy", "policy.json", "-o", "help")
    done = console.run("keys", "compromised", defence.wallet, *known, *FRESH, *OWNER, *PAYER, passwords=3, code=1)
    assert "The transaction was mined, but then: The new keys own the wallet" in done.words
    assert "could not be replaced" not in done.words and live.client.owners(defence.wallet) == owners_of("new")
