"""Questions are carried to a node in turn, and only answers that make sense come back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from web3 import AsyncWeb3

from recovery import rpc
from recovery.errors import ChainError, InvalidInput
from recovery.rpc import Ask, Pause, Steps, Together
from tests.recovery.rpc_world import ASK, BOTH, AsyncNode, awaited, blocking, error, once, raising, result

# -------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0x0", 0), ("0x10", 16), ("0x0010", 16), ("0xFf", 255), (0, 0), (7, 7), ("0x" + "f" * 64, 2**256 - 1)],
)
def test_quantities_are_hexadecimal_or_numbers(value: Any, expected: int) -> None:
    assert rpc.quantity(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 1.0, -1, [], {}, b"\x01", "", "1", "10", "ff"),
        *("0x", "0X10", "-0x1", "0x-1", "0x+1", "0x1_0", "0x 1", " 0x1", "0x1 ", "0x1\n", "0x１", "0xg", "0x1.0"),  # noqa: RUF001
        *("0x1" + "0" * 64, 2**256),
    ],
)
def test_what_is_no_quantity_makes_no_sense(value: Any) -> None:
    with pytest.raises(ChainError, match="makes no sense"):
        rpc.quantity(value)


@pytest.mark.parametrize("limit", [1, 2, 2**64])
def test_a_quantity_stays_below_its_limit(limit: int) -> None:
    assert rpc.quantity(hex(limit - 1), limit) == limit - 1
    with pytest.raises(ChainError, match="makes no sense"):
        rpc.quantity(hex(limit), limit)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0x", b""), ("0x00", b"\0"), ("0xAbcd", b"\xab\xcd"), (b"\x01", b"\x01"), (bytearray(2), b"\0\0")],
)
def test_data_is_hexadecimal_or_bytes(value: Any, expected: bytes) -> None:
    found = rpc.data(value)
    assert found == expected
    assert type(found) is bytes


@pytest.mark.parametrize(
    "value", [None, True, 1, [], {}, "", "00", "0x0", "0xabc", "0xzz", "0x00 11", " 0x00", "0x00\n", "0X00", "0x0_0_"]
)
def test_what_is_no_data_makes_no_sense(value: Any) -> None:
    with pytest.raises(ChainError, match="makes no sense"):
        rpc.data(value)


def test_a_field_is_of_an_object() -> None:
    assert rpc.field({"a": 1}, "a") == 1
    assert rpc.field({"a": 1}, "b") is None
    for value in (None, 1, "a", [], b""):
        with pytest.raises(ChainError, match="makes no sense"):
            rpc.field(value, "a")


def test_a_block_that_is_not_there_is_said() -> None:
    steps = rpc.block(7)
    assert next(steps) == Ask("eth_getBlockByNumber", ("0x7", False))
    with pytest.raises(ChainError, match="does not know this block"):
        steps.send(None)
    assert next(rpc.block()) == Ask("eth_getBlockByNumber", ("latest", False))


# ------------------------------------------------------------------------------------ carrying questions


@BOTH
def test_questions_are_carried_and_answered_in_turn(ask: Any) -> None:
    seen: list[Any] = []

    def answer(method: str, params: Any) -> Any:
        seen.append((method, list(params)))
        return result(len(seen))

    def steps() -> Steps[Any]:
        first = yield Ask("a", (1, "x"))
        both = yield Together((Ask("b"), Ask("c", ([],))))
        return first, list(both)

    assert ask(answer, steps) == (1, [2, 3])
    assert seen == [("a", [1, "x"]), ("b", []), ("c", [[]])]


@BOTH
def test_nothing_asked_is_an_answer_at_once(ask: Any) -> None:
    def steps() -> Steps[str]:
        return "done"
        yield ASK

    assert ask(raising(AssertionError()), steps) == "done"


@BOTH
def test_steps_can_deal_with_an_error_and_go_on(ask: Any) -> None:
    def steps() -> Steps[Any]:
        try:
            yield Ask("broken")
        except ChainError:
            return (yield Ask("works"))

    assert ask(lambda method, _: result(5) if method == "works" else error(message="no"), steps) == 5


@BOTH
def test_errors_of_the_steps_themselves_come_out_as_they_are(ask: Any) -> None:
    def steps() -> Steps[Any]:
        yield ASK
        raise InvalidInput("no.")

    with pytest.raises(InvalidInput, match=r"^no\.$"):
        ask(lambda *_: result(1), steps)


@BOTH
def test_of_several_errors_the_first_in_order_counts(ask: Any) -> None:
    questions = Together((Ask("good"), Ask("first"), Ask("second")))
    with pytest.raises(ChainError, match=r"refuses: first\."):
        ask(lambda method, _: result(1) if method == "good" else error(message=method), lambda: once(questions))


def test_of_several_errors_the_first_in_order_counts_even_if_it_comes_last() -> None:
    later = asyncio.Event()

    async def answer(method: str) -> Any:
        if method == "first":
            await later.wait()
        later.set()
        return error(message=method)

    questions = Together((Ask("first"), Ask("second")))
    with pytest.raises(ChainError, match=r"refuses: first\."):
        awaited(lambda method, _: answer(method), lambda: once(questions))


def test_what_can_be_asked_at_the_same_time_is() -> None:
    waiting, all_there = [], asyncio.Event()

    async def answer(method: str) -> Any:
        waiting.append(method)
        if len(waiting) == 3:
            all_there.set()
        await all_there.wait()  # nobody is answered before all have asked
        return result(method)

    questions = Together(tuple(Ask(name) for name in "abc"))

    def steps() -> Steps[Any]:
        return (yield questions)

    async def main() -> Any:
        web3 = AsyncWeb3(AsyncNode(lambda method, _: answer(method)))
        return await asyncio.wait_for(rpc.arun(web3, steps()), 10)

    assert list(asyncio.run(main())) == ["a", "b", "c"]


def test_a_pause_is_slept_through_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[Any] = []

    async def sleep(seconds: float) -> None:
        slept.append(("async", seconds))

    monkeypatch.setattr(rpc.time, "sleep", lambda seconds: slept.append(("blocking", seconds)))
    monkeypatch.setattr(rpc.asyncio, "sleep", sleep)
    for ask in (blocking, awaited):
        assert ask(raising(AssertionError()), lambda: once(Pause(2.5))) is None
    assert slept == [("blocking", 2.5), ("async", 2.5)]
