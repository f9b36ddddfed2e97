"""A secret as shares of which any sufficient number bring it back: SLIP-39, with groups and a passphrase.

The arithmetic is that of python-shamir-mnemonic, the reference implementation. By its own word it is not hardened
against side channels: split and combine on a computer that nobody else uses at the time. Python cannot be made to
forget: copies of a secret may stay in memory until the process ends, and in swap after it.

No word of a share is ever repeated in an error, only its position.

Source:
    SLIP-0039: Shamir's Secret-Sharing for Mnemonic Codes.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidInput, MissingExtra
from .damage import what_is_wrong

#: What SLIP-39 gives twenty and thirty-three words to.
MIN_BYTES, MAX_BYTES = 16, 32
#: SLIP-39 has four bits for each number.
MAX_COUNT = 16
#: A passphrase is stretched by 10,000 * 2**2 rounds of PBKDF2, twice what wallets use. It matters to a passphrase
#: alone. Every further step doubles the time of whoever guesses and of whoever restores, on a slow computer too.
ITERATION_EXPONENT = 2
#: As many combinations of groups are tried after a split; there can be thousands.
MOST_TRIALS = 100


def _library() -> Any:
    try:
        import shamir_mnemonic  # type: ignore[import-untyped]
        from shamir_mnemonic import recovery, rs1024, share, wordlist  # noqa: F401 - makes them attributes of it
    except ModuleNotFoundError as error:
        raise MissingExtra("Shares need shamir-mnemonic, which is not installed", "backup") from error
    return shamir_mnemonic


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one share, and what they say of themselves.

    Attributes:
        identifier: Random number of the set, 15 bits.
        extendable: Whether the identifier is kept out of the encryption (SLIP-39's newer kind).
        iteration_exponent: How much the passphrase is stretched.
        group: Number of its group, from 1.
        group_threshold: Groups that are needed.
        group_count: Groups that there are.
        member: Number within the group, from 1.
        threshold: Shares of its group that are needed.
        text: All words in full, lower case. Secret.
    """

    identifier: int
    extendable: bool
    iteration_exponent: int
    group: int
    group_threshold: int
    group_count: int
    member: int
    threshold: int
    text: str = field(repr=False)

    @property
    def set(self) -> tuple[int, bool, int, int, int, int]:
        """What all shares of a set have in common."""
        length = len(self.text.split())
        exponent = self.iteration_exponent
        return self.identifier, self.extendable, exponent, self.group_threshold, self.group_count, length

    @classmethod
    def parse(cls, text: str) -> Words:
        """Reads the words of a share, in any case, with numbers or commas between them.

        Four letters are enough for each: that is what fits on a steel plate.

        Raises:
            InvalidInput: A word that is none, too few or too many, or a slip that the checksum finds.
        """
        library = _library()
        typed = [word.rstrip(".") for word in text.lower().replace(",", " ").split()]
        typed = [word for word in typed if word and not word.isdecimal()]
        words, unknown = [], []
        for position, word in enumerate(typed, 1):
            known = _in_full(library, word)
            words.append(known or "")
            if known is None:
                unknown.append(position)
        if unknown:
            raise InvalidInput(
                f"{_positions(unknown)} not on the list of words (SLIP-39). Look at the share again: its first four "
                "letters tell a word from all others."
            )
        indices = [library.wordlist.WORD_INDEX_MAP[word] for word in words]
        try:
            share = library.Share.from_mnemonic(" ".join(words))
        except library.MnemonicError:  # its message repeats words
            raise InvalidInput(what_is_wrong(library, indices)) from None
        return cls(
            share.identifier,
            share.extendable,
            share.iteration_exponent,
            share.group_index + 1,
            share.group_threshold,
            share.group_count,
            share.index + 1,
            share.member_threshold,
            " ".join(words),
        )


@dataclass(frozen=True, slots=True)
class ShareSet:
    """All shares of a secret.

    Attributes:
        groups: For each group, how many of its shares are needed, and how many there are.
        group_threshold: Groups that are needed.
        shares: For each group, its shares.
    """

    groups: tuple[tuple[int, int], ...]
    group_threshold: int
    shares: tuple[tuple[Words, ...], ...]

    @property
    def identifier(self) -> int:
        """Random number of the set, 15 bits: it tells sets apart, mostly."""
        return self.shares[0][0].identifier

    @property
    def all(self) -> tuple[Words, ...]:
        """The shares of all groups, in order."""
        return tuple(itertools.chain.from_iterable(self.shares))


@dataclass(frozen=True, slots=True)
class Need:
    """What one group has, and what it needs.

    Attributes:
        group: Its number, from 1.
        have: Shares of it that are there.
        threshold: Shares that are needed, or None as long as none is there to say so.
    """

    group: int
    have: int
    threshold: int | None

    @property
    def complete(self) -> bool:
        """Whether nothing more of it is needed."""
        return self.threshold is not None and self.have >= self.threshold


class State:
    """Shares as they come in: which belong together, and which are still missing. No I/O."""

    def __init__(self, shares: Iterable[Words] = ()) -> None:
        self._shares: dict[tuple[int, int], Words] = {}
        for share in shares:
            self.add(share)

    def add(self, share: Words) -> bool:
        """Takes a share; false if the same one is there already.

        Raises:
            InvalidInput: It belongs to another set, or contradicts one that is there. The others stay.
        """
        first = next(iter(self._shares.values()), None)
        if first is not None and share.set != first.set:
            raise InvalidInput(
                f"This share is of another set: it is number {share.identifier}, and those before are of "
                f"{first.identifier}. Look for the one of the same set."
                if share.identifier != first.identifier
                else "This share is of another set, although the sets have the same number: they were split "
                "differently. Look for the one of the same set."
            )
        present = self._shares.get((share.group, share.member))
        if present is not None:
            if present.text == share.text:
                return False
            raise InvalidInput(
                f"There are two different shares with number {share.member} of group {share.group}. They are of two "
                "sets: a secret that was split twice. Look which one belongs to the others."
            )
        for other in self._shares.values():
            if other.group == share.group and other.threshold != share.threshold:
                raise InvalidInput(
                    f"This share is of another set: of group {share.group} it wants {share.threshold} shares, and one "
                    f"that came before wants {other.threshold}."
                )
        self._shares[share.group, share.member] = share
        return True

    @property
    def shares(self) -> tuple[Words, ...]:
        """What has come in, in order."""
        return tuple(self._shares.values())

    @property
    def needs(self) -> tuple[Need, ...]:
        """For each group what it has and needs; nothing as long as no share is there."""
        first = next(iter(self._shares.values()), None)
        if first is None:
            return ()
        found: list[Need] = []
        for number in range(1, first.group_count + 1):
            of_group = [share for share in self._shares.values() if share.group == number]
            found.append(Need(number, len(of_group), of_group[0].threshold if of_group else None))
        return tuple(found)

    @property
    def complete(self) -> bool:
        """Whether the secret can be had."""
        first = next(iter(self._shares.values()), None)
        return first is not None and sum(need.complete for need in self.needs) >= first.group_threshold

    @property
    def shortage(self) -> str:
        """What is still missing, in a sentence or two; empty if nothing is."""
        if self.complete:
            return ""
        if not self._shares:
            return "There is no share yet."
        first = next(iter(self._shares.values()))
        needs = self.needs
        if first.group_count == 1:
            return _still(needs[0], "")
        missing = first.group_threshold - sum(need.complete for need in needs)
        started = [_still(need, f" of group {need.group}") for need in needs if need.have and not need.complete]
        done = [str(need.group) for need in needs if need.complete]
        return " ".join(
            [
                *([f"Complete: group {', '.join(done)}."] if done else []),
                *started,
                f"{missing} more group{'' if missing == 1 else 's'} must be complete: {first.group_threshold} of "
                f"{first.group_count} are needed.",
            ]
        )

    def combine(self, passphrase: bytes = b"") -> bytes:
        """The secret.

        Of more shares than are needed all are used: those that are too many must agree with the rest. A wrong
        passphrase gives another secret and no error: that is SLIP-39's way, and why a check value is kept.

        Raises:
            InvalidInput: Shares are missing, or do not belong together.
        """
        if not self.complete:
            raise InvalidInput(self.shortage)
        _require_printable(passphrase)
        encrypted = {self._encrypted(chosen) for chosen in self._choices()}
        if len(encrypted) != 1:
            raise InvalidInput(_NOT_TOGETHER)
        secret: bytes = encrypted.pop().decrypt(passphrase)
        return secret

    def _choices(self) -> list[list[Words]]:
        """Exactly sufficient choices of shares, in which every share of a complete group occurs."""
        groups = []
        for need in self.needs:
            if need.complete and need.threshold is not None:
                members = [share for share in self._shares.values() if share.group == need.group]
                groups.append([_around(members, start, need.threshold) for start in range(len(members))])
        wanted = next(iter(self._shares.values())).group_threshold
        rounds = max(len(groups), *(len(choices) for choices in groups))
        found = []
        for turn in range(rounds):
            for start in range(len(groups)):
                chosen = _around(groups, start, wanted)
                found.append([share for choices in chosen for share in choices[turn % len(choices)]])
        unique = {frozenset((share.group, share.member) for share in chosen): chosen for chosen in found}
        return list(unique.values())

    @staticmethod
    def _encrypted(chosen: Sequence[Words]) -> Any:
        library = _library()
        try:
            return library.recover_ems(library.decode_mnemonics([share.text for share in chosen]))
        except library.MnemonicError:  # its message repeats words
            raise InvalidInput(_NOT_TOGETHER) from None


_NOT_TOGETHER = (
    "These shares do not belong together, although they look alike: one of them is of another set, or was altered. "
    "Try without one after the other."
)


def split(
    secret: bytes,
    groups: Sequence[tuple[int, int]],
    group_threshold: int = 1,
    passphrase: bytes = b"",
    iteration_exponent: int = ITERATION_EXPONENT,
    extendable: bool = True,
) -> ShareSet:
    """Makes shares of a secret.

    Args:
        secret: 16 to 32 bytes, an even number of them.
        groups: For each group, how many of its shares are needed, and how many there are to be.
        group_threshold: How many groups are needed.
        passphrase: Printable ASCII; wanted again when the shares are combined.
        iteration_exponent: How much it is stretched: 10,000 * 2**exponent rounds of PBKDF2.
        extendable: SLIP-39's newer kind: another set of the same secret gives the same for every passphrase.

    Raises:
        InvalidInput: What SLIP-39 does not have.
    """
    if not MIN_BYTES <= len(secret) <= MAX_BYTES or len(secret) % 2:
        raise InvalidInput(
            f"A secret of {len(secret)} bytes cannot be split: it has {MIN_BYTES} to {MAX_BYTES}, an even number."
        )
    require_groups(groups, group_threshold)
    _require_printable(passphrase)
    if not 0 <= iteration_exponent < 16:
        raise InvalidInput("The iteration exponent is 0 to 15.")
    mnemonics = _library().generate_mnemonics(
        group_threshold, list(groups), secret, passphrase, extendable, iteration_exponent
    )
    shares = tuple(tuple(Words.parse(text) for text in group) for group in mnemonics)
    return ShareSet(tuple((int(least), int(count)) for least, count in groups), group_threshold, shares)


def combine(mnemonics: Iterable[str], passphrase: bytes = b"") -> bytes:
    """The secret, from the words of enough shares.

    Raises:
        InvalidInput: A word is wrong, shares are missing, or do not belong together.
    """
    return State(Words.parse(text) for text in mnemonics).combine(passphrase)


def trials(made: ShareSet) -> Iterable[list[Words]]:
    """Choices of shares that have to be enough: random ones, of every combination of groups."""
    random = secrets.SystemRandom()
    combinations = list(itertools.combinations(range(len(made.groups)), made.group_threshold))
    if len(combinations) > MOST_TRIALS:
        combinations = random.sample(combinations, MOST_TRIALS)
    # Several in any case: a single group has one combination and many choices.
    for _ in range(max(1, 8 // len(combinations))):
        for chosen in combinations:
            yield [share for group in chosen for share in random.sample(made.shares[group], made.groups[group][0])]


def require_groups(groups: Sequence[tuple[int, int]], group_threshold: int) -> None:
    """Refuses what SLIP-39 does not have.

    Raises:
        InvalidInput: Said in words.
    """
    if not 1 <= len(groups) <= MAX_COUNT:
        raise InvalidInput(f"There are 1 to {MAX_COUNT} groups, not {len(groups)}.")
    if not 1 <= group_threshold <= len(groups):
        raise InvalidInput(f"Of {len(groups)} groups {group_threshold} cannot be needed: it is 1 to {len(groups)}.")
    for number, (threshold, count) in enumerate(groups, 1):
        if not 1 <= threshold <= count <= MAX_COUNT:
            raise InvalidInput(
                f'Group {number} cannot be "{threshold} of {count}": there are at most {MAX_COUNT} shares, and not '
                "more of them are needed than there are."
            )
        if threshold == 1 and count > 1:
            raise InvalidInput(
                f'Group {number} cannot be "1 of {count}": everybody would have the same share. SLIP-39 has "1 of 1" '
                "for a group of one, and at least 2 otherwise."
            )


# --------------------------------------------------------------------------------------------- details


def _in_full(library: Any, word: str) -> str | None:
    known = library.wordlist.WORD_INDEX_MAP
    if word in known:
        return word
    if len(word) != 4:
        return None
    return next((each for each in known if each.startswith(word)), None)


def _positions(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"Word {numbers[0]} is"
    return f"Words {', '.join(str(number) for number in numbers[:-1])} and {numbers[-1]} are"


def _still(need: Need, of: str) -> str:
    assert need.threshold is not None  # noqa: S101 - it has a share
    missing = need.threshold - need.have
    return f"{missing} more share{'' if missing == 1 else 's'}{of} {'is' if missing == 1 else 'are'} needed: " + (
        f"{need.have} of {need.threshold} {'is' if need.have == 1 else 'are'} there."
    )


def _around(items: Sequence[Any], start: int, count: int) -> list[Any]:
    """So many items from a place on, going on at the beginning."""
    return [items[(start + step) % len(items)] for step in range(count)]


def _require_printable(passphrase: bytes) -> None:
    if not all(32 <= byte <= 126 for byte in passphrase):
        raise InvalidInput(
            "A passphrase of SLIP-39 has letters without accents, digits, blanks and punctuation (ASCII): other "
            "characters are typed differently on other computers."
        )
