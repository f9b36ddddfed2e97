"""`recovery backup sheet`: shares and seed phrases on paper, and what is made beside them by `split` and `keys new`."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pypdfium2
import pytest

from recovery import files, keystore
from recovery.backup.forms import Kind, entropy_of
from recovery.backup.sealed import seal
from recovery.backup.share import About, SetNote, Share, holders_of
from recovery.backup.shares import split as split_secret
from recovery.cli import keys_seed
from recovery.errors import Refused
from recovery.keys.seed import Places, Seed
from recovery.plan import PolicyPlan
from recovery.sheets import reading
from tests.cli.conftest import Console, commands
from tests.cli.guardian_world import FOLDER, PAST, folder_of
from tests.cli.test_backup import PHRASE, SEED, TWO_OF_THREE, identity, shares, with_age
from tests.live import PASSWORD
from tests.world import person

assert identity  # a fixture
KEY = "0x" + bytes(person("owner").key).hex()
FIRST, SECOND = "0x58A57ed9d8d624cBD12e2C467D34787555bB1b25", "0x0D3eB21b6b21833A4939Cfff4810E9AE0758e12C"
OUT = ("-o", "out")


@pytest.fixture(autouse=True)
def secretive(console: Console) -> Iterator[None]:
    """No words of a share or of a seed phrase may ever be on the screen, or in the name of a file."""
    yield
    said = " ".join("\n".join(console.said).split()) + " ".join(map(str, console.home.rglob("*")))
    texts = [SEED, *(Share.loads(path.read_text()).words.text for path in console.home.rglob("share-*.json"))]
    for words in map(str.split, texts):
        assert not [words for three in zip(words, words[1:], words[2:], strict=False) if " ".join(three) in said]


@pytest.fixture
def split(console: Console) -> list[str]:
    """Three shares of a seed phrase, and the note of their set."""
    for name, text in a_set():
        files.write(console.home / "out" / name, text, secret=True)
    return shares(console)


@cache
def a_set() -> list[tuple[str, str]]:
    """What `backup split` writes, made once: names and files."""
    secret, names = entropy_of(SEED), ["Xaver", "Yara", "Zoe"]
    made = split_secret(secret, [(2, 3)])
    about = About.of(made, secret, Kind.SEED, "phone", FIRST, False, PAST)
    note = SetNote(about, holders_of(made, names, [""] * 3, [False] * 3))
    held = [Share(about, name, False, words) for name, words in zip(names, made.all, strict=True)]
    return [("set.json", note.dumps()), *((f"{share.name}.json", share.dumps()) for share in held)]


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets that nobody looks at, which takes its time: where only files count."""
    monkeypatch.setattr(reading, "read_back", lambda _: pytest.fail("drawn before everything was seen to"))


def said_on(path: Path) -> str:
    return " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path))


def is_secret(path: Path) -> bool:
    return stat.S_IMODE(path.stat().st_mode) == 0o600


# ------------------------------------------------------------------------------------------------- shares


def test_sheets_lie_beside_their_shares_and_bring_the_secret_back(console: Console, split: list[str]) -> None:
    made = console.run("backup", "sheet", "make", split[0], split[1])
    sheets = [console.home / name.replace(".json", ".pdf") for name in split[:2]]
    assert all(is_secret(sheet) for sheet in sheets)
    assert "codes, words and letters are right" in made.words
    assert "without a network and without a memory" in made.words
    assert (
        commands(made) == ["recovery backup sheet scan PICTURE"]
        and f"rm {split[0].replace('.json', '.pdf')}" in made.words
    )
    text = said_on(sheets[0])
    assert "Xaver" in text and "phone" in text and "SECRET. Share 1.1" in text
    for name in split:
        (console.home / name).unlink()
    done = console.run("backup", "combine", *map(str, sheets), "-o", "back.txt")
    assert "The check value of set" in done.words
    assert (console.home / "back.txt").read_text() == f"{SEED}\n"


def test_a_sealed_share_is_put_on_paper_by_its_holder_alone(
    console: Console, split: list[str], identity: Callable[[str], str]
) -> None:
    sealed = console.home / "mine.age"
    sealed.write_bytes(seal((console.home / split[2]).read_text(), [identity("zoe")]))
    console.refuses("backup", "sheet", "make", "mine.age", because="mine.age is sealed. Give --identity", code=2)
    identity("thief")
    because = "sealed for another key"
    console.refuses("backup", "sheet", "make", "mine.age", "--identity", "thief.key", because=because)
    console.run("backup", "sheet", "make", "mine.age", "--identity", "zoe.key", "--paper", "letter", "-o", "mine.pdf")
    assert is_secret(console.home / "mine.pdf") and "Zoe" in said_on(console.home / "mine.pdf")
    assert pypdfium2.PdfDocument(console.home / "mine.pdf")[0].get_width() == 612


def test_what_cannot_be_made_is_refused_before_anything_is_drawn(
    console: Console, split: list[str], policy: PolicyPlan, unread: None
) -> None:
    make = ("backup", "sheet", "make")
    one, two, _ = split
    (console.home / "taken.pdf").write_text("")
    (console.home / "words.txt").write_text(Share.loads((console.home / two).read_text()).words.text)
    (console.home / "out" / Path(two).with_suffix(".pdf").name).write_text("")
    for arguments, because in (
        ((one, "-o", "taken.pdf"), "taken.pdf exists already"),
        ((one, two), "exists already"),
        ((one, one, "-o", "new"), "Two of the files are the same share"),
        ((one, two, "-o", "taken.pdf"), "taken.pdf is a file, and there are 2 sheets"),
        (("out/set.json",), "the owner's note of a set, which holds no share"),
        (("words.txt",), "does not say what the words are of"),
        (("policy.json",), "is an owner's policy file; a share of a secret is needed here"),
        ((one, "nothing.json", "-o", "new"), "nothing.json cannot be read"),
    ):
        console.refuses(*make, *arguments, because=because, code=2)


def test_a_sheet_that_does_not_read_back_is_not_written(
    console: Console, split: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "codes_in", lambda _: [])
    because = "read back as from paper, is not what they should: nothing was written"
    console.refuses("backup", "sheet", "make", split[0], because=because)


def test_several_go_into_a_new_folder(console: Console, split: list[str]) -> None:
    console.run("backup", "sheet", "make", *split[:2], "-o", "paper")
    folder = console.home / "paper"
    assert sorted(path.name for path in folder.iterdir()) == [Path(name).stem + ".pdf" for name in split[:2]]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and all(map(is_secret, folder.iterdir()))


# ------------------------------------------------------------------------------------------- split --sheets


def test_split_puts_on_paper_what_is_not_sealed(
    console: Console, policy: PolicyPlan, identity: Callable[[str], str]
) -> None:
    folder = folder_of(console, policy, None)
    folder.add_card(with_age("Xaver", "payer", identity("xaver")))
    folder.add_card(with_age("Yara", "new", identity("yara")))
    done = console.run(
        "backup", "split", "--raw-key", *TWO_OF_THREE, *OUT, *FOLDER, "--sheets", "letter", passwords=[KEY]
    )
    (sheet,) = (console.home / "out").glob("*.pdf")
    assert is_secret(sheet) and "Zoe" in said_on(sheet)
    assert pypdfium2.PdfDocument(sheet)[0].get_width() == 612
    assert "It was read back." in done.words and f"rm out/{sheet.name} out/{sheet.stem}.json" in done.words
    assert "recovery backup sheet scan PICTURE" in commands(done)
    assert "recovery backup sheet make SHARE --identity KEYFILE" in commands(done)
    console.run("backup", "combine", str(sheet), *shares(console)[:1], "--identity", "xaver.key", "-o", "back.json",
                passwords=[PASSWORD])  # fmt: skip
    assert (console.home / "back.json").exists()


def test_a_split_whose_sheets_do_not_read_back_leaves_nothing(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "codes_in", lambda _: [])
    arguments = ("backup", "split", "--raw-key", *TWO_OF_THREE, *OUT, "--sheets", "a4")
    console.refuses(*arguments, because="read back as from paper", passwords=[KEY])
    assert not (console.home / "out").exists() and not list(console.home.glob("unfinished-*"))


# ------------------------------------------------------------------------------------------------ seed phrases


def test_a_seed_phrase_is_put_on_paper_after_a_look_at_its_accounts(console: Console) -> None:
    asked = ("backup", "sheet", "seed", "--accounts", "2", "--label", "Ñandú")
    console.refuses(*asked, because="You said no", passwords=[SEED])
    done = console.run(*asked, "-y", passwords=[" ".join(word[:4] for word in SEED.split()).upper()])
    assert FIRST in done.out and SECOND in done.out and "recovery keys restore -o TRIAL" in commands(done)
    path = console.home / "seed.pdf"
    said = said_on(path)
    assert is_secret(path) and FIRST in said and SECOND in said and "Ñandú" in said
    assert files.read_texts(path) == [SEED]
    console.refuses(*asked, "-y", because="seed.pdf exists already", code=2, passwords=[SEED])
    console.refuses("backup", "combine", "seed.pdf", because="seed.pdf: This is a seed phrase, no share", code=2)


def test_of_a_passphrase_it_is_said_that_there_is_one_and_no_account(console: Console) -> None:
    done = console.run("backup", "sheet", "seed", "--passphrase", "-o", "s.pdf", passwords=[SEED])
    assert "sheet scan" not in done.words and "then delete the file, also from the trash" in done.words.lower()
    assert "0x" not in done.words and "0x" not in said_on(console.home / "s.pdf")
    assert "Compare an account" in done.words and "recovery keys restore -o TRIAL --passphrase" in commands(done)


@pytest.mark.parametrize(
    ("arguments", "words", "because"),
    [
        ((), SEED.replace("yellow", "winner"), "checksum is wrong"),
        ((), "legal winner", "has 12, 15, 18, 21 or 24 words"),
        (("--label", SEED), SEED, "That looks like a private key"),
        (("--label", "x" * 61), SEED, "at most 60 characters"),
        (("--accounts", "2", "--path", "m/44'/60'/0'/0/0"), SEED, "write i in place of the number"),
    ],
)
def test_what_is_no_seed_phrase_is_refused(
    console: Console, arguments: tuple[str, ...], words: str, because: str, unread: None
) -> None:
    console.refuses("backup", "sheet", "seed", "-y", *arguments, because=because, code=2, passwords=[words])


# -------------------------------------------------------------------------------------------- keys new --sheet


def new_keys(console: Console, *arguments: str, secrets: list[str], code: int = 0, error: bool = True) -> str:
    """Makes keys with their words on a sheet; the words, as a program gets them too."""
    read, write = os.pipe()
    try:
        options = ("--sheet", "words.pdf", "-o", "safe", "--words-fd", str(write))
        done = console.run("keys", "new", *options, *arguments, passwords=secrets, code=code, error=error)
    finally:
        os.close(write)
    assert code or "rm words.pdf" in done.words
    with os.fdopen(read) as pipe:
        return pipe.read().strip()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = keystore.encrypt
    monkeypatch.setattr(keystore, "encrypt", lambda key, password: slow(key, password, kdf="pbkdf2", iterations=2))


def test_new_keys_have_their_words_on_a_sheet(console: Console, quick: None) -> None:
    words = new_keys(console, secrets=[PASSWORD])
    path = console.home / "words.pdf"
    assert is_secret(path) and files.read_texts(path) == [words] and words not in " ".join(console.said)
    assert str(Seed.of(words).account(Places.parse("m/44'/60'/0'/0/0").at(0)).address) in said_on(path)


def test_with_a_sheet_nobody_need_see_the_words(console: Console, quick: None) -> None:
    console.run("keys", "new", "--sheet", "w.pdf", "-o", "safe", "--passphrase", passwords=[PHRASE, PASSWORD])
    (words,) = files.read_texts(console.home / "w.pdf")
    assert words not in " ".join(" ".join(console.said).split())
    said = said_on(console.home / "w.pdf")
    assert "without it, or with another one, the words give other keys" in " ".join(said.split())
    assert "0x" not in said and PHRASE not in said


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Refused("The disk is full.")])
def test_words_without_keys_are_not_left_behind(
    console: Console, quick: None, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def broken(*_: object) -> None:
        assert (console.home / "words.pdf").exists()
        raise error

    monkeypatch.setattr(keys_seed, "_write", broken)
    before = console.files()
    new_keys(console, secrets=[PASSWORD], code=1, error=isinstance(error, Refused))
    assert console.files() == before


def test_a_sheet_that_is_there_is_not_written_over(console: Console, quick: None) -> None:
    (console.home / "words.pdf").write_text("mine")
    arguments = ("keys", "new", "--sheet", "words.pdf", "-o", "safe")
    console.refuses(*arguments, because="Name another file with --sheet", code=2, passwords=[PASSWORD])


# ------------------------------------------------------------------------------------------------- templates


def test_a_template_is_not_secret(console: Console) -> None:
    done = console.run("backup", "sheet", "blank", "--words", "33", "--paper", "letter")
    path = console.home / "blank-33.pdf"
    assert "33 words" in said_on(path) and stat.S_IMODE(path.stat().st_mode) != 0o600
    assert "Nothing on it is secret" in done.words
    console.refuses("backup", "sheet", "blank", "--words", "33", because="exists already", code=2)
    console.refuses("backup", "sheet", "blank", "--words", "11", because="not in the range", code=2)
