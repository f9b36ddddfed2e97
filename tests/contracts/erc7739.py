"""ERC-7739 as an app and a wallet's owner see it, by eth-account's EIP-712 alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_account.messages import encode_defunct, encode_typed_data
from eth_utils import keccak

from tests.contracts.wallet_world import Purse
from tests.world import sign_digest, signer

MAGIC = bytes.fromhex("1626ba7e")
INVALID = bytes.fromhex("ffffffff")
PERMIT = "Permit(address spender,uint256 value)"
_PERMIT = [{"name": "spender", "type": "address"}, {"name": "value", "type": "uint256"}]
_DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
APP = {"name": "App", "version": "7", "chainId": 31337, "verifyingContract": "0x" + "a0" * 20}


def digest(message: Any) -> bytes:
    return bytes(keccak(b"\x19" + message.version + message.header + message.body))


@dataclass(frozen=True)
class Asked:
    """What an app asks a wallet to have signed.

    Attributes:
        hash: What the app verifies with `isValidSignature`.
        nested: What the owners sign instead: it names the wallet.
        suffix: What follows their proof.
    """

    hash: bytes
    nested: bytes
    suffix: bytes

    def signature(self, purse: Purse, *by: str) -> bytes:
        signatures = {signer(name): sign_digest(name, self.nested) for name in by or purse.names}
        return purse.owners.proof(signatures) + self.suffix


def permit(wallet: str, chain_id: int, value: int = 1, description: str = PERMIT) -> Asked:
    """An app's typed data, nested in the wallet's TypedDataSign."""
    contents = {"spender": "0x" + "b0" * 20, "value": value}
    plain = encode_typed_data(
        full_message={
            "types": {"EIP712Domain": _DOMAIN, "Permit": _PERMIT},
            "primaryType": "Permit",
            "domain": APP,
            "message": contents,
        }
    )
    nested = encode_typed_data(
        full_message={
            "types": {
                "EIP712Domain": _DOMAIN,
                "TypedDataSign": [
                    {"name": "contents", "type": "Permit"},
                    *_DOMAIN,
                    {"name": "salt", "type": "bytes32"},
                ],
                "Permit": _PERMIT,
            },
            "primaryType": "TypedDataSign",
            "domain": APP,
            "message": {
                "contents": contents,
                "name": "RecoveryWallet",
                "version": "1",
                "chainId": chain_id,
                "verifyingContract": wallet,
                "salt": bytes(32),
            },
        }
    )
    text = description.encode()
    suffix = plain.header + plain.body + text + len(text).to_bytes(2, "big")
    return Asked(digest(plain), digest(nested), suffix)


def personal(wallet: str, chain_id: int, text: str = "hello") -> Asked:
    """A personal message, nested in the wallet's PersonalSign."""
    plain = encode_defunct(text=text)
    prefixed = b"\x19" + plain.version + plain.header + plain.body
    nested = encode_typed_data(
        full_message={
            "types": {"EIP712Domain": _DOMAIN, "PersonalSign": [{"name": "prefixed", "type": "bytes"}]},
            "primaryType": "PersonalSign",
            "domain": {
                "name": "RecoveryWallet",
                "version": "1",
                "chainId": chain_id,
                "verifyingContract": wallet,
            },
            "message": {"prefixed": prefixed},
        }
    )
    return Asked(bytes(keccak(prefixed)), digest(nested), b"")


def answer(purse: Purse, hash_: bytes, signature: bytes) -> bytes:
    """What the wallet says."""
    return bytes(purse.read("isValidSignature", hash_, signature))
