import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inklens.classifier import Classifier

PAGE = Path(__file__).parents[2] / "docs" / "predict.md"


def test_the_five_lines_run_and_say_what_inklens_says(trained, sample, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    [lines] = [block for block in blocks if "onnxruntime" in block]
    assert len([line for line in lines.splitlines() if line]) == 5
    shutil.copy(trained.folder.onnx, tmp_path / "model.onnx")
    pixels = sample.test.batch(slice(0, 3))
    np.save(tmp_path / "pixels.npy", pixels)
    done = subprocess.run(
        [sys.executable, "-c", lines + "\nimport sys; assert not {'keras', 'inklens'} & set(sys.modules)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    label, probability, id_score = done.stdout.split()
    answer = Classifier.open(trained.folder.onnx).predict_framed(pixels)
    assert label == answer.class_names[answer.indices[0]]
    assert float(probability) == pytest.approx(answer.probabilities[0].max(), abs=1e-6)
    assert float(id_score) == pytest.approx(answer.id_score[0], abs=1e-4)
