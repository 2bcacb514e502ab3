import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inklens.datasets import load
from inklens.datasets.kind import kind_by_look
from inklens.recipes import PRESETS, Recipe

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SETS = (
    "letters of 28 pixels", "letters of 128 pixels, dark", "bold letters", "bold letters, tight",
    "letters on rough paper", "icons in colour", "icons in black", "textures", "doodles",
    "letters of a plotter",
)  # fmt: skip


@pytest.fixture
def no_look(monkeypatch):
    """Fails where images are looked at."""

    def looked(images):
        raise AssertionError("the images were looked at")

    for room in ("dataset", "formats.image_trees"):
        monkeypatch.setattr(f"inklens.datasets.{room}.kind_by_look", looked)


@pytest.mark.parametrize("name", SETS)
def test_the_kind_of_unlike_sets_is_decided_by_their_images(monkeypatch, name):
    """Small versions of the sets that the benchmark measures."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import kind as benchmark

    monkeypatch.setattr(benchmark, "COUNT", 24)
    drawn = benchmark.drawn_sets()
    assert set(SETS) == {*drawn.chosen_on, *drawn.made_afterwards}
    kind, images = {**drawn.chosen_on, **drawn.made_afterwards}[name]
    assert kind_by_look(images())[0] == kind


def test_real_digits_are_writing_whatever_is_dark(few):
    images, _ = few
    for given in (images, 255 - images, images.repeat(3, axis=1).repeat(3, axis=2)):
        assert kind_by_look(given)[0] == "writing"


def test_blank_images_say_nothing(few):
    images, _ = few
    blank = [np.full((28, 28), 255, np.uint8)] * 200
    kind, note = kind_by_look([*blank, *images])
    assert kind == "writing"
    assert " of 100 images that were looked at" in note
    assert kind_by_look(blank)[0] == kind_by_look([*blank, images[0]])[0] == "things"


def idx_folder(folder, images, labels):
    folder.mkdir()
    header = struct.pack(">4I", 2051, *images.shape)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(header + images.tobytes()))
    header = struct.pack(">2I", 2049, len(labels))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(header + labels.astype(np.uint8).tobytes())
    )
    return folder


def test_idx_digits_given_by_a_path_are_never_mirrored(few, tmp_path):
    images, labels = few
    data = load(idx_folder(tmp_path / "mine", images, labels))
    assert (data.kind, data.spec.framing) == ("writing", "ink")
    assert np.array_equal(np.sort(data.part("all").whole().sum((1, 2, 3))), np.sort(images.sum((1, 2))))
    assert data.notes[-1].startswith("taken for writing: ")
    assert data.notes[-1].endswith("give --kind things if they are pictures of things")
    for preset in PRESETS:
        recipe = Recipe.from_preset(preset).for_kind(data.kind)
        assert "mirror" not in recipe.tta
        assert "flip" not in recipe.augmentation


def test_digits_in_a_table_are_framed_by_their_ink_unless_they_are_said_to_be_things(few, tmp_path):
    images, labels = few
    page = np.full((len(images), 60, 60), 230, np.uint8)
    page[:, 3:31, 25:53] -= (images * 0.8).astype(np.uint8)
    np.savez(tmp_path / "pages.npz", images=page, labels=labels)
    written = load(tmp_path / "pages.npz")
    assert (written.kind, written.spec.framing) == ("writing", "ink")
    things = load(tmp_path / "pages.npz", kind="things")
    assert (things.kind, things.spec.framing) == ("things", "pad")
    assert not any("taken for" in note for note in things.notes)
    assert things.train.whole().mean() > 128 > written.train.whole().mean()


def test_pictures_of_things_are_padded(tmp_path):
    random = np.random.default_rng(0)
    np.savez(
        tmp_path / "set.npz",
        images=random.integers(0, 256, (40, 9, 12, 3), np.uint8),
        labels=np.arange(40) % 2,
    )
    data = load(tmp_path / "set.npz")
    assert (data.kind, data.spec.framing) == ("things", "pad")
    assert data.notes[-1] == (
        "taken for things: 0 of 32 images that were looked at show strokes on an even ground; "
        "give --kind writing if they are writing"
    ).replace("of 32", "of 40")


def test_a_tree_is_looked_at_once(few, tmp_path, request):
    images, labels = few
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        (tmp_path / "tree" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image).save(tmp_path / f"tree/{label}/{number}.png")
    first = load(tmp_path / "tree")
    assert (first.kind, first.spec.framing) == ("writing", "ink")
    request.getfixturevalue("no_look")
    again = load(tmp_path / "tree")
    assert (again.kind, again.notes, again.fingerprint) == (first.kind, first.notes, first.fingerprint)


def test_a_kind_that_is_given_or_known_is_not_looked_for(no_look, few, tmp_path):
    images, labels = few
    folder = idx_folder(tmp_path / "mine", images, labels)
    assert load(folder, kind="things").kind == "things"
    assert load("sample").kind == "writing"
