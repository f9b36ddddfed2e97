"""What is counted: members, weights, and the signatures of keys.

Rules: 5
Cases: 1, 2, 5, 6, 10, 50
"""

from __future__ import annotations

import pytest
from eth_utils import to_bytes

from recovery.policy import DAY, Path, Right
from recovery.quorum import MAX_WEIGHT
from tests.world import Way, person, rotate, sign

from .approving import submit, yes
from .checks import ZERO, by_id, delegate, opening, refused, responder
from .conftest import Bench, Wallet

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def wallet(bench: Bench) -> Wallet:
    """Two of three."""
    return bench.wallet(rotate("ana", "ben", "carl"))


# -------------------------------------------------------------------------------------------- counting


@pytest.mark.parametrize("who", [["ana", "ben"], ["ben", "carl"], ["ana", "carl"], ["ana", "ben", "carl"]])
def test_any_members_who_reach_the_threshold_count(bench: Bench, wallet: Wallet, who: list[str]) -> None:
    submit(bench, wallet, yes(wallet, bench.recover_message(wallet), *who))


def test_an_empty_list_reaches_nothing(bench: Bench, wallet: Wallet) -> None:
    with refused(bench.module.ApprovalsInsufficient, 0, 2):
        submit(bench, wallet, [])


def test_a_good_quorum_is_not_good_with_a_bad_approval_among_it(bench: Bench, wallet: Wallet) -> None:
    approvals = yes(wallet, bench.recover_message(wallet), "ana", "ben", "carl")
    for position in range(3):
        padded = list(approvals)
        padded[position] = (*padded[position][:4], bytes(65))
        with refused(bench.module.ApprovalInvalid, position):
            submit(bench, wallet, padded)


def test_nobody_counts_twice(bench: Bench, wallet: Wallet) -> None:
    (ana,) = yes(wallet, bench.recover_message(wallet), "ana")
    with refused(bench.module.ApprovalsUnsorted, 1):
        submit(bench, wallet, [ana, ana])


def test_nobody_counts_twice_under_two_indices_and_salts(bench: Bench) -> None:
    data = to_bytes(hexstr=person("ana").address)
    first, second = opening(data, salt=b"\1" * 32), opening(data, salt=b"\2" * 32)
    way = Way(Path(Right.ROTATE, True, False, 0, 3 * DAY, DAY, 2, (first[0], second[0])), ())
    wallet = bench.wallet(way)
    signature = sign("ana", bench.recover_message(wallet))
    with refused(bench.module.ApprovalsUnsorted, 1):
        submit(bench, wallet, [(0, 1, first[2], data, signature), (1, 1, second[2], data, signature)])


def test_approvals_come_sorted(bench: Bench, wallet: Wallet) -> None:
    one, two, three = yes(wallet, bench.recover_message(wallet), "ana", "ben", "carl")
    for order, position in (((two, one), 1), ((one, three, two), 2), ((three, one, two), 1)):
        with refused(bench.module.ApprovalsUnsorted, position):
            submit(bench, wallet, order)


@pytest.mark.parametrize("field", ["index", "beyond", "last", "weight", "salt", "signer"])
def test_an_approval_opens_the_commitment_that_it_names(bench: Bench, wallet: Wallet, field: str) -> None:
    message = bench.recover_message(wallet)
    good = yes(wallet, message, "ana", "ben")
    index, weight, salt, data, signature = good[1]
    eve = to_bytes(hexstr=person("eve").address)
    bad = {
        "index": (2, weight, salt, data, signature),
        "beyond": (3, weight, salt, data, signature),
        "last": (255, weight, salt, data, signature),
        "weight": (index, 2, salt, data, signature),
        "salt": (index, weight, b"\1" * 32, data, signature),
        "signer": (index, weight, salt, eve, sign("eve", message)),
    }[field]
    approvals = by_id([good[0], bad])
    with refused(bench.module.ApprovalNotFromMember, approvals.index(bad)):
        submit(bench, wallet, approvals)


def test_members_of_another_path_have_no_voice(bench: Bench) -> None:
    wallet = bench.wallet(rotate("ana", threshold=1), rotate("ben", threshold=1))
    message = bench.recover_message(wallet)
    with refused(bench.module.ApprovalNotFromMember, 0):
        submit(bench, wallet, wallet.ways[1].approvals(["ben"], message))


# --------------------------------------------------------------------------------------------- weights


@pytest.mark.parametrize(
    ("who", "weight"), [("a", 3), ("bcd", 3), ("ab", 4), ("abcd", 6), ("b", None), ("bc", None), ("", None)]
)
def test_weights_add_up(bench: Bench, who: str, weight: int | None) -> None:
    wallet = bench.wallet(rotate("a", "b", "c", "d", threshold=3, weights=[3, 1, 1, 1]))
    approvals = yes(wallet, bench.recover_message(wallet), *who)
    if weight is None:
        with refused(bench.module.ApprovalsInsufficient, len(who), 3):
            submit(bench, wallet, approvals)
    else:
        submit(bench, wallet, approvals)


def test_sums_of_weights_do_not_wrap(bench: Bench) -> None:
    wallet = bench.wallet(rotate("a", "b", threshold=MAX_WEIGHT, weights=[MAX_WEIGHT, 1]))
    submit(bench, wallet, yes(wallet, bench.recover_message(wallet), "a", "b"))


def test_a_threshold_above_all_weights_is_never_reached(bench: Bench) -> None:
    wallet = bench.wallet(rotate("a", "b", threshold=3))
    with refused(bench.module.ApprovalsInsufficient, 2, 3):
        submit(bench, wallet, yes(wallet, bench.recover_message(wallet), "a", "b"))


def test_a_member_of_weight_zero_counts_for_nothing(bench: Bench) -> None:
    data = to_bytes(hexstr=person("ana").address)
    wallet = bench.wallet(Way(Path(Right.ROTATE, True, False, 0, 3 * DAY, DAY, 1, (opening(data, 0)[0],)), ()))
    with refused(bench.module.ApprovalsInsufficient, 0, 1):
        submit(bench, wallet, [(0, 0, ZERO, data, sign("ana", bench.recover_message(wallet)))])


# ------------------------------------------------------------------------------------- keys (ECDSA)


def altered(signature: bytes, how: str) -> bytes:
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    high = (CURVE_ORDER - s).to_bytes(32, "big")
    return {
        "high-s": r + high + bytes([55 - v]),
        "compact": r + ((v - 27) << 255 | s).to_bytes(32, "big"),
        "v-0-or-1": signature[:64] + bytes([v - 27]),
        "other-v": signature[:64] + bytes([55 - v]),
        "short": signature[:64],
        "long": signature + b"\0",
        "empty": b"",
        "zeros": bytes(65),
        "zeros-v-27": bytes(64) + bytes([27]),
    }[how]


@pytest.mark.parametrize(
    "how",
    ["high-s", "compact", "v-0-or-1", "other-v", "short", "long", "empty", "zeros", "zeros-v-27"],
)
def test_a_malformed_signature_is_invalid(bench: Bench, wallet: Wallet, how: str) -> None:
    approvals = yes(wallet, bench.recover_message(wallet), "ana", "ben")
    approvals[1] = (*approvals[1][:4], altered(approvals[1][4], how))
    with refused(bench.module.ApprovalInvalid, 1):
        submit(bench, wallet, approvals)


def test_a_signature_of_somebody_else_is_invalid(bench: Bench, wallet: Wallet) -> None:
    message = bench.recover_message(wallet)
    approvals = yes(wallet, message, "ana", "ben")
    approvals[0] = (*approvals[0][:4], sign("eve", message))
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, approvals)


@pytest.mark.parametrize("data", [b"", b"\1", b"\1" * 19, bytes(20), bytes(20) + b"key"], ids=len)
@pytest.mark.parametrize("signature", [b"", bytes(65), bytes(64) + bytes([27])], ids=["empty", "zeros", "v-27"])
def test_a_member_who_is_no_signer_can_never_approve(bench: Bench, data: bytes, signature: bytes) -> None:
    wallet = bench.wallet(Way(Path(Right.ROTATE, True, False, 0, 3 * DAY, DAY, 1, (opening(data)[0],)), ()))
    with refused(bench.module.ApprovalInvalid, 0):
        submit(bench, wallet, [(0, 1, ZERO, data, signature)])


def test_a_delegated_key_still_signs_with_its_key(bench: Bench, wallet: Wallet) -> None:
    mute = responder(bench, b"nothing of this is in the storage of the EOA")
    delegate(bench, person("ana").address, mute)
    message = bench.recover_message(wallet)
    approvals = yes(wallet, message, "ana", "ben")
    position = next(i for i, a in enumerate(approvals) if a[4] == sign("ana", message))
    bad = list(approvals)
    bad[position] = (*bad[position][:4], sign("eve", message))
    with refused(bench.module.ApprovalInvalid, position):
        submit(bench, wallet, bad)
    submit(bench, wallet, approvals)
