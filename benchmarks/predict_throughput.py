"""Images per second, and milliseconds for one: model.onnx in Inklens against keras.Model.predict, in turn.

    python benchmarks/predict_throughput.py runs/mnist-fast-1 --rounds 5

In each round Inklens and Keras are a process of their own, after one another, with the same network and the
same MNIST test images, 256 at a time. Then `inklens predict FOLDER --output x.csv` scores 1,000 and 10,000
PNG files.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import inklens
import record
from process import in_child, measure

BATCH = 256


def images() -> np.ndarray:
    return inklens.load("mnist").test.whole()


def median_ms(call: Callable[[], object], times: int) -> float:
    milliseconds = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        milliseconds.append(1000 * (time.perf_counter() - began))
    return statistics.median(milliseconds)


def measure_inklens(run: Path) -> dict[str, float]:
    classifier = inklens.Classifier.open(run)
    pixels = images()
    batches = [pixels[start : start + BATCH] for start in range(0, len(pixels), BATCH)]
    classifier.predict_framed(batches[0])
    classifier.predict(pixels[0])
    return {
        "all_ms": median_ms(lambda: [classifier.predict_framed(batch) for batch in batches], 3),
        "one_ms": median_ms(lambda: classifier.predict(pixels[0]), 1000),
    }


def measure_keras(run: Path) -> dict[str, float]:
    import keras

    model = keras.models.load_model(run / "model.keras")
    pixels = images()
    model.predict(pixels[:BATCH], batch_size=BATCH, verbose=0)
    model.predict(pixels[:1], verbose=0)
    return {
        "all_ms": median_ms(lambda: model.predict(pixels, batch_size=BATCH, verbose=0), 3),
        "one_ms": median_ms(lambda: model.predict(pixels[:1], verbose=0), 30),
    }


WORKERS = {"inklens": measure_inklens, "keras": measure_keras}


def score_folder(run: Path, folder: Path, count: int) -> dict:
    """How `inklens predict` does on the first `count` images as PNG files."""
    part = folder / str(count)
    part.mkdir()
    for number, image in enumerate(images()[:count]):
        Image.fromarray(image[..., 0]).save(part / f"{number:05}.png")
    command = [sys.executable, "-m", "inklens", "predict", str(part), "--model", str(run)]
    return measure([*command, "--output", f"{part}.csv"])


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("run", type=Path, help="a run folder with model.onnx and model.keras")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    count = len(images())
    rounds = {name: [] for name in WORKERS}
    for _ in range(options.rounds):
        for name, worker in WORKERS.items():
            rounds[name].append(in_child(worker, options.run))
    medians = {
        name: {key: statistics.median(entry[key] for entry in entries) for key in ("all_ms", "one_ms")}
        for name, entries in rounds.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        few = score_folder(options.run, Path(folder), 1000)
        many = score_folder(options.run, Path(folder), count)
    figures = {
        "rounds": rounds,
        "batch": BATCH,
        "images_per_second": {name: round(1000 * count / each["all_ms"]) for name, each in medians.items()},
        "batch_speedup": round(medians["keras"]["all_ms"] / medians["inklens"]["all_ms"], 2),
        "one_image_ms": {name: round(each["one_ms"], 3) for name, each in medians.items()},
        "one_image_speedup": round(medians["keras"]["one_ms"] / medians["inklens"]["one_ms"], 1),
        "folder": {
            "images": count,
            "images_per_second": round(count / many["seconds"]),
            "seconds": round(many["seconds"], 2),
            "peak_mb": round(many["peak_mb"], 1),
            "peak_mb_with_1000": round(few["peak_mb"], 1),
        },
        "goals": {
            "batch_speedup": 2,
            "one_image_ms": 0.4,
            "one_image_speedup": 100,
            "folder_images_per_second": 2000,
        },
    }
    print({key: value for key, value in figures.items() if key != "rounds"})
    record.write("predict_throughput", figures, dry=options.dry)


if __name__ == "__main__":
    main()
