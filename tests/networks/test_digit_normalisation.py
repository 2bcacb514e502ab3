"""Slant and width of digits, taken away before a network sees them."""

from dataclasses import replace

import numpy as np
import pytest

from inklens.classifier import Classifier, ModelMetadata
from inklens.datasets import load
from inklens.export import FORMATS
from inklens.export.run_export import write_proved
from inklens.networks.backends import select_backend
from inklens.networks.table import DIGIT_NORMALISATIONS
from inklens.pixels import PixelSpec
from inklens.recipes import Recipe
from inklens.training.prepare import concrete_recipe

select_backend("tensorflow")

from inklens.networks import build  # noqa: E402
from inklens.networks.digit_normalisation import NORMALISATIONS, NormaliseDigits, normalised  # noqa: E402
from inklens.networks.ensemble import Ensemble, Member  # noqa: E402

CHANGING = [name for name in NORMALISATIONS if name != "none"]


@pytest.fixture(scope="module")
def digits():
    """100 digits, uint8 (N, 28, 28, 1)."""
    test = load("sample").test
    return test.batch(np.linspace(0, len(test) - 1, 100).astype(int))


def stroke(slant: float, height: int = 14, width: int = 3) -> np.ndarray:
    """A straight stroke, so many columns to the right for each row upwards: float32 (1, 28, 28, 1)."""
    rows, columns = np.mgrid[:28, :28]
    inside = (np.abs(rows - 12) <= height // 2) & (np.abs(columns - 11 + slant * (rows - 12)) <= width / 2)
    return (255.0 * inside).astype(np.float32)[None, :, :, None]


def box(images: np.ndarray) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is brighter than a fifth."""
    rows, columns = np.nonzero(images[0, :, :, 0] > 51)
    return rows.min(), rows.max(), columns.min(), columns.max()


def test_the_names_are_known_without_a_framework():
    assert tuple(NORMALISATIONS) == DIGIT_NORMALISATIONS


@pytest.mark.parametrize("slant", [-0.6, -0.3, 0.3, 0.6])
def test_a_slanted_stroke_comes_out_upright_and_in_the_middle(slant):
    seen = np.asarray(normalised(stroke(slant), "deslant"))
    top, bottom, left, right = box(seen)
    assert (top, bottom) == pytest.approx((4, 23), abs=1), "the box of MNIST's digits is 20 pixels high"
    assert right - left <= 7, "upright, however it was slanted"
    ink = seen[0, :, :, 0]
    rows, columns = np.mgrid[:28, :28]
    middle = (ink * rows).sum() / ink.sum(), (ink * columns).sum() / ink.sum()
    assert middle == pytest.approx((13.5, 13.5), abs=0.3)


@pytest.mark.parametrize("width", [5, 11, 17])
def test_stretching_fills_the_height_and_brings_the_width_half_way(width):
    top, bottom, left, right = box(np.asarray(normalised(stroke(0.0, width=width), "stretch")))
    assert (top, bottom) == pytest.approx((4, 23), abs=1)
    assert right - left + 1 == pytest.approx((width + 18) / 2, abs=1.5)


def test_none_changes_nothing_and_no_ink_stays_none(digits):
    assert normalised(digits, "none") is digits
    for name in CHANGING:
        black = np.asarray(normalised(np.zeros((2, 28, 28, 1), np.float32), name))
        assert not black.any()


@pytest.mark.parametrize("name", CHANGING)
def test_each_image_is_normalised_by_itself(digits, name):
    together = np.asarray(normalised(digits.astype(np.float32), name))
    alone = [np.asarray(normalised(digits[at : at + 1].astype(np.float32), name)) for at in (0, 50, 99)]
    assert np.concatenate(alone) == pytest.approx(together[[0, 50, 99]], abs=1e-2)
    assert together.min() >= 0
    assert np.asarray(NormaliseDigits(name)(digits)) == pytest.approx(together, abs=1e-2)


@pytest.mark.parametrize("kind", [name for name in FORMATS if name != "keras"])
def test_it_is_in_the_model_file(tmp_path, digits, kind):
    networks = [build("convnet-small", (28, 28, 1), 10, seed=seed) for seed in range(2)]
    members = (Member(networks[0], "cross", None, "deslant"), Member(networks[1], "none", None, "stretch"))
    ensemble = Ensemble(members)
    metadata = ModelMetadata(tuple("0123456789"), "writing", PixelSpec(28, 28, 1), "0.1.0")
    proof = write_proved(ensemble, metadata, digits, kind, tmp_path / FORMATS[kind].file)
    assert proof.largest_difference <= 1e-5
    if kind == "onnx":
        said = Classifier.open(tmp_path / "model.onnx").predict_framed(digits).probabilities
        assert said == pytest.approx(ensemble.predict(digits).probabilities(1.0), abs=1e-5)
        plain = Ensemble(tuple(map(Member, networks, ("cross", "none"))))
        assert np.abs(said - plain.predict(digits).probabilities(1.0)).max() > 1e-3


def test_a_network_with_one_is_not_plain(digits):
    network = build("conv5x5", (28, 28, 1), 10)
    assert Ensemble.of(network).plain
    assert not Ensemble.of(network, digit_normalisation="deslant").plain


def test_only_grey_writing_is_normalised():
    recipe, writing = Recipe(digit_normalisation="deslant"), load("sample")
    assert concrete_recipe(recipe, writing).digit_normalisation == "deslant"
    assert concrete_recipe(recipe, replace(writing, kind="things")).digit_normalisation == "none"
