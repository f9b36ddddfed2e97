"""Photos of sheets that are not read at first sight: every trick reads one that cannot be read without it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from PIL import Image, ImageFilter

from recovery import frames, images, photos
from recovery.errors import InvalidFile
from tests.recovery.photographed import photo, sheet
from tests.recovery.test_frames import FILES
from tests.recovery.test_images import opened, saved

WORDS = (
    "fraction necklace academic academic award teammate mouse regular testify coding building member verdict purchase "
    "blind camera duration email prepare spirit quarter tell"
)
SMALL = (600, 800)


@cache
def page() -> Image.Image:
    return sheet([WORDS], module=8)


def without(monkeypatch: pytest.MonkeyPatch, trick: str) -> None:
    def nothing(_: Image.Image) -> Iterator[Image.Image]:
        return iter(())

    instead: dict[str, Callable[..., object]] = {
        "second_look": lambda *_, **__: iter(()),
        "_closely": nothing,
        "_scaled": lambda picture, _: picture,
        "_sharpened": lambda picture, _: picture,
        "_stretched": lambda picture, _: picture,
    }
    monkeypatch.setattr(photos, trick, instead[trick])


@pytest.mark.parametrize(
    "how",
    [
        {"roll": 45},
        {"roll": 137},
        {"tilt": 40, "roll": 100},
        {"blur": 1.3},
        {"shadow": 0.9, "roll": 5},
        {"contrast": 0.1, "roll": 200},
        {"noise": 12},
        {"quality": 30, "fill": 0.6},
        {"tilt": 25, "blur": 0.9, "shadow": 0.6, "noise": 2, "roll": 20},
    ],
    ids=str,
)
def test_an_ordinary_photo_is_read_at_first_sight(how: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "second_look")
    assert images.read_image(photo(page(), SMALL, **how)) == [WORDS]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trick", "how"),
    [
        ("_scaled", {"tilt": 35, "blur": 1.3, "shadow": 0.4, "roll": 20}),
        ("_sharpened", {"blur": 2}),
        ("_stretched", {"tilt": 64}),
        ("_closely", {"tilt": 35, "blur": 1.3, "shadow": 0.4, "roll": 20}),
        ("second_look", {"tilt": 35, "blur": 1.3, "shadow": 0.7, "roll": 20}),
    ],
)
def test_a_bad_photo_is_read_by_a_trick_and_not_without_it(
    trick: str, how: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = photo(page(), SMALL, **how)  # type: ignore[arg-type]
    assert images.read_image(taken) == [WORDS]
    without(monkeypatch, trick)
    with pytest.raises(InvalidFile, match="shows no QR code that can be read"):
        images.read_image(taken)


def test_a_code_that_is_cut_off_does_not_stop_the_one_beside_it() -> None:
    first, second = frames.encode(FILES["kit"], 300)[:2]
    paper = sheet([first, second], module=5)
    whole = Image.open(io.BytesIO(photo(paper, (900, 1200), roll=3))).convert("L")
    assert set(images.read_image(saved(whole))) == {first, second}
    assert images.read_image(saved(whole.crop((0, 0, 430, 1200)))) == [first]


def test_where_a_part_of_a_file_is_missing_the_rest_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = frames.encode(FILES["request"], 600)
    assert len(made) > 1
    asked = []

    def again(rest: Image.Image, thorough: bool) -> Iterator[str]:
        asked.append((thorough, rest.getextrema()))
        yield from made[1:]
        pytest.fail("looked on, although all is there")

    monkeypatch.setattr(photos, "second_look", again)
    paper = Image.new("L", (1500, 2400), 255)
    paper.paste(opened(images.draw_png(made[0])))
    # Something else on the paper that could be a code.
    paper.paste(20, (300, 1300, 900, 1900))
    assert images.read_image(saved(paper)) == made
    assert [thorough for thorough, _ in asked] == [False]


@pytest.mark.parametrize("texts", [[WORDS], frames.encode(FILES["request"], 600)[:1]], ids=["words", "a frame"])
def test_a_clean_picture_of_one_code_takes_no_second_look(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "second_look", lambda *_, **__: pytest.fail("looked again"))
    assert images.read_image(saved(sheet(texts, module=4))) == texts


def test_how_much_is_looked_at_depends_on_the_size_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    read = photos._read

    def noted(picture: Image.Image) -> object:
        sizes.append(picture.width * picture.height)
        return read(picture)

    monkeypatch.setattr(photos, "_read", noted)
    monkeypatch.setattr(photos, "_WHOLE", 400_000)
    monkeypatch.setattr(photos, "_PART", 200_000)
    for kind in (Image.effect_noise((1400, 1000), 90), Image.new("L", (1400, 1000), 90), page()):
        sizes.clear()
        list(photos.second_look(kind.filter(ImageFilter.GaussianBlur(3)), thorough=True))
        assert 2 < len(sizes) <= 2 + 10 * photos._PLACES
        assert max(sizes[:2]) <= 401_000 and max(sizes[2:]) <= 200_000 * photos._STRETCH**2 * 1.1
