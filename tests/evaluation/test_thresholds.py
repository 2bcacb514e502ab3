import numpy as np

from inklens.evaluation import Thresholds


def test_images_at_the_thresholds_are_answered():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2]], np.float32)
    id_score = np.array([1, 2], np.float32)
    at = Thresholds(id_score=1.0, probability=float(np.float32(0.8)))
    assert at.answered(probabilities, id_score).tolist() == [True, True]
    assert Thresholds(probability=0.85).answered(probabilities, id_score).tolist() == [True, False]
    assert Thresholds(id_score=1.5).answered(probabilities, id_score).tolist() == [False, True]
    assert Thresholds().answered(probabilities, id_score).all()
