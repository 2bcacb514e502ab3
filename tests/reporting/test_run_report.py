import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from inklens.datasets import load
from inklens.errors import MissingPackageError, RunError
from inklens.explanation import feature_maps, normalised_image
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe, read_training
from inklens.reporting import run_report
from inklens.reporting.report import write_report
from inklens.run import Run
from inklens.run_folder import RunFolder
from inklens.training import train

select_backend("tensorflow")

QUICK = Recipe(network="conv5x5", epochs=1, batch_size=64)


@pytest.fixture(scope="module")
def run(shared_runs):
    return Run.open(shared_runs / "runs/one")


@pytest.fixture(scope="module")
def few(sample):
    """500 digits to train on."""
    return replace(sample, train=sample.split_validation(500, 0)[1])


@pytest.fixture(scope="module")
def closed(sample, tmp_path_factory):
    """A run whose test set stayed closed."""
    folder = tmp_path_factory.mktemp("runs")
    return train(sample, QUICK, output=folder, name="mine", test=False, max_error=0.2)


def test_every_run_has_a_report_with_its_own_figures(run):
    page = run.folder.report.read_text(encoding="utf-8")
    assert f"{100 * run.metrics['test']['accuracy']:.2f}%" in page
    assert f"{run.metrics['training']['parameters']:,} parameters" in page
    assert " filters of the first convolution" in page
    assert "Layer " in page  # feature maps
    assert page.count("data:image/png") > 50


def _copy_with_data(run, folder, **data):
    """A copy of the run whose recipe.json says something else about the data."""
    shutil.copytree(run.path, folder / "copy")
    copy = RunFolder(folder / "copy")
    described = copy.read_recipe()
    copy.write_recipe({**described, "data": described["data"] | data})
    return Run.open(copy.path)


def test_feature_maps_are_of_the_digits_that_the_network_sees(run, sample, tmp_path):
    copy = _copy_with_data(run, tmp_path)
    images = sample.test
    plain = run_report._seen(copy.folder, copy.network, images).maps
    described = copy.folder.read_recipe()
    described["recipe"]["digit_normalisation"] = "stretch"
    copy.folder.write_recipe(described)
    stretched = run_report._seen(copy.folder, copy.network, images).maps
    for (image, _, before), (same, _, maps) in zip(plain, stretched, strict=True):
        assert np.array_equal(image, same), "the picture beside them is the image as it is"
        seen = normalised_image(image, "stretch")
        assert not np.array_equal(image, seen)
        expected = feature_maps(copy.network, seen)
        assert all(np.array_equal(maps[name], expected[name]) for name in expected)
        assert not all(np.array_equal(maps[name], before[name]) for name in expected)


def test_written_again_without_its_data_it_says_so_and_leaves_the_images_out(run, tmp_path):
    path = _copy_with_data(run, tmp_path, name="nowhere").write_report()
    page = path.read_text(encoding="utf-8")
    assert "The images are left out: there are no data called nowhere" in page
    assert path.stat().st_size < run.folder.report.stat().st_size


def test_with_its_data_it_comes_back_as_it_was(closed):
    written = closed.folder.report.read_bytes()
    assert b"The test set stayed closed" in written
    assert Run.open(closed.path).write_report().read_bytes() == written


def test_data_that_changed_since_are_not_shown(run, tmp_path):
    copy = _copy_with_data(run, tmp_path, name="sample", fingerprint="0" * 64)
    assert load("sample").source + " has changed since" in copy.write_report().read_text(encoding="utf-8")


def test_a_run_whose_report_fails_stays_done_and_says_why(few, tmp_path, monkeypatch):
    def broken(*arguments, **options):
        raise RunError("report.html cannot be written: the disk is full")

    monkeypatch.setattr(run_report, "write_report", broken)
    with pytest.raises(RunError, match="the disk is full"):
        train(few, QUICK, output=tmp_path, name="full")
    status = json.loads((tmp_path / "full/status.json").read_text())
    assert status["state"] == "done"
    assert status["detail"]["report"] == "RunError: report.html cannot be written: the disk is full"
    monkeypatch.setattr(run_report, "write_report", write_report)
    assert Run.open(tmp_path / "full").write_report().is_file()


@pytest.mark.parametrize("missing", ["tensorboard", "jinja2"])
def test_a_missing_package_is_named_before_training(sample, tmp_path, monkeypatch, missing):
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    extra = "tensorboard" if missing == "tensorboard" else "train"
    with pytest.raises(MissingPackageError, match=rf"pip install 'inklens\[{extra}\]'"):
        train(sample, QUICK, output=tmp_path, tensorboard=True)
    assert not any(tmp_path.iterdir())


def _scalars(folder):
    """tag -> [(step, value)] of a folder of event files."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    return {
        tag: [(event.step, float(make_ndarray(event.tensor_proto))) for event in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
        if tag.startswith("epoch_")
    }


def test_tensorboards_logs_say_what_history_csv_says(few, tmp_path):
    run = train(few, QUICK.with_options(epochs=2), output=tmp_path, tensorboard=True, report=False)
    with run.folder.history.open() as file:
        history = list(csv.DictReader(file))
    for part, prefix in (("train", ""), ("validation", "val_")):
        scalars = _scalars(run.path / "tensorboard" / part)
        for measure in ("loss", "accuracy"):
            said = [float(epoch[prefix + measure]) for epoch in history]
            assert scalars[f"epoch_{measure}"] == [
                (step, pytest.approx(value)) for step, value in enumerate(said)
            ]


def test_the_command_in_the_report_is_the_saved_recipe_which_says_all_that_was_asked_for(closed):
    words = ["inklens", "train", "--recipe", str(closed.folder.recipe)]
    command = " ".join(f"<span>{word}</span>" for word in words)
    assert f"<code>{command}</code>" in closed.folder.report.read_text(encoding="utf-8")
    saved = read_training(closed.folder.recipe)
    assert saved.recipe == closed.recipe
    assert {name: saved.options[name] for name in ("test", "max_error")} == {"test": False, "max_error": 0.2}
    assert load(**saved.data).fingerprint == saved.fingerprint
