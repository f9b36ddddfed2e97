"""The owner's runbook: what to do when, with the owner's own paths, names and numbers."""

from __future__ import annotations

from collections.abc import Iterator

from ..explain import duration, when
from ..sheets.text import Text, bold
from .footers import footer
from .known import Known, quoted
from .model import Code, Document, Framed, Part, Said, Section, Step, Steps, Table
from .owner_cases import cases


def owner_runbook(known: Known) -> Document:
    """What the owner does when something happens, and each year."""
    return Document(
        "runbook-owner",
        "Runbook for the owner",
        ["what to do about ", bold(known.account)],
        footer("Owner", known),
        (*_head(known), *_guardians(known), *cases(known), *_each_year(known)),
    )


def _head(known: Known) -> Iterator[Part]:
    yield Framed(
        (
            [
                bold("No key stands here, and nothing that opens one. "),
                "But whoever finds this knows which account is yours, who your guardians are, how they are reached, "
                "who holds shares, and how long each way takes: whom to deceive or to threaten, and how much time "
                "they have. It is as secret as your folder. Keep one copy where you would look when your home has "
                "burned down, and destroy the one that this replaces.",
            ],
        )
    )
    facts: list[tuple[str, Text]] = [
        ("Chains" if len(known.chains) > 1 else "Chain", known.chain),
        ("Module", known.module),
        ("Policy", known.version),
        ("A change", f"of the policy waits {duration(known.plan.change_delay)}"),
    ]
    if known.plan.owners:
        least, count = known.plan.owners_threshold, len(known.plan.owners)
        facts.append(("Your keys", f"at first, {least} of {count} sign"))
        facts += [("", f"{name}: {signer}") for name, signer in known.plan.owners]
    if known.passed_on:
        facts.append(("Your keys", "are others by now than those that the policy file names"))
    if known.newest != known.number:
        facts.append(("Newer", f"policy-{known.newest}.json, which is not in force"))
    for stand in known.stands:
        facts.append(("Seen", f"{when(stand.state.time)}, block {stand.block} of chain {stand.chain_id}"))
    if not known.stands:
        facts.append(("Seen", "no chain was asked: that this policy is in force is what your folder says"))
    beside: list[Text] = [
        [bold("Account "), known.account],
        "In commands, KEY is a keystore file or the alias of an Ape account, URL the address of a node (or leave "
        "--network out and set RECOVERY_NETWORK), and what else is in capitals is yours to fill in. Add --dry-run to "
        "whatever sends, and look at it first.",
    ]
    if known.plan.owners_threshold > 1:
        beside.append("Where --signer KEY stands several times, each is another of your keys.")
    elif not known.plan.owners:
        beside.append("If several of your keys have to sign, repeat --signer KEY for each.")
    if len(known.chains) > 1:
        beside.append("It stands on several chains. Whatever is sent changes it on one of them: do it on each.")
    yield Code(known.account, "the account", tuple(beside))
    yield Table(tuple(facts))


def _guardians(known: Known) -> Iterator[Part]:
    from ..cli.words import plan_lines
    from ..lint import margin

    yield Section("Who can do what")
    yield Table(tuple(plan_lines(known.plan)))
    spare = margin(known.plan)
    many = {1: "One of these people", 2: "Two of these people", 3: "Three of these people"}.get(
        spare, f"{spare} of them"
    )
    yield Said(
        f"{many} can be lost, whoever it is, and a path that needs no silence still works."
        if spare > 0
        else "If the wrong one of them is lost, no path is left that needs no silence."
        if spare == 0
        else "No path works without waiting for silence."
    )
    yield Section("Your guardians")
    contacts, sealed = dict(known.contacts), dict(known.sealed)
    rows: list[tuple[str, Text]] = []
    for guardian in known.plan.guardians:
        said = [contacts.get(guardian.name, "no contact on a card: write it here")]
        if guardian.name in known.own:
            said = ["a key of your own"]
        if guardian.name in sealed:
            said.append(f"a sheet of paper in an envelope, kept by {sealed[guardian.name] or 'whom you know'}")
        if guardian.person:
            said.append(f"that is {guardian.person}")
        places = ", ".join(
            f"{path.label} ({votes} votes)" if votes > 1 else path.label for _, path, votes in known.places_of(guardian)
        )
        rows.append((guardian.name, f"{'; '.join(said)}. In: {places}"))
    yield Table(tuple(rows))


def _each_year(known: Known) -> Iterator[Part]:
    place, net = quoted(known.place), "--network URL"
    steps = [
        Step(
            "See where the account stands, whose it is, and who still answers.",
            (f"recovery status --folder {place} {net}", f"recovery wallet show {known.account} {net}"),
        ),
        Step(
            "Ask each guardian to check their kit, and file what they send. Ring them for it: in a year their numbers "
            "and yours may change. Envelopes stay closed for five years.",
            (f"recovery guardian receive FILE... --folder {place}", f"recovery guardian list --folder {place} {net}"),
        ),
        Step(
            "Open each of your own keys and sign with it. The last also shows that you are alive.",
            (f"recovery heartbeat {known.account} {known.signers} --account KEY {net}",),
        ),
    ]
    if known.shares:
        steps.append(
            Step(
                "Have those who hold shares show that they have them. Nobody sends you a share for that.",
                (
                    *(f"recovery backup check --set {each.id} --folder {place}" for each in known.shares),
                    f"recovery backup receive ANSWER... --folder {place}",
                ),
            )
        )
    if known.freezing:
        steps.append(
            Step(
                "Have the freeze that was signed ahead renewed before its date, or have one made.",
                (
                    f"recovery request --action freeze --policy {quoted(known.policy_file)} --wallet {known.account} "
                    f'--path {quoted(known.freezing[0][1].label)} --deadline "400 days" -o freeze.json {net}',
                    f"recovery freeze-card freeze.json APPROVAL... --folder {place} {net}",
                ),
            )
        )
    steps += [
        Step(
            "Make a new bundle, take it to where your copies are, and destroy the old one.",
            (f"recovery bundle make --folder {place} -o bundle.zip {net}", "recovery bundle verify bundle.zip"),
        ),
        Step(
            "Is this still the policy that you would make today?",
            (f"recovery policy lint {quoted(known.policy_file)}",),
        ),
        Step(
            "Write these runbooks and the heir's letter anew: the dates in the letter go by your last sign of life.",
            (f"recovery plan --folder {place} --replace {net}",),
        ),
    ]
    yield Section("Each year")
    yield Steps(tuple(steps))
