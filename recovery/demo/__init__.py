"""The demo: three stories on a chain whose time can be moved. Everything that it shows is read from the chain."""

from __future__ import annotations

from .show import run
from .stage import DemoFailed

__all__ = ["DemoFailed", "run"]
