"""From the body of a request to images: a file, a form with files, or JSON with pixels."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from inklens.classifier.image_inputs import framed_array
from inklens.classifier.metadata import refuse_constant
from inklens.pixels import PixelSpec
from inklens.serving.problems import ProblemError, busy
from inklens.serving.settings import Limits

JSON, FORM, BYTES = "application/json", "multipart/form-data", "application/octet-stream"
# A form is parsed by Python, a piece at a time.
_FORM_STEP = 2**16
_EXPECTED = f"image/png or another image type, {BYTES}, {FORM} with files, or {JSON} with pixels"


class HeldBytes:
    """The bodies that a worker holds, all together, so that many large ones cannot take all memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0

    def take(self, count: int) -> None:
        """Counts bytes that have come.

        Raises:
            ProblemError: there are too many; status 503.
        """
        if self._held + count > self._most:
            raise busy(f"bodies of {self._held:,} bytes are held already")
        self._held += count

    def give_back(self, count: int) -> None:
        """Counts bytes that are no longer held."""
        self._held -= count


async def read_body(request: Request, held: HeldBytes, most: int) -> bytes:
    """The whole body, counted as it arrives.

    Raises:
        ProblemError: too long (413), compressed (415), or not to be held (503).
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise ProblemError(
            415, f"a body with Content-Encoding {encoding[:40]!r}; expected it as it is: do not compress"
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise _too_long(int(declared), most)
    body = bytearray()
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        if len(body) + len(chunk) > most:
            raise _too_long(len(body) + len(chunk), most)
        held.take(len(chunk))
        request.state.held += len(chunk)
        body += chunk
    return bytes(body)


def _too_long(length: int, most: int) -> ProblemError:
    # The rest of the body is not read: the connection ends.
    return ProblemError(
        413,
        f"a body of {length:,} bytes or more; expected at most {most:,}: send fewer or smaller images",
        {"Connection": "close"},
    )


def media_type(request: Request) -> str:
    """The type of a request's body, in lower case, without parameters."""
    return request.headers.get("content-type", BYTES).partition(";")[0].strip().lower()


async def images_of(
    request: Request, held: HeldBytes, limits: Limits, spec: PixelSpec
) -> tuple[list[str | None], list[bytes | NDArray[np.uint8]]]:
    """The names and the images of a request: the bytes of files, or pixels framed for the network.

    Raises:
        ProblemError: a body that cannot be used.
        InklensError: pixels that cannot be used.
    """
    kind = media_type(request)
    names: list[str | None]
    images: list[bytes | NDArray[np.uint8]]
    if kind == JSON:
        body = await read_body(request, held, limits.json_bytes)
        images = list(pixels_of(parse_json(body, limits), spec, limits))
        names = [None] * len(images)
    elif kind == FORM:
        files = await _form_files(request, await read_body(request, held, limits.body_bytes), limits)
        names, images = [name for name, _ in files], [content for _, content in files]
    elif kind.startswith("image/") or kind == BYTES:
        names, images = [None], [await read_body(request, held, limits.body_bytes)]
    else:
        raise ProblemError(415, f"a body of type {kind[:100]!r}; expected {_EXPECTED}")
    if not images:
        raise ProblemError(400, "a request without images; expected at least one")
    _check_count(len(images), limits)
    return names, images


def _check_count(images: int, limits: Limits) -> None:
    if images > limits.images:
        raise ProblemError(
            413, f"{images} images in one request; expected at most {limits.images}: send several requests"
        )


def parse_json(body: bytes, limits: Limits) -> Any:
    """The content of a JSON body.

    Raises:
        ProblemError: no JSON, or lists inside lists beyond the limit (400), or too many lists (413).
    """
    lists = body.count(b"[") + body.count(b"{")
    if lists > limits.json_lists:
        raise ProblemError(
            413, f"JSON with {lists:,} lists; expected at most {limits.json_lists:,}: send image files"
        )
    try:
        content = json.loads(body, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = (
            error.msg if isinstance(error, json.JSONDecodeError) else "not UTF-8, or a number out of range"
        )
        raise ProblemError(400, f"a body that is no JSON ({reason}); expected JSON in UTF-8") from error
    brackets = body.translate(None, delete=_NO_BRACKETS)
    for _ in range(limits.json_depth):  # each round takes the innermost pairs away
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    if brackets:
        raise ProblemError(400, f"JSON more than {limits.json_depth} levels deep; expected fewer")
    return content


_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def pixels_of(content: Any, spec: PixelSpec, limits: Limits) -> NDArray[np.uint8]:
    """The member "pixels" of a JSON body as uint8 (N, H, W, C), framed for the network.

    Args:
        content: of the body.
        spec: of the network.
        limits: images are counted before they are framed.

    Raises:
        ProblemError: not there, or no array of numbers (400), or too many images (413).
        InklensError: another shape or range.
    """
    if not isinstance(content, dict) or "pixels" not in content:
        raise ProblemError(400, 'JSON without "pixels"; expected {"pixels": [[0, 255, ...], ...]}')
    try:
        array = np.asarray(content["pixels"])
    except (ValueError, TypeError, OverflowError) as error:
        raise ProblemError(400, "pixels in rows of unlike length; expected a rectangle of numbers") from error
    if array.dtype.kind not in "biuf":
        raise ProblemError(400, "pixels that are no numbers; expected whole numbers 0-255 or fractions 0-1")
    if array.ndim < 2 or 0 in array.shape:
        raise ProblemError(400, f"pixels of shape {array.shape}; expected (H, W), (H, W, C) or (N, H, W, C)")
    one = array.ndim == 2 or (array.ndim == 3 and array.shape[-1] in (1, 3))
    _check_count(1 if one else len(array), limits)
    return framed_array(array, spec)


async def _form_files(request: Request, body: bytes, limits: Limits) -> list[tuple[str | None, bytes]]:
    files, _ = await form_of(request, body, limits)
    return list(files)


async def form_of(
    request: Request, body: bytes, limits: Limits
) -> tuple[list[tuple[str, bytes]], dict[str, str]]:
    """The files of a form, with their names, and its other fields.

    Raises:
        ProblemError: a form that cannot be read; status 400.
    """

    async def stream() -> AsyncGenerator[bytes, None]:
        for start in range(0, len(body), _FORM_STEP):
            if start:
                await asyncio.sleep(0)  # let others have the event loop
            yield body[start : start + _FORM_STEP]

    parser = MultiPartParser(
        request.headers, stream(), max_files=limits.images + 1, max_fields=16, max_part_size=limits.body_bytes
    )
    parser.spool_max_size = limits.body_bytes + 1  # the body is in memory already
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError, UnicodeDecodeError) as error:
        reason = error.message if isinstance(error, MultiPartException) else "damaged"
        raise ProblemError(
            400, f"a form that cannot be read ({reason[:200]}); expected files in parts"
        ) from error
    files = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
    fields = {name: encodable(part) for name, part in form.multi_items() if isinstance(part, str)}
    return [(encodable(part.filename or ""), await part.read()) for part in files], fields


def encodable(text: str) -> str:
    """A text of a client that can be sent back: UTF-8 has no lone surrogates."""
    return text.encode("utf-8", "replace").decode()
