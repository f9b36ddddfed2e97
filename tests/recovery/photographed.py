"""Photos of sheets, made without a camera, and the same each time."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageFilter

from recovery.sheets.codes import Code

Point = tuple[float, float]


def sheet(texts: Sequence[str], size: tuple[int, int] = (1240, 1754), module: int = 4) -> Image.Image:
    """Codes on white paper of A4, beside each other."""
    paper, left = Image.new("L", size, 255), 90
    for text in texts:
        rows = Code.of(text, "").matrix
        side = len(rows)
        code = Image.frombytes("L", (side, side), bytes(0 if dark else 255 for row in rows for dark in row))
        code = code.resize((side * module, side * module), Image.Resampling.NEAREST)
        paper.paste(code, (left, 500))
        left += code.width
    return paper


def photo(
    page: Image.Image,
    size: tuple[int, int] = (1200, 1600),
    *,
    roll: float = 0,
    tilt: float = 0,
    fill: float = 0.95,
    blur: float = 0,
    shadow: float = 0,
    contrast: float = 1,
    noise: int = 0,
    quality: int = 80,
) -> bytes:
    """A JPEG of a sheet on a table.

    Args:
        page: The sheet, in grey.
        size: Of the photo.
        roll: By how many degrees the camera is turned.
        tilt: From how far aside it looks, in degrees; 0 is straight from above.
        fill: How much of the photo the sheet takes.
        blur: Out of focus by so many pixels.
        shadow: How dark it is at one end, 0 to 1.
        contrast: Of ink and paper, 0 to 1.
        noise: Of a dark room, in levels of grey.
        quality: Of the JPEG.
    """
    corners = _projected(page.size, math.radians(roll), math.radians(tilt))
    left, top = (min(corner[axis] for corner in corners) for axis in (0, 1))
    right, bottom = (max(corner[axis] for corner in corners) for axis in (0, 1))
    scale = fill * min(size[0] / (right - left), size[1] / (bottom - top))
    middle = (left + right) / 2, (top + bottom) / 2
    quad = [tuple((c[axis] - middle[axis]) * scale + size[axis] / 2 for axis in (0, 1)) for c in corners]
    taken = page.point([round(128 + (value - 128) * contrast) for value in range(256)])
    back = _back(quad, page.size)  # type: ignore[arg-type]
    where = Image.new("L", page.size, 255).transform(size, Image.Transform.PERSPECTIVE, back, fillcolor=0)
    seen = Image.new("L", size, 70)
    seen.paste(taken.transform(size, Image.Transform.PERSPECTIVE, back, Image.Resampling.BICUBIC), mask=where)
    if shadow:
        light = Image.linear_gradient("L").rotate(180).resize(size).point(lambda v: 255 - (255 - v) * shadow)
        seen = ImageChops.multiply(seen, light)
    seen = seen.filter(ImageFilter.GaussianBlur(blur))
    if noise:
        grain = random.Random(7)
        specks = Image.frombytes("L", (256, 256), bytes(128 + round(grain.gauss(0, noise)) for _ in range(65536)))
        tiles = Image.new("L", size)
        for x in range(0, size[0], 256):
            for y in range(0, size[1], 256):
                tiles.paste(specks, (x, y))
        seen = ImageChops.add(seen, tiles, 1, -128)
    output = io.BytesIO()
    seen.save(output, "JPEG", quality=quality)
    return output.getvalue()


def _projected(size: tuple[int, int], roll: float, tilt: float) -> list[Point]:
    """Where the corners of a sheet are for a camera that is 1.3 times as far away as the sheet is high."""
    found = []
    for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        x, y = x * size[0] / size[1], y
        x, y = x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll)
        depth = 1.3 + y * math.sin(tilt)
        found.append((x / depth, y * math.cos(tilt) / depth))
    return found


def _back(quad: Sequence[Point], size: tuple[int, int]) -> list[float]:
    """What takes each point of the photo to its place on the sheet: the inverse of a square's way to its picture.

    Source:
        P. Heckbert, Fundamentals of Texture Mapping and Image Warping (1989), 2.2.3.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    whole = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / whole, (dx1 * sy - sx * dy1) / whole
    a, b, c = x1 - x0 + g * x1, x3 - x0 + h * x3, x0
    d, e, f = y1 - y0 + g * y1, y3 - y0 + h * y3, y0
    last = a * e - b * d
    rows = (
        *((e - f * h) * size[0], (c * h - b) * size[0], (b * f - c * e) * size[0]),
        *((f * g - d) * size[1], (a - c * g) * size[1], (c * d - a * f) * size[1]),
        *(d * h - e * g, b * g - a * h),
    )
    return [value / last for value in rows]
