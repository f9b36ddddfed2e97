"""Replacing one guardian leaves the kits of the others good: they ask and approve with what they have."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from recovery.plan import PolicyPlan
from recovery.request import Request
from recovery.signer import Signer
from tests.cli.approve_world import FREEZE
from tests.cli.conftest import NEW, PAYER, Console, Setting, asked, kit_of, signed
from tests.live import Live
from tests.world import person


@pytest.fixture
def changed(live: Live, console: Console, setting: Setting) -> PolicyPlan:
    """The policy without Carl, in force; the kits are those that were handed out before."""
    rita = Signer.parse(person("new").address)
    guardians = tuple(
        replace(each, name="Rita", signer=rita) if each.name == "Carl" else each for each in setting.plan.guardians
    )
    paths = tuple(
        replace(path, guardians=tuple(("Rita" if name == "Carl" else name, votes) for name, votes in path.guardians))
        for path in setting.plan.paths
    )
    new = replace(setting.plan, guardians=guardians, paths=paths).replacing(setting.plan)
    client = live.client
    (console.home / "policy-2.json").write_text(new.dumps())
    console.run(
        *("policy", "change", setting.wallet, "--policy", "policy-2.json", "--signer", "owner", *PAYER), passwords=2
    )
    live.travel(setting.plan.change_delay)
    client.send(client.apply_change(setting.wallet), person("payer"))
    return new


def test_an_older_kit_asks_and_approves(live: Live, console: Console, setting: Setting, changed: PolicyPlan) -> None:
    request = asked(console, "r.json", "--path", "friends", "--new-owner", NEW)
    assert request.proof == changed.policy.proof(0)
    files = signed(console, "r.json", "ana", "ben")
    assert "is not the one of your kit, but you are in it" in " ".join(console.said[-2].split())
    console.run("start", "r.json", *files, *PAYER, passwords=1)
    assert live.client.state(setting.wallet).paths[0].is_open


def test_who_was_replaced_can_neither_ask_nor_approve(
    live: Live, console: Console, setting: Setting, changed: PolicyPlan
) -> None:
    wish = ("--path", "friends", "--new-owner", NEW)
    console.refuses("request", *kit_of("carl"), *wish, because="the owner has replaced you as a guardian", code=2)
    asked(console, "r.json", *wish)
    mine = ("approve", "r.json", *kit_of("carl"), "--signer", "carl", "-y")
    console.refuses(*mine, because="Carl is not among the guardians of this request's path", code=2)


def test_without_a_chain_another_policy_is_not_believed(
    live: Live, console: Console, setting: Setting, changed: PolicyPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(console, "r.json", *FREEZE)
    monkeypatch.delenv("RECOVERY_NETWORK")
    mine = ("approve", "r.json", *kit_of("ana"), "--signer", "ana", "-y")
    console.refuses(*mine, because="give --network, so that the chain is asked whether it is in force")


def test_a_policy_that_somebody_made_up_around_an_opening_is_refused(
    live: Live, console: Console, setting: Setting
) -> None:
    """Ana's commitment is public: anybody can put it into a path of theirs."""
    request = asked(console, "r.json", "--path", "friends", "--new-owner", NEW)
    path = dataclasses.replace(request.proof.path, threshold=1, delay=3600)
    forged = dataclasses.replace(request, proof=dataclasses.replace(request.proof, path=path))
    (console.home / "forged.json").write_text(forged.dumps())
    assert Request.loads(forged.dumps()).digest != request.digest
    mine = ("approve", "forged.json", *kit_of("ana"), "--signer", "ana", "-y")
    console.refuses(*mine, because="its policy has changed, since the request was made")
