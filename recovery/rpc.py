"""Asking a node: what is asked, apart from how it is carried, and in words what went wrong.

What a client does is written once, as a generator that yields questions and is sent the answers (`Steps`). `run`
carries the questions through a `Web3`, `arun` through an `AsyncWeb3`. Nothing that a node answers is believed or shown
as it came: the address of an RPC often holds a key, and libraries put it into their errors, so none of their texts is
passed on.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import aiohttp
from eth_abi.exceptions import DecodingError
from requests import exceptions as http
from web3 import AsyncWeb3, Web3
from web3.exceptions import ContractLogicError, Web3Exception, Web3RPCError
from web3.types import RPCEndpoint
from websockets.exceptions import ConnectionClosed, WebSocketException

from .errors import ChainError, RecoveryError
from .explain import explain

_T = TypeVar("_T")

#: The code of the error when a node cannot be reached at all: asking it something else would not help.
UNREACHABLE = "node-unreachable"

# What Python's own readers of numbers and bytes also take (blanks, underscores, other scripts' digits) no node means.
_QUANTITY = re.compile("0x[0-9a-fA-F]+")
_DATA = re.compile("0x(?:[0-9a-fA-F]{2})*")
_ADDRESS = re.compile(r"[\w.+-]+://\S*")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a node.

    Attributes:
        method: Of JSON-RPC.
        params: As JSON has them.
    """

    method: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """Questions that do not depend on each other. The answer is a list; the first error counts.

    Attributes:
        questions: In the order of the answers.
    """

    questions: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing to ask for a while.

    Attributes:
        seconds: How long.
    """

    seconds: float


Question = Ask | Together | Pause
#: What a client does: yields questions, is sent the answers, and returns what it has found out.
Steps = Generator[Question, Any, _T]


def run(web3: Web3, steps: Steps[_T]) -> _T:
    """Does what `steps` says through a `Web3`.

    Raises:
        RecoveryError: What the steps raise, or did not expect.
    """

    def carry(question: Question) -> Any:
        if isinstance(question, Pause):
            time.sleep(question.seconds)
            return None
        if isinstance(question, Together):
            return [carry(each) for each in question.questions]
        method = cast(RPCEndpoint, question.method)
        return ask(lambda: web3.manager.request_blocking(method, list(question.params)))

    try:
        question = next(steps)
        while True:
            try:
                answer = carry(question)
            except RecoveryError as error:
                question = steps.throw(error)
            else:
                question = steps.send(answer)
    except StopIteration as done:
        return cast(_T, done.value)


async def arun(web3: AsyncWeb3[Any], steps: Steps[_T]) -> _T:
    """Does what `steps` says through an `AsyncWeb3`; what can be asked at the same time is.

    Raises:
        RecoveryError: What the steps raise, or did not expect.
    """

    async def carry(question: Question) -> Any:
        if isinstance(question, Pause):
            return await asyncio.sleep(question.seconds)
        if isinstance(question, Together):
            answers = await asyncio.gather(*(carry(each) for each in question.questions), return_exceptions=True)
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
            return answers
        try:
            return await web3.manager.coro_request(cast(RPCEndpoint, question.method), list(question.params))
        except Exception as error:
            raise _translated(error) from error

    try:
        question = next(steps)
        while True:
            try:
                answer = await carry(question)
            except RecoveryError as error:
                question = steps.throw(error)
            else:
                question = steps.send(answer)
    except StopIteration as done:
        return cast(_T, done.value)


def ask(question: Callable[[], _T]) -> _T:
    """Asks the node through a library, and makes sense of what goes wrong.

    Args:
        question: What asks it, and makes sense of the answer.

    Raises:
        Refused: A contract refuses, with its reason in words.
        ChainError: The node does not answer, refuses, or answers what makes no sense.
    """
    try:
        return question()
    except Exception as error:
        raise _translated(error) from error


# ------------------------------------------------------------------------------------------- answers


def quantity(value: Any, limit: int = 2**256) -> int:
    """A whole number below a limit, of a node's answer.

    Args:
        value: Hexadecimal text, as JSON-RPC has it, or a number.
        limit: What it is less than.

    Raises:
        ChainError: Something else.
    """
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        value = int(value, 16)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < limit:
        raise nonsense()
    return value


def data(value: Any) -> bytes:
    """Bytes, of a node's answer.

    Raises:
        ChainError: Something else.
    """
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, str) and _DATA.fullmatch(value):
        return bytes.fromhex(value[2:])
    raise nonsense()


def field(value: Any, name: str) -> Any:
    """A field of an object, of a node's answer; None if it has none of that name.

    Raises:
        ChainError: It is no object.
    """
    try:
        return value.get(name)
    except AttributeError:
        raise nonsense() from None


def number(method: str, *params: Any, limit: int = 2**256) -> Steps[int]:
    """Asks for a whole number below a limit.

    Raises:
        ChainError: The answer is something else, or there is none.
    """
    return quantity((yield Ask(method, params)), limit)


def block(which: str | int = "latest") -> Steps[Any]:
    """Asks for a block without its transactions.

    Raises:
        ChainError: There is none, or no answer.
    """
    found = yield Ask("eth_getBlockByNumber", (which if isinstance(which, str) else hex(which), False))
    if found is None:
        raise ChainError("The node does not know this block. It may still be catching up: try again, or use another.")
    return found


def nonsense(why: str = "the wrong address, or a faulty node") -> ChainError:
    """What is said when an answer cannot be meant."""
    return ChainError(f"The node gave an answer that makes no sense: {why}. Check --network, or use another node.")


# -------------------------------------------------------------------------------------------- errors


#: What the libraries raise about an address that cannot be a node's, or an answer that is no JSON, however deep.
_NO_NODE = (
    *(http.InvalidURL, http.MissingSchema, http.InvalidSchema, http.JSONDecodeError),
    *(aiohttp.ContentTypeError, RecursionError),
)


def _translated(error: Exception) -> Exception:
    """What is raised instead of a library's error."""
    if isinstance(error, RecoveryError):
        return error
    if isinstance(error, ContractLogicError):
        return explain(_hex_in(error.data))
    if isinstance(error, Web3RPCError):
        reverted = _revert(error)
        return explain(reverted) if reverted is not None else ChainError(f"The node refuses: {_rpc_message(error)}")
    if isinstance(error, http.HTTPError):
        return _http(error.response.status_code if error.response is not None else 0)
    if isinstance(error, _NO_NODE):
        return nonsense("it does not speak JSON-RPC")
    if isinstance(error, aiohttp.ClientResponseError):
        return _http(error.status)
    if isinstance(error, WebSocketException):
        return _web_socket(error)
    if isinstance(error, http.Timeout | TimeoutError | asyncio.TimeoutError):
        return ChainError("The node takes too long to answer. Try again, or use another one.")
    if isinstance(error, OSError | aiohttp.ClientConnectionError | aiohttp.ClientPayloadError):
        return _silent()
    if isinstance(error, aiohttp.ClientError):  # what is left of them is about the address
        return nonsense("it does not speak JSON-RPC")
    if isinstance(error, Web3Exception | DecodingError):
        return nonsense()
    if isinstance(error, ValueError | TypeError | KeyError | AttributeError | IndexError | OverflowError):
        return nonsense()
    return error


def _revert(error: Web3RPCError) -> bytes | None:
    """What a contract reverted with, as far as the node has passed it on; None if it was no contract."""
    inner = field(error.rpc_response, "error") if error.rpc_response else None
    if not isinstance(inner, dict):
        return None
    found = _hex_in(inner.get("data"))
    words = f"{inner.get('message')} {inner.get('data')}".lower()
    # Nodes write other things into `data`, too; an error of a contract is a selector and whole words.
    return found if inner.get("code") == 3 or "revert" in words or len(found) % 32 == 4 else None


def _hex_in(value: Any) -> bytes:
    """The first hexadecimal text in what a node calls `data`; some nodes wrap it, or write words before it."""
    if isinstance(value, dict):
        value = value.get("data") or value.get("result")
    if not isinstance(value, str):
        return b""
    start = value.find("0x")
    try:
        return bytes.fromhex(value[start + 2 :]) if start >= 0 else b""
    except ValueError:
        return b""


def _http(status: int) -> ChainError:
    if status in (401, 403):
        return _unreachable(f"The node refuses you (HTTP {status}). Check the key in its address.")
    if status == 429:
        return ChainError("The node has had too many questions from you (HTTP 429). Wait a little, or use another one.")
    if status >= 500:
        return ChainError(f"The node is out of order (HTTP {status}). Try again, or use another one.")
    return nonsense(f"HTTP {status}")


def _web_socket(error: WebSocketException) -> ChainError:
    # The HTTP status of a refused handshake stands in one place or the other, depending on how it was opened.
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int):
        return _http(status)
    if isinstance(error, ConnectionClosed):
        return _silent()
    return nonsense("it does not speak JSON-RPC")


def _silent() -> ChainError:
    return _unreachable("The node does not answer. Check its address (--network) and whether it is running.")


def _unreachable(message: str) -> ChainError:
    error = ChainError(message)
    error.code = UNREACHABLE
    return error


def _rpc_message(error: Web3RPCError) -> str:
    """The node's own words, as one harmless line that ends with a full stop."""
    response: Any = error.rpc_response
    inner = response.get("error") if isinstance(response, dict) else None
    text = inner.get("message") if isinstance(inner, dict) else inner
    if not isinstance(text, str) or not text.strip():
        return "it does not say why."
    line = " ".join("".join(c if c.isprintable() else " " for c in _ADDRESS.sub("(address)", text)[:200]).split())
    return line if line.endswith(".") else line + "."
