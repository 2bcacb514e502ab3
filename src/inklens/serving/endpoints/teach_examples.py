"""`/v1/teach`: classes of one's own, and images with their right classes, kept in the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inklens.errors import DataError, ImageError, OptionError
from inklens.pixels import encode_png
from inklens.serving.batching import Answer, frame_bytes
from inklens.serving.endpoints.predict_endpoint import unless_gone, whole_number
from inklens.serving.model_store import ServedModel
from inklens.serving.problems import FAILED, ProblemError
from inklens.serving.request_images import encodable, form_of, parse_json, read_body
from inklens.teaching import CorrectionStore, Example, FullError, TaughtClass

T = TypeVar("T")

log = logging.getLogger("inklens.serving")

MAX_IMAGE_BYTES, MAX_IMAGES = 2 * 2**20, 64
MODEL_CLASS = "model:"  # before the name of a class that is the model's own
_SOURCES = ("draw", "file", "paste", "camera", "read")
_MAX_PIXELS = 25_000_000


async def add_class(request: Request) -> Response:
    """`POST /v1/teach/classes`."""
    store = store_of(request, changes=True)
    name = text_of(await json_of(request), "name")
    return JSONResponse(_class(await in_thread(store.add_class, name)), 201)


async def change_class(request: Request) -> Response:
    """`PATCH` and `DELETE /v1/teach/classes/{id}`."""
    store, id = store_of(request, changes=True), request.path_params["id"]
    if request.method == "DELETE":
        found = await in_thread(store.delete_class, id)
    else:
        found = await in_thread(store.rename_class, id, text_of(await json_of(request), "name"))
    if not found:
        raise ProblemError(404, "no such class; expected an id of GET /v1/teach")
    if request.method == "DELETE":
        return Response(status_code=204)
    return JSONResponse(next(_class(each) for each in await in_thread(store.classes) if each.id == id))


async def list_examples(request: Request) -> Response:
    """`GET /v1/teach/examples`: the newest first."""
    store = store_of(request)
    offset = whole_number(request, "offset", 0, 10**8) or 0
    limit = whole_number(request, "limit", 1, 1000) or 60
    total, examples = await in_thread(store.examples, request.query_params.get("class"), offset, limit)
    return JSONResponse({"total": total, "examples": [_example(each) for each in examples]})


async def add_examples(request: Request) -> Response:
    """`POST /v1/teach/examples`: a form with images, and their class or its name."""
    store = store_of(request, changes=True)
    state = request.app.state
    model = state.models.get(request.query_params.get("model"))
    files, fields = await form_of(
        request, await read_body(request, state.held, state.settings.limits.body_bytes), state.settings.limits
    )
    if not 1 <= len(files) <= MAX_IMAGES:
        raise ProblemError(413 if files else 400, f"{len(files)} images; expected 1 to {MAX_IMAGES}")
    source = fields.get("source", "file")
    if source not in _SOURCES:
        raise ProblemError(400, f"source is {source[:40]!r}; expected one of {', '.join(_SOURCES)}")
    usable: list[tuple[str, bytes]] = []
    errors = []
    for name, content in files:
        try:
            if len(content) > MAX_IMAGE_BYTES:
                raise ProblemError(
                    413, f"an image of {len(content):,} bytes; expected at most {MAX_IMAGE_BYTES:,}"
                )
            await in_thread(frame_bytes, content, model.classifier, _MAX_PIXELS)
            usable.append((name, content))
        except (ImageError, ProblemError) as error:
            status = error.status if isinstance(error, ProblemError) else 422
            errors.append((status, {"file": name, "detail": str(error)}))
    if not usable:
        raise ProblemError(errors[0][0], errors[0][1]["detail"])
    class_id = await in_thread(_class_of, store, fields, model.classifier.class_names)
    answers = await unless_gone(
        request, state.batches.predict(model.classifier, [content for _, content in usable])
    )
    kept = []
    for (_, content), answer in zip(usable, answers, strict=True):
        if not isinstance(answer, Answer):
            raise answer
        kept.append(await in_thread(_keep, store, class_id, content, answer, model, source))
    told = {"errors": [error for _, error in errors]} if errors else {}
    return JSONResponse({"examples": [_example(each) for each in kept], **told}, 201)


def _keep(
    store: CorrectionStore, class_id: str, content: bytes, answer: Answer, model: ServedModel, source: str
) -> Example:
    said, row = answer.predictions, answer.row
    status = str(said.status[row])
    return store.add_example(
        class_id,
        content,
        answer=None if status == "empty" else said.class_names[said.indices[row]],
        status=status,
        probability=round(float(said.probabilities[row].max()), 7),
        model=model.name,
        fingerprint=model.fingerprint,
        source=source,
    )


async def change_example(request: Request) -> Response:
    """`PATCH` and `DELETE /v1/teach/examples/{id}`."""
    store, id = store_of(request, changes=True), request.path_params["id"]
    if request.method == "DELETE":
        if not await in_thread(store.delete_examples, [id]):
            raise _no_example()
        return Response(status_code=204)
    class_id = text_of(await json_of(request), "class")
    if not await in_thread(store.move_example, id, class_id):
        raise ProblemError(404, "no such example or class; expected ids of GET /v1/teach")
    found = await in_thread(store.example, id)
    if found is None:
        raise _no_example()
    return JSONResponse(_example(found))


async def example_image(request: Request) -> Response:
    """`GET /v1/teach/examples/{id}/image`: as the network sees it."""
    store = store_of(request)
    found = await in_thread(store.example, request.path_params["id"])
    if found is None:
        raise _no_example()
    classifier = request.app.state.models.get(request.query_params.get("model")).classifier
    framed = await in_thread(frame_bytes, found.image, classifier, _MAX_PIXELS)
    return Response(encode_png(framed), media_type="image/png")


def store_of(request: Request, changes: bool = False) -> CorrectionStore:
    """The store; a change from another site is refused.

    Raises:
        ProblemError: the request is from another page, or does not say that it is from ours; status 403.
    """
    store: CorrectionStore = request.app.state.corrections
    if changes:
        origin = request.headers.get("origin")
        fetched = request.headers.get("sec-fetch-site", "same-origin")
        foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
        if foreign or fetched not in ("same-origin", "none"):
            raise ProblemError(403, "a change from another site; expected one of the server's own page")
        if "x-inklens" not in request.headers:
            raise ProblemError(
                403, "a change without the header X-Inklens; expected X-Inklens: page, or of your own"
            )
    return store


async def in_thread(work: Callable[..., T], *args: Any) -> T:
    """What `work(*args)` gives, in a thread, its errors as problems.

    Raises:
        ProblemError: there is no room, or the store cannot be used.
    """
    try:
        return await asyncio.to_thread(work, *args)
    except FullError as error:
        raise ProblemError(507 if error.is_disk else 413, str(error)) from error
    except ImageError:
        raise
    except DataError as error:
        log.error("the corrections cannot be used: %s", error)
        raise ProblemError(500, FAILED) from error


async def json_of(request: Request) -> dict[str, Any]:
    """The object in a request's body.

    Raises:
        ProblemError: no JSON, or no object; status 400.
    """
    state = request.app.state
    content = parse_json(await read_body(request, state.held, 65_536), state.settings.limits)
    if not isinstance(content, dict):
        raise ProblemError(400, "JSON that is no object; expected {...}")
    return content


def text_of(content: dict[str, Any], name: str) -> str:
    """A member of an object that is text.

    Raises:
        ProblemError: it is not there, or no text; status 400.
    """
    value = content.get(name)
    if not isinstance(value, str):
        raise ProblemError(400, f'JSON without the text "{name}"; expected {{"{name}": "..."}}')
    return encodable(value)


def _class_of(store: CorrectionStore, fields: dict[str, str], known: tuple[str, ...]) -> str:
    """The id of the class that a form names; one of the model's own, or a new one, is made where needed."""
    given = fields.get("class")
    if given is not None and not given.startswith(MODEL_CLASS):
        return given
    if given is None and "label" not in fields:
        raise OptionError('a form without "class" and "label"; expected the id of a class, or a name')
    name = fields["label"] if given is None else given.removeprefix(MODEL_CLASS)
    if given is not None and name not in known:
        raise OptionError(f"the model has no class {name[:40]!r}; expected an id of GET /v1/teach")
    found = store.named(name)
    return (found or store.add_class(name, own=name not in known)).id


def _class(found: TaughtClass) -> dict[str, Any]:
    return {"id": found.id, "name": found.name, "own": found.own, "examples": found.examples}


def _example(found: Example) -> dict[str, Any]:
    return {
        "id": found.id,
        "class": found.class_id,
        "label": found.label,
        "answer": found.answer,
        "status": found.status,
        "probability": found.probability,
        "model": found.model,
        "fingerprint": found.fingerprint,
        "source": found.source,
        "time": found.time,
        "held_out": found.held_out,
    }


def _no_example() -> ProblemError:
    return ProblemError(404, "no such example; expected an id of GET /v1/teach/examples")
