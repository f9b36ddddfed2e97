"""Replacing a wallet's owners: keys that are in memory alone, and what is tried once the wallet has its new owners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import Refused
from .keys import Key, Signing
from .session import say, warn

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from ..building import Transaction
    from ..client import RecoveryClient
    from ..messages import Call
    from ..quorum import Owners
    from .options import Paying


@dataclass(frozen=True)
class InMemory:
    """A key that stands in no file: it was put together from shares, or drawn a moment ago.

    Attributes:
        account: The key.
    """

    account: LocalAccount = field(repr=False)

    @property
    def address(self) -> str:
        """Its address."""
        return str(self.account.address)


def opened(pay: Paying, key: Key | InMemory, purpose: str) -> Signing:
    """A key that can sign.

    Raises:
        RecoveryError: As `Keyring.open`.
    """
    if isinstance(key, InMemory):
        return key.account
    return pay.keys.open(key, purpose)


def signed_batch(
    pay: Paying,
    client: RecoveryClient,
    wallet: str,
    owners: Owners,
    calls: Sequence[Call],
    found: Sequence[Key | InMemory],
    summary: str,
    purpose: str,
) -> Transaction:
    """What relays a batch that these keys sign, as these owners.

    Raises:
        RecoveryError: A key cannot be opened, is no owner's, or they are too few.
    """
    from ..signer import Signer
    from .batches import BATCH_LIFE

    deadline = client.deadline(BATCH_LIFE)
    message = client.batch(wallet, owners, calls, deadline)
    signatures: dict[Signer, bytes] = {}
    for key in found:
        signing = opened(pay, key, purpose)
        signatures[Signer.parse(signing.address)] = bytes(signing.sign_message(message.signable).signature)
    return client.execute(wallet, calls, deadline, owners.proof(signatures), summary)


def show_refused(
    pay: Paying, client: RecoveryClient, wallet: str, owners: Owners, old: Sequence[Key | InMemory]
) -> None:
    """Has the old keys sign a harmless batch, and sees the wallet refuse it. Nothing is sent.

    Raises:
        Refused: The wallet takes it.
    """
    if len(old) < owners.threshold:
        warn(
            f"Whether the wallet refuses the old keys was not tried: {owners.threshold} had to sign together, and not "
            "so many are here. The chain says that it has other owners."
        )
        return
    try:
        _simulate(pay, client, wallet, owners, old, "is tried once more: it should be refused")
    except Refused as error:
        if error.code == "WalletUnauthorized":
            say("Tried: the wallet refuses the old keys.", colour="green")
        else:  # for another reason, which says nothing of the keys
            warn(f"Whether the wallet refuses the old keys could not be tried. {error.message}")
        return
    raise Refused(f"The wallet still takes what the old keys sign. Look at it at once: recovery wallet show {wallet}")


def show_taken(pay: Paying, client: RecoveryClient, wallet: str, owners: Owners, new: Sequence[Key | InMemory]) -> None:
    """The same with the new keys, if enough of them are here: the wallet has to take it.

    Raises:
        Refused: It does not.
    """
    if len(new) < owners.threshold:
        say("The new keys are elsewhere. See that they work: recovery heartbeat, signed with them.")
        return
    try:
        _simulate(pay, client, wallet, owners, new, "is tried: it should be taken")
    except Refused as error:
        raise Refused(
            f"The new keys own the wallet, but what they have just signed was refused: {error.message} Keep the new "
            f"keys, try again, and look at it: recovery status {wallet}"
        ) from error
    say("Tried: the wallet takes the new keys.", colour="green")


def _simulate(
    pay: Paying, client: RecoveryClient, wallet: str, owners: Owners, found: Sequence[Key | InMemory], purpose: str
) -> None:
    from .paying import NOBODY

    calls = [client.heartbeat_call()]
    client.simulate(signed_batch(pay, client, wallet, owners, calls, found, "try", purpose), NOBODY)
