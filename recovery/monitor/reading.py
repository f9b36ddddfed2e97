"""What a monitor watches: accounts, and the folders of their owners."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from ..errors import InvalidInput
from ..folder import Folder
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


def owners(paths: Iterable[Path]) -> dict[str, Folder]:
    """The owners' folders at these places, by their accounts.

    Raises:
        InvalidInput: One is none, its account does not exist yet, or it is another's as well.
    """
    result: dict[str, Folder] = {}
    for path in paths:
        folder = Folder.open(path)
        account = folder.note.account
        if account is None:
            raise InvalidInput(
                f"The account of {path} does not exist yet. Go on with: recovery setup {shlex.quote(str(path))}"
            )
        if account in result and result[account].path != path:
            raise InvalidInput(f"{result[account].path} and {path} are of the same account. Name the one in use.")
        result[account] = folder
    return result
