"""Keys: keystore files (version 3), keys on paper and in hardware modules, and every account that Ape knows.

Passwords of keystores and the words of paper keys come by prompt or file descriptor; Ape's other accounts ask in their
own way.
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from .. import files
from ..errors import InvalidFile, InvalidInput, Refused
from ..signer import Signer
from .ape_keys import ApeKey, find_in_ape
from .session import refuse_secret

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from ..hsm import HsmAccount
    from ..hsm_uri import KeyUri

ATTEMPTS = 3
#: What a key is called whose words stand on a sheet of paper.
PAPER = "paper"


class Signing(Protocol):
    """A key that is open: what eth-account's accounts can do, or as much of it as is needed."""

    @property
    def address(self) -> Any:
        """Its address."""

    def sign_message(self, signable_message: Any) -> Any:
        """Signs an EIP-712 message; what it returns has `signature`."""

    def sign_transaction(self, transaction_dict: Any) -> Any:
        """Signs a transaction; what it returns has `hash` and `raw_transaction`."""


@dataclass(frozen=True)
class Keystore:
    """An encrypted key.

    Attributes:
        name: As it was given.
        path: The file.
        content: What is in it.
        address: What the file claims, or None if it does not say.
    """

    name: str
    path: Path
    content: dict[str, Any]
    address: str | None


@dataclass(frozen=True)
class PaperKey:
    """A key whose twelve words stand on a sheet of paper. They are typed when it is needed, and kept nowhere.

    Attributes:
        name: As it was given.
        address: Not known before the words are.
    """

    name: str = PAPER
    address: None = None


@dataclass(frozen=True)
class ModuleKey:
    """A key in a hardware security module.

    Attributes:
        name: As it was given.
        uri: Where it is.
        address: As it was when it was registered; of one that is named by its URI, not known before the token is open.
    """

    name: str
    uri: KeyUri
    address: str | None = None


Key = Keystore | ApeKey | PaperKey | ModuleKey


def find(name: str) -> Key:
    """Finds a key, without opening it. `paper` is always a key on paper; a keystore file of that name is `./paper`.

    What begins with `pkcs11:` is a key in a hardware security module, as is the name that one was registered under.

    Raises:
        InvalidInput: There is none, or the file is none.
    """
    refuse_secret(name, "a keystore file or the alias of an Ape account")
    if name == PAPER:
        return PaperKey()
    if name.startswith("pkcs11:"):
        from ..hsm_uri import KeyUri

        uri = KeyUri.parse(name)
        return ModuleKey(str(uri), uri)
    path = _file(name)
    if path is None:
        alias = _ape_folder() / f"{name}.json"
        if "/" in name or _file(str(alias)) is None:
            module = None if "/" in name else _registered(name)
            if module is not None:
                return module
            account = None if "/" in name else find_in_ape(name)
            if account is not None:
                return account
            raise InvalidInput(
                f"There is no keystore file {name[:60]!r}"
                + ("" if "/" in name else f", and no Ape account of that name in {alias.parent}")
                + ". Make one with: recovery keys new --name NAME"
            )
        path = alias
    text = files.read(path)
    try:
        content = json.loads(text)
        if content["version"] != 3 or "crypto" not in {key.lower() for key in content}:
            raise ValueError
        claimed = content.get("address")
        address = None if claimed is None else Signer(files.from_hex("0x" + claimed.removeprefix("0x"), 20)).address
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidFile(f"{path} is not a keystore (version 3): it holds no key that a password opens.") from None
    return Keystore(name, path, content, address)


def _file(name: str) -> Path | None:
    """The file of that name, if there is one."""
    try:
        path = Path(name).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # what no file can be called, or the home of nobody
        return None


def same(one: Key, other: Key) -> bool:
    """Whether two names mean the same key."""
    if isinstance(one, Keystore) and isinstance(other, Keystore):
        return one.path.resolve() == other.path.resolve()
    if isinstance(one, PaperKey) and isinstance(other, PaperKey):
        return True
    if isinstance(one, ModuleKey) and isinstance(other, ModuleKey):
        return one.uri == other.uri
    return one.address is not None and one.address == other.address


def _ape_folder() -> Path:
    return _ape_data() / "accounts"


def _ape_data() -> Path:
    folder = os.environ.get("APE_DATA_FOLDER")
    return Path(folder) if folder else Path.home() / ".ape"


def registered_file(name: str) -> Path:
    """Where Ape, and `find`, look for a key in a module by its name."""
    return _ape_data() / "recovery" / f"{name}.json"


def _registered(name: str) -> ModuleKey | None:
    """A key in a module by the name that it was given, if there is one.

    Raises:
        InvalidFile: There is, but it cannot be read.
    """
    path = registered_file(name)
    if _file(str(path)) is None:
        return None
    from ..hsm_uri import KeyUri

    try:
        content = json.loads(files.read(path))
        return ModuleKey(name, KeyUri.parse(content["uri"]), Signer.parse(content["address"]).address)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidInput):
        raise InvalidFile(
            f"{path} does not say which key of a hardware module {name!r} is. Delete it, and register the key again: "
            f"recovery keys hsm register {name} URI"
        ) from None


@dataclass
class Keyring:
    """Opens keystores, each once.

    Attributes:
        password_fd: Where passwords are read from, or None to ask.
    """

    password_fd: int | None = None
    _opened: dict[Path, LocalAccount] = field(default_factory=dict, repr=False)
    _paper: LocalAccount | None = field(default=None, repr=False)
    _modules: dict[KeyUri, HsmAccount] = field(default_factory=dict, repr=False)

    def open(self, key: Key, purpose: str) -> Signing:
        """Decrypts a key, or has Ape do what it takes.

        Args:
            key: Which.
            purpose: What it is for, for whoever types the password.

        Raises:
            InvalidInput: The password is wrong, or the file does not hold the key that it claims.
            Refused: There is nobody to ask.
        """
        if isinstance(key, ApeKey):
            click.echo(f"{key.name} {purpose}. If it is a device, look at it.", err=True)
            return key
        if isinstance(key, PaperKey):
            self._paper = self._paper or self._typed(purpose)
            return self._paper
        if isinstance(key, ModuleKey):
            if key.uri not in self._modules:
                self._modules[key.uri] = self._unlocked(key, purpose)
            return self._modules[key.uri]
        keystore = key
        place = keystore.path.resolve()
        if place not in self._opened:
            account = self._decrypt(keystore, purpose)
            if keystore.address is not None and Signer.parse(account.address).address != keystore.address:
                raise InvalidFile(
                    f"{keystore.path} says that it is {keystore.address}, but holds the key of {account.address}. "
                    "Do not use it."
                )
            self._opened[place] = account
        return self._opened[place]

    def _unlocked(self, key: ModuleKey, purpose: str) -> HsmAccount:
        """A key in a module, until the command is over. The PIN is asked for once: wrong ones lock the token."""
        from ..hsm import opened

        pin = read_secret(self.password_fd, f"PIN of {key.name}", f"{key.name} {purpose}.", "PIN")
        account: HsmAccount = click.get_current_context().with_resource(opened(key.uri, pin))
        if key.address is not None and account.address != key.address:
            raise Refused(
                f"{key.name} was registered as {key.address}, but {key.uri} is the key of {account.address} now. "
                "Nothing was signed."
            )
        return account

    def _typed(self, purpose: str) -> LocalAccount:
        """The key whose words somebody types."""
        from ..paper import key_of

        attempts = ATTEMPTS if self.password_fd is None else 1
        for attempt in range(attempts):
            try:
                return key_of(
                    read_secret(
                        self.password_fd,
                        "line with the words of the paper key",
                        f"The key on paper {purpose}. Type its twelve words; they are not shown.",
                        "Words",
                    )
                )
            except InvalidInput as error:
                if attempt + 1 == attempts:
                    raise
                click.echo(_folded(error.message), err=True)
        raise AssertionError  # the last attempt returns or raises

    def _decrypt(self, keystore: Keystore, purpose: str) -> LocalAccount:
        from eth_account import Account

        wrong = InvalidInput(f"The password of {keystore.name} is wrong. Nothing was signed with it.")
        attempts = ATTEMPTS if self.password_fd is None else 1
        for attempt in range(attempts):
            password = self._password(keystore, purpose)
            try:
                key = Account.decrypt(keystore.content, password)
            except ValueError as error:
                if "MAC mismatch" not in str(error):
                    raise InvalidFile(f"{keystore.path} is damaged: it cannot be decrypted.") from None
                if attempt + 1 < attempts:
                    click.echo("That is not its password. Try again.", err=True)
                continue
            except Exception:  # a keystore with nonsense in it breaks eth-keyfile in many ways
                raise InvalidFile(f"{keystore.path} is damaged: it cannot be decrypted.") from None
            account: LocalAccount = Account.from_key(key)
            return account
        raise wrong

    def _password(self, keystore: Keystore, purpose: str) -> str:
        who = f"{keystore.name}, {keystore.address}," if keystore.address else keystore.name
        return read_secret(self.password_fd, f"password for {keystore.name}", f"{who} {purpose}.", "Password")


def read_secret(password_fd: int | None, what: str, announcement: str, prompt: str) -> str:
    """Something secret, typed where nobody sees it, or a line of a file descriptor.

    Args:
        password_fd: Where it is read from, or None to ask.
        what: What it is, for errors, as in "password for ana".
        announcement: What whoever types it is told.
        prompt: What stands before the cursor.

    Raises:
        InvalidInput: There is nothing to read.
        Refused: There is nobody to ask.
    """
    if password_fd is not None:
        return _read_line(password_fd, what)
    if not sys.stdin.isatty():
        raise Refused(
            f"There is no terminal on which to ask for the {what}. Nothing was sent. In a script, give --password-fd."
        )
    click.echo(_folded(announcement), err=True)
    secret: str = click.prompt(prompt, hide_input=True, err=True)
    return secret


def _folded(text: str) -> str:
    return textwrap.fill(text, 80, break_long_words=False, break_on_hyphens=False)


def _read_line(descriptor: int, what: str) -> str:
    """One line, and no byte more: the next key's password, or an answer, may follow."""
    line = b""
    try:
        while not line.endswith(b"\n"):
            byte = os.read(descriptor, 1)
            if not byte:
                break
            line += byte
    except OSError as error:
        raise InvalidInput(f"File descriptor {descriptor} cannot be read: {error.strerror}.") from error
    if not line:
        raise InvalidInput(
            f"There is no {what} on file descriptor {descriptor}: "
            "give one line for each key, in the order they are needed."
        )
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidInput(f"The {what} is not text in UTF-8.") from None
