"""`recovery backup split`: a secret becomes shares, each for its holder."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidFile, InvalidInput, Refused
from .backup_making import Spread, spreading
from .options import FILE, FOLDER, profile, unlocking
from .session import command_line, load_plan, quote, refuse_secret, say, warn

if TYPE_CHECKING:
    from ..backup.forms import Kind
    from ..backup.share import Holder, SetNote
    from ..folder import Folder
    from ..plan import PolicyPlan
    from .keys import Keyring


@click.command(short_help="Make shares of a secret, each for its holder")
@click.option("--seed", is_flag=True, help="Split a seed phrase. You are asked for its words.")
@click.option("--key", metavar="KEYSTORE", help="Split the key in a keystore file or of an Ape account.")
@click.option("--raw-key", is_flag=True, help="Split a private key. You are asked for its 64 hexadecimal digits.")
@click.option("--policy", "policy_file", type=FILE, metavar="FILE", help="Split the secret of a policy file.")
@click.option("--hex", "as_hex", is_flag=True, help="Split any 16 to 32 bytes. You are asked for hexadecimal digits.")
@click.option("--label", default="", metavar="TEXT", help="What you call the secret. Holders read it.")
@click.option("--second-set", is_flag=True, help="Another set of it may stay in use: you know that, and why.")
@spreading
@FOLDER
@unlocking
def split(
    seed: bool,
    key: str | None,
    raw_key: bool,
    policy_file: Path | None,
    as_hex: bool,
    label: str,
    second_set: bool,
    folder_path: Path | None,
    keys: Keyring,
    **given: Any,
) -> None:
    """Split a secret, so that any sufficient number of shares brings it back (SLIP-39).

    Whoever has a card with an age key in your folder gets their share sealed to it.
    Every share is put together again, in several ways, before you are told that it is
    done. The secret is asked for: it never stands on the command line.
    """
    if sum((seed, key is not None, raw_key, policy_file is not None, as_hex)) != 1:
        raise InvalidInput("What is to be split? Give one of --seed, --key, --raw-key, --policy and --hex.")
    refuse_secret(label, "nothing secret: it is asked for")
    folder = _folder(folder_path)
    spread = Spread.of(given, folder, _plan(folder, policy_file))
    kind, secret = _secret(seed, key, raw_key, policy_file, keys)
    if folder is not None:
        _tell_same(folder, kind, secret, second_set)
    spread.make(kind, secret, label, keys)


def _folder(path: Path | None) -> Folder | None:
    from ..folder import Folder

    path = path or profile().folder
    return Folder.open(path) if path else None


def _plan(folder: Folder | None, policy_file: Path | None) -> PolicyPlan | None:
    """Whose guardians holders are compared with."""
    if policy_file is not None:
        return load_plan(policy_file)
    return folder.newest if folder and folder.policy_files() else None


def _tell_same(folder: Folder, kind: Kind, secret: bytes, agreed: bool) -> None:
    """Says which sets of the same secret are in use, and has it agreed to that there will be another one.

    Raises:
        Refused: It was not agreed to.
    """
    from ..explain import listing

    same = _same(folder, kind, secret)
    for about, holders in ((note.about, note.dangerous) for note in same if note.dangerous):
        warn(
            f"Set {about.short} ({about.rule}) is of the same secret. It was given up, but shares of it are not noted "
            f"as destroyed, and enough of them still give the secret: {_names(holders)}."
        )
    same = [note for note in same if note.retired is None]
    if not same:
        return
    for about, holders in ((note.about, note.holders) for note in same):
        warn(
            f"Set {about.short} ({about.rule}, for {_names(holders)}) is of the same secret, and stays good: whoever "
            "has enough shares of either set has the secret. Shares of two sets do not go together."
        )
    say("To put a fresh set in the place of one, instead of having both:")
    command_line(f"recovery backup heal SHARE ... --folder {quote(folder.path)}")
    if agreed:
        return
    which = listing([f"set {note.about.short}" for note in same])
    refusal = Refused(
        f"Nothing was made: {which} of the same secret {'is' if len(same) == 1 else 'are'} in use. Replace it with "
        "recovery backup heal, or agree to another set with --second-set."
    )
    if not sys.stdin.isatty() or not click.confirm("Make another set all the same?", default=False, err=True):
        raise refusal


def _names(holders: Sequence[Holder]) -> str:
    from ..explain import listing

    return listing(list(dict.fromkeys(holder.name for holder in holders)))


def _same(folder: Folder, kind: Kind, secret: bytes) -> list[SetNote]:
    """Sets of the same secret, also given up: by its account, or else by the check value."""
    from ..backup.forms import address_of
    from .backup_notes import notes_in

    address, damaged = address_of(kind, secret), list[InvalidFile]()
    found = []
    for _, note in notes_in(folder.path, damaged):
        known = address is not None and note.about.address is not None
        alike = note.about.address == address if known else note.about.check.fits(secret)
        if alike:
            found.append(note)
    for error in damaged:  # what it says cannot be compared, and harms nothing here
        warn(f"{error.message} It is left out.")
    return found


def _secret(seed: bool, key: str | None, raw_key: bool, policy_file: Path | None, ring: Keyring) -> tuple[Kind, bytes]:
    """What is split, as people have it.

    Raises:
        InvalidInput: It is none.
        Refused: There is nobody to ask, or it cannot be had.
    """
    from ..backup.forms import Kind, bytes_of, entropy_of
    from .keys import read_secret

    if policy_file is not None:
        return Kind.POLICY, load_plan(policy_file).secret
    if key is not None:
        return Kind.KEY, _key(key, ring)
    if seed:
        typed = read_secret(
            ring.password_fd,
            "line with the seed phrase",
            "Type the words of the seed phrase. They are not shown.",
            "Words",
        )
        return Kind.SEED, entropy_of(typed)
    what = "private key, 64 hexadecimal digits" if raw_key else "secret, in hexadecimal digits"
    typed = read_secret(ring.password_fd, f"line with the {what}", f"Type the {what}. It is not shown.", "Secret")
    kind, secret = Kind.KEY if raw_key else Kind.BYTES, bytes_of(typed)
    kind.require(secret)
    return kind, secret


def _key(name: str, ring: Keyring) -> bytes:
    from .keys import Keystore, find

    found = find(name)
    if not isinstance(found, Keystore):
        raise InvalidInput(
            f"{name} is not a keystore file: a device does not give its key away. Split its seed phrase with --seed."
        )
    account = ring.open(found, "is to be split")
    return bytes(account.key)  # type: ignore[attr-defined]
