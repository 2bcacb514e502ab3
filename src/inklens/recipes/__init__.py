"""How a network, or a committee of them, is trained: recipes and presets. Knows no framework.

Names resolve when they are first used.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.recipes.committee_recipe import Committee, read_recipe, recipe_for, recipe_from_dict
    from inklens.recipes.presets import COMMITTEES, PRESETS
    from inklens.recipes.recipe import Recipe

__all__ = [
    "COMMITTEES",
    "PRESETS",
    "Committee",
    "Recipe",
    "read_recipe",
    "recipe_for",
    "recipe_from_dict",
]

_HOMES = {
    "COMMITTEES": "presets",
    "Committee": "committee_recipe",
    "PRESETS": "presets",
    "Recipe": "recipe",
    "read_recipe": "committee_recipe",
    "recipe_for": "committee_recipe",
    "recipe_from_dict": "committee_recipe",
}

__getattr__ = lazily(__name__, _HOMES)
