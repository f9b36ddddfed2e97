"""The heir's letter: on one page what exists, the two dates, and what they go by."""

from __future__ import annotations

from collections.abc import Iterator

from ..chains import chain_name
from ..explain import duration, listing, when
from ..policy import CHANGE_WINDOW, Right
from ..sheets.text import Text, bold
from .dates import dates
from .footers import day, footer
from .known import INSTALL, Known
from .model import Code, Document, Framed, Part, Points, Said, Section, Step, Table
from .signs import no_resets, resets
from .votes import who


def heirs_letter(known: Known, names: bool = True) -> Document:
    """What heirs should know first.

    Args:
        known: The account.
        names: Whether guardians whom the owner lets others know may be named.
    """
    return Document(
        "letter-heir",
        "To whoever comes after me" if known.owner else "A letter to heirs",
        ["from ", bold(known.owner), f", {day(known.now)}"] if known.owner else f"written {day(known.now)}",
        footer("Letter", known),
        (*_head(known, names), *_when(known, names), *_clock(known), *_version(known)),
        one_page=True,
    )


def _head(known: Known, names: bool) -> Iterator[Part]:
    told = ", which guardians to press" if names and rings(known) else ""
    dated = ", and from when on it pays to pretend to be an heir" if known.silent and known.stands else ""
    yield Framed(
        (
            [
                bold("This letter is no key and no will; it gives nobody a right. "),
                f"Whoever finds it can take nothing, but sees what is in the account (that is public){told}{dated}. "
                "Keep it sealed, with the will.",
            ],
        )
    )
    said: list[Text] = [
        f"There is an account on {known.chain}, with the address {known.account}. Its keys may be lost with whoever "
        "has them. People called guardians can then put a key of the heirs in their place: enough of them, together, "
        "when it is time, as said below. They hold nothing of what is in it, and nobody is in a hurry: the account "
        "does not expire.",
        "What to do, step by step, says the runbook for heirs. Nobody needs money, passwords or the words of a key "
        "from you. Whoever asks for them is a thief.",
    ]
    if names and (ring := rings(known)):
        said.append(["To be rung first: ", bold("; ".join(ring)), "."])
    yield Code(known.account, "the account", tuple(said))


def rings(known: Known) -> list[str]:
    """Guardians whom the owner lets others know and whom heirs need, with how they are reached."""
    contacts = dict(known.contacts)
    needed = {name for _, path in known.for_heirs for name, _ in path.guardians}
    return [f"{name}, {contacts[name]}" if name in contacts else name for name in known.told if name in needed]


def _when(known: Known, names: bool) -> Iterator[Part]:
    if known.silent:
        if not known.stands:
            yield Said(
                [
                    bold("There are no dates here: "),
                    "no chain was asked when this was written. How they follow from the last sign of life:",
                ]
            )
        yield from dates(known, names)
        if known.quick:
            yield Said(without_silence(known, names))
        return
    yield Section("No path waits for silence")
    yield Said(
        [
            bold("There is no date here, and none would be right. "),
            "Nothing opens because the owner is silent. What heirs can do instead is to ask the guardians:",
        ]
    )
    yield Said(without_silence(known, names))


def without_silence(known: Known, names: bool) -> str:
    """What guardians can do at any time."""
    ways = [f"on “{path.label}” {duration(path.delay)} later ({who(known, path, names)})" for _, path in known.quick]
    return (
        f"Without waiting for silence guardians can start at any time, and the owners are replaced {listing(ways)}. "
        "Whether they do so for heirs is for them to answer: they will want to see proof."
    )


def _clock(known: Known) -> Iterator[Part]:
    if not known.silent:
        return
    yield Section("What sets the clock back, also after a start: any sign of life, from whoever has the keys")
    yield Points(resets(known))
    yield Section("What does not")
    yield Points(no_resets())


def _version(known: Known) -> Iterator[Part]:
    yield Section("What this goes by, and how to see that it still holds")
    rows: list[tuple[str, Text]] = [("Policy", known.version)]
    for stand in known.stands:
        at = f"block {stand.block} of {chain_name(stand.chain_id)}, {when(stand.state.time)}"
        rows.append(("Computed at", at))
        under_way = [
            f"“{path.label}”"
            for index, path in enumerate(known.plan.paths)
            if stand.state.paths[index].is_open and path.right is Right.ROTATE
        ]
        if under_way:
            rows.append(("Under way", f"a recovery on {listing(under_way)}: once it is finished, this is void"))
        if stand.state.change_eta and stand.state.time < stand.state.change_eta + CHANGE_WINDOW:
            change = f"a change of the policy can be in force from {when(stand.state.change_eta)}: then this is void"
            rows.append(("Under way", change))
    yield Table(tuple(rows))
    first, later = (
        ("the dates on which paths open", " Later dates there: the owner was active.")
        if known.silent
        else (
            "which paths there are",
            "",
        )
    )
    what = "epoch and policyHash" if known.stands else "policyHash"
    yield Points(
        (
            Step(
                "Anybody can ask the chain, with a program called recovery, which the first line gets for a computer "
                f"with Python. URL is the address of a node of {known.chain}. The second says {first} (there "
                f"{known.numbers}), the third {what}, which begins as above.{later} Is something else there, then "
                "there is another policy, or there was a recovery, and this is void.",
                (
                    INSTALL,
                    f"recovery status {known.account} --events --network URL",
                    f"recovery status {known.account} --json --network URL",
                ),
            ),
        )
    )
