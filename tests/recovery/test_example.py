"""The example of a backend, and the blocks of Python in the library's guide, against a chain."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from recovery import contracts
from recovery.errors import ChainError, RecoveryError
from recovery.explain import SENTENCES
from recovery.policy import DAY
from recovery.request import Request, approve
from tests.live import Live
from tests.recovery.samples import PLAN, forged
from tests.world import owners_of, person, sign

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = "examples.fastapi_backend"
OWNERS = owners_of("owner")
NOBODY = "0x" + "77" * 20


@pytest.fixture
def wallet(live: Live) -> str:
    live.client.send(live.client.create_wallet(OWNERS, PLAN.policy), person("payer"))
    return live.client.deployment.wallet_address(OWNERS, PLAN.policy)


@pytest.fixture
def http(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("RECOVERY_NETWORK", live.url)
    with TestClient(importlib.import_module(EXAMPLE).app) as client:
        yield client


@pytest.fixture
def backend(live: Live, http: TestClient, wallet: str) -> Backend:
    return Backend(live, http, wallet)


class Backend:
    """A front end: it knows the backend's addresses, and its users' keys never leave it."""

    def __init__(self, live: Live, http: TestClient, wallet: str) -> None:
        self.live, self.http, self.wallet = live, http, wallet

    def post(self, place: str, code: int = 200, /, **body: Any) -> Any:
        answer = self.http.post(place, json=body)
        assert answer.status_code == code, answer.text
        return answer.json()

    def state(self) -> Any:
        return self.http.get(f"/accounts/{self.wallet}").json()

    def kit(self, name: str) -> str:
        return PLAN.kit(name, 31337, self.live.client.deployment.module, self.wallet).dumps()

    def request(self, who: str, path: str, **wish: Any) -> str:
        """The text of a new request file."""
        return json.dumps(self.post("/requests", kit=self.kit(who), path=path, **wish))

    def recover(self) -> str:
        return self.request("ana", "friends", owners=[person("new").address])

    def approve(self, request: str, *names: str) -> list[str]:
        """What guardians do at home: they look at what the backend would have them sign, and sign it."""
        asked = Request.loads(request)
        document = self.post("/transactions", request=request)["typedData"]
        assert document == asked.message.json
        weights = dict(PLAN.paths[asked.proof.index].guardians)
        return [
            approve(asked, PLAN.member(name, weights[name]), sign(name, asked.message), name).dumps() for name in names
        ]

    def send(self, code: int = 200, **body: Any) -> Any:
        """Signs and sends what the backend has built, as any wallet would."""
        answer = self.post("/transactions", code, sender=person("relayer").address, **body)
        if code == 200:
            fees = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1}
            nonce = self.live.web3.eth.get_transaction_count(person("relayer").address)
            fields = {name: answer[name] for name in ("chainId", "to", "data", "gas")}
            signed = person("relayer").sign_transaction(
                {**fields, **fees, "value": int(answer["value"]), "nonce": nonce}
            )
            sent = self.live.web3.eth.send_raw_transaction(signed.raw_transaction)
            assert self.live.web3.eth.wait_for_transaction_receipt(sent)["status"] == 1
        return answer


# ---------------------------------------------------------------------------------------- the backend


def test_the_example_is_short() -> None:
    source = (ROOT / "examples" / "fastapi_backend.py").read_text("utf-8")
    assert len(source.splitlines()) < 80


def test_a_whole_recovery_through_the_backend(backend: Backend) -> None:
    request = backend.recover()
    assert backend.post("/transactions", request=request) | {"typedData": 0} == {
        "approved": [],
        "missing": 2,
        "typedData": 0,
    }
    first, second = backend.approve(request, "ana", "ben")
    merged = backend.post("/transactions", request=request, approvals=[second])
    assert merged["missing"] == 1 and merged["approved"] == [f"ben ({person('ben').address})"]

    built = backend.send(request=request, approvals=[second, first])
    assert built["summary"] == f"start the recovery of {backend.wallet} on path 'friends'"
    assert ["Function", "start"] in built["words"]
    path = backend.state()["paths"][0]
    assert path["state"] == 1 and path["ready_at"] > backend.state()["time"]

    again = backend.post("/transactions", 409, request=request, approvals=[second, first])
    assert again["code"] == "request-used"
    backend.live.travel(3 * DAY)
    asked, client = Request.loads(request), backend.live.client
    client.send(client.finalize(backend.wallet, 0, asked.proof.path, asked.owners), person("relayer"))
    assert backend.live.client.owners(backend.wallet) == owners_of("new")
    assert backend.state()["epoch"] == 2
    assert backend.post("/transactions", 409, request=request)["code"] == "PolicyMismatch"


def test_every_other_action_through_the_backend(backend: Backend) -> None:
    request = backend.request("ana", "freeze", action="freeze")
    backend.send(request=request, approvals=backend.approve(request, "ben"))
    assert backend.state()["frozen_until"] > backend.state()["time"]
    request = backend.request("ben", "freeze", action="thaw")
    backend.send(request=request, approvals=backend.approve(request, "ana"))
    assert backend.state()["frozen_until"] <= backend.state()["time"]

    request = backend.recover()
    backend.send(request=request, approvals=backend.approve(request, "carl"))
    request = backend.request("ben", "friends", action="cancel")
    backend.send(request=request, approvals=backend.approve(request, "ana", "ben"))
    assert backend.state()["paths"][0]["state"] == 0


def test_a_guardian_may_approve_on_the_chain(backend: Backend) -> None:
    request = backend.recover()
    asked = Request.loads(request)
    text = approve(asked, PLAN.member("ana", 1), b"").dumps()
    assert backend.post("/transactions", 409, request=request, approvals=[text])["code"] == "ApprovalInvalid"
    backend.live.client.send(backend.live.client.approve_digest(asked.digest), person("ana"))
    assert backend.post("/transactions", request=request, approvals=[text])["missing"] == 1


def test_a_vote_with_somebody_elses_signature_does_not_count(backend: Backend) -> None:
    request = backend.recover()
    asked = Request.loads(request)
    text = approve(asked, PLAN.member("ana", 1), sign("mallory", asked.message)).dumps()
    refused = backend.post("/transactions", 409, request=request, approvals=[text])
    assert refused["code"] == "ApprovalInvalid"
    assert backend.send(409, request=request, approvals=[text])["code"] == "ApprovalInvalid"


def test_what_is_given_wrongly_is_answered_with_422_and_what_is_wrong(backend: Backend) -> None:
    request = backend.recover()
    (signed,) = backend.approve(request, "ana")
    body = json.loads(request)
    other = json.dumps({**body, "epoch": 9})
    new = {"owners": [person("new").address]}
    for path, given, code, words in (
        ("/transactions", {"request": other}, "invalid-file", "has been altered or cut off"),
        ("/transactions", {"request": forged(request, epoch=9)}, "invalid-file", "contradicts itself"),
        ("/transactions", {"request": signed}, "invalid-file", "is an approval; a request is needed"),
        ("/transactions", {"request": request, "approvals": [signed, signed]}, "invalid-input", "has approved twice"),
        ("/requests", {"kit": backend.kit("ana"), "path": "foes", **new}, "invalid-input", "There is no path 'foes'"),
        ("/requests", {"kit": backend.kit("ana"), "path": "friends"}, "invalid-input", "1 to 32 owners, not 0"),
    ):
        refused = backend.post(path, 422, **given)
        assert set(refused) == {"code", "message"}
        assert refused["code"] == code and words in refused["message"], refused
    assert backend.http.get("/accounts/nobody").json()["code"] == "invalid-input"
    assert backend.http.post("/requests", json={"kit": 1}).status_code == 422


def test_what_the_chain_would_refuse_is_answered_with_409_and_its_name(backend: Backend) -> None:
    for given, code in (
        ({"path": "friends", "action": "cancel"}, "RecoveryNotStarted"),
        ({"path": "friends", "owners": [backend.wallet]}, "OwnerInvalid"),
        ({"path": "freeze", "action": "thaw"}, "FreezeNotFound"),
    ):
        assert backend.post("/requests", 409, kit=backend.kit("ana"), **given)["code"] == code
    request = backend.request("dora", "heir", owners=[person("dora").address])
    signed = backend.approve(request, "dora")
    refused = backend.send(409, request=request, approvals=signed)
    assert refused["code"] == "RecoveryNotInactive"


def test_a_request_for_another_chain_is_answered_with_409(backend: Backend) -> None:
    request = backend.recover()
    backend.send(request=request, approvals=backend.approve(request, "ana", "ben"))
    elsewhere = dataclasses.replace(Request.loads(request), chain_id=1).dumps()
    refused = backend.post("/transactions", 409, request=elsewhere)
    assert refused["code"] == "request-elsewhere" and "this is chain 31337" in refused["message"]


def test_an_account_without_a_policy_is_told_as_it_is(backend: Backend) -> None:
    state = backend.http.get(f"/accounts/{NOBODY}").json()
    assert (state["epoch"], state["policy_hash"]) == (0, "0x" + "00" * 24)
    kit = PLAN.kit("ana", 31337, backend.live.client.deployment.module, NOBODY).dumps()
    refused = backend.post("/requests", 409, kit=kit, path="friends", owners=[person("new").address])
    assert refused["code"] == "PolicyMissing"


def test_a_chain_that_cannot_be_read_is_answered_with_502(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    example = importlib.import_module(EXAMPLE)

    async def silent(*_: Any) -> Any:
        raise ChainError("The node does not answer.")

    monkeypatch.setattr(type(example.client), "state", silent)
    answer = backend.http.get(f"/accounts/{backend.wallet}")
    assert answer.status_code == 502
    assert answer.json() == {"code": "chain", "message": "The node does not answer."}


def test_the_backend_does_not_start_with_other_contracts(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOVERY_NETWORK", live.url)
    live.ask("anvil_setCode", live.client.deployment.module, "0x6001600101")
    with pytest.raises(ChainError, match="Do not use it"), TestClient(importlib.import_module(EXAMPLE).app):
        pass


# ------------------------------------------------------------------------------------------ the guide

GUIDE = (ROOT / "docs" / "python.md").read_text("utf-8")


def rows(columns: int) -> list[list[str]]:
    """The guide's tables of so many columns, without their heads."""
    found = [[cell.strip() for cell in line.split("|")[1:-1]] for line in GUIDE.splitlines() if line.startswith("|")]
    return [row for row in found if len(row) == columns and row[0].startswith("`")]


def test_every_block_of_the_guide_does_what_it_says(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {"__name__": "guide"}
    for number, block in enumerate(blocks, 1):
        source = block.replace("http://127.0.0.1:8545", live.url)
        exec(compile(source, f"docs/python.md, block {number}", "exec"), names)
    said = capsys.readouterr().out
    assert "2 of 2, 0 missing" in said
    assert "stored 0\nsent 0\n" in said and "confirmed 1" in said
    assert "PolicyConfigured" in said and f"{live.client.chain_id} 2 1" in said
    assert live.client.owners(names["wallet"]) == names["new_owners"]
    assert list(names["store"].all()) == []


def test_the_guide_knows_every_method_that_it_names() -> None:
    from recovery import AsyncRecoveryClient, RecoveryClient

    named = set(re.findall(r"\bclient\.(\w+)", GUIDE))
    assert len(named) > 20
    for client in (RecoveryClient, AsyncRecoveryClient):
        assert {name for name in named if not hasattr(client, name)} <= {"deployment", "web3"}


def test_the_guide_lists_every_code_of_ours() -> None:
    listed = {row[1].strip("`") for row in rows(3) if row[1].startswith("`")}
    pattern = re.compile(r'(?:\bcode = |UNREACHABLE = |_refused\(\s*)"([a-z][a-z-]+)"')
    used = {code for path in (ROOT / "recovery").glob("*.py") for code in pattern.findall(path.read_text("utf-8"))}
    assert {"recovery", "request-used", "node-unreachable", "not-mined"} <= used
    assert listed == used


def test_the_guide_says_of_what_class_a_code_is() -> None:
    from recovery import deploy, errors

    for name, code, _ in rows(3):
        kind = getattr(errors, name.strip("`"), None) or getattr(deploy, name.strip("`"))
        own = code.strip("`")
        assert issubclass(kind, RecoveryError)
        assert kind.code == own or kind in (errors.Refused, errors.ChainError)


def test_the_guide_lists_every_error_of_the_contracts_with_its_arguments() -> None:
    errors = {
        item["name"]: ", ".join(argument["name"] for argument in item["inputs"])
        for name in contracts.CONTRACTS
        for item in contracts.load(name).abi
        if item["type"] == "error"
    }
    foreseen = {
        code
        for path in (ROOT / "recovery").glob("*.py")
        for code in re.findall(r'refusal\(\s*"(\w+)"', path.read_text("utf-8"))
    }
    listed = {row[0].strip("`"): row[1:3] for row in rows(4)}
    assert listed == {name: [errors[name], "yes" if name in foreseen else ""] for name in SENTENCES}
    assert all(row[3].endswith(".") for row in rows(4))
