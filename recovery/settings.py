"""The section `recovery:` of `ape-config.yaml`: names for addresses, and profiles that save typing options.

The file is the one that Ape reads too. What may stand in it is in `settings_rules.py`; `ape_recovery.py` has Ape
check it by the same rules. As Ape does, `$NAME` and `${NAME}` in the file are replaced by variables of the environment:
a node's address often holds a key that should not be in a repository. Other sections are Ape's own and are not looked
at. Neither `pyproject.toml` (`[tool.ape]`) nor the `ape-config.yaml` in Ape's data folder is read: where settings come
from should be seen at a glance.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import files
from .errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from .settings_rules import Place

FILE = "ape-config.yaml"
SECTION = "recovery"
DEFAULT_PROFILE = "default"
DEPLOYMENTS_FOLDER = "deployments"
MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Profile:
    """What stands in for options that are not given.

    Attributes:
        name: What it is called, or None if there is no profile.
        network: Address of a node, or a choice of Ape's.
        networks: The same for every chain on which `status` looks.
        account: Who pays: a keystore file (resolved, if it is written as a path) or the alias of an Ape account.
        signers: Owner keys that sign, written as `account`.
        kit: A guardian's kit.
        policy: The owner's policy file.
        folder: The owner's folder.
        deployment: The file with the addresses of the contracts.
        max_fee: The most to pay for a unit of gas, in wei.
        confirmations: How many blocks to wait for.
        explorer: Base address of a block explorer, without a slash at its end.
    """

    name: str | None = None
    network: str | None = None
    networks: tuple[str, ...] = ()
    account: str | None = None
    signers: tuple[str, ...] = ()
    kit: Path | None = None
    policy: Path | None = None
    folder: Path | None = None
    deployment: Path | None = None
    max_fee: int | None = None
    confirmations: int | None = None
    explorer: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole section. Without a file, all of it is empty.

    Attributes:
        file: Where it stands, or None if there is no file.
        deployments_folder: Where `ape run deploy` writes, relative to the file's folder.
        address_book: Names with their addresses (ERC-55), in the order of the file.
        profiles: In the order of the file.
    """

    file: Path | None = None
    deployments_folder: str = DEPLOYMENTS_FOLDER
    address_book: tuple[tuple[str, str], ...] = ()
    profiles: tuple[Profile, ...] = ()

    def profile(self, name: str | None = None) -> Profile:
        """The profile of that name; without a name the one called "default", or an empty one.

        Raises:
            InvalidInput: There is none of that name.
        """
        wanted = DEFAULT_PROFILE if name is None else composed(name)
        for profile in self.profiles:
            if profile.name == wanted:
                return profile
        if name is None:
            return Profile()
        if self.file is None:
            raise InvalidInput(
                f"There is no profile {shortened(name)!r}: neither here nor in a folder above is there a file {FILE}. "
                f"Write the profile into one, under {SECTION}: profiles:"
            )
        known = [str(profile.name) for profile in self.profiles]
        there = f"There: {', '.join(known)}." if known else f"It has none yet; write it under {SECTION}: profiles:"
        raise InvalidInput(
            f"There is no profile {shortened(name)!r} in {_shown(self.file)}.{nearest(wanted, known)} {there}"
        )

    def address(self, name: str) -> str | None:
        """The address with that name in the address book, or None."""
        wanted = composed(name.strip())
        return next((address for known, address in self.address_book if known == wanted), None)

    def name_of(self, address: str) -> str | None:
        """The name of an address in the address book, or None; the first, if it has several."""
        wanted = address.lower()
        return next((name for name, known in self.address_book if known.lower() == wanted), None)


def load(folder: Path | None = None) -> Settings:
    """Reads the section of the nearest `ape-config.yaml`.

    Args:
        folder: Where to look first, then in the folders above it; by default the current one.

    Returns:
        What stands there; empty settings if there is no such file, or no section in it.

    Raises:
        InvalidInput: Anything in the section that is not understood, with file and line, or a file that is somebody
            else's.
        MissingExtra: There is a section, but PyYAML is not installed.
    """
    file = find(folder)
    if file is None:
        return Settings()
    text = os.path.expandvars(files.read(file))
    if SECTION not in text:
        return Settings(file)
    return _read(text, file)


def find(folder: Path | None = None) -> Path | None:
    """The nearest `ape-config.yaml`, from a folder upwards, or None.

    Raises:
        InvalidInput: It lies above the folder and belongs to another user, who could so slip in addresses and nodes.
    """
    try:
        start = Path(os.path.abspath(folder or Path.cwd()))
    except FileNotFoundError:  # the current folder has been deleted
        return None
    for place in (start, *start.parents):
        file = place / FILE
        if not os.path.isfile(file):
            continue
        if place != start and hasattr(os, "getuid") and file.stat().st_uid not in (0, os.getuid()):
            raise InvalidInput(
                f"{file} belongs to another user, and would decide which nodes and addresses are used. If you trust "
                f"it, go to {place} and run the command there; otherwise put an {FILE} of your own here."
            )
        return file
    return None


# ------------------------------------------------------------------------------------------------- YAML


def _read(text: str, file: Path) -> Settings:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{_shown(file)} is written in YAML, which needs PyYAML", "cli") from error
    from .settings_rules import SettingsError, parse

    make = yaml.constructor.SafeConstructor().construct_document
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        section = _section(root, file)
        data = None if section is None else make(section)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidInput(f"{_shown(file)}, line {line}: this is not YAML ({error.problem}).") from error
    except InvalidInput:
        raise
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInput(f"{_shown(file)} is not YAML.") from error
    if data is None:
        return Settings(file)
    try:
        return parse(data, file.parent, file)
    except SettingsError as error:
        line = _line(section, error.place, make)
        raise InvalidInput(f"{_shown(file)}, line {line}: {error.message}") from error


def _section(root: Any, file: Path) -> Any:
    """The node of our section, in which no name stands twice; None if there is none."""
    if type(root).__name__ != "MappingNode":
        return None
    ours = [(key, value) for key, value in root.value if key.value == SECTION]
    _refuse_repetition(ours, file)
    waiting, seen = [value for _, value in ours], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if type(node).__name__ == "MappingNode":
            _refuse_repetition(node.value, file)
            waiting += [value for _, value in node.value]
        elif type(node).__name__ == "SequenceNode":
            waiting += node.value
    return ours[0][1] if ours else None


def _refuse_repetition(pairs: list[tuple[Any, Any]], file: Path) -> None:
    seen = set()
    for key, _ in pairs:
        if type(key).__name__ != "ScalarNode":
            raise InvalidInput(f"{_shown(file)}, line {key.start_mark.line + 1}: a name should be plain text.")
        if key.value in seen:
            raise InvalidInput(
                f"{_shown(file)}, line {key.start_mark.line + 1}: {shortened(key.value)!r} stands twice. Keep one."
            )
        seen.add(key.value)


def _line(node: Any, place: Place, make: Callable[[Any], Any]) -> int:
    """The line of what stands at a place, counted from 1."""
    line: int = node.start_mark.line
    for step in place:
        if type(node).__name__ == "SequenceNode":
            node = node.value[step]
            line = node.start_mark.line
            continue
        key, node = next((key, value) for key, value in node.value if make(key) == step)
        line = key.start_mark.line
    return line + 1


# ------------------------------------------------------------------------------------------------ words


def nearest(name: str, known: Iterable[str]) -> str:
    """A question after the name that was probably meant, or nothing."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def composed(name: str) -> str:
    """One form for letters with accents, which keyboards and files write in two."""
    import unicodedata

    return unicodedata.normalize("NFC", name)


def shortened(text: str) -> str:
    """Short enough for an error."""
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def _shown(file: Path) -> str:
    """The file's name as short as it is clear."""
    try:
        return str(file.relative_to(Path.cwd()))
    except (ValueError, FileNotFoundError):
        return str(file)
