"""A data set for another process: its arrays as files, which all processes map into memory and share."""

from __future__ import annotations

import json
import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Dataset, Split
from inklens.pixels import PixelSpec

_CONTENT = "data.json"


def hand_over(data: Dataset, folder: Path) -> None:
    """Writes into an empty folder what `take_over` needs; images that are mapped stay where they are."""
    stores: dict[int, dict[str, Any]] = {}  # parts may be choices out of one store
    parts: dict[str, dict[str, Any]] = {}
    for name, split in data.parts.items():
        if id(split.images) not in stores:
            stores[id(split.images)] = _stored(split.images, folder / f"images-{len(stores)}.npy")
        np.save(folder / f"labels-{name}.npy", split.labels)
        if split.rows is not None:
            np.save(folder / f"rows-{name}.npy", split.rows)
        parts[name] = {
            "images": stores[id(split.images)],
            "rows": split.rows is not None,
            "store_digest": split.store_digest,
            "files": split.files,
        }
    content = {
        "name": data.name,
        "kind": data.kind,
        "class_names": data.class_names,
        "spec": data.spec.to_dict(),
        "source": data.source,
        "notes": data.notes,
        "path": data.path,
        "seed": data.seed,
        "hold_out": data.hold_out,
        "parts": parts,
    }
    (folder / _CONTENT).write_text(json.dumps(content), encoding="utf-8")


def take_over(folder: Path) -> Dataset:
    """The data set of a folder that `hand_over` wrote: equal in every byte, images mapped and read-only."""
    content = json.loads((folder / _CONTENT).read_text(encoding="utf-8"))
    parts = {name: _split(folder, name, part) for name, part in content["parts"].items()}
    return Dataset(
        content["name"],
        content["kind"],
        tuple(content["class_names"]),
        PixelSpec.from_dict(content["spec"]),
        parts["train"],
        parts["test"],
        parts.get("validation"),
        content["source"],
        tuple(content["notes"]),
        content["path"],
        content["seed"],
        content["hold_out"],
    )


def _stored(images: NDArray[np.uint8], path: Path) -> dict[str, Any]:
    """Where the images lie: in the file that they are a whole map of, or in `path`, written now."""
    store: Any = images
    # The base of a part of a map is the map, whose own offset would be wrong for it.
    whole_map = isinstance(store, np.memmap) and isinstance(store.base, mmap.mmap)
    if not (whole_map and store.flags.c_contiguous):
        np.save(path, store)
        store = np.load(path, mmap_mode="r", allow_pickle=False)
    return {"file": str(store.filename), "offset": store.offset, "shape": store.shape}


def _split(folder: Path, name: str, part: dict[str, Any]) -> Split:
    lies = part["images"]
    images = np.memmap(lies["file"], np.uint8, "r", lies["offset"], tuple(lies["shape"]))
    labels = np.load(folder / f"labels-{name}.npy", allow_pickle=False)
    rows = np.load(folder / f"rows-{name}.npy", allow_pickle=False) if part["rows"] else None
    files = None if part["files"] is None else tuple(part["files"])
    return Split(images, labels, rows, part["store_digest"], files)
