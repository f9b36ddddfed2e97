"""How hard it is to guess a keystore's password: what each guess costs. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Below that a guess is cheap. PBKDF2: OWASP Password Storage Cheat Sheet, for HMAC-SHA-256. scrypt: the same sheet's
#: n 2^17, r 8, p 1, of which wallets that spend less memory on more rounds have as much in all.
PBKDF2_ITERATIONS = 600_000
SCRYPT_N = 2**17
SCRYPT_COST = 2**17 * 8


@dataclass(frozen=True, slots=True)
class Strength:
    """How a keystore's password is stretched.

    Attributes:
        text: For people: "scrypt, n 262144, r 8, p 1".
        weak: Whether a guess is cheap: then only a long random password protects the key.
    """

    text: str
    weak: bool


def strength_of(keystore: Mapping[str, Any]) -> Strength:
    """What the file says of itself; what it does not say, or says wrong, counts as weak."""
    crypto = _lower(_lower(keystore).get("crypto"))
    kdf, parameters = str(crypto.get("kdf", "")).lower(), _lower(crypto.get("kdfparams"))
    if kdf == "scrypt":
        n, r, p = (_whole(parameters.get(name)) for name in "nrp")
        return Strength(f"scrypt, n {n}, r {r}, p {p}", n < SCRYPT_N or n * r * p < SCRYPT_COST)
    if kdf == "pbkdf2":
        count = _whole(parameters.get("c"))
        return Strength(f"pbkdf2, {count} iterations", count < PBKDF2_ITERATIONS)
    return Strength("in a way that is not known", True)


def _lower(value: Any) -> dict[str, Any]:
    """With names in lower case, as readers take them; empty if it is none of that kind."""
    return {str(name).lower(): each for name, each in value.items()} if isinstance(value, Mapping) else {}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
