"""`recovery keys`: made from words, kept in files that every wallet opens, and made again."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_account import Account

from recovery import keystore
from recovery.cli.keys import find
from recovery.keys.seed import Places, Seed, parse_words
from tests.cli.conftest import Console
from tests.live import PASSWORD, PROGRAM, Result
from tests.live import keystore as keystore_of
from tests.world import person

CAST = Path(sys.executable).with_name("cast")
JUNK = "test test test test test test test test test test test junk"
FIRST, SECOND = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
STRANGER = person("shop").address


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keystores that are opened at once, as real ones take a second each."""
    slow = keystore.encrypt
    monkeypatch.setattr(keystore, "encrypt", lambda key, password: slow(key, password, kdf="pbkdf2", iterations=2))


def silent(console: Console, *secrets: str) -> None:
    """Nothing of that was ever shown."""
    said = " ".join("\n".join(console.said).split())
    assert not [secret for secret in secrets if secret in said]


def made_by_program(
    console: Console, *arguments: str, secrets: list[str] | None = None, code: int = 0
) -> tuple[Result, str]:
    """Makes keys as a program does, which gets the words through a pipe of its own."""
    read, write = os.pipe()
    try:
        done = console.run(
            "keys", "new", *arguments, "--words-fd", str(write), passwords=secrets or [PASSWORD], code=code
        )
    finally:
        os.close(write)
    with os.fdopen(read) as pipe:
        words = pipe.read().strip()
    if words:
        silent(console, words)
    return done, words


def opened(path: Path, password: str = PASSWORD) -> str:
    """The address of the key that is in a keystore, as the library of Ape opens it."""
    return str(Account.from_key(Account.decrypt(json.loads(path.read_text()), password)).address)


# -------------------------------------------------------------------------------------------------- new


@pytest.mark.parametrize("count", ["12", "24"])
def test_new_keys_follow_from_words_and_open_everywhere(console: Console, count: str, quick: None) -> None:
    done, words = made_by_program(console, "-o", "safe", "--words", count, "--accounts", "2")
    assert parse_words(words) == words and len(words.split()) == int(count)
    for number in (1, 2):
        path = console.home / "safe" / f"owner-{number}.json"
        expected = Seed.of(words).account(Places.parse("m/44'/60'/0'/0/i").at(number - 1)).address
        assert opened(path) == find(str(path)).address == expected and expected in done.out
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        if CAST.exists():
            command = [CAST, "wallet", "address", "--keystore", path, "--password", PASSWORD]
            assert subprocess.run(command, capture_output=True, text=True).stdout.strip() == expected
    assert stat.S_IMODE((console.home / "safe").stat().st_mode) == 0o700
    assert f"recovery keys restore --expect {find('safe/owner-1.json').address} -o TRIAL" in done.words


def test_a_key_that_is_made_without_more_is_strong_and_is_called_by_its_name(console: Console) -> None:
    done, words = made_by_program(console, "--name", "mine")
    content = json.loads((console.home / ".ape" / "accounts" / "mine.json").read_text())
    assert content["crypto"]["kdf"] == "scrypt" and content["crypto"]["kdfparams"]["n"] >= 2**18
    shown = console.run("keys", "show", "mine")
    assert find("mine").address == Seed.of(words).account(Places.parse("m/44'/60'/0'/0/0").at(0)).address
    assert "scrypt, n 262144, r 8, p 1" in shown.words and "Warning" not in shown.words
    assert "The words give these keys on any computer." in done.words


def test_path_and_passphrase_are_the_users_own(console: Console, quick: None) -> None:
    done, words = made_by_program(
        console, "-o", ".", "--path", "m/44h/60h/ih/0/0", "--passphrase", secrets=["two words", PASSWORD]
    )
    assert (
        find("./owner.json").address
        == Seed.of(words, "two words").account(Places.parse("m/44'/60'/0'/0/0").at(0)).address
    )
    assert "together with the passphrase" in done.words and "--passphrase -o TRIAL" in done.words
    silent(console, "two words")


@pytest.mark.parametrize(
    ("arguments", "because", "code"),
    [
        (("-o", ".", "--accounts", "2", "--path", "m/44'/60'/0'/0/0"), "write i in place of the number", 2),
        (("-o", ".", "--path", "m/44'/x"), "A path begins with m", 2),
        (("-o", ".", "--path", JUNK), "That looks like a private key or its words, and was not used", 2),
        (("-o", ".", "--name", JUNK), "That looks like a private key or its words, and was not used", 2),
        (("-o", ".", "--name", "../up"), "cannot be what a key is called", 2),
        (("-o", ".", "--name", "paper"), "cannot be what a key is called", 2),
        (("-o", ".", "--name", ""), "cannot be what a key is called", 2),
        (("-o", ".ape/accounts", "--name", "ana"), "ana.json exists already", 2),
        (("--name", "ana"), "ana.json exists already", 2),
        (("-o", "policy.yaml/sub"), "cannot be", 2),
    ],
)
def test_what_cannot_be_made_is_refused_before_there_are_words(
    console: Console, arguments: tuple[str, ...], because: str, code: int, quick: None
) -> None:
    before = console.files()
    done, words = made_by_program(console, *arguments, code=code)
    assert because in done.words and console.files() == before
    silent(console, JUNK)
    assert not words or "sub" in arguments[1]


@pytest.mark.parametrize("password", ["", "short", "1234567"])
def test_a_short_password_is_refused(console: Console, password: str, quick: None) -> None:
    before = console.files()
    done, words = made_by_program(console, "-o", "safe", secrets=[password], code=2)
    assert "at least 8 characters" in done.words and not words and console.files() == before


def test_words_are_not_shown_where_nobody_can_be_asked(console: Console, quick: None) -> None:
    because = "There is no terminal on which to show the words. Nothing was written."
    console.refuses("keys", "new", "-o", "safe", because=because, passwords=1)
    assert not (console.home / "safe").exists()


def test_words_that_nobody_takes_are_no_backup(console: Console, quick: None) -> None:
    because = "The words cannot be written to file descriptor 987"
    console.refuses("keys", "new", "-o", "safe", "--words-fd", "987", because=because, code=2, passwords=1)


def test_words_do_not_go_to_a_terminal_by_their_descriptor(console: Console, quick: None) -> None:
    inside, terminal = pty.openpty()
    try:
        because = "is a terminal, which keeps what it shows"
        console.refuses("keys", "new", "-o", "s", "--words-fd", str(terminal), because=because, code=2, passwords=1)
        assert not select.select([inside], [], [], 0)[0]
    finally:
        os.close(inside)
        os.close(terminal)


def test_keystores_are_all_there_or_none(console: Console, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C, or a full disk, while the second of three is written."""
    from recovery import files

    really, written = files.write, []

    def interrupted(path: Path, text: str, **more: bool) -> Path:
        if len(written) == 1:
            raise KeyboardInterrupt
        written.append(path)
        return really(path, text, **more)

    monkeypatch.setattr(files, "write", interrupted)
    before = console.files()
    read, write = os.pipe()
    secret, into = os.pipe()
    os.write(into, f"{PASSWORD}\n".encode())
    from click.testing import CliRunner

    from recovery.cli import cli

    arguments = ["keys", "new", "-o", "safe", "--accounts", "3"]
    done = CliRunner(mix_stderr=False).invoke(cli, [*arguments, "--words-fd", str(write), "--password-fd", str(secret)])
    for descriptor in (read, write, secret, into):
        os.close(descriptor)
    assert done.exit_code == 1 and "Stopped." in done.stderr and len(written) == 1
    assert console.files() == before and not (console.home / "safe").exists()


def test_a_keystore_that_does_not_read_back_is_not_kept(
    console: Console, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "decrypt", lambda *_: b"\1" * 32)
    before = console.files()
    done, _ = made_by_program(console, "-o", "safe", code=1)
    assert "does not read back as it was written" in done.words and console.files() == before


# ----------------------------------------------------------------------------------- new, on a terminal


class Desk:
    """Somebody at a terminal who reads what is shown, and writes it down."""

    def __init__(self, home: Path, *arguments: str, term: str = "xterm") -> None:
        self.said, self.at = "", 0
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(home)
            environment = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": term}
            os.execve(PROGRAM, [PROGRAM, *arguments], environment)  # noqa: S606

    def until(self, wanted: str) -> str:
        """What is said until then, and since the last time."""
        while wanted not in self.said[self.at :]:
            if not select.select([self.terminal], [], [], 30)[0]:
                os.kill(self.process, signal.SIGKILL)
                raise AssertionError(f"It does not say {wanted!r}: {self.said[self.at :]}")
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"It ends without {wanted!r}: {self.said}")
            self.said += data.decode()
        begin, self.at = self.at, self.said.index(wanted, self.at) + len(wanted)
        return self.said[begin : self.at]

    def types(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def leaves(self) -> int:
        while select.select([self.terminal], [], [], 30)[0]:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                break
            if not data:
                break
            self.said += data.decode()
        _, status = os.waitpid(self.process, 0)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status)

    def writes_down(self) -> list[str]:
        """Chooses a password, is alone, and writes down what is shown."""
        for _ in range(2):
            self.until(": ")
            self.types(f"{PASSWORD}\n")
        self.until("[y/N]: ")
        self.types("y\n")
        shown = re.findall(r"(\d+)\. ([a-z]+)", self.until("Press Enter when they stand on paper"))
        return [word for _, word in sorted(shown, key=lambda pair: int(pair[0]))]


def answer(desk: Desk, of: Callable[[int], str], times: int = 3) -> None:
    for _ in range(times):
        number = int(re.findall(r"Word (\d+): $", desk.until(": ").replace("\r", ""))[-1])
        desk.types(f"{of(number)}\n")


@pytest.mark.parametrize(("count", "term"), [("12", "xterm"), ("24", "dumb")])
def test_words_are_shown_once_and_typed_back_from_the_paper(console: Console, count: str, term: str) -> None:
    desk = Desk(console.home, "keys", "new", "-o", "safe", "--words", count, term=term)
    paper = desk.writes_down()
    assert len(paper) == int(count) and parse_words(" ".join(paper))
    assert not (console.home / "safe").exists()
    desk.types("\n")
    after = len(desk.said)
    answer(desk, lambda number: paper[number - 1].upper())
    assert desk.leaves() == 0
    later = desk.said[after:].lower()  # single words may be in our own sentences
    assert not [pair for pair in zip(paper, paper[1:], strict=False) if " ".join(pair) in later]
    assert not re.search(r"\d\. [a-z]+", later)
    if term != "dumb":
        other, back = desk.said.index("\x1b[?1049h"), desk.said.index("\x1b[?1049l")
        assert other < desk.said.index(f"1. {paper[0]}") < back
    assert opened(console.home / "safe" / "owner.json") in desk.said
    assert PASSWORD not in desk.said


def test_who_has_not_written_them_down_gets_nothing(console: Console) -> None:
    before = console.files()
    desk = Desk(console.home, "keys", "new", "-o", "safe")
    desk.writes_down()
    desk.types("\n")
    answer(desk, lambda _: "sausage")
    assert desk.leaves() == 1
    assert "on your paper is not right. Nothing was written" in " ".join(desk.said.split())
    assert console.files() == before and "sausage" not in desk.said.partition("1049l")[2]


def test_who_is_not_alone_sees_nothing(console: Console) -> None:
    before = console.files()
    desk = Desk(console.home, "keys", "new", "-o", "safe")
    for _ in range(2):
        desk.until(": ")
        desk.types(f"{PASSWORD}\n")
    desk.until("[y/N]: ")
    desk.types("\n")
    assert desk.leaves() == 1 and "Nothing was shown or written." in " ".join(desk.said.split())
    assert not re.search(r"1\. [a-z]+", desk.said) and console.files() == before


@pytest.mark.parametrize("when", ["shown", "asked"])
def test_ctrl_c_leaves_nothing_and_no_words_on_the_screen(console: Console, when: str) -> None:
    before = console.files()
    desk = Desk(console.home, "keys", "new", "-o", "safe")
    desk.writes_down()
    if when == "asked":
        desk.types("\n")
        desk.until("Word ")
    os.kill(desk.process, signal.SIGINT)
    assert desk.leaves() == 1 and "Stopped." in desk.said and console.files() == before
    assert desk.said.index("\x1b[?1049l") < desk.said.index("Stopped.")


def test_two_different_passwords_are_asked_for_again(console: Console) -> None:
    before = console.files()
    desk = Desk(console.home, "keys", "new", "-o", "safe")
    for typed in ("first secret", "second secret", "first secret", "third secret", "short", "first secret", "2nd"):
        desk.until(": " if typed != "2nd" else "once more: ")
        desk.types(f"{typed}\n")
        if typed == "short":
            break
    assert desk.leaves() == 2 and "at least 8 characters" in desk.said
    assert desk.said.count("two different passwords") == 2 and console.files() == before
    assert "secret" not in desk.said and "short" not in desk.said


# ---------------------------------------------------------------------------------------------- restore


def test_the_words_give_the_same_keystore_again(console: Console, quick: None) -> None:
    done, words = made_by_program(console, "-o", "safe")
    address = find("safe/owner.json").address
    console.run("keys", "restore", "-o", "again", "--expect", str(address), passwords=[words.upper(), "another secret"])
    assert opened(console.home / "again" / "owner.json", "another secret") == address
    silent(console, words, words.upper(), "another secret")


def test_an_account_is_found_wherever_wallets_put_it(console: Console, quick: None) -> None:
    live = Seed.of(JUNK).account(Places.parse("m/44'/60'/5'/0/0").at(0)).address
    done = console.run("keys", "restore", "-o", "a", "--expect", live, passwords=[JUNK, PASSWORD])
    assert f"Found: {live} is at m/44'/60'/5'/0/0." in done.words and opened(console.home / "a" / "owner.json") == live
    done = console.run("keys", "restore", "-o", "b", "--expect", SECOND.lower(), passwords=[JUNK, PASSWORD])
    assert "m/44'/60'/0'/0/1" in done.words and opened(console.home / "b" / "owner.json") == SECOND
    own = Seed.of(JUNK).account(Places.parse("m/7/3").at(0)).address
    console.run("keys", "restore", "-o", "c", "--expect", own, "--path", "m/7/i", passwords=[JUNK, PASSWORD])
    assert opened(console.home / "c" / "owner.json") == own


def test_several_accounts_are_restored_after_a_look_at_them(console: Console, quick: None) -> None:
    restore = ("keys", "restore", "-o", "r", "--accounts", "2")
    console.refuses(*restore, because="You said no.", passwords=[JUNK, PASSWORD])
    done = console.run(*restore, "-y", passwords=[JUNK, PASSWORD])
    assert FIRST in done.out and SECOND in done.out
    assert [opened(console.home / "r" / f"owner-{n}.json") for n in (1, 2)] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("arguments", "secrets", "because", "code"),
    [
        (("--expect", STRANGER), [JUNK, PASSWORD], "Does a passphrase belong to them? Then give --passphrase.", 1),
        (("--expect", FIRST, "--passphrase"), [JUNK, "x", PASSWORD], "Is the passphrase right, to the letter?", 1),
        (("--expect", FIRST, "--path", "m/9/i"), [JUNK, PASSWORD], "accounts of these words there.", 1),
        (("--expect", FIRST, "--accounts", "2"), [JUNK, PASSWORD], "Leave --accounts out", 2),
        (("-y",), [JUNK.replace("junk", "test"), PASSWORD], "do not belong together", 2),
        (("-y",), [JUNK[5:], PASSWORD], "and these are 11", 2),
        (("-y",), [JUNK.replace("junk", "junkyard"), PASSWORD], "Word 12 is not on the list", 2),
        (("-y", "--passphrase"), [JUNK, "", PASSWORD], "The passphrase is empty", 2),
        (("-y",), [JUNK], "There is no new password on file descriptor", 2),
        (("-y",), [JUNK, "short"], "at least 8 characters", 2),
        (("-y", "-o", ".ape/accounts", "--name", "ana"), [JUNK, PASSWORD], "exists already", 2),
    ],
)
def test_what_cannot_be_restored_is_told_and_writes_nothing(
    console: Console, quick: None, arguments: tuple[str, ...], secrets: list[str], because: str, code: int
) -> None:
    where = () if "-o" in arguments else ("-o", "r")
    console.refuses("keys", "restore", *where, *arguments, because=because, code=code, passwords=secrets)
    assert not (console.home / "r").exists()
    silent(console, JUNK, "junkyard", "test test")


def test_a_passphrase_is_warned_of_as_none_is_ever_wrong(console: Console, quick: None) -> None:
    done = console.run("keys", "restore", "-o", "r", "--passphrase", "-y", passwords=[JUNK, "secret sauce", PASSWORD])
    assert "A slip in the passphrase gives other accounts, without any error" in done.words and FIRST not in done.words
    silent(console, "secret sauce")


# --------------------------------------------------------------------------------- list, show, password


def test_keys_are_listed_without_opening_any(console: Console) -> None:
    (console.home / ".ape" / "accounts" / "notes.json").write_text("{}")
    done = console.run("keys", "list", ".ape/accounts")
    for name in ("ana", "payer"):
        assert name in done.out and person(name).address in done.out
    assert "pbkdf2, 2 iterations: WEAK" in done.words and "notes" not in done.out
    assert "recovery keys password .ape/accounts/ana.json" in done.out
    listed = json.loads(console.run("keys", "list", ".ape/accounts", "--json").out)
    assert {row["address"] for row in listed if row["name"] == "ana"} == {person("ana").address}
    assert all(row["weak"] and row["kind"] == "keystore" for row in listed)
    (console.home / "empty").mkdir()
    assert "There are no keys in empty." in console.run("keys", "list", "empty").words
    console.refuses("keys", "list", "nowhere", because="There is no folder nowhere", code=2)


def test_apes_other_accounts_are_listed_too(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = pytest.importorskip("ape").accounts
    device = type("Device", (), {"alias": "stick", "address": person("ben").address, "__module__": "ape_ledger.x"})
    monkeypatch.setattr(type(accounts), "__iter__", lambda _: iter([device()]))
    done = console.run("keys", "list")
    assert f"stick {person('ben').address} Ape account (ape_ledger)" in done.words and "ana" in done.out

    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(accounts), "__iter__", broken)
    done = console.run("keys", "list")
    assert "Ape cannot list all of its accounts (ZeroDivisionError)" in done.words and "ana" in done.out


def test_a_weak_lock_and_a_file_that_others_read_are_told(console: Console) -> None:
    path = console.home / ".ape" / "accounts" / "ana.json"
    path.chmod(0o644)
    done = console.run("keys", "show", "ana")
    assert person("ana").address in done.out and "guess its password fast" in done.words
    assert f"chmod 600 {path}" in done.out
    shown = json.loads(console.run("keys", "show", "ana", "--json").out)
    assert shown["weak"] and not shown["private"] and shown["address"] == person("ana").address
    path.chmod(0o600)
    assert "chmod" not in console.run("keys", "show", "ana").out
    console.refuses("keys", "show", "paper", because="Nothing is known of a key on paper", code=2)
    console.refuses("keys", "show", "nobody", because="There is no keystore file 'nobody'", code=2)


def test_a_new_password_takes_the_place_of_the_old_one(console: Console) -> None:
    path = console.home / ".ape" / "accounts" / "ana.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "note": "mine"}))
    done = console.run("keys", "password", "ana", passwords=[PASSWORD, "another secret"])
    assert "scrypt, n 262144" in done.words and "open with the old password as before: delete them" in done.words
    assert opened(path, "another secret") == person("ana").address
    with pytest.raises(ValueError, match="MAC mismatch"):
        opened(path)
    kept = json.loads(path.read_text())
    assert kept["note"] == "mine" and kept["id"] == content["id"] and stat.S_IMODE(path.stat().st_mode) == 0o600
    silent(console, "another secret")
    assert not list(path.parent.glob(".*"))


@pytest.mark.parametrize(
    ("secrets", "because"),
    [
        (["wrong secret", "another secret"], "The password of ana is wrong"),
        ([PASSWORD, "short"], "at least 8 characters"),
        ([PASSWORD], "There is no new password"),
    ],
)
def test_the_old_keystore_stays_if_anything_is_wrong(
    console: Console, quick: None, secrets: list[str], because: str
) -> None:
    console.refuses("keys", "password", "ana", because=because, code=2, passwords=secrets)
    console.refuses("keys", "password", "paper", because="is no keystore file", code=2, passwords=1)


def test_the_old_keystore_stays_until_the_new_one_was_read_back(
    console: Console, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, opens = Account.decrypt, []

    def decrypt(content: object, password: str) -> object:
        opens.append(password)
        return really(content, password) if len(opens) == 1 else b"\1" * 32  # type: ignore[arg-type]

    monkeypatch.setattr(Account, "decrypt", decrypt)
    because = "does not read back as it was written."
    console.refuses("keys", "password", "ana", because=because, passwords=[PASSWORD, "another secret"])
    monkeypatch.setattr(Account, "decrypt", really)
    replace = os.replace

    def broken(source: Path, target: Path) -> None:
        if Path(target).name == "ana.json":
            raise OSError(5, "broken")
        replace(source, target)

    monkeypatch.setattr(os, "replace", broken)
    because = "cannot be replaced: broken. It is as it was."
    console.refuses("keys", "password", "ana", because=because, passwords=[PASSWORD, "another secret"], code=2)


def test_a_link_to_a_keystore_stays_one(console: Console, quick: None) -> None:
    keystore_of(console.home / "stick", "dora")
    (console.home / "linked.json").symlink_to(console.home / "stick" / "dora.json")
    console.run("keys", "password", "linked.json", passwords=[PASSWORD, "another secret"])
    assert (console.home / "linked.json").is_symlink()
    assert opened(console.home / "stick" / "dora.json", "another secret") == person("dora").address
