"""The size, channels and framing of a network's pixels, decided at training and kept with the model."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from inklens.errors import OptionError

FRAMINGS = ("ink", "pad", "stretch", "none")
SMALLEST_SIDE, LARGEST_SIDE = 8, 1024  # of a network's input; images to be framed may have any size


def check_size(height: object, width: object) -> None:
    """Refuse a size that no network can take.

    Raises:
        OptionError: a side is not a whole number from 8 to 1024.
    """
    for side, value in (("height", height), ("width", width)):
        if type(value) is not int or not SMALLEST_SIDE <= value <= LARGEST_SIDE:
            raise OptionError(
                f"{side} is {value!r}; expected a whole number of pixels, "
                f"{SMALLEST_SIDE} to {LARGEST_SIDE}: give another size"
            )


@dataclass(frozen=True)
class PixelSpec:
    """How an image gets the shape that a network expects.

    Args:
        height: in pixels, at least 1.
        width: in pixels, at least 1.
        channels: 1 (grey) or 3 (RGB).
        framing: "ink" finds the writing and places it as in MNIST, "pad" keeps the aspect ratio and pads,
            "stretch" resizes, "none" takes only images that fit.

    Raises:
        OptionError: a value is out of range, or the framing does not exist.
    """

    height: int
    width: int
    channels: int
    framing: str = "pad"

    def __post_init__(self) -> None:
        for side in ("height", "width"):
            value = getattr(self, side)
            if type(value) is not int or value < 1:
                raise OptionError(f"{side} is {value!r}; expected a whole number of pixels, 1 or more")
        if type(self.channels) is not int or self.channels not in (1, 3):
            raise OptionError(f"channels is {self.channels!r}; expected 1 (grey) or 3 (RGB)")
        if self.framing not in FRAMINGS:
            raise OptionError(f"framing is {self.framing!r}; expected one of {', '.join(FRAMINGS)}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, self.channels

    def to_dict(self) -> dict[str, int | str]:
        """The four fields, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, object]) -> "PixelSpec":
        """The opposite of `to_dict`.

        Raises:
            OptionError: a field is missing, unknown or out of range.
        """
        try:
            return cls(**fields)  # type: ignore[arg-type]  # __post_init__ checks each value
        except TypeError as error:
            raise OptionError(
                f"a pixel spec with the fields {', '.join(fields) or 'none'}; "
                "expected height, width, channels and framing"
            ) from error
