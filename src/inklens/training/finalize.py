"""What a training ends with: evaluation, calibration, pictures, model.onnx, and the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inklens import reporting
from inklens.errors import DivergedError, ExportError, RunError, StoppedError
from inklens.evaluation import (
    Confidence,
    DetailedEvaluation,
    evaluate,
    evaluate_in_detail,
    expected_calibration_error,
    note_on_labels,
)
from inklens.export.run_export import write_onnx
from inklens.export.validation_outputs import ValidationOutputs, proof_rows
from inklens.run import Run
from inklens.run_folder import RunFolder
from inklens.training.calibrate import fit_confidence
from inklens.training.parts import DataParts
from inklens.training.prepare import TrainingOptions

if TYPE_CHECKING:
    from inklens.networks.ensemble import Ensemble
    from inklens.networks.outputs import EnsembleOutputs
    from inklens.training.loop.checkpoints import History

PICTURED = 10
SAMPLES = 40
CROSS_VALIDATION = (
    "cross_validation"  # in recipe.json, as it is measured before the training, and metrics.json
)
_OTHERWISE_THEN = "the folds were trained before the run went on with other settings"


def finalize(
    folder: RunFolder,
    ensemble: Ensemble,
    parts: DataParts,
    options: TrainingOptions,
    training: dict[str, Any],
    history: History | None = None,
) -> None:
    """Everything that follows from the trained networks, which are saved already; the report comes after.

    Args:
        training: what metrics.json is to say of the training.
        history: one record per epoch; None for a committee.

    Raises:
        ExportError: model.onnx does not say what the networks say; all else is there.
    """
    outputs = ensemble.predict_split(parts.validation)
    images = parts.validation.batch(proof_rows(len(parts.validation)))
    validation = ValidationOutputs(outputs.logits, outputs.id_score, parts.validation.labels, images)
    validation.write(folder)
    fitted = fit_confidence(parts.validation is parts.test, validation, options.max_error)
    evaluation = _evaluate(folder, ensemble, parts, outputs, fitted, training)
    reporting.write_evaluation(folder, evaluation, pictures=options.report)
    if options.report:
        _draw(folder, ensemble, parts, evaluation.probabilities, history)
    write_onnx(folder, ensemble, fitted[0], images)


def _evaluate(
    folder: RunFolder,
    ensemble: Ensemble,
    parts: DataParts,
    validation: EnsembleOutputs,
    fitted: tuple[Confidence, str | None],
    training: dict[str, Any],
) -> DetailedEvaluation:
    """Writes metrics.json; the test part is opened here and nowhere earlier.

    All figures are of calibrated probabilities, those of model.onnx, but for what is under "uncalibrated".
    """
    confidence, note = fitted
    scores: dict[str, Any] = {"validation": None, "test": None}
    uncalibrated, measured = scores.copy(), scores.copy()
    evaluations: dict[str, DetailedEvaluation] = {}
    for part, split in (("validation", parts.validation), ("test", parts.test)):
        if split is None:
            continue
        outputs = validation if split is parts.validation else ensemble.predict_split(split)
        probabilities = outputs.probabilities(confidence.temperature)
        answered = confidence.thresholds.answered(probabilities.astype(np.float32), outputs.id_score)
        names, labels = parts.data.class_names, split.labels
        evaluations[part] = evaluate_in_detail(probabilities, labels, names, answered)
        scores[part] = evaluations[part].scores.to_dict()
        uncalibrated[part] = _uncalibrated(outputs, labels, names)
        measured[part] = confidence.measure(outputs.logits, outputs.id_score, labels)
    part = "validation" if parts.test is None else "test"
    if parts.test is not None:
        before, now = (evaluations[one].scores.confusion for one in ("validation", "test"))
        doubt = note_on_labels(before, now, parts.data.class_names)
        training = {**training, "note": "; ".join(filter(None, [training.get("note"), doubt])) or None}
    metrics = {
        **scores,
        "uncalibrated": uncalibrated,
        "confidence": {**confidence.to_dict(), "note": note, **measured},
        "evaluation": {"part": part, **evaluations[part].to_dict()},
        "training": training,
    }
    described = folder.read_recipe()
    if crossed := described.get(CROSS_VALIDATION):
        metrics[CROSS_VALIDATION] = {**crossed, "note": _OTHERWISE_THEN if "changes" in described else None}
    folder.write_json(folder.metrics, metrics)
    return evaluations[part]


def _uncalibrated(
    outputs: EnsembleOutputs, labels: NDArray[np.int64], names: Sequence[str]
) -> dict[str, float]:
    """What calibration changes, as it is before: the networks' own probabilities, as Keras gives them."""
    own = outputs.probabilities()
    return {"loss": evaluate(own, labels, names).loss, "ece": expected_calibration_error(own, labels)}


def _draw(
    folder: RunFolder,
    ensemble: Ensemble,
    parts: DataParts,
    probabilities: NDArray[np.float64],
    history: History | None,
) -> None:
    """Curves and filters are of one network: a committee's are in its members' folders."""
    from inklens.explanation import first_layer_filters

    random = np.random.default_rng(0)
    data, names = parts.data, parts.data.class_names
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
    if history:
        with folder.atomic("pictures/curves.png") as path:
            reporting.training_curves(history, path)
    if ensemble.network is not None:
        with folder.atomic("pictures/filters.png") as path:
            reporting.filters_picture(first_layer_filters(ensemble.network), path)


@contextmanager
def concluded(folder: RunFolder, parts: DataParts, *, report: bool = True) -> Iterator[None]:
    """Has status.json say how the work inside ended, and then writes the report from what is in the folder.

    The report comes last, also where model.onnx was not kept.
    """
    try:
        with status_of(folder):
            yield
    except ExportError:
        if report:
            _report(folder, parts)
        raise
    if report:
        _report(folder, parts)


def _report(folder: RunFolder, parts: DataParts) -> None:
    """A run without a report stays done, and its status says why: `inklens report` can make up for it."""
    images = parts.validation if parts.test is None else parts.test
    try:
        reporting.report_run(folder, Run(folder).one_network, images)
    except BaseException as error:
        with suppress(RunError):  # it may be the disk that is full
            detail = {**folder.status()["detail"], "report": f"{type(error).__name__}: {error}"}
            folder.set_status("done", **detail)
        raise


@contextmanager
def status_of(folder: RunFolder) -> Iterator[None]:
    """Has status.json say how the work inside ended."""
    try:
        yield
        folder.set_status("done")
        folder.drop_finished()
    except KeyboardInterrupt as interrupt:
        with suppress(RunError):
            folder.set_status("interrupted")
        interrupt.add_note(f"what there is of the run is in {folder.path}")
        raise
    except ExportError as error:  # all else is there and right
        folder.set_status("done", export=str(error))
        folder.drop_finished()
        raise
    except BaseException as error:
        with suppress(RunError):  # it may be the disk that is full
            folder.set_status("failed", reason=f"{type(error).__name__}: {error}")
        raise


@contextmanager
def resumable(folder: RunFolder) -> Iterator[None]:
    """Whatever stops the work inside says how to go on with it, once the folder says what it is.

    Raises:
        StoppedError: the training diverged, a file cannot be written, or a member cannot be trained.
    """
    command = f"`inklens train --resume {folder.path}`"
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if _begun(folder):
            interrupt.add_note(f"{command} goes on where it was{_still_used(folder)}")
        raise
    except DivergedError as error:
        left = any(folder.path.rglob("epoch-*.checkpoint"))
        where = "goes on from the last good checkpoint" if left else "begins again: no checkpoint was good"
        raise StoppedError(f"{error}; with it, {command} {where}{_still_used(folder)}") from error
    except RunError as error:
        if not _begun(folder):
            raise
        stopped = f"{folder.path} stopped half-way: {error}"
        raise StoppedError(f"{stopped}; {command} goes on where it was{_still_used(folder)}") from error


def unfinished(folder: RunFolder, *, report: bool) -> bool:
    """Whether a run that is done lacks its model.onnx or its report, which are made up for.

    Args:
        report: it is to have one.
    """
    detail = folder.status().get("detail", {})
    return "export" in detail or (report and ("report" in detail or not folder.report.is_file()))


def _begun(folder: RunFolder) -> bool:
    """Whether there is something to go on with: not before the folder says what it is, nor after the end."""
    if not folder.recipe.is_file():
        return False
    with suppress(RunError):
        if folder.status().get("state") == "done":
            options = folder.read_recipe().get("options") or {}
            return unfinished(folder, report=bool(options.get("report")))
    return True


def _still_used(folder: RunFolder) -> str:
    """What is said of the network of a run that was done before: nothing has become of it."""
    with suppress(RunError):
        if folder.usable() is not None and folder.usable() != folder:
            return "; until then its former network stays in use"
    return ""
