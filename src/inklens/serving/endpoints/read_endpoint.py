"""`POST /v1/read`: the numbers on a photo, with the options of `inklens read`."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inklens.classifier import Classifier
from inklens.reading.paper.photo import Box, open_page
from inklens.reading.read_page import check_options, read_page
from inklens.serving.endpoints.predict_endpoint import unless_gone, whole_number
from inklens.serving.problems import ProblemError
from inklens.serving.request_images import images_of


async def read(request: Request) -> Response:
    """One photo; see the OpenAPI document."""
    state = request.app.state
    model = state.models.get(request.query_params.get("model"))
    expect = whole_number(request, "expect", 1, 100)
    grid = _numbers(request, "grid", r"(\d{1,3})[xX](\d{1,3})", "ROWSxCOLUMNS, such as 9x9")
    region = _numbers(
        request,
        "region",
        r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})",
        "left,top,width,height, such as 40,60,800,200",
    )
    check_options(expect, grid)
    names, images = await images_of(request, state.held, state.settings.limits, model.classifier.spec)
    if len(images) != 1 or not isinstance(images[0], bytes):
        raise ProblemError(400, f"{len(images)} images, or pixels in JSON; expected one image file")
    limits = state.settings.limits
    work = state.slow.run(_read, images[0], model.classifier, region, expect, grid, limits.pixels)
    answer = await unless_gone(request, work)
    file = {} if names[0] is None else {"file": names[0]}
    return JSONResponse({"model": model.name, "fingerprint": model.fingerprint, **file, **answer})


def _read(
    content: bytes, classifier: Classifier, region: Box | None, expect: int | None, grid: Any, most: int
) -> dict[str, Any]:
    """In a thread."""
    page = open_page(content, region, max_pixels=most)
    return dict(read_page(page, classifier, expect=expect, grid=grid).to_dict())


def _numbers(request: Request, name: str, pattern: str, expected: str) -> Any:
    text = request.query_params.get(name)
    if text is None:
        return None
    found = re.fullmatch(pattern, text, re.ASCII)
    if found is None:
        raise ProblemError(400, f"{name} is {text[:40]!r}; expected {expected}")
    return tuple(int(number) for number in found.groups())
