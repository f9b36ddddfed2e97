from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery import frames
from recovery.errors import InvalidFile, InvalidInput, MissingExtra, Refused
from recovery.images import pdf_pages as pictures
from recovery.sheets import checked, freeze_card_pdf, kit_pdf, read_back
from recovery.sheets.blocks import Block, Box, Columns, Command, Heading, Labelled, Paragraph, Stack, Title, items, rows
from recovery.sheets.codes import MAX_VERSION, MIN_MODULE, Code, Codes, alike, beside, data_codes, file_codes
from recovery.sheets.page import Layout, NewPage, text_width
from recovery.sheets.text import MIN_SIZE, MM, Span, Typesetter, bold, digits, font, width_of
from tests.recovery.sheet_world import areas, freeze, kit, overlaps, page_texts, seen, text

WIDTH = text_width("a4")
LOREM = "Whoever holds the second page is the guardian, and nobody will ask for a name. "


def laid_out(*blocks: Block, size: float = 10.0, note: str = "") -> bytes:
    return Layout.of(blocks, Typesetter(size), "a4", note).pdf("Test", "foot")


def words_of(lines: Sequence[Sequence[Any]]) -> list[str]:
    return [" ".join(piece.text for piece in line) for line in lines]


def longest(lines: Sequence[Sequence[Any]], size: float) -> float:
    return max((piece.x + width_of(piece.text, size, piece.bold) for line in lines for piece in line), default=0.0)


# ------------------------------------------------------------------------------------------------------- text


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=120), st.floats(30, 300))
def test_no_line_is_longer_than_it_may_be_and_no_character_is_lost(said: str, width: float) -> None:
    setter = Typesetter(10)
    lines = setter.lines(said, width)
    # A single character may be wider than the line; then it stands alone.
    assert longest(lines, 10) <= width + 0.01
    assert "".join(piece.text for line in lines for piece in line).replace(" ", "") == "".join(
        setter.printable(said).split()
    )


@pytest.mark.parametrize("width", range(40, 240, 7))
def test_lines_are_as_full_as_they_can_be_and_no_fuller(width: int) -> None:
    lines = Typesetter(10).lines(LOREM * 5, width)
    assert longest(lines, 10) <= width + 0.01
    for line, following in zip(words_of(lines), words_of(lines)[1:], strict=False):
        assert width_of(f"{line} {following.split()[0]}", 10) > width


def test_words_of_one_manner_are_one_piece() -> None:
    [line] = Typesetter(10).lines(["one two ", bold("three four"), " five"], 400)
    assert [(piece.text, piece.bold) for piece in line] == [("one two", False), ("three four", True), ("five", False)]
    assert line[1].x == pytest.approx(width_of("one two", 10) + width_of(" ", 10, True))


def test_a_mark_after_another_manner_stands_right_behind_it() -> None:
    [line] = Typesetter(10).lines([bold("Ben"), ", a guardian"], 400)
    assert line[1].x == pytest.approx(width_of("Ben", 10, True))


def test_a_word_that_is_longer_than_a_line_is_divided_after_a_hyphen() -> None:
    width = width_of("Wallenstein-Habs", 10)
    assert words_of(Typesetter(10).lines("Wallenstein-Habsburg", width)) == ["Wallenstein-", "Habsburg"]
    assert words_of(Typesetter(10).lines("x" * 10, width_of("xxxx", 10) + 0.1)) == ["xxxx", "xxxx", "xx"]


def test_digits_are_in_groups_of_four_and_a_line_may_end_after_each() -> None:
    number = "0x" + "0123456789abcdef" * 4
    pieces = Typesetter(10).lines(digits(number), 1000)[0]
    assert [piece.text for piece in pieces] == ["0x", *("0123", "4567", "89ab", "cdef") * 4]
    lines = Typesetter(10).lines(digits(number), 100)
    assert longest(lines, 10) <= 100
    assert "".join(piece.text for line in lines for piece in line) == number


def test_what_the_font_lacks_is_spelled_out() -> None:
    setter = Typesetter(10)
    assert setter.printable("Ünï Ж Ω ✓") == "Ünï Ж Ω ✓"
    assert not setter.missing
    assert setter.printable("小 🙂\x00") == "[U+5C0F] [U+1F642][U+0000]"
    assert setter.missing


def test_letters_with_accents_apart_are_put_together() -> None:
    assert Typesetter(10).printable("e\u0301") == "é"


# ----------------------------------------------------------------------------------------------------- blocks


EVERY_BLOCK: list[Block] = [
    Title("A title", "and what is below it"),
    Heading("A heading"),
    Paragraph(LOREM * 3),
    Command(("recovery status", "recovery scan " + "PHOTO " * 40)),
    rows(Typesetter(10), [("Account", "0x" + "ab" * 20), ("Chain", LOREM * 2)], WIDTH),
    items((LOREM, [bold("One "), "and two"], Stack((Paragraph(LOREM), Command(("recovery",)))))),
    items((LOREM, LOREM), "✓"),
    Stack((Paragraph("one"), Paragraph("two", before=3.0))),
    Box((Paragraph(LOREM * 2), Paragraph(LOREM))),
    Columns((Stack((Paragraph(LOREM * 2),)), Stack((Paragraph(LOREM), Paragraph(LOREM)))), (1, 2)),
    Codes((Code.of("RECOVERY1:A", "one"), Code.of("RECOVERY1:B", "two"))),
    Codes(tuple(Code.of("A" * 480 + str(n), f"code {n}") for n in range(10))),
]


@pytest.mark.parametrize("block", EVERY_BLOCK, ids=lambda block: type(block).__name__)
def test_a_block_draws_within_its_height(block: Block) -> None:
    setter = Typesetter(10)
    pdf = laid_out(block)
    [page] = pypdfium2.PdfDocument(pdf)
    top = page.get_size()[1] - 14 * MM
    bottom = top - block.height(setter, WIDTH)
    # Of what stands above the line at the foot.
    things = [thing.get_bounds() for thing in page.get_objects()]
    own = [bounds for bounds in things if bounds[1] > 25 * MM]
    assert len(own) == len(things) - 3
    assert all(bottom - 1.5 <= lower and upper <= top + 1.5 for _, lower, _, upper in own)
    # And it takes no more room than it needs.
    assert min(lower for _, lower, _, _ in own) < bottom + 8
    assert all(left >= 14 * MM - 1.5 and right <= 14 * MM + WIDTH + 1.5 for left, _, right, _ in own)


@pytest.mark.parametrize("block", EVERY_BLOCK, ids=lambda block: type(block).__name__)
def test_the_parts_of_a_block_are_all_of_it(block: Block) -> None:
    parts = block.parts(Typesetter(10), WIDTH)
    assert text(laid_out(*parts)).replace(" ", "") == text(laid_out(block)).replace(" ", "")


def test_the_names_of_a_table_take_a_third_at_most() -> None:
    table = rows(Typesetter(10), [("a very long name " * 10, "value")], 300)
    [row] = table.blocks
    assert isinstance(row, Labelled) and row.indent == 100
    narrow = rows(Typesetter(10), [("Chain", "value")], 300).blocks[0]
    assert isinstance(narrow, Labelled) and narrow.indent < 60


def test_letters_are_never_smaller_than_they_may_be() -> None:
    setter = Typesetter(MIN_SIZE)
    assert Paragraph("x", 0.5).height(setter, 100) == Paragraph("x").height(setter, 100)


# ------------------------------------------------------------------------------------------------------ pages


def test_what_does_not_fit_goes_on_the_next_page() -> None:
    pdf = laid_out(*(Paragraph(f"number {n} {LOREM * 3}") for n in range(60)))
    pages = page_texts(pdf)
    assert len(pages) > 1
    assert all(f"Page {n} of {len(pages)}" in said for n, said in enumerate(pages, 1))
    assert [n for n in range(60) if f"number {n} " in " ".join(pages)] == list(range(60))
    assert all(overlaps(page) == [] for page in pypdfium2.PdfDocument(pdf))


@pytest.mark.parametrize("above", range(30, 52))
def test_a_heading_is_never_the_last_on_a_page(above: int) -> None:
    pages = page_texts(laid_out(*[Paragraph("line")] * above, Heading("HEADING"), Paragraph("below it")))
    [page] = [said for said in pages if "HEADING" in said]
    assert "HEADING below it" in page


def test_a_large_block_is_divided_and_a_small_one_is_not() -> None:
    filling = [Paragraph("line")] * 42
    small = page_texts(laid_out(*filling, Stack((Paragraph("first"), *[Paragraph("middle")] * 6, Paragraph("last")))))
    assert "first" not in small[0] and "first" in small[1]
    large = page_texts(laid_out(*filling, Stack((Paragraph("first"), *[Paragraph("middle")] * 20, Paragraph("last")))))
    assert "first" in large[0] and "last" in large[1]


def test_columns_stay_together_unless_no_page_can_hold_them() -> None:
    filling = [Paragraph("line")] * 30
    half = Stack((Paragraph("first"), *[Paragraph("middle")] * 20))
    pages = page_texts(laid_out(*filling, Columns((half, half))))
    assert "first" not in pages[0] and pages[1].count("first") == 2
    long = Stack(tuple(Paragraph(f"row {n}") for n in range(80)))
    said = " ".join(page_texts(laid_out(Columns((long, long)))))
    assert said.count("row 79") == 2


def test_a_page_can_be_begun() -> None:
    assert ["one foot" in said for said in page_texts(laid_out(Paragraph("one"), NewPage(), Paragraph("two")))] == [
        True,
        False,
    ]


def test_a_block_that_no_page_can_hold_is_refused() -> None:
    with pytest.raises(InvalidInput, match="too long for a sheet of paper"):
        laid_out(Box(tuple([Paragraph("line")] * 100)))


def test_the_note_stands_at_the_end_once_and_only_if_it_is_needed() -> None:
    assert "NOTE" not in text(laid_out(Paragraph("plain"), note="NOTE"))
    assert text(laid_out(Paragraph("小"), Paragraph("明"), note="NOTE")).startswith("[U+5C0F] [U+660E] NOTE")


# ------------------------------------------------------------------------------------------------------ codes


def test_codes_have_error_correction_m_and_the_mode_that_fits() -> None:
    hexadecimal, plain = Code.of("0x" + "AB" * 400, ""), Code.of("0x" + "ab" * 400, "")
    assert hexadecimal.version < plain.version
    expected = segno.make_qr(["0x", "AB" * 400], error="M", boost_error=False)
    assert hexadecimal.version == expected.version
    assert hexadecimal.matrix == tuple(bytes(row) for row in expected.matrix_iter(border=4))


def test_a_code_has_a_margin_of_four_modules() -> None:
    code = Code.of("text", "")
    assert code.side == 17 + 4 * code.version + 8
    assert not any(any(row) for row in (*code.matrix[:4], *code.matrix[-4:]))
    assert not any(row[:4].count(1) + row[-4:].count(1) for row in code.matrix)


def test_a_text_that_is_too_long_for_a_code_is_refused() -> None:
    for length in (3000, 10_000):
        with pytest.raises(InvalidInput, match="too long for one QR code"):
            Code.of("A" * length, "")


def test_calldata_come_in_parts_that_are_the_whole() -> None:
    for length in (1, 500, 1150, 1151, 1650, 5000):
        data = "0x" + "ab" * length
        codes = data_codes(data, "data")
        assert "".join(code.text for code in codes) == "0x" + "AB" * length
        assert all(code.version <= MAX_VERSION for code in codes)
        assert (len(codes) == 1) == (length <= 1150)
        assert codes[0].caption == ("data" if len(codes) == 1 else f"data, 1 of {len(codes)}")


def test_a_long_file_takes_fewer_and_larger_codes() -> None:
    small, large = kit().dumps(), freeze(5).request.dumps()
    assert {code.version for code in alike(file_codes(small, "kit"))} <= set(range(10, 14))
    made = file_codes(large, "freeze.json")
    assert frames.decode(code.text for code in made) == large
    assert [code.caption for code in file_codes(small, "kit")] == ["kit, 1 of 3", "kit, 2 of 3", "kit, 3 of 3"]


def test_codes_side_by_side_are_alike() -> None:
    one, other = alike([Code.of("short", "a"), Code.of("a much longer text " * 20, "b")])
    assert one.version == other.version
    assert (one.text, one.caption) == ("short", "a")


def test_codes_are_made_smaller_where_there_is_less_room_but_not_too_small() -> None:
    code = Code.of("A" * 480, "caption")
    setter = Typesetter(10)
    width = code.side * MIN_MODULE
    assert Codes((code,), 2 * MIN_MODULE).height(setter, width) == pytest.approx(
        Codes((code,), MIN_MODULE).height(setter, width)
    )
    with pytest.raises(InvalidInput, match="too long for a QR code on this paper"):
        Codes((code,), MIN_MODULE).height(setter, width - 1)


def test_words_stand_beside_codes_where_there_is_room_and_above_them_otherwise() -> None:
    code = Code.of("A" * 480, "caption")
    [together] = beside(Codes((code,) * 2), [Paragraph("said")], WIDTH)
    assert isinstance(together, Columns)
    above, codes = beside(Codes((code,) * 4), [Paragraph("said")], WIDTH)
    assert isinstance(above, Stack) and isinstance(codes, Codes)


# ---------------------------------------------------------------------------------------------------- reading


def sheet(*texts: str) -> bytes:
    return laid_out(Codes(tuple(Code.of(each, "code") for each in texts)))


KIT = kit().dumps()
OTHER = kit(3).dumps()
FRAMES = frames.encode(KIT, 483)


def test_a_sheet_that_says_what_it_should_is_returned() -> None:
    for pdf, expected, plain in (
        (sheet(*FRAMES), [KIT], []),
        (sheet(*FRAMES, *frames.encode(OTHER, 483)), [OTHER, KIT], []),
        (sheet(*FRAMES, "0xAB"), [KIT], ["0xAB"]),
        (sheet("0xAB"), [], ["0xAB"]),
    ):
        assert checked(pdf, expected, plain) is pdf


@pytest.mark.parametrize(
    ("pdf", "expected", "plain"),
    [
        (sheet(*FRAMES[1:]), [KIT], []),
        (sheet(*FRAMES), [OTHER], []),
        (sheet(*FRAMES), [KIT, OTHER], []),
        (sheet(*FRAMES, *frames.encode(OTHER, 483)), [KIT], []),
        (sheet(*FRAMES, "0xAB"), [KIT], []),
        (sheet(*FRAMES), [KIT], ["0xAB"]),
        (sheet(*FRAMES[1:], FRAMES[0][:-1] + "2"), [KIT], []),
        (sheet(*FRAMES[1:], FRAMES[0].replace("RECOVERY1", "RECOVERY2")), [KIT], []),
        (laid_out(Paragraph("nothing")), [KIT], []),
        (laid_out(Paragraph("nothing")), [], ["0xAB"]),
    ],
    ids=["missing", "another", "one of two", "too many", "more", "less", "damaged", "newer", "none", "no plain"],
)
def test_a_sheet_that_says_something_else_is_refused(pdf: bytes, expected: list[str], plain: list[str]) -> None:
    with pytest.raises(Refused, match="read back as from paper, is not what they should: nothing was written"):
        checked(pdf, expected, plain)


def test_a_code_that_was_drawn_wrongly_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Codes._draw_code

    def blotted(self: Codes, pen: Any, code: Code, x: float, y: float, width: float) -> None:
        rows = list(code.matrix)
        for row in range(len(rows) // 3, len(rows) * 2 // 3):
            rows[row] = bytes(len(rows[row]))
        honest(self, pen, replace(code, matrix=tuple(rows)), x, y, width)

    assert kit_pdf(kit())
    monkeypatch.setattr(Codes, "_draw_code", blotted)
    with pytest.raises(Refused, match="nothing was written"):
        kit_pdf(kit())


def test_codes_that_hide_one_another_are_read_one_after_another() -> None:
    pdf = freeze_card_pdf(freeze(5), paper="letter")
    assert seen(pictures(pdf, 200)) <= set(read_back(pdf))
    assert len(read_back(pdf)) == 10


def test_a_page_without_codes_says_nothing() -> None:
    assert read_back(laid_out(Paragraph("words"), NewPage(), Codes((Code.of("text", ""),)))) == ["text"]
    assert read_back(laid_out(Paragraph("words"))) == []


def test_what_is_no_pdf_cannot_be_read_back() -> None:
    with pytest.raises(InvalidFile, match="damaged or no PDF"):
        read_back(b"hello")


def test_a_code_is_drawn_in_one_go() -> None:
    """Between modules that are drawn apart, viewers and printers leave light lines."""
    [page] = pypdfium2.PdfDocument(sheet(*FRAMES))
    assert [kind for kind, *_ in areas(page)].count("code") == len(FRAMES)
    assert (
        len(list(page.get_objects())) == 2 * len(FRAMES) + 3
    )  # codes and captions; line, words and number at the foot


# ------------------------------------------------------------------------------------------- what is installed


@pytest.mark.parametrize(
    ("module", "extra"),
    [
        ("reportlab.pdfbase.ttfonts", "pdf"),
        ("reportlab.pdfgen.canvas", "pdf"),
        ("font_source_sans_pro", "pdf"),
        ("pypdfium2", "pdf"),
        ("segno", "cli"),
        ("zxingcpp", "cli"),
    ],
)
def test_what_is_not_installed_is_named(module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    font.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf'pip install "ape-recovery\[{extra}\]"'):
        kit_pdf(kit())


def test_nothing_heavy_is_loaded_before_it_is_used() -> None:
    program = (
        "import sys, recovery.sheets as s; s.kit_pdf; s.freeze_card_pdf; s.paper_guardian_pdf; s.read_back\n"
        "heavy = {'reportlab', 'pypdfium2', 'PIL', 'segno', 'zxingcpp', 'font_source_sans_pro', 'click', 'web3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_package_has_no_other_names() -> None:
    import recovery.sheets as sheets

    drawn = ["blank_pdf", "freeze_card_pdf", "kit_pdf", "paper_guardian_pdf", "seed_pdf", "share_pdf"]
    assert sorted(sheets.__all__) == sorted(["checked", "read_back", *drawn])
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sheets.nothing


def test_a_span_is_what_it_is_called() -> None:
    assert bold("x") == Span("x", bold=True)
    assert digits("x") == Span("x", digits=True)
