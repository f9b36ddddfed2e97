"""What a wallet's owners sign and anybody may relay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import foresee
from ..building import SELF, Transaction
from ..errors import ChainError, InvalidInput, Refused
from ..explain import listing
from . import keys as keyring
from .paying import is_settled, send, show_calls, unfinished
from .session import confirm, unaudited

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..messages import Call
    from ..quorum import Owners
    from ..sending import Sent
    from ..signer import Signer
    from .keys import Key
    from .options import Paying

#: How long a signed batch is good, in seconds: time enough to be mined, and little for anything else.
BATCH_LIFE = 3600


def send_as_owners(
    pay: Paying,
    client: RecoveryClient,
    wallet: str,
    calls: Sequence[Call],
    summary: str,
    signers: Sequence[str],
    payer: Key | None,
    question: str = "",
) -> Sent | None:
    """Has a wallet's owners sign a batch, and sends it.

    Args:
        pay: The options.
        client: Of the chain.
        wallet: The wallet.
        calls: What it calls.
        summary: What that does, for people.
        signers: Names of the owners' keys.
        payer: From `pay.payer()`.
        question: What to ask before anybody signs, or nothing.

    Returns:
        What was mined, or None if nothing was to be sent.

    Raises:
        RecoveryError: Somebody is no owner, too few sign, or it would fail.
    """
    from ..fees import Estimate
    from ..sending import Sending

    client.owners_hash(wallet)  # says so if it is no wallet
    foresee.usable(client.state(wallet, 0), calls, client.deployment.module)
    # Whatever can be refused is refused before anybody is asked, or types a password for nothing.
    require_none_on_its_way(client, wallet, calls, summary)
    if not signers and not pay.dry_run:
        raise InvalidInput("Which owner signs? Give --signer: a keystore file, or the alias of an Ape account.")
    keys = [keyring.find(name) for name in signers]
    if any(keyring.same(one, other) for i, one in enumerate(keys) for other in keys[:i]):
        raise InvalidInput("--signer names the same key twice; one owner signs once.")
    owners = None
    if keys and all(key.address for key in keys):
        owners = current_owners(client, wallet, [_signer(key.address or "") for key in keys])
        _require_owners(owners, [_signer(key.address or "") for key in keys])
    if pay.dry_run:
        show_calls(pay, client, wallet, list(calls), summary, payer)
        return None
    unaudited(client.chain_id, pay.acknowledged)
    gas = 0
    for call in calls:
        to = wallet if call.to == SELF else call.to
        gas += client.simulate(Transaction(to, call.data, summary, call.value), wallet)
    if pay.sends and payer and payer.address:
        fees, balance = client.fees(pay.max_fee), client.balance(payer.address)
        Sending.require_funds(Estimate(gas, gas, fees, balance, 0), payer.address)  # the least that it can take
    if question:
        confirm(question, pay.yes)
    return send(pay, client, _signed(pay, client, wallet, calls, summary, keys, owners), payer)


def require_none_on_its_way(client: RecoveryClient, wallet: str, calls: Sequence[Call], summary: str) -> None:
    """Refuses while another batch of this wallet is on its way: whichever is mined first voids the other.

    The same batch is no other one: it is gone on with.

    Raises:
        Refused: One is.
    """
    from ..sending import purpose_of

    same = purpose_of(client.chain_id, client.execute(wallet, calls, 0, b"", summary))
    for intent in unfinished():
        here = (intent.chain_id, intent.transaction.to) == (client.chain_id, wallet)
        if here and intent.purpose != same and not is_settled(client, intent):
            raise Refused(
                f"A transaction of an earlier run is still on its way, to {intent.transaction.summary}. Wait for it, "
                f"or finish it first: recovery pending --resume --account KEY. Nothing was signed or sent."
            )


def _signed(
    pay: Paying,
    client: RecoveryClient,
    wallet: str,
    calls: Sequence[Call],
    summary: str,
    keys: Sequence[Key],
    owners: Owners | None,
) -> Transaction:
    accounts = [pay.keys.open(key, f"signs, as owner: {summary}") for key in keys]
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
