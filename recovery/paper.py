"""Keys on paper: twelve words (BIP-39, English) from which a key follows at the usual place of wallets (BIP-44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .keys import seed

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

#: 128 bits of chance, and 4 that find slips.
WORDS = 12


def new_words() -> str:
    """Twelve words that nobody has seen, from the system's source of randomness."""
    return seed.new_words(WORDS)


def key_of(text: str) -> LocalAccount:
    """The key that follows from twelve words, typed in any case and with any blanks or numbers between them.

    Nothing that was typed is ever repeated in an error, not even a word that is none: it may be nearly one.

    Raises:
        InvalidInput: Not twelve, a word that is not on the list, or a slip that the words' own checksum finds.
    """
    words = seed.parse_words(text, (WORDS,), "A paper key")
    with seed.Seed.of(words) as made:
        return made.account(seed.Places.parse(seed.DEFAULT_PLACES).at(0))
