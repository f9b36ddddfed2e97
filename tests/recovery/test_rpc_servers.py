"""Whatever a server or a library does, both clients say the same of it, in words that show no secret."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import aiohttp
import pytest
from eth_abi.exceptions import InsufficientDataBytes
from requests import exceptions as http
from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, LegacyWebSocketProvider, Web3
from web3.exceptions import BadResponseFormat, ExtraDataLengthError
from websockets.exceptions import ConnectionClosedError

from recovery import rpc
from recovery.errors import ChainError, RecoveryError
from recovery.rpc import UNREACHABLE
from tests.recovery.rpc_world import BOTH, KEY, SECRET, once, raising

# ------------------------------------------------------------------------------------------- translation

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
