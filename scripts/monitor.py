"""`ape run monitor`: many accounts at a glance, the most urgent first.

Exit codes: 0 fine, 1 failed, 2 usage, 3 something needs attention, 4 something is urgent. The rules stand in
`recovery/monitor/judge.py`.
"""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# Imported now, because Ape takes the project's folder from the path once it has loaded the scripts.
import ape_recovery  # noqa: F401
from recovery.ape_command import ScriptCommand

if TYPE_CHECKING:
    from ape.api import ProviderAPI

    from recovery.client import RecoveryClient
    from recovery.folder import Folder
    from recovery.monitor.judge import Structure, Verdict


def _quiet(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    """Silences Ape before it connects: it would tell of it on stdout."""
    if value and not ctx.resilient_parsing:
        from ape.logging import LogLevel, logger

        logger.set_level(LogLevel.ERROR)
    return value


@click.command(cls=ScriptCommand, short_help="Show what accounts need, the most urgent first.")
@click.option("--account", "named", metavar="ADDRESS", multiple=True, help="An account; may be given again.")
@click.option(
    "--file",
    "lists",
    metavar="FILE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with one address a line.",
)
@click.option(
    "--policy",
    "--kit",
    "policies",
    metavar="FILE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A policy file or a kit, where the node keeps no old events; may be given again.",
)
@click.option(
    "--folder",
    "folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="An owner's folder, for its account, its policies and what is due; may be given again.",
)
@click.option("--from-block", type=click.IntRange(min=0), metavar="N", help="Where events begin, if that is known.")
@click.option("--watch", metavar="SECONDS", type=click.IntRange(min=1), help="Look again and again, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, callback=_quiet, help="JSON on stdout, one line a look.")
def cli(
    provider: ProviderAPI,
    named: tuple[str, ...],
    lists: tuple[Path, ...],
    policies: tuple[Path, ...],
    folders: tuple[Path, ...],
    from_block: int | None,
    watch: int | None,
    as_json: bool,
) -> None:
    """Show activity, requests, changes of policy and freezes of accounts, the most urgent first.

    Exit code 0: all is fine. 3: something needs attention: a request, a pending change, a freeze, a path of
    inactivity that opens within 30 days. 4: something is urgent: within 24 hours a request becomes ready or ends, a
    change can be applied, or a freeze ends. 1: the accounts could not be read. With --folder it is 3 also if something
    is due by the owner's schedule (recovery keys schedule), and 4 once that is 30 days ago.
    """
    from recovery import files
    from recovery.client import RecoveryClient
    from recovery.errors import ChainError, InvalidInput, RecoveryError
    from recovery.monitor import judge, reading, report

    try:
        texts = list(named)
        for path in lists:
            texts += files.read(path).splitlines()
        owners = reading.owners(folders)
        accounts = reading.addresses([*texts, *owners])
        structures = dict(judge.load_structure(files.read(path), str(path)) for path in policies)
        for folder in owners.values():
            structures |= judge.structures(folder.plans())
    except InvalidInput as error:
        raise click.UsageError(error.message) from error
    if not accounts:
        raise click.UsageError("Name at least one account with --account, --file or --folder.")

    client = RecoveryClient(provider.web3)
    level = judge.Level.FINE
    if watch is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # Ape's own would end it with 130
    try:
        while True:
            try:
                verdicts = _look(client, accounts, structures, owners, from_block)
            except ChainError as error:
                if watch is None:
                    raise
                click.echo(f"Error: {error.message} Trying again in {watch} seconds.", err=True)
            else:
                level = judge.worst(verdicts)
                if as_json:
                    click.echo(json.dumps(report.as_json(verdicts, client.chain_id)))
                else:
                    click.echo("\n".join(report.as_text(verdicts)))
            if watch is None:
                break
            time.sleep(watch)
            if not as_json:
                click.echo()
    except RecoveryError as error:
        raise click.ClickException(error.message) from error
    except KeyboardInterrupt:
        click.echo(err=True)
    raise click.exceptions.Exit(int(level))


def _look(
    client: RecoveryClient,
    accounts: list[str],
    structures: dict[bytes, Structure],
    owners: dict[str, Folder],
    from_block: int | None,
) -> list[Verdict]:
    """Reads all accounts and judges them; structures that events hold are remembered."""
    from recovery.errors import RecoveryError
    from recovery.monitor import judge

    states = client.states(accounts)
    known: dict[bytes, Any] = structures
    for state in states:
        if state.configured and state.policy_hash not in known:
            try:
                known[state.policy_hash] = judge.Structure(client.policy(state.account, from_block))
            except RecoveryError:
                known[state.policy_hash] = None  # the report says that it is not known
    verdicts = [judge.judge(state, known.get(state.policy_hash)) for state in states]
    return judge.rank(_with_schedule(verdict, owners.get(verdict.state.account)) for verdict in verdicts)


def _with_schedule(verdict: Verdict, folder: Folder | None) -> Verdict:
    """What is due as well, if the owner's folder is known; whatever is wrong with it does not hide the rest."""
    from recovery.cli.due import agenda_of
    from recovery.errors import RecoveryError
    from recovery.monitor import judge

    if folder is None:
        return verdict
    try:
        return judge.with_schedule(verdict, agenda_of(folder.path, int(time.time())))
    except RecoveryError as error:
        return judge.without_schedule(verdict, error.message)
