"""`recovery keys rotate`: no wallet is given to a key that nobody has seen sign."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from recovery import files
from recovery.backup.share import SetNote
from recovery.cli import keys_rotate
from recovery.client import RecoveryClient
from recovery.errors import Refused
from recovery.keys import cold, rotation
from recovery.plan import PolicyPlan
from tests.cli.conftest import NEW, OWNER, PAYER, Console, Setting, established
from tests.cli.guardian_world import FOLDER, folder_of
from tests.cli.test_backup_heal import holding, notes, shares
from tests.live import PASSWORD, Live, keystore
from tests.world import owners_of, person

ANA = person("ana").address
READY = ("--backed-up", *OWNER, *PAYER)


def rotate(setting: Setting, *new: str) -> tuple[str, ...]:
    return ("keys", "rotate", setting.wallet, *(part for each in new for part in ("--new-owner", each)))


def test_a_wallet_gets_a_key_that_was_seen_to_sign(live: Live, console: Console, setting: Setting) -> None:
    done = console.run(*rotate(setting, NEW), "--new-signer", "new", *READY, passwords=3)
    assert f"The key of {NEW} can sign." in done.words
    assert "Tried: the wallet refuses the old keys. Tried: the wallet takes the new keys." in done.words
    assert live.client.owners(setting.wallet) == owners_of("new")
    console.run("heartbeat", setting.wallet, "--signer", "new", *PAYER, passwords=2)
    console.refuses("heartbeat", setting.wallet, *OWNER, *PAYER, because="is not an owner of this wallet (any more)")


def test_a_key_that_is_elsewhere_signs_there(live: Live, console: Console, setting: Setting) -> None:
    console.run(*rotate(setting, NEW, ANA), "--threshold", "2", "--challenges", "ask")
    asked = sorted((console.home / "ask").iterdir())
    assert len(asked) == 2
    for path, name in (
        (f"ask/new-owner-{NEW[2:10].lower()}.json", "new"),
        (f"ask/new-owner-{ANA[2:10].lower()}.json", "ana"),
    ):
        done = console.run("keys", "sign", path, "--signer", name, "-y", "-o", f"{name}.json", passwords=1)
        assert "This key can sign, and may become an owner of this account." in done.words
        assert "no message of ape-recovery" not in done.words
    both = (*rotate(setting, NEW, ANA), "--threshold", "2")
    refused = console.run(*both, "--proof", "new.json", *READY, code=1, passwords=1)
    assert f"Nobody has seen yet that the key of {ANA} can sign. Nothing was sent." in refused.words
    done = console.run(*both, "--proof", "new.json", "--proof", "ana.json", *READY, passwords=2)
    assert "the wallet refuses the old keys" in done.words and "The new keys are elsewhere." in done.words
    assert live.client.owners(setting.wallet) == owners_of("new", "ana", threshold=2)


def test_a_proof_is_good_for_one_rotation(live: Live, console: Console, setting: Setting) -> None:
    console.run(*rotate(setting, NEW), "--challenges", "ask")
    (asked,) = (console.home / "ask").iterdir()
    console.run("keys", "sign", str(asked), "--signer", "new", "-y", "-o", "proof.json", passwords=1)
    # Others own the wallet meanwhile.
    console.run("wallet", "rotate", setting.wallet, "--new-owner", ANA, *OWNER, *PAYER, passwords=2)
    old = (*rotate(setting, NEW), "--proof", "proof.json", "--backed-up", "--signer", "ana", *PAYER)
    console.refuses(*old, because="is not what", passwords=1)
    assert live.client.owners(setting.wallet) == owners_of("ana")


def test_a_proof_of_somebody_else_is_none(live: Live, console: Console, setting: Setting) -> None:
    made = rotation.challenge(31337, setting.wallet, NEW, live.client.owners_hash(setting.wallet))
    signature = bytes(person("ana").sign_message(made.signable).signature)
    for signer in (NEW, ANA):
        text = cold.dump_signed(cold.Signature(made.digest, signer, signature))
        (console.home / "forged.json").write_text(text)
        code = 1 if signer == NEW else 2
        because = "not signed by that key" if signer == NEW else "is no signature of a new owner"
        console.refuses(
            *rotate(setting, NEW), "--proof", "forged.json", *READY, because=because, code=code, passwords=1
        )
    right = bytes(person("new").sign_message(made.signable).signature)
    (console.home / "other.json").write_text(cold.dump_signed(cold.Signature(bytes(32), NEW, right)))
    console.refuses(*rotate(setting, NEW), "--proof", "other.json", *READY, because="is not what", passwords=1)
    assert files.kind_of((console.home / "other.json").read_text()) == cold.SIGNED


@pytest.mark.parametrize(
    ("arguments", "because", "code"),
    [
        (READY, f"Nobody has seen yet that the key of {NEW} can sign", 1),
        (("--new-signer", "ana", *READY), f"That is the key of {ANA}, which is not among --new-owner", 2),
        (("--new-signer", "new", *OWNER, *PAYER), "Nobody says that the new keys have a backup", 1),
        (("--new-signer", "new", "--challenges", "x", *READY), "Give --proof with what came back", 2),
        (("--new-signer", "new", "--backed-up", "--signer", "ana", *PAYER), "is not an owner of this wallet", 1),
        (("--new-signer", "nobody", *READY), "There is no keystore file 'nobody'", 2),
    ],
)
def test_nothing_is_sent_unless_all_is_right(
    live: Live, console: Console, setting: Setting, arguments: tuple[str, ...], because: str, code: int
) -> None:
    console.refuses(*rotate(setting, NEW), *arguments, because=because, code=code, passwords=3)
    assert live.client.owners(setting.wallet) == owners_of("owner")


def test_whoever_has_no_backup_is_sent_to_make_one(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.cli.keys_backed_up.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    base = (*rotate(setting, NEW), "--new-signer", "new", *OWNER, *PAYER)
    refused = console.run(*base, passwords=3, answer="n\n", code=1)
    assert "The new keys have no backup. Make one first, and try it: recovery keys restore" in refused.words
    assert live.client.owners(setting.wallet) == owners_of("owner")
    console.run(*base, passwords=3, answer="y\n")
    assert live.client.owners(setting.wallet) == owners_of("new")


def test_a_keystore_that_hides_its_address_is_seen_when_it_signs(
    live: Live, console: Console, setting: Setting
) -> None:
    path = console.home / ".ape" / "accounts" / "ana.json"
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != "address"}))
    because = f"That is the key of {ANA}, which is not among --new-owner"
    console.refuses(*rotate(setting, NEW), "--new-signer", "ana", *READY, because=because, code=2, passwords=3)


def test_a_contract_is_warned_of_as_it_cannot_be_tried(
    live: Live, console: Console, setting: Setting, policy: PolicyPlan
) -> None:
    safe = established_elsewhere(live, policy)
    done = console.run(*rotate(setting, safe), *READY, passwords=2)
    assert f"{safe} is no plain key" in done.words and "The new keys are elsewhere" in done.words
    assert live.client.owners(setting.wallet) == owners_of(safe)


def established_elsewhere(live: Live, policy: PolicyPlan) -> str:
    """Another wallet: a contract that answers for signatures."""
    owning = owners_of("ben")
    live.client.send(live.client.create_wallet(owning, policy.policy), person("payer"))
    return live.client.deployment.wallet_address(owning, policy.policy)


def test_two_owners_replace_themselves(live: Live, console: Console, policy: PolicyPlan) -> None:
    couple = established(live, console, policy, "owner", "payer", threshold=2)
    both = ("--backed-up", *OWNER, "--signer", "payer", *PAYER)
    done = console.run(*rotate(couple, NEW), "--new-signer", "new", *both, passwords=3)
    assert "the wallet refuses the old keys" in done.words and "the wallet takes the new keys" in done.words


@pytest.mark.parametrize("fault", ["old", "new", "other"])
def test_what_the_wallet_does_afterwards_is_believed_and_nothing_else(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    really, tries = RecoveryClient.simulate, []

    def simulate(client: RecoveryClient, transaction: object, sender: str) -> int:
        if getattr(transaction, "summary", "") != "try":
            return really(client, transaction, sender)  # type: ignore[arg-type]
        tries.append(transaction)
        if fault == "old":
            return 21_000
        error = Refused("Not today.")
        error.code = "WalletUnauthorized" if fault == "new" else "refused"
        raise error

    monkeypatch.setattr(RecoveryClient, "simulate", simulate)
    done = console.run(*rotate(setting, NEW), "--new-signer", "new", *READY, passwords=3, code=1)
    because = {
        "old": "still takes what the old keys sign",
        "new": "Tried: the wallet refuses the old keys.",
        "other": "Whether the wallet refuses the old keys could not be tried. Not today.",
    }[fault]
    assert because in done.words and ("was refused: Not today. Keep the new keys" in done.words) == (fault != "old")
    assert live.client.owners(setting.wallet) == owners_of("new")
    assert len(tries) == (1 if fault == "old" else 2)


def test_only_shown_or_written_down_needs_no_trial_afterwards(live: Live, console: Console, setting: Setting) -> None:
    base = (*rotate(setting, NEW), "--new-signer", "new", "--backed-up", *OWNER, "--account", "payer", "-y")
    done = console.run(*base, "--dry-run", passwords=1)
    assert "Simulated: it would succeed" in done.words and "Tried" not in done.words
    console.run(*base, "--unsigned", "u.json", passwords=2)
    assert live.client.owners(setting.wallet) == owners_of("owner")


# ---------------------------------------------------------------------------------------- the owner's folder


def at_home(console: Console, setting: Setting, who: str = "owner") -> SetNote:
    """The owner's folder, with a set of shares of somebody's key in it."""
    if not (console.home / "mine").exists():
        folder_of(console, setting.plan, setting.wallet)
    options = ("--raw-key", "--group", "2 of 3", *holding("Xaver", "Yara", "Zoe"), *FOLDER, "-o", f"shares-{who}")
    console.run("backup", "split", *options, passwords=["0x" + bytes(person(who).key).hex()])
    (note,) = (each for each in notes(console).values() if each.about.address == person(who).address)
    return note


def in_folder(*new: str) -> tuple[str, ...]:
    return ("keys", "rotate", *FOLDER, *(part for each in new for part in ("--new-owner", each)))


def test_the_folder_knows_the_wallet_and_afterwards_what_is_worth_nothing(
    live: Live, console: Console, setting: Setting
) -> None:
    before = at_home(console, setting)
    due = ("keys", "schedule", *FOLDER)
    console.run(*due, "--key", person("owner").address, "--every", "1 year")
    done = console.run(*in_folder(NEW), "--new-signer", "new", *READY, passwords=3)
    assert live.client.owners(setting.wallet) == owners_of("new")
    old = notes(console)[before.about.short]
    assert old.retired is not None and old.replaced_on == (31337,)
    assert f"Set {before.about.short} is given up" in done.words and "Zoe share 1.3" in done.words
    assert "No guardian has to do anything: kits, cards and sheets name the account" in done.words
    assert f"{NEW[:6]}…" in console.run(*due).words


def test_whoever_is_owner_and_guardian_is_told_that_the_guardian_stays(
    live: Live, console: Console, policy: PolicyPlan
) -> None:
    both = established(live, console, policy, "ana")
    folder = folder_of(console, policy, both.wallet)
    folder.noting(replace(folder.note, chains=(10, 31337)))
    before = at_home(console, both, who="ana")
    ready = ("--backed-up", "--signer", "ana", *PAYER)
    done = console.run(*in_folder(person("ben").address), "--new-signer", "ben", *ready, passwords=3)
    assert "An old key is also a guardian of yours, 'Ana'" in done.words
    assert "A new key is also a guardian of yours, 'Ben'" in done.words
    assert "No guardian has to do anything" not in done.words
    assert "recovery guardian replace Ana --by CARD --folder mine" in done.out
    # On the other chain the old key still owns the account: nobody destroys its shares yet.
    assert "Owners are replaced on one chain at a time. On OP Mainnet (chain 10) the old keys" in done.words
    assert notes(console)[before.about.short].retired is None


def test_shares_that_were_shown_are_a_backup_and_others_are_not(live: Live, console: Console, setting: Setting) -> None:
    fresh = at_home(console, setting, who="new")
    base = (*in_folder(NEW), "--new-signer", "new", *OWNER, *PAYER)
    shown = ("not enough of them were shown to be readable: {} of 3", "Nobody says that the new keys have a backup")
    console.run("backup", "check", *FOLDER, "-o", "ask.json")
    for count in range(2):
        refused = console.run(*base, passwords=3, code=1)
        assert shown[0].format(count) in refused.words and shown[1] in refused.words
        answered(console, fresh, count)
    assert live.client.owners(setting.wallet) == owners_of("owner")
    done = console.run(*base, passwords=3)
    assert f"enough holders of set {fresh.about.short} have shown their shares" in done.words
    assert live.client.owners(setting.wallet) == owners_of("new")


def answered(console: Console, note: SetNote, index: int) -> None:
    """One holder shows that they have their share."""
    console.run("backup", "answer", "ask.json", shares(console, "shares-new")[index], "-o", f"answer-{index}.json")
    console.run("backup", "receive", f"answer-{index}.json", *FOLDER)


def test_a_keystore_of_the_folder_is_a_backup_if_it_opens_and_is_another_file(
    live: Live, console: Console, setting: Setting
) -> None:
    folder_of(console, setting.plan, setting.wallet)
    copy = keystore(console.home / "mine" / "keys", "new")
    (copy.parent / "other.json").write_text("{}")
    because = "Nobody says that the new keys have a backup"
    itself = (*in_folder(NEW), "--new-signer", str(copy), *OWNER, *PAYER)
    console.refuses(*itself, because=because, passwords=3)
    base = (*in_folder(NEW), "--new-signer", "new", *OWNER, *PAYER)
    console.refuses(
        *base,
        because="The password of mine/keys/new.json is",
        code=2,
        passwords=[PASSWORD, "wrong", PASSWORD, PASSWORD],
    )
    content = json.loads(copy.read_text())
    copy.write_text(json.dumps({**content, "address": person("ana").address[2:]}))
    console.refuses(*base, because=because, passwords=4)
    copy.write_text(json.dumps(content))
    done = console.run(*base, passwords=4)
    assert f"{NEW} has a backup: {FOLDER[1]}/keys/new.json opens" in done.words
    assert live.client.owners(setting.wallet) == owners_of("new")


def test_it_is_said_which_wallet_or_asked(live: Live, console: Console, setting: Setting) -> None:
    new = ("--new-owner", NEW, "--new-signer", "new", *READY)
    console.refuses("keys", "rotate", *new, because="Which wallet? Give its address", code=2, passwords=3)
    folder_of(console, setting.plan, setting.wallet)
    console.refuses("keys", "rotate", ANA, *FOLDER, *new, because="Leave one of the two out", code=2, passwords=3)
    console.refuses("keys", "rotate", "--folder", "x", *new, because="x is not an owner's folder", code=2, passwords=3)


def test_what_was_broken_off_before_it_was_noted_is_noted_by_the_same_command(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(console, setting.plan, setting.wallet)
    options = ("--raw-key", "--group", "2 of 2", *holding("Yara", "Zoe"), *FOLDER)
    console.run("backup", "split", *options, "-o", "old", passwords=["0x" + bytes(person("owner").key).hex()])
    command = (*rotate(setting, NEW), "--new-signer", "new", *READY, *FOLDER)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(keys_rotate, "note_rotation", stopped)
        console.run(*command, passwords=3, code=1, error=False)
    (note,) = notes(console).values()
    assert note.retired is None and live.client.owners(setting.wallet) == owners_of("new")
    own = ("--signer", "new", *PAYER)
    console.refuses(*rotate(setting, NEW), *own, *FOLDER, because="The wallet has these owners already", passwords=2)
    console.refuses(*command, "--dry-run", because="The wallet has these owners already", passwords=3)
    said = console.run(*command, passwords=3)
    (note,) = notes(console).values()
    assert note.retired is not None and note.replaced_on == (31337,) and "so nothing is sent" in said.words
