"""From a data set and a recipe to a run folder: splits, network, fit, evaluation, files, pictures."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inklens import __version__
from inklens.datasets import Dataset, Split
from inklens.errors import ExportError, OptionError
from inklens.evaluation import Confidence, evaluate, examine, softmax
from inklens.export.exporting import write_onnx
from inklens.export.formats import require
from inklens.export.validation import PROOF_IMAGES, ValidationOutputs
from inklens.networks import build
from inklens.reporting.report import require_jinja
from inklens.runs import RunFolder
from inklens.training.augmenting import make_augment
from inklens.training.backends import resolve_precision, select_backend, versions
from inklens.training.confidence import check_confidence, fit_confidence
from inklens.training.progress import Progress
from inklens.training.recipe import Recipe
from inklens.training.reports import report_run
from inklens.training.run import Run, network_outputs
from inklens.training.tensorboard import LOGS, require_tensorboard

if TYPE_CHECKING:
    import keras

    from inklens.training.fitting import History

PICTURED = 10
SAMPLES = 40


def train(
    data: Dataset,
    recipe: Recipe | None = None,
    *,
    output: str | Path | None = None,
    name: str | None = None,
    test: bool = True,
    max_error: float | None = None,
    tensorboard: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Train a network and write everything about it into a run folder.

    Args:
        data: what to learn; see `inklens.load`.
        recipe: how; None is the preset "fast".
        output: the folder that holds the runs; None is "runs".
        name: the run's folder in it; None is made from the data's and the preset's names and a number.
        test: evaluate on the test part at the end; False leaves it closed.
        max_error: the model file answers "unknown" rather than err more often than this share of 1.
        tensorboard: write logs for TensorBoard into the run's folder "tensorboard".
        progress: called with an `EpochProgress` while training.

    Returns:
        The finished run.

    Raises:
        InklensError: something that was given cannot be used; nothing is left but a run that says so.
        RunError: the report cannot be written; the run is done without it.
        ExportError: model.onnx does not say what the network says; the run is there without it.
        KeyboardInterrupt: passed on, the run's status says "interrupted".

    Example:
        >>> run = inklens.train(inklens.load("mnist"), inklens.Recipe.from_preset("tutorial-c"))
        >>> run.metrics["test"]["accuracy"]
    """
    recipe = recipe or Recipe.from_preset("fast")
    for what, given, expected in (("data", data, Dataset), ("recipe", recipe, Recipe)):
        if not isinstance(given, expected):
            remedy = "inklens.load(...)" if expected is Dataset else "inklens.Recipe.from_preset(...)"
            raise OptionError(f"{what} is {given!r}; expected a {expected.__name__}: give {remedy}")
    require("onnx")
    require_jinja()
    if tensorboard:
        require_tensorboard()
    parts = _parts(data, recipe, test)
    check_confidence(recipe, parts.validation, max_error)
    backend = select_backend(recipe.backend)
    policy = resolve_precision(recipe.precision, backend)
    trained = build_network(data, recipe, policy, training=True)
    folder = RunFolder.create(output, name, f"{stem(data.name)}-{recipe.preset}")
    with _reported(folder, parts), status_of(folder):
        _describe(folder, data, recipe, parts, backend, policy)
        history, training = _fit(folder, trained, recipe, data.kind, parts, progress, tensorboard)
        network = _plain(trained, data, recipe)
        validation = _save(folder, network, parts.validation)
        fitted = fit_confidence(recipe, validation, max_error)
        _evaluate(folder, network, data, parts, validation, fitted, history, training)
        write_onnx(folder, network, fitted[0], validation.images)
    return Run(folder)


@contextmanager
def _reported(folder: RunFolder, parts: _Parts) -> Iterator[None]:
    """The report comes last and is made of what is in the folder; also where model.onnx was not kept."""
    try:
        yield
    except ExportError:
        _report(folder, parts)
        raise
    _report(folder, parts)


def _report(folder: RunFolder, parts: _Parts) -> None:
    """A run without a report stays done, and its status says why: `inklens report` can make up for it."""
    images = parts.validation if parts.test is None else parts.test
    try:
        report_run(folder, Run(folder).network, images)
    except BaseException as error:
        detail = {**folder.status()["detail"], "report": f"{type(error).__name__}: {error}"}
        folder.set_status("done", **detail)
        raise


@contextmanager
def status_of(folder: RunFolder) -> Iterator[None]:
    """Has status.json say how the work inside ended."""
    try:
        yield
        folder.set_status("done")
    except KeyboardInterrupt as interrupt:
        folder.set_status("interrupted")
        interrupt.add_note(f"what there is of the run is in {folder.path}")
        raise
    except ExportError as error:  # all else is there and right
        folder.set_status("done", export=str(error))
        raise
    except BaseException as error:
        folder.set_status("failed", reason=f"{type(error).__name__}: {error}")
        raise


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


def stem(name: str) -> str:
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
                "path": data.path,
                "kind": data.kind,
                "class_names": list(data.class_names),
                "fingerprint": data.fingerprint,
                "source": data.source,
                "notes": list(data.notes),
                "train": len(parts.train),
                "validation": len(parts.validation),
                "validation_is": "own" if parts.validation is data.validation else recipe.validation_data,
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
    folder: RunFolder,
    network: keras.Sequential,
    recipe: Recipe,
    kind: str,
    parts: _Parts,
    progress: Progress | None,
    tensorboard: bool,
) -> tuple[History, dict[str, Any]]:
    """The history, and what metrics.json says of the training."""
    from inklens.training.fitting import fit

    def keep(history: History) -> None:
        folder.write_csv(folder.history, list(history[0]), [list(record.values()) for record in history])

    augment = make_augment(recipe, kind)
    started = time.perf_counter()
    history = fit(
        network,
        recipe,
        parts.train,
        parts.validation,
        augment=augment,
        progress=progress,
        on_epoch=keep,
        logs=folder.path / LOGS if tensorboard else None,
    )
    return history, {
        "epochs": len(history),
        "images": len(parts.train),
        "seconds": round(time.perf_counter() - started, 3),
        "parameters": network.count_params(),
    }


def _plain(trained: keras.Sequential, data: Dataset, recipe: Recipe) -> keras.Sequential:
    """bfloat16 and the quick dropout are ways of training only: saved and evaluated is a plain network."""
    network = build_network(data, recipe)
    network.set_weights(trained.get_weights())
    return network


def _save(folder: RunFolder, network: keras.Sequential, validation: Split) -> ValidationOutputs:
    """The network, and what it says of the validation images: all that calibration and export need."""
    from inklens.networks.sequential import logits_network

    with folder.atomic(folder.model) as path:
        network.save(path)
    logits = network_outputs(logits_network(network), validation)
    outputs = ValidationOutputs(logits, validation.labels, validation.batch(slice(0, PROOF_IMAGES)))
    outputs.write(folder)
    return outputs


def _evaluate(
    folder: RunFolder,
    network: keras.Sequential,
    data: Dataset,
    parts: _Parts,
    validation: ValidationOutputs,
    fitted: tuple[Confidence, str | None],
    history: History,
    training: dict[str, Any],
) -> None:
    """Metrics, predictions and pictures; the test part is opened here and nowhere earlier.

    "test" and "validation" are the network's own, before calibration. "evaluation", predictions.csv,
    per_class.csv and the pictures are from calibrated probabilities, as in model.onnx.
    """
    from inklens import reporting
    from inklens.networks.sequential import logits_network

    confidence, note = fitted
    names = data.class_names
    scores = held_out = evaluate(softmax(validation.logits), validation.labels, names)
    logits, labels = validation.logits, validation.labels
    if parts.test is not None and parts.test is not parts.validation:
        logits, labels = network_outputs(logits_network(network), parts.test), parts.test.labels
        scores = evaluate(softmax(logits), labels, names)
    tested = parts.test is not None
    answered = confidence.thresholds.answered(logits, confidence.temperature)
    examination = examine(softmax(logits, confidence.temperature), labels, names, answered)
    metrics = {
        "test": scores.to_dict() if tested else None,
        "validation": held_out.to_dict(),
        "confidence": {
            **confidence.to_dict(),
            "note": note,
            "validation": confidence.measure(validation.logits, validation.labels),
            "test": confidence.measure(logits, labels) if tested else None,
        },
        "evaluation": {"part": "test" if tested else "validation", **examination.to_dict()},
        "training": training,
    }
    folder.write_json(folder.metrics, metrics)
    reporting.write_examination(folder, examination)
    _draw(folder, network, data, parts, examination.probabilities, history)


def _draw(
    folder: RunFolder,
    network: keras.Sequential,
    data: Dataset,
    parts: _Parts,
    probabilities: NDArray[np.float64],
    history: History,
) -> None:
    from inklens import reporting
    from inklens.explanation import first_layer_filters

    random = np.random.default_rng(0)
    names = data.class_names
    split = parts.validation if parts.test is None else parts.test
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
    with folder.atomic("pictures/filters.png") as path:
        reporting.filters_picture(first_layer_filters(network), path)
