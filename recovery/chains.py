"""Chains that people know by a name: what they are called, what their coin is, and where to look things up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .errors import InvalidInput

_DIGITS = {"tx": 64, "address": 40}


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain that is known by name.

    Attributes:
        name: What people call it.
        explorer: Base address of a block explorer, or None if nobody but you can see the chain.
        coin: What fees are paid in, 10**18 of its smallest parts.
        is_test: Whether what it holds is worth nothing.
    """

    name: str
    explorer: str | None
    coin: str = "ether"
    is_test: bool = False


CHAINS = {
    1: Chain("Ethereum mainnet", "https://etherscan.io"),
    10: Chain("OP Mainnet", "https://explorer.optimism.io"),
    100: Chain("Gnosis", "https://gnosisscan.io", "xDAI"),
    137: Chain("Polygon", "https://polygonscan.com", "POL"),
    8453: Chain("Base", "https://basescan.org"),
    17000: Chain("Holesky", "https://holesky.etherscan.io", is_test=True),
    31337: Chain("local test chain", None, is_test=True),
    42161: Chain("Arbitrum One", "https://arbiscan.io"),
    84532: Chain("Base Sepolia", "https://sepolia.basescan.org", is_test=True),
    421614: Chain("Arbitrum Sepolia", "https://sepolia.arbiscan.io", is_test=True),
    560048: Chain("Hoodi", "https://hoodi.etherscan.io", is_test=True),
    11155111: Chain("Sepolia", "https://sepolia.etherscan.io", is_test=True),
    11155420: Chain("OP Sepolia", "https://testnet-explorer.optimism.io", is_test=True),
}

#: Chains of one's own, by Anvil's and Geth's usual numbers.
_LOCAL = frozenset({1337, 31337})
#: Test networks that are not known by name here: Goerli, BNB, Celo, Chiado, Fuji, Linea, Amoy, Scroll, zkSync.
_TESTS = _LOCAL | {5, 97, 300, 10200, 43113, 44787, 59141, 80002, 534351}


def chain_name(chain_id: int) -> str:
    """What people call a chain, and its number."""
    return f"{CHAINS[chain_id].name} (chain {chain_id})" if chain_id in CHAINS else f"chain {chain_id}"


def chain_names(chain_ids: Iterable[int]) -> str:
    """The same of several chains."""
    names = [chain_name(chain_id) for chain_id in chain_ids]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def is_mainnet(chain_id: int) -> bool:
    """Whether there may be something to lose on it: everywhere but on chains that are known as tests."""
    return chain_id not in _TESTS and not (chain_id in CHAINS and CHAINS[chain_id].is_test)


def is_local(chain_id: int) -> bool:
    """Whether it is a chain of one's own, on which time can be moved."""
    return chain_id in _LOCAL


def coin(chain_id: int) -> str:
    """What fees are paid in: "ether" on chains that are not known to have a coin of their own."""
    return CHAINS[chain_id].coin if chain_id in CHAINS else "ether"


def explorer_link(chain_id: int, kind: Literal["tx", "address"], value: str, base: str | None = None) -> str | None:
    """Where to look up a transaction or an address in a browser.

    Args:
        chain_id: On which chain.
        kind: What it is.
        value: Hash of the transaction, or the address: 0x and digits.
        base: Address of another explorer than the usual one.

    Returns:
        The link, or None if no explorer is known.

    Raises:
        InvalidInput: The value is no such hash or address.
    """
    if not re.fullmatch(f"0x[0-9a-fA-F]{{{_DIGITS[kind]}}}", value):
        what = "hash of a transaction" if kind == "tx" else "address"
        raise InvalidInput(f"{value[:70]!r} is no {what}: it should be 0x and {_DIGITS[kind]} hexadecimal digits.")
    if base is None and chain_id in CHAINS:
        base = CHAINS[chain_id].explorer
    return f"{base.rstrip('/')}/{kind}/{value}" if base else None
