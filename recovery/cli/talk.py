"""Questions of a conversation. What is typed is asked for again until it makes sense."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import click

from ..errors import RecoveryError
from .session import refuse_secret, say

_T = TypeVar("_T")


def ask(question: str, check: Callable[[str], _T], default: str | None = None, instead: str = "a short answer") -> _T:
    """Asks until the answer passes a check.

    Args:
        question: What to ask.
        check: Makes something of the answer, or raises RecoveryError with what is wrong.
        default: Taken for an empty answer; an empty one is allowed if this is "".
        instead: What belongs here, should a private key be typed.
    """
    while True:
        suffix = " " if question.endswith("?") and not default else ": "
        answer = click.prompt(question, default=default, show_default=bool(default), prompt_suffix=suffix, err=True)
        try:
            refuse_secret(answer, instead)
            return check(str(answer).strip())
        except RecoveryError as error:
            say(error.message, colour="yellow")


def yes(question: str, default: bool | None = None) -> bool:
    """Asks for yes or no."""
    return bool(click.confirm(question, default=default, err=True))


def choose(question: str, choices: Mapping[str, str]) -> str:
    """Has one of several chosen, by its name or its number."""
    names = list(choices)
    for number, (name, text) in enumerate(choices.items(), 1):
        say(f"{number}  {name}: {text}", 2)

    def check(answer: str) -> str:
        if answer.isdecimal() and 1 <= int(answer) <= len(names):
            return names[int(answer) - 1]
        if answer in names:
            return answer
        raise RecoveryError(f"Type a number from 1 to {len(names)}, or the name.")

    return ask(question, check, "1")


def heading(text: str) -> None:
    """Begins a part of the conversation."""
    click.echo()
    click.secho(text, bold=True)
    click.echo()
