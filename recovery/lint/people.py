"""What is wrong with who stands in a policy, and with how many of them it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from ..explain import duration, listing
from ..plan import PathPlan
from ..policy import Right
from ..signer import Signer
from .case import Case, Finding, Severity
from .votes import Group, Votes, disjoint, indispensable, quick_paths, remaining

# --------------------------------------------------------------------------------------- the owner's keys


def _single_key(case: Case) -> Iterator[Finding]:
    if case.owners is None or case.owners.threshold > 1:
        return
    names = [name for name, signer in case.plan.owners if signer in case.owners.signers]
    which = f"any one of {len(case.owners.signers)} keys" if len(case.owners.signers) > 1 else "one key"
    who = f" ({listing(names, 'or')})" if names else ""
    yield Finding(
        "single-key",
        Severity.WARNING,
        "",
        f"A thief needs no more than {which}{who} to spend everything at once. Guardians can replace the owners, but "
        "they cannot bring back what is gone.",
        "Let two keys own the account, both of which have to sign, with a path for the loss of either: "
        "recovery policy new --template family",
    )


def _owner_guardian(case: Case) -> Iterator[Finding]:
    for path in case.plan.paths:
        own = [
            name
            for name, _ in path.guardians
            if case.persons[name] in case.keys
            or (case.plan.owner and case.plan.guardian(name).whose == case.plan.owner)
        ]
        if not own or path.right is Right.FREEZE:  # to freeze one's own account takes nothing from anybody
            continue
        many = len(own) > 1
        does = "stop recoveries and changes of policy" if path.right is Right.VETO else "replace the owners"
        yield Finding(
            "owner-is-guardian",
            Severity.WARNING,
            path.label,
            f"{listing(own)} {'are' if many else 'is'} your own, and {'vote' if many else 'votes'} on path "
            f"{path.label!r} too: who steals {'one of them' if many else 'it'} has that much of what it takes to "
            f"{does}, and if you lose {'them' if many else 'it'} the {'votes are' if many else 'vote is'} gone.",
            "Let other people stand there, or see to it that the votes of others decide.",
        )


# -------------------------------------------------------------------------------------------------- people


def _same_person(case: Case) -> Iterator[Finding]:
    for path in case.plan.paths:
        names: dict[str, list[tuple[str, int]]] = {}
        for name, weight in path.guardians:
            names.setdefault(case.persons[name], []).append((name, weight))
        for person, keys in names.items():
            if len(keys) < 2:
                continue
            alone = _twice_alone(keys, path.threshold)
            then = f", and so reaches the threshold of {path.threshold} alone" if alone else ""
            yield Finding(
                "same-person",
                Severity.ERROR if alone else Severity.WARNING,
                path.label,
                f"{listing([name for name, _ in keys])} on path {path.label!r} are all {person}, who has "
                f"{sum(weight for _, weight in keys)} votes that way{then}.",
                "Keep one guardian for each person; if one should count for more, give that one more votes.",
            )
        yield from _shared_safe(case, path)


def _twice_alone(keys: Sequence[tuple[str, int]], threshold: int) -> bool:
    """Whether one person's guardians reach a threshold together that none of them reaches."""
    return sum(weight for _, weight in keys) >= threshold > max(weight for _, weight in keys)


def _shared_safe(case: Case, path: PathPlan) -> Iterator[Finding]:
    known = {guardian.signer: guardian.name for guardian in case.plan.guardians}
    owning = set(case.owners.signers) if case.owners else set()
    members = [case.plan.guardian(name) for name, _ in path.guardians]
    behind: dict[Signer, list[str]] = {}
    for guardian in members:
        for signer in dict.fromkeys(case.safes.get(guardian.signer, ())):
            behind.setdefault(signer, []).append(guardian.name)
    for signer, safes in behind.items():
        here = [guardian.name for guardian in members if guardian.signer == signer]
        merged = all(len(case.safes[case.plan.guardian(name).signer]) == 1 for name in safes)
        if signer not in owning and (len(safes) + len(here) == 1 or merged):
            continue  # in one way only, or taken for one person already
        who = known.get(signer) or next((name for name, key in case.plan.owners if key == signer), str(signer))
        places = f"the Safe{'s' if len(safes) > 1 else ''} {listing(safes)}"
        also = " and owns the account" if signer in owning else ""
        also += " and is a guardian there as well" if here else ""
        yield Finding(
            "shared-safe",
            Severity.WARNING,
            path.label,
            f"On path {path.label!r} {who} is one of the owners of {places}{also}: one person, or one stolen key, "
            "counts towards more than one vote.",
            "Let nobody stand in a path in two ways: replace the Safe, or have it replace that owner.",
        )


def _alone(case: Case) -> Iterator[Finding]:
    for path in case.rotating:
        votes = case.votes(path)
        for person in [person for person, number in votes.items() if number >= path.threshold]:
            keys = [(name, weight) for name, weight in path.guardians if case.persons[name] == person]
            if _twice_alone(keys, path.threshold) or (
                person in case.keys and case.owners is not None and case.owners.threshold == 1
            ):
                continue  # said elsewhere: the same person twice, or a key that may do everything anyhow
            yield _alone_on(case, path, person, votes)


def _alone_on(case: Case, path: PathPlan, person: str, votes: Votes) -> Finding:
    label, after = path.label, duration(path.delay)
    more = f"Raise the threshold of {path.label!r} so that it takes two people"
    more += "." if len(votes) > 1 else ", and name a second one."
    if path.inactivity:
        return Finding(
            "alone",
            Severity.NOTE,
            label,
            f"Once you have been silent for {duration(path.inactivity)}, {person} alone can take over the account on "
            f"path {label!r}, after {after} more.",
            f"If that is too much for one person: {more[0].lower()}{more[1:]}",
        )
    stops = [who for who, can in (("you", path.owner_cancels), ("a veto", case.vetoed(path, person))) if can]
    if not stops:
        return Finding(
            "alone",
            Severity.ERROR,
            label,
            f"{person} alone can take over the account on path {label!r} after {after}, and nobody can stop it.",
            more,
        )
    return Finding(
        "alone",
        Severity.WARNING,
        label,
        f"{person} alone can start to take over the account on path {label!r}; only {listing(stops, 'or')} can stop "
        f"it, within {after}.",
        more,
    )


def _unstoppable(case: Case) -> Iterator[Finding]:
    for path in case.theft:
        votes = case.votes(path)
        if case.vetoed(path) or any(number >= path.threshold for number in votes.values()):
            continue
        yield Finding(
            "path-unstoppable",
            Severity.WARNING,
            path.label,
            f"Neither you nor a veto can stop path {path.label!r}: whoever deceives guardians with {path.threshold} of "
            f"its {sum(votes.values())} votes ({listing(list(votes))}) has the account after {duration(path.delay)}. "
            "Only guardians of that path can still cancel, with as many votes.",
            "That is the price of a path that a thief cannot cancel either. Keep its threshold high and its delay "
            "long, and tell its guardians to sign for nobody whom they have not spoken with; or make it vetoable.",
        )


def _veto(case: Case) -> Iterator[Finding]:
    for path in case.rotating:
        if path.vetoable and not case.vetoing:
            yield Finding(
                "veto-missing",
                Severity.WARNING,
                path.label,
                f"Path {path.label!r} says that it can be vetoed, but the policy has no path that vetoes.",
                "Add a path with `right: veto`, or leave out `vetoable`.",
            )
    if not case.theft or not all(case.vetoed(path) for path in case.theft):
        return
    labels = listing([repr(path.label) for path in case.theft])
    one = len(case.theft) == 1
    for veto in case.vetoing:
        votes = case.votes(veto)
        single = [person for person, number in votes.items() if number >= veto.threshold]
        who = f"{listing(single, 'or')} alone" if single else f"{listing(list(votes))}, with {veto.threshold} votes,"
        yield Finding(
            "veto-blocks-theft-path",
            Severity.WARNING,
            veto.label,
            f"On path {veto.label!r} {who} can block {'' if one else 'every one of '}{labels}, "
            f"the only {'path' if one else 'paths'} that a thief cannot cancel, for as long as they like.",
            "Add a path that neither you nor a veto can stop, with a higher threshold and a longer delay.",
        )


def _quorums(case: Case) -> Iterator[Finding]:
    for path in case.rotating:
        group = (case.votes(path), path.threshold)
        two = disjoint(group, group)
        if two:
            yield Finding(
                "disjoint-quorums",
                Severity.WARNING,
                path.label,
                f"On path {path.label!r} {listing(two[0])} could act against {listing(two[1])}: each of the two groups "
                f"has the {path.threshold} votes that it takes to replace the owners, and to cancel what the other "
                "began.",
                f"Raise the threshold to more than half of the votes: {sum(group[0].values()) // 2 + 1}.",
            )
    for one, other in combinations(case.rotating, 2):
        if bool(one.inactivity) != bool(other.inactivity):
            continue  # whoever needs silence gives way to whoever does not
        two = disjoint(_others(case, one), _others(case, other))
        if two:
            yield Finding(
                "rival-quorums",
                Severity.NOTE,
                one.label,
                f"{listing(two[0])} on path {one.label!r} and {listing(two[1])} on path {other.label!r} have nobody in "
                "common: should they ever disagree, whoever is ready first wins.",
                "If they might, let somebody both trust be needed on both paths.",
            )


def _others(case: Case, path: PathPlan) -> Group:
    """The votes of everybody but the owner's own keys: the owner against the guardians is no quarrel among them."""
    keys = case.keys
    return {person: votes for person, votes in case.votes(path).items() if person not in keys}, path.threshold


def _losses(case: Case) -> Iterator[Finding]:
    quick = quick_paths(case.plan)
    left = remaining(case.plan, quick, case.owners, persons=case.persons)
    waiting = [path for path in case.rotating if path.inactivity]
    silent = remaining(case.plan, waiting, case.owners, persons=case.persons)
    late = "only the paths that wait for your silence would be left" if silent else "nobody could get you back"
    if not left and quick:
        yield Finding(
            "needs-own-key",
            Severity.WARNING if silent else Severity.ERROR,
            "",
            f"Without the keys that own the account ({listing(list(dict.fromkeys(case.keys)))}) no path reaches its "
            f"threshold: if you lose them, {late}.",
            "Add a path whose guardians reach the threshold without your own keys.",
        )
    elif not left:
        yield Finding(
            "only-after-silence",
            Severity.NOTE if silent else Severity.ERROR,
            "",
            f"No path works before you have been silent: if you lose your keys, {late}."
            if silent
            else f"If you lose your keys, {late}: every path needs one of them.",
            "Add a path without inactivity, for the loss of your keys.",
        )
    needed = indispensable(left)
    if needed:
        several = len(needed) > 1
        yield Finding(
            "one-loss-from-lockout",
            Severity.WARNING,
            "",
            f"If you lose your keys and {'any one of ' if several else ''}{listing(needed)} cannot help, {late}.",
            "Name one guardian more than the threshold needs, or add a path that does without "
            f"{'any one of them' if several else needed[0]}.",
        )
    theft = remaining(case.plan, case.theft, case.owners, persons=case.persons)
    single = [] if needed else indispensable(theft)
    if single:
        yield Finding(
            "theft-needs-everybody",
            Severity.NOTE,
            case.theft[0].label if len(case.theft) == 1 else "",
            f"Against a thief, who cancels what you can cancel, you need {listing(single)}: nobody may be missing.",
            "If that is too much, name one guardian more on the path that you cannot cancel.",
        )


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _single_key,
    _same_person,
    _alone,
    _losses,
    _unstoppable,
    _veto,
    _quorums,
    _owner_guardian,
)
