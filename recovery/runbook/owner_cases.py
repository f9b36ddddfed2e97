"""What may happen to an owner, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterator

from ..explain import duration, listing, when
from ..plan import PathPlan
from ..sheets.text import Span, Text, bold
from .known import Known, Shares, quoted
from .model import Part, Points, Said, Section, Step, Steps

_NET = "--network URL"
_PAID = f"--account KEY {_NET}"


def cases(known: Known) -> Iterator[Part]:
    """One section for each thing that may happen."""
    yield from _lost(known)
    yield from _stolen(known)
    yield from _seen(known)
    yield from _unasked(known)
    yield from _burned(known)
    yield from _guardian(known)
    yield from _shares(known)
    yield from _away(known)
    yield from _gone(known)


def _path(path: PathPlan) -> list[str | Span]:
    from ..cli.words import sentence

    return [bold(path.label), ": ", sentence(path)]


def _recover(known: Known, path: PathPlan, file: str) -> tuple[Step, ...]:
    """From a request to new owners, on one path."""
    stem = "approval" if file == "request.json" else file.removesuffix(".json")
    return (
        Step(
            "Write the request, here or with any guardian (there with --kit). New owners are all keys that shall own "
            "it from then on.",
            (
                f"recovery request --policy {quoted(known.policy_file)} --wallet {known.account} "
                f"--path {quoted(path.label)} --new-owner ADDR -o {file} {_NET}",
                f"recovery words {file}",
            ),
        ),
        Step(
            "Send it to the guardians. Then ring each of them: read them the new address and the six words, and never "
            "write those. They send back their approvals."
        ),
        Step(
            f"With enough approvals anybody can start it, and {duration(path.delay)} later anybody can finish it, for "
            f"{duration(path.window)}.",
            (
                f"recovery start {file} {stem}-*.json {_PAID}",
                f"recovery finalize {known.account} --request {file} {_PAID}",
            ),
        ),
    )


def _lost(known: Known) -> Iterator[Part]:
    plan = known.plan
    yield Section("A key of mine is lost, and nobody else has it")
    look = ["recovery keys restore --expect ADDR"]
    if any(each.key for each in known.shares):
        look.append(f"recovery backup combine FILE... --as keystore -o key.json --folder {quoted(known.place)}")
    steps = [
        Step(
            "First look for its backup: words on paper, or shares (FILE is one; --typed asks for words).",
            one_of=tuple(look),
        )
    ]
    left = len(plan.owners) - 1
    if plan.owners and left >= plan.owners_threshold:
        steps.append(
            Step(
                f"{plan.owners_threshold} of your {len(plan.owners)} keys are enough: replace the lost one at once, "
                "without guardians. Name every key that stays, too.",
                (
                    f"recovery keys rotate {known.account} --new-owner ADDR --new-owner ADDR --threshold N "
                    f"--new-signer KEY {known.signers} {_PAID}",
                ),
            )
        )
    elif left > 0:
        steps.append(
            Step(f"It takes {plan.owners_threshold} of your {len(plan.owners)} keys: you need your guardians.")
        )
    steps.append(Step("Make a new key.", ("recovery keys new",)))
    found = known.for_loss
    if found is None:
        steps.append(Step("No path helps at once: all of them wait until you have been silent. See “I will be away”."))
    else:
        steps.append(Step(["The way back is the path ", *_path(found[1])]))
        steps += _recover(known, found[1], "request.json")
        steps.append(
            Step(
                "Afterwards the chain shows who has helped you. Hide them again, and write this anew.",
                (
                    f"recovery guardian renew --folder {quoted(known.place)} {_NET}",
                    f"recovery plan --folder {quoted(known.place)} --replace {_NET}",
                ),
            )
        )
    yield Steps(tuple(steps))


def _stolen(known: Known) -> Iterator[Part]:
    place = quoted(known.place)
    yield Section("A key of mine is stolen, or I fear it")
    steps = [
        Step(
            "Can you still sign yourself? Then put a fresh key in the place of the stolen one, at once. The fresh one "
            "comes from a device that the thief cannot have been in.",
            (f"recovery keys compromised --folder {place} {known.signers} --new-owner ADDR --new-signer KEY {_PAID}",),
        ),
        Step(
            "Otherwise freeze it, and have everything else drafted.",
            (f"recovery panic --folder {place} {_PAID}",),
        ),
    ]
    freezing = known.freezing
    steps += [Step(["Who can freeze it: ", *_path(path)]) for _, path in freezing]
    if not freezing:
        steps.append(Step("Your policy has no path that freezes: until there are new owners, a thief can spend."))
    found = known.for_theft
    if found is None:
        steps.append(
            Step(
                "Your policy has no path that needs no silence and that a thief could not cancel. Whoever has your "
                "keys can cancel every recovery: have it started again each time, and change the policy before it "
                "comes to that."
            )
        )
    else:
        steps.append(Step(["The way back, which a thief cannot cancel, is the path ", *_path(found[1])]))
        longest = max((path.window for _, path in freezing), default=0)
        if longest and longest <= found[1].delay:
            steps.append(
                Step(
                    f"The freeze ends after {duration(longest)}, the recovery takes {duration(found[1].delay)} from "
                    "its start: for the time between, the thief can spend."
                )
            )
        steps += _recover(known, found[1], "theft.json")
    steps.append(
        Step("Nothing brings back what was sent before. Tokens that you allowed others to take are not frozen.")
    )
    yield Steps(tuple(steps))


def _seen(known: Known) -> Iterator[Part]:
    yield Section("Somebody has seen my seed phrase, or has a photo of it")
    yield Said(
        "Then every key that follows from it is stolen, also if nothing has happened yet. Do what stands above under "
        "“stolen”, now."
    )
    yield Points(
        (
            Step("Move what every other account of that phrase holds, on every chain, to a phrase that is new."),
            Step("Is one of these keys a guardian, of yours or of others? Have it replaced there, too."),
            Step(
                "Shares of that phrase still give it. Once everything that it opens was moved, have them destroyed. "
                "New shares of it would not help: split the new one."
            ),
            Step("Never type it anywhere again, not to look whether it is “still safe” either."),
        )
    )


def _unasked(known: Known) -> Iterator[Part]:
    yield Section("A recovery or a change of policy that I did not ask for")
    steps = [Step("See what it is.", (f"recovery status --folder {quoted(known.place)} {_NET}",))]
    mine = [path.label for _, path in (*known.quick, *known.silent) if path.owner_cancels]
    others = [path for _, path in (*known.quick, *known.silent) if not path.owner_cancels]
    silent = [path.label for _, path in known.silent]
    if silent:
        steps.append(
            Step(
                f"On {_labels(silent)} any sign of life ends it, also after it has started.",
                (f"recovery heartbeat {known.account} {known.signers} {_PAID}",),
            )
        )
    if mine:
        steps.append(
            Step(
                f"On {_labels(mine)} you cancel it yourself.",
                one_of=tuple(
                    f"recovery cancel {known.account} --path {quoted(label)} --policy {quoted(known.policy_file)} "
                    f"{known.signers} {_PAID}"
                    for label in mine
                ),
            )
        )
    for path in others:
        veto = [label for label in (veto.label for _, veto in known.vetoing)] if path.vetoable else []
        by = f", or those of {_labels(veto)}" if veto else ""
        steps.append(
            Step(
                f"On “{path.label}” you cannot. Its own guardians can{by}: ring them.",
                one_of=(
                    f"recovery request --action cancel --policy {quoted(known.policy_file)} --wallet {known.account} "
                    f"--path {quoted(path.label)} -o cancel.json {_NET}",
                    *(
                        f"recovery request --action veto --stop {quoted(path.label)} --policy "
                        f"{quoted(known.policy_file)} --wallet {known.account} --path {quoted(label)} -o veto.json "
                        f"{_NET}"
                        for label in veto
                    ),
                ),
            )
        )
    steps.append(
        Step(
            f"A change of policy waits {duration(known.plan.change_delay)}. Drop it in that time. If you have not "
            "asked for it, your key is stolen: see there.",
            (f"recovery policy drop {known.account} {known.signers} {_PAID}",),
        )
    )
    yield Steps(tuple(steps))


def _burned(known: Known) -> Iterator[Part]:
    yield Section("My computer has burned, with the folder on it")
    yield Points(
        (
            Step(
                "With a copy of the folder nothing is lost. With a bundle almost nothing: unpacked, it is the folder, "
                "without keys, sheets, runbooks and a freeze that was signed ahead. Have that signed again.",
                (
                    "recovery bundle verify bundle.zip",
                    "recovery bundle unpack bundle.zip -o FOLDER",
                    f"recovery status --folder FOLDER {_NET}",
                ),
            ),
            Step(
                "With the policy secret alone (on paper, or as shares) and the guardians' cards, which they can make "
                "again, policy file and kits are made anew.",
                (f"recovery kit rebuild --account {known.account} --card FILE --card FILE {_NET}",),
            ),
            Step(
                "With nothing: your guardians have their kits, and these are all that a recovery takes. Then make a "
                "new folder and policy for the account.",
                (f"recovery setup FOLDER --adopt {known.account} --signer KEY {_PAID}",),
            ),
            Step(
                "The keys that were on it: restore them from their words, or see under “lost”. If it was not fire but "
                "a thief, see under “stolen”.",
                ("recovery keys restore --expect ADDR",),
            ),
        )
    )


def _guardian(known: Known) -> Iterator[Part]:
    place = quoted(known.place)
    yield Section("A guardian has died, has lost the key, leaves, or is suspected")
    waits = duration(known.plan.change_delay)
    yield Points(
        (
            Step(
                "Kit lost, key still there: make the same kit again, and hand it over.",
                (f"recovery kit make NAME --folder {place}",),
            ),
            Step(
                "Died, key lost, resigned: put somebody in their place. It waits "
                f"{waits} from the second command to the third; the kits of all others stay good.",
                (
                    f"recovery guardian replace NAME --by CARD --folder {place} {_NET}",
                    f"recovery policy change --folder {place} {known.signers} {_PAID}",
                    f"recovery policy apply {known.account} {_PAID}",
                ),
            ),
            Step(
                f"Suspected, or their key is stolen: replace them in the same way, and for these {waits} look every "
                "day whether something was started. Alone they can do only what a threshold of one allows.",
                (f"recovery status --folder {place} {_NET}",),
            ),
            Step(
                f"Who can act alone: {_alone(known)}. Until somebody is in the place of whoever is missing, fewer of "
                "the others can be spared: do not wait for the next year."
            ),
        )
    )


def _alone(known: Known) -> str:
    found = [
        f"{name} ({path.label})"
        for path in known.plan.paths
        for name, votes in path.guardians
        if votes >= path.threshold
    ]
    return listing(found) if found else "nobody"


def _shares(known: Known) -> Iterator[Part]:
    place = quoted(known.place)
    yield Section("A share is lost, or its holder cannot be reached")
    if not known.shares:
        split = f"recovery backup split --seed --group RULE --holder NAME --holder NAME --folder {place}"
        yield Points((Step("Your folder knows of no shares. To make some, of a seed phrase:", (split,)),))
        return
    yield Points(tuple(Step(shares_of(each)) for each in known.shares))
    others = "--signer KEY " * (known.plan.owners_threshold - 1)  # the key in the shares signs, too
    yield Steps(
        (
            Step("See how many may still be lost.", (f"recovery backup list --folder {place}",)),
            Step(
                "As long as enough are left, make a fresh set of them, with a fresh key for the wallet, and then have "
                "the old ones destroyed. Of what owns no wallet, such as the policy secret: without --rotate, "
                "--account and --network.",
                (
                    f"recovery backup heal FILE... --group RULE --holder NAME --holder NAME --rotate --folder {place} "
                    f"{others}{_PAID}",
                ),
            ),
            Step(
                "If fewer are left than are needed, but the key still works: replace it by a fresh one, and split "
                "that one. If a stranger may have as many as are needed, the "
                "key is stolen: see there."
            ),
        )
    )


def shares_of(shares: Shares) -> Text:
    """A set of shares, with who holds them."""
    held = listing(tuple(dict.fromkeys(shares.holders)))
    return [
        bold(shares.label or f"set {shares.id}"),
        f"{f' (set {shares.id})' if shares.label else ''}: {shares.what}, {shares.rule}. Held by {held}.",
    ]


def _away(known: Known) -> Iterator[Part]:
    yield Section("I will be away, or cannot send anything for months")
    if not known.silent:
        yield Said(
            "No path of yours waits for silence: nothing opens because you are away. But nobody cancels what should "
            "not be, either: leave it to somebody to look once a week, and to ring you or the guardians."
        )
        return
    for _, path in known.silent:
        yield Said(["Path ", *_path(path), *_opens(known, path)])
    yield Steps(
        (
            Step(
                "Show that you are alive just before you go. It counts to the end of that day (UTC). Do it on every "
                "chain: each has a clock of its own.",
                (f"recovery heartbeat {known.account} {known.signers} {_PAID}",),
            ),
            Step(
                "Put the dates into a calendar, and leave it with somebody who can reach you.",
                (f"recovery status --folder {quoted(known.place)} --ics recovery.ics {_NET}",),
            ),
            Step(
                "Will you be away for longer than the path waits? Change the policy to a longer silence, in time: the "
                f"change waits {duration(known.plan.change_delay)}.",
                (f"recovery policy change --folder {quoted(known.place)} {known.signers} {_PAID}",),
            ),
            Step(
                "Tell your guardians, by telephone, until when you are away: then they know that silence means nothing."
            ),
        )
    )


def _opens(known: Known, path: PathPlan) -> list[str]:
    found = []
    for stand in known.stands:
        opens = stand.state.inactive_at(path.inactivity)
        if opens:
            found.append(f" On chain {stand.chain_id} it opens {when(opens)} if you stay silent from now on.")
    return found


def _gone(known: Known) -> Iterator[Part]:
    yield Section("The node, the explorer, or this program is gone")
    yield Points(
        (
            Step("A node is only a window: name another one with --network. Any node of the chain will do."),
            Step(
                "Nothing here needs an explorer, a server or a company. The contracts stay where they are and belong "
                "to nobody."
            ),
            Step(
                "Without this program: RECOVER.md goes from a guardian's kit to new owners with “cast” alone, or with "
                "a block explorer alone. It is in every bundle, and in every copy of the program (as "
                "RECOVER.txt). Print it now."
            ),
            Step("Without its makers: the files are JSON, described in docs/files.md of every copy."),
        )
    )


def _labels(labels: list[str]) -> str:
    return listing([f"“{label}”" for label in labels])
