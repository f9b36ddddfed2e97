"""The YAML in which an owner writes a policy: small, strict, and every complaint with its line."""

from __future__ import annotations

import os
from typing import Any

from ..errors import InvalidInput
from ..plan import Guardian, PathPlan, PolicyPlan
from ..policy import Right
from ..quorum import Owners
from ..signer import Signer
from .durations import parse_duration
from .strict_yaml import Nodes, boolean, compose, whole_number

_TOP = {"owner": False, "owners": False, "change_delay": True, "guardians": True, "paths": True}
_OWNERS = {"keys": True, "threshold": True}
_GUARDIAN = {"signer": True, "person": False}
_PATH = {"name": True, "right": True, "guardians": True, "threshold": True}
_FIELDS = {
    Right.ROTATE: {"delay": True, "window": True, "owner_cancels": True, "vetoable": False, "inactivity": False},
    Right.FREEZE: {"window": True},
    Right.VETO: {},
}


def read_plan(text: str, source: str, secret: bytes | None = None, earlier: PolicyPlan | None = None) -> PolicyPlan:
    """A policy from its YAML, with a fresh secret, or that of the policy that it replaces.

    Args:
        text: The YAML.
        source: What to call it in errors.
        secret: 32 random bytes; by default from the operating system.
        earlier: The policy that it replaces: whoever keeps name and address keeps the number, and with it the salt.

    Raises:
        InvalidInput: Anything in it that is not understood, with its line.
        MissingExtra: PyYAML is not installed.
    """
    root = compose(text, source, "Policies are written", "recovery policy new --template family > policy.yaml")
    plan = _Reader(source).plan(root, secret or os.urandom(32))
    return plan if earlier is None else plan.replacing(earlier)


class _Reader(Nodes):
    def plan(self, root: Any, secret: bytes) -> PolicyPlan:
        fields = self.mapping(root, "the policy", _TOP)
        owner = self.name(fields["owner"]) if "owner" in fields else ""
        keys, threshold = self._owners(fields["owners"]) if "owners" in fields else ((), 0)
        guardians = self._guardians(fields["guardians"], dict(keys))
        known = [guardian.name for guardian in guardians] + [name for name, _ in keys]
        paths = tuple(self._path(node, known) for node in self.entries(fields["paths"], "paths"))
        change_delay = self.at(fields["change_delay"], parse_duration)
        used = {name for path in paths for name, _ in path.guardians}
        for node, guardian in zip(self.pairs(fields["guardians"], "guardians"), guardians, strict=True):
            if guardian.name not in used:
                raise self.error(node[0], f"{guardian.name} stands in no path. Use or remove the name.")
        # An owner's key that stands in a path is a guardian like any other.
        standing = [(name, signer) for name, signer in keys if name in used]
        guardians += tuple(Guardian(*key, number) for number, key in enumerate(standing, start=len(guardians) + 1))
        return self.at(
            root,
            lambda _: PolicyPlan(
                secret, change_delay, guardians, paths, owner=owner, owners=keys, owners_threshold=threshold
            ),
        )

    def _owners(self, node: Any) -> tuple[tuple[tuple[str, Signer], ...], int]:
        fields = self.mapping(node, "'owners'", _OWNERS)
        keys: dict[str, Signer] = {}
        for key, value in self.pairs(fields["keys"], "keys"):
            name = self.name(key)
            if name in keys:
                raise self.error(key, f"{name!r} stands twice.")
            keys[name] = self._new_signer(value, name, keys)
        threshold = self.at(fields["threshold"], whole_number)
        self.at(fields["keys"], lambda _: Owners.of(keys.values()))
        self.at(fields["threshold"], lambda _: Owners.of(keys.values(), threshold))
        return tuple(keys.items()), threshold

    def _guardians(self, node: Any, keys: dict[str, Signer]) -> tuple[Guardian, ...]:
        result: list[Guardian] = []
        for number, (key, value) in enumerate(self.pairs(node, "guardians"), start=1):
            name, address, person = self.name(key), value, ""
            if name in keys:
                raise self.error(
                    key, f"{name} stands under 'owners' already, and can be named in paths without standing here too."
                )
            if type(value).__name__ == "MappingNode":
                fields = self.mapping(value, f"guardian {name}", _GUARDIAN)
                address = fields["signer"]
                person = self.name(fields["person"]) if "person" in fields else ""
            others = {**keys, **{guardian.name: guardian.signer for guardian in result}}
            result.append(Guardian(name, self._new_signer(address, name, others), number, person))
        if not result:
            raise self.error(node, "there are no guardians.")
        return tuple(result)

    def _new_signer(self, node: Any, name: str, others: dict[str, Signer]) -> Signer:
        self.text(node)  # neither a list nor names with values
        signer = self.at(node, _signer)
        for other, known in others.items():
            if known == signer:
                raise self.error(node, f"{name} and {other} have the same address. Each needs one of their own.")
        return signer

    def _path(self, node: Any, known: list[str]) -> PathPlan:
        pairs = dict((k.value, v) for k, v in self.pairs(node, "a path"))
        rights = {right.name.lower(): right for right in Right}
        if "right" not in pairs:
            raise self.error(node, f"'right' is missing: one of {', '.join(rights)}.")
        right = rights.get(self.text(pairs["right"]))
        if right is None:
            raise self.error(pairs["right"], f"'right' is one of {', '.join(rights)}.")
        fields = self.mapping(node, f"a path with right {right.name.lower()}", {**_PATH, **_FIELDS[right]})

        def duration(name: str) -> int:
            return self.at(fields[name], parse_duration) if name in fields else 0

        def flag(name: str) -> bool:
            return self.at(fields[name], boolean) if name in fields else False

        guardians = self._members(fields["guardians"], known)
        return self.at(
            node,
            lambda _: _validated(
                PathPlan(
                    self.name(fields["name"]),
                    right,
                    guardians,
                    self.at(fields["threshold"], whole_number),
                    flag("owner_cancels"),
                    flag("vetoable"),
                    duration("inactivity"),
                    duration("delay"),
                    duration("window"),
                )
            ),
        )

    def _members(self, node: Any, known: list[str]) -> tuple[tuple[str, int], ...]:
        if type(node).__name__ == "MappingNode":
            entries = [(key, self.at(value, whole_number)) for key, value in self.pairs(node, "guardians")]
        else:
            entries = [(item, 1) for item in self.entries(node, "guardians")]
        result: list[tuple[str, int]] = []
        for item, weight in entries:
            name = self.name(item)
            if name not in known:
                raise self.error(
                    item,
                    f"{name!r} is not under 'guardians' at the top, nor a key under 'owners'. "
                    f"There: {', '.join(known)}.",
                )
            if name in dict(result):
                raise self.error(item, f"{name} stands twice in this path.")
            result.append((name, weight))
        return tuple(result)


def _validated(path: PathPlan) -> PathPlan:
    """Whatever a path alone can be wrong in: said at its own line."""
    from ..policy import Path

    total = sum(weight for _, weight in path.guardians)
    if path.threshold > total:
        raise InvalidInput(
            f"threshold {path.threshold} is more than the {total} that its guardians have together: "
            "it could never be used."
        )
    for name, weight in path.guardians:
        if not 1 <= weight < 2**32:
            raise InvalidInput(f"{name}'s votes should be at least 1.")
    members = tuple(number.to_bytes(32, "big") for number in range(1, len(path.guardians) + 1))
    Path(
        path.right,
        path.owner_cancels,
        path.vetoable,
        path.inactivity,
        path.delay,
        path.window,
        path.threshold,
        members,
    )
    return path


def _signer(text: str) -> Signer:
    if text.strip() in ("", "0x"):
        raise InvalidInput("the address is still missing: 0x and 40 hexadecimal digits.")
    return Signer.parse(text)
