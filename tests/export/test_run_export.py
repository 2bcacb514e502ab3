import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from scipy.special import softmax

from command_line import refusal
from inklens.classifier import ModelMetadata
from inklens.errors import ExportError, ModelError, OptionError, RunError
from inklens.export import FORMATS, ValidationOutputs, export_run, onnx_format, tflite_format
from inklens.export.run_export import write_proved
from inklens.export.validation_outputs import proof_rows
from inklens.recipes import Recipe
from inklens.run_folder import RunFolder
from inklens.training import train


def metadata_of(path) -> ModelMetadata:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return ModelMetadata.from_json(session.get_modelmeta().custom_metadata_map["inklens"])


def test_training_leaves_a_model_file_that_knows_the_run(trained, sample):
    known = metadata_of(trained.folder.onnx)
    said = trained.metrics["confidence"]
    assert known.class_names == sample.class_names
    assert known.pixels == sample.spec
    assert known.kind == "writing"
    assert known.temperature == said["temperature"] != 1
    assert known.thresholds.id_score == said["id_score_threshold"]
    assert known.thresholds.coverage == said["validation"]["coverage"]
    assert dict(known.data) == {"name": sample.name, "fingerprint": sample.fingerprint}
    assert Recipe.from_dict(known.recipe) == trained.recipe


def test_its_probabilities_are_the_calibrated_ones_of_the_predictions_file(trained, sample):
    session = onnxruntime.InferenceSession(trained.folder.onnx, providers=["CPUExecutionProvider"])
    probabilities = session.run(["probabilities"], {"pixels": sample.test.batch(slice(0, 50))})[0]
    rows = trained.folder.predictions.read_text().splitlines()[1:51]
    written = [[float(share) for share in row.split(",")[5:]] for row in rows]
    assert probabilities == pytest.approx(np.array(written), abs=2e-5)


def test_a_run_trained_in_bfloat16_exports_float32(small_digits, tmp_path):
    recipe = Recipe(network="conv5x5", epochs=1, batch_size=64, precision="bfloat16")
    model = onnx.load(train(small_digits, recipe, output=tmp_path, report=False).folder.onnx)
    types = {weights.data_type for weights in model.graph.initializer}
    assert types <= {onnx.TensorProto.FLOAT, onnx.TensorProto.INT64, onnx.TensorProto.INT32}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written_and_proved(folder, name):
    path, proof = export_run(folder, name)
    assert path == folder.path / FORMATS[name].file
    assert path.exists()
    assert proof.images == 144
    assert proof.largest_difference <= 1e-5
    beside = path.with_name(f"{path.name}.json")
    assert beside.exists() == (name != "onnx")
    if name != "onnx":
        assert ModelMetadata.from_json(beside.read_text()) == metadata_of(folder.onnx)


EXPORT_ALL = """
import sys
from inklens.datasets import load, stratified_split
from inklens.datasets.dataset import Dataset
from inklens.export import FORMATS, export_run
from inklens.recipes import Recipe
from inklens.training import train
whole = load("sample")
few, _ = stratified_split(whole.train, 3000, 0)
data = Dataset("few", whole.kind, whole.class_names, whole.spec, few, whole.test, None, "")
run = train(data, Recipe(network="convnet-small", epochs=1, batch_size=100), output="runs", report=False)
for name in list(FORMATS)[1:]:  # the training wrote and proved the first
    print(export_run(run.folder, name)[0].name)
assert run.folder.read_json(run.folder.environment)["backend"] == sys.argv[0]
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_run_of_another_backend_exports_in_every_format(on_backend, backend):
    code = EXPORT_ALL.replace("sys.argv[0]", repr(backend))
    assert on_backend(backend, code).split() == [each.file for each in list(FORMATS.values())[1:]]


def test_a_calibrated_keras_file_loads_with_plain_keras_on_another_backend(folder, on_backend, tmp_path):
    export_run(folder, "keras")
    outputs = ValidationOutputs.read(folder)
    np.save(tmp_path / "images.npy", outputs.images)
    on_backend(
        "jax",
        f"import keras, numpy as np; n = keras.models.load_model({str(folder.path / 'calibrated.keras')!r});"
        "np.save('p.npy', n.predict_on_batch(np.load('images.npy')))",
    )
    temperature = folder.read_json(folder.metrics)["confidence"]["temperature"]
    expected = softmax(outputs.logits[proof_rows(len(outputs.logits))] / temperature, axis=1)
    assert np.load(tmp_path / "p.npy") == pytest.approx(expected, abs=1e-5)


def too_sure(ensemble, metadata):
    return ensemble, replace(metadata, temperature=metadata.temperature / 2)


@pytest.mark.parametrize("module", [onnx_format, tflite_format])
def test_a_file_that_says_something_else_is_not_kept_nor_its_metadata(trained, folder, spoil, module):
    spoil(module, too_sure)
    name = module.__name__.split(".")[-1].removesuffix("_format")
    images = ValidationOutputs.read(folder).images
    wrong = folder.path / f"wrong-{FORMATS[name].file}"
    with pytest.raises(ExportError, match=r"differ by up to \d\.\de-0\d \(expected at most 1e-05\)") as error:
        write_proved(trained.ensemble, metadata_of(folder.onnx), images, name, wrong)
    assert error.value.exit_code == 4
    assert not list(folder.path.glob("*wrong*")) + list(folder.path.glob(".partial*"))


def test_a_training_whose_export_fails_is_kept_without_the_file(small_digits, tmp_path, spoil):
    spoil(onnx_format, too_sure)
    recipe = Recipe(network="conv5x5", epochs=1, batch_size=64)
    with pytest.raises(ExportError):
        train(small_digits, recipe, output=tmp_path, report=False, name="run")
    run = RunFolder.open(tmp_path / "run")
    assert run.status()["state"] == "done"
    assert "differ by up to" in run.status()["detail"]["export"]
    assert run.model.exists()
    assert not run.onnx.exists()


def test_a_max_error_chooses_the_threshold_anew(folder):
    before = metadata_of(folder.onnx).thresholds
    export_run(folder, max_error=0.01)
    after = metadata_of(folder.onnx).thresholds
    assert (before.max_error, before.probability) == (None, None)
    assert after.max_error == 0.01
    assert 0 < after.probability < 1
    assert after.coverage < before.coverage


def test_the_max_error_of_the_training_is_kept_by_an_export(small_digits, tmp_path):
    recipe = Recipe(network="conv5x5", epochs=1, batch_size=64, validation_split=1000)
    run = train(small_digits, recipe, output=tmp_path, report=False, max_error=0.05)
    said = run.metrics["confidence"]
    assert said["max_error"] == 0.05
    assert said["validation"]["error"] < 0.05
    export_run(run.folder)
    assert metadata_of(run.folder.onnx).thresholds.probability == said["probability_threshold"]


def test_a_max_error_out_of_reach_leaves_a_note_and_the_run(small_digits, tmp_path):
    recipe = Recipe(network="conv5x5", epochs=1, batch_size=64, learning_rate=1e-6, validation_split=1000)
    said = train(small_digits, recipe, output=tmp_path, report=False, max_error=0.001).metrics["confidence"]
    assert said["max_error"] is None
    assert "max error 0.1% is out of reach" in said["note"]


def test_a_max_error_that_cannot_be_shown_is_refused_before_training(small_digits, tmp_path):
    with pytest.raises(OptionError, match="cannot be shown on 400 validation images"):
        train(small_digits, Recipe(validation_split=400), output=tmp_path, report=False, max_error=0.001)
    assert not any(tmp_path.iterdir())


def test_nothing_is_fitted_on_the_test_set(small_digits, tmp_path):
    recipe = Recipe(network="conv5x5", epochs=1, batch_size=64, validation_data="test")
    with pytest.raises(OptionError, match="exclude each other"):
        train(small_digits, recipe, output=tmp_path, report=False, max_error=0.01)
    run = train(small_digits, recipe, output=tmp_path, report=False)
    known = metadata_of(run.folder.onnx)
    assert known.temperature == 1
    assert known.thresholds.id_score is None
    assert "validated on the test set" in run.metrics["confidence"]["note"]
    with pytest.raises(OptionError, match="validated on the test set"):
        export_run(run.folder, max_error=0.01)


def test_a_folder_that_is_no_saved_model_is_not_replaced(folder, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(RunError, match=r"is there and has no saved_model\.pb"):
        export_run(folder, "saved_model", output=tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_a_run_without_its_validation_outputs_is_refused(folder):
    folder.validation.write_bytes(b"PK cut")
    with pytest.raises(RunError, match=r"validation\.npz is damaged"):
        export_run(folder)
    folder.validation.unlink()
    with pytest.raises(RunError, match=r"validation\.npz is not there"):
        export_run(folder)


def test_a_hostile_network_in_a_run_is_refused_in_the_child(folder):
    folder.model.write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(ModelError, match=r"model\.keras is no \.keras file, or is damaged"):
        export_run(folder, "keras")


def test_the_command_says_what_was_proved_and_where_the_file_is(folder, inklens):
    done = inklens("export", folder.path, "--max-error", "1%", "--output", "digits.onnx")
    assert done.returncode == 0, done.stderr
    assert "on 144 held-out images at batch sizes 1, 7, 64: the same labels" in done.stdout
    assert done.stdout.splitlines()[-1] == "onnx       digits.onnx"
    done = inklens("export", folder.path, "--format", "keras", "--output", "digits.keras")
    assert done.stdout.splitlines()[-2:] == ["metadata   digits.keras.json", "keras      digits.keras"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "coreml"], "unknown format 'coreml': expected one of onnx, tflite, saved_model, keras"),
        (["--format", "tflit"], "unknown format 'tflit': did you mean 'tflite'? expected one of onnx"),
        (["--max-error", "5"], "max error '5' cannot be used: expected a share above 0 and below 1"),
        (["--max-error", "low"], "max error 'low' cannot be used"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(folder, inklens, options, message):
    assert message in refusal(inklens("export", folder.path, *options))


def test_the_model_file_has_standard_operators_only(trained):
    model = onnx.load(trained.folder.onnx)
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 18)]
    assert {node.domain for node in model.graph.node} == {""}
    assert json.loads(model.metadata_props[0].value)["format"] == 3


def test_validation_outputs_of_a_former_version_are_refused(folder):
    outputs = ValidationOutputs.read(folder)
    former = {"logits": outputs.logits, "labels": outputs.labels, "images": outputs.images}
    np.savez(folder.validation, version=2, **former)
    with pytest.raises(
        RunError, match=r"validation\.npz is of another version of Inklens; train the run again"
    ):
        export_run(folder, "onnx")
