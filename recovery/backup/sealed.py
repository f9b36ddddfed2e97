"""Shares that only their holders can read: files of age, which the plain `age` tool opens as well.

The recipient stands on a holder's card. Whoever has made a sealed share cannot read it any more.

Source:
    https://age-encryption.org/v1
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import InvalidFile, InvalidInput, MissingExtra, Refused

_ARMOUR = b"-----BEGIN AGE ENCRYPTED FILE-----"
_BINARY = b"age-encryption.org/"
#: Nothing that is sealed here comes near it.
MAX_BYTES = 1024 * 1024


def _library() -> Any:
    try:
        import pyrage  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise MissingExtra("Sealing needs pyrage, which is not installed", "backup") from error
    return pyrage


def is_sealed(data: bytes) -> bool:
    """Whether it is a file of age, armoured or not."""
    return data.lstrip().startswith(_ARMOUR) or data.startswith(_BINARY)


def seal(text: str, recipients: Iterable[str]) -> bytes:
    """Encrypts a text, so that each of the recipients can read it and nobody else.

    Args:
        text: A share file.
        recipients: Age recipients (`age1…`).

    Returns:
        An armoured file of age, in ASCII.

    Raises:
        InvalidInput: No recipient, or one with a slip in it.
    """
    library = _library()
    keys = [_recipient(library, recipient) for recipient in recipients]
    if not keys:
        raise InvalidInput("For whom? Name at least one age recipient (age1...): it stands on its holder's card.")
    sealed: bytes = library.encrypt(text.encode("utf-8"), keys, armored=True)
    # age writes a line feed at the end of its armour, and pyrage leaves it out.
    return sealed if sealed.endswith(b"\n") else sealed + b"\n"


def unseal(data: bytes, identities: Sequence[str], source: str = "The sealed share") -> str:
    """Decrypts what was sealed, armoured or not.

    Args:
        data: The file.
        identities: Secret keys of age (`AGE-SECRET-KEY-1…`).
        source: How to call it in errors.

    Raises:
        InvalidFile: No file of age, damaged, or not of text.
        InvalidInput: An identity with a slip in it.
        Refused: It is sealed for somebody else.
    """
    library = _library()
    if not is_sealed(data):
        raise InvalidFile(f"{source} is not sealed: it is no file of age.")
    if len(data) > MAX_BYTES:
        raise InvalidFile(f"{source} is far too large to be a sealed share.")
    keys = [_identity(library, identity) for identity in identities]
    if not keys:
        raise InvalidInput("Which age identity opens it? It stands in a file that age-keygen has made.")
    try:
        plain: bytes = library.decrypt(data.strip() + b"\n" if data.lstrip().startswith(_ARMOUR) else data, keys)
        return plain.decode("utf-8")
    except library.DecryptError as error:
        if "No matching keys" in str(error):
            raise Refused(
                f"{source} is sealed for another key. Use the identity whose recipient is on the card that was given "
                "to the owner; `age-keygen -y KEYFILE` prints the recipient of an identity."
            ) from None
        raise InvalidFile(
            f"{source} is damaged: it was altered or cut off after it was sealed. Take another copy."
        ) from None
    except UnicodeDecodeError:
        raise InvalidFile(f"{source} holds something that is no share file.") from None


def identities_of(text: str, source: str = "The identity file") -> list[str]:
    """The identities in a file as age-keygen writes it.

    Raises:
        InvalidInput: There is none in it. Nothing of the file is repeated.
    """
    if is_sealed(text.encode("utf-8", "surrogateescape")):
        raise InvalidInput(f"{source} is itself sealed with a passphrase. Open it first: age -d FILE > KEYFILE")
    found = re.findall(r"^\s*(AGE-SECRET-KEY-1[0-9A-Z]+)\s*$", text, re.MULTILINE | re.IGNORECASE)
    if not found:
        kind = (
            "a file of SSH, for which age itself is needed: age -d -i FILE"
            if "PRIVATE KEY" in text
            else "no line that begins with AGE-SECRET-KEY-1"
        )
        raise InvalidInput(f"{source} holds no identity of age: it has {kind}.")
    return [identity.upper() for identity in found]


def _recipient(library: Any, text: str) -> Any:
    if "AGE-SECRET-KEY" in text.upper():
        raise InvalidInput(
            "This is a secret key of age, which nobody should see, and was not used: give the recipient that belongs "
            "to it, which begins with age1. `age-keygen -y KEYFILE` prints it."
        )
    try:
        return library.x25519.Recipient.from_str(text.strip())
    except library.RecipientError:
        raise InvalidInput(
            f"{text.strip()[:70]!r} is no age recipient: it should begin with age1 and have 62 characters. Copy it."
        ) from None


def _identity(library: Any, text: str) -> Any:
    try:
        return library.x25519.Identity.from_str(text.strip())
    except library.IdentityError:
        raise InvalidInput("This is no identity of age: there is a slip in it. Use the file as it was made.") from None
