"""`recovery backup heal`: a fresh set in the place of an old one, and with --rotate a fresh key."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import files
from ..errors import InvalidInput, Refused
from .backup_combine import secret_of
from .backup_making import Spread, spreading
from .backup_notes import PART, notes_in
from .backup_sealing import IDENTITY, identities
from .backup_taking import gather
from .options import ADDRESS, FILE, Paying, foldered, owning, sending
from .session import command_line, quote, warn

if TYPE_CHECKING:
    from ..backup.share import About, SetNote
    from ..folder import Folder
    from ..plan import PolicyPlan


@click.command(short_help="Replace a set of shares by a fresh one, with a fresh key")
@click.argument("sources", type=FILE, nargs=-1, metavar="[FILE]...")
@click.option("--typed", is_flag=True, help="Type the words of what is missing, until there is enough.")
@IDENTITY
@click.option("--rotate", is_flag=True, help="Also replace the key on-chain: old shares do not open the wallet then.")
@click.option("--wallet", type=ADDRESS, metavar="ADDR", help="With --rotate: which.  [default: the folder's]")
@click.option(
    "--new-owner", type=ADDRESS, metavar="ADDR", help="With --rotate, on a further chain: the key it has elsewhere."
)
@spreading
@foldered
@owning
@sending
def heal(
    sources: tuple[Path, ...],
    typed: bool,
    identity_files: tuple[Path, ...],
    rotate: bool,
    wallet: str | None,
    new_owner: str | None,
    folder: Folder,
    signers: tuple[str, ...],
    pay: Paying,
    **given: Any,
) -> None:
    """Make a fresh set from the shares that are left, and give up the old one.

    For when holders are lost, silent or suspected. FILE are shares of the old set, as
    for `backup combine`; the secret is never shown or written. For a key or seed
    phrase give --rotate: a fresh key is drawn and split, and the wallet is given to
    it, so that the old shares do not open it any more. Other owners sign with --signer.

    Without --rotate the fresh shares are of the same secret, and the old ones stay
    dangerous until they are destroyed. What is to be done is listed.
    """
    noted = notes_in(folder.path)
    plan = folder.newest if folder.policy_files() else None
    if rotate:
        _with_key(sources, typed, identity_files, (wallet, new_owner), folder, signers, pay, given, noted, plan)
        return
    if wallet or new_owner or pay.dry_run or pay.unsigned:
        raise InvalidInput(
            "Without --rotate nothing is sent: --wallet, --new-owner, --dry-run and --unsigned go with it."
        )
    spread = Spread.of(given, folder, plan)
    gathered = gather(sources, typed, identity_files, [note for _, note in noted], pay.keys)
    path, old = _replaced(folder.path, noted, gathered.about)
    _require_worth(old, folder)
    secret = secret_of(gathered, old.about.kind, False, pay.keys)
    fresh = spread.make(old.about.kind, secret, old.about.label, pay.keys)
    if old.retired is None:
        old = old.retire(int(time.time()))
        files.write(path, old.dumps(), secret=True, replace=True)
    click.echo()
    _said(old, fresh, folder, _taken(sources, typed, identity_files), given)


def _with_key(
    sources: tuple[Path, ...],
    typed: bool,
    identity_files: tuple[Path, ...],
    which: tuple[str | None, str | None],
    folder: Folder,
    signers: tuple[str, ...],
    pay: Paying,
    given: dict[str, Any],
    noted: list[tuple[Path, SetNote]],
    plan: PolicyPlan | None,
) -> None:
    """Replaces the key as well.

    Raises:
        RecoveryError: It cannot be done.
    """
    from ..backup.forms import Kind
    from .backup_fresh import left_over
    from .backup_making import is_as_given
    from .backup_place import Place, Wanted
    from .backup_renewing import renew

    left = left_over(noted, given["output"])
    # Where an earlier run has left its shares this one goes on with them, and makes none if it can.
    spread = None if left else Spread.of(given, folder, plan)
    place = Place.of(folder, which, signers, pay)
    gathered = gather(sources, typed, identity_files, [note for _, note in noted], pay.keys)
    _, old = _replaced(folder.path, noted, gathered.about)
    if old.about.kind not in (Kind.KEY, Kind.SEED):
        raise InvalidInput(f"These are shares of {old.about.kind.words}, which owns no wallet. Leave --rotate out.")
    secret = secret_of(gathered, old.about.kind, False, pay.keys)
    opening = identities(identity_files) if identity_files else []
    wanted = Wanted(lambda: spread or Spread.of(given, folder, plan), lambda note: is_as_given(given, note))
    renew(place, old, secret, wanted, left, opening)


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
            if replace(note.about, address=None) != replace(about, address=None):
                raise Refused(
                    f"{path} and the shares say different things of set {about.short}: one of them was altered. "
                    "Nothing was written. Put the secret together without the folder: recovery backup combine"
                )
            return path, note
    raise Refused(
        f"These shares are of set {about.short}, of which {folder / PART} knows nothing. Nothing was written."
    )


def _require_worth(old: SetNote, folder: Folder) -> None:
    """Refuses fresh shares of a key that owns the wallet nowhere: they would look as if they opened it.

    Raises:
        Refused: It owns none any more.
    """
    from ..chains import chain_names
    from .rotated import elsewhere

    if old.replaced_on and not elsewhere(folder, old):
        raise Refused(
            f"The key of set {old.about.short} was replaced on {chain_names(old.replaced_on)}: fresh shares of it "
            "would not open the wallet. Nothing was written. If it opens something else, put it together with recovery "
            "backup combine, and split it again without your folder."
        )


def _taken(sources: tuple[Path, ...], typed: bool, identity_files: tuple[Path, ...]) -> list[str]:
    """Where the shares came from, as words of a command line."""
    words = [quote(source) for source in sources]
    words += [f"--identity {quote(path)}" for path in identity_files]
    return [*words, "--typed"] if typed else words


def _said(old: SetNote, fresh: SetNote, folder: Folder, taken: list[str], given: dict[str, Any]) -> None:
    """What is to be done about the old shares."""
    from ..backup.forms import Kind
    from .rotated import to_destroy

    to_destroy([old], folder, f"in its place is set {fresh.about.short}.")
    click.echo()
    if old.about.kind in (Kind.KEY, Kind.SEED):
        warn(
            f"Enough of the old shares ({old.about.rule}) still give the same key, wherever they are, and that key "
            "still opens the account. If any of them may be in the wrong hands, fresh shares are not enough: replace "
            "the key on-chain, so that the old ones are worthless."
        )
        if folder.note.account:
            command_line(_with_rotate(taken, folder, given))
    elif old.about.kind is Kind.POLICY:
        warn(
            "Enough of the old shares still give the policy secret, which says who your guardians are. Whoever has it "
            "can take nothing."
        )
    else:
        warn("Enough of the old shares still give the same secret. If they may be in the wrong hands, replace it too.")


def _with_rotate(taken: list[str], folder: Folder, given: dict[str, Any]) -> str:
    """The same command with --rotate."""
    words = ["recovery backup heal", *taken, "--rotate"]
    words += [f"--group {quote(group)}" for group in given["groups"]]
    words += [f"--group-threshold {given['group_threshold']}"] if given["group_threshold"] else []
    words += [f"--holder {quote(name)}" for name in given["names"]]
    words += ["--passphrase"] if given["passphrase"] else []
    words += ["--guardians-too"] if given["guardians_too"] else []
    words += [f"--sheets {given['sheets']}"] if given["sheets"] else []
    return " ".join([*words, f"--folder {quote(folder.path)}", "--account KEY", "--network URL"])
