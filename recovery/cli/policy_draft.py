"""A template on its way to a policy: names and addresses are put in one by one, all else stays as written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

#: What stands where an address is still missing.
OPEN = '"0x"'
_ENTRY = re.compile(r'^(?P<indent> +)(?P<name>"(?:[^"\\]|\\.)*"|[^:#"\n]+):\s+"0x"(?P<remark>\s+#\s*(?P<role>.*))?$')
_FILLED = re.compile(r'^ +("(?:[^"\\]|\\.)*"|[^:#"\n]+):\s+(?:\{signer: )?"0x')
_MEMBERS = re.compile(r"^(?P<head>\s+guardians:\s*)(?P<list>[\[{].*[\]}])(?P<tail>\s*(?:#.*)?)$")
_THRESHOLD = re.compile(r"^(?P<head>\s+threshold:\s*)(?P<value>[0-9]+)(?P<tail>.*)$")
_NAME = re.compile(r'^  - name:\s*("(?:[^"\\]|\\.)*"|[^#\n]+?)\s*(?:#.*)?$')
_PLAIN = re.compile(r"[^\W\d_][\w.'-]*(?: [\w.'-]+)*")


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody who is still to be named.

    Attributes:
        name: What stands there for now.
        role: What the template says of them.
    """

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a policy in YAML, made from a template of ours, whose lists stand on one line each.

    Attributes:
        text: The YAML.
        rules: By the names of paths, the threshold that the template has, and for how many guardians.
    """

    text: str
    rules: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, template: str, owner: str) -> Draft:
        """A template with the owner's name, and numbers for the guardians' names."""
        named = re.sub(r"^owner: .*$", lambda _: f"owner: {_quoted(owner)}", template, flags=re.MULTILINE)
        draft = cls(named, _rules(template))
        for number, place in enumerate(draft.places("guardians"), 1):
            draft = draft._renamed(place.name, f"guardian {number}", None)
        return draft

    @classmethod
    def read(cls, text: str, template: str) -> Draft:
        """A draft that was written down.

        Args:
            text: What was written.
            template: What it was made of.
        """
        return cls(text, _rules(template))

    def places(self, section: str) -> list[Place]:
        """Who is still to be named under `owners` or `guardians`."""
        found, inside = [], ""
        for line in self.text.split("\n"):
            if re.match(r"\w+:", line):
                inside = line.partition(":")[0]
            entry = _ENTRY.match(line)
            if entry and inside == section:
                found.append(Place(_bare(entry["name"]), entry["role"] or ""))
        return found

    def filled(self, name: str, real: str, signer: str, person: str = "") -> Draft:
        """With a name and an address in somebody's place, and who that is, if the name does not say it."""
        return self._renamed(name, real, signer, person)

    def dropped(self, name: str) -> Draft:
        """Without somebody: also in the paths, of which those that have nobody left go, too."""
        lines = [line for line in self.text.split("\n") if not self._is_entry(line, name)]
        return self._with(lines)._with_members(lambda members: [each for each in members if each[0] != name])

    def joined(self, beside: str, real: str, signer: str, person: str = "") -> Draft:
        """With somebody more, who stands wherever `beside` stands, with as many votes."""
        value = f'{{signer: "{signer}", person: {_quoted(person)}}}' if person else f'"{signer}"'
        lines = []
        for line in self.text.split("\n"):
            lines.append(line)
            if self._is_entry(line, beside):
                indent = line[: len(line) - len(line.lstrip())]
                lines.append(f"{indent}{_quoted(real)}: {value}")

        own = self._owner_keys()

        def add(members: list[tuple[str, str]]) -> list[tuple[str, str]]:
            votes = dict(members).get(beside)
            if votes is None:
                return members
            # A key of the owner's outweighs all others together, however many these are.
            raised = [(name, str(int(each) + int(votes)) if name in own else each) for name, each in members]
            return [*raised, (real, votes)]

        return self._with(lines)._with_members(add)

    @property
    def names(self) -> set[str]:
        """Everybody who stands in it, keys of the owner's and places that are still open among them."""
        return {_bare(match[1]) for line in self.text.split("\n") if (match := _FILLED.match(line))}

    # -------------------------------------------------------------------------------------------- lines

    def _owner_keys(self) -> set[str]:
        """Names of the keys that own the account."""
        found, inside = set(), ""
        for line in self.text.split("\n"):
            if re.match(r"\w+:", line):
                inside = line.partition(":")[0]
            entry = _FILLED.match(line)
            if entry and inside == "owners":
                found.add(_bare(entry[1]))
        return found

    def _is_entry(self, line: str, name: str) -> bool:
        match = _FILLED.match(line)
        return match is not None and _bare(match[1]) == name

    def _renamed(self, name: str, real: str, signer: str | None, person: str = "") -> Draft:
        lines = []
        for line in self.text.split("\n"):
            if self._is_entry(line, name) and _ENTRY.match(line):
                entry = _ENTRY.match(line)
                indent, remark = (entry["indent"], entry["remark"] or "") if entry else ("  ", "")
                # What the template says of somebody need not be true of whoever takes the place.
                value = f'"{signer}"' if signer else OPEN + remark
                value = f"{{signer: {value}, person: {_quoted(person)}}}" if person else value
                line = f"{indent}{_quoted(real)}: {value}"
            lines.append(line)
        return self._with(lines)._with_members(
            lambda members: [(real if each == name else each, votes) for each, votes in members]
        )

    def _with(self, lines: list[str]) -> Draft:
        return replace(self, text="\n".join(lines))

    def _with_members(self, change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> Draft:
        """With every path's list of guardians changed, and its threshold after it."""
        blocks = re.split(r"(?<=\n)(?=\n)", self.text)  # a path and its comment stand between empty lines
        kept = []
        for block in blocks:
            lines, label, after, more = block.split("\n"), "", -1, 0
            for number, line in enumerate(lines):
                if named := _NAME.match(line):
                    label = _bare(named[1])
                if match := _MEMBERS.match(line):
                    changed = change(_members(match["list"]))
                    weighted = match["list"].startswith("{")
                    lines[number] = f"{match['head']}{_listed(changed, weighted)}{match['tail']}"
                    after = len(changed) if not weighted or not changed else -1
                    before = dict(_members(match["list"]))
                    more = max((int(votes) - int(before.get(name, votes)) for name, votes in changed), default=0)
                if more and (match := _THRESHOLD.match(line)):
                    lines[number] = f"{match['head']}{int(match['value']) + more}{match['tail']}"
                if after > 0 and label in self.rules and (match := _THRESHOLD.match(line)):
                    lines[number] = f"{match['head']}{threshold(*self.rules[label], after)}{match['tail']}"
            if after != 0:
                kept.append("\n".join(lines))
        return replace(self, text="".join(kept))


def threshold(votes: int, before: int, after: int) -> int:
    """A threshold for another number of guardians, each with one vote, that means the same.

    Args:
        votes: The threshold that it was.
        before: How many guardians there were.
        after: How many there are.

    Returns:
        One stays one; all stay all, but of four or more one may be missing; more than a half stays that; of what is
        less, as many.
    """
    if after == before or votes == 1 or after == 1:
        return min(votes, after)
    if votes == before:
        return after if after <= 3 else after - 1
    return after // 2 + 1 if votes > before // 2 else min(votes, after)


def _rules(template: str) -> dict[str, tuple[int, int]]:
    """Thresholds of a template's paths, and of how many."""
    found, label, count = {}, "", 0
    for line in template.split("\n"):
        if named := _NAME.match(line):
            label = _bare(named[1])
        if match := _MEMBERS.match(line):
            count = len(_members(match["list"]))
        if label and count and (match := _THRESHOLD.match(line)):
            found[label] = (int(match["value"]), count)
            label, count = "", 0
    return found


def _members(text: str) -> list[tuple[str, str]]:
    """Names and votes, as written."""
    import yaml

    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    if isinstance(node, yaml.MappingNode):
        return [(key.value, value.value) for key, value in node.value]
    return [(item.value, "1") for item in node.value]


def _listed(members: list[tuple[str, str]], weighted: bool) -> str:
    if weighted:
        return "{" + ", ".join(f"{_quoted(name)}: {votes}" for name, votes in members) + "}"
    return "[" + ", ".join(_quoted(name) for name, _ in members) + "]"


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _bare(name: str) -> str:
    return str(json.loads(name)) if name.startswith('"') else name.strip()
