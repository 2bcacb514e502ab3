"""Class activation, occlusion and the answers to covered parts as pictures."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from inklens.explanation import Explanation, MapLayer, Occlusion, ReceptiveField, occlusion_map
from inklens.reporting import class_activation_picture, explanation_picture, occlusion_picture
from inklens.reporting.style import VERMILION

SIGHT = ReceptiveField(6, 2.5, 2)
LAYER = MapLayer("re_lu", "activation", (12, 12, 4), (1, 1), SIGHT, SIGHT)


def by_quarters(pixels):
    """One class of ten for each brightest quarter; the others share what is left."""
    halves = np.array_split(pixels.mean(axis=3), 2, axis=1)
    quarters = [part.mean(axis=(1, 2)) for half in halves for part in np.array_split(half, 2, axis=2)]
    shares = np.concatenate([np.stack(quarters, axis=1) / 10, np.zeros((len(pixels), 6))], axis=1)
    powers = np.exp(shares)
    return powers / powers.sum(axis=1, keepdims=True)


def explained(image, label=0, **options):
    occlusion = occlusion_map(by_quarters, image, label, **options)
    activation = np.linspace(0, 1, image[..., 0].size, dtype=np.float32).reshape(image.shape[:2])
    filters, maps = np.zeros((3, 3, 1, 4), np.float32), {"re_lu": np.zeros((12, 12, 4), np.float32)}
    return Explanation(image, label, 1.0, filters, (LAYER,), maps, activation, occlusion)


@pytest.mark.parametrize("shape", [(28, 28, 1), (40, 8, 3), (8, 40, 1)])
@pytest.mark.parametrize("label", [0, 3])
def test_every_page_is_tidy_whatever_the_names_and_shapes(tmp_path, assert_tidy, hard_names, shape, label):
    image = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    explanation = explained(image, label)
    for draw in (explanation_picture, class_activation_picture):
        assert_tidy(draw(explanation, hard_names, tmp_path / "x.png"))
    assert_tidy(occlusion_picture(image, explanation.occlusion, hard_names, tmp_path / "x.png"))
    assert (tmp_path / "x.png").stat().st_size > 5_000


@pytest.fixture
def digit(forty_digits):
    return np.asarray(forty_digits[0][9])


def test_the_page_says_what_the_network_says_and_what_it_says_then(tmp_path, said_in, digit):
    names = "abcdefghij"
    explanation = explained(digit, int(by_quarters(digit[None]).argmax()))
    occlusion = explanation.occlusion
    said = said_in(explanation_picture(explanation, names, tmp_path / "x.png"))
    name, share = names[explanation.label], 100 * occlusion.uncovered.max()
    assert said[0] == f"What speaks for {name}"
    assert said[1].startswith(f"the network says {name} {share:.1f}%, ")
    same = int((occlusion.answers == explanation.label).sum())
    assert 0 < same < 64
    assert f"blue: {name} in {same} of 64 places" in said
    other = names[int(occlusion.answers[occlusion.answers != explanation.label][0])]
    assert any(each.startswith(f"{other}  ") and each.endswith("%") for each in said)
    assert said.count(other) >= 1  # in the cells where it is the answer


def colours_of(figure, index):
    return np.asarray(figure.axes[0].images[index].get_array(), np.float64)


def test_what_covering_costs_is_said_of_one_cover(tmp_path, said_in, digit):
    occlusion = explained(digit, label=1).occlusion
    shares = occlusion.covered[..., 1]
    cost, gain = 100 * (occlusion.uncovered[1] - shares.min()), 100 * (shares.max() - occlusion.uncovered[1])
    assert cost > 100 * occlusion.fall.max() + 0.1, (
        "the mean over a pixel's covers says less than one of them"
    )
    figure = occlusion_picture(digit, occlusion, "abcdefghij", tmp_path / "x.png")
    said = said_in(figure)
    assert f"blue costs b: {cost:.1f} points at most" in said
    assert f"orange gains it: {gain:.1f} points at most" in said


def test_what_rounding_makes_of_a_blank_image_is_not_drawn(tmp_path):
    blank = np.zeros((28, 28, 1), np.uint8)
    occlusion = occlusion_map(by_quarters, blank, 0)
    rounded = replace(occlusion, fall=occlusion.fall + np.float32(1e-8))
    plain, drawn = (
        colours_of(occlusion_picture(blank, one, "abcdefghij", tmp_path / "x.png"), 1)
        for one in (occlusion, rounded)
    )
    assert np.abs(plain - drawn).max() < 0.001


def test_blue_is_where_covering_costs_and_orange_where_it_helps(tmp_path):
    image = np.zeros((8, 8, 1), np.uint8)
    covered = np.full((2, 2, 2), 0.5, np.float32)
    fall = np.zeros((8, 8), np.float32)
    fall[1, 1], fall[6, 6] = 0.5, -0.5
    places = np.array([0, 4])
    share = np.array([0.6, 0.4], np.float32)
    occlusion = Occlusion(0, 4, places, places, np.zeros(1, np.uint8), share, covered, fall)
    colours = colours_of(occlusion_picture(image, occlusion, ("a", "b"), tmp_path / "x.png"), 1)
    assert colours[1, 1, 2] > colours[1, 1, 0]
    assert colours[6, 6, 0] > colours[6, 6, 2]
    assert len(set(colours[3, 3])) == 1


def test_the_images_shown_covered_do_not_lie_on_each_other_and_hold_every_other_answer(
    tmp_path, digit, texts_of
):
    explanation = explained(digit, int(by_quarters(digit[None]).argmax()), patch=9)
    occlusion = explanation.occlusion
    figure = occlusion_picture(digit, occlusion, "abcdefghij", tmp_path / "x.png")
    examples = [image.get_extent() for image in figure.axes[0].images[3:]]
    covers = [
        patch.get_xy() for patch in figure.axes[0].patches if to_hex(patch.get_edgecolor()) == VERMILION
    ]
    assert 1 < len(examples) == len(covers) <= 8
    width = (examples[0][1] - examples[0][0]) / 28
    places = [
        ((x - left) / width, (y - top) / width)
        for (left, _, _, top), (x, y) in zip(examples, covers, strict=True)
    ]
    for one, (x, y) in enumerate(places):
        assert all(max(abs(x - u), abs(y - v)) > 4 for u, v in places[:one])
    others = set(occlusion.answers.ravel().tolist()) - {explanation.label}
    bold = [text.get_text() for text in texts_of(figure) if text.get_weight() == "bold"]
    assert {"abcdefghij"[one] for one in others} <= {text.split("  ")[0] for text in bold}
