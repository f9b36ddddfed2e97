"""What the scripts for `ape run` share: a command that is connected through Ape, and says in a sentence why not."""

from __future__ import annotations

from typing import Any

import click
from ape.cli import ConnectedProviderCommand
from ape.exceptions import ApeException


class ScriptCommand(ConnectedProviderCommand):  # type: ignore[misc, unused-ignore]
    """Like Ape's own, but what goes wrong is one sentence on stderr instead of a traceback on stdout."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Reads the options; the network is looked up while it does."""
        for option, value in zip(args, [*args[1:], None], strict=True):
            if option == "--network=" or (option == "--network" and not value):
                raise click.UsageError(
                    "Which chain? Give --network with the address of a node or a choice of Ape's such as "
                    "ethereum:sepolia:node. If it should come from RECOVERY_NETWORK, that is empty here.",
                    ctx,
                )
        try:
            return super().parse_args(ctx, args)
        except ApeException as error:
            raise click.UsageError(f"--network: {error}", ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Connects and runs."""
        try:
            return super().invoke(ctx)
        except ApeException as error:
            raise click.ClickException(f"{error} Check --network.") from error
