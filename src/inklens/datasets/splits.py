"""One part of a data set, and stratified, seeded ways of dividing it."""

import hashlib
import numbers
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.trees import HELD_OUT, TEST_SHARE
from inklens.errors import DataError, OptionError


@dataclass(frozen=True, eq=False)
class Split:
    """Images and labels, or a choice of them that copies no image until it is asked for.

    Read images through `batch` and `whole`, which follow `rows`; `images` is the store behind them.

    Args:
        images: uint8 (M, H, W, C), 0-255; may be a memory map.
        labels: int64 (N,), one for each image of this split.
        rows: int64 (N,), where this split's images lie in `images`; None means all, in order, and M = N.
        store_digest: SHA-256 of `images` where it is known already, so that a large map is not read for it.
        files: the path of each of `images` below the data's folder, where they are files of their own.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64] | None = None
    store_digest: str | None = None
    files: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: NDArray[np.integer] | slice) -> NDArray[np.uint8]:
        """The images at these positions of the split: uint8 (n, H, W, C), 0-255."""
        return self.images[indices if self.rows is None else self.rows[indices]]

    def whole(self) -> NDArray[np.uint8]:
        """All images: uint8 (N, H, W, C), 0-255; copied into memory, unless the split is all of a store."""
        return self.images if self.rows is None else self.images[self.rows]

    def file(self, position: int) -> str | None:
        """Which file the image at this position was read from; None where it has none of its own."""
        if self.files is None:
            return None
        return self.files[position if self.rows is None else int(self.rows[position])]

    @property
    def positions(self) -> NDArray[np.int64]:
        """Where this split's images lie in `images`: int64 (N,)."""
        return np.arange(len(self)) if self.rows is None else self.rows

    def take(self, indices: NDArray[np.integer]) -> "Split":
        """A split of the images at these positions, in this order; copies no image."""
        rows = indices if self.rows is None else self.rows[indices]
        return Split(self.images, self.labels[indices], rows.astype(np.int64), self.store_digest, self.files)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the stored images, the choice among them and the labels."""
        store = self.store_digest or hashlib.sha256(np.ascontiguousarray(self.images).data).hexdigest()
        digest = hashlib.sha256(f"{store} {self.images.shape}".encode())
        digest.update(b"" if self.rows is None else self.rows.tobytes())
        digest.update(self.labels.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class ExtendedSplit(Split):
    """A split and, behind its images, further ones in memory; copies none of the split's own.

    Make one with `of`.

    Args:
        further: uint8 (K, H, W, C), 0-255; the last K of `labels` are theirs.
    """

    further: NDArray[np.uint8] = field(kw_only=True)

    @classmethod
    def of(cls, split: Split, further: NDArray[np.uint8], labels: NDArray[np.int64]) -> "ExtendedSplit":
        """A split and, behind it, images: uint8 (K, H, W, C), with their labels: int64 (K,)."""
        if isinstance(split, cls):
            further = np.concatenate([split.further, further])
        labels = np.concatenate([split.labels, labels])
        return cls(split.images, labels, split.rows, split.store_digest, split.files, further=further)

    def batch(self, indices: NDArray[np.integer] | slice) -> NDArray[np.uint8]:
        """The images at these positions: uint8 (n, H, W, C), 0-255."""
        positions = np.arange(len(self))[indices]
        own = len(self) - len(self.further)
        first = positions < own
        batch = np.empty((len(positions), *self.images.shape[1:]), np.uint8)
        batch[first] = super().batch(positions[first])
        batch[~first] = self.further[positions[~first] - own]
        return batch

    def whole(self) -> NDArray[np.uint8]:
        """All images, copied into memory: uint8 (N, H, W, C), 0-255."""
        return self.batch(slice(None))

    def take(self, indices: NDArray[np.integer]) -> Split:
        """A split of the images at these positions, in this order, copied into memory."""
        return Split(self.batch(indices), self.labels[indices])


@dataclass(frozen=True, eq=False)
class AddedImages:
    """What was added to a data set.

    Args:
        path: the folder that they are from, absolute.
        learnt: how many are in the training part.
        repeats: how often each of these is there.
        held_out: the others, with the data set's labels.
    """

    path: str
    learnt: int
    repeats: int
    held_out: Split


def no_images(split: Split) -> Split:
    """A split of the same kind of images that has none."""
    return split.take(np.arange(0))


def joined(splits: Sequence[Split]) -> Split:
    """The images of all splits, in their order; copies no image where they are choices out of one store."""
    if len(splits) == 1:
        return splits[0]
    labels = np.concatenate([split.labels for split in splits])
    store = splits[0].images
    if all(split.images is store and split.rows is not None for split in splits):
        rows = np.concatenate([split.rows for split in splits if split.rows is not None])
        return Split(store, labels, rows, splits[0].store_digest, splits[0].files)
    return Split(np.concatenate([split.whole() for split in splits]), labels)


def stratified_split(split: Split, share_or_count: float | int, seed: int) -> tuple[Split, Split]:
    """Divide a split so that every class keeps its share in both parts.

    The same seed gives the same parts; both keep the order of the images. Every class keeps at least one
    image in the first part.

    Args:
        share_or_count: size of the second part, as a share between 0 and 1 or as a number of images.

    Returns:
        (the rest, the part held out).

    Raises:
        OptionError: either part would be empty.
    """
    whole = isinstance(share_or_count, numbers.Integral)  # NumPy's too
    count = int(share_or_count) if whole else round(share_or_count * len(split))
    if not whole and 0 < share_or_count < 1:
        count = max(1, count)  # of few images, one is held out rather than none
    sizes = np.bincount(split.labels)
    room = np.maximum(sizes - 1, 0)
    if not 0 < count <= room.sum():
        raise OptionError(
            f"holding out {share_or_count} of {len(split):,} images leaves no data on one side; "
            f"expected a share between 0 and 1, or 1 to {room.sum():,} images (each class keeps at least one)"
        )
    quota = sizes * (count / len(split))
    held = np.minimum(np.floor(quota).astype(int), room)
    # The classes that rounding down has cut most get the images that are still missing, one at a time.
    while held.sum() < count:
        shortfall = np.where(held < room, quota - held, -np.inf)
        held[int(np.argmax(shortfall))] += 1
    chosen = np.zeros(len(split), bool)
    random = np.random.default_rng(seed)
    for label, wanted in enumerate(held):
        chosen[random.permutation(np.flatnonzero(split.labels == label))[:wanted]] = True
    return split.take(np.flatnonzero(~chosen)), split.take(np.flatnonzero(chosen))


def stratified_folds(
    labels: NDArray[np.int64], folds: int, seed: int, class_names: Sequence[str]
) -> NDArray[np.int64]:
    """Which of `folds` parts each image belongs to, each class spread evenly over all of them: int64 (N,).

    The same seed gives the same folds; they differ by one image at most, in all and in each class.

    Args:
        labels: int64 (N,), 0 to C - 1.
        folds: 2 or more.
        class_names: C names, for the message.

    Raises:
        OptionError: fewer than two folds, or more than the smallest class has images.
    """
    sizes = np.bincount(labels, minlength=len(class_names))
    present = np.flatnonzero(sizes)
    smallest = int(present[sizes[present].argmin()])
    if not 2 <= folds <= sizes[smallest]:
        raise OptionError(
            f"{folds} folds of {len(labels):,} images, {sizes[smallest]} of them of the smallest class "
            f"{class_names[smallest]}; expected 2 folds or more, and an image of each class for each: "
            + (f"give --folds {min(5, sizes[smallest])}" if sizes[smallest] > 1 else "add images of it")
        )
    random = np.random.default_rng(seed)
    dealt = np.concatenate([random.permutation(np.flatnonzero(labels == label)) for label in present])
    fold_of = np.empty(len(labels), np.int64)
    fold_of[dealt] = np.arange(len(labels)) % folds
    return fold_of


def hold_out_test(split: Split, seed: int) -> tuple[Split, Split, str]:
    """(train, test, the note that says so), for data that come without a test part.

    Raises:
        DataError: too few images.
    """
    try:
        train, test = stratified_split(split, TEST_SHARE, seed)
    except OptionError as error:
        raise DataError(
            f"{len(split)} images without a test part; expected at least two of a class, to hold one out: "
            "add more"
        ) from error
    held = f"{len(test):,} images are" if len(test) > 1 else "1 image is"
    return train, test, f"{HELD_OUT}: {held} held out for it (seed {seed})"
