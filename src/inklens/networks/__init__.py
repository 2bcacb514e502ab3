"""Name -> Keras model: the tutorials' three networks and five of ours.

The names need no Keras, so that help and checks are instant; `build` imports Keras when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inklens.networks.table import (
    ACTIVATIONS,
    AUGMENTATIONS,
    BACKENDS,
    DATA_FORMATS,
    MINIMUM_SIDE,
    NETWORKS,
)

if TYPE_CHECKING:
    import keras


def build(name: str, image_shape: tuple[int, int, int], classes: int, **options: Any) -> keras.Model:
    """Build a network by name; see `inklens.networks.architectures.build` for the options."""
    from inklens.networks import architectures

    return architectures.build(name, image_shape, classes, **options)


__all__ = ["ACTIVATIONS", "AUGMENTATIONS", "BACKENDS", "DATA_FORMATS", "MINIMUM_SIDE", "NETWORKS", "build"]
