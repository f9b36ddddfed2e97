"""The core in somebody else's program: it needs web3 and eth-account alone, and `import recovery` costs nothing."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import recovery

ROOT = Path(recovery.__file__).resolve().parent
#: What only the command line, pictures, calendars and Ape need, besides the folders cli, demo and monitor.
OUTSIDE = {"ape_command", "ape_hsm", "calendar_file", "frames", "images"}
CORE = sorted({path.stem for path in ROOT.glob("*.py")} - OUTSIDE - {"__init__"})
EVERYTHING = f"import importlib\nfor name in {CORE!r}: importlib.import_module('recovery.' + name)\n"
ABSENT = (
    "coincurve",
    "click",
    "pkcs11",
    "yaml",
    "segno",
    "PIL",
    "zxingcpp",
    "icalendar",
    "ape",
    "eth_tester",
    "eth",
    "fastapi",
)

#: What an embedding program does without a chain, from the policy to the transaction.
ROUND_TRIP = """
import json, pathlib, secrets, tempfile
from eth_account import Account
from recovery import Approvals, Owners, Policy, Request, Right, Signer, Transaction, canonical_deployment, files
from recovery.actions import Recover
from recovery.building import Building, in_words
from recovery.intents import IntentStore, dump_unsigned
from recovery.kit import Kit
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY
from recovery.request import SignedApproval, approve, is_signed_by_key

folder = pathlib.Path(tempfile.mkdtemp())
def passed_on(name, text):
    return files.read(files.write(folder / name, text, secret=True))

keys = {name: Account.create() for name in ("Ana", "Ben")}
people = tuple(Guardian(name, Signer.parse(key.address), n) for n, (name, key) in enumerate(keys.items()))
friends = PathPlan("friends", Right.ROTATE, (("Ana", 1), ("Ben", 1)), 2, delay=DAY, window=DAY)
plan = PolicyPlan(secrets.token_bytes(32), DAY, people, (friends,))
plan = PolicyPlan.loads(passed_on("policy.json", plan.dumps()))
old, new = Owners.of([Signer.parse(Account.create().address)]), Owners.of([people[0].signer])
at = canonical_deployment()
account = at.wallet_address(old, plan.policy)
kits = [Kit.loads(passed_on(f"{name}.json", plan.kit(name, 1, at.module, account).dumps())) for name in keys]
asked = Request(1, at.module, account, 1, kits[0].policy.proof(0), kits[0].labels[0], Recover(new, 0), 2_000_000_000)
asked = Request.loads(passed_on("request.json", asked.dumps()))
approvals = Approvals(asked)
for kit in kits:
    signature = keys[kit.name].sign_message(asked.message.signable).signature
    signed = SignedApproval.loads(passed_on(f"by-{kit.name}.json", approve(asked, kit.openings[0], signature).dumps()))
    assert is_signed_by_key(asked, signed)
    approvals = approvals.add(signed)
assert approvals.missing == 0
transaction = Building().submit(approvals)
assert ("Function", "start") in in_words(transaction)
assert json.loads(dump_unsigned(transaction, 1))["to"] == at.module
assert list(IntentStore(folder / "intents").all()) == []
"""


def python(program: str) -> str:
    """Runs a program in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


def without(absent: tuple[str, ...]) -> str:
    """The beginning of a program in which these cannot be imported."""
    return f"import sys\nsys.modules.update(dict.fromkeys({absent!r}))\n"


def needed_by(*names: str) -> set[str]:
    """Distributions that are installed with these."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # for another Python or system than this
        found.add(name)
        waiting += [re.match(r"[\w.-]+", each)[0] for each in requires if "extra ==" not in each]  # type: ignore[index]
    return found


def test_the_core_is_all_that_is_not_said_to_be_outside_of_it() -> None:
    assert {"client", "request", "kit", "files", "deploy", "settings"} < set(CORE)
    assert all((ROOT / f"{name}.py").exists() for name in OUTSIDE)


def test_the_core_works_with_web3_and_eth_account_alone() -> None:
    python(without(ABSENT) + EVERYTHING + ROUND_TRIP)


def test_without_web3_the_round_trip_would_fail() -> None:
    with pytest.raises(AssertionError, match="import of web3 halted"):
        python(without(("web3",)) + ROUND_TRIP)


def test_the_core_imports_only_what_web3_and_eth_account_bring() -> None:
    before = without(("coincurve",)) + "before = set(sys.modules)\n"  # eth-keys takes it if it is there
    said = "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)\n"
    allowed = needed_by("web3", "eth-account")
    assert {"eth-abi", "eth-utils", "pycryptodome", "aiohttp", "requests"} <= allowed
    by_module = metadata.packages_distributions()
    for module in python(before + EVERYTHING + ROUND_TRIP + said).split():
        brought_by = {re.sub(r"[-_.]+", "-", name).lower() for name in by_module.get(module, [])}
        assert module == "recovery" or not brought_by or brought_by & allowed, f"{module} comes with {brought_by}"


def test_every_name_that_the_package_offers_is_there() -> None:
    for name in recovery.__all__:
        assert getattr(recovery, name).__name__
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = recovery.Nothing


def test_importing_the_package_imports_nothing_else() -> None:
    said = python(
        "import sys\nbefore = set(sys.modules)\nimport recovery\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*new - sys.stdlib_module_names)"
    )
    assert said.split() == ["recovery"]


def test_type_checkers_see_the_same_names_as_programs() -> None:
    """What `recovery` loads lazily stands there a second time, for type checkers."""
    tree = ast.parse((ROOT / "__init__.py").read_text("utf-8"))
    found = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert found == recovery._PLACES
    for name in recovery.__all__:
        assert getattr(recovery, name).__name__ == name
