"""`recovery plan`: runbooks and the heir's letter, written from the owner's folder."""

from __future__ import annotations

import stat
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from recovery import files
from recovery.errors import InvalidInput, Refused
from recovery.explain import when
from recovery.folder import AccountNote
from recovery.plan import PolicyPlan
from recovery.runbook import heirs_letter
from tests.cli.conftest import PAYER, Console, Setting
from tests.cli.guardian_world import FOLDER, folder_of, opened
from tests.live import Live
from tests.recovery.runbook_world import FRIENDS, folder, known, plan, stand, state

DAY = 86_400
NAMES = {
    f"{name}.{kind}"
    for name in ("runbook-owner", "runbook-guardian", "runbook-heir", "letter-heir")
    for kind in ("md", "pdf")
}


def written(console: Console, name: str, place: str = "mine/runbook") -> str:
    return (console.home / place / name).read_text()


def found(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()}


def test_the_letter_has_the_dates_of_the_chain_and_a_sign_of_life_moves_them(
    live: Live, console: Console, setting: Setting
) -> None:
    folder_of(console, setting.plan, setting.wallet)
    said = console.run("plan", *FOLDER)
    assert found(console.home / "mine" / "runbook") == NAMES
    assert said.err == "" and "names no guardian: there is none in your folder whose contact others may" in said.words
    assert "recovery plan --folder mine --replace --network URL" in said.words
    state = live.client.state(setting.wallet)
    letter = written(console, "letter-heir.md")
    for days in (365, 365 + 30):
        assert f"**{when(state.last_active + days * DAY)}**" in letter
    assert f"epoch {state.epoch}" in letter and f"0x{state.policy_hash.hex()[:8]}…" in letter
    assert f"block {live.web3.eth.block_number} of local test chain (chain 31337), {when(state.time)}" in letter
    for name in NAMES:
        assert stat.S_IMODE((console.home / "mine" / "runbook" / name).stat().st_mode) == 0o600

    live.travel(40 * DAY)
    console.run("heartbeat", setting.wallet, "--signer", "owner", *PAYER, passwords=2)
    console.refuses("plan", *FOLDER, because="exists already. Nothing was written", code=2)
    console.run("plan", *FOLDER, "--replace", "--for", "letter")
    later = live.client.state(setting.wallet)
    assert later.last_active >= state.last_active + 40 * DAY
    assert f"**{when(later.last_active + 365 * DAY)}**" in written(console, "letter-heir.md")

    opened(console).add_plan(replace(setting.plan, change_delay=9 * DAY))
    newer = console.run("plan", *FOLDER, "-o", "newer", "--for", "owner")
    assert "policy-2.json is newer and not in force" in newer.words
    assert "policy-1.json, hash" in written(console, "runbook-owner.md", "newer")
    (console.home / "mine" / "policies" / "policy-1.json").unlink()
    console.refuses("plan", *FOLDER, "-o", "other", because="would mislead whoever follows it")
    twice = ("--network", live.url, "--network", live.url)
    console.refuses("plan", *FOLDER, "-o", "other", *twice, because="Name each chain once", code=2)
    assert not (console.home / "other").exists()
    offline = console.run("plan", *FOLDER, "-o", "other", "--offline", "--for", "letter")
    assert "No chain was asked: there are no dates" in offline.words


@pytest.fixture
def mine(console: Console, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, and no chain."""
    monkeypatch.delenv("RECOVERY_NETWORK", raising=False)
    console.run("policy", "new", "policy.yaml")
    made = PolicyPlan.loads((console.home / "policy.json").read_text())
    return folder_of(console, made, "0x3F4C6b3f27e8bf3D29B0b4c2A41B8f8a6C0f9c21", contacts=("Dora",)).path


def test_without_a_chain_it_says_that_there_are_no_dates(console: Console, mine: Path) -> None:
    said = console.run("plan", "--folder", "mine", "--for", "letter", "--for", "heir", "-o", "deep/there")
    assert "No chain was asked: there are no dates" in said.words
    assert "What heirs get names Dora, whose contact you let other guardians know" in said.words
    assert "recovery plan --folder mine -o deep/there --replace --network URL" in said.words
    assert found(console.home / "deep" / "there") == {
        f"{n}.{k}" for n in ("letter-heir", "runbook-heir") for k in ("md", "pdf")
    }
    assert "Dora" in written(console, "letter-heir.md", "deep/there")
    silent = console.run("plan", *FOLDER, "--for", "letter", "--without-names", "-o", "silent")
    assert "What heirs get names no guardian, as you have asked" in silent.words
    assert "Dora" not in written(console, "letter-heir.md", "silent")


def test_what_has_dates_is_not_replaced_by_what_has_none_unless_that_is_said(console: Console, mine: Path) -> None:
    out = ("-o", "out", "--replace")
    console.run("plan", *FOLDER, *out, "--for", "letter")  # nothing is there yet: nothing is lost
    (console.home / "out" / "runbook-heir.pdf").write_text("with dates")
    letter, owner = (console.home / "out" / name for name in ("letter-heir.md", "runbook-owner.md"))
    for path in (letter, owner):
        path.write_text("with dates")
    for readers in ((), ("--for", "letter"), ("--for", "heir", "--for", "owner")):
        console.refuses("plan", *FOLDER, *out, *readers, because="without dates. Nothing was written", code=2)
    assert letter.read_text() == owner.read_text() == "with dates"
    console.run("plan", *FOLDER, *out, "--for", "owner")
    assert letter.read_text() == "with dates" != owner.read_text()
    console.run("plan", *FOLDER, *out, "--for", "letter", "--offline")
    assert "There are no dates here" in letter.read_text()


def test_a_guardian_gets_a_runbook_with_their_name(console: Console, mine: Path) -> None:
    console.run("plan", *FOLDER, "--for", "guardian", "--name", "Ana", "--name", "Dora", "-o", "out")
    assert found(console.home / "out") == {f"runbook-guardian-{n}.{k}" for n in ("ana", "dora") for k in ("md", "pdf")}
    assert "for **Ana**" in written(console, "runbook-guardian-ana.md", "out")
    console.refuses("plan", *FOLDER, "--for", "guardian", "--name", "Zoe", because="There is no guardian 'Zoe'", code=2)
    console.refuses(
        "plan", *FOLDER, "--for", "heir", "--name", "Ana", because="--name goes with --for guardian", code=2
    )


def test_nothing_is_written_by_halves(console: Console, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = files.write_bytes

    def full(path: str | Path, data: bytes, **more: bool) -> Path:
        if Path(path).name == "runbook-heir.pdf":
            raise OSError(28, "No space left on device")
        return plain(path, data, **more)

    with monkeypatch.context() as disk:
        disk.setattr(files, "write_bytes", full)
        console.refuses("plan", *FOLDER, "-o", "out", because="No space left on device", code=2)
    assert not (console.home / "out").exists() and not list(console.home.glob(".out*"))
    (console.home / "out").mkdir()
    (console.home / "out" / "letter-heir.pdf").write_text("mine")
    (console.home / "out" / "notes.txt").write_text("mine")
    console.refuses("plan", *FOLDER, "-o", "out", because="letter-heir.pdf exists already", code=2)
    console.run("plan", *FOLDER, "-o", "out", "--replace", "--for", "letter", "--offline")
    assert found(console.home / "out") == {"letter-heir.md", "letter-heir.pdf", "notes.txt"}
    assert (console.home / "out" / "letter-heir.pdf").read_bytes().startswith(b"%PDF")
    assert stat.S_IMODE((console.home / "out" / "letter-heir.pdf").stat().st_mode) == 0o600
    (console.home / "file").write_text("")
    console.refuses("plan", *FOLDER, "-o", "file", because="is a file", code=2)


def test_a_folder_without_account_or_policy_is_told_what_is_missing(console: Console, mine: Path) -> None:
    kept = opened(console)
    kept.noting(AccountNote("Olga"))
    console.refuses("plan", *FOLDER, because="The account does not exist yet", code=2)
    console.refuses(
        "plan", *FOLDER, "--network", "http://127.0.0.1:9", because="The account does not exist yet", code=2
    )
    kept.noting(kept.note)
    console.refuses("plan", *FOLDER, "--network", "http://127.0.0.1:9/key", because="does not answer")
    assert "Or write it without dates: --offline" in console.said[-1]
    (mine / "policies" / "policy-1.json").unlink()
    console.refuses("plan", *FOLDER, because="There is no policy file", code=2)
    console.refuses("plan", because="Which folder?", code=2)


def test_chains_with_different_policies_need_a_plan_each(tmp_path: Path) -> None:
    from recovery.cli.runbook import _number

    kept = folder(tmp_path / "mine")
    changed = replace(plan(), change_delay=9 * DAY)
    kept.add_plan(changed)
    here, there = stand(), replace(stand(state(changed)), chain_id=8453)
    assert _number(kept, []) is None and _number(kept, [here]) == 1 and _number(kept, [there]) == 2
    with pytest.raises(Refused, match=r"policy-1.json on Sepolia .*, policy-2.json on Base .*one chain at a time"):
        _number(kept, [here, there])


def test_what_never_has_dates_is_replaced_without_a_chain(tmp_path: Path) -> None:
    from recovery.cli.runbook import _require_dates

    (tmp_path / "letter-heir.md").write_text("")
    for made, refused in ((plan(FRIENDS), False), (plan(), True)):
        about = known(tmp_path / str(refused), made=made)
        with pytest.raises(InvalidInput) if refused else nullcontext():
            _require_dates(about, tmp_path, [heirs_letter(about)])
    asked = known(tmp_path / "asked", stand())
    _require_dates(asked, tmp_path, [heirs_letter(asked)])
