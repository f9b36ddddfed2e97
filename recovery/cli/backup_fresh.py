"""Keys that take the place of others on-chain: which of a wallet's owners shares are of, and what follows it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files
from ..errors import Refused
from .backup_notes import notes_in

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from ..backup.forms import Kind
    from ..backup.share import SetNote
    from ..folder import Folder
    from ..quorum import Owners
    from .keys import Keyring

#: At how many accounts of a seed phrase, at each of the usual places, the owner is looked for.
SEARCHED = 20


@dataclass(frozen=True)
class Fresh:
    """A key that is to own a wallet.

    Attributes:
        address: Its account.
        note: The set that its shares are of, or None if they are not made yet.
        secret: What is split, or None if the shares cannot be read here.
        account: The key itself, or None.
    """

    address: str
    note: SetNote | None = None
    secret: bytes | None = field(default=None, repr=False)
    account: LocalAccount | None = field(default=None, repr=False)

    @classmethod
    def drawn(cls, kind: Kind, length: int) -> Fresh:
        """One that nobody has seen: of a seed phrase with as many words its first account, or else a key.

        Args:
            kind: What the old secret is.
            length: How many bytes it has.
        """
        from ..backup.forms import SEED_WORDS, Kind, entropy_of
        from ..keys.seed import new_words

        secret = entropy_of(new_words(SEED_WORDS[length])) if kind is Kind.SEED else secrets.token_bytes(length)
        account = account_of(kind, secret)
        return cls(str(account.address), None, secret, account)

    @classmethod
    def of(cls, note: SetNote, left: Sequence[tuple[SetNote, Path]], opening: list[str], ring: Keyring) -> Fresh:
        """Of a set that an earlier run has made: with the key if enough of its shares can be read here.

        Args:
            note: The set.
            left: From `left_over`.
            opening: Age identities.
            ring: Where the passphrase of the shares comes from, if there is one.

        Raises:
            RecoveryError: A share is damaged, or the passphrase is wrong.
        """
        from ..backup.gathering import Gathered
        from ..backup.share import Share
        from .backup_combine import secret_of
        from .backup_taking import from_file

        gathered = Gathered(note.about)
        for path in (path for other, where in left if other == note for path in _shares(note, where)):
            if path.suffix == ".age" and not opening:
                continue
            share = from_file(path, opening)
            if isinstance(share, Share):
                gathered.add(share)
        if not gathered.state.complete:
            return cls(str(note.about.address), note)
        secret = secret_of(gathered, note.about.kind, False, ring)
        return cls(str(note.about.address), note, secret, account_of(note.about.kind, secret))


def account_of(kind: Kind, secret: bytes) -> LocalAccount:
    """The account of a key, or the first one of a seed phrase."""
    from eth_account import Account

    from ..backup.forms import key_of

    account: LocalAccount = Account.from_key(key_of(kind, secret))
    return account


def left_over(noted: Sequence[tuple[Path, SetNote]], output: Path | None) -> list[tuple[SetNote, Path]]:
    """Sets that earlier runs have made to follow others, and whose shares are still where such a run puts them."""
    promised = {account for _, note in noted for account in note.successors}
    found = []
    for _, note in noted:
        place = output or Path(f"shares-{note.about.short}")
        if note.retired is None and note.about.address in promised and _shares(note, place):
            found.append((note, place))
    return found


def _shares(note: SetNote, place: Path) -> list[Path]:
    return sorted(
        path for ending in ("json", "json.age") for path in place.glob(f"share-{note.about.short}-*.{ending}")
    )


def promise(folder: Folder, old: SetNote, fresh: str) -> None:
    """Notes in all sets of a key which account is to take its place, before there are shares of that."""
    for path, note in notes_in(folder.path):
        if note.about.address == old.about.address:
            files.write(path, note.promised(fresh).dumps(), secret=True, replace=True)


# ------------------------------------------------------------------------------------------------ owners


def owner_among(kind: Kind, secret: bytes, owners: Owners) -> LocalAccount | None:
    """The key of a secret that owns the wallet: of a seed phrase, among the first at the places of most wallets.

    Raises:
        Refused: Several owners come from the same words.
    """
    from ..backup.forms import Kind, words_of
    from ..keys.seed import USUAL_PLACES, Places, Seed

    wanted = {signer.address for signer in owners.signers if signer.is_address}
    if kind is Kind.KEY:
        only = account_of(kind, secret)
        return only if only.address in wanted else None
    found: dict[str, LocalAccount] = {}
    with Seed.of(words_of(secret)) as seed:
        for text in USUAL_PLACES:
            for path, address in seed.addresses(Places.parse(text), SEARCHED):
                if address in wanted:
                    found[address] = seed.account(path)
    if len(found) > 1:
        raise Refused(
            f"{len(found)} owners of this wallet come from the same words: {', '.join(sorted(found))}. Nothing was "
            "written. Replace them with keys of other words: recovery keys rotate"
        )
    return next(iter(found.values()), None)


def successor(owners: Owners, gone: str, fresh: str) -> Owners:
    """The same owners, with one key in the place of another, and as many who have to sign."""
    from ..quorum import Owners
    from ..signer import Signer

    kept = [signer for signer in owners.signers if not signer.is_address or signer.address != gone]
    return Owners.of([*kept, Signer.parse(fresh)], owners.threshold)
