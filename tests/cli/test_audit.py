import csv
import json

import numpy as np
import pytest

from command_line import refusal


@pytest.fixture
def tree(tmp_path):
    """A folder of 160 light and dark squares, of which one is no image and two lie in each other's folder."""
    from PIL import Image

    random = np.random.default_rng(0)
    for number in range(160):
        image = (random.integers(0, 100, (12, 12)) + 120 * (number % 2)).astype(np.uint8)
        folder = tmp_path / "tree" / ("train" if number % 5 else "test") / ("dark", "light")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number:03}.png")
    train = tmp_path / "tree/train"
    (train / "dark/broken.png").write_text("no picture")
    (train / "dark/052.png").rename(train / "light/052.png")
    (train / "light/053.png").rename(train / "dark/053.png")
    return tmp_path


def test_swapped_labels_come_first_and_are_named_by_their_files(inklens, tree):
    options = ("--folds", 2, "--epochs", 25)
    done = inklens("audit", "--data", "tree", *options, INKLENS_CACHE=str(tree / "cache"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("fold ")] == ["fold 1 of 2", "fold 2 of 2"]
    assert lines[-2:] == [
        "picture    audits/tree-1/pictures/label_issues.png",
        "list       audits/tree-1/label_issues.csv",
    ]
    with (tree / "audits/tree-1/label_issues.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["file"], row["given_label"], row["suggested_label"]) for row in rows[:2]} == {
        ("train/light/052.png", "light", "dark"),
        ("train/dark/053.png", "dark", "light"),
    }
    assert any(line.startswith(f"doubtful   {len(rows)} of 128 training images") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sample", "--folds", 1), "1 folds of 4,000 images, 400 of them of the smallest class 0"),
        (("sample", "--folds", 401), "give --folds 5"),
        (("sample", "--preset", "fats"), "unknown preset 'fats': did you mean 'fast'?"),
        (("sample", "--epochs", 0), "epochs 0 is out of range"),
        (("sample", "--seed", -1), "seed -1 is out of range"),
        (("empty",), "empty"),
        (("one",), "class"),
        (("unlabelled.npz",), "unlabelled.npz"),
        (("one.npz",), "has images of one class only"),
        (("sample", "--output", "unlabelled.npz"), "a run cannot be made in unlabelled.npz"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(inklens, tmp_path, arguments, message):
    from PIL import Image

    (tmp_path / "empty").mkdir()
    (tmp_path / "one/cats").mkdir(parents=True)
    images = np.random.default_rng(0).integers(0, 256, (40, 12, 12)).astype(np.uint8)
    for number, image in enumerate(images[:10]):
        Image.fromarray(image).save(tmp_path / f"one/cats/{number}.png")
    np.savez(tmp_path / "unlabelled.npz", images=images)
    np.savez(tmp_path / "one.npz", images=images, labels=np.zeros(40, int))
    assert message in refusal(inklens("audit", *arguments))
    assert not (tmp_path / "audits").exists(), "something was left behind"


def test_ctrl_c_ends_with_130_and_a_folder_that_says_interrupted(interrupted, tmp_path):
    shown = interrupted("audit", "sample")
    assert "interrupted; what there is of the run is in audits/sample-1" in shown
    assert json.loads((tmp_path / "audits/sample-1/status.json").read_text())["state"] == "interrupted"
