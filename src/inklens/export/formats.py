"""The formats by name: what each needs, and the file it makes. Knows no framework."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from inklens.errors import MissingPackageError, OptionError


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        file: what the file in the run folder is called.
        packages: what writing it and proving it need besides Keras and TensorFlow.
        extra: the extra of Inklens that brings them.
        score: whether `score` comes out beside `probabilities`.
        metadata_inside: whether the file itself holds its `ModelMetadata`; else they lie beside it.
    """

    file: str
    packages: tuple[str, ...] = ()
    extra: str = "train"
    score: bool = True
    metadata_inside: bool = False


FORMATS = {
    "onnx": Format("model.onnx", ("onnx", "onnxruntime", "tf2onnx"), metadata_inside=True),
    "tflite": Format("model.tflite", ("ai_edge_litert",), extra="tflite"),
    "saved_model": Format("saved_model"),
    # Keras's own layers make no score, and a layer of ours would not load elsewhere.
    "keras": Format("calibrated.keras", score=False),
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
    if name not in FORMATS:
        raise OptionError(f"unknown format {name!r}: expected one of {', '.join(FORMATS)}")
    for package in ("keras", "tensorflow", *FORMATS[name].packages):
        if importlib.util.find_spec(package) is None:
            extra = FORMATS[name].extra if package in FORMATS[name].packages else "train"
            raise MissingPackageError(
                f"format {name} needs the package {package.replace('_', '-')}, which is not installed: "
                f"pip install 'inklens[{extra}]'"
            )
    return FORMATS[name]
