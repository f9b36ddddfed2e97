"""`recovery wallet`: create one with a policy, look at it, send from it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .session import (
    ADDRESS,
    FILE,
    command_line,
    json_option,
    load_plan,
    parse_owners,
    quote,
    reading,
    say,
    sending,
    signers_option,
    table,
)

if TYPE_CHECKING:
    from ..kit import PolicyPlan


@click.group(short_help="Create a wallet with that policy, look at it, send from it")
def wallet() -> None:
    """Create a wallet with a policy, look at it, send from it."""


@wallet.command()
@click.option("--policy", "policy_file", type=FILE, required=True, metavar="FILE", help="Your policy file.")
@click.option("--owner", "owners", multiple=True, required=True, metavar="ADDR", help="An owner; repeat for more.")
@click.option("--threshold", type=click.IntRange(min=1), metavar="N", help="How many owners have to sign.")
@click.option(
    "--kits",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("kits"),
    show_default=True,
    help="Folder for the guardians' kits.",
)
@sending
def create(
    policy_file: Path,
    owners: tuple[str, ...],
    threshold: int | None,
    kits: Path,
    network: str | None,
    deployment: Path | None,
    account: str | None,
    password_fd: int | None,
    yes: bool,
    mainnet_unaudited: bool,
) -> None:
    """Create a wallet with your policy, and write a kit for each guardian.

    The address follows from owners and policy: running this again finds the same
    wallet, on every chain.
    """
    from .. import files
    from ..errors import InvalidInput, Refused
    from . import keys as keyring
    from .network import chain_name, connect, send
    from .words import owners_rows, plan_lines

    plan = load_plan(policy_file)
    parsed = parse_owners(owners, threshold, "--owner")
    client = connect(network, deployment)
    address = client.deployment.wallet_address(parsed, plan.policy)
    chain = chain_name(client.chain_id)
    contents = {
        kits / name: plan.kit(guardian, client.chain_id, client.deployment.module, address).dumps()
        for guardian, name in _kit_names(plan).items()
    }
    for path, text in contents.items():
        if path.exists() and files.read(path) != text:
            raise InvalidInput(f"{path} is the kit of another wallet. Choose another folder with --kits.")
    exists = client.is_wallet(address)
    table([("Wallet", address), ("Chain", chain), *owners_rows(parsed)])
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
        if account is None:
            raise InvalidInput("Who pays for creating it? Give --account.")
        send(
            client,
            client.create_wallet(parsed, plan.policy),
            keyring.find(account),
            keyring.Keyring(password_fd),
            question="Create it?",
            yes=yes,
            acknowledged=mainnet_unaudited,
        )
        if client.owners_hash(address) != parsed.hash[:24]:
            raise Refused(f"The wallet was created, but does not have these owners. Do not use {address}.")
        say("Created.", bold=True, colour="green")
    click.echo()
    for path, text in contents.items():
        if not path.exists():
            files.write(path, text, secret=True)
    say("Kits for your guardians:")
    table([(guardian, str(kits / name)) for guardian, name in _kit_names(plan).items()])
    click.echo()
    say(
        "Next: give each guardian their own kit and nobody else's, and ask them to keep it. Then send a little to the "
        "wallet and look at it:"
    )
    command_line(f"recovery wallet show {address}", f"recovery status {address} --policy {quote(policy_file)}")


@wallet.command()
@click.argument("address", type=ADDRESS)
@reading
@json_option
def show(address: str, network: str | None, deployment: Path | None, as_json: bool) -> None:
    """Show a wallet's owners, balance, activity and policy."""
    from ..errors import ChainError
    from ..explain import when
    from .batches import current_owners
    from .durations import ether
    from .network import chain_name, connect
    from .words import owners_rows

    client = connect(network, deployment)
    expected = client.owners_hash(address)
    try:
        owners = current_owners(client, address)
    except ChainError:
        owners = None  # an old event that this node does not keep
    state = client.state(address, 0)
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
            "protected": state.configured,
        }
        click.echo(json.dumps(content, indent=2))
        return
    rows = [("Wallet", address), ("Chain", chain_name(client.chain_id))]
    rows += owners_rows(owners) if owners else [("Owners", "not known: this node does not keep the old events")]
    rows += [
        ("Balance", ether(balance)),
        ("Activity", _activity(state.last_active, state.time)),
        ("Policy", "0x" + state.policy_hash.hex() if state.configured else "none"),
        ("Protected", "yes" if state.configured else "no: nobody could recover it"),
    ]
    if state.frozen:
        rows.append(("Frozen", f"until {when(state.frozen_until, state.time)}"))
    table(rows)
    click.echo()
    say("What guardians can do, and whether anything is under way:")
    command_line(f"recovery status {address}")


@wallet.command(name="send")
@click.argument("address", type=ADDRESS)
@click.option("--to", type=ADDRESS, required=True, metavar="ADDR", help="Whom to pay or call.")
@click.option("--value", default="0", metavar="SUM", help='What to send: "0.1 ether", or a whole number of wei.')
@click.option("--data", default="0x", metavar="HEX", help="Calldata, for a contract.")
@signers_option()
@sending
def send_command(
    address: str,
    to: str,
    value: str,
    data: str,
    signers: tuple[str, ...],
    network: str | None,
    deployment: Path | None,
    account: str | None,
    password_fd: int | None,
    yes: bool,
    mainnet_unaudited: bool,
) -> None:
    """Send from a wallet: its owners sign, and --account relays and pays the fee."""
    from .. import files
    from ..errors import InvalidInput, Refused
    from ..messages import Call
    from . import keys as keyring
    from .batches import signed_batch
    from .durations import ether, parse_value
    from .network import chain_name, connect, send

    amount = parse_value(value)
    try:
        calldata = files.from_hex(data)
    except InvalidInput as error:
        raise InvalidInput("--data should be hexadecimal, beginning with 0x.") from error
    if not amount and not calldata:
        raise InvalidInput("There is nothing to send: give --value, or --data, or both.")
    payer = keyring.find(_payer(account))
    client = connect(network, deployment)
    balance = client.balance(address)
    client.owners_hash(address)  # says so if it is no wallet
    if balance < amount:
        raise Refused(f"{address} has {ether(balance)}, not {ether(amount)}. Nothing was sent.")
    keys = keyring.Keyring(password_fd)
    rows = [("From", address), ("To", to), ("Value", ether(amount)), ("Chain", chain_name(client.chain_id))]
    if calldata:
        rows.insert(3, ("Data", files.to_hex(calldata)))
    table(rows)
    click.echo()
    summary = f"send {ether(amount)} from {address} to {to}"
    from .session import confirm

    confirm("Sign and send?", yes)
    transaction = signed_batch(client, address, [Call(to, amount, calldata)], summary, signers, keys, mainnet_unaudited)
    send(client, transaction, payer, keys, acknowledged=mainnet_unaudited)
    say(f"Sent. {address} has {ether(client.balance(address))} left.", bold=True, colour="green")


def _payer(account: str | None) -> str:
    from ..errors import InvalidInput

    if account is None:
        raise InvalidInput("Who pays the fee? Give --account: a keystore file, or the alias of an Ape account.")
    return account


def _activity(last_active: int, now: int) -> str:
    from ..explain import when

    if not last_active:
        return "none seen"
    if last_active > now:
        return "today"
    return f"last on or before {when(last_active, now)}"


def _kit_names(plan: PolicyPlan) -> dict[str, str]:
    """A safe and distinct file name for each guardian."""
    names: dict[str, str] = {}
    for guardian in plan.guardians:
        stem = re.sub(r"[^a-z0-9]+", "-", guardian.name.casefold()).strip("-")[:40] or f"guardian-{guardian.number}"
        name = f"kit-{stem}.json"
        if name in names.values():
            name = f"kit-{stem}-{guardian.number}.json"
        names[guardian.name] = name
    return names
