import json

import pytest

from inklens.errors import OptionError
from inklens.pixels import PixelSpec
from inklens.pixels.spec import check_size


def test_a_spec_survives_json():
    spec = PixelSpec(28, 32, 3, "stretch")
    assert PixelSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert spec.shape == (28, 32, 3)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ((0, 28, 1), "height is 0; expected a whole number"),
        ((28, 2.5, 1), "width is 2.5"),
        ((28, 28, 4), r"channels is 4; expected 1 \(grey\) or 3"),
        ((28, 28, 1, "crop"), "framing is 'crop'; expected one of ink, pad, stretch, none"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(fields, said):
    with pytest.raises(OptionError, match=said):
        PixelSpec(*fields)


@pytest.mark.parametrize("fields", [{}, {"height": 8, "width": 8, "channels": 1, "colour": 2}])
def test_missing_and_unknown_fields_are_refused(fields):
    with pytest.raises(OptionError, match="expected height, width, channels and framing"):
        PixelSpec.from_dict(fields)


@pytest.mark.parametrize(("height", "width"), [(7, 28), (28, 1025), (28.0, 28), (True, 28)])
def test_a_size_out_of_range_is_refused(height, width):
    check_size(8, 1024)
    with pytest.raises(OptionError, match="expected a whole number of pixels, 8 to 1024"):
        check_size(height, width)
