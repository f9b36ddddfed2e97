"""What stops a thief, or guardians who were talked into something: freeze, thaw, veto, cancel, clear."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recovery import foresee
from recovery.policy import DAY
from recovery.state import RequestState
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

FREEZE, THAW = ("--action", "freeze", "--path", "freeze"), ("--action", "thaw", "--path", "freeze")


def open_paths(live: Live, setting: Setting) -> list[int]:
    return [i for i, path in enumerate(live.client.state(setting.wallet).paths) if path.state is not RequestState.IDLE]


def changing(console: Console, setting: Setting) -> None:
    """Has a change of policy scheduled."""
    text = DEFENCE.replace("change_delay: 7", "change_delay: 9").format(**{n: person(n).address for n in NAMES})
    (console.home / "policy-2.yaml").write_text(text)
    console.run("policy", "new", "policy-2.yaml", "--from", "policy.json", "-o", "policy-2.json")
    console.run("policy", "change", setting.wallet, "--policy", "policy-2.json", *OWNER, *PAYER, passwords=2)


# --------------------------------------------------------------------------------------- freeze and thaw


def test_two_of_three_freeze_and_the_same_path_thaws(live: Live, console: Console, defence: Setting) -> None:
    result = agreed(console, "freeze", "f.json", "ana carl", *FREEZE)
    said = result.words
    state = live.client.state(defence.wallet)
    assert state.frozen and state.frozen_until == state.time + 7 * DAY
    assert "Frozen until" in said and "(in 7 days)" in said and "Nothing can be spent" in said
    spend = ("wallet", "send", defence.wallet, "--to", NEW, "--value", "1", *OWNER, *PAYER)
    console.refuses(*spend, because="is frozen until")
    copied(console, next(line for line in commands(result) if "thaw" in line), kit="kits/kit-dora.json")
    said = console.run("thaw", "thaw.json", *signed(console, "thaw.json", "ben", "carl"), *PAYER, passwords=1).words
    assert "Thawed. The account can be used again." in said
    assert not live.client.state(defence.wallet).frozen
    console.run(*spend, passwords=2)


def test_a_frozen_wallet_still_defends_itself(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "friends")
    agreed(console, "freeze", "f.json", "ana ben", *FREEZE)
    console.run("heartbeat", defence.wallet, *OWNER, *PAYER, passwords=2)
    changing(console, defence)
    console.run("policy", "drop", defence.wallet, *OWNER, *PAYER, passwords=2)
    console.run("cancel", defence.wallet, *OWNER, *PAYER, passwords=2)
    rotate = ("wallet", "rotate", defence.wallet, "--new-owner", NEW, *OWNER, *PAYER)
    console.refuses(*rotate, because="can only cancel requests")


def test_a_freeze_cannot_be_extended_or_repeated_at_once(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "other.json", "--action", "freeze", "--path", "panic", kit="dora")
    others = signed(console, "other.json", "dora")
    asked(console, "late.json", *FREEZE)
    agreed(console, "freeze", "f.json", "ana ben", *FREEZE)
    again = ("request", *kit_of("ana"), *FREEZE, "-o", "again.json")
    console.refuses(*again, because="A freeze cannot be extended; it can be frozen again from")
    console.refuses("freeze", "other.json", *others, *PAYER, because="The account is frozen already, until")
    console.refuses("freeze", "f.json", "f-ana.json", "f-ben.json", *PAYER, because="has been used already")
    approve = ("approve", "late.json", *kit_of("carl"), "--signer", "carl", "-y")
    console.refuses(*approve, because="has been used already")
    live.travel(7 * DAY)
    assert not live.client.state(defence.wallet).frozen
    console.refuses(*again, because="The account was frozen lately; it can be frozen again from")
    console.refuses("request", *kit_of("ana"), *THAW, because="The account is not frozen: there is nothing to end")
    live.travel(7 * DAY)
    console.run(*again)


def test_only_the_path_that_froze_can_thaw(live: Live, console: Console, defence: Setting) -> None:
    agreed(console, "freeze", "f.json", "dora", "--action", "freeze", "--path", "panic", kit="dora")
    refused = ("request", *kit_of("ana"), *THAW)
    console.refuses(*refused, because="path 6 has frozen the account, not 'freeze'. It ends by itself on")
    assert "Thawed" in agreed(console, "thaw", "t.json", "dora", "--action", "thaw", "--path", "panic", kit="dora").out


def test_a_thaw_ends_the_freeze_that_it_was_signed_for_and_no_other(
    live: Live, console: Console, defence: Setting
) -> None:
    agreed(console, "freeze", "f.json", "ana ben", *FREEZE)
    asked(console, "t.json", *THAW, "--deadline", "29 days")
    files = signed(console, "t.json", "ana", "ben")
    live.travel(15 * DAY)
    console.refuses("thaw", "t.json", *files, *PAYER, because="The account is not frozen: there is nothing to end")
    agreed(console, "freeze", "f2.json", "ana carl", *FREEZE)
    console.refuses("thaw", "t.json", *files, *PAYER, because="is over; the account was frozen again")
    assert live.client.state(defence.wallet).frozen


def test_a_recovery_ends_the_freeze_and_takes_the_account_from_the_thief(
    live: Live, console: Console, defence: Setting
) -> None:
    """The thief has the owner's key; the owner has nothing but two friends."""
    agreed(console, "freeze", "f.json", "ana ben", *FREEZE)
    started = recovering(console, "theft")
    thief = (*OWNER, *PAYER)
    console.refuses("cancel", defence.wallet, *thief, because="that is how it stands against a thief")
    console.run("policy", "change", defence.wallet, "--remove", *thief, passwords=2)
    live.travel(7 * DAY)
    console.refuses("policy", "apply", defence.wallet, *PAYER, because="that the owner cannot cancel is under way")
    finalize = next(line for line in commands(started) if "finalize" in line)
    copied(console, finalize, account="payer", passwords=1)
    state = live.client.state(defence.wallet)
    assert not state.frozen and not state.change_eta and state.configured
    assert live.client.owners(defence.wallet).signers[0].address == NEW
    console.refuses("policy", "apply", defence.wallet, *PAYER, because="No change of policy is pending")
    console.refuses("heartbeat", defence.wallet, *thief, because="is not an owner of this wallet (any more)")


def test_a_thief_who_rotates_his_own_keys_does_not_stop_the_theft_path(
    live: Live, console: Console, defence: Setting
) -> None:
    recovering(console, "theft")
    stolen = ("wallet", "rotate", defence.wallet, "--new-owner", person("carl").address)
    assert "A recovery is under way, and this does not stop it" in console.run(*stolen, *OWNER, *PAYER, passwords=2).err
    live.travel(7 * DAY)
    console.run("finalize", defence.wallet, "--request", "theft.json", *PAYER, passwords=1)
    assert live.client.owners(defence.wallet).signers[0].address == NEW


# -------------------------------------------------------------------------------- cancel by the guardians


@pytest.mark.parametrize("path", ["friends", "theft"])
def test_the_same_guardians_cancel_what_they_started(live: Live, console: Console, defence: Setting, path: str) -> None:
    recovering(console, path)
    cancel = ("--action", "cancel", "--path", path)
    request = ("request", *kit_of("ana"), *cancel)
    said = console.run(*request, "-o", "c.json").words
    assert f"Stops the recovery under way on path '{path}'" in said
    files = signed(console, "c.json", "carl")
    assert "It acts at once." in " ".join(console.said[-2].split()), "a cancellation waits for nothing"
    console.refuses("cancel", "c.json", *files, *PAYER, because="1 vote of 2 given")
    files += signed(console, "c.json", "ben")
    said = console.run("cancel", "c.json", *files, *PAYER, passwords=1).words
    assert "Cancelled. The owners stay as they are." in said
    assert not open_paths(live, defence)
    console.refuses("cancel", "c.json", *files, *PAYER, because="there is nothing to stop")
    console.refuses(*request, "-o", "c2.json", because="there is nothing to stop")


def test_a_cancellation_counts_for_the_recovery_that_it_names(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "theft")
    asked(console, "c.json", "--action", "cancel", "--path", "theft")
    files = signed(console, "c.json", "ana", "ben")
    agreed(console, "cancel", "c2.json", "ben carl", "--action", "cancel", "--path", "theft")
    agreed(console, "start", "again.json", "ana ben", "--path", "theft", "--new-owner", person("carl").address)
    console.refuses("cancel", "c.json", *files, *PAYER, because="this would cancel is over; another one is open")
    assert open_paths(live, defence) == [1]


def test_whoever_wants_to_stop_a_recovery_is_never_told_to_start_it(
    live: Live, console: Console, defence: Setting
) -> None:
    recovering(console, "friends")
    wrong = ("cancel", "friends.json", "friends-ana.json", *PAYER)
    console.refuses(
        *wrong, because="asks the guardians to replace the owners; to stop that, its guardians sign", code=2
    )
    console.refuses(*wrong, because=f"As the owner: recovery cancel {defence.wallet} --path 0", code=2)
    assert "recovery start" not in console.said[-1]
    for verb in ("veto", "freeze", "thaw"):
        console.refuses(verb, *wrong[1:], because="Make a request of your own: recovery request --action", code=2)
    asked(console, "f.json", *FREEZE)
    console.refuses(
        "start", "f.json", *PAYER, because="to freeze the account. For that: recovery freeze f.json", code=2
    )


# --------------------------------------------------------------------------------------------------- veto


def test_a_veto_path_stops_a_recovery_that_can_be_vetoed(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "theft")
    said = agreed(console, "veto", "v.json", "dora carl", "--action", "veto", "--stop", "theft", kit="dora").words
    assert "Vetoed. The owners stay as they are." in said
    assert not open_paths(live, defence)
    console.refuses("veto", "v.json", "v-dora.json", "v-carl.json", *PAYER, because="there is nothing to stop")
    recovering(console, "sworn", "ana ben dora")
    recovering(console, "friends")
    veto = ("request", *kit_of("dora"), "--action", "veto", "-o", "v2.json")
    because = (
        "on path 'sworn' cannot be vetoed. It can be stopped by its own guardians: recovery request --action cancel"
    )
    console.refuses(*veto, "--stop", "sworn", because=because)
    console.refuses(*veto, "--stop", "0", because="can be stopped by its own guardians or the owner")
    console.refuses(*veto, "--stop", "theft", because="No recovery is under way on path 'theft'")
    console.refuses(*veto, "--stop", "enemies", because="There is no path 'enemies'", code=2)
    console.refuses(*veto, "--change", because="No change of policy is pending")
    console.refuses(*veto, because="What is to be vetoed?", code=2)
    console.refuses(*veto, "--stop", "theft", "--change", because="What is to be vetoed?", code=2)
    console.refuses(*veto, "--stop", "theft", "--path", "freeze", because="cannot veto; it can freeze", code=2)
    console.refuses(*veto, "--stop", "theft", "--new-owner", NEW, because="go with --action recover", code=2)


def test_a_veto_path_stops_one_change_of_policy(live: Live, console: Console, defence: Setting) -> None:
    """A thief with the owner's key wants to be rid of the guardians."""
    changing(console, defence)
    said = agreed(console, "veto", "v.json", "dora carl", "--action", "veto", "--change", kit="carl").words
    assert "Vetoed. The policy stays as it is; this veto path can do so once in this epoch." in said
    assert not live.client.state(defence.wallet).change_eta
    assert "Stops the change of the policy that could be applied from" in said
    console.refuses("veto", "v.json", "v-dora.json", "v-carl.json", *PAYER, because="No change of policy is pending")
    console.run("policy", "change", defence.wallet, "--remove", *OWNER, *PAYER, passwords=2)
    veto = ("request", *kit_of("carl"), "--action", "veto", "--change", "-o", "v2.json")
    console.refuses(*veto, because="has stopped a change in this epoch already; it can do so once")


def test_a_veto_is_of_the_change_that_it_names(live: Live, console: Console, defence: Setting) -> None:
    changing(console, defence)
    asked(console, "v.json", "--action", "veto", "--change", kit="dora")
    files = signed(console, "v.json", "carl", "dora")
    live.travel(DAY)
    console.run("policy", "change", defence.wallet, "--remove", *OWNER, *PAYER, passwords=2)
    console.refuses("veto", "v.json", *files, *PAYER, because="this would veto is another one by now")
    said = agreed(console, "veto", "v2.json", "carl dora", "--action", "veto", "--change", kit="dora").words
    assert "Stops the removal of the policy" in said


def test_a_change_that_is_void_needs_no_veto(live: Live, console: Console, defence: Setting) -> None:
    changing(console, defence)
    live.travel(40 * DAY)
    veto = ("request", *kit_of("dora"), "--action", "veto", "--change")
    console.refuses(*veto, because="and is void now. Schedule it again: recovery policy change")
    console.refuses("policy", "drop", defence.wallet, *OWNER, *PAYER, because="and is void now")
    console.refuses("policy", "apply", defence.wallet, *PAYER, because="Too late: the change could be applied until")


# ------------------------------------------------------------------------------------- stop, and then apply


@pytest.mark.parametrize("way", ["veto", "cancel", "clear"])
def test_what_held_a_change_up_is_stopped_and_the_change_applied_in_one_transaction(
    live: Live, console: Console, defence: Setting, way: str
) -> None:
    recovering(console, "theft")
    live.travel(20 * DAY)
    changing(console, defence)
    live.travel(8 * DAY)
    apply = ("policy", "apply", defence.wallet, *PAYER)
    console.refuses(*apply, because="1 recovery that the owner cannot cancel is under way")
    if way == "clear":
        live.travel(10 * DAY)  # the window of the recovery is over, that of the change is not
        said = console.run("clear", defence.wallet, "--then-apply", *PAYER, passwords=1).words
    else:
        options = ("--stop", "theft") if way == "veto" else ("--path", "theft")
        asked(console, "stop.json", "--action", way, *options, kit="carl")
        files = signed(console, "stop.json", *(("carl", "dora") if way == "veto" else ("ana", "carl")))
        said = console.run(way, "stop.json", *files, "--then-apply", *PAYER, passwords=1).words
    assert "The change of policy has taken effect." in said
    state = live.client.state(defence.wallet)
    assert not open_paths(live, defence) and not state.blockers and not state.change_eta
    assert state.change_delay == 9 * DAY
    search = live.client.history(defence.wallet, live.web3.eth.block_number)
    events = live.client.page(search)
    name = {"veto": "RecoveryVetoed", "cancel": "RecoveryCancelled", "clear": "RecoveryCleared"}[way]
    assert [entry.name for entry in events] == [name, "PolicyChanged"]
    assert len({entry.transaction for entry in events}) == 1


def test_nothing_is_stopped_if_the_change_cannot_be_applied_then(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovering(console, "theft")
    asked(console, "v.json", "--action", "veto", "--stop", "theft", "--deadline", "29 days", kit="dora")
    veto = ("veto", "v.json", *signed(console, "v.json", "carl", "dora"), "--then-apply", *PAYER)
    console.refuses(*veto, because="No change of policy is pending")
    changing(console, defence)
    console.refuses(*veto, because="Not yet. The change can be applied from")
    live.travel(8 * DAY)
    recovering(console, "sworn", "ana ben dora")
    console.refuses(*veto, because="1 recovery that the owner cannot cancel is under way")
    assert open_paths(live, defence) == [1, 5]
    monkeypatch.setattr(foresee, "applicable", lambda state: None)  # the chain says the same, a moment later
    console.refuses(*veto, because="1 recovery that the owner cannot cancel is under way")
    assert open_paths(live, defence) == [1, 5]


def test_then_apply_goes_with_what_can_hold_a_change_up(live: Live, console: Console, defence: Setting) -> None:
    changing(console, defence)
    asked(console, "v.json", "--action", "veto", "--change", kit="dora")
    files = signed(console, "v.json", "carl", "dora")
    refused = ("veto", "v.json", *files, "--then-apply", *PAYER)
    console.refuses(*refused, because="this one would veto the change itself", code=2)
    owner = ("cancel", defence.wallet, "--path", "0", "--then-apply", *OWNER, *PAYER)
    console.refuses(*owner, because="what the owner can cancel never holds up a change", code=2)


# -------------------------------------------------------------------------------------------------- clear


def test_an_expired_recovery_is_cleared_by_anybody(live: Live, console: Console, defence: Setting) -> None:
    clear = ("clear", defence.wallet, *PAYER)
    console.refuses(*clear, because="No recovery is under way")
    recovering(console, "friends")
    refused = "can still be finalized until"
    console.refuses(*clear, because=refused)
    live.travel(3 * DAY)
    console.refuses(*clear, "--path", "friends", *kit_of("ana"), because=refused)
    console.refuses(*clear, "--path", "theft", *kit_of("ana"), because="there is nothing to clear away")
    console.refuses(*clear, "--path", "32", because="only kit and policy file know", code=2)
    live.travel(30 * DAY)
    console.refuses("clear", defence.wallet, because="Who pays the fee?", code=2)
    console.refuses(*clear, "--then-apply", because="No change of policy is pending")
    assert "Cleared away." in console.run(*clear, passwords=1).out
    assert not open_paths(live, defence)


def test_the_heirs_recovery_is_cleared_once_the_owner_shows_life(
    live: Live, console: Console, defence: Setting
) -> None:
    heir = ("--path", "heir", "--new-owner", NEW)
    asked(console, "early.json", *heir, kit="dora")
    said = console.said[-2]
    assert "Not yet: path heir opens on" in " ".join(said.split())
    early = signed(console, "early.json", "dora")
    console.refuses("start", "early.json", *early, *PAYER, because="The owner has been active: this path opens on")
    live.travel(366 * DAY)
    agreed(console, "start", "heir.json", "dora", *heir, kit="dora")
    console.refuses("clear", defence.wallet, *PAYER, because="can still be finalized until")
    console.run("heartbeat", defence.wallet, *OWNER, *PAYER, passwords=2)
    live.travel(30 * DAY)
    refused = ("finalize", defence.wallet, *PAYER)
    console.refuses(*refused, because=f"Anybody can clear it away: recovery clear {defence.wallet}")
    with live.undone():
        assert "Cleared away." in console.run("clear", defence.wallet, *PAYER, passwords=1).out
        assert not open_paths(live, defence)
    with_file = ("clear", defence.wallet, "--request", "heir.json", *PAYER)
    assert "Cleared away." in console.run(*with_file, passwords=1).out


# --------------------------------------------------------------------------------------- the owner cancels


def test_an_owner_in_a_hurry_need_not_know_which_path(live: Live, console: Console, defence: Setting) -> None:
    cancel = ("cancel", defence.wallet, *OWNER, *PAYER)
    console.refuses(*cancel, because="No recovery is under way: there is nothing to stop")
    recovering(console, "friends")
    with live.undone():
        said = console.run(*cancel, passwords=2).words
        assert "Cancelled. The owners stay as they are." in said and "policy change" in said
        assert not open_paths(live, defence)
    recovering(console, "theft")
    console.refuses(*cancel, because="Several recoveries are under way. Give --path with one of: 0, 1.", code=2)
    console.run(*cancel, "--path", "0", passwords=2)
    assert open_paths(live, defence) == [1]
    console.refuses(*cancel, because="So can a veto path")


def test_an_owner_who_cancels_is_refused_before_signing_anything(
    live: Live, console: Console, defence: Setting
) -> None:
    recovering(console, "friends")
    base = ("cancel", defence.wallet)
    console.refuses(*base, *PAYER, because="Which owner signs? Give --signer", code=2)
    console.refuses(*base, "--signer", "ben", *PAYER, because="is not an owner of this wallet")
    console.refuses(*base, *OWNER, *OWNER, *PAYER, because="names the same key twice", code=2)
    console.refuses(*base, *OWNER, "--account", "new", "-y", because="has 0 ether, but up to")
    console.refuses(*base, *OWNER, "--account", "payer", because="Nothing was signed or sent")
    console.refuses(*base, "friends.json", *OWNER, *PAYER, because="with a request file in place of", code=2)
    console.refuses("cancel", "friends.json", "--path", "0", *PAYER, because="--path is for the owner", code=2)
    console.refuses("cancel", "missing.json", *PAYER, because="missing.json cannot be read", code=2)
    console.refuses("cancel", NEW, *OWNER, *PAYER, because="has no recovery policy")
    live.travel(40 * DAY)
    console.refuses(*base, *OWNER, "--path", "0", *PAYER, because="can do nothing any more: there is nothing to stop")
    console.refuses(*base, *OWNER, *PAYER, because="No recovery is under way")


def test_files_are_only_looked_at_in_a_dry_run(live: Live, console: Console, defence: Setting, tmp_path: Path) -> None:
    """Whoever is not sure looks first; nothing is signed, and the chain stays as it was."""
    asked(console, "f.json", *FREEZE)
    files = signed(console, "f.json", "ana", "ben")
    console.refuses("freeze", "f.json", *files, "--dry-run", "--unsigned", "x.json", because="not both", code=2)
    before = console.files()
    said = console.run("freeze", "f.json", *files, "--dry-run").words
    assert "Simulated: it would succeed. Nothing was signed or sent" in said and "deadline" in said
    assert console.files() == before
    console.run("freeze", "f.json", *files, "--unsigned", "tx.json")
    assert not live.client.state(defence.wallet).frozen
    transaction = json.loads((console.home / "tx.json").read_text())
    live.ask("anvil_impersonateAccount", NEW)
    live.fund(NEW)
    call = {"from": NEW, "to": transaction["to"], "data": transaction["data"]}
    live.ask("eth_sendTransaction", call)
    assert live.client.state(defence.wallet).frozen
