import numpy as np
import pytest

from inklens.errors import OptionError
from inklens.networks.views import VIEWS, View, resolve_views, seen

DOT = np.zeros((1, 9, 9, 1), np.uint8)
DOT[0, 4, 3] = 200


@pytest.mark.parametrize(
    ("view", "place"),
    [
        (View(), (4, 3)),
        (View(down=1), (5, 3)),
        (View(down=-2), (2, 3)),
        (View(right=2), (4, 5)),
        (View(right=-1), (4, 2)),
        (View(mirrored=True), (4, 5)),
        (View(1, -1, mirrored=True), (5, 4)),
    ],
)
def test_a_view_moves_what_is_seen_and_mirrors_it_first(view, place):
    moved = seen(DOT, view)
    assert moved.dtype == np.uint8
    assert np.argwhere(moved[0, :, :, 0]).tolist() == [list(place)]


def test_what_comes_in_from_outside_is_dark_and_what_leaves_is_gone():
    white = np.full((2, 8, 8, 3), 255, np.uint8)
    moved = seen(white, View(down=1, right=-2))
    assert not moved[:, 0].any()
    assert not moved[:, :, -2:].any()
    assert moved[:, 1:, :-2].all()
    assert white.all()


@pytest.mark.parametrize("name", VIEWS)
def test_every_set_starts_with_the_image_itself_and_has_each_view_once(name):
    assert VIEWS[name][0] == View()
    assert len(set(VIEWS[name])) == len(VIEWS[name])


def test_auto_goes_by_the_kind_and_mirrors_things_only():
    assert resolve_views("auto", "writing") == "cross"
    assert resolve_views("auto", "things") == "mirror-cross"
    assert resolve_views("wide-cross", "writing") == "wide-cross"
    with pytest.raises(OptionError, match="mirrored writing is other writing"):
        resolve_views("mirror", "writing")
