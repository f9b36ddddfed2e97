"""What a chain's state was, proved by a block's hash: headers and Merkle-Patricia proofs, as the Yellow Paper has them.

Nothing here asks a node. Whoever knows that a block's hash is right knows that every value is, that follows from it
here. Everything is refused that is not exactly what the hash commits to: another byte, a node more or less, an encoding
that is not the shortest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_utils import keccak, to_bytes

from .errors import InvalidInput
from .rpc import data, field, nonsense, quantity

#: The root of a trie in which nothing is, and the hash of no code.
EMPTY_ROOT = keccak(b"\x80")
NO_CODE = keccak(b"")

#: Fields of a header in their order, as JSON-RPC names them: how many bytes each has, or None for a number; 0 for any
#: number of bytes.
_FIELDS: tuple[tuple[str, int | None], ...] = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", None),
    ("number", None),
    ("gasLimit", None),
    ("gasUsed", None),
    ("timestamp", None),
    ("extraData", 0),
    ("mixHash", 32),
    ("nonce", 8),
)
#: What forks have added, each after the others: EIP-1559, 4895, 4844 (two), 4788, 7685, 7928, 7843.
_ADDED: tuple[tuple[str, int | None], ...] = (
    ("baseFeePerGas", None),
    ("withdrawalsRoot", 32),
    ("blobGasUsed", None),
    ("excessBlobGas", None),
    ("parentBeaconBlockRoot", 32),
    ("requestsHash", 32),
    ("blockAccessListHash", 32),
    ("slotNumber", None),
)
_LAYOUT = (*_FIELDS, *_ADDED)
#: More than any header has, also where the signatures of a chain's authorities stand in it, and than any node of a trie
#: of accounts or words: 16 hashes in a list.
_MAX_HEADER, _MAX_NODE = 64 * 1024, 1024


@dataclass(frozen=True, slots=True)
class Header:
    """What a block's header says, as far as it matters here.

    Attributes:
        hash: The block's hash, 32 bytes.
        number: The block's number.
        time: In seconds since 1970.
        state_root: The root of all accounts, 32 bytes.
    """

    hash: bytes
    number: int
    time: int
    state_root: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the trie of all accounts has it.

    Attributes:
        nonce: How many transactions it has sent, or contracts created.
        balance: In wei.
        storage_root: The root of its storage, 32 bytes.
        code_hash: 32 bytes.
    """

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


# -------------------------------------------------------------------------------------------- headers


def encode_header(block: Any) -> bytes:
    """The header of a block, of a node's answer, as its hash is made of.

    Raises:
        ChainError: The answer makes no sense, or its hash is not that of its fields.
    """
    items = []
    for name, length in _FIELDS:
        items.append(_item(field(block, name), length))
    for name, length in _ADDED:
        value = field(block, name)
        if value is None:
            break  # a gap would show in the hash
        items.append(_item(value, length))
    raw = bytes(rlp.encode(items))
    if keccak(raw) != data(field(block, "hash")):
        raise nonsense(
            "the hash of a block is not that of its header, or the header has a form unknown to this release"
        )
    return raw


def _item(value: Any, length: int | None) -> bytes:
    if length is None:
        number = quantity(value)
        return number.to_bytes((number.bit_length() + 7) // 8, "big")
    item = data(value)
    if length and len(item) != length:
        raise nonsense()
    return item


def read_header(raw: bytes) -> Header:
    """What a header says. Whether the block is part of a chain, only the chain can say.

    Raises:
        InvalidInput: It cannot be a header.
    """
    items = _decode(raw, _MAX_HEADER)
    if not isinstance(items, list) or not len(_FIELDS) <= len(items) <= len(_LAYOUT):
        raise InvalidInput("a block's header has another form.")
    for item, (name, length) in zip(items, _LAYOUT, strict=False):
        if not isinstance(item, bytes) or (length and len(item) != length):
            raise InvalidInput(f"a block's header has no proper {name}.")
        if length is None:
            _number(item, name)
    return Header(keccak(raw), _number(items[8], "number", 8), _number(items[11], "timestamp", 8), items[3])


# --------------------------------------------------------------------------------------------- proofs


class Nodes:
    """The nodes of tries that proofs consist of, found by their hashes. Which of them were needed is remembered.

    Args:
        raw: The nodes as they are encoded, in any order.

    Raises:
        InvalidInput: One is there twice.
    """

    def __init__(self, raw: Iterable[bytes]) -> None:
        self._found: dict[bytes, bytes] = {}
        for node in raw:
            digest = keccak(node)
            if digest in self._found:
                raise InvalidInput("a node of a proof stands twice.")
            self._found[digest] = node
        self._unused = set(self._found)

    def require_used(self) -> None:
        """Refuses nodes that were not needed.

        Raises:
            InvalidInput: There are some.
        """
        if self._unused:
            raise InvalidInput(f"{len(self._unused)} nodes of a proof belong to nothing that it proves.")

    def account(self, state_root: bytes, address: str) -> Account | None:
        """An account; None if it is proved that there is none.

        Raises:
            InvalidInput: A node is missing, or is none.
        """
        found = self.lookup(state_root, keccak(to_bytes(hexstr=address)))
        if found is None:
            return None
        items = _decode(found, _MAX_NODE)
        if (
            not isinstance(items, list)
            or len(items) != 4
            or not all(isinstance(item, bytes) for item in items)
            or not len(items[2]) == len(items[3]) == 32
        ):
            raise InvalidInput("an account in a proof has another form.")
        return Account(_number(items[0], "nonce", 8), _number(items[1], "balance"), items[2], items[3])

    def word(self, storage_root: bytes, slot: int) -> int:
        """What is stored in a slot; 0 if it is proved that nothing is.

        Raises:
            InvalidInput: A node is missing, or is none.
        """
        found = self.lookup(storage_root, keccak(slot.to_bytes(32, "big")))
        if found is None:
            return 0
        item = _decode(found, _MAX_NODE)
        if not isinstance(item, bytes):
            raise InvalidInput("a stored value in a proof has another form.")
        # Zero has no node where the rules are kept; Anvil keeps one, and its roots commit to it.
        return _number(item, "value")

    def lookup(self, root: bytes, key: bytes) -> bytes | None:
        """What a trie has for a key; None if it is proved that it has nothing.

        Args:
            root: The trie's root, 32 bytes.
            key: As it is in the trie: in those of accounts and storage, keys are hashes.

        Raises:
            InvalidInput: A node is missing, or is none.
        """
        if root == EMPTY_ROOT:
            return None
        rest = _nibbles(key)
        node = self._node(root, is_root=True)
        while True:
            if len(node) == 17:
                if not rest:
                    return _value(node[16]) if node[16] else None
                if node[rest[0]] == b"":
                    return None
                node, rest = self._follow(node[rest[0]]), rest[1:]
                continue
            is_leaf, path = _path(node[0])
            if is_leaf:
                value = _value(node[1])
                return value if path == rest else None
            self._require_reference(node[1])
            if rest[: len(path)] != path:
                return None
            node, rest = self._follow(node[1]), rest[len(path) :]
            if len(node) != 17:
                raise InvalidInput("an extension in a proof leads to something that is no branch.")

    def _follow(self, reference: Any) -> list[Any]:
        """The node that another refers to: by its hash, or itself if it is shorter than one."""
        self._require_reference(reference)
        return _checked(reference) if isinstance(reference, list) else self._node(reference)

    @staticmethod
    def _require_reference(reference: Any) -> None:
        if isinstance(reference, list):
            if len(rlp.encode(reference)) < 32:
                return
        elif len(reference) == 32:
            return
        raise InvalidInput("a node of a proof refers to something that is no node.")

    def _node(self, digest: bytes, is_root: bool = False) -> list[Any]:
        raw = self._found.get(digest)
        if raw is None:
            raise InvalidInput("a node is missing in a proof, or has been altered.")
        self._unused.discard(digest)
        if len(raw) < 32 and not is_root:
            raise InvalidInput("a node of a proof is too short to be referred to by its hash.")
        return _checked(_decode(raw, _MAX_NODE))


def _checked(node: Any) -> list[Any]:
    """A branch, an extension or a leaf."""
    if isinstance(node, list) and len(node) == 17 and isinstance(node[16], bytes) and sum(map(bool, node)) >= 2:
        return node
    if isinstance(node, list) and len(node) == 2 and isinstance(node[0], bytes):
        return node
    raise InvalidInput("a node of a proof is neither branch nor extension nor leaf.")


def _path(encoded: bytes) -> tuple[bool, list[int]]:
    """Whether it is a leaf's, and the nibbles (hex-prefix encoding, Yellow Paper, appendix C)."""
    nibbles = _nibbles(encoded)
    if not nibbles or nibbles[0] > 3 or (not nibbles[0] & 1 and nibbles[1]):
        raise InvalidInput("a node of a proof has a path with a wrong beginning.")
    is_leaf, path = bool(nibbles[0] & 2), nibbles[1 if nibbles[0] & 1 else 2 :]
    if not is_leaf and not path:
        raise InvalidInput("an extension in a proof has no path.")
    return is_leaf, path


def _nibbles(text: bytes) -> list[int]:
    return [nibble for byte in text for nibble in (byte >> 4, byte & 15)]


def _value(found: Any) -> bytes:
    if not isinstance(found, bytes) or not found:
        raise InvalidInput("a node of a proof has no proper value.")
    return found


def _decode(raw: bytes, limit: int) -> Any:
    """Recursive Length Prefix, in the one form that is right."""
    if len(raw) > limit:
        raise InvalidInput("a part of a proof is far too large.")
    try:
        return rlp.decode(raw)  # which refuses whatever could be shorter, and what is left over
    except (rlp.exceptions.RLPException, RecursionError) as error:
        raise InvalidInput("a part of a proof is not properly encoded.") from error


def _number(item: bytes, name: str, limit: int = 32) -> int:
    if item[:1] == b"\0" or len(item) > limit:
        raise InvalidInput(f"a {name} in a proof is not properly encoded.")
    return int.from_bytes(item, "big")


# ---------------------------------------------------------------------------------------- node's answers


def nodes_of(answers: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """The nodes in answers to `eth_getProof`, each once, in the order in which they come.

    Raises:
        ChainError: The answers are something else.
    """
    found: dict[bytes, None] = {}
    for answer in answers:
        storage = field(answer, "storageProof")
        if not isinstance(storage, list | tuple):
            raise nonsense()
        for proof in (field(answer, "accountProof"), *(field(each, "proof") for each in storage)):
            if not isinstance(proof, list | tuple):
                raise nonsense()
            found |= {data(node): None for node in proof}
    found.pop(b"\x80", None)  # some nodes say that nothing is there by the node of nothing
    return list(found)
