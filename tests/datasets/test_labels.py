import numpy as np
import pytest

from inklens.datasets.labels import as_labels, count_labels
from inklens.errors import DataError


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.int64])
def test_labels_of_any_integer_type_become_int64(dtype):
    labels = as_labels(np.array([[3], [0]], dtype), "here")
    assert labels.dtype == np.int64
    assert labels.tolist() == [3, 0]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.array([0, -1]), "here holds the label -1; expected"),
        (np.array([0, 2**64 - 1], np.uint64), "here holds the label 18446744073709551615; expected"),
        (np.array([0.0, 1.0]), "here holds labels of type float64; expected .*: save them as integers"),
        (np.array([True, False]), "labels of type bool"),
    ],
)
def test_what_is_no_label_is_refused_before_it_is_cast(labels, said):
    with pytest.raises(DataError, match=said):
        as_labels(labels, "here")


def test_the_largest_label_that_int64_holds_is_refused_without_counting_up_to_it():
    with pytest.raises(DataError, match="labels up to 9223372036854775807 for 3 training images"):
        count_labels("odd", np.array([0, 1, 2**63 - 1]), None, None)


def test_more_labels_than_names_are_refused():
    with pytest.raises(DataError, match="labels up to 2 for 3 training images of 2 classes"):
        count_labels("odd", np.array([0, 1, 2]), None, 2)


def test_at_most_half_of_the_labels_may_be_missing():
    assert count_labels("letters", np.array([1, 2, 1]), np.array([2]), None).tolist() == [0, 2, 1]
    with pytest.raises(DataError, match=r"the label 0, 1, 2; expected most of 0 to 4: number them anew"):
        count_labels("odd", np.array([4, 3] * 3), None, None)
