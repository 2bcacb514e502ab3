"""The look that all pictures share."""

import subprocess
import sys
from importlib import reload

import matplotlib
import numpy as np
import pytest
from matplotlib import font_manager

from inklens.errors import MissingPackageError
from inklens.reporting import sample_grid, style


def test_names_are_cleaned_and_undrawable_ones_give_way_to_their_number(hard_names):
    with style.sheet(hard_names, "猫 and dog") as (names, title):
        drawn = list(names)
    assert drawn[:2] == ["0", "T-shirt/top"]
    assert drawn[4] == "class 4"
    assert drawn[5:9] == [r"$\frac{$ 5_{x", "кошка", "line break tab", "العربية"]
    assert drawn[9] == "class 9"
    assert title == ""


def test_letters_are_composed_and_what_does_not_print_goes():
    with style.sheet(["Stra\u0308hne", "zero\u200bwidth\x07", "\udcff"]) as (names, _):
        assert names == ["Strähne", "zerowidth", "class 2"]


@pytest.fixture
def font_with_a_cat(tmp_path):
    """A font that has one glyph, as a machine with CJK fonts would have many."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in [(100, 800), (900, 800), (900, 0)]:
        pen.lineTo(corner)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "cat"])
    builder.setupCharacterMap({ord("猫"): "cat"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "cat": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "cat": (1000, 100)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Cat Sans", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "cat.ttf")
    return str(tmp_path / "cat.ttf")


def test_a_font_that_has_the_letters_is_found(font_with_a_cat, monkeypatch, tmp_path):
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist])
    font_manager.fontManager.addfont(font_with_a_cat)
    with style.sheet(["猫", "猫 and dog", "犬"]) as (names, _):
        assert names == ["猫", "猫 and dog", "class 2"]
    images = np.zeros((2, 8, 8, 1), np.uint8)
    figure = sample_grid(images, np.array([0, 1]), ["猫", "猫 and dog"], tmp_path / "x.png")
    assert "猫 and dog" in [text.get_text() for text in figure.axes[0].texts]


def test_what_the_caller_has_set_is_neither_used_nor_changed():
    with matplotlib.rc_context({"font.size": 31, "text.usetex": True, "axes.grid": False}):
        with style.sheet():
            assert matplotlib.rcParams["font.size"] == 8
            assert not matplotlib.rcParams["text.usetex"]
        assert matplotlib.rcParams["font.size"] == 31
        assert matplotlib.rcParams["text.usetex"]


def test_long_text_is_shortened_in_the_middle_until_it_fits():
    with style.sheet():
        _, axes = style.page(4, 2)
        for said in ("a common beginning, then variant A", "W" * 500, "short", "W", ""):
            text = axes.text(0, 1, said)
            style.fit(text, 0.9)
            shown = text.get_text()
            assert text.get_window_extent().width <= 0.9 * style.DPI
            if len(said) > 10:
                assert "…" in shown
                assert shown[0] == said[0]
                assert shown[-1] == said[-1]
            else:
                assert shown == said


@pytest.mark.parametrize(
    ("share", "digits", "said"),
    [
        (0.9873, 1, "98.7%"),
        (0.9873, 2, "98.73%"),
        (0.99949, 1, "99.9%"),
        (0.9996, 1, ">99.9%"),
        (0.9996, 2, "99.96%"),
        (0.999999, 2, ">99.99%"),
        (1.0, 1, "100.0%"),
        (0.0, 1, "0.0%"),
    ],
)
def test_what_is_not_certain_is_never_rounded_to_certain(share, digits, said):
    assert style.percent(share, digits) == said


def test_shades_go_from_white_to_the_colour():
    ends = style.shade("#d55e00", np.array([0.0, 1.0]))
    assert np.allclose(255 * ends, [[255, 255, 255], [0xD5, 0x5E, 0]])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 10, 16, 24, 32, 40, 64, 100, 128, 1000])
@pytest.mark.parametrize("most", [5, 12, 16])
def test_a_grid_is_never_higher_than_wide_where_the_page_allows_it(count, most):
    columns = style.columns_for(count, most)
    assert 1 <= columns <= min(most, count)
    assert columns >= -(-count // columns) or columns >= most - 2
    assert style.columns_for(10, 5) == 5, "the tutorials' ten digits stand in two rows of five"


def test_without_matplotlib_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.style", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'inklens\[train\]'"):
        reload(style)


def test_the_room_is_entered_without_matplotlib_and_drawn_in_without_pyplot(tmp_path):
    path = str(tmp_path / "x.png")
    code = f"""
import sys
import inklens.reporting
from pathlib import Path
assert "matplotlib" not in sys.modules
inklens.reporting.training_curves([{{"epoch": 1, "loss": 1.0, "accuracy": 0.5}}], Path({path!r}))
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
