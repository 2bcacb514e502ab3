"""Images of one's own beside a data set: learnt from with it, and half of them held out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inklens.datasets.splits import AddedImages, Split, joined, stratified_split
from inklens.errors import DataError

if TYPE_CHECKING:
    from inklens.datasets.dataset import Dataset

RECORDS = "corrections.json"  # beside the images of exported corrections
# A few images among many would go unseen: each is repeated until they are a twentieth, at most so often.
SHARE, MOST_REPEATS = 0.05, 50


def add_images(data: Dataset, own: Dataset, folder: str | Path) -> Dataset:
    """The data set with images of a folder in its training part.

    A folder with a test part holds out that; of another, half of each class, decided by the data set's seed.
    Each image that is learnt from is repeated until they all are a twentieth of the training part, at most 50
    times. Classes that the data set has not are put behind its own.

    Args:
        data: the data set.
        own: what `load` makes of the folder, of the same size and channels, with nothing held out.
        folder: where it is from.

    Raises:
        DataError: a class has no image to learn from.
    """
    names = [*data.class_names, *(name for name in own.class_names if name not in data.class_names)]
    labels = np.array([names.index(name) for name in own.class_names])
    learnt, held_out = _halves(own, data.seed)
    alone = set(range(len(data.class_names), len(names))) - set(labels[learnt.labels].tolist())
    if alone:
        raise DataError(
            f"{folder} has no image of {names[min(alone)]} to learn from; expected at least two of a class, "
            "of which one is held out"
        )
    repeats = min(MOST_REPEATS, max(1, round(SHARE * len(data.train) / max(1, len(learnt)))))
    added = Split(learnt.whole(), labels[learnt.labels])
    train = joined([data.train, *[added] * repeats])
    held = Split(held_out.whole(), labels[held_out.labels])
    times = f", {repeats} times each" if repeats > 1 else ""
    note = f"{len(learnt):,} images of {folder} are learnt from too{times}; {len(held):,} of it are held out"
    return replace(
        data,
        class_names=tuple(names),
        train=train,
        notes=(*data.notes, note),
        added=AddedImages(str(Path(folder).absolute()), len(learnt), repeats, held),
    )


def _halves(own: Dataset, seed: int) -> tuple[Split, Split]:
    """What is learnt from, and what is held out."""
    if len(own.test):
        return own.train, own.test
    counts = np.bincount(own.train.labels, minlength=own.classes)
    single = np.flatnonzero(counts[own.train.labels] < 2)  # of which nothing can be held out
    many = np.flatnonzero(counts[own.train.labels] >= 2)
    if not len(many):
        return own.train, own.train.take(many)
    learnt, held_out = stratified_split(own.train.take(many), 0.5, seed)
    return joined([learnt, own.train.take(single)]) if len(single) else learnt, held_out


def earlier_answers(folder: str | Path) -> tuple[int, int] | None:
    """(right, all) answers to the images that are held out of exported corrections, when they were corrected.

    Returns:
        None where the folder is no export.
    """
    try:
        records = json.loads((Path(folder) / RECORDS).read_text(encoding="utf-8"))
        answers = [(each["answer"], each["label"]) for each in records if each["held_out"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return sum(answer == label for answer, label in answers), len(answers)
