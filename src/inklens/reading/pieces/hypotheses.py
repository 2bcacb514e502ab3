"""A piece of ink read as one digit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.pixels import place_ink
from inklens.reading.pieces.piece import Piece

_UNKNOWN_COST = 2.5  # nats; a digit whose status is not "ok" counts as one with a probability of 8%
_WIDE = 1.0  # widths per height up to which a piece is no wider than a digit
_WIDTH_COST = 4.0  # nats per height of width beyond that
_SLIM, _SURE = 0.6, 0.9  # widths per height, probability: a wider and less probable digit may be two
_LEAST = 1e-3  # lower limit of a probability


@dataclass(frozen=True, eq=False)
class DigitHypothesis:
    """A piece of ink under the hypothesis that it is one digit.

    Args:
        piece: its ink and box.
        framed: uint8 (H, W, C), the network's input.
        label: the most probable class.
        class_probability: of this class, 0-1, given that the ink is a digit.
        status: "ok", "unknown" or "empty".
        cut: whether the piece was cut out of a wider one.
        chance: the probability of each class when nothing is known, 1 / classes.
        id_probability: that the ink is a digit at all, 0-1.
    """

    piece: Piece
    framed: NDArray[np.uint8]
    label: str
    class_probability: float
    status: str
    cut: bool = False
    chance: float = 0.1
    id_probability: float = 1.0

    @property
    def probability(self) -> float:
        """Of this class, 0-1; ink that may be no digit counts as any class."""
        return self.id_probability * self.class_probability + (1 - self.id_probability) * self.chance

    @property
    def cost(self) -> float:
        """How improbable it is that this is one digit, in nats."""
        # Ink that may be no digit is spread over the classes, by the network itself or by `probability`.
        above_chance = (self.probability - self.chance) / (1 - self.chance)
        improbable = -float(np.log(max(above_chance, _LEAST)))
        wide = max(0.0, self.piece.width / max(self.piece.height, 1) - _WIDE)
        return improbable + (self.status != "ok") * _UNKNOWN_COST + _WIDTH_COST * wide


def may_touch(digit: DigitHypothesis) -> bool:
    """Whether a piece may be several digits that touch: it is wide, or improbable as one digit."""
    shape = digit.piece.width / max(digit.piece.height, 1)
    return shape > _WIDE or (shape > _SLIM and (digit.status != "ok" or digit.probability < _SURE))


def classify(pieces: Sequence[Piece], classifier: Classifier, *, cut: bool = False) -> list[DigitHypothesis]:
    """Each piece as one digit; the network sees all in one batch.

    Args:
        cut: whether the pieces were cut out of wider ones.
    """
    if not pieces:
        return []
    framed = np.stack([place_ink(np.pad(piece.ink, 2), classifier.spec) for piece in pieces])
    predictions = classifier.predict_framed(framed)
    names, chance = classifier.class_names, 1 / len(classifier.class_names)
    indices, status = predictions.indices.tolist(), predictions.status.tolist()
    id_probability = predictions.id_probability.tolist()
    best = predictions.probabilities.max(axis=1).tolist()
    return [
        DigitHypothesis(
            piece, framed[row], names[indices[row]], best[row], status[row], cut, chance, id_probability[row]
        )
        for row, piece in enumerate(pieces)
    ]
