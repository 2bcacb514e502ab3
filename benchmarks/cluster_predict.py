"""Images through a cluster's actors: every one once though actors are killed, and what the engine costs.

    python benchmarks/cluster_predict.py --images 10000 --kills 5
    python benchmarks/cluster_predict.py --images 1000000 --kills 0 --shard 20000

The images are MNIST's test images with a running number drawn into the corner pixels, so that no two are the
same, as PNG in Parquet shards. `inklens predict` answers them in one process; a cluster of one node with one
core, and one of two, answer them with the same model. Compared are the answers, the ids, images per second,
and the driver's memory along the way.
"""

import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import dataset, parquet

import inklens
import record
from ray_nodes import Nodes

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from command_line import processes_called

COLUMNS = ["file", "status", "label", "probability"]


def write_shards(folder: Path, images: int, size: int) -> None:
    """`images` small PNG in shards of `size`."""
    import cv2

    split = inklens.load("mnist").test
    for first in range(0, images, size):
        contents = []
        for number in range(first, min(first + size, images)):
            pixels = split.batch(slice(number % len(split), number % len(split) + 1))[0].copy()
            pixels[0, :4, 0] = [number >> shift & 255 for shift in (24, 16, 8, 0)]
            contents.append(cv2.imencode(".png", pixels)[1].tobytes())
        table = pyarrow.table({"image": contents})
        parquet.write_table(table, folder / f"shard-{first // size:05}.parquet")


def answers_of(path: Path) -> pyarrow.Table:
    """Sorted by the image."""
    return dataset.dataset(path).to_table(columns=COLUMNS).sort_by("file")


def one_machine(model: Path, shards: Path, output: Path) -> float:
    """`inklens predict` on the shards; its seconds, start included."""
    files = sorted(map(str, shards.glob("*.parquet")))
    command = [sys.executable, "-m", "inklens", "predict", *files, "--model", model, "--output", output]
    began = time.monotonic()
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def on_cluster(nodes: Nodes, model: Path, shards: Path, output: Path, kill: bool = False) -> dict[str, Any]:
    """The same on a cluster that is there; an actor is killed midway where asked for."""
    from inklens.cluster import PartsDone, connected, predict_parts

    parts = len(list(shards.glob("*.parquet")))
    at = random.Random(str(output)).randrange(1, max(2, parts - 1))
    memory: list[float] = []
    firsts: list[float] = []

    def tell(now: PartsDone) -> None:
        firsts.append(time.monotonic())
        memory.append(resident())
        if kill and now.parts == at:
            os.kill(processes_called(b"ray::MapWorker", b"ray::_MapWorker")[0], signal.SIGKILL)

    with connected(nodes.address) as cluster:
        began = time.monotonic()
        done = predict_parts(cluster, model, [str(shards)], str(output), progress=tell)
        seconds = time.monotonic() - began
    return {
        "seconds": round(seconds, 1),
        "seconds_to_first_part": round(firsts[0] - began, 1),
        "images": done.counts.total(),
        "driver_mb": [round(memory[place]) for place in (0, len(memory) // 2, -1)],
        "killed_at_part": at if kill else None,
    }


def resident() -> float:
    """Megabytes that this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def check(table: pyarrow.Table, expected: pyarrow.Table, what: str) -> None:
    """Ends the program where ids or answers differ."""
    if not table.select(["file", "status", "label"]).equals(expected.select(["file", "status", "label"])):
        raise SystemExit(f"{what}: other ids or answers than one machine")
    one, other = (np.asarray(each["probability"], np.float64) for each in (table, expected))
    if np.nanmax(np.abs(one - other)) > 1e-6:
        raise SystemExit(f"{what}: other probabilities than one machine")


def main() -> None:
    parser = record.parser(__doc__ or "")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--shard", type=int, default=500, help="images in each")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--model", type=Path, help="a run; default: one that is trained on the sample")
    given = parser.parse_args()
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
    seconds = one_machine(model, shards, scratch / "one.parquet")
    expected = answers_of(scratch / "one.parquet")
    found: dict[str, Any] = {
        "images": given.images,
        "shards": len(list(shards.glob("*"))),
        "shard_bytes": sum(path.stat().st_size for path in shards.glob("*")),
        "inklens_predict": {"seconds": round(seconds, 1), "images_per_second": round(given.images / seconds)},
    }
    print(found, flush=True)
    for count in (1, 2):
        with Nodes(count) as nodes:
            one = on_cluster(nodes, model, shards, scratch / f"cores-{count}")
        check(answers_of(scratch / f"cores-{count}"), expected, f"{count} cores")
        one["images_per_second"] = round(given.images / one["seconds"])
        one["times_of_inklens_predict"] = round(one["seconds"] * count / seconds, 2)
        found[f"cluster_of_{count}"] = one
        print(found, flush=True)
    found["kills"] = []
    with Nodes(2) as nodes:
        for number in range(given.kills):
            output = scratch / f"killed-{number}"
            found["kills"].append(on_cluster(nodes, model, shards, output, kill=True))
            check(answers_of(output), expected, f"kill {number}")
            print(found["kills"][-1], flush=True)
    return found


if __name__ == "__main__":
    main()
