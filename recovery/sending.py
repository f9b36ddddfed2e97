"""Transactions: simulated before they are signed, written down before they are sent, followed until they are mined."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from eth_utils import keccak, to_checksum_address

from .building import Transaction
from .errors import ChainError, Refused
from .fees import Fees, Pricing
from .intents import Attempt, Intent, IntentStore
from .policy import DAY
from .rpc import UNREACHABLE, Ask, Pause, Steps, block, data, field, nonsense, number, quantity

#: A replacement has to pay that much more than what it replaces, in percent; nodes ask for 10.
RAISE = 13
#: How often it is asked whether another transaction took a nonce. Of several nodes behind one address one may lag.
TIMES_ASKED = 3


class Payer(Protocol):
    """Who signs and pays: an account of eth-account, or anything that can do the same."""

    @property
    def address(self) -> Any:
        """Its address."""

    def sign_transaction(self, transaction_dict: Any) -> Any:
        """Signs; what it returns has `hash` and `raw_transaction`."""


@dataclass(frozen=True, slots=True)
class How:
    """How a transaction is sent.

    Attributes:
        max_fee: The most to pay for a unit of gas, in wei; None for no cap.
        confirmations: Blocks until it counts as mined, its own included.
        patience: Seconds until it is sent again with higher fees.
        timeout: Seconds until nobody waits any more.
    """

    max_fee: int | None = None
    confirmations: int = 1
    patience: float = 60
    timeout: float = 600


@dataclass(frozen=True, slots=True)
class Progress:
    """What has just happened while sending.

    Attributes:
        stage: "resumed", "stored", "sent", "waiting", "capped", "replaced", "mined", "reorganised" or "confirmed".
        intent: What is being sent; its attempts have the hashes.
        seconds: Since it was sent first.
        blocks: How deep it lies in the chain, 0 if it is not mined.
    """

    stage: str
    intent: Intent
    seconds: float = 0
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction that was mined.

    Attributes:
        hash: Its hash, 32 bytes.
        block: Number of its block.
        gas_used: Gas that it has used.
        cost: What its sender has paid for that, in wei.
        resumed: Whether an earlier run had sent it.
        intent: What was sent.
    """

    hash: bytes
    block: int
    gas_used: int
    cost: int
    resumed: bool
    intent: Intent


def purpose_of(chain_id: int, transaction: Transaction) -> bytes:
    """The same for two transactions that mean the same, 32 bytes."""
    meaning = transaction.meaning or transaction.data
    head = chain_id.to_bytes(32, "big") + bytes.fromhex(transaction.to[2:]) + transaction.value.to_bytes(32, "big")
    return bytes(keccak(head + meaning))


class Sending(Pricing):
    """Steps that send. What they return and raise is described here for both clients."""

    def send(
        self,
        transaction: Transaction,
        account: Payer,
        how: How | None = None,
        store: IntentStore | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Steps[Sent]:
        """Simulates, signs, writes down, sends, and follows until it is mined.

        If an earlier run was broken off with the same purpose, that transaction is followed instead of sending another.

        Args:
            transaction: What to send.
            account: Who pays.
            how: Fees, patience and confirmations.
            store: Where intents are written down; None if they are not.
            progress: Told what happens.

        Raises:
            Refused: It would fail or has failed, or the payer cannot afford it.
            ChainError: The node does not answer, or the transaction is not mined in time.
        """
        how, tell = how or How(), progress or (lambda _: None)
        chain_id = yield from self.chain_id()
        sender, purpose = str(to_checksum_address(account.address)), purpose_of(chain_id, transaction)
        reused: Intent | None = None
        for earlier in store.of(chain_id, sender) if store else []:
            assert store is not None  # noqa: S101 - what it has found
            settled = yield from self._is_settled(earlier)
            if settled and (yield from self._is_taken(earlier)):
                store.remove(earlier)
            elif earlier.purpose == purpose and (settled or (yield from self._can_go_on(earlier))):
                tell(Progress("resumed", earlier))
                return (yield from self.follow(earlier, account, how, store, tell, resumed=True))
            elif settled:
                # Mined, but perhaps nobody has been told: who asks for the same again within a day is to hear it.
                if (yield from self.time()) > earlier.created + DAY:
                    store.remove(earlier)
            elif not (yield from self._is_known(earlier)):
                reused = reused or earlier  # never arrived: the same nonce for something else voids it
        estimate = yield from self.estimate(transaction, sender, how.max_fee)
        self.require_funds(estimate, sender)
        nonce = yield from number("eth_getTransactionCount", sender, "pending", limit=2**64)
        intent = Intent(
            chain_id,
            sender,
            nonce,
            estimate.limit,
            transaction,
            purpose,
            (yield from self.time()),
        )
        intent = intent.with_attempt((yield from self._sign(intent, account, estimate.fees)))
        if store:
            if reused is not None and reused.nonce == nonce:
                store.update(intent)
            else:
                store.add(intent)
        tell(Progress("stored", intent))
        yield from self._broadcast(intent, intent.latest)
        tell(Progress("sent", intent))
        return (yield from self.follow(intent, account, how, store, tell))

    def follow(
        self,
        intent: Intent,
        account: Payer | None = None,
        how: How | None = None,
        store: IntentStore | None = None,
        progress: Callable[[Progress], None] | None = None,
        resumed: bool = False,
    ) -> Steps[Sent]:
        """Waits until a transaction is mined, sends it again if it got lost, and with higher fees if it takes too long.

        Args:
            intent: What was sent, or was to be sent.
            account: Who pays, for higher fees; None to leave the fees as they are.
            how: Fees, patience and confirmations.
            store: Where it is written down.
            progress: Told what happens.
            resumed: Whether an earlier run had sent it.

        Raises:
            Refused: It was mined and has failed, or another transaction took its nonce.
            ChainError: The node does not answer, or it is not mined in time.
        """
        how, tell = how or How(), progress or (lambda _: None)
        waited = since_raise = 0.0
        pause, seen, lost = 0.1, b"", resumed
        while True:
            found = yield from self._receipt(intent)
            if found is not None:
                attempt, receipt = found
                depth = yield from self._depth(receipt)
                if depth and seen != data(field(receipt, "blockHash")):
                    seen = data(field(receipt, "blockHash"))
                    tell(Progress("mined", intent, waited, depth))
                if depth >= max(1, how.confirmations):
                    tell(Progress("confirmed", intent, waited, depth))
                    try:
                        result = yield from self._result(intent, attempt, receipt, resumed)
                    except Refused:
                        if store:
                            store.remove(intent)
                        raise
                    if store:  # last of all: whoever is interrupted before has not heard of it
                        store.remove(intent)
                    return result
            elif seen:
                tell(Progress("reorganised", intent, waited))
                seen, lost, since_raise = b"", True, 0.0
            if found is None:
                if (yield from self._is_taken(intent)):
                    if store:
                        store.remove(intent)
                    raise Refused(
                        f"Another transaction of {intent.sender} was mined with the same nonce, in place of this one. "
                        "What was to be done has not been done by it: look at the account, and try again."
                    )
                if lost and not (yield from self._is_known(intent)):
                    again = yield from self._again(intent, account, how, store)
                    if again is not intent:
                        intent = again
                        tell(Progress("replaced", intent, waited))
                lost = False
                if since_raise >= how.patience:
                    raised = None if account is None else (yield from self._raised(intent, account, how))
                    if raised is not None:
                        intent = raised
                        tell(Progress("replaced", intent, waited))
                        if store:
                            store.update(intent)
                        yield from self._broadcast(intent, intent.latest)
                    else:
                        lost = True  # a node may have dropped it meanwhile
                        if account is not None:
                            tell(Progress("capped", intent, waited))
                    since_raise = 0.0
            if waited >= how.timeout:
                error = ChainError(
                    f"Transaction 0x{intent.latest.hash.hex()} was sent, but is not mined after {waited:.0f} seconds. "
                    "It may still be. Run the same command again to go on waiting: nothing is sent twice."
                )
                error.code = "not-mined"
                raise error
            yield Pause(pause)
            waited, since_raise = waited + pause, since_raise + pause
            pause = min(pause * 1.5, 4.0)
            tell(Progress("waiting", intent, waited))

    # ---------------------------------------------------------------------------------------- private

    def _sign(self, intent: Intent, account: Payer, fees: Fees) -> Steps[Attempt]:
        params = yield from self._params(intent.transaction, intent.nonce, intent.gas, fees)
        signed = account.sign_transaction(cast(Any, params))
        return Attempt(bytes(signed.hash), bytes(signed.raw_transaction), fees.maximum, fees.tip)

    def _broadcast(self, intent: Intent, attempt: Attempt) -> Steps[None]:
        try:
            yield Ask("eth_sendRawTransaction", ("0x" + attempt.raw.hex(),))
        except (ChainError, Refused):
            # An answer may get lost, and what is sent again is refused as known: only the transaction itself tells.
            if not (yield from self._is_known(intent)):
                raise

    def _again(self, intent: Intent, account: Payer | None, how: How, store: IntentStore | None) -> Steps[Intent]:
        """Sends what the node does not know; with higher fees if it does not take it as it is."""
        try:
            yield from self._broadcast(intent, intent.latest)
            return intent
        except (ChainError, Refused) as error:
            raised = None
            if account is not None and error.code != UNREACHABLE:
                raised = yield from self._raised(intent, account, how)
            if raised is None:
                raise
        if store:
            store.update(raised)
        yield from self._broadcast(raised, raised.latest)
        return raised

    def _is_known(self, intent: Intent) -> Steps[bool]:
        """Whether the node knows one of its transactions, mined or not."""
        for attempt in intent.attempts:
            try:
                if (yield Ask("eth_getTransactionByHash", ("0x" + attempt.hash.hex(),))) is not None:
                    return True
            except (ChainError, Refused):
                continue
        return False

    def _is_settled(self, intent: Intent) -> Steps[bool]:
        """Whether its nonce is used up, by itself or by another transaction."""
        count = yield from number("eth_getTransactionCount", intent.sender, "latest", limit=2**64)
        return count > intent.nonce

    def _is_taken(self, intent: Intent) -> Steps[bool]:
        """Whether another transaction has used up its nonce."""
        for asked in range(TIMES_ASKED):
            if asked:
                yield Pause(1.0)
            # In this order: what is mined in between has a receipt.
            if not (yield from self._is_settled(intent)) or (yield from self._receipt(intent)) is not None:
                return False
        return True

    def _can_go_on(self, intent: Intent) -> Steps[bool]:
        """Whether an earlier run's transaction is on its way, or can still be sent."""
        if (yield from self._is_known(intent)):
            return True
        try:
            gas = yield from self.simulate(intent.transaction, intent.sender)
        except Refused:
            return False  # out of date by now
        return gas <= intent.gas  # signed with too little, it would only be refused or fail

    def _receipt(self, intent: Intent) -> Steps[tuple[Attempt, Any] | None]:
        for attempt in intent.attempts:
            receipt = yield Ask("eth_getTransactionReceipt", ("0x" + attempt.hash.hex(),))
            if receipt is not None and field(receipt, "blockHash") is not None:
                return attempt, receipt
        return None

    def _depth(self, receipt: Any) -> Steps[int]:
        """How many blocks deep it lies in the chain as it is now; 0 if its block is not part of it any more."""
        where = quantity(field(receipt, "blockNumber"), 2**64)
        latest = quantity(field((yield from block()), "number"), 2**64)
        if latest < where:
            return 0
        there = yield from block(where)
        return latest - where + 1 if data(field(there, "hash")) == data(field(receipt, "blockHash")) else 0

    def _raised(self, intent: Intent, account: Payer, how: How) -> Steps[Intent | None]:
        """The same with higher fees; None if the cap does not allow it."""
        try:
            now = yield from self.fees(how.max_fee)
        except Refused:
            return None
        last = intent.latest
        maximum, tip = (
            # More than before even if that was nothing: nodes do not replace by a transaction with the same tip.
            max(a, b + 1, -(-b * (100 + RAISE) // 100))
            for a, b in ((now.maximum, last.max_fee), (now.tip, last.tip))
        )
        if how.max_fee is not None and maximum > how.max_fee:
            return None
        fees = Fees(now.base, min(tip, maximum), maximum)
        return intent.with_attempt((yield from self._sign(intent, account, fees)))

    def _result(self, intent: Intent, attempt: Attempt, receipt: Any, resumed: bool) -> Steps[Sent]:
        identifier = "0x" + attempt.hash.hex()
        status = quantity(field(receipt, "status"))
        if status not in (0, 1):
            raise nonsense()
        if not status:
            with contextlib.suppress(ChainError):
                yield from self.simulate(intent.transaction, intent.sender)  # says why, if it still fails
            raise Refused(f"Transaction {identifier} failed. Nothing but its fee was spent.")
        used = quantity(field(receipt, "gasUsed"))
        price = quantity(field(receipt, "effectiveGasPrice") or 0)
        where = quantity(field(receipt, "blockNumber"), 2**64)
        return Sent(attempt.hash, where, used, used * price, resumed, intent)
