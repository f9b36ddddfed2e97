"""`recovery status`: what to do now, and why."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidInput, RecoveryError, Refused
from . import due
from .options import ADDRESS, FILE, FOLDER, Where, json_option, knowing, profile, reading
from .session import quote, require_free, say, table, warn
from .sources import Source, from_chain, require_account
from .standing import Standings, standing

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..keys.schedule import Due
    from ..quorum import Owners
    from ..state import AccountState
    from .collecting import Asked, Progress
    from .situation import May, Report


@click.command(short_help="What to do now, and why")
@click.argument("address", type=ADDRESS, required=False)
@FOLDER
@knowing
@click.option("--request", "request_file", type=FILE, metavar="FILE", help="A request, to see what is missing for it.")
@click.option(
    "--approval", "approval_files", type=FILE, multiple=True, metavar="FILE", help="An approval of it; repeat."
)
@click.option("--events", is_flag=True, help="Also search the chain's events, for the policy and the new owners.")
@click.option("--ics", type=FILE, metavar="FILE", help="Write the dates that are to come into a calendar file.")
@click.option("--also", multiple=True, metavar="WHERE", help="Another chain on which to look; repeat.")
@reading
@json_option
def status(
    address: str | None,
    folder_path: Path | None,
    source: Source | None,
    request_file: Path | None,
    approval_files: tuple[Path, ...],
    events: bool,
    ics: Path | None,
    also: tuple[str, ...],
    where: Where,
    as_json: bool,
) -> None:
    """What to do now about an account, and why.

    Everything comes from one question to the chain. What the policy says comes from
    --folder, --kit or --policy, or with --events from the chain's events. With the
    owner's folder it is also said who is protected, by what guardians have answered,
    and what is due; the folder knows the account, too.
    """
    from . import collecting
    from .situation import QUIET, as_data, calendar_events, examine

    if approval_files and request_file is None:
        raise InvalidInput("--approval goes with --request: the request that it approves.")
    if ics:
        require_free(ics, "--ics")
    folder = _folder(folder_path, source)
    address = _address(address, folder)
    schedule = _schedule(folder)
    asked = collecting.read(request_file, approval_files, address)
    others = also or tuple(n for n in profile().networks if n != where.network)
    networks = (where.network, *others) if where.network else others or (None,)
    collected: list[dict[str, Any]] = []
    dates: list[Any] = []
    for number, network in enumerate(networks):
        if number and not as_json:
            click.echo()
        try:
            client = Where(network, where.deployment).connect()
            guardians = standing(folder, client, address) if folder else None
            known = guardians.source if guardians else source
            state, known, new_owners, progress = _read(client, address, known, asked if not number else None, events)
        except RecoveryError as error:
            if len(networks) == 1:
                raise
            collected.append({"account": address, "error": {"code": error.code, "message": error.message}})
            if not as_json:
                warn(f"{_shown(network)}: {error.message}")
            continue
        report = examine(state, known, new_owners)
        if asked and progress and not progress.over and not progress.started:
            report.todo = [_next(asked, progress), *(todo for todo in report.todo if todo[2])]
        waiting = guardians.todo if guardians else []
        if folder and schedule is not None:
            waiting = [*waiting, *due.todo(schedule, folder)]
            report.hints += due.coming(schedule)
        if waiting and report.todo == [QUIET]:
            report.todo = [("No recovery is under way.", [], False)]
        report.todo += waiting
        collected.append(as_data(client.chain_id, state, known, new_owners, report))
        if guardians:
            collected[-1] |= guardians.as_data()
        if folder and schedule is not None:
            collected[-1]["schedule"] = [each.as_data() for each in schedule]
            dates += due.events(schedule, folder)
            schedule = None  # it is the same on every chain
        if progress:
            collected[-1]["request"] = progress.as_data()
        if ics:
            dates += calendar_events(state, client.chain_id, _chain(client), report)
        if not as_json:
            _print(client, state, known, report, progress, events, number > 0, guardians)
    if as_json:
        click.echo(json.dumps(collected[0] if len(networks) == 1 else collected, indent=2, ensure_ascii=False))
    if ics:
        _write_calendar(ics, dates, as_json)
    if len(networks) > 1 and all("error" in each for each in collected):
        raise click.exceptions.Exit(1)


def _folder(path: Path | None, source: Source | None) -> Folder | None:
    """The owner's folder, if it was named, or is in the profile and nothing else is."""
    from ..folder import Folder

    path = path or (None if source else profile().folder)
    if path is not None and source is not None:
        raise InvalidInput("Give --folder, --kit or --policy, one of them: the folder has the policy file in it.")
    return Folder.open(path) if path else None


def _schedule(folder: Folder | None) -> Sequence[Due] | None:
    """What is due in the owner's folder; None without one, or if that cannot be read: the rest is more important."""
    try:
        return due.agenda_of(folder.path, int(time.time())) if folder else None
    except RecoveryError as error:
        warn(f"What is due is not known. {error.message}")
        return None


def _address(address: str | None, folder: Folder | None) -> str:
    """Which account, if need be from the folder.

    Raises:
        InvalidInput: It is not said, or the folder is another's.
    """
    known = folder.note.account if folder else None
    if address is None and folder is not None and known is None:
        again = f"recovery setup {quote(folder.path)}"
        raise InvalidInput(f"There is no account in {folder.path} yet. Go on with: {again}")
    if address is None and known is None:
        raise InvalidInput("Which account? Give its address, or --folder with the owner's folder.")
    if address is not None and folder is not None and known != address:
        raise InvalidInput(f"{folder.path} is the folder of {known or 'an account that does not exist yet'}.")
    return address or str(known)


def _next(asked: Asked, progress: Progress) -> tuple[str, list[str], bool]:
    """What is to be done about a request that is not submitted yet."""
    from .submit import VERBS
    from .words import plural

    kind = progress.request.action.kind
    if progress.missing:
        missing = plural(progress.missing, "vote")
        ask = f"recovery approve {quote(asked.file)} --kit KIT --signer KEY --network URL"
        return (f"The request is not complete: {missing} missing. Ask another guardian for an approval:", [ask], True)
    files = " ".join(quote(file) for file in asked.files.values()) or "APPROVAL..."
    command = f"recovery {VERBS[kind]} {quote(asked.file)} {files} --account KEY --network URL"
    return ("Enough approvals: anybody can submit the request now:", [command], True)


def _read(
    client: RecoveryClient, address: str, source: Source | None, asked: Asked | None, events: bool
) -> tuple[AccountState, Source | None, dict[int, Owners], Progress | None]:
    """What the chain says, what is known of the policy, who the new owners would be, and how far a request is."""
    from .collecting import progress

    state = client.state(address)
    if source and source.kit and client.chain_id not in source.kit.chains:
        source = Source(source.policy, source.labels)  # the same policy elsewhere: compared by its hash below
    require_account(source, address)
    if source and state.configured and source.policy.hash[:24] != state.policy_hash:
        warn("Your file is of another policy than the account has now. Ask for the present one.")
        source = None
    new_owners: dict[int, Owners] = {}
    come = progress(client, asked, state, source) if asked else None
    if come and come.started:
        new_owners[come.request.proof.index] = come.request.owners
    elif come and come.request.action.kind == "recover" and state.paths[come.request.proof.index].is_open:
        warn(f"The recovery under way on path {come.request.label!r} is NOT the one that your request asks for.")
    if events and state.configured:
        source = source or from_chain(client, address)
        new_owners |= _new_owners(client, state)
    return state, source, new_owners, come


def _new_owners(client: RecoveryClient, state: AccountState) -> dict[int, Owners]:
    from ..state import RequestState

    found = {}
    for index, path in enumerate(state.paths):
        if path.state is RequestState.IDLE:
            continue
        try:
            found[index] = client.requested_owners(state.account, index)
        except RecoveryError:
            continue  # a node without old events: everything else can still be said
    return found


def _print(
    client: RecoveryClient,
    state: AccountState,
    source: Source | None,
    report: Report,
    progress: Progress | None,
    events: bool,
    elsewhere: bool,
    guardians: Standings | None,
) -> None:
    from .paying import explorer

    network = " --network URL" if elsewhere or _typed("network") else ""
    say(f"{state.account} on {_chain(client)}", bold=True)
    click.echo()
    for text, commands, urgent in report.todo:
        _todo(text, [command + ("" if command.startswith(due.LOCAL) else network) for command in commands], urgent)
    click.echo()
    for hint in dict.fromkeys(report.hints):
        say(hint, 2)
        click.echo()
    if progress:
        table(progress.rows(source))
        click.echo()
    _timeline(report, state.time)
    if report.may:
        _may(client, report.may, state.time)
    if report.silence:
        table(report.silence)
        click.echo()
    if state.configured:
        _protection(state, source, events, guardians)
    if link := explorer(client, "address", state.account):
        click.echo()
        say(link, 2)


def _todo(text: str, commands: list[str], urgent: bool) -> None:
    import textwrap

    lines = textwrap.wrap(text, 75, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        click.secho(f"  {'▶' if not number else ' '} {line}", bold=True, fg="yellow" if urgent else "green")
    for command in commands:
        click.secho(f"      {command}", bold=True)


def _timeline(report: Report, now: int) -> None:
    from ..explain import when

    dates = [date for date in report.dates if date.kind != "silence"]
    if not dates:
        return
    rows = [(date.time, date.text) for date in dates]
    for at, text in sorted([*rows, (now, "now")], key=lambda row: (row[0], row[1] == "now")):
        click.secho(f"  {when(at)}  {text}", bold=text == "now")
    click.echo()


def _may(client: RecoveryClient, possible: list[May], now: int) -> None:
    """Who may do what, when, and what it costs."""
    from ..explain import duration
    from .paying import amount
    from .situation import GAS

    try:
        fees = client.fees()
    except RecoveryError:
        fees = None  # everything else is more important
    rows = []
    for may in possible:
        start = "now" if may.since <= now else f"in {duration(may.since - now)}"
        cost = f", about {amount(client, GAS[may.what] * (fees.base + fees.tip))}" if fees else ""
        rows.append((may.who, f"{may.verb} {may.about}: {start}{cost}"))
    say("Who may do what:", 2)
    table([(who[0].upper() + who[1:], text) for who, text in rows])
    click.echo()


def _protection(state: AccountState, source: Source | None, events: bool, guardians: Standings | None) -> None:
    from ..explain import duration
    from .words import kit_lines, plan_lines, sentence

    change = ("Change", f"A change of this policy waits {duration(state.change_delay)}.")
    if source is None:
        how = (
            "This node does not keep the events that say how; give a kit or the policy file (--kit, --policy)."
            if events
            else "How is said by a kit or the policy file (--kit, --policy), or by the chain's events (--events)."
        )
        say(f"There is a policy. {how}", 2)
        return
    if source.plan:
        rows = plan_lines(source.plan)
    elif source.kit:
        rows = kit_lines(source.kit)
    else:
        rows = [(f"Path {index}", sentence(path)) for index, path in enumerate(source.policy.paths)]
    table([*rows, change])
    click.echo()
    if guardians is None:
        say("Whether its guardians still hold their kits is said with --folder, the owner's folder.", 2)
        return
    for line in guardians.summary:
        say(line, 2)
    table(guardians.rows)


def _write_calendar(path: Path, dates: list[Any], quiet: bool) -> None:
    from .. import files
    from ..calendar_file import calendar

    if not dates:
        raise Refused("There is no date to come, so no calendar file was written.")
    files.write(path, calendar(dates, int(time.time())).decode())
    if not quiet:
        click.echo()
        say(f"{len(dates)} date{'s' if len(dates) > 1 else ''} written to {quote(path)}.", 2)


def _chain(client: RecoveryClient) -> str:
    from ..chains import chain_name

    return chain_name(client.chain_id)


def _typed(option: str) -> bool:
    """Whether an option was given on the command line, so that the next command needs it, too."""
    from click.core import ParameterSource

    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def _shown(network: str | None) -> str:
    """A network without what may be secret in its address."""
    from urllib.parse import urlsplit

    parts = urlsplit(network or "")
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else str(network)
