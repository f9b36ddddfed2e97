"""Recoveries from request to end, and each refusal on the way: its code, why, nothing written, no password asked."""

from __future__ import annotations

import dataclasses

import pytest

from recovery.policy import DAY
from recovery.request import Request
from recovery.state import RequestState
from tests.cli.conftest import (
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
from tests.recovery.samples import forged
from tests.world import owners_of, person

RECOVER = ("--path", "friends", "--new-owner", NEW)
FREEZE = ("--action", "freeze", "--path", "freeze")


# ------------------------------------------------------------------------------------------------- request


def test_each_action_takes_its_own_options_and_path(live: Live, console: Console, defence: Setting) -> None:
    def refuses(*options: str, because: str, code: int = 2) -> None:
        console.refuses("request", *kit_of("ana"), *options, because=because, code=code)

    refuses("--action", "steal", because="is not one of")
    refuses("--action", "cancel", because="Which path? Give --path with one of: friends, theft, sworn.")
    refuses("--action", "cancel", "--path", "heir", because="there is nothing to stop", code=1)
    refuses("--action", "cancel", "--path", "watch", because="cannot replace owners; it can veto")
    refuses("--action", "freeze", "--path", "friends", because="cannot freeze; it can replace owners")
    refuses("--action", "thaw", "--path", "watch", because="cannot freeze; it can veto")
    refuses("--action", "freeze", "--path", "nothing", because="There is no path 'nothing'")
    for action in ("cancel", "veto", "freeze", "thaw"):
        refuses("--action", action, "--new-owner", NEW, because=f"go with --action recover, not with {action}")
        refuses("--action", action, "--threshold", "1", because=f"go with --action recover, not with {action}")
    for action in ("recover", "cancel", "freeze", "thaw"):
        new_owner = ("--new-owner", NEW) if action == "recover" else ()
        for option in (("--stop", "friends"), ("--change",)):
            refuses("--action", action, *new_owner, *option, because=f"go with --action veto, not with {action}")
    refuses(*FREEZE, "--deadline", "0 days", because="leave the guardians some time")
    refuses(*FREEZE, "--wallet", NEW, because="This is a kit for")
    console.refuses("request", "--policy", "policy.json", *FREEZE, because="Which account?", code=2)
    console.refuses("request", *FREEZE, because="Give --kit with a guardian's kit", code=2)
    elsewhere = ("--policy", "policy.json", "--wallet", NEW)
    console.refuses("request", *elsewhere, *FREEZE, because="has no recovery policy")
    console.refuses("request", *elsewhere, "--action", "veto", "--stop", "0", because="has no recovery policy")


def test_whoever_has_a_kit_may_ask_even_for_a_path_of_others(live: Live, console: Console, defence: Setting) -> None:
    console.run("request", *kit_of("dora"), "--action", "freeze", "-o", "own.json")
    assert Request.loads((console.home / "own.json").read_text()).label == "panic"
    console.run("request", *kit_of("dora"), *FREEZE, "-o", "others.json")
    console.run("request", "--policy", "policy.json", "--wallet", defence.wallet, *FREEZE, "-o", "owner.json")
    both = [(console.home / name).read_text() for name in ("others.json", "owner.json")]
    assert Request.loads(both[0]).proof == Request.loads(both[1]).proof


def test_a_request_is_written_where_nothing_stands(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "friends")
    for action, options, name in (
        ("recover", ("--path", "theft", "--new-owner", NEW), "request.json"),
        ("cancel", ("--path", "friends"), "cancel.json"),
        ("freeze", ("--path", "freeze"), "freeze.json"),
    ):
        command = ("request", *kit_of("ana"), "--action", action, *options)
        assert f"Written to {name}." in console.run(*command).words
        console.refuses(*command, because=f"{name} exists already. Name another file with -o", code=2)


# --------------------------------------------------------------------------------------------------- start


def test_a_recovery_goes_its_whole_way(live: Live, console: Console, defence: Setting) -> None:
    said = recovering(console, "friends", "carl ana")
    assert "The owners are still the old ones." in said.words and "(in 3 days)" in said.words
    status = live.client.state(defence.wallet).paths[0]
    assert status.state is RequestState.PENDING
    finalize = ("finalize", defence.wallet)
    console.refuses(*finalize, because="Who pays the fee?", code=2)
    console.refuses(*finalize, *PAYER, because="Not yet. This recovery can be finalized from")
    console.refuses(
        *finalize, "--path", "theft", *kit_of("ana"), *PAYER, because="No recovery is under way on this path"
    )
    live.travel(3 * DAY)
    said = console.run(*finalize, *PAYER, passwords=1)
    assert "Done. The account has its new owners" in said.words
    assert live.client.owners(defence.wallet) == owners_of("new")
    console.refuses(*finalize, *PAYER, because="No recovery is under way")
    console.refuses("heartbeat", defence.wallet, *OWNER, *PAYER, because="is not an owner of this wallet (any more)")
    assert "Recovery" not in console.run("status", defence.wallet, *kit_of("ben")).out, "the kits are still good"
    recovering(console, "theft", "ana ben", heir=person("owner").address)


def test_a_start_is_refused_before_anybody_pays(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "r.json", *RECOVER)
    files = signed(console, "r.json", "ana", "ben")
    start = ("start", "r.json", *files)
    console.refuses(*start, because="Who pays the fee?", code=2)
    console.refuses(*start, "--account", "nobody", because="There is no keystore file 'nobody'", code=2)
    console.refuses(*start, "--account", "new", "-y", because="has 0 ether, but up to")
    console.refuses(*start, "--account", "payer", because="Nothing was")
    console.refuses("start", "missing.json", *PAYER, because="missing.json cannot be read", code=2)
    console.refuses("start", *PAYER, because="Missing argument 'REQUEST'", code=2)
    console.refuses(*start, "--max-fee", "1 wei", *PAYER, because="wei")
    with live.undone():
        live.travel(3 * DAY + 60)
        console.refuses(*start, *PAYER, because="The request's deadline has passed, on")
    console.run(*start, *PAYER, passwords=1)
    console.refuses(*start, *PAYER, because="has been started already")
    again = ("request", *kit_of("ana"), *RECOVER)
    console.refuses(*again, because="A recovery on path 'friends' is under way until")


def test_a_request_of_another_chain_or_module_goes_nowhere(live: Live, console: Console, defence: Setting) -> None:
    request = asked(console, "r.json", *RECOVER)
    cases = [
        (dataclasses.replace(request, chain_id=5), "The request is for chain 5, but this is chain 31337"),
        (dataclasses.replace(request, module=NEW), "The request is for another module"),
        (dataclasses.replace(request, account=NEW), "has no recovery policy"),
        (dataclasses.replace(request, epoch=7), "approvals of this one are void"),
    ]
    for other, because in cases:
        (console.home / "x.json").write_text(other.dumps())
        console.refuses("start", "x.json", *PAYER, because=because)
    for changes in ({"nonce": 1}, {"deadline": 2**40}, {"digest": "0x" + "00" * 32}):
        (console.home / "x.json").write_text(forged(request.dumps(), **changes))
        console.refuses("start", "x.json", *PAYER, because="contradicts itself", code=2)


def test_an_expired_recovery_makes_room_for_another(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "friends")
    live.travel(33 * DAY)
    console.refuses("finalize", defence.wallet, *PAYER, because="The guardians can start another one: recovery request")
    agreed(console, "start", "again.json", "ana ben", *RECOVER)
    assert live.client.state(defence.wallet).paths[0].state is RequestState.PENDING


# ------------------------------------------------------------------------------------------------ finalize


def test_a_finalize_with_the_wrong_file_is_refused(live: Live, console: Console, defence: Setting) -> None:
    request = asked(console, "other.json", "--path", "friends", "--new-owner", person("dora").address)
    asked(console, "f.json", *FREEZE)
    recovering(console, "friends")
    live.travel(3 * DAY)
    finalize = ("finalize", defence.wallet, *PAYER)
    console.refuses(*finalize, "--request", "other.json", because="Another recovery is under way on path 0")
    console.refuses(*finalize, "--request", "f.json", because="f.json does not ask for new owners", code=2)
    console.refuses(*finalize, "--request", "kits/kit-ana.json", because="is a guardian's kit", code=2)
    console.refuses(*finalize, "--request", "friends.json", "--path", "theft", because="is on path 'friends'", code=2)
    console.refuses("finalize", NEW, *PAYER, "--request", "friends.json", because="is for", code=2)
    console.refuses(*finalize, "--kit", "friends.json", because="is a request; a guardian's kit is needed here", code=2)
    (console.home / "x.json").write_text(dataclasses.replace(request, chain_id=5).dumps())
    console.refuses(*finalize, "--request", "x.json", because="but the network is", code=2)
    console.run(*finalize, "--request", "friends.json", passwords=1)


def test_of_several_recoveries_one_is_chosen(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "friends")
    said = recovering(console, "theft", heir=person("dora").address)
    live.travel(7 * DAY)
    for verb in ("finalize", "clear"):
        several = (verb, defence.wallet, *PAYER)
        console.refuses(*several, because="Several recoveries are under way. Give --path with one of: 0, 1.", code=2)
        console.refuses(*several, *kit_of("ana"), because="one of: friends, theft.", code=2)
    copied(console, commands(said)[0], account="payer", passwords=1)
    assert live.client.owners(defence.wallet) == owners_of("dora")
    assert not any(path.is_open for path in live.client.state(defence.wallet).paths), "the other died with its epoch"


def test_the_heir_comes_in_after_a_year_of_silence_and_not_after_a_sign_of_life(
    live: Live, console: Console, defence: Setting
) -> None:
    heir = ("--path", "heir", "--new-owner", NEW)
    live.travel(366 * DAY)
    agreed(console, "start", "heir.json", "dora", *heir, kit="dora")
    with live.undone():
        live.travel(30 * DAY)
        console.run("finalize", defence.wallet, *PAYER, passwords=1)
        assert live.client.owners(defence.wallet) == owners_of("new")
    with live.undone():
        console.run("cancel", defence.wallet, *OWNER, *PAYER, passwords=2)
    console.run("heartbeat", defence.wallet, *OWNER, *PAYER, passwords=2)
    finalize = ("finalize", defence.wallet, *PAYER)
    console.refuses(*finalize, because="Not yet. This recovery can be finalized from")
    useless = "The owner has been active since this recovery began"  # so there is no use in waiting
    console.refuses(*finalize, *kit_of("ana"), because=useless)
    console.refuses(*finalize, "--request", "heir.json", because=useless)
    live.travel(30 * DAY)
    console.refuses(*finalize, because="Anybody can clear it away: recovery clear")


@pytest.mark.parametrize("option", ["--dry-run", "--unsigned"])
def test_nothing_is_signed_where_nothing_is_sent(live: Live, console: Console, defence: Setting, option: str) -> None:
    """Each verb of anybody's, looked at without a key: on the chain nothing happens."""
    recovering(console, "friends")
    recovering(console, "theft")
    asked(console, "stop.json", "--action", "cancel", "--path", "theft")
    stop = signed(console, "stop.json", "ana", "ben")
    asked(console, "v.json", "--action", "veto", "--stop", "theft", kit="dora")
    veto = signed(console, "v.json", "carl", "dora")
    asked(console, "f.json", *FREEZE)
    freeze = signed(console, "f.json", "ana", "ben")
    height = live.web3.eth.block_number
    for number, command in enumerate(
        (
            ("cancel", "stop.json", *stop),
            ("veto", "v.json", *veto),
            ("freeze", "f.json", *freeze),
            ("policy", "publish", defence.wallet),
        )
    ):
        how = (option,) if option == "--dry-run" else (option, f"{number}.tx")
        console.run(*command, *how)
        if option == "--unsigned":
            console.refuses(*command, *how, because=f"{number}.tx exists already", code=2)
    assert live.web3.eth.block_number == height
