import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from PIL import Image

from command_line import loaded_modules, refusal
from inklens.classifier import METADATA_KEY, Classifier
from tiny_onnx import CLASSES, build_model, metadata, save


@pytest.fixture
def pictures(tmp_path):
    """Ten images and a model in an empty folder, which is where the `inklens` fixture works."""
    save(build_model(), tmp_path / "model.onnx")
    random = np.random.default_rng(3)
    (tmp_path / "pictures").mkdir()
    names = [f"pictures/{number}.png" for number in range(10)]
    for name in names:
        Image.fromarray(random.integers(0, 256, (9, 12), np.uint8)).save(tmp_path / name)
    return names


def test_a_folder_gives_a_line_for_each_image(inklens, pictures, tmp_path):
    done = inklens("predict", "pictures", "--model", "model.onnx")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    expected = Classifier.open(tmp_path).predict([tmp_path / name for name in pictures])
    assert [line[0] for line in lines] == pictures
    assert [line[1] for line in lines] == list(expected.labels)
    assert lines[0][2] == f"{100 * expected.probabilities.max(axis=1)[0]:.2f}%"


def test_a_blank_image_is_empty_and_nothing_is_said_of_its_classes(inklens, pictures, tmp_path):
    Image.new("L", (12, 9), 255).save(tmp_path / "blank.png")
    done = inklens("predict", "blank.png", "--model", "model.onnx", "--top-k", 3)
    assert (done.returncode, done.stdout) == (0, "blank.png  empty\n")


def test_a_class_that_is_called_like_a_status_is_in_quotation_marks(inklens, pictures, tmp_path):
    named = metadata(class_names=("unknown", "Empty", "error"))
    model = build_model()
    onnx.helper.set_model_props(model, {METADATA_KEY: named.to_json()})
    save(model, tmp_path / "named.onnx")
    Image.new("L", (12, 9), 255).save(tmp_path / "pictures/blank.png")
    lines = inklens("predict", "pictures", "--model", "named.onnx").stdout.splitlines()
    expected = Classifier.open(tmp_path / "named.onnx").predict([tmp_path / name for name in pictures])
    answers = [line.split("  ")[1] for line in lines]
    assert answers == [*(f'"{label}"' for label in expected.labels), "empty"]
    inklens("predict", "pictures", "--model", "named.onnx", "--output", "x.csv")
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["status"], row["label"]) for row in csv.DictReader(file)]
    assert rows == [*(("ok", label) for label in expected.labels), ("empty", "")]


def test_patterns_and_a_list_on_standard_input_mean_the_same(inklens, pictures, tmp_path):
    by_pattern = inklens("predict", "pictures/*.png", "--model", "model.onnx", "--top-k", 2)
    listed = subprocess.run(
        [sys.executable, "-m", "inklens", "predict", "-", "--model", "model.onnx", "--top-k", "2"],
        cwd=tmp_path,
        input="\n   \n" + "\r\n".join(pictures) + "\n\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert by_pattern.stdout == listed.stdout
    assert by_pattern.stdout.splitlines()[0].count("%") == 3


def test_the_latest_run_is_the_default(inklens, pictures, tmp_path):
    for name, started in (("old", "2024"), ("new", "2025")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "status.json").write_text(
            json.dumps({"state": "done", "started": started})
        )
    shutil.copy(tmp_path / "model.onnx", tmp_path / "runs" / "new")
    assert (
        inklens("predict", pictures[0]).stdout
        == inklens("predict", pictures[0], "--model", "runs/new").stdout
    )
    lacking = refusal(inklens("predict", pictures[0], "--model", "runs/old"))
    assert "runs/old/model.onnx is not there; expected a model.onnx: `inklens export RUN`" in lacking


def test_a_bad_file_among_many_has_its_own_row_and_strict_stops(inklens, pictures, tmp_path):
    (tmp_path / "pictures/5.png").write_bytes(b"no image")
    done = inklens("predict", "pictures", "--model", "model.onnx", "--output", "x.csv")
    assert done.returncode == 0
    assert "9 ok, 1 error" in done.stdout and "x.csv" in done.stdout
    assert "note: 1 of 10 files could not be read: pictures/5.png is no image" in done.stderr
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["ok"] * 5 + ["error"] + ["ok"] * 4

    (tmp_path / "x.csv").unlink()
    strict = inklens("predict", "pictures", "--model", "model.onnx", "--output", "x.csv", "--strict")
    assert refusal(strict).startswith("inklens: pictures/5.png is no image")
    assert strict.stdout == ""
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
def test_every_format_is_written(inklens, pictures, tmp_path, suffix):
    done = inklens("predict", "pictures", "--model", "model.onnx", "--output", f"x.{suffix}", "--top-k", 9)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / f"x.{suffix}").stat().st_size > 500


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.png"], "inklens: nothing.png cannot be read (No such file or directory); expected"),
        (["nothing.png", "model.onnx"], "inklens: none of 2 files is an image: nothing.png cannot be read"),
        (["*.gif"], "inklens: *.gif fits no file"),
        (["-"], "inklens: no image was given"),
        ([], "inklens: Missing argument"),
        (["pictures", "--model", "pictures/1.png"], "inklens: pictures/1.png cannot be used: it is no ONNX"),
        (["pictures", "--output", "x.xlsx"], "inklens: --output x.xlsx has no known suffix"),
        (["pictures", "--top-k", "0"], "inklens: Invalid value for '--top-k': '0' is not a whole number, 1"),
        (["pictures", "--top-k", "two"], "inklens: Invalid value for '--top-k': 'two' is not a whole number"),
        (["pictures", "--topk", "2"], "inklens: No such option: --topk"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(inklens, pictures, arguments, said):
    model = [] if "--model" in arguments else ["--model", "model.onnx"]
    assert refusal(inklens("predict", *arguments, *model)).startswith(said)


def test_what_is_wrong_with_a_single_file_is_said_once(inklens, pictures, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    for path in ("text.png", "text.*", "nothing.png"):
        done = inklens("predict", path, "--model", "model.onnx")
        assert (done.stdout, refusal(done).split()[1]) == ("", path.replace("*", "png"))
    both = inklens("predict", "nothing.png", "text.png", "--model", "model.onnx")
    assert len(both.stdout.splitlines()) == 2
    inklens("predict", "text.png", "--model", "model.onnx", "--output", "said.csv")
    assert "error" in (tmp_path / "said.csv").read_text(encoding="utf-8")


def test_a_file_name_cannot_steer_the_terminal(inklens, pictures, tmp_path):
    shutil.copy(tmp_path / pictures[0], tmp_path / "a\x1b[2Jb.png")
    done = inklens("predict", "a\x1b[2Jb.png", "--model", "model.onnx")
    assert done.stdout.startswith("a\\x1b[2Jb.png  ")
    missing = inklens("predict", "\x1b[2J.png", "--model", "model.onnx")
    assert missing.stderr.startswith("inklens: \\x1b[2J.png fits no file")


@pytest.fixture
def on_terminal(tmp_path):
    """Runs `inklens` with its answers on a terminal; gives them, and what it said beside them."""
    import pty

    def run(*arguments):
        master, terminal = pty.openpty()
        command = [sys.executable, "-m", "inklens", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, stdout=terminal, stderr=subprocess.PIPE, text=True, check=True
        )
        os.close(terminal)
        answers = os.read(master, 10_000).decode()
        os.close(master)
        return answers, done.stderr

    return run


@pytest.mark.skipif(os.name != "posix", reason="Windows has no pseudo-terminal")
def test_a_terminal_shows_a_table(on_terminal, pictures, tmp_path):
    shutil.copy(tmp_path / pictures[0], tmp_path / "pictures" / "a long name.png")
    lines = on_terminal("predict", "pictures", "--model", "model.onnx")[0].splitlines()
    assert lines[0].split() == ["file", "answer", "probability"]
    column = lines[0].index("answer")
    assert len(lines) == 12
    assert all(line[column:].split()[0] in CLASSES and line[column - 1] == " " for line in lines[1:])


@pytest.mark.skipif(os.name != "posix", reason="Windows has no pseudo-terminal")
def test_on_a_terminal_a_model_that_was_not_named_says_which_it_is(on_terminal, inklens, pictures, tmp_path):
    (tmp_path / "runs/one").mkdir(parents=True)
    (tmp_path / "runs/one/status.json").write_text(json.dumps({"state": "done", "started": "2025"}))
    shutil.copy(tmp_path / "model.onnx", tmp_path / "runs/one")
    answers, said = on_terminal("predict", pictures[0])
    name = Classifier.open(tmp_path).metadata.data["name"]
    assert said == (
        f"model runs/one, trained on {name}; classes {', '.join(CLASSES)} (--model names another)\n"
    )
    assert answers.splitlines()[1].startswith(pictures[0])
    assert on_terminal("predict", pictures[0], "--model", "runs/one") == (answers, "")
    assert inklens("predict", pictures[0]).stderr == ""


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that cannot be read, as root also")
@pytest.mark.parametrize(
    ("given", "said"), [("< /proc/self/mem", "cannot be read (Input"), ("<&-", "is closed")]
)
def test_what_is_wrong_with_standard_input_is_not_blamed_on_the_file_that_is_written(
    pictures, tmp_path, given, said
):
    command = f"{sys.executable} -m inklens predict - --output x.csv --model model.onnx {given}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refusal(done).startswith(f"inklens: standard input {said}")
    assert not (tmp_path / "x.csv").exists()


def test_a_path_that_cannot_be_looked_at_is_not_blamed_on_the_file_that_is_written(inklens, pictures):
    done = inklens("predict", "x" * 5000, pictures[0], "--model", "model.onnx", "--output", "x.csv")
    assert done.returncode == 0, done.stderr
    assert "1 of 2 files could not be read" in done.stderr


def test_no_framework_is_imported(pictures, tmp_path):
    """What each of these takes to import would be felt: Keras 4 s, pydantic and Rich 0.1 s."""
    loaded = loaded_modules(tmp_path, "predict", "pictures", "--model", "model.onnx")
    slow = {"keras", "tensorflow", "jax", "torch", "onnx", "sklearn", "matplotlib", "pydantic", "rich"}
    assert not loaded & slow


def test_an_empty_folder_among_others_has_a_row_of_its_own(inklens, pictures, tmp_path):
    (tmp_path / "empty").mkdir()
    paths = ("pictures/0.png", "empty", "no*.png", "pictures/1.png")
    done = inklens("predict", *paths, "--model", "model.onnx", "--output", "said.csv")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "said.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == list(paths)
    assert [row["status"] == "error" for row in rows] == [False, True, True, False]
    assert inklens("predict", *paths, "--model", "model.onnx", "--strict").returncode == 2
    assert "empty holds no images" in refusal(inklens("predict", "empty", "--model", "model.onnx"))


def in_one_file(folder: Path, name: str, images: np.ndarray) -> Path:
    """The images as a file of this name, as other tools write it."""
    path = folder / name
    if name.endswith(".zip"):
        for number, image in enumerate(images):
            (folder / "set").mkdir(exist_ok=True)
            Image.fromarray(image).save(folder / "set" / f"{number}.png")
        return Path(shutil.make_archive(str(path.with_suffix("")), "zip", folder, "set"))
    if name.endswith("npz"):
        np.savez(path, x_test=images, y_test=np.zeros(len(images), int))
    elif name.endswith("npy"):
        np.save(path, images)
    else:
        table = pd.DataFrame(images.reshape(len(images), -1)).add_prefix("pixel")
        table.to_csv(path, index=False) if name.endswith(".csv") else table.to_parquet(path)
    return path


@pytest.mark.parametrize("name", ["test.csv", "test.npz", "test.npy", "test.parquet", "test.zip"])
def test_files_of_many_images_are_answered_one_by_one(inklens, pictures, tmp_path, name):
    """As a competition's test.csv without labels."""
    images = np.random.default_rng(0).integers(0, 256, (12, 12, 12), np.uint8)
    in_one_file(tmp_path, name, images)
    done = inklens("predict", name, "--model", "model.onnx", "--output", "answers.csv")
    assert (done.returncode, done.stderr) == (0, "")
    with (tmp_path / "answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    expected = Classifier.open(tmp_path).predict(list(images))
    wanted = [f"{number}" for number in range(12)]
    names = [f"{name}/set/{number}.png" if name.endswith("zip") else f"{name}#{number}" for number in wanted]
    assert sorted(row["file"] for row in rows) == sorted(names)
    answers = {row["file"]: row["label"] for row in rows}
    assert [answers[one] or None for one in names] == list(expected.labels)


def test_of_a_folder_what_is_passed_over_is_counted_once(inklens, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr("inklens.datasets.layout.file_listing.IMAGE_SUFFIXES", frozenset({".png"}))
    monkeypatch.setattr("inklens.datasets.layout.file_listing.UNREADABLE_SUFFIXES", frozenset({".heic"}))
    for name in ("a.HEIC", "b.heic", "notes.txt"):
        (tmp_path / "pictures" / name).touch()
    (tmp_path / "pictures" / "circle").symlink_to(tmp_path / "pictures")
    done = inklens("predict", "pictures", "--model", "model.onnx")
    assert len(done.stdout.splitlines()) == 10
    assert done.stderr == "note: passed over: 2 .heic (pip install 'inklens[heif]'), 1 .txt\n"


def test_of_an_archive_what_is_passed_over_and_what_is_damaged_is_said(inklens, pictures, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as packed:
        for path in pictures[:2]:
            packed.write(tmp_path / path, path)
        packed.writestr("notes.txt", "")
    content = (tmp_path / "set.zip").read_bytes()
    start = content.index(b"IDAT")  # of the first picture
    (tmp_path / "set.zip").write_bytes(content[: start + 8] + b"damaged" + content[start + 15 :])
    done = inklens("predict", "set.zip", "--model", "model.onnx")
    assert len(done.stdout.splitlines()) == 2
    assert "cannot be unpacked" in done.stdout.splitlines()[0]
    assert "note: passed over: 1 .txt\n" in done.stderr


def test_of_an_unknown_image_with_two_digits_reading_is_recommended(inklens, shared_runs, tmp_path):
    page = np.full((120, 260), 255, np.uint8)
    page[30:90, 60:70] = page[30:90, 180:190] = page[80:90, 60:100] = page[80:90, 180:220] = 0
    Image.fromarray(page).save(tmp_path / "two.png")
    done = inklens("predict", "two.png", "--model", shared_runs / "runs/one")
    assert done.returncode == 0
    assert ("unknown" in done.stdout) == ("inklens read reads numbers" in done.stderr)
