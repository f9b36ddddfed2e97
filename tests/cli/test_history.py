"""What has happened to an account: told in words, kept between runs, searched again where that cannot be trusted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recovery.abi import events
from recovery.cli.history import sentence
from recovery.policy import DAY
from tests.cli.conftest import NEW, OWNER, PAYER, Console, Setting, agreed, recovering
from tests.live import Live
from tests.proxy import error, node

STRANGER = "0x" + "11" * 20


def kept(console: Console) -> Path:
    (path,) = console.home.rglob("history/*.json")
    return path


def test_a_life_is_told_in_order_and_in_words(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "friends")
    console.run("cancel", defence.wallet, "--path", "0", *OWNER, *PAYER, passwords=2)
    recovering(console, "theft")
    agreed(console, "cancel", "stop.json", "ana ben", "--action", "cancel", "--path", "theft")
    agreed(console, "freeze", "freeze.json", "ana ben", "--action", "freeze", "--path", "freeze")
    console.run("heartbeat", defence.wallet, *OWNER, *PAYER, passwords=2)
    agreed(console, "thaw", "thaw.json", "ana ben", "--action", "thaw", "--path", "freeze")
    agreed(console, "start", "again.json", "ana ben", "--path", "friends", "--new-owner", NEW)
    live.travel(3 * DAY)
    console.run("finalize", defence.wallet, *PAYER, passwords=1)
    said = console.run("history", defence.wallet).words
    told = [
        *("The first policy is in force, with 7 paths.", f"A recovery was started on path 0, for {NEW}; ready on"),
        *("The recovery on path 0 was cancelled by the owner.", "A recovery was started on path 1, for"),
        *("The recovery on path 1 was cancelled by its guardians.", "Path 2 froze the account until"),
        *("The owner showed a sign of life.", "Path 2 ended the freeze.", "A recovery was started on path 0"),
        "The owners were replaced, through path 0.",
    ]
    at = -1
    for text in told:
        at = said.find(text, at + 1)
        assert at >= 0, (text, said)


def test_every_event_of_an_account_has_a_sentence() -> None:
    values: Any = {
        **{"paths": [1], "eta": 1, "vetoPath": 0, "policyHash": "0x00", "path": 0, "readyAt": 1, "until": 1},
        **{"owners": [STRANGER, NEW], "threshold": 2, "by": STRANGER},
    }
    for event in events("WalletRecoveryModule").values():
        if event.name != "EIP712DomainChanged":
            assert sentence(event.name, values) != event.name, event.name
    assert f"2 of {STRANGER}, {NEW}" in sentence("RecoveryStarted", values)
    assert sentence("PolicyConfigured", values) == "The first policy is in force, with 1 path."
    assert sentence("SomethingNew", {}) == "SomethingNew"


def test_programs_get_numbers_and_nothing_else(live: Live, console: Console, setting: Setting) -> None:
    done = console.run("history", setting.wallet, "--json")
    (row,) = json.loads(done.out)
    assert row["event"] == "PolicyConfigured" and row["values"]["changeDelay"] == 7 * DAY
    assert live.web3.eth.get_transaction_receipt(row["transaction"])["blockNumber"] == row["block"]


def test_an_account_without_a_past_is_said(live: Live, console: Console) -> None:
    assert "Nothing has happened yet, as far as" in console.run("history", STRANGER).words
    assert json.loads(console.run("history", STRANGER, "--json").out) == []


def test_what_was_found_is_not_searched_for_again(live: Live, console: Console, setting: Setting) -> None:
    live.ask("anvil_mine", hex(300))
    first = console.run("history", setting.wallet).out
    assert json.loads(kept(console).read_text())["events"]
    assert kept(console).stat().st_mode & 0o777 == 0o600
    with node(live.url) as watched:
        assert console.run("history", setting.wallet, "--network", watched.url).out == first
        asked = [question["params"][0] for question in watched.asked if question["method"] == "eth_getLogs"]
    assert [int(each["fromBlock"], 16) for each in asked] == [json.loads(kept(console).read_text())["cursor"]]


def test_what_a_reorganisation_may_take_back_is_looked_at_again(live: Live, console: Console, setting: Setting) -> None:
    console.run("history", setting.wallet)
    assert json.loads(kept(console).read_text()) == {"cursor": 0, "block": None, "events": []}


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: "",
        lambda content: "[]",
        lambda content: json.dumps({**content, "events": [1]}),
        lambda content: json.dumps({**content, "events": [{"block": 1, "event": "RecoveryStarted", "values": {}}]}),
        lambda content: json.dumps({**content, "events": "x"}),
        lambda content: json.dumps({**content, "cursor": "x"}),
        lambda content: json.dumps({**content, "block": "0x" + "11" * 32}),
        lambda content: json.dumps({**content, "cursor": 10**6}),
        lambda content: json.dumps({"cursor": content["cursor"], "events": []}),
        lambda content: "[" * 100_000,
    ],
)
def test_what_was_kept_and_is_damaged_is_only_searched_for_again(
    live: Live, console: Console, setting: Setting, damage: Callable[[dict[str, Any]], str]
) -> None:
    live.ask("anvil_mine", hex(300))
    first = console.run("history", setting.wallet).out
    good = kept(console).read_text()
    kept(console).write_text(damage(json.loads(good)))
    assert console.run("history", setting.wallet).out == first
    assert kept(console).read_text() == good


def test_a_test_chain_that_began_anew_does_not_show_the_old_ones_past(
    live: Live, console: Console, setting: Setting
) -> None:
    with live.undone():
        recovering(console, "friends")
        live.ask("anvil_mine", hex(300))
        assert "A recovery was started" in console.run("history", setting.wallet).words
    live.travel(DAY)
    live.ask("anvil_mine", hex(400))
    assert "A recovery was started" not in console.run("history", setting.wallet).words


def test_options_say_where_to_begin(live: Live, console: Console, setting: Setting) -> None:
    live.ask("anvil_mine", hex(300))
    height = live.web3.eth.block_number
    assert json.loads(console.run("history", setting.wallet, "--from-block", str(height), "--json").out) == []
    assert not list(console.home.rglob("history/*.json"))  # a part is not kept as if it were all
    console.run("history", setting.wallet)
    kept(console).write_text(json.dumps({**json.loads(kept(console).read_text()), "events": []}))
    assert json.loads(console.run("history", setting.wallet, "--json").out) == []
    assert len(json.loads(console.run("history", setting.wallet, "--again", "--json").out)) == 1
    console.refuses("history", setting.wallet, "--from-block", "-1", because="Invalid value", code=2)


def test_a_node_that_takes_small_pieces_only_is_asked_in_pieces(live: Live, console: Console, setting: Setting) -> None:
    recovering(console, "friends")
    live.ask("anvil_mine", hex(500))

    def picky(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        if question["method"] == "eth_getLogs":
            span = question["params"][0]
            if int(span["toBlock"], 16) - int(span["fromBlock"], 16) >= 100:
                return error(question, -32005, "query exceeds max block range 100")
        return really()

    with node(live.url, picky) as small:
        done = console.run("history", setting.wallet, "--network", small.url)
    assert "A recovery was started on path 0" in done.words
    assert " % of the blocks ..." in done.err


def test_a_search_that_is_broken_off_goes_on_from_there(live: Live, console: Console, setting: Setting) -> None:
    recovering(console, "friends")
    live.ask("anvil_mine", hex(900))
    pieces = 0

    def tires(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        nonlocal pieces
        if question["method"] == "eth_getLogs":
            span = question["params"][0]
            if int(span["toBlock"], 16) - int(span["fromBlock"], 16) >= 300:
                return error(question, -32005, "too many blocks")
            pieces += 1
            if pieces > 2:
                return None
        return really()

    with node(live.url, tires) as tired:
        console.run("history", setting.wallet, "--network", tired.url, code=1)
    cursor = json.loads(kept(console).read_text())["cursor"]
    assert cursor > 0
    with node(live.url) as watched:
        assert "A recovery was started" in console.run("history", setting.wallet, "--network", watched.url).words
        asked = [question["params"][0] for question in watched.asked if question["method"] == "eth_getLogs"]
    assert int(asked[0]["fromBlock"], 16) == cursor


def test_events_that_mean_nothing_are_a_clear_error(live: Live, console: Console, setting: Setting) -> None:
    for nonsense in (None, 7, "x", {}, [7], [{}], [{"topics": 7}], [{"topics": ["0x"]}]):

        def strange(question: dict[str, Any], really: Callable[[], Any], said: Any = nonsense) -> Any:
            answer = really()
            return {**answer, "result": said} if question["method"] == "eth_getLogs" else answer

        with node(live.url, strange) as faulty:
            console.refuses("history", setting.wallet, "--network", faulty.url, because="makes no sense")
