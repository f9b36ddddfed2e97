"""`recovery backup heal --rotate`: shares that went astray open nothing, and wherever it breaks off nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pyrage
import pytest
from eth_account import Account

from recovery.backup import check_value, forms
from recovery.backup.forms import Kind
from recovery.backup.share import SetNote
from recovery.cli import backup_renewing
from recovery.cli.backup_renewing import Place
from recovery.folder import Folder
from recovery.keys.seed import Places, Seed
from recovery.plan import PolicyPlan
from tests.cli.conftest import OWNER, PAYER, Console, Setting, agreed, commands, copied, established
from tests.cli.guardian_world import FOLDER, card, folder_of
from tests.cli.test_backup_heal import holding, notes, shares
from tests.live import PASSWORD, Live
from tests.world import owners_of, person, sign

KEY = "0x" + bytes(person("owner").key).hex()
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"
REFUSED = "is not an owner of this wallet (any more)"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(check_value._SCRYPT, "n", 2)
    monkeypatch.setattr("shamir_mnemonic.cipher.BASE_ITERATION_COUNT", 4)


def split(console: Console, kind: str = "--raw-key", secret: str = KEY) -> None:
    arguments = (kind, "--group", "2 of 3", *holding("Xaver", "Yara", "Zoe"), "--label", "main", *FOLDER)
    console.run("backup", "split", *arguments, "-o", "old", passwords=[secret])


@pytest.fixture
def mine(setting: Setting, console: Console) -> Setting:
    """A wallet whose only owner's key is split."""
    folder_of(console, setting.plan, setting.wallet)
    split(console)
    return setting


def heal(console: Console, *more: str, where: str = "new") -> tuple[str, ...]:
    group = ("--group", "2 of 3", *holding("Xaver", "Yara", "Wim"), "-o", where)
    return ("backup", "heal", *shares(console, "old")[:2], "--rotate", *group, *FOLDER, *PAYER, *more)


def in_use(console: Console) -> list[SetNote]:
    return [note for note in notes(console).values() if note.retired is None]


def account_in(console: Console, where: str) -> str:
    """Whose key the shares in a folder are of, put together by their holders."""
    console.run("backup", "combine", *shares(console, where)[1:], "--as", "hex", "-o", f"{where}.txt")
    return str(Account.from_key((console.home / f"{where}.txt").read_text().strip()).address)


def test_the_wallet_gets_a_fresh_key_and_old_shares_open_nothing(live: Live, console: Console, mine: Setting) -> None:
    (before,) = in_use(console)
    said = console.run(*heal(console), passwords=1)
    (fresh,) = in_use(console)
    address = account_in(console, "new")
    assert live.client.owners(mine.wallet) == owners_of(address) == owners_of(str(fresh.about.address))
    assert (fresh.about.label, [holder.name for holder in fresh.holders]) == ("main", ["Xaver", "Yara", "Wim"])
    steps = (
        f"The key of {address} can sign.",
        "Tried: the wallet refuses the old keys.",
        "Tried: the wallet takes the new keys.",
        f"Set {before.about.short} is given up: its key owns the wallet no more.",
        "No guardian has to do anything",
    )
    places = [said.words.index(step) for step in steps]
    assert places == sorted(places) and said.words.index("is not in force yet") < places[0]
    assert f"coins and tokens at its own address ({person('owner').address})" in said.words
    old = notes(console)[before.about.short]
    assert old.retired is not None and old.replaced_on == (31337,) and len(old.dangerous) == 3
    console.refuses("heartbeat", mine.wallet, *OWNER, *PAYER, because=REFUSED)
    # Fresh shares of the old key would only look as if they opened something.
    without = [word for word in heal(console, where="more") if word not in ("--rotate", *PAYER)]
    console.refuses(*without, because="was replaced on local test chain", passwords=1)
    for text in (KEY[2:], (console.home / "new.txt").read_text().strip()):
        assert text not in "\n".join(console.said)


def test_destroyed_shares_are_ticked_off_and_the_others_stay_on_the_list(
    live: Live, console: Console, mine: Setting
) -> None:
    because = "has no share of a set that was given up"
    console.refuses("backup", "destroyed", "Zoe", *FOLDER, because=because, code=2)
    (before,) = in_use(console)
    console.run(*heal(console), passwords=1)
    listed = console.run("backup", "list", *FOLDER)
    assert listed.words.count("TO BE DESTROYED") == 3 and "Given up on" in listed.words
    (command,) = (line for line in commands(listed) if "destroyed" in line)
    said = copied(console, command.replace("NAME", "zoe"))
    assert f"Of set {before.about.short} are left: Xaver (1.1), Yara (1.2)." in said.words
    listed = console.run("backup", "list", *FOLDER)
    assert listed.words.count("TO BE DESTROYED") == 2 and "share 1.3, not sealed; destroyed, as noted" in listed.words
    # Xaver and Yara have fresh shares as well, which are nobody's to destroy.
    for names in (("Zoe",), ("Xaver", "Wim")):
        console.refuses("backup", "destroyed", *names, *FOLDER, because=because, code=2)
    of_fresh = ("backup", "destroyed", "Xaver", "--set", in_use(console)[0].about.short, *FOLDER)
    console.refuses(*of_fresh, because="is in use: its shares are needed. Nothing was noted.", code=2)
    said = console.run("backup", "destroyed", "Xaver", "Yara", *FOLDER)
    assert "nothing is left" in said.words and notes(console)[before.about.short].dangerous == ()
    old, new = sorted(
        json.loads(console.run("backup", "list", "--json", *FOLDER).out), key=lambda each: not each["retired"]
    )
    assert all(holder["destroyed"] for holder in old["holders"]) and old["replacedOn"] == [31337]
    assert not any(holder["destroyed"] for holder in new["holders"]) and new["waitsFor"] is None


def test_other_owners_and_the_threshold_stay(live: Live, console: Console, policy: PolicyPlan) -> None:
    wallet = established(live, console, policy, "owner", "ana", "ben", threshold=2).wallet
    folder_of(console, policy, wallet)
    split(console)
    because = "1 of 2 owners sign. Nothing was written. Name more of them with --signer:"
    console.refuses(*heal(console), because=because, passwords=2)
    stranger = ("--signer", "ben", "--signer", "carl")
    console.refuses(*heal(console, *stranger), because=REFUSED, passwords=3)
    twice = ("--signer", "ben", "--signer", "ben")
    console.refuses(*heal(console, *twice), because="names the same key twice", code=2)
    # The old key itself may be among those that sign: it counts once.
    said = console.run(*heal(console, "--signer", "ben", *OWNER), passwords=2)
    (fresh,) = in_use(console)
    assert live.client.owners(wallet) == owners_of("ana", "ben", str(fresh.about.address), threshold=2)
    assert "the wallet refuses the old keys" in said.words and "the wallet takes the new keys" in said.words
    again = console.run(*heal(console), passwords=1)
    assert "The chain has it already" in again.words and "2 had to sign together, and not so many" in again.words


def test_of_a_seed_phrase_the_account_that_owns_the_wallet_is_found(
    live: Live, console: Console, policy: PolicyPlan
) -> None:
    with Seed.of(WORDS) as seed:
        owner = str(seed.account(Places.parse("m/44'/60'/2'/0/0").at(0)).address)
    wallet = established(live, console, policy, owner).wallet
    folder_of(console, policy, wallet)
    split(console, "--seed", WORDS)
    console.run(*heal(console), passwords=1)
    console.run("backup", "combine", *shares(console, "new")[1:], "-o", "words.txt")
    words = (console.home / "words.txt").read_text().strip()
    assert len(words.split()) == 12 and words != WORDS
    assert live.client.owners(wallet) == owners_of(forms.address_of(Kind.SEED, forms.entropy_of(words)) or "")


# ------------------------------------------------------------------------------------------------ broken off


@pytest.mark.parametrize("step", ["promise", "signed_batch", "show_refused", "give_up_sets"])
def test_wherever_it_breaks_off_the_same_command_goes_on(
    live: Live, console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (before,) = in_use(console)

    with monkeypatch.context() as patched:
        patched.setattr(backup_renewing, step, stopped)
        said = console.run(*heal(console), passwords=1, code=1, error=False)
    # The old set is in force, or the chain has the fresh key, whose shares are there.
    assert notes(console)[before.about.short].retired is None
    assert ("Keep all shares of both sets" in said.words) == (step in ("signed_batch", "show_refused"))
    assert ("Destroy nothing before." in said.words) == (step == "give_up_sets")
    rules = live.client.owners(mine.wallet)
    made = step != "promise" and account_in(console, "new")
    assert rules == (owners_of(str(made)) if step in ("show_refused", "give_up_sets") else owners_of("owner"))
    said = console.run(*heal(console), passwords=1)
    (fresh,) = in_use(console)
    for note in (before, fresh) if made else (before,):  # of each set that was put together it is said which one it is
        assert said.words.count(f"The check value of set {note.about.short} is right") == 1
    assert live.client.owners(mine.wallet) == owners_of(str(fresh.about.address)) != owners_of("owner")
    assert len(notes(console)) == 2 and made in (False, fresh.about.address)
    assert notes(console)[before.about.short].retired is not None


def test_what_was_sent_before_it_broke_off_is_waited_for(
    live: Live, console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.ask("evm_setAutomine", False)
    try:
        with monkeypatch.context() as patched:
            patched.setattr("recovery.rpc.time.sleep", stopped)
            console.run(*heal(console), passwords=1, code=1, error=False)
        shutil.rmtree(console.home / "new")  # the fresh shares are with their holders by now
        because = "A transaction of an earlier run is still on its way"
        console.refuses(*heal(console), because=because, passwords=1)
    finally:
        live.ask("evm_setAutomine", True)
    live.ask("evm_mine")
    said = console.run(*heal(console, where="other"), passwords=1)
    assert "The chain has it already" in said.words and not (console.home / "other").exists()
    (fresh,) = in_use(console)
    assert live.client.owners(mine.wallet) == owners_of(str(fresh.about.address))


def stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_shares_that_cannot_be_read_any_more_give_way_to_others(
    live: Live, console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(backup_renewing, "signed_batch", stopped)
        console.run(*heal(console), passwords=1, code=1, error=False)
    waiting = console.run("backup", "list", *FOLDER)
    assert waiting.words.count("NOT IN FORCE") == 1
    # Nobody is asked for shares of a key that may never rule.
    (before,) = (note for note in in_use(console) if note.successors)
    console.run("backup", "check", *FOLDER)
    assert (console.home / f"challenge-{before.about.short}.json").exists()
    due = json.loads(console.run("keys", "schedule", "--json", *FOLDER).out)["schedule"]
    assert [each["name"] for each in due] == [before.about.short]
    (console.home / shares(console, "new")[0]).unlink()
    (console.home / shares(console, "new")[0]).unlink()
    stranded = {note.about.short for note in in_use(console)}
    console.refuses(*heal(console), because="new exists already", code=2, passwords=1)
    said = console.run(*heal(console, where="other"), passwords=1)
    assert "enough of its shares cannot be read here" in said.words and "has never owned the account" in said.words
    (fresh,) = in_use(console)
    assert fresh.about.short not in stranded and all(notes(console)[each].retired for each in stranded)
    assert live.client.owners(mine.wallet) == owners_of(account_in(console, "other"))


def test_shares_of_an_earlier_run_for_others_are_not_taken_for_what_is_asked_now(
    live: Live, console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(backup_renewing, "signed_batch", stopped)
        console.run(*heal(console), passwords=1, code=1, error=False)
    because = "for Xaver, Yara and Wim. You ask for something else. Nothing was sent."
    without_yara = ["Vera" if word == "Yara" else word for word in heal(console)]
    console.refuses(*without_yara, because=because, passwords=1)
    console.refuses(*heal(console, "--passphrase"), because=because, passwords=1)
    stricter = ["3 of 3" if word == "2 of 3" else word for word in heal(console)]
    console.refuses(*stricter, because=because, passwords=1)
    assert live.client.owners(mine.wallet) == mine.owners
    console.run(*(word if word != "new" else "other" for word in without_yara), passwords=1)
    (fresh,) = in_use(console)
    assert [holder.name for holder in fresh.holders] == ["Xaver", "Vera", "Wim"]
    assert live.client.owners(mine.wallet) == owners_of(account_in(console, "other"))


def test_of_two_runs_at_once_the_set_of_the_one_that_lost_is_not_taken_for_one_in_force(
    live: Live, console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(backup_renewing, "signed_batch", stopped)
        console.run(*heal(console), passwords=1, code=1, error=False)
    (lost,) = (note for note in in_use(console) if not note.successors)
    with monkeypatch.context() as patched:  # the other run does not see it yet
        patched.setattr(backup_renewing, "abandon", lambda *_: [])
        console.run(*heal(console, where="other"), passwords=1)
    assert len(in_use(console)) == 2
    console.run(*heal(console), passwords=1)  # as whoever has lost is told
    assert notes(console)[lost.about.short].retired is not None
    (fresh,) = in_use(console)
    assert live.client.owners(mine.wallet) == owners_of(str(fresh.about.address))


def test_which_of_two_keys_another_chain_has_is_not_guessed(
    live: Live, console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder.open(console.home / "mine")
    folder.noting(replace(folder.note, chains=(10, 31337)))
    with monkeypatch.context() as patched:
        patched.setattr(backup_renewing, "signed_batch", stopped)
        console.run(*heal(console), passwords=1, code=1, error=False)
    with live.undone(), monkeypatch.context() as patched:
        patched.setattr(backup_renewing, "abandon", lambda *_: [])
        console.run(*heal(console, where="other"), passwords=1)
    rules = account_in(console, "other")
    for where in ("new", "other"):  # whichever of them can be read here
        console.refuses(*heal(console, where=where), because="That alone is not relied on", passwords=1)
    console.run(*heal(console, "--new-owner", rules), passwords=1)
    assert live.client.owners(mine.wallet) == owners_of(rules)


def test_a_set_that_waits_goes_on_waiting_when_the_old_one_is_healed_with_the_same_key(
    console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(backup_renewing, "signed_batch", stopped)
        console.run(*heal(console), passwords=1, code=1, error=False)
    (stranded,) = (note for note in in_use(console) if not note.successors)
    # Which of two sets of the old key was put together nobody has noted: it is the key that is followed.
    console.run(
        "backup",
        "split",
        "--raw-key",
        "--group",
        "2 of 2",
        *holding("Udo", "Vera"),
        *FOLDER,
        "--second-set",
        "-o",
        "second",
        passwords=[KEY],
    )
    (second,) = (note for note in in_use(console) if len(note.holders) == 2)
    (first,) = (note for note in in_use(console) if note.about.short not in (second.about.short, stranded.about.short))
    said = console.run("backup", "list", *FOLDER)
    both = [f"set {each.about.short}" for each in (first, second)]
    assert any(f"in place of that of {' or '.join(each)}." in said.words for each in (both, both[::-1]))
    console.run("backup", "destroyed", "Udo", "Vera", "--set", second.about.short, *FOLDER)
    without = [word for word in heal(console, where="healed") if word not in ("--rotate", *PAYER)]
    console.run(*without, passwords=1)
    (healed,) = (note for note in in_use(console) if note.about.short != stranded.about.short)
    listed = json.loads(console.run("backup", "list", "--json", *FOLDER).out)
    waits = {each["set"]: each["waitsFor"] for each in listed}
    assert waits[stranded.about.short] == healed.about.short and waits[healed.about.short] is None
    console.run("plan", "--offline", "--for", "owner", "-o", "plan", *FOLDER)
    text = "".join(path.read_text() for path in (console.home / "plan").glob("*.md"))
    assert healed.about.short in text and stranded.about.short not in text


def test_a_note_that_was_altered_is_not_believed(console: Console, mine: Setting) -> None:
    (note,) = in_use(console)
    altered = replace(note, about=replace(note.about, label="other"))
    (console.home / "mine/shares" / note.name).write_text(altered.dumps())
    console.refuses(*heal(console), because="one of them was altered", passwords=1)


def test_shares_that_are_damaged_since_do_not_keep_the_folder_from_what_the_chain_has(
    live: Live, console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = in_use(console)
    with monkeypatch.context() as patched:
        patched.setattr(backup_renewing, "give_up_sets", stopped)
        console.run(*heal(console), passwords=1, code=1, error=False)
    (console.home / shares(console, "new")[0]).write_text("{}")
    said = console.run(*heal(console), passwords=1)
    assert "Whether its shares are good could not be tried." in said.words
    assert notes(console)[before.about.short].retired is not None


def test_a_fresh_set_is_on_the_disk_before_anything_depends_on_it(
    console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[int, bool]] = []

    def fsync(handle: int) -> None:
        kept.append((os.fstat(handle).st_ino, (console.home / "new").exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    console.run(*heal(console), passwords=1)
    assert (console.home.stat().st_ino, True) in kept


def test_sealed_shares_with_a_passphrase_are_gone_on_with_by_whoever_can_open_them(
    live: Live, console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = pyrage.x25519.Identity.generate()
    (console.home / "key.txt").write_text(f"{identity}\n")
    for name in ("Xaver", "Yara"):
        made = replace(card(name), age_key=str(identity.to_public()), signature=b"")
        Folder.open(console.home / "mine").add_card(made.signed(sign(name.lower(), made.message)))
    with monkeypatch.context() as patched:
        patched.setattr(backup_renewing, "signed_batch", stopped)
        said = console.run(*heal(console, "--passphrase"), passwords=["sesame street"], code=1, error=False)
    assert f"Xaver {identity.to_public()}" in said.words and "Ask each by voice whether that is their" in said.words
    assert len(list((console.home / "new").glob("*.age"))) == 2
    opening = ("--passphrase", "--identity", "key.txt")
    console.refuses(*heal(console, *opening), because="The passphrase is wrong", passwords=["another", PASSWORD])
    console.run(*heal(console, *opening), passwords=["sesame street", PASSWORD])
    (fresh,) = in_use(console)
    assert live.client.owners(mine.wallet) == owners_of(str(fresh.about.address)) and len(notes(console)) == 2


# --------------------------------------------------------------------------------------------- other chains


def test_as_long_as_the_old_key_rules_on_another_chain_its_shares_are_kept(
    live: Live, console: Console, mine: Setting
) -> None:
    folder = Folder.open(console.home / "mine")
    folder.noting(replace(folder.note, chains=(10, 31337)))
    with live.undone():
        said = console.run(*heal(console), passwords=1)
    assert "On OP Mainnet (chain 10) the account has not been seen with its new owners" in said.words
    old, fresh = sorted(in_use(console), key=lambda note: not note.successors)
    assert old.replaced_on == (31337,) and "to be destroyed" not in said.words.lower()
    listed = console.run("backup", "list", *FOLDER)
    assert "On OP Mainnet (chain 10) its key still owns the account." in listed.words
    assert "NOT IN FORCE" not in listed.words
    # What was undone stands for the other chain, where the old key still rules: it gets the same key, and no shares.
    shutil.rmtree(console.home / "new")
    # By the folder alone a key of whoever has altered it would get the wallet.
    console.refuses(*heal(console), because="a folder can be altered. Nothing was sent", passwords=1)
    another = ("--new-owner", person("ben").address)
    console.refuses(*heal(console, *another), because="which is another one than the folder's", passwords=1)
    named = ("--new-owner", str(fresh.about.address))
    assert " ".join(named) in said.out
    said = console.run(*heal(console, *named), passwords=1)
    assert f"Set {fresh.about.short} has taken the place of this one already" in said.words
    assert live.client.owners(mine.wallet) == owners_of(str(fresh.about.address))
    assert len(notes(console)) == 2 and not (console.home / "new").exists()


# ------------------------------------------------------------------------------------------------ refusals


def test_nothing_is_written_where_it_cannot_be_done(live: Live, console: Console, mine: Setting) -> None:
    base = heal(console)
    for more, because, code in (
        (("--unsigned", "u.json"), "Leave one of the two out", 2),
        (("--wallet", person("ana").address), "The folder is of", 2),
        (("--account", "nobody"), "There is no keystore file 'nobody'", 2),
        (("--account", "new"), "has 0 ether, but up to", 1),
    ):
        console.refuses(*base, *more, because=because, code=code, passwords=1)
    without = [word for word in base if word != "--rotate"]
    for more in (("--dry-run",), ("--wallet", mine.wallet), ("--new-owner", mine.wallet)):
        console.refuses(*without, *more, because="Without --rotate nothing is sent", code=2)
    trial = console.run(*base, "--dry-run", passwords=1)
    assert "Simulated: it would succeed" in trial.words and len(notes(console)) == 1
    assert live.client.owners(mine.wallet) == mine.owners
    folder = Folder.open(console.home / "mine")
    folder.noting(replace(folder.note, account=None))
    console.refuses(*base, because="The folder knows of no account yet: name it with --wallet", code=2, passwords=1)
    nowhere = ("--wallet", person("ana").address)
    console.refuses(*base, *nowhere, because="does not exist on local test chain (chain 31337)", passwords=1)
    no_folder = [word for word in base if word not in FOLDER]
    console.refuses(*no_folder, because="Which folder?", code=2, passwords=1)
    console.run("wallet", "rotate", mine.wallet, "--new-owner", person("ana").address, *OWNER, *PAYER, passwords=2)
    because = f"{person('owner').address} {REFUSED}."
    console.refuses(*base, "--wallet", mine.wallet, because=because, passwords=1)


def test_shares_of_what_owns_nothing_are_healed_without_the_chain(live: Live, console: Console, mine: Setting) -> None:
    options = ("--group", "2 of 2", *holding("Xaver", "Yara"), *FOLDER)
    console.run("backup", "split", "--hex", *options, "-o", "other", passwords=["ab" * 16])
    again = ("backup", "heal", *shares(console, "other"), "--rotate", *options, *PAYER, "-o", "more")
    console.refuses(*again, because="which owns no wallet. Leave --rotate out", code=2, passwords=1)


def test_shares_of_an_account_that_is_a_key_itself_cannot_be_made_worthless(
    console: Console, policy: PolicyPlan
) -> None:
    folder = folder_of(console, policy, None)
    split(console)
    (note,) = in_use(console)
    place = Place(folder, str(note.about.address), None, None, None, [])  # type: ignore[arg-type]
    assert "nobody can replace it" in backup_renewing._no_owner(place, note, owners_of("ana")).message
    other = replace(place, wallet=person("ana").address)
    assert "use recovery keys rotate" in backup_renewing._no_owner(other, note, owners_of("ana")).message


def test_a_frozen_wallet_keeps_its_key_for_now(live: Live, console: Console, mine: Setting) -> None:
    agreed(console, "freeze", "f.json", "ana", "--action", "freeze", "--path", "freeze")
    console.refuses(*heal(console), because="frozen", passwords=1)


def test_owners_of_the_same_words_are_not_replaced_at_once(live: Live, console: Console, policy: PolicyPlan) -> None:
    with Seed.of(WORDS) as seed:
        both = [str(seed.account(Places.parse("m/44'/60'/0'/0/i").at(index)).address) for index in (0, 1)]
    wallet = established(live, console, policy, *both).wallet
    folder_of(console, policy, wallet)
    split(console, "--seed", WORDS)
    console.refuses(*heal(console), because="2 owners of this wallet come from the same words", passwords=1)


def test_without_rotate_the_command_is_printed_that_makes_old_shares_worthless(
    live: Live, console: Console, mine: Setting
) -> None:
    without = [word for word in heal(console) if word not in ("--rotate", "-o", "new")]
    said = console.run(*without, passwords=1)
    assert "that key still opens the account" in said.words and live.client.owners(mine.wallet) == mine.owners
    (command,) = (line for line in commands(said) if "--rotate" in line)
    copied(console, command, passwords=1, account="payer")
    # Both sets of the old key are given up, and the fresh one owns the wallet.
    (fresh,) = in_use(console)
    assert live.client.owners(mine.wallet) == owners_of(str(fresh.about.address)) and len(notes(console)) == 3
