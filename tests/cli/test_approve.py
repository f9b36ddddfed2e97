"""What a guardian signs, in every way there is, and what becomes of what does not belong together."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recovery.cli import submit
from recovery.kit import PolicyPlan
from recovery.policy import DAY
from recovery.request import HALF_ORDER, Approvals, Request, SignedApproval, is_signed_by_key
from recovery.signer import Signer
from tests.cli.conftest import (
    DEFENCE,
    NAMES,
    NEW,
    PAYER,
    POLICY,
    Console,
    Setting,
    agreed,
    asked,
    commands,
    copied,
    established,
    kit_of,
    recovering,
    signed,
)
from tests.live import PASSWORD, Live
from tests.recovery.samples import forged
from tests.world import person

CAST = Path(sys.executable).with_name("cast")
ORDER = 2 * HALF_ORDER + 1
RECOVER = ("--path", "friends", "--new-owner", NEW)
FREEZE = ("--action", "freeze", "--path", "freeze")
#: Code that answers every call with the magic word of ERC-1271, and code that answers nothing.
YES = "0x7f1626ba7e" + "00" * 28 + "60005260206000f3"
NO = "0x60006000f3"


def loaded(console: Console, file: str) -> SignedApproval:
    return SignedApproval.loads((console.home / file).read_text(), file)


@pytest.fixture
def contract(live: Live, console: Console) -> Setting:
    """The usual policy, but Ben is a contract that says yes to everything."""
    ben = person("a contract").address
    live.ask("anvil_setCode", ben, YES)
    text = POLICY.format(**{n: person(n).address for n in NAMES} | {"ben": ben})
    (console.home / "policy.yaml").write_text(text)
    console.run("policy", "new", "policy.yaml")
    return established(live, console, PolicyPlan.loads((console.home / "policy.json").read_text()), "owner")


# ------------------------------------------------------------------------------------ what is said and done


def test_the_commands_that_are_printed_lead_through_a_whole_recovery(
    live: Live, console: Console, defence: Setting
) -> None:
    said = console.run("request", *kit_of("ana"), *RECOVER)
    approve, start = commands(said)
    copied(console, approve, kit="kits/kit-ana.json", signer="ana", passwords=1)
    said = copied(console, approve, kit="kits/kit-ben.json", signer="ben", passwords=1)
    assert commands(said) == [start]
    said = copied(console, start, account="payer", passwords=1)
    finalize, status = commands(said)
    assert "Recovery under way" in copied(console, status).words
    live.travel(3 * DAY)
    (show,) = commands(copied(console, finalize, account="payer", passwords=1))
    assert NEW in copied(console, show).words


@pytest.mark.parametrize(
    ("action", "names"),
    [
        (("--action", "cancel", "--path", "theft"), "ana ben"),
        (("--action", "veto", "--stop", "theft"), "carl dora"),
        (("--action", "veto", "--change"), "carl dora"),
        (FREEZE, "ana carl"),
        (("--action", "freeze", "--path", "panic"), "dora"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, tuple) else "",
)
def test_so_do_those_of_every_other_action_beside_a_recovery_in_the_same_folder(
    live: Live, console: Console, defence: Setting, action: tuple[str, ...], names: str
) -> None:
    console.run("request", *kit_of("ana"), "--path", "theft", "--new-owner", NEW)
    for name in ("ana", "ben"):
        console.run("approve", "request.json", *kit_of(name), "--signer", name, "-y", passwords=1)
    console.run("start", "request.json", "approval-ana.json", "approval-ben.json", *PAYER, passwords=1)
    console.run("policy", "change", defence.wallet, "--remove", "--signer", "owner", *PAYER, passwords=2)
    approve, submit_it = commands(console.run("request", *kit_of("carl"), *action))
    for name in names.split():
        said = copied(console, approve, kit=f"kits/kit-{name}.json", signer=name, passwords=1)
    if len(names.split()) == 1:
        assert commands(said) == [submit_it.replace("*", "dora")], "one vote is enough: no other approval is awaited"
    copied(console, submit_it, account="payer", passwords=1)
    if "freeze" not in action:
        return
    thaw = next(line for line in commands(console.run("request", *kit_of("ana"), "--action", "thaw", *action[2:])))
    assert thaw.startswith("recovery approve thaw.json")


def test_a_files_approvals_are_called_after_it(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "my freeze.json", *FREEZE)
    said = console.run("approve", "my freeze.json", *kit_of("ana"), "--signer", "ana", "-y", passwords=1)
    assert (console.home / "my freeze-ana.json").exists()
    assert commands(said)[0].startswith("recovery freeze 'my freeze.json' 'my freeze-'*.json --account")
    again = ("approve", "my freeze.json", *kit_of("ana"), "--signer", "ana", "-y")
    console.refuses(*again, because="my freeze-ana.json exists already. Name another file with -o", code=2)


def test_what_is_said_comes_from_the_kit_and_not_from_the_request(
    live: Live, console: Console, defence: Setting
) -> None:
    """A label is not signed: whoever sends the request could call the path what they like."""
    recovering(console, "theft")
    request = asked(console, "c.json", "--action", "cancel", "--path", "theft")
    lying = dataclasses.replace(request, label="friends")
    (console.home / "lie.json").write_text(lying.dumps())
    said = console.run("approve", "lie.json", *kit_of("ana"), "--signer", "ana", "-y", passwords=1).words
    assert "on path 'theft'" in said and "Path theft:" in said and "friends" not in said


@pytest.mark.parametrize("action", [FREEZE, ("--action", "cancel", "--path", "friends")], ids=["freeze", "cancel"])
def test_what_acts_at_once_is_said_to(live: Live, console: Console, defence: Setting, action: tuple[str, ...]) -> None:
    recovering(console, "friends")
    asked(console, "x.json", *action)
    said = console.run("approve", "x.json", *kit_of("ana"), "--signer", "ana", "-y", passwords=1).words
    assert "It acts at once." in said and "pass before anything changes" not in said


def test_the_guardians_own_key_as_new_owner_is_pointed_out(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "r.json", "--path", "friends", "--new-owner", person("ana").address)
    said = console.run("approve", "r.json", *kit_of("ana"), "--signer", "ana", "-y", passwords=1)
    assert "The new owner is your own key" in " ".join(said.err.split())


# ------------------------------------------------------------------------------- signatures made elsewhere


def cast_sign(file: Path, *options: str) -> str:
    """What Foundry's `cast wallet sign` says to typed data."""
    command = [str(CAST), "wallet", "sign", "--data", "--from-file", str(file), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=file.parent).stdout.strip()


@pytest.mark.skipif(not CAST.exists(), reason="needs Foundry's cast beside python: make setup")
@pytest.mark.parametrize("action", ["recover", "cancel", "veto", "change", "freeze", "thaw"])
def test_a_signature_by_cast_counts_for_every_action(
    live: Live, console: Console, defence: Setting, action: str
) -> None:
    name = "carl"
    if action in ("cancel", "veto"):
        recovering(console, "theft")
    if action == "change":
        console.run("policy", "change", defence.wallet, "--remove", "--signer", "owner", *PAYER, passwords=2)
    if action == "thaw":
        agreed(console, "freeze", "freeze.json", "ana ben", *FREEZE)
    options = {
        "recover": ("--path", "friends", "--new-owner", NEW, "--new-owner", person("ana").address, "--threshold", "2"),
        "cancel": ("--action", "cancel", "--path", "theft"),
        "veto": ("--action", "veto", "--stop", "theft"),
        "change": ("--action", "veto", "--change"),
        "freeze": FREEZE,
        "thaw": ("--action", "thaw", "--path", "freeze"),
    }[action]
    request = asked(console, "r.json", *options)
    base = ("approve", "r.json", *kit_of(name))
    said = console.run(*base, "--typed-data", "typed.json")
    assert person(name).address in said.words and "Nothing was signed" in said.words
    sign = next(line for line in said.out.split("\n") if "cast wallet sign" in line).split()[1:]
    assert sign == ["wallet", "sign", "--data", "--from-file", "typed.json"]
    keystore = console.home / ".ape" / "accounts" / f"{name}.json"
    signature = cast_sign(console.home / "typed.json", "--keystore", str(keystore), "--password", PASSWORD)
    back = commands(said)[0].replace("0x...", signature)
    assert not (console.home / "r-carl.json").exists()
    copied(console, back, kit=f"kits/kit-{name}.json")
    assert is_signed_by_key(request, loaded(console, "r-carl.json"))
    other = "dora" if action in ("veto", "change") else "ana"
    verb = {"recover": "start", "change": "veto"}.get(action, action)
    console.run(verb, "r.json", *signed(console, "r.json", other), "r-carl.json", *PAYER, passwords=1)


def test_typed_data_is_written_once_and_alone(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "f.json", *FREEZE)
    base = ("approve", "f.json", "--policy", "policy.json", "--as", "Ana", "--typed-data", "typed.json")
    said = console.run(*base)
    assert commands(said) == ["recovery approve f.json --policy FILE --as NAME --signature 0x..."]
    console.refuses(*base, because="typed.json exists already. Name another file with --typed-data", code=2)


def test_a_signature_is_taken_in_the_forms_that_devices_give(live: Live, console: Console, defence: Setting) -> None:
    request = asked(console, "f.json", *FREEZE)
    signature = bytes(person("ana").sign_message(request.message.signable).signature)
    from_zero = "0x" + (signature[:64] + bytes([signature[64] - 27])).hex()
    (console.home / "ana.sig").write_text(f"{from_zero}\n")
    base = ("approve", "f.json", *kit_of("ana"), "--signature")
    console.run(*base, from_zero, "-o", "a.json")
    console.run(*base, "ana.sig", "-o", "b.json")
    assert loaded(console, "a.json").approval.signature == loaded(console, "b.json").approval.signature == signature
    console.run("freeze", "f.json", "a.json", *signed(console, "f.json", "ben"), *PAYER, passwords=1)
    assert live.client.state(defence.wallet).frozen


def test_a_signature_of_anybody_or_anything_else_is_refused(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(console, "f.json", *FREEZE)
    other = asked(console, "g.json", *FREEZE, "--deadline", "1 day")
    right = bytes(person("ana").sign_message(request.message.signable).signature)
    s = int.from_bytes(right[32:64], "big")
    twin = right[:32] + (ORDER - s).to_bytes(32, "big") + bytes([right[64] ^ 7])  # the other s: 27 <-> 28
    wrong = [
        bytes(person("ben").sign_message(request.message.signable).signature),
        bytes(person("ana").sign_message(other.message.signable).signature),
        twin,
        right[:-1],
        right + b"\0",
    ]
    base = ("approve", "f.json", *kit_of("ana"), "--signature")
    for each in wrong:
        console.refuses(*base, "0x" + each.hex(), because="is not a signature of")
    for text in ("0x", "0x1", "0xzz", "0x" + "é" * 4):
        console.refuses(*base, text, because="should be hexadecimal, beginning with 0x", code=2)
    (console.home / "empty").write_text("")
    console.refuses(*base, "empty", because="should be hexadecimal", code=2)
    for text in ("missing.sig", right.hex(), right.hex() * 9):
        console.refuses(*base, text, because="cannot be read", code=2)
    monkeypatch.delenv("RECOVERY_NETWORK")
    console.refuses(*base, "0x" + wrong[0].hex(), because="If your guardian is a contract, give --network")


def test_the_contracts_take_no_other_form_than_is_foreseen(live: Live, console: Console, defence: Setting) -> None:
    """An approval whose v counts from 0, or with the other s: eth-account would take it, the contracts would not."""
    request = asked(console, "f.json", *FREEZE)
    files = signed(console, "f.json", "ana", "ben")
    text = (console.home / files[0]).read_text()
    right = loaded(console, files[0]).approval.signature
    s = int.from_bytes(right[32:64], "big")
    for wrong in (
        right[:64] + bytes([right[64] - 27]),
        right[:32] + (ORDER - s).to_bytes(32, "big") + bytes([right[64] ^ 7]),
    ):
        (console.home / "wrong.json").write_text(forged(text, signature="0x" + wrong.hex()))
        refused = ("freeze", "f.json", "wrong.json", files[1], *PAYER)
        console.refuses(*refused, because="wrong.json does not hold a signature of Ana")
        assert not is_signed_by_key(request, loaded(console, "wrong.json"))


# --------------------------------------------------------------------------------------------- contracts


def test_a_contract_is_asked_whether_it_has_signed(
    live: Live, console: Console, contract: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(console, "r.json", *RECOVER)
    base = ("approve", "r.json", *kit_of("ben"), "--signature", "0x1234")
    monkeypatch.delenv("RECOVERY_NETWORK")
    console.refuses(*base, because="If your guardian is a contract, give --network: it has to be asked")
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
    because = f"Ben ({person('a contract').address}) has not signed this"
    console.refuses("start", "r.json", *files, *PAYER, because=because)
    live.ask("anvil_setCode", person("a contract").address, "0x")
    console.refuses("start", "r.json", *files, *PAYER, because="r-ben.json does not hold a signature of Ben")


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


# ------------------------------------------------------------------------------ what does not belong together


def test_approvals_come_in_any_order(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "f.json", *FREEZE)
    files = signed(console, "f.json", "ana", "ben", "carl")
    for pair in itertools.permutations(files, 2):
        with live.undone():
            console.run("freeze", "f.json", *pair, *PAYER, passwords=1)
            assert live.client.state(defence.wallet).frozen


def test_no_more_guardians_are_shown_than_it_takes(live: Live, console: Console, setting: Setting) -> None:
    """Carl has two votes of three on the path theft. Who has approved on the chain is known already."""
    asked(console, "r.json", "--path", "theft", "--new-owner", NEW)
    console.run("approve", "r.json", *kit_of("ben"), "--on-chain", "--account", "ben", "-y", passwords=1)
    files = [*signed(console, "r.json", "ana", "carl"), "r-ben.json"]
    said = console.run("start", "r.json", *files, *PAYER, passwords=1).words
    assert "One approval is not needed and not sent: that guardian stays unknown." in said
    assert "Carl (" in said and "Ben (" in said and "Ana (" not in said
    data = live.web3.eth.get_block("latest", full_transactions=True)["transactions"][0]["input"].hex()
    assert person("ana").address[2:].lower() not in data and person("carl").address[2:].lower() in data


def test_one_guardian_counts_once(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "f.json", *FREEZE)
    files = signed(console, "f.json", "ana", "ben")
    (console.home / "copy.json").write_bytes((console.home / "f-ana.json").read_bytes())
    twice = ("freeze", "f.json", "f-ana.json", "copy.json", *PAYER)
    console.refuses(*twice, because="are of the same guardian, who counts once", code=2)
    console.refuses("freeze", "f.json", files[0], files[0], *PAYER, because="who counts once", code=2)


def test_an_approval_of_something_else_is_refused_with_what_to_do(
    live: Live, console: Console, defence: Setting
) -> None:
    asked(console, "f.json", *FREEZE)
    asked(console, "r.json", *RECOVER)
    files = signed(console, "r.json", "ana")
    freeze = ("freeze", "f.json")
    console.refuses(*freeze, *files, *PAYER, because="r-ana.json is for another request, or an older version", code=2)
    console.refuses(*freeze, "f.json", *PAYER, because="f.json is a request; an approval is needed here", code=2)
    console.refuses("freeze", "r-ana.json", *PAYER, because="is an approval; a request is needed here", code=2)
    console.refuses(*freeze, "kits/kit-ana.json", *PAYER, because="is a guardian's kit", code=2)
    (mine,) = signed(console, "f.json", "ana")
    text = (console.home / mine).read_text()
    (console.home / "x.json").write_text(text.replace('"weight": 1', '"weight": 2'))
    console.refuses(*freeze, "x.json", *PAYER, because="x.json has been altered or cut off", code=2)
    for change in ({"opening__weight": 2}, {"member": 1}, {"opening__signer": person("dora").address}):
        (console.home / "x.json").write_text(forged(text, **change))
        console.refuses(*freeze, "x.json", *PAYER, because="is not a guardian of this path", code=2)


def test_an_approval_for_an_older_policy_is_named(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "old.json", *FREEZE, "--deadline", "90 days")
    old = signed(console, "old.json", "ben")
    recovering(console, "friends")
    live.travel(3 * DAY)
    console.run("finalize", defence.wallet, *PAYER, passwords=1)
    asked(console, "new.json", *FREEZE)
    files = [*signed(console, "new.json", "ana"), *old]
    because = f"Ben ({person('ben').address}) has signed for an older policy"
    console.refuses("freeze", "new.json", *files, *PAYER, because=because, code=2)
    assert "Ask again, with this request." in " ".join(console.said[-1].split())
    console.refuses("freeze", "old.json", *old, *PAYER, because="The account has been recovered, or its policy has")


def test_more_approvals_are_not_asked_for_what_is_over(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "f.json", *FREEZE)
    files = signed(console, "f.json", "ana")
    console.refuses("freeze", "f.json", *files, *PAYER, because="1 vote of 2 given")
    live.travel(4 * DAY)
    console.refuses("freeze", "f.json", *files, *PAYER, because="The request's deadline has passed, on")
    console.refuses("approve", "f.json", *kit_of("ben"), "--signer", "ben", "-y", because="deadline has passed")


def test_who_is_missing_is_said_by_name_if_a_policy_file_knows(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "f.json", *FREEZE)
    files = signed(console, "f.json", "ana")
    console.refuses("freeze", "f.json", *files, "--policy", "policy.json", *PAYER, because="Ask Ben or Carl.")
    (console.home / "other.yaml").write_text(POLICY.format(**{n: person(n).address for n in NAMES}))
    console.run("policy", "new", "other.yaml", "-o", "other.json")
    because = "Ask any of the other 2 guardians"
    console.refuses("freeze", "f.json", *files, "--policy", "other.json", *PAYER, because=because)
    assert "is not of the policy that this request is for, so it is left aside" in " ".join(console.said[-1].split())
    files += signed(console, "f.json", "ben")
    console.run("freeze", "f.json", *files, "--policy", "other.json", *PAYER, passwords=1)


def test_a_guardian_signs_only_what_their_kit_knows(live: Live, console: Console, defence: Setting) -> None:
    request = asked(console, "f.json", *FREEZE)
    mine = (*kit_of("ana"), "--signer", "ana", "-y")
    cases: list[tuple[Request, str, int]] = [
        (dataclasses.replace(request, account=NEW), "your kit is for", 1),
        (dataclasses.replace(request, chain_id=1), "This request is for Ethereum mainnet", 1),
        (dataclasses.replace(request, module=NEW), "This request is for the module", 1),
        (dataclasses.replace(request, epoch=request.epoch + 1), "The account has been recovered, or its policy", 1),
        (dataclasses.replace(request, deadline=1), "The request's deadline has passed", 1),
    ]
    for number, (other, because, code) in enumerate(cases):
        (console.home / f"{number}.json").write_text(other.dumps())
        console.refuses("approve", f"{number}.json", *mine, because=because, code=code)
    dora = ("approve", "f.json", *kit_of("dora"), "--signer", "dora", "-y")
    console.refuses(*dora, because="Dora is not a guardian of path 'freeze'", code=2)
    named = ("approve", "f.json", "--policy", "policy.json", "--signer", "ana", "-y")
    console.refuses(*named, because="Which guardian are you? Give --as with one of", code=2)
    console.refuses(*named, "--as", "Dora", because="Ana, Ben, Carl", code=2)
    console.refuses(*named, "--as", "Ben", because="Nothing was signed", code=2)
    changed = DEFENCE.replace("window: 7 days", "window: 6 days").format(**{n: person(n).address for n in NAMES})
    (console.home / "p2.yaml").write_text(changed)
    console.run("policy", "new", "p2.yaml", "--from", "policy.json", "-o", "p2.json")
    plan = PolicyPlan.loads((console.home / "p2.json").read_text())
    kit = plan.kit("Ana", 31337, request.module, request.account)
    (console.home / "newer.json").write_text(kit.dumps())
    newer = ("approve", "f.json", "--kit", "newer.json", "--signer", "ana", "-y")
    console.refuses(*newer, because="for another policy than that of your file")
    elsewhere = dataclasses.replace(kit, chain_id=1, policy=defence.plan.policy)
    (console.home / "elsewhere.json").write_text(elsewhere.dumps())
    console.refuses("approve", "f.json", "--kit", "elsewhere.json", "--signer", "ana", "-y", because="your kit is for")
    console.refuses("request", "--kit", "elsewhere.json", *FREEZE, because="but the network is", code=2)
    console.refuses("request", "--kit", "newer.json", *FREEZE, because="has changed since this kit or policy file")


def test_a_request_that_no_chain_could_mean_is_refused_when_it_is_read(
    live: Live, console: Console, defence: Setting
) -> None:
    recovering(console, "theft")
    request = asked(console, "v.json", "--action", "veto", "--stop", "theft", kit="dora")
    text = request.dumps()
    mine = (*kit_of("dora"), "--signer", "dora", "-y")
    for changes in ({"path": 32}, {"path": 2**200}, {"proof__others": ["0x" + "11" * 32] * 32}):
        (console.home / "x.json").write_text(forged(text, **changes))
        console.refuses("approve", "x.json", *mine, because="a policy has at most 32 paths", code=2)


def test_a_profile_that_names_a_kit_does_not_stand_in_the_way(live: Live, console: Console, defence: Setting) -> None:
    """Whoever helps somebody else has a policy of their own in the profile."""
    (console.home / "other.yaml").write_text(POLICY.format(**{n: person(n).address for n in NAMES}))
    console.run("policy", "new", "other.yaml", "-o", "other.json")
    asked(console, "f.json", *FREEZE)
    files = signed(console, "f.json", "ana", "ben")
    (console.home / "ape-config.yaml").write_text("recovery:\n  profiles:\n    default:\n      policy: other.json\n")
    console.run("freeze", "f.json", *files, *PAYER, passwords=1)
    assert live.client.state(defence.wallet).frozen
    removal = ("policy", "change", defence.wallet, "--remove", "--signer", "owner", *PAYER)
    said = console.run(*removal, passwords=2).words
    state = live.client.state(defence.wallet, 0)
    assert "nobody can get you back" in said and state.change_eta and state.change_policy_hash == bytes(24)
    console.refuses(*removal, "--policy", "policy.json", because="not both", code=2)


def test_approvals_are_readable_for_their_guardian_alone(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "f.json", *FREEZE)
    for file in signed(console, "f.json", "ana"):
        assert os.stat(console.home / file).st_mode & 0o777 == 0o600
    assert (
        Approvals(Request.loads((console.home / "f.json").read_text())).add(loaded(console, "f-ana.json")).missing == 1
    )
