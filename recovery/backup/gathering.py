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
    """

    def __init__(self, about: About | None = None) -> None:
        self.state = State()
        self.about = about

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


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
