"""The networks that predict for a run: one or several, each with test-time augmentation (TTA), as one model.

The vote is soft: the mean of the members' probabilities, each the mean over its TTA (Hansen and Salamon
1990). Probabilities are averaged, not logits, so that one member's extreme logit cannot outvote the others.
The logarithm of the mean takes the place of logits: its softmax is the mean again.

The in-distribution score says how much an image is like the training data: the highest logit less the mean of
all logits. Where members have OOD detectors, half of the detectors' mean log-odds is added. That weight was
chosen on held-out images (docs/results.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from inklens.datasets import Split
from inklens.errors import ModelError
from inklens.networks.digit_normalisation import normalised
from inklens.networks.graph import logits_network
from inklens.networks.keras_file import load_network
from inklens.networks.outputs import EnsembleOutputs
from inklens.networks.tta import TTA, transformed

OOD_WEIGHT = 0.5  # of the OOD detectors' log-odds beside the margin of the logits
_BATCH = 256  # images, each transform of TTA counted as one, that go through a network at once


@dataclass(frozen=True, eq=False)
class Member:
    """One network of an ensemble.

    Args:
        network: as `inklens.networks.build` makes it.
        tta: a name in `inklens.networks.tta.TTA`.
        ood_detector: a network of two classes, "none of them" and "one of them", for the same images; None:
            has none.
        digit_normalisation: what its digits go through first, a name in
            `inklens.networks.digit_normalisation.NORMALISATIONS`.
    """

    network: keras.Model
    tta: str = "none"
    ood_detector: keras.Model | None = None
    digit_normalisation: str = "none"


def _logits_of_floats(network: keras.Model) -> keras.Model:
    return logits_network(network, dtype="float32")


def ensemble_model(
    members: Sequence[Member],
    to_logits: Callable[[keras.Model], keras.Model] = _logits_of_floats,
    *,
    dtype: str = "uint8",
) -> keras.Model:
    """All members as one functional model, which shares their weights unless `to_logits` copies them.

    Args:
        members: one or more, of the same input and output shapes.
        to_logits: gives a network without its softmax, float32 (N, H, W, C), 0-255 -> (N, classes).
        dtype: of the pixels: "uint8", or "float32" for what lies between whole numbers.

    Returns:
        A model of "pixels", `dtype` (N, H, W, C), 0-255, that gives {"logits": float32 (N, classes),
        "id_score": float32 (N,)}.
    """
    pixels = keras.Input(batch_shape=members[0].network.input_shape, dtype=dtype, name="pixels")

    floats = ops.cast(pixels, "float32")  # LiteRT pads no uint8

    def logits_from(network: keras.Model, images: Any) -> Any:
        return to_logits(network)(images)

    def member_logits(member: Member) -> Any:
        transforms, images = TTA[member.tta], normalised(floats, member.digit_normalisation)
        if len(transforms) == 1:
            return logits_from(member.network, images)
        images = ops.concatenate([transformed(images, transform) for transform in transforms])  # (V * N, ...)
        logits = logits_from(member.network, images)
        return _vote(ops.reshape(logits, (len(transforms), -1, logits.shape[-1])))

    each = [member_logits(member) for member in members]
    logits = each[0] if len(each) == 1 else _vote(ops.stack(each))
    id_score = ops.max(logits, axis=-1) - ops.mean(logits, axis=-1)
    detectors = [member.ood_detector for member in members if member.ood_detector is not None]
    if detectors:
        verdicts = [logits_from(detector, floats) for detector in detectors]  # each (N, 2)
        log_odds = [verdict[:, 1] - verdict[:, 0] for verdict in verdicts]
        id_score = id_score + (OOD_WEIGHT / len(log_odds)) * sum(log_odds[1:], log_odds[0])
    return keras.Model(pixels, {"logits": logits, "id_score": id_score}, name="ensemble")


def _vote(logits: Any) -> Any:
    """Logits (V, N, classes) -> the logarithm of their mean probabilities, (N, classes).

    `ops.logsumexp` would look for infinities, by operators that no model file of Inklens may have.
    """
    each = ops.log_softmax(logits)
    highest = ops.max(each, axis=0)
    return highest + ops.log(ops.sum(ops.exp(each - highest), axis=0)) - math.log(each.shape[0])


@dataclass(frozen=True, eq=False)
class Ensemble:
    """One or more members that take the same images and distinguish the same classes.

    Example:
        >>> Ensemble.of(network, "cross").predict(images).logits.shape
        (64, 10)
    """

    members: tuple[Member, ...]

    @classmethod
    def of(
        cls,
        network: keras.Model,
        tta: str = "none",
        ood_detector: keras.Model | None = None,
        digit_normalisation: str = "none",
    ) -> Ensemble:
        """One network."""
        return cls((Member(network, tta, ood_detector, digit_normalisation),))

    @classmethod
    def load(cls, files: Iterable[tuple[Path, str, Path | None, str]]) -> Ensemble:
        """Loads .keras files with TTA, OOD detector and normalisation, as `RunFolder.networks` gives them.

        Raises:
            ModelError: a file is damaged or holds what a network of ours does not, or networks differ in
                their input shape or their number of classes.
        """
        loaded = cls(
            tuple(
                Member(load_network(path), tta, ood_detector and load_network(ood_detector), normalisation)
                for path, tta, ood_detector, normalisation in files
            )
        )
        shapes = {(member.network.input_shape, member.network.output_shape) for member in loaded.members}
        unfit = {(detector.input_shape, detector.output_shape) for detector in loaded.ood_detectors}
        unfit -= {(loaded.input_shape, (None, 2))}
        if unfit:
            raise ModelError(
                f"an OOD detector takes and gives arrays of shapes {', '.join(map(str, unfit))}; expected "
                f"{loaded.input_shape} and (None, 2): train the run again"
            )
        if len(shapes) != 1:
            raise ModelError(
                "the members take and give arrays of different shapes: "
                f"{', '.join(sorted(map(str, shapes)))}; "
                "expected the same: combine networks that were trained on the same data"
            )
        return loaded

    @property
    def network(self) -> keras.Model | None:
        """The network, where there is only one."""
        return self.members[0].network if len(self.members) == 1 else None

    @property
    def plain(self) -> bool:
        """Whether it is one network that sees each image once, as it is."""
        first = self.members[0]
        return len(self.members) == 1 and first.tta == "none" and first.digit_normalisation == "none"

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """(None, H, W, C)."""
        shape: tuple[int | None, ...] = self.members[0].network.input_shape
        return shape

    @property
    def classes(self) -> int:
        """Columns of the logits."""
        return int(self.members[0].network.output_shape[-1])

    @property
    def ood_detectors(self) -> list[keras.Model]:
        """Those of its members, of which some may have none."""
        return [member.ood_detector for member in self.members if member.ood_detector is not None]

    @property
    def batch_size(self) -> int:
        """How many images are predicted at once: fewer where TTA makes several of each."""
        return max(1, _BATCH // max(len(TTA[member.tta]) for member in self.members))

    def predict(self, images: NDArray[np.uint8]) -> EnsembleOutputs:
        """Logits and in-distribution scores of images, uint8 (N, H, W, C), 0-255."""
        size = self.batch_size
        batches = [images[start : start + size] for start in range(0, len(images), size)]
        none = EnsembleOutputs(np.empty((0, self.classes), np.float32), np.empty(0, np.float32))
        return EnsembleOutputs.joined([none, *map(self._predict_batch, batches)])

    def predict_split(self, split: Split) -> EnsembleOutputs:
        """The outputs for all images of a split; memory holds one batch of images."""
        starts = range(0, max(1, len(split)), self.batch_size)  # one empty batch where there is no image
        return EnsembleOutputs.joined(
            [self.predict(split.batch(slice(start, start + self.batch_size))) for start in starts]
        )

    def _predict_batch(self, images: NDArray[np.uint8]) -> EnsembleOutputs:
        outputs = self._model.predict_on_batch(images)
        logits, id_score = (ops.convert_to_numpy(outputs[name]) for name in ("logits", "id_score"))
        return EnsembleOutputs(np.asarray(logits, np.float32), np.asarray(id_score, np.float32))

    @cached_property
    def _model(self) -> keras.Model:
        return ensemble_model(self.members)
