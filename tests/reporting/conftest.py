"""Real digits, class names that are hard to set in type, and a look at what was drawn."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from inklens.datasets import Dataset

HARD_NAMES = (
    "0",
    "T-shirt/top",
    "Donaudampfschifffahrtsgesellschaftskapitän (im Ruhestand), Dienstmütze",
    "W" * 255,
    "猫",
    r"$\frac{$ 5_{x",
    "кошка",
    "line\nbreak\ttab",
    "العربية",
    "",
)


@pytest.fixture
def hard_names() -> tuple[str, ...]:
    return HARD_NAMES


@pytest.fixture(scope="session")
def forty_digits(sample: Dataset) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Forty real handwritten digits and their labels, four of each class."""
    labels = sample.test.labels
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:4] for digit in range(10)])
    return sample.test.batch(chosen), labels[chosen]


@pytest.fixture
def texts_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Figure], list[Text]]:
    """The texts that are really drawn; Matplotlib also keeps tick labels outside the limits."""

    def texts_of(figure: Figure) -> list[Text]:
        drawn: list[Text] = []
        with monkeypatch.context() as patch:
            patch.setattr(Text, "draw", lambda text, renderer: drawn.append(text))
            figure.draw_without_rendering()
        return [text for text in drawn if text.get_text() and text.get_visible()]

    return texts_of


@pytest.fixture
def said_in(texts_of: Callable[[Figure], list[Text]]) -> Callable[[Figure], list[str]]:
    return lambda figure: [text.get_text() for text in texts_of(figure)]


def _boxes(drawn: Iterable[Artist]) -> NDArray[np.float64]:
    """float64 (N, 4): left, lower, right and upper edge on the page."""
    return np.array([one.get_window_extent().extents for one in drawn])


def _overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.bool_]:
    """bool (N, M), of boxes (N, 4) and (M, 4)."""
    one = one[:, None]
    return np.asarray((one[..., :2] < other[:, 2:]).all(axis=-1) & (one[..., 2:] > other[:, :2]).all(axis=-1))


@pytest.fixture
def assert_tidy(texts_of: Callable[[Figure], list[Text]]) -> Callable[..., None]:
    """Fails where texts overlap or leave the page or are too small; if asked, where one is on an image."""

    def assert_tidy(figure: Figure, *, clear_of_images: bool = False) -> None:
        texts = texts_of(figure)
        said = [text.get_text() for text in texts]
        boxes, page = _boxes(texts), figure.bbox
        assert page.width <= 1600.5
        outside = (boxes[:, :2] < page.min).any(axis=1) | (boxes[:, 2:] > page.max).any(axis=1)
        assert not outside.any(), f"{said[outside.argmax()]!r} leaves the page"
        overlaps = np.argwhere(np.triu(_overlap(boxes, boxes), k=1))
        assert not len(overlaps), f"{said[overlaps[0, 0]]!r} overlaps {said[overlaps[0, 1]]!r}"
        assert min(float(text.get_fontsize()) for text in texts) >= 5.5
        if clear_of_images:
            on_an_image = _overlap(boxes, _boxes(figure.axes[0].images)).any(axis=1)
            assert not on_an_image.any(), f"{said[on_an_image.argmax()]!r} lies on an image"

    return assert_tidy
