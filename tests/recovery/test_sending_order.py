"""What is sent was tried first and written down, and what happens is told in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recovery.errors import Refused
from recovery.intents import IntentStore
from recovery.rpc import Ask
from recovery.sending import How, Progress, Sending
from tests.live import ETHER, Live
from tests.recovery.sending_world import FRIEND, PAYER, REFUSES, TARGET, Carrier, Pen, mine, mining_from, nonce, pay

pytest_plugins = ["tests.recovery.sending_fixtures"]


def test_what_would_fail_is_never_signed_nor_written_down(live: Live, store: IntentStore, steps: Sending) -> None:
    live.ask("anvil_setCode", TARGET, REFUSES)
    pen, carrier = Pen(), Carrier(live)
    with pytest.raises(Refused) as refused:
        carrier.run(steps.send(pay(0, TARGET), pen, store=store))
    assert (refused.value.code, refused.value.arguments) == ("RecoveryNotStarted", (7,))
    assert pen.signed == []
    assert list(store.all()) == []
    assert "eth_sendRawTransaction" not in carrier.methods


def test_it_is_written_down_before_it_is_sent_and_what_is_written_is_what_is_sent(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    sent: list[bytes] = []

    def watch(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        (intent,) = store.all()
        sent.append(intent.latest.raw)
        assert question.params == ("0x" + intent.latest.raw.hex(),)
        return ask(question)

    carrier = Carrier(slow, mining_from(slow, 2), eth_sendRawTransaction=watch)
    carrier.run(steps.send(pay(), PAYER, How(patience=0.2), store))
    assert len(set(sent)) == len(sent) == 2  # a replacement is written down before it is sent, too


def test_what_happens_is_told_in_order_with_the_hash_from_the_start(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    told: list[Progress] = []
    sent = Carrier(slow, mine(slow)).run(steps.send(pay(), PAYER, How(confirmations=3), store, told.append))
    assert [each.stage for each in told] == [
        *("stored", "sent", "waiting", "mined", "waiting", "waiting", "confirmed"),
    ]
    assert {each.intent.latest.hash for each in told} == {sent.hash}
    assert [each.blocks for each in told if each.stage in ("mined", "confirmed")] == [1, 3]
    receipt = slow.web3.eth.get_transaction_receipt(sent.hash)
    assert (sent.block, sent.gas_used) == (receipt["blockNumber"], 21_000)
    assert sent.cost == receipt["gasUsed"] * receipt["effectiveGasPrice"]


def test_without_a_store_nothing_is_written_and_each_run_sends(live: Live, steps: Sending, tmp_path: Path) -> None:
    before = nonce(live)
    for _ in range(2):
        assert not Carrier(live).run(steps.send(pay(), PAYER)).resumed
    assert nonce(live) == before + 2
    assert list(tmp_path.iterdir()) == []


def test_the_same_may_be_sent_again_once_it_is_finished(live: Live, store: IntentStore, steps: Sending) -> None:
    for _ in range(2):
        assert not Carrier(live).run(steps.send(pay(), PAYER, store=store)).resumed
    assert live.client.balance(FRIEND) == 2 * ETHER
