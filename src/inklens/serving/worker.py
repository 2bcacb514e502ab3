"""One process of a server: uvicorn with the application, on a socket that its supervisor made."""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import signal
import socket
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import uvicorn

from inklens.serving.application import create_app, early_refusal
from inklens.serving.http_protocol import LimitedHttpProtocol
from inklens.serving.quick_predict import QuickPredict
from inklens.serving.settings import ServerSettings

GRACE_SECONDS = 8
_BACKLOG = 2048
_ACCEPTED_AT_ONCE = 8
_PARENT_CHECK_SECONDS = 1.0


def run(settings: ServerSettings, listener: socket.socket, ready: Connection) -> None:
    """Answers until SIGTERM; then what is in flight is finished, for at most `GRACE_SECONDS`.

    Args:
        settings: of the server.
        listener: bound, not yet listening.
        ready: gets True once the worker answers, or the text of an error that keeps it from starting.
    """
    # What callers send that is no HTTP is answered with 400, and is no news.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    app = create_app(settings)
    protocol = type(
        "Protocol",
        (LimitedHttpProtocol,),
        {
            "early_refusal": early_refusal(app),
            "quick": QuickPredict(app.access, app.state.models, lambda: app.state.batches, settings.limits),
            "max_header_bytes": settings.limits.header_bytes,
            "max_head_seconds": settings.limits.head_seconds,
            "max_unread_seconds": settings.limits.request_seconds,
        },
    )
    config = uvicorn.Config(
        app,
        http=protocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        backlog=_BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config, listener, ready)
    setattr(protocol, "connected", staticmethod(server.connected))  # noqa: B010
    # uvicorn has handlers of its own while it runs, and raises what it got once more at its end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says when it is ready, and ends when its supervisor is gone."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, ready: Connection) -> None:
        super().__init__(config)
        self._listener = listener
        self._ready = ready
        self._accepting: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        # What is there now stays: looking for garbage in it would stop all answers for a tenth of a second.
        gc.collect()
        gc.freeze()
        with suppress(OSError):  # the supervisor is gone
            self._ready.send(True)
        self._watching = asyncio.get_running_loop().create_task(self._until_orphaned())

    async def shutdown(self, sockets: Any = None) -> None:
        # Connections that the kernel has accepted would be reset when the listening socket is closed.
        await self._accept_waiting()
        await super().shutdown(sockets)

    def connected(self) -> None:
        """A connection has come. Others may wait: libuv takes one for each round of the loop."""
        if self._accepting is None or self._accepting.done():
            self._accepting = asyncio.get_running_loop().create_task(self._accept_waiting())

    async def _accept_waiting(self) -> None:
        """Takes them a few for each round of the loop, so that a worker with less to do takes more."""
        loop = asyncio.get_running_loop()
        with suppress(ExceptionGroup):  # of connections that are gone already
            async with asyncio.TaskGroup() as tasks:
                with suppress(OSError):  # no other is waiting
                    while True:
                        for _ in range(_ACCEPTED_AT_ONCE):
                            connection, _ = self._listener.accept()
                            connection.setblocking(False)
                            tasks.create_task(loop.connect_accepted_socket(self._protocol, connection))
                        await asyncio.sleep(0)

    def _protocol(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    async def _until_orphaned(self) -> None:
        parent = multiprocessing.parent_process()
        while parent is not None and parent.is_alive():
            await asyncio.sleep(_PARENT_CHECK_SECONDS)
        self.should_exit = True
