from pathlib import Path

import pytest

from tiny_onnx import build_model, save


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    return save(build_model(), tmp_path / "model.onnx")
