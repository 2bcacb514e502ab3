import subprocess
import sys

from inklens.datasets import catalogue, load


def test_every_set_with_a_name_is_listed_with_its_counts(digits):
    entries = {entry.name: entry for entry in catalogue()}
    assert [*entries][:3] == ["mnist", "sample", "fashion-mnist"]
    found = entries[digits.name]
    assert found.available
    assert (found.train_count, found.test_count) == (len(digits.train), len(digits.test))
    assert (found.classes, found.kind, found.shape) == (digits.classes, digits.kind, digits.image_shape)
    assert found.where == digits.source


def test_without_data_mnist_is_listed_as_not_there_yet(no_data):
    mnist, sample, fashion, *others = catalogue()
    assert (mnist.available, mnist.where) == (False, "is fetched when it is first used")
    assert sample.available
    assert not fashion.available
    assert not any(one.available for one in others)
    sizes = {one.name: (one.classes, one.shape) for one in others}
    assert sizes["emnist-balanced"] == (47, (28, 28, 1))
    assert sizes["cifar100"] == (100, (32, 32, 3))


def test_trees_in_inklens_data_are_listed_and_can_be_loaded_by_that_name(tmp_path, few, monkeypatch):
    from PIL import Image

    monkeypatch.setenv("INKLENS_DATA", str(tmp_path))
    for position, (image, label) in enumerate(zip(*few, strict=True)):
        (tmp_path / "folders" / "digits" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "folders" / "digits" / str(label) / f"{position}.png")
    (tmp_path / "folders" / "empty").mkdir()
    (entry,) = (one for one in catalogue() if one.kind is None)
    assert (entry.name, entry.classes, entry.train_count, entry.test_count) == ("digits", 10, 80, 20)
    data = load(entry.name)
    assert (len(data.train), len(data.test)) == (entry.train_count, entry.test_count)
    assert data.source == entry.where
    assert data.path == str((tmp_path / "folders" / "digits").resolve())


def test_listing_imports_neither_numpy_nor_a_framework():
    heavy = "numpy cv2 PIL sklearn pooch mlxtend pandas keras tensorflow jax torch matplotlib"
    script = (
        "import sys; from inklens.datasets import catalogue; catalogue(); "
        f"print(sorted(set('{heavy}'.split()) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
