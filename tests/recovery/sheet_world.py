"""What the tests of sheets share: something to print, and what a page says to people and to cameras."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from recovery import images
from recovery.actions import Freeze
from recovery.images import pdf_pages as pictures
from recovery.kit import Kit, Notes
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, Right
from recovery.request import Approvals, Request, approve
from recovery.sheets import freeze_card_pdf, kit_pdf, paper_guardian_pdf
from tests.world import SECRET, sign, signer

ACCOUNT = "0x3F4C6b3f27e8bf3D29B0b4c2A41B8f8a6C0f9c21"
MODULE = "0x52908400098527886E0F7030069857D2E4169EE7"
NAMES = ("Ben Costa", "Carla Nunes", "Dora Klein", "Emil Sand", "Fay Wong", "Gil", "Hana", "Ivo", "Jon", "Kim")
NOTES = Notes(
    "Ana Martins",
    (
        ("Carla Nunes", "+351 912 345 678"),
        ("Dora Klein", "+49 30 901820, dora@example.org"),
        ("Emil Sand", "on Signal"),
        ("Fay Wong", "at the bakery"),
    ),
    "What did we eat on the ferry to Corvo?",
)
#: A phrase that everybody knows, and one of 24 words.
WORDS_12 = "test test test test test test test test test test test junk"
ADDRESS_12 = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
WORDS_24 = " ".join(["abandon"] * 23 + ["art"])
ADDRESS_24 = "0xF278cF59F82eDcf871d630F28EcC8056f25C1cdb"


def plan(guardians: int = 5, paths: int = 4, freezing: int = 1) -> PolicyPlan:
    names = NAMES[:guardians]
    everybody = tuple((name, 1) for name in names)
    all_paths = (
        PathPlan(
            *("friends", Right.ROTATE, everybody, min(3, guardians)),
            owner_cancels=True,
            vetoable=True,
            delay=3 * DAY,
            window=30 * DAY,
        ),
        PathPlan("theft", Right.ROTATE, everybody, guardians - 1, vetoable=True, delay=14 * DAY, window=30 * DAY),
        PathPlan("freeze", Right.FREEZE, everybody, freezing, window=7 * DAY),
        PathPlan(
            *("silence", Right.ROTATE, everybody[:2], 1),
            owner_cancels=True,
            inactivity=365 * DAY,
            delay=30 * DAY,
            window=90 * DAY,
        ),
        PathPlan("veto", Right.VETO, everybody[1:2], 1),
    )
    signers = tuple(Guardian(name, signer(name), number) for number, name in enumerate(names, 1))
    return PolicyPlan(SECRET, 7 * DAY, signers, all_paths[:paths], owner="Ana Martins")


def kit(
    guardians: int = 5,
    paths: int = 4,
    chains: tuple[int, ...] = (1, 8453),
    notes: Notes = NOTES,
    name: str | None = None,
) -> Kit:
    made = plan(guardians, paths).kit("Ben Costa", chains, MODULE, ACCOUNT, notes)
    return replace(made, name=name) if name else made


@cache
def freeze(signing: int = 1, guardians: int = 5, paths: int = 4) -> Approvals:
    made = plan(guardians, paths, signing)
    asked = Request(1, MODULE, ACCOUNT, 3, made.policy.proof(2), "freeze", Freeze(0), 1_900_000_000)
    signed = [approve(asked, made.member(name, 1), sign(name, asked.message), name) for name in NAMES[:signing]]
    return Approvals.of(asked, signed)


def page_texts(pdf: bytes) -> list[str]:
    """What people read, page by page, each on one line."""
    return [" ".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(pdf)]


def text(pdf: bytes) -> str:
    return " ".join(page_texts(pdf))


def dense(pdf: bytes) -> str:
    """The same without any space: numbers are printed in groups, and long ones go over lines."""
    return text(pdf).replace(" ", "")


def letter_sizes(pdf: bytes) -> set[float]:
    """In points."""
    found = set()
    for page in pypdfium2.PdfDocument(pdf):
        words = page.get_textpage()
        found |= {round(pdfium.FPDFText_GetFontSize(words.raw, n), 2) for n in range(words.count_chars())}
    return found - {1.0}  # what pdfium says of the spaces that it adds


def areas(page: Any) -> list[tuple[str, float, float, float, float]]:
    """Where on a page texts and codes are: left, bottom, right, top."""
    words = page.get_textpage()
    found = [("text", *words.get_rect(number)) for number in range(words.count_rects())]
    for thing in page.get_objects():
        left, bottom, right, top = thing.get_bounds()
        if thing.type == pdfium.FPDF_PAGEOBJ_PATH and abs((right - left) - (top - bottom)) < 2 and right - left > 50:
            found.append(("code", left, bottom, right, top))
    return found


def overlaps(page: Any) -> list[tuple[Any, Any]]:
    """Pairs of areas that have more in common than the descenders of one line with the next."""
    found = areas(page)
    return [
        (one, other)
        for number, one in enumerate(found)
        for other in found[number + 1 :]
        if min(one[3], other[3]) - max(one[1], other[1]) > 1 and min(one[4], other[4]) - max(one[2], other[2]) > 2
    ]


def seen(pages: Iterable[Image.Image]) -> set[str]:
    """What a camera reads at first sight."""
    return {text for page in pages for text in images.codes_in(page.copy())}


def treated(pdf: bytes, dpi: int, how: Callable[[Image.Image], Image.Image]) -> list[Image.Image]:
    return [how(page) for page in pictures(pdf, dpi)]


def numbered(words: Sequence[str]) -> list[str]:
    return [f"{number} {word}" for number, word in enumerate(words, 1)]


def is_about(message: str, *words: str) -> bool:
    """Whether any of the words stands in a message as a word of its own."""
    return any(re.search(rf"\b{word}\b", message) for word in words)


def paper_guardian(words: str = WORDS_24, address: str = ADDRESS_24, paper: str = "a4", **more: str) -> bytes:
    return paper_guardian_pdf(
        *("Envelope at the bank", "Ana Martins", words, address),
        account=ACCOUNT,
        chains=(1, 8453),
        paper=paper,
        **more,
    )


SHEETS: dict[str, Callable[[str], bytes]] = {
    "kit": lambda paper: kit_pdf(kit(), paper=paper),
    "paper guardian": lambda paper: paper_guardian(paper=paper),
    "freeze card": lambda paper: freeze_card_pdf(freeze(), owner="Ana Martins", paper=paper),
}


@cache
def made(sheet: str, paper: str = "a4") -> bytes:
    return SHEETS[sheet](paper)
