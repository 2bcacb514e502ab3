"""A terminal on which Ctrl-C is pressed, or a process that the system ends."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def interrupted(tmp_path: Path) -> Callable[..., str]:
    """Runs a command on a terminal, sends it a signal when this word is shown, and gives what was shown."""

    def run(*arguments: object, at: bytes = b"ms/step", number: int = signal.SIGINT) -> str:
        # By default an execution is done by then.
        leader, follower = pty.openpty()
        command = [sys.executable, "-m", "inklens", *map(str, arguments)]
        process = subprocess.Popen(command, cwd=tmp_path, stdin=follower, stdout=follower, stderr=follower)
        os.close(follower)
        shown = b""
        while at not in shown:  # a process that ends closes the terminal
            shown += os.read(leader, 4096)
        process.send_signal(number)
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
