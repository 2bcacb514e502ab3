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
from inklens.pixels import place_ink, without_specks
from inklens.reading.paper.page import Ink
from inklens.reading.pieces.pieces import Piece

UNKNOWN_COST = 2.5  # nats; a digit that the network does not know is as bad as one of 8 %
SPLIT_COST = 1.0  # nats for every cut: one digit is the simpler story
_WIDE = 1.0  # widths per height up to which a piece is no wider than a digit
_NOT_SLIM, _SURE = 0.6, 0.9  # widths per height, probability: from there on an odd digit may be two
_WIDTH_COST = 4.0  # nats per height of width beyond that
_SLANTS = (-0.5, -0.25, 0.0, 0.25, 0.5)  # dx/dy of the cuts
_CUTS = 8  # for each height of width, and so many more
_MOST_CUTS = 40
_LEAST = 1e-3  # probability of the least probable digit
_EDGE = 0.2  # ink from here on belongs to a digit's box
_ROWS = 48  # of the picture in which cuts are looked for
_WINDING = 0.06  # heights that a cut may leave the straight line
_LEAST_APART = 0.08  # heights between neighbouring cuts
_ASIDE, _TURN = 0.3, 0.1  # prices, in pixels of ink, of a row that far aside and of a step aside


@dataclass(frozen=True, eq=False)
class Part:
    """Ink read as one digit.

    Args:
        piece: its ink and box.
        framed: uint8 (H, W, C), of the network's size, as it saw it.
        label: the most probable class.
        sure: how probable this class is, 0-1, were it sure that the ink is a digit.
        status: "ok", "unknown" or "empty".
        cut: whether it was cut out of a wider piece.
        chance: the probability of a class of which nothing is known, 1 / classes.
        known: how probable it is that the ink is a digit, 0-1.
    """

    piece: Piece
    framed: NDArray[np.uint8]
    label: str
    sure: float
    status: str
    cut: bool = False
    chance: float = 0.1
    known: float = 1.0

    @property
    def probability(self) -> float:
        """That it is this class, 0-1, what may be none at all counted as any."""
        return self.known * self.sure + (1 - self.known) * self.chance

    @property
    def cost(self) -> float:
        """Nats: how improbable it is that this is one digit."""
        # What may be none is shared out among the classes, by the network itself or in `classify`.
        known = (self.probability - self.chance) / (1 - self.chance)
        sure = -float(np.log(max(known, _LEAST)))
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
    names, chance = classifier.class_names, 1 / len(classifier.class_names)
    indices, status, known = answers.indices.tolist(), answers.status.tolist(), answers.known.tolist()
    sure = answers.probabilities.max(axis=1).tolist()
    return [
        Part(piece, framed[row], names[indices[row]], sure[row], status[row], cut, chance, known[row])
        for row, piece in enumerate(pieces)
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
    return shape > _WIDE or (shape > _NOT_SLIM and (part.status != "ok" or part.probability < _SURE))


Paths = NDArray[np.float32]  # (cuts, height): the column of each cut in each row


def _cuts(piece: Piece) -> Paths:
    """Where a piece may be cut, from left to right, its two ends included.

    Each begins as a straight cut that crosses little ink, and then winds its way around the ink beside it.
    """
    height, width = piece.ink.shape
    most = min(_MOST_CUTS, _CUTS + int(_CUTS * width / height))
    chosen: list[Paths] = []
    for path in _paths(piece.ink, _straight(piece.ink)[: 2 * most]):
        if all(np.abs(path - other).mean() >= _LEAST_APART * height for other in chosen):
            chosen.append(path)
    chosen = sorted(chosen[:most], key=lambda path: float(path.mean()))
    ends = (np.full(height, side, np.float32) for side in (-1e6, 1e6))
    return np.stack([next(ends), *chosen, next(ends)])


def _straight(ink: Ink) -> list[tuple[float, float]]:
    """Straight cuts, x at half the height and dx/dy, those that cross least ink first."""
    height, width = ink.shape
    found: list[tuple[float, float, float]] = []  # ink crossed, x, dx/dy
    middle = (height - 1) / 2
    reach = int(np.ceil(max(_SLANTS) * middle)) + 1
    for slant in _SLANTS:
        shift = np.array([[1, -slant, slant * middle + reach], [0, 1, 0]], np.float64)
        upright = cv2.warpAffine(ink, shift, (width + 2 * reach, height))
        crossed = cv2.blur(upright.sum(axis=0)[None], (3, 1))[0][reach : reach + width]
        low = np.flatnonzero((crossed[1:-1] <= crossed[:-2]) & (crossed[1:-1] < crossed[2:])) + 1
        found += [(float(crossed[x]) + 0.02 * height * abs(slant), float(x), slant) for x in low]
    edge = _LEAST_APART * height
    return [(x, slant) for _, x, slant in sorted(found) if edge <= x <= width - 1 - edge]


def _paths(ink: Ink, straight: Sequence[tuple[float, float]]) -> Paths:
    """For each straight cut the way from top to bottom beside it that crosses least ink.

    By dynamic programming over the rows of a picture of at most `_ROWS` rows, a column aside in each.

    Returns:
        columns, float32 (cuts, height).
    """
    height = len(ink)
    rows = min(_ROWS, height)
    if not straight or rows < 2:
        return np.empty((0, height), np.float32)
    y = np.linspace(0, height - 1, rows, dtype=np.float32)
    step = float(y[1])
    half = max(2, round(_WINDING * height / step))
    aside = np.arange(-half, half + 1)
    x, slant = np.array(straight, np.float32).reshape(-1, 2).T
    # (cuts, rows, 2 half + 1): the band around each cut, as if it were upright
    columns = (x[:, None] + slant[:, None] * (y - (height - 1) / 2))[..., None] + np.float32(
        step
    ) * aside.astype(np.float32)
    lines = np.broadcast_to(y[:, None], columns.shape)
    band = cv2.remap(ink, _flat(columns), _flat(lines), cv2.INTER_LINEAR).reshape(columns.shape)
    price = band + np.float32(_ASIDE) * np.abs(aside) / half
    cuts = np.arange(len(x))[:, None]
    edged = np.full((len(x), 2 * half + 3), np.inf, np.float32)
    edged[:, 1:-1] = price[:, 0]
    came = np.zeros(price.shape, np.intp)
    for row in range(1, rows):
        ways = np.stack([edged[:, :-2] + _TURN, edged[:, 1:-1], edged[:, 2:] + _TURN])
        best = ways.argmin(axis=0)
        came[:, row] = aside + half + best - 1
        edged[:, 1:-1] = price[:, row] + np.take_along_axis(ways, best[None], 0)[0]
    at = edged[:, 1:-1].argmin(axis=1)[:, None]
    paths = np.empty((len(x), rows), np.float32)
    for row in range(rows - 1, -1, -1):
        paths[:, row] = columns[cuts, row, at][:, 0]
        at = came[cuts, row, at]
    return np.stack([np.interp(np.arange(height), y, path) for path in paths]).astype(np.float32)


def _flat(places: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(places.reshape(-1, places.shape[-1]))


def _between(piece: Piece, left: Paths, right: Paths) -> Piece | None:
    """The ink between two cuts, cropped; None where it is too wide or too small for a digit."""
    height, width = piece.ink.shape
    first, last = max(0, int(left.min())), min(width, int(np.ceil(right.max())))
    if first >= last:
        return None
    columns = np.arange(first, last, dtype=np.float32)[None]
    inside = (columns >= left[:, None]) & (columns < right[:, None])
    ink: Ink = without_specks(np.where(inside, piece.ink[:, first:last], np.float32(0)))
    x, y, wide, tall = cv2.boundingRect((ink > _EDGE).astype(np.uint8))
    if wide > 1.2 * height or tall < 0.6 * height or not wide:
        return None
    cropped = ink[y : y + tall, x : x + wide]
    return Piece(piece.left + first + x, piece.top + y, wide, tall, cropped, piece.tilt)


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
                if count + 1 not in best[end] or cost < best[end][count + 1].cost:
                    best[end][count + 1] = Way((*way.parts, part), cost)
    return {count: way for count, way in best[-1].items() if count > 1}
