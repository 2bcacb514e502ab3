"""Images that are there twice: to the byte, by a hash; nearly, by a perceptual hash and then by correlation.

The perceptual hash is that of the low frequencies of a cosine transform (pHash; Zauner 2010): 63 bits, of
which a brighter, noisier or recompressed copy changes few. Hashes that differ in three bits or fewer have one
of four parts in common, by which pairs are found without comparing every image with every other.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Split

_BLOCK = 1024
_SIDE, _LOW = 16, 8  # of the image that is transformed, and how many frequencies either way are kept
_BITS = 3  # by which the hashes of near copies differ at most
_BANDS = 4
_LARGEST_GROUP = 2000  # images with one part of the hash in common: beyond, they are blank or all alike
_ALIKE = 0.985  # correlation of the pixels from which two images count as near copies

Pairs = NDArray[np.int64]


def exact_copies(splits: list[Split]) -> Pairs:
    """Pairs of images that are the same to the byte, each with the first of its kind.

    Args:
        splits: their images are counted through: those of the first, then those of the second, and so on.

    Returns:
        int64 (P, 2), ordered: a copy, and the first image that is the same.
    """
    first: dict[bytes, int] = {}
    pairs = []
    for number, image in enumerate(_images(splits)):
        digest = hashlib.blake2b(image.tobytes(), digest_size=16).digest()
        if (before := first.setdefault(digest, number)) != number:
            pairs.append((number, before))
    return np.array(pairs, np.int64).reshape(-1, 2)


def near_copies(splits: list[Split]) -> Pairs:
    """Pairs of images that are nearly the same; exact copies are among them.

    Args:
        splits: as for `exact_copies`.

    Returns:
        int64 (P, 2), ordered: the later image, the earlier one.
    """
    small = np.concatenate([_reduced(image)[None] for image in _images(splits)])
    hashes = perceptual_hashes(small)
    vectors = small.reshape(len(small), -1).astype(np.float32)
    vectors -= vectors.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, 1)
    found: set[tuple[int, int]] = set()
    for one, other in _candidates(hashes):
        alike = (np.bitwise_count(hashes[one] ^ hashes[other]) <= _BITS) & (lengths[one, 0] > 1)
        one, other = one[alike], other[alike]
        alike = np.einsum("ij,ij->i", vectors[one], vectors[other]) >= _ALIKE
        found.update(zip(other[alike].tolist(), one[alike].tolist(), strict=True))
    return np.array(sorted(found), np.int64).reshape(-1, 2)


def perceptual_hashes(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """One for each image: uint8 (N, 16, 16), 0-255 -> uint64 (N,), of which 63 bits are used."""
    places = np.arange(_SIDE)
    waves = np.cos(np.pi * np.outer(np.arange(_LOW), 2 * places + 1) / (2 * _SIDE)).astype(np.float32)
    hashes = np.empty(len(images), np.uint64)
    powers = np.uint64(1) << np.arange(_LOW * _LOW - 1, dtype=np.uint64)
    for start in range(0, len(images), _BLOCK):
        block = images[start : start + _BLOCK].astype(np.float32)
        low = (waves @ block @ waves.T).reshape(len(block), -1)[:, 1:]  # (n, 63), without the mean
        bits = low > np.median(low, axis=1, keepdims=True)
        hashes[start : start + _BLOCK] = (bits * powers).sum(axis=1, dtype=np.uint64)
    return hashes


def _images(splits: list[Split]) -> Iterator[NDArray[np.uint8]]:
    """Every image, read block by block."""
    for split in splits:
        for start in range(0, len(split), _BLOCK):
            yield from split.batch(slice(start, start + _BLOCK))


def _reduced(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (H, W, C) -> uint8 (16, 16), grey."""
    import cv2

    grey = image.mean(axis=2) if image.shape[2] > 1 else image[..., 0].astype(np.float64)
    return np.asarray(cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).round(), np.uint8)


def _candidates(hashes: NDArray[np.uint64]) -> Iterator[tuple[Pairs, Pairs]]:
    """Pairs that have a quarter of their hash in common: (earlier images, later ones), many at a time."""
    width = 64 // _BANDS
    for band in range(_BANDS):
        part = (hashes >> np.uint64(width * band)) & np.uint64(2**width - 1)
        order = np.argsort(part, kind="stable")
        borders = np.flatnonzero(np.diff(part[order], prepend=part[order[:1]] + np.uint64(1)))
        for group in np.split(order, borders[1:]):
            if 1 < len(group) <= _LARGEST_GROUP:
                one, other = np.triu_indices(len(group), 1)
                yield group[one], group[other]
