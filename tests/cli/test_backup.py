"""`recovery backup`: a secret is split, its shares are sealed, handed out and put together again."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner
from shamir_mnemonic import generate_mnemonics

from recovery import files
from recovery.backup.share import SetNote, Share
from recovery.card import Card
from recovery.cli import cli
from recovery.folder import Folder
from recovery.plan import PolicyPlan
from tests.cli.conftest import Console, commands
from tests.cli.guardian_world import FOLDER, PAST, folder_of
from tests.live import Result
from tests.recovery.samples import forged
from tests.world import person, sign, signer

AGE = shutil.which("age")
KEY = "0x" + bytes(person("owner").key).hex()
ADDRESS = person("owner").address
SEED = "legal winner thank year wave sausage worth useful legal winner thank yellow"
PHRASE = "sesame street"
TWO_OF_THREE = ("--group", "2 of 3", "--holder", "Xaver", "--holder", "Yara", "--holder", "Zoe")
OUT = ("-o", "out")


@pytest.fixture(autouse=True)
def secretive(console: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No share's words, no key and no passphrase may ever be on the screen."""
    monkeypatch.delenv("RECOVERY_NETWORK", raising=False)
    yield
    said = " ".join("\n".join(console.said).lower().split())
    for path in console.home.rglob("share-*.json"):
        words = json.loads(path.read_text()).get("mnemonic", "").split()
        for first, second, third in zip(words, words[1:], words[2:], strict=False):
            assert f"{first} {second} {third}" not in said
    assert PHRASE not in said and KEY[2:] not in said


def made(console: Console, *more: str, secret: list[str] | None = None) -> Result:
    return console.run("backup", "split", "--raw-key", *TWO_OF_THREE, *OUT, *more, passwords=secret or [KEY])


def shares(console: Console, where: str = "out") -> list[str]:
    return sorted(str(path.relative_to(console.home)) for path in (console.home / where).glob("share-*"))


def read(console: Console, name: str) -> Share:
    return Share.loads((console.home / name).read_text())


def combined(console: Console, *sources: str, **more: object) -> Result:
    return console.run("backup", "combine", *sources, **more)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------- split


def test_a_key_is_split_and_any_two_of_three_bring_it_back(console: Console) -> None:
    said = made(console, "--label", "phone")
    one, two, three = shares(console)
    assert "Enough of them bring the secret back: that was tried." in said.words
    assert "NOT SEALED: the shares of Xaver, Yara and Zoe." in said.words
    assert "no policy is known" in said.words
    assert {stat.S_IMODE(path.stat().st_mode) for path in (console.home / "out").iterdir()} == {0o600}
    assert stat.S_IMODE((console.home / "out").stat().st_mode) == 0o700
    share = read(console, one)
    assert (share.holder, share.about.label, share.about.address) == ("Xaver", "phone", ADDRESS)
    note = SetNote.loads((console.home / "out/set.json").read_text())
    assert [holder.name for holder in note.holders] == ["Xaver", "Yara", "Zoe"]
    for chosen in ((one, two), (three, one), (two, three), (one, two, three)):
        again = combined(console, *chosen, "--as", "hex", "-o", "back.txt")
        assert "That is enough." in again.words and "The check value of set" in again.words
        assert (console.home / "back.txt").read_text() == KEY[2:] + "\n"
        assert stat.S_IMODE((console.home / "back.txt").stat().st_mode) == 0o600
        (console.home / "back.txt").unlink()


def test_a_keystore_is_split_and_comes_back_with_a_new_password(console: Console) -> None:
    console.run("backup", "split", "--key", "owner", *TWO_OF_THREE, *OUT, passwords=1)
    said = combined(console, *shares(console)[1:], passwords=["a new password"])
    assert ADDRESS in said.words
    (back,) = console.home.glob("restored-*.json")
    assert stat.S_IMODE(back.stat().st_mode) == 0o600
    from eth_account import Account

    assert bytes(Account.decrypt(json.loads(back.read_text()), "a new password")) == bytes(person("owner").key)


def test_a_seed_phrase_comes_back_as_the_same_words_after_a_yes(console: Console) -> None:
    said = console.run("backup", "split", "--seed", *TWO_OF_THREE, *OUT, passwords=[SEED.upper()])
    assert "A hardware wallet that takes SLIP-39 shares as its seed would make another wallet" in said.words
    assert len(read(console, shares(console)[0]).words.text.split()) == 20
    console.refuses("backup", "combine", *shares(console), because="You said no")
    assert SEED not in " ".join("\n".join(console.said).split())
    said = combined(console, *shares(console), answer="y\n")
    assert SEED in said.out
    console.said.clear()
    combined(console, *shares(console), "-o", "words.txt")
    assert (console.home / "words.txt").read_text() == SEED + "\n"


def test_the_policy_secret_is_split_and_comes_back(console: Console, policy: PolicyPlan) -> None:
    console.run("backup", "split", "--policy", "policy.json", *TWO_OF_THREE, *OUT)
    assert read(console, shares(console)[0]).about.address is None
    combined(console, *shares(console)[:2], "-o", "secret.txt")
    assert (console.home / "secret.txt").read_text().strip() == policy.secret.hex()


@pytest.mark.parametrize("size", [16, 18, 24, 32])
def test_any_bytes_are_split(console: Console, size: int) -> None:
    secret = os.urandom(size).hex()
    console.run("backup", "split", "--hex", *TWO_OF_THREE, *OUT, passwords=[secret])
    combined(console, *shares(console)[:2], "-o", "secret.txt")
    assert (console.home / "secret.txt").read_text().strip() == secret


def test_groups_need_their_own_thresholds_and_what_is_missing_is_said(console: Console) -> None:
    holders = [part for name in ("Me", "A", "B", "C", "D", "E") for part in ("--holder", name)]
    groups = ("--group", "1 of 1", "--group", "2 of 3", "--group", "2-of-2", "--group-threshold", "2")
    console.run("backup", "split", "--raw-key", *groups, *holders, *OUT, passwords=[KEY])
    me, a, b, _, d, e = shares(console)
    because = "Complete: group 1. 1 more share of group 2 is needed: 1 of 2 is there. 1 more group must be complete"
    console.refuses("backup", "combine", me, a, because=because)
    console.refuses("backup", "combine", a, d, because="2 more groups must be complete: 2 of 3")
    for number, chosen in enumerate(((me, a, b), (d, e, me), (a, b, d, e), (me, a, b, d, e))):
        combined(console, *chosen, "--as", "hex", "-o", f"back-{number}.txt")
        assert (console.home / f"back-{number}.txt").read_text().strip() == KEY[2:]


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ((), "Give one of --seed"),
        (("--seed", "--hex"), "Give one of --seed"),
        (("--seed", "--group", "2 of 3"), "Say how many of them it takes"),
        (("--seed", "--holder", "W"), "There will be 3 shares, and you name 4 holders"),
        (("--seed", "--group-threshold", "2"), "Of 1 groups 2 cannot be needed"),
        (("--seed", "--label", SEED), "That looks like a private key"),
        (("--seed", "--label", KEY), "That looks like a private key"),
        (("--key", KEY), "That looks like a private key"),
        (("--key", "nobody"), "There is no keystore file"),
        (("--policy", "nothing.json"), "cannot be read"),
        (("--seed", "-o", "taken"), "taken exists already"),
        (("--seed", "--folder", "nowhere"), "is not an owner's folder"),
    ],
)
def test_a_slip_is_refused_before_anything_is_asked(console: Console, options: tuple[str, ...], because: str) -> None:
    (console.home / "taken").mkdir()
    console.refuses("backup", "split", *TWO_OF_THREE, *options, because=because, code=2)


@pytest.mark.parametrize(
    ("rule", "names", "because"),
    [
        ("1 of 1", "A", "A single share would be the whole secret"),
        ("1 of 3", "A B C", "everybody would have the same share"),
        ("3 of 2", "A B", 'cannot be "3 of 2"'),
        ("two of three", "A B C", "is no rule of a group"),
        ("2 of 17", "A", 'cannot be "2 of 17"'),
        ("2 of 3", "A A B", "One holder would have enough shares"),
        ("2 of 3", "A B", "There will be 3 shares, and you name 2"),
    ],
)
def test_rules_that_make_no_sense_are_refused(console: Console, rule: str, names: str, because: str) -> None:
    holders = [part for name in names.split() for part in ("--holder", name)]
    console.refuses("backup", "split", "--seed", "--group", rule, *holders, because=because, code=2)


@pytest.mark.parametrize(
    ("option", "typed", "because"),
    [
        ("--seed", SEED.replace("yellow", "winner"), "checksum is wrong"),
        ("--seed", SEED.replace("wave", "waves"), "not on the list"),
        ("--raw-key", "00" * 32, "no private key"),
        ("--raw-key", "ab" * 16, "has 32 bytes"),
        ("--raw-key", "secret?", "hexadecimal digits"),
        ("--hex", "ab" * 15, "cannot be split"),
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(console: Console, option: str, typed: str, because: str) -> None:
    console.refuses("backup", "split", option, *TWO_OF_THREE, because=because, code=2, passwords=[typed])
    assert typed not in "\n".join(console.said)


def test_nobody_to_ask_is_said(console: Console) -> None:
    console.refuses("backup", "split", "--seed", *TWO_OF_THREE, because="In a script, give --password-fd")


# ------------------------------------------------------------------------------------------- interruption


def broken(monkeypatch: pytest.MonkeyPatch, at: int, error: BaseException) -> None:
    """The nth file cannot be written any more."""
    really, count = files.write_bytes, iter(range(1, 100))

    def write(*arguments: object, **more: object) -> Path:
        if next(count) == at:
            raise error
        return really(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "write_bytes", write)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("foldered", [True, False])
def test_an_interrupted_split_leaves_nothing(
    console: Console, policy: PolicyPlan, monkeypatch: pytest.MonkeyPatch, at: int, foldered: bool
) -> None:
    folder_of(console, policy, None)
    before = console.files()
    options = FOLDER if foldered else ()
    read_end, write_end = os.pipe()
    os.write(write_end, f"{KEY}\n".encode())
    with monkeypatch.context() as patch:
        broken(patch, at, KeyboardInterrupt())
        arguments = ["backup", "split", "--raw-key", *TWO_OF_THREE, *OUT, *options, "--password-fd", str(read_end)]
        done = CliRunner(mix_stderr=False).invoke(cli, arguments)
    os.close(read_end)
    os.close(write_end)
    assert done.exit_code == 1 and "Stopped." in done.stderr
    assert console.files() == before
    assert not (console.home / "out").exists() and not list(console.home.glob("unfinished-*"))


def test_shares_that_do_not_bring_the_secret_back_are_never_written(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recovery.backup import shares as model

    really = model.State.combine
    monkeypatch.setattr(model.State, "combine", lambda self, phrase=b"": really(self, phrase)[:-1] + b"\0")
    console.refuses(
        "backup", "split", "--raw-key", *TWO_OF_THREE, because="do not bring the secret back", passwords=[KEY]
    )


# -------------------------------------------------------------------------------------------- passphrase


def test_a_wrong_passphrase_is_said_to_be_wrong(console: Console) -> None:
    made(console, "--passphrase", secret=[KEY, PHRASE])
    one = read(console, shares(console)[0])
    assert one.about.passphrase and one.about.address is None
    because = "The passphrase is wrong: the shares are good and belong together"
    console.refuses("backup", "combine", *shares(console), because=because, passwords=["sesame treet"])
    console.refuses("backup", "combine", *shares(console), because=because, passwords=[""])
    combined(console, *shares(console), "--as", "hex", "-o", "back.txt", passwords=[PHRASE])
    assert (console.home / "back.txt").read_text().strip() == KEY[2:]


def test_at_a_prompt_a_passphrase_may_be_tried_again(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    made(console, "--passphrase", secret=[KEY, PHRASE])
    typed = iter(["wrong", "wronger", PHRASE])
    monkeypatch.setattr("recovery.cli.keys.read_secret", lambda *_: next(typed))
    said = combined(console, *shares(console), "--as", "hex", "-o", "back.txt")
    assert said.err.count("The passphrase is wrong") == 2
    assert (console.home / "back.txt").read_text().strip() == KEY[2:]


def test_a_passphrase_that_other_computers_type_otherwise_is_refused(console: Console) -> None:
    for phrase, because in (("señor", "letters without accents"), ("", "The passphrase is empty")):
        arguments = ("backup", "split", "--raw-key", *TWO_OF_THREE, "--passphrase")
        console.refuses(*arguments, because=because, code=2, passwords=[KEY, phrase])


def test_a_passphrase_typed_in_two_ways_is_refused(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([KEY, PHRASE, "another"])
    monkeypatch.setattr("recovery.cli.keys.read_secret", lambda *_: next(typed))
    console.refuses(
        "backup", "split", "--raw-key", *TWO_OF_THREE, "--passphrase", because="two different passphrases", code=2
    )


# ---------------------------------------------------------------------------------------------- combine


def test_words_are_typed_with_four_letters_each_and_the_folder_knows_what_they_are_of(
    console: Console, policy: PolicyPlan
) -> None:
    folder_of(console, policy, None)
    made(console, "--passphrase", *FOLDER, secret=[KEY, PHRASE])
    typed = [" ".join(word[:4] for word in read(console, name).words.text.split()) for name in shares(console)[:2]]
    said = combined(console, "--typed", *FOLDER, "--as", "hex", "-o", "back.txt", passwords=[*typed, PHRASE])
    assert "1 more share is needed: 1 of 2 is there" in said.words and "The check value of set" in said.words
    assert ADDRESS in said.words
    assert (console.home / "back.txt").read_text().strip() == KEY[2:]


def test_shares_of_another_wallet_are_combined_with_a_warning(console: Console) -> None:
    theirs = generate_mnemonics(1, [(2, 2)], bytes.fromhex(KEY[2:]), b"abc", extendable=False)[0]
    (console.home / "paper.txt").write_text(theirs[0] + "\n")
    arguments = ("paper.txt", "--typed", "--passphrase")
    console.refuses(
        "backup",
        "combine",
        *arguments,
        because="Words alone do not say what they are of",
        code=2,
        passwords=[theirs[1]],
    )
    said = combined(console, *arguments, "--as", "hex", "-o", "b.txt", passwords=[theirs[1], "abc"])
    assert "nobody can tell whether the secret is right" in said.words
    assert (console.home / "b.txt").read_text().strip() == KEY[2:]
    for each in theirs:
        assert each not in "\n".join(console.said)


def test_our_shares_are_combined_by_another_program(console: Console) -> None:
    from shamir_mnemonic import combine_mnemonics

    made(console, "--passphrase", secret=[KEY, PHRASE])
    words = [read(console, name).words.text for name in shares(console)[1:]]
    assert combine_mnemonics(words, PHRASE.encode()).hex() == KEY[2:]


def test_at_a_prompt_a_slip_is_asked_for_again_and_not_repeated(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(console)
    words = read(console, shares(console)[1]).words.text
    listed = words.split()
    slip = [*listed[:8], "zero" if listed[8] != "zero" else "acid", *listed[9:]]
    typed = iter([" ".join(slip), "nonsense", words])
    monkeypatch.setattr("recovery.cli.keys.read_secret", lambda *_: next(typed))
    said = combined(console, shares(console)[0], "--typed", "--as", "hex", "-o", "back.txt")
    assert "Word 9 is another one" in said.words and "Word 1 is not on the list" in said.words
    assert "nonsense" not in said.words
    assert (console.home / "back.txt").read_text().strip() == KEY[2:]


def test_mixed_sets_and_altered_files_are_named(console: Console) -> None:
    made(console)
    console.run("backup", "split", "--raw-key", *TWO_OF_THREE, "-o", "other", passwords=[KEY])
    one, two, _ = shares(console)
    strange = shares(console, "other")[1]
    console.refuses("backup", "combine", one, strange, because="Leave out what is of another set", code=2)
    both = (*shares(console), *shares(console, "other"))
    console.refuses("backup", "combine", *both, because="Name the files of the one that you mean", code=2)
    for number, chosen in enumerate(((strange, one, two), (one, strange, two), (one, two, strange))):
        said = combined(console, *chosen, "--as", "hex", "-o", f"back-{number}.txt")
        names = [read(console, name).about.short for name in (strange, one)]
        assert f"Left out, being of set {names[0]}, of " in said.words
        assert f"while enough are of set {names[1]}, of " in said.words
        assert f": {strange}." in said.words and f"value of set {names[1]} is right" in said.words
        assert (console.home / f"back-{number}.txt").read_text().strip() == KEY[2:]
    text = (console.home / two).read_text()
    (console.home / "cut.json").write_text(text[:-40])
    console.refuses("backup", "combine", one, "cut.json", because="cut.json is not a share of a secret", code=2)
    (console.home / "bent.json").write_text(text.replace("Yara", "Yaro"))
    console.refuses("backup", "combine", one, "bent.json", because="altered or cut off", code=2)
    (console.home / "note.txt").write_text("some words that are none")
    console.refuses("backup", "combine", one, "note.txt", because="note.txt is no share", code=2)
    console.refuses("backup", "combine", one, "policy.yaml", because="policy.yaml is no share", code=2)
    console.refuses("backup", "combine", because="Which shares?", code=2)
    said = console.run("backup", "combine", one, one, code=1)
    assert "the same share once more, which counts once" in said.words


def test_a_whole_seed_phrase_is_not_taken_for_a_share(console: Console) -> None:
    (console.home / "words.txt").write_text(SEED)
    because = "words.txt: This is a seed phrase, no share: it needs no others. Keys come of it with: recovery keys"
    console.refuses("backup", "combine", "words.txt", because=because, code=2)
    console.refuses("backup", "combine", "--typed", because="This is a seed phrase", code=2, passwords=[SEED])
    (console.home / "words.txt").write_text(SEED.replace("yellow", "winner"))  # neither
    console.refuses("backup", "combine", "words.txt", because="its words are none either", code=2)
    assert "winner" not in "\n".join(console.said)


def test_a_check_value_or_account_that_does_not_fit_is_refused(console: Console) -> None:
    made(console)
    for changes, because in (
        ({"check__value": "0x00000000"}, "the check value does not fit"),
        ({"address": person("ana").address}, f"the key of {ADDRESS}, and the shares are said to be of"),
    ):
        for name in shares(console)[:2]:
            path = console.home / f"forged-{Path(name).name}"
            path.write_text(forged((console.home / name).read_text(), **changes))
        names = sorted(path.name for path in console.home.glob("forged-*"))
        console.refuses("backup", "combine", *names, because=because)


def test_a_secret_becomes_only_what_it_is(console: Console) -> None:
    made(console)
    console.refuses("backup", "combine", *shares(console), "--as", "words", because="it can become keystore or", code=2)
    (console.home / "there.txt").write_text("x")
    because = "there.txt exists already"
    console.refuses("backup", "combine", *shares(console), "-o", "there.txt", because=because, code=2)
    console.refuses("backup", "combine", *shares(console), because="at least 8 characters", code=2, passwords=["short"])


def test_a_share_that_came_as_text_in_a_message_is_read(console: Console) -> None:
    from recovery import frames

    made(console)
    one, two, _ = shares(console)
    (framed,) = frames.encode((console.home / two).read_text())
    (console.home / "mail.txt").write_text(f"Hello,\n> {framed}\nBye")
    combined(console, one, "mail.txt", "--as", "hex", "-o", "back.txt")
    assert (console.home / "back.txt").read_text().strip() == KEY[2:]


# ------------------------------------------------------------------------------------------------ sealed


@pytest.fixture
def identity(console: Console) -> Callable[[str], str]:
    """Makes somebody's age key; returns the recipient."""

    def make(name: str) -> str:
        made = pyrage.x25519.Identity.generate()
        (console.home / f"{name}.key").write_text(f"# public key: {made.to_public()}\n{made}\n")
        return str(made.to_public())

    return make


def with_age(name: str, who: str, age_key: str) -> Card:
    card = Card(name, signer(who), "", age_key, PAST)
    return card.signed(sign(who, card.message))


def test_shares_are_sealed_to_the_keys_on_cards_and_open_for_their_holders(
    console: Console, policy: PolicyPlan, identity: Callable[[str], str]
) -> None:
    folder = folder_of(console, policy, None)
    folder.add_card(with_age("Xaver", "payer", identity("xaver")))
    folder.add_card(with_age("Yara", "new", identity("yara")))
    said = made(console, *FOLDER)
    assert "NOT SEALED: the shares of Zoe." in said.words
    one, two, three = shares(console)
    assert [name.endswith(".age") for name in (one, two, three)] == [True, True, False]
    assert b"mnemonic" not in (console.home / one).read_bytes()
    (path,) = (console.home / "mine/shares").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [bool(holder.sealed) for holder in SetNote.loads(path.read_text()).holders] == [True, True, False]
    console.refuses("backup", "combine", one, two, because=f"{one} is sealed. Give --identity", code=2)
    because = f"{two} is sealed for another key"
    console.refuses("backup", "combine", one, two, "--identity", "xaver.key", because=because)
    both = ("--identity", "xaver.key", "--identity", "yara.key")
    combined(console, one, two, *both, "--as", "hex", "-o", "back.txt")
    assert (console.home / "back.txt").read_text().strip() == KEY[2:]
    console.run("backup", "open", two, "--identity", "yara.key", "-o", "yara.json")
    result = console.run("backup", "combine", one, "yara.json", three, "--as", "hex", "-o", "without.txt")
    assert f"{one}: sealed, and not needed." in result.words
    assert (console.home / "without.txt").read_text().strip() == KEY[2:]
    opened = console.run("backup", "open", one, "--identity", "xaver.key", "-o", "plain.json")
    assert "It opens, and it is sound." in opened.words and "Needed 2 of 3" in opened.words
    assert stat.S_IMODE((console.home / "plain.json").stat().st_mode) == 0o600
    assert read(console, "plain.json").holder == "Xaver"


@pytest.mark.skipif(AGE is None, reason="needs age (Debian's package of that name): apt-get install age")
def test_the_plain_tool_opens_and_makes_sealed_shares(console: Console, identity: Callable[[str], str]) -> None:
    recipient = identity("xaver")
    made(console)
    one, two, _ = shares(console)
    console.run("backup", "seal", one, "--to", recipient, "-o", "one.age")
    done = subprocess.run(
        [str(AGE), "-d", "-i", "xaver.key", "one.age"], cwd=console.home, capture_output=True, check=True
    )
    assert done.stdout == (console.home / one).read_bytes()
    subprocess.run([str(AGE), "-r", recipient, "-o", "two.age", two], cwd=console.home, check=True)
    combined(console, "one.age", "two.age", "--identity", "xaver.key", "--as", "hex", "-o", "back.txt")
    assert (console.home / "back.txt").read_text().strip() == KEY[2:]


def test_sealing_refuses_what_cannot_be_right(console: Console, identity: Callable[[str], str]) -> None:
    recipient = identity("xaver")
    made(console)
    one = shares(console)[0]
    (console.home / "card.json").write_text(with_age("Xaver", "payer", "").dumps())
    secret = (console.home / "xaver.key").read_text().split("\n")[1]
    for options, because in (
        ((), "For whom? Give --to"),
        (("--to", "age1xyz"), "is no age recipient"),
        (("--to", secret), "This is a secret key of age"),
        (("--card", "card.json"), "The card of Xaver names no age key"),
        (("--to", recipient, "-o", one), "exists already"),
    ):
        console.refuses("backup", "seal", one, *options, because=because, code=2)
    assert secret not in "\n".join(console.said)
    console.refuses("backup", "seal", "card.json", "--to", recipient, because="is a guardian's card", code=2)
    console.run("backup", "seal", one, "--to", recipient)
    sealed = f"{one}.age"
    assert stat.S_IMODE((console.home / sealed).stat().st_mode) == 0o600
    console.refuses("backup", "open", sealed, because="Which identity opens it?", code=2)
    console.refuses("backup", "open", one, "--identity", "xaver.key", because="is not sealed", code=2)
    console.refuses("backup", "open", sealed, "--identity", "card.json", because="holds no identity", code=2)
    identity("stranger")
    console.refuses("backup", "open", sealed, "--identity", "stranger.key", because="sealed for another key")
    (console.home / "cut.age").write_bytes((console.home / sealed).read_bytes()[:-90])
    console.refuses("backup", "open", "cut.age", "--identity", "xaver.key", because="cut.age is damaged", code=2)


# ------------------------------------------------------------------------------------- guardians, listing


@pytest.mark.parametrize("how", ["name", "signer", "person"])
def test_nobody_holds_a_share_and_a_vote_without_being_told(console: Console, policy: PolicyPlan, how: str) -> None:
    from dataclasses import replace

    if how == "person":
        policy = replace(policy, guardians=(replace(policy.guardians[0], person="Zoe"), *policy.guardians[1:]))
    folder = folder_of(console, policy, None)
    holder = {"name": "ana", "signer": "Zoe", "person": "zoe"}[how]
    if how == "signer":
        folder.add_card(with_age("Zoe", "ana", ""))
    names = ("--group", "2 of 3", "--holder", "Xaver", "--holder", "Yara", "--holder", holder)
    arguments = ("backup", "split", "--raw-key", *names, *FOLDER, *OUT)
    console.refuses(*arguments, because=f"{holder} would hold both a share and a guardian's vote", passwords=[KEY])
    said = console.run(*arguments, "--guardians-too", passwords=[KEY])
    assert f"{holder} would hold a share and is also a guardian of yours" in said.words
    share = read(console, shares(console)[2])
    assert share.guardian and not read(console, shares(console)[0]).guardian
    assert "also a guardian" in console.run("backup", "list", *FOLDER).words


def test_sets_are_listed_with_what_may_be_lost(console: Console, policy: PolicyPlan) -> None:
    folder_of(console, policy, None)
    said = console.run("backup", "list", *FOLDER)
    assert "There are no shares in" in said.words and commands(said)
    made(console, "--passphrase", "--label", "phone", *FOLDER, secret=[KEY, PHRASE])
    said = console.run("backup", "list", *FOLDER)
    for text in (
        "2 of 3, of a private key (phone)",
        ADDRESS,
        "any 1 of the holders",
        "2 holders together",
        "not sealed",
    ):
        assert text in said.words
    (listed,) = json.loads(console.run("backup", "list", *FOLDER, "--json").out)
    assert (listed["mayBeLost"], listed["together"], listed["address"]) == (1, 2, ADDRESS)
    assert [holder["name"] for holder in listed["holders"]] == ["Xaver", "Yara", "Zoe"]
    (path,) = (console.home / "mine/shares").iterdir()
    note = SetNote.loads(path.read_text())
    path.write_text(note.retire(1_900_000_000).dumps())
    assert "Given up on" in console.run("backup", "list", *FOLDER).words
    path.write_text(path.read_text().replace("Xaver", "Xavier"))
    console.refuses("backup", "list", *FOLDER, because="altered or cut off", code=2)


def test_where_one_holds_several_shares_it_is_said_what_that_means(console: Console, policy: PolicyPlan) -> None:
    folder_of(console, policy, None)
    names = [part for name in ("Xaver", "Xaver", "Yara", "Zoe") for part in ("--holder", name)]
    arguments = ("backup", "split", "--raw-key", "--group", "3 of 4", *names, *FOLDER, *OUT)
    said = console.run(*arguments, passwords=[KEY])
    assert "3 shares are needed, but 2 people have enough together: Xaver would hold more than one." in said.words
    said = console.run("backup", "list", *FOLDER)
    assert "not just anybody: without Xaver too few are left" in said.words and "2 holders together" in said.words
    others = [part for name in ("Wim", "Yara", "Zoe") for part in ("--holder", name)]
    arguments = ("backup", "split", "--raw-key", "--group", "3 of 3", *others, *FOLDER, "-o", "more", "--second-set")
    assert "would hold more than one" not in console.run(*arguments, passwords=[KEY]).words
    assert "nobody: every holder is needed" in console.run("backup", "list", *FOLDER).words


def test_a_second_set_of_a_secret_is_agreed_to(console: Console, policy: PolicyPlan) -> None:
    folder_of(console, policy, None)
    made(console, *FOLDER)
    set_ = read(console, shares(console)[0]).about.short
    again = ("backup", "split", "--raw-key", *TWO_OF_THREE, "-o", "more", *FOLDER)
    console.refuses(*again, because=f"Nothing was made: set {set_} of the same secret is in use.", passwords=[KEY])
    said = console.run(*again, "--second-set", passwords=[KEY])
    assert f"Set {set_} (2 of 3, for Xaver, Yara and Zoe) is of the same secret, and stays good" in said.words
    assert "recovery backup heal SHARE" in said.out
    (path,) = (console.home / "mine/shares").glob(f"set-{set_}.json")
    note = SetNote.loads(path.read_text()).retire(1_900_000_000)
    path.write_text(note.destroying(["Yara"], 1_900_000_001).dumps())
    third = ("backup", "split", "--raw-key", *TWO_OF_THREE, "-o", "third", *FOLDER)
    said = console.run(*third, passwords=[KEY], code=1)
    assert "and enough of them still give the secret: Xaver and Zoe." in said.words
    assert f"set {set_} of the same secret" not in said.words  # only of the one in use it is asked
    path.write_text(note.destroying(["Xaver", "Yara", "Zoe"], 1_900_000_001).dumps())
    path.with_name("set-00000000.json").write_text("{}")
    said = console.run(*third, passwords=[KEY], code=1)
    assert set_ not in said.words and "set-00000000.json" in said.words and "It is left out." in said.words
    # What has no account is known by its check value; another secret is not asked about.
    for option, secret in (("--hex", "ab" * 16), ("--raw-key", "0x" + bytes(person("ana").key).hex())):
        other = ("backup", "split", option, *TWO_OF_THREE, *FOLDER)
        assert "of the same secret" not in console.run(*other, "-o", f"out{option}", passwords=[secret]).words
        console.refuses(*other, "-o", "twice", because="of the same secret is in use", passwords=[secret])


def test_a_set_made_by_mistake_is_given_up_as_a_whole_and_never_the_last_one(
    console: Console, policy: PolicyPlan
) -> None:
    folder_of(console, policy, None)
    made(console, *FOLDER)
    one = read(console, shares(console)[0]).about.short
    give_up = ("backup", "destroyed", "xaver", "Yara", "Zoe", *FOLDER)
    console.refuses(*give_up, "--set", one, because=f"Set {one} is the only one in use of the key of {ADDRESS}")
    console.run("backup", "split", "--raw-key", *TWO_OF_THREE, "-o", "b", "--second-set", *FOLDER, passwords=[KEY])
    console.refuses(*give_up, because="has no share of a set that was given up", code=2)  # which set is never guessed
    some = ("backup", "destroyed", "Xaver", "Yara", "--set", one, *FOLDER)
    because = "name all of its holders: Xaver, Yara, Zoe."
    console.refuses(*some, because=because, code=2)
    console.refuses(*give_up, "Wim", "--set", one, because="Wim' has no share", code=2)
    said = console.run(*give_up, "--set", one)
    assert "nothing is left" in said.words and "has that secret still" in said.words
    listed = {each["set"]: each for each in json.loads(console.run("backup", "list", *FOLDER, "--json").out)}
    assert listed[one]["retired"] and all(holder["destroyed"] for holder in listed[one]["holders"])
    (two,) = set(listed) - {one}
    assert listed[two]["retired"] is None and not any(holder["destroyed"] for holder in listed[two]["holders"])
    console.refuses(*give_up, "--set", two, because="is the only one in use")


def test_a_folder_still_opens_with_shares_in_it(console: Console, policy: PolicyPlan) -> None:
    folder_of(console, policy, None)
    made(console, *FOLDER)
    assert Folder.open(console.home / "mine").newest == policy
