"""The conductor: recipe + data set -> run, calling the other rooms in order. Keras does the training.

Names resolve when they are first used: recipes and backends are known without a framework.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inklens.training.backends import select_backend
    from inklens.training.conductor import train
    from inklens.training.progress import EpochProgress
    from inklens.training.recipe import PRESETS, Recipe
    from inklens.training.run import Run

__all__ = ["PRESETS", "EpochProgress", "Recipe", "Run", "select_backend", "train"]

_HOMES = {
    "PRESETS": "recipe",
    "EpochProgress": "progress",
    "Recipe": "recipe",
    "Run": "run",
    "select_backend": "backends",
    "train": "conductor",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
