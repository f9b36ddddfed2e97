"""The command line: `recovery`, and the same as `ape recovery`.

Only this file and the static table in `app` are read for `recovery --help`; a command's file is imported when the
command is used, and web3.py when a command needs the chain.
"""

from __future__ import annotations

import sys
from typing import Any


def main() -> None:
    """What the console script `recovery` runs."""
    try:
        from .app import cli
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print('Error: The command line needs click. Install it with: pip install "ape-recovery[cli]"', file=sys.stderr)
        sys.exit(1)
    cli(prog_name="recovery")


def __getattr__(name: str) -> Any:
    if name == "cli":
        from .app import cli

        return cli
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
