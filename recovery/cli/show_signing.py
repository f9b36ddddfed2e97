"""What is to be signed, shown in words that were decoded here and not written by whoever made the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .session import table, warn

if TYPE_CHECKING:
    from ..keys.authorization import Authorization
    from ..keys.cold import Sendable, Typed

#: EIP-712 domains of what this project signs.
_OURS = ("RecoveryModule", "RecoveryWallet", "GuardianPapers", "OwnerKeys")
_TIMES = ("deadline", "time", "eta")


def show_transaction(sendable: Sendable) -> None:
    """Shows a transaction: decoded, with all that is signed besides."""
    from .. import abi
    from ..building import SELF, in_words
    from ..chains import chain_name
    from .durations import ether

    transaction = sendable.transaction
    rows = [("Chain", chain_name(sendable.chain_id)), ("From", f"{sendable.sender}, nonce {sendable.nonce}")]
    for each in sendable.authorizations:
        rows += _delegation(each.meant)
    carries = sendable.authorizations and transaction.to == SELF and not transaction.data and not transaction.value
    rows += [("Besides", "nothing")] if carries else in_words(transaction)
    if transaction.value:
        rows.append(("Sends", ether(transaction.value)))
    price = ", ".join(f"{name} {value / 10**9:.4g} gwei" for name, value in sendable.price)
    rows.append(("Fee", f"at most {ether(sendable.gas * sendable.max_fee)} (gas {sendable.gas:,}, {price})"))
    if transaction.summary:
        rows.append(("The file says", f"that it would {transaction.summary}"))
    table(rows)
    if transaction.data and abi.decoded(transaction.data) is None:
        warn(
            "This call is to no contract of ape-recovery, and what it does cannot be seen here. Sign it only if you "
            "know that from elsewhere."
        )
    for each in sendable.authorizations:
        _warn_of(each.meant)


def show_authorization(authorization: Authorization) -> None:
    """Shows an authorization (EIP-7702), and says what it means for the account."""
    from ..chains import chain_name

    who = authorization.authority or "of whoever signs"
    rows = [("Chain", chain_name(authorization.chain_id)), ("Account", f"{who}, nonce {authorization.nonce}")]
    table([*rows, *_delegation(authorization)[1:]])
    _warn_of(authorization)


def _delegation(authorization: Authorization) -> list[tuple[str, str]]:
    from ..contracts import canonical_deployment

    if authorization.revokes:
        code = "none any more: it is a plain key again"
    elif authorization.code == canonical_deployment().wallet:
        code = f"{authorization.code}, the RecoveryWallet of ape-recovery"
    else:
        code = authorization.code
    return [("Account", str(authorization.authority)), ("Uses code", code)]


def _warn_of(authorization: Authorization) -> None:
    """Says what an authorization means, in words that nobody can take for less."""
    from ..contracts import canonical_deployment

    if authorization.revokes:
        warn(
            "The account is a plain key again. Its guardians can no longer bring anybody back into it, and whatever "
            "else the code did, such as limits or other owners, is over."
        )
        return
    warn(
        "From then on that code rules the whole account: it can move everything that the account has, now and later, "
        "until another authorization takes its place. The key goes on working besides, so this does not help against "
        "somebody who has it."
    )
    if authorization.code != canonical_deployment().wallet:
        warn(
            "This is not the RecoveryWallet that this program knows, and what that code does cannot be seen here. Sign "
            "it only if you know that from elsewhere: this is how whole accounts are stolen."
        )


def show_typed(typed: Typed) -> None:
    """Shows an EIP-712 document: all of its fields, and the calls of a wallet's batch decoded."""
    from ..building import call_in_words
    from ..chains import chain_name
    from ..files import from_hex
    from ..keys import rotation
    from ..messages import TYPES, Call

    document = typed.document
    domain, message, kind = document["domain"], document["message"], str(document["primaryType"])
    known = {**TYPES, **rotation.TYPES}
    ours = domain.get("name") in _OURS and all(
        known.get(name) == fields for name, fields in document["types"].items() if name != "EIP712Domain"
    )
    rows = [("Message", f"{_clean(kind)} of {_clean(domain.get('name', 'nobody'))}")]
    if str(domain.get("chainId", "")).isdecimal():
        rows.append(("Chain", chain_name(int(domain["chainId"]))))
    rows += [(_clean(name), _clean(value)) for name, value in domain.items() if name not in ("name", "chainId")]
    if ours and kind == "Batch":
        for call in message["calls"]:
            rows += call_in_words(Call(call["to"], int(call["value"]), from_hex(call["data"])))
        message = {name: value for name, value in message.items() if name != "calls"}
    rows += _fields("", message)
    table(rows)
    if not ours:
        warn(
            "This is no message of ape-recovery. Some messages give away all that an account has, such as permits and "
            "orders: sign it only if you know what it is."
        )


def _fields(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """All values below, by where they stand."""
    from ..explain import when

    if isinstance(value, Mapping):
        for inner, each in value.items():
            yield from _fields(f"{name}.{inner}" if name else str(inner), each)
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from _fields(f"{name}[{position}]", each)
    elif name in _TIMES and str(value).isdecimal() and int(value) < 2**40:
        yield name, when(int(value))
    else:
        yield _clean(name), _clean(value)


def _clean(value: Any) -> str:
    """Without what would move the cursor, or be seen in another order than it stands."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(value))
