import json
import shutil

import numpy as np
import pytest

from command_line import refusal, run_inklens
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.run import Run
from inklens.training import reproduce, train
from inklens.training.reproduce_run import Reproduction

select_backend("tensorflow")

QUICK = Recipe(network="conv5x5", epochs=1, batch_size=100, validation_split=150)


@pytest.fixture(scope="module")
def run(few, tmp_path_factory):
    return train(few, QUICK, output=tmp_path_factory.mktemp("runs"), name="run", report=False)


def test_a_run_comes_out_the_same_again(run, tmp_path):
    found = reproduce(run.path, output=tmp_path, name="again")
    assert (found.identical, found.differences, found.reproduced) == (True, (), True)
    assert found.again == found.accuracy
    assert Run.open(tmp_path / "again").recipe == run.recipe.with_options(
        backend="tensorflow", precision=json.loads(run.folder.environment.read_text())["precision"]
    )


def test_other_weights_on_the_same_machine_are_no_reproduction(run, tmp_path):
    copy = Run.open(shutil.copytree(run.path, tmp_path / "copy"))
    copy.network.layers[-2].kernel.assign(np.zeros_like(copy.network.layers[-2].kernel))
    copy.network.save(copy.folder.model)
    done = run_inklens(tmp_path, "reproduce", "copy", "--quiet")
    assert done.returncode == 4
    assert "weights    not identical" in done.stdout
    assert "result     not reproduced: machine and versions are the same" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def _never(*arguments, **options):
    raise AssertionError("it was trained")


@pytest.mark.parametrize(
    ("content", "said"), [('{"test": ', "holds no JSON"), ('{"test": {"n": 1}}', "lacks what is expected")]
)
def test_what_the_accuracy_is_compared_with_is_read_before_the_training(
    run, tmp_path, monkeypatch, content, said
):
    monkeypatch.setattr("inklens.training.reproduce_run.train", _never)
    copy = shutil.copytree(run.path, tmp_path / "copy")
    (copy / "metrics.json").write_text(content)
    assert said in refusal(run_inklens(tmp_path, "reproduce", "copy"))


def test_ctrl_c_names_no_folder_that_is_gone(run, tmp_path, monkeypatch):
    def interrupted(*arguments, output, **options):
        stopped = KeyboardInterrupt()
        stopped.add_note(f"what there is of the run is in {output}/x")
        raise stopped

    monkeypatch.setattr("inklens.training.reproduce_run.train", interrupted)
    done = run_inklens(tmp_path, "reproduce", run.path)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
    done = run_inklens(tmp_path, "reproduce", run.path, "--output", "kept")
    assert done.stderr.startswith("interrupted; what there is of the run is in ")


def test_where_weights_need_not_be_the_same_the_accuracy_decides():
    def found(again, *differences: str):
        return Reproduction(False, differences, "test", 0.95, (0.94, 0.96), again)

    assert found(0.955, "cores then: 2; now: 8").reproduced
    assert not found(0.93, "cores then: 2; now: 8").reproduced
    assert not found(0.95).reproduced


def test_another_machine_and_a_time_budget_are_said(run, tmp_path):
    from inklens.training.reproduce_run import _differences, _why_not_exact

    began = run.folder.read_json(run.folder.environment)
    assert _differences(began) == []
    other = {**began, "processor": "Z80"}
    assert _differences(other)[0].startswith("processor then: Z80; now: ")
    assert len(_differences({**began, "resumed": [{**began, "cores": 99}]})) == 1
    assert _why_not_exact(QUICK, {}) == []
    assert len(_why_not_exact(QUICK.with_options(time_budget=60.0), {"changes": []})) == 2
