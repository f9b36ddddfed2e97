"""What sheets are made of: blocks that know how high they are, so that nothing ever overlaps.

All lengths are in points, 72 to an inch; `y` counts from the bottom of the page, and blocks are drawn below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from .text import LEADING, MIN_SIZE, Piece, Span, Text, Typesetter, font, width_of

_GREY = 0.92


class Block(Protocol):
    """Something on a sheet.

    Attributes:
        before: Space above it, in parts of the letters' size; none at the top of a page.
    """

    @property
    def before(self) -> float:
        """Space above it, in parts of the letters' size."""

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """What it can be divided into where a page ends; itself alone if it cannot."""


class Pen:
    """Draws on one page after another."""

    def __init__(self, canvas: Any, setter: Typesetter) -> None:
        self.canvas = canvas
        self.setter = setter

    def pieces(self, line: Sequence[Piece], x: float, baseline: float, size: float) -> None:
        """One line of text."""
        for piece in line:
            self.canvas.setFont(font(piece.bold).fontName, size)
            self.canvas.drawString(x + piece.x, baseline, piece.text)

    def text(self, lines: Sequence[Sequence[Piece]], x: float, y: float, size: float) -> None:
        """Lines of text below `y`."""
        for number, line in enumerate(lines):
            # Of a line's height the letters take the middle.
            self.pieces(line, x, y - number * size * LEADING - size * 0.95, size)

    def line(self, x: float, y: float, width: float, thickness: float = 0.5) -> None:
        """A line from left to right."""
        self.canvas.setLineWidth(thickness)
        self.canvas.line(x, y, x + width, y)

    def frame(self, x: float, y: float, width: float, height: float, thickness: float) -> None:
        """A rectangle whose upper edge is at `y`."""
        self.canvas.setLineWidth(thickness)
        self.canvas.rect(x, y - height, width, height, stroke=1, fill=0)

    def shade(self, x: float, y: float, width: float, height: float) -> None:
        """A light ground for what stands on it."""
        self.canvas.setFillGray(_GREY)
        self.canvas.rect(x, y - height, width, height, stroke=0, fill=1)
        self.canvas.setFillGray(0)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text in as many lines as it needs.

    Attributes:
        text: The text.
        scale: Size of its letters, in parts of the usual size.
        bold: Whether all of it stands out.
        before: Space above it, in parts of the letters' size.
    """

    text: Text
    scale: float = 1.0
    bold: bool = False
    before: float = 0.45

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        size = self._size(setter)
        return len(setter.lines(self.text, width, size, self.bold)) * size * LEADING

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        size = self._size(pen.setter)
        pen.text(pen.setter.lines(self.text, width, size, self.bold), x, y, size)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Its lines."""
        size = self._size(setter)
        lines = setter.lines(self.text, width, size, self.bold)
        return [Lines((line,), size, 0.0 if number else self.before) for number, line in enumerate(lines)]

    def _size(self, setter: Typesetter) -> float:
        return max(MIN_SIZE, setter.size * self.scale)


@dataclass(frozen=True, slots=True)
class Lines:
    """Text that is in lines already."""

    lines: tuple[Sequence[Piece], ...]
    size: float
    before: float

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        return len(self.lines) * self.size * LEADING

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        pen.text(self.lines, x, y, self.size)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Itself."""
        return (self,)


@dataclass(frozen=True, slots=True)
class Title:
    """What a sheet is, and for whom, above a line."""

    text: str
    below: Text = ""
    before: float = 0.0

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        return sum(len(lines) * size * LEADING for lines, size in self._lines(setter, width)) + 4

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        for lines, size in self._lines(pen.setter, width):
            pen.text(lines, x, y, size)
            y -= len(lines) * size * LEADING
        pen.line(x, y - 3, width, 1.2)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Itself."""
        return (self,)

    def _lines(self, setter: Typesetter, width: float) -> list[tuple[list[list[Piece]], float]]:
        large, small = setter.size * 2, setter.size * 1.3
        found = [(setter.lines(self.text, width, large, True), large)]
        return [*found, (setter.lines(self.below, width, small), small)] if self.below else found


@dataclass(frozen=True, slots=True)
class Heading:
    """What the next block is about. It stays with it."""

    text: str
    before: float = 0.9

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        return len(self._lines(setter, width)) * self._size(setter) * LEADING + 1

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        lines, size = self._lines(pen.setter, width), self._size(pen.setter)
        pen.text(lines, x, y, size)
        pen.line(x, y - len(lines) * size * LEADING, width)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Itself."""
        return (self,)

    @staticmethod
    def _size(setter: Typesetter) -> float:
        return setter.size * 1.15

    def _lines(self, setter: Typesetter, width: float) -> list[list[Piece]]:
        return setter.lines(self.text, width, self._size(setter), True)


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed into a computer.

    Attributes:
        lines: One command each.
        before: Space above it, in parts of the letters' size.
    """

    lines: tuple[str, ...]
    before: float = 0.2

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        return len(self._lines(setter, width)) * setter.size * LEADING + 3

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        pen.shade(x, y, width, self.height(pen.setter, width))
        pen.text(self._lines(pen.setter, width), x + 4, y - 1.5, pen.setter.size)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Itself."""
        return (self,)

    def _lines(self, setter: Typesetter, width: float) -> list[list[Piece]]:
        return [piece for line in self.lines for piece in setter.lines(line, width - 8, None, True)]


@dataclass(frozen=True, slots=True)
class Stack:
    """Blocks below each other."""

    blocks: tuple[Block, ...]
    before: float = 0.3

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        spaces = sum(block.before for block in self.blocks[1:]) * setter.size
        return sum(block.height(setter, width) for block in self.blocks) + spaces

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        for number, block in enumerate(self.blocks):
            y -= block.before * pen.setter.size if number else 0
            block.draw(pen, x, y, width)
            y -= block.height(pen.setter, width)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Its blocks."""
        return self.blocks


@dataclass(frozen=True, slots=True)
class Labelled:
    """Something with a name or a mark to its left.

    Attributes:
        label: The name.
        body: What it is about.
        indent: Where the body begins.
        before: Space above it, in parts of the letters' size.
        scale: Size of the label's letters, in parts of the usual size.
    """

    label: str
    body: Block
    indent: float
    before: float = 0.3
    scale: float = 1.0

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        own = len(self._lines(setter)) * setter.size * self.scale * LEADING
        return max(own, self.body.height(setter, width - self.indent))

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        pen.text(self._lines(pen.setter), x, y, pen.setter.size * self.scale)
        self.body.draw(pen, x + self.indent, y, width - self.indent)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """The label with the first part of the body, then the rest."""
        first, *rest = self.body.parts(setter, width - self.indent)
        if not rest:
            return (self,)
        head = Labelled(self.label, first, self.indent, self.before, self.scale)
        return (head, *(Labelled("", part, self.indent, part.before) for part in rest))

    def _lines(self, setter: Typesetter) -> list[list[Piece]]:
        return setter.lines(self.label, self.indent - 4, setter.size * self.scale, True)


def rows(setter: Typesetter, pairs: Sequence[tuple[str, Text]], width: float, before: float = 0.3) -> Stack:
    """A table of names and values.

    Args:
        setter: Of the sheet.
        pairs: The rows.
        width: At most a third of it goes to the names.
        before: Space above it, in parts of the letters' size.
    """
    longest = max((width_of(setter.printable(name), setter.size, True) for name, _ in pairs), default=0.0)
    indent = min(longest + 10, width / 3)
    return Stack(tuple(Labelled(name, Paragraph(value), indent, 0.1) for name, value in pairs), before)


def items(entries: Sequence[Text | Block], mark: str = "") -> Stack:
    """Steps with their numbers, or points with a mark."""
    blocks = []
    for number, entry in enumerate(entries, 1):
        body = Paragraph(entry) if isinstance(entry, (str, Span, Sequence)) else entry
        blocks.append(Labelled(mark or f"{number}.", body, 14, 0.15))
    return Stack(tuple(blocks))


@dataclass(frozen=True, slots=True)
class Box:
    """A warning, in a frame."""

    blocks: tuple[Block, ...]
    before: float = 0.7

    _PAD: ClassVar[float] = 6.0

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        return Stack(self.blocks).height(setter, width - 2 * self._PAD) + 2 * self._PAD - 2

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        pen.frame(x, y, width, self.height(pen.setter, width), 1.2)
        Stack(self.blocks).draw(pen, x + self._PAD, y - self._PAD + 2, width - 2 * self._PAD)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Itself."""
        return (self,)


@dataclass(frozen=True, slots=True)
class Columns:
    """Blocks beside each other.

    Attributes:
        columns: The blocks of each.
        shares: How wide they are in relation to each other; the same if empty.
        before: Space above it, in parts of the letters' size.
    """

    columns: tuple[Stack, ...]
    shares: tuple[float, ...] = ()
    before: float = 0.3

    GAP: ClassVar[float] = 16.0

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        return max(c.height(setter, w) for c, w in zip(self.columns, self._widths(width), strict=True))

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        for column, own in zip(self.columns, self._widths(width), strict=True):
            column.draw(pen, x, y, own)
            x += own + self.GAP

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """What is too long for a page is not put beside anything."""
        return self.columns

    def _widths(self, width: float) -> list[float]:
        room = width - self.GAP * (len(self.columns) - 1)
        shares = self.shares or (1.0,) * len(self.columns)
        return [room * share / sum(shares) for share in shares]


@dataclass(frozen=True, slots=True)
class Field:
    """A line to write on."""

    label: str
    before: float = 1.2

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        return setter.size * LEADING

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        pen.text(pen.setter.lines(self.label, width), x, y, pen.setter.size)
        start = width_of(self.label, pen.setter.size) + 6
        pen.line(x + start, y - pen.setter.size * 1.05, width - start)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Itself."""
        return (self,)
