import csv
import json
import shutil
from importlib import util

import numpy as np
import pytest

from command_line import loaded_modules, refusal, run_inklens
from inklens.audit import CORRUPTIONS
from inklens.evaluation import wilson_interval


def hide(monkeypatch, package):
    """Makes a package look as if it were not installed."""
    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *more: None if name == package else find(name, *more))


@pytest.fixture(scope="module")
def runs(shared_runs, tmp_path_factory):
    """A folder with copies of runs/one and runs/two."""
    return shutil.copytree(shared_runs, tmp_path_factory.mktemp("robust") / "copy")


@pytest.fixture(scope="module")
def done(runs):
    done = run_inklens(runs, "robustness", "runs/one", "runs/two")
    assert done.returncode == 0, done.stderr
    return done


def test_the_report_of_each_run_shows_its_figures(done, runs):
    for name in ("one", "two"):
        page = (runs / f"runs/{name}/report.html").read_text(encoding="utf-8")
        assert "shot noise" in page.lower().replace("_", " ")


def test_the_table_has_a_column_for_each_run_and_the_mean(done, runs):
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["corruption", "one", "one,", "framed", "two", "two,", "framed"]
    assert [line.split("  ")[0].replace(" ", "_") for line in lines[2:17]] == list(CORRUPTIONS)
    said = [json.loads((runs / f"runs/{run}/robustness.json").read_text()) for run in ("one", "two")]
    means = [figures["mean_error"] for run in said for figures in (run, run["framed"])]
    assert lines[17].split() == ["mean", *(f"{100 * mean:.2f}%" for mean in means)]
    assert lines[-2:] == ["written    runs/one", "written    runs/two"]


def test_a_network_trained_on_the_sample_stays_above_chance_on_each(done, runs):
    said = json.loads((runs / "runs/one/robustness.json").read_text())
    assert (said["images"], said["seed"]) == (1000, 0)
    assert said["framed"]["clean_error"] == pytest.approx(said["clean_error"], abs=0.01)
    assert said["framed"]["mean_error"] < said["mean_error"], "framing undoes shifts, scales, fog and light"
    for name, rate in said["corruptions"].items():
        assert rate["interval"][1] < 0.9, f"{name}: {rate}"
        assert rate["interval"] == list(wilson_interval(round(rate["error"] * 1000), 1000))
    assert said["clean_error"] < said["mean_error"]


def test_csv_and_picture_lie_in_the_run(done, runs):
    with (runs / "runs/one/robustness.csv").open() as file:
        rows = list(csv.DictReader(file))
    said = json.loads((runs / "runs/one/robustness.json").read_text())
    assert [row["corruption"] for row in rows] == ["clean", *CORRUPTIONS]
    assert float(rows[1]["error"]) == said["corruptions"]["shot_noise"]["error"]
    assert (runs / "runs/one/pictures/robustness.png").read_bytes().startswith(b"\x89PNG")


def test_a_model_file_alone_gives_the_same_without_keras(done, runs):
    model = "runs/one/model.onnx"
    alone = run_inklens(runs, "robustness", model)
    assert alone.returncode == 0, alone.stderr
    assert "model.onnx is no run, so nothing was written: give --output" in alone.stderr
    with_keras = json.loads((runs / "runs/one/robustness.json").read_text())["corruptions"].values()
    shown = [float(line.split("%")[0].split()[-1]) for line in alone.stdout.splitlines()[2:17]]
    # In percent of 1,000 images: rounding may tip a digit or two.
    assert shown == pytest.approx([100 * rate["error"] for rate in with_keras], abs=0.25)
    loaded = loaded_modules(runs, "robustness", model, "--images", 20, "--output", "kept")
    assert not loaded & {"keras", "tensorflow"}
    assert json.loads((runs / "kept/robustness.json").read_text())["images"] == 20
    assert (runs / "kept/pictures/robustness.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("runs/none",), "runs/none is not a folder; expected the folder of a run (runs in runs: one, two)"),
        (("none.onnx",), "none.onnx is not there; expected a model.onnx"),
        (("runs/one", "runs/two", "--output", "kept"), "--output takes the figures of one run; 2 were given"),
        (("runs/one", "--images", "0"), "Invalid value for"),
        (("runs/one", "--data", "empty"), "empty"),
        ((), "Missing argument"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(runs, arguments, message):
    (runs / "empty").mkdir(exist_ok=True)
    assert message in refusal(run_inklens(runs, "robustness", *arguments))


def test_without_keras_the_figures_are_kept_and_the_report_stays_as_it_is(runs, monkeypatch):
    bare = shutil.copytree(runs / "runs/two", runs / "bare")
    before = (bare / "report.html").read_bytes()
    hide(monkeypatch, "keras")
    done = run_inklens(runs, "robustness", "bare", "--images", 20)
    assert done.returncode == 0
    assert "bare/report.html is without these figures: " in done.stderr
    assert "pip install 'inklens[train]'; then `inklens report bare` adds them" in done.stderr
    assert json.loads((bare / "robustness.json").read_text())["images"] == 20
    assert (bare / "report.html").read_bytes() == before


@pytest.mark.parametrize("package", ["scipy", "matplotlib"])
def test_what_is_not_installed_is_said_before_anything_is_measured(runs, monkeypatch, package):
    hide(monkeypatch, package)
    said = refusal(run_inklens(runs, "robustness", "runs/two", "--images", 20, "--output", "without"))
    assert f"robustness needs {package}, which is not installed; pip install 'inklens[audit]'" in said
    assert not (runs / "without").exists()


def test_other_data_are_matched_by_name_and_leave_the_runs_own_figures(done, runs):
    from inklens.datasets import load

    sample = load("sample").test
    chosen = np.flatnonzero(np.isin(sample.labels, (3, 8)))
    images, texts = sample.batch(chosen), sample.labels[chosen].astype(str)
    np.savez(runs / "two.npz", x_train=images, y_train=texts, x_test=images, y_test=texts)
    own = (runs / "runs/one/robustness.json").read_bytes()
    other = run_inklens(runs, "robustness", "runs/one", "--data", "two.npz")
    assert (other.returncode, other.stderr) == (0, "")
    assert other.stdout.endswith("written    runs/one/evaluations/two\n")
    assert (runs / "runs/one/robustness.json").read_bytes() == own
    said = json.loads((runs / "runs/one/evaluations/two/robustness.json").read_text())
    assert said["images"] == len(chosen)
    assert said["clean_error"] < 0.2, "matched by position, nearly all would be wrong"


def test_data_of_other_classes_are_refused_by_name(runs):
    images = np.random.default_rng(0).integers(0, 256, (60, 28, 28)).astype(np.uint8)
    np.savez(runs / "letters.npz", images=images, labels=np.array(["a", "3"] * 30))
    refused = "inklens: letters has the classes a, which the network does not know; expected its own, 0, 1"
    assert refusal(run_inklens(runs, "robustness", "runs/one", "--data", "letters.npz")).startswith(refused)
