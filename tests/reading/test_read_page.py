import cv2
import numpy as np
import pytest

import sheets
from inklens.errors import DataError, ImageError, OptionError
from inklens.reading import read
from inklens.reading.paper.masks import stroke_mask
from inklens.reading.paper.photo import open_page
from inklens.reading.paper.ruling import find_ruling, without_ruling
from inklens.reading.pieces.components import find_pieces
from inklens.reading.read_lines import DESK

SMALL = (640, 900)  # a sheet's height and width


@pytest.fixture(scope="module")
def written(digits):
    """A white page with one number: its picture and text."""
    shown, labels = digits.test.batch(slice(0, 4))[..., 0], digits.test.labels[:4]
    page = np.full((200, 420), 255, np.uint8)
    for place, image in enumerate(shown):
        large = cv2.resize(image, (84, 84), interpolation=cv2.INTER_CUBIC)
        page[50:134, 20 + 95 * place : 104 + 95 * place] -= large
    return page, "".join(map(str, labels))


def test_a_number_on_paper_is_read(classifier, written):
    page, text = written
    reading = read(page, classifier, expect=4)
    assert len(reading.text) == 4
    assert sum(one == other for one, other in zip(reading.text, text, strict=True)) >= 3
    assert reading.reason == ""


def test_ink_on_the_desk_is_counted_among_what_was_left_out(classifier, written):
    page, text = written
    rough = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(500, 800)).astype(np.float32), (0, 0), 3)
    desk = np.clip(60 + 250 * rough, 0, 255).astype(np.uint8)
    desk[50:450, 50:750] = 255
    desk[150:350, 190:610] = page
    reading = read(desk, classifier)
    assert len(reading.text) == len(text)
    assert reading.left_out[DESK] >= 1
    assert DESK not in read(page, classifier).left_out


@pytest.mark.parametrize("expect", [2, 4, 100])
def test_of_several_numbers_the_one_that_was_expected_is_read(classifier, written, expect):
    page, _ = written
    several = np.full((600, 420), 255, np.uint8)
    several[:200], several[400:, :210] = page, page[:, :210]
    reading = read(several, classifier, expect=expect)
    assert [len(number.digits) for number in reading.numbers] == ([expect] if expect < 9 else [])
    assert bool(reading.reason) == (expect == 100)


@pytest.mark.parametrize("shape", [(1, 400), (400, 1), (8, 8)])
@pytest.mark.parametrize("options", [{}, {"expect": 1}, {"grid": "auto"}, {"grid": (9, 9)}])
def test_noise_of_any_shape_is_no_trace(classifier, shape, options):
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    read(noise, classifier, **options).to_dict()


def test_light_on_dark_is_read_as_dark_on_light_is(classifier, written):
    page, _ = written
    assert read(255 - page, classifier, expect=4).text == read(page, classifier, expect=4).text


def test_boxes_lie_in_the_picture_as_given_whatever_its_size(classifier, written):
    page, _ = written
    large = cv2.resize(page, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    small, big = (read(picture, classifier, expect=4).numbers[0] for picture in (page, large))
    assert np.allclose(np.array(small.box) * 8, big.box, atol=24)


def test_of_a_large_jpeg_the_boxes_are_the_files_and_the_picture_is_as_read(classifier, written, tmp_path):
    page, _ = written
    large = np.full((3001, 4200), 255, np.uint8)  # more than 12 megapixels
    large[:2000] = cv2.resize(page, (4200, 2000), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "photo.jpg"), large)
    of_array, of_file = (read(source, classifier, expect=4) for source in (large, tmp_path / "photo.jpg"))
    assert of_file.text == of_array.text
    assert np.allclose(of_file.numbers[0].box, of_array.numbers[0].box, atol=8)
    assert of_file.size == of_array.size == (3001, 4200)
    drawn = of_file.annotated()
    assert drawn.shape == (1501, 2100, 3)
    framed = np.argwhere((drawn.astype(int).max(axis=2) - drawn.min(axis=2) > 60).any(axis=1)).ravel()
    corners = np.array(of_file.numbers[0].box)
    assert abs(framed.max() - corners[:, 1].max() / 2) <= 6, "the frame is as small as the picture"
    assert (of_file.to_dict()["height"], of_file.to_dict()["width"]) == (3001, 4200)
    region = read(tmp_path / "photo.jpg", classifier, expect=4, region=(0, 0, 4200, 2500))
    assert np.allclose(region.numbers[0].box, of_array.numbers[0].box, atol=8)


def test_a_region_is_read_alone_and_its_boxes_are_the_pictures(classifier, written):
    page, _ = written
    reading = read(page, classifier, region=(210, 0, 210, 200), expect=2)
    (number,) = reading.numbers
    assert len(number.digits) == 2
    assert np.array(number.box)[:, 0].min() > 210


@pytest.mark.parametrize("kind", ["plain", "ruled", "squared", "boxes", "broken"])
def test_there_are_about_as_many_pieces_as_digits_whatever_the_paper(kind):
    found = written = 0
    for seed in range(1, 4):
        drawn = sheets.draw(kind, seed, SMALL)
        page = open_page(drawn.picture)
        ink = without_ruling(page.ink, find_ruling(page.ink, page.grey))
        found += len(find_pieces(ink, stroke_mask(ink)))
        written += sum(len(number.text) for number in drawn.numbers)
    assert written > 50
    assert 0.9 * written < found < 1.1 * written


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_gives_an_empty_reading_with_a_reason(classifier, level):
    reading = read(np.full((60, 90, 3), level, np.uint8), classifier)
    assert (reading.numbers, reading.text) == ((), "")
    assert "no ink" in reading.reason
    assert reading.annotated().shape == (60, 90, 3)


@pytest.mark.parametrize("side", [28, 300, 2400])
def test_noise_is_not_said_to_be_empty(classifier, side):
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
    assert read(noise, classifier).reason == "no writing: the picture shows noise or a texture"


@pytest.mark.parametrize("shape", [(1, 1), (1, 30_000), (40, 30_000), (3000, 2), (5, 5, 1)])
def test_a_picture_of_any_size_is_answered(classifier, shape):
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    for picture in (noise, np.zeros(shape, np.uint8)):
        assert read(picture, classifier).text is not None


def test_a_page_of_words_and_doodles_has_hardly_a_digit(classifier):
    readings = [read(sheets.draw("words", seed, SMALL).picture, classifier) for seed in range(4)]
    read_digits = [digit for reading in readings for number in reading.numbers for digit in number.digits]
    assert sum(digit.status == "ok" for digit in read_digits) <= 2


def test_each_cell_of_a_grid_has_an_answer_and_blank_ones_say_so(classifier, written):
    page, text = written
    grid = np.full((3 * 200, 420), 255, np.uint8)
    grid[200:400] = page
    reading = read(grid, classifier, grid=(3, 4))
    assert len(reading.numbers) == 12
    assert [number.status == "empty" for number in reading.numbers] == [True] * 4 + [False] * 4 + [True] * 4
    assert reading.text.splitlines()[0] == ". . . ."
    middle = [number.digits[0].label for number in reading.numbers[4:8]]
    assert sum(one == other for one, other in zip(middle, text, strict=True)) >= 3


def test_every_step_is_shown_when_asked_for(classifier, written):
    shown = {}
    read(written[0], classifier, expect=4, on_stage=shown.__setitem__)
    assert list(shown) == ["1-as-given", "2-ink", "3-without-ruling", "4-pieces", "5-digits"]
    assert all(picture.dtype == np.uint8 and picture.ndim == 3 for picture in shown.values())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"expect": 0}, "expect is 0"),
        ({"grid": (0, 4)}, "grid is 0x4"),
        ({"grid": (2, 2), "expect": 3}, "exclude each other"),
        ({"region": (500, 0, 10, 10)}, "in a picture of 420x200"),
    ],
)
def test_an_option_out_of_range_is_refused_in_one_line(classifier, written, options, words):
    with pytest.raises(OptionError, match=words):
        read(written[0], classifier, **options)


def test_what_is_no_picture_is_refused(classifier, tmp_path):
    with pytest.raises(DataError, match="expected a path, or uint8"):
        read(np.zeros((4, 4, 2), np.uint8), classifier)
    broken = tmp_path / "no.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(ImageError, match="no image of a known format"):
        read(broken, classifier)


def test_a_reading_goes_into_json_and_names_its_boxes(classifier, written):
    fields = read(written[0], classifier, expect=4).to_dict()
    (number,) = fields["numbers"]
    assert fields["text"] == number["text"]
    assert len(number["digits"]) == 4
    assert all(len(digit["box"]) == 4 and 0 <= digit["probability"] <= 1 for digit in number["digits"])
