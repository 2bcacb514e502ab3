"""How a network, or a committee of them, is trained: recipes and presets. Knows no framework.

Names resolve when they are first used.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.recipes.committee_recipe import (
        Committee as Committee,
        recipe_for as recipe_for,
        recipe_from_dict as recipe_from_dict,
    )
    from inklens.recipes.held_out import training_split as training_split
    from inklens.recipes.presets import COMMITTEES as COMMITTEES, PRESETS as PRESETS
    from inklens.recipes.recipe import Recipe as Recipe
    from inklens.recipes.recipe_file import (
        SavedTraining as SavedTraining,
        read_recipe as read_recipe,
        read_training as read_training,
    )

__getattr__, __dir__, __all__ = lazily(__name__)
