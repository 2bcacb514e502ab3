"""`POST /v1/predict`: what images show. One bad image has its own error; the others have their answers."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from inklens.pixels import encode_png
from inklens.serving import server_metrics
from inklens.serving.batching import WATCH_AFTER, Answer, Outcomes
from inklens.serving.model_store import ServedModel
from inklens.serving.problems import GONE, ProblemError, problem
from inklens.serving.request_images import images_of

T = TypeVar("T")

_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


async def predict(request: Request) -> Response:
    """One or many image files, or pixels in JSON; see the OpenAPI document."""
    state = request.app.state
    model = state.models.get(request.query_params.get("model"))
    classifier = model.classifier
    top = whole_number(request, "top", 1, len(classifier.class_names)) or 1
    with_pixels = bool(whole_number(request, "framed", 0, 1))
    names, images = await images_of(request, state.held, state.settings.limits, classifier.spec)
    answers = await unless_gone(request, state.batches.predict(classifier, images))
    return Response(document(model, answers, names, top, with_pixels), media_type="application/json")


def document(
    model: ServedModel,
    answers: Outcomes,
    names: Sequence[str | None] = (None,),
    top: int = 1,
    with_pixels: bool = False,
) -> bytes:
    """The answer as JSON, with a row for each image; counts the images.

    Raises:
        Exception: there is one image, and this is why it has no answer.
    """
    if len(answers) == 1 and not isinstance(answers[0], Answer):
        server_metrics.count_image(model.name, "error")
        raise answers[0]
    rows = [_row(answer, name, top, with_pixels) for answer, name in zip(answers, names, strict=True)]
    for row in rows:
        server_metrics.count_image(model.name, row["status"])
    return _JSON.encode({"model": model.name, "fingerprint": model.fingerprint, "predictions": rows}).encode()


def _row(answer: Answer | Exception, name: str | None, top: int, with_pixels: bool) -> dict[str, Any]:
    file = {} if name is None else {"file": name}
    if not isinstance(answer, Answer):
        status = answer.status if isinstance(answer, ProblemError) else 422
        return {**file, "status": "error", "error": problem(status, str(answer))}
    predictions, row = answer.predictions, answer.row
    probabilities = predictions.probabilities[row]
    # Where only the first is wanted there is no need to sort.
    order = (
        [int(probabilities.argmax())] if top == 1 else (-probabilities).argsort(kind="stable")[:top].tolist()
    )
    said = str(predictions.status[row])
    framed = {"framed": base64.b64encode(encode_png(answer.pixels)).decode()} if with_pixels else {}
    ranked = [(predictions.class_names[index], round(float(probabilities[index]), 7)) for index in order]
    return {
        **file,
        "status": said,
        "label": ranked[0][0] if said == "ok" else None,
        "probability": ranked[0][1],
        "id_score": round(float(predictions.id_score[row]), 7),
        "id_probability": round(float(predictions.id_probability[row]), 7),
        "top": [{"label": label, "probability": probability} for label, probability in ranked],
        **framed,
    }


def whole_number(request: Request, name: str, least: int, most: int) -> int | None:
    """A query parameter; None where it is not given.

    Raises:
        ProblemError: no whole number in its range; status 400.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isdecimal() and text.isascii() and len(text) < 10 and least <= int(text) <= most):
        raise ProblemError(400, f"{name} is {text[:40]!r}; expected a whole number, {least} to {most}")
    return int(text)


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """What `work` gives; it is given up when its caller goes away.

    Raises:
        ProblemError: the caller went away; nobody reads the answer.
    """
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    watch: list[asyncio.Task[None]] = []

    async def until_gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        task.cancel()

    timer = loop.call_later(WATCH_AFTER, lambda: watch.append(loop.create_task(until_gone())))
    try:
        return await task
    except asyncio.CancelledError:
        if watch and watch[0].done():
            raise ProblemError(GONE, "the caller went away") from None
        task.cancel()
        raise
    finally:
        timer.cancel()
        for watching in watch:
            watching.cancel()
