"""A cluster of several nodes on this machine, each a real Ray node with one core, and what they use."""

import os
import re
import resource
import secrets
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

_TICKS = os.sysconf("SC_CLK_TCK")
_TRIES = 5  # Ray gives a node 30 s to come up, which a busy machine exceeds


class Nodes:
    """A head without cores, and so many nodes of one core; a context that leaves no process.

    Ray gives its workers nice 15 by default: on a busy machine they would wait for everything else, and what
    they are compared with would not.

    Args:
        count: of nodes with a core.
        nice: of the workers, above that of this process.
        memory: bytes of each node's object store.
    """

    def __init__(self, count: int, nice: int = 0, memory: int = 300_000_000) -> None:
        self._count, self._nice, self._memory = count, nice, memory

    def __enter__(self) -> Self:
        os.environ |= {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": os.environ.get("RAY_AUTH_TOKEN") or secrets.token_hex(32),  # read once
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": str(self._nice),
        }
        from ray.cluster_utils import Cluster

        self._cluster: Any = Cluster()
        head = {"num_cpus": 0, "include_dashboard": False}
        try:
            self._add(**head)
            self.fill_up()
        except BaseException:
            self._cluster.shutdown()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.shutdown()

    @property
    def address(self) -> str:
        """To connect to."""
        return str(self._cluster.address)

    def fill_up(self) -> None:
        """Starts what is missing."""
        while len(self._cluster.worker_nodes) < self._count:
            self._add(num_cpus=1)

    def replace_one(self) -> None:
        """Removes a node as if its machine had lost its power, and starts another."""
        self._cluster.remove_node(next(iter(self._cluster.worker_nodes)), allow_graceful=False)
        self.fill_up()

    def _add(self, **node: Any) -> None:
        there = {process.pid for process in own_processes()}
        for left in reversed(range(_TRIES)):
            try:
                self._cluster.add_node(object_store_memory=self._memory, **node)
            except Exception as error:
                for process in own_processes():  # half a node
                    if process.pid not in there:
                        with suppress(OSError):
                            os.kill(process.pid, signal.SIGKILL)
                if not left or "timed out" not in str(error):
                    raise
            else:
                return


class Process(NamedTuple):
    """A process of this program: itself, or one that it or one of its processes has started.

    Args:
        pid: its number.
        name: its command line.
        seconds: of processor that it and what it has waited for have used.
        alone: of processor that it has used itself.
        mb: of memory that it has now.
    """

    pid: int
    name: bytes
    seconds: float
    alone: float
    mb: float

    @property
    def kind(self) -> str:
        """ "this process"; of Ray's workers, the name that they give themselves; else the program's."""
        if self.pid == os.getpid():
            return "this process"
        words = self.name.decode(errors="replace").split("\0")
        if words[0].startswith("ray::"):
            return re.split(r"\W", words[0].removeprefix("ray::"), maxsplit=1)[0]
        program = next((word for word in words[1:3] if word.endswith(".py")), words[0])
        return Path(program).name


def own_processes() -> list[Process]:
    """This process and all below it; those of other programs, Ray's too, are not among them."""
    parents = dict(_parents())
    return [process for pid in parents if _is_below(pid, parents) and (process := _process(pid))]


def used(processes: list[Process], *starts: bytes) -> dict[str, float]:
    """Seconds of processor and megabytes of those whose name begins so; of all without a start."""
    chosen = [process for process in processes if process.name.startswith(starts or b"")]
    return {"cpu": sum(one.seconds for one in chosen), "mb": sum(one.mb for one in chosen)}


def _parents() -> Iterator[tuple[int, int]]:
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            yield int(path.name), int(_fields(int(path.name))[1])


def _fields(pid: int) -> list[bytes]:
    """Of /proc/PID/stat, those after the name, which may hold blanks."""
    return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()


def _is_below(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents and pid != os.getpid():
        pid = parents[pid]
    return pid == os.getpid()


def _process(pid: int) -> Process | None:
    with suppress(OSError):
        name = Path(f"/proc/{pid}/cmdline").read_bytes()
        ticks = [int(field) for field in _fields(pid)[11:15]]
        pages = int(Path(f"/proc/{pid}/statm").read_bytes().split()[1])
        alone = sum(ticks[:2]) / _TICKS
        return Process(pid, name, sum(ticks) / _TICKS, alone, pages * resource.getpagesize() / 1e6)
    return None
