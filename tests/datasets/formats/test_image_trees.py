from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inklens.datasets import load
from inklens.datasets.places import data_dir
from inklens.errors import DataError, ImageError, OptionError
from inklens.pixels import PixelSpec


@pytest.fixture
def tree(tmp_path: Path, few) -> Path:
    """A hundred real digits as PNG files, in ten folders."""
    for position, (image, label) in enumerate(zip(*few, strict=True)):
        (tmp_path / str(label)).mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / str(label) / f"{position}.png")
    return tmp_path


def split_on_top(root: Path, few) -> Path:
    for position, (image, label) in enumerate(zip(*few, strict=True)):
        folder = root / ("train", "test", "val")[max(0, position % 10 - 7)] / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{position}.png")
    return root


def test_every_pixel_and_label_arrives(tree, few):
    data = load(tree, kind="things")
    assert data.spec == PixelSpec(28, 28, 1)
    ours = {
        (image.tobytes(), int(label))
        for split in (data.train, data.test)
        for image, label in zip(split.whole(), split.labels, strict=True)
    }
    assert ours == {(image.tobytes(), int(label)) for image, label in zip(*few, strict=True)}
    assert np.bincount(data.test.labels).tolist() == [2] * 10


def test_parts_on_top_stay_apart(tmp_path, few):
    data = load(split_on_top(tmp_path, few), kind="things")
    assert data.validation is not None
    assert (len(data.train), len(data.test), len(data.validation)) == (80, 10, 10)
    assert data.notes == ()
    assert np.array_equal(data.test.whole()[3, ..., 0], few[0][38])


def test_images_are_memory_maps_and_splits_do_not_copy_them(tree):
    data = load(tree)
    assert isinstance(data.train.images, np.memmap)
    train, validation = data.split_validation(0.25, seed=0)
    assert train.images is validation.images is data.train.images
    assert type(train.batch(np.arange(5))) is np.ndarray


def test_the_printed_digits_mix_grey_and_rgb_and_become_grey():
    data = data_dir()
    if data is None or not (data / "folders" / "printed-digits").is_dir():
        with pytest.raises(DataError, match="there are no data called printed-digits"):
            load("printed-digits")
        return
    digits = load("printed-digits")
    assert digits.image_shape == (28, 28, 1)
    assert (len(digits.train), len(digits.test), digits.classes) == (800, 200, 10)
    assert digits.fingerprint == load(data / "folders" / "printed-digits").fingerprint


def test_modes_and_sizes_of_every_sort_come_together(tmp_path):
    for name, shade in (("dark", 40), ("light", 220)):
        (tmp_path / name).mkdir()
        grey = Image.new("L", (30, 20), shade)
        for number, mode in enumerate(("L", "RGB", "RGBA", "LA", "P", "1", "CMYK")):
            grey.convert(mode).save(tmp_path / name / f"{number}.tif")
        Image.fromarray(np.full((90, 40), shade * 257, np.uint16)).save(tmp_path / name / "7.png")
    data = load(tmp_path, size=(16, 24), channels=3)
    assert data.image_shape == (16, 24, 3)
    light = data.train.whole()[data.train.labels == 1].mean(axis=(1, 2, 3))
    dark = data.train.whole()[data.train.labels == 0].mean(axis=(1, 2, 3))
    assert light.min() > 200
    assert dark.max() < 60


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(100, 90)], (100, 90)),
        ([(200, 100)], (64, 32)),
        ([(20, 20), (30, 40), (30, 40)], (30, 40)),
        ([(400, 4)], (64, 8)),
    ],
)
def test_the_size_is_the_shared_one_or_a_capped_median(tmp_path, sizes, expected):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(6):
            height, width = sizes[number % len(sizes)]
            Image.new("L", (width, height), 9).save(tmp_path / name / f"{number}.png")
    assert load(tmp_path).image_shape == (*expected, 1)


@pytest.mark.parametrize(("coloured", "channels"), [(2, 1), (4, 3)])
def test_colour_is_kept_when_most_images_have_it(tmp_path, coloured, channels):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(6):
            shade = (200, 10, 10) if number < coloured else (90, 90, 90)
            Image.new("RGB", (8, 8), shade).save(tmp_path / name / f"{number}.png")
    assert load(tmp_path).image_shape == (8, 8, channels)


def test_a_bad_file_is_named_counted_and_skipped(tree):
    (tree / "3" / "30.png").write_bytes(b"")
    (tree / "3" / "notes.txt").write_text("three")
    data = load(tree)
    assert len(data.train) + len(data.test) == 99
    assert data.notes[0].startswith("1 of 100 images skipped: 3/30.png; the first: ")
    assert "is empty (0 bytes)" in data.notes[0]
    assert data.notes[1] == "passed over: 1 .txt"


def test_strict_refuses_a_bad_file_even_when_the_cache_has_skipped_it(tree):
    (tree / "3" / "30.png").write_bytes(b"no image")
    for _ in range(2):
        with pytest.raises(ImageError, match=r"30\.png is no image of a known format"):
            load(tree, strict=True)
        load(tree)


def test_more_than_one_percent_of_bad_files_is_refused_and_leaves_no_cache(tree, cache):
    for name in ("30", "31"):
        path = tree / "3" / f"{name}.png"
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(
        DataError, match=r"2 or more images that cannot be used; expected at most 1% of 100.*30\.png"
    ):
        load(tree)
    assert [path for path in (cache / "folders").iterdir() if path.is_dir()] == []


def test_a_broken_link_is_a_bad_file(tree):
    (tree / "3" / "30.png").unlink()
    (tree / "3" / "30.png").symlink_to(tree / "nowhere.png")
    assert "cannot be read (No such file" in load(tree).notes[0]


def test_only_bad_files_are_refused(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(b"?")
    with pytest.raises(DataError, match=r"has no image that can be used; the first: .*no image of a known"):
        load(tmp_path)


def test_a_size_that_cannot_be_is_refused_before_any_work(tree, cache):
    with pytest.raises(OptionError, match="height is 0"):
        load(tree, size=(0, 28))
    assert list(cache.iterdir()) == []


def test_images_of_twelve_bits_in_files_of_sixteen_are_called_dark(tmp_path, few):
    for position, (image, label) in enumerate(zip(*few, strict=True)):
        (tmp_path / str(label)).mkdir(exist_ok=True)
        Image.fromarray(image.astype(np.uint16) * 16).save(tmp_path / str(label) / f"{position}.png")
    notes = load(tmp_path, kind="things").notes
    assert any(
        note.startswith("all images are dark, up to 16 of 255: if they have 12 bits") for note in notes
    )
