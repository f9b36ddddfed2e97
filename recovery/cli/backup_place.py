"""What is asked for where a key is replaced together with its shares: which wallet, which chain, which fresh shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InvalidInput, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..backup.share import SetNote
    from ..client import RecoveryClient
    from ..folder import Folder
    from .backup_making import Spread
    from .keys import Key
    from .options import Paying


@dataclass(frozen=True)
class Wanted:
    """How the fresh key is to be spread.

    Attributes:
        spread: As it was asked for; called if shares are made.
        is_met: Whether shares that an earlier run has made are as it was asked for.
    """

    spread: Callable[[], Spread]
    is_met: Callable[[SetNote], bool]


@dataclass(frozen=True)
class Place:
    """Where a key is replaced.

    Attributes:
        folder: The owner's folder.
        wallet: The wallet.
        client: Of the chain.
        pay: The options.
        payer: Who pays.
        others: Keys of other owners.
        new_owner: Who owns the wallet on another chain, as its owner has seen there; None if nobody has looked.
    """

    folder: Folder
    wallet: str
    client: RecoveryClient
    pay: Paying
    payer: Key | None
    others: list[Key]
    new_owner: str | None = None

    @classmethod
    def of(cls, folder: Folder, which: tuple[str | None, str | None], signers: Sequence[str], pay: Paying) -> Place:
        """From what was given; nothing secret is asked for before that is right.

        Args:
            folder: The owner's folder.
            which: The wallet, and who owns it on another chain, as far as they were named.
            signers: Names of other owners' keys.
            pay: The options.

        Raises:
            RecoveryError: Nobody pays, or there is no such wallet on that chain.
        """
        from ..chains import chain_name
        from . import keys

        if pay.unsigned:
            raise InvalidInput(
                "With --rotate it is sent at once, and seen to be in force: a transaction for later (--unsigned) would "
                "leave two keys of which nobody knows which one rules. Leave one of the two out."
            )
        wallet, new_owner = which
        known = folder.note.account
        if wallet and known and wallet != known:
            raise InvalidInput(f"The folder is of {known}, not of {wallet}. Leave --wallet out, or give its folder.")
        account = wallet or known
        if account is None:
            raise InvalidInput("Which wallet? The folder knows of no account yet: name it with --wallet.")
        payer, client = pay.payer(), pay.connect()
        if not client.is_wallet(account):
            raise Refused(
                f"The wallet {account} does not exist on {chain_name(client.chain_id)}. Nothing was written or sent. "
                "Choose a chain on which it does with --network."
            )
        others = [keys.find(name) for name in signers]
        if any(keys.same(one, other) for i, one in enumerate(others) for other in others[:i]):
            raise InvalidInput("--signer names the same key twice; one owner signs once.")
        return cls(folder, account, client, pay, payer, others, new_owner)
