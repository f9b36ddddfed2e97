from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.providers import BaseProvider

from recovery import rpc
from recovery.actions import Recover
from recovery.building import Transaction
from recovery.client import RecoveryClient
from recovery.contracts import Deployment
from recovery.errors import ChainError, InvalidInput, RecoveryError, Refused
from recovery.messages import Call
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, Right
from recovery.request import Approvals, Request, approve
from recovery.sending import How, Progress
from recovery.state import RequestState
from tests.live import ETHER, Live
from tests.world import SECRET, owners_of, person, sign, signer

PLAN = PolicyPlan(
    SECRET,
    7 * DAY,
    tuple(Guardian(name, signer(name), number) for number, name in enumerate(("ana", "ben", "carl"), 1)),
    (
        PathPlan(
            *("friends", Right.ROTATE, (("ana", 1), ("ben", 1), ("carl", 1)), 2),
            owner_cancels=True,
            delay=3 * DAY,
            window=30 * DAY,
        ),
        PathPlan(*("heir", Right.ROTATE, (("carl", 1),), 1), inactivity=30 * DAY, delay=DAY, window=30 * DAY),
    ),
)
OWNERS = owners_of("owner")
NOBODY = "0x" + "77" * 20


@pytest.fixture
def wallet(live: Live) -> str:
    live.client.send(live.client.create_wallet(OWNERS, PLAN.policy), person("payer"))
    return live.client.deployment.wallet_address(OWNERS, PLAN.policy)


def ask_for(client: RecoveryClient, wallet: str, path: int = 0, who: str = "new") -> Request:
    label = PLAN.paths[path].label
    return client.request(wallet, PLAN.policy.proof(path), label, owners_of(who), client.deadline(DAY))


def signed(request: Request, *names: str) -> Approvals:
    return Approvals.of(
        request, [approve(request, PLAN.member(name, 1), sign(name, request.message)) for name in names]
    )


def started(client: RecoveryClient, wallet: str) -> Request:
    request = ask_for(client, wallet)
    client.send(client.submit(signed(request, "ana", "ben")), person("relayer"))
    return request


# ------------------------------------------------------------------------------------- what is there


def test_the_shipped_contracts_are_recognised(live: Live) -> None:
    live.client.check_deployment()


def test_a_chain_without_the_contracts_is_refused(live: Live) -> None:
    elsewhere = Deployment(NOBODY, NOBODY, NOBODY, NOBODY)
    with pytest.raises(ChainError, match="WalletRecoveryModule is not deployed on chain 31337"):
        RecoveryClient(live.web3, elsewhere).check_deployment()


@pytest.mark.parametrize("name", ["module", "factory", "wallet", "lens"])
def test_other_code_at_the_right_address_is_refused(live: Live, name: str) -> None:
    live.ask("anvil_setCode", getattr(live.client.deployment, name), "0x6001600101")
    with pytest.raises(ChainError, match="Do not use it"):
        live.client.check_deployment()


def test_one_changed_byte_of_code_is_refused(live: Live) -> None:
    code = bytearray(live.client.code(live.client.deployment.module))
    code[len(code) // 2] ^= 1
    live.ask("anvil_setCode", live.client.deployment.module, "0x" + code.hex())
    with pytest.raises(ChainError, match="Do not use it"):
        live.client.check_deployment()


def test_the_address_follows_from_owners_and_policy(live: Live, wallet: str) -> None:
    client = live.client
    assert client.is_wallet(wallet)
    assert not client.is_wallet(NOBODY)
    assert not client.is_wallet(client.deployment.wallet)
    client.send(client.create_wallet(OWNERS, PLAN.policy), person("payer"))  # again: the same, and no error
    assert client.owners_hash(wallet) == OWNERS.hash[:24]


# -------------------------------------------------------------------------------------------- reading


def test_owners_and_policy_are_found_in_the_events(live: Live, wallet: str) -> None:
    assert live.client.owners(wallet) == OWNERS
    assert live.client.policy(wallet) == PLAN.policy
    state = live.client.state(wallet, 2)
    assert state.policy_hash == PLAN.policy.hash[:24]
    assert [path.state for path in state.paths] == [RequestState.IDLE] * 2


def test_events_that_are_not_kept_are_said(live: Live, wallet: str) -> None:
    later = live.web3.eth.block_number + 1
    live.travel(1)
    with pytest.raises(ChainError, match="node that keeps older events"):
        live.client.owners(wallet, later)
    with pytest.raises(ChainError, match="Use a kit or the policy file"):
        live.client.policy(wallet, later)


def test_what_is_no_wallet_is_said(live: Live) -> None:
    for address in (NOBODY, live.client.deployment.module, person("owner").address):
        with pytest.raises(Refused, match="is not a recovery wallet"):
            live.client.owners(address)
        with pytest.raises(Refused, match="is not a recovery wallet"):
            live.client.batch_nonce(address)
        with pytest.raises(Refused, match="no recovery policy"):
            live.client.policy(address)
        assert not live.client.state(address).configured


# ------------------------------------------------------------------------------------------- requests


def test_a_recovery_from_request_to_new_owners(live: Live, wallet: str) -> None:
    client = live.client
    request = started(client, wallet)
    assert client.requested_owners(wallet, 0) == request.owners
    with pytest.raises(Refused) as early:
        client.send(client.finalize(wallet, 0, PLAN.policy.paths[0], request.owners), person("relayer"))
    assert early.value.code == "RecoveryNotReady"
    live.travel(3 * DAY)
    client.send(client.finalize(wallet, 0, PLAN.policy.paths[0], request.owners), person("relayer"))
    assert client.owners(wallet) == request.owners


def test_a_request_on_a_path_that_is_busy_is_refused(live: Live, wallet: str) -> None:
    started(live.client, wallet)
    with pytest.raises(Refused, match="is under way until .* there is one at a time"):
        ask_for(live.client, wallet)


def test_a_request_for_another_policy_or_nobody_is_refused(live: Live, wallet: str) -> None:
    client = live.client
    other = PolicyPlan(SECRET, 8 * DAY, PLAN.guardians, PLAN.paths[::-1]).policy
    with pytest.raises(Refused, match="has changed since this kit"):
        client.request(wallet, other.proof(0), "x", owners_of("new"), client.deadline(DAY))
    with pytest.raises(Refused, match="no recovery policy"):
        client.request(NOBODY, PLAN.policy.proof(0), "x", owners_of("new"), client.deadline(DAY))
    with pytest.raises(InvalidInput, match="lies in the past"):
        client.request(wallet, PLAN.policy.proof(0), "x", owners_of("new"), client.time())


def test_a_request_that_can_no_longer_count_is_refused(live: Live, wallet: str) -> None:
    client = live.client
    request = ask_for(client, wallet)
    client.check_request(request)
    changed: list[tuple[dict[str, Any], str]] = [
        ({"chain_id": 1}, "for chain 1, but this is chain 31337"),
        ({"module": NOBODY}, "another module"),
        ({"account": NOBODY}, "no recovery policy"),
        ({"epoch": 2}, "approvals of this one are void"),
        ({"action": Recover(request.owners, 1)}, "started already"),
        ({"deadline": client.time() - 1}, "deadline has passed"),
        ({"proof": PolicyPlan(SECRET, 8 * DAY, PLAN.guardians, PLAN.paths[:1]).policy.proof(0)}, "void"),
    ]
    import dataclasses

    for changes, reason in changed:
        with pytest.raises(Refused, match=reason):
            client.check_request(dataclasses.replace(request, **changes))
    client.send(client.submit(signed(request, "ana", "ben")), person("relayer"))
    with pytest.raises(Refused, match="started already"):
        client.check_request(request)


@pytest.mark.parametrize(("names", "code"), [((), "ApprovalsInsufficient"), (("ana",), "ApprovalsInsufficient")])
def test_too_few_approvals_are_refused_in_words(live: Live, wallet: str, names: tuple[str, ...], code: str) -> None:
    request = ask_for(live.client, wallet)
    with pytest.raises(Refused) as refused:
        live.client.send(live.client.submit(signed(request, *names)), person("relayer"))
    assert refused.value.code == code
    assert "Ask more guardians" in refused.value.message


def test_a_signature_of_somebody_else_is_refused_with_its_position(live: Live, wallet: str) -> None:
    request = ask_for(live.client, wallet)
    wrong = approve(request, PLAN.member("ben", 1), sign("carl", request.message))
    approvals = signed(request, "ana").add(wrong)
    with pytest.raises(Refused) as refused:
        live.client.send(live.client.submit(approvals), person("relayer"))
    assert refused.value.code == "ApprovalInvalid"


def test_an_approval_on_the_chain_counts(live: Live, wallet: str) -> None:
    client = live.client
    request = ask_for(client, wallet)
    ben = PLAN.member("ben", 1)
    assert not client.is_approved(ben.signer, request.digest)
    client.send(client.approve_digest(request.digest), person("ben"))
    assert client.is_approved(ben.signer, request.digest)
    approvals = signed(request, "ana").add(approve(request, ben, b""))
    client.send(client.submit(approvals), person("relayer"))
    assert client.state(wallet, 1).paths[0].state is RequestState.PENDING


def test_an_owner_cancels_and_shows_a_sign_of_life_through_a_relayer(live: Live, wallet: str) -> None:
    client = live.client
    started(client, wallet)
    calls = [client.cancel_call(1, 0, client.state(wallet, 1).paths[0].nonce), client.heartbeat_call()]
    deadline = client.deadline()
    message = client.batch(wallet, OWNERS, calls, deadline)
    proof = OWNERS.proof({signer("owner"): sign("owner", message)})
    client.send(client.execute(wallet, calls, deadline, proof, "cancel"), person("relayer"))
    assert client.state(wallet, 1).paths[0].state is RequestState.IDLE
    assert client.batch_nonce(wallet) == 1
    with pytest.raises(Refused, match="owners have not signed"):
        client.send(client.execute(wallet, calls, deadline, proof, "again"), person("relayer"))


def test_no_recovery_under_way_has_no_new_owners(live: Live, wallet: str) -> None:
    with pytest.raises(Refused, match="No recovery is under way"):
        live.client.requested_owners(wallet, 0)


# -------------------------------------------------------------------------------------------- sending


def test_whoever_cannot_pay_is_told_before(live: Live, wallet: str) -> None:
    told: list[Progress] = []
    with pytest.raises(Refused, match="has 0 ether, but up to .* Send it some") as refused:
        live.client.send(live.client.create_wallet(owners_of("b"), PLAN.policy), person("poor"), progress=told.append)
    assert refused.value.code == "no-funds"
    assert told == []


def test_money_that_a_wallet_does_not_have_is_not_sent(live: Live, wallet: str) -> None:
    client = live.client
    calls = [Call(NOBODY, ETHER)]
    deadline = client.deadline()
    proof = OWNERS.proof({signer("owner"): sign("owner", client.batch(wallet, OWNERS, calls, deadline))})
    with pytest.raises(Refused, match="The contract refused it"):
        client.simulate(client.execute(wallet, calls, deadline, proof, "pay"), person("payer").address)


# ---------------------------------------------------------------------------------- nodes that misbehave


class Liar(BaseProvider):
    """Answers every question the same."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer

    def make_request(self, method: Any, params: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def result(value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 0, "result": value}


NONSENSE: list[Any] = [
    result(None),
    result("0x"),
    result("0xzz"),
    result("nonsense"),
    result([]),
    result({}),
    result(True),
    result("0x" + "00" * 31),
    result("0x" + "ff" * 32 * 13),
    result("0x" + "00" * 32 * 13),
    result("0x" + "ff" * 100_000),
    {},
    {"error": {"code": -32000, "message": "header not found"}, "jsonrpc": "2.0", "id": 0},
    {"error": "broken", "jsonrpc": "2.0", "id": 0},
    {"error": {"code": 3, "message": "execution reverted", "data": "0x1234"}, "jsonrpc": "2.0", "id": 0},
    ConnectionRefusedError(),
    TimeoutError(),
    json.JSONDecodeError("no", "", 0),
]


@pytest.mark.parametrize("answer", NONSENSE, ids=lambda answer: repr(answer)[:40])
def test_nonsense_is_one_clear_error_whatever_is_asked(answer: Any) -> None:
    client = RecoveryClient(Web3(Liar(answer)))
    questions: list[Any] = [
        lambda: client.chain_id,
        client.check_deployment,
        lambda: client.state(NOBODY, 2),
        lambda: client.policy(NOBODY),
        lambda: client.owners(NOBODY),
        lambda: client.is_approved(signer("ana"), bytes(32)),
        lambda: client.batch_nonce(NOBODY),
        lambda: client.balance(NOBODY),
        client.time,
        lambda: client.simulate(Transaction(NOBODY, b"", "nothing"), NOBODY),
        lambda: client.send(Transaction(NOBODY, b"", "nothing"), person("payer"), How(timeout=0.1)),
    ]
    for question in questions:
        try:
            question()
        except RecoveryError as error:
            assert error.message.endswith(".")
            assert len(error.message) < 400


@contextmanager
def serving(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v3/key-of-mine"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, b"", "refuses you"),
        (403, b"{}", "refuses you"),
        (404, b"not found", "makes no sense"),
        (429, b"", "too many questions"),
        (502, b"", "out of order"),
        (200, b"<html>hello</html>", "makes no sense"),
        (200, b"", "makes no sense"),
        (200, b'{"jsonrpc":"2.0","id":0,"result":"zz"}', "makes no sense"),
        (200, b'{"jsonrpc":"2.0","id":0,"error":{"code":-1,"message":"limit\\u001b[31m"}}', "refuses: limit"),
    ],
)
def test_a_server_that_is_no_node_is_said_without_showing_its_address(status: int, body: bytes, reason: str) -> None:
    with serving(status, body) as address:
        web3 = Web3(HTTPProvider(address, exception_retry_configuration=None))
        with pytest.raises(ChainError, match=reason) as caught:
            rpc.ask(lambda: web3.eth.chain_id)
    assert "key-of-mine" not in caught.value.message
    assert "\x1b" not in caught.value.message


def test_a_node_that_is_not_there_is_said_without_showing_its_address() -> None:
    web3 = Web3(HTTPProvider("http://127.0.0.1:9/v3/key-of-mine", exception_retry_configuration=None))
    with pytest.raises(ChainError, match="does not answer") as caught:
        rpc.ask(lambda: web3.eth.chain_id)
    assert "key-of-mine" not in caught.value.message
