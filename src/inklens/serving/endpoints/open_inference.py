"""The Open Inference Protocol, version 2, over HTTP: tensors in, tensors out, in JSON or as binary data.

https://github.com/kserve/open-inference-protocol, with the binary tensor data extension that Triton's client
uses. A model takes "pixels", framed already; `/v1/predict` takes images of any size.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inklens import __version__
from inklens.classifier.onnx_file import INPUT
from inklens.serving.batching import Answer
from inklens.serving.endpoints.predict_endpoint import unless_gone
from inklens.serving.model_store import ServedModel
from inklens.serving.problems import ProblemError
from inklens.serving.request_images import encodable, parse_json, read_body

_HEADER_LENGTH = "inference-header-content-length"
_OUTPUTS = ("probabilities", "id_score", "status")


async def server_metadata(_: Request) -> Response:
    """The name and the version of the server."""
    return JSONResponse({"name": "inklens", "version": __version__, "extensions": ["binary_tensor_data"]})


async def model_metadata(request: Request) -> Response:
    """What a model takes and gives."""
    model = request.app.state.models.get(request.path_params["name"])
    classes = len(model.classifier.class_names)
    outputs = [
        ("probabilities", "FP32", [-1, classes]),
        ("id_score", "FP32", [-1]),
        ("status", "BYTES", [-1]),
    ]
    return JSONResponse(
        {
            "name": model.name,
            "versions": [model.fingerprint[:12]],
            "platform": "onnx",
            "inputs": [{"name": INPUT, "datatype": "UINT8", "shape": [-1, *model.classifier.spec.shape]}],
            "outputs": [{"name": name, "datatype": kind, "shape": shape} for name, kind, shape in outputs],
        }
    )


async def model_ready(request: Request) -> Response:
    """A model that is there is ready."""
    model = request.app.state.models.get(request.path_params["name"])
    return JSONResponse({"name": model.name, "ready": True})


async def infer(request: Request) -> Response:
    """An answer for each row of "pixels"."""
    state = request.app.state
    model = state.models.get(request.path_params["name"])
    limits = state.settings.limits
    length = request.headers.get(_HEADER_LENGTH)
    body = await read_body(request, state.held, limits.json_bytes if length is None else limits.body_bytes)
    if length is None:
        header, binary = body, b""
    elif length.isdecimal() and len(length) < 12 and int(length) <= min(len(body), limits.json_bytes):
        header, binary = body[: int(length)], body[int(length) :]
    else:
        raise ProblemError(400, f"{_HEADER_LENGTH} is {length[:20]!r}; expected the length of the JSON")
    content = parse_json(header, limits)
    pixels = _pixels(content, binary, model, limits.images)
    wanted = _wanted(content)
    answers = await unless_gone(request, state.batches.predict(model.classifier, list(pixels)))
    failed = next((answer for answer in answers if isinstance(answer, Exception)), None)
    if failed is not None:
        raise failed
    return _response(content, model, answers, wanted)


def _pixels(content: Any, binary: bytes, model: ServedModel, most: int) -> NDArray[np.uint8]:
    inputs = content.get("inputs") if isinstance(content, dict) else None
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise ProblemError(400, f'a request without one entry in "inputs"; expected {INPUT!r}')
    tensor = inputs[0]
    shape, parameters = tensor.get("shape"), tensor.get("parameters")
    expected = ", ".join(map(str, ("N", *model.classifier.spec.shape)))
    if (
        (tensor.get("name"), tensor.get("datatype")) != (INPUT, "UINT8")
        or not isinstance(shape, list)
        or not all(type(side) is int and 0 < side <= 10_000 for side in shape)
        or tuple(shape[1:]) != model.classifier.spec.shape
    ):
        raise ProblemError(400, f"another input; expected {INPUT!r} of UINT8 ({expected})")
    if shape[0] > most:
        raise ProblemError(413, f"{shape[0]} images in one request; expected at most {most}")
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    try:
        if size is None:
            array = np.asarray(tensor.get("data"), np.int64)
            if array.size and not 0 <= array.min() <= array.max() <= 255:
                raise ValueError
            return array.astype(np.uint8).reshape(shape)
        if size != len(binary):
            raise ValueError
        return np.frombuffer(binary, np.uint8).reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise ProblemError(
            400, f"data that are not UINT8 {tuple(shape)}; expected as many as the shape"
        ) from error


def _wanted(content: dict[str, Any]) -> list[dict[str, Any]]:
    given = content.get("outputs")
    outputs = [{"name": name} for name in _OUTPUTS] if given is None else given
    if not isinstance(outputs, list) or not all(
        isinstance(entry, dict) and entry.get("name") in _OUTPUTS for entry in outputs
    ):
        raise ProblemError(400, f'"outputs" with an unknown name; expected {", ".join(_OUTPUTS)}')
    if len({entry["name"] for entry in outputs}) < len(outputs):
        raise ProblemError(400, '"outputs" that name one twice; expected each at most once')
    return outputs


def _response(
    content: dict[str, Any], model: ServedModel, answers: list[Answer], wanted: list[dict[str, Any]]
) -> Response:
    values: dict[str, Any] = {
        "probabilities": np.stack([answer.predictions.probabilities[answer.row] for answer in answers]),
        "id_score": np.stack([answer.predictions.id_score[answer.row] for answer in answers]),
        "status": [str(answer.predictions.status[answer.row]) for answer in answers],
    }
    outputs, blobs = [], []
    for entry in wanted:
        name = entry["name"]
        value = values[name]
        text = isinstance(value, list)
        described: dict[str, Any] = {
            "name": name,
            "datatype": "BYTES" if text else "FP32",
            "shape": [len(value)] if text else list(value.shape),
        }
        if _is_binary(entry, content):
            blob = (
                b"".join(_length_and_text(item) for item in value) if text else value.astype("<f4").tobytes()
            )
            described["parameters"] = {"binary_data_size": len(blob)}
            blobs.append(blob)
        else:
            described["data"] = value if text else value.astype(float).ravel().round(7).tolist()
        outputs.append(described)
    answer = {"model_name": model.name, "model_version": model.fingerprint[:12], "outputs": outputs}
    if isinstance(content.get("id"), str):
        answer["id"] = encodable(content["id"])
    if not blobs:
        return JSONResponse(answer)
    header = json.dumps(answer).encode()
    return Response(
        b"".join([header, *blobs]),
        headers={_HEADER_LENGTH: str(len(header))},
        media_type="application/octet-stream",
    )


def _is_binary(entry: dict[str, Any], content: dict[str, Any]) -> bool:
    own, whole = entry.get("parameters"), content.get("parameters")
    if isinstance(own, dict) and "binary_data" in own:
        return own["binary_data"] is True
    return isinstance(whole, dict) and whole.get("binary_data_output") is True


def _length_and_text(text: str) -> bytes:
    return len(text).to_bytes(4, "little") + text.encode()
