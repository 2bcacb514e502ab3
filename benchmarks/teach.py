"""The page's Teach in Chromium: five invented signs, eight drawings of each, and forty fresh ones afterwards.

    python benchmarks/teach.py runs/mnist-fast-1

Two of the signs differ by a door only. The mouse draws them, each time leaning, as large and as wide as a
seed says, with the strokes in another order. The server is killed with its training once, while that runs,
and started again. Then a training of 60 s is asked for on the page, used, and 40 fresh drawings are answered
in Draw. Half of the drawings are held out of training, as always, so that it learns from four of each sign.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Locator, Page, sync_playwright

import record
from inklens.teaching import CorrectionStore
from inklens.teaching.training_process import TrainingProcesses

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import CHROMIUM, QUIET
from serving.page.opened_page import OpenedPage, Strokes
from serving.running_server import RunningServer, running_server

HOUSE = ((0.1, 1.0), (0.1, 0.5), (0.5, 0.0), (0.9, 0.5), (0.9, 1.0), (0.1, 1.0))
DOOR = ((0.4, 1.0), (0.4, 0.65), (0.6, 0.65), (0.6, 1.0))
SIGNS: dict[str, Strokes] = {
    "star": (((0.5, 0.0), (0.8, 1.0), (0.0, 0.35), (1.0, 0.35), (0.2, 1.0), (0.5, 0.0)),),
    "arrow": (((0.0, 0.5), (1.0, 0.5)), ((0.6, 0.1), (1.0, 0.5), (0.6, 0.9))),
    "tree": (((0.5, 1.0), (0.5, 0.5)), ((0.1, 0.5), (0.5, 0.0), (0.9, 0.5), (0.1, 0.5))),
    "house": (HOUSE,),
    "house with a door": (HOUSE, DOOR),
}
EACH, FRESH = 8, 8
SECONDS = 60
ENDS_WITHIN = 600_000  # milliseconds that the page is waited for


def varied(strokes: Strokes, random: np.random.Generator) -> list[list[tuple[float, float]]]:
    """As somebody draws it another time, in units of its height, around (0, 0)."""
    turn, lean, aspect = random.uniform(-0.25, 0.25), random.uniform(-0.25, 0.25), random.uniform(0.8, 1.25)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = turned @ np.array([[aspect, lean], [0, 1 / aspect]])
    drawn = []
    for index in random.permutation(len(strokes)):
        points = np.array(strokes[index]) - 0.5
        points = (points + random.normal(0, 0.035, points.shape)) @ moved.T
        drawn.append([(float(x), float(y)) for x, y in points[:: random.choice((-1, 1))]])
    return drawn


def draw(page: Page, strokes: Strokes, random: np.random.Generator) -> None:
    """Somewhere on the pad in view, at a size and with a brush of chance."""
    page.locator(".sheet:visible").evaluate("(sheet) => sheet.scrollIntoView({block: 'center'})")
    brush = page.locator(".brush input:visible").first
    brush.evaluate(
        "(range, value) => { range.value = value; range.dispatchEvent(new Event('input')); }",
        int(random.integers(12, 32)),
    )
    left, top = random.uniform(0.42, 0.58), random.uniform(0.44, 0.56)
    opened = OpenedPage(page, [], [])
    opened.draw(varied(strokes, random), left=left, top=top, height=random.uniform(0.35, 0.6))


def teach(page: Page, random: np.random.Generator) -> None:
    """Makes the classes by name and draws their examples."""
    view = page.locator(".view.teach")
    for name, strokes in SIGNS.items():
        view.get_by_label("New class").fill(name)
        view.get_by_role("button", name="Add").click()
        keep = view.get_by_role("button", name=f"Keep as {name}", exact=True)
        keep.wait_for()
        for count in range(1, EACH + 1):
            draw(page, strokes, random)
            keep.click()
            page.wait_for_function(
                "count => document.querySelectorAll('.view.teach .examples > li').length === count",
                arg=count,
            )


def begin(page: Page) -> Locator:
    """Starts a training on the signs alone."""
    view = page.locator(".view.teach")
    view.locator("#which-classes").select_option("own")
    view.locator("#how-long").select_option(str(SECONDS))
    view.get_by_role("button", name="Train", exact=True).click()
    return view


def opened(browser: Browser, server: RunningServer, view: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{server.address}/#{view}")
    page.wait_for_selector(f".view.{view}:not([hidden])")
    return page


def kill(server: RunningServer, corrections: Path) -> None:
    """The server, its workers and the training at once, as a machine does that loses power."""
    training = TrainingProcesses(CorrectionStore(corrections)).latest()
    assert training is not None and training.pid is not None
    for number in (training.pid, server.process.pid, *server.workers()):
        os.kill(number, signal.SIGKILL)
    server.process.wait()


def fresh(page: Page, random: np.random.Generator) -> list[tuple[str, str]]:
    """Each sign and what the page says of a drawing of it that was never kept."""
    said = []
    for name, strokes in SIGNS.items():
        for _ in range(FRESH):
            draw(page, strokes, random)
            said.append((name, OpenedPage(page, [], []).answer()))
            page.get_by_role("button", name="Clear").first.click()
            OpenedPage(page, [], []).answer()
    return said


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    folder = Path(mkdtemp(prefix="inklens-teach-"))
    corrections = folder / "runs/corrections.sqlite3"
    command = (options.run.resolve(), "--workers", 1, "--corrections", corrections)
    figures: dict[str, Any] = {"seed": options.seed, "examples": EACH * len(SIGNS)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        with running_server(*command, folder=folder) as server:
            page = opened(browser, server, "teach")
            teach(page, random)
            begin(page).get_by_role("button", name="Stop").wait_for()
            page.locator(".view.teach progress:visible").wait_for()
            time.sleep(5)
            kill(server, corrections)
            page.close()
        with running_server(*command, folder=folder) as server:
            page = opened(browser, server, "teach")
            kept = sum(each["examples"] for each in server.client.get("/v1/teach").json()["classes"])
            figures["examples_after_a_kill"] = kept
            started = time.monotonic()
            view = begin(page)
            view.locator(".twomatrices").wait_for(timeout=ENDS_WITHIN)
            figures["seconds_from_click_to_result"] = round(time.monotonic() - started, 1)
            result = server.client.get("/v1/teach").json()["training"]["result"]
            figures["held_out_right"] = f"{result['after']['right']} of {result['held_out']}"
            view.get_by_role("button", name="Use it").click()
            page.get_by_text("is served now").wait_for()
            page.close()
            page = opened(browser, server, "draw")
            said = fresh(page, random)
        browser.close()
    shutil.rmtree(folder)
    figures |= {
        "fresh_drawings": len(said),
        "fresh_right": sum(name == answer for name, answer in said),
        "not_right": [list(each) for each in said if each[0] != each[1]],
    }
    for name, value in figures.items():
        print(f"{name:<30} {value}")
    record.write("teach", figures, dry=options.dry)


if __name__ == "__main__":
    main()
