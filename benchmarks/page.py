"""The page of `inklens serve` in Chromium: digits of other people drawn on its pad, stroke by stroke.

    python benchmarks/page.py runs/mnist-accurate-1

INKLENS_DATA holds handwriting/hwd1000.npz and bhmsds.npz, which nobody may train or tune on. 150 digits of
each are thinned to lines, and these drawn with the mouse: small in a corner, with a thick brush, and slanted
in turn. Every fourth answer is compared with that of `Classifier.predict` on a screenshot of the pad. The
time is from lifting the pen to the answer on the page. Nothing may be asked of another address or be said on
the console.
"""

import os
import statistics
import sys
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

import inklens
import record
from skeletons import Stroke, strokes_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import CHROMIUM, QUIET
from serving.running_server import running_server

EACH = 150
COMPARED = 4  # of so many drawings one is compared with its screenshot
PICTURE = Path(gettempdir(), "inklens-pad.png")
PAD = (720, 480)  # the pad in its own units
# How high a digit is, where its middle is, how wide the brush, how much it leans.
VARIANTS: dict[str, dict[str, Any]] = {
    "small in a corner": {"height": 75, "middle": (80, 75), "brush": 10, "lean": 0.0},
    "thick": {"height": 260, "middle": (360, 240), "brush": 54, "lean": 0.0},
    "slanted": {"height": 280, "middle": (400, 240), "brush": 24, "lean": 0.35},
}
WATCH = """() => {
  const draw = document.querySelector(".view.draw");
  const sheet = draw.querySelector(".sheet"), answer = draw.querySelector(".answer");
  let lifted = 0;
  window.times = [];
  sheet.addEventListener("pointerup", () => { lifted = performance.now(); }, true);
  new MutationObserver(() => {
    if (!lifted || answer.dataset.settled !== "yes") return;
    window.times.push(performance.now() - lifted);
    lifted = 0;
  }).observe(answer, { attributes: true, attributeFilter: ["data-settled"] });
}"""
SETTLED = "() => document.querySelector('.view.draw .answer').dataset.settled === 'yes'"


def chosen(folder: Path) -> list[tuple[str, int, list[Stroke]]]:
    """The set, the label and the strokes of each digit, from a seeded draw."""
    digits: list[tuple[str, int, list[Stroke]]] = []
    for name in ("hwd1000", "bhmsds"):
        with np.load(folder / "handwriting" / f"{name}.npz") as file:
            images, labels = file["images"], file["labels"]
        order = np.random.default_rng(17).permutation(len(labels))[:EACH]
        digits += [(name, int(labels[index]), strokes_of(images[index])) for index in order]
    return digits


def placed(strokes: list[Stroke], *, height: float, middle: tuple[int, int], lean: float) -> list[Stroke]:
    """In units of the pad."""
    points = np.concatenate([np.array(stroke) for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = height / max(*(high - low), 1.0)
    centre = (low + high) / 2
    moved = []
    for stroke in strokes:
        x, y = ((np.array(stroke) - centre) * scale).T
        moved.append(list(zip(x - lean * y + middle[0], y + middle[1], strict=True)))
    return moved


def draw(page: Page, strokes: list[Stroke], brush: int) -> None:
    page.locator(".view.draw .sheet").evaluate("(sheet) => sheet.scrollIntoView({block: 'nearest'})")
    box = page.locator(".view.draw .sheet").bounding_box()
    assert box is not None
    scale = box["height"] / PAD[1]
    page.locator(".brush input").first.evaluate(
        "(range, value) => { range.value = value; range.dispatchEvent(new Event('input')); }", brush
    )
    for stroke in strokes:
        points = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()


def answers(page: Page, run: Path, digits: list[tuple[str, int, list[Stroke]]]) -> dict[str, Any]:
    """What the page says of each digit, and what Python says of a screenshot."""
    classifier = inklens.Classifier.open(run)
    rows = []
    page.evaluate(WATCH)
    for number, (name, label, strokes) in enumerate(digits):
        variant, how = list(VARIANTS.items())[number % len(VARIANTS)]
        place = {key: how[key] for key in ("height", "middle", "lean")}
        draw(page, placed(strokes, **place), how["brush"])
        page.wait_for_function(SETTLED)
        said = page.locator(".view.draw .label").inner_text()
        screenshot = ""
        if number % COMPARED == 0:
            page.locator(".view.draw .paper").screenshot(path=PICTURE)
            predicted = classifier.predict(PICTURE)
            screenshot = predicted.labels[0] if predicted.status[0] == "ok" else "?"
        rows.append((name, variant, str(label), said, screenshot))
        if len(rows) % 25 == 0:
            print(f"{sum(row[2] == row[3] for row in rows)} of {len(rows)}", flush=True)
        page.get_by_role("button", name="Clear").click()
        page.wait_for_function(SETTLED)
    times = page.evaluate("window.times")
    compared = [row for row in rows if row[4]]
    return {
        "digits": len(rows),
        "right": sum(label == said for _, _, label, said, _ in rows),
        "unknown": sum(said == "?" for *_, said, _ in rows),
        "by_set": _counted(rows, 0),
        "by_variant": _counted(rows, 1),
        "same_as_the_screenshot": f"{sum(row[3] == row[4] for row in compared)} of {len(compared)}",
        "milliseconds": {
            "median": round(statistics.median(times), 1),
            "95th percentile": round(float(np.percentile(times, 95)), 1),
        },
        "not_right": [list(row) for row in rows if row[2] != row[3]],
        "not_the_same": [list(row) for row in compared if row[3] != row[4]],
    }


def _counted(rows: list[tuple[str, ...]], column: int) -> dict[str, str]:
    names = dict.fromkeys(row[column] for row in rows)
    counts = {name: [row[2] == row[3] for row in rows if row[column] == name] for name in names}
    return {name: f"{sum(right)} of {len(right)}" for name, right in counts.items()}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--digits", type=int, default=2 * EACH)
    options = parser.parse_args()
    digits = chosen(Path(os.environ["INKLENS_DATA"]))
    digits = digits[:: max(1, len(digits) // options.digits)]
    run = options.run.resolve()
    with running_server(run, "--workers", 1, folder=run.parent) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on(
            "request",
            lambda request: request.url.startswith((server.address, "data:")) or said.append(request.url),
        )
        page.goto(server.address)
        page.wait_for_selector(".bars li")
        figures = {"run": run.name, "preset": inklens.Classifier.open(run).metadata.recipe.get("preset")}
        figures |= answers(page, run, digits)
        figures["console_and_foreign_requests"] = said
        browser.close()
    for name, value in figures.items():
        print(f"{name:<30} {value}")
    record.write(f"page-{figures['preset']}", figures, dry=options.dry)


if __name__ == "__main__":
    main()
