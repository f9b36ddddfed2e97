"""QR codes on a sheet, large enough for old printers and the cameras of phones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .. import frames
from ..errors import InvalidInput, MissingExtra
from .blocks import Block, Columns, Pen, Stack
from .text import LEADING, MIN_SIZE, MM, Typesetter

#: A module, the smallest square of a code, is never smaller than this.
MIN_MODULE = 0.5 * MM
_QUIET = 4
#: Characters of a frame in codes of version 13, 69 modules a side, and of version 20, 97 modules, both with error
#: correction M.
SMALL, LARGE = 483, 970
_MANY = 8
#: Text beside codes needs this much room.
_ROOM = 45 * MM
#: The largest version, 149 modules: as calldata are no frames, what is longer has to be pasted together by hand.
MAX_VERSION = 33
#: Hexadecimal digits in a code of that version.
_DIGITS = 2300


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code.

    Attributes:
        text: What it says.
        caption: What stands below it.
        matrix: Rows of modules with the margin around them, 1 is dark.
    """

    text: str
    caption: str
    matrix: tuple[bytes, ...]

    @classmethod
    def of(cls, text: str, caption: str, version: int | None = None) -> Code:
        """A code with error correction M.

        Args:
            text: What it says.
            caption: What stands below it.
            version: How large it is to be, if not as small as possible.

        Raises:
            InvalidInput: The text is too long for one code.
            MissingExtra: segno is not installed.
        """
        try:
            import segno
            from segno.encoder import DataOverflowError
        except ImportError as error:
            raise MissingExtra("QR codes need segno", "cli") from error
        # segno finds the most compact mode of each part: digits in capitals take less room than what has an x in it.
        segments: Any = ["0x", text[2:]] if text.startswith("0x") and text[2:] else text
        try:
            made = segno.make_qr(segments, error="M", version=version, boost_error=False)
        except DataOverflowError as error:
            raise InvalidInput("The text is too long for one QR code.") from error
        if int(made.version) > MAX_VERSION:
            raise InvalidInput("The text is too long for one QR code.")
        return cls(text, caption, tuple(bytes(row) for row in made.matrix_iter(border=_QUIET)))

    @property
    def side(self) -> int:
        """Modules from edge to edge, with the margin."""
        return len(self.matrix)

    @property
    def version(self) -> int:
        """1 to 40: how many modules it has."""
        return (self.side - 2 * _QUIET - 17) // 4


def alike(codes: Iterable[Code]) -> tuple[Code, ...]:
    """The same codes, all as large as the largest."""
    codes = tuple(codes)
    version = max(code.version for code in codes)
    return tuple(c if c.version == version else Code.of(c.text, c.caption, version) for c in codes)


def file_codes(text: str, name: str, capacity: int = SMALL) -> list[Code]:
    """The codes of a file: scanned in any order, they are the file again.

    Args:
        text: The file.
        name: What to call it in the captions.
        capacity: Characters of a frame. Fewer and larger codes are fewer photos, and need a better camera.
    """
    made = frames.encode(text, capacity)
    if len(made) > _MANY:
        made = frames.encode(text, LARGE)
    count = len(made)
    return [Code.of(frame, f"{name}, {n} of {count}" if count > 1 else name) for n, frame in enumerate(made, 1)]


def data_codes(data: str, name: str) -> list[Code]:
    """The codes of calldata: one, or several to be put together in their order.

    Args:
        data: 0x and digits; they come out in upper case.
        name: What to call it in the captions.
    """
    digits = data.removeprefix("0x").upper()
    count = max(1, -(-len(digits) // _DIGITS))
    length = -(-len(digits) // count)
    parts = [digits[start : start + length] for start in range(0, len(digits), length)]
    parts[0] = f"0x{parts[0]}"
    return [Code.of(part, f"{name}, {n} of {count}" if count > 1 else name) for n, part in enumerate(parts, 1)]


@dataclass(frozen=True, slots=True)
class Codes:
    """QR codes in rows, each with its caption.

    Attributes:
        codes: The codes.
        module: How large their modules are where there is room for it.
        before: Space above them, in parts of the letters' size.
    """

    codes: tuple[Code, ...]
    module: float = MIN_MODULE
    before: float = 0.5

    @property
    def natural_width(self) -> float:
        """How wide they are, all in one row."""
        return sum(code.side for code in self.codes) * self.module

    def height(self, setter: Typesetter, width: float) -> float:
        """How much room they take."""
        rows = self._rows(width)
        spaces = (len(rows) - 1) * self.before * setter.size
        return sum(self._row_height(setter, row, width) for row in rows) + spaces

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draws them below `y`."""
        for row in self._rows(width):
            left = x
            for code in row:
                size = code.side * self._module(width)
                self._draw_code(pen, code, left, y, width)
                lines = pen.setter.lines(code.caption, size, MIN_SIZE)
                pen.text(lines, left + _QUIET * self._module(width), y - size, MIN_SIZE)
                left += size
            y -= self._row_height(pen.setter, row, width) + self.before * pen.setter.size

    def parts(self, setter: Typesetter, width: float) -> Sequence[Block]:
        """Its rows."""
        return [Codes(tuple(row), self._module(width), self.before) for row in self._rows(width)]

    def _module(self, width: float) -> float:
        """How large the modules are.

        Raises:
            InvalidInput: So large a code does not fit on the paper.
        """
        module = min(self.module, width / max(code.side for code in self.codes))
        if module < MIN_MODULE * 0.999:
            raise InvalidInput("The text is too long for a QR code on this paper.")
        return module

    def _rows(self, width: float) -> list[list[Code]]:
        module = self._module(width)
        found: list[list[Code]] = [[]]
        for code in self.codes:
            if found[-1] and sum(c.side for c in (*found[-1], code)) * module > width + 0.1:
                found.append([])
            found[-1].append(code)
        return found

    def _row_height(self, setter: Typesetter, row: Sequence[Code], width: float) -> float:
        module = self._module(width)
        captions = max(len(setter.lines(c.caption, c.side * module, MIN_SIZE)) for c in row) * MIN_SIZE * LEADING
        return max(code.side for code in row) * module + captions

    def _draw_code(self, pen: Pen, code: Code, x: float, y: float, width: float) -> None:
        """All modules as one path: between two of them no viewer and no printer leaves a gap."""
        module = self._module(width)
        path = pen.canvas.beginPath()
        for row, line in enumerate(code.matrix):
            column = 0
            while column < len(line):
                length = 1
                while column + length < len(line) and line[column + length] == line[column]:
                    length += 1
                if line[column]:
                    path.rect(x + column * module, y - (row + 1) * module, length * module, module)
                column += length
        pen.canvas.drawPath(path, stroke=0, fill=1)


def beside(codes: Codes, blocks: Sequence[Block], width: float) -> list[Block]:
    """Codes with what is said of them to their right if there is room, otherwise above them."""
    room = width - codes.natural_width - Columns.GAP
    if room < _ROOM:
        return [Stack(tuple(blocks), before=0.6), codes]
    return [Columns((Stack((codes,)), Stack(tuple(blocks))), (codes.natural_width, room), before=0.6)]
