"""Keys on paper: twelve words (BIP-39, English) from which a key follows at the usual place of wallets (BIP-44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import InvalidInput

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

#: 128 bits of chance, and 4 that find slips.
WORDS = 12
#: Where wallets look for the first account.
DERIVATION = "m/44'/60'/0'/0/0"


def new_words() -> str:
    """Twelve words that nobody has seen, from the system's source of randomness."""
    from eth_account.hdaccount.mnemonic import Mnemonic
    from eth_account.types import Language

    return Mnemonic(Language.ENGLISH).generate(WORDS)


def key_of(text: str) -> LocalAccount:
    """The key that follows from twelve words, typed in any case and with any blanks or numbers between them.

    Nothing that was typed is ever repeated in an error, not even a word that is none: it may be nearly one.

    Raises:
        InvalidInput: Not twelve, a word that is not on the list, or a slip that the words' own checksum finds.
    """
    from eth_account import Account
    from eth_account.hdaccount.mnemonic import Mnemonic
    from eth_account.types import Language

    words = [word for word in text.lower().replace(",", " ").split() if not word.rstrip(".").isdecimal()]
    if len(words) != WORDS:
        raise InvalidInput(f"A paper key has {WORDS} words, and these are {len(words)}. Type all of them, in order.")
    mnemonic = Mnemonic(Language.ENGLISH)
    unknown = [str(number) for number, word in enumerate(words, 1) if word not in mnemonic.wordlist]
    if unknown:
        which = f"Word {unknown[0]} is" if len(unknown) == 1 else f"Words {', '.join(unknown)} are"
        raise InvalidInput(f"{which} not on the list of words (BIP-39, English). Look at the sheet again.")
    if not mnemonic.is_mnemonic_valid(" ".join(words)):
        raise InvalidInput(
            "These twelve words do not belong together (their BIP-39 checksum is wrong): one of them is another one, "
            "or two have changed places. Look at the sheet again."
        )
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(" ".join(words), account_path=DERIVATION)
    return account
