"""Pages of the documentation as what people do: who types which lines, which files there are, and what happens."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```(?:sh|yaml)([^\n]*)\n(.*?)^```$|^((?:> [^\n]*\n)+)", re.M | re.S)
#: A file in backquotes, or what stands between files and those who have them.
_HANDED = re.compile(r"`([^`]+)`|from (\w+)|to (\w+)|and (\w+)")


def parts(page: Path) -> list[tuple[str, str]]:
    """A page as what is done: (kind, content), where the kind is a role, a file's name, or "happens"."""
    found = []
    for match in _BLOCK.finditer(page.read_text()):
        kind, block, quote = match.groups()
        if quote:
            found.append(("happens", " ".join(line[2:] for line in quote.strip().split("\n"))))
        elif kind.strip():
            found.append((kind.strip(), block))
    return found


def handed_over(text: str) -> list[tuple[str, str, str]]:
    """(file, sender, receiver) for each, from "`a`, `b` go from Ana to Ben and Carl, `c` from Ben to Rita"."""
    found = []
    sender, names, done = "", [], False
    for token in _HANDED.finditer(text):
        name, origin, receiver, other = token.groups()
        if name:
            names, done = [*([] if done else names), name], False
        elif origin:
            sender = origin.lower()
        elif receiver or (other and done):
            found += [(each, sender, (receiver or other).lower()) for each in names]
            done = True
    assert sender, text
    return found
