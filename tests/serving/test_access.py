import asyncio
import socket
import time
from pathlib import Path

import pytest

from inklens.errors import ModelError
from inklens.serving import ServerSettings, server_metrics
from inklens.serving.access import Access, session_cookie
from inklens.serving.problems import on_problem
from inklens.serving.request_images import HeldBytes
from serving.running_server import running_server

TOKEN = "correct-horse-battery"


def test_only_host_names_of_the_server_are_answered(server):
    for host, status in (("127.0.0.1:1", 200), ("localhost", 200), ("LOCALHOST", 200), ("evil.example", 421)):
        assert server.client.get("/v2", headers={"Host": host}).status_code == status
    problem = server.client.get("/v2", headers={"Host": "evil.example"}).json()
    assert (
        "expected one of 127.0.0.1, [::1], localhost: start the server with --allow-host" in problem["detail"]
    )


def test_several_host_headers_are_refused(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_mistake_of_ours_is_answered_and_counted_as_one(caplog):
    async def failing(scope, receive, send):
        raise ZeroDivisionError

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": "/", "method": "GET", "headers": [(b"host", b"localhost")]}
    asyncio.run(Access(failing, ServerSettings({"pets": Path()}), HeldBytes(1))(scope, None, send))
    assert sent[0]["status"] == 500
    assert (b"x-content-type-options", b"nosniff") in sent[0]["headers"]
    assert b"its log says why" in sent[1]["body"]
    assert b'inklens_requests_total{path="other",status="500"} 1.0' in server_metrics.exposition()
    assert "a request failed" in caplog.text


def test_an_error_about_the_servers_own_files_names_none(caplog):
    answer = asyncio.run(on_problem(None, ModelError("/srv/model.onnx cannot be used")))
    assert (answer.status_code, b"/srv" in answer.body) == (500, False)
    assert "/srv/model.onnx" in caplog.text


def test_every_answer_has_the_headers_that_protect_a_browser(server):
    for path in ("/docs", "/v1/model", "/nothing", "/health/live"):
        headers = server.client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
        assert "Access-Control-Allow-Origin" not in headers
        assert "Server" not in headers


def test_without_the_token_only_health_answers(tiny_folder):
    arguments = ("model.onnx", "--workers", 1, "--allow-host", "digits.example")
    with running_server(*arguments, folder=tiny_folder, INKLENS_TOKEN=TOKEN) as server:
        get = server.client.get
        assert get("/health/live").status_code == get("/v2/health/ready").status_code == 200
        for path in ("/docs", "/docs.js", "/docs.css"):  # where a browser can give the token
            assert get(path).status_code == 200
        for path in ("/v1/model", "/metrics", "/openapi.json", "/nothing"):
            answer = get(path)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert get("/v1/model", headers={"Authorization": "Bearer wrong"}).status_code == 401
        allowed = {"Authorization": f"Bearer {TOKEN}", "Host": "digits.example"}
        assert get("/v1/model", headers=allowed).status_code == 200
        assert get("/metrics", headers=allowed).status_code == 200

        assert server.client.post("/v1/session", json={"token": "wrong"}).status_code == 401
        answer = server.client.post("/v1/session", json={"token": TOKEN})
        assert answer.status_code == 204
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert get("/v1/model").status_code == 200  # the client keeps the cookie
        server.client.cookies.clear()
        for forged in (
            "x",
            "9999999999.00",
            session_cookie(TOKEN, time.time() - 1e6),
            session_cookie("x", 2e9),
        ):
            assert get("/v1/model", headers={"Cookie": f"inklens_session={forged}"}).status_code == 401
        assert not any(TOKEN in line for line in server.log)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--host", "0.0.0.0"), "host 0.0.0.0 can be reached by other machines; expected a token"),
        (("--host", "0.0.0.0", "--token", "short"), "the token has 5 characters; expected at least 16"),
        (("--port", "70000"), "'70000' is no port: expected 0 to 65535"),
        (("--model", "digits="), "'digits=' names no model: expected NAME=PATH"),
        (("--model", "a b=model.onnx"), "a model named 'a b'; expected letters"),
        (("--model", "other.onnx"), "other.onnx is not there; expected a model.onnx"),
        (("--model", "pets=other.onnx"), "other.onnx is not there; expected a model.onnx"),
        (("--allow-host", "https://a.example"), "expected a name without scheme, port and path"),
        (("--workers", "0"), "'0' is not a whole number, 1 or more"),
        (("--host", "192.0.2.1", "--token", TOKEN), "expected an address of this machine"),
    ],
)
def test_what_a_server_cannot_start_with_is_one_line(inklens_process, tiny_folder, arguments, expected):
    done = inklens_process("serve", "--port", "0", *arguments)
    if "--model" not in arguments:
        done = inklens_process("serve", str(tiny_folder), "--port", "0", *arguments)
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
