"""Sending a transaction with somebody in front of the screen: shown, confirmed, followed, and taken up again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import Refused
from .session import SENT, command_line, confirm, quote, say, table, unaudited

if TYPE_CHECKING:
    from ..building import Transaction
    from ..client import RecoveryClient
    from ..intents import IntentStore
    from ..messages import Call
    from ..sending import Estimate, Progress, Sent
    from .keys import Key
    from .options import Paying

#: Who asks when nobody is named: an address that nobody has, which needs no money to ask.
NOBODY = "0x000000000000000000000000000000000000dEaD"
#: Gas that relaying a batch takes beside its calls, about.
RELAYING = 45_000


def state_folder() -> Path:
    """Where this program remembers what it was doing (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_STATE_HOME", "")
    base = Path(named) if named.startswith("/") else Path.home() / ".local" / "state"
    return base / "ape-recovery"


def intents() -> IntentStore:
    """What was to be sent."""
    from ..intents import IntentStore

    return IntentStore(state_folder() / "intents")


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

    unaudited(client.chain_id, pay.acknowledged)
    if not pay.sends:
        _show(pay, client, transaction, payer)
        return None
    assert payer is not None  # noqa: S101 - `Paying.payer` sees to it
    if payer.address is not None:  # before anybody types a password for nothing
        estimate = client.estimate(transaction, payer.address, pay.max_fee)
        Sending.require_funds(estimate, payer.address)
        if question and not pay.yes:
            say(f"It costs about {amount(client, estimate.cost)}, which {payer.address} pays.")
    if question:
        confirm(question, pay.yes)
    account = pay.keys.open(payer, f"pays to {transaction.summary}")
    return follow(pay, client, lambda how, store, tell: client.send(transaction, account, how, store, tell))


def follow(pay: Paying, client: RecoveryClient, act: Any) -> Sent:
    """Tells what happens while something is sent."""
    from ..sending import How

    teller = _Teller(client.chain_id)
    sent: Sent = act(How(pay.max_fee, pay.confirmations), intents(), teller)
    teller.over()
    if sent.resumed:
        from ..explain import when

        say(
            f"An earlier run had signed this on {when(sent.intent.created)} and was broken off. It was finished now, "
            "and nothing was sent twice. To do it once more, run the same command again.",
            bold=True,
            colour="yellow",
        )
    return sent


def explorer(client: RecoveryClient, kind: Any, value: str) -> str | None:
    """Where to look something up in a browser."""
    from ..chains import explorer_link
    from .options import profile

    return explorer_link(client.chain_id, kind, value, profile().explorer)


class _Teller:
    """Says on stderr what happens, and remembers for Ctrl-C what may have been sent."""

    def __init__(self, chain_id: int) -> None:
        self._sent: list[str] = click.get_current_context().find_root().meta[SENT]
        self._chain_id = chain_id
        self._told = 0.0

    def __call__(self, progress: Progress) -> None:
        intent = progress.intent
        identifier = "0x" + intent.latest.hash.hex()
        lines = {
            "resumed": f"An earlier run was sending this already: transaction {identifier} ...",
            "stored": f"Sending transaction {identifier} ...",
            "capped": "It is not mined yet, and --max-fee does not allow to pay more. Waiting ...",
            "replaced": f"It is not mined yet. Sending it with higher fees instead: {identifier} ...",
            "reorganised": "The chain was reorganised, and the transaction is not in it any more. Waiting ...",
        }
        if progress.stage in ("resumed", "stored", "replaced"):
            self._sent[:] = [identifier]
        line = lines.get(progress.stage)
        if progress.stage == "mined" and progress.blocks:
            line = f"Mined, {progress.blocks} block{'s' if progress.blocks > 1 else ''} deep ..."
        if progress.stage == "waiting" and progress.seconds >= self._told + 15:
            self._told = progress.seconds
            line = f"Not mined after {progress.seconds:.0f} seconds. Waiting ..."
        if line:
            click.echo(line, err=True)

    def over(self) -> None:
        self._sent.clear()


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
        say("Simulated: it would succeed. Nothing was signed or sent (--dry-run).", bold=True, colour="green")
        if sender:
            Sending.require_funds(estimate, sender)
        return
    assert pay.unsigned is not None  # noqa: S101 - it is one or the other
    gas = client.simulate(transaction, sender or NOBODY)
    content = dump_unsigned(transaction, client.chain_id, gas=gas + gas // 5, **({"from": sender} if sender else {}))
    files.write(pay.unsigned, content)
    say(f"Written to {pay.unsigned}: a transaction that would {transaction.summary}. Nothing was sent.", bold=True)
    say("Whoever signs and sends it pays for it. With Foundry, for example:")
    command_line(f"cast send $(jq -r '.to, .data' {quote(pay.unsigned)}) --rpc-url URL --account KEY")


def show_calls(client: RecoveryClient, wallet: str, calls: list[Call], summary: str) -> None:
    """What a batch would do, without its owners' signatures: each call simulated as if the wallet made it.

    Raises:
        Refused: One of them would fail.
    """
    from ..building import SELF, Transaction, call_in_words

    say(f"This would {summary}.", bold=True)
    click.echo()
    gas = RELAYING
    for call in calls:
        table(call_in_words(call))
        click.echo()
        to = wallet if call.to == SELF else call.to
        gas += client.simulate(Transaction(to, call.data, summary, call.value), wallet)
    fees = client.fees()
    table(
        [
            ("Signs", f"the owners of {wallet}"),
            ("Gas", f"about {gas:,}"),
            ("Cost", f"about {amount(client, gas * (fees.base + fees.tip))}, which --account pays"),
        ]
    )
    click.echo()
    say("Simulated: it would succeed. Nothing was signed or sent (--dry-run).", bold=True, colour="green")


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
    text = f"{value:.4g}" if value == 0 or value >= 0.0001 else f"{value:.10f}".rstrip("0").rstrip(".")
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
    named = Refused(f"{names[position]} {sentence} Nothing was sent.")
    named.code, named.arguments = error.code, error.arguments
    return named
