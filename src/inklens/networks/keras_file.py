"""Guarded loading of .keras files: everything in the file is checked before Keras sees any of it.

A .keras file is a zip of two JSON files and HDF5 weights. Keras's own safe mode refuses lambdas, but loads
every class that Keras has; here only the layers of `inklens.networks.layer_kinds` pass, each called once on
layers before it, with the weights that they claim and nothing that points out of the file.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import keras

from inklens.errors import ModelError
from inklens.networks.graph import called
from inklens.networks.layer_kinds import LAYERS, PIXELS

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
MOST_BYTES = {METADATA: 10_000, CONFIG: 1_000_000, WEIGHTS: 1_000_000_000}
MOST_LAYERS = 256

_REMEDY = "give the model.keras of a run that Inklens trained"
# What Keras raises for layers that pass the checks and yet do not fit together.
_DO_NOT_FIT = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_LAYER_KEYS = ("module", "class_name", "config", "registered_name")
_LAYERS = {kind.__name__: kind for kind in LAYERS}
_FUNCTIONAL = ("keras.src.models.functional", "Functional")
_PARTS = {  # of a layer's configuration
    ("keras", "DTypePolicy"),
    ("keras.initializers", "GlorotUniform"),
    ("keras.initializers", "Ones"),
    ("keras.initializers", "Zeros"),
}


class _Node(NamedTuple):
    """A layer's configuration, and the names of the layers that it reads."""

    config: dict[str, Any]
    reads: list[str]

    @property
    def name(self) -> Any:
        return self.config["config"].get("name")


def load_network(path: str | Path) -> keras.Model:
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
        nodes = _check_config(members[CONFIG])
        network = _build(nodes, _check_weights(members[WEIGHTS]))
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


def _check_config(content: bytes) -> list[_Node]:
    """The layers, after they and every object in their configurations were found on the lists above."""
    try:
        config = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"has a {CONFIG} that is no JSON ({type(error).__name__})") from error
    if not isinstance(config, dict) or _named(config) != _FUNCTIONAL:
        raise ModelError("is no Functional network")
    layers: list[dict[str, Any]] = config["config"]["layers"]
    calls = [layer.pop("inbound_nodes", None) for layer in layers]
    for layer in layers:
        for found in _objects(layer):
            named = _named(found)
            known = named[0] == "keras.layers" and named[1] in _LAYERS if found is layer else named in _PARTS
            # A registered name makes Keras look beyond its own classes.
            if not known or found.get("registered_name") not in (None, named[1]):
                raise ModelError(f"holds {'.'.join(map(_short, named))}, which is no layer of ours")
    if not 3 <= len(layers) <= MOST_LAYERS:
        raise ModelError(f"has {len(layers)} layers; expected 3 to {MOST_LAYERS}")
    nodes = [_Node(layer, _reads(each)) for layer, each in zip(layers, calls, strict=True)]
    ends = [(layer["class_name"], node.name) for layer, node in zip(layers[-2:], nodes[-2:], strict=True)]
    if ends != [("Dense", "logits"), ("Softmax", "probabilities")] or nodes[-1].reads != ["logits"]:
        raise ModelError("does not end with logits and their softmax")
    return nodes


def _reads(calls: list[dict[str, Any]]) -> list[str]:
    """The names of the layers that a layer reads, if it is called at most once."""
    if len(calls) > 1:
        raise ModelError(f"calls a layer {len(calls)} times; expected once")
    read: list[str] = []
    for call in calls:
        (tensors,) = call["args"]
        for tensor in tensors if isinstance(tensors, list) else [tensors]:
            name, *place = tensor["config"]["keras_history"]
            if place != [0, 0] or not isinstance(name, str):
                raise ModelError(f"has a layer that reads {_short(name)} {_short(place)}, which there is not")
            read.append(name)
        if set(call["kwargs"]) - {"mask", "training"} or any(call["kwargs"].values()):
            raise ModelError(f"calls a layer with {_some(sorted(call['kwargs']))}")
    return read


def _named(config: dict[str, Any]) -> tuple[Any, Any]:
    return config.get("module"), config.get("class_name")


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


def _build(nodes: list[_Node], numbers: int) -> keras.Model:
    """The network, untrained.

    Layers that would take more memory than the weights that came with them are refused before they are built;
    `build_config`, by which Keras would build each on its own, is left out.
    """
    shape = tuple(nodes[0].config["config"]["batch_shape"])
    if len(shape) != 4 or shape[0] is not None or not all(1 <= side <= 4096 for side in shape[1:]):
        raise ModelError(f"takes images of shape {_short(shape[1:])}; expected height, width, channels")
    pixels = output = keras.Input(batch_shape=shape, dtype="uint8", name=PIXELS)
    outputs = {nodes[0].name: pixels}
    claimed = 0
    for node in nodes[1:]:
        layer = keras.layers.deserialize({key: node.config[key] for key in _LAYER_KEYS})
        inputs = [outputs[name] for name in node.reads]
        claimed += LAYERS[type(layer)].kernel(layer, inputs[0].shape)
        if claimed > numbers:
            raise ModelError(f"has a layer {_short(layer.name)} for which there are no weights")
        output = outputs[node.name] = called(layer, inputs)
    return keras.Model(pixels, output)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(map(_short, names[:4])) + more


def _short(value: object) -> str:
    """What a hostile file may have given, without what would steer a terminal."""
    text = ascii(value)[1:-1] if isinstance(value, str) else ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
