from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from web3 import AsyncHTTPProvider, AsyncWeb3

from recovery.building import Building
from recovery.client import AsyncRecoveryClient, RecoveryClient
from recovery.contracts import Deployment
from recovery.errors import ChainError, RecoveryError, Refused
from recovery.intents import IntentStore
from recovery.messages import Call
from recovery.policy import DAY, Policy
from recovery.request import Approvals, Request, approve
from recovery.sending import How, Sending
from recovery.state import RequestState
from tests.live import ETHER, Live
from tests.world import Way, freeze, owners_of, person, policy_of, rotate, sign, signer, veto

NOBODY = "0x" + "77" * 20
OWNERS = owners_of("owner")
WAYS: tuple[Way, ...] = (rotate("ana", "ben", vetoable=True), freeze("carl"), veto("dora"))
POLICY: Policy = policy_of(*WAYS)


@pytest.fixture
def wallet(live: Live) -> str:
    live.client.send(live.client.create_wallet(OWNERS, POLICY), person("payer"))
    return live.client.deployment.wallet_address(OWNERS, POLICY)


def with_async(live: Live, work: Callable[[AsyncRecoveryClient], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        web3 = AsyncWeb3(AsyncHTTPProvider(live.url))
        try:
            return await work(AsyncRecoveryClient(web3))
        finally:
            await web3.provider.disconnect()

    return asyncio.run(main())


def signed(request: Request, way: Way, *names: str) -> Approvals:
    members = {str(member.signer): member for member in way.members}
    return Approvals.of(
        request, [approve(request, members[str(signer(name))], sign(name, request.message)) for name in names]
    )


# ---------------------------------------------------------------------------------------------- the twin


def public(kind: type) -> dict[str, Any]:
    return {name: inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")}


ASKING = sorted(set(public(RecoveryClient)) - set(public(Building)))


def test_the_twin_has_every_public_method_and_no_other() -> None:
    assert set(public(AsyncRecoveryClient)) == set(public(RecoveryClient))
    assert len(ASKING) > 30


def test_every_step_is_in_both_clients() -> None:
    steps = set(public(Sending)) - {"require_funds"}
    assert steps <= set(public(RecoveryClient))


@pytest.mark.parametrize("name", ASKING)
def test_a_method_of_the_twin_is_awaited_and_says_the_same(name: str) -> None:
    ours, theirs = getattr(RecoveryClient, name), getattr(AsyncRecoveryClient, name)
    assert inspect.iscoroutinefunction(theirs)
    assert theirs.__doc__
    assert theirs.__name__ == name
    if isinstance(ours, property):
        assert ours.__doc__ == theirs.__doc__
        return
    assert not inspect.iscoroutinefunction(ours)
    assert ours.__doc__ == theirs.__doc__ == getattr(Sending, name).__doc__
    assert inspect.signature(ours) == inspect.signature(theirs) == inspect.signature(getattr(Sending, name))


def test_what_only_builds_is_the_same_and_asks_nothing() -> None:
    client = AsyncRecoveryClient(AsyncWeb3())
    assert client.apply_change(NOBODY) == Building().apply_change(NOBODY)
    assert client.deployment == Building().deployment


# ---------------------------------------------------------------------------------------- same answers

READS: dict[str, Callable[[Any, str], Any]] = {
    "check_deployment": lambda client, _: client.check_deployment(),
    "time": lambda client, _: client.time(),
    "deadline": lambda client, _: client.deadline(7),
    "code": lambda client, wallet: client.code(wallet),
    "balance": lambda client, _: client.balance(person("payer").address),
    "state": lambda client, wallet: client.state(wallet),
    "state of nobody": lambda client, _: client.state(NOBODY, 2),
    "states": lambda client, wallet: client.states([wallet, NOBODY] * 3, 4),
    "policy": lambda client, wallet: client.policy(wallet),
    "policy of nobody": lambda client, _: client.policy(NOBODY),
    "owners_hash": lambda client, wallet: client.owners_hash(wallet),
    "owners": lambda client, wallet: client.owners(wallet),
    "owners of nobody": lambda client, _: client.owners(NOBODY),
    "requested_owners": lambda client, wallet: client.requested_owners(wallet, 0),
    "no requested_owners": lambda client, wallet: client.requested_owners(wallet, 1),
    "is_wallet": lambda client, wallet: client.is_wallet(wallet),
    "is_approved": lambda client, _: client.is_approved(signer("ana"), bytes(32)),
    "batch_nonce": lambda client, wallet: client.batch_nonce(wallet),
    "batch": lambda client, wallet: client.batch(wallet, OWNERS, [Call(NOBODY, 1)], 2**31),
    "request": lambda client, wallet: client.request(wallet, POLICY.proof(0), "friends", OWNERS, 2**31),
    "request_cancel": lambda client, wallet: client.request_cancel(wallet, POLICY.proof(0), "friends", 2**31),
    "request_veto": lambda client, wallet: client.request_veto(wallet, POLICY.proof(2), "veto", 0, 2**31),
    "request_veto of no change": lambda client, wallet: client.request_veto(wallet, POLICY.proof(2), "v", None, 2**31),
    "request_freeze": lambda client, wallet: client.request_freeze(wallet, POLICY.proof(1), "freeze", 2**31),
    "request_thaw": lambda client, wallet: client.request_thaw(wallet, POLICY.proof(1), "freeze", 2**31),
    "check_owners": lambda client, _: client.check_owners(owners_of(b"\x12" * 52)),
    "simulate": lambda client, _: client.simulate(client.create_wallet(owners_of("x"), POLICY), NOBODY),
    "simulate what is refused": lambda client, wallet: client.simulate(client.apply_change(wallet), NOBODY),
    "fees": lambda client, _: client.fees(),
    "fees above the cap": lambda client, _: client.fees(1),
    "estimate": lambda client, _: client.estimate(client.create_wallet(owners_of("x"), POLICY), NOBODY),
    "prepare": lambda client, _: client.prepare(client.approve_digest(bytes(32)), person("payer").address),
}


@pytest.mark.parametrize("name", READS)
def test_both_clients_get_the_same_of_a_chain(live: Live, wallet: str, name: str) -> None:
    request = live.client.request(wallet, POLICY.proof(0), "friends", owners_of("new"), live.client.deadline())
    live.client.send(live.client.submit(signed(request, WAYS[0], "ana", "ben")), person("relayer"))
    read = READS[name]

    async def of_twin(client: AsyncRecoveryClient) -> Any:
        try:
            return await read(client, wallet)
        except RecoveryError as error:
            return type(error), error.code, error.message

    try:
        expected = read(live.client, wallet)
    except RecoveryError as error:
        expected = type(error), error.code, error.message
    assert with_async(live, of_twin) == expected


def test_the_chains_id_is_asked_for_once(live: Live) -> None:
    async def work(client: AsyncRecoveryClient) -> tuple[int, int]:
        first = await client.chain_id()
        client.web3 = None  # type: ignore[assignment]
        return first, await client.chain_id()

    assert with_async(live, work) == (31337, 31337)
    assert live.client.chain_id == 31337


def test_a_history_is_gone_through_page_by_page(live: Live, wallet: str) -> None:
    async def work(client: AsyncRecoveryClient) -> list[Any]:
        search, found = await client.history(wallet), []
        while not search.done:
            found += await client.page(search)
        return found

    search, expected = live.client.history(wallet), []
    while not search.done:
        expected += live.client.page(search)
    assert with_async(live, work) == expected
    assert [entry.name for entry in expected] == ["PolicyConfigured"]


def test_a_state_proof_is_the_same_and_of_the_chain(live: Live, wallet: str) -> None:
    async def work(client: AsyncRecoveryClient) -> Any:
        proof = await client.state_proof(wallet)
        return proof, await client.is_canonical(proof)

    proof, canonical = with_async(live, work)
    assert canonical and live.client.is_canonical(proof)
    assert proof == live.client.state_proof(wallet)
    assert proof.verify().state == live.client.state(wallet)
    live.travel(1)
    assert live.client.state_proof(wallet, proof.verify().header.number) == proof != live.client.state_proof(wallet)


def test_a_request_is_checked_the_same(live: Live, wallet: str) -> None:
    request = live.client.request(wallet, POLICY.proof(0), "friends", owners_of("new"), live.client.deadline())
    assert with_async(live, lambda client: client.check_request(request)) == live.client.check_request(request)
    for changes in ({"chain_id": 1}, {"epoch": 9}, {"module": NOBODY}):
        other = dataclasses.replace(request, **changes)
        with pytest.raises(Refused) as ours:
            live.client.check_request(other)
        with pytest.raises(Refused) as theirs:
            with_async(live, lambda client, other=other: client.check_request(other))
        assert (ours.value.code, ours.value.message) == (theirs.value.code, theirs.value.message)


# ------------------------------------------------------------------------------------------- recovering


def test_a_recovery_from_request_to_new_owners_without_blocking(live: Live, wallet: str) -> None:
    new = owners_of("new")

    async def start(client: AsyncRecoveryClient) -> Request:
        deadline = await client.deadline()
        request = await client.request(wallet, POLICY.proof(0), "friends", new, deadline)
        await client.send(client.submit(signed(request, WAYS[0], "ana", "ben")), person("relayer"))
        assert await client.requested_owners(wallet, 0) == new
        with pytest.raises(Refused) as refused:
            await client.send(client.finalize(wallet, 0, POLICY.paths[0], new), person("relayer"))
        assert refused.value.code == "RecoveryNotReady"
        return request

    async def finish(client: AsyncRecoveryClient) -> None:
        assert (await client.state(wallet, 1)).paths[0].state is RequestState.READY
        await client.send(client.finalize(wallet, 0, POLICY.paths[0], new), person("relayer"))
        assert await client.owners(wallet) == new

    with_async(live, start)
    live.travel(3 * DAY)
    with_async(live, finish)


def test_sending_is_followed_and_told_the_same(live: Live, tmp_path: Path) -> None:
    def transaction(client: Building) -> Any:
        return client.approve_digest(bytes(32))

    told: dict[str, list[str]] = {"ours": [], "theirs": []}
    with live.undone():
        ours = live.client.send(
            transaction(live.client),
            person("ana"),
            How(confirmations=1),
            IntentStore(tmp_path / "ours"),
            lambda each: told["ours"].append(each.stage),
        )
    theirs = with_async(
        live,
        lambda client: client.send(
            transaction(client),
            person("ana"),
            How(confirmations=1),
            IntentStore(tmp_path / "theirs"),
            lambda each: told["theirs"].append(each.stage),
        ),
    )
    for stages in told.values():
        assert [stage for stage in stages if stage != "waiting"] == ["stored", "sent", "mined", "confirmed"]
    assert (ours.gas_used, ours.resumed, ours.intent.purpose) == (
        theirs.gas_used,
        theirs.resumed,
        theirs.intent.purpose,
    )
    assert list((tmp_path / "theirs").iterdir()) == []


def test_what_one_client_left_over_the_other_goes_on_with(live: Live, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def die(progress: Any) -> None:
        if progress.stage == "sent":
            raise Killed

    store, before = IntentStore(tmp_path), live.client.balance(NOBODY)
    transaction = dataclasses.replace(live.client.approve_digest(bytes(32)), to=NOBODY, data=b"", value=ETHER)
    with pytest.raises(Killed):
        with_async(live, lambda client: client.send(transaction, person("ana"), store=store, progress=die))
    (left,) = store.all()
    sent = live.client.send(transaction, person("ana"), store=store)
    assert (sent.resumed, sent.hash) == (True, left.latest.hash)
    assert live.client.balance(NOBODY) == before + ETHER


def test_an_intent_can_be_followed_without_a_key(live: Live, tmp_path: Path) -> None:
    store = IntentStore(tmp_path)
    sent = live.client.send(live.client.approve_digest(bytes(32)), person("ana"))
    assert with_async(live, lambda client: client.follow(sent.intent, store=store)).hash == sent.hash


def test_many_accounts_are_read_at_once_by_one_client(live: Live, wallet: str) -> None:
    async def work(client: AsyncRecoveryClient) -> list[Any]:
        return list(await asyncio.gather(*(client.state(wallet, 3) for _ in range(10))))

    assert with_async(live, work) == [live.client.state(wallet, 3)] * 10


def test_a_chain_without_the_contracts_is_refused(live: Live) -> None:
    async def work(_: AsyncRecoveryClient) -> None:
        web3 = AsyncWeb3(AsyncHTTPProvider(live.url))
        try:
            await AsyncRecoveryClient(web3, Deployment(NOBODY, NOBODY, NOBODY, NOBODY)).check_deployment()
        finally:
            await web3.provider.disconnect()

    with pytest.raises(ChainError, match="WalletRecoveryModule is not deployed on chain 31337"):
        with_async(live, work)


@pytest.mark.parametrize("stage", ["stored", "sent"])
def test_a_task_that_is_cancelled_leaves_what_another_run_goes_on_with(live: Live, tmp_path: Path, stage: str) -> None:
    store, before = IntentStore(tmp_path), live.client.balance(NOBODY)
    transaction = dataclasses.replace(live.client.approve_digest(bytes(32)), to=NOBODY, data=b"", value=ETHER)

    async def work(client: AsyncRecoveryClient) -> None:
        task: asyncio.Task[Any]

        def cancel(progress: Any) -> None:
            if progress.stage == stage:
                task.cancel()

        task = asyncio.ensure_future(client.send(transaction, person("ana"), store=store, progress=cancel))
        with pytest.raises(asyncio.CancelledError):
            await task

    with_async(live, work)
    assert len(list(store.all())) == 1
    assert live.client.send(transaction, person("ana"), store=store).resumed
    assert live.client.balance(NOBODY) == before + ETHER
