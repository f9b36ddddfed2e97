"""The list of accounts that a monitor watches."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import InvalidInput
from ..signer import Signer


def addresses(texts: Iterable[str]) -> list[str]:
    """Reads addresses, one a line; empty lines and what follows a # don't count. Each is kept once, in order.

    Raises:
        InvalidInput: Not an address.
    """
    result: dict[str, None] = {}
    for text in texts:
        stripped = text.partition("#")[0].strip()
        if not stripped:
            continue
        signer = Signer.parse(stripped)
        if not signer.is_address:
            raise InvalidInput(f"{stripped[:50]} is too long for an address.")
        result[signer.address] = None
    return list(result)
