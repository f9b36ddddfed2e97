"""A share on paper: for its holder, and for whoever finds it in a drawer in ten years."""

from __future__ import annotations

from datetime import datetime, timezone

from ..backup.forms import Kind
from ..backup.share import About, Share
from .advice import FOOTER, Matter, advice_pages, offline
from .blocks import Block, Box, Columns, Command, Heading, Paragraph, Stack, Title, items, rows
from .codes import LARGE, Code, Codes, file_codes
from .grid import Boxes, lettered, numbered, word_columns
from .page import Layout, on_one_page, text_width, together
from .reading import checked, printed
from .text import MM, Text, Typesetter, bold, digits

#: Size of the letters, of the words in parts of that, of a box and of a code's modules in mm: the first that makes it
#: one page.
_STYLES = (
    (11.0, 1.4, 9.0, 0.6),
    (10.5, 1.4, 9.0, 0.55),
    (10.0, 1.4, 8.5, 0.55),
    (10.0, 1.3, 8.0, 0.5),
    (9.5, 1.3, 7.5, 0.5),
    (9.0, 1.3, 7.0, 0.5),
    (9.0, 1.15, 6.0, 0.5),
)
#: Text beside the codes needs this much room.
_ROOM = 60 * MM
_NOTE = "[U+...] stands for a character that cannot be printed here; the file in the QR code has the true text."
#: What `backup combine` has to be told where nothing but words is there.
_FORMS = {Kind.SEED: "words", Kind.KEY: "keystore", Kind.POLICY: "policy-secret", Kind.BYTES: "hex"}
#: What other programs for SLIP-39 give.
_ELSEWHERE = {
    Kind.SEED: "the entropy of a BIP-39 seed phrase, in hexadecimal digits. Turn those into words. A wallet that takes "
    "the shares as its own seed opens another, empty account.",
    Kind.KEY: "a private key of Ethereum, in hexadecimal digits.",
    Kind.POLICY: "the secret of a recovery policy, in hexadecimal digits. It shows who the guardians are, and moves "
    "nothing.",
    Kind.BYTES: "the secret, in hexadecimal digits.",
}
#: Of each kind, what to do with it.
_COMES_OUT = {
    Kind.POLICY: "What comes out opens nothing. It shows who the guardians are, and makes their kits again (recovery "
    "kit rebuild): show it to nobody else.",
    Kind.BYTES: "Whoever sees what comes out has the secret. What it opens, the owner's papers say.",
} | dict.fromkeys(
    (Kind.SEED, Kind.KEY),
    "Whoever sees what comes out can take everything. Bring what it opens to new keys, together, that day.",
)


def share_pdf(share: Share, *, paper: str = "a4") -> bytes:
    """A share on paper: a page that is secret, and a page each for fire, water, theft and heirs that is not.

    Args:
        share: The share.
        paper: a4 or letter.

    Returns:
        The PDF: five pages. The same input gives the same bytes.

    Raises:
        InvalidInput: No such paper.
        Refused: Codes, words or letters cannot be read back.
        MissingExtra: What draws or reads is not installed.
    """
    text, words = share.dumps(), share.words.text
    width = text_width(paper)
    codes = (*file_codes(text, "the share's file, for the program", LARGE), Code.of(words, "the words alone"))

    def lay(style: tuple[float, float, float, float]) -> Layout:
        setter = Typesetter(style[0])
        return Layout.of(_secret(share, codes, setter, width, *style[1:]), setter, paper, _NOTE)

    first = on_one_page(_STYLES, lay)
    footer = f"SECRET. Share {_number(share)} of set {share.about.short}"
    others = [(page, f"{FOOTER}. Set {share.about.short}") for page in advice_pages(_matter(share), paper)]
    pdf = together([(first, footer), *others], "Share of a secret")
    listed = words.split()
    return checked(printed(pdf, 0, numbered(listed), lettered(listed)), [text], [words])


def day(time: int) -> str:
    """A date, in UTC.

    Args:
        time: Seconds since 1970.
    """
    return datetime.fromtimestamp(time, timezone.utc).strftime("%d %B %Y").lstrip("0")


def _number(share: Share) -> str:
    return f"{share.words.group}.{share.words.member}"


# ------------------------------------------------------------------------------------------ the secret page


def _secret(
    share: Share,
    codes: tuple[Code, ...],
    setter: Typesetter,
    width: float,
    scale: float,
    box: float,
    module: float,
) -> list[Block]:
    about, listed = share.about, tuple(share.words.text.split())
    drawn = Codes(codes, module * MM)
    facts = rows(setter, _facts(share), width)
    room = width - drawn.natural_width - Columns.GAP
    return [
        Title("Share of a secret", ["Share ", bold(_number(share)), " of set ", bold(about.short)]),
        Box((Paragraph([bold(_warning(about)), " Show it to nobody, and type it into no website."]),)),
        Paragraph(
            "Have you found this? Give it back to its holder, closed, and tell them that it was open. The pages on "
            "fire, water, theft and heirs say what to do; they hold nothing secret, and may lie elsewhere.",
            before=0.6,
        ),
        *(
            [Columns((Stack((facts,)), Stack((drawn,))), (room, drawn.natural_width), before=0.7)]
            if room >= _ROOM
            else [facts, drawn]
        ),
        Heading(f"The {len(listed)} words (SLIP-39)"),
        word_columns(listed, scale),
        Heading("For steel: the first four letters of each are enough"),
        Boxes(listed, box * MM),
    ]


def _warning(about: About) -> str:
    if _alone(about):
        return "Whoever reads this page has the secret."
    return f"Alone this page opens nothing. Whoever gathers enough shares ({about.rule}) has the secret."


def _alone(about: About) -> bool:
    """Whether one share is enough."""
    return sum(sorted(least for least, _ in about.groups)[: about.group_threshold]) == 1


def _facts(share: Share) -> list[tuple[str, Text]]:
    about = share.about
    place = f"number {share.words.member} of {about.groups[share.words.group - 1][1]}"
    if len(about.groups) > 1:
        place += f" in group {share.words.group}"
    guardian: Text = [f"{share.holder}, ", bold("also a guardian: "), "keep it apart from the guardian's kit"]
    return [
        ("Share", f"{_number(share)}, {place}"),
        ("Needed", [bold(about.rule), ", and the passphrase" if about.passphrase else ""]),
        ("Passphrase", "yes, and it stands on no sheet" if about.passphrase else "none"),
        ("Of", about.kind.words + (f": {about.label}" if about.label else "")),
        *((("Account", digits(about.address)),) if about.address else ()),
        ("Holder", guardian if share.guardian else share.holder),
        ("Made", day(about.made)),
    ]


# ---------------------------------------------------------------------------------------------- the others


def _matter(share: Share) -> Matter:
    about = share.about
    return Matter(
        name=f"share {_number(share)} of set {about.short}",
        kind="share",
        gone=_gone(about),
        stolen=[
            bold("Whoever has it has the secret. ")
            if _alone(about)
            else f"Fewer shares than are needed ({about.rule}) say nothing of the secret, not even a part of it. But "
            "whoever has this one needs one fewer. ",
            "The passphrase is needed too, but can be guessed if it is a weak one." if about.passphrase else "",
        ],
        renew=_renew(about),
        trial=(
            Stack(
                (
                    Paragraph(
                        "Try the plate, not the sheet: ask the owner for a challenge, and answer it from the plate. "
                        "That shows that it is right, and gives nothing away:",
                        before=0,
                    ),
                    Command(("recovery backup answer CHALLENGE --typed",)),
                )
            ),
        ),
        heirs=_heirs(about),
    )


def _gone(about: About) -> Text:
    every = all(least == count for least, count in about.groups) and about.group_threshold == len(about.groups)
    if every:
        return [
            bold("Is it destroyed? Tell the owner at once: every share is needed. "),
            "Without this one the others bring nothing back. The owner makes a new set while the secret is still there "
            "(recovery backup split --second-set), or better shares of a fresh key.",
        ]
    return [
        bold("Is it destroyed? Tell the owner. "),
        f"As long as enough others are left ({about.rule}), nothing is lost: the owner makes a fresh set of them, "
        "before the next one goes (recovery backup heal).",
    ]


def _renew(about: About) -> tuple[Text | Block, ...]:
    key = about.kind in (Kind.SEED, Kind.KEY)
    what = (
        "makes shares of a fresh key and gives the wallet to it, with enough of the old shares:"
        if key
        else "makes a fresh set of the shares that are left. Old and new ones do not go together:"
    )
    fresh = Stack(
        (
            Paragraph(what, before=0),
            Command(
                (
                    f"recovery backup heal SHARE...{' --rotate' if key else ''} --group RULE --holder NAME ... "
                    f"--folder FOLDER{' --account KEY' if key else ''}",
                )
            ),
        )
    )
    destroyed = "then has all old shares destroyed: on paper, on steel, and as files"
    if not key:
        return fresh, destroyed
    # Old shares give the old key for as long as they exist: destroying them comes last.
    return fresh, "brings whatever else the old key opens to new keys", destroyed


def _heirs(about: About) -> tuple[Block, ...]:
    called = f", which the owner called “{about.label}”" if about.label else ""
    command = f"recovery backup combine --typed --as {_FORMS[about.kind]}"
    return (
        Heading("What this is"),
        Paragraph(
            [
                f"The first page of these sheets has a share of {about.kind.words}{called}. ",
                bold("One share is nothing: " if not _alone(about) else ""),
                bold(f"it takes {about.rule}"),
                bold(", and a passphrase that stands on no sheet" if about.passphrase else ""),
                f". All sheets of it say “set {about.short}”.",
            ]
        ),
        Heading("What to do"),
        items(
            (
                "Leave the share where it is, sealed. Tell whoever carries out the will that there is one, and not "
                "what stands on it. Its words open things; whose they are, the will and the law say.",
                f"Look for the others. Who they are does not stand here, so that no thief reads it: the owner's folder "
                f"knows (the file set-{about.short}.json in shares), or whoever is named below.",
                *(
                    ("Look for the passphrase. Without it the shares are worth nothing, and nobody can replace it.",)
                    if about.passphrase
                    else ()
                ),
                "When there are enough, meet in one room, all at once, with somebody who knows computers and whom all "
                "of you trust. Every holder types their own words. Who has a file instead puts its name before "
                "--typed; if it ends in .age, also --identity with the file of its key.",
                offline(f"{command} --passphrase" if about.passphrase else command),
                _COMES_OUT[about.kind],
            )
        ),
        Heading("If this program is gone"),
        Paragraph(
            "The words are SLIP-39 (“Shamir backup”), a public standard that other programs read, too. What comes out "
            f"of these is {_ELSEWHERE[about.kind]}"
        ),
    )
