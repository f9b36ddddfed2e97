"""An EIP-712 document to be signed: shown whole, or not signed. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_utils import keccak

from ..errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Typed:
    """An EIP-712 document to be signed.

    Attributes:
        signer: Who is to sign, or None for whoever it is given to.
        document: As wallets take it.
    """

    signer: str | None
    document: dict[str, Any]

    @property
    def signable(self) -> Any:
        """For eth-account.

        Raises:
            InvalidInput: It is none, or contradicts itself.
        """
        from eth_account.messages import encode_typed_data

        document = self.document
        if set(document) != {"types", "primaryType", "domain", "message"}:
            raise InvalidInput("an EIP-712 document has types, primaryType, domain and message, and nothing else.")
        try:
            # What is shown must be what is signed: a value without a type would be shown, and left out of the hash.
            _require_typed(document["types"], "EIP712Domain", document["domain"])
            _require_typed(document["types"], document["primaryType"], document["message"])
            return encode_typed_data(full_message=document)
        except InvalidInput:
            raise
        except Exception as error:  # eth-account raises whatever the value at fault made go wrong
            raise InvalidInput(f"it is no EIP-712 document that can be signed ({type(error).__name__}).") from error

    @property
    def digest(self) -> bytes:
        """What is signed, 32 bytes."""
        message = self.signable
        return bytes(keccak(b"\x19" + message.version + message.header + message.body))

    def signed_by(self, signature: bytes) -> str | None:
        """Whose signature it is, or None if it is none."""
        from eth_account import Account

        from ..messages import HALF_ORDER

        if len(signature) != 65 or signature[64] not in (27, 28):
            return None
        if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
            return None
        try:
            return str(Account.recover_message(self.signable, signature=signature))
        except InvalidInput:
            raise
        except Exception:  # whatever eth-keys dislikes about it, it is no signature
            return None


def _require_typed(types: Any, kind: str, value: Any) -> None:
    """Refuses values that no type speaks of, all the way down."""
    base, _, array = kind.partition("[")
    if array:
        for each in value:
            _require_typed(types, kind[: kind.rindex("[")], each)
        return
    if base not in types:
        return
    names = {field["name"]: field["type"] for field in types[base]}
    if not isinstance(value, dict) or set(value) != set(names):
        raise InvalidInput(f"what it says does not fit its type {base}: a field is missing, or one too many.")
    for name, inner in names.items():
        _require_typed(types, inner, value[name])
