"""Trainings that SIGKILL ends at random moments and inside saves, and that end as one that was never stopped.

    python benchmarks/training_kills.py --backend tensorflow --kills 100
    python benchmarks/training_kills.py --backend jax --kills 10

A run is killed and resumed again and again until it is done; then its networks and its history must be those
of a run that nobody killed, and another run begins. Every third kill comes inside a save: while the file is
being written, before it is renamed, and after. The network is small, but all that has a random state is on:
dropout, augmentation, drawn outliers, and an OOD detector. Each training is a fork of this process, which has
imported the framework but not used it.
"""

import csv
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import record
from inklens.datasets import Dataset, load
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.run_folder import RunFolder
from weights import digest

IN_SAVE = ("half written", "before it is renamed", "after it is renamed")
STARTING, ANYWHERE = "before its first step", "at any later moment"
MOMENTS = (*(one for save in IN_SAVE for one in (save, ANYWHERE, ANYWHERE)), STARTING)
RECIPE = Recipe(
    network="conv5x5",
    epochs=2,
    batch_size=64,
    augmentation="writing-light",
    outliers=0.2,
    ood_detector="convnet-small",
    ood_detector_epochs=1,
    plain_epochs=1,
    dropout=0.2,
    weight_averaging=0.9,
    validation_split=100,
)


def few_digits(folder: Path) -> Dataset:
    """640 digits of 14x14 pixels to learn from, 100 to test with, in a file."""
    sample = load("sample")
    parts = {}
    for name, split, count in (("train", sample.train, 640), ("test", sample.test, 100)):
        chosen = np.linspace(0, len(split) - 1, count).astype(int)
        blocks = split.batch(chosen).reshape(count, 14, 2, 14, 2, 1)
        parts |= {f"x_{name}": blocks.mean(axis=(2, 4)).astype(np.uint8), f"y_{name}": split.labels[chosen]}
    np.savez(folder / "few.npz", **parts)
    return load(folder / "few.npz", kind="writing", framing="ink")


def end_state(run: Path) -> str:
    """SHA-256 of the weights of every network, and of the history without its times."""
    sha = hashlib.sha256()
    for path in sorted(run.glob("[!.]*.keras")):  # a kill inside a save leaves a half file, .partial-...
        sha.update(digest(path).encode())
    with (run / "history.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kept = {name: value for name, value in row.items() if name not in ("seconds", "ms_per_step")}
            sha.update(repr(kept).encode())
    return sha.hexdigest()


def train_or_resume(data: Dataset, folder: Path, progress: Callable[[Any], None] | None = None) -> None:
    """Goes on with the run in a folder, or begins it."""
    from inklens.training import resume, train

    if (folder / "recipe.json").is_file():
        resume(folder, progress=progress)
        return
    for left in folder.glob("*"):  # killed before it said what it is
        left.unlink()
    options: dict[str, Any] = {"report": False, "checkpoint_every": 0.0, "progress": progress}
    train(data, RECIPE, output=folder.parent, name=folder.name, **options)


def kill_at_save(number: int, stage: str) -> None:
    """Has this process killed inside its save of that number, from 0."""
    replace, seen = Path.replace, Counter()

    def killing(self: Path, target: Path) -> Path:
        if target.suffix == ".checkpoint":
            seen["saves"] += 1
            if seen["saves"] == number + 1:
                if stage == IN_SAVE[0]:
                    os.truncate(self, self.stat().st_size // 2)
                if stage == IN_SAVE[2]:
                    replace(self, target)
                os.kill(os.getpid(), signal.SIGKILL)
        return replace(self, target)

    Path.replace = killing  # type: ignore[method-assign, assignment]


def forked(
    work: Callable[[Callable[[Any], None]], None],
    seconds: float | None = None,
    *,
    after_first_step: bool = True,
) -> bool:
    """Does the work in a fork, which is killed so long after its first step; whether it came to its end."""
    hears, says = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.close(hears)
            work(lambda _: os.write(says, b"."))
            code = 0
        except BaseException as error:  # noqa: BLE001
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    os.close(says)
    if seconds is not None and (not after_first_step or os.read(hears, 1)):
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    while os.read(hears, 4096):
        pass
    os.close(hears)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status not in (0, -signal.SIGKILL):
        raise SystemExit(f"a training ended with {status}")
    return status == 0


def killed_runs(kills: int, seed: int, scratch: Path) -> dict[str, Any]:
    """Kills trainings so often; ends the program where one cannot be gone on with, or ends otherwise."""
    chance, data = random.Random(seed), few_digits(scratch)
    began = time.monotonic()
    forked(lambda tell: train_or_resume(data, scratch / "whole", tell))
    expected, lasted = end_state(scratch / "whole"), time.monotonic() - began
    done, runs, moments = 0, 0, Counter[str]()
    while done < kills:
        folder, runs = scratch / f"run{runs}", runs + 1
        ended = False
        while not ended:
            moment = MOMENTS[done % len(MOMENTS)] if done < kills else ""
            ended = _training(data, folder, moment, chance, lasted)
            if not ended:
                done, moments[moment] = done + 1, moments[moment] + 1
                print(f"kill {done}, {moment}", flush=True)
                _check_readable(folder)
        if end_state(folder) != expected:
            raise SystemExit(f"{folder.name} ended with other weights or another history after {done} kills")
        print(f"{done} kills, runs that ended alike: {runs}", flush=True)
    return {"kills": done, "runs": runs, "moments": dict(moments), "other_end_states": 0, "unreadable": 0}


def _training(data: Dataset, folder: Path, moment: str, chance: random.Random, lasted: float) -> bool:
    """One training, killed at such a moment; whether it came to its end before."""
    saves = chance.randrange(8)

    def work(tell: Callable[[Any], None]) -> None:
        if moment in IN_SAVE:
            kill_at_save(saves, moment)
        train_or_resume(data, folder, tell)

    if moment == STARTING:
        return forked(work, chance.uniform(0, 1), after_first_step=False)
    return forked(work, chance.uniform(0, lasted / 2) if moment == ANYWHERE else None)


def _check_readable(folder: Path) -> None:
    """Every JSON of the run, and a checkpoint if there is one."""
    from inklens.training.loop.checkpoints import Checkpoints

    run = RunFolder(folder)
    for path in folder.glob("*.json"):
        run.read_json(path)
    for place in (run.checkpoint, run.checkpoint / "ood_detector"):
        if any(place.glob("epoch*")) and Checkpoints(place, 0).latest() is None:
            raise SystemExit(f"{place} has no checkpoint that can be read")


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--backend", default="tensorflow")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--add", action="store_true", help="to the kills of the former result")
    given = parser.parse_args()
    select_backend(given.backend)

    with tempfile.TemporaryDirectory() as scratch:
        found = killed_runs(given.kills, given.seed, Path(scratch))
    name = f"training_kills-{given.backend}"
    former = record.read(name) if given.add else {}
    found["moments"] = dict(Counter(former.get("moments", {})) + Counter(found["moments"]))
    for figure in ("kills", "runs"):
        found[figure] += former.get(figure, 0)
    record.write(name, found, dry=given.dry)


if __name__ == "__main__":
    main()
