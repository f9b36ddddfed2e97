"""The contracts as they are shipped: ABIs, bytecode, and addresses that are the same on every chain."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_abi import encode
from eth_utils import keccak, to_bytes, to_checksum_address

from .policy import Policy
from .quorum import Owners

#: The common deterministic deployer (Nick's method): calldata is a 32-byte salt and the init code.
DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
#: The transaction that deploys it, signed for every chain, and what its sender needs, in wei.
DEPLOYER_FUNDS = 10**16
DEPLOYER_TRANSACTION = (
    "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222"
    "222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222"
    "222222222222"
)
SALT = bytes(32)
#: The code of a key that has delegated to a contract is this and the contract's address (EIP-7702).
DELEGATION = bytes.fromhex("ef0100")

CONTRACTS = ("WalletRecoveryModule", "RecoveryWalletFactory", "RecoveryWallet", "RecoveryLens")


@dataclass(frozen=True)
class Artifact:
    """One compiled contract.

    Attributes:
        name: The contract's name.
        abi: Its ABI.
        bytecode: Init code without constructor arguments.
        runtime: Deployed code, with zeros where immutables go.
        immutables: Where those are: (start, length) in bytes.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime: bytes
    immutables: tuple[tuple[int, int], ...]

    def matches(self, code: bytes) -> bool:
        """Whether deployed code is this contract's, whatever its immutables."""
        if len(code) != len(self.runtime):
            return False
        masked = bytearray(code)
        for start, length in self.immutables:
            masked[start : start + length] = bytes(length)
        return bytes(masked) == self.runtime


@cache
def load(name: str) -> Artifact:
    """A shipped artifact.

    Raises:
        FileNotFoundError: No contract of that name is shipped.
    """
    text = resources.files("recovery").joinpath("artifacts").joinpath(f"{name}.json").read_text("utf-8")
    data = json.loads(text)
    immutables = tuple(
        (int(place["start"]), int(place["length"]))
        for places in data["immutableReferences"].values()
        for place in places
    )
    return Artifact(
        data["contractName"],
        data["abi"],
        to_bytes(hexstr=data["bytecode"]),
        to_bytes(hexstr=data["deployedBytecode"]),
        immutables,
    )


def create2_address(deployer: str, salt: bytes, init_code_hash: bytes) -> str:
    """Where CREATE2 puts a contract (EIP-1014)."""
    digest = keccak(b"\xff" + to_bytes(hexstr=deployer) + salt + init_code_hash)
    return str(to_checksum_address(digest[12:]))


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the contracts stand on a chain.

    Attributes:
        module: WalletRecoveryModule.
        factory: RecoveryWalletFactory.
        wallet: RecoveryWallet, the implementation.
        lens: RecoveryLens.
    """

    module: str
    factory: str
    wallet: str
    lens: str

    def wallet_address(self, owners: Owners, policy: Policy) -> str:
        """Where the factory puts the wallet of these owners and this policy."""
        salt = keccak(encode(["bytes32", "bytes32", "address"], [owners.hash, policy.hash, self.module]))
        code = (
            bytes.fromhex("3d602d80600a3d3981f3363d3d373d3d3d363d73")
            + to_bytes(hexstr=self.wallet)
            + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
        )
        return create2_address(self.factory, salt, keccak(code))


def init_code(name: str) -> bytes:
    """What is deployed, with constructor arguments."""
    code = load(name).bytecode
    if name == "RecoveryWalletFactory":
        code += encode(["address"], [create2_address(DEPLOYER, SALT, keccak(init_code("WalletRecoveryModule")))])
    return code


@cache
def canonical_deployment() -> Deployment:
    """The addresses that these very artifacts have on every chain where they are deployed."""
    module, factory, lens = (
        create2_address(DEPLOYER, SALT, keccak(init_code(name)))
        for name in ("WalletRecoveryModule", "RecoveryWalletFactory", "RecoveryLens")
    )
    # The factory's first and only CREATE (EIP-161: nonce 1) is the wallet's code.
    wallet = to_checksum_address(keccak(rlp.encode([to_bytes(hexstr=factory), 1]))[12:])
    return Deployment(module, factory, str(wallet), lens)
