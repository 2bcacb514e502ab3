"""Two trainings with one name at once, and two `--resume` of one run: one has it, and nothing is mixed.

    python benchmarks/training_pairs.py --pairs 20

Both processes of a pair are forks that begin at the same moment. One must end with the networks and the
history of a run that was alone, the other must be refused in one line.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import record
from inklens.errors import RunError
from training_kills import RECIPE, end_state, few_digits, forked, kill_at_save, train_or_resume

REFUSED = 9


def in_fork(work: Callable[[], None], begin: int) -> int:
    """A process that waits for a byte and then does the work; its exit code says whether it was refused."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.read(begin, 1)
        work()
        code = 0
    except RunError as error:
        code = REFUSED if "\n" not in str(error) else 1
    finally:
        os._exit(code)


def pair(work: Callable[[], None]) -> Counter[int]:
    """Does the work in two processes at once; how often each exit code came out."""
    begin, start = os.pipe()
    pids = [in_fork(work, begin) for _ in range(2)]
    os.write(start, b"..")
    codes = Counter(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)
    os.close(begin)
    os.close(start)
    return codes


def pairs(count: int, scratch: Path) -> dict[str, Any]:
    """Pairs of trainings and of resumes; ends the program where two trained, none did, or files are mixed."""
    from inklens.training import resume, train

    data = few_digits(scratch)
    forked(lambda tell: train_or_resume(data, scratch / "whole", tell))
    expected = end_state(scratch / "whole")
    for number in range(count):
        for what in ("train", "resume"):
            run = scratch / f"{what}{number}"

            def work(what: str = what, run: Path = run) -> None:
                if what == "resume":
                    resume(run)
                else:
                    train(data, RECIPE, output=run.parent, name=run.name, report=False)

            if what == "resume":  # of a run that was killed
                forked(lambda _, run=run: (kill_at_save(3, ""), train_or_resume(data, run)))
            codes = pair(work)
            if codes != {0: 1, REFUSED: 1} or end_state(run) != expected:
                raise SystemExit(f"{run.name} ended with {dict(codes)}, or mixed up")
        print(f"{number + 1} pairs of trainings and of resumes: one had it, one was refused", flush=True)
    return {"pairs_of_trainings": count, "pairs_of_resumes": count, "mixed": 0}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    given = parser.parse_args()
    from inklens.networks.backends import select_backend

    select_backend("tensorflow")
    with tempfile.TemporaryDirectory() as scratch:
        found = pairs(given.pairs, Path(scratch))
    record.write("training_pairs", found, dry=given.dry)


if __name__ == "__main__":
    main()
