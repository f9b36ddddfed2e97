from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from recovery.cli import cli
from recovery.contracts import canonical_deployment
from recovery.kit import PolicyPlan
from recovery.quorum import Owners
from tests.live import ETHER, PASSWORD, Live, Result, keystore, running
from tests.world import owners_of, person

POLICY = """\
change_delay: 7 days
guardians:
  Ana: {ana}
  Ben: {ben}
  Carl: {carl}
  Dora: {dora}
paths:
  - name: friends
    right: rotate
    guardians: [Ana, Ben, Carl]
    threshold: 2
    delay: 3 days
    window: 30 days
    owner_cancels: yes
  - name: theft
    right: rotate
    guardians: {{Ana: 1, Ben: 1, Carl: 2}}
    threshold: 3
    delay: 7 days
    window: 30 days
    owner_cancels: no
  - name: freeze
    right: freeze
    guardians: [Ana, Ben, Carl]
    threshold: 1
    window: 7 days
  - name: heir
    right: rotate
    guardians: [Dora]
    threshold: 1
    inactivity: 1 year
    delay: 30 days
    window: 90 days
    owner_cancels: yes
"""
NAMES = ("owner", "ana", "ben", "carl", "dora", "payer", "new")


@dataclass
class Console:
    """Somebody at a terminal, within this process: quick."""

    home: Path
    said: list[str] = field(default_factory=list)

    def run(self, *arguments: str, code: int = 0, passwords: int | list[str] = 0, answer: str | None = None) -> Result:
        given = [PASSWORD] * passwords if isinstance(passwords, int) else passwords
        read, write = os.pipe()
        os.write(write, "".join(f"{password}\n" for password in given).encode())
        os.close(write)
        try:
            done = CliRunner(mix_stderr=False).invoke(
                cli, [*arguments, *(["--password-fd", str(read)] if given else [])], input=answer
            )
        finally:
            os.close(read)
        self.said += [done.stdout, done.stderr]
        assert done.exit_code == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr and "Something unexpected" not in done.stderr
        if code:
            assert "Error: " in done.stderr
        return Result(done.exit_code, done.stdout, done.stderr)

    def refuses(self, *arguments: str, because: str, code: int = 1, passwords: int | list[str] = 0) -> None:
        """Exits with the code, says why on stderr, and leaves every file as it was."""
        before = self.files()
        result = self.run(*arguments, code=code, passwords=passwords)
        assert because in result.words, result.words
        assert self.files() == before

    def files(self) -> dict[str, bytes]:
        return {str(p.relative_to(self.home)): p.read_bytes() for p in self.home.rglob("*") if p.is_file()}


@pytest.fixture(scope="session")
def chain_of_ours() -> Iterator[Live]:
    with running() as live:
        yield live


@pytest.fixture
def live(chain_of_ours: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("RECOVERY_NETWORK", chain_of_ours.url)
    with chain_of_ours.undone():
        yield chain_of_ours


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    """An empty home with keystores, and at the end a look at whether anything secret was printed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("APE_DATA_FOLDER", raising=False)
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        keystore(tmp_path / ".ape" / "accounts", name)
    (tmp_path / "policy.yaml").write_text(POLICY.format(**{n: person(n).address for n in NAMES}))
    console = Console(tmp_path)
    yield console
    secrets = [PASSWORD] + [person(name).key.hex().removeprefix("0x") for name in NAMES]
    for path in tmp_path.rglob("*.json"):
        try:
            content = json.loads(path.read_text())
        except ValueError:
            continue
        secrets += [content["secret"][2:]] if isinstance(content, dict) and "secret" in content else []
        if isinstance(content, dict) and "openings" in content:
            secrets += [opening["salt"][2:] for opening in content["openings"] if opening]
    said = "\n".join(console.said).lower()
    for secret in secrets:
        assert secret.lower() not in said


@dataclass
class Setting:
    """A policy, its wallet on the chain, and the guardians' kits."""

    plan: PolicyPlan
    owners: Owners
    wallet: str


@pytest.fixture
def policy(console: Console) -> PolicyPlan:
    console.run("policy", "new", "policy.yaml")
    return PolicyPlan.loads((console.home / "policy.json").read_text())


@pytest.fixture
def setting(live: Live, console: Console, policy: PolicyPlan) -> Setting:
    owners = owners_of("owner")
    wallet = canonical_deployment().wallet_address(owners, policy.policy)
    live.client.send(live.client.create_wallet(owners, policy.policy), person("payer"))
    live.fund(wallet, ETHER)
    (console.home / "kits").mkdir()
    for name in ("Ana", "Ben", "Carl", "Dora"):
        kit = policy.kit(name, 31337, canonical_deployment().module, wallet)
        (console.home / "kits" / f"kit-{name.lower()}.json").write_text(kit.dumps())
    return Setting(policy, owners, wallet)
