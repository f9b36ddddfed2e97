"""Files as text: frames that can be sent in a message, drawn as QR codes, or read from paper.

A frame is one line of upper-case letters, digits, colons and slashes, all of which QR codes hold in their compact
alphanumeric mode:

    RECOVERY1:ID:I/N:BODY:CHECK

    RECOVERY1   the version of this format; every later one begins with RECOVERY, its number, and an ID of ten too
    ID          what is carried: the first 10 characters of base32(sha256(payload))
    I/N         the frame's number, from 1, and how many there are, at most 999; decimal
    BODY        a part of base32(payload); those of the frames 1 to N, one after another, are the whole
    CHECK       the first 6 characters of base32(sha256(ASCII of all that stands before the last colon))

Base32 is that of RFC 4648 (A-Z and 2-7) without padding. The payload is the file's JSON on one line, in UTF-8, without
white space between its tokens and with its fields in their order, compressed by zlib (RFC 1950) with the preset
dictionary `WORDS`, in ASCII. Restored, it has two spaces of indentation and a line feed at its end, as `files.dumps`
writes it.

Whoever reads frames ignores upper and lower case, white space and `>` anywhere, invisible characters, the `=` that
mail programs put at the end of a line, and whatever stands before, between and after frames. In ID, BODY and CHECK a
0 is read as O, a 1 as I and an 8 as B, which base32 does not have. The check tells which frame is damaged; the ID is
compared at the end with the hash of what has been put together, and the file has its own checksum.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import files
from .errors import InvalidFile, InvalidInput

VERSION = 1
MAX_FRAMES = 999
#: What files have in common: it need not be sent, which halves a small file. It belongs to the version of the format,
#: and must never change without it.
WORDS = (
    '"secret":"0x"changeDelay":604800,"guardians":[{"name":"","signer":"0x","number":"policyHash":"0x","path":"eta":"'
    'recovery-policy","recovery-kit","name":"","action":"cancel","veto-request","veto-change","thaw","labels":["frien'
    'ds","theft","freeze","heir"],"policy":{"changeDelay":604800,"paths":[{"openings":[null,null,{"salt":"0x"recovery'
    '-approval","version":1,"name":"","epoch":1,"digest":"0x","member":0,"opening":{"salt":"0x","weight":1,"signer":"'
    '0x"},"signature":"0x"action":"recover","chainId":11155111,"module":"0x","account":"0x","epoch":1,"label":"friend'
    's","owners":{"signers":["0x"],"threshold":1},"nonce":0,"deadline":17,"proof":{"index":0,"path":{"right":"freeze"'
    ',"ownerCancels":false,"vetoable":false,"inactivity":0,"delay":0,"window":604800,"threshold":1,"right":"veto","ri'
    'ght":"rotate","ownerCancels":false,"vetoable":false,"inactivity":31536000,"delay":604800,"window":2592000,"thres'
    'hold":1,"members":["0x"label":"","right":"rotate","guardians":[{"name":"","weight":1},{"name":"","weight":1}],"t'
    'hreshold":2,"ownerCancels":true,"vetoable":false,"inactivity":0,"delay":259200,"window":2592000},{"right":"rotat'
    'e","ownerCancels":true,"vetoable":false,"inactivity":0,"delay":259200,"window":2592000,"threshold":2,"extra":"0x'
    '0000000000000000000000000000000000000000000000000000000000000000","members":["0x"]}],"others":["0x"]},"digest":"'
    '0x","checksum":"{"type":"recovery-request","version":1,"'
)
_ID_LENGTH = 10
_CHECK_LENGTH = 6
_FRAGILE = re.compile(r"=\r?\n|[\s>\u00ad\u200b-\u200f\u2060\ufeff]+")
_START = re.compile(rf"RECOVERY([1-9][0-9]{{0,2}}):([A-Z0-9]{{{_ID_LENGTH}}}):")
_REST = re.compile(rf"([0-9]{{1,3}})/([0-9]{{1,3}}):([A-Z0-9]+):([A-Z0-9]{{{_CHECK_LENGTH}}})")
_ALIKE = str.maketrans("018", "OIB")


@dataclass(frozen=True, slots=True)
class Frame:
    """One part of a file.

    Attributes:
        file: The ID of what it is a part of.
        number: Which part, from 1.
        total: How many parts there are.
        body: The part.
    """

    file: str
    number: int
    total: int
    body: str

    @property
    def text(self) -> str:
        """As it is sent."""
        content = f"RECOVERY{VERSION}:{self.file}:{self.number}/{self.total}:{self.body}"
        return f"{content}:{_hash(content.encode(), _CHECK_LENGTH)}"


@dataclass(slots=True)
class Collection:
    """Frames of one file, as they come in: which are still missing, without any I/O.

    The same file may come in several divisions (as one text and as three pictures): any one that is whole will do.

    Attributes:
        damaged: What was found but cannot be right, in words.
    """

    damaged: list[str] = field(default_factory=list)
    _frames: dict[tuple[int, int], Frame] = field(default_factory=dict)

    def add(self, text: str) -> int:
        """Takes whatever frames stand in a text.

        Args:
            text: One frame, or many with anything between them.

        Returns:
            How many frames it holds, whether new or not.

        Raises:
            InvalidFile: Of another file than the frames before, or made by a newer release. Nothing was taken.
        """
        found, damaged = _find(text)
        for frame in found:
            known = next(iter(self._frames.values()), found[0])
            if frame.file != known.file:
                raise InvalidFile(
                    f"Two different files are mixed: {known.file} (its frame {known.number} of {known.total}) and "
                    f"{frame.file} (its frame {frame.number} of {frame.total}). Give the frames of one file at a time."
                )
        self._frames |= {(frame.total, frame.number): frame for frame in found}
        self.damaged += damaged
        return len(found)

    @property
    def file(self) -> str:
        """The ID of the file; empty if there is no frame."""
        return next((frame.file for frame in self._frames.values()), "")

    @property
    def total(self) -> int:
        """How many frames the file has, in the division that lacks the fewest; 0 if there is no frame."""
        totals = {total for total, _ in self._frames}
        return min(totals, key=lambda total: len(self._missing(total)), default=0)

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers of the frames that are still missing; empty also if there is no frame at all."""
        return self._missing(self.total)

    @property
    def complete(self) -> bool:
        """Whether every frame is there."""
        return self.total > 0 and not self.missing

    @property
    def shortage(self) -> str:
        """What is missing or damaged and what to do about it, in one sentence or two; empty if nothing is."""
        if self.complete:
            return ""
        sentences = []
        if not self._frames and not self.damaged:
            sentences.append("There is no frame of ape-recovery in it: one begins with RECOVERY1.")
        elif missing := self.missing:
            one = len(missing) == 1
            sentences.append(
                f"Frame{'' if one else 's'} {ranges(missing)} of {self.total} {'is' if one else 'are'} missing: "
                f"ask for {'it' if one else 'them'}."
            )
        if self.damaged:
            sentences.append(
                f"Damaged: {', '.join(dict.fromkeys(self.damaged))}. A character is wrong or missing there: "
                "copy it again, or ask for it again."
            )
        return " ".join(sentences)

    def text(self) -> str:
        """The file.

        Raises:
            InvalidFile: Frames are missing or damaged, or they do not make up the file that they name.
        """
        if not self.complete:
            raise InvalidFile(self.shortage)
        body = "".join(self._frames[self.total, number].body for number in range(1, self.total + 1))
        try:
            payload = base64.b32decode(body + "=" * (-len(body) % 8))
        except binascii.Error as error:
            raise _altered() from error
        if _hash(payload, _ID_LENGTH) != self.file:
            raise _altered()
        return _restore(payload)

    def _missing(self, total: int) -> tuple[int, ...]:
        return tuple(number for number in range(1, total + 1) if (total, number) not in self._frames)


def encode(text: str, capacity: int | None = None) -> list[str]:
    """A file as frames of about the same length, as few as possible.

    Args:
        text: The file's text.
        capacity: How many characters a frame may have; None for a single frame of any length.

    Returns:
        The frames, in order.

    Raises:
        InvalidInput: Not a file of this package, or too long for the capacity.
    """
    if len(text) > files.MAX_SIZE or not files.kind_of(text):
        raise InvalidInput("Only a file of ape-recovery can be made into frames, and this is none.")
    compact = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    try:
        packer = zlib.compressobj(9, zdict=WORDS.encode())
        payload = packer.compress(compact.encode("utf-8")) + packer.flush()
    except UnicodeEncodeError as error:
        raise InvalidInput("The file holds characters that are no text. Ask for it again.") from error
    name, whole = _hash(payload, _ID_LENGTH), _base32(payload)
    if capacity is None:
        return [Frame(name, 1, 1, whole).text]
    for total in range(1, MAX_FRAMES + 1):
        length = -(-len(whole) // total)
        # The last one has the longest number.
        if len(Frame(name, total, total, "A" * length).text) <= capacity:
            parts = [whole[start : start + length] for start in range(0, len(whole), length)]
            return [Frame(name, number, total, part).text for number, part in enumerate(parts, 1)]
    raise InvalidInput(
        f"The file is too long for {MAX_FRAMES} frames of {capacity} characters. Send it as a file, or as text."
    )


def decode(texts: Iterable[str]) -> str:
    """Puts a file together again.

    Args:
        texts: Frames in any order, alone or together, with anything around them.

    Returns:
        The file's text.

    Raises:
        InvalidFile: Frames are missing, damaged, mixed with those of another file, or made by a newer release.
    """
    collection = Collection()
    for text in texts:
        collection.add(text)
    return collection.text()


def looks_like(text: str) -> bool:
    """Whether a frame begins somewhere in a text. A file in JSON is none, whatever names stand in it."""
    return not text.lstrip("\ufeff \t\r\n").startswith("{") and _START.search(_squeeze(text)) is not None


def fold(frame: str, width: int = 76) -> str:
    """A frame in lines, as it is put into a message."""
    return "\n".join(frame[start : start + width] for start in range(0, len(frame), width))


def ranges(numbers: Iterable[int]) -> str:
    """1, 3-5 and 9."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    names = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _find(text: str) -> tuple[list[Frame], list[str]]:
    """The frames in a text, and those that cannot be right, in words."""
    if len(text) > files.MAX_SIZE:
        raise InvalidFile("The text is far too large to hold a file of ape-recovery.")
    squeezed = _squeeze(text)
    starts = list(_START.finditer(squeezed))
    found, damaged = [], []
    ends = [*(start.start() for start in starts), len(squeezed)][1:]
    for start, end in zip(starts, ends, strict=True):
        if int(start[1]) != VERSION:
            raise InvalidFile(
                f"It was made by a newer release of ape-recovery, with version {int(start[1])} of the format; this one "
                f"reads version {VERSION}. Install the newer one, or ask for the file itself."
            )
        # A frame ends where the next one begins, so that one that is cut off does not take the next one with it.
        rest = _REST.match(squeezed, start.end(), end)
        if rest is None:
            damaged.append("a frame")
            continue
        frame = Frame(start[2].translate(_ALIKE), int(rest[1]), int(rest[2]), rest[3].translate(_ALIKE))
        if frame.text.endswith(f":{rest[4].translate(_ALIKE)}") and 1 <= frame.number <= frame.total:
            found.append(frame)
        else:
            damaged.append(f"frame {frame.number} of {frame.total}")
    return found, damaged


def _squeeze(text: str) -> str:
    return _FRAGILE.sub("", text).upper()


def _restore(payload: bytes) -> str:
    """From the compressed line to what `files.dumps` has written."""
    stream = zlib.decompressobj(zdict=WORDS.encode())
    try:
        compact = stream.decompress(payload, files.MAX_SIZE)
        line = compact.decode("utf-8")
    except (zlib.error, UnicodeDecodeError) as error:
        raise _altered() from error
    if stream.unconsumed_tail:
        raise InvalidFile("What the frames hold is far too large to be a file of ape-recovery.")
    if not stream.eof or stream.unused_data or not files.kind_of(line):
        raise _altered()
    # Indentation can make a short line long, so the length is watched while it grows.
    pieces, size = [], 0
    for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(line)):
        pieces.append(piece)
        size += len(piece)
        if size > files.MAX_SIZE:
            raise InvalidFile("What the frames hold is far too large to be a file of ape-recovery.")
    text = "".join(pieces) + "\n"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _altered() from error
    return text


def _altered() -> InvalidFile:
    return InvalidFile("The frames do not make up the file that they name: they have been altered. Ask for them again.")


def _hash(data: bytes, length: int) -> str:
    return _base32(hashlib.sha256(data).digest())[:length]


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=")
