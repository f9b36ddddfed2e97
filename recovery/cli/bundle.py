"""`recovery bundle`: everything that brings the owner back, in one file that can be checked years later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ChainError, InvalidInput, Refused
from .network import NETWORKS
from .options import FILE, Where, foldered, json_option, profile, reading
from .session import command_line, quote, require_free, say, table, warn

if TYPE_CHECKING:
    from ..backup.bundle_check import Checked
    from ..client import RecoveryClient
    from ..folder import Folder

_BLOCKS = click.Choice(["latest", "safe", "finalized"])


@click.group(short_help="Everything that brings you back, in one file for years")
def bundle() -> None:
    """Put everything that brings you back into one file, check such a file, and unpack it."""


@bundle.command(short_help="Make one of your folder, with a proof of where the account stands")
@foldered
@click.option(
    "-o", "out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="FILE.zip, or a folder."
)
@NETWORKS
@click.option("--deployment", type=FILE, metavar="FILE", help="JSON with the contracts' addresses, if not the usual.")
@click.option("--without-secrets", is_flag=True, help="Leave out what names guardians, and the policy's secret.")
@click.option("--wheel", type=FILE, metavar="FILE", help="This release as a wheel, to be kept with it.")
@click.option(
    "--block",
    type=_BLOCKS,
    default="latest",
    help="Which block is proven. A finalized one stays part of the chain.  [default: latest]",
)
def make(
    folder: Folder,
    out: Path,
    networks: tuple[str, ...],
    deployment: Path | None,
    without_secrets: bool,
    wheel: Path | None,
    block: str,
) -> None:
    """Make a bundle: everything that brings you back, in one file for years.

    The account, the policy with all openings, what has happened, a proof of where the
    account stands, the contracts, and RECOVER.md. It is as secret as your folder, unless
    made --without-secrets. Without --network it holds no state proof and no history.
    """
    from ..backup import archive
    from ..backup import bundle as bundles
    from ..chains import chain_names
    from ..contracts import canonical_deployment
    from .network import load_deployment

    require_free(out)
    default = profile().network
    places = networks or ((default,) if default else ())
    at = deployment or profile().deployment
    clients = [Where(place, at).connect() for place in places]
    found = [_gathered(folder, client, block) for client in clients]
    if len({each.proof.chain_id for each in found}) != len(found):
        raise InvalidInput("Two of the networks are the same chain. Name each chain once.")
    contracts_at = clients[0].deployment if clients else load_deployment(at) if at else canonical_deployment()
    content = bundles.make(folder, found, contracts_at, secrets=not without_secrets, wheel=wheel)
    from ..backup.bundle_check import check

    checked = check(content, "The bundle")  # what cannot be read back is not written
    archive.write(out, content, secret=not without_secrets)
    say(f"{out}: {len(content)} files.", bold=True)
    _facts(checked)
    click.echo()
    say("Its fingerprint. Write it down: who has it can tell this bundle from a forged one.")
    command_line(checked.fingerprint)
    click.echo()
    if without_secrets:
        say("No guardian is named in it, and no kit is in it. It does not replace your folder.")
    else:
        warn(f"{out} is as secret as your folder: it names your guardians. Keep it sealed, in more than one place.")
    missing = [chain for chain in checked.manifest.chain_ids if chain not in checked.proven]
    if missing:
        warn(
            f"What happened on {chain_names(missing)}, and where the account stands there, is not in it: --network URL."
        )
    if wheel is None:
        say(
            "The program is not in it. For a copy that needs no package index, get the wheel, or make it in a clone of "
            "the project, and name it with --wheel:"
        )
        command_line(f"pip download ape-recovery=={bundles.release()} --no-deps", "pip wheel --no-deps .")
    say("Check it, now and later:")
    command_line(f"recovery bundle verify {quote(out)}")


def _gathered(folder: Folder, client: RecoveryClient, block: str) -> Any:
    from ..backup.bundle_chain import gather
    from ..reading import Reading
    from ..rpc import run

    note = folder.note
    if note.account is None:
        raise InvalidInput("The account does not exist yet, so there is nothing to bundle. Go on with: recovery setup")
    if note.module != client.deployment.module:
        raise InvalidInput(
            f"The folder's account listens to the module {note.module}, not to {client.deployment.module}. "
            "Name the contracts that it uses with --deployment."
        )
    plans = [plan.policy for plan in folder.plans()]
    return run(client.web3, gather(Reading(client.deployment), note.account, plans, block))


@bundle.command(short_help="Check one, without any network")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--fingerprint", metavar="DIGITS", help="What was shown when it was made; then it can be no other bundle."
)
@click.option("--offline", is_flag=True, help="Ask no node, also where RECOVERY_NETWORK or a profile names one.")
@reading
@json_option
def verify(file: Path, fingerprint: str | None, offline: bool, where: Where, as_json: bool) -> None:
    """Check a bundle, a ZIP file or a folder, without any network.

    Every hash, every file derived again, the contracts' addresses, and the proof of where
    the account stood.

    With --network it is also asked whether the proven block is part of the chain, and
    what has changed since: exit code 1 if the bundle is out of date.
    """
    from ..backup import archive
    from ..backup.bundle_check import check

    checked = check(archive.read(file), str(file))
    _require_fingerprint(file, checked, fingerprint)
    if not as_json:
        _print(file, checked, fingerprint is not None)
    try:
        now = None if offline or not where.network else _compared(checked, where.connect())
    except ChainError as error:
        error.message = f"{file} is whole. Only whether it is up to date could not be asked: {error.message}"
        raise
    if as_json:
        click.echo(json.dumps(_as_data(checked, now), indent=2))
    elif now is not None:
        _print_now(now)
    elif checked.proven:
        click.echo()
        say("Whether these blocks are part of their chains, and what has changed since, takes --network.")
    if now is not None and now["stale"]:
        raise Refused(
            f"{' '.join(now['stale'])} The bundle is right, but out of date. Make a new one: recovery bundle make"
        )


@bundle.command(short_help="Make your folder again from one")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option(
    "-o",
    "out",
    type=click.Path(path_type=Path),
    default="my-recovery",
    show_default=True,
    metavar="DIR",
    help="A new folder.",
)
@click.option("--fingerprint", metavar="DIGITS", help="What was shown when it was made.")
def unpack(file: Path, out: Path, fingerprint: str | None) -> None:
    """Make your folder again from a bundle that was checked: after a fire, on another computer.

    The account, policies, cards, kits, receipts, the schedule, and who holds shares. Keys,
    sheets, runbooks and a freeze that was signed ahead are not in a bundle.
    """
    from ..backup import archive
    from ..backup.bundle import MANIFEST, role
    from ..backup.bundle_check import check

    if out.suffix.lower() == ".zip":
        raise InvalidInput(f"{out} would be a ZIP file. Name a folder with -o.")
    require_free(out)
    content = archive.read(file)
    checked = check(content, str(file))
    _require_fingerprint(file, checked, fingerprint)
    if not checked.manifest.secrets:
        raise Refused(
            f"{file} was made --without-secrets: your folder is not in it. What comes back without one: recovery kit "
            "rebuild"
        )
    kept = {name: data for name, data in content.items() if name != MANIFEST and role(name)[1]}
    archive.write(out, kept, secret=True)
    if fingerprint is None:
        say(f"{out} is the folder that the bundle holds.", bold=True, colour="green")
        warn(
            "Whether it is your bundle nobody has seen: whoever had it can have put in other contacts, other cards, "
            "and other notes of shares. If you have written down its fingerprint, compare it: "
            f"{checked.fingerprint}"
        )
    else:
        say(f"{out} is your folder as it was when the bundle was made.", bold=True, colour="green")
    say("What to do now:")
    command_line(f"recovery status --folder {quote(out)} --network URL")


def _require_fingerprint(file: Path, checked: Checked, fingerprint: str | None) -> None:
    if fingerprint is not None and "".join(fingerprint.lower().split()).removeprefix("0x") != checked.fingerprint:
        raise Refused(
            f"{file} is whole, but another bundle: its fingerprint is {checked.fingerprint}. Somebody may have made it "
            "in the place of yours. Do not use it."
        )


def _compared(checked: Checked, client: RecoveryClient) -> dict[str, Any]:
    """What the chain says of it now.

    Raises:
        Refused: The proven block is not part of the chain, or there is no proof of this chain.
    """
    from ..backup.bundle_check import changes
    from ..chains import chain_name
    from ..rpc import run
    from ..snapshot import is_canonical

    manifest, chain_id = checked.manifest, client.chain_id
    place = chain_name(chain_id)
    if manifest.deployment != client.deployment:
        raise InvalidInput("The account uses contracts at other addresses. Name them with --deployment.")
    if chain_id not in checked.proofs:
        raise Refused(f"The bundle holds nothing of {place}, so nothing can be compared. Check --network.")
    proof, proven = checked.proofs[chain_id], checked.proven[chain_id]
    if not run(client.web3, is_canonical(proof)):
        raise Refused(
            f"Block {proven.header.number} of {place} has another hash than the one in the bundle: its state proof is "
            "of no chain, or of a block that the chain has dropped. Do not rely on it; make a new one."
        )
    state = client.state(manifest.account)
    stale, others = changes(proven, state, client.owners_hash(manifest.account))
    return {"chainId": chain_id, "time": state.time, "stale": stale, "others": others}


def _facts(checked: Checked) -> None:
    for fact in checked.facts:
        say(f"- {fact}", 2)
    if checked.unsure:
        click.echo()
        say("What it does not say, or nobody can check here:", bold=True)
    for fact in checked.unsure:
        say(f"- {fact}", 2)


def _print(file: Path, checked: Checked, known: bool) -> None:
    from ..chains import chain_name, chain_names
    from ..explain import when
    from ..keys.schedule import day

    manifest = checked.manifest
    say(f"{file} is whole, and right as far as it can be checked.", bold=True)
    click.echo()
    rows = [("Account", manifest.account), ("Chains", chain_names(manifest.chain_ids)), ("Made by", manifest.release)]
    rows.append(("Secret", "yes: it names guardians" if manifest.secrets else "no"))
    rows.append(("Fingerprint", checked.fingerprint + (" (the one you gave)" if known else "")))
    table(rows)
    click.echo()
    _facts(checked)
    for chain_id, proven in checked.proven.items():
        state = proven.state
        click.echo()
        say(f"Then, on {chain_name(chain_id)}, {when(proven.header.time)}:", bold=True)
        chain = next(each for each in manifest.chains if each.chain_id == chain_id)
        owners = ", ".join(map(str, chain.owners.signers)) if chain.owners else f"hash 0x{proven.owners_hash.hex()}"
        opened = [f"path {index}" for index, path in enumerate(state.paths) if path.is_open]
        rows = [("Owners", owners), ("Policy", f"0x{state.policy_hash.hex()}" if state.configured else "none")]
        rows += [("Epoch", str(state.epoch)), ("Recoveries", f"under way on {', '.join(opened)}" if opened else "none")]
        rows.append(("Change", f"of the policy, for {when(state.change_eta)}" if state.change_eta else "none pending"))
        rows.append(("Frozen", f"until {when(state.frozen_until)}" if state.frozen else "no"))
        seen = day(state.last_active - 1) if state.last_active else "never"  # the clock has the end of a day
        rows.append(("Last active", seen))
        table(rows)


def _print_now(now: dict[str, Any]) -> None:
    from ..chains import chain_name
    from ..explain import when

    click.echo()
    say(f"Now, {when(now['time'])}: the block is part of {chain_name(now['chainId'])}.", bold=True)
    for fact in [*now["stale"], *now["others"]] or ["Nothing has changed since."]:
        say(f"- {fact}", 2)


def _as_data(checked: Checked, now: dict[str, Any] | None) -> dict[str, Any]:
    manifest = checked.manifest
    return {
        "account": manifest.account,
        "release": manifest.release,
        "secrets": manifest.secrets,
        "fingerprint": checked.fingerprint,
        "chainIds": list(manifest.chain_ids),
        "facts": list(checked.facts),
        "unsure": list(checked.unsure),
        "proven": [
            {
                "chainId": chain_id,
                "block": proven.header.number,
                "blockHash": "0x" + proven.header.hash.hex(),
                "time": proven.header.time,
                "policyHash": "0x" + proven.state.policy_hash.hex(),
                "ownersHash": "0x" + proven.owners_hash.hex(),
                "epoch": proven.state.epoch,
                "changeEta": proven.state.change_eta,
                "lastActive": proven.state.last_active,
                "frozenUntil": proven.state.frozen_until,
                "openPaths": [index for index, path in enumerate(proven.state.paths) if path.is_open],
            }
            for chain_id, proven in checked.proven.items()
        ],
        "now": now,
    }
