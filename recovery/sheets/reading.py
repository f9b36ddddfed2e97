"""What a sheet says to a camera: every page is made into a picture and its QR codes are read, as from paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .. import frames
from ..errors import InvalidFile, MissingExtra, Refused

if TYPE_CHECKING:
    from PIL import Image

#: What the scanner of an office does at least: dots in an inch.
DPI = 200


def pictures(pdf: bytes, dpi: int = DPI) -> Iterator[Image.Image]:
    """The pages, in grey.

    Args:
        pdf: The sheet.
        dpi: Dots in an inch.

    Raises:
        InvalidFile: It is no PDF.
        MissingExtra: pypdfium2 or Pillow is not installed.
    """
    try:
        import pypdfium2
        from PIL import Image as _  # noqa: F401 - pypdfium2 makes its pictures with it
    except ImportError as error:
        raise MissingExtra("To read a sheet back, pypdfium2 and Pillow are needed", "pdf") from error
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise InvalidFile("The sheet is damaged or no PDF. Make it again.") from error
    try:
        for page in document:
            yield page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
    finally:
        document.close()


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
    for picture in pictures(pdf, dpi):
        texts |= dict.fromkeys(_codes(picture))
    return list(texts)


def _codes(page: Image.Image) -> list[str]:
    """What the codes of a page say.

    Where many stand close together, the corners of one are now and then taken for those of another. So what was read is
    painted over, and the page is read again until nothing is left.
    """
    try:
        import zxingcpp
        from PIL import ImageDraw
    except ImportError as error:
        raise MissingExtra("To read QR codes, zxing-cpp and Pillow are needed", "cli") from error
    only_qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    pencil = ImageDraw.Draw(page)
    found: dict[str, None] = {}
    while codes := zxingcpp.read_barcodes(page, formats=only_qr, text_mode=zxingcpp.TextMode.Plain):
        known = len(found)
        for code in codes:
            place = code.position
            corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
            pencil.polygon([(corner.x, corner.y) for corner in corners], fill=255)
            found[code.text] = None
        if len(found) == known:
            break
    return list(found)


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


def _unreadable() -> Refused:
    return Refused(
        "What the QR codes of the sheet say, read back as from paper, is not what they should: nothing was written. "
        "Try the other size of paper, or pass the file on as pictures: recovery qr FILE --png NAME"
    )
