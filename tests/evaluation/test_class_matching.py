"""Classes are matched by name, never by position."""

import numpy as np
import pytest

from inklens.errors import DataError
from inklens.evaluation import match_classes

NETWORK = ("ant", "bee", "cat", "dog")


def test_another_order_gives_the_networks_numbers() -> None:
    assert match_classes([0, 1, 2, 3], ("dog", "cat", "bee", "ant"), NETWORK, "pets").tolist() == [3, 2, 1, 0]


def test_a_part_of_the_classes_will_do() -> None:
    assert match_classes(np.array([1, 1, 0]), ("bee", "dog"), NETWORK, "pets").tolist() == [3, 3, 1]


def test_a_class_that_no_image_has_need_not_be_known() -> None:
    assert match_classes([1, 2], ("owl", "ant", "dog"), NETWORK, "pets").tolist() == [0, 3]


def test_all_unknown_classes_are_named() -> None:
    with pytest.raises(DataError) as error:
        match_classes([0, 1, 2], ("owl", "ant", "fox"), NETWORK, "pets")
    assert str(error.value).startswith(
        "pets has the classes owl, fox, which the network does not know; expected its own, ant, bee, cat, dog"
    )


def test_of_very_many_unknown_classes_twenty_are_named() -> None:
    names = [f"n{number}" for number in range(500)]
    with pytest.raises(DataError, match="n19 and 480 more, which"):
        match_classes(range(500), names, NETWORK, "pets")
