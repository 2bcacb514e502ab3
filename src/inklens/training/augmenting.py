"""What a recipe's augmentation is for a kind of data, and what it makes of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inklens.errors import OptionError
from inklens.training.backends import select_backend
from inklens.training.recipe import Recipe

if TYPE_CHECKING:
    from inklens.networks.augmentation import Augment


def make_augment(recipe: Recipe, kind: str) -> Augment | None:
    """The layer that changes the training images, or None where the recipe changes nothing.

    Args:
        kind: of the data, "writing" or "things".
    """
    from inklens.networks.augmentation import AUGMENTATIONS, Augment

    name = recipe.augmentation.replace("auto", kind)
    return None if name == "none" else Augment(AUGMENTATIONS[name], recipe.seed)


def augmented(images: NDArray[np.uint8], recipe: Recipe, kind: str, times: int) -> NDArray[np.uint8]:
    """Images as training sees them, several times: uint8 (N, H, W, C) -> uint8 (times, N, H, W, C), 0-255.

    Raises:
        OptionError: the recipe has no augmentation.
    """
    select_backend(recipe.backend)
    augment = make_augment(recipe, kind)
    if augment is None:
        raise OptionError(
            f"the preset {recipe.preset!r} trains on images as they are; give one that augments (accurate)"
        )
    import keras

    seen = [keras.ops.convert_to_numpy(augment(images, training=True)) for _ in range(times)]
    return np.stack(seen).round().clip(0, 255).astype(np.uint8)
