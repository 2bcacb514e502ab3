import cv2
import numpy as np

from inklens.reading.count_writing import shows_several


def _saved(folder, *digits):
    page = np.full((120, 260), 255, np.uint8)
    for place, digit in enumerate(digits):
        cv2.putText(page, digit, (30 + 90 * place, 90), cv2.FONT_HERSHEY_SIMPLEX, 2.5, 0, 6)
    path = folder / f"{'-'.join(digits) or 'blank'}.png"
    cv2.imwrite(str(path), page)
    return path


def test_two_digits_are_several_and_one_with_a_point_is_not(tmp_path):
    assert shows_several(_saved(tmp_path, "4", "7"))
    assert not shows_several(_saved(tmp_path, "4"))
    assert not shows_several(_saved(tmp_path, "4", "."))
    assert not shows_several(_saved(tmp_path))
    assert not shows_several(tmp_path / "none.png")
