from pathlib import Path

import numpy as np
import pytest

from inklens.datasets import load, load_default
from inklens.datasets.sources import SOURCES, Source
from inklens.errors import DataError, DownloadError, OptionError
from inklens.pixels import PixelSpec


def test_an_unknown_name_is_refused_with_what_is_near_and_what_is_known():
    with pytest.raises(DataError) as caught:
        load("minst")
    said = str(caught.value)
    assert said.startswith(
        "there are no data called minst; expected mnist, sample, fashion-mnist, kmnist, emnist-balanced"
    )
    assert ": did you mean mnist" in said
    assert "\n" not in said


def test_a_path_that_is_not_there_is_refused_with_the_nearest_name(tmp_path):
    (tmp_path / "letters").mkdir()
    with pytest.raises(DataError, match=f"did you mean {tmp_path / 'letters'}"):
        load(tmp_path / "leters")


@pytest.mark.parametrize("given", ["", "no\0name", "x" * 5000, "~nobody-here/data"])
def test_a_name_that_is_no_path_is_refused_in_one_line(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="expected") as caught:
        load(given)
    assert "\n" not in str(caught.value)


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "set.xyz").touch()
    with pytest.raises(DataError, match=r"set\.xyz is a file of another kind; expected an IDX folder"):
        load(tmp_path / "set.xyz")


def test_a_form_of_data_is_added_by_one_entry(sample, tmp_path, monkeypatch):
    table = Source("a MATLAB file", lambda path: path.suffix == ".mat", lambda path, options: sample)
    monkeypatch.setattr("inklens.datasets.sources.SOURCES", (*SOURCES, table))
    (tmp_path / "set.mat").touch()
    assert load(tmp_path / "set.mat").fingerprint == sample.fingerprint
    with pytest.raises(DataError, match=r"of such folders, or of a MATLAB file"):
        load(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "faces"}, "kind is 'faces'; expected one of writing, things"),
        ({"channels": 0}, "channels is 0"),
        ({"size": (28, -1)}, "width is -1"),
        ({"size": (1025, 28)}, "height is 1025; expected a whole number of pixels, 8 to 1024"),
        ({"size": (28, 7)}, "width is 7; expected"),
        ({"framing": "crop"}, "framing is 'crop'"),
    ],
)
def test_an_option_out_of_range_is_refused(options, said):
    with pytest.raises(OptionError, match=said):
        load("sample", **options)


def test_a_named_set_can_be_brought_to_another_spec_and_kind():
    data = load("sample", size=(32, 32), channels=3, framing="stretch", kind="things")
    assert data.spec == PixelSpec(32, 32, 3, "stretch")
    assert data.train.whole().shape == (4000, 32, 32, 3)
    assert data.kind == "things"
    assert data.path is None


def test_a_name_wins_over_a_folder_that_is_called_the_same(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not any("./sample" in note for note in load("sample").notes)
    (tmp_path / "sample").mkdir()
    data = load("sample")
    assert len(data.train) == 4000
    assert data.notes[-1] == (
        "sample is the data set of that name, not the folder sample here: give ./sample for that"
    )
    with pytest.raises(DataError, match="holds no images"):
        load("./sample")


def test_where_a_named_set_cannot_be_loaded_a_file_of_its_name_is_named(tmp_path, offline, monkeypatch):
    (tmp_path / "mnist").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DownloadError, match=r"not the file mnist here: give \./mnist for that$"):
        load("mnist")


def test_the_default_is_mnist_where_it_lies_in_inklens_data(digits):
    if digits.name == "mnist":
        assert load_default().fingerprint == digits.fingerprint
    else:
        assert digits.name == "sample"


def test_the_default_is_the_sample_and_says_so_where_mnist_cannot_be_had(offline):
    data = load_default()
    assert data.name == "sample"
    note = data.notes[-1]
    assert note.startswith(
        "MNIST is neither in INKLENS_DATA nor in the cache, and train-images-idx3-ubyte.gz could"
    )
    assert note.endswith("going on with the embedded sample of 5,000 digits")
    assert "\n" not in note


@pytest.mark.parametrize(
    ("cache_at", "said"),
    [
        ("file/cache", "cannot be written (Not a directory); set INKLENS_CACHE"),
        ("~nobody-here/cache", "the home directory cannot be found"),
    ],
)
def test_the_default_is_the_sample_where_there_is_no_cache(offline, tmp_path, monkeypatch, cache_at, said):
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INKLENS_CACHE", cache_at)
    data = load_default()
    assert data.name == "sample"
    assert said in data.notes[-1]


def test_without_a_home_directory_a_named_set_says_that_there_is_no_cache(offline, monkeypatch):
    monkeypatch.setenv("INKLENS_CACHE", "~nobody-here/cache")
    with pytest.raises(DataError, match=r"not in a cache \(there is none\), .*--data sample"):
        load("mnist")
    with pytest.raises(DataError, match="fashion-mnist is not in"):
        load("fashion-mnist")


def test_images_beyond_any_network_are_refused_unless_a_size_is_given(tmp_path):
    np.savez(tmp_path / "set.npz", images=np.zeros((10, 1025, 8), np.uint8), labels=np.arange(10) % 2)
    with pytest.raises(DataError, match="has images of 1025x8; expected at most 1024 pixels a side: give a"):
        load(tmp_path / "set.npz")
    assert load(tmp_path / "set.npz", size=(64, 8)).image_shape == (64, 8, 1)
