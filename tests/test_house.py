"""The house of rooms: who may import whom, and which library lives in which room."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import inklens
from inklens.cli import COMMANDS

SOURCE = Path(inklens.__file__).parent
# A room may import only rooms above it.
ROOMS = [
    "lazy",
    "errors",
    "choices",
    "printable",
    "paths",
    "atomic_file",
    "pixels",
    "datasets",
    "networks",
    "recipes",
    "run_folder",
    "evaluation",
    "explanation",
    "classifier",
    "export",
    "reporting",
    "run",
    "training",
    "audit",
    "reading",
    "teaching",
    "serving",
    "cluster",
    "cli",
]
# A library of this table is imported in no other room.
LIBRARIES = {
    "pixels": {"cv2", "PIL", "pillow_heif"},
    "datasets": {"sklearn", "pooch", "mlxtend", "pyarrow"},
    "networks": {"keras", "tensorflow", "jax", "torch", "scipy"},
    "recipes": {"pydantic"},
    "evaluation": {"scipy", "sklearn"},
    "explanation": {"keras", "tensorflow"},
    "classifier": {"onnxruntime", "onnx", "google", "pyarrow"},
    "export": {"keras", "tensorflow", "onnxruntime", "onnx", "tf2onnx"},
    "reporting": {"matplotlib", "jinja2", "markupsafe"},
    "run": {"keras"},
    "training": {"cv2", "filelock", "keras", "tensorflow", "tensorboard"},
    "audit": {"cv2", "cleanlab"},
    "reading": {"cv2", "pypdfium2"},
    "teaching": {"filelock", "sqlite3"},
    "serving": {"starlette", "uvicorn", "prometheus_client"},
    "cluster": {"ray", "optuna", "pyarrow", "fsspec"},
    "cli": {"typer", "rich"},
}
# Each of the rooms inside a room may import those before it, and the room's own files any of them.
FLOORS = {
    "reading": ["paper", "pieces", "numbers", "form"],
    "training": ["loop", "examples", "committee"],
}
LONGEST_FILE, MOST_MODULES = 400, 15
# Words of ours that this field does not know, or that say nothing about what a file or a class holds.
BANNED = re.compile(
    r"judg\w*|strangers?|other_forms|neighbours|conductor|\belection|(?-i:gather)\w*|suspici\w*", re.I
)
BANNED_NAMES = {
    "forms", "neighbours", "views", "fitting", "finishing", "feed", "deadline", "describing", "Asked",
    "Parts", "draws", "wire", "work", "guard", "candidates", "Candidate", "suspicion", "Sight", "ahead",
    "Reject", "known",
}  # fmt: skip
FILES = sorted(SOURCE.rglob("*.py"))


@cache
def _nodes(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def _room(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def _module(file: Path) -> str:
    return ".".join(("inklens", *file.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


@cache
def _imports(file: Path, *, runtime_only: bool = True) -> list[str]:
    """Every name that a file imports, lazily or not; what is only for type checkers is left out."""
    for_checkers = {
        id(inner)
        for node in _nodes(file)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = []
    for node in _nodes(file):
        if runtime_only and id(node) in for_checkers:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def test_a_room_imports_only_rooms_above_it():
    for file in FILES:
        room = _room(file)
        if room in ("__init__", "__main__"):
            continue  # the front door opens every room, lazily
        for module in _imports(file, runtime_only=False):
            package, other = f"{module}.".split(".")[:2]
            if package == "inklens" and other in ROOMS:
                assert ROOMS.index(other) <= ROOMS.index(room), f"{file} imports {module}, which is below it"


def test_a_library_stays_in_its_rooms():
    for file in FILES:
        libraries = {module.split(".")[0] for module in _imports(file)} & set().union(*LIBRARIES.values())
        assert libraries <= LIBRARIES.get(_room(file), set()), f"{file} imports {libraries}"


def test_no_process_is_looked_for_by_a_signal():
    """Signal 0 only asks on Unix; on Windows it is Ctrl-C. A lock asks on both."""
    for file in FILES:
        calls = [node for node in _nodes(file) if isinstance(node, ast.Call)]
        kills = [call.args for call in calls if ast.unparse(call.func) == "os.kill"]
        assert not [args for args in kills if ast.unparse(args[1]) == "0"], file


def _targets(file: Path, modules: set[str]) -> set[str]:
    """The modules of ours that a file imports when it is run, also inside functions; not lazy names."""
    found = set()
    for name in _imports(file):
        while name and name not in modules:
            name = name.rpartition(".")[0]
        if name and name != _module(file):
            found.add(name)
    return found


def test_no_files_import_each_other_in_a_circle():
    modules = {_module(file): file for file in FILES}
    imports = {name: _targets(file, set(modules)) for name, file in modules.items()}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(reversed(error.args[1]))}")


@pytest.mark.parametrize("room", FLOORS)
def test_the_rooms_inside_a_room_import_those_before_them(room):
    floors = FLOORS[room]
    for floor in floors:
        for file in (SOURCE / room / floor).rglob("*.py"):
            for module in _imports(file, runtime_only=False):
                named = module.split(".")
                if named[:2] == ["inklens", room] and len(named) > 2 and named[2] in floors:
                    assert floors.index(named[2]) <= floors.index(floor), f"{file} imports {module}"


def test_two_files_never_share_a_name():
    """But for `cli`, whose files are called as their commands, and child processes."""
    own = {"__init__", "__main__"}
    counts = Counter(file.stem for file in FILES if _room(file) != "cli" and file.stem not in own)
    assert not {name for name, count in counts.items() if count > 1}


def test_two_classes_never_share_a_name():
    classes = (node.name for file in FILES for node in _nodes(file) if isinstance(node, ast.ClassDef))
    counts = Counter(name for name in classes if not name.startswith("_"))
    del counts["Command"]  # each command of `cli` may have one
    assert not {name for name, count in counts.items() if count > 1}


def test_a_lazy_name_is_no_module_that_would_take_its_place():
    for file in FILES:
        if file.name == "__init__.py":
            for name in getattr(import_module(_module(file)), "__all__", []):
                assert not file.with_name(f"{name}.py").exists(), f"{name}.py in {file.parent} hides {name}"


def test_files_and_rooms_can_be_taken_in_at_a_glance():
    root = SOURCE.parent.parent
    for file in (*FILES, *(root / "tests").rglob("*.py"), *(root / "benchmarks").glob("*.py")):
        lines = len(file.read_text(encoding="utf-8").splitlines())
        assert lines <= LONGEST_FILE, f"{file} has {lines} lines"
    commands = {SOURCE / "cli" / f"{name}.py" for name in COMMANDS}  # of which there may be any number
    modules = Counter(file.parent for file in FILES if file.name != "__init__.py" and file not in commands)
    assert not {folder for folder, count in modules.items() if count > MOST_MODULES}


def test_words_that_only_we_knew_are_gone():
    root = SOURCE.parent.parent
    texts = [
        *FILES,
        *SOURCE.rglob("*.html"),
        *SOURCE.rglob("*.js"),
        *(root / "docs").glob("*.md"),
        *(root / "benchmarks").glob("*.py"),
        root / "README.md",
        root / "CONTRIBUTING.md",
    ]
    for file in texts:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            assert not BANNED.search(line), f"{file}:{number}: {line.strip()}"


def test_files_classes_functions_and_fields_have_names_of_the_field():
    for file in FILES:
        names = {file.stem}
        for node in _nodes(file):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.add(node.target.id)
            elif isinstance(node, ast.ImportFrom):
                names |= {alias.asname or alias.name for alias in node.names}
        assert not BANNED_NAMES & names, f"{file}: {BANNED_NAMES & names}"


def test_every_room_is_on_the_plan():
    assert {_room(file) for file in FILES} - {"__init__", "__main__"} <= set(ROOMS)


LIGHT = """
import sys
import {module}
heavy = "keras tensorflow jax torch matplotlib sklearn pandas cv2 PIL pooch mlxtend"
print(sorted(set(heavy.split()) & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "module",
    ["inklens", "inklens.cli", "inklens.datasets.sources", "inklens.recipes.recipe", "inklens.run_folder"],
)
def test_importing_loads_no_framework(module):
    code = LIGHT.format(module=module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_resolves_and_is_documented():
    for name in inklens.__all__:
        assert getattr(inklens, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = inklens.nothing
