"""What the wallet's tests are given."""

from __future__ import annotations

import pytest

from tests.contracts.conftest import Bench
from tests.contracts.wallet_world import Scene


@pytest.fixture(scope="session")
def scene_session(bench_session: Bench) -> Scene:
    """The contracts."""
    return Scene(bench_session)


@pytest.fixture
def scene(bench: Bench, scene_session: Scene) -> Scene:
    """The contracts on a chain of the test's own."""
    return scene_session


@pytest.fixture(scope="module")
def scene_module(scene_session: Scene) -> Scene:
    """The contracts on a chain that the tests of one file share."""
    return scene_session
