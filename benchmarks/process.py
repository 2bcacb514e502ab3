"""Runs a command and says how long it took and how much memory it had: python benchmarks/process.py COMMAND

It is a small process of its own: a child's peak memory never reads less than its parent's at the start. The
command may keep its bytecode, as that of installed packages is kept, whatever PYTHONDONTWRITEBYTECODE says.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def measure(command: list[str]) -> dict:
    """seconds, process_seconds (user and system), peak_mb and printed; ends this program if it fails."""
    done = subprocess.run(
        [sys.executable, "-S", __file__, *command], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def in_turn(commands: dict[str, list[str]], rounds: int) -> dict[str, list[dict]]:
    """Each command's measurements, by its name; a first round warms the disk cache and is not counted."""
    measured = [{name: measure(command) for name, command in commands.items()} for _ in range(rounds + 1)]
    return {name: [each[name] for each in measured[1:]] for name in commands}


def summary(measured: list[dict]) -> dict[str, float]:
    """What results say of a command."""
    seconds = [each["seconds"] for each in measured]
    return {
        "median_s": round(statistics.median(seconds), 3),
        "fastest_s": round(min(seconds), 3),
        "slowest_s": round(max(seconds), 3),
        "peak_mb": round(max(each["peak_mb"] for each in measured), 1),
    }


def in_child(function: Callable[..., dict], *arguments: object) -> dict:
    """What a script's function returns in a process of its own, on TensorFlow."""
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        sys.exit(f"{' '.join(sys.argv[1:5])} ended with status {status}")
    figures = {"seconds": seconds, "process_seconds": usage.ru_utime + usage.ru_stime}
    print(json.dumps({**figures, "peak_mb": usage.ru_maxrss / 1024, "printed": printed}))


if __name__ == "__main__":
    main()
