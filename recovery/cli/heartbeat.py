"""`recovery heartbeat`: show that the owner is alive."""

from __future__ import annotations

import click

from .options import ADDRESS, Paying, owning, sending
from .session import command_line, say


@click.command(short_help="Show that the owner is alive")
@click.argument("address", type=ADDRESS)
@owning
@sending
def heartbeat(address: str, signers: tuple[str, ...], pay: Paying) -> None:
    """Show that the owner is alive.

    Every use of the wallet does so too. It ends a recovery that needs the owner's
    silence, and begins the time of silence anew.
    """
    from ..explain import when
    from .batches import send_as_owners

    payer, client = pay.payer(), pay.connect()
    calls = [client.heartbeat_call()]
    sent, state = None, client.state(address, 0)
    while sent is None or (sent.resumed and state.last_active <= state.time):  # that one was of an earlier day
        sent = send_as_owners(pay, client, address, calls, "show that the owner is alive", signers, payer)
        if sent is None:
            return
        state = client.state(address, 0)
    say(
        f"Done. It counts as activity until {when(state.last_active)}; silence is counted from then.",
        bold=True,
        colour="green",
    )
    say("When the paths that wait for your silence open now:")
    command_line(f"recovery status {address} --network URL")
