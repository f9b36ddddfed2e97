from __future__ import annotations

import glob
import json
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from recovery.cli import cli
from recovery.contracts import canonical_deployment
from recovery.plan import PolicyPlan
from recovery.quorum import Owners
from recovery.request import Request
from tests.live import ETHER, PASSWORD, Live, Result, keystore, running, what_was_heard
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

    def run(
        self,
        *arguments: str,
        code: int = 0,
        passwords: int | list[str] = 0,
        answer: str | None = None,
        heard: bool = True,
        error: bool = True,
    ) -> Result:
        given = [PASSWORD] * passwords if isinstance(passwords, int) else passwords
        arguments = (*arguments, *(what_was_heard(arguments, self.home) if heard else ()))
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
        if code and error:  # who stops by Ctrl-C, or whose terminal is gone, has made no error
            assert "Error: " in done.stderr
        return Result(done.exit_code, done.stdout, done.stderr)

    def refuses(self, *arguments: str, because: str, code: int = 1, passwords: int | list[str] = 0) -> None:
        """Exits with the code, says why on stderr, and leaves every file as it was."""
        before = self.files()
        result = self.run(*arguments, code=code, passwords=passwords)
        assert because in result.words, result.words
        assert self.files() == before

    def files(self) -> dict[str, bytes]:
        # What is this computer's alone is made when it is needed first, whatever becomes of the command.
        found = (p for p in self.home.rglob("*") if p.is_file() and p.name != "device-secret")
        return {str(p.relative_to(self.home)): p.read_bytes() for p in found}


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


#: Everything that guardians can do: two of three to replace owners and to freeze, two of two to veto, and what the
#: owner cannot cancel with a veto path (theft) and without one (sworn).
DEFENCE = """\
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
    guardians: [Ana, Ben, Carl]
    threshold: 2
    delay: 7 days
    window: 30 days
    owner_cancels: no
    vetoable: yes
  - name: freeze
    right: freeze
    guardians: [Ana, Ben, Carl]
    threshold: 2
    window: 7 days
  - name: watch
    right: veto
    guardians: [Carl, Dora]
    threshold: 2
  - name: heir
    right: rotate
    guardians: [Dora]
    threshold: 1
    inactivity: 1 year
    delay: 30 days
    window: 90 days
    owner_cancels: yes
  - name: sworn
    right: rotate
    guardians: [Ana, Ben, Dora]
    threshold: 3
    delay: 1 day
    window: 60 days
    owner_cancels: no
  - name: panic
    right: freeze
    guardians: [Dora]
    threshold: 1
    window: 2 days
"""
PAYER = ("--account", "payer", "-y")
OWNER = ("--signer", "owner")
NEW = person("new").address


@pytest.fixture
def defence(live: Live, console: Console) -> Setting:
    """A wallet whose guardians can do everything that guardians can."""
    (console.home / "policy.yaml").write_text(DEFENCE.format(**{n: person(n).address for n in NAMES}))
    console.run("policy", "new", "policy.yaml")
    plan = PolicyPlan.loads((console.home / "policy.json").read_text())
    return established(live, console, plan, "owner")


def established(live: Live, console: Console, plan: PolicyPlan, *owners: str, threshold: int = 1) -> Setting:
    """A wallet with a policy on the chain, and its guardians' kits in `kits`."""
    owning = owners_of(*owners, threshold=threshold)
    wallet = canonical_deployment().wallet_address(owning, plan.policy)
    live.client.send(live.client.create_wallet(owning, plan.policy), person("payer"))
    live.fund(wallet, ETHER)
    (console.home / "kits").mkdir()
    for guardian in plan.guardians:
        kit = plan.kit(guardian.name, 31337, canonical_deployment().module, wallet)
        (console.home / "kits" / f"kit-{guardian.name.lower()}.json").write_text(kit.dumps())
    return Setting(plan, owning, wallet)


def kit_of(name: str) -> tuple[str, str]:
    """The option that names somebody's kit."""
    return ("--kit", f"kits/kit-{name}.json")


def asked(console: Console, out: str, *options: str, kit: str = "ana") -> Request:
    """Writes a request with somebody's kit."""
    console.run("request", *kit_of(kit), *options, "-o", out)
    return Request.loads((console.home / out).read_text())


def signed(console: Console, request: str, *names: str) -> list[str]:
    """Has guardians sign it; the files of their approvals."""
    files = [f"{request.removesuffix('.json')}-{name}.json" for name in names]
    for name, file in zip(names, files, strict=True):
        console.run("approve", request, *kit_of(name), "--signer", name, "-y", "-o", file, passwords=1)
    return files


def agreed(console: Console, verb: str, out: str, names: str, *options: str, kit: str = "ana") -> Result:
    """Asks for something, has guardians sign it, and submits it."""
    asked(console, out, *options, kit=kit)
    return console.run(verb, out, *signed(console, out, *names.split()), *PAYER, passwords=1)


def recovering(console: Console, path: str, names: str = "ana ben", heir: str = NEW) -> Result:
    """Has a recovery started on a path."""
    return agreed(console, "start", f"{path}.json", names, "--path", path, "--new-owner", heir, kit=names.split()[0])


def commands(result: Result) -> list[str]:
    """The commands that somebody is told to copy."""
    return [line.strip() for line in result.out.split("\n") if line.startswith("    recovery ")]


def copied(console: Console, command: str, passwords: int = 0, code: int = 0, **words: str) -> Result:
    """Types a command as it was printed, with the values of options filled in, and files as a shell finds them."""
    arguments: list[str] = []
    for word in shlex.split(command)[1:]:
        option = arguments[-1].strip("-").replace("-", "_") if arguments and arguments[-1].startswith("--") else ""
        if option in words and word.isupper():
            arguments.append(words[option])
        elif option == "network" and word == "URL":
            arguments.append(os.environ["RECOVERY_NETWORK"])
        else:
            arguments += sorted(glob.glob(word)) if "*" in word else [word]
    assert not [word for word in arguments if word.isupper()], arguments
    sends = passwords or "--signature" in arguments
    return console.run(*arguments, *(["-y"] if sends else []), passwords=passwords, code=code)
