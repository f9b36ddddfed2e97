from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from recovery import frames
from recovery.errors import InvalidFile, InvalidInput
from recovery.files import to_hex
from recovery.images import pdf_pages as pictures
from recovery.kit import Kit, Notes
from recovery.plan import Guardian
from recovery.sheets import kit_pdf, read_back
from recovery.sheets.codes import MIN_MODULE
from recovery.sheets.text import MIN_SIZE
from tests.recovery.sheet_world import (
    ACCOUNT,
    MODULE,
    NAMES,
    NOTES,
    SHEETS,
    areas,
    dense,
    is_about,
    kit,
    letter_sizes,
    made,
    overlaps,
    page_texts,
    plan,
    seen,
    text,
    treated,
)
from tests.world import SECRET, signer

each_sheet = pytest.mark.parametrize("sheet", SHEETS)
each_paper = pytest.mark.parametrize("paper", ["a4", "letter"])


# ------------------------------------------------------------------------------------------------ every sheet


@each_sheet
@each_paper
def test_the_same_input_gives_the_same_bytes(sheet: str, paper: str) -> None:
    assert SHEETS[sheet](paper) == made(sheet, paper)


def test_another_process_on_another_day_gives_the_same_bytes() -> None:
    program = (
        "import hashlib, time; time.time = lambda: 4e9\n"
        "from tests.recovery.sheet_world import SHEETS\n"
        "print(*(hashlib.sha256(SHEETS[sheet]('a4')).hexdigest() for sheet in SHEETS))"
    )
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "USER": "somebody", "PYTHONPATH": "."}
    there = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert there.stdout.split() == [hashlib.sha256(made(sheet)).hexdigest() for sheet in SHEETS]


@each_sheet
def test_the_properties_are_a_title_and_a_producer(sheet: str) -> None:
    pdf = made(sheet)
    told = {name: value for name, value in pypdfium2.PdfDocument(pdf).get_metadata_dict().items() if value}
    titles = {"kit": "Recovery kit", "paper guardian": "Paper guardian", "freeze card": "Freeze card"}
    assert told == {"Title": titles[sheet], "Producer": "ape-recovery"}
    assert not any(name in pdf for name in (b"/CreationDate", b"/ModDate", b"/Author", b"/Creator", b"anonymous"))


@each_sheet
def test_every_font_is_embedded(sheet: str) -> None:
    pdf = made(sheet)
    assert pdf.count(b"/BaseFont") >= 2
    assert pdf.count(b"/BaseFont /AAAAAA+SourceSansPro") == pdf.count(b"/BaseFont") == pdf.count(b"/FontFile2")


@each_sheet
@each_paper
def test_paper_has_its_size_and_nothing_overlaps_or_leaves_the_margin(sheet: str, paper: str) -> None:
    pdf = made(sheet, paper)
    for page in pypdfium2.PdfDocument(pdf):
        width, height = page.get_size()
        assert (width, height) == pytest.approx({"a4": (595.28, 841.89), "letter": (612, 792)}[paper], abs=0.1)
        assert overlaps(page) == []
        for _, left, bottom, right, top in areas(page):
            assert 36 < left < right < width - 36
            assert 36 < bottom < top < height - 36
    assert min(letter_sizes(pdf)) >= MIN_SIZE


@each_sheet
def test_there_is_no_other_paper(sheet: str) -> None:
    with pytest.raises(InvalidInput, match="no paper 'a5'. Known are: a4, letter"):
        SHEETS[sheet]("a5")


@each_sheet
@pytest.mark.parametrize(
    ("dpi", "how"),
    [
        (300, lambda page: page),
        (200, lambda page: page.rotate(90, expand=True)),
        (150, lambda page: page.rotate(180)),
        (150, lambda page: page.filter(ImageFilter.GaussianBlur(1))),
        (150, lambda page: page.rotate(7, Image.Resampling.BICUBIC, expand=True, fillcolor=255)),
        (150, lambda page: page.point(lambda value: 255 * (value > 128))),
        (100, lambda page: page),
    ],
    ids=["sharp", "sideways", "upside down", "blurred", "askew", "black and white", "coarse"],
)
def test_codes_are_read_from_bad_copies(sheet: str, dpi: int, how: Callable[[Image.Image], Image.Image]) -> None:
    pdf = made(sheet)
    assert seen(treated(pdf, dpi, how)) == set(read_back(pdf))


@each_sheet
def test_modules_are_large_enough_and_codes_have_error_correction_and_a_margin(sheet: str) -> None:
    dpi = 300
    found = 0
    for page in pictures(made(sheet), dpi):
        for code in zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)):
            found += 1
            assert code.ec_level in "MQH"
            modules = 17 + 4 * int(code.extra["Version"])
            corner, side = code.position.top_left, code.position.top_right.x - code.position.top_left.x
            assert side / modules >= MIN_MODULE / 72 * dpi * 0.97
            # The margin is four modules wide, up to where another code's margin or the caption begins.
            margin = round(3.5 * side / modules)
            around = page.crop(
                (corner.x - margin, corner.y - margin, corner.x + side + margin, corner.y + side + margin)
            )
            inside = page.crop((corner.x - 3, corner.y - 3, corner.x + side + 3, corner.y + side + 3))
            assert dark(around) == dark(inside)
    assert found == len(read_back(made(sheet)))


def dark(picture: Image.Image) -> int:
    return sum(picture.histogram()[:128])


# ------------------------------------------------------------------------------------------------ the kit


@each_paper
@pytest.mark.parametrize("paths", [1, 2, 3, 4])
@pytest.mark.parametrize("guardians", [3, 5])
def test_a_usual_kit_is_one_page(guardians: int, paths: int, paper: str) -> None:
    pdf = kit_pdf(kit(guardians, paths), paper=paper)
    assert len(pypdfium2.PdfDocument(pdf)) == 1


@each_paper
def test_the_codes_of_a_kit_are_the_kit(paper: str) -> None:
    own = kit()
    read = read_back(kit_pdf(own, paper=paper))
    assert len(read) > 1
    assert frames.decode(reversed(read)) == own.dumps()
    assert Kit.loads(frames.decode(read)) == own


def test_a_kit_says_what_it_is_and_whom_it_is_for() -> None:
    said = text(kit_pdf(kit()))
    for words in (
        *("Recovery kit for Ben Costa, a guardian of Ana Martins's account", "This page is no key."),
        "Whoever finds it can take nothing, but learns that you are a guardian: keep it private.",
        *(f"Account {ACCOUNT}", f"Module {MODULE}", "Ethereum mainnet (chain 1), Base (chain 8453)"),
        "friends Guardians with 3 votes together (5 guardians in all) replace the owners after 3 days",
        "Once the owner has been silent for 365 days, any one of 2 guardians",
        "a change of guardians waits 7 days",
        *("You will be asked ", "to compare six words in that call", "once a year: are you still here"),
        *("You will never be asked ", "for your seed phrase or your key", "for money, or to hurry"),
        *("without having spoken with Ana Martins", "to approve by a link"),
        *(f"{name} {contact}" for name, contact in NOTES.ring),
        *(NOTES.question, "RECOVER.md", 'pip install "ape-recovery[cli]"', "recovery scan PHOTO... -o kit.json"),
        "recovery approve request.json --kit kit.json --signer YOUR-KEY",
        *("kit, 1 of 3", "kit, 3 of 3", f"Kit {json.loads(kit().dumps())['checksum']} Page 1 of 1"),
    ):
        assert words in said


def test_a_kit_has_the_numbers_that_recovering_by_hand_needs() -> None:
    own = kit()
    said = dense(kit_pdf(own))
    opening = own.openings[0]
    assert opening is not None
    assert f"Yousignas{opening.signer}" in said
    assert f"Salt{to_hex(opening.salt)}" in said
    for label, path in zip(own.labels, own.policy.paths, strict=True):
        assert f"{label}yourweight1,hash{to_hex(path.hash)}" in said


def test_a_kit_with_no_room_for_hashes_has_weights_and_says_where_the_hashes_are() -> None:
    own = kit(5, 5)
    pdf = kit_pdf(own)
    assert len(page_texts(pdf)) == 1
    assert "Weights friends 1, theft 1, freeze 1, silence 1" in text(pdf)
    assert "The hashes of the paths are in it too." in text(pdf)
    assert to_hex(own.policy.paths[0].hash) not in dense(pdf)


def test_a_path_that_is_not_the_guardians_is_said_to_be_not_theirs() -> None:
    assert "veto not yours, hash" in text(kit_pdf(kit(3, 5, notes=Notes())))


def test_a_kit_without_notes_names_nobody() -> None:
    said = text(kit_pdf(kit(3, 2, notes=Notes())))
    assert "for Ben Costa, a guardian of an Ethereum account" in said
    assert "When the owner needs you" in said
    assert "Whom else to ring" not in said
    assert " Ask: " not in said


def test_a_guardian_with_two_openings_sees_both() -> None:
    first, second, *rest = kit().openings
    assert first is not None and second is not None
    other = plan(5).member("Carla Nunes", 1)
    own = replace(kit(), openings=(first, other, *rest))
    said = dense(kit_pdf(own))
    for opening in (first, other):
        assert f"Yousignas{opening.signer}" in said
        assert to_hex(opening.salt) in said
    assert "Salt(theft)" in said


def test_a_kit_holds_neither_the_policy_secret_nor_another_guardians_name() -> None:
    pdf = kit_pdf(kit(notes=Notes("Ana Martins")))
    said = dense(pdf) + frames.decode(read_back(pdf))
    assert SECRET.hex() not in said
    assert not is_about(text(pdf), *NAMES[1:])


def test_the_text_of_another_kit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is that of another kit"):
        kit_pdf(kit(), text=kit(3).dumps())
    with pytest.raises(InvalidFile):
        kit_pdf(kit(), text=kit().dumps().replace("Ben", "Zoe"))
    assert kit_pdf(kit(), text=kit().dumps()) == kit_pdf(kit())


LONG = "Олександра-Вікторія Коваленко-Шевченко з дуже довгим ім’ям Ґанок"


@each_paper
def test_a_long_kit_takes_more_pages_and_loses_nothing(paper: str) -> None:
    ring = tuple((f"{LONG} {n}", f"+351 912 345 67{n}, some.one.{n}@a-long-host.example.org") for n in range(10))
    chains = (1, 10, 100, 137, 8453, 42161, 999_999)
    own = kit(10, 5, chains, Notes(LONG, ring, "Яку пісню ми співали на поромі? " * 6), name=LONG[::-1])
    pdf = kit_pdf(own, paper=paper)
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 2
    for page in document:
        assert overlaps(page) == []
    said = dense(pdf)
    for name, contact in ring:
        assert name.replace(" ", "") in said
        assert contact.replace(" ", "") in said
    assert frames.decode(read_back(pdf)) == own.dumps()
    assert "Page1of2" in said and "Page2of2" in said


def test_the_largest_policy_goes_on_paper() -> None:
    base = plan()
    people = tuple(Guardian(f"guardian {n}", signer(f"guardian {n}"), n) for n in range(1, 33))
    everybody = tuple((each.name, 1) for each in people)
    paths = tuple(replace(base.paths[0], label=f"path {n}", guardians=everybody) for n in range(32))
    own = replace(base, guardians=people, paths=paths).kit("guardian 7", 1, MODULE, ACCOUNT)
    pdf = kit_pdf(own)
    assert frames.decode(read_back(pdf)) == own.dumps()
    for page in pypdfium2.PdfDocument(pdf):
        assert overlaps(page) == []


# --------------------------------------------------------------------------------- characters that no font has


def test_a_character_that_the_font_lacks_is_spelled_out_and_explained_once() -> None:
    own = kit(notes=Notes("小明 🙂"), name="Ben")
    pdf = kit_pdf(own)
    said = text(pdf)
    assert "[U+5C0F][U+660E] [U+1F642]" in said
    assert said.count("[U+...] stands for a character that cannot be printed here") == 1
    assert "the file in the QR codes has the true text" in said
    assert Kit.loads(frames.decode(read_back(pdf))).notes.owner == "小明 🙂"


def test_latin_greek_and_cyrillic_are_printed_as_they_are() -> None:
    name = "Ғáñőßłğ Ελένη Коваль"[1:]
    said = text(kit_pdf(kit(notes=Notes(name))))
    assert name in said
    assert "[U+" not in said
