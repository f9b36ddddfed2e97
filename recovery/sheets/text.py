"""Text on a sheet: the font, what it cannot draw, and where lines end.

All lengths are in points, 72 to an inch.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import MissingExtra

MM = 72 / 25.4
#: Smaller letters are not for paper that is to be read in twenty years.
MIN_SIZE = 9.0
LEADING = 1.27
#: Between groups of four digits, in parts of the letters' size.
_DIGIT_GAP = 0.25
#: After these a word may be divided if it does not fit on a line.
_BREAKS = "-@/_.]"
_FONTS = {False: ("Recovery-Regular", "SourceSansPro-Regular.ttf"), True: ("Recovery-Bold", "SourceSansPro-Bold.ttf")}


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one manner.

    Attributes:
        text: The text.
        bold: Whether it stands out.
        digits: A hexadecimal number to be typed by hand: in groups of four, and a line may end after each group.
    """

    text: str
    bold: bool = False
    digits: bool = False


Text = str | Span | Sequence[str | Span]


def bold(text: str) -> Span:
    """What stands out."""
    return Span(text, bold=True)


def digits(text: str) -> Span:
    """A long hexadecimal number, to be typed by hand. What is rather copied out of the PDF is ordinary text."""
    return Span(text, digits=True)


@dataclass(frozen=True, slots=True)
class Piece:
    """What is drawn at one place of a line.

    Attributes:
        x: From the beginning of the line.
        text: What.
        bold: Whether it stands out.
    """

    x: float
    text: str
    bold: bool


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, or a group of digits; a line may end before it."""

    text: str
    bold: bool
    space: float
    joined: bool


@cache
def font(is_bold: bool) -> Any:
    """The font, registered under a name of ours.

    Raises:
        MissingExtra: reportlab or the font is not installed.
    """
    try:
        import font_source_sans_pro
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont
    except ImportError as error:
        raise MissingExtra("Sheets of paper need reportlab and the font Source Sans Pro", "pdf") from error
    name, file = _FONTS[is_bold]
    loaded = TTFont(name, str(Path(font_source_sans_pro.font_directory) / file))
    pdfmetrics.registerFont(loaded)
    return loaded


def width_of(text: str, size: float, is_bold: bool = False) -> float:
    """How long a text is on one line."""
    return float(font(is_bold).stringWidth(text, size))


@dataclass(slots=True)
class Typesetter:
    """Breaks text into lines, and remembers whether there was a character that the font lacks.

    Attributes:
        size: Of ordinary letters.
        missing: Whether something had to be written as [U+....].
    """

    size: float = 10.0
    missing: bool = field(default=False)

    def printable(self, text: str) -> str:
        """The text with every character that the font lacks as [U+....], so that none is lost or a box."""
        text = unicodedata.normalize("NFC", text)
        has = font(False).face.charToGlyph
        if all(ord(character) in has or character.isspace() for character in text):
            return text
        self.missing = True
        return "".join(c if ord(c) in has or c.isspace() else f"[U+{ord(c):04X}]" for c in text)

    def lines(self, text: Text, width: float, size: float | None = None, is_bold: bool = False) -> list[list[Piece]]:
        """Text in lines that are no longer than `width`."""
        size = size or self.size
        lines: list[list[Piece]] = [[]]
        x = 0.0
        for token in self._tokens(text, size, is_bold):
            for number, part in enumerate(_fitting(token, width, size)):
                length = width_of(part, size, token.bold)
                space = token.space if lines[-1] and not number else 0.0
                if lines[-1] and x + space + length > width:
                    lines.append([])
                    x, space = 0.0, 0.0
                _append(lines[-1], Piece(x + space, part, token.bold), bool(space) and token.joined)
                x += space + length
        return lines

    def _tokens(self, text: Text, size: float, is_bold: bool) -> Iterator[_Token]:
        spans = [text] if isinstance(text, (str, Span)) else text
        # Whether the span before has ended in white space: if not, what follows stands right behind it.
        gap = False
        for each in spans:
            span = each if isinstance(each, Span) else Span(each)
            thick = span.bold or is_bold
            space = width_of(" ", size, thick)
            words = self.printable(span.text).split()
            gap = gap or span.text[:1].isspace()
            for number, word in enumerate(words):
                before = space if number or gap else 0.0
                if span.digits:
                    for place, group in enumerate(_groups(word)):
                        yield _Token(group, thick, _DIGIT_GAP * size if place else before, False)
                else:
                    yield _Token(word, thick, before, True)
            gap = span.text[-1:].isspace()


def _append(line: list[Piece], piece: Piece, joined: bool) -> None:
    """Words of one manner become one piece, so that they are drawn, and can be searched for, in one go."""
    if joined and line and line[-1].bold == piece.bold:
        last = line.pop()
        piece = Piece(last.x, f"{last.text} {piece.text}", piece.bold)
    line.append(piece)


def _fitting(token: _Token, width: float, size: float) -> Iterator[str]:
    """A word, in parts if it is longer than a line: after a hyphen or the like if there is one."""
    text = token.text
    start, length, place = 0, 0.0, 0
    while place < len(text):
        length += width_of(text[place], size, token.bold)
        if place > start and length > width:
            good = max(text.rfind(mark, start, place) for mark in _BREAKS) + 1
            end = good if good > start else place
            yield text[start:end]
            start = place = end
            length = 0.0
        else:
            place += 1
    yield text[start:]


def _groups(word: str) -> list[str]:
    head, rest = (word[:2], word[2:]) if word.startswith("0x") else ("", word)
    groups = [rest[start : start + 4] for start in range(0, len(rest), 4)]
    return [head, *groups] if head else groups
