import cv2
import numpy as np

from inklens.reporting import corruptions_picture, style

NAMES = [str(digit) for digit in range(10)]


def _rows(images, predicted):
    kinds = ("clean", "shot_noise", "dotted_line")
    return dict.fromkeys(kinds, (images, predicted)), dict.fromkeys(kinds, 0.125)


def test_a_row_for_each_corruption_and_the_wrong_ones_are_marked(
    forty_digits, tmp_path, said_in, assert_tidy
):
    images, labels = forty_digits[0][::4], forty_digits[1][::4]
    predicted = labels.copy()
    predicted[3] = 8
    rows, errors = _rows(images, predicted)
    path = tmp_path / "sheet.png"
    figure = corruptions_picture(rows, errors, labels, NAMES, path, subtitle="mean error 12.50%")
    assert_tidy(figure)
    said = said_in(figure)
    assert {"clean", "shot noise", "dotted line"} < set(said)
    assert said.count("error 12.50%") == 3
    assert said.count(f"{style.TIMES} 8") == 3
    assert cv2.imread(str(path)).shape[1] == style.WIDTH * style.DPI


def test_hard_names_colours_and_a_single_class_fit(forty_digits, tmp_path, hard_names, assert_tidy):
    images, labels = forty_digits[0][::4], forty_digits[1][::4]
    colours = np.repeat(images, 3, axis=3)
    rows, errors = _rows(colours, labels[::-1])
    assert_tidy(
        corruptions_picture(rows, errors, labels, hard_names, tmp_path / "hard.png", subtitle="x" * 300)
    )
    rows, errors = _rows(images[:1], labels[:1])
    assert_tidy(corruptions_picture(rows, errors, labels[:1], NAMES, tmp_path / "one.png", subtitle="one"))
