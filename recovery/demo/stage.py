"""What happens on stage: each step is done, checked and told. One that does not go as told ends the demo."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import click
from eth_account.signers.local import LocalAccount
from web3 import Web3

from ..building import Transaction
from ..client import RecoveryClient
from ..errors import RecoveryError, Refused
from ..explain import duration, when
from ..messages import Call
from ..quorum import Owners
from ..signer import Signer
from .chain import Chain
from .people import Person

WIDTH = 78
_NAME = 9
_INDENT = " " * (4 + _NAME)


class DemoFailed(RecoveryError):
    """A step did not go as told: the contracts, or this program, are not what they say."""

    code = "demo-failed"


class Stage:
    """Does what the story says, and tells it.

    Args:
        chain: Where it is done.
        client: For that chain.
        relayer: Who sends the transactions of everybody. He has no rights and needs none.
        write: Takes each line.
        color: Whether to use colours.
        pause: Called before each chapter but the first.
    """

    def __init__(
        self,
        chain: Chain,
        client: RecoveryClient,
        relayer: LocalAccount,
        write: Callable[[str], None],
        *,
        color: bool = True,
        pause: Callable[[], None] | None = None,
    ) -> None:
        self.chain = chain
        self.client = client
        self.relayer = relayer
        self.sent = 0
        self.refusals = 0
        self._write = write
        self._color = color
        self._pause = pause
        self._chapters = 0

    # ------------------------------------------------------------------------------------------ telling

    def chapter(self, title: str) -> None:
        """Begins a chapter."""
        if self._chapters and self._pause is not None:
            self._pause()
        self._chapters += 1
        self.line()
        self.line(self._style(f"{self._chapters}  {title}", bold=True))
        self.line(self._style("─" * WIDTH, dim=True))

    def tell(self, text: str) -> None:
        """A paragraph between the steps."""
        self.line()
        for line in textwrap.wrap(text, WIDTH):
            self.line(line)
        self.line()

    def fact(self, name: str, value: str) -> None:
        """Something read from the chain or from a file, below the step that it belongs to."""
        for position, line in enumerate(textwrap.wrap(value, WIDTH - len(_INDENT) - 10)):
            label = name if position == 0 else ""
            self.line(_INDENT + self._style(f"{label:<10}", dim=True) + line)

    def line(self, text: str = "") -> None:
        """A line as it is."""
        self._write(text)

    def time_passes(self, seconds: int, meanwhile: str = "") -> None:
        """Moves the chain's time."""
        self.chain.travel_to(self.chain.now + seconds)
        text = f"{meanwhile or duration(seconds) + ' pass'}. It is {when(self.chain.now)}."
        for position, line in enumerate(textwrap.wrap(text, WIDTH - 4)):
            self.line(self._style(("    " if position else "  … ") + line, fg="cyan"))

    # ------------------------------------------------------------------------------------------- doing

    def does(self, who: str, what: str, *transactions: Transaction, sender: LocalAccount | None = None) -> None:
        """Somebody does something, and it works.

        Args:
            who: By name.
            what: In words: the step's name, too, should it fail.
            transactions: To be sent, in order.
            sender: Who sends them, if not the relayer.

        Raises:
            DemoFailed: It was refused.
        """
        for transaction in transactions:
            try:
                self.client.send(transaction, sender or self.relayer)
            except RecoveryError as error:
                raise self._failed(who, what, f"it was refused. {error.message}") from error
            self.sent += 1
        self._step("✔", "green", who, what)

    def is_refused(
        self, who: str, what: str, transaction: Transaction, code: str, sender: LocalAccount | None = None
    ) -> None:
        """Somebody tries something, and the contracts refuse it for the reason that the story gives.

        Args:
            who: By name.
            what: In words.
            transaction: What is tried.
            code: The contracts' error.
            sender: Who sends it, if not the relayer.

        Raises:
            DemoFailed: It was not refused, or for another reason.
        """
        try:
            self.client.send(transaction, sender or self.relayer)
        except Refused as error:
            if error.code != code:
                raise self._failed(who, what, f"{code} was expected, but: {error.message}") from error
            self.refusals += 1
            self._step("✘", "red", who, what)
            for line in textwrap.wrap(f"“{error.message}”", WIDTH - len(_INDENT)):
                self.line(_INDENT + self._style(line, fg="yellow"))
            return
        except RecoveryError as error:
            raise self._failed(who, what, error.message) from error
        raise self._failed(who, what, f"it should be refused ({code}), but it was done.")

    def require(self, what: str, actual: Any, expected: Any) -> None:
        """What the chain says must be what the story says.

        Raises:
            DemoFailed: It is something else.
        """
        if actual != expected:
            raise DemoFailed(f"The demo failed. {what}: the chain says {actual}, but it should be {expected}.")

    # ------------------------------------------------------------------------------------- transactions

    def batch(self, wallet: str, owners: Owners, keys: Sequence[Person], *calls: Call) -> Transaction:
        """A batch that these keys have signed, for the relayer to send.

        Args:
            wallet: The wallet that shall do it.
            owners: Whom the signers believe to be its owners.
            keys: Who signs.
            calls: In order.
        """
        deadline = self.client.deadline()
        message = self.client.batch(wallet, owners, calls, deadline)
        proof = owners.proof({key.signer: key.sign(message) for key in keys})
        return self.client.execute(wallet, calls, deadline, proof, "relay a batch")

    # ------------------------------------------------------------------------------------------ reading

    def balance(self, address: str) -> int:
        """In wei."""
        return int(self.chain.web3.eth.get_balance(Web3.to_checksum_address(address)))

    def _failed(self, who: str, what: str, why: str) -> DemoFailed:
        return DemoFailed(f"The demo failed at the step “{who} {what}”: {why}")

    def _step(self, mark: str, fg: str, who: str, what: str) -> None:
        lines = textwrap.wrap(what, WIDTH - len(_INDENT))
        self.line("  " + self._style(mark, fg=fg) + " " + self._style(f"{who + ' ':<{_NAME}}", bold=True) + lines[0])
        for line in lines[1:]:
            self.line(_INDENT + line)

    def _style(self, text: str, **style: Any) -> str:
        return click.style(text, **style) if self._color else text


def ether(wei: int) -> str:
    """An amount for people."""
    return f"{Decimal(Web3.from_wei(wei, 'ether')).normalize():f} ether"


def short(address: str | Signer) -> str:
    """An address that fits in a line of text."""
    text = str(address)
    return f"{text[:6]}…{text[-4:]}"
