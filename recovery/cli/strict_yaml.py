"""YAML that people write, read strictly: nothing is guessed, and every complaint names its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import InvalidInput, MissingExtra

_T = TypeVar("_T")


def compose(text: str, source: str, what: str, begin: str) -> Any:
    """The tree of nodes of a file.

    Values stay the text that was written: an address is no number, and "no" is only what its reader makes of it.

    Args:
        text: The YAML.
        source: What to call it in errors.
        what: What is written so, as "Policies are written".
        begin: The command that prints a file to begin with.

    Raises:
        InvalidInput: It is not YAML, or empty.
        MissingExtra: PyYAML is not installed.
    """
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{what} in YAML, which needs PyYAML", "cli") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidInput(f"{source}, line {line}: this is not YAML ({error.problem}).") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"{source} is not YAML.") from error
    if root is None:
        raise InvalidInput(f"{source} is empty. Begin with: {begin}")
    return root


class Nodes:
    """Reads nodes; what it refuses, it refuses with the line.

    Args:
        source: What to call the file in errors.
    """

    def __init__(self, source: str) -> None:
        self._source = source

    def mapping(self, node: Any, what: str, schema: dict[str, bool]) -> dict[str, Any]:
        """Names with their values, none unknown and none missing.

        Args:
            node: The node.
            what: What to call it in errors.
            schema: Each possible name, and whether it has to be there.
        """
        fields = {}
        for key, value in self.pairs(node, what):
            if key.value not in schema:
                raise self.error(key, f"{what} has no {key.value!r}. Possible are: {', '.join(schema)}.")
            fields[key.value] = value
        for name, required in schema.items():
            if required and name not in fields:
                raise self.error(node, f"{what} needs {name!r}.")
        return fields

    def pairs(self, node: Any, what: str) -> list[tuple[Any, Any]]:
        """Names with their values, none of them twice."""
        if type(node).__name__ != "MappingNode":
            raise self.error(node, f"{what} should be names with values, each on a line: name: value.")
        seen = set()
        for key, _ in node.value:
            if type(key).__name__ != "ScalarNode":
                raise self.error(key, "a name should be plain text.")
            if key.value in seen:
                raise self.error(key, f"{key.value!r} stands twice.")
            seen.add(key.value)
        pairs: list[tuple[Any, Any]] = node.value
        return pairs

    def entries(self, node: Any, what: str) -> list[Any]:
        """Entries of a list that is not empty."""
        if type(node).__name__ != "SequenceNode" or not node.value:
            raise self.error(node, f"{what} should be a list with at least one entry.")
        entries: list[Any] = node.value
        return entries

    def text(self, node: Any) -> str:
        """A single value, as it was written."""
        if type(node).__name__ != "ScalarNode":
            raise self.error(node, "a single value is needed here.")
        return str(node.value)

    def name(self, node: Any) -> str:
        """What somebody or something is called."""
        text = self.text(node).strip()
        if not text or len(text) > 60 or not text.isprintable():
            raise self.error(node, "a name is one line of 1 to 60 characters.")
        return text

    def at(self, node: Any, build: Callable[[str], _T]) -> _T:
        """Builds something of a node's text, and says in which line it failed."""
        text = self.text(node) if type(node).__name__ == "ScalarNode" else ""
        try:
            return build(text)
        except _Placed:
            raise
        except InvalidInput as error:
            raise self.error(node, error.message) from error

    def error(self, node: Any, message: str) -> InvalidInput:
        """An error that names the line of a node."""
        return _Placed(f"{self._source}, line {node.start_mark.line + 1}: {message}")


class _Placed(InvalidInput):
    """An error that says its line already."""


def whole_number(text: str) -> int:
    """A whole number, not negative."""
    if not re.fullmatch(r"[0-9]{1,10}", text):
        raise InvalidInput("a whole number is needed here.")
    return int(text)


def boolean(text: str) -> bool:
    """Yes or no."""
    values = {"yes": True, "true": True, "no": False, "false": False}
    if text.lower() not in values:
        raise InvalidInput("yes or no is needed here.")
    return values[text.lower()]
