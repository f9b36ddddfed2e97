"""`recovery keys hsm`: keys in hardware security modules, made inside, listed, and given a short name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidInput
from .options import json_option, unlocking
from .session import command_line, quote, refuse_secret, say, table, warn

if TYPE_CHECKING:
    from ..hsm_uri import KeyUri
    from .keys import Keyring

_AS = click.option("--as", "alias", metavar="NAME", help="Give it a short name, as `register` does.")


@click.group(short_help="Keys in a hardware security module (PKCS#11)")
def hsm() -> None:
    """Make keys inside a hardware security module, list them, give them names.

    A key is named by a URI (RFC 7512), with the library that speaks to the device, if
    RECOVERY_PKCS11_MODULE does not name that. In full:

    'pkcs11:token=NAME;object=LABEL?module-path=/path/to/library.so'

    The PIN is asked for, or read from --password-fd; it never stands in the URI.
    """


@hsm.command(short_help="Make a key inside, from where it cannot be taken out")
@click.argument("uri", metavar="URI")
@_AS
@unlocking
def make(uri: str, alias: str | None, keys: Keyring) -> None:
    """Make a key inside a module.

    It cannot be taken out, so there is no backup of it: other owners or guardians are
    the way back. It signs once before you are told of it.
    """
    from .. import hsm as module

    parsed = _parsed(uri)
    target = None if alias is None else _target(alias)
    address = module.make(parsed, _pin(keys, parsed, "gets a new key"))
    table([("Address", address), ("Key", parsed.whole)])
    click.echo()
    say("Made inside, and it has signed once.", bold=True, colour="green")
    warn(
        "It cannot be taken out, so nobody has a backup. If the device breaks, is lost or locks itself after wrong "
        "PINs, this key is gone: let another owner or guardians be able to replace it before you rely on it."
    )
    if target is not None:  # last, so that its address was shown whatever happens here
        _register(target, parsed, address)
    _say_how(parsed, target)
    say("For a wallet that it owns:")
    command_line(f"recovery wallet create --policy FILE --owner {address} --account KEY --network URL")


@hsm.command(name="list", short_help="The keys in a module, without a PIN")
@click.argument("uri", metavar="[URI]", default="pkcs11:")
@json_option
def list_module(uri: str, as_json: bool) -> None:
    """List the keys that a module has, as far as it shows them without a PIN.

    URI names a token, or only the library: 'pkcs11:?module-path=/path/to/library.so'.
    """
    from .. import hsm as module

    refuse_secret(uri, "the URI of a token")
    found = module.keys_in(uri)
    if as_json:
        click.echo(json.dumps([{"uri": each.uri.whole, "address": each.address} for each in found], indent=2))
        return
    if not found:
        say("No key of Ethereum's curve is seen without a PIN. To make one:")
        command_line("recovery keys hsm make 'pkcs11:token=NAME;object=LABEL?module-path=/path/to/library.so'")
        return
    for each in found:
        table([("Address", each.address), ("Key", each.uri.whole)])


@hsm.command(short_help="Give a key in a module a short name, also for Ape")
@click.argument("alias", metavar="NAME")
@click.argument("uri", metavar="URI")
@unlocking
def register(alias: str, uri: str, keys: Keyring) -> None:
    """Give a key in a module a NAME, by which --signer, --account and Ape know it.

    What is written, into Ape's data folder, is its URI and its address, and nothing
    secret. The key signs once, which shows that it is there.
    """
    from ..hsm import prove

    parsed, target = _parsed(uri), _target(alias)
    address = prove(parsed, _pin(keys, parsed, "is to sign once, to show that it is there"))
    table([("Address", address), ("Key", parsed.whole)])
    click.echo()
    _register(target, parsed, address)
    _say_how(parsed, target)


def _parsed(text: str) -> KeyUri:
    from ..hsm_uri import KeyUri

    refuse_secret(text, "the URI of a key in a hardware module")
    return KeyUri.parse(text)


def _target(alias: str) -> Path:
    """Where a name is written down that nothing else has.

    Raises:
        InvalidInput: It cannot be a name, or is taken.
    """
    from .ape_keys import find_in_ape
    from .keys import PAPER, _ape_folder, registered_file

    refuse_secret(alias, "a short name for the key")
    named = bool(alias) and alias == Path(alias).name and alias.isprintable() and len(alias) <= 60
    if not named or alias.startswith((".", "-", "TEST::", "pkcs11:")) or alias == PAPER:
        raise InvalidInput(f"{alias[:60]!r} cannot be what a key is called: it becomes the name of a file.")
    target = registered_file(alias)
    for path in (target, _ape_folder() / target.name):
        if path.exists():
            raise InvalidInput(f"There is a key {alias!r} already: {path}. Choose another NAME, or move it away first.")
    if find_in_ape(alias) is not None:
        raise InvalidInput(f"Ape has an account {alias!r} already. Choose another NAME.")
    return target


def _pin(keys: Keyring, uri: KeyUri, purpose: str) -> str:
    """The PIN, asked for once: wrong ones lock the token."""
    from .keys import read_secret

    return read_secret(keys.password_fd, f"PIN of {uri}", f"{uri} {purpose}.", "PIN")


def _register(target: Path, uri: KeyUri, address: str) -> None:
    files.write(target, json.dumps({"address": address, "uri": uri.whole}, indent=2) + "\n")
    say(f"Registered as {target.stem}, in {target}.", bold=True, colour="green")


def _say_how(uri: KeyUri, target: Path | None) -> None:
    say("Wherever a KEY is asked for, as with --signer or --account, it is called:")
    command_line(quote(uri.whole if target is None else target.stem))
    if target is None:
        say("To give it a short name, which Ape knows as well:")
        command_line(f"recovery keys hsm register NAME {quote(uri.whole)}")
