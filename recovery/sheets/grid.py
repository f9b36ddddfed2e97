"""Words on a sheet: numbered, to be read, and in boxes letter by letter, to be copied to steel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .blocks import Block, Columns, Labelled, Paragraph, Pen, Stack
from .text import MIN_SIZE, MM, Typesetter, font, width_of

#: By its first letters every word of BIP-39 and of SLIP-39 is known.
LETTERS = 4
_NUMBER = 8 * MM
#: As many words, and more, stand in four columns; fewer in three, where there is room for larger boxes.
_FOUR = 20
_MOST_COLUMNS = 4
_LARGER = 1.2
#: Between two rows, in parts of a box.
_GAP = 0.25


def word_columns(words: Sequence[str], scale: float, columns: int | None = None) -> Block:
    """The words, numbered down each column: that is how people copy them.

    Args:
        words: The words.
        scale: Size of their letters, in parts of the usual size.
        columns: How many stand beside each other, if not as many as boxes do.
    """
    return Columns(
        tuple(
            Stack(tuple(Labelled(f"{n}", Paragraph(word, scale), 30, 0.3, scale) for n, word in column))
            for column in _in_columns(words, columns or columns_of(words))
        ),
        before=0.0,
    )


def numbered(words: Sequence[str]) -> list[str]:
    """What the text of a page has where the words stand."""
    return [text for number, word in enumerate(words, 1) for text in (str(number), word)]


def lettered(words: Sequence[str]) -> list[str]:
    """What it has where their letters stand in boxes."""
    return [text for number, word in enumerate(words, 1) for text in (str(number), *word[:LETTERS].upper())]


def columns_of(words: Sequence[str]) -> int:
    """How many words stand beside each other."""
    return _MOST_COLUMNS if len(words) >= _FOUR else _MOST_COLUMNS - 1


@dataclass(frozen=True, slots=True)
class Boxes:
    """For each word four numbered boxes with its first letters: what is punched into steel.

    Attributes:
        words: The words; an empty one has empty boxes. One of three letters leaves the last one empty.
        side: Of a box where there are four columns.
        before: Space above them, in parts of the letters' size.
    """

    words: tuple[str, ...]
    side: float = 8 * MM
    before: float = 0.5

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room they take."""
        rows = -(-len(self.words) // columns_of(self.words))
        return (rows * (1 + _GAP) - _GAP) * self._box(width)

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws them below `y`, each in the column of its word above."""
        columns, side = columns_of(self.words), self._box(width)
        step = (width + Columns.GAP) / columns
        for column, words in enumerate(_in_columns(self.words, columns)):
            for row, (number, word) in enumerate(words):
                _draw_word(pen, x + column * step, y - row * side * (1 + _GAP), side, str(number), word)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Themselves."""
        return (self,)

    def _box(self, width: float) -> float:
        """How wide a box is: more where there are few columns, and never so much that they touch the next one."""
        columns = columns_of(self.words)
        room = (width - Columns.GAP * (columns - 1)) / columns - _NUMBER
        return min(self.side * (_LARGER if columns < _MOST_COLUMNS else 1), room / LETTERS)


def _draw_word(pen: Pen, x: float, y: float, side: float, number: str, word: str) -> None:
    size, small = max(MIN_SIZE, side * 0.62), MIN_SIZE * 1.1
    pen.canvas.setFont(font(True).fontName, small)
    pen.canvas.drawString(x, y - side / 2 - small * 0.33, number)
    pen.canvas.setFont(font(True).fontName, size)
    for place in range(LETTERS):
        left = x + _NUMBER + place * side
        pen.frame(left, y, side, side, 0.7)
        if letter := word[place : place + 1].upper():
            pen.canvas.drawString(left + (side - width_of(letter, size, True)) / 2, y - side / 2 - size * 0.33, letter)


def _in_columns(words: Sequence[str], columns: int) -> Iterator[list[tuple[int, str]]]:
    length = -(-len(words) // columns)
    numbered_words = list(enumerate(words, 1))
    for start in range(0, len(words), length):
        yield numbered_words[start : start + length]
