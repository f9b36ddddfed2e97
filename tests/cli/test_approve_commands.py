"""What a guardian is told when signing is true, and the commands that are printed lead on."""

from __future__ import annotations

import dataclasses

import pytest

from recovery.policy import DAY
from tests.cli.approve_world import FREEZE, RECOVER
from tests.cli.conftest import NEW, PAYER, Console, Setting, asked, commands, copied, kit_of, recovering
from tests.live import Live
from tests.world import person


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
    show, *_ = commands(copied(console, finalize, account="payer", passwords=1))
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
