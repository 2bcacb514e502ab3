"""Exports a run: writes the file, proves it, and keeps it only then.

Keras exports everything on TensorFlow: in this process where it runs on that already, else in a child. The
CPU is used, whose float32 is float32: a GPU multiplies in less, and no proof within 1e-5 would hold.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inklens.atomic_file import atomic
from inklens.classifier.metadata import ModelMetadata
from inklens.errors import ExportError, OptionError, RunError
from inklens.evaluation import Confidence
from inklens.export.formats import FORMATS, Format, metadata_file, require
from inklens.export.proof import Proof, prove
from inklens.export.validation_outputs import ValidationOutputs
from inklens.networks.tensorflow_child import on_tensorflow
from inklens.pixels import PixelSpec
from inklens.run_folder import NetworkFiles, RunFolder, complete

if TYPE_CHECKING:
    from inklens.networks.ensemble import Ensemble


def export_run(
    folder: RunFolder,
    format_name: str = "onnx",
    *,
    output: Path | None = None,
    max_error: float | None = None,
) -> tuple[Path, Proof]:
    """Exports a finished run, of whatever backend.

    Args:
        folder: the run.
        format_name: one of `FORMATS`.
        output: the file to write (SavedModel: the folder); None is one in the run folder.
        max_error: chooses the reject threshold anew, as a share of 1; None keeps the run's own.

    Returns:
        What was written, and what was compared.

    Raises:
        ExportError: the file does not say what the network says; it is not kept.
        OptionError: an unknown format, one that does not hold what the run is, or `max_error` cannot be had.
        MissingPackageError: something that the format needs is not installed.
        RunError: the run lacks a file, or `output` cannot be written.
    """
    chosen = require(format_name)
    target = output or folder.path / chosen.file
    validation = ValidationOutputs.read(folder)
    metadata = run_metadata(folder, _confidence(folder, validation, max_error))
    # The converters of the other formats write to standard output, of which a child has its own.
    here = format_name == "onnx" and "keras" in sys.modules and _on_tensorflow_cpu()
    if here:
        return target, _load_and_write(folder.networks(), metadata, validation.images, "onnx", target)
    return target, _export_in_child(folder, metadata, validation.images, format_name, target)


def write_onnx(
    folder: RunFolder, ensemble: Ensemble, confidence: Confidence, images: NDArray[np.uint8]
) -> Proof:
    """model.onnx of a run whose networks are in memory: in this process, where it can be.

    Args:
        folder: the run; recipe.json and each model.keras are there.
        ensemble: as they were saved.
        confidence: temperature and thresholds.
        images: uint8 (N, H, W, C), held out: what the file is proved on.

    Raises:
        ExportError: the file does not say what the network says; it is not kept.
    """
    metadata = run_metadata(folder, confidence)
    if _on_tensorflow_cpu():
        return write_proved(ensemble, metadata, images, "onnx", folder.onnx)
    return _export_in_child(folder, metadata, images, "onnx", folder.onnx)


def write_proved(
    ensemble: Ensemble,
    metadata: ModelMetadata,
    images: NDArray[np.uint8],
    format_name: str,
    target: Path,
) -> Proof:
    """Writes a file and proves it in this process, which runs Keras on TensorFlow.

    Args:
        ensemble: the networks as `inklens.networks.build` makes them, and their TTA.
        metadata: what the file is to know; the temperature goes into its arithmetic, the rest into the file,
            or as JSON beside it where the format has no place for it.
        images: uint8 (N, H, W, C), held out: what the file is proved on.
        format_name: one of `FORMATS`.
        target: takes its place only when the proof holds; until then the former file stays.

    Raises:
        ExportError: the file does not say what the network says.
        RunError: `target` cannot be written.
    """
    chosen = FORMATS[format_name]
    outputs = ensemble.predict(images)
    with ExitStack() as files:
        if not chosen.metadata_inside:
            beside = files.enter_context(atomic(metadata_file(target)))
            beside.write_text(metadata.to_json() + "\n", encoding="ascii")
        opened = _atomic_folder(target, chosen) if chosen.is_folder else atomic(target)
        temporary = files.enter_context(opened)
        chosen.write(ensemble, metadata, temporary)
        return prove(temporary, format_name, images, outputs, metadata.temperature)


def run_metadata(folder: RunFolder, confidence: Confidence) -> ModelMetadata:
    """What the run's model file is to know.

    Raises:
        RunError: recipe.json is not there or not whole.
        ModelError: a class name that no model file can carry.
    """
    from inklens import __version__

    said = folder.read_recipe()
    with complete(folder.recipe):
        data = said["data"]
        return ModelMetadata(
            class_names=tuple(data["class_names"]),
            kind=data["kind"],
            pixels=PixelSpec.from_dict(said["pixels"]),
            inklens=__version__,
            temperature=confidence.temperature,
            thresholds=confidence.thresholds,
            ood_detector=any(network.ood_detector for network in folder.networks()),
            recipe=said["recipe"],
            data={"name": str(data["name"]), "fingerprint": data["fingerprint"]},
        )


def _confidence(folder: RunFolder, validation: ValidationOutputs, max_error: float | None) -> Confidence:
    """The run's own, or with thresholds chosen anew: the validation images say the same every time."""
    with complete(folder.recipe):
        validated_on_test = folder.read_recipe()["data"]["validation_is"] == "test"
    if validated_on_test and max_error is not None:
        raise OptionError(
            "--max-error needs validation images, but this run was validated on the test set, from which "
            "nothing may be chosen: train it with --validation-data split"
        )
    if validated_on_test:
        return Confidence()
    if max_error is None:
        with complete(folder.metrics):
            max_error = folder.read_json(folder.metrics)["confidence"]["max_error"]
    return Confidence.fit(validation.logits, validation.id_score, validation.labels, max_error)


def _on_tensorflow_cpu() -> bool:
    import keras

    if keras.config.backend() != "tensorflow":
        return False
    import tensorflow

    return not tensorflow.config.list_physical_devices("GPU")


def _export_in_child(
    folder: RunFolder, metadata: ModelMetadata, images: NDArray[np.uint8], format_name: str, target: Path
) -> Proof:
    try:
        return on_tensorflow(_load_and_write, folder.networks(), metadata, images, format_name, target)
    except RuntimeError as error:
        raise ExportError(f"the export to {format_name} broke off: {error}") from error


def _load_and_write(networks: list[NetworkFiles], *what: Any) -> Proof:
    from inklens.networks.ensemble import Ensemble

    return write_proved(Ensemble.load(networks), *what)


@contextmanager
def _atomic_folder(target: Path, chosen: Format) -> Iterator[Path]:
    """As `run_folder.atomic`, for a folder: a former export is replaced, anything else there is refused.

    Raises:
        RunError: the folder cannot be written.
    """
    if target.exists() and not (target / str(chosen.marker)).is_file():
        raise RunError(f"{target} is there and has no {chosen.marker}; give another --output")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=target.parent) as temporary:
            yield Path(temporary) / target.name
            if target.exists():
                target.rename(Path(temporary) / "former")
            (Path(temporary) / target.name).rename(target)
    except OSError as error:
        raise RunError(
            f"{target} cannot be written: {error.strerror or error}; give another --output"
        ) from error
