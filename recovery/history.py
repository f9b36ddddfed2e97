"""Searching a chain's logs, however small the piece that a node hands out at once.

A search goes through a range of blocks in pieces. Where a node refuses a piece (too many blocks, too many results, too
slow: each says it in its own words, none of which is looked at), a smaller one is asked for, and a larger one again
when that went well. What was refused is tried again after a while: it may have been for what is in that piece alone. A
search can be broken off after each piece and taken up again from its `cursor`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import abi
from .errors import ChainError, Refused
from .rpc import UNREACHABLE, Ask, Steps, data, field, nonsense, number, quantity

#: After how many pieces in a row something larger than was refused is tried again; doubled each time that is refused.
CALM = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One event.

    Attributes:
        block: Its block's number.
        position: Its place in the block.
        transaction: Hash of its transaction, 32 bytes.
        address: The contract that has emitted it.
        name: The event's name.
        values: Its fields by name.
    """

    block: int
    position: int
    transaction: bytes
    address: str
    name: str
    values: dict[str, Any]


class Search:
    """A search for events, piece by piece.

    Args:
        contract: Whose events.
        names: Which events; all if there are none.
        address: The contract's address.
        topics: Indexed fields that must have these values, 32 bytes each, in order; None for any.
        start: First block; None for the one in which `deployed` was, which is looked for only if the node does not
            hand out everything at once.
        end: Last block.
        backwards: Latest events first.
        deployed: A contract without which there are no such events.

    Attributes:
        start: First block.
        cursor: The next block that has not been looked at.
    """

    def __init__(
        self,
        contract: str,
        names: Sequence[str],
        address: str,
        topics: Sequence[bytes | None],
        start: int | None,
        end: int,
        backwards: bool = False,
        deployed: str = "",
    ) -> None:
        events = [abi.event(contract, name) for name in names] or list(abi.events(contract).values())
        self._events = {event.topic: event for event in events}
        self._address, self._topics = address, topics
        first = None if not names else ["0x" + topic.hex() for topic in self._events]
        others = [None if topic is None else "0x" + topic.hex() for topic in topics]
        self._filter = {"address": [address], "topics": [first, *others]}
        self._deployed = deployed if start is None else ""
        self.start, self._end, self._backwards = start or 0, end, backwards
        self._size = max(1, end - self.start + 1)
        self._taken, self._refused = (
            0,
            self._size + 1,
        )  # the node takes the one and refuses the other, as far as we know
        self._calm, self._needed = 0, CALM
        self.cursor = end if backwards else self.start

    @property
    def done(self) -> bool:
        """Whether the whole range has been looked at."""
        return not self.start <= self.cursor <= self._end

    @property
    def looked_at(self) -> float:
        """Which part of the range has been looked at, 0 to 1."""
        whole = self._end - self.start + 1
        seen = self._end - self.cursor if self._backwards else self.cursor - self.start
        return seen / whole if whole > 0 else 1.0

    def page(self) -> Steps[list[Entry]]:
        """The events of the next piece, latest first if backwards.

        Raises:
            ChainError: The node refuses even a single block.
        """
        while not self.done:
            if self._backwards:
                low, high = max(self.start, self.cursor - self._size + 1), self.cursor
            else:
                low, high = self.cursor, min(self._end, self.cursor + self._size - 1)
            question = Ask("eth_getLogs", ({**self._filter, "fromBlock": hex(low), "toBlock": hex(high)},))
            try:
                logs = yield question
            except (ChainError, Refused) as error:
                if low == high or error.code == UNREACHABLE:  # it would refuse a smaller piece too
                    if isinstance(error, Refused):
                        raise nonsense() from error
                    raise
                if self._deployed:
                    self.start, self._deployed = (yield from first_block(self._deployed)), ""
                    self.cursor = self.cursor if self._backwards else max(self.cursor, self.start)
                self._shrink(high - low + 1)
                continue
            if not isinstance(logs, list | tuple):
                raise nonsense()
            found = [entry for log in logs if (entry := self._entry(log, low, high)) is not None]
            self.cursor = low - 1 if self._backwards else high + 1
            self._grow(high - low + 1)
            return sorted(found, key=lambda entry: (entry.block, entry.position), reverse=self._backwards)
        return []

    def _shrink(self, asked: int) -> None:
        """A piece of that many blocks was refused."""
        if asked > self._taken > 0:
            self._needed *= 2 if self._calm else 1
            self._size = self._between(asked)
        else:  # fewer than were taken before: this part of the chain is another matter
            self._taken, self._needed = 0, CALM
            self._size = max(1, asked // 4)
        self._refused, self._calm = asked, 0

    def _grow(self, asked: int) -> None:
        """A piece of that many blocks was taken."""
        self._taken, self._calm = max(self._taken, asked), self._calm + 1
        if self._calm >= self._needed:
            self._refused = 2 * self._taken + 1
        self._size = min(2 * self._taken, self._between(self._refused))

    def _between(self, refused: int) -> int:
        """A size between what was taken and what was refused; the former if they are close to each other."""
        return (self._taken + refused) // 2 if refused > self._taken * 5 // 4 + 1 else self._taken

    def _entry(self, log: Any, low: int, high: int) -> Entry | None:
        found = field(log, "topics")
        topics = [data(topic) for topic in found] if isinstance(found, list | tuple) else []
        event = self._events.get(topics[0]) if topics else None
        where, address = quantity(field(log, "blockNumber")), str(field(log, "address"))
        # A node that ignores the filter must not pass something else off as what was asked for.
        wanted = zip(self._topics, topics[1:], strict=False)
        if event is None or address.lower() != self._address.lower() or any(a not in (None, b) for a, b in wanted):
            return None
        if not low <= where <= high:
            raise nonsense("events of other blocks than were asked for")
        return Entry(
            where,
            quantity(field(log, "logIndex")),
            data(field(log, "transactionHash")),
            address,
            event.name,
            event.decode(log),
        )


def first_block(address: str) -> Steps[int]:
    """The block in which a contract was deployed; 0 if the node keeps no state that old.

    Raises:
        ChainError: The node does not answer.
    """
    low, high = 0, (yield from number("eth_blockNumber", limit=2**64))
    while low < high:
        middle = (low + high) // 2
        try:
            code = data((yield Ask("eth_getCode", (address, hex(middle)))))
        except ChainError as error:
            if error.code == UNREACHABLE:
                raise
            return 0
        if code:
            high = middle
        else:
            low = middle + 1
    return low
