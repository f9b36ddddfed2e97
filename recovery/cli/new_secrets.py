"""New secrets: passwords that are typed twice, and words that are written down before anything depends on them."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from ..errors import InvalidInput, Refused
from .keys import ATTEMPTS, read_secret
from .session import say

#: Shorter passwords are guessed whatever a guess costs.
SHORTEST = 8
#: How many words have to be typed back.
ASKED = 3
_COLUMNS = 3
_OTHER_SCREEN, _BACK = "\x1b[?1049h\x1b[2J\x1b[H", "\x1b[2J\x1b[H\x1b[?1049l"


def new_password(password_fd: int | None, announcement: str) -> str:
    """A password for a key, typed twice where somebody types it.

    Raises:
        InvalidInput: It is too short, or was typed in two ways.
    """
    attempts = ATTEMPTS if password_fd is None else 1
    for attempt in range(attempts):
        try:
            return _password(password_fd, announcement)
        except InvalidInput as error:
            if attempt + 1 == attempts:
                raise
            click.echo(error.message, err=True)
    raise AssertionError  # the last attempt returns or raises


def _password(password_fd: int | None, announcement: str) -> str:
    password = read_secret(password_fd, "new password", announcement, "New password")
    if len(password) < SHORTEST:
        raise InvalidInput(f"A password has at least {SHORTEST} characters. Four random words are a good one.")
    if password_fd is None and read_secret(None, "new password", "To be sure:", "The same once more") != password:
        raise InvalidInput("These were two different passwords.")
    return password


def passphrase_of(password_fd: int | None, new: bool) -> str:
    """The passphrase of a seed phrase; typed twice if it is a new one, as none is ever refused later.

    Raises:
        InvalidInput: It is empty, or was typed in two ways.
    """
    typed = read_secret(
        password_fd,
        "passphrase",
        "The passphrase (BIP-39) belongs to the words: without it, or with another one, they give other keys.",
        "Passphrase",
    )
    if not typed:
        raise InvalidInput("The passphrase is empty. Leave --passphrase out if there is none.")
    if new and password_fd is None and read_secret(None, "passphrase", "To be sure:", "The same once more") != typed:
        raise InvalidInput("These were two different passphrases. Nothing was written.")
    return typed


def write_down(words: str) -> None:
    """Shows words on a screen of their own, and has some of them typed back.

    Raises:
        Refused: There is no terminal, somebody looks on, or what was written down is not right.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(
            "There is no terminal on which to show the words. Nothing was written. In a program, give --words-fd, and "
            "see to it that they are kept."
        )
    listed = words.split(" ")
    say(
        f"You will see {len(listed)} words. Whoever has them has the keys, and without them the keys are lost with "
        "this computer. Write them down on paper, in order; take no photo, and type them nowhere else."
    )
    if not click.confirm("Can nobody and no camera see this screen?", default=False, err=True):
        raise Refused("Come back when you are alone. Nothing was shown or written.")
    with _screen():
        _show(listed)
        click.prompt("Press Enter when they stand on paper", default="", show_default=False, prompt_suffix=" ")
    say("They are not shown any more. Now from the paper:")
    for position in sorted(secrets.SystemRandom().sample(range(len(listed)), ASKED)):
        _typed_back(listed[position], position + 1)


def write_sheet(path: Path, words: str, paths: Sequence[Sequence[int]], passphrase: bool, paper: str) -> None:
    """Puts words on a sheet of paper, as a PDF that was read back.

    Args:
        path: Where to.
        words: The words.
        paths: Where the accounts are that stand on it.
        passphrase: Whether one belongs to them.
        paper: a4 or letter.
    """
    from .. import files
    from ..sheets import seed_pdf

    pdf = seed_pdf(words, passphrase=passphrase, paths=paths, made=int(time.time()), paper=paper)
    files.write_bytes(path, pdf, secret=True)


def _show(words: list[str]) -> None:
    rows = -(-len(words) // _COLUMNS)
    for row in range(rows):
        cells = [(number, words[number]) for number in range(row, len(words), rows)]
        click.echo("  " + "".join(f"{number + 1:2}. {word:<14}" for number, word in cells).rstrip())
    click.echo()


def _typed_back(word: str, number: int) -> None:
    for _ in range(ATTEMPTS):
        typed = click.prompt(f"Word {number}", hide_input=True, err=True).strip().lower()
        if secrets.compare_digest(typed.encode(), word.encode()):
            return
        click.echo(f"That is not word {number}. Look at the paper.", err=True)
    raise Refused(
        f"Word {number} on your paper is not right. Nothing was written; throw the paper away, and begin anew: there "
        "will be other words."
    )


@contextlib.contextmanager
def _screen() -> Iterator[None]:
    """A screen that terminals do not keep in what can be scrolled back to; it is left whatever happens."""
    able = os.environ.get("TERM", "dumb") != "dumb"
    if able:
        click.echo(_OTHER_SCREEN, nl=False, color=True)
    try:
        yield
    finally:
        # Where there is only one screen, the words are pushed out of sight. They can be scrolled back to.
        click.echo(_BACK if able else "\n" * 60, nl=False, color=True)
        if not able:
            say("This terminal keeps what it has shown. Close it when you are done.", bold=True)
