"""Headers and proofs: what py-trie proves is taken, and nothing that differs from it by a byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import rlp
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from recovery.errors import ChainError, InvalidInput
from recovery.proof import EMPTY_ROOT, NO_CODE, Account, Nodes, encode_header, nodes_of, read_header

#: Few letters, so that keys share their beginnings, and short values, so that nodes stand within nodes.
KEYS = st.lists(st.sampled_from((0x00, 0x01, 0x10, 0x11, 0xFF)), min_size=1, max_size=4).map(bytes)
VALUES = st.binary(min_size=1, max_size=40)


def trie_of(content: dict[bytes, bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[key] = value
    return trie


def encoded(nodes: Sequence[Any]) -> list[bytes]:
    """Nodes as they are passed on: those that stand within others are not passed on themselves."""
    raw = [bytes(rlp.encode(node)) for node in nodes]
    return [node for position, node in enumerate(raw) if position == 0 or len(node) >= 32]


def proof_of(trie: HexaryTrie, key: bytes) -> list[bytes]:
    return [node for node in encoded(trie.get_proof(key)) if node != b"\x80"]


def looked_up(root: bytes, key: bytes, raw: Sequence[bytes]) -> bytes | None:
    nodes = Nodes(raw)
    found = nodes.lookup(root, key)
    nodes.require_used()
    return found


# ------------------------------------------------------------------------------------ beside py-trie


@given(content=st.dictionaries(KEYS, VALUES, max_size=12), key=KEYS)
@settings(max_examples=400, deadline=None)
def test_whatever_another_implementation_proves_is_found_here(content: dict[bytes, bytes], key: bytes) -> None:
    trie = trie_of(content)
    for each in (*content, key):
        assert looked_up(trie.root_hash, each, proof_of(trie, each)) == content.get(each)


@given(content=st.dictionaries(st.binary(min_size=1, max_size=8), VALUES, min_size=1, max_size=60), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_proof_with_another_byte_proves_nothing(content: dict[bytes, bytes], data: st.DataObject) -> None:
    trie = trie_of({keccak(key): value for key, value in content.items()})
    key = keccak(data.draw(st.sampled_from(sorted(content))))
    raw = proof_of(trie, key)
    at = data.draw(st.integers(0, len(raw) - 1))
    place = data.draw(st.integers(0, len(raw[at]) - 1))
    altered = bytearray(raw[at])
    altered[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidInput):
        looked_up(trie.root_hash, key, [*raw[:at], bytes(altered), *raw[at + 1 :]])


@given(content=st.dictionaries(st.binary(min_size=1, max_size=8), VALUES, min_size=2, max_size=60), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_node_less_or_more_is_refused(content: dict[bytes, bytes], data: st.DataObject) -> None:
    trie = trie_of({keccak(key): value for key, value in content.items()})
    key = keccak(data.draw(st.sampled_from(sorted(content))))
    raw = proof_of(trie, key)
    for at in range(len(raw)):
        with pytest.raises(InvalidInput, match="missing"):
            looked_up(trie.root_hash, key, [*raw[:at], *raw[at + 1 :]])
    with pytest.raises(InvalidInput, match="belong to nothing"):
        looked_up(trie.root_hash, key, [*raw, bytes(rlp.encode([b"\x20", b"more than is needed, and long enough"]))])
    with pytest.raises(InvalidInput, match="twice"):
        looked_up(trie.root_hash, key, [*raw, bytes(bytearray(raw[0]))])
    with pytest.raises(InvalidInput, match="twice"):
        looked_up(trie.root_hash, key, [*raw, raw[0]])


def test_many_keys_share_one_set_of_nodes() -> None:
    content = {keccak(text=f"key {n}"): rlp.encode(n) for n in range(1, 200)}
    trie = trie_of(content)
    shared = {node for key in content for node in proof_of(trie, key)}
    nodes = Nodes(shared)
    assert {key: nodes.lookup(trie.root_hash, key) for key in content} == content
    nodes.require_used()


def test_in_an_empty_trie_there_is_nothing() -> None:
    assert HexaryTrie({}).root_hash == EMPTY_ROOT
    assert looked_up(EMPTY_ROOT, keccak(b"any"), []) is None
    with pytest.raises(InvalidInput, match="belong to nothing"):
        looked_up(EMPTY_ROOT, keccak(b"any"), [b"\x80"])


# ------------------------------------------------------------------- tries that nobody could have made

LONG = b"a value that is too long to stand within another node"
LEAF = [b"\x20", LONG]
BRANCH = [b"\x01" * 32, b"\x02" * 32, *[b""] * 15]


def refused(node: Any, key: bytes = b"\x12", *others: Any) -> str:
    """Why a trie with this root is refused."""
    raw = [node if isinstance(node, bytes) else bytes(rlp.encode(node)), *(bytes(rlp.encode(each)) for each in others)]
    with pytest.raises(InvalidInput) as error:
        looked_up(keccak(raw[0]), key, raw)
    return error.value.message


@pytest.mark.parametrize("prefix", ["40", "50", "ff", "21", "2f", "0112", ""])
def test_a_path_that_begins_as_none_does_is_refused(prefix: str) -> None:
    assert "wrong beginning" in refused([bytes.fromhex(prefix), LONG])


@pytest.mark.parametrize(("prefix", "key"), [("20", ""), ("31", "1"), ("2012", "12"), ("312345", "12345")])
def test_odd_and_even_leaves_are_told_apart(prefix: str, key: str) -> None:
    if len(key) % 2:  # behind a branch there is an odd number left
        leaf = bytes(rlp.encode([bytes.fromhex(prefix), LONG]))
        root = [b"", b"", keccak(leaf), *[b""] * 13, b"x"]
        raw = [bytes(rlp.encode(root)), leaf]
        assert looked_up(keccak(raw[0]), bytes.fromhex("2" + key), raw) == LONG
        assert looked_up(keccak(raw[0]), bytes.fromhex("2" + key + "00"), raw) is None
    else:
        raw = [bytes(rlp.encode([bytes.fromhex(prefix), LONG]))]
        assert looked_up(keccak(raw[0]), bytes.fromhex(key), raw) == LONG


def test_an_extension_needs_a_path_and_leads_to_a_branch() -> None:
    assert "no path" in refused([b"\x00", b"\x11" * 32])
    leaf = [b"\x20", LONG]
    assert "no branch" in refused([b"\x00\x12", keccak(rlp.encode(leaf))], b"\x12", leaf)
    assert "refers to something" in refused([b"\x00\x12", b"\x11" * 31])
    assert "refers to something" in refused([b"\x00\x12", b""])
    assert "refers to something" in refused([b"\x00\x34", b""]), "also where the key goes another way"


def test_a_node_is_within_another_only_if_it_is_short() -> None:
    assert "refers to something" in refused([b"", [b"\x32", LONG], b"x", *[b""] * 14])
    short = [b"\x32", b"short"]
    raw = bytes(rlp.encode([b"", short, b"\x11" * 32, *[b""] * 14]))
    assert looked_up(keccak(raw), b"\x12", [raw]) == b"short"
    assert looked_up(keccak(raw), b"\x13", [raw]) is None
    root = [b"", keccak(rlp.encode(short)), b"\x11" * 32, *[b""] * 14]
    assert "too short" in refused(root, b"\x12", short), "by its hash only if it is long"


def test_the_value_of_a_branch_is_where_the_key_ends() -> None:
    raw = bytes(rlp.encode([*BRANCH[:16], b"here"]))
    assert looked_up(keccak(raw), b"", [raw]) == b"here"
    raw = bytes(rlp.encode(BRANCH))
    assert looked_up(keccak(raw), b"", [raw]) is None
    assert looked_up(keccak(raw), b"\x20", [raw]) is None
    assert "neither" in refused([*BRANCH[:16], [b"a list", b"as a value"]], b"")


@pytest.mark.parametrize(
    "node",
    [
        b"no list, but long enough to be hashed as a node is",
        [],
        [b"\x20"],
        [b"\x20", LONG, LONG],
        [[b"\x20"], LONG],
        [*BRANCH, b""],
        BRANCH[:16],
        [b"\x01" * 32, *[b""] * 16],
        [b""] * 17,
    ],
    ids=["text", "nothing", "one", "three", "path a list", "18", "16", "lonely child", "empty branch"],
)
def test_what_is_no_node_is_refused(node: Any) -> None:
    raw = bytes(rlp.encode(node))
    with pytest.raises(InvalidInput, match="neither branch nor extension nor leaf"):
        looked_up(keccak(raw), b"\x12", [raw])


@pytest.mark.parametrize("value", [b"", [b"a", b"list"]])
def test_a_leaf_without_a_proper_value_is_refused(value: Any) -> None:
    assert "no proper value" in refused([b"\x20\x12", value])
    assert "no proper value" in refused([b"\x20\x34", value]), "also where the key goes another way"


@pytest.mark.parametrize(
    "raw",
    [
        bytes(rlp.encode([b"\x20\x12", LONG])) + b"\0",
        bytes(rlp.encode([b"\x20\x12", LONG]))[:-1],
        bytes.fromhex("f803" + "822012" + "05"),  # a length of a length where none is needed
        bytes.fromhex("c5" + "822012" + "8105"),  # a byte that should stand for itself
        bytes.fromhex("c0") + bytes(40),
        b"",
        b"\xf8",
        b"\xc1" * 600,
        bytes([0xF9, 0xFF, 0xFF]),
        b"\xff" * 9,
    ],
    ids=["more", "less", "long length", "long byte", "rest", "empty", "cut", "deep", "lie", "huge"],
)
def test_what_is_not_properly_encoded_is_refused(raw: bytes) -> None:
    assert "not properly encoded" in refused(raw)


def test_what_is_too_large_is_not_even_read() -> None:
    assert "too large" in refused([b"\x20\x12", bytes(2000)])
    with pytest.raises(InvalidInput, match="too large"):
        read_header(bytes(65 * 1024))


# ------------------------------------------------------------------------------- accounts and words

ADDRESS = "0x" + "12" * 20


def stored(leaf: Any, key: bytes) -> tuple[bytes, Nodes]:
    trie = trie_of({keccak(key): leaf, keccak(b"else"): LONG})
    return trie.root_hash, Nodes(proof_of(trie, keccak(key)))


@pytest.mark.parametrize("value", [0, 1, 127, 128, 2**32, 2**256 - 1])
def test_a_word_is_read_as_it_was_stored(value: int) -> None:
    root, nodes = stored(rlp.encode(value), (7).to_bytes(32, "big"))
    assert nodes.word(root, 7) == value


def test_a_word_that_was_never_stored_is_zero() -> None:
    trie = trie_of({keccak(n.to_bytes(32, "big")): rlp.encode(n) for n in range(1, 40)})
    nodes = Nodes(proof_of(trie, keccak((77).to_bytes(32, "big"))))
    assert nodes.word(trie.root_hash, 77) == 0
    nodes.require_used()


@pytest.mark.parametrize("leaf", [rlp.encode(b"\0\x01"), rlp.encode(b"\x01" * 33), rlp.encode([1]), b"\x81\x05"])
def test_a_word_of_another_form_is_refused(leaf: bytes) -> None:
    root, nodes = stored(leaf, (7).to_bytes(32, "big"))
    with pytest.raises(InvalidInput, match="another form|not properly encoded"):
        nodes.word(root, 7)


def test_an_account_is_read_as_it_was_stored() -> None:
    leaf = rlp.encode([3, 10**18, EMPTY_ROOT, NO_CODE])
    root, nodes = stored(leaf, bytes.fromhex(ADDRESS[2:]))
    assert nodes.account(root, ADDRESS) == Account(3, 10**18, EMPTY_ROOT, NO_CODE)


@pytest.mark.parametrize(
    "account",
    [
        [3, 1, EMPTY_ROOT],
        [3, 1, EMPTY_ROOT, NO_CODE, 1],
        [3, 1, EMPTY_ROOT[1:], NO_CODE],
        [3, 1, EMPTY_ROOT, NO_CODE + b"\0"],
        [b"\0\x03", 1, EMPTY_ROOT, NO_CODE],
        [3, b"\0", EMPTY_ROOT, NO_CODE],
        [2**64, 1, EMPTY_ROOT, NO_CODE],
        [[3], 1, EMPTY_ROOT, NO_CODE],
        LONG,
    ],
)
def test_an_account_of_another_form_is_refused(account: Any) -> None:
    root, nodes = stored(rlp.encode(account), bytes.fromhex(ADDRESS[2:]))
    with pytest.raises(InvalidInput, match="another form|not properly encoded"):
        nodes.account(root, ADDRESS)


# ----------------------------------------------------------------------------------------- headers

HASH = "0x" + "11" * 32
#: Block 1 of Ethereum's mainnet, of 2015: the oldest form.
FIRST = {
    "hash": "0x88e96d4537bea4d9c05d12549907b32561d3bf31f45aae734cdc119f13406cb6",
    "parentHash": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x05a56e2d52c817161883f50c441c3228cfe54d9f",
    "stateRoot": "0xd67e4d450343046425ae4271474353857ab860dbc0a1dde64b41b5cd3a532bf3",
    "transactionsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "receiptsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x3ff800000",
    "number": "0x1",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x55ba4224",
    "extraData": "0x476574682f76312e302e302f6c696e75782f676f312e342e32",
    "mixHash": "0x969b900de27b6ac6a67742365dd65f55a0526c41fd18e1b16f1a1215c2e66f59",
    "nonce": "0x539bd4979fef1ec4",
}
ADDED = {
    "baseFeePerGas": "0x7",
    "withdrawalsRoot": HASH,
    "blobGasUsed": "0x0",
    "excessBlobGas": "0x0",
    "parentBeaconBlockRoot": HASH,
    "requestsHash": HASH,
    "blockAccessListHash": HASH,
    "slotNumber": "0x9",
}


def with_added(count: int) -> dict[str, str]:
    """The same block as later forks would have it, with its hash."""
    block = FIRST | dict(list(ADDED.items())[:count])
    numbers = ("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas")
    numbers += ("blobGasUsed", "excessBlobGas", "slotNumber")
    fields = [
        rlp.sedes.big_endian_int.serialize(int(value, 16)) if name in numbers else bytes.fromhex(value[2:])
        for name, value in block.items()
        if name != "hash"
    ]
    return block | {"hash": "0x" + keccak(rlp.encode(fields)).hex()}


def test_the_first_block_of_mainnet_has_the_hash_that_all_the_world_knows() -> None:
    header = read_header(encode_header(FIRST))
    assert "0x" + header.hash.hex() == FIRST["hash"]
    assert (header.number, header.time) == (1, 0x55BA4224)
    assert header.state_root.hex() == FIRST["stateRoot"][2:]


@pytest.mark.parametrize("count", range(len(ADDED) + 1))
def test_headers_of_every_fork_are_read(count: int) -> None:
    block = with_added(count)
    header = read_header(encode_header(block))
    assert ("0x" + header.hash.hex(), header.number) == (block["hash"], 1)


def test_what_a_node_adds_beside_the_header_does_not_matter() -> None:
    extra = {"size": "0x21a", "totalDifficulty": "0x1", "uncles": [], "transactions": [], "baseFeePerGas": None}
    assert encode_header({**FIRST, **extra}) == encode_header(FIRST)


@pytest.mark.parametrize("name", [name for name in FIRST if name != "hash"])
def test_a_block_with_another_field_is_refused(name: str) -> None:
    value = FIRST[name]
    other = value[:-1] + ("1" if value[-1] != "1" else "2")
    with pytest.raises(ChainError, match="not that of its header"):
        encode_header(FIRST | {name: other})
    with pytest.raises(ChainError):
        encode_header({key: value for key, value in FIRST.items() if key != name})


def test_every_byte_of_a_header_matters() -> None:
    raw = encode_header(with_added(6))
    right = read_header(raw).hash
    for place in range(len(raw)):
        altered = bytearray(raw)
        altered[place] ^= 1
        try:
            assert read_header(bytes(altered)).hash != right
        except InvalidInput:
            continue


@pytest.mark.parametrize(
    ("position", "value"),
    [(0, b"\x01" * 31), (3, b""), (6, bytes(255)), (8, b"\0\x01"), (8, b"\x01" * 9), (11, b"\0"), (2, [b"list"])],
)
def test_a_header_of_another_form_is_refused(position: int, value: Any) -> None:
    items = rlp.decode(encode_header(FIRST))
    with pytest.raises(InvalidInput):
        read_header(rlp.encode([*items[:position], value, *items[position + 1 :]]))


def test_a_header_has_as_many_fields_as_forks_have_given_it() -> None:
    items = rlp.decode(encode_header(with_added(8)))
    for fields in (items[:14], [*items, b"\x01"], b"text"):
        with pytest.raises(InvalidInput, match="another form"):
            read_header(rlp.encode(fields))


# ----------------------------------------------------------------------------------- node's answers


def test_the_nodes_of_several_answers_stand_there_once() -> None:
    first = {"accountProof": ["0x0102", "0x03"], "storageProof": [{"proof": ["0x04"]}, {"proof": ["0x04", "0x80"]}]}
    second = {"accountProof": ["0x0102", "0x05"], "storageProof": []}
    assert nodes_of([first, second]) == [b"\x01\x02", b"\x03", b"\x04", b"\x05"]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {"accountProof": ["0x01"]},
        {"accountProof": None, "storageProof": []},
        {"accountProof": ["0x1"], "storageProof": []},
        {"accountProof": [], "storageProof": [{"proof": "0x01"}]},
        {"accountProof": [], "storageProof": [None]},
    ],
)
def test_an_answer_that_is_no_proof_is_refused(answer: Any) -> None:
    with pytest.raises(ChainError, match="makes no sense"):
        nodes_of([answer])
