from dataclasses import replace

import numpy as np
import pytest

from inklens.datasets import Split
from inklens.training.committee.handover import hand_over, take_over


@pytest.fixture
def mapped(sample, tmp_path):
    """The training images of the sample in a file of their own, mapped into memory."""
    np.save(tmp_path / "store.npy", sample.train.whole())
    return np.load(tmp_path / "store.npy", mmap_mode="r")


def _handed(folder, data):
    (folder / "handed").mkdir()
    hand_over(data, folder / "handed")
    return take_over(folder / "handed")


def test_a_data_set_comes_out_as_it_went_in_and_parts_of_one_store_stay_so(sample, tmp_path):
    taken = _handed(tmp_path, replace(sample, seed=3, hold_out=False))
    assert (taken.seed, taken.hold_out) == (3, False)
    assert taken.fingerprint == sample.fingerprint
    assert str(taken) == str(sample)
    assert taken.spec == sample.spec
    assert (taken.test.whole() == sample.test.whole()).all()
    written = {path.name for path in (tmp_path / "handed").glob("images-*.npy")}
    assert len(written) == len({taken.train.images.filename, taken.test.images.filename})


def test_images_that_are_mapped_already_are_not_copied(sample, mapped, tmp_path):
    taken = _handed(tmp_path, replace(sample, train=Split(mapped, sample.train.labels)))
    assert taken.train.images.filename == str(tmp_path / "store.npy")
    assert (taken.train.whole() == sample.train.whole()).all()


@pytest.mark.parametrize("part", [slice(1000, None), slice(None, None, 2)])
def test_a_part_of_a_map_is_not_taken_for_the_map(sample, mapped, tmp_path, part):
    taken = _handed(tmp_path, replace(sample, train=Split(mapped[part], sample.train.labels[part])))
    assert (taken.train.whole() == mapped[part]).all()
