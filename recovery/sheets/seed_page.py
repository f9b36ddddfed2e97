"""An owner's seed phrase on paper."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidInput
from ..files import text_of
from ..keys.seed import DEFAULT_PLACES, Seed, parse_words, path_text
from .advice import FOOTER, Matter, advice_pages, offline
from .blocks import Block, Box, Columns, Command, Heading, Paragraph, Stack, Title, items, rows
from .codes import Code, Codes
from .grid import Boxes, lettered, numbered, word_columns
from .page import Layout, on_one_page, text_width, together
from .reading import checked, printed
from .share_page import day
from .text import MM, Text, Typesetter, bold

#: Size of the letters, of the words in parts of that, of a box and of a code's modules in mm: the first that makes it
#: one page.
_STYLES = (
    (11.0, 1.5, 9.0, 0.8),
    (10.5, 1.4, 9.0, 0.7),
    (10.0, 1.3, 8.0, 0.6),
    (9.0, 1.2, 7.0, 0.5),
    (9.0, 1.1, 6.0, 0.5),
)
_MOST_LABEL = 60
_NOTE = "[U+...] stands for a character that cannot be printed here."


def seed_pdf(
    words: str,
    *,
    label: str = "",
    passphrase: bool = False,
    paths: Sequence[Sequence[int]] = (),
    made: int | None = None,
    paper: str = "a4",
) -> bytes:
    """A seed phrase on paper: a page that is secret, and a page each for fire, water, theft and heirs that is not.

    Args:
        words: 12 to 24 words of BIP-39 (English).
        label: What the owner calls it, at most 60 characters.
        passphrase: Whether one belongs to them. It is never printed.
        paths: Where the accounts are (BIP-32) whose addresses are printed.
        made: When, in seconds since 1970, or None.
        paper: a4 or letter.

    Returns:
        The PDF: five pages. The same input gives the same bytes.

    Raises:
        InvalidInput: No such paper, no seed phrase, or accounts although there is a passphrase. No word is repeated.
        Refused: The code, words or letters cannot be read back.
        MissingExtra: What draws or reads is not installed.
    """
    phrase, label = parse_words(words), text_of(label.strip())
    if len(label) > _MOST_LABEL:
        raise InvalidInput(f"What a seed phrase is called is one line of at most {_MOST_LABEL} characters.")
    if passphrase and paths:
        raise InvalidInput(
            "With a passphrase no account is printed: whoever found the sheet could try passphrases until one fits."
        )
    with Seed.of(phrase) as seed:
        accounts = [(path_text(path), str(seed.account(path).address)) for path in paths]
    width = text_width(paper)

    code = Code.of(phrase, "the words")

    def lay(style: tuple[float, float, float, float]) -> Layout:
        setter = Typesetter(style[0])
        blocks = _secret(phrase, code, label, passphrase, accounts, made, setter, width, *style[1:])
        return Layout.of(blocks, setter, paper, _NOTE)

    first = on_one_page(_STYLES, lay)
    others = [(page, FOOTER) for page in advice_pages(_matter(label, passphrase, accounts), paper)]
    pdf = together([(first, "SECRET. Seed phrase"), *others], "Seed phrase")
    listed = phrase.split()
    return checked(printed(pdf, 0, numbered(listed), lettered(listed)), [], [phrase])


def _secret(
    phrase: str,
    code: Code,
    label: str,
    passphrase: bool,
    accounts: Sequence[tuple[str, str]],
    made: int | None,
    setter: Typesetter,
    width: float,
    scale: float,
    box: float,
    module: float,
) -> list[Block]:
    listed = tuple(phrase.split())
    drawn = Codes((code,), module * MM)
    facts: list[tuple[str, Text]] = [
        ("Words", f"{len(listed)}, of the English list of BIP-39"),
        (
            "Passphrase",
            [bold("yes: "), "without it, or with another one, the words give other keys. It stands on no sheet"]
            if passphrase
            else "none",
        ),
        *((path, address) for path, address in accounts),
        *((("Made", day(made)),) if made is not None else ()),
    ]
    warning = "Together with its passphrase " if passphrase else ""
    return [
        Title("Seed phrase", ["for ", bold(label)] if label else "for accounts of Ethereum"),
        Box(
            (
                Paragraph(
                    [
                        bold(f"{warning}{'w' if warning else 'W'}hoever reads this page has everything that it opens."),
                        " Show it to nobody, and type it into no website.",
                    ]
                ),
            )
        ),
        Paragraph(
            "Have you found this? Give it back to its owner, closed, and say that it was open. The pages on fire, "
            "water, theft and heirs say what to do; they hold nothing secret, and may lie elsewhere.",
            before=0.6,
        ),
        Columns(
            (Stack((rows(setter, facts, width),)), Stack((drawn,))),
            (width - drawn.natural_width - Columns.GAP, drawn.natural_width),
            before=0.7,
        ),
        Heading(f"The {len(listed)} words"),
        word_columns(listed, scale),
        Heading("For steel: the first four letters of each are enough"),
        Boxes(listed, box * MM),
    ]


def _matter(label: str, passphrase: bool, accounts: Sequence[tuple[str, str]]) -> Matter:
    extra = " --passphrase" if passphrase else ""
    expected = f" --expect {accounts[0][1]}" if accounts else ""
    restore = f"recovery keys restore{expected}{extra} -o TRIAL"
    outcome = "the same account" if accounts else "the account that you know as yours"
    return Matter(
        name=f"the seed phrase {label}" if label else "a seed phrase",
        kind="seed phrase",
        gone=[
            bold("Is it destroyed? "),
            "As long as the keys or another copy are there, nothing is lost: make a new sheet before anything else "
            "goes (recovery backup sheet seed). If nothing is left, ask the guardians, if the account has any.",
        ],
        stolen=[
            bold("Whoever has read the words can take everything, at once and from anywhere"),
            bold(", as soon as they guess the passphrase." if passphrase else "."),
        ],
        renew=(
            Stack(
                (
                    Paragraph("has an account with guardians frozen, before anything else:", before=0),
                    Command(("recovery panic --help",)),
                )
            ),
            Stack(
                (
                    Paragraph("replaces the key as an owner, or brings everything to new keys:", before=0),
                    Command(("recovery keys new", "recovery keys rotate --help")),
                )
            ),
            "destroys what is left of the old words: they are worth nothing then, and may mislead heirs",
        ),
        trial=(
            Stack(
                (
                    Paragraph(f"Try the plate, not the sheet: {outcome} must come out.", before=0),
                    Command((restore,)),
                )
            ),
        ),
        heirs=_heirs(label, passphrase),
    )


def _heirs(label: str, passphrase: bool) -> tuple[Block, ...]:
    called = f", which the owner called “{label}”" if label else ""
    return (
        Heading("What this is"),
        Paragraph(
            [
                f"The first page of these sheets has a seed phrase{called}: words from which the keys of accounts of "
                "Ethereum follow. ",
                bold("Whoever reads it can take what is in them"),
                bold(", with the passphrase, which stands on no sheet." if passphrase else "."),
            ]
        ),
        Heading("What to do"),
        items(
            (
                "Leave the sheet where it is, sealed, until it is settled who may use it. Its words open things; whose "
                "they are, the will and the law say.",
                *(
                    ("Look for the passphrase. A wrong one opens other, empty accounts, without any error.",)
                    if passphrase
                    else ()
                ),
                "Open it with two people present, and with somebody who knows computers and whom all of you trust.",
                offline(f"recovery keys restore{' --passphrase' if passphrase else ''}"),
                "Bring what the accounts hold to new keys, together, on the same day. A hardware wallet that takes "
                "BIP-39 words does it, too.",
            )
        ),
        Heading("If this program is gone"),
        Paragraph(
            f"The words are BIP-39, which nearly every wallet reads; the usual place of accounts is {DEFAULT_PLACES}, "
            "counted from 0. An account whose owners are such keys, a wallet with guardians, may need more than words: "
            "look for the guardians' kits."
        ),
    )
