from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from recovery.building import Transaction
from recovery.cli.app import cli
from recovery.client import RecoveryClient
from recovery.demo import DemoFailed, lost, run
from recovery.demo.people import Friend, Person, plan
from recovery.demo.stage import Stage
from recovery.errors import Refused
from recovery.plan import PathPlan
from recovery.policy import DAY, Right
from tests.live import PROGRAM, Live

NOTHING = Transaction(Person("Relayer").address, b"", "do nothing")


@pytest.fixture(scope="module")
def told() -> str:
    """What the demo says, run as a user would, far from here."""
    done = subprocess.run(
        [PROGRAM, "demo"],
        env={**os.environ, "PYTHONUTF8": "1", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def words(text: str) -> str:
    return " ".join(text.split())


def chapter(told: str, number: int) -> str:
    return words(re.split(r"^\d  ", told, flags=re.MULTILINE)[number])


def demo(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["demo", *arguments])


# ------------------------------------------------------------------------------------------- what is told


def test_the_lost_key_is_replaced_by_three_of_five(told: str) -> None:
    text = chapter(told, 1)
    for line in (
        "✔ Carla checks with Ana, approves, and sends Ben request-carla.json.",
        "“Approvals weigh 2 together; 3 are needed. Ask more guardians.”",
        "✔ Finn approves by a transaction",
        "state pending ready Fri 03 Jul 2026 00:00 UTC (in 3 days)",
        "✘ Ben is impatient and tries to finish at once. “Not yet",
        "moved 4 ether; the wallet holds 6 ether",
        "✘ A diver finds the old phone and tries the same. “The wallet's owners have not signed this",
    ):
        assert line in text
    assert text.index("✘ Ben is impatient") < text.index("✔ Stranger finishes it") < text.index("✔ Ana moves 4 ether")


def test_the_heir_waits_for_real_silence(told: str) -> None:
    text = chapter(told, 2)
    for line in (
        "✘ Hana tries, a month early, with Ida's approval and her own. “The owner has been active: this path opens",
        "✔ Gil is alive, and has his wallet say so.",
        "✘ Hana sees that it is ready and tries to finish. “The owner has been active",
        "✔ Stranger clears the claim away, as it can never be finished. state idle; the owner is",
        "moved 20 ether; the wallet holds 0 ether",
    ):
        assert line in text


def test_the_thief_gets_what_he_sent_before_the_freeze_and_nothing_more(told: str) -> None:
    text = chapter(told, 3)
    for line in (
        "✔ Thief sends himself 3 ether, to see. stolen 3 ether; the wallet holds 7 ether",
        "✘ Thief wants to freeze the wallet himself",
        "✔ Ben freezes the wallet, alone and at once.",
        "✘ Thief wants the other 7 ether. “The wallet is frozen until",
        "✘ Thief wants to put a key of his own in place of Mia's. “The wallet is frozen until",
        "✘ Thief tries to cancel it, as an owner would. “The owner cannot cancel a recovery on path 1",
        "✘ Thief tries to put his policy in force. “1 recovery that the owner cannot cancel is under way.",
        "change none pending: his died with the recovery",
        "✘ Thief tries the key that he stole. “The wallet's owners have not signed this",
        "saved 7 ether stolen 3 ether",
        "6 hours in which he could have sent the other 7 ether too",
        "Not recovered: 3 ether",
    ):
        assert line in text


def test_it_counts_what_it_shows(told: str) -> None:
    refused = len(re.findall(r"^  ✘ ", told, flags=re.MULTILINE))
    assert f"{refused} attempts were refused" in told


def test_it_fits_a_terminal_of_80_columns_and_is_plain_in_a_pipe(told: str) -> None:
    assert max(len(line) for line in told.splitlines()) <= 80
    assert "\x1b" not in told


def test_a_second_run_says_the_same_in_colour_and_with_pauses_between_the_chapters(told: str) -> None:
    lines: list[str] = []
    pauses: list[int] = []
    run(lines.append, color=True, pause=lambda: pauses.append(len(lines)))
    text = "\n".join(lines) + "\n"
    assert "\x1b[" in text
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == told
    assert [re.sub(r"\x1b\[[0-9;]*m", "", lines[at + 1])[:1] for at in pauses] == ["2", "3"]


# ----------------------------------------------------------------------------------------- when it fails


def never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if anybody could finalize at any time."""
    monkeypatch.setattr(RecoveryClient, "finalize", lambda *_: NOTHING)


def refused_for_another_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Stage.is_refused

    def is_refused(self: Stage, who: str, what: str, transaction: Transaction, code: str, **more: Any) -> None:
        original(self, who, what, transaction, "SomethingElse", **more)

    monkeypatch.setattr(Stage, "is_refused", is_refused)


def refused_without_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no quorum could ever start a recovery."""
    original = RecoveryClient.submit

    def start(self: RecoveryClient, approvals: Any) -> Transaction:
        transaction = original(self, approvals)
        return transaction if approvals.missing else Transaction(transaction.to, b"\x00\x01\x02\x03", "nonsense")

    monkeypatch.setattr(RecoveryClient, "submit", start)


def without_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the wallet took batches without doing what they say."""
    original = RecoveryClient.execute

    def execute(self: RecoveryClient, wallet: str, calls: Any, *rest: Any) -> Transaction:
        transaction = original(self, wallet, calls, *rest)
        return NOTHING if calls[0].value else transaction

    monkeypatch.setattr(RecoveryClient, "execute", execute)


def of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if an on-chain approval did not count."""
    monkeypatch.setattr(RecoveryClient, "approve_digest", lambda *_: NOTHING)


def without_kits(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a guardian's kit did not hold their opening."""
    original = Friend.receive

    def receive(*arguments: Any) -> Friend:
        friend = original(*arguments)
        return replace(friend, kit=replace(friend.kit, openings=tuple(None for _ in friend.kit.openings)))

    monkeypatch.setattr(Friend, "receive", receive)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (never_refused, "“Ben is impatient and tries to finish at once.”: it should be refused (RecoveryNotReady)"),
        (
            refused_for_another_reason,
            "“Ben tries with the two approvals that he has.”: SomethingElse was expected",
        ),
        (refused_without_reason, "“Ben starts the recovery with three approvals.”: it was refused."),
        (without_effect, "What was moved: the chain says 0, but it should be 4000000000000000000."),
        (of_nobody, "Finn's approval on the chain: the chain says False, but it should be True."),
        (without_kits, "Ben is not a guardian of path 'friends'."),
    ],
)
def test_whatever_does_not_go_as_told_ends_it_with_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, fault: Callable[[pytest.MonkeyPatch], None], said: str
) -> None:
    fault(monkeypatch)
    result = demo()
    assert result.exit_code == 1
    assert said in words(result.output)
    assert "Three wallets recovered" not in result.output


def test_a_failure_is_a_typed_error_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    never_refused(monkeypatch)
    with pytest.raises(DemoFailed):
        run(lambda _: None)


# ------------------------------------------------------------------------------------------- elsewhere


def test_without_the_extra_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "eth_tester", None)
    result = demo()
    assert result.exit_code == 1
    assert 'pip install "ape-recovery[demo]"' in words(result.output)


def test_it_plays_on_an_anvil_too_and_again_on_the_same_one(live: Live) -> None:
    for _ in range(2):
        result = demo("--network", live.url)
        assert result.exit_code == 0, result.output
        assert "Not recovered: 3 ether" in result.output


@pytest.fixture
def stubborn() -> Iterator[str]:
    """A node of a chain on which time goes by itself."""

    class Node(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if b"eth_chainId" in body:
                answer = b'{"jsonrpc": "2.0", "id": 0, "result": "0x1"}'
            else:
                answer = b'{"jsonrpc": "2.0", "id": 0, "error": {"code": -32601, "message": "unknown"}}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Node)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_it_refuses_a_chain_whose_time_cannot_be_moved(stubborn: str) -> None:
    result = demo("--network", stubborn)
    assert result.exit_code == 1
    assert "The time of chain 1 cannot be moved" in words(result.output)


def test_a_guardian_reads_a_request_only_for_the_account_in_their_kit(tmp_path: Path, live: Live) -> None:
    path = PathPlan("friends", Right.ROTATE, (("Ben", 1),), 1, True, False, 0, 3 * DAY, 30 * DAY)
    relayer, kits = Person("Relayer"), []
    for seed in ("one", "other"):
        policy = plan(seed, 7 * DAY, ("Ben",), path)
        wallet = live.client.deployment.wallet_address(lost.OLD.owners, policy.policy)
        live.fund(relayer.address)
        live.client.send(live.client.create_wallet(lost.OLD.owners, policy.policy), relayer.account)
        kits.append(Friend.receive(tmp_path / seed, policy, "Ben", live.client, wallet))
    file = kits[0].ask(live.client, 0, lost.NEW.owners, DAY, tmp_path / "request.json")
    assert kits[0].read(live.client, file).account == kits[0].kit.account
    with pytest.raises(Refused, match="not for the account in the kit of Ben"):
        kits[1].read(live.client, file)
