"""What guardians give: a card with who they are, and receipts for their kits."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from eth_utils import to_checksum_address

from . import files
from .errors import InvalidInput
from .files import from_hex, integer, text_of, to_hex
from .kit import Kit
from .messages import Message, guardian_card, guardian_receipt
from .policy import DAY
from .signer import Signer

CARD_KIND = "recovery-card"
RECEIPT_KIND = "recovery-receipt"
#: How far ahead a guardian's clock may be before what it says is not believed, in seconds.
CLOCK_ERROR = DAY
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class Statement(Enum):
    """What a guardian says of their kit, in the words that are signed."""

    HOLDS = "I hold this kit, I can read it, and I will help."
    RESIGNS = "I resign. Do not count on me as a guardian any more."


@dataclass(frozen=True, slots=True)
class Card:
    """Who a guardian is, in their own words, signed by their own key.

    It names no account: the same card can be given to several owners.

    Attributes:
        name: Their name.
        signer: Who acts for them.
        contact: How they are reached, or nothing.
        age_key: Their age recipient (`age1…`), to which shares can be sealed, or nothing.
        time: When they said so, in seconds since 1970, by their own clock.
        signature: Over `message`; empty if a contract has approved the digest on-chain.

    Raises:
        InvalidInput: A name of no or of more than 60 characters, more than one line, an age key with a slip in it, or
            a secret one anywhere.
    """

    name: str
    signer: Signer
    contact: str
    age_key: str
    time: int
    signature: bytes = b""

    def __post_init__(self) -> None:
        if any("AGE-SECRET-KEY" in text.upper() for text in (self.name, self.contact, self.age_key)):
            raise InvalidInput(
                "This is a secret key of age, which nobody should see: give the recipient that belongs to it, which "
                "begins with age1. `age-keygen -y KEYFILE` prints it."
            )
        if not 1 <= len(self.name) <= 60 or self.name != self.name.strip() or not self.name.isprintable():
            raise InvalidInput("A guardian's name is one line of 1 to 60 characters, without blanks around it.")
        if len(self.contact) > 200 or not self.contact.isprintable():
            raise InvalidInput("How a guardian is reached is one line of at most 200 characters.")
        if self.age_key and not _is_age_key(self.age_key):
            raise InvalidInput(
                "This is not an age recipient: it should begin with age1 and have 62 characters. Copy it again; "
                "`age-keygen -y KEYFILE` prints it."
            )

    @property
    def message(self) -> Message:
        """What is signed."""
        return guardian_card(self.name, self.signer, self.contact, self.age_key, self.time)

    @property
    def is_signed_by_key(self) -> bool:
        """Whether the signer's own key has signed it. Contracts and verifiers have to be asked on a chain."""
        return self.message.is_signed_by_key(self.signer, self.signature)

    def signed(self, signature: bytes) -> Card:
        """The same with a signature."""
        return replace(self, signature=signature)

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            CARD_KIND,
            {
                "name": self.name,
                "signer": str(self.signer),
                "contact": self.contact,
                "ageKey": self.age_key,
                "time": self.time,
                "signature": to_hex(self.signature),
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The card") -> Card:
        """From a file. Whether its signature is good is for the reader to check.

        Raises:
            InvalidFile: Altered, or not a card.
        """
        return files.parse(source, CARD_KIND, files.loads(text, CARD_KIND, source), cls._build)

    @classmethod
    def _build(cls, content: dict[str, Any]) -> Card:
        return cls(
            text_of(content["name"]),
            Signer.parse(content["signer"]),
            text_of(content["contact"]),
            text_of(content["ageKey"]),
            integer(content["time"]),
            from_hex(content["signature"]),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a guardian says of their kit: that they hold it (at first, and once a year), or that they resign.

    It names commitments, which everybody can see, and not the policy: replacing one guardian leaves the receipts of
    the others good, as it leaves their openings good.

    Attributes:
        statement: What is said.
        name: What the owner calls them. It is not signed.
        signer: Who says it.
        module: The account's module.
        account: Whose guardian they are.
        commitments: What their kit opens, 32 bytes each, sorted.
        time: When, in seconds since 1970, by their own clock.
        signature: Over `message`; empty if a contract has approved the digest on-chain.
    """

    statement: Statement
    name: str
    signer: Signer
    module: str
    account: str
    commitments: tuple[bytes, ...]
    time: int
    signature: bytes = b""

    def __post_init__(self) -> None:
        if not self.commitments or list(self.commitments) != sorted(set(self.commitments)):
            raise InvalidInput("a receipt is for at least one commitment; they are sorted, each of them once.")

    @classmethod
    def of(cls, statement: Statement, kit: Kit, time: int) -> Receipt:
        """For a kit, not signed yet.

        Raises:
            InvalidInput: The kit opens nothing, or for several signers.
        """
        signers = {opening.signer for opening in kit.openings if opening}
        if len(signers) != 1:
            raise InvalidInput(
                "This kit is of no single guardian, so nobody can sign for it. Ask the owner for a new one."
            )
        return cls(statement, kit.name, signers.pop(), kit.module, kit.account, kit.commitments, time)

    @property
    def message(self) -> Message:
        """What is signed."""
        return guardian_receipt(self.statement.value, self.account, self.module, self.commitments, self.time)

    @property
    def is_signed_by_key(self) -> bool:
        """Whether the signer's own key has signed it. Contracts and verifiers have to be asked on a chain."""
        return self.message.is_signed_by_key(self.signer, self.signature)

    def signed(self, signature: bytes) -> Receipt:
        """The same with a signature."""
        return replace(self, signature=signature)

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            RECEIPT_KIND,
            {
                "statement": self.statement.name.lower(),
                "name": self.name,
                "signer": str(self.signer),
                "module": self.module,
                "account": self.account,
                "commitments": [to_hex(commitment) for commitment in self.commitments],
                "time": self.time,
                "signature": to_hex(self.signature),
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The receipt") -> Receipt:
        """From a file. Whether its signature is good is for the reader to check.

        Raises:
            InvalidFile: Altered, or not a receipt.
        """
        return files.parse(source, RECEIPT_KIND, files.loads(text, RECEIPT_KIND, source), cls._build)

    @classmethod
    def _build(cls, content: dict[str, Any]) -> Receipt:
        statements = {statement.name.lower(): statement for statement in Statement}
        if content["statement"] not in statements:
            raise InvalidInput(f"a receipt says one of {', '.join(statements)}.")
        return cls(
            statements[content["statement"]],
            text_of(content["name"]),
            Signer.parse(content["signer"]),
            str(to_checksum_address(from_hex(content["module"], 20))),
            str(to_checksum_address(from_hex(content["account"], 20))),
            tuple(from_hex(commitment, 32) for commitment in content["commitments"]),
            integer(content["time"]),
            from_hex(content["signature"]),
        )


def _is_age_key(text: str) -> bool:
    """Whether it is an X25519 recipient of age, with a right Bech32 checksum (BIP-173)."""
    if not re.fullmatch(rf"age1[{_BECH32}]{{58}}", text) or _BECH32.index(text[-7]) % 16:
        return False  # 52 characters of 5 bits are 4 more than a key has, and those are 0
    prefix = "age"
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [_BECH32.index(c) for c in text[4:]]
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check == 1
