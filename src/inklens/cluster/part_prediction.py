"""What an actor of a cluster does: it holds a classifier, and predicts one part of a job after another."""

from __future__ import annotations

import io
import json
import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from inklens.classifier import Classifier, predict_files
from inklens.classifier.prediction_files import parquet_answers
from inklens.cluster.file_systems import Place, is_remote
from inklens.cluster.prediction_parts import Part
from inklens.datasets.formats.unlabelled import holds_many, images_in
from inklens.datasets.named_image import NamedImage
from inklens.errors import DataError, ImageError

_FETCHED_AT_ONCE = 16  # objects of a store, each of which is waited for


class PartPredictor:
    """Holds the classifier; called with a batch of one row, a part.

    Args:
        model: a reference to the model file's content.
        source: where it is from, for errors.
        roots: the paths that were given.
        base: the folder in which they were given.
        top: how many classes each answer has.
    """

    def __init__(self, model: Any, source: str, roots: list[str], base: str, top: int) -> None:
        import ray

        self._classifier = Classifier.from_bytes(ray.get(model), Path(source), threads=1)
        self._roots, self._top = roots, top
        if Path(base).is_dir():  # where not, all paths are absolute
            os.chdir(base)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The part's number, its Parquet file, how many answers are of each status, and the first error."""
        part = Part(
            int(batch["part"][0]), int(batch["root"][0]), tuple(batch["names"][0]), bool(batch["shard"][0])
        )
        counts: Counter[str] = Counter()
        first_error = ""
        sink = io.BytesIO()
        with parquet_answers(sink, self._top) as write:
            for answer in predict_files(self._classifier, self._images(part), top=self._top, workers=1):
                write(answer)
                counts[answer.status] += 1
                first_error = first_error or answer.error or ""
        return {
            "part": np.array([part.number]),
            "table": np.array([sink.getvalue()], object),
            "counts": np.array([json.dumps(counts)], object),
            "error": np.array([first_error], object),
        }

    def _images(self, part: Part) -> Iterator[str | NamedImage]:
        root = self._roots[part.root]
        names = [os.fsdecode(bytes(name)) for name in part.names]
        if part.shard:
            return _of_shard(root, names[0])
        if is_remote(root):
            return _fetched(Place.of(root), names)
        return iter(names)


def _of_shard(root: str, name: str) -> Iterator[NamedImage]:
    """The images of a shard; what is wrong with the whole of it is a row."""
    place = Place.of(root)
    shown = place.below(name) if is_remote(root) else name
    try:
        with place.on_disk(name) as file:
            if not holds_many(file):
                raise DataError(f"{shown} is not there; expected a file of images")
            for image in images_in(file):
                yield NamedImage(shown + image.name.removeprefix(str(file)), image.content)
    except (DataError, OSError) as error:
        reason = str(error)
        yield NamedImage(shown, ImageError(f"{shown}: {reason}" if shown not in reason else reason))


def _fetched(place: Place, paths: Iterable[str]) -> Iterator[NamedImage]:
    """Objects of a store in their order, several of them on their way at once."""

    def fetch(path: str) -> NamedImage:
        name = place.below(path)
        try:
            return NamedImage(name, place.read(path))
        except OSError as error:
            return NamedImage(name, ImageError(f"{name} cannot be read ({error}); expected an image file"))

    waiting: deque[Future[NamedImage]] = deque()
    with ThreadPoolExecutor(_FETCHED_AT_ONCE, "inklens-fetch") as pool:
        for path in paths:
            waiting.append(pool.submit(fetch, path))
            if len(waiting) > 2 * _FETCHED_AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
