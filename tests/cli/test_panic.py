"""The key is stolen: first the freeze, then all that gets the account back, and what could not be saved is said."""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from recovery.card import Card
from recovery.cli import drafts, stopping
from recovery.cli.freeze_card import file_ahead
from recovery.errors import InvalidInput
from recovery.folder import AccountNote, Folder
from recovery.plan import PolicyPlan
from recovery.policy import DAY
from recovery.request import Approvals, Request, SignedApproval
from recovery.six_words import six_words
from recovery.state import RequestState
from tests.cli.conftest import DEFENCE, NAMES, NEW, OWNER, PAYER, Console, Setting, asked, commands, copied, established
from tests.cli.test_freeze_card import FREEZE, approvals, done, folder_of, signed_ahead
from tests.cli.test_start_up import in_terminal
from tests.live import PASSWORD, Live, Result
from tests.world import owners_of, person, signer

TODAY = "panic-2026-01-01"
THIEF = person("thief").address


@pytest.fixture(autouse=True)
def same_time(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """This computer's clock goes with the chain's, wherever a test travels."""
    monkeypatch.setattr(stopping, "time", SimpleNamespace(time=live.client.time))


def first_line(result: Result) -> str:
    return result.out.split("\n")[0]


def ready(live: Live, console: Console, setting: Setting) -> Folder:
    """An owner's folder with a freeze in it that was signed ahead."""
    folder = folder_of(console, setting, (10, 31337))
    filed(console, folder, *signed_ahead(console))
    return folder


def filed(console: Console, folder: Folder, request: str, *files: str) -> None:
    """What `recovery freeze-card --folder` does besides printing."""
    collected = [SignedApproval.loads((console.home / file).read_text()) for file in files]
    file_ahead(folder, Approvals.of(Request.loads((console.home / request).read_text()), collected))


def panics(console: Console, *options: str, passwords: int = 0, code: int = 0, folder: str = "mine") -> Result:
    return console.run("panic", "--folder", folder, *options, *PAYER, passwords=passwords, code=code)


def written(place: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(place.iterdir())}


def recover_request(place: Path) -> Request:
    return Request.loads((place / "recover.json").read_text())


# --------------------------------------------------------------------------------------------- freezing


def test_one_command_freezes_and_prepares_the_way_back(live: Live, console: Console, defence: Setting) -> None:
    folder = ready(live, console, defence)
    card = Card("Ana", signer("ana"), "+351 123", "", live.client.time())
    folder.add_card(card)
    result = panics(console, "--new-owner", NEW, passwords=1)
    assert first_line(result).startswith("FROZEN until")
    assert live.client.state(defence.wallet).frozen
    place = console.home / "mine" / TODAY
    request = recover_request(place)
    assert request.label == "sworn" and str(request.owners.signers[0]) == NEW  # uncancellable, and the quickest
    words = " ".join(six_words(request.digest))
    assert words in result.words and "+351 123" in result.words and f"New owner {NEW}" in result.words
    assert sorted(written(place)) == ["recover.json", "to-ana.txt", "to-ben.txt", "to-dora.txt"]
    for name, text in written(place).items():
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600
        if name.endswith(".txt"):
            assert "DO NOTHING YET" in text and "recovery approve recover.json --kit KIT" in text
            assert sum(word in text for word in words.split()) < 2 and defence.wallet in " ".join(text.split())
            assert os.environ["RECOVERY_NETWORK"] not in text
    assert "+351 123" in written(place)["to-ana.txt"] and "+351 123" not in written(place)["to-ben.txt"]
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_what_it_prints_gets_the_account_back(live: Live, console: Console, defence: Setting) -> None:
    ready(live, console, defence)
    panics(console, "--new-owner", NEW, passwords=1)
    place = f"mine/{TODAY}"
    signed = approvals(console, f"{place}/recover.json", "ana", "ben", "dora")
    assert signed[0] == f"{place}/recover-ana.json"  # where the command looks for it
    console.run("start", f"{place}/recover.json", *signed, *PAYER, passwords=1)
    said = panics(console, "--new-owner", NEW).words
    assert "is under way: ready" in said and "in time" in said and "guardians were deceived" not in said
    live.travel(DAY)
    console.run("finalize", defence.wallet, "--request", f"{place}/recover.json", *PAYER, passwords=1)
    assert live.client.owners(defence.wallet).signers[0].address == NEW


def test_a_second_run_goes_on_with_the_first(live: Live, console: Console, defence: Setting) -> None:
    ready(live, console, defence)
    panics(console, "--new-owner", NEW, passwords=1)
    before = console.files()
    live.travel(3600)
    result = panics(console, "--new-owner", NEW)
    assert first_line(result).startswith("FROZEN already until")
    assert console.files() == before  # guardians must not get two requests for the same
    assert " ".join(six_words(recover_request(console.home / "mine" / TODAY).digest)) in result.words
    other = person("carl").address
    panics(console, "--new-owner", other)
    assert before.items() <= console.files().items()
    assert str(recover_request(console.home / "mine" / f"{TODAY}-2").owners.signers[0]) == other


def test_killed_between_freezing_and_writing_it_goes_on(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(live, console, defence)

    def dies(*_: Any) -> Any:
        raise KeyboardInterrupt

    before = console.files()
    with monkeypatch.context() as patch:
        patch.setattr(drafts, "draft", dies)
        done_ = _stopped(console, "panic", "--folder", "mine", "--new-owner", NEW, *PAYER)
    assert "was mined before" in done_ and live.client.state(defence.wallet).frozen
    assert not [name for name in console.files() if "panic" in name] and before.keys() <= console.files().keys()
    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", dies)
        _stopped(console, "panic", "--folder", "mine", "--new-owner", NEW, *PAYER)
    assert not [name for name in console.files() if "panic" in name]  # nothing half-written
    result = panics(console, "--new-owner", NEW)
    assert first_line(result).startswith("FROZEN already until")
    assert recover_request(console.home / "mine" / TODAY).owners.signers[0].address == NEW


def _stopped(console: Console, *arguments: str) -> str:
    from click.testing import CliRunner

    from recovery.cli import cli

    read, write = os.pipe()
    os.write(write, f"{PASSWORD}\n".encode())
    os.close(write)
    said = CliRunner(mix_stderr=False).invoke(cli, [*arguments, "--password-fd", str(read)])
    os.close(read)
    console.said += [said.stdout, said.stderr]
    assert said.exit_code == 1
    return said.stderr


def test_the_freeze_is_sent_before_anything_that_could_be_wrong_with_the_rest(
    live: Live, console: Console, defence: Setting
) -> None:
    folder = ready(live, console, defence)
    (folder.path / "policies" / "policy-1.json").write_text("damaged")
    (folder.path / "cards").mkdir(exist_ok=True)
    (folder.path / "cards" / "ana.json").write_text("damaged")
    secret = person("new").key.hex()
    result = panics(console, "--new-owner", secret, passwords=1)
    assert first_line(result).startswith("FROZEN until") and live.client.state(defence.wallet).frozen
    assert "That looks like a private key" in result.words and "The new owner is left out" in result.words
    assert "is not an owner's policy file" in result.words
    assert "Path sworn" not in result.words  # what the events say has no names
    assert list(written(console.home / "mine" / TODAY)) == ["to-guardians.txt"]


def test_of_several_freezes_the_longest_that_is_still_good_is_taken(
    live: Live, console: Console, defence: Setting
) -> None:
    folder_of(console, defence)
    old = signed_ahead(console, "old.json", "ana", "ben")
    asked(console, "used.json", *FREEZE)
    done(console, "freeze", "used.json", "ana", "carl")
    live.travel(15 * DAY)
    place = console.home / "mine" / "freeze"
    place.mkdir(exist_ok=True)
    short = signed_ahead(console, "short.json", "dora", options=("--action", "freeze", "--path", "panic"))
    long = signed_ahead(console, "long.json", "ana", "carl")
    few = signed_ahead(console, "few.json", "ana")
    for file in (*old, *short, *long, *few):
        (place / file).write_bytes((console.home / file).read_bytes())
    (place / "junk.json").write_text("{")
    panics(console, passwords=1)
    state = live.client.state(defence.wallet)
    assert state.frozen_until == state.time + 7 * DAY and (state.freeze_id or ())[1] == 2


def test_what_was_signed_ahead_can_be_given_without_a_folder(live: Live, console: Console, defence: Setting) -> None:
    request, *files = signed_ahead(console)
    given = ["--freeze", request, *(part for file in files for part in ("--approval", file))]
    result = console.run("panic", defence.wallet, "--policy", "policy.json", *given, *PAYER, passwords=1)
    assert first_line(result).startswith("FROZEN until")
    assert "to-ana.txt" in written(console.home / TODAY)
    again = console.run("panic", *("--kit", "kits/kit-dora.json"), "-o", "there", "--new-owner", NEW, *PAYER)
    assert sorted(written(console.home / "there")) == ["recover.json", "to-guardians.txt"]
    assert "Path sworn" in again.words


# ------------------------------------------------------------------------------------------- not frozen


def test_without_a_freeze_it_asks_the_guardians_for_one_and_fails(
    live: Live, console: Console, defence: Setting
) -> None:
    folder_of(console, defence)
    result = panics(console, "--new-owner", NEW, code=1)
    assert first_line(result) == "NOT FROZEN. No freeze was signed ahead."
    assert "Error: The account is NOT frozen." in result.err
    place = console.home / "mine" / TODAY
    freeze = Request.loads((place / "freeze.json").read_text())
    assert freeze.action.kind == "freeze" and freeze.label == "panic"  # one guardian is enough
    letter = written(place)["to-dora.txt"]
    assert letter.index("freeze.json") < letter.index("recover.json")
    assert "freeze.json" not in written(place)["to-ana.txt"] and "can be spent until that is done" in result.words
    done(console, "freeze", f"mine/{TODAY}/freeze.json", "dora")
    frozen = panics(console, "--new-owner", NEW)
    assert first_line(frozen).startswith("FROZEN already")
    assert recover_request(place) == recover_request(console.home / "mine" / f"{TODAY}-2")


@pytest.mark.parametrize("why", ["epoch", "nonce", "deadline", "cooling", "payer", "no"])
def test_what_cannot_freeze_says_so_first_and_the_rest_is_done_all_the_same(
    live: Live, console: Console, defence: Setting, why: str
) -> None:
    folder = folder_of(console, defence)
    files = signed_ahead(console)
    filed(console, folder, *files)
    options: tuple[str, ...] = PAYER
    if why == "epoch":
        asked(console, "t.json", "--path", "theft", "--new-owner", person("carl").address)
        done(console, "start", "t.json", "ana", "ben")
        live.travel(7 * DAY)
        console.run("finalize", defence.wallet, "--request", "t.json", *PAYER, passwords=1)
    elif why in ("nonce", "cooling"):
        asked(console, "now.json", *FREEZE)
        done(console, "freeze", "now.json", "ana", "carl")
        live.travel((15 if why == "nonce" else 8) * DAY)
    elif why == "deadline":
        live.travel(401 * DAY)
    elif why == "payer":
        options = ()
    else:
        options = ("--account", "payer")
    told = {
        "epoch": "has been recovered, or its policy has changed",
        "nonce": "has been used already",
        "deadline": "deadline has passed",
        "cooling": "was frozen lately; it can be frozen again from",
        "payer": "Who pays the fee?",
        "no": "You said no.",
    }[why]
    result = console.run("panic", "--folder", "mine", "--new-owner", NEW, *options, code=1)
    assert why == "no" or first_line(result).startswith("NOT FROZEN.")
    assert told in " ".join(result.out.split())
    assert "The account is NOT frozen." in result.err and told in " ".join(result.err.split())
    assert not live.client.state(defence.wallet).frozen
    (place,) = (console.home / "mine").glob("panic-*")
    assert recover_request(place).label == "sworn"
    assert ("freeze.json" in written(place)) == (why != "cooling")


def test_without_a_node_it_says_what_others_can_do(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(live, console, defence)
    result = panics(console, "--new-owner", NEW, "--network", "http://127.0.0.1:1", "-o", "there", code=1)
    assert first_line(result) == "NOT FROZEN. The node does not answer. Check its address (--network) and whether"
    assert sorted(written(console.home / "there")) == ["to-ana.txt", "to-ben.txt", "to-dora.txt"]
    letter = written(console.home / "there")["to-dora.txt"]
    assert f"recovery request --kit KIT --path sworn --new-owner {NEW} -o recover.json --network URL" in letter
    assert "recovery request --kit KIT --path panic --action freeze -o freeze.json --network URL" in letter
    command = next(line for line in commands(result) if line.startswith("recovery freeze"))
    copied(console, command, account="payer", passwords=1)
    assert live.client.state(defence.wallet).frozen
    monkeypatch.delenv("RECOVERY_NETWORK")
    assert "NOT FROZEN. Which chain? Give --network" in panics(console, "-o", "there", code=1).words


def test_a_dry_run_signs_and_writes_nothing(live: Live, console: Console, defence: Setting) -> None:
    ready(live, console, defence)
    before = console.files()
    assert "Simulated: it would succeed" in panics(console, "--dry-run").words
    assert console.files() == before and not live.client.state(defence.wallet).frozen
    result = panics(console, "--unsigned", "tx.json", code=1)
    assert "NOT FROZEN. The freeze stands in tx.json and was not sent." in result.words


def test_it_does_not_guess_which_account(live: Live, console: Console, defence: Setting) -> None:
    folder_of(console, defence)
    console.refuses("panic", *PAYER, because="Which account?", code=2)
    console.refuses("panic", NEW, "--folder", "mine", *PAYER, because="These are of different accounts", code=2)
    console.refuses("panic", "--folder", "kits", *PAYER, because="is not an owner's folder", code=2)
    console.refuses("panic", NEW, "--policy", "policy.json", *PAYER, because="has no recovery policy")


def test_the_stolen_key_is_no_new_owner(live: Live, console: Console, defence: Setting) -> None:
    ready(live, console, defence)
    result = panics(console, "--new-owner", person("owner").address, passwords=1)
    assert "the thief has that key. Make a fresh one" in result.words
    assert "recover.json" not in written(console.home / "mine" / TODAY)
    assert "recovery panic --folder mine --account payer --new-owner ADDR" in result.out
    assert "My new key is not made yet" in written(console.home / "mine" / TODAY)["to-ana.txt"]


def test_somebody_at_a_terminal_is_asked_once_before_and_for_the_new_key_after_the_freeze(
    live: Live, console: Console, defence: Setting
) -> None:
    ready(live, console, defence)
    prompt = "Address of the new key: "
    code, said = in_terminal(
        ["panic", "--folder", "mine", "--account", "payer"],
        [
            ("Freeze the account now? [y/N]", b"y\n"),
            ("Password: ", f"{PASSWORD}\n".encode()),
            (prompt, b"0x1234\n"),
            (prompt, f"{defence.wallet}\n".encode()),
            (prompt, f"{person('owner').address}\n".encode()),
            (prompt, f"{NEW}\n".encode()),
        ],
        console.home,
        live.url,
    )
    assert code == 0 and PASSWORD not in said
    said = " ".join(said.split())
    assert said.index("FROZEN until") < said.index("Who is to own the account?")
    assert "The account cannot own itself" in said and "the thief has that key" in said
    assert "Path sworn: Ana, Ben and Dora together" in said and f"New owner {NEW}" in said
    assert recover_request(console.home / "mine" / TODAY).owners.signers[0].address == NEW
    before = console.files()
    code, said = in_terminal(
        ["panic", "--folder", "mine"], [("Is this your new key? [y/N]", b"y\n")], console.home, live.url
    )
    said = " ".join(said.split())
    assert code == 0 and "Who is to own the account?" not in said  # the first run has asked
    assert f"{TODAY}/recover.json asks for this new owner." in said and said.count(NEW) > 1
    assert console.files() == before  # guardians must not get two requests for the same


def test_what_was_typed_comes_before_the_profile(live: Live, console: Console, defence: Setting) -> None:
    """The owner is somebody's guardian, too: the kit in the profile is for a friend's account."""
    kit = defence.plan.kit("Ana", 31337, live.client.deployment.module, NEW)
    (console.home / "friend.json").write_text(kit.dumps())
    ready(live, console, defence)
    config = "recovery:\n  profiles:\n    default:\n      kit: ./friend.json\n      folder: ./{}\n"
    (console.home / "ape-config.yaml").write_text(config.format("mine"))
    first = panics(console, "--new-owner", NEW, passwords=1)
    assert first_line(first).startswith("FROZEN until") and "Ana" in first.out
    assert console.run("panic", *PAYER).out.startswith("FROZEN already")
    Folder.open(console.home / "mine").noting(AccountNote("Olga", NEW, live.client.deployment.module, (31337,)))
    assert not (console.home / TODAY).exists()
    other = console.run("panic", defence.wallet, "--new-owner", NEW, *PAYER)
    assert other.out.startswith("FROZEN already") and (console.home / TODAY).is_dir()


# ------------------------------------------------------------------------------------------- planted files


def planted(live: Live, console: Console, setting: Setting, place: str, who: str = "thief", **changes: Any) -> Request:
    """A request for a thief's key, where an earlier run would have put its own, and with the same rights."""
    plan = setting.plan
    index = drafts.theft_path(plan.policy)
    assert index is not None
    until = live.client.deadline(3 * DAY)
    owners = owners_of(who)
    request = live.client.request(setting.wallet, plan.policy.proof(index), "yes, take it", owners, until)
    request = dataclasses.replace(request, **changes)
    folder = console.home / place
    folder.mkdir(mode=0o700)
    (folder / "recover.json").touch(mode=0o600)
    (folder / "recover.json").write_text(request.dumps())
    return request


@pytest.mark.parametrize("place", [TODAY, "panic-2025-12-24", f"{TODAY}-2", "panic-holiday"])
def test_a_planted_request_is_not_taken_up_unless_its_owner_is_named(
    live: Live, console: Console, defence: Setting, place: str
) -> None:
    """The working directory is often a folder of downloads."""
    planted(live, console, defence, place)
    result = console.run("panic", defence.wallet, "--policy", "policy.json", *PAYER, code=1)
    assert THIEF not in result.out + result.err and "take it" not in result.words
    assert ("a thief can have put it there" in result.words) == ("holiday" not in place)
    new = {path for path in console.home.rglob("panic-*/*")} - {console.home / place / "recover.json"}
    assert all(THIEF.lower() not in path.read_text().lower() for path in new)
    assert "--new-owner ADDR" in result.words and not [path for path in new if path.name == "recover.json"]
    named = console.run("panic", defence.wallet, "--policy", "policy.json", "--new-owner", NEW, *PAYER, code=1)
    assert THIEF not in named.out + named.err and NEW in named.out


@pytest.mark.parametrize("how", ["folder", "file", "link"])
def test_what_others_could_have_written_is_not_even_looked_at(
    live: Live, console: Console, defence: Setting, how: str
) -> None:
    planted(live, console, defence, TODAY)
    place = console.home / TODAY
    if how == "folder":
        place.chmod(0o755)
    elif how == "file":
        (place / "recover.json").chmod(0o644)
    else:
        place.rename(console.home / "downloads")
        place.symlink_to("downloads")
    result = console.run("panic", defence.wallet, "--policy", "policy.json", *PAYER, code=1)
    assert "a thief can have put it there" not in result.words and THIEF not in result.out + result.err


def test_at_a_terminal_the_new_owner_of_a_file_is_shown_and_the_answer_is_no(
    live: Live, console: Console, defence: Setting
) -> None:
    folder_of(console, defence)
    planted(live, console, defence, f"mine/{TODAY}")
    code, said = in_terminal(
        ["panic", "--folder", "mine", "-y"],
        [("Is this your new key? [y/N]", b"\n"), ("Address of the new key: ", f"{NEW}\n".encode())],
        console.home,
        live.url,
    )
    said = " ".join(said.split())
    assert code == 1 and said.index(THIEF) < said.index("Is this your new key?") < said.index(NEW)
    assert said.count(THIEF) == 1
    assert recover_request(console.home / "mine" / f"{TODAY}-2").owners.signers[0].address == NEW


@pytest.mark.parametrize("change", ["label", "deadline"])
def test_of_an_earlier_request_for_the_named_owner_nothing_else_is_believed(
    live: Live, console: Console, defence: Setting, change: str
) -> None:
    folder_of(console, defence)
    changes: dict[str, Any] = {"deadline": live.client.deadline(50 * 365 * DAY)} if change == "deadline" else {}
    old = planted(live, console, defence, f"mine/{TODAY}", "new", **changes)
    result = panics(console, "--new-owner", NEW, code=1)
    made = recover_request(console.home / "mine" / f"{TODAY}-2")
    assert "take it" not in result.words and made.label == "sworn"
    assert (made.digest == old.digest) == (change == "label")  # what was approved already stays good
    assert made.deadline <= live.client.time() + 3 * DAY


def test_a_planted_freeze_is_good_for_no_longer_than_ours(live: Live, console: Console, defence: Setting) -> None:
    folder_of(console, defence)
    place, client = console.home / "mine" / TODAY, live.client
    proof = defence.plan.policy.proof(6)
    place.mkdir(mode=0o700)
    (place / "freeze.json").touch(mode=0o600)
    far = client.request_freeze(defence.wallet, proof, "panic", client.deadline(50 * 365 * DAY))
    (place / "freeze.json").write_text(far.dumps())
    panics(console, "--new-owner", NEW, code=1)
    made = Request.loads((console.home / "mine" / f"{TODAY}-2" / "freeze.json").read_text())
    assert made.deadline <= client.time() + 3 * DAY


def test_a_thiefs_recovery_is_never_to_be_finalized(live: Live, console: Console, defence: Setting) -> None:
    ready(live, console, defence)
    place = f"mine/{TODAY}"
    planted(live, console, defence, place)
    done(console, "start", f"{place}/recover.json", "ana", "ben", "dora")
    for options, passwords in (((), 1), (("--new-owner", NEW), 0)):
        result = panics(console, *options, passwords=passwords)
        said = result.words
        assert "recovery finalize" not in said and "take it" not in said and THIEF not in result.out + result.err
        assert "nobody has said that its new owner is yours" in said and "in time" not in said
        assert "recovery request --action cancel --path sworn --kit KIT --network URL" in said
    code, told = in_terminal(
        ["panic", "--folder", "mine"],
        [("Is this your new key? [y/N]", b"n\n"), ("Address of the new key: ", b"\n")],
        console.home,
        live.url,
    )
    assert code == 0 and "recovery finalize" not in told and "take it" not in told


def test_the_owners_recovery_is_known_without_its_file(live: Live, console: Console, defence: Setting) -> None:
    ready(live, console, defence)
    asked(console, "r.json", "--path", "sworn", "--new-owner", NEW)
    done(console, "start", "r.json", "ana", "ben", "dora")
    result = panics(console, "--new-owner", NEW, passwords=1)
    finalize = next(line for line in commands(result) if line.startswith("recovery finalize"))
    assert finalize == f"recovery finalize {defence.wallet} --path 5 --account KEY --network URL"
    live.travel(DAY)
    copied(console, finalize, account="payer", passwords=1)
    assert live.client.owners(defence.wallet).signers[0].address == NEW


def test_approvals_are_good_for_72_hours_by_the_earlier_clock(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(console, defence)
    now = live.client.time()
    monkeypatch.setattr(stopping, "time", SimpleNamespace(time=lambda: now + 900 * DAY))
    panics(console, "--new-owner", NEW, "-o", "a", code=1)
    for name in ("recover", "freeze"):
        deadline = Request.loads((console.home / "a" / f"{name}.json").read_text()).deadline
        assert now + 3 * DAY <= deadline <= live.client.time() + 3 * DAY
    monkeypatch.setattr(stopping, "time", SimpleNamespace(time=lambda: now - DAY + 60))
    panics(console, "--new-owner", NEW, "-o", "b", code=1)
    assert recover_request(console.home / "b").deadline == now + 2 * DAY + 60
    monkeypatch.setattr(stopping, "time", SimpleNamespace(time=lambda: now - 10 * 365 * DAY))
    result = panics(console, "--new-owner", NEW, "-o", "c", code=1)
    assert "one of them is wrong" in result.words and result.words.count("one of them is wrong") == 1
    assert not list((console.home / "c").glob("*.json"))


def test_a_folder_that_it_makes_for_its_own_is_for_its_owner_alone(
    live: Live, console: Console, defence: Setting
) -> None:
    before = os.umask(0o022)
    try:
        console.run("panic", defence.wallet, "--policy", "policy.json", "-o", "there/now", *PAYER, code=1)
    finally:
        os.umask(before)
    assert stat.S_IMODE((console.home / "there").stat().st_mode) == 0o700


# ---------------------------------------------------------------------------------------- what is not saved


def test_it_says_what_it_could_not_save(live: Live, console: Console, defence: Setting) -> None:
    ready(live, console, defence)
    console.run("policy", "change", defence.wallet, "--remove", *OWNER, *PAYER, passwords=2)
    asked(console, "x.json", "--path", "friends", "--new-owner", person("carl").address)
    done(console, "start", "x.json", "ana", "ben")
    result = panics(console, "--new-owner", NEW, passwords=1)
    said = result.words
    for text in (
        "What the thief has sent away is gone",
        "can draw them even while it is frozen",
        "START IT BEFORE",
        "A REMOVAL of the policy is pending",
        'One is under way on path "friends"',
        "Nothing was done on OP Mainnet (chain 10)",
        f"recovery policy drop {defence.wallet}",
        "recovery request --action veto --change --kit KIT",
        f"recovery cancel {defence.wallet} --path 0",
        "recovery panic --folder mine --account payer --network URL",
    ):
        assert text in said, text


def test_a_freeze_shorter_than_the_way_back_is_said(live: Live, console: Console) -> None:
    text = DEFENCE[: DEFENCE.index("  - name: sworn")] + DEFENCE[DEFENCE.index("  - name: panic") :]
    (console.home / "policy.yaml").write_text(text.format(**{n: person(n).address for n in NAMES}))
    console.run("policy", "new", "policy.yaml")
    plan = PolicyPlan.loads((console.home / "policy.json").read_text())
    setting = established(live, console, plan, "owner")
    options = ("--action", "freeze", "--path", "panic")
    filed(console, folder_of(console, setting), *signed_ahead(console, "f.json", "dora", options=options))
    result = panics(console, "--new-owner", NEW, passwords=1)
    assert "Path theft takes 7 days, which is LONGER: for at least 5 days in between" in result.words
    assert recover_request(console.home / "mine" / TODAY).label == "theft"


def test_where_the_thief_can_cancel_every_path_it_is_said(live: Live, console: Console) -> None:
    text = DEFENCE.replace("owner_cancels: no", "owner_cancels: yes")
    (console.home / "policy.yaml").write_text(text.format(**{n: person(n).address for n in NAMES}))
    console.run("policy", "new", "policy.yaml")
    plan = PolicyPlan.loads((console.home / "policy.json").read_text())
    folder_of(console, established(live, console, plan, "owner"))
    assert "THE THIEF CAN, again and again" in panics(console, "--new-owner", NEW, code=1).words


def test_the_thiefs_policy_is_not_taken_for_the_owners(live: Live, console: Console, defence: Setting) -> None:
    ready(live, console, defence)
    text = DEFENCE.replace("change_delay: 7", "change_delay: 9").format(**{n: person(n).address for n in NAMES})
    (console.home / "policy-2.yaml").write_text(text)
    console.run("policy", "new", "policy-2.yaml", "-o", "policy-2.json")
    change = ("policy", "change", defence.wallet, "--policy", "policy-2.json", *OWNER)
    console.run(*change, *PAYER, passwords=2)
    live.travel(7 * DAY)
    console.run("policy", "apply", defence.wallet, *PAYER, passwords=1)
    result = panics(console, "--new-owner", NEW, code=1)
    assert "The policy on the chain is none that your files know" in result.words
    assert list((console.home / "mine" / "panic-2026-01-08").glob("to-*")) == [
        console.home / "mine" / "panic-2026-01-08" / "to-guardians.txt"
    ]


def test_a_plain_key_with_the_wallets_code_is_not_called_safe(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recovery.client import RecoveryClient

    ready(live, console, defence)
    code = RecoveryClient.code
    delegation = b"\xef\x01\x00" + bytes(20)
    monkeypatch.setattr(
        RecoveryClient, "code", lambda self, at: delegation if at == defence.wallet else code(self, at), raising=True
    )
    said = panics(console, passwords=1).words
    assert "ONLY AS A WALLET" in said and "nothing can be spent" not in said


def test_a_node_that_lags_behind_is_not_believed_to_have_frozen(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recovery.client import RecoveryClient

    ready(live, console, defence)
    old, really = live.client.state(defence.wallet), RecoveryClient.state
    monkeypatch.setattr(RecoveryClient, "state", lambda self, *given: old if len(given) == 1 else really(self, *given))
    result = panics(console, passwords=1, code=1)
    assert "NOT FROZEN. The freeze was mined, but this node does not show it." in result.words


def test_keys_of_the_owner_get_no_message(live: Live, console: Console, defence: Setting) -> None:
    folder = folder_of(console, defence)
    own = dataclasses.replace(defence.plan, owners=(("phone", signer("ana")),), owners_threshold=1)
    folder.add_plan(own)
    panics(console, "--new-owner", NEW, code=1)
    assert "to-ana.txt" not in written(console.home / "mine" / TODAY)


def test_guardians_whose_names_are_alike_get_a_message_each(live: Live, console: Console) -> None:
    (console.home / "policy.yaml").write_text(
        DEFENCE.replace("Ben", "ANA").format(**{n: person(n).address for n in NAMES})
    )
    console.run("policy", "new", "policy.yaml")
    plan = PolicyPlan.loads((console.home / "policy.json").read_text())
    wallet = established(live, console, plan, "owner").wallet
    console.run("panic", wallet, "--policy", "policy.json", "--new-owner", NEW, *PAYER, code=1)
    letters = written(console.home / TODAY)
    assert letters["to-ana.txt"].startswith("To: Ana\n") and letters["to-ana-2.txt"].startswith("To: ANA\n")


def test_an_output_that_cannot_be_written_is_said_after_the_freeze(
    live: Live, console: Console, defence: Setting
) -> None:
    ready(live, console, defence)
    (console.home / "file").write_text("")
    result = panics(console, "-o", "file/there", passwords=1, code=1)
    assert "cannot be written" in result.err and live.client.state(defence.wallet).frozen
    (console.home / "there").mkdir()
    panics(console, "-o", "there")
    assert not list((console.home / "there").iterdir()) and (console.home / "there-2").is_dir()


def test_the_path_that_stands_against_a_thief_is_chosen() -> None:
    from recovery.policy import Policy
    from tests.world import freeze, policy_of, rotate

    def of(*ways: Any) -> Policy:
        return policy_of(*ways)

    quick, slow = rotate("a", threshold=1, delay=DAY), rotate("b", threshold=1, delay=9 * DAY, owner_cancels=False)
    slower = rotate("b", threshold=1, delay=10 * DAY, owner_cancels=False)
    silent = rotate("c", threshold=1, delay=DAY, inactivity=30 * DAY, owner_cancels=False)
    assert drafts.theft_path(of(silent, quick, slower, slow)) == 3
    assert drafts.theft_path(of(silent, quick)) == 1
    assert drafts.theft_path(of(silent)) is None
    assert drafts.freeze_path(of(quick)) is None
    assert drafts.freeze_path(of(quick, freeze("a", "b", threshold=2, window=9 * DAY), freeze("a", window=DAY))) == 2
    assert drafts.freeze_path(of(quick, freeze("a", window=DAY), freeze("b", window=2 * DAY))) == 2


def test_the_folder_is_not_written_without_policy_or_path(live: Live, console: Console, defence: Setting) -> None:
    scene = drafts.Scene(defence.wallet, None, None, live.client, live.client.state(defence.wallet))
    made = drafts.draft(scene, None, console.home / TODAY)
    assert made.problems == ["Nothing says what the policy is. Give --folder, --policy or --kit, and run it again."]
    assert drafts.keep(scene, made, console.home / TODAY, False) is None
    assert live.client.state(defence.wallet).paths[0].state is not RequestState.READY
    with pytest.raises(InvalidInput):
        Folder.open(console.home / TODAY)
