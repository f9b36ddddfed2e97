from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]
from eth_utils import keccak, to_checksum_address
from web3.exceptions import Web3RPCError

from recovery import contracts, deploy
from recovery.building import Transaction
from recovery.client import RecoveryClient
from recovery.demo.chain import Chain, in_memory
from recovery.errors import ChainError, Refused
from tests.live import Live
from tests.world import person

PAYER = person("payer")


@pytest.fixture
def empty() -> Chain:
    """A chain with nothing on it."""
    return in_memory((PAYER.address,))


@pytest.fixture
def ready(empty: Chain) -> Chain:
    """A chain with the deterministic deployer."""
    deploy.place_deployer(empty.web3, pay(empty), allowed=True)
    return empty


def pay(chain: Chain) -> deploy.Send:
    return deploy.sender(RecoveryClient(chain.web3), PAYER)


def refuse(transaction: Transaction) -> None:
    raise AssertionError(f"Nothing should be sent, but: {transaction.summary}")


# ------------------------------------------------------------------------------------------- the deployer


def test_money_for_the_deployer_goes_to_who_really_sends_its_transaction() -> None:
    created = keccak(rlp.encode([bytes.fromhex(deploy.deployer_sender()[2:]), b""]))[12:]
    assert to_checksum_address(created) == contracts.DEPLOYER


def test_a_chain_of_ones_own_is_given_the_deployer_once(empty: Chain) -> None:
    assert deploy.place_deployer(empty.web3, pay(empty), allowed=True) is True
    assert len(empty.web3.eth.get_code(to_checksum_address(contracts.DEPLOYER))) == 69
    assert deploy.place_deployer(empty.web3, refuse, allowed=True) is False


def test_only_what_is_missing_for_the_deployer_is_paid(empty: Chain) -> None:
    sent: list[int] = []

    def send(transaction: Transaction) -> None:
        sent.append(transaction.value)
        pay(empty)(transaction)

    pay(empty)(Transaction(deploy.deployer_sender(), b"", "a gift", 10**15))
    deploy.place_deployer(empty.web3, send, allowed=True)
    assert sent == [contracts.DEPLOYER_FUNDS - 10**15]


def test_on_another_chain_it_is_explained_how_the_deployer_gets_there(empty: Chain) -> None:
    with pytest.raises(deploy.DeployerMissing) as caught:
        deploy.place_deployer(empty.web3, refuse, allowed=False)
    for needed in ("0.01", deploy.deployer_sender(), contracts.DEPLOYER_TRANSACTION, "cast publish"):
        assert needed in caught.value.message


def test_a_chain_that_does_not_take_the_deployer_says_so(empty: Chain) -> None:
    with pytest.raises(ChainError, match="does not take the deterministic deployer's transaction"):
        deploy.place_deployer(empty.web3, lambda _: None, allowed=True)  # nothing is paid


# ------------------------------------------------------------------------------------------- deploying


def test_all_stands_where_it_stands_on_every_chain(ready: Chain) -> None:
    placed = deploy.deploy(ready.web3, pay(ready))
    assert [(contract.name, contract.sent) for contract in placed] == [(name, True) for name in deploy.NAMES]
    assert {contract.name: contract.address for contract in placed}.items() <= deploy.addresses().items()
    RecoveryClient(ready.web3).check_deployment()


def test_a_second_run_sends_nothing(ready: Chain) -> None:
    deploy.deploy(ready.web3, pay(ready))
    assert [contract.sent for contract in deploy.deploy(ready.web3, refuse)] == [False] * 3


@pytest.mark.parametrize("done", range(3))
def test_a_run_that_broke_off_goes_on_where_it_stopped(ready: Chain, done: int) -> None:
    for name in deploy.NAMES[:done]:
        pay(ready)(deploy.transaction(name))
    placed = deploy.deploy(ready.web3, pay(ready))
    assert [contract.sent for contract in placed] == [False] * done + [True] * (3 - done)


def test_whoever_comes_second_finds_it_there(ready: Chain) -> None:
    def overtaken(transaction: Transaction) -> None:
        pay(ready)(transaction)
        raise Refused("Somebody else was quicker.")

    assert [contract.sent for contract in deploy.deploy(ready.web3, overtaken)] == [False] * 3


def test_a_refusal_is_passed_on_when_nothing_is_there(ready: Chain) -> None:
    def poor(_: Transaction) -> None:
        raise Refused("You cannot afford it.")

    with pytest.raises(Refused, match="cannot afford"):
        deploy.deploy(ready.web3, poor)


def test_a_transaction_without_effect_is_noticed(ready: Chain) -> None:
    with pytest.raises(deploy.DeploymentMismatch, match="nothing stands at"):
        deploy.deploy(ready.web3, lambda _: None)


@pytest.mark.parametrize("name", contracts.CONTRACTS)
def test_other_code_at_any_of_the_addresses_is_refused(live: Live, name: str) -> None:
    deploy.verify(live.web3)
    code = bytearray(live.web3.eth.get_code(to_checksum_address(deploy.addresses()[name])))
    code[len(code) // 2] ^= 1
    live.ask("anvil_setCode", deploy.addresses()[name], "0x" + code.hex())
    with pytest.raises(deploy.DeploymentMismatch, match=f"is not {name} as it is shipped"):
        deploy.deploy(live.web3, refuse)


def test_a_key_that_the_node_holds_can_pay(live: Live) -> None:
    address = deploy.addresses()["RecoveryLens"]
    live.ask("anvil_setCode", address, "0x")
    live.ask("anvil_setNonce", address, "0x0")
    placed = deploy.deploy(live.web3, deploy.unlocked(live.web3, live.web3.eth.accounts[0]))
    assert [contract.sent for contract in placed] == [False, False, True]


# --------------------------------------------------------------------------------------------- the record


@pytest.fixture
def deployed(ready: Chain) -> Iterator[Chain]:
    """A chain on which all is deployed, and time has gone on."""
    deploy.deploy(ready.web3, pay(ready))
    ready.travel_to(ready.now + 1000)
    yield ready


def test_the_record_names_what_is_where_since_when_and_by_which_transaction(deployed: Chain) -> None:
    record = deploy.record(deployed.web3)
    assert record["chainId"] == deployed.web3.eth.chain_id
    assert record["addresses"] == deploy.addresses()
    assert record["block"] == 3
    assert len(set(record["transactions"].values())) == 3
    for name, sent in record["transactions"].items():
        found: Any = deployed.web3.eth.get_transaction(sent)
        assert bytes(found["input"]) == deploy.transaction(name).data
    assert set(record["artifacts"]) == set(contracts.CONTRACTS)


def test_the_record_is_the_same_whether_an_earlier_one_is_there_lost_or_wrong(deployed: Chain) -> None:
    record = deploy.record(deployed.web3)
    mixed = dict(zip(deploy.NAMES, reversed(list(record["transactions"].values())), strict=True))
    stale = {name: "0x" + "12" * 32 for name in deploy.NAMES}
    for known in (record, None, {}, {"transactions": mixed}, {"transactions": stale}, {"transactions": [1]}):
        again = deploy.record(deployed.web3, known)
        assert deploy.dump_record(again) == deploy.dump_record(record)


def test_a_node_without_history_keeps_what_an_earlier_record_knew(
    deployed: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = deploy.record(deployed.web3)
    original = deployed.web3.eth.get_code

    def get_code(address: Any, block: Any = None) -> Any:
        if isinstance(block, int):
            raise Web3RPCError("missing trie node")
        return original(address, block)

    monkeypatch.setattr(deployed.web3.eth, "get_code", get_code)
    assert deploy.record(deployed.web3, record) == record
    alone = deploy.record(deployed.web3)
    assert (alone["block"], set(alone["transactions"].values())) == (None, {None})


def test_a_node_that_falls_silent_does_not_empty_the_record(deployed: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any) -> Any:
        raise ConnectionError("gone")

    monkeypatch.setattr(deployed.web3.eth, "get_transaction", silent)
    record = {"transactions": {name: "0x" + "12" * 32 for name in deploy.NAMES}}
    with pytest.raises(ChainError, match="does not answer"):
        deploy.record(deployed.web3, record)


def test_a_damaged_record_is_only_a_lost_hint() -> None:
    assert deploy.load_record("{") is None
    assert deploy.load_record("[]") is None
    assert deploy.load_record(deploy.dump_record({"chainId": 1})) == {"chainId": 1}
