"""A guardian may be a contract, and may approve by a transaction and take it back."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from recovery.cli import submit
from recovery.plan import PolicyPlan
from recovery.signer import Signer
from tests.cli.approve_world import FREEZE, RECOVER, loaded
from tests.cli.conftest import NAMES, PAYER, POLICY, Console, Setting, asked, established, kit_of, signed
from tests.live import Live
from tests.world import person

#: Code that answers every call with the magic word of ERC-1271, and code that answers nothing.
YES = "0x7f1626ba7e" + "00" * 28 + "60005260206000f3"
NO = "0x60006000f3"


@pytest.fixture
def contract(live: Live, console: Console) -> Setting:
    """The usual policy, but Ben is a contract that says yes to everything."""
    ben = person("a contract").address
    live.ask("anvil_setCode", ben, YES)
    text = POLICY.format(**{n: person(n).address for n in NAMES} | {"ben": ben})
    (console.home / "policy.yaml").write_text(text)
    console.run("policy", "new", "policy.yaml")
    return established(live, console, PolicyPlan.loads((console.home / "policy.json").read_text()), "owner")


# --------------------------------------------------------------------------------------------- contracts


def test_a_contract_is_asked_whether_it_has_signed(
    live: Live, console: Console, contract: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(console, "r.json", *RECOVER)
    base = ("approve", "r.json", *kit_of("ben"), "--signature", "0x1234")
    monkeypatch.delenv("RECOVERY_NETWORK")
    console.refuses(*base, because="is a contract or a key behind a verifier, give --network: it has to be asked")
    monkeypatch.setenv("RECOVERY_NETWORK", live.url)
    live.ask("anvil_setCode", person("a contract").address, NO)
    console.refuses(*base, because="is not a signature of")
    live.ask("anvil_setCode", person("a contract").address, YES)
    console.run(*base)
    console.run("start", "r.json", "r-ben.json", *signed(console, "r.json", "ana"), *PAYER, passwords=1)
    assert live.client.state(contract.wallet).paths[0].is_open


def test_a_contract_that_changes_its_mind_is_named(live: Live, console: Console, contract: Setting) -> None:
    """The contracts say only the number of the approval."""
    asked(console, "r.json", *RECOVER)
    console.run("approve", "r.json", *kit_of("ben"), "--signature", "0x1234")
    files = ["r-ben.json", *signed(console, "r.json", "carl")]
    live.ask("anvil_setCode", person("a contract").address, NO)
    because = "r-ben.json does not hold a signature of Ben"
    console.refuses("start", "r.json", *files, *PAYER, because=because)
    live.ask("anvil_setCode", person("a contract").address, "0x")
    console.refuses("start", "r.json", *files, *PAYER, because=because)


def test_a_contract_approves_by_a_transaction_that_is_shown(live: Live, console: Console, contract: Setting) -> None:
    request = asked(console, "r.json", *RECOVER)
    ben = person("a contract").address
    for way, data in (
        ("--on-chain", live.client.approve_digest(request.digest).data),
        ("--revoke", live.client.revoke_digest(request.digest).data),
    ):
        command = ("approve", "r.json", *kit_of("ben"), way, "-y")
        missing = "has not approved it yet" if way == "--on-chain" else "has not revoked it yet"
        console.refuses(*command, because=missing)
        assert "0x" + data.hex() in console.said[-2] and live.client.deployment.module in console.said[-2]
        console.run(*command, "--unsigned", f"tx{way}.json")
        transaction = json.loads((console.home / f"tx{way}.json").read_text())
        assert f"Only {ben} may send it" in " ".join(console.said[-2].split())
        assert transaction["data"] == "0x" + data.hex()
        live.fund(ben)
        live.ask("anvil_impersonateAccount", ben)
        live.ask("eth_sendTransaction", {"from": ben, "to": transaction["to"], "data": transaction["data"]})
        if way == "--on-chain":
            assert "already" in console.run(*command).words
            assert loaded(console, "r-ben.json").approval.signature == b""
        else:
            console.refuses(*command, because="there is nothing to revoke")
    assert not live.client.is_approved(Signer.parse(ben), request.digest)


# --------------------------------------------------------------------------------- approved on the chain


def test_an_approval_on_the_chain_counts_until_it_is_revoked(live: Live, console: Console, defence: Setting) -> None:
    request = asked(console, "f.json", *FREEZE)
    base = ("approve", "f.json", *kit_of("ben"))
    mine = ("--account", "ben", "-y")
    console.refuses(
        *base, "--revoke", *mine, because="there is nothing to revoke. A signature that you have given away"
    )
    console.refuses(*base, "--revoke", because="there is nothing to revoke")
    console.run(*base, "--on-chain", *mine, passwords=1)
    files = ["f-ben.json", *signed(console, "f.json", "ana")]
    console.refuses(*base, "--revoke", "--account", "ana", "-y", because="Nothing was signed", code=2)
    console.refuses(*base, "--revoke", because="Give --account with your key", code=2)
    said = console.run(*base, "--revoke", *mine, passwords=1).words
    assert "You take back your approval of a request to freeze the account." in said
    assert "Revoked. Your approval on the chain does not count any more." in said
    assert "approvals of it count" not in said and "Call the owner" not in said
    assert not live.client.is_approved(Signer.parse(person("ben").address), request.digest)
    because = "f-ben.json says that Ben"
    console.refuses("freeze", "f.json", *files, *PAYER, because=because)
    (console.home / "f-ben.json").unlink()
    console.run(*base, "--on-chain", *mine, passwords=1)
    console.run("freeze", "f.json", *files, *PAYER, passwords=1)
    console.run(*base, "--revoke", *mine, passwords=1)  # of what is over, too
    console.refuses(*base, "--on-chain", *mine, "-o", "again.json", because="has been used already")


def test_what_is_revoked_at_the_last_moment_is_refused_by_name(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(console, "f.json", *FREEZE)
    console.run("approve", "f.json", *kit_of("ben"), "--on-chain", "--account", "ben", "-y", passwords=1)
    files = ["f-ben.json", *signed(console, "f.json", "carl")]
    check = submit.check_signature

    def checked_and_revoked(*arguments: Any) -> None:
        check(*arguments)
        if not arguments[2].approval.signature:
            live.client.send(live.client.revoke_digest(request.digest), person("ben"))

    monkeypatch.setattr(submit, "check_signature", checked_and_revoked)
    because = f"Ben ({person('ben').address}) has not signed this, or for an older policy or request. Ask again."
    console.refuses("freeze", "f.json", *files, *PAYER, because=because)
    assert not live.client.state(defence.wallet).frozen


def test_a_transaction_of_a_guardian_is_looked_at_or_written_down_first(
    live: Live, console: Console, defence: Setting
) -> None:
    request = asked(console, "f.json", *FREEZE)
    base = ("approve", "f.json", *kit_of("ben"))
    before = console.files()
    said = console.run(*base, "--on-chain", "--dry-run", "--account", "ben").words
    assert "approveDigest" in said and "Nothing was signed or sent" in said
    console.run(*base, "--on-chain", "--dry-run")
    assert console.files() == before
    console.refuses(*base, "--on-chain", "--dry-run", "--account", "ana", because="Nothing was signed", code=2)
    console.run(*base, "--on-chain", "--unsigned", "tx.json", "--account", "ben")
    assert json.loads((console.home / "tx.json").read_text())["from"] == person("ben").address
    assert not live.client.is_approved(Signer.parse(person("ben").address), request.digest)
    assert not (console.home / "f-ben.json").exists()
    for way in (("--signer", "ben"), ("--signature", "0x12"), ("--typed-data", "t.json")):
        for option in (("--dry-run",), ("--unsigned", "tx2.json")):
            because = f"go with --on-chain and --revoke: {way[0]} makes no transaction"
            console.refuses(*base, *way, *option, "-y", because=because, code=2)


def test_one_way_of_approving_is_chosen(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(console, "f.json", *FREEZE)
    base = ("approve", "f.json", *kit_of("ben"))
    ways = [("--signer", "ben"), ("--on-chain",), ("--revoke",), ("--typed-data", "t.json"), ("--signature", "0x12")]
    for one, other in itertools.combinations(ways, 2):
        console.refuses(*base, *one, *other, "-y", because=f"Give one of {one[0]} and {other[0]}, not both", code=2)
    console.refuses(*base, because="Give --signer with your key, or approve by a transaction", code=2)
    monkeypatch.delenv("RECOVERY_NETWORK")
    for way in ("--on-chain", "--revoke"):
        console.refuses(*base, way, "--account", "ben", because=f"{way} needs --network", code=2)
