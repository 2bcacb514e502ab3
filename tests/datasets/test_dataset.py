from dataclasses import replace

import numpy as np
import pytest

from inklens.datasets import Split
from inklens.datasets.dataset import from_labelled_images
from inklens.errors import DataError, OptionError
from inklens.pixels import PixelSpec


def split_of(labels: list[int], shape: tuple[int, int, int] = (8, 8, 1)) -> Split:
    return Split(np.zeros((len(labels), *shape), np.uint8), np.array(labels, np.int64))


def test_arrays_are_what_the_tutorials_prepare(sample):
    x_train, y_train, x_test, y_test = sample.arrays()
    assert x_train.shape == (4000, 28, 28, 1)
    assert y_test.shape == (1000, 10)
    assert x_train.dtype == y_train.dtype == np.float32
    assert (x_train.min(), x_train.max()) == (0, 1)
    assert np.array_equal(x_test, sample.test.whole().astype(np.float32) / 255)
    assert np.array_equal(y_test.argmax(axis=1), sample.test.labels)
    assert (y_test.sum(axis=1) == 1).all()


def test_arrays_come_with_channels_first_and_plain_labels_too(sample):
    few = replace(sample, train=sample.train.take(np.arange(40)), test=sample.test.take(np.arange(20)))
    data = few.reframed(None, 3, None)
    last, first = data.arrays(), data.arrays("channels_first", one_hot=False)
    assert first.x_train.shape == (40, 3, 28, 28)
    assert first.x_train.flags.c_contiguous
    assert np.array_equal(first.x_test.transpose(0, 2, 3, 1), last.x_test)
    assert np.array_equal(first.y_test, data.test.labels)


def test_arrays_print_their_shapes_and_class_count(sample):
    said = str(sample.arrays())
    assert "x_train  float32 (4000, 28, 28, 1)" in said
    assert "classes  10" in said
    assert "classes  10" in str(sample.arrays(one_hot=False))


def test_a_part_is_asked_for_by_its_name(sample):
    assert sample.part("test") is sample.test
    assert len(sample.part("all")) == 5000
    with pytest.raises(OptionError, match="sample has no part 'validation'; expected one of train, test, or"):
        sample.part("validation")


def test_an_unknown_channel_order_is_refused(sample):
    with pytest.raises(OptionError, match="data_format is 'NCHW'; expected 'channels_last' or"):
        sample.arrays("NCHW")


def test_a_data_set_prints_readably_and_without_control_characters(sample):
    said = str(sample)
    assert "sample (writing)" in said
    assert "4,000 train, 1,000 test; 28x28, grey" in said
    assert "10: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in said
    said = str(replace(sample, source="a\nb\x1b[2Jc\udcff", notes=("one\rtwo",)))
    assert r"source   a\nb\x1b[2Jc\udcff" in said
    assert r"note     one\rtwo" in said
    assert said.encode()


def test_the_fingerprint_is_of_the_content(sample):
    assert replace(sample, source="elsewhere").fingerprint == sample.fingerprint
    assert replace(sample, class_names=tuple("abcdefghij")).fingerprint != sample.fingerprint
    assert replace(sample, validation=sample.test).fingerprint != sample.fingerprint
    assert replace(sample, test=sample.test.take(np.arange(99))).fingerprint != sample.fingerprint


def test_a_validation_part_comes_out_of_training_and_is_stratified(sample):
    train, validation = sample.split_validation(500, seed=1)
    assert np.bincount(train.labels).tolist() == [350] * 10
    assert np.bincount(validation.labels).tolist() == [50] * 10


def test_reframing_changes_every_part(sample):
    few = sample.test.take(np.arange(20))
    small = replace(sample, train=few, validation=few).reframed((14, 20), 3, "stretch")
    assert small.spec == PixelSpec(14, 20, 3, "stretch")
    assert {split.whole().shape[1:] for split in small.parts.values()} == {(14, 20, 3)}
    assert small.test.labels is sample.test.labels


def test_an_unknown_kind_is_refused(sample):
    with pytest.raises(OptionError, match="kind is 'faces'; expected one of writing, things"):
        replace(sample, kind="faces")


def test_a_label_that_few_images_leave_out_is_noted_with_the_errors_that_it_will_cause():
    data = from_labelled_images("few", split_of([0, 2] * 5), split_of([0, 1, 1]), source="here", seed=0)
    assert data.notes[0] == "no training image has the label 1; the 2 test images of it will be errors"


def test_labels_that_count_from_one_are_noted():
    data = from_labelled_images("gap", split_of([1, 2] * 5), None, source="here", seed=0)
    assert data.notes[0] == "no training image has the label 0"
    assert data.classes == 3


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        (split_of([1] * 9), None, "images of one class only"),
        (split_of([0, 1, 70]), None, "labels up to 70 for 3 training images"),
        (split_of([4, 3] * 5), None, "no training image with the label 0, 1, 2; expected most of 0 to 4"),
        (split_of([0, 1]), split_of([0, 2]), "the label 2 in its test part; expected 0 to 1"),
        (split_of([0, 1]), split_of([0, 1], (9, 8, 1)), r"of \(8, 8, 1\) and test images of \(9, 8, 1\)"),
    ],
)
def test_labels_and_shapes_that_cannot_be_used_are_refused(train, test, said):
    with pytest.raises(DataError, match=said):
        from_labelled_images("odd", train, test, source="here", seed=0)
