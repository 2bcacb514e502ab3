"""Process time (user + system) of commands that must answer at once: `inklens --help` and `inklens datasets`.

python benchmarks/startup.py
"""

import statistics
import sys

import record
from process import in_turn


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--runs", type=int, default=11, help="the first is not counted")
    given = parser.parse_args()
    commands = {name: [sys.executable, "-m", "inklens", name] for name in ("--help", "datasets")}
    figures = {}
    for name, measured in in_turn(commands, given.runs - 1).items():
        seconds = [round(each["process_seconds"], 4) for each in measured]
        figures[name] = {"median_process_seconds": round(statistics.median(seconds), 4), "all": seconds}
    print({name: entry["median_process_seconds"] for name, entry in figures.items()})
    record.write("startup", {"commands": figures}, dry=given.dry)


if __name__ == "__main__":
    main()
