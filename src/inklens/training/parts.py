"""Which images a training learns from, which it is validated on, and which it is tested on."""

from __future__ import annotations

from dataclasses import dataclass

from inklens.datasets import Dataset, Split
from inklens.errors import OptionError
from inklens.recipes import Recipe, training_split


@dataclass(frozen=True)
class DataParts:
    """What is learnt from, what is chosen and calibrated by, and what is looked at once (None: never)."""

    data: Dataset
    train: Split
    validation: Split
    test: Split | None

    @classmethod
    def of(cls, data: Dataset, recipe: Recipe, test: bool) -> DataParts:
        """Divides the data as the recipe says.

        Raises:
            OptionError: validation on a test set that stays closed, or a split that leaves no data.
        """
        opened = data.test if test and len(data.test) else None
        if recipe.validation_data == "test" and opened is None:
            raise OptionError(
                "validation on the test set and a test set that stays closed exclude each other: "
                "give --validation-data split, or leave --no-test out"
            )
        return cls(data, *training_split(data, recipe), opened)
