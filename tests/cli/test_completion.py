"""Completion as the shell asks for it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from recovery.cli.completion import HINTS, complete_address, complete_profile, completion
from tests.world import person

ANA, BEN = person("ana").address, person("ben").address
BOOK = f"""\
recovery:
  address_book:
    savings: "{ANA}"
    salary: "{BEN}"
    José: "{BEN}"
  profiles:
    default:
    sepolia:
"""
#: The program with one command that takes an address.
SMALL = f"""\
#!{sys.executable}
import click
from recovery.cli.completion import complete_address

@click.group()
def cli(): pass

@cli.command()
@click.argument("address", shell_complete=lambda context, parameter, incomplete: complete_address(incomplete))
@click.option("--to", shell_complete=lambda context, parameter, incomplete: complete_address(incomplete))
def status(address, to): pass

cli(prog_name="recovery")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "ape-config.yaml").write_text(BOOK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def script(shell: str | None = None, **environment: str) -> Result:
    return CliRunner(mix_stderr=False).invoke(completion, [shell] if shell else [], env=environment)


def in_bash(folder: Path, *words: str, path: Path | None = None) -> list[str]:
    """What bash offers for the last of the words on the line."""
    (folder / "completion.bash").write_text(script("bash").stdout)
    program = (
        'source completion.bash\ncomplete -p recovery >/dev/null || exit 1\nCOMP_WORDS=("$@")\n'
        'COMP_CWORD=$(($# - 1))\n_recovery_completion recovery\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    programs = path or Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "--norc", "-c", program, "bash", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["recovery", "sta"], ["start", "status"]),
        (["recovery", "policy", "ne"], ["new"]),
        (["recovery", "status", "--netw"], ["--network"]),
        (["recovery", "wallet", "send", "--sig"], ["--signer"]),
        (["recovery", "xyz"], []),
    ],
)
def test_bash_completes_commands_and_options(folder: Path, words: list[str], offered: list[str]) -> None:
    found = in_bash(folder, *words)
    assert set(offered) <= set(found)
    assert all(word.startswith(words[-1]) for word in found)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["status", ""], ["savings", "salary", "José"]),
        (["status", "sa"], ["savings", "salary"]),
        (["status", ANA, "--to", "Jo"], ["José"]),
        (["status", "0x" + ANA[2:6].lower()], [ANA]),
    ],
)
def test_bash_completes_names_of_the_address_book(folder: Path, words: list[str], offered: list[str]) -> None:
    program = folder / "bin" / "recovery"
    program.parent.mkdir()
    program.write_text(SMALL)
    program.chmod(0o755)
    assert in_bash(folder, "recovery", *words, path=program.parent) == offered


@pytest.mark.parametrize(
    ("shell", "parts"),
    [
        ("bash", ["complete -o nosort -F _recovery_completion recovery", "_RECOVERY_COMPLETE=bash_complete"]),
        ("zsh", ["#compdef recovery", "_RECOVERY_COMPLETE=zsh_complete", "compdef _recovery_completion recovery"]),
        ("fish", ["complete --no-files --command recovery", "_RECOVERY_COMPLETE=fish_complete"]),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_each_shell_gets_its_script_named_or_not(shell: str, parts: list[str], named: bool) -> None:
    done = script(shell, SHELL="/bin/sh") if named else script(SHELL=f"/usr/local/bin/{shell}")
    assert (done.exit_code, done.stderr) == (0, "")
    assert all(part in done.stdout for part in parts)


@pytest.mark.parametrize(
    ("shell", "words", "number", "offered"),
    [
        ("zsh", "recovery sta", "1", "plain\nstatus\nWhat to do now, and why"),
        ("fish", "recovery sta", "sta", "plain,status\tWhat to do now, and why"),
    ],
)
def test_other_shells_are_answered_as_their_scripts_expect(
    folder: Path, shell: str, words: str, number: str, offered: str
) -> None:
    done = ask(shell, words, number, "recovery.cli.main()")
    assert offered in done.stdout


def ask(shell: str, words: str, number: str, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import sys, recovery.cli\n{program}"],
        capture_output=True,
        text=True,
        env=os.environ | {"_RECOVERY_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": number},
    )


@pytest.mark.parametrize(
    ("words", "number"), [("recovery ", "1"), ("recovery status --", "2"), ("recovery policy ", "2")]
)
def test_completing_imports_nothing_heavy(folder: Path, words: str, number: str) -> None:
    heavy = ("web3", "eth_account", "ape", "eth_abi", "icalendar", "PIL", "segno", "zxingcpp")
    program = (
        "try: recovery.cli.main()\nexcept SystemExit as done: assert not done.code\n"
        f"found = [name for name in {heavy!r} if name in sys.modules]\nassert not found, found"
    )
    done = ask("bash", words, number, program)
    assert (done.returncode, done.stderr) == (0, "")
    assert "plain," in done.stdout


def test_completing_an_address_imports_no_web3(folder: Path) -> None:
    program = (
        "from recovery.cli.completion import complete_address\nprint([i.value for i in complete_address('sa')])\n"
        "assert 'web3' not in sys.modules and 'eth_account' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", f"import sys\n{program}"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("['savings', 'salary']\n", "")


@pytest.mark.parametrize(
    ("arguments", "shell", "reason"),
    [
        (["tcsh"], "/bin/bash", "'tcsh' is not one of 'bash', 'zsh', 'fish'"),
        ([], "/bin/tcsh", "SHELL says 'tcsh'. Name one of bash, zsh, fish"),
        ([], "", "The variable SHELL is empty. Name one of bash, zsh, fish"),
        (["bash", "zsh"], "/bin/bash", "unexpected extra argument"),
    ],
)
def test_a_shell_that_is_not_known_is_a_usage_error(arguments: list[str], shell: str, reason: str) -> None:
    done = CliRunner(mix_stderr=False).invoke(completion, arguments, env={"SHELL": shell})
    assert (done.exit_code, done.stdout) == (2, "")
    assert reason in " ".join(done.stderr.split())


@pytest.mark.parametrize("shell", list(HINTS))
def test_whoever_reads_the_script_on_a_terminal_is_told_where_it_goes(shell: str) -> None:
    ours, terminal = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"from recovery.cli.completion import completion\ncompletion([{shell!r}])"],
            stdout=terminal,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.stderr == f"To have it in every new {shell}:\n    {HINTS[shell]}\n"
        assert f"recovery completion {shell}" in HINTS[shell]
        assert b"_recovery_completion" in os.read(ours, 65_536)
    finally:
        os.close(ours)
        os.close(terminal)


def test_names_come_with_their_addresses_and_addresses_with_their_names(folder: Path) -> None:
    assert [(item.value, item.help) for item in complete_address("sav")] == [("savings", ANA)]
    assert [(item.value, item.help) for item in complete_address(ANA[:8].upper())] == [(ANA, "savings")]
    assert [item.value for item in complete_address("0x")] == [ANA, BEN]
    assert complete_address("x") == []


def test_profiles_are_completed(folder: Path) -> None:
    assert [item.value for item in complete_profile("")] == ["default", "sepolia"]
    assert [item.value for item in complete_profile("s")] == ["sepolia"]


Complete = Callable[[str], list[object]]


@pytest.mark.parametrize("complete", [complete_address, complete_profile])
@pytest.mark.parametrize(
    "text", ["recovery: [", "recovery:\n  xyzzy: x\n", f"recovery: {{address_book: {{a: '{ANA}0'}}}}"]
)
def test_settings_that_cannot_be_read_complete_nothing(folder: Path, complete: Complete, text: str) -> None:
    (folder / "ape-config.yaml").write_text(text)
    assert complete("") == []


@pytest.mark.parametrize("complete", [complete_address, complete_profile])
def test_without_pyyaml_nothing_is_completed(folder: Path, complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert complete("") == []
    (folder / "ape-config.yaml").unlink()
    assert complete("") == []
