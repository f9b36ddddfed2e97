"""Keys in encrypted files: keystore version 3, which Ape, Foundry and other wallets read."""

from __future__ import annotations

from typing import Any


def encrypt(key: bytes, password: str, *, kdf: str = "scrypt", iterations: int | None = None) -> dict[str, Any]:
    """A key as the content of a keystore file.

    Args:
        key: The private key, 32 bytes.
        password: What opens it again.
        kdf: How the password is stretched: scrypt or pbkdf2.
        iterations: How much; by default what eth-keyfile finds right.

    Source:
        Web3 Secret Storage Definition, version 3.
    """
    from eth_account import Account

    content: dict[str, Any] = Account.encrypt(key, password, kdf=kdf, iterations=iterations)  # type: ignore[arg-type]
    parameters = content["crypto"]["cipherparams"]
    # eth-keyfile leaves out zeros at the beginning, once in 256 times: it can read that, and others crash at it.
    parameters["iv"] = parameters["iv"].zfill(32)
    return content
