"""Real digits for every test, a cache of its own, and machines without data or network."""

import socket
from pathlib import Path

import numpy as np
import pytest

from inklens.datasets import Dataset, load
from inklens.datasets.places import find_mnist


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """All of MNIST, or the sample."""
    return load("mnist" if find_mnist() else "sample")


@pytest.fixture(scope="session")
def few(digits: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Ten real digits of each class, in class order: uint8 (100, 28, 28), int64 (100,)."""
    rows = np.concatenate([np.flatnonzero(digits.train.labels == label)[:10] for label in range(10)])
    return digits.train.batch(rows)[..., 0], digits.train.labels[rows]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, so that none touches the user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("INKLENS_CACHE", str(folder))
    return folder


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without INKLENS_DATA."""
    monkeypatch.delenv("INKLENS_DATA", raising=False)


@pytest.fixture
def dead_port() -> int:
    """A port on this machine at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


@pytest.fixture
def offline(no_data: None, dead_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without INKLENS_DATA whose only way out is a proxy that does not answer."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
