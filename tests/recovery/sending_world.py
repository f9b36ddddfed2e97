"""A chain to send to whose every question can be watched, answered otherwise or died at, and what is paid there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from eth_utils import keccak

from recovery import rpc
from recovery.building import Transaction
from recovery.errors import RecoveryError
from recovery.intents import IntentStore
from recovery.messages import Call
from recovery.policy import HOUR
from recovery.rpc import Ask, Pause, Steps, Together
from recovery.sending import Sent
from tests.live import ETHER, Live
from tests.world import owners_of, person, policy_of, rotate, sign, signer

FRIEND = "0x" + "77" * 20
TARGET = "0x" + "88" * 20
PAYER = person("payer")
OWNERS = owners_of("owner")
POLICY = policy_of(rotate("ana", "ben"))
#: Code that stops, that reverts without a word, and that reverts with RecoveryNotStarted(7).
STOPS, REVERTS = "0x00", "0x60006000fd"
REFUSES = "0x63" + keccak(text="RecoveryNotStarted(uint256)")[:4].hex() + "60e01b600052600760045260246000fd"


class Killed(BaseException):
    """The program is gone: nothing that it does can catch this."""


class Carrier:
    """Carries questions to a chain and never sleeps.

    Args:
        live: The chain.
        paused: What happens instead of sleeping.
        answers: Instead of the chain's: by method, what is made of the question and of a way to really ask it.
    """

    def __init__(
        self,
        live: Live,
        paused: Callable[[], Any] = lambda: None,
        **answers: Callable[[Ask, Callable[[Ask], Any]], Any],
    ) -> None:
        self.live, self.paused, self.answers = live, paused, answers
        self.asked: list[rpc.Question] = []

    def run(self, steps: Steps[Any]) -> Any:
        try:
            question = next(steps)
            while True:
                try:
                    self.asked.append(question)
                    answer = self.carry(question)
                except RecoveryError as error:
                    question = steps.throw(error)
                else:
                    question = steps.send(answer)
        except StopIteration as done:
            return done.value

    def carry(self, question: rpc.Question) -> Any:
        if isinstance(question, Pause):
            return self.paused()
        if isinstance(question, Together):
            return [self.carry(each) for each in question.questions]
        if question.method in self.answers:
            return self.answers[question.method](question, self.ask)
        return self.ask(question)

    def ask(self, question: Ask) -> Any:
        web3 = self.live.web3
        answer = rpc.ask(lambda: web3.manager.request_blocking(question.method, list(question.params)))  # type: ignore[arg-type]
        if question.method == "eth_sendRawTransaction" and self.live.ask("anvil_getAutomine"):
            # Anvil mines it soon, but not before it answers; the questions that follow should not depend on that.
            assert any(self.live.ask("eth_getTransactionReceipt", answer) is not None for _ in range(10_000))
        return answer

    @property
    def methods(self) -> list[str]:
        return [question.method for question in self.asked if isinstance(question, Ask)]


class Mortal(Carrier):
    """Dies at one of its questions, before or after the chain has dealt with it."""

    def __init__(self, live: Live, at: int, after: bool, paused: Callable[[], Any] = lambda: None) -> None:
        super().__init__(live, paused)
        self.at, self.after = at, after

    def carry(self, question: rpc.Question) -> Any:
        if len(self.asked) - 1 != self.at:
            return super().carry(question)
        if self.after:
            super().carry(question)
        raise Killed


@dataclasses.dataclass
class Pen:
    """A payer that remembers what it has signed."""

    account: Any = PAYER
    signed: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    @property
    def address(self) -> str:
        return str(self.account.address)

    def sign_transaction(self, transaction_dict: dict[str, Any]) -> Any:
        self.signed.append(transaction_dict)
        return self.account.sign_transaction(transaction_dict)


def pay(amount: int = ETHER, to: str = FRIEND) -> Transaction:
    return Transaction(to, b"", "pay a friend", amount)


def nonce(live: Live, address: str = PAYER.address) -> int:
    return live.web3.eth.get_transaction_count(address)  # type: ignore[arg-type]


def mine(live: Live) -> Callable[[], Any]:
    return lambda: live.ask("evm_mine")


def mining_from(live: Live, pauses: int) -> Callable[[], Any]:
    """Mines at the pause of this number, and from then on."""
    count = iter(range(1000))
    return lambda: live.ask("evm_mine") if next(count) >= pauses else None


def failing(error: RecoveryError) -> Callable[[Ask, Callable[[Ask], Any]], Any]:
    def answer(*_: Any) -> Any:
        raise error

    return answer


def killed(live: Live, steps: Steps[Sent], method: str, after: bool, paused: Callable[[], Any] = lambda: None) -> None:
    """Runs until the first question of this kind, and dies there."""

    def die(question: Ask, ask: Callable[[Ask], Any]) -> None:
        if after:
            ask(question)
        raise Killed

    with pytest.raises(Killed):
        Carrier(live, paused, **{method: die}).run(steps)


class Payments:
    """One ether to a friend: straight from the payer, or out of a wallet by a batch that is signed anew each time."""

    def __init__(self, live: Live, by_batch: bool) -> None:
        self.live, self.by_batch, self.runs = live, by_batch, 0
        self.wallet = live.client.deployment.wallet_address(OWNERS, POLICY)
        if by_batch:
            live.client.send(live.client.create_wallet(OWNERS, POLICY), person("relayer"))
            live.fund(self.wallet, 3 * ETHER)
        self.before = nonce(live)

    def transaction(self) -> Transaction:
        if not self.by_batch:
            return pay()
        self.runs += 1
        calls, deadline = [Call(FRIEND, ETHER)], self.live.client.deadline(self.runs * HOUR)
        message = self.live.client.batch(self.wallet, OWNERS, calls, deadline)
        proof = OWNERS.proof({signer("owner"): sign("owner", message)})
        return self.live.client.execute(self.wallet, calls, deadline, proof, "pay a friend")

    def check(self, sent: Sent, store: IntentStore) -> None:
        assert self.live.client.balance(FRIEND) == ETHER
        assert nonce(self.live) == self.before + 1
        assert self.live.web3.eth.get_transaction_receipt(sent.hash)["status"] == 1  # type: ignore[arg-type]
        assert list(store.all()) == []
