import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from command_line import loaded_modules, refusal
from tiny_onnx import build_model, save


@pytest.mark.parametrize("argument", ["--help", "datasets"])
def test_help_and_the_list_of_data_sets_import_no_framework(tmp_path, argument):
    loaded = loaded_modules(tmp_path, argument)
    assert not loaded & {"keras", "tensorflow", "numpy", "matplotlib", "pydantic"}


def test_help_names_every_command(inklens):
    done = inklens("--help")
    assert done.returncode == 0
    commands = (
        "train", "combine", "evaluate", "compare", "robustness", "predict", "read", "form", "explain",
        "report", "export", "audit", "datasets", "show",
    )  # fmt: skip
    for command in commands:
        assert command in done.stdout
    assert inklens().stdout == done.stdout


def test_a_command_does_not_import_the_others(tmp_path):
    loaded = loaded_modules(tmp_path, "predict", "--help")
    ours = {name for name in loaded if name.startswith(("inklens.cli.", "inklens.training"))}
    assert ours == {"inklens.cli.console", "inklens.cli.light", "inklens.cli.predict"}


def test_version(inklens):
    from inklens import __version__

    assert inklens("--version").stdout == f"inklens {__version__}\n"


def test_datasets_lists_counts_and_places(inklens):
    done = inklens("datasets")
    row = next(line.split() for line in done.stdout.splitlines() if line.startswith("sample"))
    assert row[:6] == ["sample", "writing", "10", "4,000", "1,000", "28x28x1"]
    assert row[6].endswith("mnist_5k.csv.gz")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--preset", "fats"), "unknown preset 'fats': did you mean 'fast'?"),
        (("train", "--network", "conv5"), "unknown network 'conv5': did you mean 'conv5x5'?"),
        (("train", "--backend", "theano"), "unknown backend 'theano': expected one of auto"),
        (("train", "--epochs", "0"), "epochs 0 is out of range"),
        (("train", "--epochs", "many"), "Invalid value for '--epochs': 'many' should be a valid integer"),
        (("train", "--batch-size", "0"), "batch_size 0 is out of range"),
        (("train", "--validation-split", "half"), "validation split 'half' cannot be read"),
        (("train", "--data", "mnits"), "did you mean mnist"),
        (("train", "--data", "sample", "--size", "28"), "size '28' cannot be read"),
        (("train", "--data", "sample", "--validation-split", "4000"), "leaves no data"),
        (("train", "--time", "nan"), "time 'nan' is out of range"),
        (("train", "--time=-5s"), "time '-5s' is out of range"),
        (("train", "--resume", "x", "--from", "y"), "--from does not go with --resume"),
        (("tune", "--resume", "x", "--preset", "fast"), "--preset does not go with --resume"),
        (("tune", "sample", "--resume", "x"), "--data does not go with --resume"),
        (("tune", "--resume", ""), "the path of a search is empty; expected its folder"),
        (("train", "--colour", "red"), "No such option: --colour (Possible options: --cluster)."),
        (("--colour", "train"), "No such option: --colour. See `inklens --help`."),
        (("explain",), "Missing argument 'IMAGE'. See `inklens explain --help`."),
        (("show", "nowhere"), "nowhere"),
        (("evaluate", "runs/none"), "runs/none is not a folder"),
        (("report", "runs/none"), "runs/none is not a folder"),
        (("predict", "none.png"), "runs holds no finished run; `inklens train` makes one, or give --model"),
        (("paint",), "No such command 'paint'. Did you mean"),
        (
            ("predict", "x.png", "--model", "~no-such-user/x"),
            "~no-such-user/x is not there; expected a model",
        ),
        (("explain", "x.png", "--model", "~no-such-user/x"), "~no-such-user/x is not a folder"),
        (("evaluate", "~no-such-user/x"), "~no-such-user/x is not a folder"),
        (("train", "--recipe", "~no-such-user/x"), "recipe ~no-such-user/x cannot be read"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(inklens, tmp_path, arguments, message):
    assert message in refusal(inklens(*arguments))
    assert not (tmp_path / "runs").exists(), "something was left behind"


def test_a_committee_that_is_not_there_is_refused_before_a_word_is_said(inklens):
    done = inklens("train", "--resume", "runs/none")
    assert "runs/none is not a folder" in refusal(done)
    assert done.stdout == ""


def test_ctrl_c_while_a_command_is_imported_is_no_traceback(inklens, monkeypatch):
    def interrupted(names):
        raise KeyboardInterrupt

    monkeypatch.setattr("inklens.cli.command_line", interrupted)
    done = inklens("train")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.skipif(os.name != "posix", reason="a shell's 141 is of POSIX")
@pytest.mark.parametrize(
    "arguments", [("datasets",), ("--help",), ("predict", "blank.png", "--model", "model.onnx")]
)
def test_a_pipe_that_nobody_reads_ends_a_command_quietly(tmp_path, arguments):
    """As with `inklens datasets | head -1`: what Rich writes, what Typer writes, what is left for the end."""
    save(build_model(), tmp_path / "model.onnx")
    Image.new("L", (12, 9), 255).save(tmp_path / "blank.png")
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "inklens", *arguments]
    done = subprocess.run(command, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is of Linux")
@pytest.mark.parametrize("arguments", [("datasets",), ("--help",)])
def test_a_full_disk_is_one_line(arguments):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "inklens", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("inklens: No space left on device")
    assert done.stderr.count("\n") == 1
