"""The commands and the Python of docs/tutorials.md, run in order, on the embedded sample for one epoch."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"^( *)```(console|python)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def _blocks(page: str) -> list[tuple[str, str]]:
    """(language, text) of a page's blocks, below docs or beside it."""
    found = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    return [
        (language, re.sub(f"^{indent}", "", body, flags=re.MULTILINE)) for indent, language, body in found
    ]


def test_every_step_of_the_tutorials_runs(tmp_path):
    from PIL import Image

    from inklens.datasets import load

    Image.fromarray(load("sample").test.batch(slice(0, 1))[0, :, :, 0]).save(tmp_path / "one.png")
    script = ["import subprocess, sys"]
    commands = 0
    for language, body in _blocks("tutorials.md"):
        if language == "python":
            script.append(body.replace('load("mnist")', 'load("sample")'))
            continue
        for line in body.splitlines():
            assert line.startswith("$ inklens ")
            arguments = [word.replace("mnist", "sample") for word in shlex.split(line)[2:]]
            if arguments[0] == "train":
                arguments += ["--epochs", "1"]
            script.append(f"subprocess.run([sys.executable, '-m', 'inklens', *{arguments!r}], check=True)")
            commands += 1
    assert commands >= 12
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(script)],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "592,074" in done.stdout
    assert "error " in done.stdout
    for made in (
        "ten.png",
        "pictures/sample.png",
        "runs/tutorial-a/pictures/predictions.png",
        "runs/tutorial-a/explanations/one/feature-maps.png",
        "why-not-6/explanation.png",
    ):
        assert (tmp_path / made).stat().st_size > 5_000


def _commands(page: str) -> list[list[str]]:
    """The arguments of every `inklens` command on a page."""
    lines = [line for language, body in _blocks(page) if language == "console" for line in body.splitlines()]
    return [shlex.split(line.removeprefix("$ inklens ")) for line in lines if line.startswith("$ inklens ")]


@pytest.mark.parametrize("arguments", _commands("training.md"), ids=" ".join)
def test_every_command_about_training_is_one_that_the_command_line_takes(arguments):
    import typer

    from inklens.cli import command_line

    name, *options = arguments
    command = typer.main.get_command(command_line([name])).commands[name]
    with command.make_context(name, options) as context:
        assert context.params
    with pytest.raises(typer.TyperException):
        command.make_context(name, [*options, "--no-such-option"])


def test_the_committee_of_the_docs_trains(tmp_path):
    code = next(body for language, body in _blocks("training.md") if language == "python")
    code = code.replace('load("mnist")', 'load("sample")').replace('"fast",', '"fast", epochs=1,')
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "'name': 'tutorial', 'network': 'conv5x5'" in done.stdout


def test_the_readmes_python_runs(tmp_path):
    from PIL import Image

    from inklens.datasets import load

    for name, image in zip(("one.png", "two.png"), load("sample").test.batch(slice(0, 2)), strict=True):
        Image.fromarray(image[:, :, 0]).save(tmp_path / name)
    code = "\n".join(body for language, body in _blocks("../README.md") if language == "python")
    code = code.replace('load("mnist")', 'load("sample")').replace("mnist-fast-1", "sample-fast-1")
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "('0', '0')" in done.stdout


def test_every_command_and_the_python_about_predicting_run(tmp_path):
    from PIL import Image

    from inklens.datasets import load

    (tmp_path / "scans").mkdir()
    for name in ("one.png", "scans/two.png"):
        Image.fromarray(load("sample").test.batch(slice(0, 1))[0, :, :, 0]).save(tmp_path / name)
    train = shlex.split("train --data sample --epochs 1 --name mnist-fast-1 --quiet")
    commands = [[sys.executable, "-m", "inklens", *train]]
    for language, body in _blocks("predict.md"):
        if language == "python":
            commands.append([sys.executable, "-c", body])
            continue
        commands += [[sys.executable, "-m", *shlex.split(line)[1:]] for line in body.splitlines()]
    assert len(commands) == 5
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    for command in commands:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
    assert "(2, 10)" in done.stdout
    assert (tmp_path / "said.csv").read_text().startswith("file,status,label,probability,id_score")
    assert '"top"' in (tmp_path / "said.jsonl").read_text()


PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in DOCS.glob("*.md"))]


@pytest.mark.parametrize("page", sorted(PAGES))
def test_links_inside_the_repository_lead_somewhere(page):
    root = DOCS.parent
    text = (root / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert ((root / page).parent / target).exists(), f"{page} links to {target}"


def test_the_readme_has_no_placeholder():
    assert "RESULTS" not in (DOCS.parent / "README.md").read_text(encoding="utf-8")


RESULTS = sorted((DOCS.parent / "benchmarks/results").glob("accuracy-*.json"))


@pytest.mark.parametrize("result", RESULTS, ids=lambda path: path.stem)
def test_the_readmes_accuracies_are_those_that_were_measured(result):
    figures = json.loads(result.read_text(encoding="utf-8"))
    data = {"mnist": "", "fashion-mnist": " on Fashion-MNIST"}[figures["data"]["name"]]
    row = next(
        line
        for line in (DOCS.parent / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| `{figures['preset']}`{data} |")
    )
    assert f"{100 * figures['mean_accuracy']:.2f}" in row
    assert f"{len(figures['runs'])} seed" in row
    if figures["standard_deviation"] is not None:
        assert f"± {100 * figures['standard_deviation']:.2f}" in row
