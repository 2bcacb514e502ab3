"""All that explains one answer of a run's network, computed on TensorFlow: here, or in a child process."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inklens.errors import MissingPackageError, RunError
from inklens.explanation.occlusion import Occlusion, check_label, occlusion_map
from inklens.explanation.receptive_fields import MapLayer, activation_layer, map_layers
from inklens.networks.tensorflow_child import on_tensorflow
from inklens.run_folder import NetworkFiles, RunFolder, complete

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a network answers as it does to one image.

    Args:
        image: uint8 (H, W, C), as the network saw it.
        label: the class that is explained.
        id_score: the in-distribution score; see `inklens.networks.ensemble`.
        filters: float32 (h, w, in, out), the first layer's.
        layers: those that give maps, in their order.
        maps: layer name -> float32 (h, w, channels).
        class_activation: float32 (H, W), 0-1.
        occlusion: the answers when parts are covered.
    """

    image: NDArray[np.uint8]
    label: int
    id_score: float
    filters: NDArray[np.float32]
    layers: tuple[MapLayer, ...]
    maps: Mapping[str, NDArray[np.float32]]
    class_activation: NDArray[np.float32]
    occlusion: Occlusion

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """float32 (classes,), calibrated."""
        return self.occlusion.uncovered

    @property
    def activation_layer(self) -> MapLayer:
        """The layer that the class activation was taken from."""
        return activation_layer(self.layers)


def explain_run(
    folder: RunFolder,
    image: NDArray[np.uint8],
    label: int | None = None,
    *,
    patch: int | None = None,
    stride: int | None = None,
) -> Explanation:
    """Explains what a run's network says, from its model.keras, whatever backend it was trained on.

    Gradients are TensorFlow's: where this process runs Keras on another backend, or no Keras yet, a child
    process computes it all.

    Args:
        folder: a finished run.
        image: uint8 (H, W, C), 0-255, framed as the run has it.
        label: the class to explain; None is the most probable one.
        patch: of `occlusion_map`.
        stride: of `occlusion_map`.

    Raises:
        RunError: the run lacks model.keras or its confidence.
        ModelError: model.keras is damaged, or holds what a network of ours does not.
        DataError: an image of another type or shape.
        OptionError: a label that is no class, a patch or a stride out of range.
        MissingPackageError: TensorFlow is not installed.
    """
    _check_whole(folder)
    (files,) = folder.networks()
    explained = partial(
        _explain_files, files, image, label, temperature=_temperature(folder), patch=patch, stride=stride
    )
    keras = sys.modules.get("keras")
    if keras is not None and keras.config.backend() == "tensorflow":
        return explained()
    if find_spec("tensorflow") is None:
        raise MissingPackageError(
            "explaining a run needs TensorFlow, which is not installed: pip install 'inklens[tensorflow]', "
            "or give a model.onnx for the occlusion map alone"
        )
    return on_tensorflow(explained)


def _explain_files(
    files: NetworkFiles, image: NDArray[np.uint8], label: int | None, **options: Any
) -> Explanation:
    from inklens.networks.keras_file import load_network

    network, tta, ood_detector, normalisation = files
    detector = ood_detector and load_network(ood_detector)
    return explain_network(
        load_network(network),
        image,
        label,
        tta=tta,
        ood_detector=detector,
        digit_normalisation=normalisation,
        **options,
    )


def _check_whole(folder: RunFolder) -> None:
    """Refuses a committee, and a run without its network."""
    if members := folder.members():
        raise RunError(
            f"{folder.path} is a committee, and one network is explained at a time: give one of "
            f"{', '.join(str(member.path) for member in members)}, or {folder.onnx} for what the vote says "
            "when parts are covered"
        )
    if not folder.model.is_file():
        raise RunError(
            f"{folder.path} has no model.keras, from which a run is explained; train it again, or give a "
            "model.onnx for the occlusion map alone"
        )


def explain_network(
    network: keras.Model,
    image: NDArray[np.uint8],
    label: int | None = None,
    *,
    tta: str = "none",
    ood_detector: keras.Model | None = None,
    digit_normalisation: str = "none",
    temperature: float = 1.0,
    patch: int | None = None,
    stride: int | None = None,
) -> Explanation:
    """Explains what a network says, in this process, which runs Keras on TensorFlow.

    Args:
        network: as `inklens.networks.build` makes it.
        image: uint8 (H, W, C), 0-255, of the network's size.
        label: the class to explain; None is the most probable one.
        tta: what its predictions are averaged over; maps and class activation are of the image as it is.
        ood_detector: the network whose log-odds are a part of the id_score.
        digit_normalisation: what the image goes through first; maps and class activation are of what comes
            out, the occlusion map is of the image as it is.
        temperature: what the logits are divided by, above 0.
        patch: of `occlusion_map`.
        stride: of `occlusion_map`.

    Raises:
        DataError: an image of another type or shape.
        OptionError: a label that is no class, a patch or a stride out of range, another backend.
    """
    from inklens.explanation.grad_cam import class_activation
    from inklens.explanation.layer_outputs import feature_maps, first_layer_filters
    from inklens.networks.ensemble import Ensemble

    seen = normalised_image(image, digit_normalisation)
    maps = feature_maps(network, seen)
    outputs = Ensemble.of(network, tta, ood_detector, digit_normalisation).predict(image[None])
    classifier = Ensemble.of(network, tta, None, digit_normalisation)  # covered images need no OOD detector
    label = int(outputs.logits.argmax()) if label is None else label
    check_label(label, classifier.classes)
    return Explanation(
        image=image,
        label=label,
        id_score=float(outputs.id_score[0]),
        filters=first_layer_filters(network),
        layers=map_layers(network),
        maps=maps,
        class_activation=class_activation(network, seen, label),
        occlusion=occlusion_map(
            lambda pixels: classifier.predict(pixels).probabilities(temperature),
            image,
            label,
            patch=patch,
            stride=stride,
        ),
    )


def normalised_image(image: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """What a network sees of an image, uint8 (H, W, C), 0-255: its digit as a normalisation makes it.

    Args:
        name: in `inklens.networks.table.DIGIT_NORMALISATIONS`.
    """
    from keras import ops

    from inklens.networks.digit_normalisation import normalised

    normal = normalised(image[None].astype(np.float32), name)
    pixels: NDArray[np.float32] = ops.convert_to_numpy(normal)[0]
    return pixels.round().clip(0, 255).astype(np.uint8)


def _temperature(folder: RunFolder) -> float:
    with complete(folder.metrics):
        return float(folder.read_json(folder.metrics)["confidence"]["temperature"])
