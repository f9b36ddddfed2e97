"""Documents as Markdown, for a screen, an editor, or a page of one's own. The same document gives the same text."""

from __future__ import annotations

import re

from ..sheets.text import Text
from .model import Code, Document, Framed, Part, Points, Said, Section, Step, Steps, Table, spans

#: What means something to readers of Markdown: names and labels are what people have typed.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&])")
#: What begins a list or a title where it stands first on a line.
_FIRST = re.compile(r"^(\s*)([-+=>]|\d+[.)])")


def markdown(document: Document) -> str:
    """A document as Markdown (CommonMark with tables). A paragraph is one line, however long."""
    parts = [
        f"# {_plain(document.title)}",
        _line(document.below),
        *(_part(part) for part in document.parts),
        "---",
        _plain(document.footer),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _part(part: Part) -> str:
    if isinstance(part, Section):
        return f"{'###' if part.inner else '##'} {_plain(part.title)}"
    if isinstance(part, Said):
        return _step("", Step(part.text, part.commands)).rstrip("\n")
    if isinstance(part, Framed):
        return "\n>\n".join(f"> {_line(each)}" for each in part.paragraphs)
    if isinstance(part, Steps):
        return "\n".join(_step(f"{number}. ", step) for number, step in enumerate(part.steps, 1))
    if isinstance(part, Points):
        return "\n".join(_step("- ", point) for point in part.points)
    if isinstance(part, Code):
        return "\n\n".join(_line(each) for each in part.beside)
    assert isinstance(part, Table)  # noqa: S101 - there are no others
    rows = [f"| {_plain(name)} | {_inline(text)} |" for name, text in part.rows]
    return "\n".join(["|  |  |", "|---|---|", *rows])


def _step(mark: str, step: Step) -> str:
    indent = " " * len(mark)
    lines = [f"{mark}{_line(step.text)}"]
    for said, commands in step.typed:
        lines += ["", f"{indent}{said}"] if said else []
        lines += ["", f"{indent}```sh", *(f"{indent}{command}" for command in commands), f"{indent}```"]
    if step.typed:
        lines.append("")
    return "\n".join(lines)


def _line(text: Text) -> str:
    """At the beginning of a line."""
    return _FIRST.sub(r"\1\\\2", _inline(text))


def _inline(text: Text) -> str:
    made = []
    for span in spans(text):
        # Stars count only where they touch a letter.
        inner = span.text.strip()
        if not span.bold or not inner:
            made.append(_plain(span.text))
            continue
        before, after = span.text[: span.text.index(inner)], span.text[span.text.index(inner) + len(inner) :]
        made.append(f"{before}**{_plain(inner)}**{after}")
    return "".join(made)


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
