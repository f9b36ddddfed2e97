"""A chain of one's own for tests without Ape, and people with a home, a keystore and a terminal each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from web3 import Web3

from benchmarks import chain
from recovery import files
from recovery.client import RecoveryClient
from recovery.errors import InvalidFile
from recovery.keystore import encrypt
from recovery.request import Request
from recovery.six_words import six_words
from tests.world import person

PASSWORD = "correct horse battery staple"
PROGRAM = str(Path(sys.executable).with_name("recovery"))
ETHER = 10**18


@dataclass
class Live:
    """A running chain with the contracts on it."""

    web3: Web3
    client: RecoveryClient

    @property
    def url(self) -> str:
        return str(self.web3.provider.endpoint_uri)  # type: ignore[attr-defined]

    def ask(self, method: str, *arguments: Any) -> Any:
        answer = self.web3.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
        assert "error" not in answer, answer
        return answer["result"]

    def travel(self, seconds: int) -> None:
        chain.travel(self.web3, seconds)

    def fund(self, address: str, wei: int = ETHER) -> None:
        chain.send(self.web3, {"to": address, "value": wei, "gas": 100_000})

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside has not happened afterwards."""
        snapshot = self.ask("evm_snapshot")
        try:
            yield
        finally:
            self.ask("evm_revert", snapshot)


@contextmanager
def running() -> Iterator[Live]:
    """A chain for one test session."""
    with chain.anvil() as web3:
        chain.deploy(web3)
        live = Live(web3, RecoveryClient(web3))
        for name in ("payer", "owner", "ana", "ben", "carl", "dora", "relayer"):
            live.fund(person(name).address, 10 * ETHER)
        yield live


def keystore(folder: Path, name: str, password: str = PASSWORD) -> Path:
    """A person's key in a file; with few iterations, so that tests are quick."""
    content = encrypt(person(name).key, password, kdf="pbkdf2", iterations=2)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content))
    return path


@dataclass
class Result:
    """What a command has left behind."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """Output without line breaks, so that folding does not matter."""
        return " ".join((self.out + " " + self.err).split())


def what_was_heard(arguments: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """Who approves has spoken with the owner: the six words, unless a test says itself what was heard."""
    if arguments[:1] != ("approve",) or {"--words", "--revoke", "--signature", "--help"} & set(arguments):
        return ()
    try:
        return ("--words", " ".join(six_words(Request.loads(files.read(folder / arguments[1])).digest)))
    except (InvalidFile, IndexError):
        return ()


@dataclass
class Terminal:
    """Somebody at a terminal of their own: an empty home, a folder, and keystores as Ape keeps them."""

    home: Path
    url: str
    network: bool = True
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)

    def key(self, name: str) -> str:
        keystore(self.home / ".ape" / "accounts", name)
        return name

    def run(self, *arguments: str, passwords: int = 0, code: int | None = 0, answer: str = "") -> Result:
        """Runs `recovery`, with as many passwords as keys are needed, and expects an exit code."""
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "RECOVERY_DEBUG") if name in os.environ}
        environment |= {"HOME": str(self.home), "PYTHONUTF8": "1"}
        if self.network:
            environment["RECOVERY_NETWORK"] = self.url
        read, write = os.pipe()
        os.write(write, f"{PASSWORD}\n".encode() * passwords)
        os.close(write)
        command = [PROGRAM, *arguments, *what_was_heard(arguments, self.home)]
        if passwords:
            command += ["--password-fd", str(read)]
        try:
            done = subprocess.run(
                command, cwd=self.home, env=environment, input=answer, capture_output=True, text=True, pass_fds=(read,)
            )
        finally:
            os.close(read)
        self.said += [done.stdout, done.stderr]
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def give(self, other: Terminal, *names: str) -> None:
        """Hands files over, as somebody would by mail."""
        for name in names:
            (other.home / Path(name).name).write_bytes((self.home / name).read_bytes())
