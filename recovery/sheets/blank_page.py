"""A template with nothing on it, to be written on by hand, or to lay beside a plate of steel."""

from __future__ import annotations

from ..errors import InvalidInput
from .blocks import Block, Columns, Field, Heading, Paragraph, Stack, Title, items
from .grid import Boxes, lettered
from .page import Layout, on_one_page, text_width
from .reading import checked, printed
from .text import MM, Typesetter, bold

FEWEST, MOST = 12, 33
#: Size of the letters, and of a box in mm: the first that makes it one page.
_STYLES = ((11.0, 9.0), (10.5, 9.0), (10.0, 8.5), (9.5, 8.0), (9.0, 7.0))
_NOTE = "[U+...] stands for a character that cannot be printed here."


def blank_pdf(*, words: int = 20, paper: str = "a4") -> bytes:
    """A page with numbered boxes for the first four letters of each word, and lines for what it is.

    Args:
        words: How many: a share has 20 to 33, a seed phrase 12 to 24.
        paper: a4 or letter.

    Returns:
        The PDF: one page, with nothing secret on it. The same input gives the same bytes.

    Raises:
        InvalidInput: No such paper, or another number of words.
        Refused: It cannot be read back.
        MissingExtra: What draws or reads is not installed.
    """
    if not FEWEST <= words <= MOST:
        raise InvalidInput(f"A template has {FEWEST} to {MOST} words, not {words}.")
    text_width(paper)
    empty = ("",) * words

    def lay(style: tuple[float, float]) -> Layout:
        return Layout.of(_blocks(empty, style[1]), Typesetter(style[0]), paper, _NOTE)

    footer = "Secret as soon as words are on it"
    return checked(printed(on_one_page(_STYLES, lay).pdf("Template", footer), 0, lettered(empty)), [])


def _blocks(empty: tuple[str, ...], box: float) -> list[Block]:
    return [
        Title(f"{len(empty)} words, for paper or steel", "Four letters tell each word from all others"),
        Columns(
            (
                Stack(
                    (Field("Set, or what it is called"), Field("Share number"), Field("Needed: how many of how many"))
                ),
                Stack((Field("Holder"), Field("Date"), Field("Is there a passphrase? (not which)"))),
            ),
            before=1.2,
        ),
        Heading("The first four letters of each word"),
        Boxes(empty, box * MM),
        Heading("By hand"),
        items(
            (
                [bold("Capital letters, from the first box. "), "A word of three letters leaves the last box empty."],
                "On paper: a pencil, which neither water nor light takes, and firm strokes.",
                "On steel: stainless or titanium. Put it on something hard, hold the punch upright, one firm blow "
                "each. Punch the numbers, too, and the set; no name and no address. Try on the back first.",
                "A slip: strike the letter out with a row of dots, and punch the word anew below. Do not correct it.",
                "Read the copy back, letter by letter, from the last word to the first.",
            )
        ),
        Heading("Then try the copy, not what it was copied from"),
        Paragraph("A share, with a challenge of the owner: recovery backup answer CHALLENGE --typed"),
        Paragraph("A seed phrase: recovery keys restore -o TRIAL. The account must come out the same.", before=0.2),
    ]
