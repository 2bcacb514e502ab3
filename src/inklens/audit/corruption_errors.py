"""Error rates of a network on images that were corrupted in fifteen ways; see `inklens.audit.corruptions`."""

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
        """The error's 95% Wilson interval."""
        return wilson_interval(self.errors, self.n)


@dataclass(frozen=True)
class CorruptionErrors:
    """Error rates, as the network gets the images directly and, where framing changes them, after framing.

    Args:
        direct: of the images as they are ("clean"), then by the corruption's name.
        framed: the same, of the images brought to the network's framing; None where that changes none.
        seed: of the corruptions.
    """

    direct: Mapping[str, ErrorRate]
    framed: Mapping[str, ErrorRate] | None
    seed: int

    @property
    def clean(self) -> ErrorRate:
        """On the images as they are."""
        return self.direct[CLEAN]

    @property
    def mean_error(self) -> float:
        """Over the corruptions, each counting the same; share of 1."""
        return mean_error(self.direct)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, for robustness.json."""
        framed = None if self.framed is None else _plain(self.framed)
        return {**_plain(self.direct), "framed": framed, "images": self.clean.n, "seed": self.seed}

    def table(self) -> tuple[list[str], list[list[str | float]]]:
        """Header and rows of robustness.csv: clean images, then each corruption; errors are shares of 1."""
        columns = ["error", "interval_low", "interval_high"]
        header, ways = ["corruption", *columns], [self.direct]
        if self.framed is not None:
            header += [f"framed_{column}" for column in columns]
            ways.append(self.framed)
        rates = {name: [way[name] for way in ways] for name in self.direct}
        return header, [
            [name, *(figure for rate in both for figure in (rate.error, *rate.interval))]
            for name, both in rates.items()
        ]


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
    changed = False
    for number, name in enumerate((CLEAN, *CORRUPTIONS)):
        if on_corruption and number:
            on_corruption(name, number - 1, len(CORRUPTIONS))
        seen = corrupt(images, name, seed) if number else images
        direct[name] = framed[name] = count(seen)
        if spec is not None:
            again = np.stack([frame(image, spec) for image in seen])
            if not np.array_equal(again, seen):
                framed[name], changed = count(again), True
    return CorruptionErrors(direct, framed if changed else None, seed)


def mean_error(rates: Mapping[str, ErrorRate]) -> float:
    """The mean of the errors, each corruption counting the same; share of 1."""
    return fmean(rates[name].error for name in CORRUPTIONS)


def _plain(rates: Mapping[str, ErrorRate]) -> dict[str, Any]:
    said = {name: {"error": rate.error, "interval": list(rate.interval)} for name, rate in rates.items()}
    clean = said.pop(CLEAN)
    return {
        "corruptions": said,
        "mean_error": mean_error(rates),
        "clean_error": clean["error"],
        "clean_interval": clean["interval"],
    }
