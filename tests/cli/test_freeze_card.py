"""A freeze that was signed ahead: printed, filed, sent by other programs, and refused when it could not be used."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recovery import abi
from recovery.contracts import canonical_deployment
from recovery.folder import AccountNote, Folder
from recovery.kit import Kit
from recovery.policy import DAY
from recovery.request import Request, SignedApproval, approve
from tests.cli.conftest import NEW, PAYER, Console, Setting, asked, copied
from tests.live import Live, Result
from tests.world import person, sign

CAST = Path(sys.executable).with_name("cast")
FREEZE = ("--action", "freeze", "--path", "freeze")
AHEAD = ("--deadline", "400 days")


def approvals(console: Console, request_file: str, *names: str) -> list[str]:
    """Guardians who have spoken with the owner long ago: the files of their approvals."""
    request = Request.loads((console.home / request_file).read_text())
    files = []
    for name in names:
        kit = Kit.loads((console.home / "kits" / f"kit-{name}.json").read_text())
        member = kit.opening_in(request.proof.path)
        assert member is not None
        signed = approve(request, member, sign(name, request.message), kit.name)
        files.append(f"{request_file.removesuffix('.json')}-{name}.json")
        (console.home / files[-1]).write_text(signed.dumps())
    return files


def done(console: Console, verb: str, request_file: str, *names: str) -> Result:
    """Has a request that was asked for signed and submitted."""
    return console.run(verb, request_file, *approvals(console, request_file, *names), *PAYER, passwords=1)


def folder_of(console: Console, setting: Setting, chains: tuple[int, ...] = (31337,)) -> Folder:
    """An owner's folder in `mine`."""
    note = AccountNote("Olga", setting.wallet, canonical_deployment().module, chains)
    folder = Folder.create(console.home / "mine", note)
    folder.add_plan(setting.plan)
    return folder


def signed_ahead(console: Console, out: str = "f.json", *names: str, options: tuple[str, ...] = FREEZE) -> list[str]:
    """A freeze for the day when it is needed: request and approvals."""
    asked(console, out, *options, *AHEAD, kit=(names or ("ana",))[0])
    return [out, *approvals(console, out, *(names or ("ana", "ben")))]


@pytest.mark.skipif(not CAST.exists(), reason="needs Foundry's cast beside python: make setup")
def test_the_card_freezes_by_cast_alone_on_the_last_day(live: Live, console: Console, defence: Setting) -> None:
    result = console.run("freeze-card", *signed_ahead(console))
    assert "this card freezes the account, once, for 7 days" in result.words
    assert "(in 400 days)" in result.words and "against the chain" in result.words
    live.travel(400 * DAY - 60)
    assert not live.client.state(defence.wallet).frozen
    command = next(line for line in result.out.split("\n") if "cast send" in line).strip()
    keystore = console.home / ".ape" / "accounts" / "payer.json"
    key = f"--keystore {keystore} --password 'correct horse battery staple'"
    command = command.replace("--rpc-url URL", f"--rpc-url {live.url}").replace("--account KEY", key)
    ran = subprocess.run(
        command.replace("cast", str(CAST), 1), shell=True, cwd=console.home, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    state = live.client.state(defence.wallet)
    assert state.frozen and state.frozen_until == state.time + 7 * DAY


def test_the_card_shows_no_more_guardians_than_it_needs_and_is_for_its_owner_alone(
    live: Live, console: Console, defence: Setting
) -> None:
    console.run("freeze-card", *signed_ahead(console, "f.json", "ana", "ben", "carl"))
    card, data = console.home / "freeze-card.pdf", console.home / "freeze-card.hex"
    assert card.read_bytes().startswith(b"%PDF")
    assert stat.S_IMODE(card.stat().st_mode) == stat.S_IMODE(data.stat().st_mode) == 0o600
    found = abi.decoded(bytes.fromhex(data.read_text().strip().removeprefix("0x")))
    assert found is not None and found[0] == "freeze" and len(found[1]["approvals"]) == 2


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """New files and folders can be read by everybody, unless a program says otherwise."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_a_card_is_filed_in_the_owners_folder_once(live: Live, console: Console, defence: Setting) -> None:
    folder_of(console, defence)
    files = signed_ahead(console)
    result = console.run("freeze-card", *files, "--folder", "mine")
    assert "recovery panic --folder mine --account KEY --network URL" in result.out
    filed = {path.name: path.read_bytes() for path in (console.home / "mine" / "freeze").iterdir()}
    assert len(filed) == 3 and all("salt" not in name for name in filed)
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in (console.home / "mine" / "freeze").iterdir())
    assert stat.S_IMODE((console.home / "mine" / "freeze").stat().st_mode) == 0o700
    console.run("freeze-card", *files, "--folder", "mine", "-o", "cards/second.pdf")
    assert stat.S_IMODE((console.home / "cards").stat().st_mode) == 0o700
    assert {p.name: p.read_bytes() for p in (console.home / "mine" / "freeze").iterdir()} == filed
    copied(console, "recovery panic --folder mine --account KEY --network URL", passwords=1, account="payer")
    assert live.client.state(defence.wallet).frozen


def test_without_a_network_a_card_is_made_and_says_so(
    live: Live, console: Console, defence: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = signed_ahead(console)
    now = live.client.time()
    monkeypatch.delenv("RECOVERY_NETWORK")
    monkeypatch.setattr(time, "time", lambda: now + 5)
    assert "NOT against the chain" in console.run("freeze-card", *files).words
    monkeypatch.setattr(time, "time", lambda: now - 2 * DAY)
    console.refuses("freeze-card", *files, "-o", "b.pdf", because="nobody should sign for longer than 400 days")
    monkeypatch.setattr(time, "time", lambda: now + 401 * DAY)
    console.refuses("freeze-card", *files, "-o", "b.pdf", because="The approvals were good until")


def test_a_card_that_could_not_be_used_is_refused(live: Live, console: Console, defence: Setting) -> None:
    files = signed_ahead(console)
    console.refuses("freeze-card", *files[:2], because="Not enough approvals: 1 vote of 2 given, by Ana")
    asked(console, "r.json", "--path", "friends", "--new-owner", NEW)
    console.refuses("freeze-card", "r.json", because="A card is made of a freeze that is signed ahead", code=2)
    asked(console, "s.json", *FREEZE, "--deadline", "1 day")
    short = ["s.json", *approvals(console, "s.json", "ana", "carl")]
    console.refuses("freeze-card", "s.json", *files[1:], because="is for another request", code=2)
    console.refuses("freeze-card", *files, "-o", "kits/kit-ana.json", because="exists already", code=2)
    console.refuses("freeze-card", *files, "-o", "card.hex", because="-o names the PDF", code=2)
    console.refuses("freeze-card", *files, "--folder", "kits", because="is not an owner's folder", code=2)
    live.travel(2 * DAY)
    console.refuses("freeze-card", *short, because="deadline has passed")
    signed = SignedApproval.loads((console.home / files[1]).read_text())
    forged = signed.dumps().replace(signed.approval.signature.hex()[:8], "00000000")
    (console.home / "forged.json").write_text(forged)
    console.refuses("freeze-card", files[0], "forged.json", files[2], because="checksum is wrong", code=2)


def test_a_card_of_another_account_is_not_filed(live: Live, console: Console, defence: Setting) -> None:
    folder = folder_of(console, defence)
    folder.noting(AccountNote("Olga", NEW, canonical_deployment().module, (31337,)))
    files = signed_ahead(console)
    console.refuses("freeze-card", *files, "--folder", "mine", because=f"is the folder of {NEW}", code=2)


def test_no_card_once_the_nonce_or_the_epoch_has_moved(live: Live, console: Console, defence: Setting) -> None:
    files = signed_ahead(console)
    asked(console, "now.json", *FREEZE)
    done(console, "freeze", "now.json", "ana", "carl")
    console.refuses("freeze-card", *files, because="has been used already")
    live.travel(15 * DAY)
    files = signed_ahead(console, "again.json")
    asked(console, "t.json", "--path", "theft", "--new-owner", NEW)
    done(console, "start", "t.json", "ana", "ben")
    live.travel(7 * DAY)
    console.run("finalize", defence.wallet, "--request", "t.json", *PAYER, passwords=1)
    console.refuses("freeze-card", *files, because="The account has been recovered, or its policy has changed")


def test_a_card_made_while_the_account_cools_down_says_from_when_it_is_good(
    live: Live, console: Console, defence: Setting
) -> None:
    files = signed_ahead(console)
    asked(console, "short.json", *FREEZE, "--deadline", "3 days")
    short = ["short.json", *approvals(console, "short.json", "ana", "ben")]
    asked(console, "p.json", "--action", "freeze", "--path", "panic", kit="dora")
    done(console, "freeze", "p.json", "dora")
    assert "the card can be used from" in console.run("freeze-card", *files).err
    console.refuses("freeze-card", *short, "-o", "b.pdf", because="these approvals are good until before that")


def test_an_approval_on_the_chain_is_left_aside(live: Live, console: Console, defence: Setting) -> None:
    request = asked(console, "f.json", *FREEZE, *AHEAD)
    files = approvals(console, "f.json", "ana", "ben")
    live.client.send(live.client.approve_digest(request.digest), person("carl"))
    kit = Kit.loads((console.home / "kits" / "kit-carl.json").read_text())
    member = kit.opening_in(request.proof.path)
    assert member is not None
    (console.home / "chain.json").write_text(approve(request, member, b"", "Carl").dumps())
    console.refuses("freeze-card", "f.json", files[0], "chain.json", because="a card needs a signature")
    assert "a card needs a signature" in console.run("freeze-card", "f.json", *files, "chain.json").err


def test_nobody_signs_a_freeze_for_longer_than_400_days(live: Live, console: Console, defence: Setting) -> None:
    source = defence.plan
    client = live.client
    proof = source.policy.proof(2)
    request = client.request_freeze(defence.wallet, proof, "freeze", client.deadline(401 * DAY))
    (console.home / "f.json").write_text(request.dumps())
    files = approvals(console, "f.json", "ana", "ben")
    console.refuses("freeze-card", "f.json", *files, because="nobody should sign for longer than 400 days")
