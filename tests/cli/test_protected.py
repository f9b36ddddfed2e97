"""`recovery status --folder`: who is protected, by what guardians have answered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from recovery import files
from recovery.card import Statement
from recovery.contracts import canonical_deployment
from recovery.folder import AccountNote
from recovery.plan import PolicyPlan
from tests.cli.conftest import NAMES, PAYER, POLICY, Console, Setting, recovering
from tests.cli.guardian_world import FOLDER, folder_of, now, opened, put, receipt
from tests.live import ETHER, Live
from tests.world import owners_of, person, signer

DAY = 86_400


@pytest.fixture
def mine(live: Live, console: Console, setting: Setting) -> Setting:
    folder_of(console, setting.plan, setting.wallet)
    return setting


def answers(console: Console, *names: str, ago: int = 0, statement: Statement = Statement.HOLDS) -> None:
    for name in names:
        kit = opened(console).kit(opened(console).newest, name)
        opened(console).add_receipt(receipt(kit, time=now() - ago, statement=statement))


def data(console: Console) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(console.run("status", *FOLDER, "--json").out)
    return found


def test_nobody_is_protected_before_the_guardians_have_answered(console: Console, mine: Setting) -> None:
    said = console.run("status", *FOLDER)
    assert "Protected: not yet" in said.words and "still missing: Ana, Ben, Carl and Dora" in said.words
    assert "recovery guardian receive FILE... --folder mine" in said.out
    assert data(console)["protected"] is False and data(console)["configured"] is True


def test_every_path_that_replaces_owners_has_to_be_reached(console: Console, mine: Setting) -> None:
    answers(console, "Ana", "Ben", "Carl")
    assert "'heir' has 0 of 1 votes" in console.run("status", *FOLDER).words
    answers(console, "Dora")
    said = console.run("status", *FOLDER).words
    assert "Protected: yes" in said and "4 of 4 guardians can be counted on" in said and "answered today" in said
    found = data(console)
    assert found["protected"] is True and [path["spare"] for path in found["cover"]] == [1, 0, 0]


def test_ages_resignations_and_stale_kits_are_shown(console: Console, mine: Setting) -> None:
    answers(console, "Ben", "Carl", "Dora")
    answers(console, "Ana", ago=400 * DAY)
    answers(console, "Ben", statement=Statement.RESIGNS)
    said = console.run("status", *FOLDER)
    assert "Ana answered 13 months ago (ask again)" in said.words and "Ben has resigned" in said.words
    assert "recovery guardian replace Ben --by CARD --folder mine" in said.out
    guardians = {each["name"]: each for each in data(console)["guardians"]}
    assert guardians["Ana"]["due"] and guardians["Ana"]["counts"] and not guardians["Ben"]["counts"]
    answers(console, "Ana", ago=0)
    assert "Ana answered today" in console.run("status", *FOLDER).words


def test_the_folder_says_which_account_and_policy(live: Live, console: Console, mine: Setting) -> None:
    said = console.run("status", *FOLDER).words
    assert mine.wallet in said and "Any 2 of Ana, Ben and Carl replace the owners" in said
    other = person("new").address
    console.refuses("status", other, *FOLDER, because=f"mine is the folder of {mine.wallet}", code=2)
    console.refuses("status", *FOLDER, "--policy", "policy.json", because="one of them", code=2)
    console.refuses("status", because="Which account?", code=2)
    (console.home / "empty").mkdir()
    console.refuses("status", "--folder", "empty", because="it has no account.json", code=2)
    opened(console).noting(AccountNote("Olga"))
    console.refuses("status", *FOLDER, because="no account in mine yet. Go on with: recovery setup mine", code=2)


def test_a_folder_without_the_policy_in_force_protects_nobody(live: Live, console: Console, mine: Setting) -> None:
    (console.home / "mine" / "policies" / "policy-1.json").unlink()
    (console.home / "other.yaml").write_text(POLICY.format(**{n: person(n).address for n in NAMES}))
    console.run("policy", "new", "other.yaml", "-o", "mine/policies/policy-1.json")
    console.refuses("status", *FOLDER, because="is the one that the account has on")


def test_a_key_that_was_the_owners_once_has_to_answer_like_anybodys(
    live: Live, console: Console, mine: Setting
) -> None:
    plan = replace(mine.plan, owners=(("Phone", signer("ana")),), owners_threshold=1)
    files.write(console.home / "mine" / "policies" / "policy-1.json", plan.dumps(), replace=True)
    guardians = {each["name"]: each for each in data(console)["guardians"]}
    assert not guardians["Ana"]["owner"], "the wallet's owner is another key"
    ours = replace(plan, owners=(("Phone", signer("owner")), ("Other", signer("ana"))), owners_threshold=1)
    files.write(console.home / "mine" / "policies" / "policy-1.json", ours.dumps(), replace=True)
    assert not any(each["owner"] for each in data(console)["guardians"])


def test_what_is_urgent_stands_before_who_should_answer(live: Live, console: Console, mine: Setting) -> None:
    recovering(console, "friends")
    said = console.run("status", *FOLDER)
    assert said.out.index("Recovery under way") < said.out.index("still hold their kits")


def test_the_policy_is_changed_to_the_newest_in_the_folder(live: Live, console: Console, mine: Setting) -> None:
    changed = replace(mine.plan, change_delay=9 * DAY)
    opened(console).add_plan(changed)
    change = ("policy", "change", *FOLDER, "--signer", "owner", *PAYER)
    console.refuses(*change, "--policy", "policy.json", because="one of them", code=2)
    console.refuses(*change, "--remove", because="one of them", code=2)
    console.run(*change, passwords=2)
    assert live.client.state(mine.wallet).change_policy_hash == changed.policy.hash[:24]
    assert not (console.home / "kits-new").exists()


# --------------------------------------------------------------------------------------- wallet create


@pytest.fixture
def owned(console: Console) -> PolicyPlan:
    """A policy that names the account's first owners."""
    owners = f"owners:\n  keys:\n    Phone: {person('owner').address}\n  threshold: 1\n"
    (console.home / "owned.yaml").write_text(owners + POLICY.format(**{n: person(n).address for n in NAMES}))
    console.run("policy", "new", "owned.yaml", "-o", "owned.json")
    return PolicyPlan.loads((console.home / "owned.json").read_text())


def test_a_wallet_is_created_with_the_owners_of_the_policy_file(
    live: Live, console: Console, owned: PolicyPlan
) -> None:
    create = ("wallet", "create", "--policy", "owned.json", *PAYER)
    because = "names other owners than --owner"
    console.refuses(*create, "--owner", person("new").address, because=because, code=2)
    console.refuses(*create, "--threshold", "1", because="Give --owner, once for each", code=2)
    console.run(*create, passwords=1)
    wallet = canonical_deployment().wallet_address(owners_of("owner"), owned.policy)
    assert live.client.owners_hash(wallet) == owners_of("owner").hash[:24]
    console.run(*create, "--owner", person("owner").address)


def test_kits_of_the_same_wallet_on_another_chain_name_both(live: Live, console: Console, setting: Setting) -> None:
    create = ("wallet", "create", "--policy", "policy.json", "--owner", person("owner").address, *PAYER)
    for name in ("ana", "ben", "carl", "dora"):
        kit = setting.plan.kit(name.capitalize(), 1, canonical_deployment().module, setting.wallet)
        put(console, f"kits/kit-{name}.json", kit)
    said = console.run(*create)
    assert "give them to your guardians again" in said.err
    text = (console.home / "kits" / "kit-ana.json").read_text()
    assert json.loads(text)["chains"] == [1, 31337]
    again = console.run(*create)
    assert "again" not in again.err and (console.home / "kits" / "kit-ana.json").read_text() == text
    put(console, "kits/kit-ben.json", setting.plan.kit("Ben", 1, canonical_deployment().module, person("new").address))
    console.refuses(*create, because="is not the kit of this wallet and policy", code=2)


def test_a_kit_is_scanned_from_its_sheet(live: Live, console: Console, setting: Setting) -> None:
    console.run("kit", "pdf", "kits/kit-ana.json", "-o", "ana.pdf")
    console.run("scan", "ana.pdf", "-o", "again.json")
    kit = (console.home / "kits" / "kit-ana.json").read_bytes()
    assert (console.home / "again.json").read_bytes() == kit
    assert live.web3.eth.get_balance(setting.wallet) == ETHER
