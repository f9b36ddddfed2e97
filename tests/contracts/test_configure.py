"""The first policy, and what makes a structure valid.

Rules: 1, 5, 8
Cases: 5, 16, 32
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import to_checksum_address

from recovery.policy import DAY, HOUR, Path, Policy, Right
from tests.world import freeze, owners_of, person, policy_of, rotate, veto

from .checks import ZERO, as_account, fields, logged, refused, responder
from .conftest import Bench

MEMBER = b"\1" * 32
YEAR = 365 * DAY


def path(right: Right = Right.ROTATE, **given: Any) -> dict[str, Any]:
    """A valid path of this kind, but for what is given: also what the Python model would refuse."""
    times = {Right.ROTATE: (3 * DAY, 30 * DAY), Right.FREEZE: (0, 5 * DAY), Right.VETO: (0, 0)}
    delay, window = times[right]
    valid = {
        "right": int(right),
        "owner_cancels": False,
        "vetoable": False,
        "inactivity": 0,
        "delay": delay,
        "window": window,
        "threshold": 1,
        "extra": ZERO,
        "members": [MEMBER],
    }
    assert set(given) <= set(valid)
    return valid | given


def abi(*paths: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(p.values()) for p in paths]


ROTATE, FREEZE, VETO = Right.ROTATE, Right.FREEZE, Right.VETO

VALID = [
    path(delay=HOUR),
    path(delay=HOUR + 1),
    path(delay=YEAR),
    path(window=HOUR),
    path(window=2 * HOUR),
    path(window=YEAR),
    path(inactivity=7 * DAY),
    path(inactivity=7 * DAY + 1),
    path(inactivity=2**32 - 1),
    path(owner_cancels=True),
    path(vetoable=True),
    path(owner_cancels=True, vetoable=True, inactivity=30 * DAY),
    path(threshold=2**32 - 1),
    path(members=[MEMBER] * 32),
    path(FREEZE, window=HOUR),
    path(FREEZE, window=HOUR + 1),
    path(FREEZE, window=30 * DAY),
    path(VETO),
]

INVALID = [
    (path(delay=0), "PathDelayInvalid", 0),
    (path(delay=HOUR - 1), "PathDelayInvalid", HOUR - 1),
    (path(delay=YEAR + 1), "PathDelayInvalid", YEAR + 1),
    (path(window=0), "PathWindowInvalid", 0),
    (path(window=HOUR - 1), "PathWindowInvalid", HOUR - 1),
    (path(window=HOUR + 1), "PathWindowInvalid", HOUR + 1),
    (path(window=YEAR + HOUR), "PathWindowInvalid", YEAR + HOUR),
    (path(inactivity=1), "PathInactivityInvalid", 1),
    (path(inactivity=7 * DAY - 1), "PathInactivityInvalid", 7 * DAY - 1),
    (path(threshold=0), "PathThresholdZero"),
    (path(members=[]), "PathMemberCountInvalid", 0),
    (path(members=[MEMBER] * 33), "PathMemberCountInvalid", 33),
    (path(members=[ZERO]), "PathMemberEmpty", 0),
    (path(members=[MEMBER, MEMBER, ZERO]), "PathMemberEmpty", 2),
    (path(extra=b"\1" + bytes(31)), "PathUnsupported"),
    (path(extra=bytes(31) + b"\1"), "PathUnsupported"),
    (path(FREEZE, delay=1), "PathDelayInvalid", 1),
    (path(FREEZE, window=0), "PathWindowInvalid", 0),
    (path(FREEZE, window=HOUR - 1), "PathWindowInvalid", HOUR - 1),
    (path(FREEZE, window=30 * DAY + 1), "PathWindowInvalid", 30 * DAY + 1),
    (path(FREEZE, inactivity=7 * DAY), "PathInactivityInvalid", 7 * DAY),
    (path(FREEZE, owner_cancels=True), "PathFlagsInvalid"),
    (path(FREEZE, vetoable=True), "PathFlagsInvalid"),
    (path(FREEZE, threshold=0), "PathThresholdZero"),
    (path(FREEZE, members=[]), "PathMemberCountInvalid", 0),
    (path(FREEZE, extra=MEMBER), "PathUnsupported"),
    (path(VETO, delay=1), "PathDelayInvalid", 1),
    (path(VETO, window=HOUR), "PathWindowInvalid", HOUR),
    (path(VETO, inactivity=7 * DAY), "PathInactivityInvalid", 7 * DAY),
    (path(VETO, owner_cancels=True), "PathFlagsInvalid"),
    (path(VETO, vetoable=True), "PathFlagsInvalid"),
    (path(VETO, threshold=0), "PathThresholdZero"),
    (path(VETO, members=[ZERO]), "PathMemberEmpty", 0),
    (path(VETO, extra=MEMBER), "PathUnsupported"),
]


def name(value: Any) -> str:
    """Names a case by what it changes."""
    if not isinstance(value, dict):
        return str(value)
    right = Right(value["right"])
    changed = [f"{k}={len(v) if k == 'members' else v}" for k, v in value.items() if path(right)[k] != v]
    return "-".join([right.name.lower(), *changed])


@pytest.mark.parametrize("this", VALID, ids=name)
def test_a_valid_path_is_hashed_as_python_hashes_it(bench: Bench, this: dict[str, Any]) -> None:
    paths = abi(this, path())
    expected = Policy(DAY, tuple(Path.from_abi(p) for p in paths)).hash
    assert bench.module.hashPolicy(DAY, paths) == expected


@pytest.mark.parametrize(("this", "error", "inputs"), [(p, e, i) for p, e, *i in INVALID], ids=name)
def test_an_invalid_path_is_refused_with_its_position(
    bench: Bench, this: dict[str, Any], error: str, inputs: list[int]
) -> None:
    with refused(getattr(bench.module, error), 0, *inputs):
        bench.module.hashPolicy(DAY, abi(this))
    with refused(getattr(bench.module, error), 2, *inputs):
        bench.module.hashPolicy(DAY, abi(path(), path(VETO), this))


@pytest.mark.parametrize("delay", [DAY, 2 * DAY, 89 * DAY, 90 * DAY])
def test_a_change_delay_of_1_to_90_whole_days_is_valid(bench: Bench, delay: int) -> None:
    assert bench.module.hashPolicy(delay, abi(path())) == Policy(delay, (Path.from_abi(abi(path())[0]),)).hash


@pytest.mark.parametrize("delay", [0, 1, DAY - 1, DAY + 1, 90 * DAY - 1, 90 * DAY + 1, 91 * DAY, 2**256 - 2**256 % DAY])
def test_no_other_change_delay_is(bench: Bench, delay: int) -> None:
    with refused(bench.module.PolicyChangeDelayInvalid, delay):
        bench.module.hashPolicy(delay, abi(path()))


@pytest.mark.parametrize("count", [0, 33, 40])
def test_a_policy_has_1_to_32_paths(bench: Bench, count: int) -> None:
    with refused(bench.module.PolicyPathCountInvalid, count):
        bench.module.hashPolicy(DAY, abi(*[path()] * count))


@pytest.mark.parametrize("paths", [[path(FREEZE)], [path(VETO)], [path(FREEZE), path(VETO)]], ids=len)
def test_a_policy_that_cannot_rotate_is_refused(bench: Bench, paths: list[dict[str, Any]]) -> None:
    with refused(bench.module.PolicyWithoutRotation):
        bench.module.hashPolicy(DAY, abi(*paths))


def test_an_unknown_right_is_refused(bench: Bench) -> None:
    with refused():
        bench.module.hashPolicy(DAY, abi(path() | {"right": 3}))


# ------------------------------------------------------------------------------------------- configure


@pytest.fixture
def account(bench: Bench) -> Any:
    """An account without a policy."""
    return bench.project.MockAccount.deploy(bench.module, sender=bench.relayer)


POLICY = policy_of(rotate("ana", "ben"), veto("carl"), freeze("dora"), change_delay=30 * DAY)


def test_configuring_begins_the_first_epoch_and_emits_the_structure(bench: Bench, account: Any) -> None:
    assert bench.module.policyOf(account) == (bytes(24), 0, 0, 0)
    receipt = as_account(bench, account, "configure", 30 * DAY, POLICY.to_abi())
    assert logged(bench, receipt) == [
        (
            "PolicyConfigured",
            {"account": account.address, "epoch": 1, "changeDelay": 30 * DAY, "paths": fields(POLICY.to_abi())},
        )
    ]
    assert bench.module.policyOf(account) == (POLICY.hash[:24], 1, 30 * DAY, 0)


def test_the_policy_takes_one_word(bench: Bench, account: Any) -> None:
    as_account(bench, account, "configure", 30 * DAY, POLICY.to_abi())
    word = POLICY.hash[:24] + (1).to_bytes(4, "big") + bytes(2) + bytes([30, 0])
    assert bench.module.slotsOf(account, 2) == [int.from_bytes(word, "big"), 0, 0, 0]


def test_the_first_policy_is_set_once(bench: Bench, account: Any) -> None:
    as_account(bench, account, "configure", 30 * DAY, POLICY.to_abi())
    with refused(bench.module.PolicyAlreadyConfigured, account):
        as_account(bench, account, "configure", 30 * DAY, POLICY.to_abi())


@pytest.mark.parametrize("method", ["configure", "scheduleChange", "publish", "createWallet"])
def test_an_invalid_structure_gets_in_nowhere(bench: Bench, account: Any, method: str) -> None:
    if method != "configure":
        as_account(bench, account, "configure", 30 * DAY, POLICY.to_abi())
    with refused(bench.module.PathThresholdZero, 0):
        invalid = (30 * DAY, abi(path(threshold=0)))
        if method == "createWallet":
            bench.factory.createWallet(owners_of("owner").to_abi(), 1, *invalid, sender=bench.relayer)
        elif method == "publish":
            bench.module.publish(account, *invalid, sender=bench.relayer)
        else:
            as_account(bench, account, method, *invalid)


def test_a_key_cannot_have_a_policy(bench: Bench) -> None:
    with refused(bench.module.ModuleNotEnabled, bench.relayer):
        bench.module.configure(7 * DAY, POLICY.to_abi(), sender=bench.relayer)


def test_an_account_of_another_module_cannot_have_a_policy(bench: Bench, account: Any) -> None:
    other = bench.project.WalletRecoveryModule.deploy(sender=bench.relayer)
    foreign = bench.project.MockAccount.deploy(other, sender=bench.relayer)
    with refused(bench.module.ModuleNotEnabled, foreign, caller=foreign):
        bench.module.configure(7 * DAY, POLICY.to_abi(), sender=bench.relayer)


def test_a_contract_that_names_no_module_cannot_have_a_policy(bench: Bench) -> None:
    with refused(caller=responder(bench, b"")):
        bench.module.configure(7 * DAY, POLICY.to_abi(), sender=bench.relayer)


def test_accounts_do_not_share_policies(bench: Bench, account: Any) -> None:
    as_account(bench, account, "configure", 30 * DAY, POLICY.to_abi())
    stranger = to_checksum_address(person("stranger").address)
    assert bench.module.policyOf(stranger) == (bytes(24), 0, 0, 0)


def test_the_largest_policy_can_be_configured_and_its_last_path_used(bench: Bench) -> None:
    crowd = [f"guardian {i}" for i in range(32)]
    ways = [rotate(*crowd, threshold=1, delay=HOUR + i) for i in range(31)]
    ways.append(rotate(*crowd, threshold=32, delay=HOUR))
    wallet = bench.wallet(*ways)
    assert bench.module.policyOf(wallet.address)[0] == wallet.policy.hash[:24]
    receipt = bench.start(wallet, crowd, path=31)
    assert bench.state(wallet, 31) == "pending"
    assert receipt.gas_used < 1_500_000
    bench.travel(HOUR)
    bench.finalize(wallet, path=31)
    assert wallet.contract.ownersHash() == owners_of("heir").hash[:24]


# --------------------------------------------------------------------------------------------- publish


def test_anybody_can_publish_the_structure_again(bench: Bench) -> None:
    wallet = bench.wallet(rotate("ana"), veto("ben"), change_delay=9 * DAY)
    receipt = bench.module.publish(wallet.address, 9 * DAY, wallet.policy.to_abi(), sender=bench.relayer)
    contents = {
        "account": wallet.address,
        "epoch": 1,
        "changeDelay": 9 * DAY,
        "paths": fields(wallet.policy.to_abi()),
    }
    assert logged(bench, receipt) == [("PolicyPublished", contents)]


@pytest.mark.parametrize(
    ("delay", "ways"),
    [
        (8 * DAY, [rotate("ana"), veto("ben")]),
        (9 * DAY, [veto("ben"), rotate("ana")]),
        (9 * DAY, [rotate("ana")]),
        (9 * DAY, [rotate("ana"), veto("carl")]),
    ],
    ids=["change-delay", "order", "fewer", "member"],
)
def test_nothing_but_the_structure_in_force_is_published(bench: Bench, delay: int, ways: list[Any]) -> None:
    wallet = bench.wallet(rotate("ana"), veto("ben"), change_delay=9 * DAY)
    other = policy_of(*ways, change_delay=delay)
    with refused(bench.module.PolicyMismatch, wallet.address):
        bench.module.publish(wallet.address, delay, other.to_abi(), sender=bench.relayer)


def test_without_a_policy_there_is_nothing_to_publish(bench: Bench, account: Any) -> None:
    with refused(bench.module.PolicyMissing, account):
        bench.module.publish(account, 30 * DAY, POLICY.to_abi(), sender=bench.relayer)
