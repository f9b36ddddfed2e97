"""How a key in a hardware security module is named (RFC 7512): by its token, its label or id, and a library.

For example `pkcs11:token=vault;object=owner?module-path=/usr/lib/softhsm/libsofthsm2.so`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import quote, unquote

from .errors import InvalidInput

#: Names a library where the URI does not.
MODULE_VARIABLE = "RECOVERY_PKCS11_MODULE"
_PATH = ("token", "object", "id", "serial", "manufacturer", "model", "slot-id", "type")


@dataclass(frozen=True, slots=True)
class KeyUri:
    """Where a key is.

    Attributes:
        token: The token's label.
        label: The key's label, or None if its id says it.
        id: The key's id, or None if its label says it.
        module: The library that speaks to the device.
    """

    token: str
    label: str | None
    id: bytes | None
    module: str

    @classmethod
    def parse(cls, text: str) -> KeyUri:
        """Reads a URI (RFC 7512), as far as it is needed.

        Raises:
            InvalidInput: It is none, says nothing of token and key, or holds a PIN.
        """
        attributes, options = parts(text)
        label, identifier = attributes.get("object"), attributes.get("id")
        if "token" not in attributes or (label is None and identifier is None):
            raise InvalidInput("The URI should name token and key: pkcs11:token=NAME;object=LABEL")
        raw = None if identifier is None else identifier.encode("latin-1", "replace")
        return cls(attributes["token"], label, raw, module_of(options))

    def __str__(self) -> str:
        label = [] if self.label is None else [f"object={quote(self.label, safe='')}"]
        identifier = [] if self.id is None else ["id=" + "".join(f"%{byte:02x}" for byte in self.id)]
        return ";".join([f"pkcs11:token={quote(self.token, safe='')}", *label, *identifier])

    @property
    def whole(self) -> str:
        """With the library, so that it is understood where none is set."""
        return f"{self}?module-path={quote(self.module, safe='/')}"


def parts(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """What stands before the question mark of a URI, and after it.

    Raises:
        InvalidInput: It is none, or holds a PIN.
    """
    if not text.startswith("pkcs11:"):
        raise InvalidInput("A key in a hardware module is named by a URI: pkcs11:token=NAME;object=LABEL")
    path, _, query = text.removeprefix("pkcs11:").partition("?")
    attributes, options = _attributes(path, ";"), _attributes(query, "&")
    if "pin-value" in options or "pin-value" in attributes:
        raise InvalidInput(
            "A PIN does not belong into a URI: the shell keeps what you type, and others on this computer can read "
            "it. Leave it out, it is asked for; and change it, as it was seen."
        )
    unknown = [name for name in attributes if name not in _PATH]
    if unknown:
        raise InvalidInput(f"A PKCS#11 URI has no {unknown[0]!r}. Possible are: {', '.join(_PATH)}.")
    return attributes, options


def module_of(options: dict[str, str]) -> str:
    """The library that the second part of a URI names, or else the environment.

    Raises:
        InvalidInput: Neither does.
    """
    module = options.get("module-path") or os.environ.get(MODULE_VARIABLE, "")
    if not module:
        raise InvalidInput(
            "Which library speaks to the device? Add ?module-path=/path/to/library.so to the URI, or set "
            f"{MODULE_VARIABLE}."
        )
    return module


def _attributes(text: str, separator: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if not equals or name in found:
            raise InvalidInput("This is no PKCS#11 URI: it should be pkcs11:token=NAME;object=LABEL")
        found[name] = unquote(value, encoding="latin-1" if name == "id" else "utf-8")
    return found
