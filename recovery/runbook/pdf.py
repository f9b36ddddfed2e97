"""Documents on paper. The same document gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..sheets.blocks import Block, Box, Command, Heading, Paragraph, Pen, Stack, Title, items, rows
from ..sheets.codes import Code as Drawn
from ..sheets.codes import Codes, beside
from ..sheets.page import Layout, text_width
from ..sheets.reading import checked
from ..sheets.text import MM, Text, Typesetter, bold
from .model import Code, Document, Framed, Points, Said, Section, Step, Steps, Table

_NOTE = "[U+...] stands for a character that cannot be printed here."
#: Sizes of the letters; only a document that should be one page gets smaller ones than the first.
_SIZES = (10.5, 10.0, 9.5, 9.0)
#: A table with so few rows stays on the page of its heading.
_SHORT = 4
#: A code with an address has few modules: they can be large.
_MODULE = 0.7 * MM


def pdf(document: Document, paper: str = "a4") -> bytes:
    """A document as a PDF, whose QR codes were read back.

    Args:
        document: What.
        paper: a4 or letter.

    Raises:
        InvalidInput: No such paper.
        Refused: The codes cannot be read back.
        MissingExtra: What draws or reads is not installed.
    """
    layouts = []
    for size in _SIZES if document.one_page else _SIZES[1:2]:
        setter = Typesetter(size)
        blocks = _blocks(document, setter, text_width(paper))
        layouts.append(Layout.of(blocks, setter, paper, _NOTE))
        if len(layouts[-1].pages) == 1:
            break
    best = min(layouts, key=lambda layout: len(layout.pages))
    codes = [part.text for part in document.parts if isinstance(part, Code)]
    made = best.pdf(document.title, document.footer)
    return checked(made, (), codes) if codes else made


@dataclass(frozen=True, slots=True)
class _Together:
    """Headings with the first thing below them: never on two pages.

    Attributes:
        stack: All of it.
        before: Space above it, in parts of the letters' size.
    """

    stack: Stack
    before: float = 0.9

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room it takes."""
        return self.stack.height(setter, width)

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws it below `y`."""
        self.stack.draw(pen, x, y, width)

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Itself."""
        return (self,)


def _blocks(document: Document, setter: Typesetter, width: float) -> list[Block]:
    blocks: list[Block] = [Title(document.title, document.below)]
    headings: list[Block] = []
    for part in document.parts:
        if isinstance(part, Section):
            headings.append(Paragraph(bold(part.title)) if part.inner else Heading(part.title))
            continue
        first, *rest = _units(part, setter, width)
        if headings and isinstance(part, Table) and len(part.rows) <= _SHORT:
            first, rest = Stack((first, *rest)), []
        blocks.append(_Together(Stack((*headings, first))) if headings else first)
        blocks += rest
        headings = []
    return blocks


def _units(part: Said | Framed | Steps | Points | Table | Code, setter: Typesetter, width: float) -> Sequence[Block]:
    """Blocks between which a page may end."""
    if isinstance(part, Said):
        return (_stack(Step(part.text, part.commands)) if part.commands else Paragraph(part.text),)
    if isinstance(part, Framed):
        return (Box(tuple(Paragraph(each) for each in part.paragraphs)),)
    if isinstance(part, Steps):
        return items([_step(step) for step in part.steps]).blocks
    if isinstance(part, Points):
        return items([_step(point) for point in part.points], "•").blocks
    if isinstance(part, Code):
        code = Codes((Drawn.of(part.text, part.caption),), _MODULE)
        return beside(code, [Paragraph(each) for each in part.beside], width)
    return rows(setter, part.rows, width).blocks


def _step(step: Step) -> Text | Block:
    return _stack(step) if step.typed else step.text


def _stack(step: Step) -> Stack:
    blocks: list[Block] = [Paragraph(step.text)]
    for said, commands in step.typed:
        blocks += [Paragraph(said)] if said else []
        # Each on a ground of its own: otherwise one that goes over two lines looks like two.
        blocks += [Command((command,)) for command in commands]
    return Stack(tuple(blocks))
