"""A second look at photos of QR codes that are blurred, small, or taken from far aside.

zxing-cpp reads a picture in milliseconds, if it is good; what it needs otherwise is another picture. So it is shown
others: a larger and a sharpened one, and then the places where it has seen a part of a code, larger still, sharpened
and stretched. How much is tried depends on the size of the picture alone, which bounds the time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

#: A picture that is looked at as a whole is made as large as this at most, in pixels, and a part of it as this.
_WHOLE, _PART = 12_000_000, 6_000_000
#: A part is never enlarged more: there is nothing more to be seen then.
_LARGEST = 3.0
#: So many places are looked at closely.
_PLACES = 2
#: A code photographed at forty degrees or more is as much shorter in one direction. zxing-cpp copes with corners that
#: are not right; modules that are too flat it cannot tell apart.
_STRETCH = 1.6
#: A small code that is none is where zxing-cpp has seen the corner of a larger one. As many modules has it, and as far
#: reaches the code.
_CORNER, _REACH = 14, 105
#: More parts of codes are not compared with each other.
_MOST_SEEN = 300
_Box = tuple[float, float, float, float]


def second_look(page: Image.Image, thorough: bool) -> Iterator[str]:
    """What codes say that are not read at first sight, one after the other, some of them more than once.

    Args:
        page: In grey.
        thorough: Whether parts of it are worth some seconds, too: those with something like a code, or all of it.
    """
    seen: list[_Box] = []
    for picture, scale in _whole(page):
        for code in _read(picture):
            if code.valid:
                yield code.text
            elif (box := _reach(code)) is not None:
                seen.append(tuple(value / scale for value in box))  # type: ignore[arg-type]
    if not thorough:
        return
    places = _chosen(seen[:_MOST_SEEN], page.size) or [(0, 0, *page.size)]
    for place in places[:_PLACES]:
        for picture in _closely(page.crop(place)):
            yield from (code.text for code in _read(picture) if code.valid)


def _read(picture: Image.Image) -> Any:
    import zxingcpp

    only_qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return zxingcpp.read_barcodes(picture, formats=only_qr, text_mode=zxingcpp.TextMode.Plain, return_errors=True)


def _whole(page: Image.Image) -> Iterator[tuple[Image.Image, float]]:
    """The whole picture in other ways, each with its scale."""
    scale = min(2.0, math.sqrt(_WHOLE / (page.width * page.height)))
    picture = _scaled(page, scale)
    yield picture, scale
    yield _sharpened(picture, 2 * scale), scale


def _closely(part: Image.Image) -> Iterator[Image.Image]:
    """A part of a picture in other ways, those that help most often first."""
    scale = min(_LARGEST, math.sqrt(_PART / (part.width * part.height)))
    picture = _scaled(part, scale)
    yield picture
    yield _sharpened(picture, scale)
    for eighth in range(4):
        stretched = _stretched(picture, eighth * math.pi / 4)
        yield stretched
        yield _sharpened(stretched, scale)


def _sharpened(picture: Image.Image, radius: float) -> Image.Image:
    from PIL import ImageFilter

    return picture.filter(ImageFilter.UnsharpMask(radius, 300, 0))


def _scaled(picture: Image.Image, scale: float) -> Image.Image:
    from PIL import Image

    if scale == 1:
        return picture
    how = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    return picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), how)


def _stretched(picture: Image.Image, direction: float) -> Image.Image:
    """The picture, longer in one direction."""
    from PIL import Image

    along, across = math.cos(direction), math.sin(direction)
    grown = _STRETCH - 1
    there = (1 + grown * along * along, grown * along * across, 1 + grown * across * across)
    width = round(picture.width * there[0] + picture.height * abs(there[1]))
    height = round(picture.height * there[2] + picture.width * abs(there[1]))
    shrunk = 1 / _STRETCH - 1
    a, b, d = 1 + shrunk * along * along, shrunk * along * across, 1 + shrunk * across * across
    x, y = width / 2, height / 2
    back = (a, b, picture.width / 2 - a * x - b * y, b, d, picture.height / 2 - b * x - d * y)
    return picture.transform((width, height), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC, fillcolor=255)


def _reach(code: Any) -> _Box | None:
    """As far as the code may reach of which this is a part, or nothing."""
    place = code.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    left, right = min(corner.x for corner in corners), max(corner.x for corner in corners)
    top, bottom = min(corner.y for corner in corners), max(corner.y for corner in corners)
    side = max(right - left, bottom - top)
    version = str((code.extra or {}).get("Version", ""))
    if side < _CORNER or not version or version.startswith("R"):
        return None
    margin = side / 2 if version.isdecimal() else side / _CORNER * _REACH
    return left - margin, top - margin, right + margin, bottom + margin


def _chosen(boxes: list[_Box], size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Places in the picture: those in which most is that looks like a part of a code."""
    width, height = size
    middles = [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in boxes]

    def weight(box: _Box) -> float:
        inside = sum(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in middles)
        return inside / math.sqrt((box[2] - box[0]) * (box[3] - box[1]))

    found: list[_Box] = []
    for box in sorted(boxes, key=weight, reverse=True):
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if not any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in found):
            found.append(box)
    return [
        (max(0, int(box[0])), max(0, int(box[1])), min(width, int(box[2]) + 1), min(height, int(box[3]) + 1))
        for box in found
    ]
