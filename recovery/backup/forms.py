"""What is split, and the forms in which people have it: words of a seed phrase, a private key, hexadecimal digits."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from ..errors import InvalidInput
from .shares import MAX_BYTES, MIN_BYTES

#: By bytes of entropy, how many words a seed phrase has.
SEED_WORDS = {16: 12, 20: 15, 24: 18, 28: 21, 32: 24}


class Kind(Enum):
    """What a set of shares is of, in the words of its files."""

    SEED = "seed"
    KEY = "key"
    POLICY = "policy-secret"
    BYTES = "bytes"

    @property
    def words(self) -> str:
        """What people call it."""
        return {
            Kind.SEED: "a seed phrase",
            Kind.KEY: "a private key",
            Kind.POLICY: "a policy secret",
            Kind.BYTES: "a secret",
        }[self]

    def require(self, secret: bytes) -> None:
        """Refuses bytes that cannot be one.

        Raises:
            InvalidInput: Another length, or no key of the curve.
        """
        if self is Kind.SEED and len(secret) not in SEED_WORDS:
            raise InvalidInput("A seed phrase has 12, 15, 18, 21 or 24 words.")
        if self in (Kind.KEY, Kind.POLICY) and len(secret) != 32:
            raise InvalidInput(
                f"{self.words.capitalize()} has 32 bytes, 64 hexadecimal digits; this has {len(secret)}."
            )
        if self is Kind.KEY and not 0 < int.from_bytes(secret, "big") < _ORDER:
            raise InvalidInput("These 32 bytes are no private key: it is above zero and below the order of secp256k1.")


_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def entropy_of(text: str) -> bytes:
    """The chance that a seed phrase writes down, 16 to 32 bytes.

    A passphrase of the seed (BIP-39's, "the 25th word") is no part of it, and has to be kept as well.

    Nothing that was typed is repeated in an error.

    Raises:
        InvalidInput: A word that is none, too few or too many, or a slip that the checksum finds.

    Source:
        BIP-39.
    """
    from ..keys.seed import parse_words

    words, listed = parse_words(text).split(" "), _mnemonic().wordlist
    number = 0
    for word in words:
        number = number << 11 | listed.index(word)
    # One bit of checksum for each 32 bits of entropy; it was looked at before.
    return (number >> len(words) // 3).to_bytes(len(words) * 4 // 3, "big")


def words_of(entropy: bytes) -> str:
    """The seed phrase (BIP-39, English) of this chance.

    Raises:
        InvalidInput: It is not as long as that of a seed phrase.
    """
    Kind.SEED.require(entropy)
    words: str = _mnemonic().to_mnemonic(entropy)
    return words


def address_of(kind: Kind, secret: bytes) -> str | None:
    """The account of a key, or the first one of a seed phrase without a passphrase; None of what has none.

    Raises:
        InvalidInput: The secret is none of this kind.
    """
    kind.require(secret)
    if kind not in (Kind.SEED, Kind.KEY):
        return None
    from eth_account import Account

    return str(Account.from_key(key_of(kind, secret)).address)


def key_of(kind: Kind, secret: bytes) -> bytes:
    """A private key, or the first one of a seed phrase without a passphrase (m/44'/60'/0'/0/0), 32 bytes.

    Raises:
        InvalidInput: It is neither.
    """
    kind.require(secret)
    if kind is Kind.KEY:
        return secret
    if kind is not Kind.SEED:
        raise InvalidInput(f"This is {kind.words}: no key follows from it.")
    from ..keys.seed import DEFAULT_PLACES, Places, Seed

    with Seed.of(words_of(secret)) as seed:
        return seed.key(Places.parse(DEFAULT_PLACES).at(0))


def bytes_of(text: str) -> bytes:
    """The bytes that hexadecimal digits stand for.

    Raises:
        InvalidInput: No digits, or not 16 to 32 bytes. What was typed is not repeated.
    """
    digits = re.sub(r"[\s-]", "", text).lower().removeprefix("0x")
    if not re.fullmatch(r"(?:[0-9a-f]{2})+", digits):
        raise InvalidInput("This should be hexadecimal digits (0-9, a-f), two for each byte. Type it again.")
    secret = bytes.fromhex(digits)
    if not MIN_BYTES <= len(secret) <= MAX_BYTES or len(secret) % 2:
        raise InvalidInput(
            f"{len(secret)} bytes cannot be split: it should be {MIN_BYTES} to {MAX_BYTES}, an even number of them."
        )
    return secret


def _mnemonic() -> Any:
    from eth_account.hdaccount.mnemonic import Mnemonic
    from eth_account.types import Language

    return Mnemonic(Language.ENGLISH)
