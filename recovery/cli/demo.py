"""`recovery demo`: three recoveries, in memory."""

from __future__ import annotations

import sys

import click

_PLAIN = str.maketrans({"✔": "+", "✘": "x", "─": "-", "…": "...", "“": '"', "”": '"'})


@click.command("demo", short_help="Watch three recoveries on a chain in memory.")
@click.option(
    "--network",
    metavar="URL",
    help="Use this chain instead, whose time can be moved: an Anvil, say http://127.0.0.1:8545.",
)
@click.option("--no-color", is_flag=True, help="Without colours.")
@click.option("--pause", is_flag=True, help="Wait for a key between the chapters.")
def demo(network: str | None, no_color: bool, pause: bool) -> None:
    """Watch three recoveries: a lost key, an owner who falls silent, a thief.

    Everything shown is read from a chain in memory, which needs no server and is the same every time. If a step does
    not go as told, for instance because something that must be refused is not, the demo ends with exit code 1.
    """
    from ..demo import run

    color = not no_color and sys.stdout.isatty()
    run(_write, network=network, color=color, pause=_wait if pause else None)


def _write(line: str) -> None:
    try:
        line.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:  # an old terminal
        line = line.translate(_PLAIN)
    click.echo(line)


def _wait() -> None:
    click.pause("\nPress any key to go on ...")
