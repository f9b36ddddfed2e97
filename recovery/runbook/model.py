"""What a runbook is made of, before it is Markdown or a PDF: both are drawn from the same document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..sheets.text import Span, Text


@dataclass(frozen=True, slots=True)
class Section:
    """What follows is about this.

    Attributes:
        title: What.
        inner: Whether it belongs to the section before it.
    """

    title: str
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A paragraph.

    Attributes:
        text: What is said.
        commands: What is typed for it, one line each.
    """

    text: Text
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Framed:
    """What nobody should overlook."""

    paragraphs: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do, or a point.

    Attributes:
        text: What.
        commands: What is typed for it, one line each.
        one_of: What is typed before these, of which one line is enough.
    """

    text: Text
    commands: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    @property
    def typed(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is typed, in groups, each with what is said of it, or nothing."""
        if len(self.one_of) < 2:
            together = (*self.one_of, *self.commands)
            return (("", together),) if together else ()
        then = (("Then:", self.commands),) if self.commands else ()
        return (("One of these:", self.one_of), *then)


@dataclass(frozen=True, slots=True)
class Steps:
    """Things to do, one after the other."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """Things of which each stands for itself."""

    points: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Names and what is to be said of each."""

    rows: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code with what is said beside it.

    Attributes:
        text: What it says.
        caption: What stands below it.
        beside: Paragraphs.
    """

    text: str
    caption: str
    beside: tuple[Text, ...]


Part = Section | Said | Framed | Steps | Points | Table | Code


@dataclass(frozen=True, slots=True)
class Document:
    """A runbook, or a letter.

    Attributes:
        name: What its files are called, without their ending.
        title: What it is.
        below: For whom, or of what.
        footer: What stands at the foot of every page. No names: it is also what is seen of a page that got lost.
        parts: Its content, in order.
        one_page: Whether its letters may become as small as they may be, if that makes it one page.
    """

    name: str
    title: str
    below: Text
    footer: str
    parts: tuple[Part, ...]
    one_page: bool = False

    @property
    def commands(self) -> tuple[str, ...]:
        """Everything in it that is typed."""
        return tuple(line for step in self._steps() for line in (*step.one_of, *step.commands))

    def _steps(self) -> Iterator[Step]:
        for part in self.parts:
            if isinstance(part, Said):
                yield Step(part.text, part.commands)
            elif isinstance(part, Steps):
                yield from part.steps
            elif isinstance(part, Points):
                yield from part.points


def spans(text: Text) -> tuple[Span, ...]:
    """A text as runs of one manner each."""
    runs = (text,) if isinstance(text, str | Span) else tuple(text)
    return tuple(run if isinstance(run, Span) else Span(run) for run in runs)
