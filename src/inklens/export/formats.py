"""The export formats by name: what each needs, and the file it makes. Knows no framework.

A new format is an entry in `FORMATS` and the module that the entry names, with two functions:
`write(ensemble, metadata, path)` and `load(path)`, which gives a `Predict`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from inklens.choices import check_choice
from inklens.errors import MissingPackageError

if TYPE_CHECKING:  # help lists the formats, and does not wait for NumPy
    import numpy as np
    from numpy.typing import NDArray

    from inklens.classifier.metadata import ModelMetadata
    from inklens.networks.ensemble import Ensemble

# uint8 (N, H, W, C) -> probabilities float32 (N, classes), and id_score float32 (N,) where the format has it.
Predict: TypeAlias = "Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32] | None]]"


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        module: in `inklens.export`; writes and loads it.
        file: what the file in the run folder is called.
        packages: what writing it and proving it need besides Keras and TensorFlow.
        extra: the extra of Inklens that brings them.
        metadata_inside: whether the file itself holds its `ModelMetadata`; else they lie beside it.
        marker: where the format is a folder, the file inside by which such a folder is recognised.
    """

    module: str
    file: str
    packages: tuple[str, ...] = ()
    extra: str = "train"
    metadata_inside: bool = False
    marker: str | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of several files."""
        return self.marker is not None

    def write(self, ensemble: Ensemble, metadata: ModelMetadata, path: Path) -> None:
        """Writes an ensemble. Needs Keras on TensorFlow: there Keras exports all formats.

        Raises:
            OptionError: the format does not hold such an ensemble.
        """
        self._module().write(ensemble, metadata, path)

    def load(self, path: Path) -> Predict:
        """Opens a written file.

        Raises:
            ExportError: it cannot be used.
        """
        predict: Predict = self._module().load(path)
        return predict

    def _module(self) -> Any:
        return importlib.import_module(f"inklens.export.{self.module}")


FORMATS = {
    "onnx": Format("onnx_format", "model.onnx", ("onnx", "onnxruntime", "tf2onnx"), metadata_inside=True),
    "tflite": Format("tflite_format", "model.tflite", ("ai_edge_litert",), extra="tflite"),
    "saved_model": Format("saved_model_format", "saved_model", marker="saved_model.pb"),
    "keras": Format("keras_format", "calibrated.keras"),
}


def metadata_file(target: Path) -> Path:
    """Where the metadata of a file lie whose format has no place for them: `model.tflite.json`."""
    return target.with_name(f"{target.name}.json")


def require(name: str) -> Format:
    """The format, after a look whether it can be written here.

    Raises:
        OptionError: no such format.
        MissingPackageError: a package that it needs is not installed.
    """
    check_choice("format", name, FORMATS)
    for package in ("keras", "tensorflow", *FORMATS[name].packages):
        if importlib.util.find_spec(package) is None:
            extra = FORMATS[name].extra if package in FORMATS[name].packages else "train"
            raise MissingPackageError(
                f"format {name} needs the package {package.replace('_', '-')}, which is not installed: "
                f"pip install 'inklens[{extra}]'"
            )
    return FORMATS[name]
