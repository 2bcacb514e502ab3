"""Small pieces beside digits: the bar that came off a 5, a dot, a bit of ruling.

What lies beside digits and is far lower is none of them. Whether it belongs to one, the network says: with
it, the digit must be as probable as without.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.reading.pieces.pieces import heights_beside, merged
from inklens.reading.pieces.splitting import Part, classify

_SURE = 0.9  # probability of what is taken for a digit here
_LOW = 0.6  # of the digits' height beside it: what is lower may be a fragment
_TINY = 0.45  # of it: what is lower is one, even if it looks like a 1
_NEAR = 0.3  # of that height, away from what it may belong to
_AS_GOOD = 0.5  # nats that a digit may lose with the fragment that is then joined to it


def without_fragments(parts: list[Part], classifier: Classifier, *, keep: bool = False) -> list[Part]:
    """The pieces, each read as one digit; fragments are joined to their digits or left out.

    Args:
        keep: leave nothing out: where the number of digits is known, that decides what is dust.
    """
    if not parts:
        return parts
    boxes = np.array([(p.piece.left, p.piece.top, p.piece.right, p.piece.bottom) for p in parts], np.float64)
    sure = np.array([part.status == "ok" and part.probability >= _SURE for part in parts])
    usual = heights_beside(boxes, np.tile(sure, (len(parts), 1)))
    height = boxes[:, 3] - boxes[:, 1]
    small = np.flatnonzero(height < _LOW * usual).tolist()
    pairs = [(at, base) for at in small for base in _bases(boxes, at, float(usual[at]))]
    together = classify([merged(parts[at].piece, parts[base].piece) for at, base in pairs], classifier)
    best: dict[int, tuple[float, int, Part]] = {}
    for (at, base), both in zip(pairs, together, strict=True):
        gain = parts[base].cost - both.cost
        if at not in best or gain > best[at][0]:
            best[at] = gain, base, both
    found = dict(enumerate(parts))
    for at in sorted(small, key=lambda one: float(height[one])):
        if found[at] is not parts[at]:
            continue  # a lower one was joined to it: it is whole now
        gain, base, both = best.get(at, (-np.inf, at, parts[at]))
        joins = gain >= -_AS_GOOD and found.get(base) is parts[base]
        if joins:
            found[base] = both
        unlike = parts[at].status != "ok" or height[at] < _TINY * usual[at]
        if joins or (unlike and not keep):
            del found[at]
    return list(found.values())


def _bases(boxes: NDArray[np.float64], at: int, usual: float) -> list[int]:
    """The higher pieces near a small one, to which it may belong."""
    left, top, right, bottom = boxes[at]
    away_x = np.maximum(np.maximum(boxes[:, 0] - right, left - boxes[:, 2]), 0)
    away_y = np.maximum(np.maximum(boxes[:, 1] - bottom, top - boxes[:, 3]), 0)
    higher = boxes[:, 3] - boxes[:, 1] > bottom - top
    found: list[int] = np.flatnonzero(higher & (np.hypot(away_x, away_y) <= _NEAR * usual)).tolist()
    return found
