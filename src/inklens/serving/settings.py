"""What a server is told when it starts: models, address, who may call, and the limits of a request."""

from __future__ import annotations

import ipaddress
import re
import secrets
import socket
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from inklens.errors import OptionError

# Long enough that guessing it over a network is hopeless.
MIN_TOKEN = 16

_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HOST_NAME = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


@dataclass(frozen=True)
class Limits:
    """What one request may ask for.

    Args:
        body_bytes: of a request's body, counted as it arrives.
        json_bytes: of a JSON body, which takes far more memory than its bytes once it is parsed.
        json_lists: lists and objects in a JSON body; many small ones take seconds to parse.
        json_depth: of lists and objects inside each other.
        header_bytes: of a request's line and headers together.
        images: in one request.
        pixels: width x height of one image.
        request_seconds: from the headers to the answer; a client that sends its body more slowly is refused.
        head_seconds: from the connection to the end of the headers.
        queue_images: images that wait for the network in one worker.
        queue_seconds: while an image has waited longer for the network, or the event loop is half as late,
            requests are refused with status 503.
        slow_requests: requests to read or to explain that wait in one worker.
        held_bytes: of all bodies that one worker holds.
    """

    body_bytes: int = 32 * 2**20
    json_bytes: int = 4 * 2**20
    json_lists: int = 200_000
    json_depth: int = 8
    header_bytes: int = 16 * 2**10
    images: int = 256
    pixels: int = 50_000_000
    request_seconds: float = 30.0
    head_seconds: float = 10.0
    queue_images: int = 512
    queue_seconds: float = 0.1
    slow_requests: int = 8
    held_bytes: int = 128 * 2**20


@dataclass(frozen=True)
class ServerSettings:
    """How a server is set up.

    Args:
        models: name -> run folder or model.onnx; the first answers where a request names none.
        host: the address to listen on.
        port: 0 takes a free one.
        workers: processes, each with all models.
        token: what callers must give; needed to listen on more than loopback.
        allowed_hosts: names by which the server may be called, beside its own address.
        limits: of one request.
        corrections: the file that keeps what the page teaches; None keeps nothing.
        server: tells this server from an earlier one; made by itself.

    Raises:
        OptionError: a value out of range, a host that is none, or no token where one is needed.
    """

    models: dict[str, Path]
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    token: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    corrections: Path | None = None
    server: str = field(default_factory=partial(secrets.token_hex, 8), repr=False)

    def __post_init__(self) -> None:
        if not self.models:
            raise OptionError("no model to serve; expected at least one: NAME=PATH")
        for name in self.models:
            if not _MODEL_NAME.fullmatch(name):
                raise OptionError(
                    f"a model named {name!r}; expected letters, digits, '.', '_' and '-', at most 100: "
                    "--model NAME=PATH gives it another name"
                )
        for name in self.allowed_hosts:
            if not _HOST_NAME.fullmatch(name):
                raise OptionError(f"a host named {name!r}; expected a name without scheme, port and path")
        if not 0 <= self.port <= 65535:
            raise OptionError(f"port is {self.port}; expected 0 to 65535, 0 for a free one")
        if not 1 <= self.workers <= 64:
            raise OptionError(f"workers is {self.workers}; expected 1 to 64")
        if self.token is not None and (len(self.token) < MIN_TOKEN or not self.token.isascii()):
            raise OptionError(
                f"the token has {len(self.token)} characters; expected at least {MIN_TOKEN}, ASCII: "
                "python -c 'import secrets; print(secrets.token_urlsafe())' makes one"
            )
        _require_host(self.host)
        if self.token is None and not is_loopback(self.host):
            raise OptionError(
                f"host {self.host} can be reached by other machines; expected a token with it: "
                "set INKLENS_TOKEN or give --token, or listen on 127.0.0.1"
            )

    @property
    def default_model(self) -> str:
        """The model of requests that name none."""
        return next(iter(self.models))

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that a request may be for, in lower case."""
        own = {"localhost", "127.0.0.1", "[::1]", f"[{self.host}]" if ":" in self.host else self.host}
        return frozenset(name.lower() for name in own | set(self.allowed_hosts))


def _require_host(host: str) -> None:
    """Refuses what is no address, and no name that has one."""
    if is_loopback(host):
        return
    try:
        if not host or "/" in host:
            raise OSError
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:  # the second: of a name that can be none, such as "a..b"
        raise OptionError(
            f"host {host!r} is no address, nor a name that has one; expected an address of this machine, "
            "without scheme, port and path, such as 127.0.0.1"
        ) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
