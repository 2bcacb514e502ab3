"""The names that a network is chosen by, and one line about each; no framework is imported for them."""

NETWORKS = {
    "conv5x5": "Conv 32 5x5, max-pool, dropout, dense 128 (tutorial C)",
    "conv3x3-double": "Conv 32 3x3 twice, max-pool, dropout, dense 128 (tutorial B)",
    "conv3x3-triple": "Conv 32, 64, 128 3x3, dropout, max-pool, dense 128 (tutorial A)",
    "convnet-small": "three convolutions with batch normalisation; 2.1 million multiply-adds on 28x28",
    "convnet-deep": "five convolutions with batch normalisation; 14.6 million multiply-adds on 28x28",
    "convnet-wide-kernels": "three convolutions of 5x5; 12.5 million multiply-adds",
    "convnet-narrowing": "six convolutions, five of them without padding or pooling; 16.9 million",
    "convnet-late-pooling": "six convolutions of 3x3, the first two at full size; 17.7 million",
    "convnet-residual": "for things up to 128x128: whitened patches, three stages of residual blocks",
}
# Those that take a width and a depth.
SCALABLE = ("convnet-residual",)
# What `inklens.networks.augmentation` has.
AUGMENTATIONS = ("none", "writing", "writing-light", "things", "things-light")
# What `inklens.networks.digit_normalisation` has.
DIGIT_NORMALISATIONS = ("none", "deslant", "stretch")
BACKENDS = ("auto", "tensorflow", "jax", "torch")
ACTIVATIONS = ("relu", "leaky_relu")
DATA_FORMATS = ("channels_last", "channels_first")
SEEDS = 2**31  # seeds from 0 on that every backend takes
MINIMUM_SIDE = 8
