"""`recovery pending`: what was signed to be sent and is not known to be mined."""

from __future__ import annotations

import click

from ..errors import InvalidInput, Refused
from .options import Paying, following
from .session import command_line, confirm, say, table, warn


@click.command(short_help="Transactions of runs that were broken off: finish, speed up, forget")
@click.option("--resume", is_flag=True, help="Go on with them: send what got lost, wait until they are mined.")
@click.option("--forget", is_flag=True, help="Forget them. Those that were sent may still be mined.")
@following
def pending(resume: bool, forget: bool, pay: Paying) -> None:
    """Transactions of runs that were broken off before they were known to be mined.

    Running the same command again goes on with them by itself. With --resume this does
    it for all that --account pays (with higher fees if they take too long), or for
    those of everybody without raising fees.
    """
    from ..chains import chain_name
    from ..explain import when
    from .paying import follow, intents, unfinished

    if resume and forget:
        raise InvalidInput("Give --resume or --forget, not both.")
    if not pay.sends:
        raise InvalidInput("--dry-run and --unsigned go with commands that send something new. Leave them out.")
    store, found = intents(), unfinished()
    if not found:
        say("Nothing is pending.")
        return
    for intent in found:
        table(
            [
                ("To", intent.transaction.summary),
                ("Chain", chain_name(intent.chain_id)),
                ("Payer", f"{intent.sender}, nonce {intent.nonce}"),
                ("Signed", when(intent.created)),
                *[("Hash", "0x" + attempt.hash.hex()) for attempt in intent.attempts],
            ]
        )
        click.echo()
    if forget:
        confirm("Forget them? Look each hash up first: what was sent may still be mined.", pay.yes)
        for intent in found:
            store.remove(intent)
        say("Forgotten.", bold=True)
        return
    if not resume:
        say("To go on with them:")
        command_line("recovery pending --resume --account KEY --network URL")
        return
    client = pay.connect()
    here = [intent for intent in found if intent.chain_id == client.chain_id]
    if not here:
        raise Refused(f"None of them is on {chain_name(client.chain_id)}. Choose the other network with --network.")
    payer = pay.payer() if pay.account is not None else None
    over = 0
    for intent in here:
        own = payer is not None and payer.address == intent.sender
        account = pay.keys.open(payer, f"may pay more to {intent.transaction.summary}") if payer and own else None
        try:
            sent = follow(
                pay,
                client,
                lambda how, store, tell, i=intent, a=account: client.follow(i, a, how, store, tell, True),
                intent,
            )
        except Refused as error:
            if store.path(intent).exists():
                raise
            warn(f"To {intent.transaction.summary}: {error.message}")  # it is over, and the next ones are not
            over += 1
            continue
        say(f"Mined in block {sent.block}: {intent.transaction.summary}.", bold=True, colour="green")
    if over:
        raise Refused(f"{over} of {len(here)} cannot be finished any more; see above. Nothing is left over of them.")
