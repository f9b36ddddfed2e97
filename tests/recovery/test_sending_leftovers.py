"""What an earlier run has left over is finished, voided or dropped, and never paid twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from recovery.building import Transaction
from recovery.errors import ChainError, InvalidFile, Refused
from recovery.intents import IntentStore
from recovery.policy import DAY
from recovery.rpc import Ask, Steps
from recovery.sending import Sending, purpose_of
from tests.live import ETHER, Live
from tests.recovery.sending_world import (
    FRIEND,
    PAYER,
    REVERTS,
    STOPS,
    TARGET,
    Carrier,
    Payments,
    Pen,
    killed,
    mine,
    nonce,
    pay,
)
from tests.world import person

pytest_plugins = ["tests.recovery.sending_fixtures"]


def test_an_intent_that_was_mined_is_finished_and_not_sent_again(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    killed(live, steps.send(pay(), PAYER, store=store), "eth_getTransactionReceipt", False)
    (left,) = store.all()
    told: list[str] = []
    carrier, pen = Carrier(live), Pen()
    sent = carrier.run(steps.send(pay(), pen, store=store, progress=lambda each: told.append(each.stage)))
    assert sent.resumed
    assert sent.hash == left.latest.hash
    assert told == ["resumed", "mined", "confirmed"]
    assert pen.signed == []
    assert "eth_sendRawTransaction" not in carrier.methods
    assert live.client.balance(FRIEND) == ETHER


def test_an_intent_that_was_mined_is_finished_even_if_it_would_fail_by_now(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    live.ask("anvil_setCode", TARGET, STOPS)
    killed(live, steps.send(pay(1, TARGET), PAYER, store=store), "eth_getTransactionReceipt", False)
    live.ask("anvil_setCode", TARGET, REVERTS)
    carrier = Carrier(live, eth_getTransactionByHash=lambda *_: None)  # a node may forget that before the receipt
    assert carrier.run(steps.send(pay(1, TARGET), PAYER, store=store)).resumed


def test_what_is_on_its_way_for_another_purpose_does_not_block(slow: Live, store: IntentStore, steps: Sending) -> None:
    before = nonce(slow)
    killed(slow, steps.send(pay(), PAYER, store=store), "eth_getTransactionReceipt", False)
    sent = Carrier(slow, mine(slow)).run(steps.send(pay(2 * ETHER), PAYER, store=store))
    assert not sent.resumed
    assert slow.client.balance(FRIEND) == 3 * ETHER
    assert nonce(slow) == before + 2


def test_what_was_mined_unheard_is_not_sent_again_after_something_else_was(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    killed(live, steps.send(pay(), PAYER, store=store), "eth_getTransactionReceipt", False)
    assert not Carrier(live).run(steps.send(pay(2 * ETHER), PAYER, store=store)).resumed
    assert Carrier(live).run(steps.send(pay(), PAYER, store=store)).resumed
    assert live.client.balance(FRIEND) == 3 * ETHER
    assert list(store.all()) == []


def test_what_was_mined_for_another_purpose_is_forgotten_after_a_day(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    killed(live, steps.send(pay(), PAYER, store=store), "eth_getTransactionReceipt", False)
    live.travel(DAY + 1)
    Carrier(live).run(steps.send(pay(2 * ETHER), PAYER, store=store))
    assert list(store.all()) == []


def test_what_never_arrived_is_voided_by_the_same_nonce(live: Live, store: IntentStore, steps: Sending) -> None:
    killed(live, steps.send(pay(), PAYER, store=store), "eth_sendRawTransaction", False)
    (left,) = store.all()
    sent = Carrier(live).run(steps.send(pay(2 * ETHER), PAYER, store=store))
    assert not sent.resumed
    assert sent.intent.nonce == left.nonce
    with pytest.raises(ChainError, match="nonce"):
        Carrier(live).ask(Ask("eth_sendRawTransaction", ("0x" + left.latest.raw.hex(),)))
    assert live.client.balance(FRIEND) == 2 * ETHER
    assert not Carrier(live).run(steps.send(pay(), PAYER, store=store)).resumed  # it still can be had
    assert live.client.balance(FRIEND) == 3 * ETHER


def test_what_never_arrived_and_would_fail_by_now_is_dropped(live: Live, store: IntentStore, steps: Sending) -> None:
    live.ask("anvil_setCode", TARGET, STOPS)
    killed(live, steps.send(pay(1, TARGET), PAYER, store=store), "eth_sendRawTransaction", False)
    (left,) = store.all()
    live.ask("anvil_setCode", TARGET, REVERTS)
    carrier = Carrier(live)
    with pytest.raises(Refused, match="The contract refused it"):
        carrier.run(steps.send(pay(1, TARGET), PAYER, store=store))
    assert "eth_sendRawTransaction" not in carrier.methods
    assert Carrier(live).run(steps.send(pay(), PAYER, store=store)).intent.nonce == left.nonce


def test_what_never_arrived_and_was_signed_with_too_little_gas_is_signed_again(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    before = nonce(live)
    killed(live, steps.send(pay(), PAYER, store=store), "eth_sendRawTransaction", False)
    (left,) = store.all()
    store.update(dataclasses.replace(left, gas=20_999))
    sent = Carrier(live).run(steps.send(pay(), PAYER, store=store))
    assert not sent.resumed and sent.intent.gas > 20_999
    assert nonce(live) == before + 1 and list(store.all()) == []


def test_a_batch_that_never_arrived_and_is_out_of_date_is_signed_again(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    payments = Payments(live, True)
    killed(live, steps.send(payments.transaction(), PAYER, store=store), "eth_sendRawTransaction", False)
    live.travel(DAY)
    sent = Carrier(live).run(steps.send(payments.transaction(), PAYER, store=store))
    payments.check(sent, store)
    assert not sent.resumed


def test_a_nonce_that_something_else_took_meanwhile_is_sent_anew(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    killed(live, steps.send(pay(), PAYER, store=store), "eth_sendRawTransaction", False)
    before = nonce(live)
    Carrier(live).run(steps.send(pay(3), PAYER))
    sent = Carrier(live).run(steps.send(pay(), PAYER, store=store))
    assert not sent.resumed
    assert nonce(live) == before + 2
    assert live.client.balance(FRIEND) == ETHER + 3
    assert list(store.all()) == []


def test_a_node_that_lags_behind_does_not_make_anybody_pay_twice(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    killed(live, steps.send(pay(), PAYER, store=store), "eth_getTransactionReceipt", False)
    missing = iter(range(100))

    def late(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        return None if next(missing) < 2 else ask(question)

    carrier = Carrier(live, eth_getTransactionReceipt=late, eth_getTransactionByHash=lambda *_: None)
    assert carrier.run(steps.send(pay(), PAYER, store=store)).resumed
    assert live.client.balance(FRIEND) == ETHER


def test_a_payer_whose_address_is_written_otherwise_finds_what_was_left_over(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    class Lower(Pen):
        @property
        def address(self) -> str:
            return PAYER.address.lower()

    killed(live, steps.send(pay(), Lower(), store=store), "eth_getTransactionReceipt", False)
    assert Carrier(live).run(steps.send(pay(), Lower(), store=store)).resumed
    assert live.client.balance(FRIEND) == ETHER


def test_others_and_other_chains_intents_are_left_alone(live: Live, store: IntentStore, steps: Sending) -> None:
    killed(live, steps.send(pay(), person("ana"), store=store), "eth_sendRawTransaction", False)
    (ana,) = store.all()
    elsewhere = dataclasses.replace(ana, chain_id=1, sender=PAYER.address)
    store.add(elsewhere)
    assert not Carrier(live).run(steps.send(pay(), PAYER, store=store)).resumed
    assert {intent.sender for intent in store.all()} == {person("ana").address, PAYER.address}


def test_of_two_programs_that_send_at_the_same_time_the_second_is_refused(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    before = nonce(live)
    second = Sending(live.client.deployment).send(pay(2 * ETHER), PAYER, store=store)

    def meanwhile(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        # The second has looked for what was left over already, and asks for its nonce while the first has one.
        with pytest.raises(Refused, match="Another program is just sending .* Wait for it, and try again"):
            Carrier(live).run(rest())
        return ask(question)

    def rest() -> Steps[Any]:
        answer = yield question
        try:
            while True:
                answer = yield second.send(answer)
        except StopIteration as done:
            return done.value

    question = next(second)
    while not (isinstance(question, Ask) and question.method == "eth_getTransactionCount"):
        question = second.send(Carrier(live).carry(question))
    Carrier(live, eth_sendRawTransaction=meanwhile).run(steps.send(pay(), PAYER, store=store))
    assert live.client.balance(FRIEND) == ETHER
    assert nonce(live) == before + 1


def test_a_damaged_intent_stops_everything_with_a_clear_error(live: Live, store: IntentStore, steps: Sending) -> None:
    killed(live, steps.send(pay(), PAYER, store=store), "eth_sendRawTransaction", False)
    (left,) = store.all()
    path = store.path(left)
    path.write_text(path.read_text().replace("pay a friend", "pay a fiend"))
    carrier = Carrier(live)
    with pytest.raises(InvalidFile, match=r"\.json has been altered or cut off"):
        carrier.run(steps.send(pay(), PAYER, store=store))
    assert "eth_sendRawTransaction" not in carrier.methods


def test_purposes_differ_by_chain_target_value_and_meaning_and_by_nothing_else() -> None:
    plain = Transaction(FRIEND, b"data", "this", 1)
    assert purpose_of(1, plain) == purpose_of(1, dataclasses.replace(plain, summary="that"))
    batch = dataclasses.replace(plain, meaning=b"the same")
    assert purpose_of(1, batch) == purpose_of(1, dataclasses.replace(batch, data=b"signed again"))
    others = [
        purpose_of(2, plain),
        *(purpose_of(1, dataclasses.replace(plain, **{name: value})) for name, value in (("to", TARGET), ("value", 2))),
        purpose_of(1, dataclasses.replace(plain, data=b"other")),
        purpose_of(1, batch),
    ]
    assert len({purpose_of(1, plain), *others}) == 6
