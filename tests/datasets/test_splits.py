import numpy as np
import pytest
from hypothesis import given, strategies as st

from inklens.datasets import Split, stratified_folds, stratified_split
from inklens.datasets.splits import hold_out_test, joined
from inklens.errors import DataError, OptionError


def split_of(labels: list[int] | np.ndarray) -> Split:
    """A split whose images carry their own position, so that they can be told apart."""
    count = len(labels)
    images = np.arange(count, dtype="<u4").view(np.uint8).reshape(count, 2, 2, 1)
    return Split(images, np.asarray(labels, np.int64))


def positions(split: Split) -> list[int]:
    return split.whole().reshape(-1).view("<u4").tolist()


def test_a_fifth_of_mnist_keeps_every_class_share(digits):
    rest, held = stratified_split(digits.train, 0.2, seed=0)
    whole = np.bincount(digits.train.labels)
    assert len(held) == round(0.2 * len(digits.train))
    assert np.abs(np.bincount(held.labels) - 0.2 * whole).max() < 1
    assert len(rest) + len(held) == len(digits.train)


def test_the_same_seed_gives_the_same_parts_and_another_seed_others():
    split = split_of([0, 1] * 50)
    first, again, other = (stratified_split(split, 20, seed)[1] for seed in (1, 1, 2))
    assert positions(first) == positions(again) != positions(other)


def test_joined_splits_are_their_images_one_after_the_other_and_copy_none_of_one_store():
    split = split_of([0, 1] * 5)
    rest, held = stratified_split(split, 4, 0)
    whole = joined([rest, held])
    assert whole.images is split.images
    assert positions(whole) == positions(rest) + positions(held)
    assert whole.labels.tolist() == [*rest.labels, *held.labels]
    apart = joined([split_of([0, 1]), split_of([1, 0, 1])])
    assert (positions(apart), apart.labels.tolist()) == ([0, 1, 0, 1, 2], [0, 1, 1, 0, 1])


@given(st.lists(st.integers(0, 5), min_size=2, max_size=60), st.data())
def test_parts_are_disjoint_whole_and_leave_each_class_an_image(labels, data):
    split = split_of(labels)
    room = len(labels) - len(set(labels))
    if room == 0:
        with pytest.raises(OptionError):
            stratified_split(split, 1, 0)
        return
    count = data.draw(st.integers(1, room))
    rest, held = stratified_split(split, count, seed=3)
    assert len(held) == count
    assert sorted(positions(rest) + positions(held)) == list(range(len(labels)))
    assert set(rest.labels) == set(labels)
    assert [labels[position] for position in positions(held)] == held.labels.tolist()


@pytest.mark.parametrize("number", [np.int64, np.uint8, np.int32])
def test_a_number_of_numpys_is_a_number_and_no_share(number):
    rest, held = stratified_split(split_of([0, 1] * 50), number(20), seed=0)
    assert (len(rest), len(held)) == (80, 20)


@pytest.mark.parametrize("part", [0, 0.0, 1.0, 10, -1, -0.5, 99])
def test_a_part_that_leaves_no_data_is_refused(part):
    with pytest.raises(OptionError, match=r"leaves no data on one side; expected a share.*or 1 to 8 images"):
        stratified_split(split_of([0, 1] * 5), part, seed=0)


def test_a_choice_of_a_choice_reads_the_right_images():
    split = split_of([0, 1, 2, 3, 4, 5])
    chosen = split.take(np.array([5, 3, 1, 0])).take(np.array([2, 0]))
    assert positions(chosen) == [1, 5]
    assert chosen.labels.tolist() == [1, 5]
    assert np.array_equal(chosen.batch(np.array([1])), split.batch(np.array([5])))
    assert np.array_equal(chosen.batch(slice(0, 1)), split.batch(np.array([1])))


def test_the_digest_follows_images_labels_and_choice():
    split = split_of([0, 1, 0, 1])
    changed = split.images.copy()
    changed[0, 0, 0, 0] += 1
    others = [
        Split(changed, split.labels),
        Split(split.images, 1 - split.labels),
        split.take(np.array([0, 1, 3, 2])),
    ]
    assert len({split.digest, *(other.digest for other in others)}) == 4
    assert split.digest == split_of([0, 1, 0, 1]).digest


def test_too_few_images_to_hold_out_a_test_part_are_refused():
    with pytest.raises(DataError, match="2 images without a test part; expected at least two of a class"):
        hold_out_test(split_of([0, 1]), seed=0)


@pytest.mark.parametrize(("sizes", "folds"), [((50, 20, 7), 5), ((2, 2), 2), ((0, 9, 30), 9)])
def test_folds_spread_every_class_evenly(sizes, folds):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    fold_of = stratified_folds(labels, folds, 0, ["a", "b", "c"])
    counts = [np.bincount(fold_of[labels == label], minlength=folds) for label in range(len(sizes))]
    for count in [*counts, np.bincount(fold_of, minlength=folds)]:
        assert count.max() - count.min() <= 1


def test_a_seed_decides_the_folds():
    labels = np.arange(300) % 3
    first, again, other = (stratified_folds(labels, 4, seed, ["a", "b", "c"]) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("folds", [0, 1, 6])
def test_folds_that_some_class_cannot_fill_are_refused(folds):
    labels = np.repeat([0, 1], [5, 40])
    message = f"{folds} folds of 45 images, 5 of them of the smallest class cat; expected 2 folds or more"
    with pytest.raises(OptionError, match=message):
        stratified_folds(labels, folds, 0, ["cat", "dog"])


def test_joined_choices_out_of_one_store_keep_the_names_of_their_files():
    whole = Split(np.zeros((4, 8, 8, 1), np.uint8), np.arange(4), files=("a", "b", "c", "d"))
    both = joined([whole.take(np.array([2])), whole.take(np.array([0]))])
    assert [both.file(place) for place in range(2)] == ["c", "a"]
