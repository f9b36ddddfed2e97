"""What a plain key signs so that its account uses a contract's code (EIP-7702), or no longer does. No I/O.

From then on that code rules the whole account; the key goes on working besides. Whoever has the signed authorization
can have it carried out, in a transaction of anybody, as long as the account's nonce is the one that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_keys.datatypes import Signature as KeySignature
from eth_keys.exceptions import BadSignature
from eth_utils import ValidationError, keccak, to_canonical_address, to_checksum_address

from ..errors import InvalidInput, Refused
from ..files import from_hex, integer, to_hex
from ..messages import HALF_ORDER

#: Whose code an account uses that uses nobody's.
NOBODY = "0x" + "00" * 20
#: What a transaction pays for each authorization that it carries: PER_EMPTY_ACCOUNT_COST.
GAS = 25_000
_MAGIC = b"\x05"


@dataclass(frozen=True, slots=True)
class Authorization:
    """An authorization to be signed.

    Attributes:
        chain_id: On which chain.
        code: Whose code the account is to use; the zero address for nobody's.
        nonce: The account's when it is carried out: one more than its transaction's if the account sends that itself.
        authority: Whose account it is, or None for that of whoever signs.
    """

    chain_id: int
    code: str
    nonce: int
    authority: str | None

    def __post_init__(self) -> None:
        if self.chain_id == 0:
            raise InvalidInput(
                "an authorization for chain 0 is good on every chain, also on those where somebody else decides what "
                "code is at that address. It is not signed here. Make one for each chain."
            )
        if self.nonce >= 2**64 - 1:  # EIP-7702
            raise InvalidInput("the nonce cannot be right.")

    @property
    def revokes(self) -> bool:
        """Whether the account is a plain key again."""
        return self.code == NOBODY

    @property
    def digest(self) -> bytes:
        """What is signed, 32 bytes: keccak256(0x05 ‖ rlp([chain id, address, nonce]))."""
        import rlp  # type: ignore[import-untyped, unused-ignore]

        return bytes(keccak(_MAGIC + rlp.encode([self.chain_id, to_canonical_address(self.code), self.nonce])))

    @property
    def signable(self) -> dict[str, Any]:
        """For eth-account."""
        return {"chainId": self.chain_id, "address": self.code, "nonce": self.nonce}

    def to_json(self) -> dict[str, Any]:
        """As a file has it."""
        return {**self.signable, "authority": self.authority}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Authorization:
        """The same again.

        Raises:
            InvalidInput: It cannot be right.
        """
        authority = content["authority"]
        return cls(
            integer(content["chainId"]),
            _address(content["address"]),
            integer(content["nonce"]),
            None if authority is None else _address(authority),
        )


@dataclass(frozen=True, slots=True)
class SignedAuthorization:
    """An authorization as a transaction carries it.

    Attributes:
        meant: What it says; its authority is whoever has signed.
        y_parity: Of the signature.
        r: Of the signature.
        s: Of the signature, the smaller one.
    """

    meant: Authorization
    y_parity: int
    r: int
    s: int

    @classmethod
    def of(cls, chain_id: int, code: str, nonce: int, signature: tuple[int, int, int]) -> SignedAuthorization:
        """Finds out who has signed it.

        Args:
            chain_id: On which chain.
            code: Whose code.
            nonce: The account's.
            signature: Parity, r and s.

        Raises:
            InvalidInput: It is no signature, or not one that a chain takes.
        """
        said = Authorization(chain_id, code, nonce, None)
        try:
            if signature[2] > HALF_ORDER:
                raise ValueError("the larger s")
            made = KeySignature(vrs=signature)
            authority = str(made.recover_public_key_from_msg_hash(said.digest).to_checksum_address())
        except (BadSignature, ValidationError, ValueError) as error:
            raise InvalidInput("its signature is none.") from error
        return cls(Authorization(chain_id, code, nonce, authority), *signature)

    @property
    def authority(self) -> str:
        """Whose account it is."""
        return str(self.meant.authority)

    @property
    def fields(self) -> list[Any]:
        """As a transaction's RLP has it."""
        meant = self.meant
        return [meant.chain_id, to_canonical_address(meant.code), meant.nonce, self.y_parity, self.r, self.s]

    @property
    def raw(self) -> bytes:
        """Alone in RLP, as some programs take it."""
        import rlp  # type: ignore[import-untyped, unused-ignore]

        return bytes(rlp.encode(self.fields))

    def params(self) -> dict[str, Any]:
        """As accounts sign it in a transaction."""
        return {**self.meant.signable, "yParity": self.y_parity, "r": self.r, "s": self.s}

    def to_json(self) -> dict[str, Any]:
        """As a file has it: by the names of JSON-RPC."""
        numbers = {name: to_hex(value.to_bytes(32, "big")) for name, value in (("r", self.r), ("s", self.s))}
        return {**self.meant.signable, "yParity": self.y_parity, **numbers}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> SignedAuthorization:
        """The same again.

        Raises:
            InvalidInput: It cannot be right.
        """
        r, s = (int.from_bytes(from_hex(content[name], 32), "big") for name in ("r", "s"))
        return cls.of(
            integer(content["chainId"]),
            _address(content["address"]),
            integer(content["nonce"]),
            (integer(content["yParity"]), r, s),
        )

    @classmethod
    def from_fields(cls, fields: Any) -> SignedAuthorization:
        """The same from a transaction's RLP.

        Raises:
            InvalidInput: It cannot be right.
            ValueError: Neither can it be one.
        """
        chain_id, code, *rest = fields
        if len(code) != 20 or len(rest) != 4:
            raise ValueError("no authorization")
        nonce, parity, r, s = (int.from_bytes(each, "big") for each in rest)
        return cls.of(int.from_bytes(chain_id, "big"), str(to_checksum_address(code)), nonce, (parity, r, s))


def sign(authorization: Authorization, account: Any) -> SignedAuthorization:
    """Has an account sign, and sees whether it did.

    Args:
        authorization: What.
        account: One with `sign_authorization`, as eth-account's have it.

    Raises:
        InvalidInput: It is another account.
        Refused: What it has signed is something else.
    """
    address = str(account.address)
    if authorization.authority not in (None, address):
        raise InvalidInput(f"That is the key of {address}; {authorization.authority} is to sign. Nothing was signed.")
    made = account.sign_authorization(authorization.signable)
    signature = (made.y_parity, made.r, made.s)
    try:
        signed = SignedAuthorization.of(authorization.chain_id, authorization.code, authorization.nonce, signature)
    except InvalidInput:
        signed = None
    if signed is None or signed.authority != address:
        raise Refused("The signature that was just made is not right. Nothing was written; try again.")
    return signed


def _address(value: Any) -> str:
    return str(to_checksum_address(from_hex(value, 20)))
