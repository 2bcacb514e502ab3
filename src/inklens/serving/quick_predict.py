"""The commonest request, one small image to `POST /v1/predict`, answered without the application.

A task, a scope and the layers of a web framework take longer than the network of a digit does. What they do
is done here by the same functions: who may call, the queue, the document, the figures. All else is left to
the application: parameters, forms, JSON, large bodies, callers who are not let in.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable

from inklens.errors import InklensError
from inklens.serving import server_metrics
from inklens.serving.access import HEADERS, Access
from inklens.serving.batching import QUICK_BYTES, BatchQueue, Outcomes
from inklens.serving.endpoints.predict_endpoint import document
from inklens.serving.model_store import ModelStore, ServedModel
from inklens.serving.problems import (
    CONTENT_TYPE,
    FAILED,
    GONE,
    ProblemError,
    described,
    problem,
    raw_answer,
    raw_headers,
    too_slow,
)
from inklens.serving.request_images import BYTES

log = logging.getLogger("inklens.serving")

PATH = b"/v1/predict"

Header = tuple[bytes, bytes]


class QuickPredict:
    """What answers such requests of one worker.

    Args:
        access: says who may call.
        models: the first is asked.
        batches: gives the queue, which is there once the worker runs.
    """

    def __init__(self, access: Access, models: ModelStore, batches: Callable[[], BatchQueue]) -> None:
        self._access = access
        self._models = models
        self._batches = batches

    def cycle(self, method: bytes, url: bytes, headers: list[Header]) -> QuickCycle | None:
        """What answers a request; None for one that is left to the application."""
        if url != PATH or method != b"POST":
            return None
        given = dict(headers)
        length = given.get(b"content-length", b"")
        if not (length.isdigit() and 0 < int(length) <= QUICK_BYTES):
            return None
        if b"content-encoding" in given or b"expect" in given or b"transfer-encoding" in given:
            return None
        kind = given.get(b"content-type", BYTES.encode()).partition(b";")[0].strip().lower()
        if not kind.startswith(b"image/") and kind != BYTES.encode():
            return None
        model, batches = self._models.get(), self._batches()
        if not batches.is_quick(model.classifier):
            return None
        if self._access.refusal(PATH.decode(), headers) is not None:
            return None
        return QuickCycle(model, batches)


class QuickCycle:
    """One request, in the place of uvicorn's RequestResponseCycle: the protocol fills in the body."""

    def __init__(self, model: ServedModel, batches: BatchQueue) -> None:
        self.body = bytearray()  # this and what follows is read and set by uvicorn's protocol
        self.more_body = True
        self.disconnected = False
        self.response_complete = False
        self.keep_alive = True
        self.default_headers: list[Header] = []
        self.message_event = self  # of which uvicorn sets more when something has come
        self._model = model
        self._batches = batches
        self._began = time.perf_counter()
        self._asked: asyncio.Future[Outcomes] | None = None

    def begin(self, transport: asyncio.Transport, keep_alive: bool, on_response: Callable[[], None]) -> None:
        """The protocol's connection, and what it does after the answer."""
        self._transport = transport
        self.keep_alive = keep_alive
        self._on_response = on_response

    def set(self) -> None:
        """The protocol says that more has come, or that the caller is gone."""
        if self.disconnected:
            if self._asked is None:
                self._count(GONE)
            else:
                self._asked.cancel()
        elif not self.more_body and self._asked is None and not self.response_complete:
            try:
                self._asked = self._batches.predict(self._model.classifier, [bytes(self.body)])
            except ProblemError as error:
                self._respond_problem(error)
            else:
                self._asked.add_done_callback(self._answer)

    def end(self, seconds: float) -> None:
        """The body has not come in so many seconds."""
        self.keep_alive = False
        self._respond_problem(too_slow(seconds))

    def _answer(self, asked: asyncio.Future[Outcomes]) -> None:
        if asked.cancelled():
            self._count(GONE)
            return
        try:
            content = document(self._model, asked.result())
        except (ProblemError, InklensError) as error:
            self._respond_problem(error)
        except Exception:  # a mistake of ours
            log.exception("a request failed")
            self._respond_problem(ProblemError(500, FAILED))
        else:
            self._respond(200, content, _JSON_HEADERS)

    def _respond_problem(self, error: Exception) -> None:
        status, detail, headers = described(error)
        body = json.dumps(problem(status, detail)).encode()
        self._respond(status, body, raw_headers({"content-type": CONTENT_TYPE, **HEADERS, **headers}))

    def _respond(self, status: int, body: bytes, headers: bytes) -> None:
        self._count(status)
        self.response_complete = True
        for name, value in self.default_headers:  # the date
            headers += b"%s: %s\r\n" % (name, value)
        if not self.keep_alive and b"\r\nConnection: close" not in headers:
            headers += b"connection: close\r\n"
        if not self._transport.is_closing():
            self._transport.write(raw_answer(status, headers, body))
            if not self.keep_alive:
                self._transport.close()
        self._on_response()

    def _count(self, status: int) -> None:
        server_metrics.count_request(PATH.decode(), status, time.perf_counter() - self._began)


_JSON_HEADERS = raw_headers({"content-type": "application/json", **HEADERS})
