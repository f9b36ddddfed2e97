"""Who can act: ERC-7913 signers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import total_ordering

from eth_utils import is_hex, keccak, to_checksum_address

from .errors import InvalidInput

ADDRESS_LENGTH = 20
MAX_LENGTH = 0xFFFF


@total_ordering
@dataclass(frozen=True, slots=True)
class Signer:
    """A signer as ERC-7913 defines it.

    Signers are ordered by keccak256 of their bytes, as the contracts want lists of them.

    Attributes:
        data: 20 bytes are an address (an EOA, or a contract that answers ERC-1271); more are a verifier's address
            followed by a key.

    Raises:
        InvalidInput: Shorter than an address, longer than 65,535 bytes, or the zero address.
    """

    data: bytes

    def __post_init__(self) -> None:
        if not ADDRESS_LENGTH <= len(self.data) <= MAX_LENGTH:
            raise InvalidInput(f"A signer has at least {ADDRESS_LENGTH} bytes; this one has {len(self.data)}.")
        if self.data[:ADDRESS_LENGTH] == bytes(ADDRESS_LENGTH):
            raise InvalidInput("The zero address cannot be a signer: nobody could ever sign for it.")

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Reads an address or a longer signer from hexadecimal text.

        A mixed-case address must have a correct ERC-55 checksum: a slip of the pen would lock somebody out.

        Raises:
            InvalidInput: Not hexadecimal, wrong length or wrong checksum.
        """
        text = text.strip()
        digits = text.removeprefix("0x")
        if not digits or len(digits) % 2 or not is_hex("0x" + digits):
            raise InvalidInput(f"{_shorten(text)!r} is not an address: it should be 0x and 40 hexadecimal digits.")
        signer = cls(bytes.fromhex(digits))
        mixed = digits != digits.lower() and digits != digits.upper()
        if signer.is_address and mixed and "0x" + digits != str(signer):
            raise InvalidInput(f"{text} has a wrong checksum (ERC-55): copy the address again from its source.")
        return signer

    @property
    def is_address(self) -> bool:
        """Whether it is a plain address rather than a verifier with a key."""
        return len(self.data) == ADDRESS_LENGTH

    @property
    def address(self) -> str:
        """The address, or the verifier's address, with ERC-55 checksum."""
        return str(to_checksum_address(self.data[:ADDRESS_LENGTH]))

    @property
    def id(self) -> bytes:
        """keccak256 of the signer, 32 bytes: its place in sorted lists."""
        return bytes(keccak(self.data))

    def __lt__(self, other: Signer) -> bool:
        return self.id < other.id

    def __str__(self) -> str:
        return self.address if self.is_address else "0x" + self.data.hex()


def address_of(text: str) -> str:
    """An address with ERC-55 checksum.

    Raises:
        InvalidInput: It is none, or has a wrong checksum.
    """
    signer = Signer.parse(text)
    if not signer.is_address:
        raise InvalidInput(f"{_shorten(text)} is too long for an address (0x and 40 hexadecimal digits).")
    return signer.address


def _shorten(text: str) -> str:
    return text if len(text) <= 50 else text[:47] + "..."
