"""What answers for a run: one network or several, each of which may look at several views of an image.

The answer is a soft vote: the mean of the members' probabilities, each the mean over its views (Hansen and
Salamon 1990; averaging probabilities, not logits, so that one member's wild logit cannot outvote the others).
It is kept as its logarithm, which calibration takes for logits, as its softmax is the vote again.

How much an image is like those learnt from is the score: the highest logit less the mean of all. Where a
judge was trained, which knows digits from what is none, half of its log-odds are added: a weight that was
chosen on held-out images (docs/confidence.md). Softmax does not see a number that is added to all logits, so
they carry the score, as their log-sum-exp.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from inklens.errors import ModelError
from inklens.networks.graph import logits_network
from inklens.networks.keras_file import load_network
from inklens.networks.tta import TTA, transformed

OOD_WEIGHT = 0.5  # weight of a judge's log-odds beside the margin of the logits


@dataclass(frozen=True, eq=False)
class Member:
    """One network and the views that it looks at.

    Args:
        network: as `inklens.networks.build` makes it.
        views: a name in `inklens.networks.tta.VIEWS`.
        judge: a network of the classes "none of them" and "one of them", of the same images; None: has none.
    """

    network: keras.Sequential
    tta: str = "none"
    ood_detector: keras.Sequential | None = None

    @property
    def plain(self) -> bool:
        """Whether it looks at the image alone."""
        return self.tta == "none"

    @cached_property
    def _logits(self) -> keras.Sequential:
        return logits_network(self.network)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The network's own logits, or the logarithm of its views' mean probabilities.

        uint8 (N, H, W, C), 0-255 -> float32 (N, classes).
        """
        tta = [self._answer(transformed(images, transform)) for transform in TTA[self.tta]]
        return tta[0] if self.plain else vote(tta)

    def _answer(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        answer = keras.ops.convert_to_numpy(self._logits.predict_on_batch(images))
        return np.asarray(answer, np.float32)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """All members; they take the same images and tell the same classes apart.

    Example:
        >>> Ensemble.of(network, "cross").logits(images).shape
        (64, 10)
    """

    members: tuple[Member, ...]

    @classmethod
    def of(
        cls, network: keras.Sequential, tta: str = "none", ood_detector: keras.Sequential | None = None
    ) -> Ensemble:
        """One network."""
        return cls((Member(network, tta, ood_detector),))

    @classmethod
    def load(cls, files: Iterable[tuple[Path, str, Path | None]]) -> Ensemble:
        """From .keras files, names of views, and judges' files, as `RunFolder.networks` gives them.

        Raises:
            ModelError: a file that is damaged or holds what a network of ours does not, or networks that do
                not take the same images or tell the same number of classes apart.
        """
        loaded = cls(
            tuple(
                Member(load_network(path), tta, ood_detector and load_network(ood_detector))
                for path, tta, ood_detector in files
            )
        )
        shapes = {(member.network.input_shape, member.network.output_shape) for member in loaded.members}
        unfit = {
            (ood_detector.input_shape, ood_detector.output_shape) for ood_detector in loaded.ood_detectors
        }
        unfit -= {(loaded.input_shape, (None, 2))}
        if unfit:
            raise ModelError(
                f"a judge takes and gives arrays of shapes {', '.join(map(str, unfit))}; expected "
                f"{loaded.input_shape} and (None, 2): train the run again"
            )
        if len(shapes) != 1:
            raise ModelError(
                f"the members take and give arrays of unlike shapes: {', '.join(sorted(map(str, shapes)))}; "
                "expected the same: gather networks that were trained on the same data"
            )
        return loaded

    @property
    def network(self) -> keras.Sequential | None:
        """The network, where there is but one."""
        return self.members[0].network if len(self.members) == 1 else None

    @property
    def plain(self) -> bool:
        """Whether it is one network that looks at the image alone."""
        return len(self.members) == 1 and self.members[0].plain

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """(None, H, W, C)."""
        shape: tuple[int | None, ...] = self.members[0].network.input_shape
        return shape

    @property
    def classes(self) -> int:
        """Columns of the answers."""
        return int(self.members[0].network.output_shape[-1])

    @property
    def ood_detectors(self) -> list[keras.Sequential]:
        """Those that the members have."""
        return [member.ood_detector for member in self.members if member.ood_detector is not None]

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Numbers whose softmax is the answer, and whose log-sum-exp the score.

        uint8 (N, H, W, C), 0-255 -> float32 (N, classes).
        """
        answers = [member.logits(images) for member in self.members]
        answer = (answers[0] if len(answers) == 1 else vote(answers)).astype(np.float64)
        score = answer.max(axis=1) - answer.mean(axis=1)
        if self._ood_detectors:
            verdicts = [
                keras.ops.convert_to_numpy(ood_detector.predict_on_batch(images))
                for ood_detector in self._ood_detectors
            ]
            score += OOD_WEIGHT * np.mean([verdict[:, 1] - verdict[:, 0] for verdict in verdicts], axis=0)
        carried = answer + (score - np.logaddexp.reduce(answer, axis=1))[:, None]
        return np.asarray(carried, np.float32)

    @cached_property
    def _ood_detectors(self) -> list[keras.Sequential]:
        """Without their softmax."""
        return [logits_network(ood_detector) for ood_detector in self.ood_detectors]


def vote(logits: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The logarithm of the mean of the softmax of each: float32 (N, C), all of the same shape."""
    each = np.stack(logits).astype(np.float64)
    each -= np.logaddexp.reduce(each, axis=-1, keepdims=True)
    mean: NDArray[np.float64] = np.logaddexp.reduce(each, axis=0) - np.log(len(each))
    return mean.astype(np.float32)
