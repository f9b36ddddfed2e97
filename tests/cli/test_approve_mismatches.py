"""Approvals that do not belong together, or to the request, are refused with what to do."""

from __future__ import annotations

import dataclasses
import itertools
import os

from recovery.plan import PolicyPlan
from recovery.policy import DAY
from recovery.request import Approvals, Request
from tests.cli.approve_world import FREEZE, RECOVER, loaded
from tests.cli.conftest import DEFENCE, NAMES, NEW, PAYER, POLICY, Console, Setting, asked, kit_of, recovering, signed
from tests.live import Live
from tests.recovery.samples import forged
from tests.world import person


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
    changed = DEFENCE.replace("window: 7 days", "window: 6 days").format(**{n: person(n).address for n in NAMES})
    (console.home / "p2.yaml").write_text(changed)
    console.run("policy", "new", "p2.yaml", "--from", "policy.json", "-o", "p2.json")
    plan = PolicyPlan.loads((console.home / "p2.json").read_text())
    kit = plan.kit("Ana", 31337, request.module, request.account)
    (console.home / "newer.json").write_text(kit.dumps())
    elsewhere = dataclasses.replace(kit, chains=(1,), policy=defence.plan.policy)
    (console.home / "elsewhere.json").write_text(elsewhere.dumps())
    console.refuses("approve", "f.json", "--kit", "elsewhere.json", "--signer", "ana", "-y", because="your kit is for")
    console.refuses("request", "--kit", "elsewhere.json", *FREEZE, because="but the network is", code=2)


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
