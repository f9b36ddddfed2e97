"""A program that dies at any question, and is run again, pays once."""

from __future__ import annotations

import pytest

from recovery.intents import IntentStore
from recovery.sending import How, Progress, Sending
from tests.live import Live
from tests.recovery.sending_world import PAYER, Carrier, Killed, Mortal, Payments, killed, mine, pay

pytest_plugins = ["tests.recovery.sending_fixtures"]

#: How many questions a payment takes where every transaction is mined at once, and where it is mined a little later.
AT_ONCE, LATER = 12, 15
#: How many the next run takes if the first has died before or after it was sent.
NEVER_SENT, SENT = 13, 10


@pytest.mark.parametrize("by_batch", [False, True], ids=["payment", "batch"])
def test_the_questions_of_sending_are_all_that_a_program_could_die_at(
    live: Live, store: IntentStore, by_batch: bool
) -> None:
    for mining, expected in ((True, AT_ONCE), (False, LATER)):
        with live.undone():
            payments, carrier = Payments(live, by_batch), Carrier(live, mine(live))
            live.ask("evm_setAutomine", mining)
            sent = carrier.run(Sending(live.client.deployment).send(payments.transaction(), PAYER, store=store))
            live.ask("evm_setAutomine", True)
            payments.check(sent, store)
            assert len(carrier.asked) == expected
            assert not sent.resumed


@pytest.mark.parametrize("by_batch", [False, True], ids=["payment", "batch"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(AT_ONCE))
def test_a_program_that_dies_at_any_question_pays_once(
    live: Live, store: IntentStore, at: int, after: bool, by_batch: bool
) -> None:
    payments = Payments(live, by_batch)
    with pytest.raises(Killed):
        Mortal(live, at, after).run(Sending(live.client.deployment).send(payments.transaction(), PAYER, store=store))
    stored = len(list(store.all()))
    sent = Carrier(live).run(Sending(live.client.deployment).send(payments.transaction(), PAYER, store=store))
    payments.check(sent, store)
    assert sent.resumed == bool(stored)


@pytest.mark.parametrize("by_batch", [False, True], ids=["payment", "batch"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(LATER))
def test_a_program_that_dies_at_any_question_pays_once_where_mining_takes_time(
    slow: Live, store: IntentStore, at: int, after: bool, by_batch: bool
) -> None:
    slow.ask("evm_setAutomine", True)
    payments = Payments(slow, by_batch)
    slow.ask("evm_setAutomine", False)
    steps = Sending(slow.client.deployment)
    with pytest.raises(Killed):
        Mortal(slow, at, after, mine(slow)).run(steps.send(payments.transaction(), PAYER, store=store))
    sent = Carrier(slow, mine(slow)).run(steps.send(payments.transaction(), PAYER, store=store))
    payments.check(sent, store)


@pytest.mark.parametrize(("first", "expected"), [(False, NEVER_SENT), (True, SENT)])
def test_the_questions_of_going_on_are_all_that_a_program_could_die_at(
    slow: Live, store: IntentStore, steps: Sending, first: bool, expected: int
) -> None:
    killed(slow, steps.send(pay(), PAYER, store=store), "eth_sendRawTransaction", first)
    carrier = Carrier(slow, mine(slow))
    assert carrier.run(Sending(slow.client.deployment).send(pay(), PAYER, store=store)).resumed
    assert len(carrier.asked) == expected


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("first", "at"), [*((False, at) for at in range(NEVER_SENT)), *((True, at) for at in range(SENT))]
)
def test_a_program_that_dies_again_while_it_goes_on_pays_once(
    slow: Live, store: IntentStore, at: int, after: bool, first: bool
) -> None:
    steps, payments = Sending(slow.client.deployment), Payments(slow, False)
    killed(slow, steps.send(pay(), PAYER, store=store), "eth_sendRawTransaction", first)
    again = Sending(slow.client.deployment)
    with pytest.raises(Killed):
        Mortal(slow, at, after, mine(slow)).run(again.send(pay(), PAYER, store=store))
    sent = Carrier(slow, mine(slow)).run(steps.send(pay(), PAYER, store=store))
    payments.check(sent, store)
    assert sent.resumed


@pytest.mark.parametrize("stage", ["stored", "sent", "waiting", "replaced", "mined", "confirmed"])
def test_a_program_that_dies_while_it_tells_of_progress_pays_once(
    slow: Live, store: IntentStore, steps: Sending, stage: str
) -> None:
    payments, pauses = Payments(slow, False), iter(range(100))

    def die(progress: Progress) -> None:
        if progress.stage == stage:
            raise Killed

    with pytest.raises(Killed):
        Carrier(slow, lambda: slow.ask("evm_mine") if next(pauses) == 3 else None).run(
            steps.send(pay(), PAYER, How(patience=0.2), store, die)
        )
    sent = Carrier(slow, mine(slow)).run(steps.send(pay(), PAYER, store=store))
    payments.check(sent, store)
    assert sent.resumed
