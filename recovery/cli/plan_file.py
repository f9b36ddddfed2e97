"""The YAML in which an owner writes a policy: small, strict, and every complaint with its line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import InvalidInput, MissingExtra
from ..plan import Guardian, PathPlan, PolicyPlan
from ..policy import Right
from ..quorum import Owners
from ..signer import Signer
from .durations import parse_duration

_T = TypeVar("_T")

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
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise MissingExtra("Policies are written in YAML, which needs PyYAML", "cli") from error
    try:
        # Only the tree of nodes is made: values stay the text that was written (an address is no number).
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidInput(f"{source}, line {line}: this is not YAML ({error.problem}).") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"{source} is not YAML.") from error
    if root is None:
        raise InvalidInput(f"{source} is empty. Begin with: recovery policy new --template family > policy.yaml")
    plan = _Reader(source).plan(root, secret or os.urandom(32))
    return plan if earlier is None else plan.replacing(earlier)


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source

    def plan(self, root: Any, secret: bytes) -> PolicyPlan:
        fields = self._mapping(root, "the policy", _TOP)
        owner = self._name(fields["owner"]) if "owner" in fields else ""
        keys, threshold = self._owners(fields["owners"]) if "owners" in fields else ((), 0)
        guardians = self._guardians(fields["guardians"], dict(keys))
        known = [guardian.name for guardian in guardians] + [name for name, _ in keys]
        paths = tuple(self._path(node, known) for node in self._list(fields["paths"], "paths"))
        change_delay = self._at(fields["change_delay"], parse_duration)
        used = {name for path in paths for name, _ in path.guardians}
        for node, guardian in zip(self._pairs(fields["guardians"], "guardians"), guardians, strict=True):
            if guardian.name not in used:
                raise self._error(node[0], f"{guardian.name} stands in no path. Use or remove the name.")
        # An owner's key that stands in a path is a guardian like any other.
        standing = [(name, signer) for name, signer in keys if name in used]
        guardians += tuple(Guardian(*key, number) for number, key in enumerate(standing, start=len(guardians) + 1))
        return self._at(
            root,
            lambda _: PolicyPlan(
                secret, change_delay, guardians, paths, owner=owner, owners=keys, owners_threshold=threshold
            ),
        )

    def _owners(self, node: Any) -> tuple[tuple[tuple[str, Signer], ...], int]:
        fields = self._mapping(node, "'owners'", _OWNERS)
        keys: dict[str, Signer] = {}
        for key, value in self._pairs(fields["keys"], "keys"):
            name = self._name(key)
            if name in keys:
                raise self._error(key, f"{name!r} stands twice.")
            keys[name] = self._new_signer(value, name, keys)
        threshold = self._at(fields["threshold"], _number)
        self._at(fields["keys"], lambda _: Owners.of(keys.values()))
        self._at(fields["threshold"], lambda _: Owners.of(keys.values(), threshold))
        return tuple(keys.items()), threshold

    def _guardians(self, node: Any, keys: dict[str, Signer]) -> tuple[Guardian, ...]:
        result: list[Guardian] = []
        for number, (key, value) in enumerate(self._pairs(node, "guardians"), start=1):
            name, address, person = self._name(key), value, ""
            if name in keys:
                raise self._error(
                    key, f"{name} stands under 'owners' already, and can be named in paths without standing here too."
                )
            if type(value).__name__ == "MappingNode":
                fields = self._mapping(value, f"guardian {name}", _GUARDIAN)
                address = fields["signer"]
                person = self._name(fields["person"]) if "person" in fields else ""
            others = {**keys, **{guardian.name: guardian.signer for guardian in result}}
            result.append(Guardian(name, self._new_signer(address, name, others), number, person))
        if not result:
            raise self._error(node, "there are no guardians.")
        return tuple(result)

    def _new_signer(self, node: Any, name: str, others: dict[str, Signer]) -> Signer:
        self._text(node)  # neither a list nor names with values
        signer = self._at(node, _signer)
        for other, known in others.items():
            if known == signer:
                raise self._error(node, f"{name} and {other} have the same address. Each needs one of their own.")
        return signer

    def _path(self, node: Any, known: list[str]) -> PathPlan:
        pairs = dict((k.value, v) for k, v in self._pairs(node, "a path"))
        rights = {right.name.lower(): right for right in Right}
        if "right" not in pairs:
            raise self._error(node, f"'right' is missing: one of {', '.join(rights)}.")
        right = rights.get(self._text(pairs["right"]))
        if right is None:
            raise self._error(pairs["right"], f"'right' is one of {', '.join(rights)}.")
        fields = self._mapping(node, f"a path with right {right.name.lower()}", {**_PATH, **_FIELDS[right]})

        def duration(name: str) -> int:
            return self._at(fields[name], parse_duration) if name in fields else 0

        def flag(name: str) -> bool:
            return self._at(fields[name], _boolean) if name in fields else False

        guardians = self._members(fields["guardians"], known)
        return self._at(
            node,
            lambda _: _validated(
                PathPlan(
                    self._name(fields["name"]),
                    right,
                    guardians,
                    self._at(fields["threshold"], _number),
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
            entries = [(key, self._at(value, _number)) for key, value in self._pairs(node, "guardians")]
        else:
            entries = [(item, 1) for item in self._list(node, "guardians")]
        result: list[tuple[str, int]] = []
        for item, weight in entries:
            name = self._name(item)
            if name not in known:
                raise self._error(
                    item,
                    f"{name!r} is not under 'guardians' at the top, nor a key under 'owners'. "
                    f"There: {', '.join(known)}.",
                )
            if name in dict(result):
                raise self._error(item, f"{name} stands twice in this path.")
            result.append((name, weight))
        return tuple(result)

    # ------------------------------------------------------------------------------------------- nodes

    def _mapping(self, node: Any, what: str, schema: dict[str, bool]) -> dict[str, Any]:
        fields = {}
        for key, value in self._pairs(node, what):
            if key.value not in schema:
                raise self._error(key, f"{what} has no {key.value!r}. Possible are: {', '.join(schema)}.")
            fields[key.value] = value
        for name, required in schema.items():
            if required and name not in fields:
                raise self._error(node, f"{what} needs {name!r}.")
        return fields

    def _pairs(self, node: Any, what: str) -> list[tuple[Any, Any]]:
        if type(node).__name__ != "MappingNode":
            raise self._error(node, f"{what} should be names with values, each on a line: name: value.")
        seen = set()
        for key, _ in node.value:
            if type(key).__name__ != "ScalarNode":
                raise self._error(key, "a name should be plain text.")
            if key.value in seen:
                raise self._error(key, f"{key.value!r} stands twice.")
            seen.add(key.value)
        pairs: list[tuple[Any, Any]] = node.value
        return pairs

    def _list(self, node: Any, what: str) -> list[Any]:
        if type(node).__name__ != "SequenceNode" or not node.value:
            raise self._error(node, f"{what} should be a list with at least one entry.")
        entries: list[Any] = node.value
        return entries

    def _text(self, node: Any) -> str:
        if type(node).__name__ != "ScalarNode":
            raise self._error(node, "a single value is needed here.")
        return str(node.value)

    def _name(self, node: Any) -> str:
        text = self._text(node).strip()
        if not text or len(text) > 60 or not text.isprintable():
            raise self._error(node, "a name is one line of 1 to 60 characters.")
        return text

    def _at(self, node: Any, build: Callable[[str], _T]) -> _T:
        """Builds something of a node's text, and says in which line it failed."""
        text = self._text(node) if type(node).__name__ == "ScalarNode" else ""
        try:
            return build(text)
        except _Placed:
            raise
        except InvalidInput as error:
            raise self._error(node, error.message) from error

    def _error(self, node: Any, message: str) -> InvalidInput:
        return _Placed(f"{self._source}, line {node.start_mark.line + 1}: {message}")


class _Placed(InvalidInput):
    """An error that says its line already."""


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


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text):
        raise InvalidInput("a whole number is needed here.")
    return int(text)


def _boolean(text: str) -> bool:
    values = {"yes": True, "true": True, "no": False, "false": False}
    if text.lower() not in values:
        raise InvalidInput("yes or no is needed here.")
    return values[text.lower()]
