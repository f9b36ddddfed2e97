"""Writes docs/commands.md from what `--help` says, or with `--check` compares the two."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from recovery.cli import cli
from recovery.cli.app import SECTIONS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
HEAD = """\
# Commands

Written from what `--help` says (`make docs`). `ape recovery …` is the same as `recovery …`.

Exit codes: 0 done; 1 refused or failed, nothing was sent unless it says so; 2 a mistake in what was typed or in a file.
`ape run monitor` also 3 (attention) and 4 (urgent).

What stands in for options: a [profile](walkthrough.md) in `ape-config.yaml` (`--profile`, or the one called `default`),
`RECOVERY_NETWORK` and `RECOVERY_PROFILE`. Names in the address book there stand for addresses.
"""


READING = ("network", "deployment")
SENDING = ("account", "dry_run", "unsigned", "max_fee", "confirmations", "password_fd", "yes", "mainnet_unaudited")


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, commands in SECTIONS.items():
        parts.append(f"## {title}\n")
        for name in commands:
            context = click.Context(cli, info_name="recovery")
            parts += _described(_command(cli, context, name), click.Context(cli, info_name=name, parent=context))
    example = _command(cli, click.Context(cli), "finalize")
    for title, names in (("every command that asks the chain", READING), ("every command that sends", SENDING)):
        parts.append(f"## Options of {title}\n\n```text\n{_options(example, names)}\n```\n")
    return "\n".join(parts)


def _command(group: click.Group, context: click.Context, name: str) -> click.Command:
    command = group.get_command(context, name)
    assert command is not None  # noqa: S101 - it stands in the table
    return command


def _described(command: click.Command, context: click.Context) -> list[str]:
    if isinstance(command, click.Group):
        found = []
        for name in command.commands:
            found += _described(command.commands[name], click.Context(command, info_name=name, parent=context))
        return found
    given = [parameter.name for parameter in command.params]
    sends, asks = "max_fee" in given, "network" in given
    common = (*READING * asks, *SENDING * sends)
    own = [name for name in given if name and name not in common]
    arguments = " ".join(p.make_metavar() for p in command.params if isinstance(p, click.Argument))
    usage = " ".join(part for part in (context.command_path, arguments, "[OPTIONS]" * bool(own)) if part)
    kinds = ["asks the chain"] * asks + ["sends"] * sends
    note = f"It {' and '.join(kinds)}: see the options at the end.\n\n" if kinds else ""
    text = "\n".join(line.strip() for line in (command.help or "").strip().split("\n"))
    options = _options(command, own)
    return [f"### {usage}\n\n{text}\n\n{note}" + (f"```text\n{options}\n```\n" if options else "")]


def _options(command: click.Command, names: Sequence[str]) -> str:
    context = click.Context(command)
    records = [
        record
        for parameter in command.params
        if parameter.name in names and (record := parameter.get_help_record(context)) is not None
    ]
    formatter = click.HelpFormatter(width=100)
    if records:
        formatter.write_dl(records)
    return formatter.getvalue().rstrip("\n")


def main() -> int:
    """Writes or compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="Only compare; exit with 1 if the page is stale.")
    if not parser.parse_args().check:
        PAGE.write_text(page(), "utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == page():
        return 0
    print("docs/commands.md is not what --help says. Run: make docs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
