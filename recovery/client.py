"""RecoveryClient and AsyncRecoveryClient: read accounts, build transactions, and send them if given a key.

Both do the same steps (`Reading`, `Sending`); one carries the questions through a `Web3`, the other through an
`AsyncWeb3`. What only builds (`Building`) asks nothing and is the same in both.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from web3 import AsyncWeb3, Web3

from .building import Building
from .contracts import Deployment
from .rpc import Steps, arun, run
from .sending import Sending

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _blocking(
    steps: Callable[Concatenate[Sending, _P], Steps[_T]],
) -> Callable[Concatenate[RecoveryClient, _P], _T]:
    @functools.wraps(steps)
    def method(client: RecoveryClient, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return run(client.web3, steps(client._steps, *args, **kwargs))

    return cast("Callable[Concatenate[RecoveryClient, _P], _T]", method)


def _awaitable(
    steps: Callable[Concatenate[Sending, _P], Steps[_T]],
) -> Callable[Concatenate[AsyncRecoveryClient, _P], Awaitable[_T]]:
    @functools.wraps(steps)
    async def method(client: AsyncRecoveryClient, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await arun(client.web3, steps(client._steps, *args, **kwargs))

    return cast("Callable[Concatenate[AsyncRecoveryClient, _P], Awaitable[_T]]", method)


class RecoveryClient(Building):
    """Everything about accounts and their recovery on one chain.

    Args:
        web3: Connected to a node of the chain.
        deployment: Where the contracts stand; by default where the shipped artifacts stand on every chain.
    """

    def __init__(self, web3: Web3, deployment: Deployment | None = None) -> None:
        super().__init__(deployment)
        self.web3 = web3
        self._steps = Sending(self.deployment)

    @property
    def chain_id(self) -> int:
        """The chain's id, asked for once.

        Raises:
            ChainError: The node does not answer.
        """
        return run(self.web3, self._steps.chain_id())

    check_deployment = _blocking(Sending.check_deployment)
    time = _blocking(Sending.time)
    deadline = _blocking(Sending.deadline)
    code = _blocking(Sending.code)
    balance = _blocking(Sending.balance)

    state = _blocking(Sending.state)
    states = _blocking(Sending.states)
    policy = _blocking(Sending.policy)
    owners_hash = _blocking(Sending.owners_hash)
    owners = _blocking(Sending.owners)
    requested_owners = _blocking(Sending.requested_owners)
    history = _blocking(Sending.history)
    page = _blocking(Sending.page)
    state_proof = _blocking(Sending.state_proof)
    is_canonical = _blocking(Sending.is_canonical)
    is_wallet = _blocking(Sending.is_wallet)
    is_approved = _blocking(Sending.is_approved)
    is_valid_signature = _blocking(Sending.is_valid_signature)
    batch_nonce = _blocking(Sending.batch_nonce)
    batch = _blocking(Sending.batch)

    request = _blocking(Sending.request)
    request_cancel = _blocking(Sending.request_cancel)
    request_veto = _blocking(Sending.request_veto)
    request_freeze = _blocking(Sending.request_freeze)
    request_thaw = _blocking(Sending.request_thaw)
    check_request = _blocking(Sending.check_request)
    check_owners = _blocking(Sending.check_owners)
    has_approved = _blocking(Sending.has_approved)
    check_approvals = _blocking(Sending.check_approvals)

    simulate = _blocking(Sending.simulate)
    fees = _blocking(Sending.fees)
    estimate = _blocking(Sending.estimate)
    prepare = _blocking(Sending.prepare)
    send = _blocking(Sending.send)
    follow = _blocking(Sending.follow)


class AsyncRecoveryClient(Building):
    """The same for asyncio. Every method but those that only build is awaited; `chain_id` is a method here.

    Args:
        web3: Connected to a node of the chain.
        deployment: Where the contracts stand; by default where the shipped artifacts stand on every chain.
    """

    def __init__(self, web3: AsyncWeb3[Any], deployment: Deployment | None = None) -> None:
        super().__init__(deployment)
        self.web3 = web3
        self._steps = Sending(self.deployment)

    chain_id = _awaitable(Sending.chain_id)
    check_deployment = _awaitable(Sending.check_deployment)
    time = _awaitable(Sending.time)
    deadline = _awaitable(Sending.deadline)
    code = _awaitable(Sending.code)
    balance = _awaitable(Sending.balance)

    state = _awaitable(Sending.state)
    states = _awaitable(Sending.states)
    policy = _awaitable(Sending.policy)
    owners_hash = _awaitable(Sending.owners_hash)
    owners = _awaitable(Sending.owners)
    requested_owners = _awaitable(Sending.requested_owners)
    history = _awaitable(Sending.history)
    page = _awaitable(Sending.page)
    state_proof = _awaitable(Sending.state_proof)
    is_canonical = _awaitable(Sending.is_canonical)
    is_wallet = _awaitable(Sending.is_wallet)
    is_approved = _awaitable(Sending.is_approved)
    is_valid_signature = _awaitable(Sending.is_valid_signature)
    batch_nonce = _awaitable(Sending.batch_nonce)
    batch = _awaitable(Sending.batch)

    request = _awaitable(Sending.request)
    request_cancel = _awaitable(Sending.request_cancel)
    request_veto = _awaitable(Sending.request_veto)
    request_freeze = _awaitable(Sending.request_freeze)
    request_thaw = _awaitable(Sending.request_thaw)
    check_request = _awaitable(Sending.check_request)
    check_owners = _awaitable(Sending.check_owners)
    has_approved = _awaitable(Sending.has_approved)
    check_approvals = _awaitable(Sending.check_approvals)

    simulate = _awaitable(Sending.simulate)
    fees = _awaitable(Sending.fees)
    estimate = _awaitable(Sending.estimate)
    prepare = _awaitable(Sending.prepare)
    send = _awaitable(Sending.send)
    follow = _awaitable(Sending.follow)
