"""The other views in Chromium, and what holds for all of them."""

import re
from pathlib import Path

import pytest
from PIL import Image

import inklens
import sheets
from serving.page.opened_page import SEVEN

VIEWS = ("draw", "inside", "read", "teach", "runs")


def _show(page, view):
    page.page.locator(f"nav a[href='#{view}']").click()
    page.page.wait_for_selector(f".view.{view}:not([hidden])")


def test_every_layer_is_shown_and_one_number_adds_up(opened, digits_server):
    page = opened("inside")
    page.draw(SEVEN)
    first = page.page.locator(".layer", has_text="Convolution").nth(1)
    first.locator(".mapbutton").first.wait_for()
    png = page.page.evaluate("() => document.querySelector('.overlay img').src")
    assert png.startswith("data:image/png")
    kinds = page.page.locator(".layers > .layer h2").all_inner_texts()
    assert kinds[0] == "The first filters"
    assert kinds[-2:] == ["Dense layer", "Softmax"]
    assert kinds.count("Convolution") == 3
    assert page.page.locator(".layer").nth(1).locator(".mapbutton").count() == 32
    first.locator(".mapbutton").nth(2).click()
    dialog = page.page.get_by_role("dialog")
    dialog.locator(".equation").wait_for()
    before = dialog.locator(".value").inner_text()
    numbers = [
        float(text.replace("\N{MINUS SIGN}", "-").replace(",", ""))
        for text in dialog.locator(".term strong").all_inner_texts()
    ]
    assert numbers[0] + numbers[1] == pytest.approx(numbers[2], abs=0.02 * max(1, abs(numbers[2])))
    page.page.keyboard.press("ArrowDown")
    page.page.wait_for_function(
        "said => document.querySelector('dialog .value').textContent !== said", arg=before
    )
    page.page.keyboard.press("Escape")
    assert dialog.count() == 0


def test_a_photo_is_read_copied_and_corrected(opened, tmp_path):
    page = opened("read", permissions=["clipboard-read", "clipboard-write"])
    drawn = sheets.draw("plain", 3)
    Image.fromarray(drawn.picture).save(tmp_path / "page.png")
    with page.page.expect_file_chooser() as chooser:
        page.page.locator(".view.read").get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(tmp_path / "page.png")
    page.page.locator(".result:visible").wait_for()
    count = page.page.locator(".result .number").count()
    assert page.page.locator(".boxes polygon").count() == count > 0
    assert page.page.locator(".step").count() == 5
    page.page.locator(".result .digits button").first.click()
    page.page.locator("dialog.choose").get_by_role("button", name="7", exact=True).click()
    assert page.page.locator(".result .digits button strong").first.inner_text() == "7"
    page.page.get_by_role("button", name="Copy as CSV").click()
    page.page.get_by_text("Copied.").wait_for()
    lines = page.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0] == "line,number,confidence,left,top,right,bottom"
    assert len(lines) == 1 + count
    assert lines[1].split(",")[1].startswith("7")


def test_two_runs_are_shown_side_by_side(opened):
    page = opened("runs")
    page.page.locator(".run h2", has_text="one").wait_for()
    page.page.locator(".runlist button", has_text="two").click()
    page.page.locator(".compared").wait_for()
    assert page.page.locator(".run h2").all_inner_texts() == ["one", "two"]


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False), (390, True)])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(opened, width, dark):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(width=width, dark=dark)
    page.draw(SEVEN)
    for view in VIEWS:
        _show(page, view)
        page.page.wait_for_load_state("networkidle")
        page.page.wait_for_timeout(400)  # what has just come fades in
        found = axe.run(page.page)
        assert found.violations_count == 0, f"{view}: {found.generate_report()}"
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_all_text_is_in_one_file(opened):
    """With every text replaced, none but that of the data is left on the page."""

    def replaced(route):
        content = (Path(inklens.__file__).parent / "serving/page/text.js").read_text(encoding="utf-8")
        other = re.sub(r': "((?:[^"\\]|\\.)*)"', _without_words, content)
        route.fulfill(body=other, content_type="text/javascript")

    page = opened(before=lambda page: page.route("**/page/text.js", replaced))
    page.draw(SEVEN)
    words = set()
    for view in VIEWS:
        _show(page, view)
        page.page.wait_for_load_state("networkidle")
        words |= set(re.findall(r"[A-Za-z]{3,}", " ".join(filter(None, page.page.evaluate(TEXTS)))))
    data = set(re.findall(r"[A-Za-z]{3,}", " ".join(page.page.evaluate(DATA))))
    assert words - data <= {"sample", "fast", "convnet", "small", "one", "two", "runs"}, words - data


def _without_words(match):
    """A text of the file with only its {names} left."""
    return ': "#' + "".join(re.findall(r"\{\w+\}", match[1])) + '"'


TEXTS = """() => [...document.querySelectorAll("body *")].flatMap((each) => [
  ...[...each.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent),
  ...["aria-label", "title", "alt", "placeholder"].map((name) => each.getAttribute(name)),
])"""
# The names of layers and of runs, and the fingerprint.
DATA = """() => [...document.querySelectorAll(".chip.name, .runname, .model, .run h2, .runlist .about")]
  .flatMap((each) => [each.textContent, each.title])"""
