"""Bundles on the disk: read as what they may be, an attack, and written as a whole or not at all."""

from __future__ import annotations

import contextlib
import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recovery.backup import archive
from recovery.errors import InvalidFile, InvalidInput


@pytest.fixture
def content() -> dict[str, bytes]:
    return {"bundle.json": b"{}\n", "kits/kit-ana.json": b"a kit", "README.txt": bytes(range(256)) * 100}


def zipped(path: Path, fill: Callable[[zipfile.ZipFile], None], **how: Any) -> Path:
    with zipfile.ZipFile(path / "b.zip", "w", **how) as file:
        fill(file)
    return path / "b.zip"


def test_zip_file_and_folder_are_the_same(content: dict[str, bytes], tmp_path: Path) -> None:
    for name in ("b.zip", "b"):
        archive.write(tmp_path / name, content, secret=True)
        assert archive.read(tmp_path / name) == content
    assert (tmp_path / "b.zip").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "b" / "kits" / "kit-ana.json").stat().st_mode & 0o777 == 0o600
    for name in ("b.zip", "b"):
        with pytest.raises(InvalidInput, match="exists already"):
            archive.write(tmp_path / name, content, secret=True)


def test_a_folder_that_somebody_has_packed_again_is_read(content: dict[str, bytes], tmp_path: Path) -> None:
    def fill(file: zipfile.ZipFile) -> None:
        file.writestr("kits/", b"")
        for name, data in content.items():
            file.writestr(name, data)

    assert archive.read(zipped(tmp_path, fill, compression=zipfile.ZIP_DEFLATED)) == content


def test_all_entries_of_a_zip_file_have_the_same_time(content: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(archive.pack(content))) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.namelist() == sorted(content)
        assert file.testzip() is None


NAMES = ["../x", "/x", "a/../x", "a/b/c", "a\\x", "C:x", ".x", "a/.x", "", "x ", "a//x", "con", "kits/nul.json"]
NAMES += ["x\n", "x\x00y"[:1] + "\x07", "a" * 121, "e\u0301", "\u202ex", "x.", "~x", "-x"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="no name of a file"):
        archive.require_name(name)
    with pytest.raises(InvalidInput, match="no name of a file"):
        archive.pack({name: b""})


@pytest.mark.parametrize("name", ["../x", "/x", "a/../x", "a/b/c", ".x", "con", "~x"])
def test_a_zip_file_with_such_a_name_is_refused(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path, lambda file: file.writestr(name, b"x"))
    with pytest.raises(InvalidFile, match="no name of a file"):
        archive.read(path)
    assert [each.name for each in tmp_path.iterdir()] == ["b.zip"], "nothing is unpacked"


@pytest.mark.parametrize(
    "name",
    ["ana.json", "kits/kit-ana-2.json", "kits/kit-\u0905\u0928\u093f\u0924\u093e.json", "wheel/a_b-1.0+x-py3.whl"],
)
def test_names_of_people_of_all_scripts_are_names(name: str) -> None:
    archive.require_name(name)


def test_a_file_twice_is_refused(tmp_path: Path) -> None:
    for second in ("a.json", "A.json"):
        with pytest.warns(UserWarning) if second == "a.json" else contextlib.nullcontext():

            def fill(file: zipfile.ZipFile, second: str = second) -> None:
                file.writestr("a.json", b"one")
                file.writestr(second, b"two")

            path = zipped(tmp_path, fill)
        with pytest.raises(InvalidFile, match="twice"):
            archive.read(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path, lambda file: file.writestr("a", bytes(200_000)), compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2_000
    monkeypatch.setattr(archive, "MAX_FILE", 100_000)
    with pytest.raises(InvalidFile, match="far too large"):
        archive.read(path)
    monkeypatch.setattr(archive, "MAX_TOTAL", 150_000)
    with pytest.raises(InvalidFile, match="far too large"):
        archive.read(path)
    monkeypatch.setattr(archive, "MAX_FILE", 10**9)
    many = zipped(tmp_path, lambda file: [file.writestr(f"a{n}", bytes(60_000)) for n in range(3)] and None)
    with pytest.raises(InvalidFile, match="far too large"):
        archive.read(many)


def test_a_bomb_that_lies_about_its_size_is_not_unpacked_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path, lambda file: file.writestr("a", bytes(200_000)), compression=zipfile.ZIP_DEFLATED)
    path.write_bytes(path.read_bytes().replace((200_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    monkeypatch.setattr(archive, "MAX_FILE", 100_000)
    with pytest.raises(InvalidFile, match="damaged|far too large"):
        archive.read(path)


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    with pytest.raises(InvalidFile, match="far too many"):
        archive.read(zipped(tmp_path, lambda file: [file.writestr(f"a{n}", b"") for n in range(4)] and None))


def test_links_and_what_is_encrypted_or_packed_oddly_is_refused(tmp_path: Path) -> None:
    def link(file: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("a")
        entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        file.writestr(entry, "/etc/passwd")

    with pytest.raises(InvalidFile, match="encrypted, or no file"):
        archive.read(zipped(tmp_path, link))
    with pytest.raises(InvalidFile, match="packed in a way"):
        archive.read(zipped(tmp_path, lambda file: file.writestr("a", b"x"), compression=zipfile.ZIP_BZIP2))
    path = zipped(tmp_path, lambda file: file.writestr("a", b"x"))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(InvalidFile, match="encrypted, or no file"):
        archive.read(path)


def test_a_damaged_zip_file_is_said(content: dict[str, bytes], tmp_path: Path) -> None:
    whole = archive.pack(content)
    path = tmp_path / "b.zip"
    for data in (b"", b"PK", whole[:-1], whole[: len(whole) // 2], b"\xff" * 100):
        path.write_bytes(data)
        with pytest.raises(InvalidFile, match="damaged, or no ZIP file"):
            archive.read(path)
    with pytest.raises(InvalidFile, match="cannot be read"):
        archive.read(tmp_path / "gone.zip")


def test_a_folder_has_only_files(content: dict[str, bytes], tmp_path: Path) -> None:
    archive.write(tmp_path / "b", content, secret=True)
    (tmp_path / "b" / "kits" / "x.json").symlink_to("/etc/passwd")
    with pytest.raises(InvalidFile, match="a link or a device"):
        archive.read(tmp_path / "b")
    (tmp_path / "b" / "kits" / "x.json").unlink()
    (tmp_path / "b" / ".hidden").write_text("")
    with pytest.raises(InvalidFile, match="no name of a file"):
        archive.read(tmp_path / "b")


def test_a_folder_that_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no name of a file"):
        archive.write(tmp_path / "b", {"a": b"", "b/../c": b""}, secret=True)
    assert list(tmp_path.iterdir()) == []
