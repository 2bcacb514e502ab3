"""What the benchmarks make of their measurements; the measurements themselves are made by hand."""

import ast
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
SCRIPTS = sorted(path.stem for path in BENCHMARKS.glob("*.py"))


@pytest.fixture(autouse=True)
def on_path(monkeypatch):
    """The scripts import one another by their bare names."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in SCRIPTS:
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_imports_only_what_inklens_has(script):
    from inklens.networks.backends import select_backend

    select_backend("tensorflow")
    tree = ast.parse((BENCHMARKS / f"{script}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("inklens"):
            module = import_module(str(node.module))
            for name in node.names:
                assert hasattr(module, name.name), f"{node.module} has no {name.name}"


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


@pytest.mark.slow
def test_the_cost_of_checkpoints_is_measured_of_a_preset_that_validates_on_the_test_set(monkeypatch):
    from checkpoint_cost import measured
    from process import in_child

    for name in ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL"):  # which in_child changes
        monkeypatch.setenv(name, os.environ.get(name, ""))
    found = in_child(measured, "tutorial-c", "sample", 1, 60.0)
    assert found["written"] > 0
    assert 0 < found["checkpoints_s"] < found["training_s"]


def test_the_first_layers_input_gradient_is_no_work():
    from inklens.networks import build
    from inklens.networks.backends import select_backend
    from limit import operations

    select_backend("tensorflow")
    first, dense, logits = 24 * 24 * 5 * 5 * 32, 12 * 12 * 32 * 128, 128 * 10
    network = build("conv5x5", (28, 28, 1), 10)
    assert operations(network) == 2 * (2 * first + 3 * dense + 3 * logits)


@pytest.mark.parametrize("preset", ["fast", "committee"])
def test_what_a_result_has_of_todays_recipe_and_data_is_not_trained_again(
    preset, monkeypatch, capsys, tmp_path
):
    import accuracy
    import record

    monkeypatch.setattr(record, "RESULTS", tmp_path)
    part = {"accuracy": 0.95, "loss": 0.1, "training_seconds": 3.0, "date": "2026-01-02T03:04:05"}
    data = accuracy.inklens.load("sample")
    recipes = [record.concrete(preset, data, seed=seed).to_dict() for seed in (0, 1)]
    runs = [{"seed": seed, "recipe": recipe, **part} for seed, recipe in enumerate(recipes)]
    name = f"accuracy-sample-{preset}"
    record.write(name, {"data": {"fingerprint": data.fingerprint}, "runs": runs})
    command = ["accuracy.py", "--preset", preset, "--data", "sample", "--seeds", "2"]
    monkeypatch.setattr(sys, "argv", [*command, "--runs", str(tmp_path / "runs")])
    accuracy.main()
    assert capsys.readouterr().out.count("95.00%, measured on 2026-01-02") == 2
    written = record.read(name)
    assert written["mean_accuracy"] == 0.95
    assert [run["versions"] for run in written["runs"]] == [written["versions"]] * 2
    assert not (tmp_path / "runs").exists()


def test_a_part_of_another_recipe_seed_or_data_is_measured_again():
    import record
    from accuracy import measured
    from inklens.recipes import Recipe

    recipe = Recipe(seed=1)
    part = {"seed": 1, "recipe": json.loads(json.dumps(recipe.to_dict()))}
    known = {"data": {"fingerprint": "a"}, "machine": {}, "versions": {}, "runs": [part]}
    assert measured(known, recipe, 1, "a") == {**part, "machine": {}, "versions": {}}
    assert measured(known, recipe, 0, "a") is None
    assert measured(known, recipe, 1, "b") is None
    assert measured({}, recipe, 1, "a") is None
    assert measured(known, Recipe(seed=1, epochs=9), 1, "a") is None
    assert measured(known, recipe, 1, "a", "of a teacher") is None
    of_a_former_format = {**part["recipe"], "no_longer_there": 1}
    assert not record.is_of(recipe, of_a_former_format)


@pytest.mark.backends
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_benchmark_of_an_accelerator_runs_on_a_cpu(backend):
    few = {"epochs": 1, "network": "conv5x5", "minimum_steps": 0, "stroke_variants": 0.0, "outliers": 0.0}
    options = ("--data", "sample", "--backends", backend, "--presets", "fast", "--options", json.dumps(few))
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "accelerator.py", *options, "--dry"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (measured,) = [ast.literal_eval(line) for line in done.stdout.splitlines()]
    assert measured.get("failed") is None
    assert measured["accuracy"] > 0.5
    assert 0 <= measured["compile"] < measured["whole"]
    assert 0 < measured["training_without_compile"] <= measured["training"]
    assert measured["model_file"]


def test_the_parts_of_a_training_step_are_timed_beside_their_matrix_products():
    from step_time import measure

    found = measure("tutorial-c", "float32", 0.0, "sample")
    assert found["network"] == "conv5x5"
    parts = {(row["layer"].rstrip("_0123456789"), row["part"]) for row in found["layers"] if "gflops" in row}
    assert ("dense", "gradient to input") in parts
    assert len(parts) == 2 + 3 + 3  # the first convolution has no gradient to its input
    assert all(row["product_ms"] > 0 for row in found["layers"] if "gflops" in row)
    assert found["step"]["whole step"]["share"] == 1


def test_cases_of_other_hands_have_the_digits_they_say_and_come_again_with_the_same_seed(digits):
    from other_hands import KINDS, cases

    for kind, (_, of, becomes) in KINDS.items():
        pictures, labels = cases(digits.train.whole(), digits.train.labels, kind, each=1)
        assert {*labels.tolist()} == ({*of} if becomes is None else {becomes})
        assert len(pictures) == len(labels) == (5 if len(of) == 1 else len(of))
        for picture in pictures:
            assert picture.dtype == "uint8"
            assert picture.ndim == 2
            assert picture.min() < 0.85 * picture.max()  # ink on lighter paper
        again, _ = cases(digits.train.whole(), digits.train.labels, kind, each=1)
        assert all((one == other).all() for one, other in zip(pictures, again, strict=True))


def test_what_is_drawn_for_another_hand_lies_where_it_belongs(digits):
    import cv2
    import numpy as np

    from other_hands import Digit, curled_nine, looped_nine, square

    one, three = np.zeros((2, 28, 28, 1), np.uint8)
    one[4:24, 13:16] = 255
    three[4:7, 8:18] = three[12:15, 8:18] = three[21:24, 8:18] = three[4:24, 16:19] = 255
    random = np.random.default_rng(0)
    plain = Digit(one).crop(2)
    curled = curled_nine(Digit(one), random)
    assert curled.shape[1] > 1.5 * plain.shape[1]  # the curl reaches to the left of the stem
    looped = looped_nine(Digit(three), random)
    grounds = cv2.connectedComponents(np.pad(looped < 0.5, 1, constant_values=True).view(np.uint8))[0] - 1
    assert grounds == 2  # around it, and in the loop
    assert square(Digit(three), random).shape == (16, 16)


@pytest.mark.parametrize("changed", [None, "machine", "versions", "recipe", "peer"])
def test_seeds_of_another_machine_other_versions_or_another_recipe_are_not_taken_over(
    changed, monkeypatch, tmp_path
):
    import record
    import things_peers

    monkeypatch.setattr(record, "RESULTS", tmp_path)
    versions = {"example": {"keras": "3"}, "resnet20": {"keras": "3"}, "yolo": {"ultralytics": "8"}}
    recipe = things_peers.recipe_for("fast").to_dict()
    names = [f"{peer}-{size}" for peer, sizes in things_peers.SIZES.items() for size in sizes]
    of_peers = {name: {"accuracy": 0.1, "versions": versions[name.partition("-")[0]]} for name in names}
    runs = [{"inklens": {"accuracy": 0.8}, **of_peers}]
    record.write("things_peers", {"recipe": recipe, "runs": runs, "load_before": [[0, 0, 0]]})
    path = tmp_path / "things_peers.json"
    kept = json.loads(path.read_text())
    if changed == "peer":
        kept["runs"][0]["yolo-64"]["versions"] = {"ultralytics": "7"}
    elif changed is not None:
        kept[changed] = {**kept[changed], "cores": 99}
    path.write_text(json.dumps(kept))
    measured = []

    def measure(seed, *pythons):
        measured.append(seed)
        return runs[0]

    monkeypatch.setattr(things_peers, "measured", measure)
    monkeypatch.setattr(
        things_peers, "peer_versions", lambda python, package: {package: {"keras": "3"}.get(package, "8")}
    )
    monkeypatch.setattr(sys, "argv", ["things_peers.py", "--keras", "k", "--yolo", "y", "--seeds", "2"])
    things_peers.main()
    assert measured == ([1] if changed is None else [0, 1])
    assert len(record.read("things_peers")["runs"]) == 2


def test_the_version_of_a_package_in_another_environment_is_read_there():
    from importlib.metadata import version

    from things_peers import peer_versions

    assert peer_versions(Path(sys.executable), "numpy") == {"numpy": version("numpy")}


@pytest.mark.parametrize(
    ("preset", "expected"), [("fast", None), ("committee", None), ("distilled", "runs/x")]
)
def test_on_an_accelerator_the_teacher_is_that_of_distilled_alone(preset, expected, monkeypatch):
    import accelerator

    class Begun(Exception):
        pass

    def begin(data, recipe, **options):
        raise Begun(options["teacher"])

    monkeypatch.setattr(accelerator.inklens, "train", begin)
    monkeypatch.setattr(accelerator, "writes_model_files", lambda: True)
    asked = {"preset": preset, "backend": "torch", "seed": 0, "data": "sample", "options": {}, "runs": None}
    with pytest.raises(Begun) as begun:
        accelerator.trained({**asked, "teacher": "runs/x"})
    assert begun.value.args == (expected,)
