from pathlib import Path

import pytest

from inklens.datasets.places import cache_dir, data_dir, find_mnist, find_sample, own_trees
from inklens.errors import DataError, DownloadError


def test_the_cache_follows_its_variables_in_order(monkeypatch):
    monkeypatch.setenv("INKLENS_CACHE", "/one")
    monkeypatch.setenv("XDG_CACHE_HOME", "/two")
    assert cache_dir() == Path("/one")
    monkeypatch.delenv("INKLENS_CACHE")
    assert cache_dir() == Path("/two/inklens")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_dir() == Path("/home/me/.cache/inklens")


def test_an_empty_inklens_data_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("INKLENS_DATA", "")
    assert data_dir() is None
    assert own_trees() == {}


def test_without_a_home_directory_mnist_is_still_found_in_inklens_data(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").touch()
    monkeypatch.setenv("INKLENS_DATA", str(tmp_path))
    monkeypatch.setenv("INKLENS_CACHE", "~nobody-here/cache")
    assert find_mnist() == tmp_path / "mnist"
    with pytest.raises(DownloadError, match="set INKLENS_CACHE"):
        cache_dir()


def test_inklens_data_in_a_home_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv("INKLENS_DATA", "~nobody-here/data")
    with pytest.raises(DataError, match=r"INKLENS_DATA is ~nobody-here/data, .*set it to an absolute path"):
        data_dir()


def test_mnist_in_inklens_data_goes_before_mnist_in_the_cache(tmp_path, cache, monkeypatch):
    for above in (tmp_path, cache):
        (above / "mnist").mkdir()
        (above / "mnist" / "train-images-idx3-ubyte.gz").touch()
    monkeypatch.setenv("INKLENS_DATA", str(tmp_path))
    assert find_mnist() == tmp_path / "mnist"
    monkeypatch.setenv("INKLENS_DATA", str(tmp_path / "nowhere"))
    assert find_mnist() == cache / "mnist"


def test_the_sample_is_found(no_data):
    path = find_sample()
    assert path is not None
    assert path.is_file()
