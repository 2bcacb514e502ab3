import json
import shutil

import pytest

from inklens.datasets import load


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from inklens.networks.backends import select_backend
    from inklens.recipes import Recipe
    from inklens.training import train

    select_backend("tensorflow")
    recipe = Recipe(network="conv5x5", epochs=1, batch_size=64, validation_split=500)
    return train(load("sample"), recipe, output=tmp_path_factory.mktemp("runs"), name="mine").path


def test_a_report_is_written_again(inklens, tmp_path, run):
    shutil.copytree(run, tmp_path / "mine")
    (tmp_path / "mine/report.html").unlink()
    done = inklens("report", "mine")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "report     mine/report.html\n"
    assert (tmp_path / "mine/report.html").read_bytes() == (run / "report.html").read_bytes()


@pytest.mark.parametrize(
    "name", ["recipe.json", "metrics.json", "history.csv", "predictions.csv", "model.keras"]
)
def test_a_run_folder_that_lacks_a_file_is_one_line_and_exit_code_2(inklens, tmp_path, run, name):
    shutil.copytree(run, tmp_path / "mine")
    (tmp_path / "mine" / name).unlink()
    done = inklens("report", "mine")
    assert done.returncode == 2
    assert name in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_run_that_is_not_done_and_a_folder_that_is_no_run_are_refused(inklens, tmp_path):
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut/status.json").write_text(json.dumps({"state": "interrupted"}))
    done = inklens("report", "cut")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cut is interrupted, not done" in done.stderr
    done = inklens("report", "nothing")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "nothing is not a folder" in done.stderr
