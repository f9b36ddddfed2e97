"""Shares as commands take them: from files and pictures, sealed or not, and as words that somebody types."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidFile, InvalidInput, Refused
from .backup_sealing import identities, read_bytes
from .session import refuse_secret, say, warn

if TYPE_CHECKING:
    from ..backup.gathering import Gathered
    from ..backup.share import SetNote, Share
    from ..backup.shares import Words
    from .keys import Keyring

#: Whoever types so many in the place of a file's name has typed a secret.
FEWEST_WORDS = 12


def gather(
    sources: tuple[Path, ...], typed: bool, identity_files: tuple[Path, ...], notes: list[SetNote], ring: Keyring
) -> Gathered:
    """Takes shares from files and from whoever types them, until there is enough.

    Args:
        sources: Files.
        typed: Whether words are typed.
        identity_files: What opens sealed shares.
        notes: What is known of sets; those among the files are added.
        ring: Where typed words come from.

    Raises:
        RecoveryError: There is not enough, or something that does not belong to it.
    """
    if not sources and not typed:
        raise InvalidInput("Which shares? Name their files, or type their words with --typed.")
    gathered = _from_files(sources, identities(identity_files) if identity_files else [], notes)
    _look_up(gathered, notes)
    if typed:
        _take_typed(gathered, ring, notes)
    if not gathered.state.complete:
        raise Refused(
            f"{gathered.state.shortage} Nothing was written. Find more shares, or add --typed for those on paper."
        )
    return gathered


def _from_files(sources: tuple[Path, ...], opened: list[str], notes: list[SetNote]) -> Gathered:
    """Takes what the files hold. Notes of sets that are among them are kept for later.

    Returns:
        The shares of one set. Those of others are left out, and that is said.

    Raises:
        RecoveryError: A file is none, or is needed and does not open; or it is not clear which set is meant.
    """
    from ..backup.gathering import Sorted
    from ..backup.share import SetNote

    found, locked = Sorted(), []
    for source in sources:
        name = files.source_name(source)
        try:
            share = from_file(source, opened)
        except Locked as error:
            locked.append(error)
            continue
        if isinstance(share, SetNote):
            say(f"{name}: the owner's note of a set, which holds no share.")
            notes.append(share)
            continue
        try:
            gathered, taken = found.add(share, name)
        except InvalidInput as error:
            raise InvalidInput(f"{name}: {error.message}") from error
        _told(gathered, name if len(found.sets) == 1 else f"{name} ({gathered.name})", taken)
    if locked and not found.complete:
        raise locked[0]
    meant = found.meant()
    for other in found.sets:
        if other is not meant:
            warn(f"Left out, being of {other.name}, while enough are of {meant.name}: {', '.join(other.sources)}.")
    for left in locked:
        say(f"{left.name}: sealed, and not needed.")
    return meant


class Locked(InvalidInput):
    """A share is sealed, and nobody has given an identity."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is sealed. Give --identity with the age identity of its holder.")
        self.name = name


def _told(gathered: Gathered, name: str, taken: bool) -> None:
    what = "taken" if taken else "the same share once more, which counts once"
    say(f"{name}: {what}. {gathered.state.shortage or 'That is enough.'}")


class SeedPhrase(InvalidInput):
    """Somebody has taken a whole seed phrase for a share."""

    def __init__(self) -> None:
        super().__init__(
            "This is a seed phrase, no share: it needs no others. Keys come of it with: recovery keys restore"
        )


def _parsed(text: str) -> Words:
    """The words of a share.

    Raises:
        InvalidInput: They are none.
    """
    from ..backup.forms import entropy_of
    from ..backup.shares import Words

    try:
        return Words.parse(text)
    except InvalidInput as error:
        try:
            entropy_of(text)
        except InvalidInput:
            raise error from None
        raise SeedPhrase() from None


def from_file(path: Path, opened: list[str]) -> Share | Words | SetNote:
    """A share, the words of one, or the note of a set.

    Raises:
        RecoveryError: Neither, or it does not open.
    """
    from ..backup import sealed
    from ..backup.share import SET_KIND, SetNote, Share

    _require_no_words(path)
    source = files.source_name(path)
    if str(path) != "-":
        data = read_bytes(path)
        if sealed.is_sealed(data):
            if not opened:
                raise Locked(source)
            return Share.loads(sealed.unseal(data, opened, source), source)
    text = _read(path, source)
    kind = files.kind_of(text)
    if kind == SET_KIND:
        return SetNote.loads(text, source)
    if not kind and text.split() and not text.lstrip().startswith(("{", "[")):
        try:
            return _parsed(text)
        except SeedPhrase as error:
            raise InvalidFile(f"{source}: {error.message}") from None
        except InvalidInput as error:
            raise InvalidFile(f"{source} is no share, and its words are none either. {error.message}") from None
    return Share.loads(text, source)


def _read(path: Path, source: str) -> str:
    """A file, or what codes in a picture say together. Of a sheet, the code with the words alone will do.

    Raises:
        InvalidFile: Neither a whole file nor words.
    """
    from .. import frames

    texts = files.read_texts(path)
    if isinstance(texts, str) and not frames.looks_like(texts):
        return texts
    texts = [texts] if isinstance(texts, str) else texts
    try:
        return files.together(texts, source)
    except InvalidFile:
        words = [text for text in texts if not frames.looks_like(text)]
        if len(words) != 1:
            raise
        return words[0]


def _require_no_words(path: Path) -> None:
    """Refuses a secret in the place of a file's name, without showing it.

    Raises:
        InvalidInput: It looks like one.
    """
    refuse_secret(str(path), "the name of a file")
    if len(str(path).split()) >= FEWEST_WORDS and not path.exists():
        raise InvalidInput(
            "That looks like the words of a share, and was not used. They do not go on the command line: the shell "
            "keeps what you type, and others on this computer can read it. Give --typed, and type them when you are "
            "asked. Take this share for known to others."
        )


def _take_typed(gathered: Gathered, ring: Keyring, notes: list[SetNote]) -> None:
    """Takes words that somebody types until there is enough.

    Raises:
        RecoveryError: Words from a descriptor are wrong; at a prompt they are asked for again.
    """
    from .keys import read_secret

    while not gathered.state.complete:
        typed = read_secret(
            ring.password_fd,
            "line with the words of a share",
            f"{gathered.state.shortage} Type the words of a share; they are not shown. Four letters of each will do.",
            "Words",
        )
        try:
            taken = gathered.add(_parsed(typed))
        except InvalidInput as error:
            if ring.password_fd is not None:
                raise
            click.echo(error.message, err=True)
            continue
        _look_up(gathered, notes)
        _told(gathered, "Typed", taken)


def _look_up(gathered: Gathered, notes: list[SetNote]) -> None:
    """What notes say of the set: words alone do not say what they are of, and a passphrase leaves out the account."""
    from dataclasses import replace

    first = next(iter(gathered.state.shares), None)
    for note in notes if first else ():
        about = gathered.about
        alike = about is None and first is not None and note.about.identifier == first.identifier
        if alike or (about is not None and replace(note.about, address=None) == replace(about, address=None)):
            gathered.about = note.about
