"""What the benchmarks make of their measurements; the measurements themselves are made by hand."""

import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def beside(monkeypatch):
    """Each script stands alone and finds its neighbours."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("accuracy", "document", "limit", "process", "record", "scaling", "time_to_accuracy"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_the_page_of_benchmarks_is_what_the_results_say():
    import document

    written = document.PAGE.read_text(encoding="utf-8")
    assert written == document.page(), "run python benchmarks/document.py"


def test_a_training_that_was_measured_in_part_is_scaled_and_says_so():
    from time_to_accuracy import EPOCHS, whole

    part = whole("torch", {"ends": [0.0, 5.0, 7.0, 9.0], "accuracy": 0.9, "epochs": 3})
    assert part["scaled"]
    assert part["measured_seconds"] == 9
    assert part["seconds"] == 9 + 11 * 2
    assert part["accuracy_after_epochs"] == 3
    ends = [float(end) for end in range(EPOCHS["torch"] + 1)]
    full = whole("torch", {"ends": ends, "accuracy": 0.9, "epochs": EPOCHS["torch"]})
    assert not full["scaled"]
    assert full["seconds"] == full["measured_seconds"] == EPOCHS["torch"]


def test_the_first_layers_input_gradient_is_no_work():
    from inklens.networks import build
    from inklens.networks.backends import select_backend
    from limit import operations

    select_backend("tensorflow")
    first, dense, logits = 24 * 24 * 5 * 5 * 32, 12 * 12 * 32 * 128, 128 * 10
    network = build("conv5x5", (28, 28, 1), 10)
    assert operations(network) == 2 * (2 * first + 3 * dense + 3 * logits)


def test_memory_is_judged_against_the_datas_own_bytes():
    from scaling import _memory

    assert _memory({10_000: 300.0}) == {}
    kept = _memory({60_000: 500.0, 600_000: 1000.0})
    assert kept["kept"]
    assert kept["allowed_mb"] == pytest.approx(600_000 * 784 / 2**20 + 600)
    assert not _memory({60_000: 500.0, 600_000: 1100.0})["kept"]


@pytest.mark.parametrize("preset", ["fast", "committee"])
def test_a_part_is_measured_again_when_recipe_data_or_seed_are_others(preset):
    from accuracy import measured
    from inklens.recipes import recipe_for

    recipe = json.loads(json.dumps(recipe_for(preset, seed=1).to_dict()))
    part = {"seed": 1, "accuracy": 0.9, "recipe": recipe}
    known = {"data": {"fingerprint": "a"}, "machine": {"cores": 2}, "versions": {}, "runs": [part]}
    taken = measured(known, preset, 1, "a")
    assert taken == {**part, "machine": {"cores": 2}, "versions": {}}
    assert measured(known, preset, 0, "a") is None
    assert measured(known, preset, 1, "b") is None
    assert measured({}, preset, 1, "a") is None
    one = next(iter(recipe["members"].values())) if "members" in recipe else recipe
    one.pop("weight_averaging")  # of the time before there was any, which is to say without
    assert measured(known, preset, 1, "a") == taken
    one.pop("tta")  # without views, which is not what the presets are today
    assert measured(known, preset, 1, "a") is None
    one["tta"] = recipe_for("fast" if preset == "fast" else "accurate").to_dict()["tta"]
    assert measured(known, preset, 1, "a") is not None
    one["epochs"] += 1
    assert measured(known, preset, 1, "a") is None
    one["no_longer_there"] = 1
    assert measured(known, preset, 1, "a") is None
    del part["recipe"]
    assert measured(known, preset, 1, "a") is None


def test_what_the_results_have_of_todays_recipe_is_not_trained_again(monkeypatch, capsys, tmp_path):
    import accuracy
    import record
    from inklens.recipes import recipe_for

    monkeypatch.setattr(record, "RESULTS", tmp_path)
    part = {"accuracy": 0.95, "loss": 0.1, "training_seconds": 3.0, "date": "2026-01-02T03:04:05"}
    data = accuracy.inklens.load("sample")
    runs = [{"seed": seed, "recipe": recipe_for("fast", seed=seed).to_dict(), **part} for seed in (0, 1)]
    known = {"data": {"fingerprint": data.fingerprint}, "runs": runs}
    record.write("accuracy-sample-fast", known)
    command = ["accuracy.py", "--data", "sample", "--seeds", "2", "--runs", str(tmp_path / "runs")]
    monkeypatch.setattr(sys, "argv", command)
    accuracy.main()
    said = capsys.readouterr().out
    assert said.count("95.00 %, measured on 2026-01-02") == 2
    written = record.read("accuracy-sample-fast")
    assert written["mean_accuracy"] == 0.95
    assert [run["versions"] for run in written["runs"]] == [written["versions"]] * 2
    assert not (tmp_path / "runs").exists()


def test_a_part_of_times_is_kept_for_this_machine_this_recipe_and_this_size(tmp_path, monkeypatch):
    import record
    from inklens.recipes import Recipe

    recipe, other = Recipe(), Recipe(epochs=9)
    file = tmp_path / "parts/one.json"
    assert record.kept(file, [], recipe, images=10) is None
    part = record.keep(file, {"images": 10, "seconds": 1.5, "recipe": recipe.to_dict()})
    assert record.kept(file, [], recipe, images=10) == part
    assert record.kept(file, [], other, images=10) is None
    assert record.kept(file, [], recipe, images=20) is None
    file.unlink()
    assert record.kept(file, [{"images": 20}, part], recipe, images=10) == part
    assert record.kept(file, [part], None, images=10) == part
    monkeypatch.setattr(record, "machine", lambda: {"processor": "another"})
    assert record.kept(file, [part], recipe, images=10) is None


@pytest.mark.parametrize("script", ["accuracy", "limit", "scaling", "time_to_accuracy"])
def test_a_try_writes_no_result(script):
    source = (BENCHMARKS / f"{script}.py").read_text(encoding="utf-8")
    assert source.count("record.write(") == 1
    assert "if not given.dry:\n        record.write(" in source
