"""The confusion matrix as a picture."""

import numpy as np
import pytest

from inklens.reporting import confusion_matrix_picture


def confusion_of(classes, images, wrong):
    random = np.random.default_rng(classes)
    actual = random.integers(0, classes, images)
    slips = random.random(images) < wrong
    predicted = np.where(slips, random.integers(0, classes, images), actual)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (actual, predicted), 1)
    return confusion


def count_in(texts, figure, row, column, classes):
    """What is written in one cell of the matrix."""
    box = figure.axes[0].images[0].get_window_extent()
    side = box.width / classes
    x, y = box.x0 + column * side, box.y1 - (row + 1) * side
    said = []
    for text in texts:
        middle = text.get_window_extent()
        if x < (middle.x0 + middle.x1) / 2 < x + side and y < (middle.y0 + middle.y1) / 2 < y + side:
            said.append(text.get_text())
    return "".join(said)


def test_rows_are_actual_and_columns_predicted(tmp_path, assert_tidy, texts_of):
    confusion = np.array([[5, 2, 0], [0, 1234, 7], [0, 0, 0]])
    figure = confusion_matrix_picture(confusion, ["cat", "dog", "猫"], tmp_path / "x.png")
    assert_tidy(figure)
    texts = texts_of(figure)
    for (row, column), count in np.ndenumerate(confusion):
        assert count_in(texts, figure, row, column, 3) == (f"{count:,}" if count else "")
    said = [text.get_text() for text in texts]
    assert "1,239 of 1,248 right (blue), 9 wrong (orange)" in said
    assert [name for name in said if name in ("cat", "dog", "class 2")] == ["cat", "dog", "class 2"] * 2
    recalls = said[said.index("recall") + 1 :][:3]
    assert recalls == ["71.4%", "99.4%", "\N{MINUS SIGN}"]

    matrix = figure.axes[0].images[0].get_window_extent()
    for text in texts:
        box = text.get_window_extent()
        if text.get_text() == "actual":
            assert box.x1 < matrix.x0
        if text.get_text() == "predicted":
            assert box.y1 < matrix.y0


def test_right_is_blue_wrong_is_orange_and_nothing_is_white(tmp_path):
    confusion = np.array([[990, 9, 1], [0, 1000, 0], [0, 0, 0]])
    figure = confusion_matrix_picture(confusion, "abc", tmp_path / "x.png")
    colours = np.asarray(figure.axes[0].images[0].get_array())
    red, blue = colours[..., 0], colours[..., 2]
    assert np.all(blue[[0, 1], [0, 1]] > red[[0, 1], [0, 1]])
    assert red[0, 1] > blue[0, 1]
    assert np.all(colours[confusion == 0] == 1)
    # One image in a thousand is seen, and nine are stronger than one.
    assert blue[0, 2] < 0.9
    assert blue[0, 1] < blue[0, 2]


@pytest.mark.parametrize(
    ("classes", "images"),
    [
        (2, 100),
        (3, 1_000_000),
        (10, 10_000),
        (26, 100),
        (26, 1_000_000),
        (47, 100),
        (62, 9),
        (100, 10_000),
        (250, 9),
        (1000, 100_000),
    ],
)
def test_any_number_of_classes_is_tidy(tmp_path, assert_tidy, classes, images):
    names = [f"class name {i}" for i in range(classes)]
    assert_tidy(confusion_matrix_picture(confusion_of(classes, images, 0.1), names, tmp_path / "x.png"))


@pytest.mark.parametrize("repeated", [1, 10])
def test_hard_names_are_tidy(tmp_path, assert_tidy, hard_names, repeated):
    names = hard_names * repeated
    assert_tidy(confusion_matrix_picture(confusion_of(len(names), 10_000, 0.05), names, tmp_path / "x.png"))


def test_labels_stand_at_their_rows_and_columns(tmp_path, texts_of):
    names = [f"n{i}" for i in range(100)]
    figure = confusion_matrix_picture(confusion_of(100, 10_000, 0.1), names, tmp_path / "x.png")
    matrix = figure.axes[0].images[0].get_window_extent()
    named = [text for text in texts_of(figure) if text.get_text() in names]
    assert len(named) >= 2 * 20
    for text in named:
        share = (int(text.get_text()[1:]) + 0.5) / 100
        box = text.get_window_extent()
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        if x < matrix.x0:
            assert y == pytest.approx(matrix.y1 - share * matrix.height, abs=4)
        else:
            assert x == pytest.approx(matrix.x0 + share * matrix.width, abs=4)


def test_of_a_thousand_classes_those_with_most_errors_are_named_and_counted(tmp_path, assert_tidy, texts_of):
    confusion = np.diag(np.full(1000, 20))
    for wrong, (actual, predicted) in enumerate([(3, 990), (700, 4), (500, 501)]):
        confusion[actual, predicted] += 30 + wrong
    figure = confusion_matrix_picture(confusion, [f"n{i}" for i in range(1000)], tmp_path / "x.png")
    assert_tidy(figure)
    texts = texts_of(figure)
    said = [text.get_text() for text in texts]
    rows = said[: said.index("actual")][:30]
    assert rows[-1] == "971 others" and {"n3", "n4", "n500", "n501", "n700", "n990"} <= set(rows)
    assert all(text.get_size() >= 5.5 for text in texts)
    for wrong, (actual, predicted) in enumerate([("n3", "n990"), ("n700", "n4"), ("n500", "n501")]):
        cell = rows.index(actual), rows.index(predicted)
        assert count_in(texts, figure, *cell, 30) == str(30 + wrong)
    assert count_in(texts, figure, 0, 0, 30) == "20"
    assert said[said.index("recall") + 30] == "100.0%"  # of the others
    assert (
        "20,000 of 20,093 right (blue), 93 wrong (orange); the 29 of 1,000 classes with the most errors"
        in said
    )
    assert (tmp_path / "x.png").stat().st_size < 1_000_000


def test_a_matrix_without_an_error_or_an_image_is_drawn(tmp_path, assert_tidy):
    assert_tidy(confusion_matrix_picture(np.diag([3, 4]), "ab", tmp_path / "x.png"))
    assert_tidy(confusion_matrix_picture(np.zeros((2, 2), int), "ab", tmp_path / "x.png"))
