"""What to do in fire, water, theft, and for heirs: a page each, with nothing secret on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .blocks import Block, Box, Command, Field, Heading, Paragraph, Stack, Title, items
from .page import Layout, on_one_page, text_width
from .text import Text, Typesetter, bold

#: Size of the letters: the first that makes it one page.
_SIZES = (11.5, 11.0, 10.5, 10.0, 9.5, 9.0)
_NOTE = "[U+...] stands for a character that cannot be printed here."
_CHECKED = "Whoever only checks that you still have it needs an answer (recovery backup answer), never the share."
FOOTER = "Nothing secret on this page. Keep it where it will be found"


@dataclass(frozen=True, slots=True)
class Matter:
    """What the pages are about.

    Attributes:
        name: What it is called: "share 1.2 of set 01ab23cd".
        kind: "share" or "seed phrase".
        gone: What it means if it is destroyed, and what the owner does then.
        stolen: What whoever has it can do.
        renew: What the owner does when it may be stolen.
        trial: How a copy is tried without a risk.
        heirs: What the page for heirs says.
    """

    name: str
    kind: str
    gone: Text
    stolen: Text
    renew: tuple[Text | Block, ...]
    trial: tuple[Text | Block, ...]
    heirs: tuple[Block, ...]


def advice_pages(matter: Matter, paper: str) -> list[Layout]:
    """The four pages.

    Raises:
        InvalidInput: No such paper.
    """
    return [_laid(blocks, matter, paper) for blocks in (_fire, _water, _theft, _heirs)]


def _laid(blocks: Callable[[Matter], list[Block]], matter: Matter, paper: str) -> Layout:
    text_width(paper)  # says so if there is no such paper, before sizes are tried
    return on_one_page(_SIZES, lambda size: Layout.of(blocks(matter), Typesetter(size), paper, _NOTE))


def _fire(matter: Matter) -> list[Block]:
    return [
        Title("Fire", ["Before it, and after it: ", bold(matter.name)]),
        Heading("What lasts"),
        items(
            (
                [bold("Paper burns. "), "Treat the sheet as the copy for every day, and steel as the one for a fire."],
                [
                    bold("Stainless steel or titanium lasts; "),
                    "aluminium, tin, zinc and lead may melt. Punch or engrave deeply: ink, paint, stickers and shallow "
                    "marks go.",
                ],
                [
                    bold("A safe for fire helps "),
                    "if its label says that it was tried with paper, and for how long. A safe against thieves need "
                    "not. Fire-safes give off steam: put paper into a closed bag inside.",
                ],
                [
                    bold("Do not laminate, "),
                    "and use no sleeves of PVC: heat welds the plastic to the paper, and print sticks to it.",
                ],
                [
                    bold("Two copies in one house burn together. "),
                    "But every copy is one more to be stolen: let the owner know where each is.",
                ],
            ),
            "•",
        ),
        Heading("A copy on steel, today"),
        items(
            (
                "Copy the boxes of the first page: the number, and the first four letters. They tell each word from "
                "all others. A word of three letters leaves its last box empty.",
                "Punch the numbers, too, and what it is: the set, or what you call it. No name, no address.",
                "Read the plate back against the sheet, letter by letter, from the last word to the first.",
                *matter.trial,
            )
        ),
        Heading("After a fire"),
        items(
            (
                "Wait until a fire-safe is cold all through, a day or more. Opened hot, paper in it can catch fire.",
                "Steel: rinse off the soot, do not scratch. Light from the side shows letters that seem gone.",
                "Charred paper: do not unfold or wipe it. Lift it on a card, cover it with another. A conservator of "
                "paper can often read it, and will know the words then: ask the owner first.",
                "Is a word illegible? Four letters are enough. If a letter is in doubt, type what you think it is "
                "into the program, which says if the words cannot be right, and often where.",
                "Tell the owner, even if all seems well. Whoever cleared up may have seen it.",
            )
        ),
        Box((Paragraph(matter.gone),)),
    ]


def _water(matter: Matter) -> list[Block]:
    return [
        Title("Water", ["Before it, and after it: ", bold(matter.name)]),
        Heading("What lasts"),
        items(
            (
                [
                    bold("Laser print, pencil and pigment ink stay. "),
                    "The ink of many inkjet printers, felt tips and fountain pens runs. Try it: a drop of water on a "
                    "test page, never on this one.",
                ],
                [
                    bold("Keep paper in a sleeve "),
                    "of polyester or polypropylene, or a zip bag, with a bag of silica gel. No PVC, to which laser "
                    "print sticks, and no lamination: at the first crack water comes in and cannot get out.",
                ],
                [
                    bold("Store it dry, dark and off the floor. "),
                    "Not in a cellar, a bathroom, under a roof or a pipe: pipes burst more often than rivers rise.",
                ],
                [
                    bold("Stainless steel and titanium do not mind water. "),
                    "Plain steel rusts, and letters with it.",
                ],
            ),
            "•",
        ),
        Heading("Wet paper"),
        items(
            (
                "Do not rub, wipe or unfold it, and do not pull wet sheets apart. Lift them with something stiff "
                "below, such as a plastic bag.",
                "Mud: hold it in clean, cold water. Do not brush.",
                "Lay it flat, print up, on blotting paper or kitchen paper without a pattern. Change that often.",
                "Let air dry it, at room temperature. No sun, heater, oven, microwave or hot hair dryer: heat curls "
                "paper and sets stains.",
                "When it is only damp, put it between dry blotting paper under a few books, so that it dries flat.",
                [
                    bold("No time? Freeze it. "),
                    "Mould begins within about two days. In a closed bag in the freezer paper waits for weeks. Then "
                    "dry it as above.",
                ],
            )
        ),
        Heading("Wet steel"),
        Paragraph("After sea water or a flood rinse it with tap water, then dry it."),
        Heading("When it is dry"),
        items(
            (
                "Compare every word with its four letters in the boxes, and have the codes read by the program.",
                "Is anything faint? Write it anew at once, on a template (recovery backup sheet blank) or on steel, "
                "and read the copy back. Burn the old one.",
                "Tell the owner. Whoever helped with the water may have seen it.",
            )
        ),
        Box((Paragraph(matter.gone),)),
    ]


def _theft(matter: Matter) -> list[Block]:
    again = ", and seal it anew when you have answered the owner" if matter.kind == "share" else ""
    return [
        Title("Theft", ["Gone, opened, copied or seen: ", bold(matter.name)]),
        Paragraph(matter.stolen, 1.1),
        Heading("At once"),
        items(
            (
                [
                    bold("Tell the owner, today, "),
                    "on a number that you already had. Also if it is only lost, if a seal is broken, if somebody may "
                    "have read or photographed it, or if you are not sure.",
                ],
                "Say when you saw it last, who has been there since, and what else lay with it.",
                "Report a break-in as one. What the sheet opens need not be said, and nobody needs to see another one.",
                "If it turns up again, tell the owner, and do not use it: it may have been copied.",
            )
        ),
        Field("The owner"),
        Field("Telephone"),
        Field("If the owner cannot be reached"),
        Heading("What the owner does"),
        items(matter.renew),
        Heading("So that it does not happen"),
        items(
            (
                f"Keep the {matter.kind} where nobody looks who does not know of it, in something sealed, so that "
                f"opening it shows. Look at the seal twice a year{again}.",
                "Never together with a passphrase, a guardian's kit, another share or a device that it belongs to.",
                "No photo, no scan, no cloud, no mail, no chat, no password manager: each is a copy that nobody sees "
                "being stolen.",
                "Tell nobody that you have it who need not know.",
            ),
            "•",
        ),
        Heading("When somebody asks for it"),
        items(
            (
                "Nobody has a reason to ask by message, telephone, link or as “support”. Whoever hurries you, or asks "
                "you to tell nobody, is the thief. Ring the owner back.",
                *((_CHECKED,) if matter.kind == "share" else ()),
                [bold("Does somebody threaten you? Give it away. "), "Then tell the owner. It can be replaced."],
            ),
            "×",
        ),
    ]


def _heirs(matter: Matter) -> list[Block]:
    return [
        Title("Heirs", ["If the owner has died, or cannot act: ", bold(matter.name)]),
        Box(
            (
                Paragraph(
                    [
                        bold("There is no hurry. "),
                        "Nothing on these sheets expires. Mourn first. Whoever hurries you is not helping you: thieves "
                        "read notices of death, too.",
                    ],
                    1.1,
                ),
            )
        ),
        *matter.heirs,
        Heading("Never"),
        items(
            (
                "type the words into a website, a telephone or an app that somebody has sent you",
                "give them to somebody who offers to “recover” it, whatever they call themselves or charge",
                "photograph, mail or read them out, or let one person alone carry everything",
            ),
            "×",
        ),
        Heading("Whom to ask"),
        Paragraph("To be filled in by hand. No words here, no passphrase, and not where other shares are."),
        Field("Somebody who knows computers, and whom we trust"),
        Field("Where the will is, and who carries it out"),
        *((Field("Who knows where the other shares are"),) if matter.kind == "share" else ()),
    ]


def offline(*commands: str) -> Stack:
    """What is typed, on a computer of one's own."""
    return Stack(
        (
            Paragraph(
                "On a computer that you trust, with Python, and without a network once the program is on it:", before=0
            ),
            Command(('pip install "ape-recovery[cli,backup,pdf]"', *commands)),
        )
    )
