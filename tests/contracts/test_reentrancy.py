"""Accounts, guardians and verifiers that act while they are called, and accounts that do not do as they are told.

Rules: 4, 10
Cases: 34, 35, 37, 61, 62
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak

from recovery.policy import DAY, HOUR, PATH_ABI
from tests.world import FOREVER, freeze, owners_of, policy_of, rotate, veto

from .checks import MAGIC_1271, address_signer, as_account, at, logged, mock_wallet, refused, responder
from .conftest import Bench, Wallet

HEIR = owners_of("heir")


@pytest.fixture
def mock(bench: Bench) -> Wallet:
    """0 and 1 recover, 2 freezes, 3 vetoes."""
    return mock_wallet(
        bench,
        rotate("ana", "ben"),
        rotate("carl", "dora", owner_cancels=False, vetoable=True),
        freeze("fred"),
        veto("vera"),
    )


def call(bench: Bench, method: str, *args: Any) -> bytes:
    return bytes(getattr(bench.module, method).encode_input(*args))


def acts(bench: Bench, mock: Wallet, method: str, *args: Any) -> None:
    """The account will do this when the module calls it next."""
    mock.contract.setAction(call(bench, method, *args), sender=bench.relayer)


def outcome(mock: Wallet) -> tuple[bool, bytes]:
    """Whether what the account did worked, and the selector of what it failed with."""
    assert mock.contract.calls() == 1
    return mock.contract.actionSucceeded(), bytes(mock.contract.actionResult())[:4]


def selector(error: Any) -> bytes:
    return bytes(keccak(text=error.abi.selector)[:4])


def quorum_call(bench: Bench, wallet: Wallet, method: str, message: Any, by: list[str], path: int, *args: Any) -> bytes:
    """Calldata of something that a quorum submits."""
    approvals = wallet.ways[path].approvals(by, message)
    proof = wallet.policy.proof(path).to_abi()
    return call(bench, method, wallet.address, proof, *args, message.values["deadline"], approvals)


def finalize_call(wallet: Wallet, path: int = 0) -> tuple[Any, ...]:
    return (wallet.address, path, wallet.policy.paths[path].to_abi(), HEIR.to_abi(), 1)


# ----------------------------------------------------------------------------------------- the account


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("finalize", "RecoveryNotStarted"),
        ("finalize-the-other", "RecoveryNotStarted"),
        ("cancel", "RecoveryNotStarted"),
        ("clearExpired", "RecoveryNotStarted"),
        ("clearActive", "RecoveryNotStarted"),
        ("applyChange", "ChangeNotPending"),
        ("dropChange", "ChangeNotPending"),
        ("configure", "PolicyAlreadyConfigured"),
    ],
)
def test_an_account_that_acts_while_it_is_rotated_finds_the_epoch_over(
    bench: Bench, mock: Wallet, method: str, error: str
) -> None:
    removal = as_account(bench, mock.contract, "scheduleRemoval").timestamp + 7 * DAY
    bench.start(mock)
    bench.start(mock, ["carl", "dora"], path=1)
    at(removal)
    args = {
        "finalize": finalize_call(mock),
        "finalize-the-other": finalize_call(mock, 1),
        "cancel": (1, 0, 1),
        "clearExpired": (mock.address, 0),
        "clearActive": finalize_call(mock),
        "applyChange": (mock.address,),
        "dropChange": (bytes(24), removal),
        "configure": (7 * DAY, mock.policy.to_abi()),
    }[method]
    acts(bench, mock, method.removesuffix("-the-other"), *args)
    bench.finalize(mock)
    assert outcome(mock) == (False, selector(getattr(bench.module, error)))
    assert bench.module.policyOf(mock.address) == (mock.policy.hash[:24], 2, 7 * DAY, 0)
    assert mock.contract.ownersHash() == HEIR.hash[:24]


def test_what_an_account_schedules_while_it_is_rotated_belongs_to_the_new_epoch_and_waits(
    bench: Bench, mock: Wallet
) -> None:
    bench.start(mock)
    acts(bench, mock, "scheduleRemoval")
    bench.travel(3 * DAY)
    eta = bench.finalize(mock).timestamp + 7 * DAY
    assert outcome(mock)[0]
    assert bench.module.changeOf(mock.address) == (bytes(24), eta)
    with refused(bench.module.ChangeNotReady):
        bench.module.applyChange(mock.address, sender=bench.relayer)


def test_an_account_that_freezes_itself_again_while_it_is_frozen_is_refused(bench: Bench, mock: Wallet) -> None:
    message = bench.acting(mock, 2).freeze(1, FOREVER)
    data = quorum_call(bench, mock, "freeze", message, ["fred"], 2)
    mock.contract.setAction(data, sender=bench.relayer)
    until = bench.freeze(mock, ["fred"], 2).timestamp + 5 * DAY
    assert outcome(mock) == (False, selector(bench.module.FreezeCoolingDown))
    assert bench.module.freezeOf(mock.address)[0] == until
    assert bench.nonce(mock, 2) == 1


def test_an_account_that_acts_during_its_heartbeat_does_only_what_it_could_do_anyway(
    bench: Bench, mock: Wallet
) -> None:
    bench.start(mock)
    bench.travel(3 * DAY)
    acts(bench, mock, "finalize", *finalize_call(mock))
    as_account(bench, mock.contract, "heartbeat")
    assert outcome(mock)[0]
    assert bench.module.policyOf(mock.address).epoch == 2


# ---------------------------------------------------------------------------- guardians and verifiers


@pytest.mark.parametrize("kind", ["contract", "verifier"])
def test_a_guardian_cannot_act_while_it_is_asked(bench: Bench, kind: str) -> None:
    action = call(bench, "approveDigest", b"\1" * 32)
    for always, counts in ((False, False), (True, True)):
        contract = bench.project.MockReentrantSigner.deploy(bench.module, action, always, sender=bench.relayer)
        guardian = address_signer(contract) + (b"key" if kind == "verifier" else b"")
        wallet = bench.wallet(rotate(guardian, threshold=1))
        message = bench.recover_message(wallet)
        approval = wallet.ways[0].approval(guardian, message, b"signature").to_abi()
        args = (wallet.address, wallet.policy.proof(0).to_abi(), HEIR.to_abi(), 1, FOREVER, [approval])
        if counts:
            bench.module.start(*args, sender=bench.relayer)
        else:
            # It says yes only if its action worked; asked by staticcall, it cannot have.
            with refused(bench.module.ApprovalInvalid, 0):
                bench.module.start(*args, sender=bench.relayer)
        assert not bench.module.isApproved(contract, b"\1" * 32)


# ------------------------------------------------------------------------- accounts that do not obey


def test_a_rotation_without_effect_fails_and_the_request_stays(bench: Bench, mock: Wallet) -> None:
    bench.start(mock)
    bench.travel(3 * DAY)
    mock.contract.setObeys(False, sender=bench.relayer)
    with refused(bench.module.RotationFailed, mock.address):
        bench.finalize(mock)
    assert (bench.state(mock), bench.module.policyOf(mock.address).epoch) == ("ready", 1)
    mock.contract.setObeys(True, sender=bench.relayer)
    bench.finalize(mock)


def set_code(bench: Bench, address: str, code: str) -> None:
    bench.chain.provider.make_request("anvil_setCode", [address, code])


@pytest.mark.parametrize("method", ["finalize", "freeze"])
def test_an_account_without_code_fails(bench: Bench, mock: Wallet, method: str) -> None:
    bench.start(mock)
    bench.travel(3 * DAY)
    set_code(bench, mock.address, "0x")
    with refused():
        bench.finalize(mock) if method == "finalize" else bench.freeze(mock, ["fred"], 2)
    assert bench.state(mock) == "ready"


@pytest.mark.parametrize(
    ("answer", "error"), [(b"", None), (bytes(32), "RotationFailed"), (MAGIC_1271.ljust(32, b"\0"), "RotationFailed")]
)
def test_an_account_that_swallows_everything_fails(bench: Bench, answer: bytes, error: str | None) -> None:
    # Delegated to other code (EIP-7702) since: the call "succeeds", but nobody is an owner.
    wallet = mock_wallet(bench, rotate("ana", "ben"))
    bench.start(wallet)
    bench.travel(3 * DAY)
    swallowing = responder(bench, answer)
    provider = bench.chain.provider
    for slot in range(4):
        place = "0x" + slot.to_bytes(32, "big").hex()
        stored = provider.make_request("eth_getStorageAt", [swallowing.address, hex(slot), "latest"])
        provider.make_request("anvil_setStorageAt", [wallet.address, place, stored])
    set_code(bench, wallet.address, "0x" + bytes(provider.get_code(swallowing.address)).hex())
    with refused(error and getattr(bench.module, error)):
        bench.finalize(wallet)
    assert bench.state(wallet) == "ready"


def test_a_new_owner_may_be_a_contract_that_does_not_exist_yet(bench: Bench) -> None:
    wallet = bench.wallet()
    owners = owners_of(b"\xee" * 20)
    bench.start(wallet, owners=owners)
    bench.travel(3 * DAY)
    bench.finalize(wallet, owners)


# ------------------------------------------------------------------------------------------- multicall


def multicall(bench: Bench, *calls: bytes) -> Any:
    return bench.module.multicall(list(calls), sender=bench.relayer)


@pytest.fixture
def blocked(bench: Bench, mock: Wallet) -> Wallet:
    """A removal is due, and a request of path 1 blocks it."""
    bench.start(mock, ["carl", "dora"], path=1)
    as_account(bench, mock.contract, "scheduleRemoval")
    bench.travel(7 * DAY)
    with refused(bench.module.ChangeBlocked, 1):
        bench.module.applyChange(mock.address, sender=bench.relayer)
    return mock


@pytest.mark.parametrize("how", ["veto", "cancel"])
def test_stopping_a_request_and_applying_a_change_fit_into_one_transaction(
    bench: Bench, blocked: Wallet, how: str
) -> None:
    apply = call(bench, "applyChange", blocked.address)
    if how == "veto":
        message = bench.acting(blocked, 3).veto_request(1, 1, FOREVER)
        stop = quorum_call(bench, blocked, "vetoRequest", message, ["vera"], 3, 1)
    else:
        message = bench.acting(blocked, 1).cancel(1, FOREVER)
        stop = quorum_call(bench, blocked, "cancelByQuorum", message, ["carl", "dora"], 1)
    receipt = multicall(bench, stop, apply)
    assert [name for name, _ in logged(bench, receipt)][1:] == ["PolicyChanged"]
    assert bench.module.policyOf(blocked.address)[0] == bytes(24)


def test_clearing_and_applying_fit_into_one_transaction(bench: Bench) -> None:
    mock = mock_wallet(bench, rotate("ana", "ben", window=HOUR, owner_cancels=False))
    bench.start(mock)
    as_account(bench, mock.contract, "scheduleRemoval")
    bench.travel(7 * DAY)
    multicall(bench, call(bench, "clearExpired", mock.address, 0), call(bench, "applyChange", mock.address))
    assert bench.module.policyOf(mock.address)[:2] == (bytes(24), 2)


def test_one_failure_undoes_all_and_says_why(bench: Bench, blocked: Wallet) -> None:
    apply = call(bench, "applyChange", blocked.address)
    with refused(bench.module.ChangeBlocked, 1):
        multicall(bench, apply)
    message = bench.acting(blocked, 3).veto_request(1, 1, FOREVER)
    stop = quorum_call(bench, blocked, "vetoRequest", message, ["vera"], 3, 1)
    with refused(bench.module.ChangeNotPending, blocked.address):
        multicall(bench, stop, apply, apply)
    assert bench.state(blocked, 1) == "ready"


def test_nobody_becomes_the_account_through_multicall(bench: Bench, mock: Wallet) -> None:
    bench.start(mock)
    cancel = call(bench, "cancel", 1, 0, 1)
    with refused(bench.module.RecoveryNotStarted, 0):
        multicall(bench, cancel)
    as_account(bench, mock.contract, "multicall", [cancel, call(bench, "scheduleRemoval")])
    assert bench.state(mock) == "idle"
    assert bench.module.changeOf(mock.address)[1] != 0


def test_approvals_are_not_used_twice_in_one_transaction(bench: Bench, mock: Wallet) -> None:
    message = bench.recover_message(mock)
    approvals = mock.ways[0].approvals(["ana", "ben"], message)
    start = call(bench, "start", mock.address, mock.policy.proof(0).to_abi(), HEIR.to_abi(), 1, FOREVER, approvals)
    cancel = bench.acting(mock, 0).cancel(1, FOREVER)
    stop = quorum_call(bench, mock, "cancelByQuorum", cancel, ["ana", "ben"], 0)
    with refused(bench.module.ApprovalInvalid, 0):
        multicall(bench, start, stop, start)


# ------------------------------------------------------------------------------------------- calldata


@pytest.mark.parametrize("shift", [0x20, 0x40])
def test_a_path_that_is_encoded_in_another_way_is_refused(bench: Bench, mock: Wallet, shift: int) -> None:
    # Valid ABI, but the members stand behind a gap: two encodings of one path must not be two paths.
    path = encode([PATH_ABI], [mock.policy.paths[0].to_abi()])[32:]
    head, tail = path[: 9 * 32], path[9 * 32 :]
    shifted = head[:-32] + (9 * 32 + shift).to_bytes(32, "big") + bytes(shift) + tail
    owners = encode(["bytes[]"], [HEIR.to_abi()])[32:]
    words = [int(mock.address, 16), 0, 5 * 32, 5 * 32 + len(shifted), 1]
    data = call(bench, "clearActive", mock.address, 0, mock.policy.paths[0].to_abi(), HEIR.to_abi(), 1)[:4]
    data += b"".join(word.to_bytes(32, "big") for word in words) + shifted + owners
    bench.start(mock)
    # Through a contract that passes on what it is given, and what comes back.
    passing = bench.project.MockForwardingAccount.deploy(bench.module, sender=bench.relayer)
    with refused(bench.module.PathEncodingInvalid):
        passing(data=data, sender=bench.relayer)


def test_a_path_that_is_read_around_the_end_of_the_address_space_is_refused(bench: Bench, mock: Wallet) -> None:
    """Cases: 11: two policies with one hash, of which the events would show one and the chain keep another."""

    def word(number: int) -> bytes:
        return (number % 2**256).to_bytes(32, "big")

    def crafted(threshold: int) -> bytes:
        # The compiler takes offsets as signed: this path begins 92 bytes before zero, where copying yields zeros, and
        # its fields are read from the arguments. Read so, they are a valid path.
        offset, window = 4096, 7200
        fields = [7 * DAY, offset, window, threshold, 0, 0x120, 2]
        body = b"".join(map(word, fields)) + b"\x11" * 32 + b"\x22" * 32
        return body.ljust(offset, b"\0") + word(1) + word(-(4 + offset + 32) - 92)

    policy = mock.policy
    for method in ("configure", "scheduleChange", "hashPolicy"):
        selector = call(bench, method, policy.change_delay, policy.to_abi())[:4]
        for threshold in (1, 2):
            passing = bench.project.MockForwardingAccount.deploy(bench.module, sender=bench.relayer)
            with refused(bench.module.PathEncodingInvalid):
                passing(data=selector + crafted(threshold), sender=bench.relayer)


def test_an_account_may_do_with_its_policy_what_it_likes_but_not_with_others(bench: Bench, mock: Wallet) -> None:
    other = mock_wallet(bench, rotate("ana", "ben"))
    policy = policy_of(rotate("eve", threshold=1))
    as_account(bench, other.contract, "scheduleChange", policy.change_delay, policy.to_abi())
    assert bench.module.changeOf(mock.address) == (bytes(24), 0)
    bench.travel(7 * DAY)
    bench.module.applyChange(other.address, sender=bench.relayer)
    assert bench.module.policyOf(mock.address)[:2] == (mock.policy.hash[:24], 1)
