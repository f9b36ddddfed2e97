"""What is not mined is replaced with higher fees, and whichever attempt is mined counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recovery.fees import GWEI
from recovery.intents import IntentStore
from recovery.rpc import Ask
from recovery.sending import How, Progress, Sending
from tests.live import ETHER, Live
from tests.recovery.sending_world import FRIEND, PAYER, Carrier, Killed, Pen, killed, mining_from, nonce, pay

pytest_plugins = ["tests.recovery.sending_fixtures"]


def test_what_is_not_mined_is_replaced_with_higher_fees_and_only_one_is_mined(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    before, pen, told = nonce(slow), Pen(), []

    def tell(progress: Progress) -> None:
        told.append(progress.stage)
        (intent,) = store.all()
        if progress.stage in ("stored", "sent", "waiting", "mined"):
            assert intent.attempts == progress.intent.attempts

    sent = Carrier(slow, mining_from(slow, 3)).run(steps.send(pay(), pen, How(patience=0.2), store, tell))
    assert told.count("replaced") == 2
    attempts = sent.intent.attempts
    assert len(attempts) == len({attempt.hash for attempt in attempts}) == 3
    for low, high in zip(attempts, attempts[1:], strict=False):
        assert high.max_fee * 10 >= low.max_fee * 11
        assert high.tip * 10 >= low.tip * 11
    assert {params["nonce"] for params in pen.signed} == {before}
    assert [(int(p["maxFeePerGas"], 16), int(p["maxPriorityFeePerGas"], 16)) for p in pen.signed] == [
        (attempt.max_fee, attempt.tip) for attempt in attempts
    ]
    assert len({(params["to"], params["data"], params["value"], params["gas"]) for params in pen.signed}) == 1
    assert sent.hash == attempts[-1].hash
    assert nonce(slow) == before + 1
    assert slow.client.balance(FRIEND) == ETHER


def test_a_replacement_pays_more_even_where_there_was_no_tip(slow: Live, store: IntentStore, steps: Sending) -> None:
    carrier = Carrier(slow, mining_from(slow, 4), eth_maxPriorityFeePerGas=lambda *_: "0x0")
    first, second, *_ = carrier.run(steps.send(pay(), PAYER, How(patience=0.2), store)).intent.attempts
    assert first.tip == 0
    assert second.tip > 0  # nodes refuse a replacement with the same tip


def test_a_replacement_pays_what_the_chain_asks_by_then(slow: Live, store: IntentStore, steps: Sending) -> None:
    tips = iter([GWEI, 9 * GWEI])
    carrier = Carrier(slow, mining_from(slow, 1), eth_maxPriorityFeePerGas=lambda *_: hex(next(tips)))
    first, second = carrier.run(steps.send(pay(), PAYER, How(patience=0.1), store)).intent.attempts
    assert (first.tip, second.tip) == (GWEI, 9 * GWEI)


def test_the_cap_also_holds_for_replacements(slow: Live, store: IntentStore, steps: Sending) -> None:
    cap, told = slow.client.fees().maximum * 112 // 100, []
    how = How(max_fee=cap, patience=0.2)
    sent = Carrier(slow, mining_from(slow, 4)).run(
        steps.send(pay(2), PAYER, how, store, lambda each: told.append(each.stage))
    )
    assert len(sent.intent.attempts) == 1
    assert "capped" in told
    assert "replaced" not in told


def test_a_base_fee_that_has_risen_above_the_cap_is_waited_out(slow: Live, store: IntentStore, steps: Sending) -> None:
    told: list[str] = []
    cap = slow.web3.eth.get_block("latest")["baseFeePerGas"]

    def risen(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        return {**ask(question), **({"baseFeePerGas": hex(2 * cap)} if "sent" in told else {})}

    carrier = Carrier(slow, mining_from(slow, 3), eth_getBlockByNumber=risen)
    sent = carrier.run(steps.send(pay(), PAYER, How(cap, patience=0.1), store, lambda each: told.append(each.stage)))
    assert "capped" in told
    assert len(sent.intent.attempts) == 1


def test_what_a_node_has_dropped_is_sent_again_even_if_no_more_may_be_paid(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    cap, pauses = slow.web3.eth.get_block("latest")["baseFeePerGas"], iter(range(100))

    def drop_first() -> None:
        slow.ask("anvil_dropAllTransactions" if next(pauses) == 0 else "evm_mine")

    carrier = Carrier(slow, drop_first)
    carrier.run(steps.send(pay(), PAYER, How(max_fee=cap, patience=0.2), store))
    assert carrier.methods.count("eth_sendRawTransaction") == 2
    assert slow.client.balance(FRIEND) == ETHER


def test_who_only_follows_sends_again_what_got_lost_and_signs_nothing(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    killed(slow, steps.send(pay(), PAYER, store=store), "eth_getTransactionReceipt", False)
    (left,) = store.all()
    slow.ask("anvil_dropAllTransactions")
    told: list[str] = []
    sent = Carrier(slow, mining_from(slow, 3)).run(
        steps.follow(left, how=How(patience=0.1), store=store, progress=lambda each: told.append(each.stage))
    )
    assert sent.hash == left.latest.hash
    assert "capped" not in told
    assert list(store.all()) == []


def test_the_receipt_of_an_older_attempt_counts(slow: Live, store: IntentStore, steps: Sending) -> None:
    before = nonce(slow)

    def prefer_the_old(progress: Progress) -> None:
        if progress.stage == "waiting" and len(progress.intent.attempts) == 3:
            slow.ask("anvil_dropAllTransactions")
            slow.ask("eth_sendRawTransaction", "0x" + progress.intent.attempts[0].raw.hex())
            slow.ask("evm_mine")

    sent = Carrier(slow).run(steps.send(pay(), PAYER, How(patience=0.2), store, prefer_the_old))
    assert sent.hash == sent.intent.attempts[0].hash != sent.intent.latest.hash
    assert nonce(slow) == before + 1
    assert list(store.all()) == []


def test_an_older_attempt_that_is_mined_after_the_program_died_counts(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    before = nonce(slow)

    def die(progress: Progress) -> None:
        if progress.stage == "waiting" and len(progress.intent.attempts) == 2:
            raise Killed

    with pytest.raises(Killed):
        Carrier(slow).run(steps.send(pay(), PAYER, How(patience=0.2), store, die))
    (left,) = store.all()
    slow.ask("anvil_dropAllTransactions")
    slow.ask("eth_sendRawTransaction", "0x" + left.attempts[0].raw.hex())
    slow.ask("evm_mine")
    sent = Carrier(slow).run(steps.send(pay(), PAYER, store=store))
    assert sent.resumed
    assert sent.hash == left.attempts[0].hash
    assert nonce(slow) == before + 1
