"""The envelope of every file that people pass to each other: what it is, its version, and a checksum.

The checksum finds slips and cut-off files, not forgers: whoever reads a file derives what it claims again (hash,
signer, account, chain) and believes none of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from .errors import InvalidFile, InvalidInput

VERSION = 1
MAX_SIZE = 4 * 1024 * 1024
MAX_DEPTH = 32
_T = TypeVar("_T")

NAMES = {
    "recovery-policy": "an owner's policy file",
    "recovery-card": "a guardian's card",
    "recovery-kit": "a guardian's kit",
    "recovery-receipt": "a guardian's receipt",
    "recovery-account": "what an owner's folder says of its account",
    "recovery-schedule": "an owner's schedule",
    "recovery-request": "a request",
    "recovery-approval": "an approval",
    "recovery-unsigned": "what is to be signed offline",
    "recovery-signed": "what was signed offline",
    "recovery-intent": "a transaction under way",
    "recovery-state-proof": "a state proof",
    "recovery-history": "an account's history",
    "recovery-bundle": "what a bundle says of itself",
    "recovery-share": "a share of a secret",
    "recovery-share-set": "an owner's note of who holds which share",
    "recovery-share-challenge": "a challenge to show a share",
    "recovery-share-answer": "an answer to a challenge",
}


def dumps(kind: str, content: dict[str, Any]) -> str:
    """One line of JSON for each top-level field, in the order given, with type, version and checksum."""
    body = {"type": kind, "version": VERSION, **content}
    return json.dumps({**body, "checksum": _checksum(body)}, indent=2, ensure_ascii=False) + "\n"


def loads(text: str, kind: str, source: str = "The file") -> dict[str, Any]:
    """Reads what `dumps` has written.

    Args:
        text: The file's text.
        kind: What it has to be.
        source: How to call it in errors.

    Returns:
        Its content, without type, version and checksum.

    Raises:
        InvalidFile: Not JSON, of another kind or version, or altered.
    """
    if len(text) > MAX_SIZE:
        raise InvalidFile(f"{source} is far too large to be {NAMES[kind]}.")
    try:
        body = _decode(text)
    except (ValueError, RecursionError) as error:
        remedy = "Ask for it again."
        if kind == "recovery-policy" and source.endswith((".yaml", ".yml")):
            remedy = f"Make one of it first: recovery policy new {source}"
        raise InvalidFile(f"{source} is not {NAMES[kind]}: it is damaged or no JSON. {remedy}") from error
    if not isinstance(body, dict) or "type" not in body:
        raise InvalidFile(f"{source} is not {NAMES[kind]}.")
    if body["type"] != kind:
        found = NAMES.get(str(body["type"]), "something else")
        raise InvalidFile(f"{source} is {found}; {NAMES[kind]} is needed here.")
    if type(body.get("version")) is not int or body["version"] != VERSION:
        raise InvalidFile(
            f"{source} has version {body.get('version')}; this program reads version {VERSION}. "
            "Use the release of ape-recovery that it was made with, or a newer one."
        )
    checksum = body.pop("checksum", None)
    if checksum != _checksum(body):
        raise InvalidFile(f"{source} has been altered or cut off: its checksum is wrong. Ask for it again.")
    return {name: value for name, value in body.items() if name not in ("type", "version")}


def kind_of(text: str) -> str:
    """What a file says it is, or nothing; to be believed only as far as to choose who reads it."""
    try:
        body = _decode(text)
    except (ValueError, RecursionError):
        return ""
    return str(body.get("type", "")) if isinstance(body, dict) else ""


def parse(source: str, kind: str, content: dict[str, Any], build: Callable[[dict[str, Any]], _T]) -> _T:
    """Builds a model from a file's content, and turns whatever goes wrong into one clear error.

    Raises:
        InvalidFile: A field is missing, of another type, or refused by the model.
    """
    try:
        return build(content)
    except KeyError as error:
        raise InvalidFile(f"{source} is not {NAMES[kind]}: {error.args[0]!r} is missing.") from error
    except InvalidInput as error:
        raise InvalidFile(f"{source} cannot be right: {error.message}") from error
    except (TypeError, ValueError, AttributeError, OverflowError, IndexError) as error:
        raise InvalidFile(f"{source} cannot be right: a field has a value it cannot have.") from error


def read(path: str | Path) -> str:
    """Reads a text file.

    A file of this package may also come as frames in a text, or as a picture of QR codes (see `frames`): then it is
    put together, and what is returned is the file.

    Args:
        path: The file; `-` is standard input.

    Raises:
        InvalidFile: It is not there, not readable, not text, far too large, or frames of it are missing.
        MissingExtra: It is a picture, and what reads pictures is not installed.
    """
    from . import frames

    texts = read_texts(path)
    if isinstance(texts, str):
        if not frames.looks_like(texts):
            return texts
        texts = [texts]
    return together(texts, source_name(path))


def together(texts: Sequence[str], source: str) -> str:
    """The file whose frames are among texts.

    Args:
        texts: As `read_texts` has found them.
        source: How to call where they are from in errors.

    Raises:
        InvalidFile: Frames are missing, or there is none.
    """
    from . import frames

    collection = frames.Collection()
    try:
        for text in texts:
            collection.add(text)
        if collection.complete:
            return collection.text()
    except InvalidFile as error:
        raise InvalidFile(f"{source}: {error.message}") from error
    more = " Then put all together with: recovery scan FILE... -o FILE" if collection.missing else ""
    raise InvalidFile(f"{source} holds no whole file. {collection.shortage}{more}")


def read_texts(path: str | Path) -> str | list[str]:
    """What a file says: the text, or if it is a picture, what its QR codes say, whatever that is.

    Raises:
        InvalidFile: As `read`.
        MissingExtra: As `read`.
    """
    from . import images

    source = source_name(path)
    try:
        if source != str(path):
            data = sys.stdin.buffer.read(images.MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(images.MAX_BYTES + 1)
    except OSError as error:
        raise InvalidFile(f"{source} cannot be read: {error.strerror or error}.") from error
    if images.is_image(data):
        return images.read_image(data, source)
    if len(data) > MAX_SIZE:
        raise InvalidFile(f"{source} is far too large to be a file of ape-recovery.")
    try:
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{source} is not a text file.") from error


def source_name(path: str | Path) -> str:
    """How a file is called in errors."""
    return "Standard input" if str(path) == "-" else str(path)


def write(path: str | Path, text: str, *, secret: bool = False, replace: bool = False) -> Path:
    """Writes a text file as a whole or not at all.

    Args:
        path: Where to.
        text: What.
        secret: Readable for its owner alone (0600).
        replace: Overwrite what is there.

    Raises:
        InvalidInput: Something is there already, or the folder cannot be written.
    """
    return write_bytes(path, text.encode("utf-8"), secret=secret, replace=replace)


def write_bytes(path: str | Path, data: bytes, *, secret: bool = False, replace: bool = False) -> Path:
    """The same for a file that is no text. Folders that are missing on the way are made; if secret, with 0700.

    Raises:
        InvalidInput: As `write`.
    """
    path = Path(path)
    temporary = None
    try:
        make_folders(path.parent, secret=secret)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the start
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mode = 0o600 if secret else 0o666 & ~_umask()
        if not secret:
            with contextlib.suppress(OSError):  # some sticks and shares refuse it: then it stays readable for one
                os.chmod(temporary, mode)
        if replace:
            os.replace(temporary, path)
        else:
            _put(temporary, path, data, mode)
    except FileExistsError as error:
        raise InvalidInput(f"{path} exists already. Name another file, or move it away first.") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
    return path


def make_folders(path: Path, *, secret: bool) -> None:
    """Makes a folder and those above it, as far as they are not there.

    Args:
        path: The folder.
        secret: All that are made are for their owner alone (0700).

    Raises:
        OSError: The system refuses.
    """
    missing = [path]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for each in reversed(missing):  # `parents=True` would give those above the usual mode
        each.mkdir(mode=0o700 if secret else 0o777, exist_ok=True)


def stem(name: str) -> str:
    """A person's name as a part of a file's name: "Ana (phone)" is "ana-phone"; letters of every script stay.

    So do marks that belong to letters, without which words of some scripts cannot be read.
    """
    letters = [
        character if character.isalnum() or unicodedata.category(character).startswith("M") else "-"
        for character in unicodedata.normalize("NFC", name.casefold())
    ]
    return re.sub("-+", "-", "".join(letters)).strip("-")[:40] or "guardian"


def to_hex(data: bytes) -> str:
    """0x and lower-case digits."""
    return "0x" + data.hex()


def from_hex(text: Any, length: int | None = None) -> bytes:
    """The bytes of `to_hex`.

    Args:
        text: 0x and digits.
        length: How many bytes it must be.

    Raises:
        InvalidInput: Something else.
    """
    if not isinstance(text, str) or not text.startswith("0x"):
        raise InvalidInput("a value should be hexadecimal, beginning with 0x.")
    if not re.fullmatch(r"0x(?:[0-9a-fA-F]{2})*", text):
        raise InvalidInput("a value should be hexadecimal, beginning with 0x, two digits for each byte.")
    data = bytes.fromhex(text[2:])
    if length is not None and len(data) != length:
        raise InvalidInput(f"a value should have {length} bytes, not {len(data)}.")
    return data


def integer(value: Any) -> int:
    """A whole number that is not negative and fits into a word of the EVM.

    Raises:
        InvalidInput: Something else (also true and false).
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**256:
        raise InvalidInput("a number should be whole, not negative and below 2**256.")
    return value


def text_of(value: Any) -> str:
    """A text without control characters: it will be shown in a terminal.

    Raises:
        InvalidInput: Something else.
    """
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
        raise InvalidInput("a name should be one line of at most 200 characters.")
    return value


def boolean(value: Any) -> bool:
    """True or false.

    Raises:
        InvalidInput: Something else.
    """
    if not isinstance(value, bool):
        raise InvalidInput("a value should be true or false.")
    return value


def _checksum(body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _decode(text: str) -> Any:
    # Python's JSON decoder recurses in C. Where somebody has raised the recursion limit (py-evm does), a deep file
    # would end the whole process instead of raising an error, so depth is measured before.
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise ValueError("nested too deeply")
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands twice")
    return result


def _put(temporary: str, path: Path, data: bytes, mode: int) -> None:
    """Gives a file that is written its name, never one that is taken.

    Sticks (FAT, exFAT) and some shares know no second name for a file. There it is written again under its own: it
    is still never over another one, but whoever looks at that moment, or if the power fails, may find a part of it.

    Raises:
        FileExistsError: The name is taken.
        OSError: The system refuses, and nothing is left behind.
    """
    try:
        os.link(temporary, path)
        return
    except FileExistsError:
        raise
    except OSError:
        pass  # which error it is differs from system to system; if it was another one, it comes again
    file = open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode))  # noqa: SIM115
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(path)
        raise


def _umask() -> int:
    value = os.umask(0)
    os.umask(value)
    return value
