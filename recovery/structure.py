"""Policies and paths as JSON, the same in every file."""

from __future__ import annotations

from typing import Any

from .errors import InvalidInput
from .files import boolean, from_hex, integer, to_hex
from .policy import Path, PathProof, Policy, Right
from .quorum import Member, Owners
from .signer import Signer


def path_to_json(path: Path) -> dict[str, Any]:
    """A path's structure."""
    return {
        "right": path.right.name.lower(),
        "ownerCancels": path.owner_cancels,
        "vetoable": path.vetoable,
        "inactivity": path.inactivity,
        "delay": path.delay,
        "window": path.window,
        "threshold": path.threshold,
        "extra": to_hex(path.extra),
        "members": [to_hex(member) for member in path.members],
    }


def path_from_json(data: dict[str, Any]) -> Path:
    """Reads `path_to_json`.

    Raises:
        InvalidInput: A value that no path has.
    """
    rights = {right.name.lower(): right for right in Right}
    if data["right"] not in rights:
        raise InvalidInput(f"a path's right is one of {', '.join(rights)}.")
    return Path(
        rights[data["right"]],
        boolean(data["ownerCancels"]),
        boolean(data["vetoable"]),
        integer(data["inactivity"]),
        integer(data["delay"]),
        integer(data["window"]),
        integer(data["threshold"]),
        tuple(from_hex(member, 32) for member in data["members"]),
        from_hex(data["extra"], 32),
    )


def policy_to_json(policy: Policy) -> dict[str, Any]:
    """A policy's structure."""
    return {"changeDelay": policy.change_delay, "paths": [path_to_json(path) for path in policy.paths]}


def policy_from_json(data: dict[str, Any]) -> Policy:
    """Reads `policy_to_json`."""
    return Policy(integer(data["changeDelay"]), tuple(path_from_json(path) for path in data["paths"]))


def proof_to_json(proof: PathProof) -> dict[str, Any]:
    """A path with what shows that it belongs to a policy."""
    return {
        "index": proof.index,
        "path": path_to_json(proof.path),
        "others": [to_hex(other) for other in proof.others],
    }


def proof_from_json(data: dict[str, Any]) -> PathProof:
    """Reads `proof_to_json`."""
    others = tuple(from_hex(other, 32) for other in data["others"])
    return PathProof(integer(data["index"]), path_from_json(data["path"]), others)


def owners_to_json(owners: Owners) -> dict[str, Any]:
    """Owners in the clear."""
    return {"signers": [str(signer) for signer in owners.signers], "threshold": owners.threshold}


def owners_from_json(data: dict[str, Any]) -> Owners:
    """Reads `owners_to_json`, in any order."""
    return Owners.of([Signer.parse(signer) for signer in data["signers"]], integer(data["threshold"]))


def opening_to_json(member: Member) -> dict[str, Any]:
    """What reveals one guardian."""
    return {"salt": to_hex(member.salt), "weight": member.weight, "signer": str(member.signer)}


def opening_from_json(data: dict[str, Any]) -> Member:
    """Reads `opening_to_json`."""
    return Member(Signer.parse(data["signer"]), integer(data["weight"]), from_hex(data["salt"], 32))
