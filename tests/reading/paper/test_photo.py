import cv2
import numpy as np
import pytest

from inklens.reading.paper.photo import open_page
from inklens.reading.paper.turned_page import turned_page


def _sheet(desk):
    """A sheet with a 28 on it, on this desk: uint8 (900, 1200)."""
    picture = np.broadcast_to(desk, (900, 1200)).astype(np.uint8)
    cv2.fillConvexPoly(picture, np.array([(200, 60), (1130, 160), (1040, 830), (110, 730)], np.int32), 225)
    return cv2.putText(picture, "28", (500, 480), cv2.FONT_HERSHEY_SIMPLEX, 3, 40, 8)


@pytest.mark.parametrize("light", [False, True])
def test_ink_is_found_on_paper_that_lies_on_a_darker_desk(light):
    picture = _sheet(60)
    written = cv2.putText(np.zeros_like(picture), "28", (500, 480), cv2.FONT_HERSHEY_SIMPLEX, 3, 255, 2)
    ink = open_page(255 - picture if light else picture).ink
    assert ink[written > 0].mean() > 0.9
    assert ink[300:340, 500:700].max() < 0.1


def test_the_texture_of_a_desk_around_a_sheet_is_no_ink():
    random = np.random.default_rng(0)
    rough = cv2.GaussianBlur(random.normal(size=(900, 1200)).astype(np.float32), (0, 0), 3)
    page = open_page(_sheet(np.clip(60 + 250 * rough, 0, 255)))
    ink = page.ink
    assert ink[:, :90].max() == 0
    assert page.on_desk > 10
    assert turned_page(page, 1).on_desk == page.on_desk
    assert open_page(_sheet(60)).on_desk == 0
    assert ink[400:500, 500:650].max() > 0.9


@pytest.mark.parametrize("contrast", [26, 40])
def test_faint_writing_on_a_sheet_is_not_measured_by_a_rough_desk(contrast):
    random = np.random.default_rng(0)
    rough = cv2.GaussianBlur(random.normal(0, 14, (900, 800)), (0, 0), 2)
    sheet, written = np.zeros((2, 900, 800), np.uint8)
    cv2.fillConvexPoly(sheet, np.array([(60, 50), (760, 60), (750, 840), (50, 850)]), 1)
    for x in range(200, 600, 60):
        cv2.line(written, (x, 300), (x + 20, 360), 1, 4)
    picture = np.where(sheet > 0, 173 + random.normal(0, 1.5, sheet.shape), 123 + 4 * rough)
    ink = open_page(np.clip(picture - contrast * written, 0, 255).astype(np.uint8)).ink
    assert ink[written > 0].mean() > 0.8
    assert ink[written == 0].mean() < 0.05


def test_writing_in_the_shadow_that_covers_a_part_of_the_sheet_stays():
    picture = np.full((900, 1200), 230, np.uint8)
    for x in (100, 500, 900):
        cv2.putText(picture, "28", (x, 480), cv2.FONT_HERSHEY_SIMPLEX, 3, 40, 8)
    picture[:, 800:] //= 2
    ink = open_page(picture).ink
    for x in (100, 500, 900):
        assert ink[400:500, x : x + 150].max() > 0.9


def test_a_strip_on_a_desk_as_narrow_as_its_rim_is_looked_at_as_it_is():
    random = np.random.default_rng(0)
    picture = np.clip(60 + random.normal(0, 30, (40, 1000)), 0, 255)
    picture[8:32, 10:990] = 230
    assert open_page(picture.astype(np.uint8)).ink.shape == (40, 1000)


@pytest.mark.parametrize("turn", [0, 5])
def test_writing_in_the_corners_of_a_sheet_on_a_rough_desk_stays(turn):
    random = np.random.default_rng(0)
    rough = cv2.GaussianBlur(random.normal(size=(1100, 1500)).astype(np.float32), (0, 0), 3)
    sheet, written = np.zeros((2, 1100, 1500), np.uint8)
    sheet[110:990, 150:1350] = 1
    for x, y in ((205, 200), (1250, 200), (205, 920), (1250, 920)):
        cv2.line(written, (x + 40, y), (x, y + 20), 1, 6)
        cv2.line(written, (x, y - 35), (x, y + 20), 1, 6)
    about = cv2.getRotationMatrix2D((750, 550), turn, 1)
    sheet, written = (cv2.warpAffine(each, about, (1500, 1100)) for each in (sheet, written))
    picture = np.where(sheet > 0, 225 - 180 * written, np.clip(90 + 250 * rough, 0, 255)).astype(np.uint8)
    ink = open_page(picture).ink
    assert ink[cv2.erode(written, np.ones((3, 3), np.uint8)) > 0].min() > 0.5
    assert ink[sheet == 0].max() == 0
