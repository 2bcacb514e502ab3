"""`inklens evaluate` on a run that was trained on the embedded sample."""

import csv
import json
import shutil

import numpy as np
import pytest

from command_line import loaded_modules, refusal
from inklens.datasets import load
from inklens.run_folder import RunFolder


@pytest.fixture
def run(shared_runs, tmp_path):
    """A copy of one run, in the folder where the `inklens` fixture works."""
    shutil.copytree(shared_runs / "runs" / "one", tmp_path / "one")
    return tmp_path / "one"


@pytest.fixture
def some_digits(tmp_path):
    """A tree with test digits of the sample, of 7, 2 and 5 only."""
    from PIL import Image

    test = load("sample").test
    for name in ("7", "2", "5"):
        folder = tmp_path / "some" / name
        folder.mkdir(parents=True)
        for index in np.flatnonzero(test.labels == int(name)).tolist():
            Image.fromarray(test.images[test.rows[index], :, :, 0]).save(folder / f"{index}.png")
    return tmp_path / "some"


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def content_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_evaluating_anew_gives_what_the_training_wrote(inklens, run):
    before = json.loads((run / "metrics.json").read_text())
    classes = (run / "per_class.csv").read_text()
    for name in ("per_class.csv", "predictions.csv", "pictures/reliability.png", "pictures/coverage.png"):
        (run / name).unlink()
    done = inklens("evaluate", "one")
    assert (done.returncode, done.stderr) == (0, "")
    after = json.loads((run / "metrics.json").read_text())
    # The same figures: Keras's from the training, onnxruntime's now.
    for name in ("n", "correct", "top_2_accuracy", "confusion", "answered", "per_class"):
        assert after["evaluation"][name] == before["evaluation"][name]
    for name in ("nll", "ece"):
        assert after["evaluation"][name] == pytest.approx(before["evaluation"][name], abs=1e-6)
    assert {**after, "evaluation": None} == {**before, "evaluation": None}
    assert (run / "per_class.csv").read_text() == classes
    assert {"reliability.png", "coverage.png"} <= {path.name for path in (run / "pictures").iterdir()}
    assert f"accuracy   {100 * before['test']['accuracy']:.2f}% on 1,000 test images of sample" in done.stdout


def test_the_figures_are_those_of_the_predictions_that_are_written(run):
    from sklearn.metrics import classification_report, confusion_matrix

    rows = rows_of(run / "predictions.csv")
    actual, predicted = ([row[column] for row in rows] for column in ("actual", "predicted"))
    said = json.loads((run / "metrics.json").read_text())["evaluation"]
    assert said["confusion"] == confusion_matrix(actual, predicted).tolist()
    report = classification_report(actual, predicted, output_dict=True)
    assert said["accuracy"] == report["accuracy"]
    for row in rows_of(run / "per_class.csv"):
        expected = report[row["class"]]
        assert [float(row[name]) for name in ("precision", "recall", "f1", "support")] == pytest.approx(
            [expected[name] for name in ("precision", "recall", "f1-score", "support")]
        )


def test_other_data_are_matched_by_name_and_leave_the_runs_own_figures(inklens, run, some_digits):
    before = content_of(run)
    done = inklens("evaluate", "one", "--data", "some", "--part", "all", "--framing", "pad")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "note: some has no image of 0, 1, 3, 4, 6, 8, 9\n"
    assert content_of(run) == before
    written = run / "evaluations" / "some-all"
    assert done.stdout.splitlines()[-1] == "written    one/evaluations/some-all"
    rows = rows_of(written / "predictions.csv")
    assert {row["actual"] for row in rows} == {"2", "5", "7"}
    accuracy = np.mean([row["actual"] == row["predicted"] for row in rows])
    # Matched by position they would be 0, 1 and 2, and next to nothing would be right.
    assert accuracy > 0.8
    said = json.loads((written / "metrics.json").read_text())
    assert said["evaluation"]["accuracy"] == pytest.approx(accuracy)
    assert said["data"]["name"] == "some"
    # They are the same pictures, so each is said to be what it was said to be among the test images.
    own = [row for row in rows_of(run / "predictions.csv") if row["actual"] in ("2", "5", "7")]
    shares = [sorted(float(row["p_2"]) for row in some) for some in (own, rows)]
    assert shares[1] == pytest.approx(shares[0], abs=1e-5)
    absent = [row for row in rows_of(written / "per_class.csv") if row["class"] == "0"]
    assert (absent[0]["recall"], absent[0]["support"]) == ("", "0")


def test_what_was_left_out_of_other_data_is_said(inklens, run, some_digits):
    """A test part that is but a fifth, and files that are no images."""
    (some_digits / "7" / "notes.txt").write_text("no image")
    done = inklens("evaluate", "one", "--data", "some")
    assert done.returncode == 0, done.stderr
    images = sum(1 for _ in some_digits.rglob("*.png"))
    assert done.stderr.splitlines()[:2] == [
        "note: some: passed over: 1 .txt",
        f"note: some: no test part of its own: {round(images / 5)} images are held out for it (seed 0)",
    ]


def test_a_bare_model_file_is_evaluated_without_any_framework(run, tmp_path):
    shutil.copy(run / "model.onnx", tmp_path / "bare.onnx")
    assert not loaded_modules(tmp_path, "evaluate", "bare.onnx") & {"keras", "tensorflow", "jax", "torch"}
    written = tmp_path / "evaluations" / "bare-sample"
    said = json.loads((written / "metrics.json").read_text())["evaluation"]
    assert said["correct"] == json.loads((run / "metrics.json").read_text())["test"]["correct"]
    names = {"metrics.json", "per_class.csv", "pictures", "predictions.csv"}
    assert {path.name for path in written.iterdir()} == names


def test_images_that_were_learnt_from_are_said_to_be(inklens, run):
    done = inklens("evaluate", "one", "--part", "train", "--output", "train")
    assert done.returncode == 0
    assert done.stderr == "note: there are images among these that the network learnt from\n"
    described = json.loads((run / "recipe.json").read_text())["data"]
    assert f"{described['train']:,} train images of sample" in done.stdout


@pytest.mark.parametrize("model", ["one", "one/model.onnx"])
def test_the_validation_part_is_what_the_training_held_out(inklens, run, tmp_path, model):
    done = inklens("evaluate", model, "--part", "validation", "--output", "held-out")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads((tmp_path / "held-out/metrics.json").read_text())["evaluation"]
    trained = json.loads((run / "metrics.json").read_text())["validation"]
    assert said["nll"] == pytest.approx(trained.pop("loss"), abs=1e-6)
    assert {name: said[name] for name in trained} == trained


def test_a_run_whose_test_set_stayed_closed_keeps_its_own_figures(inklens, run):
    folder = RunFolder(run)
    folder.write_json(folder.metrics, {**folder.read_json(folder.metrics), "test": None})
    before = content_of(run)
    done = inklens("evaluate", "one")
    assert done.returncode == 0
    assert content_of(run) == before
    assert (run / "evaluations" / "sample" / "metrics.json").is_file()


def letters(folder):
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
    np.savez(folder / "letters.npz", images=images, labels=np.arange(40) % 12)


def unlabelled(folder):
    from PIL import Image

    (folder / "unlabelled").mkdir()
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(folder / "unlabelled" / "1.png")
    np.savez(folder / "images.npz", images=np.zeros((4, 28, 28), np.uint8))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "inklens: nothing is not a folder; expected the folder of a run"),
        (["nothing.onnx"], "inklens: nothing.onnx is not there; expected a model.onnx"),
        (["one", "--data", "nothing"], "inklens: there are no data called nothing"),
        (
            ["one", "--data", "letters.npz", "--part", "all"],
            "inklens: letters has the classes 10, 11, which the network does not know; expected its own, 0",
        ),
        (["one", "--data", "unlabelled"], "inklens: unlabelled holds no images in folders"),
        (
            ["one", "--data", "images.npz"],
            "inklens: images.npz holds images (4, 28, 28); expected images",
        ),
        (
            ["one", "--part", "best"],
            "inklens: unknown part 'best': did you mean 'test'? expected one of test, train, validation, all",
        ),
        (["one", "--output", "one"], "inklens: --output one is a run, whose own figures stay"),
        (["one", "--output", "letters.npz"], "inklens: letters.npz/metrics.json cannot be written"),
        (["one", "--channels", 3], "inklens: images of shape (28, 28, 3); expected (28, 28, 1)"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(inklens, run, tmp_path, arguments, said):
    letters(tmp_path)
    unlabelled(tmp_path)
    done = inklens("evaluate", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1
    assert lines[0].startswith(said)


@pytest.mark.parametrize("lacking", ["model.onnx", "recipe.json", "metrics.json", "status.json"])
def test_a_run_that_lacks_a_file_says_which(inklens, run, lacking):
    (run / lacking).unlink()
    assert lacking in refusal(inklens("evaluate", "one"))
