"""What a committee costs on a cluster, against the same committee trained by one process with one thread.

    python benchmarks/cluster_train.py --images 10000 100000 1000000

Two networks of the preset `fast`, one epoch each, on so many images: MNIST's training images with a running
number in the last bits of their ink. The cluster has two nodes of one core and runs already. Both commands
are `inklens train`, start included. Compared are the networks' SHA-256, seconds, the seconds of processor
that all processes used, and the most memory that they had together. Where networks differ, it says in which
arrays, and by how much: their last bit, or another training altogether.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import inklens
import record
from cluster_kills import THREADS, hashes
from cluster_predict import numbered
from inklens.recipes import Committee, Recipe
from inklens.training import train
from ray_nodes import Nodes, own_processes
from weights import arrays

MEMBER = Recipe.from_preset("fast", epochs=1, minimum_steps=0, validation_seed=0)
COMMITTEE = Committee("two", {"a": MEMBER, "b": replace(MEMBER, seed=1)})
TRAINING = """
import sys
from cluster_train import train_two
train_two(*sys.argv[1:])
"""
_SECONDS_BETWEEN = 0.5  # two looks at the processes


class Sampler:
    """What the processes below this one use while a block runs, this one left out.

    A process's seconds are those of the last look at it: what waits for it does not always add them up.
    """

    def __enter__(self) -> "Sampler":
        self._first = self._seconds()
        self._last: dict[int, float] = {}
        self.most_mb = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._began
        self._over.set()
        self._thread.join()

    @property
    def cpu_seconds(self) -> float:
        """Of processor, used since the block began."""
        return sum(seconds - self._first.get(pid, 0.0) for pid, seconds in self._last.items())

    def _watch(self) -> None:
        while True:
            self._last |= self._seconds()
            if self._over.wait(_SECONDS_BETWEEN):
                return

    def _seconds(self) -> dict[int, float]:
        below = [process for process in own_processes() if process.pid != os.getpid()]
        self.most_mb = max(getattr(self, "most_mb", 0.0), sum(process.mb for process in below))
        return {process.pid: process.alone for process in below}


def write_digits(path: Path, images: int) -> None:
    """So many training images, no two the same, and MNIST's test images."""
    mnist = inklens.load("mnist")
    digits = mnist.train.batch(slice(0, len(mnist.train)))
    train = np.empty((images, *digits.shape[1:]), np.uint8)
    for number in range(images):
        train[number] = numbered(digits[number % len(digits)], number)
    labels = np.resize(mnist.train.labels, images)
    tests = mnist.test.batch(slice(0, len(mnist.test)))
    np.savez(path, x_train=train, y_train=labels, x_test=tests, y_test=mnist.test.labels)


def train_two(data: str, output: str, address: str = "") -> None:
    """Trains both networks, one after another or on the cluster with this address."""
    digits = inklens.load(data, kind="writing", framing="none")
    options: dict[str, Any] = {"report": False, "output": output, "name": "run"}
    if not address:
        train(digits, COMMITTEE, **options)
        return
    from inklens.cluster import connected, members_on

    with connected(address) as cluster:
        train(digits, COMMITTEE, **options, run_members=members_on(cluster, say=print))


def measured(data: Path, output: Path, address: str = "") -> dict[str, Any]:
    """What a training took, and the hashes of its networks."""
    threads = {} if address else dict.fromkeys(THREADS, "1")
    environment = {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", TRAINING, str(data), str(output), *filter(None, [address])]
    with Sampler() as used:
        subprocess.run(command, env=environment, check=True)
    return {
        "seconds": round(used.seconds, 1),
        "cpu_seconds": round(used.cpu_seconds, 1),
        "most_mb": round(used.most_mb),
        "hashes": hashes(output / "run"),
    }


def differences(one: Path, other: Path) -> Iterator[str]:
    """Where the networks of two runs differ, a line for each array."""
    for path in sorted(one.glob("members/*/[!.]*.keras")):
        name = path.relative_to(one)
        theirs = arrays(other / name)
        for array, mine in arrays(path).items():
            if not np.array_equal(mine, theirs[array], equal_nan=True):
                most = np.abs(mine.astype(float) - theirs[array]).max()
                yield f"{name} {array}: {most:.2g} at most, of {np.abs(mine).max():.2g}"


def compared(images: int, nice: int) -> dict[str, Any]:
    """One process and a cluster, on so many images."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        write_digits(scratch / "digits.npz", images)
        alone = measured(scratch / "digits.npz", scratch / "alone")
        with Nodes(2, nice) as nodes:
            together = measured(scratch / "digits.npz", scratch / "cluster", nodes.address)
        expected = alone.pop("hashes")
        if together.pop("hashes") != expected:
            found = "\n".join(differences(scratch / "alone" / "run", scratch / "cluster" / "run"))
            raise SystemExit(f"{images} images: other networks on the cluster\n{found}")
    times = {name: round(together[name] / alone[name], 2) for name in alone}
    return {"one_process": alone, "cluster": together, "times_of_one_process": times, "hashes": expected}


def main() -> None:
    parser = record.parser(__doc__ or "")
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--nice", type=int, default=0, help="of the processes that train")
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as with installed packages
    found: dict[str, Any] = {"load_before": os.getloadavg()}
    for images in given.images:
        found[f"images_{images}"] = compared(images, given.nice)
        print(images, found[f"images_{images}"], flush=True)
        record.write("cluster_train", found, dry=given.dry)


if __name__ == "__main__":
    main()
