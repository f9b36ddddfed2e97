"""What `recovery backup odds` has to say: computed, then as words, as JSON and as diagrams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from ..backup.chances import Term
from ..backup.guardian_odds import GuardianOdds, guardian_odds, people_of
from ..backup.holders import CAUSES, HOLDERS, Cause, Holder, Usual
from ..backup.placement import Odds, Placement, Row
from ..backup.placement_lint import guardian_findings, placement_findings
from ..backup.plots import Panel
from ..errors import InvalidInput
from ..lint import Finding
from ..plan import PolicyPlan
from .lint import finding_json, policy_in, show_findings
from .placement_file import PlacementFile, parse_chance, parse_every, parse_years, read_placement
from .session import say, table

_YEARS = 10.0
_NOTHING = PlacementFile(None, (), (), None, 0, 0)
_SHARES = "shares"


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked for, and what came out.

    Attributes:
        term: How long was looked at, and what is done meanwhile.
        placement: Who holds what where, or None.
        odds: What that is worth, or None.
        plan: The policy, or None.
        people: Its guardians.
        causes: What strikes several guardians at once.
        guardians: What they are worth, or None.
        share_findings: What is wrong with the placement.
        guardian_findings: What is wrong with where guardians are.
    """

    term: Term
    placement: Placement | None
    odds: Odds | None
    plan: PolicyPlan | None
    people: tuple[Holder, ...]
    causes: tuple[Cause, ...]
    guardians: GuardianOdds | None
    share_findings: tuple[Finding, ...]
    guardian_findings: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return (*self.share_findings, *self.guardian_findings)

    @property
    def time(self) -> str:
        """How long, and what is done meanwhile, in words."""
        term = self.term
        checked = f"losses made good every {_years(term.checked)}" if term.checked else "losses never looked for"
        renewed = f"a fresh set every {_years(term.renewed)}" if term.renewed else "never a fresh set"
        return f"{_years(term.years, count=True)} ({checked}, {renewed})"

    @property
    def panels(self) -> list[Panel]:
        """A diagram for each group and path."""
        found = []
        if self.odds and self.placement:
            several = len(self.placement.groups) > 1
            for series, rows in _by_series(self.odds.rows):
                if not several:
                    found.append(Panel("Backup", "Shares needed", rows))
                elif series == "groups":
                    found.append(Panel("Backup: number of groups", "Groups needed", rows))
                else:
                    found.append(Panel(f"Backup: group {series}", "Shares needed of this group", rows))
        if self.guardians:
            for series, rows in _by_series(self.guardians.rows):
                found.append(Panel(f"Guardians: path {series} alone", "Votes needed", rows))
        return [panel for panel in found if len(panel.rows) > 1] or found  # one threshold alone shows nothing

    def show(self) -> None:
        """Prints it for people."""
        if self.odds and self.placement:
            say(
                f"Within {self.time}: the backup is lost for good with a chance of {chance(self.odds.loss)}, and "
                f"stolen with a chance of {chance(self.odds.theft)}.",
                bold=True,
            )
            click.echo()
            _show_rows(self.odds.rows, _SHARES)
            _show_findings(self.share_findings)
        if self.guardians:
            given = self.guardians
            say(
                f"Within {self.time}: guardians can no longer recover the account with a chance of "
                f"{chance(given.loss)}, and can be taken over with a chance of {chance(given.theft)}.",
                bold=True,
            )
            if (given.loss_after_silence, given.theft_after_silence) != (given.loss, given.theft):
                say(
                    f"With the paths that wait for your silence: {chance(given.loss_after_silence)}, and "
                    f"{chance(given.theft_after_silence)}; a thief there needs your silence besides."
                )
            click.echo()
            _show_rows(given.rows, "votes")
            _show_findings(self.guardian_findings)
        say("What went into it, as chances within a year:", bold=True)
        _show_inputs(self._holders(), self._causes())
        say(
            "Where you give no chances these are assumptions, measured by nobody: use them to compare plans, not as a "
            "forecast. Holders are taken to be independent but for the common causes named here."
        )

    def _holders(self) -> list[Holder]:
        return [*(self.placement.everybody if self.placement else ()), *self.people]

    def _causes(self) -> list[Cause]:
        return list(dict.fromkeys((*(self.placement.causes if self.placement else ()), *self.causes)))

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        data: dict[str, Any] = {
            "years": self.term.years,
            "checkedEvery": self.term.checked or None,
            "renewedEvery": self.term.renewed or None,
        }
        if self.odds and self.placement:
            data["backup"] = {
                "loss": self.odds.loss,
                "theft": self.odds.theft,
                "thresholds": [_row_json(row) for row in self.odds.rows],
                "findings": [finding_json(finding) for finding in self.share_findings],
                "holders": [_holder_json(holder) for holder in self.placement.holders],
                "passphrase": [_holder_json(holder) for holder in self.placement.passphrase],
                "causes": [_cause_json(cause) for cause in self.placement.causes],
            }
        if self.guardians:
            data["guardians"] = {
                "loss": self.guardians.loss,
                "lossAfterSilence": self.guardians.loss_after_silence,
                "theft": self.guardians.theft,
                "theftAfterSilence": self.guardians.theft_after_silence,
                "thresholds": [_row_json(row) for row in self.guardians.rows],
                "findings": [finding_json(finding) for finding in self.guardian_findings],
                "people": [_holder_json(holder) for holder in self.people],
                "causes": [_cause_json(cause) for cause in self.causes],
            }
        return data


def examine(
    placement: Path | None,
    policy: Path | None,
    times: tuple[str | None, str | None, str | None],
    chances: tuple[Sequence[str], Sequence[str]],
) -> Report:
    """Reads what was named and computes all there is to say.

    Args:
        placement: The placement's YAML, or None.
        policy: The policy, as YAML or policy file, or None.
        times: How long, how often checked and how often renewed, if something else than the file says.
        chances: Guardians' chances of being lost and stolen, each as NAME=CHANCE.

    Raises:
        InvalidInput: Whatever is not understood.
    """
    from .. import files

    given = read_placement(files.read(placement), str(placement)) if placement else _NOTHING
    plan = policy_in(policy) if policy else None
    if given.placement is None and plan is None:
        raise InvalidInput(f"{placement} has guardians and no shares. Give their policy as well: --policy FILE")
    term = _term(given, *times)
    people: tuple[Holder, ...] = ()
    guardians: GuardianOdds | None = None
    about_guardians: list[Finding] = []
    names = {holder.name for holder in given.guardians}
    if plan:
        people = _changed(plan, people_of(plan, given.guardians), *chances)
        guardians = guardian_odds(plan, people, term, given.guardian_causes)
        about_guardians = guardian_findings(plan, people, term)
        names |= {name for guardian in plan.guardians for name in (guardian.name, guardian.whose)}
    found = given.placement
    return Report(
        term,
        found,
        found.odds(term) if found else None,
        plan,
        people,
        given.guardian_causes if plan else (),
        guardians,
        tuple(placement_findings(found, term, names)) if found else (),
        tuple(about_guardians),
    )


def chance(value: float) -> str:
    """A chance for people, to two digits: "12%", "1 in 2,300"."""
    if value <= 0:
        return "none at all"
    if value >= 1:
        return "100%"
    if value > 0.99:
        return "more than 99%"
    if value >= 0.01:
        return f"{_two(value * 100)}%"
    if value < 1e-12:
        return "less than 1 in a million millions"
    return f"1 in {_two(1 / value)}"


def _two(value: float) -> str:
    """Two significant digits, without exponent."""
    return f"{float(f'{value:.2g}'):,.10g}" if value < 10 else f"{round(float(f'{value:.2g}')):,}"


def _term(given: PlacementFile, years: str | None, checked: str | None, renewed: str | None) -> Term:
    return Term(
        (_YEARS if given.years is None else given.years) if years is None else _said("--years", years, parse_years),
        given.checked if checked is None else _said("--checked", checked, parse_every),
        given.renewed if renewed is None else _said("--renewed", renewed, parse_every),
    )


def _said(option: str, text: str, build: Callable[[str], float]) -> float:
    try:
        return build(text)
    except InvalidInput as error:
        raise InvalidInput(f"{option}: {error.message}") from error


def _changed(
    plan: PolicyPlan, people: tuple[Holder, ...], lost: Sequence[str], stolen: Sequence[str]
) -> tuple[Holder, ...]:
    """The same people with the chances that were given on the command line."""
    persons = {guardian.name: guardian.whose for guardian in plan.guardians}
    persons.update({guardian.whose: guardian.whose for guardian in plan.guardians})
    found = {holder.name: holder for holder in people}
    for option, texts in (("lost", lost), ("stolen", stolen)):
        seen: set[str] = set()
        for text in texts:
            name, sign, value = text.rpartition("=")
            if not sign or not name.strip():
                raise InvalidInput(f"--{option} {text[:60]}: write a guardian's name and a chance, as Ana=3%.")
            person = persons.get(name.strip())
            if person is None:
                raise InvalidInput(
                    f"--{option}: {name.strip()!r} is no guardian in the policy. There: {', '.join(persons)}."
                )
            if person in seen:
                raise InvalidInput(f"--{option}: {person} is named twice. Name each person once.")
            seen.add(person)
            number = _said(f"--{option} {name}", value, parse_chance)
            before = found[person]
            found[person] = replace(before, lost=number) if option == "lost" else replace(before, stolen=number)
    return tuple(found.values())


def _by_series(rows: Iterable[Row]) -> list[tuple[str, tuple[Row, ...]]]:
    """Rows of one group or path stand together, from the lowest threshold to the highest."""
    found: list[list[Row]] = []
    for row in rows:
        before = found[-1][-1] if found else None
        if before is None or row.series != before.series or row.threshold <= before.threshold:
            found.append([])
        found[-1].append(row)
    return [(several[0].series, tuple(several)) for several in found]


def _show_rows(rows: Sequence[Row], what: str) -> None:
    for series, several in _by_series(rows):
        lines = [("Needed", "Lost for good", "Stolen")] if what == _SHARES else [("Needed", "All lost", "Taken over")]
        lines += [
            (f"{'>' if row.chosen else ' '} {row.threshold} of {row.of}", chance(row.loss), chance(row.theft))
            for row in several
        ]
        if what != _SHARES:
            say(f"Path {series} alone:", indent=2)
        elif series:
            say("Number of groups:" if series == "groups" else f"Group {series}:", indent=2)
        widths = [max(len(line[column]) for line in lines) + 3 for column in range(2)]
        for first, second, third in lines:
            click.echo(f"  {first.ljust(widths[0])}{second.ljust(widths[1])}{third}")
        click.echo()


def _show_findings(findings: Sequence[Finding]) -> None:
    if findings:
        show_findings(findings)
        click.echo()


def _show_inputs(holders: Sequence[Holder], causes: Sequence[Cause]) -> None:
    """Every chance that was used, and once for each assumption what it stands for."""
    used: list[tuple[str, str, Holder | Cause, Usual | None]] = []
    used += [(holder.name, holder.kind, holder, HOLDERS.get(holder.kind)) for holder in holders]
    used += [(f"{cause.name} ({cause.sort})", f"a {cause.sort}", cause, CAUSES[cause.sort]) for cause in causes]
    rows: list[tuple[str, str]] = []
    why: dict[str, str] = {}
    for name, kind, of, usual in used:
        text = f"lost {of.lost * 100:.3g}%, stolen {of.stolen * 100:.3g}%"
        if usual is not None and (of.lost, of.stolen) == (usual.lost, usual.stolen):
            text, why[kind] = f"{text} (as usual for {kind})", usual.why
        rows.append((name, text))
    table(rows)
    if why:
        click.echo()
        say("What is taken for usual, and what it stands for:", bold=True)
        table(list(why.items()))
    click.echo()


def _years(value: float, *, count: bool = False) -> str:
    if abs(value - 1) < 1e-9:
        return "1 year" if count else "year"
    if value < 1:
        return f"{round(value * 365)} days"
    return f"{value:.3g} years"


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "of": row.series,
        "threshold": row.threshold,
        "total": row.of,
        "loss": row.loss,
        "theft": row.theft,
        "chosen": row.chosen,
    }


def _holder_json(holder: Holder) -> dict[str, Any]:
    return {
        "name": holder.name,
        "lost": holder.lost,
        "stolen": holder.stolen,
        "person": holder.person,
        "place": holder.place,
        "vendor": holder.vendor,
        "region": holder.region,
        "shares": holder.shares,
        "group": holder.group,
    }


def _cause_json(cause: Cause) -> dict[str, Any]:
    return {"sort": cause.sort, "name": cause.name, "lost": cause.lost, "stolen": cause.stolen}
