import csv
import json
import re
import signal

import numpy as np
import pytest
from PIL import Image

from command_line import has_ended, refusal, run_inklens
from inklens.networks.backends import select_backend
from inklens.run import Run

select_backend("tensorflow")

SMALL = ("--data", "own.npz", "--network", "conv5x5", "--batch-size", 16)


def _write_own(folder):
    """own.npz: 200 dark and light images of 16x12 in colour; and the first of them as dark.png."""
    labels = np.arange(200) % 2
    noise = np.random.default_rng(0).integers(0, 60, (200, 16, 12, 3))
    images = (noise + 190 * labels[:, None, None, None]).astype(np.uint8)
    names = np.array(["dark", "light"])[labels]
    np.savez(folder / "own.npz", images=images, labels=names)
    np.savez(folder / "grey.npz", images=images[..., 0], labels=names)
    Image.fromarray(images[0]).save(folder / "dark.png")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with own.npz and one run on it in runs/mine."""
    folder = tmp_path_factory.mktemp("work")
    _write_own(folder)
    done = run_inklens(folder, "train", *SMALL, "--epochs", 2, "--name", "mine")
    assert done.returncode == 0, done.stderr
    (folder / "said.txt").write_text(done.stdout)
    return folder


def test_a_line_per_epoch_the_accuracy_and_where_things_are(trained):
    said = (trained / "said.txt").read_text().splitlines()
    epochs = [line for line in said if line.startswith("epoch ")]
    assert len(epochs) == 2
    assert [line for line in said if "note     taken for things: 0 of 100 images that were looked at" in line]
    assert json.loads((trained / "runs/mine/recipe.json").read_text())["data"]["kind"] == "things"
    for figure in ("ms/step", "loss", "accuracy", "val loss", "val accuracy"):
        assert figure in epochs[0]
    assert any(line.startswith("accuracy ") and "95% interval" in line and "error" in line for line in said)
    assert said[-3:] == [
        "pictures   runs/mine/pictures",
        "report     runs/mine/report.html",
        "run        runs/mine",
    ]
    with (trained / "runs/mine/history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["val_accuracy"]) > 0.9


def test_evaluating_the_run_prints_the_figures_of_the_training(trained):
    done = run_inklens(trained, "evaluate", "runs/mine")
    error = json.loads((trained / "runs/mine/metrics.json").read_text())["test"]["error_percent"]
    assert f"error {error:.2f}%" in done.stdout.splitlines()
    assert "40 test images of own" in done.stdout


def test_predicting_one_image_names_its_class(trained):
    path, label, probability = run_inklens(trained, "predict", "dark.png").stdout.split()
    assert (path, label) == ("dark.png", "dark")
    assert float(probability.removesuffix("%")) > 50


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("train", *SMALL, "--name", "mine"),
            "runs/mine holds a run already; give another --name or --output",
        ),
        (("train", *SMALL, "--output", "said.txt"), "a run cannot be made in said.txt"),
        (("predict", "said.txt"), "said.txt"),
        (("evaluate", "runs/mine", "--data", "grey.npz", "--channels", 1), "expected (16, 12, 3)"),
    ],
)
def test_what_does_not_fit_the_run_that_is_there_is_refused(trained, arguments, said):
    assert said in refusal(run_inklens(trained, *arguments))


def test_a_saved_recipe_trains_the_same_again(shared_runs, inklens, tmp_path):
    first = Run.open(shared_runs / "runs/two")
    done = inklens("train", "--recipe", first.folder.recipe, "--name", "again", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    again = Run.open(tmp_path / "runs/again")
    assert (again.recipe, again.data) == (first.recipe, first.data)
    for one, other in zip(first.network.get_weights(), again.network.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_what_a_saved_recipe_names_is_loaded_as_it_was_and_other_data_can_be_given(trained):
    recipe = trained / "runs/mine/recipe.json"
    done = run_inklens(trained, "train", "--recipe", recipe, "--summary")
    assert (done.returncode, done.stderr) == (0, "")
    assert "(None, 16, 12, 3)" in done.stdout
    done = run_inklens(trained, "train", "--recipe", recipe, "--summary", "--size", "20x20", "--channels", 1)
    assert "(None, 20, 20, 1)" in done.stdout
    done = run_inklens(trained, "train", "--recipe", recipe, "--summary", "--data", "grey.npz")
    assert "(None, 16, 12, 1)" in done.stdout
    changed = json.loads(recipe.read_text())
    changed["data"]["fingerprint"] = "0" * 64
    (trained / "changed.json").write_text(json.dumps(changed))
    done = run_inklens(trained, "train", "--recipe", "changed.json", "--summary")
    assert "own.npz has changed since it was trained on: the same recipe gives another network" in done.stderr
    changed["data"]["path"] = "/nowhere.npz"
    (trained / "moved.json").write_text(json.dumps(changed))
    said = refusal(run_inklens(trained, "train", "--recipe", "moved.json", "--summary"))
    assert "there are no data called /nowhere.npz" in said
    assert said.endswith("give others with --data\n")


def test_a_recipe_of_ones_own_is_taken_and_a_wrong_word_in_it_has_a_suggestion(inklens, tmp_path):
    (tmp_path / "mine.toml").write_text('preset = "tutorial-c"\nepochs = 1\n')
    done = inklens("train", "--data", "sample", "--recipe", "mine.toml", "--summary")
    assert "592,074" in done.stdout
    both = refusal(inklens("train", "--recipe", "mine.toml", "--preset", "fast"))
    assert "--recipe and --preset exclude each other" in both
    (tmp_path / "mine.toml").write_text("learning_rat = 1\n")
    said = refusal(inklens("train", "--data", "sample", "--recipe", "mine.toml"))
    assert "mine.toml: unknown recipe field 'learning_rat': did you mean 'learning_rate'?" in said


@pytest.mark.parametrize(
    ("kind", "rate", "lower"), [("writing", "1e+06", "100000"), ("things", "1e+07", "1e+06")]
)
def test_a_training_that_diverges_ends_saying_so(inklens, tmp_path, kind, rate, lower):
    _write_own(tmp_path)
    adam = ("--network", "convnet-small", "--optimizer", "adam", "--learning-rate", rate)
    done = inklens("train", *SMALL, "--kind", kind, *adam, "--quiet")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    said = done.stderr
    assert "diverged" in said
    assert f"the learning rate {rate} is too high: give a lower one, such as --learning-rate {lower}" in said


def test_summary_prints_layers_shapes_and_parameters_and_trains_nothing(inklens, tmp_path):
    done = inklens("train", "sample", "--network", "conv5x5", "--summary")
    assert done.returncode == 0
    assert "592,074" in done.stdout
    assert "(None, 24, 24, 32)" in done.stdout
    assert not (tmp_path / "runs").exists()


def test_quiet_prints_the_result_only(inklens, tmp_path):
    _write_own(tmp_path)
    done = inklens("train", *SMALL, "--epochs", 1, "--quiet", "--no-test", "--output", "there/mine")
    shown = ["trained", "accuracy", "answered", "model", "pictures", "report", "run"]
    assert [line.split()[0] for line in done.stdout.splitlines()] == shown
    assert "validation images" in done.stdout
    assert done.stdout.endswith("run        there/mine\n")
    assert done.stderr.startswith("note: taken for things: ")
    assert (tmp_path / "there/mine/model.onnx").is_file()


def test_without_mnist_the_sample_serves_and_one_line_says_so(inklens, tmp_path):
    nowhere = {
        "INKLENS_DATA": "",
        "INKLENS_CACHE": str(tmp_path / "cache"),
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    done = inklens("train", "--network", "conv5x5", "--summary", "--quiet", **nowhere)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("note: ")
    assert "sample" in done.stderr
    assert "--data sample" in refusal(inklens("train", "--data", "mnist", **nowhere))


def test_ctrl_c_ends_with_130_and_a_run_that_says_interrupted(interrupted, tmp_path):
    """On a terminal, as a user sees it: the bar shows while it trains, and the run folder is whole."""
    shown = interrupted("train", "--data", "sample", "--epochs", 500, "--name", "cut")
    assert "epoch" in shown
    assert "interrupted; what there is of the run is in runs/cut" in shown
    assert json.loads((tmp_path / "runs/cut/status.json").read_text())["state"] == "interrupted"
    assert not (tmp_path / "runs/cut/model.keras").exists()


def test_sigterm_ends_it_as_ctrl_c_does_and_it_goes_on(interrupted, tmp_path):
    quick = ("--network", "conv5x5", "--batch-size", 100, "--epochs", 500, "--name", "cut")
    shown = interrupted("train", "--data", "sample", *quick, number=signal.SIGTERM)
    told = [line for line in shown.splitlines() if "interrupted" in line]
    assert len(told) == 1
    assert (
        "interrupted; what there is of the run is in runs/cut; `inklens train --resume runs/cut`" in told[0]
    )
    assert json.loads((tmp_path / "runs/cut/status.json").read_text())["state"] == "interrupted"
    assert list((tmp_path / "runs/cut/checkpoint").glob("epoch-*"))
    done = run_inklens(tmp_path, "train", "--resume", "runs/cut", "--epochs", 2, "--quiet")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "runs/cut/metrics.json").read_text())["training"]["epochs"] == 2


def test_ctrl_c_ends_the_members_that_train_on_a_cluster(interrupted, tmp_path):
    quick = ("--data", "sample", "--network", "conv5x5", "--batch-size", 64, "--epochs", 500, "--name", "cut")
    shown = interrupted("train", "--preset", "committee", "--cluster", "local", *quick, at=b"acc ")
    assert "`inklens train --resume runs/cut` goes on where it was" in shown
    members = [json.loads(path.read_text()) for path in tmp_path.glob("runs/cut/members/*/status.json")]
    assert members
    assert {member["state"] for member in members} == {"interrupted"}
    assert all(has_ended(member["pid"]) for member in members)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mnist", "--data", "sample"), "two data sets are given, mnist and --data sample: give one of them"),
        (("--resume", "runs/one", "--tta", "cross"), "--tta does not go with --resume: leave it out"),
        (("--output", "a", "--name", "b"), "--name b is short for --output runs/b: give one of them"),
        (("--resume", "runs/one", "--seed", 3), "--seed does not go with --resume: leave it out"),
        (("--time", "30s", "--epochs", 3), "--time and --epochs exclude each other"),
        (("--cluster", "local", "--data", "sample"), "--cluster trains the members of a committee"),
        (("--cluster", "ray://there:1", "--preset", "committee"), "expected local, auto or HOST:PORT"),
        (("--resume", "runs/one", "--cluster", "s3://x"), "expected local, auto or HOST:PORT"),
        (("sample", "--from", "runs/none"), "runs/none"),
        (("--time", "soon"), "time 'soon' cannot be read: expected 30s, 2m or 1h"),
        (("--time", "1s"), "time_budget 1.0 is out of range: expected a number greater than or equal to 5"),
    ],
)
def test_options_that_do_not_go_together_are_refused_in_one_line(inklens, arguments, said):
    assert said in refusal(inklens("train", *arguments))


def test_what_a_time_alone_stands_for():
    from inklens.cli.options import parse_time

    assert [parse_time(text) for text in ("30s", "2m", "1.5h", "45")] == [30, 120, 5400, 45]


def test_the_network_for_things_is_shown_and_they_need_more_time_than_digits_for_a_larger_one(
    inklens, tmp_path
):
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (40, 8, 8, 3), np.uint8), np.arange(40) % 2
    np.savez(tmp_path / "things.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)

    def shown(*options):
        said = inklens("train", *options, "--summary").stdout
        return said.splitlines()[0].split()[-1], re.search(r"Total params: ([\d,]+)", said)[1]

    fast = shown("things.npz", "--kind", "things")
    assert fast[0] == '"convnet_residual"'
    assert fast != shown("things.npz", "--kind", "things", "--preset", "accurate")
    assert fast == shown("things.npz", "--kind", "things", "--time", "10m")
    assert shown("sample", "--time", "10m") == shown("sample", "--preset", "accurate")
