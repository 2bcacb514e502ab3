"""Any number of image files through a classifier: answered in order, in flat memory.

Many large files are decoded in parallel: each worker thread decodes a block and runs the network on it.
A small one takes dozens of short calls, between which Python's lock would change hands: a second thread makes
all of it slower.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from inklens.classifier.classifier import Classifier, available_cores
from inklens.classifier.image_inputs import framed_content, framed_file
from inklens.classifier.predictions import ERROR, Predictions
from inklens.datasets.named_image import NamedImage
from inklens.errors import ImageError

# A grey PNG of 28x28 has 300 bytes, a grey JPEG of 120x120, from which on threads pay, 5,000.
_LARGE_FILE = 4096


@dataclass(frozen=True)
class FilePrediction:
    """The answer for one file.

    Args:
        file: its path, as given or found.
        status: "ok", "unknown", "empty", or "error" where the file cannot be decoded.
        label: the class by name; None unless the status is "ok".
        probability: of the most probable class, 0-1; None for an error.
        id_score: the in-distribution score, unbounded; the higher, the more like the training data; None for
            an error.
        top: the most probable classes and their probabilities, whatever the status; none for an error.
        error: why the file cannot be decoded, in one line.
    """

    file: str
    status: str
    label: str | None = None
    probability: float | None = None
    id_score: float | None = None
    top: tuple[tuple[str, float], ...] = ()
    error: str | None = None


_Files = list[str | NamedImage]
_Block = tuple[list[FilePrediction], ImageError | None]


def predict_files(
    classifier: Classifier,
    files: Iterable[str | NamedImage],
    *,
    top: int = 1,
    strict: bool = False,
    workers: int | None = None,
) -> Iterator[FilePrediction]:
    """Says what is in each file, one after the other as they come.

    Args:
        files: paths, and images out of files of many; may be a generator without end, for
            no more than a few hundred images are held at once.
        top: how many classes to give with each file.
        strict: stop at the first file that cannot be decoded.
        workers: threads, where there are more files than go through the network at once; None is one for each
            core where files are large, and otherwise one.

    Raises:
        ImageError: a file cannot be decoded, and `strict`.
    """
    paths = iter(files)
    size = classifier.batch_size
    blocks = iter(lambda: list(islice(paths, size)), [])
    first = next(blocks, [])

    predict_block = partial(_predict_block, classifier=classifier, top=top)
    workers = 1 if len(first) < size else workers or _workers_for(first)
    every = chain([first], blocks)
    predicted = (
        _in_parallel(every, predict_block, workers)
        if workers > 1
        else (predict_block(block) for block in every)
    )
    with closing(predicted):
        for answers, error in predicted:
            if strict and error is not None:
                raise error
            yield from answers


def _workers_for(files: list[str | NamedImage]) -> int:
    """The threads that pay for files such as these; one that cannot be looked at says so in its own row."""
    size = 0
    for file in files:
        with suppress(OSError, ValueError):
            if not isinstance(file, NamedImage):
                size += Path(file).stat().st_size
            elif not isinstance(file.content, ImageError):
                size += len(file.content)
    return available_cores() if size >= _LARGE_FILE * len(files) else 1


def _predict_block(files: list[str | NamedImage], classifier: Classifier, top: int) -> _Block:
    """An answer for each file, and the first error among them."""
    images, errors = [], {}
    names = [file.name if isinstance(file, NamedImage) else file for file in files]
    for file, name in zip(files, names, strict=True):
        try:
            if isinstance(file, NamedImage):
                images.append(framed_content(file.content, name, classifier.spec))
            else:
                images.append(framed_file(file, classifier.spec))
        except ImageError as error:
            errors[name] = error
    pixels = np.stack(images) if images else np.empty((0, *classifier.spec.shape), np.uint8)
    answers = _answers(classifier.predict_framed(pixels), top)
    rows = [
        FilePrediction(name, ERROR, error=str(errors[name]))
        if name in errors
        else FilePrediction(name, *next(answers))
        for name in names
    ]
    return rows, next(iter(errors.values()), None)


def _answers(predictions: Predictions, top: int) -> Iterator[tuple[Any, ...]]:
    """What `FilePrediction` holds after the file's name, for each image."""
    order = predictions.top(top)
    # seven decimals are what float32 holds: 0.9999983, not 0.9999983310699463
    probabilities = predictions.probabilities.astype(np.float64).round(7)
    ranked = np.take_along_axis(probabilities, order, axis=1).tolist()
    for status, label, probability, id_score, classes, shares in zip(
        predictions.status.tolist(),
        predictions.labels,
        probabilities.max(axis=1).tolist(),
        predictions.id_score.astype(np.float64).round(7).tolist(),
        order.tolist(),
        ranked,
        strict=True,
    ):
        names = (predictions.class_names[index] for index in classes)
        yield status, label, probability, id_score, tuple(zip(names, shares, strict=True))


def _in_parallel(
    blocks: Iterable[list[str | NamedImage]],
    predict_block: Callable[[list[str | NamedImage]], _Block],
    workers: int,
) -> Generator[_Block]:
    """The blocks' answers in their order, at most two blocks for each worker ahead of who asks for them."""
    from concurrent.futures import Future, ThreadPoolExecutor

    waiting: deque[Future[_Block]] = deque()
    with ThreadPoolExecutor(workers, "inklens-files") as pool:
        try:
            for files in blocks:
                waiting.append(pool.submit(predict_block, files))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # whoever stops early does not wait for what nobody will read
            for future in waiting:
                future.cancel()
