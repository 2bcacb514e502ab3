"""`inklens serve` under load: against FastAPI with bare onnxruntime and LitServe, with the same model file.

    apt-get install wrk
    python -m venv peers; peers/bin/pip install fastapi litserve 'uvicorn[standard]' onnxruntime pillow
    python benchmarks/serve.py runs/mnist-fast-1 --peers peers/bin/python --rounds 3

In each round the servers take turns, each with a worker for each core: wrk asks for one PNG of 28x28 over 32
connections, on the same cores. Then ours alone: p99 at half of its capacity, thrice its capacity for 30 s
(open loop; see open_loop.py), memory of a worker, and the time from the command to the first answer.
"""

import base64
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image

import inklens
import record
from inklens.classifier.classifier import available_cores

PORT = 18_765
CONNECTIONS = 32
GOALS = {
    "per_second": 1000,
    "times_fastapi": 1.2,
    "times_litserve": 1.5,
    "p99_ms_at_half": 50,
    "worker_mb": 130,
}

FASTAPI = """
import io, sys
import numpy as np, onnxruntime, uvicorn
from fastapi import FastAPI, Request
from PIL import Image
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession({model!r}, options)
app = FastAPI()

@app.get("/health/ready")
async def ready():
    return {{}}

@app.post("/v1/predict")
async def predict(request: Request):
    pixels = np.asarray(Image.open(io.BytesIO(await request.body())).convert("L"))[None, ..., None]
    probabilities = session.run(["probabilities"], {{"pixels": pixels}})[0][0]
    return {{"label": int(probabilities.argmax()), "probability": float(probabilities.max())}}
"""

# It takes JSON.
LITSERVE = """
import base64, io
import litserve, numpy as np, onnxruntime
from PIL import Image

class Api(litserve.LitAPI):
    def setup(self, device):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession({model!r}, options)

    def decode_request(self, request):
        content = base64.b64decode(request["image"])
        return np.asarray(Image.open(io.BytesIO(content)).convert("L"))[..., None]

    def batch(self, inputs):
        return np.stack(inputs)

    def predict(self, pixels):
        return self.session.run(["probabilities"], {{"pixels": pixels}})[0]

    def unbatch(self, output):
        return list(output)

    def encode_response(self, probabilities):
        return {{"label": int(probabilities.argmax()), "probability": float(probabilities.max())}}

if __name__ == "__main__":
    api = Api(max_batch_size=64, batch_timeout=0.001, api_path="/v1/predict", enable_async=False)
    server = litserve.LitServer(
        api, accelerator="cpu", workers_per_device={workers}, healthcheck_path="/health/ready"
    )
    server.run(port={port}, num_api_servers={workers}, generate_client_file=False, log_level="error")
"""


@contextmanager
def server(command: list[str], folder: Path) -> Iterator[tuple[subprocess.Popen, float]]:
    """A server that answers, and the seconds from its start to its first answer."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/ready", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.perf_counter() - began > 60:
                    sys.exit(f"{command[:4]} does not answer")
                time.sleep(0.01)
        yield process, time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with suppress(ProcessLookupError):  # children that do not end with it
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.5)


def wrk(image: Path, seconds: int, name: str = "inklens") -> dict[str, float]:
    """Requests per second, p99 and the cores that wrk itself took."""
    body, kind = image, "image/png"
    if name == "litserve":
        body, kind = image.with_name("one.json"), "application/json"
        body.write_text(json.dumps({"image": base64.b64encode(image.read_bytes()).decode()}))
    script = image.with_name("post.lua")
    script.write_text(
        f'wrk.method = "POST"\nlocal file = io.open("{body}", "rb")\nwrk.body = file:read("*all")\n'
        f'wrk.headers["Content-Type"] = "{kind}"\n'
    )
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script)]
    process = subprocess.Popen(
        [*command, f"http://127.0.0.1:{PORT}/v1/predict"], stdout=subprocess.PIPE, text=True
    )
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status or "Non-2xx" in printed:
        sys.exit(f"wrk: {printed}")
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", printed).groups()
    return {
        "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", printed)[1]),
        "p99_ms": float(p99) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
        "cores_of_wrk": round((usage.ru_utime + usage.ru_stime) / seconds, 2),
    }


def open_loop(image: Path, rate: float, seconds: float) -> dict:
    script = Path(__file__).with_name("open_loop.py")
    url = f"http://127.0.0.1:{PORT}/v1/predict"
    command = [sys.executable, str(script), url, str(image), str(round(rate)), str(seconds)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def worker_mb(process: subprocess.Popen) -> float:
    """The largest proportional set size (PSS) of a worker."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    sizes = []
    for child in children:
        text = Path(f"/proc/{child}/smaps_rollup").read_text()
        sizes.append(int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) / 1024)
    return round(max(sizes), 1)


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("run", type=Path, help="a run folder with model.onnx")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8, help="of each measurement by wrk")
    parser.add_argument("--peers", type=Path, help="Python with FastAPI and LitServe; left out: ours alone")
    options = parser.parse_args()
    model, workers = str((options.run / "model.onnx").absolute()), available_cores()
    ours = [sys.executable, "-m", "inklens", "serve", model, "--port", str(PORT), "--workers", str(workers)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = folder / "one.png"
        Image.fromarray(inklens.load("mnist").test.batch([0])[0, ..., 0]).save(image)
        values = {"model": model, "workers": workers, "port": PORT}
        (folder / "with_fastapi.py").write_text(FASTAPI.format(**values))
        (folder / "with_litserve.py").write_text(LITSERVE.format(**values))
        uvicorn = ["-m", "uvicorn", "with_fastapi:app", "--port", str(PORT), "--workers", str(workers)]
        commands = {
            "inklens": ours,
        }
        if options.peers is not None:
            python = str(options.peers.absolute())
            commands["fastapi"] = [python, *uvicorn, "--no-access-log"]
            commands["litserve"] = [python, "with_litserve.py"]
        rounds: dict[str, list[dict]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                with server(command, folder) as (_, seconds):
                    wrk(image, 2, name)
                    rounds[name].append({"ready_s": round(seconds, 2), **wrk(image, options.seconds, name)})
                    print(name, rounds[name][-1], flush=True)
        medians = {name: statistics.median(each["per_second"] for each in rounds[name]) for name in commands}
        with server(ours, folder) as (process, _):
            half = open_loop(image, medians["inklens"] / 2, 20)
            print(half, flush=True)
            memory = worker_mb(process)
            overload = open_loop(image, 3 * medians["inklens"], 30)
            print(overload, flush=True)
    figures = {
        "workers": workers,
        "rounds": rounds,
        "per_second": round(medians["inklens"]),
        **{
            f"times_{name}": round(medians["inklens"] / median, 2)
            for name, median in medians.items()
            if name != "inklens"
        },
        "half_of_capacity": half,
        "three_times_capacity": overload,
        "worker_mb": memory,
        "ready_s": statistics.median(each["ready_s"] for each in rounds["inklens"]),
        "goals": GOALS,
    }
    print(figures)
    preset = inklens.Classifier.open(options.run).metadata.recipe["preset"]
    record.write(f"serve_{preset}", figures, dry=options.dry)


if __name__ == "__main__":
    main()
