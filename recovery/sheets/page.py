"""Blocks on pages, and pages as a PDF: the same input always gives the same bytes."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..errors import InvalidInput, MissingExtra
from .blocks import Block, Columns, Heading, Paragraph, Pen
from .text import MIN_SIZE, MM, Typesetter, font, width_of

_Style = TypeVar("_Style")
#: Width and height.
PAPERS = {"a4": (210 * MM, 297 * MM), "letter": (215.9 * MM, 279.4 * MM)}
MARGIN = 14 * MM
_FOOT = 6 * MM
#: What is larger than this part of a page may be divided between two.
_DIVIDED = 0.2


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins a page."""

    before: float = 0.0

    def height(self, setter: Typesetter, width: float) -> float:
        """None."""
        return 0.0

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Nothing."""

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Itself."""
        return (self,)


def text_width(paper: str) -> float:
    """How wide the part of a page is that is written on.

    Raises:
        InvalidInput: There is no such paper.
    """
    return _size_of(paper)[0] - 2 * MARGIN


def _size_of(paper: str) -> tuple[float, float]:
    if paper not in PAPERS:
        raise InvalidInput(f"There is no paper {paper!r}. Known are: {', '.join(PAPERS)}.")
    return PAPERS[paper]


@dataclass(frozen=True, slots=True)
class Layout:
    """Blocks in their places.

    Attributes:
        setter: With the size of the letters.
        paper: a4 or letter.
        pages: On each page blocks and where their upper edge is.
    """

    setter: Typesetter
    paper: str
    pages: tuple[tuple[tuple[Block, float], ...], ...]

    @classmethod
    def of(cls, blocks: Sequence[Block], setter: Typesetter, paper: str, note: str) -> Layout:
        """Puts blocks on as many pages as they need.

        Args:
            blocks: What stands on the sheet, in order.
            setter: With the size of the letters.
            paper: a4 or letter.
            note: What is said at the end if a character cannot be printed.

        Raises:
            InvalidInput: No such paper, or a block that no page can hold.
        """
        width, (_, height) = text_width(paper), _size_of(paper)
        top, bottom = height - MARGIN, MARGIN + _FOOT
        pages: list[list[tuple[Block, float]]] = [[]]
        y = top
        waiting = deque(blocks)
        noted = False
        while waiting or (setter.missing and not noted):
            if not waiting:
                noted = True
                waiting.append(Paragraph(note))
            block = waiting.popleft()
            if isinstance(block, NewPage):
                pages.append([])
                y = top
                continue
            needed = block.height(setter, width)
            following = 0.0
            if isinstance(block, Heading) and waiting:  # never the last on its page
                first = waiting[0].parts(setter, width)[0]
                following = first.before * setter.size + first.height(setter, width)
            before = block.before * setter.size if pages[-1] else 0.0
            if y - before - needed - following >= bottom:
                pages[-1].append((block, y - before))
                y -= before + needed
                continue
            whole = top - bottom
            parts = block.parts(setter, width)
            if len(parts) > 1 and needed > (whole if isinstance(block, Columns) else whole * _DIVIDED):
                waiting.extendleft(reversed(parts))
            elif pages[-1]:
                pages.append([])
                y = top
                waiting.appendleft(block)
            elif len(parts) > 1:
                waiting.extendleft(reversed(parts))
            else:
                raise InvalidInput("A text is too long for a sheet of paper. Make it shorter.")
        return cls(setter, paper, tuple(tuple(page) for page in pages))

    def pdf(self, title: str, footer: str) -> bytes:
        """The sheet, with nothing in its properties but a title and what made it.

        Args:
            title: What is shown in a window's title: no names.
            footer: What stands at the foot of every page beside its number.
        """
        return together([(self, footer)], title)


def on_one_page(styles: Iterable[_Style], lay: Callable[[_Style], Layout]) -> Layout:
    """The first layout that is a single page.

    Args:
        styles: How it may look, the best first.
        lay: What makes a layout of a style.

    Raises:
        InvalidInput: None is.
    """
    for style in styles:
        layout = lay(style)
        if len(layout.pages) == 1:
            return layout
    raise InvalidInput("There is too much for one page. Make names and labels shorter.")


def together(parts: Sequence[tuple[Layout, str]], title: str) -> bytes:
    """Several sheets of one paper as one PDF, with nothing in its properties but a title and what made it.

    Args:
        parts: Each sheet, and what stands at the foot of its pages beside their number.
        title: What is shown in a window's title: no names.
    """
    try:
        from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFInfo, PDFString
        from reportlab.pdfgen.canvas import Canvas
    except ImportError as error:
        raise MissingExtra("Sheets of paper need reportlab", "pdf") from error

    class Properties(PDFInfo):  # type: ignore[misc]
        """No time, no author, no machine."""

        def format(self, document: object) -> object:
            return PDFDictionary({"Title": PDFString(title), "Producer": PDFString("ape-recovery")}).format(document)

    output = io.BytesIO()
    canvas = Canvas(
        output,
        pagesize=_size_of(parts[0][0].paper),
        invariant=1,
        pageCompression=1,
        lang="en",
        initialFontName=font(False).fontName,  # otherwise one that is not embedded
    )
    canvas._doc.info = Properties()
    width = text_width(parts[0][0].paper)
    count = sum(len(layout.pages) for layout, _ in parts)
    number = 0
    for layout, footer in parts:
        pen = Pen(canvas, layout.setter)
        for page in layout.pages:
            number += 1
            for block, y in page:
                block.draw(pen, MARGIN, y, width)
            _foot(pen, footer, f"Page {number} of {count}", width)
            canvas.showPage()
    canvas.save()
    return output.getvalue()


def _foot(pen: Pen, footer: str, pages: str, width: float) -> None:
    setter, baseline = pen.setter, MARGIN
    pen.line(MARGIN, baseline + MIN_SIZE * 1.2, width)
    pen.text(setter.lines(footer, width, MIN_SIZE), MARGIN, baseline + MIN_SIZE * 0.95, MIN_SIZE)
    right = setter.lines(pages, width, MIN_SIZE)
    pen.text(right, MARGIN + width - width_of(pages, MIN_SIZE), baseline + MIN_SIZE * 0.95, MIN_SIZE)
