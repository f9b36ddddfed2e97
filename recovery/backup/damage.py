"""Where the words of a share went wrong: a word that is another one, or two that have changed places.

SLIP-39 advises against correcting words, since a wrong correction looks like a right one, and so does this. It says
where to look.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

_FLAG = 1 << 4  # in the second word: extendable


def what_is_wrong(library: Any, indices: Sequence[int]) -> str:
    """Why words that are all on the list are no share, with the position if it can be known, and without any word.

    Args:
        library: shamir_mnemonic, imported.
        indices: Numbers of the words.
    """
    count = len(indices)
    # Ten bits a word, seven words besides the value, and less than a byte of padding.
    lengths = [7 + (size * 8 + 9) // 10 for size in range(16, 33, 2)]
    if count not in lengths:
        return (
            f"A share has 20 words, or 33 for a secret of 32 bytes; these are {count}. A word was left out, or typed "
            "twice. Look at the share again."
        )
    if _is_right(library, indices):
        return "These words contradict themselves, though their checksum is right: this is no share that SLIP-39 has."
    wrong = _wrong_word(library, indices)
    if wrong is not None:
        return (
            f"Word {wrong} is another one on the share: with that one word changed the checksum is right. Look again."
        )
    swapped = _swapped(library, indices)
    if swapped is not None:
        return f"Words {swapped} and {swapped + 1} seem to have changed places. Look at the share again."
    return (
        "These words do not belong together (their checksum is wrong): more than one of them is another one, or some "
        "have changed places. Look at the share again."
    )


def _customizations() -> tuple[tuple[bytes, int], ...]:
    return (b"shamir", 0), (b"shamir_extendable", _FLAG)


def _is_right(library: Any, indices: Sequence[int]) -> bool:
    return any(
        indices[1] & _FLAG == flag and library.rs1024.verify_checksum(indices, customization)
        for customization, flag in _customizations()
    )


def _swapped(library: Any, indices: Sequence[int]) -> int | None:
    for position in range(1, len(indices)):
        changed = list(indices)
        changed[position - 1], changed[position] = changed[position], changed[position - 1]
        if _is_right(library, changed):
            return position
    return None


def _wrong_word(library: Any, indices: Sequence[int]) -> int | None:
    """The position of the one word that is wrong, if it is one.

    The checksum is linear: what a wrong word adds to it is the sum of what its bits add. Any three wrong words are
    found, so that two of them never look like one.
    """
    polymod = library.rs1024._polymod
    for customization, _ in _customizations():
        off = polymod(list(customization) + list(indices)) ^ 1
        for position, effects in enumerate(_effects(len(indices))):
            rest = off
            for effect in effects:
                rest = min(rest, rest ^ effect)
            if off and not rest:
                return position + 1
    return None


@functools.cache
def _effects(count: int) -> tuple[tuple[int, ...], ...]:
    """For each position in so many words, what changes of its bits add to the checksum.

    They are reduced, and sorted by their highest bit, which is another one for each: so a sum of them is undone by
    going through them once.
    """
    from shamir_mnemonic.rs1024 import _polymod  # type: ignore[import-untyped]

    nothing = _polymod([0] * count)
    found = []
    for position in range(count):
        basis: list[int] = []
        for bit in range(10):
            unit = [0] * count
            unit[position] = 1 << bit
            effect = _polymod(unit) ^ nothing
            for other in basis:
                effect = min(effect, effect ^ other)
            basis = sorted([*basis, effect], reverse=True)
        found.append(tuple(basis))
    return tuple(found)
