"""The YAML in which an owner writes who holds what where: every complaint with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..backup.holders import CAUSES, HOLDERS, SORTS, Cause, Holder, usual_causes
from ..backup.placement import Group, Placement
from ..errors import InvalidInput
from .durations import parse_duration
from .strict_yaml import Nodes, compose, whole_number

BEGIN = "recovery backup odds --example > placement.yaml"
_YEAR = 365 * 86_400
_SET = ("threshold", "groups", "group_threshold", "passphrase")
_TOP = dict.fromkeys(("owner", "home", "years", "checked", "renewed", *_SET, "shares", "causes", "guardians"), False)
_WHERE = dict.fromkeys(("lost", "stolen", *SORTS), False)
_COPY = {"kind": False, **_WHERE}
_SHARE = {**_COPY, "shares": False, "group": False}
_GUARDIAN = {name: False for name in _WHERE if name != "person"}  # who it is, is said by its name
_CAUSES = {f"{sort}s": sort for sort in SORTS}
_CHANCES = {"lost": False, "stolen": False}


@dataclass(frozen=True, slots=True)
class PlacementFile:
    """What stands in such a file.

    Attributes:
        placement: Who holds what where, or None if the file names only guardians.
        guardians: What is known of guardians.
        guardian_causes: What strikes several guardians at once.
        years: How long is looked at, or None.
        checked: Years from one check to the next; 0 for never.
        renewed: Years from one fresh set to the next; 0 for never.
    """

    placement: Placement | None
    guardians: tuple[Holder, ...]
    guardian_causes: tuple[Cause, ...]
    years: float | None
    checked: float
    renewed: float


def read_placement(text: str, source: str) -> PlacementFile:
    """Who holds what where, from its YAML.

    Args:
        text: The YAML.
        source: What to call it in errors.

    Raises:
        InvalidInput: Anything in it that is not understood, with its line.
        MissingExtra: PyYAML is not installed.
    """
    return _Reader(source).file(compose(text, source, "Placements are written", BEGIN))


def parse_chance(text: str) -> float:
    """A yearly chance: "2%", "0.02" or "1 in 50".

    Raises:
        InvalidInput: It is none, or not between 0 and 1.
    """
    problem = InvalidInput(
        f'{text[:50]!r} is no chance. Write for example 2%, 0.02 or "1 in 50": that within one year.'
    )
    number = r"([0-9]{1,12}(?:\.[0-9]{1,12})?)"
    text = text.strip()
    if match := re.fullmatch(rf"{number}\s*%", text):
        chance = float(match.group(1)) / 100
    elif match := re.fullmatch(rf"{number}\s+in\s+{number}", text):
        if not float(match.group(2)):
            raise problem
        chance = float(match.group(1)) / float(match.group(2))
    elif match := re.fullmatch(number, text):
        chance = float(text)
        if chance > 1:
            raise InvalidInput(f"{text} is more than certain. If you mean {text}%, write the sign.")
    else:
        raise problem
    if chance > 1:
        raise InvalidInput(f"{text} is more than certain: a chance is 100% at most.")
    return chance


def parse_years(text: str) -> float:
    """A time in years: "10", "2.5", or "18 months" as days: "540 days".

    Raises:
        InvalidInput: It is no length of time.
    """
    if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", text.strip()):
        return float(text)
    return parse_duration(text) / _YEAR


def parse_every(text: str) -> float:
    """From one time to the next, in years: as `parse_years`, or "never", which is 0.

    Raises:
        InvalidInput: It is no length of time, or none at all.
    """
    if text.strip().lower() == "never":
        return 0.0
    years = parse_years(text)
    if not years:
        raise InvalidInput('that is no time at all. Write for example "1 year", or "never".')
    return years


class _Reader(Nodes):
    def file(self, root: Any) -> PlacementFile:
        fields = self.mapping(root, "the placement", _TOP)
        if "shares" not in fields and "guardians" not in fields:
            raise self.error(root, "there are neither 'shares' nor 'guardians'.")
        guardians = self._guardians(fields["guardians"]) if "guardians" in fields else ()
        shares = self._holders(fields["shares"], "share", _SHARE) if "shares" in fields else ()
        copies = self._holders(fields["passphrase"], "copy", _COPY) if "passphrase" in fields else ()
        given = self._causes(fields["causes"], (*shares, *copies, *guardians)) if "causes" in fields else ()
        placement = None
        if "shares" in fields:
            placement = self._placement(fields, root, shares, copies, given)
        else:
            for name in _SET:
                if name in fields:
                    raise self.error(fields[name], f"{name!r} belongs to 'shares', and there are none.")

        def every(name: str) -> float:
            return self.at(fields[name], parse_every) if name in fields else 0.0

        return PlacementFile(
            placement,
            guardians,
            usual_causes(guardians, [cause for cause in given if _concerns(cause, guardians)]),
            self.at(fields["years"], parse_years) if "years" in fields else None,
            every("checked"),
            every("renewed"),
        )

    def _placement(
        self,
        fields: dict[str, Any],
        root: Any,
        shares: tuple[Holder, ...],
        copies: tuple[Holder, ...],
        given: tuple[Cause, ...],
    ) -> Placement:
        if ("threshold" in fields) == ("groups" in fields):
            raise self.error(
                root, "how many shares are needed is said by 'threshold', or by 'groups': by one of the two."
            )
        if "groups" in fields:
            groups = tuple(
                Group(self.name(key), self.at(value, whole_number))
                for key, value in self.pairs(fields["groups"], "groups")
            )
            if "group_threshold" not in fields:
                raise self.error(fields["groups"], "'group_threshold' is missing: how many groups are needed.")
        else:
            groups = (Group("", self.at(fields["threshold"], whole_number)),)
        if "group_threshold" in fields and "groups" not in fields:
            raise self.error(fields["group_threshold"], "'group_threshold' belongs to 'groups', and there are none.")
        known = [group.name for group in groups]
        for (key, _), holder in zip(self.pairs(fields["shares"], "shares"), shares, strict=True):
            if holder.group not in known:
                there = f"Name one of: {', '.join(known)}." if "groups" in fields else "There are no 'groups'."
                raise self.error(key, f"{holder.name} is in no known group. {there}")
        everybody = (*shares, *copies)
        causes = usual_causes(everybody, [cause for cause in given if _concerns(cause, everybody)])
        needed = self.at(fields["group_threshold"], whole_number) if "groups" in fields else 1
        owner, home = (self.name(fields[name]) if name in fields else "" for name in ("owner", "home"))
        place = fields["groups"] if "groups" in fields else fields["threshold"]
        return self.at(place, lambda _: Placement(shares, groups, needed, copies, causes, owner, home))

    def _holders(self, node: Any, what: str, schema: dict[str, bool]) -> tuple[Holder, ...]:
        found = []
        for key, value in self.pairs(node, f"{what}s" if what == "share" else "passphrase"):
            name = self.name(key)
            fields = self.mapping(value, f"{what} {name!r}", schema)
            kind = self.text(fields["kind"]) if "kind" in fields else "other"
            if kind not in HOLDERS or kind == "guardian":
                kinds = [known for known in HOLDERS if known != "guardian"]
                raise self.error(fields["kind"], f"there is no kind {kind!r}. One of: {', '.join(kinds)}.")
            number = self.at(fields["shares"], whole_number) if "shares" in fields else 1
            group = self.name(fields["group"]) if "group" in fields else ""
            found.append(self._holder(key, name, fields, kind, number, group))
        if not found:
            raise self.error(node, f"there is no {what}.")
        return tuple(found)

    def _guardians(self, node: Any) -> tuple[Holder, ...]:
        if type(node).__name__ == "SequenceNode":
            return tuple(
                self._holder(entry, self.name(entry), {}, "guardian") for entry in self.entries(node, "guardians")
            )
        found = []
        for key, value in self.pairs(node, "guardians"):
            name = self.name(key)
            found.append(self._holder(key, name, self.mapping(value, f"guardian {name}", _GUARDIAN), "guardian"))
        return tuple(found)

    def _holder(
        self, node: Any, name: str, fields: dict[str, Any], kind: str, shares: int = 1, group: str = ""
    ) -> Holder:
        usual = HOLDERS[kind]
        lost = self.at(fields["lost"], parse_chance) if "lost" in fields else usual.lost
        stolen = self.at(fields["stolen"], parse_chance) if "stolen" in fields else usual.stolen
        person, place, vendor, region = (
            self.name(fields[sort]) if sort in fields else "" for sort in ("person", "place", "vendor", "region")
        )
        return self.at(
            node,
            lambda _: Holder(name, lost, stolen, person, place, vendor, region, shares, group, kind),
        )

    def _causes(self, node: Any, holders: tuple[Holder, ...]) -> tuple[Cause, ...]:
        found = []
        for plural, entries in self.mapping(node, "'causes'", dict.fromkeys(_CAUSES, False)).items():
            sort = _CAUSES[plural]
            for key, value in self.pairs(entries, plural):
                name = self.name(key)
                named = {holder.shared(sort) for holder in holders if holder.shared(sort)}
                if name not in named:
                    there = f"There: {', '.join(sorted(named))}." if named else f"Nothing above has a {sort}."
                    raise self.error(key, f"no holder has the {sort} {name!r}. {there}")
                fields = self.mapping(value, f"{sort} {name!r}", _CHANCES)
                usual = CAUSES[sort]
                lost = self.at(fields["lost"], parse_chance) if "lost" in fields else usual.lost
                stolen = self.at(fields["stolen"], parse_chance) if "stolen" in fields else usual.stolen
                found.append(Cause(sort, name, lost, stolen))
        return tuple(found)


def _concerns(cause: Cause, holders: tuple[Holder, ...]) -> bool:
    return any(holder.shared(cause.sort) == cause.name for holder in holders)
