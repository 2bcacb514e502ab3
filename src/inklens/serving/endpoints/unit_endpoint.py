"""`POST /v1/explain/unit`: how one number inside the deployed network comes about, with all its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inklens.classifier.unit_arithmetic import UnitArithmetic
from inklens.explanation.receptive_fields import ReceptiveField
from inklens.serving.endpoints.explain_endpoint import framed_image, one_image
from inklens.serving.endpoints.predict_endpoint import unless_gone, whole_number
from inklens.serving.model_store import ServedModel

# Of a dense layer or a large window; beyond it the smallest are summed up.
_MOST_TERMS = 8192
_MOST = 100_000


async def explain_unit(request: Request) -> Response:
    """One image, and the place of one number; see the OpenAPI document."""
    state = request.app.state
    model = state.models.get(request.query_params.get("model"))
    layer = request.query_params.get("layer", "")
    row, column, channel = (
        whole_number(request, name, 0, _MOST) or 0 for name in ("row", "column", "channel")
    )
    image = await one_image(request, model)
    most_pixels = state.settings.limits.pixels
    work = state.slow.run(_explain_unit, image, model, layer, (row, column), channel, most_pixels)
    return JSONResponse(await unless_gone(request, work))


def _explain_unit(
    image: bytes | NDArray[np.uint8],
    model: ServedModel,
    layer: str,
    place: tuple[int, int],
    channel: int,
    most_pixels: int,
) -> dict[str, Any]:
    """In a thread."""
    pixels = framed_image(image, model, most_pixels)
    unit = model.inner_outputs.unit(pixels, layer, place, channel)
    answer: dict[str, Any] = {
        "layer": layer,
        "kind": unit.layer.kind,
        "operator": unit.layer.node.op_type,
        "value": _short(unit.value),
        "patch_shape": list(unit.patch.shape),
        "corner": list(unit.corner),
        "bias": _short(unit.bias),
        "slope": _short(unit.slope),
        "seen": _seen(unit, place, pixels.shape),
    }
    if unit.patch.size > _MOST_TERMS:
        return {**answer, "patch": None, "kernel": None}
    kernel = None if unit.kernel is None else _numbers(unit.kernel)
    return {**answer, "patch": _numbers(unit.patch), "kernel": kernel}


def _seen(unit: UnitArithmetic, place: tuple[int, int], shape: tuple[int, ...]) -> list[int]:
    """Top, left, bottom and right of the part of the image that reaches the number, without its far edges."""
    spans = [
        (0, size) if field is None else _span(field, at, size)
        for field, at, size in zip(unit.layer.fields, place, shape, strict=False)
    ]
    return [spans[0][0], spans[1][0], spans[0][1], spans[1][1]]


def _span(field: ReceptiveField, at: int, size: int) -> tuple[int, int]:
    start = round(field.first + at * field.jump - (field.field - 1) / 2)
    return max(0, start), min(size, start + field.field)


def _numbers(values: NDArray[np.float32]) -> list[float | None]:
    """All of them in a row; None outside the map."""
    return [None if np.isnan(value) else _short(float(value)) for value in values.ravel()]


def _short(value: float) -> float:
    """With six significant digits."""
    return float(f"{value:.6g}")
