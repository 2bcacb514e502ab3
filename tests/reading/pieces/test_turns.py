import numpy as np

from inklens.reading import read


def _page(digits):
    page = np.full((300, 620), 255, np.uint8)
    chosen = [digits.test.labels[:300].tolist().index(label) for label in (2, 4, 7, 5, 3)]
    for place, index in enumerate(chosen):
        image = digits.test.batch(slice(index, index + 1))[0, ..., 0]
        page[100:184, 60 + 95 * place : 144 + 95 * place] -= np.kron(image, np.ones((3, 3), np.uint8))
    return page


def test_a_page_on_its_side_is_read_as_the_upright_one_is(digits, classifier):
    page = _page(digits)
    upright = read(page, classifier)
    for quarters in (1, 2, 3):
        turned = read(np.ascontiguousarray(np.rot90(page, quarters)), classifier)
        assert turned.text == upright.text
    quarter = read(np.ascontiguousarray(np.rot90(page)), classifier)
    (left, top), (right, bottom) = (
        np.array(quarter.numbers[0].box).min(axis=0),
        np.array(quarter.numbers[0].box).max(axis=0),
    )
    assert bottom - top > right - left, "its box lies as the number does in the picture"


def test_upright_strokes_of_a_page_stay_as_they_are(classifier):
    page = np.full((300, 300), 255, np.uint8)
    for place in range(4):
        page[60 + 50 * place : 66 + 50 * place, 100:180] = 0
    assert not read(page, classifier).numbers
