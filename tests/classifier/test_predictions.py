from dataclasses import replace

import numpy as np
import pytest

from inklens.classifier import ModelMetadata
from inklens.classifier.predictions import id_probability
from inklens.evaluation import Thresholds
from inklens.pixels import PixelSpec

METADATA = ModelMetadata(
    tuple("01"),
    "writing",
    PixelSpec(28, 28, 1),
    "0.1.0",
    thresholds=Thresholds(id_score=3.0),
    ood_detector=True,
)
ID_SCORES = np.array([-1e9, 2.0, 3.0, 4.0, 1e9], np.float32)


def test_the_id_score_says_how_probable_it_is_that_an_image_is_of_any_class():
    known = id_probability(ID_SCORES, METADATA)
    assert known.dtype == np.float32
    odds = np.log(known[1:4] / (1 - known[1:4]))
    assert np.diff(odds) == pytest.approx([2, 2], abs=1e-4)  # it holds half of a detector's log-odds
    assert odds[1] == pytest.approx(1.5, abs=1e-5)
    assert known[[0, -1]] == pytest.approx([0, 1], abs=1e-6)


@pytest.mark.parametrize("changed", [{"ood_detector": False}, {"thresholds": Thresholds()}])
def test_without_an_ood_detector_or_a_threshold_it_is_taken_for_granted(changed):
    assert id_probability(ID_SCORES, replace(METADATA, **changed)).tolist() == [1.0] * 5
