"""`POST /v1/read`: the numbers on a photo, with the options of `inklens read`."""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inklens.classifier import Classifier
from inklens.pixels import encode_webp
from inklens.pixels.channels import with_axes, with_channels
from inklens.pixels.ink import shrunk
from inklens.reading.paper.photo import Box, open_page
from inklens.reading.read_page import check_options, read_page
from inklens.serving.endpoints.predict_endpoint import unless_gone, whole_number
from inklens.serving.problems import ProblemError
from inklens.serving.request_images import images_of

_STAGE_SIDE = 1000  # pixels along the longer side of the picture of a step


async def read(request: Request) -> Response:
    """One photo; see the OpenAPI document."""
    state = request.app.state
    model = state.models.get(request.query_params.get("model"))
    expect = whole_number(request, "expect", 1, 100)
    grid = request.query_params.get("grid")
    if grid not in (None, "auto", "all"):
        grid = _numbers(request, "grid", r"(\d{1,3})[xX](\d{1,3})", "ROWSxCOLUMNS, such as 9x9, auto or all")
    region = _numbers(
        request,
        "region",
        r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})",
        "left,top,width,height, such as 40,60,800,200",
    )
    check_options(expect, grid)
    with_stages = bool(whole_number(request, "stages", 0, 1))
    names, images = await images_of(request, state.held, state.settings.limits, model.classifier.spec)
    if len(images) != 1 or not isinstance(images[0], bytes):
        raise ProblemError(400, f"{len(images)} images, or pixels in JSON; expected one image file")
    limits = state.settings.limits
    work = partial(_read, region=region, expect=expect, grid=grid, stages=with_stages, most=limits.pixels)
    answer = await unless_gone(request, state.slow.run(work, images[0], model.classifier))
    file = {} if names[0] is None else {"file": names[0]}
    return JSONResponse({"model": model.name, "fingerprint": model.fingerprint, **file, **answer})


def _read(
    content: bytes,
    classifier: Classifier,
    *,
    region: Box | None,
    expect: int | None,
    grid: Any,
    stages: bool,
    most: int,
) -> dict[str, Any]:
    """In a thread."""
    page = open_page(content, region, max_pixels=most)
    pictures: list[dict[str, str]] = []

    def keep(name: str, picture: NDArray[np.uint8]) -> None:
        small = with_channels(with_axes(shrunk(picture, _STAGE_SIDE)), 3)
        pictures.append({"name": name, "picture": base64.b64encode(encode_webp(small)).decode()})

    reading = read_page(page, classifier, expect=expect, grid=grid, on_stage=keep if stages else None)
    return {**reading.to_dict(), **({"stages": pictures} if stages else {})}


def _numbers(request: Request, name: str, pattern: str, expected: str) -> Any:
    text = request.query_params.get(name)
    if text is None:
        return None
    found = re.fullmatch(pattern, text, re.ASCII)
    if found is None:
        raise ProblemError(400, f"{name} is {text[:40]!r}; expected {expected}")
    return tuple(int(number) for number in found.groups())
