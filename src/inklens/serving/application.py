"""The ASGI application of one worker: every address that it answers, with what it needs to answer."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from time import time
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from inklens import __version__
from inklens.errors import InklensError
from inklens.serving import server_metrics
from inklens.serving.access import COOKIE, HEADERS, SESSION_SECONDS, Access, is_token, session_cookie
from inklens.serving.batching import BatchQueue, SlowLane
from inklens.serving.endpoints import open_inference, runs_endpoint, teach_examples, teach_trainings
from inklens.serving.endpoints.explain_endpoint import explain
from inklens.serving.endpoints.openapi import document, page, page_file
from inklens.serving.endpoints.page_endpoint import page_part, start_page
from inklens.serving.endpoints.predict_endpoint import predict
from inklens.serving.endpoints.read_endpoint import read
from inklens.serving.endpoints.unit_endpoint import explain_unit
from inklens.serving.http_protocol import EarlyRefusal
from inklens.serving.model_store import ModelStore
from inklens.serving.problems import ProblemError, busy, on_http_error, on_problem, raw_problem
from inklens.serving.request_images import HeldBytes, parse_json, read_body
from inklens.serving.settings import ServerSettings
from inklens.teaching import CorrectionStore

log = logging.getLogger("inklens.serving")

# What the page's Teach needs; not there with --read-only.
_TEACH = (
    Route("/v1/teach", teach_trainings.overview, methods=["GET"]),
    Route("/v1/teach/classes", teach_examples.add_class, methods=["POST"]),
    Route("/v1/teach/classes/{id}", teach_examples.change_class, methods=["PATCH", "DELETE"]),
    Route("/v1/teach/examples", teach_examples.list_examples, methods=["GET"]),
    Route("/v1/teach/examples", teach_examples.add_examples, methods=["POST"]),
    Route("/v1/teach/examples/{id}", teach_examples.change_example, methods=["PATCH", "DELETE"]),
    Route("/v1/teach/examples/{id}/image", teach_examples.example_image, methods=["GET"]),
    Route("/v1/teach/trainings", teach_trainings.start_training, methods=["POST"]),
    Route("/v1/teach/trainings/{id}", teach_trainings.show_training, methods=["GET"]),
    Route("/v1/teach/trainings/{id}/stop", teach_trainings.stop_training, methods=["POST"]),
    Route("/v1/teach/trainings/{id}/use", teach_trainings.use_training, methods=["POST"]),
    Route("/v1/teach/trainings/{id}/events", teach_trainings.follow_training, methods=["GET"]),
    Route("/v1/teach/original", teach_trainings.use_original, methods=["POST"]),
)

PROBLEMS = (ProblemError, InklensError, ClientDisconnect)


class Application(Starlette):
    """Starlette, which finds the addresses without parameters in a table.

    Its router and its layers of error handling take longer than a small network does.

    Args:
        settings: who may call.
        held: the bodies that are held.
        options: of Starlette.
    """

    def __init__(self, settings: ServerSettings, held: HeldBytes, **options: Any) -> None:
        super().__init__(**options)
        routes = (route for route in self.routes if isinstance(route, Route) and "{" not in route.path)
        self._table = {(method, route.path): route for route in routes for method in route.methods or ()}
        self.access = Access(self._answer, settings, held)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.access(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._table.get((scope["method"], scope["path"]))
        if route is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"], scope["route"] = self, route
        request = Request(scope, receive, send)
        try:
            response = await route.endpoint(request)
        except PROBLEMS as error:
            response = await on_problem(request, error)
        await response(scope, receive, send)


def create_app(settings: ServerSettings) -> Application:
    """The application; any ASGI server runs it.

    Args:
        settings: models, token, host names and limits; address and workers are the server's business.

    Raises:
        ModelError: a model cannot be opened.
    """
    held = HeldBytes(settings.limits.held_bytes)
    teaches = settings.corrections is not None
    switch_file = settings.corrections and settings.corrections.with_suffix(".served")
    models = ModelStore(settings.models, switch_file, settings.server)
    app = Application(
        settings,
        held,
        routes=[
            Route("/", start_page, methods=["GET"]),
            Route("/page/{name}", page_part, methods=["GET"]),
            Route("/v1/predict", predict, methods=["POST"]),
            Route("/v1/read", read, methods=["POST"]),
            Route("/v1/explain", explain, methods=["POST"]),
            Route("/v1/explain/unit", explain_unit, methods=["POST"]),
            Route("/v1/model", _model, methods=["GET"]),
            Route("/v1/runs", runs_endpoint.list_runs, methods=["GET"]),
            Route("/v1/runs/{name}", runs_endpoint.show_run, methods=["GET"]),
            Route("/v1/runs/{name}/report", runs_endpoint.show_report, methods=["GET"]),
            Route("/v1/runs/{name}/against/{other}", runs_endpoint.compare_runs, methods=["GET"]),
            Route("/v1/session", _session, methods=["POST"]),
            *(_TEACH if teaches else ()),
            Route("/health/live", _live, methods=["GET"]),
            Route("/health/ready", _ready, methods=["GET"]),
            Route("/metrics", _metrics, methods=["GET"]),
            Route("/openapi.json", document, methods=["GET"]),
            Route("/docs", page, methods=["GET"]),
            Route("/docs.js", page_file, methods=["GET"]),
            Route("/docs.css", page_file, methods=["GET"]),
            Route("/v2", open_inference.server_metadata, methods=["GET"]),
            Route("/v2/health/live", _live, methods=["GET"]),
            Route("/v2/health/ready", _ready, methods=["GET"]),
            Route("/v2/models/{name}", open_inference.model_metadata, methods=["GET"]),
            Route("/v2/models/{name}/ready", open_inference.model_ready, methods=["GET"]),
            Route("/v2/models/{name}/infer", open_inference.infer, methods=["POST"]),
        ],
        exception_handlers={
            **dict.fromkeys(PROBLEMS, on_problem),
            HTTPException: on_http_error,
        },
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.settings = settings
    app.state.held = held
    app.state.models = models
    if settings.corrections is not None:
        app.state.corrections = CorrectionStore(settings.corrections)
    return app


def early_refusal(app: Starlette) -> EarlyRefusal:
    """What a server answers in the application's place while too much waits for the network."""
    error = busy("too many images wait for the network already")
    return EarlyRefusal(
        is_busy=lambda answering: app.state.batches.is_late(answering),
        counted=server_metrics.count_early_refusal,
        answer=raw_problem(error.status, error.detail, {**HEADERS, **error.headers}),
        ends=(b"/v1/predict", b"/infer"),
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Every model has answered once, to warm up, before requests are let in."""
    settings: ServerSettings = app.state.settings
    state = app.state
    state.batches = BatchQueue(settings.limits)
    state.slow = SlowLane(settings.limits)
    for model in state.models:
        server_metrics.MODEL.labels(model.name, model.fingerprint).set(1)
    loop = asyncio.get_running_loop()
    state.reload = partial(_reload, state, asyncio.Lock())
    if hasattr(signal, "SIGHUP"):
        reloads: set[asyncio.Task[None]] = set()  # the loop itself would forget them

        def reload() -> None:
            task = loop.create_task(state.reload())
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        loop.add_signal_handler(signal.SIGHUP, reload)
        reload()  # a signal may have come while the models were opened
    try:
        yield
    finally:
        state.batches.close()
        state.slow.close()


async def _reload(state: Any, one_at_a_time: asyncio.Lock) -> None:
    async with one_at_a_time:
        before = {model.name: model.fingerprint for model in state.models}
        for name in await asyncio.to_thread(state.models.reload):
            fingerprint = state.models.get(name).fingerprint
            if name in before:
                server_metrics.MODEL.labels(name, before[name]).set(0)
            server_metrics.MODEL.labels(name, fingerprint).set(1)
            log.info("model %s is now %s", name, fingerprint[:12])


async def _live(_: Request) -> Response:
    return JSONResponse({"live": True})


async def _ready(_: Request) -> Response:
    # No request is let in before every model has answered once.
    return JSONResponse({"ready": True})


async def _metrics(_: Request) -> Response:
    return Response(server_metrics.exposition(), media_type=server_metrics.CONTENT_TYPE)


async def _model(request: Request) -> Response:
    models = request.app.state.models
    model = models.get(request.query_params.get("model"))
    metadata = model.classifier.metadata
    return JSONResponse(
        {
            "name": model.name,
            "models": [each.name for each in models],
            "fingerprint": model.fingerprint,
            "inklens": __version__,
            "trained_with": metadata.inklens,
            "kind": metadata.kind,
            "classes": list(metadata.class_names),
            "pixels": metadata.pixels.to_dict(),
            "temperature": metadata.temperature,
            "thresholds": vars(metadata.thresholds),
            "ood_detector": metadata.ood_detector,
            "data": dict(metadata.data),
            "recipe": dict(metadata.recipe),
            "figures": model.figures,
        }
    )


async def _session(request: Request) -> Response:
    """A page gives the token once, and keeps a cookie that scripts cannot read."""
    state = request.app.state
    token = state.settings.token
    content = parse_json(await read_body(request, state.held, 4096), state.settings.limits)
    given = content.get("token") if isinstance(content, dict) else None
    if token is not None and not (isinstance(given, str) and is_token(given, token)):
        raise ProblemError(401, 'a wrong token; expected {"token": "..."} with that of the server')
    answer = Response(status_code=204)
    if token is not None:
        answer.set_cookie(
            COOKIE, session_cookie(token, time()), max_age=SESSION_SECONDS, httponly=True, samesite="strict"
        )
    return answer
