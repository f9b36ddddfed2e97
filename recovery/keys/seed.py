"""Seed phrases (BIP-39, English) and the keys that follow from them (BIP-32, at the places of BIP-44). No I/O.

What Python allows is done to have secrets not lie around in memory: a seed is a `bytearray`, which `wipe` overwrites.
Words, passphrases and keys are `str` and `bytes`, which nobody can overwrite, and the libraries that derive keys make
copies of their own. So they stay in the process's memory for as long as it lives, and it should not live long.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import InvalidInput

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

#: How many words a phrase may have: 128 to 256 bits of chance, and one bit in 33 that finds slips.
COUNTS = (12, 15, 18, 21, 24)
#: Where wallets look for accounts; `i` counts them from 0.
DEFAULT_PLACES = "m/44'/60'/0'/0/i"
#: Where other programs have looked for them: Ledger Live, and the older ones for Ledger devices.
USUAL_PLACES = (DEFAULT_PLACES, "m/44'/60'/i'/0/0", "m/44'/60'/0'/i")
#: Letters by which every word of the list is known; plates of steel hold no more.
ENOUGH = 4
_HARDENED = 2**31
_MAX_DEPTH = 255
_PART = re.compile(r"([0-9]{1,10}|i)(['hH]?)", re.ASCII)


# ------------------------------------------------------------------------------------------------ words


def new_words(count: int = 12) -> str:
    """Words that nobody has seen, from the system's source of randomness.

    Args:
        count: 12, 15, 18, 21 or 24.

    Raises:
        InvalidInput: Another number of words.
    """
    if count not in COUNTS:
        raise InvalidInput(f"A seed phrase has {_either(COUNTS)} words, not {count}.")
    return str(_list().generate(count))


def parse_words(text: str, counts: Sequence[int] = COUNTS, what: str = "A seed phrase") -> str:
    """A phrase as the standard has it, typed in any case and with any blanks or numbers between its words.

    The first four letters of a word will do. Nothing that was typed is ever repeated in an error, not even a word that
    is none: it may be nearly one.

    Args:
        text: What was typed.
        counts: How many words there may be.
        what: What it should be, for errors.

    Raises:
        InvalidInput: Another number of words, a word that is not on the list, or a slip that the words' own checksum
            finds.
    """
    mnemonic = _list()
    typed = unicodedata.normalize("NFKD", text).lower().replace(",", " ").split()
    words = [_whole(mnemonic, word) for word in typed if not word.rstrip(".").isdecimal()]
    if len(words) not in counts:
        raise InvalidInput(
            f"{what} has {_either(counts)} words, and these are {len(words)}. Type all of them, in order."
        )
    unknown = [str(number) for number, word in enumerate(words, 1) if word not in mnemonic.wordlist]
    if unknown:
        which = f"Word {unknown[0]} is" if len(unknown) == 1 else f"Words {', '.join(unknown)} are"
        raise InvalidInput(f"{which} not on the list of words (BIP-39, English). Look at the sheet again.")
    if not mnemonic.is_mnemonic_valid(" ".join(words)):
        raise InvalidInput(
            "These words do not belong together (their BIP-39 checksum is wrong): one of them is another one, "
            "or two have changed places. Look at the sheet again."
        )
    return " ".join(words)


def _list() -> Any:
    from eth_account.hdaccount.mnemonic import Mnemonic
    from eth_account.types import Language

    return Mnemonic(Language.ENGLISH)


def _whole(mnemonic: Any, word: str) -> str:
    """The word that its first letters mean; another one stays as it is."""
    return str(mnemonic.expand_word(word)) if len(word) >= ENOUGH else word


def _either(counts: Sequence[int]) -> str:
    return str(counts[0]) if len(counts) == 1 else f"{', '.join(map(str, counts[:-1]))} or {counts[-1]}"


# ------------------------------------------------------------------------------------------------ paths


@dataclass(frozen=True, slots=True)
class Places:
    """Where keys are: a path of BIP-32, or as many as one of its numbers counts.

    Attributes:
        parts: Each number, with 2**31 added where it is hardened; for the one that counts, what is added to it.
        counting: Which of them counts, or None.
    """

    parts: tuple[int, ...]
    counting: int | None = None

    @classmethod
    def parse(cls, text: str) -> Places:
        """Reads "m/44'/60'/0'/0/0", or "m/44'/60'/0'/0/i" for any number at the end.

        Hardened numbers are marked by ', h or H.

        Raises:
            InvalidInput: It is no path.
        """
        names = text.strip().split("/")
        found = [_PART.fullmatch(name) for name in names[1:]]
        if names[0] not in ("m", "M") or not all(found) or len(found) > _MAX_DEPTH:
            raise _no_path()
        parts, counting = [], []
        for position, match in enumerate(found):
            assert match is not None  # noqa: S101 - all were found
            number = 0 if match[1] == "i" else int(match[1])
            if number >= _HARDENED:
                raise InvalidInput(
                    f"A number in a path is below {_HARDENED} (BIP-32). A hardened one is marked: {number - _HARDENED}'"
                )
            counting += [position] if match[1] == "i" else []
            parts.append(number + (_HARDENED if match[2] else 0))
        if len(counting) > 1:
            raise InvalidInput("In a path only one number can be i, which counts the accounts from 0.")
        return cls(tuple(parts), counting[0] if counting else None)

    def at(self, index: int) -> tuple[int, ...]:
        """The path of one account, counted from 0.

        Raises:
            InvalidInput: There is only one, or not so many.
        """
        if self.counting is None:
            if index:
                raise InvalidInput(
                    "This path is that of one account. For several, write i in place of the number that counts them, "
                    f"as in {DEFAULT_PLACES}."
                )
            return self.parts
        if not 0 <= index < _HARDENED:
            raise InvalidInput(f"Accounts are counted from 0 to {_HARDENED - 1}.")
        before, after = self.parts[: self.counting], self.parts[self.counting + 1 :]
        return (*before, self.parts[self.counting] + index, *after)


def path_text(path: Sequence[int]) -> str:
    """A path as people write it."""
    return "/".join(["m", *(f"{part - _HARDENED}'" if part >= _HARDENED else str(part) for part in path)])


def _no_path() -> InvalidInput:
    return InvalidInput(
        f"A path begins with m and has whole numbers, as in {DEFAULT_PLACES} (BIP-32): hardened ones are marked by ' "
        "or h, and i counts the accounts."
    )


# ------------------------------------------------------------------------------------------------- keys


@dataclass(frozen=True, slots=True, eq=False)
class Seed:
    """What all keys of a phrase follow from. It overwrites itself at the end of a `with`.

    Attributes:
        secret: 64 bytes for a phrase; BIP-32 itself takes 16 to 64.
    """

    secret: bytearray = field(repr=False)
    _known: dict[tuple[int, ...], tuple[bytes, bytes]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, words: str, passphrase: str = "") -> Seed:
        """The seed of a phrase, as `parse_words` takes it, and a passphrase.

        Every passphrase gives another seed, and none is wrong: only an address tells whether it was the right one.

        Raises:
            InvalidInput: As `parse_words`.
        """
        return cls(bytearray(_list().to_seed(parse_words(words), passphrase)))

    def key(self, path: Sequence[int]) -> bytes:
        """The private key at a path, 32 bytes.

        Raises:
            InvalidInput: The seed was wiped.
        """
        if not any(self.secret):
            raise InvalidInput("This seed was overwritten. Make it of its words again.")
        return self._node(tuple(path))[0]

    def account(self, path: Sequence[int]) -> LocalAccount:
        """The account at a path."""
        from eth_account import Account

        account: LocalAccount = Account.from_key(self.key(path))
        return account

    def find(self, address: str, places: Places, count: int = 100) -> tuple[int, ...] | None:
        """The path of an address among the first accounts, or None.

        Args:
            address: Whose.
            places: Where to look.
            count: At how many.
        """
        return next((path for path, found in self.addresses(places, count) if found == address), None)

    def addresses(self, places: Places, count: int) -> Iterator[tuple[tuple[int, ...], str]]:
        """Paths and addresses of the first accounts."""
        for index in range(count if places.counting is not None else 1):
            path = places.at(index)
            yield path, str(self.account(path).address)

    def wipe(self) -> None:
        """Overwrites the seed with zeros, and forgets what was derived from it."""
        self.secret[:] = bytes(len(self.secret))
        self._known.clear()

    def __enter__(self) -> Seed:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def _node(self, path: tuple[int, ...]) -> tuple[bytes, bytes]:
        """Key and chain code at a path. Those on the way are kept: a hundred accounts have most of it in common."""
        from eth_account.hdaccount.deterministic import HardNode, SoftNode, derive_child_key

        if not path:
            return _root(self.secret)
        if path[:-1] not in self._known:
            self._known[path[:-1]] = self._node(path[:-1])
        last = path[-1]
        derive: Callable[..., tuple[bytes, bytes]] = derive_child_key
        return derive(*self._known[path[:-1]], HardNode(last - _HARDENED) if last >= _HARDENED else SoftNode(last))


def _root(seed: bytearray) -> tuple[bytes, bytes]:
    import hashlib
    import hmac

    root = hmac.new(b"Bitcoin seed", seed, hashlib.sha512).digest()
    return root[:32], root[32:]
