"""`recovery completion`: has the shell complete commands, options and names from the address book."""

from __future__ import annotations

import os
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PROGRAM = "recovery"
VARIABLE = "_RECOVERY_COMPLETE"

#: For each shell, how the script gets into it at every start.
HINTS = {
    "bash": "echo 'source <(recovery completion bash)' >> ~/.bashrc",
    "zsh": "echo 'source <(recovery completion zsh)' >> ~/.zshrc    (below the line with compinit)",
    "fish": "echo 'recovery completion fish | source' >> ~/.config/fish/config.fish",
}


@click.command(short_help="Have your shell complete commands and names")
@click.argument("shell", type=click.Choice(list(HINTS)), required=False)
def completion(shell: str | None) -> None:
    """Print the script that has your shell complete commands, options and names.

    Without SHELL it is the one that you use, going by the variable SHELL. Names
    are those of the address book in ape-config.yaml.
    """
    from click.shell_completion import get_completion_class

    from .app import cli

    if shell is None:
        shell = _present_shell()
    complete = get_completion_class(shell)
    assert complete is not None  # noqa: S101 - click has all that can be chosen
    click.echo(complete(cli, {}, PROGRAM, VARIABLE).source())
    if sys.stdout.isatty():
        click.echo(f"To have it in every new {shell}:\n    {HINTS[shell]}", err=True)


def _present_shell() -> str:
    present = PurePath(os.environ.get("SHELL", "")).name
    if present not in HINTS:
        known = f"SHELL says {present!r}" if present else "The variable SHELL is empty"
        raise click.UsageError(
            f"Which shell? {known}. Name one of {', '.join(HINTS)}, for example: recovery completion bash"
        )
    return present


def complete_address(incomplete: str) -> list[CompletionItem]:
    """What an address can be completed to: names of the address book, or its addresses once 0x is typed.

    Nothing if the settings cannot be read: whoever types is told so by the command, not in the middle of a line.
    """
    from click.shell_completion import CompletionItem

    try:
        from ..settings import load

        settings = load()
    except Exception:  # whatever it is, an error would be printed across the line
        return []
    if incomplete[:2].lower() == "0x":
        addresses = dict.fromkeys(address for _, address in settings.address_book)
        found = [address for address in addresses if address.lower().startswith(incomplete.lower())]
        return [CompletionItem(address, help=settings.name_of(address)) for address in found]
    return [
        CompletionItem(name, help=address) for name, address in settings.address_book if name.startswith(incomplete)
    ]


def complete_profile(incomplete: str) -> list[CompletionItem]:
    """What the name of a profile can be completed to; nothing if the settings cannot be read."""
    from click.shell_completion import CompletionItem

    try:
        from ..settings import load

        names = [str(profile.name) for profile in load().profiles]
    except Exception:  # as for addresses
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
