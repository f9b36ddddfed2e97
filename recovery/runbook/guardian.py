"""A guardian's runbook: for one by name, or for whoever is one. It names nobody else."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import InvalidInput
from ..explain import duration, listing
from ..files import stem
from ..plan import PathPlan
from ..policy import Right
from ..sheets.text import Text, bold
from .footers import footer
from .known import INSTALL, LONG, Known, quoted
from .model import Code, Document, Framed, Part, Points, Said, Section, Step, Steps, Table

_NET = "--network URL"
_KIT = "--kit kit.json"
_PAID = f"--account KEY {_NET}"


def guardian_runbook(known: Known, name: str = "") -> Document:
    """What a guardian does when something happens.

    Args:
        known: The account.
        name: The guardian, or nothing for a runbook that fits all of them.

    Raises:
        InvalidInput: There is no such guardian, or it is a key of the owner's.
    """
    places: tuple[tuple[int, PathPlan, int], ...] = ()
    if name:
        places = known.places_of(known.plan.guardian(name))
        if name in known.own:
            raise InvalidInput(f"{name} is a key of the owner's own: what to do with it says the owner's runbook.")
    signer = "paper" if name in dict(known.sealed) else "KEY"
    indices = {index for index, _, _ in places} if name else set(range(len(known.plan.paths)))
    paths = [(index, path) for index, path in enumerate(known.plan.paths) if index in indices]
    return Document(
        f"runbook-guardian-{stem(name)}" if name else "runbook-guardian",
        "Runbook for a guardian",
        ["for ", bold(name)] if name else "for whoever has a recovery kit of this account",
        footer("Guardian", known),
        (
            *_head(known, name, places),
            *_who_asks(known),
            *_tasks(known, paths, signer),
            *_never(known),
            *_yourself(signer, bool(name) and signer == "paper"),
            *_death(known, paths, signer),
            *_gone(),
        ),
    )


def _head(known: Known, name: str, places: tuple[tuple[int, PathPlan, int], ...]) -> Iterator[Part]:
    from ..cli.words import sentence

    who = f"{name} is a guardian" if name else "there are guardians"
    yield Framed(
        (
            [
                bold("No key stands here. "),
                f"Whoever finds this can take nothing, but learns that {who} of this account, what is in "
                "it (that is public), how many have to agree, and how long it waits: "
                "enough to ring you and to pretend to be its owner. Keep it with your kit, and show it to nobody. The "
                "other guardians are not named here.",
            ],
        )
    )
    yield Code(
        known.account,
        "the account",
        (
            [bold("Account "), known.account],
            f"of {known.who}, on {known.chain}. It is this address in everything that you sign. One other letter, and "
            "it is somebody else's.",
        ),
    )
    yield Section("Who can do what")
    votes = {index: count for index, _, count in places}
    rows: list[tuple[str, Text]] = []
    for index, (path, structure) in enumerate(zip(known.plan.paths, known.structures, strict=True)):
        own = ""
        if name and index in votes:
            own = " You are in it" + (f", with {votes[index]} votes." if votes[index] > 1 else ".")
        rows.append((path.label, sentence(structure) + own))
    yield Table(tuple(rows))
    if not name:
        yield Said("In which of these you are says your kit.")


def _who_asks(known: Known) -> Iterator[Part]:
    yield Section("Who is asking? Before anything else")
    yield Steps(
        (
            Step(
                f"Whatever reaches you, by message, mail or call, does not count. You ring {known.who} yourself, on a "
                "number that you already had before. A number that came with the request is the thief's."
            ),
            Step(
                "Voices and faces can be imitated. Ask something that only you two know and that stands nowhere; your "
                "kit may say a question for it. Better still, meet."
            ),
            Step(
                f"{known.who[0].upper()}{known.who[1:]} reads you the request's six words and the new address, from a "
                "screen or paper of their own. You see the same on your screen, and are asked for two of the words. "
                "If one of them is another, stop: the request was swapped on its way."
            ),
            Step(
                f"Can {known.who} not be reached? Ring the others who stand in your kit, on numbers of yours. Nobody "
                "loses anything if you wait for a day."
            ),
        )
    )


def _tasks(known: Known, paths: list[tuple[int, PathPlan]], signer: str) -> Iterator[Part]:
    rights = {path.right for _, path in paths}
    yield Section("What you may be asked, and what you type")
    envelope = "You sign with the words in the envelope, which you open only for this. " if signer == "paper" else ""
    yield Said(
        "All of it is typed into a program called recovery; this is how you get it, on a computer with Python. "
        f"kit.json is your kit's file. {envelope}KEY is your keystore file or the alias of your Ape account, URL the "
        f"address of a node of {known.chain}.",
        (INSTALL,),
    )
    steps = [
        Step(
            "Is your kit on paper? This makes its file, of photos of its QR codes.",
            ("recovery scan PHOTO... -o kit.json",),
        ),
        Step("To look where the account stands.", (f"recovery status {known.account} {_KIT} {_NET}",)),
        Step(
            "To sign a request that was sent to you. It shows what you sign; send back the file that it writes. It is "
            "good for this one request and nothing else.",
            (f"recovery approve request.json {_KIT} --signer {signer} {_NET}",),
        ),
    ]
    for _, path in paths:
        if path.right is Right.ROTATE and not path.inactivity:
            steps.append(
                Step(
                    [
                        "To write a request yourself, for new owners, on ",
                        bold(path.label),
                        f" (it waits {duration(path.delay)}). You have spoken with {known.who}.",
                    ],
                    (
                        f"recovery request {_KIT} --path {quoted(path.label)} --new-owner ADDR {_NET}",
                        "recovery words request.json",
                    ),
                )
            )
    if Right.ROTATE in rights:
        steps.append(
            Step(
                "To start a recovery once there are enough approvals, and to finish it when its time has come. Anybody "
                "may, and pays a small fee.",
                (
                    f"recovery start request.json approval-*.json {_PAID}",
                    f"recovery finalize {known.account} --request request.json {_PAID}",
                ),
            )
        )
    stopped = [path.label for path in known.plan.paths if path.vetoable]
    for _, path in paths:
        if path.right is Right.FREEZE:
            steps.append(
                Step(
                    ["To stop all spending at once, on ", bold(path.label), f", for {duration(path.window)}."],
                    (
                        f"recovery request --action freeze {_KIT} --path {quoted(path.label)} -o freeze.json {_NET}",
                        f"recovery approve freeze.json {_KIT} --signer {signer} {_NET}",
                        f"recovery freeze freeze.json freeze-*.json {_PAID}",
                    ),
                )
            )
    for _, path in paths:
        if path.right is Right.VETO:
            by = f"{_KIT} --path {quoted(path.label)} -o veto.json {_NET}"
            steps.append(
                Step(
                    ["To stop a recovery or a change of policy that others have begun, on ", bold(path.label), "."],
                    (
                        f"recovery approve veto.json {_KIT} --signer {signer} {_NET}",
                        f"recovery veto veto.json veto-*.json {_PAID}",
                    ),
                    one_of=(
                        *(f"recovery request --action veto --stop {quoted(each)} {by}" for each in stopped),
                        f"recovery request --action veto --change {by}",
                    ),
                )
            )
    endings = [
        f"recovery request --action {action} {_KIT} --path {quoted(path.label)} -o {action}.json {_NET}"
        for _, path in paths
        for action in {Right.ROTATE: ("cancel",), Right.FREEZE: ("thaw",)}.get(path.right, ())
    ]
    if endings:
        ends = "To end what you and the others have begun. It is signed like any request, and takes as many of you."
        steps.append(Step(ends, one_of=tuple(endings)))
    steps.append(
        Step(
            "You have signed, and now fear that it was a trick. Then be quick: you hear what can still be done.",
            (f"recovery tricked request.json {_KIT} --signer {signer} {_NET}",),
        )
    )
    yield Points(tuple(steps))


def _never(known: Known) -> Iterator[Part]:
    yield Section("What nobody will ever ask you")
    yield Points(
        (
            Step("for your seed phrase, your key, its file or its password"),
            Step("for money, gas in advance, or a deposit"),
            Step("to hurry, to tell nobody, or to sign by a link in a message"),
            Step(f"to sign without having spoken with {known.who}; after a death, with the family, face to face"),
            Step("to write the six words into a message or a form"),
        )
    )
    yield Said([bold("Who asks for one of these is a thief, "), f"whoever it seems to be: ring {known.who} yourself."])


def _yourself(signer: str, sealed: bool) -> Iterator[Part]:
    yield Section("When something happens to you")
    points = [
        Step(
            "Every five years you are asked to open the envelope and to answer with its words. Then seal it again."
            if sealed
            else "Once a year you are asked whether you still have kit and key. This makes your answer.",
            (f"recovery guardian check kit.json --signer {signer} {_NET}",),
        ),
        Step("You have lost your kit: ask the owner for the same one again. Nobody can do anything with it."),
        Step(
            "You have lost your key: tell the owner now, not when it is needed. Somebody, or another key of yours, "
            "takes its place, and that waits for some time."
        ),
        Step(
            "Your key is stolen, or may be: the same, today. Until then a thief votes for you. Has something been "
            "started already? See “tricked” above."
        ),
        Step(
            "You do not want to be a guardian any more: say so, and stay until somebody is in your place.",
            (f"recovery guardian resign kit.json --signer {signer} {_NET}",),
        ),
        Step("Leave word with whoever will look through your things: what this is, and whom to tell."),
    ]
    yield Points(tuple(points))


def _death(known: Known, paths: list[tuple[int, PathPlan]], signer: str) -> Iterator[Part]:
    silent = [path for _, path in paths if path.inactivity]
    elsewhere = bool(known.silent) and not silent
    yield Section("If the owner has died, or cannot be found")
    steps = [
        Step(
            "Do nothing upon one message. See for yourself: the family, a certificate, a notary. Thieves read death "
            "notices, too."
        ),
        Step(
            "Find the heirs, and who of them may decide; that says the law or a will, not this program. They need a "
            "new key of their own, which they make themselves and whose words nobody else sees. You need its address, "
            "read to you face to face."
        ),
    ]
    for path in silent:
        steps.append(
            Step(
                [
                    "Path ",
                    bold(path.label),
                    f" opens when the owner has been silent for {duration(path.inactivity)}. From its start it waits "
                    f"{duration(path.delay)}, and it has to be finished within {duration(path.window)} after that.",
                ]
            )
        )
    if silent:
        steps.append(
            Step(
                "Since when the owner has been silent, and when that is, says the chain.",
                (f"recovery status {known.account} {_KIT} {_NET}",),
            )
        )
        steps.append(
            Step(
                "From then on, with enough of you. For 30 days your signatures are good: it has to be started in that "
                "time. A sign of life from the owner ends it, as it should.",
                one_of=tuple(
                    f"recovery request {_KIT} --path {quoted(path.label)} --new-owner ADDR {LONG} {_NET}"
                    for path in silent
                ),
                commands=(
                    f"recovery approve request.json {_KIT} --signer {signer} {_NET}",
                    f"recovery start request.json approval-*.json {_PAID}",
                    f"recovery finalize {known.account} --request request.json {_PAID}",
                ),
            )
        )
    if elsewhere:
        steps.append(Step("The path for this case is one of others, not yours. They know from their kits."))
    quick = [path.label for _, path in paths if path.right is Right.ROTATE and not path.inactivity]
    if quick:
        labels = listing([f"“{label}”" for label in quick])
        steps.append(
            Step(
                f"On {labels} you and the others could act without any silence, as above. Whether that is right "
                "without the owner's word is yours to answer for: be sure, and be many."
            )
        )
    yield Steps(tuple(steps))


def _gone() -> Iterator[Part]:
    yield Section("If this program, a node or an explorer is gone")
    yield Said(
        "Any other node of the chain will do. Without the program, RECOVER.md goes from your kit to new owners with "
        "other tools, or with a block explorer alone: it is in every bundle and every copy of the program. Keep it on "
        "paper with your kit."
    )
