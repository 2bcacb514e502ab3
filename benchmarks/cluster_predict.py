"""Images through a cluster's actors: every one once though actors are killed, and what the engine costs.

    python benchmarks/cluster_predict.py --images 10000 --kills 5 --rounds 3
    python benchmarks/cluster_predict.py --images 100000 --kills 0 --shard 5000
    python benchmarks/cluster_predict.py --images 1000000 --kills 0 --shard 20000

The images are MNIST's test images with a running number in the last bits of their ink, so that no two are
the same, as PNG in Parquet shards. Compared are `inklens predict` in as many processes as there are cores,
each on its share of the shards, and a cluster of so many nodes of one core that runs already, in turn and
with the same priority: answers, ids, seconds, the seconds of processor that all processes used, and memory.

Start-up is over with the first part of each core of a cluster; of `inklens predict`, with one shard for each
process. The steady rate is that of all images after.
"""

import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import dataset, parquet

import inklens
import record
from ray_nodes import Nodes, own_processes, used

COLUMNS = ["file", "status", "label", "probability"]
ACTORS = (b"ray::MapWorker", b"ray::_MapWorker")
_BITS = 32
_INK = 64  # of 255: what counts as ink; every digit has 34 such pixels or more


def write_shards(folder: Path, images: int, size: int) -> None:
    """`images` small PNG in shards of `size`."""
    import cv2

    split = inklens.load("mnist").test
    digits = split.batch(slice(0, len(split)))
    for first in range(0, images, size):
        contents = []
        for number in range(first, min(first + size, images)):
            pixels = numbered(digits[number % len(digits)], number)
            contents.append(cv2.imencode(".png", pixels)[1].tobytes())
        table = pyarrow.table({"image": contents})
        parquet.write_table(table, folder / f"shard-{first // size:05}.parquet")


def numbered(digit: np.ndarray, number: int) -> np.ndarray:
    """A digit with a number, bit by bit, in the last bits of its first pixels of ink."""
    pixels = digit.copy()
    places = np.flatnonzero(pixels.ravel() >= _INK)[:_BITS]
    bits = (number >> np.arange(len(places)) & 1).astype(np.uint8)
    pixels.ravel()[places] = pixels.ravel()[places] & 254 | bits
    return pixels


def answers_of(path: Path | list[Path]) -> pyarrow.Table:
    """Of a folder or of files, sorted by the image."""
    return dataset.dataset(path).to_table(columns=COLUMNS).sort_by("file")


def side_by_side(model: Path, files: list[Path], output: Path, processes: int, nice: int) -> dict[str, float]:
    """`inklens predict` in so many processes, each on its share of the shards: seconds, start included."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    running = []
    for number in range(processes):
        command = [
            "nice",
            "-n",
            nice,
            sys.executable,
            "-m",
            "inklens",
            "predict",
            *files[number::processes],
            "--model",
            model,
        ]
        command += ["--output", output.with_name(f"{output.name}-{number}.parquet")]
        running.append(subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL))
    if any(process.wait() for process in running):
        raise SystemExit("inklens predict failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": time.monotonic() - began, "cpu_seconds": cpu}


class Watch:
    """The progress callback of a job: what its processes have used, and at one part the end of an actor.

    Args:
        cores: of the cluster; start-up is over with as many parts.
        parts: of the job.
        kill_at: the part after which an actor is killed; 0 is none.
    """

    def __init__(self, cores: int, parts: int, kill_at: int = 0) -> None:
        self._looks = {cores: "first", parts // 2: "middle", parts: "last"}
        self._kill_at = kill_at
        self.seen = {"start": self._look(0)}

    def tell(self, now: Any) -> None:
        """After each part."""
        if now.parts in self._looks:
            self.seen[self._looks[now.parts]] = self._look(now.counts.total())
        if now.parts == self._kill_at:
            actor = next(process for process in own_processes() if process.name.startswith(ACTORS))
            os.kill(actor.pid, signal.SIGKILL)

    @staticmethod
    def _look(images: int) -> dict[str, Any]:
        every = own_processes()
        actors = [process for process in every if process.name.startswith(ACTORS)]
        own = [process for process in every if process.pid == os.getpid()]
        seen: dict[str, Any] = {"seconds": time.monotonic(), "images": images, "cpu": used(every)["cpu"]}
        seen["of"] = Counter()
        for process in every:
            seen["of"][process.kind] += process.seconds
        for name, processes in (("actors", actors), ("driver", own)):
            seen[f"{name}_mb"] = used(processes)["mb"]
        return seen

    def between(self, name: str, start: str) -> float:
        """What came to it from one look to the last."""
        came: float = self.seen["last"][name] - self.seen[start][name]
        return came

    def processes(self, first: str, last: str) -> dict[str, float]:
        """Seconds of processor from one look to another, by what used them, the largest first."""
        return dict((self.seen[last]["of"] - self.seen[first]["of"]).most_common(9))


def on_cluster(
    nodes: Nodes, model: Path, shards: Path, output: Path, cores: int, kill: bool = False
) -> dict[str, Any]:
    """The same on a cluster that is there; an actor is killed midway where asked for."""
    from inklens.cluster import connected, predict_parts

    parts = len(list(shards.glob("*.parquet")))
    kill_at = random.Random(output.name).randrange(1, max(2, parts - 1)) if kill else 0
    watch = Watch(cores, parts, kill_at)
    with connected(nodes.address) as cluster:
        done = predict_parts(cluster, model, [str(shards)], str(output), progress=watch.tell)
    found: dict[str, Any] = {
        "seconds": watch.between("seconds", "start"),
        "images": done.counts.total(),
        "seconds_to_first_parts": watch.seen["first"]["seconds"] - watch.seen["start"]["seconds"],
    }
    for name in ("driver_mb", "actors_mb"):
        found[name] = [round(watch.seen[when][name]) for when in ("first", "middle", "last")]
    if kill:
        return {**found, "killed_at_part": kill_at}
    after = watch.between("images", "first")
    return {
        **found,
        "cpu_seconds": watch.between("cpu", "start"),
        "steady_us_per_image": 1e6 * watch.between("seconds", "first") / after,
        "steady_cpu_us_per_image": 1e6 * watch.between("cpu", "first") / after,
        "cpu_seconds_of_start": watch.processes("start", "first"),
        "cpu_seconds_after": watch.processes("first", "last"),
    }


def check(answers: Path, of_one: list[Path], what: str) -> float:
    """Ends the program where ids or answers differ; gives the largest difference of two probabilities.

    A batch of another size is multiplied in another order: of a million images some differ by 1e-6.
    """
    table, expected = answers_of(answers), answers_of(of_one)
    if not table.select(["file", "status", "label"]).equals(expected.select(["file", "status", "label"])):
        raise SystemExit(f"{what}: other ids or answers than one machine")
    one, other = (np.asarray(each["probability"], np.float64) for each in (table, expected))
    largest = float(np.nanmax(np.abs(one - other)))
    if largest > 1e-5:
        raise SystemExit(f"{what}: probabilities that differ from one machine's by {largest:.1e}")
    return largest


def compared(
    scratch: Path, model: Path, cores: int, rounds: int, expected: list[Path], nice: int
) -> tuple[dict[str, Any], list[Path]]:
    """`inklens predict` and a cluster of so many cores in turn, and the files with all answers of one."""
    shards = sorted((scratch / "shards").glob("*.parquet"))
    in_first = parquet.read_metadata(shards[0]).num_rows
    images = sum(parquet.read_metadata(path).num_rows for path in shards)
    alone: list[dict[str, Any]] = []
    together: list[dict[str, Any]] = []
    for number in range(rounds):
        output = scratch / f"alone-{cores}-{number}"
        start = side_by_side(model, shards[:cores], scratch / f"start-{cores}-{number}", cores, nice)
        one = side_by_side(model, shards, output, cores, nice)
        rest = images - cores * in_first
        for name, steady in (("seconds", "steady_us_per_image"), ("cpu_seconds", "steady_cpu_us_per_image")):
            one[steady] = 1e6 * (one[name] - start[name]) / rest
        alone.append(one)
        if not expected:
            expected = sorted(scratch.glob(f"{output.name}-*.parquet"))
        answers = scratch / f"cluster-{cores}-{number}"
        with Nodes(cores, nice) as nodes:
            together.append(on_cluster(nodes, model, shards[0].parent, answers, cores))
        print(alone[-1], together[-1], flush=True)
        together[-1]["largest_difference"] = f"{check(answers, expected, f'{cores} cores'):.1e}"
    predict, cluster = _medians(alone), _medians(together)
    times = {name: round(cluster[name] / predict[name], 2) for name in predict}
    return {"inklens_predict": predict, "cluster": cluster, "times_of_inklens_predict": times}, expected


def _medians(measured: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each figure; of what is no number, the last."""
    found: dict[str, Any] = {}
    for name, value in measured[-1].items():
        if isinstance(value, float):
            value = round(statistics.median(one[name] for one in measured), 1)
        elif isinstance(value, dict):
            value = {key: round(seconds, 1) for key, seconds in value.items()}
        found[name] = value
    return found


def main() -> None:
    parser = record.parser(__doc__ or "")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--shard", type=int, default=500, help="images in each")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--nice", type=int, default=0, help="of what predicts, on both sides")
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--model", type=Path, help="a run; default: one that is trained on the sample")
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as with installed packages
    with tempfile.TemporaryDirectory() as scratch:
        found = measured(Path(scratch), given)
    record.write(f"cluster_predict-{given.images}", found, dry=given.dry)
    print(found)


def measured(scratch: Path, given: Any) -> dict[str, Any]:
    """All figures."""
    model = given.model
    if model is None:
        made = [sys.executable, "-m", "inklens", "train", "sample", "--epochs", "2", "--quiet", "--output"]
        subprocess.run([*made, str(scratch / "run")], check=True, stdout=subprocess.DEVNULL)
        model = scratch / "run"
    (shards := scratch / "shards").mkdir()
    write_shards(shards, given.images, given.shard)
    found: dict[str, Any] = {
        "images": given.images,
        "shards": len(list(shards.glob("*"))),
        "shard_bytes": sum(path.stat().st_size for path in shards.glob("*")),
        "rounds": given.rounds,
        "load_before": os.getloadavg(),
    }
    expected: list[Path] = []
    for cores in given.cores:
        found[f"cores_{cores}"], expected = compared(
            scratch, model, cores, given.rounds, expected, given.nice
        )
        print(found, flush=True)
    found["answer_bytes"] = sum(p.stat().st_size for p in (scratch / f"cluster-{cores}-0").glob("part-*"))
    found["kills"] = []
    with Nodes(2, given.nice) as nodes:
        for number in range(given.kills):
            output = scratch / f"killed-{number}"
            one = on_cluster(nodes, model, shards, output, 2, kill=True)
            check(output, expected, f"kill {number}")
            found["kills"].append(_medians([one]))
            print(found["kills"][-1], flush=True)
    return found


if __name__ == "__main__":
    main()
