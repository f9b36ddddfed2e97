"""Six words that stand for a request, to be compared over the telephone.

Owner and guardian each derive them from the request that they hold. The owner reads out the words at the positions that
the guardian's program asks for, two of the six chosen at random, and the guardian types what was heard.

    slow     scrypt (RFC 7914): password = the request's EIP-712 digest (32 bytes), N = 2**15, r = 8, p = 1,
             salt = "ape-recovery six words v1" in ASCII; 8 bytes come out
    number   those 8 bytes, big-endian; its top 60 bits are six indices of 10 bits, the first word's the highest
    words    the lines of six_words.txt, the first of which has index 0

Why a slow hash: whoever wants a guardian to sign another request varies that one until its words are the same (a second
preimage), or nearly the same. All six need not fit. Two positions are asked for, so a request that agrees in k of six
passes with probability k * (k - 1) / 30: one that agrees in any three, found after about 2**30 / 20 attempts, already
in one case of five. With the digest alone that is a matter of seconds. With scrypt each attempt takes about a tenth of
a second and 32 MiB of memory, so the same takes one processor two months.

A wrong word is only ever answered with words out of the whole list, never with those of the request.

The list and the parameters belong to the version in the salt, and must never change without it: two releases would
derive different words from one request. The list is our own, and shares no word with BIP-39's: nobody should practise
reading out seed words. No two words begin with the same four letters, sound alike, or are fewer than three letters
apart.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from functools import cache, lru_cache
from importlib import resources

from .errors import InvalidInput

WORD_COUNT = 6
_BITS = 10
_SALT = b"ape-recovery six words v1"
_N, _R, _P = 2**15, 8, 1
#: scrypt needs 128 * N * r bytes and a little more, which is more than OpenSSL allows by itself.
_MEMORY = 2 * 128 * _N * _R
_BETWEEN = re.compile(r"[\W_]+")


@lru_cache(maxsize=64)
def six_words(digest: bytes) -> tuple[str, ...]:
    """The words of a request. It is slow on purpose: about a tenth of a second, and 32 MiB of memory.

    Args:
        digest: The request's EIP-712 digest, 32 bytes.

    Returns:
        Six words of the list, in order. The same word can come twice.

    Raises:
        InvalidInput: Not 32 bytes.
    """
    if len(digest) != 32:
        raise InvalidInput(
            f"A digest has 32 bytes, and this has {len(digest)}. Take the six words of the request's EIP-712 digest."
        )
    key = hashlib.scrypt(digest, salt=_SALT, n=_N, r=_R, p=_P, maxmem=_MEMORY, dklen=8)
    number = int.from_bytes(key, "big")
    words = _words()
    return tuple(words[number >> 64 - _BITS * place & (1 << _BITS) - 1] for place in range(1, WORD_COUNT + 1))


def normalise(text: str) -> str:
    """What a person typed, as it is compared: without white space around it, in lower case, in Unicode's form NFKC."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def split(text: str) -> tuple[str, ...]:
    """The words in what was typed or pasted, normalised, whether or not they are in the list.

    Args:
        text: Words with anything between them that is neither letter nor digit, numbered or not:
            "one two", "1. one, 2. two", "one-two".

    Returns:
        The words in order, without the numbers.
    """
    return tuple(piece for piece in _BETWEEN.split(normalise(text)) if piece and not piece.isdecimal())


def is_word(text: str) -> bool:
    """Whether it is in the list, in any case: what is not has been misspelt or misheard, whatever the request."""
    return normalise(text) in _words()


def near(text: str) -> list[str]:
    """Words of the whole list that are spelt nearly like it, so that a slip can be corrected.

    The request has no part in it, so they reveal nothing about its words.

    Args:
        text: One word, as it was typed.

    Returns:
        At most three words, the nearest first; none if nothing in the list is like it.
    """
    return difflib.get_close_matches(normalise(text), _words(), n=3)


@cache
def _words() -> tuple[str, ...]:
    return tuple(resources.files("recovery").joinpath("six_words.txt").read_text("ascii").split())
