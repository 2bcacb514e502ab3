"""Requests at a fixed rate, whatever the answers do: python benchmarks/open_loop.py URL FILE RATE SECONDS

Each request has its time in the plan, and its latency counts from that time, so that a server that stalls is
seen to (no coordinated omission). It prints, by status, the count and the latency's quantiles, as JSON, and
the same of /health/ready, which is asked 20 times a second.
"""

import asyncio
import json
import resource
import sys
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

_MOST_CONNECTIONS = 2000
_WAIT_SECONDS = 20.0


class Client(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, done) -> None:
        self._done = done
        self._answer = b""
        self.transport = None
        self.since = 0.0

    def connection_made(self, transport) -> None:
        self.transport = transport

    def ask(self, request: bytes, since: float) -> None:
        self.since = since
        self._answer = b""
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, separator, body = self._answer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0] or 0)
        if len(body) >= length:
            self._done(self, int(head[9:12]), b"connection: close" in head.lower())

    def connection_lost(self, error) -> None:
        if self.since:
            self._done(self, 0, True)


class Load:
    """A stream of one request at a rate, over as many connections as it needs."""

    def __init__(self, host: str, port: int, request: bytes) -> None:
        self._address = host, port
        self._request = request
        self._idle: list[Client] = []
        self._connections = 0
        self._open = 0
        self.latencies: dict[str, list[float]] = defaultdict(list)

    async def run(self, rate: float, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        started = time.perf_counter()
        pending = set()
        for number in range(int(rate * seconds)):
            planned = started + number / rate
            ahead = planned - time.perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            elif number % 50 == 0:
                await asyncio.sleep(0)
            self._open += 1
            while self._idle and self._idle[-1].transport.is_closing():  # unused for long
                self._idle.pop()
                self._connections -= 1
            if self._idle:
                self._idle.pop().ask(self._request, planned)
            elif self._connections < _MOST_CONNECTIONS:
                task = loop.create_task(self._connect(planned))
                pending.add(task)
                task.add_done_callback(pending.discard)
            else:
                self._count(0, planned)
        end = time.perf_counter() + _WAIT_SECONDS
        while self._open and time.perf_counter() < end:
            await asyncio.sleep(0.02)
        self.latencies["unanswered"] += [_WAIT_SECONDS] * self._open

    async def _connect(self, planned: float) -> None:
        self._connections += 1
        try:
            loop = asyncio.get_running_loop()
            _, client = await loop.create_connection(lambda: Client(self._answered), *self._address)
        except OSError:
            self._connections -= 1
            self._count(0, planned)
            return
        client.ask(self._request, planned)

    def _answered(self, client: Client, status: int, closes: bool) -> None:
        since, client.since = client.since, 0.0
        self._count(status, since)
        if closes:
            self._connections -= 1
            client.transport.close()
        else:
            self._idle.append(client)

    def _count(self, status: int, since: float) -> None:
        self._open -= 1
        self.latencies[str(status) if status else "failed"].append(time.perf_counter() - since)


def summary(latencies: dict[str, list[float]]) -> dict:
    """Count and latency in milliseconds of each status."""
    found = {}
    for status, values in sorted(latencies.items()):
        values.sort()
        if values:
            at = {name: values[min(len(values) - 1, int(share * len(values)))] for name, share in _QUANTILES}
            found[status] = {"count": len(values)} | {
                name: round(1000 * value, 2) for name, value in at.items()
            }
    return found


_QUANTILES = (("p50_ms", 0.5), ("p99_ms", 0.99), ("max_ms", 1.0))


def request(method: str, url: str, body: bytes = b"") -> tuple[str, int, bytes]:
    """Host, port and the bytes of a request."""
    parts = urlsplit(url)
    head = f"{method} {parts.path} HTTP/1.1\r\nHost: {parts.hostname}\r\nContent-Type: image/png\r\n"
    return parts.hostname, parts.port, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def measure(url: str, body: bytes, rate: float, seconds: float) -> dict:
    load = Load(*request("POST", url, body))
    health = Load(*request("GET", f"{url[: url.index('/', 8)]}/health/ready"))
    before = resource.getrusage(resource.RUSAGE_SELF)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(load.run(rate, seconds))
        tasks.create_task(health.run(20, seconds))
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "rate": rate,
        "seconds": seconds,
        "answers": summary(load.latencies),
        "health": summary(health.latencies),
        "cores_of_generator": round(used / seconds, 2),
    }


def main() -> None:
    import uvloop

    url, file, rate, seconds = sys.argv[1:]
    print(json.dumps(uvloop.run(measure(url, Path(file).read_bytes(), float(rate), float(seconds)))))


if __name__ == "__main__":
    main()
