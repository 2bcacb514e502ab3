"""A real network in ONNX, made by hand: a convolution, a dense layer, a temperature, a softmax."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from inklens.classifier import METADATA_KEY, ModelMetadata
from inklens.evaluation import Thresholds
from inklens.pixels import PixelSpec

CLASSES = ("cat", "dog", "owl")
SPEC = PixelSpec(8, 8, 1)


def metadata(spec: PixelSpec = SPEC, thresholds: Thresholds | None = None, **changes) -> ModelMetadata:
    fields = {
        "class_names": CLASSES,
        "kind": "things",
        "pixels": spec,
        "inklens": "0.1.0",
        "thresholds": thresholds or Thresholds(),
        "recipe": {"preset": "fast"},
        "data": {"name": "pets", "fingerprint": "ab12"},
    }
    return ModelMetadata(**{**fields, **changes})


def build_model(spec: PixelSpec = SPEC, thresholds: Thresholds | None = None) -> onnx.ModelProto:
    height, width, channels = spec.shape
    random = np.random.default_rng(4)
    kernel = random.normal(size=(4, channels, 3, 3)).astype(np.float32)
    dense = random.normal(size=(4 * (height - 2) * (width - 2), 3)).astype(np.float32) / 4
    nodes = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "scale"], ["shares"]),
        helper.make_node("Transpose", ["shares"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "kernel"], ["features"]),
        helper.make_node("Relu", ["features"], ["positive"]),
        helper.make_node("Flatten", ["positive"], ["flat"]),
        helper.make_node("Gemm", ["flat", "dense"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
        helper.make_node("ReduceLogSumExp", ["logits", "axis"], ["id_score"], keepdims=0),
    ]
    arrays = {
        "scale": np.array(1 / 255, np.float32),
        "kernel": kernel,
        "dense": dense,
        "axis": np.array([1], np.int64),
    }
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", *spec.shape])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 3]),
            helper.make_tensor_value_info("id_score", TensorProto.FLOAT, ["N"]),
        ],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, {METADATA_KEY: metadata(spec, thresholds).to_json()})
    return model


def save(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path
