"""Name -> Keras model: the tutorials' three networks and six of ours.

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
    """Build a network by name.

    Args:
        name: one of `inklens.networks.NETWORKS`, such as "conv5x5".
        image_shape: (height, width, channels) of one image, at least 8x8.
        classes: number of classes, at least 2.
        options: those of `inklens.networks.architectures.build`: `activation`, "relu" or "leaky_relu";
            `dropout`, 0 to below 1; `width` and `depth`; `data_format`, "channels_last" or "channels_first";
            `dtype`; `seed`.

    Returns:
        A functional model from uint8 pixels, 0-255, to float32 probabilities (N, classes).

    Raises:
        OptionError: an unknown name, or a value out of range.
    """
    from inklens.networks import architectures

    return architectures.build(name, image_shape, classes, **options)


__all__ = ["ACTIVATIONS", "AUGMENTATIONS", "BACKENDS", "DATA_FORMATS", "MINIMUM_SIDE", "NETWORKS", "build"]
