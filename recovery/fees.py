"""What a transaction costs: simulated, priced (EIP-1559), and compared with what its sender has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_utils import to_checksum_address

from .asking import Asking
from .building import Transaction
from .errors import ChainError, Refused
from .rpc import Ask, Steps, block, field, number, quantity

GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Fees:
    """What is paid for a unit of gas, in wei.

    Attributes:
        base: What the chain asks for at present; 0 where it has no base fee (before EIP-1559).
        tip: What goes to whoever mines it.
        maximum: The most that is paid, whatever the chain asks for when it is mined.
    """

    base: int
    tip: int
    maximum: int

    def params(self) -> dict[str, str]:
        """As a transaction has them."""
        if not self.base:
            return {"gasPrice": hex(self.maximum)}
        return {"maxFeePerGas": hex(self.maximum), "maxPriorityFeePerGas": hex(self.tip)}


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a transaction will cost its sender.

    Attributes:
        gas: Gas that it needs, as the node estimates.
        limit: Gas limit: some more, as others may do something in between.
        fees: What a unit is paid for.
        balance: What the sender has, in wei.
        value: What is sent along, in wei.
    """

    gas: int
    limit: int
    fees: Fees
    balance: int
    value: int

    @property
    def cost(self) -> int:
        """What it costs if it is mined now, in wei, without the value."""
        return self.gas * min(self.fees.base + self.fees.tip, self.fees.maximum)

    @property
    def most(self) -> int:
        """What the sender must have, in wei, with the value."""
        return self.limit * self.fees.maximum + self.value


class Pricing(Asking):
    """Steps that price. What they return and raise is described here for both clients."""

    def simulate(self, transaction: Transaction, sender: str) -> Steps[int]:
        """Runs a transaction without sending it.

        Returns:
            The gas that it needs.

        Raises:
            Refused: It would fail, with the reason in words.
            ChainError: The node does not answer.
        """
        params = transaction.params(**{"from": to_checksum_address(sender)})
        yield Ask("eth_call", (params, "latest"))
        return (yield from number("eth_estimateGas", params, limit=2**64))

    def fees(self, cap: int | None = None) -> Steps[Fees]:
        """What to pay for a unit of gas now (EIP-1559), so that it is enough even if the base fee doubles.

        Args:
            cap: The most to pay, in wei; None for no cap.

        Raises:
            Refused: The chain asks for more than the cap.
        """
        base = quantity(field((yield from block()), "baseFeePerGas") or 0)
        if base:
            try:
                tip = yield from number("eth_maxPriorityFeePerGas")
            except ChainError:  # not every node has it
                tip = max(0, (yield from number("eth_gasPrice")) - base)
            wanted = 2 * base + tip
        else:
            tip = wanted = yield from number("eth_gasPrice")
        if cap is None:
            return Fees(base, tip, wanted)
        if cap < (base or wanted):
            asked = base or wanted
            error = Refused(
                f"The chain asks for {_gwei(asked)} for a unit of gas, more than your {_gwei(cap)}. "
                "Nothing was sent. Wait until it asks for less, or raise --max-fee."
            )
            error.code = "fee-above-cap"
            raise error
        return Fees(base, min(tip, cap), min(wanted, cap))

    def estimate(self, transaction: Transaction, sender: str, cap: int | None = None) -> Steps[Estimate]:
        """Simulates, and says what it would cost.

        Raises:
            Refused: It would fail, the sender does not have the value, or the chain asks for more than the cap.
        """
        balance = yield from self.balance(sender)
        if balance < transaction.value:  # nodes say so in words of their own
            raise _no_funds(sender, balance, transaction.value)
        gas = yield from self.simulate(transaction, sender)
        fees = yield from self.fees(cap)
        return Estimate(gas, gas + gas // 5, fees, balance, transaction.value)

    def prepare(self, transaction: Transaction, sender: str, cap: int | None = None) -> Steps[dict[str, Any]]:
        """A transaction with everything that a wallet signs: chain id, nonce, gas limit and fees.

        Raises:
            Refused: It would fail, the chain asks for more than the cap, or the sender cannot afford it.
        """
        estimate = yield from self.estimate(transaction, sender, cap)
        self.require_funds(estimate, sender)
        nonce = yield from number("eth_getTransactionCount", to_checksum_address(sender), "pending", limit=2**64)
        return (yield from self._params(transaction, nonce, estimate.limit, estimate.fees))

    @staticmethod
    def require_funds(estimate: Estimate, sender: str) -> None:
        """Raises `Refused` if the sender cannot pay for the worst case."""
        if estimate.balance < estimate.most:
            raise _no_funds(sender, estimate.balance, estimate.most)

    def _params(self, transaction: Transaction, nonce: int, gas: int, fees: Fees) -> Steps[dict[str, Any]]:
        chain_id = yield from self.chain_id()
        return transaction.params(chainId=chain_id, nonce=nonce, gas=gas, **fees.params())


def _gwei(wei: int) -> str:
    whole, rest = divmod(wei, GWEI)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + " gwei"


def _no_funds(sender: str, balance: int, needed: int) -> Refused:
    error = Refused(
        f"{sender} has {_ether(balance)} ether, but up to {_ether(needed)} may be needed. Send it some and try again."
    )
    error.code = "no-funds"
    return error


def _ether(wei: int) -> str:
    whole, rest = divmod(wei, 10**18)
    return f"{whole}.{rest:018d}".rstrip("0").rstrip(".")
