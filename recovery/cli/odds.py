"""`recovery backup odds`: how likely it is that a backup, or a policy's guardians, are lost or stolen."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import InvalidInput, Refused
from .options import FILE, json_option
from .session import require_free, say


@click.command(short_help="How likely a backup, or your guardians, are lost or stolen")
@click.argument("placement", type=FILE, required=False, metavar="[PLACEMENT.yaml]")
@click.option("--policy", type=FILE, metavar="FILE", help="Your policy (policy file or YAML): its guardians as well.")
@click.option("--years", metavar="N", help="How long to look ahead.  [default: as the file says, or 10]")
@click.option("--checked", metavar="TIME", help='How often losses are looked for and made good: "1 year", or "never".')
@click.option(
    "--renewed", metavar="TIME", help='How often a fresh set makes what was stolen worthless: "5 years", or "never".'
)
@click.option("--lost", multiple=True, metavar="NAME=CHANCE", help="A guardian's yearly chance of being lost, as 3%.")
@click.option("--stolen", multiple=True, metavar="NAME=CHANCE", help="A guardian's yearly chance of being taken over.")
@click.option(
    "--plot", "picture", type=FILE, metavar="FILE", help="Draw both chances for every threshold: .svg or .png."
)
@click.option("--example", is_flag=True, help="Print a placement to begin with, and explain it.")
@json_option
def odds(
    placement: Path | None,
    policy: Path | None,
    years: str | None,
    checked: str | None,
    renewed: str | None,
    lost: tuple[str, ...],
    stolen: tuple[str, ...],
    picture: Path | None,
    example: bool,
    as_json: bool,
) -> None:
    """Say how likely it is that a backup is lost for good, or stolen.

    PLACEMENT.yaml says who holds which share where. With --policy the same is said of
    a policy's guardians: that nobody can recover the account any more, or that
    somebody takes over enough of them. Chances are computed exactly from those of
    each holder, and are no better than these: where you give none, an assumption is
    used, and named.
    Exits with 1 if there is an error; warnings and notes are for you to weigh.
    """
    if example:
        if placement or policy:
            raise click.UsageError("Give --example alone.")
        click.echo(_example(), nl=False)
        return
    if placement is None and policy is None:
        raise click.UsageError(
            "Name a placement, or --policy. For a placement to begin with: recovery backup odds --example"
        )
    if (lost or stolen) and policy is None:
        raise click.UsageError(
            "--lost and --stolen are about guardians: give --policy. Shares have theirs in the file."
        )
    kind = _kind(picture) if picture else ""
    from ..lint import Severity
    from .odds_report import examine

    report = examine(placement, policy, (years, checked, renewed), (lost, stolen))
    if picture:
        from .. import files
        from ..backup.plots import plot

        files.write_bytes(picture, plot(report.panels, f"Chance of loss and of theft within {report.time}", kind))
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        report.show()
        if picture:
            say(f"Drawn in {picture}.")
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    if not errors:
        return
    codes = ", ".join(dict.fromkeys(finding.code for finding in errors))
    refusal = Refused(f"{len(errors)} error{'' if len(errors) == 1 else 's'} in the placement: {codes}. See above.")
    if not as_json:
        raise refusal
    click.echo(f"Error: {refusal.message}", err=True)  # in JSON already: no second document
    click.get_current_context().exit(1)


def _kind(picture: Path) -> str:
    """What kind of picture, by the file's name; refused before anything is computed."""
    kind = picture.suffix.lower().removeprefix(".")
    if kind not in ("svg", "png"):
        raise InvalidInput(
            f"--plot {picture}: let the name end with .svg or .png, which says what kind of picture it is."
        )
    require_free(picture, "--plot")
    return kind


def _example() -> str:
    from importlib import resources

    return (resources.files("recovery.backup") / "placement_example.yaml").read_text("utf-8")
