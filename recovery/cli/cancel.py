"""`recovery cancel`: the owner stops a recovery."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import InvalidInput, Refused
from .session import ADDRESS, FILE, say, sending, signers_option, table


@click.command(short_help="Stop a recovery that you did not ask for, as the owner")
@click.argument("address", type=ADDRESS)
@click.option("--path", "label", required=True, metavar="NAME", help="Which path, by name or number.")
@click.option("--kit", "kit_file", type=FILE, metavar="FILE", help="A kit, which knows the paths' names.")
@click.option("--policy", "policy_file", type=FILE, metavar="FILE", help="Or the policy file.")
@signers_option()
@sending
def cancel(
    address: str,
    label: str,
    kit_file: Path | None,
    policy_file: Path | None,
    signers: tuple[str, ...],
    network: str | None,
    deployment: Path | None,
    account: str | None,
    password_fd: int | None,
    yes: bool,
    mainnet_unaudited: bool,
) -> None:
    """Stop a recovery that you did not ask for, as the owner.

    The owners sign, and --account relays and pays the fee.
    """
    from ..explain import when
    from ..state import RequestState
    from . import keys as keyring
    from .batches import signed_batch
    from .finalize import path_index
    from .network import connect, send
    from .session import confirm
    from .sources import from_chain, from_files, require_account

    if account is None:
        raise InvalidInput("Who pays the fee? Give --account.")
    payer = keyring.find(account)
    source = from_files(kit_file, policy_file)
    client = connect(network, deployment)
    require_account(source, address, client.chain_id)
    state = client.state(address)
    if not state.configured:
        raise Refused(f"{address} has no recovery policy on this chain. Check the address and the network.")
    index = path_index(state, label, source)
    status = state.paths[index]
    if status.state is RequestState.IDLE:
        raise Refused(f"No recovery is under way on path {label}: there is nothing to cancel.")
    if status.state is RequestState.EXPIRED:
        raise Refused(
            f"The recovery on path {label} expired on {when(status.expires_at)} and can do nothing any more: "
            "there is nothing to cancel."
        )
    known = source if source and source.policy.hash[:24] == state.policy_hash else from_chain(client, address)
    if known and not known.policy.paths[index].owner_cancels:
        raise Refused(
            f"The owner cannot cancel a recovery on path {label}; that is how it stands against a thief. "
            "Its guardians can, and so can a veto path if the policy has one for it. Call them."
        )
    table([("Account", address), ("Path", label), ("Ready", when(status.ready_at, state.time))])
    click.echo()
    confirm("Cancel this recovery?", yes)
    keys = keyring.Keyring(password_fd)
    call = client.cancel_call(state.epoch, index, status.nonce)
    transaction = signed_batch(
        client, address, [call], f"cancel the recovery on path {label}", signers, keys, mainnet_unaudited
    )
    send(client, transaction, payer, keys, acknowledged=mainnet_unaudited)
    if client.state(address, index + 1).paths[index].state is not RequestState.IDLE:
        raise Refused(f"The transaction was mined, but the recovery goes on. See: recovery status {address}")
    say("Cancelled. The owners stay as they are.", bold=True, colour="green")
    say(
        "If you did not ask for it, find out who did: its guardians approved it. Speak with them, and change the "
        "policy if you cannot trust them any more."
    )
