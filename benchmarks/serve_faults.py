"""What a server must stand, on loopback, bounded in count and time; the results are kept.

    pip install schemathesis
    python benchmarks/serve_faults.py runs/mnist-fast-1

Requests in flight at SIGTERM, bad images in a batch, bodies over the limit, requests that are no HTTP, broken
images and bombs, slow clients, cases that schemathesis makes from the OpenAPI document, memory over many
requests. A 5xx that is not 503, a crash, or a wrong answer ends it.
"""

import asyncio
import io
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

import inklens
import record
from open_loop import measure

PORT = 18_766
ADDRESS = f"http://127.0.0.1:{PORT}"
DELIBERATE = {503}


@contextmanager
def server(model: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "inklens", "serve", str(model), "--port", str(PORT), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if line.startswith("address"):
                break
        else:
            sys.exit("the server does not start")
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


def workers(process: subprocess.Popen) -> list[int]:
    return list(map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()))


def memory_mb(process: subprocess.Popen) -> float:
    """Proportional set size of all workers."""
    texts = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in workers(process))
    return sum(int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) for text in texts) / 1024


def same_workers(process: subprocess.Popen, before: list[int]) -> None:
    if workers(process) != before:
        sys.exit("a worker died")


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def sigterm(model: Path, rounds: int) -> dict:
    """50 requests in flight at SIGTERM: all are answered, and it ends within 10 s."""
    body = json.dumps({"pixels": np.zeros((8, 28, 28), int).tolist()}).encode()
    head = "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    statuses: Counter[str] = Counter()
    longest = 0.0
    for _ in range(rounds):
        with server(model) as process, ExitStack() as stack:
            connections = []
            for _ in range(50):
                connection = socket.create_connection(("127.0.0.1", PORT), timeout=30)
                connections.append(stack.enter_context(connection))
                connection.sendall(request)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            for connection in connections:
                answer = b""
                try:
                    while part := connection.recv(1 << 20):
                        answer += part
                except OSError as error:
                    statuses[type(error).__name__] += 1
                    continue
                statuses[answer[9:12].decode() or "closed"] += 1
            process.wait(20)
            longest = max(longest, time.monotonic() - began)
    return {"rounds": rounds, "answers": dict(statuses), "longest_exit_s": round(longest, 2)}


def bad_among_good(images: list[bytes], labels: list[str], rounds: int) -> dict:
    """One damaged image among 32 requests at once: 31 right answers and one 4xx."""
    wrong = refused = busy = 0
    limits = httpx.Limits(max_connections=32)
    with httpx.Client(base_url=ADDRESS, limits=limits, timeout=30) as client, ThreadPoolExecutor(32) as pool:
        for number in range(rounds):
            place = number % 32
            picked = [(number * 31 + index) % len(images) for index in range(32)]
            bodies = [images[index][:60] if at == place else images[index] for at, index in enumerate(picked)]
            answers = list(pool.map(lambda body: client.post("/v1/predict", content=body), bodies))
            for at, (answer, index) in enumerate(zip(answers, picked, strict=True)):
                if answer.status_code == 503:
                    busy += 1
                elif at == place:
                    refused += answer.status_code == 422
                elif answer.status_code != 200 or answer.json()["predictions"][0]["label"] != labels[index]:
                    wrong += 1
    return {"rounds": rounds, "wrong_answers": wrong, "bad_images_refused": refused, "busy": busy}


def raw(data: bytes) -> int:
    """The status of what is no proper request; 0 if the connection is closed without one."""
    try:
        with socket.create_connection(("127.0.0.1", PORT), timeout=15) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
    except OSError:
        return 0
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


def broken_requests(count: int) -> dict:
    chance = random.Random(1)
    lines = ("POST /v1/predict HTTP/1.1", "Host: localhost", "Content-Type: image/png", "Content-Length: 4")
    good = "\r\n".join((*lines, "", "abcd")).encode()
    statuses: Counter[int] = Counter()
    for _ in range(count):
        data = bytearray(good)
        for _ in range(chance.randint(1, 12)):
            place = chance.randrange(len(data))
            change = chance.randrange(4)
            if change == 0:
                data[place] = chance.randrange(256)
            elif change == 1:
                del data[place : place + chance.randint(1, 20)]
            elif change == 2:
                data[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 30)))
            else:
                data[place:place] = data[: chance.randint(1, 60)]
            data = data or bytearray(b"\r\n")
        statuses[raw(bytes(data))] += 1
    return {str(status): number for status, number in sorted(statuses.items())}


def damaged_images(images: list[bytes], count: int) -> dict:
    chance = random.Random(2)
    statuses: Counter[int] = Counter()
    with httpx.Client(base_url=ADDRESS, timeout=30) as client:
        for number in range(count):
            data = bytearray(images[number % len(images)])
            for _ in range(chance.randint(1, 20)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            if number % 3 == 0:
                del data[chance.randrange(20, len(data)) :]
            statuses[client.post("/v1/predict", content=bytes(data)).status_code] += 1
        bombs = [_bomb(side) for side in range(8_000, 60_000, 2_600)]
        bombed = Counter(client.post("/v1/predict", content=bomb).status_code for bomb in bombs)
    return {"mutated": _counted(statuses), "bombs": _counted(bombed)}


def _bomb(side: int) -> bytes:
    """A PNG that says it has side x side pixels."""
    header = side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b"")]
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, content in chunks:
        parts += [
            len(content).to_bytes(4, "big"),
            name,
            content,
            zlib.crc32(name + content).to_bytes(4, "big"),
        ]
    return b"".join(parts)


def large_bodies(process: subprocess.Popen, count: int) -> dict:
    before = memory_mb(process)
    most = before
    statuses: Counter[int] = Counter()
    with httpx.Client(base_url=ADDRESS, timeout=60) as client:
        for number in range(count):
            kind = number % 3
            if kind == 0:
                content, headers = bytes(40_000_000), {}
            elif kind == 1:
                content, headers = (bytes(1_000_000) for _ in range(40)), {}
            else:
                content, headers = zlib.compress(bytes(60_000_000)), {"Content-Encoding": "deflate"}
            try:
                statuses[client.post("/v1/predict", content=content, headers=headers).status_code] += 1
            except httpx.TransportError:  # the server hangs up while the rest is being sent
                statuses[0] += 1
            most = max(most, memory_mb(process))
    return {"statuses": _counted(statuses), "memory_grew_mb": round(most - before, 1)}


def slow_clients(image: bytes, rate: float, count: int) -> dict:
    """p99 of the others, without and with slow clients, who send a byte of a request now and then."""

    async def both() -> tuple[dict, dict]:
        alone = await measure(f"{ADDRESS}/v1/predict", image, rate, 10)
        writers = []
        for _ in range(count):
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
            writer.write(b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
            writers.append(writer)

        async def dribble() -> None:
            while True:
                for writer in writers:
                    writer.write(b"x")
                await asyncio.sleep(0.5)

        task = asyncio.create_task(dribble())
        beside = await measure(f"{ADDRESS}/v1/predict", image, rate, 10)
        task.cancel()
        for writer in writers:
            writer.close()
        return alone, beside

    alone, beside = asyncio.run(both())
    p99 = [figures["answers"]["200"]["p99_ms"] for figures in (alone, beside)]
    return {"clients": count, "rate": rate, "p99_ms_alone": p99[0], "p99_ms_beside": p99[1]}


def schemathesis(cases: int) -> dict:
    """Cases made from the document; the command fails where an answer is a mistake of the server."""
    done = subprocess.run(
        ["schemathesis", "run", f"{ADDRESS}/openapi.json", "--checks", "not_a_server_error",
         "--max-examples", str(cases // 14), "--workers", "1", "--no-color", "--seed", "1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(done.stdout[-3000:])
    found = re.search(r"(\d[\d,]*) generated", done.stdout)
    return {"exit_code": done.returncode, "generated": int(found[1].replace(",", "")) if found else None}


def memory_over_time(process: subprocess.Popen, image: bytes, rate: float, seconds: int) -> dict:
    asyncio.run(measure(f"{ADDRESS}/v1/predict", image, rate, 20))  # all that is made once is there
    before = memory_mb(process)
    figures = asyncio.run(measure(f"{ADDRESS}/v1/predict", image, rate, seconds))
    grew = memory_mb(process) - before
    answered = figures["answers"]["200"]["count"]
    return {
        "seconds": seconds,
        "requests": answered,
        "grew_mb": round(grew, 2),
        "mb_per_100000": round(grew / answered * 100_000, 2),
        "answers": figures["answers"],
    }


def _counted(statuses: Counter[int]) -> dict[str, int]:
    return {str(status): number for status, number in sorted(statuses.items())}


def _refuse_failures(what: str, statuses: dict[str, int]) -> None:
    failed = [status for status in statuses if int(status) >= 500 and int(status) not in DELIBERATE]
    if failed:
        sys.exit(f"{what}: {statuses}")


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("run", type=Path, help="a run folder with model.onnx")
    parser.add_argument("--rate", type=float, default=300, help="requests per second, half of the capacity")
    parser.add_argument("--minutes", type=float, default=10, help="of the measurement of memory")
    options = parser.parse_args()
    pixels = inklens.load("mnist").test.batch(slice(0, 256))
    images = [png(image[..., 0]) for image in pixels]
    labels = list(inklens.Classifier.open(options.run).predict(pixels).labels)
    figures: dict = {"sigterm": sigterm(options.run, 10)}
    print(figures, flush=True)
    with tempfile.TemporaryDirectory() as folder, server(options.run) as process:
        os.chdir(folder)
        before = workers(process)
        steps = {
            "bad_among_good": lambda: bad_among_good(images, labels, 300),
            "broken_requests": lambda: broken_requests(1000),
            "damaged_images": lambda: damaged_images(images, 1000),
            "large_bodies": lambda: large_bodies(process, 100),
            "slow_clients": lambda: slow_clients(images[0], options.rate, 200),
            "schemathesis": lambda: schemathesis(2000),
            "memory": lambda: memory_over_time(process, images[0], options.rate, int(options.minutes * 60)),
        }
        for name, step in steps.items():
            figures[name] = step()
            print(name, figures[name], flush=True)
            same_workers(process, before)
    _refuse_failures("broken requests", figures["broken_requests"])
    for statuses in figures["damaged_images"].values():
        _refuse_failures("damaged images", statuses)
    record.write("serve_faults", figures, dry=options.dry)


if __name__ == "__main__":
    main()
