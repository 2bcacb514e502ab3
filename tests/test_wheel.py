"""What `pip install` gives: a wheel in an environment of its own, without the source folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def _run(*command: object, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_a_wheel_has_all_that_predicting_and_reporting_need(shared_runs, sample, tmp_path):
    from PIL import Image

    pytest.importorskip("hatchling")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, folder=ROOT)
    [wheel] = tmp_path.glob("inklens-*.whl")
    _run(sys.executable, "-m", "venv", "--without-pip", "fresh", folder=tmp_path)
    python = tmp_path / "fresh/bin/python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    _run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, folder=tmp_path)
    # What Inklens depends on is taken from here; an editable install there does not count.
    site = Path(_run(python, "-c", "import site; print(site.getsitepackages()[0])", folder=tmp_path).strip())
    folders = [path for path in sys.path if Path(path).name == "site-packages"]
    (site / "dependencies.pth").write_text("\n".join(folders), encoding="utf-8")

    command = tmp_path / "fresh/bin/inklens"
    assert "predict" in _run(command, "--help", folder=tmp_path)
    found = _run(python, "-c", "import inklens; print(inklens.__file__)", folder=tmp_path)
    assert Path(found.strip()).is_relative_to(site)
    templates = (f"reporting/report/templates/report.{kind}" for kind in ("html", "css", "js"))
    page = (f"serving/page/{name}" for name in ("index.html", "page.css", "app.js", "text.js"))
    assert all((site / "inklens" / file).is_file() for file in ("py.typed", *templates, *page))
    Image.fromarray(sample.test.batch(slice(0, 1))[0, :, :, 0]).save(tmp_path / "one.png")
    model = shared_runs / "runs/one/model.onnx"
    assert "0" in _run(command, "predict", "one.png", "--model", model, folder=tmp_path).split()
    counted = _run(python, "-c", "import inklens; print(len(inklens.load('sample').train))", folder=tmp_path)
    assert counted == "4000\n"
