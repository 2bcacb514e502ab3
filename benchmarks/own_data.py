"""How long own data take until the first epoch begins, and how much memory.

    python benchmarks/own_data.py
    python benchmarks/own_data.py --files 100000

An archive, cifar10.zip in INKLENS_DATA with 60,000 JPEG files; or a tree of many files, digits of the sample
as PNG in 1,000 folders, of which the first epoch is trained to its end. Each is measured in a process of its
own with an empty cache, and then once more. Memory is anonymous memory at its peak, of the process and of
those that it starts, whose seconds of CPU count too. The load of the machine by others is recorded beside the
figures: where it is high, the seconds of CPU say more.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2

import record
from inklens.datasets import load
from inklens.datasets.places import data_dir

CLASSES = 1000
MEASURED = """
import glob, json, os, re, sys, threading, time
start, peak, done = time.perf_counter(), 0, threading.Event()
def anonymous_kb(pid):
    try:
        status = open(f"/proc/{pid}/status").read()
        below = [open(path).read().split() for path in glob.glob(f"/proc/{pid}/task/*/children")]
    except OSError:  # it has ended
        return 0
    own = re.search(r"RssAnon:\\s+(\\d+)", status)
    return (int(own[1]) if own else 0) + sum(anonymous_kb(each) for pids in below for each in pids)
def watch():
    global peak
    while not done.wait(0.05):
        peak = max(peak, anonymous_kb(os.getpid()) // 1024)
def cpu_seconds():
    return round(sum(os.times()[:4]), 2)
threading.Thread(target=watch, daemon=True).start()
import inklens
from inklens.datasets.formats import image_trees
def timed(name, holder):
    function = getattr(holder, name)
    def measured(*arguments, **options):
        begun = time.perf_counter()
        result = function(*arguments, **options)
        figures[f"{name}_seconds"] = round(time.perf_counter() - begun, 2)
        return result
    setattr(holder, name, measured)
figures = {}
timed("scan_tree", image_trees)
timed("decoded_tree", image_trees)
timed("hold_out_test", image_trees)
data = inklens.load(sys.argv[1])
loaded, peak_loading = time.perf_counter() - start, peak
cpu = cpu_seconds()
figures |= {"images": len(data.part("all")), "classes": data.classes}
figures |= {"load_seconds": round(loaded, 2), "load_cpu_seconds": cpu}
figures["anonymous_mb_loading"] = peak_loading
if sys.argv[2] != "load":
    import keras
    class Begun(Exception): pass
    on_epoch_begin = keras.callbacks.CallbackList.on_epoch_begin
    def starts(self, *arguments, **options):
        figures["first_epoch_starts_after_seconds"] = round(time.perf_counter() - start, 2)
        return on_epoch_begin(self, *arguments, **options)
    keras.callbacks.CallbackList.on_epoch_begin = starts
    on_epoch_end = keras.callbacks.CallbackList.on_epoch_end
    def ends(self, *arguments, **options):
        figures["first_epoch_done_after_seconds"] = round(time.perf_counter() - start, 2)
        figures["first_epoch_done_after_cpu_seconds"] = cpu_seconds()
        figures["anonymous_mb_training"] = peak
        raise Begun
    keras.callbacks.CallbackList.on_epoch_end = ends
    def begun(progress):
        if "first_steps_done_after_seconds" not in figures:
            figures["first_steps_done_after_seconds"] = round(time.perf_counter() - start, 2)
            figures["first_steps_done_after_cpu_seconds"] = cpu_seconds()
        if sys.argv[2] == "steps": raise Begun
    try:
        recipe = inklens.Recipe.from_preset("fast", backend="tensorflow")
        inklens.train(data, recipe, output=sys.argv[3], progress=begun)
    except Begun:
        pass
done.set()
print(json.dumps(figures))
"""


def measured(path: Path, cache: str, what: str, runs: str) -> dict[str, float]:
    """Figures of one process that loads the data, and perhaps trains its first steps."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), what, runs],
        env={**os.environ, "INKLENS_CACHE": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def drawn_tree(root: Path, files: int) -> Path:
    """Digits of the sample as so many PNG files in 1,000 folders."""
    images = load("sample").train.whole()[..., 0]
    packed = [cv2.imencode(".png", image)[1].tobytes() for image in images[:: len(images) // CLASSES]]
    for label in range(CLASSES):
        folder = root / f"class{label}"
        folder.mkdir(parents=True)
        for number in range(files // CLASSES):
            (folder / f"{number}.png").write_bytes(packed[label % len(packed)])
    return root


def main() -> None:
    """Measures and writes."""
    parser = record.parser(__doc__ or "")
    parser.add_argument("--files", type=int, default=0, help="in the tree; 0 measures the archive")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        above = data_dir()
        if options.files:
            path = drawn_tree(Path(scratch, "tree"), options.files)
        elif above is None:
            raise SystemExit("INKLENS_DATA is not set; expected a folder with cifar10.zip")
        else:
            path = above / "cifar10.zip"
        cache = str(Path(scratch, "cache"))
        first = measured(path, cache, "epoch" if options.files else "steps", str(Path(scratch, "runs")))
        again = measured(path, cache, "load", scratch)
    figures = {"first": first, "again": again, "load_average": os.getloadavg()}
    print(json.dumps(figures, indent=2))
    name = f"own_data-{options.files}-files" if options.files else "own_data-cifar10"
    record.write(name, figures, dry=options.dry)


if __name__ == "__main__":
    main()
