"""Challenges to the holders of shares, and their answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recovery.backup import shares
from recovery.backup.proving import Answer, Challenge, proof_address, proof_key
from recovery.backup.shares import Words
from recovery.errors import InvalidFile
from tests.recovery.samples import forged

SET = bytes(range(8))
NOW = 1_800_000_000


@pytest.fixture
def words() -> tuple[Words, ...]:
    return shares.split(bytes(range(32)), [(2, 3)], iteration_exponent=0).all


def test_only_whoever_has_the_share_answers_for_it(words: tuple[Words, ...]) -> None:
    challenge = Challenge.new(SET, NOW)
    answer = Answer.of(challenge, words[0])
    assert (answer.group, answer.member) == (1, 1)
    assert answer.is_of(proof_address(words[0]))
    assert not answer.is_of(proof_address(words[1]))
    assert Answer.loads(answer.dumps()) == answer and Challenge.loads(challenge.dumps()) == challenge


def test_an_answer_is_good_for_its_own_question_alone(words: tuple[Words, ...]) -> None:
    challenge = Challenge.new(SET, NOW)
    answer, address = Answer.of(challenge, words[0]), proof_address(words[0])
    for other in (
        replace(answer, challenge=Challenge.new(SET, NOW)),
        replace(answer, challenge=replace(challenge, time=NOW + 1)),
        replace(answer, challenge=replace(challenge, set=bytes(8))),
        replace(answer, member=2),
        replace(answer, group=2),
        replace(answer, signature=bytes(65)),
        replace(answer, signature=bytes([answer.signature[0] ^ 1]) + answer.signature[1:]),
    ):
        assert not other.is_of(address)


def test_challenges_are_never_the_same() -> None:
    assert len({Challenge.new(SET, NOW).nonce for _ in range(50)}) == 50


def test_an_answer_says_nothing_of_the_share(words: tuple[Words, ...]) -> None:
    text = Answer.of(Challenge.new(SET, NOW), words[0]).dumps()
    assert proof_key(words[0]).hex() not in text
    said = set(text.replace('"', " ").split())
    assert len(said & set(words[0].text.split())) < 5  # "member" and "group" are on SLIP-39's list


def test_files_that_were_altered_are_refused(words: tuple[Words, ...]) -> None:
    challenge = Challenge.new(SET, NOW)
    answer = Answer.of(challenge, words[0])
    for text, read in ((challenge.dumps(), Challenge.loads), (answer.dumps(), Answer.loads)):
        for place in range(0, len(text), 5):
            with pytest.raises(InvalidFile):
                read(text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :])
    for changes in ({"signature": "0x00"}, {"nonce": "0x00"}, {"set": "0x00"}, {"time": -1}, {"group": ...}):
        with pytest.raises(InvalidFile):
            Answer.loads(forged(answer.dumps(), **changes))
    with pytest.raises(InvalidFile, match="is an answer to a challenge"):
        Challenge.loads(answer.dumps())
