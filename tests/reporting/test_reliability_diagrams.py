"""Reliability and error against coverage as pictures."""

import numpy as np
import pytest

from inklens.evaluation import reliability_curve, risk_coverage_curve
from inklens.reporting import coverage_picture, reliability_picture


def drawn(images, sharpness):
    random = np.random.default_rng(images)
    probabilities = random.dirichlet([sharpness] * 10, images)
    labels = (probabilities.cumsum(axis=1) < random.random((images, 1))).sum(axis=1).clip(0, 9)
    return probabilities, labels


@pytest.mark.parametrize("bins", [10, 15])
@pytest.mark.parametrize(("images", "sharpness"), [(1, 1), (50, 0.1), (20_000, 0.01), (300_000, 0.2)])
def test_any_number_of_images_is_tidy(tmp_path, assert_tidy, images, sharpness, bins):
    probabilities, labels = drawn(images, sharpness)
    assert_tidy(reliability_picture(reliability_curve(probabilities, labels, bins), tmp_path / "r.png"))
    right = probabilities.argmax(axis=1) == labels
    assert_tidy(coverage_picture(risk_coverage_curve(probabilities.max(axis=1), right), tmp_path / "c.png"))
    assert (tmp_path / "r.png").stat().st_size > 10_000


def test_each_bin_shows_its_accuracy_and_its_images(tmp_path, said_in):
    # Two images at 0.9, one right. Two at 0.6, both right.
    curve = reliability_curve([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]], [0, 1, 1, 1], bins=5)
    figure = reliability_picture(curve, tmp_path / "r.png")
    panel = figure.axes[1]
    assert [bar.get_height() for bar in panel.patches] == [1, 0.5]
    assert [bar.get_x() for bar in panel.patches] == pytest.approx([0.4, 0.8])
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in panel.lines if line.get_marker() == "o"]
    assert np.allclose(dots, [(0.6, 1), (0.9, 0.5)])
    said = said_in(figure)
    assert said[said.index("images") + 1 :][:5] == ["0", "0", "2", "0", "2"]
    assert "4 images, calibration error (ECE) 40.00%" in said[1]


def test_the_curve_begins_where_errors_do(tmp_path, texts_of):
    scores = np.linspace(1, 0.5, 1000)
    correct = np.ones(1000, bool)
    correct[[985, 999]] = False
    figure = coverage_picture(risk_coverage_curve(scores, correct), tmp_path / "c.png")
    assert figure.axes[1].get_xlim() == (0.9, 1)
    assert "0.20% at 100%, 0.10% at 99%, 0.00% at 95%" in texts_of(figure)[1].get_text()


@pytest.mark.parametrize("correct", [True, False])
def test_all_right_and_all_wrong_are_drawn(tmp_path, assert_tidy, correct):
    curve = risk_coverage_curve(np.linspace(0, 1, 30), np.full(30, correct))
    assert_tidy(coverage_picture(curve, tmp_path / "c.png"))
