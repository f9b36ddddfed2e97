"""Only a receipt of a block that is in the chain, and stays there, counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recovery.intents import IntentStore
from recovery.rpc import Ask
from recovery.sending import How, Progress, Sending
from tests.live import ETHER, Live
from tests.recovery.sending_world import FRIEND, PAYER, Carrier, mine, nonce, pay

pytest_plugins = ["tests.recovery.sending_fixtures"]


def test_what_a_reorganisation_has_undone_is_sent_again_until_it_is_deep_enough(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    before, told, snapshot = nonce(slow), [], slow.ask("evm_snapshot")

    def tell(progress: Progress) -> None:
        told.append(progress.stage)
        if told.count("mined") == 1 and progress.stage == "mined":
            slow.ask("evm_revert", snapshot)
            slow.ask("anvil_dropAllTransactions")

    carrier = Carrier(slow, mine(slow))
    sent = carrier.run(steps.send(pay(), PAYER, How(confirmations=2), store, tell))
    assert [stage for stage in told if stage != "waiting"] == [
        *("stored", "sent", "mined", "reorganised", "mined", "confirmed")
    ]
    assert carrier.methods.count("eth_sendRawTransaction") == 2
    assert slow.web3.eth.block_number == sent.block + 1
    assert nonce(slow) == before + 1
    assert slow.client.balance(FRIEND) == ETHER


def test_a_block_that_another_has_taken_the_place_of_counts_anew(
    slow: Live, store: IntentStore, steps: Sending
) -> None:
    told: list[tuple[str, int]] = []
    snapshot = slow.ask("evm_snapshot")

    def tell(progress: Progress) -> None:
        if progress.stage in ("mined", "confirmed", "reorganised"):
            told.append((progress.stage, progress.blocks))
        if told == [("mined", 1)] and progress.stage == "mined":
            slow.ask("evm_revert", snapshot)
            slow.ask("anvil_dropAllTransactions")
            slow.ask("evm_mine")  # the same height without it, then a block with it
            slow.ask("eth_sendRawTransaction", "0x" + progress.intent.latest.raw.hex())
            slow.ask("evm_mine")

    Carrier(slow, mine(slow)).run(steps.send(pay(), PAYER, How(confirmations=2), store, tell))
    assert told == [("mined", 1), ("mined", 2), ("confirmed", 2)]


@pytest.mark.parametrize("confirmations", [0, 1])
def test_a_receipt_of_a_block_that_is_not_in_the_chain_does_not_count(
    live: Live, store: IntentStore, steps: Sending, confirmations: int
) -> None:
    forged, told = iter(range(100)), []

    def stale(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        receipt = dict(ask(question))
        return {**receipt, "blockHash": "0x" + "12" * 32} if next(forged) < 3 else receipt

    carrier = Carrier(live, eth_getTransactionReceipt=stale)
    carrier.run(steps.send(pay(), PAYER, How(confirmations=confirmations), store, lambda each: told.append(each.stage)))
    assert told == [*("stored", "sent"), *["waiting"] * 3, *("mined", "confirmed")]


def test_a_receipt_of_a_block_that_the_node_does_not_have_yet_does_not_count(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    forged = iter(range(100))

    def ahead(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        receipt = dict(ask(question))
        return {**receipt, "blockNumber": "0xffffff"} if next(forged) < 3 else receipt

    told: list[str] = []
    carrier = Carrier(live, eth_getTransactionReceipt=ahead)
    carrier.run(steps.send(pay(), PAYER, store=store, progress=lambda each: told.append(each.stage)))
    assert told.count("waiting") == 3


def test_a_receipt_that_is_still_pending_does_not_count(live: Live, store: IntentStore, steps: Sending) -> None:
    pending = iter(range(100))

    def early(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        receipt = dict(ask(question))
        return {**receipt, "blockHash": None, "blockNumber": None} if next(pending) < 1 else receipt

    # Whatever else it says: without a block it is no receipt.
    carrier = Carrier(live, eth_getTransactionReceipt=early)
    assert carrier.run(steps.send(pay(), PAYER, store=store)).block == live.web3.eth.block_number
