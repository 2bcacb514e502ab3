"""`/v1/teach/trainings`: starting, following and stopping a training, and answering with its network."""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from inklens.errors import MissingPackageError, ModelError, OptionError, require_packages
from inklens.serving.endpoints.teach_examples import (
    MAX_IMAGE_BYTES,
    MODEL_CLASS,
    in_thread,
    json_of,
    store_of,
)
from inklens.serving.problems import ProblemError
from inklens.teaching import TaughtTraining, TrainingProcesses
from inklens.teaching.correction_store import MAX_CLASSES, MAX_EXAMPLES
from inklens.teaching.training_process import RUNNING, TRAIN_PACKAGES, BusyError

log = logging.getLogger("inklens.serving")

_SECONDS = 5, 3600
_LOOK_SECONDS = 0.25
# An answer must not keep a server from ending; the browser asks again by itself.
_STREAM_SECONDS = 5.0


async def overview(request: Request) -> Response:
    """`GET /v1/teach`: classes, limits, the served model and the latest training."""
    store, models = store_of(request), request.app.state.models
    classes = await in_thread(store.classes)
    known = {each.name: each for each in classes}
    served = models.get().classifier.class_names
    rows = [_class_row(name, known.get(name), own=False) for name in served]
    rows += [_class_row(each.name, each, own=True) for each in classes if each.name not in served]
    latest = await in_thread(TrainingProcesses(store).latest)
    return JSONResponse(
        {
            "installed": _missing() is None,
            "pip": "pip install 'inklens[train]'",
            "classes": rows,
            "examples": sum(each.examples for each in classes),
            "limits": {"examples": MAX_EXAMPLES, "bytes": MAX_IMAGE_BYTES, "classes": MAX_CLASSES},
            "models": {"default": models.get().name, "original": models.switched_to is None},
            "training": latest and _described(request, latest),
        }
    )


def _class_row(name: str, found: Any, own: bool) -> dict[str, Any]:
    return {
        "id": found.id if found else f"{MODEL_CLASS}{name}",
        "name": name,
        "own": own,
        "examples": found.examples if found else 0,
    }


async def start_training(request: Request) -> Response:
    """`POST /v1/teach/trainings`."""
    store, content = store_of(request, changes=True), await json_of(request)
    data, classes, seconds = content.get("with"), content.get("classes", "all"), content.get("seconds", 60)
    if not (data is None or isinstance(data, str)):
        raise ProblemError(400, "with is no text; expected the name of a data set, or null")
    if classes not in ("own", "all"):
        raise ProblemError(400, "classes is neither own nor all; expected one of them")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not _SECONDS[0] <= seconds <= _SECONDS[1]:
        raise ProblemError(400, f"seconds is no whole number from {_SECONDS[0]} to {_SECONDS[1]}")
    models = request.app.state.models
    model = models.get(request.query_params.get("model"))
    known = dict(model.classifier.metadata.data)
    if data is not None and data not in (known.get("name"), known.get("path")):
        # Nothing on the server's disk is opened because a caller names it.
        raise ProblemError(400, f"with is {data[:60]!r}; expected the data of the served model, or null")
    if data is not None:
        data = known.get("path") or data
    asked = {"with": data, "classes": classes, "seconds": seconds, "model": str(model.file)}
    try:
        training = await in_thread(TrainingProcesses(store).start, asked)
    except MissingPackageError as error:
        raise ProblemError(501, str(error)) from error
    except BusyError as error:
        raise ProblemError(409, str(error)) from error
    return JSONResponse(_described(request, training), 202)


async def show_training(request: Request) -> Response:
    """`GET /v1/teach/trainings/{id}`."""
    return JSONResponse(_described(request, await _found(request)))


async def stop_training(request: Request) -> Response:
    """`POST /v1/teach/trainings/{id}/stop`."""
    store = store_of(request, changes=True)
    training = await _found(request)
    stopped = await in_thread(TrainingProcesses(store).stop, training.id)
    return JSONResponse(_described(request, stopped or training), 202)


async def use_training(request: Request) -> Response:
    """`POST /v1/teach/trainings/{id}/use`: every worker answers with the new network."""
    store_of(request, changes=True)
    training = await _found(request)
    if training.state != "done" or training.run is None:
        raise ProblemError(409, f"the training is {training.state}; expected one that is done")
    await _switch(request, Path(training.run))
    return _served(request)


async def use_original(request: Request) -> Response:
    """`POST /v1/teach/original`: back to the model that the server was started with."""
    store_of(request, changes=True)
    await _switch(request, None)
    return _served(request)


async def follow_training(request: Request) -> Response:
    """`GET /v1/teach/trainings/{id}/events`: server-sent events."""
    training = await _found(request)
    return StreamingResponse(_events(request, training), media_type="text/event-stream")


async def _events(request: Request, training: TaughtTraining) -> AsyncIterator[str]:
    processes = TrainingProcesses(store_of(request))
    yield f"retry: 300\n{_event('state', _described(request, training))}"
    ends = asyncio.get_running_loop().time() + _STREAM_SECONDS
    while training.state in RUNNING and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(_LOOK_SECONDS)
        found = await in_thread(processes.get, training.id)
        if found is None:
            return
        for epoch in found.epochs[len(training.epochs) :]:
            yield _event("epoch", epoch)
        if found.progress is not None and found.progress != training.progress:
            yield _event("progress", found.progress)
        if found.state != training.state:
            yield _event("state", _described(request, found))
        training = found


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


async def _found(request: Request) -> TaughtTraining:
    processes = TrainingProcesses(store_of(request))
    training = await in_thread(processes.get, request.path_params["id"])
    if training is None:
        raise ProblemError(404, "no such training; expected an id that POST /v1/teach/trainings gave")
    return training


def _described(request: Request, training: TaughtTraining) -> dict[str, Any]:
    told = {name: value for name, value in asdict(training).items() if name not in ("pid", "request")}
    run = training.run
    return {
        **told,
        "run": None if run is None else Path(run).name,
        "used": run is not None and request.app.state.models.switched_to == Path(run),
        "log": TrainingProcesses(store_of(request)).last_lines(training)
        if training.state == "failed"
        else "",
    }


def _missing() -> str | None:
    """Why no training can be started, or None."""
    try:
        require_packages(TRAIN_PACKAGES, "training", "train")
    except MissingPackageError as error:
        return str(error)
    return None


async def _switch(request: Request, run: Path | None) -> None:
    """Has every worker answer with a run, or with the original again."""
    models = request.app.state.models
    try:
        await in_thread(models.switch, run)
    except ModelError as error:
        log.error("the run that was asked for cannot be used: %s", error)
        raise ProblemError(409, "the run has no model that can be used; its folder was changed") from error
    except OptionError as error:
        raise ProblemError(409, str(error)) from error
    parent = multiprocessing.parent_process()
    if parent is not None and hasattr(signal, "SIGHUP"):
        os.kill(parent.pid or 0, signal.SIGHUP)  # the other workers look for it, too
    await request.app.state.reload()


def _served(request: Request) -> Response:
    model = request.app.state.models.get()
    return JSONResponse({"model": model.name, "fingerprint": model.fingerprint})
