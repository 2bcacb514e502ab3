"""The processes of a server: as many workers as asked for behind one port, started anew when one dies."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

from inklens.errors import InklensError, OptionError, RunError
from inklens.serving.settings import ServerSettings

log = logging.getLogger("inklens.serving")

# Kept in step with prometheus_client, which reads it when it is imported.
_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_STOP_SECONDS = 9.5
_START_SECONDS = 60.0
# A worker that died so early will die again.
_TOO_EARLY_SECONDS = 2.0


@dataclass
class _Worker:
    process: BaseProcess
    ready: Connection
    started: float
    served: bool = False


class Supervisor:
    """Starts a server, keeps it up, and ends it.

    Args:
        settings: of the server; models are opened by the workers.

    Raises:
        OptionError: the address is taken or is not this machine's.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._stopping = False
        self._listeners = _listeners(settings)
        self.port: int = self._listeners[0].getsockname()[1]
        self._workers: list[_Worker] = []

    @property
    def url(self) -> str:
        """Where the server answers."""
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        return f"http://{host}:{self.port}"

    def run(self, on_ready: Callable[[], object]) -> None:
        """Serves until SIGTERM or SIGINT; SIGHUP has every worker look for replaced model files.

        Args:
            on_ready: called once every worker has answered for the first time.

        Raises:
            InklensError: a worker cannot start: a model file that cannot be used, or too little memory.
        """
        before = {number: signal.signal(number, self._on_signal) for number in _signals()}
        metrics_folder = ""
        try:
            metrics_folder = os.environ[_METRICS_FOLDER] = _temporary_folder()
            for listener in self._listeners:
                if not self._is_stopping():
                    self._workers.append(self._start(listener))
            self._await_ready()
            if not self._is_stopping():
                on_ready()
            while not self._is_stopping():
                self._replace_dead()
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)
            shutil.rmtree(metrics_folder, ignore_errors=True)

    def _start(self, listener: socket.socket) -> _Worker:
        # A fork shares what is imported; where it is not safe, a process of its own imports all again.
        context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        ours, theirs = context.Pipe(duplex=False)
        others = [other for other in self._listeners if other is not listener]
        process = context.Process(
            target=_work, args=(self._settings, listener, theirs, others), name="inklens-worker"
        )
        with _signals_held():  # until it has handlers of its own
            process.start()
        theirs.close()
        return _Worker(process, ours, time.monotonic())

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        waiting = {worker.ready: worker for worker in self._workers}
        while waiting and not self._is_stopping():
            for ready in wait(list(waiting), timeout=0.2):
                assert isinstance(ready, Connection)
                try:
                    said = ready.recv()
                except EOFError:
                    said = "a worker ended before it was ready; the log above says why"
                if self._is_stopping():
                    return
                if said is not True:
                    raise RunError(f"the server cannot start: {said}")
                waiting.pop(ready).served = True
            if time.monotonic() > deadline:
                raise RunError(f"the server was not ready after {_START_SECONDS:g} s; its log says why")

    def _replace_dead(self) -> None:
        wait([worker.process.sentinel for worker in self._workers], timeout=0.2)
        for place, worker in enumerate(self._workers):
            if worker.process.is_alive() or self._is_stopping():
                continue
            said = _last_words(worker.ready)
            if not (worker.served or said is True) and self._listeners.count(self._listeners[place]) == 1:
                self._listeners[place] = _bound_again(self._listeners[place])
            reason = f" ({said})" if isinstance(said, str) else ""
            number, code = worker.process.pid, worker.process.exitcode
            log.error("worker %s ended with %s%s; starting another", number, code, reason)
            _forget_metrics(number)
            if time.monotonic() - worker.started < _TOO_EARLY_SECONDS:
                time.sleep(_TOO_EARLY_SECONDS)
            if self._is_stopping():
                return
            self._workers[place] = self._start(self._listeners[place])

    def _is_stopping(self) -> bool:
        return self._stopping  # a signal may have come

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stopping = True
            number = signal.SIGTERM
            for listener in self._listeners:
                listener.close()
        for worker in self._workers:
            if worker.process.is_alive() and worker.process.pid is not None:
                os.kill(worker.process.pid, number)

    def _stop(self) -> None:
        self._stopping = True
        for listener in self._listeners:
            listener.close()
        for worker in self._workers:
            worker.process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for worker in self._workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _work(
    settings: ServerSettings, listener: socket.socket, ready: Connection, others: list[socket.socket]
) -> None:
    """In the new process. A socket that others hold too would go on listening when its worker ends."""
    # The handlers are its parent's still. A file that is replaced now is looked for once all is ready.
    for number in _signals():
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _signals())
    from inklens.serving import worker

    for other in others:
        other.close()
    try:
        worker.run(settings, listener, ready)
    except InklensError as error:
        ready.send(str(error))
        sys.exit(1)


def _signals() -> list[signal.Signals]:
    names = ("SIGTERM", "SIGINT", "SIGHUP")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


@contextmanager
def _signals_held() -> Iterator[None]:
    """Signals that come inside are handled afterwards; a new process keeps holding them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _last_words(ready: Connection) -> Any:
    """True of a worker that answered, the reason of one that could not start; None if nothing is left."""
    said: Any = None
    try:
        while ready.poll():
            said = ready.recv()
    except (EOFError, OSError):
        pass
    return said


def _temporary_folder() -> str:
    try:
        return tempfile.mkdtemp(prefix="inklens-metrics-")
    except OSError as error:
        raise RunError(
            f"no folder for the metrics of the server ({error.strerror or error}); expected one that can be "
            "written: name one in TMPDIR"
        ) from error


def _forget_metrics(pid: int | None) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _listeners(settings: ServerSettings) -> list[socket.socket]:
    """A bound socket for each worker, all on one port, so that the kernel spreads the connections."""
    shared = hasattr(socket, "SO_REUSEPORT") and settings.workers > 1
    host = settings.host
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        first = _bound(family, kind, protocol, address, shared=False)
        if not shared:
            return [first] * settings.workers
        # With SO_REUSEPORT another server's port could be bound too; the first attempt has shown it is free.
        address = first.getsockname()
        first.close()
        return [_bound(family, kind, protocol, address, shared=True) for _ in range(settings.workers)]
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            raise OptionError(
                f"port {settings.port} of {host} is taken; expected a free one: "
                "give another with --port, 0 for any"
            ) from error
        raise OptionError(
            f"{host}, port {settings.port}: {reason}; expected an address of this machine"
        ) from error


def _bound_again(listener: socket.socket) -> socket.socket:
    """The kernel lets callers wait where a worker listened; none may come for long, so others get them."""
    address = listener.getsockname()
    shared = hasattr(socket, "SO_REUSEPORT") and listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)
    listener.close()
    return _bound(listener.family, listener.type, listener.proto, address, shared=bool(shared))


def _bound(family: int, kind: int, protocol: int, address: object, *, shared: bool) -> socket.socket:
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)  # type: ignore[arg-type]
    except OSError:
        listener.close()
        raise
    return listener
