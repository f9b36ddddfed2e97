"""`ape run deploy` and `ape run monitor` as users run them, on an Anvil that somebody has started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks import chain
from recovery import contracts, deploy
from recovery.client import RecoveryClient
from recovery.folder import AccountNote, Folder
from recovery.keys.schedule import Entry, Schedule, What
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, HOUR, Right
from recovery.request import Approvals, approve
from tests.live import Live, keystore
from tests.world import SECRET, owners_of, person, sign, signer

ROOT = Path(__file__).resolve().parent.parent.parent
APE = str(Path(sys.executable).with_name("ape"))
LENS = deploy.addresses()["RecoveryLens"]


@dataclass
class Ran:
    """What a script has left behind."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        return " ".join((self.out + " " + self.err).split())


def command(home: Path, *arguments: str) -> dict[str, Any]:
    """How Ape is run: with a home of its own, where no account lies."""
    return {
        "args": [APE, "run", *arguments],
        "cwd": ROOT,
        "env": {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONUTF8": "1"},
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }


def ape(home: Path, *arguments: str) -> Ran:
    done = subprocess.run(**command(home, *arguments), check=False, timeout=120)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.mark.parametrize("script", ["deploy", "monitor"])
@pytest.mark.parametrize("network", [["--network", ""], ["--network="], ["--network"]])
def test_an_empty_network_is_a_mistake_of_usage(home: Path, script: str, network: list[str]) -> None:
    ran = ape(home, script, *network)
    assert ran.code == 2
    assert "RECOVERY_NETWORK, that is empty here" in ran.err


# ------------------------------------------------------------------------------------------------ deploy


@pytest.fixture
def fresh() -> Iterator[Live]:
    """An Anvil without any of the contracts, and without the deterministic deployer that it brings along."""
    with chain.anvil() as web3:
        live = Live(web3, RecoveryClient(web3))
        live.ask("anvil_setCode", contracts.DEPLOYER, "0x")
        yield live


def test_whoever_cannot_pay_is_told_in_a_sentence(fresh: Live, tmp_path: Path) -> None:
    keystore(tmp_path / ".ape" / "accounts", "poor")
    ran = ape(tmp_path, "deploy", "--network", f"ethereum:local:{fresh.url}", "--account", "poor")
    assert ran.code == 1
    assert f"{person('poor').address} has 0 ether, but up to" in ran.words
    assert "Send it some and try again." in ran.words
    assert not fresh.client.code(LENS)


def test_deploy_begins_goes_on_where_it_stopped_and_then_changes_nothing(
    fresh: Live, home: Path, tmp_path: Path
) -> None:
    record = tmp_path / "ethereum-local-31337.json"
    arguments = ("deploy", "--network", f"ethereum:local:{fresh.url}", "--folder", str(tmp_path))
    first = ape(home, *arguments)
    assert first.code == 0, first.out + first.err
    assert "The chain had no deterministic deployer; it has one now." in first.out
    assert first.out.count("  deployed") == 3
    fresh.client.check_deployment()
    written = record.read_bytes()
    data = json.loads(written)
    assert data["addresses"] == deploy.addresses()
    assert data["transactions"].keys() == set(deploy.NAMES)

    # As after a crash: one contract and the record are missing.
    height = fresh.web3.eth.block_number
    fresh.ask("anvil_setCode", LENS, "0x")
    fresh.ask("anvil_setNonce", LENS, "0x0")
    record.unlink()
    second = ape(home, *arguments)
    assert second.code == 0, second.out + second.err
    assert (second.out.count("  already there"), second.out.count("  deployed")) == (2, 1)
    assert fresh.web3.eth.block_number == height + 1
    written = record.read_bytes()

    third = ape(home, *arguments, "--account", "nobody")  # who would pay is not even looked for
    assert third.code == 0, third.out + third.err
    assert third.out.count("  already there") == 3
    assert "Unchanged: " in third.out
    assert fresh.web3.eth.block_number == height + 1
    assert record.read_bytes() == written


def test_deploy_takes_the_plain_address_of_a_node_too(live: Live, home: Path, tmp_path: Path) -> None:
    done = ape(home, "deploy", "--network", live.url, "--folder", str(tmp_path))
    assert done.code == 0, done.out + done.err
    assert (tmp_path / "ethereum-custom-31337.json").exists()


def test_deploy_refuses_other_code_and_writes_nothing(live: Live, home: Path, tmp_path: Path) -> None:
    live.ask("anvil_setCode", LENS, "0x00")
    done = ape(home, "deploy", "--network", live.url, "--folder", str(tmp_path))
    assert done.code == 1
    assert "is not RecoveryLens as it is shipped. Do not use it." in done.words
    assert list(tmp_path.iterdir()) == []


def test_deploy_asks_for_an_account_that_there_is(live: Live, home: Path, tmp_path: Path) -> None:
    live.ask("anvil_setCode", LENS, "0x")
    done = ape(home, "deploy", "--network", live.url, "--folder", str(tmp_path), "--account", "nobody")
    assert done.code == 2
    assert "There is no account 'nobody'." in done.words


# ----------------------------------------------------------------------------------------------- monitor


def policy() -> PolicyPlan:
    return PolicyPlan(
        SECRET,
        7 * DAY,
        (Guardian("ana", signer("ana"), 0), Guardian("ben", signer("ben"), 1)),
        (
            PathPlan("friends", Right.ROTATE, (("ana", 1), ("ben", 1)), 2, True, False, 0, 3 * DAY, 30 * DAY),
            PathPlan("heirs", Right.ROTATE, (("ana", 1), ("ben", 1)), 2, True, False, 365 * DAY, 30 * DAY, 30 * DAY),
        ),
    )


@pytest.fixture
def wallets(live: Live) -> tuple[str, str]:
    """Two wallets of the same policy; for the first a recovery is pending."""
    client, plan = live.client, policy()
    made = []
    for name in ("owner", "other"):
        owners = owners_of(name)
        client.send(client.create_wallet(owners, plan.policy), person("relayer"))
        made.append(client.deployment.wallet_address(owners, plan.policy))
    request = client.request(made[0], plan.policy.proof(0), "friends", owners_of("heir"), client.deadline(DAY))
    signed = [approve(request, plan.member(name, 1), sign(name, request.message)) for name in ("ana", "ben")]
    client.send(client.submit(Approvals.of(request, signed)), person("relayer"))
    return made[0], made[1]


def test_monitor_shows_the_most_urgent_first_and_exits_with_its_level(
    live: Live, home: Path, wallets: tuple[str, str], tmp_path: Path
) -> None:
    urgent, fine = wallets
    network = ("monitor", "--network", live.url)

    quiet = ape(home, *network, "--account", fine)
    assert quiet.code == 0, quiet.out + quiet.err
    assert f"fine {fine}" in quiet.words
    assert "Path 1 opens in 36" in quiet.words  # from the events, which name nothing

    plan_file, listed = tmp_path / "policy.json", tmp_path / "accounts.txt"
    plan_file.write_text(policy().dumps())
    listed.write_text(f"# mine\n{fine}\n{urgent}\n")
    pending = ape(home, *network, "--file", str(listed), "--policy", str(plan_file))
    assert pending.code == 3
    assert pending.out.index(urgent) < pending.out.index(fine)
    assert "Recovery on path “friends” is pending: ready on" in pending.words
    assert "Path “heirs” opens in 36" in pending.words

    live.travel(2 * DAY + HOUR)
    late = ape(home, *network, "--file", str(listed), "--json")
    assert late.code == 4
    assert late.err == ""
    data = json.loads(late.out)  # nothing else stands there
    assert [account["account"] for account in data["accounts"]] == [urgent, fine]
    assert data["accounts"][0]["findings"][0]["kind"] == "request-pending"
    assert data["accounts"][1]["inactivity"][0]["path"] == 1


def test_monitor_tells_what_is_due_in_an_owners_folder(
    live: Live, home: Path, wallets: tuple[str, str], tmp_path: Path
) -> None:
    folder = Folder.create(tmp_path / "mine", AccountNote("Olga", wallets[1], LENS, (31337,)))
    folder.add_plan(policy())
    overdue = Schedule((Entry(b"drill id", What.DRILL, DAY, int(time.time()) - 32 * DAY),))
    (folder.path / "schedule.json").write_text(overdue.dumps())
    ran = ape(home, "monitor", "--network", live.url, "--folder", str(folder.path))
    assert ran.code == 4, ran.out + ran.err
    assert f"URGENT {wallets[1]} Practise a recovery: due since" in ran.words
    assert "Path “heirs” opens in 36" in ran.words  # from the policy file


def test_monitor_looks_again_until_it_is_stopped(live: Live, home: Path, wallets: tuple[str, str]) -> None:
    arguments = ("monitor", "--network", live.url, "--account", wallets[0], "--json", "--watch", "1")
    with subprocess.Popen(**command(home, *arguments)) as running:
        assert running.stdout is not None
        looks = [json.loads(running.stdout.readline()) for _ in range(2)]
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert [look["level"] for look in looks] == ["attention"] * 2
    assert running.returncode == 3, out + err
    assert "Traceback" not in err


def test_monitor_says_what_is_wrong_with_what_it_was_given(live: Live, home: Path, tmp_path: Path) -> None:
    listed = tmp_path / "accounts.txt"
    listed.write_text("Ana\n")
    given = {"Name at least one account": (), "'Ana' is not an address": ("--file", str(listed))}
    runs = {
        said: subprocess.Popen(**command(home, "monitor", "--network", live.url, *arguments))
        for said, arguments in given.items()
    }
    for said, run in runs.items():
        assert said in run.communicate(timeout=60)[1]
        assert run.returncode == 2


def test_monitor_fails_with_one_sentence_where_nobody_answers(home: Path) -> None:
    done = ape(home, "monitor", "--network", "http://127.0.0.1:1", "--account", LENS, "--json")
    assert (done.code, done.out) == (1, "")
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) == 1
