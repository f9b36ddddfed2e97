"""The page that a guardian keeps: for somebody who knows nothing of Ethereum."""

from __future__ import annotations

import json

from ..chains import chain_name
from ..errors import InvalidInput
from ..explain import duration
from ..files import to_hex
from ..kit import Kit
from .blocks import Block, Box, Columns, Command, Heading, Paragraph, Stack, Title, items, rows
from .codes import Code, Codes, alike, beside, file_codes
from .page import Layout, text_width
from .reading import checked
from .text import MM, Span, Text, Typesetter, bold, digits, width_of

#: Size of the letters, of a code's modules in mm, and whether the paths' hashes are printed: the first that makes it
#: one page.
_STYLES = (
    (10.0, 0.6, True),
    (9.5, 0.6, True),
    (9.5, 0.5, True),
    (9.0, 0.55, True),
    (9.0, 0.5, True),
    (9.0, 0.5, False),
)
_NOTE = "[U+...] stands for a character that cannot be printed here; the file in the QR codes has the true text."


def kit_pdf(kit: Kit, *, paper: str = "a4", text: str | None = None) -> bytes:
    """A guardian's kit on paper, with the kit's file as QR codes that were read back.

    One page, or more for a very large policy. It holds no key.

    Args:
        kit: The kit.
        paper: a4 or letter.
        text: The kit's file, by default as `kit.dumps()` writes it.

    Returns:
        The PDF. The same input gives the same bytes.

    Raises:
        InvalidInput: No such paper, or the text is not that of this kit.
        Refused: The codes cannot be read back.
        MissingExtra: What draws or reads is not installed.
    """
    text = kit.dumps() if text is None else text
    if Kit.loads(text) != kit:
        raise InvalidInput("The kit's text is that of another kit. Give the file that belongs to it.")
    codes = alike(file_codes(text, "kit"))
    layouts = []
    for size, module, hashes in _STYLES:
        setter = Typesetter(size)
        width = text_width(paper)
        layouts.append(Layout.of(_blocks(kit, codes, setter, width, module * MM, hashes), setter, paper, _NOTE))
        if len(layouts[-1].pages) == 1:
            break
    best = min(layouts, key=lambda layout: len(layout.pages))
    return checked(best.pdf("Recovery kit", f"Kit {json.loads(text)['checksum']}"), [text])


def _blocks(
    kit: Kit, codes: tuple[Code, ...], setter: Typesetter, width: float, module: float, hashes: bool
) -> list[Block]:
    from ..cli.words import kit_lines

    owner = kit.notes.owner or "the owner"
    whose = f"{kit.notes.owner}'s" if kit.notes.owner else "an Ethereum"
    return [
        Title("Recovery kit", ["for ", bold(kit.name), f", a guardian of {whose} account"]),
        Paragraph(
            f"Should {owner} lose the keys to this account, or have them stolen, the people named guardians can put "
            "other keys, its new owners, in their place: how, this page says. You are one of them. You hold nothing of "
            "what is in the account."
        ),
        Box(
            (
                Paragraph(
                    [
                        bold("This page is no key. "),
                        "Whoever finds it can take nothing, but learns that you are a guardian: keep it private.",
                    ]
                ),
            )
        ),
        rows(setter, _facts(kit), width, before=0.6),
        Heading("Who can do what"),
        rows(setter, kit_lines(kit), width),
        Columns(
            (
                Stack((Heading("You will be asked"), _asked(owner))),
                Stack((Heading("You will never be asked"), _never_asked(owner))),
            ),
            before=0.8,
        ),
        Heading(f"When {owner} needs you"),
        _steps(kit),
        *_ring(kit, setter, width),
        Heading("Your part in numbers"),
        rows(setter, _opening(kit, hashes), width),
        *_codes(codes, module, width, hashes),
    ]


def _facts(kit: Kit) -> list[tuple[str, Text]]:
    signers = dict.fromkeys(str(opening.signer) for opening in kit.openings if opening)
    return [
        ("Account", bold(kit.account)),
        ("Chains" if len(kit.chains) > 1 else "Chain", ", ".join(map(chain_name, kit.chains))),
        ("Module", f"{kit.module}; a change of guardians waits {duration(kit.policy.change_delay)}"),
        *(("You sign as", signer) for signer in signers),
    ]


def _asked(owner: str) -> Stack:
    return items(
        (
            f"to sign a request, after a call with {owner}",
            "to compare six words in that call: the same on both sides",
            "once a year: are you still here, and is your key?",
        ),
        "✓",
    )


def _never_asked(owner: str) -> Stack:
    return items(
        (
            "for your seed phrase or your key",
            "for money, or to hurry, or to approve by a link",
            f"to sign without having spoken with {owner}",
        ),
        "×",
    )


def _steps(kit: Kit) -> Stack:
    call: list[str | Span] = ["Ring back, on a number that you already had, not on one that came with a message."]
    if kit.notes.question:
        call += [" Ask: ", bold(kit.notes.question), " The answer is known to you two alone."]
    return items(
        (
            call,
            Stack(
                (
                    Paragraph("On a computer with Python, turn photos of the QR codes below into the kit's file:"),
                    Command(('pip install "ape-recovery[cli]"', "recovery scan PHOTO... -o kit.json")),
                )
            ),
            Stack(
                (
                    Paragraph(
                        "Look at what the request that you were sent asks for, and compare all six words in the call. "
                        "Only then say yes:"
                    ),
                    Command(("recovery approve request.json --kit kit.json --signer YOUR-KEY",)),
                )
            ),
            "Send back the file that this writes. It is good for this one request and nothing else.",
        )
    )


def _ring(kit: Kit, setter: Typesetter, width: float) -> list[Block]:
    if not kit.notes.ring:
        return []
    entries: list[tuple[str, Text]] = [(name, contact) for name, contact in kit.notes.ring]
    heading = Heading("Whom else to ring")
    longest = max(
        width_of(setter.printable(f"{name}   {contact}"), setter.size, True) for name, contact in kit.notes.ring
    )
    if len(entries) == 1 or longest > width / 2 - Columns.GAP:
        return [heading, rows(setter, entries, width)]
    half = -(-len(entries) // 2)
    halves = (rows(setter, entries[:half], width / 2), rows(setter, entries[half:], width / 2))
    return [heading, Columns(halves, before=0.15)]


def _opening(kit: Kit, hashes: bool) -> list[tuple[str, Text]]:
    """The guardian's own opening in each path; what is the same in all of them stands there once."""
    own = [(label, opening) for label, opening in zip(kit.labels, kit.openings, strict=True) if opening]
    salts = dict.fromkeys(opening.salt for _, opening in own)
    found: list[tuple[str, Text]] = []
    for salt in salts:
        where = "" if len(salts) == 1 else f" ({', '.join(label for label, o in own if o.salt == salt)})"
        found.append((f"Salt{where}", digits(to_hex(salt))))
    if not hashes:
        weights = ", ".join(f"{label} {opening.weight}" for label, opening in own)
        return [*found, ("Weights", weights or "none")]
    for label, path, opening in zip(kit.labels, kit.policy.paths, kit.openings, strict=True):
        weight = f"your weight {opening.weight}" if opening else "not yours"
        found.append((label, [f"{weight}, hash ", digits(to_hex(path.hash))]))
    return found


def _codes(codes: tuple[Code, ...], module: float, width: float, hashes: bool) -> list[Block]:
    said = (
        Paragraph(
            [
                bold("The whole kit "),
                "is in this QR code." if len(codes) == 1 else "is in these QR codes, in any order.",
                "" if hashes else " The hashes of the paths are in it too.",
            ],
            before=0.0,
        ),
        Paragraph(
            [
                bold("Is this program gone, with its makers? "),
                "RECOVER.md, in every copy of it, says how to do the same with other tools, with these numbers and "
                "codes.",
            ]
        ),
    )
    return beside(Codes(codes, module), said, width)
