"""Public names that are imported when they are first used, so that `import inklens` is instant (PEP 562).

A package says each of them once, where type checkers look; as in the stubs of lazy_loader (SPEC 1):

    if TYPE_CHECKING:
        from inklens.datasets.sources import load as load

    __getattr__, __dir__, __all__ = lazily(__name__)
"""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path


def lazily(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """The `__getattr__`, `__dir__` and `__all__` of a package, by the names that it imports as themselves."""
    tree = ast.parse(Path(str(sys.modules[package].__file__)).read_text(encoding="utf-8"))
    homes = {
        alias.name: str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == alias.asname
    }

    def resolve(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return resolve, lambda: sorted(homes), sorted(homes)
