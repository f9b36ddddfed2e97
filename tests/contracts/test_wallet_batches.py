"""Batches that owners sign and anybody relays (ERC-7821), and the ones that need no signature."""

from __future__ import annotations

import pytest

from recovery.messages import Call
from recovery.policy import DAY, HOUR
from recovery.quorum import Owners
from tests.contracts.conftest import MODE_BATCH, MODE_OPDATA, opdata
from tests.contracts.wallet_world import ETHER, ZERO, Scene, encoded, executions
from tests.world import person, sign, signer

pytest_plugins = ["tests.contracts.wallet_fixtures"]

SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
BOB = person("bob").address


@pytest.fixture
def target(scene: Scene):
    return scene.deploy("MockTarget")


def note(target, number: int, value: int = 0) -> Call:
    return Call(target.address, value, encoded(target.functions.note(number)))


def refuse(target, reason: int) -> Call:
    return Call(target.address, 0, encoded(target.functions.refuse(reason)))


def notes(target) -> list[int]:
    return [target.functions.notes(i).call() for i in range(target.functions.count().call())]


# ------------------------------------------------------------------------------------------- execution


def test_a_relayed_batch_runs_all_its_calls_in_order(scene, target):
    purse = scene.purse()
    assert scene.relay(purse, note(target, 3), note(target, 1, 5), Call(BOB, 7), note(target, 2)).ok
    assert notes(target) == [3, 1, 2]
    assert scene.web3.eth.get_balance(target.address) == 5
    assert scene.web3.eth.get_balance(BOB) == 7
    assert purse.read("batchNonce") == 1


def test_an_empty_batch_is_a_sign_of_life_and_uses_a_nonce(scene):
    purse = scene.purse()
    assert scene.relay(purse).ok
    assert purse.read("batchNonce") == 1


def test_either_all_calls_succeed_or_none_has_an_effect(scene, target):
    """Cases: 12"""
    purse = scene.purse()
    for calls in ([note(target, 1), refuse(target, 9)], [refuse(target, 9), note(target, 1)]):
        assert scene.refused(scene.relay(purse, *calls), "MockRefused", 9)
    assert notes(target) == []
    assert purse.read("batchNonce") == 0


def test_a_call_that_fails_without_a_reason_fails_the_batch_without_a_reason(scene, target):
    purse = scene.purse()
    outcome = scene.relay(purse, note(target, 1), Call(target.address, 0, encoded(target.functions.refuseSilently())))
    assert (outcome.ok, outcome.output) == (False, b"")


def test_a_wallet_cannot_spend_more_than_it_has(scene):
    purse = scene.purse()
    assert not scene.relay(purse, Call(BOB, ETHER + 1)).ok
    assert scene.relay(purse, Call(BOB, ETHER)).ok
    assert purse.balance == 0


def test_a_relayer_may_bring_ether_along(scene, target):
    purse = scene.purse()
    assert scene.invoke(scene.signed(purse, note(target, 1, 2 * ETHER)), value=ETHER).ok
    assert purse.balance == 0


def test_target_zero_stands_for_the_wallet_itself(scene, target):
    purse = scene.purse()
    inner = purse.contract.functions.execute(MODE_BATCH, executions([note(target, 4)]))
    before = scene.web3.eth.get_balance(ZERO)
    assert scene.relay(purse, Call(ZERO, 0, encoded(inner))).ok
    assert notes(target) == [4]
    assert scene.relay(purse, Call(ZERO, 5)).ok  # to itself
    assert (purse.balance, scene.web3.eth.get_balance(ZERO)) == (ETHER, before)


def test_a_wallet_receives_nfts_and_multi_tokens(scene):
    purse = scene.purse()
    single, multi = scene.deploy("MockERC721"), scene.deploy("MockERC1155")
    assert scene.invoke(single.functions.mint(purse.address, 1)).ok
    assert scene.invoke(multi.functions.mint(purse.address, [1], [5])).ok
    assert scene.invoke(multi.functions.mint(purse.address, [2, 3], [5, 6])).ok
    assert single.functions.ownerOf(1).call() == purse.address
    assert [multi.functions.balanceOf(purse.address, i).call() for i in (1, 2, 3)] == [5, 5, 6]
    assert purse.read("supportsInterface", bytes.fromhex("4e2312e0"))


# ----------------------------------------------------------------------------------- who has signed


@pytest.mark.parametrize(
    ("names", "threshold", "quorums"),
    [
        (["owner"], 1, [["owner"]]),
        (["one", "two"], 2, [["one", "two"]]),
        (
            ["one", "two", "three"],
            2,
            [["one", "two"], ["two", "three"], ["one", "three"], ["one", "two", "three"]],
        ),
    ],
)
def test_every_quorum_of_owners_and_no_smaller_set_can_act(scene, target, names, threshold, quorums):
    """Cases: 1"""
    purse = scene.purse(owners=names, threshold=threshold)
    for number, quorum in enumerate(quorums):
        assert scene.relay(purse, note(target, number), by=quorum).ok
    assert notes(target) == list(range(len(quorums)))
    deadline = scene.now + HOUR
    message = scene.message(purse, [note(target, 9)], deadline)
    for name in names if threshold > 1 else []:
        alone = Owners(purse.owners.signers, 1).proof({signer(name): sign(name, message)})
        proof = purse.owners.encoded + alone[len(purse.owners.encoded) :]
        function = scene.execution(purse, [note(target, 9)], deadline, proof)
        assert scene.refused(scene.invoke(function), "WalletUnauthorized", scene.relayer)


@pytest.fixture
def two_of_three(scene, target):
    """A wallet, a batch, its deadline, and the proof that would let it pass."""
    purse = scene.purse(owners=["one", "two", "three"], threshold=2)
    calls, deadline = [note(target, 1)], scene.now + HOUR
    message = scene.message(purse, calls, deadline)
    signatures = {signer(name): sign(name, message) for name in ("one", "two", "three")}
    return purse, calls, deadline, signatures


def test_a_proof_cut_anywhere_is_refused(scene, two_of_three):
    """Cases: 1"""
    purse, calls, deadline, signatures = two_of_three
    proof = purse.owners.proof(dict(list(signatures.items())[:2]))
    assert scene.ask(scene.execution(purse, calls, deadline, proof)).ok
    for length in range(len(proof)):
        outcome = scene.ask(scene.execution(purse, calls, deadline, proof[:length]))
        assert scene.refused(outcome, "WalletUnauthorized", scene.relayer), length


def test_a_proof_with_anything_added_is_refused(scene, two_of_three):
    """Cases: 1, 5, 6"""
    purse, calls, deadline, signatures = two_of_three
    head = purse.owners.encoded
    first, second = (signature for _, signature in sorted(signatures.items())[:2])

    def tail(bits: int, *parts: bytes) -> bytes:
        return bits.to_bytes(4, "big") + b"".join(len(part).to_bytes(2, "big") + part for part in parts)

    def high_s(signature: bytes) -> bytes:
        s = SECP256K1_N - int.from_bytes(signature[32:64], "big")
        return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])

    assert scene.ask(scene.execution(purse, calls, deadline, head + tail(3, first, second))).ok
    bad = {
        "a trailing byte": head + tail(3, first, second) + b"\0",
        "padding to a word": head + tail(3, first, second) + bytes(32),
        "a third signature nobody asked for": head + tail(3, first, second, first),
        "a bit beyond the owners": head + tail(11, first, second, first),
        "the highest bit": head + tail(1 << 31 | 3, first, second),
        "signatures exchanged": head + tail(3, second, first),
        "one signature twice": head + tail(3, first, first),
        "one signature for another owner": head + tail(5, first, second),
        "one valid, one empty": head + tail(3, first, b""),
        "two valid, one invalid": head + tail(7, first, second, second),
        "one more byte in a signature": head + tail(3, first, second + b"\0"),
        "high s": head + tail(3, first, high_s(second)),
        "a compact signature (EIP-2098)": head
        + tail(3, first, second[:32] + (second[32] | (second[64] - 27) << 7).to_bytes(1, "big") + second[33:64]),
        "recovery of the zero address": head + tail(3, first, bytes(64) + b"\x1b"),
        "nobody": head + tail(0),
        "a lower threshold": bytes([1]) + head[1:] + tail(1, first),
        "threshold zero": bytes([0]) + head[1:] + tail(0),
        "fewer owners": Owners(purse.owners.signers[:2], 2).encoded + tail(3, first, second),
        "owners exchanged": head[:2] + head[24:46] + head[2:24] + head[46:] + tail(3, second, first),
        "no owners": bytes(6),
        "255 owners": bytes([0, 255]) + bytes(600),
        "threshold and count alone": bytes(2),
    }
    for name, proof in bad.items():
        outcome = scene.ask(scene.execution(purse, calls, deadline, proof))
        assert scene.refused(outcome, "WalletUnauthorized", scene.relayer), name


def test_an_owner_of_another_wallet_and_a_stranger_can_do_nothing(scene, target):
    purse, other = scene.purse(), scene.purse(owners=["eve"])
    calls, deadline = [note(target, 1)], scene.now + HOUR
    proof = scene.proof(other, scene.message(purse, calls, deadline))  # eve's own owners, eve's signature
    forged = purse.owners.proof({signer("owner"): sign("eve", scene.message(purse, calls, deadline))})
    for each in (proof, forged):
        outcome = scene.invoke(scene.execution(purse, calls, deadline, each))
        assert scene.refused(outcome, "WalletUnauthorized", scene.relayer)


# -------------------------------------------------------------------------------------------- binding


def test_a_batch_runs_once(scene, target):
    """Cases: 12"""
    purse = scene.purse()
    function = scene.signed(purse, note(target, 1))
    assert scene.invoke(function).ok
    assert scene.refused(scene.invoke(function), "WalletUnauthorized", scene.relayer)
    for nonce in (0, 2):
        outcome = scene.relay(purse, note(target, 2), nonce=nonce)
        assert scene.refused(outcome, "WalletUnauthorized", scene.relayer)


def test_a_batch_is_good_for_one_wallet_on_one_chain(scene, target):
    """Cases: 11, rule 1"""
    purse, other = scene.purse(), scene.purse(*scene.purse().ways[:1])
    assert purse.owners == other.owners
    assert purse.address != other.address
    call = note(target, 1)
    for changed in ({"wallet": other.address}, {"chain_id": 1}, {"wallet": scene.deployment.wallet}):
        assert scene.refused(scene.relay(purse, call, **changed), "WalletUnauthorized", scene.relayer)
    assert scene.relay(purse, call).ok


def test_a_relayer_can_change_nothing_of_what_was_signed(scene, target):
    """Cases: 14, 15"""
    purse = scene.purse()
    one, two = note(target, 1, 5), note(target, 2)
    deadline = scene.now + HOUR
    proof = scene.proof(purse, scene.message(purse, [one, two], deadline))
    changed = {
        "order": ([two, one], deadline),
        "fewer": ([one], deadline),
        "none": ([], deadline),
        "more": ([one, two, two], deadline),
        "data": ([one, note(target, 3)], deadline),
        "value": ([note(target, 1, 6), two], deadline),
        "target": ([Call(BOB, one.value, one.data), two], deadline),
        "a later deadline": ([one, two], deadline + 1),
        "an earlier deadline": ([one, two], deadline - 1),
    }
    for name, (calls, time) in changed.items():
        outcome = scene.ask(scene.execution(purse, calls, time, proof))
        assert scene.refused(outcome, "WalletUnauthorized", scene.relayer), name
    assert scene.invoke(scene.execution(purse, [one, two], deadline, proof), sender=scene.stranger).ok


def test_the_deadline_is_now_at_the_earliest_and_a_day_ahead_at_most(scene, target):
    """Cases: 57"""
    purse = scene.purse()
    now = scene.now + 100
    for distance in (-now, -1, DAY + 1, 2**47):
        outcome = scene.relay(purse, note(target, 1), deadline=now + distance, at=now)
        assert scene.refused(outcome, "WalletDeadlineInvalid", now + distance)
        now += 1
    assert scene.relay(purse, note(target, 1), deadline=now + 1, at=now + 1).ok
    assert scene.relay(purse, note(target, 2), deadline=now + 2 + DAY, at=now + 2).ok


def test_after_a_recovery_what_the_old_owner_signed_is_void(scene, target):
    """Cases: 12, 57"""
    purse = scene.purse()
    deadline = scene.now + 3 * DAY + HOUR
    message = scene.message(purse, [note(target, 1)], deadline)
    old = scene.proof(purse, message)
    new = scene.recover(purse, "heir")
    assert scene.now + DAY > deadline > scene.now
    outcome = scene.invoke(scene.execution(purse, [note(target, 1)], deadline, old))
    assert scene.refused(outcome, "WalletUnauthorized", scene.relayer)
    assert scene.relay(new, note(target, 2)).ok


# ----------------------------------------------------------------------------------- without signatures


def test_nobody_but_the_wallet_and_the_entry_point_executes_without_a_signature(scene, target):
    purse = scene.purse()
    for sender in (
        scene.stranger,
        scene.deployment.module,
        scene.deployment.factory,
        person("owner").address,
    ):
        outcome = scene.plain(purse, note(target, 1), sender=sender)
        assert scene.refused(outcome, "WalletUnauthorized", sender)
        # In the mode with opData, too, if there is none, or if it is empty.
        for data in (executions([note(target, 1)]), opdata([note(target, 1)], b"")):
            outcome = scene.invoke(purse.contract.functions.execute(MODE_OPDATA, data), sender=sender)
            assert scene.refused(outcome, "WalletUnauthorized", sender)
    # Signed opData are no opData in the mode without.
    signed = scene.signed(purse, note(target, 1)).args[1]
    outcome = scene.invoke(purse.contract.functions.execute(MODE_BATCH, signed))
    assert scene.refused(outcome, "WalletUnauthorized", scene.relayer)
    for mode in (MODE_BATCH, MODE_OPDATA):
        function = purse.contract.functions.execute(mode, executions([note(target, 2)]))
        assert scene.invoke(function, sender=purse.address).ok
    assert scene.plain(purse, note(target, 3), sender="0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108").ok
    assert notes(target) == [2, 2, 3]


def test_op_data_too_short_for_a_deadline_are_refused(scene, target):
    purse = scene.purse()
    for length in range(1, 6):
        soon = (scene.now + HOUR).to_bytes(6, "big")[:length]
        function = purse.contract.functions.execute(MODE_OPDATA, opdata([note(target, 1)], soon))
        assert scene.refused(scene.ask(function), "WalletDeadlineInvalid")
    # Even if what is there, read as a deadline, would pass.
    scene.travel_to(int.from_bytes((scene.now + 2 * DAY).to_bytes(6, "big")[:5] + b"\0", "big") - 10)
    soon = (scene.now + 20).to_bytes(6, "big")[:5]
    assert scene.now <= int.from_bytes(soon + b"\0", "big") <= scene.now + DAY
    function = purse.contract.functions.execute(MODE_OPDATA, opdata([note(target, 1)], soon))
    assert scene.refused(scene.ask(function), "WalletDeadlineInvalid")


def test_only_single_batches_that_revert_as_a_whole_are_executed(scene, target):
    purse = scene.purse()
    supported = [
        MODE_BATCH,
        MODE_OPDATA,
        MODE_OPDATA[:10] + b"\xaa" * 22,
        b"\x01\0\x55\x55\x55\x55" + bytes(26),
    ]
    unsupported = [
        bytes(32),  # a single call
        b"\xff" + bytes(31),  # delegatecall
        b"\xfe" + bytes(31),  # staticcall
        b"\x01\x01" + bytes(30),  # a batch that goes on after failures
        bytes.fromhex("01000000000078210002") + bytes(22),  # a batch of batches
        bytes.fromhex("01000000000012345678") + bytes(22),
    ]
    for mode in supported:
        assert purse.read("supportsExecutionMode", mode)
        function = purse.contract.functions.execute(mode, executions([note(target, 1)]))
        assert scene.invoke(function, sender=purse.address).ok
    for mode in unsupported:
        assert not purse.read("supportsExecutionMode", mode)
        function = purse.contract.functions.execute(mode, executions([note(target, 1)]))
        outcome = scene.ask(function, **{"from": purse.address})
        assert scene.refused(outcome, "WalletModeUnsupported", mode)


def test_malformed_execution_data_never_run(scene, target):
    """Cases: 14"""
    purse = scene.purse()
    good = scene.signed(purse, note(target, 1), note(target, 2)).args[1]
    word = (2**256 - 1).to_bytes(32, "big")
    bad = {
        "empty": b"",
        "too short": good[:31],
        "offset of calls": word + good[32:],
        "offset of opData": good[:32] + word + good[64:],
        "offset of opData beyond the end": good[:32] + len(good).to_bytes(32, "big") + good[64:],
        "number of calls": good[:64] + word + good[96:],
        "offset of a call": good[:96] + word + good[128:],
        "length of opData": good.replace((6 + 24 + 4 + 67).to_bytes(32, "big"), word),
    }
    for name, data in bad.items():
        assert data != good
        assert not scene.ask(purse.contract.functions.execute(MODE_OPDATA, data)).ok, name
    for cut in range(0, len(good) - 31, 8):  # the last 27 bytes are padding
        assert not scene.ask(purse.contract.functions.execute(MODE_OPDATA, good[:cut])).ok, cut
    assert scene.refused(
        scene.ask(purse.contract.functions.execute(MODE_BATCH, b""), **{"from": purse.address}),
        "ERC7579DecodingError",
    )
