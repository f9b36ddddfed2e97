"""Lengths of time and sums of money, as people write them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from ..errors import InvalidInput

_UNITS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400, "year": 365 * 86_400}
_PART = re.compile(r"\s*(\d{1,9})\s*([a-z]+)\s*,?\s*(?:and\s+)?")
_MONEY = {"wei": 0, "gwei": 9, "ether": 18, "eth": 18}


def parse_duration(text: str) -> int:
    """Seconds of a text such as "3 days", "1 day 12 hours" or "1 year" (365 days).

    Raises:
        InvalidInput: It is no length of time.
    """
    problem = InvalidInput(
        f'{text[:50]!r} is not a length of time. Write for example "3 days", "12 hours" or "1 year" (365 days).'
    )
    total, rest = 0, text.strip().lower()
    if not rest:
        raise problem
    while rest:
        match = _PART.match(rest)
        if match is None:
            raise problem
        unit = match.group(2).removesuffix("s")
        if unit not in _UNITS:
            raise problem
        total += int(match.group(1)) * _UNITS[unit]
        rest = rest[match.end() :]
    return total


def parse_value(text: str) -> int:
    """Wei of a text such as "0.1 ether", "20 gwei" or "1000" (wei).

    Raises:
        InvalidInput: It is no sum of money, or one with parts of a wei.
    """
    problem = InvalidInput(f'{text[:50]!r} is not a sum. Write for example "0.1 ether", or a whole number of wei.')
    match = re.fullmatch(r"\s*(\d{1,60})(\.\d{1,60})?\s*([a-zA-Z]*)\s*", text)
    if match is None:
        raise problem
    whole, fraction, unit = match.group(1), match.group(2) or "", match.group(3).lower()
    if unit not in _MONEY and unit:
        raise problem
    if fraction and not unit:
        raise InvalidInput(f'{text[:50]!r}: of what? Write for example "{whole}{fraction} ether".')
    try:
        value = Decimal(whole + fraction).scaleb(_MONEY.get(unit, 0))
    except InvalidOperation:
        raise problem from None
    if value != int(value) or value >= 2**256:
        raise problem
    return int(value)


def ether(wei: int) -> str:
    """A sum for people, exact: "0.1 ether"."""
    whole, rest = divmod(wei, 10**18)
    fraction = f"{rest:018d}".rstrip("0")
    return f"{whole}.{fraction} ether" if fraction else f"{whole} ether"
