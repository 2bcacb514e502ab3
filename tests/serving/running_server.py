"""A server in processes of its own, on a free port of loopback, that is gone afterwards."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx


@dataclass
class RunningServer:
    process: "subprocess.Popen[str]"
    address: str
    client: httpx.Client
    log: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def workers(self) -> list[int]:
        """The process numbers of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(number) for number in children.split()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends it, and gives its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


# A server with limits that the command line does not offer.
WITH_LIMITS = """
import sys
from pathlib import Path
from inklens.serving import Limits, ServerSettings, Supervisor
limits = Limits(**{limits})
settings = ServerSettings({{"pets": Path("model.onnx")}}, port=0, workers={workers}, limits=limits)
supervisor = Supervisor(settings)
supervisor.run(lambda: print("serving\\naddress", supervisor.url, flush=True))
"""


@contextmanager
def running_server(
    *arguments: object,
    folder: Path,
    limits: dict[str, float] | None = None,
    workers: int = 1,
    **environment: str,
) -> Iterator[RunningServer]:
    """`inklens serve` with these arguments, or with these limits instead, ready to answer."""
    command = ["-m", "inklens", "serve", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(
        [
            sys.executable,
            *(command if limits is None else ["-c", WITH_LIMITS.format(limits=limits, workers=workers)]),
        ],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log: list[str] = []
    assert process.stdout is not None
    assert process.stderr is not None
    errors = process.stderr
    reader = threading.Thread(target=lambda: log.extend(errors), daemon=True)
    reader.start()
    try:
        lines = [process.stdout.readline(), process.stdout.readline()]
        if not lines[1].startswith("address"):
            process.wait(timeout=60)
            reader.join(10)
            raise AssertionError("".join(lines + log))
        address = lines[1].split()[1]
        with httpx.Client(base_url=address, timeout=60) as client:
            yield RunningServer(process, address, client, log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        reader.join(10)
        process.stdout.close()
        errors.close()
