import json
import shutil

import pytest

from command_line import refusal


@pytest.fixture(scope="module")
def run(shared_runs):
    return shared_runs / "runs/one"


def test_a_report_is_written_again(inklens, tmp_path, run):
    shutil.copytree(run, tmp_path / "one")
    (tmp_path / "one/report.html").unlink()
    done = inklens("report", "one")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "report     one/report.html\n"
    written = (run / "report.html").read_text(encoding="utf-8")
    again = (tmp_path / "one/report.html").read_text(encoding="utf-8")
    assert again == written.replace(f"{run}/recipe.json", "one/recipe.json")


@pytest.mark.parametrize(
    "name", ["recipe.json", "metrics.json", "history.csv", "predictions.csv", "model.keras"]
)
def test_a_run_folder_that_lacks_a_file_is_one_line_and_exit_code_2(inklens, tmp_path, run, name):
    shutil.copytree(run, tmp_path / "mine")
    (tmp_path / "mine" / name).unlink()
    assert name in refusal(inklens("report", "mine"))


def test_a_run_that_is_not_done_and_a_folder_that_is_no_run_are_refused(inklens, tmp_path):
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut/status.json").write_text(json.dumps({"state": "interrupted"}))
    assert "cut is interrupted, not done" in refusal(inklens("report", "cut"))
    assert "nothing is not a folder" in refusal(inklens("report", "nothing"))
