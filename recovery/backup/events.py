"""An account's history as a file: what the module has said of it, from the chain's events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eth_utils import to_checksum_address

from .. import abi, files
from ..errors import InvalidInput
from ..files import from_hex, integer, to_hex
from ..history import Entry
from ..policy import Path, Policy

HISTORY_KIND = "recovery-history"
#: Events that begin an epoch, and events that hold a policy's structure.
_EPOCHS = ("PolicyConfigured", "PolicyChanged", "RecoveryFinalized")
_STRUCTURES = ("PolicyConfigured", "PolicyChangeScheduled", "PolicyPublished")
_MODULE = "WalletRecoveryModule"


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        block: Its block's number.
        transaction: Hash of its transaction, 32 bytes.
        name: The event's name.
        values: Its fields by name, as JSON has them: bytes are text.
    """

    block: int
    transaction: bytes
    name: str
    values: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> Event:
        """As the chain has told it."""
        values = {name: _plain(value) for name, value in entry.values.items() if name != "account"}
        return cls(entry.block, entry.transaction, entry.name, values)


@dataclass(frozen=True, slots=True)
class EventHistory:
    """What has happened to an account on one chain, oldest first.

    Attributes:
        chain_id: Which chain.
        module: Whose events.
        account: Of which account.
        until: The last block that was looked at.
        events: All of them.

    Raises:
        InvalidInput: Events out of order, after the last block, or such as the module has none.
    """

    chain_id: int
    module: str
    account: str
    until: int
    events: tuple[Event, ...]

    def __post_init__(self) -> None:
        known = {event.name: {name for name, _, _ in event.fields} for event in abi.events(_MODULE).values()}
        blocks = [event.block for event in self.events]
        if blocks != sorted(blocks) or any(block > self.until for block in blocks):
            raise InvalidInput("events are out of order.")
        for event in self.events:
            if set(event.values) != known.get(event.name, {event.name}) - {"account"}:
                raise InvalidInput(f"there is no such event as {event.name!r} with these fields.")

    @classmethod
    def of(cls, chain_id: int, module: str, account: str, until: int, entries: Iterable[Entry]) -> EventHistory:
        """As the chain has told it."""
        return cls(chain_id, module, account, until, tuple(Event.of(entry) for entry in entries))

    @property
    def epoch(self) -> int:
        """The epoch that the last of these events has begun; 0 before the first policy."""
        return next((integer(e.values["epoch"]) for e in reversed(self.events) if e.name in _EPOCHS), 0)

    def policy_of(self, policy_hash: bytes) -> Policy | None:
        """The structure of the policy with this hash, or None if no event holds it.

        Args:
            policy_hash: Its first 24 bytes.
        """
        return next((policy for policy in reversed(self._policies()) if policy.hash[:24] == policy_hash), None)

    @property
    def first_policy(self) -> Policy | None:
        """The structure of the first policy, or None if no event holds it."""
        return next(iter(self._policies()), None)

    def _policies(self) -> list[Policy]:
        """All structures, oldest first."""
        return [
            Policy(integer(event.values["changeDelay"]), tuple(_path(path) for path in event.values["paths"]))
            for event in self.events
            if event.name in _STRUCTURES and event.values["paths"]
        ]

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            HISTORY_KIND,
            {
                "chainId": self.chain_id,
                "module": self.module,
                "account": self.account,
                "until": self.until,
                "events": [
                    {
                        "block": event.block,
                        "transaction": to_hex(event.transaction),
                        "event": event.name,
                        "values": event.values,
                    }
                    for event in self.events
                ],
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The history") -> EventHistory:
        """From a file. What it tells is what somebody has written: only a chain can say whether it was so.

        Raises:
            InvalidFile: Altered, or no history.
        """

        def build(content: dict[str, Any]) -> EventHistory:
            if not isinstance(content["events"], list):
                raise TypeError  # an empty object would be read as no events
            history = cls(
                integer(content["chainId"]),
                str(to_checksum_address(from_hex(content["module"], 20))),
                str(to_checksum_address(from_hex(content["account"], 20))),
                integer(content["until"]),
                tuple(
                    Event(
                        integer(each["block"]),
                        from_hex(each["transaction"], 32),
                        str(each["event"]),
                        {str(name): _checked(value) for name, value in each["values"].items()},
                    )
                    for each in content["events"]
                ),
            )
            _ = history.epoch, history.policy_of(b"")  # what is read of it later has a form that can be read
            return history

        return files.parse(source, HISTORY_KIND, files.loads(text, HISTORY_KIND, source), build)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _checked(value: Any) -> Any:
    """Numbers, yes and no, bytes and addresses, and lists of them: no event has anything else."""
    if isinstance(value, list):
        return [_checked(each) for each in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        from_hex(value)
        return value
    return integer(value)


def _path(value: Any) -> Path:
    *numbers, extra, members = value
    return Path.from_abi((*numbers, from_hex(extra, 32), tuple(from_hex(member, 32) for member in members)))
