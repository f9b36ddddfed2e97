"""The six words of a request: what was heard on the phone is compared with what is to be signed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from ..errors import InvalidInput, Refused
from .options import FILE
from .session import say

#: How often somebody may mishear or mistype one word.
ATTEMPTS = 3
_WARNING = "Do not sign: somebody may have given you another request than the one that you were told of."


@click.command(short_help="Show a request's six words, to read them out")
@click.argument("request_file", type=FILE, metavar="REQUEST")
def words(request_file: Path) -> None:
    """Show the six words of a request, to read them out on the phone.

    They belong to this request alone. A guardian is asked for two of them before
    signing. Never write them in a message.
    """
    from .. import files
    from ..request import Request
    from ..six_words import six_words

    request = Request.loads(files.read(request_file), str(request_file))
    click.secho(" ".join(six_words(request.digest)), bold=True)


def require_heard(digest: bytes, given: str | None) -> None:
    """Has two of the request's six words typed, as they were heard on the phone.

    They are not shown before: otherwise they would be copied from the screen, and not from the phone.

    Args:
        digest: The request's, 32 bytes.
        given: All six, where nobody can be asked, or None.

    Raises:
        Refused: They are others, or nobody can be asked.
    """
    from ..six_words import WORD_COUNT, six_words, split

    words = six_words(digest)
    if given is not None:
        heard = split(given)
        if len(heard) != WORD_COUNT:
            raise InvalidInput(f"--words should have all {WORD_COUNT} words; it has {len(heard)}.")
        if heard != words:
            raise Refused(f"These are not the six words of this request. {_WARNING} Ask to have them read again.")
        return
    say(
        "Whoever asks you has six words on their screen that belong to this request alone. Have them read to you on "
        "the phone, and type two of them here."
    )
    ask_for(words, positions(digest, device_secret()))
    click.echo(err=True)
    say(f"Right. All six are: {' '.join(words)}. If you have heard any of them differently, say no now.")
    click.echo()


def ask_for(words: Sequence[str], places: Iterable[int]) -> None:
    """Has words typed, by their places from 0.

    Raises:
        Refused: One of them is another, or nobody can be asked.
    """
    for place in places:
        _ask(place, words[place])


def _answer(question: str) -> str:
    answer = ""
    try:
        answer = click.prompt(question, default="", show_default=False, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
    if not answer and not sys.stdin.isatty():
        raise Refused(
            "There is nobody to ask for the words that were read to you. Nothing was signed. In a script, give all six "
            "with --words."
        )
    return str(answer)


def positions(digest: bytes, secret: bytes) -> tuple[int, int]:
    """Which two words of a request somebody is asked for, from 0, in order.

    Args:
        digest: The request's, 32 bytes.
        secret: Of this computer: nobody else knows which words these will be, and they are the same ones if somebody
            tries again, so that a request which shares some words with another is no better off for that.
    """
    from ..six_words import WORD_COUNT

    number = int.from_bytes(hashlib.sha256(b"ape-recovery two of six" + secret + digest).digest(), "big")
    first, other = number % WORD_COUNT, number // WORD_COUNT % (WORD_COUNT - 1)
    one, two = sorted((first, (first + 1 + other) % WORD_COUNT))
    return one, two


def device_secret() -> bytes:
    """32 bytes that are this computer's alone, made when they are needed first."""
    from .. import files
    from .paying import state_folder

    path = state_folder() / "device-secret"
    try:
        return files.from_hex(files.read(path).strip(), 32)
    except InvalidInput:
        pass  # not there yet, or damaged
    secret = os.urandom(32)
    with contextlib.suppress(InvalidInput):  # a home that cannot be written: then they are others each time
        files.write(path, files.to_hex(secret) + "\n", secret=True, replace=True)
    return secret


def _ask(position: int, word: str) -> None:
    from ..six_words import is_word, near, normalise

    for attempt in range(1, ATTEMPTS + 1):
        typed = normalise(_answer(f"Word {position + 1} of six"))
        if typed == word:
            return
        if attempt < ATTEMPTS:
            if is_word(typed):
                click.echo("That is not the word. Have it read to you again.", err=True)
            else:
                alike = near(typed)
                hint = f" Did you mean {', '.join(alike)}?" if alike else ""
                click.echo(f"There is no such word in the list.{hint}", err=True)
    raise Refused(f"That is not what this request says. {_WARNING} Nothing was signed.")
