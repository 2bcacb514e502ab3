"""From a data set and a recipe to a run folder: splits, network, fit, evaluation, files, pictures."""

from __future__ import annotations

import os
import platform
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inklens import __version__
from inklens.datasets import Dataset, Split
from inklens.errors import OptionError
from inklens.evaluation import Evaluation, evaluate, prediction_rows
from inklens.networks import build
from inklens.runs import RunFolder
from inklens.training.backends import resolve_precision, select_backend, versions
from inklens.training.progress import Progress
from inklens.training.recipe import Recipe
from inklens.training.run import Run, predict_probabilities

if TYPE_CHECKING:
    import keras

PICTURED = 10
SAMPLES = 40


def train(
    data: Dataset,
    recipe: Recipe | None = None,
    *,
    output: str | Path | None = None,
    name: str | None = None,
    test: bool = True,
    progress: Progress | None = None,
) -> Run:
    """Train a network and write everything about it into a run folder.

    Args:
        data: what to learn; see `inklens.load`.
        recipe: how; None is the preset "fast".
        output: the folder that holds the runs; None is "runs".
        name: the run's folder in it; None is made from the data's and the preset's names and a number.
        test: evaluate on the test part at the end; False leaves it closed.
        progress: called with an `EpochProgress` while training.

    Returns:
        The finished run.

    Raises:
        InklensError: something that was given cannot be used; nothing is left but a run that says so.
        KeyboardInterrupt: passed on, the run's status says "interrupted".

    Example:
        >>> run = inklens.train(inklens.load("mnist"), inklens.Recipe.from_preset("tutorial-c"))
        >>> run.metrics["test"]["accuracy"]
    """
    recipe = recipe or Recipe.from_preset("fast")
    parts = _parts(data, recipe, test)
    backend = select_backend(recipe.backend)
    policy = resolve_precision(recipe.precision, backend)
    trained = build_network(data, recipe, policy, training=True)
    folder = RunFolder.create(output, name, f"{_stem(data.name)}-{recipe.preset}")
    try:
        _describe(folder, data, recipe, parts, backend, policy)
        history, seconds = _fit(folder, trained, recipe, parts, progress)
        # bfloat16 and the quick dropout are ways of training only: saved and evaluated is a plain network.
        network = build_network(data, recipe)
        network.set_weights(trained.get_weights())
        with folder.atomic(folder.model) as path:
            network.save(path)
        _evaluate(folder, network, data, parts, history, seconds)
        folder.set_status("done")
    except KeyboardInterrupt:
        folder.set_status("interrupted")
        raise
    except BaseException as error:
        folder.set_status("failed", reason=f"{type(error).__name__}: {error}")
        raise
    return Run(folder)


def build_network(
    data: Dataset, recipe: Recipe, policy: str = "float32", *, training: bool = False
) -> keras.Sequential:
    """The recipe's network for the shape and the classes of a data set, untrained."""
    return build(
        recipe.network,
        data.image_shape,
        data.classes,
        activation=recipe.activation,
        dropout=recipe.dropout,
        dtype=policy,
        seed=recipe.seed,
        training=training,
    )


@dataclass(frozen=True)
class _Parts:
    train: Split
    validation: Split
    test: Split | None


def _parts(data: Dataset, recipe: Recipe, test: bool) -> _Parts:
    opened = data.test if test else None
    if recipe.validation_data == "test":
        if opened is None:
            raise OptionError(
                "validation on the test set and a test set that stays closed exclude each other: "
                "give --validation-data split, or leave --no-test out"
            )
        return _Parts(data.train, opened, opened)
    if data.validation is not None:
        return _Parts(data.train, data.validation, opened)
    train, validation = data.split_validation(recipe.validation_split, recipe.seed)
    return _Parts(train, validation, opened)


def _stem(name: str) -> str:
    """A data set's name or path as the beginning of a folder's name."""
    words = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in Path(name).stem)
    return words.strip("-") or "data"


def _describe(
    folder: RunFolder, data: Dataset, recipe: Recipe, parts: _Parts, backend: str, policy: str
) -> None:
    """What is known before the first step: recipe, data, machine."""
    folder.write_json(
        folder.recipe,
        {
            "recipe": recipe.to_dict(),
            "pixels": data.spec.to_dict(),
            "data": {
                "name": data.name,
                "kind": data.kind,
                "class_names": list(data.class_names),
                "fingerprint": data.fingerprint,
                "source": data.source,
                "notes": list(data.notes),
                "train": len(parts.train),
                "validation": len(parts.validation),
                "validation_is": recipe.validation_data,
                "test": None if parts.test is None else len(parts.test),
            },
        },
    )
    folder.write_text(folder.labels, "".join(f"{name}\n" for name in data.class_names))
    folder.write_json(
        folder.environment,
        {
            "inklens": __version__,
            "backend": backend,
            "precision": "bfloat16" if policy == "mixed_bfloat16" else "float32",
            "versions": versions(),
            "platform": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        },
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:  # not Linux
        return platform.processor()
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())


def _fit(
    folder: RunFolder, network: keras.Sequential, recipe: Recipe, parts: _Parts, progress: Progress | None
) -> tuple[list[dict[str, float]], float]:
    from inklens.training.fitting import fit

    def keep(history: list[dict[str, float]]) -> None:
        folder.write_csv(folder.history, list(history[0]), [list(record.values()) for record in history])

    started = time.perf_counter()
    history = fit(network, recipe, parts.train, parts.validation, progress=progress, on_epoch=keep)
    return history, time.perf_counter() - started


def _evaluate(
    folder: RunFolder,
    network: keras.Sequential,
    data: Dataset,
    parts: _Parts,
    history: list[dict[str, float]],
    seconds: float,
) -> None:
    """Metrics, predictions and pictures; the test part is opened here and nowhere earlier."""
    split = parts.validation if parts.test is None else parts.test
    probabilities = predict_probabilities(network, split)
    scores = evaluate(probabilities, split.labels, data.class_names)
    if split is parts.validation:
        validation = scores
    else:
        held_out = parts.validation
        validation = evaluate(predict_probabilities(network, held_out), held_out.labels, data.class_names)
    metrics: dict[str, Any] = {
        "test": None if parts.test is None else scores.to_dict(),
        "validation": validation.to_dict(),
        "training": {
            "epochs": len(history),
            "images": len(parts.train),
            "seconds": round(seconds, 3),
            "parameters": network.count_params(),
        },
    }
    folder.write_json(folder.metrics, metrics)
    folder.write_csv(folder.predictions, *prediction_rows(probabilities, split.labels, data.class_names))
    _draw(folder, network, data, split, probabilities, scores, history)


def _draw(
    folder: RunFolder,
    network: keras.Sequential,
    data: Dataset,
    split: Split,
    probabilities: np.ndarray,
    scores: Evaluation,
    history: list[dict[str, float]],
) -> None:
    from inklens import reporting
    from inklens.explanation import first_layer_filters

    random = np.random.default_rng(0)
    names = data.class_names
    chosen = np.sort(random.choice(len(split), min(PICTURED, len(split)), replace=False))
    samples = np.sort(random.choice(len(data.train), min(SAMPLES, len(data.train)), replace=False))
    predicted = probabilities[chosen].argmax(axis=1)
    sure = probabilities[chosen, predicted]
    with folder.atomic("pictures/samples.png") as path:
        reporting.sample_grid(
            data.train.batch(samples), data.train.labels[samples], names, path, title=data.name
        )
    with folder.atomic("pictures/predictions.png") as path:
        reporting.predictions_grid(split.batch(chosen), split.labels[chosen], predicted, sure, names, path)
    with folder.atomic("pictures/curves.png") as path:
        reporting.training_curves(history, path)
    with folder.atomic("pictures/confusion.png") as path:
        reporting.confusion_matrix_picture(scores.confusion, names, path)
    with folder.atomic("pictures/filters.png") as path:
        reporting.filters_picture(first_layer_filters(network), path)
