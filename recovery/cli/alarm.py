"""Options of the commands for a stolen key: `recovery panic` and `recovery keys compromised`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from .options import ADDRESS, FILE, knowing

_F = TypeVar("_F", bound=Callable[..., Any])


def alarmed(command: _F) -> _F:
    """The account, what is known of it, what was signed ahead, and who is to own it."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("address", type=ADDRESS, required=False),
    click.option(
        "--folder",
        "folder_path",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="The owner's folder: it knows the account, the guardians, and freezes that were signed ahead.",
    ),
    knowing,
    click.option(
        "--freeze", "freeze_file", type=FILE, metavar="REQUEST", help="A freeze request that was signed ahead."
    ),
    click.option(
        "--approval", "approval_files", type=FILE, multiple=True, metavar="FILE", help="Its approvals; repeat."
    ),
    click.option(
        "--new-owner", "new_owners", multiple=True, metavar="ADDR", help="A fresh key of yours; repeat for more."
    ),
    click.option("--threshold", type=click.IntRange(min=1), metavar="N", help="How many of the new keys have to sign."),
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Where requests and messages go.  [default: panic-DATE or replaced-DATE, in the owner's folder if there "
        "is one]",
    ),
)
