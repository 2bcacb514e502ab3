"""The first layer of a network for things, computed from its training images: patches, whitened.

Neighbouring pixels are nearly alike. In the directions of the principal components of small patches, each
with variance 1, they are not, and what comes after learns faster (Page 2018; Jordan 2024, "94% on CIFAR-10 in
3.29 seconds on a single GPU"). The images' own mean and spread are in the weights, so nobody has to know
them. Each direction is there with both signs, so that a ReLU loses nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Split
from inklens.networks.layer_kinds import WHITENING

if TYPE_CHECKING:
    import keras

MOST_IMAGES = 2000
FINEST = 8  # points on a side of a patch; of a larger patch each point is the mean of some pixels
_BATCH, _BATCH_PIXELS = 100, 100 * 128 * 128  # images, and points of their maps
# Of the mean variance: what is added to each variance, so that directions of mere rounding are not blown up.
_ADDED = 5e-4
_LEAST = 1e-8  # variance of images that are all alike


def fit_whitening(network: keras.Model, train: Split) -> None:
    """Puts whitening weights into a network that has a layer for them; any other is left alone.

    Args:
        network: as `inklens.networks.build` makes it, in either channel order.
        train: the images that it will learn from; of more than `MOST_IMAGES` some are taken, evenly.
    """
    layer = next((one for one in network.layers if one.name == WHITENING), None)
    if layer is None:
        return
    mean, covariance = patch_statistics(train, layer.kernel_size[0], layer.strides[0])
    layer.set_weights(whitening_weights(mean, covariance, layer.kernel.shape))


def patch_statistics(train: Split, side: int, step: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean (d,) and covariance (d, d) of patches of pixels 0-1; d = points * points * C.

    There are as many points as pixels, but at most `FINEST` on a side: each is the mean of some pixels then.
    The work would grow with the sixth power of the side otherwise.
    """
    chosen = np.linspace(0, len(train) - 1, min(len(train), MOST_IMAGES)).astype(np.int64)
    *sides, channels = train.images.shape[1:]
    size = min(side, FINEST) ** 2 * channels
    means = _means(side)  # (points, side)
    batch = max(1, min(_BATCH, _BATCH_PIXELS // math.prod(sides)))
    count, total, products = 0, np.zeros(size), np.zeros((size, size))
    for start in range(0, len(chosen), batch):
        images = train.batch(chosen[start : start + batch]).astype(np.float64) / 255
        windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
        windows = windows[:, ::step, ::step]  # (N, H', W', C, side, side)
        if side > FINEST:
            windows = means @ windows @ means.T  # (N, H', W', C, points, points)
        # Rows of (points, points, C), as a kernel lies.
        rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, size)
        count, total, products = count + len(rows), total + rows.sum(axis=0), products + rows.T @ rows
    mean = total / count
    return mean, products / count - np.outer(mean, mean)


def _means(side: int) -> NDArray[np.float64]:
    """What makes points of the pixels in a row of a patch: shares of them, float64 (points, side)."""
    points = min(side, FINEST)
    edges = np.linspace(0, side, points + 1)
    first, last = edges[:-1, None], edges[1:, None]
    pixel = np.arange(side)
    inside: NDArray[np.float64] = np.maximum(np.minimum(last, pixel + 1) - np.maximum(first, pixel), 0)
    return inside * points / side


def whitening_weights(
    mean: NDArray[np.float64], covariance: NDArray[np.float64], shape: tuple[int, ...]
) -> list[NDArray[np.float32]]:
    """Kernel (side, side, C, 2 * directions) and bias (2 * directions,) for patches of that distribution."""
    directions = shape[-1] // 2
    variances, components = np.linalg.eigh(covariance)  # the smallest variance first
    variances, components = variances[::-1][:directions], components[:, ::-1][:, :directions]
    # A component may as well have the other sign: its largest entry is made positive.
    largest = np.abs(components).argmax(axis=0)
    components = components * np.sign(components[largest, np.arange(directions)])
    added = max(_ADDED * np.trace(covariance) / len(covariance), _LEAST)
    kernel = components / np.sqrt(np.maximum(variances, 0) + added)  # (d, directions)
    bias = -mean @ kernel
    both = np.concatenate([kernel, -kernel], axis=1)
    if shape[0] > FINEST:  # what is for a point is for its pixels
        means = _means(shape[0])
        both = np.einsum("py,qx,pqcd->yxcd", means, means, both.reshape(FINEST, FINEST, *shape[2:]))
    both = both.reshape(shape)
    return [both.astype(np.float32), np.concatenate([bias, -bias]).astype(np.float32)]
