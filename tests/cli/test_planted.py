"""Files and answers that somebody wants a guardian to believe."""

from __future__ import annotations

import dataclasses

import pytest

from recovery.request import Request, SignedApproval
from tests.cli.approve_world import FREEZE, RECOVER
from tests.cli.conftest import Console, Setting, asked, kit_of, signed
from tests.live import Live

DAY = 86_400
MINE = (*kit_of("ana"), "--signer", "ana", "-y")


def test_nobody_is_shown_as_having_approved_on_the_word_of_a_file(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(console, "r.json", *RECOVER)
    (file,) = signed(console, "r.json", "ben")
    approved = ("approve", "r.json", *MINE, "--with")
    real = SignedApproval.loads((console.home / file).read_text())
    forged = dataclasses.replace(
        real, approval=dataclasses.replace(real.approval, signature=b"\x01" * 65), name="Ben, I spoke to her"
    )
    (console.home / "forged.json").write_text(forged.dumps())
    console.refuses(*approved, "forged.json", because="somebody wants you to believe that others have approved")
    empty = dataclasses.replace(real, approval=dataclasses.replace(real.approval, signature=b""))
    (console.home / "empty.json").write_text(empty.dumps())
    console.refuses(*approved, "empty.json", because="is not signed by")
    said = console.run(*approved, file, passwords=1).words
    assert f"{real.approval.member.signer}, who calls themselves Ben" in said and "with yours 2 of 2 votes" in said
    monkeypatch.delenv("RECOVERY_NETWORK")
    console.refuses(*approved, "forged.json", "-o", "x.json", because="give --network: it has to be asked")


def later(console: Console, request: Request, days: int, out: str) -> None:
    (console.home / out).write_text(dataclasses.replace(request, deadline=request.deadline + days * DAY).dumps())


@pytest.mark.parametrize(("options", "most"), [(RECOVER, 30), (FREEZE, 400)], ids=["recover", "freeze"])
def test_nothing_is_signed_that_is_good_for_decades(
    live: Live, console: Console, setting: Setting, options: tuple[str, ...], most: int
) -> None:
    request = asked(console, "r.json", *options, "--deadline", f"{most} days")
    later(console, request, 2, "later.json")
    for way in (
        MINE,
        (*kit_of("ana"), "--typed-data", "t.json"),
        (*kit_of("ana"), "--on-chain", "--account", "ana", "-y"),
    ):
        console.refuses("approve", "later.json", *way, because=f"{most} days are the most. Do not sign it")
    console.run("approve", "r.json", *MINE, passwords=1)


def test_without_a_chain_this_computers_clock_counts(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(console, "r.json", *RECOVER)
    later(console, request, 30 * 365, "later.json")
    monkeypatch.delenv("RECOVERY_NETWORK")
    console.refuses("approve", "later.json", *MINE, because="30 days are the most")
