"""uvicorn's HTTP/1.1 with limits that it lacks: size of the headers, the time until they are there, and the
time that an answer waits to be read.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from inklens.serving.problems import CONTENT_TYPE, problem

# How long a connection is kept open at the end for a request that is on its way.
_LAST_CALL = 0.2


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection."""

    max_header_bytes = 16 * 2**10
    max_head_seconds = 10.0
    max_unread_seconds = 30.0

    _head_bytes = 0
    _unfinished_bytes = 0
    _began = False
    _head_timer: asyncio.TimerHandle | None = None
    _idle_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _answers = 0
    _too_large = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self.max_head_seconds, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        if self._unread_timer is not None:
            self._unread_timer.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._began = True
        self._head_bytes = self._unfinished_bytes = 0
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.max_head_seconds, self._end)

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_timers()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        self._began = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head_timer is None:
            if self._idle_timer is None and (self.cycle is None or self.cycle.response_complete):
                # Empty lines, or the rest of a body that is not read: they have stopped uvicorn's own timer.
                self._idle_timer = self.loop.call_later(self.max_head_seconds, self._end)
        elif not self._began:  # the parser keeps a header that does not end to itself
            self._unfinished_bytes += len(data)
            if self._unfinished_bytes > self.max_header_bytes:
                self._too_large = True
                self.send_400_response("")

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._answers += 1
        if self._unread_timer is None and self.transport.get_write_buffer_size():
            self._watch_unread()

    def send_400_response(self, msg: str) -> None:
        status, detail = 400, "a request that is no HTTP/1.1; expected one"
        if self._too_large:
            status, detail = (
                431,
                f"headers beyond the limit; expected at most {self.max_header_bytes:,} bytes",
            )
        body = json.dumps(problem(status, detail)).encode()
        head = f"content-type: {CONTENT_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self.transport.close()

    def shutdown(self) -> None:
        """A request that is on its way when the server ends is answered still."""
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(_LAST_CALL, super().shutdown)
        else:
            super().shutdown()

    def _count(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > self.max_header_bytes:
            self._too_large = True
            raise ValueError("headers beyond the limit")

    def _watch_unread(self) -> None:
        answers = self._answers
        self._unread_timer = self.loop.call_later(self.max_unread_seconds, lambda: self._end_unread(answers))

    def _end_unread(self, answers: int) -> None:
        """A connection that is closed stays until all is read: one that nobody reads is cut."""
        self._unread_timer = None
        if not self.transport.get_write_buffer_size():
            return
        if self._answers == answers:
            self.transport.abort()
        else:
            self._watch_unread()

    def _end(self) -> None:
        self._head_timer = self._idle_timer = None
        if not self.transport.is_closing():
            self.transport.close()

    def _stop_timers(self) -> None:
        for timer in (self._head_timer, self._idle_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._idle_timer = None
