"""The YAML in which an owner writes a policy: small, strict, and every complaint with its line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import InvalidInput, MissingExtra
from ..plan import Guardian, PathPlan, PolicyPlan
from ..policy import Right
from ..signer import Signer
from .durations import parse_duration

_T = TypeVar("_T")

EXAMPLE = """\
# Who can get you back into your account, and how. Put your guardians' addresses
# in, change what you like, and run:
#
#   recovery policy new policy.yaml -o policy.json
#
# Guardians only ever replace owners, freeze or veto. They can never spend what
# is in the account, and nobody sees who they are until they act.

# How long a change of this policy waits once you have asked for it (1 to 90
# days): time to notice a thief who wants to get rid of your guardians.
change_delay: 7 days

# The people you trust, each with an address of theirs: a key of their own, or a
# contract such as a Safe. Ask for it in person or over the phone, and have it
# read back to you.
guardians:
  Ana:  "0x"   # a friend
  Ben:  "0x"   # a brother
  Carl: "0x"   # a colleague
  Dora: "0x"   # the heir

paths:
  # You have lost your keys. Two of three friends help. Should they ever do so
  # without your asking, you have three days to cancel it with your own key.
  - name: friends
    right: rotate            # replace the owners
    guardians: [Ana, Ben, Carl]
    threshold: 2
    delay: 3 days            # from the start until it can take effect
    window: 30 days          # how long it can then be finalized
    owner_cancels: yes

  # Somebody has stolen your keys. A thief would cancel everything that you can
  # cancel, so this path cannot be cancelled: it asks for all three friends, and
  # waits longer.
  - name: theft
    right: rotate
    guardians: [Ana, Ben, Carl]
    threshold: 3
    delay: 7 days
    window: 30 days
    owner_cancels: no

  # The first thing to do after a theft: any one friend stops all spending at
  # once. It ends by itself, and cannot be repeated before as much time again
  # has passed.
  - name: freeze
    right: freeze
    guardians: [Ana, Ben, Carl]
    threshold: 1
    window: 7 days           # how long it lasts

  # You have been silent for a year: not one transaction, not one heartbeat. Any
  # sign of life from you, until the very end, stops it.
  - name: heir
    right: rotate
    guardians: [Dora]
    threshold: 1
    inactivity: 1 year       # 365 days
    delay: 30 days
    window: 90 days
    owner_cancels: yes

# Also possible: `right: veto` (guardians who can stop a recovery, of the paths
# that say `vetoable: yes`, or a change of this policy), and votes that differ:
# `guardians: {Ana: 2, Ben: 1}`.
"""

_TOP = {"change_delay": True, "guardians": True, "paths": True}
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
        raise InvalidInput(f"{source} is empty. Begin with: recovery policy new --example > policy.yaml")
    plan = _Reader(source).plan(root, secret or os.urandom(32))
    return plan if earlier is None else plan.replacing(earlier)


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source

    def plan(self, root: Any, secret: bytes) -> PolicyPlan:
        fields = self._mapping(root, "the policy", _TOP)
        guardians = self._guardians(fields["guardians"])
        known = [guardian.name for guardian in guardians]
        paths = tuple(self._path(node, known) for node in self._list(fields["paths"], "paths"))
        change_delay = self._at(fields["change_delay"], parse_duration)
        used = {name for path in paths for name, _ in path.guardians}
        for node, guardian in zip(self._pairs(fields["guardians"], "guardians"), guardians, strict=True):
            if guardian.name not in used:
                raise self._error(node[0], f"{guardian.name} stands in no path. Use or remove the name.")
        return self._at(root, lambda _: PolicyPlan(secret, change_delay, guardians, paths))

    def _guardians(self, node: Any) -> tuple[Guardian, ...]:
        result: list[Guardian] = []
        for number, (key, value) in enumerate(self._pairs(node, "guardians"), start=1):
            name = self._name(key)
            signer = self._at(value, _signer)
            for other in result:
                if other.signer == signer:
                    raise self._error(
                        value, f"{name} and {other.name} have the same address. Each guardian needs one of their own."
                    )
            result.append(Guardian(name, signer, number))
        if not result:
            raise self._error(node, "there are no guardians.")
        return tuple(result)

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
                raise self._error(item, f"{name!r} is not under 'guardians' at the top. There: {', '.join(known)}.")
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
