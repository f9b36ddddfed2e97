"""State proofs: what one says is what the chain says, in every state; with another byte it says nothing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from eth_utils import keccak

from recovery import abi, contracts, files, snapshot
from recovery.contracts import Artifact
from recovery.errors import ChainError, InvalidFile, InvalidInput, Refused
from recovery.policy import DAY, MAX_PATHS
from recovery.proof import read_header
from recovery.rpc import Ask, Steps, Together, run
from recovery.snapshot import Proven, StateProof
from tests.live import ETHER, Live
from tests.recovery.foresee_world import (
    FRIENDS,
    FROST,
    HEIR,
    ICE,
    NOBODY,
    OWNERS,
    POLICY,
    THEFT,
    VETO,
    Scene,
    with_wallet,
)
from tests.world import person

SOURCE, CONTRACT = "contracts/modules/WalletRecoveryModule.sol", "WalletRecoveryModule"


@pytest.fixture
def scene(live: Live) -> Scene:
    return with_wallet(live)


def taken(live: Live, account: str, which: str | int = "latest") -> StateProof:
    return run(live.web3, snapshot.take(live.client.deployment, 31337, account, which))


# --------------------------------------------------------------------------------------- every state


def nothing(scene: Scene) -> None:
    """As it was made."""


def recovering(scene: Scene) -> None:
    scene.starts(FRIENDS)
    scene.starts(THEFT)


def ready(scene: Scene) -> None:
    recovering(scene)
    scene.live.travel(4 * DAY)


def expired(scene: Scene) -> None:
    recovering(scene)
    scene.live.travel(50 * DAY)


def cancelled(scene: Scene) -> None:
    scene.starts(THEFT)
    scene.send(scene.veto(THEFT))


def changing(scene: Scene) -> None:
    scene.schedules()


def vetoed(scene: Scene) -> None:
    scene.schedules()
    scene.send(scene.veto_change())


def changed(scene: Scene) -> None:
    scene.schedules()
    scene.live.travel(8 * DAY)
    scene.send(scene.live.client.apply_change(scene.wallet))


def removing(scene: Scene) -> None:
    scene.send(scene.batch(scene.live.client.schedule_removal_call()))


def removed(scene: Scene) -> None:
    removing(scene)
    scene.live.travel(8 * DAY)
    scene.send(scene.live.client.apply_change(scene.wallet))


def frozen(scene: Scene) -> None:
    scene.send(scene.freeze(ICE))


def frozen_again(scene: Scene) -> None:
    frozen(scene)
    scene.live.travel(11 * DAY)
    scene.send(scene.freeze(FROST))


def thawed(scene: Scene) -> None:
    frozen(scene)
    scene.send(scene.thaw(ICE))


def recovered(scene: Scene) -> None:
    frozen(scene)
    scene.starts(FRIENDS)
    scene.live.travel(4 * DAY)
    scene.send(scene.finalize(FRIENDS))


def silent(scene: Scene) -> None:
    scene.live.travel(40 * DAY)
    scene.starts(HEIR)


STATES = (nothing, recovering, ready, expired, cancelled, changing, vetoed, changed, removing, removed)
STATES += (frozen, frozen_again, thawed, recovered, silent)


@pytest.mark.parametrize("happens", STATES)
def test_what_is_proven_is_what_the_chain_says(scene: Scene, happens: Callable[[Scene], None]) -> None:
    happens(scene)
    client = scene.live.client
    proven = taken(scene.live, scene.wallet).verify()
    assert proven.state == client.state(scene.wallet)
    assert proven.owners_hash == client.owners_hash(scene.wallet)
    assert proven.batch_nonce == client.batch_nonce(scene.wallet)
    assert proven.balance == client.balance(scene.wallet) == ETHER
    assert not proven.delegated
    block = scene.live.web3.eth.get_block("latest")
    assert (proven.header.number, proven.header.hash, proven.header.time) == (
        block["number"],
        bytes(block["hash"]),
        block["timestamp"],
    )


def test_every_word_stands_where_the_module_reads_it(scene: Scene) -> None:
    """`slotsOf` is what the module itself reads; the same words are found by our keys."""
    recovering(scene)
    scene.schedules()
    module, epoch = scene.live.client.deployment.module, scene.state.epoch
    slots = abi.function(CONTRACT, "slotsOf")
    policy, change, *requests = run(scene.live.web3, slots.call(module, scene.wallet, 3))

    def stored(slot: int) -> int:
        return int(scene.live.ask("eth_getStorageAt", module, f"0x{slot:064x}", "latest"), 16)

    assert stored(snapshot.policy_slot(scene.wallet)) == policy != 0
    assert [stored(snapshot.request_slot(scene.wallet, epoch, path)) for path in range(3)] == requests
    found = stored(snapshot.change_slot(scene.wallet, epoch))
    assert (found & (1 << 192) - 1, found >> 192 & 0xFFFFFFFF) == (change >> 64, change >> 32 & 0xFFFFFFFF)


def test_the_mappings_are_where_the_compiler_puts_them() -> None:
    from tools import build_artifacts

    job = build_artifacts.standard_json(SOURCE, CONTRACT)
    job["settings"]["outputSelection"] = {SOURCE: {CONTRACT: ["storageLayout"]}}
    layout = build_artifacts._solc(CONTRACT, job)["contracts"][SOURCE][CONTRACT]["storageLayout"]
    slots = {each["label"]: int(each["slot"]) for each in layout["storage"]}
    assert slots == {
        "_nameFallback": 0,
        "_versionFallback": 1,
        "_policies": snapshot.POLICIES,
        "_requests": snapshot.REQUESTS,
        "_changes": snapshot.CHANGES,
        "_approved": 5,
        "_freezes": snapshot.FREEZES,
    }
    members = {
        kind["label"]: [(each["label"], each["slot"], each["offset"]) for each in kind["members"]]
        for kind in layout["types"].values()
        if "members" in kind
    }
    assert members["struct RecoveryModule.ChangeSlot"] == [
        ("hash", "0", 0),
        ("eta", "0", 24),
        ("changeDelayDays", "0", 28),
    ]
    assert members["struct WalletRecoveryModule.FreezeSlot"] == [
        ("coolUntil", "0", 0),
        ("epoch", "0", 4),
        ("path", "0", 8),
        ("nonce", "0", 9),
    ]
    inner = int.from_bytes(keccak(text="recovery.wallet"), "big") - 1
    assert int.from_bytes(keccak(inner.to_bytes(32, "big")), "big") & ~0xFF == snapshot.LAYOUT


def test_a_plain_key_that_delegates_is_an_account_too(live: Live) -> None:
    client, olga = live.client, person("olga")
    live.fund(olga.address)
    live.ask("anvil_setCode", olga.address, "0xef0100" + client.deployment.wallet[2:])
    live.ask("anvil_impersonateAccount", olga.address)
    create = abi.function("RecoveryWallet", "initialize")
    paths = [path.to_abi() for path in POLICY.paths]
    calldata = create.encode([s.data for s in OWNERS.signers], OWNERS.threshold, POLICY.change_delay, paths)
    sent = {"from": olga.address, "to": olga.address, "data": "0x" + calldata.hex(), "gas": hex(3_000_000)}
    live.web3.eth.wait_for_transaction_receipt(live.ask("eth_sendTransaction", sent))
    proven = taken(live, olga.address).verify()
    assert proven.delegated
    assert proven.state == client.state(olga.address)
    assert proven.owners_hash == OWNERS.hash[:24]


def test_an_older_block_is_proven_as_it_was(scene: Scene) -> None:
    before = scene.live.client.state(scene.wallet)
    number = scene.live.web3.eth.block_number
    scene.starts(FRIENDS)
    proven = taken(scene.live, scene.wallet, number).verify()
    assert proven.state == before != scene.live.client.state(scene.wallet)


# ------------------------------------------------------------------------------------- altered by a byte


@pytest.fixture
def proof(scene: Scene) -> StateProof:
    recovering(scene)
    scene.send(scene.freeze(ICE))
    return taken(scene.live, scene.wallet)


def proves_nothing(proof: StateProof, because: str | None = None, **artifacts: Artifact) -> None:
    with pytest.raises(InvalidInput, match=because):
        proof.verify(**artifacts)


def flipped(text: bytes, place: int, by: int = 1) -> bytes:
    return text[:place] + bytes([text[place] ^ by]) + text[place + 1 :]


def test_every_single_byte_of_header_and_nodes_matters(proof: StateProof) -> None:
    """All of them; once by one bit, once by all."""
    proof.verify()
    for by in (1, 0xFF):
        for place in range(len(proof.header)):
            proves_nothing(dataclasses.replace(proof, header=flipped(proof.header, place, by)))
        for at, node in enumerate(proof.nodes):
            for place in range(len(node)):
                nodes = (*proof.nodes[:at], flipped(node, place, by), *proof.nodes[at + 1 :])
                proves_nothing(dataclasses.replace(proof, nodes=nodes))
        for place in range(32):
            proves_nothing(dataclasses.replace(proof, block_hash=flipped(proof.block_hash, place, by)))


@pytest.mark.parametrize("name", ["module_code", "wallet_code"])
def test_the_bytes_of_code_matter(proof: StateProof, name: str) -> None:
    code = getattr(proof, name)
    for place in {*range(0, len(code), 13), len(code) - 1}:  # all takes half a minute
        with pytest.raises(InvalidInput, match="is not what stood at its address"):
            dataclasses.replace(proof, **{name: flipped(code, place)}).verify()


@pytest.mark.parametrize("name", ["account", "module", "wallet"])
def test_every_digit_of_an_address_matters(proof: StateProof, name: str) -> None:
    address = getattr(proof, name)
    for place in range(2, 42):
        other = address[:place] + f"{int(address[place], 16) ^ 1:x}" + address[place + 1 :]
        proves_nothing(dataclasses.replace(proof, **{name: other}))


def test_the_chain_is_written_into_the_modules_code(proof: StateProof) -> None:
    for chain_id in (1, 0, 31336):
        proves_nothing(dataclasses.replace(proof, chain_id=chain_id), "of another chain")


def test_a_node_less_or_more_proves_nothing(proof: StateProof) -> None:
    for at in range(len(proof.nodes)):
        fewer = (*proof.nodes[:at], *proof.nodes[at + 1 :])
        proves_nothing(dataclasses.replace(proof, nodes=fewer), "missing")
    proves_nothing(dataclasses.replace(proof, nodes=(*proof.nodes, b"\xc2\x20\x05")), "belong to nothing")
    proves_nothing(dataclasses.replace(proof, nodes=(*proof.nodes, proof.nodes[0])), "twice")


def test_other_code_at_the_right_place_proves_nothing(scene: Scene) -> None:
    """An honest proof of a chain where somebody else's code stands there."""
    deployment = scene.live.client.deployment
    for name, because in (("module", "not that of this release"), ("wallet", "not that of this release")):
        with scene.live.undone():
            code = flipped(scene.live.client.code(getattr(deployment, name)), 100)
            scene.live.ask("anvil_setCode", getattr(deployment, name), "0x" + code.hex())
            scene.live.travel(1)
            with pytest.raises(ChainError, match=because):
                taken(scene.live, scene.wallet)


def test_a_wallet_that_listens_to_another_module_proves_nothing(scene: Scene) -> None:
    deployment, artifact = scene.live.client.deployment, contracts.load("RecoveryWallet")
    code = bytearray(scene.live.client.code(deployment.wallet))
    word = bytes.fromhex(deployment.module[2:]).rjust(32, b"\0")
    for start, length in artifact.immutables:
        if code[start : start + length] == word:
            code[start : start + length] = bytes.fromhex(NOBODY[2:]).rjust(32, b"\0")
    scene.live.ask("anvil_setCode", deployment.wallet, "0x" + code.hex())
    scene.live.travel(1)
    with pytest.raises(ChainError, match="listens to another module"):
        taken(scene.live, scene.wallet)


def test_the_artifacts_may_be_those_of_another_release(proof: StateProof) -> None:
    module, wallet = contracts.load(CONTRACT), contracts.load("RecoveryWallet")
    assert proof.verify(module, wallet) == proof.verify()
    other = dataclasses.replace(module, runtime=flipped(module.runtime, 0))
    proves_nothing(proof, "the module's code is not that of this release", module=other)
    other = dataclasses.replace(wallet, runtime=flipped(wallet.runtime, 0))
    proves_nothing(proof, "the wallet's code is not that of this release", wallet=other)


# --------------------------------------------------------------------------------------------- the file


def rewritten(proof: StateProof, **changes: Any) -> str:
    """The file with other values and a right checksum, as a forger would write it."""
    content = json.loads(proof.dumps())
    content = {name: value for name, value in content.items() if name not in ("type", "version", "checksum")}
    return files.dumps(snapshot.PROOF_KIND, content | changes)


def test_a_file_says_the_same_when_it_is_read_again(proof: StateProof) -> None:
    read = StateProof.loads(proof.dumps())
    assert read == proof
    assert read.verify() == proof.verify()
    content = json.loads(proof.dumps())
    header = read_header(proof.header)
    assert (content["blockNumber"], content["blockTime"]) == (header.number, header.time)


def test_a_files_digits_matter_even_with_a_right_checksum(proof: StateProof) -> None:
    for name in ("header", "blockHash", "moduleCode", "walletCode"):
        value = json.loads(proof.dumps())[name]
        for place in (2, len(value) // 2, len(value) - 1):
            other = value[:place] + f"{int(value[place], 16) ^ 1:x}" + value[place + 1 :]
            with pytest.raises(InvalidInput):
                StateProof.loads(rewritten(proof, **{name: other})).verify()


@pytest.mark.parametrize(
    "changes",
    [
        {"blockNumber": 1},
        {"blockTime": 1},
        {"blockHash": "0x12"},
        {"header": "0x"},
        {"header": 5},
        {"nodes": "0x"},
        {"nodes": [1]},
        {"account": "0x12"},
        {"chainId": -1},
        {"chainId": True},
    ],
)
def test_a_file_that_contradicts_itself_is_refused(proof: StateProof, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidFile, match="cannot be right"):
        StateProof.loads(rewritten(proof, **changes))


def test_a_file_with_another_byte_is_refused(proof: StateProof) -> None:
    text = proof.dumps()
    place = text.index('"0x', len(text) // 2) + 10
    with pytest.raises(InvalidFile, match="altered or cut off"):
        StateProof.loads(text[:place] + ("1" if text[place] != "1" else "2") + text[place + 1 :])


# --------------------------------------------------------------------------------------------- the node


def test_a_block_is_part_of_the_chain_or_not(scene: Scene, proof: StateProof) -> None:
    assert run(scene.live.web3, snapshot.is_canonical(proof))
    scene.live.travel(1)
    assert run(scene.live.web3, snapshot.is_canonical(proof))
    other = dataclasses.replace(proof, block_hash=bytes(32))
    assert not run(scene.live.web3, snapshot.is_canonical(other))


def test_a_block_that_the_node_does_not_have_yet_is_said(scene: Scene) -> None:
    with scene.live.undone():
        scene.live.travel(1)
        proof = taken(scene.live, scene.wallet)
    with pytest.raises(ChainError, match="does not know this block"):
        run(scene.live.web3, snapshot.is_canonical(proof))


def test_an_account_that_is_no_wallet_is_refused(live: Live) -> None:
    for account in (NOBODY, live.client.deployment.module, Account.from_key(b"\x07" * 32).address):
        with pytest.raises(Refused, match="is not a recovery wallet of this release at block"):
            taken(live, account)


def answered(live: Live, steps: Steps[StateProof], change: Callable[[Ask, Any], Any]) -> StateProof:
    """Carries the questions to the chain, and has somebody between alter the answers."""

    def carry(question: Any) -> Any:
        if isinstance(question, Together):
            return [carry(each) for each in question.questions]
        answer = live.ask(question.method, *question.params)
        return change(question, json.loads(json.dumps(answer)))

    try:
        question = next(steps)
        while True:
            try:
                question = steps.send(carry(question))
            except ChainError as error:
                question = steps.throw(error)
    except StopIteration as done:
        proof: StateProof = done.value
        return proof


def lies(method: str, lie: Callable[[Any], Any], times: int = 10**6) -> Callable[[Ask, Any], Any]:
    left = [times]

    def change(question: Ask, answer: Any) -> Any:
        if question.method != method or not left[0]:
            return answer
        left[0] -= 1
        return lie(answer)

    return change


def without_a_node(answer: Any) -> Any:
    return answer | {"accountProof": answer["accountProof"][:-1]}


@pytest.mark.parametrize(
    ("method", "lie", "because"),
    [
        ("eth_getProof", without_a_node, "a node is missing"),
        ("eth_getProof", lambda _: None, "makes no sense"),
        ("eth_getBlockByNumber", lambda block: block | {"stateRoot": "0x" + "11" * 32}, "not that of its header"),
        ("eth_getBlockByNumber", lambda _: None, "does not know this block"),
        ("eth_getCode", lambda code: code[:-2] + "00" if len(code) > 1000 else code, "not what stood at its address"),
    ],
)
def test_a_node_that_lies_is_not_believed(scene: Scene, method: str, lie: Callable[[Any], Any], because: str) -> None:
    recovering(scene)
    steps = snapshot.take(scene.live.client.deployment, 31337, scene.wallet)
    with pytest.raises(ChainError, match=because):
        answered(scene.live, steps, lies(method, lie))


def test_a_node_that_lies_about_the_epoch_gets_no_wrong_proof(scene: Scene) -> None:
    recovering(scene)
    steps = snapshot.take(scene.live.client.deployment, 31337, scene.wallet)
    try:
        proof = answered(scene.live, steps, lies("eth_getStorageAt", lambda _: "0x" + "00" * 32))
    except ChainError:
        return
    assert proof.verify().state == scene.live.client.state(scene.wallet)


@pytest.mark.parametrize(
    ("code", "because"), [("0x6001", "is not a wallet with this code"), (None, "did not exist at this block")]
)
def test_an_account_is_a_wallet_by_its_proof_and_not_by_what_a_node_says(
    live: Live, code: str | None, because: str
) -> None:
    account = Account.from_key(b"\x07" * 32).address
    if code:
        live.ask("anvil_setCode", account, code)
        live.travel(1)
    clone = "0x" + snapshot.account_codes(live.client.deployment.wallet)[0][0].hex()
    steps = snapshot.take(live.client.deployment, 31337, account)
    with pytest.raises(ChainError, match=because):
        answered(live, steps, lies("eth_getCode", lambda answer: clone if len(answer) < 1000 else answer))


def test_another_block_is_taken_if_the_chain_was_reorganised_meanwhile(scene: Scene) -> None:
    steps = snapshot.take(scene.live.client.deployment, 31337, scene.wallet)
    proof = answered(scene.live, steps, lies("eth_getProof", without_a_node, times=3 * (snapshot.ATTEMPTS - 1)))
    assert isinstance(proof.verify(), Proven)


def test_a_node_without_proofs_is_said(scene: Scene) -> None:
    def refuse(_: Any) -> Any:
        raise ChainError("The node refuses: method not found.")

    steps = snapshot.take(scene.live.client.deployment, 31337, scene.wallet)
    with pytest.raises(ChainError, match="method not found. A state proof takes a node that answers eth_getProof"):
        answered(scene.live, steps, lies("eth_getProof", refuse))


def test_all_paths_that_a_policy_can_have_are_proven(proof: StateProof) -> None:
    assert len(proof.verify().state.paths) == MAX_PATHS
    assert not proof.verify().state.paths[VETO].is_open
