"""UserOperations of a wallet through the real EntryPoint v0.8 (ERC-4337), and what its validation may do (ERC-7562)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils import to_checksum_address

from recovery import messages
from recovery.messages import Call
from recovery.policy import DAY
from recovery.quorum import Owners
from tests.contracts.conftest import MODE_BATCH
from tests.contracts.wallet_world import ETHER, Purse, Scene, encoded, executions
from tests.world import freeze, owners_of, person, rotate, sign_digest, signer

pytest_plugins = ["tests.contracts.wallet_fixtures"]

ENTRY_POINT = "0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108"
SALT = "0x0a59dbff790c23c976a548690c27297883cc66b4c67024f9117b0238995e35e9"
DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
ARTIFACT = "node_modules/@account-abstraction/contracts/artifacts/EntryPoint.json"
BOB, BUNDLER = person("bob").address, person("bundler").address
#: Where ERC-7201 puts "recovery.wallet".
SLOT = 0xC7128342B3D693B58E26C139CA2A8419D82B75C5BDBD184A623A0525FC0AD100
FAILED = (1).to_bytes(32, "big")
#: What ERC-7562 forbids in validation, whoever executes it.
FORBIDDEN = {
    "TIMESTAMP",
    "NUMBER",
    "ORIGIN",
    "COINBASE",
    "PREVRANDAO",
    "DIFFICULTY",
    "GASLIMIT",
    "BASEFEE",
    "BLOBBASEFEE",
    "BLOBHASH",
    "BLOCKHASH",
    "GASPRICE",
    "BALANCE",
    "SELFBALANCE",
    "CREATE",
    "CREATE2",
    "SELFDESTRUCT",
    "INVALID",
    "EXTCODECOPY",
    "EXTCODEHASH",
    "TLOAD",
    "TSTORE",
}


@dataclass(frozen=True)
class Operation:
    """A UserOperation as the EntryPoint packs it."""

    sender: str
    nonce: int
    data: bytes
    signature: bytes = b""
    paymaster: bytes = b""
    factory: bytes = b""

    def to_abi(self) -> tuple[Any, ...]:
        gas = (200_000).to_bytes(16, "big") * 2
        fees = (10**9).to_bytes(16, "big") * 2
        return (
            self.sender,
            self.nonce,
            self.factory,
            self.data,
            gas,
            60_000,
            fees,
            self.paymaster,
            self.signature,
        )


class Bundler:
    """The EntryPoint at its own address, and somebody who bundles."""

    def __init__(self, scene: Scene) -> None:
        artifact = json.loads((Path(scene.project.path) / ARTIFACT).read_text(encoding="utf-8"))
        assert scene.send(DEPLOYER, SALT + artifact["bytecode"][2:], gas=16_000_000).ok
        self.scene = scene
        self.contract = scene.web3.eth.contract(address=to_checksum_address(ENTRY_POINT), abi=artifact["abi"])
        assert scene.send(BUNDLER, value=1).ok

    def operation(self, purse: Purse, *calls: Call, **changed: Any) -> Operation:
        """An unsigned operation that executes these calls."""
        execute = encoded(purse.contract.functions.execute(MODE_BATCH, executions(calls)))
        nonce = self.contract.functions.getNonce(purse.address, 0).call()
        return Operation(**{"sender": purse.address, "nonce": nonce, "data": execute, **changed})

    def hash(self, operation: Operation) -> bytes:
        return bytes(self.contract.functions.getUserOpHash(operation.to_abi()).call())

    def digest(self, purse: Purse, operation: Operation) -> bytes:
        """What the wallet's owners sign."""
        return messages.operation(self.scene.chain_id, purse.address, self.hash(operation), purse.owners).digest

    def signed(self, purse: Purse, operation: Operation, by: Sequence[str] | None = None) -> Operation:
        digest = self.digest(purse, operation)
        names = purse.names if by is None else by
        proof = purse.owners.proof({signer(name): sign_digest(name, digest) for name in names})
        return replace(operation, signature=proof)

    def send(self, *operations: Operation, at: int | None = None):
        return self.scene.invoke(
            self.contract.functions.handleOps([each.to_abi() for each in operations], BUNDLER), at=at
        )

    def events(self, outcome) -> list[Any]:
        return [
            self.contract.events.UserOperationEvent().process_log(log).args
            for log in outcome.receipt["logs"]
            if bytes(log["topics"][0]) == bytes.fromhex(self.contract.events.UserOperationEvent().topic[2:])
        ]

    def deposit(self, purse: Purse) -> int:
        return int(self.contract.functions.balanceOf(purse.address).call())


@pytest.fixture
def bundler(scene: Scene) -> Bundler:
    return Bundler(scene)


@pytest.fixture
def purse(scene: Scene) -> Purse:
    return scene.purse()


def test_an_operation_signed_by_the_owners_is_executed_and_paid(scene, bundler, purse):
    outcome = bundler.send(bundler.signed(purse, bundler.operation(purse, Call(BOB, 5))))
    assert outcome.ok
    (event,) = bundler.events(outcome)
    assert event.success
    assert scene.web3.eth.get_balance(BOB) == 5
    # The wallet has paid what the EntryPoint asked for in advance; what was too much is its deposit.
    assert purse.balance + bundler.deposit(purse) == ETHER - 5 - event.actualGasCost
    assert purse.balance < ETHER - 5


def test_a_deposit_pays_first(scene, bundler, purse):
    assert scene.invoke(bundler.contract.functions.depositTo(purse.address), value=ETHER).ok
    assert bundler.send(bundler.signed(purse, bundler.operation(purse, Call(BOB, 5)))).ok
    assert purse.balance == ETHER - 5


def test_every_quorum_of_owners_can_operate(scene, bundler):
    """Cases: 1"""
    purse = scene.purse(owners=["one", "two", "three"], threshold=2)
    for by in (["one", "two"], ["two", "three"]):
        assert bundler.send(bundler.signed(purse, bundler.operation(purse, Call(BOB, 1)), by)).ok
    operation = bundler.operation(purse, Call(BOB, 1))
    alone = Owners(purse.owners.signers, 1).proof({signer("one"): sign_digest("one", bundler.digest(purse, operation))})
    proof = purse.owners.encoded + alone[len(purse.owners.encoded) :]
    outcome = bundler.send(replace(operation, signature=proof))
    assert scene.refused(outcome, "FailedOp", 0, "AA24 signature error")


def test_a_wrong_signature_is_an_error_of_the_signature(scene, bundler, purse):
    """Cases: 38"""
    operation = bundler.operation(purse, Call(BOB, 5))
    forged = purse.owners.proof({signer("owner"): sign_digest("eve", bundler.digest(purse, operation))})
    eves = bundler.signed(replace(purse, owners=owners_of("eve"), names=("eve",)), operation).signature
    for signature in (forged, eves, b"", bytes(65)):
        outcome = bundler.send(replace(operation, signature=signature))
        assert scene.refused(outcome, "FailedOp", 0, "AA24 signature error")
    assert purse.balance == ETHER


def validation(scene: Scene, bundler: Bundler, purse: Purse, operation: Operation, sender: str = ENTRY_POINT):
    """What the wallet answers to the EntryPoint."""
    function = purse.contract.functions.validateUserOp(operation.to_abi(), bundler.hash(operation), 0)
    return scene.ask(function, **{"from": sender})


def test_malformed_signatures_are_failures_and_never_revert(scene, bundler):
    """Cases: 1, 38"""
    purse = scene.purse(owners=["one", "two"], threshold=2)
    operation = bundler.signed(purse, bundler.operation(purse))
    assert validation(scene, bundler, purse, operation).output == bytes(32)
    good, digest = operation.signature, bundler.hash(operation)
    function = purse.contract.functions.validateUserOp
    bad = [good[:length] for length in range(0, len(good), 3)]
    bad += [good + b"\0", b"\xff" * 300, b"\0\xff", bytes([2, 32]) + b"\xff" * 64, bytes([2, 0]) + bytes(4)]
    for signature in bad:
        wrong = replace(operation, signature=signature)
        outcome = scene.ask(function(wrong.to_abi(), digest, 0), **{"from": ENTRY_POINT})
        assert (outcome.ok, outcome.output) == (True, FAILED)


def test_a_wallet_without_owners_validates_nothing(scene, bundler, purse):
    """Cases: 16, 36"""
    empty = replace(purse, contract=scene.contract("RecoveryWallet", scene.deployment.wallet))
    for names in ([], ["owner"]):
        operation = bundler.operation(empty)
        operation = bundler.signed(empty, operation, names) if names else operation
        assert validation(scene, bundler, empty, operation).output == FAILED


def test_only_the_entry_point_may_have_an_operation_validated(scene, bundler, purse):
    operation = bundler.signed(purse, bundler.operation(purse))
    for sender in (scene.stranger, purse.address, scene.deployment.module, scene.deployment.factory):
        outcome = validation(scene, bundler, purse, operation, sender)
        assert scene.refused(outcome, "AccountUnauthorized", sender)


def test_an_operation_is_good_once(scene, bundler, purse):
    """Cases: 12"""
    operation = bundler.signed(purse, bundler.operation(purse, Call(BOB, 5)))
    assert bundler.send(operation).ok
    assert scene.refused(bundler.send(operation), "FailedOp", 0, "AA25 invalid account nonce")
    later = bundler.signed(purse, replace(operation, nonce=7))
    assert scene.refused(bundler.send(later), "FailedOp", 0, "AA25 invalid account nonce")


def test_a_bundler_can_change_nothing_of_what_was_signed(scene, bundler, purse):
    """Cases: 9, 14, 38"""
    other = scene.purse(rotate("someone", "else"))
    operation = bundler.signed(purse, bundler.operation(purse, Call(BOB, 5)))
    for changed in (
        replace(operation, data=bundler.operation(purse, Call(BOB, 6)).data),
        replace(operation, sender=other.address),
        replace(operation, nonce=1 << 64),
    ):
        assert scene.refused(bundler.send(changed), "FailedOp", 0, "AA24 signature error")


@pytest.mark.parametrize(
    ("length", "reason"),
    [(20, "AA93 invalid paymasterAndData"), (51, "AA93"), (52, "AA98 invalid paymaster"), (84, "AA98")],
)
def test_a_paymaster_of_zeros_costs_the_wallet_nothing(scene, bundler, purse, length, reason):
    """Cases: 38"""
    operation = bundler.signed(purse, bundler.operation(purse, Call(BOB, 5), paymaster=bytes(length)))
    outcome = bundler.send(operation)
    assert not outcome.ok
    assert reason.encode() in outcome.output
    assert purse.balance == ETHER
    # A signature without a paymaster is not good for one, nor the other way round.
    plain = bundler.signed(purse, bundler.operation(purse, Call(BOB, 5)))
    swapped = replace(plain, paymaster=bytes(length))
    assert validation(scene, bundler, purse, swapped).output == FAILED


def test_an_operation_that_fails_inside_pays_its_fee_and_leaves_no_activity(scene, bundler, purse):
    """Cases: 41"""
    end = scene.to_morning()
    target = scene.deploy("MockTarget")
    refuse = Call(target.address, 0, encoded(target.functions.refuse(3)))
    outcome = bundler.send(bundler.signed(purse, bundler.operation(purse, Call(BOB, 5), refuse)))
    assert outcome.ok
    (event,) = bundler.events(outcome)
    assert not event.success
    assert scene.web3.eth.get_balance(BOB) == 0
    assert purse.balance + bundler.deposit(purse) == ETHER - event.actualGasCost
    assert purse.read("lastActive") == end - DAY


def test_an_operation_is_activity(scene, bundler, purse):
    """Cases: 41"""
    end = scene.to_morning()
    assert bundler.send(bundler.signed(purse, bundler.operation(purse))).ok
    assert purse.read("lastActive") == end
    assert purse.read("batchNonce") == 0  # the EntryPoint counts its own


def test_an_operation_calls_nothing_of_the_wallet_but_execute(scene, bundler, purse):
    """Cases: 16, 28: the EntryPoint is neither the wallet nor its module."""
    eve = owners_of("eve")
    for method, *args in (
        ("rotateOwners", eve.to_abi(), 1),
        ("recoverOwners", eve.to_abi(), 1),
        ("setFrozenUntil", 0),
        ("recordActivity",),
    ):
        data = encoded(purse.contract.functions[method](*args))
        outcome = bundler.send(bundler.signed(purse, bundler.operation(purse, data=data)))
        assert [event.success for event in bundler.events(outcome)] == [False]
    assert purse.read("ownersHash") == purse.owners.hash[:24]


def test_a_frozen_wallets_operations_wait_and_cost_nothing(scene, bundler, purse):
    """Cases: 54, rule 7"""
    until = scene.freeze(purse)
    for call in (Call(BOB, 5), scene.module_call("heartbeat")):
        operation = bundler.signed(purse, bundler.operation(purse, call))
        answer = int.from_bytes(validation(scene, bundler, purse, operation).output, "big")
        assert (answer >> 208, answer >> 160 & (2**48 - 1), answer & (2**160 - 1)) == (until, 0, 0)
        for time in (None, until - 1):
            snapshot = scene.rpc("evm_snapshot")
            outcome = bundler.send(operation, at=time)
            assert scene.refused(outcome, "FailedOp", 0, "AA22 expired or not due")
            assert (purse.balance, bundler.deposit(purse)) == (ETHER, 0)
            scene.rpc("evm_revert", snapshot)
    # A wrong signature is a failure all the same.
    wrong = int.from_bytes(validation(scene, bundler, purse, replace(operation, signature=b"")).output, "big")
    assert (wrong >> 208, wrong & (2**160 - 1)) == (until, 1)
    late = bundler.signed(purse, bundler.operation(purse, Call(BOB, 5)))
    assert bundler.send(late, at=until + 1).ok
    assert scene.web3.eth.get_balance(BOB) == 5


def test_a_freeze_in_the_middle_of_a_bundle_stops_the_operations_after_it(scene, bundler, purse):
    """Cases: 54: both were validated before; the second costs its fee and does nothing."""
    other = scene.purse(rotate("someone", "else"), freeze("fay"), owners=["other"])
    freezing = scene.freezing(purse)
    first = bundler.signed(other, bundler.operation(other, Call(freezing.address, 0, encoded(freezing))))
    second = bundler.signed(purse, bundler.operation(purse, Call(BOB, 5)))
    outcome = bundler.send(first, second)
    assert [event.success for event in bundler.events(outcome)] == [True, False]
    assert scene.web3.eth.get_balance(BOB) == 0
    assert scene.refused(bundler.send(second), "FailedOp", 0, "AA25 invalid account nonce")


def test_after_a_recovery_operations_of_the_old_owner_are_void(scene, bundler, purse):
    """Cases: 12, 57"""
    old = bundler.signed(purse, bundler.operation(purse, Call(BOB, 5)))
    new = scene.recover(purse, "heir")
    assert scene.refused(bundler.send(old), "FailedOp", 0, "AA24 signature error")
    assert bundler.send(bundler.signed(new, bundler.operation(new, Call(BOB, 5)))).ok


def test_an_operation_signed_ahead_is_void_when_owners_who_signed_it_stay(scene, bundler):
    """Cases: 57"""
    purse = scene.purse(owners=["one", "two"], threshold=2)
    operation = bundler.operation(purse, Call(BOB, 5))
    signatures = bundler.signed(purse, operation).signature[len(purse.owners.encoded) :]
    rotate_owners = purse.contract.functions.rotateOwners(owners_of("one", "two").to_abi(), 1)
    assert scene.invoke(rotate_owners, sender=purse.address).ok
    ahead = replace(operation, signature=owners_of("one", "two").encoded + signatures)
    assert scene.refused(bundler.send(ahead), "FailedOp", 0, "AA24 signature error")
    alone = purse.owned_by("one", "two", threshold=1)
    assert bundler.send(bundler.signed(alone, operation)).ok


def test_what_the_owners_sign_for_an_operation_is_what_the_wallet_says(scene, bundler, purse):
    operation = bundler.operation(purse, Call(BOB, 5))
    asked = purse.read("operationDigest", bundler.hash(operation))
    assert asked == bundler.digest(purse, operation)


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("forged", [False, True])
def test_validation_reads_no_time_and_no_foreign_storage(scene, bundler, frozen, forged):
    """Cases: 38 (ERC-7562)"""
    purse = scene.purse(rotate("ana"), freeze("fay"), owners=["one", "two"], threshold=2)
    if frozen:
        scene.freeze(purse)
    operation = bundler.signed(purse, bundler.operation(purse, Call(BOB, 5)))
    if forged:
        operation = replace(operation, signature=operation.signature[:-66])
    function = purse.contract.functions.validateUserOp(operation.to_abi(), bundler.hash(operation), 1000)
    call = {
        "from": ENTRY_POINT,
        "to": purse.address,
        "data": "0x" + encoded(function).hex(),
        "gas": hex(10**6),
    }
    trace = scene.rpc("debug_traceCall", call, "latest", {"disableMemory": True})
    assert not trace["failed"]
    # The wallet and its code; what the EntryPoint does with the ether it is sent is not the wallet's.
    steps = [step for step in trace["structLogs"] if step["depth"] <= 2]
    assert len(steps) > 200
    allowed = {int(scene.deployment.wallet, 16), int(ENTRY_POINT, 16), *range(1, 10)}
    read = 0
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        name = step["op"]
        assert name not in FORBIDDEN, name
        if name == "GAS":
            assert after is not None
            assert after["op"] in ("CALL", "DELEGATECALL", "STATICCALL")
        if name in ("CALL", "DELEGATECALL", "STATICCALL", "CALLCODE"):
            # Only the wallet's code, precompiles, and the EntryPoint for what is due: so all storage is the wallet's.
            assert int(step["stack"][-2], 16) in allowed
        if name == "EXTCODESIZE":
            assert int(step["stack"][-1], 16) in allowed
        if name == "SLOAD":
            read += 1
            assert int(step["stack"][-1], 16) == SLOT
        assert name != "SSTORE"
    assert read
