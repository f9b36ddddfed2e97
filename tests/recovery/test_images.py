from __future__ import annotations

import io
import re
import struct
import sys
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageFilter

from recovery import frames, images
from recovery.errors import InvalidFile, InvalidInput, MissingExtra
from tests.recovery.test_frames import FILES, each_file

KIT = frames.encode(FILES["kit"], 400)
WHITE, BLACK = 255, 0


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("L")


def saved(image: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    output = io.BytesIO()
    image.save(output, kind, **how)
    return output.getvalue()


def screenshot(text: str, cell: tuple[int, int] = (8, 16), paper: str = "white", ink: str = "black") -> Image.Image:
    """What a terminal shows: each character is a cell, half blocks fill half of it."""
    lines = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in text.split("\n")]
    width, height = cell
    picture = Image.new("RGB", (max(map(len, lines)) * width, len(lines) * height), paper)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            x, y = column * width, row * height
            if character in "▀█":
                draw.rectangle((x, y, x + width - 1, y + height // 2 - 1), ink)
            if character in "▄█":
                draw.rectangle((x, y + height // 2, x + width - 1, y + height - 1), ink)
            assert character in " ▀▄█"
    return picture


# ------------------------------------------------------------------------------------------- drawn and read


@each_file
def test_every_picture_of_every_file_is_read_back(name: str) -> None:
    for capacity in (images.PNG_CAPACITY, 300, 60):
        made = frames.encode(FILES[name], capacity)
        read = [images.read_image(images.draw_png(frame, f"{name}.json {i}/9")) for i, frame in enumerate(made)]
        assert read == [[frame] for frame in made]
        assert frames.decode(text for texts in read for text in texts) == FILES[name]


@each_file
def test_every_code_on_a_terminal_is_read_back(name: str) -> None:
    for capacity in (images.TERMINAL_CAPACITY, 300, 60):
        for frame in frames.encode(FILES[name], capacity):
            shown = images.draw_terminal(frame)
            assert images.read_image(saved(screenshot(shown))) == [frame]


@pytest.mark.parametrize("cell", [(6, 12), (7, 15), (9, 20), (20, 40)])
def test_codes_are_read_from_terminals_of_any_letter_size(cell: tuple[int, int]) -> None:
    shown = images.draw_terminal(KIT[0])
    assert images.read_image(saved(screenshot(shown, cell))) == [KIT[0]]


def test_a_code_on_a_terminal_has_its_own_colours_and_fits_into_80_columns() -> None:
    largest = "RECOVERY1:" + "A" * (images.TERMINAL_CAPACITY - 10)
    for frame in (*KIT, largest):
        lines = images.draw_terminal(frame).split("\n")
        for line in lines:
            assert line.startswith("\x1b[38;5;16;48;5;231m") and line.endswith("\x1b[0m")
            assert "\x1b" not in line[len("\x1b[38;5;16;48;5;231m") : -len("\x1b[0m")]
        bare = [line[len("\x1b[38;5;16;48;5;231m") : -len("\x1b[0m")] for line in lines]
        assert len({len(line) for line in bare}) == 1 and len(bare[0]) <= 80
        # The margin: four modules all around, whatever the terminal's own background is.
        assert all(line.startswith("    ") and line.endswith("    ") for line in bare)
        assert not bare[0].strip() and not bare[1].strip() and not bare[-2].strip(" ▀") and not bare[-1].strip()
    assert len(bare) == 39


def test_a_code_without_its_colours_is_still_read_on_a_dark_terminal() -> None:
    assert images.read_image(saved(screenshot(images.draw_terminal(KIT[0]), paper="black", ink="white"))) == [KIT[0]]


def test_what_does_not_fit_into_one_code_is_not_drawn() -> None:
    for draw, capacity in (
        (images.draw_terminal, images.TERMINAL_CAPACITY),
        (images.draw_png, images.PNG_CAPACITY),
    ):
        assert draw("A" * capacity)  # type: ignore[operator]
        for more in (1, 10_000):
            with pytest.raises(InvalidInput, match="too long for one QR code"):
                draw("A" * (capacity + more))  # type: ignore[operator]


def test_a_picture_has_a_margin_and_a_caption_below_it() -> None:
    bare, captioned = opened(images.draw_png(KIT[0])), opened(images.draw_png(KIT[0], "kit.json 1/2"))
    assert captioned.width == bare.width >= 800 and captioned.height > bare.height == bare.width
    assert captioned.crop((0, 0, bare.width, bare.height)).tobytes() == bare.tobytes()
    below = captioned.crop((0, bare.height, bare.width, captioned.height))
    assert below.getextrema() == (BLACK, WHITE)
    modules = next(n for n in range(bare.width) if bare.getpixel((n, bare.height // 2)) == BLACK or n > 200)
    assert modules >= 4 * 7


@pytest.mark.parametrize("caption", ["a\nb\x1b[31m", "\u202egnp", "字" * 20, "long" * 100, "\ud800"])
def test_any_caption_is_drawn_and_harms_nothing(caption: str) -> None:
    assert images.read_image(images.draw_png(KIT[0], caption)) == [KIT[0]]


# ------------------------------------------------------------------------------------------- as photos are


def _table(picture: Image.Image) -> Image.Image:
    """A sheet that lies askew on a table, photographed."""
    table = Image.effect_noise((1000, 750), 70).resize((4000, 3000))
    table.paste(picture.rotate(13, Image.Resampling.BICUBIC, expand=True, fillcolor=235), (1700, 800))
    return table.filter(ImageFilter.GaussianBlur(2))


def _aslant(picture: Image.Image) -> Image.Image:
    w, h = picture.size
    return picture.transform(
        (w, h), Image.Transform.QUAD, (-w // 12, -h // 20, 0, h, w, h + h // 20, w + w // 12, 0), fillcolor=WHITE
    )


PHOTOS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "on its side": lambda p: p.rotate(90, expand=True),
    "upside down": lambda p: p.rotate(180),
    "askew": lambda p: p.rotate(10, Image.Resampling.BICUBIC, expand=True, fillcolor=WHITE),
    "far askew": lambda p: p.rotate(45, Image.Resampling.BICUBIC, expand=True, fillcolor=WHITE),
    "from the side": _aslant,
    "blurred": lambda p: p.filter(ImageFilter.GaussianBlur(3)),
    "small": lambda p: p.resize((p.width * 3 // 8, p.height * 3 // 8), Image.Resampling.LANCZOS),
    "large": lambda p: p.resize((p.width * 3, p.height * 3), Image.Resampling.BICUBIC),
    "dark": lambda p: p.point(lambda v: v * 0.08),
    "pale": lambda p: p.point(lambda v: 150 + v * 0.1),
    "inverted": lambda p: p.point(lambda v: 255 - v),
    "dirty": lambda p: Image.blend(p, Image.effect_noise(p.size, 120), 0.4),
    "on a table": _table,
}


@pytest.mark.parametrize("photo", PHOTOS)
def test_a_code_is_read_as_people_photograph_it(photo: str) -> None:
    for frame in (*frames.encode(FILES["request"], images.PNG_CAPACITY), KIT[1]):
        picture = PHOTOS[photo](opened(images.draw_png(frame, "request.json 2/3")))
        assert images.read_image(saved(picture)) == [frame]
        assert images.read_image(saved(picture.convert("RGB"), "JPEG", quality=30)) == [frame]


@pytest.mark.parametrize("quality", [50, 20, 8])
def test_a_code_survives_what_messengers_do_to_pictures(quality: int) -> None:
    (frame,) = frames.encode(FILES["request"], images.PNG_CAPACITY)
    picture = opened(images.draw_png(frame)).resize((500, 500), Image.Resampling.BILINEAR)
    assert images.read_image(saved(picture.convert("RGB"), "JPEG", quality=quality)) == [frame]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_usual_kind_of_picture_is_read(kind: str) -> None:
    for mode in ("L", "RGB") if kind == "JPEG" else ("1", "L", "P", "RGB"):
        data = saved(opened(images.draw_png(KIT[0])).convert(mode), kind)
        assert images.is_image(data)
        assert images.read_image(data) == [KIT[0]]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_black_on_nothing_is_read(mode: str) -> None:
    code = opened(images.draw_png(KIT[0]))
    clear = Image.new("RGBA", code.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=code.point(lambda v: 255 - v))
    if mode == "P":
        clear = clear.quantize(4)
    assert images.read_image(saved(clear.convert(mode))) == [KIT[0]]


def test_all_codes_in_a_picture_are_read_and_each_once() -> None:
    made = frames.encode(FILES["kit"], 90)
    sheet = Image.new("L", (2700, 3000 * (len(made) // 9 + 1)), 240)
    for number, frame in enumerate([*made, made[0]]):
        sheet.paste(
            opened(images.draw_png(frame, str(number))).resize((800, 850)), (number % 3 * 900, number // 3 * 900)
        )
    read = images.read_image(saved(sheet))
    assert len(made) > 9 and len(read) == len(made)
    assert frames.decode(read) == FILES["kit"]


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_every_page_is_read(kind: str) -> None:
    pages = [opened(images.draw_png(frame)).resize((900, 900)) for frame in KIT]
    data = saved(pages[0], kind, save_all=True, append_images=pages[1:])
    assert sorted(images.read_image(data)) == sorted(KIT)


# ------------------------------------------------------------------------------------------- refused


def test_a_picture_without_a_code_is_refused_with_advice() -> None:
    for picture in (Image.new("L", (1, 1)), Image.new("RGB", (300, 300), "white"), Image.effect_noise((640, 480), 90)):
        with pytest.raises(
            InvalidFile, match="^photo.jpg shows no QR code .* better light, closer, and with the code flat"
        ):
            images.read_image(saved(picture), "photo.jpg")
    with pytest.raises(InvalidFile, match="shows no QR code"):
        images.read_image(saved(opened(images.draw_png(KIT[0])).crop((0, 0, 500, 900))))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no picture"),
        (b"text", "is no picture"),
        (b"\x7fELF" + bytes(100), "is no picture"),
        (b"%PDF-1.7\n", "is damaged or no PDF"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "HEIC or AVIF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is no picture"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InvalidFile, match=words):
        images.read_image(data)


def test_a_text_is_no_image() -> None:
    for text in (b"", b"BMW, GIF and II", b"RIFF of the day", *(text.encode() for text in FILES.values())):
        assert not images.is_image(text)


def test_a_damaged_picture_is_refused_or_read_rightly(recwarn: pytest.WarningsRecorder) -> None:
    def read_or_refused(data: bytes) -> None:
        try:
            assert images.read_image(data) == [KIT[0]]
        except InvalidFile as error:
            assert re.search("damaged|no picture|no QR code|too many", error.message)  # noqa: PT017

    png = images.draw_png(KIT[0])
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        data = saved(opened(png), kind)
        for length in (4, 12, 30, 100, len(data) // 2, len(data) * 3 // 4):
            read_or_refused(data[:length])
    for position in range(8, 200):
        read_or_refused(png[:position] + bytes([png[position] ^ 0xFF]) + png[position + 1 :])
    for data in (png[:20], png[: len(png) // 2], b"\xff\xd8\xff" + bytes(100), b"GIF89a"):
        with pytest.raises(InvalidFile, match="damaged"):
            images.read_image(data)
    assert not recwarn.list


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize("side", [8_001, 12_000, 60_000, 2**31 - 1])
def test_a_picture_that_would_unpack_without_end_is_refused_before_it_does(side: int) -> None:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", zlib.compress(bytes(100_000))) + _chunk(b"IEND", b"")
    with pytest.raises(InvalidFile, match="too many pixels or pages"):
        images.read_image(bomb)


def test_too_many_pages_or_too_large_a_file_are_refused() -> None:
    page = Image.new("L", (8, 8), WHITE)
    pages = saved(page, "TIFF", save_all=True, append_images=[page] * images.MAX_PAGES)
    with pytest.raises(InvalidFile, match="too many pixels or pages"):
        images.read_image(pages)
    for size in ((images.MAX_SIDE + 1, 1), (1, images.MAX_SIDE + 1)):
        with pytest.raises(InvalidFile, match="too many pixels or pages"):
            images.read_image(saved(Image.new("1", size)))
    with pytest.raises(InvalidFile, match="far too large for a picture"):
        images.read_image(images.draw_png(KIT[0]) + bytes(images.MAX_BYTES))


@pytest.mark.parametrize(
    ("package", "use"),
    [
        ("segno", lambda: images.draw_png(KIT[0])),
        ("segno", lambda: images.draw_terminal(KIT[0])),
        ("PIL", lambda: images.draw_png(KIT[0])),
        ("PIL", lambda: images.read_image(b"\x89PNG\r\n\x1a\n")),
        ("zxingcpp", lambda: images.read_image(b"\x89PNG\r\n\x1a\n")),
    ],
)
def test_a_missing_package_is_one_sentence_with_the_remedy(
    package: str, use: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # type: ignore[arg-type]
    with pytest.raises(MissingExtra, match=r'pip install "ape-recovery\[cli\]"'):
        use()
