from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_utils import keccak

from recovery import rpc
from recovery.building import Transaction
from recovery.errors import ChainError, InvalidFile, RecoveryError, Refused
from recovery.fees import GWEI, Estimate, Fees
from recovery.intents import Intent, IntentStore
from recovery.messages import Call
from recovery.policy import DAY, HOUR
from recovery.rpc import UNREACHABLE, Ask, Pause, Steps, Together
from recovery.sending import How, Progress, Sending, Sent, purpose_of
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


@pytest.fixture
def store(tmp_path: Path) -> IntentStore:
    return IntentStore(tmp_path / "intents")


@pytest.fixture
def steps(live: Live) -> Sending:
    return Sending(live.client.deployment)


@pytest.fixture
def slow(live: Live) -> Iterator[Live]:
    """A chain that mines only when it is told to."""
    live.ask("evm_setAutomine", False)
    try:
        yield live
    finally:
        live.ask("anvil_dropAllTransactions")
        live.ask("evm_setAutomine", True)


def pay(amount: int = ETHER, to: str = FRIEND) -> Transaction:
    return Transaction(to, b"", "pay a friend", amount)


def nonce(live: Live, address: str = PAYER.address) -> int:
    return live.web3.eth.get_transaction_count(address)  # type: ignore[arg-type]


def mine(live: Live) -> Callable[[], Any]:
    return lambda: live.ask("evm_mine")


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


# ------------------------------------------------------------------------------- dying at any question


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


# --------------------------------------------------------------------------------- the order of things


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


# -------------------------------------------------------------------------------------- left over


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


# ------------------------------------------------------------------------------------------ fees, funds


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
    with pytest.raises(Refused, match=r"asks for 30 gwei .* more than your 29\.5\. Nothing was sent") as refused:
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


# ----------------------------------------------------------------------------------------- replacement


def mining_from(live: Live, pauses: int) -> Callable[[], Any]:
    """Mines at the pause of this number, and from then on."""
    count = iter(range(1000))
    return lambda: live.ask("evm_mine") if next(count) >= pauses else None


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


# ---------------------------------------------------------------------------------------- reorganisation


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


# ------------------------------------------------------------------------------------------ going wrong


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
