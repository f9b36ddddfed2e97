"""Sheets of paper: print-ready PDFs whose QR codes and words were read back before anybody is told that they are done.

Needs the extras `pdf` and `cli`, which are imported when they are used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the same as _PLACES, for type checkers and editors
    from .blank_page import blank_pdf as blank_pdf
    from .freeze_card import freeze_card_pdf as freeze_card_pdf
    from .kit_page import kit_pdf as kit_pdf
    from .paper_guardian import paper_guardian_pdf as paper_guardian_pdf
    from .reading import checked as checked
    from .reading import read_back as read_back
    from .seed_page import seed_pdf as seed_pdf
    from .share_page import share_pdf as share_pdf

_PLACES = {
    "kit_pdf": "kit_page",
    "paper_guardian_pdf": "paper_guardian",
    "freeze_card_pdf": "freeze_card",
    "share_pdf": "share_page",
    "seed_pdf": "seed_page",
    "blank_pdf": "blank_page",
    "read_back": "reading",
    "checked": "reading",
}
__all__ = sorted(_PLACES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(importlib.import_module(f".{_PLACES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
