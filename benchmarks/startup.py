"""Process time (user + system) of commands that must answer at once: `inklens --help` and `inklens datasets`.

python benchmarks/startup.py
"""

import argparse
import os
import statistics
import subprocess
import sys

import record


def process_seconds(*arguments: str) -> float:
    """User and system time of one whole process, in seconds."""
    # Installed packages have their bytecode beside them; without it every start compiles our sources anew.
    keeping = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "inklens", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=keeping)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"inklens {' '.join(arguments)} ended with {status}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=11, help="the first is not counted")
    given = parser.parse_args()
    figures = {}
    for arguments in (("--help",), ("datasets",)):
        seconds = [process_seconds(*arguments) for _ in range(given.runs)][1:]
        figures[" ".join(arguments)] = {
            "median_process_seconds": round(statistics.median(seconds), 4),
            "all": [round(value, 4) for value in seconds],
        }
    print({name: entry["median_process_seconds"] for name, entry in figures.items()})
    record.write("startup", {"commands": figures})


if __name__ == "__main__":
    main()
