"""What is too large, too deep, too slow or compressed is refused, and takes no memory."""

import asyncio
import gzip
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn
from uvicorn.server import ServerState

from inklens.serving.http_protocol import EarlyRefusal, LimitedHttpProtocol
from inklens.serving.problems import ProblemError, raw_answer
from inklens.serving.quick_predict import QuickCycle
from serving.running_server import running_server


@pytest.fixture(scope="module")
def small(tiny_folder):
    """A server that takes bodies of 100,000 bytes."""
    with running_server("model.onnx", "--workers", 1, "--max-body", 100_000, folder=tiny_folder) as server:
        yield server


def _memory(server) -> int:
    rollups = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in server.workers())
    return sum(
        int(line.split()[1]) for text in rollups for line in text.splitlines() if line.startswith("Pss:")
    )


def test_bodies_over_the_limit_are_refused_declared_or_not(small):
    post = small.client.post
    assert post("/v1/predict", content=bytes(50_000)).status_code == 422  # no image, but not too long
    before = _memory(small)
    for _ in range(20):
        answer = post("/v1/predict", content=bytes(5_000_000))
        assert answer.status_code == 413
        assert "expected at most 100,000: send fewer or smaller images" in answer.json()["detail"]
        assert post("/v1/predict", content=(bytes(10_000) for _ in range(20))).status_code == 413
    assert _memory(small) < before + 20_000  # kB


def test_compressed_bodies_are_refused(small, images):
    answer = small.client.post(
        "/v1/predict", content=gzip.compress(images[0]), headers={"Content-Encoding": "gzip"}
    )
    assert answer.status_code == 415
    assert "Content-Encoding 'gzip'; expected it as it is" in answer.json()["detail"]


def _raw(server, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(data)
        answer = b""
        while part := connection.recv(65536):
            answer += part
            if b"\r\n\r\n" in answer and b"keep-alive" not in answer and answer.rstrip().endswith(b"}"):
                break
    return answer


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 5_000 + b"\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 400_000,  # without end
    ],
    ids=["one", "many", "path", "endless"],
)
def test_headers_over_the_limit_are_refused(small, head):
    assert _raw(small, head).startswith(b"HTTP/1.1 431 ")
    assert small.client.get("/health/live").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(small, data):
    assert _raw(small, data).startswith(b"HTTP/1.1 400 ")


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(small):
    header = b"P5 8000 8000 255\n"
    answer = small.client.post("/v1/predict", content=header + bytes(100))
    assert answer.status_code == 422
    assert "8000x8000 pixels; expected at most 50,000,000: make it smaller" in answer.json()["detail"]


def test_a_client_that_does_not_send_its_request_is_hung_up_on(tiny_folder):
    with running_server(folder=tiny_folder, limits={"head_seconds": 0.2, "request_seconds": 0.5}) as server:
        assert _raw(server, b"") == b""
        assert _raw(server, b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n") == b""
        head = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
        answer = _raw(server, head + b"half")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"took more than 0.5 s; send it faster" in answer
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head + b"half")  # and goes away
        _raw(server, b"no HTTP")
        assert server.client.get("/health/live").status_code == 200
        server.stop()
    assert server.log == []


def test_a_connection_on_which_nothing_is_asked_is_closed_even_if_bytes_come(tiny_folder):
    get = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    post = b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    with running_server(folder=tiny_folder, limits={"head_seconds": 0.2}) as server:
        for request, more in ((get, b"\r\n"), (post, b"x")):
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
                connection.sendall(request)
                assert connection.recv(65536).startswith(b"HTTP/1.1 ")
                connection.sendall(more)
                while connection.recv(65536):
                    pass


def test_a_connection_whose_answer_nobody_reads_is_cut():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(32_000_000)})

    async def never_read() -> None:
        lost = asyncio.Event()

        class Protocol(LimitedHttpProtocol):
            max_unread_seconds = 0.1

            def connection_lost(self, exc):
                super().connection_lost(exc)
                lost.set()

        config = uvicorn.Config(app, lifespan="off", log_config=None)
        config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Protocol(config, state, {}), "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        async with server:
            with socket.create_connection(address) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                await asyncio.wait_for(lost.wait(), 60)

    asyncio.run(never_read())


def test_a_caller_who_asks_on_and_reads_nothing_is_not_read_from_for_ever():
    """The quick answer and the early refusal wait for their reader as the application's answers do."""

    class Quick:
        def cycle(self, method, url, headers):
            return QuickCycle(SimpleNamespace(classifier=None), Batches())

    class Batches:
        def predict(self, classifier, given):
            raise ProblemError(500, "x" * 2000)

    busy = EarlyRefusal(lambda _: True, lambda: None, raw_answer(503, b"", bytes(2000)), (b"/predict",))

    async def ask(early: EarlyRefusal | None) -> int:
        """How many bytes are taken from a caller until no more are."""
        protocols = []

        class Protocol(LimitedHttpProtocol):
            early_refusal = early
            quick = Quick()

            def connection_made(self, transport):
                super().connection_made(transport)
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                protocols.append(self)

        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": bytes(2000)})

        config = uvicorn.Config(app, lifespan="off", log_config=None)
        config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Protocol(config, state, {}), "127.0.0.1", 0)
        head = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n"
        async with server:
            with socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                await loop.run_in_executor(None, connection.connect, server.sockets[0].getsockname())
                connection.setblocking(False)
                rest = b""
                for _ in range(20_000):
                    while not protocols:
                        await asyncio.sleep(0)
                    if protocols[0].flow.read_paused:
                        break
                    rest = rest or head + bytes(20)
                    with suppress(BlockingIOError):
                        rest = rest[connection.send(rest) :]
                    await asyncio.sleep(0)
                waiting = protocols[0].transport.get_write_buffer_size()
                assert protocols[0].flow.read_paused
        return waiting

    for early in (None, busy):
        assert asyncio.run(ask(early)) < 1_000_000


def test_what_is_over_the_queues_limit_is_refused_and_health_is_answered(tiny_folder, images):
    limits = {"queue_images": 4, "queue_seconds": 60.0}
    with running_server(folder=tiny_folder, limits=limits) as server, ThreadPoolExecutor(48) as pool:

        def send(content):
            return server.client.post("/v1/predict", content=content)

        answers = list(pool.map(send, images * 8))
        statuses = {answer.status_code for answer in answers}
        assert statuses <= {200, 503}
        assert 200 in statuses
        for answer in answers:
            if answer.status_code == 503:
                assert answer.headers["Retry-After"] == "1"
                assert "images wait for the network already" in answer.json()["detail"]
        assert server.client.get("/health/ready").status_code == 200
        whole = server.client.post("/v1/predict", files=[("images", content) for content in images])
        assert whole.status_code == 200  # a request that finds nothing before it is always taken
