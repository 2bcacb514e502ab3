import shutil
from collections.abc import Callable

import pytest

from inklens.networks.backends import select_backend
from inklens.run import Run
from inklens.run_folder import RunFolder

select_backend("tensorflow")


@pytest.fixture(scope="session")
def trained(shared_runs) -> Run:
    """A run whose network has a temperature to speak of, and normalisation that has seen data."""
    return Run.open(shared_runs / "runs" / "one")


@pytest.fixture
def folder(trained, tmp_path) -> RunFolder:
    """A copy of the run, to write into."""
    return RunFolder(shutil.copytree(trained.path, tmp_path / "run"))


@pytest.fixture
def spoil(monkeypatch) -> Callable[..., None]:
    """Makes a format write another ensemble or other metadata than it was given."""

    def spoil(module, change) -> None:
        write = module.write
        monkeypatch.setattr(
            module, "write", lambda ensemble, metadata, path: write(*change(ensemble, metadata), path)
        )

    return spoil
