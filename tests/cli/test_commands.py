"""Each command: what it does when all is well, and each of its refusals."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from recovery.cli.durations import ether, parse_duration, parse_value
from recovery.contracts import canonical_deployment
from recovery.errors import InvalidInput
from recovery.policy import DAY
from recovery.request import Approvals, Request, SignedApproval
from recovery.state import RequestState
from tests.cli.conftest import Console, Setting
from tests.live import ETHER, PASSWORD, Live
from tests.recovery.samples import forged
from tests.world import person

NEW = person("new").address
PAYER = ("--account", "payer", "-y")


def ask(console: Console, path: str = "friends", kit: str = "ana", out: str = "request.json") -> Request:
    console.run("request", "--kit", f"kits/kit-{kit}.json", "--path", path, "--new-owner", NEW, "-o", out)
    return Request.loads((console.home / out).read_text())


def approve(console: Console, name: str) -> None:
    console.run("approve", "request.json", "--kit", f"kits/kit-{name}.json", "--signer", name, "-y", passwords=1)


def start(console: Console, path: str = "friends") -> Request:
    request = ask(console, path)
    for name in ("ana", "ben"):
        approve(console, name)
    console.run("start", "request.json", "approval-ana.json", "approval-ben.json", *PAYER, passwords=1)
    return request


# --------------------------------------------------------------------------------------------- wallet


def test_a_wallet_is_created_once_with_a_kit_for_each_guardian(live: Live, console: Console, policy: object) -> None:
    create = ("wallet", "create", "--policy", "policy.json", "--owner", person("owner").address)
    said = console.run(*create, *PAYER, passwords=1).words
    kits = sorted((console.home / "kits").iterdir())
    assert [kit.name for kit in kits] == [f"kit-{name}.json" for name in ("ana", "ben", "carl", "dora")]
    assert all(stat.S_IMODE(kit.stat().st_mode) == 0o600 for kit in kits)
    assert json.loads(kits[0].read_text())["account"] in said
    again = console.run(*create).words
    assert "It exists already; nothing was sent." in again
    assert "Created." in said


def test_a_wallet_is_not_created_without_what_it_needs(live: Live, console: Console, policy: object) -> None:
    create = ("wallet", "create", "--policy", "policy.json")
    owner = ("--owner", person("owner").address)
    console.refuses(*create, because="the policy file names nobody", code=2)
    console.refuses(*create, *owner, "--owner", NEW, because="how many of them have to sign", code=2)
    console.refuses(*create, *owner, *owner, "--threshold", "1", because="same owner twice", code=2)
    console.refuses(*create, *owner, "--threshold", "2", because="threshold is 1 to 1", code=2)
    console.refuses(*create, *owner, because="Who pays the fee?", code=2)
    console.refuses(*create, *owner, "--account", "nobody", because="no Ape account of that name", code=2)
    console.refuses(*create, *owner, "--account", "payer", because="Nothing was")
    wrong = [PASSWORD + "x"]
    console.refuses(*create, *owner, *PAYER, because="password of payer is wrong", code=2, passwords=wrong)
    (console.home / "kits").mkdir()
    (console.home / "kits" / "kit-ana.json").write_text("mine")
    console.refuses(*create, *owner, *PAYER, because="is not the kit of this wallet and policy", code=2)


def test_a_wallet_is_shown(live: Live, console: Console, setting: Setting) -> None:
    said = console.run("wallet", "show", setting.wallet).words
    assert person("owner").address in said and "1 ether" in said and "nobody could recover it" not in said
    data = json.loads(console.run("wallet", "show", setting.wallet, "--json").out)
    assert data["owners"] == [person("owner").address] and data["balance"] == str(ETHER)
    console.refuses("wallet", "show", NEW, because="is not a recovery wallet")


def test_an_owner_sends_and_nobody_else(live: Live, console: Console, setting: Setting) -> None:
    to = ("wallet", "send", setting.wallet, "--to", person("shop").address)
    console.run(*to, "--value", "0.25 ether", "--signer", "owner", *PAYER, passwords=2)
    assert live.client.balance(person("shop").address) == ETHER // 4
    send = (*to, "--value", "1 gwei")
    console.refuses(*send, "--signer", "ana", *PAYER, because="is not an owner of this wallet")
    console.refuses(*send, "--signer", "owner", because="Who pays the fee?", code=2)
    console.refuses(*send, "--signer", "owner", "--signer", "owner", *PAYER, because="same key twice", code=2)
    console.refuses(*to, "--value", "5 ether", "--signer", "owner", *PAYER, because="has 0.75 ether, not 5 ether")
    console.refuses(*to, "--value", "0.5", "--signer", "owner", *PAYER, because="of what?", code=2)
    console.refuses(*to, "--signer", "owner", *PAYER, because="nothing to send", code=2)
    console.refuses(*to, "--data", "zz", "--signer", "owner", *PAYER, because="hexadecimal", code=2)


def test_a_payer_without_money_is_told_so(live: Live, console: Console, setting: Setting) -> None:
    heartbeat = ("heartbeat", setting.wallet, "--signer", "owner", "--account", "new", "-y")
    console.refuses(*heartbeat, because="has 0 ether, but up to", passwords=2)


# -------------------------------------------------------------------------------------------- request


def test_a_request_says_what_it_asks_for_and_what_is_next(live: Live, console: Console, setting: Setting) -> None:
    request = ask(console)
    said = console.said[-2]
    assert setting.wallet in said and NEW in said and "recovery approve request.json" in said
    assert (request.account, request.label, request.proof.index) == (setting.wallet, "friends", 0)
    assert request.deadline == pytest.approx(live.client.time() + 3 * DAY, abs=60)
    options = ("--policy", "policy.json", "--wallet", setting.wallet, "--path", "0", "--deadline", "1 day")
    console.run("request", *options, "--new-owner", NEW, "-o", "other.json")


def test_a_request_that_makes_no_sense_is_not_written(live: Live, console: Console, setting: Setting) -> None:
    kit = ("request", "--kit", "kits/kit-ana.json")
    ours = (*kit, "--path", "friends", "--new-owner")
    console.refuses("request", "--new-owner", NEW, because="Give --kit", code=2)
    console.refuses(*kit, "--policy", "policy.json", "--new-owner", NEW, because="not both", code=2)
    console.refuses("request", "--policy", "policy.json", "--new-owner", NEW, because="Which account?", code=2)
    console.refuses(*kit, "--wallet", NEW, "--new-owner", NEW, because="is a kit for", code=2)
    console.refuses(*kit, "--new-owner", NEW, because="one of: friends, theft", code=2)
    console.refuses(*kit, "--path", "enemies", "--new-owner", NEW, because="no path 'enemies'", code=2)
    console.refuses(*kit, "--path", "freeze", "--new-owner", NEW, because="cannot replace owners", code=2)
    console.refuses(*ours, "ana.eth", because="is not an address", code=2)
    console.refuses(*ours, setting.wallet, because="cannot own itself", code=2)
    console.refuses(*ours, NEW, "--deadline", "soon", because="not a length of time", code=2)
    (console.home / "request.json").write_text("mine")
    console.refuses(*ours, NEW, because="request.json exists already", code=2)
    (console.home / "request.json").unlink()
    start(console)
    console.refuses(*ours, NEW, "-o", "second.json", because="there is one at a time")


# -------------------------------------------------------------------------------------------- approve


def test_a_guardian_sees_what_is_signed(live: Live, console: Console, setting: Setting) -> None:
    request = ask(console)
    said = console.run(
        *("approve", "request.json", "--kit", "kits/kit-ana.json", "--signer", "ana", "-y"), passwords=1
    ).words
    assert setting.wallet in said and NEW in said and "3 days pass before anything changes" in said
    assert "the owner can cancel" in said and "against your kit and the chain" in said and "Call the owner" in said
    path = console.home / "approval-ana.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Approvals(request).add(SignedApproval.loads(path.read_text())).missing == 1


def test_without_a_chain_it_is_said_that_nothing_was_checked_there(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(console)
    monkeypatch.delenv("RECOVERY_NETWORK")
    approve(console, "ana")
    assert "NOT against the chain" in " ".join(console.said[-2].split())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account": "0x" + "11" * 20}, "your kit is for"),
        ({"chain_id": 1}, "Ethereum mainnet"),
        ({"module": "0x" + "11" * 20}, "for the module"),
    ],
    ids=str,
)
def test_a_request_for_another_account_chain_or_module_is_refused(
    live: Live, console: Console, setting: Setting, changes: dict[str, object], reason: str
) -> None:
    import dataclasses

    other = dataclasses.replace(ask(console), **changes)  # type: ignore[arg-type]
    (console.home / "other.json").write_text(other.dumps())
    command = ("approve", "other.json", "--kit", "kits/kit-ana.json", "--signer", "ana", "-y")
    console.refuses(*command, because=reason)


def test_what_a_guardian_must_not_sign_is_refused(live: Live, console: Console, setting: Setting) -> None:
    ask(console)
    base = ("approve", "request.json", "--kit", "kits/kit-ana.json")
    console.refuses("approve", "request.json", "--signer", "ana", because="Give --kit", code=2)
    console.refuses(*base, because="Give --signer", code=2)
    console.refuses(*base, "--signer", "ben", "-y", because="Nothing was signed", code=2)
    console.refuses(*base, "--signer", "ana", because="Nothing was")
    console.refuses(*base, "--on-chain", "--signer", "ana", because="Give one of --signer and --on-chain", code=2)
    dora = ("approve", "request.json", "--kit", "kits/kit-dora.json", "--signer", "dora", "-y")
    console.refuses(*dora, because="Dora is not a guardian of path 'friends'", code=2)
    console.refuses("approve", "kits/kit-ana.json", *base[2:], "--signer", "ana", because="is a guardian's kit", code=2)
    said = console.run(*base, "--signer", "ana", code=1, answer="n\n").words
    assert "nobody to ask" in said or "You said no" in said
    text = (console.home / "request.json").read_text()
    (console.home / "request.json").write_text(text.replace(NEW, person("carl").address))
    console.refuses(*base, "--signer", "ana", "-y", because="altered or cut off", code=2)
    (console.home / "request.json").write_text(forged(text, owners__signers__0=person("carl").address))
    console.refuses(*base, "--signer", "ana", "-y", because="contradicts itself", code=2)
    old = forged(text, proof__path__threshold=1)
    (console.home / "request.json").write_text(old)
    console.refuses(*base, "--signer", "ana", "-y", because="contradicts itself", code=2)


def test_a_key_that_is_not_what_its_file_says_is_refused(live: Live, console: Console, setting: Setting) -> None:
    ask(console)
    folder = console.home / ".ape" / "accounts"
    content = json.loads((folder / "ben.json").read_text())
    content["address"] = person("ana").address[2:].lower()
    (folder / "fake.json").write_text(json.dumps(content))
    base = ("approve", "request.json", "--kit", "kits/kit-ana.json", "-y", "--signer")
    console.refuses(*base, "fake", because="Do not use it", code=2, passwords=1)
    (folder / "bad.json").write_text("{}")
    console.refuses(*base, "bad", because="is not a keystore", code=2)
    console.refuses(*base, "ana", because="is wrong. Nothing was signed", code=2, passwords=["x"])
    console.refuses(*base, "./missing.json", because="no keystore file", code=2)


def test_an_approval_on_the_chain_needs_the_guardians_own_transaction(
    live: Live, console: Console, setting: Setting
) -> None:
    request = ask(console)
    base = ("approve", "request.json", "--kit", "kits/kit-ben.json", "--on-chain")
    console.refuses(*base, because="Give --account", code=2)
    console.refuses(*base, "--account", "ana", "-y", because="Nothing was signed", code=2)
    console.run(*base, "--account", "ben", "-y", passwords=1)
    signed = SignedApproval.loads((console.home / "approval-ben.json").read_text())
    assert signed.approval.signature == b""
    assert live.client.is_approved(signed.approval.member.signer, request.digest)
    (console.home / "approval-ben.json").unlink()
    assert "already" in console.run(*base, "--account", "ben", "-y").out


# ----------------------------------------------------------------------------------- start and finalize


def test_a_start_says_who_is_missing(live: Live, console: Console, setting: Setting) -> None:
    ask(console)
    console.refuses("start", "request.json", *PAYER, because="0 votes of 2 given; 2 votes missing")
    approve(console, "ana")
    base = ("start", "request.json", "approval-ana.json", *PAYER)
    console.refuses(*base, because=f"by Ana ({person('ana').address}); 1 vote missing. Ask any of the other 2")
    console.refuses(*base, "--policy", "policy.json", because="Ask Ben or Carl.")
    console.refuses(*base[:3], "approval-ana.json", *PAYER, because="counts once", code=2)
    approve(console, "ben")
    text = (console.home / "approval-ben.json").read_text()
    signature = json.loads(text)["signature"]
    wrong = forged(text, signature=signature[:-4] + "0000")
    (console.home / "approval-ben.json").write_text(wrong)
    both = ("start", "request.json", "approval-ana.json", "approval-ben.json")
    console.refuses(*both, *PAYER, because="approval-ben.json does not hold a signature of")
    (console.home / "approval-ben.json").write_text(forged(text, signature="0x"))
    console.refuses(*both, *PAYER, because="but the chain does not")
    (console.home / "approval-ben.json").write_text(text)
    console.refuses(*both, because="Who pays the fee?", code=2)
    console.run(*both, *PAYER, passwords=1)
    console.refuses(*both, *PAYER, because="started already")


def test_no_more_guardians_are_shown_than_are_needed(live: Live, console: Console, setting: Setting) -> None:
    ask(console)
    for name in ("ana", "ben", "carl"):
        approve(console, name)
    files = [f"approval-{name}.json" for name in ("ana", "ben", "carl")]
    assert "One approval is not needed" in console.run("start", "request.json", *files, *PAYER, passwords=1).words


def test_a_recovery_is_finalized_in_its_time_and_only_then(live: Live, console: Console, setting: Setting) -> None:
    base = ("finalize", setting.wallet, *PAYER)
    console.refuses(*base, because="No recovery is under way")
    console.refuses("finalize", NEW, *PAYER, because="no recovery policy")
    start(console)
    console.refuses(*base, because="Not yet. This recovery can be finalized from")
    console.refuses(*base, "--path", "friends", because="only kit and policy file know", code=2)
    console.refuses("finalize", NEW, "--request", "request.json", *PAYER, because="is for", code=2)
    with live.undone():
        live.travel(40 * DAY)
        console.refuses(*base, because="Too late: this recovery expired")
    live.travel(3 * DAY)
    console.run(*base, "--path", "friends", "--policy", "policy.json", passwords=1)
    assert live.client.owners(setting.wallet).signers[0].address == NEW


# ------------------------------------------------------------------------- cancel, heartbeat and status


def test_an_owner_cancels_what_can_be_cancelled(live: Live, console: Console, setting: Setting) -> None:
    base = ("cancel", setting.wallet, "--signer", "owner", *PAYER, "--path")
    console.refuses(*base, "0", because="there is nothing to stop")
    start(console)
    console.refuses("cancel", setting.wallet, "--signer", "ana", *PAYER, "--path", "0", because="is not an owner")
    console.refuses("cancel", setting.wallet, "--path", "0", "--signer", "owner", because="Who pays", code=2)
    console.run(*base, "friends", "--kit", "kits/kit-dora.json", passwords=2)
    assert live.client.state(setting.wallet, 1).paths[0].state is RequestState.IDLE


def test_an_owner_cannot_cancel_the_theft_path(live: Live, console: Console, setting: Setting) -> None:
    ask(console, "theft")
    for name in ("ana", "carl"):
        approve(console, name)
    console.run("start", "request.json", "approval-ana.json", "approval-carl.json", *PAYER, passwords=1)
    base = ("cancel", setting.wallet, "--signer", "owner", *PAYER)
    console.refuses(*base, "--path", "1", because="cannot cancel a recovery on path 1")
    assert "the owner cannot cancel it" in console.run("status", setting.wallet).words


def test_a_heartbeat_moves_the_day_on_which_the_heir_comes_in(live: Live, console: Console, setting: Setting) -> None:
    before = live.client.state(setting.wallet, 0).last_active
    live.travel(10 * DAY)
    console.run("heartbeat", setting.wallet, "--signer", "owner", *PAYER, passwords=2)
    assert live.client.state(setting.wallet, 0).last_active == before + 10 * DAY
    console.refuses("heartbeat", NEW, "--signer", "owner", *PAYER, because="is not a recovery wallet")


def test_status_says_first_what_to_do(live: Live, console: Console, setting: Setting) -> None:
    status = ("status", setting.wallet)
    assert "▶ Nothing to do." in console.run(*status).out
    assert "nobody could get it back" in console.run("status", NEW).words or "Nothing that" in console.said[-2]
    request = start(console)
    lines = console.run(*status, "--policy", "policy.json").out.split("\n")
    assert lines[0].startswith(setting.wallet)
    assert lines[2].startswith('  ▶ Recovery under way on path "friends": ready in 3 days.')
    assert "Dora replaces the owners" in " ".join(" ".join(lines).split())
    data = json.loads(console.run(*status, "--kit", "kits/kit-ana.json", "--json", "--events").out)
    assert data["paths"][0]["state"] == "pending" and data["paths"][0]["label"] == "friends"
    assert data["paths"][0]["newOwners"] == [str(owner) for owner in request.owners.signers]
    live.travel(3 * DAY)
    assert "Anybody can finalize it now" in console.run(*status).words
    live.travel(400 * DAY)
    said = console.run(*status, "--kit", "kits/kit-dora.json").words
    assert "has expired" in said and 'path "heir" is open' in said and "recovery heartbeat" in said
    console.refuses("status", NEW, "--kit", "kits/kit-ana.json", because="is a kit for", code=2)


def test_status_of_a_removed_or_changed_policy_warns(live: Live, console: Console, setting: Setting) -> None:
    live.ask("anvil_impersonateAccount", setting.wallet)
    removal = live.client.schedule_removal_call()
    live.ask("eth_sendTransaction", {"from": setting.wallet, "to": removal.to, "data": "0x" + removal.data.hex()})
    said = console.run("status", setting.wallet).words
    assert "Removal of the policy is scheduled: possible in 7 days. If this was not you, drop it:" in said


# -------------------------------------------------------------------------------- common to all commands


def test_mainnet_needs_an_acknowledgement(live: Live, console: Console, setting: Setting) -> None:
    live.ask("anvil_setChainId", 1)
    try:
        base = ("heartbeat", setting.wallet, "--signer", "owner", *PAYER)
        console.refuses(*base, because="have not been audited", passwords=2)
        console.run(*base, "--mainnet-unaudited", passwords=2)
    finally:
        live.ask("anvil_setChainId", 31337)


def test_contracts_elsewhere_are_named_in_a_file(live: Live, console: Console, setting: Setting) -> None:
    usual = canonical_deployment()
    names = ("module", "factory", "wallet", "lens")
    path = Path(console.home / "deployment.json")
    path.write_text(json.dumps({name: getattr(usual, name) for name in names}))
    status = ("status", setting.wallet, "--deployment", "deployment.json")
    console.run(*status)
    path.write_text(json.dumps({name: "0x" + "11" * 20 for name in names}))
    console.refuses(*status, because="is not deployed on chain")
    for content in ("", "[]", "{}", json.dumps({name: 1 for name in names})):
        path.write_text(content)
        console.refuses(*status, because="with exactly these addresses", code=2)


def test_too_few_passwords_are_an_error(live: Live, console: Console, setting: Setting) -> None:
    base = ("heartbeat", setting.wallet, "--signer", "owner", *PAYER)
    console.refuses(*base, because="no terminal on which to ask")
    console.refuses(*base, because="There is no password for payer", code=2, passwords=1)
    console.refuses(*base, "--password-fd", "999", because="cannot be read", code=2)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3 days", 3 * DAY),
        ("1 year", 365 * DAY),
        ("1 day 12 hours", 36 * 3600),
        ("2 Weeks", 14 * DAY),
        ("90 minutes", 5400),
    ],
)
def test_lengths_of_time_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "3", "days", "-3 days", "3.5 days", "3 moons", "3 days ago", "9" * 50 + " days"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "wei"), [("1", 1), ("0.1 ether", 10**17), ("1eth", 10**18), ("1.5 gwei", 15 * 10**8), ("0", 0)]
)
def test_sums_are_read_exactly(text: str, wei: int) -> None:
    assert parse_value(text) == wei
    assert parse_value(ether(wei)) == wei


@pytest.mark.parametrize("text", ["", "-1", "1e18", "0.1", "0.5 wei", "1 btc", "nan", "1" + "0" * 80, "1,5 ether"])
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_value(text)
