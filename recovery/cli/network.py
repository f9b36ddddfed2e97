"""Connecting to a chain, by the address of a node or through Ape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ChainError, InvalidFile, InvalidInput, MissingExtra

if TYPE_CHECKING:
    from web3 import Web3

    from ..client import RecoveryClient
    from ..contracts import Deployment

TIMEOUT = 30
#: For commands that look at an account on all of its chains.
NETWORKS = click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="WHERE",
    envvar="RECOVERY_NETWORK",
    help="A node of a chain where the account is; repeat for more chains. Also from RECOVERY_NETWORK.",
)


def connect(network: str | None, deployment: Path | None = None) -> RecoveryClient:
    """A client of the chain, with the contracts that stand there compared with the shipped ones.

    Raises:
        InvalidInput: No network is given, or it cannot be one.
        ChainError: The node does not answer, or the contracts are not there.
    """
    if not network:
        raise InvalidInput(
            "Which chain? Give --network with the address of a node, or set RECOVERY_NETWORK. "
            "For example: --network http://127.0.0.1:8545"
        )
    where = load_deployment(deployment) if deployment else None
    web3 = _web3(network)
    from ..client import RecoveryClient

    client = RecoveryClient(web3, where)
    client.check_deployment()
    return client


def _web3(network: str) -> Web3:
    scheme, separator, rest = network.partition("://")
    if separator and ":" not in scheme:
        if scheme.lower() not in ("http", "https", "ws", "wss") or not rest.strip("/"):
            raise InvalidInput(
                "The address of a node begins with http://, https://, ws:// or wss://, and names a host."
            )
        return _by_address(network, scheme.lower())
    if network.startswith("$"):
        raise InvalidInput(f"The variable {network[1:60].strip('{}')} is not set, which should hold the network.")
    if ":" not in network and network not in ("ethereum",):
        raise InvalidInput(
            f"{network[:60]!r} is not a network. Give the address of a node, such as http://127.0.0.1:8545, "
            "or a choice of Ape's, such as ethereum:sepolia:node."
        )
    return _through_ape(network)


def _by_address(address: str, scheme: str) -> Web3:
    from requests import ConnectionError
    from web3 import HTTPProvider, LegacyWebSocketProvider, Web3
    from web3.providers.rpc.utils import ExceptionRetryConfiguration

    provider: Any
    if scheme.startswith("http"):
        # A slow node is not asked again: somebody is waiting.
        retries = ExceptionRetryConfiguration(errors=(ConnectionError,), retries=2, backoff_factor=0.2)
        provider = HTTPProvider(address, request_kwargs={"timeout": TIMEOUT}, exception_retry_configuration=retries)
    else:
        provider = LegacyWebSocketProvider(address, websocket_timeout=TIMEOUT)
    # Whatever web3.py would add costs requests of its own (the chain's id before each call), looks up names, or refuses
    # the longer headers of chains with proof of authority. The client makes sense of answers itself.
    return Web3(provider, middleware=[])


def _through_ape(choice: str) -> Web3:
    try:
        from ape import networks
        from ape.exceptions import ApeException
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{choice!r} is a network of Ape's, which is not installed", "ape") from error
    quiet_ape()
    try:
        context = networks.parse_network_choice(choice)
        provider = click.get_current_context().with_resource(context)
        web3: Web3 = provider.web3
    except ApeException as error:
        reason = str(error).strip().split("\n")[0].removesuffix(" Options:")
        reason += "" if reason.endswith((".", "?", "!")) else "."
        raise ChainError(f"Ape cannot connect to {choice!r}: {reason} See: ape networks list") from error
    return web3


def quiet_ape() -> None:
    """Ape writes what it does to stdout, where only our output belongs."""
    from ape.logging import LogLevel, logger

    logger.set_level(LogLevel.ERROR)


def load_deployment(path: Path) -> Deployment:
    """Addresses of contracts that do not stand where they usually do.

    Raises:
        InvalidFile: It is not JSON with exactly the four addresses.
    """
    from .. import files
    from ..contracts import Deployment
    from ..signer import Signer

    names = ("module", "factory", "wallet", "lens")
    problem = InvalidFile(f"{path} should be JSON with exactly these addresses: {', '.join(names)}.")
    try:
        content = json.loads(files.read(path))
    except (ValueError, RecursionError):
        raise problem from None
    if not isinstance(content, dict) or set(content) != set(names):
        raise problem
    signers = [Signer.parse(content[name]) if isinstance(content[name], str) else None for name in names]
    if any(signer is None or not signer.is_address for signer in signers):
        raise problem
    return Deployment(*(signer.address for signer in signers if signer is not None))
