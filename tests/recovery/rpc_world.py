"""Nodes that answer as they are told to, and both ways to ask them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from web3 import AsyncWeb3, Web3
from web3.providers import BaseProvider
from web3.providers.async_base import AsyncBaseProvider

from recovery import rpc
from recovery.rpc import Ask, Steps

KEY = "key-of-mine"
SECRET = f"https://node.example/v3/{KEY}"
ASK = Ask("eth_chainId")


def once(question: rpc.Question = ASK) -> Steps[Any]:
    return (yield question)


class Node(BaseProvider):
    """Answers as it is told to."""

    def __init__(self, answer: Callable[[str, Any], Any]) -> None:
        super().__init__()
        self.answer = answer

    def make_request(self, method: Any, params: Any) -> Any:
        return self.answer(method, params)


class AsyncNode(AsyncBaseProvider):
    """The same for asyncio."""

    def __init__(self, answer: Callable[[str, Any], Any]) -> None:
        super().__init__()
        self.answer = answer

    async def make_request(self, method: Any, params: Any) -> Any:
        answer = self.answer(method, params)
        return await answer if asyncio.iscoroutine(answer) else answer


def result(value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 0, "result": value}


def error(**fields: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, **fields}}


def blocking(answer: Any, steps: Callable[[], Steps[Any]] = once) -> Any:
    return rpc.run(Web3(Node(answer)), steps())


def awaited(answer: Any, steps: Callable[[], Steps[Any]] = once) -> Any:
    return asyncio.run(rpc.arun(AsyncWeb3(AsyncNode(answer)), steps()))


BOTH = pytest.mark.parametrize("ask", [blocking, awaited])


def raising(what: BaseException) -> Callable[..., Any]:
    def answer(*_: Any) -> Any:
        raise what

    return answer
