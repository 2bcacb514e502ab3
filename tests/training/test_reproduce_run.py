import json
import shutil

import numpy as np
import pytest

from command_line import refusal, run_inklens
from inklens.errors import RunError
from inklens.networks.backends import select_backend
from inklens.recipes import Committee, Recipe
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


def test_on_a_gpu_the_accuracy_decides(run, tmp_path, monkeypatch):
    """Other bits are to be expected there, on the same machine too."""
    copy = Run.open(shutil.copytree(run.path, tmp_path / "copy"))
    copy.network.layers[-2].kernel.assign(np.zeros_like(copy.network.layers[-2].kernel))
    copy.network.save(copy.folder.model)
    began = copy.folder.read_json(copy.folder.environment)
    copy.folder.write_json(copy.folder.environment, {**began, "accelerator": "NVIDIA H100"})
    done = run_inklens(tmp_path, "reproduce", "copy", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "weights    not identical" in done.stdout
    assert "accelerator then: NVIDIA H100; now: None" in done.stdout
    assert "trained on NVIDIA H100, where sums are added in another order each time" in done.stdout
    copy.folder.write_json(copy.folder.environment, began)
    monkeypatch.setattr("inklens.training.reproduce_run.accelerator", lambda backend: "NVIDIA H100")
    found = reproduce(copy.path)  # the machine has one now
    assert (found.identical, len(found.differences), found.reproduced) == (False, 1, True)


def test_a_member_that_a_gpu_trained_counts(few, tmp_path):
    from inklens.training.reproduce_run import _on_accelerator

    both = Committee("committee", {"one": QUICK, "two": QUICK.with_options(seed=1, validation_seed=0)})
    made = train(few, both, output=tmp_path, name="both", report=False).folder
    began = made.read_json(made.environment)
    assert began["accelerator"] is None
    assert _on_accelerator(made, began) == []
    member = made.members()[0]
    member.write_json(member.environment, {**began, "accelerator": "NVIDIA H100"})
    assert len(_on_accelerator(made, began)) == 1


@pytest.mark.parametrize("given", [{}, {"output": "kept", "name": "again"}])
def test_one_that_stops_half_way_names_no_folder_that_is_gone(run, tmp_path, monkeypatch, given):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def block(now):
        for begun in tmp_path.glob("*/*/status.json"):
            (begun.parent / "model.keras").mkdir(exist_ok=True)
            (begun.parent / "model.keras/in the way").touch()

    with pytest.raises(RunError) as stopped:
        reproduce(run.path, progress=block, **given)
    said = str(stopped.value)
    if given:
        assert "`inklens train --resume kept/again` goes on where it was" in said
        assert (tmp_path / "kept/again/checkpoint").is_dir()
    else:
        assert said.startswith(f"{run.path} cannot be trained again: {tmp_path} cannot be written: ")
        assert said.endswith("make room there; nothing of it is kept, which --output would do")
        assert "inklens-" not in said
        assert list(tmp_path.iterdir()) == []
