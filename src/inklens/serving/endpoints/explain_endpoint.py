"""`POST /v1/explain`: what each layer of the deployed network makes of an image, and which parts count."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inklens.classifier import Classifier
from inklens.classifier.inner_outputs import InnerOutput
from inklens.explanation import occlusion_map
from inklens.explanation.receptive_fields import ReceptiveField
from inklens.pixels import encode_png
from inklens.serving.batching import frame_bytes
from inklens.serving.endpoints.predict_endpoint import unless_gone, whole_number
from inklens.serving.model_store import ServedModel
from inklens.serving.problems import ProblemError
from inklens.serving.request_images import images_of

_MOST_MAPS = 256

Encode = Callable[[NDArray[np.uint8]], str]


@dataclass(frozen=True)
class Wanted:
    """What a request wants to know.

    Args:
        label: the class that the occlusion map is about; None is the answer.
        maps: how many of each layer at most.
        occlusion: whether to compute the occlusion map, which takes longer than all else.
        encode: from a picture, uint8 (h, w, 1), to text.
    """

    label: str | None
    maps: int
    occlusion: bool
    encode: Encode


async def explain(request: Request) -> Response:
    """One image; see the OpenAPI document."""
    state = request.app.state
    model = state.models.get(request.query_params.get("model"))
    label = request.query_params.get("label")
    if label is not None and label not in model.classifier.class_names:
        names = ", ".join(model.classifier.class_names[:20])
        raise ProblemError(400, f"label is {label[:40]!r}; expected one of {names}")
    maps = whole_number(request, "maps", 0, _MOST_MAPS)
    occlusion = whole_number(request, "occlusion", 0, 1)
    form = request.query_params.get("form", "png")
    if form not in _FORMS:
        raise ProblemError(400, f"form is {form[:40]!r}; expected png or bytes")
    wanted = Wanted(label, _MOST_MAPS if maps is None else maps, occlusion != 0, _FORMS[form])
    image = await one_image(request, model)
    most_pixels = state.settings.limits.pixels
    answer = await unless_gone(request, state.slow.run(_explain, image, model, wanted, most_pixels))
    return JSONResponse(answer)


async def one_image(request: Request, model: ServedModel) -> bytes | NDArray[np.uint8]:
    """The only image of a request: the bytes of a file, or pixels framed for the network.

    Raises:
        ProblemError: none, or several; status 400.
        InklensError: pixels that cannot be used.
    """
    state = request.app.state
    _, images = await images_of(request, state.held, state.settings.limits, model.classifier.spec)
    if len(images) != 1:
        raise ProblemError(400, f"{len(images)} images; expected one")
    return images[0]


def framed_image(image: bytes | NDArray[np.uint8], model: ServedModel, most: int) -> NDArray[np.uint8]:
    """The image as the network takes it, uint8 (H, W, C).

    Raises:
        ImageError: it cannot be decoded, or has more than `most` pixels.
    """
    return frame_bytes(image, model.classifier, most) if isinstance(image, bytes) else image


def _explain(
    image: bytes | NDArray[np.uint8], model: ServedModel, wanted: Wanted, most_pixels: int
) -> dict[str, Any]:
    """In a thread."""
    classifier = model.classifier
    pixels = framed_image(image, model, most_pixels)
    predictions = classifier.predict_framed(pixels[None])
    names = classifier.class_names
    index = int(predictions.indices[0]) if wanted.label is None else names.index(wanted.label)
    shares = predictions.probabilities[0].astype(float).round(7).tolist()
    return {
        "model": model.name,
        "fingerprint": model.fingerprint,
        "status": str(predictions.status[0]),
        "label": predictions.labels[0],
        "id_probability": round(float(predictions.id_probability[0]), 7),
        "probabilities": dict(zip(classifier.class_names, shares, strict=True)),
        "framed": _png(pixels),
        "filters": _filters(model.inner_outputs.first_filters(), wanted),
        "layers": [_layer(output, wanted) for output in model.inner_outputs.of(pixels)],
        "occlusion": _occlusion(classifier, pixels, index, wanted) if wanted.occlusion else None,
    }


def _occlusion(
    classifier: Classifier, pixels: NDArray[np.uint8], index: int, wanted: Wanted
) -> dict[str, Any]:
    found = occlusion_map(lambda batch: classifier.predict_framed(batch).probabilities, pixels, index)
    return {
        "label": classifier.class_names[index],
        "patch": found.patch,
        "largest_fall": round(float(found.fall.max()), 7),
        "smallest_fall": round(float(found.fall.min()), 7),
        "map": wanted.encode(_signed_grey(found.fall, float(np.abs(found.fall).max()))),
    }


def _filters(kernel: NDArray[np.float32] | None, wanted: Wanted) -> dict[str, Any] | None:
    """The kernels of the first convolution, one picture for each filter and input channel."""
    if kernel is None:
        return None
    filters, channels, height, width = kernel.shape
    largest = float(np.abs(kernel).max())
    planes = kernel.reshape(filters * channels, height, width)[: wanted.maps]
    return {
        "shape": [height, width, channels, filters],
        "largest": round(largest, 6),
        "maps": [wanted.encode(_signed_grey(plane, largest)) for plane in planes],
    }


def _layer(output: InnerOutput, wanted: Wanted) -> dict[str, Any]:
    values = output.values
    described: dict[str, Any] = {
        "name": output.name,
        "operator": output.operator,
        "kind": output.kind,
        "kernel": list(output.kernel),
        "receptive_field": receptive_field(output.rows, output.columns),
        "shape": list(values.shape),
        "minimum": round(float(values.min()), 6),
        "maximum": round(float(values.max()), 6),
    }
    if values.ndim == 1:
        return {**described, "values": values.astype(float).round(6).tolist()}
    largest = float(np.abs(values).max())
    channels = min(wanted.maps, values.shape[-1])
    pictures = [wanted.encode(_signed_grey(values[..., channel], largest)) for channel in range(channels)]
    return {**described, "maps": pictures}


def receptive_field(rows: ReceptiveField | None, columns: ReceptiveField | None) -> dict[str, Any] | None:
    """How far a map's points see: pixels, the first one's middle, pixels to the next; None is everything."""
    if rows is None or columns is None:
        return None
    return {
        "height": rows.field, "width": columns.field,
        "first": [rows.first, columns.first], "jump": [rows.jump, columns.jump],
    }  # fmt: skip


def _signed_grey(values: NDArray[np.float32], largest: float) -> NDArray[np.uint8]:
    """-largest to largest as grey 1 to 255, 0 being 128: uint8 (h, w, 1)."""
    scaled = np.rint(128 + values * (127 / largest if largest > 0 else 0.0))
    return np.asarray(np.nan_to_num(scaled, nan=128.0).clip(0, 255), np.uint8)[..., None]


def _png(image: NDArray[np.uint8]) -> str:
    return base64.b64encode(encode_png(image)).decode()


def _bytes(image: NDArray[np.uint8]) -> str:
    return base64.b64encode(image.tobytes()).decode()


_FORMS: dict[str, Encode] = {"png": _png, "bytes": _bytes}
