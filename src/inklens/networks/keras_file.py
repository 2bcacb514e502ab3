"""Guarded loading of .keras files: everything in the file is checked before Keras sees any of it.

A .keras file is a zip of two JSON files and HDF5 weights. Keras's own safe mode refuses lambdas, but loads
every class that Keras has; here only the layers that `inklens.networks.architectures` uses pass, with the
weights that they claim and nothing that points out of the file.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras

from inklens.errors import ModelError

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
MOST_BYTES = {METADATA: 10_000, CONFIG: 1_000_000, WEIGHTS: 1_000_000_000}
MOST_LAYERS = 256

_REMEDY = "give the model.keras of a run that Inklens trained"
# What Keras raises for layers that pass the checks and yet do not fit together.
_DO_NOT_FIT = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_LAYER_KEYS = ("module", "class_name", "config", "registered_name")
_LAYERS = {
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalMaxPooling2D",
    "InputLayer",
    "LeakyReLU",
    "MaxPooling2D",
    "ReLU",
    "Rescaling",
    "Softmax",
}
_ALLOWED = {
    ("keras", "Sequential"),
    ("keras", "DTypePolicy"),
    ("keras.initializers", "GlorotUniform"),
    ("keras.initializers", "Ones"),
    ("keras.initializers", "Zeros"),
    *(("keras.layers", layer) for layer in _LAYERS),
}


def load_network(path: str | Path) -> keras.Sequential:
    """Loads a network that a run saved.

    Returns:
        As `inklens.networks.build` makes them: uint8 pixels in, probabilities out.

    Raises:
        ModelError: no .keras file, a damaged one, or one that holds what a network of ours does not.
    """
    path = Path(path)
    try:
        if path.suffix != ".keras":  # Keras would go by another suffix, and read old HDF5 models
            raise ModelError("is no .keras file by its name")
        members = _read_members(path)
        layers = _check_config(members[CONFIG])
        network = _build(layers, _check_weights(members[WEIGHTS]))
        network.load_weights(path)
        return network
    except ModelError as error:
        raise ModelError(f"{path} {error}; {_REMEDY}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}; {_REMEDY}") from error
    except _DO_NOT_FIT as error:
        reason = str(error).partition("\n")[0]
        raise ModelError(f"{path} is no network that can be built: {reason}; {_REMEDY}") from error


def _read_members(path: Path) -> dict[str, bytes]:
    """The three members, whole: reading checks their CRC. Any other name, sizes that are not plausible, and
    compression (Keras stores) are refused, so no path is ever made from a name and nothing is inflated."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = sorted(entry.filename for entry in entries)
            if names != sorted(MOST_BYTES):
                raise ModelError(f"holds {_some(names)}; expected {_some(sorted(MOST_BYTES))}")
            for entry in entries:
                if entry.file_size > MOST_BYTES[entry.filename]:
                    raise ModelError(
                        f"says that its {entry.filename} has {entry.file_size:,} bytes; "
                        f"expected at most {MOST_BYTES[entry.filename]:,}"
                    )
                if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
                    raise ModelError(f"has its {entry.filename} compressed; Keras stores it as it is")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError: encrypted; NotImplementedError: a zip of another kind.
        raise ModelError(f"is no .keras file, or is damaged: {error}") from error


def _check_config(content: bytes) -> list[dict[str, Any]]:
    """The configurations of the layers, after every object in them was found on the list above."""
    try:
        config = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"has a {CONFIG} that is no JSON ({type(error).__name__})") from error
    for found in _objects(config):
        named = (found.get("module"), found.get("class_name"))
        # A registered name makes Keras look beyond its own classes.
        if named not in _ALLOWED or found.get("registered_name") not in (None, named[1]):
            raise ModelError(f"holds {'.'.join(map(_short, named))}, which is no layer of ours")
    if not isinstance(config, dict) or config.get("class_name") != "Sequential":
        raise ModelError("is no Sequential network")
    layers: list[dict[str, Any]] = config["config"]["layers"]
    classes = [layer["class_name"] for layer in layers]
    if not 3 <= len(layers) <= MOST_LAYERS or set(classes) - _LAYERS or classes[0] != "InputLayer":
        raise ModelError(f"has {len(layers)} layers; expected an input and at most {MOST_LAYERS} layers")
    if classes[-2:] != ["Dense", "Softmax"] or layers[-2]["config"].get("name") != "logits":
        raise ModelError("does not end with logits and their softmax")
    return layers


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object that Keras would make something of, at any depth."""
    if isinstance(value, dict):
        if "class_name" in value or "registered_name" in value:
            yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _check_weights(content: bytes) -> int:
    """How many numbers the weights hold, after everything in the file was found to be plain numbers in it."""
    numbers = 0
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            for name, dataset in _datasets(file):
                if dataset.external or dataset.is_virtual or dataset.chunks or dataset.dtype.kind != "f":
                    raise ModelError(f"has weights {_short(name)} that are no plain array of floats")
                numbers += dataset.size
                if dataset.dtype.itemsize * numbers > len(content):
                    raise ModelError("has weights that are larger than the file that holds them")
    except (OSError, RuntimeError, KeyError, ValueError) as error:  # what h5py raises for a damaged file
        raise ModelError(f"has damaged weights: {error}") from error
    return numbers


def _datasets(group: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    """Goes by hard links only, and never opens what another kind of link points at."""
    for name in group:
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise ModelError(f"has weights with {_short(name)}, a link that may point out of the file")
        member = group[name]
        if isinstance(member, h5py.Dataset):
            yield name, member
        elif isinstance(member, h5py.Group) and member.name.count("/") < 8:  # hard links can go in circles
            yield from _datasets(member)
        else:
            raise ModelError(f"has weights with {_short(name)}, which is neither a group nor an array")


def _build(configs: list[dict[str, Any]], numbers: int) -> keras.Sequential:
    """The network, untrained.

    Layers that would take more memory than the weights that came with them are refused before they are built;
    `build_config`, by which Keras would build each on its own, is left out.
    """
    shape = tuple(configs[0]["config"]["batch_shape"])
    if len(shape) != 4 or shape[0] is not None or not all(1 <= side <= 4096 for side in shape[1:]):
        raise ModelError(f"takes images of shape {_short(shape[1:])}; expected height, width, channels")
    layers = [keras.Input(batch_shape=shape, dtype="uint8", name="pixels")]
    claimed = 0
    for config in configs[1:]:
        layer = keras.layers.deserialize({key: config[key] for key in _LAYER_KEYS})
        channels = shape[1 if getattr(layer, "data_format", None) == "channels_first" else -1]
        if isinstance(layer, keras.layers.Conv2D):
            claimed += math.prod(layer.kernel_size) * channels // layer.groups * layer.filters
        elif isinstance(layer, keras.layers.Dense):
            claimed += channels * layer.units
        elif isinstance(layer, keras.layers.BatchNormalization):
            claimed += shape[layer.axis]
        if claimed > numbers:
            raise ModelError(f"has a layer {_short(layer.name)} for which there are no weights")
        shape = tuple(layer.compute_output_shape(shape))
        layers.append(layer)
    return keras.Sequential(layers)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(map(_short, names[:4])) + more


def _short(value: object) -> str:
    """What a hostile file may have given, without what would steer a terminal."""
    text = ascii(value)[1:-1] if isinstance(value, str) else ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
