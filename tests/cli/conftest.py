"""Two quick runs on the embedded sample, for commands that need trained networks."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
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


@pytest.fixture
def interrupted(tmp_path: Path) -> Callable[..., str]:
    """Runs a command on a terminal, presses Ctrl-C when this word is shown, and gives what was shown."""

    def run(*arguments: object, at: bytes = b"ms/step") -> str:  # by default: an execution is done
        leader, follower = pty.openpty()
        command = [sys.executable, "-m", "inklens", *map(str, arguments)]
        process = subprocess.Popen(command, cwd=tmp_path, stdin=follower, stdout=follower, stderr=follower)
        os.close(follower)
        shown = b""
        while at not in shown:  # a process that ends closes the terminal
            shown += os.read(leader, 4096)
        process.send_signal(signal.SIGINT)
        try:
            while True:
                shown += os.read(leader, 4096)
        except OSError:
            pass
        os.close(leader)
        assert process.wait(timeout=60) == 130
        assert b"Traceback" not in shown
        return shown.decode(errors="replace")

    return run
