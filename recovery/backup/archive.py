"""A bundle on the disk: one folder, or one ZIP file of it that is the same whoever makes it.

What comes from elsewhere is read as what it may be, an attack: nothing is unpacked to the disk, names lead nowhere, and
what is packed small and huge inside is not unpacked further than a bundle is large.
"""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from .. import files
from ..errors import InvalidFile, InvalidInput
from ..new_folder import new_folder

MAX_FILES = 2_000
MAX_FILE = 32 * 1024 * 1024
MAX_TOTAL = 64 * 1024 * 1024
#: What Windows takes for a device, whatever follows after a dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_BEGINNING = (1980, 1, 1, 0, 0, 0)


def require_name(name: str) -> None:
    """Refuses a name that leads out of the bundle, or that some system takes for something else.

    Raises:
        InvalidInput: It does.
    """
    parts = name.split("/")
    if len(parts) > 2 or unicodedata.normalize("NFC", name) != name or not all(map(_is_part, parts)):
        raise InvalidInput(f"{name[:80]!r} is no name of a file in a bundle.")


def _is_part(part: str) -> bool:
    """Letters of every script with their marks, since files are called as people are; no dot at either end."""
    return (
        0 < len(part) <= 120
        and part[0].isalnum()
        and part[-1] != "."
        and all(each.isalnum() or each in "._+-" or unicodedata.category(each).startswith("M") for each in part)
        and not _DEVICES.fullmatch(part)
    )


def pack(content: Mapping[str, bytes]) -> bytes:
    """As a ZIP file: the same content gives the same bytes.

    Nothing is compressed: what a compressor makes of it differs from one version to the next.
    """
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(content):
            require_name(name)
            entry = zipfile.ZipInfo(name, _BEGINNING)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o600) << 16
            archive.writestr(entry, content[name])
    return result.getvalue()


def write(path: Path, content: Mapping[str, bytes], *, secret: bool) -> Path:
    """Writes a bundle as a whole or not at all: a ZIP file if the name ends so, otherwise a folder.

    Args:
        path: Where to; nothing must be there.
        content: Its files by name.
        secret: Readable for its owner alone.

    Raises:
        InvalidInput: Something is there already, or the place cannot be written.
    """
    if path.suffix.lower() == ".zip":
        return files.write_bytes(path, pack(content), secret=secret)
    if path.exists() or path.is_symlink():
        raise InvalidInput(f"{path} exists already. Name another folder, or move it away first.")
    with new_folder(path, secret=secret) as unfinished:
        for name in sorted(content):
            require_name(name)
            files.write_bytes(unfinished / name, content[name], secret=secret)
    return path


def read(path: Path) -> dict[str, bytes]:
    """All files of a bundle by name, whether it is a folder or a ZIP file.

    Raises:
        InvalidFile: It is no bundle, or one that nobody makes who means well.
    """
    try:
        return _read_folder(path) if path.is_dir() else _read_zip(path)
    except OSError as error:
        raise InvalidFile(f"{path} cannot be read: {error.strerror or error}.") from error


def _read_folder(path: Path) -> dict[str, bytes]:
    content: dict[str, bytes] = {}
    total = 0
    for found in sorted(path.rglob("*")):
        if found.is_dir() and not found.is_symlink():
            continue
        name = found.relative_to(path).as_posix()
        if found.is_symlink() or not found.is_file():
            raise InvalidFile(f"{path}: {name[:80]!r} is a link or a device. A bundle has only files.")
        with open(found, "rb") as file:
            data = file.read(MAX_FILE + 1)
        total += len(data)
        _take(content, str(path), unicodedata.normalize("NFC", name), data, total)  # some systems take names apart
    return content


def _read_zip(path: Path) -> dict[str, bytes]:
    content: dict[str, bytes] = {}
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_FILES:
                raise InvalidFile(f"{path} holds far too many files for a bundle.")
            for entry in entries:
                if entry.is_dir():
                    continue
                kind = stat.S_IFMT(entry.external_attr >> 16)
                if entry.flag_bits & 1 or kind not in (0, stat.S_IFREG):
                    raise InvalidFile(f"{path}: {entry.filename[:80]!r} is encrypted, or no file.")
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise InvalidFile(f"{path}: {entry.filename[:80]!r} is packed in a way that no bundle is.")
                if total + entry.file_size > MAX_TOTAL:
                    raise InvalidFile(f"{path} is far too large inside to be a bundle.")
                with archive.open(entry) as file:
                    # What it says of its own size is not believed: not a byte more is unpacked.
                    data = file.read(MAX_FILE + 1)
                total += len(data)
                _take(content, str(path), entry.filename, data, total)
    except InvalidFile:
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError) as error:
        raise InvalidFile(f"{path} is no bundle: it is damaged, or no ZIP file. Use another copy.") from error
    return content


def _take(content: dict[str, bytes], source: str, name: str, data: bytes, total: int) -> None:
    """One more file."""
    try:
        require_name(name)
    except InvalidInput as error:
        raise InvalidFile(f"{source} is no bundle: {error.message}") from error
    if len(content) >= MAX_FILES or len(data) > MAX_FILE or total > MAX_TOTAL:
        raise InvalidFile(f"{source} is far too large to be a bundle.")
    if any(each.casefold() == name.casefold() for each in content):  # one file, where case makes no difference
        raise InvalidFile(f"{source} holds {name!r} twice.")
    content[name] = data
