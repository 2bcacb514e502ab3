import json
import os
import shutil

import pytest

from inklens.errors import ModelError
from inklens.serving.model_store import ModelStore
from tiny_onnx import build_model, save


def _without_softmax():
    """A network whose numbers are no probabilities."""
    model = build_model()
    (softmax,) = [node for node in model.graph.node if node.op_type == "Softmax"]
    softmax.op_type = "Identity"
    return model


def test_a_model_that_cannot_answer_is_not_served(tmp_path, caplog):
    path = save(_without_softmax(), tmp_path / "model.onnx")
    with pytest.raises(ModelError, match=r"model\.onnx cannot be used: the network gives numbers"):
        ModelStore({"pets": path})
    save(build_model(), path)
    store = ModelStore({"pets": path})
    before = store.get("pets")
    save(_without_softmax(), path)
    assert store.reload() == []
    assert store.get("pets") is before
    assert "model pets stays as it was" in caplog.text
    path.unlink()
    assert store.reload() == []
    assert store.get("pets") is before


def test_another_run_answers_first_until_another_server_starts(tmp_path):
    for name in ("runs/taught-1", "elsewhere/taught-1", "empty"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("runs/taught-1", "elsewhere/taught-1"):
        save(build_model(), tmp_path / name / "model.onnx")
    given, switch_file = {"taught-1": tmp_path / "elsewhere/taught-1"}, tmp_path / "corrections.served"
    store = ModelStore(given, switch_file, "one")
    with pytest.raises(ModelError):
        store.switch(tmp_path / "empty")
    assert store.switched_to is None
    store.switch(tmp_path / "runs/taught-1")
    assert store.reload() == ["taught-1-taught"]  # the name is taken
    assert store.get().file == tmp_path / "runs/taught-1/model.onnx"
    assert ModelStore(given, switch_file, "one").get().name == "taught-1-taught"  # another worker
    assert ModelStore(given, switch_file, "two").get().name == "taught-1"  # the server was started again
    store.switch(None)
    store.reload()
    assert [model.name for model in store] == ["taught-1"]


def test_layers_are_those_of_the_network_that_answers(tiny_folder, tmp_path):
    path = shutil.copy(tiny_folder / "model.onnx", tmp_path / "model.onnx")
    model = ModelStore({"pets": path}).get()
    os.truncate(path, 0)
    assert model.inner_outputs.metadata.class_names == model.classifier.class_names


def test_figures_that_json_does_not_know_are_none(tiny_folder, tmp_path):
    shutil.copy(tiny_folder / "model.onnx", tmp_path / "model.onnx")
    (tmp_path / "metrics.json").write_text('{"loss": NaN, "accuracy": 0.5}')
    figures = ModelStore({"pets": tmp_path}).get().figures
    assert json.dumps(figures, allow_nan=False) == '{"loss": null, "accuracy": 0.5}'
