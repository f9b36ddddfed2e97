"""The heir's runbook: for somebody who knows nothing of Ethereum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..chains import explorer_link
from ..explain import duration, listing
from ..plan import PathPlan
from ..sheets.text import Text, bold
from .dates import dates
from .footers import footer
from .known import INSTALL, LONG, Known, quoted
from .letter import rings, without_silence
from .model import Code, Document, Framed, Part, Points, Said, Section, Step, Steps
from .owner_cases import shares_of
from .votes import what

_NET = "--network URL"
#: How a key in a hardware wallet gets a name that the program takes.
LEDGER = ('pip install "ape-recovery[cli,ape]" ape-ledger', "ape ledger add NAME")


def heir_runbook(known: Known, names: bool = True, holders: bool = False) -> Document:
    """What heirs do, in plain words.

    Args:
        known: The account.
        names: Whether guardians whom the owner lets others know may be named.
        holders: Whether it may be said who holds shares.
    """
    return Document(
        "runbook-heir",
        "Runbook for heirs",
        ["of ", bold(known.owner)] if known.owner else "",
        footer("Heirs", known),
        (
            *_head(known, names),
            *_what(known),
            *_gather(known, names),
            *_when(known, names),
            *_steps(known),
            *_trouble(known),
            *(_holders(known) if holders else ()),
        ),
    )


def _head(known: Known, names: bool) -> Iterator[Part]:
    told = " and those guardians whom it names" if names and known.told else ""
    yield Framed(
        (
            [
                bold("No key stands here, and this is no will. "),
                "Whoever finds it can take nothing, but learns which account it is, what is in it (that is "
                f"public){told}, "
                "how many guardians have to agree, and when: enough to write to you or to them and to pretend to be "
                "somebody. Keep it sealed, with the will, and do not show it to anybody who has come to you.",
            ],
        )
    )


def _what(known: Known) -> Iterator[Part]:
    yield Section("What there is")
    beside: list[Text] = [
        f"{known.who[0].upper()}{known.who[1:]} has an account on Ethereum or a chain like it: {known.chain}. Think "
        "of a safe that stands in public: everybody can see it and what is in it, and nobody can open it without its "
        "keys. No bank has them, and no company can be asked to open it.",
        [bold("Its number, called address: "), known.account],
    ]
    links = [explorer_link(chain_id, "address", known.account) for chain_id in known.chains]
    if found := [link for link in links if link]:
        beside.append(f"What is in it can be seen in any browser: {listing(found)}")
    yield Code(known.account, "the account", tuple(beside))
    yield Said(
        "The keys may be lost when their owner is. For that case there are guardians: people who cannot open the safe "
        "either, but who together can have its lock changed, to a key of yours. That is slow and in public, on "
        "purpose, so that nobody does it while the owner lives."
    )
    yield Said(
        [
            bold("Nothing runs out. "),
            "The account does not expire, nobody charges for it, and guardians can act next year as well as today. "
            "Whoever says that it is urgent wants to rob you. Who inherits is decided by the law and the will; this "
            "says only how it is done.",
        ]
    )


def _gather(known: Known, names: bool) -> Iterator[Part]:
    yield Section("Whom to gather, and how many")
    needed = [path for _, path in known.for_heirs]
    alone = len(needed) == 1
    yield Said("You need the guardians of this path:" if alone else "You need those of one path of these:")
    yield Points(tuple(Step(what(known, path, names)) for path in needed))
    ring = rings(known) if names else []
    count = len({name for path in needed for name, _ in path.guardians})
    if ring:
        others = f" There are {count} in all: ask these for the others." if len(ring) < count else ""
        yield Said(f"To be rung first; they know how to go on:{others}")
        yield Points(tuple(Step(bold(each)) for each in ring))
    else:
        yield Said(
            f"There {'are' if count > 1 else 'is'} {count} guardian{'s' if count > 1 else ''} in all. How they are "
            "reached is not written here, so that nobody can press them. Each was told, and has a sheet or file called "
            "“Recovery kit” with the address above. Ask family, close friends and the notary who has one; the owner's "
            "own papers name them all."
        )
    if rest := [path for path in known.plan.paths if path not in needed]:
        yield Said("What guardians can do besides, most of it for a living owner:")
        yield Points(tuple(Step(what(known, path, names)) for path in rest))


def _when(known: Known, names: bool) -> Iterator[Part]:
    if not known.silent:
        yield Section("When, at the earliest")
        yield Said(
            [
                bold("No path waits for the owner's silence, so there is no date to wait for. "),
                without_silence(known, names),
            ]
        )
        return
    yield Section("When, at the earliest")
    yield Said(
        "The clock begins with the owner's last sign of life, and with each it begins anew. "
        + (
            "As it stood when this was written:"
            if known.stands
            else "No chain was asked when this was written, so there are no dates here; a guardian can look."
        )
    )
    yield from dates(known, names, inner=True)
    if known.quick:
        yield Said(without_silence(known, names))


def _steps(known: Known) -> Iterator[Part]:
    (_, path), *others = known.for_heirs
    after = f"On “{path.label}”, {duration(path.delay)} later" if others else f"{duration(path.delay)} later"
    yield Section("What to do")
    yield Said(
        "Grey lines are typed by a guardian, into a program called recovery; this is how they get it, on a computer "
        "with Python. KEY is their keystore file or its name, kit.json their kit, URL the address of a node of "
        f"{known.chain}, and ADDR your new address.",
        (INSTALL,),
    )
    yield Steps(
        (
            Step(
                "Agree among yourselves, and with whoever administers the estate, who shall hold the key: one of you, "
                "or several of whom a number has to sign. Get advice on the law and on tax before, not after."
            ),
            Step(
                "Gather the guardians, in person if you can, with papers that show what has happened. Ring them; do "
                "not answer people who write to you first."
            ),
            Step(
                "Have a new key: a hardware wallet bought from its maker is best. You make it yourselves. Its twelve "
                "or 24 words you write on paper, and nobody ever sees them, no guardian, no helper, no website."
            ),
            Step("Read its address, 0x and 40 letters and digits, to the guardians. Have it read back, all of it."),
            *_waiting(known, path),
            Step(
                "One guardian writes a request with that address, on their computer. It shows six words. Each guardian "
                "hears them from that one, sees the same, and signs. You see the address on a screen of theirs: is it "
                "yours? "
                + (f"On {_labels(others)} it is the same, with that name after --path. " if others else "")
                + "Are you several, --new-owner ADDR is repeated for each address, and --threshold N says how many of "
                "you have to sign.",
                (
                    f"recovery request --kit kit.json --path {quoted(path.label)} --new-owner ADDR {LONG} {_NET}",
                    "recovery words request.json",
                    f"recovery approve request.json --kit kit.json --signer KEY {_NET}",
                ),
            ),
            Step(
                "With enough of them, somebody starts it, within 30 days of the request: that long signatures are "
                f"good. {after} somebody finishes it; for that there are {duration(path.window)}. "
                "Both pay a small fee from an account of their own, and get no right by it.",
                (
                    f"recovery start request.json approval-*.json --account KEY {_NET}",
                    f"recovery finalize {known.account} --request request.json --account KEY {_NET}",
                ),
            ),
            Step(
                "Now it is yours, and from here on you type yourselves, with the same program. Is your new key in a "
                "hardware wallet? Then the program reaches it through Ape: these lines are for one of Ledger's, other "
                "makers' have plugins of their own. NAME is what you call it.",
                LEDGER,
            ),
            Step(
                "Send a small sum first, see that it arrives, and then the rest to where you want it. KEY after "
                "--signer is now your own: that NAME, or your keystore file. If several of you have to sign, --signer "
                "KEY is repeated for each. KEY after --account is whoever pays the fee.",
                (f"recovery wallet send {known.account} --to ADDR --value SUM --signer KEY --account KEY {_NET}",),
            ),
        )
    )


def _waiting(known: Known, path: PathPlan) -> tuple[Step, ...]:
    """Nobody can start before a path is open, and every sign of life moves that."""
    if not path.inactivity:
        return ()
    when = "the date above" if known.stands else f"the owner has been silent for {duration(path.inactivity)}"
    return (
        Step(
            f"Not before {when}. This says {'whether it still holds' if known.stands else 'when that is'}: every sign "
            f"of life moves it (there {known.numbers}).",
            (f"recovery status {known.account} --events {_NET}",),
        ),
    )


def _labels(paths: Sequence[tuple[int, PathPlan]]) -> str:
    return listing([f"“{path.label}”" for _, path in paths])


def _trouble(known: Known) -> Iterator[Part]:
    yield Section("If something does not go as written")
    yield Points(
        (
            Step(
                "This may be old. Where the account stands now, and which paths there are, the chain says to anybody:",
                (f"recovery status {known.account} --events {_NET}",),
            ),
            Step(
                "You find sheets with words, devices, or envelopes that say “share” or “guardian”: keep them closed "
                "and apart, and photograph nothing. A sheet of a share or a seed phrase has a page “Heirs”, which is "
                "not secret and says what to do; it may be the quicker way. Show none to anybody who offers help."
            ),
            Step(
                "A guardian has died or lost the key: others may be enough. Any path above with enough of them will do."
            ),
            Step(
                "Somebody says they can get you in for a fee, or faster: they cannot. Nobody can, not even those who "
                "wrote the program."
            ),
            Step(
                "The program cannot be had any more: every guardian's kit can be used without it. Search for "
                "RECOVER.md or RECOVER.txt, in every copy of it, and show it to somebody who knows Ethereum."
            ),
        )
    )


def _holders(known: Known) -> Iterator[Part]:
    if known.shares:
        yield Section("Who holds shares of keys")
        yield Said(
            "A share alone is worth nothing; enough of them bring back a key. The owner wanted you to know who has "
            "them."
        )
        yield Points(tuple(Step(shares_of(each)) for each in known.shares))
