"""A backend without keys: guardians sign at home, whoever likes pays (`uvicorn examples.fastapi_backend:app`)."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from fastapi import Body, FastAPI
from fastapi import Request as Http
from fastapi.responses import JSONResponse
from web3 import AsyncHTTPProvider, AsyncWeb3

from recovery import Approvals, AsyncRecoveryClient, Kit, Owners, Request, SignedApproval, Signer, building
from recovery.errors import InvalidInput, RecoveryError, Refused
from recovery.files import to_hex
from recovery.kit import find_path

client: AsyncRecoveryClient


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Does not start on a chain with other contracts than ours."""
    global client
    provider = AsyncHTTPProvider(os.environ["RECOVERY_NETWORK"])
    client = AsyncRecoveryClient(AsyncWeb3(provider))
    await client.check_deployment()
    yield
    await provider.disconnect()


app = FastAPI(title="Recovery", lifespan=lifespan)


@app.exception_handler(RecoveryError)
async def failed(_: Http, error: RecoveryError) -> JSONResponse:
    """What went wrong, for programs and for people."""
    status = 422 if isinstance(error, InvalidInput) else 409 if isinstance(error, Refused) else 502
    return JSONResponse({"code": error.code, "message": error.message}, status)


@app.get("/accounts/{address}")
async def account(address: str) -> Any:
    """Where an account stands. Times are in seconds since 1970; requests are 0 idle, 1 pending, 2 ready, 3 expired."""
    return json.loads(json.dumps(asdict(await client.state(address)), default=to_hex))


@app.post("/requests")
async def make(kit: str = Body(), path: str = Body(), action: str = Body(""), owners: list[str] = Body([])) -> Any:
    """A request file. The kit tells this server who its guardian is, and nothing of the others."""
    own = Kit.loads(kit)
    index = find_path(own.labels, path)
    head, deadline = (own.account, own.policy.proof(index), own.labels[index]), await client.deadline(3 * 86400)
    ask = {"cancel": client.request_cancel, "freeze": client.request_freeze, "thaw": client.request_thaw}
    if action in ask:
        return json.loads((await ask[action](*head, deadline)).dumps())
    new = Owners.of(map(Signer.parse, owners), len(owners))
    return json.loads((await client.request(*head, new, deadline)).dumps())


@app.post("/transactions")
async def build(request: str = Body(), approvals: list[str] = Body([]), sender: str = Body("0x" + "00" * 20)) -> Any:
    """What guardians sign, and who is missing; with enough approvals the transaction: unsigned, simulated, in words."""
    found = Approvals.of(Request.loads(request), map(SignedApproval.loads, approvals))
    await client.check_request(found.request)
    await client.check_approvals(found)
    answer = {"approved": [signed.who for signed in found.collected], "missing": found.missing}
    if found.missing:
        return {**answer, "typedData": found.request.message.json}
    transaction = client.submit(found)
    gas = await client.simulate(transaction, sender)
    words = building.in_words(transaction)
    return {**answer, **transaction.to_json(found.request.chain_id), "gas": gas * 6 // 5, "words": words}
