"""Errors as problem documents (RFC 9457): what was given, what is expected, how to put it right."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from inklens.errors import DataError, OptionError

log = logging.getLogger("inklens.serving")

CONTENT_TYPE = "application/problem+json"
GONE = 499  # as nginx counts callers who went away; nobody sees it but the metrics
FAILED = "the server failed; its log says why"


class ProblemError(Exception):
    """Ends a request with a problem document.

    Args:
        status: of the answer, 400 to 599.
        detail: one line: what was given, what is expected, the remedy.
        headers: of the answer, beside its type.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def busy(detail: str) -> ProblemError:
    """Too much is waiting already: the caller should come back."""
    return ProblemError(503, f"{detail}; try again after the time in Retry-After", {"Retry-After": "1"})


def too_slow(seconds: float) -> ProblemError:
    """The caller took too long to send a request, or asked for too much; the connection ends."""
    return ProblemError(
        408,
        f"the request took more than {seconds:g} s; send it faster, or ask for less",
        {"Connection": "close"},
    )


def problem(status: int, detail: str) -> dict[str, Any]:
    """The members of a problem document; its type is the status's own."""
    title = HTTPStatus(status).phrase if status != GONE else "Client Closed Request"
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem document as a response."""
    return JSONResponse(problem(status, detail), status, headers=headers, media_type=CONTENT_TYPE)


def raw_headers(headers: Mapping[str, str]) -> bytes:
    """Headers as HTTP/1.1 writes them."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()


def raw_answer(status: int, headers: bytes, body: bytes) -> bytes:
    """A whole answer, where there is no application to make one."""
    return b"%scontent-length: %d\r\n%s\r\n%s" % (STATUS_LINE[status], len(body), headers, body)


def raw_problem(status: int, detail: str, headers: Mapping[str, str]) -> bytes:
    """A problem document as a whole answer."""
    body = json.dumps(problem(status, detail)).encode()
    return raw_answer(status, raw_headers({"content-type": CONTENT_TYPE, **headers}), body)


async def on_problem(_: Request, error: Exception) -> Response:
    """Starlette's handler of what an endpoint raises."""
    return problem_response(*described(error))


def described(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Status, detail and headers of the answer to a request that ended with an error."""
    if isinstance(error, ProblemError):
        return error.status, error.detail, error.headers
    if isinstance(error, ClientDisconnect):
        return GONE, "the caller went away", {}
    if isinstance(error, DataError | OptionError):
        return 422, str(error), {}
    log.error("a request failed: %s", error)  # of the server's own files; the answer names none
    return 500, FAILED, {}


async def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette's own errors: no such address, or another method."""
    status = getattr(error, "status_code", 500)
    details = {
        404: "no such address; expected one of those in /openapi.json",
        405: f"{request.method} is not answered here; expected {_allowed(error)}",
    }
    headers = getattr(error, "headers", None)
    return problem_response(status, details.get(status, HTTPStatus(status).description), headers)


def _allowed(error: Exception) -> str:
    return str((getattr(error, "headers", None) or {}).get("Allow", "another method"))
