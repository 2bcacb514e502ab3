import csv
import json

import cv2
import numpy as np
import pytest

from command_line import refusal
from inklens.cli.read import _say
from inklens.reading import Reading
from inklens.reading.read_lines import MARKS


@pytest.fixture
def photo(tmp_path, digits):
    page = np.full((160, 300), 255, np.uint8)
    for place in range(3):
        image = digits.test.batch(slice(place, place + 1))[0, ..., 0]
        page[40:124, 15 + 92 * place : 99 + 92 * place] -= cv2.resize(image, (84, 84))
    cv2.imwrite(str(tmp_path / "photo.png"), page)
    return tmp_path / "photo.png"


def test_a_photo_is_read_by_the_latest_run_and_everything_is_written(inklens, shared_runs, photo, tmp_path):
    done = inklens(
        "read", photo, "--model", shared_runs / "runs/two", "--expect", 3,
        "--output", "numbers.json", "--annotate", "drawn.png", "--stages", "steps",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (page,) = json.loads((tmp_path / "numbers.json").read_text())
    (number,) = page["numbers"]
    assert done.stdout.strip() == number["text"]
    assert len(number["digits"]) == 3
    assert cv2.imread(str(tmp_path / "drawn.png")).shape == (160, 300, 3)
    assert len(list((tmp_path / "steps").glob("*.png"))) == 5


def test_a_row_for_each_digit_goes_into_csv(inklens, shared_runs, photo, tmp_path):
    done = inklens(
        "read", photo, "--model", shared_runs / "runs/one", "--expect", 3, "--output", "numbers.csv"
    )
    assert done.returncode == 0, done.stderr
    with (tmp_path / "numbers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["digit"] for row in rows] == ["0", "1", "2"]
    assert all(len(row["box"].split()) == 8 for row in rows)


def test_photos_of_one_name_in_two_folders_are_drawn_into_two_files(inklens, shared_runs, photo, tmp_path):
    for name in ("a/1.png", "b/1.png", "b/1.bmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), cv2.imread(str(photo)))
    options = ("--expect", 3, "--annotate", "drawn", "--stages", "steps")
    done = inklens("read", "a", "b", "--model", shared_runs / "runs/one", *options)
    assert done.returncode == 0, done.stderr
    drawn = {path.relative_to(tmp_path / "drawn").as_posix() for path in (tmp_path / "drawn").rglob("*.png")}
    assert drawn == {"a/1.png", "b/1.png.png", "b/1.bmp.png"}
    pictures = [path for path in (tmp_path / "steps").rglob("*.png") if path.is_file()]
    steps = {path.parent.relative_to(tmp_path / "steps").as_posix() for path in pictures}
    assert steps == {"a/1", "b/1.png", "b/1.bmp"}


def test_a_blank_page_is_no_error_and_says_why_nothing_is_read(inklens, shared_runs, tmp_path):
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((50, 60), 255, np.uint8))
    done = inklens("read", "blank.png", "--model", shared_runs / "runs/one")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no ink" in done.stderr


def test_one_bad_photo_among_good_ones_is_a_note(inklens, shared_runs, photo, tmp_path):
    (tmp_path / "cut.png").write_bytes(photo.read_bytes()[:200])
    done = inklens("read", photo, "cut.png", "--model", shared_runs / "runs/one", "--expect", 3)
    assert done.returncode == 0, done.stderr
    assert "1 of 2 photos could not be read" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gone.png"], "gone.png cannot be read"),
        (["cut.png"], "cut short or damaged"),
        (["words.png"], "no image of a known format"),
        (["photo.png", "--grid", "9"], "is no grid"),
        (["photo.png", "--region", "1,2,3"], "is no region"),
        (["photo.png", "--region", "5000,0,9,9"], "in a picture of 300x160"),
        (["photo.png", "--expect", "0"], "is not a whole number"),
        (["photo.png", "--output", "numbers.txt"], "expected .json or .csv"),
        (["photo.png", "--annotate", "drawn.jpg"], "expected a .png"),
        (["photo.png", "--stages", "photo.png/steps"], "photo.png is no folder; give another place"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(inklens, shared_runs, photo, arguments, words):
    (photo.parent / "cut.png").write_bytes(photo.read_bytes()[:200])
    (photo.parent / "words.png").write_text("no picture")
    assert words in refusal(inklens("read", *arguments, "--model", shared_runs / "runs/one"))


@pytest.mark.parametrize(
    ("marks", "said"), [(False, "note: a.png: 2 marks beside digits left out"), (True, "")]
)
def test_marks_that_are_left_out_are_said(capsys, marks, said):
    """3.14 is read as 314."""
    reading = Reading((), np.zeros((1, 1, 1), np.uint8), (1, 1), left_out={MARKS: 2})
    _say("a.png", reading, several=False, stages=False, marks=marks)
    err = capsys.readouterr().err
    assert err.startswith(said) and bool(err) == bool(said)
