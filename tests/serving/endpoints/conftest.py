from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.running_server import RunningServer, running_server


@pytest.fixture(scope="session")
def digits_server(shared_runs: Path) -> Iterator[RunningServer]:
    """A server of one worker with the first of the shared runs."""
    with running_server("runs/one", "--workers", 1, folder=shared_runs) as server:
        yield server
