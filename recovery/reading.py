"""What can be asked of a chain about accounts, as steps: written once for the client and its asynchronous twin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from eth_abi import encode
from eth_utils import to_bytes, to_checksum_address

from . import abi, contracts, foresee, lens
from .building import Building
from .errors import ChainError, InvalidInput, Refused
from .history import Entry, Search
from .messages import Call, Message, batch
from .policy import DAY, MAX_PATHS, Path, Policy
from .quorum import Owners
from .rpc import Ask, Steps, Together, block, data, field, nonsense, number, quantity
from .signer import Signer, address_of
from .state import AccountState, PathStatus, RequestState

if TYPE_CHECKING:
    from .snapshot import StateProof

_T = TypeVar("_T")

#: What a clone's code consists of (ERC-1167), around the address of the implementation.
_CLONE = (bytes.fromhex("363d3d373d3d3d363d73"), bytes.fromhex("5af43d82803e903d91602b57fd5bf3"))
#: isValidSignature(bytes32,bytes) and verify(bytes,bytes32,bytes): what is called, and what says yes.
_ERC1271, _ERC7913 = bytes.fromhex("1626ba7e"), bytes.fromhex("024ad318")
#: Events that hold a policy's structure.
_STRUCTURES = ("PolicyPublished", "PolicyConfigured", "PolicyChangeScheduled")


class Reading(Building):
    """Steps that read one chain. What they return and raise is described here for both clients."""

    def __init__(self, deployment: contracts.Deployment | None = None) -> None:
        super().__init__(deployment)
        self._chain_id: int | None = None

    # ------------------------------------------------------------------------------------------ chain

    def chain_id(self) -> Steps[int]:
        """The chain's id, asked for once.

        Raises:
            ChainError: The node does not answer.
        """
        if self._chain_id is None:
            self._chain_id = yield from number("eth_chainId", limit=2**64)
        return self._chain_id

    def check_deployment(self) -> Steps[None]:
        """Compares the code on the chain with the shipped artifacts, and the chain's id with what the EVM says.

        Raises:
            ChainError: Something else stands there, or nothing, or the node says another chain id than the contracts.
        """
        places = (
            (self.deployment.module, "WalletRecoveryModule"),
            (self.deployment.factory, "RecoveryWalletFactory"),
            (self.deployment.wallet, "RecoveryWallet"),
            (self.deployment.lens, "RecoveryLens"),
        )
        domain = abi.function("WalletRecoveryModule", "eip712Domain")
        chain_id = yield from self.chain_id()
        codes = yield Together(tuple(_code(address) for address, _ in places))
        for (address, name), answer in zip(places, codes, strict=True):
            code = data(answer)
            if not code:
                raise ChainError(
                    f"{name} is not deployed on chain {chain_id} (nothing at {address}). "
                    "Check the network, or deploy with: ape run deploy"
                )
            if not contracts.load(name).matches(code):
                raise ChainError(f"What stands at {address} on chain {chain_id} is not {name}. Do not use it.")
        told = (yield from domain.call(self.deployment.module))[3]
        if told != chain_id:
            raise ChainError(
                f"The node says that it is of chain {chain_id}, but the contracts there say chain {told}. "
                "Do not use this node: what you sign for one chain could count on another."
            )

    def time(self, at: int | None = None) -> Steps[int]:
        """The chain's time, in seconds since 1970: that of its latest block, or of the block with this number."""
        found = yield from block("latest" if at is None else at)
        return quantity(field(found, "timestamp"), 2**64)

    def deadline(self, seconds: int = DAY // 2) -> Steps[int]:
        """The chain's time so many seconds from now."""
        return (yield from self.time()) + seconds

    def code(self, address: str) -> Steps[bytes]:
        """The code at an address; empty for a plain key."""
        return data((yield _code(address)))

    def balance(self, address: str) -> Steps[int]:
        """What an address has, in wei."""
        return (yield from number("eth_getBalance", address_of(address), "latest"))

    # ----------------------------------------------------------------------------------------- account

    def state(self, account: str, paths: int = MAX_PATHS) -> Steps[AccountState]:
        """Where an account stands now, in one call and without searching logs.

        Args:
            account: Its address.
            paths: How many paths to read; more than the policy has are idle.

        Raises:
            ChainError: The node does not answer, or the lens is not there.
        """
        account = address_of(account)
        lens.require_paths(paths)
        status = abi.function("RecoveryLens", "status")
        answer = yield from status.call(self.deployment.lens, self.deployment.module, account, paths)
        time, readable, policy_hash, epoch, change_delay, blockers, change_hash, change_eta, active, freeze, found = (
            answer
        )
        if len(found) != paths or any(request[0] > max(RequestState) for request in found):
            raise nonsense()
        return AccountState(
            account,
            time,
            readable,
            policy_hash,
            epoch,
            change_delay,
            blockers,
            change_hash,
            change_eta,
            active,
            frozen_until=freeze[0],
            cool_until=freeze[1],
            paths=tuple(PathStatus(RequestState(state), *rest) for state, *rest in found),
            freeze_id=(freeze[2], freeze[3], freeze[4]),
        )

    def states(self, accounts: Sequence[str], paths: int = MAX_PATHS) -> Steps[list[AccountState]]:
        """Where many accounts stand, all at the same block; see `lens.states`."""
        return (yield from lens.states(self.deployment, accounts, paths))

    def policy(self, account: str, from_block: int | None = None) -> Steps[Policy]:
        """The policy in force, found in the module's events and checked against the hash on the chain.

        Args:
            account: Its address.
            from_block: Where the search ends, which goes backwards; by default where the module was deployed.

        Raises:
            Refused: The account has no policy.
            ChainError: No event holds it, or the node refuses the search.
        """
        state = yield from self.state(account, 0)
        foresee.has_policy(state, (yield from self.chain_id()))

        def fits(entry: Entry) -> Policy | None:
            paths, delay = entry.values["paths"], entry.values["changeDelay"]
            try:
                policy = Policy(delay, tuple(Path.from_abi(path) for path in paths))
            except (InvalidInput, ValueError):
                return None  # a removal, which has no structure
            return policy if policy.hash[:24] == state.policy_hash else None

        return (
            yield from self._latest(
                self._search(_STRUCTURES, self.deployment.module, [_topic(account)], from_block),
                fits,
                f"The structure of the policy of {account} was not found in the events",
                "Use a kit or the policy file, or a node that keeps older events.",
            )
        )

    def owners_hash(self, wallet: str) -> Steps[bytes]:
        """What a wallet keeps of its owners: the first 24 bytes of their hash.

        Raises:
            Refused: No wallet is there.
        """
        return bytes((yield from self._of_wallet(wallet, "ownersHash")))

    def owners(self, wallet: str, from_block: int | None = None) -> Steps[Owners]:
        """A wallet's owners, found in its events and checked against the hash on the chain.

        Raises:
            Refused: No wallet is there.
            ChainError: No event holds them, or the node refuses the search.
        """
        expected = yield from self.owners_hash(wallet)

        def fits(entry: Entry) -> Owners | None:
            try:
                owners = _owners(entry)
            except InvalidInput:
                return None  # nothing that the wallet could have accepted
            return owners if owners.hash[:24] == expected else None

        return (
            yield from self._latest(
                self._search(("OwnersChanged",), wallet, [], from_block),
                fits,
                f"The owners of {wallet} were not found in its events",
                "Use a node that keeps older events.",
            )
        )

    def requested_owners(self, account: str, path: int, from_block: int | None = None) -> Steps[Owners]:
        """The new owners of the open request of a path, from its event.

        Raises:
            Refused: No request is open.
            ChainError: No event holds it, or the node refuses the search.
        """
        status = (yield from self.state(account, path + 1)).paths[path]
        if status.state is RequestState.IDLE:
            raise Refused(f"No recovery is under way on path {path} of {account}.")

        def fits(entry: Entry) -> Owners | None:
            same = (entry.values["nonce"], entry.values["readyAt"]) == (status.nonce, status.ready_at)
            return _owners(entry) if same else None

        topics = [_topic(account), path.to_bytes(32, "big")]
        return (
            yield from self._latest(
                self._search(("RecoveryStarted",), self.deployment.module, topics, from_block),
                fits,
                "The start of the recovery was not found in the events",
                "Use the request file, or a node that keeps older events.",
            )
        )

    def history(self, account: str, from_block: int | None = None, to_block: int | None = None) -> Steps[Search]:
        """A search for all events of an account in the module, oldest first, to be gone through with `page`.

        Args:
            account: Its address.
            from_block: Where it begins; by default where the module was deployed.
            to_block: Where it ends; by default at the latest block.
        """
        end = to_block if to_block is not None else (yield from number("eth_blockNumber", limit=2**64))
        module = self.deployment.module
        return Search("WalletRecoveryModule", (), module, [_topic(account)], from_block, end, deployed=module)

    def page(self, search: Search) -> Steps[list[Entry]]:
        """The events of the next piece of a search; see `Search.page`."""
        return (yield from search.page())

    def state_proof(self, account: str, block: str | int = "latest") -> Steps[StateProof]:
        """Where an account stands at a block, with the proof (`eth_getProof`), for years; see `snapshot.take`."""
        from .snapshot import take

        return (yield from take(self.deployment, (yield from self.chain_id()), account, block))

    def is_canonical(self, proof: StateProof) -> Steps[bool]:
        """Whether a state proof's block is part of the chain."""
        from .snapshot import is_canonical

        return (yield from is_canonical(proof))

    def is_wallet(self, address: str) -> Steps[bool]:
        """Whether an address has exactly this deployment's wallet code, as a clone or by delegation (EIP-7702)."""
        code, wallet = (yield from self.code(address)), to_bytes(hexstr=self.deployment.wallet)
        return code in (_CLONE[0] + wallet + _CLONE[1], contracts.DELEGATION + wallet)

    def is_approved(self, signer: Signer, digest: bytes) -> Steps[bool]:
        """Whether an address has approved a digest on-chain; a longer signer has nobody who could."""
        if not signer.is_address:
            return False
        function = abi.function("WalletRecoveryModule", "isApproved")
        return bool((yield from function.call(self.deployment.module, signer.address, digest)))

    def is_valid_signature(self, signer: Signer, digest: bytes, signature: bytes) -> Steps[bool]:
        """Whether a contract (ERC-1271), or a longer signer's verifier (ERC-7913), accepts a signature.

        Keys sign without a chain: see `request.is_signed_by_key`.
        """
        if signer.is_address:
            magic, call = _ERC1271, _ERC1271 + encode(["bytes32", "bytes"], [digest, signature])
        else:
            key = signer.data[20:]
            magic, call = _ERC7913, _ERC7913 + encode(["bytes", "bytes32", "bytes"], [key, digest, signature])
        if not (yield from self.code(signer.address)):
            return False
        try:
            answer = data((yield Ask("eth_call", ({"to": signer.address, "data": "0x" + call.hex()}, "latest"))))
        except Refused:
            return False
        return answer == magic + bytes(28)

    def batch_nonce(self, wallet: str) -> Steps[int]:
        """The number of a wallet's next relayed batch."""
        return int((yield from self._of_wallet(wallet, "batchNonce")))

    def batch(self, wallet: str, owners: Owners, calls: Sequence[Call], deadline: int) -> Steps[Message]:
        """What a wallet's owners sign so that anybody may relay these calls.

        Args:
            wallet: The wallet.
            owners: Its present owners: whoever replaces them voids what they have signed.
            calls: In order; all succeed or none has an effect.
            deadline: At most a day ahead of the chain's time, in seconds since 1970.
        """
        chain_id = yield from self.chain_id()
        return batch(chain_id, wallet, calls, owners, (yield from self.batch_nonce(wallet)), deadline)

    # ---------------------------------------------------------------------------------------- private

    def _of_wallet(self, wallet: str, name: str) -> Steps[Any]:
        if not (yield from self.is_wallet(wallet)):
            raise Refused(
                f"{wallet} is not a recovery wallet of this release on chain {(yield from self.chain_id())}. "
                "Check the address and the network."
            )
        return (yield from abi.function("RecoveryWallet", name).call(to_checksum_address(wallet)))

    def _search(
        self, names: Sequence[str], address: str, topics: Sequence[bytes | None], start: int | None
    ) -> Steps[Search]:
        """A search backwards from the latest block."""
        contract = "RecoveryWallet" if "OwnersChanged" in names else "WalletRecoveryModule"
        end = yield from number("eth_blockNumber", limit=2**64)
        return Search(
            contract,
            names,
            to_checksum_address(address),
            topics,
            start,
            end,
            backwards=True,
            deployed=self.deployment.module,
        )

    @staticmethod
    def _latest(searching: Steps[Search], fits: Callable[[Entry], _T | None], missing: str, remedy: str) -> Steps[_T]:
        """What `fits` makes of the latest event that fits."""
        search = yield from searching
        while not search.done:
            for entry in (yield from search.page()):
                found = fits(entry)
                if found is not None:
                    return found
        raise ChainError(f"{missing} from block {search.start} on. {remedy}")


def _code(address: str) -> Ask:
    return Ask("eth_getCode", (address_of(address), "latest"))


def _topic(address: str) -> bytes:
    return to_bytes(hexstr=address).rjust(32, b"\0")


def _owners(entry: Entry) -> Owners:
    """Of an event that names owners and threshold."""
    return Owners.of([Signer(bytes(owner)) for owner in entry.values["owners"]], entry.values["threshold"])
