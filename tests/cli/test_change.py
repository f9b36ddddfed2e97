"""Changing the policy of an account: who may, when, what it does to kits, requests and approvals."""

from __future__ import annotations

import json
import stat

import pytest

from recovery.plan import PolicyPlan
from recovery.policy import DAY
from tests.cli.conftest import (
    DEFENCE,
    NAMES,
    NEW,
    OWNER,
    PAYER,
    Console,
    Setting,
    agreed,
    asked,
    commands,
    copied,
    kit_of,
    recovering,
    signed,
)
from tests.live import Live
from tests.world import person

FREEZE = ("--action", "freeze", "--path", "freeze")


def newer(console: Console, *replacements: tuple[str, str]) -> PolicyPlan:
    """Another policy, made from the present one."""
    text = DEFENCE
    for old, new in (("change_delay: 7", "change_delay: 9"), *replacements):
        assert old in text
        text = text.replace(old, new)
    (console.home / "policy-2.yaml").write_text(text.format(**{n: person(n).address for n in NAMES}))
    console.run("policy", "new", "policy-2.yaml", "--from", "policy.json", "-o", "policy-2.json")
    return PolicyPlan.loads((console.home / "policy-2.json").read_text())


def test_a_policy_is_changed_after_its_waiting_time_and_not_before(
    live: Live, console: Console, defence: Setting
) -> None:
    plan = newer(console, ("Dora: {dora}", "Dora: {new}"))
    change = commands_of_policy(console)
    said = copied(console, change.replace("0xWALLET", defence.wallet), signer="owner", account="payer", passwords=2)
    assert "Scheduled. It can be applied from" in said.words and "(in 7 days)" in said.words
    apply, drop = commands(said)
    kit = console.home / "kits-new" / "kit-dora.json"
    assert stat.S_IMODE(kit.stat().st_mode) == 0o600
    assert kit.read_text() == plan.kit("Dora", 31337, live.client.deployment.module, defence.wallet).dumps()
    copied_refuses(console, apply, "Not yet. The change can be applied from")
    live.travel(7 * DAY)
    said = copied(console, apply, account="payer", passwords=1)
    assert "The new policy is in force." in said.words
    state = live.client.state(defence.wallet)
    assert state.policy_hash == plan.policy.hash[:24] and state.change_delay == 9 * DAY and not state.change_eta
    assert "Nothing to do" in copied(console, commands(said)[-1]).words
    copied_refuses(console, apply, "No change of policy is pending")
    copied_refuses(console, drop, "No change of policy is pending")
    stale = ("--policy", "policy.json", "--wallet", defence.wallet)
    console.refuses("request", *stale, *FREEZE, because="has changed since this kit or policy file was made")
    console.run("request", "--kit", "kits-new/kit-ana.json", *FREEZE)
    console.run("request", *kit_of("ana"), *FREEZE, "-o", "with-the-old-kit.json")


def commands_of_policy(console: Console) -> str:
    """What `policy new --from` says to run next."""
    (console.home / "policy-2.json").unlink()
    said = console.run("policy", "new", "policy-2.yaml", "--from", "policy.json", "-o", "policy-2.json")
    (change,) = commands(said)
    return change


def copied_refuses(console: Console, command: str, because: str) -> None:
    """Types a printed command that is refused before anybody is asked for a password."""
    before = console.files()
    words = command.replace("--network URL", "").replace("--signer KEY", "--signer owner")
    console.refuses(*words.replace("--account KEY", "--account payer").split()[1:], "-y", because=because)
    assert console.files() == before


def test_who_stays_keeps_their_opening_and_who_leaves_takes_nothing(
    live: Live, console: Console, defence: Setting
) -> None:
    plan = newer(console, ("Carl: {carl}", "Carl: {new}"))
    for name in ("Ana", "Ben", "Dora"):
        assert plan.member(name, 1) == defence.plan.member(name, 1)
    assert plan.member("Carl", 1).salt != defence.plan.member("Carl", 1).salt
    data = json.loads((console.home / "policy-2.json").read_text())
    assert (data["secret"], data["nextNumber"]) == ("0x" + defence.plan.secret.hex(), 6)


def test_a_change_is_refused_before_anybody_signs(live: Live, console: Console, defence: Setting) -> None:
    newer(console)
    base = ("policy", "change", defence.wallet)
    to = (*base, "--policy", "policy-2.json")
    console.refuses(*base, *OWNER, *PAYER, because="Give the new policy file with --policy, or --remove", code=2)
    console.refuses(*to, "--remove", *OWNER, *PAYER, because="not both", code=2)
    console.refuses(*base, "--policy", "policy.json", *OWNER, *PAYER, because="has this policy already")
    console.refuses(*base, *kit_of("ana"), *OWNER, *PAYER, because="Give the new policy file", code=2)
    console.refuses(*base, "--policy", "policy-2.yaml", *OWNER, *PAYER, because="recovery policy new", code=2)
    console.refuses(*to, *PAYER, because="Which owner signs?", code=2)
    console.refuses(*to, *OWNER, because="Who pays the fee?", code=2)
    console.refuses(*to, "--signer", "carl", *PAYER, because="is not an owner of this wallet")
    console.refuses(*to, *OWNER, "--account", "new", "-y", because="has 0 ether, but up to")
    console.refuses("policy", "change", NEW, *to[3:], *OWNER, *PAYER, because="has no recovery policy")
    (console.home / "kits-new").mkdir()
    (console.home / "kits-new" / "kit-ana.json").write_text("mine")
    console.refuses(*to, *OWNER, *PAYER, because="Choose another folder with --kits", code=2)
    console.run(*to, "--kits", "more", *OWNER, *PAYER, passwords=2)


def test_another_change_replaces_the_first_and_waits_anew(live: Live, console: Console, defence: Setting) -> None:
    newer(console)
    console.run("policy", "change", defence.wallet, "--policy", "policy-2.json", *OWNER, *PAYER, passwords=2)
    first = live.client.state(defence.wallet, 0).change_eta
    live.travel(6 * DAY)
    said = console.run("policy", "change", defence.wallet, "--remove", *OWNER, *PAYER, passwords=2).words
    assert "This one replaces it, and waits anew" in said and "nobody can get you back" in said
    state = live.client.state(defence.wallet, 0)
    assert state.change_eta == pytest.approx(first + 6 * DAY, abs=60) and state.change_policy_hash == bytes(24)


def test_a_change_is_dropped_by_the_owner(live: Live, console: Console, defence: Setting) -> None:
    drop = ("policy", "drop", defence.wallet)
    console.refuses(*drop, *OWNER, *PAYER, because="No change of policy is pending")
    console.run("policy", "change", defence.wallet, "--remove", *OWNER, *PAYER, passwords=2)
    console.refuses(*drop, *PAYER, because="Which owner signs?", code=2)
    console.refuses(*drop, *OWNER, because="Who pays the fee?", code=2)
    console.refuses(*drop, "--signer", "ana", *PAYER, because="is not an owner of this wallet")
    console.refuses("policy", "drop", NEW, *OWNER, *PAYER, because="has no recovery policy")
    said = console.run(*drop, *OWNER, *PAYER, passwords=2)
    assert "Drops the removal of the policy that could be applied from" in said.words
    assert "Dropped. The policy stays as it is." in said.words and "somebody has your key" in said.words
    assert not live.client.state(defence.wallet, 0).change_eta
    rotate, _ = commands(said)
    copied(console, rotate.replace("ADDR", NEW), signer="owner", account="payer", passwords=2)
    assert live.client.owners(defence.wallet).signers[0].address == NEW


def test_a_policy_that_is_removed_protects_nobody(live: Live, console: Console, defence: Setting) -> None:
    agreed(console, "freeze", "f.json", "ana ben", *FREEZE)  # a thief may do so while frozen, and waits like anybody
    said = console.run("policy", "change", defence.wallet, "--remove", *OWNER, *PAYER, passwords=2)
    assert "\n\n\n" not in said.out
    assert "Without a policy nobody can get you back into the account." in " ".join(said.err.split())
    live.travel(7 * DAY)
    apply = ("policy", "apply", defence.wallet)
    console.refuses(*apply, because="Who pays the fee?", code=2)
    assert "The policy is removed." in console.run(*apply, *PAYER, passwords=1).words
    assert not live.client.state(defence.wallet, 0).configured
    for command in (
        ("policy", "change", defence.wallet, "--remove", *OWNER, *PAYER),
        (*apply, *PAYER),
        ("policy", "drop", defence.wallet, *OWNER, *PAYER),
        ("policy", "publish", defence.wallet, *PAYER),
        ("cancel", defence.wallet, *OWNER, *PAYER),
        ("finalize", defence.wallet, *PAYER),
        ("clear", defence.wallet, *PAYER),
        ("request", *kit_of("ana"), *FREEZE, "-o", "x.json"),
        ("request", *kit_of("dora"), "--action", "veto", "--stop", "theft", "-o", "x.json"),
        ("freeze", "f.json", "f-ana.json", "f-ben.json", *PAYER),
    ):
        console.refuses(*command, because="has no recovery policy")


def test_a_policy_that_takes_effect_voids_what_was_under_way(live: Live, console: Console, defence: Setting) -> None:
    newer(console)
    recovering(console, "friends")
    asked(console, "f.json", *FREEZE, "--deadline", "390 days")
    files = signed(console, "f.json", "ana", "ben")
    console.run("policy", "change", defence.wallet, "--policy", "policy-2.json", *OWNER, *PAYER, passwords=2)
    live.travel(7 * DAY)
    said = console.run("policy", "apply", defence.wallet, *PAYER, passwords=1).words
    assert "Requests that were under way, and approvals that were collected, are void." in said
    void = "its policy has changed, since the request was made. Make a new request; approvals of this one are void"
    console.refuses("freeze", "f.json", *files, *PAYER, because=void)
    console.refuses("approve", "f.json", *kit_of("carl"), "--signer", "carl", "-y", because=void)
    console.refuses("finalize", defence.wallet, *PAYER, because="No recovery is under way")
    stale = ("finalize", defence.wallet, "--request", "friends.json", *PAYER)
    console.refuses(*stale, because="No recovery is under way")


def test_a_recovery_that_the_owner_cannot_cancel_holds_a_change_up(
    live: Live, console: Console, defence: Setting
) -> None:
    recovering(console, "theft")
    newer(console)
    said = console.run("policy", "change", defence.wallet, "--policy", "policy-2.json", *OWNER, *PAYER, passwords=2)
    assert "no change can be applied as long as it is open" in said.words
    live.travel(7 * DAY)
    apply = ("policy", "apply", defence.wallet, *PAYER)
    console.refuses(*apply, because="The policy can change once it is finalized, cancelled, vetoed or cleared")
    agreed(console, "cancel", "c.json", "ana ben", "--action", "cancel", "--path", "theft")
    console.run(*apply, passwords=1)


def test_a_structure_is_published_again_by_anybody(live: Live, console: Console, defence: Setting) -> None:
    publish = ("policy", "publish", defence.wallet)
    newer(console)
    console.refuses(*publish, because="Who pays the fee?", code=2)
    other = ("--policy", "policy-2.json")
    console.refuses(*publish, *other, *PAYER, because="Give the present one, or none: then it is looked up")
    for source in ((), kit_of("dora"), ("--policy", "policy.json")):
        said = console.run(*publish, *source, *PAYER, passwords=1)
        assert live.client.policy(defence.wallet, live.web3.eth.block_number) == defence.plan.policy
    (status,) = commands(said)
    assert "A change of this policy waits 7 days." in copied(console, status).words
    console.refuses("policy", "publish", NEW, *PAYER, because="has no recovery policy")
    console.refuses("policy", "publish", NEW, *kit_of("ana"), *PAYER, because="This is a kit for", code=2)


def test_a_file_of_an_older_policy_does_not_lead_finalize_astray(
    live: Live, console: Console, defence: Setting
) -> None:
    """The old file's path 0 waits for silence; the present one's does not."""
    plan = newer(
        console, ("owner_cancels: yes\n  - name: theft", "owner_cancels: yes\n    inactivity: 1 year\n  - name: theft")
    )
    assert plan.policy.paths[0].inactivity
    recovering(console, "friends")
    live.travel(3 * DAY)
    stale = ("--path", "0", "--policy", "policy-2.json", *PAYER)
    console.refuses("clear", defence.wallet, *stale, because="can still be finalized until")
    named = ("--path", "friends", "--policy", "policy-2.json", *PAYER)
    console.refuses("finalize", defence.wallet, *named, because="Name the path by its number", code=2)
    console.run("finalize", defence.wallet, *stale, passwords=1)
    assert live.client.owners(defence.wallet).signers[0].address == NEW
