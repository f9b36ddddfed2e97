"""What runs that were broken off have left behind: shown, finished, sped up, forgotten."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from recovery.cli import cli
from recovery.intents import IntentStore
from tests.cli.conftest import NEW, OWNER, PAYER, Console, Setting, asked, signed
from tests.live import ETHER, Live
from tests.proxy import SECRET, Node, node
from tests.world import person

ADDRESS = person("payer").address
SHOP = person("shop").address


@pytest.fixture
def slow(live: Live) -> Iterator[Live]:
    """A chain that mines only when it is told to."""
    live.ask("evm_setAutomine", False)
    try:
        yield live
    finally:
        live.ask("anvil_dropAllTransactions")
        live.ask("evm_setAutomine", True)


@pytest.fixture
def between(live: Live) -> Iterator[Node]:
    """A node that mines whenever somebody asks for a receipt."""

    def answer(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        if question["method"] == "eth_getTransactionReceipt":
            live.ask("evm_mine")
        return really()

    with node(live.url, answer) as serving:
        yield serving


def broken_off(live: Live, console: Console, *command: str, passwords: int, sent: bool = True) -> None:
    """Runs a command whose node dies before it says anything of the receipt, or before it sends anything."""
    last = "eth_getTransactionReceipt" if sent else "eth_sendRawTransaction"

    def dies(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        return None if question["method"] in (last, "eth_getTransactionByHash") else really()

    with node(live.url, dies) as dying:
        said = console.run(*command, "--network", dying.url, passwords=passwords, code=1).err
    assert "may have been sent" in said and SECRET not in said


def pay(setting: Setting) -> tuple[str, ...]:
    return ("wallet", "send", setting.wallet, "--to", SHOP, "--value", "0.25 ether", *OWNER, *PAYER)


def nonce(live: Live) -> int:
    return live.web3.eth.get_transaction_count(ADDRESS)


def intents(console: Console) -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted(console.home.rglob("intents/*.json"))]


def test_where_nothing_is_left_over_that_is_said_without_a_network(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECOVERY_NETWORK", raising=False)
    for options in ((), ("--resume",), ("--forget",)):
        assert console.run("pending", *options).out == "Nothing is pending.\n"


def test_it_is_shown_without_a_network_and_says_what_is_next(
    live: Live, console: Console, setting: Setting, slow: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off(live, console, *pay(setting), passwords=2)
    (left,) = intents(console)
    monkeypatch.delenv("RECOVERY_NETWORK")
    said = console.run("pending").words
    assert f"send 0.25 ether from {setting.wallet} to {SHOP}" in said and "local test chain" in said
    assert f"{ADDRESS}, nonce {nonce(live)}" in said and left["attempts"][0]["hash"] in said
    assert "recovery pending --resume --account KEY --network URL" in said
    assert len(intents(console)) == 1
    assert left["attempts"][0]["raw"][2:] not in said  # whoever has that can send it


def test_all_are_finished_and_nothing_is_sent_twice(
    live: Live, console: Console, setting: Setting, slow: Live, between: Node
) -> None:
    before = nonce(live)
    broken_off(live, console, *pay(setting), passwords=2)
    said = console.run("pending", "--resume", "--network", between.url).words
    assert "It was finished now, and nothing was sent twice." in said
    assert "To do it once more" not in said  # the same command would be `pending`
    assert f"Mined in block {live.web3.eth.block_number}: send 0.25 ether" in said
    assert (nonce(live), live.client.balance(SHOP), intents(console)) == (before + 1, ETHER // 4, [])
    assert console.run("pending").out == "Nothing is pending.\n"


def test_what_never_reached_a_node_is_sent(live: Live, console: Console, setting: Setting) -> None:
    broken_off(live, console, *pay(setting), passwords=2, sent=False)
    assert live.client.balance(SHOP) == 0
    console.run("pending", "--resume")
    assert (live.client.balance(SHOP), intents(console)) == (ETHER // 4, [])


def test_whoever_pays_may_pay_more(
    live: Live, console: Console, setting: Setting, slow: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off(live, console, *pay(setting), passwords=2)
    monkeypatch.setattr("recovery.rpc.time.sleep", lambda _: None)
    (old,) = intents(console)[0]["attempts"]

    def mines_the_new_one(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        if question["method"] == "eth_getTransactionReceipt" and question["params"][0] != old["hash"]:
            live.ask("evm_mine")
        return really()

    with node(live.url, mines_the_new_one) as impatient:
        said = console.run("pending", "--resume", "--account", "payer", "--network", impatient.url, passwords=1)
    assert "Sending it with higher fees instead: 0x" in said.err
    assert (live.client.balance(SHOP), intents(console)) == (ETHER // 4, [])
    mined = live.web3.eth.get_block("latest")["transactions"]
    assert mined and "0x" + mined[0].hex().removeprefix("0x") != old["hash"]


def test_somebody_elses_is_finished_without_paying_more(
    live: Live, console: Console, setting: Setting, slow: Live, between: Node
) -> None:
    broken_off(live, console, *pay(setting), passwords=2)
    said = console.run("pending", "--resume", "--account", "ana", "--network", between.url)
    assert "Mined in block" in said.out and not intents(console)


def test_ctrl_c_says_what_may_have_been_sent(
    live: Live, console: Console, setting: Setting, slow: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off(live, console, *pay(setting), passwords=2)
    (left,) = intents(console)

    def pressed(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("recovery.rpc.time.sleep", pressed)
    done = CliRunner(mix_stderr=False).invoke(cli, ["pending", "--resume"])
    assert done.exit_code == 1
    assert f"Stopped, but transaction {left['attempts'][0]['hash']} may have been sent." in done.stderr
    assert len(intents(console)) == 1


def test_one_that_is_over_does_not_keep_the_others(
    live: Live, console: Console, setting: Setting, slow: Live, between: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(console, "request.json", "--path", "friends", "--new-owner", NEW)
    approvals = signed(console, "request.json", "ana", "ben")
    broken_off(live, console, *pay(setting), passwords=2)
    start = ("start", "request.json", *approvals, "--account", "carl", "-y")
    broken_off(live, console, *start, passwords=1)
    assert len(intents(console)) == 2
    # What the payer has signed is replaced, from another computer.
    live.ask(
        "anvil_dropTransaction", next(i for i in intents(console) if i["sender"] == ADDRESS)["attempts"][0]["hash"]
    )
    live.ask("anvil_setNonce", ADDRESS, hex(nonce(live) + 1))
    monkeypatch.setattr("recovery.rpc.time.sleep", lambda _: None)
    said = console.run("pending", "--resume", "--network", between.url, code=1).words
    assert "was mined with the same nonce, in place of this one" in said
    assert "1 of 2 cannot be finished any more; see above." in said
    assert "Mined in block" in said and not intents(console)
    assert live.client.state(setting.wallet, 1).paths[0].ready_at


def test_it_is_forgotten_after_a_question(
    live: Live, console: Console, setting: Setting, slow: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off(live, console, *pay(setting), passwords=2)
    monkeypatch.delenv("RECOVERY_NETWORK")
    said = console.run("pending", "--forget", answer="n\n", code=1).words
    assert "what was sent may still be mined" in said and "You said no" in said and len(intents(console)) == 1
    assert "Forgotten." in console.run("pending", "--forget", "-y").out
    assert not intents(console)


def test_another_chain_is_left_alone(live: Live, console: Console, setting: Setting, slow: Live) -> None:
    broken_off(live, console, *pay(setting), passwords=2)
    path = next(console.home.rglob("intents/*.json"))
    (intent,) = IntentStore(path.parent).all()
    path.unlink()
    IntentStore(path.parent).add(dataclasses.replace(intent, chain_id=5))
    console.refuses("pending", "--resume", because="None of them is on local test chain (chain 31337)")
    console.refuses("pending", "--resume", "--forget", because="--resume or --forget, not both", code=2)


@pytest.mark.parametrize("option", [("--dry-run",), ("--unsigned", "out.json")], ids=str)
def test_options_that_promise_to_send_nothing_are_refused(
    live: Live,
    console: Console,
    setting: Setting,
    slow: Live,
    option: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken_off(live, console, *pay(setting), passwords=2)
    live.ask("anvil_dropAllTransactions")
    monkeypatch.setattr("recovery.rpc.time.sleep", None)  # nobody waits for anything
    with node(live.url) as watched:
        console.refuses("pending", "--resume", *option, "--network", watched.url, because="Leave them out", code=2)
        assert not watched.methods


def test_a_damaged_file_is_named(live: Live, console: Console, setting: Setting, slow: Live) -> None:
    broken_off(live, console, *pay(setting), passwords=2)
    path = next(console.home.rglob("intents/*.json"))
    path.write_text(path.read_text().replace("0.25", "0.26"))
    for command in (("pending",), ("pending", "--resume"), ("pending", "--forget", "-y"), pay(setting)):
        console.refuses(*command, because=str(path), code=2, passwords=2 if command[0] == "wallet" else 0)
        assert "and then delete the file." in console.said[-1] and "Ask for it again" not in console.said[-1]
