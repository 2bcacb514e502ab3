"""Drawing on the page, in Chromium."""

import pytest
from PIL import Image

from inklens import Classifier
from serving.page.opened_page import FOUR, ONE, SEVEN

NOTHING = "\N{EN DASH}"


def test_what_is_drawn_is_answered_undone_and_cleared(opened, shared_runs, tmp_path):
    page = opened()
    assert page.answer() == NOTHING
    page.draw(SEVEN)
    said = page.answer()
    page.page.locator(".view.draw .paper").screenshot(path=tmp_path / "pad.png")
    screenshot = Classifier.open(shared_runs / "runs/one").predict(tmp_path / "pad.png")
    assert (said,) == screenshot.labels == ("7",)
    assert page.page.locator(".bars li.best .name").inner_text() == "7"
    with Image.open(tmp_path / "pad.png") as pad:
        assert pad.width > 600
    page.page.get_by_role("button", name="Clear").click()
    assert page.answer() == NOTHING
    assert page.page.get_by_text("Nothing is drawn yet.").is_visible()
    page.page.get_by_role("button", name="Undo").click()
    assert page.answer() == "7"
    page.page.get_by_role("button", name="Undo").click()
    assert page.answer() == NOTHING


def test_digits_side_by_side_are_read_as_a_number(opened):
    page = opened()
    for place, digit in enumerate((SEVEN, ONE, FOUR)):
        page.draw(digit, left=0.2 + 0.25 * place)
    assert page.answer() == "714"
    assert page.page.locator(".digits li strong").all_inner_texts() == ["7", "1", "4"]


def test_it_is_drawn_with_the_keyboard_alone(opened):
    page = opened()
    keyboard = page.page.keyboard
    page.page.locator(".view.draw .sheet").focus()
    for key in ["ArrowUp"] * 10 + [" "] + ["ArrowDown"] * 22 + [" "]:
        keyboard.press(key)
    assert page.answer() == "1"
    keyboard.press("Control+z")
    assert page.answer() == NOTHING


@pytest.mark.parametrize("kind", ["touch", "pen"])
def test_a_finger_and_a_pen_draw_too(opened, kind):
    page = opened(width=390)
    page.page.evaluate(POINTER, kind)
    assert page.answer() == "1"


POINTER = """kind => {
  const sheet = document.querySelector(".view.draw .sheet"), box = sheet.getBoundingClientRect();
  sheet.setPointerCapture = () => {};
  for (let step = 0; step <= 20; step += 1) {
    const type = step === 0 ? "pointerdown" : step === 20 ? "pointerup" : "pointermove";
    sheet.dispatchEvent(new PointerEvent(type, {
      pointerId: 7, pointerType: kind, isPrimary: true, bubbles: true,
      pressure: kind === "pen" ? 0.3 + step / 50 : 0.5,
      clientX: box.left + box.width / 2, clientY: box.top + box.height * (0.2 + 0.03 * step),
    }));
  }
}"""


def test_a_picture_takes_the_place_of_a_drawing(opened, shared_runs, sample, tmp_path):
    image = sample.test.batch([0])[0, ..., 0]
    Image.fromarray(image).save(tmp_path / "digit.png")
    expected = Classifier.open(shared_runs / "runs/one").predict(tmp_path / "digit.png").labels[0]
    page = opened()
    with page.page.expect_file_chooser() as chooser:
        page.page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(tmp_path / "digit.png")
    page.page.wait_for_function(
        "label => document.querySelector('.answer .label').textContent === label", arg=expected
    )
    (tmp_path / "none.png").write_bytes(b"no picture")
    with page.page.expect_file_chooser() as chooser:
        page.page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(tmp_path / "none.png")
    page.page.locator(".why", has_text="expected").wait_for()
    assert page.console.pop().startswith("Failed to load resource")  # Chromium reports status 422
