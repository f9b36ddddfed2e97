"""What a new key signs before a wallet is given to it: that it can. No I/O."""

from __future__ import annotations

from ..signer import Signer
from .cold import Signature, Typed

#: EIP-712 domain and type. No contract knows it, so the signature is good for nothing else.
DOMAIN = "OwnerKeys"
TYPES = {
    "NewOwner": [
        {"name": "statement", "type": "string"},
        {"name": "account", "type": "address"},
        {"name": "owner", "type": "address"},
        {"name": "replaces", "type": "bytes32"},
    ]
}
STATEMENT = "This key can sign, and may become an owner of this account."
_DOMAIN_TYPE = [{"name": "name", "type": "string"}, {"name": "version", "type": "string"}]


def challenge(chain_id: int, account: str, owner: str, owners_hash: bytes) -> Typed:
    """What a new owner's key has to sign: a signature that was made for other owners before does not do.

    Args:
        chain_id: Chain id.
        account: The wallet.
        owner: The new owner's address.
        owners_hash: Of the present owners, as the wallet has it.
    """
    document = {
        "types": {"EIP712Domain": [*_DOMAIN_TYPE, {"name": "chainId", "type": "uint256"}], **TYPES},
        "primaryType": "NewOwner",
        "domain": {"name": DOMAIN, "version": "1", "chainId": chain_id},
        "message": {
            "statement": STATEMENT,
            "account": Signer.parse(account).address,
            "owner": Signer.parse(owner).address,
            "replaces": "0x" + owners_hash.ljust(32, b"\0").hex(),
        },
    }
    return Typed(Signer.parse(owner).address, document)


def is_proof(asked: Typed, signature: Signature) -> bool:
    """Whether a signature is the named owner's, over exactly that."""
    return signature.digest == asked.digest and asked.signed_by(signature.signature) == asked.signer
