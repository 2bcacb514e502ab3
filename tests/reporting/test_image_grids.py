"""Grids of samples and of predictions."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread
from matplotlib.patches import Rectangle

from inklens.reporting import differences_grid, label_issues_picture, predictions_grid, sample_grid, style

NAMES = tuple("0123456789")


def wrong_marks(figure):
    frames = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    return [frame for frame in frames if to_hex(frame.get_edgecolor()) == style.VERMILION]


def test_every_sample_has_its_label_below_it(forty_digits, tmp_path, assert_tidy, texts_of):
    images, labels = forty_digits
    figure = sample_grid(images, labels, NAMES, tmp_path / "samples.png", title="MNIST")
    assert_tidy(figure, clear_of_images=True)
    title, subtitle, *captions = texts_of(figure)
    assert title.get_text() == "MNIST"
    assert subtitle.get_text() == "40 images, 28 × 28 × 1"  # noqa: RUF001
    drawn = figure.axes[0].images
    assert len(drawn) == 40
    for image, label, caption in zip(drawn, labels, captions, strict=True):
        assert caption.get_text() == str(label)
        above, below = image.get_window_extent(), caption.get_window_extent()
        assert above.x0 <= below.x0
        assert below.x1 <= above.x1
        assert 0 < above.y0 - below.y1 < 30


def test_the_file_shows_the_pixels_that_were_given(forty_digits, tmp_path):
    images, labels = forty_digits
    figure = sample_grid(images[:1], labels[:1], NAMES, tmp_path / "one.png")
    picture = imread(tmp_path / "one.png")[..., :3]
    box = figure.axes[0].images[0].get_window_extent()
    middles = (np.arange(28) + 0.5) / 28
    rows = (picture.shape[0] - box.y1 + middles * box.height).astype(int)
    columns = (box.x0 + middles * box.width).astype(int)
    seen = picture[np.ix_(rows, columns)]
    assert np.abs(seen - images[0] / 255).max() < 0.01


@pytest.mark.parametrize(
    ("count", "shape"),
    [
        (1, (28, 28, 1)),
        (1, (8, 200, 1)),
        (2, (64, 16, 3)),
        (7, (16, 16, 2)),
        (10, (16, 16, 4)),
        (60, (8, 200, 1)),
        (100, (24, 40, 3)),
    ],
)
def test_any_number_and_shape_of_images_is_tidy(tmp_path, assert_tidy, texts_of, hard_names, count, shape):
    random = np.random.default_rng(count)
    images = random.integers(0, 256, (count, *shape), dtype=np.uint8)
    labels = np.arange(count) % len(hard_names)
    figure = sample_grid(images, labels, hard_names, tmp_path / "x.png", title="long " * 40)
    assert_tidy(figure, clear_of_images=True)
    assert len(figure.axes[0].images) == count


def test_a_title_that_cannot_be_drawn_gives_way(forty_digits, tmp_path, texts_of):
    images, labels = forty_digits
    figure = sample_grid(images, labels, NAMES, tmp_path / "x.png", title="猫")
    assert texts_of(figure)[0].get_text() == "Samples"


def test_ten_predictions_say_what_was_seen_and_mark_the_wrong_ones(
    forty_digits, tmp_path, assert_tidy, texts_of
):
    images, labels = forty_digits[0][::4], forty_digits[1][::4]
    predicted = labels.copy()
    predicted[[3, 7]] = [8, 1]
    probabilities = np.linspace(0.5, 1, 10)
    figure = predictions_grid(images, labels, predicted, probabilities, NAMES, tmp_path / "predictions.png")
    assert_tidy(figure, clear_of_images=True)

    _, subtitle, *captions = texts_of(figure)
    assert subtitle.get_text() == "10 test images, 2 wrong: framed and crossed"
    said = [text.get_text() for text in captions]
    for index in range(10):
        name, actual = str(predicted[index]), str(labels[index])
        rows = said[6 * index : 6 * index + 6]
        assert rows[:4] == ["predicted", name, "actual", actual]
        assert rows[4:] == ["confidence", style.percent(probabilities[index])]
        colour = to_hex(str(captions[6 * index + 1].get_color()))
        assert colour == (style.VERMILION if index in (3, 7) else style.INK)

    marked = [frame.get_window_extent() for frame in wrong_marks(figure)]
    drawn = figure.axes[0].images
    for index, image in enumerate(drawn):
        middle = image.get_window_extent()
        x, y = (middle.x0 + middle.x1) / 2, (middle.y0 + middle.y1) / 2
        assert any(frame.contains(x, y) for frame in marked) == (index in (3, 7))
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert len(crosses) == 2


def test_all_right_leaves_no_mark(forty_digits, tmp_path, texts_of):
    images, labels = forty_digits[0][:10], forty_digits[1][:10]
    figure = predictions_grid(images, labels, labels, np.ones(10), NAMES, tmp_path / "x.png")
    assert texts_of(figure)[1].get_text() == "10 test images, all right"
    assert not wrong_marks(figure)
    assert not figure.axes[0].lines


@pytest.mark.parametrize("count", [1, 2, 3, 10, 25])
def test_wrong_predictions_of_hard_names_are_tidy(tmp_path, assert_tidy, texts_of, hard_names, count):
    images = np.random.default_rng(0).integers(0, 256, (count, 20, 60, 3), dtype=np.uint8)
    labels = np.arange(count) % 10
    shares = np.full(count, 0.99999)
    figure = predictions_grid(images, labels, (labels + 1) % 10, shares, hard_names, tmp_path / "x.png")
    assert_tidy(figure, clear_of_images=True)
    assert len(wrong_marks(figure)) == count


def test_what_each_classifier_says_stands_below_the_image_and_the_wrong_is_orange(
    forty_digits, tmp_path, assert_tidy, texts_of
):
    images, labels = forty_digits[0][:3], np.array([4, 5, 6])
    predicted = np.array([[4, 5, 1], [4, 2, 6]])
    figure = differences_grid(images, labels, predicted, ["one", "猫"], NAMES, tmp_path / "x.png", of=7)
    assert_tidy(figure, clear_of_images=True)
    texts = texts_of(figure)
    said = [text.get_text() for text in texts]
    assert said[1] == "7 images, the first 3; wrong answers in orange"
    # A name that cannot be drawn is left out.
    assert said[2:5] == ["A", "one", "B"]
    assert " ".join(said[5:]) == "actual 4 A 4 B 4 actual 5 A 5 B 2 actual 6 A 1 B 6"
    orange = [text.get_text() for text in texts if to_hex(str(text.get_color())) == style.VERMILION]
    assert orange == ["2", "1"]


@pytest.mark.parametrize(("count", "classifiers"), [(1, 2), (48, 26), (20, 5)])
def test_any_number_of_classifiers_of_hard_names_is_tidy(
    tmp_path, assert_tidy, texts_of, hard_names, count, classifiers
):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 20, 60, 3), dtype=np.uint8)
    predicted = random.integers(0, 10, (classifiers, count))
    runs = (hard_names * 3)[:classifiers]
    figure = differences_grid(
        images, np.arange(count) % 10, predicted, runs, hard_names, tmp_path / "x.png", of=count
    )
    assert_tidy(figure, clear_of_images=True)


@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_doubtful_label_has_its_index_both_labels_and_the_confidence(
    forty_digits, tmp_path, said_in, assert_tidy, count
):
    images, labels = forty_digits[0][:count], forty_digits[1][:count]
    suggested = (labels + 1) % 10
    figure = label_issues_picture(
        images,
        np.arange(count) + 59_000,
        labels,
        suggested,
        np.full(count, 0.875),
        NAMES,
        tmp_path / "x.png",
        subtitle=f"{count} of the 90 listed",
    )
    assert_tidy(figure)
    said = said_in(figure)
    assert {str(59_000 + place) for place in range(count)} < set(said)
    assert said.count("87.5%") == said.count("labelled") == said.count("network") == count


def test_label_issues_of_hard_names_are_tidy(forty_digits, tmp_path, hard_names, assert_tidy):
    images, labels = np.repeat(forty_digits[0], 3, axis=3), forty_digits[1]
    said = (np.arange(40), labels, labels[::-1], np.linspace(0.3, 1, 40), hard_names)
    figure = label_issues_picture(images, *said, tmp_path / "x.png", subtitle="x" * 300)
    assert_tidy(figure, clear_of_images=True)
