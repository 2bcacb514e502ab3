from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inklens.pixels import encode_png
from serving.running_server import RunningServer, running_server
from tiny_onnx import build_model, save


@pytest.fixture(scope="session")
def images() -> list[bytes]:
    """PNG files of several sizes, of random grey levels."""
    random = np.random.default_rng(3)
    sizes = [(8 + index % 5, 8 + index % 3, 1) for index in range(48)]
    return [encode_png(random.integers(0, 256, size, np.uint8)) for size in sizes]


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model.onnx of three classes."""
    folder = tmp_path_factory.mktemp("served")
    save(build_model(), folder / "model.onnx")
    return folder


@pytest.fixture(scope="session")
def server(tiny_folder: Path) -> Iterator[RunningServer]:
    """A server of two workers with the tiny model, named "pets". Tests leave it as it is.

    An image may wait for a minute, as the machine may be busy with other tests.
    """
    with running_server(folder=tiny_folder, workers=2, limits={"queue_seconds": 60.0}) as running:
        yield running


@pytest.fixture(scope="session")
def digits_server(shared_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of one worker with the first of the shared runs; its corrections are kept elsewhere."""
    corrections = tmp_path_factory.mktemp("corrections") / "corrections.sqlite3"
    arguments = ("runs/one", "--workers", 1, "--corrections", corrections)
    with running_server(*arguments, folder=shared_runs) as server:
        yield server
