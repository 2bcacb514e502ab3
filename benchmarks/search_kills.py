"""A search that SIGKILL ends several times, and that ends with all of its trials.

python benchmarks/search_kills.py --trials 20 --kills 3
"""

import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import record
from training_kills import few_digits


def command(scratch: Path, trials: int) -> list[str]:
    """Begins the search, or goes on with it."""
    folder = scratch / "searches/mine"
    search = [sys.executable, "-m", "inklens", "tune", "--trials", str(trials), "--quiet"]
    if (folder / "study.db").is_file():
        return [*search, "--resume", str(folder)]
    data = [str(scratch / "few.npz"), "--kind", "writing", "--framing", "ink"]
    return [*search, *data, "--epochs", "2", "--output", str(folder)]


def ended(folder: Path) -> int:
    """How many trials the table has."""
    path = folder / "trials.csv"
    if not path.is_file():
        return 0
    with path.open(encoding="utf-8") as file:
        return len(list(csv.DictReader(file)))


def killed_search(scratch: Path, given: Any) -> dict[str, Any]:
    """Kills the search at random moments, evenly over its trials; then lets it end."""
    chance, at = random.Random(given.seed), []
    folder = scratch / "searches/mine"
    for number in range(given.kills):
        goal = (number + 1) * given.trials // (given.kills + 1)
        with subprocess.Popen(command(scratch, given.trials), stdout=subprocess.DEVNULL) as process:
            while ended(folder) < goal and process.poll() is None:
                time.sleep(0.2)
            time.sleep(chance.uniform(0, 5))
            os.kill(process.pid, signal.SIGKILL)
        at.append(ended(folder))
        print(f"killed after {at[-1]} trials", flush=True)
    subprocess.run(command(scratch, given.trials), check=True)
    if ended(folder) != given.trials:
        raise SystemExit(f"the search ended with {ended(folder)} trials")
    with (folder / "trials.csv").open(encoding="utf-8") as file:
        states = [row["state"] for row in csv.DictReader(file)]
    return {
        "trials": given.trials,
        "killed_after_trials": at,
        "states": {state: states.count(state) for state in sorted(set(states))},
        "files": sorted(path.name for path in folder.rglob("*") if path.is_file()),
    }


def main() -> None:
    parser = record.parser(__doc__ or "")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        few_digits(Path(scratch))
        found = killed_search(Path(scratch), given)
    record.write("search_kills", found, dry=given.dry)
    print(found)


if __name__ == "__main__":
    main()
