"""Frames as pictures: QR codes for paper, chat and terminal, and the way back from a photo, scan or screenshot.

Needs segno, zxing-cpp and Pillow, which come with the extra `cli`; they are imported when they are used.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING

from . import frames
from .errors import InvalidFile, InvalidInput, MissingExtra

if TYPE_CHECKING:
    from PIL import Image

#: A QR code has 17 + 4 * version modules a side, and a margin of 4 around them. In 80 columns there is room for 13.
TERMINAL_VERSION = 13
#: Characters of a frame in a terminal, with error correction L: a screen has neither dirt nor folds.
TERMINAL_CAPACITY = 619
#: Phones still read this from paper.
PNG_VERSION = 21
#: Characters of a frame in a picture, with error correction M.
PNG_CAPACITY = 1035

MAX_BYTES = 32 * 1024 * 1024
MAX_PIXELS = 64_000_000
#: zxing-cpp takes no more.
MAX_SIDE = 65_535
MAX_PAGES = 50
#: Pages of a file that are looked at once more, which takes seconds for each.
_MOST_LEFT = 2
#: Dots in an inch at which a PDF is looked at: what the scanner of an office does at least.
DPI = 200
_MARGIN = 4
_WIDTH = 840
_PDF = "a PDF"
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
#: Black on white whatever the terminal's own colours are; these numbers are not remapped by colour schemes.
_COLOURS = "\x1b[38;5;16;48;5;231m"
_RESET = "\x1b[0m"
_BLOCKS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def draw_terminal(frame: str) -> str:
    """A QR code of half blocks, two rows of modules on a line, with its margin and its colours.

    Args:
        frame: At most `TERMINAL_CAPACITY` characters.

    Raises:
        InvalidInput: It is longer.
        MissingExtra: segno is not installed.
    """
    rows = [list(row) for row in _matrix(frame, "L", TERMINAL_VERSION)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        blocks = "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        lines.append(f"{_COLOURS}{blocks}{_RESET}")
    return "\n".join(lines)


def draw_png(frame: str, caption: str = "") -> bytes:
    """A QR code as a PNG.

    Args:
        frame: At most `PNG_CAPACITY` characters.
        caption: One line to stand under the code.

    Raises:
        InvalidInput: It is longer.
        MissingExtra: segno or Pillow is not installed.
    """
    rows = _matrix(frame, "M", PNG_VERSION)
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise MissingExtra("Pictures need Pillow", "cli") from error
    code = Image.frombytes("L", (len(rows), len(rows)), bytes(0 if dark else 255 for row in rows for dark in row))
    scale = -(-_WIDTH // len(rows))
    code = code.resize((len(rows) * scale, len(rows) * scale), Image.Resampling.NEAREST)
    # The caption stands below the margin, where it cannot be taken for a part of the code.
    font = ImageFont.load_default(24)
    height = 48 if caption else 0
    picture = Image.new("L", (code.width, code.height + height), 255)
    picture.paste(code)
    if caption:
        caption = "".join(character if character.isprintable() else "?" for character in caption)[-60:]
        ImageDraw.Draw(picture).text((code.width // 2, code.height), caption, 0, font, anchor="ma")
    output = io.BytesIO()
    picture.convert("1").save(output, "PNG", optimize=True)
    return output.getvalue()


def is_image(data: bytes) -> bool:
    """Whether a file is a picture or a document with pictures, by its first bytes."""
    return _kind(data) != ""


def read_image(data: bytes, source: str = "The picture") -> list[str]:
    """What the QR codes in a picture say.

    Args:
        data: The picture's file.
        source: How to call it in errors.

    Returns:
        A text for each code, at least one; codes of the same text only once.

    Raises:
        InvalidFile: It is no picture, damaged, far too large, or without a code that can be read.
        MissingExtra: zxing-cpp or Pillow is not installed, or for a PDF pypdfium2.
    """
    try:
        import zxingcpp as _  # noqa: F401 - said before a large picture is opened for nothing
        from PIL import Image
    except ImportError as error:
        raise _unread() from error
    from .photos import second_look

    kind = _kind(data)
    if kind not in (*_FORMATS, _PDF):
        found = f"is {kind}, which cannot be read here" if kind else "is no picture that can be read here"
        raise InvalidFile(f"{source} {found}. Take a screenshot of it, or save it as PNG or JPEG.")
    if len(data) > MAX_BYTES:
        raise InvalidFile(f"{source} is far too large for a picture. Cut out the part with the code.")
    texts: dict[str, None] = {}
    with warnings.catch_warnings():
        # Pillow warns of much that whoever holds the picture cannot change; of a size that nothing here needs, though.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        left: list[Image.Image] = []
        for page in pdf_pages(data, source=source) if kind == _PDF else _pages(data, source):
            rest = None
            for variant in _variants(page):
                texts |= dict.fromkeys(codes_in(variant))
                rest = rest or variant
            if rest is not None and len(left) < _MOST_LEFT and not _is_bare(rest):
                left.append(rest)
        for page in left:
            for text in () if _is_whole(texts) else second_look(page, thorough=not texts):
                texts[text] = None
                if _is_whole(texts):
                    break
    if not texts:
        raise InvalidFile(
            f"{source} shows no QR code that can be read. Take it again in better light, closer, and with the code "
            "flat, sharp and whole in the picture."
        )
    return list(texts)


def codes_in(page: Image.Image) -> list[str]:
    """What the QR codes of a picture say, which is painted over.

    Where many stand close together, the corners of one are now and then taken for those of another. So what was read is
    painted over, and the picture is read again until nothing is left.

    Args:
        page: In grey.

    Raises:
        MissingExtra: zxing-cpp or Pillow is not installed.
    """
    try:
        import zxingcpp
        from PIL import ImageDraw
    except ImportError as error:
        raise _unread() from error
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


def pdf_pages(pdf: bytes, dpi: int = DPI, source: str = "The sheet") -> Iterator[Image.Image]:
    """The pages of a PDF, in grey.

    Args:
        pdf: The file.
        dpi: Dots in an inch.
        source: How to call it in errors.

    Raises:
        InvalidFile: It is no PDF, has too many pages, or one that is far too large.
        MissingExtra: pypdfium2 or Pillow is not installed.
    """
    try:
        import pypdfium2
        from PIL import Image as _  # noqa: F401 - pypdfium2 makes its pictures with it
    except ImportError as error:
        raise MissingExtra("To read a PDF, pypdfium2 and Pillow are needed", "pdf") from error
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise InvalidFile(f"{source} is damaged or no PDF. Ask for it again.") from error
    try:
        if len(document) > MAX_PAGES:
            raise InvalidFile(f"{source} has far too many pages. Save those with the codes alone.")
        for page in document:
            if page.get_width() * page.get_height() * (dpi / 72) ** 2 > MAX_PIXELS:
                raise InvalidFile(
                    f"{source} has a page that is far too large. Save the part with the code as a picture."
                )
            yield page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
    finally:
        document.close()


def _unread() -> MissingExtra:
    return MissingExtra("To read QR codes out of pictures, zxing-cpp and Pillow are needed", "cli")


def _pages(data: bytes, source: str) -> Iterator[Image.Image]:
    """The pictures of a file, in grey."""
    from PIL import Image

    pixels = 0
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
        for number in count():
            image.seek(number)
            pixels += image.width * image.height
            if pixels > MAX_PIXELS or max(image.size) > MAX_SIDE or number >= MAX_PAGES:
                raise Image.DecompressionBombError
            yield _grey(image)
    except EOFError:
        return  # no more pages
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise InvalidFile(f"{source} has far too many pixels or pages. Cut out the part with the code.") from error
    except (OSError, ValueError, SyntaxError, IndexError, TypeError, OverflowError, struct.error) as error:
        # What Pillow raises at damaged files.
        raise InvalidFile(f"{source} is damaged or cut off: it is no whole picture. Ask for it again.") from error


def _grey(image: Image.Image) -> Image.Image:
    """On white where it is transparent: black modules on nothing would be black on black."""
    from PIL import Image

    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("L")
    picture = image.convert("RGBA")
    paper = Image.new("L", picture.size, 255)
    paper.paste(picture.convert("L"), mask=picture.getchannel("A"))
    return paper


def _variants(page: Image.Image) -> Iterator[Image.Image]:
    """The picture as it is, and again for what is too dark or out of focus."""
    from PIL import ImageFilter, ImageOps

    yield page.copy()  # whoever reads it paints over what was read
    yield ImageOps.autocontrast(page, cutoff=1).filter(ImageFilter.UnsharpMask(3, 200))


def _is_bare(page: Image.Image) -> bool:
    """Whether nothing is left on white paper that could be a code, once those that were read are painted over."""
    small = page.reduce(8) if min(page.size) >= 8 else page
    box = small.point(lambda value: 255 * (value < 128)).getbbox()
    return box is None or min(box[2] - box[0], box[3] - box[1]) < min(small.size) / 12


def _is_whole(texts: Iterable[str]) -> bool:
    """Whether there are frames, and none of a file is missing."""
    found: dict[str, frames.Collection] = {}
    for text in texts:
        part = frames.Collection()
        try:
            if part.add(text):
                found.setdefault(part.file, part).add(text)
        except InvalidFile:
            return True  # of a newer release, or several files in one code: no other picture would change that
    return bool(found) and all(each.complete for each in found.values())


def _matrix(frame: str, error_correction: str, version: int) -> list[bytes]:
    """Rows of modules with their margin: 1 is dark."""
    try:
        import segno
        from segno.encoder import DataOverflowError
    except ImportError as error:
        raise MissingExtra("QR codes need segno", "cli") from error
    try:
        code = segno.make_qr(frame, error=error_correction, mode="alphanumeric")
    except DataOverflowError as error:
        raise InvalidInput("The text is too long for one QR code.") from error
    if int(code.version) > version:
        raise InvalidInput("The text is too long for one QR code.")
    return [bytes(row) for row in code.matrix_iter(border=_MARGIN)]


def _kind(data: bytes) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"BM") and data[6:10] == bytes(4):
        return "BMP"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "TIFF"
    if data[4:8] == b"ftyp":
        return "a film or a picture in HEIC or AVIF"
    if data.startswith(b"%PDF-"):
        return _PDF
    return ""
