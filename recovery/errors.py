"""What can go wrong, in words that say what to do next."""

from __future__ import annotations

from typing import Any


class RecoveryError(Exception):
    """Base of every error that this package raises on purpose.

    Attributes:
        code: Stable name, for programs.
        message: One clear sentence or two, for people: what is wrong and what to do.
    """

    code = "recovery"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(RecoveryError, ValueError):
    """Something given by the user or by a caller cannot be right, whatever the chain says."""

    code = "invalid-input"


class InvalidFile(InvalidInput):
    """A file is not what it says it is: altered, cut off, of another kind or version."""

    code = "invalid-file"


class Refused(RecoveryError):
    """The chain refuses it, or would: nothing was sent, or what was sent has changed nothing.

    Attributes:
        code: The name of the contracts' error, whether it was foreseen or came from the chain; otherwise "refused".
        arguments: Those of the contracts' error.
    """

    code = "refused"
    arguments: tuple[Any, ...] = ()


class ChainError(RecoveryError):
    """The chain cannot be read, or answers what it cannot mean."""

    code = "chain"


class MissingExtra(RecoveryError):
    """A package is not installed that only some commands need."""

    code = "missing-extra"

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what}. Install it with: pip install "ape-recovery[{extra}]"')
