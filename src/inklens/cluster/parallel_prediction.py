"""Millions of images through one classifier, on all cores of a cluster: a folder of Parquet files.

Ray Data keeps a pool of actors that hold the classifier. Only this process writes: each part once, whole, as
soon as it has come; so a job that was killed goes on with the parts that are missing.
"""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inklens.classifier import Classifier
from inklens.classifier.onnx_file import read
from inklens.cluster.connection import Cluster, on_every_node
from inklens.cluster.file_systems import Place, is_remote
from inklens.cluster.part_prediction import PartPredictor
from inklens.cluster.prediction_parts import Part, PredictionJob, done_parts
from inklens.errors import OptionError
from inklens.paths import given_path


@dataclass(frozen=True)
class PartsDone:
    """Where a job stands.

    Args:
        parts: how many are there.
        of: how many there will be.
        counts: answers by status, of those that came in this go.
        error: the first that was met in this go, or "".
    """

    parts: int
    of: int
    counts: Counter[str]
    error: str


def begin_parts(
    model: str | Path,
    paths: Sequence[str],
    output: str,
    *,
    top: int = 1,
    passed: Counter[str] | None = None,
) -> None:
    """Writes down what `predict_parts` is to predict, without a cluster: what cannot be used is said first.

    Its arguments and errors are those of `predict_parts`, which then goes on with it.
    """
    _, content = _model_file(model)
    counts = Counter[str]() if passed is None else passed
    PredictionJob.of(paths, content, top).begin(Place.of(output), paths, counts)


def predict_parts(
    cluster: Cluster,
    model: str | Path,
    paths: Sequence[str],
    output: str,
    *,
    top: int = 1,
    passed: Counter[str] | None = None,
    progress: Callable[[PartsDone], object] | None = None,
) -> PartsDone:
    """Says what is in images, and writes a folder of Parquet files, one for each shard or 2,000 files.

    Args:
        cluster: which this process is connected to.
        model: a model.onnx, or the run folder that holds it.
        paths: folders, image files, patterns, and shards (.zip, .tar, .parquet), on a disk that every node
            reaches, or in object storage (s3://bucket/folder).
        output: a folder on a disk of this machine, or in object storage. One that holds parts of the same
            job is completed.
        top: how many classes each answer has.
        passed: counts what is passed over in folders, by kind.
        progress: called after each part.

    Raises:
        DataError: there are no images, or they are out of reach.
        OptionError: a node does not reach a path, or the output cannot be written.
        RunError: the output holds something else.
        ModelError: no model of ours.

    Example:
        >>> with connected("auto") as cluster:
        ...     predict_parts(cluster, "runs/mnist-fast-1", ["s3://scans/2026"], "answers")
    """
    file, content = _model_file(model)
    place = Place.of(output)
    job = PredictionJob.of(paths, content, top)
    parts = job.begin(place, paths, Counter[str]() if passed is None else passed)
    there = done_parts(place)
    missing = [part for part in parts if part.number not in there]
    state = PartsDone(len(parts) - len(missing), len(parts), Counter(), "")
    if missing:
        _check_reached(paths, missing)
        for row in _predicted(cluster, content, file, paths, missing, top):
            place.write(parts[row["part"]].file, row["table"])
            counts = state.counts + Counter(json.loads(row["counts"]))
            state = PartsDone(state.parts + 1, state.of, counts, state.error or row["error"])
            if progress is not None:
                progress(state)
    return state


def _model_file(model: str | Path) -> tuple[Path, bytes]:
    """Its path and content; what is wrong with it is said here, once."""
    file = given_path(model)
    content = read(file / "model.onnx" if file.is_dir() else file)
    Classifier.from_bytes(content, file)
    return file, content


def _predicted(
    cluster: Cluster, model: bytes, source: Path, paths: Sequence[str], parts: Sequence[Part], top: int
) -> Any:
    """The answers of parts as they come: rows {part, table, counts, error}."""
    import ray
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [
        {"part": part.number, "root": part.root, "names": list(part.names), "shard": part.shard}
        for part in parts
    ]
    asked = ray.data.from_items(rows, override_num_blocks=len(rows))
    known = {
        "model": ray.put(model),
        "source": str(source),
        "roots": list(paths),
        "base": str(Path.cwd()),
        "top": top,
    }
    answered = asked.map_batches(
        PartPredictor,
        fn_constructor_kwargs=known,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(cluster.cores, len(rows))),
        num_cpus=1,
    )
    return answered.iter_rows()


def _check_reached(paths: Sequence[str], parts: Sequence[Part]) -> None:
    """Raises OptionError where a node does not see what this process sees: all its rows would be errors."""
    firsts = {part.root: part.names[0] for part in reversed(parts) if not is_remote(paths[part.root])}
    here = [os.path.abspath(name) for name in firsts.values() if os.path.exists(name)]  # noqa: PTH100, PTH110
    if not here:
        return
    for host, lacks in on_every_node(_lacking, here).items():
        if lacks:
            raise OptionError(
                f"node {host} does not reach {os.fsdecode(lacks[0])}; expected paths that every node "
                "reaches: put them on shared storage or into object storage (s3://...)"
            )


def _lacking(names: list[bytes]) -> list[bytes]:
    return [name for name in names if not os.path.exists(name)]  # noqa: PTH110 (bytes)
