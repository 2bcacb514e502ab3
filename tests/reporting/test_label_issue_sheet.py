import numpy as np
import pytest

from inklens.reporting import label_issues_picture

NAMES = [str(digit) for digit in range(10)]


@pytest.mark.parametrize("count", [1, 3, 40])
def test_each_image_has_its_index_both_labels_and_the_confidence(
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
        tmp_path / "sheet.png",
        subtitle=f"{count} of the 90 listed",
    )
    assert_tidy(figure)
    said = said_in(figure)
    assert {str(59_000 + place) for place in range(count)} < set(said)
    assert said.count("87.5 %") == said.count("labelled") == said.count("network") == count


def test_hard_names_and_colours_fit(forty_digits, tmp_path, hard_names, assert_tidy):
    images, labels = np.repeat(forty_digits[0], 3, axis=3), forty_digits[1]
    sure = np.linspace(0.3, 1, 40)
    path = tmp_path / "hard.png"
    assert_tidy(
        label_issues_picture(
            images, np.arange(40), labels, labels[::-1], sure, hard_names, path, subtitle="x" * 300
        )
    )
