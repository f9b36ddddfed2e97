"""Verdicts as text for a terminal and as JSON for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from ..explain import duration, when
from ..files import to_hex
from ..keys.schedule import Due, State, day
from ..state import RequestState
from .judge import Level, Verdict, openings, worst

WIDTH = 80
_WORDS = {Level.FINE: "fine", Level.ATTENTION: "ATTENTION", Level.URGENT: "URGENT"}


def as_json(verdicts: Sequence[Verdict], chain_id: int) -> dict[str, Any]:
    """Everything, in the order given. Times are in seconds since 1970, null for none."""
    return {
        "chainId": chain_id,
        "time": verdicts[0].state.time if verdicts else None,
        "level": worst(verdicts).name.lower(),
        "accounts": [_account(verdict) for verdict in verdicts],
    }


def _account(verdict: Verdict) -> dict[str, Any]:
    state, structure = verdict.state, verdict.structure
    return {
        "account": state.account,
        "level": verdict.level.name.lower(),
        "findings": [
            {
                "level": finding.level.name.lower(),
                "kind": finding.kind,
                "path": finding.path,
                "at": finding.at or None,
                "message": finding.message,
            }
            for finding in verdict.findings
        ],
        "readable": state.readable,
        "configured": state.configured,
        "policyHash": to_hex(state.policy_hash) if state.configured else None,
        "epoch": state.epoch,
        "lastActive": state.last_active or None,
        "inactivity": [
            {"path": path, "opensAt": at, "secondsLeft": max(0, at - state.time)}
            for path, at in openings(state, structure.policy)
        ]
        if structure
        else None,
        "change": {
            "policyHash": to_hex(state.change_policy_hash),
            "eta": state.change_eta,
            "expiresAt": state.change_expires_at,
            "blockers": state.blockers,
        }
        if state.change_eta
        else None,
        "frozenUntil": state.frozen_until if state.frozen else None,
        "schedule": None if verdict.schedule is None else [_due(due) for due in verdict.schedule],
        "requests": [
            {
                "path": path,
                "state": status.state.name.lower(),
                "nonce": status.nonce,
                "readyAt": status.ready_at,
                "expiresAt": status.expires_at,
            }
            for path, status in enumerate(state.paths)
            if status.state is not RequestState.IDLE
        ],
    }


def _due(due: Due) -> dict[str, Any]:
    """As `recovery status` has it, but without the names of holders, as in the findings."""
    return {name: value for name, value in due.as_data().items() if name not in ("never", "old")}


def as_text(verdicts: Sequence[Verdict]) -> list[str]:
    """Lines for a terminal, in the order given, and one that sums them up."""
    lines = []
    for verdict in verdicts:
        lines.append(f"{_WORDS[verdict.level]:<11}{verdict.state.account}")
        sentences = [finding.message[0].upper() + finding.message[1:] for finding in verdict.findings]
        for sentence in [*sentences, *_quiet(verdict)]:
            lines += textwrap.wrap(sentence, WIDTH - 11, initial_indent=" " * 11, subsequent_indent=" " * 11)
    counts = {level: sum(verdict.level is level for verdict in verdicts) for level in Level}
    parts = [f"{counts[level]} {_WORDS[level].lower()}" for level in sorted(Level, reverse=True) if counts[level]]
    if verdicts:
        lines.append("")
        lines.append(f"{', '.join(parts)}; as of {when(verdicts[0].state.time)}.")
    return lines


def _quiet(verdict: Verdict) -> list[str]:
    """What is known, beside what needs somebody."""
    state, structure = verdict.state, verdict.structure
    if verdict.schedule and verdict.schedule[0].state is State.LATER:
        result = [f"Next on its schedule, on {day(verdict.schedule[0].at)}: {verdict.schedule[0].title}."]
    else:
        result = []
    if not state.configured:
        return result
    if state.last_active:
        since = state.time - state.last_active
        result.append(
            f"Owner active until {when(state.last_active)} ({duration(since)} ago)."
            if since > 0
            else "Owner active today."
        )
    if structure is None:
        result.append("Its policy is not known here, so nothing is said of inactivity: give a kit or policy file.")
    else:
        told = {finding.path for finding in verdict.findings if finding.kind.startswith("inactivity")}
        for path, at in openings(state, structure.policy):
            if path not in told:
                result.append(f"Path {structure.label(path)} opens in {duration(at - state.time)} of silence.")
    return result
