"""`recovery backup sheet scan`: pictures of sheets become shares again, or it is said why not."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from functools import cache

import pytest
from PIL import Image

from recovery import files, frames, images
from recovery.backup.forms import Kind, entropy_of
from recovery.backup.share import About, SetNote, Share, holders_of
from recovery.backup.shares import split
from recovery.sheets import seed_pdf, share_pdf
from tests.cli.conftest import Console, commands
from tests.cli.guardian_world import PAST
from tests.recovery.photographed import photo, sheet
from tests.recovery.test_frames import FILES

SEED = "legal winner thank year wave sausage worth useful legal winner thank yellow"
NAMES = ("Ana", "Ben", "Carl")


@cache
def a_set(phrase: bool = False) -> tuple[SetNote, tuple[Share, ...]]:
    secret = entropy_of(SEED)
    made = split(secret, [(2, 3)], iteration_exponent=0, passphrase=b"x" if phrase else b"")
    address = "0x58A57ed9d8d624cBD12e2C467D34787555bB1b25"
    about = About.of(made, secret, Kind.SEED, "phone", None if phrase else address, phrase, PAST)
    note = SetNote(about, holders_of(made, NAMES, [""] * 3, [False, True, False]))
    return note, tuple(Share(about, n, n == "Ben", words) for n, words in zip(NAMES, made.all, strict=True))


@cache
def pdf_of(number: int) -> bytes:
    return share_pdf(a_set()[1][number])


@cache
def page_of(number: int) -> Image.Image:
    """The secret page of a share's sheet."""
    return next(iter(images.pdf_pages(pdf_of(number), dpi=150)))


@pytest.fixture(autouse=True)
def secretive(console: Console) -> Iterator[None]:
    """No words of a share or of a seed phrase are ever on the screen."""
    yield
    said = " ".join("\n".join(console.said).split())
    for words in (SEED.split(), *(share.words.text.split() for share in a_set()[1])):
        assert not [three for three in zip(words, words[1:], words[2:], strict=False) if " ".join(three) in said]


def picture(console: Console, name: str, *texts: str) -> str:
    sheet(texts, module=3).save(console.home / name, "PNG")
    return name


def whole(share: Share) -> list[str]:
    """The codes of a share's file, as on a sheet."""
    return frames.encode(share.dumps(), 970)


def noted(console: Console, note: SetNote) -> str:
    """An owner's folder that knows of the set."""
    files.write(console.home / "mine" / "shares" / note.name, note.dumps(), secret=True)
    return "mine"


def test_photos_of_two_sheets_are_shares_again_and_combine_takes_them(console: Console) -> None:
    ana, ben, _ = a_set()[1]
    for name, number, roll in (("ana.jpg", 0, 8), ("ben.jpg", 1, 184)):
        taken = photo(page_of(number), (1500, 2000), roll=roll, tilt=15, blur=0.6, shadow=0.4, noise=3)
        (console.home / name).write_bytes(taken)
    said = console.run("backup", "sheet", "scan", "ana.jpg", "ben.jpg", "-o", "found")
    for share, name in ((ana, "ana.jpg"), (ben, "ben.jpg")):
        path = console.home / "found" / f"{share.name}.json"
        assert path.read_text() == share.dumps() and stat.S_IMODE(path.stat().st_mode) == 0o600
        place = f"{share.words.group}.{share.words.member} of set {share.about.short}"
        assert f"{name}: share {place}, held by {share.holder}." in said.words
    assert "enough to bring the secret back" in said.words
    assert "Delete all of them now: here, on the phone, from its trash" in said.words
    (command,) = commands(said)
    console.run(*command.split()[1:], "-o", "back.txt")
    assert (console.home / "back.txt").read_text() == SEED + "\n"


def test_the_pdf_itself_is_read_as_a_picture_is(console: Console) -> None:
    (console.home / "ana.pdf").write_bytes(pdf_of(0))
    said = console.run("backup", "sheet", "scan", "ana.pdf", "-o", "ana.json")
    assert Share.loads((console.home / "ana.json").read_text()) == a_set()[1][0]
    assert "1 more share is needed" in said.words and "combine ana.json SHARE..." in said.words


def test_one_sheet_today_and_another_one_tomorrow_lie_in_one_folder(console: Console) -> None:
    ana, ben, _ = a_set()[1]
    for share in (ana, ben):
        console.run("backup", "sheet", "scan", picture(console, "one.png", share.words.text), "-o", "found")
    assert len(list((console.home / "found").iterdir())) == 2
    (console.home / "plain").write_text("")
    console.refuses(
        "backup", "sheet", "scan", "one.png", "-o", "plain", because="plain is a file. Name a folder", code=2
    )


def test_sheets_of_two_sets_have_a_command_each(console: Console) -> None:
    ana, ben, _ = a_set()[1]
    other = a_set.__wrapped__()[1][0]  # the same secret, split once more
    names = [picture(console, f"{n}.png", *whole(each)) for n, each in enumerate((ana, ben, other))]
    said = console.run("backup", "sheet", "scan", *names, "-o", "found")
    assert "These are of several sets, which do not go together." in said.words
    good, bad = [line for line in commands(said) if "backup combine" in line]
    assert ana.name in good and ben.name in good and other.name not in good and "SHARE..." not in good
    assert f"{other.name}.json SHARE..." in bad and ana.name not in bad
    console.run(*good.split()[1:], "-o", "back.txt")
    assert (console.home / "back.txt").read_text() == SEED + "\n"


def test_what_is_there_already_is_left_and_nothing_else_is_written_over(console: Console) -> None:
    share = a_set()[1][0]
    one = picture(console, "one.png", *whole(share))
    console.run("backup", "sheet", "scan", one)
    before = console.files()
    assert "There already" in console.run("backup", "sheet", "scan", one).words
    assert console.files() == before
    (console.home / f"{share.name}.json").write_text("mine")
    console.refuses("backup", "sheet", "scan", one, because="exists already", code=2)
    two = picture(console, "two.png", *whole(a_set()[1][1]))
    console.refuses(
        "backup", "sheet", "scan", one, two, "-o", "policy.yaml", because="is a file, and there are 2", code=2
    )


def test_of_the_words_alone_a_text_is_made_that_combine_takes(console: Console) -> None:
    ana, ben, _ = a_set()[1]
    one = picture(console, "one.png", ana.words.text)
    said = console.run("backup", "sheet", "scan", one, "-o", "found.txt")
    text = (console.home / "found.txt").read_text()
    assert text == ana.words.text + "\n"
    assert f"the words of share 1.1 of a set with number {ana.words.identifier}" in said.words
    assert "combine found.txt SHARE... --as FORM" in said.words
    files.write(console.home / "ben.json", ben.dumps())
    console.run("backup", "combine", "found.txt", "ben.json", "-o", "back.txt")
    assert (console.home / "back.txt").read_text() == SEED + "\n"
    console.run("backup", "combine", one, "ben.json", "-o", "at-once.txt")
    assert (console.home / "at-once.txt").read_text() == SEED + "\n"


def test_a_picture_with_words_of_two_shares_is_not_guessed_at(console: Console) -> None:
    ana, ben, _ = a_set()[1]
    both = picture(console, "both.png", ana.words.text, ben.words.text)
    console.refuses("backup", "combine", both, because="both.png holds no whole file", code=2)


@pytest.mark.parametrize("phrase", [False, True])
def test_with_the_owners_folder_words_alone_are_the_whole_share_again(console: Console, phrase: bool) -> None:
    note, shares = a_set(phrase)
    one = picture(console, "one.png", shares[1].words.text)
    console.run("backup", "sheet", "scan", one, "-o", "ben.json", "--folder", noted(console, note))
    assert (console.home / "ben.json").read_text() == shares[1].dumps()


def test_the_note_of_a_set_with_the_same_number_completes_no_share_of_another(console: Console) -> None:
    from dataclasses import replace

    note, shares = a_set()
    other, _ = a_set(True)
    forged = replace(other, about=replace(other.about, identifier=note.about.identifier))
    one = picture(console, "one.png", shares[1].words.text)
    console.run("backup", "sheet", "scan", one, "-o", "ben.txt", "--folder", noted(console, forged))
    assert (console.home / "ben.txt").read_text() == shares[1].words.text + "\n"


def test_a_part_that_is_missing_is_named_and_may_come_in_another_picture(console: Console) -> None:
    share = a_set()[1][0]
    first, second = frames.encode(share.dumps(), 483)
    one, two = picture(console, "one.png", first), picture(console, "two.png", second)
    console.refuses("backup", "sheet", "scan", one, because="No sheet could be read", code=2)
    assert "one.png: code 2 of 2 of a file could not be read. Photograph that one alone" in " ".join(
        "\n".join(console.said).split()
    )
    console.run("backup", "sheet", "scan", one, two, "-o", "ana.json")
    assert (console.home / "ana.json").read_text() == share.dumps()


def test_if_a_part_is_missing_the_words_do(console: Console) -> None:
    share = a_set()[1][0]
    one = picture(console, "one.png", frames.encode(share.dumps(), 483)[0], share.words.text)
    said = console.run("backup", "sheet", "scan", one, "-o", "ana.txt")
    assert "code 2 of 2" in said.words and (console.home / "ana.txt").read_text() == share.words.text + "\n"


def test_a_seed_phrase_is_never_shown_and_written_only_if_asked(console: Console) -> None:
    (console.home / "seed.pdf").write_bytes(seed_pdf(SEED))
    before = console.files()
    said = console.run("backup", "sheet", "scan", "seed.pdf")
    assert "a seed phrase. It is not shown." in said.words and "recovery keys restore" in said.words
    assert console.files() == before
    console.run("backup", "sheet", "scan", "seed.pdf", "-o", "words.txt")
    path = console.home / "words.txt"
    assert path.read_text() == SEED + "\n" and stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("https://example.org/claim?to=you", "shows the address of a website, and no share"),
        ("0x58A57ed9d8d624cBD12e2C467D34787555bB1b25", "shows the address of an account, and no share"),
        ("WIFI:T:WPA;S:home;P:secret;;", "shows a QR code of something else"),
        (frames.encode(FILES["kit"])[0], "a guardian's kit, and no share. Read it with: recovery scan"),
        (frames.encode(FILES["request"])[0], "a request, and no share"),
        ("RECOVERY2:AAAAAAAAAA:1/1:AAAA:AAAAAA", "newer release"),
    ],
    ids=["website", "account", "wifi", "kit", "request", "newer"],
)
def test_another_code_is_refused_by_what_it_is(console: Console, text: str, because: str) -> None:
    one = picture(console, "one.png", text)
    console.refuses("backup", "sheet", "scan", one, because=because, code=2)
    assert "P:secret" not in "".join(console.said)


def test_words_that_are_wrong_are_refused_with_the_place(console: Console) -> None:
    words = a_set()[1][0].words.text.split()
    words[6] = "academic" if words[6] != "academic" else "acid"
    one = picture(console, "one.png", " ".join(words))
    console.refuses("backup", "sheet", "scan", one, because="one.png: Word 7 is another one on the share", code=2)


def test_a_seed_phrase_that_is_wrong_is_called_one(console: Console) -> None:
    one = picture(console, "one.png", " ".join(SEED.split()[::-1]))
    console.refuses("backup", "sheet", "scan", one, because="one.png: ", code=2)
    assert "BIP-39" in console.said[-1]
    two = picture(console, "two.png", a_set()[1][0].words.text)
    said = console.run("backup", "sheet", "scan", one, two, "-o", "found")
    assert "Warning: one.png: " in said.words and (console.home / "found").exists()


def test_a_picture_that_cannot_be_read_brings_advice_and_does_not_stop_the_others(console: Console) -> None:
    Image.new("L", (300, 400), 200).save(console.home / "grey.png")
    console.refuses("backup", "sheet", "scan", "grey.png", because="Try again by daylight, without flash", code=2)
    console.refuses("backup", "sheet", "scan", "grey.png", because="recovery backup combine --typed", code=2)
    one = picture(console, "one.png", *whole(a_set()[1][0]))
    said = console.run("backup", "sheet", "scan", "grey.png", one, "-o", "ana.json")
    assert "grey.png shows no QR code" in said.words and (console.home / "ana.json").exists()


def test_a_file_that_is_no_picture_is_sent_to_where_it_belongs(console: Console) -> None:
    (console.home / "share.json").write_text(a_set()[1][0].dumps())
    console.refuses("backup", "sheet", "scan", "share.json", because="is no picture but a text: give it to", code=2)
