"""Calls and events of the shipped contracts, encoded and decoded by their ABIs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi import encode
from eth_abi.exceptions import DecodingError
from eth_utils import keccak

from . import contracts
from .codec import decode
from .rpc import Ask, Steps, data, field, nonsense


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a contract.

    Attributes:
        name: Its name.
        inputs: Names and types of what it takes.
        outputs: Types of what it returns.
        selector: First 4 bytes of its calldata.
    """

    name: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[str, ...]
    selector: bytes

    def encode(self, *arguments: Any) -> bytes:
        """Calldata."""
        return self.selector + encode([kind for _, kind in self.inputs], arguments)

    def arguments(self, calldata: bytes) -> dict[str, Any]:
        """Arguments by name, of calldata that begins with the selector."""
        values = decode([kind for _, kind in self.inputs], calldata[4:])
        return dict(zip((name for name, _ in self.inputs), values, strict=True))

    def ask(self, address: str, *arguments: Any, block: str = "latest") -> Ask:
        """The question to a node, at the state after a block."""
        call = {"to": address, "data": "0x" + self.encode(*arguments).hex()}
        return Ask("eth_call", (call, block))

    def returned(self, answer: Any) -> tuple[Any, ...]:
        """What it has returned.

        Raises:
            ChainError: Something that it cannot return.
        """
        try:
            return decode(self.outputs, data(answer))
        except (DecodingError, OverflowError, ValueError):
            raise nonsense() from None

    def call(self, address: str, *arguments: Any) -> Steps[Any]:
        """Asks a contract.

        Returns:
            What it returns: one value, or a tuple.

        Raises:
            Refused: It refuses.
            ChainError: There is no answer, or one that it cannot give.
        """
        values = self.returned((yield self.ask(address, *arguments)))
        return values[0] if len(values) == 1 else values


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a contract.

    Attributes:
        name: Its name.
        fields: Name, type and whether it is indexed, in order.
        topic: Its first topic.
    """

    name: str
    fields: tuple[tuple[str, str, bool], ...]
    topic: bytes

    def decode(self, log: Any) -> dict[str, Any]:
        """Fields by name.

        Raises:
            ChainError: The log cannot be of this event.
        """
        topics = field(log, "topics")
        indexed = [(name, kind) for name, kind, is_indexed in self.fields if is_indexed]
        others = [(name, kind) for name, kind, is_indexed in self.fields if not is_indexed]
        if not isinstance(topics, list | tuple) or len(topics) != len(indexed) + 1 or data(topics[0]) != self.topic:
            raise nonsense()
        try:
            values = {n: decode([k], data(t))[0] for (n, k), t in zip(indexed, topics[1:], strict=True)}
            rest = decode([kind for _, kind in others], data(field(log, "data")))
        except (DecodingError, OverflowError, ValueError):
            raise nonsense() from None
        return values | dict(zip((name for name, _ in others), rest, strict=True))


@cache
def function(contract: str, name: str) -> Function:
    """A function by the names of its contract and its own.

    Raises:
        KeyError: There is none, or several of that name.
    """
    found = [item for item in contracts.load(contract).abi if item["type"] == "function" and item["name"] == name]
    if len(found) != 1:
        raise KeyError(f"{contract}.{name}")
    return _function(found[0])


@cache
def event(contract: str, name: str) -> Event:
    """An event by the names of its contract and its own."""
    item = next(i for i in contracts.load(contract).abi if i["type"] == "event" and i["name"] == name)
    fields = tuple((each["name"], _type(each), bool(each["indexed"])) for each in item["inputs"])
    return Event(name, fields, _hash(name, [(n, kind) for n, kind, _ in fields]))


@cache
def events(contract: str) -> dict[bytes, Event]:
    """All events of a contract, by their first topic."""
    names = [item["name"] for item in contracts.load(contract).abi if item["type"] == "event"]
    return {found.topic: found for found in (event(contract, name) for name in names)}


@cache
def _selectors() -> dict[bytes, Function]:
    result = {}
    for contract in contracts.CONTRACTS:
        for item in contracts.load(contract).abi:
            if item["type"] == "function":
                found = _function(item)
                result[found.selector] = found
    return result


def decoded(calldata: bytes) -> tuple[str, dict[str, Any]] | None:
    """Name and arguments of a call to one of the shipped contracts, or None if it is none."""
    found = _selectors().get(calldata[:4])
    if found is None:
        return None
    try:
        return found.name, found.arguments(calldata)
    except (DecodingError, OverflowError, ValueError):
        return None


def _function(item: dict[str, Any]) -> Function:
    # Some have no name (onERC721Received): each must have one of its own to be found by.
    inputs = tuple((each["name"] or f"argument {i}", _type(each)) for i, each in enumerate(item["inputs"]))
    outputs = tuple(_type(each) for each in item["outputs"])
    return Function(item["name"], inputs, outputs, _hash(item["name"], inputs)[:4])


def _type(item: dict[str, Any]) -> str:
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(each) for each in item['components'])}){kind.removeprefix('tuple')}"


def _hash(name: str, inputs: Sequence[tuple[str, str]]) -> bytes:
    return bytes(keccak(text=f"{name}({','.join(kind for _, kind in inputs)})"))
