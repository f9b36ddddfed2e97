"""What may stand in the section `recovery:` of `ape-config.yaml`: the rules, and what their breach is answered with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import InvalidInput
from .settings import DEPLOYMENTS_FOLDER, Profile, Settings, composed, nearest, shortened

#: What may stand in the section, and in a profile.
NAMES = ("deployments_folder", "address_book", "profiles")
PROFILE_NAMES = (
    "network",
    "networks",
    "account",
    "signers",
    "kit",
    "policy",
    "folder",
    "deployment",
    "max_fee",
    "confirmations",
    "explorer",
)
MAX_TEXT = 500
MAX_NAME = 60
MAX_CONFIRMATIONS = 1000

Place = tuple[Any, ...]

_SECRET_NAMES = ("password", "passphrase", "passwd", "privatekey", "mnemonic", "seed", "secret")
_SECRET_VALUE = re.compile(r"\s*(?:(?:0x)?[0-9a-fA-F]{64}|(?:[a-z]{3,8}\s+){11,}[a-z]{3,8})\s*")
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?")


class SettingsError(InvalidInput):
    """Something in the section cannot be right.

    Attributes:
        place: The names and numbers (from 0) that lead to it, from the section downwards.
        secret: Whether it is a secret, so that the line must not be shown.
    """

    def __init__(self, message: str, place: Place, *, secret: bool = False) -> None:
        super().__init__(message)
        self.place = place
        self.secret = secret


def parse(data: Any, folder: Path, file: Path | None = None) -> Settings:
    """The section, from what YAML makes of it. Both Ape and the command line have it checked here.

    Args:
        data: Mappings, lists and values.
        folder: What paths in profiles are relative to.
        file: Where it stands, if known.

    Raises:
        SettingsError: Anything that is not understood, with its place.
    """
    root = _Node(data, ())
    _refuse_secrets(root, set())
    section = root.fields("the section", NAMES)
    deployments = section.get("deployments_folder")
    book: dict[str, str] = {}
    for name, node in _named(section.get("address_book"), "address_book", "name: address"):
        book[name] = node.address()
    profiles = [
        _profile(name, node, folder)
        for name, node in _named(section.get("profiles"), "profiles", "name: and below it what it stands for")
    ]
    return Settings(
        file,
        deployments.text() if deployments else DEPLOYMENTS_FOLDER,
        tuple(book.items()),
        tuple(profiles),
    )


def _profile(name: str, node: _Node, folder: Path) -> Profile:
    fields = node.fields("a profile", PROFILE_NAMES)

    def take(field: str, read: Callable[[_Node], Any], default: Any = None) -> Any:
        return read(fields[field]) if field in fields else default

    return Profile(
        name,
        take("network", _Node.word),
        take("networks", lambda value: value.texts(_Node.word), ()),
        take("account", lambda value: value.key(folder)),
        take("signers", lambda value: value.texts(lambda item: item.key(folder)), ()),
        take("kit", lambda value: value.path(folder)),
        take("policy", lambda value: value.path(folder)),
        take("folder", lambda value: value.path(folder)),
        take("deployment", lambda value: value.path(folder)),
        take("max_fee", _Node.fee),
        take("confirmations", _Node.confirmations),
        take("explorer", _Node.web_address),
    )


def _named(node: _Node | None, what: str, form: str) -> Iterator[tuple[str, _Node]]:
    """The entries whose names people choose themselves: of the address book, and the profiles."""
    seen: dict[str, str] = {}
    for key, value in node.pairs(what, form) if node else ():
        name = value.name(key)
        if name.casefold() in seen:
            raise value.error(
                f"{name!r} and {seen[name.casefold()]!r} differ only in case, and would be mixed up. Rename one."
            )
        seen[name.casefold()] = name
        yield name, value


@dataclass(frozen=True)
class _Node:
    """A value of the section, and where it stands."""

    value: Any
    place: Place

    def error(self, message: str, *, secret: bool = False) -> SettingsError:
        return SettingsError(message, self.place, secret=secret)

    def pairs(self, what: str, form: str) -> list[tuple[Any, _Node]]:
        if self.value is None:  # the name alone, what stood below it commented out
            return []
        if not isinstance(self.value, dict):
            raise self.error(f"{what} should be names with values, each on a line: {form}.")
        return [(key, _Node(value, (*self.place, key))) for key, value in self.value.items()]

    def fields(self, what: str, known: Iterable[str]) -> dict[str, _Node]:
        known = tuple(known)
        fields = {}
        for key, node in self.pairs(what, "name: value"):
            if key not in known:
                raise node.error(
                    f"{what} has no {shortened(str(key))!r}.{nearest(str(key), known)} "
                    f"Possible are: {', '.join(known)}."
                )
            fields[key] = node
        return fields

    def name(self, key: Any) -> str:
        """A name that can be typed at a shell, and taken for nothing else."""
        import unicodedata

        if not isinstance(key, str):
            raise self.error(f"YAML takes this name for {shortened(repr(key))}, not for a text. Put it in quotes.")
        name = composed(key)
        if not 1 <= len(name) <= MAX_NAME or not (
            name[0].isalnum() and all(c in "._-+@" or unicodedata.category(c)[0] in "LMN" for c in name)
        ):
            raise self.error(
                f"a name has 1 to {MAX_NAME} letters, digits and . _ - + @, without spaces, and begins with a letter "
                "or a digit."
            )
        if re.match(r"0x|[0-9a-f]{40}", name, re.IGNORECASE):
            raise self.error(f"{shortened(name)!r} looks like an address, and could be taken for one. Rename it.")
        return name

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.error("a text is needed here. If it is one, put it in quotes.")
        if not self.value.strip() or len(self.value) > MAX_TEXT or not self.value.isprintable():
            raise self.error(f"a text here is one line of 1 to {MAX_TEXT} characters.")
        return self.value.strip()

    def word(self) -> str:
        text = self.text()
        if " " in text:
            raise self.error("there should be no space in this.")
        return text

    def texts(self, read: Callable[[_Node], str]) -> tuple[str, ...]:
        if not isinstance(self.value, list) or not self.value:
            raise self.error("this should be a list with at least one entry, such as [first, second].")
        result: list[str] = []
        for number, value in enumerate(self.value):
            node = _Node(value, (*self.place, number))
            text = read(node)
            if text in result:
                raise node.error("this stands twice in the list.")
            result.append(text)
        return tuple(result)

    def path(self, folder: Path) -> Path:
        text = self.text()
        try:
            return folder / Path(text).expanduser()
        except RuntimeError:
            raise self.error("it begins with ~, but there is no such user. Write the whole path.") from None

    def key(self, folder: Path) -> str:
        """A keystore file becomes a path that holds from everywhere; an alias stays as it is."""
        text = self.text()
        return str(self.path(folder)) if "/" in text or text.endswith(".json") else text

    def address(self) -> str:
        from .signer import Signer

        if isinstance(self.value, int) and not isinstance(self.value, bool):
            raise self.error('put the address in quotes ("0x..."): without them YAML makes a number of it.')
        signer = self._checked(Signer.parse)
        if not signer.is_address:
            raise self.error("this is too long for an address (0x and 40 hexadecimal digits).")
        return str(signer.address)

    def fee(self) -> int:
        from .cli.durations import parse_value

        if not isinstance(self.value, str) or self.value.strip().isdecimal():
            raise self.error("of what? Write the fee with its unit, for example: 30 gwei")
        fee: int = self._checked(parse_value)
        if not fee:
            raise self.error("a fee of nothing gets no transaction mined. Write for example: 30 gwei")
        return fee

    def confirmations(self) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not 1 <= self.value <= MAX_CONFIRMATIONS:
            raise self.error(f"a whole number from 1 to {MAX_CONFIRMATIONS} is needed here.")
        return self.value

    def web_address(self) -> str:
        text = self.word()
        if not _WEB_ADDRESS.fullmatch(text):
            raise self.error("this should be the first part of a web address, such as https://etherscan.io")
        return text.rstrip("/")

    def _checked(self, read: Callable[[str], Any]) -> Any:
        try:
            return read(self.text())
        except SettingsError:
            raise
        except InvalidInput as error:
            raise self.error(error.message) from error


def _refuse_secrets(node: _Node, seen: set[int]) -> None:
    """Looks for secrets before anything else, so that no other complaint shows the lines around it."""
    value = node.value
    number = isinstance(value, int) and value.bit_length() > 160  # an unquoted key
    if number or (isinstance(value, str) and _SECRET_VALUE.fullmatch(value)):
        raise node.error(
            "this looks like a private key or its words. Keys do not belong in this file: whoever reads it would have "
            "them. Take it out, consider the key stolen if anybody else could read this, and name a keystore file or "
            "the alias of an Ape account instead.",
            secret=True,
        )
    if not isinstance(value, (dict, list)) or id(value) in seen:
        return
    seen.add(id(value))  # YAML's aliases can make loops
    if isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_secrets(_Node(item, (*node.place, index)), seen)
        return
    chosen = node.place in (("address_book",), ("profiles",))  # names that people give
    for key, item in value.items():
        below = _Node(item, (*node.place, key))
        squeezed = re.sub(r"[^a-z]", "", str(key).lower())
        if not chosen and any(word in squeezed for word in _SECRET_NAMES):
            raise below.error(
                f"{shortened(str(key))!r}: secrets do not belong in this file, where whoever reads it would have "
                "them. Keys stay in keystore files, named by 'account' and 'signers'; their passwords are asked for, "
                "or read from --password-fd.",
                secret=True,
            )
        _refuse_secrets(below, seen)
