"""`recovery policy`: decide who can get you back, and how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import templates
from .change import apply_change, change, drop, publish
from .lint import lint, refusal, show_findings
from .options import FILE, json_option
from .session import command_line, load_kit, load_plan, quote, require_free, say, table

if TYPE_CHECKING:
    from ..kit import Kit
    from ..plan import PolicyPlan


@click.group(short_help="Decide who can get you back, and how")
def policy() -> None:
    """Decide who can get you back into your account, and how."""


@policy.command()
@click.argument("file", type=FILE, required=False)
@click.option("-o", "--output", type=FILE, default=Path("policy.json"), show_default=True, help="Where to write it.")
@click.option(
    "--template",
    type=click.Choice(templates.NAMES),
    help="Print a policy to begin with, and explain it: one to choose from.",
)
@click.option(
    "--from",
    "earlier",
    type=FILE,
    metavar="FILE",
    help="When you change a policy: the newest policy file that you ever made for the account, even if its change was "
    "dropped. Whoever stays keeps their place, and nobody new gets the place of somebody who left.",
)
@click.option("--despite-errors", is_flag=True, help="Write it even if there is an error that would lock you out.")
def new(file: Path | None, output: Path, template: str | None, earlier: Path | None, despite_errors: bool) -> None:
    """Make a policy of what FILE (YAML) says.

    The policy file says who your guardians are and holds a secret: keep it, with a
    copy in a safe place, and give it to nobody.
    """
    from .. import files
    from ..lint import Severity, sentence
    from ..lint import lint as findings_of
    from .plan_file import read_plan

    if template and file:
        raise click.UsageError("Give FILE or --template, not both.")
    if template:
        click.echo(templates.text(template), nl=False)
        return
    if file is None:
        raise click.UsageError(
            "Name the YAML file. For one to begin with: recovery policy new --template family > policy.yaml"
        )
    require_free(output)
    plan = read_plan(files.read(file), str(file), earlier=load_plan(earlier) if earlier else None)
    findings = findings_of(plan)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors and not despite_errors:
        show_findings(findings)
        click.echo()
        raise refusal(errors, "Nothing was written. If you want it nevertheless, give --despite-errors.")
    files.write(output, plan.dumps(), secret=True)
    _print_plan(plan)
    click.echo()
    say(sentence(plan), bold=True)
    show_findings(findings)
    click.echo()
    say(
        f"Written to {output}, readable for you alone. It holds the secret that hides your guardians: "
        "keep a copy in a safe place, and give it to nobody."
    )
    click.echo()
    if earlier:
        say("Next, have the policy of your account changed:")
        arguments = f"--policy {quote(output)} --signer KEY --account KEY --network URL"
        command_line(f"recovery policy change 0xWALLET {arguments}")
        return
    say("Next, create the wallet (or for an account that you have: recovery policy change ADDRESS --policy FILE):")
    owner = "" if plan.owners else "--owner 0x... "
    command_line(f"recovery wallet create --policy {quote(output)} {owner}--account KEY --network URL")


@policy.command()
@click.argument("file", type=FILE)
@json_option
def show(file: Path, as_json: bool) -> None:
    """Show what a policy file, or a guardian's kit, says. Never its secret."""
    from .. import files
    from ..kit import KIT_KIND

    if files.kind_of(files.read(file)) == KIT_KIND:
        kit = load_kit(file)
        click.echo(json.dumps(kit_json(kit), indent=2, ensure_ascii=False)) if as_json else _print_kit(kit, file)
        return
    plan = load_plan(file)
    if as_json:
        click.echo(json.dumps(plan_json(plan), indent=2, ensure_ascii=False))
    else:
        _print_plan(plan)


def plan_json(plan: PolicyPlan) -> dict[str, object]:
    """A policy file without its secret."""
    from .words import path_json

    return {
        "policyHash": "0x" + plan.policy.hash.hex(),
        "changeDelay": plan.change_delay,
        "owner": plan.owner,
        "owners": [{"name": name, "signer": str(signer)} for name, signer in plan.owners],
        "ownersThreshold": plan.owners_threshold,
        "guardians": [{"name": g.name, "signer": str(g.signer), "person": g.person} for g in plan.guardians],
        "paths": [
            {**path_json(path, p.label), "guardians": [{"name": n, "weight": w} for n, w in p.guardians]}
            for p, path in zip(plan.paths, plan.policy.paths, strict=True)
        ],
    }


def kit_json(kit: Kit) -> dict[str, object]:
    """A kit without its salts."""
    from .words import path_json

    return {
        "name": kit.name,
        "chains": list(kit.chains),
        "module": kit.module,
        "account": kit.account,
        "policyHash": "0x" + kit.policy.hash.hex(),
        "changeDelay": kit.policy.change_delay,
        "paths": [
            {
                **path_json(path, label),
                "signer": str(opening.signer) if opening else None,
                "weight": opening.weight if opening else 0,
            }
            for label, path, opening in zip(kit.labels, kit.policy.paths, kit.openings, strict=True)
        ],
    }


def _print_plan(plan: PolicyPlan) -> None:
    from ..explain import duration
    from .words import plan_lines

    if plan.owner or plan.owners:
        rows = [("Owner", plan.owner)] if plan.owner else []
        rows += [(name, str(signer)) for name, signer in plan.owners]
        if len(plan.owners) > 1:
            rows.append(("", f"{plan.owners_threshold} of these {len(plan.owners)} keys have to sign at first"))
        table(rows)
        click.echo()
    persons = [f" ({guardian.person})" if guardian.person else "" for guardian in plan.guardians]
    table([(g.name, f"{g.signer}{person}") for g, person in zip(plan.guardians, persons, strict=True)])
    click.echo()
    table([*plan_lines(plan), ("Change", f"A change of this policy waits {duration(plan.change_delay)}.")])


def _print_kit(kit: Kit, file: Path) -> None:
    from ..chains import chain_names
    from ..explain import duration
    from .words import kit_lines

    signers = {str(opening.signer) for opening in kit.openings if opening}
    table(
        [
            ("Kit of", kit.name),
            *([("For", kit.notes.owner)] if kit.notes.owner else []),
            ("Your key", " ".join(sorted(signers)) or "none"),
            ("Account", kit.account),
            ("Chain", chain_names(kit.chains)),
            ("Module", kit.module),
        ]
    )
    click.echo()
    table([*kit_lines(kit), ("Change", f"A change of this policy waits {duration(kit.policy.change_delay)}.")])
    click.echo()
    if kit.notes.question:
        table([("Ask", kit.notes.question)])
    if kit.notes.ring:
        table([("Ring" if not number else "", f"{n}, {c}") for number, (n, c) in enumerate(kit.notes.ring)])
    if kit.notes.question or kit.notes.ring:
        click.echo()
    own = [label for label, opening in zip(kit.labels, kit.openings, strict=True) if opening]
    say("When the owner rings because every key is lost, write down the new key's address that they read to you:")
    path = quote(own[0] if own else kit.labels[0])
    command_line(f"recovery request --kit {quote(file)} --path {path} --new-owner ADDR --network URL")
    say("When a request comes: speak with the owner first, then")
    command_line(f"recovery approve request.json --kit {quote(file)} --signer KEY --network URL")


for _command in (lint, change, drop, apply_change, publish):
    policy.add_command(_command)
