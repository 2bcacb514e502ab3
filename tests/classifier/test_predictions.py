from dataclasses import replace

import numpy as np
import pytest

from inklens.classifier import ModelMetadata
from inklens.classifier.metadata import Reject
from inklens.classifier.predictions import known_share
from inklens.pixels import PixelSpec

OOD_WEIGHT = ModelMetadata(
    tuple("01"),
    "writing",
    PixelSpec(28, 28, 1),
    "0.1.0",
    reject=Reject(score_threshold=3.0),
    has_ood_detector=True,
)
SCORES = np.array([-1e9, 2.0, 3.0, 4.0, 1e9], np.float32)


def test_by_a_judged_score_it_is_known_how_probable_it_is_that_an_image_is_any_class():
    known = known_share(SCORES, OOD_WEIGHT)
    assert known.dtype == np.float32
    odds = np.log(known[1:4] / (1 - known[1:4]))
    assert np.diff(odds) == pytest.approx([2, 2], abs=1e-4)  # a judged score is half of the log-odds
    assert odds[1] == pytest.approx(1.5, abs=1e-5)
    assert known[[0, -1]] == pytest.approx([0, 1], abs=1e-6)


@pytest.mark.parametrize("changed", [{"has_ood_detector": False}, {"reject": Reject()}])
def test_without_a_judge_or_a_threshold_it_is_taken_for_granted(changed):
    assert known_share(SCORES, replace(OOD_WEIGHT, **changed)).tolist() == [1.0] * 5
