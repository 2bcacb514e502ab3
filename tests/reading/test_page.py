import cv2
import numpy as np
import pytest

from inklens.reading.page import open_page


@pytest.mark.parametrize("light", [False, True])
def test_ink_is_told_from_the_paper_also_where_the_paper_lies_on_a_darker_desk(light: bool) -> None:
    picture = np.full((900, 1200), 60, np.uint8)
    corners = np.array([(200, 60), (1130, 160), (1040, 830), (110, 730)], np.int32)
    cv2.fillConvexPoly(picture, corners, 225)
    cv2.putText(picture, "28", (500, 480), cv2.FONT_HERSHEY_SIMPLEX, 3, 40, 8)
    written = np.zeros_like(picture)
    cv2.putText(written, "28", (500, 480), cv2.FONT_HERSHEY_SIMPLEX, 3, 255, 2)

    ink = open_page(255 - picture if light else picture).ink

    assert ink[written > 0].mean() > 0.9
    assert ink[300:340, 500:700].max() < 0.1
