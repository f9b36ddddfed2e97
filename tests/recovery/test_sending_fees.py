"""Fees follow the chain and stay below the cap, and the payer can afford the worst case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recovery.errors import ChainError, Refused
from recovery.fees import GWEI, Estimate, Fees
from recovery.intents import IntentStore
from recovery.rpc import Ask
from recovery.sending import How, Sending
from tests.live import ETHER, Live
from tests.recovery.sending_world import FRIEND, OWNERS, PAYER, POLICY, Carrier, Pen, failing, pay

pytest_plugins = ["tests.recovery.sending_fixtures"]


def fee_chain(live: Live, base: int | None, tip: int | None, price: int) -> Carrier:
    """A chain that asks for these, in wei; None if it knows no such thing."""
    block = {"number": "0x1", "hash": "0x" + "00" * 32, **({} if base is None else {"baseFeePerGas": hex(base)})}
    unknown = ChainError("The node refuses: method not found.")
    return Carrier(
        live,
        eth_getBlockByNumber=lambda *_: block,
        eth_maxPriorityFeePerGas=failing(unknown) if tip is None else lambda *_: hex(tip),
        eth_gasPrice=lambda *_: hex(price),
    )


@pytest.mark.parametrize(
    ("base", "tip", "price", "cap", "expected"),
    [
        (30 * GWEI, 2 * GWEI, 0, None, Fees(30 * GWEI, 2 * GWEI, 62 * GWEI)),
        (30 * GWEI, 0, 0, None, Fees(30 * GWEI, 0, 60 * GWEI)),
        (30 * GWEI, None, 33 * GWEI, None, Fees(30 * GWEI, 3 * GWEI, 63 * GWEI)),
        (30 * GWEI, None, 20 * GWEI, None, Fees(30 * GWEI, 0, 60 * GWEI)),
        (30 * GWEI, 2 * GWEI, 0, 40 * GWEI, Fees(30 * GWEI, 2 * GWEI, 40 * GWEI)),
        (30 * GWEI, 2 * GWEI, 0, 30 * GWEI, Fees(30 * GWEI, 2 * GWEI, 30 * GWEI)),
        (1, 50 * GWEI, 0, 40 * GWEI, Fees(1, 40 * GWEI, 40 * GWEI)),
        (30 * GWEI, 2 * GWEI, 0, 99 * GWEI, Fees(30 * GWEI, 2 * GWEI, 62 * GWEI)),
        (None, None, 7 * GWEI, None, Fees(0, 7 * GWEI, 7 * GWEI)),
        (None, None, 7 * GWEI, 7 * GWEI, Fees(0, 7 * GWEI, 7 * GWEI)),
        (0, None, 7 * GWEI, None, Fees(0, 7 * GWEI, 7 * GWEI)),
    ],
)
def test_fees_follow_from_what_the_chain_asks_and_stay_below_the_cap(
    live: Live, steps: Sending, base: int | None, tip: int | None, price: int, cap: int | None, expected: Fees
) -> None:
    assert fee_chain(live, base, tip, price).run(steps.fees(cap)) == expected


@pytest.mark.parametrize(("base", "price"), [(30 * GWEI, 0), (None, 30 * GWEI)])
def test_a_chain_that_asks_for_more_than_the_cap_is_refused(
    live: Live, steps: Sending, base: int | None, price: int
) -> None:
    with pytest.raises(Refused, match=r"asks for 30 gwei .* more than your 29\.5 gwei\. Nothing was sent") as refused:
        fee_chain(live, base, GWEI, price).run(steps.fees(59 * GWEI // 2))
    assert refused.value.code == "fee-above-cap"


def test_a_chain_above_the_cap_is_found_before_anything_is_signed(
    live: Live, store: IntentStore, steps: Sending
) -> None:
    pen = Pen()
    with pytest.raises(Refused) as refused:
        Carrier(live).run(steps.send(pay(), pen, How(max_fee=1), store))
    assert refused.value.code == "fee-above-cap"
    assert pen.signed == []
    assert list(store.all()) == []


def test_a_transaction_says_what_it_pays_in_the_way_of_its_chain() -> None:
    assert Fees(5, 2, 12).params() == {"maxFeePerGas": "0xc", "maxPriorityFeePerGas": "0x2"}
    assert Fees(0, 12, 12).params() == {"gasPrice": "0xc"}


def test_a_chain_without_a_base_fee_gets_an_old_transaction(live: Live, store: IntentStore, steps: Sending) -> None:
    def block(question: Ask, ask: Callable[[Ask], Any]) -> Any:
        return {name: value for name, value in ask(question).items() if name != "baseFeePerGas"}

    pen, carrier = Pen(), Carrier(live, eth_getBlockByNumber=block)
    sent = carrier.run(steps.send(pay(), pen, store=store))
    assert "eth_maxPriorityFeePerGas" not in carrier.methods
    assert "maxFeePerGas" not in pen.signed[0]
    assert live.web3.eth.get_transaction(sent.hash)["type"] == 0
    assert sent.intent.latest.max_fee == sent.intent.latest.tip == int(pen.signed[0]["gasPrice"], 16)


def test_the_cap_holds_for_what_is_signed(live: Live, steps: Sending) -> None:
    pen, cap = Pen(), live.web3.eth.get_block("latest")["baseFeePerGas"]
    Carrier(live).run(steps.send(pay(), pen, How(max_fee=cap)))
    assert (int(pen.signed[0]["maxFeePerGas"], 16), int(pen.signed[0]["maxPriorityFeePerGas"], 16)) == (
        cap,
        min(cap, GWEI),
    )


def test_the_gas_limit_leaves_a_fifth_more(live: Live, steps: Sending) -> None:
    pen, transaction = Pen(), live.client.create_wallet(OWNERS, POLICY)
    gas = live.client.simulate(transaction, PAYER.address)
    Carrier(live).run(steps.send(transaction, pen))
    assert pen.signed[0]["gas"] == gas + gas // 5


def test_the_payer_must_afford_the_worst_case_with_the_value(live: Live, store: IntentStore, steps: Sending) -> None:
    transaction = pay(ETHER)
    estimate: Estimate = live.client.estimate(transaction, PAYER.address)
    assert estimate.most == estimate.limit * estimate.fees.maximum + ETHER > estimate.cost + ETHER
    live.ask("anvil_setBalance", PAYER.address, hex(estimate.most - 1))
    pen = Pen()
    with pytest.raises(Refused, match="has 1.* ether, but up to 1.* may be needed. Send it some") as refused:
        Carrier(live).run(steps.send(transaction, pen, store=store))
    assert refused.value.code == "no-funds"
    with pytest.raises(Refused, match="may be needed"):
        Carrier(live).run(steps.prepare(transaction, PAYER.address))
    assert pen.signed == []
    assert list(store.all()) == []
    live.ask("anvil_setBalance", PAYER.address, hex(estimate.most))
    Carrier(live).run(steps.send(transaction, pen, store=store))


def test_a_payer_without_the_value_is_told_so_whatever_the_node_says(live: Live, steps: Sending) -> None:
    with pytest.raises(Refused, match="but up to 1000 may be needed") as refused:
        Carrier(live).run(steps.send(pay(1000 * ETHER), PAYER))
    assert refused.value.code == "no-funds"


def test_what_is_prepared_for_another_signer_is_complete(live: Live, steps: Sending) -> None:
    params = Carrier(live).run(steps.prepare(pay(), PAYER.address))
    signed = PAYER.sign_transaction(params)
    live.web3.eth.send_raw_transaction(signed.raw_transaction)
    assert live.client.balance(FRIEND) == ETHER
