"""Chains whose time can be moved: one in memory, or an Anvil."""

from __future__ import annotations

import ast
import sys
from abc import ABC, abstractmethod
from typing import Any, cast

from eth_account import Account
from eth_utils import ValidationError, to_canonical_address, to_hex
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint, RPCResponse

from ..errors import ChainError, MissingExtra
from ..rpc import ask

#: The chain in memory begins here, whatever the time: Thu 01 Jan 2026 00:00 UTC.
GENESIS = 1_767_225_600
#: Enough for every transaction of the demo; what is not used is not paid.
GAS = 6_000_000
PURSE = 10**21


class Chain(ABC):
    """A chain whose time can be moved.

    Attributes:
        web3: Connected to it.
        name: How the demo calls it.
    """

    web3: Web3
    name: str

    @property
    def now(self) -> int:
        """Time of the latest block, in seconds since 1970."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    @abstractmethod
    def travel_to(self, time: int) -> None:
        """Makes `time` the time of a new block."""


def in_memory(payers: tuple[str, ...]) -> Chain:
    """A chain that begins at `GENESIS` with these addresses rich, the same every time.

    Raises:
        MissingExtra: eth-tester or py-evm is not installed.
    """
    limit = sys.getrecursionlimit()
    try:
        from eth.vm.forks.cancun import CancunVM
        from eth_tester import EthereumTester, PyEVMBackend
        from eth_tester.exceptions import TransactionFailed
        from web3.providers.eth_tester import EthereumTesterProvider
    except ImportError as error:
        raise MissingExtra("The demo's own chain needs eth-tester and py-evm", "demo") from error
    finally:
        # py-evm raises it for contracts that call each other very deeply, which ours do not; with it, a deep file or
        # answer would end this process instead of raising an error.
        sys.setrecursionlimit(limit)

    class Provider(EthereumTesterProvider):
        """Answers like any other node: with the bytes that a contract has reverted with."""

        def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
            if method == "eth_estimateGas":
                # The tester would run the transaction a dozen times over. `eth_call` has shown that it works.
                return cast(RPCResponse, {"id": 1, "jsonrpc": "2.0", "result": to_hex(GAS)})
            try:
                return super().make_request(method, params)
            except TransactionFailed as error:
                data = to_hex(_reverted_with(str(error)))
                answer = {"code": 3, "message": "execution reverted", "data": data}
            except ValidationError as error:
                answer = {"code": -32000, "message": str(error)}
            return cast(RPCResponse, {"id": 1, "jsonrpc": "2.0", "error": answer})

    # Who asks must be able to pay, were it not free; who does not say who is asking is this one.
    asking = Account.from_key((1).to_bytes(32, "big")).address
    state = {
        to_canonical_address(rich): {"balance": PURSE, "nonce": 0, "code": b"", "storage": {}}
        for rich in (*payers, asking)
    }
    backend = PyEVMBackend(
        genesis_parameters=PyEVMBackend.generate_genesis_params({"timestamp": GENESIS}),
        genesis_state=state,
        vm_configuration=((0, CancunVM),),
    )
    _keep_own_time(backend.chain)
    tester = EthereumTester(backend)

    web3 = Web3(Provider(tester))

    class InMemory(Chain):
        name = "A chain in memory"

        def __init__(self) -> None:
            self.web3 = web3

        def travel_to(self, time: int) -> None:
            tester.time_travel(time + 1)  # it takes off the second that it expects its clock to add

    return InMemory()


def _keep_own_time(chain: Any) -> None:
    """Blocks follow each other by the second. By itself py-evm takes the time from the clock on the wall."""
    original = chain.create_header_from_parent

    def create(parent: Any, **params: Any) -> Any:
        return original(parent, **{"timestamp": parent.timestamp + 1, **params})

    chain.create_header_from_parent = create
    chain.header = create(chain.get_canonical_head())


def _reverted_with(message: str) -> bytes:
    """The returned bytes, of which eth-tester gives the Python text."""
    text = message.removeprefix("execution reverted: ")
    if not text.startswith(("b'", 'b"')):
        return b""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return b""
    return value if isinstance(value, bytes) else b""


def connect(url: str, payers: tuple[str, ...]) -> Chain:
    """An Anvil, or another node that moves its time and fills purses on demand; these addresses are rich on it.

    Raises:
        ChainError: It does not answer, or is a chain on which time goes by itself.
    """
    web3 = Web3(HTTPProvider(url))
    chain_id = ask(lambda: web3.eth.chain_id)

    class Remote(Chain):
        name = f"Chain {chain_id}"

        def __init__(self) -> None:
            self.web3 = web3

        def travel_to(self, time: int) -> None:
            _demand(web3, "evm_setNextBlockTimestamp", [time])
            _demand(web3, "evm_mine", [])

    try:
        _demand(web3, "evm_mine", [])
    except ChainError as error:
        raise ChainError(
            f"The time of chain {chain_id} cannot be moved, so months cannot pass in a demo. "
            "Leave --network out, or start a chain with: anvil"
        ) from error
    for payer in payers:
        _demand(web3, "anvil_setBalance", [payer, to_hex(PURSE)])
    return Remote()


def _demand(web3: Web3, method: str, params: list[Any]) -> None:
    answer = ask(lambda: web3.provider.make_request(RPCEndpoint(method), params))
    if answer.get("error"):
        raise ChainError(f"The node refuses {method}.")
