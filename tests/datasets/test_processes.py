import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inklens.datasets import image_cache, load
from inklens.datasets.layout.processes import in_processes
from inklens.errors import DataError
from inklens.pixels import encode_png


def test_blocks_are_answered_in_their_order_():
    blocks = [list(range(start, start + 3)) for start in range(0, 30, 3)]
    assert list(in_processes(sum, blocks, 2)) == [sum(block) for block in blocks]


def test_a_process_that_is_killed_is_an_error():
    with pytest.raises(DataError, match="ended with code 7"):
        list(in_processes(os._exit, [7], 1))


def children():
    """The processes that this one has started, on Linux; other tests may have some that stay."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(listed.read_text().split()) if listed.exists() else set()


def test_whoever_stops_early_leaves_no_process_behind():
    before = children()
    results = in_processes(sum, [[1, 2]] * 100, 2)
    assert next(results) == 3
    results.close()
    assert not children() - before


@pytest.mark.parametrize("worth_it", [True, False])
def test_images_that_processes_read_are_those_that_one_reads(tmp_path, monkeypatch, worth_it):
    tree = tmp_path / "tree"
    pixels = np.random.default_rng(0).integers(0, 256, (600, 9, 12, 3), np.uint8)
    for number, image in enumerate(pixels):
        folder = tree / f"class{number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(encode_png(image))
    Image.fromarray(pixels[0]).save(tree / "class0/photo.jpg")
    (tree / "class1/broken.png").write_bytes(b"none")
    monkeypatch.setenv("INKLENS_CACHE", str(tmp_path / "one"))
    one = load(tree)
    monkeypatch.setenv("INKLENS_CACHE", str(tmp_path / "several"))
    monkeypatch.setattr(image_cache, "_FOR_PROCESSES", 0 if worth_it else 3600)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    started = []
    monkeypatch.setattr(
        image_cache, "in_processes", lambda *asked: started.append(asked[2]) or in_processes(*asked)
    )
    several = load(tree)
    assert started == [2] * worth_it  # 602 images are three blocks
    assert several.fingerprint == one.fingerprint
    assert several.unusable == one.unusable
    assert several.notes == one.notes


def test_a_script_without_a_guard_is_not_run_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from inklens.datasets.layout.processes import in_processes\n"
        "print('run', list(in_processes(sum, [[1, 2], [3, 4]], 2)))\n"
    )
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert said.stdout == "run [3, 7]\n"
    assert not said.stderr
