"""Finished run folders without a training: real digits, told apart by their distance to each class's mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.special import softmax

from browser import browser as browser, watched_page
from inklens.datasets import Split, load
from inklens.evaluation import Confidence, evaluate, prediction_rows
from inklens.reporting.report import Seen, write_report
from inklens.run_folder import RunFolder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HISTORY = (
    {"epoch": 1, "loss": 0.9, "accuracy": 0.71, "val_loss": 0.7, "val_accuracy": 0.78, "seconds": 2.0},
    {"epoch": 2, "loss": 0.6, "accuracy": 0.80, "val_loss": 0.62, "val_accuracy": 0.81, "seconds": 2.0},
)


@dataclass(frozen=True, eq=False)
class Finished:
    """A run folder and what its predictions.csv is about."""

    folder: RunFolder
    images: Split
    names: tuple[str, ...]
    logits: np.ndarray

    def write(self, **options: Any) -> str:
        options = {"reproduce": "inklens train --data sample", "images": self.images, **options}
        return write_report(self.folder, **options).read_text(encoding="utf-8")


MakeRun = Callable[..., Finished]


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> MakeRun:
    def make(
        images: Split, logits: np.ndarray, names: Sequence[str], name: str = "mine", **recipe_data: Any
    ) -> Finished:
        folder = RunFolder.create(tmp_path_factory.mktemp("runs"), name, "run")
        scores = evaluate(softmax(logits, axis=1), images.labels, names)
        height, width, channels = images.images.shape[1:]
        data = {
            "name": "sample", "kind": "writing", "class_names": list(names), "fingerprint": "0" * 64,
            "notes": [], "train": 4000, "validation": 400, "test": len(images), **recipe_data,
        }  # fmt: skip
        pixels = {"height": height, "width": width, "channels": channels, "framing": "pad"}
        recipe = {"preset": "fast", "network": "conv5x5", "betas": (0.7, 0.9), "dropout": None, "seed": 0}
        folder.write_recipe({"recipe": recipe, "pixels": pixels, "data": data})
        folder.write_json(folder.environment, {"versions": {"python": "3.11"}, "date": "2026-01-01"})
        confidence = {**Confidence().to_dict(), "note": None, "test": None}
        training = {"epochs": 2, "images": 4000, "seconds": 12.3, "parameters": 1234}
        metrics = {"test": scores.to_dict(), "validation": None, "confidence": confidence}
        folder.write_json(folder.metrics, {**metrics, "training": training})
        folder.write_csv(folder.history, list(HISTORY[0]), [list(epoch.values()) for epoch in HISTORY])
        folder.write_csv(folder.predictions, *prediction_rows(softmax(logits, axis=1), images.labels, names))
        folder.write_bytes(folder.onnx, bytes(186_400))
        folder.set_status("done")
        return Finished(folder, images, tuple(names), logits)

    return make


@pytest.fixture(scope="session")
def real_digits() -> tuple[Split, np.ndarray]:
    """1,000 test digits and logits of them (1000, 10), about four in five right."""
    sample = load("sample")
    train, test = (part.whole().reshape(len(part), -1) / 255 for part in (sample.train, sample.test))
    means = np.stack([train[sample.train.labels == label].mean(axis=0) for label in range(10)])
    return sample.test, -((test[:, None] - means) ** 2).sum(axis=2) / 4


@pytest.fixture
def finished(make_run: MakeRun, real_digits: tuple[Split, np.ndarray]) -> Finished:
    """A run on digits, to be changed by its test as it likes."""
    return make_run(*real_digits, [str(digit) for digit in range(10)])


@pytest.fixture(scope="session")
def seen(real_digits: tuple[Split, np.ndarray]) -> Seen:
    """Filters, and the maps of two digits: the digit itself, shifted."""
    images = real_digits[0]
    random = np.random.default_rng(0)
    maps = []
    for index in (0, 500):
        image = images.batch(np.array([index]))[0]
        shifted = np.stack([np.roll(image[..., 0], by, axis=1) for by in range(6)], axis=-1)
        maps.append(
            (image, f"{index} as it is", {"conv2d": shifted.astype(np.float32), "dense": shifted[:1, :1]})
        )
    return Seen(random.normal(0, 0.1, (5, 5, 1, 24)).astype(np.float32), maps)


@dataclass(frozen=True, eq=False)
class Opened:
    """A page in the browser, and all that it said on the console and asked for."""

    page: Page
    console: list[str]
    requests: list[str]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Opens a file: opened(path, width=360, dark=True)."""
    pages: list[Page] = []

    def opened(path: Path, width: int = 1280, dark: bool = False, **options: Any) -> Opened:
        page, console, requests = watched_page(browser, width, 800, dark, **options)
        pages.append(page)
        page.goto(path.resolve().as_uri())
        return Opened(page, console, [url for url in requests if not url.startswith("data:")])

    yield opened
    for page in pages:
        page.context.close()
