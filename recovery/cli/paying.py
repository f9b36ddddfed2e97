"""Sending a transaction with somebody in front of the screen: shown, confirmed, followed, and taken up again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidFile, RecoveryError, Refused
from .session import command_line, confirm, flight, quote, say, table, unaudited, warn

if TYPE_CHECKING:
    from ..building import Transaction
    from ..client import RecoveryClient
    from ..fees import Estimate
    from ..intents import Intent, IntentStore
    from ..messages import Call
    from ..sending import Progress, Sent
    from .keys import Key
    from .options import Paying

#: Who asks when nobody is named: an address that nobody has, which needs no money to ask.
NOBODY = "0x000000000000000000000000000000000000dEaD"
#: Gas that relaying a batch of one owner takes beside its calls, about; what the first of a wallet takes more, as it
#: writes where nothing stood; and what a call takes more that sends money, and if it goes where nothing was before.
RELAYING, FIRST, VALUE, NEWCOMER = 48_000, 17_000, 9_000, 25_000
#: What each transaction takes, and a call within a batch does not.
TRANSACTION = 21_000


def state_folder() -> Path:
    """Where this program remembers what it was doing (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    base = Path(named) if named.startswith("/") else Path.home() / ".local" / "state"
    return base / "ape-recovery"


def intents() -> IntentStore:
    """What was to be sent."""
    from ..intents import IntentStore

    return IntentStore(state_folder() / "intents")


def unfinished() -> list[Intent]:
    """What runs that were broken off have left over.

    Raises:
        InvalidFile: One of the files is damaged: what it was about cannot be known any more.
    """
    try:
        return list(intents().all())
    except InvalidFile as error:
        raise InvalidFile(
            f"{error.message.removesuffix(' Ask for it again.')} It is what an earlier run was sending. Look up what "
            "its payer (whose address is in the file's name) has sent since, and then delete the file."
        ) from error


def send(
    pay: Paying, client: RecoveryClient, transaction: Transaction, payer: Key | None, question: str = ""
) -> Sent | None:
    """Has a transaction shown, simulated, confirmed, paid for, and mined, as the options say.

    Args:
        pay: The options.
        client: Of the chain.
        transaction: What to send.
        payer: From `pay.payer()`.
        question: What to ask before, or nothing.

    Returns:
        What was mined, or None if nothing was to be sent (--dry-run, --unsigned).

    Raises:
        RecoveryError: It would fail, was declined, or has failed.
    """
    from ..sending import Sending

    if not pay.dry_run:
        unaudited(client.chain_id, pay.acknowledged)
    if not pay.sends:
        _show(pay, client, transaction, payer)
        return None
    assert payer is not None  # noqa: S101 - `Paying.payer` sees to it
    # Before anybody types a password for nothing. What an earlier run has sent would fail if it were sent again.
    if payer.address is not None and not _is_under_way(client, transaction, payer.address):
        estimate = client.estimate(transaction, payer.address, pay.max_fee)
        Sending.require_funds(estimate, payer.address)
        if question and not pay.yes:
            say(f"It costs about {amount(client, estimate.cost)}, which {payer.address} pays.")
    if question:
        confirm(question, pay.yes)
    account = pay.keys.open(payer, f"pays to {transaction.summary}")
    sent = follow(pay, client, lambda how, store, tell: client.send(transaction, account, how, store, tell))
    if sent.resumed and repeatable(sent.intent):
        say("To do it once more, run the same command again.", bold=True, colour="yellow")
    return sent


def _is_under_way(client: RecoveryClient, transaction: Transaction, sender: str) -> bool:
    from ..sending import purpose_of

    purpose = purpose_of(client.chain_id, transaction)
    return any(
        each.purpose == purpose for each in unfinished() if (each.chain_id, each.sender) == (client.chain_id, sender)
    )


def follow(pay: Paying, client: RecoveryClient, act: Any, intent: Intent | None = None) -> Sent:
    """Tells what happens while something is sent.

    Args:
        pay: The options.
        client: Of the chain.
        act: Sends or follows: takes how, where it is written down, and whom to tell of progress.
        intent: What an earlier run has signed, if that is known before.

    Raises:
        RecoveryError: As `act`, and if something may have been sent all the same, that is said.
    """
    from ..sending import How

    store, teller = intents(), _Teller(pay.confirmations)
    if intent is not None:
        teller.remember(intent)
    try:
        sent: Sent = act(How(pay.max_fee, pay.confirmations), store, teller)
    except RecoveryError as error:
        if teller.intent is not None and not store.path(teller.intent).exists():
            # It is over: another transaction has taken its place, or it was mined and has failed.
            identifier, flight().hash = flight().hash, ""
            if flight().mined and identifier not in error.message:
                error.message += f" Transaction {identifier} was mined and has failed: nothing but its fee was spent."
        raise
    _paid(client, sent)
    if sent.resumed:
        from ..explain import when

        say(
            f"An earlier run had signed this on {when(sent.intent.created)} and was broken off. "
            "It was finished now, and nothing was sent twice.",
            bold=True,
            colour="yellow",
        )
    return sent


def taken_up(pay: Paying, client: RecoveryClient, fits: Callable[[Intent], bool]) -> Sent | None:
    """What an earlier run was sending, if it was mined since: then it is done, and only has to be said.

    Args:
        pay: The options.
        client: Of the chain.
        fits: Whether a transaction is the one that is asked for.

    Raises:
        Refused: It was mined and has failed.
    """
    mined = (
        intent
        for intent in (unfinished() if pay.sends else ())
        if intent.chain_id == client.chain_id and fits(intent) and is_settled(client, intent)
    )
    found = next(mined, None)
    if found is None:
        return None
    return follow(pay, client, lambda how, store, tell: client.follow(found, None, how, store, tell, True), found)


def repeatable(intent: Intent) -> bool:
    """Whether the same command could do the same a second time.

    So it is with what a wallet's owners sign anew each time. Everything else goes to the contracts as it is, and they
    refuse it once it is done.
    """
    from ..sending import purpose_of

    return intent.purpose != purpose_of(intent.chain_id, intent.transaction)


def left_over(pay: Paying) -> None:
    """Says what has become of what earlier runs were sending, where a command has had nothing to send itself.

    Whoever starts a recovery again that an earlier run has started is told that it is under way; but only here that it
    was by their own doing. What cannot be done twice is forgotten then. A batch is not: whoever asks for the same
    again is still to hear of the first instead of paying twice.
    """
    if not pay.sends or flight().hash or not any((state_folder() / "intents").glob("*.json")):
        return

    store, more = intents(), False
    try:
        client = pay.connect()
        for intent in unfinished():
            if intent.chain_id == client.chain_id and is_settled(client, intent):
                _settle(client, intent, store)
            else:
                more = True
    except RecoveryError:  # what the command itself has to say is more important
        more = True
    if more:
        click.echo("An earlier run was broken off while it was sending something. See: recovery pending", err=True)


def _settle(client: RecoveryClient, intent: Intent, store: IntentStore) -> None:
    """Says what has become of a transaction whose nonce is used up."""
    summary = intent.transaction.summary
    try:
        sent = client.follow(intent, None, None, None if repeatable(intent) else store, None, True)
    except Refused as error:
        store.remove(intent)
        warn(f"An earlier run was broken off while it was about to {summary}. {error.message}")
        return
    warn(
        f"An earlier run was broken off after it had sent a transaction to {summary}. "
        f"It was mined, in block {sent.block}: 0x{sent.hash.hex()}"
    )


def _paid(client: RecoveryClient, sent: Sent) -> None:
    """What it has cost in the end, and where to look it up."""
    identifier = "0x" + sent.hash.hex()
    flight().hash, flight().mined = identifier, True
    cost = f" for {amount(client, sent.cost)}" if sent.cost else ""
    click.echo(f"Mined in block {sent.block}{cost}.", err=True)
    if link := explorer(client, "tx", identifier):
        click.echo(link, err=True)


def explorer(client: RecoveryClient, kind: Any, value: str) -> str | None:
    """Where to look something up in a browser."""
    from ..chains import explorer_link
    from .options import profile

    return explorer_link(client.chain_id, kind, value, profile().explorer)


class _Teller:
    """Says on stderr what happens, and remembers for Ctrl-C what may have been sent."""

    def __init__(self, confirmations: int) -> None:
        self.intent: Intent | None = None
        self._confirmations = confirmations
        self._told = 0.0

    def remember(self, intent: Intent) -> None:
        self.intent = intent
        flight().hash, flight().mined = "0x" + intent.latest.hash.hex(), False

    def __call__(self, progress: Progress) -> None:
        identifier = "0x" + progress.intent.latest.hash.hex()
        lines = {
            "resumed": f"An earlier run was sending this already: transaction {identifier} ...",
            "stored": f"Sending transaction {identifier} ...",
            "capped": "It is not mined yet, and --max-fee does not allow to pay more. Waiting ...",
            "replaced": f"It is not mined yet. Sending it with higher fees instead: {identifier} ...",
            "reorganised": "The chain was reorganised, and the transaction is not in it any more. Waiting ...",
        }
        if progress.stage in ("resumed", "stored", "replaced"):
            self.remember(progress.intent)
        flight().mined = progress.stage == "confirmed"
        line = lines.get(progress.stage)
        if progress.stage == "mined" and self._confirmations > 1:
            line = f"Mined, {progress.blocks} block{'s' if progress.blocks > 1 else ''} deep ..."
        if progress.stage == "waiting" and progress.seconds >= self._told + 15:
            self._told = progress.seconds
            line = f"Not mined after {progress.seconds:.0f} seconds. Waiting ..."
        if line:
            click.echo(line, err=True)


def _show(pay: Paying, client: RecoveryClient, transaction: Transaction, payer: Key | None) -> None:
    from .. import files
    from ..building import in_words
    from ..intents import dump_unsigned
    from ..sending import Sending

    sender = payer.address if payer else None
    if pay.dry_run:
        say(f"This would {transaction.summary}.", bold=True)
        click.echo()
        table(in_words(transaction))
        click.echo()
        estimate = client.estimate(transaction, sender or NOBODY, pay.max_fee)
        table(cost_rows(client, estimate, sender))
        click.echo()
        if sender:
            Sending.require_funds(estimate, sender)
        say("Simulated: it would succeed. Nothing was signed or sent (--dry-run).", bold=True, colour="green")
        return
    assert pay.unsigned is not None  # noqa: S101 - it is one or the other
    gas = client.simulate(transaction, sender or NOBODY)
    more: dict[str, Any] = {"gas": gas + gas // 5}
    more |= {"from": sender} if sender else {}
    more |= {"maxFeePerGas": str(pay.max_fee)} if pay.max_fee else {}
    files.write(pay.unsigned, dump_unsigned(transaction, client.chain_id, **more))
    say(f"Written to {pay.unsigned}: a transaction that would {transaction.summary}. Nothing was sent.", bold=True)
    say("Whoever signs and sends it pays for it. With Foundry, for example:")
    command_line(
        f"cast send $(jq -r '.to, .data' {quote(pay.unsigned)}) --rpc-url URL --account KEY",
    )
    say("Or, to sign it where there is no network:")
    command_line(f"recovery keys prepare {quote(pay.unsigned)} --from ADDR --network URL")


def is_settled(client: RecoveryClient, intent: Intent) -> bool:
    """Whether a transaction's nonce is used up, by itself or by another one."""
    from ..rpc import number, run

    return run(client.web3, number("eth_getTransactionCount", intent.sender, "latest", limit=2**64)) > intent.nonce


def show_calls(
    pay: Paying, client: RecoveryClient, wallet: str, calls: list[Call], summary: str, payer: Key | None
) -> None:
    """What a batch would do, without its owners' signatures: each call simulated as if the wallet made it.

    Raises:
        Refused: One of them would fail, or the payer cannot afford it.
    """
    from ..building import call_in_words
    from ..fees import Estimate
    from ..sending import Sending

    say(f"This would {summary}.", bold=True)
    click.echo()
    for call in calls:
        table(call_in_words(call))
        click.echo()
    gas, fees = batch_gas(client, wallet, calls), client.fees(pay.max_fee)
    sender = payer.address if payer else None
    balance = client.balance(sender) if sender else 0
    rows = [("Signs", f"the owners of {wallet}")]
    rows.append(("Payer", f"{sender} has {amount(client, balance)}" if sender else "whoever relays it"))
    rows.append(("Gas", f"about {gas:,}"))
    rows.append(("Cost", f"about {amount(client, gas * (fees.base + fees.tip))}"))
    table(rows)
    click.echo()
    if sender:
        Sending.require_funds(Estimate(gas, gas, fees, balance, 0), sender)
    say("Simulated: it would succeed. Nothing was signed or sent (--dry-run).", bold=True, colour="green")


def batch_gas(client: RecoveryClient, wallet: str, calls: Sequence[Call]) -> int:
    """Gas that a batch will take, about, with one owner: nobody can simulate it whole before the owners have signed.

    Raises:
        Refused: One of its calls would fail.
    """
    from ..building import SELF, Transaction

    gas = RELAYING + (0 if client.batch_nonce(wallet) else FIRST)
    for call in calls:
        to = wallet if call.to == SELF else call.to
        gas += client.simulate(Transaction(to, call.data, "", call.value), wallet) - TRANSACTION
        if call.value:
            gas += VALUE + (0 if client.balance(to) or client.code(to) else NEWCOMER)
    return gas


def cost_rows(client: RecoveryClient, estimate: Estimate, sender: str | None) -> list[tuple[str, str]]:
    """What a transaction costs, for people."""
    rows = [("Payer", f"{sender} has {amount(client, estimate.balance)}" if sender else "whoever sends it")]
    fee = (estimate.fees.base + estimate.fees.tip) / 10**9
    rows.append(("Gas", f"{estimate.gas:,} at {fee:.4g} gwei"))
    rows.append(("Cost", f"about {amount(client, estimate.cost)}, at most {amount(client, estimate.most)}"))
    return rows


def amount(client: RecoveryClient, wei: int) -> str:
    """A sum for people, in the chain's coin, with four digits that say something."""
    from ..chains import coin

    value = wei / 10**18
    text = f"{Decimal(f'{value:.4g}'):f}" if value < 1000 else f"{value:.0f}"
    return f"{text} {coin(client.chain_id)}"


def refused_by(error: Refused, names: list[str]) -> Refused:
    """The same refusal, with the name of the file in place of an approval's position."""
    if error.code not in ("ApprovalInvalid", "ApprovalNotFromMember", "ApprovalsUnsorted") or not error.arguments:
        return error
    position = error.arguments[0]
    if position >= len(names):
        return error
    sentence = {
        "ApprovalInvalid": "has not signed this, or for an older policy or request. Ask again.",
        "ApprovalNotFromMember": "is not a guardian of this path. Leave that approval out.",
        "ApprovalsUnsorted": "stands twice among the approvals. Leave one out.",
    }[error.code]
    rest = error.message.partition("Transaction 0x")  # it was sent all the same, and has failed
    named = Refused(f"{names[position]} {sentence} {''.join(rest[1:]) or 'Nothing was sent.'}")
    named.code, named.arguments = error.code, error.arguments
    return named
