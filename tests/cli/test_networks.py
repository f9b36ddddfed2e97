"""Nodes that are not there, refuse, lie, or answer nonsense: one clear sentence, nothing signed, no secret said."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from recovery.cli import cli
from recovery.contracts import canonical_deployment
from tests.cli.conftest import NEW, OWNER, PAYER, Console, Setting, asked, signed
from tests.live import PASSWORD, Live
from tests.proxy import SECRET, error, node, result
from tests.world import person

ANYBODY = "0x" + "11" * 20
DEEP = b"[" * 200_000
LONG = "0x" + "00" * 5_000_000
#: What a node could say where something else was asked for.
NONSENSE: dict[str, Any] = {
    "nothing": None,
    "true": True,
    "a number": 7,
    "a negative number": "-0x7",
    "half a number": 7.5,
    "text": "yes",
    "not quite hexadecimal": "0xzz",
    "no digits": "0x",
    "odd digits": "0x123",
    "one word of zeros": "0x" + "00" * 32,
    "one word of ones": "0x" + "ff" * 32,
    "many words of ones": "0x" + "ff" * 32 * 40,
    "a list": [],
    "a list of lists": [[[]]],
    "an object": {},
    "an object of objects": {"result": {"result": {}}},
    "10 MB": LONG,
}
#: What stands in place of an answer.
BODIES: dict[str, Any] = {
    "html": b"<html><body>Please log in</body></html>",
    "nothing at all": b"",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "a bare number": b"7",
    "bare text": b'"yes"',
    "null": b"null",
    "an object without an answer": b"{}",
    "an error that is text": b'{"jsonrpc": "2.0", "id": 0, "error": "go away"}',
    "an error that is null": b'{"jsonrpc": "2.0", "id": 0, "error": null}',
    "an error that is a list": b'{"jsonrpc": "2.0", "id": 0, "error": []}',
    "an error without anything": b'{"jsonrpc": "2.0", "id": 0, "error": {}}',
    "an error with strange types": b'{"jsonrpc": "2.0", "id": 0, "error": {"code": "x", "message": 7, "data": []}}',
    "brackets without end": DEEP,
    "half an answer": b'{"jsonrpc": "2.0", "id": 0, "result": "0x7a',
}


def speaks_plainly(console: Console, *arguments: str, passwords: int = 0) -> str:
    """Runs a command, which may end well or badly, but says so in a sentence. Returns what it says on stderr."""
    read, write = os.pipe()
    os.write(write, f"{PASSWORD}\n".encode() * passwords)
    os.close(write)
    done = CliRunner(mix_stderr=False).invoke(cli, [*arguments, "--password-fd", str(read)] if passwords else arguments)
    os.close(read)
    console.said += [done.stdout, done.stderr]
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr and "Something unexpected" not in done.stderr, done.stderr
    assert done.exit_code in (0, 1)
    assert done.stderr.count("Error: ") == done.exit_code and len(done.stderr) < 1200, done.stderr
    return done.stderr


# ------------------------------------------------------------------------------------ what is not a network


@pytest.mark.parametrize(
    ("network", "code", "because"),
    [
        ("sepolia", 2, "is not a network"),
        ("ethereum:nowhere:node", 1, "Ape cannot connect to 'ethereum:nowhere:node': No network in 'ethereum' named"),
        ("nosuch:local:test", 1, "Ape cannot connect to 'nosuch:local:test'"),
        ("https://", 2, "names a host"),
        ("file:///etc/passwd", 2, "begins with http://"),
        ("http://[::1", 1, "makes no sense"),
        ("http://a b/", 1, "makes no sense"),
        ("http://:7/", 1, "makes no sense"),
        ("http://127.0.0.1:99999/", 1, "makes no sense"),
        ("http://nosuch.invalid/", 1, "does not answer"),
        ("ws://127.0.0.1:9/", 1, "does not answer"),
    ],
)
def test_what_is_no_network_is_said(console: Console, network: str, code: int, because: str) -> None:
    for command in (("status", ANYBODY), ("heartbeat", ANYBODY, *OWNER, *PAYER)):
        console.refuses(*command, "--network", network, because=because, code=code)
        assert ":." not in console.said[-1]


def test_a_chain_without_the_contracts_is_said(live: Live, console: Console, setting: Setting) -> None:
    live.ask("anvil_setCode", canonical_deployment().factory, "0x")
    console.refuses("status", setting.wallet, because="RecoveryWalletFactory is not deployed on chain 31337")
    live.ask("anvil_setCode", canonical_deployment().factory, "0x00")
    console.refuses("status", setting.wallet, because="is not RecoveryWalletFactory. Do not use it.")


@pytest.mark.parametrize("said", [1, 5, 31338, 11155111, 2**63])
def test_a_node_that_lies_about_its_chain_is_found_out_before_anything_is_signed(
    live: Live, console: Console, setting: Setting, said: int
) -> None:
    def lie(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        return result(question, hex(said)) if question["method"] == "eth_chainId" else really()

    with node(live.url, lie) as liar:
        elsewhere = ("--network", liar.url)
        because = f"The node says that it is of chain {said}, but the contracts there say chain 31337."
        console.refuses("status", setting.wallet, *elsewhere, because=because)
        console.refuses("heartbeat", setting.wallet, *OWNER, *PAYER, *elsewhere, because="Do not use this node")
        request = ("request", "--kit", "kits/kit-ana.json", "--path", "friends", "--new-owner", NEW)
        console.refuses(*request, *elsewhere, because="Do not use this node")


# ------------------------------------------------------------------------------ what does not answer at all


@pytest.mark.parametrize(
    ("status", "because"),
    [
        (401, "The node refuses you (HTTP 401). Check the key in its address."),
        (403, "The node refuses you (HTTP 403)."),
        (404, "makes no sense: HTTP 404"),
        (429, "too many questions from you (HTTP 429). Wait a little"),
        (500, "The node is out of order (HTTP 500)."),
        (503, "The node is out of order (HTTP 503)."),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b'{"error": "no"}'], ids=["nothing", "html", "json"])
def test_a_refusal_by_http_is_said_with_what_to_do(
    live: Live, console: Console, setting: Setting, status: int, because: str, body: bytes
) -> None:
    with node(live.url, lambda *_: (status, body)) as refusing:
        elsewhere = ("--network", refusing.url)
        console.refuses("status", setting.wallet, *elsewhere, because=because)
        console.refuses("heartbeat", setting.wallet, *OWNER, *PAYER, *elsewhere, because=because)
        assert SECRET not in "".join(console.said)


@pytest.mark.parametrize("name", BODIES)
def test_an_answer_that_is_none_is_said(live: Live, console: Console, setting: Setting, name: str) -> None:
    with node(live.url, lambda *_: BODIES[name]) as strange:
        for command in (("status", setting.wallet), ("heartbeat", setting.wallet, *OWNER, *PAYER)):
            said = speaks_plainly(console, *command, "--network", strange.url)
            assert "The node" in said


def test_a_node_that_hangs_up_is_said(live: Live, console: Console, setting: Setting) -> None:
    with node(live.url, lambda *_: None) as rude:
        console.refuses("status", setting.wallet, "--network", rude.url, because="The node does not answer.")


def test_a_slow_node_is_not_waited_for_twice(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.cli.network.TIMEOUT", 0.2)
    over = threading.Event()
    with node(live.url, lambda question, really: over.wait() and really()) as slow:
        console.refuses("status", setting.wallet, "--network", slow.url, because="takes too long to answer. Try again")
        assert slow.methods == ["eth_chainId"]
        over.set()


def test_an_errors_own_words_are_one_harmless_line(live: Live, console: Console, setting: Setting) -> None:
    def refuse(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        return error(question, -32000, f"see https://rpc.example/{SECRET}\n\x1b[31mall is lost " + "x" * 5000)

    with node(live.url, refuse) as wordy:
        said = speaks_plainly(console, "status", setting.wallet, "--network", wordy.url)
    assert "The node refuses: see (address)" in said and "\x1b" not in said and said.count("\n") == 1


# ---------------------------------------------------------------------------------- nonsense at each question


def nonsense_at(method: str, value: Any) -> Callable[[dict[str, Any], Callable[[], Any]], Any]:
    def answer(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        return result(question, value) if question["method"] == method else really()

    return answer


def methods_of(live: Live, console: Console, *command: str, passwords: int = 0) -> list[str]:
    with live.undone(), node(live.url) as watched:
        console.run(*command, "--network", watched.url, passwords=passwords)
        return sorted(set(watched.methods))


STATUS = ["eth_call", "eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_maxPriorityFeePerGas"]


@pytest.mark.parametrize("method", STATUS)
def test_status_makes_sense_of_nonsense_at_any_question(
    live: Live, console: Console, setting: Setting, method: str
) -> None:
    asked(console, "request.json", "--path", "friends", "--new-owner", NEW)
    console.run("start", "request.json", *signed(console, "request.json", "ana", "ben"), *PAYER, passwords=1)
    assert methods_of(live, console, "status", setting.wallet) == STATUS
    for name, value in NONSENSE.items():
        with node(live.url, nonsense_at(method, value)) as strange:
            said = speaks_plainly(console, "status", setting.wallet, "--network", strange.url)
            # What a step costs is the least important of what is said: without it all the rest is there.
            fees = method in ("eth_getBlockByNumber", "eth_maxPriorityFeePerGas")
            assert bool(said) != fees, (name, said)


START = [
    *("eth_call", "eth_chainId", "eth_estimateGas", "eth_getBalance", "eth_getBlockByNumber", "eth_getCode"),
    *("eth_getTransactionCount", "eth_getTransactionReceipt", "eth_maxPriorityFeePerGas", "eth_sendRawTransaction"),
]


@pytest.mark.parametrize("name", ["nothing", "half a number", "text", "a list of lists", "an object"])
@pytest.mark.parametrize("method", START)
def test_start_makes_sense_of_nonsense_at_any_question(
    live: Live, console: Console, setting: Setting, method: str, name: str
) -> None:
    """Whatever a node answers once: in the end, after running it again, the recovery was started once."""
    asked(console, "request.json", "--path", "friends", "--new-owner", NEW)
    start = ("start", "request.json", *signed(console, "request.json", "ana", "ben"), *PAYER)
    before, left = nonce(live), [method]

    def once(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        if question["method"] not in left:
            return really()
        left.clear()
        if method == "eth_sendRawTransaction":
            really()
        return result(question, NONSENSE[name])

    with node(live.url, once) as strange:
        said = speaks_plainly(console, *start, "--network", strange.url, passwords=1)
    assert not left
    assert nonce(live) == before or "Sending transaction 0x" in said
    again = speaks_plainly(console, *start, passwords=1)
    assert nonce(live) == before + 1
    assert "Mined in block" in said or "It was mined, in block" in again or "Error" not in again
    assert live.client.state(setting.wallet, 1).paths[0].nonce == 1
    assert not list(console.home.rglob("intents/*.json"))


def test_start_asks_nothing_else(live: Live, console: Console, setting: Setting) -> None:
    asked(console, "request.json", "--path", "friends", "--new-owner", NEW)
    start = ("start", "request.json", *signed(console, "request.json", "ana", "ben"), *PAYER)
    with node(live.url) as watched:
        console.run(*start, "--network", watched.url, passwords=1)
        assert sorted(set(watched.methods)) == START


def test_what_no_node_takes_can_be_forgotten(live: Live, console: Console, setting: Setting) -> None:
    def stingy(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        return result(question, "0x0") if question["method"] == "eth_estimateGas" else really()

    beat = ("heartbeat", setting.wallet, *OWNER, *PAYER)
    with node(live.url, stingy) as faulty:
        said = speaks_plainly(console, *beat, "--network", faulty.url, passwords=2)
    assert "The node refuses: intrinsic gas too low." in said and "may have been sent" in said
    assert "What is left over: recovery pending" in said
    assert "show that the owner is alive" in console.run("pending").words
    console.run("pending", "--forget", "-y")
    console.run(*beat, passwords=2)


def nonce(live: Live) -> int:
    return live.web3.eth.get_transaction_count(person("payer").address)
