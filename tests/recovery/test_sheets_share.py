"""Backups on paper: shares, seed phrases and templates. Every word has to be on them, as a word and in boxes."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageFilter

from recovery import frames, images
from recovery.backup.check_value import Check
from recovery.backup.forms import Kind
from recovery.backup.share import About, Share
from recovery.backup.shares import Words
from recovery.errors import InvalidInput, Refused
from recovery.keys.seed import DEFAULT_PLACES, Places, Seed
from recovery.sheets import blank_page, blank_pdf, grid, seed_page, seed_pdf, share_page, share_pdf
from recovery.sheets.blocks import Block, Paragraph
from recovery.sheets.codes import Code
from recovery.sheets.grid import Boxes, lettered, numbered
from recovery.sheets.page import MARGIN
from recovery.sheets.reading import printed
from recovery.sheets.text import MIN_SIZE
from tests.recovery.sheet_world import (
    ADDRESS_12,
    WORDS_12,
    WORDS_24,
    dense,
    letter_sizes,
    overlaps,
    page_texts,
    seen,
    text,
)

#: Official ones: 20 words of 2 of 3, 33 words of 2 of 3, 33 words of a set of groups, and a single share.
OFFICIAL = {row[0].split(".")[0]: row[1] for row in json.loads(Path("tests/recovery/vectors/slip39.json").read_text())}
CASES = {"20": OFFICIAL["43"][0], "33": OFFICIAL["23"][0], "groups": OFFICIAL["36"][0], "single": OFFICIAL["44"][0]}
MADE = 1_700_000_000
LONG = "Schlüssel zum Sparbuch, für Notfälle und für die Oma in Łódź"
PAGES = ("Fire", "Water", "Theft", "Heirs")
each_paper = pytest.mark.parametrize("paper", ["a4", "letter"])


@cache
def share(case: str = "20") -> Share:
    """A share of a seed phrase; of a key with a passphrase and as long names as there can be; of a set of groups."""
    words = Words.parse(CASES[case])
    groups = {"groups": ((3, 5), (1, 1), (3, 5), (2, 6)), "single": ((1, 1),)}.get(case, ((2, 3),))
    kind, label, address = Kind.SEED, "phone", ADDRESS_12
    holder, guardian = "José", False
    if case == "33":
        kind, label, address = Kind.KEY, LONG, None
        holder, guardian = "Wilhelmine-Ágnes Weißenböck-Worcestershire geborene Ñandú 😀", True
    about = About(
        *(bytes.fromhex("0123456789abcdef"), words.identifier, kind, label, address, groups, words.group_threshold),
        *(case == "33", Check(bytes(16), bytes(4)), MADE),
    )
    return Share(about, holder, guardian, words)


@cache
def sheet(case: str, paper: str) -> bytes:
    if case == "seed":
        return seed(paper)
    return share_pdf(share(case), paper=paper)


@cache
def seed(paper: str = "a4", words: str = WORDS_24) -> bytes:
    places = Places.parse(DEFAULT_PLACES)
    return seed_pdf(words, label="Ñandú", paths=[places.at(0), places.at(1)], made=MADE, paper=paper)


def words_of(case: str) -> list[str]:
    return (WORDS_24 if case == "seed" else share(case).words.text).split()


each = pytest.mark.parametrize(
    ("case", "paper"), [("20", "a4"), ("33", "letter"), ("groups", "a4"), ("seed", "letter")]
)


# ---------------------------------------------------------------------------------------------- what is secret


@each
def test_the_first_page_has_every_word_in_its_place_and_four_letters_in_boxes(case: str, paper: str) -> None:
    first, listed = page_texts(sheet(case, paper))[0], words_of(case)
    assert " ".join(f"{number} {word}" for number, word in enumerate(listed, 1)) + " For steel" in first
    boxes = " ".join(f"{number} {' '.join(word[:4].upper())}" for number, word in enumerate(listed, 1))
    assert re.search(re.escape(boxes) + r" (SECRET|\[U\+)", first)
    assert f"The {len(listed)} words" in first


def test_a_word_of_three_letters_leaves_a_box_empty() -> None:
    assert "23 A B A N 24 A R T SECRET." in page_texts(seed("letter"))[0]


@each
def test_the_other_pages_are_one_each_and_have_nothing_secret(case: str, paper: str) -> None:
    pages, listed = page_texts(sheet(case, paper)), words_of(case)
    assert [page.split()[0] for page in pages[1:]] == list(PAGES)
    assert "SECRET." in pages[0] and "Page 1 of 5" in pages[0]
    for number, page in enumerate(pages[1:], 2):
        assert f"Page {number} of 5" in page and "Nothing secret on this page." in page and "SECRET." not in page
        assert not [pair for pair in zip(listed, listed[1:], strict=False) if " ".join(pair) in page]
        assert numbered(listed)[3] not in page.split()
        for holder_or_account in ("José", "Wilhelmine", ADDRESS_12):
            assert holder_or_account not in page


@each
def test_a_poor_scan_gives_the_file_and_the_words(case: str, paper: str) -> None:
    def scanned(page: Image.Image) -> Image.Image:
        askew = page.rotate(2, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        return askew.filter(ImageFilter.GaussianBlur(0.6))

    pages = images.pdf_pages(sheet(case, paper), 150)
    codes = seen([scanned(next(pages))])
    words = " ".join(words_of(case))
    assert words in codes
    framed = codes - {words}
    if case == "seed":
        assert not framed
    else:
        assert Share.loads(frames.decode(framed)) == share(case)
        assert len(framed) == 1  # one photo of one code is enough
    if case == "20":
        assert not seen(pages)


@each
def test_no_word_is_in_the_properties_or_anywhere_beside_the_pages(case: str, paper: str) -> None:
    pdf = sheet(case, paper)
    document = pypdfium2.PdfDocument(pdf)
    told = {name: value for name, value in document.get_metadata_dict().items() if value}
    assert told == {"Title": "Seed phrase" if case == "seed" else "Share of a secret", "Producer": "ape-recovery"}
    assert list(document.get_toc()) == [] and document.count_attachments() == 0
    streams = [*inflated(pdf)]
    first = [stream for stream in streams if f"({words_of(case)[0]})".encode() in stream]
    assert len(first) == 1 and b"SECRET" in first[0]
    streams.remove(first[0])
    for word in {word for word in words_of(case) if len(word) > 4}:
        assert word.encode() not in pdf and word.encode("utf-16-be") not in pdf
        # Some are words that pages of instructions have in their sentences: "kitchen", "often".
        assert not [stream for stream in streams if f"({word})".encode() in stream]


def inflated(pdf: bytes) -> Iterator[bytes]:
    """What is compressed in it."""
    from base64 import a85decode

    for found in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        data = found[1].strip()
        for plain in (data, a85decode(data[:-2]) if data.endswith(b"~>") else b""):
            try:
                yield zlib.decompress(plain)
                break
            except zlib.error:
                continue


# --------------------------------------------------------------------------------------------- what else it says


def test_a_share_says_what_it_is() -> None:
    first = page_texts(sheet("20", "a4"))[0]
    for words in (
        *("Share 1.1 of set 01234567", "Alone this page opens nothing", "enough shares (2 of 3)"),
        *("1.1, number 1 of 3", "Passphrase none", "a seed phrase: phone", "Holder José", "Made 14 November 2023"),
        *("type it into no website", "Have you found this? Give it back to its holder"),
    ):
        assert words in first
    assert ADDRESS_12 in dense(sheet("20", "a4"))
    assert "guardian's kit" not in first


def test_a_passphrase_a_guardian_and_names_of_any_length_are_said() -> None:
    first = page_texts(sheet("33", "letter"))[0]
    assert "2 of 3, and the passphrase" in first and "yes, and it stands on no sheet" in first
    assert f"a private key: {LONG}" in first
    assert "geborene Ñandú [U+1F600], also a guardian: keep it apart from the guardian's kit" in first
    assert "the file in the QR code has the true text" in first
    assert "2 of 4 groups (3 of 5, 1 of 1, 3 of 5, 2 of 6)" in page_texts(sheet("groups", "a4"))[0]
    assert "number 1 of 5 in group 3" in page_texts(sheet("groups", "a4"))[0]


def test_each_page_says_what_to_do() -> None:
    fire, water, theft, heirs = page_texts(sheet("20", "a4"))[1:]
    for page, words in (
        (fire, "Stainless steel or titanium lasts Do not laminate recovery backup answer CHALLENGE --typed"),
        (water, "Freeze it. Let air dry it recovery backup sheet blank"),
        (theft, "Tell the owner, today, recovery backup heal SHARE... --rotate Give it away."),
        (heirs, "There is no hurry. it takes 2 of 3 set-01234567.json a website SLIP-39"),
        (heirs, "recovery backup combine --typed --as words"),
    ):
        for word in words.split():
            assert word in page
    for page in (fire, water):
        assert "As long as enough others are left (2 of 3), nothing is lost" in page
    assert "--passphrase" not in heirs
    assert theft.index("--rotate") < theft.index("old key opens") < theft.index("has all old shares destroyed")
    assert "seal it anew when you have answered the owner" in theft
    assert "Who has a file instead puts its name before --typed; if it ends in .age, also --identity" in heirs
    assert "combine --typed --as keystore --passphrase" in page_texts(sheet("33", "letter"))[4]
    assert "Look for the passphrase" in page_texts(sheet("33", "letter"))[4]


def test_nobody_is_told_that_a_share_may_be_lost_if_it_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share_page, "checked", lambda pdf, *_: pdf)
    single = page_texts(share_pdf(share("single")))
    assert "Whoever reads this page has the secret." in single[0] and "opens nothing" not in single[0]
    assert "every share is needed" in single[1] and "nothing is lost" not in single[1]
    assert "Whoever has it has the secret." in single[3] and "One share is nothing" not in single[4]


def test_what_is_no_key_is_not_replaced_on_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share_page, "checked", lambda pdf, *_: pdf)
    about = replace(share().about, kind=Kind.POLICY, address=None)
    theft, heirs = page_texts(share_pdf(replace(share(), about=about)))[3:]
    assert "--rotate" not in theft and "recovery backup heal" in theft
    assert "combine --typed --as policy-secret" in heirs


def test_a_seed_phrase_says_where_its_accounts_are() -> None:
    first, *_, heirs = page_texts(seed("letter"))
    with Seed.of(WORDS_24) as derived:
        for index in (0, 1):
            path = Places.parse(DEFAULT_PLACES).at(index)
            assert f"m/44'/60'/0'/0/{index} {derived.account(path).address}" in first
    for words in ("for Ñandú", "24, of the English list of BIP-39", "Passphrase none", "Made 14 November 2023"):
        assert words in first
    assert "which the owner called “Ñandú”" in heirs and "BIP-39, which nearly every wallet reads" in heirs


def test_with_a_passphrase_no_account_stands_on_the_sheet() -> None:
    said = text(seed_pdf(WORDS_12, passphrase=True))
    assert "Together with its passphrase" in said and "0x" not in said
    assert "not the sheet: the account that you know as yours must come out." in said and "seal it anew" not in said
    with pytest.raises(InvalidInput, match="With a passphrase no account is printed"):
        seed_pdf(WORDS_12, passphrase=True, paths=[Places.parse(DEFAULT_PLACES).at(0)])


@pytest.mark.parametrize(
    ("words", "more", "because"),
    [
        (WORDS_12.replace("junk", "test"), {}, "do not belong together"),
        (WORDS_12.replace("junk", "junky"), {}, "not on the list"),
        (WORDS_12, {"label": "x" * 61}, "at most 60 characters"),
        (WORDS_12, {"paper": "a5"}, "no paper 'a5'"),
    ],
)
def test_what_is_no_seed_phrase_is_refused_and_not_repeated(words: str, more: dict[str, str], because: str) -> None:
    with pytest.raises(InvalidInput, match=because) as refused:
        seed_pdf(words, **more)  # type: ignore[arg-type]
    assert "test" not in str(refused.value) and "junk" not in str(refused.value)


# -------------------------------------------------------------------------------------------------- templates


@each_paper
@pytest.mark.parametrize("count", [12, 20, 24, 33])
def test_a_template_has_numbered_boxes_in_its_margins_and_nothing_else(count: int, paper: str) -> None:
    pdf = blank_pdf(words=count, paper=paper)
    (page,) = pypdfium2.PdfDocument(pdf)
    boxes = [thing.get_bounds() for thing in page.get_objects() if is_box(thing.get_bounds())]
    assert len(boxes) == 4 * count
    assert min(box[0] for box in boxes) > MARGIN and max(box[2] for box in boxes) < page.get_width() - MARGIN + 1
    said = text(pdf)
    assert " ".join(str(number) for number in range(1, count + 1)) + " By hand" in said
    for words in ("Share number", "Holder", "Date", "Set", f"{count} words", "Is there a passphrase? (not which)"):
        assert words in said


def is_box(bounds: tuple[float, float, float, float]) -> bool:
    left, bottom, right, top = bounds
    return abs((right - left) - (top - bottom)) < 0.5 and 15 < right - left < 40


@pytest.mark.parametrize("count", [0, 11, 34])
def test_a_template_of_another_number_of_words_is_refused(count: int) -> None:
    with pytest.raises(InvalidInput, match="12 to 33 words"):
        blank_pdf(words=count)


def test_there_is_no_other_paper() -> None:
    for draw in (lambda: blank_pdf(paper="a5"), lambda: share_pdf(share(), paper="a5")):
        with pytest.raises(InvalidInput, match="no paper 'a5'. Known are: a4, letter"):
            draw()


# --------------------------------------------------------------------------------------------- every sheet


@each
def test_nothing_overlaps_or_is_too_small(case: str, paper: str) -> None:
    pdf = sheet(case, paper)
    for page in pypdfium2.PdfDocument(pdf):
        assert overlaps(page) == []
    assert min(letter_sizes(pdf)) >= MIN_SIZE


def test_the_same_input_gives_the_same_bytes() -> None:
    assert share_pdf(share("33"), paper="letter") == sheet("33", "letter")


# ------------------------------------------------------------------------------------- what is read back


@pytest.mark.parametrize(
    "wrong",
    [
        lambda words: [*words[:4], words[5], words[4], *words[6:]],
        lambda words: words[:-1],
        lambda words: [*words[:-1], words[-1] + "s"],
        lambda words: [*words, "zero"],
    ],
    ids=["exchanged", "one missing", "another one", "one more"],
)
def test_words_and_letters_that_are_not_right_are_refused(wrong: object) -> None:
    pdf, listed = sheet("20", "a4"), words_of("20")
    assert printed(pdf, 0, numbered(listed), lettered(listed)) == pdf
    for run in (numbered(wrong(listed)), lettered(wrong(listed))):  # type: ignore[operator]
        right = lettered(listed)[: len(run)] == run or numbered(listed)[: len(run)] == run
        if not right:
            with pytest.raises(Refused, match="The words of the sheet, read back, are not what they should be"):
                printed(pdf, 0, run)
    with pytest.raises(Refused):
        printed(pdf, 1, numbered(listed))


#: One whose words are not all the same, as they are exchanged.
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def _swapped(words: Sequence[str]) -> tuple[str, ...]:
    return (words[1], words[0], *words[2:])


def test_a_sheet_whose_words_are_drawn_wrongly_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right = grid.word_columns
    for page in (share_page, seed_page):
        monkeypatch.setattr(page, "word_columns", lambda words, scale: right(_swapped(words), scale))
    for draw in (lambda: share_pdf(share()), lambda: seed_pdf(PHRASE)):
        with pytest.raises(Refused, match="The words of the sheet"):
            draw()


def test_a_sheet_whose_letters_are_drawn_wrongly_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def boxes(words: tuple[str, ...], side: float) -> Block:
        return Boxes(_swapped(words), side) if any(words) else Boxes(("a", *words[1:]), side)

    for page in (share_page, seed_page, blank_page):
        monkeypatch.setattr(page, "Boxes", boxes)
    for draw in (lambda: share_pdf(share()), lambda: seed_pdf(PHRASE), blank_pdf):
        with pytest.raises(Refused, match="The words of the sheet"):
            draw()


@pytest.mark.parametrize("fault", ["words", "file", "missing"])
def test_a_sheet_whose_codes_say_something_else_is_never_given_out(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = share("33")
    if fault == "words":
        wrong = Code.of(other.words.text, "the words alone")
        monkeypatch.setattr(Code, "of", staticmethod(lambda *_: wrong))
    elif fault == "file":
        right = share_page.file_codes
        monkeypatch.setattr(share_page, "file_codes", lambda text, *more: right(other.dumps(), *more))
    else:
        monkeypatch.setattr(share_page, "Codes", NoCodes)
    with pytest.raises(Refused, match="What the QR codes of the sheet say"):
        share_pdf(share())
    if fault == "words":
        with pytest.raises(Refused, match="What the QR codes of the sheet say"):
            seed_pdf(PHRASE)


class NoCodes(Paragraph):
    """In the place of codes."""

    natural_width = 100.0

    def __init__(self, *_: object) -> None:
        super().__init__("no codes")
