"""The conductor: recipe + data set -> run, calling the other rooms in order. Keras does the training.

Names resolve when they are first used: recipes and backends are known without a framework.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

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

__getattr__ = lazily(__name__, _HOMES)
