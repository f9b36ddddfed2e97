"""A rehearsal is a real recovery with the owner's policy, on a chain in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from recovery.demo import rehearsal
from recovery.demo.rehearsal import choose, rehearse
from recovery.errors import Refused
from recovery.plan import PathPlan
from recovery.policy import DAY, Right
from recovery.six_words import six_words
from tests.recovery.samples import PLAN
from tests.world import signer


def test_the_policy_is_recovered_with_and_the_words_are_those_of_the_request() -> None:
    lines: list[str] = []
    heard: list[tuple[str, Sequence[str], bytes]] = []
    done = rehearse(PLAN, lines.append, lambda *given: heard.append(given), color=False)
    ((name, words, digest),) = heard
    assert six_words(digest) == words and " ".join(words) in "\n".join(lines)
    assert (done.path, done.guardians, name) == ("friends", ("carl",), "carl")
    told = " ".join("\n".join(lines).split())
    assert "RecoveryNotReady" not in told and "3 days" in told and "0.5 ether" in told
    assert str(signer("carl")) not in told


def test_whoever_hears_other_words_ends_it() -> None:
    def hear(name: str, words: Sequence[str], digest: bytes) -> None:
        raise Refused("That is not what this request says.")

    with pytest.raises(Refused, match="not what this request says"):
        rehearse(PLAN, lambda line: None, hear, color=False)


def test_the_quickest_path_without_silence_and_without_the_owners_keys_is_taken() -> None:
    quick = PathPlan("quick", Right.ROTATE, (("ana", 2), ("ben", 1)), 2, delay=DAY, window=DAY)
    plan = replace(PLAN, paths=(*PLAN.paths, quick))
    assert choose(plan) == (quick, ["ana"])
    owned = replace(plan, owners=(("Phone", signer("ana")),), owners_threshold=1)
    assert choose(owned)[0].label == "friends"
    heir = replace(PLAN, paths=tuple(path for path in PLAN.paths if path.label == "heir"))
    with pytest.raises(Refused, match="without waiting for silence"):
        choose(heir)


def test_nobodys_real_key_or_secret_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    stood_in = rehearsal._with_stand_ins(PLAN)
    assert stood_in.secret != PLAN.secret
    assert not {g.signer for g in stood_in.guardians} & {g.signer for g in PLAN.guardians}
    assert [path.threshold for path in stood_in.policy.paths] == [path.threshold for path in PLAN.policy.paths]
