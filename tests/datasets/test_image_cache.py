import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inklens.datasets import image_cache, load
from inklens.datasets.image_cache import decoded_tree
from inklens.datasets.trees import scan_tree
from inklens.errors import DataError
from inklens.pixels import PixelSpec, encode_png

SPEC = PixelSpec(8, 8, 1)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Six flat images of their own shade in each of two classes."""
    for label, name in enumerate(("a", "b")):
        (tmp_path / name).mkdir()
        for number in range(6):
            Image.new("L", (8, 8), 100 * label + number).save(tmp_path / name / f"{number}.png")
    return tmp_path


def decoded(root: Path):
    return decoded_tree(scan_tree(root), "8x8", lambda: SPEC, strict=False)


def caches(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "folders").iterdir() if path.is_dir())


def test_images_are_stored_in_order_with_their_labels(tree):
    split = decoded(tree).parts["train"]
    assert split.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 105]
    assert split.labels.tolist() == [0] * 6 + [1] * 6


def test_the_stored_digest_is_that_of_the_images(tree):
    split = decoded(tree).parts["train"]
    from_memory = type(split)(np.array(split.images), split.labels)
    assert split.digest == from_memory.digest


def test_a_second_load_opens_the_cache_and_decodes_nothing(tree):
    decoded(tree)

    def never() -> PixelSpec:
        raise AssertionError("decoded again")

    again = decoded_tree(scan_tree(tree), "8x8", never, strict=False)
    assert len(again.parts["train"]) == 12


def test_other_wishes_and_changed_files_get_caches_of_their_own(tree, cache):
    load(tree)
    load(tree, size=(9, 9))
    assert len(caches(cache)) == 2
    Image.new("L", (8, 8), 77).save(tree / "a" / "0.png")
    os.utime(tree / "a" / "0.png", ns=(1, 1))
    assert 77 in load(tree).train.images
    assert len(caches(cache)) == 3


def test_the_seed_does_not_make_another_cache(tree, cache):
    assert load(tree, seed=1).fingerprint != load(tree, seed=2).fingerprint
    assert len(caches(cache)) == 1


@pytest.mark.parametrize("victim", ["meta.json", "train.npy", "train-labels.npy"])
def test_a_damaged_cache_is_made_anew(tree, cache, victim):
    decoded(tree)
    (path,) = (cache / "folders").glob(f"*/{victim}")
    path.write_bytes(path.read_bytes()[:20])
    assert len(decoded(tree).parts["train"]) == 12


def test_images_that_change_while_they_are_read_are_refused_and_leave_no_cache(tree, cache):
    """As in a folder into which somebody still copies."""
    scanned = scan_tree(tree)

    def copied_over():
        Image.new("L", (8, 8), 250).save(tree / "b/3.png", compress_level=0)
        return SPEC

    with pytest.raises(DataError, match=r"was changed while it was read; .* wait until nothing writes to it"):
        decoded_tree(scanned, "8x8", copied_over, strict=False)
    assert caches(cache) == []
    assert len(decoded(tree).parts["train"]) == 12


def test_one_bad_file_of_many_is_named_as_soon_as_it_is_met(tree, cache, monkeypatch, caplog):
    monkeypatch.setattr(image_cache, "_MANY", 12)
    for name in ("a/2.png", "b/4.png"):
        (tree / name).write_bytes(b"no image")
    scanned, read = scan_tree(tree), []
    contents = scanned.store.contents

    def watched(paths):
        for path in contents(paths):
            read.append((path.name, len(caplog.records)))
            yield path

    scanned.store.contents = watched
    monkeypatch.setattr(image_cache, "_BLOCK", 4)
    decoded = decoded_tree(scanned, "8x8", lambda: SPEC, strict=False, unusable_share=0.2)
    assert [name for name, _ in decoded.skipped] == ["a/2.png", "b/4.png"]
    assert [record.message.startswith(str(tree / "a/2.png")) for record in caplog.records] == [True]
    assert read[4:] and all(said == 1 for _, said in read[4:])  # before the next block


def test_what_breaks_off_half_way_leaves_no_half_cache(tree, cache):
    scanned = scan_tree(tree)
    scanned.parts["test"] = [("a/0.png", "no number")]  # fails when the training part has been written
    with pytest.raises(ValueError, match="no number"):
        decoded_tree(scanned, "8x8", lambda: SPEC, strict=False)
    assert caches(cache) == []


def test_leftovers_of_killed_processes_are_removed_once_they_are_old(tree, cache):
    for name in ("half-old", "half-new"):
        (cache / "folders" / name).mkdir(parents=True)
    os.utime(cache / "folders" / "half-old", (0, 0))
    decoded(tree)
    assert "half-new" in caches(cache)
    assert "half-old" not in caches(cache)


def test_a_cache_that_cannot_be_written_is_refused(tree, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("INKLENS_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot be written \(Not a directory\); make room there, or set"):
        decoded(tree)


def test_a_part_without_one_usable_image_is_refused(tmp_path, few):
    for position, image in enumerate(few[0]):
        for part in ("train", "test"):
            (tmp_path / part / str(position % 2)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "train" / str(position % 2) / f"{position}.png")
    (tmp_path / "test" / "0" / "only.png").touch()
    with pytest.raises(DataError, match="no test image that can be used"):
        load(tmp_path)


def test_large_files_of_an_archive_are_not_all_held_at_once(tmp_path, few, monkeypatch):
    monkeypatch.setattr(image_cache, "_BLOCK_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as packed:
        for number, (image, label) in enumerate(zip(*few, strict=True)):
            packed.writestr(f"{label}/{number}.png", encode_png(image[..., None]))
    held = []
    one_block = image_cache._next_block
    monkeypatch.setattr(
        image_cache, "_next_block", lambda contents: held.append(one_block(contents)) or held[-1]
    )
    assert len(load(tmp_path / "set.zip").part("all")) == 100
    assert max(map(len, held)) < 20
