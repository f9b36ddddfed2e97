from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import Live, running


@pytest.fixture(scope="session")
def chain_of_ours() -> Iterator[Live]:
    with running() as live:
        yield live


@pytest.fixture
def live(chain_of_ours: Live) -> Iterator[Live]:
    with chain_of_ours.undone():
        yield chain_of_ours
