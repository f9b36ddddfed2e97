"""What commands share: words on the screen, questions to the person in front of it, and their files."""

from __future__ import annotations

import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused

if TYPE_CHECKING:
    from ..kit import Kit
    from ..plan import PolicyPlan
    from ..quorum import Owners

#: In the context: what this run sends, and that somebody has typed that the contracts are not audited.
SENT, ACKNOWLEDGED = "recovery.sent", "recovery.acknowledged"
WIDTH = 80
_SECRET = re.compile(r"\s*(?:(?:0[xX])?[0-9a-fA-F]{64}|(?:[a-zA-Z]{3,8}\s+){11,}[a-zA-Z]{3,8})\s*")


@dataclass
class Flight:
    """What a command has sent, for whoever stops it or hears of an error.

    Attributes:
        hash: Of the transaction that may have been sent, or nothing.
        mined: Whether it is known to be mined, as deep as was asked for.
    """

    hash: str = ""
    mined: bool = False


def flight() -> Flight:
    """What the present command has sent."""
    found: Flight = click.get_current_context().find_root().meta[SENT]
    return found


# ------------------------------------------------------------------------------------------------- words


def say(text: str = "", indent: int = 0, *, bold: bool = False, colour: str | None = None) -> None:
    """Prints prose, folded at 80 columns; long words (addresses, hashes) stay whole."""
    prefix = " " * indent
    line = textwrap.fill(
        text, WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_long_words=False, break_on_hyphens=False
    )
    click.secho(line, bold=bold or None, fg=colour)


def warn(text: str) -> None:
    """Prints a warning, folded at 80 columns, to stderr."""
    line = textwrap.fill(
        f"Warning: {text}", WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    click.secho(line, fg="yellow", err=True)


def table(rows: list[tuple[str, str]]) -> None:
    """Prints names and values below each other; a row without a name goes on with the one before."""
    width = max(len(name) for name, _ in rows) + 3
    for name, value in rows:
        text = textwrap.fill(
            value,
            WIDTH,
            initial_indent=f"  {name.ljust(width)}",
            subsequent_indent=" " * (width + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )
        click.echo(text)


def command_line(*lines: str) -> None:
    """Prints a command to be copied, indented and never folded."""
    for line in lines:
        click.secho(f"    {line}", bold=True)


def quote(text: object) -> str:
    """As a shell takes it."""
    import shlex

    return shlex.quote(str(text))


# --------------------------------------------------------------------------------------------- questions


def confirm(question: str, yes: bool) -> None:
    """Asks, unless told not to.

    Raises:
        Refused: The answer is no.
    """
    if yes:
        return
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise Refused("There is nobody to ask for confirmation. Nothing was sent. In a script, give --yes.") from None
    if not agreed:
        raise Refused("You said no. Nothing was signed or sent.")


def refuse_secret(text: str, instead: str) -> None:
    """Refuses a private key where something else belongs, without showing it.

    Raises:
        InvalidInput: It looks like one, or like the words of one.
    """
    if _SECRET.fullmatch(text) or _is_phrase(text):
        raise InvalidInput(
            "That looks like a private key or its words, and was not used. Keys do not go on the command line: the "
            "shell keeps what you type, and others on this computer can read it. Consider this one stolen, and move "
            f"what it holds. Here belongs {instead}."
        )


def _is_phrase(text: str) -> bool:
    """Whether twelve words of a seed phrase stand in a row, however they are numbered or parted."""
    words = re.findall(r"[a-z]+", text.lower())
    if len(words) < 12:
        return False
    from eth_account.hdaccount.mnemonic import Mnemonic
    from eth_account.types import Language

    known = set(Mnemonic(Language.ENGLISH).wordlist)
    run = 0
    for word in words:
        run = run + 1 if word in known else 0
        if run >= 12:
            return True
    return False


def unaudited(chain_id: int, acknowledged: bool) -> None:
    """Has it acknowledged, where there is something to lose, that nobody has audited the contracts.

    Raises:
        Refused: It was not.
    """
    from ..chains import chain_name, is_mainnet

    meta = click.get_current_context().find_root().meta
    if not is_mainnet(chain_id) or acknowledged or meta.get(ACKNOWLEDGED):
        return
    refusal = Refused(
        f"This is {chain_name(chain_id)}, and these contracts have not been audited. Nothing was signed or sent. "
        "Use a test network, or acknowledge it with --mainnet-unaudited."
    )
    if not sys.stdin.isatty():
        raise refusal
    warn(f"This is {chain_name(chain_id)}. These contracts have not been audited: you may lose what you put in.")
    if click.prompt('Type "unaudited" to go on', default="", show_default=False, err=True) != "unaudited":
        raise refusal
    meta[ACKNOWLEDGED] = True  # once a command is enough


# ------------------------------------------------------------------------------------------------- files


def require_free(path: Path, option: str = "-o") -> None:
    """Refuses early what could not be written later, so that nobody types a password for nothing.

    Raises:
        InvalidInput: Something is there already.
    """
    if path.exists() or path.is_symlink():
        what = "folder" if path.is_dir() else "file"
        raise InvalidInput(f"{path} exists already. Name another {what} with {option}, or move it away first.")


def load_kit(path: Path) -> Kit:
    """Reads a guardian's kit."""
    from .. import files
    from ..kit import Kit

    return Kit.loads(files.read(path), str(path))


def load_plan(path: Path) -> PolicyPlan:
    """Reads an owner's policy file."""
    from .. import files
    from ..plan import PolicyPlan

    return PolicyPlan.loads(files.read(path), str(path))


def parse_owners(texts: tuple[str, ...], threshold: int | None, option: str) -> Owners:
    """Owners as given on the command line: addresses, or names in the address book.

    Raises:
        InvalidInput: Several owners without a threshold, or what `Owners` refuses.
    """
    from ..quorum import Owners
    from ..signer import Signer
    from .options import settings

    if threshold is None:
        if len(texts) > 1:
            raise InvalidInput(
                f"You name {len(texts)} owners. Say how many of them have to sign, "
                f"for example: --threshold {len(texts)}"
            )
        threshold = 1
    for text in texts:
        refuse_secret(text, "the address of a key")
    signers = [Signer.parse(settings().address(text) or text) for text in texts]
    if len(set(signers)) != len(signers):
        raise InvalidInput(f"{option} names the same owner twice.")
    return Owners.of(signers, threshold)
