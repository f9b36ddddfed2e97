from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import aiohttp
import pytest
from eth_abi import encode
from eth_abi.exceptions import InsufficientDataBytes
from eth_utils import keccak
from requests import exceptions as http
from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, LegacyWebSocketProvider, Web3
from web3.exceptions import BadResponseFormat, ContractLogicError, ExtraDataLengthError, Web3RPCError
from web3.providers import BaseProvider
from web3.providers.async_base import AsyncBaseProvider
from websockets.exceptions import ConnectionClosedError

from recovery import abi, lens, rpc
from recovery.contracts import canonical_deployment
from recovery.errors import ChainError, InvalidInput, RecoveryError, Refused
from recovery.rpc import UNREACHABLE, Ask, Pause, Steps, Together

KEY = "key-of-mine"
ASK = Ask("eth_chainId")


def once(question: rpc.Question = ASK) -> Steps[Any]:
    return (yield question)


class Node(BaseProvider):
    """Answers as it is told to."""

    def __init__(self, answer: Callable[[str, Any], Any]) -> None:
        super().__init__()
        self.answer = answer

    def make_request(self, method: Any, params: Any) -> Any:
        return self.answer(method, params)


class AsyncNode(AsyncBaseProvider):
    """The same for asyncio."""

    def __init__(self, answer: Callable[[str, Any], Any]) -> None:
        super().__init__()
        self.answer = answer

    async def make_request(self, method: Any, params: Any) -> Any:
        answer = self.answer(method, params)
        return await answer if asyncio.iscoroutine(answer) else answer


def result(value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 0, "result": value}


def error(**fields: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, **fields}}


def blocking(answer: Any, steps: Callable[[], Steps[Any]] = once) -> Any:
    return rpc.run(Web3(Node(answer)), steps())


def awaited(answer: Any, steps: Callable[[], Steps[Any]] = once) -> Any:
    return asyncio.run(rpc.arun(AsyncWeb3(AsyncNode(answer)), steps()))


BOTH = pytest.mark.parametrize("ask", [blocking, awaited])


def raising(what: BaseException) -> Callable[..., Any]:
    def answer(*_: Any) -> Any:
        raise what

    return answer


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


# ------------------------------------------------------------------------------------------- translation

SECRET = f"https://node.example/v3/{KEY}"
LIBRARY: list[tuple[Exception, str, str]] = [
    (http.ConnectionError(SECRET), "does not answer", UNREACHABLE),
    (http.SSLError(SECRET), "does not answer", UNREACHABLE),
    (http.ProxyError(SECRET), "does not answer", UNREACHABLE),
    (http.ChunkedEncodingError(SECRET), "does not answer", UNREACHABLE),
    (ConnectionRefusedError(SECRET), "does not answer", UNREACHABLE),
    (aiohttp.ClientConnectionError(SECRET), "does not answer", UNREACHABLE),
    (aiohttp.ServerDisconnectedError(SECRET), "does not answer", UNREACHABLE),
    (aiohttp.ClientPayloadError(SECRET), "does not answer", UNREACHABLE),
    (http.ReadTimeout(SECRET), "takes too long", "chain"),
    (http.ConnectTimeout(SECRET), "takes too long", "chain"),
    (TimeoutError(SECRET), "takes too long", "chain"),
    (asyncio.TimeoutError(SECRET), "takes too long", "chain"),
    (aiohttp.ServerTimeoutError(SECRET), "takes too long", "chain"),
    (http.InvalidURL(SECRET), "does not speak JSON-RPC", "chain"),
    (http.MissingSchema(SECRET), "does not speak JSON-RPC", "chain"),
    (http.InvalidSchema(SECRET), "does not speak JSON-RPC", "chain"),
    (aiohttp.InvalidURL(SECRET), "does not speak JSON-RPC", "chain"),
    (aiohttp.NonHttpUrlClientError(SECRET), "does not speak JSON-RPC", "chain"),
    (http.JSONDecodeError(SECRET, "", 0), "does not speak JSON-RPC", "chain"),
    (aiohttp.ContentTypeError(None, (), message=SECRET), "does not speak JSON-RPC", "chain"),  # type: ignore[arg-type]
    (RecursionError(SECRET), "makes no sense", "chain"),
    (json.JSONDecodeError(SECRET, "", 0), "makes no sense", "chain"),
    (UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, "no"), "makes no sense", "chain"),
    (BadResponseFormat(SECRET), "makes no sense", "chain"),
    (ExtraDataLengthError(SECRET), "makes no sense", "chain"),
    (InsufficientDataBytes(SECRET), "makes no sense", "chain"),
    *((kind(SECRET), "makes no sense", "chain") for kind in (ValueError, TypeError, KeyError, AttributeError)),
    *((kind(SECRET), "makes no sense", "chain") for kind in (IndexError, OverflowError)),
]


@BOTH
@pytest.mark.parametrize(("raised", "message", "code"), LIBRARY, ids=lambda value: type(value).__name__)
def test_whatever_a_library_raises_is_one_clear_error_without_its_text(
    ask: Any, raised: Exception, message: str, code: str
) -> None:
    with pytest.raises(ChainError, match=message) as caught:
        ask(raising(raised))
    assert caught.value.code == code
    assert KEY not in caught.value.message
    assert caught.value.__cause__ is raised


@BOTH
@pytest.mark.parametrize("raised", [KeyboardInterrupt(), RuntimeError("a fault of ours")])
def test_what_no_node_can_cause_is_not_hidden(ask: Any, raised: BaseException) -> None:
    with pytest.raises(type(raised)):
        ask(raising(raised))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 500, 502, 503, 504])
def test_both_clients_say_the_same_of_a_status(status: int) -> None:
    response = type("Response", (), {"status_code": status})()
    info: Any = None
    messages = []
    for raised in (
        http.HTTPError(SECRET, response=response),  # type: ignore[arg-type]
        aiohttp.ClientResponseError(info, (), status=status, message=SECRET),
    ):
        with pytest.raises(ChainError) as caught:
            rpc.ask(raising(raised))
        messages.append((caught.value.code, caught.value.message))
    assert messages[0] == messages[1]
    assert KEY not in messages[0][1]
    assert (messages[0][0] == UNREACHABLE) == (status in (401, 403))
    assert str(status) in messages[0][1]


# ------------------------------------------------------------------------------------------ real servers


@contextmanager
def serving(status: int, body: bytes, kind: str = "application/json") -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v3/{KEY}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def outcomes(address: str, timeout: float = 10) -> list[tuple[str, str]]:
    """What both clients make of a server: code and message of the error, or the answer."""

    async def of_asyncio() -> Any:
        provider = AsyncHTTPProvider(
            address,
            {"timeout": aiohttp.ClientTimeout(timeout)},
            exception_retry_configuration=None,
        )
        try:
            return await rpc.arun(AsyncWeb3(provider), once())
        finally:
            await provider.disconnect()

    provider = HTTPProvider(address, {"timeout": timeout}, exception_retry_configuration=None)
    found = []
    for get in (lambda: rpc.run(Web3(provider), once()), lambda: asyncio.run(of_asyncio())):
        try:
            found.append(("answer", repr(get())))
        except RecoveryError as raised:
            found.append((raised.code, raised.message))
    return found


@pytest.mark.parametrize(
    ("status", "body", "kind", "expected"),
    [
        (200, b'{"jsonrpc":"2.0","id":0,"result":"0x5"}', "application/json", "'0x5'"),
        (200, b'{"jsonrpc":"2.0","id":0,"error":{"code":-1,"message":"no"}}', "application/json", "refuses: no."),
        (200, b"<html>hello</html>", "text/html", "makes no sense"),
        (200, b"<html>hello</html>", "application/json", "makes no sense"),
        (200, b"", "application/json", "makes no sense"),
        (200, b"[" * 100_000, "application/json", "makes no sense"),
        (200, b'{"jsonrpc":"2.0","id":0,"result":"0x5"', "application/json", "makes no sense"),
        (200, b"\xff\xfe", "application/json", "makes no sense"),
        (200, b'"hello"', "application/json", "makes no sense"),
        (200, b"[]", "application/json", "makes no sense"),
        (200, b"{}", "application/json", "makes no sense"),
        (401, b"", "text/plain", "refuses you (HTTP 401)"),
        (403, b"{}", "application/json", "refuses you (HTTP 403)"),
        (404, b"not found", "text/plain", "makes no sense: HTTP 404"),
        (429, b"", "text/plain", "too many questions"),
        (500, b"", "text/plain", "out of order (HTTP 500)"),
        (503, b"<html>", "text/html", "out of order (HTTP 503)"),
    ],
)
def test_both_clients_make_the_same_of_a_server(status: int, body: bytes, kind: str, expected: str) -> None:
    with serving(status, body, kind) as address:
        first, second = outcomes(address)
    assert first == second
    assert expected in first[1]
    assert KEY not in first[1]


def test_both_clients_say_the_same_of_a_server_that_is_not_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        first, second = outcomes(f"http://127.0.0.1:{probe.getsockname()[1]}/v3/{KEY}")
    assert first == second
    assert first[0] == UNREACHABLE
    assert KEY not in first[1]


def test_both_clients_say_the_same_of_a_server_that_never_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        first, second = outcomes(f"http://127.0.0.1:{silent.getsockname()[1]}/v3/{KEY}", 0.05)
    assert first == second
    assert "takes too long" in first[1]
    assert KEY not in first[1]


@pytest.mark.parametrize("address", [f"node.example/{KEY}", f"ftp://node.example/{KEY}", f"http:///{KEY}", "http://["])
def test_both_clients_say_the_same_of_what_is_no_address(address: str) -> None:
    first, second = outcomes(address)
    assert first == second
    assert first[0] == "chain"
    assert KEY not in first[1]


def over_a_web_socket(address: str) -> ChainError:
    with pytest.raises(ChainError) as caught:
        rpc.run(Web3(LegacyWebSocketProvider(address, websocket_timeout=10)), once())
    assert KEY not in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("status", "message"), [(401, "refuses you"), (429, "too many questions"), (503, "out of order"), (404, "HTTP 404")]
)
def test_a_web_socket_that_is_refused_is_said_like_a_request(status: int, message: str) -> None:
    with serving(status, b"") as address:
        assert message in over_a_web_socket(address.replace("http", "ws", 1)).message


@pytest.mark.parametrize("address", [f"ws:///{KEY}", f"ws://node.example:0/{KEY}#x"])
def test_what_is_no_address_of_a_web_socket_is_said_without_showing_it(address: str) -> None:
    assert "does not speak JSON-RPC" in over_a_web_socket(address).message


def test_a_web_socket_that_nobody_listens_at_is_said_without_showing_it() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert over_a_web_socket(f"ws://127.0.0.1:{probe.getsockname()[1]}/{KEY}").code == UNREACHABLE


@BOTH
def test_a_web_socket_that_is_closed_is_a_node_that_does_not_answer(ask: Any) -> None:
    with pytest.raises(ChainError, match="does not answer") as caught:
        ask(raising(ConnectionClosedError(None, None)))
    assert caught.value.code == UNREACHABLE


# ------------------------------------------------------------------------------------ refusals of contracts

REVERT = keccak(text="RecoveryNotStarted(uint256)")[:4] + encode(["uint256"], [7])
TEXT = keccak(text="Error(string)")[:4] + encode(["string"], ["not today"])
PANIC = keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [0x11])
HEX = "0x" + REVERT.hex()

REVERTED: list[dict[str, Any]] = [
    {"code": 3, "message": "execution reverted", "data": HEX},
    {"code": 3, "message": "no word of it", "data": HEX},
    {"code": -32000, "message": "execution reverted", "data": HEX},
    {"code": -32000, "message": "VM Exception while processing transaction: revert", "data": {"data": HEX}},
    {"code": -32603, "message": "Error: reverted", "data": {"message": "reverted", "result": HEX}},
    {"code": -32015, "message": "VM execution error.", "data": "Reverted " + HEX},
    {"code": -32015, "message": "VM execution error.", "data": HEX},
]


@BOTH
@pytest.mark.parametrize("fields", REVERTED, ids=lambda fields: f"{fields['code']} {type(fields['data']).__name__}")
def test_what_a_contract_refuses_is_in_words_however_a_node_wraps_it(ask: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        ask(lambda *_: error(**fields))
    assert (refused.value.code, refused.value.arguments) == ("RecoveryNotStarted", (7,))


@BOTH
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"code": 3, "message": "execution reverted"}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": None}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": "0x"}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": "0xzz"}, "The contract refused it."),
        ({"code": 3, "message": "no word of it", "data": "0x"}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": {}}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": ["0x"]}, "The contract refused it."),
        ({"code": -32000, "message": "execution reverted: not today"}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": "0x" + TEXT.hex()}, "refused it: not today."),
        ({"code": 3, "message": "execution reverted", "data": "0x" + PANIC.hex()}, "The contract refused it."),
        ({"code": 3, "message": "execution reverted", "data": HEX[:40]}, "refused it: RecoveryNotStarted."),
    ],
)
def test_a_refusal_without_a_reason_of_ours_is_still_a_refusal(ask: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused) as refused:
        ask(lambda *_: error(**fields))
    assert refused.value.message.endswith(message)


@BOTH
@pytest.mark.parametrize(
    "fields",
    [
        {"code": -32000, "message": "header not found"},
        {"code": -32005, "message": "limit exceeded", "data": {"from": "0x1", "to": "0x2", "limit": 3}},
        {"code": -32602, "message": "range too large", "data": "try 0x12-0x34"},
        {"code": -32602, "message": "range too large", "data": "0x12"},
        {"code": -32000, "message": "already known", "data": "0x" + "12" * 32},
        {"code": -32000, "message": "nonce too low", "data": 5},
    ],
    ids=lambda fields: fields["message"],
)
def test_what_the_node_refuses_is_not_taken_for_a_contract(ask: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ChainError, match=f"refuses: {fields['message']}"):
        ask(lambda *_: error(**fields))


def test_a_library_that_has_understood_the_revert_itself_is_understood() -> None:
    for what in (HEX, {"data": HEX}):
        with pytest.raises(Refused) as refused:
            rpc.ask(raising(ContractLogicError("execution reverted", data=what)))
        assert refused.value.code == "RecoveryNotStarted"


@BOTH
@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("no", "no."),
        ("no.", "no."),
        ("two\nlines\x1b[31m\u202e", "two lines [31m."),
        ("", "it does not say why."),
        ("  \n", "it does not say why."),
        ("x" * 5000, "x" * 200 + "."),
        (f"see {SECRET} for more", "see (address) for more."),
        (f"wss://node.example/{KEY}", "(address)."),
    ],
)
def test_a_nodes_own_words_are_one_harmless_line_without_addresses(ask: Any, message: Any, shown: str) -> None:
    with pytest.raises(ChainError) as caught:
        ask(lambda *_: error(code=-32000, message=message))
    assert caught.value.message == f"The node refuses: {shown}"


@pytest.mark.parametrize("response", [None, {}, {"error": None}, {"error": "no"}, {"error": ["no"]}, {"error": {}}])
def test_an_error_of_any_shape_is_one_clear_error(response: Any) -> None:
    with pytest.raises(ChainError, match=r"^The node refuses: .*\.$"):
        rpc.ask(raising(Web3RPCError(SECRET, rpc_response=response)))


# -------------------------------------------------------------------------------------- many accounts

ACCOUNTS = ["0x" + f"{number:040x}" for number in range(1, 17)]


def reading(answer: Callable[[str, Any], Any]) -> tuple[list[str], Any]:
    """Which methods are asked while the lens reads many accounts, and what comes of it."""
    asked: list[str] = []
    block = {"number": "0x5", "timestamp": "0x7"}

    def node(method: str, params: Any) -> Any:
        asked.append(method)
        given = {"eth_getBlockByNumber": result(block), "eth_getCode": result("0x6001"), "eth_chainId": result("0x1")}
        return given[method] if method in given else answer(method, params)

    try:
        return asked, blocking(node, lambda: lens.states(canonical_deployment(), ACCOUNTS, 1))
    except RecoveryError as raised:
        return asked, raised


def test_a_node_that_is_gone_is_not_asked_about_each_account() -> None:
    asked, raised = reading(raising(ConnectionRefusedError()))
    assert raised.code == UNREACHABLE
    assert asked.count("eth_call") == 1


def test_one_account_that_cannot_be_read_does_not_hide_the_others() -> None:
    read, slots = (abi.function(*names) for names in (("RecoveryLens", "read"), ("WalletRecoveryModule", "slotsOf")))
    bad = ACCOUNTS[5]

    def answer(_: str, params: Any) -> Any:
        calldata = bytes.fromhex(params[0]["data"][2:])
        if calldata[:4] == slots.selector:
            assert slots.arguments(calldata)["account"] == bad
            return result("0x" + encode(["uint256[]"], [[9 << 64, 0, 0]]).hex())
        packed = list(read.arguments(calldata).values())[1]
        if bytes.fromhex(bad[2:]) in packed:
            return error(message="out of gas")
        words = [1, 8 << 64, 0, 0, 0, 0] * (len(packed) // 20)
        return result("0x" + encode(["uint256[]"], [words]).hex())

    asked, states = reading(answer)
    assert [state.account.lower() for state in states] == ACCOUNTS
    assert [state.readable for state in states] == [account != bad for account in ACCOUNTS]
    assert all(state.configured for state in states)
    assert asked.count("eth_call") <= 12


@pytest.mark.parametrize("words", [[], [0] * 95, [0] * 97])
def test_a_lens_that_answers_too_few_or_too_many_words_is_refused(words: list[int]) -> None:
    _, raised = reading(lambda *_: result("0x" + encode(["uint256[]"], [words]).hex()))
    assert isinstance(raised, ChainError)
    assert f"answers {len(words)} words instead of 96" in raised.message
