"""What is carried to a computer without a network to be signed there, and what comes back. No I/O.

Out goes a transaction that lacks nothing but its signature, an authorization (EIP-7702) or an EIP-712 document; back
comes the transaction as it is sent, the authorization signed, or a signature. All are small enough for a few QR codes.
Nothing that a file says of itself is believed: who has signed, and what, follows from the signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_utils import keccak, to_checksum_address

from .. import files
from ..building import Transaction
from ..errors import InvalidFile, InvalidInput
from ..files import from_hex, integer, text_of, to_hex
from .authorization import Authorization as Authorization
from .authorization import SignedAuthorization as SignedAuthorization
from .typed import Typed as Typed

UNSIGNED, SIGNED = "recovery-unsigned", "recovery-signed"
#: Fields of a transaction's price: what the sender pays at most for a unit of gas and how much of it is the tip
#: (EIP-1559), or one price on chains that have no base fee.
_MODERN, _LEGACY = ("maxFeePerGas", "maxPriorityFeePerGas"), ("gasPrice",)


@dataclass(frozen=True, slots=True)
class Sendable:
    """A transaction that lacks nothing but its signature.

    Attributes:
        chain_id: On which chain.
        sender: Who is to sign and pay.
        nonce: The sender's nonce.
        gas: Gas limit.
        price: Its price by the names of JSON-RPC, in wei: maxFeePerGas and maxPriorityFeePerGas, or gasPrice.
        transaction: What is sent. Nobody vouches for its summary.
        authorizations: What it carries besides (EIP-7702); mostly nothing.
    """

    chain_id: int
    sender: str
    nonce: int
    gas: int
    price: tuple[tuple[str, int], ...]
    transaction: Transaction
    authorizations: tuple[SignedAuthorization, ...] = ()

    def __post_init__(self) -> None:
        names = tuple(name for name, _ in self.price)
        if names not in (_MODERN, _LEGACY):
            raise InvalidInput(
                f"a transaction has a price: {' and '.join(_MODERN)}, or {_LEGACY[0]} where there are none."
            )
        if names == _MODERN and self.price[1][1] > self.price[0][1]:
            raise InvalidInput("the tip cannot be more than what is paid at most.")
        if not 21_000 <= self.gas < 2**63 or self.nonce >= 2**64 or self.chain_id == 0:
            raise InvalidInput("the gas limit, the nonce or the chain's id cannot be right.")
        if self.authorizations and names != _MODERN:
            raise InvalidInput(f"a transaction that carries an authorization has {' and '.join(_MODERN)}.")
        if any(each.meant.chain_id != self.chain_id for each in self.authorizations):
            raise InvalidInput("an authorization is for another chain than the transaction that carries it.")

    @property
    def max_fee(self) -> int:
        """The most that is paid for a unit of gas, in wei."""
        return self.price[0][1]

    @property
    def most(self) -> int:
        """What the sender must have, in wei."""
        return self.gas * self.max_fee + self.transaction.value

    def params(self) -> dict[str, Any]:
        """As accounts sign it."""
        price: dict[str, Any] = {name: hex(value) for name, value in self.price}
        if self.authorizations:
            price |= {"type": 4, "authorizationList": [each.params() for each in self.authorizations]}
        return self.transaction.params(chainId=self.chain_id, nonce=hex(self.nonce), gas=hex(self.gas), **price)

    def says_the_same(self, other: Sendable) -> bool:
        """Whether two differ in nothing that is signed. Summaries are for people."""
        return self._signed == other._signed

    @property
    def _signed(self) -> tuple[Any, ...]:
        sent = self.transaction
        numbers = (self.chain_id, self.sender, self.nonce, self.gas, self.price)
        return (*numbers, sent.to, sent.value, sent.data, self.authorizations)

    def to_json(self) -> dict[str, Any]:
        """As a file has it."""
        return {
            "chainId": self.chain_id,
            "from": self.sender,
            "nonce": self.nonce,
            "to": self.transaction.to,
            "value": str(self.transaction.value),
            "data": to_hex(self.transaction.data),
            "gas": self.gas,
            **{name: str(value) for name, value in self.price},
            **({"authorizations": [each.to_json() for each in self.authorizations]} if self.authorizations else {}),
            "summary": self.transaction.summary,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Sendable:
        """The same again.

        Raises:
            InvalidInput: It cannot be right.
        """
        return cls(
            integer(content["chainId"]),
            address(content["from"]),
            integer(content["nonce"]),
            integer(content["gas"]),
            price_of(content),
            transaction_of(content),
            tuple(SignedAuthorization.from_json(each) for each in content.get("authorizations", [])),
        )


Unsigned = Sendable | Typed | Authorization


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction as it is sent.

    Attributes:
        raw: Signed.
        summary: What it does, in somebody's words.
        meant: What follows from `raw`: who has signed, and what.
    """

    raw: bytes
    summary: str
    meant: Sendable

    @classmethod
    def of(cls, raw: bytes, summary: str) -> SignedTransaction:
        """Decodes it.

        Raises:
            InvalidInput: It is none, is of a kind that is not made here, or its signature is none.
        """
        return cls(raw, summary, decode_transaction(raw, summary))

    @property
    def hash(self) -> bytes:
        """Its hash, 32 bytes."""
        return bytes(keccak(self.raw))


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature over an EIP-712 document.

    Attributes:
        digest: Of the document, 32 bytes.
        signer: Who has signed; whoever has the document sees whether that is so.
        signature: 65 bytes.
    """

    digest: bytes
    signer: str
    signature: bytes


Signed = SignedTransaction | Signature | SignedAuthorization


# ------------------------------------------------------------------------------------------------ files


def dump_unsigned(unsigned: Unsigned) -> str:
    """As a file."""
    if isinstance(unsigned, Sendable):
        return files.dumps(UNSIGNED, {"transaction": unsigned.to_json()})
    if isinstance(unsigned, Authorization):
        return files.dumps(UNSIGNED, {"authorization": unsigned.to_json()})
    return files.dumps(UNSIGNED, {"signer": unsigned.signer, "typedData": unsigned.document})


def load_unsigned(text: str, source: str = "The file") -> Unsigned:
    """From a file.

    Raises:
        InvalidFile: Altered, or nothing to be signed.
    """

    def build(content: dict[str, Any]) -> Unsigned:
        if "transaction" in content:
            return Sendable.from_json(content["transaction"])
        if "authorization" in content:
            return Authorization.from_json(content["authorization"])
        signer = content["signer"]
        typed = Typed(None if signer is None else address(signer), dict(content["typedData"]))
        typed.digest  # noqa: B018 - says so if it is none
        return typed

    return files.parse(source, UNSIGNED, files.loads(text, UNSIGNED, source), build)


def dump_signed(signed: Signed) -> str:
    """As a file."""
    if isinstance(signed, SignedTransaction):
        return files.dumps(SIGNED, {"transaction": to_hex(signed.raw), "summary": signed.summary})
    if isinstance(signed, SignedAuthorization):
        return files.dumps(SIGNED, {"authorization": signed.to_json()})
    return files.dumps(
        SIGNED,
        {"digest": to_hex(signed.digest), "signer": signed.signer, "signature": to_hex(signed.signature)},
    )


def load_signed(text: str, source: str = "The file") -> Signed:
    """From a file.

    Raises:
        InvalidFile: Altered, or nothing that was signed.
    """

    def build(content: dict[str, Any]) -> Signed:
        if "transaction" in content:
            return SignedTransaction.of(from_hex(content["transaction"]), text_of(content["summary"]))
        if "authorization" in content:
            return SignedAuthorization.from_json(content["authorization"])
        return Signature(
            from_hex(content["digest"], 32), address(content["signer"]), from_hex(content["signature"], 65)
        )

    return files.parse(source, SIGNED, files.loads(text, SIGNED, source), build)


def load_plain(text: str, source: str = "The file") -> tuple[Transaction, dict[str, Any]] | Typed:
    """What `--unsigned` or `--typed-data` has written: the transaction and all fields of its file, or the document.

    Raises:
        InvalidFile: It is neither.
    """
    if len(text) > files.MAX_SIZE:
        raise InvalidFile(f"{source} is far too large to be signed.")
    try:
        content = files._decode(text)
    except (ValueError, RecursionError) as error:
        raise InvalidFile(f"{source} is nothing that can be signed: it is damaged or no JSON.") from error
    try:
        if isinstance(content, dict) and "primaryType" in content:
            typed = Typed(None, content)
            typed.digest  # noqa: B018 - says so if it is none
            return typed
        if isinstance(content, dict) and {"chainId", "to", "value", "data"} <= set(content):
            for name, check in _CHECKED.items():
                if name in content:
                    check(content[name])
            return transaction_of({"summary": "", **content}), content
    except InvalidInput as error:
        raise InvalidFile(f"{source} cannot be right: {error.message}") from error
    except (TypeError, ValueError) as error:
        raise InvalidFile(f"{source} cannot be right: a field has a value it cannot have.") from error
    raise InvalidFile(
        f"{source} is nothing that can be signed here. It should be what --unsigned, --typed-data or recovery keys "
        "prepare has written."
    )


# ------------------------------------------------------------------------------------------- their parts


def transaction_of(content: dict[str, Any]) -> Transaction:
    """What is sent, from a file's fields."""
    return Transaction(
        address(content["to"]), from_hex(content["data"]), _summary(content["summary"]), wei(content["value"])
    )


def _summary(text: Any) -> str:
    """What somebody says of it, cut to what fits."""
    return text_of(text[:200] if isinstance(text, str) else text)


def price_of(content: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """Its price, from a file's fields; empty if they say none."""
    for names in (_MODERN, _LEGACY):
        if all(name in content for name in names):
            return tuple((name, wei(content[name])) for name in names)
    return ()


def address(value: Any) -> str:
    """An address from a file, with ERC-55 checksum."""
    return str(to_checksum_address(from_hex(value, 20)))


def wei(value: Any) -> int:
    """A sum from a file: decimal digits.

    Raises:
        InvalidInput: Something else.
    """
    if not isinstance(value, str) or not value.isascii() or not value.isdecimal() or len(value) > 78:
        raise InvalidInput("a sum should be written in decimal digits, as text.")
    return integer(int(value))


#: What an unsigned transaction may say besides.
_CHECKED = {"chainId": integer, "from": address, "gas": integer, "maxFeePerGas": wei}


def decode_transaction(raw: bytes, summary: str = "") -> Sendable:
    """What a signed transaction says, and who has signed it.

    Raises:
        InvalidInput: It is none, or of a kind that is not made here: with an access list or blobs, without a chain's
            id, or one that creates a contract.
    """
    import rlp  # type: ignore[import-untyped, unused-ignore]
    from eth_account import Account

    try:
        kind = raw[0] if raw[:1] in (b"\x02", b"\x04") else 0
        fields = rlp.decode(raw[1:] if kind else raw)
        price: tuple[tuple[str, int], ...]
        carried: Any = []
        if kind:
            chain, nonce, tip, maximum, gas, to, value, data, access, *rest = fields
            price = (("maxFeePerGas", _number(maximum)), ("maxPriorityFeePerGas", _number(tip)))
            chain_id = _number(chain)
            carried = rest[0] if kind == 4 else []
        else:
            nonce, single, gas, to, value, data, v, *_ = fields
            access, price = [], (("gasPrice", _number(single)),)
            chain_id = (_number(v) - 35) // 2
        usual = len(fields) == {0: 9, 2: 12, 4: 13}[kind] and bool(carried) == (kind == 4)
        if access or not usual or len(to) != 20 or chain_id < 1:
            raise InvalidInput(
                "it is a transaction of a kind that is not made here: with an access list or blobs, good on every "
                "chain, or creating a contract."
            )
        sender = str(Account.recover_transaction(raw))
        transaction = Transaction(str(to_checksum_address(to)), bytes(data), summary, _number(value))
        authorizations = tuple(SignedAuthorization.from_fields(each) for each in carried)
        return Sendable(chain_id, sender, _number(nonce), _number(gas), price, transaction, authorizations)
    except InvalidInput:
        raise
    except Exception as error:  # RLP, its fields and the signature can be wrong in many ways
        raise InvalidInput(f"it is no signed transaction ({type(error).__name__}).") from error


def _number(data: Any) -> int:
    if not isinstance(data, bytes) or data[:1] == b"\0" or len(data) > 32:
        raise ValueError("no number")
    return int.from_bytes(data, "big")
