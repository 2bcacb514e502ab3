"""Anonymous memory while training on a folder tree of 100,000 images of 64x64 RGB.

    python benchmarks/folder_memory.py

Makes the tree in a temporary folder, trains one epoch of convnet-small on it through the command line, and
samples the anonymous memory (RssAnon) of that process. Decoded, the images are 1.2 GB; they lie in a memory
map, whose pages the system may drop. Linux only.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import record


def make_tree(folder: Path, images: int, classes: int) -> None:
    """JPEG files of noise, one tint for each class: <folder>/<class>/<number>.jpg."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 128, (64, 64, 64, 3), np.uint8)
    tints = random.integers(0, 128, (classes, 3), np.uint8)
    for label in range(classes):
        (folder / f"class-{label}").mkdir(parents=True)
    for number in range(images):
        label = number % classes
        pixels = np.roll(noise[number % 64], number // 64, axis=0) + tints[label]
        Image.fromarray(pixels).save(folder / f"class-{label}" / f"{number}.jpg", quality=80)


def anonymous_bytes(pid: int) -> int | None:
    """RssAnon of a process, in bytes; None once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon")), None)


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--network", default="convnet-small")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        make_tree(Path(scratch) / "tree", given.images, given.classes)
        command = [sys.executable, "-m", "inklens", "train", "--data", "tree", "--network", given.network]
        environment = {**os.environ, "INKLENS_CACHE": str(Path(scratch) / "cache")}
        started = time.perf_counter()
        process = subprocess.Popen([*command, "--epochs", "1"], cwd=scratch, env=environment)
        peak = 0
        while process.poll() is None:
            peak = max(peak, anonymous_bytes(process.pid) or 0)
            time.sleep(0.05)
        if process.returncode:
            raise SystemExit(f"training ended with exit code {process.returncode}")
        seconds = time.perf_counter() - started
    print(f"peak anonymous memory {peak / 1e6:.0f} MB, {seconds:.0f} s in all")
    figures = {
        "images": given.images,
        "decoded_bytes": given.images * 64 * 64 * 3,
        "network": given.network,
        "peak_anonymous_bytes": peak,
        "seconds_decoding_and_training": round(seconds, 1),
    }
    record.write("folder_memory", figures, dry=given.dry)


if __name__ == "__main__":
    main()
