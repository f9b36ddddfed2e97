"""`recovery backup heal`: a fresh set, for those who remain and for new holders, in the place of an old one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import files
from ..errors import InvalidInput, Refused
from .backup_combine import gather, secret_of
from .backup_making import Spread, spreading
from .backup_notes import PART, notes_in
from .backup_sealing import IDENTITY
from .options import FILE, foldered, unlocking
from .session import command_line, quote, say, table, warn

if TYPE_CHECKING:
    from ..backup.share import About, SetNote
    from ..folder import Folder
    from .keys import Keyring


@click.command(short_help="Replace a set of shares by a fresh one")
@click.argument("sources", type=FILE, nargs=-1, metavar="[FILE]...")
@click.option("--typed", is_flag=True, help="Type the words of what is missing, until there is enough.")
@IDENTITY
@spreading
@foldered
@unlocking
def heal(
    sources: tuple[Path, ...],
    typed: bool,
    identity_files: tuple[Path, ...],
    folder: Folder,
    keys: Keyring,
    **given: Any,
) -> None:
    """Make a fresh set from the shares that are left, and give up the old one.

    For when holders are lost, silent or suspected. FILE are shares of the old set, as
    for `backup combine`; the secret is never shown or written. New and old shares do
    not go together. The old ones stay dangerous until they are destroyed, or until
    the key is replaced on-chain: what is to be done is listed.
    """
    noted = notes_in(folder.path)
    spread = Spread.of(given, folder, folder.newest if folder.policy_files() else None)
    gathered = gather(sources, typed, identity_files, [note for _, note in noted], keys)
    path, old = _replaced(folder.path, noted, gathered.about)
    secret = secret_of(gathered, old.about.kind, False, keys)
    fresh = spread.make(old.about.kind, secret, old.about.label, keys)
    if old.retired is None:
        files.write(path, old.retire(int(time.time())).dumps(), secret=True, replace=True)
    click.echo()
    _said(old, fresh, folder)


def _replaced(folder: Path, noted: list[tuple[Path, SetNote]], about: About | None) -> tuple[Path, SetNote]:
    """The note of the set whose shares these are.

    Raises:
        InvalidInput: It is not known what they are of.
        Refused: The folder knows nothing of it.
    """
    if about is None:
        raise InvalidInput(
            f"Nothing in {folder / PART} says what these words are of. Put the secret together with recovery backup "
            "combine, and split it again with recovery backup split."
        )
    for path, note in noted:
        if note.about.id == about.id:
            return path, note
    raise Refused(
        f"These shares are of set {about.short}, of which {folder / PART} knows nothing. Nothing was written."
    )


def _said(old: SetNote, fresh: SetNote, folder: Folder) -> None:
    """What is to be done about the old shares."""
    from ..backup.forms import Kind

    say(f"Set {old.about.short} is given up; in its place is set {fresh.about.short}.", bold=True)
    say("To be destroyed, on paper, on steel and as files, also in copies; ask each of them to tell you when it is:")
    table([(holder.name, f"share {holder.group}.{holder.member} of set {old.about.short}") for holder in old.holders])
    click.echo()
    if old.about.kind in (Kind.KEY, Kind.SEED):
        warn(
            f"Enough of the old shares ({old.about.rule}) still give the same key, wherever they are. If any of them "
            "may be in the wrong hands, fresh shares are not enough: replace the key on-chain, so that the old ones "
            "are worthless, and split the new key."
        )
        account = folder.note.account or "ADDR"
        command_line(
            f"recovery keys rotate {quote(account)} --new-owner ADDR --new-signer KEY --signer KEY --account KEY"
        )
    elif old.about.kind is Kind.POLICY:
        warn(
            "Enough of the old shares still give the policy secret, which says who your guardians are. Whoever has it "
            "can take nothing."
        )
    else:
        warn("Enough of the old shares still give the same secret. If they may be in the wrong hands, replace it too.")
