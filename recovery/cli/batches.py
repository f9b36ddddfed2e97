"""What a wallet's owners sign and anybody may relay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import ChainError, InvalidInput, Refused
from . import keys as keyring
from .session import unaudited
from .words import listing

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..messages import Call
    from ..quorum import Owners
    from ..building import Transaction
    from ..signer import Signer

#: How long a signed batch is good, in seconds: time enough to be mined, and little for anything else.
BATCH_LIFE = 3600


def signed_batch(
    client: RecoveryClient,
    wallet: str,
    calls: Sequence[Call],
    summary: str,
    names: Sequence[str],
    keys: keyring.Keyring,
    acknowledged: bool,
) -> Transaction:
    """Has a wallet's owners sign a batch.

    Args:
        client: Of the chain.
        wallet: The wallet.
        calls: What it calls.
        summary: What that does, for people.
        names: Keystores of owners that sign.
        keys: What opens them.
        acknowledged: Mainnet although unaudited.

    Raises:
        RecoveryError: Somebody is no owner, or too few sign.
    """
    unaudited(client.chain_id, acknowledged)
    keystores = [keyring.find(name) for name in names]
    if len({keystore.path.resolve() for keystore in keystores}) != len(keystores):
        raise InvalidInput("--signer names the same key twice; one owner signs once.")
    owners = None
    if all(keystore.address for keystore in keystores):
        owners = current_owners(client, wallet, [_signer(keystore.address or "") for keystore in keystores])
        _require_owners(owners, [_signer(keystore.address or "") for keystore in keystores])
    accounts = [keys.open(keystore, f"signs, as owner: {summary}") for keystore in keystores]
    signers = [_signer(account.address) for account in accounts]
    if owners is None:
        owners = current_owners(client, wallet, signers)
        _require_owners(owners, signers)
    deadline = client.deadline(BATCH_LIFE)
    message = client.batch(wallet, owners, calls, deadline)
    signatures = {
        signer: bytes(account.sign_message(message.signable).signature)
        for signer, account in zip(signers, accounts, strict=True)
    }
    return client.execute(wallet, calls, deadline, owners.proof(signatures), summary)


def current_owners(client: RecoveryClient, wallet: str, guesses: Sequence[Signer] = ()) -> Owners:
    """A wallet's owners: those who are about to sign, if that fits, or else from its events.

    Most wallets have one owner, or all sign: then no old events are needed, which many nodes do not keep.
    """
    from ..quorum import Owners

    expected = client.owners_hash(wallet)
    for threshold in range(1, len(set(guesses)) + 1):
        owners = Owners.of(set(guesses), threshold)
        if owners.hash[:24] == expected:
            return owners
    try:
        return client.owners(wallet)
    except ChainError as error:
        raise ChainError(
            f"{error.message} If these keys are not all the owners, name the others' too with --signer."
            if guesses
            else error.message
        ) from error


def _require_owners(owners: Owners, signers: Sequence[Signer]) -> None:
    for signer in signers:
        if signer not in owners.signers:
            now = listing([str(owner) for owner in owners.signers])
            raise Refused(f"{signer} is not an owner of this wallet (any more). Now: {now}.")
    if len(signers) < owners.threshold:
        missing = listing([str(owner) for owner in owners.signers if owner not in signers], "or")
        raise Refused(f"{len(signers)} of {owners.threshold} owners sign. Name more of them with --signer: {missing}.")


def _signer(address: str) -> Signer:
    from ..signer import Signer

    return Signer.parse(address)
