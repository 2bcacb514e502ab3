"""The report in a real browser: by mouse and by keyboard, on a desk and on a phone, by day and by night."""

import itertools
import re

import numpy as np
import pytest

from inklens.datasets import Split
from inklens.reporting import confusion_matrix_picture
from inklens.reporting.report import LARGEST_REPORT

TTA = [(1280, False), (1280, True), (360, False), (360, True)]
FOREIGN = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "' onclick='document.title=1",
    "العربية الفصحى",
    "\u202eright to left override",
    "W" * 255,
    "{{ 7 * 7 }}",
    "a\x00b\x1b[31m",
    "&lt;b&gt;</script><!--",
    "猫",
)

# Every element with text of its own: its colour and the colour behind it, as sRGB in 0-1.
CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map(
      (c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * x + .7152 * y + .0722 * z;
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("script, .unseen, dialog:not([open])")) continue;
    const style = getComputedStyle(element);
    const ink = rgba(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(element))].sort((x, y) => y - x);
    found.push([(a + .05) / (b + .05), element.textContent.trim().slice(0, 40)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def report(make_run, real_digits, seen):
    """The path of a report with everything in it."""
    run = make_run(*real_digits, [str(digit) for digit in range(10)])
    errors = {"shot_noise": {"error": 0.031}, "fog": {"error": 0.27}}
    run.folder.write_json("robustness.json", {"corruptions": errors, "mean_error": 0.1505})
    run.write(seen=seen)
    return run.folder.report


@pytest.mark.parametrize(("width", "dark"), TTA)
def test_no_console_message_no_request_off_the_page_and_no_sideways_scrolling(opened, report, width, dark):
    view = opened(report, width, dark)
    assert view.console == []
    assert view.requests == [report.resolve().as_uri()]
    assert view.page.evaluate("document.documentElement.scrollWidth") == width
    assert view.page.title() == "mine - Inklens report"


@pytest.mark.parametrize(("width", "dark"), TTA)
def test_every_text_stands_out_by_four_and_a_half_to_one(opened, report, width, dark):
    page = opened(report, width, dark).page
    page.locator(".matrix button.wrong").first.click()
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 200
    assert [one for one in contrasts if one[0] < 4.5] == []


def test_day_and_night_look_different(opened, report):
    background = "getComputedStyle(document.body).backgroundColor"
    assert opened(report).page.evaluate(background) == "rgb(255, 255, 255)"
    assert opened(report, dark=True).page.evaluate(background) == "rgb(20, 23, 29)"


@pytest.mark.parametrize("width", [1280, 360])
def test_a_cell_opens_its_images_and_escape_gives_the_focus_back(opened, report, width):
    page = opened(report, width).page
    cell = page.locator('.matrix [data-cell="4-9"]')
    count = int(cell.inner_text())
    cell.click()
    dialog = page.locator("dialog")
    assert dialog.is_visible()
    assert dialog.locator("h2").inner_text() == "4 taken for 9"
    cards = dialog.locator("figure")
    assert cards.count() == min(count, 24)
    first = cards.first.inner_text()
    assert re.search(r"9\s+actual 4\s+\d+\.\d% sure\s+no\. \d+", first)
    assert cards.first.locator("img").get_attribute("alt").endswith(", a 4")
    assert cards.first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 28
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert cell.evaluate("cell => cell === document.activeElement")


def test_the_dialog_closes_by_its_button_and_by_a_click_beside_it(opened, report):
    page = opened(report).page
    page.locator(".matrix button").first.click()
    page.get_by_role("button", name="Close").click()
    assert not page.locator("dialog").is_visible()
    page.locator(".mixups button").first.click()
    page.mouse.click(5, 5)
    assert not page.locator("dialog").is_visible()


def test_the_keyboard_reaches_everything(opened, report):
    page = opened(report).page
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, [tabindex='0']")].filter(
          (one) => one.checkVisibility() && one.tabIndex >= 0).length"""
    )
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", f"no visible focus on {reached[-1]}"
    assert 'href="#main"' in reached[0]
    for there in ("summary", "data-cell", 'aria-label="Commands"', 'href="#again"', "Figures of each class"):
        assert any(there in one for one in reached), there
    assert sum('class="right' in one or 'class="wrong' in one for one in reached) == 1


def test_arrow_keys_walk_the_matrix_and_enter_opens_a_cell(opened, report):
    page = opened(report).page
    cell = "document.activeElement.dataset.cell"
    page.locator('[data-cell="0-0"]').focus()
    page.keyboard.press("ArrowDown")
    column = page.evaluate(cell)
    assert column.endswith("-0")
    assert column != "0-0"
    page.keyboard.press("End")
    assert page.evaluate(cell).startswith(column.split("-")[0])
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert page.locator("dialog").is_visible()


def test_a_screen_reader_finds_headings_landmarks_names_and_alternative_texts(opened, report):
    page = opened(report).page
    levels = page.evaluate(
        "[...document.querySelectorAll('main :is(h1,h2,h3), header h1')].map(h => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert page.evaluate("[...document.images].every(image => image.hasAttribute('alt'))")
    assert page.evaluate("[...document.images].filter(image => !image.alt).length") == 2  # beside their names
    assert page.evaluate("[...document.querySelectorAll('svg:not([aria-hidden])')].every(s => s.ariaLabel)")
    label = page.locator('.matrix [data-cell="3-5"]').get_attribute("aria-label")
    assert re.fullmatch(r"\d+ of actual 3, predicted 5", label)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))


def test_the_policy_stops_what_would_leave_the_page(opened, report):
    view = opened(report)
    tried = view.page.evaluate(
        """async () => {
          const blocked = [];
          document.addEventListener(
            "securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
          const image = new Image();
          image.src = "http://127.0.0.1:9/x.png";
          const script = document.createElement("script");
          script.textContent = "document.title = 'owned'";
          document.body.append(image, script);
          await fetch("http://127.0.0.1:9/").catch(() => {});
          await new Promise((done) => setTimeout(done, 0));
          return blocked;
        }"""
    )
    assert {"img-src", "script-src-elem", "connect-src"} <= set(tried)
    assert view.page.title() == "mine - Inklens report"


@pytest.mark.parametrize("width", [1280, 360])
def test_class_names_are_foreign_text(opened, make_run, real_digits, width):
    run = make_run(*real_digits, FOREIGN, name="<i>run & co")
    run.write()
    view = opened(run.folder.report, width)
    page = view.page
    assert view.console == []
    assert view.requests == [run.folder.report.resolve().as_uri()]
    assert page.title() == "<i>run & co - Inklens report"
    assert page.evaluate("document.documentElement.scrollWidth") == width
    rows = page.locator(".matrix tbody th").all_inner_texts()
    assert rows[0].startswith("<script>d")
    assert rows[0].endswith("/script>")
    assert rows[3] == "العربية الفصحى"
    assert rows[4] == "right to…override"
    assert rows[6] == "{{ 7 * 7 }}"
    assert rows[7] == "ab[31m"
    assert max(map(len, rows)) <= 18
    page.locator(".matrix button.wrong").first.click()
    assert page.locator("dialog").is_visible()
    assert page.locator("dialog img").first.get_attribute("onerror") is None
    assert view.console == []


def test_without_javascript_all_but_the_cells_images_is_there(opened, report):
    page = opened(report, java_script_enabled=False).page
    assert page.get_by_text("switched off").is_visible()
    assert page.locator("main img").count() > 30


def test_a_page_without_images_says_why(opened, finished):
    finished.write(images=None, notes=("The images are left out: there are no data called sample.",))
    page = opened(finished.folder.report).page
    assert page.get_by_text("there are no data called sample").is_visible()
    page.locator(".matrix button.wrong").first.click()
    assert "not at hand" in page.locator("#images-note").inner_text()
    assert page.locator("dialog figure").count() > 0
    assert page.locator("img").count() == 0


@pytest.fixture(scope="module")
def hundred_classes(make_run):
    """The path of a report on three images of each of a hundred classes."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(100), 3)
    images = Split(random.integers(0, 256, (300, 16, 16, 3)).astype(np.uint8), labels)
    names = [f"a class of the number {index}" for index in range(100)]
    run = make_run(images, random.normal(size=(300, 100)), names)
    run.write()
    return run.folder.report


def test_a_hundred_classes_fit_a_phone(opened, hundred_classes):
    view = opened(hundred_classes, 360)
    assert view.page.evaluate("document.documentElement.scrollWidth") == 360
    assert view.page.locator(".matrix tbody tr").count() == 100
    rows = view.page.locator(".matrix tbody th")
    cut = "one => [one.title, one.innerText, one.firstChild.scrollWidth > one.firstChild.clientWidth]"
    assert rows.nth(73).evaluate(cut) == ["a class of the number 73", "a clas…er 73", False]
    view.page.locator(".mixups button").first.click()
    close = view.page.get_by_role("button", name="Close").bounding_box()
    assert close["height"] < close["width"], "a long title leaves the button on one line"
    assert view.console == []


@pytest.mark.parametrize("width", [1280, 360])
def test_a_matrix_of_a_hundred_classes_scrolls_inside_the_window_under_its_names(
    opened, hundred_classes, width
):
    page = opened(hundred_classes, width).page
    box = page.locator("[aria-label='Confusion matrix']")
    box.scroll_into_view_if_needed()
    box.evaluate("box => { box.scrollTop = 900; }")
    assert box.bounding_box()["height"] <= page.viewport_size["height"]
    names = page.locator(".matrix thead").bounding_box()
    assert names["y"] == pytest.approx(box.bounding_box()["y"], abs=1)
    page.locator(".matrix tbody tr").first.locator("button").first.focus()
    top = page.locator(".matrix tbody tr").first.bounding_box()["y"]
    assert top >= names["y"] + names["height"] - 1


@pytest.mark.parametrize("width", [1280, 360])
def test_of_a_thousand_classes_the_page_shows_what_is_mixed_up_most(opened, make_run, width):
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(1000), 2)
    images = Split(random.integers(0, 256, (2000, 32, 32, 3)).astype(np.uint8), labels)
    logits = random.normal(size=(2000, 1000)) + 3 * np.eye(1000)[labels]
    run = make_run(images, logits, [f"a species of the number {index}" for index in range(1000)])
    confusion = np.zeros((1000, 1000), np.int64)
    np.add.at(confusion, (labels, logits.argmax(axis=1)), 1)
    with run.folder.atomic("pictures/confusion.png") as path:
        confusion_matrix_picture(confusion, run.names, path)
    assert len(run.write().encode()) <= LARGEST_REPORT
    view = opened(run.folder.report, width)
    page = view.page
    assert page.get_by_text("1,000 classes are too many for a matrix").is_visible()
    assert page.locator(".mixups li").count() == 100
    picture = page.locator(".confused")
    assert picture.evaluate("one => one.naturalWidth") >= picture.bounding_box()["width"] >= 800
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("table.numbers").filter(has_text="precision").locator("tbody tr").count() == 1000
    page.locator(".mixups button").first.click()
    assert page.locator("dialog figure img").count() > 0
    assert view.console == []


def test_names_of_corruptions_are_on_one_line_on_a_phone(opened, finished):
    names = ("impulse_noise", "motion_blur", "translation", "canny_edges")
    errors = {"corruptions": {name: {"error": 0.271} for name in names}, "mean_error": 0.271}
    finished.folder.write_json("robustness.json", {**errors, "framed": errors})
    finished.write()
    page = opened(finished.folder.report, 360).page
    heights = page.locator(".corruptions tbody tr").evaluate_all("rows => rows.map(row => row.clientHeight)")
    assert len(heights) >= len(names)
    assert max(heights) < 45  # two lines take 52
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_commands_wrap_between_words_and_are_copied_whole(opened, report):
    page = opened(report, 360).page
    code = page.locator("pre code")
    assert code.inner_text() == code.text_content()
    heights = page.locator("pre code span").evaluate_all("all => all.map(one => one.getClientRects().length)")
    assert heights and set(heights) == {1}
