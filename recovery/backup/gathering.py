"""A restoration under way: shares as they come in, from files and as words that somebody types. No I/O."""

from __future__ import annotations

import time
from dataclasses import replace

from ..errors import InvalidInput
from .share import About, Share
from .shares import State, Words


class Gathered:
    """Shares as they come in, with what their files say: the state of a restoration. No I/O.

    Attributes:
        state: Which shares are there.
        about: What the set is, as soon as a file has said so.
        sources: Where they came from, as far as `Sorted` was told.
    """

    def __init__(self, about: About | None = None) -> None:
        self.state = State()
        self.about = about
        self.sources: list[str] = []

    @property
    def name(self) -> str:
        """What the set is called, to tell it from others."""
        if self.about is not None:
            return f"set {self.about.short}, of {_day(self.about.made)}"
        return f"a set that only its number {self.state.shares[0].identifier} is known of"

    def is_of(self, share: Share | Words) -> bool:
        """Whether that is a share of the same set, by all that it says of it."""
        words = share if isinstance(share, Words) else share.words
        if isinstance(share, Share) and self.about is not None:
            return replace(self.about, address=None) == replace(share.about, address=None)
        return any(words.set == other.set for other in self.state.shares)

    def add(self, share: Share | Words) -> bool:
        """Takes a share from a file, or words that somebody has typed; false if it is there already.

        Raises:
            InvalidInput: It belongs to another set. What was there stays.
        """
        if isinstance(share, Words):
            if self.about and self.about.identifier != share.identifier:
                raise InvalidInput("These words are of a share of another set. Look for the one of the same set.")
            return self.state.add(share)
        if self.about and replace(self.about, address=None) != replace(share.about, address=None):
            raise InvalidInput(
                f"The share of {share.holder} is of another set ({share.about.short}, of {_day(share.about.made)}) "
                f"than those before ({self.about.short}, of {_day(self.about.made)}). Look for the one of the same set."
            )
        taken = self.state.add(share.words)
        self.about = self.about or share.about
        return taken


class Sorted:
    """Shares of whatever sets, each with those of its own set: two sets are never mixed. No I/O.

    Attributes:
        sets: Those that there are shares of, in the order in which they came.
    """

    def __init__(self) -> None:
        self.sets: list[Gathered] = []

    def add(self, share: Share | Words, source: str) -> tuple[Gathered, bool]:
        """Takes a share; returns those of its set, and false if it is there already.

        Raises:
            InvalidInput: It contradicts one of the same set.
        """
        id_ = share.about.id if isinstance(share, Share) else None
        for each in self.sets:
            if each.about is not None and each.about.id == id_ and not each.is_of(share):
                raise InvalidInput(
                    f"It says other things of set {each.about.short} than {', '.join(each.sources)}: one of them was "
                    "altered. Leave one of them out."
                )
        found = next((each for each in self.sets if each.is_of(share)), None) or Gathered()
        taken = found.add(share)
        if not found.sources:
            self.sets.append(found)
        found.sources.append(source)
        return found, taken

    @property
    def complete(self) -> bool:
        """Whether there are enough shares of some set."""
        return any(each.state.complete for each in self.sets)

    def meant(self) -> Gathered:
        """The only set that there are shares of, or else the only one that there are enough of: nothing is guessed.

        Raises:
            InvalidInput: There are several, and enough of none of them, or of more than one.
        """
        if not self.sets:
            return Gathered()
        complete = [each for each in self.sets if each.state.complete]
        if len(self.sets) == 1 or len(complete) == 1:
            return (complete or self.sets)[0]
        listed = " ".join(
            f"{each.name[0].upper()}{each.name[1:]}: {', '.join(each.sources)}. {each.state.shortage or 'Enough.'}"
            for each in self.sets
        )
        raise InvalidInput(
            f"These are shares of {len(self.sets)} sets, which do not go together. {listed} "
            + (
                "Name the files of the one that you mean, and leave the others out."
                if complete
                else "Leave out what is of another set than you mean, or look for more of the same set."
            )
            + " Nothing was written."
        )


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
