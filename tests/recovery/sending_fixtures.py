"""What the tests of sending are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recovery.intents import IntentStore
from recovery.sending import Sending
from tests.live import Live


@pytest.fixture
def store(tmp_path: Path) -> IntentStore:
    return IntentStore(tmp_path / "intents")


@pytest.fixture
def steps(live: Live) -> Sending:
    return Sending(live.client.deployment)


@pytest.fixture
def slow(live: Live) -> Iterator[Live]:
    """A chain that mines only when it is told to."""
    live.ask("evm_setAutomine", False)
    try:
        yield live
    finally:
        live.ask("anvil_dropAllTransactions")
        live.ask("evm_setAutomine", True)
