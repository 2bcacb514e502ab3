import numpy as np
import pytest

from inklens.errors import OptionError
from inklens.networks.tta import TTA, Transform, check_tta, transformed

DOT = np.zeros((1, 9, 9, 1), np.uint8)
DOT[0, 4, 3] = 200


@pytest.mark.parametrize(
    ("transform", "place"),
    [
        (Transform(), (4, 3)),
        (Transform(down=1), (5, 3)),
        (Transform(down=-2), (2, 3)),
        (Transform(right=2), (4, 5)),
        (Transform(right=-1), (4, 2)),
        (Transform(mirrored=True), (4, 5)),
        (Transform(1, -1, mirrored=True), (5, 4)),
    ],
)
def test_a_transform_moves_the_image_and_mirrors_it_first(transform, place):
    moved = np.asarray(transformed(DOT, transform))
    assert moved.dtype == np.uint8
    assert np.argwhere(moved[0, :, :, 0]).tolist() == [list(place)]


def test_what_comes_in_from_outside_is_dark_and_what_leaves_is_gone():
    white = np.full((2, 8, 8, 3), 255, np.uint8)
    moved = np.asarray(transformed(white, Transform(down=1, right=-2)))
    assert not moved[:, 0].any()
    assert not moved[:, :, -2:].any()
    assert moved[:, 1:, :-2].all()
    assert white.all()


@pytest.mark.parametrize("name", TTA)
def test_every_set_starts_with_the_image_itself_and_has_each_transform_once(name):
    assert TTA[name][0] == Transform()
    assert len(set(TTA[name])) == len(TTA[name])


@pytest.mark.parametrize("name", [name for name in TTA if "mirror" in name])
def test_what_mirrors_is_refused_for_writing(name):
    with pytest.raises(OptionError, match="mirrored writing is other writing"):
        check_tta(name)
    check_tta("cross")
