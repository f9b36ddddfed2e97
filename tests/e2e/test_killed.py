"""A real program that is killed or stopped at any step of sending: run again it goes on, and nothing happens twice."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recovery.policy import DAY
from recovery.request import approve
from tests.live import ETHER, PASSWORD, PROGRAM, Live, Terminal
from tests.proxy import Node, node
from tests.world import owners_of, person, policy_of, rotate, sign

FRIENDS = rotate("ana", "ben")
SHOP = person("shop").address
#: Whether to strike at a question, with the methods asked before.
Where = Callable[[dict[str, Any], list[str]], bool]


@dataclass
class Machine:
    """Somebody's computer, with a node in between that can strike at any question."""

    live: Live
    node: Node
    terminal: Terminal
    wallet: str
    command: tuple[str, ...] = ()
    passwords: int = 1

    def struck(self, how: signal.Signals, where: Where, after: bool) -> subprocess.CompletedProcess[str]:
        """Runs the command until it asks something; strikes before or after the node has dealt with that."""
        asked: list[str] = []
        struck = threading.Event()
        running: subprocess.Popen[str]

        def strike(question: dict[str, Any], really: Callable[[], Any]) -> Any:
            if not where(question, asked) or struck.is_set():
                asked.append(question["method"])
                return really()
            struck.set()
            answer = really() if after else None
            running.send_signal(how)
            running.wait()  # whoever is stopped does not wait for an answer
            return answer

        self.node.answer = strike
        read, write = os.pipe()
        os.write(write, f"{PASSWORD}\n".encode() * self.passwords)
        os.close(write)
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.terminal.home), "PYTHONUTF8": "1"}
        running = subprocess.Popen(
            [PROGRAM, *self.command, "--network", self.node.url, "--password-fd", str(read)],
            **{"cwd": self.terminal.home, "env": environment, "pass_fds": (read,), "text": True},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE},
        )
        os.close(read)
        out, err = running.communicate(timeout=60)
        self.node.answer = lambda question, really: really()
        assert struck.is_set(), err
        return subprocess.CompletedProcess(self.command, running.returncode, out, err)

    def again(self, code: int | None = 0) -> str:
        """Runs the same command again, undisturbed. Returns what it says."""
        return self.terminal.run(*self.command, "--network", self.node.url, passwords=self.passwords, code=code).words

    @property
    def nonce(self) -> int:
        return self.live.web3.eth.get_transaction_count(person("payer").address)

    @property
    def left_over(self) -> list[Path]:
        return list(self.terminal.home.rglob("intents/*"))


@pytest.fixture
def machine(tmp_path: Path, live: Live) -> Iterator[Machine]:
    owners, policy = owners_of("owner"), policy_of(FRIENDS)
    wallet = live.client.deployment.wallet_address(owners, policy)
    live.client.send(live.client.create_wallet(owners, policy), person("relayer"))
    live.fund(wallet, ETHER)
    with node(live.url) as between:
        terminal = Terminal(tmp_path / "home", between.url, network=False)
        terminal.key("owner")
        terminal.key("payer")
        yield Machine(live, between, terminal, wallet)


# ----------------------------------------------------------------------------- the three ways to do something


@dataclass
class Deed(ABC):
    """A command with one effect."""

    machine: Machine

    @abstractmethod
    def done(self) -> int:
        """How often it was done."""


class Start(Deed):
    """The same transaction each time."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        client, home, policy = machine.live.client, machine.terminal.home, policy_of(FRIENDS)
        heir, deadline = owners_of("new owner"), client.deadline(DAY)
        request = client.request(machine.wallet, policy.proof(0), "friends", heir, deadline)
        (home / "request.json").write_text(request.dumps())
        for who, guardian in zip(("ana", "ben"), FRIENDS.members, strict=True):
            (home / f"{who}.json").write_text(approve(request, guardian, sign(who, request.message)).dumps())
        machine.command = ("start", "request.json", "ana.json", "ben.json", "--account", "payer", "-y")

    def done(self) -> int:
        return self.machine.live.client.state(self.machine.wallet, 1).paths[0].nonce


class Pay(Deed):
    """Signed anew each time by the wallet's owner: the money must leave once."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        machine.command = ("wallet", "send", machine.wallet, "--to", SHOP, "--value", "0.25 ether")
        machine.command += ("--signer", "owner", "--account", "payer", "-y")
        machine.passwords = 2

    def done(self) -> int:
        return self.machine.live.client.balance(SHOP) * 4 // ETHER


class Beat(Deed):
    """A sign of life."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        machine.live.travel(10 * DAY)
        machine.command = ("heartbeat", machine.wallet, "--signer", "owner", "--account", "payer", "-y")
        machine.passwords = 2

    def done(self) -> int:
        return self.machine.live.client.batch_nonce(self.machine.wallet)


DEEDS = (Start, Pay, Beat)


def asks(method: str, times: int = 1) -> Where:
    return lambda question, before: question["method"] == method and before.count(method) == times - 1


def looks_at_the_end(question: dict[str, Any], before: list[str]) -> bool:
    return "eth_getTransactionReceipt" in before and question["method"] in ("eth_call", "eth_getBalance")


#: Where it strikes, whether the node has dealt with the question by then, whether something was written down, and
#: whether it is in the chain.
PLACES = {
    "before it is signed": (asks("eth_maxPriorityFeePerGas"), False, False, False),
    "written down but not sent": (asks("eth_sendRawTransaction"), False, True, False),
    "sent and not heard of": (asks("eth_sendRawTransaction"), True, True, True),
    "asking for its receipt": (asks("eth_getTransactionReceipt"), False, True, True),
    "mined and not heard of": (asks("eth_getTransactionReceipt"), True, True, True),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("deed", DEEDS)
def test_whoever_is_killed_and_runs_it_again_has_done_it_once(machine: Machine, deed: type[Deed], place: str) -> None:
    where, after, written, mined = PLACES[place]
    what, before = deed(machine), machine.nonce
    killed = machine.struck(signal.SIGKILL, where, after)
    assert killed.returncode == -signal.SIGKILL
    assert len(machine.left_over) == written
    assert (machine.nonce - before, what.done()) == (mined, mined)

    said = machine.again()
    assert (machine.nonce - before, what.done()) == (1, 1)
    assert machine.left_over == []
    assert ("was broken off. It was finished now, and nothing was sent twice." in said) == written
    assert ("To do it once more, run the same command again." in said) == (written and deed is not Start)


@pytest.mark.parametrize("lost", [False, True], ids=["still waiting", "dropped by the node"])
@pytest.mark.parametrize("deed", DEEDS)
def test_whoever_is_killed_while_it_waits_to_be_mined_has_done_it_once(
    machine: Machine, deed: type[Deed], lost: bool
) -> None:
    what, before, live = deed(machine), machine.nonce, machine.live
    live.ask("evm_setAutomine", False)
    try:
        killed = machine.struck(signal.SIGKILL, asks("eth_getTransactionReceipt", 2), True)
        assert killed.returncode == -signal.SIGKILL
        if lost:
            live.ask("anvil_dropAllTransactions")
        assert len(machine.left_over) == 1

        def mining(question: dict[str, Any], really: Callable[[], Any]) -> Any:
            if question["method"] == "eth_getTransactionReceipt":
                live.ask("evm_mine")
            return really()

        machine.node.answer = mining
        said = machine.again()
    finally:
        live.ask("evm_setAutomine", True)
    assert (machine.nonce - before, what.done()) == (1, 1)
    assert machine.left_over == []
    assert "It was finished now, and nothing was sent twice." in said


@pytest.mark.parametrize("deed", DEEDS)
def test_whoever_is_killed_at_the_very_end_has_read_that_it_was_mined(machine: Machine, deed: type[Deed]) -> None:
    what, before = deed(machine), machine.nonce
    killed = machine.struck(signal.SIGKILL, looks_at_the_end, False)
    assert "Mined in block " in killed.stderr
    assert machine.left_over == []
    assert (machine.nonce - before, what.done()) == (1, 1)


# ------------------------------------------------------------------------------------------------- Ctrl-C


@pytest.mark.parametrize("place", [*PLACES, "at the very end"])
@pytest.mark.parametrize("deed", DEEDS)
def test_whoever_presses_ctrl_c_is_told_what_may_have_been_sent(machine: Machine, deed: type[Deed], place: str) -> None:
    where, after, written, mined = PLACES.get(place, (looks_at_the_end, False, False, True))
    what, before = deed(machine), machine.nonce
    stopped = machine.struck(signal.SIGINT, where, after)
    said = " ".join(stopped.stderr.split())
    assert stopped.returncode == 1 and "Traceback" not in said and PASSWORD not in said
    assert (machine.nonce - before, what.done()) == (mined, mined)
    assert len(machine.left_over) == written
    if written:
        assert "Stopped, but transaction 0x" in said and "may have been sent. Run the same command again" in said
        machine.again()
        assert (machine.nonce - before, what.done(), machine.left_over) == (1, 1, [])
    elif mined:
        assert "Stopped, but transaction 0x" in said and "was mined before." in said
    else:
        assert said.endswith("Stopped. Nothing was sent.")
