"""The house of rooms: who may import whom, and which library lives in which room."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import inklens

SOURCE = Path(inklens.__file__).parent
# A room may import only rooms above it.
ROOMS = [
    "lazy",
    "errors",
    "pixels",
    "datasets",
    "networks",
    "runs",
    "evaluation",
    "explanation",
    "classifier",
    "export",
    "reporting",
    "training",
    "reading",
    "serving",
    "cluster",
    "cli",
]
FENCES = {
    "cv2": {"pixels", "evaluation", "reading", "training"},
    "PIL": {"pixels"},
    "keras": {"networks", "explanation", "export", "training"},
    "tensorflow": {"networks", "explanation", "export", "training"},
    "jax": {"training"},
    "torch": {"training"},
    "sklearn": {"datasets", "evaluation"},
    "cleanlab": {"evaluation"},
    "pooch": {"datasets"},
    "mlxtend": {"datasets"},
    "onnxruntime": {"classifier", "export"},
    "onnx": {"classifier", "export"},
    "google": {"classifier"},
    "tf2onnx": {"export"},
    "matplotlib": {"reporting"},
    "jinja2": {"reporting"},
    "markupsafe": {"reporting"},
    "tensorboard": {"training"},
    "typer": {"cli"},
    "rich": {"cli"},
    "fastapi": {"serving"},
    "ray": {"cluster"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def _room(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def _imports(file: Path, *, runtime_only: bool = True) -> Iterator[str]:
    """Every module that a file imports, lazily or not; what is only for type checkers is left out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_checkers = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if runtime_only and id(node) in for_checkers:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_room_imports_only_rooms_above_it(file):
    room = _room(file)
    if room in ("__init__", "__main__"):
        return  # the front door opens every room, lazily
    for module in _imports(file, runtime_only=False):
        parts = module.split(".")
        if parts[0] == "inklens" and parts[1] in ROOMS:
            assert ROOMS.index(parts[1]) <= ROOMS.index(room), f"{room} imports {module}, which is below it"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_library_stays_in_its_rooms(file):
    for module in _imports(file):
        library = module.split(".")[0]
        assert _room(file) in FENCES.get(library, {_room(file)}), f"{_room(file)} imports {library}"


def test_every_room_is_on_the_plan():
    assert {_room(file) for file in FILES} - {"__init__", "__main__"} <= set(ROOMS)


def test_the_fence_sees_a_crossing(tmp_path):
    file = tmp_path / "crossing.py"
    file.write_text("def f():\n    import keras\n    from inklens import cli\n")
    assert list(_imports(file)) == ["keras", "inklens.cli"]


LIGHT = """
import sys
import {module}
heavy = {{"keras", "tensorflow", "jax", "torch", "matplotlib", "sklearn", "pandas", "cv2"}} & set(sys.modules)
print(sorted(heavy))
"""


@pytest.mark.parametrize("module", ["inklens", "inklens.cli", "inklens.datasets", "inklens.training.recipe"])
def test_importing_loads_no_framework(module):
    code = LIGHT.format(module=module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_resolves_and_is_documented():
    for name in inklens.__all__:
        assert getattr(inklens, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = inklens.nothing
