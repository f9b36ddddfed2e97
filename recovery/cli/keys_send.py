"""`recovery keys send`: what was signed on a computer without a network, compared with the chain, and sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import files
from ..errors import InvalidFile, InvalidInput, Refused
from .keys_cold import asked_for, require_chain
from .options import _MAINNET, FILE, Paying, Where, reading, yes_option
from .session import confirm, quote, say, unaudited

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..keys.cold import Sendable, SignedTransaction
    from ..rpc import Steps


@click.command(short_help="Send a transaction that was signed elsewhere")
@click.argument("file", type=FILE)
@click.option("--for", "asked", type=FILE, metavar="FILE", help="What was to be signed, to see that it is the same.")
@click.option("--confirmations", type=click.IntRange(1, 1000), default=1, metavar="N", help="Blocks to wait for.")
@reading
@yes_option
@_MAINNET
def send(file: Path, asked: Path | None, confirmations: int, where: Where, yes: bool, mainnet_unaudited: bool) -> None:
    """Send a transaction that was signed on another computer.

    Before, it is decoded and compared with the chain: whose it is, whether its turn has
    come, whether it can be paid for, and whether it would succeed.
    """
    from ..keys import cold
    from .keys import Keyring
    from .keys_delegate import said_after
    from .paying import follow
    from .show_signing import show_transaction

    signed = cold.load_signed(files.read(file), files.source_name(file))
    if isinstance(signed, cold.Signature):
        raise InvalidInput(
            f"This is a signature of {signed.signer} over a message, and there is nothing to send. Give it to the "
            f"command that wrote what was signed: --signature 0x{signed.signature.hex()}"
        )
    if isinstance(signed, cold.SignedAuthorization):
        raise InvalidInput(
            f"This is an authorization of {signed.authority}, which a transaction has to carry. Make that first: "
            f"recovery keys prepare {quote(file)} --from ADDR"
        )
    if asked is not None:
        _require_asked(signed.meant, asked)
    pay = Paying(
        where.network, where.deployment, None, Keyring(), yes, mainnet_unaudited, False, None, None, confirmations
    )
    client = where.connect()
    require_chain(signed.meant.chain_id, client.chain_id)
    show_transaction(signed.meant)
    unaudited(client.chain_id, mainnet_unaudited)
    _require_sendable(client, signed)
    confirm("Send it?", yes)
    sent = follow(pay, client, lambda how, store, tell: _sent(client, signed, how, store, tell))
    say(f"Mined in block {sent.block}: {signed.summary or 'what was signed'}.", bold=True, colour="green")
    said_after(client, signed.meant.authorizations)


def _require_asked(meant: Sendable, path: Path) -> None:
    """Refuses what is not what somebody was asked to sign.

    Raises:
        Refused: It differs.
    """
    from ..keys import cold

    asked = asked_for(files.read(path), str(path))
    if isinstance(asked, (cold.Typed, cold.Authorization)):
        raise InvalidFile(f"{path} is a message or an authorization to be signed, and this is a transaction.")
    if isinstance(asked, cold.Sendable):
        same = meant.says_the_same(asked)
    else:
        transaction, content = asked
        same = (meant.chain_id, meant.transaction.to, meant.transaction.value, meant.transaction.data) == (
            content["chainId"],
            transaction.to,
            transaction.value,
            transaction.data,
        )
    if not same:
        raise Refused(
            f"What was signed is not what {path} asks for. Nothing was sent. Do not send it: find out who has changed "
            "it, and on which of the two computers."
        )


def _require_sendable(client: RecoveryClient, signed: SignedTransaction) -> None:
    """Says early what a chain would refuse, or let wait for ever.

    Raises:
        Refused: It cannot be sent, now or at all.
    """
    from ..rpc import number, run
    from .durations import ether
    from .keys_delegate import require_effect

    meant, identifier = signed.meant, f"0x{signed.hash.hex()}"
    count = run(client.web3, number("eth_getTransactionCount", meant.sender, "latest", limit=2**64))
    if meant.nonce < count:
        if run(client.web3, _known(identifier)) is not None:
            raise Refused(f"It was sent already, and is mined: {identifier}.")
        raise Refused(
            f"{meant.sender} has sent another transaction in its place: it is number {meant.nonce}, and the next one "
            f"is {count}. Nothing was sent. Prepare it anew, and have it signed again."
        )
    pending = run(client.web3, number("eth_getTransactionCount", meant.sender, "pending", limit=2**64))
    if meant.nonce > pending:
        raise Refused(
            f"It is number {meant.nonce} of {meant.sender}, and number {pending} has not been sent. Nothing was sent, "
            "as it would wait for that one. Send what comes before first."
        )
    require_effect(client, meant.authorizations, meant.sender)
    balance = client.balance(meant.sender)
    if balance < meant.most:
        raise Refused(
            f"{meant.sender} has {ether(balance)}, but up to {ether(meant.most)} may be needed. Nothing was sent. Send "
            "it some and try again: the signed file stays good."
        )
    if client.simulate(meant.transaction, meant.sender) > meant.gas:
        raise Refused("It was signed with too little gas for what it does now. Nothing was sent. Prepare it anew.")


def _known(identifier: str) -> Steps[Any]:
    """A transaction as the node has it, or None."""
    from ..rpc import Ask

    return (yield Ask("eth_getTransactionByHash", (identifier,)))


def _sent(client: RecoveryClient, signed: SignedTransaction, how: Any, store: Any, tell: Any) -> Any:
    """Written down before it is sent, so that a run that is broken off can be taken up: recovery pending."""
    from dataclasses import replace

    from ..intents import Attempt, Intent
    from ..sending import Progress, purpose_of

    meant = signed.meant
    attempt = Attempt(signed.hash, signed.raw, meant.max_fee, dict(meant.price).get("maxPriorityFeePerGas", 0))
    intent = Intent(
        meant.chain_id,
        meant.sender,
        meant.nonce,
        meant.gas,
        replace(meant.transaction, summary=signed.summary or "do what was signed elsewhere"),
        purpose_of(meant.chain_id, meant.transaction),
        client.time(),
        (attempt,),
    )
    if not any(each.attempts[-1].hash == signed.hash for each in store.of(meant.chain_id, meant.sender)):
        store.add(intent)
    tell(Progress("stored", intent))
    return replace(client.follow(intent, None, how, store, tell, True), resumed=False)
