import numpy as np

from inklens.datasets import Split
from inklens.networks.backends import select_backend

select_backend("tensorflow")

from inklens.training.examples.digit_outliers import NO_CLASS  # noqa: E402
from inklens.training.loop.batches import Batches, epoch_order, mirrored  # noqa: E402


def _split(images: int) -> Split:
    pixels = np.arange(images, dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Split(pixels, np.arange(images) % 3)


def _seen(batches: Batches) -> list[int]:
    return [int(pixel) for index in range(len(batches)) for pixel in batches[index][0].ravel()]


def test_an_epoch_sees_every_image_once_in_an_order_made_from_seed_and_epoch():
    batches = Batches(_split(10), classes=3, batch_size=4, seed=5)
    first = _seen(batches)
    batches.start_epoch(1)
    second = _seen(batches)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first == epoch_order(5, 0, 10).tolist()
    assert second == epoch_order(5, 1, 10).tolist() != first


def test_without_a_seed_the_order_stays():
    assert _seen(Batches(_split(5), classes=3, batch_size=2)) == [0, 1, 2, 3, 4]


def test_the_last_batch_holds_what_is_left_and_labels_are_one_hot():
    batches = Batches(_split(7), classes=3, batch_size=3)
    images, labels = batches[2]
    assert len(batches) == 3
    assert images.dtype == np.uint8
    assert labels.tolist() == [[1, 0, 0]]


def test_the_order_of_an_epoch_is_pinned_so_that_a_run_can_be_repeated_anywhere():
    assert epoch_order(0, 0, 8).tolist() == [2, 4, 3, 6, 5, 0, 1, 7]


def test_an_outlier_has_the_same_share_of_every_class():
    split = Split(np.zeros((2, 1, 1, 1), np.uint8), np.array([1, NO_CLASS]))
    _, labels = Batches(split, classes=4, batch_size=2)[0]
    assert labels.tolist() == [[0, 1, 0, 0], [0.25] * 4]


def test_a_batch_in_halves_is_the_same_images_and_a_single_one_is_there_twice():
    whole, halves = (Batches(_split(7), classes=3, batch_size=3, seed=4, parts=parts) for parts in (1, 2))
    assert (len(whole), len(halves), halves.steps) == (3, 6, 3)
    for step in range(2):
        parts = [halves[2 * step + part][0] for part in (0, 1)]
        assert [len(part) for part in parts] == [2, 1]
        assert np.array_equal(np.concatenate(parts), whole[step][0])
    assert np.array_equal(halves[4][0], whole[2][0])
    assert np.array_equal(halves[5][0], whole[2][0])
    assert [halves.ends_step(batch) for batch in range(4)] == [False, True, False, True]
    assert [halves.steps_done(batch) for batch in range(4)] == [0, 1, 1, 2]
    halves.start_epoch(0, first=1)
    assert len(halves) == 4
    assert halves.steps_done(1) == 2


def _sides(batches: Batches) -> dict[int, int]:
    """Of each image, told by the larger of its two pixels, the left pixel less the right one."""
    seen = np.concatenate([batches[index][0] for index in range(len(batches))]).astype(int)
    return {int(row.max()): int(row[0, 0, 0] - row[0, 1, 0]) for row in seen}


def test_each_image_is_mirrored_in_every_second_epoch():
    pixels = np.stack([np.zeros(40, np.uint8), np.arange(1, 41, dtype=np.uint8)], axis=1).reshape(40, 1, 2, 1)
    split = Split(pixels, np.arange(40) % 3)
    batches = Batches(split, classes=3, batch_size=7, seed=3, flip=True)
    first = _sides(batches)
    batches.start_epoch(1)
    second = _sides(batches)
    batches.start_epoch(2)
    assert _sides(batches) == first
    assert {image: -side for image, side in second.items()} == first
    assert 10 < sum(side > 0 for side in first.values()) < 30
    assert (mirrored(3, 0, 40) != mirrored(4, 0, 40)).any()
    assert split.whole()[:, 0, 0, 0].tolist() == [0] * 40


def test_an_epoch_that_goes_on_in_its_middle_mirrors_the_same_images():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 3), np.uint8)
    whole = Batches(Split(pixels, np.arange(20) % 3), classes=3, batch_size=5, seed=1, flip=True)
    rest = Batches(whole.split, classes=3, batch_size=5, seed=1, flip=True)
    whole.start_epoch(3)
    rest.start_epoch(3, 2)
    assert np.array_equal(rest[0][0], whole[2][0])


def test_nothing_is_mirrored_unless_it_is_asked_for():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 3), np.uint8)
    plain = Batches(Split(pixels, np.arange(20) % 3), classes=3, batch_size=20, seed=1)
    assert np.array_equal(plain[0][0], pixels[epoch_order(1, 0, 20)])
