"""One small image is answered without the application, and nobody can tell."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from inklens.pixels import encode_png
from serving.running_server import running_server


def _heads_and_bodies(server, data: bytes, count: int) -> list[tuple[bytes, bytes]]:
    """So many answers to what is sent over one connection."""
    answers = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(data)
        file = connection.makefile("rb")
        for _ in range(count):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = file.readline()
                if not line:
                    return answers
                head += line
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            answers.append((head, file.read(length)))
    return answers


def _request(image: bytes, path: str = "/v1/predict", more: str = "", version: str = "1.1") -> bytes:
    head = f"POST {path} HTTP/{version}\r\nHost: localhost\r\nContent-Length: {len(image)}\r\n{more}\r\n"
    return head.encode() + image


def test_the_answer_is_the_applications(server, images):
    for content in (images[0], images[1], b"no image"):
        quick = server.client.post("/v1/predict", content=content)
        usual = server.client.post("/v1/predict?top=1", content=content)
        assert quick.status_code == usual.status_code
        assert quick.json() == usual.json()
        names = [{name for name in each.headers if name != "date"} for each in (quick, usual)]
        assert names[0] == names[1]
        assert quick.headers["date"]


def test_requests_that_come_at_once_over_one_connection_are_answered_in_their_order(server, images):
    paths = ["/v1/predict", "/v1/predict?top=2", "/v1/predict", "/v1/predict", "/v1/predict?top=3"]
    data = b"".join(_request(image, path) for image, path in zip(images, paths, strict=False))
    answers = _heads_and_bodies(server, data, len(paths))
    for (head, body), image, path in zip(answers, images, paths, strict=False):
        assert head.startswith(b"HTTP/1.1 200 ")
        expected = server.client.post(path, content=image).json()["predictions"][0]
        assert json.loads(body)["predictions"][0] == expected
    assert len(answers) == len(paths)


def test_a_connection_that_the_caller_closes_is_closed(server, images):
    for more, version in (
        ("Connection: close\r\n", "1.1"),
        ("", "1.0"),
        ("Connection: keep-alive\r\n", "1.0"),
    ):
        answers = _heads_and_bodies(server, _request(images[0], more=more, version=version) * 2, 2)
        assert len(answers) == 1
        assert b"connection: close" in answers[0][0]


def test_a_body_that_comes_in_pieces_is_answered_and_one_that_does_not_come_is_refused(tiny_folder, images):
    with running_server(folder=tiny_folder, limits={"request_seconds": 1.0, "queue_seconds": 60.0}) as server:
        data = _request(images[0])
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(data[:-20])
            time.sleep(0.1)
            connection.sendall(data[-20:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        (head, body), *_ = _heads_and_bodies(server, data[:-1], 1)
        assert head.startswith(b"HTTP/1.1 408 ")
        assert b"the request took more than 1 s; send it faster" in body
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(data[:-1])  # and goes away
        assert server.client.post("/v1/predict", content=images[0]).status_code == 200
        assert b'inklens_requests_total{path="/v1/predict",status="499"} 1.0' in _metrics(server)


def _metrics(server) -> bytes:
    deadline = time.monotonic() + 60
    while True:
        content = server.client.get("/metrics").content
        if b'status="499"' in content or time.monotonic() > deadline:
            return content
        time.sleep(0.05)


def test_a_caller_who_is_not_let_in_is_not(tiny_folder, images):
    token = "correct-horse-battery"
    with running_server("model.onnx", "--workers", 1, folder=tiny_folder, INKLENS_TOKEN=token) as server:
        post = server.client.post
        assert post("/v1/predict", content=images[0]).status_code == 401
        allowed = {"Authorization": f"Bearer {token}"}
        assert post("/v1/predict", content=images[0], headers=allowed).status_code == 200
        assert post("/v1/predict", content=images[0], headers={"Host": "evil.example"}).status_code == 421


def test_a_body_over_the_servers_own_limit_is_refused_though_it_is_small(tiny_folder, images):
    with running_server("model.onnx", "--workers", 1, "--max-body", 50, folder=tiny_folder) as server:
        answer = server.client.post("/v1/predict", content=images[0])
        assert answer.status_code == 413
        assert "expected at most 50" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/predict?top=2", "/v2/models/pets/infer"])
def test_while_too_much_waits_requests_for_the_network_are_refused_and_health_answers(
    tiny_folder, images, path
):
    with running_server(folder=tiny_folder, limits={"queue_seconds": 0.02}) as server:
        large = [("images", ("a.png", encode_png(np.zeros((1000, 1000, 1), np.uint8)))) for _ in range(40)]
        with httpx.Client(base_url=server.address, timeout=60) as other, ThreadPoolExecutor(3) as pool:
            slow = [pool.submit(other.post, "/v1/predict", files=large) for _ in range(3)]
            refused = None
            while refused is None and not all(each.done() for each in slow):
                answer = server.client.post(path, content=images[0])
                refused = answer if "too many images wait" in answer.text else None
                assert server.client.get("/health/ready").status_code == 200
        assert refused is not None
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.status_code == 503
        assert {each.result().status_code for each in slow} <= {200, 503}
        assert b'inklens_refused_total{queue="early"}' in server.client.get("/metrics").content
