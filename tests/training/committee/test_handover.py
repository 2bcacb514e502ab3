from dataclasses import replace

import numpy as np
import pytest

from inklens.datasets import Split, load
from inklens.training.committee.handover import hand_over, take_over


def test_a_data_set_comes_out_as_it_went_in(tmp_path):
    data = load("sample")
    hand_over(data, tmp_path)
    taken = take_over(tmp_path)
    assert taken.fingerprint == data.fingerprint
    assert str(taken) == str(data)
    assert taken.spec == data.spec
    assert (taken.test.whole() == data.test.whole()).all()


def test_parts_of_one_store_stay_parts_of_one_store(tmp_path):
    hand_over(load("sample"), tmp_path)
    written = {path.name for path in tmp_path.glob("images-*.npy")}
    taken = take_over(tmp_path)
    files = {taken.train.images.filename, taken.test.images.filename}
    assert len(written) == len(files)


def test_images_that_are_mapped_already_are_not_copied(tmp_path):
    data = load("sample")
    np.save(tmp_path / "store.npy", data.train.whole())
    mapped = np.load(tmp_path / "store.npy", mmap_mode="r")
    (tmp_path / "handed").mkdir()
    whole = replace(data, train=Split(mapped, data.train.labels))
    hand_over(whole, tmp_path / "handed")
    taken = take_over(tmp_path / "handed")
    assert taken.train.images.filename == str(tmp_path / "store.npy")
    assert (taken.train.whole() == data.train.whole()).all()


@pytest.mark.parametrize("part", [slice(1000, None), slice(None, None, 2)])
def test_a_part_of_a_map_is_not_taken_for_the_map(tmp_path, part):
    data = load("sample")
    np.save(tmp_path / "store.npy", data.train.whole())
    mapped = np.load(tmp_path / "store.npy", mmap_mode="r")[part]
    (tmp_path / "handed").mkdir()
    hand_over(replace(data, train=Split(mapped, data.train.labels[part])), tmp_path / "handed")
    assert (take_over(tmp_path / "handed").train.whole() == mapped).all()
