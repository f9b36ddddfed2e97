"""`recovery backup combine`: enough shares bring the secret back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidFile, InvalidInput, Refused
from .backup_sealing import IDENTITY
from .backup_taking import gather
from .options import FILE, FOLDER, profile, unlocking, yes_option
from .session import command_line, confirm, quote, require_free, say, table, warn

if TYPE_CHECKING:
    from ..backup.forms import Kind
    from ..backup.gathering import Gathered
    from ..backup.share import About, SetNote
    from .keys import Keyring

FORMS = ("words", "keystore", "policy-secret", "hex")
#: What is made of which kind unless somebody says otherwise, and what else can be.
_USUAL = {"seed": "words", "key": "keystore", "policy-secret": "policy-secret", "bytes": "hex"}
_POSSIBLE = {
    "seed": ("words", "keystore", "hex"),
    "key": ("keystore", "hex"),
    "policy-secret": ("policy-secret", "hex"),
    "bytes": ("hex",),
}
#: Which kind somebody means who types words of which nothing is known.
_MEANT = {"words": "seed", "keystore": "key", "policy-secret": "policy-secret", "hex": "bytes"}


@click.command(short_help="Put shares together again")
@click.argument("sources", type=FILE, nargs=-1, metavar="[FILE]...")
@click.option("--typed", is_flag=True, help="Type the words of what is missing, until there is enough.")
@IDENTITY
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase, where no file says that there is one.")
@click.option("--as", "form", type=click.Choice(FORMS), help="What to make of it.  [default: what was split]")
@FOLDER
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to write it, instead of showing it.")
@yes_option
@unlocking
def combine(
    sources: tuple[Path, ...],
    typed: bool,
    identity_files: tuple[Path, ...],
    passphrase: bool,
    form: str | None,
    folder_path: Path | None,
    output: Path | None,
    yes: bool,
    keys: Keyring,
) -> None:
    """Bring a secret back from its shares.

    FILE is a share, a sealed share (with --identity), a picture or text that holds
    one, or a text with the words of a share alone. Words can be typed instead. After
    each it is said what is still missing. Of several sets, the only one of which there
    is enough is put together.
    """
    if output is not None:
        require_free(output)
    gathered = gather(sources, typed, identity_files, _noted(folder_path), keys)
    kind, form = _meant(gathered.about, form)
    secret = secret_of(gathered, kind, passphrase, keys)
    _give(kind, form, secret, output, yes, keys)


def _noted(folder: Path | None) -> list[SetNote]:
    """What the owner's folder says of sets, if there is one."""
    from .backup_notes import notes_in

    path = folder or profile().folder
    damaged: list[InvalidFile] = []
    found = [note for _, note in notes_in(path, damaged)] if path else []
    for error in damaged:  # shares bring the secret back without any note
        warn(f"{error.message} It is left out.")
    return found


# --------------------------------------------------------------------------------------------- the secret


def _meant(about: About | None, form: str | None) -> tuple[Kind, str]:
    """What it is, and what becomes of it.

    Raises:
        InvalidInput: It cannot become that, or nobody has said what it is.
    """
    from ..backup.forms import Kind

    if about is None:
        if form is None:
            raise InvalidInput(
                "Words alone do not say what they are of. Say it with --as: words (a seed phrase), keystore (a key), "
                "policy-secret or hex."
            )
        return Kind(_MEANT[form]), form
    possible = _POSSIBLE[about.kind.value]
    if form is not None and form not in possible:
        raise InvalidInput(f"This is {about.kind.words}: it can become {' or '.join(possible)}, not {form}.")
    return about.kind, form or _USUAL[about.kind.value]


def secret_of(gathered: Gathered, kind: Kind, asked: bool, ring: Keyring) -> bytes:
    """The secret, compared with its check value and its account.

    Raises:
        Refused: The passphrase is wrong, or it is another secret.
    """
    from .keys import ATTEMPTS

    about = gathered.about
    wanted = about.passphrase if about else asked
    attempts = ATTEMPTS if wanted and about and ring.password_fd is None else 1
    for attempt in range(attempts):
        secret = gathered.state.combine(_phrase(ring) if wanted else b"")
        if about is None:
            warn(
                "Nothing is known of this set, so that nobody can tell whether the secret is right: a wrong passphrase "
                "gives another one. Compare the account below with yours, or give --folder with the owner's folder."
            )
            return secret
        if about.check.fits(secret):
            _require_account(about, kind, secret)
            say(
                f"The check value of set {about.short} is right: this is the secret that was split.",
                bold=True,
                colour="green",
            )
            return secret
        if attempt + 1 < attempts:
            click.echo("The passphrase is wrong: the check value does not fit. Try again.", err=True)
    if wanted:
        raise Refused(
            "The passphrase is wrong: the shares are good and belong together, but what they give is not the secret "
            "that was split. Nothing was written."
        )
    raise Refused(
        "What these shares give is not the secret that was split: the check value does not fit. Either they are of "
        "another set, or their files were altered. Nothing was written."
    )


def _phrase(ring: Keyring) -> bytes:
    from .keys import read_secret

    typed = read_secret(
        ring.password_fd, "passphrase of the shares", "These shares have a passphrase. It is not shown.", "Passphrase"
    )
    return typed.encode("utf-8")


def _require_account(about: About, kind: Kind, secret: bytes) -> None:
    from ..backup.forms import address_of

    found = address_of(kind, secret)
    if about.address is not None and found != about.address:
        raise Refused(
            f"The secret is the key of {found}, and the shares are said to be of {about.address}. Somebody has altered "
            "their files. Nothing was written."
        )


# ------------------------------------------------------------------------------------------------ giving


def _give(kind: Kind, form: str, secret: bytes, output: Path | None, yes: bool, ring: Keyring) -> None:
    """Writes or shows it.

    Raises:
        RecoveryError: It is none of its kind, or somebody says no.
    """
    from ..backup.forms import words_of

    address = _address(kind, secret)
    if address:
        table([("Account", address)])
    if form == "keystore":
        _keystore(kind, secret, output, ring)
        return
    text = words_of(secret) if form == "words" else secret.hex()
    what = {"words": "seed phrase", "policy-secret": "policy secret", "hex": "secret"}[form]
    if output is not None:
        files.write(output, text + "\n", secret=True)
        say(f"The {what} is in {output}. Whoever reads that file has it: delete it when you are done.", bold=True)
        return
    warn(f"The {what} will be on the screen: see that nobody and no camera looks on.")
    confirm("Show it?", yes)
    click.echo(text)
    if form == "policy-secret":
        say("Policy file and kits follow from it and from your guardians' cards:")
        command_line("recovery kit rebuild --account ADDR --card FILE ...")


def _address(kind: Kind, secret: bytes) -> str | None:
    from ..backup.forms import address_of

    try:
        return address_of(kind, secret)
    except InvalidInput as error:
        raise Refused(
            f"What these shares give is not {kind.words}: {error.message} A wrong passphrase gives such bytes. Nothing "
            "was written."
        ) from error


def _keystore(kind: Kind, secret: bytes, output: Path | None, ring: Keyring) -> None:
    from eth_account import Account

    from ..backup.forms import key_of
    from ..keystore import encrypt
    from .new_secrets import new_password

    key = key_of(kind, secret)
    address = Account.from_key(key).address
    output = output or Path(f"restored-{address[2:10].lower()}.json")
    require_free(output)
    password = new_password(ring.password_fd, f"A new password for the keystore of {address}.")
    files.write(output, json.dumps(encrypt(key, password), indent=2) + "\n", secret=True)
    say(f"The key of {address} is in {output}.", bold=True, colour="green")
    say("It opens with the new password. Name it wherever a key is asked for:")
    command_line(f"--signer {quote(output)}")
