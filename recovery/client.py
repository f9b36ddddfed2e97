"""RecoveryClient: reads accounts, builds transactions, and sends them if given a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eth_account.signers.base import BaseAccount
from eth_utils import to_bytes, to_checksum_address
from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from . import contracts
from .errors import ChainError, InvalidInput, Refused
from .explain import when
from .messages import Call, Message, batch
from .policy import DAY, MAX_PATHS, Path, PathProof, Policy
from .quorum import Owners
from .request import Approvals, Request
from .rpc import ask, ask_number
from .sending import Transaction, send, simulate
from .signer import Signer
from .state import AccountState, PathStatus, RequestState

MODE_BATCH_OPDATA = bytes.fromhex("01000000000078210001") + bytes(22)
#: What a clone's code consists of (ERC-1167), around the address of the implementation.
_CLONE = (bytes.fromhex("363d3d373d3d3d363d73"), bytes.fromhex("5af43d82803e903d91602b57fd5bf3"))
#: Events that hold a policy's structure.
_SEARCH = ("PolicyPublished", "PolicyConfigured", "PolicyChangeScheduled")


class RecoveryClient:
    """Everything about accounts and their recovery on one chain.

    Args:
        web3: Connected to a node of the chain.
        deployment: Where the contracts stand; by default where the shipped artifacts stand on every chain.
    """

    def __init__(self, web3: Web3, deployment: contracts.Deployment | None = None) -> None:
        self.web3 = web3
        self.deployment = deployment or contracts.canonical_deployment()
        self.module = self._contract(self.deployment.module, "WalletRecoveryModule")
        self.factory = self._contract(self.deployment.factory, "RecoveryWalletFactory")
        self.lens = self._contract(self.deployment.lens, "RecoveryLens")
        self._chain_id: int | None = None

    # ------------------------------------------------------------------------------------------ chain

    @property
    def chain_id(self) -> int:
        """The chain's id, asked for once.

        Raises:
            ChainError: The node does not answer.
        """
        if self._chain_id is None:
            self._chain_id = ask_number(lambda: self.web3.eth.chain_id, 2**64)
        return self._chain_id

    def check_deployment(self) -> None:
        """Compares the code on the chain with the shipped artifacts.

        Raises:
            ChainError: Something else stands there, or nothing.
        """
        for address, name in (
            (self.deployment.module, "WalletRecoveryModule"),
            (self.deployment.factory, "RecoveryWalletFactory"),
            (self.deployment.wallet, "RecoveryWallet"),
            (self.deployment.lens, "RecoveryLens"),
        ):
            code = self.code(address)
            if not code:
                raise ChainError(
                    f"{name} is not deployed on chain {self.chain_id} (nothing at {address}). "
                    "Check the network, or deploy with: ape run deploy"
                )
            if not contracts.load(name).matches(code):
                raise ChainError(f"What stands at {address} on chain {self.chain_id} is not {name}. Do not use it.")

    # ------------------------------------------------------------------------------------------- read

    def state(self, account: str, paths: int = MAX_PATHS) -> AccountState:
        """Where an account stands now, in one call and without searching logs.

        Args:
            account: Its address.
            paths: How many paths to read; more than the policy has are idle.

        Raises:
            ChainError: The node does not answer, or the lens is not there.
        """
        account = to_checksum_address(account)
        status = self.lens.functions.status(self.deployment.module, account, paths)
        return ask(lambda: self._state(account, status.call()))

    @staticmethod
    def _state(account: str, status: Any) -> AccountState:
        (
            time,
            readable,
            policy_hash,
            epoch,
            change_delay,
            blockers,
            change_policy_hash,
            change_eta,
            last_active,
            frozen_until,
            cool_until,
            requests,
        ) = status
        return AccountState(
            account,
            time,
            readable,
            bytes(policy_hash),
            epoch,
            change_delay,
            blockers,
            bytes(change_policy_hash),
            change_eta,
            last_active,
            frozen_until,
            cool_until,
            tuple(PathStatus(RequestState(state), *rest) for state, *rest in requests),
        )

    def policy(self, account: str, from_block: int = 0) -> Policy:
        """The policy in force, found in the module's events and checked against the hash on the chain.

        Args:
            account: Its address.
            from_block: Where the search begins.

        Raises:
            Refused: The account has no policy.
            ChainError: No event holds it, or the node refuses the search.
        """
        state = self.state(account, 0)
        if not state.configured:
            raise self._no_policy(account)
        for name in _SEARCH:
            for log in reversed(self._logs(self.module.events[name], account, from_block)):
                args = log["args"]
                try:
                    policy = Policy(args["changeDelay"], tuple(Path.from_abi(path) for path in args["paths"]))
                except (InvalidInput, ValueError):
                    continue  # a removal, which has no structure
                if policy.hash[:24] == state.policy_hash:
                    return policy
        raise ChainError(
            f"The structure of the policy of {account} was not found in the events from block {from_block} on. "
            "Use a kit or the policy file, or a node that keeps older events."
        )

    def owners_hash(self, wallet: str) -> bytes:
        """What a wallet keeps of its owners: the first 24 bytes of their hash.

        Raises:
            Refused: No wallet is there.
        """
        contract = self._contract(wallet, "RecoveryWallet")
        return bytes(self._ask_wallet(wallet, contract.functions.ownersHash()))

    def owners(self, wallet: str, from_block: int = 0) -> Owners:
        """A wallet's owners, found in its events and checked against the hash on the chain.

        Raises:
            Refused: No wallet is there.
            ChainError: No event holds them, or the node refuses the search.
        """
        contract = self._contract(wallet, "RecoveryWallet")
        expected = self.owners_hash(wallet)
        logs = ask(lambda: contract.events.OwnersChanged().get_logs(from_block=from_block))
        for log in reversed(logs):
            try:
                owners = _owners(log)
            except InvalidInput:
                continue  # nothing that the wallet could have accepted
            if owners.hash[:24] == expected:
                return owners
        raise ChainError(
            f"The owners of {wallet} were not found in its events from block {from_block} on. "
            "Use a node that keeps older events."
        )

    def requested_owners(self, account: str, path: int, from_block: int = 0) -> Owners:
        """The new owners of the open request of a path, from its event.

        Raises:
            Refused: No request is open.
            ChainError: No event holds it, or the node refuses the search.
        """
        status = self.state(account, path + 1).paths[path]
        if status.state is RequestState.IDLE:
            raise Refused(f"No recovery is under way on path {path} of {account}.")
        for log in reversed(self._logs(self.module.events.RecoveryStarted, account, from_block)):
            args = log["args"]
            if (args["path"], args["nonce"], args["readyAt"]) == (path, status.nonce, status.ready_at):
                return ask(lambda: _owners(log))  # noqa: B023 - asked at once
        raise ChainError(
            f"The start of the recovery was not found in the events from block {from_block} on. "
            "Use the request file, or a node that keeps older events."
        )

    def code(self, address: str) -> bytes:
        """The code at an address; empty for a plain key."""
        return ask(lambda: bytes(self.web3.eth.get_code(to_checksum_address(address))))

    def is_wallet(self, address: str) -> bool:
        """Whether an address has exactly this deployment's wallet code, as a clone or by delegation (EIP-7702)."""
        code, wallet = self.code(address), to_bytes(hexstr=self.deployment.wallet)
        return code in (_CLONE[0] + wallet + _CLONE[1], b"\xef\x01\x00" + wallet)

    def balance(self, address: str) -> int:
        """What an address has, in wei."""
        return ask_number(lambda: self.web3.eth.get_balance(to_checksum_address(address)))

    def time(self) -> int:
        """The chain's time, in seconds since 1970."""
        return ask_number(lambda: self.web3.eth.get_block("latest")["timestamp"], 2**64)

    def is_approved(self, signer: Signer, digest: bytes) -> bool:
        """Whether an address has approved a digest on-chain."""
        return bool(ask(lambda: self.module.functions.isApproved(signer.address, digest).call()))

    def batch_nonce(self, wallet: str) -> int:
        """The number of a wallet's next relayed batch."""
        contract = self._contract(wallet, "RecoveryWallet")
        return int(self._ask_wallet(wallet, contract.functions.batchNonce()))

    # ----------------------------------------------------------------------------------------- build

    def request(self, account: str, proof: PathProof, label: str, owners: Owners, deadline: int) -> Request:
        """A request at the account's present epoch and nonce.

        Args:
            account: Whom to recover.
            proof: The path; it must be in force.
            label: What the owner calls the path.
            owners: The new owners.
            deadline: Until when approvals are good, in seconds since 1970.

        Raises:
            Refused: The path is not in force, or a request is already open on it.
        """
        state = self.state(account, proof.index + 1)
        if not state.configured:
            raise self._no_policy(account)
        if proof.policy_hash(state.change_delay)[:24] != state.policy_hash:
            raise Refused(f"The policy of {account} has changed since this kit or policy file was made. Get a new one.")
        if deadline <= state.time:
            raise InvalidInput("The deadline lies in the past.")
        status = state.paths[proof.index]
        if status.state in (RequestState.PENDING, RequestState.READY):
            raise Refused(
                f"A recovery on path {label!r} is under way until {when(status.expires_at)}; "
                f"there is one at a time. See: recovery status {state.account}"
            )
        nonce = status.nonce
        return Request(
            self.chain_id,
            self.deployment.module,
            state.account,
            state.epoch,
            nonce,
            proof,
            label,
            owners,
            deadline,
        )

    def check_request(self, request: Request) -> AccountState:
        """Compares a request with the chain: whether approvals of it can still count.

        Raises:
            Refused: Another chain or module, an older policy or epoch, used up, or out of date.
        """
        if request.chain_id != self.chain_id:
            raise Refused(
                f"The request is for chain {request.chain_id}, but this is chain {self.chain_id}. "
                "Choose the other network."
            )
        if request.module != self.deployment.module:
            raise Refused(f"The request is for another module ({request.module}). Do not approve it.")
        state = self.state(request.account, request.proof.index + 1)
        if not state.configured:
            raise self._no_policy(request.account)
        if state.epoch != request.epoch or state.policy_hash != request.proof.policy_hash(state.change_delay)[:24]:
            raise Refused(
                "The account has been recovered, or its policy has changed, since the request was made. "
                "Make a new request; approvals of this one are void."
            )
        if state.paths[request.proof.index].nonce != request.nonce:
            raise Refused(
                "This request, or another one on the same path, has been started already. "
                f"See: recovery status {request.account}"
            )
        if request.deadline < state.time:
            raise Refused("The request's deadline has passed. Make a new request and ask the guardians again.")
        return state

    def create_wallet(self, owners: Owners, policy: Policy) -> Transaction:
        """Creates the wallet of these owners and this policy."""
        return self._transaction(
            self.factory.functions.createWallet(
                owners.to_abi(), owners.threshold, policy.change_delay, policy.to_abi()
            ),
            f"create the wallet {self.deployment.wallet_address(owners, policy)}",
        )

    def start(self, approvals: Approvals) -> Transaction:
        """Starts a request that its whole quorum has approved."""
        request = approvals.request
        return self._transaction(
            self.module.functions.start(
                request.account,
                request.proof.to_abi(),
                request.owners.to_abi(),
                request.owners.threshold,
                request.deadline,
                approvals.to_abi(),
            ),
            f"start the recovery of {request.account} on path {request.label!r}",
        )

    def finalize(self, account: str, path: int, structure: Path, owners: Owners) -> Transaction:
        """Puts the new owners of a ready request in place."""
        return self._transaction(
            self.module.functions.finalize(
                to_checksum_address(account), path, structure.to_abi(), owners.to_abi(), owners.threshold
            ),
            f"finalize the recovery of {account} on path {path}",
        )

    def approve_digest(self, digest: bytes) -> Transaction:
        """Approves a digest on-chain, in the sender's name."""
        return self._transaction(self.module.functions.approveDigest(digest), f"approve 0x{digest.hex()} on-chain")

    def cancel_call(self, epoch: int, path: int, nonce: int) -> Call:
        """What a wallet calls to cancel the request with this id."""
        return self._call(self.module.functions.cancel(epoch, path, nonce))

    def heartbeat_call(self) -> Call:
        """What a wallet calls to show that its owner is alive."""
        return self._call(self.module.functions.heartbeat())

    def batch(self, wallet: str, owners: Owners, calls: Sequence[Call], deadline: int) -> Message:
        """What a wallet's owners sign so that anybody may relay these calls.

        Args:
            wallet: The wallet.
            owners: Its present owners: whoever replaces them voids what they have signed.
            calls: In order; all succeed or none has an effect.
            deadline: At most a day ahead of the chain's time, in seconds since 1970.
        """
        return batch(self.chain_id, wallet, calls, owners, self.batch_nonce(wallet), deadline)

    def execute(self, wallet: str, calls: Sequence[Call], deadline: int, proof: bytes, summary: str) -> Transaction:
        """Relays a batch that the wallet's owners have signed.

        Args:
            wallet: The wallet.
            calls: As signed.
            deadline: As signed.
            proof: From `Owners.proof`.
            summary: What the batch does, for people.
        """
        contract = self._contract(wallet, "RecoveryWallet")
        data = self.web3.codec.encode(
            ["(address,uint256,bytes)[]", "bytes"],
            [[call.to_abi() for call in calls], deadline.to_bytes(6, "big") + proof],
        )
        return self._transaction(contract.functions.execute(MODE_BATCH_OPDATA, data), summary)

    # ------------------------------------------------------------------------------------------ send

    def simulate(self, transaction: Transaction, sender: str) -> int:
        """Runs a transaction without sending it; see `sending.simulate`."""
        return simulate(self.web3, transaction, sender)

    def send(
        self,
        transaction: Transaction,
        account: BaseAccount,
        timeout: float = 180,
        sending: Callable[[str], None] | None = None,
    ) -> TxReceipt:
        """Simulates, signs, sends, and waits for the receipt; see `sending.send`."""
        return send(self.web3, self.chain_id, transaction, account, timeout, sending)

    def deadline(self, seconds: int = DAY // 2) -> int:
        """The chain's time so many seconds from now."""
        return self.time() + seconds

    # --------------------------------------------------------------------------------------- private

    def _no_policy(self, account: str) -> Refused:
        return Refused(f"{account} has no recovery policy on chain {self.chain_id}. Check the address and the network.")

    def _contract(self, address: str, name: str) -> Contract:
        return self.web3.eth.contract(address=Web3.to_checksum_address(address), abi=contracts.load(name).abi)

    @staticmethod
    def _transaction(function: Any, summary: str) -> Transaction:
        return Transaction(function.address, to_bytes(hexstr=function._encode_transaction_data()), summary)

    @staticmethod
    def _call(function: Any) -> Call:
        return Call(function.address, 0, to_bytes(hexstr=function._encode_transaction_data()))

    def _logs(self, event: Any, account: str, from_block: int) -> list[Any]:
        filters = {"account": to_checksum_address(account)}
        return list(ask(lambda: event().get_logs(from_block=from_block, argument_filters=filters)))

    def _ask_wallet(self, wallet: str, function: Any) -> Any:
        if not self.is_wallet(wallet):
            raise Refused(
                f"{wallet} is not a recovery wallet of this release on chain {self.chain_id}. "
                "Check the address and the network."
            )
        return ask(lambda: function.call())


def _owners(log: Any) -> Owners:
    """Of an event that names owners and threshold."""
    return Owners.of([Signer(bytes(owner)) for owner in log["args"]["owners"]], log["args"]["threshold"])
