"""Known chains, and links to their explorers."""

from __future__ import annotations

import re

import pytest

from recovery.chains import CHAINS, chain_name, chain_names, coin, explorer_link, is_local, is_mainnet
from recovery.errors import InvalidInput

HASH = "0x" + "5e" * 32
ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def test_a_known_chain_is_called_by_its_name_and_number() -> None:
    assert chain_name(11155111) == "Sepolia (chain 11155111)"
    assert chain_name(31337) == "local test chain (chain 31337)"


def test_an_unknown_chain_is_called_by_its_number() -> None:
    assert chain_name(424242) == "chain 424242"


def test_several_chains_are_called_as_people_would() -> None:
    assert chain_names([1]) == "Ethereum mainnet (chain 1)"
    assert chain_names([1, 424242]) == "Ethereum mainnet (chain 1) and chain 424242"
    assert chain_names((1, 100, 7)) == "Ethereum mainnet (chain 1), Gnosis (chain 100) and chain 7"
    assert chain_names(iter((100, 7))) == "Gnosis (chain 100) and chain 7"


def test_fees_are_paid_in_ether_except_where_they_are_not() -> None:
    assert {number: coin(number) for number in CHAINS if coin(number) != "ether"} == {100: "xDAI", 137: "POL"}
    assert coin(424242) == "ether"


def test_the_chains_people_use_are_there_each_with_a_name_and_an_explorer_of_its_own() -> None:
    known = {1, 10, 100, 137, 8453, 42161, 17000, 560048, 11155111, 84532, 11155420, 421614, 31337}
    assert set(CHAINS) == known
    assert len({chain.name for chain in CHAINS.values()}) == len(known)
    explorers = [chain.explorer for number, chain in CHAINS.items() if number != 31337]
    assert len(set(explorers)) == len(known) - 1
    assert all(re.fullmatch(r"https://[a-z.-]+[a-z]", str(explorer)) for explorer in explorers)


def test_a_transaction_and_an_address_have_a_link() -> None:
    assert explorer_link(1, "tx", HASH) == f"https://etherscan.io/tx/{HASH}"
    assert explorer_link(100, "address", ADDRESS) == f"https://gnosisscan.io/address/{ADDRESS}"


@pytest.mark.parametrize("chain", [31337, 424242])
def test_without_an_explorer_there_is_no_link(chain: int) -> None:
    assert explorer_link(chain, "tx", HASH) is None


@pytest.mark.parametrize("base", ["https://scan.example/eth", "https://scan.example/eth/"])
@pytest.mark.parametrize("chain", [1, 31337, 424242])
def test_an_explorer_of_ones_own_goes_before_the_usual_one(base: str, chain: int) -> None:
    assert explorer_link(chain, "tx", HASH, base) == f"https://scan.example/eth/tx/{HASH}"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("tx", ADDRESS),
        ("tx", HASH[2:]),
        ("tx", HASH + "\n"),
        ("tx", HASH[:-1] + "/"),
        ("address", HASH),
        ("address", ADDRESS[:-1] + "g"),
        ("address", "../tx/" + ADDRESS),
        ("address", ""),
    ],
)
def test_what_is_no_hash_or_address_gets_no_link(kind: str, value: str) -> None:
    for base in (None, "https://scan.example"):
        with pytest.raises(InvalidInput, match="hexadecimal digits"):
            explorer_link(1, kind, value, base)  # type: ignore[arg-type]


def test_wherever_nobody_knows_better_there_is_something_to_lose() -> None:
    for chain in (1, 10, 56, 100, 137, 324, 8453, 42161, 43114, 59144, 424242):
        assert is_mainnet(chain)
    for chain in (5, 97, 1337, 17000, 31337, 80002, 84532, 421614, 560048, 11155111, 11155420):
        assert not is_mainnet(chain)
    assert [chain for chain in (1, 1337, 31337, 11155111) if is_local(chain)] == [1337, 31337]
