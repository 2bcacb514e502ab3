"""The OpenAPI document of a server, and a page that shows it and loads nothing from elsewhere."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from inklens import __version__
from inklens.serving.settings import Limits

_HERE = Path(__file__).parent


async def document(request: Request) -> Response:
    """`GET /openapi.json`."""
    return JSONResponse(
        _document(request.app.state.settings.limits, request.app.state.settings.token is not None)
    )


async def page(request: Request) -> Response:
    """`GET /docs`: the same for people."""
    limits, token = request.app.state.settings.limits, request.app.state.settings.token is not None
    return HTMLResponse(_page(limits, token))


async def page_file(request: Request) -> Response:
    """`GET /docs.js` and `GET /docs.css`: what the page needs."""
    name = request.url.path.rpartition("/")[2]
    return Response(_file(name), media_type="text/css" if name.endswith(".css") else "text/javascript")


@cache
def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _document(limits: Limits, token: bool) -> dict[str, Any]:
    """The file with the limits of this server; security only where there is a token."""
    content: dict[str, Any] = json.loads(_file("openapi.json"))
    content["info"]["version"] = __version__
    content["info"]["description"] += (
        f" A body has at most {limits.body_bytes:,} bytes (JSON {limits.json_bytes:,}), a request at most "
        f"{limits.images} images, an image at most {limits.pixels:,} pixels."
    )
    if token:
        content["security"] = [{"token": []}, {"session": []}]
    return content


@cache
def _page(limits: Limits, token: bool) -> str:
    content = _document(limits, token)
    shared = content["components"]["responses"]
    sections = [
        _section(path, method, operation, shared)
        for path, methods in content["paths"].items()
        for method, operation in methods.items()
    ]
    return (
        _file("docs.html")
        .replace("{{title}}", escape(content["info"]["title"]))
        .replace("{{version}}", escape(__version__))
        .replace("{{description}}", escape(content["info"]["description"]))
        .replace("{{token}}", "" if token else "hidden")
        .replace("{{operations}}", "\n".join(sections))
    )


def _section(path: str, method: str, operation: dict[str, Any], shared: dict[str, Any]) -> str:
    parameters = "".join(
        f"<tr><td><code>{escape(entry['name'])}</code></td><td>{escape(entry['description'])}</td></tr>"
        for entry in operation.get("parameters", [])
    )
    table = (
        f"<table><thead><tr><th>Parameter</th><th>Meaning</th></tr></thead>{parameters}</table>"
        if parameters
        else ""
    )
    return (
        f'<section><h2><span class="method">{method.upper()}</span> <code>{escape(path)}</code></h2>'
        f"<p>{escape(operation['summary'])}</p><p>{escape(operation.get('description', ''))}</p>{table}"
        f"{_form(path, method, operation)}{_answers(operation['responses'], shared)}</section>"
    )


def _form(path: str, method: str, operation: dict[str, Any]) -> str:
    if "{" in path:
        return ""
    takes_files = "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
    several = " multiple" if path == "/v1/predict" else ""
    file = (
        f'<label>Images <input type="file" name="images" accept="image/*"{several}></label>'
        if takes_files
        else ""
    )
    if method == "post" and not takes_files:
        return ""
    fields = "".join(
        f'<label>{escape(entry["name"])} <input name="{escape(entry["name"])}" size="12"></label>'
        for entry in operation.get("parameters", [])
    )
    return (
        f'<form data-path="{escape(path)}" data-method="{method.upper()}">{file}{fields}'
        '<button>Try it</button><pre aria-live="polite" hidden></pre></form>'
    )


def _answers(responses: dict[str, Any], shared: dict[str, Any]) -> str:
    """`shared` holds the answers that several addresses refer to, by the last part of the reference."""
    answers = {
        status: shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        for status, answer in responses.items()
    }
    rows = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])}</td></tr>"
        for status, answer in answers.items()
    )
    media = answers.get("200", {}).get("content", {}).get("application/json", {})
    example = ""
    if "example" in media:
        text = escape(json.dumps(media["example"], indent=1))
        example = f"<details><summary>Example</summary><pre>{text}</pre></details>"
    return f"<table><thead><tr><th>Status</th><th>Answer</th></tr></thead>{rows}</table>{example}"
