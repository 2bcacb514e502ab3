"""Two quick runs on the embedded sample, for commands that need trained networks."""

import subprocess
import sys
from pathlib import Path

import pytest

QUICK = ("--data", "sample", "--network", "convnet-small", "--epochs", "1", "--batch-size", "64", "--quiet")


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs runs/one and runs/two. Tests copy what they would change."""
    folder = tmp_path_factory.mktemp("two")
    for seed, name in enumerate(("one", "two")):
        command = [sys.executable, "-m", "inklens", "train", *QUICK, "--seed", str(seed), "--name", name]
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return folder
