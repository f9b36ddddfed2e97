"""The contracts on a fresh chain, and what tests do with them in few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from ape.api import ReceiptAPI
from eth_abi import encode

from recovery.contracts import Deployment
from recovery.messages import Acting, Call, Message, batch
from recovery.policy import HOUR, Policy
from recovery.quorum import Owners
from tests.world import FOREVER, Way, owners_of, policy_of, rotate, sign, signer

MODE_BATCH = bytes.fromhex("01") + bytes(31)
MODE_OPDATA = bytes.fromhex("01000000000078210001") + bytes(22)


@dataclass
class Wallet:
    """A wallet under test: its contract, and who owns it under which policy."""

    contract: Any
    owners: Owners
    names: tuple[str, ...]
    ways: tuple[Way, ...]
    policy: Policy

    @property
    def address(self) -> str:
        return str(self.contract.address)


class Bench:
    """Contracts, a relayer who has no rights at all, and short ways to do things."""

    def __init__(self, project: Any, chain: Any, accounts: Any) -> None:
        self.project, self.chain, self.accounts = project, chain, accounts
        self.relayer = accounts[0]
        self.module = project.WalletRecoveryModule.deploy(sender=self.relayer)
        self.factory = project.RecoveryWalletFactory.deploy(self.module, sender=self.relayer)
        self.lens = project.RecoveryLens.deploy(sender=self.relayer)
        self.deployment = Deployment(
            self.module.address, self.factory.address, self.factory.implementation(), self.lens.address
        )

    # ------------------------------------------------------------------------------------------ time

    @property
    def now(self) -> int:
        """The time that the next transaction would see if no time passed."""
        return int(self.chain.blocks.head.timestamp)

    def travel(self, seconds: int) -> None:
        """Moves the time of the next block."""
        self.chain.mine(deltatime=seconds)

    def travel_to(self, time: int) -> None:
        """Makes `time` the latest block's time; the next transaction comes a second later."""
        self.chain.mine(timestamp=time)

    # --------------------------------------------------------------------------------------- wallets

    def wallet(
        self, *ways: Way, owners: Sequence[str] = ("owner",), threshold: int = 1, change_delay: int = 7 * 24 * HOUR
    ) -> Wallet:
        """Creates a wallet through the factory and gives it some ether."""
        ways = ways or (rotate("ana", "ben", "carl"),)
        policy = policy_of(*ways, change_delay=change_delay)
        who = owners_of(*owners, threshold=threshold)
        self.factory.createWallet(
            who.to_abi(), who.threshold, policy.change_delay, policy.to_abi(), sender=self.relayer
        )
        address = self.deployment.wallet_address(who, policy)
        self.relayer.transfer(address, "1 ether")
        return Wallet(self.project.RecoveryWallet.at(address), who, tuple(owners), ways, policy)

    def relay(
        self,
        wallet: Wallet,
        *calls: Call,
        by: Sequence[str] | None = None,
        owners: Owners | None = None,
        deadline: int | None = None,
    ) -> Any:
        """Relays a batch signed by `by` (by default all the wallet's owners)."""
        deadline = self.now + HOUR if deadline is None else deadline
        nonce = wallet.contract.batchNonce()
        owners = owners or wallet.owners
        message = batch(self.chain.chain_id, wallet.address, calls, owners, nonce, deadline)
        names = wallet.names if by is None else by
        proof = owners.proof({signer(name): sign(name, message) for name in names})
        return wallet.contract.execute(
            MODE_OPDATA, opdata(calls, deadline.to_bytes(6, "big") + proof), sender=self.relayer
        )

    def act(self, wallet: Wallet, method: str, *args: Any, **options: Any) -> Any:
        """Has the wallet call a method of the module."""
        return self.relay(wallet, self.module_call(method, *args), **options)

    def module_call(self, method: str, *args: Any) -> Call:
        """A call of the module for a wallet's batch."""
        return Call(self.module.address, 0, bytes(getattr(self.module, method).encode_input(*args)))

    # -------------------------------------------------------------------------------------- guardians

    def acting(self, wallet: Wallet, path: int = 0, epoch: int | None = None) -> Acting:
        """What messages of guardians of this path say of themselves."""
        if epoch is None:
            epoch = self.module.policyOf(wallet.address)[1]
        return Acting(self.chain.chain_id, self.module.address, wallet.address, epoch, wallet.policy.proof(path))

    def nonce(self, wallet: Wallet, path: int = 0) -> int:
        """The nonce of a path."""
        return int(self.module.requestOf(wallet.address, path)[1])

    def recover_message(
        self, wallet: Wallet, owners: Owners | None = None, path: int = 0, deadline: int = FOREVER
    ) -> Message:
        """What guardians sign to start a request now."""
        nonce = self.nonce(wallet, path)
        return self.acting(wallet, path).recover(nonce, owners or owners_of("heir"), deadline)

    def start(
        self,
        wallet: Wallet,
        by: Iterable[str] = ("ana", "ben"),
        owners: Owners | None = None,
        path: int = 0,
        deadline: int = FOREVER,
    ) -> Any:
        """Starts a request signed by these guardians."""
        owners = owners or owners_of("heir")
        message = self.recover_message(wallet, owners, path, deadline)
        return self.module.start(
            wallet.address,
            wallet.policy.proof(path).to_abi(),
            owners.to_abi(),
            owners.threshold,
            deadline,
            wallet.ways[path].approvals(by, message),
            sender=self.relayer,
        )

    def finalize(self, wallet: Wallet, owners: Owners | None = None, path: int = 0) -> Any:
        """Finalizes a request."""
        owners = owners or owners_of("heir")
        return self.module.finalize(
            wallet.address,
            path,
            wallet.policy.paths[path].to_abi(),
            owners.to_abi(),
            owners.threshold,
            sender=self.relayer,
        )

    def by_quorum(self, method: str, wallet: Wallet, message: Message, by: Iterable[str], path: int, *args: Any) -> Any:
        """Submits cancelByQuorum, vetoRequest, vetoChange, freeze or thaw."""
        return getattr(self.module, method)(
            wallet.address,
            wallet.policy.proof(path).to_abi(),
            *args,
            message.values["deadline"],
            wallet.ways[path].approvals(by, message),
            sender=self.relayer,
        )

    def freeze(self, wallet: Wallet, by: Iterable[str], path: int) -> Any:
        """Freezes a wallet."""
        message = self.acting(wallet, path).freeze(self.nonce(wallet, path), FOREVER)
        return self.by_quorum("freeze", wallet, message, by, path)

    def thaw(self, wallet: Wallet, by: Iterable[str], path: int) -> Any:
        """Thaws a wallet that this path has frozen."""
        message = self.acting(wallet, path).thaw(self.module.freezeOf(wallet.address).nonce, FOREVER)
        return self.by_quorum("thaw", wallet, message, by, path)

    def state(self, wallet: Wallet, path: int = 0) -> str:
        """idle, pending, ready or expired."""
        return ("idle", "pending", "ready", "expired")[self.module.requestOf(wallet.address, path).state]


def opdata(calls: Iterable[Call], data: bytes) -> bytes:
    """abi.encode(Execution[], bytes)."""
    return encode(["(address,uint256,bytes)[]", "bytes"], [[call.to_abi() for call in calls], data])


@pytest.fixture(scope="session", autouse=True)
def quick_ape(chain: Any) -> None:
    """Spares what Ape does again for each request and transaction, and nobody here needs: a fifth of the time."""
    settings = chain.provider.settings
    type(chain.provider).settings = property(lambda _: settings)
    ReceiptAPI.show_debug_logs = lambda _: None


@pytest.fixture(scope="session")
def bench_session(project: Any, chain: Any, accounts: Any) -> Bench:
    """Deployed once; every test begins with the chain as it is after this."""
    return Bench(project, chain, accounts)


@pytest.fixture
def bench(bench_session: Bench) -> Bench:
    """The contracts on a chain of the test's own."""
    return bench_session
