"""Files of every form with a few bytes wrong: loaded, or refused in one line; never a trace.

A tenth of the 500 of each form that `make mutants` tries, others in each run: all take two minutes.
"""

import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image
from pyarrow import parquet

from inklens.datasets import load
from inklens.errors import InklensError
from mutants import mutated

MUTANTS = int(os.environ.get("INKLENS_MUTANTS", "50"))  # of each form
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
LABELS = np.arange(6) % 2


def _pngs(folder: Path) -> list[Path]:
    paths = []
    for number, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        path = folder / str(label) / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path)
        paths.append(path)
    return paths


def _zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        for path in _pngs(folder):
            archive.write(path, path.relative_to(folder))


def _tar(folder: Path, kind: str = "") -> None:
    suffix = f".{kind}" if kind else ""
    with tarfile.open(folder / f"set.tar{suffix}", f"w:{kind}") as archive:
        for path in _pngs(folder):
            archive.add(path, path.relative_to(folder))


def _pixels() -> pd.DataFrame:
    table = pd.DataFrame(IMAGES.reshape(6, 64)).add_prefix("pixel")
    table.insert(0, "label", LABELS)
    return table


def _names(folder: Path) -> None:
    paths = [path.relative_to(folder).as_posix() for path in _pngs(folder)]
    table = pd.DataFrame({"file_name": paths, "label": LABELS})
    table.to_csv(folder / "set.csv", index=False)
    table.to_json(folder / "set.jsonl", orient="records", lines=True)
    (folder / "set.txt").write_text("".join(f"{name} {label}\n" for name, label in table.to_numpy()))


def _lists(folder: Path) -> None:
    table = pd.DataFrame({"label": LABELS, "image": [str(image.tolist()) for image in IMAGES]})
    table.to_csv(folder / "set.csv", index=False)


def _planes(folder: Path) -> None:
    np.savez_compressed(folder / "set.npz", data=np.tile(IMAGES.reshape(6, 64) / 255, (1, 3)), labels=LABELS)


def _image_rows(folder: Path) -> None:
    cells = [{"bytes": path.read_bytes(), "path": path.name} for path in _pngs(folder)]
    parquet.write_table(pa.table({"image": cells, "label": LABELS}), folder / "set.parquet", row_group_size=4)


def _idx(folder: Path) -> None:
    header = np.array([2049, 6], ">u4").tobytes()
    (folder / "train-labels-idx1-ubyte").write_bytes(header + LABELS.astype(np.uint8).tobytes())
    header = np.array([2051, 6, 8, 8], ">u4").tobytes()
    (folder / "train-images-idx3-ubyte").write_bytes(header + IMAGES.tobytes())


FORMS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "zip": ("set.zip", _zip),
    "tar": ("set.tar", _tar),
    "tar.gz": ("set.tar.gz", lambda folder: _tar(folder, "gz")),
    "csv": ("set.csv", lambda folder: _pixels().to_csv(folder / "set.csv", index=False)),
    "csv without header": (
        "set.csv",
        lambda folder: _pixels().to_csv(folder / "set.csv", index=False, header=False),
    ),
    "csv in UTF-16": (
        "set.csv",
        lambda folder: _pixels().to_csv(folder / "set.csv", index=False, encoding="utf-16"),
    ),
    "csv of lists": ("set.csv", _lists),
    "csv of names": ("set.csv", _names),
    "text of names": ("set.txt", _names),
    "json lines of names": ("set.jsonl", _names),
    "parquet": ("set.parquet", lambda folder: _pixels().to_parquet(folder / "set.parquet")),
    "parquet of images": ("set.parquet", _image_rows),
    "npz": ("set.npz", lambda folder: np.savez_compressed(folder / "set.npz", images=IMAGES, labels=LABELS)),
    "npz of flat colours": ("set.npz", _planes),
    "npy": ("x.npy", lambda folder: (np.save(folder / "x.npy", IMAGES), np.save(folder / "y.npy", LABELS))),
    "idx": ("train-images-idx3-ubyte", _idx),
}


@pytest.mark.parametrize("form", FORMS)
def test_of_many_mutated_files_each_is_loaded_or_refused_in_one_line(form, tmp_path):
    name, write = FORMS[form]
    write(tmp_path)
    path = tmp_path / name
    whole = path.read_bytes()
    assert len(load(path, kind="things", hold_out=False).train) == 6

    @settings(max_examples=MUTANTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**32 - 1))
    def check(seed: int) -> None:
        path.write_bytes(mutated(whole, np.random.default_rng(seed)) or b"\0")
        try:
            load(path, kind="things", size=(8, 8), channels=1, hold_out=False)
        except InklensError as error:
            assert "\n" not in str(error)

    check()
