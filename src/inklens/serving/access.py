"""Who may call, and for how long: host names, token, time, and the headers of every answer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inklens.serving import server_metrics
from inklens.serving.problems import FAILED, GONE, described, problem_response, too_slow
from inklens.serving.request_images import HeldBytes
from inklens.serving.settings import ServerSettings

log = logging.getLogger("inklens.serving")

COOKIE = "inklens_session"
SESSION_SECONDS = 12 * 3600
# Asked by what watches over a server, which has no token, and by a page that exchanges one for a cookie.
OPEN_PATHS = frozenset(
    {
        "/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready",
        "/", "/docs", "/docs.css", "/docs.js", "/v1/session",
    }
)  # fmt: skip
_OPEN_FOLDER = "/page/"

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


class Access:
    """Lets a request through to the application, or answers it itself.

    Args:
        app: what answers.
        settings: host names, token and limits.
        held: the bodies that are held; what a request took of it is given back when it ends.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings, held: HeldBytes) -> None:
        self._app = app
        self._settings = settings
        self._held = held
        self._hosts = settings.hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        state = scope.setdefault("state", {})
        state["held"] = 0
        answered = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
                own = {name for name, _ in message["headers"]}
                added = [pair for pair in _RAW_HEADERS if pair[0] not in own]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        try:
            refused = self.refusal(scope["path"], scope["headers"])
            if refused is not None:
                await refused(scope, receive, send_with_headers)
                return
            async with asyncio.timeout(self._settings.limits.request_seconds):
                await self._app(scope, receive, send_with_headers)
        except TimeoutError:
            if not answered:
                error = too_slow(self._settings.limits.request_seconds)
                await problem_response(*described(error))(scope, receive, send_with_headers)
        except Exception:  # a mistake of ours
            if answered:
                raise
            log.exception("a request failed")
            await problem_response(500, FAILED)(scope, receive, send_with_headers)
        finally:
            self._held.give_back(state["held"])
            path = getattr(scope.get("route"), "path", "other")
            server_metrics.count_request(path, answered or GONE, time.perf_counter() - started)

    def refusal(self, path: str, headers: list[tuple[bytes, bytes]]) -> Response | None:
        """What is answered to a caller who is not let in; None to one who is.

        Args:
            path: what is asked for.
            headers: names in lower case, and values.
        """
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) > 1:
            return problem_response(400, "several Host headers; expected one")
        host = hosts[0].decode("latin-1").lower() if hosts else ""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        if name not in self._hosts:
            return problem_response(
                421,
                f"a request for the host {name[:100]!r}; expected one of {', '.join(sorted(self._hosts))}: "
                "start the server with --allow-host",
            )
        token = self._settings.token
        if path in OPEN_PATHS or path.startswith(_OPEN_FOLDER) or is_admitted(Headers(raw=headers), token):
            return None
        return problem_response(
            401,
            "no token, or a wrong one; expected Authorization: Bearer TOKEN",
            {"WWW-Authenticate": "Bearer"},
        )


def is_admitted(headers: Headers, token: str | None) -> bool:
    """Whether a request carries the token, as a header or by its cookie, or none is needed."""
    return token is None or _has_token(headers, token)


def is_token(given: str, token: str) -> bool:
    """Whether a text is the token, in a time that says nothing about it."""
    return hmac.compare_digest(given.encode(errors="replace"), token.encode())


def session_cookie(token: str, now: float) -> str:
    """What a page gets for the token: when it ends, and a signature that any worker can check."""
    end = str(int(now) + SESSION_SECONDS)
    return f"{end}.{_signature(end, token)}"


def _has_token(headers: Headers, token: str) -> bool:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and is_token(given.strip(), token):
        return True
    if "cookie" not in headers:
        return False
    try:
        morsel = SimpleCookie(headers["cookie"]).get(COOKIE)
    except CookieError:
        return False
    end, _, signature = morsel.value.partition(".") if morsel else ("", "", "")
    fresh = end.isdecimal() and len(end) < 20 and int(end) > time.time()
    return fresh and is_token(signature, _signature(end, token))


def _signature(end: str, token: str) -> str:
    return hmac.new(token.encode(), f"inklens session {end}".encode(), hashlib.sha256).hexdigest()
