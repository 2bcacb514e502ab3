import cv2
import numpy as np
import pytest

from inklens.reading import read

HEIGHT = 60


@pytest.fixture(scope="module")
def page_of(digits):
    """Writes a text of digits and marks on a white page."""
    shown, labels = digits.test.whole()[..., 0], digits.test.labels.tolist()

    def write(text: str) -> np.ndarray:
        page = np.full((240, 100 + 62 * len(text)), 255, np.uint8)
        x = 50
        for character in text:
            if character.isdigit():
                image = shown[labels.index(int(character))]
                left, top, wide, tall = cv2.boundingRect((image > 60).astype(np.uint8))
                glyph = image[top : top + tall, left : left + wide]
                glyph = cv2.resize(
                    glyph, (max(10, wide * HEIGHT // tall), HEIGHT), interpolation=cv2.INTER_CUBIC
                )
                page[90 : 90 + HEIGHT, x : x + glyph.shape[1]] -= glyph
                x += glyph.shape[1] + 12
            elif character == "-":
                cv2.line(page, (x, 120), (x + 26, 120), 0, 5)
                x += 42
            elif character == "/":
                cv2.line(page, (x, 164), (x + 40, 76), 0, 5)
                x += 46
            elif character == ":":
                cv2.circle(page, (x + 4, 105), 4, 0, -1)
                cv2.circle(page, (x + 4, 138), 4, 0, -1)
                x += 20
            elif character == ",":
                cv2.line(page, (x + 6, 146), (x, 164), 0, 5)
                x += 20
            elif character == ".":
                cv2.circle(page, (x + 4, 148), 4, 0, -1)
                x += 20
            else:
                x += 40
        return page

    return write


@pytest.mark.parametrize("text", ["30.14", "-42", "20,50", "10/06", "12:30"])
def test_marks_are_no_digits_and_are_in_the_text_if_asked_for(page_of, classifier, text):
    page = page_of(text)
    plain, marked = read(page, classifier), read(page, classifier, marks=True)
    assert len("".join(plain.text.split())) == sum(character.isdigit() for character in text)
    assert [character for character in marked.text if character not in "0123456789?"] == [
        character for character in text if not character.isdigit()
    ]
    assert plain.left_out["marks"] >= 1


def test_a_full_stop_behind_a_number_is_left_out(page_of, classifier):
    reading = read(page_of("2047."), classifier, marks=True)
    assert len(reading.text) == 4
