"""`recovery policy lint`: what is wrong with a policy, or might be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ChainError, InvalidInput, Refused
from .options import ADDRESS, FILE, Where, json_option, reading
from .session import load_plan, say

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..lint import Finding
    from ..plan import PolicyPlan
    from ..signer import Signer

_COLOURS = {"Error": "red", "Warning": "yellow", "Note": None}


@click.command(short_help="Say what is wrong with a policy, or might be")
@click.argument("policies", type=FILE, nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--wallet",
    type=ADDRESS,
    metavar="ADDRESS",
    help="Look up who owns this wallet, instead of taking the owners that FILE names.",
)
@json_option
@reading
def lint(policies: tuple[Path, ...], wallet: str | None, as_json: bool, where: Where) -> None:
    """Say what is wrong with the policy in FILE (YAML or policy file), or might be.

    Several files are compared as well: who is a guardian of one account and not of
    another? Where --network is given, it is looked up which guardians are Safes, and
    whose: somebody may stand behind several.
    Exits with 1 if there is an error; warnings and notes are for you to weigh.
    """
    from click.core import ParameterSource

    from ..lint import Severity, compare, margin, sentence
    from ..lint import lint as findings_of

    # A network that happens to be set is no reason to need it here.
    asked = wallet or click.get_current_context().get_parameter_source("network") is ParameterSource.COMMANDLINE
    plans = {str(file): policy_in(file) for file in dict.fromkeys(policies)}
    client = where.connect() if asked else None
    owners = client.owners(wallet) if client and wallet else None
    safes = safe_owners(client, list(plans.values())) if client else {}
    found = {name: findings_of(plan, owners, safes) for name, plan in plans.items()}
    between = compare(plans) if len(plans) > 1 else []
    errors = [f for findings in found.values() for f in findings if f.severity is Severity.ERROR]
    if as_json:
        data = {
            "policies": [
                {
                    "file": name,
                    "sentence": sentence(plan, owners),
                    "margin": margin(plan, owners=owners),
                    "findings": [finding_json(finding) for finding in found[name]],
                }
                for name, plan in plans.items()
            ],
            "comparison": [finding_json(finding) for finding in between],
        }
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        if errors:  # in JSON already: no second document
            click.echo(f"Error: {refusal(errors, '').message.strip()}", err=True)
            click.get_current_context().exit(1)
        return
    for name, plan in plans.items():
        say(f"{name}: {sentence(plan, owners)}", bold=True)
        show_findings(found[name])
        click.echo()
    if between:
        say("Between these policies:", bold=True)
        show_findings(between)
        click.echo()
    if errors:
        raise refusal(errors, "The policy should not be used as it is.")
    if not any(found.values()) and not between:
        say("Nothing to complain about.", colour="green")


def show_findings(findings: Sequence[Finding]) -> None:
    """Prints findings with their codes, the worst first, each with what to do about it."""
    for finding in findings:
        word = finding.severity.name.capitalize()
        say(f"{word} ({finding.code}): {finding.text}", colour=_COLOURS[word])
        say(f"Fix: {finding.fix}", indent=2)


def refusal(errors: Sequence[Finding], what: str) -> Refused:
    """The error of a command that stops because of these findings."""
    codes = ", ".join(dict.fromkeys(finding.code for finding in errors))
    return Refused(f"{len(errors)} error{'' if len(errors) == 1 else 's'} in the policy: {codes}. {what}")


def finding_json(finding: Finding) -> dict[str, str]:
    """A finding for programs."""
    return {
        "code": finding.code,
        "severity": finding.severity.name.lower(),
        "path": finding.path,
        "text": finding.text,
        "fix": finding.fix,
    }


def safe_owners(client: RecoveryClient, plans: Sequence[PolicyPlan]) -> Mapping[Signer, Sequence[Signer]]:
    """Owners of those guardians that are Safes, or contracts that answer `getOwners()` as a Safe does.

    Raises:
        ChainError: The node does not answer.
    """
    from ..abi import Function
    from ..rpc import UNREACHABLE, run
    from ..signer import Signer

    # keccak256("getOwners()"), its first 4 bytes: Safe's OwnerManager, all versions.
    get_owners = Function("getOwners", (), ("address[]",), bytes.fromhex("a0e67e2b"))
    found: dict[Signer, Sequence[Signer]] = {}
    for signer in dict.fromkeys(guardian.signer for plan in plans for guardian in plan.guardians):
        if not signer.is_address or not client.code(signer.address):
            continue
        try:
            addresses = run(client.web3, get_owners.call(signer.address))
            found[signer] = tuple(Signer.parse(address) for address in addresses)
        except (Refused, ChainError, InvalidInput) as error:
            if error.code == UNREACHABLE:
                raise
            continue  # some other contract
    return found


def policy_in(file: Path) -> PolicyPlan:
    """A policy from its YAML, or from the policy file that was made of it.

    Raises:
        InvalidInput: It is neither.
    """
    from .. import files
    from .plan_file import read_plan

    text = files.read(file)
    return load_plan(file) if files.kind_of(text) else read_plan(text, str(file))
