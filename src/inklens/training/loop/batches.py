"""Images to Keras, batch by batch, in an order that is ours: a permutation made from (seed, epoch)."""

from __future__ import annotations

import math

import keras
import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Split


def epoch_order(seed: int, epoch: int, images: int) -> NDArray[np.int64]:
    """The order in which an epoch goes through its images: int64 (images,), the same on every machine."""
    return np.random.default_rng((seed, epoch)).permutation(images)


def mirrored(seed: int, epoch: int, images: int) -> NDArray[np.bool_]:
    """Which images an epoch shows mirrored: bool (images,). Each is, in every second epoch.

    So two epochs show both sides of each image, which chance would not (Jordan 2024, "94% on CIFAR-10 in 3.29
    seconds on a single GPU"). Which half begins depends on the seed.
    """
    first = np.random.default_rng((seed, 0, 0)).random(images) < 0.5
    return first ^ bool(epoch % 2)


class Batches(keras.utils.PyDataset):
    """A split as batches (uint8 images, float32 class probabilities), read from a memory map as it lies.

    Args:
        split: what to feed; a label `NO_CLASS` becomes the same share of every class.
        classes: columns of the labels, which are one-hot.
        batch_size: images per batch; the last one may be smaller.
        seed: shuffles anew in every epoch; None keeps the order of the split.
        parts: in which each batch is given, one after the other, as equal in size as can be.
        flip: shows each image mirrored in every second epoch; takes a seed.
    """

    def __init__(
        self,
        split: Split,
        classes: int,
        batch_size: int,
        seed: int | None = None,
        parts: int = 1,
        *,
        flip: bool = False,
    ) -> None:
        super().__init__()
        self._flip = flip
        self.split = split
        self.batch_size = batch_size
        self.seed = seed
        self.parts = parts
        self._targets = np.full((classes + 1, classes), 1 / classes, np.float32)
        self._targets[:-1] = np.eye(classes)  # NO_CLASS is -1 and takes the last row
        self.start_epoch(0)

    def start_epoch(self, epoch: int, first: int = 0) -> None:
        """Takes the order of this epoch, counted from 0, without so many batches that are done already."""
        images = len(self.split)
        self._order = np.arange(images) if self.seed is None else epoch_order(self.seed, epoch, images)
        self._mirrored = np.zeros(images, np.bool_)
        if self._flip and self.seed is not None:
            self._mirrored = mirrored(self.seed, epoch, images)
        self._first = first

    @property
    def steps(self) -> int:
        """Batches in a whole epoch."""
        return math.ceil(len(self.split) / self.batch_size)

    def steps_done(self, batch: int) -> int:
        """How many batches of the epoch are done after the part of which Keras says this number."""
        return min(self._first + (batch + 1) // self.parts, self.steps)

    def ends_step(self, batch: int) -> bool:
        """Whether the part of which Keras says this number is the last one of its batch."""
        return (batch + 1) % self.parts == 0

    def __len__(self) -> int:
        return self.parts * (self.steps - self._first)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        step, part = divmod(index, self.parts)
        step += self._first
        chosen = self._order[step * self.batch_size : (step + 1) * self.batch_size]
        if len(chosen) >= self.parts:  # else each part is the whole, whose mean gradient is the same
            chosen = np.array_split(chosen, self.parts)[part]
        images, flipped = self.split.batch(chosen), self._mirrored[chosen]
        if flipped.any():
            images = np.where(flipped[:, None, None, None], images[:, :, ::-1], images)
        return images, self._targets[self.split.labels[chosen]]
