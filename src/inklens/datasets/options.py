"""How data are to be loaded: what every loader is given besides a path."""

import numbers
from dataclasses import dataclass

from inklens.errors import OptionError
from inklens.pixels import PixelSpec
from inklens.pixels.spec import SMALLEST_SIDE, check_size


@dataclass(frozen=True)
class LoadOptions:
    """What the user asks of the images; `inklens.datasets.load` says it in full.

    Args:
        kind: "writing" or "things"; None where the loader is to look at the images.
        size: (height, width), 8 to 1024 each; None keeps what there is.
        channels: 1 or 3; None keeps what there is.
        framing: how an image is brought to `size`; None for the loader's own.
        seed: of the fifth that is held out as test part where the data have none; 0 or more.
        hold_out: whether it is; otherwise the training part has all images, even few ones of one class.
        strict: refuse the first image file that cannot be used.
        unusable_share: of the image files, 0 to 1, that may be unusable and are left out; with 1 the data are
            loaded for as long as any image can be used, though parts or classes are empty.

    Raises:
        OptionError: a value out of range.
    """

    kind: str | None = None
    size: tuple[int, int] | None = None
    channels: int | None = None
    framing: str | None = None
    seed: int = 0
    hold_out: bool = True
    strict: bool = False
    unusable_share: float = 0.01

    def __post_init__(self) -> None:
        height, width = self.size or (SMALLEST_SIDE, SMALLEST_SIDE)
        check_size(height, width)
        _check_seed(self.seed)
        if not 0 <= self.unusable_share <= 1:
            raise OptionError(f"unusable_share is {self.unusable_share!r}; expected a share from 0 to 1")
        PixelSpec(height, width, 1 if self.channels is None else self.channels, self.framing or "pad")


def _check_seed(seed: object) -> None:
    if not isinstance(seed, numbers.Integral) or seed < 0:
        raise OptionError(f"seed is {seed!r}; expected a whole number, 0 or more")
