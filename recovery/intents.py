"""What was signed to be sent, written down before it is sent, so that a killed program goes on without sending twice.

One file for each sender and nonce. Of two transactions with one nonce a chain takes only one: whoever finds the file of
an earlier run either goes on with exactly that transaction, or uses the same nonce for another one, which voids it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eth_utils import keccak, to_checksum_address

from . import files
from .building import Transaction
from .errors import InvalidInput, Refused
from .files import from_hex, integer, text_of, to_hex

KIND = "recovery-intent"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed transaction; of those with one nonce only one can be mined.

    Attributes:
        hash: Its hash, 32 bytes.
        raw: Signed, as it is sent.
        max_fee: The most that it pays for a unit of gas, in wei.
        tip: How much of that goes to whoever mines it, in wei.
    """

    hash: bytes
    raw: bytes
    max_fee: int
    tip: int


@dataclass(frozen=True, slots=True)
class Intent:
    """A transaction that is to be mined once.

    Attributes:
        chain_id: Chain id.
        sender: Who pays.
        nonce: The sender's nonce.
        gas: Gas limit.
        transaction: What is sent.
        purpose: The same for two transactions that mean the same, 32 bytes.
        created: When it was signed first, in seconds since 1970, by the chain's clock.
        attempts: Signed with ever higher fees.
    """

    chain_id: int
    sender: str
    nonce: int
    gas: int
    transaction: Transaction
    purpose: bytes
    created: int
    attempts: tuple[Attempt, ...] = ()

    @property
    def latest(self) -> Attempt:
        """The attempt with the highest fees."""
        return self.attempts[-1]

    def with_attempt(self, attempt: Attempt) -> Intent:
        """The same with one more attempt."""
        return replace(self, attempts=(*self.attempts, attempt))

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            KIND,
            {
                "chainId": self.chain_id,
                "sender": self.sender,
                "nonce": self.nonce,
                "gas": self.gas,
                "to": self.transaction.to,
                "value": str(self.transaction.value),
                "data": to_hex(self.transaction.data),
                "summary": "".join(c if c.isprintable() else " " for c in self.transaction.summary[:200]),
                "purpose": to_hex(self.purpose),
                "created": self.created,
                "attempts": [
                    {"hash": to_hex(a.hash), "raw": to_hex(a.raw), "maxFee": str(a.max_fee), "tip": str(a.tip)}
                    for a in self.attempts
                ],
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The intent") -> Intent:
        """From a file.

        Raises:
            InvalidFile: Altered, or not an intent.
        """

        def build(content: dict[str, Any]) -> Intent:
            attempts = tuple(
                Attempt(from_hex(a["hash"], 32), from_hex(a["raw"]), integer(int(a["maxFee"])), integer(int(a["tip"])))
                for a in content["attempts"]
            )
            if not attempts:
                raise InvalidInput("nothing was signed.")
            if any(keccak(attempt.raw) != attempt.hash for attempt in attempts):
                raise InvalidInput("a signed transaction has another hash.")
            transaction = Transaction(
                str(to_checksum_address(from_hex(content["to"], 20))),
                from_hex(content["data"]),
                text_of(content["summary"]),
                integer(int(content["value"])),
            )
            return cls(
                integer(content["chainId"]),
                str(to_checksum_address(from_hex(content["sender"], 20))),
                integer(content["nonce"]),
                integer(content["gas"]),
                transaction,
                from_hex(content["purpose"], 32),
                integer(content["created"]),
                attempts,
            )

        return files.parse(source, KIND, files.loads(text, KIND, source), build)


class IntentStore:
    """Intents in a folder, readable for its owner alone.

    Args:
        folder: Where; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, intent: Intent) -> None:
        """Writes a new intent down.

        Raises:
            Refused: Another program is sending with this sender and nonce.
            InvalidInput: The folder cannot be written.
        """
        try:
            self._write(intent, replace=False)
        except InvalidInput as error:
            if not self.path(intent).exists():
                raise
            raise Refused(
                f"Another program is just sending a transaction of {intent.sender}. Wait for it, and try again."
            ) from error

    def update(self, intent: Intent) -> None:
        """Writes an intent down that is there already."""
        self._write(intent, replace=True)

    def remove(self, intent: Intent) -> None:
        """Forgets an intent."""
        self.path(intent).unlink(missing_ok=True)

    def all(self) -> Iterator[Intent]:
        """Everything that was left over, oldest nonce first.

        Raises:
            InvalidFile: One of the files is damaged.
        """
        for path in sorted(self._folder.glob("*.json"), key=lambda path: (path.stem.rpartition("-")[0], _nonce(path))):
            yield Intent.loads(files.read(path), str(path))

    def of(self, chain_id: int, sender: str) -> list[Intent]:
        """What was left over of one sender on one chain, oldest nonce first."""
        return [intent for intent in self.all() if (intent.chain_id, intent.sender) == (chain_id, sender)]

    def path(self, intent: Intent) -> Path:
        """Where an intent is kept."""
        return self._folder / f"{intent.chain_id}-{intent.sender.lower()}-{intent.nonce}.json"

    def _write(self, intent: Intent, *, replace: bool) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InvalidInput(f"The folder {self._folder} cannot be made: {error.strerror}.") from error
        files.write(self.path(intent), intent.dumps(), secret=True, replace=replace)


def _nonce(path: Path) -> int:
    text = path.stem.rpartition("-")[2]
    return int(text) if text.isdecimal() else 0


def dump_unsigned(transaction: Transaction, chain_id: int, **more: Any) -> str:
    """A transaction for whoever signs it elsewhere."""
    return json.dumps({**transaction.to_json(chain_id), **more}, indent=2, ensure_ascii=False) + "\n"
