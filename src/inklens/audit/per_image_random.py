"""Random numbers that depend on one image alone: the same image and seed give the same, whatever the batch.

A generator per image would take most of the time of corrupting it. SplitMix64 (Steele, Lea and Flood 2014,
"Fast Splittable Pseudorandom Number Generators") makes the n-th number from a key and n, so that the numbers
of a whole batch are made at once.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class PerImageRandom:
    """One stream of random numbers for each image of a batch; every call goes on where the last one ended.

    Args:
        images: uint8 (N, H, W, C).
        purpose: another purpose, other numbers.
        seed: 0 or more.
    """

    def __init__(self, images: NDArray[np.uint8], purpose: str, seed: int) -> None:
        start = f"{purpose} {seed} {images.shape[1:]} ".encode()
        digests = [hashlib.blake2b(start + image.tobytes(), digest_size=8).digest() for image in images]
        self._keys = np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)
        self._drawn = 0

    def uniform(self, *shape: int) -> NDArray[np.float32]:
        """float32 (N, *shape) in [0, 1), even."""
        count = int(np.prod(shape))
        places = np.arange(self._drawn + 1, self._drawn + count + 1, dtype=np.uint64)
        self._drawn += count
        bits = self._keys[:, None] + places * _STEP  # wraps, as it is meant to
        bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
        bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
        bits ^= bits >> np.uint64(31)
        # The upper 24 bits: as many as a float32 can hold.
        numbers = (bits >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)
        return np.asarray(numbers.reshape(len(self._keys), *shape))

    def between(self, low: float, high: float) -> NDArray[np.float32]:
        """float32 (N,) in [low, high)."""
        return np.float32(low) + self.uniform(1)[:, 0] * np.float32(high - low)

    def side(self) -> NDArray[np.int64]:
        """int64 (N,), each -1 or 1."""
        return np.where(self.uniform(1)[:, 0] < 0.5, -1, 1)
