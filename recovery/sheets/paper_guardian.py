"""A guardian of paper: a seed phrase in an envelope, with a letter for whoever opens it."""

from __future__ import annotations

from collections.abc import Sequence

from ..chains import chain_name
from ..errors import InvalidInput
from ..files import text_of
from ..signer import address_of
from .blocks import Block, Box, Columns, Command, Field, Heading, Paragraph, Stack, Title, items, rows
from .codes import Code, Codes
from .grid import word_columns
from .page import Layout, NewPage, text_width
from .reading import checked
from .text import MM, Text, Typesetter, bold

#: Where in a seed phrase the key is: what every wallet takes for the first account.
DERIVATION = "m/44'/60'/0'/0/0"
_COUNTS = (12, 15, 18, 21, 24)
_COLUMNS = 3
#: Size of the letters: the first that makes it two pages.
_SIZES = (11.0, 10.0, 9.0)
#: The words, in parts of that size.
_LARGE = 1.4
_MODULE = 0.9 * MM
_NOTE = "[U+...] stands for a character that cannot be printed here."


def paper_guardian_pdf(
    name: str,
    owner: str,
    words: str,
    address: str,
    *,
    account: str = "",
    chains: Sequence[int] = (),
    holder: str = "",
    opens: str = "",
    paper: str = "a4",
) -> bytes:
    """A letter that may be seen, and a page with the seed phrase that may not.

    Args:
        name: What the owner calls this guardian, for instance "the envelope at the bank".
        owner: The owner's name, or nothing.
        words: The seed phrase: 12 to 24 English words of BIP-39, without a passphrase; on the last page only.
        address: Of the phrase's first account: the guardian's signer.
        account: The account that it is a guardian of, or nothing.
        chains: Chain ids on which it is.
        holder: Who may hold the envelope, or nothing.
        opens: When it may be opened, or nothing for the usual.
        paper: a4 or letter.

    Returns:
        The PDF: two pages. The same input gives the same bytes.

    Raises:
        InvalidInput: No such paper, no valid phrase, or an address that is not the phrase's. No word of it is said.
        Refused: The code cannot be read back.
        MissingExtra: What draws or reads is not installed.
    """
    phrase = _checked_words(words)
    address = address_of(address)
    if _address_of_words(phrase) != address:
        raise InvalidInput(
            f"The seed phrase is not that of {address}: its first account ({DERIVATION}) is another one. "
            "Give the address that belongs to the phrase."
        )
    name, owner, holder, opens = (text_of(text.strip()) for text in (name, owner, holder, opens))
    width = text_width(paper)
    for size in _SIZES:
        setter = Typesetter(size)
        blocks = [
            *_letter(name, owner, address, account and address_of(account), chains, holder, opens, setter, width),
            NewPage(),
            *_secret(name, phrase, address, setter, width),
        ]
        layout = Layout.of(blocks, setter, paper, _NOTE)
        if len(layout.pages) == 2:
            break
    return checked(layout.pdf("Paper guardian", f"Paper guardian {address}"), [], [phrase])


def _checked_words(words: str) -> str:
    """The phrase with single spaces, in lower case.

    Raises:
        InvalidInput: Another number of words, a word that BIP-39 does not have, or a wrong checksum.
    """
    from eth_account.hdaccount.mnemonic import Mnemonic
    from eth_account.types import Language

    found = words.lower().split()
    if len(found) not in _COUNTS:
        raise InvalidInput(f"A seed phrase has 12, 15, 18, 21 or 24 words, not {len(found)}.")
    phrase = " ".join(found)
    if not Mnemonic(Language.ENGLISH).is_mnemonic_valid(phrase):
        # From nothing: what was caught may quote the words.
        raise InvalidInput("This is no seed phrase: a word is misspelt, missing or in the wrong place.") from None
    return phrase


def _address_of_words(phrase: str) -> str:
    from eth_account import Account
    from eth_account.hdaccount import key_from_seed
    from eth_account.hdaccount.mnemonic import Mnemonic

    return str(Account.from_key(key_from_seed(Mnemonic.to_seed(phrase, ""), DERIVATION)).address)


def _letter(
    name: str,
    owner: str,
    address: str,
    account: str,
    chains: Sequence[int],
    holder: str,
    opens: str,
    setter: Typesetter,
    width: float,
) -> list[Block]:
    who = owner or "the owner"
    facts: list[tuple[str, Text]] = [("Guardian", bold(name)), ("Signs as", address)]
    if account:
        facts.append(("Account", account))
    if chains:
        facts.append(("Chains" if len(chains) > 1 else "Chain", ", ".join(map(chain_name, chains))))
    return [
        Title("Paper guardian", ["for the account of ", bold(who)] if owner else "for an Ethereum account"),
        Paragraph(
            "This envelope holds a seed phrase: words from which a key is made. No money lies there. Should "
            f"{who} lose the keys to an account on Ethereum, this key is one of those, called guardians, that can give "
            "the account new ones."
        ),
        Box(
            (
                Paragraph(
                    [bold("Whoever holds the page with the words IS the guardian. "), "Nobody will ask for a name."]
                ),
                Paragraph(
                    "Leave the envelope sealed. If it was opened, or is gone, say so at once: it can be replaced."
                ),
            )
        ),
        rows(setter, facts, width, before=0.8),
        Heading("Who may hold it"),
        Paragraph(
            holder
            or f"Only whom {who} has given it to. Not anybody who holds another guardian's key of this account, and "
            "not a place where another one lies: together they may be enough to take the account over."
        ),
        Heading("When to open it"),
        Paragraph(
            opens
            or f"When {who} asks for it, in person or in a call on a number that you already had. Or when {who} has "
            "died or cannot be reached, and the other guardians ask. Never because of a message, a letter or a link."
        ),
        Heading("What to do once it is open"),
        items(
            (
                f"Speak with {who}, or with the other guardians. Compare all six words of the request in that call.",
                "Use a computer that you trust, without cameras around and with nobody looking on. It needs this "
                "guardian's kit: it should lie in this envelope too.",
                "Sign as the page with the words says. Type the words into that one program and nowhere else: no "
                "website, no message, no photo, no printer.",
                "Put the pages back and seal the envelope. A signature does not use it up. If anybody else has seen "
                "the words, ask for another guardian in its place.",
            )
        ),
        Heading("What nobody will ever ask you"),
        items(
            (
                "to read the words out, photograph them or send them",
                "to type them into a website, or to pay for anything",
                f"to sign in a hurry, or without {who} or the other guardians on the telephone",
            ),
            "×",
        ),
        Heading("Sealed"),
        Columns(
            (
                Stack((Field("on"), Field("signed across the flap"))),
                Stack((Field("opened by, on"), Field("sealed again on"))),
            ),
            before=1.2,
        ),
    ]


def _secret(name: str, phrase: str, address: str, setter: Typesetter, width: float) -> list[Block]:
    code = Codes((Code.of(phrase, "the words, for a wallet's camera"),), _MODULE)
    room = width - code.natural_width - Columns.GAP
    facts: list[tuple[str, Text]] = [
        ("Guardian", name),
        ("Address", bold(address)),
        ("Path", f"{DERIVATION}, without a passphrase (BIP-39, BIP-44)"),
    ]
    return [
        Title("Secret", "Whoever reads this page can sign as this guardian."),
        rows(setter, facts, width, before=0.8),
        Box((word_columns(phrase.split(), _LARGE, _COLUMNS),), before=1.0),
        Heading("To sign a request with them"),
        Paragraph("With this project's program, which asks for the words:"),
        Command(('pip install "ape-recovery[cli]"', "recovery approve request.json --kit kit.json --signer paper")),
        Paragraph(
            "Or with Foundry: put the words into a file words.txt on a disk that is gone when the computer is switched "
            "off, and bring the signature back."
        ),
        Command(
            (
                "recovery approve request.json --kit kit.json --typed-data typed.json",
                "cast wallet sign --mnemonic words.txt --data --from-file typed.json",
                "recovery approve request.json --kit kit.json --signature 0x...",
            )
        ),
        Columns(
            (
                Stack((code,)),
                Stack(
                    (
                        Heading("By hand, or on steel"),
                        Paragraph("Paper burns, and laser print sticks to plastic. If you copy the words:", before=0.3),
                        items(
                            (
                                "Number them. On steel the first four letters of each are enough.",
                                "Read the copy back against this page, word by word, from the last to the first.",
                                "Then try the copy, not this page: the address must come out the same.",
                            )
                        ),
                        Command(("cast wallet address --mnemonic words.txt",)),
                        Paragraph("Print on a printer without a network and without a memory, and delete this file."),
                    )
                ),
            ),
            (code.natural_width, room),
            before=0.9,
        ),
    ]
