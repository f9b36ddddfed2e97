"""`recovery keys list`, `show` and `password`: what keys there are, and how well they are locked."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import files
from ..errors import InvalidInput, Refused
from .options import json_option, unlocking
from .session import command_line, quote, say, table, warn

if TYPE_CHECKING:
    from .keys import Keyring, Keystore, ModuleKey


@click.command(name="list", short_help="Keystores and Ape's accounts, without opening any")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False, metavar="[DIR]")
@json_option
def list_keys(folder: Path | None, as_json: bool) -> None:
    """List the keystores of a folder; without one, Ape's, keys in modules, and all Ape's other accounts.

    Nothing is opened, and no device is asked.
    """
    from ..keys.strength import strength_of
    from .keys import _ape_folder

    where = folder or _ape_folder()
    if folder is not None and not folder.is_dir():
        raise InvalidInput(f"There is no folder {folder}.")
    rows: list[dict[str, Any]] = []
    for found in _keystores(where):
        strength = strength_of(found.content)
        rows.append(
            {
                "name": found.path.stem,
                "address": found.address,
                "kind": "keystore",
                "file": str(found.path),
                "lock": strength.text,
                "weak": strength.weak,
            }
        )
    if folder is None:
        rows += _in_modules()
        rows += _others({row["name"] for row in rows})
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        say(f"There are no keys in {where}. Make one with:")
        command_line("recovery keys new")
        return
    for row in rows:
        lock = f", {row['lock']}{': WEAK' if row['weak'] else ''}" if "lock" in row else ""
        table([(row["name"], row["address"] or "does not say its address"), ("", f"{row['kind']}{lock}")])
    if weak := [row for row in rows if row.get("weak")]:
        click.echo()
        say("A weak one is opened by whoever gets the file and guesses fast. To lock it anew:")
        command_line(*(f"recovery keys password {quote(row['file'])}" for row in weak))


def _keystores(folder: Path) -> list[Keystore]:
    """Those of a folder; other files are passed over."""
    from .keys import Keystore, find

    result = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            found = find(str(path))
        except InvalidInput:
            continue
        if isinstance(found, Keystore):
            result.append(found)
    return result


def _in_modules() -> list[dict[str, Any]]:
    """Keys in hardware modules that have a name."""
    from .keys import ModuleKey, find, registered_file

    rows: list[dict[str, Any]] = []
    place = registered_file("x").parent
    for path in sorted(place.glob("*.json")) if place.is_dir() else []:
        try:
            found = find(path.stem)
        except InvalidInput as error:
            warn(error.message)
            continue
        if isinstance(found, ModuleKey):
            rows.append({"name": path.stem, **_in_module(found)})
    return rows


def _in_module(key: ModuleKey) -> dict[str, Any]:
    return {"address": key.address, "kind": "key in a hardware module", "uri": key.uri.whole}


def _others(known: set[str]) -> list[dict[str, Any]]:
    """Ape's accounts that are no keystores: devices, KMS, and whatever plugins bring."""
    if importlib.util.find_spec("ape") is None:
        return []
    from ape import accounts

    from .network import quiet_ape

    quiet_ape()
    rows: list[dict[str, Any]] = []
    try:
        for account in accounts:
            alias = str(account.alias)
            if alias not in known:
                kind = f"Ape account ({type(account).__module__.partition('.')[0]})"
                rows.append({"name": alias, "address": str(account.address), "kind": kind})
    except Exception as error:  # a plugin looks for its accounts, and something is wrong with it
        warn(f"Ape cannot list all of its accounts ({type(error).__name__}). See: ape accounts list --all")
    return rows


@click.command(short_help="A key's address, and how well it is locked")
@click.argument("key")
@json_option
def show(key: str, as_json: bool) -> None:
    """Show a key's address and how well its file is locked, without opening it."""
    from ..keys.strength import strength_of
    from .keys import Keystore, ModuleKey, PaperKey, find

    found = find(key)
    if isinstance(found, ModuleKey):
        _print({"name": found.name, **_in_module(found)}, as_json)
        if found.address is None and not as_json:
            say("Its address is known once the token is open. What keys there are: recovery keys hsm list")
        return
    if isinstance(found, PaperKey):
        raise InvalidInput("Nothing is known of a key on paper before its words are typed. See: recovery keys restore")
    if not isinstance(found, Keystore):
        _print({"name": found.name, "address": found.address, "kind": "Ape account"}, as_json)
        return
    strength = strength_of(found.content)
    _print(
        {
            "name": found.path.stem,
            "address": found.address,
            "kind": "keystore",
            "file": str(found.path),
            "lock": strength.text,
            "weak": strength.weak,
            "private": not found.path.stat().st_mode & 0o077,
        },
        as_json,
    )
    if as_json:
        return
    if strength.weak:
        warn("Whoever gets this file can guess its password fast. Lock it anew, with the same password if you like:")
        command_line(f"recovery keys password {quote(key)}")
    if found.path.stat().st_mode & 0o077:
        warn("Others on this computer can read this file:")
        command_line(f"chmod 600 {quote(found.path)}")
    if not strength.weak:
        say("Its address is what the file says of itself; only opening it proves that.")


def _print(content: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(content, indent=2))
        return
    rows = [("Key", content["name"]), ("Address", content["address"] or "not said"), ("Kind", content["kind"])]
    rows += [("File", content["file"]), ("Lock", content["lock"])] if "file" in content else []
    rows += [("URI", content["uri"])] if "uri" in content else []
    table(rows)


@click.command(short_help="Lock a keystore anew, with another password")
@click.argument("key")
@unlocking
def password(key: str, keys: Keyring) -> None:
    """Encrypt a keystore anew under another password, or the same one.

    The old file stays until the new one has been read back, and is replaced in one
    step. With --password-fd: the old password, then the new one.
    """
    from ..keys.strength import strength_of
    from .keys import Keystore, find
    from .new_secrets import new_password

    found = find(key)
    if not isinstance(found, Keystore):
        raise InvalidInput(f"{key[:60]} is no keystore file: its password, if it has one, is not changed here.")
    account = keys.open(found, "gets another password")
    chosen = new_password(keys.password_fd, f"A new password for {found.path}.")
    content = _replace(found, account, chosen)
    table([("Key", str(found.path)), ("Address", str(account.address)), ("Lock", strength_of(content).text)])
    click.echo()
    say("Done. The file opens with the new password.", bold=True, colour="green")
    say("Copies of the old one, such as in backups, open with the old password as before: delete them.")


def _replace(found: Keystore, account: Any, chosen: str) -> dict[str, Any]:
    """Writes the new content beside the file, reads it back, and puts it in the file's place.

    Raises:
        InvalidInput: It cannot be written.
        Refused: It does not read back as it was.
    """
    from eth_account import Account

    from .. import keystore

    made = keystore.encrypt(bytes(account.key), chosen)
    kept = {name: value for name, value in found.content.items() if name.lower() not in ("crypto", "address")}
    content = {"address": made["address"], **kept, "crypto": made["crypto"]}
    path = found.path.resolve()
    beside = path.with_name(f".{path.name}.new")
    try:
        files.write(beside, json.dumps(content, indent=2) + "\n", secret=True, replace=True)
        if bytes(Account.decrypt(json.loads(files.read(beside)), chosen)) != bytes(account.key):
            raise Refused(f"{beside} does not read back as it was written. {path} is as it was; is the disk in order?")
        os.replace(beside, path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be replaced: {error.strerror}. It is as it was.") from error
    finally:
        beside.unlink(missing_ok=True)
    return content
