"""Shares by SLIP-39: the official vectors, what is missing, what does not belong together, and the files of a set."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import combine_mnemonics, generate_mnemonics, wordlist

from recovery.backup import check_value, forms, proving, share, shares, spread
from recovery.backup.forms import Kind
from recovery.backup.gathering import Gathered, Sorted
from recovery.backup.share import About, Check, SetNote, Share
from recovery.backup.shares import ShareSet, State, Words
from recovery.errors import InvalidFile, InvalidInput
from tests.recovery.samples import forged
from tests.world import person

#: All that trezor/python-shamir-mnemonic has, which SLIP-39 refers to.
VECTORS = json.loads((Path(__file__).parent / "vectors" / "slip39.json").read_text())
SECRET = bytes(range(100, 132))
GROUPS = [(1, 1), (2, 3), (3, 5)]
#: Words of SLIP-39's list that our own sentences have.
ORDINARY = {"together", "already", "unknown", "replace", "program", "negative"}


def made(
    secret: bytes = SECRET, groups: list[tuple[int, int]] | None = None, least: int = 1, **more: object
) -> ShareSet:
    return shares.split(secret, groups or [(2, 3)], least, iteration_exponent=0, **more)  # type: ignore[arg-type]


def none_of(words: str, text: str) -> None:
    """No two words of a share stand in a text one after the other, and of its long ones none that we do not use."""
    listed = words.split()
    for pair in itertools.pairwise(listed):
        assert " ".join(pair) not in text
    said = set(text.lower().replace(".", " ").replace(",", " ").split())
    assert not said & {word for word in listed if len(word) > 6} - ORDINARY, text


# ---------------------------------------------------------------------------------------------- vectors


def test_every_official_vector_is_there() -> None:
    assert [int(name.split(".")[0]) for name, _, _ in VECTORS] == list(range(1, 46))


@pytest.mark.parametrize(("name", "mnemonics", "secret"), VECTORS, ids=[name for name, _, _ in VECTORS])
def test_the_official_vectors_come_out_as_they_should(name: str, mnemonics: list[str], secret: str) -> None:
    if secret:
        assert shares.combine(mnemonics, b"TREZOR").hex() == secret
        assert shares.combine(reversed(mnemonics), b"TREZOR").hex() == secret
        return
    with pytest.raises(InvalidInput) as caught:
        shares.combine(mnemonics, b"TREZOR")
    for each in mnemonics:
        none_of(each, caught.value.message)


def test_what_we_split_another_program_combines_and_the_other_way_round() -> None:
    ours = made(passphrase=b"PASS")
    assert combine_mnemonics([each.text for each in ours.all[1:]], b"PASS") == SECRET
    theirs = generate_mnemonics(2, [(2, 2), (1, 1)], SECRET, b"PASS", extendable=False, iteration_exponent=1)
    assert shares.combine([*theirs[0], *theirs[1]], b"PASS") == SECRET


# ------------------------------------------------------------------------------------------------ splitting


@settings(max_examples=25, deadline=None)
@given(
    st.binary(min_size=8, max_size=16), st.integers(2, 5), st.integers(0, 3), st.booleans(), st.text("ab ~", max_size=5)
)
def test_any_sufficient_choice_of_shares_brings_any_secret_back(
    half: bytes, least: int, more: int, extendable: bool, phrase: str
) -> None:
    secret = half + half[::-1]
    split = made(secret, [(least, least + more)], extendable=extendable, passphrase=phrase.encode())
    for chosen in itertools.combinations(split.all, least):
        assert State(chosen).combine(phrase.encode()) == secret
    for chosen in itertools.combinations(split.all, least - 1):
        assert not State(chosen).complete


def test_groups_are_counted_and_every_choice_that_is_tried_after_a_split_is_enough() -> None:
    split = made(groups=GROUPS, least=2)
    assert [len(group) for group in split.shares] == [1, 3, 5]
    seen = set()
    for chosen in shares.trials(split):
        state = State(chosen)
        assert state.complete and state.combine() == SECRET
        assert all(need.have in (0, need.threshold) for need in state.needs)
        seen.add(frozenset(each.group for each in chosen))
    assert seen == {frozenset(pair) for pair in itertools.combinations((1, 2, 3), 2)}


@pytest.mark.parametrize(
    ("secret", "groups", "least", "because"),
    [
        (bytes(15), [(2, 3)], 1, "A secret of 15 bytes"),
        (bytes(14), [(2, 3)], 1, "A secret of 14 bytes"),
        (bytes(17), [(2, 3)], 1, "an even number"),
        (bytes(34), [(2, 3)], 1, "A secret of 34 bytes"),
        (SECRET, [], 1, "1 to 16 groups, not 0"),
        (SECRET, [(2, 3)] * 17, 1, "1 to 16 groups, not 17"),
        (SECRET, [(2, 3)], 2, "Of 1 groups 2 cannot be needed"),
        (SECRET, [(2, 3)], 0, "Of 1 groups 0 cannot be needed"),
        (SECRET, [(0, 3)], 1, 'cannot be "0 of 3"'),
        (SECRET, [(4, 3)], 1, 'cannot be "4 of 3"'),
        (SECRET, [(2, 17)], 1, 'cannot be "2 of 17"'),
        (SECRET, [(2, 3), (1, 3)], 1, 'Group 2 cannot be "1 of 3"'),
    ],
)
def test_what_slip39_does_not_have_is_refused(
    secret: bytes, groups: list[tuple[int, int]], least: int, because: str
) -> None:
    with pytest.raises(InvalidInput, match=because):
        shares.split(secret, groups, least)


def test_a_passphrase_that_is_typed_differently_elsewhere_is_refused() -> None:
    for phrase in ("né".encode(), b"tab\t", b"\x7f"):
        with pytest.raises(InvalidInput, match="letters without accents"):
            made(passphrase=phrase)
        with pytest.raises(InvalidInput, match="letters without accents"):
            State(made().all).combine(phrase)


def test_a_wrong_passphrase_gives_another_secret_without_an_error() -> None:
    split = made(passphrase=b"right")
    assert State(split.all).combine(b"wrong") != SECRET


def test_an_extendable_set_gives_the_same_for_every_passphrase_and_another_one_does_not() -> None:
    def dummy(extendable: bool) -> set[bytes]:
        sets = [made(passphrase=b"a", extendable=extendable) for _ in range(3)]
        return {State(each.all).combine(b"b") for each in sets}

    assert len(dummy(True)) == 1
    assert len(dummy(False)) > 1


# ------------------------------------------------------------------------------------------------- coming in


def test_it_is_said_after_each_share_what_is_still_missing() -> None:
    split = made(groups=GROUPS, least=2)
    (one,), two, three = split.shares
    state = State()
    assert state.shortage == "There is no share yet." and not state.complete
    said = []
    for each in (three[0], three[4], one, three[2]):
        state.add(each)
        said.append(state.shortage)
    assert said == [
        "2 more shares of group 3 are needed: 1 of 3 is there. 2 more groups must be complete: 2 of 3 are needed.",
        "1 more share of group 3 is needed: 2 of 3 are there. 2 more groups must be complete: 2 of 3 are needed.",
        "Complete: group 1. 1 more share of group 3 is needed: 2 of 3 are there. 1 more group must be complete: "
        "2 of 3 are needed.",
        "",
    ]
    assert state.complete and state.combine() == SECRET
    assert [(need.have, need.threshold) for need in state.needs] == [(1, 1), (0, None), (3, 3)]
    state.add(two[0])
    assert state.combine() == SECRET


def test_too_many_shares_are_all_used_and_one_that_lies_among_them_is_found() -> None:
    split = made(groups=GROUPS, least=2)
    assert State(split.all).combine() == SECRET
    for liar in split.all:
        other = altered(liar)
        assert other.set == liar.set
        state = State([other if each == liar else each for each in split.all])
        with pytest.raises(InvalidInput, match="do not belong together"):
            state.combine()


def altered(words: Words) -> Words:
    """A share with another value and a checksum that fits it."""
    from shamir_mnemonic.share import Share as Theirs

    theirs = Theirs.from_mnemonic(words.text)
    return Words.parse(replace(theirs, value=bytes([theirs.value[0] ^ 1]) + theirs.value[1:]).mnemonic())


def test_the_same_share_twice_counts_once() -> None:
    split = made()
    state = State()
    assert state.add(split.all[0])
    assert not state.add(Words.parse(split.all[0].text.upper()))
    assert not state.complete and len(state.shares) == 1


def test_shares_of_two_sets_are_told_apart_and_the_first_ones_stay() -> None:
    one, other = made(), made()
    while one.identifier == other.identifier:
        other = made()
    state = State([one.all[0]])
    with pytest.raises(InvalidInput, match=f"number {other.identifier}, and those before are of {one.identifier}"):
        state.add(other.all[1])
    assert state.shares == (one.all[0],)
    with pytest.raises(InvalidInput, match="two different shares with number 1"):
        state.add(altered(one.all[0]))
    state.add(one.all[1])
    assert state.combine() == SECRET


def test_too_few_are_refused_with_what_is_missing() -> None:
    with pytest.raises(InvalidInput, match="1 more share is needed: 1 of 2 is there"):
        shares.combine([made().all[0].text])
    with pytest.raises(InvalidInput, match="There is no share yet"):
        shares.combine([])


# -------------------------------------------------------------------------------------------------- words


def test_words_are_read_in_any_case_numbered_and_cut_to_four_letters() -> None:
    words = made().all[0]
    numbered = "\n".join(f"{number}. {word.upper()[:4]}," for number, word in enumerate(words.text.split(), 1))
    assert Words.parse(numbered) == words
    assert len({word[:4] for word in wordlist.WORDLIST}) == 1024


def test_one_wrong_word_is_found_wherever_it_stands() -> None:
    for extendable in (True, False):
        words = made(extendable=extendable).all[0].text.split()
        for position, right in enumerate(words):
            wrong = wordlist.WORDLIST[(wordlist.WORDLIST.index(right) + 77) % 1024]
            with pytest.raises(InvalidInput) as caught:
                Words.parse(" ".join([*words[:position], wrong, *words[position + 1 :]]))
            assert caught.value.message.startswith(f"Word {position + 1} is another one")
            none_of(" ".join(words), caught.value.message)


def test_words_that_changed_places_are_found() -> None:
    words = made().all[0].text.split()
    for position in range(len(words) - 1):
        if words[position] != words[position + 1]:
            swapped = [*words]
            swapped[position : position + 2] = reversed(words[position : position + 2])
            with pytest.raises(InvalidInput, match=f"Words {position + 1} and {position + 2} seem"):
                Words.parse(" ".join(swapped))


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (lambda words: words[:-1], "these are 32"),
        (lambda words: [*words, "zero"], "these are 34"),
        (lambda words: [], "these are 0"),
        (lambda words: [*words[:6], "abandon", *words[7:]], "Word 7 is not on the list"),
        (lambda words: ["xyzzy", *words[1:-1], "Geheim"], "Words 1 and 33 are not on the list"),
        (lambda words: [*words[:5], *reversed(words[5:20]), *words[20:]], "checksum is wrong"),
    ],
)
def test_damaged_words_are_refused_and_never_repeated(change, because: str) -> None:  # type: ignore[no-untyped-def]
    words = made().all[0].text.split()
    with pytest.raises(InvalidInput, match=because) as caught:
        Words.parse(" ".join(change(words)))
    none_of(" ".join(words), caught.value.message)
    assert "abandon" not in caught.value.message and "eheim" not in caught.value.message
    assert caught.value.__cause__ is None  # the library's own message repeats words


def test_no_secret_stands_in_what_python_prints_of_a_share() -> None:
    split = made()
    none_of(split.all[0].text, repr(split) + repr(split.all[0]) + repr(State(split.all)))
    one, _, _ = of_key()
    none_of(one.words.text, repr(one))


# -------------------------------------------------------------------------------------------------- forms


def test_a_seed_phrase_is_split_as_the_chance_that_it_writes_down() -> None:
    # BIP-39's own vectors: words of 16 and of 32 bytes.
    zeros, ends = "abandon " * 11 + "about", "zoo " * 23 + "vote"
    for words, secret in ((zeros, bytes(16)), (ends, b"\xff" * 32)):
        assert forms.entropy_of(words) == secret and forms.words_of(secret) == words
    assert forms.address_of(Kind.SEED, bytes(16)) == "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
    with pytest.raises(InvalidInput, match="do not belong together"):
        forms.entropy_of("abandon " * 12)
    with pytest.raises(InvalidInput, match="has 12, 15, 18, 21 or 24 words"):
        forms.words_of(bytes(18))


def test_only_what_can_be_a_key_is_one() -> None:
    for secret in (bytes(32), b"\xff" * 32, bytes(31), b"\1" * 16):
        with pytest.raises(InvalidInput):
            Kind.KEY.require(secret)
    assert forms.address_of(Kind.KEY, bytes(person("ana").key)) == person("ana").address
    assert forms.address_of(Kind.POLICY, SECRET) is None and forms.address_of(Kind.BYTES, SECRET) is None
    for kind in (Kind.POLICY, Kind.BYTES):
        with pytest.raises(InvalidInput, match="no key follows"):
            forms.key_of(kind, SECRET)


def test_hexadecimal_digits_may_be_grouped_and_nothing_typed_is_repeated() -> None:
    assert forms.bytes_of("0x" + "ab " * 16) == forms.bytes_of("AB-AB" * 8) == b"\xab" * 16
    for text in ("abc" * 10, "geheim", "ab" * 15, "ab" * 17, "ab" * 33, ""):
        with pytest.raises(InvalidInput) as caught:
            forms.bytes_of(text)
        assert "geheim" not in caught.value.message and "abab" not in caught.value.message


# -------------------------------------------------------------------------------------------- check value


def test_the_check_value_fits_its_secret_alone_and_has_a_salt_of_its_own() -> None:
    check = Check.of(SECRET)
    assert check.fits(SECRET) and not check.fits(SECRET[:-1] + b"\0") and not check.fits(b"")
    assert Check.of(SECRET) != check
    assert not Check(bytes(16), check.value).fits(SECRET)


def test_the_check_value_costs_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def scrypt(password: bytes, **given: object) -> bytes:
        asked.update(given)
        return bytes(4)

    monkeypatch.setattr(check_value.hashlib, "scrypt", scrypt)
    Check.of(SECRET)
    assert (asked["n"], asked["r"], asked["p"], asked["dklen"]) == (2**15, 8, 1, 4)


# -------------------------------------------------------------------------------------------------- files


def of_key(passphrase: bool = False) -> tuple[Share, SetNote, ShareSet]:
    """A share of Ana's key, the note of the set, and the set."""
    key = bytes(person("ana").key)
    split = made(key, passphrase=b"pp" if passphrase else b"")
    about = About.of(split, key, Kind.KEY, "main", person("ana").address, passphrase, 1_800_000_000)
    told = replace(about, address=None) if passphrase else about
    note = SetNote(about, share.holders_of(split, ["Ana", "Ben", "Carl"], ["", "age1x", ""], [True, False, False]))
    return Share(told, "Ana", True, split.all[0]), note, split


@pytest.mark.parametrize("passphrase", [True, False])
def test_files_are_read_as_they_were_written(passphrase: bool) -> None:
    one, note, _ = of_key(passphrase)
    assert Share.loads(one.dumps()) == one
    assert SetNote.loads(note.dumps()) == note
    given_up = note.retire(1_900_000_000)
    assert SetNote.loads(given_up.dumps()) == given_up and given_up.retired == 1_900_000_000


def test_a_note_says_what_takes_the_place_of_its_key_and_which_shares_are_destroyed() -> None:
    _, note, _ = of_key()
    heir = person("ben").address
    assert note.destroying(["Ana"], 5).dangerous == ()  # of a set in use nothing should be
    after = note.promised(heir).promised(heir).replaced(10).replaced(1).replaced(10).retire(4)
    assert (after.successors, after.replaced_on) == ((heir,), (1, 10)) and len(after.dangerous) == 3
    after = after.destroying(["Ana"], 5).destroying(["Ana", "Carl"], 6)
    assert [holder.destroyed for holder in after.holders] == [5, None, 6]
    assert [holder.name for holder in after.dangerous] == ["Ben"]
    assert SetNote.loads(after.dumps()) == after


@pytest.mark.parametrize("lacking", ["holders__1__destroyed", "successors", "replacedOn", "retired"])
def test_a_note_says_all_that_there_is_to_say(lacking: str) -> None:
    _, note, _ = of_key()
    with pytest.raises(InvalidFile):
        SetNote.loads(forged(note.dumps(), **{lacking: ...}))


def test_the_note_of_a_set_holds_no_words_and_a_share_with_a_passphrase_no_account() -> None:
    one, note, split = of_key(passphrase=True)
    for each in split.all:
        none_of(each.text, note.dumps())
    assert person("ana").address not in one.dumps() and person("ana").address in note.dumps()
    with pytest.raises(InvalidFile, match="with a passphrase names no account"):
        Share.loads(forged(one.dumps(), address=person("ana").address))


def test_any_byte_that_is_altered_is_noticed_and_no_word_repeated() -> None:
    one, note, _ = of_key()
    for text, read in ((one.dumps(), Share.loads), (note.dumps(), SetNote.loads)):
        for place in range(0, len(text), 7):
            changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
            with pytest.raises(InvalidFile) as caught:
                read(changed)
            none_of(one.words.text, caught.value.message)


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"group": 2}, "of another share than it says"),
        ({"member": 2}, "of another share than it says"),
        ({"identifier": 1}, "of another set than it says"),
        ({"groups__0__threshold": 3}, "of another set than it says"),
        ({"groups": [{"threshold": 2, "count": 3}] * 2}, "of another set than it says"),
        ({"groups": []}, "1 to 16 groups"),
        ({"groupThreshold": 2}, "cannot be needed"),
        ({"kind": "gold"}, "a value it cannot have"),
        ({"mnemonic": "zero " * 33}, "cannot be right"),
        ({"mnemonic": ["zero"]}, "are a text"),
        ({"mnemonic": ...}, "'mnemonic' is missing"),
        ({"check__salt": "0x00"}, "should have 16 bytes"),
        ({"check__value": "0x00"}, "should have 4 bytes"),
        ({"set": "0x00"}, "should have 8 bytes"),
        ({"identifier": 2**15}, "has 15 bits"),
        ({"holder": ""}, "one line of 1 to 60"),
        ({"holder": "a\nb"}, "one line"),
        ({"guardian": 1}, "true or false"),
        ({"passphrase": "yes"}, "true or false"),
        ({"address": "0x00"}, "cannot be right"),
        ({"label": "x" * 61}, "at most 60"),
        ({"made": -1}, "not negative"),
    ],
)
def test_what_a_share_says_of_itself_is_compared_with_its_words(changes: dict[str, object], because: str) -> None:
    one, _, _ = of_key()
    with pytest.raises(InvalidFile, match=because) as caught:
        Share.loads(forged(one.dumps(), **changes))
    none_of(one.words.text, caught.value.message)


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"holders": []}, "do not go with the groups"),
        ({"holders__0__member": 2}, "do not go with the groups"),
        ({"holders__1__name": " x"}, "without blanks"),
        ({"holders__1__proof": "0x1234"}, "cannot be right"),
        ({"retired": "now"}, "should be whole"),
        ({"retired": ...}, "'retired' is missing"),
        ({"replacedOn": [10, 1]}, "are sorted, and none of them twice"),
        ({"successors": ["0x1234"]}, "cannot be right"),
        ({"holders__0__destroyed": "now"}, "should be whole"),
    ],
)
def test_a_note_that_contradicts_itself_is_refused(changes: dict[str, object], because: str) -> None:
    _, note, _ = of_key()
    with pytest.raises(InvalidFile, match=because):
        SetNote.loads(forged(note.dumps(), **changes))


def test_files_and_typed_words_come_together_and_strangers_do_not() -> None:
    one, note, split = of_key()
    gathered = Gathered()
    assert gathered.add(one) and not gathered.add(one)
    assert gathered.about == one.about
    assert gathered.add(split.all[2])
    assert gathered.state.complete
    other, _, _ = of_key()
    with pytest.raises(InvalidInput, match="The share of Ana is of another set"):
        gathered.add(other)
    with pytest.raises(InvalidInput, match="of another set"):
        gathered.add(altered(split.all[0]) if other.words.identifier == one.words.identifier else other.words)
    assert gathered.state.combine() == bytes(person("ana").key)


def test_a_file_whose_set_has_the_same_number_but_is_another_is_found() -> None:
    one, _, _ = of_key()
    gathered = Gathered()
    gathered.add(one)
    twin = replace(one, about=replace(one.about, id=bytes(8)))
    with pytest.raises(InvalidInput, match="is of another set"):
        gathered.add(twin)


def test_a_share_of_another_set_is_kept_apart_and_the_set_is_meant_that_there_is_enough_of() -> None:
    (one, _, split), (other, _, theirs) = of_key(), of_key()
    found = Sorted()
    found.add(other, "first.json")
    mine, _ = found.add(one, "one.json")
    with pytest.raises(InvalidInput, match="enough of none|do not go together") as caught:
        found.meant()
    for part in (
        f"Set {other.about.short}, of ",
        f"Set {one.about.short}, of ",
        ": first.json. 1 more share is needed",
        ": one.json. 1 more share is needed",
        "Leave out what is of another set than you mean, or look for more of the same set. Nothing was written.",
    ):
        assert part in caught.value.message
    assert found.add(split.all[2], "two.txt") == (mine, True) and found.add(one, "again.json") == (mine, False)
    assert found.meant() is mine and mine.state.combine() == bytes(person("ana").key)
    assert mine.sources == ["one.json", "two.txt", "again.json"]
    found.add(theirs.all[2], "second.txt")
    with pytest.raises(InvalidInput, match="Name the files of the one that you mean") as caught:
        found.meant()
    assert "first.json, second.txt. Enough." in caught.value.message
    for words in (*split.all, *theirs.all):
        none_of(words.text, caught.value.message)


def test_words_alone_are_sorted_too_and_a_file_joins_its_own() -> None:
    (one, _, split), (_, _, theirs) = of_key(), of_key()
    found = Sorted()
    found.add(theirs.all[0], "theirs.txt")
    mine, _ = found.add(split.all[1], "words.txt")
    assert found.add(one, "one.json") == (mine, True) and found.meant() is mine and mine.about == one.about
    assert f"its number {theirs.identifier}" in found.sets[0].name
    assert not Sorted().complete and Sorted().meant().about is None


def test_a_file_that_says_other_things_of_its_set_is_not_taken_for_one_of_another_set() -> None:
    one, _, _ = of_key()
    found = Sorted()
    found.add(one, "one.json")
    with pytest.raises(InvalidInput, match="than one.json: one of them was altered"):
        found.add(replace(one, about=replace(one.about, label="other")), "two.json")


def test_the_key_that_proves_a_share_follows_from_it_alone() -> None:
    _, note, split = of_key()
    assert [holder.proof for holder in note.holders] == [proving.proof_address(words) for words in split.all]
    assert len({holder.proof for holder in note.holders}) == 3
    assert person("ana").address not in {holder.proof for holder in note.holders}


# ---------------------------------------------------------------------------------------------- counting


@pytest.mark.parametrize(
    ("groups", "least", "holders", "lost", "together"),
    [
        ([(2, 3)], 1, "abc", 1, 2),
        ([(3, 5)], 1, "abcde", 2, 3),
        ([(3, 3)], 1, "abc", 0, 3),
        ([(3, 5)], 1, "aabcd", 1, 2),
        ([(2, 3)], 1, "aab", 0, 1),
        ([(1, 1), (2, 3)], 2, "abcd", 0, 3),
        ([(1, 1), (2, 3)], 1, "abcd", 2, 1),
        ([(2, 3), (2, 3), (2, 3)], 2, "abcdefghi", 3, 4),
        ([(2, 3), (2, 3), (2, 3)], 2, "abcabcabc", 1, 2),
        ([(9, 16)], 1, "abcdefghijklmnop", 7, 9),
        ([(2, 8), (3, 8)], 2, "abcdefghijklmnop", 5, 5),
    ],
)
def test_what_may_be_lost_and_who_has_the_secret_is_counted(
    groups: list[tuple[int, int]], least: int, holders: str, lost: int, together: int
) -> None:
    numbers = [number for number, (_, count) in enumerate(groups, 1) for _ in range(count)]
    held = list(zip(holders, numbers, strict=True))
    assert spread.may_be_lost(groups, least, held) == lost
    assert spread.least_together(groups, least, held) == together


@pytest.mark.parametrize(
    ("groups", "least", "holders", "needed"),
    [
        ([(2, 3)], 1, "abc", ""),
        ([(3, 3)], 1, "cab", "cab"),
        ([(3, 4)], 1, "aabc", "a"),  # one of b and c may be lost, and not a
        ([(1, 1), (2, 3)], 2, "dabc", "d"),
        ([(2, 3), (16, 16)], 2, "abc" + "defghijklmnopqrs", "defghijklmnopqrs"),
    ],
)
def test_it_is_known_without_whom_too_few_are_left(
    groups: list[tuple[int, int]], least: int, holders: str, needed: str
) -> None:
    numbers = [number for number, (_, count) in enumerate(groups, 1) for _ in range(count)]
    held = list(zip(holders, numbers, strict=True))
    assert spread.needed(groups, least, held) == tuple(needed)
