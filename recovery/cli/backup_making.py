"""How a secret is spread: what several commands are told about it, and the files that come of it."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .. import files
from ..errors import InvalidInput, Refused
from ..new_folder import new_folder
from .backup_notes import PART, file_of
from .session import command_line, quote, refuse_secret, require_free, say, table, warn

if TYPE_CHECKING:
    from ..backup.forms import Kind
    from ..backup.share import About, SetNote, Share
    from ..backup.shares import ShareSet
    from ..folder import Folder
    from ..plan import PolicyPlan
    from .backup_holders import Kept
    from .keys import Keyring

_F = TypeVar("_F", bound=Callable[..., Any])
_GROUP = re.compile(r"\s*([0-9]{1,2})\s*(?:of|/|-of-)\s*([0-9]{1,2})\s*")
_NOTE = "set.json"


def spreading(command: _F) -> _F:
    """Options of a command that makes shares: how many, for whom, and where to."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--group", "groups", multiple=True, required=True, metavar="RULE", help='How many are needed, as in "2 of 3".'
    ),
    click.option(
        "--group-threshold", type=click.IntRange(1, 16), metavar="N", help="Of several groups, how many it takes."
    ),
    click.option(
        "--holder", "names", multiple=True, required=True, metavar="NAME", help="Who gets the next share; repeat."
    ),
    click.option("--passphrase", is_flag=True, help="Shares are worth nothing without it. You are asked for it."),
    click.option("--guardians-too", is_flag=True, help="Holders may be guardians of yours: you know that, and why."),
    click.option(
        "--sheets",
        type=click.Choice(("a4", "letter")),
        help="Also put each share that is not sealed on paper of this size, as a PDF.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="New folder for the shares.  [default: shares-SET]",
    ),
)


@dataclass(frozen=True)
class Spread:
    """How a secret is to be spread, all of which is seen to before anything secret is asked for.

    Attributes:
        rules: For each group, how many of its shares are needed, and how many there are.
        least: Groups that are needed.
        holders: Who gets which share, in order.
        passphrase: Whether there is to be one.
        folder: The owner's folder, if there is one.
        output: Where the shares are to be written, if somebody has said so.
        sheets: The size of paper on which shares that are not sealed are put, too, or None.
    """

    rules: list[tuple[int, int]]
    least: int
    holders: list[Kept]
    passphrase: bool
    folder: Folder | None
    output: Path | None
    sheets: str | None = None

    @classmethod
    def of(cls, given: dict[str, Any], folder: Folder | None, plan: PolicyPlan | None) -> Spread:
        """From what was given.

        Args:
            given: The options of `spreading`.
            folder: The owner's folder, where cards are.
            plan: The policy whose guardians holders are compared with.

        Raises:
            InvalidInput: It makes no sense.
            Refused: A holder is a guardian too, and that was not agreed to.
        """
        from .backup_holders import kept_by, tell_fewer, tell_guardians

        for text in given["names"]:
            refuse_secret(text, "nothing secret: it is asked for")
        rules, least = _rules(given["groups"], given["group_threshold"])
        _require_names(rules, least, given["names"])
        if given["output"] is not None:
            require_free(given["output"])
        holders = kept_by(given["names"], folder, plan)
        tell_guardians(holders, plan, given["guardians_too"])
        tell_fewer(rules, least, given["names"])
        return cls(rules, least, holders, given["passphrase"], folder, given["output"], given["sheets"])

    def make(self, kind: Kind, secret: bytes, label: str, ring: Keyring) -> SetNote:
        """Makes the shares, tries them, and writes all or nothing.

        Raises:
            RecoveryError: It cannot be written, or there is nobody to ask for the passphrase.
        """
        from ..backup.forms import address_of
        from ..backup.share import About, SetNote, holders_of
        from ..backup.shares import split

        phrase = _passphrase(ring) if self.passphrase else b""
        address = address_of(kind, secret)
        made = split(secret, self.rules, self.least, phrase)
        about = About.of(made, secret, kind, label, address, bool(phrase), int(time.time()))
        names, keys = [each.name for each in self.holders], [each.age_key for each in self.holders]
        note = SetNote(about, holders_of(made, names, keys, [each.guardian is not None for each in self.holders]))
        _require_back(made, secret, phrase, about)
        target = self.output or Path(f"shares-{about.short}")
        require_free(target)
        written = _write(target, made, note, self.holders, self.folder, self.sheets)
        _said(note, written, target, self.folder)
        if self.sheets:
            _said_of_sheets(note, written)
        return note


# ----------------------------------------------------------------------------------------- what was given


def is_as_given(given: dict[str, Any], note: SetNote) -> bool:
    """Whether a set that is there already is what was asked for: its rule, its holders, and a passphrase or none.

    Raises:
        InvalidInput: What was asked for makes no sense.
    """
    rules, least = _rules(given["groups"], given["group_threshold"])
    about, names = note.about, [holder.name for holder in note.holders]
    there = (list(about.groups), about.group_threshold, names, about.passphrase)
    return there == (rules, least, list(given["names"]), given["passphrase"])


def _rules(groups: Sequence[str], group_threshold: int | None) -> tuple[list[tuple[int, int]], int]:
    from ..backup.shares import require_groups

    rules = []
    for text in groups:
        match = _GROUP.fullmatch(text)
        if match is None:
            raise InvalidInput(f'{text[:40]!r} is no rule of a group. Write how many of how many, as in "2 of 3".')
        rules.append((int(match[1]), int(match[2])))
    if group_threshold is None:
        if len(rules) > 1:
            raise InvalidInput(
                f"There are {len(rules)} groups. Say how many of them it takes, for example: "
                f"--group-threshold {len(rules)}"
            )
        group_threshold = 1
    require_groups(rules, group_threshold)
    if sum(sorted(least for least, _ in rules)[:group_threshold]) == 1:
        raise InvalidInput(
            "A single share would be the whole secret: whoever finds it has everything, and it is split for nothing. "
            'Let at least two be needed, as in --group "2 of 3".'
        )
    return rules, group_threshold


def _require_names(rules: Sequence[tuple[int, int]], group_threshold: int, names: Sequence[str]) -> None:
    from ..backup.spread import least_together

    count = sum(size for _, size in rules)
    if count != len(names):
        raise InvalidInput(
            f"There will be {count} shares, and you name {len(names)} holders. Give --holder {count} times, in the "
            "order of the groups; somebody may be named more than once."
        )
    numbers = [number for number, (_, size) in enumerate(rules, 1) for _ in range(size)]
    if least_together(rules, group_threshold, list(zip(names, numbers, strict=True))) == 1:
        raise InvalidInput(
            "One holder would have enough shares to bring the secret back alone: then it is split for nothing. Name "
            "more holders, or let more shares be needed."
        )


def _passphrase(ring: Keyring) -> bytes:
    from .keys import read_secret

    typed = read_secret(
        ring.password_fd,
        "passphrase",
        "A passphrase for the shares: without it they are worth nothing, and nobody can tell you what it was.",
        "Passphrase",
    )
    if not typed:
        raise InvalidInput("The passphrase is empty. Leave --passphrase out if there is to be none.")
    if ring.password_fd is None and read_secret(None, "passphrase", "", "The same once more") != typed:
        raise InvalidInput("These were two different passphrases. Nothing was written.")
    try:
        return typed.encode("ascii")
    except UnicodeEncodeError:
        raise InvalidInput(
            "A passphrase of SLIP-39 has letters without accents, digits, blanks and punctuation (ASCII): other "
            "characters are typed differently on other computers."
        ) from None


# ------------------------------------------------------------------------------------------------ doing it


def _require_back(made: ShareSet, secret: bytes, phrase: bytes, about: About) -> None:
    """Puts the secret together again from what was made, in several ways.

    Raises:
        Refused: It does not come back.
    """
    from ..backup.shares import State, trials

    for chosen in trials(made):
        if State(chosen).combine(phrase) != secret:
            raise Refused(
                "The shares do not bring the secret back: this is a fault in ape-recovery. Nothing was written."
            )
    if not about.check.fits(secret):
        raise Refused("The check value is not right: this is a fault in ape-recovery. Nothing was written.")


def _write(
    target: Path, made: ShareSet, note: SetNote, holders: Sequence[Kept], folder: Folder | None, sheets: str | None
) -> list[Path]:
    """All files, or none: they are written beside and moved as a whole.

    Returns:
        The file of each share, in order.

    Raises:
        InvalidInput: They cannot be written.
    """
    from ..backup.share import Share

    about = note.about
    # With the account at hand, passphrases could be tried for less than the check value costs.
    told = replace(about, address=None) if about.passphrase else about
    names = []
    with new_folder(target) as place:
        for words, holder in zip(made.all, holders, strict=True):
            share = Share(told, holder.name, holder.guardian is not None, words)
            names.append(_write_share(place, share, holder.age_key))
            if sheets and not holder.age_key:
                _write_sheet(place, share, sheets)
        if folder is None:
            files.write(place / _NOTE, note.dumps(), secret=True)
    if folder is not None:
        try:
            (folder.path / PART).mkdir(mode=0o700, exist_ok=True)
            files.write(file_of(folder.path, note), note.dumps(), secret=True)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
    return [target / name for name in names]


def _write_share(place: Path, share: Share, age_key: str) -> str:
    from ..backup.sealed import seal
    from ..backup.share import Share as Model

    text = share.dumps()
    if Model.loads(text, share.name) != share:
        raise Refused("A share cannot be read back: this is a fault in ape-recovery. Nothing was written.")
    if age_key:
        files.write_bytes(place / f"{share.name}.json.age", seal(text, [age_key]), secret=True)
        return f"{share.name}.json.age"
    written = files.write(place / f"{share.name}.json", text, secret=True)
    if Model.loads(files.read(written), written.name) != share:
        raise Refused("A share cannot be read back from the disk. Nothing was kept.")
    return written.name


def _write_sheet(place: Path, share: Share, paper: str) -> None:
    from ..sheets import share_pdf

    files.write_bytes(place / f"{share.name}.pdf", share_pdf(share, paper=paper), secret=True)


# -------------------------------------------------------------------------------------------------- words


def _said(note: SetNote, written: Sequence[Path], target: Path, folder: Folder | None) -> None:
    about = note.about
    table(
        [
            ("Set", f"{about.short}: {about.rule}, of {about.kind.words}"),
            *([("Account", about.address)] if about.address else []),
            *[
                (holder.name, f"{path}{f', sealed to {holder.sealed}' if holder.sealed else ''}")
                for holder, path in zip(note.holders, written, strict=True)
            ],
            ("Note of the set", str(file_of(folder.path, note) if folder else target / _NOTE)),
        ]
    )
    click.echo()
    say("Written. Enough of them bring the secret back: that was tried.", bold=True, colour="green")
    open_ = [holder.name for holder in note.holders if not holder.sealed]
    if open_:
        from ..explain import listing

        warn(
            f"NOT SEALED: the shares of {listing(list(dict.fromkeys(open_)))}. Whoever gets hold of enough of these "
            "files has the secret. Hand each over in person or on paper, never by mail, and then delete it. A card "
            "with an age key in your folder (recovery guardian card --age-key) has shares sealed."
        )
    if any(holder.sealed for holder in note.holders):
        say("What is sealed opens with the holder's age identity only. Ask each holder to try it now:")
        command_line("recovery backup open SHARE --identity KEYFILE")
    if about.passphrase:
        say("The passphrase stands in no file. Keep it where no share is, and tell somebody where that is.")
    if about.kind.value == "seed":
        say(
            "These shares are of the words themselves, so that the same words come back. A hardware wallet that takes "
            "SLIP-39 shares as its seed would make another wallet of them: put the words together here first. A "
            "passphrase of the seed phrase (BIP-39) is not in them: keep it as well."
        )
    say("How to put it together again:")
    command_line(f"recovery backup combine {quote(target)}/*")


def _said_of_sheets(note: SetNote, written: Sequence[Path]) -> None:
    from .backup_sheet import how_to_print

    # A share's file ends in .json, and what is sealed in .json.age: of that there is no sheet.
    open_ = [path for path in written if path.suffix == ".json"]
    click.echo()
    if open_:
        say("A PDF of each share that is not sealed lies beside it. It was read back.", bold=True, colour="green")
        how_to_print([path.with_suffix(".pdf") for path in open_], scanned=True, beside=open_)
    if any(holder.sealed for holder in note.holders):
        say("Of a sealed share only its holder can make a sheet:")
        command_line("recovery backup sheet make SHARE --identity KEYFILE")
