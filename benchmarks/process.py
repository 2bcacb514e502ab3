"""Runs a command and says how long it took and how much memory it had: python benchmarks/process.py COMMAND

It is a small process of its own: a child's peak memory never reads less than its parent's at the start. The
command may keep its bytecode, as that of installed packages is kept, whatever PYTHONDONTWRITEBYTECODE says.
"""

import json
import os
import subprocess
import sys
import time


def measure(command: list[str]) -> dict:
    """seconds, peak_mb and printed (its standard output); ends this program if the command fails."""
    done = subprocess.run(
        [sys.executable, "-S", __file__, *command], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        sys.exit(f"{' '.join(sys.argv[1:5])} ended with status {status}")
    print(json.dumps({"seconds": seconds, "peak_mb": usage.ru_maxrss / 1024, "printed": printed}))


if __name__ == "__main__":
    main()
