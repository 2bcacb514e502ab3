"""The examples of CONTRIBUTING.md, followed: every block is added to its file, and what it makes is used."""

import copy
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import typer.testing

import inklens

PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"
SECTION = re.compile(r"^### (.+?)\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"```python\n# src/(\S+)\.py\n(.*?)```", re.DOTALL)
EXAMPLES = {title: BLOCK.findall(text) for title, text in SECTION.findall(PAGE.read_text(encoding="utf-8"))}

Follow = Callable[[str], None]


def _add(example: str, patch: pytest.MonkeyPatch, tables: list[tuple[dict, dict]]) -> None:
    for file, code in EXAMPLES[example]:
        name = file.replace("/", ".").removesuffix(".__init__")
        if find_spec(name) is None:
            patch.setitem(sys.modules, name, ModuleType(name))
        module = import_module(name)
        tables += [(value, copy.copy(value)) for value in vars(module).values() if type(value) is dict]
        names = dict(vars(module))
        exec(compile(code, f"{PAGE} ({file})", "exec"), names)
        for changed, value in names.items():
            if vars(module).get(changed) is not value:
                patch.setattr(module, changed, value, raising=False)


@contextmanager
def _following() -> Iterator[Follow]:
    tables: list[tuple[dict, dict]] = []
    with pytest.MonkeyPatch.context() as patch:
        yield lambda example: _add(example, patch, tables)
    for table, former in reversed(tables):
        table.clear()
        table.update(former)


@pytest.fixture
def follow() -> Iterator[Follow]:
    """Adds the blocks of an example to their files, in this process only and until the test ends."""
    with _following() as following:
        yield following


@pytest.fixture(scope="module")
def few() -> inklens.Dataset:
    """200 training and 100 test digits."""
    sample = inklens.load("sample")
    train, _ = sample.split_validation(len(sample.train) - 200, 0)
    return replace(sample, name="few", train=train, test=sample.test.take(np.arange(100)))


@pytest.fixture(scope="module")
def tiny_run(few: inklens.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[inklens.Run]:
    """A run of the example's network."""
    with _following() as following:
        following("A network")
        recipe = inklens.Recipe(network="convnet-tiny", epochs=1, backend="tensorflow")
        yield inklens.train(few, recipe, output=tmp_path_factory.mktemp("runs"), report=False)


def test_every_example_is_short():
    assert len(EXAMPLES) == 6
    for example, blocks in EXAMPLES.items():
        for file, code in blocks:
            lines = [line for line in code.splitlines() if line]
            assert len(lines) <= 15, f"{example}, {file}: {len(lines)} lines"


def test_the_network_trains_predicts_as_a_file_and_is_explained(tiny_run, few):
    from inklens.explanation import feature_maps

    answers = inklens.Classifier.open(tiny_run.path).predict_framed(few.test.whole())
    assert (answers.indices == tiny_run.ensemble.predict_split(few.test).logits.argmax(axis=1)).all()
    maps = feature_maps(tiny_run.network, few.test.whole()[0])
    assert max(one.shape for one in maps.values()) == (24, 24, 16)


def test_the_preset_is_a_recipe_for_writing_and_for_things(follow):
    follow("A preset")
    recipe = inklens.Recipe.from_preset("overnight")
    assert recipe.preset == "overnight"
    assert recipe.for_kind("writing").epochs == 60
    assert recipe.for_kind("things").epochs == 90
    assert recipe.for_kind("things").tta == "mirror"


def test_the_data_source_loads(follow, few, tmp_path):
    follow("A data source")
    lines = np.hstack([few.train.labels[:, None], few.train.whole().reshape(200, -1)])
    np.savetxt(tmp_path / "digits.txt", lines, "%d")
    loaded = inklens.load(tmp_path / "digits.txt", framing="pad")
    assert (loaded.kind, loaded.class_names) == ("writing", few.class_names)
    assert (len(loaded.train), len(loaded.test)) == (160, 40)
    images = {image.tobytes() for image in few.train.whole()}
    assert {image.tobytes() for image in loaded.part("all").whole()} == images


def test_the_export_format_is_written_and_proved(follow, tiny_run, few, tmp_path):
    from inklens.evaluation import Confidence
    from inklens.export.run_export import run_metadata, write_proved

    follow("An export format")
    metadata = run_metadata(tiny_run.folder, Confidence())
    target = tmp_path / "model.txt"
    proof = write_proved(tiny_run.ensemble, metadata, few.test.whole(), "text", target)
    assert proof.images == 100
    assert target.read_text(encoding="ascii").isascii()


def test_the_metric_is_among_those_of_evaluate(follow):
    from sklearn.metrics import brier_score_loss

    from inklens.evaluation import evaluate_in_detail

    follow("A metric")
    probabilities, labels = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]]), np.array([0, 0, 1])
    found = evaluate_in_detail(probabilities, labels, ("no", "yes")).to_dict()
    assert found["brier_score"] == pytest.approx(2 * brier_score_loss(labels, probabilities[:, 1]))
    assert found["top_2_accuracy"] == 1


def test_the_command_runs(follow):
    from inklens import cli

    follow("A command")
    done = typer.testing.CliRunner().invoke(cli.command_line(cli.COMMANDS), ["balance", "sample"])
    assert done.exit_code == 0, done.output
    labels = inklens.load("sample").train.labels
    assert done.output.split()[1::2] == [str((labels == digit).sum()) for digit in range(10)]
