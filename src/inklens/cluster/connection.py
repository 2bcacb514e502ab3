"""A Ray cluster: one that is started on this machine, the one that runs here, or one by its address."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import Any

from inklens import __version__
from inklens.errors import OptionError, require_packages

LOCAL, AUTO = "local", "auto"
_SECONDS_TO_ANSWER = 10
# Of a cluster that we start: who has not the token is refused, and nothing is reported to anybody.
_OF_OUR_OWN = {"RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}
_TOKEN = "RAY_AUTH_TOKEN"  # the name of a variable


@dataclass(frozen=True)
class Node:
    """A machine of a cluster that trains or predicts.

    Args:
        id: Ray's.
        host: its address.
        cores: how many Ray gives away; 0 on a machine that only coordinates.
        gpus: the same.
    """

    id: str
    host: str
    cores: int
    gpus: int


@dataclass(frozen=True)
class Cluster:
    """A cluster that this process is connected to.

    Args:
        where: "local", "auto" or its address.
        nodes: those with cores, as they were when it was asked.
    """

    where: str
    nodes: tuple[Node, ...]

    @property
    def cores(self) -> int:
        """Of all nodes."""
        return sum(node.cores for node in self.nodes)

    def __str__(self) -> str:
        gpus = sum(node.gpus for node in self.nodes)
        counts = [(len(self.nodes), "node"), (self.cores, "core"), *([(gpus, "GPU")] if gpus else [])]
        return ", ".join(f"{count} {what}{'s' * (count != 1)}" for count, what in counts)


@contextmanager
def connected(where: str) -> Iterator[Cluster]:
    """Connects this process, inside, to a cluster; one that was started for it ends with it.

    Args:
        where: "local" starts a cluster on this machine, whose every connection needs a token that only this
            process and its children have, and which has no dashboard; "auto" finds the cluster that runs on
            this machine; or the address of one, HOST:PORT.

    Raises:
        MissingPackageError: Ray is not installed.
        OptionError: there is no such cluster, it has no cores, or other versions run on it.

    Example:
        >>> with connected("local") as cluster:
        ...     train(data, "committee", run_members=members_on(cluster))
    """
    require_packages(["ray"], f"--cluster {where}", "cluster")
    if "://" in where:
        raise OptionError(
            f"--cluster {where}: expected local, auto or HOST:PORT of a cluster that this machine is part "
            "of; elsewhere, hand the command in with `ray job submit`"
        )
    kept = dict(os.environ)
    if where == LOCAL:
        _check_token_can_be_set()
        os.environ.update(_OF_OUR_OWN)
        os.environ.setdefault(_TOKEN, _own_token())
    try:
        with _interrupts_held():
            _connect(where)
        yield _checked(where)
    finally:
        try:
            with _interrupts_held():
                _disconnect()
        finally:
            for name in (*_OF_OUR_OWN, _TOKEN):
                _put_back(name, kept)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C and SIGTERM inside take effect at its end; a second one takes effect at once.

    Ray does not undo half a connection: its threads would run on while the process ends, into freed memory.
    Ray also replaces the handler of SIGTERM; the former one is put back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: found for number in numbers if callable(found := signal.getsignal(number))}
    came: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            handlers[signal.Signals(number)](number, frame)

    for number in handlers:
        signal.signal(number, hold)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


@cache
def _own_token() -> str:
    """One for all clusters of this process: Ray reads a process's token once."""
    return secrets.token_hex(32)


def _check_token_can_be_set() -> None:
    """Ray reads once, when it is imported, whether clusters ask for a token.

    Raises:
        OptionError: it was imported, and read that they do not.
    """
    if "ray" in sys.modules and not _own_token.cache_info().currsize and _TOKEN not in os.environ:
        raise OptionError(
            "--cluster local: Ray was imported before the token of its cluster was set; expected "
            f"RAY_AUTH_MODE=token and {_TOKEN} in the environment before that: set them, or import ray later"
        )


def _put_back(name: str, kept: Mapping[str, str]) -> None:
    os.environ.pop(name, None)
    if name in kept:
        os.environ[name] = kept[name]


def _connect(where: str) -> None:
    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if where == LOCAL:
            ray.init("local", num_cpus=usable_cores(), include_dashboard=False, **quiet)
        else:
            if where != AUTO:
                _look(where)
            ray.init(where, **quiet)
    except Exception as error:  # Ray raises just that where a node takes too long to start
        reason = " ".join(str(error).split())[:300]
        if where == LOCAL:
            raise OptionError(
                f"--cluster local cannot be started ({reason}); Ray waits 30 s, which a busy machine may "
                "exceed: try again, or leave --cluster out"
            ) from error
        raise OptionError(
            f"--cluster {where} cannot be reached ({reason}); start one with `ray start --head` and join it "
            "with `ray start --address HOST:PORT`, or give --cluster local"
        ) from error


def _disconnect() -> None:
    import ray

    ray.shutdown()


def _look(address: str) -> None:
    """Ray itself would try for ten minutes to reach a cluster that is not there.

    Raises:
        ValueError: this is no HOST:PORT.
        OSError: nothing listens there.
    """
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdecimal() and int(port) < 2**16):
        raise ValueError("expected HOST:PORT")
    with socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_ANSWER):
        pass


def usable_cores() -> int:
    """The logical cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def working_nodes() -> tuple[Node, ...]:
    """The nodes that live and have cores."""
    import ray

    found = []
    for entry in ray.nodes():
        has = entry.get("Resources", {})
        if entry["Alive"] and has.get("CPU", 0) >= 1:
            gpus = int(has.get("GPU", 0))
            found.append(Node(entry["NodeID"], entry["NodeManagerAddress"], int(has["CPU"]), gpus))
    return tuple(found)


def on_every_node(function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """What a function says on each node, by the node's host and id.

    Raises:
        OptionError: it cannot be run there, as Inklens is not installed, or the node is gone.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    remote = ray.remote(num_cpus=0)(function)
    asked = {}
    for node in working_nodes():
        there = NodeAffinitySchedulingStrategy(node.id, soft=False)
        asked[f"{node.host} ({node.id[:8]})"] = remote.options(scheduling_strategy=there).remote(*arguments)
    answers = {}
    for host, answer in asked.items():
        try:
            answers[host] = ray.get(answer)
        except ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1][:300]
            raise OptionError(
                f"node {host} of the cluster cannot be used ({reason}); install inklens[cluster,train] "
                "there, in the same version as here"
            ) from error
    return answers


def _version() -> str:
    from inklens import __version__

    return __version__


def _checked(where: str) -> Cluster:
    nodes = working_nodes()
    if not nodes:
        raise OptionError(f"--cluster {where} has no node with a core to give; expected one or more")
    if where != LOCAL:
        for host, version in on_every_node(_version).items():
            if version != __version__:
                raise OptionError(
                    f"node {host} has inklens {version}, and this machine {__version__}; expected the same: "
                    "install one version on all"
                )
    return Cluster(where, nodes)
