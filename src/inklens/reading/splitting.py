"""What a piece of ink may say: one digit, or several that touch.

Touching digits are cut where little ink is crossed, and of all ways to combine the cuts the one that the
network finds most probable is taken, by dynamic programming (over-segmentation; Casey and Lecolinet 1996,
"A survey of methods and strategies in character segmentation").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.pixels import keep_writing, place_ink
from inklens.reading.page import Ink
from inklens.reading.pieces import Piece

UNKNOWN_COST = 2.5  # nats; a digit that the network does not know is as bad as one of 8 %
SPLIT_COST = 2.0  # nats for every cut: one digit is the simpler story
_WIDE = 1.0  # widths per height up to which a piece is no wider than a digit
_WIDTH_COST = 4.0  # nats per height of width beyond that
_SLANTS = (-0.3, 0.0, 0.3)  # dx/dy of the cuts
_MOST_CUTS = 9
_MOST_DIGITS = 5
_EDGE = 0.2  # ink from here on belongs to a digit's box


@dataclass(frozen=True, eq=False)
class Part:
    """Ink read as one digit.

    Args:
        piece: its ink and box.
        framed: uint8 (28, 28, 1), as the network saw it.
        label: the most probable class.
        probability: of that class.
        status: "ok", "unknown" or "empty".
        cut: whether it was cut out of a wider piece.
    """

    piece: Piece
    framed: NDArray[np.uint8]
    label: str
    probability: float
    status: str
    cut: bool = False

    @property
    def cost(self) -> float:
        """Nats: how improbable it is that this is one digit."""
        sure = -float(np.log(max(self.probability, 1e-4)))
        wide = max(0.0, self.piece.width / max(self.piece.height, 1) - _WIDE)
        return sure + (self.status != "ok") * UNKNOWN_COST + _WIDTH_COST * wide


@dataclass(frozen=True, eq=False)
class Way:
    """One way to read a piece: its parts from left to right, and what that costs in nats."""

    parts: tuple[Part, ...]
    cost: float


def classify(pieces: Sequence[Piece], classifier: Classifier, *, cut: bool = False) -> list[Part]:
    """Each piece as one digit, all in one batch."""
    if not pieces:
        return []
    framed = np.stack([place_ink(np.pad(piece.ink, 2), classifier.spec) for piece in pieces])
    answers = classifier.predict_framed(framed)
    best = answers.probabilities.max(axis=1)
    names, status = classifier.class_names, answers.status.tolist()
    return [
        Part(piece, framed[row], names[index], float(best[row]), status[row], cut)
        for row, (piece, index) in enumerate(zip(pieces, answers.indices.tolist(), strict=True))
    ]


def ways(parts: Sequence[Part], classifier: Classifier, wanted: Sequence[bool]) -> list[dict[int, Way]]:
    """For each piece, by how many digits it is read as, the best way to do so.

    Args:
        parts: the pieces, each read as one digit.
        wanted: which of them may be several digits.
    """
    found = [{1: Way((part,), part.cost)} for part in parts]
    segments: list[Piece] = []
    plans: list[tuple[int, int, dict[tuple[int, int], int]]] = []
    for number, (part, several) in enumerate(zip(parts, wanted, strict=True)):
        if several:
            cuts = _cuts(part.piece)
            places = {}
            for start in range(len(cuts) - 1):
                for end in range(start + 1, len(cuts)):
                    segment = _between(part.piece, cuts[start], cuts[end])
                    if (start, end) != (0, len(cuts) - 1) and segment is not None:
                        places[start, end] = len(segments)
                        segments.append(segment)
            plans.append((number, len(cuts), places))
    read = classify(segments, classifier, cut=True)
    for number, cuts_count, places in plans:
        found[number].update(_best_ways({ends: read[place] for ends, place in places.items()}, cuts_count))
    return found


def may_touch(part: Part) -> bool:
    """Whether a piece may be several digits that touch: it is wide, or odd as one digit."""
    shape = part.piece.width / max(part.piece.height, 1)
    return shape > _WIDE or (shape > 0.6 and (part.status != "ok" or part.probability < 0.9))


Cut = tuple[float, float]  # x at half the height, and dx/dy


def _cuts(piece: Piece) -> list[Cut]:
    """Where a piece may be cut, from left to right, its two ends included."""
    height, width = piece.ink.shape
    found: list[tuple[float, Cut]] = []
    middle = (height - 1) / 2
    reach = int(np.ceil(max(_SLANTS) * middle)) + 1
    for slant in _SLANTS:
        shift = np.array([[1, -slant, slant * middle + reach], [0, 1, 0]], np.float64)
        upright = cv2.warpAffine(piece.ink, shift, (width + 2 * reach, height))
        crossed = cv2.blur(upright.sum(axis=0)[None], (3, 1))[0][reach : reach + width]
        low = np.flatnonzero((crossed[1:-1] <= crossed[:-2]) & (crossed[1:-1] < crossed[2:])) + 1
        found += [(float(crossed[x]) + 0.02 * height * abs(slant), (float(x), slant)) for x in low]
    least = 0.15 * height
    chosen: list[Cut] = []
    for _, cut in sorted(found):
        apart = all(abs(cut[0] - other[0]) >= least for other in chosen)
        if apart and least <= cut[0] <= width - least and len(chosen) < _MOST_CUTS:
            chosen.append(cut)
    return [(-1e6, 0.0), *sorted(chosen), (1e6, 0.0)]


def _between(piece: Piece, left: Cut, right: Cut) -> Piece | None:
    """The ink between two cuts, cropped; None where it is too wide or too small for a digit."""
    height, width = piece.ink.shape
    rows = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
    columns = np.arange(width, dtype=np.float32)[None]
    inside = (columns >= left[0] + left[1] * rows) & (columns < right[0] + right[1] * rows)
    ink: Ink = keep_writing(np.where(inside, piece.ink, np.float32(0)))
    x, y, wide, tall = cv2.boundingRect((ink > _EDGE).astype(np.uint8))
    if wide > 1.4 * height or tall < 0.6 * height or not wide:
        return None
    return Piece(piece.left + x, piece.top + y, wide, tall, ink[y : y + tall, x : x + wide])


def _best_ways(read: dict[tuple[int, int], Part], cuts: int) -> dict[int, Way]:
    """The cheapest ways from the first cut to the last in 2, 3... parts."""
    best: list[dict[int, Way]] = [{} for _ in range(cuts)]
    best[0][0] = Way((), -SPLIT_COST)
    for end in range(1, cuts):
        for start in range(end):
            part = read.get((start, end))
            if part is None:
                continue
            for count, way in best[start].items():
                cost = way.cost + part.cost + SPLIT_COST
                if count < _MOST_DIGITS and (count + 1 not in best[end] or cost < best[end][count + 1].cost):
                    best[end][count + 1] = Way((*way.parts, part), cost)
    return {count: way for count, way in best[-1].items() if count > 1}
