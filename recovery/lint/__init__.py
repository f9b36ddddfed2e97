"""What is wrong with a policy, or might be, that the contracts cannot see: found without any chain.

Each finding has a stable code, and says in words what can happen, with the names and numbers of the policy, and what
to do about it. An error is something that hardly anybody can want; a warning has to be weighed; a note is good to know.
People count, not keys: who stands in a path twice, or behind a Safe that stands in it, is one person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..explain import duration, listing
from ..plan import PathPlan, PolicyPlan
from ..quorum import Owners
from ..signer import Signer
from . import people, times
from .case import Case, Finding, Severity, persons_of
from .votes import margin, sentence, votes_of

__all__ = ["Finding", "Severity", "compare", "lint", "margin", "sentence"]


def lint(
    plan: PolicyPlan, owners: Owners | None = None, safes: Mapping[Signer, Sequence[Signer]] | None = None
) -> list[Finding]:
    """All findings of one policy, the worst first.

    Args:
        plan: The policy.
        owners: Who owns the account, if not those whom the policy names.
        safes: Owners of those guardians that are Safes, as the chain says.
    """
    case = Case(plan, owners or plan.first_owners, safes or {}, persons_of(plan, safes or {}))
    found = [finding for check in (*people.CHECKS, *times.CHECKS) for finding in check(case)]
    return sorted(found, key=lambda finding: finding.severity)


def compare(plans: Mapping[str, PolicyPlan]) -> list[Finding]:
    """What differs between the policies of several accounts, or of one on several chains, the worst first.

    Args:
        plans: By what to call each, such as the name of its file.
    """
    found: list[Finding] = []
    signers: dict[str, dict[Signer, list[str]]] = {}
    for where, plan in plans.items():
        for guardian in plan.guardians:
            signers.setdefault(guardian.whose, {}).setdefault(guardian.signer, []).append(where)
    for person, by_signer in signers.items():
        present = {where for places in by_signer.values() for where in places}
        missing = [where for where in plans if where not in present]
        if missing:
            found.append(
                Finding(
                    "guardian-missing",
                    Severity.WARNING,
                    "",
                    f"{person} is a guardian in {listing(sorted(present))}, but not in {listing(missing)}.",
                    f"If that is a slip, add {person} in {listing(missing)}, or remove them from the other"
                    f"{'s' if len(present) > 1 else ''}.",
                )
            )
        partial = [(signer, places) for signer, places in by_signer.items() if len(set(places)) < len(present)]
        if partial:
            each = "; ".join(f"{signer} in {listing(places)}" for signer, places in partial)
            found.append(
                Finding(
                    "guardian-address-differs",
                    Severity.WARNING,
                    "",
                    f"{person} has different addresses: {each}.",
                    "If one of them is old or mistyped, ask again which is right, and have it read back to you.",
                )
            )
    for label in dict.fromkeys(path.label for plan in plans.values() for path in plan.paths):
        differences = _differences(plans, label)
        if differences:
            found.append(
                Finding(
                    "path-differs",
                    Severity.NOTE,
                    label,
                    f"Path {label!r} is not the same everywhere: {'; '.join(differences)}.",
                    "If it should be the same, make all of these policies of one YAML file.",
                )
            )
    return sorted(found, key=lambda finding: finding.severity)


def _differences(plans: Mapping[str, PolicyPlan], label: str) -> list[str]:
    """In what a path of that label differs between policies."""
    paths = {where: path for where, plan in plans.items() for path in plan.paths if path.label == label}
    missing = [where for where in plans if where not in paths]
    result = [f"it is missing in {listing(missing)}"] if missing else []
    said: dict[str, dict[str, list[str]]] = {}
    for where, path in paths.items():
        for what, value in _rule(plans[where], path).items():
            said.setdefault(what, {}).setdefault(value, []).append(where)
    for what, values in said.items():
        if len(values) > 1:
            each = ", ".join(f"{value} in {listing(places)}" for value, places in values.items())
            result.append(f"{what}: {each}")
    return result


def _rule(plan: PolicyPlan, path: PathPlan) -> dict[str, str]:
    """Everything that a path says, in words, whatever the order of its guardians."""
    votes = sorted(votes_of(plan, path).items())
    same = all(number == 1 for _, number in votes)
    return {
        "right": path.right.name.lower(),
        "guardians": listing([person if same else f"{person} ({number})" for person, number in votes]),
        "threshold": str(path.threshold),
        "owner_cancels": "yes" if path.owner_cancels else "no",
        "vetoable": "yes" if path.vetoable else "no",
        "inactivity": duration(path.inactivity) if path.inactivity else "none",
        "delay": duration(path.delay) if path.delay else "none",
        "window": duration(path.window) if path.window else "none",
    }
