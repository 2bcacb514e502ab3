"""Public names that are imported when they are first used, so that `import inklens` is instant (PEP 562)."""

from collections.abc import Callable, Mapping
from importlib import import_module


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a package whose names live in modules of its own.

    Args:
        package: its `__name__`.
        homes: public name -> the module inside the package that has it.

    Example:
        >>> __getattr__ = lazily(__name__, {"train": "conductor"})
    """

    def resolve(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return resolve
