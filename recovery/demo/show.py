"""Puts the contracts on a chain and plays the three stories."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from .. import deploy
from ..client import RecoveryClient
from ..explain import when
from . import lost, silence, theft
from .chain import Chain, connect, in_memory
from .people import Person
from .stage import WIDTH, Stage, ether


def run(
    write: Callable[[str], None],
    *,
    network: str | None = None,
    color: bool = True,
    pause: Callable[[], None] | None = None,
) -> None:
    """Plays the demo.

    Args:
        write: Takes each line.
        network: Address of a node whose time can be moved; a chain in memory if None.
        color: Whether to use colours.
        pause: Called between the chapters.

    Raises:
        DemoFailed: Something did not go as told.
        MissingExtra: The chain in memory needs packages that are not installed.
        ChainError: The node does not answer, or its time cannot be moved.
    """
    relayer, payer = Person("Relayer"), lost.ON_CHAIN
    payers = (relayer.address, payer.address)
    chain = in_memory(payers) if network is None else connect(network, payers)
    client = prepare(chain, relayer)
    stage = Stage(chain, client, relayer.account, write, color=color, pause=pause)

    stage.tell(
        f"{chain.name}; it is {when(chain.now)}. Everybody's transactions are sent by a relayer who has no rights. "
        "All that you see is read from the chain. ✔ was done; ✘ was refused, and the reason stands below."
    )
    at = client.deployment
    stage.line("The contracts stand where they stand on every chain:")
    for name, address in (("module", at.module), ("factory", at.factory), ("wallet", at.wallet), ("lens", at.lens)):
        stage.fact(name, address)
    with tempfile.TemporaryDirectory() as folder:
        lost.play(stage, Path(folder) / "lost")
        silence.play(stage, Path(folder) / "silence")
        taken = theft.play(stage, Path(folder) / "theft")

    stage.line("─" * WIDTH)
    stage.line(
        f"Three wallets recovered with {stage.sent} transactions; {stage.refusals} attempts were refused, as told."
    )
    stage.line(f"Not recovered: {ether(taken)}, which the thief sent before the freeze.")


def prepare(chain: Chain, relayer: Person) -> RecoveryClient:
    """Puts the contracts where they stand on every chain."""
    client = RecoveryClient(chain.web3)
    send = deploy.sender(client, relayer.account)
    deploy.place_deployer(chain.web3, send, allowed=True)
    deploy.deploy(chain.web3, send)
    return client
