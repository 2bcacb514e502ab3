"""The notebook of the tutorials: its cells run in order, and its pictures are saved in it."""

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parent.parent / "examples" / "tutorials.ipynb"


def test_the_notebook_runs_from_top_to_bottom(tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    said = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()) if output
    )
    assert "592,074" in said
    assert (tmp_path / "runs/tutorial/model.onnx").is_file()


def test_the_notebook_is_small_and_has_its_pictures():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 400_000
    cells = json.loads(text)["cells"]
    pictures = [
        output
        for cell in cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", ())
    ]
    assert len(pictures) >= 5
    assert "/work/" not in text
    assert "/home/" not in text
