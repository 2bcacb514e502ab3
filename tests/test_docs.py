"""The commands and the Python of the pages: every one is run, or at least taken by the command line."""

import json
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import inklens as package
from command_line import run_inklens

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^( *)```(console|python)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in DOCS.glob("*.md"))]
# The tutorials are run in order below, CONTRIBUTING.md in a file of its own; serve.md needs a server.
RUN_ELSEWHERE = {"docs/tutorials.md", "docs/serve.md", "CONTRIBUTING.md"}
# These train for long, need a package that may be missing, or go on with a run that there is not.
TAKEN_ONLY = {"train", "combine", "tune", "audit", "reproduce"}


@cache
def _blocks(page: str) -> list[tuple[str, str]]:
    """(language, text) of a page's blocks."""
    return [
        (language, re.sub(f"^{indent}", "", body, flags=re.MULTILINE))
        for indent, language, body in BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))
    ]


def _commands(page: str) -> list[str]:
    lines = [line for language, body in _blocks(page) if language == "console" for line in body.splitlines()]
    assert all(line.startswith("$ inklens ") for line in lines), page
    return [line.removeprefix("$ inklens ") for line in lines]


COMMANDS = sorted({line for page in PAGES if page != "docs/tutorials.md" for line in _commands(page)})


@pytest.fixture(scope="session")
def reader(shared_runs, sample, tmp_path_factory) -> Path:
    """A folder with what the pages speak of: runs, images, a page, and class-per-folder trees."""
    from PIL import Image

    from inklens.reading.form.form_file import save_form
    from sheets.filled_forms import draw_empty_form, fill_form, form_of

    folder = tmp_path_factory.mktemp("reader")
    for name, run in (("fast-1", "one"), ("fast-2", "two"), ("accurate-1", "one")):
        shutil.copytree(shared_runs / "runs" / run, folder / "runs" / f"mnist-{name}")
    digits, labels = sample.test.batch(slice(None))[..., 0], sample.test.labels
    (folder / "scans").mkdir()
    for name, index in (("one.png", 0), ("two.png", 1), ("scans/two.png", 0)):
        Image.fromarray(digits[index]).save(folder / name)
    seven = Image.fromarray(255 - digits[labels.tolist().index(7)])
    seven.resize((280, 280)).save(folder / "my-seven.jpg")
    page = np.full((300, 600), 255, np.uint8)
    for column, index in enumerate((0, 200, 400)):
        page[100:156, 100 + 80 * column : 156 + 80 * column] = 255 - np.kron(digits[index], np.ones((2, 2)))
    Image.fromarray(page).save(folder / "page.jpg")
    Image.fromarray(page).save(folder / "scan.pdf", resolution=200)
    empty, fields = draw_empty_form(count=6)
    Image.fromarray(empty).save(folder / "empty-form.png")
    Image.fromarray(fill_form(empty, fields, 1)[0]).save(folder / "filled-form.jpg")
    save_form(folder / "form.json", form_of(folder / "empty-form.png", fields))
    for index, label in enumerate(labels.tolist()):
        if index % 20 == 0:
            for name in ("my-digits", "my-images", "my-letters"):
                (folder / name / str(label)).mkdir(parents=True, exist_ok=True)
                Image.fromarray(digits[index]).save(folder / name / str(label) / f"{index}.png")
    return folder


@pytest.fixture
def trains_briefly(monkeypatch) -> None:
    """`inklens.train` for one epoch on the sample, without a report."""
    from inklens.datasets import load
    from inklens.recipes import Committee, Recipe
    from inklens.training import train

    def brief(data, recipe=None, **options):
        recipe = recipe or Recipe.from_preset("fast")
        if isinstance(recipe, Committee):
            members = {name: one.with_options(epochs=1) for name, one in recipe.members.items()}
            return train(data, Committee(recipe.preset, members), report=False, **options)
        return train(data, recipe.with_options(epochs=1), report=False, **options)

    monkeypatch.setattr(package, "train", brief, raising=False)
    monkeypatch.setattr(package, "load", lambda data: load(data.replace("mnist", "sample")), raising=False)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_pages_runs(line, reader):
    import typer

    from inklens.cli import command_line

    words = shlex.split(line)
    command = typer.main.get_command(command_line(words[:1])).commands[words[0]]
    with command.make_context(words[0], words[1:]):
        pass
    with pytest.raises(typer.TyperException):
        command.make_context(words[0], [*words[1:], "--no-such-option"])
    other_format = "--format" in words
    if words[0] not in TAKEN_ONLY and not other_format:
        words = ["sample" if word == "mnist" else word for word in words]
        extra = ["--images", "20"] if words[0] == "robustness" else []
        if words[0] == "form":  # it overwrites none
            (reader / "form.json").unlink()
        done = run_inklens(reader, *words, *extra)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", sorted({*PAGES} - RUN_ELSEWHERE))
def test_the_python_of_a_page_runs(page, reader, trains_briefly, sample, monkeypatch, capsys, tmp_path):
    # In a copy: what it trains would be the latest run of the commands.
    monkeypatch.chdir(shutil.copytree(reader, tmp_path / "reader"))
    shutil.copy("runs/mnist-fast-1/model.onnx", "model.onnx")
    np.save("pixels.npy", sample.test.batch(slice(0, 3)))
    names: dict[str, object] = {}
    for language, body in _blocks(page):
        if language == "python":
            exec(compile(body, page, "exec"), names)
    said = capsys.readouterr().out
    assert {
        "README.md": "('0', '0')",
        "docs/training.md": "'name': 'tutorial', 'network': 'conv5x5'",
        "docs/predict.md": "(2, 10)",
        "docs/quickstart.md": "7 ",
        "docs/faq.md": "('7',)",
    }.get(page, "") in said


def test_predictions_are_written_as_the_page_says(reader):
    assert run_inklens(reader, "predict", "scans", "--output", "said.csv").returncode == 0
    header, answer = (reader / "said.csv").read_text(encoding="utf-8").splitlines()
    assert header.startswith("file,status,label,probability,id_score")
    assert answer.startswith("scans/two.png,ok,0,")


def test_every_step_of_the_tutorials_runs(tmp_path):
    from PIL import Image

    from inklens.datasets import load

    Image.fromarray(load("sample").test.batch(slice(0, 1))[0, :, :, 0]).save(tmp_path / "one.png")
    script = ["from pathlib import Path", "from command_line import run_inklens"]
    commands = 0
    for language, body in _blocks("docs/tutorials.md"):
        if language == "python":
            script.append(body.replace('load("mnist")', 'load("sample")'))
            continue
        for line in body.splitlines():
            assert line.startswith("$ inklens ")
            arguments = [word.replace("mnist", "sample") for word in shlex.split(line)[2:]]
            if arguments[0] == "train":
                arguments += ["--epochs", "1"]
            script.append(f"done = run_inklens(Path(), *{arguments!r})")
            script.append("assert done.returncode == 0, done.stderr; print(done.stdout)")
            commands += 1
    assert commands >= 12
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(script)],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "tensorflow", "PYTHONPATH": str(Path(__file__).parent)},
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


LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")


@pytest.mark.parametrize("page", sorted(PAGES))
def test_links_inside_the_repository_lead_somewhere(page):
    for target, anchor in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), f"{page} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{page} links to {target}#{anchor}"


@pytest.mark.parametrize("page", sorted(PAGES))
def test_the_benchmarks_that_a_page_names_exist(page):
    for name in re.findall(r"benchmarks/\w+(?:/[\w-]+)?\.\w+", (ROOT / page).read_text(encoding="utf-8")):
        assert (ROOT / name).is_file(), f"{page} names {name}"


def test_the_readme_is_read_in_a_minute():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 115


def test_the_faq_answers_twenty_questions_each_with_a_command():
    questions = re.split(r"^### ", (DOCS / "faq.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert len(questions) == 20
    assert all(BLOCK.search(question) for question in questions)


RESULTS = sorted(
    path
    for pattern in ("accuracy-*.json", "things-*-test.json")
    for path in (ROOT / "benchmarks/results").glob(pattern)
)
_ON = {"mnist": "", "fashion-mnist": " on Fashion-MNIST", "cifar10": " on CIFAR-10"}


def _rows(page: str, start: str) -> list[str]:
    """The rows of a page's tables that begin so and are about seeds."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(start) and "seed" in line]


@pytest.mark.parametrize("result", RESULTS, ids=lambda path: path.stem)
def test_the_accuracies_of_the_pages_are_those_that_were_measured(result):
    figures = json.loads(result.read_text(encoding="utf-8"))
    of, _, preset = result.stem.removesuffix("-test").partition("-")[2].rpartition("-")
    if result.stem.startswith("accuracy-"):
        of, preset = figures["data"]["name"], figures["preset"]
    data = _ON[of]
    [row] = _rows("docs/results.md", f"| `{preset}`{data} |")
    shown = _rows("README.md", f"| `{preset}`{data or ' on MNIST'} | ")
    for line in (row, *shown):
        assert f"{100 * figures['mean_accuracy']:.2f}" in line
        assert f"{len(figures['runs'])} seed" in line
        if figures["standard_deviation"] is not None:
            assert f"± {100 * figures['standard_deviation']:.2f}" in line


@pytest.mark.parametrize(
    ("result", "row"),
    [
        ("cifar10", "`accurate` on CIFAR-10"),
        ("fashion-mnist", "`accurate` on Fashion-MNIST"),
        ("tutorial-a", "`tutorial-a` on an accelerator"),
    ],
)
def test_so_are_those_of_an_accelerator(result, row):
    content = (ROOT / f"benchmarks/results/accelerator-{result}.json").read_text(encoding="utf-8")
    done = [training for training in json.loads(content)["trainings"] if "failed" not in training]
    accuracies = [100 * training["accuracy"] for training in done]
    shown = f"{statistics.mean(accuracies):.2f} ± {statistics.stdev(accuracies):.2f}, {len(accuracies)} seeds"
    [line] = _rows("docs/results.md", f"| {row} |")
    assert shown in line
