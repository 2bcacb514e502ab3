import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from command_line import refusal
from inklens.errors import RunError
from inklens.serving import ServerSettings, Supervisor
from serving.running_server import running_server
from tiny_onnx import build_model, save


def _until(true) -> None:
    """Waits for what a server does by itself, at most a minute."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_requests_in_flight_are_answered_when_the_server_ends(tiny_folder):
    body = json.dumps({"pixels": np.zeros((200, 8, 8), int).tolist()}).encode()
    head = "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    limits = {"queue_seconds": 60.0, "queue_images": 100_000}
    with running_server(folder=tiny_folder, workers=2, limits=limits) as server, ExitStack() as stack:
        connections = []
        for _ in range(50):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
            connections.append(stack.enter_context(connection))
            connection.sendall(request)
        assert server.stop() == 0
        for connection in connections:
            answer = b"".join(iter(partial(connection.recv, 1 << 20), b""))
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert len(json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"]) == 200
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), timeout=60)


def test_ctrl_c_ends_it_quietly(tiny_folder):
    with running_server("model.onnx", "--workers", 1, folder=tiny_folder) as server:
        assert server.stop(signal.SIGINT) == 0
    assert server.log == []


def test_a_worker_that_dies_is_replaced(tiny_folder):
    with running_server("model.onnx", "--workers", 2, folder=tiny_folder) as server:
        first, second = server.workers()
        os.kill(first, signal.SIGKILL)
        _until(lambda: len(server.workers()) == 2 and first not in server.workers())
        assert second in server.workers()
        for _ in range(20):
            assert server.client.get("/health/ready", headers={"Connection": "close"}).status_code == 200


def test_why_a_worker_cannot_be_replaced_is_in_the_log(tmp_path):
    path = save(build_model(), tmp_path / "model.onnx")
    content = path.read_bytes()
    with running_server("model.onnx", "--workers", 2, folder=tmp_path) as server:
        path.write_bytes(b"broken")
        os.kill(server.workers()[0], signal.SIGKILL)
        _until(lambda: any("model.onnx cannot be used" in line for line in server.log))
        for _ in range(20):  # the other one answers all
            assert server.client.get("/health/ready", headers={"Connection": "close"}).status_code == 200
        path.write_bytes(content)
        _until(lambda: len(server.workers()) == 2)


# A server whose worker takes very long to start.
SLOW_START = """
import signal
from pathlib import Path
from inklens.serving import ServerSettings, Supervisor, worker
def run(*_):
    print("starting", flush=True)
    signal.pause()
worker.run = run
supervisor = Supervisor(ServerSettings({"pets": Path("model.onnx")}, port=0))
supervisor.run(lambda: None)
print(*(each.process.exitcode for each in supervisor._workers))
"""


def test_a_server_ends_while_it_starts():
    with subprocess.Popen([sys.executable, "-c", SLOW_START], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "starting\n"
        process.terminate()
        assert process.stdout.readline() == f"{-signal.SIGTERM}\n"  # not killed after a time of grace
        assert process.wait(timeout=60) == 0


def test_a_server_without_a_folder_for_its_metrics_says_so(tiny_folder, monkeypatch):
    def full(prefix):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(RunError, match=r"\(No space left on device\); expected one that can be written"):
        Supervisor(ServerSettings({"pets": tiny_folder}, port=0)).run(lambda: None)


def test_a_replaced_file_is_served_after_sighup_and_a_broken_one_is_not(tiny_folder, tmp_path, images):
    model = build_model()
    path = save(model, tmp_path / "model.onnx")
    with running_server("--model", f"pets={path}", "--workers", 2, folder=tmp_path) as server:

        def fingerprints():
            answers = [
                server.client.get("/v1/model", headers={"Connection": "close"}).json() for _ in range(12)
            ]
            return {answer["fingerprint"] for answer in answers}

        (before,) = fingerprints()
        path.write_bytes(b"broken")
        server.process.send_signal(signal.SIGHUP)
        _until(lambda: sum("stays as it was" in line for line in server.log) == 2)
        assert fingerprints() == {before}
        save(model, path)
        (first, _) = server.workers()
        os.kill(first, signal.SIGKILL)  # its figures end with it
        _until(lambda: len(server.workers()) == 2 and first not in server.workers())
        assert fingerprints() == {before}

        model.producer_name = "another"
        save(model, tmp_path / "new.onnx").replace(path)
        with ThreadPoolExecutor(4) as pool:
            sent = [pool.submit(server.client.post, "/v1/predict", content=content) for content in images * 4]
            server.process.send_signal(signal.SIGHUP)
            _until(lambda: before not in fingerprints())
            assert {future.result().status_code for future in sent} == {200}
        served = [line for line in server.client.get("/metrics").text.splitlines() if "fingerprint=" in line]
        assert [line for line in served if before in line and not line.endswith(" 0.0")] == []


def test_a_port_that_is_taken_is_said_with_the_remedy(server, inklens_process, tiny_folder):
    said = refusal(inklens_process("serve", tiny_folder, "--port", server.port))
    assert f"port {server.port} of 127.0.0.1 is taken; expected a free one: give another with --port" in said


def test_all_workers_are_counted_together(server, images):
    for content in images[:10]:
        answer = server.client.post("/v1/predict", content=content, headers={"Connection": "close"})
        assert answer.status_code == 200
    text = server.client.get("/metrics").text
    counted = [line for line in text.splitlines() if line.startswith("inklens_images_total")]
    assert sum(float(line.split()[-1]) for line in counted) >= 10
    assert "inklens_request_seconds_bucket" in text
    assert "inklens_batch_images_bucket" in text
    (model,) = [line for line in text.splitlines() if line.startswith("inklens_model_info")]
    assert 'model="pets"' in model


def test_no_framework_is_in_the_process(server):
    for pid in server.workers():
        maps = Path(f"/proc/{pid}/maps").read_text()
        assert "onnxruntime" in maps
        assert "tensorflow" not in maps
        assert "keras" not in maps
