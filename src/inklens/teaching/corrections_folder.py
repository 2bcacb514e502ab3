"""Corrections as a folder of class folders, which every tool for images takes."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from inklens.atomic_file import atomic
from inklens.datasets.layout.added_images import RECORDS
from inklens.errors import ImageError, OptionError
from inklens.pixels import decode, encode_png
from inklens.teaching.correction_store import CorrectionStore

_REMEDY = "give another folder"


def export_corrections(
    store: CorrectionStore, folder: Path, classes: Collection[str] | None = None
) -> tuple[int, int]:
    """Write every example to folder/train/CLASS/ID.png, or, where it is held out, to folder/test/CLASS.

    What is said of them besides (answer, model, fingerprint, time) is in corrections.json.

    Args:
        store: the corrections.
        folder: new, or empty.
        classes: the names of the classes to write; None is all.

    Returns:
        How many are to be learnt from, and how many are held out.

    Raises:
        OptionError: the folder is none, or holds something, or there are no corrections.
        RunError: it cannot be written.
    """
    _require_new(folder)
    records = []
    counts = [0, 0]
    for example in store.with_images():
        if classes is not None and example.label not in classes:
            continue
        part = "test" if example.held_out else "train"
        target = folder / part / example.label / f"{example.id}.png"
        try:
            content = encode_png(decode(example.image))
        except ImageError:  # of another version's formats
            continue
        with atomic(target, remedy=_REMEDY) as temporary:
            temporary.write_bytes(content)
        counts[example.held_out] += 1
        records.append(
            {
                "file": str(target.relative_to(folder)),
                "label": example.label,
                "answer": example.answer,
                "status": example.status,
                "probability": example.probability,
                "model": example.model,
                "fingerprint": example.fingerprint,
                "source": example.source,
                "time": example.time,
                "held_out": example.held_out,
            }
        )
    if not records:
        raise OptionError(f"{store.path} holds no corrections; make some on the page of `inklens serve`")
    with atomic(folder / RECORDS, remedy=_REMEDY) as temporary:
        temporary.write_text(json.dumps(records, indent=1), encoding="utf-8")
    return counts[0], counts[1]


def _require_new(folder: Path) -> None:
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            raise OptionError(f"{place} is a file, and {folder} should be a folder; expected a new folder")
    if folder.exists() and any(folder.iterdir()):
        raise OptionError(f"{folder} holds something already; expected a new folder")
