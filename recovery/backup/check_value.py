"""A value by which it is noticed that what shares gave is another secret than the one that was split."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from ..errors import InvalidInput

#: scrypt with 32 MiB: a tenth of a second, and more than PBKDF2 to whoever has special hardware.
_SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}
CHECK_BYTES = 4
_DOMAIN = b"ape-recovery check value of a secret, version 1\0"


@dataclass(frozen=True, slots=True)
class Check:
    """A value by which it is noticed that a secret is another one: SLIP-39 itself finds no wrong passphrase.

    It is scrypt (N = 2**15, r = 8, p = 1) of the secret with a random salt, cut to four bytes. Without enough shares it
    says nothing: the secret has at least 128 bits of chance, or whoever chose it has spoiled that before. With enough
    shares and without the passphrase it lets passphrases be tried, at the price of a scrypt each, on top of SLIP-39's
    own PBKDF2; and one of 2**32 wrong ones fits all the same. For bytes that somebody chose instead of drawing them, it
    lets those be tried at the same price: 32 MiB and a tenth of a second each. It is no way to keep weak secrets.

    Attributes:
        salt: 16 random bytes.
        value: 4 bytes.
    """

    salt: bytes
    value: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != 16 or len(self.value) != CHECK_BYTES:
            raise InvalidInput(f"A check value has 16 bytes of salt and {CHECK_BYTES} of value.")

    @classmethod
    def of(cls, secret: bytes) -> Check:
        """A new one."""
        salt = secrets.token_bytes(16)
        return cls(salt, _stretched(secret, salt))

    def fits(self, secret: bytes) -> bool:
        """Whether it is that secret's."""
        return hmac.compare_digest(_stretched(secret, self.salt), self.value)


def _stretched(secret: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(_DOMAIN + secret, salt=salt, dklen=CHECK_BYTES, **_SCRYPT)
