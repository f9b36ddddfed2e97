"""A state proof: where an account stood at one block, in a file that needs no node to be believed.

It holds a block's header and what the header commits to: the code of account and module, and every word that decides
over the account. All follows from the block's hash. What no file can say is whether that block is part of the chain:
that takes one question to any node, or an old record of the hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_utils import keccak, to_bytes, to_checksum_address

from . import contracts, files, lens
from .contracts import Artifact, Deployment
from .errors import ChainError, InvalidInput, Refused
from .files import from_hex, integer, to_hex
from .policy import MAX_PATHS
from .proof import Header, Nodes, encode_header, nodes_of, read_header
from .rpc import UNREACHABLE, Ask, Steps, Together, block, data, field, nonsense
from .signer import address_of
from .state import AccountState

PROOF_KIND = "recovery-state-proof"

#: Where WalletRecoveryModule keeps its mappings, as the compiler lays them out.
POLICIES, REQUESTS, CHANGES, FREEZES = 2, 3, 4, 6
#: Where a wallet keeps what it has (ERC-7201): its owners, and after it the number of its next batch.
LAYOUT = 0xC7128342B3D693B58E26C139CA2A8419D82B75C5BDBD184A623A0525FC0AD100
#: How often another block is taken because the chain was reorganised meanwhile, or the node has several heads.
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Proven:
    """What a state proof proves, if its block is part of the chain.

    Attributes:
        header: The block.
        state: Where the account stood, with all paths that a policy can have.
        owners_hash: First 24 bytes of the hash of its owners.
        batch_nonce: The number of its next relayed batch.
        balance: What it had, in wei.
        delegated: Whether it is a plain key that delegates to the wallet's code (EIP-7702), and no clone of it.
    """

    header: Header
    state: AccountState
    owners_hash: bytes
    batch_nonce: int
    balance: int
    delegated: bool


@dataclass(frozen=True, slots=True)
class StateProof:
    """Where an account stood at one block, with the proof.

    Attributes:
        chain_id: Which chain; its module has the number in its code.
        account: The account.
        module: Its module.
        wallet: The implementation whose code it uses.
        block_hash: The block's hash, 32 bytes: everything follows from it.
        header: The block's header, encoded.
        module_code: The module's code.
        wallet_code: The implementation's code.
        nodes: Of the tries of accounts and storage, encoded, in any order.
    """

    chain_id: int
    account: str
    module: str
    wallet: str
    block_hash: bytes
    header: bytes
    module_code: bytes
    wallet_code: bytes
    nodes: tuple[bytes, ...]

    def verify(self, module: Artifact | None = None, wallet: Artifact | None = None) -> Proven:
        """What it proves. Nothing is asked of anybody.

        Args:
            module: What the module has to be; by default the one that is shipped.
            wallet: What the implementation has to be; by default the one that is shipped.

        Raises:
            InvalidInput: It proves nothing: something was altered, is missing, or is too much.
        """
        header = read_header(self.header)
        if header.hash != self.block_hash:
            raise InvalidInput("the block's header has been altered: its hash is another.")
        nodes = Nodes(self.nodes)
        account = nodes.account(header.state_root, self.account)
        implementation = nodes.account(header.state_root, self.wallet)
        if account is None or implementation is None:
            raise InvalidInput("the account, or the wallet's code, did not exist at this block.")
        storage = nodes.account(header.state_root, self.module)
        if storage is None or storage.code_hash != keccak(self.module_code):
            raise InvalidInput("the module's code is not what stood at its address.")
        if implementation.code_hash != keccak(self.wallet_code):
            raise InvalidInput("the wallet's code is not what stood at its address.")
        self._check_code(module or contracts.load("WalletRecoveryModule"), wallet or contracts.load("RecoveryWallet"))
        uses = {keccak(code): delegated for code, delegated in account_codes(self.wallet)}
        if account.code_hash not in uses:
            raise InvalidInput("the account is not a wallet with this code.")

        root = storage.storage_root
        policy = nodes.word(root, policy_slot(self.account))
        epoch = policy >> 32 & 0xFFFFFFFF
        change = nodes.word(root, change_slot(self.account, epoch))
        freeze = nodes.word(root, freeze_slot(self.account))
        requests = [nodes.word(root, request_slot(self.account, epoch, path)) for path in range(MAX_PATHS)]
        owners = nodes.word(account.storage_root, LAYOUT)
        batch_nonce = nodes.word(account.storage_root, LAYOUT + 1)
        nodes.require_used()

        last_active, frozen_until = owners >> 32 & 0xFFFFFFFF, owners & 0xFFFFFFFF
        # In the order of the lens; a change is stored with its hash below and its time above.
        change = (change & (1 << 192) - 1) << 64 | (change >> 192 & 0xFFFFFFFF) << 32 | change >> 224 & 0xFF
        words = [1, policy, change, last_active, frozen_until << 32 | freeze & 0xFFFFFFFF, *requests]
        state = next(lens.unpack([self.account], words, MAX_PATHS, header.time))
        state = replace(state, freeze_id=(freeze >> 32 & 0xFFFFFFFF, freeze >> 64 & 0xFF, freeze >> 72 & 0xFFFF))
        owners_hash = (owners >> 64).to_bytes(24, "big")
        return Proven(header, state, owners_hash, batch_nonce, account.balance, uses[account.code_hash])

    def _check_code(self, module: Artifact, wallet: Artifact) -> None:
        if not module.matches(self.module_code):
            raise InvalidInput("the module's code is not that of this release.")
        if not wallet.matches(self.wallet_code):
            raise InvalidInput("the wallet's code is not that of this release.")
        # Code says on which chain it was made, and where it stands: it is written into it when it is deployed.
        filled = [self.module_code[start : start + length] for start, length in module.immutables]
        if self.chain_id.to_bytes(32, "big") not in filled or _word(self.module) not in filled:
            raise InvalidInput("the module is that of another chain.")
        if _word(self.module) not in [self.wallet_code[start : start + length] for start, length in wallet.immutables]:
            raise InvalidInput("the wallet listens to another module.")

    def dumps(self) -> str:
        """As a file. Number and time of the block follow from the header: they stand in it for people."""
        header = read_header(self.header)
        return files.dumps(
            PROOF_KIND,
            {
                "chainId": self.chain_id,
                "account": self.account,
                "module": self.module,
                "wallet": self.wallet,
                "blockHash": to_hex(self.block_hash),
                "blockNumber": header.number,
                "blockTime": header.time,
                "header": to_hex(self.header),
                "moduleCode": to_hex(self.module_code),
                "walletCode": to_hex(self.wallet_code),
                "nodes": [to_hex(node) for node in self.nodes],
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The state proof") -> StateProof:
        """From a file. What it proves takes `verify`.

        Raises:
            InvalidFile: Altered, or not a state proof.
        """

        def build(content: dict[str, Any]) -> StateProof:
            account, module, wallet = (
                str(to_checksum_address(from_hex(content[name], 20))) for name in ("account", "module", "wallet")
            )
            proof = cls(
                integer(content["chainId"]),
                account,
                module,
                wallet,
                from_hex(content["blockHash"], 32),
                from_hex(content["header"]),
                from_hex(content["moduleCode"]),
                from_hex(content["walletCode"]),
                tuple(from_hex(node) for node in content["nodes"]),
            )
            header = read_header(proof.header)
            if (header.number, header.time) != (integer(content["blockNumber"]), integer(content["blockTime"])):
                raise InvalidInput("number and time of the block are not those in its header.")
            return proof

        return files.parse(source, PROOF_KIND, files.loads(text, PROOF_KIND, source), build)


# ---------------------------------------------------------------------------------------------- slots


def policy_slot(account: str) -> int:
    """Where the module keeps an account's policy."""
    return _slot(_word(account), POLICIES)


def request_slot(account: str, epoch: int, path: int) -> int:
    """Where the module keeps the request of a path."""
    return _slot((_number(account) << 96 | epoch << 64 | path).to_bytes(32, "big"), REQUESTS)


def change_slot(account: str, epoch: int) -> int:
    """Where the module keeps a pending change of policy."""
    return _slot((_number(account) << 96 | epoch).to_bytes(32, "big"), CHANGES)


def freeze_slot(account: str) -> int:
    """Where the module keeps an account's last freeze."""
    return _slot(_word(account), FREEZES)


def account_codes(wallet: str) -> tuple[tuple[bytes, bool], tuple[bytes, bool]]:
    """The code of a clone (ERC-1167) and of a delegation (EIP-7702), and whether it is one."""
    address = to_bytes(hexstr=wallet)
    clone = bytes.fromhex("363d3d373d3d3d363d73") + address + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
    return (clone, False), (contracts.DELEGATION + address, True)


def _slot(key: bytes, mapping: int) -> int:
    return int.from_bytes(keccak(key + mapping.to_bytes(32, "big")), "big")


def _word(address: str) -> bytes:
    return to_bytes(hexstr=address).rjust(32, b"\0")


def _number(address: str) -> int:
    return int(address, 16)


# -------------------------------------------------------------------------------------------- chain


def take(at: Deployment, chain_id: int, account: str, which: str | int = "latest") -> Steps[StateProof]:
    """Asks a node for a state proof, and believes it as little as any reader will.

    Args:
        at: Where the contracts stand.
        chain_id: Of the node's chain.
        account: The account.
        which: A block's number, or "latest", "safe", "finalized". Most nodes keep the state of some 100 blocks.

    Raises:
        Refused: The account is no wallet of this release there.
        ChainError: The node does not answer, gives no proofs, or gives wrong ones.
    """
    account = address_of(account)
    for attempt in range(ATTEMPTS):
        try:
            return (yield from _taken(at, chain_id, account, which))
        except InvalidInput as error:
            if attempt == ATTEMPTS - 1:
                raise nonsense(f"its proof of the account's state does not hold: {error.message}") from error
    raise AssertionError("unreachable")


def _taken(at: Deployment, chain_id: int, account: str, which: str | int) -> Steps[StateProof]:
    raw = encode_header((yield from block(which)))
    header = read_header(raw)
    number = hex(header.number)
    if data((yield Ask("eth_getCode", (account, number)))) not in dict(account_codes(at.wallet)):
        raise Refused(
            f"{account} is not a recovery wallet of this release at block {header.number}. Check the network."
        )
    word = data((yield Ask("eth_getStorageAt", (at.module, _hex(policy_slot(account)), number))))
    epoch = int.from_bytes(word, "big") >> 32 & 0xFFFFFFFF
    slots = [policy_slot(account), change_slot(account, epoch), freeze_slot(account)]
    slots += [request_slot(account, epoch, path) for path in range(MAX_PATHS)]
    try:
        answers = yield Together(
            (
                _prove(account, [LAYOUT, LAYOUT + 1], number),
                _prove(at.module, slots, number),
                _prove(at.wallet, [], number),
            )
        )
        codes = yield Together(tuple(Ask("eth_getCode", (address, number)) for address in (at.module, at.wallet)))
    except ChainError as error:
        if error.code == UNREACHABLE:
            raise
        raise ChainError(f"{error.message} A state proof takes a node that answers eth_getProof.") from error
    module_code, wallet_code = (data(code) for code in codes)
    proof = StateProof(
        chain_id, account, at.module, at.wallet, header.hash, raw, module_code, wallet_code, tuple(nodes_of(answers))
    )
    proof.verify()
    return proof


def is_canonical(proof: StateProof) -> Steps[bool]:
    """Whether the proof's block is part of the chain of the node that is asked.

    Raises:
        ChainError: The node does not answer, or does not know that block.
    """
    found = yield from block(read_header(proof.header).number)
    return data(field(found, "hash")) == proof.block_hash


def _prove(address: str, slots: Sequence[int], number: str) -> Ask:
    return Ask("eth_getProof", (address, [_hex(slot) for slot in slots], number))


def _hex(slot: int) -> str:
    return f"0x{slot:064x}"
