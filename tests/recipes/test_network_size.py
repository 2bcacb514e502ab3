import pytest

from inklens.recipes.network_size import fitted_width


@pytest.mark.parametrize(
    ("width", "classes", "images", "fitted"),
    [
        (32, 10, 50_000, 32),
        (32, 10, 10_000, 32),
        (32, 10, 9_999, 16),
        (64, 2, 100, 32),
        (8, 2, 100, 8),
        (32, 200, 50_000, 50),
        (32, 1000, 50_000, 64),
        (128, 1000, 50_000, 128),
    ],
)
def test_few_images_have_a_narrower_network_and_many_classes_a_wider_one(width, classes, images, fitted):
    assert fitted_width(width, classes, images) == fitted
