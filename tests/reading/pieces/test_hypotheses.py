import copy
from dataclasses import replace

import numpy as np
import pytest

from inklens.reading.pieces.hypotheses import classify
from inklens.reading.pieces.piece import Piece


def _with_threshold(classifier, score):
    """The same network, as if it had an OOD detector with this threshold."""
    detector = copy.copy(classifier)
    thresholds = replace(classifier.metadata.thresholds, id_score=score)
    detector.metadata = replace(classifier.metadata, ood_detector=True, thresholds=thresholds)
    return detector


def test_ink_that_the_ood_detector_takes_for_no_digit_may_be_any_class(classifier):
    piece = Piece(26, 6, 9, 109, np.ones((109, 9), np.float32))
    (plain,) = classify([piece], classifier)
    (known,) = classify([piece], _with_threshold(classifier, -100.0))
    (unknown,) = classify([piece], _with_threshold(classifier, 100.0))
    assert plain.probability > 0.5
    assert known.probability == pytest.approx(plain.probability)
    assert unknown.probability == pytest.approx(0.1)
    assert (unknown.label, unknown.status) == (plain.label, "unknown")
    assert unknown.cost > plain.cost
