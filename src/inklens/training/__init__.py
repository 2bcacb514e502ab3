"""The conductor: recipe + data set -> run, calling the other rooms in order. Keras does the training.

Names resolve when they are first used: recipes and backends are known without a framework.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.training.backends import select_backend
    from inklens.training.committee import Committee, recipe_for
    from inklens.training.conductor import train
    from inklens.training.election import gather, resume
    from inklens.training.progress import EpochProgress
    from inklens.training.recipe import PRESETS, Recipe
    from inklens.training.run import Run

__all__ = [
    "PRESETS",
    "Committee",
    "EpochProgress",
    "Recipe",
    "Run",
    "gather",
    "recipe_for",
    "resume",
    "select_backend",
    "train",
]

_HOMES = {
    "PRESETS": "recipe",
    "Committee": "committee",
    "EpochProgress": "progress",
    "Recipe": "recipe",
    "Run": "run",
    "gather": "election",
    "recipe_for": "committee",
    "resume": "election",
    "select_backend": "backends",
    "train": "conductor",
}

__getattr__ = lazily(__name__, _HOMES)
