"""What follows from an account's state: what to do, what happens when, who may do what. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..calendar_file import CalendarEvent, event_uid
from ..explain import duration, when
from ..policy import DAY, Right
from ..quorum import Owners
from ..state import AccountState, PathStatus, RequestState
from .session import quote
from .sources import Source
from .words import path_json

#: Gas that each step takes, about: as measured with one or two guardians and one owner.
GAS = {
    "finalize": 55_000,
    "cancel": 80_000,
    "cancel by guardians": 70_000,
    "veto": 60_000,
    "veto of a change": 80_000,
    "clear": 40_000,
    "apply": 30_000,
    "drop": 60_000,
    "thaw": 75_000,
}


#: What there is to do where nothing is under way: text, commands, whether it is a matter of now.
QUIET: tuple[str, list[str], bool] = ("Nothing to do. No recovery is under way.", [], False)


@dataclass(frozen=True, slots=True)
class May:
    """Something that somebody may do.

    Attributes:
        who: Who.
        what: Key of `GAS`.
        about: To what.
        since: From when, in seconds since 1970; 0 for now.
        until: Until when, exclusive; 0 for no end.
    """

    who: str
    what: str
    about: str
    since: int = 0
    until: int = 0

    @property
    def verb(self) -> str:
        """What, without how it is done."""
        return self.what.split()[0]


@dataclass(frozen=True, slots=True)
class Date:
    """Something that happens, or has happened, at a time.

    Attributes:
        time: In seconds since 1970.
        text: What.
        kind: One word for it, the same for the same thing.
        path: Which path it is about, or None.
        nonce: Which request of the path, or None.
    """

    time: int
    text: str
    kind: str
    path: int | None = None
    nonce: int | None = None


@dataclass
class Report:
    """What `status` says, before it is printed.

    Attributes:
        todo: What to do, most urgent first: text, commands, and whether it is a matter of now.
        dates: The timeline.
        silence: What is known of the owner's activity and the paths that wait for silence.
        may: What may be done about it, and by whom.
        hints: How to learn more.
    """

    todo: list[tuple[str, list[str], bool]] = field(default_factory=list)
    dates: list[Date] = field(default_factory=list)
    silence: list[tuple[str, str]] = field(default_factory=list)
    may: list[May] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


def examine(state: AccountState, source: Source | None, new_owners: Mapping[int, Owners]) -> Report:
    """What follows from an account's state.

    Args:
        state: What the chain says.
        source: What is known of its policy.
        new_owners: Of the requests under way, by path, as far as known.
    """
    report = Report()
    if not state.configured:
        text = (
            "This account has no recovery policy: nobody could get it back."
            if state.readable
            else "Nothing that could be recovered stands here. Check the address and the network."
        )
        report.todo.append((text, [], True))
        return report
    if state.frozen:
        _freeze(report, state, source)
    for index, path in enumerate(state.paths):
        if path.state is not RequestState.IDLE:
            _request(report, state, source, index, path, new_owners.get(index))
    if state.change_eta:
        _change(report, state, source)
    _silence(report, state, source)
    if not report.todo:
        report.todo.append(QUIET)
    return report


def _freeze(report: Report, state: AccountState, source: Source | None) -> None:
    until = state.frozen_until
    report.todo.append(
        (
            f"Frozen until {when(until, state.time)}: nothing can be spent. "
            "If the key was stolen, recover the account in this time.",
            [],
            True,
        )
    )
    report.dates.append(Date(until, "the freeze ends", "thaw"))
    report.dates.append(Date(state.cool_until, "it can be frozen again", "cool"))
    epoch, path, _ = state.freeze_id or (0, 0, 0)
    if epoch == state.epoch:
        report.may.append(May(f"guardians of path {label_of(source, path)}", "thaw", "the freeze", 0, until))


def _request(
    report: Report, state: AccountState, source: Source | None, index: int, path: PathStatus, owners: Owners | None
) -> None:
    account, now, label = state.account, state.time, label_of(source, index)
    structure = source.policy.paths[index] if source and index < len(source.policy.paths) else None
    if structure:
        start = path.ready_at - structure.delay
        report.dates.append(Date(start, f"recovery started on path {label}", "started", index, path.nonce))
    report.dates.append(Date(path.ready_at, f"path {label}: ready, anybody can finalize", "ready", index, path.nonce))
    report.dates.append(Date(path.expires_at, f"path {label}: expires", "expires", index, path.nonce))
    if path.state is RequestState.EXPIRED:
        text = f"A recovery on path {label} has expired. It can do nothing; guardians can start again."
        clear = []
        if path.blocks:
            text += " Until somebody clears it away it still holds up any change of the policy:"
            clear = [f"recovery clear {account} --path {index} --account KEY"]
        report.todo.append((text, clear, False))
        report.may.append(May("anybody", "clear", f"the recovery on path {label}"))
        return
    to = ""
    if owners:
        listed = ", ".join(str(owner) for owner in owners.signers)
        to = f" The new owner{'s' if len(owners.signers) > 1 else ''} would be {listed}."
    elif path.is_open:
        report.hints.append("Who the new owners would be is said with --events, or with --request FILE.")
    if path.owner_cancels:
        stop = "cancel it now, as the owner:"
        cancel = [f"recovery cancel {account} --path {index} --signer KEY --account KEY"]
    else:
        by_veto = ", or those of a veto path" if path.vetoable else ""
        stop = f"call its guardians{by_veto}: the owner cannot cancel it, but they can:"
        name = source.labels[index] if source and index < len(source.labels) else str(index)
        cancel = [f"recovery request --action cancel --kit KIT --path {quote(name)}"]
    if path.state is RequestState.PENDING:
        wait = duration(path.ready_at - now)
        text = f"Recovery under way on path {label}: ready in {wait}.{to} If this was not you, {stop}"
        report.todo.append((text, cancel, True))
    else:
        left = duration(path.expires_at - now)
        text = f"Recovery on path {label} is ready, for {left} more.{to} Anybody can finalize it now:"
        report.todo.append((text, [f"recovery finalize {account} --path {index} --account KEY"], True))
        report.todo.append((f"If this was not you, {stop}", cancel, True))
    about = f"the recovery on path {label}"
    if path.owner_cancels:
        report.may.append(May("the owner", "cancel", about, 0, path.expires_at))
    report.may.append(May(f"guardians of path {label}", "cancel by guardians", about, 0, path.expires_at))
    if path.vetoable:
        report.may.append(May(_vetoers(source), "veto", about, 0, path.expires_at))
    report.may.append(May("anybody", "finalize", about, path.ready_at, path.expires_at))


def _change(report: Report, state: AccountState, source: Source | None) -> None:
    now, account = state.time, state.account
    what = "Removal of the policy" if state.change_policy_hash == bytes(24) else "A change of the policy"
    if now >= state.change_expires_at:
        return
    drop = [f"recovery policy drop {account} --signer KEY --account KEY"]
    if now < state.change_eta:
        text = f"{what} is scheduled: possible in {duration(state.change_eta - now)}. If this was not you, drop it:"
        report.todo.append((text, drop, True))
    else:
        text = f"{what} can be applied by anybody until {when(state.change_expires_at, now)}"
        apply = [f"recovery policy apply {account} --account KEY"]
        if state.blockers:
            text += ", but not while a recovery that the owner cannot cancel holds it up."
            apply = [
                f"recovery clear {account} --path {index} --then-apply --account KEY"
                for index, path in enumerate(state.paths)
                if path.blocks and path.state is RequestState.EXPIRED and state.blockers == 1
            ]
            text += " That one has expired; to clear it away and apply the change in one step:" if apply else ""
        else:
            text += ":"
        report.todo.append((text, apply, True))
        report.todo.append(("If this was not you, drop it:", drop, True))
    report.dates.append(Date(state.change_eta, f"{what.lower()} can be applied", "change"))
    report.dates.append(Date(state.change_expires_at, f"{what.lower()} lapses", "lapse"))
    about = what.lower().removeprefix("a ")
    report.may.append(May("the owner", "drop", f"the {about}", 0, state.change_expires_at))
    if source is None or any(path.right is Right.VETO for path in source.policy.paths):
        report.may.append(May(_vetoers(source), "veto of a change", f"the {about}", 0, state.change_expires_at))
    report.may.append(May("anybody", "apply", f"the {about}", state.change_eta, state.change_expires_at))


def _silence(report: Report, state: AccountState, source: Source | None) -> None:
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
        label = label_of(source, index)
        heartbeat = f"recovery heartbeat {state.account} --signer KEY --account KEY"
        if opens <= state.time:
            report.silence.append(("", f"path {label} is open since {when(opens, state.time)}"))
            text = f"The owner has been silent so long that path {label} is open. Owner, if you are alive:"
            report.todo.append((text, [heartbeat], True))
        else:
            report.silence.append(("", f"path {label} opens {when(opens, state.time)}, if the owner stays silent"))
            text = f"path {label} opens, if the owner stays silent"
            report.dates.append(Date(opens, text, "silence", index))


def label_of(source: Source | None, index: int) -> str:
    """A path's name in quotation marks, or its number."""
    if source is None or index >= len(source.labels) or source.labels[index] == str(index):
        return str(index)
    return f'"{source.labels[index]}"'


def _vetoers(source: Source | None) -> str:
    paths = [
        label_of(source, index)
        for index, path in enumerate(source.policy.paths if source else ())
        if path.right is Right.VETO
    ]
    return f"guardians of path {' or '.join(paths)}" if paths else "guardians of a veto path"


def calendar_events(state: AccountState, chain_id: int, chain: str, report: Report) -> list[CalendarEvent]:
    """The dates that are still to come."""
    return [
        CalendarEvent(
            event_uid(date.kind, state.account, chain_id, epoch=state.epoch, path=date.path, nonce=date.nonce),
            date.time,
            f"Recovery of {state.account[:6]}…{state.account[-4:]}: {date.text}",
            f"{state.account} on {chain}\nWhat to do: recovery status {state.account}",
            alarm=DAY,
        )
        for date in report.dates
        if date.time > state.time
    ]


def as_data(
    chain_id: int, state: AccountState, source: Source | None, new_owners: Mapping[int, Owners], report: Report
) -> dict[str, Any]:
    """The same for programs: times in seconds since 1970, 0 for none."""
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
                **(
                    {"ownerCancels": path.owner_cancels, "vetoable": path.vetoable, "blocks": path.blocks}
                    if path.ready_at
                    else {}
                ),
                "newOwners": [str(owner) for owner in owners.signers] if owners else None,
                "newThreshold": owners.threshold if owners else None,
                "silentFrom": state.inactive_at(structure.inactivity) if structure and structure.inactivity else 0,
            }
        )
    return {
        "account": state.account,
        "chainId": chain_id,
        "time": state.time,
        "configured": state.configured,
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
        "todo": [{"text": text, "commands": commands, "urgent": urgent} for text, commands, urgent in report.todo],
        "may": [
            {"who": m.who, "what": m.what, "about": m.about, "since": m.since, "until": m.until, "gas": GAS[m.what]}
            for m in report.may
        ],
        "dates": [{"time": d.time, "kind": d.kind, "path": d.path, "text": d.text} for d in report.dates],
    }
