from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery import files, frames
from recovery.errors import InvalidFile, InvalidInput
from recovery.frames import Collection, Frame
from tests.recovery import samples

FILES = {
    "request": samples.request().dumps(),
    "approval": samples.approval().dumps(),
    "kit": samples.kit().dumps(),
    "policy": samples.PLAN.dumps(),
    "card": samples.card().dumps(),
    "receipt": samples.receipt().dumps(),
}
each_file = pytest.mark.parametrize("name", FILES)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)
_CONTENTS = st.dictionaries(
    st.text(st.characters(codec="utf-8")).filter(lambda name: name not in ("type", "version", "checksum")), _VALUES
)


def base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def frame(payload: bytes, number: int = 1, total: int = 1, body: str | None = None, name: str | None = None) -> str:
    """A frame as the description of the format has it, written a second time."""
    name = name or base32(hashlib.sha256(payload).digest())[:10]
    content = f"RECOVERY1:{name}:{number}/{total}:{base32(payload) if body is None else body}"
    return f"{content}:{base32(hashlib.sha256(content.encode()).digest())[:6]}"


def pack(text: str) -> bytes:
    packer = zlib.compressobj(zdict=frames.WORDS.encode())
    return packer.compress(text.encode("utf-8", "surrogatepass")) + packer.flush()


def unpack(made: list[str]) -> Any:
    """Reads frames in order by the description alone."""
    whole = "".join(text.split(":")[3] for text in made)
    payload = base64.b32decode(whole + "=" * (-len(whole) % 8))
    assert {text.split(":")[1] for text in made} == {base32(hashlib.sha256(payload).digest())[:10]}
    return json.loads(zlib.decompressobj(zdict=frames.WORDS.encode()).decompress(payload))


# ------------------------------------------------------------------------------------------- there and back


@each_file
def test_a_file_comes_back_to_the_letter(name: str) -> None:
    assert frames.decode(frames.encode(FILES[name])) == FILES[name]


@each_file
@settings(max_examples=60, deadline=None)
@given(capacity=st.integers(40, 1500), data=st.data())
def test_a_file_comes_back_whatever_a_frame_may_hold_and_in_whatever_order(
    name: str, capacity: int, data: st.DataObject
) -> None:
    made = frames.encode(FILES[name], capacity)
    assert all(len(text) <= capacity for text in made)
    assert frames.decode(data.draw(st.permutations(made))) == FILES[name]


@settings(max_examples=80, deadline=None)
@given(kind=st.sampled_from(sorted(files.NAMES)), content=_CONTENTS, capacity=st.none() | st.integers(80, 400))
def test_any_file_comes_back(kind: str, content: dict[str, Any], capacity: int | None) -> None:
    text = files.dumps(kind, content)
    back = frames.decode(frames.encode(text, capacity))
    assert back == text
    assert files.loads(back, kind) == json.loads(json.dumps(content))


@each_file
def test_a_file_whose_white_space_was_changed_comes_back_as_it_was_written_first(name: str) -> None:
    body = json.loads(FILES[name])
    for changed in (json.dumps(body), json.dumps(body, indent=8), FILES[name].replace("\n", "\r\n")):
        assert frames.decode(frames.encode(changed)) == FILES[name]


@each_file
def test_frames_are_as_described(name: str) -> None:
    made = frames.encode(FILES[name], 150)
    assert unpack(made) == json.loads(FILES[name])
    assert frames.decode([frame(pack(json.dumps(json.loads(FILES[name]))))]) == FILES[name]
    for number, text in enumerate(made, 1):
        assert re.fullmatch(rf"RECOVERY1:[A-Z2-7]{{10}}:{number}/{len(made)}:[A-Z2-7]+:[A-Z2-7]{{6}}", text)
        head, check = text.rsplit(":", 1)
        assert check == base32(hashlib.sha256(head.encode()).digest())[:6]


@each_file
def test_frames_hold_only_what_qr_codes_pack_tightly(name: str) -> None:
    for text in [*frames.encode(FILES[name]), *frames.encode(FILES[name], 60)]:
        assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@each_file
def test_there_are_no_more_frames_than_needed_and_they_are_of_one_length(name: str) -> None:
    whole = len(frames.encode(FILES[name])[0])
    assert len(frames.encode(FILES[name], whole)) == 1
    halves = frames.encode(FILES[name], whole - 1)
    assert len(halves) == 2
    assert abs(len(halves[0]) - len(halves[1])) <= 1


def test_what_was_sent_by_this_version_can_be_read_for_ever() -> None:
    # If this fails, the format has changed: it needs another version, and this one must still be read.
    text = "RECOVERY1:7KUIOBIQAJ:1/1:PD4VOI5YHURVMHMW3QD4YOCKRZ4YTKHWU2SJVJ42LINBWG5EESTBTGKZTAUNKAQAMRLR6WA:EK6UCV"
    assert hashlib.sha256(frames.WORDS.encode()).hexdigest()[:16] == "f86f69c92c3cbf9f"
    assert frames.decode([text]) == files.dumps("recovery-request", {"label": "friends", "of": "Ana"})


# ------------------------------------------------------------------------------------------- tolerant


def _quoted(text: str) -> str:
    return "\n".join(f"> > {line}" for line in frames.fold(text, 50).split("\n"))


WAYS: dict[str, Callable[[str], str]] = {
    "lower case": str.lower,
    "mixed case": lambda t: "".join(c.lower() if i % 3 else c for i, c in enumerate(t)),
    "folded": lambda t: frames.fold(t, 20),
    "in groups of four": lambda t: " ".join(t[i : i + 4] for i in range(0, len(t), 4)),
    "a character on a line": lambda t: "\n".join(t),
    "Windows lines": lambda t: "\ufeff" + "\r\n".join(frames.fold(t, 30).split("\n")),
    "quoted in an answer": _quoted,
    "quoted-printable": lambda t: "=\r\n".join(frames.fold(t, 40).split("\n")),
    "invisible characters": lambda t: "\u200b".join(t[i : i + 9] for i in range(0, len(t), 9)) + "\u00ad",
    "in prose": lambda t: f"Dear Ben,\nas promised, for your recovery:\n{frames.fold(t)}\nRegards\nAna 2:3/4 :-)",
    "in prose without a break": lambda t: f"Recovery file: {t}Regards, Ana",
    "between code marks": lambda t: f"```\n{t}\n```",
    "twice": lambda t: f"{t}\n{t}",
    "read by machine from paper": lambda t: t.replace("O", "0").replace("I", "1").replace("B", "8"),
}


@pytest.mark.parametrize("way", WAYS)
@each_file
def test_what_a_message_does_to_frames_does_no_harm(name: str, way: str) -> None:
    for capacity in (None, 200):
        made = frames.encode(FILES[name], capacity)
        if "paper" in way:  # the word itself has to be right
            made = [text[:10] + WAYS[way](text[10:]) for text in made]
        else:
            made = [WAYS[way](text) for text in made]
        random.Random(way).shuffle(made)
        assert frames.decode(made) == FILES[name]
        assert frames.decode(["\n".join(made)]) == FILES[name]
        assert frames.looks_like(made[0])


def test_a_folded_frame_fits_into_a_message() -> None:
    lines = frames.fold(frames.encode(FILES["kit"])[0]).split("\n")
    assert max(map(len, lines)) == 76


@pytest.mark.parametrize(
    "text",
    [
        "",
        "recovery",
        "RECOVERY1:",
        "Recovery1: see below: 1/2",
        "RECOVERY:ABCDEFGHIJ:1/1:AA:AAAAAA",
        "RECOVERY0:ABCDEFGHIJ:1/1:AA:AAAAAA",
        *FILES.values(),
    ],
    ids=range(6 + len(FILES)),
)
def test_other_text_does_not_look_like_frames(text: str) -> None:
    assert not frames.looks_like(text)
    with pytest.raises(InvalidFile, match="no frame of ape-recovery in it"):
        frames.decode([text])


def test_a_file_is_no_frame_whatever_names_stand_in_it() -> None:
    evil = frames.encode(FILES["request"])[0]
    text = files.dumps("recovery-kit", {"name": evil})
    assert not frames.looks_like(text)
    assert not frames.looks_like(f"\ufeff \r\n{text}")
    assert frames.decode(frames.encode(text)) == text


# ------------------------------------------------------------------------------------------- intolerant of wrong


@each_file
def test_every_changed_character_is_found(name: str) -> None:
    for made in (frames.encode(FILES[name]), frames.encode(FILES[name], 250)):
        for which, text in enumerate(made):
            for position, character in enumerate(text):
                for other in "AQ27:/9\u00e9"[position % 4 :: 4]:  # all of them are tried, two at each place
                    if other == character:
                        continue
                    changed = text[:position] + other + text[position + 1 :]
                    with pytest.raises(InvalidFile):
                        frames.decode([*made[:which], changed, *made[which + 1 :]])


@each_file
def test_every_lost_doubled_or_swapped_character_is_found(name: str) -> None:
    (text,) = frames.encode(FILES[name])
    for i in range(len(text)):
        wrong = {
            text[:i] + text[i + 1 :],
            text[:i] + text[i] + text[i:],
            text[:i] + text[i : i + 2][::-1] + text[i + 2 :],
        }
        # Doubling the first or the last character adds one outside the frame, where anything may stand.
        for changed in wrong - {text, text[0] + text, text + text[-1]}:
            with pytest.raises(InvalidFile):
                frames.decode([changed])


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_damage_is_found(data: st.DataObject) -> None:
    made = frames.encode(FILES["request"], 300)
    which = data.draw(st.integers(0, len(made) - 1))
    start = data.draw(st.integers(0, len(made[which])))
    end = data.draw(st.integers(start, len(made[which])))
    made[which] = made[which][:start] + data.draw(st.text(max_size=20)) + made[which][end:]
    try:
        assert frames.decode(made) == FILES["request"]
    except InvalidFile as error:
        assert error.message.endswith(".")  # noqa: PT017


@settings(max_examples=300, deadline=None)
@given(text=st.text() | st.from_regex(r"RECOVERY1:[A-Z2-7]{10}:[0-9]/[0-9]:[A-Z0-9]*:[A-Z]{6}"))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidFile):
        frames.decode([text])


def test_missing_frames_are_named() -> None:
    made = frames.encode(FILES["kit"], 100)
    assert len(made) >= 9
    total = len(made)
    with pytest.raises(InvalidFile, match=rf"^Frame 2 of {total} is missing: ask for it\.$"):
        frames.decode(made[:1] + made[2:])
    with pytest.raises(InvalidFile, match=rf"^Frames 1, 3-5 and {total} of {total} are missing: ask for them\.$"):
        frames.decode([made[1], *made[5:-1]])


def test_frames_of_two_files_are_not_mixed_and_both_are_named() -> None:
    ours, theirs = frames.encode(FILES["kit"], 250), frames.encode(FILES["policy"], 250)
    with pytest.raises(InvalidFile, match="Two different files are mixed") as caught:
        frames.decode([ours[0], theirs[1]])
    assert ours[0].split(":")[1] in caught.value.message and theirs[1].split(":")[1] in caught.value.message
    with pytest.raises(InvalidFile, match="Two different files are mixed"):
        frames.decode([ours[0] + "\n" + theirs[1]])
    collection = Collection()
    collection.add(ours[0])
    with pytest.raises(InvalidFile, match="mixed"):
        collection.add(ours[1] + theirs[0])
    assert 2 in collection.missing  # nothing of what was refused was taken
    for text in ours:
        collection.add(text)
    assert collection.text() == FILES["kit"]


def test_a_frame_whose_names_were_forged_makes_no_file() -> None:
    ours, theirs = frames.encode(FILES["kit"], 250), frames.encode(FILES["policy"], 250)
    name, total = ours[0].split(":")[1], len(ours)
    forged = frame(b"", 2, total, theirs[1].split(":")[3], name)
    with pytest.raises(InvalidFile, match="do not make up the file that they name"):
        frames.decode([ours[0], forged, *ours[2:]])
    with pytest.raises(InvalidFile, match="do not make up the file that they name"):
        frames.decode([frame(pack(FILES["policy"]), name=name)])  # whole, but another file than it says


def test_a_damaged_frame_is_named_and_a_good_copy_heals_it() -> None:
    made = frames.encode(FILES["kit"], 250)
    damaged = made[1].replace(made[1][60], "A" if made[1][60] != "A" else "C")
    collection = Collection()
    for text in (made[0], damaged, *made[2:]):
        collection.add(text)
    assert not collection.complete and collection.missing == (2,)
    assert f"Damaged: frame 2 of {len(made)}. A character is wrong or missing" in collection.shortage
    with pytest.raises(InvalidFile, match="Damaged: frame 2"):
        collection.text()
    collection.add(made[1])
    assert collection.complete and collection.shortage == ""
    assert collection.text() == FILES["kit"]


def test_a_frame_that_is_cut_off_does_not_take_the_next_with_it() -> None:
    made = frames.encode(FILES["kit"], 250)
    collection = Collection()
    assert collection.add(made[0][:100] + made[1] + made[2][:-1] + "\n\n") == 1
    assert collection.missing == tuple(n for n in range(1, len(made) + 1) if n != 2)
    assert collection.damaged == ["a frame", "a frame"]


def test_numbers_that_cannot_be_are_damage() -> None:
    for number, total in ((0, 1), (2, 1), (0, 0), (1, 0)):
        with pytest.raises(InvalidFile, match="Damaged"):
            frames.decode([frame(pack("{}"), number, total)])


def test_a_newer_version_says_so() -> None:
    (text,) = frames.encode(FILES["kit"])
    for version in ("2", "17", "999"):
        newer = text.replace("RECOVERY1:", f"RECOVERY{version}:")
        assert frames.looks_like(newer)
        with pytest.raises(InvalidFile, match=f"made by a newer release of ape-recovery, with version {version}"):
            frames.decode([newer])
        with pytest.raises(InvalidFile, match="newer release"):
            frames.decode([newer[:40]])  # whatever a newer one looks like after its ID


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00",
        b"not compressed",
        pack('{"type":"recovery-kit"}')[:-1],
        pack('{"type":"recovery-kit"}') + b"\x00",
        pack(""),
        pack("[]"),
        pack("{}"),
        pack('{"type":"recovery-kit"'),
        pack('{"type":"recovery-kit","type":"recovery-kit"}'),
        pack('{"type":"recovery-kit","a":' + "[" * 40 + "]" * 40 + "}"),
        pack('{"type":"recovery-kit","a":"\\ud800"}'),
        pack('{"type":"recovery-kit","a":"\ud800"}'),
        pack('{"type":"recovery-kit","a":' + "9" * 5000 + "}"),
        zlib.compress(b'{"type":"recovery-kit","a":"\xff"}'),
    ],
    ids=range(15),
)
def test_frames_that_hold_no_file_are_refused(payload: bytes) -> None:
    with pytest.raises(InvalidFile, match="have been altered|Damaged"):
        frames.decode([frame(payload)])


def test_a_body_of_an_impossible_length_is_refused() -> None:
    for body in ("A", "AAA", "AAAAAA", "99", "AA9A"):
        with pytest.raises(InvalidFile, match="have been altered"):
            frames.decode([frame(b"", body=body)])


def test_what_would_unpack_without_end_is_refused_before_it_does() -> None:
    packer = zlib.compressobj(9)
    bomb = packer.compress(b'{"type":"recovery-kit","a":"')
    for _ in range(64):
        bomb += packer.compress(b"A" * 2**20)
    text = frame(bomb + packer.compress(b'"}') + packer.flush())
    tracemalloc.start()
    try:
        with pytest.raises(InvalidFile, match="far too large"):
            frames.decode([text])
        assert tracemalloc.get_traced_memory()[1] < 4 * files.MAX_SIZE
    finally:
        tracemalloc.stop()


def test_what_would_grow_without_end_by_indentation_is_refused() -> None:
    deep = "[" * 29 + ",".join("1" * 200_000) + "]" * 29
    with pytest.raises(InvalidFile, match="far too large"):
        frames.decode([frame(pack('{"type":"recovery-kit","a":' + deep + "}"))])


def test_a_text_that_is_far_too_large_is_refused() -> None:
    with pytest.raises(InvalidFile, match="far too large"):
        frames.decode(["A" * (files.MAX_SIZE + 1)])


def test_the_depth_of_a_file_is_bounded_whatever_the_recursion_limit() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)  # as py-evm does
    try:
        with pytest.raises(InvalidFile, match="altered"):
            frames.decode([frame(pack('{"type":' + "[" * 100_000))])
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize(
    "text", ["", "text", "[]", "{}", '{"a": 1}', '{"type": "', '{"type":' + "[" * 99 + "]" * 99 + "}"]
)
def test_only_files_are_made_into_frames(text: str) -> None:
    with pytest.raises(InvalidInput, match="this is none"):
        frames.encode(text)


def test_what_is_too_long_is_not_made_into_frames() -> None:
    with pytest.raises(InvalidInput, match="this is none"):
        frames.encode(files.dumps("recovery-kit", {"a": "A" * files.MAX_SIZE}))
    with pytest.raises(InvalidInput, match="no text"):
        frames.encode('{"type": "recovery-kit", "a": "\\ud800"}')
    for capacity in (0, 1, 32):
        with pytest.raises(InvalidInput, match=f"too long for 999 frames of {capacity} characters"):
            frames.encode(FILES["kit"], capacity)


# ------------------------------------------------------------------------------------------- collecting


def test_a_collection_says_what_is_missing_without_an_error() -> None:
    made = frames.encode(FILES["kit"], 250)
    collection = Collection()
    assert (collection.total, collection.missing, collection.complete, collection.file) == (0, (), False, "")
    assert "no frame" in collection.shortage
    assert collection.add("Hello") == 0
    for number, text in enumerate(made[::-1]):
        assert not collection.complete
        assert collection.add(text) == collection.add(f"{text} again") == 1
        assert collection.total == len(made)
        assert collection.missing == tuple(range(1, len(made) - number))
    assert collection.complete
    assert collection.file == made[0].split(":")[1]
    assert collection.text() == FILES["kit"]


def test_a_file_may_come_in_two_divisions_of_which_one_is_whole() -> None:
    long, short = frames.encode(FILES["kit"], 100), frames.encode(FILES["kit"], 700)
    collection = Collection()
    for text in long[:-2]:
        collection.add(text)
    collection.add(short[0])
    assert collection.total == len(short) == 2 and collection.missing == (2,)
    collection.add(short[1])
    assert collection.complete
    assert collection.text() == FILES["kit"]
    collection = Collection()
    for text in (short[0], *long):
        collection.add(text)
    assert collection.total == len(long) and collection.complete
    assert collection.text() == FILES["kit"]


def test_collections_do_not_share_what_they_hold() -> None:
    first = Collection()
    first.add(frames.encode(FILES["kit"])[0])
    first.add(frames.encode(FILES["kit"])[0][:-3])
    assert Collection().total == 0 and Collection().damaged == []


def test_a_frame_owns_its_encoding() -> None:
    (text,) = frames.encode(FILES["approval"])
    _, name, _, body, _ = text.split(":")
    assert Frame(name, 1, 1, body).text == text == frame(b"", body=body, name=name)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([1], "1"), ([2, 1], "1-2"), ([1, 3], "1 and 3"), ([9, 1, 4, 3, 5], "1, 3-5 and 9"), ([1, 2, 3, 2], "1-3")],
)
def test_numbers_are_said_in_few_words(numbers: list[int], words: str) -> None:
    assert frames.ranges(numbers) == words
