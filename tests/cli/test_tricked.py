"""A guardian who was talked into something: where it stands, what can be done by whom, and what stops it."""

from __future__ import annotations

import dataclasses
import os
import stat
from types import SimpleNamespace

import pytest

from recovery.cli import stopping
from recovery.kit import Kit, Notes
from recovery.policy import DAY
from recovery.request import Approvals, Request, SignedApproval
from recovery.six_words import six_words
from recovery.state import RequestState
from tests.cli.conftest import NEW, OWNER, PAYER, Console, Setting, asked, commands, copied, kit_of
from tests.cli.test_freeze_card import FREEZE, approvals, done
from tests.live import Live, Result
from tests.world import person

THIEF = person("thief").address


@pytest.fixture(autouse=True)
def same_time(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """This computer's clock goes with the chain's, wherever a test travels."""
    monkeypatch.setattr(stopping, "time", SimpleNamespace(time=live.client.time))


def tricked(console: Console, who: str, *options: str, request: str = "r.json", passwords: int = 0) -> Result:
    return console.run("tricked", request, *kit_of(who), *options, passwords=passwords)


def first_line(result: Result) -> str:
    return result.out.split("\n")[0]


def asks(console: Console, path: str = "friends") -> Request:
    return asked(console, "r.json", "--path", path, "--new-owner", THIEF)


def started(console: Console, path: str, *names: str) -> Request:
    request = asks(console, path)
    done(console, "start", "r.json", *(names or ("ana", "ben")))
    return request


def is_idle(live: Live, setting: Setting, path: int) -> bool:
    return live.client.state(setting.wallet).paths[path].state is RequestState.IDLE


# ------------------------------------------------------------------------------------------- not used yet


def test_before_it_is_used_nothing_is_written_and_the_truth_is_said(
    live: Live, console: Console, defence: Setting
) -> None:
    asks(console)
    before = console.files()
    result = tricked(console, "ana")
    assert first_line(result).startswith("It has NOT been used yet.")
    assert "A signature that you have given away cannot be taken back" in result.words
    assert "until Sun 04 Jan 2026 00:00 UTC" in result.words and "--revoke" not in result.words
    assert console.files() == before
    live.travel(3 * DAY + 1)
    assert first_line(tricked(console, "ana")).startswith("Nothing has happened, and nothing can")


def test_what_was_approved_on_the_chain_can_be_taken_back(live: Live, console: Console, defence: Setting) -> None:
    request = asks(console)
    live.client.send(live.client.approve_digest(request.digest), person("ana"))
    result = tricked(console, "ana")
    revoke = next(line for line in commands(result) if "--revoke" in line)
    copied(console, revoke, account="ana", passwords=1)
    assert "--revoke" not in tricked(console, "ana").words


def test_whom_to_ring_comes_first(live: Live, console: Console, defence: Setting) -> None:
    asks(console)
    kit = defence.plan.kit("Ana", 31337, live.client.deployment.module, defence.wallet)
    notes = Notes("Olga", (("Ben", "+351 123"),))
    (console.home / "kits" / "kit-ana.json").write_text(dataclasses.replace(kit, notes=notes).dumps())
    said = tricked(console, "ana").words
    assert said.index("1. Ring Olga, on a number that you already had") < said.index("+351 123") < said.index("2. ")


# ------------------------------------------------------------------------------------------------ started


def test_what_has_started_is_stopped_by_the_same_guardians(live: Live, console: Console, defence: Setting) -> None:
    started(console, "theft")
    result = tricked(console, "ana", "--signer", "ana", "-y", passwords=1)
    assert first_line(result).startswith("It HAS STARTED, and can still be stopped, for 7 days")
    request = Request.loads((console.home / "cancel.json").read_text())
    assert " ".join(six_words(request.digest)) in result.words and "with it 1 vote of 2 missing" in result.words
    approval = SignedApproval.loads((console.home / "cancel-ana.json").read_text())
    assert Approvals.of(request, [approval]).missing == 1
    assert stat.S_IMODE((console.home / "cancel-ana.json").stat().st_mode) == 0o600
    assert "recovery cancel 0x" not in result.out  # this path the owner cannot cancel
    approve = next(line for line in commands(result) if line.startswith("recovery approve"))
    assert approve == "recovery approve cancel.json --kit KIT --signer KEY --network URL"
    approvals(console, "cancel.json", "ben")
    copied(console, next(line for line in commands(result) if "cancel-*" in line), account="payer", passwords=1)
    assert is_idle(live, defence, 1)
    after = tricked(console, "ana")
    assert first_line(after).startswith("It is over: it was stopped") and "ANOTHER" not in after.words


def test_whoever_can_veto_gets_both(live: Live, console: Console, defence: Setting) -> None:
    started(console, "theft")
    result = tricked(console, "carl", "--signer", "carl", "-y", passwords=1)
    assert {"veto.json", "veto-carl.json", "cancel.json", "cancel-carl.json"} <= console.files().keys()
    assert result.words.index("The guardians who can veto") < result.words.index("The same guardians together")
    approvals(console, "veto.json", "dora")
    copied(console, next(line for line in commands(result) if "veto-*" in line), account="payer", passwords=1)
    assert is_idle(live, defence, 1)
    console.run("tricked", "veto.json", *kit_of("carl"))


def test_what_the_owner_can_cancel_is_the_owners_first(live: Live, console: Console, defence: Setting) -> None:
    started(console, "friends")
    result = tricked(console, "ana")
    own = next(line for line in commands(result) if f"recovery cancel {defence.wallet}" in line)
    assert result.out.index(own) < result.out.index("The same guardians")
    copied(console, own, signer="owner", account="payer", passwords=2)
    assert is_idle(live, defence, 0)


def test_a_sign_of_life_ends_what_waits_for_silence(live: Live, console: Console, defence: Setting) -> None:
    live.travel(366 * DAY)
    asked(console, "r.json", "--path", "heir", "--new-owner", THIEF, kit="dora")
    done(console, "start", "r.json", "dora")
    result = tricked(console, "dora", "--signer", "dora", "-y", passwords=1)
    heartbeat = next(line for line in commands(result) if "heartbeat" in line)
    copied(console, heartbeat, signer="owner", account="payer", passwords=2)
    assert "with it 0 votes of 1 missing" in result.words and "recovery approve" not in result.out
    copied(console, next(line for line in commands(result) if "cancel-*" in line), account="payer", passwords=1)
    assert is_idle(live, defence, 4)


def test_a_second_run_goes_on_with_the_same_request(live: Live, console: Console, defence: Setting) -> None:
    started(console, "theft")
    tricked(console, "ana")
    before = console.files()
    live.travel(3600)
    result = tricked(console, "ana", "--signer", "ana", "-y", passwords=1)
    assert {name for name in console.files() if name not in before} == {"cancel-ana.json"}
    assert before.items() <= console.files().items()
    assert tricked(console, "ana", "--signer", "ana").code == 0  # signed already: nobody is asked
    live.travel(2 * DAY)
    tricked(console, "ana")  # the first one is good for too short a time by now
    later = Request.loads((console.home / "cancel2.json").read_text())
    assert later.deadline > Request.loads((console.home / "cancel.json").read_text()).deadline
    assert "cancel.json" in result.words


def test_files_of_somebody_else_are_left_alone(live: Live, console: Console, defence: Setting) -> None:
    started(console, "theft")
    (console.home / "cancel.json").write_text("mine")
    tricked(console, "ana", "-o", "there")
    assert (console.home / "there" / "cancel.json").exists()
    tricked(console, "ana")
    assert (console.home / "cancel.json").read_text() == "mine" and (console.home / "cancel2.json").exists()


@pytest.mark.parametrize("planted", ["junk", "other", "forged", "dangling", "somebody"])
def test_a_file_with_the_name_of_the_own_approval_does_not_stop_a_guardian_from_signing(
    live: Live, console: Console, defence: Setting, planted: str
) -> None:
    started(console, "theft")
    tricked(console, "ana")
    request, own = Request.loads((console.home / "cancel.json").read_text()), console.home / "cancel-ana.json"
    if planted == "dangling":
        own.symlink_to("nothing")
    else:
        approvals(console, "cancel.json", "ben" if planted == "somebody" else "ana")
        signed = SignedApproval.loads((console.home / approvals(console, "cancel.json", "ben")[0]).read_text())
        (console.home / "cancel-ben.json").unlink()
        if planted != "somebody":
            signed = SignedApproval.loads(own.read_text())
        if planted == "other":
            signed = dataclasses.replace(signed, digest=bytes(32))
        elif planted == "forged":
            bad = dataclasses.replace(signed.approval, signature=bytes(64) + b"\x1b")
            signed = dataclasses.replace(signed, approval=bad)
        own.write_text("junk" if planted == "junk" else signed.dumps())
    before = "" if planted == "dangling" else own.read_text()
    unsigned = tricked(console, "ana")
    assert "not signed by you" in unsigned.words and "2 votes of 2 missing" in unsigned.words
    result = tricked(console, "ana", "--signer", "ana", "-y", passwords=1)
    assert "cancel-ana-2.json; with it 1 vote of 2 missing" in result.words
    approval = SignedApproval.loads((console.home / "cancel-ana-2.json").read_text())
    assert Approvals.of(request, [approval]).missing == 1
    assert planted == "dangling" or own.read_text() == before
    warned = "cancel-ana.json is no approval of this" in result.words
    assert warned == (planted in ("junk", "other", "forged", "dangling"))
    assert "with it 1 vote of 2 missing" in tricked(console, "ana", "--signer", "ana", "-y").words  # signed already
    own.unlink()
    approvals(console, "cancel.json", "ben")
    copied(console, next(line for line in commands(result) if "cancel-*" in line), account="payer", passwords=1)
    assert is_idle(live, defence, 1)


@pytest.mark.parametrize("change", ["deadline", "label"])
def test_a_request_that_this_run_could_not_have_written_is_not_signed(
    live: Live, console: Console, defence: Setting, change: str
) -> None:
    request = started(console, "theft")
    client = live.client
    label, later = ("theft", 50 * 365 * DAY) if change == "deadline" else ("send me all", 2 * DAY)
    planted = client.request_cancel(defence.wallet, request.proof, label, client.deadline(later))
    (console.home / "cancel.json").write_text(planted.dumps())
    tricked(console, "ana", "--signer", "ana", "-y", passwords=1)
    assert not (console.home / "cancel-ana.json").exists()
    made = Request.loads((console.home / "cancel2.json").read_text())
    assert made.label == "theft" and made.deadline <= client.time() + 3 * DAY
    assert SignedApproval.loads((console.home / "cancel2-ana.json").read_text()).digest == made.digest


def test_what_stops_it_is_named_by_the_kit_and_not_by_who_tricks(
    live: Live, console: Console, defence: Setting
) -> None:
    request = dataclasses.replace(started(console, "theft"), label="friends")
    (console.home / "r.json").write_text(request.dumps())
    tricked(console, "ana")
    assert Request.loads((console.home / "cancel.json").read_text()).label == "theft"
    freeze = dataclasses.replace(asked(console, "f.json", *FREEZE), label="friends")
    (console.home / "f.json").write_text(freeze.dumps())
    done(console, "freeze", "f.json", "ana", "ben")
    tricked(console, "ana", request="f.json")
    assert Request.loads((console.home / "thaw.json").read_text()).label == "freeze"


def test_a_node_whose_clock_runs_ahead_makes_no_approval_good_for_longer(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(console, "theft")
    now = live.client.time()
    monkeypatch.setattr(stopping, "time", SimpleNamespace(time=lambda: now - DAY - 60))
    console.refuses("tricked", "r.json", *kit_of("ana"), because="one of them is wrong")
    here = now - DAY + 60
    monkeypatch.setattr(stopping, "time", SimpleNamespace(time=lambda: here))
    tricked(console, "ana")
    assert Request.loads((console.home / "cancel.json").read_text()).deadline == here + 3 * DAY
    monkeypatch.setattr(stopping, "time", SimpleNamespace(time=lambda: now + 400 * DAY))
    tricked(console, "ana", "-o", "there")
    assert Request.loads((console.home / "there" / "cancel.json").read_text()).deadline <= live.client.time() + 3 * DAY


def test_a_folder_that_it_makes_is_for_its_owner_alone(live: Live, console: Console, defence: Setting) -> None:
    started(console, "theft")
    before = os.umask(0o022)
    try:
        tricked(console, "ana", "-o", "there")
    finally:
        os.umask(before)
    assert stat.S_IMODE((console.home / "there").stat().st_mode) == 0o700
    (console.home / "file").write_text("")
    console.refuses("tricked", "r.json", *kit_of("ana"), "-o", "file/there", because="cannot be made", code=2)


def test_when_it_is_ready_it_says_to_be_quick(live: Live, console: Console, defence: Setting) -> None:
    started(console, "theft")
    live.travel(7 * DAY)
    result = tricked(console, "ana")
    assert first_line(result).startswith("It is READY: anybody can finish it NOW.")
    assert "Freezing does not help against it" in result.words


def test_only_the_guardians_own_key_signs_and_only_when_told(live: Live, console: Console, defence: Setting) -> None:
    started(console, "theft")
    tricked(console, "ana")
    run = ("tricked", "r.json", *kit_of("ana"), "--signer")
    console.refuses(*run, "ben", "-y", because="That is the key of", code=2)
    console.refuses(*run, "ana", because="You said no. Nothing was signed", passwords=1)
    console.refuses(*run, "nobody", "-y", because="There is no keystore file 'nobody'", code=2)


# ------------------------------------------------------------------------------------------- done, or over


def test_once_it_is_done_the_truth_is_said_and_what_is_left(live: Live, console: Console, defence: Setting) -> None:
    started(console, "theft")
    live.travel(7 * DAY)
    console.run("finalize", defence.wallet, "--request", "r.json", *PAYER, passwords=1)
    result = tricked(console, "ana")
    assert first_line(result) == "It IS DONE: the account belongs to the new owners whom you have approved."
    assert "No guardian can undo that" in result.words
    freeze, back = commands(result)
    copied(console, freeze, kit="kits/kit-ana.json")
    done(console, "freeze", "freeze.json", "ana", "ben")
    copied(console, back, kit="kits/kit-ana.json", new_owner=NEW)
    done(console, "start", "request.json", "ana", "ben", "dora")
    live.travel(DAY)
    console.run("finalize", defence.wallet, "--request", "request.json", *PAYER, passwords=1)
    assert live.client.owners(defence.wallet).signers[0].address == NEW
    assert "do not own the account (any more)" in tricked(console, "ana").words


def test_another_recovery_on_the_same_path_is_told_apart(live: Live, console: Console, defence: Setting) -> None:
    asks(console)
    asked(console, "other.json", "--path", "friends", "--new-owner", person("carl").address)
    done(console, "start", "other.json", "ana", "ben")
    result = tricked(console, "ana")
    assert first_line(result).startswith("It is over") and "But ANOTHER recovery is under way" in result.words
    assert not (console.home / "cancel.json").exists()


# ---------------------------------------------------------------------------------- freezes and what stops


def test_a_freeze_is_ended_by_those_who_began_it(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "r.json", *FREEZE)
    assert "Once it has frozen the account" in tricked(console, "ana").words
    done(console, "freeze", "r.json", "ana", "ben")
    result = tricked(console, "ana", "--signer", "ana", "-y", passwords=1)
    assert first_line(result).startswith("The account IS FROZEN until")
    assert "It can be frozen again from" in result.words
    approvals(console, "thaw.json", "carl")
    copied(console, next(line for line in commands(result) if "thaw-*" in line), account="payer", passwords=1)
    assert not live.client.state(defence.wallet).frozen
    assert first_line(tricked(console, "ana")).startswith("It is over: the freeze that you have approved was used")


def test_a_freeze_of_an_older_policy_cannot_be_ended(live: Live, console: Console, defence: Setting) -> None:
    console.run("policy", "change", defence.wallet, "--remove", *OWNER, *PAYER, passwords=2)
    live.travel(7 * DAY)
    asked(console, "r.json", *FREEZE)
    done(console, "freeze", "r.json", "ana", "ben")
    console.run("policy", "apply", defence.wallet, *PAYER, passwords=1)
    assert "Nobody can end it sooner: the policy has changed since." in tricked(console, "ana").words


@pytest.mark.parametrize("action", ["cancel", "veto", "change", "thaw"])
def test_what_stops_something_can_only_be_asked_for_again(
    live: Live, console: Console, defence: Setting, action: str
) -> None:
    options = {
        "cancel": ("--action", "cancel", "--path", "theft"),
        "veto": ("--action", "veto", "--stop", "theft"),
        "change": ("--action", "veto", "--change"),
        "thaw": ("--action", "thaw", "--path", "freeze"),
    }[action]
    if action in ("cancel", "veto"):
        started(console, "theft")
    elif action == "change":
        console.run("policy", "change", defence.wallet, "--remove", *OWNER, *PAYER, passwords=2)
    else:
        asked(console, "f.json", *FREEZE)
        done(console, "freeze", "f.json", "ana", "ben")
    asked(console, "stop.json", *options, kit="carl")
    result = tricked(console, "carl", request="stop.json")
    assert first_line(result).startswith("It has NOT been used yet.") and "again" in result.words
    verb = "veto" if action == "change" else action
    done(console, verb, "stop.json", "carl", "dora" if verb == "veto" else "ben")
    before = console.files()
    result = tricked(console, "carl", "--signer", "carl", "-y", request="stop.json")
    assert first_line(result).startswith("There is nothing to undo") and "again" in result.words
    assert console.files() == before


# ----------------------------------------------------------------------------------------------- refusals


def test_without_a_network_it_says_what_is_known(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks(console)
    monkeypatch.delenv("RECOVERY_NETWORK")
    result = tricked(console, "ana")
    assert first_line(result).startswith("Ring the owner, and say what you have signed: it asks to replace the owners.")
    assert "Whether it was used already only the chain knows" in result.words


def test_it_takes_the_guardians_own_kit(live: Live, console: Console, defence: Setting) -> None:
    asks(console)
    console.refuses("tricked", "r.json", because="Give --kit with your kit", code=2)
    kit = Kit.loads((console.home / "kits" / "kit-ana.json").read_text())
    (console.home / "other.json").write_text(dataclasses.replace(kit, account=NEW).dumps())
    console.refuses("tricked", "r.json", "--kit", "other.json", because="This request is for")
    console.refuses("tricked", "kits/kit-ana.json", *kit_of("ana"), because="a request is needed here", code=2)
