"""The program as the shell sees it: start-up, exit codes, broken pipes, interruptions, missing packages."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from recovery.cli import cli
from recovery.cli.app import COMMANDS
from tests.cli.conftest import Console, Setting
from tests.live import PROGRAM, Live, keystore
from tests.world import person

HEAVY = ("web3", "eth_account", "ape", "yaml", "eth_abi", "matplotlib", "numpy", "reportlab", "pkcs11")


def quickest(*command: str) -> float:
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begin)
    return min(times)


def test_help_takes_a_third_of_the_time_of_importing_web3() -> None:
    assert quickest(PROGRAM, "--help") < 0.35 * quickest(sys.executable, "-c", "import web3")


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS), ["wallet", "send", "--help"]],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom recovery.cli import main\nsys.argv[1:] = sys.argv[1:]\n"
        "try: main()\nexcept SystemExit as e: assert not e.code\n"
        f"found = [name for name in {HEAVY!r} if name in sys.modules]\nassert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_command_is_in_the_help_and_is_there() -> None:
    text = CliRunner().invoke(cli, ["--help"]).output
    for name, (_, short) in COMMANDS.items():
        assert f"  {name}" in text and short in text
        command = cli.get_command(None, name)  # type: ignore[attr-defined]
        assert command is not None and command.name == name
    assert all(len(line) <= 80 for line in text.split("\n"))


def test_ape_finds_the_same_commands() -> None:
    from importlib.metadata import entry_points

    (entry,) = entry_points(group="ape_cli_subcommands", name="ape_recovery")
    assert entry.load() is cli


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "RECOVERY_NETWORK"} | more
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["statsu"], 2, "Did you mean 'status'?"),
        (["xyzzy"], 2, "There are: setup, policy, wallet"),
        (["--nonsense"], 2, "No such option"),
        (["status"], 2, "Which account? Give its address, or --folder"),
        (["status", "0x12"], 2, "at least 20 bytes"),
        (["status", "0x" + "11" * 20], 2, "Which chain? Give --network"),
        (["status", "0x" + "11" * 20, "--network", "nowhere"], 2, "is not a network"),
        (["status", "0x" + "11" * 20, "--network", "ftp://host"], 2, "begins with http://"),
        (["status", "0x" + "11" * 20, "--network", "http://127.0.0.1:9/secret-key"], 1, "does not answer"),
        (["status", "0x" + "11" * 20, "--network", "ws://127.0.0.1:9/secret-key"], 1, "does not answer"),
        (["status", "0x" + "11" * 20, "--kit", "nothing"], 2, "cannot be read"),
    ],
)
def test_mistakes_end_in_one_clear_error_and_the_right_code(arguments: list[str], code: int, reason: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr and "secret-key" not in done.stderr
    assert "Error: " in done.stderr


def test_nothing_given_is_answered_with_help() -> None:
    assert "Prepare:" in run().stdout + run().stderr


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {PROGRAM} policy new --template family | head -1 >/dev/null"],
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [
        ("click", ["--help"], "cli"),
        ("yaml", ["policy", "new", "policy.yaml"], "cli"),
        ("ape", ["status", "0x" + "11" * 20, "--network", "ethereum:sepolia:node"], "ape"),
    ],
)
def test_a_missing_package_is_one_sentence_with_the_remedy(
    package: str, arguments: list[str], extra: str, tmp_path: Path
) -> None:
    (tmp_path / "policy.yaml").write_text("a: b")
    program = f"import sys\nsys.modules[{package!r}] = None\nfrom recovery.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert f'pip install "ape-recovery[{extra}]"' in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_fault_of_ours_is_no_traceback(monkeypatch: pytest.MonkeyPatch, console: Console) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("0x" + "5e" * 32)

    monkeypatch.setattr("recovery.cli.plan_file.read_plan", broken)
    done = CliRunner(mix_stderr=False).invoke(cli, ["policy", "new", "policy.yaml"])
    assert done.exit_code == 1
    assert "a fault in ape-recovery" in done.stderr and "Nothing was sent" in done.stderr
    assert "5e5e" not in done.stderr
    monkeypatch.setenv("RECOVERY_DEBUG", "1")
    done = CliRunner().invoke(cli, ["policy", "new", "policy.yaml"])
    assert isinstance(done.exception, ZeroDivisionError)


def in_terminal(arguments: list[str], answers: list[tuple[str, bytes | int]], home: Path, url: str) -> tuple[int, str]:
    """Runs the program on a terminal of its own and answers its questions; a number is a signal."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(home)
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "RECOVERY_NETWORK": url, "TERM": "dumb"}
        os.execve(PROGRAM, [PROGRAM, *arguments], environment)  # noqa: S606
    said, at = "", 0
    try:
        while True:
            if answers and answers[0][0] in said[at:]:
                wanted, answer = answers.pop(0)
                at = said.index(wanted, at) + len(wanted)
                if isinstance(answer, int):
                    os.kill(process, answer)
                else:
                    os.write(terminal, answer)
            if not select.select([terminal], [], [], 20)[0]:
                os.kill(process, signal.SIGKILL)
                raise AssertionError(f"It waits for something else: {said}")
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            said += data.decode()
    finally:
        _, status = os.waitpid(process, 0)
        os.close(terminal)
    assert not answers, said
    return os.waitstatus_to_exitcode(status), said.replace("\r", "")


def test_passwords_are_asked_for_once_hidden_and_for_a_named_account(
    live: Live, console: Console, setting: Setting
) -> None:
    keystore(console.home / ".ape" / "accounts", "owner", "first secret")
    code, said = in_terminal(
        ["wallet", "send", setting.wallet, "--to", person("shop").address, "--value", "1", "--signer", "owner"]
        + ["--account", "owner"],
        [("Sign and send? [y/N]", b"y\n"), ("Password: ", b"wrong one\n"), ("Password: ", b"first secret\n")],
        console.home,
        live.url,
    )
    assert code == 0 and "Sent." in said
    assert "first secret" not in said and "wrong one" not in said
    assert "That is not its password. Try again." in said
    assert f"owner, {person('owner').address}, signs" in " ".join(said.split())
    assert said.count("Password") == 2


def test_whoever_stops_is_told_that_nothing_was_sent(live: Live, console: Console, setting: Setting) -> None:
    code, said = in_terminal(
        ["heartbeat", setting.wallet, "--signer", "owner", "--account", "payer"],
        [("Password: ", signal.SIGINT)],
        console.home,
        live.url,
    )
    assert code == 1
    assert "Stopped. Nothing was sent." in said and "Traceback" not in said


def test_what_goes_wrong_is_json_too_where_a_program_reads(live: Live, console: Console) -> None:
    nobody = "0x" + "77" * 20
    refused = console.run("wallet", "show", nobody, "--json", code=1)
    error = json.loads(refused.out)["error"]
    assert error["code"] == "refused" and error["message"] in refused.err
    usage = console.run("status", nobody, "--kit", "nowhere.json", "--json", code=2)
    assert json.loads(usage.out)["error"]["code"] == "invalid-file"
    assert console.run("wallet", "show", nobody, code=1).out == ""


def test_no_colours_where_nobody_wants_them(live: Live, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["status", "0x" + "77" * 20]
    assert "\x1b[" in CliRunner().invoke(cli, arguments, color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(cli, arguments, color=True).output


def test_the_zero_address_and_a_slip_in_a_name_are_told(live: Live, console: Console) -> None:
    (console.home / "ape-config.yaml").write_text(
        f'recovery:\n  address_book:\n    savings: "{person("ana").address}"\n'
    )
    console.refuses("status", "0x" + "00" * 20, because="whatever goes there is lost", code=2)
    console.refuses("status", "savigns", because="Did you mean 'savings'?", code=2)
    console.refuses("status", "savings", "--network", "$NOPE", because="The variable NOPE is not set", code=2)
