"""Name -> keras.Sequential: the tutorials' three networks and five of ours.

The names and one line about each are here without Keras, so that help and checks are instant;
`build` imports Keras when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

NETWORKS = {
    "conv5x5": "Conv 32 5x5, max-pool, dropout, dense 128 (tutorial C)",
    "conv3x3-double": "Conv 32 3x3 twice, max-pool, dropout, dense 128 (tutorial B)",
    "conv3x3-triple": "Conv 32, 64, 128 3x3, dropout, max-pool, dense 128 (tutorial A)",
    "convnet-small": "three convolutions with batch normalisation; 2.1 million multiply-adds on 28x28",
    "convnet-deep": "five convolutions with batch normalisation; 14.6 million multiply-adds on 28x28",
    "convnet-wide-kernels": "three convolutions of 5x5; 12.5 million multiply-adds",
    "convnet-narrowing": "six convolutions, five of them without padding or pooling; 16.9 million",
    "convnet-late-pooling": "six convolutions of 3x3, the first two at full size; 17.7 million",
}
# What `inklens.networks.augmentation` has, by the kind of the data.
AUGMENTATIONS = ("none", "writing", "writing-light", "things", "things-light")
BACKENDS = ("auto", "tensorflow", "jax", "torch")
ACTIVATIONS = ("relu", "leaky_relu")
DATA_FORMATS = ("channels_last", "channels_first")
MINIMUM_SIDE = 8


def build(name: str, image_shape: tuple[int, int, int], classes: int, **options: Any) -> keras.Sequential:
    """Build a network by name; see `inklens.networks.architectures.build` for the options."""
    from inklens.networks import architectures

    return architectures.build(name, image_shape, classes, **options)


__all__ = ["ACTIVATIONS", "AUGMENTATIONS", "BACKENDS", "DATA_FORMATS", "MINIMUM_SIDE", "NETWORKS", "build"]
