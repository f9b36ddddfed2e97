"""Changing guardians as little as possible: who stays keeps number, salt and opening. No I/O."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from .card import Card
from .errors import InvalidInput
from .kit import Kit
from .plan import PolicyPlan
from .quorum import derive_salt


def replaced(newest: PolicyPlan, name: str, card: Card, person: str = "") -> PolicyPlan:
    """The same policy with somebody else in a guardian's place, in every path and with the same weights.

    Args:
        newest: The policy file that was made last for the account, in force or not: so no number is used twice.
        name: The guardian who leaves.
        card: The card of who comes; under the same name it is the same person with another key.
        person: Who that is, if the name on the card does not say it: whoever keeps an envelope, for example. Who holds
            several keys counts once, so a guardian or person of that name is taken however it is capitalised.

    Raises:
        InvalidInput: There is no such guardian, or who comes is one already.
    """
    leaving = newest.guardian(name)
    for other in newest.guardians:
        if other.signer == card.signer:
            raise InvalidInput(f"{other.name} is a guardian with {card.signer} already: nobody can stand in twice.")
        if other.name == card.name and other.name != name:
            raise InvalidInput(
                f"There is another guardian called {card.name} already. Ask for a card with a name that tells them "
                "apart."
            )
    who = _spelled(newest, person) or (leaving.person if card.name == name else "")
    coming = replace(leaving, name=card.name, signer=card.signer, person=who)
    paths = tuple(
        replace(path, guardians=tuple((card.name if each == name else each, weight) for each, weight in path.guardians))
        for path in newest.paths
    )
    guardians = tuple(coming if each == leaving else each for each in newest.guardians)
    return replace(newest, guardians=guardians, paths=paths).replacing(newest)


def renewed(newest: PolicyPlan, names: Collection[str]) -> PolicyPlan:
    """The same policy with new openings for these guardians, so that what is known of their old ones says nothing.

    Args:
        newest: The policy file that was made last for the account.
        names: Guardians who were revealed.

    Raises:
        InvalidInput: There is no such guardian.
    """
    for name in names:
        newest.guardian(name)
    number, guardians = newest.next_number, []
    for guardian in newest.guardians:
        again = guardian.name in names
        guardians.append(replace(guardian, number=number) if again else guardian)
        number += again
    return replace(newest, guardians=tuple(guardians), next_number=number)


def revealed(plan: PolicyPlan, salts: Collection[bytes]) -> list[str]:
    """Guardians whose present opening others have seen: a salt is one guardian's, in every path.

    Args:
        plan: The policy.
        salts: What stood in transactions, 32 bytes each.
    """
    return [guardian.name for guardian in plan.guardians if derive_salt(plan.secret, guardian.number) in salts]


def _spelled(plan: PolicyPlan, person: str) -> str:
    """A person as the policy calls them, if it knows them."""
    wanted = person.strip().casefold()
    known = (g.whose for g in plan.guardians if wanted in (g.whose.casefold(), g.name.casefold()))
    return next(known, person.strip()) if wanted else ""


def still_good(kit: Kit, wanted: Kit) -> bool:
    """Whether a kit does what the one that would be made now does, though it may tell of an older policy."""
    return (
        (kit.account, kit.module) == (wanted.account, wanted.module)
        and set(wanted.chains) <= set(kit.chains)
        and set(wanted.commitments) <= set(kit.commitments)
    )
