"""10,000 colour pictures, learnt by the preset `fast` and, in the same time, by what one would pick instead.

    python -m venv keras; keras/bin/pip install keras tensorflow-cpu
    python -m venv yolo; yolo/bin/pip install ultralytics
    python benchmarks/things_peers.py --keras keras/bin/python --yolo yolo/bin/python

The pictures are 1,000 of each class of INKLENS_DATA/cifar10.zip, drawn by the seed, and its test part, in
folders. Inklens comes first; each peer then gets as many seconds as its whole command took, start and loading
included, with each of two sizes. The peers are Keras's image-classification example, a ResNet-20 in plain
Keras and `yolo classify train` from nothing: `peers/` says how each is trained. The size of a peer that is
better on the test part counts, which favours the peers. Seeds that the kept result has are taken over where
the recipe, the machine and the versions, those of the peers too, are today's.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import record
from inklens.datasets.places import data_dir
from inklens.recipes import recipe_for
from inklens.run import Run

EACH = 1000
SCRIPTS = Path(__file__).parent / "peers"
SIZES = {"example": (32, 64), "resnet20": (16, 32), "yolo": (32, 64)}


def write_pictures(folder: Path, seed: int) -> None:
    """1,000 pictures of each class and the test part, as class folders."""
    random = np.random.default_rng(seed)
    with zipfile.ZipFile((data_dir() or Path()) / "cifar10.zip") as packed:
        of_class: dict[str, list[str]] = {}
        for name in sorted(packed.namelist()):
            if name.endswith(".jpg"):
                of_class.setdefault(str(Path(name).parent), []).append(name)
        for place, names in of_class.items():
            to = folder.joinpath(*Path(place).parts[-2:])
            to.mkdir(parents=True)
            for name in random.choice(names, EACH, replace=False):
                (to / Path(name).name).write_bytes(packed.read(name))


def inklens_learns(pictures: Path, scratch: Path, seed: int) -> dict[str, Any]:
    """Accuracy, and seconds of the whole command."""
    command = [Path(sys.executable).with_name("inklens"), "train", "--data", pictures, "--kind", "things"]
    options = ["--preset", "fast", "--seed", seed, "--output", scratch / f"seed{seed}", "--quiet"]
    began = time.monotonic()
    subprocess.run([*map(str, command), *map(str, options)], check=True)
    seconds = time.monotonic() - began
    metrics = Run.open(scratch / f"seed{seed}").metrics
    training = metrics["training"]
    return {
        "accuracy": metrics["test"]["accuracy"],
        "seconds": round(seconds, 1),
        "training_seconds": training["seconds"],
        "epochs": training["epochs"],
    }


def peer_learns(python: Path, script: str, *given: object, home: Path) -> dict[str, Any]:
    """What a peer's script prints in its last line."""
    command = [str(python.absolute()), str(SCRIPTS / script), *map(str, given)]
    environment = {**os.environ, "YOLO_CONFIG_DIR": str(home), "PYTHONPATH": ""}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=home)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(seed: int, keras: Path, yolo: Path) -> dict[str, dict[str, Any]]:
    """What Inklens and each peer of each size reach with the pictures of a seed."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        pictures = scratch / "pictures"
        write_pictures(pictures, seed)
        found = {"inklens": inklens_learns(pictures, scratch, seed)}
        seconds = found["inklens"]["seconds"]
        print(seed, "inklens", found["inklens"], flush=True)
        for peer, sizes in SIZES.items():
            for size in sizes:
                if peer == "yolo":
                    one = peer_learns(yolo, "yolo_things.py", pictures, size, seconds, seed, home=scratch)
                else:
                    given = (pictures, peer, size, seconds, seed)
                    one = peer_learns(keras, "keras_things.py", *given, home=scratch)
                found[f"{peer}-{size}"] = one
                print(seed, peer, size, one, flush=True)
    return found


def peer_versions(python: Path, package: str) -> dict[str, str]:
    """The version of a package in another environment."""
    script = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([str(python), "-c", script], check=True, capture_output=True, text=True)
    return {package: done.stdout.strip()}


def finished(recipe: dict[str, Any], peers: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The kept result, if it was measured as one would be today: times of another machine are others."""
    kept = record.read("things_peers")
    if kept.get("recipe") != json.loads(json.dumps(recipe)) or not record.is_of_here(kept):
        return {}
    found = {
        name.partition("-")[0]: one["versions"]
        for run in kept["runs"]
        for name, one in run.items()
        if name != "inklens"
    }
    return kept if found == peers else {}


def main() -> None:
    parser = record.parser(__doc__ or "")
    parser.add_argument("--keras", type=Path, required=True, help="Python with keras and tensorflow")
    parser.add_argument("--yolo", type=Path, required=True, help="Python with ultralytics")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    recipe = recipe_for("fast").to_dict()
    keras = peer_versions(given.keras, "keras")
    taken_over = finished(
        recipe, {"example": keras, "resnet20": keras, "yolo": peer_versions(given.yolo, "ultralytics")}
    )
    runs: list[dict[str, dict[str, Any]]] = taken_over.get("runs", [])[: given.seeds]
    loads: list[list[float]] = taken_over.get("load_before", [])[: given.seeds]
    for seed in range(len(runs), given.seeds):
        loads.append(list(os.getloadavg()))
        runs.append(measured(seed, given.keras, given.yolo))
        means = {name: statistics.mean(run[name]["accuracy"] for run in runs) for name in runs[0]}
        best = {peer: max(means[f"{peer}-{size}"] for size in sizes) for peer, sizes in SIZES.items()}
        found = {
            "accuracy": {"inklens": means["inklens"], **best},
            "of_each_size": means,
            "recipe": recipe,
            "runs": runs,
            "load_before": loads,
        }
        record.write("things_peers", found, dry=given.dry)


if __name__ == "__main__":
    main()
