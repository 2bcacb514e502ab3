"""`GET /`: the page to draw on, with its style sheets and scripts, which load nothing from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from inklens.serving.access import is_admitted
from inklens.serving.problems import ProblemError

_FOLDER = Path(__file__).parent.parent / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


async def start_page(request: Request) -> Response:
    """`GET /`; the page is told whether it may teach, and whether it has to ask for the token first."""
    settings = request.app.state.settings
    admitted = is_admitted(request.headers, settings.token)
    content = (
        _files()["index.html"].decode().replace("{{teach}}", "off" if settings.corrections is None else "on")
    )
    return HTMLResponse(content.replace("{{token}}", "none" if admitted else "wanted"))


async def page_part(request: Request) -> Response:
    """`GET /page/{name}`: a file of the page."""
    name = request.path_params["name"]
    kind = _TYPES.get(Path(name).suffix)
    if kind is None or name not in _files():
        raise ProblemError(404, f"no file {name[:60]!r} of the page; expected those that / names")
    return Response(_files()[name], media_type=kind)


@cache
def _files() -> dict[str, bytes]:
    """Read once: an installed package does not change."""
    return {path.name: path.read_bytes() for path in _FOLDER.iterdir() if path.is_file()}
