"""Authorizations by which a plain key's account uses a contract's code (EIP-7702): prepared, carried, and looked after.

Beside `recovery keys prepare`, `sign` and `send`, which deal with everything else that is carried to a computer
without a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InvalidInput, Refused
from .options import ADDRESS
from .session import say

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..keys.authorization import Authorization, SignedAuthorization
    from ..keys.cold import Sendable
    from .keys import Key, Keyring

#: What may stand for an address after --delegate.
WALLET, NONE = "wallet", "none"


def wanted(client: RecoveryClient, text: str, sender: str | None, own: bool) -> Authorization:
    """An authorization as the chain needs it now.

    Args:
        client: Of the chain.
        text: Whose code: an address, `wallet` for that of the deployment, or `none`.
        sender: Whose account.
        own: Whether the account itself sends the transaction that carries it: then that takes a nonce first.

    Raises:
        InvalidInput: It is not said whose account.
        Refused: There is no code at the address, or the account is a contract, or is sending something.
    """
    from ..contracts import DELEGATION
    from ..keys.authorization import NOBODY, Authorization
    from ..rpc import number, run

    if sender is None:
        raise InvalidInput("Whose account is it? Give --from with the address of the plain key.")
    code = NOBODY if text == NONE else client.deployment.wallet if text == WALLET else _address(text)
    present = client.code(sender)
    if present and not present.startswith(DELEGATION):
        raise Refused(f"{sender} is a contract, and no plain key signs for it. Nothing was written.")
    if code == NOBODY and not present:
        raise Refused(f"{sender} uses no code, so there is nothing to take back. Nothing was written.")
    if code != NOBODY and (not client.code(code) or client.code(code).startswith(DELEGATION)):
        raise Refused(f"There is no contract at {code} on this chain. Nothing was written. Is the address right?")
    count, pending = (
        run(client.web3, number("eth_getTransactionCount", sender, block, limit=2**64))
        for block in ("latest", "pending")
    )
    if count != pending:
        raise Refused(f"{sender} is sending something, which changes the number that is signed. Wait for it.")
    return Authorization(client.chain_id, code, count + own, sender)


def _address(text: str) -> str:
    return str(ADDRESS.convert(text, None, None))


def carrier(client: RecoveryClient, signed: SignedAuthorization, sender: str, cap: int | None) -> Sendable:
    """A transaction that does nothing but carry an authorization.

    Args:
        client: Of the chain.
        signed: The authorization.
        sender: Who pays.
        cap: The most to pay for a unit of gas, in wei, or None.

    Raises:
        Refused: The authorization would have no effect, or it cannot be paid for.
    """
    from ..building import SELF, Transaction
    from ..keys.authorization import GAS
    from ..keys.cold import Sendable

    require_effect(client, (signed,), sender)
    what = "no code any more" if signed.meant.revokes else f"the code of {signed.meant.code}"
    transaction = Transaction(SELF, b"", f"have {signed.authority} use {what}")
    made = client.prepare(transaction, sender, cap)
    if "maxFeePerGas" not in made:
        raise Refused("This chain has no base fee, so it does not know such transactions. Nothing was written.")
    price = tuple((name, int(made[name], 16)) for name in ("maxFeePerGas", "maxPriorityFeePerGas"))
    gas = int(made["gas"]) + GAS
    return Sendable(client.chain_id, sender, int(made["nonce"]), gas, price, transaction, (signed,))


def require_effect(client: RecoveryClient, carried: tuple[SignedAuthorization, ...], sender: str) -> None:
    """Refuses what a chain would carry out without a word, and without any effect.

    Raises:
        Refused: The nonce of an authorization is not the account's.
    """
    from ..rpc import number, run

    for each in carried:
        count = run(client.web3, number("eth_getTransactionCount", each.authority, "latest", limit=2**64))
        own = each.authority == sender
        if each.meant.nonce == count + own:
            continue
        hint = ""
        if each.meant.nonce == count + (not own):
            hint = " It was prepared to be sent by " + ("somebody else." if own else "the account itself.")
        raise Refused(
            f"The authorization has number {each.meant.nonce} of {each.authority}, and {count + own} is needed: it "
            f"would be passed over without a word.{hint} Nothing was sent. Prepare and sign another one."
        )


def said_after(client: RecoveryClient, carried: tuple[SignedAuthorization, ...]) -> None:
    """Says what code the accounts use now, as the chain has it.

    Raises:
        Refused: Another one than they should.
    """
    from ..contracts import DELEGATION

    for each in carried:
        expected = b"" if each.meant.revokes else DELEGATION + bytes.fromhex(each.meant.code[2:])
        if client.code(each.authority) != expected:
            raise Refused(f"{each.authority} does not use the code that it should. Look at it before you go on.")
        now = "is a plain key again" if each.meant.revokes else f"uses the code of {each.meant.code} now"
        say(f"{each.authority} {now}.", bold=True, colour="green")


def sign(authorization: Authorization, ring: Keyring, key: Key) -> SignedAuthorization:
    """Has a key sign an authorization.

    Raises:
        InvalidInput: It is another's key, or of a kind that cannot.
        Refused: It does not sign what it was given.
    """
    from ..keys.authorization import sign as signed_by

    signing: Any = ring.open(require_able(key), "signs an authorization, by which a contract's code rules its account")
    return signed_by(authorization, signing)


def require_able(key: Key) -> Key:
    """Refuses early what Ape's accounts are not asked for here.

    Raises:
        InvalidInput: It is an account of Ape.
    """
    from .ape_keys import ApeKey

    if isinstance(key, ApeKey):
        raise InvalidInput(
            f"{key.name} is an account of Ape, and cannot be asked here for what has to do with authorizations "
            "(EIP-7702). Use a keystore file, a key on paper, or a key in a hardware module."
        )
    return key
