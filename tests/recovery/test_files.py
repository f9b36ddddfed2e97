from __future__ import annotations

import errno
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery import files, frames, images
from recovery.card import Card, Receipt
from recovery.errors import InvalidFile, InvalidInput
from recovery.folder import AccountNote
from recovery.kit import Kit
from recovery.plan import PolicyPlan
from recovery.request import Request, SignedApproval
from tests.recovery import samples

KINDS: dict[str, tuple[Callable[[str], Any], Any]] = {
    "request": (Request.loads, samples.request()),
    "approval": (SignedApproval.loads, samples.approval()),
    "kit": (Kit.loads, samples.kit("ana", replace(samples.NOTES, ring=samples.NOTES.ring[:1]))),
    "policy": (PolicyPlan.loads, samples.OWNED),
    "card": (Card.loads, samples.card()),
    "receipt": (Receipt.loads, samples.receipt()),
    "account": (AccountNote.loads, samples.NOTE),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def is_refused(kind: str, text: str) -> None:
    """Refused with a clear error; only what changes nothing (white space) may be accepted."""
    loads, original = KINDS[kind]
    try:
        loaded = loads(text)
    except InvalidFile as error:
        assert error.message.endswith((".", ".)")) and len(error.message) < 400
        assert "Traceback" not in error.message
    else:
        assert loaded == original
        assert json.loads(text) == json.loads(original.dumps())


@each_kind
def test_what_is_written_can_be_read_again(kind: str) -> None:
    loads, original = KINDS[kind]
    assert loads(original.dumps()) == original
    assert loads(original.dumps()).dumps() == original.dumps()


@each_kind
def test_every_altered_byte_is_refused(kind: str) -> None:
    text = KINDS[kind][1].dumps()
    for position, character in enumerate(text):
        for other in {*'01ax" \x00'[position % 3 :: 3]} - {character}:  # all of them in turn
            is_refused(kind, text[:position] + other + text[position + 1 :])


@each_kind
def test_every_flipped_bit_is_refused(kind: str) -> None:
    data = KINDS[kind][1].dumps().encode()
    for position in range(len(data)):
        for bit in (0x01, 0x20, 0x80):
            changed = bytearray(data)
            changed[position] ^= bit
            try:
                text = changed.decode()
            except UnicodeDecodeError:
                continue  # files.read says so
            is_refused(kind, text)


@each_kind
def test_every_cut_off_file_is_refused(kind: str) -> None:
    text = KINDS[kind][1].dumps()
    for length in range(len(text) - 2):
        with pytest.raises(InvalidFile):
            KINDS[kind][0](text[:length])


@each_kind
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_damage_is_refused(kind: str, data: st.DataObject) -> None:
    text = KINDS[kind][1].dumps()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    is_refused(kind, text[:start] + data.draw(st.text(max_size=20)) + text[end:])


@each_kind
@settings(max_examples=100, deadline=None)
@given(text=st.text() | st.binary().map(lambda b: b.decode("latin-1")))
def test_any_other_text_is_refused(kind: str, text: str) -> None:
    with pytest.raises(InvalidFile):
        KINDS[kind][0](text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@each_kind
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_forged_value_of_any_type_never_crashes(kind: str, data: st.DataObject) -> None:
    loads, original = KINDS[kind]
    text = original.dumps()
    fields = [name for name in json.loads(text) if name not in ("type", "version", "checksum")]
    forged = samples.forged(text, **{data.draw(st.sampled_from(fields)): data.draw(_JSON)})
    try:
        loaded = loads(forged)
    except InvalidFile as error:
        assert error.message  # noqa: PT017
    else:
        assert isinstance(loaded, type(original))


@each_kind
def test_every_missing_field_is_named(kind: str) -> None:
    text = KINDS[kind][1].dumps()
    for name in json.loads(text):
        if name in ("type", "version", "checksum"):
            continue
        with pytest.raises(InvalidFile) as caught:
            KINDS[kind][0](samples.forged(text, **{name: ...}))
        assert name in caught.value.message or "contradicts itself" in caught.value.message


@each_kind
def test_a_file_of_another_kind_is_refused_by_its_name(kind: str) -> None:
    for other, (_, value) in KINDS.items():
        if other == kind:
            continue
        with pytest.raises(InvalidFile, match=files.NAMES[f"recovery-{other}"]):
            KINDS[kind][0](value.dumps())


def test_another_version_is_refused_with_what_to_do() -> None:
    body = json.loads(samples.request().dumps())
    body["version"] = 2
    with pytest.raises(InvalidFile, match="version 2; this program reads version 1"):
        Request.loads(json.dumps(body))


def test_a_field_that_stands_twice_is_refused() -> None:
    text = samples.request().dumps()
    with pytest.raises(InvalidFile, match="damaged or no JSON"):
        Request.loads(text.replace('"epoch": 1,', '"epoch": 1,\n  "epoch": 1,'))


@pytest.mark.parametrize("text", ["", "[]", "null", "1", '"a"', "{}", "[" * 100_000, '{"a":' * 100_000])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidFile):
        Request.loads(text)
    assert files.kind_of(text) == ""


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '"\\"" [' * 100_000])
def test_a_file_that_is_nested_deeply_is_refused_whatever_the_recursion_limit(text: str) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)  # as py-evm does
    try:
        with pytest.raises(InvalidFile):
            Request.loads(text)
        assert files.kind_of(text) == ""
    finally:
        sys.setrecursionlimit(limit)


def test_a_file_that_is_far_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.write_text(" " * (files.MAX_SIZE + 1))
    with pytest.raises(InvalidFile, match="far too large"):
        files.read(path)
    with pytest.raises(InvalidFile, match="far too large"):
        files.loads(" " * (files.MAX_SIZE + 1), "recovery-kit")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="No such file"):
        files.read(tmp_path / "nothing")
    with pytest.raises(InvalidFile, match="cannot be read"):
        files.read(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidFile, match="not a text file"):
        files.read(tmp_path / "binary")


def test_a_secret_file_is_readable_for_its_owner_alone(tmp_path: Path) -> None:
    path = files.write(tmp_path / "new" / "secret.json", "text", secret=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    other = files.write(tmp_path / "open.json", "text")
    assert stat.S_IMODE(other.stat().st_mode) == 0o666 & ~files._umask()


def test_nothing_is_overwritten_and_nothing_is_left_behind(tmp_path: Path) -> None:
    path = files.write(tmp_path / "file", "first")
    with pytest.raises(InvalidInput, match="exists already"):
        files.write(path, "second")
    assert path.read_text() == "first"
    assert os.listdir(tmp_path) == ["file"]
    files.write(path, "third", replace=True)
    assert path.read_text() == "third"
    assert os.listdir(tmp_path) == ["file"]


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InvalidInput, match="No space left on device"):
        files.write(tmp_path / "file", "text", secret=True)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput):
        files.write(tmp_path / "file" / "below", "text")


@pytest.mark.parametrize("value", [None, 1, "", "00", "0x0", "0xzz", "0x 1"])
def test_what_is_not_hexadecimal_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        files.from_hex(value)


def test_hexadecimal_of_another_length_is_refused() -> None:
    assert files.from_hex("0x0102", 2) == b"\x01\x02"
    with pytest.raises(InvalidInput, match="should have 3 bytes, not 2"):
        files.from_hex("0x0102", 3)


@pytest.mark.parametrize("value", [True, -1, 1.0, "1", None])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        files.integer(value)


@pytest.mark.parametrize("value", [1, "a\nb", "\x1b[31m", "a" * 201, "\u202etxt", None])
def test_a_name_that_could_deceive_a_terminal_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        files.text_of(value)


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_what_is_neither_true_nor_false_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        files.boolean(value)


# ------------------------------------------------------------------------------------------- read as text and picture


def as_frames(kind: str, capacity: int | None = None) -> tuple[str, list[str]]:
    text = KINDS[kind][1].dumps()
    return text, frames.encode(text, capacity)


@each_kind
def test_a_file_that_comes_as_text_is_read_as_the_file(kind: str, tmp_path: Path) -> None:
    for capacity in (None, 200):
        text, made = as_frames(kind, capacity)
        path = tmp_path / f"{capacity}.txt"
        path.write_text("Dear Ben,\n" + "\n\n".join(f"> {frames.fold(frame)}" for frame in made) + "\nAna\n")
        assert files.read(path) == text


@each_kind
def test_a_file_that_comes_as_a_picture_is_read_as_the_file(kind: str, tmp_path: Path) -> None:
    text, (frame,) = as_frames(kind)
    (tmp_path / "photo.json").write_bytes(images.draw_png(frame, "whatever it is called"))
    assert files.read(tmp_path / "photo.json") == text


def test_what_is_missing_is_named_with_what_to_do(tmp_path: Path) -> None:
    _, made = as_frames("kit", 200)
    (tmp_path / "mail.txt").write_text("\n".join([made[0], *made[2:]]))
    (tmp_path / "photo.png").write_bytes(images.draw_png(made[1]))
    advice = "Then put all together with: recovery scan FILE... -o FILE$"
    with pytest.raises(InvalidFile, match=f"mail.txt holds no whole file. Frame 2 of {len(made)} is missing.*{advice}"):
        files.read(tmp_path / "mail.txt")
    with pytest.raises(InvalidFile, match=f"photo.png holds no whole file. Frames 1 and 3-{len(made)} .*{advice}"):
        files.read(tmp_path / "photo.png")


def test_frames_that_cannot_be_right_are_refused_by_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mail.txt"
    (kit,), (policy,) = as_frames("kit")[1], as_frames("policy")[1]
    for text, words in (
        (kit + policy, "mail.txt: Two different files are mixed"),
        (kit[:-1], "mail.txt holds no whole file. Damaged: a frame"),
        (kit.replace("RECOVERY1", "RECOVERY2"), "mail.txt: It was made by a newer release"),
    ):
        path.write_text(text)
        with pytest.raises(InvalidFile, match=words):
            files.read(path)


def test_a_picture_of_something_else_is_refused(tmp_path: Path) -> None:
    import segno

    segno.make("https://example.org").save(str(tmp_path / "other.png"), scale=4)
    with pytest.raises(InvalidFile, match="other.png holds no whole file. There is no frame of ape-recovery in it"):
        files.read(tmp_path / "other.png")
    (tmp_path / "sheet.pdf").write_bytes(b"%PDF-1.7\n")
    with pytest.raises(InvalidFile, match="sheet.pdf is damaged or no PDF. Ask for it again"):
        files.read(tmp_path / "sheet.pdf")


def test_a_file_whose_names_look_like_frames_is_still_that_file(tmp_path: Path) -> None:
    _, (other,) = as_frames("policy")
    text = files.dumps("recovery-kit", {"name": other})
    assert files.read(files.write(tmp_path / "kit.json", text)) == text


def test_a_photo_may_be_larger_than_a_text(tmp_path: Path) -> None:
    text, (frame,) = as_frames("request")
    data = images.draw_png(frame)
    (tmp_path / "photo.png").write_bytes(data + bytes(files.MAX_SIZE))
    assert files.read(tmp_path / "photo.png") == text
    (tmp_path / "photo.png").write_bytes(data + bytes(images.MAX_BYTES))
    with pytest.raises(InvalidFile, match="photo.png is far too large for a picture"):
        files.read(tmp_path / "photo.png")


@pytest.mark.parametrize("made", ["file", "frames", "picture"])
def test_a_file_is_read_from_standard_input(made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, (frame,) = as_frames("request")
    data = {"file": text.encode(), "frames": frames.fold(frame).encode(), "picture": images.draw_png(frame)}[made]
    for path in ("-", Path("-")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert files.read(path) == text


def test_standard_input_is_called_so_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    for data, words in (
        (b"\xff\xfe\x00", "^Standard input is not a text file"),
        (b"x" * (files.MAX_SIZE + 1), "^Standard input is far too large"),
        (as_frames("kit")[1][0][:-1].encode(), "^Standard input holds no whole file"),
    ):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        with pytest.raises(InvalidFile, match=words):
            files.read("-")


def test_lines_of_windows_and_of_a_mac_are_read_as_lines(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_bytes("a: ü\r\nb: 2\rc: 3\n".encode())
    assert files.read(tmp_path / "policy.yaml") == "a: ü\nb: 2\nc: 3\n"


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    data = bytes(range(256)) + b"\r\n"
    path = files.write_bytes(tmp_path / "picture.png", data, secret=True)
    assert path.read_bytes() == data
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(InvalidInput, match="exists already"):
        files.write_bytes(path, b"other")
    assert path.read_bytes() == data


@pytest.mark.parametrize("secret", [True, False])
def test_folders_on_the_way_to_a_secret_are_secret_too(tmp_path: Path, secret: bool) -> None:
    old = os.umask(0o022)
    try:
        tmp_path.chmod(0o755)
        path = files.write(tmp_path / "one" / "two" / "file", "text", secret=secret)
        for each in (path.parent, path.parent.parent):
            assert stat.S_IMODE(each.stat().st_mode) == (0o700 if secret else 0o755)
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755, "what was there is left as it is"
    finally:
        os.umask(old)


@pytest.fixture(params=[errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EACCES])
def stick(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place like a FAT stick: no hard links, and no modes."""

    def refuses(*_: object, **__: object) -> None:
        raise OSError(request.param, "refused")

    monkeypatch.setattr(os, "link", refuses)
    monkeypatch.setattr(os, "chmod", refuses)
    return tmp_path


def test_where_there_are_no_hard_links_files_are_written_all_the_same(stick: Path) -> None:
    path = files.write_bytes(stick / "kit.json", b"a\r\nb", secret=True)
    assert path.read_bytes() == b"a\r\nb" and stat.S_IMODE(path.stat().st_mode) == 0o600
    open_ = files.write(stick / "open.json", "text")
    assert open_.read_text() == "text" and stat.S_IMODE(open_.stat().st_mode) == 0o666 & ~files._umask()
    with pytest.raises(InvalidInput, match="kit.json exists already"):
        files.write(path, "other")
    assert path.read_bytes() == b"a\r\nb"
    (stick / "dangling").symlink_to(stick / "aim")
    with pytest.raises(InvalidInput, match="dangling exists already"):
        files.write(stick / "dangling", "text", secret=True)
    assert sorted(each.name for each in stick.iterdir()) == ["dangling", "kit.json", "open.json"]
    files.write(path, "third", replace=True)
    assert path.read_text() == "third"


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_half_way_on_such_a_stick_leaves_nothing(
    stick: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    really, calls = os.fsync, []

    def fails(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise error
        really(handle)

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else InvalidInput):
        files.write(stick / "kit.json", "text", secret=True)
    assert len(calls) == 2 and not list(stick.iterdir())


def test_a_text_is_read_without_what_reads_pictures(tmp_path: Path) -> None:
    program = (
        "import sys\nfor name in ('PIL', 'zxingcpp', 'segno', 'click'): sys.modules[name] = None\n"
        "from recovery import files\nprint(files.read(sys.argv[1]))"
    )
    text, (frame,) = as_frames("request")
    for content in (text, frame):
        path = tmp_path / "file"
        path.write_text(content)
        done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (text + "\n", "")
    path.write_bytes(images.draw_png(frame))
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True)
    assert "MissingExtra: To read QR codes out of pictures, zxing-cpp and Pillow are needed. Install" in done.stderr


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Ana (phone)", "ana-phone"),
        ("ANA__Martins ", "ana-martins"),
        ("Zoë 李", "zoë-李"),
        ("straße", "strasse"),
        ("🦊", "guardian"),
        ("", "guardian"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("a" * 50, "a" * 40),
    ],
)
def test_a_name_in_the_name_of_a_file(name: str, stem: str) -> None:
    assert files.stem(name) == stem


@given(st.text(max_size=80))
def test_whatever_somebody_is_called_is_a_part_of_one_files_name(name: str) -> None:
    stem = files.stem(name)
    assert 1 <= len(stem) <= 40 and not set(stem) & set("/\\:.\0 \n") and not stem.startswith("-")


def test_every_kind_of_file_has_a_name_for_people() -> None:
    # They have tests of their own.
    elsewhere = {"intent", "unsigned", "signed", "state-proof", "history", "bundle"}
    elsewhere |= {"share", "share-set", "share-challenge", "share-answer", "schedule"}
    assert set(files.NAMES) - {f"recovery-{kind}" for kind in elsewhere} == {
        json.loads(original.dumps())["type"] for _, original in KINDS.values()
    }
