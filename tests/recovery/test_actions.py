"""Each of the six actions: as a file, as a message, and as the contracts hash it."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery import contracts
from recovery.actions import (
    Action,
    Cancel,
    Freeze,
    Recover,
    Thaw,
    VetoChange,
    VetoRequest,
    action_from_json,
)
from recovery.contracts import canonical_deployment
from recovery.errors import InvalidFile, InvalidInput
from recovery.policy import DAY, Policy, Right
from recovery.request import Approvals, Request, approve
from recovery.signer import Signer
from tests.live import Live
from tests.recovery.samples import ACCOUNT, MODULE, NEW, PLAN, forged
from tests.world import Way, freeze, owners_of, person, policy_of, rotate, sign, veto

HASH = bytes(range(24))
ACTIONS: tuple[Action, ...] = (
    Recover(NEW, 3),
    Cancel(3),
    VetoRequest(0, 3),
    VetoChange(HASH, 1_900_000_000),
    Freeze(3),
    Thaw(3),
)
#: Paths of the sample policy by what they may do.
PATHS = {Right.ROTATE: 0, Right.FREEZE: 1, Right.VETO: 2}


def request(action: Action, path: int | None = None) -> Request:
    index = PATHS[action.right] if path is None else path
    return Request(5, MODULE, ACCOUNT, 1, PLAN.policy.proof(index), "a path", action, 2_000_000_000)


def named(action: Action) -> str:
    return action.kind


# ------------------------------------------------------------------------------------------------- as a file


@pytest.mark.parametrize("action", ACTIONS, ids=named)
def test_each_action_survives_its_file(action: Action) -> None:
    assert action_from_json(action.kind, action.to_json()) == action
    assert Request.loads(request(action).dumps()) == request(action)


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(0, 2**256 - 1),
    path=st.integers(0, 31),
    policy_hash=st.binary(min_size=24, max_size=24),
    names=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True),
)
def test_any_value_of_an_action_survives_its_file(number: int, path: int, policy_hash: bytes, names: list[str]) -> None:
    for action in (
        Recover(owners_of(*names, threshold=len(names)), number),
        Cancel(number),
        VetoRequest(path, number),
        VetoChange(policy_hash, number),
        Freeze(number),
        Thaw(number),
    ):
        assert action_from_json(action.kind, action.to_json()) == action
        assert Request.loads(request(action).dumps()).digest == request(action).digest


@pytest.mark.parametrize(
    ("action", "changes"),
    [
        (Recover(NEW, 3), {"nonce": 4}),
        (Recover(NEW, 3), {"owners__threshold": 1}),
        (Cancel(3), {"nonce": 4}),
        (VetoRequest(0, 3), {"path": 3}),
        (VetoRequest(0, 3), {"nonce": 4}),
        (VetoChange(HASH, 1), {"eta": 2}),
        (VetoChange(HASH, 1), {"policyHash": "0x" + "00" * 24}),
        (Freeze(3), {"nonce": 4}),
        (Thaw(3), {"nonce": 4}),
        (Freeze(3), {"action": "thaw"}),  # the same path may do both, with the same fields
        (Thaw(3), {"action": "freeze"}),
        (Cancel(3), {"proof__path__delay": 3 * DAY + 1}),
    ],
    ids=str,
)
def test_a_forged_value_contradicts_the_digest(action: Action, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidFile, match="contradicts itself"):
        Request.loads(forged(request(action).dumps(), **changes))


@pytest.mark.parametrize(
    ("action", "changes"),
    [
        *((action, {"action": "spend"}) for action in ACTIONS),
        *((action, {"action": ["recover"]}) for action in ACTIONS),
        *((Cancel(3), {"nonce": wrong}) for wrong in (-1, 2**256, "3", 1.5, True, None, [])),
        *((VetoRequest(0, 3), {"path": wrong}) for wrong in (-1, 32, 2**256, "0", True, None)),
        *((VetoChange(HASH, 1), {"policyHash": wrong}) for wrong in ("0x", "0x" + "00" * 32, "00" * 24, 5, None)),
        *((VetoChange(HASH, 1), {"eta": wrong}) for wrong in (-1, "soon", True, 2**256)),
        *((Recover(NEW, 3), {"owners": wrong}) for wrong in ([], {}, None, "0x")),
        (Recover(NEW, 3), {"owners__threshold": 0}),
        (Freeze(3), {"proof__others": ["0x" + "11" * 32] * 32}),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_refused(action: Action, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidFile, match="cannot be right|is missing"):
        Request.loads(forged(request(action).dumps(), **changes))


@pytest.mark.parametrize("action", ACTIONS, ids=named)
def test_a_field_that_is_missing_is_named(action: Action) -> None:
    for field in action.to_json():
        with pytest.raises(InvalidFile, match=f"'{field}' is missing"):
            Request.loads(forged(request(action).dumps(), **{field: ...}))


@pytest.mark.parametrize("action", ACTIONS, ids=named)
def test_a_path_does_only_what_it_has_the_right_to(action: Action) -> None:
    for right, path in PATHS.items():
        if right is not action.right:
            with pytest.raises(
                InvalidInput, match=f"path cannot {action.kind}; it takes a {action.right.name.lower()}"
            ):
                request(action, path)


@pytest.mark.parametrize("path", [-1, 32, 2**200])
def test_no_policy_has_such_a_path(path: int) -> None:
    with pytest.raises(InvalidInput, match="at most 32 paths"):
        VetoRequest(path, 0)


def test_only_a_recovery_has_new_owners() -> None:
    assert request(ACTIONS[0]).owners == NEW
    for action in ACTIONS[1:]:
        with pytest.raises(InvalidInput, match="does not ask for new owners"):
            _ = request(action).owners


# --------------------------------------------------------------------------------------------- as a message


@pytest.mark.parametrize("action", ACTIONS, ids=named)
def test_the_digest_is_that_of_eip_712(action: Action) -> None:
    encoded = encode_typed_data(full_message=request(action).message.typed_data)
    assert request(action).digest == keccak(b"\x19\x01" + encoded.header + encoded.body)
    as_json = encode_typed_data(full_message=request(action).message.json)  # what other programs are given
    assert (as_json.header, as_json.body) == (encoded.header, encoded.body)


def test_no_action_can_be_taken_for_another() -> None:
    """The same path, account, deadline and number: a signature for one is none for another."""
    asked = [request(action) for action in ACTIONS]
    assert len({each.digest for each in asked}) == len(ACTIONS)
    names = {0: "ana", 1: "ana", 2: "dora"}
    for one in asked:
        name = names[one.proof.index]
        signed = approve(one, PLAN.member(name, 1), sign(name, one.message))
        for other in asked:
            if other is not one:
                with pytest.raises(InvalidInput, match="is for another request"):
                    Approvals(other).add(signed)


# ---------------------------------------------------------------------------------- as the contracts hash it


@pytest.fixture
def account(live: Live) -> tuple[str, Policy, tuple[Way, ...]]:
    """A wallet with a path of each right, a recovery under way, a change pending, and frozen."""
    ways = (
        rotate("ana", owner_cancels=False, vetoable=True, threshold=1),
        freeze("ben"),
        veto("carl"),
        rotate("dora", threshold=1),
    )
    policy, client, payer = policy_of(*ways), live.client, person("payer")
    owners = owners_of("owner")
    wallet = canonical_deployment().wallet_address(owners, policy)
    client.send(client.create_wallet(owners, policy), payer)
    for index, who, action in ((0, "ana", Recover(NEW, 0)), (1, "ben", Freeze(0))):
        asked = _asked(live, wallet, policy, index, action)
        signed = approve(asked, ways[index].approval(who, asked.message).member, sign(who, asked.message))
        client.send(client.submit(Approvals.of(asked, [signed])), payer)
    live.ask("anvil_impersonateAccount", wallet)
    live.fund(wallet)
    call = client.schedule_removal_call()
    live.ask("eth_sendTransaction", {"from": wallet, "to": call.to, "data": "0x" + call.data.hex()})
    return wallet, policy, ways


def _asked(live: Live, wallet: str, policy: Policy, index: int, action: Action) -> Request:
    client = live.client
    state = client.state(wallet)
    return Request(
        *(client.chain_id, client.deployment.module, wallet, state.epoch, policy.proof(index), "a path"),
        *(action, client.deadline(DAY)),
    )


@pytest.mark.parametrize("kind", [action.kind for action in ACTIONS])
def test_the_contracts_hash_the_same(live: Live, account: tuple[str, Policy, tuple[Way, ...]], kind: str) -> None:
    wallet, policy, _ = account
    client, until = live.client, live.client.deadline(3600)
    module = live.web3.eth.contract(
        live.client.deployment.module,  # type: ignore[arg-type]
        abi=contracts.load("WalletRecoveryModule").abi,
    ).functions
    made = {
        "recover": lambda: client.request(wallet, policy.proof(3), "", NEW, until),
        "cancel": lambda: client.request_cancel(wallet, policy.proof(0), "", until),
        "veto-request": lambda: client.request_veto(wallet, policy.proof(2), "", 0, until),
        "veto-change": lambda: client.request_veto(wallet, policy.proof(2), "", None, until),
        "freeze": lambda: _asked(live, wallet, policy, 1, Freeze(client.state(wallet).paths[1].nonce)),
        "thaw": lambda: client.request_thaw(wallet, policy.proof(1), "", until),
    }[kind]()
    proof = made.proof.to_abi()
    digest = {
        "recover": lambda: module.recoverDigest(wallet, proof, NEW.to_abi(), NEW.threshold, made.deadline),
        "cancel": lambda: module.cancelDigest(wallet, proof, made.deadline),
        "veto-request": lambda: module.vetoRequestDigest(wallet, proof, 0, made.deadline),
        "veto-change": lambda: module.vetoChangeDigest(wallet, proof, made.deadline),
        "freeze": lambda: module.freezeDigest(wallet, proof, made.deadline),
        "thaw": lambda: module.thawDigest(wallet, proof, made.deadline),
    }[kind]()
    assert made.action.kind == kind
    assert made.digest == digest.call()
    assert Request.loads(made.dumps()) == made


def test_an_approval_on_the_chain_is_of_the_same_digest(
    live: Live, account: tuple[str, Policy, tuple[Way, ...]]
) -> None:
    wallet, policy, _ = account
    asked = live.client.request_cancel(wallet, policy.proof(0), "", live.client.deadline(3600))
    live.client.send(live.client.approve_digest(asked.digest), person("ana"))
    assert live.client.is_approved(Signer.parse(person("ana").address), asked.digest)
