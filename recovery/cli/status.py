"""`recovery status`: what to do now, and why."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .session import ADDRESS, FILE, json_option, reading, say, table, warn

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..quorum import Owners
    from ..state import AccountState
    from .sources import Source


@dataclass
class Report:
    """What `status` says, before it is printed.

    Attributes:
        todo: What to do, most urgent first: text, commands, and whether it is a matter of now.
        events: Times of the timeline with what happens then.
        silence: What is known of the owner's activity and the paths that wait for silence.
    """

    todo: list[tuple[str, list[str], bool]] = field(default_factory=list)
    events: list[tuple[int, str]] = field(default_factory=list)
    silence: list[tuple[str, str]] = field(default_factory=list)


@click.command(short_help="What to do now, and why")
@click.argument("address", type=ADDRESS)
@click.option("--kit", "kit_file", type=FILE, metavar="FILE", help="A guardian's kit, which knows the paths' names.")
@click.option("--policy", "policy_file", type=FILE, metavar="FILE", help="Or the owner's policy file.")
@reading
@json_option
def status(
    address: str,
    kit_file: Path | None,
    policy_file: Path | None,
    network: str | None,
    deployment: Path | None,
    as_json: bool,
) -> None:
    """What to do now about an account, and why."""
    from .network import chain_name, connect
    from .sources import from_chain, from_files, require_account

    source = from_files(kit_file, policy_file)
    client = connect(network, deployment)
    require_account(source, address, client.chain_id)
    state = client.state(address)
    if source and state.configured and source.policy.hash[:24] != state.policy_hash:
        warn("Your file is of another policy than the account has now. Ask for the present one.")
        source = None
    if source is None and state.configured:
        source = from_chain(client, address)
    new_owners = _new_owners(client, state)
    if as_json:
        click.echo(json.dumps(as_data(client.chain_id, state, source, new_owners), indent=2, ensure_ascii=False))
        return
    say(f"{address} on {chain_name(client.chain_id)}", bold=True)
    click.echo()
    report = examine(state, source, new_owners)
    for text, commands, urgent in report.todo:
        _todo(text, commands, urgent)
    click.echo()
    _timeline(report.events, state.time)
    if report.silence:
        table(report.silence)
        click.echo()
    if state.configured:
        _protection(state, source)


def examine(state: AccountState, source: Source | None, new_owners: dict[int, Owners]) -> Report:
    """What follows from an account's state. No I/O.

    Args:
        state: What the chain says.
        source: What is known of its policy.
        new_owners: Of the requests under way, by path, as far as known.
    """
    from ..explain import duration, when
    from ..state import RequestState

    report = Report()
    account, now = state.account, state.time
    if not state.configured:
        if state.readable:
            report.todo.append(("This account has no recovery policy: nobody could get it back.", [], True))
        else:
            report.todo.append(
                ("Nothing that could be recovered stands here. Check the address and the network.", [], True)
            )
        return report
    if state.frozen:
        report.todo.append(
            (
                f"Frozen until {when(state.frozen_until, now)}: nothing can be spent. "
                "If the key was stolen, recover the account in this time.",
                [],
                True,
            )
        )
    for index, path in enumerate(state.paths):
        if path.state is RequestState.IDLE:
            continue
        label = _label(source, index)
        structure = source.policy.paths[index] if source else None
        owners = new_owners.get(index)
        to = ""
        if owners:
            listed = ", ".join(str(owner) for owner in owners.signers)
            to = f" The new owner{'s' if len(owners.signers) > 1 else ''} would be {listed}."
        if structure:
            report.events.append((path.ready_at - structure.delay, f"recovery started on path {label}"))
        report.events.append((path.ready_at, f"path {label}: ready, anybody can finalize"))
        report.events.append((path.expires_at, f"path {label}: expires"))
        cancel = [f"recovery cancel {account} --path {index} --signer KEY --account KEY"]
        if structure and not structure.owner_cancels:
            stop, cancel = "call its guardians: the owner cannot cancel it, but they can.", []
        else:
            stop = "cancel it now, as the owner:"
        finalize = f"recovery finalize {account} --path {index} --account KEY"
        if path.state is RequestState.PENDING:
            wait = duration(path.ready_at - now)
            text = f"Recovery under way on path {label}: ready in {wait}.{to} If this was not you, {stop}"
            report.todo.append((text, cancel, True))
        elif path.state is RequestState.READY:
            left = duration(path.expires_at - now)
            text = f"Recovery on path {label} is ready, for {left} more.{to} Anybody can finalize it now:"
            report.todo.append((text, [finalize], True))
            report.todo.append((f"If this was not you, {stop}", cancel, True))
        else:
            report.todo.append(
                (f"A recovery on path {label} has expired. It can do nothing; guardians can start again.", [], False)
            )
    if state.change_eta:
        _change(report, state)
    _silence(report, state, source)
    if not report.todo:
        report.todo.append(("Nothing to do. No recovery is under way.", [], False))
    return report


def as_data(chain_id: int, state: AccountState, source: Source | None, new_owners: dict[int, Owners]) -> dict[str, Any]:
    """The same for programs: times in seconds since 1970, 0 for none."""
    from .words import path_json

    known = source.policy.paths if source else ()
    paths = []
    for index, path in enumerate(state.paths):
        if index >= len(known) and (known or not path.ready_at):
            continue
        owners = new_owners.get(index)
        structure = known[index] if index < len(known) else None
        paths.append(
            {
                "path": index,
                **(path_json(structure, source.labels[index] if source else None) if structure else {}),
                "state": path.state.name.lower(),
                "nonce": path.nonce,
                "readyAt": path.ready_at,
                "expiresAt": path.expires_at,
                "newOwners": [str(owner) for owner in owners.signers] if owners else None,
                "newThreshold": owners.threshold if owners else None,
                "silentFrom": state.inactive_at(structure.inactivity) if structure and structure.inactivity else 0,
            }
        )
    return {
        "account": state.account,
        "chainId": chain_id,
        "time": state.time,
        "protected": state.configured,
        "policyHash": "0x" + state.policy_hash.hex() if state.configured else None,
        "epoch": state.epoch,
        "changeDelay": state.change_delay,
        "blockers": state.blockers,
        "change": {
            "policyHash": "0x" + state.change_policy_hash.hex(),
            "removal": state.change_policy_hash == bytes(24),
            "eta": state.change_eta,
            "expiresAt": state.change_expires_at,
        }
        if state.change_eta
        else None,
        "lastActive": state.last_active,
        "frozen": state.frozen,
        "frozenUntil": state.frozen_until,
        "coolUntil": state.cool_until,
        "paths": paths,
    }


def _change(report: Report, state: AccountState) -> None:
    from ..explain import duration, when

    what = "Removal of the policy" if state.change_policy_hash == bytes(24) else "A change of the policy"
    now = state.time
    if now < state.change_eta:
        text = f"{what} is scheduled: possible in {duration(state.change_eta - now)}. If this was not you, drop it."
    elif now < state.change_expires_at:
        text = f"{what} can be applied by anybody until {when(state.change_expires_at, now)}."
    else:
        return
    report.todo.append((text, [], True))
    report.events.append((state.change_eta, f"{what.lower()} can be applied"))
    report.events.append((state.change_expires_at, f"{what.lower()} lapses"))


def _silence(report: Report, state: AccountState, source: Source | None) -> None:
    from ..explain import duration, when

    if not state.last_active:
        report.silence.append(("Owner", "never seen active: paths that wait for silence stay shut"))
    elif state.last_active > state.time:
        report.silence.append(("Owner", "active today"))
    else:
        report.silence.append(
            ("Owner", f"silent for {duration(state.time - state.last_active)}, since {when(state.last_active)}")
        )
    for index, path in enumerate(source.policy.paths if source else ()):
        opens = state.inactive_at(path.inactivity)
        if not path.inactivity or not opens:
            continue
        label = _label(source, index)
        heartbeat = f"recovery heartbeat {state.account} --signer KEY --account KEY"
        if opens <= state.time:
            report.silence.append(("", f"path {label} is open since {when(opens, state.time)}"))
            text = f"The owner has been silent so long that path {label} is open. Owner, if you are alive:"
            report.todo.append((text, [heartbeat], True))
        else:
            report.silence.append(("", f"path {label} opens {when(opens, state.time)}, if the owner stays silent"))


def _new_owners(client: RecoveryClient, state: AccountState) -> dict[int, Owners]:
    from ..errors import RecoveryError
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


def _label(source: Source | None, index: int) -> str:
    if source is None or source.labels[index] == str(index):
        return str(index)
    return f'"{source.labels[index]}"'


def _todo(text: str, commands: list[str], urgent: bool) -> None:
    import textwrap

    lines = textwrap.wrap(text, 75, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        click.secho(f"  {'▶' if not number else ' '} {line}", bold=True, fg="yellow" if urgent else "green")
    for command in commands:
        click.secho(f"      {command}", bold=True)


def _timeline(events: list[tuple[int, str]], now: int) -> None:
    from ..explain import when

    if not events:
        return
    for time, text in sorted([*events, (now, "now")], key=lambda event: (event[0], event[1] == "now")):
        click.secho(f"  {when(time)}  {text}", bold=text == "now")
    click.echo()


def _protection(state: AccountState, source: Source | None) -> None:
    from ..explain import duration
    from .words import kit_lines, plan_lines, sentence

    change = ("Change", f"A change of this policy waits {duration(state.change_delay)}.")
    if source is None:
        say(
            "Protected: yes. This node does not keep the events that say how; give a kit or the policy file "
            "(--kit, --policy).",
            2,
        )
        return
    say("Protected: yes.", 2)
    if source.plan:
        rows = plan_lines(source.plan)
    elif source.kit:
        rows = kit_lines(source.kit)
    else:
        rows = [(f"Path {index}", sentence(path)) for index, path in enumerate(source.policy.paths)]
    table([*rows, change])
