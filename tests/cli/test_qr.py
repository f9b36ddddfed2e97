from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import stat
import struct
import subprocess
import termios
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from recovery import files, frames, images
from recovery.cli import cli
from tests.cli.conftest import Console
from tests.live import PROGRAM
from tests.recovery.test_frames import FILES, each_file
from tests.recovery.test_images import opened, saved, screenshot

#: A kit of a size that even pictures need several of.
LARGE = files.dumps("recovery-kit", {"openings": [], "noise": [sha256(bytes([n])).hexdigest() for n in range(70)]})


@pytest.fixture(autouse=True)
def letters(console: Console) -> Path:
    """A file of every kind, in a folder of its own."""
    folder = console.home / "files"
    folder.mkdir()
    for name, text in {**FILES, "large": LARGE}.items():
        (folder / f"{name}.json").write_text(text)
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def shown(out: str) -> list[str]:
    """The codes in what a terminal shows."""
    codes: list[list[str]] = [[]]
    for line in out.replace("\r", "").split("\n"):
        if line.startswith("\x1b[38;5;16;48;5;231m"):
            codes[-1].append(line)
        elif codes[-1]:
            codes.append([])
    return ["\n".join(lines) for lines in codes if lines]


# ------------------------------------------------------------------------------------------- there and back


@each_file
def test_a_file_goes_through_pictures_and_comes_back_to_the_letter(console: Console, name: str) -> None:
    console.run("qr", f"files/{name}.json", "--png", "out", "-y")
    console.run("scan", "out.png", "-o", "back.json")
    assert (console.home / "back.json").read_text() == FILES[name]


@each_file
def test_a_file_goes_through_text_and_comes_back_to_the_letter(console: Console, name: str) -> None:
    done = CliRunner(mix_stderr=False).invoke(cli, ["qr", f"files/{name}.json", "--text", "-y"])
    assert done.exit_code == 0 and (done.stderr == "") == (name != "policy")
    assert max(map(len, done.stdout.split("\n"))) <= 76
    (console.home / "mail.txt").write_text(f"Dear Ben,\n{done.stdout.lower()}\nAna")
    console.run("scan", "mail.txt", "-o", "back.json")
    assert (console.home / "back.json").read_text() == FILES[name]


@each_file
def test_a_file_goes_over_a_screen_and_comes_back_to_the_letter(console: Console, name: str) -> None:
    codes = shown(console.run("qr", f"files/{name}.json", "-y").out)
    assert codes
    for number, code in enumerate(codes):
        screenshot(code).save(f"photo{number}.jpg", quality=40)
    console.run("scan", *(f"photo{number}.jpg" for number in range(len(codes))), "-o", "back.json")
    assert (console.home / "back.json").read_text() == FILES[name]


def test_a_large_file_becomes_numbered_pictures_that_are_read_in_any_order(console: Console) -> None:
    said = console.run("qr", "files/large.json", "--png", "kit").words
    names = sorted(path.name for path in console.home.glob("kit*"))
    count = len(names)
    assert count > 2 and names == [f"kit-{n}of{count}.png" for n in range(1, count + 1)]
    assert f"Written to kit-1of{count}.png to kit-{count}of{count}.png." in said
    assert all(mode(console.home / name) == 0o600 for name in names)
    said = console.run("scan", *reversed(names), names[0], "-o", "back.json").words
    assert f"A guardian's kit, from frames 1-{count}, written to back.json." in said
    assert (console.home / "back.json").read_text() == LARGE


def test_all_codes_may_be_in_one_picture(console: Console) -> None:
    made = frames.encode(LARGE, images.PNG_CAPACITY)
    pictures = [opened(images.draw_png(frame)) for frame in made]
    sheet = Image.new("L", (1000, 1000 * len(made)), 230)
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (50, 1000 * number + 30))
    sheet.save("sheet.png")
    console.run("scan", "sheet.png", "-o", "back.json")
    assert (console.home / "back.json").read_text() == LARGE


def test_pictures_texts_and_standard_input_go_together(console: Console) -> None:
    made = frames.encode(LARGE, 900)
    assert len(made) > 3
    (console.home / "1.png").write_bytes(images.draw_png(made[0]))
    (console.home / "2.txt").write_text(f"> {made[1]}")
    console.run("scan", "1.png", "2.txt", "-", "-o", "back.json", answer="\n\n".join(made[2:]))
    assert (console.home / "back.json").read_text() == LARGE


def test_what_was_scanned_can_be_shown_again_and_used_without_scanning(console: Console) -> None:
    console.run("qr", "files/kit.json", "--png", "kit")
    shown = console.run("policy", "show", "kit.png").out
    assert shown.replace("kit.png", "files/kit.json") == console.run("policy", "show", "files/kit.json").out
    console.run("qr", "kit.png", "--png", "again")
    assert (console.home / "again.png").read_bytes() == (console.home / "kit.png").read_bytes()
    text = CliRunner(mix_stderr=False).invoke(cli, ["qr", "kit.png", "--text"]).stdout
    assert CliRunner(mix_stderr=False).invoke(cli, ["qr", "-", "--text"], input=text).stdout == text


# ------------------------------------------------------------------------------------------- drawing


@pytest.mark.parametrize(
    ("given", "written"), [("a", "a.png"), ("b.PNG", "b.png"), ("c.v1", "c.v1.png"), ("new/d", "new/d.png")]
)
def test_pictures_are_named_as_one_says(console: Console, given: str, written: str) -> None:
    said = console.run("qr", "files/request.json", "--png", given).words
    assert f"Written to {written}." in said and "recovery scan PICTURE -o FILE" in said
    assert frames.decode(images.read_image((console.home / written).read_bytes())) == FILES["request"]


def test_in_a_folder_pictures_are_named_after_the_file(console: Console) -> None:
    console.run("qr", "files/request.json", "--png", "files")
    assert (console.home / "files" / "request.png").exists()


def test_only_requests_and_cards_are_for_everybody(console: Console) -> None:
    for name in FILES:
        said = console.run("qr", f"files/{name}.json", "--png", name, "-y").words
        public = name in ("request", "card")
        assert mode(console.home / f"{name}.png") == (0o666 & ~files._umask() if public else 0o600)
        assert ("private: show it only to whom it is for" in said) != public


def test_nothing_is_overwritten_and_a_set_is_written_whole_or_not_at_all(console: Console) -> None:
    console.run("qr", "files/request.json", "--png", "out")
    console.refuses("qr", "files/kit.json", "--png", "out", because="out.png exists already", code=2)
    count = len(frames.encode(LARGE, images.PNG_CAPACITY))
    (console.home / f"kit-2of{count}.png").write_text("")
    console.refuses("qr", "files/large.json", "--png", "kit", because=f"kit-2of{count}.png exists already", code=2)


def test_without_a_terminal_all_codes_are_printed_one_after_another(console: Console) -> None:
    out = console.run("qr", "files/large.json").out
    codes = shown(out)
    count = len(frames.encode(LARGE, images.TERMINAL_CAPACITY))
    assert len(codes) == count > 3 and "press Enter" not in out
    assert [f"large.json: {n} of {count}" in out for n in range(1, count + 1)] == [True] * count
    read = [text for code in codes for text in images.read_image(saved(screenshot(code)))]
    assert frames.decode(read) == LARGE


def test_a_policy_file_is_drawn_only_on_purpose(console: Console) -> None:
    for how in ([], ["--text"], ["--png", "out"]):
        before = console.files()
        done = console.run("qr", "files/policy.json", *how, answer="n\n", code=1)
        assert "You said no" in done.words and "RECOVERY1" not in done.out and not shown(done.out)
        assert "It is as secret as the file: never show or send it to anybody." in done.words
        assert console.files() == before
    done = console.run("qr", "files/policy.json", "--png", "out", answer="y\n")
    assert "as secret as the file" in done.words and mode(console.home / "out.png") == 0o600
    assert "as secret as the file" in console.run("qr", "files/policy.json", "-y").words
    for name in ("kit", "request", "approval"):
        assert "as secret" not in console.run("qr", f"files/{name}.json").words


def test_what_is_none_of_ours_or_damaged_is_not_drawn(console: Console) -> None:
    broken = FILES["kit"].replace('"name": "ana"', '"name": "eve"')
    for name, text, because in (
        ("other.json", '{"type": "package", "version": 1}', "is no file of ape-recovery. It should be an owner's"),
        ("list.json", "[]", "is no file of ape-recovery"),
        ("text.txt", "Hello", "is no file of ape-recovery"),
        ("broken.json", broken, "has been altered or cut off"),
        ("cut.json", FILES["kit"][:-5], "is no file of ape-recovery"),
        ("newer.json", json.dumps({**json.loads(FILES["kit"]), "version": 2}), "has version 2"),
        ("part.txt", frames.encode(LARGE, 500)[0], "Then put all together with: recovery scan"),
        ("intent.json", files.dumps("recovery-intent", {}), "of use on this computer only"),
    ):
        (console.home / name).write_text(text)
        for how in ([], ["--text"], ["--png", "out"]):
            console.refuses("qr", name, *how, "-y", because=because, code=2)
    console.refuses("qr", "nothing.json", because="No such file", code=2)
    console.refuses("qr", "files/kit.json", "--png", "a", "--text", because="--png or --text, not both", code=2)


# ------------------------------------------------------------------------------------------- scanning


@each_file
def test_what_was_read_is_named_kept_private_and_followed_by_what_to_do(console: Console, name: str) -> None:
    (console.home / "mail.txt").write_text(frames.encode(FILES[name])[0])
    done = console.run("scan", "mail.txt")
    (written,) = [path for path in console.home.glob("*.json")]
    assert mode(written) == 0o600 and written.read_text() == FILES[name]
    said, command = {
        "request": ("A request, from one frame, written to request.json.", "recovery approve request.json --kit KIT"),
        "approval": ("An approval, from one frame, written to approval-", "recovery start REQUEST approval-"),
        "kit": ("A guardian's kit, from one frame, written to kit.json.", "recovery policy show kit.json"),
        "card": ("A guardian's card, from one frame, written to card.json.", "recovery guardian receive card.json"),
        "receipt": ("A guardian's receipt, from one frame, written to receipt.json.", "recovery guardian receive"),
        "policy": (
            "An owner's policy file, from one frame, written to policy.json.",
            "recovery policy show policy.json",
        ),
    }[name]
    assert said in done.words and command in done.words
    assert ("Keep it to yourself, and delete the pictures" in done.words) == (name == "policy")


def test_approvals_of_two_guardians_do_not_stand_in_each_others_way(console: Console) -> None:
    from tests.recovery import samples

    for name, weight in (("ana", 1), ("carl", 2)):
        (console.home / "mail.txt").write_text(frames.encode(samples.approval(name, weight).dumps())[0])
        console.run("scan", "mail.txt")
    assert len(list(console.home.glob("approval-*.json"))) == 2
    console.refuses("scan", "mail.txt", because="exists already", code=2)


def test_missing_frames_are_listed_and_nothing_is_written(console: Console) -> None:
    made = frames.encode(LARGE, 400)
    total = len(made)
    (console.home / "mail.txt").write_text("\n".join(made[1:5]))
    because = (
        f"Only frames 2-5 of {total} came in. Frames 1 and 6-{total} of {total} are missing: ask for them. Nothing"
    )
    console.refuses("scan", "mail.txt", "-o", "back.json", because=because, code=2)
    (console.home / "mail.txt").write_text("\n".join([*made[:-1], made[-1][:-1]]))
    because = f"Frame {total} of {total} is missing: ask for it. Damaged: a frame."
    console.refuses("scan", "mail.txt", "-o", "back.json", because=because, code=2)


def test_two_files_are_not_mixed(console: Console) -> None:
    (console.home / "mail.txt").write_text(frames.encode(LARGE, 900)[0])
    (console.home / "photo.png").write_bytes(images.draw_png(frames.encode(FILES["request"])[0]))
    console.refuses("scan", "mail.txt", "photo.png", because="photo.png: Two different files are mixed", code=2)


def test_one_bad_photo_among_good_ones_does_no_harm(console: Console) -> None:
    Image.new("L", (300, 300), 90).save("bad.jpg")
    (console.home / "prose.txt").write_text("Hello")
    (console.home / "photo.png").write_bytes(images.draw_png(frames.encode(FILES["request"])[0]))
    done = console.run("scan", "bad.jpg", "prose.txt", "photo.png", "missing.png", "-o", "back.json")
    assert "Warning: bad.jpg shows no QR code that can be read." in " ".join(done.words.split())
    assert "Warning: prose.txt holds no frame" in done.words and "missing.png cannot be read" in done.words
    assert (console.home / "back.json").read_text() == FILES["request"]
    console.refuses("scan", "bad.jpg", because="Error: bad.jpg shows no QR code", code=2)
    console.refuses("scan", "prose.txt", because="Error: There is no frame of ape-recovery in it", code=2)
    console.refuses("scan", "bad.jpg", "prose.txt", because="There is no frame of ape-recovery", code=2)
    console.refuses("scan", "missing.png", because="cannot be read: No such file", code=2)


def test_a_file_that_needs_no_scanning_is_said(console: Console) -> None:
    for name in FILES:
        console.refuses("scan", f"files/{name}.json", "-o", "back.json", because="already: use it as it is", code=2)


def test_frames_that_hold_no_file_of_ours_or_a_damaged_one_are_refused(console: Console) -> None:
    for text, because in (
        ('{"type": "package"}', "What the frames hold is no file of ape-recovery"),
        (FILES["kit"].replace('"ana"', '"eve"'), "What the frames hold has been altered or cut off"),
        (files.dumps("recovery-intent", {}), "of use on this computer only"),
    ):
        (console.home / "mail.txt").write_text(frames.encode(text)[0])
        console.refuses("scan", "mail.txt", "-o", "back.json", because=because, code=2)


def test_what_is_there_is_not_overwritten(console: Console) -> None:
    (console.home / "mail.txt").write_text(frames.encode(FILES["request"])[0])
    (console.home / "request.json").write_text("mine")
    console.refuses("scan", "mail.txt", because="request.json exists already. Name another file with -o", code=2)
    console.refuses("scan", "mail.txt", "-o", "request.json", because="request.json exists already", code=2)


# ------------------------------------------------------------------------------------------- on a real terminal


def on_terminal(home: Path, rows: int, columns: int, arguments: list[str], answers: list[tuple[str, bytes]]) -> str:
    """Runs the program in a window of that size, answers what it asks, and returns what the window has shown."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm"}
    program = subprocess.Popen(
        [PROGRAM, *arguments],
        cwd=home,
        env=environment,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    said = b""
    try:
        while True:
            if answers and answers[0][0].encode() in said:
                os.write(terminal, answers.pop(0)[1])
            if not select.select([terminal], [], [], 20)[0]:
                raise AssertionError(f"It waits for something else: {said.decode()}")
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            said += data
    finally:
        program.kill()
        os.close(terminal)
    assert program.wait() == 0 and not answers, said.decode()
    return said.decode().replace("\r", "")


def test_somebody_at_a_terminal_sees_one_code_at_a_time(console: Console) -> None:
    count = len(frames.encode(LARGE, images.TERMINAL_CAPACITY))
    asked = [(f"large.json: {n} of {count}, press Enter for the next", b"\n") for n in range(1, count)]
    said = on_terminal(console.home, 45, 80, ["qr", "files/large.json"], asked)
    codes = shown(said)
    assert len(codes) == count and f"large.json: {count} of {count}\n" in said and "Warning" not in said
    read = [text for code in codes for text in images.read_image(saved(screenshot(code)))]
    assert frames.decode(read) == LARGE


def test_a_window_that_is_too_small_is_warned_of(console: Console) -> None:
    for rows, columns in ((24, 80), (45, 60)):
        said = on_terminal(console.home, rows, columns, ["qr", "files/request.json"], [("Enter for the next", b"\n")])
        needed = shown(said)[0].count("\n") + 2
        assert f"lines; this window has {columns} and {rows}." in " ".join(said.split())
        assert f"columns and {needed} lines" in " ".join(said.split())


def test_a_message_is_pasted_into_the_terminal(console: Console) -> None:
    lines = frames.fold(frames.encode(FILES["request"])[0])
    said = on_terminal(
        console.home, 24, 80, ["scan", "-", "-o", "back.json"], [("press Enter and Ctrl-D", f"{lines}\n\x04".encode())]
    )
    assert "A request, from one frame, written to back.json." in said
    assert (console.home / "back.json").read_text() == FILES["request"]
