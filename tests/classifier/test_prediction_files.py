import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from inklens.classifier import FilePrediction
from inklens.classifier.prediction_files import FORMAT, results_file
from inklens.errors import OptionError, RunError

ANSWERS = [
    FilePrediction("a.png", "ok", "dog", 0.75, -1.5, (("dog", 0.75), ("cat", 0.25))),
    FilePrediction("é,\udcff.png", "unknown", None, 0.5, -9.0, (("owl", 0.5), ("dog", 0.5))),
    FilePrediction("c.png", "error", error="c.png is empty"),
]


def written(path: Path, top: int = 2, answers: list[FilePrediction] = ANSWERS) -> Path:
    with results_file(path, top) as write:
        for answer in answers:
            write(answer)
    return path


def test_csv_has_a_row_for_each_file_and_empty_cells_for_nothing(tmp_path):
    with written(tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "file": "a.png",
        "status": "ok",
        "label": "dog",
        "probability": "0.75",
        "id_score": "-1.5",
        "top_1": "dog",
        "top_1_probability": "0.75",
        "top_2": "cat",
        "top_2_probability": "0.25",
        "error": "",
        "format": str(FORMAT),
    }
    assert [row["label"] for row in rows] == ["dog", "", ""]
    assert rows[1]["file"] == "é,\\udcff.png"
    assert (rows[2]["top_1"], rows[2]["error"]) == ("", "c.png is empty")


def test_one_class_needs_no_columns_of_its_own(tmp_path):
    header = written(tmp_path / "x.csv", top=1).read_text(encoding="utf-8").splitlines()[0]
    assert header == "file,status,label,probability,id_score,error,format"


@pytest.mark.parametrize("name", ["x.json", "x.JSONL"])
def test_json_holds_everything_and_any_file_name(tmp_path, name):
    text = written(tmp_path / name).read_text(encoding="utf-8")
    rows = json.loads(text) if name == "x.json" else [json.loads(line) for line in text.splitlines()]
    assert [row["file"] for row in rows] == [answer.file for answer in ANSWERS]
    assert rows[0]["top"] == [{"label": "dog", "probability": 0.75}, {"label": "cat", "probability": 0.25}]
    assert (rows[1]["label"], rows[2]["top"]) == (None, [])
    assert {row["format"] for row in rows} == {FORMAT}


def test_no_answers_are_an_empty_list(tmp_path):
    assert json.loads(written(tmp_path / "x.json", answers=[]).read_text(encoding="utf-8")) == []


def test_parquet_holds_the_columns_of_csv_in_their_types(tmp_path):
    table = parquet.read_table(written(tmp_path / "x.parquet", answers=ANSWERS * 4000))
    assert table.num_rows == 12_000
    rows = table.slice(0, 3).to_pylist()
    assert (rows[0]["label"], rows[0]["probability"], rows[2]["probability"]) == ("dog", 0.75, None)
    assert {row["format"] for row in rows} == {FORMAT}
    assert [name for name in table.column_names if name.startswith("top")][-1] == "top_2_probability"


def test_parquet_without_pyarrow_says_what_to_install(tmp_path):
    code = """
import sys
sys.modules["pyarrow"] = None
from pathlib import Path
from inklens.classifier.prediction_files import results_file
from inklens.errors import MissingPackageError
try:
    with results_file(Path("x.parquet"), 1):
        pass
except MissingPackageError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("pyarrow, which is not installed: pip install 'inklens[parquet]'\n")
    assert list(tmp_path.iterdir()) == []


def test_another_suffix_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(OptionError, match=r"expected one of \.csv, \.json, \.jsonl, \.parquet"):
        written(tmp_path / "x.xlsx")


@pytest.mark.parametrize("name", ["x.csv", "x.json", "x.jsonl", "x.parquet"])
def test_an_error_half_way_leaves_the_old_file(tmp_path, name):
    (tmp_path / name).write_text("old")
    with pytest.raises(KeyboardInterrupt), results_file(tmp_path / name, 1) as write:
        write(ANSWERS[0])
        raise KeyboardInterrupt
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"x\.csv cannot be written"):
        written(tmp_path / "file" / "x.csv")
