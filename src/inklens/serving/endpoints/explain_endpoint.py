"""`POST /v1/explain`: what each layer of the deployed network makes of an image, and which parts count."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inklens.classifier.inner_outputs import InnerOutput
from inklens.explanation import occlusion_map
from inklens.pixels import encode_png
from inklens.serving.batching import frame_bytes
from inklens.serving.endpoints.predict_endpoint import unless_gone, whole_number
from inklens.serving.model_store import ServedModel
from inklens.serving.problems import ProblemError
from inklens.serving.request_images import images_of

_MOST_MAPS = 256


async def explain(request: Request) -> Response:
    """One image; see the OpenAPI document."""
    state = request.app.state
    model = state.models.get(request.query_params.get("model"))
    label = request.query_params.get("label")
    if label is not None and label not in model.classifier.class_names:
        names = ", ".join(model.classifier.class_names[:20])
        raise ProblemError(400, f"label is {label[:40]!r}; expected one of {names}")
    maps = whole_number(request, "maps", 0, _MOST_MAPS)
    limits = state.settings.limits
    _, images = await images_of(request, state.held, limits, model.classifier.spec)
    if len(images) != 1:
        raise ProblemError(400, f"{len(images)} images; expected one")
    most = _MOST_MAPS if maps is None else maps
    answer = await unless_gone(
        request, state.slow.run(_explain, images[0], model, label, most, limits.pixels)
    )
    return JSONResponse(answer)


def _explain(
    image: bytes | NDArray[np.uint8], model: ServedModel, label: str | None, maps: int, most_pixels: int
) -> dict[str, Any]:
    """In a thread."""
    classifier = model.classifier
    pixels = frame_bytes(image, classifier, most_pixels) if isinstance(image, bytes) else image
    predictions = classifier.predict_framed(pixels[None])
    index = int(predictions.indices[0]) if label is None else classifier.class_names.index(label)
    occlusion = occlusion_map(lambda batch: classifier.predict_framed(batch).probabilities, pixels, index)
    shares = predictions.probabilities[0].astype(float).round(7).tolist()
    return {
        "model": model.name,
        "fingerprint": model.fingerprint,
        "status": str(predictions.status[0]),
        "label": predictions.labels[0],
        "id_probability": round(float(predictions.id_probability[0]), 7),
        "probabilities": dict(zip(classifier.class_names, shares, strict=True)),
        "framed": _png(pixels),
        "layers": [_layer(output, maps) for output in model.inner_outputs.of(pixels)],
        "occlusion": {
            "label": classifier.class_names[index],
            "patch": occlusion.patch,
            "largest_fall": round(float(occlusion.fall.max()), 7),
            "smallest_fall": round(float(occlusion.fall.min()), 7),
            "map": _png(_signed_grey(occlusion.fall, float(np.abs(occlusion.fall).max()))),
        },
    }


def _layer(output: InnerOutput, most: int) -> dict[str, Any]:
    values = output.values
    described: dict[str, Any] = {
        "name": output.name,
        "operator": output.operator,
        "shape": list(values.shape),
        "minimum": round(float(values.min()), 6),
        "maximum": round(float(values.max()), 6),
    }
    if values.ndim == 1:
        return {**described, "values": values.astype(float).round(6).tolist()}
    largest = float(np.abs(values).max())
    channels = min(most, values.shape[-1])
    pictures = [_png(_signed_grey(values[..., channel], largest)) for channel in range(channels)]
    return {**described, "maps": pictures}


def _signed_grey(values: NDArray[np.float32], largest: float) -> NDArray[np.uint8]:
    """-largest to largest as grey 1 to 255, 0 being 128: uint8 (h, w, 1)."""
    scaled = np.rint(128 + values * (127 / largest if largest > 0 else 0.0))
    return np.asarray(np.nan_to_num(scaled, nan=128.0).clip(0, 255), np.uint8)[..., None]


def _png(image: NDArray[np.uint8]) -> str:
    return base64.b64encode(encode_png(image)).decode()
