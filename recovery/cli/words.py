"""Policies, paths and owners in words. Nothing secret: no salts, no policy secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..actions import Cancel, Freeze, Recover, VetoChange, VetoRequest
from ..explain import duration, listing
from ..kit import Kit
from ..plan import PathPlan, PolicyPlan
from ..policy import Path, Right
from ..quorum import Owners
from ..request import Request
from .sources import Source


def plural(number: int, name: str) -> str:
    """1 vote, 2 votes."""
    return f"{number} {name}" + ("" if number == 1 else "s")


def who(guardians: Sequence[tuple[str, int]], threshold: int) -> tuple[str, bool]:
    """Who has to act, and whether that is more than one person."""
    names = [name for name, _ in guardians]
    if all(weight == 1 for _, weight in guardians):
        if len(names) == 1:
            return names[0], False
        if threshold == len(names):
            return f"{listing(names)} together", True
        if threshold == 1:
            return f"Any one of {listing(names)}", False
        return f"Any {threshold} of {listing(names)}", True
    votes = [f"{name} ({plural(weight, 'vote')})" for name, weight in guardians]
    return f"{listing(votes)}, with {plural(threshold, 'vote')} together,", True


def who_unknown(count: int, threshold: int) -> tuple[str, bool]:
    """The same where neither names nor weights are known."""
    if count == 1:
        return "One guardian", False
    if threshold == 1:
        return f"Any one of {count} guardians", False
    return f"Guardians with {threshold} votes together ({count} guardians in all)", True


def sentence(path: Path | PathPlan, guardians: Sequence[tuple[str, int]] | None = None) -> str:
    """What a path is, in one sentence.

    Args:
        path: Its structure.
        guardians: Names and weights, or None if they are not known.
    """
    if guardians is None and isinstance(path, PathPlan):
        guardians = path.guardians
    if guardians is not None:
        subject, many = who(guardians, path.threshold)
    else:
        assert isinstance(path, Path)  # noqa: S101 - a plan has names
        subject, many = who_unknown(len(path.members), path.threshold)
    can = "" if many else "s"
    if path.right is Right.FREEZE:
        return f"{subject} freeze{can} the account at once, for {duration(path.window)}."
    if path.right is Right.VETO:
        return f"{subject} stop{can}, at once, a recovery that can be vetoed or a change of policy."
    if path.inactivity:
        subject = f"Once the owner has been silent for {duration(path.inactivity)}, {_lower(subject)}"
    return f"{subject} replace{can} the owners after {duration(path.delay)}; {stopping(path)}."


def stopping(path: Path | PathPlan) -> str:
    """Who can stop a request of this path."""
    owner = "the owner can cancel" if path.owner_cancels else "the owner cannot cancel"
    if path.inactivity:
        owner += ", and any sign of life from the owner ends it"
    return owner + (", a veto path can stop it" if path.vetoable else "")


def plan_lines(plan: PolicyPlan) -> list[tuple[str, str]]:
    """One row for each path of a policy file."""
    return [(path.label, sentence(path)) for path in plan.paths]


def kit_lines(kit: Kit) -> list[tuple[str, str]]:
    """One row for each path of a kit."""
    rows = []
    for label, path, opening in zip(kit.labels, kit.policy.paths, kit.openings, strict=True):
        own = ""
        if opening is not None and len(path.members) > 1:
            own = f" {kit.name} is one of them" + (f", with {opening.weight} votes." if opening.weight > 1 else ".")
        elif opening is not None:
            own = f" That is {kit.name}."
        rows.append((label, sentence(path) + own))
    return rows


def owners_rows(owners: Owners, name: str = "Owner") -> list[tuple[str, str]]:
    """Owners, each whole and on a row of its own, as people compare them."""
    rows = [(f"{name}s" if len(owners.signers) > 1 else name, str(owners.signers[0]))]
    rows += [("", str(signer)) for signer in owners.signers[1:]]
    if len(owners.signers) > 1:
        rows.append(("", f"{owners.threshold} of {len(owners.signers)} have to sign"))
    return rows


def path_json(path: Path, label: str | None = None) -> dict[str, Any]:
    """A path's numbers, without its commitments."""
    return {
        "label": label,
        "right": path.right.name.lower(),
        "ownerCancels": path.owner_cancels,
        "vetoable": path.vetoable,
        "inactivity": path.inactivity,
        "delay": path.delay,
        "window": path.window,
        "threshold": path.threshold,
        "guardians": len(path.members),
    }


#: What a request asks for, as "it asks to ...".
ASKS = {
    "recover": "replace the owners",
    "cancel": "stop the recovery that is under way",
    "veto-request": "stop the recovery that is under way",
    "veto-change": "stop the change of policy",
    "freeze": "freeze the account",
    "thaw": "end the freeze",
}


def file_names(request_file: str) -> tuple[str, str]:
    """What the approvals of a request are called: what stands before the guardian's name, and all of them in a shell.

    Those of `request.json` are `approval-ana.json` and so on, those of `freeze.json` are `freeze-ana.json`, so that
    neither of two requests in one folder takes the other's for its own.
    """
    import shlex

    stem = request_file.removesuffix(".json")
    prefix = "approval-" if stem in ("request", request_file) else f"{stem}-"
    return prefix, f"{shlex.quote(prefix)}*.json"


def action_rows(request: Request, source: Source | None) -> list[tuple[str, str]]:
    """What a request asks for, one row or a few."""
    from ..explain import when

    action, path = request.action, request.proof.path
    if isinstance(action, Recover):
        return owners_rows(action.owners, "New owner")
    if isinstance(action, Cancel | VetoRequest):
        index = request.proof.index if isinstance(action, Cancel) else action.path
        # The label in the request is not signed: anybody could have written anything there.
        label = repr(source.labels[index]) if source and index < len(source.labels) else str(index)
        return [("Stops", f"the recovery under way on path {label}; the owners stay as they are")]
    if isinstance(action, VetoChange):
        what = "the removal of the policy" if action.policy_hash == bytes(24) else "the change of the policy"
        return [("Stops", f"{what} that could be applied from {when(action.eta)}")]
    if isinstance(action, Freeze):
        return [("Freezes", f"the account, at once, for {duration(path.window)}: nothing can be spent")]
    return [("Ends", "the freeze that this path has begun")]


def _lower(text: str) -> str:
    """Any, One: they are no names."""
    return text[0].lower() + text[1:] if text.startswith(("Any ", "One ", "Guardians ")) else text
