from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import to_bytes

from recovery import abi
from recovery.errors import ChainError, RecoveryError, Refused
from recovery.history import Entry, Search, first_block
from recovery.rpc import UNREACHABLE, Ask, Steps
from tests.live import Live
from tests.world import owners_of, person, policy_of, rotate

MODULE = "0x00000000000000000000000000000000000000AA"
ACCOUNT = "0x00000000000000000000000000000000000000bb"
OTHER = "0x00000000000000000000000000000000000000cc"
HEARTBEAT = abi.event("WalletRecoveryModule", "Heartbeat")
CANCELLED = abi.event("WalletRecoveryModule", "RecoveryCancelled")
LATEST = 20_000


def word(value: str | int) -> bytes:
    return value.to_bytes(32, "big") if isinstance(value, int) else to_bytes(hexstr=value).rjust(32, b"\0")


def heartbeat(block: int, position: int = 0, account: str = ACCOUNT, address: str = MODULE) -> dict[str, Any]:
    return {
        "address": address,
        "topics": ["0x" + HEARTBEAT.topic.hex(), "0x" + word(account).hex()],
        "data": "0x",
        "blockNumber": hex(block),
        "logIndex": hex(position),
        "transactionHash": "0x" + word(block).hex(),
    }


def refuses(message: str = "query exceeds the limit") -> ChainError:
    return ChainError(f"The node refuses: {message}.")


@dataclass
class Node:
    """A chain with these logs, and a limit to what it hands out at once.

    Attributes:
        logs: All of them.
        blocks: Most blocks in a question; None for any number.
        results: Most logs in an answer.
        deployed: Since when the module is there.
        pruned: The oldest state that is kept.
    """

    logs: list[dict[str, Any]]
    blocks: int | None = None
    results: int | None = None
    deployed: int = 0
    pruned: int = 0
    latest: int = LATEST
    error: Callable[[], RecoveryError] = refuses
    asked: list[tuple[int, int]] = field(default_factory=list)
    others: int = 0

    def answer(self, question: Any) -> Any:
        assert isinstance(question, Ask)
        if question.method == "eth_getLogs":
            return self.find(question.params[0])
        self.others += 1
        if question.method == "eth_blockNumber":
            return hex(self.latest)
        assert question.method == "eth_getCode"
        block = int(question.params[1], 16)
        if block < self.pruned:
            raise ChainError("The node refuses: missing trie node.")
        return "0x6001" if block >= self.deployed else "0x"

    def find(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        low, high = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        assert low <= high
        self.asked.append((low, high))
        found = [log for log in self.logs if low <= int(log["blockNumber"], 16) <= high]
        if self.blocks is not None and high - low + 1 > self.blocks:
            raise self.error()
        if self.results is not None and len(found) > self.results:
            raise self.error()
        return found[::-1]  # a node's order is not relied on

    def run(self, steps: Steps[Any]) -> Any:
        try:
            question = next(steps)
            while True:
                try:
                    answer = self.answer(question)
                except RecoveryError as error:
                    question = steps.throw(error)
                else:
                    question = steps.send(answer)
        except StopIteration as done:
            return done.value

    def all(self, search: Search) -> list[Entry]:
        found: list[Entry] = []
        while not search.done:
            found += self.run(search.page())
        return found


def search(start: int | None = 0, end: int = LATEST, backwards: bool = False, names: Any = ("Heartbeat",)) -> Search:
    return Search("WalletRecoveryModule", names, MODULE, [word(ACCOUNT)], start, end, backwards, MODULE)


def places(entries: list[Entry]) -> list[tuple[int, int]]:
    return [(entry.block, entry.position) for entry in entries]


SPREAD = [(0, 0), (0, 3), (1, 0), (500, 2), (500, 7), (501, 0), (9_999, 1), (10_000, 0), (19_999, 0), (20_000, 5)]


# ----------------------------------------------------------------------------- everything, once, in order


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("limit", [None, 1, 2, 7, 1000, 1024, 10_000, 20_000, 20_001])
def test_everything_is_found_once_and_in_order_whatever_the_limit_of_blocks(limit: int | None, backwards: bool) -> None:
    end = 300 if limit in (1, 2) else LATEST
    expected = [place for place in SPREAD if place[0] <= end]
    node = Node([heartbeat(*place) for place in SPREAD], limit)
    found = node.all(search(end=end, backwards=backwards))
    assert places(found) == sorted(expected, reverse=backwards)
    assert {entry.name for entry in found} == {"Heartbeat"}
    assert {entry.values["account"] for entry in found} == {ACCOUNT.lower()}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_everything_is_found_whatever_the_limit_of_results(limit: int, backwards: bool) -> None:
    logs = [heartbeat(block) for block in [*range(100, 200), *range(0, LATEST, 997)] if block not in (0,)]
    unique = {log["blockNumber"]: log for log in logs}
    node = Node(list(unique.values()), results=limit)
    found = node.all(search(backwards=backwards))
    assert places(found) == sorted(((int(block, 16), 0) for block in unique), reverse=backwards)


def test_everything_is_found_where_large_questions_run_out_of_time() -> None:
    late = ChainError("The node takes too long to answer. Try again, or use another one.")
    node = Node([heartbeat(*place) for place in SPREAD], 64, error=lambda: late)
    assert places(node.all(search())) == SPREAD


def test_what_a_node_words_as_a_revert_is_a_refusal_like_others() -> None:
    node = Node([heartbeat(*place) for place in SPREAD], 640, error=lambda: Refused("The contract refused it."))
    assert places(node.all(search())) == SPREAD


@pytest.mark.parametrize("backwards", [False, True])
def test_no_block_is_asked_for_in_vain_or_left_out(backwards: bool) -> None:
    node = Node([], 700)
    node.all(search(start=17, end=15_000, backwards=backwards))
    taken = sorted((low, high) for low, high in node.asked if high - low < 700)
    assert taken[0][0] == 17
    assert taken[-1][1] == 15_000
    assert all(high + 1 == low for (_, high), (low, _) in zip(taken, taken[1:], strict=False))


@pytest.mark.parametrize("backwards", [False, True])
def test_a_search_goes_on_where_another_was_broken_off(backwards: bool) -> None:
    node = Node([heartbeat(*place) for place in SPREAD], 1000)
    first = search(backwards=backwards)
    found = []
    for _ in range(5):
        found += node.run(first.page())
    assert 0 < first.looked_at < 1
    start, end = (0, first.cursor) if backwards else (first.cursor, LATEST)
    found += node.all(search(start, end, backwards))
    assert places(found) == sorted(SPREAD, reverse=backwards)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_piece_that_fails_is_asked_for_again_by_the_same_search(backwards: bool) -> None:
    node = Node([heartbeat(*place) for place in SPREAD], 1000)
    searching = search(backwards=backwards)
    found = list(node.run(searching.page()))
    limit, node.blocks = node.blocks, 0
    with pytest.raises(ChainError):
        node.run(searching.page())
    node.blocks = limit
    assert places(found + node.all(searching)) == sorted(SPREAD, reverse=backwards)


def test_progress_goes_from_nothing_to_all() -> None:
    for backwards in (False, True):
        node, searching = Node([], 3000), search(backwards=backwards)
        seen = [searching.looked_at]
        while not searching.done:
            node.run(searching.page())
            seen.append(searching.looked_at)
        assert seen == sorted(seen)
        assert (seen[0], seen[-1]) == (0, 1)


@pytest.mark.parametrize("backwards", [False, True])
def test_nothing_is_asked_where_there_is_nothing_to_look_at(backwards: bool) -> None:
    node, empty = Node([]), search(start=10, end=9, backwards=backwards)
    assert empty.done
    assert empty.looked_at == 1
    assert node.run(empty.page()) == []
    assert node.asked == []


# -------------------------------------------------------------------------------- how much is asked


@pytest.mark.parametrize("backwards", [False, True])
def test_a_million_blocks_in_pieces_of_ten_thousand_take_little_more_than_a_hundred_questions(backwards: bool) -> None:
    node = Node([], 10_000)
    node.all(search(end=999_999, backwards=backwards))
    assert len(node.asked) <= 130


def test_a_node_without_a_limit_is_asked_once() -> None:
    node = Node([heartbeat(*place) for place in SPREAD])
    node.all(search())
    assert len(node.asked) == 1


@pytest.mark.parametrize("backwards", [False, True])
def test_one_crowded_place_does_not_make_the_rest_slow(backwards: bool) -> None:
    crowd = [heartbeat(500_000 + block, position) for block in range(3) for position in range(90)]
    node = Node(crowd, 10_000, results=100)
    found = node.all(search(end=999_999, backwards=backwards))
    assert places(found) == sorted(places(found), reverse=backwards)
    assert len(found) == len(crowd)
    assert len(node.asked) <= 220


def test_a_limit_that_falls_meanwhile_is_followed() -> None:
    node, searching = Node([heartbeat(*place) for place in SPREAD], 5_000), search()
    found = [*node.run(searching.page()), *node.run(searching.page())]
    node.blocks = 100
    assert places(found + node.all(searching)) == SPREAD


# ------------------------------------------------------------------------------- nodes that misbehave


def test_a_node_that_is_gone_is_asked_once() -> None:
    gone = ChainError("The node does not answer.")
    gone.code = UNREACHABLE
    node = Node([], 1, error=lambda: gone)
    with pytest.raises(ChainError) as caught:
        node.run(search().page())
    assert caught.value is gone
    assert len(node.asked) == 1


def test_a_node_that_refuses_a_single_block_is_given_up() -> None:
    node = Node([], 0)
    with pytest.raises(ChainError, match="query exceeds the limit"):
        node.run(search(end=999_999).page())
    assert len(node.asked) <= 12
    assert node.asked[-1][0] == node.asked[-1][1]


def test_a_single_block_that_is_refused_in_the_words_of_a_contract_makes_no_sense() -> None:
    node = Node([], 0, error=lambda: Refused("The contract refused it."))
    with pytest.raises(ChainError, match="makes no sense"):
        node.run(search().page())


class Ignorant(Node):
    """Answers the same, whatever the filter says."""

    def find(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        return self.logs


def cancelled(block: int, account: str = ACCOUNT) -> dict[str, Any]:
    topics = ["0x" + topic.hex() for topic in (CANCELLED.topic, word(account), word(1))]
    log = heartbeat(block)
    return {**log, "topics": topics, "data": "0x" + encode(["uint256", "address"], [1, OTHER]).hex()}


def test_a_node_that_ignores_the_filter_is_not_believed() -> None:
    logs = [
        heartbeat(5),
        heartbeat(6, address=OTHER),
        heartbeat(7, account=OTHER),
        cancelled(8),
        {**heartbeat(9), "topics": ["0x" + "12" * 32, "0x" + word(ACCOUNT).hex()]},
        {**heartbeat(10), "topics": []},
        {**heartbeat(11), "topics": None},
    ]
    assert places(Ignorant(logs).all(search())) == [(5, 0)]


def test_addresses_are_the_same_however_they_are_written() -> None:
    logs = [heartbeat(5, address=MODULE.lower()), heartbeat(6, address="0x" + MODULE[2:].upper())]
    assert places(Ignorant(logs).all(search())) == [(5, 0), (6, 0)]


@pytest.mark.parametrize("block", [9, 21, 2**63])
def test_an_event_of_a_block_that_was_not_asked_for_makes_no_sense(block: int) -> None:
    with pytest.raises(ChainError, match="other blocks than were asked for"):
        Ignorant([heartbeat(block)]).run(search(10, 20).page())


def test_all_events_are_searched_if_none_are_named() -> None:
    found = Node([heartbeat(5), cancelled(6)]).all(search(names=()))
    assert [entry.name for entry in found] == ["Heartbeat", "RecoveryCancelled"]
    asked: list[Ask] = []
    steps = search(names=()).page()
    asked.append(next(steps))  # type: ignore[arg-type]
    assert asked[0].params[0]["topics"] == [None, "0x" + word(ACCOUNT).hex()]


def test_the_question_names_the_contract_the_events_and_the_account() -> None:
    steps = search(3, 7, names=("Heartbeat", "RecoveryCancelled")).page()
    assert next(steps) == Ask(
        "eth_getLogs",
        (
            {
                "address": [MODULE],
                "topics": [["0x" + HEARTBEAT.topic.hex(), "0x" + CANCELLED.topic.hex()], "0x" + word(ACCOUNT).hex()],
                "fromBlock": "0x3",
                "toBlock": "0x7",
            },
        ),
    )


NONSENSE: list[Any] = [
    *(None, 5, "0x", {}, True),
    *([5], ["0x"], [None], [[]]),
    *([{}], [{"topics": 5}], [{"topics": "0x12"}], [{"topics": [5]}]),
    *(
        [{**heartbeat(5), name: value}]
        for name in ("blockNumber", "logIndex", "transactionHash")
        for value in (None, "x")
    ),
    [{**heartbeat(5), "blockNumber": -1}],
    [{**heartbeat(5), "topics": [*heartbeat(5)["topics"], "0x" + word(1).hex()]}],
    [{**heartbeat(5), "topics": heartbeat(5)["topics"][:1]}],
    [{**heartbeat(5), "data": "zz"}],
    [{**cancelled(5), "data": "0x12"}],
]


@pytest.mark.parametrize("answer", NONSENSE, ids=lambda answer: repr(answer)[:60])
def test_nonsense_is_one_clear_error_and_never_an_event(answer: Any) -> None:
    searching = search(names=())
    steps = searching.page()
    next(steps)
    try:
        steps.send(answer)
    except ChainError as error:
        assert "makes no sense" in error.message
        assert searching.cursor == 0  # it is not taken as looked at
    except StopIteration as done:
        assert done.value == []


# ---------------------------------------------------------------------------------- where it begins


@pytest.mark.parametrize("backwards", [False, True])
def test_the_start_is_looked_for_only_if_the_node_does_not_hand_out_everything(backwards: bool) -> None:
    node = Node([heartbeat(*place) for place in SPREAD])
    assert len(node.all(search(None, backwards=backwards))) == len(SPREAD)
    assert node.others == 0


@pytest.mark.parametrize("backwards", [False, True])
def test_a_search_begins_where_the_contract_was_deployed(backwards: bool) -> None:
    places_after = [place for place in SPREAD if place[0] >= 9_999]
    node = Node([heartbeat(*place) for place in places_after], 1000, deployed=9_990)
    searching = search(None, backwards=backwards)
    assert places(node.all(searching)) == sorted(places_after, reverse=backwards)
    assert searching.start == 9_990
    assert min(low for low, _ in node.asked[1:]) == 9_990
    assert node.others <= 17


@pytest.mark.parametrize("backwards", [False, True])
def test_a_range_that_ends_before_the_contract_was_deployed_holds_nothing(backwards: bool) -> None:
    node = Node([], 100, deployed=15_000)
    searching = search(None, 12_000, backwards)
    assert node.all(searching) == []
    assert len(node.asked) == 1
    assert searching.looked_at == 1


@pytest.mark.parametrize("deployed", [0, 1, 2, 777, LATEST - 1, LATEST])
def test_the_first_block_of_a_contract_is_found(deployed: int) -> None:
    assert Node([], deployed=deployed).run(first_block(MODULE)) == deployed


def test_a_node_without_old_state_makes_a_search_begin_at_the_beginning() -> None:
    assert Node([], deployed=5_000, pruned=15_000).run(first_block(MODULE)) == 0
    node = Node([heartbeat(*place) for place in SPREAD], 1000, pruned=LATEST)
    assert places(node.all(search(None))) == SPREAD


def test_a_node_that_is_gone_is_not_taken_for_one_without_old_state() -> None:
    gone = ChainError("The node does not answer.")
    gone.code = UNREACHABLE
    steps = first_block(MODULE)
    next(steps)
    steps.send(hex(LATEST))
    with pytest.raises(ChainError, match="does not answer"):
        steps.throw(gone)


# -------------------------------------------------------------------------------------- a real chain


@pytest.fixture
def busy(live: Live) -> Iterator[tuple[Live, str]]:
    owners, policy = owners_of("owner"), policy_of(rotate("ana", "ben"))
    live.client.send(live.client.create_wallet(owners, policy), person("payer"))
    wallet = live.client.deployment.wallet_address(owners, policy)
    for _ in range(5):
        live.client.send(live.client.publish(wallet, policy), person("payer"))
        live.ask("anvil_mine", "0x7")
    yield live, wallet


def test_the_history_of_an_account_is_read_from_a_chain(busy: tuple[Live, str]) -> None:
    live, wallet = busy
    searching = live.client.history(wallet)
    found: list[Entry] = []
    while not searching.done:
        found += live.client.page(searching)
    assert [entry.name for entry in found] == ["PolicyConfigured", *["PolicyPublished"] * 5]
    assert places(found) == sorted(places(found))
    assert {entry.values["account"] for entry in found} == {wallet.lower()}
    receipt = live.web3.eth.get_transaction_receipt(found[-1].transaction)  # type: ignore[arg-type]
    assert receipt["blockNumber"] == found[-1].block


def test_the_first_block_of_the_module_is_found_on_a_chain(busy: tuple[Live, str]) -> None:
    from recovery.rpc import run

    live, _ = busy
    module = live.client.deployment.module
    found = run(live.web3, first_block(module))
    assert live.web3.eth.get_code(module, found)  # type: ignore[arg-type]
    assert not live.web3.eth.get_code(module, found - 1)  # type: ignore[arg-type]
