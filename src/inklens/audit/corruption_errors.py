"""Error rates of a network on images that were corrupted in fifteen ways; see `inklens.audit.corruptions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.audit.corruptions import CORRUPTIONS, corrupt
from inklens.errors import DataError
from inklens.evaluation.interval import wilson_interval
from inklens.pixels import PixelSpec, frame

Images = NDArray[np.uint8]
Predict = Callable[[Images], NDArray[np.floating]]
# Called with the corruption that comes next, how many are done, and how many there are.
OnCorruption = Callable[[str, int, int], None]

CLEAN = "clean"


@dataclass(frozen=True)
class ErrorRate:
    """Errors among `n` images, at least one."""

    errors: int
    n: int

    @property
    def error(self) -> float:
        """Share of 1."""
        return self.errors / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The error's 95 % Wilson interval."""
        return wilson_interval(self.errors, self.n)

    def to_dict(self) -> dict[str, Any]:
        return {"error": self.error, "interval": list(self.interval)}


@dataclass(frozen=True)
class CorruptionErrors:
    """Error rates, as the network gets the images directly and, where framing changes them, after framing.

    Args:
        clean: on the images as they are.
        direct: by the corruption's name.
        framed: the same, of the corrupted images brought to the network's framing; None where that leaves
            them as they are.
        seed: of the corruptions.
        clean_framed: of the clean images, framed too; None where `framed` is.
    """

    clean: ErrorRate
    direct: Mapping[str, ErrorRate]
    framed: Mapping[str, ErrorRate] | None
    seed: int
    clean_framed: ErrorRate | None = None

    @property
    def mean_error(self) -> float:
        """Over the corruptions, each counting the same; share of 1."""
        return mean_error(self.direct)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, for robustness.json."""
        framed = None
        if self.framed is not None and self.clean_framed is not None:
            framed = {
                "corruptions": _plain(self.framed),
                "mean_error": mean_error(self.framed),
                "clean_error": self.clean_framed.error,
                "clean_interval": list(self.clean_framed.interval),
            }
        return {
            "corruptions": _plain(self.direct),
            "mean_error": self.mean_error,
            "clean_error": self.clean.error,
            "clean_interval": list(self.clean.interval),
            "framed": framed,
            "images": self.clean.n,
            "seed": self.seed,
        }

    def table(self) -> tuple[list[str], list[list[str | float]]]:
        """Header and rows of robustness.csv: clean images, then each corruption; errors are shares of 1."""
        header = ["corruption", "error", "interval_low", "interval_high"]
        rows: list[list[str | float]] = [[CLEAN, self.clean.error, *self.clean.interval]]
        rows += [[name, rate.error, *rate.interval] for name, rate in self.direct.items()]
        if self.framed is not None and self.clean_framed is not None:
            header += [f"framed_{column}" for column in header[1:]]
            rates = [self.clean_framed, *self.framed.values()]
            for row, rate in zip(rows, rates, strict=True):
                row += [rate.error, *rate.interval]
        return header, rows


def measure_corruption_errors(
    predict: Predict,
    images: Images,
    labels: NDArray[np.integer],
    *,
    spec: PixelSpec | None = None,
    seed: int = 0,
    on_corruption: OnCorruption | None = None,
) -> CorruptionErrors:
    """Corrupts images in every way and counts what a network then gets wrong.

    Args:
        predict: images -> probabilities or logits, float (N, classes).
        images: uint8 (N, H, W, C), framed as the network expects them; 8x8 or more.
        labels: int (N,).
        spec: how the network's images are framed. Where framing the corrupted images again changes them, they
            are also counted after it. None leaves that out.
        seed: of the corruptions.

    Raises:
        DataError: no images, or not one label per image.
    """
    if len(images) == 0 or np.shape(labels) != (len(images),):
        raise DataError(
            f"{len(images)} images and labels of shape {np.shape(labels)}; "
            "expected one whole number per image, and at least one image"
        )

    def count(seen: Images) -> ErrorRate:
        return ErrorRate(int((predict(seen).argmax(axis=1) != labels).sum()), len(labels))

    direct: dict[str, ErrorRate] = {}
    framed: dict[str, ErrorRate] = {}
    clean = clean_framed = count(images)
    changed = False
    if spec is not None:
        again = np.stack([frame(image, spec) for image in images])
        if not np.array_equal(again, images):
            clean_framed, changed = count(again), True
    for done, name in enumerate(CORRUPTIONS):
        if on_corruption:
            on_corruption(name, done, len(CORRUPTIONS))
        corrupted = corrupt(images, name, seed)
        direct[name] = framed[name] = count(corrupted)
        if spec is not None:
            again = np.stack([frame(image, spec) for image in corrupted])
            if not np.array_equal(again, corrupted):
                framed[name], changed = count(again), True
    if not changed:
        return CorruptionErrors(clean, direct, None, seed)
    return CorruptionErrors(clean, direct, framed, seed, clean_framed)


def mean_error(rates: Mapping[str, ErrorRate]) -> float:
    """The mean of the errors, each corruption counting the same; share of 1."""
    return fmean(rate.error for rate in rates.values())


def _plain(rates: Mapping[str, ErrorRate]) -> dict[str, Any]:
    return {name: rate.to_dict() for name, rate in rates.items()}
