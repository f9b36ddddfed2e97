"""Who gets a share: what is known of them from the owner's folder, and whether they are guardians too."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import Refused
from .session import say, warn

if TYPE_CHECKING:
    from ..card import Card
    from ..folder import Folder
    from ..plan import PolicyPlan


@dataclass(frozen=True)
class Kept:
    """Somebody who is to keep a share.

    Attributes:
        name: What the owner calls them.
        age_key: Their age recipient, or nothing.
        guardian: What the policy calls them if they are a guardian, or None.
    """

    name: str
    age_key: str
    guardian: str | None


def kept_by(names: Sequence[str], folder: Folder | None, plan: PolicyPlan | None) -> list[Kept]:
    """What is known of each holder."""
    cards = {files.stem(card.name): card for card in folder.cards()} if folder else {}
    found = []
    for name in names:
        card = cards.get(files.stem(name))
        found.append(Kept(name, card.age_key if card else "", _guardian(plan, name, card)))
    return found


def _guardian(plan: PolicyPlan | None, name: str, card: Card | None) -> str | None:
    """Whom of the policy that is: by name, as a person, or by the signer on the card."""
    for guardian in plan.guardians if plan else ():
        same = files.stem(name) in (files.stem(guardian.name), files.stem(guardian.whose))
        if same or (card is not None and card.signer == guardian.signer):
            return guardian.name
    return None


def tell_guardians(holders: Sequence[Kept], plan: PolicyPlan | None, agreed: bool) -> None:
    """Says who would have a share and a guardian's vote, and has it agreed to. `--yes` is not enough for it.

    Raises:
        Refused: It was not agreed to.
    """
    from ..explain import listing

    if plan is None:
        say(
            "Whether a holder is also a guardian of yours was not looked at: no policy is known. Give --folder with "
            "your folder."
        )
    both = list(dict.fromkeys(holder.name for holder in holders if holder.guardian))
    if not both:
        return
    one = len(both) == 1
    warn(
        f"{listing(both)} would hold a share and {'is' if one else 'are'} also {'a guardian' if one else 'guardians'} "
        "of yours. Whoever turns against you, or is robbed, then counts twice: once for the key and once for the way "
        "back. Better give shares to others."
    )
    if agreed:
        return
    refusal = Refused(
        f"Nothing was made: {listing(both)} would hold both a share and a guardian's vote. Name other holders, or "
        "agree to it with --guardians-too."
    )
    if not sys.stdin.isatty() or not click.confirm("Make the shares all the same?", default=False, err=True):
        raise refusal


def tell_fewer(rules: Sequence[tuple[int, int]], group_threshold: int, names: Sequence[str]) -> None:
    """Says if fewer people than shares are enough, as somebody would hold several."""
    from ..backup.spread import least_together
    from ..explain import listing

    numbers = [number for number, (_, size) in enumerate(rules, 1) for _ in range(size)]
    together = least_together(rules, group_threshold, list(zip(names, numbers, strict=True)))
    needed = sum(sorted(least for least, _ in rules)[:group_threshold])
    if together < needed:
        several = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        warn(
            f"{needed} shares are needed, but {together} people have enough together: {listing(several)} would hold "
            "more than one. Better give each share to somebody else."
        )
