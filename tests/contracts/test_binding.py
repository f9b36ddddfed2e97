"""What a signature says: change any of it, or take it for another message, and it is worth nothing.

Rules: 1, 2
Cases: 11, 12, 13, 14, 15, 64, 66
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from eth_utils import to_checksum_address

from recovery.messages import TYPES, Message
from recovery.policy import DAY
from tests.world import FOREVER, abi, freeze, owners_of, person, policy_of, rotate, sign, veto

from .checks import refused
from .conftest import Bench, Wallet

OWNERS = owners_of("heir", "aunt")
DEADLINE = FOREVER
KINDS = ["Recover", "Cancel", "VetoRequest", "VetoChange", "Freeze", "Thaw"]
OTHER = policy_of(rotate("dora", threshold=1))


@dataclass
class Action:
    """Something that guardians of a path can do now."""

    wallet: Wallet
    method: str
    view: str
    path: int
    by: tuple[str, ...]
    before: tuple[Any, ...]
    message: Message

    def submit(self, bench: Bench, signed: Message, **changed: Any) -> Any:
        """Submits it with approvals of `signed`."""
        way = self.wallet.ways[self.path]
        approvals = abi(way.approval(name, signed, sign(name, signed)) for name in self.by)
        proof = self.wallet.policy.proof(self.path).to_abi()
        account = changed.get("account", self.wallet.address)
        before = changed.get("before", self.before)
        deadline = changed.get("deadline", DEADLINE)
        return getattr(bench.module, self.method)(account, proof, *before, deadline, approvals, sender=bench.relayer)


@pytest.fixture
def wallet(bench: Bench) -> Wallet:
    """0 is idle, 1 and 2 have requests, a change is pending; 3 vetoes, 4 freezes."""
    wallet = bench.wallet(
        rotate("ana", "ben"),
        rotate("carl", "dora", vetoable=True),
        rotate("carl", "dora", vetoable=True),
        veto("vera", threshold=1),
        freeze("fred"),
    )
    bench.start(wallet, ["carl", "dora"], path=1)
    bench.start(wallet, ["carl", "dora"], path=2)
    bench.act(wallet, "scheduleChange", OTHER.change_delay, OTHER.to_abi())
    return wallet


def action(bench: Bench, wallet: Wallet, kind: str) -> Action:
    if kind == "Thaw":
        bench.freeze(wallet, ["fred"], 4)
    path = {"Recover": 0, "Cancel": 1, "VetoRequest": 3, "VetoChange": 3, "Freeze": 4, "Thaw": 4}[kind]
    acting = bench.acting(wallet, path)
    change = bench.module.changeOf(wallet.address)
    method, view, by, before, message = {
        "Recover": (
            "start",
            "recoverDigest",
            ("ana", "ben"),
            (OWNERS.to_abi(), 1),
            acting.recover(0, OWNERS, DEADLINE),
        ),
        "Cancel": ("cancelByQuorum", "cancelDigest", ("carl", "dora"), (), acting.cancel(1, DEADLINE)),
        "VetoRequest": (
            "vetoRequest",
            "vetoRequestDigest",
            ("vera",),
            (1,),
            acting.veto_request(1, 1, DEADLINE),
        ),
        "VetoChange": (
            "vetoChange",
            "vetoChangeDigest",
            ("vera",),
            (),
            acting.veto_change(bytes(change[0]), change[1], DEADLINE),
        ),
        "Freeze": ("freeze", "freezeDigest", ("fred",), (), acting.freeze(0, DEADLINE)),
        "Thaw": ("thaw", "thawDigest", ("fred",), (), acting.thaw(1, DEADLINE)),
    }[kind]
    return Action(wallet, method, view, path, by, before, message)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("Recover", "RecoveryAlreadyStarted"),
        ("Cancel", "RecoveryNotStarted"),
        ("VetoRequest", "RecoveryNotStarted"),
        ("VetoChange", "ChangeNotPending"),
        ("Freeze", "FreezeCoolingDown"),
        ("Thaw", "FreezeNotFound"),
    ],
)
def test_the_message_as_it_is_does_what_it_says_once(bench: Bench, wallet: Wallet, kind: str, error: str) -> None:
    this = action(bench, wallet, kind)
    this.submit(bench, this.message)
    with refused(getattr(bench.module, error)):
        this.submit(bench, this.message)


@pytest.mark.parametrize("kind", KINDS)
def test_the_module_and_python_hash_the_same(bench: Bench, wallet: Wallet, kind: str) -> None:
    this = action(bench, wallet, kind)
    proof = wallet.policy.proof(this.path).to_abi()
    for deadline in (DEADLINE, 0, 2**256 - 1):
        message = replace(this.message, values={**this.message.values, "deadline": deadline})
        digest = getattr(bench.module, this.view)(wallet.address, proof, *this.before, deadline)
        assert digest == message.digest


def varied(value: Any) -> list[Any]:
    """Values that are almost the same."""
    if isinstance(value, int):
        return [value + 1, value - 1 if value else 2**255]
    if isinstance(value, bytes):
        return [bytes([value[0] ^ 1]) + value[1:], value[:-1] + bytes([value[-1] ^ 1])]
    if isinstance(value, list):
        return [value[::-1], value[:1], owners_of("heir", "thief").to_abi()]
    return [to_checksum_address(person("stranger").address)]


@pytest.mark.parametrize(("kind", "field"), [(kind, f["name"]) for kind in KINDS for f in TYPES[kind]])
def test_every_field_of_a_message_is_bound(bench: Bench, wallet: Wallet, kind: str, field: str) -> None:
    this = action(bench, wallet, kind)
    for value in varied(this.message.values[field]):
        signed = replace(this.message, values={**this.message.values, field: value})
        with refused(bench.module.ApprovalInvalid, 0):
            this.submit(bench, signed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", ["name", "version", "chainId", "verifyingContract"])
def test_the_domain_is_bound(bench: Bench, wallet: Wallet, kind: str, field: str) -> None:
    this = action(bench, wallet, kind)
    other = {
        "name": "RecoveryDrill",
        "version": "2",
        "chainId": 1,
        "verifyingContract": bench.factory.address,
    }[field]
    signed = replace(this.message, domain={**this.message.domain, field: other})
    with refused(bench.module.ApprovalInvalid, 0):
        this.submit(bench, signed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_no_message_passes_for_another(bench: Bench, wallet: Wallet, kind: str, other: str) -> None:
    if kind == other:
        return
    this = action(bench, wallet, kind)
    acting = bench.acting(wallet, this.path)
    nonce = this.message.values.get("nonce", this.message.values.get("requestNonce", 1))
    signed = {
        "Recover": acting.recover(nonce, OWNERS, DEADLINE),
        "Cancel": acting.cancel(nonce, DEADLINE),
        "VetoRequest": acting.veto_request(1, nonce, DEADLINE),
        "VetoChange": acting.veto_change(OTHER.hash[:24], this.message.values.get("eta", 1), DEADLINE),
        "Freeze": acting.freeze(nonce, DEADLINE),
        "Thaw": acting.thaw(nonce, DEADLINE),
    }[other]
    with refused(bench.module.ApprovalInvalid, 0):
        this.submit(bench, signed)


# -------------------------------------------------------------------------------- what a relayer varies


@pytest.mark.parametrize(
    "before",
    [
        (OWNERS.to_abi(), 2),
        (owners_of("thief").to_abi(), 1),
        (owners_of("heir", "thief").to_abi(), 1),
        (OWNERS.to_abi()[:1], 1),
    ],
    ids=["threshold", "owners", "one-owner", "fewer"],
)
def test_a_relayer_cannot_vary_the_new_owners(bench: Bench, wallet: Wallet, before: tuple[Any, ...]) -> None:
    this = action(bench, wallet, "Recover")
    with refused(bench.module.ApprovalInvalid, 0):
        this.submit(bench, this.message, before=before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_relayer_cannot_vary_the_deadline(bench: Bench, wallet: Wallet, kind: str) -> None:
    this = action(bench, wallet, kind)
    for deadline in (DEADLINE + 1, DEADLINE - 1, 2**256 - 1):
        with refused(bench.module.ApprovalInvalid, 0):
            this.submit(bench, this.message, deadline=deadline)


def test_a_relayer_cannot_turn_a_veto_to_another_request(bench: Bench, wallet: Wallet) -> None:
    # Both requests have the same nonce; only the path differs.
    this = action(bench, wallet, "VetoRequest")
    with refused(bench.module.ApprovalInvalid, 0):
        this.submit(bench, this.message, before=(2,))


def test_a_relayer_cannot_turn_an_approval_to_another_path_of_the_same_people(bench: Bench) -> None:
    same = rotate("ana", "ben")
    wallet = bench.wallet(same, same)
    message = bench.recover_message(wallet, path=0)
    with refused(bench.module.ApprovalInvalid, 0):
        bench.module.start(
            wallet.address,
            wallet.policy.proof(1).to_abi(),
            owners_of("heir").to_abi(),
            1,
            FOREVER,
            same.approvals(["ana", "ben"], message),
            sender=bench.relayer,
        )


@pytest.mark.parametrize("kind", KINDS)
def test_an_approval_for_one_account_is_none_for_its_twin(bench: Bench, kind: str) -> None:
    # Same policy, same guardians, same epoch, same requests; another owner, so another address.
    twins = []
    for name in ("owner", "sister"):
        twin = bench.wallet(
            rotate("ana", "ben"),
            rotate("carl", "dora", vetoable=True),
            rotate("carl", "dora", vetoable=True),
            veto("vera"),
            freeze("fred"),
            owners=[name],
        )
        bench.start(twin, ["carl", "dora"], path=1)
        twins.append(twin)
    for twin in twins:
        bench.act(twin, "scheduleChange", OTHER.change_delay, OTHER.to_abi())
    mine, hers = (action(bench, twin, kind) for twin in twins)
    with refused(bench.module.ApprovalInvalid, 0):
        mine.submit(bench, mine.message, account=hers.wallet.address)


# ----------------------------------------------------------------------------------------------- domain


def test_the_module_names_its_domain(bench: Bench) -> None:
    fields, name, version, chain_id, contract, salt, extensions = bench.module.eip712Domain()
    assert (bytes(fields), name, version) == (b"\x0f", "RecoveryModule", "1")
    assert (chain_id, contract, bytes(salt), extensions) == (31337, bench.module.address, bytes(32), [])


def test_the_chain_id_is_the_live_one(bench: Bench, wallet: Wallet) -> None:
    this = action(bench, wallet, "Recover")
    proof = wallet.policy.proof(0).to_abi()
    data = bench.module.recoverDigest.encode_input(wallet.address, proof, *this.before, DEADLINE)
    provider = bench.chain.provider
    provider.make_request("anvil_setChainId", [10])
    try:
        digest = provider.make_request("eth_call", [{"to": bench.module.address, "data": data.hex()}, "latest"])
    finally:
        provider.make_request("anvil_setChainId", [31337])
    forked = replace(this.message, domain={**this.message.domain, "chainId": 10})
    assert digest == "0x" + forked.digest.hex()


def test_digests_are_shown_only_for_a_path_in_force(bench: Bench, wallet: Wallet) -> None:
    foreign = policy_of(rotate("eve", threshold=1), change_delay=7 * DAY).proof(0).to_abi()
    with refused(bench.module.PolicyMismatch, wallet.address):
        bench.module.recoverDigest(wallet.address, foreign, OWNERS.to_abi(), 1, DEADLINE)
    for view, right in (("cancelDigest", 2), ("freezeDigest", 2), ("thawDigest", 2)):
        expected = 0 if view == "cancelDigest" else 1
        with refused(bench.module.PathRightMismatch, right, expected):
            getattr(bench.module, view)(wallet.address, wallet.policy.proof(3).to_abi(), DEADLINE)
