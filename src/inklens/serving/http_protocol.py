"""uvicorn's HTTP/1.1 with limits that it lacks: size of the headers, the time until they are there, and the
time that an answer waits to be read.

While too much waits for the network, requests for it are refused here, before anything is made for them: a
server that is asked for three times what it can do has no time to refuse the rest in the usual way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from inklens.serving.problems import raw_problem
from inklens.serving.quick_predict import QuickCycle, QuickPredict

# Bodies of requests that are refused early; a longer one is better refused before it comes.
_SMALL_BODY = 65_536
# How long a connection is kept open at the end for a request that is on its way.
_LAST_CALL = 0.2


@dataclass(frozen=True, eq=False)
class EarlyRefusal:
    """What is answered while too much waits for the network.

    Args:
        is_busy: whether too much waits, given how many requests are being answered.
        counted: is called for each request that is refused.
        answer: the whole answer, with its status line and headers.
        ends: of the paths that ask for the network.
    """

    is_busy: Callable[[int], bool]
    counted: Callable[[], None]
    answer: bytes
    ends: tuple[bytes, ...]

    def refuses(self, url: bytes, headers: list[tuple[bytes, bytes]], answering: int) -> bool:
        """Whether to refuse a request; one with a large body is left to the application."""
        if not url.partition(b"?")[0].endswith(self.ends) or not self.is_busy(answering):
            return False
        given = dict(headers)
        length = given.get(b"content-length", b"")
        return length.isdigit() and int(length) <= _SMALL_BODY and b"expect" not in given


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection."""

    max_header_bytes = 16 * 2**10
    max_head_seconds = 10.0
    max_unread_seconds = 30.0
    early_refusal: EarlyRefusal | None = None
    quick: QuickPredict | None = None
    connected: Callable[[], None] | None = None

    _head_bytes = 0
    _unfinished_bytes = 0
    _in_head = True
    _began = False
    _head_timer: asyncio.TimerHandle | None = None
    _idle_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _answers = 0
    _too_large = False
    _refused = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self.connected is not None:
            self.connected()
        self._head_timer = self.loop.call_later(self.max_head_seconds, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        if self._unread_timer is not None:
            self._unread_timer.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._began = self._in_head = True
        self._head_bytes = self._unfinished_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_timers()
        if self.flow.write_paused or (self.cycle is not None and not self.cycle.response_complete):
            # It waits: for its turn, or until the caller reads what was answered before.
            self._refused = False
            super().on_headers_complete()
            return
        early, quick = self.early_refusal, self.quick
        self._refused = early is not None and early.refuses(self.url, self.headers, len(self.tasks))
        if self._refused:
            return
        taken = None if quick is None else quick.cycle(self.parser.get_method(), self.url, self.headers)
        if taken is None:
            super().on_headers_complete()
        else:
            keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
            taken.begin(self.transport, keep_alive, self.on_response_complete)
            taken.default_headers = self.server_state.default_headers
            self.cycle: Any = taken

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_timers()
        if not self._refused or self.early_refusal is None:
            super().on_message_complete()
            return
        self.early_refusal.counted()
        self.transport.write(self.early_refusal.answer)
        if not self.parser.should_keep_alive():
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self._began = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._in_head:
            if self._idle_timer is None and (self.cycle is None or self.cycle.response_complete):
                # Empty lines, the rest of a body that is not read, or a request that was refused early:
                # uvicorn's own timer does not run.
                self._idle_timer = self.loop.call_later(self.max_head_seconds, self._end)
            elif self._idle_timer is None and isinstance(self.cycle, QuickCycle) and self.cycle.more_body:
                self._idle_timer = self.loop.call_later(
                    self.max_unread_seconds, self.cycle.end, self.max_unread_seconds
                )
            return
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.max_head_seconds, self._end)
        if not self._began:  # the parser keeps a header that does not end to itself
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
        self.transport.write(raw_problem(status, detail, {"connection": "close"}))
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
