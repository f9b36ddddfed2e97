"""Asking a node, and saying in words what went wrong: nothing that it answers is believed or shown as it came.

The address of an RPC often holds a key, and libraries put it into their errors: none of their texts is passed on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from eth_abi.exceptions import DecodingError
from requests import exceptions as http
from web3.exceptions import ContractLogicError, Web3Exception, Web3RPCError

from .errors import ChainError, RecoveryError
from .explain import explain

_T = TypeVar("_T")


def ask(question: Callable[[], _T]) -> _T:
    """Asks the node.

    Args:
        question: What asks it, and makes sense of the answer.

    Raises:
        Refused: A contract refuses, with its reason in words.
        ChainError: The node does not answer, refuses, or answers what makes no sense.
    """
    try:
        return question()
    except RecoveryError:
        raise
    except ContractLogicError as error:
        raise explain(revert_data(error)) from error
    except Web3RPCError as error:
        raise ChainError(f"The node refuses: {_rpc_message(error)}") from error
    except http.HTTPError as error:
        raise ChainError(_http(error)) from error
    except (http.JSONDecodeError, http.InvalidURL, http.MissingSchema) as error:
        raise ChainError(_nonsense("it does not speak JSON-RPC")) from error
    except (http.Timeout, TimeoutError) as error:
        raise ChainError("The node takes too long to answer. Try again, or use another one.") from error
    except OSError as error:
        raise ChainError(
            "The node does not answer. Check its address (--network) and whether it is running."
        ) from error
    except (Web3Exception, DecodingError) as error:
        raise ChainError(_nonsense()) from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise ChainError(_nonsense()) from error


def revert_data(error: ContractLogicError) -> bytes:
    """What the contract reverted with, as far as the node has passed it on."""
    data: Any = error.data
    if isinstance(data, dict):  # some nodes wrap it
        data = data.get("data") or data.get("result")
    if not isinstance(data, str):
        return b""
    start = data.find("0x")
    try:
        return bytes.fromhex(data[start + 2 :]) if start >= 0 else b""
    except ValueError:
        return b""


def _nonsense(why: str = "the wrong address, or a faulty node") -> str:
    return f"The node gave an answer that makes no sense: {why}. Check --network, or use another node."


def _http(error: http.HTTPError) -> str:
    status = error.response.status_code if error.response is not None else 0
    if status in (401, 403):
        return f"The node refuses you (HTTP {status}). Check the key in its address."
    if status == 429:
        return "The node has had too many questions from you (HTTP 429). Wait a little, or use another one."
    if status >= 500:
        return f"The node is out of order (HTTP {status}). Try again, or use another one."
    return _nonsense(f"HTTP {status}")


def _rpc_message(error: Web3RPCError) -> str:
    """The node's own words, as one harmless line that ends with a full stop."""
    response: Any = error.rpc_response
    inner = response.get("error") if isinstance(response, dict) else None
    text = inner.get("message") if isinstance(inner, dict) else inner
    if not isinstance(text, str) or not text.strip():
        return "it does not say why."
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:200]).split())
    return line if line.endswith(".") else line + "."


def ask_number(question: Callable[[], Any], limit: int = 2**256) -> int:
    """Asks for a whole number below a limit.

    Args:
        question: What asks for it.
        limit: What it is less than.

    Raises:
        ChainError: As `ask`, or the answer is something else.
    """
    value = ask(question)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < limit:
        raise ChainError(_nonsense())
    return value
