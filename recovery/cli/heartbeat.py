"""`recovery heartbeat`: show that the owner is alive."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import InvalidInput
from .session import ADDRESS, command_line, say, sending, signers_option


@click.command(short_help="Show that the owner is alive")
@click.argument("address", type=ADDRESS)
@signers_option()
@sending
def heartbeat(
    address: str,
    signers: tuple[str, ...],
    network: str | None,
    deployment: Path | None,
    account: str | None,
    password_fd: int | None,
    yes: bool,
    mainnet_unaudited: bool,
) -> None:
    """Show that the owner is alive.

    Every use of the wallet does so too. It ends a recovery that needs the owner's
    silence, and begins the time of silence anew.
    """
    from ..explain import when
    from . import keys as keyring
    from .batches import signed_batch
    from .network import connect, send

    if account is None:
        raise InvalidInput("Who pays the fee? Give --account.")
    payer = keyring.find(account)
    client = connect(network, deployment)
    client.owners_hash(address)  # says so if it is no wallet
    keys = keyring.Keyring(password_fd)
    transaction = signed_batch(
        client, address, [client.heartbeat_call()], "show that the owner is alive", signers, keys, mainnet_unaudited
    )
    send(client, transaction, payer, keys, yes=yes, acknowledged=mainnet_unaudited)
    state = client.state(address, 0)
    say(
        f"Done. It counts as activity until {when(state.last_active)}; silence is counted from then.",
        bold=True,
        colour="green",
    )
    say("When the paths that wait for your silence open now:")
    command_line(f"recovery status {address} --network URL")
