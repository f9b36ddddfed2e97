"""What a sheet says to a camera: every page is made into a picture and its QR codes are read, as from paper."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from .. import frames
from ..errors import InvalidFile, MissingExtra, Refused
from ..images import DPI, codes_in, pdf_pages


def read_back(pdf: bytes, dpi: int = DPI) -> list[str]:
    """What the QR codes on all pages say, each text once, page after page.

    Args:
        pdf: The sheet.
        dpi: Dots in an inch.

    Raises:
        InvalidFile: It is no PDF.
        MissingExtra: What makes or reads the pictures is not installed.
    """
    texts: dict[str, None] = {}
    for picture in pdf_pages(pdf, dpi):
        texts |= dict.fromkeys(codes_in(picture))
    return list(texts)


def checked(pdf: bytes, expected_file_texts: Sequence[str], plain: Sequence[str] = ()) -> bytes:
    """The sheet, once its QR codes were read back and say what they should, and nothing else.

    Args:
        pdf: The sheet.
        expected_file_texts: The files that its frames are of.
        plain: What its other codes say, each as a whole.

    Raises:
        Refused: They say something else.
        MissingExtra: What makes or reads the pictures is not installed.
    """
    read = read_back(pdf)
    collections: dict[str, frames.Collection] = {}
    others = set(plain)
    for text in read:
        if text in others:
            others.remove(text)
            continue
        collection = frames.Collection()
        try:
            collection.add(text)
            collections.setdefault(collection.file, frames.Collection()).add(text)
        except InvalidFile as error:
            raise _unreadable() from error
    try:
        restored = sorted(collection.text() for collection in collections.values())
    except InvalidFile as error:
        raise _unreadable() from error
    if others or restored != sorted(set(expected_file_texts)):
        raise _unreadable()
    return pdf


def printed(pdf: bytes, page: int, *runs: Sequence[str]) -> bytes:
    """The sheet, once the text of one of its pages was read back and has all of these runs.

    Args:
        pdf: The sheet.
        page: Which page, from 0.
        runs: Words, numbers and letters that have to stand one after another, with nothing between them.

    Raises:
        Refused: One of them is not there.
        MissingExtra: What reads the text is not installed.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtra("To read a PDF, pypdfium2 is needed", "pdf") from error
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        found = document[page].get_textpage().get_text_range().split()
    for run in runs:
        length = len(run)
        if not any(found[start : start + length] == list(run) for start in range(len(found) - length + 1)):
            raise Refused(
                "The words of the sheet, read back, are not what they should be: nothing was written. This is a fault "
                "in ape-recovery; write them by hand on a template: recovery backup sheet blank"
            )
    return pdf


def _unreadable() -> Refused:
    return Refused(
        "What the QR codes of the sheet say, read back as from paper, is not what they should: nothing was written. "
        "Try the other size of paper, or pass the file on as pictures: recovery qr FILE --png NAME"
    )
