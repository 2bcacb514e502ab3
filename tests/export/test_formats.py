import importlib.util

import pytest

from inklens.errors import MissingPackageError, OptionError
from inklens.export import require


def test_an_unknown_format_is_refused_with_the_known_ones():
    with pytest.raises(
        OptionError, match="unknown format 'pb': expected one of onnx, tflite, saved_model, keras"
    ):
        require("pb")


@pytest.mark.parametrize(
    ("name", "package", "line"),
    [
        ("onnx", "tf2onnx", r"needs the package tf2onnx.*: pip install 'inklens\[train\]'"),
        ("tflite", "ai_edge_litert", r"needs the package ai-edge-litert.*: pip install 'inklens\[tflite\]'"),
        ("keras", "tensorflow", r"needs the package tensorflow.*: pip install 'inklens\[train\]'"),
    ],
)
def test_a_package_that_is_missing_is_named_with_its_pip_line(monkeypatch, name, package, line):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda asked: None if asked == package else find(asked))
    with pytest.raises(MissingPackageError, match=line):
        require(name)
