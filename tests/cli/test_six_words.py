"""What was heard on the phone is compared with what is to be signed."""

from __future__ import annotations

import pytest

from recovery.cli import six
from recovery.six_words import six_words
from tests.cli.approve_world import RECOVER
from tests.cli.conftest import NEW, Console, Setting, asked, kit_of
from tests.live import Live

MINE = (*kit_of("ana"), "--signer", "ana")


@pytest.fixture
def words(live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.setattr(six, "positions", lambda digest, secret: (1, 4))
    return six_words(asked(console, "r.json", *RECOVER).digest)


def test_which_two_cannot_be_foreseen_and_trying_again_does_not_change_them() -> None:
    digests = [bytes([number]) * 32 for number in range(200)]
    chosen = [six.positions(digest, b"a" * 32) for digest in digests]
    assert chosen == [six.positions(digest, b"a" * 32) for digest in digests]
    assert chosen != [six.positions(digest, b"b" * 32) for digest in digests]
    assert set(chosen) == {(one, two) for one in range(6) for two in range(one + 1, 6)}


def test_who_asks_sees_them_and_can_see_them_again(console: Console, words: tuple[str, ...]) -> None:
    assert f"Six words {' '.join(words)}" in " ".join(console.said[-2].split())
    assert console.run("words", "r.json").out == " ".join(words) + "\n"


def test_who_signs_is_asked_for_two_of_them_and_sees_none_before(console: Console, words: tuple[str, ...]) -> None:
    answer = f"{words[1]}\n{words[4].upper()}\ny\n"
    result = console.run("approve", "r.json", *MINE, passwords=1, heard=False, answer=answer)
    assert "Word 2 of six" in result.err and "Word 5 of six" in result.err
    before, _, after = result.out.partition("type two of them here.")
    assert not any(word in before.split() for word in words)
    assert " ".join(words) in " ".join(after.split())
    assert (console.home / "r-ana.json").exists()


def test_another_word_is_not_signed_however_often_it_is_typed(console: Console, words: tuple[str, ...]) -> None:
    answer = f"{words[1]}\n" + f"{words[0]}\n" * 5 + "y\n"
    because = "That is not what this request says. Do not sign"
    refused(console, answer, because)
    assert "Have it read to you again" in console.said[-1]


def test_a_slip_may_be_typed_again(console: Console, words: tuple[str, ...]) -> None:
    answer = f"xyzzy\n{words[1]}\n{words[5]}\n{words[5]}\n{words[4]}\ny\n"
    result = console.run("approve", "r.json", *MINE, passwords=1, heard=False, answer=answer)
    assert "There is no such word in the list" in result.err


def test_nobody_to_ask_is_a_refusal_that_yes_does_not_skip(console: Console, words: tuple[str, ...]) -> None:
    refused(console, "", "There is nobody to ask for the words", "-y")
    refused(console, "y\n" * 9, "That is not what this request says", "-y")


def test_all_six_can_be_given_by_a_script(console: Console, words: tuple[str, ...]) -> None:
    wrong = [" ".join(words[:5]), " ".join(words[1:]), " ".join(reversed(words)), " ".join((*words[:5], words[0])), ""]
    for text in wrong:
        code = 1 if len(text.split()) == 6 else 2
        because = "not the six words" if code == 1 else "--words should have all 6 words"
        console.refuses("approve", "r.json", *MINE, "-y", "--words", text, because=because, code=code)
    console.run("approve", "r.json", *MINE, "-y", "--words", ", ".join(words), passwords=1)


def test_they_are_asked_for_wherever_a_signature_comes_of_it(console: Console, words: tuple[str, ...]) -> None:
    for way in (("--typed-data", "typed.json"), ("--on-chain", "--account", "ana")):
        refused(console, "", "There is nobody to ask for the words", *way, "-y", mine=kit_of("ana"))


def test_other_requests_have_other_words(console: Console, words: tuple[str, ...]) -> None:
    other = asked(console, "other.json", *RECOVER, "--deadline", "71 hours")
    assert six_words(other.digest) != words
    text = " ".join(words)
    console.refuses("approve", "other.json", *MINE, "-y", "--words", text, because="not the six words")


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ((*RECOVER, "--deadline", "31 days"), "good for 30 days at most. Only a freeze can be signed further ahead"),
        (("--action", "cancel", "--path", "friends", "--deadline", "31 days"), "good for 30 days at most"),
        (("--action", "freeze", "--deadline", "401 days"), "good for 400 days at most."),
    ],
    ids=["recover", "cancel", "freeze"],
)
def test_nothing_is_signed_for_longer_than_anybody_remembers(
    live: Live, console: Console, setting: Setting, options: tuple[str, ...], because: str
) -> None:
    console.refuses("request", *kit_of("ana"), *options, because=because, code=2)


def test_a_freeze_can_be_signed_more_than_a_year_ahead(live: Live, console: Console, setting: Setting) -> None:
    asked(console, "f.json", "--action", "freeze", "--deadline", "400 days")
    asked(console, "r.json", "--path", "friends", "--new-owner", NEW, "--deadline", "30 days")


def refused(console: Console, answer: str, because: str, *options: str, mine: tuple[str, ...] = MINE) -> None:
    before = console.files()
    result = console.run("approve", "r.json", *mine, *options, answer=answer, code=1, heard=False)
    assert because in result.words, result.words
    assert console.files() == before
