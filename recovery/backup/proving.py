"""Whether a holder still has a readable share: they sign the owner's challenge with a key that follows from the share.

The owner keeps the address of each share's key alone, in the note of the set. So any number of challenges can be asked,
nothing is used up, and neither the note nor an answer says anything of a share: the key is a hash of its words, which
have as much chance in them as the secret itself.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import files
from ..errors import InvalidInput
from ..files import from_hex, integer, to_hex

if TYPE_CHECKING:
    from .shares import Words

CHALLENGE_KIND = "recovery-share-challenge"
ANSWER_KIND = "recovery-share-answer"


def proof_key(words: Words) -> bytes:
    """A private key that follows from a share, and from which the share does not follow, 32 bytes."""
    return hashlib.sha256(b"ape-recovery proof of a share, version 1\0" + words.text.encode("ascii")).digest()


def proof_address(words: Words) -> str:
    """The address of `proof_key`."""
    from eth_account import Account

    return str(Account.from_key(proof_key(words)).address)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the owner asks the holders of a set. It is not secret.

    Attributes:
        set: The set's id, 8 bytes.
        nonce: 16 random bytes.
        time: When it was asked, in seconds since 1970, by the owner's clock.
    """

    set: bytes
    nonce: bytes
    time: int

    @classmethod
    def new(cls, set_: bytes, now: int) -> Challenge:
        """One that was never asked."""
        return cls(set_, secrets.token_bytes(16), now)

    def text(self, group: int, member: int) -> str:
        """What is signed (EIP-191)."""
        return (
            f"ape-recovery: I have share {group}.{member} of set {self.set.hex()}, and I can read it.\n"
            f"Challenge {self.nonce.hex()}, asked at {self.time}"
        )

    def content(self) -> dict[str, Any]:
        """As fields of a file."""
        return {"set": to_hex(self.set), "nonce": to_hex(self.nonce), "time": self.time}

    @classmethod
    def build(cls, content: dict[str, Any]) -> Challenge:
        """From fields of a file."""
        return cls(from_hex(content["set"], 8), from_hex(content["nonce"], 16), integer(content["time"]))

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(CHALLENGE_KIND, self.content())

    @classmethod
    def loads(cls, text: str, source: str = "The challenge") -> Challenge:
        """From a file.

        Raises:
            InvalidFile: Altered, or something else.
        """
        return files.parse(source, CHALLENGE_KIND, files.loads(text, CHALLENGE_KIND, source), cls.build)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a holder answers. It is not secret, and says nothing of the share.

    Attributes:
        challenge: What was asked.
        group: The share's group, from 1.
        member: Its number in the group, from 1.
        signature: Over `challenge.text`, 65 bytes.
    """

    challenge: Challenge
    group: int
    member: int
    signature: bytes

    def __post_init__(self) -> None:
        if len(self.signature) != 65:
            raise InvalidInput("a signature has 65 bytes.")

    @classmethod
    def of(cls, challenge: Challenge, words: Words) -> Answer:
        """The answer of whoever has that share."""
        from eth_account import Account
        from eth_account.messages import encode_defunct

        signable = encode_defunct(text=challenge.text(words.group, words.member))
        signed = Account.from_key(proof_key(words)).sign_message(signable)
        return cls(challenge, words.group, words.member, bytes(signed.signature))

    def is_of(self, address: str) -> bool:
        """Whether whoever answered has the share of that proof address."""
        from eth_account import Account
        from eth_account.messages import encode_defunct

        try:
            signable = encode_defunct(text=self.challenge.text(self.group, self.member))
            return bool(Account.recover_message(signable, signature=self.signature) == address)
        except Exception:  # bytes that are no signature break eth-keys in several ways
            return False

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            ANSWER_KIND,
            {
                **self.challenge.content(),
                "group": self.group,
                "member": self.member,
                "signature": to_hex(self.signature),
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The answer") -> Answer:
        """From a file. Whether its signature is good is for the reader to check.

        Raises:
            InvalidFile: Altered, or something else.
        """

        def build(content: dict[str, Any]) -> Answer:
            challenge = Challenge.build(content)
            return cls(
                challenge, integer(content["group"]), integer(content["member"]), from_hex(content["signature"], 65)
            )

        return files.parse(source, ANSWER_KIND, files.loads(text, ANSWER_KIND, source), build)
