"""What goes wrong on the chain or at the node is said, and nothing that may still count is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from eth_utils import keccak

from recovery.errors import ChainError, RecoveryError, Refused
from recovery.intents import Intent, IntentStore
from recovery.rpc import UNREACHABLE, Ask, Pause
from recovery.sending import How, Sending
from tests.live import ETHER, Live
from tests.recovery.sending_world import (
    FRIEND,
    PAYER,
    REFUSES,
    REVERTS,
    STOPS,
    TARGET,
    Carrier,
    Killed,
    Pen,
    failing,
    killed,
    mine,
    nonce,
    pay,
)

pytest_plugins = ["tests.recovery.sending_fixtures"]


@pytest.mark.parametrize(
    ("by_then", "asked", "code"),
    [
        (REFUSES, REFUSES, "RecoveryNotStarted"),
        (REVERTS, REVERTS, "reverted"),
        (REVERTS, STOPS, "refused"),
    ],
    ids=["with a reason", "without a word", "but would not any more"],
)
def test_what_was_mined_and_has_failed_is_refused_with_the_reason(
    slow: Live, store: IntentStore, steps: Sending, by_then: str, asked: str, code: str
) -> None:
    slow.ask("anvil_setCode", TARGET, STOPS)

    def change_and_mine() -> None:
        slow.ask("anvil_setCode", TARGET, by_then)
        slow.ask("evm_mine")
        slow.ask("anvil_setCode", TARGET, asked)

    with pytest.raises(Refused) as refused:
        Carrier(slow, change_and_mine).run(steps.send(pay(0, TARGET), PAYER, store=store))
    assert refused.value.code == code
    assert list(store.all()) == []


def test_a_failure_is_not_forgotten_by_a_program_that_dies_before_it_has_said_so(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    slow.ask("anvil_setCode", TARGET, STOPS)

    def change_and_mine() -> None:
        slow.ask("anvil_setCode", TARGET, REVERTS)
        slow.ask("evm_mine")

    asked = iter(range(100))

    def die(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        if next(asked) == 1:  # the first was before it was signed
            raise Killed
        return ask(question)

    with pytest.raises(Killed):
        Carrier(slow, change_and_mine, eth_call=die).run(steps.send(pay(0, TARGET), PAYER, store=store))
    before = nonce(slow)
    slow.ask("anvil_setCode", TARGET, STOPS)
    with pytest.raises(Refused, match="failed. Nothing but its fee was spent"):
        Carrier(slow, mine(slow)).run(steps.send(pay(0, TARGET), PAYER, store=store))
    assert nonce(slow) == before


def test_a_failure_is_said_even_if_the_node_cannot_say_why(slow: Live, store: IntentStore, steps: Sending) -> None:
    slow.ask("anvil_setCode", TARGET, STOPS)
    asked = iter(range(100))

    def change_and_mine() -> None:
        slow.ask("anvil_setCode", TARGET, REVERTS)
        slow.ask("evm_mine")

    def once(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        if next(asked):
            raise ChainError("The node takes too long to answer.")
        return ask(question)

    with pytest.raises(Refused, match="failed. Nothing but its fee was spent"):
        Carrier(slow, change_and_mine, eth_call=once).run(steps.send(pay(0, TARGET), PAYER, store=store))


def test_a_nonce_taken_by_another_transaction_is_said(slow: Live, store: IntentStore, steps: Sending) -> None:
    def usurp() -> None:
        slow.ask("anvil_dropAllTransactions")
        other = steps.send(pay(5), PAYER)
        Carrier(slow, mine(slow)).run(other)

    pauses = iter(range(100))
    with pytest.raises(Refused, match="Another transaction of .* was mined with the same nonce"):
        Carrier(slow, lambda: usurp() if next(pauses) == 0 else None).run(steps.send(pay(), PAYER, store=store))
    assert slow.client.balance(FRIEND) == 5
    assert list(store.all()) == []


def test_a_receipt_that_comes_late_is_not_taken_for_a_lost_nonce(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    missing = iter(range(100))

    def late(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        return None if next(missing) < 3 else ask(question)

    Carrier(live, eth_getTransactionReceipt=late).run(steps.send(pay(), PAYER, store=store))
    assert live.client.balance(FRIEND) == ETHER


def test_what_is_not_mined_in_time_is_said_and_the_next_run_goes_on_with_it(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    before = nonce(slow)
    waiting = Carrier(slow)
    with pytest.raises(ChainError, match="is not mined after .* Run the same command again") as late:
        waiting.run(steps.send(pay(), PAYER, How(timeout=9), store))
    assert 9 <= sum(question.seconds for question in waiting.asked if isinstance(question, Pause)) < 9 + 4
    assert late.value.code == "not-mined"
    (left,) = store.all()
    assert left.latest.hash.hex() in late.value.message
    carrier = Carrier(slow, mine(slow))
    assert carrier.run(steps.send(pay(), PAYER, store=store)).resumed
    assert "eth_sendRawTransaction" not in carrier.methods
    assert nonce(slow) == before + 1
    assert list(store.all()) == []


@pytest.mark.parametrize("error", [ChainError("The node takes too long."), Refused("The contract refused it.")])
def test_an_answer_that_gets_lost_does_not_matter_if_the_transaction_has_arrived(
    slow: Live, store: IntentStore, steps: Sending, error: RecoveryError
) -> None:
    def lose(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        ask(question)
        raise error

    sent = Carrier(slow, mine(slow), eth_sendRawTransaction=lose).run(steps.send(pay(), PAYER, store=store))
    assert not sent.resumed
    assert slow.client.balance(FRIEND) == ETHER


def test_a_node_that_knows_it_already_is_not_an_error(slow: Live, store: IntentStore, steps: Sending) -> None:
    refusals: list[str] = []

    def twice(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        ask(question)
        try:
            return ask(question)
        except ChainError as error:
            refusals.append(error.message)
            raise

    Carrier(slow, mine(slow), eth_sendRawTransaction=twice).run(steps.send(pay(), PAYER, store=store))
    assert len(refusals) == 1


def test_a_node_that_does_not_take_it_is_said_and_nothing_is_forgotten(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    no = ChainError("The node refuses: no.")
    with pytest.raises(ChainError, match="refuses: no"):
        Carrier(live, eth_sendRawTransaction=failing(no)).run(steps.send(pay(), PAYER, store=store))
    assert len(list(store.all())) == 1
    assert Carrier(live).run(steps.send(pay(), PAYER, store=store)).resumed


def picky(least: int) -> Callable[[Ask, Callable[[Ask], Any]], Any]:
    """A node that takes nothing that pays less."""

    def answer(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        from eth_account.typed_transactions import TypedTransaction
        from hexbytes import HexBytes

        signed = TypedTransaction.from_bytes(HexBytes(question.params[0])).as_dict()
        if signed["maxFeePerGas"] < least:
            raise ChainError("The node refuses: transaction underpriced.")
        return ask(question)

    return answer


def test_what_a_node_finds_too_cheap_is_raised_by_the_next_run_as_far_as_it_may(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    before = nonce(live)
    base = live.web3.eth.get_block("latest")["baseFeePerGas"]
    node = picky(base * 11 // 10)
    for _ in range(2):
        with pytest.raises(ChainError, match="underpriced"):
            Carrier(live, eth_sendRawTransaction=node).run(steps.send(pay(), PAYER, How(max_fee=base), store))
    (left,) = store.all()
    assert len(left.attempts) == 1
    sent = Carrier(live, eth_sendRawTransaction=node).run(steps.send(pay(), PAYER, store=store))
    assert sent.resumed
    assert sent.intent.attempts[0] == left.latest
    assert nonce(live) == before + 1
    assert live.client.balance(FRIEND) == ETHER


def test_a_node_that_is_gone_is_not_offered_more_money(live: Live, store: IntentStore, steps: Sending) -> None:
    killed(live, steps.send(pay(), PAYER, store=store), "eth_sendRawTransaction", False)
    gone, pen = ChainError("The node does not answer."), Pen()
    gone.code = UNREACHABLE
    with pytest.raises(ChainError, match="does not answer"):
        Carrier(live, eth_sendRawTransaction=failing(gone)).run(steps.send(pay(), pen, store=store))
    assert pen.signed == []


@pytest.mark.parametrize("status", ["0x2", None, "yes"])
def test_a_receipt_that_makes_no_sense_is_said_and_nothing_is_forgotten(
    live: Live, store: IntentStore, steps: Sending, status: Any
) -> None:
    def odd(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        return {**ask(question), "status": status}

    with pytest.raises(ChainError, match="makes no sense"):
        Carrier(live, eth_getTransactionReceipt=odd).run(steps.send(pay(), PAYER, store=store))
    assert len(list(store.all())) == 1


def test_what_is_signed_is_for_this_chain_and_this_sender(live: Live, store: IntentStore, steps: Sending) -> None:
    killed(live, steps.send(pay(), PAYER, store=store), "eth_sendRawTransaction", False)
    (left,) = store.all()
    intent: Intent = left
    assert Account.recover_transaction(intent.latest.raw) == PAYER.address
    assert keccak(intent.latest.raw) == intent.latest.hash
    assert (intent.chain_id, intent.nonce) == (31337, nonce(live))
