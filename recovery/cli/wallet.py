"""`recovery wallet`: create one with a policy, look at it, send from it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import ADDRESS, FILE, Paying, Where, json_option, owning, reading, sending
from .session import command_line, load_kit, load_plan, parse_owners, quote, say, table, warn

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..plan import PolicyPlan
    from ..quorum import Owners


@click.group(short_help="Create a wallet with that policy, look at it, send from it")
def wallet() -> None:
    """Create a wallet with a policy, look at it, send from it."""


@wallet.command()
@click.option("--policy", "policy_file", type=FILE, required=True, metavar="FILE", help="Your policy file.")
@click.option(
    "--owner",
    "owners",
    multiple=True,
    metavar="ADDR",
    help="An owner; repeat for more.  [default: those in the policy file]",
)
@click.option("--threshold", type=click.IntRange(min=1), metavar="N", help="How many owners have to sign.")
@click.option(
    "--kits",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("kits"),
    show_default=True,
    help="Folder for the guardians' kits.",
)
@sending
def create(policy_file: Path, owners: tuple[str, ...], threshold: int | None, kits: Path, pay: Paying) -> None:
    """Create a wallet with your policy, and write a kit for each guardian.

    The address follows from owners and policy: running this again finds the same
    wallet, on every chain.
    """
    from ..chains import chain_name
    from ..errors import Refused
    from .paying import explorer, send
    from .words import owners_rows, plan_lines

    plan = load_plan(policy_file)
    parsed = _first_owners(plan, owners, threshold)
    client = pay.connect()
    address = client.deployment.wallet_address(parsed, plan.policy)
    contents = prepare_kits(plan, kits, client, address)
    exists = client.is_wallet(address)
    table([("Wallet", address), ("Chain", chain_name(client.chain_id)), *owners_rows(parsed)])
    click.echo()
    table(plan_lines(plan))
    click.echo()
    if exists:
        state = client.state(address, 0)
        if state.policy_hash != plan.policy.hash[:24]:
            raise Refused(
                "This wallet exists, but its policy has been changed since. Kits made from this file would be useless: "
                "use the policy file that belongs to the present policy."
            )
        say("It exists already; nothing was sent.")
    else:
        payer = pay.payer()
        client.check_owners(parsed)
        if send(pay, client, client.create_wallet(parsed, plan.policy), payer, "Create it?") is None:
            return
        if client.owners_hash(address) != parsed.hash[:24]:
            raise Refused(f"The wallet was created, but does not have these owners. Do not use {address}.")
        say("Created.", bold=True, colour="green")
        if link := explorer(client, "address", address):
            say(link)
    click.echo()
    write_kits(plan, kits, contents)
    say(
        "Next: give each guardian their own kit and nobody else's, and ask them to keep it. Then send a little to the "
        "wallet and look at it:"
    )
    command_line(f"recovery wallet show {address}", f"recovery status {address} --policy {quote(policy_file)}")


def _first_owners(plan: PolicyPlan, given: tuple[str, ...], threshold: int | None) -> Owners:
    """Who is to own the wallet: as given, or as the policy file says.

    Raises:
        InvalidInput: Neither says it, or they contradict each other.
    """
    from ..errors import InvalidInput

    named = plan.first_owners
    if not given:
        if named is None or threshold is not None:
            raise InvalidInput("Who is to own the wallet? Give --owner, once for each; the policy file names nobody.")
        return named
    parsed = parse_owners(given, threshold, "--owner")
    if named is not None and parsed != named:
        raise InvalidInput(
            "The policy file names other owners than --owner. Leave --owner out to take those of the policy file, or "
            "make a policy file with the owners that you want."
        )
    return parsed


def prepare_kits(plan: PolicyPlan, folder: Path, client: RecoveryClient, address: str) -> dict[Path, str]:
    """The guardians' kits, by where they are to be written. Those of the same wallet on other chains name all chains.

    Raises:
        InvalidInput: Something else stands there already.
    """
    from ..errors import InvalidFile, InvalidInput

    contents = {}
    for guardian, name in _kit_names(plan).items():
        path = folder / name
        kit = plan.kit(guardian, client.chain_id, client.deployment.module, address)
        if path.exists():
            taken = InvalidInput(f"{path} is not the kit of this wallet and policy. Choose another folder with --kits.")
            try:
                other = load_kit(path)
            except InvalidFile:
                raise taken from None
            both = tuple(sorted({*other.chains, *kit.chains}))
            kit = replace(kit, chains=both, notes=other.notes)
            if kit != replace(other, chains=both):
                raise taken
        contents[path] = kit.dumps()
    return contents


def write_kits(plan: PolicyPlan, folder: Path, contents: dict[Path, str]) -> None:
    """Writes the kits that are not there yet, or name fewer chains, and says whose is which."""
    from .. import files

    again = False
    for path, text in contents.items():
        again |= path.exists() and files.read(path) != text
        if not path.exists() or files.read(path) != text:
            files.write(path, text, secret=True, replace=True)
    if again:
        warn("The kits name this chain now, too: give them to your guardians again.")
    say("Kits for your guardians:")
    table([(guardian, str(folder / name)) for guardian, name in _kit_names(plan).items()])
    click.echo()


@wallet.command()
@click.argument("address", type=ADDRESS)
@reading
@json_option
def show(address: str, where: Where, as_json: bool) -> None:
    """Show a wallet's owners, balance, activity and policy."""
    from ..chains import chain_name
    from ..errors import ChainError
    from ..explain import when
    from .batches import current_owners
    from .durations import ether
    from .paying import explorer
    from .words import owners_rows

    client = where.connect()
    expected = client.owners_hash(address)
    try:
        owners = current_owners(client, address)
    except ChainError:
        owners = None  # an old event that this node does not keep
    state = client.state(address)
    balance = client.balance(address)
    if as_json:
        content = {
            "account": address,
            "chainId": client.chain_id,
            "owners": [str(owner) for owner in owners.signers] if owners else None,
            "threshold": owners.threshold if owners else None,
            "ownersHash": "0x" + expected.hex(),
            "balance": str(balance),
            "lastActive": state.last_active,
            "time": state.time,
            "policyHash": "0x" + state.policy_hash.hex() if state.configured else None,
            "frozenUntil": state.frozen_until if state.frozen else 0,
            "recoveriesUnderWay": [index for index, path in enumerate(state.paths) if path.is_open],
            "changeEta": state.change_eta,
        }
        click.echo(json.dumps(content, indent=2))
        return
    rows = [("Wallet", address), ("Chain", chain_name(client.chain_id))]
    rows += owners_rows(owners) if owners else [("Owners", "not known: this node does not keep the old events")]
    rows += [
        ("Balance", ether(balance)),
        ("Activity", _activity(state.last_active, state.time)),
        ("Policy", "0x" + state.policy_hash.hex() if state.configured else "none: nobody could recover it"),
    ]
    if state.frozen:
        rows.append(("Frozen", f"until {when(state.frozen_until, state.time)}"))
    for index, path in enumerate(state.paths):
        if path.is_open:
            rows.append(("Recovery", f"UNDER WAY on path {index}, ready {when(path.ready_at, state.time)}"))
    if state.change_eta and state.time < state.change_expires_at:
        rows.append(("Change", f"of the policy PENDING, possible {when(state.change_eta, state.time)}"))
    if link := explorer(client, "address", address):
        rows.append(("Explorer", link))
    table(rows)
    click.echo()
    say("What guardians can do, and whether anything is under way:")
    command_line(f"recovery status {address}")


@wallet.command(name="send")
@click.argument("address", type=ADDRESS)
@click.option("--to", type=ADDRESS, required=True, metavar="ADDR", help="Whom to pay or call.")
@click.option("--value", default="0", metavar="SUM", help='What to send: "0.1 ether", or a whole number of wei.')
@click.option("--data", default="0x", metavar="HEX", help="Calldata, for a contract.")
@owning
@sending
def send_command(address: str, to: str, value: str, data: str, signers: tuple[str, ...], pay: Paying) -> None:
    """Send from a wallet: its owners sign, and --account relays and pays the fee."""
    from .. import files
    from ..chains import chain_name
    from ..errors import InvalidInput, Refused
    from ..messages import Call
    from .batches import send_as_owners
    from .durations import ether, parse_value

    amount = parse_value(value)
    try:
        calldata = files.from_hex(data)
    except InvalidInput as error:
        raise InvalidInput("--data should be hexadecimal, beginning with 0x.") from error
    if not amount and not calldata:
        raise InvalidInput("There is nothing to send: give --value, or --data, or both.")
    payer, client = pay.payer(), pay.connect()
    balance = client.balance(address)
    client.owners_hash(address)  # says so if it is no wallet
    if balance < amount:
        raise Refused(f"{address} has {ether(balance)}, not {ether(amount)}. Nothing was sent.")
    rows = [("From", address), ("To", to), ("Value", ether(amount)), ("Chain", chain_name(client.chain_id))]
    if calldata:
        rows.insert(3, ("Data", files.to_hex(calldata)))
    table(rows)
    click.echo()
    summary = f"send {ether(amount)} from {address} to {to}"
    calls = [Call(to, amount, calldata)]
    if send_as_owners(pay, client, address, calls, summary, signers, payer, "Sign and send?") is None:
        return
    say(f"Sent. {address} has {ether(client.balance(address))} left.", bold=True, colour="green")


@wallet.command()
@click.argument("address", type=ADDRESS)
@click.option("--new-owner", "owners", multiple=True, required=True, metavar="ADDR", help="Repeat for more owners.")
@click.option("--threshold", type=click.IntRange(min=1), metavar="N", help="How many new owners have to sign.")
@owning
@sending
def rotate(address: str, owners: tuple[str, ...], threshold: int | None, signers: tuple[str, ...], pay: Paying) -> None:
    """Replace the owners of a wallet, as its present owners.

    It takes effect at once. Guardians and policy stay, and so does a recovery that is
    under way.
    """
    from .. import foresee
    from ..chains import chain_name
    from ..errors import Refused
    from .batches import current_owners, send_as_owners
    from .words import owners_rows

    new = parse_owners(owners, threshold, "--new-owner")
    payer, client = pay.payer(), pay.connect()
    if client.owners_hash(address) == new.hash[:24]:
        raise Refused("The wallet has these owners already. Nothing was sent.")
    foresee.ownable(new, address)
    client.check_owners(new)
    state = client.state(address)
    table([("Wallet", address), ("Chain", chain_name(client.chain_id)), *owners_rows(new, "New owner")])
    click.echo()
    warn("The present owners lose the wallet at once, and batches and UserOperations that they have signed are void.")
    if any(path.is_open for path in state.paths):
        warn(
            "A recovery is under way, and this does not stop it. If you did not ask for it, cancel it; if you fear a "
            "thief, let it go on: whoever has your key could rotate it away again, but not the recovery. "
            f"See: recovery status {address}"
        )
    call = client.rotate_owners_call(new)
    summary = "replace the owners of the wallet"
    if send_as_owners(pay, client, address, [call], summary, signers, payer, "Replace the owners?") is None:
        return
    if client.owners_hash(address) != new.hash[:24]:
        raise Refused(f"The transaction was mined, but the owners are others. See: recovery wallet show {address}")
    say("Done. The wallet has its new owners, and the old keys are worth nothing any more.", bold=True, colour="green")
    table(owners_rows(current_owners(client, address, new.signers)))


def _activity(last_active: int, now: int) -> str:
    from ..explain import when

    if not last_active:
        return "none seen"
    if last_active > now:
        return "today"
    return f"last on or before {when(last_active, now)}"


def _kit_names(plan: PolicyPlan) -> dict[str, str]:
    """A safe and distinct file name for each guardian."""
    from .. import files

    names: dict[str, str] = {}
    for guardian in plan.guardians:
        stem = files.stem(guardian.name)
        name = f"kit-{stem}.json"
        if name in names.values():
            name = f"kit-{stem}-{guardian.number}.json"
        names[guardian.name] = name
    return names
