"""`recovery backup sheet scan`: from a photo or scan of a sheet back to the share, or to the seed phrase."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidFile, InvalidInput
from .options import FILE, FOLDER, profile
from .session import command_line, quote, require_free, say, warn

if TYPE_CHECKING:
    from ..backup.share import SetNote, Share
    from ..backup.shares import Words
    from ..frames import Collection

#: Fewer words in a row are no share and no seed phrase.
_FEWEST = 12
_TRICKS = (
    "Try again by daylight, without flash, with the sheet flat and the camera straight above it, still and nearer: the "
    "square alone is enough, and a corner of it must not be missing. Only the first page of a sheet has any."
)
_TYPED = "The words can be typed, too: recovery backup combine --typed"


@click.command(short_help="Read a share back from a photo or scan of its sheet")
@click.argument("sources", type=FILE, nargs=-1, required=True, metavar="PICTURE...")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE|DIR", help="Where to write it, or them.")
@FOLDER
def scan(sources: tuple[Path, ...], output: Path | None, folder_path: Path | None) -> None:
    """Read shares back from photos or scans of their sheets, also askew, blurred or cropped.

    If only the code with the words can be read, what the owner's folder (--folder) says
    of the set makes the whole share of them again. Of a seed phrase nothing is shown; it
    is written if you give -o. Delete the pictures when you are done.
    """
    found = _Found()
    for source in sources:
        _look(found, source, alone=len(sources) == 1)
    found.put_together(_notes(folder_path))
    targets = _targets(found, output)
    _tell(found)
    if not targets and not found.phrases:
        raise InvalidInput(f"No sheet could be read. Nothing was written. {_TRICKS} {_TYPED}")
    written = {path: _write(path, target.text) for path, target in targets.items()}
    for path, new in written.items():
        say(f"{'Written to' if new else 'There already:'} {path}", bold=True, colour="green")
    if found.phrases:
        _after_phrase(output is not None)
    if found.shares or found.words:
        _after_shares(found, targets)
    warn(
        "A picture of a sheet is as secret as the sheet. Delete all of them now: here, on the phone, from its trash, "
        "and wherever it copies its photos to."
    )


# ------------------------------------------------------------------------------------------------ looking


@dataclass
class _Found:
    """What the pictures hold.

    Attributes:
        parts: Files as they come together, by their ID, with where their codes stood.
        spoken: Words of shares, with where they stood.
        shares: Shares that are whole.
        words: Words of shares of which nothing else is known.
        phrases: Seed phrases, with where they stood.
        unread: What was wrong with pictures that are of no use.
    """

    parts: dict[str, tuple[Collection, list[str]]] = field(default_factory=dict)
    spoken: dict[str, tuple[Words, list[str]]] = field(default_factory=dict)
    shares: list[tuple[Share, list[str]]] = field(default_factory=list)
    words: list[tuple[Words, list[str]]] = field(default_factory=list)
    phrases: dict[str, list[str]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def take(self, text: str, name: str) -> bool:
        """Takes what one code says; false if it is neither a frame nor words.

        Raises:
            InvalidInput: It is words that are wrong, or of a newer release.
        """
        from .. import frames
        from ..backup.shares import Words
        from ..keys.seed import COUNTS, parse_words

        if frames.looks_like(text):
            part = frames.Collection()
            part.add(text)
            collection, names = self.parts.setdefault(part.file, (part, []))
            collection.add(text)
            _once(names, name)
            return True
        if len(re.findall(r"[^\W\d_]+", text)) < _FEWEST or "://" in text:
            return False
        if len(text.split()) in COUNTS:  # no share has as many
            _once(self.phrases.setdefault(parse_words(text), []), name)
        else:
            words = Words.parse(text)
            _once(self.spoken.setdefault(words.text, (words, []))[1], name)
        return True

    def put_together(self, notes: list[SetNote]) -> None:
        """Shares of the codes, and of words with what is known of their set.

        Raises:
            InvalidFile: What was scanned is no share.
        """
        from ..backup.share import SHARE_KIND, Share

        for collection, names in self.parts.values():
            if collection.complete:
                text, where = collection.text(), " and ".join(names)
                kind = files.kind_of(text)
                if kind != SHARE_KIND:
                    raise InvalidFile(
                        f"{where}: that is {files.NAMES.get(kind, 'something else')}, and no share. Read it with: "
                        "recovery scan PICTURE"
                    )
                self.shares.append((Share.loads(text, where), names))
        whole = {share.words.text for share, _ in self.shares}
        for text, (words, names) in self.spoken.items():
            if text not in whole:
                share = _completed(words, notes)
                if share is not None:
                    self.shares.append((share, names))
                else:
                    self.words.append((words, names))


def _once(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def _look(found: _Found, source: Path, alone: bool) -> None:
    """Takes what a picture holds. One of several that is of no use is only noted: the others may do.

    Raises:
        RecoveryError: It is no picture, or the only one and of no use.
    """
    name = files.source_name(source)
    try:
        texts = files.read_texts(source)
    except InvalidFile as error:
        if alone:
            raise InvalidFile(f"{error.message} {_TRICKS} {_TYPED}") from error
        found.unread.append(error.message)
        return
    if isinstance(texts, str):
        raise InvalidFile(f"{name} is no picture but a text: give it to recovery backup combine as it is.")
    try:
        taken = [text for text in texts if found.take(text, name)]
    except InvalidInput as error:
        if alone:
            raise type(error)(f"{name}: {error.message}") from error
        found.unread.append(f"{name}: {error.message}")
        return
    if not taken:
        what = " or ".join(dict.fromkeys(map(_named, texts)))
        message = f"{name} shows {what}, and no share and no seed phrase. Photograph the first page of the sheet."
        if alone:
            raise InvalidFile(message)
        found.unread.append(message)


def _named(text: str) -> str:
    """What a code is that does not belong here, without repeating it: it may be secret."""
    if "://" in text:
        return "the address of a website"
    if re.match(r"(ethereum:)?0x[0-9a-fA-F]{40}\b", text):
        return "the address of an account"
    return "a QR code of something else"


def _notes(folder: Path | None) -> list[SetNote]:
    from .backup_notes import notes_in

    path = folder or profile().folder
    return [note for _, note in notes_in(path)] if path else []


def _completed(words: Words, notes: list[SetNote]) -> Share | None:
    """The share that these are the words of, if a note says so: it knows an address that follows from them."""
    from dataclasses import replace

    from ..backup.proving import proof_address
    from ..backup.share import Share

    for note in notes:
        about = note.about
        for holder in note.holders if about.identifier == words.identifier else ():
            if (holder.group, holder.member, holder.proof) == (words.group, words.member, proof_address(words)):
                told = replace(about, address=None) if about.passphrase else about
                return Share(told, holder.name, holder.guardian, words)
    return None


# ------------------------------------------------------------------------------------------------ telling


def _tell(found: _Found) -> None:
    """What every picture holds, and what is missing."""
    from ..frames import ranges

    for share, names in found.shares:
        place = f"share {share.words.group}.{share.words.member} of set {share.about.short}"
        say(f"{', '.join(names)}: {place}, held by {share.holder}.")
    for words, names in found.words:
        say(
            f"{', '.join(names)}: the words of share {words.group}.{words.member} of a set with number "
            f"{words.identifier}. The larger code, with what else is known of it, could not be read."
        )
    for names in found.phrases.values():
        say(f"{', '.join(names)}: a seed phrase. It is not shown.")
    for collection, names in found.parts.values():
        if not collection.complete:
            # Without words there is no share yet; with them this is only about what else the file says.
            missing = ranges(collection.missing) if collection.missing else "some"
            warn(
                f"{', '.join(names)}: code {missing} of {collection.total} of a file could not be read. Photograph "
                "that one alone, nearer, and give all pictures together."
            )
    for message in found.unread:
        warn(message)


def _after_phrase(written: bool) -> None:
    say(
        "Next: make its keys again. You are asked for the words: type them from the sheet"
        + (
            ", or from the file, and delete that when you are done:"
            if written
            else ", or give -o FILE to have them written:"
        )
    )
    command_line("recovery keys restore")


def _after_shares(found: _Found, targets: Mapping[Path, _Target]) -> None:
    """Whether there is enough of each set, and the next command."""
    from ..backup.gathering import Gathered

    sets: dict[object, Gathered] = {}
    for share, _ in found.shares:
        sets.setdefault(share.words.set, Gathered()).add(share)
    for words, _ in found.words:
        sets.setdefault(words.set, Gathered()).add(words)
    if len(sets) > 1:
        warn("These are of several sets, which do not go together. Sheets of an older set should be destroyed.")
    for number, gathered in sets.items():
        about, enough = gathered.about, gathered.state.complete
        which = "" if len(sets) == 1 else f"Set {about.short}: " if about else "Of a set that is not known: "
        say(f"{which}{gathered.state.shortage or 'That is enough to bring the secret back.'}")
        say("Next:" if enough else "Next, with the shares that are still missing:")
        named = " ".join(quote(path) for path, target in targets.items() if target.set == number)
        command_line(
            f"recovery backup combine {named}"
            + ("" if enough else " SHARE...")
            + (" --as FORM" if about is None else "")
        )
    if any(gathered.about is None for gathered in sets.values()):
        say(
            "FORM is what it was: words (a seed phrase), keystore (a key), policy-secret or hex. The sheet says it; "
            "with --folder, the owner's folder does."
        )


# ------------------------------------------------------------------------------------------------ writing


@dataclass(frozen=True)
class _Target:
    """What goes into a file.

    Attributes:
        text: All of it.
        set: SLIP-39's number of the set whose share it is, and what else tells sets apart; None for a seed phrase.
    """

    text: str
    set: object | None


def _targets(found: _Found, output: Path | None) -> dict[Path, _Target]:
    """What goes where; nothing else is there yet.

    Raises:
        InvalidInput: Something is.
    """
    made = {f"{share.name}.json": _Target(share.dumps(), share.words.set) for share, _ in found.shares}
    for words, _ in found.words:
        name = f"share-words-{words.identifier}-{words.group}-{words.member}.txt"
        made[name] = _Target(words.text + "\n", words.set)
    if output is not None:
        for number, phrase in enumerate(found.phrases, 1):
            made[f"seed-words{'' if len(found.phrases) == 1 else f'-{number}'}.txt"] = _Target(phrase + "\n", None)
    # One sheet today and another one tomorrow go into the same folder: only what is called like a file is one.
    if output is not None and output.suffix and not output.is_dir():
        if len(made) > 1:
            raise InvalidInput(f"{output} is a file, and there are {len(made)} to be written. Name a folder with -o.")
        targets = dict.fromkeys([output], *made.values()) if made else {}
    else:
        if output is not None and output.exists() and not output.is_dir():
            raise InvalidInput(f"{output} is a file. Name a folder with -o, or a file that ends with .json or .txt.")
        targets = {(output or Path()) / name: target for name, target in made.items()}
    for path, target in targets.items():
        if not _is_there(path, target.text):
            require_free(path)
    return targets


def _is_there(path: Path, text: str) -> bool:
    """Whether a file is just what it is to be: scanned twice, nothing is to be done."""
    return path.is_file() and not path.is_symlink() and path.read_bytes() == text.encode()


def _write(path: Path, text: str) -> bool:
    """Writes a file that is secret, unless it is there."""
    if _is_there(path, text):
        return False
    files.write(path, text, secret=True)
    return True
