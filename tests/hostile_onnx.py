"""Model files that are hostile, and what is to be said of them."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from inklens.classifier.onnx_file import check
from inklens.errors import ModelError
from tiny_onnx import build_model


def refused(model: onnx.ModelProto, said: str) -> None:
    with pytest.raises(ModelError, match=said) as caught:
        check(model.SerializeToString())
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


def hostile(nodes: list[onnx.NodeProto], **constants: np.ndarray) -> onnx.ModelProto:
    """The model of a few nodes more, whose last, "more", goes on instead of the convolution's output."""
    model = build_model()
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())
    for place, node in enumerate(nodes, 4):
        model.graph.node.insert(place, node)
    model.graph.node[4 + len(nodes)].input[0] = "more"
    return model


def largest_of(name: str) -> list[onnx.NodeProto]:
    most = helper.make_node("ReduceMax", [name], ["most"], keepdims=0)
    return [most, helper.make_node("Add", ["features", "most"], ["more"])]
